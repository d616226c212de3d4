//! Liquidation: start, price, bid, cure, close.
//!
//! An auction of an account opens when its equity is below its maintenance requirement. A bid takes a share of every priced
//! item of the account at its mark, less a discount that grows with time. The formulas are the kernel's
//! (`plimsoll_kernel::auction`); the vault's door applies a bid and refuses one that does not raise equity − mm.
//!
//! | module | content |
//! | --- | --- |
//! | `rules` | the parameters of all auctions |
//! | `start` | opening an auction, at once or after a note |
//! | `clock` | since when an auction is open, a note stands, the fund's ramp runs; closing |
//! | `account_view` | portfolio, valuation and unpriced items of an account; the state of its auction |
//! | `slice` | a share of an account, as entries |
//! | `bid` | the share taken, its price, and the entries that move it |
//! | `sol` | structs, events and errors |
//!
//! # Tokens
//! * The contract holds none. Prices are paid, and collateral moves, between accounts of the vault's ledger.
//! * An item without a fresh price is not sold: it stays with the account.
//!
//! # Liveness
//! * A start, a bid and a close ask `vault` and `margin`, which answer whatever the state of the feeds. A stale settlement
//!   coin does not stop a sale.
//! * If equity < mm depends on the value of stale items, a start waits for an hour of sightings, each at most 15
//!   minutes after the one before, by `noteStale`.
//! * The fund's ramp runs only while the account is marked at least every 15 minutes: by `markInsolvent`, `start` or `bid`.
//! * While the chain's sequencer is down and in the grace after it, there is no start, note, mark or bid, and no clock runs: λ
//!   goes on from where it stood when the account was last seen; the fund's ramp and a note's hour begin anew. A cured auction can be
//!   closed.
//! * An auction has no end in time. It ends with a bid that reaches the buffer, or with [`Auction::close`].
//! * A bid for a share asks `margin` at most 43 times for the share, which grows until whole lots relieve something; the
//!   valuation before it and the vault's judgement after it ask some times more.
//!
//! # Roles
//! * Deployer: [`Auction::initialize`], once.
//! * Owner: sets the rules inside fixed bounds; they apply at once, also to open auctions.
//! * Owner of a bidding account: bids. Its operator: bids for slices with legs of venues that the owner admitted.
//! * Owner of the account in auction: cures it by deposits to the vault, or by trades that reduce its risk.
//! * Any address: starts, notes, marks, closes; reads.
//!
//! # Warnings
//! * A bidder's account must be healthy afterwards, the slice included, or become safer: the vault refuses the bid otherwise.
//! * A bid names the version of the account. Deposits do not change it; `maxPrice` bounds their effect on the price.
//! * While equity is above 0 the discount comes out of it, so a bidder earns at most equity / MM per unit of relief.
//! * The insurance fund pays at most what it holds. Beyond that an insolvent account keeps its debt.
extern crate alloc;

mod account_view;
mod bid;
mod clock;
mod rules;
mod slice;
pub mod sol;
mod start;

use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::{Address, B256, I256, U256};
use plimsoll_common::{
    Ownable, Revert,
    store::{Word, WordMap},
};
#[cfg(doc)]
use sol::*;
use sol::{AuctionState, Bid};
use stylus_sdk::prelude::*;

/// The contract's storage.
#[storage]
pub struct Auction {
    ownable: Ownable,
    vault: Word,
    margin: Word,
    /// λ max 64 · fund's λ max 64 · buffer 64 · smallest share 64.
    shares: Word,
    /// Duration 128 · fund's duration 128.
    durations: Word,
    /// By account; see `clock`.
    clocks: WordMap,
    oracle: Word,
}

plimsoll_common::entrypoint!(
    Auction,
    abi = "../../../abi/IAuction.json",
    declares = [
        sol::Events,
        sol::Errors,
        Ownable,
        plimsoll_common::errors::BadAnswer,
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
        set_parameters(lambda_max, duration, fund_lambda_max, fund_duration, buffer, min_fraction),
        parameters() -> (lambda_max, duration, fund_lambda_max, fund_duration, buffer, min_fraction),
        start(account),
        note_stale(account),
        mark_insolvent(account),
        bid(b) -> (fraction, price),
        close(account),
        is_liquidatable(account),
        state(account),
    ]
);

/// External methods.
impl Auction {
    /// Hands the contract to `owner`, names its siblings and sets the default parameters. Deployer only, once.
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
        self.write_parameters(rules::DEFAULTS);
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

    /// The ledger.
    pub fn vault(&self) -> Address {
        self.vault.address()
    }

    /// The margin calculator.
    pub fn margin(&self) -> Address {
        self.margin.address()
    }

    /// The oracle, which is asked about the chain's sequencer only.
    pub fn oracle(&self) -> Address {
        self.oracle.address()
    }

    /// Sets the rules of all auctions, open ones included, at once. Owner only.
    ///
    /// # Errors
    /// [`ParameterOutOfRange`] with the position of the argument, from 0.
    ///
    /// # Events
    /// [`ParametersSet`].
    pub fn set_parameters(
        &mut self,
        lambda_max: u64,
        duration: u32,
        fund_lambda_max: u64,
        fund_duration: u32,
        buffer: u64,
        min_fraction: u64,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let given = [
            lambda_max,
            u64::from(duration),
            fund_lambda_max,
            u64::from(fund_duration),
            buffer,
            min_fraction,
        ];
        rules::check(&given)?;
        self.write_parameters(given);
        Ok(())
    }

    /// Largest λ, seconds to it, the fund's largest λ, seconds to it, buffer, smallest share of a bid; shares 1e18.
    pub fn parameters(&self) -> (u64, u32, u64, u32, u64, u64) {
        let rules = self.rules();
        (
            rules.lambda_max,
            rules.duration,
            rules.fund_lambda_max,
            rules.fund_duration,
            rules.buffer,
            rules.min_fraction,
        )
    }

    /// Opens an auction of an account with equity < mm at the best value of its stale items; or at their worst value, after an
    /// hour of sightings by [`Self::note_stale`] without a gap of more than 15 minutes. Anyone.
    ///
    /// # Errors
    /// [`SystemAccount`], [`AuctionOpen`], [`SequencerDown`], [`NotLiquidatable`], [`StaleWait`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`AuctionStarted`], [`InsolvencyMarked`].
    pub fn start(&mut self, account: B256) -> Result<(), Revert> {
        self.open(account)
    }

    /// Notes a sighting of an account with equity < mm at the worst value of its stale items, so that an auction may start
    /// after an hour of them; one at which equity ≥ mm removes the note; one more than 15 minutes after the last begins a new
    /// one. Anyone.
    ///
    /// # Errors
    /// [`SystemAccount`], [`AuctionOpen`], [`SequencerDown`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`StaleNoted`] when the note changes.
    pub fn note_stale(&mut self, account: B256) -> Result<(), Revert> {
        self.note(account)
    }

    /// Begins the fund's ramp of an account in auction with equity ≤ 0 at the best value of its stale items, keeps it running,
    /// or ends it when equity is above 0. Anyone.
    ///
    /// # Errors
    /// [`NoAuction`], [`SequencerDown`], [`NotInsolvent`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`InsolvencyMarked`].
    pub fn mark_insolvent(&mut self, account: B256) -> Result<(), Revert> {
        self.mark(account)
    }

    /// Takes a share of all priced items of an account; returns the share taken and the price paid. The bidding account's
    /// owner; or its operator, if the owner admitted all venues in the slice.
    ///
    /// # Errors
    /// [`Expired`], [`SelfBid`], [`SystemAccount`], [`NotAuthorized`], [`NoAuction`], [`SequencerDown`], [`VersionChanged`],
    /// [`InvalidFraction`], [`NotLiquidatable`] when `close` would end the auction, [`NothingToSell`],
    /// [`PriceAboveLimit`], [`VenueNotAdmitted`] (an operator's bid), [`ValueOutOfRange`]; the vault's refusals, of which
    /// `InsufficientMargin` (the bidder's) is the common one.
    ///
    /// # Events
    /// [`BidTaken`], [`AuctionClosed`], [`InsolvencyMarked`].
    pub fn bid(&mut self, bid: Bid) -> Result<(U256, I256), Revert> {
        self.take(&bid)
    }

    /// Ends the auction of an account that has reached its buffer, or has equity ≥ mm and less than the smallest bid to sell.
    /// Anyone.
    ///
    /// # Errors
    /// [`NoAuction`], [`NotRecovered`], [`ValueOutOfRange`].
    ///
    /// # Events
    /// [`AuctionClosed`].
    pub fn close(&mut self, account: B256) -> Result<(), Revert> {
        self.close_recovered(account)
    }

    /// Whether `start` would succeed now.
    ///
    /// # Errors
    /// [`ValueOutOfRange`].
    pub fn is_liquidatable(&self, account: B256) -> Result<bool, Revert> {
        self.can_start(account)
    }

    /// The state of the account's auction; if none is open (`startedAt` 0), of one without discount. The largest share and its
    /// price are 0 when no sale is needed, or no item can be priced.
    ///
    /// # Errors
    /// [`ValueOutOfRange`].
    pub fn state(&self, account: B256) -> Result<AuctionState, Revert> {
        self.auction_state(account)
    }
}
