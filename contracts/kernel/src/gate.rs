//! The gate: what a change may do to an account, given margin's answers before and after it at one snapshot.
use crate::num::{Int256, U256};

/// What margin says about a portfolio: equity rounded down, requirements up, 1e-18 cash; im ≥ mm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// What the account is worth.
    pub equity: Int256,
    /// Initial requirement.
    pub im: U256,
    /// Maintenance requirement.
    pub mm: U256,
    /// Some price it rests on is stale.
    pub stale: bool,
}

impl Assessed {
    /// Equity covers the initial requirement, at fresh prices. Equality is healthy.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.stale && self.equity.at_least(self.im)
    }

    /// Equity is below the maintenance requirement. Equality is not liquidatable. Says nothing of freshness.
    #[must_use]
    pub fn is_liquidatable(&self) -> bool {
        !self.equity.at_least(self.mm)
    }
}

/// What equity may fall by rounding alone, 1e-18 cash: a billionth of a coin. Without it a close at exactly the mark
/// could be refused.
///
/// Each of at most 128 legs and 16 assets is rounded by itself, by a unit, and options by two parts in 1e18 of their
/// value besides; a mark is rounded to a unit for each unit of the underlying. So this is enough for positions of a billion
/// units, or coins. It is no source of money: a change that uses it must still make the requirement fall, and costs a
/// million times as much gas.
pub const EQUITY_ROUNDING: i128 = 1_000_000_000;

/// True when a change of an unhealthy account only made it safer: the initial requirement fell, the maintenance
/// requirement did not rise, and equity did not fall by more than [`EQUITY_ROUNDING`], so it dealt no worse than at
/// the mark.
///
/// Then, but for that rounding, the shortfall im − equity fell too, and equity / mm, where it is positive, did not.
/// Where equity is negative that ratio falls as risk goes; forbidding it would forbid an insolvent account to close at
/// the mark.
#[must_use]
pub fn reduces(before: &Assessed, after: &Assessed) -> bool {
    let kept = match (before.equity.to_i128(), after.equity.to_i128()) {
        (Some(before), Some(after)) => after >= before.saturating_sub(EQUITY_ROUNDING),
        _ => after.equity >= before.equity,
    };
    after.im < before.im && after.mm <= before.mm && kept
}

/// True when equity − mm rose strictly: what every sale in an auction must do. False where the numbers leave the
/// range of 128 bits.
#[must_use]
pub fn excess_rises(before: &Assessed, after: &Assessed) -> bool {
    let excess = |a: &Assessed| {
        let mm = i128::try_from(crate::num::to_u128(a.mm)?).ok()?;
        a.equity.to_i128()?.checked_sub(mm)
    };
    match (excess(before), excess(after)) {
        (Some(before), Some(after)) => after > before,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assessed(equity: i128, im: u128, mm: u128, stale: bool) -> Assessed {
        Assessed {
            equity: equity.into(),
            im: U256::from(im),
            mm: U256::from(mm),
            stale,
        }
    }

    #[test]
    fn equality_is_healthy_and_not_liquidatable() {
        assert!(assessed(10, 10, 5, false).is_healthy());
        assert!(!assessed(9, 10, 5, false).is_healthy());
        assert!(!assessed(10, 10, 5, true).is_healthy());
        assert!(assessed(0, 0, 0, false).is_healthy());
        assert!(!assessed(-1, 0, 0, false).is_healthy());
        assert!(!assessed(5, 10, 5, false).is_liquidatable());
        assert!(assessed(4, 10, 5, false).is_liquidatable());
        assert!(assessed(-1, 0, 0, false).is_liquidatable());
    }

    #[test]
    fn i_rnd_5_the_rounding_is_allowed_and_no_more() {
        for equity in [1_000, -1_000, 0] {
            let before = assessed(equity, 10, 5, false);
            let after = |lost: i128| assessed(equity - lost, 9, 5, false);
            assert!(reduces(&before, &after(EQUITY_ROUNDING)));
            assert!(!reduces(&before, &after(EQUITY_ROUNDING + 1)));
        }
        let lowest = assessed(i128::MIN, 10, 5, false);
        assert!(reduces(&lowest, &assessed(i128::MIN, 9, 5, false)));
    }

    proptest! {
        /// What `reduces` lets pass has a smaller shortfall, and no smaller ratio where there is equity.
        #[test]
        fn i_gate_1_reducing_is_safer(
            e in -50_i128..50, im in 0_u128..50, mm in 0_u128..50,
            e2 in -50_i128..50, im2 in 0_u128..50, mm2 in 0_u128..50,
        ) {
            // In units far above the rounding that is allowed.
            let wide = 4 * EQUITY_ROUNDING;
            let unsigned = wide.unsigned_abs();
            let before = assessed(e * wide, im * unsigned, mm * unsigned, false);
            let after = assessed(e2 * wide, im2 * unsigned, mm2 * unsigned, false);
            if reduces(&before, &after) {
                prop_assert!(im2.cast_signed() - e2 < im.cast_signed() - e);
                prop_assert!(mm2.cast_signed() - e2 <= mm.cast_signed() - e);
                prop_assert!(e < 0 || e2 * mm.cast_signed() >= e * mm2.cast_signed());
            }
            prop_assert_eq!(
                excess_rises(&before, &after),
                e2 - mm2.cast_signed() > e - mm.cast_signed()
            );
            prop_assert!(!reduces(&before, &before));
        }

        /// A loop of reductions takes no more than the rounding each, and ends where no requirement is left.
        #[test]
        fn i_gate_1_a_loop_extracts_no_more_than_the_rounding(
            steps in proptest::collection::vec(
                (-2 * EQUITY_ROUNDING..2 * EQUITY_ROUNDING, 0_u128..3, 0_u128..3), 1..200,
            ),
            start in any::<i64>(),
        ) {
            let mut now = assessed(start.into(), 200, 150, false);
            let (first, mut passed) = (i128::from(start), 0);
            for (change, im, mm) in steps {
                let equity = now.equity.to_i128().unwrap() + change;
                let (im, mm) = (now.im.saturating_sub(U256::from(im)), now.mm.saturating_sub(U256::from(mm)));
                let next = Assessed { equity: equity.into(), im, mm, ..now };
                if reduces(&now, &next) {
                    prop_assert!(change >= -EQUITY_ROUNDING);
                    (now, passed) = (next, passed + 1);
                } else {
                    prop_assert!(change < -EQUITY_ROUNDING || im == now.im);
                }
                prop_assert!(now.equity.to_i128().unwrap() >= first - EQUITY_ROUNDING * passed);
            }
            prop_assert!(passed <= 200, "as many as units of requirement there were");
        }
    }
}
