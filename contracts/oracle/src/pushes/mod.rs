//! Pushes: market data of expiries, signed by M of N signers, checked, stored.
//!
//! | module | content |
//! | --- | --- |
//! | `signers` | the signers, and the quorum of one push |
//! | `terms` | the terms that pushes for an underlying must meet |
//! | `forward` | the ratio of a forward to spot and its fixed part, and how far they may move |
//! | `discount` | the rate of a discount, and how far it may move |
//! | `settlement` | the price of an expiry, which is final: by rounds of the feed, or by a push |
//! | `surface` | no arbitrage in the surface |
//! | `expiries` | expiries as they are stored, shown and answered |
mod discount;
mod expiries;
mod forward;
mod settlement;
mod signers;
mod surface;
mod terms;

use crate::{
    Oracle,
    feeds::Record as Feed,
    sol::{
        ExpiryPushed, ExpiryUpdate, NotNewer, ObservedInFuture, ObservedTooLongAgo, PushRefused,
        SettlementFinal, TooManyExpiries, UnknownFeed, UnknownUnderlying, UpdatesNotAscending,
    },
};
use alloc::vec::Vec;
use alloy_primitives::U256;
pub(crate) use expiries::{data, is_fresh, key};
use plimsoll_common::{Revert, abi::Bytes, at_most};
use plimsoll_kernel::{
    fixed::ONE_Q62,
    portfolio::market::expiry_seconds,
    surface::{Days, MAX_DAYS, Record, Stamp, Terms, WORDS, in_window},
    svi::Svi,
};
use stylus_sdk::prelude::*;

/// Most updates of one push.
pub const MAX_UPDATES: usize = 32;

/// The word of an underlying with its terms, and the one with its days.
pub(crate) const TERMS: usize = 0;
const DAYS: usize = 1;

/// What all updates of one underlying in a push share.
struct Group {
    underlying: u16,
    terms: Terms,
    /// Spot, where it is fresh and an update of the group needs it.
    spot: Option<u128>,
    /// The feed of spot, where an update needs it.
    feed: Option<(u16, Feed)>,
    observed_at: u64,
    now: u64,
}

impl Oracle {
    /// Stores the updates of a push that are not outdated.
    pub(crate) fn store_push(
        &mut self,
        updates: Vec<ExpiryUpdate>,
        observed_at: u64,
        signatures: &[Bytes],
    ) -> Result<(), Revert> {
        at_most(updates.len(), MAX_UPDATES)?;
        let now = self.vm().block_timestamp();
        if observed_at > now {
            return Err(ObservedInFuture {
                observed_at,
                now_seconds: now,
            }
            .into());
        }
        let digest = self.digest(&updates, observed_at);
        self.check_quorum(&digest, signatures)?;
        check_ascending(&updates)?;
        let (mut skipped, mut refused) = (None, None);
        let mut stored = false;
        for updates in updates.chunk_by(|a, b| a.underlying == b.underlying) {
            let underlying = updates.first().map_or(0, |update| update.underlying);
            let mut left = Vec::with_capacity(updates.len());
            for update in updates {
                match self.outdated(update, observed_at) {
                    Some(reason) => skipped = skipped.or(Some(reason)),
                    None => left.push(*update),
                }
            }
            if left.is_empty() {
                continue;
            }
            match self.push_group(underlying, &left, observed_at, now)? {
                Ok(()) => stored = true,
                Err(reason) => {
                    PushRefused {
                        underlying,
                        reason: Bytes(reason.data().to_vec()),
                    }
                    .emit(self.vm());
                    refused = refused.or(Some(reason));
                }
            }
        }
        match refused.or(skipped) {
            Some(reason) if !stored => Err(reason),
            _ => Ok(()),
        }
    }

    /// Why an update is skipped, if it is: the stored data is final, or not older.
    fn outdated(&self, update: &ExpiryUpdate, observed_at: u64) -> Option<Revert> {
        let &ExpiryUpdate {
            underlying,
            expiry_day,
            ..
        } = update;
        let key = key(underlying, expiry_day);
        let stamp = Stamp::of(&self.expiries.list(key).get(WORDS - 1));
        if stamp.is_settled() {
            let error = SettlementFinal {
                underlying,
                expiry_day,
                price: self.stored(key).fixed,
            };
            return Some(error.into());
        }
        if observed_at <= stamp.updated_at {
            let error = NotNewer {
                underlying,
                expiry_day,
                observed_at,
                updated_at: stamp.updated_at,
            };
            return Some(error.into());
        }
        None
    }

    /// Stores the updates of one underlying, ascending by day, none of them outdated: all of them, or, with the reason, none.
    ///
    /// # Errors
    /// `InsufficientGas`: it is not known whether there is a spot.
    fn push_group(
        &mut self,
        underlying: u16,
        updates: &[ExpiryUpdate],
        observed_at: u64,
        now: u64,
    ) -> Result<Result<(), Revert>, Revert> {
        let Some(terms) = self.terms_of(underlying) else {
            return Ok(Err(UnknownUnderlying { underlying }.into()));
        };
        let mut days = updates.iter().map(|update| update.expiry_day);
        let (spot, feed) = if days.any(|day| in_window(day, observed_at)) {
            let feed = terms.feed;
            let record = self.record(feed).ok_or(UnknownFeed { feed })?;
            (self.strict_price(feed, &record)?.ok(), Some((feed, record)))
        } else {
            (None, None)
        };
        let group = Group {
            underlying,
            terms,
            spot,
            feed,
            observed_at,
            now,
        };
        Ok(match self.check_group(&group, updates) {
            Ok((records, days)) => {
                for record in &records {
                    self.store(underlying, record, now);
                }
                self.surfaces.list(underlying).set(DAYS, days.to_word());
                Ok(())
            }
            Err(reason) => Err(reason),
        })
    }

    /// The records of a group's updates, and the underlying's days with them.
    fn check_group(
        &self,
        group: &Group,
        mut updates: &[ExpiryUpdate],
    ) -> Result<(Vec<Record>, Days), Revert> {
        let &Group {
            underlying,
            terms: Terms { max_age, .. },
            observed_at,
            now,
            ..
        } = group;
        if now.saturating_sub(observed_at) > max_age.into() {
            return Err(ObservedTooLongAgo {
                underlying,
                observed_at,
                now_seconds: now,
                max_age,
            }
            .into());
        }
        let mut days = self.days(underlying);
        let mut records = Vec::with_capacity(updates.len());
        while let Some((update, rest)) = updates.split_first() {
            let record = self.check(group, &mut days, &records, update, rest.first())?;
            records.push(record);
            updates = rest;
        }
        Ok((records, days))
    }

    /// The record of one update; its day is put among the `days`.
    fn check(
        &self,
        group: &Group,
        days: &mut Days,
        accepted: &[Record],
        update: &ExpiryUpdate,
        next: Option<&ExpiryUpdate>,
    ) -> Result<Record, Revert> {
        let &Group {
            underlying,
            observed_at,
            now,
            ..
        } = group;
        let &ExpiryUpdate {
            expiry_day,
            ratio,
            fixed_part,
            ..
        } = update;
        let stored = self.stored(key(underlying, expiry_day));
        forward::check(group, update, &stored)?;
        let mut record = Record {
            day: expiry_day,
            ratio,
            fixed: fixed_part,
            discount: ONE_Q62,
            surface: Svi::ZERO,
            fresh: false,
            updated_at: observed_at,
        };
        if now >= expiry_seconds(expiry_day) {
            return Ok(record);
        }
        record.discount = discount::check(group, update, &stored)?;
        record.surface = Svi::from_wad(update.a, update.b, update.rho, update.m, update.sigma);
        self.check_surface(group, days, accepted, &record, next)?;
        *days = days.insert(expiry_day, now).ok_or(TooManyExpiries {
            underlying,
            expiry_day,
            limit: U256::from(MAX_DAYS),
        })?;
        Ok(record)
    }

    /// Stores a record and says so.
    fn store(&mut self, underlying: u16, record: &Record, now: u64) {
        if now >= expiry_seconds(record.day) {
            return self.keep_settlement(underlying, record);
        }
        self.keep(underlying, record);
        ExpiryPushed {
            underlying,
            expiry_day: record.day,
            ratio: record.ratio,
            fixed_part: record.fixed,
            observed_at: record.updated_at,
        }
        .emit(self.vm());
    }
}

/// Refuses updates that do not ascend strictly by underlying and day.
fn check_ascending(updates: &[ExpiryUpdate]) -> Result<(), Revert> {
    let key = |update: &ExpiryUpdate| key(update.underlying, update.expiry_day);
    let mut pairs = updates.iter().zip(updates.iter().skip(1));
    if let Some((_, late)) = pairs.find(|(early, late)| key(early) >= key(late)) {
        return Err(UpdatesNotAscending {
            underlying: late.underlying,
            expiry_day: late.expiry_day,
        }
        .into());
    }
    Ok(())
}
