//! Oracle hub: Chainlink AggregatorV3 feeds with an age, bounds and frozen decimals, by feed number; forwards and
//! variance surfaces by underlying and expiry day, pushed with M of N signatures; and both in one answer for margin.
//!
//! A feed is a stranger. It is called without the power to change anything, with 150,000 gas, and its answer is
//! read only if it has the one length it must have: a feed that reverts, burns its gas, answers a megabyte or lies
//! out of bounds costs its own price and nothing else. What an answer is worth is decided in the kernel
//! (`plimsoll_kernel::price`).
//!
//! An expiry is stored as the calculator takes it (`plimsoll_kernel::surface`), after the checks of `push`: a
//! surface that is stored has no arbitrage, a settlement price is written once.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]
extern crate alloc;

mod feeds;
mod push;
mod record;
mod signers;
pub mod sol;

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, B256, U256};
use feeds::bound;
use plimsoll_common::{Ownable, Revert, abi::Bytes, at_most, interface::Price, store::WordMap};
use plimsoll_kernel::{
    num::{low_u16, to_u128, u128_to_u256},
    portfolio::snapshot::{self, Quote},
    price::{self, Confidence, MAX_AGE_LIMIT},
    surface::{Days, WORDS},
};
use record::{Record, SurfaceTerms};
use sol::{
    ExpiryData, ExpiryUpdate, FeedSet, InvalidBounds, InvalidConfidence, InvalidFeed, InvalidKey,
    MaxAgeOutOfRange, MaxBasisOutOfRange, ObservedInFuture, SignersSet, SurfaceTermsSet,
    UnknownFeed, UnknownUnderlying, UpdatesNotAscending,
};
use stylus_sdk::prelude::*;

/// Most feeds of one `prices` call.
pub const MAX_FEEDS: usize = 32;
/// Most keys of one `snapshot` call: the largest portfolio needs 57.
pub const MAX_KEYS: usize = 64;
/// Most updates of one push.
pub const MAX_UPDATES: usize = 32;

/// The contract.
#[storage]
pub struct Oracle {
    ownable: Ownable,
    /// By feed number; see [`record`].
    feeds: WordMap,
    /// By underlying and day; see `plimsoll_kernel::surface`.
    expiries: WordMap,
    /// By underlying: its terms ([`record`]), its days (`plimsoll_kernel::surface`).
    surfaces: WordMap,
    /// Under 0; see [`signers`].
    signers: WordMap,
}

plimsoll_common::entrypoint!(
    Oracle,
    methods = [
        initialize,
        owner,
        pending_owner,
        transfer_ownership,
        accept_ownership,
        set_feed,
        feed,
        prices,
        price,
        set_surface_terms,
        surface_terms,
        set_signers,
        signers,
        domain_separator,
        push_expiries,
        expiry,
        expiries,
        snapshot,
    ]
);

impl Oracle {
    /// Hands the contract to `owner`. Deployer only, once.
    pub fn initialize(&mut self, owner: Address) -> Result<(), Revert> {
        self.ownable.initialize(owner)
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Whom ownership is offered to.
    pub fn pending_owner(&self) -> Address {
        self.ownable.pending_owner()
    }

    /// Offers ownership.
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Revert> {
        self.ownable.transfer_ownership(new_owner)
    }

    /// Takes offered ownership.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept_ownership()
    }

    /// Lists a feed, or replaces its aggregator, age and bounds. Owner only.
    ///
    /// Decimals are read once and frozen. While the listed aggregator's price is fresh, another aggregator must
    /// agree with it within 2 %; when it is dead, any may take its place.
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
    /// `InvalidFeed`, `MaxAgeOutOfRange`, `InvalidBounds`, `InvalidConfidence`, `TooManyDigits`,
    /// `FeedFailed`, `TooManyFeedDecimals`, `FeedDecimalsFrozen`, `PriceWouldJump`.
    ///
    /// # Events
    /// `FeedSet`.
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
        if feed == 0 || aggregator.is_zero() {
            return Err(InvalidFeed { feed, aggregator }.into());
        }
        check_max_age(max_age)?;
        let limit = u128_to_u256(price::MAX_FEED_PRICE);
        if min_price.is_zero() || min_price >= max_price || max_price > limit {
            return Err(InvalidBounds {
                min_price,
                max_price,
                limit,
            }
            .into());
        }
        let steps = Confidence::from_wad(confidence).ok_or(InvalidConfidence {
            confidence,
            step: Confidence::STEP,
            limit: Confidence::MAX,
        })?;
        let decimals = self.read_decimals(feed, aggregator)?;
        let (min, max) = (bound(min_price)?, bound(max_price)?);
        let record = Record {
            aggregator,
            decimals,
            max_age,
            min,
            max,
            confidence: steps,
        };
        if let Some(old) = self.record(feed) {
            self.check_replacement(feed, &old, &record)?;
        }
        self.feeds.set(feed, record.encode());
        FeedSet {
            feed,
            aggregator,
            decimals,
            max_age,
            min_price,
            max_price,
            confidence,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Aggregator, decimals, maximum age, bounds and confidence; zeros when not listed.
    pub fn feed(&self, feed: u16) -> (Address, u8, u32, U256, U256, u64) {
        self.record(feed).map_or_else(Default::default, |r| {
            let terms = r.terms();
            let (min, max) = (u128_to_u256(terms.min_price), u128_to_u256(terms.max_price));
            let confidence = r.confidence.to_wad();
            (r.aggregator, r.decimals, r.max_age, min, max, confidence)
        })
    }

    /// Prices of up to 32 listed feeds. Total: whatever an aggregator does, it is an item that is not fresh.
    ///
    /// The value of an answer that is only too old is kept; after any other fault it is 0.
    ///
    /// # Errors
    /// `TooManyItems`, `UnknownFeed`; `InsufficientGas` when too little gas was left to give a feed its due.
    pub fn prices(&self, feeds: Vec<u16>) -> Result<Vec<Price>, Revert> {
        at_most(feeds.len(), MAX_FEEDS)?;
        let now = self.vm().block_timestamp();
        let mut prices = Vec::with_capacity(feeds.len());
        for feed in feeds {
            prices.push(self.total_price(feed, now)?);
        }
        Ok(prices)
    }

    /// The price, 1e18 per unit, or why there is none.
    ///
    /// # Errors
    /// `UnknownFeed`, `FeedFailed`, `StalePrice`, `PriceFromFuture`, `InvalidPrice`, `PriceOutOfBounds`;
    /// `InsufficientGas`.
    pub fn price(&self, feed: u16) -> Result<U256, Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        self.strict_price(feed, &record)?.map(u128_to_u256)
    }

    /// Sets what pushes for an underlying are held to. Owner only; at once, also for what is stored.
    ///
    /// # Arguments
    /// * `underlying` - not 0.
    /// * `feed` - of spot, listed.
    /// * `max_age` - seconds, 1..=172800; an observation of exactly this age is fresh.
    /// * `max_basis` - the most a forward may differ from spot, a share of spot in 1e18, above 0, at most 1. See
    ///   `abi/IOracle.sol` for what it means in the settlement window.
    ///
    /// # Errors
    /// `UnknownUnderlying`, `UnknownFeed`, `MaxAgeOutOfRange`, `MaxBasisOutOfRange`.
    ///
    /// # Events
    /// `SurfaceTermsSet`.
    pub fn set_surface_terms(
        &mut self,
        underlying: u16,
        feed: u16,
        max_age: u32,
        max_basis: u64,
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        if underlying == 0 {
            return Err(UnknownUnderlying { underlying }.into());
        }
        self.record(feed).ok_or(UnknownFeed { feed })?;
        check_max_age(max_age)?;
        if max_basis == 0 || max_basis > SurfaceTerms::MAX_BASIS {
            return Err(MaxBasisOutOfRange {
                max_basis,
                limit: SurfaceTerms::MAX_BASIS,
            }
            .into());
        }
        let terms = SurfaceTerms {
            feed,
            max_age,
            max_basis,
        };
        let mut list = self.surfaces.list(underlying);
        list.set(push::TERMS, terms.encode());
        SurfaceTermsSet {
            underlying,
            feed,
            max_age,
            max_basis,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Feed of spot, maximum age and maximum basis; zeros when not set.
    pub fn surface_terms(&self, underlying: u16) -> (u16, u32, u64) {
        self.terms_of(underlying)
            .map_or_else(Default::default, |t| (t.feed, t.max_age, t.max_basis))
    }

    /// Sets who signs pushes and how many of them must. Owner only.
    ///
    /// # Arguments
    /// * `signers` - ascending, 1 to 16 of them.
    /// * `threshold` - 1 to their number.
    ///
    /// # Errors
    /// `InvalidThreshold`, `SignersNotAscending`.
    ///
    /// # Events
    /// `SignersSet`.
    pub fn set_signers(&mut self, signers: Vec<Address>, threshold: u8) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        let count = self.store_signers(&signers, threshold)?;
        SignersSet { count, threshold }.emit(self.vm());
        Ok(())
    }

    /// The signers, ascending, and how many of them must sign; none and 0 before they are set.
    pub fn signers(&self) -> (Vec<Address>, u8) {
        self.load_signers()
    }

    /// The EIP-712 domain separator: name "Plimsoll Oracle", version "1", this chain, this contract.
    pub fn domain_separator(&self) -> B256 {
        self.domain()
    }

    /// Stores market data of up to 32 expiries that enough signers have signed. Anybody's call.
    ///
    /// An update is skipped where what is stored is settled or not older: nobody who holds another push can block one
    /// by being first. All others are stored, or none.
    ///
    /// Before expiry an update has a variable part, and a fixed one only if it was observed in the last 30 minutes.
    /// From expiry on exactly one is taken: no variable part, the fixed part is the settlement price, observed at or
    /// after expiry; its discount and surface are not looked at, and it is final.
    ///
    /// # Arguments
    /// * `updates` - ascending by underlying and day.
    /// * `observed_at` - unix seconds: later than what is stored for one of them, not after now, not older than allowed.
    /// * `signatures` - ascending by signer, 65 bytes r ‖ s ‖ v.
    ///
    /// # Errors
    /// `TooManyItems`, `ObservedInFuture`, `UpdatesNotAscending`; of the signatures
    /// `TooFewSignatures`, `InvalidSignature`,
    /// `UnknownSigner`, `SignersNotAscending`;
    /// `NotNewer` or `SettlementFinal` of the first update when all are
    /// skipped; of an update that is not, those listed in `abi/IOracle.sol`.
    ///
    /// # Events
    /// `ExpiryPushed` or `Settled` for each that is stored.
    pub fn push_expiries(
        &mut self,
        mut updates: Vec<ExpiryUpdate>,
        observed_at: u64,
        signatures: Vec<Bytes>,
    ) -> Result<(), Revert> {
        at_most(updates.len(), MAX_UPDATES)?;
        let now = self.vm().block_timestamp();
        if observed_at > now {
            return Err(ObservedInFuture {
                observed_at,
                now_seconds: now,
            }
            .into());
        }
        let digest = self.digest(&updates, observed_at);
        self.check_quorum(&digest, &signatures)?;
        let key = |update: &ExpiryUpdate| push::key(update.underlying, update.expiry_day);
        let mut pairs = updates.iter().zip(updates.iter().skip(1));
        if let Some((_, late)) = pairs.find(|(early, late)| key(early) >= key(late)) {
            return Err(UpdatesNotAscending {
                underlying: late.underlying,
                expiry_day: late.expiry_day,
            }
            .into());
        }
        let mut skipped = None;
        updates.retain(|update| {
            let reason = self.outdated(update, observed_at);
            let keep = reason.is_none();
            skipped = skipped.take().or(reason);
            keep
        });
        if updates.is_empty()
            && let Some(reason) = skipped
        {
            return Err(reason);
        }
        for group in updates.chunk_by(|a, b| a.underlying == b.underlying) {
            let underlying = group.first().map_or(0, |update| update.underlying);
            self.push_group(underlying, group, observed_at, now)?;
        }
        Ok(())
    }

    /// What is stored for an expiry, 1e18; zeros when it was never pushed.
    pub fn expiry(&self, underlying: u16, expiry_day: u16) -> ExpiryData {
        let now = self.vm().block_timestamp();
        let max_age = self.surface_terms(underlying).1;
        let record = self.stored(push::key(underlying, expiry_day));
        push::data(&record, record.stamp().is_fresh(max_age, now))
    }

    /// The days of an underlying's expiries, ascending, at most 16: all that are to come, some that are past.
    pub fn expiries(&self, underlying: u16) -> Vec<u16> {
        let days = self.surfaces.list(underlying).get(push::DAYS);
        Days::from_word(days).as_slice().to_vec()
    }

    /// All that a margin check needs, at once: the words behind keys of `plimsoll_kernel::portfolio::snapshot`, of
    /// feeds, expiries and nearest expiries, in the order asked. Total: neither a feed's nor a surface's state makes it
    /// revert.
    ///
    /// # Errors
    /// `TooManyItems` for more than 64 keys, `InvalidKey`, `UnknownFeed`, `InsufficientGas`.
    pub fn snapshot(&self, keys: Vec<U256>) -> Result<Vec<U256>, Revert> {
        at_most(keys.len(), MAX_KEYS)?;
        let now = self.vm().block_timestamp();
        let mut words = Vec::with_capacity(keys.len().saturating_mul(WORDS));
        for key in keys {
            match snapshot::parse(key) {
                (snapshot::FEED, feed) => {
                    let feed = low_u16(feed.into());
                    let price = self.total_price(feed, now)?;
                    // what was wrong is not known, but not above what the feed is believed up to
                    words.push(match to_u128(price.value) {
                        Some(0) | None => {
                            let record = self.record(feed).ok_or(UnknownFeed { feed })?;
                            let most = record.terms().max_price;
                            Quote::encode_unknown(most, price.confidence)
                        }
                        Some(value) => Quote::encode(value, price.confidence, price.fresh),
                    });
                }
                (snapshot::EXPIRY, expiry) => self.answer_words(expiry, now, &mut words),
                (snapshot::NEAR, underlying) => {
                    let underlying = low_u16(underlying.into());
                    let days = Days::from_word(self.surfaces.list(underlying).get(push::DAYS));
                    match days.near(now) {
                        Some(day) => self.answer_words(push::key(underlying, day), now, &mut words),
                        None => words.extend([U256::ZERO; WORDS]),
                    }
                }
                _ => return Err(InvalidKey { key }.into()),
            }
        }
        Ok(words)
    }
}

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
