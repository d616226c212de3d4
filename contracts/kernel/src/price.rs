//! What the house makes of a feed's answer: scale, bounds, age, and its distance from the round before.
use crate::{
    num::{
        Divisor, Int256, U256, WAD, mul_div_ceil, mul_div_floor, power_of_ten, to_u128,
        u128_to_u256,
    },
    portfolio::market::YEAR,
};

/// Highest upper bound of a feed, 1e18 per unit: 10^15 settlement coins. Margin counts prices up to a twelfth of it, see
/// [`market::MAX_PRICE`](crate::portfolio::market::MAX_PRICE).
pub const MAX_FEED_PRICE: u128 = 1_000_000_000_000_000_000_000_000_000_000_000;
/// Most decimals a feed may have.
pub const MAX_FEED_DECIMALS: u8 = 36;
/// Longest age an answer may be allowed, seconds: two days, twice the slowest heartbeat in use.
pub const MAX_AGE_LIMIT: u32 = 172_800;

/// Seconds for which a round that is further than the largest move from the round before is stale. From then on its age
/// confirms it.
pub const MOVE_DELAY: u64 = 300;
/// Seconds for which the distance of a round from the round before is part of the uncertainty of its price.
pub const JUMP_WINDOW: u64 = 60;
/// Most that the rate of a vault may be allowed to grow in a year, 1e18: all of itself.
pub const MAX_GROWTH: u64 = WAD;

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

/// A share in whole steps of `STEP` (1e18), at most 255 of them: one byte of a feed's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Steps<const STEP: u64>(u8);

/// How far the true price may be from a feed's, a share of it in steps of 0.05 %, at most 12.75 %: for a Chainlink
/// feed, its deviation threshold.
pub type Confidence = Steps<500_000_000_000_000>;

/// How far a round may be from the round before, a share of that one in steps of 0.5 %, at most 127.5 %; 0 = as far as it
/// likes.
pub type LargestMove = Steps<5_000_000_000_000_000>;

impl<const STEP: u64> Steps<STEP> {
    /// One step, 1e18.
    pub const STEP: u64 = STEP;
    /// The greatest share, 1e18.
    pub const MAX: u64 = 255 * STEP;

    /// From 1e18; `None` for what is not a whole number of steps, or too many.
    #[must_use]
    pub fn from_wad(share: u64) -> Option<Self> {
        if !share.is_multiple_of(STEP) {
            return None;
        }
        u8::try_from(share / STEP).ok().map(Self)
    }

    /// 1e18.
    #[must_use]
    pub const fn to_wad(self) -> u64 {
        self.0 as u64 * STEP // SAFETY: at most MAX.
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

impl LargestMove {
    /// Steps of a whole.
    const STEPS: u128 = 200;

    /// Whether a price is further from the one before than this. A price of exactly the largest move is not.
    #[must_use]
    pub const fn is_exceeded(self, price: u128, before: u128) -> bool {
        if self.0 == 0 {
            return false;
        }
        let distance = price.abs_diff(before).checked_mul(Self::STEPS);
        match (distance, before.checked_mul(self.0 as u128)) {
            (Some(distance), Some(most)) => distance > most,
            _ => true, // above 10^36 at 1e18 and so above every bound of a feed
        }
    }

    /// Whether an answer of this age, seconds, is judged by the round before.
    #[must_use]
    pub const fn is_asked(self, age: u64) -> bool {
        age < JUMP_WINDOW || (self.0 != 0 && age < MOVE_DELAY)
    }
}

/// The round before the last one of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// There is none: the last round is the first of its phase, or the source has no rounds.
    First,
    /// There should be one, and it has no price.
    Missing,
    /// Its price, 1e18, above 0.
    Price(u128),
}

/// What the round before says of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How far the last round is from the round before, a share of that in 2^-30, rounded up, at most 2^32 - 1; 0 when the last
    /// one is [`JUMP_WINDOW`] old, or there is nothing to compare.
    pub jump: u32,
    /// False while the last round is further than the largest move from the round before, or that one is missing, and it is
    /// younger than [`MOVE_DELAY`].
    pub confirmed: bool,
}

/// Judges a round by the round before. It is read only where [`LargestMove::is_asked`] says so.
#[must_use]
pub fn step(largest: LargestMove, price: u128, before: Before, age: u64) -> Step {
    let young = age < MOVE_DELAY;
    let (before, confirmed) = match before {
        Before::First => (0, true),
        Before::Missing => (0, !young || largest == LargestMove::default()),
        Before::Price(before) => (before, !(young && largest.is_exceeded(price, before))),
    };
    let jump = if age < JUMP_WINDOW && before != 0 {
        let share = mul_div_ceil(price.abs_diff(before), 1 << 30, before);
        share
            .and_then(|share| u32::try_from(share).ok())
            .unwrap_or(u32::MAX)
    } else {
        0
    };
    Step { jump, confirmed }
}

/// How far another price is from this one, a share of this one, 1e18, rounded up; at most 2^64 - 1, also where this one is 0.
#[must_use]
pub fn distance(price: u128, other: u128) -> u64 {
    share(price.abs_diff(other), price)
}

/// A part as a share of a whole, 1e18, rounded up; at most 2^64 - 1, also where the whole is 0.
#[must_use]
pub fn share(part: u128, whole: u128) -> u64 {
    let share = mul_div_ceil(part, WAD.into(), whole);
    share
        .and_then(|share| u64::try_from(share).ok())
        .unwrap_or(u64::MAX)
}

/// Whether a feed's bounds, 1e18, lie strictly inside the least and the greatest answer that its aggregator gives, so that
/// an answer which the aggregator has cut off is out of the feed's bounds.
#[must_use]
pub fn bounds_are_inside(terms: &Terms, least: Int256, greatest: Int256) -> bool {
    let wad = |answer: Int256| {
        if answer.is_negative() {
            Some(0)
        } else {
            to_wad(answer.to_raw(), terms.decimals)
        }
    };
    let above = wad(least).is_some_and(|least| least < terms.min_price);
    above && wad(greatest).is_none_or(|greatest| terms.max_price < greatest)
}

/// A price of 1e18 as an answer of 18 decimals.
#[must_use]
pub const fn as_answer(price: u128) -> Int256 {
    Int256::from_raw(u128_to_u256(price))
}

/// The rate of a vault as it is believed: assets per share, 1e18, not above a line that grows from a past rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateCap {
    /// The rate at which the line begins, 1e18.
    pub rate: u128,
    /// When it begins, unix seconds.
    pub since: u64,
    /// What the line grows by in a [`YEAR`], a share of `rate`, 1e18, at most [`MAX_GROWTH`].
    pub growth: u64,
}

impl RateCap {
    /// The most that is believed at a time, 1e18, rounded down.
    #[must_use]
    pub fn most(&self, now: u64) -> Option<u128> {
        let age = now.checked_sub(self.since)?;
        let grown = u128::from(self.growth).checked_mul(age.into())? / u128::from(YEAR);
        let factor = grown.checked_add(WAD.into())?;
        mul_div_floor(self.rate, factor, WAD.into())
    }

    /// What is believed of a rate: at most the line, and any less at once. `None` before the line begins.
    #[must_use]
    pub fn believed(&self, rate: u128, now: u64) -> Option<u128> {
        self.most(now).map(|most| most.min(rate))
    }
}

/// The price of a share: that of an asset, 1e18, by the assets of a share, 1e18; 1e18, rounded down.
#[must_use]
pub fn of_share(asset: u128, rate: u128) -> Option<u128> {
    mul_div_floor(asset, rate, WAD.into())
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

    /// I-ORA-5, R-10: a round at exactly the largest move is fresh at once, one unit further it waits five minutes.
    #[test]
    fn i_ora_5_the_largest_move_ends_at_the_threshold() {
        let five = LargestMove::from_wad(10 * LargestMove::STEP).unwrap();
        let before = 2_000 * ONE;
        for (price, age, confirmed) in [
            (2_100 * ONE, 0, true),
            (1_900 * ONE, 0, true),
            (2_100 * ONE + 1, 0, false),
            (1_900 * ONE - 1, 0, false),
            (2_100 * ONE + 1, 299, false),
            (2_100 * ONE + 1, 300, true),
            (1, 0, false),
            (1, 300, true),
            (MAX_FEED_PRICE, 299, false),
        ] {
            let step = step(five, price, Before::Price(before), age);
            assert_eq!(step.confirmed, confirmed, "{price} after {age} s");
            assert!(
                super::step(LargestMove::default(), price, Before::Price(before), age).confirmed
            );
        }
        // The first round of a phase is fresh; one whose round before is missing waits, where there is a largest move.
        for (age, confirmed) in [(0, false), (299, false), (300, true)] {
            let none = LargestMove::default();
            assert_eq!(
                step(five, ONE, Before::Missing, age).confirmed,
                confirmed,
                "{age}"
            );
            assert!(step(none, ONE, Before::Missing, age).confirmed);
            assert!(step(five, ONE, Before::First, age).confirmed);
        }
        // A total loss is at most 100 %.
        let whole = LargestMove::from_wad(200 * LargestMove::STEP).unwrap();
        assert!(!whole.is_exceeded(1, u128::MAX >> 8));
        assert!(whole.is_exceeded(3, 1) && !whole.is_exceeded(2, 1));
        assert!(five.is_exceeded(u128::MAX, 1) && five.is_exceeded(1, u128::MAX));
    }

    /// the distance of the last two rounds is told for a minute.
    #[test]
    fn r_10_a_jump_is_told_while_the_round_is_young() {
        let none = LargestMove::default();
        let jump = |price, before, age| step(none, price, Before::Price(before), age).jump;
        assert_eq!(jump(1_900 * ONE, 2_000 * ONE, 0), 53_687_092); // 5 %, rounded up
        assert_eq!(jump(2_100 * ONE, 2_000 * ONE, 59), 53_687_092);
        assert_eq!(jump(2_100 * ONE, 2_000 * ONE, 60), 0);
        assert_eq!(jump(2_000 * ONE, 2_000 * ONE, 0), 0);
        assert_eq!(jump(2_000 * ONE + 1, 2_000 * ONE, 0), 1);
        assert_eq!(jump(MAX_FEED_PRICE, 1, 0), u32::MAX);
        assert_eq!(jump(5, 1, 0), u32::MAX);
        assert_eq!(step(none, ONE, Before::First, 0).jump, 0);
        assert_eq!(step(none, ONE, Before::Missing, 0).jump, 0);
        for (bits, age, asked) in [
            (0, 59, true),
            (0, 60, false),
            (1, 299, true),
            (1, 300, false),
        ] {
            assert_eq!(LargestMove::from_bits(bits).is_asked(age), asked, "{age}");
        }
    }

    /// A-12, I-ORA-4: distances are exact, rounded up.
    #[test]
    fn i_ora_4_a_distance_is_a_share_of_the_first_source() {
        assert_eq!(distance(2_000 * ONE, 2_010 * ONE), 5_000_000_000_000_000);
        assert_eq!(
            distance(2_000 * ONE, 2_010 * ONE + 1),
            5_000_000_000_000_001
        );
        assert_eq!(distance(2_000 * ONE, 1_990 * ONE), 5_000_000_000_000_000);
        assert_eq!(distance(ONE, ONE), 0);
        assert_eq!(distance(0, ONE), u64::MAX);
        assert_eq!(distance(1, MAX_FEED_PRICE), u64::MAX);
    }

    /// I-ORA-3: an aggregator that cuts its answers off says one that is out of bounds.
    #[test]
    fn i_ora_3_bounds_are_strictly_inside_those_of_the_aggregator() {
        let terms = terms(8); // 1e-6 to 1e6
        for (least, greatest, inside) in [
            (99, 100_000_000_000_001, true),
            (100, 100_000_000_000_001, false),
            (99, 100_000_000_000_000, false),
            (i128::MIN, i128::MAX, true),
            (0, i128::MAX, true),
            (1, -1, false),
        ] {
            let told = bounds_are_inside(&terms, Int256::from(least), Int256::from(greatest));
            assert_eq!(told, inside, "{least} to {greatest}");
            if inside && least >= 0 {
                for cut in [least, greatest] {
                    assert!(matches!(
                        answer(cut, 0, 8).1,
                        Some(Fault::OutOfBounds(_) | Fault::NotPositive)
                    ));
                }
            }
        }
    }

    /// a rate counts up to its line, and less at once.
    #[test]
    fn a_30_the_rate_of_a_vault_is_capped() {
        let cap = RateCap {
            rate: ONE + ONE / 20,
            since: NOW,
            growth: WAD / 10,
        };
        // 1.05 grows by a tenth of itself a year.
        assert_eq!(cap.most(NOW), Some(1_050 * ONE / 1_000));
        assert_eq!(cap.most(NOW + YEAR), Some(1_155 * ONE / 1_000));
        assert_eq!(cap.most(NOW - 1), None);
        for (rate, believed) in [
            (1_155 * ONE / 1_000, 1_155 * ONE / 1_000),
            (1_155 * ONE / 1_000 + 1, 1_155 * ONE / 1_000),
            (1_000_000 * ONE, 1_155 * ONE / 1_000),
            (u128::MAX, 1_155 * ONE / 1_000),
            (ONE / 2, ONE / 2),
            (0, 0),
        ] {
            assert_eq!(cap.believed(rate, NOW + YEAR), Some(believed), "{rate}");
        }
        assert_eq!(of_share(2_000 * ONE, ONE / 2), Some(1_000 * ONE));
        assert_eq!(of_share(3, ONE / 2), Some(1));
        assert_eq!(of_share(u128::MAX, u128::MAX), None);
    }

    proptest! {
        /// I-LIV-7: any two rounds are compared; further moves have larger jumps.
        #[test]
        fn i_liv_7_any_two_rounds_are_compared(
            price: u128, before: u128, bits: u8, age in 0..400_u64, rate: u128, since: u64, growth: u64, now: u64,
        ) {
            let largest = LargestMove::from_bits(bits);
            let step = step(largest, price, Before::Price(before), age);
            prop_assert!(step.confirmed || (bits != 0 && age < MOVE_DELAY));
            prop_assert!(step.jump == 0 || age < JUMP_WINDOW);
            prop_assert_eq!(LargestMove::from_wad(largest.to_wad()), Some(largest));
            let _ = (distance(price, before), of_share(price, before));
            let cap = RateCap { rate, since, growth };
            if let Some(believed) = cap.believed(price, now) {
                prop_assert!(believed <= price && cap.most(now).is_some_and(|most| believed <= most));
            }
        }

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
