//! Events and errors; `abi/IOracle.sol` documents them.
#![allow(missing_docs)]
use alloy_primitives::{Address, I256, U256};

plimsoll_common::events! {
    FeedSet [feed: u16, aggregator: Address] {
        decimals: u8, max_age: u32, min_price: U256, max_price: U256,
    }
}

plimsoll_common::errors! {
    TooManyItems { given: U256, limit: U256 }
    InsufficientGas { have: U256, needed: U256 }
    UnknownFeed { feed: u16 }
    InvalidFeed { feed: u16, aggregator: Address }
    FeedFailed { feed: u16, aggregator: Address }
    TooManyFeedDecimals { feed: u16, decimals: U256, limit: U256 }
    FeedDecimalsFrozen { feed: u16, decimals: u8, given: u8 }
    MaxAgeOutOfRange { max_age: u32, limit: u32 }
    InvalidBounds { min_price: U256, max_price: U256, limit: U256 }
    TooManyDigits { price: U256 }
    PriceWouldJump { feed: u16, price: U256, new_price: U256, limit: U256 }
    StalePrice { feed: u16, updated_at: u64, now_seconds: u64, max_age: u32 }
    PriceFromFuture { feed: u16, updated_at: U256, now_seconds: u64 }
    InvalidPrice { feed: u16, answer: I256 }
    PriceOutOfBounds { feed: u16, price: U256, min_price: U256, max_price: U256 }
}
