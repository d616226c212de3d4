//! Feeds: the list of them, and the price of each, fresh or not.
//!
//! | module | content |
//! | --- | --- |
//! | `record` | what is stored of a feed |
//! | `list` | how feeds are listed and replaced, and what may be set beside |
//! | `pull` | new prices of a source that waits to be told |
mod list;
mod pull;
mod record;

use crate::{
    Oracle,
    sol::{
        ConfidenceTooWide, FeedChanged, FeedFailed, InvalidPrice, MoveNotConfirmed,
        ObservedBeforeRestart, PartNotFresh, PriceFromFuture, PriceOutOfBounds, SourcesApart,
        StalePrice, UnknownFeed,
    },
    sources::{Reading, chainlink},
};
use alloy_primitives::{I256, U256};
use plimsoll_common::{Revert, abi::Bytes, interface::Price};
use plimsoll_kernel::{
    num::{Int256, u128_to_u256},
    portfolio::snapshot::Quote,
    price::{self, Before, Confidence},
};
pub(crate) use record::{DETAIL, PARTS, Record};
use record::{RECORD, SECOND, Second};
use stylus_sdk::prelude::*;

/// Why a price is not fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The source gave no answer of the right form.
    Failed(Bytes),
    /// The answer is no price, or too old.
    Answer(price::Fault),
    /// The aggregator behind the feed is another one, with other decimals or limits.
    Changed,
    /// The last round is further than the largest move from the round before.
    Move(Before),
    /// The reported confidence interval is too wide.
    Wide,
    /// A feed that this one is made of, or must agree with, is not fresh.
    Part(u16),
    /// The second source says another price, 1e18.
    Apart(u128),
    /// It was observed before this time, unix seconds, from which on the sequencer's state lets prices count.
    BeforeRestart(u64),
}

/// What a feed says, judged.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// 1e18; 0 where nothing usable is known.
    pub(crate) value: u128,
    /// A share of the value, 1e18.
    pub(crate) confidence: u64,
    /// See `price::Step`.
    pub(crate) jump: u32,
    /// Unix seconds.
    pub(crate) observed: U256,
    /// As the source said it.
    answer: Int256,
    /// `None` = fresh.
    pub(crate) fault: Option<Fault>,
}

impl Oracle {
    /// The record of a feed; `None` if it is not listed.
    pub(crate) fn record(&self, feed: u16) -> Option<Record> {
        Record::decode(self.feeds.list(feed).get(RECORD))
    }

    /// What a feed says, compared with its second source; not fresh where it was observed before `observed_from`, which the
    /// sequencer's state sets.
    pub(crate) fn look(
        &self,
        feed: u16,
        record: &Record,
        now: u64,
        observed_from: u64,
    ) -> Result<Said, Revert> {
        let mut said = self.look_alone(feed, record, now)?;
        if record.second && said.value != 0 {
            let second = Second::decode(self.feeds.list(feed).get(SECOND));
            let fault = self.compare(&mut said, second, now)?;
            said.fault = said.fault.or(fault);
        }
        if said.fault.is_none() && said.observed < U256::from(observed_from) {
            said.fault = Some(Fault::BeforeRestart(observed_from));
        }
        Ok(said)
    }

    /// The price of a feed as an item: not fresh where there is none.
    pub(crate) fn total_price(
        &self,
        feed: u16,
        now: u64,
        observed_from: u64,
    ) -> Result<Price, Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        let said = self.look(feed, &record, now, observed_from)?;
        Ok(Price {
            value: u128_to_u256(said.value),
            confidence: said.confidence,
            updated_at: saturating_u64(said.observed),
            fresh: said.fault.is_none(),
        })
    }

    /// The word of a feed in a snapshot.
    pub(crate) fn quote(&self, feed: u16, now: u64, observed_from: u64) -> Result<U256, Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        let said = self.look(feed, &record, now, observed_from)?;
        // A price that no second round or source confirms bounds nothing from below, and nobody is sold by it.
        let unconfirmed = matches!(
            said.fault,
            Some(Fault::Move(_) | Fault::Apart(_) | Fault::Wide)
        );
        if said.value == 0 || unconfirmed {
            // The price is not known, but it is at most the last sample and the largest move, and the feed's upper bound.
            let most = self.most_of(feed, &record, now).max(said.value);
            return Ok(Quote::encode_unknown(most, said.confidence));
        }
        let word = Quote::encode(said.value, said.confidence, said.fault.is_none());
        Ok(Quote::with_jump(word, said.jump))
    }

    /// The price, or why there is none, the sequencer's state included.
    ///
    /// # Errors
    /// `InsufficientGas`: it is not known whether there is one.
    pub(crate) fn strict_price(
        &self,
        feed: u16,
        record: &Record,
    ) -> Result<Result<u128, Revert>, Revert> {
        let observed_from = self.uptime()?.observed_from;
        self.strict_price_from(feed, record, observed_from)
    }

    /// The price, or why there is none, also where it was observed before `observed_from`.
    fn strict_price_from(
        &self,
        feed: u16,
        record: &Record,
        observed_from: u64,
    ) -> Result<Result<u128, Revert>, Revert> {
        let now = self.vm().block_timestamp();
        let said = self.look(feed, record, now, observed_from)?;
        let value = said.value;
        Ok(match said.fault.clone() {
            None => Ok(value),
            Some(fault) => Err(self.refusal(feed, record, now, said, fault)),
        })
    }

    /// What a feed says, by itself.
    fn look_alone(&self, feed: u16, record: &Record, now: u64) -> Result<Said, Revert> {
        let reading = match record.source.reading(self, feed, record)? {
            Ok(reading) => reading,
            Err(reason) => {
                return Ok(Said {
                    value: 0,
                    confidence: record.confidence.to_wad(),
                    jump: 0,
                    observed: U256::ZERO,
                    answer: Int256::from_raw(U256::ZERO),
                    fault: Some(Fault::Failed(reason)),
                });
            }
        };
        let Reading {
            answer,
            decimals,
            confidence,
            mut jump,
            observed,
            round,
            fault,
        } = reading;
        let terms = record.terms(decimals);
        let (mut value, unusable) = price::read(&terms, answer, observed, now);
        let mut fault = fault.or(unusable.map(Fault::Answer));
        if fault == Some(Fault::Changed) {
            value = 0;
        }
        let age = now.saturating_sub(saturating_u64(observed)); // SAFETY: a later time is a fault already
        if fault.is_none() && !round.is_zero() && record.largest_move.is_asked(age) {
            let before = chainlink::before(self.vm(), record, round)?;
            let step = price::step(record.largest_move, value, before, age);
            jump = step.jump;
            fault = (!step.confirmed).then_some(Fault::Move(before));
        }
        if fault.is_none() && confidence > Confidence::MAX {
            fault = Some(Fault::Wide);
        }
        Ok(Said {
            value,
            confidence,
            jump,
            observed,
            answer,
            fault,
        })
    }

    /// What the second source makes of a price: the confidence becomes the largest of both and their distance.
    fn compare(&self, said: &mut Said, second: Second, now: u64) -> Result<Option<Fault>, Revert> {
        let not_fresh = Some(Fault::Part(second.feed));
        let other = match self.record(second.feed) {
            // A feed that is made of others is no second source: no feed rests on itself.
            Some(record) if !record.source.has_parts() => {
                self.look_alone(second.feed, &record, now)?
            }
            _ => return Ok(not_fresh),
        };
        if other.fault.is_some() {
            return Ok(not_fresh);
        }
        let distance = price::distance(said.value, other.value);
        said.confidence = said.confidence.max(other.confidence).max(distance);
        said.jump = said.jump.max(other.jump);
        Ok((distance > second.tolerance.to_wad()).then_some(Fault::Apart(other.value)))
    }

    /// The error that says why a price is not fresh.
    #[inline(never)]
    fn refusal(&self, feed: u16, record: &Record, now: u64, said: Said, fault: Fault) -> Revert {
        let aggregator = record.aggregator;
        let price = u128_to_u256(said.value);
        match fault {
            Fault::Failed(reason) => FeedFailed {
                feed,
                aggregator,
                reason,
            }
            .into(),
            Fault::Answer(price::Fault::Stale | price::Fault::Incomplete) => StalePrice {
                feed,
                updated_at: saturating_u64(said.observed),
                now_seconds: now,
                max_age: record.max_age,
            }
            .into(),
            Fault::Answer(price::Fault::Future) => PriceFromFuture {
                feed,
                updated_at: said.observed,
                now_seconds: now,
            }
            .into(),
            Fault::Answer(price::Fault::NotPositive) => InvalidPrice {
                feed,
                answer: I256::from_raw(said.answer.to_raw()),
            }
            .into(),
            Fault::Answer(price::Fault::OutOfBounds(price)) => PriceOutOfBounds {
                feed,
                price: u128_to_u256(price),
                min_price: u128_to_u256(record.min.to_wad()),
                max_price: u128_to_u256(record.max.to_wad()),
            }
            .into(),
            Fault::Changed => FeedChanged { feed, aggregator }.into(),
            Fault::Move(before) => MoveNotConfirmed {
                feed,
                price,
                before: match before {
                    Before::Price(before) => u128_to_u256(before),
                    _ => U256::ZERO,
                },
                largest_move: record.largest_move.to_wad(),
                updated_at: saturating_u64(said.observed),
            }
            .into(),
            Fault::Wide => ConfidenceTooWide {
                feed,
                confidence: said.confidence,
                limit: Confidence::MAX,
            }
            .into(),
            Fault::BeforeRestart(restarted_at) => ObservedBeforeRestart {
                feed,
                updated_at: said.observed,
                restarted_at,
            }
            .into(),
            Fault::Part(part) => PartNotFresh { feed, part }.into(),
            Fault::Apart(other) => SourcesApart {
                feed,
                price,
                other_price: u128_to_u256(other),
                tolerance: Second::decode(self.feeds.list(feed).get(SECOND))
                    .tolerance
                    .to_wad(),
            }
            .into(),
        }
    }
}

fn saturating_u64(time: U256) -> u64 {
    u64::try_from(time).unwrap_or(u64::MAX)
}
