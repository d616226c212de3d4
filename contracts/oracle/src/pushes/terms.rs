//! The terms of pushes for an underlying, in one storage word.
use crate::{
    Oracle, check_max_age,
    sol::{MaxBasisOutOfRange, SurfaceTermsSet, UnknownFeed, UnknownUnderlying},
};
use alloy_primitives::U256;
use plimsoll_common::Revert;
use plimsoll_kernel::num::{low_u16, low_u32};
use stylus_sdk::prelude::*;

/// The terms that pushes for an underlying must meet, in one word: zero 144 · max basis 64 · max age 32 · feed 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SurfaceTerms {
    /// The feed of spot, not 0.
    pub(crate) feed: u16,
    /// Seconds; an observation of exactly this age is fresh.
    pub(crate) max_age: u32,
    /// The most a forward may differ from spot, a share of spot in 1e18, at most [`Self::MAX_BASIS`].
    pub(crate) max_basis: u64,
}

impl SurfaceTerms {
    /// The whole of spot.
    pub(crate) const MAX_BASIS: u64 = 1_000_000_000_000_000_000;

    pub(crate) const fn encode(&self) -> U256 {
        let low = self.feed as u64 | (self.max_age as u64) << 16 | self.max_basis << 48;
        U256::from_limbs([low, self.max_basis >> 16, 0, 0])
    }

    /// `None` for the empty word.
    pub(crate) const fn decode(word: U256) -> Option<Self> {
        let [low, high, ..] = *word.as_limbs();
        if low == 0 {
            return None;
        }
        Some(Self {
            feed: low_u16(low),
            max_age: low_u32(low >> 16),
            max_basis: low >> 48 | high << 16,
        })
    }
}

impl Oracle {
    /// The terms of an underlying; `None` where none are set.
    pub(crate) fn terms_of(&self, underlying: u16) -> Option<SurfaceTerms> {
        SurfaceTerms::decode(self.surfaces.list(underlying).get(super::TERMS))
    }

    /// Sets the terms of an underlying.
    pub(crate) fn set_terms(
        &mut self,
        underlying: u16,
        terms: &SurfaceTerms,
    ) -> Result<(), Revert> {
        let SurfaceTerms {
            feed,
            max_age,
            max_basis,
        } = *terms;
        if underlying == 0 {
            return Err(UnknownUnderlying { underlying }.into());
        }
        self.record(feed).ok_or(UnknownFeed { feed })?;
        check_max_age(max_age)?;
        if max_basis == 0 || max_basis > SurfaceTerms::MAX_BASIS {
            return Err(MaxBasisOutOfRange {
                max_basis,
                limit: SurfaceTerms::MAX_BASIS,
            }
            .into());
        }
        let mut list = self.surfaces.list(underlying);
        list.set(super::TERMS, terms.encode());
        SurfaceTermsSet {
            underlying,
            feed,
            max_age,
            max_basis,
        }
        .emit(self.vm());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surface_terms_are_one_word() {
        for (feed, max_age, max_basis) in [
            (1, 1, 1),
            (u16::MAX, 172_800, SurfaceTerms::MAX_BASIS),
            (7, u32::MAX, u64::MAX),
        ] {
            let terms = SurfaceTerms {
                feed,
                max_age,
                max_basis,
            };
            assert_eq!(SurfaceTerms::decode(terms.encode()), Some(terms));
            assert_eq!(terms.encode() >> 112, U256::ZERO);
        }
        assert_eq!(SurfaceTerms::decode(U256::ZERO), None);
    }
}
