// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// A spot price as the house uses it.
/// @param value     1e18 settlement coin per whole unit; 0 when the feed never gave a valid answer.
/// @param updatedAt When the feed says it was observed, unix seconds.
/// @param fresh     False when stale, non-positive, from the future, out of bounds, or the feed failed.
struct Price {
    uint256 value;
    uint64 updatedAt;
    bool fresh;
}

/// Chainlink AggregatorV3 feeds with staleness and bounds, by feed number.
/// Underlyings and collateral assets name feeds; a feed number is set once and its decimals are frozen.
interface IOracle {
    event FeedSet(uint16 indexed feed, address indexed aggregator, uint8 decimals, uint32 maxAge, uint256 minPrice, uint256 maxPrice);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error NotOwner(address caller, address owner);
    error AlreadyInitialized();
    error UnknownFeed(uint16 feed);
    error FeedExists(uint16 feed, address aggregator);
    error InvalidFeed(uint16 feed, address aggregator, uint256 reason);
    error InvalidBounds(uint256 minPrice, uint256 maxPrice, uint32 maxAge);
    error StalePrice(uint16 feed, uint64 updatedAt, uint64 nowSeconds, uint32 maxAge);
    error InvalidPrice(uint16 feed, int256 answer);
    error PriceOutOfBounds(uint16 feed, uint256 price, uint256 minPrice, uint256 maxPrice);
    error TooManyItems(uint256 given, uint256 limit);
    error BadCalldata();

    function initialize(address owner) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;

    /// Lists a feed or replaces its bounds. The aggregator of a listed feed can only be replaced by one
    /// with the same decimals.
    /// @param feed       Number to use elsewhere, not 0.
    /// @param aggregator Chainlink AggregatorV3 contract; its `decimals()` is read now and frozen, at most 36.
    /// @param maxAge     Seconds after which an answer is stale, 1..172800.
    /// @param minPrice   1e18; answers below are refused. > 0.
    /// @param maxPrice   1e18; answers above are refused. > minPrice.
    function setFeed(uint16 feed, address aggregator, uint32 maxAge, uint256 minPrice, uint256 maxPrice) external;

    function feed(uint16 feed) external view returns (address aggregator, uint8 decimals, uint32 maxAge, uint256 minPrice, uint256 maxPrice);

    /// Total: never reverts for a listed feed, whatever the aggregator does. At most 32 feeds.
    function prices(uint16[] calldata feeds) external view returns (Price[] memory);

    /// Strict: reverts with StalePrice, InvalidPrice or PriceOutOfBounds and the numbers.
    function price(uint16 feed) external view returns (uint256 value);
}
