//! How often a loss exceeds the requirement.
//!
//! At a start the account of a shape is opened in the market of [`crate::book`] and its requirements are computed by the
//! kernel. After a horizon it is valued again: at the price that came, at the same volatility, nearer its expiries. Its loss
//! is the fall of its equity. A loss above MM means that the account had less than nothing left if it stood at MM.

use crate::{
    book::Book,
    prices::{Gap, Prices},
    rule::{self, Assignment, sets},
    shapes::{SHAPES, Shape},
    time::{self, DAY, HOUR},
};
use eyre::{Result, WrapErr, ensure, eyre};
use plimsoll_kernel::portfolio::Scratch;
use serde::Serialize;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Hours after which an account is valued again. The bars are for the last.
pub const HORIZONS: [u64; 3] = [1, 4, 24];
/// Hours between starts where nothing else is asked for: six coins take less than a minute of one core.
pub const EVERY: u64 = 1;
/// Implied volatility over realised, where nothing else is asked for.
pub const FACTOR: f64 = 1.2;
/// Hours of the realised volatility.
pub const WINDOW: u64 = 30 * DAY;
/// Hourly returns that must be known of them.
pub const LEAST: u64 = WINDOW / 10 * 9;
const HOURS_A_YEAR: f64 = 365.0 * DAY as f64;

/// Largest share of starts, mean of the shapes, at which a coin passes: 0.0002 for 0.02 %.
pub const MEAN_BARS: [(&str, f64); 4] = [
    ("BTC", 0.0002),
    ("ETH", 0.0002),
    ("SOL", 0.0005),
    ("LINK", 0.0005),
];
/// The same of any one shape, of every coin that is not in the widest set.
pub const SHAPE_BAR: f64 = 0.003;

/// How it is done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Options {
    /// Hours between starts.
    pub every: u64,
    /// Implied volatility over realised.
    pub factor: f64,
}

/// The result.
#[derive(Clone, Debug, Serialize)]
pub struct Backtest {
    /// How it was done.
    pub options: Options,
    /// Hours after which accounts were valued again.
    pub horizons: [u64; 3],
    /// By coin.
    pub coins: Vec<Coin>,
    /// What passes and what fails.
    pub bars: Vec<Bar>,
}

/// A coin.
#[derive(Clone, Debug, Serialize)]
pub struct Coin {
    /// Its name.
    pub coin: String,
    /// The first start, UTC; empty where there is none.
    pub from: String,
    /// The last one.
    pub to: String,
    /// How many starts there are.
    pub starts: usize,
    /// Hours without a price.
    pub gaps: Vec<Gap>,
    /// Which set it gets.
    pub assignment: Assignment,
    /// That set, or the widest where none is wide enough.
    pub own_set: u8,
    /// By scenario set, the narrowest first.
    pub sets: Vec<UnderSet>,
}

/// A coin under a scenario set.
#[derive(Clone, Debug, Serialize)]
pub struct UnderSet {
    /// Its number.
    pub set: u8,
    /// Means of the shapes, by horizon.
    pub mean: [Mean; 3],
    /// By shape.
    pub shapes: Vec<UnderShape>,
}

/// A shape of a coin under a scenario set.
#[derive(Clone, Debug, Serialize)]
pub struct UnderShape {
    /// Its name.
    pub shape: &'static str,
    /// By horizon.
    pub tallies: [Tally; 3],
}

/// Means of the shapes: shares of all starts.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Mean {
    /// With a loss above MM.
    pub above_mm: f64,
    /// With a loss above IM.
    pub above_im: f64,
}

/// What is counted of the starts of one shape, set and horizon.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Starts.
    pub starts: usize,
    /// Those with a loss above MM.
    pub above_mm: usize,
    /// Those with a loss above IM.
    pub above_im: usize,
    /// Runs of consecutive starts with a loss above MM.
    pub episodes: usize,
    /// The worst loss over MM; 0 or less where no start lost.
    pub worst: Option<f64>,
    /// When that start was, UTC.
    pub worst_at: String,
    #[serde(skip)]
    last_above: Option<u64>,
}

/// A bar, and what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// The coin.
    pub coin: String,
    /// In which scenario set.
    pub set: u8,
    /// What is measured: the mean of the shapes, or the name of the worst one.
    pub what: String,
    /// Share of starts with a loss above MM after the last horizon; `None` where the coin has no start.
    pub measured: Option<f64>,
    /// The bar.
    pub bar: f64,
    /// measured ≤ bar.
    pub passed: bool,
}

impl Tally {
    /// Share of starts with a loss above MM; 0 where there is no start.
    #[must_use]
    pub fn share_mm(&self) -> f64 {
        self.above_mm as f64 / self.starts.max(1) as f64
    }

    /// Share of starts with a loss above IM; 0 where there is no start.
    #[must_use]
    pub fn share_im(&self) -> f64 {
        self.above_im as f64 / self.starts.max(1) as f64
    }

    /// Counts a start. Starts come in their order, `every` hours apart but for those that are excluded.
    fn count(&mut self, hour: u64, every: u64, loss: i128, mm: i128, im: i128) {
        self.starts += 1;
        self.above_im += usize::from(loss > im);
        if loss > mm {
            self.above_mm += 1;
            self.episodes += usize::from(self.last_above.is_none_or(|last| hour - last > every));
            self.last_above = Some(hour);
        }
        let ratio = loss as f64 / mm as f64;
        if self.worst.is_none_or(|worst| ratio > worst) {
            (self.worst, self.worst_at) = (Some(ratio), time::written_hour(hour));
        }
    }
}

impl Backtest {
    /// What was done, sentence by sentence.
    #[must_use]
    pub fn method(&self) -> Vec<String> {
        let Options { every, factor } = self.options;
        let horizons = HORIZONS.map(|hours| hours.to_string()).join(", ");
        let (days, shapes) = (WINDOW / DAY, SHAPES.len());
        let between = match every {
            1 => "Every hour is a start.".to_owned(),
            every => {
                format!("Every hour whose number since 1970 is a multiple of {every} is a start.")
            }
        };
        vec![
            between,
            format!("At each start {shapes} portfolios are opened, and IM and MM are computed by the kernel with its default rates."),
            format!("They are valued again after {horizons} hours, at the price of that hour; the volatility is kept, and time has passed."),
            format!("The volatility is {factor} times that of the hourly returns of the {days} days before the start, the same for all strikes and expiries; there is no interest and no basis."),
            "A start is excluded where a price is missing at it or at a horizon, or where more than a tenth of the returns before it is.".to_owned(),
            "A loss is the fall of equity; an episode is a run of consecutive starts with a loss above MM; a mean weighs each shape alike.".to_owned(),
        ]
    }
}

impl Coin {
    /// What was measured of it, and which set it gets.
    #[must_use]
    pub fn sentence(&self) -> String {
        let missing: u64 = self.gaps.iter().map(|gap| gap.hours).sum();
        let listed = match self.assignment.refused {
            Some(_) => " (its prices are not enough for the rule)",
            None => "",
        };
        let why = match (self.assignment.quantile, self.assignment.set) {
            (Some(quantile), Some(set)) => format!(
                "99.5 % of its 24-hour moves are within ±{:.2} %: set {set}{listed}",
                quantile * 100.0
            ),
            (Some(quantile), None) => format!(
                "99.5 % of its 24-hour moves are within ±{:.2} %: wider than every set, so that set {} is taken",
                quantile * 100.0,
                self.own_set
            ),
            (None, _) => format!("it has no 24-hour move: set {} is taken", self.own_set),
        };
        let span = match self.starts {
            0 => "no start".to_owned(),
            starts => format!("{starts} starts from {} to {} UTC", self.from, self.to),
        };
        format!(
            "{}: {span}, {missing} hours without a price; {why}.",
            self.coin
        )
    }

    /// The coin under its own set.
    #[must_use]
    pub fn own(&self) -> Option<&UnderSet> {
        self.sets.iter().find(|under| under.set == self.own_set)
    }
}

impl UnderSet {
    /// The shape with the largest share of losses above MM after the last horizon; of two that are equal, the one with the
    /// larger loss over MM.
    #[must_use]
    pub fn worst_shape(&self) -> Option<(&'static str, &Tally)> {
        let last = self
            .shapes
            .iter()
            .filter_map(|under| Some((under.shape, under.tallies.last()?)));
        last.max_by(|(_, a), (_, b)| {
            let worst = |tally: &Tally| tally.worst.unwrap_or(f64::NEG_INFINITY);
            let shares = a.share_mm().total_cmp(&b.share_mm());
            shares.then(worst(a).total_cmp(&worst(b)))
        })
    }
}

/// A start: its hour, and the volatility of its market.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Start {
    hour: u64,
    volatility: f64,
}

/// The starts of a coin: hours that are multiples of `every`, that have a price now and after each horizon, and of whose
/// past [`WINDOW`] enough is known.
fn starts(prices: &Prices, options: &Options) -> Vec<Start> {
    // Sums of squared hourly returns up to each hour, and how many: the window is a difference of two.
    let (mut squares, mut known) = (0.0, 0_u64);
    let sums: Vec<(f64, u64)> = (prices.first()..=prices.last())
        .map(|hour| {
            if let Some(change) = hour
                .checked_sub(1)
                .and_then(|before| prices.change(before, 1))
            {
                squares += change.ln_1p().powi(2);
                known += 1;
            }
            (squares, known)
        })
        .collect();
    sums.iter()
        .skip(WINDOW as usize)
        .zip(&sums)
        .zip(prices.first() + WINDOW..)
        .filter(|(_, hour)| hour.is_multiple_of(options.every))
        .filter(|(_, hour)| HORIZONS.iter().all(|h| prices.change(*hour, *h).is_some()))
        .filter_map(|((now, then), hour)| {
            let returns = now.1 - then.1;
            let realised = ((now.0 - then.0).max(0.0) / returns as f64 * HOURS_A_YEAR).sqrt();
            (returns >= LEAST).then_some(Start {
                hour,
                volatility: realised * options.factor,
            })
        })
        .collect()
}

/// Tallies of one shape by set and horizon.
fn run_shape(
    prices: &Prices,
    shape: &Shape,
    starts: &[Start],
    options: &Options,
) -> Result<Vec<[Tally; 3]>> {
    let sets = sets();
    let narrowest = sets
        .first()
        .ok_or_else(|| eyre!("the kernel has no scenario set"))?;
    let mut tallies = vec![<[Tally; 3]>::default(); sets.len()];
    let mut scratch = Box::new(Scratch::NEW);
    for start in starts {
        let now = start.hour * HOUR;
        let book = Book::open(shape, now, start.volatility)?;
        let mut before = Vec::with_capacity(sets.len());
        for set in &sets {
            before.push(book.assess(set.set, now, 1.0, &mut scratch)?);
        }
        for (h, hours) in HORIZONS.into_iter().enumerate() {
            let Some(change) = prices.change(start.hour, hours) else {
                continue;
            };
            // equity is the same under any set
            let later = now + hours * HOUR;
            let after = book.assess(narrowest.set, later, 1.0 + change, &mut scratch)?;
            for (tallies, before) in tallies.iter_mut().zip(&before) {
                let loss = before.equity - after.equity;
                tallies[h].count(start.hour, options.every, loss, before.mm, before.im);
            }
        }
    }
    Ok(tallies)
}

/// Runs it on all cores. `progress` hears how much of all is done, in coins times shapes.
///
/// # Errors
///
/// The options make no sense, or the kernel could not read an account.
pub fn run(
    files: &[Prices],
    options: &Options,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Backtest> {
    ensure!(options.every > 0, "starts cannot be 0 hours apart");
    ensure!(
        options.factor.is_finite() && options.factor > 0.0,
        "a volatility factor must be above 0, not {}",
        options.factor
    );
    let starts: Vec<_> = files.iter().map(|prices| starts(prices, options)).collect();
    let jobs: Vec<_> = files
        .iter()
        .zip(&starts)
        .flat_map(|(prices, starts)| SHAPES.iter().map(move |shape| (prices, shape, starts)))
        .collect();
    let mut done = in_parallel(jobs.len(), progress, |job| {
        let (prices, shape, starts) = jobs[job];
        run_shape(prices, shape, starts, options)
            .wrap_err_with(|| format!("{}, {}", prices.coin, shape.name))
    })?
    .into_iter();
    let coins: Vec<_> = files
        .iter()
        .zip(&starts)
        .map(|(prices, starts)| coin(prices, starts, done.by_ref().take(SHAPES.len()).collect()))
        .collect();
    Ok(Backtest {
        options: *options,
        horizons: HORIZONS,
        bars: coins.iter().flat_map(bars).collect(),
        coins,
    })
}

/// The results of so many jobs, in their order.
fn in_parallel<T: Send>(
    jobs: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let (next, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        let mut results = Vec::new();
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return results;
            }
            results.push((job, work(job)));
            progress(ended.fetch_add(1, Ordering::Relaxed) + 1, jobs);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut results = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(|worker| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        joined.flatten().collect::<Vec<_>>()
    });
    results.sort_by_key(|(job, _)| *job);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Puts the tallies of a coin, by shape and set, together by set.
fn coin(prices: &Prices, starts: &[Start], tallies: Vec<Vec<[Tally; 3]>>) -> Coin {
    let sets = sets();
    let under = |place: usize| -> Vec<UnderShape> {
        SHAPES
            .iter()
            .zip(&tallies)
            .map(|(shape, by_set)| UnderShape {
                shape: shape.name,
                tallies: by_set[place].clone(),
            })
            .collect()
    };
    let assignment = rule::assign(prices);
    let hour =
        |start: Option<&Start>| start.map_or_else(String::new, |s| time::written_hour(s.hour));
    Coin {
        coin: prices.coin.clone(),
        from: hour(starts.first()),
        to: hour(starts.last()),
        starts: starts.len(),
        gaps: prices.gaps(),
        own_set: assignment
            .set
            .or(sets.last().map(|set| set.set))
            .unwrap_or_default(),
        assignment,
        sets: sets
            .iter()
            .enumerate()
            .map(|(place, set)| {
                let shapes = under(place);
                UnderSet {
                    set: set.set,
                    mean: std::array::from_fn(|h| mean(&shapes, h)),
                    shapes,
                }
            })
            .collect(),
    }
}

fn mean(shapes: &[UnderShape], horizon: usize) -> Mean {
    let of = |share: fn(&Tally) -> f64| {
        let shares = shapes.iter().map(|shape| share(&shape.tallies[horizon]));
        shares.sum::<f64>() / shapes.len() as f64
    };
    Mean {
        above_mm: of(Tally::share_mm),
        above_im: of(Tally::share_im),
    }
}

/// The bar of any one shape of a coin in this set; `None` in the widest.
#[must_use]
pub fn shape_bar(set: u8) -> Option<f64> {
    let widest = sets().last().is_some_and(|widest| widest.set == set);
    (!widest).then_some(SHAPE_BAR)
}

/// The bars that a coin has: for the mean where it is in the list, for each shape where it is not in the widest set.
fn bars(coin: &Coin) -> Vec<Bar> {
    let bar_of = MEAN_BARS
        .iter()
        .find(|(name, _)| symbol(&coin.coin) == *name);
    let Some(own) = coin.own() else {
        return Vec::new();
    };
    let bar = |what: &str, measured: f64, bar: f64| Bar {
        coin: coin.coin.clone(),
        set: coin.own_set,
        what: what.to_owned(),
        measured: (coin.starts > 0).then_some(measured),
        bar,
        passed: coin.starts > 0 && measured <= bar,
    };
    let last = HORIZONS.len() - 1;
    let mut bars = Vec::new();
    if let Some((_, mean_bar)) = bar_of {
        let mean = own.mean[last].above_mm;
        bars.push(bar("mean of the shapes", mean, *mean_bar));
    }
    bars.extend(
        own.worst_shape()
            .zip(shape_bar(coin.own_set))
            .map(|((shape, tally), limit)| {
                bar(&format!("worst shape: {shape}"), tally.share_mm(), limit)
            }),
    );
    bars
}

/// `BTC` of `BTCUSDT`.
#[must_use]
pub fn symbol(coin: &str) -> &str {
    let quotes = ["USDT", "USDC", "USD"];
    let stripped = quotes.iter().find_map(|quote| coin.strip_suffix(quote));
    stripped.map_or(coin, |symbol| symbol.trim_end_matches(['-', '_', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any hour at which an expiry is.
    const FIRST: u64 = 19_000 * DAY + 8;
    const EACH_HOUR: Options = Options {
        every: 1,
        factor: 1.0,
    };

    /// `hours` prices of 1 that jump to `to` after `jump` hours.
    fn path(hours: u64, jump: u64, to: f64) -> Prices {
        let rows: Vec<_> = (0..hours)
            .map(|h| (FIRST + h, if h < jump { 1.0 } else { to }))
            .collect();
        Prices::new("SOLUSDT", &rows).unwrap()
    }

    fn tally<'a>(coin: &'a Coin, set: u8, shape: &str) -> &'a [Tally; 3] {
        let under = coin.sets.iter().find(|under| under.set == set).unwrap();
        let shape = under.shapes.iter().find(|s| s.shape == shape).unwrap();
        &shape.tallies
    }

    fn counted(tallies: &[Tally; 3]) -> [(usize, usize, usize); 3] {
        tallies
            .each_ref()
            .map(|t| (t.above_mm, t.above_im, t.episodes))
    }

    /// 720 hours of window, 100 starts, 24 hours after the last: the jump is between the 50th start and the next, so a start
    /// sees it within h hours when it is one of the h before the jump.
    #[test]
    fn a_jump_counts_exactly_the_starts_before_it() {
        // hours 720 ..= 819 are starts; prices at 769 and 770 differ
        let result = |to| run(&[path(844, 770, to)], &EACH_HOUR, &|_, _| ()).unwrap();
        // Down by 20 %. Set 2 requires 18 % + 0.5 % = 18.5 % of a perpetual to keep it, 22.5 % + 1 % = 23.5 % to open it.
        let got = result(0.8);
        let coin = &got.coins[0];
        assert_eq!(
            (coin.starts, coin.from.as_str()),
            (100, time::written_hour(FIRST + 720).as_str())
        );
        assert_eq!(
            counted(tally(coin, 2, "long perpetual")),
            [(1, 0, 1), (4, 0, 1), (24, 0, 1)]
        );
        let t = &tally(coin, 2, "long perpetual")[2];
        assert!((t.worst.unwrap() - 200.0 / 185.0).abs() < 1e-9);
        assert_eq!(t.worst_at, time::written_hour(FIRST + 770 - 24));
        // set 3 requires 31.5 % + 0.5 %, set 1 20 % + 0.5 %
        assert_eq!(counted(tally(coin, 3, "long perpetual")), [(0, 0, 0); 3]);
        assert_eq!(counted(tally(coin, 1, "long perpetual")), [(0, 0, 0); 3]);
        // who gains, and who holds both sides, loses nothing
        for shape in [
            "short perpetual",
            "coin + short perpetual",
            "short box 90/110 30 d",
        ] {
            assert_eq!(counted(tally(coin, 2, shape)), [(0, 0, 0); 3], "{shape}");
        }
        let gain = tally(coin, 2, "short perpetual")[2].worst.unwrap();
        assert_eq!(
            gain, 0.0,
            "the worst start of a path without a rise is one without a move"
        );

        // Down by 24 %: above the 23.5 % to open too.
        let got = result(0.76);
        assert_eq!(
            counted(tally(&got.coins[0], 2, "long perpetual")),
            [(1, 1, 1), (4, 4, 1), (24, 24, 1)]
        );
        // A put sold at no volatility and worth 24 % at once: set 2 asks the same 18 % of it, 0.5 % and 0.1 %.
        assert_eq!(
            counted(tally(&got.coins[0], 2, "short put 100 7 d"))[0].0,
            1
        );
        // 24 of 100 starts, in 1 of 21 shapes
        let mean = got.coins[0].sets.iter().find(|s| s.set == 2).unwrap().mean[2];
        assert!(mean.above_mm >= 0.24 / 21.0);
    }

    #[test]
    fn starts_further_apart_are_fewer_and_one_episode() {
        let options = Options {
            every: 5,
            ..EACH_HOUR
        };
        let got = run(&[path(844, 770, 0.8)], &options, &|_, _| ()).unwrap();
        let t = &tally(&got.coins[0], 2, "long perpetual")[2];
        // multiples of 5 among the 24 hours before the jump
        let seen = (FIRST + 746..FIRST + 770).filter(|h| h % 5 == 0).count();
        assert_eq!((t.starts, t.above_mm, t.episodes), (20, seen, 1));
    }

    #[test]
    fn a_gap_parts_episodes_and_takes_its_starts() {
        let rows: Vec<_> = (0..844)
            .filter(|h| !(755..758).contains(h))
            .map(|h| (FIRST + h, if h < 770 { 1.0 } else { 0.8 }))
            .collect();
        let prices = Prices::new("SOLUSDT", &rows).unwrap();
        let got = run(&[prices], &EACH_HOUR, &|_, _| ()).unwrap();
        // Excluded: 755 to 757 themselves, those that end there after 1 hour (754), 4 hours (751 to 753), 24 hours (731 to 733)
        // (754 also by its 4 hours). 17 of the 24 before the jump are left, in two runs: 746 to 750 and 758 to 769.
        let coin = &got.coins[0];
        assert_eq!(coin.starts, 100 - 3 - 1 - 3 - 3);
        assert_eq!(counted(tally(coin, 2, "long perpetual"))[2], (17, 0, 2));
    }

    #[test]
    fn the_volatility_is_that_of_the_window() {
        // up and down by a hundredth every hour
        let rows: Vec<_> = (0..800)
            .map(|h| (FIRST + h, if h % 2 == 0 { 1.0 } else { 1.01 }))
            .collect();
        let prices = Prices::new("X", &rows).unwrap();
        let starts = starts(
            &prices,
            &Options {
                every: 1,
                factor: 1.5,
            },
        );
        assert_eq!(
            (starts.len(), starts[0].hour),
            (800 - 720 - 24, FIRST + 720)
        );
        let realised = 1.01_f64.ln() * 8_760_f64.sqrt();
        for start in starts {
            assert!((start.volatility - 1.5 * realised).abs() < 1e-9);
        }
    }

    #[test]
    fn the_bars_are_those_of_the_coins_own_set() {
        // The one jump of 20 % is in the 99.5 % quantile of so short a path: set 3, for the rule does not choose set 1.
        let got = run(&[path(844, 770, 0.8)], &EACH_HOUR, &|_, _| ()).unwrap();
        assert_eq!(got.coins[0].own_set, 3);
        let [mean, shape] = &got.bars[..] else {
            panic!("{:?}", got.bars);
        };
        assert_eq!((mean.set, mean.bar, shape.bar), (3, 0.0005, SHAPE_BAR));
        assert_eq!(mean.passed, mean.measured.unwrap() <= 0.0005);
        // wider than every set: judged in the widest, where its mean fails, and no shape has a bar
        let got = run(&[path(844, 770, 0.2)], &EACH_HOUR, &|_, _| ()).unwrap();
        let widest = sets().last().unwrap().set;
        assert_eq!(
            (got.coins[0].assignment.set, got.coins[0].own_set),
            (None, widest)
        );
        let [mean] = &got.bars[..] else {
            panic!("{:?}", got.bars);
        };
        assert!(!mean.passed && mean.set == widest);
        // a coin that no bar names: its shapes have one
        let mut other = path(844, 770, 0.9);
        other.coin = "X".to_owned();
        let got = run(&[other], &EACH_HOUR, &|_, _| ()).unwrap();
        let [shape] = &got.bars[..] else {
            panic!("{:?}", got.bars);
        };
        assert!((shape.bar - SHAPE_BAR).abs() < 1e-12 && shape.passed);
        // too short for a start: nothing is measured, and nothing passes
        let got = run(&[path(100, 50, 1.0)], &EACH_HOUR, &|_, _| ()).unwrap();
        assert!(
            got.bars
                .iter()
                .all(|bar| !bar.passed && bar.measured.is_none())
        );
    }

    #[test]
    fn symbols() {
        for (coin, expected) in [
            ("BTCUSDT", "BTC"),
            ("ETH-USD", "ETH"),
            ("SOL", "SOL"),
            ("LINK_USDC", "LINK"),
        ] {
            assert_eq!(symbol(coin), expected);
        }
    }

    #[test]
    fn options_that_make_no_sense_are_refused() {
        for options in [
            Options {
                every: 0,
                factor: 1.0,
            },
            Options {
                every: 1,
                factor: 0.0,
            },
            Options {
                every: 1,
                factor: f64::NAN,
            },
        ] {
            assert!(run(&[path(100, 50, 1.0)], &options, &|_, _| ()).is_err());
        }
    }
}
