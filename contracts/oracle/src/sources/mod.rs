//! Sources of prices: contracts of others, asked with bounded gas for an answer of known length.
//!
//! A source is a file here and a row of `sources!` below; a feed's record names its source. It has two functions:
//! `decimals`, asked once, when a feed is listed, and `reading`, asked for every price. Age, bounds and confidence of a feed are in its
//! [`Record`]; the kernel decides whether a reading is fresh (`plimsoll_kernel::price`).
use crate::{feeds::Record, sol::InsufficientGas};
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Revert,
    abi::{Bytes, MAX_REASON},
};
use plimsoll_kernel::{num::Int256, price::Confidence};
use stylus_sdk::{call::RawCall, host::VM, prelude::*};

/// Gas a source may use. Chainlink's proxies use some 15,000; composite feeds several times that.
const GAS: u64 = 150_000;

/// What a source said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The price, in the source's own decimals.
    pub(crate) answer: Int256,
    /// How far the true price may be from it, a share of it.
    pub(crate) confidence: Confidence,
    /// When the source observed it, unix seconds; 0 = never.
    pub(crate) observed: U256,
}

/// An answer of a source; or its revert data, or an answer that does not have the right length.
///
/// The outer error is [`InsufficientGas`]: whether the source answers is not known.
pub(crate) type Answered<T> = Result<Result<T, Bytes>, Revert>;

/// Declares the sources, one row each: `Name = number => module`. At most four, because a record has two bits for them.
macro_rules! sources {
    ($($(#[$attribute:meta])* $name:ident = $number:literal => $module:ident),* $(,)?) => {
        $(mod $module;)*

        /// A kind of source.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Source {
            $($(#[$attribute])* $name = $number),*
        }

        // The record of a feed has two bits for it.
        const _: () = assert!($($number < 4)&&*);

        impl Source {
            /// The source with this number.
            pub(crate) const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The decimals of answers of the contract at `address`.
            pub(crate) fn decimals(self, vm: &VM, address: Address) -> Answered<U256> {
                match self { $(Self::$name => $module::decimals(vm, address)),* }
            }

            /// The last reading of the contract of a feed.
            pub(crate) fn reading(self, vm: &VM, feed: &Record) -> Answered<Reading> {
                match self { $(Self::$name => $module::reading(vm, feed)),* }
            }
        }
    };
}

sources! {
    /// Chainlink AggregatorV3.
    Chainlink = 0 => chainlink,
}

/// Asks a contract for an answer of exactly `N` bytes, at most [`MAX_REASON`].
///
/// # Errors
/// [`InsufficientGas`]: the call failed, and less than [`GAS`] remained for it. Otherwise a caller could make a price look
/// unusable by sending too little gas.
fn ask<const N: usize>(vm: &VM, callee: Address, call: &[u8]) -> Answered<[u8; N]> {
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
