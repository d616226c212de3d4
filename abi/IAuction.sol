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
    /// An auction began; amounts 1e18.
    event AuctionStarted(bytes32 indexed account, address indexed starter, int256 equity, uint256 im, uint256 mm);
    /// A slice was sold.
    /// @param fraction    Share of everything the account held, 1e18.
    /// @param price       1e18 cash the bidder paid; negative = received.
    /// @param lambda      Discount per unit of relief, 1e18.
    /// @param fundPaid    1e18 cash the insurance fund paid.
    /// @param equityAfter Of the account, 1e18.
    /// @param mmAfter     Of the account, 1e18.
    event BidTaken(bytes32 indexed account, bytes32 indexed bidder, uint256 fraction, int256 price, uint256 lambda, uint256 fundPaid, int256 equityAfter, uint256 mmAfter);
    /// The account's equity is gone: the fund's ramp begins.
    event InsolvencyMarked(bytes32 indexed account, int256 equity);
    /// An auction ended.
    /// @param cured True when the owner restored it, false when bids did or nothing is left.
    event AuctionClosed(bytes32 indexed account, bool cured, int256 equity, uint256 mm);
    /// The rules changed, also of open auctions.
    event ParametersSet(uint64 lambdaMax, uint32 duration, uint64 fundLambdaMax, uint32 fundDuration, uint64 buffer, uint64 minFraction);
    /// Ownership has been offered; nothing changes until `newOwner` accepts.
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    /// Ownership has moved.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    /// The caller is not the owner, nor, where ownership is being accepted, the pending owner.
    error NotOwner(address caller, address owner);
    /// `initialize` has run.
    error AlreadyInitialized();
    /// The caller is neither the bidding account's owner nor its operator.
    error NotAuthorized(bytes32 account, address caller);
    /// equity >= mm: nothing to liquidate; in a bid, the buffer is reached already.
    error NotLiquidatable(bytes32 account, int256 equity, uint256 mm);
    error AuctionOpen(bytes32 account, uint64 startedAt);
    error NoAuction(bytes32 account);
    error NotInsolvent(bytes32 account, int256 equity);
    /// Closing needs equity >= (1 + buffer) * mm.
    error NotRecovered(bytes32 account, int256 equity, uint256 needed);
    /// Some price the account's margin rests on is stale.
    error PricesStale(bytes32 account);
    /// The house's own accounts are neither sold nor bid.
    error SystemAccount(bytes32 account);
    error SelfBid(bytes32 account);
    /// 1e18 shares.
    error InvalidFraction(uint256 fraction, uint256 minimum, uint256 maximum);
    /// The share is so small that it rounds to nothing.
    error NothingToSell(bytes32 account, uint256 fraction);
    /// 1e18 cash; the limit scaled down with the share.
    error PriceAboveLimit(int256 price, int256 maxPrice);
    /// The account changed since the bidder looked.
    error VersionChanged(uint32 version, uint32 expected);
    error Expired(uint64 deadline, uint64 nowSeconds);
    /// @param parameter Position of the argument of `setParameters`, from 0.
    error ParameterOutOfRange(uint8 parameter, uint64 given, uint64 minimum, uint64 maximum);
    /// No contract of the house margins this kind yet.
    error UnsupportedKind(uint128 instrument);
    /// A number of the account would no longer fit.
    error ValueOutOfRange(bytes32 account);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);
    /// A sibling answered with something that does not decode.
    error BadAnswer(address callee);

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
    /// Anyone, when an open auction's account has equity <= 0: begins the fund's ramp; or ends it when
    /// equity is back, so that the next one begins at 0. `start` and `bid` do both by themselves.
    function markInsolvent(bytes32 account) external;
    /// Takes a slice. Each bid makes equity - mm rise. Ends the auction at the buffer or when nothing is left.
    function bid(Bid calldata b) external returns (uint256 fraction, int256 price);
    /// Anyone, when the account has reached the buffer again (the owner deposited, closed or reduced).
    function close(bytes32 account) external;
    function isLiquidatable(bytes32 account) external view returns (bool);
    function state(bytes32 account) external view returns (AuctionState memory);
}
