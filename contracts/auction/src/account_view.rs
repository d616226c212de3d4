//! The account in question: what it holds, what margin says of it, what of it cannot be priced.
use crate::{
    Auction,
    slice::{Slice, Unpriced},
    sol::{SystemAccount, ValueOutOfRange},
};
use alloc::vec;
use alloy_primitives::{B256, I256};
use plimsoll_common::{
    Revert,
    errors::BadAnswer,
    interface::{Assessment, Portfolio, margin, vault},
};
use plimsoll_kernel::{
    auction::{self, ONE},
    codec::Account,
    num::{Int256, to_u128},
};
use stylus_sdk::prelude::*;

/// What margin says of an account, also as the kernel's numbers.
#[derive(Clone, Copy)]
pub(crate) struct Valuation {
    pub(crate) assessment: Assessment,
    pub(crate) equity: i128,
    pub(crate) im: u128,
    pub(crate) mm: u128,
    /// equity − mm at the best and at the worst its stale items could be worth.
    pub(crate) best: i128,
    pub(crate) worst: i128,
    /// Equity at the worst.
    pub(crate) worst_equity: i128,
}

/// An account in question.
pub(crate) struct AccountView {
    pub(crate) portfolio: Portfolio,
    pub(crate) version: u32,
    pub(crate) valuation: Valuation,
    pub(crate) unpriced: Unpriced,
    /// At the best what cannot be priced could be worth.
    pub(crate) best_equity: i128,
    /// The most that could be worth.
    pub(crate) reserve: u128,
}

impl AccountView {
    /// Its equity is gone, whatever its stale items are worth: the fund may pay.
    pub(crate) fn is_insolvent(&self) -> bool {
        self.best_equity <= 0
    }
}

/// An assessment also as the kernel's numbers.
pub(crate) fn valuation(account: B256, assessment: Assessment) -> Result<Valuation, Revert> {
    let narrow = |number: I256| Int256::from_raw(number.into_raw()).to_i128();
    let numbers = || {
        let (mm, worst) = (to_u128(assessment.mm)?, narrow(assessment.worst)?);
        Some(Valuation {
            assessment,
            equity: narrow(assessment.equity)?,
            im: to_u128(assessment.im)?,
            mm,
            best: narrow(assessment.best)?,
            worst,
            worst_equity: worst.checked_add_unsigned(mm)?,
        })
    };
    numbers().ok_or_else(|| ValueOutOfRange { account }.into())
}

impl Auction {
    /// The vault's own accounts hold no risk of their own and cannot be sold.
    pub(crate) fn is_system(&self, account: B256) -> bool {
        Account(account.0).owner() == self.vault.address().0.0
    }

    pub(crate) fn refuse_system(&self, account: B256) -> Result<(), Revert> {
        if self.is_system(account) {
            return Err(SystemAccount { account }.into());
        }
        Ok(())
    }

    pub(crate) fn assess(&self, account: B256, portfolio: Portfolio) -> Result<Valuation, Revert> {
        let callee = self.margin.address();
        let (answers,) = margin::ASSESS.static_call(self.vm(), callee, &(vec![portfolio],))?;
        let answer = answers.first().ok_or(BadAnswer { callee })?;
        valuation(account, *answer)
    }

    /// The account now.
    pub(crate) fn account_view(&self, account: B256) -> Result<AccountView, Revert> {
        let (portfolio, version, _) =
            vault::ACCOUNT.static_call(self.vm(), self.vault.address(), &(account,))?;
        let valuation = self.assess(account, portfolio.clone())?;
        let unpriced = Unpriced {
            legs: valuation.assessment.stale_legs,
            assets: valuation.assessment.stale_assets,
        };
        let mut view = AccountView {
            portfolio,
            version,
            valuation,
            unpriced,
            best_equity: valuation.equity,
            reserve: 0,
        };
        if unpriced.any() {
            let stays = Slice::new(account, &view.portfolio, unpriced, ONE)?.rest;
            let stays = self.assess(account, stays)?;
            let most = stays.best.checked_add_unsigned(stays.mm);
            let most = most.ok_or(ValueOutOfRange { account })?;
            view.best_equity = auction::best_equity(valuation.equity, stays.equity, most)
                .ok_or(ValueOutOfRange { account })?;
            view.reserve = u128::try_from(most).unwrap_or(0);
        }
        Ok(view)
    }

    pub(crate) fn target(&self, valuation: &Valuation) -> u128 {
        auction::target(valuation.mm, valuation.im, self.rules().buffer)
    }

    /// The equity an auction is about: at the worst what is stale could be worth, if that is what it was started for.
    pub(crate) fn judged_equity(&self, account: B256, valuation: &Valuation) -> i128 {
        let clock = self.clock(account);
        if clock.started_at != 0 && clock.noted_at != 0 {
            valuation.worst_equity
        } else {
            valuation.equity
        }
    }

    /// The buffer is reached, or missed by less than the smallest bid: nothing is left to sell. Whoever is insolvent has
    /// everything to sell, whatever the ramp.
    pub(crate) fn recovered(&self, account: B256, valuation: &Valuation) -> Result<bool, Revert> {
        Ok(self.max_fraction(account, valuation, false)? == 0)
    }
}
