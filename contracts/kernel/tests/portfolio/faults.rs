//! Faults found by trying the method on foreign portfolios (R-1 ...): the smallest input of each, and the right number.
use super::*;

/// An underlying at 1,000 with one flat expiry, and lots of a unit.
fn coin(days: u16, vol: i128) -> UnderlyingCase {
    let mut u = eth(days, vol);
    u.spot = 1_000 * WAD;
    u.expiries[0].variable = 1_000 * WAD;
    u
}

fn scan_of(u: UnderlyingCase, p: &PortfolioCase) -> f64 {
    market_of(vec![u]).with(Rules::DEFAULT, |market| {
        coins(detail(p, market).scans[0].worst)
    })
}

#[test]
fn r_1_far_moves_come_with_volatility_up() {
    let call = |strike, lots, days| option(Kind::Call, strike, lots, days);
    printed(
        scan_of(coin(90, 120), &book(0, &[call(8_000, -1, 90)])),
        1,
        39.8,
    );
    let spread = book(0, &[call(2_000, 1, 180), call(6_000, -3, 180)]);
    printed(scan_of(coin(180, 120), &spread), 1, 103.6);
}

/// One lot of each leg of a box, short: what it is worth depends on the discount alone.
fn short_box(low: u128, high: u128, days: u16) -> [(Instrument, i64); 4] {
    [
        call(low, -1, days),
        option(Kind::Put, low, 1, days),
        call(high, 1, days),
        option(Kind::Put, high, -1, days),
    ]
}

fn requirements(m: &MarketCase, p: &PortfolioCase) -> (Assessment, AddOns) {
    m.with(Rules::DEFAULT, |market| {
        let d = detail(p, market);
        (d.a, d.add_ons)
    })
}

/// It needed 56, its equity at a discount of .95; at .97 it was worth −144.
#[test]
fn r_2_a_box_is_charged_for_rates() {
    let p = book(9_556, &short_box(1_000, 11_000, 365));
    let at = |discount: u128| {
        let mut u = eth(365, 80);
        u.expiries[0].discount = WAD / 100 * discount;
        requirements(&market_of(vec![u]), &p)
    };
    let (a, add_ons) = at(95);
    printed(coins(a.equity), 2, 56.0);
    // 9,500 · (7.5 %, 5 %) · a year, and what four options cost to close
    printed(coins(add_ons.get(Charge::Rate).im), 2, 712.5);
    printed(coins(add_ons.get(Charge::Rate).mm), 2, 475.0);
    printed(coins(a.im), 2, 728.5);
    printed(coins(a.mm), 2, 483.0);
    // who meets MM at .95 is solvent at .97
    let loss = a.equity - at(97).0.equity;
    printed(coins(loss), 2, 200.0);
    assert!(loss < a.mm);
}

/// The charge never exceeds the value it is on, and ends with the expiry.
#[test]
fn r_2_the_charge_is_at_most_the_value_and_nothing_once_settled() {
    let p = book(0, &short_box(1_000, 11_000, 365));
    let mut m = market_of(vec![eth(365, 80)]);
    m.underlyings[0].rates[UnderlyingRate::rate_im as usize] = 1_000_000;
    m.underlyings[0].rates[UnderlyingRate::rate_mm as usize] = 999_999;
    let charge = |m: &MarketCase| requirements(m, &p).1.get(Charge::Rate);
    printed(coins(charge(&m).im), 6, 10_000.0);
    printed(coins(charge(&m).mm), 2, 9_999.99);
    m.now += 1;
    assert!(charge(&m).im < 10_000 * WAD as i128);
    // at its expiry, settled or not
    m.now += 365 * 86_400 - 1;
    assert_eq!(charge(&m), AddOn::default());
    m.underlyings[0].expiries[0].fixed = 2_000 * WAD;
    m.underlyings[0].expiries[0].variable = 0;
    let (a, add_ons) = requirements(&m, &p);
    assert_eq!((add_ons.get(Charge::Rate), a.im), (AddOn::default(), 0));
}

fn linear(u: &UnderlyingCase, kind: Kind, day: u16, lots: i64) -> (Instrument, i64, i128) {
    let instrument = Instrument {
        venue: 1,
        underlying: u.id,
        kind,
        expiry_day: day,
        strike: None,
    };
    (instrument, lots, i128::from(lots) * u.spot as i128)
}

/// Two equal scans that stand against each other pay the norm, 70.7 % of their sum, whatever offset allows.
#[test]
fn r_5_the_norm_is_the_least_a_hedge_across_underlyings_pays() {
    let (u, mut v) = (eth(7, 80), eth(7, 80));
    v.id = 2;
    let mut p = book(0, &[]);
    p.linear = vec![
        linear(&u, Kind::Perpetual, 0, 1),
        linear(&v, Kind::Perpetual, 0, -1),
    ];
    let mut m = market_of(vec![u, v]);
    m.rules[RuleRate::max_offset as usize] = RuleRate::TABLE[RuleRate::max_offset as usize].maximum;
    m.with(m.rules(), |market| {
        let d = detail(&p, market);
        let sum: i128 = d.scans.iter().map(|s| s.worst).sum();
        let share = coins(d.a.mm - d.add_ons.total().mm) / coins(sum);
        assert!((share - 0.5_f64.sqrt()).abs() < 1e-9, "{share}");
    });
}

/// A future of a year needed 29.75 %: scan and basis are joined, no longer added.
#[test]
fn r_7_a_far_future_pays_the_root_of_squares() {
    let mut u = eth(365, 80);
    u.rates[UnderlyingRate::linear_cost_mm as usize] = 0;
    let mut p = book(0, &[]);
    let mm = |u: &UnderlyingCase, p: &PortfolioCase| {
        coins(requirements(&market_of(vec![u.clone()]), p).0.mm) / 2_000.0 * 100.0
    };
    p.linear = vec![linear(&u, Kind::Future, TODAY + 365, 1)];
    // x = 18 %, y = 4.5 % · (0.5 + 2)
    let (x, y) = (18.0_f64, 11.25);
    let exact = (x * x + x * y + y * y).sqrt();
    assert!((mm(&u, &p) - exact).abs() < 1e-8);
    u.rates = UnderlyingRate::DEFAULT;
    printed(mm(&u, &p), 2, 26.06);
    p.linear = vec![linear(&u, Kind::Perpetual, 0, 1)];
    printed(mm(&u, &p), 2, 18.5);
}

/// A box of four at 95,678: it needed 2,679 and 1,339 for options that are short in name only.
#[test]
fn r_8_short_options_net_by_strike() {
    let mut u = eth(30, 50);
    u.spot = 95_678 * WAD;
    u.expiries[0].variable = u.spot;
    let m = market_of(vec![u]);
    let (a, add_ons) = requirements(&m, &book(0, &short_box(90_000, 100_000, 30)));
    assert_eq!(add_ons.get(Charge::ShortOption), AddOn::default());
    // four options to close, and 10,000 · (7.5 %, 5 %) · 30 days
    printed(coins(a.im), 2, 827.07);
    printed(coins(a.mm), 2, 423.81);
}

/// What nets: calls and puts of one strike and expiry, across venues. What does not: another strike, another expiry.
#[test]
fn r_8_what_nets_is_one_strike_of_one_expiry() {
    let mut u = eth(7, 80);
    let mut later = u.expiries[0].clone();
    later.day += 30;
    u.expiries.push(later);
    let m = market_of(vec![u]);
    let elsewhere = |(mut i, lots): (Instrument, i64)| {
        i.venue = 2;
        (i, lots)
    };
    let put = |strike, lots, days| option(Kind::Put, strike, lots, days);
    let net = |legs: &[(Instrument, i64)]| {
        coins(
            requirements(&m, &book(0, legs))
                .1
                .get(Charge::ShortOption)
                .mm,
        ) / 10.0
    };
    let short = call(2_000, -5, 7);
    for (legs, units) in [
        (vec![short], 5.0),
        (vec![short, put(2_000, 5, 7)], 0.0),
        (vec![short, put(2_000, 7, 7)], 0.0),
        (vec![short, put(2_000, 2, 7)], 3.0),
        (vec![short, put(2_000, -2, 7)], 7.0),
        (vec![short, elsewhere(call(2_000, 4, 7))], 1.0),
        (vec![short, call(2_010, 5, 7)], 5.0),
        (vec![short, call(2_000, 5, 37)], 5.0),
        (
            vec![
                short,
                put(1_990, 9, 7),
                put(2_000, 1, 7),
                call(1_990, -10, 7),
                elsewhere(put(2_000, 1, 7)),
            ],
            4.0,
        ),
    ] {
        printed(net(&legs), 6, units);
    }
}

/// A coin against its own short perpetual needed 5.5 % of it.
#[test]
fn r_9_a_hedged_coin_needs_what_selling_it_costs() {
    let u = eth(7, 80);
    let mut p = book(0, &[]);
    p.linear = vec![linear(&u, Kind::Perpetual, 0, -1)];
    p.collateral = vec![(0, WAD)];
    let mut m = market_of(vec![u]);
    m.assets = vec![AssetCase {
        price: 2_000 * WAD,
        decimals: 18,
        underlying: 1,
        rates: AssetRate::LINKED_DEFAULT,
        fresh: true,
    }];
    let (a, _) = requirements(&m, &p);
    printed(coins(a.im), 6, 0.04 * 2_000.0);
    printed(coins(a.mm), 6, 0.02 * 2_000.0);
}

/// A round that jumped asks more of who opens, up to four times spot, and liquidates nobody.
#[test]
fn r_10_a_jump_raises_the_initial_requirement_only() {
    let mut u = eth(7, 80);
    u.confidence = WAD / 200;
    let mut p = book(10_000, &[]);
    p.linear = vec![linear(&u, Kind::Perpetual, 0, -5)];
    let mut m = market_of(vec![u]);
    let (calm, _) = requirements(&m, &p);
    assert_eq!(calm.bid_im, calm.im);
    for (jump, counts) in [(0, 0.0), (WAD / 20, 0.05), (4 * WAD, 4.0), (5 * WAD, 4.0)] {
        m.underlyings[0].mood.jump = jump;
        let (a, add_ons) = requirements(&m, &p);
        printed(coins(a.im - calm.im), 6, counts * 10_000.0);
        assert_eq!((a.mm, a.equity, a.bid_im), (calm.mm, calm.equity, a.im));
        printed(
            coins(add_ons.get(Charge::Confidence).im),
            6,
            (0.005 + counts) * 10_000.0,
        );
        printed(coins(add_ons.get(Charge::Confidence).mm), 6, 50.0);
    }
}
