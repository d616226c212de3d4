//! a·b / d on 128 bits, the product in full.
use super::{Divisor, U256, WAD, to_u128, wide_mul};

/// ⌊a·b / d⌋ with the product in full. `None`: d = 0 or the quotient needs more than 128 bits.
#[must_use]
pub fn mul_div_floor(a: u128, b: u128, d: u128) -> Option<u128> {
    mul_div_rem(a, b, d).map(|(quotient, _)| quotient)
}

/// ⌈a·b / d⌉ with the product in full. `None`: d = 0 or the quotient needs more than 128 bits.
#[must_use]
pub fn mul_div_ceil(a: u128, b: u128, d: u128) -> Option<u128> {
    let (quotient, exact) = mul_div_rem(a, b, d)?;
    if exact {
        Some(quotient)
    } else {
        quotient.checked_add(1)
    }
}

/// ⌊a·b / d⌋, and whether it is exact, one bit a step: some ten gas, and a tenth of the code of the others. `None`:
/// d = 0 or the quotient needs more than 128 bits.
#[must_use]
pub fn mul_div_small(a: u128, b: u128, d: u128) -> Option<(u128, bool)> {
    // a zero divisor is no more than the high half
    long_division(halves_of(wide_mul(a, b)), d)
}

/// Quotient rounded down, and whether it is exact.
fn mul_div_rem(a: u128, b: u128, d: u128) -> Option<(u128, bool)> {
    if let Some(product) = a.checked_mul(b) {
        return Some((product.checked_div(d)?, product.checked_rem(d)? == 0));
    }
    let (quotient, exact) = match u64::try_from(d) {
        Ok(d) => {
            let divisor = if d == WAD {
                Divisor::WAD
            } else {
                Divisor::new(d)?
            };
            divisor.divide(wide_mul(a, b))
        }
        // d > 0 here: it does not fit 64 bits.
        Err(_) => return long_division(halves_of(wide_mul(a, b)), d),
    };
    Some((to_u128(quotient)?, exact))
}

/// (high·2^128 + low) / d, one bit a step: a few hundred bytes where a general division takes ten thousand.
/// `None` when d = 0 or the quotient needs more than 128 bits.
#[inline(never)]
fn long_division((high, low): (u128, u128), d: u128) -> Option<(u128, bool)> {
    if high >= d {
        return None;
    }
    let (mut remainder, mut quotient) = (high, low);
    for _ in 0..128 {
        // remainder < d, so twice it and one is below 2d: one subtraction brings it back
        let carry = remainder >> 127;
        remainder = (remainder << 1) | (quotient >> 127);
        quotient <<= 1;
        if carry != 0 || remainder >= d {
            remainder = remainder.wrapping_sub(d);
            quotient |= 1;
        }
    }
    Some((quotient, remainder == 0))
}

/// High and low 128 bits.
fn halves_of(value: U256) -> (u128, u128) {
    let [l0, l1, l2, l3] = *value.as_limbs();
    (
        (u128::from(l3) << 64) | u128::from(l2),
        (u128::from(l1) << 64) | u128::from(l0),
    )
}

/// ⌊a·b / d⌋ of signed factors. `None`: d = 0 or the result is outside `i128`.
#[must_use]
pub fn signed_mul_div_floor(a: i128, b: i128, d: u128) -> Option<i128> {
    let negative = (a < 0) != (b < 0);
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let magnitude = if negative {
        mul_div_ceil(a, b, d)
    } else {
        mul_div_floor(a, b, d)
    };
    with_sign(negative, magnitude?)
}

/// a·b / d of signed factors, towards 0. `None`: d = 0 or the result is outside `i128`.
///
/// Warning: it favours whoever owes; only for amounts that both directions may round alike.
#[must_use]
pub fn signed_mul_div_trunc(a: i128, b: i128, d: u128) -> Option<i128> {
    let negative = (a < 0) != (b < 0);
    with_sign(
        negative,
        mul_div_floor(a.unsigned_abs(), b.unsigned_abs(), d)?,
    )
}

/// The number of this sign and magnitude; `None` outside `i128`.
#[must_use]
pub fn with_sign(negative: bool, magnitude: u128) -> Option<i128> {
    if negative {
        0_i128.checked_sub_unsigned(magnitude)
    } else {
        i128::try_from(magnitude).ok()
    }
}
