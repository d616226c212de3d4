//! Settlement: from expiry on an expiry has one price, which is final. It is the mean of the feed's rounds in force at seven points
//! of the settlement window, proven by anyone; signers say it only where an hour passed without that.
use super::{Group, key};
use crate::{
    Oracle,
    feeds::Record as Feed,
    rounds::{Round, RoundId},
    sol::{
        ExpiryUpdate, InvalidPrice, PriceOutOfBounds, RoundTooOld, Settled, SettlementFinal,
        SettlementOutOfRange, SettlementTooEarly, UnknownFeed, UnknownUnderlying,
        WindowInterrupted, WrongRoundCount,
    },
};
use alloy_primitives::{I256, U256};
use plimsoll_common::Revert;
use plimsoll_kernel::{
    fixed::ONE_Q62,
    num::{WAD, mul_div_floor, u128_to_u256},
    portfolio::market::expiry_seconds,
    price::Fault,
    rounds::observed_by,
    surface::{
        self, Record, SETTLEMENT_POINTS, SETTLEMENT_WINDOW, SIGNERS_WAIT,
        SIGNERS_WAIT_WITHOUT_SPOT, Stamp, WORDS,
    },
    svi::Svi,
};
use stylus_sdk::prelude::*;

/// From the settlement window on: both parts together are between an eighth of spot and eight times it. Without a fresh spot the
/// fixed part is within the bounds of the feed, from expiry on the whole price always.
pub(super) fn check_range(group: &Group, update: &ExpiryUpdate) -> Result<(), Revert> {
    let &ExpiryUpdate {
        underlying,
        expiry_day,
        ratio,
        fixed_part,
        ..
    } = update;
    if let Some(spot) = group.spot {
        let variable = mul_div_floor(spot, ratio.into(), WAD.into());
        let price = fixed_part.saturating_add(variable.unwrap_or(u128::MAX));
        let (lowest, highest) = surface::settlement_range(spot);
        if !(lowest..=highest).contains(&price) {
            return Err(SettlementOutOfRange {
                underlying,
                expiry_day,
                price,
                lowest,
                highest,
            }
            .into());
        }
    }
    let Some((feed, record)) = &group.feed else {
        return Ok(());
    };
    let settles = group.now >= expiry_seconds(expiry_day);
    let terms = record.terms(record.decimals);
    let least = if settles { terms.min_price } else { 0 };
    if (settles || group.spot.is_none()) && !(least..=terms.max_price).contains(&fixed_part) {
        return Err(out_of_bounds(*feed, record, fixed_part));
    }
    Ok(())
}

/// Signers settle from an hour after expiry on, without a fresh spot from a day after it on: until then anyone settles by the
/// rounds of the feed.
pub(super) fn check_wait(group: &Group, expiry_day: u16) -> Result<(), Revert> {
    let wait = match group.spot {
        Some(_) => SIGNERS_WAIT,
        None => SIGNERS_WAIT_WITHOUT_SPOT,
    };
    let earliest = expiry_seconds(expiry_day).saturating_add(wait);
    not_before(group.underlying, expiry_day, group.now, earliest)
}

fn not_before(
    underlying: u16,
    expiry_day: u16,
    now_seconds: u64,
    earliest: u64,
) -> Result<(), Revert> {
    if now_seconds < earliest {
        return Err(SettlementTooEarly {
            underlying,
            expiry_day,
            now_seconds,
            earliest,
        }
        .into());
    }
    Ok(())
}

#[cold]
#[inline(never)]
fn out_of_bounds(feed: u16, record: &Feed, price: u128) -> Revert {
    let terms = record.terms(record.decimals);
    PriceOutOfBounds {
        feed,
        price: u128_to_u256(price),
        min_price: u128_to_u256(terms.min_price),
        max_price: u128_to_u256(terms.max_price),
    }
    .into()
}

/// The price of a round that is in force at this time: within the feed's bounds, and at most its greatest age old then.
fn price_of(feed: u16, record: &Feed, round: &Round, at: u64) -> Result<u128, Revert> {
    match round.price(record, at) {
        (price, None) => Ok(price),
        (_, Some(Fault::NotPositive)) => Err(InvalidPrice {
            feed,
            answer: I256::from_raw(round.answer.to_raw()),
        }
        .into()),
        (_, Some(Fault::OutOfBounds(price))) => Err(out_of_bounds(feed, record, price)),
        (_, Some(Fault::Stale | Fault::Incomplete | Fault::Future)) => Err(RoundTooOld {
            feed,
            round_id: RoundId(round.id),
            point_in_time: at,
            observed_at: round.observed,
            max_age: record.max_age,
        }
        .into()),
    }
}

impl Oracle {
    /// Settles an expiry at the mean of the rounds in force at its seven points, in their order.
    pub(crate) fn settle_by_rounds(
        &mut self,
        underlying: u16,
        expiry_day: u16,
        rounds: &[RoundId],
    ) -> Result<(), Revert> {
        let now = self.vm().block_timestamp();
        let expiry = expiry_seconds(expiry_day);
        not_before(underlying, expiry_day, now, expiry.saturating_add(1))?;
        let terms = self
            .terms_of(underlying)
            .ok_or(UnknownUnderlying { underlying })?;
        let key = key(underlying, expiry_day);
        if Stamp::of(&self.expiries.list(key).get(WORDS - 1)).is_settled() {
            let price = self.stored(key).fixed;
            return Err(SettlementFinal {
                underlying,
                expiry_day,
                price,
            }
            .into());
        }
        let points = surface::settlement_points(expiry_day);
        if rounds.len() != points.len() {
            return Err(WrongRoundCount {
                given: U256::from(rounds.len()),
                wanted: U256::from(SETTLEMENT_POINTS),
            }
            .into());
        }
        if !self.was_up_since(expiry.saturating_sub(SETTLEMENT_WINDOW))? {
            return Err(WindowInterrupted {
                underlying,
                expiry_day,
            }
            .into());
        }
        let feed = terms.feed;
        let record = self.record(feed).ok_or(UnknownFeed { feed })?;
        let latest = self.latest_round(feed, &record)?;
        let mut prices = [0; SETTLEMENT_POINTS];
        let mut later: Option<Round> = None;
        // From the last point to the first: a round that is in force at a later point and was observed by this one is in force at
        // this one too.
        let places = prices.iter_mut().zip(points).zip(rounds).rev();
        for ((price, at), id) in places {
            let round = match later {
                Some(round) if round.id == id.0 && observed_by(round.observed, at) => round,
                _ => self.round_in_force(feed, &record, &latest, at, *id)?,
            };
            *price = price_of(feed, &record, &round, at)?;
            later = Some(round);
        }
        let record = Record {
            day: expiry_day,
            ratio: 0,
            fixed: surface::settlement_price(&prices),
            discount: ONE_Q62,
            surface: Svi::ZERO,
            fresh: false,
            updated_at: expiry,
        };
        self.keep_settlement(underlying, &record);
        Ok(())
    }

    /// Stores the settlement price of an expiry, its fixed part.
    pub(super) fn keep_settlement(&mut self, underlying: u16, record: &Record) {
        self.keep(underlying, record);
        Settled {
            underlying,
            expiry_day: record.day,
            price: record.fixed,
            observed_at: record.updated_at,
        }
        .emit(self.vm());
    }
}
