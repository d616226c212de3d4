//! Integers with named rounding. The only module in which 256-bit arithmetic happens.
//!
//! `U256` wraps silently under `+ - * <<` in release builds, so no other module of the house uses an operator on
//! it: they call what is here. Everything is total: a result that does not fit, or a division by zero, is
//! `None`, and nothing panics, wraps or truncates a digit.
//!
//! | suffix | direction |
//! | --- | --- |
//! | `_floor`, `_down` | towards −∞ |
//! | `_ceil`, `_up` | towards +∞ |
//! | `_trunc` | towards 0 |
//!
//! Division by a constant goes through [`Divisor`], which replaces each 128-by-64 division (a library call of
//! some fifty gas on the chain) by two multiplications.
#![expect(
    clippy::cast_possible_truncation,
    reason = "digits of wide numbers and fields of packed words: what is cut off is another digit or field"
)]
use core::cmp::Ordering;
pub use ruint::aliases::U256;

/// One, in numbers scaled by 1e18.
pub const WAD: u64 = 1_000_000_000_000_000_000;

/// Largest number of token decimals that converts: 10^36 is the largest such power that leaves room in 128 bits.
pub const MAX_DECIMALS: u8 = 36;

// ---- unsigned, 128 bits -----------------------------------------------------------------------------------

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
            let (quotient, exact) = divisor.divide(*wide_mul(a, b).as_limbs());
            (U256::from_limbs(quotient), exact)
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

// ---- signed, 128 bits -------------------------------------------------------------------------------------

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

/// ⌈a·b / d⌉ of signed factors. `None`: d = 0 or the result is outside `i128`.
#[must_use]
pub fn signed_mul_div_ceil(a: i128, b: i128, d: u128) -> Option<i128> {
    let negative = (a < 0) != (b < 0);
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let magnitude = if negative {
        mul_div_floor(a, b, d)
    } else {
        mul_div_ceil(a, b, d)
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

// ---- token decimals ---------------------------------------------------------------------------------------

/// An amount in a token's own decimals as 1e18, rounded down. `None`: more than [`MAX_DECIMALS`], or too large.
#[must_use]
pub fn to_wad_down(amount: u128, decimals: u8) -> Option<u128> {
    rescale_down(amount, decimals, 18)
}

/// As [`to_wad_down`], rounded up.
#[must_use]
pub fn to_wad_up(amount: u128, decimals: u8) -> Option<u128> {
    rescale_up(amount, decimals, 18)
}

/// A 1e18 amount in a token's own decimals, rounded down. `None`: more than [`MAX_DECIMALS`], or too large.
#[must_use]
pub fn from_wad_down(wad: u128, decimals: u8) -> Option<u128> {
    rescale_down(wad, 18, decimals)
}

/// As [`from_wad_down`], rounded up.
#[must_use]
pub fn from_wad_up(wad: u128, decimals: u8) -> Option<u128> {
    rescale_up(wad, 18, decimals)
}

/// 10^exponent; `None` above 38.
#[must_use]
pub fn power_of_ten(exponent: u8) -> Option<u128> {
    10_u128.checked_pow(u32::from(exponent))
}

fn rescale_down(amount: u128, from: u8, to: u8) -> Option<u128> {
    rescale(amount, from, to).map(|(quotient, _)| quotient)
}

fn rescale_up(amount: u128, from: u8, to: u8) -> Option<u128> {
    let (quotient, exact) = rescale(amount, from, to)?;
    if exact {
        Some(quotient)
    } else {
        quotient.checked_add(1)
    }
}

fn rescale(amount: u128, from: u8, to: u8) -> Option<(u128, bool)> {
    if from > MAX_DECIMALS || to > MAX_DECIMALS {
        return None;
    }
    let power = power_of_ten(from.abs_diff(to))?;
    if from <= to {
        return Some((amount.checked_mul(power)?, true));
    }
    Some((amount.checked_div(power)?, amount.checked_rem(power)? == 0))
}

// ---- unsigned, 256 bits -----------------------------------------------------------------------------------

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

/// a + b. `None` above 256 bits.
#[must_use]
pub fn wide_add(a: U256, b: U256) -> Option<U256> {
    a.checked_add(b)
}

/// a − b. `None` below 0.
#[must_use]
pub fn wide_sub(a: U256, b: U256) -> Option<U256> {
    a.checked_sub(b)
}

/// ⌊x·m / d⌋ with the product in full (320 bits). `None` when the quotient exceeds 256 bits.
#[must_use]
pub fn wide_mul_div_floor(x: U256, m: u64, d: Divisor) -> Option<U256> {
    wide_mul_div_rem(x, m, d).map(|(quotient, _)| quotient)
}

/// ⌈x·m / d⌉ with the product in full (320 bits). `None` when the quotient exceeds 256 bits.
#[must_use]
pub fn wide_mul_div_ceil(x: U256, m: u64, d: Divisor) -> Option<U256> {
    let (quotient, exact) = wide_mul_div_rem(x, m, d)?;
    if exact {
        Some(quotient)
    } else {
        quotient.checked_add(U256::ONE)
    }
}

/// x·m / d rounded down and up: the smallest interval of integers around it. `None` as in the others.
#[must_use]
pub fn wide_mul_div_both(x: U256, m: u64, d: Divisor) -> Option<(U256, U256)> {
    let (quotient, exact) = wide_mul_div_rem(x, m, d)?;
    let above = if exact {
        quotient
    } else {
        quotient.checked_add(U256::ONE)?
    };
    Some((quotient, above))
}

fn wide_mul_div_rem(x: U256, m: u64, d: Divisor) -> Option<(U256, bool)> {
    let [x0, x1, x2, x3] = *x.as_limbs();
    let (l0, carry) = mul_add(x0, m, 0, 0);
    let (l1, carry) = mul_add(x1, m, carry, 0);
    let (l2, carry) = mul_add(x2, m, carry, 0);
    let (l3, l4) = mul_add(x3, m, carry, 0);
    let ([q0, q1, q2, q3, q4], exact) = d.divide([l0, l1, l2, l3, l4]);
    (q4 == 0).then_some((U256::from_limbs([q0, q1, q2, q3]), exact))
}

// ---- signed, 256 bits -------------------------------------------------------------------------------------

/// A signed 256-bit number as the ABI has it: two's complement. Made and read here, never computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Int256(U256);

impl Int256 {
    /// a − b, of unsigned numbers. `None` outside −2^255 .. 2^255 − 1.
    #[must_use]
    pub fn difference(a: U256, b: U256) -> Option<Self> {
        let value = Self(a.wrapping_sub(b));
        // The wrapped difference is right exactly when its sign bit agrees with the order.
        (value.is_negative() == (a < b)).then_some(value)
    }

    /// From the 256 bits of an ABI `int256`.
    #[must_use]
    pub const fn from_raw(raw: U256) -> Self {
        Self(raw)
    }

    /// The 256 bits of an ABI `int256`.
    #[must_use]
    pub const fn to_raw(self) -> U256 {
        self.0
    }

    /// The number in 128 bits; `None` when it does not fit.
    #[must_use]
    pub fn to_i128(self) -> Option<i128> {
        let [l0, l1, l2, l3] = *self.0.as_limbs();
        let low = ((u128::from(l1) << 64) | u128::from(l0)).cast_signed();
        let extension = if low < 0 { u64::MAX } else { 0 };
        (l2 == extension && l3 == extension).then_some(low)
    }

    /// True below 0.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0.bit(255)
    }

    /// The distance from 0. Exact also for −2^255.
    #[must_use]
    pub fn unsigned_abs(self) -> U256 {
        if self.is_negative() {
            self.0.wrapping_neg()
        } else {
            self.0
        }
    }

    /// self ≥ an unsigned number: the test of health.
    #[must_use]
    pub fn at_least(self, requirement: U256) -> bool {
        !self.is_negative() && self.0 >= requirement
    }
}

impl From<i128> for Int256 {
    fn from(value: i128) -> Self {
        let (low, high) = halves(value.cast_unsigned());
        let extension = if value < 0 { u64::MAX } else { 0 };
        Self(U256::from_limbs([low, high, extension, extension]))
    }
}

impl PartialOrd for Int256 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Int256 {
    fn cmp(&self, other: &Self) -> Ordering {
        // Negative first; within one sign two's complement orders as unsigned.
        other
            .is_negative()
            .cmp(&self.is_negative())
            .then(self.0.cmp(&other.0))
    }
}

// ---- division by a fixed 64-bit number --------------------------------------------------------------------

/// A 64-bit divisor, prepared: normalised and with its reciprocal (Möller and Granlund, "Improved division by
/// invariant integers", 2011, algorithms 2 and 4). Made of a constant it costs nothing at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divisor {
    /// d · 2^shift, top bit set.
    normalized: u64,
    shift: u32,
    /// ⌊(2^128 − 1) / normalized⌋ − 2^64.
    reciprocal: u64,
}

impl Divisor {
    /// 1e18.
    pub const WAD: Self = Self::constant(WAD);

    /// Prepares a constant, at compile time; 0 does not compile.
    #[must_use]
    pub(crate) const fn constant(d: u64) -> Self {
        match Self::new(d) {
            Some(divisor) => divisor,
            None => panic!("division by zero"),
        }
    }

    /// Prepares `d`; `None` for 0.
    #[must_use]
    pub const fn new(d: u64) -> Option<Self> {
        if d == 0 {
            return None;
        }
        let shift = d.leading_zeros();
        let normalized = d << shift;
        // SAFETY: normalized > 0. The quotient lies in [2^64, 2^65 − 1): its low half is the reciprocal.
        let reciprocal = (u128::MAX / normalized as u128) as u64;
        Some(Self {
            normalized,
            shift,
            reciprocal,
        })
    }

    /// Digits (least significant first) of the quotient rounded down, and whether it is exact.
    fn divide<const N: usize>(self, digits: [u64; N]) -> ([u64; N], bool) {
        let mut quotient = digits;
        // Shifting the whole number left by `shift` lets each step work with the normalised divisor.
        let mut remainder = match digits.last() {
            Some(top) => shift_in(0, *top, self.shift),
            None => 0,
        };
        let mut lower = digits.iter().rev().skip(1);
        for digit in quotient.iter_mut().rev() {
            let next = lower.next().copied().unwrap_or(0);
            let (q, r) = self.step(remainder, shift_in(*digit, next, self.shift));
            (*digit, remainder) = (q, r);
        }
        (quotient, remainder == 0)
    }

    /// (high·2^64 + low) / normalized, for high < normalized: quotient and remainder.
    fn step(self, high: u64, low: u64) -> (u64, u64) {
        // Never wraps: (reciprocal + 2^64)·high + low ≤ (2^128 − 1)·(d − 1)/d + 2^64 − 1 < 2^128, since high < d.
        let sum = (u128::from(self.reciprocal) * u128::from(high))
            .wrapping_add((u128::from(high) << 64) | u128::from(low));
        let (q0, q1) = halves(sum);
        let mut q = q1.wrapping_add(1);
        let mut r = low.wrapping_sub(q.wrapping_mul(self.normalized));
        if r > q0 {
            q = q.wrapping_sub(1);
            r = r.wrapping_add(self.normalized);
        }
        if r >= self.normalized {
            q = q.wrapping_add(1);
            r = r.wrapping_sub(self.normalized);
        }
        (q, r)
    }
}

/// The top 64 bits of (high ‖ low) shifted left; shift < 64.
const fn shift_in(high: u64, low: u64, shift: u32) -> u64 {
    if shift == 0 {
        high
    } else {
        (high << shift) | (low >> (64 - shift))
    }
}

// ---- fields of packed words -------------------------------------------------------------------------------

/// Low and high half.
#[inline(always)]
#[must_use]
pub const fn halves(value: u128) -> (u64, u64) {
    (value as u64, (value >> 64) as u64)
}

/// The low 64 bits. What is above belongs to other fields.
#[inline(always)]
#[must_use]
pub const fn low_u64(word: u128) -> u64 {
    word as u64
}

/// The low 32 bits, as [`low_u64`].
#[inline(always)]
#[must_use]
pub const fn low_u32(word: u64) -> u32 {
    word as u32
}

/// The low 16 bits, as [`low_u64`].
#[inline(always)]
#[must_use]
pub const fn low_u16(word: u64) -> u16 {
    word as u16
}

/// The low 8 bits, as [`low_u64`].
#[inline(always)]
#[must_use]
pub const fn low_u8(word: u64) -> u8 {
    word as u8
}

/// a·b + c + d as low and high digit. Cannot overflow: (2^64 − 1)² + 2·(2^64 − 1) = 2^128 − 1.
const fn mul_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    halves(a as u128 * b as u128 + c as u128 + d as u128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ruint::aliases::U512;
    use std::hint::black_box;

    /// Numbers as attackers choose them: anything, small, and next to powers of two and ten.
    fn edgy() -> impl Strategy<Value = u128> {
        prop_oneof![
            any::<u128>(),
            any::<u128>().prop_map(|x| x >> (x % 128)),
            (0_u32..128, 0_u128..3)
                .prop_map(|(k, d)| (1_u128 << k).wrapping_sub(1).wrapping_add(d)),
            (0_u32..39, 0_u128..3).prop_map(|(k, d)| 10_u128.pow(k) - 1 + d),
            Just(u128::MAX),
        ]
    }

    fn edgy_u64() -> impl Strategy<Value = u64> {
        prop_oneof![
            edgy().prop_map(|x| x as u64),
            Just(u64::MAX),
            Just(WAD),
            Just(1 << 63)
        ]
    }

    fn edgy_signed() -> impl Strategy<Value = i128> {
        prop_oneof![
            edgy().prop_map(u128::cast_signed),
            edgy().prop_map(|x| (x >> 1).cast_signed().wrapping_neg()),
            Just(i128::MIN),
            Just(i128::MAX),
        ]
    }

    fn edgy_u256() -> impl Strategy<Value = U256> {
        prop_oneof![
            any::<[u64; 4]>().prop_map(U256::from_limbs),
            (any::<[u64; 4]>(), 0_usize..256).prop_map(|(l, s)| U256::from_limbs(l) >> s),
            Just(U256::MAX),
            edgy().prop_map(u128_to_u256),
        ]
    }

    /// Floor and ceiling by the reference.
    fn reference(a: U256, b: U256, d: U256) -> Option<(U512, U512)> {
        if d.is_zero() {
            return None;
        }
        let (product, d) = (U512::from(a) * U512::from(b), U512::from(d));
        let (quotient, remainder) = product.div_rem(d);
        let ceiling = if remainder.is_zero() {
            quotient
        } else {
            quotient + U512::from(1)
        };
        Some((quotient, ceiling))
    }

    fn narrow(value: U512) -> Option<u128> {
        u128::try_from(value).ok()
    }

    fn narrow_wide(value: U512) -> Option<U256> {
        U256::checked_from_limbs_slice(value.as_limbs())
    }

    /// Sign and magnitude of a·b/d rounded towards −∞ (`up` false) or +∞.
    fn signed_reference(a: i128, b: i128, d: u128, up: bool) -> Option<i128> {
        let negative = (a < 0) != (b < 0);
        let (floor, ceiling) = reference(
            U256::from(a.unsigned_abs()),
            U256::from(b.unsigned_abs()),
            U256::from(d),
        )?;
        let magnitude = narrow(if negative != up { ceiling } else { floor })?;
        match (negative, i128::try_from(magnitude)) {
            (false, Ok(m)) => Some(m),
            (true, Ok(m)) => Some(-m),
            (true, Err(_)) if magnitude == 1 << 127 => Some(i128::MIN),
            _ => None,
        }
    }

    /// I-RND-4: primitive overflow must trap in every profile this suite runs in; a build whose checks are off
    /// fails here.
    #[test]
    #[should_panic(expected = "overflow")]
    fn i_rnd_4_canary_overflow_checks_are_on() {
        black_box(black_box(u64::MAX) + black_box(1));
    }

    /// I-RND-4: `U256` operators wrap silently, this module does not.
    #[test]
    fn i_rnd_4_canary_wide_arithmetic_does_not_wrap() {
        assert_eq!(wide_add(U256::MAX, U256::from(1)), None);
        assert_eq!(wide_sub(U256::ZERO, U256::from(1)), None);
        assert_eq!(Int256::difference(U256::MAX, U256::ZERO), None);
        assert_eq!(Int256::difference(U256::ZERO, U256::MAX), None);
        let half = U256::from(1) << 255;
        assert_eq!(Int256::difference(U256::ZERO, half).unwrap().to_raw(), half);
        assert_eq!(Int256::difference(half, U256::ZERO), None);
        let one = Divisor::new(1).unwrap();
        assert_eq!(wide_mul_div_floor(U256::MAX, 2, one), None);
        assert_eq!(wide_mul_div_ceil(U256::MAX, 1, one), Some(U256::MAX));
        assert_eq!(Divisor::new(0), None);
    }

    /// The last correction of a division step, which almost no operands need: its remainder equals the divisor.
    #[test]
    fn the_rare_correction_of_a_division_step() {
        for (high, low, d) in [
            (
                9_267_527_002_395_838_938,
                14_914_346_830_424_497_936,
                9_267_527_002_395_838_979,
            ),
            (
                9_223_372_036_854_798_964,
                18_446_744_073_704_058_716,
                9_223_372_036_854_799_083,
            ),
        ] {
            let x = U256::from_limbs([low, high, 0, 0]);
            let exact = x / U256::from(d);
            assert_eq!(exact * U256::from(d), x);
            let divisor = Divisor::new(d).unwrap();
            assert_eq!(wide_mul_div_both(x, 1, divisor), Some((exact, exact)));
        }
    }

    #[test]
    fn each_limb_decides_whether_a_number_fits() {
        for limb in [2, 3] {
            for (low, fill) in [(0, 0), (u64::MAX, u64::MAX)] {
                let mut limbs = [low, low, fill, fill];
                assert!(
                    Int256::from_raw(U256::from_limbs(limbs))
                        .to_i128()
                        .is_some()
                );
                limbs[limb] = 5;
                assert_eq!(Int256::from_raw(U256::from_limbs(limbs)).to_i128(), None);
                assert_eq!(to_u128(U256::from_limbs(limbs)), None);
            }
        }
    }

    /// I-RND-6.
    #[test]
    fn i_rnd_6_extremes_of_signed_numbers() {
        assert_eq!(signed_mul_div_floor(i128::MIN, -1, 1), None);
        assert_eq!(signed_mul_div_floor(i128::MIN, 1, 1), Some(i128::MIN));
        assert_eq!(signed_mul_div_ceil(i128::MIN, i128::MIN, 1 << 127), None);
        assert_eq!(
            signed_mul_div_ceil(i128::MIN, i128::MAX, 1 << 127),
            Some(-i128::MAX)
        );
        assert_eq!(signed_mul_div_floor(-7, 1, 2), Some(-4));
        assert_eq!(signed_mul_div_ceil(-7, 1, 2), Some(-3));
        assert_eq!(signed_mul_div_trunc(-7, 1, 2), Some(-3));
        assert_eq!(signed_mul_div_floor(7, 1, 2), Some(3));
        assert_eq!(signed_mul_div_ceil(7, 1, 2), Some(4));
        assert_eq!(signed_mul_div_floor(1, 1, 0), None);
        assert_eq!(mul_div_floor(u128::MAX, u128::MAX, 0), None);
        assert_eq!(
            mul_div_ceil(u128::MAX, u128::MAX, u128::MAX),
            Some(u128::MAX)
        );
        assert_eq!(mul_div_ceil(u128::MAX, u128::MAX, u128::MAX - 1), None);
        assert_eq!(with_sign(true, 1 << 127), Some(i128::MIN));
        assert_eq!(with_sign(true, (1 << 127) + 1), None);
        assert_eq!(with_sign(false, 1 << 127), None);
    }

    #[test]
    fn decimals_from_0_to_the_limit() {
        assert_eq!(to_wad_down(1_000_000, 6), Some(u128::from(WAD)));
        assert_eq!(from_wad_up(1, 6), Some(1));
        assert_eq!(from_wad_down(1, 6), Some(0));
        assert_eq!(to_wad_down(1, 24), Some(0));
        assert_eq!(to_wad_up(1, 24), Some(1));
        assert_eq!(to_wad_down(u128::MAX, 0), None);
        assert_eq!(to_wad_up(u128::MAX, 36), Some(340_282_366_920_938_463_464));
        assert_eq!(to_wad_down(1, MAX_DECIMALS + 1), None);
        assert_eq!(from_wad_down(1, 77), None);
        assert_eq!(power_of_ten(38), Some(10_u128.pow(38)));
        assert_eq!(power_of_ten(39), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn i_rnd_1_unsigned_directions(a in edgy(), b in edgy(), d in edgy()) {
            let expected = reference(U256::from(a), U256::from(b), U256::from(d));
            prop_assert_eq!(mul_div_floor(a, b, d), expected.and_then(|(f, _)| narrow(f)));
            prop_assert_eq!(mul_div_ceil(a, b, d), expected.and_then(|(_, c)| narrow(c)));
        }

        #[test]
        fn i_rnd_1_signed_directions(a in edgy_signed(), b in edgy_signed(), d in edgy()) {
            prop_assert_eq!(signed_mul_div_floor(a, b, d), signed_reference(a, b, d, false));
            prop_assert_eq!(signed_mul_div_ceil(a, b, d), signed_reference(a, b, d, true));
            let towards_zero = signed_reference(a, b, d, (a < 0) != (b < 0));
            prop_assert_eq!(signed_mul_div_trunc(a, b, d), towards_zero);
        }

        #[test]
        fn i_rnd_1_wide_directions(x in edgy_u256(), m in edgy_u64(), d in edgy_u64()) {
            prop_assume!(d != 0);
            let divisor = Divisor::new(d).unwrap();
            let (floor, ceiling) = reference(x, U256::from(m), U256::from(d)).unwrap();
            let (floor, ceiling) = (narrow_wide(floor), narrow_wide(ceiling));
            prop_assert_eq!(wide_mul_div_floor(x, m, divisor), floor);
            prop_assert_eq!(wide_mul_div_ceil(x, m, divisor), ceiling);
            prop_assert_eq!(wide_mul_div_both(x, m, divisor), floor.zip(ceiling));
        }

        #[test]
        fn wide_product_is_exact(a in edgy(), b in edgy()) {
            prop_assert_eq!(U512::from(wide_mul(a, b)), U512::from(a) * U512::from(b));
        }

        #[test]
        fn signed_256_agrees_with_128(a in edgy_signed(), b in edgy_signed(), raw in edgy_u256()) {
            let (wide_a, wide_b) = (Int256::from(a), Int256::from(b));
            prop_assert_eq!(wide_a.to_i128(), Some(a));
            prop_assert_eq!(wide_a.cmp(&wide_b), a.cmp(&b));
            prop_assert_eq!(wide_a.unsigned_abs(), U256::from(a.unsigned_abs()));
            prop_assert_eq!(wide_a.at_least(U256::from(b.unsigned_abs())),
                a >= 0 && a.unsigned_abs() >= b.unsigned_abs());
            let wide = Int256::from_raw(raw);
            prop_assert!(wide.to_i128().is_none_or(|n| Int256::from(n) == wide));
        }

        #[test]
        fn differences_are_exact_or_refused(a in edgy_u256(), b in edgy_u256()) {
            let magnitude = if a >= b { a - b } else { b - a };
            let limit = U256::from(1) << 255;
            let fits = if a >= b { magnitude < limit } else { magnitude <= limit };
            let difference = Int256::difference(a, b);
            prop_assert_eq!(difference.is_some(), fits);
            if let Some(d) = difference {
                prop_assert_eq!((d.is_negative(), d.unsigned_abs()), (a < b, magnitude));
            }
        }

        /// I-ACC-9 in the small: no round trip through the ledger's scale gains a unit.
        #[test]
        fn i_acc_9_decimals_never_gain(amount in edgy(), decimals in 0_u8..=36) {
            if let Some(wad) = to_wad_down(amount, decimals) {
                prop_assert!(from_wad_down(wad, decimals).is_some_and(|back| back <= amount));
                if decimals <= 18 {
                    prop_assert_eq!(from_wad_down(wad, decimals), Some(amount));
                    prop_assert_eq!(to_wad_up(amount, decimals), Some(wad));
                }
            }
            if let (Some(down), Some(up)) = (from_wad_down(amount, decimals), from_wad_up(amount, decimals)) {
                prop_assert!(up == down || up == down + 1);
                prop_assert!(amount == 0 || up > 0);
            }
        }
    }
}
