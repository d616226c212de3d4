//! Feeds: the list of them, and the price of each, fresh or not.
mod record;

use crate::{
    Oracle, check_max_age,
    sol::{
        FeedDecimalsFrozen, FeedFailed, FeedSet, InvalidBounds, InvalidConfidence, InvalidFeed,
        InvalidPrice, PriceFromFuture, PriceOutOfBounds, PriceWouldJump, StalePrice, TooManyDigits,
        TooManyFeedDecimals, UnknownFeed,
    },
    sources::{Reading, Source},
};
use alloy_primitives::{Address, I256, U256};
use plimsoll_common::{Revert, interface::Price};
use plimsoll_kernel::{
    num::{to_u128, u128_to_u256},
    portfolio::snapshot::Quote,
    price::{self, Bound, Confidence, Fault, MAX_FEED_DECIMALS},
};
pub(crate) use record::Record;
use stylus_sdk::prelude::*;

impl Oracle {
    /// The record of a feed; `None` if it is not listed.
    pub(crate) fn record(&self, feed: u16) -> Option<Record> {
        Record::decode(self.feeds.get(feed))
    }

    /// Lists a feed, or replaces its aggregator, age and bounds.
    pub(crate) fn list(
        &mut self,
        feed: u16,
        aggregator: Address,
        max_age: u32,
        (min_price, max_price): (U256, U256),
        confidence: u64,
    ) -> Result<(), Revert> {
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
        let source = Source::Chainlink;
        let decimals = self.decimals_of(feed, source, aggregator)?;
        let (min, max) = (bound(min_price)?, bound(max_price)?);
        let record = Record {
            aggregator,
            source,
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

    /// The price of a feed as an item: not fresh where there is none.
    pub(crate) fn total_price(&self, feed: u16, now: u64) -> Result<Price, Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        let mut price = Price {
            confidence: record.confidence.to_wad(),
            ..Price::default()
        };
        if let Ok(reading) = record.source.reading(self.vm(), &record)? {
            let Reading {
                answer,
                confidence,
                observed,
            } = reading;
            let (value, fault) = price::read(&record.terms(), answer, observed, now);
            price.value = u128_to_u256(value);
            price.confidence = confidence.to_wad();
            price.updated_at = saturating_u64(observed);
            price.fresh = fault.is_none();
        }
        Ok(price)
    }

    /// The word of a feed in a snapshot.
    pub(crate) fn quote(&self, feed: u16, now: u64) -> Result<U256, Revert> {
        let price = self.total_price(feed, now)?;
        Ok(match to_u128(price.value) {
            // The price is not known, but it is at most the upper bound of the feed.
            Some(0) | None => {
                let record = self.record(feed).ok_or(UnknownFeed { feed })?;
                let most = record.terms().max_price;
                Quote::encode_unknown(most, price.confidence)
            }
            Some(value) => Quote::encode(value, price.confidence, price.fresh),
        })
    }

    /// The price, or why there is none.
    ///
    /// # Errors
    /// `InsufficientGas`: it is not known whether there is one.
    pub(crate) fn strict_price(
        &self,
        feed: u16,
        record: &Record,
    ) -> Result<Result<u128, Revert>, Revert> {
        let now = self.vm().block_timestamp();
        let Reading {
            answer, observed, ..
        } = match record.source.reading(self.vm(), record)? {
            Ok(reading) => reading,
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
        Ok(match price::read(&terms, answer, observed, now) {
            (value, None) => Ok(value),
            (_, Some(Fault::Stale | Fault::Incomplete)) => Err(StalePrice {
                feed,
                updated_at: saturating_u64(observed),
                now_seconds: now,
                max_age: record.max_age,
            }
            .into()),
            (_, Some(Fault::Future)) => Err(PriceFromFuture {
                feed,
                updated_at: observed,
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

    /// Refuses a replacement with other decimals, or, while the listed feed is fresh, with another price.
    fn check_replacement(&self, feed: u16, old: &Record, new: &Record) -> Result<(), Revert> {
        if old.decimals != new.decimals {
            return Err(FeedDecimalsFrozen {
                feed,
                decimals: old.decimals,
                given: new.decimals,
            }
            .into());
        }
        if (old.source, old.aggregator) == (new.source, new.aggregator) {
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

    /// The decimals of an aggregator that is to be listed.
    fn decimals_of(&self, feed: u16, source: Source, aggregator: Address) -> Result<u8, Revert> {
        let decimals = source.decimals(self.vm(), aggregator)?;
        let decimals = decimals.map_err(|reason| FeedFailed {
            feed,
            aggregator,
            reason,
        })?;
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
}

/// A bound as it is stored.
#[inline(never)]
fn bound(price: U256) -> Result<Bound, Revert> {
    to_u128(price)
        .and_then(Bound::from_wad)
        .ok_or_else(|| TooManyDigits { price }.into())
}

fn saturating_u64(time: U256) -> u64 {
    u64::try_from(time).unwrap_or(u64::MAX)
}
