//! What may be of prices that are not fresh, and the two ends of it: `docs/method.md` §6.
use super::{
    market::{Expiry, MAX_PRICE, Underlying},
    money::scale_floor,
    scenario::Rule,
};
use crate::fixed::{ONE_Q40, Q40};

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
    /// basis of it. `expiry` is `None` where it was never pushed.
    pub(super) fn forwards(&self, expiry: Option<&Expiry>) -> (u128, u128) {
        if let Some(expiry) = expiry.filter(|e| self.rides(e)) {
            let (low, high) = self.spot_shares();
            let forward = expiry.forward();
            return (part(forward, low), part(forward, high));
        }
        let basis = self.max_basis.clamp(0, ONE_Q40);
        let (low, high) = self.spots();
        let lowest = part(low, ONE_Q40 - basis);
        let highest = part(high, ONE_Q40 + basis);
        // In a settlement window the forward is no less than what is fixed, and may be below the basis; after expiry it is
        // what was fixed, wherever spot has gone.
        match expiry.map_or(0, |e| e.fixed).min(MAX_PRICE) {
            0 => (lowest, highest),
            fixed => (lowest.min(fixed), highest.max(fixed)),
        }
    }

    /// Whether the forward of an expiry is known but for what spot is.
    pub(super) const fn rides(&self, expiry: &Expiry) -> bool {
        expiry.fresh && self.known
    }
}
