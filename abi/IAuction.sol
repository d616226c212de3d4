// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {AuctionState} from "./Types.sol";

/// A bid for a slice of everything of an account that can be priced: legs, collateral and signed cash, cash at par.
/// Items that rest on a stale price stay with the account.
/// @param account  The account in auction.
/// @param bidder   The account that takes the slice and pays; the caller is its owner or operator.
/// @param fraction 1e18, the share asked for: minFraction to 1e18, everything. Clamped to the share that reaches the buffer.
///                 Lots are whole: if that share relieves nothing, the share is a quarter larger, and a quarter larger again,
///                 until it relieves something. Never more than was asked for.
/// @param maxPrice 1e18 cash, the most the bidder pays for that share, scaled down (rounded down) with a clamped one;
///                 negative = the least it must receive.
/// @param version  The account's version the bidder saw (`IVault.account`). Deposits do not change it: the deposited
///                 items are priced like the rest, and maxPrice bounds the price.
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
/// min(share * MM, fall of MM); lambda rises linearly from 0 to lambdaMax in `duration` seconds. While equity > 0 the
/// account pays the discount (its cash may go negative), the fund pays nothing, and no bid takes a larger share of the
/// equity than of the account. So a bidder earns at most equity / MM per unit of relief: an account with little equity
/// left is unattractive until the market moves. After equity <= 0 was marked (`markInsolvent`, `start` or `bid`), a second,
/// slower ramp from 0 begins in which the insurance fund pays the slice's shortfall and the discount lambda * relief, never
/// more than it holds. It runs only while the account is marked at least every 15 minutes.
///
/// Items that rest on a stale price are not sold; the rest of the account is. When an auction can start:
///   equity < mm at the best value of the stale items (with none: at fresh prices)  at once
///   equity < mm at their worst value only                                         after an hour of sightings
/// A sighting is a call of `noteStale`, by anyone. They count from the first at which equity < mm at the worst value; one at
/// which it is not ends them, and one more than 15 minutes after the last begins anew.
/// While the chain's sequencer is down and in the grace after it (`IOracle.setSequencer`), start, noteStale, markInsolvent and
/// bid revert with SequencerDown, and no clock runs: the fund's ramp and a note's hour begin anew, lambda goes on from where it stood when
/// the account was last started, bid for, marked or noted.
///
/// While the stale items could cover the account's deficit, the fund pays nothing and there is no discount.
interface IAuction {
    /// An auction began; amounts 1e18. It has equity >= mm only if it began through `noteStale`, for the worst value of the
    /// account's stale items.
    event AuctionStarted(bytes32 indexed account, address indexed starter, int256 equity, uint256 im, uint256 mm);
    /// A slice was sold.
    /// @param fraction    Share of all priced items of the account, 1e18.
    /// @param price       1e18 cash the bidder paid; negative = received.
    /// @param lambda      Most discount per unit of relief, 1e18; less was given where equity was the limit.
    /// @param fundPaid    1e18 cash the insurance fund paid.
    /// @param equityAfter Of the account, 1e18.
    /// @param mmAfter     Of the account, 1e18.
    event BidTaken(bytes32 indexed account, bytes32 indexed bidder, uint256 fraction, int256 price, uint256 lambda, uint256 fundPaid, int256 equityAfter, uint256 mmAfter);
    /// The account's equity is 0 or less, even at the best value of its stale items: the fund's ramp begins, or begins anew.
    /// `equity` at that best value, 1e18.
    event InsolvencyMarked(bytes32 indexed account, int256 equity);
    /// The account was seen with equity < mm at the worst value of its stale items, since `notedAt` (unix seconds) without a
    /// gap of more than 15 minutes; 0 = it is not below, and the note was removed.
    /// @param best  equity - mm at the best, 1e18.
    /// @param worst equity - mm at the worst, 1e18.
    event StaleNoted(bytes32 indexed account, uint64 notedAt, int256 best, int256 worst);
    /// An auction ended. Equity and mm of the account, 1e18.
    /// @param cured False when a bid ended it: the buffer was reached, or no priced item is left. True when `close` ended it:
    ///              the account reached its buffer through deposits, trades or the market.
    event AuctionClosed(bytes32 indexed account, bool cured, int256 equity, uint256 mm);
    /// The rules changed, also of open auctions. Shares 1e18, durations in seconds.
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
    /// equity >= mm: there is nothing to liquidate; in a bid, `close` would end the auction. 1e18.
    error NotLiquidatable(bytes32 account, int256 equity, uint256 mm);
    /// The account's auction is open since `startedAt`, unix seconds.
    error AuctionOpen(bytes32 account, uint64 startedAt);
    /// No auction of this account is open.
    error NoAuction(bytes32 account);
    /// The chain's sequencer is down, or in the grace after it, which ends at resumedAt, unix seconds: retry after that second; 0 =
    /// it is down. Cures and reductions go on.
    error SequencerDown(uint64 resumedAt);
    /// The account's equity, at the best value of its stale items, is above 0; 1e18.
    error NotInsolvent(bytes32 account, int256 equity);
    /// Closing needs equity of `needed`, min((1 + buffer) * mm, im), or equity >= mm and a largest share below minFraction.
    /// Equity is that of the worst value of the stale items, if the auction was started through `noteStale`. 1e18.
    error NotRecovered(bytes32 account, int256 equity, uint256 needed);
    /// The account has equity < mm at the worst value of its stale items only: call `noteStale`
    /// at least every 15 minutes for an hour, retry.
    /// @param notedAt When `noteStale` first saw it so, unix seconds, 0 = never.
    /// @param seenAt  When it last did. If that is more than 15 minutes ago, the hour begins anew.
    /// @param best  equity - mm at the best value of the stale items, 1e18.
    /// @param worst equity - mm at the worst, 1e18.
    error StaleWait(bytes32 account, uint64 notedAt, uint64 seenAt, int256 best, int256 worst);
    /// The account is the vault's own: it is never in auction and never bids.
    error SystemAccount(bytes32 account);
    /// The bidder is the account in auction.
    error SelfBid(bytes32 account);
    /// The share must be `minimum` to `maximum`, 1e18; the maximum is everything.
    error InvalidFraction(uint256 fraction, uint256 minimum, uint256 maximum);
    /// The account has no priced item, or so little that the share rounds to nothing.
    error NothingToSell(bytes32 account, uint256 fraction);
    /// The price is above the bid's limit, which is scaled down with the share; 1e18 cash.
    error PriceAboveLimit(int256 price, int256 maxPrice);
    /// The account's version is not the one that the bid names: its legs or collateral changed.
    error VersionChanged(uint32 version, uint32 expected);
    /// The deadline of the bid has passed; unix seconds.
    error Expired(uint64 deadline, uint64 nowSeconds);
    /// An argument of `setParameters`, at position `parameter` from 0, must be `minimum` to `maximum`.
    error ParameterOutOfRange(uint8 parameter, uint64 given, uint64 minimum, uint64 maximum);
    /// A number of the account would leave its range.
    error ValueOutOfRange(bytes32 account);
    /// An operator bids, and the slice has legs of a venue that the bidding account's owner did not admit.
    error VenueNotAdmitted(bytes32 account, uint16 venue);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether, the oracle's pullPrices excepted.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);
    /// A sibling answered with something that does not decode.
    error BadAnswer(address callee);

    /// Hands the contract to `owner`, names its siblings, sets the default parameters; once.
    /// @custom:caller deployer
    function initialize(address owner, address vault, address margin, address oracle) external;
    /// The owner; before `initialize`, the deployer.
    /// @custom:caller anyone
    function owner() external view returns (address);
    /// The address that ownership is offered to; 0 for none.
    /// @custom:caller anyone
    function pendingOwner() external view returns (address);
    /// Offers ownership to `newOwner`, who must accept it; 0 withdraws the offer.
    /// @custom:caller owner
    function transferOwnership(address newOwner) external;
    /// Takes the ownership that is offered to the caller.
    /// @custom:caller pending owner
    function acceptOwnership() external;
    /// The vault.
    /// @custom:caller anyone
    function vault() external view returns (address);
    /// The margin calculator.
    /// @custom:caller anyone
    function margin() external view returns (address);
    /// The oracle, which is asked about the chain's sequencer only.
    /// @custom:caller anyone
    function oracle() external view returns (address);

    /// Sets the rules of all auctions, open ones included, at once. Shares 1e18, durations in seconds.
    /// Reverts with ParameterOutOfRange; minFraction is at most half the buffer. Defaults: lambdaMax 0.35e18, duration 900,
    /// fundLambdaMax 0.5e18, fundDuration 3600, buffer 0.15e18, minFraction 0.01e18.
    /// @custom:caller owner
    function setParameters(uint64 lambdaMax, uint32 duration, uint64 fundLambdaMax, uint32 fundDuration, uint64 buffer, uint64 minFraction) external;
    /// The rules of all auctions. Shares 1e18, durations in seconds.
    /// @custom:caller anyone
    function parameters() external view returns (uint64 lambdaMax, uint32 duration, uint64 fundLambdaMax, uint32 fundDuration, uint64 buffer, uint64 minFraction);

    /// Opens an auction when equity < mm at the best value of the stale items; or at their worst value, after an hour of
    /// sightings by `noteStale`, the last at most 15 minutes ago.
    /// @custom:caller anyone
    function start(bytes32 account) external;
    /// A sighting: notes that equity < mm at the worst value of the stale items; otherwise removes the note. One more than 15
    /// minutes after the last begins a new note.
    /// @custom:caller anyone
    function noteStale(bytes32 account) external;
    /// Begins the fund's ramp of an account in auction with equity <= 0 at the best value of its stale items, or keeps it
    /// running; it begins anew 15 minutes after the last call. Ends the ramp when equity is above 0 again, so that the next one
    /// begins at 0. `start` and `bid` do the same.
    /// @custom:caller anyone
    function markInsolvent(bytes32 account) external;
    /// Takes a slice. Each bid raises equity - mm. A bid ends the auction when the account reaches the buffer,
    /// min((1 + buffer) * mm, im), or when equity >= mm and the share still to be sold is below minFraction, or when no priced
    /// item is left. Afterwards the bidding account must have equity >= bidIm of its `Assessment`, or be safer than before.
    ///
    /// Warning: the slice brings the bidding account legs of venues that its owner may not have admitted.
    /// @custom:caller bidding account's owner; its operator, if the owner admitted all venues in the slice
    function bid(Bid calldata b) external returns (uint256 fraction, int256 price);
    /// Ends the auction of an account that has reached its buffer, or has equity >= mm and less than minFraction to sell. Reverts
    /// with NotRecovered.
    /// @custom:caller anyone
    function close(bytes32 account) external;
    /// Whether `start` would succeed now.
    /// @custom:caller anyone
    function isLiquidatable(bytes32 account) external view returns (bool);
    /// The state of the account's auction now; if none is open (startedAt 0), of one without discount.
    /// @custom:caller anyone
    function state(bytes32 account) external view returns (AuctionState memory);
}
