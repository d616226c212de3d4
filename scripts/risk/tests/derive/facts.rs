//! The market of Derive's PMRM test contract, and a few portfolios with their expected numbers.

use super::Case;
use plimsoll_risk::peers::{
    Account, Basis, Collateral, Contract, Depeg, Expiry, Method, Rule, Scenario, Skew, Static,
    Volatility, derive,
};

/// 2023-01-01 00:00 UTC.
const NOW: u64 = 1_672_531_200;
const DAY: f64 = 86_400.0;
/// Dates, days to their 08:00 UTC, forward less spot of 2,000.
const EXPIRIES: [(&str, f64, f64); 3] = [
    ("20230111", 10.0, 2.833_05),
    ("20230118", 17.0, 4.754_5),
    ("20230227", 57.0, 15.769_6),
];

/// Derive's PMRM as its test contract sets it: 21 scenarios to ±15 %, contingencies inside the factor.
fn method() -> Method {
    let mut scenarios = Vec::new();
    for node in -3..=3 {
        for rule in [Rule::None, Rule::Down, Rule::Up] {
            scenarios.push(Scenario(f64::from(node) * 0.05, rule, 1.0));
        }
    }
    Method {
        scenarios,
        volatility: Volatility {
            up: 0.45,
            down: 0.3,
            floor: 0.0,
            ..derive().volatility
        },
        discount: Some(Static {
            long: (0.95, 4.0, 0.12),
            short: None,
        }),
        basis: Some(Basis {
            by: 0.05,
            add: 0.25,
            per_year: 0.01,
            most: f64::INFINITY,
        }),
        factors: (1.3, 1.0),
        inside: true,
        linear: (0.025, 0.025),
        short: (0.01, 0.01),
        confidence: Some((0.6, 0.4)),
        depeg: Some(Depeg::Factor(0.98, 2.0)),
        ..derive()
    }
}

/// An empty account of PMRM, in the market its test is run in.
pub(crate) fn first(name: &str, expected: (f64, f64)) -> Case {
    let general = name == "test_general_portfolio_pm";
    let spot = if general { 2_004.0 } else { 2_000.0 };
    let expiries = EXPIRIES.map(|(_, days, above)| Expiry {
        seconds: (days * 24.0 + 8.0) / 24.0 * DAY,
        forward: 2_000.0 + above,
        discount: 1.0,
        rate: 0.02,
        slice: None,
        confidence: 1.0,
    });
    let mut account = Account {
        spot,
        coin: if name == "test_depeg_contingency_pm" {
            0.2
        } else {
            1.0
        },
        confidence: 1.0,
        perpetual_confidence: if general { 0.3 } else { 1.0 },
        perpetual: (0.0, if general { 2_017.0 } else { 2_001.0 }),
        expiries: expiries.to_vec(),
        ..Account::default()
    };
    // What each test doubts: spot, the perpetual, the expiry of 18 January.
    match name {
        _ if name.starts_with("test_oracle_cont") => account.confidence = 0.1,
        "test_general_portfolio_pm" => {
            account.confidence = 0.3;
            account.expiries[1].confidence = 0.1;
            account.expiries[2].forward = 2_014.754_5;
            account.expiries[2].confidence = 0.2;
        }
        _ => {}
    }
    Case {
        name: format!(
            "PMRM {}",
            name.trim_start_matches("test_").trim_end_matches("_pm")
        ),
        now: NOW,
        account,
        method: method(),
        expected,
        // whole coins, cut towards 0
        rounding: 1.0,
    }
}

/// Adds an option.
pub(crate) fn option(account: &mut Account, date: &str, strike: f64, call: bool, size: f64) {
    let expiry = EXPIRIES.iter().position(|(at, ..)| *at == date).unwrap();
    let volatility = match strike as u32 {
        _ if account.spot != 2_004.0 || expiry != 1 => 0.5,
        1_700 => 0.15,
        2_100 => 1.01,
        1_000 => 0.33,
        _ => 0.5,
    };
    account.options.push(Contract {
        expiry,
        strike,
        call,
        volatility,
        size,
    });
}

/// So many coins of the underlying as collateral.
pub(crate) fn base(account: &Account, units: f64) -> Collateral {
    Collateral {
        value: units * account.spot / account.coin,
        linked: true,
        haircut: (0.025, 0.025),
        confidence: 1.0,
    }
}

/// PMRM_2 as most of its test files set it.
fn second() -> Method {
    let mut method = derive();
    method.scenarios.retain(|Scenario(by, ..)| by.abs() <= 0.2);
    for (by, weight) in [
        (-0.66, 0.6 / 11.0),
        (-0.33, 1.2 / 11.0),
        (0.5, 0.072),
        (1.0, 0.036),
        (2.0, 0.018),
        (3.0, 0.012),
    ] {
        method.scenarios.push(Scenario(by, Rule::Up, weight));
    }
    Method {
        volatility: Volatility {
            up: 0.5,
            down: 0.275,
            floor: 0.45,
            ..method.volatility
        },
        skew: Skew {
            linear: (0.15, -0.05),
            absolute: (0.15, -0.05),
            least: 0.01,
            width: 4.0,
            level: (0.6, -0.1),
        },
        discount: Some(Static {
            long: (0.95, 1.0, 0.08),
            short: Some((1.04, 0.5, 0.08)),
        }),
        linear: (0.02, 0.015),
        short: (0.005, 0.003),
        depeg: Some(Depeg::Factor(0.98, 2.0)),
        ..method
    }
}

/// A portfolio of PMRM_2 with one expiry of nine days, spot as in most of its files.
fn ninth_day(
    name: &str,
    options: &[(f64, bool, f64, f64)],
    change: fn(&mut Method),
    expected: (f64, f64),
) -> Case {
    let mut case = Case {
        name: name.to_owned(),
        now: 1_739_934_748,
        account: Account {
            spot: 2_681.602_985_099_999_4,
            coin: 1.000_190_886_35,
            confidence: 1.0,
            perpetual_confidence: 1.0,
            expiries: vec![Expiry {
                seconds: 794_852.0,
                forward: 2_682.999_743_601_671_5,
                discount: 0.996_226_449_068_872_9,
                rate: 0.15,
                slice: Some([
                    0.007_565_004_123_347_051,
                    0.056_657_535_290_617_42,
                    -0.550_126_934_432_354_3,
                    -0.063_306_755_636_129_11,
                    0.048_323_198_303_078_16,
                ]),
                confidence: 0.95,
            }],
            ..Account::default()
        },
        method: second(),
        expected,
        rounding: 0.0,
    };
    change(&mut case.method);
    for &(strike, call, volatility, size) in options {
        case.account.options.push(Contract {
            expiry: 0,
            strike,
            call,
            volatility,
            size,
        });
    }
    case
}

/// Portfolios that need no file: three of PMRM_2, five of PMRM.
pub(crate) fn cases() -> Vec<Case> {
    let mut perpetual = ninth_day("29 basic_perp", &[], |_| (), (-608.0, -481.4));
    let account = &mut perpetual.account;
    (account.spot, account.perpetual, account.cash) = (3_000.0, (1.0, 3_100.0), 10.0);
    account.expiries.clear();
    let spread = ninth_day(
        "19 ITM_call_spread",
        &[
            (2_000.0, true, 1.055_668_159_178_37, -1.0),
            (2_200.0, true, 0.888_773_959_492_836_2, 1.0),
        ],
        |_| (),
        (-213.405_091_293_657_22, -206.666_420_506_102_5),
    );
    let call = ninth_day(
        "39 slightly_otm_call",
        &[(3_000.0, true, 0.701_271_162_635_245_4, -1.0)],
        |method| {
            method.scenarios.retain(|Scenario(by, ..)| by.abs() <= 0.2);
            for (by, weight) in [
                (-0.66, 4.0),
                (-0.33, 2.0),
                (0.5, 0.4),
                (1.0, 0.0),
                (5.0, 0.04),
            ] {
                method.scenarios.push(Scenario(by, Rule::Up, weight));
            }
        },
        (-562.324_060_372_155_7, -452.385_167_600_594_3),
    );
    let mut cases = vec![perpetual, spread, call];
    type Options = &'static [(&'static str, f64, bool, f64)];
    let firsts: [(&str, Options, f64, (f64, f64)); 5] = [
        (
            "test_short_OTM_pm",
            &[("20230118", 1_700.0, false, -1.0)],
            0.0,
            (-168.0, -131.0),
        ),
        (
            "test_covered_atm_call_pm",
            &[("20230118", 2_000.0, true, -1.0)],
            1.0,
            (1_509.0, 1_602.0),
        ),
        (
            "test_short_jelly_roll_pm",
            &[
                ("20230111", 2_000.0, true, -1.0),
                ("20230111", 2_000.0, false, 1.0),
                ("20230227", 2_300.0, true, 1.0),
                ("20230227", 2_300.0, false, -1.0),
            ],
            0.0,
            (-352.0, -337.0),
        ),
        (
            "test_long_box_pm",
            &[
                ("20230111", 1_000.0, true, 1.0),
                ("20230111", 2_000.0, false, 1.0),
                ("20230111", 1_000.0, false, -1.0),
                ("20230111", 2_000.0, true, -1.0),
            ],
            0.0,
            (928.0, 944.0),
        ),
        (
            "test_depeg_contingency_pm",
            &[("20230118", 1_700.0, false, -1.0)],
            0.0,
            (-364.0, -131.0),
        ),
    ];
    for (name, options, units, expected) in firsts {
        let mut case = first(name, expected);
        for &(date, strike, call, size) in options {
            option(&mut case.account, date, strike, call, size);
        }
        if units != 0.0 {
            let base = base(&case.account, units);
            case.account.collateral.push(base);
        }
        cases.push(case);
    }
    cases
}
