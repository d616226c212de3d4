//! The entry point of every contract.
//!
//! Differs from the SDK's `#[entrypoint]` in four ways: every refusal is a typed error; re-entry is decided by
//! our own [`lock`](crate::lock) and not by the SDK's silent revert; a failed call writes no storage (the
//! chain would undo it, the caller would pay for it); a contract can have a guard that runs before every
//! method, so that no selector can be forgotten.
use crate::{
    abi::Reader,
    errors::{NotPayable, UnknownSelector},
    revert::Revert,
    words::Words,
};
use alloc::vec::Vec;
use stylus_sdk::{
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

    /// Finds and runs the method; `None` when none has the selector. Implemented by
    /// [`entrypoint!`](crate::entrypoint).
    fn dispatch(
        &mut self,
        selector: u32,
        arguments: Reader<'_>,
        answer: &mut Vec<u8>,
    ) -> Option<Result<(), Revert>>;
}

/// Reads the call, runs it and returns the status: 0 success, 1 revert.
pub fn run<C: Contract>(len: usize) -> usize {
    let vm = VM { host: WasmVM {} };
    // Keeps the import in the module: activation needs it once memory can grow.
    vm.pay_for_memory_grow(0);
    let input = vm.read_args(len);
    let mut data = Vec::new();
    match answer::<C>(&vm, &input, &mut data) {
        Ok(()) => {
            vm.flush_cache(false);
            vm.write_result(&data);
            0
        }
        Err(revert) => {
            vm.write_result(revert.data());
            1
        }
    }
}

fn answer<C: Contract>(vm: &VM, input: &[u8], answer: &mut Vec<u8>) -> Result<(), Revert> {
    if !vm.msg_value().is_zero() {
        return Err(NotPayable {}.into());
    }
    C::guard()?;
    let Some((selector, arguments)) = input.split_first_chunk::<4>() else {
        let mut selector = [0; 4];
        selector
            .iter_mut()
            .zip(input)
            .for_each(|(to, from)| *to = *from);
        return Err(UnknownSelector {
            selector: FixedBytes(selector),
        }
        .into());
    };
    // SAFETY: the one storage object of this frame, at the root.
    let mut contract = unsafe { C::new(U256::ZERO, 0, vm.clone()) };
    let arguments = Reader::new(Words::new(arguments));
    let outcome = contract.dispatch(u32::from_be_bytes(*selector), arguments, answer);
    outcome.unwrap_or_else(|| {
        Err(UnknownSelector {
            selector: FixedBytes(*selector),
        }
        .into())
    })
}

/// Makes a `#[storage]` struct the contract of its module: `entrypoint!(Vault, methods = [deposit, withdraw, ..])`, or,
/// with a guard that runs before every method, `entrypoint!(Vault, guard = Vault::guard, methods = [..])`.
///
/// Calls are routed to the named methods of the struct. Their names in the ABI are the camel-case forms; arguments and
/// answers are [`abi`](crate::abi) values. It stands for the SDK's `#[public]` and `#[entrypoint]` in a third of the
/// code.
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
                arguments: $crate::abi::Reader<'_>,
                answer: &mut ::alloc::vec::Vec<u8>,
            ) -> Option<Result<(), $crate::Revert>> {
                $({
                    const SELECTOR: u32 = $crate::abi::selector_of(
                        stringify!($method),
                        &<$contract>::$method,
                    );
                    if selector == SELECTOR {
                        return Some($crate::abi::Method::call(
                            <$contract>::$method,
                            self,
                            arguments,
                            answer,
                        ));
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
}
