//! The sequencer of the chain: what its uptime feed says, and what time counts.
//!
//! A Chainlink L2 uptime feed answers 0 while the sequencer is up and 1 while it is down, since `startedAt`. The sequencer
//! *works* once it has been up for longer than a grace; a grace of exactly its length is not over.
use crate::num::U256;
pub use crate::portfolio::snapshot::Sequencer;

/// Longest grace, seconds.
pub const MAX_GRACE: u32 = 86_400;

/// The state of the sequencer, and which prices it leaves fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uptime {
    /// Its state.
    pub sequencer: Sequencer,
    /// A price observed before this time is not fresh, unix seconds; 0 = the sequencer makes none stale.
    pub observed_from: u64,
}

impl Uptime {
    /// Where no sequencer is watched.
    pub const UNWATCHED: Self = Self {
        sequencer: Sequencer::UNWATCHED,
        observed_from: 0,
    };
    /// Where the uptime feed says nothing that can be right: the sequencer counts as down. Prices are judged by their age alone:
    /// nothing is opened, withdrawn or sold at them.
    pub const UNKNOWN: Self = Self {
        sequencer: Sequencer {
            works: false,
            resumed_at: 0,
        },
        observed_from: 0,
    };

    /// What a feed's latest round says at `now`.
    ///
    /// * `answer`: 0 = up; anything else = down.
    /// * `started`: since when, unix seconds; 0 and a time after now are no times.
    #[must_use]
    pub fn read(answer: U256, started: U256, grace: u32, now: u64) -> Self {
        let started = u64::try_from(started).unwrap_or(u64::MAX);
        if started == 0 || started > now {
            return Self::UNKNOWN;
        }
        let up = answer.is_zero();
        let resumed_at = started.saturating_add(grace.into());
        let works = up && now > resumed_at;
        Self {
            sequencer: Sequencer {
                works,
                resumed_at: if up { resumed_at } else { 0 },
            },
            observed_from: if works { 0 } else { started },
        }
    }
}

impl Sequencer {
    /// Until when no clock ran that was last read before: the end of the last grace, or now.
    #[must_use]
    pub const fn halted_until(&self, now: u64) -> u64 {
        if self.works { self.resumed_at } else { now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 1_800_000_000;
    const GRACE: u32 = 3_600;

    fn read(answer: u64, started: u64) -> Uptime {
        Uptime::read(U256::from(answer), U256::from(started), GRACE, NOW)
    }

    fn grace(started: u64) -> Uptime {
        Uptime {
            sequencer: Sequencer {
                works: false,
                resumed_at: started + u64::from(GRACE),
            },
            observed_from: started,
        }
    }

    /// A-10, I-ORA-2: at the thresholds.
    #[test]
    fn i_ora_2_the_grace_includes_its_last_second() {
        for age in [0, 1, 3_599, 3_600] {
            assert_eq!(read(0, NOW - age), grace(NOW - age), "{age}");
        }
        for age in [3_601, 1_000_000] {
            let up = read(0, NOW - age);
            assert!(up.sequencer.works);
            assert_eq!(up.sequencer.resumed_at, NOW - age + 3_600);
            assert_eq!(up.observed_from, 0);
        }
    }

    /// A-10, I-ORA-2: what is no answer of a sequencer that works.
    #[test]
    fn i_ora_2_anything_else_is_down() {
        for started in [NOW - 1_000_000, NOW - 3_601, NOW] {
            let down = read(1, started);
            assert_eq!(down.sequencer, Uptime::UNKNOWN.sequencer);
            assert_eq!(down.observed_from, started);
        }
        let max = Uptime::read(U256::MAX, U256::from(NOW - 9_999), GRACE, NOW);
        assert!(!max.sequencer.works);
        for answer in [0, 1, u64::MAX] {
            for started in [0, NOW + 1, u64::MAX] {
                assert_eq!(read(answer, started), Uptime::UNKNOWN);
            }
            let wide = Uptime::read(U256::from(answer), U256::MAX, GRACE, NOW);
            assert_eq!(wide, Uptime::UNKNOWN);
        }
        assert_eq!(Sequencer::decode(U256::ZERO), Uptime::UNKNOWN.sequencer);
    }

    proptest! {
        /// I-ORA-2: it works iff up for longer than the grace, and no price from before a restart is fresh in the grace.
        #[test]
        fn i_ora_2_works_only_when_up_for_longer_than_the_grace(
            answer in 0_u64..3, started in 0_u64..200_000, grace in 1..=MAX_GRACE, now in 0_u64..200_000,
        ) {
            let Uptime { sequencer, observed_from } =
                Uptime::read(U256::from(answer), U256::from(started), grace, now);
            let works = answer == 0 && started != 0 && now > started + u64::from(grace);
            prop_assert_eq!(sequencer.works, works);
            prop_assert!(observed_from == 0 || (!works && observed_from == started));
            prop_assert!(sequencer.halted_until(now) <= now);
            prop_assert_eq!(Sequencer::decode(sequencer.encode()), sequencer);
        }
    }
}
