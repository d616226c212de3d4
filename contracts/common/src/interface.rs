//! The structs of `abi/*.sol` that cross between contracts of the house, and the calls they make to each other.
//! `abi/*.sol` documents every field.
#![allow(clippy::type_complexity)] // a call's type lists what goes in and out, as its signature does
use crate::{abi::int, abi_struct, call::Call};
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
        /// Equity − mm at the best the stale items could be worth.
        best: I256,
        /// Equity − mm at the worst.
        worst: I256,
        /// Some number left its range and was clamped.
        out_of_range: bool,
        /// Bits 2i and 2i + 1: the legs of slot i that rest on a stale price.
        stale_legs: u128,
        /// Bit i: collateral asset i has no usable price.
        stale_assets: u16,
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
        }
    }
}

/// `IMargin`.
pub mod margin {
    use super::{Assessment, Call, U256, Vec};
    use crate::interface::Portfolio;

    /// `assess(portfolios)`.
    pub const ASSESS: Call<(Vec<Portfolio>,), (Vec<Assessment>,)> = Call::new("assess");
    /// `terms(keys)`: words; see `plimsoll_kernel::portfolio::snapshot`.
    pub const TERMS: Call<(Vec<U256>,), (Vec<U256>,)> = Call::new("terms");
    /// `setTerms(key, words)`.
    pub const SET_TERMS: Call<(U256, Vec<U256>), ()> = Call::new("setTerms");
}

/// `IVault`.
pub mod vault {
    use super::{Address, Assessment, AssetEntry, B256, Call, Entry, Portfolio, Vec};

    /// `applyEntries(venue, liquidated, entries, assets)`: accounts, assessments.
    pub const APPLY_ENTRIES: Call<
        (u16, B256, Vec<Entry>, Vec<AssetEntry>),
        (Vec<B256>, Vec<Assessment>),
    > = Call::new("applyEntries");
    /// `setInAuction(account, inAuction)`.
    pub const SET_IN_AUCTION: Call<(B256, bool), ()> = Call::new("setInAuction");
    /// `account(account)`: portfolio, version, in auction.
    pub const ACCOUNT: Call<(B256,), (Portfolio, u32, bool)> = Call::new("account");
    /// `isOperator(account, operator)`.
    pub const IS_OPERATOR: Call<(B256, Address), (bool,)> = Call::new("isOperator");
    /// `isVenueAdmitted(account, venue)`.
    pub const IS_VENUE_ADMITTED: Call<(B256, u16), (bool,)> = Call::new("isVenueAdmitted");
    /// `asset(asset)`: token, decimals, cap, held.
    pub const ASSET: Call<(u8,), (Address, u8, u128, u128)> = Call::new("asset");
    /// `assetCount()`.
    pub const ASSET_COUNT: Call<(), (u8,)> = Call::new("assetCount");
    /// `cashOf(account)`.
    pub const CASH_OF: Call<(B256,), (i128,)> = Call::new("cashOf");
}

/// `IClearinghouse`.
pub mod clearinghouse {
    use super::{Call, Vec};

    /// `venues()`: numbers.
    pub const VENUES: Call<(), (Vec<u16>,)> = Call::new("venues");
}

/// `IAuction`.
pub mod auction {
    use super::{AuctionState, B256, Call};

    /// `state(account)`.
    pub const STATE: Call<(B256,), (AuctionState,)> = Call::new("state");
    /// `isLiquidatable(account)`.
    pub const IS_LIQUIDATABLE: Call<(B256,), (bool,)> = Call::new("isLiquidatable");
}

abi_struct! {
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
}

/// `IOracle`.
pub mod oracle {
    use super::{Call, Price, U256, Vec};

    /// `prices(feeds)`.
    pub const PRICES: Call<(Vec<u16>,), (Vec<Price>,)> = Call::new("prices");
    /// `snapshot(keys)`: words; see `plimsoll_kernel::portfolio::snapshot`.
    pub const SNAPSHOT: Call<(Vec<U256>,), (Vec<U256>,)> = Call::new("snapshot");
}
