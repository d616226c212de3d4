//! What every contract of the house shares, and nothing that computes money.
//!
//! | module | what it gives |
//! | --- | --- |
//! | [`entry`] | [`entrypoint!`](crate::entrypoint): `user_entrypoint` with typed errors instead of empty reverts |
//! | [`revert`] | [`Revert`]: the one error type of all methods; any `sol!` error converts with `?` or `.into()` |
//! | [`ownable`] | [`Ownable`]: two-step ownership and the once-only `initialize`, storage slots 0 and 1 |
//! | [`call`] | [`view`](call::view) and [`mutate`](call::mutate): typed calls to our own contracts |
//! | [`lock`] | the system-wide lock in the vault's transient storage |
//! | [`types`] | the ABI's structs and the sibling interfaces |
//! | [`abi`] | the ABI in little code: values, methods, `errors!`, `events!`, `abi_struct!` |
//! | [`interface`] | the structs that cross between our contracts, and the calls they make |
//! | [`store`] | mappings of words in little code |
//! | [`words`] | the ABI by hand, for arrays on the hot path |
//! | [`errors`] | errors that have one meaning in every contract |
//!
//! # How to write a contract with it
//! ```ignore
//! #[storage]
//! pub struct Oracle {
//!     ownable: Ownable,          // must be field 0: the deployer's init code writes slot 0
//!     feeds: StorageMap<u16, Feed>,
//! }
//! plimsoll_common::entrypoint!(Oracle);
//!
//! #[public]
//! impl Oracle {
//!     /// Sets the owner. Deployer only, once.
//!     pub fn initialize(&mut self, owner: Address) -> Result<(), Revert> {
//!         self.ownable.initialize(owner)
//!     }
//!     pub fn owner(&self) -> Address { self.ownable.owner() }
//!     pub fn pending_owner(&self) -> Address { self.ownable.pending_owner() }
//!     pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Revert> {
//!         self.ownable.transfer_ownership(new_owner)
//!     }
//!     pub fn accept_ownership(&mut self) -> Result<(), Revert> { self.ownable.accept_ownership() }
//!
//!     pub fn set_feed(&mut self, feed: u16, maximum: U256) -> Result<(), Revert> {
//!         self.ownable.only_owner()?;
//!         if maximum.is_zero() {
//!             return Err(InvalidBounds { .. }.into());   // any error declared with sol!
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//! A call to a sibling: `let answers = call::view(self.vm(), margin, &IMargin::assessCall { portfolios })?;`
//! (the callee's revert data passes through `?` unchanged).
#![no_std]
extern crate alloc;

pub mod abi;
pub mod call;
pub mod entry;
pub mod errors;
pub mod interface;
pub mod lock;
pub mod ownable;
pub mod revert;
pub mod store;
pub mod types;
pub mod words;

pub use ownable::Ownable;
pub use revert::Revert;
