//! Rules for all portfolios.
use crate::{
    Parameters, rates,
    sol::{Rate, RulesSet},
};
use alloc::{vec, vec::Vec};
use plimsoll_common::Revert;
use plimsoll_kernel::portfolio::{snapshot::RULES, terms::RuleTerms};
use stylus_sdk::prelude::*;

impl Parameters {
    /// Changes the rules for all portfolios. Owner only.
    ///
    /// # Arguments
    /// * `coin_feed` - oracle feed of the settlement coin in dollars; 0: it counts as one dollar.
    /// * `rates` - those that change, 1e18.
    ///
    /// # Errors
    /// [`UnknownRate`](crate::sol::UnknownRate), [`RateGivenTwice`](crate::sol::RateGivenTwice),
    /// [`RateTooFine`](crate::sol::RateTooFine), [`RateOutOfRange`](crate::sol::RateOutOfRange),
    /// [`InitialBelowMaintenance`](crate::sol::InitialBelowMaintenance), the oracle's `UnknownFeed`.
    ///
    /// # Events
    /// [`RulesSet`].
    pub fn set_rules(&mut self, coin_feed: u16, rates: Vec<Rate>) -> Result<(), Revert> {
        self.only_owner()?;
        let rules = RuleTerms {
            rates: rates::changed(self.stored_rules()?.rates, &rates)?,
            coin_feed,
        };
        rules
            .check()
            .map_err(|refusal| rates::refused(refusal, 0, &rules.rates, 0))?;
        self.check_feed(None, coin_feed)?;
        self.write_rules(&rules)
    }

    /// Feed of the coin, rates by id.
    pub fn rules(&self) -> Result<(u16, Vec<u64>), Revert> {
        let RuleTerms { rates, coin_feed } = self.stored_rules()?;
        Ok((coin_feed, rates::shown(&rates)))
    }

    fn stored_rules(&self) -> Result<RuleTerms, Revert> {
        let [word] = self.read(RULES)?;
        Ok(RuleTerms::decode(word))
    }

    pub(crate) fn write_rules(&self, rules: &RuleTerms) -> Result<(), Revert> {
        self.write(RULES, vec![rules.encode()])?;
        RulesSet {
            coin_feed: rules.coin_feed,
            rates: rates::shown(&rules.rates),
        }
        .emit(self.vm());
        Ok(())
    }
}
