//! Pyth: one contract for all prices, each by an id. Anyone brings the last signed price to it, for a fee
//! (`Oracle::pull_prices`, or at Pyth itself); it never goes back to an older one.
//!
//! It reports a confidence interval of its own. A price has no rounds, and so no largest move.
use super::{Answered, Reading, ask_with, words};
use crate::feeds::Record;
use alloy_primitives::{Address, U256};
use plimsoll_common::abi::Bytes;
use plimsoll_kernel::{
    num::{Int256, to_u128},
    price::{self, MAX_FEED_DECIMALS},
};
use stylus_sdk::host::VM;

/// `getPriceUnsafe(bytes32)`.
const GET_PRICE_UNSAFE: [u8; 4] = [0x96, 0x83, 0x4a, 0xd3];

/// What Pyth says of an id: (price, confidence, decimals, time).
fn said(vm: &VM, pyth: Address, id: U256) -> Answered<(Int256, U256, u8, U256)> {
    let answer = match ask_with::<128>(vm, pyth, &GET_PRICE_UNSAFE, id)? {
        Ok(answer) => answer,
        Err(said) => return Ok(Err(said)),
    };
    let [price, confidence, exponent, published] = words(&answer);
    let decimals = u8::try_from(exponent.wrapping_neg())
        .ok()
        .filter(|decimals| *decimals <= MAX_FEED_DECIMALS);
    Ok(decimals.map_or_else(
        || Err(Bytes(answer.to_vec())),
        |decimals| Ok((Int256::from_raw(price), confidence, decimals, published)),
    ))
}

/// The decimals that a price has now.
pub(crate) fn decimals(vm: &VM, pyth: Address, id: U256) -> Answered<u8> {
    Ok(said(vm, pyth, id)?.map(|(_, _, decimals, _)| decimals))
}

/// The last price. Its confidence is the reported interval as a share of it, at least the feed's own; its decimals are those of
/// this price, which may change.
pub(super) fn reading(vm: &VM, feed: &Record, id: U256) -> Answered<Reading> {
    let said = said(vm, feed.aggregator, id)?;
    Ok(said.map(|(answer, confidence, decimals, observed)| {
        let own = feed.confidence.to_wad();
        let share = match (to_u128(confidence), to_u128(answer.to_raw())) {
            (Some(part), Some(whole)) => price::share(part, whole),
            _ => u64::MAX, // no price, or an interval that no price has
        };
        Reading {
            answer,
            decimals,
            confidence: own.max(share),
            jump: 0,
            observed,
            round: U256::ZERO,
            fault: None,
        }
    }))
}
