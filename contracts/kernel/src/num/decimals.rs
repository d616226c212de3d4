//! Token decimals and 1e18.

/// Largest number of token decimals that converts: 10^36 is the largest such power that leaves room in 128 bits.
pub const MAX_DECIMALS: u8 = 36;

/// An amount in a token's own decimals as 1e18, rounded down. `None`: more than [`MAX_DECIMALS`], or too large.
#[must_use]
pub fn to_wad_down(amount: u128, decimals: u8) -> Option<u128> {
    rescale_down(amount, decimals, 18)
}

/// A 1e18 amount in a token's own decimals, rounded down. `None`: more than [`MAX_DECIMALS`], or too large.
#[must_use]
pub fn from_wad_down(wad: u128, decimals: u8) -> Option<u128> {
    rescale_down(wad, 18, decimals)
}

/// 10^exponent; `None` above 38.
#[must_use]
pub fn power_of_ten(exponent: u8) -> Option<u128> {
    10_u128.checked_pow(u32::from(exponent))
}

fn rescale_down(amount: u128, from: u8, to: u8) -> Option<u128> {
    if from > MAX_DECIMALS || to > MAX_DECIMALS {
        return None;
    }
    let power = power_of_ten(from.abs_diff(to))?;
    if from <= to {
        amount.checked_mul(power)
    } else {
        amount.checked_div(power)
    }
}
