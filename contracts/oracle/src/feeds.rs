//! Feeds: strangers, asked with bounded gas for an answer of known length.
use crate::{
    Oracle,
    record::Record,
    sol::{
        FeedDecimalsFrozen, FeedFailed, InsufficientGas, InvalidPrice, PriceFromFuture,
        PriceOutOfBounds, PriceWouldJump, StalePrice, TooManyDigits, TooManyFeedDecimals,
        UnknownFeed,
    },
};
use alloy_primitives::{Address, I256, U256};
use plimsoll_common::{
    Revert,
    abi::{Bytes, MAX_REASON},
    interface::Price,
};
use plimsoll_kernel::{
    num::{Int256, to_u128, u128_to_u256},
    price::{self, Bound, Fault, MAX_FEED_DECIMALS},
};
use stylus_sdk::{call::RawCall, prelude::*};

/// Gas a feed may use. Chainlink's proxies use some 15,000; composite feeds several times that.
const FEED_GAS: u64 = 150_000;
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

impl Oracle {
    pub(crate) fn record(&self, feed: u16) -> Option<Record> {
        Record::decode(self.feeds.get(feed))
    }

    pub(crate) fn total_price(&self, feed: u16, now: u64) -> Result<Price, Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        let mut price = Price {
            confidence: record.confidence.to_wad(),
            ..Price::default()
        };
        if let Ok(round) = self.round(record.aggregator)? {
            let (value, fault) = price::read(&record.terms(), round.answer, round.updated_at, now);
            price.value = u128_to_u256(value);
            price.updated_at = saturating_u64(round.updated_at);
            price.fresh = fault.is_none();
        }
        Ok(price)
    }

    /// The price, or why there is none.
    ///
    /// # Errors
    /// [`InsufficientGas`]: it is not known whether there is one.
    pub(crate) fn strict_price(
        &self,
        feed: u16,
        record: &Record,
    ) -> Result<Result<u128, Revert>, Revert> {
        let now = self.vm().block_timestamp();
        let Round { answer, updated_at } = match self.round(record.aggregator)? {
            Ok(round) => round,
            Err(reason) => {
                return Ok(Err(FeedFailed {
                    feed,
                    aggregator: record.aggregator,
                    reason,
                }
                .into()));
            }
        };
        let terms = record.terms();
        Ok(match price::read(&terms, answer, updated_at, now) {
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
        })
    }

    /// Refuses what a listed feed may not become.
    pub(crate) fn check_replacement(
        &self,
        feed: u16,
        old: &Record,
        new: &Record,
    ) -> Result<(), Revert> {
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
        let Ok(old_price) = self.strict_price(feed, old)? else {
            return Ok(());
        };
        let new_price = self.strict_price(feed, new)??;
        if new_price.abs_diff(old_price) > price::max_jump(old_price) {
            return Err(PriceWouldJump {
                feed,
                price: u128_to_u256(old_price),
                new_price: u128_to_u256(new_price),
                limit: u128_to_u256(price::max_jump(old_price)),
            }
            .into());
        }
        Ok(())
    }

    pub(crate) fn read_decimals(&self, feed: u16, aggregator: Address) -> Result<u8, Revert> {
        let answer = self.ask::<32>(aggregator, DECIMALS)?;
        let answer = answer.map_err(|reason| FeedFailed {
            feed,
            aggregator,
            reason,
        })?;
        let decimals = U256::from_be_bytes(answer);
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

    /// The feed's latest round, or what it says instead.
    fn round(&self, aggregator: Address) -> Result<Result<Round, Bytes>, Revert> {
        let answer = self.ask::<160>(aggregator, LATEST_ROUND_DATA)?;
        Ok(answer.map(|answer| {
            // (roundId, answer, startedAt, updatedAt, answeredInRound)
            let word = |index: usize| answer.as_chunks().0.get(index).copied().unwrap_or_default();
            Round {
                answer: Int256::from_raw(U256::from_be_bytes::<32>(word(1))),
                updated_at: U256::from_be_bytes::<32>(word(3)),
            }
        }))
    }

    /// Asks a stranger for an answer of exactly `N` bytes, at most [`MAX_REASON`]; when it fails or answers otherwise, what
    /// it says.
    ///
    /// # Errors
    /// [`InsufficientGas`]: it failed, and the caller had left it less than its due. Without this anybody could make
    /// a price look dead by sending too little gas.
    fn ask<const N: usize>(
        &self,
        callee: Address,
        selector: [u8; 4],
    ) -> Result<Result<[u8; N], Bytes>, Revert> {
        // What a call to a cold account takes, and the 64th the caller keeps.
        const NEEDED: u64 = FEED_GAS + FEED_GAS / 63 + 5_000;
        let vm = self.vm();
        let have = vm.evm_gas_left();
        // SAFETY: a static call; this contract holds no reference into storage. A feed that reads this contract in
        // the middle of a push sees the state before it.
        let answer = unsafe {
            RawCall::new_static(vm)
                .gas(FEED_GAS)
                .limit_return_data(0, MAX_REASON)
                .call(callee, &selector)
        };
        match answer {
            Ok(data) if vm.return_data_size() == N => Ok(data.try_into().map_err(Bytes)),
            Ok(said) => Ok(Err(Bytes(said))),
            Err(_) if have < NEEDED => Err(InsufficientGas {
                have: U256::from(have),
                needed: U256::from(NEEDED),
            }
            .into()),
            Err(said) => Ok(Err(Bytes(said))),
        }
    }
}

/// A bound as it is stored.
#[inline(never)]
pub(crate) fn bound(price: U256) -> Result<Bound, Revert> {
    to_u128(price)
        .and_then(Bound::from_wad)
        .ok_or_else(|| TooManyDigits { price }.into())
}

fn saturating_u64(time: U256) -> u64 {
    u64::try_from(time).unwrap_or(u64::MAX)
}
