//! The portfolio margin method against an independent model in another language (`docs/model`), written from
//! `docs/method.md`. The bounds are those of that page's section on rounding.

mod common;

use common::{MarketCase, PortfolioCase, case, fail};
use plimsoll_kernel::{
    codec::{Instrument, Strike},
    portfolio::{Assessment, aggregate},
};

/// Bounds of the difference, as shares of the gross value of a portfolio ([`PortfolioCase::gross`]).
const EQUITY: f64 = 2e-12;
const SCAN: f64 = 8e-12;
const REQUIREMENT: f64 = 3e-11;
/// Of best and worst: at the ends of the box prices are up to twice and more of those that the gross value counts.
const BEST: f64 = 1.2e-10;
/// Of the weighted sum, whose errors partly cancel.
const SUM: f64 = 4e-11;

fn rows<const COLUMNS: usize>(path: &str) -> Vec<[f64; COLUMNS]> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + path;
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let (numbers, rest) = bytes.as_chunks::<8>();
    assert!(rest.is_empty() && numbers.len().is_multiple_of(COLUMNS));
    let numbers: Vec<_> = numbers.iter().map(|b| f64::from_le_bytes(*b)).collect();
    numbers.as_chunks().0.to_vec()
}

fn answer(m: &MarketCase, p: &PortfolioCase) -> (Assessment, i128, i128) {
    m.with(m.rules(), |market| {
        let (answer, scratch) = p.assess_in_detail(market);
        let whole = aggregate::requirement(market, scratch.scans());
        let alone = scratch.scans().iter().map(|s| s.worst).max();
        (answer, whole, alone.unwrap_or(0))
    })
}

/// The numbers of a row.
fn numbers_of(m: &MarketCase, p: &PortfolioCase) -> [i128; 7] {
    let (a, whole, alone) = answer(m, p);
    assert!(!a.stale && !a.out_of_range);
    [a.equity, a.im, a.mm, whole, alone, a.bid_im, a.marks]
}

/// Asserts the bounds row by row and returns the largest share of each.
fn compare<const COLUMNS: usize>(
    rows: &[[f64; COLUMNS]],
    bounds: [f64; COLUMNS],
    kernel: impl Fn(u64) -> ([i128; COLUMNS], f64),
) -> [f64; COLUMNS] {
    let mut most = [0_f64; COLUMNS];
    for (seed, row) in rows.iter().enumerate() {
        let (got, gross) = kernel(seed as u64);
        for (column, most) in most.iter_mut().enumerate() {
            let (got, expected) = (got[column] as f64 / 1e18, row[column]);
            // a float64 keeps 2^-53 of sums that may be larger than the gross value by the cash
            let allowed = bounds[column] * gross + 1e-15 * expected.abs().max(row[0].abs()) + 1e-12;
            let share = (got - expected).abs() / allowed;
            assert!(
                share <= 1.0,
                "seed {seed}, column {column}: {got} is not {expected} within {allowed:e}"
            );
            *most = most.max(share);
        }
    }
    most
}

fn agree(path: &str, at_least: usize) {
    let rows = rows(path);
    assert!(rows.len() >= at_least, "{} rows", rows.len());
    let bounds = [
        EQUITY,
        REQUIREMENT,
        REQUIREMENT,
        SCAN,
        SCAN,
        REQUIREMENT,
        EQUITY,
    ];
    let most = compare(&rows, bounds, |seed| {
        let (m, p) = case(seed);
        (numbers_of(&m, &p), p.gross(&m))
    });
    println!(
        "{} portfolios; share of the bound used by equity, IM, MM, scan, largest alone, bidIm, marks: {most:.3?}",
        rows.len()
    );
}

#[test]
fn the_kernel_is_the_method() {
    agree("tests/data/portfolio.bin", 10_000);
}

/// 10^5 portfolios: all seven numbers in one weighted sum, so that the table stays small.
#[test]
fn the_kernel_is_the_method_in_sums() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/portfolio-sums.bin");
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let (sums, rest) = bytes.as_chunks::<8>();
    assert!(rest.is_empty() && sums.len() == 100_000);
    let weights = [1.0, 0.75, -1.25, 1.5, -0.625, 0.875, -1.125];
    let mut used = 0_f64;
    for (seed, sum) in sums.iter().enumerate() {
        let expected = f64::from_le_bytes(*sum);
        let (m, p) = case(seed as u64);
        let numbers = numbers_of(&m, &p).map(|v| v as f64 / 1e18);
        let got: f64 = numbers.iter().zip(weights).map(|(v, w)| v * w).sum();
        let scale = numbers.iter().fold(0_f64, |most, v| most.max(v.abs()));
        let allowed = SUM * p.gross(&m) + 4e-15 * scale + 1e-12;
        let share = (got - expected).abs() / allowed;
        assert!(
            share <= 1.0,
            "seed {seed}: {got} is not {expected} within {allowed:e}"
        );
        used = used.max(share);
    }
    println!("100,000 portfolios; share of the bound used: {used:.3}");
}

/// `docs/model/make.py --cases N` writes the table of N portfolios.
#[test]
#[ignore = "needs a table made locally"]
fn the_kernel_is_the_method_at_length() {
    agree("../../target/portfolio-model.bin", 1);
}

#[test]
fn the_bounds_of_what_is_stale_are_those_of_the_method() {
    let rows = rows("tests/data/portfolio-stale.bin");
    assert_eq!(rows.len(), 2_000);
    let mut stale = 0;
    for (seed, row) in rows.iter().enumerate() {
        let (mut m, p) = case(seed as u64);
        fail(&mut m, seed as u64);
        stale += usize::from(answer(&m, &p).0.stale);
        // a model that never sees staleness would agree on what is fresh
        assert!(row[3] >= row[4]);
    }
    assert!(stale > 1_000, "{stale}");
    let bounds = [EQUITY, REQUIREMENT, REQUIREMENT, BEST, BEST];
    let most = compare(&rows, bounds, |seed| {
        let (mut m, p) = case(seed);
        fail(&mut m, seed);
        let (a, _, _) = answer(&m, &p);
        ([a.equity, a.im, a.mm, a.best, a.worst], p.gross(&m))
    });
    println!("share of the bound used by equity, IM, MM, best, worst: {most:.3?}");
}

/// FNV-1a over every integer of 200 cases; `docs/model/make.py` prints the same number.
#[test]
fn both_sides_draw_the_same_cases() {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    let mut put = |n: i128| {
        for byte in n.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    };
    for seed in 0..200 {
        let (m, p) = case(seed);
        numbers(&m, &p, &mut put);
    }
    assert_eq!(
        hash, 0x78A7_CA8D_DC75_675D,
        "the cases are others: make the golden tables anew with docs/model/make.py, which prints the same hash, {hash:#018x}, and put it here"
    );
}

fn numbers(m: &MarketCase, p: &PortfolioCase, put: &mut impl FnMut(i128)) {
    let mut all = |numbers: &[i128]| numbers.iter().for_each(|n| put(*n));
    let (u, a) = (m.underlyings.len() as i128, m.assets.len() as i128);
    all(&[m.now.into(), m.coin.into(), u, a]);
    all(&m.rules.map(i128::from));
    for u in &m.underlyings {
        let (spot, confidence) = (u.spot as i128, u.confidence as i128);
        all(&[u.id.into(), u.lot.into(), spot, confidence, u.set.into()]);
        all(&u.rates.map(i128::from));
        let mood = &u.mood;
        let multipliers = &mood.multipliers;
        all(&[mood.jump as i128, mood.max_basis as i128]);
        all(&[
            multipliers.scan.into(),
            multipliers.scan_following.into(),
            multipliers.cost.into(),
            multipliers.cost_following.into(),
        ]);
        all(&[u.expiries.len() as i128, u.perpetuals.len() as i128]);
        for e in &u.expiries {
            let [variable, fixed, discount] = [e.variable, e.fixed, e.discount].map(|v| v as i128);
            all(&[e.day.into(), variable, fixed, discount]);
            all(&e.svi);
        }
        for &(venue, mark, index) in &u.perpetuals {
            all(&[venue.into(), mark as i128, index]);
        }
    }
    for a in &m.assets {
        all(&[a.price as i128, a.decimals.into(), a.underlying.into()]);
        all(&a.rates.map(i128::from));
    }
    all(&[
        p.cash,
        p.collateral.len() as i128,
        p.linear.len() as i128,
        p.options.len() as i128,
    ]);
    for &(asset, amount) in &p.collateral {
        all(&[asset.into(), amount as i128]);
    }
    for (i, size, quote) in &p.linear {
        all(&instrument(i));
        all(&[i128::from(*size), *quote]);
    }
    for (i, size) in &p.options {
        all(&instrument(i));
        all(&[i128::from(*size)]);
    }
}

fn instrument(i: &Instrument) -> [i128; 5] {
    let strike = i.strike.map_or(0, Strike::to_wad) as i128;
    [
        i.venue.into(),
        i.underlying.into(),
        i.kind as i128,
        i.expiry_day.into(),
        strike,
    ]
}
