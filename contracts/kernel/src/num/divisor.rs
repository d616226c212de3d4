//! Division by a fixed 64-bit number.
use super::{U256, WAD, halves};

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

    /// ⌊x / d⌋, and whether it is exact.
    #[must_use]
    pub fn divide(self, x: U256) -> (U256, bool) {
        let digits = *x.as_limbs();
        let mut quotient = digits;
        let [.., top] = digits;
        // Shifting the whole number left by `shift` lets each step work with the normalised divisor.
        let mut remainder = shift_in(0, top, self.shift);
        let mut lower = digits.iter().rev().skip(1);
        for digit in quotient.iter_mut().rev() {
            let next = lower.next().copied().unwrap_or(0);
            let (q, r) = self.step(remainder, shift_in(*digit, next, self.shift));
            (*digit, remainder) = (q, r);
        }
        (U256::from_limbs(quotient), remainder == 0)
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
