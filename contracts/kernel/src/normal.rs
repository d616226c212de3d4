//! The normal distribution.
#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a sign taken apart and put back, probabilities below 2^63"
)]

use crate::{
    elementary::exp_neg_q56,
    fixed::{ONE_Q62, Q40, Q62, add, mul, mul_hi_short, sub},
    tables::{TAIL, TailSegment},
};

/// From here on the tail is taken as 0: it is below 3.2e-14.
const LIMIT: u64 = (15 << 40) / 2;
/// Width of a table segment is 2^38 units of 2^-40.
const SEGMENT_BITS: u32 = 38;
const SEGMENT_MASK: i64 = (1 << SEGMENT_BITS) - 1;

/// The cumulative distribution N(x).
///
/// Result in [0, 1] of [`Q62`]. Absolute error below 3e-13; exactly monotone; N(x) + N(-x) = 1,
/// N(0) = 1/2, and N(x) = 0 or 1 for |x| >= 7.5, exactly. Total: every `i64` is in the domain
/// (`i64::MIN` counts as its neighbour).
///
/// ```
/// use plimsoll_kernel::{fixed::{ONE_Q40, ONE_Q62}, normal::cdf};
/// assert_eq!(cdf(0), ONE_Q62 / 2);
/// assert_eq!(cdf(ONE_Q40) + cdf(-ONE_Q40), ONE_Q62);
/// ```
#[inline(always)]
#[must_use]
pub fn cdf(x: Q40) -> Q62 {
    let sign = x >> 63;
    let size = (x ^ sign).wrapping_sub(sign) as u64;
    let tail = upper_tail(size.min(LIMIT - 1));
    // N(x) = tail for a negative x, 1 - tail otherwise, without a branch
    sub(ONE_Q62 & !sign, sub(tail ^ sign, sign))
}

/// N(-size) for size < [`LIMIT`].
///
/// A polynomial of degree 7 per segment, in Horner form, whose variable `t` runs from the segment's
/// far edge towards zero, so that the tail increases with `t`. The four high terms are small enough
/// for 32-bit factors; the three products that follow are exact before their floor.
#[inline(always)]
fn upper_tail(size: u64) -> i64 {
    const NOTHING: TailSegment = TailSegment {
        wide: [0; 4],
        narrow: [0; 4],
    };
    // the index is at most 29 for size < LIMIT; the fallback is never taken
    let segment = TAIL
        .get((size >> SEGMENT_BITS) as usize)
        .unwrap_or(&NOTHING);
    let [c0, c1, c2, c3] = segment.wide;
    let [c4, c5, c6, c7] = segment.narrow;
    let t = !(size as i64) & SEGMENT_MASK;
    let short = t >> (SEGMENT_BITS - 31);
    let acc = add(c6 as i64, mul(c7 as i64, short) >> 34);
    let acc = add(c5 as i64, mul(acc, short) >> 34);
    let acc = add(c4 as i64, mul(acc, short) >> 34);
    let acc = add(c3, mul(acc, short) >> 23);
    let acc = add(c2, wide(t, acc) >> 14);
    let acc = add(c1, wide(t, acc) >> 14);
    add(c0, wide(t, acc) >> 4)
}

/// `floor(t * q / 2^24)` for t < 2^38 and |q| < 2^49, exactly, in 64 bits.
#[inline(always)]
fn wide(t: i64, q: i64) -> i64 {
    add(mul(t, q >> 24), mul(t, q & 0xFF_FFFF) >> 24)
}

/// The density φ(x) = exp(-x²/2) / √(2π).
///
/// Result in [0, 0.3990] of [`Q62`]. Absolute error below 3e-17; even; never increases with |x|; 0
/// for |x| >= 9.4. Total.
#[must_use]
pub fn pdf(x: Q40) -> Q62 {
    /// 1 / √(2π) in Q64.
    const SCALE: u64 = 7_359_186_146_747_302_452;
    // |x| < 11.3 keeps x²/2 below 64 in Q56
    let size = x.unsigned_abs().min(11 << 40);
    let half_square = mul_hi_short(size << 20, size << 19);
    mul_hi_short(exp_neg_q56(half_square as i64) as u64, SCALE) as i64
}
