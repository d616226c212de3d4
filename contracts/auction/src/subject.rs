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
pub(crate) struct Worth {
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
pub(crate) struct Subject {
    pub(crate) portfolio: Portfolio,
    pub(crate) version: u32,
    pub(crate) worth: Worth,
    pub(crate) unpriced: Unpriced,
    /// At the best what cannot be priced could be worth.
    pub(crate) best_equity: i128,
    /// The most that could be worth.
    pub(crate) reserve: u128,
}

impl Subject {
    /// Its equity is gone, whatever its stale items are worth: the fund may pay.
    pub(crate) fn is_insolvent(&self) -> bool {
        self.best_equity <= 0
    }
}

/// An assessment also as the kernel's numbers.
pub(crate) fn worth(account: B256, assessment: Assessment) -> Result<Worth, Revert> {
    let narrow = |number: I256| Int256::from_raw(number.into_raw()).to_i128();
    let numbers = || {
        let (mm, worst) = (to_u128(assessment.mm)?, narrow(assessment.worst)?);
        Some(Worth {
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

    pub(crate) fn assess(&self, account: B256, portfolio: Portfolio) -> Result<Worth, Revert> {
        let callee = self.margin.address();
        let (answers,) = margin::ASSESS.ask(self.vm(), callee, &(vec![portfolio],))?;
        let answer = answers.first().ok_or(BadAnswer { callee })?;
        worth(account, *answer)
    }

    /// The account now.
    pub(crate) fn subject(&self, account: B256) -> Result<Subject, Revert> {
        let (portfolio, version, _) =
            vault::ACCOUNT.ask(self.vm(), self.vault.address(), &(account,))?;
        let worth = self.assess(account, portfolio.clone())?;
        let unpriced = Unpriced {
            legs: worth.assessment.stale_legs,
            assets: worth.assessment.stale_assets,
        };
        let mut subject = Subject {
            portfolio,
            version,
            worth,
            unpriced,
            best_equity: worth.equity,
            reserve: 0,
        };
        if unpriced.any() {
            let stays = Slice::new(account, &subject.portfolio, unpriced, ONE)?.rest;
            let stays = self.assess(account, stays)?;
            let most = stays.best.checked_add_unsigned(stays.mm);
            let most = most.ok_or(ValueOutOfRange { account })?;
            subject.best_equity = auction::best_equity(worth.equity, stays.equity, most)
                .ok_or(ValueOutOfRange { account })?;
            subject.reserve = u128::try_from(most).unwrap_or(0);
        }
        Ok(subject)
    }

    pub(crate) fn target(&self, worth: &Worth) -> u128 {
        auction::target(worth.mm, worth.im, self.rules().buffer)
    }

    /// The equity an auction is about: at the worst what is stale could be worth, if that is what it was started for.
    pub(crate) fn judged_equity(&self, account: B256, worth: &Worth) -> i128 {
        let clock = self.clock(account);
        if clock.started_at != 0 && clock.noted_at != 0 {
            worth.worst_equity
        } else {
            worth.equity
        }
    }

    /// The buffer is reached, or missed by less than the smallest bid: nothing is left to sell. Whoever is insolvent has
    /// everything to sell, whatever the ramp.
    pub(crate) fn recovered(&self, account: B256, worth: &Worth) -> Result<bool, Revert> {
        Ok(self.max_fraction(account, worth, false)? == 0)
    }
}
