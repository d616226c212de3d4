//! When an account may be sold, and how far its discount has come.
use crate::num::mul_div_floor;

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

/// Seconds an account must have been below the line at the worst its stale items could be worth, and only there,
/// before it may be sold for it.
pub const STALE_WAIT: u64 = 3_600;
/// Seconds after the wait during which the note of it allows a start; then it must be noted again.
pub const STALE_WINDOW: u64 = 3_600;

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

/// Whether a doubtful account noted at `noted` (0 = never) may be started now.
#[must_use]
pub fn waited(noted: u64, now: u64) -> bool {
    let elapsed = now.saturating_sub(noted);
    noted != 0 && (STALE_WAIT..=STALE_WAIT + STALE_WINDOW).contains(&elapsed)
}

/// When a doubtful account counts as noted, noted before at `noted` (0 = never): a note stands until it has expired;
/// 0 when the account is not doubtful.
#[must_use]
pub fn note(noted: u64, standing: Standing, now: u64) -> u64 {
    let stands = noted != 0 && now.saturating_sub(noted) <= STALE_WAIT + STALE_WINDOW;
    match standing {
        Standing::Doubtful if stands => noted,
        Standing::Doubtful => now,
        Standing::Below | Standing::Safe => 0,
    }
}
