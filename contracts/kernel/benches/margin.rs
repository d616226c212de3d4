//! Native speed: `cargo bench -p plimsoll-kernel`. Nothing is asserted; `docs/method.md` keeps a table.
#![allow(missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{ExpiryCase, MarketCase, Mood, PortfolioCase, UnderlyingCase, WAD};
use divan::{Bencher, black_box};
use plimsoll_kernel::{
    black76::{Factor, Moneyness, Price, greeks},
    codec::{Instrument, Kind, Strike},
    fixed::ONE_Q40,
    portfolio::{
        Portfolio, Scratch, assess,
        charges::{RuleRate, UnderlyingRate},
        market::Rules,
    },
};

const DAY: u16 = 20_000;
const STDEV: i64 = ONE_Q40 / 5;

fn main() {
    divan::main();
}

fn option() -> Moneyness {
    Moneyness::new(Price::new(2_000 * WAD), Price::new(2_200 * WAD))
}

#[divan::bench]
fn black76_value(bencher: Bencher<'_, '_>) {
    let (option, factor) = (option(), Factor::new(ONE_Q40 / 20 * 21));
    bencher.bench(|| {
        black_box(option)
            .shocked(black_box(factor))
            .call(black_box(STDEV))
    });
}

#[divan::bench]
fn black76_greeks(bencher: Bencher<'_, '_>) {
    bencher.bench(|| greeks(black_box(option()), black_box(STDEV)));
}

/// A perpetual an underlying, and options: underlyings, expiries of each, options in all, scenario set (1 of 23, 2 of 33).
#[derive(Clone, Copy, Debug)]
struct Book(u16, u16, usize, u8);

const BOOKS: [Book; 6] = [
    Book(1, 1, 16, 1),
    Book(1, 1, 64, 1),
    Book(1, 1, 64, 2),
    Book(1, 4, 127, 1),
    Book(4, 2, 64, 2),
    Book(8, 3, 120, 2),
];

impl Book {
    fn build(self) -> (MarketCase, PortfolioCase) {
        let Self(count, expiries, options, set) = self;
        let days = (0..expiries).map(|e| DAY + 7 + 21 * e);
        let mut p = PortfolioCase::EMPTY;
        let instrument = |underlying, kind, expiry_day, strike| Instrument {
            venue: 1,
            underlying,
            kind,
            expiry_day,
            strike,
        };
        for id in 1..=count {
            let perpetual = instrument(id, Kind::Perpetual, 0, None);
            p.linear.push((perpetual, -5, -10_000 * WAD as i128));
        }
        for (leg, number) in (0..options).zip(0_u16..) {
            let (id, day) = (
                1 + number % count,
                DAY + 7 + 21 * (number / count % expiries),
            );
            let kind = if leg % 2 == 0 { Kind::Call } else { Kind::Put };
            let strike = Strike::from_wad((1_000 + 20 * leg as u128) * WAD);
            let size = if leg % 3 == 0 { 10 } else { -7 };
            p.options.push((instrument(id, kind, day, strike), size));
        }
        let underlyings = (1..=count)
            .map(|id| {
                let expiry = |day| ExpiryCase {
                    day,
                    variable: 2_010 * WAD,
                    fixed: 0,
                    discount: WAD / 1_000 * 995,
                    svi: [0, 3, -3, 0, 2].map(|v: i128| v * WAD as i128 / 10),
                    fresh: true,
                };
                UnderlyingCase {
                    id,
                    lot: WAD as u64,
                    spot: 2_000 * WAD,
                    confidence: 0,
                    set,
                    rates: UnderlyingRate::DEFAULT,
                    expiries: days.clone().map(expiry).collect(),
                    perpetuals: Vec::new(),
                    fresh: true,
                    mood: Mood::NONE,
                }
            })
            .collect();
        let market = MarketCase {
            now: u64::from(DAY) * 86_400,
            coin: WAD as u64,
            underlyings,
            assets: Vec::new(),
            rules: RuleRate::DEFAULT,
        };
        (market, p)
    }
}

impl std::fmt::Display for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(underlyings, expiries, options, set) = *self;
        let scenarios = if set == 1 { 23 } else { 33 };
        write!(
            f,
            "{options} options x {scenarios}, {underlyings} x {expiries} expiries"
        )
    }
}

#[divan::bench(args = BOOKS)]
fn assess_portfolio(bencher: Bencher<'_, '_>, book: Book) {
    let (m, p) = book.build();
    let slots = p.slots();
    let mut scratch = Box::new(Scratch::NEW);
    m.with(Rules::DEFAULT, |market| {
        let portfolio = Portfolio {
            cash: 0,
            collateral: &[],
            slots: &slots,
        };
        let a = assess(market, &portfolio, &mut scratch);
        assert!(!a.stale && !a.out_of_range && a.mm > 0);
        bencher
            .counter(divan::counter::ItemsCount::new(1_usize))
            .bench_local(|| assess(black_box(market), black_box(&portfolio), &mut scratch));
    });
}
