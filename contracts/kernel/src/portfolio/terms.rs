//! The parameters of margin as they are stored: words of which each has rates from its low end, 24 bits each, below
//! what else is in it. Checked as a set when they are set, trusted afterwards.
//!
//! The rates, their order, bounds and defaults are those of [`super::charges`].

use super::{
    charges::{AssetRate, AssetRates, ONE, Rate, Rates, RuleRate, Rules, UnderlyingRate},
    scenario::{Rule, Set},
};
use crate::{
    fixed::Q40,
    num::{low_u8, low_u16, low_u32},
};
use ruint::aliases::U256;

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
        /// Its id.
        rate: u8,
        /// Lowest allowed.
        minimum: u32,
        /// Highest allowed.
        maximum: u32,
    },
    /// An initial rate below its maintenance rate.
    InitialBelowMaintenance {
        /// Id of the initial rate.
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

/// Costs are shares of spot; the move is of the forward, which is at most 2 × spot. So only 1 / `COST_PART` of a cost
/// counts in the envelope.
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

/// How many rates fit into the lowest `bits` of a word.
const fn room(bits: u32) -> usize {
    (bits / RATE_BITS) as usize
}

/// Packs rates from the low end; at most `room(256)`.
fn pack(rates: &[u32]) -> U256 {
    let mut word = [0_u8; 32];
    let bytes = rates.iter().flat_map(|rate| {
        let [b0, b1, b2, _] = rate.to_le_bytes();
        [b0, b1, b2]
    });
    word.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    U256::from_le_bytes(word)
}

/// What [`pack`] packed, as far as `rates` goes.
fn unpack(word: U256, rates: &mut [u32]) {
    let word = word.to_le_bytes::<32>();
    let (chunks, _) = word.as_chunks::<3>();
    for (rate, [b0, b1, b2]) in rates.iter_mut().zip(chunks) {
        *rate = u32::from_le_bytes([*b0, *b1, *b2, 0]);
    }
}

/// Bounds of all, then the order of pairs.
fn check(rates: &[u32], table: &[Rate]) -> Result<(), TermsRefusal> {
    for ((rate, given), row) in (0_u8..).zip(rates).zip(table) {
        let Rate {
            minimum, maximum, ..
        } = *row;
        if *given < minimum || *given > maximum {
            return Err(TermsRefusal::OutOfRange {
                rate,
                minimum,
                maximum,
            });
        }
    }
    for ((rate, pair), row) in (0_u8..).zip(rates.windows(2)).zip(table) {
        if let [initial, maintenance] = pair
            && row.initial
            && initial < maintenance
        {
            return Err(TermsRefusal::InitialBelowMaintenance { rate });
        }
    }
    Ok(())
}

/// Rules for every portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleTerms {
    /// Its rates, millionths, by id.
    pub rates: [u32; RuleRate::COUNT],
    /// The oracle's feed of the settlement coin in dollars; 0 where it counts as one.
    pub coin_feed: u16,
}

impl RuleTerms {
    /// Those of [`Rules::DEFAULT`].
    pub const DEFAULT: Self = Self {
        rates: RuleRate::DEFAULT,
        coin_feed: 0,
    };

    /// Bounds and order.
    ///
    /// # Errors
    /// [`TermsRefusal`].
    pub fn check(&self) -> Result<(), TermsRefusal> {
        check(&self.rates, &RuleRate::TABLE)
    }

    /// As the calculator uses them.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        Rules::new(&self.rates)
    }

    /// One word: the rates below the feed, which is in the top 16 bits.
    #[must_use]
    pub fn encode(&self) -> U256 {
        const { assert!(RuleRate::COUNT <= room(240), "the rules need a second word") }
        let [a, b, c, d] = *pack(&self.rates).as_limbs();
        U256::from_limbs([a, b, c, d | u64::from(self.coin_feed) << 48])
    }

    /// What [`Self::encode`] made.
    #[must_use]
    pub fn decode(word: U256) -> Self {
        let [_, _, _, high] = *word.as_limbs();
        let mut rates = [0; RuleRate::COUNT];
        unpack(word, &mut rates);
        Self {
            rates,
            coin_feed: low_u16(high >> 48),
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
    /// Its rates, millionths, by id.
    pub rates: [u32; UnderlyingRate::COUNT],
}

impl UnderlyingTerms {
    /// Rates in the first word, below the rest.
    const HEAD: usize = room(144);
    /// Words it is stored in.
    pub const WORDS: usize = 1 + (UnderlyingRate::COUNT - Self::HEAD).div_ceil(room(256));

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
        check(&self.rates, &UnderlyingRate::TABLE)?;
        let short = UnderlyingRate::short_option_mm.of(&self.rates);
        let linear = UnderlyingRate::linear_cost_mm.of(&self.rates);
        let option = UnderlyingRate::option_cost_mm.of(&self.rates);
        for leg in [LegType::Linear, LegType::ShortOption, LegType::LongOption] {
            let covered = match leg {
                LegType::Linear => reach(set, Rule::Up) + linear / COST_PART,
                // worth more the more spot moves its way, and at the outermost node also the more for volatility
                LegType::ShortOption => reach(set, Rule::Up) + (short + option) / COST_PART,
                // loses less than at the outermost node at which volatility is not raised
                LegType::LongOption => reach(set, Rule::None) + option / COST_PART,
            };
            if UnderlyingRate::max_move.of(&self.rates) > covered {
                return Err(TermsRefusal::Envelope { leg, covered });
            }
        }
        Ok(())
    }

    /// As the calculator uses them.
    #[must_use]
    pub const fn rates(&self) -> Rates {
        Rates::new(self.scenario_set, &self.rates)
    }

    /// The first word: rates below feed 16 · scenario set 8 · zero 24 · lot 64. The others: rates.
    #[must_use]
    pub fn encode(&self) -> [U256; Self::WORDS] {
        let (head, rest) = self.rates.split_at(Self::HEAD);
        let [a, b, c, _] = *pack(head).as_limbs();
        let tail = u64::from(self.scenario_set) << 16 | u64::from(self.feed);
        let mut words = [U256::from_limbs([a, b, c | tail << 16, self.lot]); Self::WORDS];
        for (word, rates) in words.iter_mut().skip(1).zip(rest.chunks(room(256))) {
            *word = pack(rates);
        }
        words
    }

    /// What [`Self::encode`] made; `None` for empty words.
    #[must_use]
    pub fn decode(words: &[U256; Self::WORDS]) -> Option<Self> {
        let [first, others @ ..] = words;
        let [_, _, c, lot] = *first.as_limbs();
        let mut rates = [0; UnderlyingRate::COUNT];
        let (head, rest) = rates.split_at_mut(Self::HEAD);
        unpack(*first, head);
        for (word, rates) in others.iter().zip(rest.chunks_mut(room(256))) {
            unpack(*word, rates);
        }
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
    /// Its rates, millionths, by id.
    pub rates: [u32; AssetRate::COUNT],
}

impl AssetTerms {
    const LISTED: u64 = 1 << 8;

    /// The rates' bounds, which depend on whether the asset moves with an underlying.
    #[must_use]
    pub const fn table(&self) -> &'static [Rate; AssetRate::COUNT] {
        match self.underlying {
            0 => &AssetRate::TABLE,
            _ => &AssetRate::LINKED_TABLE,
        }
    }

    /// The rates of an asset for which nobody set any.
    #[must_use]
    pub const fn default_rates(underlying: u16) -> [u32; AssetRate::COUNT] {
        match underlying {
            0 => AssetRate::DEFAULT,
            _ => AssetRate::LINKED_DEFAULT,
        }
    }

    /// Bounds and order.
    ///
    /// # Errors
    /// [`TermsRefusal`].
    pub fn check(&self) -> Result<(), TermsRefusal> {
        if self.decimals > MAX_TOKEN_DECIMALS {
            return Err(TermsRefusal::Decimals);
        }
        check(&self.rates, self.table())
    }

    /// Its haircuts as the calculator uses them.
    #[must_use]
    pub const fn haircut(&self) -> (Q40, Q40) {
        AssetRates::new(&self.rates).haircut
    }

    /// One word: the rates below decimals 8 · the mark of a listed asset 8 · underlying 16 · feed 16 · zero 16.
    #[must_use]
    pub fn encode(&self) -> U256 {
        const {
            assert!(
                AssetRate::COUNT <= room(192),
                "an asset needs a second word"
            )
        }
        let [a, b, c, _] = *pack(&self.rates).as_limbs();
        let tail = Self::LISTED
            | u64::from(self.decimals)
            | u64::from(self.underlying) << 16
            | u64::from(self.feed) << 32;
        U256::from_limbs([a, b, c, tail])
    }

    /// What [`Self::encode`] made; `None` for the empty word.
    #[must_use]
    pub fn decode(word: U256) -> Option<Self> {
        let [_, _, _, tail] = *word.as_limbs();
        let mut rates = [0; AssetRate::COUNT];
        unpack(word, &mut rates);
        (tail & Self::LISTED != 0).then_some(Self {
            feed: low_u16(tail >> 32),
            underlying: low_u16(tail >> 16),
            decimals: low_u8(tail),
            rates,
        })
    }
}

/// The outermost move of a set under `rule`, millionths, to nearest.
fn reach(set: &Set, rule: Rule) -> u32 {
    // below 2^39 · 10^6 < 2^63
    low_u32((set.reach(rule).cast_unsigned() * u64::from(ONE) + (1 << 39)) >> 40)
}

#[cfg(test)]
mod tests;
