//! The chain's sequencer, watched through a Chainlink L2 uptime feed.
use crate::{
    Oracle,
    sol::{GraceOutOfRange, SequencerSet, UptimeFeedFailed},
};
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Revert,
    abi::Bytes,
    store::{tagged, untagged},
};
use plimsoll_kernel::{
    num::{low_u32, low_u64},
    sequencer::{MAX_GRACE, Uptime},
};
use stylus_sdk::prelude::*;

impl Oracle {
    /// Watches a sequencer, or none.
    pub(crate) fn watch(&mut self, feed: Address, grace: u32) -> Result<(), Revert> {
        let grace = if feed.is_zero() { 0 } else { grace };
        if !feed.is_zero() {
            if grace == 0 || grace > MAX_GRACE {
                let limit = MAX_GRACE;
                return Err(GraceOutOfRange { grace, limit }.into());
            }
            // A price feed, or a mistyped address, would stop the house.
            let failed = |reason| UptimeFeedFailed { feed, reason };
            let answer = self.ask_latest(feed)?.map_err(failed)?.answer.to_raw();
            if answer > U256::ONE {
                return Err(failed(Bytes(answer.to_be_bytes::<32>().to_vec())).into());
            }
        }
        self.sequencer.set(tagged(feed, grace.into()));
        SequencerSet { feed, grace }.emit(self.vm());
        Ok(())
    }

    /// The uptime feed, zero for none, and the grace, seconds.
    pub(crate) fn watched(&self) -> (Address, u32) {
        let (feed, grace) = untagged(self.sequencer.get());
        (feed, low_u32(low_u64(grace)))
    }

    /// Whether the sequencer is up, and has been since `time`, unix seconds. True where none is watched.
    ///
    /// # Errors
    /// `InsufficientGas`: it is not known.
    pub(crate) fn was_up_since(&self, time: u64) -> Result<bool, Revert> {
        let (feed, _) = self.watched();
        if feed.is_zero() {
            return Ok(true);
        }
        Ok(self.ask_latest(feed)?.is_ok_and(|round| {
            let started = round.started;
            round.answer.to_raw().is_zero() && !started.is_zero() && started <= U256::from(time)
        }))
    }

    /// The state of the sequencer now. Where none is watched, it costs one slot.
    ///
    /// # Errors
    /// `InsufficientGas`: it is not known.
    pub(crate) fn uptime(&self) -> Result<Uptime, Revert> {
        let (feed, grace) = self.watched();
        if feed.is_zero() {
            return Ok(Uptime::UNWATCHED);
        }
        Ok(self.ask_latest(feed)?.map_or(Uptime::UNKNOWN, |round| {
            let now = self.vm().block_timestamp();
            Uptime::read(round.answer.to_raw(), round.started, grace, now)
        }))
    }
}
