//! Cash inside the margin calculator: bounded `i128`, so that sums of a hundred legs cannot overflow.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "mantissas of at most 62 bits, shifts below 128"
)]

use crate::{
    fixed::{FIVE_18, Q40, Q62},
    num,
};

/// Signed amount of settlement coin, 1e-18.
pub type Cash = i128;

/// No leg, balance or requirement counts for more: 2^110, about 1.3e15 coins. What is larger is clamped and the
/// portfolio marked out of range: it cannot be opened, and in liquidation it requires everything.
pub const LIMIT: Cash = 1 << 110;

/// `v` moved inside ±[`LIMIT`].
#[inline(never)]
#[must_use]
pub const fn clamp(v: Cash) -> Cash {
    if v > LIMIT {
        LIMIT
    } else if v < -LIMIT {
        -LIMIT
    } else {
        v
    }
}

/// `a + b` of two numbers below 2^120: sums of at most 2^10 clamped ones. The check runs in debug builds; in WASM it
/// would be a fifth of the calculator's code.
#[inline(always)]
#[must_use]
pub const fn plus(a: Cash, b: Cash) -> Cash {
    debug_assert!(a.checked_add(b).is_some());
    a.wrapping_add(b)
}

/// `a − b`, as [`plus`].
#[inline(always)]
#[must_use]
pub const fn minus(a: Cash, b: Cash) -> Cash {
    debug_assert!(a.checked_sub(b).is_some());
    a.wrapping_sub(b)
}

/// Adds to a sum, as [`plus`].
#[inline(always)]
pub const fn add(sum: &mut Cash, v: Cash) {
    *sum = plus(*sum, v);
}

/// ⌊v·f⌋ for |v| at most 2^118 and a factor within ±64.
#[inline(never)]
#[must_use]
pub const fn scale_floor(v: Cash, f: Q40) -> Cash {
    // v = high·2^40 + low with 0 ≤ low < 2^40: |high·f| < 2^124 and |low·f| < 2^86
    let low = v & ((1 << 40) - 1);
    let high = v >> 40;
    high.wrapping_mul(f as i128)
        .wrapping_add(low.wrapping_mul(f as i128) >> 40)
}

/// ⌈v·f⌉, domain as [`scale_floor`].
#[inline(never)]
#[must_use]
pub const fn scale_ceil(v: Cash, f: Q40) -> Cash {
    scale_floor(v.wrapping_neg(), f).wrapping_neg()
}

/// ⌊units · price / 1e18⌋; `None` outside `i128`.
#[inline(never)]
#[must_use]
pub fn worth_floor(units: i128, price: u128) -> Option<Cash> {
    worth(units, price, units < 0)
}

/// ⌈units · price / 1e18⌉; `None` outside `i128`.
#[inline(never)]
#[must_use]
pub fn worth_ceil(units: i128, price: u128) -> Option<Cash> {
    worth(units, price, units >= 0)
}

#[inline(never)]
fn worth(units: i128, price: u128, away: bool) -> Option<Cash> {
    let (down, exact) = num::mul_div_small(units.unsigned_abs(), price, num::WAD.into())?;
    let size = if away && !exact {
        down.checked_add(1)?
    } else {
        down
    };
    num::with_sign(units < 0, size)
}

/// Q40 of a share of at most one, 1e18, rounded up.
#[inline(never)]
#[must_use]
pub fn part_of_one(wad: u64) -> Q40 {
    // 2^40 / 1e18 = 2^22 / 5^18
    (u128::from(wad.min(num::WAD)) << 22).div_ceil(FIVE_18.unsigned_abs()) as Q40
}

/// A quantity of options as a multiplier of option values in units: `⌊v · mantissa / 2^shift⌋` is cash.
///
/// The mantissa has 62 significant bits, cut towards zero in three steps: relative error below 2^-59.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    mantissa: i64,
    shift: u32,
}

/// 2^62 / 5^18 · 2^41, cut: the reciprocal of 1e18 = 5^18 · 2^18 with 62 significant bits.
const INVERSE_5_18: i64 = ((1i128 << 103) / FIVE_18) as i64;

impl Multiplier {
    /// For `lots` lots of `lot` (1e18 units) of options whose values come in units of 2^`exponent` · 1e-18, times
    /// `discount`. `None` when a value could exceed [`LIMIT`].
    #[must_use]
    pub fn new(lots: i64, lot: u64, discount: Q62, exponent: i32) -> Option<Self> {
        let quantity = lots as i128 * lot as i128;
        let (m, e1) = normal(quantity);
        let (m, e2) = normal(m as i128 * discount as i128);
        let (m, e3) = normal(m as i128 * INVERSE_5_18 as i128);
        // quantity · discount · 2^exponent / 1e18 with the scales of discount (62), inverse (103) and 2^18
        let power = e1 + e2 + e3 + exponent - 62 - 103 - 18;
        if m == 0 {
            return Some(Self {
                mantissa: 0,
                shift: 0,
            });
        }
        // values are below 2^62, mantissas below 2^62: shifted by 14 the product is below the limit
        if power > -14 {
            return None;
        }
        Some(Self {
            mantissa: m,
            shift: (-power).min(126) as u32,
        })
    }

    /// Cash for a value of `v` units, |v| below 2^62, floored.
    #[inline(always)]
    #[must_use]
    pub fn cash(self, v: i64) -> Cash {
        (v as i128).wrapping_mul(self.mantissa as i128) >> self.shift
    }
}

/// `v` as mantissa · 2^exponent with at most 62 significant bits, cut towards zero.
#[inline(never)]
fn normal(v: i128) -> (i64, i32) {
    let bits = 128 - v.unsigned_abs().leading_zeros() as i32;
    let exponent = (bits - 62).max(0);
    let size = (v.unsigned_abs() >> exponent) as i64;
    (if v < 0 { -size } else { size }, exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed::{ONE_Q40, ONE_Q62};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn i_rnd_1_scaling_rounds_as_named(v in -(1i128 << 86)..1i128 << 86, f in -64 * ONE_Q40..64 * ONE_Q40) {
            let exact: ruint::aliases::U256 =
                ruint::aliases::U256::from(v.unsigned_abs()) * ruint::aliases::U256::from(f.unsigned_abs());
            let floor = (exact >> 40usize).to::<u128>() as i128;
            let inexact = (exact & ruint::aliases::U256::from((1u64 << 40) - 1)) != ruint::aliases::U256::ZERO;
            let negative = (v < 0) != (f < 0);
            let down = if negative { -floor - i128::from(inexact) } else { floor };
            let up = if negative { -floor } else { floor + i128::from(inexact) };
            prop_assert_eq!(scale_floor(v, f), down);
            prop_assert_eq!(scale_ceil(v, f), up);
        }

        #[test]
        fn a_multiplier_is_quantity_times_discount(
            lots in -(1i64 << 53)..1i64 << 53,
            lot in 1u64..=u64::MAX,
            discount in 1i64..=ONE_Q62,
            exponent in -54i32..50,
            v in 0i64..1 << 61,
        ) {
            let exact = lots as f64 * lot as f64 / 1e18 * discount as f64 / ONE_Q62 as f64
                * v as f64 * 2f64.powi(exponent);
            match Multiplier::new(lots, lot, discount, exponent) {
                None => prop_assert!(exact.abs() > (LIMIT as f64) / 2f64.powi(63 - (v.max(1)).ilog2() as i32 + 2)),
                Some(m) => {
                    let got = m.cash(v) as f64;
                    prop_assert!((got - exact).abs() <= 1.0 + exact.abs() * 1e-14, "{got} {exact}");
                    prop_assert!(m.cash(v).abs() <= LIMIT);
                }
            }
        }
    }
}
