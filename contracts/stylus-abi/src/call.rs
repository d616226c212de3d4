//! Typed calls to contracts whose methods are known. Calls to unknown contracts need bounds of their own, on gas and on the
//! length of the answer.
use crate::{Fields, Revert, selector};
use alloc::vec::Vec;
use core::marker::PhantomData;
use stylus_sdk::{
    alloy_primitives::{Address, U256},
    call::RawCall,
    host::VM,
    stylus_core::StorageAccess,
};

crate::errors! {
    /// A contract that was called answered with something that does not decode.
    BadAnswer { callee: Address }
}

/// Static call with calldata and answer as bytes. Writes pending storage out first.
///
/// # Errors
/// The callee's revert data unchanged.
#[inline]
pub fn view_bytes(vm: &VM, callee: Address, calldata: &[u8]) -> Result<Vec<u8>, Revert> {
    vm.flush_cache(false);
    // SAFETY: no storage reference is held across the call, the cache is flushed, a static callee cannot change our storage.
    unsafe { RawCall::new_static(vm).call(callee, calldata) }.map_err(Revert::new)
}

/// A method of another contract: its selector and what goes in and out. [`calls!`](crate::calls) declares several.
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
            selector: selector(name, A::NAMES),
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
fn mutate_bytes(vm: &VM, callee: Address, calldata: &[u8]) -> Result<Vec<u8>, Revert> {
    vm.flush_cache(true);
    // SAFETY: no storage reference is held across the call, and the cache is flushed and cleared.
    unsafe { RawCall::new_with_value(vm, U256::ZERO).call(callee, calldata) }.map_err(Revert::new)
}

/// Declares the calls to other contracts: for each interface a module of [`Call`] constants.
///
/// ```
/// stylus_abi::calls! {
///     /// The bank.
///     bank: IBank {
///         /// The balance of an account.
///         BALANCE_OF: balanceOf(stylus_sdk::alloy_primitives::B256) -> (u128);
///     }
/// }
/// # use stylus_abi::Interface;
/// # let calls = declared_calls();
/// # assert_eq!(calls[0].name, "IBank");
/// # assert_eq!(calls[0].items[0].signature(), "balanceOf(bytes32)");
/// ```
///
/// Natively it also makes `declared_calls`, which lists them by interface. A test compares the list with what the callees
/// publish: [`Interface::unserved`](crate::Interface::unserved).
#[macro_export]
macro_rules! calls {
    ($(
        $(#[$attribute:meta])*
        $module:ident: $interface:ident {
            $($(#[$call_attribute:meta])* $call:ident: $method:ident ($($argument:ty),* $(,)?) -> ($($answer:ty),* $(,)?);)*
        }
    )*) => {
        $(
            $(#[$attribute])*
            pub mod $module {
                #[allow(unused_imports)]
                use super::*;
                $(
                    $(#[$call_attribute])*
                    pub const $call: $crate::Call<($($argument,)*), ($($answer,)*)> =
                        $crate::Call::new(stringify!($method));
                )*
            }
        )*

        /// The calls, by the interface they belong to.
        #[cfg(not(target_arch = "wasm32"))]
        #[must_use]
        pub fn declared_calls() -> $crate::private::Vec<$crate::Interface> {
            let mut interfaces = $crate::private::Vec::new();
            $({
                let mut interface = $crate::Interface::new(stringify!($interface));
                $(interface.items.push($crate::Item::call::<($($argument,)*), ($($answer,)*)>(
                    stringify!($method),
                ));)*
                interfaces.push(interface);
            })*
            interfaces
        }
    };
}
