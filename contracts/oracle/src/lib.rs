//! Oracle hub: prices of feeds by feed number, with an age, bounds and frozen decimals; forwards and variance surfaces by
//! underlying and expiry day, pushed with M of N signatures; and both in one answer for `margin`.
//!
//! | module | content |
//! | --- | --- |
//! | `feeds` | the list of feeds, and the price of each |
//! | `sources` | how a feed's contract is asked: one file a source |
//! | `rounds` | rounds of a feed, proven to have been in force at a time |
//! | `samples` | hourly prices, and the multipliers that change with them |
//! | `sizes` | signed sizes of markets |
//! | `sequencer` | whether the chain's sequencer works |
//! | `pushes` | signed market data of expiries: signers, terms, checks, storage |
//! | `snapshot` | feeds and expiries by keys, for `margin` |
//! | `sol` | structs, events and errors |
//!
//! An expiry is stored as the calculator takes it (`plimsoll_kernel::surface`), after the checks of `pushes`: a stored
//! surface has no arbitrage, and a settlement price is written once.
//!
//! # Tokens
//! * The contract holds none. A price is in settlement coins; the coin's own price is a feed like any other.
//! * [`Oracle::pull_prices`] alone takes ether: the fee goes to Pyth and the rest back in the same call.
//!
//! # Liveness
//! * A source is untrusted. It is called without the power to change anything, with 150,000 gas, and its answer is read only
//!   if it has the exact length. If it reverts, uses up its gas, answers anything else or leaves its bounds, its own price is
//!   not fresh; [`Oracle::prices`] and [`Oracle::snapshot`] go on.
//! * Both revert with [`InsufficientGas`] if a source failed while too little gas was left for it: retry with more.
//! * A round further than the largest move from the round before is not fresh for 300 seconds, or until another round
//!   confirms it. A feed with a second source is fresh only while both are.
//! * A proxy that points at another aggregator is asked again for decimals and limits at every price, until anyone calls
//!   [`Oracle::recheck_feed`]. Phases are compared modulo 32.
//! * A price goes stale by age, and so does a pushed expiry. A settled one does not.
//! * An expiry is settled by anyone, who names the rounds of the feed that were in force in its settlement window. Where the feed
//!   has none for one of the points, or none within its bounds, signers settle it, an hour after expiry; without a fresh spot a
//!   day after it. Until then its legs rest on a stale price.
//! * If the owner names an uptime feed, the sequencer is watched. While it is down, and for a grace after it restarted, prices
//!   observed before its state changed are not fresh, nothing is opened or withdrawn against, and no auction goes on. An uptime
//!   feed that fails is a sequencer that is down, until the owner names another one or none.
//! * In the first block after a restart the uptime feed may still say what it said before: the transaction that tells it may
//!   come later. Until then a price's age alone, at most its feed's maximum, bounds how old it is.
//!
//! # Roles
//! * Deployer: [`Oracle::initialize`], once.
//! * Owner: lists and replaces feeds, sets the terms of pushes and the signers. A replacement for a fresh feed must be fresh
//!   and within 2 % of it. The terms apply at once, also to stored data.
//! * Signers: M of N sign market data; they alone determine ratios of forwards to spot, surfaces and settlement prices, within the
//!   checks.
//! * Any address: submits signed pushes; brings prices to Pyth; checks a feed again; reads.
//!
//! # Warnings
//! * A holder of signed pushes chooses when to submit them, within the age allowed; all that one signature covers, or nothing of it.
//! * [`Oracle::prices`] keeps the value of a stale answer: read `fresh`. [`Oracle::price`] reverts instead.
//! * A Chainlink feed's confidence is a constant that the owner sets; the aggregator does not report one. The distance of its
//!   last two rounds is told apart, in a snapshot only.
//! * The price of a vault's shares follows `convertToAssets` within a transaction: down at once, up to its line. Its asset's
//!   feed is named by the owner and not compared with `asset()`.
//! * Whoever brings prices to Pyth chooses when, within the age allowed; Pyth never goes back to an older one.
//! * A settlement price is final. That of signers is not compared with rounds: whoever has legs settles within the hour.
extern crate alloc;

mod feeds;
mod pushes;
mod rounds;
mod samples;
mod sequencer;
mod sizes;
mod snapshot;
pub mod sol;
mod sources;

use alloc::{vec, vec::Vec}; // named by the SDK's macros
use alloy_primitives::{Address, B256, U256};
#[cfg(doc)]
use plimsoll_common::errors::TooManyItems;
use plimsoll_common::{
    Ownable, Revert,
    abi::Bytes,
    at_most,
    interface::Price,
    store::{Word, WordMap},
};
use plimsoll_kernel::{
    num::{to_u128, u128_to_u256},
    price::MAX_AGE_LIMIT,
};
pub use pushes::MAX_UPDATES;
pub use rounds::RoundId;
pub use sizes::MAX_SIZES;
pub use snapshot::MAX_KEYS;
#[cfg(doc)]
use sol::*;
use sol::{
    ExpiryData, ExpiryUpdate, FeedSource, FeedTerms, MarketData, MarketSize, MaxAgeOutOfRange,
    UnknownFeed, VaultTerms,
};
use stylus_sdk::prelude::*;

/// Most feeds of one `prices` call.
pub const MAX_FEEDS: usize = 32;

/// The contract's storage.
#[storage]
pub struct Oracle {
    ownable: Ownable,
    /// By feed number: its record, then what its source needs; see `feeds::record`.
    feeds: WordMap,
    /// By underlying and day; see `plimsoll_kernel::surface`.
    expiries: WordMap,
    /// By underlying: its terms (`pushes::terms`), its days (`plimsoll_kernel::surface`).
    surfaces: WordMap,
    /// Under 0; see `pushes::signers`.
    signers: WordMap,
    /// Grace 32 · uptime feed 160.
    sequencer: Word,
    /// By underlying: two words of `plimsoll_kernel::crowding`.
    sizes: WordMap,
    /// By feed: price of the last sample 128 · its hour 128.
    samples: WordMap,
}

plimsoll_common::entrypoint!(
    Oracle,
    abi = "../../../abi/IOracle.json",
    declares = [
        sol::Events,
        sol::Errors,
        Ownable,
        plimsoll_common::errors::BadAnswer,
        plimsoll_common::errors::TooManyItems,
    ],
    payable = [pull_prices],
    methods = [
        initialize(owner),
        owner(),
        pending_owner(),
        transfer_ownership(new_owner),
        accept_ownership(),
        set_feed(feed, aggregator, max_age, min_price, max_price, confidence),
        set_pyth_feed(feed, pyth, id, terms),
        set_vault_feed(feed, vault, parts, terms),
        set_largest_move(feed, largest_move),
        set_second_source(feed, second, tolerance),
        recheck_feed(feed),
        pull_prices(feed, update_data),
        feed_source(feed),
        feed(feed) -> (aggregator, decimals, max_age, min_price, max_price, confidence),
        set_sequencer(feed, grace),
        sequencer() -> (feed, grace, works, resumed_at),
        prices(feeds),
        price(feed) -> (value),
        set_surface_terms(underlying, feed, max_age, max_basis, ratio_move, rate_move),
        surface_terms(underlying) -> (feed, max_age, max_basis, ratio_move, rate_move),
        set_signers(signers, threshold),
        signers() -> (signers, threshold),
        domain_separator(),
        push_expiries(updates, observed_at, signatures),
        settle(underlying, expiry_day, rounds),
        push_market_sizes(sizes, signatures),
        sample(underlying, rounds),
        market_size(underlying),
        expiry(underlying, expiry_day),
        expiries(underlying),
        snapshot(keys) -> (words),
    ]
);

/// External methods.
impl Oracle {
    /// Hands the contract to `owner`. Deployer only, once.
    pub fn initialize(&mut self, owner: Address) -> Result<(), Revert> {
        self.ownable.initialize(owner)
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

    /// Lists a feed, or replaces its aggregator, age and bounds. Owner only.
    ///
    /// Decimals are read once and frozen. While the listed aggregator's price is fresh, another aggregator must
    /// agree with it within 2 %; while it is not fresh, any other may replace it.
    ///
    /// # Arguments
    /// * `feed` - not 0.
    /// * `aggregator` - an AggregatorV3 with at most 36 decimals.
    /// * `max_age` - seconds, 1..=172800; an answer of exactly this age is fresh.
    /// * `min_price`, `max_price` - 1e18, inclusive, 0 < min < max ≤ 1e33; an 18-bit number times a power of ten.
    /// * `confidence` - how far the true price may be from an answer, a share of it, 1e18; a multiple of 0.05 %, at
    ///   most 12.75 %.
    ///
    /// # Errors
    /// [`InvalidFeed`], [`MaxAgeOutOfRange`], [`InvalidBounds`], [`InvalidConfidence`], [`TooManyDigits`],
    /// [`FeedFailed`], [`TooManyFeedDecimals`], [`FeedDecimalsFrozen`], [`PriceWouldJump`].
    ///
    /// # Events
    /// [`FeedSet`].
    pub fn set_feed(
        &mut self,
        feed: u16,
        aggregator: Address,
        max_age: u32,
        min_price: U256,
        max_price: U256,
        confidence: u64,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let terms = FeedTerms {
            max_age,
            min_price,
            max_price,
            confidence,
        };
        self.list_chainlink(feed, aggregator, terms)
    }

    /// Lists a price of Pyth, or puts it in another feed's place, as [`Oracle::set_feed`] does. Owner only.
    ///
    /// Its confidence is what Pyth reports, at least `terms.confidence`; above 12.75 % the price is not fresh. Its decimals
    /// are those of each price.
    ///
    /// # Arguments
    /// * `pyth` - the Pyth contract.
    /// * `id` - of the price; Pyth has to know it.
    ///
    /// # Errors
    /// As [`Oracle::set_feed`].
    ///
    /// # Events
    /// [`FeedSet`], [`PythFeedSet`].
    pub fn set_pyth_feed(
        &mut self,
        feed: u16,
        pyth: Address,
        id: B256,
        terms: FeedTerms,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.list_pyth(feed, pyth, id, terms)
    }

    /// Lists the shares of an ERC-4626 vault, or puts them in another feed's place, as [`Oracle::set_feed`] does. Owner only.
    ///
    /// A share is worth its assets at the price of `parts.asset_feed`, and at most what `parts.market_feed` says, if there is
    /// one. Assets of a share count up to a line that grows from the lower of `parts.rate` and the rate now, and any less at
    /// once. The price is fresh while both feeds are.
    ///
    /// # Arguments
    /// * `vault` - shares and asset with at most 36 decimals each; some share must exist.
    /// * `parts` - feeds that are listed and are no vaults'; `rate` in assets per share, 1e18; `growth` a year, 1e18, at most
    ///   1.
    ///
    /// # Errors
    /// As [`Oracle::set_feed`]; [`InvalidPart`], [`GrowthTooHigh`], [`InvalidRate`].
    ///
    /// # Events
    /// [`FeedSet`], [`VaultFeedSet`].
    pub fn set_vault_feed(
        &mut self,
        feed: u16,
        vault: Address,
        parts: VaultTerms,
        terms: FeedTerms,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.list_vault(feed, vault, parts, terms)
    }

    /// Sets how far a round of a Chainlink feed may be from the round before. It outlasts replacements. Owner only.
    ///
    /// A round that is further is not fresh until it is 300 seconds old, or another round has come that is not.
    ///
    /// # Arguments
    /// * `largest_move` - a share of the round before, 1e18; a multiple of 0.5 %, at most 127.5 %; 0 = none.
    ///
    /// # Errors
    /// [`UnknownFeed`], [`NoRounds`], [`InvalidMove`].
    ///
    /// # Events
    /// [`LargestMoveSet`].
    pub fn set_largest_move(&mut self, feed: u16, largest_move: u64) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.set_move(feed, largest_move)
    }

    /// Names another feed that must agree with this one. It outlasts replacements. Owner only.
    ///
    /// The price stays this feed's. It is fresh only while the other is fresh and no further from it than the tolerance; its
    /// confidence is the largest of both and of their distance.
    ///
    /// # Arguments
    /// * `second` - listed, no vault's; its own second source does not count. 0 = none.
    /// * `tolerance` - a share of this feed's price, 1e18; a multiple of 0.05 %, at most 12.75 %.
    ///
    /// # Errors
    /// [`UnknownFeed`], [`InvalidConfidence`], [`InvalidPart`].
    ///
    /// # Events
    /// [`SecondSourceSet`].
    pub fn set_second_source(
        &mut self,
        feed: u16,
        second: u16,
        tolerance: u64,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.set_second(feed, second, tolerance)
    }

    /// Checks decimals and limits of a Chainlink feed again, after its proxy was pointed at another aggregator. Anyone.
    ///
    /// Until then each price of the feed makes the same check and costs more; where it fails, the feed is not fresh.
    ///
    /// # Errors
    /// [`UnknownFeed`], [`NoRounds`], [`FeedFailed`], [`TooManyFeedDecimals`], [`FeedDecimalsFrozen`], [`BoundsNotInside`].
    ///
    /// # Events
    /// [`FeedChecked`].
    pub fn recheck_feed(&mut self, feed: u16) -> Result<(), Revert> {
        self.check_again(feed)
    }

    /// Brings prices to the Pyth contract of a feed, pays its fee from what comes with the call, and returns the rest to
    /// the caller. Anyone; takes ether.
    ///
    /// # Arguments
    /// * `update_data` - as Pyth takes it, at most 32 items; may be prices of other ids.
    ///
    /// # Errors
    /// [`TooManyItems`], [`UnknownFeed`], [`NotPulled`], [`FeeTooSmall`], [`RefundFailed`], `BadAnswer`; Pyth's own,
    /// unchanged.
    pub fn pull_prices(&mut self, feed: u16, update_data: Vec<Bytes>) -> Result<(), Revert> {
        at_most(update_data.len(), MAX_FEEDS)?;
        self.bring(feed, update_data)
    }

    /// What a feed rests on beside its terms; zeros when not listed.
    pub fn feed_source(&self, feed: u16) -> FeedSource {
        self.source_of(feed)
    }

    /// Aggregator, decimals, maximum age, bounds and confidence; zeros when not listed.
    pub fn feed(&self, feed: u16) -> (Address, u8, u32, U256, U256, u64) {
        self.record(feed).map_or_else(Default::default, |r| {
            let terms = r.terms(r.decimals);
            let (min, max) = (u128_to_u256(terms.min_price), u128_to_u256(terms.max_price));
            let confidence = r.confidence.to_wad();
            (r.aggregator, r.decimals, r.max_age, min, max, confidence)
        })
    }

    /// Names the uptime feed of the chain's sequencer; the zero address for none. Owner only.
    ///
    /// # Arguments
    /// * `feed` - a Chainlink L2 uptime feed: answer 0 = up, 1 = down, since startedAt.
    /// * `grace` - seconds after a restart, 1..=86400; not looked at where no feed is named.
    ///
    /// # Errors
    /// [`GraceOutOfRange`]; [`UptimeFeedFailed`] for a feed that answers neither 0 nor 1; [`InsufficientGas`].
    ///
    /// # Events
    /// [`SequencerSet`].
    pub fn set_sequencer(&mut self, feed: Address, grace: u32) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.watch(feed, grace)
    }

    /// The uptime feed and the grace; whether the sequencer works: it is up, for longer than the grace; and when the last grace
    /// ended or will end, unix seconds, 0 while it is down. Where no feed is named: zeros, works, 0.
    ///
    /// # Errors
    /// [`InsufficientGas`].
    pub fn sequencer(&self) -> Result<(Address, u32, bool, u64), Revert> {
        let (feed, grace) = self.watched();
        let state = self.uptime()?.sequencer;
        Ok((feed, grace, state.works, state.resumed_at))
    }

    /// Prices of up to 32 listed feeds. Total: a feed that fails is an item that is not fresh.
    ///
    /// An answer that is too old, from before a restart, not confirmed, too uncertain or not what the second source says keeps its
    /// value; after any other fault the value is 0.
    ///
    /// # Errors
    /// [`TooManyItems`], [`UnknownFeed`]; [`InsufficientGas`] when less gas remained than the call of a feed may use.
    pub fn prices(&self, feeds: Vec<u16>) -> Result<Vec<Price>, Revert> {
        at_most(feeds.len(), MAX_FEEDS)?;
        let now = self.vm().block_timestamp();
        let observed_from = self.uptime()?.observed_from;
        let mut prices = Vec::with_capacity(feeds.len());
        for feed in feeds {
            prices.push(self.total_price(feed, now, observed_from)?);
        }
        Ok(prices)
    }

    /// The price of a feed, 1e18 per unit. Reverts with the reason when it is not fresh.
    ///
    /// # Errors
    /// [`UnknownFeed`], [`FeedFailed`], [`StalePrice`], [`PriceFromFuture`], [`InvalidPrice`], [`PriceOutOfBounds`],
    /// [`ObservedBeforeRestart`];
    /// [`InsufficientGas`].
    pub fn price(&self, feed: u16) -> Result<U256, Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        self.strict_price(feed, &record)?.map(u128_to_u256)
    }

    /// Sets the terms that pushes for an underlying must meet. They apply at once, also to stored data. Owner only.
    ///
    /// # Arguments
    /// * `underlying` - not 0.
    /// * `feed` - of spot, listed.
    /// * `max_age` - seconds, 1..=600; an observation of exactly this age is fresh.
    /// * `max_basis` - the most a ratio may differ from 1, 1e18, above 0, at most 1. See `abi/IOracle.sol` for what it means in the
    ///   settlement window.
    /// * `ratio_move` - the most a ratio may change in a minute, millionths; 0 = without a bound.
    /// * `rate_move` - the most −ln D / τ may change in an hour, millionths a year; 0 = without a bound.
    ///
    /// # Errors
    /// [`UnknownUnderlying`], [`UnknownFeed`], [`MaxAgeOutOfRange`], [`MaxBasisOutOfRange`].
    ///
    /// # Events
    /// [`SurfaceTermsSet`].
    pub fn set_surface_terms(
        &mut self,
        underlying: u16,
        feed: u16,
        max_age: u32,
        max_basis: u64,
        ratio_move: u16,
        rate_move: u16,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.set_terms(
            underlying,
            (feed, max_age, max_basis),
            (ratio_move, rate_move),
        )
    }

    /// Feed of spot, maximum age, maximum basis, and the most that ratio and rate may move; zeros when not set.
    pub fn surface_terms(&self, underlying: u16) -> (u16, u32, u64, u16, u16) {
        self.terms_of(underlying)
            .map_or_else(Default::default, |t| {
                (t.feed, t.max_age, t.max_basis, t.ratio_move, t.rate_move)
            })
    }

    /// Sets the signers of pushes, and how many of them must sign. Owner only.
    ///
    /// # Arguments
    /// * `signers` - ascending, 1 to 16 of them.
    /// * `threshold` - 1 to their number.
    ///
    /// # Errors
    /// [`InvalidThreshold`], [`SignersNotAscending`].
    ///
    /// # Events
    /// [`SignersSet`].
    pub fn set_signers(&mut self, signers: Vec<Address>, threshold: u8) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.store_signers(&signers, threshold)
    }

    /// The signers, ascending, and how many of them must sign; none and 0 before they are set.
    pub fn signers(&self) -> (Vec<Address>, u8) {
        self.load_signers()
    }

    /// The EIP-712 domain separator: name "Plimsoll Oracle", version "2", this chain, this contract.
    pub fn domain_separator(&self) -> B256 {
        self.domain()
    }

    /// Stores market data of up to 32 expiries that enough signers have signed. Anyone.
    ///
    /// An update is skipped if the stored data is settled or not older, so that the submitter of another push cannot block this
    /// one by being first. Of the others those of one underlying are all stored, or none; what is refused of one underlying does
    /// not stop the others.
    ///
    /// Before expiry an update has a ratio, and a fixed part only if it was observed in the last 30 minutes.
    /// From expiry on exactly one is taken: no ratio, the fixed part is the settlement price, observed at or
    /// after expiry; its discount and surface are ignored, and it is final. It is taken from an hour after expiry on, without a
    /// fresh spot from a day after it on.
    ///
    /// # Arguments
    /// * `updates` - ascending by underlying and day.
    /// * `observed_at` - unix seconds: later than the stored data of one of them, not after now, not older than allowed.
    /// * `signatures` - ascending by signer, 65 bytes r ‖ s ‖ v.
    ///
    /// # Errors
    /// [`TooManyItems`], [`ObservedInFuture`], [`UpdatesNotAscending`]; of the signatures
    /// [`TooFewSignatures`], [`InvalidSignature`],
    /// [`UnknownSigner`], [`SignersNotAscending`];
    /// when nothing is stored, the reason of the first underlying that is refused, see `abi/IOracle.sol`; where all are skipped
    /// [`NotNewer`] or [`SettlementFinal`] of the first; [`InsufficientGas`].
    ///
    /// # Events
    /// [`ExpiryPushed`] or [`Settled`] for each that is stored, [`PushRefused`] for each underlying that is refused.
    pub fn push_expiries(
        &mut self,
        updates: Vec<ExpiryUpdate>,
        observed_at: u64,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        self.store_push(updates, observed_at, &signatures)
    }

    /// Stores sizes of up to 32 underlyings' markets that enough signers have signed. Anyone.
    ///
    /// A size that is refused does not stop the others; if all are, the first's reason is the error.
    ///
    /// # Errors
    /// [`TooManyItems`]; of the signatures as [`Oracle::push_expiries`]; of a size [`UnknownUnderlying`], [`ObservedInFuture`],
    /// [`ObservedTooLongAgo`], [`MarketSizeTooEarly`], [`MarketSizeTooFar`].
    ///
    /// # Events
    /// [`MarketSizePushed`] for each that is stored.
    pub fn push_market_sizes(
        &mut self,
        sizes: Vec<MarketSize>,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        self.store_sizes(&sizes, &signatures)
    }

    /// Samples the price of the hours after the last that was sampled, at first of the last hours, and sets the multipliers of the
    /// underlying's requirement. Anyone.
    ///
    /// # Arguments
    /// * `rounds` - 1 to 24: for each hour the round of the underlying's feed in force when it began; 0 leaves out an hour that
    ///   began more than a day ago.
    ///
    /// # Errors
    /// [`TooManyItems`], [`NoHours`], [`UnknownUnderlying`], [`UnknownFeed`], [`HourNotOver`], [`NoRounds`], [`FeedFailed`],
    /// [`RoundNotFound`], [`RoundNotInForce`], [`RoundOfOldPhase`], [`InsufficientGas`].
    ///
    /// # Events
    /// [`MultipliersSampled`].
    pub fn sample(&mut self, underlying: u16, rounds: Vec<RoundId>) -> Result<(), Revert> {
        self.sample_hours(underlying, &rounds)
    }

    /// What is stored of an underlying's market, and its multipliers; zeros, and multipliers of 1, where nothing is.
    pub fn market_size(&self, underlying: u16) -> MarketData {
        self.market_data(underlying)
    }

    /// Settles an expiry at the mean of seven rounds of the feed of spot, those in force every five minutes of the settlement
    /// window; final. Anyone, from the second after expiry on.
    ///
    /// # Arguments
    /// * `rounds` - seven, in the order of the points. The feed proves each: see `rounds`.
    ///
    /// # Errors
    /// [`SettlementTooEarly`], [`UnknownUnderlying`], [`SettlementFinal`], [`WrongRoundCount`], [`UnknownFeed`], [`NoRounds`],
    /// [`FeedFailed`], [`RoundNotFound`], [`RoundNotInForce`], [`RoundOfOldPhase`], [`RoundTooOld`], [`InvalidPrice`],
    /// [`PriceOutOfBounds`], [`InsufficientGas`].
    ///
    /// # Events
    /// [`Settled`].
    pub fn settle(
        &mut self,
        underlying: u16,
        expiry_day: u16,
        rounds: Vec<RoundId>,
    ) -> Result<(), Revert> {
        self.settle_by_rounds(underlying, expiry_day, &rounds)
    }

    /// Market data of an expiry, 1e18, its forward at the last price of spot; zeros when it was never pushed.
    ///
    /// # Errors
    /// [`InsufficientGas`] when less gas remained than the call of the feed of spot may use.
    pub fn expiry(&self, underlying: u16, expiry_day: u16) -> Result<ExpiryData, Revert> {
        let now = self.vm().block_timestamp();
        let record = self.stored(pushes::key(underlying, expiry_day));
        let observed_from = self.uptime()?.observed_from;
        let terms = self.terms_of(underlying);
        let spot = match terms {
            Some(terms) if record.ratio != 0 => {
                to_u128(self.total_price(terms.feed, now, observed_from)?.value)
                    .filter(|value| *value != 0)
            }
            _ => None,
        };
        let max_age = terms.map_or(0, |t| t.max_age);
        let fresh = pushes::is_fresh(&record.stamp(), max_age, now, observed_from);
        Ok(pushes::data(&record, spot, fresh, now))
    }

    /// The days of an underlying's expiries, ascending, at most 16: all future ones, some past ones.
    pub fn expiries(&self, underlying: u16) -> Vec<u16> {
        self.days(underlying).as_slice().to_vec()
    }

    /// All market data that a margin check needs, at once: the words behind keys of `plimsoll_kernel::portfolio::snapshot`, of
    /// feeds, expiries and nearest expiries, in the order asked. Total: neither a feed's nor a surface's state makes it
    /// revert.
    ///
    /// # Errors
    /// [`TooManyItems`] for more than 72 keys, [`InvalidKey`], [`UnknownFeed`], [`InsufficientGas`].
    pub fn snapshot(&self, keys: Vec<U256>) -> Result<Vec<U256>, Revert> {
        self.words(&keys)
    }
}

/// Refuses an age of a feed, seconds, of 0 or above two days.
fn check_max_age(max_age: u32) -> Result<(), Revert> {
    if max_age == 0 || max_age > MAX_AGE_LIMIT {
        return Err(MaxAgeOutOfRange {
            max_age,
            limit: MAX_AGE_LIMIT,
        }
        .into());
    }
    Ok(())
}
