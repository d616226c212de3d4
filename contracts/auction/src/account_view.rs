//! An account as an auction sees it: its portfolio, its valuation by margin, its unpriced items.
use crate::{
    Auction,
    clock::Clock,
    slice::{Slice, Unpriced},
    sol::{AuctionState, SystemAccount, ValueOutOfRange},
};
use alloc::vec;
use alloy_primitives::{B256, I256};
use plimsoll_common::{
    Revert,
    abi::int,
    errors::BadAnswer,
    interface::{Assessment, Portfolio, margin, vault},
};
use plimsoll_kernel::{
    auction::{self, Note, ONE},
    codec::Account,
    num::{Int256, to_u128, u128_to_u256},
};
use stylus_sdk::prelude::*;

/// Margin's assessment of an account, also as the kernel's numbers.
#[derive(Clone, Copy)]
pub(crate) struct Valuation {
    pub(crate) assessment: Assessment,
    pub(crate) equity: i128,
    pub(crate) im: u128,
    pub(crate) mm: u128,
    /// No less than equity − mm at the best value of the stale items.
    pub(crate) best: i128,
    /// No more than equity − mm at their worst value.
    pub(crate) worst: i128,
    /// Equity at the best value of the stale items.
    pub(crate) best_equity: i128,
    /// Equity at their worst value.
    pub(crate) worst_equity: i128,
}

/// An account as an auction sees it.
pub(crate) struct AccountView {
    pub(crate) portfolio: Portfolio,
    pub(crate) version: u32,
    pub(crate) valuation: Valuation,
    pub(crate) unpriced: Unpriced,
    /// Equity if every unpriced item had its best value.
    pub(crate) best_equity: i128,
    /// The best value of all unpriced items.
    pub(crate) reserve: u128,
}

impl AccountView {
    /// Whether equity is 0 or less even at the best value of the unpriced items: the fund may pay.
    pub(crate) fn is_insolvent(&self) -> bool {
        self.best_equity <= 0
    }
}

/// The valuation of an assessment.
pub(crate) fn valuation(account: B256, assessment: Assessment) -> Result<Valuation, Revert> {
    let signed = |number: I256| Int256::from_raw(number.into_raw()).to_i128();
    let numbers = || {
        let (mm, worst) = (to_u128(assessment.mm)?, signed(assessment.worst)?);
        Some(Valuation {
            assessment,
            equity: signed(assessment.equity)?,
            im: to_u128(assessment.im)?,
            mm,
            best: signed(assessment.best)?,
            best_equity: signed(assessment.best_equity)?,
            worst,
            worst_equity: worst.checked_add_unsigned(mm)?,
        })
    };
    numbers().ok_or_else(|| ValueOutOfRange { account }.into())
}

impl Auction {
    /// Whether the account is the vault's own: the insurance fund, or a clearing account.
    pub(crate) fn is_system(&self, account: B256) -> bool {
        Account(account.0).owner() == self.vault.address().0.0
    }

    /// Refuses an account of the vault.
    pub(crate) fn refuse_system(&self, account: B256) -> Result<(), Revert> {
        if self.is_system(account) {
            return Err(SystemAccount { account }.into());
        }
        Ok(())
    }

    /// Margin's valuation of a portfolio of an account.
    pub(crate) fn assess(&self, account: B256, portfolio: Portfolio) -> Result<Valuation, Revert> {
        let callee = self.margin.address();
        let (answers,) = margin::ASSESS.static_call(self.vm(), callee, &(vec![portfolio],))?;
        let answer = answers.first().ok_or(BadAnswer { callee })?;
        valuation(account, *answer)
    }

    /// The account as it is now.
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
            let most = stays.best_equity;
            view.best_equity = auction::best_equity(valuation.equity, stays.equity, most)
                .ok_or(ValueOutOfRange { account })?;
            view.reserve = u128::try_from(most).unwrap_or(0);
        }
        Ok(view)
    }

    /// The equity at which an auction ends.
    pub(crate) fn target(&self, valuation: &Valuation) -> u128 {
        auction::target(valuation.mm, valuation.im, self.rules().buffer)
    }

    /// Equity used to size the sale: that of the worst value of the stale items if the auction was started through
    /// `noteStale`, else plain equity.
    pub(crate) fn judged_equity(clock: Clock, valuation: &Valuation) -> i128 {
        if clock.started_at != 0 && clock.note != Note::default() {
            valuation.worst_equity
        } else {
            valuation.equity
        }
    }

    /// Whether no sale is needed any more: the buffer is reached, or missed by less than the smallest bid. Asked without the
    /// fund's ramp: an insolvent account has not recovered at any λ.
    pub(crate) fn recovered(
        &self,
        account: B256,
        clock: Clock,
        valuation: &Valuation,
    ) -> Result<bool, Revert> {
        Ok(self.max_fraction(account, clock, valuation, false)? == 0)
    }

    /// The state of an account's auction; if none is open, of one without discount.
    pub(crate) fn auction_state(&self, account: B256) -> Result<AuctionState, Revert> {
        let clock = self.clock_now(account, &self.sequencer()?);
        let view = self.account_view(account)?;
        let insolvent = view.is_insolvent();
        let most = self.max_fraction(account, clock, &view.valuation, insolvent)?;
        let offer = match most {
            0 => None,
            most => self.offer(account, clock, &view, ONE, most)?,
        };
        let (most, price) = offer.map_or((0, 0), |offer| (offer.taken, offer.payment.price));
        let since = self.fund_ramp_since(clock);
        Ok(AuctionState {
            started_at: self.clock(account).started_at,
            lambda: u128_to_u256(u128::from(self.lambda(clock, &view.valuation, insolvent))),
            max_fraction: u128_to_u256(most),
            price: int(price),
            equity: view.valuation.assessment.equity,
            mm: view.valuation.assessment.mm,
            insolvent_since: if insolvent && since == clock.insolvent_since {
                since
            } else {
                0
            },
        })
    }
}
