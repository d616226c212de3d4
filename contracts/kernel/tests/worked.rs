//! The worked examples of `docs/method.md` §9, number by number (`docs/model/worked.py` prints the same).
#![allow(clippy::inconsistent_digit_grouping)] // amounts are grouped at their decimals

mod common;

use common::{AssetCase, ExpiryCase, MarketCase, Mood, PortfolioCase, UnderlyingCase, WAD};
use plimsoll_kernel::{
    codec::{Instrument, Kind, Strike},
    portfolio::{
        AddOn, AddOns, Assessment, Charge, aggregate,
        charges::{AssetRate, RuleRate, UnderlyingRate},
        market::Rules,
        scan::Scan,
    },
};

const DAY: u16 = 20_000;
/// Thirty days before the expiry, where the tenor factor g is 1.
const NOW: u64 = DAY as u64 * 86_400 + 28_800 - 30 * 86_400;
/// 80 % volatility for thirty days.
const VARIANCE: i128 = 64 * 10_i128.pow(16) * 30 / 365;

fn underlying(id: u16, lot: u64, spot: u128, expiries: Vec<ExpiryCase>) -> UnderlyingCase {
    UnderlyingCase {
        id,
        lot,
        spot: spot * WAD,
        confidence: 0,
        set: 2,
        rates: UnderlyingRate::DEFAULT,
        expiries,
        perpetuals: Vec::new(),
        fresh: true,
        mood: Mood::NONE,
    }
}

fn eth(expiries: Vec<ExpiryCase>) -> UnderlyingCase {
    underlying(1, 1_000_000_000_000_000, 2_000, expiries)
}

fn market(underlyings: Vec<UnderlyingCase>, assets: Vec<AssetCase>) -> MarketCase {
    MarketCase {
        now: NOW,
        coin: WAD as u64,
        underlyings,
        assets,
        rules: RuleRate::DEFAULT,
    }
}

fn cash(coins: i128) -> PortfolioCase {
    PortfolioCase {
        cash: coins * WAD as i128,
        collateral: Vec::new(),
        linear: Vec::new(),
        options: Vec::new(),
    }
}

fn perpetual(u: &UnderlyingCase, lots: i64, price: i128) -> (Instrument, i64, i128) {
    let instrument = Instrument {
        venue: 1,
        underlying: u.id,
        kind: Kind::Perpetual,
        expiry_day: 0,
        strike: None,
    };
    (
        instrument,
        lots,
        i128::from(lots) * i128::from(u.lot) * price,
    )
}

struct Answer {
    a: Assessment,
    whole: i128,
    scans: Vec<Scan>,
    add_ons: AddOns,
}

fn answer(m: &MarketCase, p: &PortfolioCase) -> Answer {
    m.with(Rules::DEFAULT, |market| {
        let (a, scratch) = p.assess_in_detail(market);
        assert!(!a.stale && !a.out_of_range);
        Answer {
            a,
            whole: aggregate::requirement(market, scratch.scans()),
            scans: scratch.scans().to_vec(),
            add_ons: *scratch.add_ons(),
        }
    })
}

/// To the four places the page prints.
#[track_caller]
fn is(got: i128, printed: f64) {
    let got = got as f64 / 1e18;
    assert!((got - printed).abs() < 5.1e-5, "{got} is not {printed}");
}

#[track_caller]
fn both(got: AddOn, im: f64, mm: f64) {
    is(got.im, im);
    is(got.mm, mm);
}

/// Cash, three coins of collateral, and four short.
fn hedged() -> (MarketCase, PortfolioCase) {
    let u = eth(Vec::new());
    let weth = AssetCase {
        price: 2_000 * WAD,
        decimals: 18,
        underlying: 1,
        rates: AssetRate::LINKED_DEFAULT,
        fresh: true,
    };
    let mut p = cash(5_000);
    p.collateral.push((0, 3 * WAD));
    p.linear.push(perpetual(&u, -4_000, 2_100));
    (market(vec![u], vec![weth]), p)
}

#[test]
fn a_perpetual_hedged_by_its_own_collateral() {
    let (m, mut p) = hedged();
    let got = answer(&m, &p);
    is(got.a.equity, 11_400.0);
    is(got.scans[0].losses[22], 360.0); // +18 %, volatility up
    is(got.scans[0].losses[30], 277.2); // +500 %, damped
    is(got.whole, 360.0);
    both(got.add_ons.get(Charge::Haircut), 180.0, 90.0);
    both(got.add_ons.get(Charge::LinearCost), 80.0, 40.0);
    is(got.a.im, 710.0);
    is(got.a.mm, 490.0);
    p.collateral.clear();
    is(answer(&m, &p).whole, 1_440.0);
}

#[test]
fn the_same_when_things_go_wrong() {
    let (mut m, p) = hedged();
    m.coin = (WAD / 100 * 97) as u64;
    m.underlyings[0].confidence = WAD / 200;
    let got = answer(&m, &p);
    both(got.add_ons.get(Charge::Depeg), 320.0, 160.0);
    both(got.add_ons.get(Charge::Confidence), 10.0, 10.0);
    is(got.a.im, 1_040.0);
    is(got.a.mm, 660.0);

    let (mut m, p) = hedged();
    m.assets[0].fresh = false;
    let a = m.with(Rules::DEFAULT, |market| p.assess(market));
    assert!(a.stale && !a.out_of_range);
    is(a.equity, 5_400.0);
    is(a.im, 1_880.0);
    is(a.mm, 1_480.0);
    is(a.best_equity, 11_400.0);
    is(a.best, 10_910.0); // as if it were fresh
    is(a.worst, 3_920.0);
}

#[test]
fn a_call_spread() {
    let u = eth(vec![ExpiryCase {
        day: DAY,
        variable: 2_000 * WAD,
        fixed: 0,
        discount: WAD,
        svi: [VARIANCE, 0, 0, 0, WAD as i128],
        fresh: true,
    }]);
    let mut p = cash(2_500);
    for (strike, lots) in [(2_000, -10_000), (2_200, 10_000)] {
        let instrument = Instrument {
            venue: 1,
            underlying: 1,
            kind: Kind::Call,
            expiry_day: DAY,
            strike: Strike::from_wad(strike * WAD),
        };
        p.options.push((instrument, lots));
    }
    let got = answer(&market(vec![u], Vec::new()), &p);
    is(got.a.equity, 1_753.6366);
    let scan = &got.scans[0];
    is(scan.losses[13], 565.2350); // +13.5 %, volatility down
    is(scan.losses[22], 386.9204); // +18 %, volatility up
    is(scan.losses[6], 431.4601); // +13.5 %
    assert_eq!((scan.worst_node, scan.count), (13, 33));
    both(got.add_ons.get(Charge::Basis), 53.9135, 55.0029);
    both(got.add_ons.get(Charge::ShortOption), 200.0, 100.0);
    both(got.add_ons.get(Charge::OptionCost), 80.0, 40.0);
    both(got.add_ons.get(Charge::Rate), 4.6009, 3.0672);
    is(got.a.im, 1_045.0581);
    is(got.a.mm, 763.3051);
}

#[test]
fn two_underlyings() {
    let (u, v) = (
        eth(Vec::new()),
        underlying(2, 10_000_000_000_000, 40_000, Vec::new()),
    );
    let mut p = cash(4_000);
    p.linear.push(perpetual(&u, -5_000, 2_000));
    p.linear.push(perpetual(&v, 20_000, 40_000));
    let m = market(vec![u, v], Vec::new());
    let got = answer(&m, &p);
    is(got.a.equity, 4_000.0);
    is(got.scans[0].worst, 1_800.0);
    is(got.scans[1].worst, 1_440.0);
    is(got.whole, 2_305.1247);
    // far moves: one of the two gains in each
    for node in 23..31 {
        let lost = got.scans.iter().map(|s| s.loss(node).max(0)).max();
        assert!(lost.is_some_and(|l| l < 1_386_000_001_000_000_000_000));
    }
    both(got.add_ons.get(Charge::LinearCost), 180.0, 90.0);
    is(got.a.im, 3_061.4059);
    is(got.a.mm, 2_395.1247);
    // both short: no offset left
    (p.linear[1].1, p.linear[1].2) = (-p.linear[1].1, -p.linear[1].2);
    let got = answer(&m, &p);
    is(got.whole, 3_240.0);
    is(got.a.im, 4_230.0);
    is(got.a.mm, 3_330.0);
}
