//! ERC-4626: shares of a vault, worth what they redeem for: assets of a share × price of the asset.
//!
//! Whoever gives assets to a vault raises its rate within a transaction. The rate therefore counts at most up to a line that
//! grows from a rate which the owner named, and any less at once. Where shares have a market of their own, the lower of both
//! prices counts.
use super::{Answered, Reading, Word, ask, ask_with};
use crate::{
    Oracle,
    feeds::{Fault, PARTS, Record},
};
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Revert,
    abi::Bytes,
    store::{halves, pair},
};
use plimsoll_kernel::{
    num::{low_u8, low_u16, power_of_ten},
    price::{self, RateCap},
};
use stylus_sdk::{host::VM, prelude::*};

/// `asset()`.
const ASSET: [u8; 4] = [0x38, 0xd5, 0x2e, 0x0f];
/// `totalSupply()`.
const TOTAL_SUPPLY: [u8; 4] = [0x18, 0x16, 0x0d, 0xdd];
/// `convertToAssets(uint256)`.
const CONVERT_TO_ASSETS: [u8; 4] = [0x07, 0xa2, 0xd1, 0x3a];

/// What a vault's price is made of, in a word: feed of the asset 16 · feed of the shares' market 16, 0 = none · decimals of
/// the asset 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) asset_feed: u16,
    pub(crate) market_feed: u16,
    pub(crate) asset_decimals: u8,
}

impl Parts {
    pub(crate) fn encode(self) -> U256 {
        let feeds = u64::from(self.asset_feed) << 24 | u64::from(self.market_feed) << 8;
        U256::from(feeds | u64::from(self.asset_decimals))
    }

    pub(crate) const fn decode(word: U256) -> Self {
        let [low, ..] = *word.as_limbs();
        Self {
            asset_feed: low_u16(low >> 24),
            market_feed: low_u16(low >> 8),
            asset_decimals: low_u8(low),
        }
    }
}

/// The line of a rate as a word: rate 128 · since 64 · growth 64.
pub(crate) fn encode_cap(cap: &RateCap) -> U256 {
    pair(
        cap.rate,
        u128::from(cap.since) << 64 | u128::from(cap.growth),
    )
}

/// The line of a rate.
pub(crate) fn decode_cap(word: U256) -> RateCap {
    let (rate, _) = halves(word);
    let [growth, since, ..] = *word.as_limbs();
    RateCap {
        rate,
        since,
        growth,
    }
}

/// The asset of a vault.
pub(crate) fn asset(vm: &VM, vault: Address) -> Answered<Address> {
    let answer = ask::<32>(vm, vault, &ASSET)?;
    Ok(answer.map(|word| Address::from_word(Word::from(word))))
}

/// Assets of a share now, 1e18, rounded down; 0 where no share exists. Not a price: anybody can move it.
pub(crate) fn rate(vm: &VM, vault: Address, decimals: u8, asset_decimals: u8) -> Answered<u128> {
    let supply = match ask::<32>(vm, vault, &TOTAL_SUPPLY)? {
        Ok(supply) => U256::from_be_bytes::<32>(supply),
        Err(said) => return Ok(Err(said)),
    };
    if supply.is_zero() {
        return Ok(Ok(0));
    }
    let share = U256::from(power_of_ten(decimals).unwrap_or_default());
    let assets = ask_with::<32>(vm, vault, &CONVERT_TO_ASSETS, share)?;
    Ok(assets.and_then(|assets| {
        price::to_wad(U256::from_be_bytes::<32>(assets), asset_decimals)
            .ok_or_else(|| Bytes(assets.to_vec()))
    }))
}

pub(super) fn reading(oracle: &Oracle, number: u16, feed: &Record) -> Answered<Reading> {
    let vm = oracle.vm();
    let list = oracle.feeds.list(number);
    let parts = Parts::decode(list.get(PARTS));
    let now = vm.block_timestamp();
    let rate = match rate(vm, feed.aggregator, feed.decimals, parts.asset_decimals)? {
        Ok(rate) => rate,
        Err(said) => return Ok(Err(said)),
    };
    let cap = decode_cap(list.get(super::DETAIL));
    let believed = cap.believed(rate, now).unwrap_or_default();
    let asset = part(oracle, parts.asset_feed, now)?;
    let mut price = price::of_share(asset.price, believed).unwrap_or_default();
    let mut reading = asset.reading;
    if parts.market_feed != 0 {
        let market = part(oracle, parts.market_feed, now)?;
        price = price.min(market.price);
        let other = market.reading;
        reading.observed = reading.observed.min(other.observed);
        reading.confidence = reading.confidence.max(other.confidence);
        reading.jump = reading.jump.max(other.jump);
        reading.fault = reading.fault.or(other.fault);
    }
    reading.confidence = reading.confidence.max(feed.confidence.to_wad());
    reading.answer = price::as_answer(price);
    Ok(Ok(reading))
}

struct Part {
    price: u128,
    reading: Reading,
}

/// Another feed, as a part of this one; itself no vault, so that no feed is made of itself.
fn part(oracle: &Oracle, feed: u16, now: u64) -> Result<Part, Revert> {
    let looked = match oracle.record(feed) {
        Some(record) if !record.source.has_parts() => Some(oracle.look(feed, &record, now, 0)?),
        _ => None,
    };
    let not_fresh = Some(Fault::Part(feed));
    Ok(looked.map_or_else(
        || Part {
            price: 0,
            reading: Reading {
                fault: Some(Fault::Part(feed)),
                ..Reading::EMPTY
            },
        },
        |said| Part {
            price: said.value,
            reading: Reading {
                confidence: said.confidence,
                jump: said.jump,
                observed: said.observed,
                fault: said.fault.and(not_fresh),
                ..Reading::EMPTY
            },
        },
    ))
}
