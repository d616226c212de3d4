//! Rounds of a feed: which one is in force at a time.
//!
//! A Chainlink proxy numbers its rounds phase 16 · round of the phase's aggregator 64. Each aggregator begins at round 1. The
//! round in force at a time t is, of the newest phase whose round 1 was observed at t or before, the last round that was
//! observed at t or before.
use crate::num::{U256, halves, low_u16};

/// Bits of a round's number within its phase.
const ROUND_BITS: u32 = 64;
/// Highest number of a round: 80 bits.
pub const MAX_ROUND: u128 = (1 << 80) - 1;
/// Most phases after that of a round which a proof of it looks at.
pub const MAX_NEWER_PHASES: u16 = 4;

/// The phase of a round.
#[must_use]
pub const fn phase(round: u128) -> u16 {
    let (_, high) = halves(round);
    low_u16(high)
}

/// The first round of a phase.
#[must_use]
pub const fn first(phase: u16) -> u128 {
    (phase as u128) << ROUND_BITS | 1
}

/// The round after this one in its phase; `None` after the last number of a phase.
#[must_use]
pub const fn successor(round: u128) -> Option<u128> {
    let (low, _) = halves(round);
    match low.checked_add(1) {
        Some(_) => round.checked_add(1),
        None => None,
    }
}

/// Whether a round that was observed at `observed` had been observed at `time`; 0 = it never was.
#[must_use]
pub fn observed_by(observed: U256, time: u64) -> bool {
    !observed.is_zero() && observed <= U256::from(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_numbered_by_phase() {
        let round = 7 << 64 | 41;
        assert_eq!((phase(round), first(7)), (7, 7 << 64 | 1));
        assert_eq!(successor(round), Some(7 << 64 | 42));
        assert_eq!(successor(7 << 64 | u128::from(u64::MAX)), None);
        assert_eq!(phase(MAX_ROUND), u16::MAX);
        assert_eq!(successor(MAX_ROUND), None);
        assert_eq!((phase(5), first(0), successor(0)), (0, 1, Some(1)));
    }

    #[test]
    fn a_round_counts_from_its_own_second() {
        let at = |observed: u64| observed_by(U256::from(observed), 1_000);
        assert_eq!(
            [at(0), at(1), at(999), at(1_000), at(1_001)],
            [false, true, true, true, false]
        );
        assert!(!observed_by(U256::MAX, u64::MAX));
    }
}
