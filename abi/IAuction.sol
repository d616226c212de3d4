// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// A bid for a slice of everything an account holds: legs, collateral and signed cash, cash at par.
/// @param account  The account in auction.
/// @param bidder   The account that takes the slice and pays; the caller is its owner or operator.
/// @param fraction 1e18, the share asked for, (0, 1e18]; clamped to what reaches the buffer.
/// @param maxPrice 1e18 cash, the most the bidder pays for the slice actually taken, scaled down with a clamped
///                 fraction; negative = the least it must receive.
/// @param version  The account's version the bidder saw (`IVault.account`).
/// @param deadline Unix seconds.
struct Bid {
    bytes32 account;
    bytes32 bidder;
    uint256 fraction;
    int256 maxPrice;
    uint32 version;
    uint64 deadline;
}

/// Where an auction stands now. Amounts 1e18.
/// @param startedAt   Unix seconds, 0 when no auction is open.
/// @param lambda      Discount per unit of relief, 1e18.
/// @param maxFraction Largest share a bid may take now.
/// @param price       Price of that share: mark - lambda * relief; negative = the bidder is paid.
/// @param equity      The account's equity.
/// @param mm          Its maintenance requirement.
/// @param insolventSince When the fund's ramp began, 0 while equity > 0 or nobody marked it.
struct AuctionState {
    uint64 startedAt;
    uint256 lambda;
    uint256 maxFraction;
    int256 price;
    int256 equity;
    uint256 mm;
    uint64 insolventSince;
}

/// Liquidation: start, price, bid, cure, close.
///
/// Price of a slice = mark(slice) - discount, discount = lambda(t) * relief, relief = share * MM; lambda rises linearly
/// from 0 to lambdaMax in `duration` seconds. While equity > 0 the account pays the discount, at most its whole equity
/// (its cash may go negative), and the fund pays nothing. Once equity <= 0 and somebody marked it, a second, slower
/// ramp from 0 begins in which the insurance fund pays the slice's shortfall and the discount, never more than it holds.
interface IAuction {
    event AuctionStarted(bytes32 indexed account, address indexed starter, int256 equity, uint256 im, uint256 mm);
    event BidTaken(bytes32 indexed account, bytes32 indexed bidder, uint256 fraction, int256 price, uint256 lambda, uint256 fundPaid, int256 equityAfter, uint256 mmAfter);
    event InsolvencyMarked(bytes32 indexed account, int256 equity);
    /// @param cured True when the owner restored it, false when bids did or nothing is left.
    event AuctionClosed(bytes32 indexed account, bool cured, int256 equity, uint256 mm);
    event ParametersSet(uint64 lambdaMax, uint32 duration, uint64 fundLambdaMax, uint32 fundDuration, uint64 buffer, uint64 minFraction);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error NotOwner(address caller, address owner);
    error AlreadyInitialized();
    error NotAuthorized(bytes32 account, address caller);
    /// equity >= mm: nothing to liquidate.
    error NotLiquidatable(bytes32 account, int256 equity, uint256 mm);
    error AuctionOpen(bytes32 account, uint64 startedAt);
    error NoAuction(bytes32 account);
    error NotInsolvent(bytes32 account, int256 equity);
    /// Closing needs equity >= (1 + buffer) * mm.
    error NotRecovered(bytes32 account, int256 equity, uint256 needed);
    error PricesStale(bytes32 account);
    error SystemAccount(bytes32 account);
    error SelfBid(bytes32 account);
    error InvalidFraction(uint256 fraction, uint256 minimum, uint256 maximum);
    error PriceAboveLimit(int256 price, int256 maxPrice);
    error VersionChanged(uint32 version, uint32 expected);
    error Expired(uint64 deadline, uint64 nowSeconds);
    error FundExhausted(uint256 have, uint256 want);
    error InvalidParameters(uint256 reason, uint256 given, uint256 limit);
    error BadCalldata();

    function initialize(address owner, address vault, address margin) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;
    function vault() external view returns (address);
    function margin() external view returns (address);

    /// Defaults: lambdaMax 0.35e18, duration 900, fundLambdaMax 0.5e18, fundDuration 3600, buffer 0.15e18, minFraction 0.01e18.
    function setParameters(uint64 lambdaMax, uint32 duration, uint64 fundLambdaMax, uint32 fundDuration, uint64 buffer, uint64 minFraction) external;
    function parameters() external view returns (uint64 lambdaMax, uint32 duration, uint64 fundLambdaMax, uint32 fundDuration, uint64 buffer, uint64 minFraction);

    /// Anyone, when equity < mm at fresh prices.
    function start(bytes32 account) external;
    /// Anyone, when an open auction's account has equity <= 0: begins the fund's ramp. `start` and `bid` do it by themselves.
    function markInsolvent(bytes32 account) external;
    /// Takes a slice. Each bid makes equity - mm rise. Ends the auction at the buffer or when nothing is left.
    function bid(Bid calldata b) external returns (uint256 fraction, int256 price);
    /// Anyone, when the account has reached the buffer again (the owner deposited, closed or reduced).
    function close(bytes32 account) external;
    function isLiquidatable(bytes32 account) external view returns (bool);
    function state(bytes32 account) external view returns (AuctionState memory);
}
