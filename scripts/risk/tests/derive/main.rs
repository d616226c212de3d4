//! Test portfolios of Derive: their requirement by their formulas, ours by the kernel, and every difference by name.
//!
//! The portfolios, the parameters and the expected numbers are facts from the public repository derivexyz/v2-core (36 files
//! of PMRM_2; one of PMRM, whose market is in its test contract). They are not in this repository: the tests read them beside
//! it, and say so where they are not there. [`facts`] has a few of them in itself, so that something always runs.
//!
//! [`chain`] begins with Derive's method and ends with ours. Between two methods one thing changes, and has a name. So the
//! differences add up to the whole; what is proven is that the first method gives Derive's numbers and that
//! the last one gives the kernel's.

mod chain;
mod facts;
mod files;
mod ours;

use chain::{Difference, walk};
use plimsoll_bench::readme::{self, Mode};
use plimsoll_risk::peers::{Account, Method, require};
use std::io::{self, Write as _};

/// A portfolio with what Derive says of it.
struct Case {
    name: String,
    now: u64,
    account: Account,
    method: Method,
    /// Equity less the requirement: initial, maintenance.
    expected: (f64, f64),
    /// How far the expected numbers may be off, beside a share of gross value: a coin where they are whole coins.
    rounding: f64,
}

/// Differences below this share of gross value are not shown.
const SHOWN: f64 = 5e-5;
/// Largest error, as a share of gross value.
const TOLERANCE: f64 = 1e-8;

/// Σ |q|·max(F, K) of all legs, and collateral.
fn gross(account: &Account) -> f64 {
    let options = account.options.iter().map(|o| {
        let forward = account.expiries[o.expiry].forward;
        o.size.abs() * forward.max(o.strike)
    });
    let (size, mark) = account.perpetual;
    let assets = account.collateral.iter().map(|c| c.value.abs());
    let futures = account
        .futures
        .iter()
        .map(|(place, size)| (size * account.expiries[*place].forward).abs());
    options.chain(assets).chain(futures).sum::<f64>() + (size * mark).abs()
}

fn reproduced(case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let got = require(&case.method, &case.account);
    let gross = gross(&case.account).max(case.account.cash.abs());
    for (what, got, expected) in [
        ("IM", got.equity - got.im, case.expected.0),
        ("MM", got.equity - got.mm, case.expected.1),
    ] {
        let error = (got - expected).abs();
        if error > case.rounding.max(gross * TOLERANCE) {
            wrong.push(format!(
                "{} {what}: {got} by the formula, {expected} by Derive",
                case.name
            ));
        }
    }
    wrong
}

/// The chain of a case. What its last method leaves to the kernel is rounding, and less than the tolerance.
fn explained(case: &Case) -> Vec<Difference> {
    let differences = walk(case);
    let gross = gross(&case.account).max(case.account.cash.abs());
    let last = differences.last().expect("the chain ends with the kernel");
    assert_eq!(last.name, chain::ROUNDING);
    for (what, left) in [("IM", last.im), ("MM", last.mm)] {
        assert!(
            left.abs() <= gross * TOLERANCE,
            "{} {what}: {left} of {gross} gross has no name",
            case.name
        );
    }
    // the changes are the whole way from Derive's numbers to the kernel's
    let theirs = require(&case.method, &case.account);
    let ours = ours::kernel(case.now, &ours::with_slices(&case.account));
    let sum = |of: fn(&Difference) -> f64| differences.iter().map(of).sum::<f64>();
    for (way, whole) in [
        (
            sum(|d| d.im),
            ours.im - ours.equity - theirs.im + theirs.equity,
        ),
        (
            sum(|d| d.mm),
            ours.mm - ours.equity - theirs.mm + theirs.equity,
        ),
    ] {
        assert!(
            (way - whole).abs() <= gross * 1e-12,
            "{}: {way} is not {whole}",
            case.name
        );
    }
    differences
}

/// Past the test harness, which hides the output of tests that pass.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// `x` of `gross` in %, to two places.
fn percent(x: f64, gross: f64) -> String {
    let text = format!("{:.2}", 100.0 * x / gross);
    match text.as_str() {
        "-0.00" => "0.00".to_owned(),
        _ => text,
    }
}

/// Portfolio by portfolio, in % of gross value.
fn by_portfolio(cases: &[Case]) -> String {
    let mut out =
        "| portfolio | IM, Derive | IM | MM, Derive | MM | MM by difference, largest first |\n\
                   | --- | ---: | ---: | ---: | ---: | --- |\n"
            .to_owned();
    for case in cases {
        let gross = gross(&case.account).max(f64::MIN_POSITIVE);
        let differences = explained(case);
        let theirs = require(&case.method, &ours::with_slices(&case.account));
        let (mut im, mut mm) = (theirs.im, theirs.mm);
        for d in &differences {
            (im, mm) = (im + d.im, mm + d.mm);
        }
        let mut named: Vec<_> = differences
            .iter()
            .filter(|d| d.mm.abs() >= gross * SHOWN)
            .collect();
        named.sort_by(|a, b| b.mm.abs().total_cmp(&a.mm.abs()));
        let named = named.iter().map(|d| {
            let sign = if d.mm > 0.0 { "+" } else { "" };
            format!("{} {sign}{}", d.name, percent(d.mm, gross))
        });
        let named = named.collect::<Vec<_>>().join(", ");
        let numbers = [theirs.im, im, theirs.mm, mm].map(|x| percent(x, gross));
        out += &format!("| {} | {} | {named} |\n", case.name, numbers.join(" | "));
    }
    out
}

/// Difference by difference, over all portfolios.
fn by_difference(cases: &[Case]) -> String {
    let all: Vec<(f64, Vec<Difference>)> = cases
        .iter()
        .map(|case| (gross(&case.account), explained(case)))
        .filter(|(gross, _)| *gross > 0.0)
        .collect();
    let mut out = format!(
        "| difference | of {} | IM, mean | lowest | highest | MM, mean | lowest | highest |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        all.len()
    );
    for (place, first) in all[0].1.iter().enumerate() {
        let at = |of: fn(&Difference) -> f64| -> Vec<f64> {
            let shares = all.iter().map(|(gross, d)| of(&d[place]) / gross);
            shares.collect()
        };
        let (im, mm) = (at(|d| d.im), at(|d| d.mm));
        let counts = im.iter().zip(&mm);
        let counts = counts.filter(|(im, mm)| im.abs().max(mm.abs()) >= SHOWN);
        let numbers = [&im, &mm].map(|shares| {
            let mean = shares.iter().sum::<f64>() / shares.len() as f64;
            let lowest = shares.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            [mean, lowest, highest].map(|x| percent(x, 1.0)).join(" | ")
        });
        let numbers = numbers.join(" | ");
        out += &format!("| {} | {} | {numbers} |\n", first.name, counts.count());
    }
    out
}

#[test]
fn a_few_portfolios_without_the_files() {
    for case in facts::cases() {
        assert_eq!(reproduced(&case), [""; 0]);
        explained(&case);
    }
}

/// Derive's own numbers come from Derive's formulas, or the differences would begin nowhere.
#[test]
fn derives_numbers_are_reproduced() {
    let Some(cases) = files::all() else { return };
    assert_eq!(cases.len(), 36 + 44);
    let wrong: Vec<_> = cases.iter().flat_map(reproduced).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_difference_has_a_name() {
    let Some(cases) = files::all() else { return };
    let table = by_difference(&cases);
    say(&format!("\n{}\n{table}", by_portfolio(&cases)));
    readme::settle(Mode::of_test(), &[(("docs/costs.md", "derive"), table)]).unwrap();
}
