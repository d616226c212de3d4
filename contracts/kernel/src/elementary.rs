//! exp, ln and sqrt in binary fixed point.
//!
//! Errors stated are maxima measured against 50-digit references (`docs/numerics.md`).
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "sizes below 2^63 in and out: the bound of each stands where it is made"
)]

use crate::{
    fixed::{ONE_Q40, Q40, Q56, Q62, mul_hi_short, wide_mul},
    tables::{ATANH, EXP},
};

/// ln 2 in Q56 and in Q64.
const LN2_Q56: u64 = 49_946_518_145_322_874;
const LN2_Q64: u64 = 12_786_308_645_202_655_660;
/// 1 / ln 2 in Q32.
const INV_LN2_Q32: u64 = 6_196_328_018;

/// `exp(-x)` for `x >= 0` in [`Q56`]; a negative `x` counts as 0.
///
/// Result in [0, 1], 0 from x = 43.7 on. Absolute error below 1e-17; never increases with `x`.
#[must_use]
pub fn exp_neg_q56(x: Q56) -> Q62 {
    let x = x.max(0) as u64;
    // octave: k = floor(x / ln 2) or one less, put right below
    let k = mul_hi_short(x, INV_LN2_Q32 << 8) >> 32;
    let rest = x.wrapping_sub(k.wrapping_mul(LN2_Q56));
    let again = u64::from(rest >= LN2_Q56);
    let k = k.wrapping_add(again);
    let rest = rest.wrapping_sub(LN2_Q56 & again.wrapping_neg());
    // exp(-x) = 2^-(k+1) exp(ln 2 - rest): the polynomial sees [0, ln 2] and has positive
    // coefficients only, so that every floored step keeps the order
    let power = exp_octave(LN2_Q64.wrapping_sub(rest << 8));
    if k >= 62 {
        0
    } else {
        (power >> k.wrapping_add(1)) as i64
    }
}

/// `exp(-x)` for `x >= 0` in [`Q40`]; a negative `x` counts as 0. As [`exp_neg_q56`], exact input up
/// to x = 127.
#[must_use]
pub fn exp_neg(x: Q40) -> Q62 {
    exp_neg_q56(x.clamp(0, 127 * ONE_Q40) << 16)
}

/// `exp(x)`, floored, saturating at `i64::MAX` from x = 15.94 on.
///
/// Error below one unit of 2^-40 plus 2.5e-16 of the result; never decreases with `x`.
#[must_use]
pub fn exp(x: Q40) -> Q40 {
    if x <= 0 {
        return exp_neg(x.saturating_neg()) >> 22;
    }
    if x >= 16 * ONE_Q40 {
        return i64::MAX;
    }
    let x = (x as u64) << 16;
    let k = mul_hi_short(x, INV_LN2_Q32 << 8) >> 32;
    let rest = x.wrapping_sub(k.wrapping_mul(LN2_Q56));
    let again = u64::from(rest >= LN2_Q56);
    let k = k.wrapping_add(again);
    let rest = rest.wrapping_sub(LN2_Q56 & again.wrapping_neg());
    // Q62 in [1, 2], times 2^k, to Q40; k <= 23
    let power = exp_octave(rest << 8);
    let shift = 22u32.saturating_sub(k as u32);
    if k > 22 {
        i64::MAX
    } else {
        (power >> shift) as i64
    }
}

/// `exp(r)` in Q62 for r in [0, ln 2], given in Q64: in [1, 2].
#[inline]
fn exp_octave(r: u64) -> u64 {
    let [c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11] = EXP;
    // acc <= 2 in Q62: no overflow. Written out: a loop would read its coefficients from memory
    let step = |acc: u64, c: u64| c.wrapping_add(mul_hi_short(acc, r));
    let acc = step(step(step(c11, c10), c9), c8);
    let acc = step(step(step(step(acc, c7), c6), c5), c4);
    step(step(step(step(acc, c3), c2), c1), c0)
}

/// `ln(v)` of a positive integer, in [`Q56`] (at most 88.8). `ln(0)` is taken as `i64::MIN`.
///
/// Absolute error below 5e-17. For a number in Qn subtract n ln 2, or use [`ln`].
#[must_use]
pub fn ln_u128(v: u128) -> Q56 {
    if v == 0 {
        return i64::MIN;
    }
    // leading 64 bits: v = top / 2^63 * 2^exponent, relative error 2^-63
    let (top, _, zeros) = normalise(v, u32::MAX);
    let exponent = 127u32.wrapping_sub(zeros);
    ln_parts(top, exponent as i64)
}

/// `ln(x)`, rounded to nearest: absolute error below one unit of 2^-40. `x <= 0` gives `i64::MIN`.
#[must_use]
pub fn ln(x: Q40) -> Q40 {
    if x <= 0 {
        return i64::MIN;
    }
    let zeros = x.leading_zeros();
    let top = (x as u64) << zeros;
    round_to_q40(ln_parts(top, 23i64.wrapping_sub(zeros as i64)))
}

/// From [`Q56`] to [`Q40`], to nearest, ties up.
#[inline]
pub(crate) const fn round_to_q40(v: Q56) -> Q40 {
    (v >> 16).wrapping_add((v >> 15) & 1)
}

/// ln of `top / 2^63 * 2^exponent`, top >= 2^63, |exponent| <= 127.
fn ln_parts(top: u64, exponent: i64) -> Q56 {
    // m in [1/sqrt 2, sqrt 2) in Q62, so that |z| <= 0.1716 for z = (m - 1) / (m + 1)
    const SQRT2_Q63: u64 = 13_043_817_825_332_782_212;
    const ONE: u64 = 1 << 62;
    let high = u64::from(top >= SQRT2_Q63);
    let m = top >> (1 + high);
    let exponent = exponent.wrapping_add(high as i64);
    let negative = m < ONE;
    let distance = if negative {
        ONE.wrapping_sub(m)
    } else {
        m.wrapping_sub(ONE)
    };
    let sum = m.wrapping_add(ONE);
    // 1 / sum by one division of 32 bits and one Newton step: `y` is Q63, 1/y in [1.7, 2.42]
    let guess = ((1u64 << 63) / core::num::NonZeroU64::MIN.saturating_add(sum >> 32)) << 30;
    // residue 1 - sum * guess, signed, Q62
    let residue = ONE.wrapping_sub(mul_hi_short(sum, guess) << 1) as i64;
    let size = residue.unsigned_abs();
    let step = mul_hi_short(size << 2, guess);
    let y = if residue < 0 {
        guess.wrapping_sub(step)
    } else {
        guess.wrapping_add(step)
    };
    // z in Q61 = distance Q62 * y Q63 / 2^64
    let z = mul_hi_short(distance, y);
    // z^2 in Q64 (0.0295 at most)
    let zz = mul_hi_short(z, z) << 6;
    let [c0, c1, c2, c3, c4, c5, c6, c7, c8] = ATANH;
    // acc <= 2.03 in Q61: no overflow
    let step = |acc: u64, c: u64| c.wrapping_add(mul_hi_short(acc, zz));
    let acc = step(step(step(step(c8, c7), c6), c5), c4);
    let acc = step(step(step(step(acc, c3), c2), c1), c0);
    // Q61 * Q61 -> Q58, then to Q56 rounded
    let size = mul_hi_short(z, acc).wrapping_add(2) >> 2;
    let part = if negative {
        (size as i64).wrapping_neg()
    } else {
        size as i64
    };
    // exponent * ln 2: 7 bits by 56, with 8 more places so that 127 times its rounding is nothing
    part.wrapping_add(exponent_ln2(exponent))
}

/// `exponent * ln 2` in Q56 for |exponent| <= 128, to nearest.
#[inline]
const fn exponent_ln2(exponent: i64) -> i64 {
    let (hi, lo) = wide_mul(exponent.unsigned_abs(), LN2_Q64);
    let size = ((hi << 56) | (lo >> 8)).wrapping_add((lo >> 7) & 1) as i64;
    if exponent < 0 {
        size.wrapping_neg()
    } else {
        size
    }
}

/// `v << zeros` as upper and lower half, and `zeros`: the leading zeros of `v` > 0, those of the upper
/// half masked by `mask`.
///
/// In halves, because a 128-bit shift by a variable is a library call in WASM.
#[inline(always)]
const fn normalise(v: u128, mask: u32) -> (u64, u64, u32) {
    let (hi, lo) = ((v >> 64) as u64, v as u64);
    let (hi, lo, base) = if hi == 0 { (lo, 0, 64) } else { (hi, lo, 0) };
    let zeros = hi.leading_zeros() & mask & 63;
    let upper = hi.wrapping_shl(zeros) | (lo >> 1).wrapping_shr(63 ^ zeros);
    (upper, lo.wrapping_shl(zeros), zeros.wrapping_add(base))
}

/// `floor(sqrt(v))`, exactly.
#[must_use]
pub fn sqrt_u128(v: u128) -> u64 {
    if v == 0 {
        return 0;
    }
    // one digit of base 2^64 of the schoolbook root (Zimmermann): root of the upper half, one
    // division, one correction. Normalised to an even shift with one of the two top bits set
    let (upper, lower, zeros) = normalise(v, !1);
    let (a1, a0) = (lower >> 32, lower & 0xFFFF_FFFF);
    let (root, rest) = sqrt_rem_u64(upper);
    // (rest 2^32 + a1) / (2 root), in a form that fits 64 bits: rest <= 2 root < 2^33
    let half = (rest << 31) | (a1 >> 1);
    let Some(divisor) = core::num::NonZeroU64::new(root) else {
        return 0;
    };
    let digit = half / divisor;
    let left = ((half % divisor) << 1) | (a1 & 1);
    // candidate root 2^32 + digit, where digit may be 2^32 and the remainder negative by one step
    let candidate = (root << 32).wrapping_add(digit);
    let (square_hi, square_lo) = wide_mul(digit, digit);
    let (left_hi, left_lo) = (left >> 32, (left << 32) | a0);
    let negative = square_hi > left_hi || (square_hi == left_hi && square_lo > left_lo);
    let candidate = candidate.wrapping_sub(u64::from(negative));
    candidate.wrapping_shr(zeros >> 1)
}

/// Root and remainder of `v >= 2^62`.
#[inline]
fn sqrt_rem_u64(v: u64) -> (u64, u64) {
    // for v = m 2^62 the line 0.34375 m + 0.72728 lies above sqrt(m) by at most 7.2 %. Newton comes
    // from above and squares the error: 7.2e-2, 2.4e-3, 2.8e-6, 3.9e-12 < 2^-32
    let mut root = (v >> 33).wrapping_add(v >> 35).wrapping_add(v >> 36) + 1_561_820_000;
    for _ in 0..3 {
        // an odd divisor is not 0, which spares the check
        root |= 1;
        root = root.wrapping_add(v / root) >> 1;
    }
    // at most one too large after the floor of the last step
    let square = root.wrapping_mul(root);
    let over = u64::from(root > u32::MAX as u64 || square > v);
    let root = root.wrapping_sub(over);
    (root, v.wrapping_sub(root.wrapping_mul(root)))
}

/// `floor(sqrt(x))` in [`Q40`], exactly: the largest r with r² <= x. `x <= 0` gives 0.
#[must_use]
pub fn sqrt(x: Q40) -> Q40 {
    sqrt_u128((x.max(0) as u128) << 40) as i64
}

/// The square root of a [`Q56`] number as [`Q40`], floored: from total variance to total standard
/// deviation. `x <= 0` gives 0.
#[must_use]
pub fn sqrt_q56(x: Q56) -> Q40 {
    sqrt_u128((x.max(0) as u128) << 24) as i64
}
