//! The add-ons of a requirement, by what they are for: `docs/method.md` §5.
use super::{
    aggregate::together,
    charges::{CHARGES, Charge},
    money::{Cash, add, minus, plus, scale_ceil},
    multipliers::CostRates,
};
use crate::fixed::Q40;

/// One kind of add-on: its share in the initial and in the maintenance requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AddOn {
    /// In the initial requirement.
    pub im: Cash,
    /// In the maintenance requirement.
    pub mm: Cash,
}

/// The add-ons of a portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AddOns {
    charges: [AddOn; CHARGES],
    /// What closing costs of a bidder are less than those of the initial requirement.
    saved: Cash,
}

/// A requirement, or a part of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requirement {
    /// Initial.
    pub(super) im: Cash,
    /// A bidder's.
    pub(super) bid: Cash,
    /// Maintenance.
    pub(super) mm: Cash,
}

impl AddOns {
    pub(super) const ZERO: Self = Self {
        charges: [AddOn { im: 0, mm: 0 }; CHARGES],
        saved: 0,
    };

    /// One of them.
    #[must_use]
    pub fn get(&self, charge: Charge) -> AddOn {
        self.charges
            .get(charge as usize)
            .copied()
            .unwrap_or_default()
    }

    /// All of them, in the order of [`Charge`].
    #[must_use]
    pub const fn all(&self) -> &[AddOn] {
        &self.charges
    }

    /// Their sum.
    #[must_use]
    pub fn total(&self) -> AddOn {
        self.all().iter().fold(AddOn::default(), |sum, a| AddOn {
            im: plus(sum.im, a.im),
            mm: plus(sum.mm, a.mm),
        })
    }

    /// The requirements of the scaled scans `x` and the add-ons. The basis charges y are replaced by what they add to x:
    /// √(x² + x·y + y²) − x.
    #[inline(never)]
    pub(super) fn join(&mut self, x: Requirement) -> Requirement {
        let basis = self.get(Charge::Basis);
        let whole = Requirement {
            im: together(x.im, basis.im),
            bid: together(x.bid, basis.im),
            mm: together(x.mm, basis.mm),
        };
        let AddOn { im, mm } = self.total();
        let (im, mm) = (minus(im, basis.im), minus(mm, basis.mm));
        if let Some(basis) = self.charges.get_mut(Charge::Basis as usize) {
            basis.im = minus(whole.im, x.im);
            basis.mm = minus(whole.mm, x.mm);
        }
        Requirement {
            im: plus(whole.im, im),
            bid: plus(whole.bid, minus(im, self.saved)),
            mm: plus(whole.mm, mm),
        }
    }

    /// Adds a closing cost on `base`, rounded up.
    #[inline(never)]
    pub(super) fn cost(&mut self, charge: Charge, base: Cash, rates: CostRates) {
        self.charge(charge, base, (rates.im, rates.mm));
        let saved = minus(scale_ceil(base, rates.im), scale_ceil(base, rates.bid));
        add(&mut self.saved, saved);
    }

    /// Adds `base` at a pair of rates, rounded up.
    #[inline(never)]
    pub(super) fn charge(&mut self, charge: Charge, base: Cash, rate: (Q40, Q40)) {
        if let Some(sum) = self.charges.get_mut(charge as usize) {
            add(&mut sum.im, scale_ceil(base, rate.0));
            add(&mut sum.mm, scale_ceil(base, rate.1));
        }
    }
}
