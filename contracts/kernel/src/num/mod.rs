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

mod decimals;
mod divisor;
mod int256;
mod mul_div;
#[cfg(test)]
mod tests;
mod wide;

pub use decimals::{MAX_DECIMALS, from_wad_down, power_of_ten, to_wad_down};
pub use divisor::Divisor;
pub use int256::Int256;
pub use mul_div::{
    mul_div_ceil, mul_div_floor, mul_div_small, signed_mul_div_floor, signed_mul_div_trunc,
    with_sign,
};
pub use ruint::aliases::U256;
pub use wide::{to_u128, u128_to_u256, wide_mul};

/// One, in numbers scaled by 1e18.
pub const WAD: u64 = 1_000_000_000_000_000_000;

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
