//! What moves with a share of an account.
use super::ONE;
use crate::num::{mul_div_ceil, mul_div_floor, signed_mul_div_trunc};

/// Lots of a leg that a share takes: rounded away from zero, so that even one lot can be sold and the buffer is
/// reached. The discount does not grow by this: it is paid for the share asked for.
#[must_use]
pub fn slice_size(size: i64, fraction: u128) -> i64 {
    let lots = mul_div_ceil(u128::from(size.unsigned_abs()), fraction.min(ONE), ONE)
        .and_then(|lots| i64::try_from(lots).ok())
        .unwrap_or(i64::MAX);
    // `lots` ≤ |size|; i64::MIN itself is reached only whole.
    match size.unsigned_abs() == i64::MIN.unsigned_abs() && fraction >= ONE {
        true => size,
        false if size < 0 => -lots,
        false => lots,
    }
}

/// The quote that moves with `lots` of a leg of `size` lots: its share, towards zero; all of it with the whole leg.
/// The price contains it exactly, so its rounding costs nobody anything.
#[must_use]
pub fn slice_quote(quote: i128, lots: i64, size: i64) -> Option<i128> {
    if lots == size {
        return Some(quote);
    }
    // Same sign, |lots| ≤ |size|.
    signed_mul_div_trunc(
        quote,
        i128::from(lots.unsigned_abs()),
        u128::from(size.unsigned_abs()),
    )
}

/// The cash that moves, at par: its share, towards zero. The price contains it exactly.
#[must_use]
pub fn slice_cash(cash: i128, fraction: u128) -> Option<i128> {
    let fraction = i128::try_from(fraction.min(ONE)).ok()?;
    signed_mul_div_trunc(cash, fraction, ONE)
}

/// The collateral that moves: its share, rounded down.
#[must_use]
pub fn slice_collateral(amount: u128, fraction: u128) -> Option<u128> {
    mul_div_floor(amount, fraction.min(ONE), ONE)
}
