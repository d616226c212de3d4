//! The clocks of accounts: since when an auction is open, a note stands, the fund's ramp runs.
//!
//! No clock runs while the chain's sequencer does not work (`plimsoll_kernel::sequencer`): [`Clock::resumed`] moves what began
//! before by the time that does not count.
use crate::{
    Auction,
    account_view::{AccountView, Valuation},
    sol::{
        AuctionClosed, AuctionOpen, InsolvencyMarked, NoAuction, NotInsolvent, NotRecovered,
        SequencerDown,
    },
};
use alloy_primitives::{B256, U256};
use plimsoll_common::{
    Revert,
    abi::int,
    interface::{Assessment, vault},
    market,
};
use plimsoll_kernel::{
    auction::{self, Note},
    num::{low_u32, u128_to_u256},
    sequencer::Sequencer,
};
use stylus_sdk::prelude::*;

/// An account's clock, unix seconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clock {
    /// Since when λ runs: the start, later by the time that did not count; 0 = no auction.
    pub(crate) started_at: u64,
    /// When the fund's ramp began; 0 = equity is above 0, or insolvency was not marked.
    pub(crate) insolvent_since: u64,
    /// When the account was last seen insolvent.
    pub(crate) seen_at: u64,
    /// Sightings of the account below MM at the worst value of its stale items. In an auction: the note it was started for;
    /// zeros: it needed none.
    pub(crate) note: Note,
    /// When the account was last seen in an auction: started, bid for or marked.
    pub(crate) sighted_at: u64,
}

impl Clock {
    /// From the low bits up: started 32 · insolvent since 32 · seen 32 · sighted 32 · note 64.
    fn decode(word: U256) -> Self {
        let [low, middle, note, _] = *word.as_limbs();
        let pair = |limb: u64| (u64::from(low_u32(limb)), limb >> 32);
        let ((started_at, insolvent_since), (seen_at, sighted_at)) = (pair(low), pair(middle));
        Self {
            started_at,
            insolvent_since,
            seen_at,
            note: Note::decode(note),
            sighted_at,
        }
    }

    /// The word of [`Self::decode`].
    fn encode(&self) -> U256 {
        // Seconds fit until 2106.
        let pair = |low: u64, high: u64| u64::from(low_u32(low)) | high << 32;
        U256::from_limbs([
            pair(self.started_at, self.insolvent_since),
            pair(self.seen_at, self.sighted_at),
            self.note.encode(),
            0,
        ])
    }

    /// The clock at `now` without the time that does not count: from the last sighting to the end of the last grace, or to now.
    fn resumed(self, sequencer: &Sequencer, now: u64) -> Self {
        let halted = sequencer.halted_until(now);
        let later = |time: u64| if time == 0 { 0 } else { time.max(halted) };
        Self {
            started_at: auction::resumed(self.started_at, self.sighted_at, halted),
            insolvent_since: later(self.insolvent_since),
            seen_at: later(self.seen_at),
            // In an auction it only says that there was a note.
            note: self.note.resumed(halted),
            sighted_at: later(self.sighted_at),
        }
    }
}

impl Auction {
    /// The clock of an account.
    pub(crate) fn clock(&self, account: B256) -> Clock {
        Clock::decode(self.clocks.get(account))
    }

    /// The clock of an account without the time that does not count.
    pub(crate) fn clock_now(&self, account: B256, sequencer: &Sequencer) -> Clock {
        let now = self.vm().block_timestamp();
        self.clock(account).resumed(sequencer, now)
    }

    /// The state of the chain's sequencer.
    pub(crate) fn sequencer(&self) -> Result<Sequencer, Revert> {
        market::sequencer(self.vm(), self.oracle.address())
    }

    /// The state of a sequencer that works; refuses one that does not.
    pub(crate) fn need_sequencer(&self) -> Result<Sequencer, Revert> {
        let sequencer = self.sequencer()?;
        if !sequencer.works {
            let resumed_at = sequencer.resumed_at;
            return Err(SequencerDown { resumed_at }.into());
        }
        Ok(sequencer)
    }

    /// Stores the clock of an account.
    pub(crate) fn set_clock(&mut self, account: B256, clock: Clock) {
        self.clocks.set(account, clock.encode());
    }

    /// Refuses an account without an open auction.
    pub(crate) fn need_open(&self, account: B256) -> Result<(), Revert> {
        if self.clock(account).started_at == 0 {
            return Err(NoAuction { account }.into());
        }
        Ok(())
    }

    /// Refuses an account with an open auction; returns its note, as stored.
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

    /// Sights an account in auction, whose clock is `old`: begins the fund's ramp of an insolvent account or keeps it running; ends
    /// it when the account is solvent. Returns the new clock.
    pub(crate) fn note_insolvency(
        &mut self,
        account: B256,
        old: Clock,
        view: &AccountView,
    ) -> Clock {
        let now = self.vm().block_timestamp();
        let (insolvent_since, seen_at) = if view.is_insolvent() {
            (self.fund_ramp_since(old), now)
        } else {
            (0, 0)
        };
        let clock = Clock {
            insolvent_since,
            seen_at,
            sighted_at: now,
            ..old
        };
        self.set_clock(account, clock);
        if insolvent_since != 0 && insolvent_since != old.insolvent_since {
            let equity = int(view.best_equity);
            InsolvencyMarked { account, equity }.emit(self.vm());
        }
        clock
    }

    /// Begins the fund's ramp, keeps it running, or ends it; refuses an account that is neither insolvent nor on it.
    pub(crate) fn mark(&mut self, account: B256) -> Result<(), Revert> {
        self.need_open(account)?;
        let clock = self.clock_now(account, &self.need_sequencer()?);
        let view = self.account_view(account)?;
        let running = clock.insolvent_since != 0;
        self.note_insolvency(account, clock, &view);
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
        let clock = self.clock_now(account, &self.sequencer()?);
        let view = self.account_view(account)?;
        if !self.recovered(account, clock, &view.valuation)? {
            return Err(NotRecovered {
                account,
                equity: int(Self::judged_equity(clock, &view.valuation)),
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
