//! The forward of an expiry, before and during its settlement window.
//!
//! An expiry settles at the time-weighted mean of the price over a window. Once the window has begun,
//! the part of the mean that has been observed no longer moves:
//!
//! ```text
//! forward = fixed + variable
//! fixed = mean so far · elapsed / window      variable = live forward · (window - elapsed) / window
//! ```
//!
//! A scenario moves the variable part only, so the risk of a leg fades out during the window instead
//! of jumping to zero at its end.

use crate::{
    black76::Factor,
    fixed::{ONE_Q40, Q40},
    num::mul_div_floor,
};

/// A forward in its two parts, 18 decimal places each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// What has been observed and cannot move any more.
    pub fixed: u128,
    /// What still follows the market.
    pub variable: u128,
}

impl Forward {
    /// A forward whose settlement window has not begun.
    #[must_use]
    pub const fn live(forward: u128) -> Self {
        Self {
            fixed: 0,
            variable: forward,
        }
    }

    /// A forward `elapsed` seconds into a settlement window of `window` seconds.
    ///
    /// * `forward` - the live forward, 18 decimal places.
    /// * `mean` - the time-weighted mean price since the window began, 18 decimal places.
    ///
    /// Each part is floored. `elapsed` beyond the window counts as its end; a window of 0 seconds has
    /// ended too.
    #[must_use]
    pub fn settling(forward: u128, mean: u128, elapsed: u64, window: u64) -> Self {
        let elapsed = elapsed.min(window);
        if elapsed == window {
            return Self {
                fixed: mean,
                variable: 0,
            };
        }
        let part = |value: u128, seconds: u64| {
            // at most `value`, since seconds <= window
            mul_div_floor(value, seconds.into(), window.into()).unwrap_or(value)
        };
        Self {
            fixed: part(mean, elapsed),
            variable: part(forward, window.saturating_sub(elapsed)),
        }
    }

    /// The whole forward, saturating.
    #[must_use]
    pub const fn total(self) -> u128 {
        self.fixed.saturating_add(self.variable)
    }

    /// What a move of the market by `factor` does to the whole forward, as a factor with its logarithm.
    ///
    /// Floored to 2^-40; equal to `factor` while nothing is fixed, and no move once everything is. A
    /// negative factor counts as 0; a forward of 0 does not move.
    #[must_use]
    pub fn factor(self, factor: Q40) -> Factor {
        let total = self.total();
        if self.variable == 0 || factor == ONE_Q40 {
            return Factor::IDENTITY;
        }
        if self.fixed == 0 {
            return Factor::new(factor);
        }
        // the share that moves first: at most 1, so every product below fits
        #[expect(clippy::cast_possible_truncation, reason = "at most 1 in Q40")]
        let share = mul_div_floor(self.variable, ONE_Q40 as u128, total).unwrap_or(0) as i64;
        let moved = crate::fixed::mul_shift_floor::<40>(share, factor.max(0));
        Factor::new(ONE_Q40.saturating_sub(share).saturating_add(moved))
    }

    /// The total standard deviation of the whole forward, from that of its variable part, floored.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a part of an `i64`")]
    pub fn stdev(self, variable: Q40) -> Q40 {
        if self.fixed == 0 {
            return variable;
        }
        let variable = u128::from(variable.max(0).cast_unsigned());
        let whole = mul_div_floor(variable, self.variable, self.total().max(1)).unwrap_or(0);
        whole as i64
    }
}

/// Seconds of volatility left in a mean over a window: each second before the window counts whole, the
/// window's remainder counts a third (the variance of the mean of a Brownian path of length t is
/// t / 3), rounded up.
///
/// * `before` - seconds until the window begins, 0 once it has.
/// * `left` - seconds of the window still to come.
#[must_use]
pub const fn variance_seconds(before: u64, left: u64) -> u64 {
    before.saturating_add(left.div_ceil(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WAD: u128 = 1_000_000_000_000_000_000;

    #[test]
    fn a_window_fixes_the_forward_by_and_by() {
        let half = Forward::settling(2_000 * WAD, 1_900 * WAD, 900, 1_800);
        assert_eq!(
            half,
            Forward {
                fixed: 950 * WAD,
                variable: 1_000 * WAD
            }
        );
        assert_eq!(half.total(), 1_950 * WAD);
        assert_eq!(
            Forward::settling(2_000, 1_900, 1_800, 1_800),
            Forward {
                fixed: 1_900,
                variable: 0
            }
        );
        assert_eq!(
            Forward::settling(2_000, 1_900, 5, 0),
            Forward {
                fixed: 1_900,
                variable: 0
            }
        );
        assert_eq!(Forward::settling(2_000, 0, 0, 1_800), Forward::live(2_000));
        assert_eq!(variance_seconds(600, 1_800), 1_200);
        assert_eq!(variance_seconds(0, 1), 1);
    }

    #[test]
    fn a_move_reaches_the_variable_part_only() {
        let half = Forward {
            fixed: 1_000,
            variable: 1_000,
        };
        assert_eq!(half.factor(ONE_Q40 / 2).value, ONE_Q40 * 3 / 4);
        assert_eq!(half.stdev(ONE_Q40), ONE_Q40 / 2);
        assert_eq!(
            Forward {
                fixed: 1_000,
                variable: 0
            }
            .factor(ONE_Q40 * 2),
            Factor::IDENTITY
        );
        assert_eq!(
            Forward::live(1_000).factor(ONE_Q40 * 2),
            Factor::new(ONE_Q40 * 2)
        );
        assert_eq!(Forward::live(0).factor(ONE_Q40 * 2), Factor::IDENTITY);
    }

    proptest! {
        #[test]
        fn i_prc_5_forward_is_total_and_monotone(
            fixed: u128, variable: u128, a in 0..1i64 << 44, b in 0..1i64 << 44, s: i64,
        ) {
            let forward = Forward { fixed, variable };
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(forward.factor(low).value <= forward.factor(high).value);
            let one = forward.factor(ONE_Q40);
            prop_assert_eq!(one, Factor::IDENTITY);
            let _ = forward.stdev(s);
        }

        #[test]
        fn i_prc_5_forward_is_between_mean_and_live(
            live in 0..1u128 << 110, mean in 0..1u128 << 110, elapsed: u64, window: u64,
        ) {
            let total = Forward::settling(live, mean, elapsed, window).total();
            prop_assert!(total <= live.max(mean));
            prop_assert!(total.saturating_add(2) >= live.min(mean));
        }
    }
}
