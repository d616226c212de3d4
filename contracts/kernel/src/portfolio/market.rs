//! What the calculator is told about the market and the rules: borrowed, nothing is stored here.

pub use super::charges::{Rates, Rules};
use super::{
    money::{Cash, clamp},
    scenario::Set,
};
pub use crate::surface::Multipliers;
use crate::{
    fixed::{Q40, Q62},
    svi::Svi,
};

/// Most underlyings a portfolio may touch.
pub const MAX_UNDERLYINGS: usize = 8;
/// Most (underlying, expiry) pairs a portfolio may touch.
pub const MAX_EXPIRIES: usize = 24;
/// Most legs.
pub const MAX_LEGS: usize = 128;
/// Seconds in a year of 365 days.
pub const YEAR: u64 = 31_536_000;

/// The second at which expiries of a day (since 1970-01-01) are, 08:00 UTC.
#[must_use]
pub const fn expiry_seconds(day: u16) -> u64 {
    day as u64 * 86_400 + 28_800
}

/// Years from `now` to the expiry of a day, 0 once it is past, rounded down.
#[must_use]
pub const fn years_to(day: u16, now: u64) -> Q40 {
    let seconds = expiry_seconds(day).saturating_sub(now);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 180 in Q40: a day has 16 bits"
    )]
    let years = (((seconds as u128) << 40) / YEAR as u128) as i64;
    years
}

/// One snapshot for all legs.
#[derive(Clone, Copy, Debug)]
pub struct Market<'a> {
    /// Unix seconds.
    pub now: u64,
    /// Price of the settlement coin against one dollar, 1e18; above one counts as one.
    pub coin: u64,
    /// False while the coin's feed is stale or faulty, or the sequencer is down or in its grace: nothing can be opened or
    /// withdrawn, prices still count.
    pub open: bool,
    /// Underlyings by ascending number.
    pub underlyings: &'a [Underlying<'a>],
    /// Collateral assets by ascending index.
    pub assets: &'a [Asset],
    /// Rules for the whole portfolio.
    pub rules: Rules,
}

/// An underlying: its prices, its expiries, its rules.
#[derive(Clone, Copy, Debug)]
pub struct Underlying<'a> {
    /// Its number.
    pub id: u16,
    /// 1e18 units per lot.
    pub lot: u64,
    /// Spot, 1e18 coin per unit; where none is known, the most it can be. At most [`MAX_PRICE`].
    pub spot: u128,
    /// False when `spot` is no price but a bound.
    pub known: bool,
    /// Uncertainty of spot, a share of it.
    pub confidence: Q40,
    /// How far the feed's last round is from the one before, a share of that, while it is young; 0 otherwise. Part of the
    /// uncertainty in the initial requirement only.
    pub jump: Q40,
    /// False when spot is stale, missing or out of bounds.
    pub fresh: bool,
    /// The most a forward may differ from spot, a share of spot.
    pub max_basis: Q40,
    /// What raises its requirement for the mood and the size of its market.
    pub multipliers: Multipliers,
    /// Rates.
    pub rates: Rates,
    /// Expiries by ascending day.
    pub expiries: &'a [Expiry],
    /// The nearest listed expiry still to come, whether or not it is among `expiries`, where gamma pockets are
    /// searched; `None` when none is near.
    pub near: Option<Expiry>,
    /// Perpetuals whose mark is not spot or whose funding index is not zero, by ascending venue.
    pub perpetuals: &'a [Perpetual],
}

impl<'a> Underlying<'a> {
    /// The expiry of this day.
    #[must_use]
    pub fn expiry(&self, day: u16) -> Option<&'a Expiry> {
        self.expiries.iter().find(|e| e.day == day)
    }

    /// What the perpetual at `venue` is valued by: spot and no funding, unless it is listed.
    #[must_use]
    pub fn perpetual(&self, venue: u16) -> Linear {
        let own = self.perpetuals.iter().find(|p| p.venue == venue);
        let (mark, index) = own.map_or((self.spot, 0), |p| (p.mark, p.index));
        Linear {
            mark,
            moving: mark,
            index,
            known: own.is_some() || self.known,
        }
    }
}

/// What a unit of a perpetual or future is valued by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Linear {
    /// Its mark, 1e18.
    pub mark: u128,
    /// The part of it that moves with spot.
    pub moving: u128,
    /// Funding index I, 1e18 coin per unit; 0 for a future.
    pub index: Cash,
    /// False when the mark is no price but a bound.
    pub known: bool,
}

impl Linear {
    /// mark − I, clamped: a leg of `size` units is worth ⌊size · (mark − I)⌋ − Q.
    #[must_use]
    pub const fn price(&self) -> i128 {
        capped(self.mark)
            .cast_signed()
            .saturating_sub(clamp(self.index))
    }
}

/// The price, at most [`MAX_PRICE`].
const fn capped(price: u128) -> u128 {
    if price < MAX_PRICE { price } else { MAX_PRICE }
}

/// Prices above this (1e18 scale) are clamped to it: 2^106, 8.1e13 coins.
pub const MAX_PRICE: u128 = 1 << 106;

/// One expiry of an underlying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Days since 1970-01-01; it expires at 08:00 UTC.
    pub day: u16,
    /// The part of the forward that moves with spot, 1e18.
    pub variable: u128,
    /// The part that a settlement window has fixed already, 1e18. From expiry on all of it.
    pub fixed: u128,
    /// Discount factor, 0 ..= 1.
    pub discount: Q62,
    /// Total variance.
    pub surface: Svi,
    /// False when forward or surface is stale or missing.
    pub fresh: bool,
}

impl Expiry {
    /// The whole forward, 1e18, at most [`MAX_PRICE`].
    #[must_use]
    pub const fn forward(&self) -> u128 {
        capped(self.variable.saturating_add(self.fixed))
    }

    /// What a future on it is valued by.
    #[must_use]
    pub const fn future(&self) -> Linear {
        Linear {
            mark: self.forward(),
            moving: self.variable,
            index: 0,
            known: true,
        }
    }

    /// Past expiry, and its price is final: a leg on it is a sum of cash. Between expiry and settlement nothing moves either, but
    /// nothing is fresh.
    #[must_use]
    pub const fn is_settled(&self, now: u64) -> bool {
        self.fresh && self.variable == 0 && self.seconds(now) == 0
    }

    /// Seconds from `now` to expiry, 0 once it is past.
    #[must_use]
    pub const fn seconds(&self, now: u64) -> u64 {
        expiry_seconds(self.day).saturating_sub(now)
    }
}

/// A perpetual as its venue's market has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Perpetual {
    /// Venue number.
    pub venue: u16,
    /// Mark price, 1e18.
    pub mark: u128,
    /// Funding index I, 1e18 coin per unit.
    pub index: Cash,
}

impl Rates {
    /// The scenario set; an unknown number counts as 4, the widest.
    #[must_use]
    pub fn set(&self) -> &'static Set {
        Set::of(self.set).unwrap_or(Set::widest())
    }
}

/// A collateral asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its index in the vault.
    pub index: u8,
    /// Conservative price of a whole unit, 1e18; where none is known, and it is not fresh, the most it can be.
    pub price: u128,
    /// Decimals of the token, at most 24.
    pub decimals: u8,
    /// What it moves with; 0 for nothing.
    pub underlying: u16,
    /// Haircuts (initial, maintenance), below 1.
    pub haircut: (Q40, Q40),
    /// False when the price is no price but a bound.
    pub known: bool,
    /// False when the price is stale, missing or out of bounds: it counts as nothing.
    pub fresh: bool,
}
