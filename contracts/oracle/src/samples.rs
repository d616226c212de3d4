//! Hourly samples of prices, and the multipliers that change with them.
//!
//! The price of an hour is that of the round in force when it began, proven by its number (`rounds`). Of each underlying the last
//! hour is kept, of each feed the last price.
use crate::{
    Oracle,
    feeds::Record,
    rounds::RoundId,
    sol::{HourNotOver, MultipliersSampled, NoHours, UnknownFeed, UnknownUnderlying},
};
use plimsoll_common::{
    Revert, at_most,
    store::{halves, pair},
};
use plimsoll_kernel::{
    crowding::{self, MAX_HOURS},
    num::{low_u32, low_u64},
    surface::Multipliers,
};
use stylus_sdk::prelude::*;

/// Seconds of an hour.
const HOUR: u64 = 3_600;
/// Seconds after which an hour that nobody has proven may be left out, and a sample bounds no price any more.
const PATIENCE: u64 = 86_400;
/// How far a price may be from its last sample where nobody knows it, a share of the sample, 1e18.
const LARGEST_MOVE: u64 = 500_000_000_000_000_000;

impl Oracle {
    /// Samples the hours after the last, one a round; sets the multipliers of the underlying.
    pub(crate) fn sample_hours(
        &mut self,
        underlying: u16,
        rounds: &[RoundId],
    ) -> Result<(), Revert> {
        at_most(rounds.len(), MAX_HOURS)?;
        let now = self.vm().block_timestamp();
        let mut terms = self
            .terms_of(underlying)
            .ok_or(UnknownUnderlying { underlying })?;
        let feed = terms.feed;
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        let mut size = self.size(underlying);
        let count = rounds.len() as u64;
        if count == 0 {
            return Err(NoHours { underlying }.into());
        }
        // At first the last hours that are over.
        let first = match size.hour {
            0 => (now / HOUR).saturating_add(1).saturating_sub(count),
            hour => u64::from(hour).saturating_add(1),
        };
        let latest = self.latest_round(feed, &record)?;
        let (mut proven, mut rising, mut known) = (0_usize, 0_usize, None);
        let mut hour = first;
        for id in rounds {
            let begins = hour.saturating_mul(HOUR);
            // In the second of now another round may follow.
            if begins >= now {
                return Err(HourNotOver { underlying, hour }.into());
            }
            if id.0 != 0 || now.saturating_sub(begins) <= PATIENCE {
                let round = self.round_in_force(feed, &record, &latest, begins, *id)?;
                if let (price, None) = round.price(&record, begins) {
                    proven = proven.saturating_add(1);
                    // An hour before the last push of the market's size was not of that size.
                    rising = rising.saturating_add((begins >= size.observed_at.into()).into());
                    known = Some((hour, price));
                }
            }
            hour = hour.saturating_add(1);
        }
        let last = hour.saturating_sub(1);
        if let Some((hour, price)) = known {
            self.keep_sample(feed, hour, price);
        }
        size.hour = low_u32(last);
        self.set_size(underlying, &size);
        let multipliers = crowding::sampled(&terms.multipliers, size.crowding(), proven, rising);
        terms.multipliers = multipliers;
        terms.sampled_at = low_u32(now);
        self.set_terms_word(underlying, &terms);
        let Multipliers {
            scan,
            scan_following,
            cost,
            cost_following,
        } = multipliers;
        MultipliersSampled {
            underlying,
            hour: last,
            proven: proven as u64,
            scan: wad(scan),
            scan_following: wad(scan_following),
            cost: wad(cost),
            cost_following: wad(cost_following),
        }
        .emit(self.vm());
        Ok(())
    }

    /// Keeps the price of an hour of a feed, unless a later one is kept.
    fn keep_sample(&mut self, feed: u16, hour: u64, price: u128) {
        if self.sample_of(feed).0 <= hour {
            self.samples.set(feed, pair(price, hour.into()));
        }
    }

    /// The last hour of a feed that was sampled, and its price, 1e18; zeros where none was.
    pub(crate) fn sample_of(&self, feed: u16) -> (u64, u128) {
        let (price, hour) = halves(self.samples.get(feed));
        (low_u64(hour), price)
    }

    /// The most the price of a feed can be of which nothing is known now, 1e18. A sample bounds it for a day.
    pub(crate) fn most_of(&self, feed: u16, record: &Record, now: u64) -> u128 {
        let (hour, sample) = self.sample_of(feed);
        let age = now.saturating_sub(hour.saturating_mul(HOUR));
        let sample = if age <= PATIENCE { sample } else { 0 };
        crowding::most_price(sample, LARGEST_MOVE, record.max.to_wad())
    }
}

/// A stored excess as a multiplier, 1e18, exact.
pub(crate) fn wad(excess: u16) -> u64 {
    const ONE: u64 = plimsoll_kernel::num::WAD;
    // 1e18 is a multiple of 2^12, and 17 times it is below 2^64.
    let parts = u64::from(excess).saturating_mul(ONE / u64::from(Multipliers::PARTS));
    ONE.saturating_add(parts)
}
