// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

/// A spot price as the house uses it.
/// @param value      1e18 settlement coin per whole unit. Of an answer that is only too old, that answer; 0 after any
///                   other fault.
/// @param confidence How far the true price may be from it, a share of it, 1e18: a constant of the feed.
/// @param updatedAt  When the feed says it was observed, unix seconds; 0 when it did not answer.
/// @param fresh      False when stale, non-positive, from the future, out of bounds, or the feed failed.
struct Price {
    uint256 value;
    uint64 confidence;
    uint64 updatedAt;
    bool fresh;
}

/// Market data of one expiry, as it is pushed. The EIP-712 type has these fields in this order.
/// The surface is a slice of total variance: w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), k = ln(strike /
/// forward). All 1e18.
/// @param underlying Its number.
/// @param expiryDay  Days since 1970-01-01; it expires at 08:00 UTC.
/// @param forward    The part of the forward that moves with the market. Before the settlement window, all of it;
///                   inside it, live forward x (window - elapsed) / window; from expiry on 0.
/// @param fixedPart  The part that the window has fixed: mean price so far x elapsed / window. From expiry on the
///                   settlement price.
/// @param discount   Discount factor, above 0, at most 1. It and the surface are not looked at from expiry on.
struct ExpiryUpdate {
    uint16 underlying;
    uint16 expiryDay;
    uint128 forward;
    uint128 fixedPart;
    uint64 discount;
    int128 a;
    int128 b;
    int128 rho;
    int128 m;
    int128 sigma;
}

/// Market data of one expiry, as it is stored: binary fractions, shown in 1e18. a, b, rho, m and sigma are at most
/// 14e-18 below what was pushed, the others equal it. A settled expiry has discount 1 and no surface.
/// @param updatedAt When it was observed, unix seconds; 0 when it was never pushed.
/// @param fresh     Settled, or not older than allowed.
/// @param settled   fixedPart is the settlement price; it is final.
struct ExpiryData {
    uint128 forward;
    uint128 fixedPart;
    uint64 discount;
    int128 a;
    int128 b;
    int128 rho;
    int128 m;
    int128 sigma;
    uint64 updatedAt;
    bool fresh;
    bool settled;
}

/// Chainlink AggregatorV3 feeds with staleness and bounds, by feed number; forwards and variance surfaces by underlying
/// and expiry day, pushed by anybody with enough signatures.
///
/// A feed is called with 150,000 gas and must answer exactly the words it promises; whatever else it does is its own
/// price's fault. A feed number's decimals are frozen once it is listed.
interface IOracle {
    /// Ages in seconds; prices and confidence 1e18.
    event FeedSet(uint16 indexed feed, address indexed aggregator, uint8 decimals, uint32 maxAge, uint256 minPrice, uint256 maxPrice, uint64 confidence);
    /// `maxBasis` a share of spot, 1e18.
    event SurfaceTermsSet(uint16 indexed underlying, uint16 indexed feed, uint32 maxAge, uint64 maxBasis);
    /// `signers` tells who they are.
    event SignersSet(uint8 count, uint8 threshold);
    /// Forward and fixed part 1e18.
    event ExpiryPushed(uint16 indexed underlying, uint16 indexed expiryDay, uint128 forward, uint128 fixedPart, uint64 observedAt);
    /// The settlement price, 1e18.
    event Settled(uint16 indexed underlying, uint16 indexed expiryDay, uint128 price, uint64 observedAt);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error NotOwner(address caller, address owner);
    error AlreadyInitialized();
    /// `initialize` has not run, and nothing else can be done before it.
    error NotInitialized();
    /// Of no kind the oracle answers.
    error InvalidKey(uint256 key);
    /// Not listed.
    error UnknownFeed(uint16 feed);
    /// Number or aggregator 0.
    error InvalidFeed(uint16 feed, address aggregator);
    /// The aggregator reverted, ran out of its gas, or answered with the wrong number of bytes.
    /// @param reason What it said, at most 256 bytes: revert data or answer.
    error FeedFailed(uint16 feed, address aggregator, bytes reason);
    /// The aggregator says it has more than `limit` decimals.
    error TooManyFeedDecimals(uint16 feed, uint256 decimals, uint256 limit);
    /// Decimals of a listed feed cannot change.
    error FeedDecimalsFrozen(uint16 feed, uint8 decimals, uint8 given);
    /// Seconds, 1..limit.
    error MaxAgeOutOfRange(uint32 maxAge, uint32 limit);
    /// Must be 0 < minPrice < maxPrice <= limit, all 1e18.
    error InvalidBounds(uint256 minPrice, uint256 maxPrice, uint256 limit);
    /// A bound that is not an 18-bit number times a power of ten.
    error TooManyDigits(uint256 price);
    /// Not a multiple of the step (0.05 %), or above the limit; all 1e18.
    error InvalidConfidence(uint64 confidence, uint64 step, uint64 limit);
    /// Another aggregator differs from the listed one, which is fresh, by more than the limit (2 %); all 1e18.
    error PriceWouldJump(uint16 feed, uint256 price, uint256 newPrice, uint256 limit);
    /// Older than maxAge, or of a round without a time (updatedAt 0).
    error StalePrice(uint16 feed, uint64 updatedAt, uint64 nowSeconds, uint32 maxAge);
    /// The feed says it was observed later than now.
    error PriceFromFuture(uint16 feed, uint256 updatedAt, uint64 nowSeconds);
    /// Zero or negative, or less than 1e-18; the answer in the feed's own decimals.
    error InvalidPrice(uint16 feed, int256 answer);
    /// Outside its bounds, which are inclusive; all 1e18, the price saturated at 2^128 - 1.
    error PriceOutOfBounds(uint16 feed, uint256 price, uint256 minPrice, uint256 maxPrice);
    /// A feed failed and the caller had left too little gas for what it may use: send more, it may be alive.
    error InsufficientGas(uint256 have, uint256 needed);
    /// Feeds asked about at once (32), keys of a snapshot (64), updates of one push (32).
    error TooManyItems(uint256 given, uint256 limit);
    /// Number 0, or it has no surface terms.
    error UnknownUnderlying(uint16 underlying);
    /// 1..limit, 1e18.
    error MaxBasisOutOfRange(uint64 maxBasis, uint64 limit);
    /// Must be 1 <= threshold <= count <= limit.
    error InvalidThreshold(uint256 count, uint8 threshold, uint256 limit);
    /// The signer at this index, of those being set or of a push, does not have a greater address than the one before.
    error SignersNotAscending(uint256 index, address signer);
    /// What the signature at hand recovers to is no signer. A signature over other data, or for another chain or
    /// contract, recovers to an arbitrary address.
    error UnknownSigner(address signer);
    /// Not 65 bytes, v neither 27 nor 28, s above half the order, or it recovers to nothing.
    error InvalidSignature(uint256 index);
    /// Also before signers are set, when the threshold is 0.
    error TooFewSignatures(uint256 given, uint8 threshold);
    /// Updates ascend strictly by (underlying, expiryDay); this is the first that does not.
    error UpdatesNotAscending(uint16 underlying, uint16 expiryDay);
    /// The observation is later than now.
    error ObservedInFuture(uint64 observedAt, uint64 nowSeconds);
    /// Older than the surface terms of the underlying allow, seconds.
    error ObservedTooLongAgo(uint16 underlying, uint64 observedAt, uint64 nowSeconds, uint32 maxAge);
    /// What is stored was observed at updatedAt, not before observedAt; and nothing else of the push can be stored.
    error NotNewer(uint16 underlying, uint16 expiryDay, uint64 observedAt, uint64 updatedAt);
    /// The expiry is settled, at this price (1e18); and nothing else of the push can be stored.
    error SettlementFinal(uint16 underlying, uint16 expiryDay, uint128 price);
    /// forward + fixedPart is 0 or above the limit (2^106); all 1e18.
    error ForwardOutOfRange(uint16 underlying, uint16 expiryDay, uint128 forward, uint128 fixedPart, uint128 limit);
    /// Before expiry forward is above 0, and fixedPart is 0 if it was observed before windowStart.
    error ForwardNotLive(uint16 underlying, uint16 expiryDay, uint128 forward, uint128 fixedPart, uint64 observedAt, uint64 windowStart);
    /// From expiry on forward is 0, fixedPart above 0, and observedAt not before expiry.
    error SettlementOnly(uint16 underlying, uint16 expiryDay, uint128 forward, uint128 fixedPart, uint64 observedAt, uint64 expiry);
    /// Before the settlement window forward differs from spot by more than the limit; in it, the variable part alone is
    /// above spot by more than that. All 1e18.
    error ForwardTooFar(uint16 underlying, uint16 expiryDay, uint128 forward, uint128 spot, uint128 limit);
    /// From the settlement window on: both parts together are not between an eighth of fresh spot, rounded up, and eight
    /// times it; all 1e18.
    error SettlementOutOfRange(uint16 underlying, uint16 expiryDay, uint128 price, uint128 lowest, uint128 highest);
    /// Above 0, at most 1e18.
    error DiscountOutOfRange(uint16 underlying, uint16 expiryDay, uint64 discount);
    /// The underlying has `limit` expiries that are to come.
    error TooManyExpiries(uint16 underlying, uint16 expiryDay, uint256 limit);
    /// |a| above 127, |m| above 16, or a total variance of 127 or more at a checked strike.
    error SurfaceOutOfRange(uint16 underlying, uint16 expiryDay);
    /// b < 0.
    error NegativeSlope(uint16 underlying, uint16 expiryDay, int128 b);
    /// |rho| >= 1.
    error Correlation(uint16 underlying, uint16 expiryDay, int128 rho);
    /// sigma outside 2^-20 .. 16.
    error Width(uint16 underlying, uint16 expiryDay, int128 sigma);
    /// The least variance, a + b sigma sqrt(1 - rho^2), is negative.
    error NegativeVariance(uint16 underlying, uint16 expiryDay, int128 least);
    /// b (1 + |rho|) above 2.
    error WingSlope(uint16 underlying, uint16 expiryDay, int128 slope);
    /// Durrleman's g at log-moneyness k is negative: a butterfly there costs less than nothing.
    error Butterfly(uint16 underlying, uint16 expiryDay, int128 k, int128 g);
    /// Total variance at log-moneyness k falls from the near expiry to the far one, where an option of the near one is worth
    /// something.
    error Calendar(uint16 underlying, uint16 nearDay, uint16 farDay, int128 k, int128 near, int128 far);
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
    /// Reverts with InvalidFeed, MaxAgeOutOfRange, InvalidBounds, InvalidConfidence, TooManyDigits, FeedFailed,
    /// TooManyFeedDecimals, FeedDecimalsFrozen, PriceWouldJump, and for a replacement that is not fresh with the errors of `price`.
    /// @param feed       Number to use elsewhere, not 0.
    /// @param aggregator Chainlink AggregatorV3 contract; its `decimals()` is read now and frozen, at most 36.
    /// @param maxAge     Seconds, 1..172800; an answer of exactly this age is fresh.
    /// @param minPrice   1e18, inclusive; > 0; an 18-bit number times a power of ten.
    /// @param maxPrice   1e18, inclusive; > minPrice, <= 1e33; likewise.
    /// @param confidence 1e18: how far the true price may be from an answer, a share of it (for a Chainlink feed its
    ///                   deviation threshold); a multiple of 0.05 %, at most 12.75 %.
    function setFeed(uint16 feed, address aggregator, uint32 maxAge, uint256 minPrice, uint256 maxPrice, uint64 confidence) external;

    /// Zeros when not listed.
    function feed(uint16 feed) external view returns (address aggregator, uint8 decimals, uint32 maxAge, uint256 minPrice, uint256 maxPrice, uint64 confidence);

    /// Total: never reverts for a listed feed, whatever the aggregator does. At most 32 feeds.
    /// Reverts with TooManyItems, UnknownFeed, InsufficientGas.
    function prices(uint16[] calldata feeds) external view returns (Price[] memory);

    /// Strict: 1e18 per unit, rounded down where the feed has more than 18 decimals; or why there is none.
    /// Reverts with UnknownFeed, FeedFailed, StalePrice, PriceFromFuture, InvalidPrice, PriceOutOfBounds,
    /// InsufficientGas.
    function price(uint16 feed) external view returns (uint256 value);

    /// What pushes for an underlying are held to. Owner only; at once, also for what is stored.
    /// Reverts with UnknownUnderlying, UnknownFeed, MaxAgeOutOfRange, MaxBasisOutOfRange.
    /// @param underlying Not 0.
    /// @param feed       Of spot, listed.
    /// @param maxAge     Seconds, 1..172800; an observation of exactly this age is fresh.
    /// @param maxBasis   1e18: the most a forward may differ from spot before its settlement window, and its variable
    ///                   part be above spot in it, a share of spot; above 0, at most 1.
    function setSurfaceTerms(uint16 underlying, uint16 feed, uint32 maxAge, uint64 maxBasis) external;

    /// Zeros when not set.
    function surfaceTerms(uint16 underlying) external view returns (uint16 feed, uint32 maxAge, uint64 maxBasis);

    /// Who signs pushes, and how many of them must. Owner only.
    /// Reverts with InvalidThreshold, SignersNotAscending.
    /// @param signers   Ascending, 1 to 16.
    /// @param threshold 1 to their number.
    function setSigners(address[] calldata signers, uint8 threshold) external;

    /// None and 0 before they are set.
    function signers() external view returns (address[] memory signers, uint8 threshold);

    /// EIP-712: name "Plimsoll Oracle", version "1", this chain's id, this contract.
    function domainSeparator() external view returns (bytes32);

    /// Stores market data of expiries that enough signers have signed: EIP-712, with this domain, the struct
    ///   PushExpiries(ExpiryUpdate[] updates,uint64 observedAt)
    /// Anybody may call. An update is skipped, without an event, where what is stored is settled or was not observed
    /// before observedAt: whoever submits part of it first cannot block the rest. Of what is not skipped all is stored or
    /// nothing, and checked against what is stored then.
    ///
    /// Before expiry: forward > 0; fixedPart > 0 only if observed in the settlement window, the last 30 minutes before
    /// it. Before the window forward is no further from spot than maxBasis. In the window forward is at most spot plus
    /// maxBasis, and both parts together between spot / 8 and 8 spot: the fixed part is of past prices. Spot must be
    /// fresh. The surface is without negative variance, without negative density at any strike that trades, and without
    /// calendar arbitrage against the expiries before and after it, as far as those are fresh: out to 8 deviations of the
    /// nearer expiry, and as far as its options are worth something.
    /// From expiry on: exactly one update, the settlement: forward 0, fixedPart the settlement price, observed at or
    /// after expiry; between spot / 8 and 8 spot if spot is fresh, against a slip of the comma, for it is fresh for ever
    /// and nothing replaces it. Without fresh spot nothing holds it but the signers.
    /// Between expiry and settlement what was pushed before goes stale by age.
    ///
    /// Warning: whoever holds signed pushes chooses when to submit them, within maxAge, and need not submit all: keep
    /// maxAge as short as pushes are frequent.
    ///
    /// Reverts with any error above from TooManyItems on except those of the setters, with UnknownUnderlying, and
    /// before expiry with the errors of `price`; with NotNewer or SettlementFinal, of the first update, when all are
    /// skipped.
    /// @param updates    Ascending by (underlying, expiryDay), at most 32.
    /// @param observedAt Unix seconds: later than what is stored for one at least, not after now, at most maxAge ago.
    /// @param signatures Ascending by signer's address; 65 bytes r, s, v with v 27 or 28 and s in the lower half.
    function pushExpiries(ExpiryUpdate[] calldata updates, uint64 observedAt, bytes[] calldata signatures) external;

    /// Zeros when never pushed.
    function expiry(uint16 underlying, uint16 expiryDay) external view returns (ExpiryData memory);

    /// Days, ascending: all pushed expiries that are to come (at most 16), and of those that are past as many as there
    /// is room for.
    function expiries(uint16 underlying) external view returns (uint16[] memory);

    /// All that a margin check needs, at once: words, in the order of the keys. Total: neither a feed's nor a surface's
    /// state makes it revert. A key is a kind shifted left by 32, plus a number.
    ///   4 << 32 | feed                          one word:    price value(128) ‖ confidence(64), both 1e18 ‖ zero(62) ‖
    ///                                           unknown(1) ‖ fresh(1); unknown: nothing usable is known, and the value is
    ///                                           the most it can be, the feed's upper bound
    ///   5 << 32 | underlying << 16 | expiryDay  three words: the expiry, zeros where it was never pushed
    ///   6 << 32 | underlying                    three words: its first listed expiry after now, if it is at most 172,800
    ///                                           seconds away, else zeros
    /// An expiry is three words:
    ///   forward(128) ‖ fixedPart(128), 1e18
    ///   a(64) ‖ b(64) ‖ rho(64) ‖ m(64), signed, 56 binary places
    ///   sigma(64), 56 binary places ‖ discount(64), 62 binary places ‖ updatedAt(64) ‖ expiryDay(16) ‖ zero(47) ‖ fresh(1)
    ///
    /// Reverts with TooManyItems (64 keys), InvalidKey, UnknownFeed, InsufficientGas.
    function snapshot(uint256[] calldata keys) external view returns (uint256[] memory words);
}
