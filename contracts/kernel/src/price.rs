//! What the house makes of a feed's answer: scale, bounds, age.
use crate::num::{Divisor, Int256, U256, power_of_ten, to_u128};

/// Highest upper bound of a feed, 1e18 per unit: 10^15 settlement coins. Margin counts prices up to a twelfth of it, see
/// [`market::MAX_PRICE`](crate::portfolio::market::MAX_PRICE).
pub const MAX_FEED_PRICE: u128 = 1_000_000_000_000_000_000_000_000_000_000_000;
/// Most decimals a feed may have.
pub const MAX_FEED_DECIMALS: u8 = 36;
/// Longest age an answer may be allowed, seconds: two days, twice the slowest heartbeat in use.
pub const MAX_AGE_LIMIT: u32 = 172_800;

/// A bound on prices in 24 bits, so that a feed's whole record fits one storage word: an 18-bit mantissa times a
/// power of ten, 1e-18 to [`MAX_FEED_PRICE`], at least five significant digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound(u32);

impl Bound {
    const EXPONENT_BITS: u32 = 6;
    const MANTISSA_MAX: u128 = (1 << 18) - 1;

    /// The bound of exactly this price (1e18); `None` for 0, above [`MAX_FEED_PRICE`] or with too many digits.
    #[must_use]
    pub fn from_wad(price: u128) -> Option<Self> {
        if price == 0 || price > MAX_FEED_PRICE {
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

/// How far the true price may be from a feed's, a share of it in steps of 0.05 %, at most 12.75 %: for a Chainlink
/// feed, its deviation threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Confidence(u8);

impl Confidence {
    /// One step, 1e18.
    pub const STEP: u64 = 500_000_000_000_000;
    /// The greatest, 1e18.
    pub const MAX: u64 = 255 * Self::STEP;

    /// From 1e18; `None` for what is not a whole number of steps, or too many.
    #[must_use]
    pub fn from_wad(share: u64) -> Option<Self> {
        if !share.is_multiple_of(Self::STEP) {
            return None;
        }
        u8::try_from(share / Self::STEP).ok().map(Self)
    }

    /// 1e18.
    #[must_use]
    pub const fn to_wad(self) -> u64 {
        self.0 as u64 * Self::STEP // SAFETY: at most MAX.
    }

    /// The steps.
    #[must_use]
    pub const fn to_bits(self) -> u8 {
        self.0
    }

    /// From stored bits.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
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

/// The most that what takes a feed's place may differ by from this price, which is fresh: 2 % of it, rounded down.
#[must_use]
pub const fn max_jump(price: u128) -> u128 {
    price / 50
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

/// A feed's answer of so many decimals, at most [`MAX_FEED_DECIMALS`], in 1e18, rounded down; `None` above 128 bits.
#[must_use]
pub fn to_wad(answer: U256, decimals: u8) -> Option<u128> {
    let power = u64::try_from(power_of_ten(decimals.abs_diff(18))?).ok()?;
    if decimals <= 18 {
        return to_u128(answer)?.checked_mul(u128::from(power));
    }
    to_u128(Divisor::new(power)?.divide(answer).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::WAD;
    use proptest::prelude::*;

    const ONE: u128 = WAD as u128;
    const NOW: u64 = 1_800_000_000;

    fn terms(decimals: u8) -> Terms {
        Terms {
            decimals,
            max_age: 3_600,
            min_price: ONE / 1_000_000,
            max_price: 1_000_000 * ONE,
        }
    }

    fn answer(value: i128, age: u64, decimals: u8) -> (u128, Option<Fault>) {
        read(
            &terms(decimals),
            Int256::from(value),
            U256::from(NOW - age),
            NOW,
        )
    }

    /// A-07, I-ORA-3: one scale, whatever the feed's.
    #[test]
    fn i_ora_3_decimals_are_normalised_once() {
        for decimals in [0, 6, 8, 18, 24, 36] {
            let raw = U256::from(2_345) * U256::from(10).pow(U256::from(decimals));
            let read = read(
                &terms(decimals),
                Int256::from_raw(raw),
                U256::from(NOW),
                NOW,
            );
            assert_eq!(read, (2_345 * ONE, None), "{decimals}");
        }
        // The smallest step of each scale, and half a unit lost downwards.
        assert_eq!(answer(1_000_001, 0, 6), (ONE + ONE / 1_000_000, None));
        assert_eq!(answer(10_i128.pow(24) + 999_999, 0, 24), (ONE, None));
        assert_eq!(answer(10_i128.pow(36) + 1, 0, 36), (ONE, None));
    }

    #[test]
    fn i_ora_1_age_ends_at_the_threshold() {
        let good = 5 * 10_i128.pow(8);
        assert_eq!(answer(good, 0, 8), (5 * ONE, None));
        assert_eq!(answer(good, 3_600, 8), (5 * ONE, None));
        assert_eq!(answer(good, 3_601, 8), (5 * ONE, Some(Fault::Stale)));
        let at = |time: U256| read(&terms(8), Int256::from(good), time, NOW);
        assert_eq!(at(U256::from(NOW + 1)), (0, Some(Fault::Future)));
        assert_eq!(at(U256::MAX), (0, Some(Fault::Future)));
        assert_eq!(at(U256::from(1) << 64), (0, Some(Fault::Future)));
        assert_eq!(at(U256::ZERO), (0, Some(Fault::Incomplete)));
        assert_eq!(at(U256::from(1)), (5 * ONE, Some(Fault::Stale)));
    }

    #[test]
    fn i_ora_3_answers_that_are_no_prices() {
        for value in [0, -1, i128::MIN] {
            assert_eq!(answer(value, 0, 8), (0, Some(Fault::NotPositive)));
        }
        // Positive, and nothing at 1e18.
        assert_eq!(answer(999_999, 0, 24), (0, Some(Fault::NotPositive)));
        let raw = |raw: U256, decimals| {
            read(
                &terms(decimals),
                Int256::from_raw(raw),
                U256::from(NOW),
                NOW,
            )
        };
        assert_eq!(raw(U256::from(1) << 255, 8), (0, Some(Fault::NotPositive)));
        assert_eq!(
            raw(U256::MAX >> 1, 8),
            (0, Some(Fault::OutOfBounds(u128::MAX)))
        );
        assert_eq!(
            raw(U256::MAX >> 1, 36),
            (0, Some(Fault::OutOfBounds(u128::MAX)))
        );
        // A stale answer that was never good leaves nothing either.
        assert_eq!(answer(-1, 9_999, 8), (0, Some(Fault::NotPositive)));
    }

    #[test]
    fn i_ora_3_bounds_are_inclusive() {
        let unit = 10_i128.pow(8);
        assert_eq!(answer(1_000_000 * unit, 0, 8), (1_000_000 * ONE, None));
        let above = answer(1_000_000 * unit + 1, 0, 8);
        assert_eq!(
            above,
            (
                0,
                Some(Fault::OutOfBounds(1_000_000 * ONE + 10_u128.pow(10)))
            )
        );
        assert_eq!(answer(unit / 1_000_000, 0, 8), (ONE / 1_000_000, None));
        let below = answer(unit / 1_000_000 - 1, 0, 8);
        assert_eq!(below, (0, Some(Fault::OutOfBounds(99 * 10_u128.pow(10)))));
    }

    #[test]
    fn bounds_that_have_a_form() {
        for price in [
            1,
            262_143,
            2_621_430,
            ONE,
            99_999 * ONE,
            123_450 * ONE,
            MAX_FEED_PRICE,
        ] {
            assert_eq!(Bound::from_wad(price).map(Bound::to_wad), Some(price));
        }
        for price in [0, 2_621_440, 1_000_001 * ONE, MAX_FEED_PRICE + 1, u128::MAX] {
            assert_eq!(Bound::from_wad(price), None, "{price}");
        }
        const {
            assert!(
                MAX_FEED_PRICE < 1 << 110,
                "what margin's range is proven with"
            )
        }
    }

    #[test]
    fn confidence_is_whole_steps() {
        for bits in 0..=u8::MAX {
            let confidence = Confidence::from_bits(bits);
            assert_eq!(Confidence::from_wad(confidence.to_wad()), Some(confidence));
        }
        assert_eq!(Confidence::from_bits(10).to_wad(), 5_000_000_000_000_000);
        for share in [
            1,
            Confidence::STEP - 1,
            Confidence::MAX + Confidence::STEP,
            u64::MAX,
        ] {
            assert_eq!(Confidence::from_wad(share), None, "{share}");
        }
    }

    proptest! {
        #[test]
        fn a_bound_is_its_24_bits(mantissa in 1..1_u128 << 18, exponent in 0..28_u32) {
            let price = mantissa * 10_u128.pow(exponent);
            let bound = Bound::from_wad(price).unwrap();
            prop_assert!(bound.to_bits() < 1 << 24);
            prop_assert_eq!(Bound::from_bits(bound.to_bits()), bound);
            prop_assert_eq!(bound.to_wad(), price);
        }

        #[test]
        fn any_bits_are_read(bits: u32) {
            let _ = Bound::from_bits(bits).to_wad();
        }

        /// I-LIV-7: any answer of any feed is read, and fresh means what it says.
        #[test]
        fn i_liv_7_any_answer_is_read(
            decimals in 0..=36_u8, max_age: u32, min_price: u128, max_price: u128,
            limbs: [u64; 4], shift in 0_usize..256, time in prop_oneof![any::<u64>(), NOW - 10..NOW + 10], now: u64,
        ) {
            let terms = Terms { decimals, max_age, min_price, max_price };
            let raw = U256::from_limbs(limbs) >> shift;
            let (value, fault) = read(&terms, Int256::from_raw(raw), U256::from(time), now);
            match fault {
                None | Some(Fault::Stale) => {
                    prop_assert!(value > 0 && (min_price..=max_price).contains(&value) && time <= now);
                    let fresh = now - time <= u64::from(max_age);
                    prop_assert_eq!(fault.is_none(), fresh);
                }
                Some(_) => prop_assert_eq!(value, 0),
            }
        }
    }
}
