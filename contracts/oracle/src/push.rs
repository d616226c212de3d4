//! What a push must be to be stored, and what is stored.
use crate::{
    Oracle,
    record::SurfaceTerms,
    sol::{
        Butterfly, Calendar, Correlation, DiscountOutOfRange, ExpiryData, ExpiryPushed,
        ExpiryUpdate, ForwardNotLive, ForwardOutOfRange, ForwardTooFar, NegativeSlope,
        NegativeVariance, NotNewer, ObservedTooLongAgo, Settled, SettlementFinal, SettlementOnly,
        SettlementOutOfRange, SurfaceOutOfRange, TooManyExpiries, UnknownFeed, UnknownUnderlying,
        Width, WingSlope,
    },
};
use alloy_primitives::U256;
use plimsoll_common::Revert;
use plimsoll_kernel::{
    fixed::{ONE_Q62, Round, to_wad},
    num::{WAD, mul_div_floor},
    portfolio::market::{Expiry, MAX_PRICE, expiry_seconds},
    surface::{self, Days, ForwardError, MAX_DAYS, Record, SETTLEMENT_WINDOW, Stamp, WORDS},
    svi::{Svi, SviError},
};
use stylus_sdk::prelude::*;

/// Where an underlying keeps its terms and its days.
pub(crate) const TERMS: usize = 0;
pub(crate) const DAYS: usize = 1;

/// The number of an expiry in calls and in storage.
pub(crate) const fn key(underlying: u16, day: u16) -> u32 {
    (underlying as u32) << 16 | day as u32
}

/// What all updates of one underlying are judged by.
struct Group {
    underlying: u16,
    terms: SurfaceTerms,
    /// Why there is no spot, if there is none.
    spot: Result<u128, Revert>,
    observed_at: u64,
    now: u64,
}

impl Oracle {
    /// Why there is no use in an update any more, if so: what is stored is final, or not older.
    pub(crate) fn outdated(&self, update: &ExpiryUpdate, observed_at: u64) -> Option<Revert> {
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
    pub(crate) fn push_group(
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
        check_forward(group, update)?;
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
            self.keep(underlying, &record);
            Settled {
                underlying,
                expiry_day,
                price: fixed_part,
                observed_at,
            }
            .emit(self.vm());
            return Ok(days);
        }
        let discount = update.discount;
        record.expiry.discount =
            surface::discount_from_wad(discount).ok_or(DiscountOutOfRange {
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

    /// Refuses a slice that is arbitrage by itself, or against the live expiries next to it as far as they are fresh.
    /// A later one that this push replaces too is checked in its turn.
    fn check_surface(
        &self,
        group: &Group,
        days: &Days,
        expiry: &Expiry,
        next: Option<&ExpiryUpdate>,
    ) -> Result<(), Revert> {
        let refuse = |near, far| move |error| refusal(group.underlying, near, far, error);
        let day = expiry.day;
        expiry.surface.check().map_err(refuse(day, day))?;
        let (before, after) = days.neighbours(day, group.now);
        let neighbour = |day: Option<u16>| {
            let record = self.stored(key(group.underlying, day?));
            let fresh = record.stamp().is_fresh(group.terms.max_age, group.now);
            fresh.then_some(record.expiry)
        };
        if let Some(near) = neighbour(before) {
            let checked = near.surface.check_calendar(&expiry.surface);
            checked.map_err(refuse(near.day, day))?;
        }
        let after = after.filter(|after| next.is_none_or(|next| next.expiry_day > *after));
        if let Some(far) = neighbour(after) {
            let checked = expiry.surface.check_calendar(&far.surface);
            checked.map_err(refuse(day, far.day))?;
        }
        Ok(())
    }

    pub(crate) fn terms_of(&self, underlying: u16) -> Option<SurfaceTerms> {
        SurfaceTerms::decode(self.surfaces.list(underlying).get(TERMS))
    }

    /// The record as stored: never fresh.
    pub(crate) fn stored(&self, key: u32) -> Record {
        let list = self.expiries.list(key);
        Record::decode(&core::array::from_fn::<_, WORDS, _>(|index| {
            list.get(index)
        }))
    }

    fn keep(&mut self, underlying: u16, record: &Record) {
        let mut list = self.expiries.list(key(underlying, record.expiry.day));
        for (index, word) in record.encode().into_iter().enumerate() {
            list.set(index, word);
        }
    }

    /// Appends the three words of a record with its `fresh` bit; zeros where there is none.
    pub(crate) fn answer_words(&self, key: u32, now: u64, out: &mut alloc::vec::Vec<U256>) {
        let list = self.expiries.list(key);
        let mut last = list.get(2);
        if last.is_zero() {
            out.extend([U256::ZERO; WORDS]);
            return;
        }
        let (_, max_age, ..) = self.surface_terms((key >> 16) as u16);
        if Stamp::of(&last).is_fresh(max_age, now) {
            last = surface::with_fresh(&last);
        }
        out.extend([list.get(0), list.get(1), last]);
    }
}

fn check_forward(group: &Group, update: &ExpiryUpdate) -> Result<(), Revert> {
    let &ExpiryUpdate {
        underlying,
        expiry_day,
        forward,
        fixed_part,
        ..
    } = update;
    let &Group {
        observed_at, now, ..
    } = group;
    let expiry = expiry_seconds(expiry_day);
    match surface::check_forward(expiry_day, forward, fixed_part, observed_at, now) {
        Ok(()) => {}
        Err(ForwardError::OutOfRange) => {
            return Err(ForwardOutOfRange {
                underlying,
                expiry_day,
                forward,
                fixed_part,
                limit: MAX_PRICE,
            }
            .into());
        }
        Err(ForwardError::NotLive) => {
            return Err(ForwardNotLive {
                underlying,
                expiry_day,
                forward,
                fixed_part,
                observed_at,
                window_start: expiry.saturating_sub(SETTLEMENT_WINDOW),
            }
            .into());
        }
        Err(ForwardError::NotSettlement) => {
            return Err(SettlementOnly {
                underlying,
                expiry_day,
                forward,
                fixed_part,
                observed_at,
                expiry,
            }
            .into());
        }
    }
    let spot = match &group.spot {
        Ok(spot) => *spot,
        // A dead feed must not keep an expiry from settling.
        Err(_) if now >= expiry => return Ok(()),
        Err(revert) => return Err(revert.clone()),
    };
    // A share of at most 1: never more than spot.
    let limit = mul_div_floor(spot, group.terms.max_basis.into(), WAD as u128).unwrap_or(0);
    // What the window has fixed is of past prices: only the rest is of today's.
    let window = surface::in_window(expiry_day, observed_at);
    let above = forward.saturating_sub(spot);
    let below = spot.saturating_sub(forward);
    if above > limit || (below > limit && !window) {
        return Err(ForwardTooFar {
            underlying,
            expiry_day,
            forward,
            spot,
            limit,
        }
        .into());
    }
    let price = forward.saturating_add(fixed_part);
    let (lowest, highest) = surface::settlement_range(spot);
    if window && !(lowest..=highest).contains(&price) {
        return Err(SettlementOutOfRange {
            underlying,
            expiry_day,
            price,
            lowest,
            highest,
        }
        .into());
    }
    Ok(())
}

/// The kernel's refusal as an error of the ABI.
#[cold]
#[inline(never)]
fn refusal(underlying: u16, near_day: u16, far_day: u16, error: SviError) -> Revert {
    let wad = |v| to_wad::<40>(v, Round::Floor);
    let expiry_day = far_day;
    match error {
        SviError::OutOfRange => SurfaceOutOfRange {
            underlying,
            expiry_day,
        }
        .into(),
        SviError::NegativeSlope { b } => NegativeSlope {
            underlying,
            expiry_day,
            b: wad(b),
        }
        .into(),
        SviError::Correlation { rho } => Correlation {
            underlying,
            expiry_day,
            rho: wad(rho),
        }
        .into(),
        SviError::Width { sigma } => Width {
            underlying,
            expiry_day,
            sigma: wad(sigma),
        }
        .into(),
        SviError::NegativeVariance { least } => NegativeVariance {
            underlying,
            expiry_day,
            least: wad(least),
        }
        .into(),
        SviError::WingSlope { slope } => WingSlope {
            underlying,
            expiry_day,
            slope: wad(slope),
        }
        .into(),
        SviError::Butterfly { k, g } => Butterfly {
            underlying,
            expiry_day,
            k: wad(k),
            g: wad(g),
        }
        .into(),
        SviError::Calendar { k, near, far } => Calendar {
            underlying,
            near_day,
            far_day,
            k: wad(k),
            near: wad(near),
            far: wad(far),
        }
        .into(),
    }
}

/// A record in 1e18. Surface parameters are rounded up, which undoes the rounding down at their push as far as their
/// 56 binary places allow; so is the discount, exactly.
pub(crate) fn data(record: &Record, fresh: bool) -> ExpiryData {
    let Expiry {
        variable,
        fixed,
        discount,
        surface: s,
        ..
    } = record.expiry;
    let wad = |v| to_wad::<56>(v, Round::Ceil);
    ExpiryData {
        forward: variable,
        fixed_part: fixed,
        discount: u64::try_from(to_wad::<62>(discount, Round::Ceil)).unwrap_or(0),
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
