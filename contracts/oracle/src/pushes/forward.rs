//! The forward of an update: its two parts, and how far it may be from spot.
use super::{Group, settlement};
use crate::sol::{ExpiryUpdate, ForwardNotLive, ForwardOutOfRange, ForwardTooFar, SettlementOnly};
use plimsoll_common::Revert;
use plimsoll_kernel::{
    num::{WAD, mul_div_floor},
    portfolio::market::{MAX_PRICE, expiry_seconds},
    surface::{self, ForwardError, SETTLEMENT_WINDOW},
};

/// Refuses parts that do not fit the time of observation, and a forward too far from spot.
pub(super) fn check(group: &Group, update: &ExpiryUpdate) -> Result<(), Revert> {
    check_parts(group, update)?;
    let spot = match &group.spot {
        Ok(spot) => *spot,
        // An expiry settles also without a fresh spot.
        Err(_) if group.now >= expiry_seconds(update.expiry_day) => return Ok(()),
        Err(revert) => return Err(revert.clone()),
    };
    let window = surface::in_window(update.expiry_day, group.observed_at);
    check_basis(group, update, spot, window)?;
    if window {
        settlement::check_range(update, spot)?;
    }
    Ok(())
}

/// The kernel's check of the two parts.
fn check_parts(group: &Group, update: &ExpiryUpdate) -> Result<(), Revert> {
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
    surface::check_forward(expiry_day, forward, fixed_part, observed_at, now).map_err(|error| {
        match error {
            ForwardError::OutOfRange => ForwardOutOfRange {
                underlying,
                expiry_day,
                forward,
                fixed_part,
                limit: MAX_PRICE,
            }
            .into(),
            ForwardError::NotLive => ForwardNotLive {
                underlying,
                expiry_day,
                forward,
                fixed_part,
                observed_at,
                window_start: expiry.saturating_sub(SETTLEMENT_WINDOW),
            }
            .into(),
            ForwardError::NotSettlement => SettlementOnly {
                underlying,
                expiry_day,
                forward,
                fixed_part,
                observed_at,
                expiry,
            }
            .into(),
        }
    })
}

/// Before the window the forward is within the basis of spot. In it only the upper bound holds: the fixed part is a mean
/// of past prices, so the variable part alone may be far below spot.
fn check_basis(
    group: &Group,
    update: &ExpiryUpdate,
    spot: u128,
    window: bool,
) -> Result<(), Revert> {
    let &ExpiryUpdate {
        underlying,
        expiry_day,
        forward,
        ..
    } = update;
    // A share of at most 1: never more than spot.
    let limit = mul_div_floor(spot, group.terms.max_basis.into(), WAD as u128).unwrap_or(0);
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
    Ok(())
}
