//! How much larger an underlying's market at the house is than what can be traded elsewhere in time, and what that adds to
//! margin.
//!
//! ```text
//! k = √(open interest / (10 % of four hours' volume)),  m = clamp(k, 1, 2.5),  c = clamp(k, 1, 6)
//! ```
//!
//! Open interest and the volume of an hour are in one unit: whole units of the underlying, 1e18. Signers push both. Of the last
//! two pushes, at least six hours apart, the smaller open interest counts: what is opened for a moment does not. Each number
//! may at most double or halve in a day.
use crate::{
    elementary::{exp, sqrt_u128},
    fixed::{Q40, Round, div_i128},
    num::{U256, WAD, low_u32, low_u64, mul_div_ceil, mul_div_floor},
    surface::Multipliers,
};

/// Shortest time between two pushes of an underlying's size, seconds.
pub const SIZE_INTERVAL: u64 = 21_600;
/// The oldest a push of sizes may be, seconds.
pub const SIZE_MAX_AGE: u32 = 3_600;
/// Most open interest and most volume, 1e18: 2^106.
pub const MAX_SIZE: u128 = 1 << 106;
/// m − 1 is at most this, in parts of [`Multipliers::PARTS`]: 1.5.
pub const MAX_SCAN: u16 = Multipliers::PARTS / 2 * 3;
/// c − 1 is at most this, in parts of [`Multipliers::PARTS`]: 5.
pub const MAX_COST: u16 = Multipliers::PARTS * 5;
/// Hours of one call of samples at most, and in which m′ would follow m.
pub const MAX_HOURS: usize = 24;

/// Seconds of a day; what is longer than [`MAX_DAYS`] of them allows no more.
const DAY: u64 = 86_400;
const MAX_DAYS: u64 = 20;
/// ln 2, rounded down.
const LN_2: Q40 = 762_123_384_785;

/// What is known of an underlying's market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarketSize {
    /// Of the last push, 1e18 units; at most [`MAX_SIZE`].
    pub open_interest: u128,
    /// Of the push before, 1e18 units; 0 = there was none.
    pub previous: u128,
    /// Traded in an hour, 1e18 units; 0 = never pushed.
    pub volume: u128,
    /// When the last push was observed, unix seconds.
    pub observed_at: u32,
    /// The last hour that was sampled, in hours since 1970; 0 = none.
    pub hour: u32,
}

/// What a number of a push may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Inclusive.
    pub least: u128,
    /// Inclusive.
    pub most: u128,
}

impl Range {
    /// Whether the number is inside.
    #[must_use]
    pub const fn holds(&self, value: u128) -> bool {
        self.least <= value && value <= self.most
    }

    /// value / 2^days .. `top`·2^days; rounded inwards.
    fn around(value: u128, top: u128, seconds: u64) -> Self {
        let seconds = seconds.min(MAX_DAYS * DAY);
        // at most 20 ln 2; below 2^63 by far
        let exponent = div_i128(
            i128::from(LN_2) * i128::from(seconds),
            DAY.into(),
            Round::Floor,
        );
        let growth = u128::from(exp(i64::try_from(exponent).unwrap_or(0)).unsigned_abs());
        Self {
            least: mul_div_ceil(value, 1 << 40, growth).unwrap_or(value),
            most: mul_div_floor(top, growth, 1 << 40)
                .unwrap_or(MAX_SIZE)
                .min(MAX_SIZE),
        }
    }
}

impl MarketSize {
    /// Open interest that counts: the smaller of the last two pushes.
    #[must_use]
    pub fn counted(&self) -> u128 {
        self.open_interest.min(self.previous)
    }

    /// What open interest and volume may be in a push observed at `observed_at`: each at most doubles or halves in a day since the
    /// last push. Open interest may always be up to what makes k = 1, and fall to anything from there. Anything up to [`MAX_SIZE`] at the first push; a volume is
    /// never 0.
    #[must_use]
    pub fn ranges(&self, observed_at: u64) -> (Range, Range) {
        if self.volume == 0 {
            let most = MAX_SIZE;
            return (Range { least: 0, most }, Range { least: 1, most });
        }
        let seconds = observed_at.saturating_sub(self.observed_at.into());
        let calm = self.volume / 5 * 2;
        let top = self.open_interest.max(calm);
        let volume = Range::around(self.volume, self.volume, seconds);
        let least = volume.least.max(1);
        let mut interest = Range::around(self.open_interest, top, seconds);
        if self.open_interest <= calm {
            interest.least = 0;
        }
        (interest, Range { least, ..volume })
    }

    /// After a push.
    #[must_use]
    pub fn pushed(self, open_interest: u128, volume: u128, observed_at: u64) -> Self {
        Self {
            open_interest,
            previous: self.open_interest,
            volume,
            observed_at: low_u32(observed_at),
            ..self
        }
    }

    /// Two words: open interest 128 · previous 128; volume 128 · zero 64 · hour 32 · observed 32.
    #[must_use]
    pub const fn encode(&self) -> [U256; 2] {
        [
            U256::from_limbs([
                low_u64(self.previous),
                low_u64(self.previous >> 64),
                low_u64(self.open_interest),
                low_u64(self.open_interest >> 64),
            ]),
            U256::from_limbs([
                self.observed_at as u64 | (self.hour as u64) << 32,
                0,
                low_u64(self.volume),
                low_u64(self.volume >> 64),
            ]),
        ]
    }

    /// From the two words.
    #[must_use]
    pub const fn decode([sizes, rest]: [U256; 2]) -> Self {
        let [p0, p1, o0, o1] = *sizes.as_limbs();
        let [times, _, v0, v1] = *rest.as_limbs();
        Self {
            open_interest: o0 as u128 | (o1 as u128) << 64,
            previous: p0 as u128 | (p1 as u128) << 64,
            volume: v0 as u128 | (v1 as u128) << 64,
            observed_at: low_u32(times),
            hour: low_u32(times >> 32),
        }
    }

    /// k − 1 in parts of [`Multipliers::PARTS`], rounded up, at most [`MAX_COST`]; 0 where k is at most 1 or nothing was pushed
    /// twice.
    #[must_use]
    pub fn crowding(&self) -> u16 {
        const PARTS: u128 = Multipliers::PARTS as u128;
        if self.volume == 0 {
            return 0;
        }
        // (PARTS·k)² = PARTS²·OI·10 / (4·volume), so that the least n with n² ≥ it is PARTS·k rounded up.
        let square = self
            .volume
            .checked_mul(4)
            .and_then(|four| mul_div_ceil(self.counted(), PARTS * PARTS * 10, four));
        let Some(square) = square else {
            return MAX_COST;
        };
        let root = u128::from(sqrt_u128(square));
        let up = u128::from(root.saturating_mul(root) < square);
        let excess = root.saturating_add(up).saturating_sub(PARTS);
        u16::try_from(excess).unwrap_or(MAX_COST).min(MAX_COST)
    }
}

/// The multipliers after `hours` sampled hours, at most [`MAX_HOURS`], `rising` of them since the size that makes the crowding
/// was observed, with a crowding of [`MarketSize::crowding`].
///
/// m and c are what the crowding says. m′ and c′ fall to them at once, and rise by a 24th of the distance for each of the `rising`
/// hours, rounded down.
/// Without a sampled hour nothing falls and nothing follows.
#[must_use]
pub fn sampled(old: &Multipliers, crowding: u16, hours: usize, rising: usize) -> Multipliers {
    let (scan, cost) = (crowding.min(MAX_SCAN), crowding.min(MAX_COST));
    if hours == 0 {
        return Multipliers {
            scan: scan.max(old.scan),
            cost: cost.max(old.cost),
            ..*old
        };
    }
    let follow = |from: u16, to: u16| {
        (0..rising.min(MAX_HOURS)).fold(from.min(to), |at, _| {
            at.saturating_add(to.saturating_sub(at) / 24)
        })
    };
    Multipliers {
        scan,
        scan_following: follow(old.scan_following, scan),
        cost,
        cost_following: follow(old.cost_following, cost),
    }
}

/// The most a price can be of which only a sample is known: the sample and a move of `largest_move`, a share of it in 1e18,
/// rounded up; at most `max_price`. A sample of 0 is none.
#[must_use]
pub fn most_price(sample: u128, largest_move: u64, max_price: u128) -> u128 {
    if sample == 0 {
        return max_price;
    }
    let one = u128::from(WAD);
    mul_div_ceil(sample, one.saturating_add(largest_move.into()), one)
        .map_or(max_price, |most| most.min(max_price))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: u128 = 1_000_000_000_000_000_000;
    const PARTS: u16 = Multipliers::PARTS;

    fn size(open_interest: u128, volume: u128) -> MarketSize {
        MarketSize {
            open_interest,
            previous: open_interest,
            volume,
            observed_at: 1_000_000,
            hour: 0,
        }
    }

    /// R-3: FTT's median hour traded 0.61 M, so 10 % of four hours is 0.244 M: what is open up to that is not crowded.
    #[test]
    fn r_3_what_is_open_beyond_ten_percent_of_four_hours_is_crowded() {
        let hour = 610_000 * ONE;
        for (open, excess) in [
            (0, 0),
            (244_000 * ONE, 0),
            (244_000 * ONE + 1, 1),
            (4 * 244_000 * ONE, PARTS),
            // m's limit, 2.5² = 6.25
            (1_525_000 * ONE, MAX_SCAN),
            (1_525_000 * ONE + 1, MAX_SCAN + 1),
            // c's limit, 6² = 36
            (8_784_000 * ONE, MAX_COST),
            (8_784_000 * ONE + 1, MAX_COST),
            (MAX_SIZE, MAX_COST),
        ] {
            assert_eq!(size(open, hour).crowding(), excess, "{open}");
        }
        assert_eq!((MAX_SCAN, MAX_COST), (6_144, 20_480));
        assert_eq!(Multipliers::factor(MAX_SCAN), (5 << 40) / 2);
        assert_eq!(Multipliers::factor(MAX_COST), 6 << 40);
    }

    #[test]
    fn r_3_what_was_not_pushed_twice_is_not_crowded() {
        assert_eq!(MarketSize::default().crowding(), 0);
        let once = MarketSize::default().pushed(MAX_SIZE, 1, 1_000_000);
        assert_eq!((once.counted(), once.crowding()), (0, 0));
        let twice = once.pushed(MAX_SIZE, 1, 1_021_600);
        assert_eq!((twice.counted(), twice.crowding()), (MAX_SIZE, MAX_COST));
        // Open for one push only.
        let gone = size(ONE, ONE).pushed(100 * ONE, ONE, 1_021_600);
        assert_eq!(gone.counted(), ONE);
        assert_eq!(gone.pushed(ONE, ONE, 1_043_200).counted(), ONE);
    }

    #[test]
    fn r_3_a_push_at_most_doubles_or_halves_in_a_day() {
        let old = size(1_000 * ONE, 100 * ONE);
        let at = |days: u64| old.ranges(1_000_000 + days * DAY);
        let near = |a: u128, b: u128| a.abs_diff(b) < b / 1_000_000_000;
        for (days, factor) in [(0, 1), (1, 2), (2, 4), (10, 1_024)] {
            let (open, volume) = at(days);
            assert!(near(open.most, 1_000 * ONE * factor), "{days}: {open:?}");
            assert!(near(open.least, 1_000 * ONE / factor));
            assert!(near(volume.most, 100 * ONE * factor));
            assert!(near(volume.least, 100 * ONE / factor));
        }
        assert_eq!(
            at(0).0,
            Range {
                least: 1_000 * ONE,
                most: 1_000 * ONE
            }
        );
        // Where little is open, anything that is not crowded may follow.
        let (open, _) = size(0, 100 * ONE).ranges(1_000_000);
        assert_eq!(
            open,
            Range {
                least: 0,
                most: 40 * ONE
            }
        );
        let (open, volume) = MarketSize::default().ranges(7);
        assert_eq!((open.least, open.most), (0, MAX_SIZE));
        assert_eq!((volume.least, volume.most), (1, MAX_SIZE));
        // An age that overflows nothing.
        let (open, volume) = size(MAX_SIZE, MAX_SIZE).ranges(u64::MAX);
        assert_eq!((open.most, volume.most), (MAX_SIZE, MAX_SIZE));
        assert!(size(1, 1).ranges(u64::MAX).1.least == 1);
    }

    #[test]
    fn the_largest_price_is_the_sample_and_a_move() {
        assert_eq!(most_price(0, 1, 7), 7);
        assert_eq!(
            most_price(2_000 * ONE, 500_000_000_000_000_000, u128::MAX),
            3_000 * ONE
        );
        assert_eq!(
            most_price(2_000 * ONE, 500_000_000_000_000_000, 2_500 * ONE),
            2_500 * ONE
        );
        assert_eq!(most_price(1, 1, 9), 2);
        assert_eq!(most_price(u128::MAX, u64::MAX, 9), 9);
    }

    proptest! {
        /// k is rounded up, by less than a part, and never below 1.
        #[test]
        fn crowding_is_the_root_rounded_up(open in 0..MAX_SIZE, volume in 1..MAX_SIZE) {
            let size = size(open, volume);
            let n = u128::from(size.crowding()) + u128::from(PARTS);
            let at_least = |n: u128| {
                let left = crate::num::wide_mul(n * n, 4 * volume);
                left >= crate::num::wide_mul(open, 10 * u128::from(PARTS) * u128::from(PARTS))
            };
            prop_assert!(at_least(n) || size.crowding() == MAX_COST);
            prop_assert!(size.crowding() == 0 || !at_least(n - 1));
            prop_assert_eq!(MarketSize::decode(size.encode()), size);
        }

        /// m and c at once; m′ and c′ down at once, up by at most a 24th of the distance an hour, however calls are cut.
        #[test]
        fn what_follows_follows_slowly(
            (scan, cost) in (0..=MAX_SCAN, 0..=MAX_COST), (scan_following, cost_following) in (0..=MAX_SCAN, 0..=MAX_COST),
            crowding in 0..=MAX_COST, hours in 0_usize..30,
        ) {
            let old = Multipliers { scan, scan_following, cost, cost_following };
            let new = sampled(&old, crowding, hours, hours);
            let young = sampled(&old, crowding, hours, 0);
            prop_assert!(young.scan_following <= scan_following && young.cost_following <= cost_following);
            prop_assert!(new.scan <= MAX_SCAN && new.cost <= MAX_COST);
            let counted = hours.min(MAX_HOURS);
            if counted == 0 {
                prop_assert!(new.scan >= scan && new.cost >= cost);
                prop_assert_eq!((new.scan_following, new.cost_following), (scan_following, cost_following));
            } else {
                prop_assert_eq!((new.scan, new.cost), (crowding.min(MAX_SCAN), crowding));
                for (from, to, at) in [
                    (scan_following, new.scan, new.scan_following),
                    (cost_following, new.cost, new.cost_following),
                ] {
                    prop_assert!(at <= to && at >= from.min(to));
                    let distance = usize::from(to.saturating_sub(from));
                    prop_assert!(usize::from(at - from.min(to)) * 24 <= distance * counted);
                }
                let mut steps = old;
                for _ in 0..counted {
                    steps = sampled(&steps, crowding, 1, 1);
                }
                prop_assert_eq!(steps, new);
            }
        }

        /// A market that emptied can be told, once what it had does not crowd it.
        #[test]
        fn an_emptied_market_can_be_told(volume in 5_u128..1_000_000, open in 0_u128..1_000_000, seconds in 0_u64..10_000_000) {
            let size = size(open * ONE, volume * ONE);
            let (interest, _) = size.ranges(u64::from(size.observed_at) + seconds);
            prop_assert_eq!(interest.holds(0), open * 5 <= volume * 2 || open == 0);
        }

        /// However often is pushed, a day at most doubles.
        #[test]
        fn many_pushes_of_a_day_at_most_double(cuts in proptest::collection::vec(1_u64..20_000, 1..12)) {
            let mut at = size(1_000_000 * ONE, ONE);
            let start = u64::from(at.observed_at);
            let mut now = start;
            for cut in cuts {
                if now + cut > start + DAY {
                    break;
                }
                now += cut;
                let (open, _) = at.ranges(now);
                at = at.pushed(open.most, ONE, now);
            }
            prop_assert!(at.open_interest <= 2_000_000 * ONE);
        }
    }
}
