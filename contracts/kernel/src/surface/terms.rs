//! What the oracle keeps of an underlying beside its expiries: the terms of pushes, and what the size and the mood of its
//! market add to margin.
//!
//! One word, from the high bits down: zero 16 · most change of the discount's rate 16 · most change of a forward's ratio 16 ·
//! time of the last sample 32 · c′ 16 · c 16 · m′ 16 · m 16 · max basis 64 · max age 32 · feed 16.

use crate::{
    fixed::{ONE_Q40, Q40},
    num::{U256, low_u16, low_u32},
};

/// Multipliers of an underlying's requirement, each stored as its excess over 1 in 2^-12. All 0 where nothing was ever
/// sampled: 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Multipliers {
    /// m: of the scan in the initial requirement.
    pub scan: u16,
    /// m′: of the scan in the maintenance requirement.
    pub scan_following: u16,
    /// c: of closing costs in the initial requirement.
    pub cost: u16,
    /// c′: of closing costs in the maintenance requirement.
    pub cost_following: u16,
}

impl Multipliers {
    /// All 1.
    pub const ONE: Self = Self {
        scan: 0,
        scan_following: 0,
        cost: 0,
        cost_following: 0,
    };
    /// The unit of an excess, as a divisor of 1.
    pub const PARTS: u16 = 1 << 12;

    /// A stored excess as a multiplier, at least 1.
    #[must_use]
    pub const fn factor(excess: u16) -> Q40 {
        ONE_Q40 + ((excess as Q40) << 28)
    }
}

/// The terms of an underlying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The feed of spot, not 0.
    pub feed: u16,
    /// Seconds; an observation of exactly this age is fresh.
    pub max_age: u32,
    /// The most a forward may differ from spot, a share of spot in 1e18, at most [`Self::MAX_BASIS`].
    pub max_basis: u64,
    /// What raises its requirement.
    pub multipliers: Multipliers,
    /// When they were last sampled, unix seconds; 0 = never.
    pub sampled_at: u32,
    /// The most a forward's share of spot may change in a minute, millionths of spot; 0 = without a bound.
    pub ratio_move: u16,
    /// The most −ln D / τ of an expiry may change in an hour, millionths a year; 0 = without a bound.
    pub rate_move: u16,
}

impl Terms {
    /// The whole of spot.
    pub const MAX_BASIS: u64 = 1_000_000_000_000_000_000;
    /// Longest age a push may be allowed, seconds.
    pub const MAX_AGE: u32 = 600;

    /// The word.
    #[must_use]
    pub const fn encode(&self) -> U256 {
        let m = &self.multipliers;
        let low = self.feed as u64 | (self.max_age as u64) << 16 | self.max_basis << 48;
        let scan = (m.scan as u64) << 48;
        let costs =
            m.scan_following as u64 | (m.cost as u64) << 16 | (m.cost_following as u64) << 32;
        let sampled = (self.sampled_at as u64) << 48;
        let high = self.sampled_at as u64 >> 16
            | (self.ratio_move as u64) << 16
            | (self.rate_move as u64) << 32;
        U256::from_limbs([low, self.max_basis >> 16 | scan, costs | sampled, high])
    }

    /// `None` for a word without a feed.
    #[must_use]
    pub const fn decode(word: U256) -> Option<Self> {
        let [low, basis, costs, high] = *word.as_limbs();
        if low_u16(low) == 0 {
            return None;
        }
        Some(Self {
            feed: low_u16(low),
            max_age: low_u32(low >> 16),
            max_basis: low >> 48 | (basis & 0x0000_ffff_ffff_ffff) << 16,
            multipliers: Multipliers {
                scan: low_u16(basis >> 48),
                scan_following: low_u16(costs),
                cost: low_u16(costs >> 16),
                cost_following: low_u16(costs >> 32),
            },
            sampled_at: low_u32(costs >> 48 | high << 16),
            ratio_move: low_u16(high >> 16),
            rate_move: low_u16(high >> 32),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn terms_are_one_word(
            (feed, max_age, max_basis) in (1_u16.., any::<u32>(), any::<u64>()),
            (scan, scan_following, cost, cost_following) in any::<(u16, u16, u16, u16)>(),
            (sampled_at, ratio_move, rate_move) in any::<(u32, u16, u16)>(),
        ) {
            let multipliers = Multipliers { scan, scan_following, cost, cost_following };
            let terms = Terms { feed, max_age, max_basis, multipliers, sampled_at, ratio_move, rate_move };
            prop_assert_eq!(Terms::decode(terms.encode()), Some(terms));
            prop_assert_eq!(terms.encode() >> 240, U256::ZERO);
        }
    }

    #[test]
    fn what_was_never_sampled_multiplies_by_one() {
        assert_eq!(Multipliers::ONE, Multipliers::default());
        assert_eq!(Multipliers::factor(0), ONE_Q40);
        assert_eq!(
            Multipliers::factor(Multipliers::PARTS / 2 * 3),
            ONE_Q40 / 2 * 5
        );
        assert_eq!(Terms::decode(U256::ZERO), None);
    }
}
