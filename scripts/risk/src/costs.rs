//! What portfolios cost here, at Derive and at Deribit.
//!
//! The same portfolios in the same market: one coin's worth, one volatility for all strikes and expiries, no interest and no
//! basis. Ours is the kernel's answer in scenario set 2; the peers' are by [`crate::peers`].
//!
//! Derive lists no dated futures: there, one is a call bought and a put sold at spot.

use crate::{
    book::Book,
    peers::{Account, Collateral, Contract, Expiry, Method, Requirement, deribit, derive, require},
    shapes::{Item, Leg, Shape},
    time::{DAY, HOUR},
};
use eyre::Result;
use plimsoll_kernel::{
    fixed::WAD,
    portfolio::{Scratch, market::expiry_seconds},
};
use serde::Serialize;

/// Volatility of the market, a year.
pub const VOLATILITY: f64 = 0.6;
/// Scenario set of ours.
pub const SET: u8 = 2;
/// Derive's haircuts of BTC and ETH: initial, maintenance.
const HAIRCUT: (f64, f64) = (0.03, 0.02);
/// The day of the comparison: an expiry of so many days is then so many days away.
const TODAY: u16 = 20_000;
/// A requirement above so many times a peer's needs a reason.
pub const TIMES: f64 = 2.0;
/// Requirements that differ by less, as a share of spot, are the same.
const SAME: f64 = 1e-9;

/// A portfolio of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio {
    /// What it is.
    pub shape: Shape,
    /// Why it is below or above the peers, see [`Outside`]; empty where it is neither.
    pub reason: &'static str,
}

/// What a portfolio costs, in shares of spot.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// What it is.
    pub portfolio: &'static str,
    /// Here, to open.
    pub im: f64,
    /// Here, to keep.
    pub mm: f64,
    /// At Derive, to open.
    pub derive_im: f64,
    /// At Derive, to keep.
    pub derive_mm: f64,
    /// At Deribit, to keep.
    pub deribit_mm: f64,
    /// Where ours leaves the band of the peers.
    pub outside: Vec<Outside>,
    /// Why.
    pub reason: &'static str,
}

/// Where a requirement leaves the band of the peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// MM is below both.
    BelowBoth,
    /// IM is below Derive's.
    ImBelowDerive,
    /// IM is above [`TIMES`] Derive's.
    ImAboveDerive,
    /// MM is above [`TIMES`] Derive's.
    AboveDerive,
    /// MM is above [`TIMES`] Deribit's.
    AboveDeribit,
}

impl Outside {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::BelowBoth => "MM below both",
            Self::ImBelowDerive => "IM below Derive",
            Self::ImAboveDerive => "IM above 2 × Derive",
            Self::AboveDerive => "MM above 2 × Derive",
            Self::AboveDeribit => "MM above 2 × Deribit",
        }
    }
}

/// Every portfolio, in its order.
///
/// # Errors
///
/// The kernel could not read an account.
pub fn compare() -> Result<Vec<Cost>> {
    let mut scratch = Box::new(Scratch::NEW);
    PORTFOLIOS
        .iter()
        .map(|Portfolio { shape, reason }| {
            let now = expiry_seconds(TODAY);
            let book = Book::open(shape, now, VOLATILITY)?;
            let ours = book.assess(SET, now, 1.0, &mut scratch)?;
            let share = |amount: i128| amount as f64 / WAD as f64 / Book::SPOT as f64;
            let peer = |method: &Method, futures: bool| require(method, &account(shape, futures));
            let at_derive = peer(&derive(), false);
            let at_deribit = peer(&deribit(), true);
            let (im, mm) = (share(ours.im), share(ours.mm));
            Ok(Cost {
                portfolio: shape.name,
                im,
                mm,
                derive_im: at_derive.im,
                derive_mm: at_derive.mm,
                deribit_mm: at_deribit.mm,
                outside: outside(im, mm, at_derive, at_deribit.mm),
                reason,
            })
        })
        .collect()
}

fn outside(im: f64, mm: f64, derive: Requirement, deribit: f64) -> Vec<Outside> {
    let tests = [
        (mm < derive.mm.min(deribit) - SAME, Outside::BelowBoth),
        (im < derive.im - SAME, Outside::ImBelowDerive),
        (im > TIMES * derive.im + SAME, Outside::ImAboveDerive),
        (mm > TIMES * derive.mm + SAME, Outside::AboveDerive),
        (mm > TIMES * deribit + SAME, Outside::AboveDeribit),
    ];
    let held = tests.into_iter().filter(|(holds, _)| *holds);
    held.map(|(_, outside)| outside).collect()
}

/// The account of a shape at a peer, spot at 1.
fn account(shape: &Shape, futures: bool) -> Account {
    let mut account = Account {
        spot: 1.0,
        coin: 1.0,
        confidence: 1.0,
        perpetual_confidence: 1.0,
        perpetual: (0.0, 1.0),
        ..Account::default()
    };
    for Leg(size, item) in shape.legs {
        let size = *size as f64;
        match *item {
            Item::Coin => account.collateral.push(Collateral {
                value: size,
                linked: true,
                haircut: HAIRCUT,
                confidence: 1.0,
            }),
            Item::Perpetual => account.perpetual.0 += size,
            Item::Future(days) if futures => {
                let expiry = expiry(&mut account, days);
                account.futures.push((expiry, size));
            }
            Item::Future(days) => {
                option(&mut account, days, 100, true, size);
                option(&mut account, days, 100, false, -size);
            }
            Item::Call(strike, days) => option(&mut account, days, strike, true, size),
            Item::Put(strike, days) => option(&mut account, days, strike, false, size),
        }
    }
    account
}

fn option(account: &mut Account, days: u64, strike: u64, call: bool, size: f64) {
    let expiry = expiry(account, days);
    account.options.push(Contract {
        expiry,
        strike: strike as f64 / 100.0,
        call,
        volatility: VOLATILITY,
        size,
    });
}

/// The place of the expiry in so many days.
fn expiry(account: &mut Account, days: u64) -> usize {
    let seconds = (days * DAY * HOUR) as f64;
    let known = account.expiries.iter().position(|e| e.seconds == seconds);
    known.unwrap_or_else(|| {
        account.expiries.push(Expiry {
            seconds,
            forward: 1.0,
            discount: 1.0,
            rate: 0.0,
            slice: None,
            confidence: 1.0,
        });
        account.expiries.len() - 1
    })
}

const fn of(name: &'static str, legs: &'static [Leg], reason: &'static str) -> Portfolio {
    Portfolio {
        shape: Shape { name, legs },
        reason,
    }
}

use Item::{Call, Coin, Future, Perpetual, Put};

const BOX: &str = "neither peer asks for what four options cost to close, nor for a change of the discount before the end";
const LENT: &str = "a loan by options. Derive takes 5 % and 16 % a year off whatever an expiry is worth in a scenario; here the discount may change by 7.5 % a year to open and 5 % to keep, and four options must be closed. Deribit asks nothing";

/// The portfolios, with the reasons of those that leave the band.
#[rustfmt::skip]
pub const PORTFOLIOS: [Portfolio; 26] = [
    of("long perpetual", &[Leg(1, Perpetual)], ""),
    of("short perpetual", &[Leg(-1, Perpetual)], ""),
    of("coin + short perpetual", &[Leg(1, Coin), Leg(-1, Perpetual)],
        "nothing can be lost by a move. Deribit asks nothing; here a coin to sell and a perpetual to close cost a haircut of 1.5 % and 0.5 %, to open 3 % and 1 %. Derive asks 2 % and 3 %, to open 3 % and 4 %"),
    of("long future 365 d", &[Leg(1, Future(365))], ""),
    of("cash and carry 90 d", &[Leg(1, Coin), Leg(-1, Future(90))],
        "Deribit asks nothing for the distance between a future and spot; here, as at Derive, it may move by 4.5 % and more the longer the future lives"),
    of("futures −30 d +90 d", &[Leg(-1, Future(30)), Leg(1, Future(90))],
        "Deribit asks 1 % of what offsets, however far apart; here, as at Derive, each future's own distance to spot moves"),
    of("covered call 110 30 d", &[Leg(1, Coin), Leg(-1, Call(110, 30))], ""),
    of("long call 100 30 d", &[Leg(1, Call(100, 30))], ""),
    of("long put 100 7 d", &[Leg(1, Put(100, 7))], ""),
    of("short call 100 7 d", &[Leg(-1, Call(100, 7))], ""),
    of("short call 150 30 d", &[Leg(-1, Call(150, 30))],
        "the far moves ask for it, as at Derive. Deribit has such a table too, whose weights it sets by currency: here it counts without"),
    of("short call 130 90 d", &[Leg(-1, Call(130, 90))], ""),
    of("short put 100 1 d", &[Leg(-1, Put(100, 1))], ""),
    of("short put 70 90 d", &[Leg(-1, Put(70, 90))], ""),
    of("short straddle 100 30 d", &[Leg(-1, Call(100, 30)), Leg(-1, Put(100, 30))], ""),
    of("short strangle 90/110 7 d", &[Leg(-1, Put(90, 7)), Leg(-1, Call(110, 7))], ""),
    of("short call spread 100/110 30 d", &[Leg(-1, Call(100, 30)), Leg(1, Call(110, 30))], ""),
    of("long call spread 100/110 30 d", &[Leg(1, Call(100, 30)), Leg(-1, Call(110, 30))], ""),
    of("risk reversal 90/110 30 d", &[Leg(-1, Put(90, 30)), Leg(1, Call(110, 30))], ""),
    of("calls 100 −7 d +30 d", &[Leg(-1, Call(100, 7)), Leg(1, Call(100, 30))], ""),
    of("iron condor 90/95/105/110 7 d", &[Leg(1, Put(90, 7)), Leg(-1, Put(95, 7)), Leg(-1, Call(105, 7)), Leg(1, Call(110, 7))], ""),
    of("short butterfly 95/100/105 7 d", &[Leg(-1, Call(95, 7)), Leg(2, Call(100, 7)), Leg(-1, Call(105, 7))],
        "two short options are 2 % to open and four options 0.8 %; Derive asks 0.5 % of each short one. The scan itself is as wide"),
    of("short box 90/110 30 d", &[Leg(-1, Call(90, 30)), Leg(1, Call(110, 30)), Leg(1, Put(90, 30)), Leg(-1, Put(110, 30))], BOX),
    of("long box 90/110 30 d", &[Leg(1, Call(90, 30)), Leg(-1, Call(110, 30)), Leg(-1, Put(90, 30)), Leg(1, Put(110, 30))], LENT),
    of("short box 50/150 365 d", &[Leg(-1, Call(50, 365)), Leg(1, Call(150, 365)), Leg(1, Put(50, 365)), Leg(-1, Put(150, 365))], BOX),
    of("long box 50/150 365 d", &[Leg(1, Call(50, 365)), Leg(-1, Call(150, 365)), Leg(-1, Put(50, 365)), Leg(1, Put(150, 365))], LENT),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What leaves the band has a reason, and what has a reason leaves the band.
    #[test]
    fn no_cost_outside_the_band_of_the_peers_is_without_a_reason() {
        for cost in compare().unwrap() {
            assert_eq!(cost.outside.is_empty(), cost.reason.is_empty(), "{cost:?}");
        }
    }
}
