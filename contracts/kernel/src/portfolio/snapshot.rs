//! From stored terms and the oracle's answers to a [`Market`].
//!
//! Everything travels as words, so that a contract needs one codec for all of it:
//!
//! | asked of | key | words in the answer |
//! | --- | --- | --- |
//! | terms | [`RULES`] | 1: [`RuleTerms`] |
//! | terms | [`UNDERLYING`] · number | [`UnderlyingTerms::WORDS`]: [`UnderlyingTerms`] |
//! | terms | [`ASSET`] · index | 1: [`AssetTerms`] |
//! | oracle | [`FEED`] · number | 1: value 128 · confidence 64 · jump 32 · zero 30 · unknown 1 · fresh 1; unknown: the value is the most it can be |
//! | oracle | [`EXPIRY`] · underlying 16 · day 16 | 3: [`Record`] |
//! | oracle | [`NEAR`] · underlying | 4: its [`Terms`], then the [`Record`] of its nearest listed expiry, zeros where none is near |
//! | oracle | [`SEQUENCER`] | 1: [`Sequencer`] |
//! | oracle | [`MARKET`] · underlying 16 · venue 16 | 1: funding index 128 · last day 16 of a perpetual market; zeros today. `margin` does not ask for it yet |
//!
//! The steps: [`Dependencies::add`] each portfolio; the words of [`Dependencies::asset_keys`] go into [`Dependencies::link`], those of
//! [`Dependencies::keys`] make the [`SnapshotRequest`]; the oracle's answer to [`SnapshotRequest::keys`] makes the market. What a portfolio is told
//! does not depend on what else the market holds.
extern crate alloc;

use super::{
    MAX_EXPIRIES, MAX_UNDERLYINGS, Portfolio,
    market::{Asset, Expiry, Market, Underlying},
    money::part_of_one,
    terms::{AssetTerms, RuleTerms, UnderlyingTerms},
};
use crate::{
    codec::{InstrumentId, Kind},
    fixed::{ONE_Q40, Q40},
    num::{WAD, halves, low_u8, low_u16, low_u32, low_u64},
    price::MAX_FEED_PRICE,
    surface::{Multipliers, Record, Terms, WORDS},
    svi::Svi,
};
use alloc::vec::Vec;
use ruint::aliases::U256;

/// The kind of a key is above its lowest 32 bits.
const KIND: u32 = 32;
/// Key of the rules.
pub const RULES: u64 = 1 << KIND;
/// Key of an underlying's terms.
pub const UNDERLYING: u64 = 2 << KIND;
/// Key of an asset's terms.
pub const ASSET: u64 = 3 << KIND;
/// Key of a feed's price.
pub const FEED: u64 = 4 << KIND;
/// Key of an expiry.
pub const EXPIRY: u64 = 5 << KIND;
/// Key of an underlying's terms of pushes and its nearest expiry.
pub const NEAR: u64 = 6 << KIND;
/// Key of the sequencer's state.
pub const SEQUENCER: u64 = 7 << KIND;
/// Key of a perpetual market.
pub const MARKET: u64 = 8 << KIND;
/// Words behind a [`NEAR`] key.
pub const NEAR_WORDS: usize = 1 + WORDS;

/// A key, taken apart: its kind, and what is below. Zeros for what is no key: numbers have 16 bits, but for expiries and markets.
#[must_use]
pub fn parse(key: U256) -> (u64, u32) {
    let [low, ..] = *key.as_limbs();
    let kind = low >> KIND << KIND;
    let pair = kind == EXPIRY || kind == MARKET;
    if key == U256::from(low) && (pair || low_u32(low) >> 16 == 0) {
        (kind, low_u32(low))
    } else {
        (0, 0)
    }
}

/// How many words a key of this kind of terms has; 0 for what is none.
#[must_use]
pub const fn terms_words(kind: u64) -> usize {
    match kind {
        RULES | ASSET => 1,
        UNDERLYING => UnderlyingTerms::WORDS,
        _ => 0,
    }
}

/// What portfolios rest on, each list ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Numbers.
    underlyings: Vec<u32>,
    /// Underlying 16 · day 16.
    expiries: Vec<u32>,
    /// Indices.
    assets: Vec<u32>,
    /// There was no room for what some collateral moves with.
    crowded: bool,
}

impl Dependencies {
    /// Adds what a portfolio holds.
    pub fn add(&mut self, portfolio: &Portfolio<'_>) {
        for (asset, _) in portfolio.collateral {
            note(&mut self.assets, u32::from(*asset));
        }
        for slot in portfolio.slots {
            let [low, middle, size, header] = *slot.as_limbs();
            let first = InstrumentId(u128::from(header) << 64 | u128::from(size));
            self.instrument(first);
            let second = u128::from(middle) << 64 | u128::from(low);
            if first.kind().is_option() && second != 0 {
                self.instrument(InstrumentId(second));
            }
        }
    }

    /// Adds an instrument. Bits below its expiry do not matter.
    #[inline(never)]
    pub fn instrument(&mut self, instrument: InstrumentId) {
        let underlying = u32::from(instrument.underlying());
        note(&mut self.underlyings, underlying);
        if instrument.kind() != Kind::Perpetual {
            let expiry = underlying << 16 | u32::from(instrument.expiry_day());
            note(&mut self.expiries, expiry);
        }
    }

    /// Keys of the assets' terms.
    #[must_use]
    pub fn asset_keys(&self) -> Vec<U256> {
        let mut keys = Vec::new();
        append(&mut keys, ASSET, &self.assets);
        keys
    }

    /// Adds what collateral moves with, given the words of [`Self::asset_keys`]; as far as there is room, so that no
    /// deposit can push out what a leg needs. What is left out is scanned alone.
    pub fn link(&mut self, assets: &[U256]) {
        for word in assets {
            let terms = AssetTerms::decode(*word).unwrap_or_default();
            let underlying = u32::from(terms.underlying);
            if underlying == 0 || self.underlyings.contains(&underlying) {
                continue;
            }
            if self.underlyings.len() < MAX_UNDERLYINGS {
                note(&mut self.underlyings, underlying);
            } else {
                self.crowded = true;
            }
        }
    }

    /// Whether one market can hold all of it.
    #[must_use]
    pub fn fits(&self) -> bool {
        !self.crowded
            && self.underlyings.len() <= MAX_UNDERLYINGS
            && self.expiries.len() <= MAX_EXPIRIES
    }

    /// Keys of the terms: rules, underlyings, assets.
    #[must_use]
    pub fn keys(&self) -> Vec<U256> {
        let mut keys = Vec::new();
        append(&mut keys, RULES, &[0]);
        append(&mut keys, UNDERLYING, &self.underlyings);
        append(&mut keys, ASSET, &self.assets);
        keys
    }
}

/// Inserts where it belongs, once.
#[inline(never)]
fn note(list: &mut Vec<u32>, item: u32) {
    // Most of what is noted was noted just before.
    if list.last() == Some(&item) {
        return;
    }
    if let Err(place) = list.binary_search(&item) {
        list.insert(place, item);
    }
}

#[inline(never)]
fn append(keys: &mut Vec<U256>, kind: u64, items: &[u32]) {
    for item in items {
        keys.push(U256::from(kind | u64::from(*item)));
    }
}

/// Terms of everything needed, and what to ask the oracle.
#[derive(Clone, Debug)]
pub struct SnapshotRequest {
    needs: Dependencies,
    rules: RuleTerms,
    /// As in `needs`; none where nothing is listed.
    underlyings: Vec<Option<UnderlyingTerms>>,
    assets: Vec<Option<AssetTerms>>,
    feeds: Vec<u32>,
}

impl SnapshotRequest {
    /// From the words of [`Dependencies::keys`].
    #[must_use]
    pub fn new(needs: Dependencies, words: &[U256]) -> Self {
        let (rules, rest) = words.split_first().unwrap_or((&U256::ZERO, &[]));
        let rules = RuleTerms::decode(*rules);
        let underlyings = needs.underlyings.len();
        let (groups, _) = rest.as_chunks::<{ UnderlyingTerms::WORDS }>();
        let mut board = Self {
            rules,
            underlyings: Vec::with_capacity(underlyings),
            assets: Vec::with_capacity(needs.assets.len()),
            feeds: Vec::new(),
            needs,
        };
        for words in groups.iter().take(underlyings) {
            let terms = UnderlyingTerms::decode(words);
            board.feed(terms.map_or(0, |t| t.feed));
            board.underlyings.push(terms);
        }
        for word in rest.iter().skip(underlyings * UnderlyingTerms::WORDS) {
            let terms = AssetTerms::decode(*word);
            board.feed(terms.map_or(0, |t| t.feed));
            board.assets.push(terms);
        }
        board.feed(rules.coin_feed);
        board
    }

    fn feed(&mut self, feed: u16) {
        if feed != 0 {
            note(&mut self.feeds, feed.into());
        }
    }

    /// What to ask the oracle.
    #[must_use]
    pub fn keys(&self) -> Vec<U256> {
        let mut keys = Vec::new();
        append(&mut keys, FEED, &self.feeds);
        append(&mut keys, EXPIRY, &self.needs.expiries);
        append(&mut keys, NEAR, &self.needs.underlyings);
        append(&mut keys, SEQUENCER, &[0]);
        keys
    }

    /// How many words the oracle answers.
    #[must_use]
    pub fn answer_len(&self) -> usize {
        let expiries = self.needs.expiries.len() * WORDS;
        self.feeds.len() + expiries + self.needs.underlyings.len() * NEAR_WORDS + 1
    }

    /// The lot of an underlying, if it is listed.
    #[must_use]
    pub fn lot(&self, underlying: u16) -> Option<u64> {
        let place = self.needs.underlyings.binary_search(&underlying.into());
        Some(self.underlyings.get(place.ok()?)?.as_ref()?.lot)
    }

    /// The market, from the oracle's words; what they lack counts as never known.
    pub fn with_market<T>(&self, now: u64, words: &[U256], f: impl FnOnce(&Market<'_>) -> T) -> T {
        let (quotes, records) = words.split_at_checked(self.feeds.len()).unwrap_or_default();
        let (own, rest) = records
            .split_at_checked(self.needs.expiries.len() * WORDS)
            .unwrap_or_default();
        let (own, _) = own.as_chunks::<WORDS>();
        let (near, sequencer) = rest.as_chunks::<NEAR_WORDS>();
        let expiries: Vec<Expiry> = own
            .iter()
            .zip(&self.needs.expiries)
            .map(|(words, key)| expiry(words, &self.spot(quotes, *key >> 16), now).unwrap_or(NEVER))
            .collect();
        let mut start = 0;
        let mut underlyings = Vec::with_capacity(self.underlyings.len());
        for ((number, terms), near) in self
            .needs
            .underlyings
            .iter()
            .zip(&self.underlyings)
            .zip(near)
        {
            let days = self.needs.expiries.iter().skip(start);
            let end = start + days.take_while(|e| *e >> 16 == *number).count();
            if let Some(terms) = terms {
                let quote = self.quote(quotes, terms.feed);
                let [pushes, near @ ..] = near;
                let pushes = Terms::decode(*pushes);
                underlyings.push(Underlying {
                    id: low_u16((*number).into()),
                    lot: terms.lot,
                    spot: quote.value,
                    known: quote.known,
                    confidence: quote.confidence,
                    jump: quote.jump,
                    // Forwards and settlements follow the feed that pushes name: another one's price is not theirs.
                    fresh: quote.fresh && pushes.is_none_or(|t| t.feed == terms.feed),
                    max_basis: pushes.map_or(ONE_Q40, |t| part_of_one(t.max_basis)),
                    multipliers: pushes.map_or(Multipliers::ONE, |t| t.multipliers),
                    rates: terms.rates(),
                    expiries: expiries.get(start..end).unwrap_or_default(),
                    near: expiry(near, &quote, now),
                    perpetuals: &[],
                });
            }
            start = end;
        }
        let mut assets = Vec::with_capacity(self.assets.len());
        for (index, terms) in self.needs.assets.iter().zip(&self.assets) {
            if let Some(terms) = terms {
                let quote = match terms.feed {
                    0 => Quote::ONE,
                    feed => self.quote(quotes, feed),
                };
                assets.push(Asset {
                    index: low_u8((*index).into()),
                    price: quote.value,
                    decimals: terms.decimals,
                    underlying: terms.underlying,
                    haircut: terms.haircut(),
                    known: quote.known,
                    fresh: quote.fresh,
                });
            }
        }
        // If the settlement coin's feed is unusable, use price 1: an oracle failure must not make every account
        // liquidatable. `open = false` still blocks opening and withdrawing.
        let coin_feed = self.rules.coin_feed;
        let sequencer = Sequencer::decode(sequencer.first().copied().unwrap_or_default());
        let quote = self.quote(quotes, coin_feed);
        let coin = match quote.value {
            value if quote.known => low_u64(value.min(WAD.into())),
            _ => WAD,
        };
        f(&Market {
            now,
            coin,
            open: (coin_feed == 0 || quote.fresh) && sequencer.works,
            underlyings: &underlyings,
            assets: &assets,
            rules: self.rules.rules(),
        })
    }

    /// The price of an underlying.
    #[inline(never)]
    fn spot(&self, quotes: &[U256], underlying: u32) -> Quote {
        let place = self.needs.underlyings.binary_search(&underlying).ok();
        let terms = place.and_then(|place| self.underlyings.get(place)?.as_ref());
        self.quote(quotes, terms.map_or(0, |terms| terms.feed))
    }

    #[inline(never)]
    fn quote(&self, quotes: &[U256], feed: u16) -> Quote {
        let place = self.feeds.binary_search(&feed.into()).ok();
        let word = place.and_then(|place| quotes.get(place)).copied();
        Quote::decode(word.unwrap_or_default())
    }
}

/// The expiry of a record at the last price of spot, stale or not.
#[inline(never)]
fn expiry(words: &[U256; WORDS], spot: &Quote, now: u64) -> Option<Expiry> {
    Record::decode(words).live(spot.known.then_some(spot.value), now)
}

/// An expiry without a forward, of no day: one that was never pushed, or whose spot nobody knows.
const NEVER: Expiry = Expiry {
    day: 0,
    variable: 0,
    fixed: 0,
    discount: 0,
    surface: Svi::ZERO,
    fresh: false,
};

/// A price as margin uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// 1e18 coins per unit; where it is not known, the most it can be, 0 where nobody knows that.
    pub value: u128,
    /// False when nothing usable is known.
    pub known: bool,
    /// Its uncertainty, a share of it, at most 1.
    pub confidence: Q40,
    /// How far its last round is from the one before, a share of that, while it is young; below 4.
    pub jump: Q40,
    /// May be relied on.
    pub fresh: bool,
}

impl Quote {
    /// The settlement coin's own.
    pub const ONE: Self = Self {
        value: WAD as u128,
        known: true,
        confidence: 0,
        jump: 0,
        fresh: true,
    };
    const FRESH: u64 = 1;
    const UNKNOWN: u64 = 2;

    /// The word of the table above, from a confidence in 1e18.
    #[must_use]
    pub fn encode(value: u128, confidence: u64, fresh: bool) -> U256 {
        let (low, high) = halves(value);
        let flags = if fresh { Self::FRESH } else { 0 };
        U256::from_limbs([flags, confidence, low, high])
    }

    /// The word with a jump, a share in 2^-30; what is above 4 counts as 4.
    #[must_use]
    pub fn with_jump(word: U256, jump: u32) -> U256 {
        word | U256::from(u64::from(jump) << 32)
    }

    /// The word of a price of which only the most it can be is known.
    #[must_use]
    pub fn encode_unknown(most: u128, confidence: u64) -> U256 {
        let (low, high) = halves(most);
        U256::from_limbs([Self::UNKNOWN, confidence, low, high])
    }

    /// Its parts; what cannot be a price counts as none.
    #[must_use]
    pub fn decode(word: U256) -> Self {
        let [flags, confidence, low, high] = *word.as_limbs();
        let value = u128::from(high) << 64 | u128::from(low);
        let value = if value <= MAX_FEED_PRICE { value } else { 0 };
        let known = value != 0 && flags & Self::UNKNOWN == 0;
        Self {
            value,
            known,
            confidence: part_of_one(confidence),
            jump: (flags >> 32 << 10).cast_signed(),
            fresh: known && flags & Self::FRESH != 0,
        }
    }
}

/// The state of the chain's sequencer, in a word: the end of the last grace 64, unix seconds · zero 63 · works 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequencer {
    /// It is up, and the grace after the last restart is over. Also where the oracle watches no sequencer.
    pub works: bool,
    /// When the last grace ended, or will end; 0 = there was none, or it is down.
    pub resumed_at: u64,
}

impl Sequencer {
    /// Where the oracle watches none.
    pub const UNWATCHED: Self = Self {
        works: true,
        resumed_at: 0,
    };

    /// The word.
    #[must_use]
    pub const fn encode(self) -> U256 {
        U256::from_limbs([self.works as u64, self.resumed_at, 0, 0])
    }

    /// Its parts. An empty word is a sequencer that does not work.
    #[must_use]
    pub const fn decode(word: U256) -> Self {
        let [works, resumed_at, ..] = *word.as_limbs();
        Self {
            works: works & 1 != 0,
            resumed_at,
        }
    }
}
