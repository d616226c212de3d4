//! Rounding and range of portfolio margin (I-RND-1..7), debug and release: each direction at the last unit, by formulas
//! written out here in plain integers.

mod common;

use common::{AssetCase, MarketCase, Mood, ONE, PortfolioCase, Random, UnderlyingCase, WAD};
use plimsoll_kernel::{
    codec::{Instrument, Kind, Strike},
    fill,
    fixed::Q40,
    portfolio::{
        AddOn, AddOns, Assessment, Charge, Scratch,
        charges::{AssetRate, RuleRate, UnderlyingRate},
        market::{MAX_PRICE, Rates, Rules},
        money::LIMIT,
    },
};
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    fs,
    hint::black_box,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

/// L-2: a sum that is cut off in silence can be money. Every `saturating_*` of the contracts that hold or move money is
/// in the list of `docs/numerics.md` with the reason why nothing is lost.
#[test]
fn l_2_what_saturates_is_listed_with_its_reason() {
    fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, into);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("tests.rs")
            {
                into.push(path);
            }
        }
    }
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in fs::read_dir(contracts).unwrap() {
        let source = entry.unwrap().path().join("src");
        // Views move nothing.
        if source.is_dir() && !source.starts_with(contracts.join("lens")) {
            sources(&source, &mut files);
        }
    }
    let mut found = BTreeMap::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let count: usize = code.map(|line| line.matches("saturating_").count()).sum();
        // What explains a portfolio moves nothing.
        if count != 0 && !path.ends_with("portfolio/explain.rs") {
            let name = path.strip_prefix(contracts).unwrap();
            found.insert(name.to_str().unwrap().to_owned(), count);
        }
    }
    let page = fs::read_to_string(contracts.join("../docs/numerics.md")).unwrap();
    let listed: BTreeMap<_, _> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let file = cells.next()?.strip_suffix('`')?;
            let count = cells.next()?.parse::<usize>().ok()?;
            file.ends_with(".rs").then(|| (file.to_owned(), count))
        })
        .collect();
    assert_eq!(listed, found, "listed, found");
}

fn underlying(lot: u64, spot: u128) -> UnderlyingCase {
    UnderlyingCase {
        id: 1,
        lot,
        spot,
        confidence: 0,
        set: 2,
        rates: UnderlyingRate::DEFAULT,
        expiries: Vec::new(),
        perpetuals: Vec::new(),
        fresh: true,
        mood: Mood::NONE,
    }
}

fn market(u: UnderlyingCase, assets: Vec<AssetCase>) -> MarketCase {
    MarketCase {
        now: 1_700_000_000,
        coin: WAD as u64,
        underlyings: vec![u],
        assets,
        rules: RuleRate::DEFAULT,
    }
}

fn instrument(kind: Kind, day: u16, strike: u128) -> Instrument {
    Instrument {
        venue: 1,
        underlying: 1,
        kind,
        expiry_day: day,
        strike: Strike::from_wad(strike),
    }
}

fn perpetual(lots: i64, quote: i128) -> PortfolioCase {
    PortfolioCase {
        linear: vec![(instrument(Kind::Perpetual, 0, 0), lots, quote)],
        ..PortfolioCase::EMPTY
    }
}

fn answer(m: &MarketCase, p: &PortfolioCase) -> (Assessment, AddOns) {
    let (a, scratch) = under(Rules::DEFAULT, m, p);
    (a, *scratch.add_ons())
}

fn under(rules: Rules, m: &MarketCase, p: &PortfolioCase) -> (Assessment, Box<Scratch>) {
    m.with(rules, |market| p.assess_in_detail(market))
}

/// ⌊n/d⌋ and ⌈n/d⌉.
fn floor(n: i128, d: i128) -> i128 {
    n.div_euclid(d)
}

fn ceil(n: i128, d: i128) -> i128 {
    -(-n).div_euclid(d)
}

fn rated(base: i128, rate: (Q40, Q40)) -> AddOn {
    let at = |rate: Q40| ceil(base * i128::from(rate), i128::from(ONE));
    AddOn {
        im: at(rate.0),
        mm: at(rate.1),
    }
}

fn coins(wad: u128) -> f64 {
    wad as f64 / 1e18
}

const UNIT: i128 = WAD as i128;
const Q: i128 = ONE as i128;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Marks down, charges up: a perpetual, to the unit.
    #[test]
    fn i_rnd_1_a_perpetual_rounds_as_named(
        lots in 1i64..1 << 30, short: bool, lot in 1u64..1 << 30, spot in 1u128..1 << 60, paid in -1i128 << 60..1 << 60,
        confidence in 0u128..WAD / 50, below in 0u64..40_000_000_000_000_000,
    ) {
        let lots = if short { -lots } else { lots };
        let mut u = underlying(lot, spot);
        u.confidence = confidence;
        let mut m = market(u, Vec::new());
        m.coin -= below;
        // factors that are no round numbers
        let rules = Rules { factors: (ONE * 5 / 4 + 1, ONE + 1), ..Rules::DEFAULT };
        let (a, scratch) = under(rules, &m, &perpetual(lots, paid));
        let add_ons = scratch.add_ons();
        let units = i128::from(lots) * i128::from(lot);
        let mark = floor(units * spot as i128, UNIT);
        prop_assert_eq!(a.equity, mark - paid);
        // what moves is the floored mark; each of 33 scenarios loses its share of it, rounded up
        let gross = ceil(units.abs() * spot as i128, UNIT);
        prop_assert_eq!(add_ons.get(Charge::LinearCost), rated(gross, Rates::DEFAULT.linear_cost));
        let kappa = floor(confidence as i128 * Q, UNIT);
        prop_assert_eq!(add_ons.get(Charge::Confidence), rated(ceil(gross * kappa, Q), (ONE, ONE)));
        let gap = (UNIT / 100 * 99 - i128::from(m.coin)).max(0);
        prop_assert_eq!(add_ons.get(Charge::Depeg), rated(ceil(gross * ceil(gap * Q, UNIT), Q), Rates::DEFAULT.depeg));
        let scenarios = Rates::DEFAULT.set().scenarios();
        let mut scan = 0;
        for (node, s) in scenarios.into_iter().enumerate() {
            let change = floor(mark * i128::from(s.shock), Q);
            let loss = ceil(-change * i128::from(s.weight), Q);
            prop_assert_eq!(scratch.scans()[0].loss(node), loss, "node {}", node);
            scan = scan.max(loss);
        }
        let scaled = rated(scan, rules.factors);
        let total = add_ons.total();
        prop_assert_eq!((a.im, a.mm), (scaled.im + total.im, scaled.mm + total.mm));
        // and against exact arithmetic: never below by more than the one unit that the floored mark can hide
        prop_assert!(a.mm * UNIT > (units * spot as i128).abs() / 1_000 * 180 - UNIT);
    }

    /// Collateral down, its haircut up.
    #[test]
    fn i_rnd_1_collateral_rounds_as_named(
        amount in 1u128..1 << 43, price in 1u128..1 << 43, decimals in 0u8..=24, im in 0u32..1_000_000, share in 0u32..=1_000,
    ) {
        let rates = [im, (u64::from(im) * u64::from(share) / 1_000) as u32];
        let asset = AssetCase { price, decimals, underlying: 0, rates, fresh: true };
        let p = PortfolioCase { collateral: vec![(0, amount)], ..PortfolioCase::EMPTY };
        let (a, add_ons) = answer(&market(underlying(1, 1), vec![asset]), &p);
        // units first: beyond 18 decimals they are cut, and then their worth is
        let part = 10_i128.pow(18.max(decimals.into()) - 18);
        let unit = 10_i128.pow(18.min(decimals.into()));
        let value = floor(floor(amount as i128, part) * price as i128, unit);
        prop_assert_eq!(a.equity, value);
        let [im, mm] = rates.map(|v| floor(i128::from(v) * Q, 1_000_000) as Q40);
        prop_assert_eq!(add_ons.get(Charge::Haircut), rated(value, (im, mm)));
        prop_assert_eq!((a.im, a.mm), (add_ons.get(Charge::Haircut).im, add_ons.get(Charge::Haircut).mm));
    }

    /// Any number of decimals, any amount, any price: the exact value or a clean refusal to count.
    #[test]
    fn i_rnd_4_any_decimals(amount: u128, cut in 0u32..128, price in 1u128..=MAX_PRICE, extra in 0u32..106, decimals: u8) {
        let (amount, price) = (amount >> cut, (price >> extra).max(1));
        for decimals in [decimals, decimals % 40, 0, 1, 6, 18, 24, 36, 77] {
            let asset = AssetCase { price, decimals, underlying: 1, rates: AssetRate::DEFAULT, fresh: true };
            let p = PortfolioCase { collateral: vec![(0, amount)], ..PortfolioCase::EMPTY };
            let (a, _) = answer(&market(underlying(1, price), vec![asset]), &p);
            let exact = amount as f64 * price as f64 / 10_f64.powi(decimals.into());
            let units = amount as f64 / 10_f64.powi(i32::from(decimals) - 18);
            if a.out_of_range {
                prop_assert!(decimals > 36 || exact.max(units) > LIMIT as f64 * 0.999, "{decimals}: {a:?}");
                prop_assert!(a.mm >= LIMIT);
                prop_assert!(a.equity >= 0 && a.equity as f64 <= (1.0 + exact * (1.0 + 1e-15)).min(LIMIT as f64));
            } else {
                // beyond 18 decimals what is below 1e-18 of a unit is cut
                let cut = if decimals > 18 { coins(price) } else { 0.0 };
                let got = a.equity as f64;
                prop_assert!(got <= exact * (1.0 + 1e-15) && got >= exact * (1.0 - 1e-15) - cut - 1.0, "{decimals}: {got} {exact}");
            }
        }
    }
}

/// The smallest leg there is, at the smallest price: it requires something, whatever its kind.
#[test]
fn i_rnd_2_no_obligation_rounds_to_zero() {
    let now = 1_700_000_000;
    let day = (now / 86_400 + 30) as u16;
    let expiry = |price: u128| common::ExpiryCase {
        day,
        variable: price,
        fixed: 0,
        discount: WAD,
        svi: [WAD as i128 / 20, 0, 0, 0, WAD as i128],
        fresh: true,
    };
    for spot in [1, 2, 999, WAD / 1_000, WAD, 50_000 * WAD, MAX_PRICE] {
        for lot in [1, 7, 1_000_000_000, WAD as u64] {
            for lots in [1, -1, 3, -1_000] {
                let mut u = underlying(lot, spot);
                u.expiries = vec![expiry(spot)];
                let m = market(u, Vec::new());
                let mut legs = vec![perpetual(lots, 0)];
                legs.push(PortfolioCase {
                    linear: vec![(instrument(Kind::Future, day, 0), lots, 0)],
                    ..PortfolioCase::EMPTY
                });
                for kind in [Kind::Call, Kind::Put] {
                    for strike in [10_000_000_000, WAD, 100_000 * WAD] {
                        legs.push(PortfolioCase {
                            options: vec![(instrument(kind, day, strike), lots)],
                            ..PortfolioCase::EMPTY
                        });
                    }
                }
                for p in &legs {
                    let (a, _) = answer(&m, p);
                    assert!(
                        a.mm >= 1 && a.im >= a.mm,
                        "{lots} lots of {lot} at {spot}: {a:?}"
                    );
                }
            }
        }
    }
}

/// Ten thousand fills of one to ten of the smallest lots, there and back, at prices that round as badly as can be: the
/// two sides together never gain, and the book they end with is flat.
#[test]
fn i_rnd_3_ten_thousand_small_fills_gain_nothing() {
    let mut r = Random(3);
    // units so small that most of a fill's value is below the last unit
    let lot = 10_000_000;
    let mark = 3_333_333_333_333_u128;
    let mut sides = [(0_i64, 0_i128, 0_i128); 2];
    for round in 0..10_000 {
        let price = mark - 1_000 + u128::from(r.below(2_001));
        let lots = if round == 9_999 {
            sides[0].0.abs().max(1)
        } else {
            1 + r.below(10) as i64
        };
        let buyer = if round == 9_999 {
            usize::from(sides[0].0 > 0)
        } else {
            r.below(2) as usize
        };
        let terms = fill::Terms {
            size: lots as u128 * u128::from(lot),
            price,
            buyer_fee: 0,
            seller_fee: 0,
        };
        let reference = fill::Reference {
            lot,
            mark,
            band: WAD as u64 / 10,
            tolerance: 0,
            option: false,
        };
        let legs = terms.legs(&reference).unwrap();
        for (side, sign) in [(buyer, 1), (1 - buyer, -1)] {
            let (size, quote, cash) = &mut sides[side];
            *size += sign * legs.lots;
            *quote += i128::from(sign) * legs.quote;
            *cash += if sign > 0 {
                legs.buyer_cash
            } else {
                legs.seller_cash
            };
        }
        let m = market(underlying(lot, mark), Vec::new());
        let equity: i128 = sides
            .iter()
            .map(|&(size, quote, cash)| {
                let mut p = perpetual(size, quote);
                p.cash = cash;
                answer(&m, &p).0.equity
            })
            .sum();
        // both marks are floored
        assert!((-2..=0).contains(&equity), "after fill {round}: {equity}");
    }
    assert_eq!((sides[0].0, sides[0].1 + sides[1].1), (0, 0));
}

/// Sizes, prices and lots at the ends of their types: exact, or clamped against the owner and said so.
#[test]
fn i_rnd_4_the_ends_of_sizes_and_prices() {
    for lots in [1, i64::MAX, i64::MIN + 1, i64::MIN] {
        for lot in [1, u64::MAX] {
            for spot in [1, 1 << 96, MAX_PRICE, u128::MAX] {
                for quote in [0, i128::MAX, i128::MIN, LIMIT, -LIMIT] {
                    let (a, _) = answer(
                        &market(underlying(lot, spot), Vec::new()),
                        &perpetual(lots, quote),
                    );
                    let units = i128::from(lots) * i128::from(lot);
                    let price = spot.min(MAX_PRICE);
                    let exact = units as f64 * price as f64 / 1e18 - quote as f64;
                    if a.out_of_range {
                        let most = (units as f64).abs().max((quote as f64).abs());
                        let most = most.max(units as f64 * price as f64 / 1e18);
                        assert!(
                            most.abs() > LIMIT as f64 * 0.05,
                            "{lots} {lot} {spot} {quote}"
                        );
                        assert!(a.mm >= LIMIT && a.im >= a.mm && a.equity.abs() <= 2 * LIMIT);
                    } else {
                        assert!((a.equity as f64 - exact).abs() <= 2.0 + exact.abs() * 1e-14);
                    }
                }
            }
        }
    }
}

/// Overflow of primitives traps in every profile this suite runs in: `cargo test` and `cargo test --release`.
#[test]
fn i_rnd_7_canary_overflow_checks_are_on() {
    fn traps<T>(f: impl FnOnce() -> T + std::panic::UnwindSafe) -> bool {
        catch_unwind(f).is_err()
    }
    let all = [
        traps(|| black_box(u64::MAX) + black_box(1)),
        traps(|| black_box(0_u128) - black_box(1)),
        traps(|| black_box(i128::MIN) * black_box(-1)),
        traps(|| -black_box(i64::MIN)),
        traps(|| black_box(i128::MIN).abs()),
        traps(|| black_box(1_u64) << black_box(64)),
        traps(|| black_box(i64::MIN) / black_box(-1)),
    ];
    assert_eq!(all, [true; 7]);
}
