//! The entry point of a contract.
//!
//! It differs from the SDK's `#[entrypoint]` in four ways: every refusal is a typed error; re-entry is not refused by the
//! SDK's silent revert but by the contract's own guard; a failed call writes no storage (the chain would undo it, the caller
//! would pay for it); the guard runs before every method, so that no selector can be forgotten.
use crate::{NotPayable, Reader, Revert, UnknownSelector, Words};
use alloc::vec::Vec;
use stylus_sdk::{
    alloy_primitives::{FixedBytes, U256},
    host::{VM, WasmVM},
    prelude::*,
};

/// What a contract gives to [`run`]. [`entrypoint!`](crate::entrypoint) implements it.
pub trait Contract: StorageType + TopLevelStorage {
    /// Runs before every method; refuses the call by an error.
    ///
    /// # Errors
    /// Whatever the contract wants to refuse with.
    fn guard() -> Result<(), Revert> {
        Ok(())
    }

    /// Whether the method with this selector takes ether; all others refuse it.
    fn takes_ether(_selector: u32) -> bool {
        false
    }

    /// Finds and runs the method; `None` when none has the selector.
    fn dispatch(
        &mut self,
        selector: u32,
        arguments: Reader<'_>,
        answer: &mut Vec<u8>,
    ) -> Option<Result<(), Revert>>;

    /// What it shows to the outside. Not in the module.
    #[cfg(not(target_arch = "wasm32"))]
    fn interface() -> crate::Interface;
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
    let takes_ether = |selector: &[u8; 4]| C::takes_ether(u32::from_be_bytes(*selector));
    if !vm.msg_value().is_zero() && !input.first_chunk().is_some_and(takes_ether) {
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

/// Makes a `#[storage]` struct the contract of its module.
///
/// ```ignore
/// entrypoint!(
///     Vault,
///     abi = "../../../abi/IVault.json",
///     guard = Vault::refuse_while_locked,
///     declares = [sol::Events, sol::Errors, stylus_abi::BadAnswer],
///     methods = [
///         owner(),
///         deposit(account, token, amount) -> (credited),
///     ]
/// );
/// ```
///
/// * `methods`: calls are routed to these methods of the struct. Types come from their signatures, names from here, in camel
///   case. A method that takes `&self` is a view. Answers may have no names; a method without arguments has `()`.
/// * `declares`: the events and errors the contract can show: what [`errors!`](macro@crate::errors) and
///   [`events!`](crate::events) declared, by block or one by one, and anything else that is [`Declare`](crate::Declare). The
///   entry point adds its own.
/// * `payable`, optional: those of the methods that take ether.
/// * `guard`, optional: runs before every method.
/// * `abi`, optional: the JSON the contract must agree with, relative to this file. Makes a unit test of it; needs this crate
///   with its feature `json` among the dev-dependencies.
///
/// It stands for the SDK's `#[public]` and `#[entrypoint]` in a third of the code.
#[macro_export]
macro_rules! entrypoint {
    (
        $contract:ident,
        $(abi = $abi:literal,)?
        $(guard = $guard:expr,)?
        declares = [$($declared:ty),* $(,)?],
        $(payable = [$($payable:ident),* $(,)?],)?
        methods = [$($method:ident ($($argument:ident),* $(,)?) $(-> ($($answer:ident),* $(,)?))?),* $(,)?] $(,)?
    ) => {
        // SAFETY: the contract is the root of its storage; nothing else implements this.
        unsafe impl $crate::private::TopLevelStorage for $contract {}

        impl $crate::Contract for $contract {
            $(fn guard() -> Result<(), $crate::Revert> {
                $guard()
            })?

            $(fn takes_ether(selector: u32) -> bool {
                [$($crate::selector_of(stringify!($payable), &<$contract>::$payable)),*].contains(&selector)
            })?

            fn dispatch(
                &mut self,
                selector: u32,
                arguments: $crate::Reader<'_>,
                answer: &mut $crate::private::Vec<u8>,
            ) -> Option<Result<(), $crate::Revert>> {
                $({
                    const SELECTOR: u32 = $crate::selector_of(
                        stringify!($method),
                        &<$contract>::$method,
                    );
                    if selector == SELECTOR {
                        return Some($crate::Method::call(
                            <$contract>::$method,
                            self,
                            arguments,
                            answer,
                        ));
                    }
                })*
                None
            }

            #[cfg(not(target_arch = "wasm32"))]
            fn interface() -> $crate::Interface {
                let mut interface = $crate::Interface::new(concat!("I", stringify!($contract)));
                interface.license = env!("CARGO_PKG_LICENSE").into();
                $(interface.items.push($crate::Item::method(
                    stringify!($method),
                    &<$contract>::$method,
                    &[$(stringify!($argument)),*],
                    &[$($(stringify!($answer)),*)?],
                ));)*
                $($(interface.pay(stringify!($payable));)*)?
                interface.declare::<$crate::Refusals>();
                $(interface.declare::<$declared>();)*
                interface
            }
        }

        #[cfg(test)]
        #[test]
        fn selectors_are_distinct() {
            let mut selectors = [$(
                $crate::selector_of(stringify!($method), &<$contract>::$method)
            ),*];
            selectors.sort_unstable();
            assert!(selectors.windows(2).all(|pair| pair[0] != pair[1]));
        }

        $(
            #[cfg(test)]
            #[test]
            fn source_and_abi_agree() {
                let published = $crate::Interface::from_json(include_str!($abi));
                let differences = <$contract as $crate::Contract>::interface().differences(&published);
                assert!(
                    differences.is_empty(),
                    "\n{differences}\na method needs a row in entrypoint!, an event or error a place in declares; {} is made \
                     of its Solidity by a command of the repository",
                    $abi,
                );
            }
        )?

        /// Called by the chain with the length of the calldata; 0 = success.
        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::run::<$contract>(len)
        }
    };
}
