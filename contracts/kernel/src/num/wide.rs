//! Unsigned, 256 bits.
use super::{U256, halves};

/// The number in 256 bits. Exact.
#[must_use]
pub const fn u128_to_u256(value: u128) -> U256 {
    let (low, high) = halves(value);
    U256::from_limbs([low, high, 0, 0])
}

/// The number in 128 bits; `None` when it does not fit.
#[must_use]
pub fn to_u128(value: U256) -> Option<u128> {
    let [l0, l1, l2, l3] = *value.as_limbs();
    if l2 | l3 != 0 {
        return None;
    }
    Some((u128::from(l1) << 64) | u128::from(l0))
}

/// a·b. Exact.
#[must_use]
pub fn wide_mul(a: u128, b: u128) -> U256 {
    let ((a0, a1), (b0, b1)) = (halves(a), halves(b));
    // Schoolbook on 64-bit digits; no sum exceeds (2^64 − 1)² + 2·(2^64 − 1) = 2^128 − 1.
    let (l0, carry) = mul_add(a0, b0, 0, 0);
    let (l1, high) = mul_add(a0, b1, carry, 0);
    let (l1, carry) = mul_add(a1, b0, l1, 0);
    let (l2, l3) = mul_add(a1, b1, high, carry);
    U256::from_limbs([l0, l1, l2, l3])
}

/// a·b + c + d as low and high digit. Cannot overflow: (2^64 − 1)² + 2·(2^64 − 1) = 2^128 − 1.
const fn mul_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    halves(a as u128 * b as u128 + c as u128 + d as u128)
}
