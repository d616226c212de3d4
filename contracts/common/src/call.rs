//! Typed calls to our own contracts. For tokens and other strangers the vault has its own bounded calls.
use crate::{
    abi::{self, Fields},
    errors::BadAnswer,
    revert::Revert,
};
use core::marker::PhantomData;
use alloy_sol_types::SolCall;
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    call::RawCall,
    host::VM,
    stylus_core::StorageAccess,
};

/// Static call with calldata and answer as bytes, for arrays on the hot path (see [`words`](crate::words)).
/// Writes pending storage out first.
///
/// # Errors
/// The callee's revert data unchanged.
pub fn view_bytes(
    vm: &VM,
    callee: Address,
    calldata: &[u8],
) -> Result<alloc::vec::Vec<u8>, Revert> {
    vm.flush_cache(false);
    // SAFETY: as in `view`.
    unsafe { RawCall::new_static(vm).call(callee, calldata) }.map_err(Revert)
}

/// Static call. Writes pending storage out first, so that the callee sees it if it asks.
///
/// # Errors
/// The callee's revert data unchanged; [`BadAnswer`] when its answer does not decode.
pub fn view<C: SolCall>(vm: &VM, callee: Address, call: &C) -> Result<C::Return, Revert> {
    vm.flush_cache(false);
    // SAFETY: no storage reference is held across the call (none is reachable from here), the cache is
    // flushed, and a static callee cannot change our storage.
    let answer = unsafe { RawCall::new_static(vm).call(callee, &call.abi_encode()) };
    decode::<C>(callee, answer)
}

/// State-changing call without value. Writes pending storage out and forgets what was read, because the
/// callee may come back and change it.
///
/// # Errors
/// The callee's revert data unchanged; [`BadAnswer`] when its answer does not decode.
pub fn mutate<C: SolCall>(vm: &VM, callee: Address, call: &C) -> Result<C::Return, Revert> {
    vm.flush_cache(true);
    // SAFETY: no storage reference is held across the call, and the cache is flushed and cleared.
    let answer =
        unsafe { RawCall::new_with_value(vm, U256::ZERO).call(callee, &call.abi_encode()) };
    decode::<C>(callee, answer)
}

fn decode<C: SolCall>(
    callee: Address,
    answer: Result<alloc::vec::Vec<u8>, alloc::vec::Vec<u8>>,
) -> Result<C::Return, Revert> {
    let data = answer.map_err(Revert)?;
    C::abi_decode_returns_validate(&data).map_err(|_| BadAnswer { callee }.into())
}

/// A method of a sibling: its selector and what goes in and out.
#[derive(Debug)]
pub struct Call<A, R> {
    selector: [u8; 4],
    types: PhantomData<fn(A) -> R>,
}

impl<A: Fields, R: Fields> Call<A, R> {
    /// The method of this name with arguments of these types.
    #[must_use]
    pub const fn new(name: &str) -> Self {
        Self { selector: abi::selector(name, A::NAMES), types: PhantomData }
    }

    /// Static call. Writes pending storage out first.
    ///
    /// # Errors
    /// The callee's revert data unchanged; [`BadAnswer`] when its answer does not decode.
    pub fn ask(&self, vm: &VM, callee: Address, arguments: &A) -> Result<R, Revert> {
        let answer = view_bytes(vm, callee, &arguments.encode(&self.selector))?;
        R::decode(&answer).ok_or_else(|| BadAnswer { callee }.into())
    }

    /// State-changing call without value. Writes pending storage out and forgets what was read, because the callee
    /// may come back and change it.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn tell(&self, vm: &VM, callee: Address, arguments: &A) -> Result<R, Revert> {
        let answer = mutate_bytes(vm, callee, &arguments.encode(&self.selector))?;
        R::decode(&answer).ok_or_else(|| BadAnswer { callee }.into())
    }
}

/// As [`view_bytes`], state-changing.
#[inline(never)]
fn mutate_bytes(
    vm: &VM,
    callee: Address,
    calldata: &[u8],
) -> Result<alloc::vec::Vec<u8>, Revert> {
    vm.flush_cache(true);
    // SAFETY: as in `mutate`.
    unsafe { RawCall::new_with_value(vm, U256::ZERO).call(callee, calldata) }.map_err(Revert)
}
