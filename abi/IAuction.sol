// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {AuctionState} from "./Types.sol";

/// A bid for a slice of everything of an account that can be priced: legs, collateral and signed cash, cash at par.
/// What rests on a stale price stays with the account.
/// @param account  The account in auction.
/// @param bidder   The account that takes the slice and pays; the caller is its owner or operator.
/// @param fraction 1e18, the share asked for: minFraction to 1e18, everything. Clamped to what reaches the buffer; where,
///                 lots being whole, that relieves nothing, to a quarter more, and more again, the first that relieves
///                 something. Never more than was asked for.
/// @param maxPrice 1e18 cash, the most the bidder pays for that share, scaled down (rounded down) with a clamped one;
///                 negative = the least it must receive.
/// @param version  The account's version the bidder saw (`IVault.account`). Deposits do not change it: what they add is
///                 priced like the rest, and maxPrice bounds what the bidder pays.
/// @param deadline Unix seconds.
struct Bid {
    bytes32 account;
    bytes32 bidder;
    uint256 fraction;
    int256 maxPrice;
    uint32 version;
    uint64 deadline;
}

/// Liquidation: start, price, bid, cure, close.
///
/// Price of a slice = mark(slice) - discount. discount = min(lambda * relief, share * equity), rounded down; relief =
/// min(share * MM, what MM falls by); lambda rises linearly from 0 to lambdaMax in `duration` seconds. While equity > 0 the
/// account pays the discount (its cash may go negative), the fund pays nothing, and no bid takes a larger share of the
/// equity than of the account. So a bidder earns at most equity / MM per unit of relief: an account with little equity
/// left is unattractive until the market moves. Once equity <= 0 and somebody marked it, a second, slower ramp from 0
/// begins in which the insurance fund pays the slice's shortfall and the discount lambda * relief, never more than it
/// holds. It runs only while somebody marks the account at least every 15 minutes.
///
/// Stale prices shelter nobody. Items that rest on one are not sold, and the rest is. An account is started at once when
/// equity < mm even at the best those items could be worth; when it is so only at the worst, after `noteStale` and an
/// hour. While they could cover what the account lacks, the fund pays nothing and there is no discount.
interface IAuction {
    /// An auction began; amounts 1e18. equity >= mm where it began for the worst its stale items could be worth.
    event AuctionStarted(bytes32 indexed account, address indexed starter, int256 equity, uint256 im, uint256 mm);
    /// A slice was sold.
    /// @param fraction    Share of everything the account held that could be priced, 1e18.
    /// @param price       1e18 cash the bidder paid; negative = received.
    /// @param lambda      Most discount per unit of relief, 1e18; less was given where equity was the limit.
    /// @param fundPaid    1e18 cash the insurance fund paid.
    /// @param equityAfter Of the account, 1e18.
    /// @param mmAfter     Of the account, 1e18.
    event BidTaken(bytes32 indexed account, bytes32 indexed bidder, uint256 fraction, int256 price, uint256 lambda, uint256 fundPaid, int256 equityAfter, uint256 mmAfter);
    /// The account's equity is gone, whatever its stale items are worth: the fund's ramp begins, or begins anew.
    /// Its equity is above 0, at the best its stale items could be worth. 1e18.
    event InsolvencyMarked(bytes32 indexed account, int256 equity);
    /// At `notedAt` the account was below the line at the worst its stale items could be worth, and not at the best; 0 =
    /// the note is taken back.
    /// @param best  equity - mm at the best, 1e18.
    /// @param worst equity - mm at the worst, 1e18.
    event StaleNoted(bytes32 indexed account, uint64 notedAt, int256 best, int256 worst);
    /// An auction ended.
    /// @param cured False when a bid ended it: the buffer was reached, or nothing that can be priced is left. True when it was
    ///              closed because the account was found above its buffer: the owner cured it, or the market did.
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
    /// `initialize` has not run, and nothing else can be done before it.
    error NotInitialized();
    /// The caller is neither the bidding account's owner nor its operator.
    error NotAuthorized(bytes32 account, address caller);
    /// equity >= mm: nothing to liquidate; in a bid, `close` would end the auction.
    error NotLiquidatable(bytes32 account, int256 equity, uint256 mm);
    /// There is one already, since `startedAt`.
    error AuctionOpen(bytes32 account, uint64 startedAt);
    /// There is none of this account.
    error NoAuction(bytes32 account);
    /// Its equity is above 0, at the best its stale items could be worth.
    error NotInsolvent(bytes32 account, int256 equity);
    /// Closing needs equity of `needed`, min((1 + buffer) * mm, im), or equity >= mm and a largest share below minFraction;
    /// at the worst the stale items could be worth, if the auction was started for that.
    error NotRecovered(bytes32 account, int256 equity, uint256 needed);
    /// Below the line at the worst its stale items could be worth only: `noteStale` first, then wait an hour.
    /// @param notedAt When that was noted, 0 = never; a note stands for two hours.
    error StaleWait(bytes32 account, uint64 notedAt, int256 best, int256 worst);
    /// The house's own accounts are neither sold nor bid.
    error SystemAccount(bytes32 account);
    /// An account cannot bid for itself.
    error SelfBid(bytes32 account);
    /// A share is minimum to maximum, which is everything.
    error InvalidFraction(uint256 fraction, uint256 minimum, uint256 maximum);
    /// Nothing the account holds can be priced, or so little that the share of it rounds to nothing.
    error NothingToSell(bytes32 account, uint256 fraction);
    /// 1e18 cash; the limit scaled down with the share.
    error PriceAboveLimit(int256 price, int256 maxPrice);
    /// The account changed since the bidder looked.
    error VersionChanged(uint32 version, uint32 expected);
    /// After the deadline of the bid.
    error Expired(uint64 deadline, uint64 nowSeconds);
    /// `parameter` is the position of the argument of `setParameters`, from 0.
    error ParameterOutOfRange(uint8 parameter, uint64 given, uint64 minimum, uint64 maximum);
    /// A number of the account would no longer fit.
    error ValueOutOfRange(bytes32 account);
    /// An operator bids, and the slice has legs of a venue that the bidding account's owner did not admit.
    error VenueNotAdmitted(bytes32 account, uint16 venue);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);
    /// A sibling answered with something that does not decode.
    error BadAnswer(address callee);

    /// Deployer only, once: hands the contract to `owner`, names its siblings, sets the default parameters.
    function initialize(address owner, address vault, address margin) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;
    function vault() external view returns (address);
    function margin() external view returns (address);

    /// Owner only; at once, also for open auctions. Shares 1e18, durations in seconds.
    /// Reverts with ParameterOutOfRange; minFraction is at most half the buffer. Defaults: lambdaMax 0.35e18, duration 900, fundLambdaMax 0.5e18, fundDuration 3600, buffer 0.15e18, minFraction 0.01e18.
    function setParameters(uint64 lambdaMax, uint32 duration, uint64 fundLambdaMax, uint32 fundDuration, uint64 buffer, uint64 minFraction) external;
    function parameters() external view returns (uint64 lambdaMax, uint32 duration, uint64 fundLambdaMax, uint32 fundDuration, uint64 buffer, uint64 minFraction);

    /// Anyone, when equity < mm whatever the stale items are worth, or at the worst they could be worth between one and
    /// two hours after that was noted.
    function start(bytes32 account) external;
    /// Anyone: notes that equity < mm at the worst the stale items could be worth and not at the best; takes the note back
    /// when that is not so. Noting again changes nothing until the note has expired, two hours after it was made.
    function noteStale(bytes32 account) external;
    /// Anyone, when an open auction's account has equity <= 0 whatever its stale items are worth: begins the fund's ramp,
    /// or keeps it running; it begins anew 15 minutes after the last call. Ends it when equity is back, so that the next one
    /// begins at 0. `start` and `bid` do all this by themselves.
    function markInsolvent(bytes32 account) external;
    /// Takes a slice. By the owner of the bidding account; or by its operator, if the owner admitted all venues of the legs
    /// in the slice. Each bid makes equity - mm rise. Ends the auction at the buffer, min((1 + buffer) * mm, im), or where
    /// equity >= mm and what is lacking to it is less than minFraction, or when nothing that can be priced is left.
    function bid(Bid calldata b) external returns (uint256 fraction, int256 price);
    /// Anyone, when the account has reached the buffer again or is so near it: `NotRecovered` says which equity counts.
    function close(bytes32 account) external;
    /// Whether `start` would succeed now.
    function isLiquidatable(bytes32 account) external view returns (bool);
    /// Where the account's auction stands now; with startedAt 0, where it would stand without discount.
    function state(bytes32 account) external view returns (AuctionState memory);
}
