//! Signed, 256 bits.
use super::{U256, halves};
use core::cmp::Ordering;

/// A signed 256-bit number as the ABI has it: two's complement. Made and read here, never computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Int256(U256);

impl Int256 {
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
