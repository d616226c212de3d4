//! The contract that venues call: which venue may trade, within which band of the mark, and the entries of a fill.
//!
//! A venue reports trades that it matched. The clearinghouse checks the caller, the instrument, the lot and the price, turns
//! each fill into entries that sum to zero, and passes all of them to the vault's door in one call: all or none.
//!
//! | module | content |
//! | --- | --- |
//! | `venues` | the list of venues and their terms |
//! | `marks` | the house's own values of instruments |
//! | `fills` | the checks of fills, and their entries |
//! | `sol` | events and errors |
//!
//! # Tokens
//! * The contract holds none. Cash moves between accounts of the vault's ledger.
//!
//! # Liveness
//! * A fill needs a fresh mark of its instrument: without one no venue can trade it, not even to reduce risk. Deposits,
//!   withdrawals and auctions do not depend on this contract.
//! * A call takes at most 16 fills, or 16 instruments.
//! * An inactive venue cannot clear; the owner activates it again.
//!
//! # Roles
//! * Deployer: [`Clearinghouse::initialize`], once.
//! * Owner: admits venues, changes their bands, fee accounts and activity, names the lens. He cannot change a venue's
//!   address, and cannot trade.
//! * Venue (active): clears fills for accounts that admitted it, without the signatures of their owners.
//! * Any address: reads.
//!
//! # Warnings
//! * A venue determines price and fees of a fill inside its band of the mark; for options the tolerance of
//!   [`Clearinghouse::marks`] counts if it is wider. To admit a venue is to trust it with that much on every fill, as often
//!   as it fills.
//! * The house does not match orders and does not know who asked for a trade.
//! * The owner may change a band at once, up to 20 % of the mark.
extern crate alloc;

mod fills;
mod marks;
pub mod sol;
mod venues;

use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::{Address, B256, U256};
pub use fills::{Fill, MAX_FILLS};
pub use marks::MAX_INSTRUMENTS;
use plimsoll_common::{
    Ownable, Revert,
    store::{Word, WordMap},
};
use sol::LensSet;
#[cfg(doc)]
use sol::*;
use stylus_sdk::prelude::*;
use venues::Venue;
pub use venues::{MAX_BAND, MIN_BAND};

/// The contract's storage.
#[storage]
pub struct Clearinghouse {
    ownable: Ownable,
    vault: Word,
    margin: Word,
    oracle: Word,
    /// By number: contract 160, and above it band 64 and the active flag.
    venues: WordMap,
    /// By number.
    fee_accounts: WordMap,
    /// Number of a venue by its contract, 0 = none.
    numbers: WordMap,
    /// How many venues there are, and the numbers by the order in which they were admitted.
    count: Word,
    all: WordMap,
    /// The house's views.
    lens: Word,
}

plimsoll_common::entrypoint!(
    Clearinghouse,
    abi = "../../../abi/IClearinghouse.json",
    declares = [
        sol::Events,
        sol::Errors,
        Ownable,
        plimsoll_common::errors::BadAnswer,
        plimsoll_common::errors::TooManyItems,
    ],
    methods = [
        initialize(owner, vault, margin, oracle),
        owner(),
        pending_owner(),
        transfer_ownership(new_owner),
        accept_ownership(),
        vault(),
        margin(),
        oracle(),
        set_venue(venue, contract_address, fee_account, band, active),
        venue(venue) -> (contract_address, fee_account, band, active),
        venue_of(contract_address),
        venues(),
        set_lens(lens),
        lens(),
        marks(instruments) -> (values, lots, fresh, tolerances),
        clear(fills),
    ]
);

/// External methods.
impl Clearinghouse {
    /// Hands the contract to `owner` and names its siblings. Deployer only, once.
    pub fn initialize(
        &mut self,
        owner: Address,
        vault: Address,
        margin: Address,
        oracle: Address,
    ) -> Result<(), Revert> {
        self.ownable.initialize(owner)?;
        self.vault.set_address(vault);
        self.margin.set_address(margin);
        self.oracle.set_address(oracle);
        Ok(())
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// The address that ownership is offered to; zero for none.
    pub fn pending_owner(&self) -> Address {
        self.ownable.pending_owner()
    }

    /// Offers ownership to `new_owner`; zero withdraws the offer. Owner only.
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Revert> {
        self.ownable.transfer_ownership(new_owner)
    }

    /// Takes the ownership that is offered to the caller.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept_ownership()
    }

    /// The vault, the ledger of all fills.
    pub fn vault(&self) -> Address {
        self.vault.address()
    }

    /// The margin calculator, whose parameters the marks use.
    pub fn margin(&self) -> Address {
        self.margin.address()
    }

    /// The oracle hub, whose prices the marks use.
    pub fn oracle(&self) -> Address {
        self.oracle.address()
    }

    /// Admits a venue or changes its terms; its address is frozen once set. Owner only.
    ///
    /// # Errors
    /// [`IncompleteVenue`] for number 0, address 0 or fee account 0; [`VenueExists`] when the number has another address
    /// or the address another number; [`InvalidBand`].
    ///
    /// # Events
    /// [`VenueSet`].
    pub fn set_venue(
        &mut self,
        venue: u16,
        contract_address: Address,
        fee_account: B256,
        band: u64,
        active: bool,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let terms = Venue {
            contract_address,
            fee_account,
            band,
            active,
        };
        self.store_venue(venue, &terms)
    }

    /// Terms of a venue: contract, fee account, band, active; all zero for an unknown one.
    pub fn venue(&self, venue: u16) -> (Address, B256, u64, bool) {
        let terms = self.terms_of(venue);
        (
            terms.contract_address,
            terms.fee_account,
            terms.band,
            terms.active,
        )
    }

    /// Number of the venue at this address, 0 = none.
    pub fn venue_of(&self, contract_address: Address) -> u16 {
        self.number_of(contract_address)
    }

    /// Numbers of all venues ever admitted, active or not, in the order of their admission.
    pub fn venues(&self) -> Vec<u16> {
        self.numbers()
    }

    /// Names the contract with the house's views, so that integrators find it; zero for none. Owner only. No contract of the
    /// house calls it.
    ///
    /// # Events
    /// [`LensSet`].
    pub fn set_lens(&mut self, lens: Address) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.lens.set_address(lens);
        LensSet { lens }.emit(self.vm());
        Ok(())
    }

    /// The contract with the house's views; zero for none.
    pub fn lens(&self) -> Address {
        self.lens.address()
    }

    /// The house's own value of one unit of up to 16 instruments (1e18), the lots of their underlyings, whether each
    /// mark is fresh, and how far from it a trade is always acceptable (1e18; 0 for perpetuals and futures).
    ///
    /// # Errors
    /// [`TooManyItems`], [`InvalidInstrument`], [`UnknownUnderlying`].
    #[allow(clippy::type_complexity)] // the shape of the ABI
    pub fn marks(
        &self,
        instruments: Vec<u128>,
    ) -> Result<(Vec<U256>, Vec<u64>, Vec<bool>, Vec<U256>), Revert> {
        self.marks_of(&instruments)
    }

    /// Clears fills of the calling venue, all or none. Active venues only.
    ///
    /// # Errors
    /// [`NotAVenue`], [`NoFills`], [`TooManyItems`], [`WrongVenue`], [`InvalidInstrument`],
    /// [`SelfTrade`], [`ZeroAmount`], [`AmountTooLarge`], [`NotMultipleOfLot`], [`MarkStale`],
    /// [`PriceOutsideBand`], [`UnknownUnderlying`]; the vault's refusals, of which
    /// `InsufficientMargin` and `VenueNotAdmitted` are the common ones.
    ///
    /// # Events
    /// [`Cleared`] per fill.
    pub fn clear(&mut self, fills: Vec<Fill>) -> Result<(), Revert> {
        self.clear_fills(&fills)
    }
}
