//! Rounds of a feed that are proven to have been in force at a time, by their numbers.
//!
//! The caller names the round; the feed says whether it is the one (`plimsoll_kernel::rounds`). Only Chainlink feeds have
//! rounds.
use crate::{
    Oracle,
    feeds::Record,
    sol::{FeedChanged, FeedFailed, NoRounds, RoundNotFound, RoundNotInForce, RoundOfOldPhase},
    sources::{
        Source, ask, ask_with,
        chainlink::{self, GET_ROUND_DATA, LATEST_ROUND_DATA},
    },
};
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Revert,
    abi::{Abi, Bytes, Encoder, Name, Reader},
};
use plimsoll_kernel::{
    num::{Int256, to_u128, u128_to_u256},
    price::{self, Fault},
    rounds::{MAX_NEWER_PHASES, MAX_ROUND, first, observed_by, phase, successor},
};
use stylus_sdk::prelude::*;

/// The number of a round, `uint80`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundId(pub u128);

impl Abi for RoundId {
    const NAME: Name = Name::new("uint80");
    fn read(reader: &mut Reader<'_>) -> Self {
        let number = reader.unsigned();
        if number > MAX_ROUND {
            reader.refuse();
        }
        Self(number)
    }
    fn write(&self, out: &mut Encoder) {
        out.unsigned(self.0);
    }
}

/// A round of a feed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// At most [`MAX_ROUND`].
    pub(crate) id: u128,
    /// In the feed's own decimals.
    pub(crate) answer: Int256,
    /// When the round began, unix seconds.
    pub(crate) started: U256,
    /// Unix seconds; 0 = never.
    pub(crate) observed: U256,
}

impl Round {
    /// Its price, judged by the feed's terms as of `at`, unix seconds; see [`price::read`].
    pub(crate) fn price(&self, record: &Record, at: u64) -> (u128, Option<Fault>) {
        price::read(
            &record.terms(record.decimals),
            self.answer,
            self.observed,
            at,
        )
    }
}

impl Oracle {
    /// The latest round of a contract with the interface of a Chainlink feed, or what it said instead.
    ///
    /// # Errors
    /// `InsufficientGas`.
    pub(crate) fn ask_latest(&self, aggregator: Address) -> Result<Result<Round, Bytes>, Revert> {
        let answer = ask::<160>(self.vm(), aggregator, &LATEST_ROUND_DATA)?;
        Ok(answer.and_then(|answer| parse(&answer).ok_or_else(|| Bytes(answer.to_vec()))))
    }

    /// The latest round of a feed, without which no other round of it can be proven.
    ///
    /// # Errors
    /// [`NoRounds`], [`FeedFailed`], [`FeedChanged`], `InsufficientGas`.
    pub(crate) fn latest_round(&self, feed: u16, record: &Record) -> Result<Round, Revert> {
        if record.source != Source::Chainlink {
            return Err(NoRounds { feed }.into());
        }
        let aggregator = record.aggregator;
        let round = self.ask_latest(aggregator)?.map_err(|reason| FeedFailed {
            feed,
            aggregator,
            reason,
        })?;
        if chainlink::changed(self.vm(), record, u128_to_u256(round.id))? {
            return Err(FeedChanged { feed, aggregator }.into());
        }
        Ok(round)
    }

    /// The round with this number, proven to be the one in force at `at`, unix seconds, which is before now: in the second of
    /// now another round may follow. `latest` is the feed's latest round, asked in this call.
    ///
    /// Its answer is as the feed gave it: judge it with [`Round::price`].
    ///
    /// # Errors
    /// [`RoundNotFound`], [`RoundNotInForce`], [`RoundOfOldPhase`], `InsufficientGas`.
    pub(crate) fn round_in_force(
        &self,
        feed: u16,
        record: &Record,
        latest: &Round,
        at: u64,
        RoundId(id): RoundId,
    ) -> Result<Round, Revert> {
        let round_id = RoundId(id);
        if id > latest.id {
            return Err(RoundNotFound { feed, round_id }.into());
        }
        let not_in_force = |observed: U256, other: u128| RoundNotInForce {
            feed,
            round_id,
            point_in_time: at,
            observed_at: observed,
            other_id: RoundId(other),
        };
        let round = if id == latest.id {
            Some(*latest)
        } else {
            self.round(record, id)?
        };
        let round = round.ok_or(RoundNotFound { feed, round_id })?;
        if at >= self.vm().block_timestamp() || !observed_by(round.observed, at) {
            return Err(not_in_force(round.observed, id).into());
        }
        if id == latest.id {
            return Ok(round);
        }
        let newest = phase(latest.id);
        let same_phase = phase(id) == newest;
        if let Some(next) = successor(id) {
            match self.round(record, next)? {
                Some(next) if observed_by(next.observed, at) => {
                    return Err(not_in_force(next.observed, next.id).into());
                }
                // Later rounds of this phase exist, so this one does: nothing proves that it came later.
                None if same_phase => {
                    let round_id = RoundId(next);
                    return Err(RoundNotFound { feed, round_id }.into());
                }
                _ => {}
            }
        }
        let newer = newest.saturating_sub(phase(id));
        if newer > MAX_NEWER_PHASES {
            return Err(RoundOfOldPhase {
                feed,
                round_id,
                newest,
                limit: MAX_NEWER_PHASES,
            }
            .into());
        }
        for later in (phase(id)..=newest).skip(1) {
            if let Some(start) = self.round(record, first(later))?
                && observed_by(start.observed, at)
            {
                return Err(not_in_force(start.observed, start.id).into());
            }
        }
        Ok(round)
    }

    /// A round of a feed; `None` where the feed has none with this number, or none that was ever observed.
    fn round(&self, record: &Record, id: u128) -> Result<Option<Round>, Revert> {
        let id_word = u128_to_u256(id);
        let answer = ask_with::<160>(self.vm(), record.aggregator, &GET_ROUND_DATA, id_word)?;
        let round = answer.ok().and_then(|answer| parse(&answer));
        Ok(round.filter(|round| round.id == id && !round.observed.is_zero()))
    }
}

/// (roundId, answer, startedAt, updatedAt, answeredInRound); `None` for a number above [`MAX_ROUND`].
fn parse(answer: &[u8; 160]) -> Option<Round> {
    let word = |index: usize| {
        let bytes = answer.as_chunks::<32>().0.get(index);
        U256::from_be_bytes(bytes.copied().unwrap_or_default())
    };
    Some(Round {
        id: to_u128(word(0)).filter(|id| *id <= MAX_ROUND)?,
        answer: Int256::from_raw(word(1)),
        started: word(2),
        observed: word(3),
    })
}
