//! The parameters of margin as they are stored: one word for the rules, two an underlying, one an asset. Checked as a
//! set when they are set, trusted afterwards.
//!
//! Rates are stored in millionths in 24 bits, and become binary fractions, rounded down, when they are used.

use super::{
    market::{Rates, Rules},
    scenario::{Rule, Set},
};
use crate::{
    fixed::Q40,
    num::{low_u8, low_u16, low_u32},
};
use ruint::aliases::U256;

/// Millionths in one.
pub const ONE: u32 = 1_000_000;
/// Largest storable rate, 16.777215.
pub const MAX_RATE: u32 = (1 << RATE_BITS) - 1;
const RATE_BITS: u32 = 24;
/// Most decimals of a token.
pub const MAX_TOKEN_DECIMALS: u8 = 24;

/// Why parameters are refused. Rates in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermsRefusal {
    /// The lot is 0.
    ZeroLot,
    /// No such scenario set.
    ScenarioSet,
    /// More decimals than [`MAX_TOKEN_DECIMALS`].
    Decimals,
    /// A rate outside its bounds.
    OutOfRange {
        /// Its position in [`RuleTerms`], [`RateTerms`] or [`AssetTerms`], from 0.
        rate: u8,
        /// Lowest allowed.
        minimum: u32,
        /// Highest allowed.
        maximum: u32,
    },
    /// An initial rate below its maintenance rate.
    InitialBelowMaintenance {
        /// Position of the initial rate.
        rate: u8,
    },
    /// One accepted price move may take more than the requirement covers.
    Envelope {
        /// What kind of leg.
        leg: LegType,
        /// The move its maintenance requirement covers.
        covered: u32,
    },
}

/// Costs are shares of spot, moves are of the forward, which the oracle lets be twice the spot at most: of a cost this
/// part counts in the envelope, for one.
const COST_PART: u32 = 2;

/// Kinds of legs the envelope is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LegType {
    /// A perpetual or future, either way.
    Linear = 0,
    /// A sold option.
    ShortOption = 1,
    /// A bought option.
    LongOption = 2,
}

/// Q40 of a rate, rounded down.
const fn q40(rate: u32) -> Q40 {
    // at most 2^24 · 2^40 / 10^6 < 2^45
    (((rate as u64) << 40) / ONE as u64).cast_signed()
}

/// Packs rates from the low end, 24 bits each.
fn pack(rates: &[u32]) -> U256 {
    let mut word = [0_u8; 32];
    let bytes = rates.iter().flat_map(|rate| {
        let [b0, b1, b2, _] = rate.to_le_bytes();
        [b0, b1, b2]
    });
    word.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    U256::from_le_bytes(word)
}

/// What [`pack`] packed.
fn unpack<const N: usize>(word: U256) -> [u32; N] {
    let word = word.to_le_bytes::<32>();
    let (chunks, _) = word.as_chunks::<3>();
    let mut rates = [0; N];
    for (rate, [b0, b1, b2]) in rates.iter_mut().zip(chunks) {
        *rate = u32::from_le_bytes([*b0, *b1, *b2, 0]);
    }
    rates
}

fn check(rates: &[u32], bounds: &[(u32, u32)]) -> Result<(), TermsRefusal> {
    for ((rate, given), (minimum, maximum)) in (0_u8..).zip(rates).zip(bounds) {
        if given < minimum || given > maximum {
            return Err(TermsRefusal::OutOfRange {
                rate,
                minimum: *minimum,
                maximum: *maximum,
            });
        }
    }
    Ok(())
}

/// Rules for every portfolio: millionths, in the order of [`Rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleTerms {
    /// Initial factor, maintenance factor, largest offset across underlyings, reach of one underlying in the calm
    /// regime and when all move together.
    pub rates: [u32; 5],
    /// The oracle's feed of the settlement coin in dollars; 0 where it counts as one.
    pub coin_feed: u16,
}

impl RuleTerms {
    /// Lowest and highest of each rate. The highest initial factor keeps linked collateral worth depositing, see
    /// [`AssetTerms::BOUNDS_LINKED`].
    pub const BOUNDS: [(u32, u32); 5] = [
        (ONE, 2 * ONE),
        (ONE, 2 * ONE),
        (0, 600_000),
        (50_000, ONE),
        (50_000, ONE),
    ];
    /// Those of [`Rules::DEFAULT`].
    pub const DEFAULT: Self = Self {
        rates: [1_250_000, ONE, 400_000, 500_000, 250_000],
        coin_feed: 0,
    };

    /// Bounds and order.
    ///
    /// # Errors
    /// [`TermsRefusal`].
    pub fn check(&self) -> Result<(), TermsRefusal> {
        check(&self.rates, &Self::BOUNDS)?;
        let [initial, maintenance, ..] = self.rates;
        if initial < maintenance {
            return Err(TermsRefusal::InitialBelowMaintenance { rate: 0 });
        }
        Ok(())
    }

    /// As the calculator uses them.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        let [im, mm, offset, calm, together] = self.rates;
        Rules {
            im_factor: q40(im),
            mm_factor: q40(mm),
            max_offset: q40(offset),
            calm_reach: q40(calm),
            together_reach: q40(together),
        }
    }

    /// One word, from the low end: five rates, the feed.
    #[must_use]
    pub fn encode(&self) -> U256 {
        let [.., low, middle, high] = self.rates;
        let [first, second, ..] = self.rates;
        let feed = u32::from(self.coin_feed);
        pack(&[first, second, low, middle, high, feed])
    }

    /// What [`Self::encode`] made.
    #[must_use]
    pub fn decode(word: U256) -> Self {
        let [a, b, c, d, e, feed] = unpack(word);
        Self {
            rates: [a, b, c, d, e],
            coin_feed: low_u16(feed.into()),
        }
    }
}

/// An underlying: where its spot comes from, its lot, its rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct UnderlyingTerms {
    /// The oracle's feed of its spot.
    pub feed: u16,
    /// 1e18 units per lot, not 0.
    pub lot: u64,
    /// Scenario set.
    pub scenario_set: u8,
    /// Its rates.
    pub rates: RateTerms,
}

/// Rates of an underlying, millionths, in this order: beta, volatility floor, basis move, basis at expiry, basis per
/// year, largest accepted price move; then, initial before maintenance, short option, linear cost, option cost, depeg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RateTerms(pub [u32; 14]);

impl RateTerms {
    /// Lowest and highest of each.
    pub const BOUNDS: [(u32, u32); 14] = [
        (0, 3 * ONE),
        (0, 5 * ONE),
        (0, 500_000),
        (0, 4 * ONE),
        (0, 16 * ONE),
        (0, 500_000),
        (0, ONE),
        (0, ONE),
        (0, ONE),
        (0, ONE),
        (0, ONE),
        (0, ONE),
        (0, 16 * ONE),
        (0, 16 * ONE),
    ];
    /// Those of [`Rates::DEFAULT`]; a price may move by 10 % at once.
    pub const DEFAULT: Self = Self([
        ONE, 400_000, 45_000, 500_000, 2_000_000, 100_000, 10_000, 5_000, 10_000, 5_000, 2_000,
        1_000, 2_000_000, ONE,
    ]);
    const FIRST_PAIR: usize = 6;
}

impl UnderlyingTerms {
    /// Bounds, order and envelope: one move of the price by up to the largest accepted one, volatility as it is, cannot
    /// take an account of one leg from equity ≥ mm to negative equity.
    ///
    /// # Errors
    /// [`TermsRefusal`].
    pub fn check(&self) -> Result<(), TermsRefusal> {
        if self.lot == 0 {
            return Err(TermsRefusal::ZeroLot);
        }
        let set = Set::of(self.scenario_set).ok_or(TermsRefusal::ScenarioSet)?;
        let rates = &self.rates.0;
        check(rates, &RateTerms::BOUNDS)?;
        let (pairs, _) = rates
            .get(RateTerms::FIRST_PAIR..)
            .unwrap_or_default()
            .as_chunks::<2>();
        let unordered = pairs
            .iter()
            .position(|[initial, maintenance]| initial < maintenance);
        if let Some(pair) = unordered {
            #[expect(clippy::cast_possible_truncation, reason = "at most 12")]
            let rate = (RateTerms::FIRST_PAIR + 2 * pair) as u8;
            return Err(TermsRefusal::InitialBelowMaintenance { rate });
        }
        let [_, _, _, _, _, most, _, short, _, linear, _, option, _, _] = *rates;
        for leg in [LegType::Linear, LegType::ShortOption, LegType::LongOption] {
            let covered = match leg {
                LegType::Linear => reach(set, Rule::Up) + linear / COST_PART,
                // worth more the more spot moves its way, and at the outermost node also the more for volatility
                LegType::ShortOption => reach(set, Rule::Up) + (short + option) / COST_PART,
                // loses less than at the outermost node at which volatility is not raised
                LegType::LongOption => reach(set, Rule::None) + option / COST_PART,
            };
            if most > covered {
                return Err(TermsRefusal::Envelope { leg, covered });
            }
        }
        Ok(())
    }

    /// As the calculator uses them.
    #[must_use]
    pub const fn rates(&self) -> Rates {
        let [
            beta,
            floor,
            basis_move,
            basis_at,
            basis_year,
            _,
            short_im,
            short_mm,
            linear_im,
            linear_mm,
            option_im,
            option_mm,
            depeg_im,
            depeg_mm,
        ] = self.rates.0;
        Rates {
            set: self.scenario_set,
            beta: q40(beta),
            vol_floor: q40(floor),
            basis_move: q40(basis_move),
            basis: (q40(basis_at), q40(basis_year)),
            short_option: (q40(short_im), q40(short_mm)),
            linear_cost: (q40(linear_im), q40(linear_mm)),
            option_cost: (q40(option_im), q40(option_mm)),
            depeg: (q40(depeg_im), q40(depeg_mm)),
        }
    }

    /// Two words: six rates below scenario set 8 · feed 16 · lot 64; eight rates.
    #[must_use]
    pub fn encode(&self) -> [U256; 2] {
        let (head, pairs) = self.rates.0.split_at(RateTerms::FIRST_PAIR);
        let [a, b, c, _] = *pack(head).as_limbs();
        let tail = u64::from(self.scenario_set) << 16 | u64::from(self.feed);
        // six rates end at bit 144
        let first = U256::from_limbs([a, b, c | tail << 16, self.lot]);
        [first, pack(pairs)]
    }

    /// What [`Self::encode`] made; `None` for empty words.
    #[must_use]
    pub fn decode([first, second]: [U256; 2]) -> Option<Self> {
        let [_, _, c, lot] = *first.as_limbs();
        let head: [u32; RateTerms::FIRST_PAIR] = unpack(first);
        let pairs: [u32; 8] = unpack(second);
        let mut rates = RateTerms::default();
        rates
            .0
            .iter_mut()
            .zip(head.iter().chain(&pairs))
            .for_each(|(to, from)| *to = *from);
        (lot != 0).then_some(Self {
            feed: low_u16(c >> 16),
            lot,
            scenario_set: low_u8(c >> 32),
            rates,
        })
    }
}

/// A collateral asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AssetTerms {
    /// The oracle's feed of its price; 0 = the settlement coin itself.
    pub feed: u16,
    /// What it moves with; 0 = nothing.
    pub underlying: u16,
    /// Decimals of the token.
    pub decimals: u8,
    /// Haircuts, initial and maintenance, millionths.
    pub haircuts: [u32; 2],
}

impl AssetTerms {
    /// Bounds of an asset linked to nothing.
    pub const BOUNDS: [(u32, u32); 2] = [(0, ONE - 1), (0, ONE - 1)];
    /// Bounds of a linked asset. With the largest initial factor, the widest scenario set (2 · 31.5 %) and the most
    /// uncertain spot (12.75 %) a deposit still adds more equity than requirement.
    pub const BOUNDS_LINKED: [(u32, u32); 2] = [(0, 200_000), (0, 200_000)];
    const LISTED: u32 = 1 << 8;

    /// Bounds and order.
    ///
    /// # Errors
    /// [`TermsRefusal`].
    pub fn check(&self) -> Result<(), TermsRefusal> {
        if self.decimals > MAX_TOKEN_DECIMALS {
            return Err(TermsRefusal::Decimals);
        }
        let bounds = match self.underlying {
            0 => Self::BOUNDS,
            _ => Self::BOUNDS_LINKED,
        };
        check(&self.haircuts, &bounds)?;
        let [initial, maintenance] = self.haircuts;
        if initial < maintenance {
            return Err(TermsRefusal::InitialBelowMaintenance { rate: 0 });
        }
        Ok(())
    }

    /// Haircuts as the calculator uses them.
    #[must_use]
    pub const fn haircut(&self) -> (Q40, Q40) {
        let [initial, maintenance] = self.haircuts;
        (q40(initial), q40(maintenance))
    }

    /// One word, from the low end: haircuts, decimals 8 and the mark of a listed asset, underlying, feed.
    #[must_use]
    pub fn encode(&self) -> U256 {
        let [initial, maintenance] = self.haircuts;
        pack(&[
            initial,
            maintenance,
            Self::LISTED | u32::from(self.decimals),
            self.underlying.into(),
            self.feed.into(),
        ])
    }

    /// What [`Self::encode`] made; `None` for the empty word.
    #[must_use]
    pub fn decode(word: U256) -> Option<Self> {
        let [initial, maintenance, decimals, underlying, feed] = unpack(word);
        (decimals & Self::LISTED != 0).then_some(Self {
            feed: low_u16(feed.into()),
            underlying: low_u16(underlying.into()),
            decimals: low_u8(decimals.into()),
            haircuts: [initial, maintenance],
        })
    }
}

/// The outermost move of a set under `rule`, millionths, to nearest.
fn reach(set: &Set, rule: Rule) -> u32 {
    // below 2^39 · 10^6 < 2^63
    low_u32((set.reach(rule).cast_unsigned() * u64::from(ONE) + (1 << 39)) >> 40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn underlying() -> UnderlyingTerms {
        UnderlyingTerms {
            feed: 1,
            lot: 1_000,
            scenario_set: 2,
            rates: RateTerms::DEFAULT,
        }
    }

    proptest! {
        #[test]
        fn terms_survive_storage(
            rates in prop::array::uniform14(0..=MAX_RATE), feed: u16, lot in 1_u64.., scenario_set: u8, decimals: u8,
        ) {
            let terms = UnderlyingTerms { feed, lot, scenario_set, rates: RateTerms(rates) };
            prop_assert_eq!(UnderlyingTerms::decode(terms.encode()), Some(terms));
            let [a, b, c, d, e, ..] = rates;
            let rules = RuleTerms { rates: [a, b, c, d, e], coin_feed: feed };
            prop_assert_eq!(RuleTerms::decode(rules.encode()), rules);
            let asset = AssetTerms { feed, underlying: scenario_set.into(), decimals, haircuts: [a, b] };
            prop_assert_eq!(AssetTerms::decode(asset.encode()), Some(asset));
        }
    }

    #[test]
    fn nothing_stored_is_nothing_listed() {
        assert_eq!(UnderlyingTerms::decode([U256::ZERO; 2]), None);
        assert_eq!(AssetTerms::decode(U256::ZERO), None);
    }

    #[test]
    fn defaults_pass_and_are_those_of_the_method() {
        assert_eq!(RuleTerms::DEFAULT.check(), Ok(()));
        assert_eq!(RuleTerms::DEFAULT.rules(), Rules::DEFAULT);
        for scenario_set in 1..=3 {
            let terms = UnderlyingTerms {
                scenario_set,
                ..underlying()
            };
            assert_eq!(terms.check(), Ok(()));
            let rates = Rates {
                set: scenario_set,
                ..Rates::DEFAULT
            };
            assert_eq!(terms.rates(), rates);
        }
    }

    #[test]
    fn reach_is_the_outermost_node() {
        let reach = |set, rule| reach(Set::of(set).unwrap(), rule);
        assert_eq!(
            (reach(1, Rule::None), reach(1, Rule::Up)),
            (150_000, 200_000)
        );
        assert_eq!(
            (reach(2, Rule::None), reach(2, Rule::Up)),
            (135_000, 180_000)
        );
        assert_eq!(
            (reach(3, Rule::None), reach(3, Rule::Up)),
            (236_250, 315_000)
        );
    }

    /// At its bounds accepted, one millionth beyond refused, with the position and the bounds.
    #[test]
    fn every_rate_has_bounds() {
        for (place, (minimum, maximum)) in RateTerms::BOUNDS.into_iter().enumerate() {
            let with = |value| {
                let mut terms = underlying();
                terms.rates.0[place] = value;
                terms.check()
            };
            let refused = |r| matches!(r, Err(TermsRefusal::OutOfRange { rate, .. }) if usize::from(rate) == place);
            assert!(refused(with(maximum + 1)), "{place}");
            assert!(
                !refused(with(maximum)) && !refused(with(minimum)),
                "{place}"
            );
        }
        for (place, (minimum, maximum)) in RuleTerms::BOUNDS.into_iter().enumerate() {
            let with = |value| {
                let mut terms = RuleTerms::DEFAULT;
                terms.rates[place] = value;
                terms.check()
            };
            let refused = Err(TermsRefusal::OutOfRange {
                rate: place as u8,
                minimum,
                maximum,
            });
            assert_eq!(with(maximum + 1), refused);
            assert_ne!(with(maximum), refused);
            assert_ne!(with(minimum), refused);
            if minimum > 0 {
                assert_eq!(with(minimum - 1), refused);
            }
        }
    }

    /// I-MAR-6: no set of parameters makes IM < MM.
    #[test]
    fn i_mar_6_no_initial_rate_below_its_maintenance_rate() {
        for place in [6, 8, 10, 12] {
            let mut terms = underlying();
            terms.rates.0[place] = terms.rates.0[place + 1];
            assert_eq!(terms.check(), Ok(()));
            terms.rates.0[place + 1] += 1;
            let rate = place as u8;
            assert_eq!(
                terms.check(),
                Err(TermsRefusal::InitialBelowMaintenance { rate })
            );
        }
        let mut rules = RuleTerms::DEFAULT;
        rules.rates[1] = rules.rates[0] + 1;
        assert_eq!(
            rules.check(),
            Err(TermsRefusal::InitialBelowMaintenance { rate: 0 })
        );
        let mut asset = AssetTerms {
            haircuts: [50_000, 50_000],
            ..AssetTerms::default()
        };
        assert_eq!(asset.check(), Ok(()));
        asset.haircuts = [50_000, 50_001];
        assert_eq!(
            asset.check(),
            Err(TermsRefusal::InitialBelowMaintenance { rate: 0 })
        );
    }

    #[test]
    fn the_envelope_says_by_how_much_it_fails() {
        let with = |most, costs: [u32; 3]| {
            let mut terms = underlying();
            terms.rates.0[5] = most;
            let [short, linear, option] = costs;
            for (place, cost) in [(7, short), (9, linear), (11, option)] {
                terms.rates.0[place] = cost;
                terms.rates.0[place - 1] = cost;
            }
            terms.check()
        };
        assert_eq!(with(135_500, [5_000, 5_000, 1_000]), Ok(()));
        let refused = |leg, covered| Err(TermsRefusal::Envelope { leg, covered });
        let long = refused(LegType::LongOption, 135_500);
        assert_eq!(with(135_501, [5_000, 5_000, 1_000]), long);
        assert_eq!(
            with(180_001, [0, 0, 100_000]),
            refused(LegType::Linear, 180_000)
        );
        assert_eq!(with(180_000, [0, 0, 100_000]), Ok(()));
        assert_eq!(
            with(180_551, [100, 100_000, 1_000]),
            refused(LegType::ShortOption, 180_550)
        );
    }
}
