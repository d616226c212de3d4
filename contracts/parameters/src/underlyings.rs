//! What positions are written on.
use crate::{
    Parameters, rates,
    sol::{FeedRequired, LotFrozen, Rate, UnderlyingSet, UnknownUnderlying},
};
use alloc::vec::Vec;
use plimsoll_common::Revert;
use plimsoll_kernel::portfolio::{
    charges::UnderlyingRate, snapshot::UNDERLYING, terms::UnderlyingTerms,
};
use stylus_sdk::prelude::*;

impl Parameters {
    /// Lists an underlying or changes its terms. Owner only.
    ///
    /// While the listed feed is fresh, another must be too, and agree with it within 2 %; when it is dead, any may take
    /// its place.
    ///
    /// # Arguments
    /// * `feed` - the oracle's feed of its spot.
    /// * `lot` - 1e18 units; frozen once set.
    /// * `scenario_set` - 1, 2, 3 or 4.
    /// * `rates` - those that change, 1e18; of a new underlying those that are not the defaults.
    ///
    /// # Errors
    /// [`UnknownUnderlying`] for 0, [`FeedRequired`], [`UnknownRate`](crate::sol::UnknownRate),
    /// [`RateGivenTwice`](crate::sol::RateGivenTwice), [`RateTooFine`](crate::sol::RateTooFine),
    /// [`ZeroLot`](crate::sol::ZeroLot), [`UnknownScenarioSet`](crate::sol::UnknownScenarioSet),
    /// [`RateOutOfRange`](crate::sol::RateOutOfRange),
    /// [`InitialBelowMaintenance`](crate::sol::InitialBelowMaintenance),
    /// [`EnvelopeExceeded`](crate::sol::EnvelopeExceeded), [`LotFrozen`], the oracle's `UnknownFeed`,
    /// [`FeedsDisagree`](crate::sol::FeedsDisagree).
    ///
    /// # Events
    /// [`UnderlyingSet`].
    pub fn set_underlying(
        &mut self,
        underlying: u16,
        feed: u16,
        lot: u64,
        scenario_set: u8,
        rates: Vec<Rate>,
    ) -> Result<(), Revert> {
        self.only_owner()?;
        if underlying == 0 {
            return Err(UnknownUnderlying { underlying }.into());
        }
        if feed == 0 {
            return Err(FeedRequired { underlying }.into());
        }
        let old = self.listed(underlying)?;
        let stored = old.map_or(UnderlyingRate::DEFAULT, |old| old.rates);
        let terms = UnderlyingTerms {
            feed,
            lot,
            scenario_set,
            rates: rates::changed(stored, &rates)?,
        };
        terms
            .check()
            .map_err(|refusal| rates::refused(refusal, underlying, &terms.rates, scenario_set))?;
        if let Some(old) = &old
            && old.lot != lot
        {
            return Err(LotFrozen {
                underlying,
                lot: old.lot,
                given: lot,
            }
            .into());
        }
        self.check_feed(old.map(|old| old.feed), feed)?;
        self.write(UNDERLYING | u64::from(underlying), terms.encode().to_vec())?;
        UnderlyingSet {
            underlying,
            feed,
            lot,
            scenario_set,
            rates: rates::shown(&terms.rates),
        }
        .emit(self.vm());
        Ok(())
    }

    /// Feed, lot, scenario set, rates by id; zeros when not listed.
    pub fn underlying(&self, underlying: u16) -> Result<(u16, u64, u8, Vec<u64>), Revert> {
        let UnderlyingTerms {
            feed,
            lot,
            scenario_set,
            rates,
        } = self.listed(underlying)?.unwrap_or_default();
        Ok((feed, lot, scenario_set, rates::shown(&rates)))
    }

    pub(crate) fn listed(&self, underlying: u16) -> Result<Option<UnderlyingTerms>, Revert> {
        let words = self.read(UNDERLYING | u64::from(underlying))?;
        Ok(UnderlyingTerms::decode(&words))
    }
}
