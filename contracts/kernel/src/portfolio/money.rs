//! Cash inside the margin calculator: bounded `i128`, so that sums of a hundred legs cannot overflow.

use crate::{
    fixed::{Q40, Q62},
    num::{self, Divisor},
};

/// Signed amount of settlement coin, 1e-18.
pub type Cash = i128;

/// No leg, balance or requirement counts for more: 2^110, about 1.3e15 coins. What is larger is clamped and the
/// portfolio marked out of range: it cannot be opened, and in liquidation it requires everything.
pub const LIMIT: Cash = 1 << 110;

/// `v` moved inside ±[`LIMIT`].
#[inline]
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

/// ⌊v·f⌋ for |v| at most 2^118 and a factor within ±64.
#[inline]
#[must_use]
pub const fn scale_floor(v: Cash, f: Q40) -> Cash {
    // v = high·2^40 + low with 0 ≤ low < 2^40: |high·f| < 2^124 and |low·f| < 2^86
    let low = v & ((1 << 40) - 1);
    let high = v >> 40;
    high.wrapping_mul(f as i128)
        .wrapping_add(low.wrapping_mul(f as i128) >> 40)
}

/// ⌈v·f⌉, domain as [`scale_floor`].
#[inline]
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

fn worth(units: i128, price: u128, away: bool) -> Option<Cash> {
    let product = num::wide_mul(units.unsigned_abs(), price);
    let (down, up) = num::wide_mul_div_both(product, 1, Divisor::WAD)?;
    num::with_sign(units < 0, num::to_u128(if away { up } else { down })?)
}

/// ⌊amount · price / 10^decimals⌋ for an amount in a token's own decimals; `None` outside `i128` or above 36 decimals.
#[must_use]
pub fn worth_of_tokens(amount: u128, price: u128, decimals: u8) -> Option<Cash> {
    // two cuts of one number are one cut by the product
    let first = decimals.min(18);
    let unit = |exponent: u8| Divisor::new(u64::try_from(num::power_of_ten(exponent)?).ok()?);
    let mut value = num::wide_mul_div_floor(num::wide_mul(amount, price), 1, unit(first)?)?;
    if decimals > first {
        value = num::wide_mul_div_floor(value, 1, unit(decimals - first)?)?;
    }
    Cash::try_from(num::to_u128(value)?).ok()
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
const INVERSE_5_18: i64 = ((1i128 << 103) / 3_814_697_265_625) as i64;

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
