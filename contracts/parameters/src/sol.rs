//! Structs, events and errors; `abi/Types.sol` and `abi/IParameters.sol` document them.
#![allow(missing_docs)]
use alloc::vec::Vec;
use alloy_primitives::B256;

plimsoll_common::abi_struct! {
    /// A rate and what it shall be.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Rate {
        id: u8,
        value: u64,
    }

    /// A row of the table of rates.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct RateInfo {
        scope: u8,
        id: u8,
        name: B256,
        minimum: u64,
        maximum: u64,
        default_value: u64,
        is_initial: bool,
    }
}

plimsoll_common::events! {
    RulesSet [] { coin_feed: u16, rates: Vec<u64> }
    UnderlyingSet [underlying: u16] { feed: u16, lot: u64, scenario_set: u8, rates: Vec<u64> }
    AssetSet [asset: u8] { feed: u16, underlying: u16, decimals: u8, rates: Vec<u64> }
}

plimsoll_common::errors! {
    UnknownUnderlying { underlying: u16 }
    UnknownAsset { asset: u8 }
    FeedRequired { underlying: u16 }
    AssetFeedRequired { asset: u8 }
    FeedsDisagree { old_feed: u16, new_feed: u16, old_price: u128, new_price: u128 }
    LinkFrozen { asset: u8, underlying: u16, given: u16 }
    ZeroLot { underlying: u16 }
    LotFrozen { underlying: u16, lot: u64, given: u64 }
    UnknownScenarioSet { scenario_set: u8 }
    UnknownRate { rate: u8, count: u8 }
    RateGivenTwice { rate: u8 }
    RateOutOfRange { rate: u8, given: u64, minimum: u64, maximum: u64 }
    RateTooFine { rate: u8, given: u64 }
    InitialBelowMaintenance { rate: u8, initial: u64, maintenance: u64 }
    EnvelopeExceeded { leg_type: u8, max_move: u64, covered: u64 }
    TooManyAssetDecimals { decimals: u8, limit: u8 }
    AssetDecimalsFrozen { asset: u8, decimals: u8, given: u8 }
}
