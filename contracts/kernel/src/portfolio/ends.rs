//! What may be of prices that are not fresh, and the two ends of it: `docs/method.md` §6.
use super::{
    market::{Expiry, MAX_PRICE, Underlying},
    money::scale_floor,
    scenario::Rule,
};
use crate::{
    fixed::{ONE_Q40, Q40},
    surface::SETTLEMENT_WINDOW,
};

/// Where the items without a fresh price stand in an assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At their last prices.
    Last,
    /// Each where it is worth most to its owner.
    Good,
    /// Each where it is worth least.
    Bad,
}

impl End {
    /// Whether something worth the more the higher a price is, or the less if not `rises`, takes the higher price.
    pub(super) const fn takes_high(self, rises: bool) -> bool {
        rises == matches!(self, Self::Good)
    }
}

/// A price times a share, rounded down, at most [`MAX_PRICE`].
#[inline(never)]
fn part(price: u128, share: Q40) -> u128 {
    let part = scale_floor(price.min(MAX_PRICE).cast_signed(), share);
    part.max(0).cast_unsigned().min(MAX_PRICE)
}

/// The share of a settlement window that `seconds` before expiry are, rounded up, at most one.
const fn share_left(seconds: u64) -> Q40 {
    let left = if seconds < SETTLEMENT_WINDOW {
        seconds
    } else {
        SETTLEMENT_WINDOW
    };
    // at most 1,800 in Q40
    (left << 40).div_ceil(SETTLEMENT_WINDOW).cast_signed()
}

impl Underlying<'_> {
    /// The lowest and the highest that spot may be, as shares of the last one: of a stale one by the outermost grid move,
    /// never by the far ones.
    pub(super) fn spot_shares(&self) -> (Q40, Q40) {
        if self.fresh {
            (ONE_Q40, ONE_Q40)
        } else if self.known {
            let reach = self.rates.set().reach(Rule::Up);
            (ONE_Q40 - reach, ONE_Q40 + reach)
        } else {
            (0, ONE_Q40)
        }
    }

    /// The lowest and the highest spot.
    pub(super) fn spots(&self) -> (u128, u128) {
        let (low, high) = self.spot_shares();
        (part(self.spot, low), part(self.spot, high))
    }

    /// The lowest and the highest forward an expiry may have: a fresh one moves with spot, any other is within the
    /// basis of it. `expiry` is `None` where it was never pushed; `now` tells how much of its settlement window is left.
    pub(super) fn forwards(&self, expiry: Option<&Expiry>, now: u64) -> (u128, u128) {
        if let Some(expiry) = expiry.filter(|e| self.rides(e)) {
            let (low, high) = self.spot_shares();
            let forward = expiry.forward();
            return (part(forward, low), part(forward, high));
        }
        let basis = self.max_basis.clamp(0, ONE_Q40);
        let (low, high) = self.spots();
        let lowest = part(low, ONE_Q40 - basis);
        let highest = part(high, ONE_Q40 + basis);
        let Some(expiry) = expiry.filter(|e| e.fixed > 0) else {
            return (lowest, highest);
        };
        // In a settlement window the forward is no less than what is fixed, and no more than that and the share of the window
        // that is left, at the highest; either may be outside the basis. After expiry it is what was fixed, wherever spot
        // has gone.
        let fixed = expiry.fixed.min(MAX_PRICE);
        // SAFETY: two prices of at most 2^106
        let most = fixed.wrapping_add(part(highest, share_left(expiry.seconds(now))));
        (lowest.min(fixed), highest.max(most.min(MAX_PRICE)))
    }

    /// Whether the forward of an expiry is known but for what spot is.
    pub(super) const fn rides(&self, expiry: &Expiry) -> bool {
        expiry.fresh && self.known
    }
}
