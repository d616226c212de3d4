//! Why a portfolio needs what it needs: what each part of it needs alone, sensitivities, each leg's part in the worst
//! scenario, and how far the market may move before liquidation. For views and keepers; no hot path.
extern crate alloc;

use super::{
    Assessment, Portfolio, Scratch, assess,
    market::{Asset, Expiry, Linear, MAX_PRICE, Market, Perpetual, Underlying},
    money::{Cash, clamp, minus, scale_floor, worth_floor},
    scan::{Nodes, OptionView, Tenor, forward_factor},
    scenario::{Rule, Scenario},
};
use crate::{
    black76::{self, Factor, Price},
    book::{self, Leg},
    codec::{InstrumentId, Kind, LegSlot, OptionLeg, PerpLeg},
    fixed::{ONE_Q40, ONE_Q62, Q40, Q56, clamp_i64, mul_shift_floor},
    num::{self, U256, WAD},
};
use alloc::vec::Vec;

/// A part of a portfolio assessed as if it were a portfolio of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Alone {
    /// What it adds to equity; rounded down. Of all parts and cash together: equity, to the unit, unless a number was
    /// clamped.
    pub value: Cash,
    /// Its initial requirement, rounded up.
    pub im: Cash,
    /// Its maintenance requirement, rounded up.
    pub mm: Cash,
}

/// Assesses a part of a portfolio alone.
#[must_use]
#[inline(never)]
pub fn alone(
    market: &Market<'_>,
    collateral: &[(u8, u128)],
    slots: &[U256],
    scratch: &mut Scratch,
) -> Alone {
    let part = Portfolio {
        cash: 0,
        collateral,
        slots,
    };
    let Assessment { equity, im, mm, .. } = assess(market, &part, scratch);
    Alone {
        value: equity,
        im,
        mm,
    }
}

/// A slot that holds this leg alone; `None` where its size has no place in one.
#[must_use]
pub fn own_slot(leg: &Leg) -> Option<U256> {
    let Leg {
        instrument,
        size,
        quote,
    } = *leg;
    if instrument.kind().is_option() {
        LegSlot::Options(OptionLeg { instrument, size }, None).encode()
    } else {
        LegSlot::Linear(PerpLeg {
            instrument,
            size,
            quote,
        })
        .encode()
    }
}

/// What the legs at one venue are to a portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VenuePart {
    /// Its number.
    pub venue: u16,
    /// How many legs.
    pub legs: u16,
    /// All of them, without the rest of the portfolio.
    pub alone: Alone,
    /// What the initial requirement of the portfolio falls by when they are closed at their marks; negative: it rises,
    /// for they hedge.
    pub im_released: Cash,
    /// The same of the maintenance requirement.
    pub mm_released: Cash,
}

/// A requirement by what asks for it: collateral, each venue, and what they save each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// All collateral, without legs: haircuts, and what linked collateral can lose.
    pub collateral: Alone,
    /// The venues that have legs, by ascending number.
    pub venues: Vec<VenuePart>,
    /// What is left: im = collateral + Σ venues + this. Not above 0 but for rounding, for a requirement is sublinear, unless
    /// a number was clamped.
    pub im_offset: Cash,
    /// The same of the maintenance requirement.
    pub mm_offset: Cash,
}

/// The requirement of a portfolio by venue; `whole` is its assessment.
#[must_use]
pub fn parts(
    market: &Market<'_>,
    portfolio: &Portfolio<'_>,
    whole: &Assessment,
    scratch: &mut Scratch,
) -> Parts {
    let collateral = alone(market, portfolio.collateral, &[], scratch);
    let mut parts = Parts {
        collateral,
        venues: Vec::new(),
        im_offset: minus(whole.im, collateral.im),
        mm_offset: minus(whole.mm, collateral.mm),
    };
    for leg in book::all(portfolio.slots) {
        let venue = leg.instrument.venue();
        if let Err(place) = parts.venues.binary_search_by_key(&venue, |part| part.venue) {
            let part = venue_part(market, portfolio, whole, venue, scratch);
            parts.im_offset = minus(parts.im_offset, part.alone.im);
            parts.mm_offset = minus(parts.mm_offset, part.alone.mm);
            parts.venues.insert(place, part);
        }
    }
    parts
}

#[inline(never)]
fn venue_part(
    market: &Market<'_>,
    portfolio: &Portfolio<'_>,
    whole: &Assessment,
    venue: u16,
    scratch: &mut Scratch,
) -> VenuePart {
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for leg in book::all(portfolio.slots) {
        let list = if leg.instrument.venue() == venue {
            &mut own
        } else {
            &mut others
        };
        list.extend(own_slot(&leg));
    }
    let without = alone(market, portfolio.collateral, &others, scratch);
    VenuePart {
        venue,
        legs: num::low_u16(own.len() as u64),
        alone: alone(market, &[], &own, scratch),
        im_released: minus(whole.im, without.im),
        mm_released: minus(whole.mm, without.mm),
    }
}

/// Sensitivities of a portfolio to one underlying. Delta counts perpetuals, futures, options and linked collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Greeks {
    /// Change of value per coin of spot: 1e18 units of the underlying.
    pub delta: i128,
    /// Change of delta per coin of spot, 1e18.
    pub gamma: i128,
    /// Change of value per 1.00 of volatility (100 points), 1e18 cash.
    pub vega: Cash,
    /// Change of value per day, 1e18 cash.
    pub theta: Cash,
}

/// What one leg adds to a scenario of its underlying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Of which leg.
    pub instrument: InstrumentId,
    /// The leg's mark, floored; minus its quote where nothing usable is known of its price.
    pub mark: Cash,
    /// Its change of value at a node of the underlying times the node's weight: negative where it loses.
    pub change: Cash,
}

/// Sensitivities to the underlying at `place` of the market.
#[must_use]
pub fn greeks(market: &Market<'_>, portfolio: &Portfolio<'_>, place: usize) -> Greeks {
    let Some(underlying) = market.underlyings.get(place) else {
        return Greeks::default();
    };
    let mut sum = Greeks::default();
    // in cash per relative move of spot, and per its square
    let (mut delta_cash, mut gamma_cash) = (0, 0);
    for leg in legs(portfolio, underlying.id) {
        if !leg.instrument.kind().is_option() {
            delta_cash += linear_notional(underlying, &leg);
        } else if let Some(view) = View::new(market, underlying, &leg) {
            let (d, g, vega, theta) = view.sensitivities();
            delta_cash += d;
            gamma_cash += g;
            sum.vega += vega;
            sum.theta += theta;
        }
    }
    for &(index, amount) in portfolio.collateral {
        // what is not fresh counts as nothing, however its price moves
        let asset = market
            .assets
            .iter()
            .find(|a| a.index == index && a.underlying == underlying.id && a.fresh);
        delta_cash += asset.map_or(0, |a| collateral_value(a, amount));
    }
    let spot = underlying.spot.min(MAX_PRICE);
    sum.delta = per_spot(delta_cash, spot);
    sum.gamma = per_spot(per_spot(gamma_cash, spot), spot);
    sum
}

/// ⌊v / spot⌋. Not clamped to the limit of cash: a coin of 1e-5 has a gamma of 1e10 per unit of cash.
#[inline(never)]
fn per_spot(v: i128, spot: u128) -> i128 {
    if spot == 0 {
        return 0;
    }
    let most = if v < 0 { i128::MIN } else { i128::MAX };
    let Some((size, exact)) = num::mul_div_small(v.unsigned_abs(), WAD.into(), spot) else {
        return most;
    };
    let size = if v < 0 && !exact {
        size.saturating_add(1)
    } else {
        size
    };
    num::with_sign(v < 0, size).unwrap_or(most)
}

/// Each leg of the underlying at `place`, in slot order, with its part in node `node` of that underlying's scan.
#[must_use]
pub fn contributions(
    market: &Market<'_>,
    portfolio: &Portfolio<'_>,
    place: usize,
    node: usize,
) -> Vec<Contribution> {
    let mut parts = Vec::new();
    if let Some(underlying) = market.underlyings.get(place)
        && let Some(scenario) = Nodes::of(underlying, market.now).as_slice().get(node)
    {
        for leg in legs(portfolio, underlying.id) {
            parts.push(contribution(market, underlying, &leg, scenario));
        }
    }
    parts
}

#[inline(never)]
fn contribution(
    market: &Market<'_>,
    underlying: &Underlying<'_>,
    leg: &Leg,
    scenario: &Scenario,
) -> Contribution {
    let (mark, change) = if !leg.instrument.kind().is_option() {
        let moved = scale_floor(linear_notional(underlying, leg), scenario.shock);
        (linear_mark(underlying, leg), moved)
    } else if let Some(view) = View::new(market, underlying, leg) {
        let mark = view.value(Factor::IDENTITY, Rule::None);
        let factor = forward_factor(view.expiry, scenario);
        // skew counts against the portfolio whichever way a whole expiry moves: the leg's own way is shown
        (mark, view.value(factor, scenario.rule) - mark)
    } else {
        (0, 0)
    };
    Contribution {
        instrument: leg.instrument,
        mark,
        change: scale_floor(change, scenario.weight),
    }
}

/// Which way the market moves in [`distance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// All spots up by the same share, forwards and linked collateral with them.
    Up,
    /// All spots down.
    Down,
    /// All volatilities up.
    VolatilityUp,
    /// All volatilities down.
    VolatilityDown,
}

impl Direction {
    /// All four, as declared.
    pub const ALL: [Self; 4] = [
        Self::Up,
        Self::Down,
        Self::VolatilityUp,
        Self::VolatilityDown,
    ];

    /// How far is looked: spot to +300 % and −95 %, volatility to +300 % and −90 %. Never negative, as [`distance`].
    #[must_use]
    pub const fn horizon(self) -> Q40 {
        match self {
            Self::Up | Self::VolatilityUp => 3 * ONE_Q40,
            Self::Down => ONE_Q40 / 20 * 19,
            Self::VolatilityDown => ONE_Q40 / 10 * 9,
        }
    }

    /// Whether prices or volatilities fall.
    #[must_use]
    pub const fn falls(self) -> bool {
        matches!(self, Self::Down | Self::VolatilityDown)
    }
}

/// Steps in which [`distance`] looks for the first crossing, and halvings by which it then narrows it.
const STEPS: i64 = 48;
const HALVINGS: u32 = 14;

/// Smallest relative move in `direction` at which equity < mm, to 1/800,000 of the horizon; 0 when it is below
/// already, `None` when nothing up to the horizon is.
///
/// Looks in 48 equal steps and halves the first that crosses: a crossing and return within one step is missed.
#[must_use]
pub fn distance(
    market: &Market<'_>,
    portfolio: &Portfolio<'_>,
    direction: Direction,
    scratch: &mut Scratch,
) -> Option<Q40> {
    let mut below = |share| is_below(market, portfolio, direction, share, scratch);
    if below(0) {
        return Some(0);
    }
    let step = direction.horizon() / STEPS;
    let first = (1..=STEPS).find(|i| below(step * i))?;
    let (mut safe, mut crossed) = (step * (first - 1), step * first);
    for _ in 0..HALVINGS {
        let middle = safe + (crossed - safe) / 2;
        if below(middle) {
            crossed = middle;
        } else {
            safe = middle;
        }
    }
    Some(crossed)
}

#[inline(never)]
fn is_below(
    market: &Market<'_>,
    portfolio: &Portfolio<'_>,
    direction: Direction,
    share: Q40,
    scratch: &mut Scratch,
) -> bool {
    let a: Assessment = moved(market, direction, share, |m| assess(m, portfolio, scratch));
    a.equity < a.mm
}

/// The market after a relative move of `share` in `direction`.
fn moved<T>(
    market: &Market<'_>,
    direction: Direction,
    share: Q40,
    f: impl FnOnce(&Market<'_>) -> T,
) -> T {
    let (spot, volatility) = match direction {
        Direction::Up => (ONE_Q40 + share, ONE_Q40),
        Direction::Down => (ONE_Q40 - share, ONE_Q40),
        Direction::VolatilityUp => (ONE_Q40, ONE_Q40 + share),
        Direction::VolatilityDown => (ONE_Q40, ONE_Q40 - share),
    };
    let variance = mul_shift_floor::<40>(volatility, volatility);
    let (mut expiries, mut perpetuals) = (Vec::new(), Vec::new());
    for underlying in market.underlyings {
        for expiry in underlying.expiries {
            expiries.push(moved_expiry(expiry, spot, variance));
        }
        for perpetual in underlying.perpetuals {
            perpetuals.push(Perpetual {
                mark: moved_price(perpetual.mark, spot),
                ..*perpetual
            });
        }
    }
    let (mut expiries, mut perpetuals) = (expiries.as_slice(), perpetuals.as_slice());
    let mut underlyings = Vec::with_capacity(market.underlyings.len());
    for underlying in market.underlyings {
        let near = underlying.near.as_ref();
        underlyings.push(Underlying {
            spot: moved_price(underlying.spot, spot),
            expiries: take(&mut expiries, underlying.expiries.len()),
            near: near.map(|e| moved_expiry(e, spot, variance)),
            perpetuals: take(&mut perpetuals, underlying.perpetuals.len()),
            ..*underlying
        });
    }
    let mut assets = market.assets.to_vec();
    for asset in assets.iter_mut().filter(|a| a.underlying != 0) {
        asset.price = moved_price(asset.price, spot);
    }
    f(&Market {
        underlyings: &underlyings,
        assets: &assets,
        ..*market
    })
}

#[inline(never)]
fn moved_price(price: u128, factor: Q40) -> u128 {
    scale_floor(price.min(MAX_PRICE).cast_signed(), factor)
        .max(0)
        .cast_unsigned()
}

#[inline(never)]
fn moved_expiry(expiry: &Expiry, factor: Q40, variance: Q40) -> Expiry {
    let mut moved = *expiry;
    moved.variable = moved_price(moved.variable, factor);
    let scaled = |v: Q56| clamp_i64(scale_floor(v.into(), variance));
    moved.surface.a = scaled(moved.surface.a);
    moved.surface.b = scaled(moved.surface.b);
    moved
}

/// The first `count` of a list, which keeps the others.
fn take<'a, T>(list: &mut &'a [T], count: usize) -> &'a [T] {
    let (first, rest) = list.split_at_checked(count).unwrap_or((&[], &[]));
    *list = rest;
    first
}

// ---- legs

/// The portfolio's legs on an underlying, in slot order.
fn legs<'a>(portfolio: &Portfolio<'a>, underlying: u16) -> impl Iterator<Item = Leg> + 'a {
    book::all(portfolio.slots).filter(move |leg| leg.instrument.underlying() == underlying)
}

#[inline(never)]
fn linear_of(underlying: &Underlying<'_>, leg: &Leg) -> Linear {
    if leg.instrument.kind() != Kind::Future {
        let linear = underlying.perpetual(leg.instrument.venue());
        // a bound is no price: the requirement counts no exposure there either
        return if linear.known {
            linear
        } else {
            Linear::default()
        };
    }
    let expiry = underlying.expiry(leg.instrument.expiry_day());
    expiry.map_or_else(Linear::default, Expiry::future)
}

#[inline(never)]
fn cash_of(units: i128, price: i128) -> Cash {
    let units = clamp(units);
    let size = if price < 0 {
        units.wrapping_neg()
    } else {
        units
    };
    worth_floor(size, price.unsigned_abs()).map_or(0, clamp)
}

fn units(leg: &Leg, lot: u64) -> i128 {
    clamp(i128::from(leg.size) * i128::from(lot))
}

/// Cash per relative move of spot.
#[inline(never)]
fn linear_notional(underlying: &Underlying<'_>, leg: &Leg) -> Cash {
    let Linear { moving, .. } = linear_of(underlying, leg);
    cash_of(
        units(leg, underlying.lot),
        moving.min(MAX_PRICE).cast_signed(),
    )
}

fn linear_mark(underlying: &Underlying<'_>, leg: &Leg) -> Cash {
    let price = linear_of(underlying, leg).price();
    clamp(cash_of(units(leg, underlying.lot), price).saturating_sub(leg.quote))
}

fn collateral_value(asset: &Asset, amount: u128) -> Cash {
    let units = num::to_wad_down(amount, asset.decimals).and_then(|u| Cash::try_from(u).ok());
    cash_of(
        units.map_or(0, clamp),
        asset.price.min(MAX_PRICE).cast_signed(),
    )
}

/// An option leg with its expiry.
struct View<'a> {
    option: OptionView,
    expiry: &'a Expiry,
    tenor: Tenor,
}

impl<'a> View<'a> {
    #[inline(never)]
    fn new(market: &Market<'_>, underlying: &Underlying<'a>, leg: &Leg) -> Option<Self> {
        let expiry = underlying.expiry(leg.instrument.expiry_day())?;
        let tenor = Tenor::new(underlying, expiry, market.now);
        let forward = Price::new(expiry.forward());
        let own = OptionLeg {
            instrument: leg.instrument,
            size: leg.size,
        };
        let option = OptionView::new(&own, underlying.lot, expiry, forward, &tenor)?;
        Some(Self {
            option,
            expiry,
            tenor,
        })
    }

    #[inline(never)]
    fn value(&self, factor: Factor, rule: Rule) -> Cash {
        self.option.value(factor, rule)
    }

    /// Cash per relative move of spot, per its square, per 1.00 of volatility, per day.
    #[inline(never)]
    fn sensitivities(&self) -> (Cash, Cash, Cash, Cash) {
        let OptionView {
            moneyness,
            stdevs,
            multiplier,
            put,
        } = &self.option;
        let s = stdevs.first().copied().unwrap_or(0);
        let greeks = black76::greeks(*moneyness, s);
        // the share of the forward that moves with spot
        let moving = forward_factor(
            self.expiry,
            &Scenario::new(Factor::new(2 * ONE_Q40), Rule::None),
        )
        .value
            - ONE_Q40;
        let probability = greeks.delta.wrapping_sub(put.wrapping_mul(ONE_Q62));
        let delta = multiplier.cash(mul_shift_floor::<62>(moneyness.forward, probability));
        let gamma = multiplier.cash(greeks.gamma_cash.clamp(0, black76::MAX_UNITS));
        let vega = scale_floor(multiplier.cash(greeks.vega), self.tenor.root);
        let value = moneyness.call(s).wrapping_sub(
            moneyness
                .forward
                .wrapping_sub(moneyness.strike)
                .wrapping_mul(*put),
        );
        // discounting is inside the multiplier
        let year = black76::theta(greeks.vega, value, s, ONE_Q62, 0, self.tenor.years);
        let day = multiplier.cash(year.clamp(-black76::MAX_UNITS, black76::MAX_UNITS)) / 365;
        (
            scale_floor(delta, moving),
            scale_floor(scale_floor(gamma, moving), moving),
            vega,
            day,
        )
    }
}
