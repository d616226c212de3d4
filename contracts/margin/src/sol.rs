//! Events and errors; `abi/IMargin.sol` documents them.
#![allow(missing_docs)]
use alloy_primitives::U256;

plimsoll_common::events! {
    UnderlyingSet [underlying: u16] {
        feed: u16, lot: u64, scenario_set: u8, im_factor: u64, mm_factor: u64,
    }
    AssetSet [asset: u8] {
        feed: u16, underlying: u16, decimals: u8, im_haircut: u64, mm_haircut: u64,
    }
}

plimsoll_common::errors! {
    UnknownUnderlying { underlying: u16 }
    UnknownAsset { asset: u8 }
    FeedRequired { underlying: u16 }
    ZeroLot { underlying: u16 }
    LotFrozen { underlying: u16, lot: u64, given: u64 }
    UnknownScenarioSet { scenario_set: u8 }
    FactorOutOfRange { factor: u64, minimum: u64, maximum: u64 }
    InitialBelowMaintenance { initial: u64, maintenance: u64 }
    TooManyAssetDecimals { decimals: u8, limit: u8 }
    AssetDecimalsFrozen { asset: u8, decimals: u8, given: u8 }
    HaircutTooLarge { haircut: u64, limit: u64 }
    InvalidInstrument { instrument: u128 }
    UnsupportedKind { instrument: u128 }
    InvalidLeg { portfolio: U256, index: U256, slot: U256 }
    TooManyItems { given: U256, limit: U256 }
    PortfolioOutOfRange { portfolio: U256 }
}
