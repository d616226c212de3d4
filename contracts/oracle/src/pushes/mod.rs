//! Pushes: market data of expiries, signed by M of N signers, checked, stored.
//!
//! | module | content |
//! | --- | --- |
//! | `signers` | the signers, and the quorum of one push |
//! | `terms` | the terms that pushes for an underlying must meet |
//! | `forward` | the parts of a forward, and its distance from spot |
//! | `settlement` | the last update of an expiry, which is final |
//! | `surface` | no arbitrage in the surface |
//! | `expiries` | expiries as they are stored, shown and answered |
mod expiries;
mod forward;
mod settlement;
mod signers;
mod surface;
mod terms;

use crate::{
    Oracle,
    sol::{
        DiscountOutOfRange, ExpiryPushed, ExpiryUpdate, NotNewer, ObservedInFuture,
        ObservedTooLongAgo, SettlementFinal, TooManyExpiries, UnknownFeed, UnknownUnderlying,
        UpdatesNotAscending,
    },
};
use alloc::vec::Vec;
use alloy_primitives::U256;
pub(crate) use expiries::{data, key};
use plimsoll_common::{Revert, abi::Bytes, at_most};
use plimsoll_kernel::{
    fixed::ONE_Q62,
    portfolio::market::{Expiry, expiry_seconds},
    surface::{Days, MAX_DAYS, Record, Stamp, Terms, WORDS, discount_from_wad},
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
    /// Spot, or the reason why there is none.
    spot: Result<u128, Revert>,
    observed_at: u64,
    now: u64,
}

impl Oracle {
    /// Stores the updates of a push that are not outdated.
    pub(crate) fn store_push(
        &mut self,
        mut updates: Vec<ExpiryUpdate>,
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
        let mut skipped = None;
        updates.retain(|update| {
            let reason = self.outdated(update, observed_at);
            let keep = reason.is_none();
            skipped = skipped.take().or(reason);
            keep
        });
        if updates.is_empty()
            && let Some(reason) = skipped
        {
            return Err(reason);
        }
        for group in updates.chunk_by(|a, b| a.underlying == b.underlying) {
            let underlying = group.first().map_or(0, |update| update.underlying);
            self.push_group(underlying, group, observed_at, now)?;
        }
        Ok(())
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
                price: self.stored(key).expiry.fixed,
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

    /// Stores the updates of one underlying, ascending by day, none of them outdated.
    fn push_group(
        &mut self,
        underlying: u16,
        mut updates: &[ExpiryUpdate],
        observed_at: u64,
        now: u64,
    ) -> Result<(), Revert> {
        let terms = self
            .terms_of(underlying)
            .ok_or(UnknownUnderlying { underlying })?;
        if now.saturating_sub(observed_at) > terms.max_age.into() {
            return Err(ObservedTooLongAgo {
                underlying,
                observed_at,
                now_seconds: now,
                max_age: terms.max_age,
            }
            .into());
        }
        let feed = terms.feed;
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        let group = Group {
            underlying,
            terms,
            spot: self.strict_price(feed, &record)?,
            observed_at,
            now,
        };
        let mut list = self.surfaces.list(underlying);
        let mut days = Days::from_word(list.get(DAYS));
        while let Some((update, rest)) = updates.split_first() {
            days = self.push(&group, days, update, rest.first())?;
            updates = rest;
        }
        list.set(DAYS, days.to_word());
        Ok(())
    }

    /// Stores one update; returns the underlying's days with it.
    fn push(
        &mut self,
        group: &Group,
        days: Days,
        update: &ExpiryUpdate,
        next: Option<&ExpiryUpdate>,
    ) -> Result<Days, Revert> {
        let &Group {
            underlying,
            observed_at,
            now,
            ..
        } = group;
        let &ExpiryUpdate {
            expiry_day,
            forward,
            fixed_part,
            ..
        } = update;
        forward::check(group, update)?;
        let mut record = Record {
            expiry: Expiry {
                day: expiry_day,
                variable: forward,
                fixed: fixed_part,
                discount: ONE_Q62,
                surface: Svi {
                    a: 0,
                    b: 0,
                    rho: 0,
                    m: 0,
                    sigma: 0,
                },
                fresh: false,
            },
            updated_at: observed_at,
        };
        if now >= expiry_seconds(expiry_day) {
            self.settle(underlying, &record);
            return Ok(days);
        }
        let discount = update.discount;
        record.expiry.discount = discount_from_wad(discount).ok_or(DiscountOutOfRange {
            underlying,
            expiry_day,
            discount,
        })?;
        record.expiry.surface =
            Svi::from_wad(update.a, update.b, update.rho, update.m, update.sigma);
        self.check_surface(group, &days, &record.expiry, next)?;
        let days = days.insert(expiry_day, now).ok_or(TooManyExpiries {
            underlying,
            expiry_day,
            limit: U256::from(MAX_DAYS),
        })?;
        self.keep(underlying, &record);
        ExpiryPushed {
            underlying,
            expiry_day,
            forward,
            fixed_part,
            observed_at,
        }
        .emit(self.vm());
        Ok(days)
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
