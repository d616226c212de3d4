//! Sizes of markets: open interest and hourly volume of an underlying, as signers push them.
use crate::{
    Oracle,
    samples::wad,
    sol::{
        MarketData, MarketSize, MarketSizePushed, MarketSizeTooEarly, MarketSizeTooFar,
        ObservedInFuture, ObservedTooLongAgo, UnknownUnderlying,
    },
};
use alloc::vec::Vec;
use plimsoll_common::{Revert, abi::Bytes, at_most};
use plimsoll_kernel::crowding::{self, SIZE_INTERVAL, SIZE_MAX_AGE};
use stylus_sdk::prelude::*;

/// Most sizes of one push.
pub const MAX_SIZES: usize = 32;

impl Oracle {
    /// What is known of an underlying's market.
    pub(crate) fn size(&self, underlying: u16) -> crowding::MarketSize {
        let list = self.sizes.list(underlying);
        crowding::MarketSize::decode([list.get(0), list.get(1)])
    }

    /// Stores it.
    pub(crate) fn set_size(&mut self, underlying: u16, size: &crowding::MarketSize) {
        let mut list = self.sizes.list(underlying);
        for (index, word) in size.encode().into_iter().enumerate() {
            list.set(index, word);
        }
    }

    /// Stores the sizes of a push that may be stored; refuses the push if none may.
    pub(crate) fn store_sizes(
        &mut self,
        sizes: &[MarketSize],
        signatures: &[Bytes],
    ) -> Result<(), Revert> {
        at_most(sizes.len(), MAX_SIZES)?;
        let digest = self.sizes_digest(sizes);
        self.check_quorum(&digest, signatures)?;
        let mut reasons: Vec<Revert> = Vec::new();
        for size in sizes {
            if let Err(reason) = self.store_size(size) {
                reasons.push(reason);
            }
        }
        if reasons.len() < sizes.len() {
            return Ok(());
        }
        reasons.into_iter().next().map_or(Ok(()), Err)
    }

    fn store_size(&mut self, given: &MarketSize) -> Result<(), Revert> {
        let &MarketSize {
            underlying,
            open_interest,
            volume,
            observed_at,
        } = given;
        let now_seconds = self.vm().block_timestamp();
        if self.terms_of(underlying).is_none() {
            return Err(UnknownUnderlying { underlying }.into());
        }
        if observed_at > now_seconds {
            return Err(ObservedInFuture {
                observed_at,
                now_seconds,
            }
            .into());
        }
        let max_age = SIZE_MAX_AGE;
        if now_seconds.saturating_sub(observed_at) > max_age.into() {
            return Err(ObservedTooLongAgo {
                underlying,
                observed_at,
                now_seconds,
                max_age,
            }
            .into());
        }
        let old = self.size(underlying);
        let earliest = u64::from(old.observed_at).saturating_add(SIZE_INTERVAL);
        if old.volume != 0 && observed_at < earliest {
            return Err(MarketSizeTooEarly {
                underlying,
                observed_at,
                earliest,
            }
            .into());
        }
        let (of_interest, of_volume) = old.ranges(observed_at);
        for (number, value, range) in [(0, open_interest, of_interest), (1, volume, of_volume)] {
            if !range.holds(value) {
                return Err(MarketSizeTooFar {
                    underlying,
                    number,
                    value,
                    least: range.least,
                    most: range.most,
                }
                .into());
            }
        }
        self.set_size(underlying, &old.pushed(open_interest, volume, observed_at));
        MarketSizePushed {
            underlying,
            open_interest,
            volume,
            observed_at,
        }
        .emit(self.vm());
        Ok(())
    }

    /// What is stored of an underlying's market, and the multipliers of its last sample.
    pub(crate) fn market_data(&self, underlying: u16) -> MarketData {
        let size = self.size(underlying);
        let terms = self.terms_of(underlying);
        let (feed, multipliers) = terms.map_or_else(Default::default, |t| (t.feed, t.multipliers));
        let (price_hour, price) = match feed {
            0 => (0, 0),
            feed => self.sample_of(feed),
        };
        MarketData {
            open_interest: size.open_interest,
            previous_open_interest: size.previous,
            volume: size.volume,
            observed_at: size.observed_at.into(),
            hour: size.hour.into(),
            price_hour,
            price,
            sampled_at: terms.map_or(0, |t| t.sampled_at.into()),
            scan: wad(multipliers.scan),
            scan_following: wad(multipliers.scan_following),
            cost: wad(multipliers.cost),
            cost_following: wad(multipliers.cost_following),
        }
    }
}
