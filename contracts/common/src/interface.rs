//! The structs of `abi/*.sol` that cross between contracts of the house, and the calls they make to each other.
//! `abi/*.sol` documents every field.
//!
//! The test of this module holds every call to what the callee's `abi/*.json` says: name, arguments, answers.
#![allow(clippy::type_complexity)] // a call's type lists what goes in and out, as its signature does
use crate::{
    abi::{calls, int},
    abi_struct,
};
use alloc::vec::Vec;
use plimsoll_kernel::{num::u128_to_u256, portfolio};
use stylus_sdk::alloy_primitives::{Address, B256, I256, U256};

abi_struct! {
    /// A balance of one collateral asset, in the token's own decimals.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AssetBalance {
        /// Index in the vault's list.
        asset: u8,
        /// In the token's own decimals.
        amount: u128,
    }

    /// Everything margin depends on, as the vault stores it.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Portfolio {
        /// 1e18, signed.
        cash: i128,
        /// By ascending asset, no duplicates.
        collateral: Vec<AssetBalance>,
        /// Leg slots.
        legs: Vec<U256>,
    }

    /// What margin says about a portfolio, 1e18; im ≥ mm.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Assessment {
        /// Rounded down.
        equity: I256,
        /// Rounded up.
        im: U256,
        /// Rounded up.
        mm: U256,
        /// Some price it rests on is stale.
        stale: bool,
        /// No less than equity − mm with each stale item at the best it could be worth.
        best: I256,
        /// No more than equity − mm with each at the worst.
        worst: I256,
        /// Some number left its range and was clamped.
        out_of_range: bool,
        /// Bits 2i and 2i + 1: the legs of slot i that rest on a stale price.
        stale_legs: u128,
        /// Bit i: collateral asset i has no usable price.
        stale_assets: u16,
        /// The part of equity that is legs, rounded down.
        marks: I256,
        /// What a bidder must meet, rounded up; ≥ mm.
        bid_im: U256,
        /// Equity with each stale item at the best it could be worth.
        best_equity: I256,
    }

    /// What the legs at one venue are worth, 1e18, rounded down leg by leg.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct VenueMarks {
        /// Its number.
        venue: u16,
        /// Of all its legs in the portfolio.
        marks: I256,
    }

    /// Where an auction stands; `abi/IAuction.sol` documents the fields.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct AuctionState {
        /// Unix seconds.
        started_at: u64,
        /// 1e18.
        lambda: U256,
        /// 1e18.
        max_fraction: U256,
        /// 1e18 cash.
        price: I256,
        /// 1e18 cash.
        equity: I256,
        /// 1e18 cash.
        mm: U256,
        /// Unix seconds.
        insolvent_since: u64,
    }

    /// A spot price as the house uses it; `abi/IOracle.sol` documents the fields.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Price {
        /// 1e18 settlement coin per whole unit.
        value: U256,
        /// A share of the value, 1e18.
        confidence: u64,
        /// Unix seconds.
        updated_at: u64,
        /// Within its age and bounds.
        fresh: bool,
    }

    /// A change of one account's cash and of one leg of it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Entry {
        /// Whose.
        account: B256,
        /// Added to cash, 1e18.
        cash: i128,
        /// Which leg; 0 = cash only.
        instrument: u128,
        /// Lots added.
        size: i64,
        /// Added to the leg's quote, 1e-18 cash.
        quote: i128,
    }

    /// A change of one account's collateral.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AssetEntry {
        /// Whose.
        account: B256,
        /// Which.
        asset: u8,
        /// Added, in the token's own decimals.
        amount: i128,
    }
}

/// A requirement as the ABI has it. The kernel's are never negative.
#[must_use]
pub fn requirement(value: i128) -> U256 {
    u128_to_u256(value.max(0).unsigned_abs())
}

impl From<&portfolio::Assessment> for Assessment {
    fn from(assessed: &portfolio::Assessment) -> Self {
        Self {
            equity: int(assessed.equity),
            im: requirement(assessed.im),
            mm: requirement(assessed.mm),
            stale: assessed.stale,
            best: int(assessed.best),
            worst: int(assessed.worst),
            out_of_range: assessed.out_of_range,
            stale_legs: assessed.stale_legs,
            stale_assets: assessed.stale_assets,
            marks: int(assessed.marks),
            bid_im: requirement(assessed.bid_im),
            best_equity: int(assessed.best_equity),
        }
    }
}

calls! {
    /// `IMargin`.
    margin: IMargin {
        /// Assessments of portfolios.
        ASSESS: assess(Vec<Portfolio>) -> (Vec<Assessment>);
        /// Portfolio; the marks of its legs by venue.
        MARKS_BY_VENUE: marksByVenue(Portfolio) -> (Vec<VenueMarks>);
        /// Words behind keys; see `plimsoll_kernel::portfolio::snapshot`.
        TERMS: terms(Vec<U256>) -> (Vec<U256>);
        /// Key, words.
        SET_TERMS: setTerms(U256, Vec<U256>) -> ();
    }

    /// `IVault`.
    vault: IVault {
        /// Venue, liquidated account, entries, asset entries; accounts, assessments.
        APPLY_ENTRIES: applyEntries(u16, B256, Vec<Entry>, Vec<AssetEntry>) -> (Vec<B256>, Vec<Assessment>);
        /// Account, whether it is in auction.
        SET_IN_AUCTION: setInAuction(B256, bool) -> ();
        /// Portfolio, version, whether it is in auction.
        ACCOUNT: account(B256) -> (Portfolio, u32, bool);
        /// Account, operator.
        IS_OPERATOR: isOperator(B256, Address) -> (bool);
        /// Account, venue.
        IS_VENUE_ADMITTED: isVenueAdmitted(B256, u16) -> (bool);
        /// Token, decimals, cap, held.
        ASSET: asset(u8) -> (Address, u8, u128, u128);
        /// Number of listed tokens.
        ASSET_COUNT: assetCount() -> (u8);
        /// Cash of an account.
        CASH_OF: cashOf(B256) -> (i128);
    }

    /// `IClearinghouse`.
    clearinghouse: IClearinghouse {
        /// Numbers of all venues.
        VENUES: venues() -> (Vec<u16>);
    }

    /// `IAuction`.
    auction: IAuction {
        /// Where the auction of an account stands.
        STATE: state(B256) -> (AuctionState);
        /// Whether an auction of the account can be started.
        IS_LIQUIDATABLE: isLiquidatable(B256) -> (bool);
    }

    /// `IOracle`.
    oracle: IOracle {
        /// Prices of feeds.
        PRICES: prices(Vec<u16>) -> (Vec<Price>);
        /// Words behind keys; see `plimsoll_kernel::portfolio::snapshot`.
        SNAPSHOT: snapshot(Vec<U256>) -> (Vec<U256>);
    }
}

#[cfg(test)]
mod tests {
    use crate::abi::Interface;
    use std::{format, fs, path::Path, string::String};

    /// What the interface of this name publishes.
    fn published(name: &str) -> Interface {
        let abi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../abi");
        let text = fs::read_to_string(abi.join(format!("{name}.json"))).expect("a readable ABI");
        Interface {
            name: name.into(),
            ..Interface::from_json(&text)
        }
    }

    #[test]
    fn every_call_is_answered_by_its_callee() {
        let calls = super::declared_calls();
        let unserved: String = calls
            .iter()
            .map(|calls| published(&calls.name).unserved(calls))
            .collect();
        assert!(unserved.is_empty(), "\n{unserved}");
        assert!(calls.iter().all(|calls| !calls.items.is_empty()));
    }
}
