//! Opening an auction: at once, or after an hour of sightings.
//!
//! | the account's equity − mm | start |
//! | --- | --- |
//! | below 0 at the best value of its stale items (with none: at fresh prices) | at once |
//! | below 0 at their worst value only | after an hour of sightings by `noteStale`, each at most 15 minutes after the one before |
//! | at least 0 at their worst value | refused |
use crate::{
    Auction,
    account_view::Valuation,
    clock::Clock,
    sol::{AuctionStarted, NotLiquidatable, StaleNoted, StaleWait},
};
use alloy_primitives::B256;
use plimsoll_common::{
    Revert,
    abi::int,
    interface::{Assessment, vault},
};
use plimsoll_kernel::auction::{self, Note, Standing};
use stylus_sdk::prelude::*;

impl Auction {
    /// Opens an auction.
    pub(crate) fn open(&mut self, account: B256) -> Result<(), Revert> {
        self.need_closed(account)?;
        let clock = self.clock_now(account, &self.need_sequencer()?);
        let view = self.account_view(account)?;
        let started_at = self.vm().block_timestamp();
        let Assessment { equity, im, mm, .. } = view.valuation.assessment;
        let note = self.may_start(account, clock.note, &view.valuation)?;
        let clock = Clock {
            started_at,
            note,
            ..Clock::default()
        };
        AuctionStarted {
            account,
            starter: self.vm().msg_sender(),
            equity,
            im,
            mm,
        }
        .emit(self.vm());
        self.note_insolvency(account, clock, &view);
        vault::SET_IN_AUCTION.call(self.vm(), self.vault.address(), &(account, true))
    }

    /// Notes a sighting of an account: below MM at the worst value of its stale items, or not.
    pub(crate) fn note(&mut self, account: B256) -> Result<(), Revert> {
        let stored = self.need_closed(account)?;
        let old = self.clock_now(account, &self.need_sequencer()?).note;
        let Valuation { best, worst, .. } = self.account_view(account)?.valuation;
        let standing = auction::standing(best, worst);
        let note = old.seen(standing, self.vm().block_timestamp());
        if note != stored {
            self.set_clock(
                account,
                Clock {
                    note,
                    ..Clock::default()
                },
            );
            StaleNoted {
                account,
                noted_at: note.first,
                best: int(best),
                worst: int(worst),
            }
            .emit(self.vm());
        }
        Ok(())
    }

    /// Whether [`Self::open`] would succeed now.
    pub(crate) fn can_start(&self, account: B256) -> Result<bool, Revert> {
        let sequencer = self.sequencer()?;
        let clock = self.clock_now(account, &sequencer);
        if self.is_system(account) || clock.started_at != 0 || !sequencer.works {
            return Ok(false);
        }
        let (portfolio, ..) =
            vault::ACCOUNT.static_call(self.vm(), self.vault.address(), &(account,))?;
        let valuation = self.assess(account, portfolio)?;
        Ok(self.may_start(account, clock.note, &valuation).is_ok())
    }

    /// The note that an auction of an account may be started for now, zeros when it needs none. No auction of the account is
    /// open; `note` is its note.
    #[inline(never)]
    fn may_start(&self, account: B256, note: Note, valuation: &Valuation) -> Result<Note, Revert> {
        let Valuation {
            best,
            worst,
            assessment,
            ..
        } = *valuation;
        match auction::standing(best, worst) {
            Standing::Below => Ok(Note::default()),
            Standing::Doubtful if note.waited(self.vm().block_timestamp()) => Ok(note),
            Standing::Doubtful => Err(StaleWait {
                account,
                noted_at: note.first,
                seen_at: note.last,
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
}
