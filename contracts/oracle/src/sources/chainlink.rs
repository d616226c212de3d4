//! Chainlink AggregatorV3. Its confidence is a constant of the feed: the deviation threshold of the aggregator.
//!
//! A feed is a proxy that its publisher points at another aggregator from time to time. The high part of a round's id is the
//! phase: it counts these changes. Decimals and the least and greatest answer are the aggregator's, so they are read again when
//! the phase is not the one that they were checked at.
use super::{Answered, Reading, Word, ask, ask_with, words};
use crate::feeds::{Fault, Record};
use alloy_primitives::{Address, U256};
use plimsoll_common::Revert;
use plimsoll_kernel::{
    num::{Int256, low_u8},
    price::{self, Before},
};
use stylus_sdk::host::VM;

/// `decimals()`.
const DECIMALS: [u8; 4] = [0x31, 0x3c, 0xe5, 0x67];
/// `latestRoundData()`.
pub(crate) const LATEST_ROUND_DATA: [u8; 4] = [0xfe, 0xaf, 0x96, 0x8c];
/// `getRoundData(uint80)`.
pub(crate) const GET_ROUND_DATA: [u8; 4] = [0x9a, 0x6f, 0xc8, 0xf5];
/// `aggregator()`.
const AGGREGATOR: [u8; 4] = [0x24, 0x5a, 0x7b, 0xfc];
/// `minAnswer()`.
const MIN_ANSWER: [u8; 4] = [0x22, 0xad, 0xbc, 0x78];
/// `maxAnswer()`.
const MAX_ANSWER: [u8; 4] = [0x70, 0xda, 0x2f, 0x67];

pub(crate) fn decimals(vm: &VM, aggregator: Address) -> Answered<U256> {
    let answer = ask::<32>(vm, aggregator, &DECIMALS)?;
    Ok(answer.map(U256::from_be_bytes))
}

/// The last round. Of another phase than the one that was checked: the answer counts only if the check would pass again.
pub(super) fn reading(vm: &VM, feed: &Record) -> Answered<Reading> {
    let answer = match ask::<160>(vm, feed.aggregator, &LATEST_ROUND_DATA)? {
        Ok(answer) => answer,
        Err(said) => return Ok(Err(said)),
    };
    // (roundId, answer, startedAt, updatedAt, answeredInRound)
    let [round, answer, _, observed, _] = words(&answer);
    let changed = changed(vm, feed, round)?;
    Ok(Ok(Reading {
        answer: Int256::from_raw(answer),
        decimals: feed.decimals,
        confidence: feed.confidence.to_wad(),
        jump: 0,
        observed,
        round,
        fault: changed.then_some(Fault::Changed),
    }))
}

/// Whether a round is of a phase in which decimals or limits are not what was checked.
pub(crate) fn changed(vm: &VM, feed: &Record, round: U256) -> Result<bool, Revert> {
    Ok(phase(round) != feed.phase && !still_fits(vm, feed)?)
}

/// The phase of a round's id, modulo 32.
pub(crate) const fn phase(round: U256) -> u8 {
    let [_, phase, ..] = *round.as_limbs();
    low_u8(phase) & Record::PHASES
}

/// The round before this one, of the same phase.
pub(crate) fn before(vm: &VM, feed: &Record, round: U256) -> Result<Before, Revert> {
    let [number, high, ..] = *round.as_limbs();
    let Some(number) = number.checked_sub(1).filter(|number| *number != 0) else {
        return Ok(Before::First);
    };
    let wanted = U256::from_limbs([number, high & 0xffff, 0, 0]);
    let answer = ask_with::<160>(vm, feed.aggregator, &GET_ROUND_DATA, wanted)?;
    let price = answer.ok().and_then(|answer| {
        let [id, answer, _, observed, _] = words(&answer);
        let answer = Int256::from_raw(answer);
        if id != wanted || observed.is_zero() || answer.is_negative() {
            return None;
        }
        price::to_wad(answer.to_raw(), feed.decimals).filter(|price| *price != 0)
    });
    Ok(price.map_or(Before::Missing, Before::Price))
}

/// Least and greatest answer of the aggregator behind a feed, or of the feed itself where it is no proxy; `None` where they
/// cannot be read.
pub(crate) fn limits(vm: &VM, feed: Address) -> Result<Option<(Int256, Int256)>, Revert> {
    let behind = match ask::<32>(vm, feed, &AGGREGATOR)? {
        Ok(word) => Address::from_word(Word::from(word)),
        Err(_) => feed,
    };
    let Ok(least) = ask::<32>(vm, behind, &MIN_ANSWER)? else {
        return Ok(None);
    };
    let Ok(greatest) = ask::<32>(vm, behind, &MAX_ANSWER)? else {
        return Ok(None);
    };
    let int = |word| Int256::from_raw(U256::from_be_bytes::<32>(word));
    Ok(Some((int(least), int(greatest))))
}

/// Whether decimals are the same as when they were frozen, and the feed's bounds still inside the aggregator's.
fn still_fits(vm: &VM, feed: &Record) -> Result<bool, Revert> {
    if decimals(vm, feed.aggregator)? != Ok(U256::from(feed.decimals)) {
        return Ok(false);
    }
    let terms = feed.terms(feed.decimals);
    Ok(limits(vm, feed.aggregator)?
        .is_none_or(|(least, greatest)| price::bounds_are_inside(&terms, least, greatest)))
}
