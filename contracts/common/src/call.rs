//! Typed calls to our own contracts. For tokens and other strangers the vault has its own bounded calls.
use crate::{
    abi::{self, Fields},
    errors::BadAnswer,
    revert::Revert,
};
use core::marker::PhantomData;
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
    // SAFETY: no storage reference is held across the call, the cache is flushed, a static callee cannot change our storage.
    unsafe { RawCall::new_static(vm).call(callee, calldata) }.map_err(Revert::new)
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
        Self {
            selector: abi::selector(name, A::NAMES),
            types: PhantomData,
        }
    }

    /// Static call. Writes pending storage out first.
    ///
    /// # Errors
    /// The callee's revert data unchanged; [`BadAnswer`] when its answer does not decode.
    pub fn static_call(&self, vm: &VM, callee: Address, arguments: &A) -> Result<R, Revert> {
        let answer = view_bytes(vm, callee, &arguments.encode(&self.selector))?;
        R::decode(&answer).ok_or_else(|| BadAnswer { callee }.into())
    }

    /// State-changing call without value. Writes pending storage out and forgets what was read, because the callee
    /// may come back and change it.
    ///
    /// # Errors
    /// As [`Self::static_call`].
    pub fn call(&self, vm: &VM, callee: Address, arguments: &A) -> Result<R, Revert> {
        let answer = mutate_bytes(vm, callee, &arguments.encode(&self.selector))?;
        R::decode(&answer).ok_or_else(|| BadAnswer { callee }.into())
    }
}

/// As [`view_bytes`], state-changing.
#[inline(never)]
fn mutate_bytes(vm: &VM, callee: Address, calldata: &[u8]) -> Result<alloc::vec::Vec<u8>, Revert> {
    vm.flush_cache(true);
    // SAFETY: no storage reference is held across the call, and the cache is flushed and cleared.
    unsafe { RawCall::new_with_value(vm, U256::ZERO).call(callee, calldata) }.map_err(Revert::new)
}
