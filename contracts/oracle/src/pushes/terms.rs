//! The terms of pushes for an underlying, in one storage word.
use crate::{
    Oracle,
    sol::{MaxAgeOutOfRange, MaxBasisOutOfRange, SurfaceTermsSet, UnknownFeed, UnknownUnderlying},
};
use plimsoll_common::Revert;
use plimsoll_kernel::surface::{Multipliers, Terms};
use stylus_sdk::prelude::*;

impl Oracle {
    /// The terms of an underlying; `None` where none are set.
    pub(crate) fn terms_of(&self, underlying: u16) -> Option<Terms> {
        Terms::decode(self.surfaces.list(underlying).get(super::TERMS))
    }

    /// Stores the terms of an underlying.
    pub(crate) fn set_terms_word(&mut self, underlying: u16, terms: &Terms) {
        let mut list = self.surfaces.list(underlying);
        list.set(super::TERMS, terms.encode());
    }

    /// Sets the terms of an underlying.
    pub(crate) fn set_terms(
        &mut self,
        underlying: u16,
        (feed, max_age, max_basis): (u16, u32, u64),
        (ratio_move, rate_move): (u16, u16),
    ) -> Result<(), Revert> {
        if underlying == 0 {
            return Err(UnknownUnderlying { underlying }.into());
        }
        self.record(feed).ok_or(UnknownFeed { feed })?;
        if max_age == 0 || max_age > Terms::MAX_AGE {
            return Err(MaxAgeOutOfRange {
                max_age,
                limit: Terms::MAX_AGE,
            }
            .into());
        }
        if max_basis == 0 || max_basis > Terms::MAX_BASIS {
            return Err(MaxBasisOutOfRange {
                max_basis,
                limit: Terms::MAX_BASIS,
            }
            .into());
        }
        let old = self.terms_of(underlying);
        let terms = Terms {
            feed,
            max_age,
            max_basis,
            multipliers: old.map_or(Multipliers::ONE, |t| t.multipliers),
            sampled_at: old.map_or(0, |t| t.sampled_at),
            ratio_move,
            rate_move,
        };
        self.set_terms_word(underlying, &terms);
        SurfaceTermsSet {
            underlying,
            feed,
            max_age,
            max_basis,
            ratio_move,
            rate_move,
        }
        .emit(self.vm());
        Ok(())
    }
}
