//! The forward of an expiry: what is stored of it, what it is at a spot, and what of it may be pushed.

use super::{Record, SETTLEMENT_FACTOR, SETTLEMENT_WINDOW};
use crate::{
    elementary::ln_u128,
    fixed::{ONE_Q62, Q62, Round, from_wad, to_wad},
    num::{WAD, mul_div_floor},
    portfolio::market::{Expiry, MAX_PRICE, YEAR, expiry_seconds},
};

/// One millionth, 1e18: the unit of the bounds on moves.
const MILLIONTH: u128 = 1_000_000_000_000;
/// Most −ln D / τ of an expiry, a year, 1e18.
pub const MAX_RATE: u128 = WAD as u128 / 2;
/// Least τ that a rate is judged by, seconds: in the last day a discount is as good as 1, and its rate says nothing.
const LEAST_TENOR: u64 = 86_400;
/// A discount of 1, as its bits.
const ONE: u128 = ONE_Q62.cast_unsigned() as u128;

impl Record {
    /// The expiry at this spot (1e18), now. `None` where it was never pushed, and where a part of it moves with spot but spot is not
    /// known.
    ///
    /// With A = ⌊ratio · spot⌋, B the stored fixed part and t₀ the observation, or the begin of the settlement window where that
    /// is later, the variable part is ⌊A · (T − now) / (T − t₀)⌋ in the window and A before it; what it lacks of A is fixed, beside B.
    /// From expiry on nothing is variable. The two parts are A + B at any time.
    #[must_use]
    pub fn live(&self, spot: Option<u128>, now: u64) -> Option<Expiry> {
        if self.updated_at == 0 {
            return None;
        }
        let whole = match self.ratio {
            0 => 0,
            ratio => mul_div_floor(spot?.min(MAX_PRICE), ratio.into(), WAD.into())?,
        };
        let fixing = share_left(self.day, self.updated_at);
        let left = share_left(self.day, now).min(fixing);
        let variable = match fixing {
            0 => 0,
            _ => mul_div_floor(whole, left.into(), fixing.into())?,
        };
        Some(Expiry {
            day: self.day,
            variable,
            fixed: self.fixed.saturating_add(whole.saturating_sub(variable)),
            discount: self.discount,
            surface: self.surface,
            fresh: self.fresh,
        })
    }
}

/// Seconds of this day's settlement window that are still to come: all of it before it begins, 0 from expiry on.
#[must_use]
pub const fn share_left(day: u16, time: u64) -> u64 {
    let left = expiry_seconds(day).saturating_sub(time);
    if left < SETTLEMENT_WINDOW {
        left
    } else {
        SETTLEMENT_WINDOW
    }
}

/// Whether the settlement window of this day has begun.
#[must_use]
pub const fn in_window(day: u16, observed_at: u64) -> bool {
    observed_at >= expiry_seconds(day) - SETTLEMENT_WINDOW // SAFETY: an expiry is 28,800 at least.
}

// ---- what may be pushed -------------------------------------------------------------------------------------

/// Why the parts of a forward are refused, whatever the market is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardError {
    /// Both parts are 0, or the fixed part is above [`MAX_PRICE`].
    OutOfRange,
    /// Before expiry: nothing is variable, or something is fixed though the settlement window has not begun.
    NotLive,
    /// From expiry on only the settlement price is taken: nothing variable, something fixed, observed at or after
    /// expiry.
    NotSettlement,
}

/// Whether this ratio and this fixed part (1e18) can be the forward of an expiry that is pushed `now`.
///
/// # Errors
/// The first of [`ForwardError`]'s cases that applies, in the order of that list.
pub const fn check_forward(
    day: u16,
    ratio: u64,
    fixed: u128,
    observed_at: u64,
    now: u64,
) -> Result<(), ForwardError> {
    if (ratio == 0 && fixed == 0) || fixed > MAX_PRICE {
        return Err(ForwardError::OutOfRange);
    }
    let expiry = expiry_seconds(day);
    if now < expiry {
        if ratio == 0 || (fixed != 0 && !in_window(day, observed_at)) {
            return Err(ForwardError::NotLive);
        }
    } else if ratio != 0 || fixed == 0 || observed_at < expiry {
        return Err(ForwardError::NotSettlement);
    }
    Ok(())
}

/// The lowest and the highest ratio before expiry, 1e18: 1 ± `max_basis` before the settlement window. In it the highest is
/// (1 + `max_basis`) times the share of the window still to come, rounded down, and the lowest 0: what is fixed is a mean of past prices.
#[must_use]
pub const fn ratio_range(day: u16, observed_at: u64, max_basis: u64) -> (u64, u64) {
    let highest = WAD.saturating_add(max_basis);
    if !in_window(day, observed_at) {
        return (WAD.saturating_sub(max_basis), highest);
    }
    let left = share_left(day, observed_at) as u128;
    let part = highest as u128 * left / SETTLEMENT_WINDOW as u128; // SAFETY: below 2^64 · 1,800.
    #[expect(clippy::cast_possible_truncation, reason = "at most `highest`")]
    let part = part as u64;
    (0, part)
}

/// A ratio over the share of the settlement window that was still to come when it was observed, 1e18, rounded down: what two
/// ratios are compared by.
#[must_use]
pub const fn whole_ratio(day: u16, ratio: u64, observed_at: u64) -> u128 {
    let left = share_left(day, observed_at) as u128;
    let scaled = ratio as u128 * SETTLEMENT_WINDOW as u128; // SAFETY: below 2^64 · 1,800.
    match scaled.checked_div(left) {
        Some(whole) => whole,
        None => 0,
    }
}

/// The most a ratio may have moved in so many seconds, 1e18, rounded down, where it may move `bound` millionths a minute. `None` where
/// there is no bound.
#[must_use]
pub const fn ratio_limit(bound: u16, seconds: u64) -> Option<u128> {
    limit(bound, seconds, 60)
}

/// The most a rate may have moved in so many seconds, 1e18 a year, rounded down, where it may move `bound` millionths an hour. `None`
/// where there is no bound.
#[must_use]
pub const fn rate_limit(bound: u16, seconds: u64) -> Option<u128> {
    limit(bound, seconds, 3_600)
}

const fn limit(bound: u16, seconds: u64, per: u128) -> Option<u128> {
    if bound == 0 {
        return None;
    }
    let step = bound as u128 * MILLIONTH; // SAFETY: below 2^56.
    Some(step.saturating_mul(seconds as u128) / per)
}

/// The rate of a discount, −ln D / τ, 1e18 a year, rounded down; τ from the observation to expiry, a day at the least.
#[must_use]
pub fn discount_rate(day: u16, discount: Q62, observed_at: u64) -> u128 {
    let tenor = expiry_seconds(day)
        .saturating_sub(observed_at)
        .max(LEAST_TENOR);
    let discount = discount.max(0).cast_unsigned().into();
    let log = ln_u128(ONE).saturating_sub(ln_u128(discount));
    let log = to_wad::<56>(log.max(0), Round::Floor).unsigned_abs();
    log.saturating_mul(YEAR.into()) / u128::from(tenor) // SAFETY: a day at the least.
}

/// A discount factor from 1e18, rounded down; `None` outside (0, 1].
#[must_use]
pub const fn discount_from_wad(wad: u64) -> Option<Q62> {
    let discount = from_wad::<62>(wad as i128, Round::Floor);
    if wad == 0 || discount > ONE_Q62 {
        return None;
    }
    Some(discount)
}

/// How many points of the settlement window an expiry settles by.
pub const SETTLEMENT_POINTS: usize = 7;
/// Seconds from one to the next: the first is when the window begins, the last is expiry.
const SETTLEMENT_STEP: u64 = 300;
/// Seconds after expiry from which on signers may settle.
pub const SIGNERS_WAIT: u64 = 3_600;
/// The same where spot is not fresh.
pub const SIGNERS_WAIT_WITHOUT_SPOT: u64 = 86_400;

/// The points of a day's settlement window, unix seconds, ascending.
#[must_use]
pub fn settlement_points(day: u16) -> [u64; SETTLEMENT_POINTS] {
    let mut time = expiry_seconds(day) - SETTLEMENT_WINDOW; // SAFETY: an expiry is 28,800 at least.
    [(); SETTLEMENT_POINTS].map(|()| {
        let point = time;
        time += SETTLEMENT_STEP; // SAFETY: at most 300 above an expiry.
        point
    })
}

/// What an expiry settles at: the mean of the prices at its points, rounded down. Each is at most
/// [`MAX_FEED_PRICE`](crate::price::MAX_FEED_PRICE).
#[must_use]
pub fn settlement_price(prices: &[u128; SETTLEMENT_POINTS]) -> u128 {
    prices
        .iter()
        .fold(0_u128, |sum, price| sum.saturating_add(*price))
        / SETTLEMENT_POINTS as u128
}

/// The lowest and the highest settlement price at this spot, 1e18: both parts of a forward together, from the window on.
/// The lowest is rounded up.
#[must_use]
pub const fn settlement_range(spot: u128) -> (u128, u128) {
    let highest = spot.saturating_mul(SETTLEMENT_FACTOR);
    (spot.div_ceil(SETTLEMENT_FACTOR), highest)
}
