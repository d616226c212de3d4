//! `plimsoll risk-set` and `plimsoll backtest`: for risk managers. What they compute is in `plimsoll-risk`.

use clap::Args;
use eyre::{Result, WrapErr, ensure};
use plimsoll::{
    term::{Progress, Table, grouped},
    workspace,
};
use plimsoll_bench::readme::{self, Mode, Place};
use plimsoll_risk::{
    backtest::{
        self, Backtest, Coin, EVERY, FACTOR, HORIZONS, MEAN_BARS, Options, SHAPE_BAR, UnderSet,
    },
    costs::{self, Cost},
    html::{self, percent},
    prices::Prices,
    rule::{self, Assignment, SetReach},
    shapes::SHAPES,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const FORMS: &str = "a CSV of hourly prices, either `time,price` or `open time,open,high,low,close,volume` (the price of an \
                     hour is its open). Times are UTC: 2021-04-04T20:00:00Z, or seconds, milliseconds or microseconds since 1970";
/// Prices that are used where no file is given, from the root of the repository.
const DATA: &str = "../shared/data/binance-1h";
const COINS: [&str; 6] = [
    "BTCUSDT", "ETHUSDT", "SOLUSDT", "LINKUSDT", "FTTUSDT", "LUNAUSDT",
];
const PAGE: Place<'_> = ("docs/backtest.md", "backtest");
const COSTS: Place<'_> = ("docs/costs.md", "costs");
/// Gaps that a text names; `--json` names all.
const NAMED_GAPS: usize = 4;

/// Which files.
#[derive(Debug, Args)]
pub(crate) struct RiskSetArgs {
    #[arg(required = true, value_name = "FILE", help = format!("One coin each: {FORMS}"))]
    files: Vec<PathBuf>,
    /// One JSON object on stdout; shares are fractions of 1.
    #[arg(long)]
    json: bool,
}

/// What to test, and what to make of it.
#[derive(Debug, Args)]
pub(crate) struct BacktestArgs {
    #[arg(
        value_name = "FILE",
        help = format!("One coin each: {FORMS}. Without one, {DATA} beside the repository is read where it is there")
    )]
    files: Vec<PathBuf>,
    /// Hours between starts. 1 is the full run; 7 takes a seventh of its time. A number without a divisor in common with 24
    /// visits every hour of the day.
    #[arg(long, value_name = "HOURS", default_value_t = EVERY, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Implied volatility as a multiple of the realised one of the 30 days before.
    #[arg(long, value_name = "FACTOR", default_value_t = FACTOR)]
    vol_factor: f64,
    /// One JSON object on stdout, with every number: by coin, scenario set, shape and horizon. Shares are fractions of 1.
    #[arg(long)]
    json: bool,
    /// Write one page with charts and every number.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the tables into docs/backtest.md.
    #[arg(long, conflicts_with = "files")]
    write: bool,
}

/// What to make of the comparison.
#[derive(Debug, Args)]
pub(crate) struct CostsArgs {
    /// One JSON object on stdout; requirements are shares of spot.
    #[arg(long)]
    json: bool,
    /// Write the table into docs/costs.md.
    #[arg(long)]
    write: bool,
}

/// What is tested, for the help.
pub(crate) fn what_is_tested() -> String {
    let hours = HORIZONS.map(|hours| hours.to_string()).join(", ");
    let bars = MEAN_BARS
        .map(|(coin, bar)| format!("{coin} {}", percent(bar)))
        .join(", ");
    let shapes = SHAPES.map(|shape| shape.name).join(", ");
    format!(
        "Horizons: {hours} hours.\n\nBars, after {} hours, in the set that risk-set gives or else the widest: mean of the \
         portfolios {bars}; any one portfolio of these coins {}.\n\nPortfolios (strikes in % of spot, days to expiry): {shapes}.",
        last_horizon(),
        percent(SHAPE_BAR)
    )
}

pub(crate) fn risk_set(args: &RiskSetArgs) -> Result<()> {
    let coins: Vec<_> = read(&args.files)?.iter().map(rule::assign).collect();
    if args.json {
        let answer = serde_json::json!({ "sets": rule::sets(), "coins": coins });
        println!("{}", serde_json::to_string_pretty(&answer)?);
    } else {
        print!("{}", assignments(&coins).render(0));
        for coin in &coins {
            println!("\n{}", note(coin));
        }
    }
    let refused: Vec<_> = coins
        .iter()
        .filter_map(|coin| Some(format!("{}: {}", coin.coin, coin.refused.as_ref()?)))
        .collect();
    ensure!(
        refused.is_empty(),
        "the rule gives no set where prices are missing\n{}",
        refused.join("\n")
    );
    Ok(())
}

pub(crate) fn backtest(args: &BacktestArgs, progress: Progress) -> Result<()> {
    let files = if args.files.is_empty() {
        default_files(&workspace::root().join(DATA))?
    } else {
        args.files.clone()
    };
    let prices = read(&files)?;
    let options = Options {
        every: args.every,
        factor: args.vol_factor,
    };
    let result = backtest::run(&prices, &options, &|done, all| {
        let twentieth = |jobs: usize| jobs * 20 / all;
        if twentieth(done) != twentieth(done - 1) {
            progress.say(format!("{} %", twentieth(done) * 5));
        }
    })?;
    if let Some(path) = &args.html {
        fs::write(path, html::page(&result))
            .wrap_err_with(|| format!("cannot write {}", path.display()))?;
        progress.say(format!("{} is written", path.display()));
    }
    if args.write {
        readme::settle(Mode::Write, &[(PAGE, markdown(&result))])?;
        progress.say(format!("{} is written", PAGE.0));
    }
    if args.json {
        println!("{}", serde_json::to_string(&result)?);
    } else {
        print!("{}", text(&result));
    }
    Ok(())
}

pub(crate) fn costs(args: &CostsArgs, progress: Progress) -> Result<()> {
    let costs = costs::compare()?;
    if args.write {
        readme::settle(Mode::Write, &[(COSTS, cost_page(&costs))])?;
        progress.say(format!("{} is written", COSTS.0));
    }
    if args.json {
        let answer = serde_json::json!({
            "set": costs::SET,
            "volatility": costs::VOLATILITY,
            "portfolios": costs,
        });
        println!("{}", serde_json::to_string_pretty(&answer)?);
    } else {
        print!("{}", cost_table(&costs).render(0));
    }
    Ok(())
}

/// The table as the page has it: its last column is text.
fn cost_page(costs: &[Cost]) -> String {
    let table = cost_table(costs).markdown();
    table.replacen("---: |\n", "--- |\n", 1)
}

/// In % of spot.
fn cost_table(costs: &[Cost]) -> Table {
    let mut table = Table::new([
        "portfolio",
        "IM",
        "MM",
        "IM, Derive",
        "MM, Derive",
        "MM, Deribit",
        "outside, and why",
    ]);
    for cost in costs {
        let shares = [
            cost.im,
            cost.mm,
            cost.derive_im,
            cost.derive_mm,
            cost.deribit_mm,
        ];
        let outside: Vec<_> = cost.outside.iter().map(|o| o.words()).collect();
        let why = match outside.is_empty() {
            true => String::new(),
            false => format!("{}: {}", outside.join(", "), cost.reason),
        };
        let mut row = vec![cost.portfolio.to_owned()];
        row.extend(shares.map(|share| format!("{:.2}", share * 100.0)));
        row.push(why);
        table.row(row);
    }
    table
}

fn read(files: &[PathBuf]) -> Result<Vec<Prices>> {
    files.iter().map(|file| Prices::read(file)).collect()
}

fn default_files(directory: &Path) -> Result<Vec<PathBuf>> {
    ensure!(
        directory.is_dir(),
        "no FILE is given, and {} is not there. Give one FILE a coin: {FORMS}",
        directory.display()
    );
    Ok(COINS
        .map(|coin| directory.join(coin).with_extension("csv"))
        .to_vec())
}

// ---- which set a coin gets

fn assignments(coins: &[Assignment]) -> Table {
    let sets = rule::sets();
    let heads = [
        "coin",
        "days",
        "starts",
        "99.5 % quantile of |24-hour move|",
    ]
    .map(str::to_owned);
    let reaches = sets
        .iter()
        .map(|SetReach { set, reach, .. }| format!("set {set}: ±{:.1} %", reach * 100.0));
    let mut table = Table::new(
        heads
            .into_iter()
            .chain(reaches)
            .chain(["follows".to_owned()]),
    );
    for coin in coins {
        let quantile = coin
            .quantile
            .map_or_else(|| "no move".to_owned(), |q| format!("{:.3} %", q * 100.0));
        let mut row = vec![
            coin.coin.clone(),
            coin.days.to_string(),
            grouped(coin.starts as u64),
            quantile,
        ];
        row.extend(sets.iter().map(|set| {
            let enough = coin.quantile.is_some_and(|needed| needed <= set.reach);
            match (set.ruled(), enough) {
                (false, _) => "by hand",
                (_, true) => "wide enough",
                (_, false) => "too narrow",
            }
            .to_owned()
        }));
        row.push(match (coin.listed(), &coin.refused) {
            (Some(set), _) => format!("set {set}"),
            (None, Some(_)) => "no answer".to_owned(),
            (None, None) => "not listed".to_owned(),
        });
        table.row(row);
    }
    table
}

fn note(coin: &Assignment) -> String {
    let mut lines = vec![format!(
        "{}: prices from {} to {} UTC.",
        coin.coin, coin.from, coin.to
    )];
    lines.extend(distance(coin));
    if !coin.gaps.is_empty() {
        let hours: u64 = coin.gaps.iter().map(|gap| gap.hours).sum();
        let named = coin.gaps.iter().take(NAMED_GAPS);
        let named: Vec<_> = named
            .map(|gap| format!("{} ({} h)", gap.from, gap.hours))
            .collect();
        let more = match coin.gaps.len().saturating_sub(NAMED_GAPS) {
            0 => String::new(),
            more => format!(", and {more} more (--json)"),
        };
        lines.push(format!(
            "  {hours} hours without a price; moves that begin or end there are excluded: {}{more}.",
            named.join(", ")
        ));
    }
    lines.join("\n")
}

/// What the quantile says, how far the next sets are, and why it may not count.
fn distance(coin: &Assignment) -> Vec<String> {
    let percent = |share: Option<f64>| share.map(|share| format!("{:.3} %", share * 100.0));
    let Some(quantile) = percent(coin.quantile) else {
        return vec!["  No answer: no price has another 24 hours later.".to_owned()];
    };
    let mut line = match coin.set {
        Some(set) => format!("  Quantile {quantile}: set {set}"),
        None => format!("  Quantile {quantile}: wider than every set, so the coin is not listed"),
    };
    if let Some(up) = percent(coin.up) {
        line += &format!("; {up} below the end of that set");
    }
    if let Some(down) = percent(coin.down) {
        line += &format!("; {down} above the end of the next narrower one");
    }
    let mut lines = vec![line + "."];
    if let Some(refused) = &coin.refused {
        lines.push(format!("  No answer: {refused}."));
    }
    lines
}

// ---- the back-test

const fn last_horizon() -> u64 {
    HORIZONS[HORIZONS.len() - 1]
}

/// Titles, each with its table.
fn tables(result: &Backtest) -> [(String, Table); 3] {
    let hours = last_horizon();
    let failed = result.bars.iter().filter(|bar| !bar.passed).count();
    [
        (
            format!(
                "Bars: share of starts with a loss above MM after {hours} hours, coins in their own set; {failed} of {} fail.",
                result.bars.len()
            ),
            bars(result),
        ),
        (
            format!(
                "Means of the shapes by scenario set (* is the coin's own): shares of starts, and the worst shape after {hours} hours."
            ),
            by_set(result),
        ),
        (
            format!(
                "Share of starts with a loss above MM after {hours} hours, coins in their own set."
            ),
            by_shape(result),
        ),
    ]
}

fn text(result: &Backtest) -> String {
    let mut out = result.method().join("\n") + "\n\n";
    for coin in &result.coins {
        out += &(coin.sentence() + "\n");
    }
    for (title, table) in tables(result) {
        out += &format!("\n{title}\n{}", table.render(2));
    }
    out
}

fn markdown(result: &Backtest) -> String {
    let mut out = String::new();
    for sentence in result.method() {
        out += &format!("{sentence}\n");
    }
    out.push('\n');
    for coin in &result.coins {
        out += &format!("- {}\n", coin.sentence());
    }
    for (title, table) in tables(result) {
        out += &format!("\n{title}\n\n{}", table.markdown());
    }
    out
}

fn bars(result: &Backtest) -> Table {
    let mut table = Table::new(["coin", "set", "what", "measured", "bar", "result"]);
    for bar in &result.bars {
        table.row([
            bar.coin.clone(),
            bar.set.to_string(),
            bar.what.clone(),
            bar.measured.map_or_else(|| "no start".to_owned(), percent),
            percent(bar.bar),
            if bar.passed { "pass" } else { "FAIL" }.to_owned(),
        ]);
    }
    table
}

fn by_set(result: &Backtest) -> Table {
    let mut head = vec!["coin".to_owned(), "set".to_owned()];
    head.extend(HORIZONS.map(|hours| format!("> MM, {hours} h")));
    head.push(format!("> IM, {} h", last_horizon()));
    head.extend(
        [
            "worst shape",
            "its > MM",
            "its episodes",
            "its worst loss / MM",
        ]
        .map(str::to_owned),
    );
    let mut table = Table::new(head);
    for coin in &result.coins {
        for under in &coin.sets {
            table.row(means(coin, under));
        }
    }
    table
}

fn means(coin: &Coin, under: &UnderSet) -> Vec<String> {
    let own = if under.set == coin.own_set { "*" } else { "" };
    let mut row = vec![coin.coin.clone(), format!("{own}{}", under.set)];
    row.extend(under.mean.iter().map(|mean| percent(mean.above_mm)));
    row.extend(under.mean.last().map(|mean| percent(mean.above_im)));
    if let Some((shape, tally)) = under.worst_shape().filter(|_| coin.starts > 0) {
        let worst = tally
            .worst
            .map_or_else(String::new, |worst| format!("{worst:.2}"));
        row.extend([
            shape.to_owned(),
            percent(tally.share_mm()),
            tally.episodes.to_string(),
            worst,
        ]);
    }
    row
}

fn by_shape(result: &Backtest) -> Table {
    let coins: Vec<_> = result.coins.iter().filter(|coin| coin.starts > 0).collect();
    let head = coins
        .iter()
        .map(|coin| format!("{}, set {}", coin.coin, coin.own_set));
    let mut table = Table::new(["shape".to_owned()].into_iter().chain(head));
    for (place, shape) in SHAPES.iter().enumerate() {
        let shares = coins.iter().map(|coin| {
            let tallies = coin
                .own()
                .and_then(|own| own.shapes.get(place)?.tallies.last());
            tallies.map_or_else(String::new, |tally| percent(tally.share_mm()))
        });
        table.row([shape.name.to_owned()].into_iter().chain(shares));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the page follow the kernel, whatever else changed.
    #[test]
    fn the_costs_on_the_page_are_the_kernels() {
        let page = cost_page(&costs::compare().unwrap());
        readme::settle(Mode::of_test(), &[(COSTS, page)]).unwrap();
    }

    #[test]
    fn without_prices_it_says_what_to_give() {
        let error = default_files(Path::new("/nowhere"))
            .unwrap_err()
            .to_string();
        for said in ["no FILE is given", "/nowhere is not there", "time,price"] {
            assert!(error.contains(said), "{said:?} is not in {error:?}");
        }
    }
}
