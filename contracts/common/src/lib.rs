//! What every contract of the house shares, and nothing that computes money.
//!
//! | module | what it gives |
//! | --- | --- |
//! | [`abi`] | the codec: [`stylus_abi`], whose macros and [`Revert`] are here too |
//! | [`ownable`] | [`Ownable`]: two-step ownership and the once-only `initialize`, storage slots 0 and 1 |
//! | [`interface`] | the structs that cross between our contracts, and the calls they make |
//! | [`market`] | one question to the oracle for everything a batch of portfolios rests on |
//! | [`store`] | words and mappings of words in storage |
//! | [`lock`] | the system-wide lock in the vault's transient storage |
//! | [`mod@errors`] | errors that have one meaning in every contract |
//!
//! # How to write a contract with it
//! ```ignore
//! plimsoll_common::events! { FeedSet [feed: u16] { maximum: U256 } }     // indexed fields in brackets
//! plimsoll_common::errors! { InvalidBounds { maximum: U256 } }
//!
//! #[storage]
//! pub struct Oracle {
//!     ownable: Ownable,          // must be field 0: the deployer's init code writes slot 0
//!     feeds: WordMap,
//! }
//! plimsoll_common::entrypoint!(
//!     Oracle,
//!     abi = "../../../abi/IOracle.json",
//!     declares = [Events, Errors, Ownable],
//!     methods = [initialize(owner), owner(), set_feed(feed, maximum), ..]
//! );
//!
//! impl Oracle {
//!     /// Sets the owner. Deployer only, once.
//!     pub fn initialize(&mut self, owner: Address) -> Result<(), Revert> {
//!         self.ownable.initialize(owner)
//!     }
//!     pub fn owner(&self) -> Address { self.ownable.owner() }
//!
//!     pub fn set_feed(&mut self, feed: u16, maximum: U256) -> Result<(), Revert> {
//!         self.ownable.only_owner()?;
//!         if maximum.is_zero() {
//!             return Err(InvalidBounds { maximum }.into());
//!         }
//!         self.feeds.set(feed, maximum);
//!         FeedSet { feed, maximum }.emit(self.vm());
//!         Ok(())
//!     }
//! }
//! ```
//! A call to a sibling: `let (answers,) = margin::ASSESS.static_call(self.vm(), margin, &(portfolios,))?;` (the callee's revert
//! data passes through `?` unchanged).
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

#[cfg(test)]
extern crate std;

pub mod abi;
pub mod errors;
pub mod interface;
pub mod lock;
pub mod market;
pub mod ownable;
pub mod store;

pub use errors::at_most;
pub use ownable::Ownable;
pub use stylus_abi::{Revert, abi_struct, entrypoint, errors, events};
