//! What the size and the mood of a market add to a requirement: `docs/method.md` §4.
//!
//! Outside the aggregation, which a factor inside would break: scaled scans may offset where the scans did not. The
//! initial requirement adds (m − 1)·scan of each underlying, the maintenance requirement the norm of those with m′, which
//! counts up to f_IM / f_MM only. So no multiplier lifts a maintenance requirement above the initial requirement without
//! multipliers: ‖(m′ − 1)·scan‖ ≤ (f_IM / f_MM − 1)·‖scan‖ ≤ (f_IM / f_MM − 1)·R.

use super::{
    aggregate::norm,
    market::{MAX_UNDERLYINGS, Market, Multipliers, Underlying},
    money::{Cash, add, scale_ceil},
    scan::Scan,
};
use crate::fixed::{ONE_Q40, Q40, mul_shift_ceil};

/// Largest m − 1: 1.5 in 2^-12.
const MOST_SCAN: u16 = Multipliers::PARTS / 2 * 3;
/// Largest c − 1: 5 in 2^-12.
const MOST_COST: u16 = Multipliers::PARTS * 5;

/// Excesses over 1 as they count: m at most 2.5, c at most 6, what follows never above what it follows.
const fn counted(m: &Multipliers) -> Multipliers {
    let scan = least(m.scan, MOST_SCAN);
    let cost = least(m.cost, MOST_COST);
    Multipliers {
        scan,
        scan_following: least(m.scan_following, scan),
        cost,
        cost_following: least(m.cost_following, cost),
    }
}

const fn least(a: u16, b: u16) -> u16 {
    if a < b { a } else { b }
}

/// What multipliers add to the requirement of the scans, before the factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surcharge {
    /// Σ (m − 1)·scan.
    pub im: Cash,
    /// Σ (m′ − 1)·scan.
    pub bid: Cash,
    /// ‖(m′ − 1)·scan‖.
    pub mm: Cash,
    /// The largest m′ − 1 of what is held.
    pub steepest: Q40,
}

impl Surcharge {
    /// Of these scans, by place of the market. Each part is rounded up; mm ≤ bid ≤ im.
    #[inline(never)]
    #[must_use]
    pub fn of(market: &Market<'_>, scans: &[Scan]) -> Self {
        let most = ratio(market.rules.factors);
        let (mut im, mut bid, mut own) = (0, 0, [0; MAX_UNDERLYINGS]);
        let mut steepest = 0;
        for ((scan, underlying), own) in scans.iter().zip(market.underlyings).zip(&mut own) {
            let m = counted(&underlying.multipliers);
            let excess = |m: u16| Multipliers::factor(m) - ONE_Q40;
            let following = excess(m.scan_following).min(most);
            if scan.used {
                steepest = following.max(steepest);
            }
            add(&mut im, scale_ceil(scan.worst, excess(m.scan)));
            *own = scale_ceil(scan.worst, following);
            add(&mut bid, *own);
        }
        let mm = norm(&own).min(bid);
        Self {
            im,
            bid,
            mm,
            steepest,
        }
    }
}

/// f_IM / f_MM − 1, rounded down, at least 0.
fn ratio((im, mm): (Q40, Q40)) -> Q40 {
    // both are at most 2 in Q40: the difference shifted is below 2^81
    let excess = i128::from(im).wrapping_sub(mm.into()).max(0) << 40;
    let ratio = excess.checked_div(mm.into()).unwrap_or(0);
    i64::try_from(ratio).unwrap_or(0)
}

/// The rates of a closing cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CostRates {
    /// Of the initial requirement: × c.
    pub(super) im: Q40,
    /// Of a bidder's: × c′.
    pub(super) bid: Q40,
    /// Of the maintenance requirement: × c′, at most the initial rate without c.
    pub(super) mm: Q40,
}

impl CostRates {
    /// Rounded up; mm ≤ bid ≤ im.
    #[inline(never)]
    pub(super) fn of(underlying: &Underlying<'_>, (im, mm): (Q40, Q40)) -> Self {
        let m = counted(&underlying.multipliers);
        let times = |rate, excess| mul_shift_ceil::<40>(rate, Multipliers::factor(excess));
        Self {
            im: times(im, m.cost),
            bid: times(im, m.cost_following),
            mm: times(mm, m.cost_following).min(im),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scan: u16, scan_following: u16, cost: u16, cost_following: u16) -> Multipliers {
        Multipliers {
            scan,
            scan_following,
            cost,
            cost_following,
        }
    }

    #[test]
    fn i_mar_18_what_counts_is_clamped() {
        // 2.5 and 6 count, a 4096th more counts as that; what follows is never above
        let most = of(6_144, 6_144, 20_480, 20_480);
        assert_eq!(counted(&most), most);
        assert_eq!(counted(&of(6_145, 6_145, 20_481, 20_481)), most);
        assert_eq!(counted(&of(u16::MAX, u16::MAX, u16::MAX, u16::MAX)), most);
        assert_eq!(counted(&of(3, 4, 5, 6)), of(3, 3, 5, 5));
        assert_eq!(counted(&of(4, 3, 6, 5)), of(4, 3, 6, 5));
        assert_eq!(counted(&of(0, u16::MAX, 0, u16::MAX)), Multipliers::ONE);
        assert_eq!(Multipliers::factor(6_144), ONE_Q40 / 2 * 5);
        assert_eq!(Multipliers::factor(20_480), 6 * ONE_Q40);
    }

    #[test]
    fn the_wall_is_the_quotient_of_the_factors() {
        assert_eq!(ratio((ONE_Q40 / 4 * 5, ONE_Q40)), ONE_Q40 / 4);
        assert_eq!(ratio((2 * ONE_Q40, ONE_Q40)), ONE_Q40);
        assert_eq!(ratio((ONE_Q40, ONE_Q40)), 0);
        assert_eq!(ratio((ONE_Q40, 2 * ONE_Q40)), 0);
        assert_eq!(ratio((ONE_Q40, 0)), 0);
        // rounded down
        assert_eq!(ratio((ONE_Q40 + 1, ONE_Q40 + 1)), 0);
        assert_eq!(ratio((2 * ONE_Q40, ONE_Q40 / 2 * 3)), ONE_Q40 / 3);
    }
}
