//! The clocks of accounts: since when an auction is open, a note stands, the fund's ramp runs.
use crate::{
    Auction,
    account_view::{AccountView, Valuation},
    sol::{AuctionClosed, AuctionOpen, InsolvencyMarked, NoAuction, NotInsolvent, NotRecovered},
};
use alloy_primitives::{B256, U256};
use plimsoll_common::{
    Revert,
    abi::int,
    interface::{Assessment, vault},
};
use plimsoll_kernel::{
    auction::{self, Note},
    num::u128_to_u256,
};
use stylus_sdk::prelude::*;

/// An account's clock, unix seconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clock {
    /// 0 = no auction.
    pub(crate) started_at: u64,
    /// When the fund's ramp began; 0 = equity is above 0, or insolvency was not marked.
    pub(crate) insolvent_since: u64,
    /// When the account was last seen insolvent.
    pub(crate) seen_at: u64,
    /// Sightings of the account below MM at the worst value of its stale items. In an auction: the note it was started for;
    /// zeros: it needed none.
    pub(crate) note: Note,
}

impl Auction {
    /// The clock of an account.
    pub(crate) fn clock(&self, account: B256) -> Clock {
        let [started_at, insolvent_since, seen_at, note] = *self.clocks.get(account).as_limbs();
        Clock {
            started_at,
            insolvent_since,
            seen_at,
            note: Note::decode(note),
        }
    }

    /// Stores the clock of an account.
    pub(crate) fn set_clock(&mut self, account: B256, clock: Clock) {
        let word = [
            clock.started_at,
            clock.insolvent_since,
            clock.seen_at,
            clock.note.encode(),
        ];
        self.clocks.set(account, U256::from_limbs(word));
    }

    /// Refuses an account without an open auction.
    pub(crate) fn need_open(&self, account: B256) -> Result<(), Revert> {
        if self.clock(account).started_at == 0 {
            return Err(NoAuction { account }.into());
        }
        Ok(())
    }

    /// Refuses an account with an open auction; returns its note.
    pub(crate) fn need_closed(&self, account: B256) -> Result<Note, Revert> {
        self.refuse_system(account)?;
        let Clock {
            started_at, note, ..
        } = self.clock(account);
        if started_at != 0 {
            return Err(AuctionOpen {
                account,
                started_at,
            }
            .into());
        }
        Ok(note)
    }

    /// Begins the fund's ramp of an insolvent account or keeps it running; ends it when the account is solvent.
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

    /// Begins the fund's ramp, keeps it running, or ends it; refuses an account that is neither insolvent nor on it.
    pub(crate) fn mark(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let view = self.account_view(account)?;
        let running = self.clock(account).insolvent_since != 0;
        self.note_insolvency(account, &view);
        if !view.is_insolvent() && !running {
            let equity = int(view.best_equity);
            return Err(NotInsolvent { account, equity }.into());
        }
        Ok(())
    }

    /// When the fund's ramp of an account that is insolvent now began.
    pub(crate) fn fund_ramp_since(&self, clock: Clock) -> u64 {
        let now = self.vm().block_timestamp();
        auction::fund_ramp_since(clock.insolvent_since, clock.seen_at, now)
    }

    /// Ends the auction of an account that has recovered.
    pub(crate) fn close_recovered(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let view = self.account_view(account)?;
        if !self.recovered(account, &view.valuation)? {
            return Err(NotRecovered {
                account,
                equity: int(self.judged_equity(account, &view.valuation)),
                needed: u128_to_u256(self.target(&view.valuation)),
            }
            .into());
        }
        self.end(account, true, &view.valuation)
    }

    /// Ends the auction of an account.
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
