//! The forward of an update: its ratio to spot and its fixed part, and how far the ratio may be from 1 and from the stored one.
use super::{Group, settlement};
use crate::sol::{
    ExpiryUpdate, ForwardNotLive, ForwardOutOfRange, RatioMoved, RatioOutOfRange, SettlementOnly,
};
use plimsoll_common::Revert;
use plimsoll_kernel::{
    portfolio::market::{MAX_PRICE, expiry_seconds},
    surface::{self, ForwardError, Record, SETTLEMENT_WINDOW},
};

/// Refuses parts that do not fit the time of observation; a ratio that is out of its range, or moved too far from the `stored` one;
/// from the settlement window on a price far from spot; from expiry on a settlement before its time.
pub(super) fn check(group: &Group, update: &ExpiryUpdate, stored: &Record) -> Result<(), Revert> {
    check_parts(group, update)?;
    if group.now < expiry_seconds(update.expiry_day) {
        check_ratio(group, update)?;
        check_move(group, update, stored)?;
    } else {
        settlement::check_wait(group, update.expiry_day)?;
    }
    if surface::in_window(update.expiry_day, group.observed_at) {
        settlement::check_range(group, update)?;
    }
    Ok(())
}

/// The kernel's check of the two parts.
fn check_parts(group: &Group, update: &ExpiryUpdate) -> Result<(), Revert> {
    let &ExpiryUpdate {
        underlying,
        expiry_day,
        ratio,
        fixed_part,
        ..
    } = update;
    let &Group {
        observed_at, now, ..
    } = group;
    let expiry = expiry_seconds(expiry_day);
    surface::check_forward(expiry_day, ratio, fixed_part, observed_at, now).map_err(|error| {
        match error {
            ForwardError::OutOfRange => ForwardOutOfRange {
                underlying,
                expiry_day,
                ratio,
                fixed_part,
                limit: MAX_PRICE,
            }
            .into(),
            ForwardError::NotLive => ForwardNotLive {
                underlying,
                expiry_day,
                ratio,
                fixed_part,
                observed_at,
                window_start: expiry.saturating_sub(SETTLEMENT_WINDOW),
            }
            .into(),
            ForwardError::NotSettlement => SettlementOnly {
                underlying,
                expiry_day,
                ratio,
                fixed_part,
                observed_at,
                expiry,
            }
            .into(),
        }
    })
}

/// The ratio is within the basis of 1, in the settlement window of the share that is still to come.
fn check_ratio(group: &Group, update: &ExpiryUpdate) -> Result<(), Revert> {
    let &ExpiryUpdate {
        underlying,
        expiry_day,
        ratio,
        ..
    } = update;
    let max_basis = group.terms.max_basis;
    let (lowest, highest) = surface::ratio_range(expiry_day, group.observed_at, max_basis);
    if !(lowest..=highest).contains(&ratio) {
        return Err(RatioOutOfRange {
            underlying,
            expiry_day,
            ratio,
            lowest,
            highest,
        }
        .into());
    }
    Ok(())
}

/// The ratio moved no further from the stored one than the terms allow in the time between the two observations, each over the
/// share of the settlement window that was still to come.
fn check_move(group: &Group, update: &ExpiryUpdate, stored: &Record) -> Result<(), Revert> {
    let &ExpiryUpdate {
        underlying,
        expiry_day,
        ratio,
        ..
    } = update;
    if stored.updated_at == 0 {
        return Ok(());
    }
    let elapsed = group.observed_at.saturating_sub(stored.updated_at);
    let Some(limit) = surface::ratio_limit(group.terms.ratio_move, elapsed) else {
        return Ok(());
    };
    let ratio = surface::whole_ratio(expiry_day, ratio, group.observed_at);
    let stored = surface::whole_ratio(expiry_day, stored.ratio, stored.updated_at);
    if ratio.abs_diff(stored) > limit {
        return Err(RatioMoved {
            underlying,
            expiry_day,
            ratio,
            stored,
            limit,
        }
        .into());
    }
    Ok(())
}
