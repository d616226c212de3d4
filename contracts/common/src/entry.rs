//! The entry point of every contract.
//!
//! Differs from the SDK's `#[entrypoint]` in four ways: every refusal is a typed error; re-entry is decided by
//! our own [`lock`](crate::lock) and not by the SDK's silent revert; a failed call writes no storage (the
//! chain would undo it, the caller would pay for it); a contract can have a guard that runs before every
//! method, so that no selector can be forgotten.
use crate::{
    errors::{BadCalldata, NotPayable, UnknownSelector},
    revert::Revert,
};
use alloc::vec::Vec;
use stylus_sdk::{
    ArbResult,
    abi::Router,
    alloy_primitives::{FixedBytes, U256},
    host::{VM, WasmVM},
    prelude::*,
};

/// What a contract gives to [`run`].
pub trait Contract: StorageType + TopLevelStorage {
    /// Runs before every method; refuses the call by an error.
    ///
    /// # Errors
    /// Whatever the contract wants to refuse with.
    fn guard() -> Result<(), Revert> {
        Ok(())
    }

    /// Finds and runs the method. Implemented by [`entrypoint!`](crate::entrypoint).
    fn dispatch(&mut self, selector: u32, arguments: &[u8]) -> Option<ArbResult>;
}

/// Reads the call, runs it and returns the status: 0 success, 1 revert.
pub fn run<C: Contract>(len: usize) -> usize {
    let vm = VM { host: WasmVM {} };
    // Keeps the import in the module: activation needs it once memory can grow.
    vm.pay_for_memory_grow(0);
    let input = vm.read_args(len);
    match answer::<C>(&vm, &input) {
        Ok(data) => {
            vm.flush_cache(false);
            vm.write_result(&data);
            0
        }
        Err(data) => {
            vm.write_result(&data);
            1
        }
    }
}

fn answer<C: Contract>(vm: &VM, input: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    if !vm.msg_value().is_zero() {
        return Err(Revert::from(NotPayable {}).0);
    }
    C::guard().map_err(|revert| revert.0)?;
    let (selector, arguments) = match input.split_first_chunk::<4>() {
        Some((selector, arguments)) => (*selector, arguments),
        None => {
            let mut selector = [0; 4];
            selector
                .iter_mut()
                .zip(input)
                .for_each(|(to, from)| *to = *from);
            return Err(unknown(selector));
        }
    };
    // SAFETY: the one storage object of this frame, at the root.
    let mut contract = unsafe { C::new(U256::ZERO, 0, vm.clone()) };
    match contract.dispatch(u32::from_be_bytes(selector), arguments) {
        Some(Ok(data)) => Ok(data),
        // Our methods never revert with nothing: this is the SDK's router, whose decoder refused.
        Some(Err(data)) if data.is_empty() => Err(Revert::from(BadCalldata {}).0),
        Some(Err(data)) => Err(data),
        None => Err(unknown(selector)),
    }
}

fn unknown(selector: [u8; 4]) -> Vec<u8> {
    Revert::from(UnknownSelector {
        selector: FixedBytes(selector),
    })
    .0
}

/// The SDK's router of a contract, for [`entrypoint!`](crate::entrypoint).
#[doc(hidden)]
pub fn route<C>(contract: &mut C, selector: u32, arguments: &[u8]) -> Option<ArbResult>
where
    C: Router<C>
        + TopLevelStorage
        + core::borrow::BorrowMut<<C as Router<C>>::Storage>
        + ValueDenier,
{
    <C as Router<C>>::route(contract, selector, arguments)
}

/// Makes a `#[storage]` struct with a `#[public]` impl the contract of its module.
///
/// `entrypoint!(Vault)` or, with a guard that runs before every method,
/// `entrypoint!(Vault, guard = Vault::refuse_while_locked)`; with methods that read their arguments by hand (see
/// [`words`](crate::words)), which go first, `entrypoint!(Margin, by_hand = Margin::by_hand)`, where
/// `fn by_hand(&mut self, selector: u32, arguments: &[u8]) -> Option<ArbResult>` answers `None` for a selector that
/// is not its own and an empty error for arguments that do not decode.
///
/// `entrypoint!(Vault, guard = .., methods = [deposit, withdraw, ..])` routes to the named methods with our own codec
/// (see [`abi`](crate::abi)) instead of the SDK's router: a third of the code. Their names in the ABI are the
/// camel-case forms.
#[macro_export]
macro_rules! entrypoint {
    ($contract:ty $(, guard = $guard:expr)?, methods = [$($method:ident),* $(,)?]) => {
        // SAFETY: the contract is the root of its storage; nothing else of ours implements this.
        unsafe impl ::stylus_sdk::stylus_core::storage::TopLevelStorage for $contract {}

        impl $crate::entry::Contract for $contract {
            $(fn guard() -> Result<(), $crate::Revert> {
                $guard()
            })?

            fn dispatch(
                &mut self,
                selector: u32,
                arguments: &[u8],
            ) -> Option<::stylus_sdk::ArbResult> {
                $({
                    const SELECTOR: u32 = $crate::abi::selector_of(
                        stringify!($method),
                        &<$contract>::$method,
                    );
                    if selector == SELECTOR {
                        let answer =
                            $crate::abi::Method::call(<$contract>::$method, self, arguments);
                        // Nothing is what the entry point turns into `BadCalldata`.
                        return Some(match answer {
                            Some(answer) => answer.map_err(|revert| revert.0),
                            None => Err(::alloc::vec::Vec::new()),
                        });
                    }
                })*
                None
            }
        }

        #[cfg(test)]
        #[test]
        fn selectors_are_distinct() {
            let mut selectors = [$(
                $crate::abi::selector_of(stringify!($method), &<$contract>::$method)
            ),*];
            selectors.sort_unstable();
            assert!(selectors.windows(2).all(|pair| pair[0] != pair[1]));
        }

        /// Called by the chain with the length of the calldata; 0 = success.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::entry::run::<$contract>(len)
        }
    };
    ($contract:ty $(, guard = $guard:expr)? $(, by_hand = $by_hand:expr)?) => {
        // SAFETY: the contract is the root of its storage; nothing else of ours implements this.
        unsafe impl ::stylus_sdk::stylus_core::storage::TopLevelStorage for $contract {}

        impl $crate::entry::Contract for $contract {
            $(fn guard() -> Result<(), $crate::Revert> {
                $guard()
            })?

            fn dispatch(
                &mut self,
                selector: u32,
                arguments: &[u8],
            ) -> Option<::stylus_sdk::ArbResult> {
                $(if let Some(answer) = $by_hand(self, selector, arguments) {
                    return Some(answer);
                })?
                $crate::entry::route(self, selector, arguments)
            }
        }

        /// Called by the chain with the length of the calldata; 0 = success.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::entry::run::<$contract>(len)
        }
    };
}
