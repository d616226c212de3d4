//! The stored form of an expiry's market data, and the list of an underlying's expiries.
//!
//! | word | from the high bits down |
//! | --- | --- |
//! | 0 | zero 64 · ratio 64 · fixed part 128 |
//! | 1 | a 64 · b 64 · ρ 64 · m 64 |
//! | 2 | σ 64 · discount 64 · updated at 64 · day 16 · zero 47 · fresh 1 |
//!
//! The oracle stores the words with `fresh` clear and sets it in answers, so that an answer costs no more than
//! reading what is stored. An expiry that was never pushed is three zero words.

use crate::{
    fixed::Q62,
    num::{U256, halves, low_u16},
    portfolio::{market::expiry_seconds, scan::POCKET_HORIZON},
    svi::Svi,
};

/// Words of a record.
pub const WORDS: usize = 3;
/// Seconds before expiry over whose mean an expiry settles.
pub const SETTLEMENT_WINDOW: u64 = 1_800;
/// Most a settlement price may be above or below fresh spot, a factor: it is final, so a misplaced decimal point could not
/// be corrected.
pub const SETTLEMENT_FACTOR: u128 = 8;
/// Most expiries an underlying has at a time.
pub const MAX_DAYS: usize = 16;

/// An expiry as it is stored. What it is at a spot is [`Record::live`]: nothing else values by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Days since 1970-01-01; it expires at 08:00 UTC.
    pub day: u16,
    /// The part of the forward that moves with spot, as a share of spot, 1e18. In the settlement window it has in it the share of
    /// the window that was still to come; 0 once settled.
    pub ratio: u64,
    /// The part that the settlement window had fixed, 1e18. The settlement price once settled.
    pub fixed: u128,
    /// Discount factor, 0 ..= 1.
    pub discount: Q62,
    /// Total variance.
    pub surface: Svi,
    /// In an answer: it may be relied on.
    pub fresh: bool,
    /// When it was observed, unix seconds; 0 for one that was never pushed.
    pub updated_at: u64,
}

impl Record {
    /// The three words. `fresh` is the lowest bit of the last.
    #[must_use]
    pub const fn encode(&self) -> [U256; WORDS] {
        let s = &self.surface;
        let (fixed_low, fixed_high) = halves(self.fixed);
        [
            U256::from_limbs([fixed_low, fixed_high, self.ratio, 0]),
            U256::from_limbs([
                s.m.cast_unsigned(),
                s.rho.cast_unsigned(),
                s.b.cast_unsigned(),
                s.a.cast_unsigned(),
            ]),
            U256::from_limbs([
                (self.day as u64) << 48 | self.fresh as u64,
                self.updated_at,
                self.discount.cast_unsigned(),
                s.sigma.cast_unsigned(),
            ]),
        ]
    }

    /// From three words. Total, and exact for every record: nothing is checked, that was done before it was stored.
    #[must_use]
    pub const fn decode(words: &[U256; WORDS]) -> Self {
        let [first, second, third] = words;
        let [f0, f1, ratio, _] = *first.as_limbs();
        let [m, rho, b, a] = *second.as_limbs();
        let [tail, updated_at, discount, sigma] = *third.as_limbs();
        Self {
            day: low_u16(tail >> 48),
            ratio,
            fixed: (f1 as u128) << 64 | f0 as u128,
            discount: discount.cast_signed(),
            surface: Svi {
                a: a.cast_signed(),
                b: b.cast_signed(),
                rho: rho.cast_signed(),
                m: m.cast_signed(),
                sigma: sigma.cast_signed(),
            },
            fresh: tail & 1 != 0,
            updated_at,
        }
    }

    /// Its age.
    #[must_use]
    pub const fn stamp(&self) -> Stamp {
        Stamp {
            day: self.day,
            updated_at: self.updated_at,
        }
    }
}

/// What decides whether a record may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Days since 1970-01-01.
    pub day: u16,
    /// When it was observed, unix seconds; 0 for one that was never pushed.
    pub updated_at: u64,
}

impl Stamp {
    /// That of a record's third word.
    #[must_use]
    pub const fn of(word: &U256) -> Self {
        let [tail, updated_at, ..] = *word.as_limbs();
        Self {
            day: low_u16(tail >> 48),
            updated_at,
        }
    }

    /// Observed at or after expiry: the settlement price, which is final.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        self.updated_at != 0 && self.updated_at >= expiry_seconds(self.day)
    }

    /// Settled, or before expiry and observed at most `max_age` seconds ago. Between expiry and settlement nothing is: everybody
    /// knows more than the last push.
    #[must_use]
    pub const fn is_fresh(self, max_age: u32, now: u64) -> bool {
        if self.is_settled() {
            return true;
        }
        if now >= expiry_seconds(self.day) {
            return false;
        }
        match now.checked_sub(self.updated_at) {
            Some(age) => self.updated_at != 0 && age <= max_age as u64,
            None => false,
        }
    }
}

/// A record's third word with the `fresh` bit set.
#[must_use]
pub const fn with_fresh(word: &U256) -> U256 {
    let [l0, l1, l2, l3] = *word.as_limbs();
    U256::from_limbs([l0 | 1, l1, l2, l3])
}

// ---- the expiries of an underlying --------------------------------------------------------------------------

/// Up to [`MAX_DAYS`] days, ascending, in one word: 16 bits each from the high end down, the rest zero. Day 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Days([u16; MAX_DAYS]);

impl Days {
    /// From a word. Total.
    #[must_use]
    pub fn from_word(word: U256) -> Self {
        let bytes = word.to_be_bytes::<32>();
        let mut days = [0; MAX_DAYS];
        let pairs = bytes.as_chunks::<2>().0;
        days.iter_mut()
            .zip(pairs)
            .for_each(|(day, pair)| *day = u16::from_be_bytes(*pair));
        Self(days)
    }

    /// The word.
    #[must_use]
    pub fn to_word(self) -> U256 {
        let mut bytes = [0; 32];
        let (pairs, _) = bytes.as_chunks_mut::<2>();
        pairs
            .iter_mut()
            .zip(self.0)
            .for_each(|(pair, day)| *pair = day.to_be_bytes());
        U256::from_be_bytes(bytes)
    }

    /// The days, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[u16] {
        let length = self.0.iter().position(|day| *day == 0);
        self.0.get(..length.unwrap_or(MAX_DAYS)).unwrap_or_default()
    }

    /// With this day. Where there is no room the earliest gives way if its expiry is past: a record is kept and found
    /// without the list. `None` when there is no room.
    #[must_use]
    pub fn insert(&self, day: u16, now: u64) -> Option<Self> {
        let mut kept = self.as_slice();
        if kept.contains(&day) {
            return Some(*self);
        }
        if kept.len() == MAX_DAYS {
            let (earliest, rest) = kept.split_first()?;
            if expiry_seconds(*earliest) > now {
                return None;
            }
            kept = rest;
        }
        let mut days = [0; MAX_DAYS];
        let mut slots = days.iter_mut();
        let mut new = Some(day);
        for listed in kept {
            if *listed > day
                && let Some(day) = new.take()
            {
                *slots.next()? = day;
            }
            *slots.next()? = *listed;
        }
        if let Some(day) = new {
            *slots.next()? = day;
        }
        Some(Self(days))
    }

    /// The first day whose expiry is after `now`, if it is at most [`POCKET_HORIZON`] seconds away.
    #[must_use]
    pub fn near(&self, now: u64) -> Option<u16> {
        let mut days = self.as_slice().iter();
        let day = *days.find(|day| expiry_seconds(**day) > now)?;
        (expiry_seconds(day) - now <= POCKET_HORIZON).then_some(day) // SAFETY: the expiry is after now.
    }

    /// The days whose expiry is after `now` that come next before and after this one.
    #[must_use]
    pub fn neighbours(&self, day: u16, now: u64) -> (Option<u16>, Option<u16>) {
        let mut before = None;
        for listed in self.as_slice() {
            if *listed > day && expiry_seconds(*listed) > now {
                return (before, Some(*listed));
            }
            if *listed < day && expiry_seconds(*listed) > now {
                before = Some(*listed);
            }
        }
        (before, None)
    }
}

mod forward;
mod terms;
pub use forward::{
    ForwardError, MAX_RATE, SETTLEMENT_POINTS, SIGNERS_WAIT, SIGNERS_WAIT_WITHOUT_SPOT,
    check_forward, discount_from_wad, discount_rate, in_window, rate_limit, ratio_limit,
    ratio_range, settlement_points, settlement_price, settlement_range, share_left, whole_ratio,
};
pub use terms::{Multipliers, Terms};

#[cfg(test)]
mod tests;
