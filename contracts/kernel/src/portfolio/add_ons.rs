//! The add-ons of a requirement, by what they are for: `docs/method.md` §5.
use super::{
    aggregate::together,
    charges::{CHARGES, Charge},
    money::{Cash, add, minus, plus, scale_ceil},
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
pub struct AddOns([AddOn; CHARGES]);

impl AddOns {
    pub(super) const ZERO: Self = Self([AddOn { im: 0, mm: 0 }; CHARGES]);

    /// One of them.
    #[must_use]
    pub fn get(&self, charge: Charge) -> AddOn {
        self.0.get(charge as usize).copied().unwrap_or_default()
    }

    /// All of them, in the order of [`Charge`].
    #[must_use]
    pub const fn all(&self) -> &[AddOn] {
        &self.0
    }

    /// Their sum.
    #[must_use]
    pub fn total(&self) -> AddOn {
        self.all().iter().fold(AddOn::default(), |sum, a| AddOn {
            im: plus(sum.im, a.im),
            mm: plus(sum.mm, a.mm),
        })
    }

    /// Replaces the basis charges by what they add to the scaled scans `x`: √(x² + x·y + y²) − x.
    pub(super) fn join_basis(&mut self, x: AddOn) {
        if let Some(basis) = self.0.get_mut(Charge::Basis as usize) {
            basis.im = minus(together(x.im, basis.im), x.im);
            basis.mm = minus(together(x.mm, basis.mm), x.mm);
        }
    }

    /// Adds `base` at a pair of rates, rounded up.
    #[inline(never)]
    pub(super) fn charge(&mut self, charge: Charge, base: Cash, rate: (Q40, Q40)) {
        if let Some(sum) = self.0.get_mut(charge as usize) {
            add(&mut sum.im, scale_ceil(base, rate.0));
            add(&mut sum.mm, scale_ceil(base, rate.1));
        }
    }
}
