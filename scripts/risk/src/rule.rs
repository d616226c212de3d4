//! The rule by which a coin gets its scenario set: **the narrowest set whose outermost grid move is at least the 99.5 %
//! quantile of |24-hour move|, hourly starts, both signs together, over two years.**

use crate::{
    prices::{Gap, Prices},
    time::{self, DAY},
};
use plimsoll_kernel::{
    fixed::ONE_Q40,
    portfolio::scenario::{Rule, Set},
};
use serde::Serialize;

/// The quantile, in thousandths.
pub const QUANTILE: u64 = 995;
/// Hours of a move.
pub const MOVE: u64 = 24;
/// Days that the rule looks back.
pub const DAYS: u64 = 730;

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
    /// Hours between them without a price. A move that begins or ends in one is no start.
    pub gaps: Vec<Gap>,
    /// How many moves there are.
    pub starts: usize,
    /// The quantile of their absolute values: 0.1 for 10 %. `None` where there is no move.
    pub quantile: Option<f64>,
    /// The set that follows; `None` where the quantile is wider than every set, or there is none.
    pub set: Option<u8>,
}

/// Applies the rule to the last two years of prices, or to what there is of them.
#[must_use]
pub fn assign(prices: &Prices) -> Assignment {
    let begin = prices.last().saturating_sub(DAYS * DAY);
    let used = prices.since(begin);
    let mut moves: Vec<f64> = (used.first()..=used.last())
        .filter_map(|hour| used.change(hour, MOVE))
        .map(f64::abs)
        .collect();
    let quantile = quantile(&mut moves, QUANTILE);
    Assignment {
        coin: prices.coin.clone(),
        from: time::written_hour(used.first()),
        to: time::written_hour(used.last()),
        days: (used.last() - used.first()) / DAY,
        short: prices.first() > begin,
        gaps: used.gaps(),
        starts: moves.len(),
        quantile,
        set: quantile.and_then(|needed| narrowest(&sets(), needed)),
    }
}

/// The first of the sets, narrowest first, that reaches as far as needed.
fn narrowest(sets: &[SetReach], needed: f64) -> Option<u8> {
    let wide_enough = sets.iter().find(|set| set.reach >= needed);
    wide_enough.map(|set| set.set)
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
    fn the_narrowest_set_that_reaches() {
        // 24 of 1,000 starts move: more than one in two hundred, so the quantile is the move.
        for (move_, set) in [
            (0.17, 2),
            (-0.17, 2),
            (0.19, 1),
            (-0.19, 1),
            (0.21, 3),
            (-0.31, 3),
        ] {
            let got = assign(&path(1_024, 1.0 + move_));
            assert_eq!(got.starts, 1_000);
            assert!((got.quantile.unwrap() - f64::abs(move_)).abs() < 1e-12);
            assert_eq!(got.set, Some(set), "{move_}");
            assert!(got.short);
        }
        assert_eq!(assign(&path(1_024, 0.01)).set, None);
    }

    #[test]
    fn a_set_that_reaches_exactly_is_wide_enough() {
        let sets = sets();
        for set in &sets {
            assert_eq!(narrowest(&sets, set.reach), Some(set.set));
        }
        assert!(sets.is_sorted_by(|a, b| a.reach < b.reach));
        assert_eq!(narrowest(&sets, sets.last().unwrap().reach + 1e-12), None);
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
