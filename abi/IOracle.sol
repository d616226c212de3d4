// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// A spot price as the house uses it.
/// @param value     1e18 settlement coin per whole unit. Of an answer that is only too old, that answer; 0 after any
///                  other fault.
/// @param updatedAt When the feed says it was observed, unix seconds; 0 when it did not answer.
/// @param fresh     False when stale, non-positive, from the future, out of bounds, or the feed failed.
struct Price {
    uint256 value;
    uint64 updatedAt;
    bool fresh;
}

/// Chainlink AggregatorV3 feeds with staleness and bounds, by feed number.
///
/// A feed is called with 150,000 gas and must answer exactly the words it promises; whatever else it does is its own
/// price's fault. A feed number's decimals are frozen once it is listed.
interface IOracle {
    event FeedSet(uint16 indexed feed, address indexed aggregator, uint8 decimals, uint32 maxAge, uint256 minPrice, uint256 maxPrice);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error NotOwner(address caller, address owner);
    error AlreadyInitialized();
    error UnknownFeed(uint16 feed);
    /// Number or aggregator 0.
    error InvalidFeed(uint16 feed, address aggregator);
    /// The aggregator reverted, ran out of its gas, or answered with the wrong number of bytes.
    error FeedFailed(uint16 feed, address aggregator);
    error TooManyFeedDecimals(uint16 feed, uint256 decimals, uint256 limit);
    error FeedDecimalsFrozen(uint16 feed, uint8 decimals, uint8 given);
    /// Seconds, 1..limit.
    error MaxAgeOutOfRange(uint32 maxAge, uint32 limit);
    /// Must be 0 < minPrice < maxPrice <= limit, all 1e18.
    error InvalidBounds(uint256 minPrice, uint256 maxPrice, uint256 limit);
    /// A bound that is not an 18-bit number times a power of ten.
    error TooManyDigits(uint256 price);
    /// Another aggregator differs from the listed one, which is fresh, by more than the limit (2 %); all 1e18.
    error PriceWouldJump(uint16 feed, uint256 price, uint256 newPrice, uint256 limit);
    /// Older than maxAge, or of a round without a time (updatedAt 0).
    error StalePrice(uint16 feed, uint64 updatedAt, uint64 nowSeconds, uint32 maxAge);
    error PriceFromFuture(uint16 feed, uint256 updatedAt, uint64 nowSeconds);
    /// Zero or negative, or less than 1e-18; the answer in the feed's own decimals.
    error InvalidPrice(uint16 feed, int256 answer);
    /// Outside its bounds, which are inclusive; all 1e18, the price saturated at 2^128 - 1.
    error PriceOutOfBounds(uint16 feed, uint256 price, uint256 minPrice, uint256 maxPrice);
    /// A feed failed and the caller had left too little gas for what it may use: send more, it may be alive.
    error InsufficientGas(uint256 have, uint256 needed);
    error TooManyItems(uint256 given, uint256 limit);
    error BadCalldata();
    error NotPayable();
    error UnknownSelector(bytes4 selector);

    function initialize(address owner) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;

    /// Lists a feed, or replaces its aggregator, age and bounds. Owner only.
    /// While the listed aggregator is fresh, another one must be fresh too and agree with it within 2 %.
    /// Reverts with InvalidFeed, MaxAgeOutOfRange, InvalidBounds, TooManyDigits, FeedFailed, TooManyFeedDecimals,
    /// FeedDecimalsFrozen, PriceWouldJump, and for a replacement that is not fresh with the errors of `price`.
    /// @param feed       Number to use elsewhere, not 0.
    /// @param aggregator Chainlink AggregatorV3 contract; its `decimals()` is read now and frozen, at most 36.
    /// @param maxAge     Seconds, 1..172800; an answer of exactly this age is fresh.
    /// @param minPrice   1e18, inclusive; > 0; an 18-bit number times a power of ten.
    /// @param maxPrice   1e18, inclusive; > minPrice, <= 1e33; likewise.
    function setFeed(uint16 feed, address aggregator, uint32 maxAge, uint256 minPrice, uint256 maxPrice) external;

    /// Zeros when not listed.
    function feed(uint16 feed) external view returns (address aggregator, uint8 decimals, uint32 maxAge, uint256 minPrice, uint256 maxPrice);

    /// Total: never reverts for a listed feed, whatever the aggregator does. At most 32 feeds.
    /// Reverts with TooManyItems, UnknownFeed, InsufficientGas.
    function prices(uint16[] calldata feeds) external view returns (Price[] memory);

    /// Strict: 1e18 per unit, rounded down where the feed has more than 18 decimals; or why there is none.
    /// Reverts with UnknownFeed, FeedFailed, StalePrice, PriceFromFuture, InvalidPrice, PriceOutOfBounds,
    /// InsufficientGas.
    function price(uint16 feed) external view returns (uint256 value);
}
