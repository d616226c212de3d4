//! Chainlink AggregatorV3. Its confidence is a constant of the feed: the deviation threshold of the aggregator.
use super::{Answered, Reading, ask};
use crate::feeds::Record;
use alloy_primitives::{Address, U256};
use plimsoll_kernel::num::Int256;
use stylus_sdk::host::VM;

/// `decimals()`.
const DECIMALS: [u8; 4] = [0x31, 0x3c, 0xe5, 0x67];
/// `latestRoundData()`.
const LATEST_ROUND_DATA: [u8; 4] = [0xfe, 0xaf, 0x96, 0x8c];

pub(super) fn decimals(vm: &VM, aggregator: Address) -> Answered<U256> {
    let answer = ask::<32>(vm, aggregator, &DECIMALS)?;
    Ok(answer.map(U256::from_be_bytes))
}

pub(super) fn reading(vm: &VM, feed: &Record) -> Answered<Reading> {
    let answer = ask::<160>(vm, feed.aggregator, &LATEST_ROUND_DATA)?;
    Ok(answer.map(|answer| {
        // (roundId, answer, startedAt, updatedAt, answeredInRound)
        let word = |index: usize| answer.as_chunks().0.get(index).copied().unwrap_or_default();
        Reading {
            answer: Int256::from_raw(U256::from_be_bytes::<32>(word(1))),
            confidence: feed.confidence,
            observed: U256::from_be_bytes::<32>(word(3)),
        }
    }))
}
