//! Expiries as they are stored, and as views and snapshots show them.
use crate::{Oracle, sol::ExpiryData};
use alloc::vec::Vec;
use alloy_primitives::U256;
use plimsoll_kernel::{
    fixed::{Round, to_wad},
    surface::{self, Days, Record, Stamp, WORDS},
};

/// The number of an expiry in calls and in storage.
pub(crate) const fn key(underlying: u16, day: u16) -> u32 {
    (underlying as u32) << 16 | day as u32
}

impl Oracle {
    /// The days of an underlying's expiries.
    pub(crate) fn days(&self, underlying: u16) -> Days {
        Days::from_word(self.surfaces.list(underlying).get(super::DAYS))
    }

    /// The record as stored: never fresh.
    pub(crate) fn stored(&self, key: u32) -> Record {
        let list = self.expiries.list(key);
        Record::decode(&core::array::from_fn::<_, WORDS, _>(|index| {
            list.get(index)
        }))
    }

    /// Stores a record.
    pub(super) fn keep(&mut self, underlying: u16, record: &Record) {
        let mut list = self.expiries.list(key(underlying, record.day));
        for (index, word) in record.encode().into_iter().enumerate() {
            list.set(index, word);
        }
    }

    /// Appends the three words of a record with its `fresh` bit; zeros where there is none. Unless it is settled, a record that
    /// was observed before `observed_from` is not fresh.
    pub(crate) fn answer_words(&self, key: u32, now: u64, observed_from: u64, out: &mut Vec<U256>) {
        let list = self.expiries.list(key);
        let mut last = list.get(2);
        if last.is_zero() {
            out.extend([U256::ZERO; WORDS]);
            return;
        }
        let (_, max_age, ..) = self.surface_terms((key >> 16) as u16);
        if is_fresh(&Stamp::of(&last), max_age, now, observed_from) {
            last = surface::with_fresh(&last);
        }
        out.extend([list.get(0), list.get(1), last]);
    }
}

/// Whether a record may be relied on, also as far as the sequencer's state goes.
pub(crate) fn is_fresh(stamp: &Stamp, max_age: u32, now: u64, observed_from: u64) -> bool {
    stamp.is_fresh(max_age, now) && (stamp.is_settled() || stamp.updated_at >= observed_from)
}

/// A record in 1e18, its forward at this spot. Surface parameters are rounded up, which undoes the rounding down at their push as far as their
/// 56 binary places allow; so is the discount, exactly.
pub(crate) fn data(record: &Record, spot: Option<u128>, fresh: bool, now: u64) -> ExpiryData {
    let live = record.live(spot, now);
    let (forward, fixed_part) = live.map_or((0, 0), |e| (e.variable, e.fixed));
    let s = record.surface;
    let wad = |v| to_wad::<56>(v, Round::Ceil);
    ExpiryData {
        ratio: record.ratio,
        forward,
        fixed_part,
        discount: u64::try_from(to_wad::<62>(record.discount, Round::Ceil)).unwrap_or(0),
        a: wad(s.a),
        b: wad(s.b),
        rho: wad(s.rho),
        m: wad(s.m),
        sigma: wad(s.sigma),
        updated_at: record.updated_at,
        fresh,
        settled: record.stamp().is_settled(),
    }
}
