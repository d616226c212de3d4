//! The discount of an update: its rate, and how far the rate may be from the stored one.
use super::Group;
use crate::sol::{DiscountOutOfRange, DiscountRateOutOfRange, ExpiryUpdate, RateMoved};
use plimsoll_common::Revert;
use plimsoll_kernel::{
    fixed::Q62,
    surface::{self, MAX_RATE, Record},
};

/// The discount, unless its rate is too high or moved too far from that of the `stored` one.
pub(super) fn check(group: &Group, update: &ExpiryUpdate, stored: &Record) -> Result<Q62, Revert> {
    let &ExpiryUpdate {
        underlying,
        expiry_day,
        discount: wad,
        ..
    } = update;
    let discount = surface::discount_from_wad(wad).ok_or(DiscountOutOfRange {
        underlying,
        expiry_day,
        discount: wad,
    })?;
    let rate = surface::discount_rate(expiry_day, discount, group.observed_at);
    if rate > MAX_RATE {
        return Err(DiscountRateOutOfRange {
            underlying,
            expiry_day,
            rate,
            limit: MAX_RATE,
        }
        .into());
    }
    if stored.updated_at == 0 {
        return Ok(discount);
    }
    let elapsed = group.observed_at.saturating_sub(stored.updated_at);
    let Some(limit) = surface::rate_limit(group.terms.rate_move, elapsed) else {
        return Ok(discount);
    };
    let stored = surface::discount_rate(expiry_day, stored.discount, stored.updated_at);
    if rate.abs_diff(stored) > limit {
        return Err(RateMoved {
            underlying,
            expiry_day,
            rate,
            stored,
            limit,
        }
        .into());
    }
    Ok(discount)
}
