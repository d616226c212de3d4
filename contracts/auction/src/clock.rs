//! The clocks of accounts: when an auction started, when an account was noted, how long its equity has been gone.
use crate::{
    Auction,
    account_view::{AccountView, Valuation},
    sol::{AuctionClosed, AuctionOpen, InsolvencyMarked, NoAuction, NotLiquidatable, StaleWait},
};
use alloy_primitives::{B256, U256};
use plimsoll_common::{
    Revert,
    abi::int,
    interface::{Assessment, vault},
};
use plimsoll_kernel::auction::{self, Standing};
use stylus_sdk::prelude::*;

/// An account's clock, unix seconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clock {
    /// 0 = no auction.
    pub(crate) started_at: u64,
    /// When the fund's ramp began; 0 = equity is left, or nobody marked that none is.
    pub(crate) insolvent_since: u64,
    /// When the account was last seen insolvent.
    pub(crate) seen_at: u64,
    /// When it was noted below the line at the worst its stale items could be worth, and only there; 0 = it was not.
    /// In an auction: 0 = not what it was started for.
    pub(crate) noted_at: u64,
}

impl Auction {
    pub(crate) fn clock(&self, account: B256) -> Clock {
        let [started_at, insolvent_since, seen_at, noted_at] = *self.clocks.get(account).as_limbs();
        Clock {
            started_at,
            insolvent_since,
            seen_at,
            noted_at,
        }
    }

    pub(crate) fn set_clock(&mut self, account: B256, clock: Clock) {
        let word = [
            clock.started_at,
            clock.insolvent_since,
            clock.seen_at,
            clock.noted_at,
        ];
        self.clocks.set(account, U256::from_limbs(word));
    }

    pub(crate) fn need_open(&self, account: B256) -> Result<(), Revert> {
        if self.clock(account).started_at == 0 {
            return Err(NoAuction { account }.into());
        }
        Ok(())
    }

    /// An account of which no auction is open; when it was noted.
    pub(crate) fn need_closed(&self, account: B256) -> Result<u64, Revert> {
        self.refuse_system(account)?;
        let Clock {
            started_at,
            noted_at,
            ..
        } = self.clock(account);
        if started_at != 0 {
            return Err(AuctionOpen {
                account,
                started_at,
            }
            .into());
        }
        Ok(noted_at)
    }

    /// Begins or goes on with the fund's ramp when equity is gone, stops it when it is back.
    pub(crate) fn note_insolvency(&mut self, account: B256, view: &AccountView) {
        let old = self.clock(account);
        let (insolvent_since, seen_at) = if view.is_insolvent() {
            (self.fund_ramp_since(old), self.vm().block_timestamp())
        } else {
            (0, 0)
        };
        self.set_clock(
            account,
            Clock {
                insolvent_since,
                seen_at,
                ..old
            },
        );
        if insolvent_since != 0 && insolvent_since != old.insolvent_since {
            let equity = int(view.best_equity);
            InsolvencyMarked { account, equity }.emit(self.vm());
        }
    }

    /// When the fund's ramp of an account that is insolvent now began.
    pub(crate) fn fund_ramp_since(&self, clock: Clock) -> u64 {
        let now = self.vm().block_timestamp();
        auction::fund_ramp_since(clock.insolvent_since, clock.seen_at, now)
    }

    /// Of an account of which no auction is open, noted at `noted_at` (0 = never): the note an auction may be started for
    /// now, 0 when it needs none.
    #[inline(never)]
    pub(crate) fn may_start(
        &self,
        account: B256,
        noted_at: u64,
        valuation: &Valuation,
    ) -> Result<u64, Revert> {
        let Valuation {
            best,
            worst,
            assessment,
            ..
        } = *valuation;
        match auction::standing(best, worst) {
            Standing::Below => Ok(0),
            Standing::Doubtful if auction::waited(noted_at, self.vm().block_timestamp()) => {
                Ok(noted_at)
            }
            Standing::Doubtful => Err(StaleWait {
                account,
                noted_at,
                best: int(best),
                worst: int(worst),
            }
            .into()),
            Standing::Safe => Err(NotLiquidatable {
                account,
                equity: assessment.equity,
                mm: assessment.mm,
            }
            .into()),
        }
    }

    pub(crate) fn end(
        &mut self,
        account: B256,
        cured: bool,
        valuation: &Valuation,
    ) -> Result<(), Revert> {
        self.set_clock(account, Clock::default());
        let Assessment { equity, mm, .. } = valuation.assessment;
        AuctionClosed {
            account,
            cured,
            equity,
            mm,
        }
        .emit(self.vm());
        vault::SET_IN_AUCTION.call(self.vm(), self.vault.address(), &(account, false))
    }
}
