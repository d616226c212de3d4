//! Binary fixed point: formats, exact wide products with named rounding, the decimal edge.
//!
//! A number in format Qn is an integer `v` that stands for `v / 2^n`. Formats carry no run-time tag;
//! the aliases [`Q40`], [`Q56`] and [`Q62`] name them in signatures:
//!
//! | format | in | resolution | range | holds |
//! |---|---|---|---|---|
//! | Q40 | `i64` | 9.1e-13 | ±8.4e6 | log-moneyness, total standard deviation, d1 and d2, factors |
//! | Q56 | `i64` | 1.4e-17 | ±128 | logarithms, total variance, surface parameters |
//! | Q62 | `i64` | 2.2e-19 | ±2 | probabilities, densities, discounts |
//!
//! Option values use none of them: they are integers in a binary unit chosen per option from the
//! forward and the strike (see [`crate::black76::Moneyness`]), so that a coin worth 1e-5 keeps its
//! digits.
//!
//! Nothing here panics or wraps: each function saturates at bounds its doc states, or says what it
//! requires. Functions with requirements check them with `debug_assert!`, which tests run and
//! releases do not.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "two's complement halves of a product, and what a test before the cast admits"
)]

/// A number with 40 binary places in an `i64`.
pub type Q40 = i64;
/// A number with 56 binary places in an `i64`.
pub type Q56 = i64;
/// A number with 62 binary places in an `i64`.
pub type Q62 = i64;

/// 1 in [`Q40`].
pub const ONE_Q40: Q40 = 1 << 40;
/// 1 in [`Q56`].
pub const ONE_Q56: Q56 = 1 << 56;
/// 1 in [`Q62`].
pub const ONE_Q62: Q62 = 1 << 62;
/// 1 at the ABI edge, where numbers carry 18 decimal places.
pub const WAD: i128 = 1_000_000_000_000_000_000;

/// Direction in which an inexact result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Towards minus infinity. What a user is credited with, owns or may take out: see
    /// [`Round::CREDIT`].
    Floor,
    /// Towards plus infinity. What a user owes, must hold or pays: see [`Round::CHARGE`].
    Ceil,
}

impl Round {
    /// Away from the user when the number is his: equity, collateral, a withdrawable amount. A
    /// negative credit grows in size.
    pub const CREDIT: Self = Self::Floor;
    /// Away from the user when the number is against him: requirement, debt, fee, price to pay.
    pub const CHARGE: Self = Self::Ceil;
    /// The direction that favours the user, for a number that is his.
    pub const TOWARD_USER: Self = Self::Ceil;
}

// ------------------------------------------------------------------ products

// `a * b`, `a + b`, `a - b` whose operands are known to fit. Overflow checks are on in release, and
// the check of a 64-bit product is a library call in WASM; here it runs in debug builds.

#[inline(always)]
pub(crate) const fn mul(a: i64, b: i64) -> i64 {
    debug_assert!(a.checked_mul(b).is_some());
    a.wrapping_mul(b)
}

#[inline(always)]
pub(crate) const fn add(a: i64, b: i64) -> i64 {
    debug_assert!(a.checked_add(b).is_some());
    a.wrapping_add(b)
}

#[inline(always)]
pub(crate) const fn sub(a: i64, b: i64) -> i64 {
    debug_assert!(a.checked_sub(b).is_some());
    a.wrapping_sub(b)
}

/// The 128-bit product as (upper, lower) 64 bits, exactly.
#[inline(always)]
#[must_use]
pub const fn wide_mul(a: u64, b: u64) -> (u64, u64) {
    let (ah, al) = (a >> 32, a & LOW);
    let (bh, bl) = (b >> 32, b & LOW);
    // no sum below overflows: (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1
    let low = al.wrapping_mul(bl);
    let mid = ah.wrapping_mul(bl).wrapping_add(low >> 32);
    let mid2 = al.wrapping_mul(bh).wrapping_add(mid & LOW);
    let hi = ah
        .wrapping_mul(bh)
        .wrapping_add(mid >> 32)
        .wrapping_add(mid2 >> 32);
    (hi, a.wrapping_mul(b))
}

const LOW: u64 = 0xFFFF_FFFF;

/// `floor(a * b / 2^N)`, exactly, saturating at the bounds of `i64`. `N` in 1 ..= 63.
///
/// ```
/// use plimsoll_kernel::fixed::{mul_shift_floor, ONE_Q40};
/// assert_eq!(mul_shift_floor::<40>(3 * ONE_Q40, -ONE_Q40 / 2), -3 * ONE_Q40 / 2);
/// assert_eq!(mul_shift_floor::<40>(1, -1), -1);
/// ```
#[inline(always)]
#[must_use]
pub const fn mul_shift_floor<const N: u32>(a: i64, b: i64) -> i64 {
    const { assert!(N >= 1 && N <= 63) };
    let (hi, lo) = signed_wide_mul(a, b);
    let out = (hi << (64 - N)) | ((lo >> N) as i64);
    // it fits when what was shifted out of `hi` only repeats the sign
    if hi >> (N - 1) == out >> 63 {
        out
    } else if hi < 0 {
        i64::MIN
    } else {
        i64::MAX
    }
}

/// `ceil(a * b / 2^N)`, exactly, saturating at the bounds of `i64`. `N` in 1 ..= 63.
#[inline(always)]
#[must_use]
pub const fn mul_shift_ceil<const N: u32>(a: i64, b: i64) -> i64 {
    let down = mul_shift_floor::<N>(a, b);
    let rest = a.wrapping_mul(b) & ((1i64 << N).wrapping_sub(1));
    if rest == 0 || down == i64::MIN {
        down
    } else {
        down.saturating_add(1)
    }
}

/// The signed 128-bit product as (upper signed, lower unsigned) halves.
#[inline(always)]
const fn signed_wide_mul(a: i64, b: i64) -> (i64, u64) {
    let (hi, lo) = wide_mul(a as u64, b as u64);
    // two's complement: each negative operand was read 2^64 too large
    let fix = ((a >> 63) & b).wrapping_add((b >> 63) & a);
    ((hi as i64).wrapping_sub(fix), lo)
}

/// The upper 64 bits of the product, at most two units too low and never too high, never decreasing in
/// either argument: what the two low halves give is dropped.
///
/// Three products stay three: LLVM turns the exact form of [`wide_mul`] back into a 128-bit product,
/// which is a call of several times their price in WASM.
#[inline(always)]
pub(crate) const fn mul_hi_short(a: u64, b: u64) -> u64 {
    let (ah, al) = (a >> 32, a & LOW);
    let (bh, bl) = (b >> 32, b & LOW);
    // at most the exact result: no overflow
    ah.wrapping_mul(bh)
        .wrapping_add(ah.wrapping_mul(bl) >> 32)
        .wrapping_add(al.wrapping_mul(bh) >> 32)
}

/// `a * b / 2^62` for a value `a` in `0 ..= 2^60` and a probability `b` in `0 ..= 1`, at most three
/// units of the last place too low and never too high, never decreasing in either argument.
///
/// Three products as in [`mul_hi_short`].
#[inline(always)]
pub(crate) const fn mul_probability(a: i64, b: Q62) -> i64 {
    debug_assert!(a >= 0 && a <= 1 << 60 && b >= 0 && b <= ONE_Q62);
    let (ah, al) = (a >> 30, (a << 2) & LOW as i64);
    let (bh, bl) = (b >> 32, b & LOW as i64);
    add(mul(ah, bh), add(mul(ah, bl) >> 32, mul(al, bh) >> 32))
}

/// The larger of `v` and 0.
#[inline(always)]
pub(crate) const fn positive(v: i64) -> i64 {
    if v > 0 { v } else { 0 }
}

// ------------------------------------------------------------------ quotients

/// `a / b` in the format both share with [`Q40`] as the result's, rounded as named. Saturates at the
/// bounds of `i64`; a zero divisor gives the bound with the sign of `a`, and 0 / 0 gives 0.
#[must_use]
pub const fn div_q40(a: i64, b: i64, round: Round) -> Q40 {
    clamp_i64(div_i128((a as i128) << 40, b as i128, round))
}

/// `a / b` rounded as named. A zero divisor gives the bound of `i128` with the sign of `a` (0 / 0 is
/// 0), and `MIN / -1` gives `MAX`.
#[must_use]
pub const fn div_i128(a: i128, b: i128, round: Round) -> i128 {
    if b == 0 {
        return if a > 0 {
            i128::MAX
        } else if a < 0 {
            i128::MIN
        } else {
            0
        };
    }
    let Some(quotient) = a.checked_div(b) else {
        return i128::MAX;
    };
    // truncated towards zero: exact, or one step away from floor or ceil depending on the sign.
    // |quotient * b| <= |a|, so neither operation overflows
    let exact = quotient.wrapping_mul(b) == a;
    let negative = (a < 0) != (b < 0);
    match round {
        Round::Floor if !exact && negative => quotient.wrapping_sub(1),
        Round::Ceil if !exact && !negative => quotient.wrapping_add(1),
        _ => quotient,
    }
}

/// `v` moved inside the bounds of `i64`.
#[inline]
#[must_use]
pub const fn clamp_i64(v: i128) -> i64 {
    if v > i64::MAX as i128 {
        i64::MAX
    } else if v < i64::MIN as i128 {
        i64::MIN
    } else {
        // fits: both bounds were just checked
        v as i64
    }
}

// ------------------------------------------------------------------ the decimal edge

/// 5^18: a number with 18 decimal places is `v / (2^18 5^18)`.
pub(crate) const FIVE_18: i128 = 3_814_697_265_625;

/// From 18 decimal places to `N` binary places (18 ..= 62), rounded as named, saturating at the
/// bounds of `i64`.
#[must_use]
pub const fn from_wad<const N: u32>(wad: i128, round: Round) -> i64 {
    const { assert!(N >= 18 && N <= 62) };
    // beyond the cap the result is out of bounds anyway, below it the shift cannot overflow
    let cap = 1i128 << (144 - N);
    let wad = if wad > cap {
        cap
    } else if wad < -cap {
        -cap
    } else {
        wad
    };
    clamp_i64(div_i128(wad << (N - 18), FIVE_18, round))
}

/// From `N` binary places (18 ..= 62) to 18 decimal places, rounded as named. Exact range: every
/// `i64` fits.
#[must_use]
pub const fn to_wad<const N: u32>(v: i64, round: Round) -> i128 {
    const { assert!(N >= 18 && N <= 62) };
    // |v| * 5^18 < 2^63 * 2^42
    shift_right((v as i128).wrapping_mul(FIVE_18), N - 18, round)
}

/// `v / 2^n` rounded as named, for n in 0 ..= 126.
#[inline]
#[must_use]
pub(crate) const fn shift_right(v: i128, n: u32, round: Round) -> i128 {
    let down = v.wrapping_shr(n);
    match round {
        Round::Floor => down,
        // `down << n <= v`, and down < MAX whenever something was cut off
        Round::Ceil if down.wrapping_shl(n) != v => down.wrapping_add(1),
        Round::Ceil => down,
    }
}
