//! Oracle hub: Chainlink AggregatorV3 feeds with an age, bounds and frozen decimals, by feed number.
//!
//! A feed is a stranger. It is called without the power to change anything, with [`FEED_GAS`] gas, and its answer is
//! read only if it has the one length it must have: a feed that reverts, burns its gas, answers a megabyte or lies
//! out of bounds costs its own price and nothing else. What an answer is worth is decided in the kernel
//! (`plimsoll_kernel::price`).
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
extern crate alloc;

mod record;
pub mod sol;

use alloc::{vec, vec::Vec};
use alloy_primitives::{Address, I256, U256};
use plimsoll_common::{Ownable, Revert, interface::Price, store::WordMap};
use plimsoll_kernel::{
    num::{Int256, to_u128, u128_to_u256},
    price::{self, Bound, Fault, MAX_AGE_LIMIT, MAX_FEED_DECIMALS},
};
use record::Record;
use stylus_sdk::{call::RawCall, prelude::*};

use sol::{
    FeedDecimalsFrozen, FeedFailed, FeedSet, InsufficientGas, InvalidBounds, InvalidFeed,
    InvalidPrice, MaxAgeOutOfRange, PriceFromFuture, PriceOutOfBounds, PriceWouldJump, StalePrice,
    TooManyDigits, TooManyFeedDecimals, TooManyItems, UnknownFeed,
};

/// Gas a feed may use. Chainlink's proxies use some 15,000; composite feeds several times that.
pub const FEED_GAS: u64 = 150_000;
/// Most feeds of one `prices` call.
pub const MAX_FEEDS: usize = 32;

/// `decimals()`.
const DECIMALS: [u8; 4] = [0x31, 0x3c, 0xe5, 0x67];
/// `latestRoundData()`.
const LATEST_ROUND_DATA: [u8; 4] = [0xfe, 0xaf, 0x96, 0x8c];

/// What a feed said in its latest round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Round {
    answer: Int256,
    updated_at: U256,
}

/// The contract.
#[storage]
pub struct Oracle {
    ownable: Ownable,
    /// By feed number; see [`record`].
    feeds: WordMap,
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
    ///
    /// # Errors
    /// [`InvalidFeed`], [`MaxAgeOutOfRange`], [`InvalidBounds`], [`TooManyDigits`], [`FeedFailed`],
    /// [`TooManyFeedDecimals`], [`FeedDecimalsFrozen`], [`PriceWouldJump`].
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
    ) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        if feed == 0 || aggregator.is_zero() {
            return Err(InvalidFeed { feed, aggregator }.into());
        }
        if max_age == 0 || max_age > MAX_AGE_LIMIT {
            return Err(MaxAgeOutOfRange {
                max_age,
                limit: MAX_AGE_LIMIT,
            }
            .into());
        }
        let limit = u128_to_u256(price::MAX_PRICE);
        if min_price.is_zero() || min_price >= max_price || max_price > limit {
            return Err(InvalidBounds {
                min_price,
                max_price,
                limit,
            }
            .into());
        }
        let decimals = self.read_decimals(feed, aggregator)?;
        let (min, max) = (bound(min_price)?, bound(max_price)?);
        let record = Record {
            aggregator,
            decimals,
            max_age,
            min,
            max,
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
        }
        .emit(self.vm());
        Ok(())
    }

    /// Aggregator, decimals, maximum age and bounds; zeros when not listed.
    pub fn feed(&self, feed: u16) -> (Address, u8, u32, U256, U256) {
        self.record(feed).map_or_else(Default::default, |r| {
            let terms = r.terms();
            let (min, max) = (u128_to_u256(terms.min_price), u128_to_u256(terms.max_price));
            (r.aggregator, r.decimals, r.max_age, min, max)
        })
    }

    /// Prices of up to 32 listed feeds. Total: whatever an aggregator does, it is an item that is not fresh.
    ///
    /// The value of an answer that is only too old is kept; after any other fault it is 0.
    ///
    /// # Errors
    /// [`TooManyItems`], [`UnknownFeed`]; [`InsufficientGas`] when too little gas was left to give a feed its due.
    pub fn prices(&self, feeds: Vec<u16>) -> Result<Vec<Price>, Revert> {
        if feeds.len() > MAX_FEEDS {
            return Err(TooManyItems {
                given: U256::from(feeds.len()),
                limit: U256::from(MAX_FEEDS),
            }
            .into());
        }
        let now = self.vm().block_timestamp();
        let mut prices = Vec::with_capacity(feeds.len());
        for feed in feeds {
            let record = self.record(feed).ok_or(UnknownFeed { feed })?;
            prices.push(match self.round(record.aggregator)? {
                Some(round) => {
                    let (value, fault) =
                        price::read(&record.terms(), round.answer, round.updated_at, now);
                    Price {
                        value: u128_to_u256(value),
                        updated_at: saturating_u64(round.updated_at),
                        fresh: fault.is_none(),
                    }
                }
                None => Price {
                    value: U256::ZERO,
                    updated_at: 0,
                    fresh: false,
                },
            });
        }
        Ok(prices)
    }

    /// The price, 1e18 per unit, or why there is none.
    ///
    /// # Errors
    /// [`UnknownFeed`], [`FeedFailed`], [`StalePrice`], [`PriceFromFuture`], [`InvalidPrice`], [`PriceOutOfBounds`];
    /// [`InsufficientGas`].
    pub fn price(&self, feed: u16) -> Result<U256, Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        self.strict_price(feed, &record).map(u128_to_u256)
    }
}

impl Oracle {
    fn record(&self, feed: u16) -> Option<Record> {
        Record::decode(self.feeds.get(feed))
    }

    fn strict_price(&self, feed: u16, record: &Record) -> Result<u128, Revert> {
        let now = self.vm().block_timestamp();
        let Some(Round { answer, updated_at }) = self.round(record.aggregator)? else {
            return Err(FeedFailed {
                feed,
                aggregator: record.aggregator,
            }
            .into());
        };
        let terms = record.terms();
        match price::read(&terms, answer, updated_at, now) {
            (value, None) => Ok(value),
            (_, Some(Fault::Stale | Fault::Incomplete)) => Err(StalePrice {
                feed,
                updated_at: saturating_u64(updated_at),
                now_seconds: now,
                max_age: record.max_age,
            }
            .into()),
            (_, Some(Fault::Future)) => Err(PriceFromFuture {
                feed,
                updated_at,
                now_seconds: now,
            }
            .into()),
            (_, Some(Fault::NotPositive)) => Err(InvalidPrice {
                feed,
                answer: I256::from_raw(answer.to_raw()),
            }
            .into()),
            (_, Some(Fault::OutOfBounds(value))) => Err(PriceOutOfBounds {
                feed,
                price: u128_to_u256(value),
                min_price: u128_to_u256(terms.min_price),
                max_price: u128_to_u256(terms.max_price),
            }
            .into()),
        }
    }

    /// Refuses what a listed feed may not become.
    fn check_replacement(&self, feed: u16, old: &Record, new: &Record) -> Result<(), Revert> {
        if old.decimals != new.decimals {
            return Err(FeedDecimalsFrozen {
                feed,
                decimals: old.decimals,
                given: new.decimals,
            }
            .into());
        }
        if old.aggregator == new.aggregator {
            return Ok(());
        }
        let Ok(price) = self.strict_price(feed, old) else {
            return Ok(());
        };
        let new_price = self.strict_price(feed, new)?;
        if new_price.abs_diff(price) > Record::max_jump(price) {
            return Err(PriceWouldJump {
                feed,
                price: u128_to_u256(price),
                new_price: u128_to_u256(new_price),
                limit: u128_to_u256(Record::max_jump(price)),
            }
            .into());
        }
        Ok(())
    }

    fn read_decimals(&self, feed: u16, aggregator: Address) -> Result<u8, Revert> {
        let answer = self.ask::<32>(aggregator, DECIMALS)?;
        let decimals = U256::from_be_bytes(answer.ok_or(FeedFailed { feed, aggregator })?);
        match u8::try_from(decimals) {
            Ok(decimals) if decimals <= MAX_FEED_DECIMALS => Ok(decimals),
            _ => {
                let limit = U256::from(MAX_FEED_DECIMALS);
                Err(TooManyFeedDecimals {
                    feed,
                    decimals,
                    limit,
                }
                .into())
            }
        }
    }

    /// The feed's latest round; `None` when it has no well-formed answer.
    fn round(&self, aggregator: Address) -> Result<Option<Round>, Revert> {
        let Some(answer) = self.ask::<160>(aggregator, LATEST_ROUND_DATA)? else {
            return Ok(None);
        };
        // (roundId, answer, startedAt, updatedAt, answeredInRound)
        let (words, _) = answer.as_chunks::<32>();
        let [_, answer, _, updated_at, _] = words else {
            return Ok(None);
        };
        Ok(Some(Round {
            answer: Int256::from_raw(U256::from_be_bytes(*answer)),
            updated_at: U256::from_be_bytes(*updated_at),
        }))
    }

    /// Asks a stranger for an answer of exactly `N` bytes; `None` when it fails or answers otherwise.
    ///
    /// # Errors
    /// [`InsufficientGas`]: it failed, and the caller had left it less than its due. Without this anybody could make
    /// a price look dead by sending too little gas.
    fn ask<const N: usize>(
        &self,
        callee: Address,
        selector: [u8; 4],
    ) -> Result<Option<[u8; N]>, Revert> {
        // What a call to a cold account takes, and the 64th the caller keeps.
        const NEEDED: u64 = FEED_GAS + FEED_GAS / 63 + 5_000;
        let vm = self.vm();
        let have = vm.evm_gas_left();
        // SAFETY: a static call; this contract holds no reference into storage and has no pending writes that a
        // feed could see.
        let answer = unsafe {
            RawCall::new_static(vm)
                .gas(FEED_GAS)
                .limit_return_data(0, N)
                .call(callee, &selector)
        };
        match answer {
            Ok(data) if vm.return_data_size() == N => Ok(data.try_into().ok()),
            Ok(_) => Ok(None),
            Err(_) if have < NEEDED => Err(InsufficientGas {
                have: U256::from(have),
                needed: U256::from(NEEDED),
            }
            .into()),
            Err(_) => Ok(None),
        }
    }
}

fn bound(price: U256) -> Result<Bound, Revert> {
    to_u128(price)
        .and_then(Bound::from_wad)
        .ok_or_else(|| TooManyDigits { price }.into())
}

fn saturating_u64(time: U256) -> u64 {
    u64::try_from(time).unwrap_or(u64::MAX)
}
