//! Sources of prices: contracts of others, asked with bounded gas for an answer of known length.
//!
//! A source is a file here and a [`Source`]; a feed's record names it. `decimals` and what else is frozen is asked when a feed
//! is listed, the reading for every price. Age, bounds and confidence of a feed are in its [`Record`]; the kernel decides
//! whether a reading is fresh (`plimsoll_kernel::price`).
pub(crate) mod chainlink;
pub(crate) mod pyth;
pub(crate) mod vault;

use crate::{
    Oracle,
    feeds::{DETAIL, Fault, Record},
    sol::InsufficientGas,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256 as Word, U256};
use plimsoll_common::{
    Revert,
    abi::{Bytes, MAX_REASON},
};
use plimsoll_kernel::num::Int256;
use stylus_sdk::{call::RawCall, host::VM, prelude::*};

/// Gas a source may use in one call. Chainlink's proxies use some 15,000; composite feeds several times that.
const GAS: u64 = 150_000;

/// What a source said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The price.
    pub(crate) answer: Int256,
    /// Decimals of the answer, at most 36.
    pub(crate) decimals: u8,
    /// How far the true price may be from it, a share of it, 1e18.
    pub(crate) confidence: u64,
    /// How far the last round of a part is from the round before it; see `plimsoll_kernel::price::Step`.
    pub(crate) jump: u32,
    /// When the source observed it, unix seconds; 0 = never.
    pub(crate) observed: U256,
    /// The id of the round; 0 where the source has no rounds.
    pub(crate) round: U256,
    /// Why it is not fresh, whatever its age and bounds.
    pub(crate) fault: Option<Fault>,
}

impl Reading {
    /// No price, in 18 decimals.
    const EMPTY: Self = Self {
        answer: Int256::from_raw(U256::ZERO),
        decimals: 18,
        confidence: 0,
        jump: 0,
        observed: U256::ZERO,
        round: U256::ZERO,
        fault: None,
    };
}

/// An answer of a source; or its revert data, or an answer that does not have the right form.
///
/// The outer error is [`InsufficientGas`]: whether the source answers is not known.
pub(crate) type Answered<T> = Result<Result<T, Bytes>, Revert>;

/// A kind of source. A record has two bits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Chainlink AggregatorV3.
    Chainlink = 0,
    /// Pyth.
    Pyth = 1,
    /// Shares of an ERC-4626 vault.
    Vault = 2,
}

impl Source {
    /// The source with this number.
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Chainlink),
            1 => Some(Self::Pyth),
            2 => Some(Self::Vault),
            _ => None,
        }
    }

    /// Its prices are made of other feeds'.
    pub(crate) const fn has_parts(self) -> bool {
        matches!(self, Self::Vault)
    }

    /// The last reading of a feed.
    pub(crate) fn reading(self, oracle: &Oracle, number: u16, feed: &Record) -> Answered<Reading> {
        match self {
            Self::Chainlink => chainlink::reading(oracle.vm(), feed),
            Self::Pyth => {
                let id = oracle.feeds.list(number).get(DETAIL);
                pyth::reading(oracle.vm(), feed, id)
            }
            Self::Vault => vault::reading(oracle, number, feed),
        }
    }
}

/// The words of an answer.
fn words<const N: usize, const M: usize>(answer: &[u8; N]) -> [U256; M] {
    let mut words = [U256::ZERO; M];
    let (chunks, _) = answer.as_chunks::<32>();
    words
        .iter_mut()
        .zip(chunks)
        .for_each(|(word, chunk)| *word = U256::from_be_bytes::<32>(*chunk));
    words
}

/// As [`ask`], with one word as argument.
pub(crate) fn ask_with<const N: usize>(
    vm: &VM,
    callee: Address,
    selector: &[u8; 4],
    argument: U256,
) -> Answered<[u8; N]> {
    let call: Vec<u8> = [&selector[..], &argument.to_be_bytes::<32>()].concat();
    ask(vm, callee, &call)
}

/// Asks a contract for an answer of exactly `N` bytes, at most [`MAX_REASON`].
///
/// # Errors
/// [`InsufficientGas`]: the call failed, and less than [`GAS`] remained for it. Otherwise a caller could make a price look
/// unusable by sending too little gas.
pub(crate) fn ask<const N: usize>(vm: &VM, callee: Address, call: &[u8]) -> Answered<[u8; N]> {
    // The call of a cold account, and the 64th that the caller keeps.
    const NEEDED: u64 = GAS + GAS / 63 + 5_000;
    let have = vm.evm_gas_left();
    // SAFETY: a static call; this contract holds no reference into storage. A source that reads this contract in the
    // middle of a push sees the state before it.
    let answer = unsafe {
        RawCall::new_static(vm)
            .gas(GAS)
            .limit_return_data(0, MAX_REASON)
            .call(callee, call)
    };
    match answer {
        Ok(data) if vm.return_data_size() == N => Ok(data.try_into().map_err(Bytes)),
        Ok(said) => Ok(Err(Bytes(said))),
        Err(_) if have < NEEDED => Err(InsufficientGas {
            have: U256::from(have),
            needed: U256::from(NEEDED),
        }
        .into()),
        Err(said) => Ok(Err(Bytes(said))),
    }
}
