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

/// True when a change of an unhealthy account only made it safer: the initial requirement fell, the maintenance
/// requirement did not rise, and equity did not fall, so it dealt no worse than at the mark.
///
/// Then the shortfall im − equity fell too, and equity / mm, where it is positive, did not. Where equity is negative
/// that ratio falls as risk goes; forbidding it would forbid an insolvent account to close at the mark.
#[must_use]
pub fn reduces(before: &Assessed, after: &Assessed) -> bool {
    after.im < before.im && after.mm <= before.mm && after.equity >= before.equity
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

    proptest! {
        /// What `reduces` lets pass has a smaller shortfall, and no smaller ratio where there is equity.
        #[test]
        fn i_gate_1_reducing_is_safer(
            e in -50_i128..50, im in 0_u128..50, mm in 0_u128..50,
            e2 in -50_i128..50, im2 in 0_u128..50, mm2 in 0_u128..50,
        ) {
            let (before, after) = (assessed(e, im, mm, false), assessed(e2, im2, mm2, false));
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
    }
}
