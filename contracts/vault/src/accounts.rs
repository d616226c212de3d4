//! Accounts: their holdings, their assessments by `margin`, the auction flag, and the vault's own accounts.
use crate::{Vault, ledger::Header, sol::AuctionFlagSet};
use alloc::{vec, vec::Vec};
use alloy_primitives::B256;
use plimsoll_common::{
    Revert,
    errors::BadAnswer,
    interface::{Assessment, Portfolio, margin},
};
use plimsoll_kernel::{codec::Account, gate::Assessed, num::Int256};
use stylus_sdk::prelude::*;

/// Most portfolios of one call of `margin`.
const MAX_PORTFOLIOS: usize = 16;

/// The kernel's view of an answer of `margin`.
pub(crate) fn assessed(answer: &Assessment) -> Assessed {
    Assessed {
        equity: Int256::from_raw(answer.equity.into_raw()),
        im: answer.im,
        mm: answer.mm,
        stale: answer.stale,
    }
}

impl Vault {
    /// Whether the account is the vault's own: its owner's address is the vault's, which never calls itself.
    pub(crate) fn is_system(&self, account: B256) -> bool {
        Account(account.0).owner() == self.vm().contract_address().0.0
    }

    /// The account of the insurance fund.
    pub(crate) fn fund(&self) -> B256 {
        B256::from(Account::fund(self.vm().contract_address().0.0).0)
    }

    /// Portfolio, version, and whether the account is in auction.
    pub(crate) fn holdings(&self, account: B256) -> (Portfolio, u32, bool) {
        let header = self.ledger.header(account);
        (
            self.ledger.portfolio(account, &header),
            header.version,
            header.in_auction(),
        )
    }

    /// Marks the account as being in auction, or not.
    pub(crate) fn flag_auction(&mut self, account: B256, in_auction: bool) {
        let mut header = self.ledger.header(account);
        header.flags &= !Header::IN_AUCTION;
        if in_auction {
            header.flags |= Header::IN_AUCTION;
        }
        self.ledger.set_header(account, header);
        AuctionFlagSet {
            account,
            in_auction,
        }
        .emit(self.vm());
    }

    /// What `margin` says about one portfolio.
    pub(crate) fn assess_one(&self, portfolio: Portfolio) -> Result<Assessment, Revert> {
        let answers = self.assess(vec![portfolio])?;
        answers.first().copied().ok_or_else(|| {
            BadAnswer {
                callee: self.margin.address(),
            }
            .into()
        })
    }

    /// What `margin` says about these portfolios, in their order.
    pub(crate) fn assess(&self, portfolios: Vec<Portfolio>) -> Result<Vec<Assessment>, Revert> {
        if portfolios.is_empty() {
            return Ok(Vec::new());
        }
        let callee = self.margin.address();
        let asked = portfolios.len();
        let mut answers = Vec::with_capacity(asked);
        let mut rest = portfolios;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(MAX_PORTFOLIOS));
            let (part,) = margin::ASSESS.static_call(self.vm(), callee, &(rest,))?;
            answers.extend(part);
            rest = later;
        }
        if answers.len() != asked {
            return Err(BadAnswer { callee }.into());
        }
        Ok(answers)
    }
}
