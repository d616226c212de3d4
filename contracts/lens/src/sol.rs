//! Structs and errors; `abi/Types.sol` and `abi/ILens.sol` document them.
#![allow(missing_docs)]
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, I256, U256};
use plimsoll_common::interface::{Assessment, AuctionState, Portfolio};

plimsoll_common::abi_struct! {
    /// A leg in the open, or a change of one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Leg {
        instrument: u128,
        size: i64,
        quote: i128,
    }

    /// Sensitivities to one underlying.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Greeks {
        underlying: u16,
        delta: i128,
        gamma: i128,
        vega: i128,
        theta: i128,
    }

    /// One leg in one scenario.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Contribution {
        instrument: u128,
        mark: i128,
        change: i128,
    }

    /// How far the market may move.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Distance {
        found: bool,
        by: I256,
    }

    /// A balance of collateral, priced.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct CollateralView {
        asset: u8,
        token: Address,
        decimals: u8,
        amount: u128,
        known: bool,
        fresh: bool,
        price: U256,
        value: I256,
        im: U256,
        mm: U256,
    }

    /// A leg, marked.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LegView {
        instrument: u128,
        size: i64,
        units: i128,
        quote: i128,
        known: bool,
        fresh: bool,
        mark: U256,
        value: I256,
        im: U256,
        mm: U256,
    }

    /// A venue, as an account sees it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct VenueView {
        venue: u16,
        admitted: bool,
        legs: u16,
        value: I256,
        im: U256,
        mm: U256,
        im_released: I256,
        mm_released: I256,
    }

    /// All of an account.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AccountView {
        account: B256,
        owner: Address,
        time: u64,
        version: u32,
        in_auction: bool,
        healthy: bool,
        liquidatable: bool,
        portfolio: Portfolio,
        assessment: Assessment,
        im_excess: I256,
        mm_excess: I256,
        collateral: Vec<CollateralView>,
        legs: Vec<LegView>,
        venues: Vec<VenueView>,
        collateral_im: U256,
        collateral_mm: U256,
        im_offset: I256,
        mm_offset: I256,
        auction: AuctionState,
    }
}

plimsoll_common::errors! {
    InvalidInstrument { instrument: u128 }
    UnknownLeg { instrument: u128 }
    SizeOutOfRange { instrument: u128 }
    UnknownUnderlying { underlying: u16 }
    MarkStale { instrument: u128 }
}
