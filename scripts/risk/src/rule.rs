//! The rule by which a coin gets its scenario set: **the narrowest set with far moves whose outermost grid move is at least
//! the 99.5 % quantile of |24-hour move|, hourly starts, both signs together, over the last two years.** A coin for which none
//! is wide enough is not listed.
//!
//! Sets 2, 3 and 4 have far moves. Set 1 has none: it is chosen by hand, for an underlying without options.
//!
//! The rule answers for two years of prices. With fewer it gives no set, nor where more than one hour in a hundred has no
//! price, or a day in a row: the moves of a market that stops in the middle of a fall would not be counted.

use crate::{
    prices::{Gap, Prices},
    time::{self, DAY},
};
use plimsoll_kernel::{
    fixed::ONE_Q40,
    portfolio::scenario::{GRID, Rule, Set},
};
use serde::Serialize;

/// The quantile, in thousandths.
pub const QUANTILE: u64 = 995;
/// Hours of a move.
pub const MOVE: u64 = 24;
/// Days that the rule looks back.
pub const DAYS: u64 = 730;
/// Most hours in a row without a price.
pub const LONGEST_GAP: u64 = DAY;
/// One hour in so many may be without a price.
pub const MISSING: u64 = 100;

/// A scenario set of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SetReach {
    /// Its number.
    pub set: u8,
    /// Its outermost grid move, the same on both sides: 0.18 for ±18 %.
    pub reach: f64,
    /// How many scenarios it has.
    pub scenarios: usize,
}

impl SetReach {
    /// Whether the rule may choose it: it has far moves.
    #[must_use]
    pub const fn ruled(&self) -> bool {
        self.scenarios > GRID
    }
}

/// The kernel's sets, the narrowest first.
#[must_use]
pub fn sets() -> Vec<SetReach> {
    let mut sets: Vec<_> = (0..=u8::MAX)
        .filter_map(|set| {
            let scenarios = Set::of(set)?;
            Some(SetReach {
                set,
                reach: millionths(scenarios.reach(Rule::Up) as f64 / ONE_Q40 as f64),
                scenarios: scenarios.scenarios().len(),
            })
        })
        .collect();
    sets.sort_by(|a, b| a.reach.total_cmp(&b.reach));
    sets
}

/// The decimal that a binary fraction of the kernel stands for.
fn millionths(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

/// Which set a coin gets, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Assignment {
    /// The coin.
    pub coin: String,
    /// The first hour of the prices used, UTC.
    pub from: String,
    /// The last one.
    pub to: String,
    /// Whole days between them.
    pub days: u64,
    /// They are fewer than the rule asks for.
    pub short: bool,
    /// Why these prices are not enough for the rule; `None` where they are.
    pub refused: Option<String>,
    /// Hours between them without a price. A move that begins or ends in one is no start.
    pub gaps: Vec<Gap>,
    /// How many moves there are.
    pub starts: usize,
    /// The quantile of their absolute values: 0.1 for 10 %. `None` where there is no move.
    pub quantile: Option<f64>,
    /// The set that the quantile gives, whether or not the prices are enough; `None` where it is wider than every set, or
    /// there is none.
    pub set: Option<u8>,
    /// How much the quantile may rise before a wider set follows, or none: 0.01 for one percent of the price.
    pub up: Option<f64>,
    /// How much it must fall before a narrower set follows; `None` where there is none.
    pub down: Option<f64>,
}

impl Assignment {
    /// The set the coin is listed with: that of the quantile, where the prices are enough.
    #[must_use]
    pub fn listed(&self) -> Option<u8> {
        self.set.filter(|_| self.refused.is_none())
    }
}

/// Why prices from one hour to another, with these gaps, are not enough; `None` where they are.
fn refusal(from: u64, to: u64, gaps: &[Gap], short: bool) -> Option<String> {
    let days = (to - from) / DAY;
    if short {
        return Some(format!(
            "it has prices of {days} days and the rule asks for {DAYS}. Give a file that begins {} days earlier",
            DAYS - days.min(DAYS)
        ));
    }
    if let Some(gap) = gaps.iter().find(|gap| gap.hours > LONGEST_GAP) {
        return Some(format!(
            "from {} on {} hours in a row have no price, and the rule allows {LONGEST_GAP}. Give prices of another market for them",
            gap.from, gap.hours
        ));
    }
    let (missing, hours) = (gaps.iter().map(|gap| gap.hours).sum::<u64>(), to - from + 1);
    (missing * MISSING > hours).then(|| {
        format!(
            "{missing} of {hours} hours have no price, and the rule allows one in {MISSING}. Give prices of another market for them"
        )
    })
}

/// Applies the rule to the last two years of prices. Where these are not enough, `refused` says so, and the quantile is of
/// what there is.
#[must_use]
pub fn assign(prices: &Prices) -> Assignment {
    let begin = prices.last().saturating_sub(DAYS * DAY);
    let used = prices.since(begin);
    let mut moves: Vec<f64> = (used.first()..=used.last())
        .filter_map(|hour| used.change(hour, MOVE))
        .map(f64::abs)
        .collect();
    let quantile = quantile(&mut moves, QUANTILE);
    let short = prices.first() > begin;
    let gaps = used.gaps();
    let ruled: Vec<_> = sets().into_iter().filter(SetReach::ruled).collect();
    let place = quantile.and_then(|needed| ruled.iter().position(|set| set.reach >= needed));
    let narrower = match place {
        Some(place) => place.checked_sub(1).and_then(|below| ruled.get(below)),
        None => ruled.last(),
    };
    let set = place.and_then(|place| ruled.get(place));
    Assignment {
        coin: prices.coin.clone(),
        from: time::written_hour(used.first()),
        to: time::written_hour(used.last()),
        days: (used.last() - used.first()) / DAY,
        short,
        refused: refusal(used.first(), used.last(), &gaps, short),
        gaps,
        starts: moves.len(),
        quantile,
        set: set.map(|set| set.set),
        up: set
            .zip(quantile)
            .map(|(set, quantile)| set.reach - quantile),
        down: narrower
            .zip(quantile)
            .map(|(set, quantile)| quantile - set.reach),
    }
}

/// The smallest of the values that at least `thousandths` of them do not exceed; `None` of no value. Puts them in order.
#[must_use]
pub fn quantile(values: &mut [f64], thousandths: u64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as u64 * thousandths).div_ceil(1_000);
    let place = usize::try_from(rank.max(1) - 1).ok()?;
    values.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_quantile_is_the_least_value_that_covers_its_share(
            mut values in prop::collection::vec(prop_oneof![0.0..1.0, Just(0.5)], 1..500),
            thousandths in 1_u64..=1_000,
        ) {
            let covers = |v: f64| {
                let covered = values.iter().filter(|x| **x <= v).count() as u64;
                covered * 1_000 >= thousandths * values.len() as u64
            };
            let naive = values.iter().copied().filter(|v| covers(*v)).fold(f64::INFINITY, f64::min);
            prop_assert_eq!(quantile(&mut values, thousandths), Some(naive));
        }
    }

    /// Constant but for one move that 24 starts see, of hours enough for the quantile to be it or not.
    fn path(hours: u64, factor: f64) -> Prices {
        let rows: Vec<_> = (0..hours)
            .map(|h| (450_000 + h, if h < hours / 2 { 1.0 } else { factor }))
            .collect();
        Prices::new("X", &rows).unwrap()
    }

    #[test]
    fn r_4_the_first_set_that_reaches() {
        // 24 of 1,000 starts move: more than one in two hundred, so the quantile is the move.
        for (move_, set) in [
            (0.17, 2),
            (-0.17, 2),
            (0.19, 3),
            (-0.19, 3),
            (0.21, 3),
            (-0.31, 3),
            (0.33, 4),
            (-0.49, 4),
        ] {
            let got = assign(&path(1_024, 1.0 + move_));
            assert_eq!(got.starts, 1_000);
            assert!((got.quantile.unwrap() - f64::abs(move_)).abs() < 1e-12);
            assert_eq!(got.set, Some(set), "{move_}");
            assert!(got.short && got.listed().is_none());
        }
        assert_eq!(assign(&path(1_024, 0.01)).set, None);
    }

    #[test]
    fn r_4_a_set_that_reaches_exactly_is_wide_enough() {
        let all = sets();
        assert!(all.is_sorted_by(|a, b| a.reach < b.reach));
        let ruled: Vec<_> = all.iter().filter(|set| set.ruled()).collect();
        assert_eq!(
            ruled.iter().map(|set| set.set).collect::<Vec<_>>(),
            [2, 3, 4]
        );
        for (place, set) in ruled.iter().enumerate() {
            // a fall, so that the quotient of two prices is the move to the last bit
            let exactly = assign(&path(1_024, 1.0 - set.reach));
            let quantile = exactly.quantile.unwrap();
            let beyond = assign(&path(1_024, 1.0 - set.reach - 1e-9));
            assert!((quantile - set.reach).abs() < 1e-15);
            if quantile <= set.reach {
                assert_eq!(exactly.set, Some(set.set));
                assert!(exactly.up.unwrap() < 1e-15);
            }
            let next = ruled.get(place + 1).map(|next| next.set);
            assert_eq!(beyond.set, next, "beyond set {}", set.set);
            assert!((beyond.down.unwrap() - 1e-9).abs() < 1e-12);
        }
    }

    /// Three years without a move, but for hours without a price: gaps by their first hour and length.
    fn with_gaps(gaps: &[(u64, u64)]) -> Assignment {
        let missing = |hour: u64| {
            let mut of = gaps.iter();
            of.any(|(first, hours)| (*first..first + hours).contains(&hour))
        };
        let rows: Vec<_> = (0..END)
            .filter(|hour| !missing(*hour))
            .map(|hour| (450_000 + hour, 1.0))
            .collect();
        assign(&Prices::new("X", &rows).unwrap())
    }

    /// Hours of three years.
    const END: u64 = 3 * DAYS * DAY / 2;

    #[test]
    fn r_4_prices_that_are_not_enough_are_refused_in_words() {
        // of the two years and an hour that count, 175 hours may be missing
        let scattered =
            |count: u64| -> Vec<_> { (0..count).map(|n| (END - 17_000 + 50 * n, 1)).collect() };
        for (gaps, said) in [
            (vec![], None),
            // long ago
            (vec![(100, 200)], None),
            (vec![(END - 1_000, LONGEST_GAP)], None),
            (
                vec![(END - 1_000, LONGEST_GAP + 1)],
                Some("25 hours in a row have no price, and the rule allows 24"),
            ),
            (scattered(175), None),
            (
                scattered(176),
                Some("176 of 17521 hours have no price, and the rule allows one in 100"),
            ),
        ] {
            let got = with_gaps(&gaps);
            assert_eq!(got.refused.is_some(), said.is_some(), "{got:?}");
            assert_eq!(got.listed().is_some(), said.is_none());
            if let (Some(refused), Some(said)) = (&got.refused, said) {
                assert!(refused.contains(said), "{refused}");
            }
        }
        for (hours, short) in [(DAYS * DAY + 1, false), (DAYS * DAY, true)] {
            let got = assign(&path(hours, 1.0));
            assert_eq!(
                (got.short, got.refused.is_some()),
                (short, short),
                "{hours}"
            );
        }
        let refused = assign(&path(48, 1.0)).refused.unwrap();
        assert!(
            refused.contains("prices of 1 days and the rule asks for 730"),
            "{refused}"
        );
    }

    #[test]
    fn two_years_are_looked_back_on() {
        // 24 of the 17,497 starts of two years are fewer than one in two hundred.
        let got = assign(&path(3 * DAYS * DAY, 2.0));
        assert_eq!((got.days, got.short, got.starts), (DAYS, false, 17_497));
        assert_eq!((got.quantile, got.set), (Some(0.0), Some(2)));
        let got = assign(&path(20, 2.0));
        assert_eq!((got.starts, got.quantile, got.set), (0, None, None));
    }

    #[test]
    fn a_move_into_a_gap_is_no_start() {
        let rows: Vec<_> = (0..100)
            .filter(|h| !(40..43).contains(h))
            .map(|h| (450_000 + h, 1.0))
            .collect();
        let got = assign(&Prices::new("X", &rows).unwrap());
        // of the 76 starts, 3 begin in the gap and 3 end in it
        assert_eq!((got.starts, got.gaps.len()), (70, 1));
    }
}
