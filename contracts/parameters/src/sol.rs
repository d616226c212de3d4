//! Events and errors; `abi/IParameters.sol` documents them.
#![allow(missing_docs)]
use crate::UnderlyingTerms;

plimsoll_common::events! {
    RulesSet [] {
        im_factor: u64, mm_factor: u64, max_offset: u64, calm_reach: u64, together_reach: u64, coin_feed: u16,
    }
    UnderlyingSet [underlying: u16] { terms: UnderlyingTerms }
    AssetSet [asset: u8] {
        feed: u16, underlying: u16, decimals: u8, im_haircut: u64, mm_haircut: u64,
    }
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
    RateOutOfRange { rate: u8, given: u64, minimum: u64, maximum: u64 }
    RateTooFine { rate: u8, given: u64 }
    InitialBelowMaintenance { rate: u8, initial: u64, maintenance: u64 }
    EnvelopeExceeded { leg_type: u8, max_move: u64, covered: u64 }
    TooManyAssetDecimals { decimals: u8, limit: u8 }
    AssetDecimalsFrozen { asset: u8, decimals: u8, given: u8 }
}
