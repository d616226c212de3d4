//! Portfolio margin: what truly holds (I-MAR-1..11), on random markets and portfolios of all kinds, and what famously
//! does not (F-1..9), each with its counter-example and what is done about it.

#[path = "../common/mod.rs"]
mod common;
mod explained;
mod false_claims;
mod faults;
mod multiplied;
mod order;
mod requirement;
mod stale;
mod total;

use common::{
    AssetCase, ExpiryCase, MarketCase, Mood, ONE, PortfolioCase, Random, UnderlyingCase, WAD, fail,
    market, portfolio,
};
use plimsoll_kernel::{
    black76::{Factor, Moneyness, Price},
    book,
    codec::{Instrument, InstrumentId, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    fixed::{ONE_Q62, Q40},
    num::U256,
    portfolio::{
        AddOn, AddOns, Assessment, Charge, MAX_EXPIRIES, MAX_LEGS, MAX_UNDERLYINGS, Portfolio,
        Scratch,
        aggregate::together,
        assess,
        charges::{AssetRate, Rate, RuleRate, UnderlyingRate},
        explain::{Direction, VenuePart, alone, contributions, distance, greeks, own_slot, parts},
        market::{
            Asset, Expiry, MAX_PRICE, Market, Multipliers, Perpetual, Rates, Rules, Underlying,
        },
        money::LIMIT,
        scan::Scan,
        venues,
    },
    svi::Svi,
};
use proptest::prelude::*;

/// Rounding allowance: one unit a leg and node side, and the kernel's relative cut of quantities (2^-59) on sums.
fn slack(cases: &[&Assessment]) -> i128 {
    2_000
        + cases
            .iter()
            .map(|a| (a.mm.abs() + a.im.abs() + a.equity.abs()) >> 40)
            .sum::<i128>()
}

fn case(seed: u64) -> (MarketCase, PortfolioCase, PortfolioCase) {
    let mut r = Random(seed);
    let mut m = market(&mut r);
    let (x, y) = (portfolio(&mut r, &m), portfolio(&mut r, &m));
    m.draw_rates(seed);
    m.draw_mood(seed);
    (m, x, y)
}

/// An assessment with what is behind it.
struct Detail {
    a: Assessment,
    add_ons: AddOns,
    scans: Vec<Scan>,
}

fn detail(p: &PortfolioCase, market: &Market<'_>) -> Detail {
    let (a, scratch) = p.assess_in_detail(market);
    Detail {
        a,
        add_ons: *scratch.add_ons(),
        scans: scratch.scans().to_vec(),
    }
}

/// `v` at 1e18, in coins.
fn coins(v: i128) -> f64 {
    v as f64 / 1e18
}

fn scaled(v: u128, by: f64) -> u128 {
    // relative to 1e-15: enough for moves
    (v as f64 * by) as u128
}

/// Every price that moves with an underlying multiplied by `spot`, every volatility by `vol`.
fn moved(m: &MarketCase, spot: f64, vol: f64) -> MarketCase {
    let mut m = m.clone();
    for u in &mut m.underlyings {
        u.spot = scaled(u.spot, spot);
        for e in &mut u.expiries {
            e.variable = scaled(e.variable, spot);
            for v in &mut e.svi[..2] {
                *v = (*v as f64 * vol * vol) as i128;
            }
        }
        for p in &mut u.perpetuals {
            p.1 = scaled(p.1, spot);
        }
    }
    for a in m.assets.iter_mut().filter(|a| a.underlying != 0) {
        a.price = scaled(a.price, spot);
    }
    m
}

const TODAY: u16 = 20_000;

/// A market at 08:00 of [`TODAY`] in which one unit costs 2,000 coins.
fn market_of(underlyings: Vec<UnderlyingCase>) -> MarketCase {
    MarketCase {
        now: u64::from(TODAY) * 86_400 + 28_800,
        coin: WAD as u64,
        underlyings,
        assets: Vec::new(),
        rules: RuleRate::DEFAULT,
    }
}

/// Lots of one unit, one expiry in `days` days with a flat volatility of `vol` percent.
fn eth(days: u16, vol: i128) -> UnderlyingCase {
    UnderlyingCase {
        id: 1,
        lot: WAD as u64,
        spot: 2_000 * WAD,
        confidence: 0,
        set: 2,
        rates: UnderlyingRate::DEFAULT,
        expiries: vec![ExpiryCase {
            day: TODAY + days,
            variable: 2_000 * WAD,
            fixed: 0,
            discount: WAD,
            svi: [
                vol * vol * 10_i128.pow(14) * i128::from(days) / 365,
                0,
                0,
                0,
                WAD as i128,
            ],
            fresh: true,
        }],
        perpetuals: Vec::new(),
        fresh: true,
        mood: Mood::NONE,
    }
}

fn option(kind: Kind, strike: u128, lots: i64, days: u16) -> (Instrument, i64) {
    let instrument = Instrument {
        venue: 1,
        underlying: 1,
        kind,
        expiry_day: TODAY + days,
        strike: Strike::from_wad(strike * WAD),
    };
    (instrument, lots)
}

fn call(strike: u128, lots: i64, days: u16) -> (Instrument, i64) {
    option(Kind::Call, strike, lots, days)
}

fn book(cash: i128, options: &[(Instrument, i64)]) -> PortfolioCase {
    PortfolioCase {
        cash: cash * WAD as i128,
        options: options.to_vec(),
        ..PortfolioCase::EMPTY
    }
}

/// To the last place that `docs/method.md` §11 prints.
#[track_caller]
fn printed(got: f64, places: i32, value: f64) {
    let half = 0.501 * 10_f64.powi(-places);
    assert!((got - value).abs() <= half, "{got} is not {value}");
}

fn excess(a: &Assessment) -> (f64, f64) {
    (coins(a.equity - a.im), coins(a.equity - a.mm))
}
