//! The portfolios of the back-test: one coin's worth of each, with strikes relative to spot.

/// What a leg is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The coin itself, as collateral.
    Coin,
    /// A perpetual.
    Perpetual,
    /// A future of so many days.
    Future(u64),
    /// A call: strike in percent of spot, days.
    Call(u64, u64),
    /// A put: strike in percent of spot, days.
    Put(u64, u64),
}

/// A leg: how many coins of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg(pub i64, pub Item);

/// A portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What it is called.
    pub name: &'static str,
    /// What it is made of.
    pub legs: &'static [Leg],
}

const fn shape(name: &'static str, legs: &'static [Leg]) -> Shape {
    Shape { name, legs }
}

use Item::{Call, Coin, Future, Perpetual, Put};

/// All of them. A mean over shapes weighs each alike.
#[rustfmt::skip]
pub const SHAPES: [Shape; 21] = [
    shape("long perpetual", &[Leg(1, Perpetual)]),
    shape("short perpetual", &[Leg(-1, Perpetual)]),
    shape("coin + short perpetual", &[Leg(1, Coin), Leg(-1, Perpetual)]),
    shape("cash and carry 90 d", &[Leg(1, Coin), Leg(-1, Future(90))]),
    shape("futures −30 d +90 d", &[Leg(-1, Future(30)), Leg(1, Future(90))]),
    shape("covered call 110 30 d", &[Leg(1, Coin), Leg(-1, Call(110, 30))]),
    shape("long call 100 7 d", &[Leg(1, Call(100, 7))]),
    shape("long put 100 30 d", &[Leg(1, Put(100, 30))]),
    shape("short call 100 7 d", &[Leg(-1, Call(100, 7))]),
    shape("short call 110 30 d", &[Leg(-1, Call(110, 30))]),
    shape("short call 130 90 d", &[Leg(-1, Call(130, 90))]),
    shape("short put 100 1 d", &[Leg(-1, Put(100, 1))]),
    shape("short put 100 7 d", &[Leg(-1, Put(100, 7))]),
    shape("short put 90 30 d", &[Leg(-1, Put(90, 30))]),
    shape("short put 70 90 d", &[Leg(-1, Put(70, 90))]),
    shape("short straddle 100 30 d", &[Leg(-1, Call(100, 30)), Leg(-1, Put(100, 30))]),
    shape("short strangle 90/110 7 d", &[Leg(-1, Put(90, 7)), Leg(-1, Call(110, 7))]),
    shape("short call spread 100/110 30 d", &[Leg(-1, Call(100, 30)), Leg(1, Call(110, 30))]),
    shape("short butterfly 95/100/105 7 d", &[Leg(-1, Call(95, 7)), Leg(2, Call(100, 7)), Leg(-1, Call(105, 7))]),
    shape("iron condor 90/95/105/110 7 d", &[Leg(1, Put(90, 7)), Leg(-1, Put(95, 7)), Leg(-1, Call(105, 7)), Leg(1, Call(110, 7))]),
    shape("short box 90/110 30 d", &[Leg(-1, Call(90, 30)), Leg(1, Call(110, 30)), Leg(1, Put(90, 30)), Leg(-1, Put(110, 30))]),
];
