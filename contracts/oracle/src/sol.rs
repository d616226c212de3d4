//! Structs, events and errors; `abi/IOracle.sol` documents them.
#![allow(missing_docs)]
use crate::rounds::RoundId;
use alloy_primitives::{Address, B256, I256, U256};
use plimsoll_common::abi::Bytes;

plimsoll_common::abi_struct! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ExpiryUpdate {
        underlying: u16,
        expiry_day: u16,
        ratio: u64,
        fixed_part: u128,
        discount: u64,
        a: i128,
        b: i128,
        rho: i128,
        m: i128,
        sigma: i128,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ExpiryData {
        ratio: u64,
        forward: u128,
        fixed_part: u128,
        discount: u64,
        a: i128,
        b: i128,
        rho: i128,
        m: i128,
        sigma: i128,
        updated_at: u64,
        fresh: bool,
        settled: bool,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MarketSize {
        underlying: u16,
        open_interest: u128,
        volume: u128,
        observed_at: u64,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MarketData {
        open_interest: u128,
        previous_open_interest: u128,
        volume: u128,
        observed_at: u64,
        hour: u64,
        price_hour: u64,
        price: u128,
        sampled_at: u64,
        scan: u64,
        scan_following: u64,
        cost: u64,
        cost_following: u64,
    }
}

plimsoll_common::abi_struct! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FeedTerms {
        max_age: u32,
        min_price: U256,
        max_price: U256,
        confidence: u64,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct VaultTerms {
        asset_feed: u16,
        market_feed: u16,
        rate: u128,
        growth: u64,
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct FeedSource {
        source: u8,
        phase: u8,
        largest_move: u64,
        second: u16,
        tolerance: u64,
        price_id: B256,
        asset_feed: u16,
        market_feed: u16,
        rate: u128,
        since: u64,
        growth: u64,
    }
}

plimsoll_common::events! {
    FeedSet [feed: u16, aggregator: Address] {
        decimals: u8, max_age: u32, min_price: U256, max_price: U256, confidence: u64,
    }
    SequencerSet [feed: Address] { grace: u32 }
    PythFeedSet [feed: u16] { id: B256 }
    VaultFeedSet [feed: u16] { asset_feed: u16, market_feed: u16, rate: u128, growth: u64 }
    LargestMoveSet [feed: u16] { largest_move: u64 }
    SecondSourceSet [feed: u16] { second: u16, tolerance: u64 }
    FeedChecked [feed: u16] { phase: u8 }
    SurfaceTermsSet [underlying: u16, feed: u16] { max_age: u32, max_basis: u64, ratio_move: u16, rate_move: u16 }
    SignersSet [] { count: u8, threshold: u8 }
    ExpiryPushed [underlying: u16, expiry_day: u16] { ratio: u64, fixed_part: u128, observed_at: u64 }
    PushRefused [underlying: u16] { reason: Bytes }
    MarketSizePushed [underlying: u16] { open_interest: u128, volume: u128, observed_at: u64 }
    MultipliersSampled [underlying: u16] {
        hour: u64, proven: u64, scan: u64, scan_following: u64, cost: u64, cost_following: u64,
    }
    Settled [underlying: u16, expiry_day: u16] { price: u128, observed_at: u64 }
}

plimsoll_common::errors! {
    InsufficientGas { have: U256, needed: U256 }
    InvalidKey { key: U256 }
    UnknownFeed { feed: u16 }
    InvalidFeed { feed: u16, aggregator: Address }
    FeedFailed { feed: u16, aggregator: Address, reason: Bytes }
    TooManyFeedDecimals { feed: u16, decimals: U256, limit: U256 }
    FeedDecimalsFrozen { feed: u16, decimals: u8, given: u8 }
    MaxAgeOutOfRange { max_age: u32, limit: u32 }
    InvalidBounds { min_price: U256, max_price: U256, limit: U256 }
    TooManyDigits { price: U256 }
    InvalidConfidence { confidence: u64, step: u64, limit: u64 }
    PriceWouldJump { feed: u16, price: U256, new_price: U256, limit: U256 }
    BoundsNotInside { feed: u16, min_price: U256, max_price: U256, min_answer: I256, max_answer: I256 }
    InvalidPart { feed: u16, part: u16 }
    InvalidRate { rate: u128, now_rate: u128 }
    GrowthTooHigh { growth: u64, limit: u64 }
    InvalidMove { largest_move: u64, step: u64, limit: u64 }
    NoRounds { feed: u16 }
    NotPulled { feed: u16 }
    FeeTooSmall { sent: U256, fee: U256 }
    RefundFailed { to: Address, amount: U256 }
    FeedChanged { feed: u16, aggregator: Address }
    MoveNotConfirmed { feed: u16, price: U256, before: U256, largest_move: u64, updated_at: u64 }
    ConfidenceTooWide { feed: u16, confidence: u64, limit: u64 }
    PartNotFresh { feed: u16, part: u16 }
    SourcesApart { feed: u16, price: U256, other_price: U256, tolerance: u64 }
    StalePrice { feed: u16, updated_at: u64, now_seconds: u64, max_age: u32 }
    PriceFromFuture { feed: u16, updated_at: U256, now_seconds: u64 }
    InvalidPrice { feed: u16, answer: I256 }
    PriceOutOfBounds { feed: u16, price: U256, min_price: U256, max_price: U256 }
    WindowInterrupted { underlying: u16, expiry_day: u16 }
    ObservedBeforeRestart { feed: u16, updated_at: U256, restarted_at: u64 }
    GraceOutOfRange { grace: u32, limit: u32 }
    UptimeFeedFailed { feed: Address, reason: Bytes }
    RoundNotFound { feed: u16, round_id: RoundId }
    RoundNotInForce { feed: u16, round_id: RoundId, point_in_time: u64, observed_at: U256, other_id: RoundId }
    RoundOfOldPhase { feed: u16, round_id: RoundId, newest: u16, limit: u16 }

    HourNotOver { underlying: u16, hour: u64 }
    NoHours { underlying: u16 }
    MarketSizeTooEarly { underlying: u16, observed_at: u64, earliest: u64 }
    MarketSizeTooFar { underlying: u16, number: u8, value: u128, least: u128, most: u128 }
    UnknownUnderlying { underlying: u16 }
    MaxBasisOutOfRange { max_basis: u64, limit: u64 }
    InvalidThreshold { count: U256, threshold: u8, limit: U256 }
    SignersNotAscending { index: U256, signer: Address }
    UnknownSigner { signer: Address }
    InvalidSignature { index: U256 }
    TooFewSignatures { given: U256, threshold: u8 }

    UpdatesNotAscending { underlying: u16, expiry_day: u16 }
    ObservedInFuture { observed_at: u64, now_seconds: u64 }
    ObservedTooLongAgo { underlying: u16, observed_at: u64, now_seconds: u64, max_age: u32 }
    NotNewer { underlying: u16, expiry_day: u16, observed_at: u64, updated_at: u64 }
    SettlementFinal { underlying: u16, expiry_day: u16, price: u128 }
    ForwardOutOfRange { underlying: u16, expiry_day: u16, ratio: u64, fixed_part: u128, limit: u128 }
    ForwardNotLive {
        underlying: u16, expiry_day: u16, ratio: u64, fixed_part: u128, observed_at: u64, window_start: u64,
    }
    SettlementOnly {
        underlying: u16, expiry_day: u16, ratio: u64, fixed_part: u128, observed_at: u64, expiry: u64,
    }
    RatioOutOfRange { underlying: u16, expiry_day: u16, ratio: u64, lowest: u64, highest: u64 }
    RatioMoved { underlying: u16, expiry_day: u16, ratio: u128, stored: u128, limit: u128 }
    SettlementOutOfRange { underlying: u16, expiry_day: u16, price: u128, lowest: u128, highest: u128 }
    SettlementTooEarly { underlying: u16, expiry_day: u16, now_seconds: u64, earliest: u64 }
    WrongRoundCount { given: U256, wanted: U256 }
    RoundTooOld { feed: u16, round_id: RoundId, point_in_time: u64, observed_at: U256, max_age: u32 }
    DiscountOutOfRange { underlying: u16, expiry_day: u16, discount: u64 }
    DiscountRateOutOfRange { underlying: u16, expiry_day: u16, rate: u128, limit: u128 }
    RateMoved { underlying: u16, expiry_day: u16, rate: u128, stored: u128, limit: u128 }
    TooManyExpiries { underlying: u16, expiry_day: u16, limit: U256 }

    SurfaceOutOfRange { underlying: u16, expiry_day: u16 }
    NegativeSlope { underlying: u16, expiry_day: u16, b: i128 }
    Correlation { underlying: u16, expiry_day: u16, rho: i128 }
    Width { underlying: u16, expiry_day: u16, sigma: i128 }
    NegativeVariance { underlying: u16, expiry_day: u16, least: i128 }
    WingSlope { underlying: u16, expiry_day: u16, slope: i128 }
    Butterfly { underlying: u16, expiry_day: u16, k: i128, g: i128 }
    Calendar { underlying: u16, near_day: u16, far_day: u16, k: i128, near: i128, far: i128 }
}
