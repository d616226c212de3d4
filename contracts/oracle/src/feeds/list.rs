//! How feeds are listed and replaced, and what may be set beside.
use super::record::{DETAIL, PARTS, RECORD, Record, SECOND, Second};
use crate::{
    Oracle, check_max_age,
    sol::{
        BoundsNotInside, FeedChecked, FeedDecimalsFrozen, FeedFailed, FeedSet, FeedSource,
        FeedTerms, GrowthTooHigh, InvalidBounds, InvalidConfidence, InvalidFeed, InvalidMove,
        InvalidPart, InvalidRate, LargestMoveSet, NoRounds, PriceWouldJump, PythFeedSet,
        SecondSourceSet, TooManyDigits, TooManyFeedDecimals, UnknownFeed, VaultFeedSet, VaultTerms,
    },
    sources::{Source, chainlink, pyth, vault},
};
use alloy_primitives::{Address, B256, I256, U256};
use plimsoll_common::{Revert, abi::Bytes};
use plimsoll_kernel::{
    num::{to_u128, u128_to_u256},
    price::{self, Bound, Confidence, LargestMove, MAX_FEED_DECIMALS, MAX_GROWTH, RateCap},
};
use stylus_sdk::prelude::*;

impl Oracle {
    /// Lists a Chainlink feed, or puts it in another's place.
    pub(crate) fn list_chainlink(
        &mut self,
        feed: u16,
        aggregator: Address,
        terms: FeedTerms,
    ) -> Result<(), Revert> {
        let mut record = self.new_record(feed, Source::Chainlink, aggregator, terms)?;
        let decimals = chainlink::decimals(self.vm(), aggregator)?;
        record.decimals = decimals_of(feed, aggregator, decimals)?;
        self.check_limits(feed, &record)?;
        if let Ok(reading) = record.source.reading(self, feed, &record)? {
            record.phase = chainlink::phase(reading.round);
        }
        self.put(feed, &record, [U256::ZERO; 2])
    }

    /// Lists a Pyth price, or puts it in another feed's place.
    pub(crate) fn list_pyth(
        &mut self,
        feed: u16,
        contract: Address,
        id: B256,
        terms: FeedTerms,
    ) -> Result<(), Revert> {
        let mut record = self.new_record(feed, Source::Pyth, contract, terms)?;
        let word = U256::from_be_bytes(id.0);
        let decimals = pyth::decimals(self.vm(), contract, word)?;
        record.decimals = decimals_of(feed, contract, decimals.map(U256::from))?;
        self.put(feed, &record, [word, U256::ZERO])?;
        PythFeedSet { feed, id }.emit(self.vm());
        Ok(())
    }

    /// Lists the shares of an ERC-4626 vault, or puts them in another feed's place.
    pub(crate) fn list_vault(
        &mut self,
        feed: u16,
        contract: Address,
        of: VaultTerms,
        terms: FeedTerms,
    ) -> Result<(), Revert> {
        let VaultTerms {
            asset_feed,
            market_feed,
            rate,
            growth,
        } = of;
        let mut record = self.new_record(feed, Source::Vault, contract, terms)?;
        self.check_part(feed, asset_feed)?;
        if market_feed != 0 {
            self.check_part(feed, market_feed)?;
        }
        if growth > MAX_GROWTH {
            return Err(GrowthTooHigh {
                growth,
                limit: MAX_GROWTH,
            }
            .into());
        }
        let failed = |reason| FeedFailed {
            feed,
            aggregator: contract,
            reason,
        };
        let asset = vault::asset(self.vm(), contract)?.map_err(failed)?;
        let decimals = chainlink::decimals(self.vm(), contract)?;
        record.decimals = decimals_of(feed, contract, decimals)?;
        let asset_decimals = chainlink::decimals(self.vm(), asset)?;
        let asset_decimals = decimals_of(feed, asset, asset_decimals)?;
        let now_rate = vault::rate(self.vm(), contract, record.decimals, asset_decimals)?;
        let now_rate = now_rate.map_err(failed)?;
        let rate = rate.min(now_rate);
        if rate == 0 {
            return Err(InvalidRate {
                rate: of.rate,
                now_rate,
            }
            .into());
        }
        let cap = RateCap {
            rate,
            since: self.vm().block_timestamp(),
            growth,
        };
        let parts = vault::Parts {
            asset_feed,
            market_feed,
            asset_decimals,
        };
        self.put(feed, &record, [vault::encode_cap(&cap), parts.encode()])?;
        VaultFeedSet {
            feed,
            asset_feed,
            market_feed,
            rate,
            growth,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Sets how far a round may be from the round before.
    pub(crate) fn set_move(&mut self, feed: u16, largest_move: u64) -> Result<(), Revert> {
        let mut record = self.with_rounds(feed)?;
        record.largest_move = LargestMove::from_wad(largest_move).ok_or(InvalidMove {
            largest_move,
            step: LargestMove::STEP,
            limit: LargestMove::MAX,
        })?;
        self.feeds.list(feed).set(RECORD, record.encode());
        LargestMoveSet { feed, largest_move }.emit(self.vm());
        Ok(())
    }

    /// Names another feed that must agree, or none.
    pub(crate) fn set_second(
        &mut self,
        feed: u16,
        second: u16,
        tolerance: u64,
    ) -> Result<(), Revert> {
        let mut record = self.record(feed).ok_or(UnknownFeed { feed })?;
        let steps = Confidence::from_wad(tolerance).ok_or(InvalidConfidence {
            confidence: tolerance,
            step: Confidence::STEP,
            limit: Confidence::MAX,
        })?;
        record.second = second != 0;
        if record.second {
            self.check_part(feed, second)?;
        }
        let mut list = self.feeds.list(feed);
        list.set(RECORD, record.encode());
        let word = Second {
            feed: second,
            tolerance: steps,
        };
        list.set(SECOND, word.encode());
        SecondSourceSet {
            feed,
            second,
            tolerance,
        }
        .emit(self.vm());
        Ok(())
    }

    /// Checks decimals and limits of a feed again, and remembers the phase that they were checked at.
    pub(crate) fn check_again(&mut self, feed: u16) -> Result<(), Revert> {
        let mut record = self.with_rounds(feed)?;
        let aggregator = record.aggregator;
        let decimals = chainlink::decimals(self.vm(), aggregator)?;
        let given = decimals_of(feed, aggregator, decimals)?;
        if given != record.decimals {
            return Err(FeedDecimalsFrozen {
                feed,
                decimals: record.decimals,
                given,
            }
            .into());
        }
        self.check_limits(feed, &record)?;
        let reading = record.source.reading(self, feed, &record)?;
        let reading = reading.map_err(|reason| FeedFailed {
            feed,
            aggregator,
            reason,
        })?;
        record.phase = chainlink::phase(reading.round);
        self.feeds.list(feed).set(RECORD, record.encode());
        FeedChecked {
            feed,
            phase: record.phase,
        }
        .emit(self.vm());
        Ok(())
    }

    /// What a feed rests on beside its terms; zeros when it is not listed.
    pub(crate) fn source_of(&self, feed: u16) -> FeedSource {
        let Some(record) = self.record(feed) else {
            return FeedSource::default();
        };
        let list = self.feeds.list(feed);
        let second = Second::decode(list.get(SECOND));
        let mut source = FeedSource {
            source: record.source as u8,
            phase: record.phase,
            largest_move: record.largest_move.to_wad(),
            second: second.feed,
            tolerance: second.tolerance.to_wad(),
            ..FeedSource::default()
        };
        let detail = list.get(DETAIL);
        match record.source {
            Source::Chainlink => {}
            Source::Pyth => source.price_id = B256::from(detail),
            Source::Vault => {
                let (cap, parts) = (
                    vault::decode_cap(detail),
                    vault::Parts::decode(list.get(PARTS)),
                );
                source.asset_feed = parts.asset_feed;
                source.market_feed = parts.market_feed;
                source.rate = cap.rate;
                source.since = cap.since;
                source.growth = cap.growth;
            }
        }
        source
    }

    /// A record of these terms, with the largest move and the second source that the number has.
    fn new_record(
        &self,
        feed: u16,
        source: Source,
        aggregator: Address,
        terms: FeedTerms,
    ) -> Result<Record, Revert> {
        let FeedTerms {
            max_age,
            min_price,
            max_price,
            confidence,
        } = terms;
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
        let confidence = Confidence::from_wad(confidence).ok_or(InvalidConfidence {
            confidence,
            step: Confidence::STEP,
            limit: Confidence::MAX,
        })?;
        let old = self.record(feed);
        let largest_move = old.map_or_else(LargestMove::default, |old| old.largest_move);
        Ok(Record {
            aggregator,
            source,
            decimals: 0,
            phase: 0,
            second: old.is_some_and(|old| old.second),
            largest_move,
            max_age,
            min: bound(min_price)?,
            max: bound(max_price)?,
            confidence,
        })
    }

    /// Stores a feed, unless it would change what a fresh one says.
    fn put(&mut self, feed: u16, record: &Record, words: [U256; 2]) -> Result<(), Revert> {
        let old = self.record(feed);
        let [detail, parts] = words;
        let mut list = self.feeds.list(feed);
        let fixed = match record.source {
            Source::Vault => list.get(PARTS) == parts, // its line is no other price
            _ => list.get(DETAIL) == detail,
        };
        let old_price = match old {
            Some(old) => {
                let both_pyth = (old.source, record.source) == (Source::Pyth, Source::Pyth);
                if old.decimals != record.decimals && !both_pyth {
                    return Err(FeedDecimalsFrozen {
                        feed,
                        decimals: old.decimals,
                        given: record.decimals,
                    }
                    .into());
                }
                let same = (old.source, old.aggregator) == (record.source, record.aggregator);
                if same && fixed {
                    None
                } else {
                    self.strict_price_from(feed, &old, 0)?.ok()
                }
            }
            None => None,
        };
        list.set(RECORD, record.encode());
        list.set(DETAIL, detail);
        list.set(PARTS, parts);
        if let Some(old_price) = old_price {
            let new_price = self.strict_price_from(feed, record, 0)??;
            if new_price.abs_diff(old_price) > price::max_jump(old_price) {
                return Err(PriceWouldJump {
                    feed,
                    price: u128_to_u256(old_price),
                    new_price: u128_to_u256(new_price),
                    limit: u128_to_u256(price::max_jump(old_price)),
                }
                .into());
            }
        }
        FeedSet {
            feed,
            aggregator: record.aggregator,
            decimals: record.decimals,
            max_age: record.max_age,
            min_price: u128_to_u256(record.min.to_wad()),
            max_price: u128_to_u256(record.max.to_wad()),
            confidence: record.confidence.to_wad(),
        }
        .emit(self.vm());
        Ok(())
    }

    /// The record of a feed whose source has rounds.
    fn with_rounds(&self, feed: u16) -> Result<Record, Revert> {
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        if record.source == Source::Chainlink {
            Ok(record)
        } else {
            Err(NoRounds { feed }.into())
        }
    }

    /// Refuses a part that is not listed, is the feed itself, or is made of parts.
    fn check_part(&self, feed: u16, part: u16) -> Result<(), Revert> {
        match self.record(part) {
            Some(record) if part != feed && !record.source.has_parts() => Ok(()),
            _ => Err(InvalidPart { feed, part }.into()),
        }
    }

    /// Refuses bounds that are not strictly inside those of the aggregator, where it says which it has.
    fn check_limits(&self, feed: u16, record: &Record) -> Result<(), Revert> {
        let Some((least, greatest)) = chainlink::limits(self.vm(), record.aggregator)? else {
            return Ok(());
        };
        let terms = record.terms(record.decimals);
        if price::bounds_are_inside(&terms, least, greatest) {
            return Ok(());
        }
        Err(BoundsNotInside {
            feed,
            min_price: u128_to_u256(terms.min_price),
            max_price: u128_to_u256(terms.max_price),
            min_answer: I256::from_raw(least.to_raw()),
            max_answer: I256::from_raw(greatest.to_raw()),
        }
        .into())
    }
}

/// The decimals of a contract that is to be listed.
fn decimals_of(
    feed: u16,
    aggregator: Address,
    decimals: Result<U256, Bytes>,
) -> Result<u8, Revert> {
    let decimals = decimals.map_err(|reason| FeedFailed {
        feed,
        aggregator,
        reason,
    })?;
    match u8::try_from(decimals) {
        Ok(decimals) if decimals <= MAX_FEED_DECIMALS => Ok(decimals),
        _ => Err(TooManyFeedDecimals {
            feed,
            decimals,
            limit: U256::from(MAX_FEED_DECIMALS),
        }
        .into()),
    }
}

/// A bound as it is stored.
#[inline(never)]
fn bound(price: U256) -> Result<Bound, Revert> {
    to_u128(price)
        .and_then(Bound::from_wad)
        .ok_or_else(|| TooManyDigits { price }.into())
}
