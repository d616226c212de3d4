//! What the house makes of a feed's answer: scale, bounds, age.
use crate::num::{Int256, U256, power_of_ten, to_u128};

/// Highest price anything can have, 1e18 per unit: 10^15 settlement coins. With it no sum of margin leaves 256 bits.
pub const MAX_PRICE: u128 = 1_000_000_000_000_000_000_000_000_000_000_000;
/// Most decimals a feed may have.
pub const MAX_FEED_DECIMALS: u8 = 36;
/// Longest age an answer may be allowed, seconds: two days, twice the slowest heartbeat in use.
pub const MAX_AGE_LIMIT: u32 = 172_800;

/// A price and whether it may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Price {
    /// 1e18 settlement coin per whole unit, at most [`MAX_PRICE`]; 0 when nothing usable is known.
    pub value: u128,
    /// Within its age and bounds.
    pub fresh: bool,
}

impl Price {
    /// The settlement coin's own.
    pub const ONE: Self = Self {
        value: crate::num::WAD as u128,
        fresh: true,
    };

    /// From the ABI: a value that cannot be a price counts as none.
    #[must_use]
    pub fn from_abi(value: U256, fresh: bool) -> Self {
        match to_u128(value) {
            Some(value) if value <= MAX_PRICE => Self { value, fresh },
            _ => Self::default(),
        }
    }
}

/// A bound on prices in 24 bits, so that a feed's whole record fits one storage word: an 18-bit mantissa times a
/// power of ten, 1e-18 to [`MAX_PRICE`], at least five significant digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound(u32);

impl Bound {
    const EXPONENT_BITS: u32 = 6;
    const MANTISSA_MAX: u128 = (1 << 18) - 1;

    /// The bound of exactly this price (1e18); `None` for 0, above [`MAX_PRICE`] or with too many digits.
    #[must_use]
    pub fn from_wad(price: u128) -> Option<Self> {
        if price == 0 || price > MAX_PRICE {
            return None;
        }
        let (mut mantissa, mut exponent) = (price, 0_u32);
        while mantissa > Self::MANTISSA_MAX {
            if !mantissa.is_multiple_of(10) {
                return None;
            }
            mantissa /= 10;
            exponent += 1; // SAFETY: at most 33 times: price ≤ 10^33.
        }
        let mantissa = u32::try_from(mantissa).ok()?;
        Some(Self((mantissa << Self::EXPONENT_BITS) | exponent))
    }

    /// The price, 1e18. Total: bits that no bound has give 0.
    #[must_use]
    pub fn to_wad(self) -> u128 {
        let (mantissa, exponent) = (self.0 >> Self::EXPONENT_BITS, self.0 & 63);
        let power = u8::try_from(exponent).ok().and_then(power_of_ten);
        power
            .and_then(|power| u128::from(mantissa).checked_mul(power))
            .unwrap_or(0)
    }

    /// The 24 bits.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// From stored bits; those above 24 are ignored.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & 0xff_ffff)
    }
}

/// What a feed promises: frozen decimals, age and bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Decimals of the answer, at most [`MAX_FEED_DECIMALS`].
    pub decimals: u8,
    /// Seconds; an answer of exactly this age is fresh.
    pub max_age: u32,
    /// 1e18; an answer of exactly this much is inside.
    pub min_price: u128,
    /// 1e18; an answer of exactly this much is inside.
    pub max_price: u128,
}

/// Why an answer is not fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The round has no time: it never completed.
    Incomplete,
    /// Zero, negative, or positive and less than 1e-18.
    NotPositive,
    /// Below the lower bound or above the upper one, in 1e18 and saturated at 128 bits.
    OutOfBounds(u128),
    /// The feed says it was observed later than now.
    Future,
    /// Valid once, but older than it may be.
    Stale,
}

/// Reads an answer. The value is 1e18, rounded down where the feed has more than 18 decimals.
///
/// An answer that is merely old keeps its value, for a liquidation that must go on without a fresh one; every other
/// fault leaves nothing: an answer that cannot be right must not be used as if it had once been.
#[must_use]
pub fn read(terms: &Terms, answer: Int256, updated_at: U256, now: u64) -> (u128, Option<Fault>) {
    let fault = |fault| (0, Some(fault));
    if updated_at.is_zero() {
        return fault(Fault::Incomplete);
    }
    let value = if answer.is_negative() {
        Some(0)
    } else {
        to_wad(answer.to_raw(), terms.decimals)
    };
    match value {
        Some(0) => return fault(Fault::NotPositive),
        Some(value) if value < terms.min_price || value > terms.max_price => {
            return fault(Fault::OutOfBounds(value));
        }
        None => return fault(Fault::OutOfBounds(u128::MAX)),
        _ => {}
    }
    let value = value.unwrap_or(0);
    let Some(age) = u64::try_from(updated_at)
        .ok()
        .and_then(|time| now.checked_sub(time))
    else {
        return fault(Fault::Future);
    };
    (
        value,
        (age > u64::from(terms.max_age)).then_some(Fault::Stale),
    )
}

/// The answer in 1e18, rounded down; `None` above 128 bits.
fn to_wad(answer: U256, decimals: u8) -> Option<u128> {
    crate::num::to_wad_down(to_u128(answer)?, decimals)
}
