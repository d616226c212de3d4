//! The Solidity ABI for Arbitrum Stylus contracts, in the little code a contract can afford.
//!
//! The generated codecs of the usual crates inline every conversion at every use, and the chain charges for each byte of a
//! program in every transaction that starts it. Here a value knows how to read and write itself in terms of a few functions
//! that are never inlined, and selectors are computed from the Rust types, so that they cannot disagree with what is decoded.
//!
//! | item | what it is |
//! | --- | --- |
//! | [`entrypoint!`] | makes a struct a contract: routes calls to methods, refuses with typed errors, runs a guard |
//! | [`abi_struct!`], [`errors!`], [`events!`] | declare structs, errors and events |
//! | [`calls!`], [`Call`] | typed calls to other contracts |
//! | [`Revert`] | the one error type of all methods; any declared error converts with `?` or `.into()` |
//! | [`Abi`], [`Fields`] | a value; several in a row: arguments, answers, the inside of a struct |
//! | [`Reader`], [`Encoder`], [`Words`] | what values read from and write to |
//! | `Interface` (native only) | what a contract shows to the outside: printed as Solidity, compared with JSON |
//!
//! Reading is total: what does not decode is `None`. Numbers must fit their type, a `bool` is 0 or 1, offsets are multiples of
//! 32. Each word pays for one value at most: offsets may point anywhere, but what they point to is not read, nor memory taken
//! for it, more often than the data is long.
//!
//! # A contract
//! ```
//! #[macro_use]
//! extern crate alloc; // named by the SDK's macros, as `vec` and `Vec`
//! use alloc::vec::Vec;
//! use stylus_abi::{Contract, Revert};
//! use stylus_sdk::{alloy_primitives::{Address, U256}, prelude::*, storage::{StorageMap, StorageU256}};
//!
//! stylus_abi::events! { Moved [from: Address, to: Address] { amount: U256 } } // indexed fields in brackets
//! stylus_abi::errors! { TooLittle { have: U256, want: U256 } }
//!
//! #[storage]
//! pub struct Coin {
//!     balances: StorageMap<Address, StorageU256>,
//! }
//!
//! stylus_abi::entrypoint!(
//!     Coin,
//!     declares = [Events, Errors],
//!     methods = [balance_of(account), transfer(to, amount)]
//! );
//!
//! impl Coin {
//!     pub fn balance_of(&self, account: Address) -> U256 {
//!         self.balances.get(account)
//!     }
//!
//!     pub fn transfer(&mut self, to: Address, amount: U256) -> Result<(), Revert> {
//!         let from = self.vm().msg_sender();
//!         let have = self.balances.get(from);
//!         let left = have.checked_sub(amount).ok_or(TooLittle { have, want: amount })?;
//!         self.balances.setter(from).set(left);
//!         let received = self.balances.get(to).saturating_add(amount);
//!         self.balances.setter(to).set(received);
//!         Moved { from, to, amount }.emit(self.vm());
//!         Ok(())
//!     }
//! }
//!
//! # fn main() {
//! assert!(Coin::interface().to_string().contains(
//!     "function balanceOf(address account) external view returns (uint256);"
//! ));
//! # }
//! ```
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]
extern crate alloc;

pub mod call;
mod declare;
mod entry;
mod fields;
#[cfg(not(target_arch = "wasm32"))]
mod interface;
mod method;
mod names;
mod read;
mod refusals;
mod revert;
#[cfg(test)]
mod tests;
mod values;
mod words;
mod write;

pub use call::{BadAnswer, Call};
pub use entry::{Contract, run};
pub use fields::{Answer, Fields};
#[cfg(not(target_arch = "wasm32"))]
pub use interface::{Declare, Interface, Item, Kind, Parameter, Type};
pub use method::{Fallible, Method, Plain};
pub use names::{Name, selector, selector_of, signature_hash};
pub use read::Reader;
#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
pub use refusals::Errors as Refusals;
pub use refusals::{BadCalldata, NotPayable, UnknownSelector};
pub use revert::Revert;
pub use values::{Abi, Bytes, int};
pub use words::Words;
pub use write::Encoder;

/// What the macros name, so that it need not be among the dependencies of their users.
#[doc(hidden)]
pub mod private {
    pub use alloc::{vec, vec::Vec};
    pub use stylus_sdk::{
        host::VM,
        stylus_core::{RawLogAccess, storage::TopLevelStorage},
    };
}
