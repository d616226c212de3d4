//! Portfolio margin of perpetuals and collateral: a pure function of a portfolio and a market.
//!
//! All perpetuals on an underlying, whatever the venue, and all collateral that moves with it are one position. It
//! is revalued under every scenario of the underlying's set; the requirement is the worst weighted loss, times a
//! factor, plus the haircuts of collateral. `docs/method.md` states it in formulas.
//!
//! # Rounding
//! Assets down, debts up, requirements up. A delta that is not a whole number of units is an interval, and each
//! side's loss takes the end that loses more. So, with no tolerance at all: merging portfolios never raises a
//! requirement nor lowers equity (I-MAR-2), and nothing but an exact zero requires nothing (I-RND-2).
//!
//! # Range
//! Sums are exact in 256 bits; nothing saturates and no portfolio of stored legs and balances is out of range:
//! with sizes of 63 bits and lots of 64, at most [`MAX_SLOTS`] legs, amounts and quotes of 128 bits and prices up
//! to [`MAX_PRICE`](crate::price::MAX_PRICE) < 2^110, the largest term is 2^238 and the largest sum below 2^247.
use crate::{
    book::{MAX_ASSETS, MAX_SLOTS},
    codec::{InstrumentId, Kind, LegSlot, PerpLeg},
    gate::Assessed,
    num::{
        Divisor, Int256, U256, WAD, power_of_ten, u128_to_u256, wide_add, wide_mul,
        wide_mul_div_both, wide_mul_div_ceil, wide_sub,
    },
    price::Price,
};

/// Most underlyings an account may have legs on.
pub const MAX_UNDERLYINGS: usize = 8;
/// Those and one per collateral asset.
const MAX_GROUPS: usize = MAX_UNDERLYINGS + MAX_ASSETS;
/// Most decimals of a collateral token.
pub const MAX_TOKEN_DECIMALS: u8 = 24;

/// Factors on the scan, 1e18: at least this, so that a maintenance requirement exists.
pub const MIN_FACTOR: u64 = WAD / 4;
/// At most this.
pub const MAX_FACTOR: u64 = 10 * WAD;

// ---- scenarios --------------------------------------------------------------------------------------------

/// A state of the world the portfolio must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Relative move of the spot, in thousandths; above −1000.
    pub shock: i16,
    /// Share of the loss that counts, in ten-thousandths, 1..=10000.
    pub weight: u16,
}

/// Thousandths · ten-thousandths.
const SLOPE_ONE: u64 = 10_000_000;
const SLOPE_DIVISOR: Divisor = Divisor::constant(SLOPE_ONE);

impl Scenario {
    /// The shock, 1e18, signed.
    #[must_use]
    pub fn shock_wad(self) -> i128 {
        i128::from(self.shock) * i128::from(WAD / 1_000)
    }

    /// The weight, 1e18.
    #[must_use]
    pub fn weight_wad(self) -> u128 {
        u128::from(self.weight) * u128::from(WAD / 10_000)
    }
}

const fn scenario(shock: i16, weight: u16) -> Scenario {
    Scenario { shock, weight }
}

/// Set 1, for the majors. The spot nodes of the scan that Deribit and Paradex use for them, ±16 % in steps of 4 %,
/// and Paradex's damped tails: a far move counts with the share that keeps a linear position's loss near 16 %, so
/// that tails bind for options, whose loss bends, and not for perpetuals.
pub const MAJORS: [Scenario; 17] = [
    scenario(0, 10_000),
    scenario(-40, 10_000),
    scenario(40, 10_000),
    scenario(-80, 10_000),
    scenario(80, 10_000),
    scenario(-120, 10_000),
    scenario(120, 10_000),
    scenario(-160, 10_000),
    scenario(160, 10_000),
    scenario(-330, 4_800),
    scenario(500, 3_200),
    scenario(-660, 2_400),
    scenario(1_000, 1_600),
    scenario(2_000, 800),
    scenario(3_000, 533),
    scenario(4_000, 400),
    scenario(5_000, 320),
];

/// Set 2, for thinner coins: ±30 % in steps of 7.5 %, wider than the ±24 % that OKX scans, because books there are
/// thin enough for a move to outrun the auction; tails damped to the same 30 %.
pub const THIN: [Scenario; 16] = [
    scenario(0, 10_000),
    scenario(-75, 10_000),
    scenario(75, 10_000),
    scenario(-150, 10_000),
    scenario(150, 10_000),
    scenario(-225, 10_000),
    scenario(225, 10_000),
    scenario(-300, 10_000),
    scenario(300, 10_000),
    scenario(-660, 4_500),
    scenario(1_000, 3_000),
    scenario(-900, 3_300),
    scenario(2_000, 1_500),
    scenario(3_000, 1_000),
    scenario(4_000, 750),
    scenario(5_000, 600),
];

/// A scenario set: its nodes, and what they come to for a position that is linear in the spot.
#[derive(Clone, Copy, Debug)]
pub struct ScenarioSet {
    /// The identity first.
    pub scenarios: &'static [Scenario],
    /// Largest weight · fall of the set, 1e-7: what a unit of positive delta can lose.
    down: u64,
    /// Largest weight · rise, 1e-7: what a unit of negative delta can lose.
    up: u64,
}

impl ScenarioSet {
    /// A constant set by number; `None` for a number that has none.
    #[must_use]
    pub const fn of(number: u8) -> Option<Self> {
        const SET_1: ScenarioSet = ScenarioSet::new(&MAJORS);
        const SET_2: ScenarioSet = ScenarioSet::new(&THIN);
        match number {
            1 => Some(SET_1),
            2 => Some(SET_2),
            _ => None,
        }
    }

    const fn new(scenarios: &'static [Scenario]) -> Self {
        let (mut rest, mut down, mut up) = (scenarios, 0, 0);
        while let [first, tail @ ..] = rest {
            let slope = first.shock.unsigned_abs() as u64 * first.weight as u64;
            if first.shock < 0 && slope > down {
                down = slope;
            }
            if first.shock > 0 && slope > up {
                up = slope;
            }
            rest = tail;
        }
        Self {
            scenarios,
            down,
            up,
        }
    }
}

// ---- terms and market -------------------------------------------------------------------------------------

/// What governance has set for an underlying. The default is that of one it has not: nothing is known, so nothing
/// is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct UnderlyingTerms {
    /// 1e18 units of the underlying a lot.
    pub lot: u64,
    /// Number of the scenario set.
    pub scenario_set: u8,
    /// 1e18, at least `mm_factor`.
    pub im_factor: u64,
    /// 1e18.
    pub mm_factor: u64,
}

/// Why terms are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermsRefusal {
    /// A lot of 0.
    ZeroLot,
    /// No such scenario set.
    ScenarioSet,
    /// This factor lies outside [`MIN_FACTOR`]..=[`MAX_FACTOR`].
    FactorOutOfRange(u64),
    /// The initial factor or haircut is below the maintenance one.
    InitialBelowMaintenance,
    /// More than [`MAX_TOKEN_DECIMALS`].
    Decimals,
    /// A haircut of everything or more.
    Haircut,
}

impl UnderlyingTerms {
    /// Checks them as a set: what passes keeps IM ≥ MM for every portfolio.
    ///
    /// # Errors
    /// The first [`TermsRefusal`] that applies.
    pub fn check(&self) -> Result<(), TermsRefusal> {
        if self.lot == 0 {
            return Err(TermsRefusal::ZeroLot);
        }
        if ScenarioSet::of(self.scenario_set).is_none() {
            return Err(TermsRefusal::ScenarioSet);
        }
        for factor in [self.im_factor, self.mm_factor] {
            if !(MIN_FACTOR..=MAX_FACTOR).contains(&factor) {
                return Err(TermsRefusal::FactorOutOfRange(factor));
            }
        }
        if self.im_factor < self.mm_factor {
            return Err(TermsRefusal::InitialBelowMaintenance);
        }
        Ok(())
    }
}

/// What governance has set for a collateral asset. The default is that of one it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AssetTerms {
    /// What it moves with; 0 = nothing.
    pub underlying: u16,
    /// The token's decimals.
    pub decimals: u8,
    /// 1e18, below 1e18 and at least `mm_haircut`.
    pub im_haircut: u64,
    /// 1e18.
    pub mm_haircut: u64,
}

impl AssetTerms {
    /// Checks them as a set.
    ///
    /// # Errors
    /// The first [`TermsRefusal`] that applies.
    pub fn check(&self) -> Result<(), TermsRefusal> {
        if self.decimals > MAX_TOKEN_DECIMALS {
            return Err(TermsRefusal::Decimals);
        }
        if self.im_haircut >= WAD {
            return Err(TermsRefusal::Haircut);
        }
        if self.im_haircut < self.mm_haircut {
            return Err(TermsRefusal::InitialBelowMaintenance);
        }
        Ok(())
    }
}

/// An underlying in the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Underlying {
    /// Its number.
    pub number: u16,
    /// Its terms.
    pub terms: UnderlyingTerms,
    /// Its spot.
    pub price: Price,
}

/// A collateral asset in the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Asset {
    /// Its index.
    pub number: u8,
    /// Its terms.
    pub terms: AssetTerms,
    /// Of one whole token.
    pub price: Price,
}

/// One snapshot of everything a portfolio rests on. What is missing counts as an item with no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market<'a> {
    /// In any order, no number twice.
    pub underlyings: &'a [Underlying],
    /// In any order, no number twice.
    pub assets: &'a [Asset],
}

impl Market<'_> {
    fn underlying(&self, number: u16) -> Underlying {
        let found = self.underlyings.iter().find(|u| u.number == number);
        found.copied().unwrap_or(Underlying {
            number,
            ..Underlying::default()
        })
    }

    fn asset(&self, number: u8) -> Asset {
        let found = self.assets.iter().find(|a| a.number == number);
        found.copied().unwrap_or(Asset {
            number,
            ..Asset::default()
        })
    }
}

/// A balance of collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collateral {
    /// The asset's index.
    pub asset: u8,
    /// In the token's own decimals.
    pub amount: u128,
}

/// A portfolio. Order does not matter and items may repeat: they net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portfolio<'a> {
    /// Signed, 1e-18 cash.
    pub cash: i128,
    /// At most [`MAX_ASSETS`] items.
    pub collateral: &'a [Collateral],
    /// At most [`MAX_SLOTS`] slots, on at most [`MAX_UNDERLYINGS`] underlyings.
    pub legs: &'a [U256],
}

/// Why something is not a portfolio. No portfolio that the vault stores meets one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// More than [`MAX_ASSETS`] items of collateral.
    TooManyAssets(usize),
    /// More than [`MAX_SLOTS`] leg slots.
    TooManySlots(usize),
    /// Legs on more than [`MAX_UNDERLYINGS`] underlyings.
    TooManyUnderlyings,
    /// The slot of this index holds no leg.
    NotALeg(usize),
    /// The slot of this index holds a kind of leg that is not margined yet.
    UnsupportedKind(usize),
    /// A sum left 256 bits: prices above their maximum were given.
    OutOfRange,
}

// ---- the method -------------------------------------------------------------------------------------------

/// The instrument of a slot's first leg. Total: for a slot that holds none, whatever its bits say.
#[must_use]
pub fn instrument_of(slot: U256) -> InstrumentId {
    let [_, _, low, high] = *slot.as_limbs();
    // Below the expiry lie the strike and the size of an option; a perpetual or future has neither.
    let id = InstrumentId((u128::from(high) << 64) | u128::from(low));
    let size_bits = if id.kind().is_option() { 54 } else { 64 };
    InstrumentId(id.0 >> size_bits << size_bits)
}

/// The underlying of a slot's first leg. Total.
#[must_use]
pub fn underlying_of(slot: U256) -> u16 {
    instrument_of(slot).underlying()
}

/// The perpetual in a slot.
///
/// # Errors
/// [`Refusal::NotALeg`], [`Refusal::UnsupportedKind`], with `index`.
pub fn perpetual(slot: U256, index: usize) -> Result<PerpLeg, Refusal> {
    match PerpLeg::decode(slot) {
        Some(leg) if leg.instrument.kind() == Kind::Perpetual => Ok(leg),
        None if LegSlot::decode(slot).is_none() => Err(Refusal::NotALeg(index)),
        _ => Err(Refusal::UnsupportedKind(index)),
    }
}

/// The house's own value of one unit of an instrument: of a perpetual, the spot. `None`: unsupported kind.
#[must_use]
pub fn mark(instrument: InstrumentId, spot: Price) -> Option<Price> {
    instrument
        .decode()
        .filter(|i| i.kind == Kind::Perpetual)
        .map(|_| spot)
}

/// A number between two integers, inclusive; `low == high` when it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Interval {
    low: U256,
    high: U256,
}

impl Interval {
    fn add(self, other: Self) -> Result<Self, Refusal> {
        Ok(Self {
            low: add(self.low, other.low)?,
            high: add(self.high, other.high)?,
        })
    }
}

/// Everything a portfolio has of one underlying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Group {
    underlying: u16,
    /// Net of all perpetuals. |lots| ≤ 64 · 2^63.
    lots: i128,
    /// Value of the collateral that moves with it.
    linked: Interval,
}

/// The groups of one portfolio, in order of first mention.
struct Groups {
    groups: [Group; MAX_GROUPS],
    len: usize,
}

impl Groups {
    const fn new() -> Self {
        let empty = Interval {
            low: U256::ZERO,
            high: U256::ZERO,
        };
        Self {
            groups: [Group {
                underlying: 0,
                lots: 0,
                linked: empty,
            }; MAX_GROUPS],
            len: 0,
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().take(self.len)
    }

    /// The group of this underlying, made if new; `None` when `limit` groups exist and none is it.
    fn of(&mut self, underlying: u16, limit: usize) -> Option<&mut Group> {
        let found = self.iter().position(|group| group.underlying == underlying);
        let index = found.unwrap_or(self.len);
        if found.is_none() {
            if self.len >= limit {
                return None;
            }
            self.len += 1;
        }
        let group = self.groups.get_mut(index)?;
        group.underlying = underlying;
        Some(group)
    }
}

/// Assesses a portfolio.
///
/// Total for every portfolio the vault can store, at any prices up to [`MAX_PRICE`](crate::price::MAX_PRICE). An
/// item without a fresh price sets `stale`; as collateral it counts nothing, as a perpetual it is valued at its last
/// price, 0 when there was none.
///
/// # Errors
/// [`Refusal`], for what is not a portfolio.
pub fn assess(portfolio: &Portfolio<'_>, market: &Market<'_>) -> Result<Assessed, Refusal> {
    if portfolio.collateral.len() > MAX_ASSETS {
        return Err(Refusal::TooManyAssets(portfolio.collateral.len()));
    }
    if portfolio.legs.len() > MAX_SLOTS {
        return Err(Refusal::TooManySlots(portfolio.legs.len()));
    }
    let mut total = Total::new(portfolio.cash);
    let mut groups = Groups::new();
    // Legs first, so that the limit on their underlyings does not count those of collateral.
    for (index, slot) in portfolio.legs.iter().enumerate() {
        let leg = perpetual(*slot, index)?;
        let group = groups
            .of(leg.instrument.underlying(), MAX_UNDERLYINGS)
            .ok_or(Refusal::TooManyUnderlyings)?;
        // SAFETY: at most 64 sizes of 63 bits.
        group.lots = group.lots.saturating_add(i128::from(leg.size));
        total.settle(leg.quote)?;
    }
    for balance in portfolio.collateral {
        total.collateral(balance, &market.asset(balance.asset), &mut groups)?;
    }
    for group in groups.iter() {
        total.group(group, &market.underlying(group.underlying))?;
    }
    total.finish()
}

/// Running sums of an assessment.
struct Total {
    assets: U256,
    debts: U256,
    im: U256,
    mm: U256,
    stale: bool,
}

impl Total {
    fn new(cash: i128) -> Self {
        let amount = u128_to_u256(cash.unsigned_abs());
        let (assets, debts) = if cash < 0 {
            (U256::ZERO, amount)
        } else {
            (amount, U256::ZERO)
        };
        Self {
            assets,
            debts,
            im: U256::ZERO,
            mm: U256::ZERO,
            stale: false,
        }
    }

    /// Takes off what a leg has been paid for.
    fn settle(&mut self, quote: i128) -> Result<(), Refusal> {
        let side = if quote > 0 {
            &mut self.debts
        } else {
            &mut self.assets
        };
        *side = add(*side, u128_to_u256(quote.unsigned_abs()))?;
        Ok(())
    }

    fn collateral(
        &mut self,
        balance: &Collateral,
        asset: &Asset,
        groups: &mut Groups,
    ) -> Result<(), Refusal> {
        if balance.amount == 0 {
            return Ok(());
        }
        if !asset.price.fresh {
            self.stale = true;
            return Ok(());
        }
        let terms = &asset.terms;
        let value = token_value(balance.amount, terms.decimals, asset.price.value)?;
        self.assets = add(self.assets, value.low)?;
        self.im = add(self.im, scaled(value.high, terms.im_haircut, Divisor::WAD)?)?;
        self.mm = add(self.mm, scaled(value.high, terms.mm_haircut, Divisor::WAD)?)?;
        if terms.underlying != 0 {
            // SAFETY: at most 8 groups of legs and one per balance.
            let group = groups
                .of(terms.underlying, MAX_GROUPS)
                .ok_or(Refusal::TooManyUnderlyings)?;
            group.linked = group.linked.add(value)?;
        }
        Ok(())
    }

    fn group(&mut self, group: &Group, underlying: &Underlying) -> Result<(), Refusal> {
        let terms = &underlying.terms;
        let value = match group.lots {
            0 => Interval::default(),
            lots => {
                self.stale |= !underlying.price.fresh;
                perpetual_value(lots.unsigned_abs(), terms.lot, underlying.price.value)?
            }
        };
        // What the position gains a unit of spot if positive, loses if negative: the ends of delta's interval.
        let (falling, rising) = if group.lots < 0 {
            self.debts = add(self.debts, value.high)?;
            (
                excess(group.linked.high, value.low),
                excess(value.high, group.linked.low),
            )
        } else {
            self.assets = add(self.assets, value.low)?;
            (add(group.linked.high, value.high)?, U256::ZERO)
        };
        let scan = scan_linear(falling, rising, terms.scenario_set)?;
        self.im = add(self.im, scaled(scan, terms.im_factor, Divisor::WAD)?)?;
        self.mm = add(self.mm, scaled(scan, terms.mm_factor, Divisor::WAD)?)?;
        Ok(())
    }

    fn finish(self) -> Result<Assessed, Refusal> {
        let Self {
            assets,
            debts,
            im,
            mm,
            stale,
        } = self;
        let equity = Int256::difference(assets, debts).ok_or(Refusal::OutOfRange)?;
        Ok(Assessed {
            equity,
            im,
            mm,
            stale,
        })
    }
}

/// The scan of a linear position: max over the set of −weight · shock · delta, rounded up, where delta lies between
/// −`rising` and `falling`. The loss of each side is largest at the set's largest product on that side. A set that
/// does not exist, of an underlying without terms, scans the whole move.
fn scan_linear(falling: U256, rising: U256, set: u8) -> Result<U256, Refusal> {
    let (down, up) = ScenarioSet::of(set).map_or((SLOPE_ONE, SLOPE_ONE), |set| (set.down, set.up));
    let down = scaled(falling, down, SLOPE_DIVISOR)?;
    let up = scaled(rising, up, SLOPE_DIVISOR)?;
    Ok(down.max(up))
}

/// Value of perpetuals without their quote: lots · lot · price.
fn perpetual_value(lots: u128, lot: u64, price: u128) -> Result<Interval, Refusal> {
    interval(wide_mul(lots, price), lot, Divisor::WAD)
}

/// Value of an amount of tokens.
fn token_value(amount: u128, decimals: u8, price: u128) -> Result<Interval, Refusal> {
    let value = wide_mul(amount, price);
    if decimals <= 18 {
        return interval(
            value,
            small_power_of_ten(18_u8.abs_diff(decimals))?,
            Divisor::WAD,
        );
    }
    // Floors of floors and ceilings of ceilings are those of the whole quotient.
    let excess =
        Divisor::new(small_power_of_ten(decimals.abs_diff(18))?).ok_or(Refusal::OutOfRange)?;
    let value = interval(value, 1, excess)?;
    let (low, high) = (
        interval(value.low, 1, Divisor::WAD)?,
        interval(value.high, 1, Divisor::WAD)?,
    );
    Ok(Interval {
        low: low.low,
        high: high.high,
    })
}

fn small_power_of_ten(exponent: u8) -> Result<u64, Refusal> {
    power_of_ten(exponent)
        .and_then(|p| u64::try_from(p).ok())
        .ok_or(Refusal::OutOfRange)
}

fn interval(x: U256, m: u64, d: Divisor) -> Result<Interval, Refusal> {
    let (low, high) = wide_mul_div_both(x, m, d).ok_or(Refusal::OutOfRange)?;
    Ok(Interval { low, high })
}

/// ⌈x · m / d⌉.
fn scaled(x: U256, m: u64, d: Divisor) -> Result<U256, Refusal> {
    wide_mul_div_ceil(x, m, d).ok_or(Refusal::OutOfRange)
}

fn add(a: U256, b: U256) -> Result<U256, Refusal> {
    wide_add(a, b).ok_or(Refusal::OutOfRange)
}

/// max(a − b, 0).
fn excess(a: U256, b: U256) -> U256 {
    wide_sub(a, b).unwrap_or(U256::ZERO)
}
