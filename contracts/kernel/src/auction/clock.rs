//! When an account may be sold, and how far its discount has come.
use crate::num::{low_u32, mul_div_floor};

/// λ after `elapsed` seconds: linear from 0 to `maximum` in `duration` seconds, then level. Rounded down.
#[must_use]
pub fn ramp(maximum: u64, elapsed: u64, duration: u32) -> u64 {
    let duration = u64::from(duration);
    if elapsed >= duration {
        return maximum;
    }
    // elapsed < duration, so the quotient is below `maximum`; duration > 0.
    mul_div_floor(
        u128::from(maximum),
        u128::from(elapsed),
        u128::from(duration),
    )
    .and_then(|lambda| u64::try_from(lambda).ok())
    .unwrap_or(maximum)
}

/// When a clock counts as begun that began at `since`, was last read at `seen` and did not run until `halted`: later by the time
/// from the reading to then, so it goes on from where it stood at the reading. 0 = it has not begun.
#[must_use]
pub fn resumed(since: u64, seen: u64, halted: u64) -> u64 {
    if since == 0 {
        return 0;
    }
    since.saturating_add(halted.saturating_sub(seen.max(since)))
}

/// Longest time between two sightings of an insolvent account that leaves the fund's ramp running, seconds.
pub const MAX_SIGHT_GAP: u64 = 900;

/// When the fund's ramp of an account that is insolvent now began: at `since`, if it was seen insolvent, last at
/// `seen`, without a gap of more than [`MAX_SIGHT_GAP`]; otherwise now. So a recovery nobody marked does not leave an
/// old ramp behind. 0 = never.
#[must_use]
pub fn fund_ramp_since(since: u64, seen: u64, now: u64) -> u64 {
    if since != 0 && now.saturating_sub(seen) <= MAX_SIGHT_GAP {
        since
    } else {
        now
    }
}

/// Seconds an account must have been below the line at the worst its stale items could be worth, by sightings without a
/// gap of more than [`MAX_SIGHT_GAP`], before it may be sold for that.
pub const STALE_WAIT: u64 = 3_600;

/// Where an account stands towards its maintenance requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// At or above it whatever its stale items are worth.
    Safe,
    /// Below it at the worst they could be worth, not at the best.
    Doubtful,
    /// Below it whatever they are worth.
    Below,
}

/// The standing of an account whose equity − mm is between `worst` and `best`; both are equity − mm itself when
/// nothing is stale, which is never doubtful.
#[must_use]
pub fn standing(best: i128, worst: i128) -> Standing {
    match (best < 0, worst < 0) {
        (true, _) => Standing::Below,
        (false, true) => Standing::Doubtful,
        (false, false) => Standing::Safe,
    }
}

/// Sightings of an account below the line at the worst value of its stale items, unix seconds; zeros: there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Note {
    /// The first of them.
    pub first: u64,
    /// The last. None is more than [`MAX_SIGHT_GAP`] after the one before.
    pub last: u64,
}

impl Note {
    /// One word: first 32 · last 32. Exact until 2106.
    #[must_use]
    pub const fn encode(self) -> u64 {
        self.first << 32 | low_u32(self.last) as u64
    }

    /// What [`Self::encode`] made.
    #[must_use]
    pub const fn decode(word: u64) -> Self {
        Self {
            first: word >> 32,
            last: low_u32(word) as u64,
        }
    }

    /// Whether another sighting now would be of the same note.
    #[must_use]
    pub const fn lives(self, now: u64) -> bool {
        self.first != 0 && now.saturating_sub(self.last) <= MAX_SIGHT_GAP
    }

    /// Whether a doubtful account may be started now: it lives, and its first sighting is [`STALE_WAIT`] ago.
    #[must_use]
    pub const fn waited(self, now: u64) -> bool {
        self.lives(now) && now.saturating_sub(self.first) >= STALE_WAIT
    }

    /// The note where no clock ran until `halted`: one from before begins anew then, as a wait counts from the later of its begin
    /// and the end of the last grace.
    #[must_use]
    pub fn resumed(self, halted: u64) -> Self {
        if self.first == 0 {
            return self;
        }
        Self {
            first: self.first.max(halted),
            last: self.last.max(halted),
        }
    }

    /// After a sighting now: none where the account is safe at the worst; otherwise one more, of a new note where the last
    /// is too long ago.
    #[must_use]
    pub fn seen(self, standing: Standing, now: u64) -> Self {
        match standing {
            Standing::Safe => Self::default(),
            _ if self.lives(now) => Self { last: now, ..self },
            _ => Self {
                first: now,
                last: now,
            },
        }
    }
}
