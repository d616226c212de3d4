// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

/// A spot price as the house uses it.
/// @param value      1e18 settlement coin per whole unit. If the feed's answer is too old, not confirmed, too uncertain, or not
///                   what the second source says, or from before a restart, that answer; after any other fault 0.
/// @param confidence How far the true price may be from it, a share of it, 1e18: a constant of the feed; more where the source
///                   reports more, or a second source says another price.
/// @param updatedAt  When the feed says it was observed, unix seconds; 0 when it did not answer.
/// @param fresh      True where `price` would not revert.
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
/// @param ratio      The part of the forward that moves with the market, as a share of spot: both of one source and one
///                   second. Before the settlement window forward / spot; inside it that x (window - elapsed) / window;
///                   from expiry on 0.
/// @param fixedPart  The part that the window has fixed: mean price so far x elapsed / window. From expiry on the
///                   settlement price.
/// @param discount   Discount factor D, above 0, at most 1, with -ln D / tau at most 50 % a year (tau from the observation to
///                   expiry, a day at the least). It and the surface are not looked at from expiry on.
struct ExpiryUpdate {
    uint16 underlying;
    uint16 expiryDay;
    uint64 ratio;
    uint128 fixedPart;
    uint64 discount;
    int128 a;
    int128 b;
    int128 rho;
    int128 m;
    int128 sigma;
}

/// Market data of one expiry, as it is stored: binary fractions, shown in 1e18. a, b, rho, m and sigma are at most
/// 14e-18 below the pushed values, the others equal them. A settled expiry has discount 1 and no surface.
/// @param ratio     As pushed.
/// @param forward   The part of the forward that moves, at the last price of spot, stale or not: ratio x spot; in the settlement
///                  window that x the share of what was left of the window at updatedAt, or at its begin where that is later, that is
///                  left now; 0 from expiry on, and where no price of spot is known.
/// @param fixedPart The part that is fixed: as pushed, and what the time since has fixed of ratio x spot; 0 where no price of
///                  spot is known and ratio is not 0.
/// @param updatedAt When it was observed, unix seconds; 0 when it was never pushed.
/// @param fresh     Settled, or before expiry and not older than allowed, also by the sequencer's state.
/// @param settled   fixedPart is the settlement price; it is final.
struct ExpiryData {
    uint64 ratio;
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

/// The size of an underlying's market, as signers push it. The EIP-712 type has these fields in this order.
/// Both numbers are in one unit, whole units of the underlying, 1e18.
/// @param underlying   Its number.
/// @param openInterest At the house: the sum of |linear positions|, and of |option positions| each times min(1, MM of one alone /
///                     MM of a linear unit).
/// @param volume       What is traded in an hour elsewhere; not 0.
/// @param observedAt   Unix seconds.
struct MarketSize {
    uint16 underlying;
    uint128 openInterest;
    uint128 volume;
    uint64 observedAt;
}

/// What is stored of an underlying's market. Sizes 1e18 units, multipliers 1e18, times in unix seconds, hours since 1970.
/// @param openInterest         Of the last push. The smaller of this and the previous counts.
/// @param previousOpenInterest Of the push before; 0 when there was none.
/// @param volume               Of the last push; 0 when there was none.
/// @param observedAt           Of the last push.
/// @param hour                 The last hour that was sampled or left out; 0 = none.
/// @param priceHour            The last hour with a price of the underlying's feed; 0 = none.
/// @param price                That price, 1e18.
/// @param sampledAt            When the multipliers were last sampled; 0 = never.
/// @param scan                 m, of the scan in the initial requirement.
/// @param scanFollowing        m', of the scan in the maintenance requirement.
/// @param cost                 c, of closing costs in the initial requirement.
/// @param costFollowing        c', of closing costs in the maintenance requirement.
struct MarketData {
    uint128 openInterest;
    uint128 previousOpenInterest;
    uint128 volume;
    uint64 observedAt;
    uint64 hour;
    uint64 priceHour;
    uint128 price;
    uint64 sampledAt;
    uint64 scan;
    uint64 scanFollowing;
    uint64 cost;
    uint64 costFollowing;
}

/// Terms of a feed.
/// @param maxAge     Seconds, 1..172800; an answer of exactly this age is fresh.
/// @param minPrice   1e18, inclusive; > 0; an 18-bit number times a power of ten.
/// @param maxPrice   1e18, inclusive; > minPrice, <= 1e33; likewise.
/// @param confidence 1e18: how far the true price may be from an answer at least, a share of it; a multiple of 0.05 %, at most
///                   12.75 %.
struct FeedTerms {
    uint32 maxAge;
    uint256 minPrice;
    uint256 maxPrice;
    uint64 confidence;
}

/// What the price of a vault's shares is made of.
/// @param assetFeed  Feed of the vault's asset.
/// @param marketFeed Feed of the shares' own market: the lower of both prices counts. 0 = none.
/// @param rate       Assets of a share, 1e18, at which the line begins that the rate counts up to; the rate now if that is
///                   lower.
/// @param growth     What the line grows by in a year of 365 days, a share of `rate`, 1e18; at most 1.
struct VaultTerms {
    uint16 assetFeed;
    uint16 marketFeed;
    uint128 rate;
    uint64 growth;
}

/// What a feed rests on beside its terms. Fields that its source does not have are 0.
/// @param source      0 Chainlink, 1 Pyth, 2 ERC-4626.
/// @param phase       Chainlink: phase of the round that decimals and limits were last checked at, modulo 32.
/// @param largestMove Chainlink: how far a round may be from the round before, a share of that, 1e18; 0 = as far as it likes.
/// @param second      Another feed that must agree; 0 = none.
/// @param tolerance   How far from it, a share of this feed's price, 1e18.
/// @param priceId     Pyth: the price's id.
/// @param assetFeed   ERC-4626: feed of the asset.
/// @param marketFeed  ERC-4626: feed of the shares' own market; 0 = none.
/// @param rate        ERC-4626: assets of a share at which the line of its rate begins, 1e18.
/// @param since       ERC-4626: when it begins, unix seconds.
/// @param growth      ERC-4626: what it grows by in a year, a share of `rate`, 1e18.
struct FeedSource {
    uint8 source;
    uint8 phase;
    uint64 largestMove;
    uint16 second;
    uint64 tolerance;
    bytes32 priceId;
    uint16 assetFeed;
    uint16 marketFeed;
    uint128 rate;
    uint64 since;
    uint64 growth;
}

/// Feeds of Chainlink, Pyth and ERC-4626 vaults with staleness and bounds, by feed number; forwards and variance surfaces by underlying
/// and expiry day, pushed by any caller with enough signatures.
///
/// A feed is called with 150,000 gas and must answer exactly the words of its interface. If it reverts, uses up its gas or
/// answers anything else, its own price is not fresh and nothing else is affected. A feed number's decimals are frozen once
/// it is listed.
interface IOracle {
    /// A feed was listed or its terms changed. Ages in seconds; prices and confidence 1e18.
    event FeedSet(uint16 indexed feed, address indexed aggregator, uint8 decimals, uint32 maxAge, uint256 minPrice, uint256 maxPrice, uint64 confidence);
    /// The uptime feed of the chain's sequencer was named, 0 = none; `grace` in seconds.
    event SequencerSet(address indexed feed, uint32 grace);
    /// The feed is the price of this id at the Pyth contract that FeedSet names.
    event PythFeedSet(uint16 indexed feed, bytes32 id);
    /// The feed is the shares of the vault that FeedSet names. `rate` in assets of a share, `growth` a year; 1e18.
    event VaultFeedSet(uint16 indexed feed, uint16 assetFeed, uint16 marketFeed, uint128 rate, uint64 growth);
    /// How far a round may be from the round before changed; a share of it, 1e18, 0 = as far as it likes.
    event LargestMoveSet(uint16 indexed feed, uint64 largestMove);
    /// The other feed that must agree changed, 0 = none; the tolerance is a share of the feed's price, 1e18.
    event SecondSourceSet(uint16 indexed feed, uint16 second, uint64 tolerance);
    /// Decimals and limits of a feed were checked again, at a round of this phase (modulo 32).
    event FeedChecked(uint16 indexed feed, uint8 phase);
    /// The terms of pushes for an underlying changed. `maxAge` in seconds, `maxBasis` 1e18, `ratioMove` millionths a minute,
    /// `rateMove` millionths a year an hour.
    event SurfaceTermsSet(uint16 indexed underlying, uint16 indexed feed, uint32 maxAge, uint64 maxBasis, uint16 ratioMove, uint16 rateMove);
    /// The signers of pushes and their threshold changed; the function `signers` returns their addresses.
    event SignersSet(uint8 count, uint8 threshold);
    /// Market data of an expiry was stored. Ratio and fixed part 1e18; `observedAt` unix seconds.
    event ExpiryPushed(uint16 indexed underlying, uint16 indexed expiryDay, uint64 ratio, uint128 fixedPart, uint64 observedAt);
    /// Of a push nothing was stored for this underlying; what it has for others was. `reason` is the error of the first update
    /// that was refused, selector and arguments.
    event PushRefused(uint16 indexed underlying, bytes reason);
    /// The size of an underlying's market was stored; 1e18 units, unix seconds.
    event MarketSizePushed(uint16 indexed underlying, uint128 openInterest, uint128 volume, uint64 observedAt);
    /// Hours up to `hour` (since 1970) were sampled, `proven` of them with a price; the multipliers are these, 1e18: see MarketData.
    event MultipliersSampled(uint16 indexed underlying, uint64 hour, uint64 proven, uint64 scan, uint64 scanFollowing, uint64 cost, uint64 costFollowing);
    /// An expiry was settled at `price`, 1e18; this is final.
    event Settled(uint16 indexed underlying, uint16 indexed expiryDay, uint128 price, uint64 observedAt);
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
    /// The key's kind is none of 4 to 8: see `snapshot`.
    error InvalidKey(uint256 key);
    /// No feed is listed under this number.
    error UnknownFeed(uint16 feed);
    /// The feed's number or its aggregator is 0.
    error InvalidFeed(uint16 feed, address aggregator);
    /// The aggregator reverted, ran out of its gas, or answered with the wrong number of bytes.
    /// @param reason The first 256 bytes of its revert data or answer.
    error FeedFailed(uint16 feed, address aggregator, bytes reason);
    /// The aggregator says it has more than `limit` decimals.
    error TooManyFeedDecimals(uint16 feed, uint256 decimals, uint256 limit);
    /// The aggregator has `given` decimals; a listed feed keeps its `decimals`.
    error FeedDecimalsFrozen(uint16 feed, uint8 decimals, uint8 given);
    /// The age must be 1..limit seconds.
    error MaxAgeOutOfRange(uint32 maxAge, uint32 limit);
    /// The bounds must be 0 < minPrice < maxPrice <= limit, all 1e18.
    error InvalidBounds(uint256 minPrice, uint256 maxPrice, uint256 limit);
    /// The bound is not an 18-bit number times a power of ten; 1e18.
    error TooManyDigits(uint256 price);
    /// The confidence is not a multiple of `step` (0.05 %), or above `limit`; all 1e18.
    error InvalidConfidence(uint64 confidence, uint64 step, uint64 limit);
    /// Another aggregator differs from the listed one, which is fresh, by more than the limit (2 %); all 1e18.
    error PriceWouldJump(uint16 feed, uint256 price, uint256 newPrice, uint256 limit);
    /// The bounds (1e18) are not strictly inside the least and the greatest answer of the aggregator (in its decimals): an answer
    /// that it has cut off would count as a price.
    error BoundsNotInside(uint16 feed, uint256 minPrice, uint256 maxPrice, int256 minAnswer, int256 maxAnswer);
    /// The part is not listed, is the feed itself, or is the feed of a vault.
    error InvalidPart(uint16 feed, uint16 part);
    /// The rate is 0, now or as given: no share exists, or shares redeem for nothing. 1e18.
    error InvalidRate(uint128 rate, uint128 nowRate);
    /// The growth of a vault's rate is above the limit; 1e18 a year.
    error GrowthTooHigh(uint64 growth, uint64 limit);
    /// The largest move is not a multiple of `step` (0.5 %), or above `limit`; all 1e18.
    error InvalidMove(uint64 largestMove, uint64 step, uint64 limit);
    /// The feed is not Chainlink's: its source has no rounds and no phases.
    error NoRounds(uint16 feed);
    /// The feed is not Pyth's: nobody has to bring its prices.
    error NotPulled(uint16 feed);
    /// The call brought `sent` wei and Pyth asks for `fee`: send as much as `getUpdateFee` of its contract says.
    error FeeTooSmall(uint256 sent, uint256 fee);
    /// The caller did not take back what was left of the ether, wei: send exactly the fee.
    error RefundFailed(address to, uint256 amount);
    /// The proxy points at another aggregator, whose decimals differ from those of the feed, or whose least or greatest answer
    /// is not strictly outside the feed's bounds: `recheckFeed` says which.
    error FeedChanged(uint16 feed, address aggregator);
    /// The last round is further than largestMove from the round before, or that one cannot be read (`before` is 0), and it is not
    /// 300 seconds old: wait for another round, or until updatedAt + 300. Prices and share 1e18.
    error MoveNotConfirmed(uint16 feed, uint256 price, uint256 before, uint64 largestMove, uint64 updatedAt);
    /// The confidence that the source reports is above the limit; shares of the price, 1e18.
    error ConfidenceTooWide(uint16 feed, uint64 confidence, uint64 limit);
    /// The feed `part`, which this feed is made of or must agree with, is not fresh: `price(part)` says why.
    error PartNotFresh(uint16 feed, uint16 part);
    /// The second source differs by more than the tolerance, a share of the price; all 1e18.
    error SourcesApart(uint16 feed, uint256 price, uint256 otherPrice, uint64 tolerance);
    /// The feed's answer is older than maxAge seconds, or its round has no time (updatedAt 0).
    error StalePrice(uint16 feed, uint64 updatedAt, uint64 nowSeconds, uint32 maxAge);
    /// The feed's answer has a time later than now; unix seconds.
    error PriceFromFuture(uint16 feed, uint256 updatedAt, uint64 nowSeconds);
    /// The feed's answer is zero, negative or less than 1e-18; in the feed's own decimals.
    error InvalidPrice(uint16 feed, int256 answer);
    /// The price is outside the feed's bounds, which are inclusive; all 1e18, the price saturated at 2^128 - 1.
    error PriceOutOfBounds(uint16 feed, uint256 price, uint256 minPrice, uint256 maxPrice);
    /// The sequencer is not up, or went down after 07:30 UTC of the expiry's day, or its feed fails: rounds were held up, so signers
    /// settle, an hour after expiry.
    error WindowInterrupted(uint16 underlying, uint16 expiryDay);
    /// The sequencer restarted at restartedAt, or went down then, and its grace is not over; the feed's answer was observed
    /// before: wait for a newer round. Unix seconds.
    error ObservedBeforeRestart(uint16 feed, uint256 updatedAt, uint64 restartedAt);
    /// The grace must be 1..limit seconds.
    error GraceOutOfRange(uint32 grace, uint32 limit);
    /// The uptime feed reverted, answered with the wrong number of bytes, or answers neither 0 nor 1.
    /// @param reason The first 256 bytes of its revert data or answer; for a wrong answer, that word.
    error UptimeFeedFailed(address feed, bytes reason);
    /// The feed has no round with this number, or none that was ever observed.
    error RoundNotFound(uint16 feed, uint80 roundId);
    /// The round is not the one in force at pointInTime, unix seconds: otherId, observed at observedAt, is later and no later than
    /// it; or, where otherId is roundId, the round itself was observed after it, or it is not before now.
    error RoundNotInForce(uint16 feed, uint80 roundId, uint64 pointInTime, uint256 observedAt, uint80 otherId);
    /// The round's phase is more than `limit` phases before `newest`, the feed's newest.
    error RoundOfOldPhase(uint16 feed, uint80 roundId, uint16 newest, uint16 limit);
    /// A feed failed while less gas was left than `needed`, the gas that the call of a feed may use: retry with more gas.
    error InsufficientGas(uint256 have, uint256 needed);
    /// Too many feeds of one `prices` call (limit 32), keys of a snapshot (72), updates (32), sizes (32) or signatures (16) of one
    /// push, rounds of one `sample` (24), or items of one `pullPrices` (32).
    error TooManyItems(uint256 given, uint256 limit);
    /// The hour, since 1970, has not begun, or begins in this second: there is nothing to sample yet.
    error HourNotOver(uint16 underlying, uint64 hour);
    /// No rounds were given.
    error NoHours(uint16 underlying);
    /// A size must be observed at least six hours after the last one, at `earliest`, unix seconds.
    error MarketSizeTooEarly(uint16 underlying, uint64 observedAt, uint64 earliest);
    /// Open interest (number 0) or volume (number 1) must be least..most: each at most doubles or halves in a day; open interest may
    /// always be up to 40 % of an hour's volume. 1e18 units.
    error MarketSizeTooFar(uint16 underlying, uint8 number, uint128 value, uint128 least, uint128 most);
    /// The underlying's number is 0, or it has no surface terms.
    error UnknownUnderlying(uint16 underlying);
    /// maxBasis must be 1..limit, 1e18.
    error MaxBasisOutOfRange(uint64 maxBasis, uint64 limit);
    /// The signers' count and threshold must be 1 <= threshold <= count <= limit.
    error InvalidThreshold(uint256 count, uint8 threshold, uint256 limit);
    /// The signer at this index, of those being set or of a push, does not have a greater address than the one before.
    error SignersNotAscending(uint256 index, address signer);
    /// A signature recovers to an address that is not a signer. A signature over other data, or for another chain or
    /// contract, recovers to an arbitrary address.
    error UnknownSigner(address signer);
    /// The signature at `index` is not 65 bytes, has v other than 27 and 28 or s above half the order, or recovers to no
    /// address.
    error InvalidSignature(uint256 index);
    /// The push has fewer signatures than `threshold`; or no signers are set yet, when the threshold is 0.
    error TooFewSignatures(uint256 given, uint8 threshold);
    /// Updates must ascend strictly by (underlying, expiryDay); this is the first that does not.
    error UpdatesNotAscending(uint16 underlying, uint16 expiryDay);
    /// The push was observed later than now; unix seconds.
    error ObservedInFuture(uint64 observedAt, uint64 nowSeconds);
    /// The push was observed more than maxAge seconds ago, the most that the underlying's terms allow.
    error ObservedTooLongAgo(uint16 underlying, uint64 observedAt, uint64 nowSeconds, uint32 maxAge);
    /// The stored data was observed at updatedAt, not before this push, and no other update of the push can be stored.
    error NotNewer(uint16 underlying, uint16 expiryDay, uint64 observedAt, uint64 updatedAt);
    /// The expiry is settled at this price (1e18), and no other update of the push can be stored.
    error SettlementFinal(uint16 underlying, uint16 expiryDay, uint128 price);
    /// ratio and fixedPart are both 0, or fixedPart is above the limit (2^106); all 1e18.
    error ForwardOutOfRange(uint16 underlying, uint16 expiryDay, uint64 ratio, uint128 fixedPart, uint128 limit);
    /// Before expiry ratio must be above 0, and fixedPart 0 if the push was observed before windowStart. 1e18.
    error ForwardNotLive(uint16 underlying, uint16 expiryDay, uint64 ratio, uint128 fixedPart, uint64 observedAt, uint64 windowStart);
    /// From expiry on ratio must be 0, fixedPart above 0, and observedAt not before expiry. 1e18.
    error SettlementOnly(uint16 underlying, uint16 expiryDay, uint64 ratio, uint128 fixedPart, uint64 observedAt, uint64 expiry);
    /// The ratio is below lowest or above highest: 1 -+ maxBasis before the settlement window; in it 0 and (1 + maxBasis) x
    /// the share of the window still to come at the observation. All 1e18. Push a ratio and a spot of the same second.
    error RatioOutOfRange(uint16 underlying, uint16 expiryDay, uint64 ratio, uint64 lowest, uint64 highest);
    /// The ratio differs from the stored one by more than the limit: ratioMove a minute since the stored observation. Both are over the
    /// share of the settlement window still to come when they were observed; all 1e18. Push again later, or in steps.
    error RatioMoved(uint16 underlying, uint16 expiryDay, uint128 ratio, uint128 stored, uint128 limit);
    /// From the settlement window on: both parts together are not between an eighth of fresh spot, rounded up, and eight
    /// times it; all 1e18.
    error SettlementOutOfRange(uint16 underlying, uint16 expiryDay, uint128 price, uint128 lowest, uint128 highest);
    /// The expiry settles by rounds from the second after it on; signers settle it from an hour after it on, and where spot is not
    /// fresh from a day after it on. Unix seconds.
    error SettlementTooEarly(uint16 underlying, uint16 expiryDay, uint64 nowSeconds, uint64 earliest);
    /// A settlement needs a round for each of its points.
    error WrongRoundCount(uint256 given, uint256 wanted);
    /// The round in force at pointInTime, unix seconds, was then older than maxAge seconds: signers settle this expiry.
    error RoundTooOld(uint16 feed, uint80 roundId, uint64 pointInTime, uint256 observedAt, uint32 maxAge);
    /// The discount must be above 0, at most 1e18.
    error DiscountOutOfRange(uint16 underlying, uint16 expiryDay, uint64 discount);
    /// The discount's rate, -ln D / tau, is above the limit (50 %); a year, 1e18; tau from the observation to expiry, a day at
    /// the least.
    error DiscountRateOutOfRange(uint16 underlying, uint16 expiryDay, uint128 rate, uint128 limit);
    /// The discount's rate differs from that of the stored one by more than the limit, rateMove an hour since the stored observation;
    /// a year, 1e18. Push again later, or in steps.
    error RateMoved(uint16 underlying, uint16 expiryDay, uint128 rate, uint128 stored, uint128 limit);
    /// The underlying already has `limit` expiries in the future.
    error TooManyExpiries(uint16 underlying, uint16 expiryDay, uint256 limit);
    /// The surface has |a| above 127, |m| above 16, or a total variance of 127 or more at a checked strike.
    error SurfaceOutOfRange(uint16 underlying, uint16 expiryDay);
    /// The surface has b < 0; 1e18.
    error NegativeSlope(uint16 underlying, uint16 expiryDay, int128 b);
    /// The surface has |rho| >= 1; 1e18.
    error Correlation(uint16 underlying, uint16 expiryDay, int128 rho);
    /// The surface has sigma outside 2^-20 .. 16; 1e18.
    error Width(uint16 underlying, uint16 expiryDay, int128 sigma);
    /// The least variance of the surface, a + b sigma sqrt(1 - rho^2), is negative; 1e18.
    error NegativeVariance(uint16 underlying, uint16 expiryDay, int128 least);
    /// The surface has a wing slope b (1 + |rho|) above 2; 1e18.
    error WingSlope(uint16 underlying, uint16 expiryDay, int128 slope);
    /// Durrleman's g at log-moneyness k is negative: a butterfly there has a negative price; 1e18.
    error Butterfly(uint16 underlying, uint16 expiryDay, int128 k, int128 g);
    /// Total variance at log-moneyness k falls from the near expiry to the far one, at a strike where an option of the near
    /// one has a value; 1e18.
    error Calendar(uint16 underlying, uint16 nearDay, uint16 farDay, int128 k, int128 near, int128 far);
    /// Pyth answered its fee with something that is no number.
    error BadAnswer(address callee);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether, the oracle's pullPrices excepted.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);

    /// Hands the contract to `owner`; once.
    /// @custom:caller deployer
    function initialize(address owner) external;
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

    /// Lists a feed, or replaces its aggregator, age and bounds.
    /// While the listed aggregator is fresh, another one must be fresh too and agree with it within 2 %.
    /// Where the aggregator behind it says its least and greatest answer (`aggregator()`, `minAnswer()`, `maxAnswer()`), the bounds
    /// must lie strictly inside, so that an answer which was cut off is out of bounds.
    /// Reverts with InvalidFeed, MaxAgeOutOfRange, InvalidBounds, InvalidConfidence, TooManyDigits, FeedFailed,
    /// TooManyFeedDecimals, BoundsNotInside, FeedDecimalsFrozen, PriceWouldJump, and for a replacement that is not fresh with the errors of `price`.
    /// @custom:caller owner
    /// @param feed       Number to use elsewhere, not 0.
    /// @param aggregator Chainlink AggregatorV3 contract; its `decimals()` is read now and frozen, at most 36.
    /// @param maxAge     Seconds, 1..172800; an answer of exactly this age is fresh.
    /// @param minPrice   1e18, inclusive; > 0; an 18-bit number times a power of ten.
    /// @param maxPrice   1e18, inclusive; > minPrice, <= 1e33; likewise.
    /// @param confidence 1e18: how far the true price may be from an answer, a share of it (for a Chainlink feed its
    ///                   deviation threshold); a multiple of 0.05 %, at most 12.75 %.
    function setFeed(uint16 feed, address aggregator, uint32 maxAge, uint256 minPrice, uint256 maxPrice, uint64 confidence) external;

    /// Lists a price of Pyth, or puts it in another feed's place, by the rules of setFeed.
    /// Its confidence is the interval that Pyth reports, at least terms.confidence; where it is above 12.75 % the price is not
    /// fresh. Its decimals are those of each price, at most 36. Somebody has to bring prices: pullPrices.
    /// Reverts as setFeed does.
    /// @custom:caller owner
    /// @param pyth The Pyth contract.
    /// @param id   Of the price; Pyth has to have one.
    function setPythFeed(uint16 feed, address pyth, bytes32 id, FeedTerms calldata terms) external;

    /// Lists the shares of an ERC-4626 vault, or puts them in another feed's place, by the rules of setFeed.
    /// A share is worth its assets (`convertToAssets`) at the price of the asset's feed, at most what the market's feed says. The
    /// assets count up to a line that grows from a rate named here, and any less at once. The price is fresh while both feeds
    /// are and it is inside its own bounds; its confidence is the largest of all.
    /// Reverts as setFeed does, and with InvalidPart, GrowthTooHigh, InvalidRate.
    ///
    /// Warning: who can lower `convertToAssets` for a moment can lower the price for that moment; who can raise it can raise the
    /// price up to the line. The asset's feed must be that of the vault's `asset()`.
    /// @custom:caller owner
    /// @param vault Shares and asset of at most 36 decimals each; some share must exist.
    function setVaultFeed(uint16 feed, address vault, VaultTerms calldata parts, FeedTerms calldata terms) external;

    /// Sets how far a round of a Chainlink feed may be from the round before; replacements of the feed keep it.
    /// A round that is further, or whose round before cannot be read, is not fresh until it is 300 seconds old or another round
    /// has come that is not further from it. The first round of a phase is fresh.
    /// Reverts with UnknownFeed, NoRounds, InvalidMove.
    /// @custom:caller owner
    /// @param largestMove A share of the round before, 1e18; a multiple of 0.5 %, at most 127.5 %; 0 = as far as it likes.
    function setLargestMove(uint16 feed, uint64 largestMove) external;

    /// Names another feed that must agree with this one, or none; replacements of the feed keep it.
    /// The price stays this feed's. It is fresh only while the other one is and differs by at most the tolerance; its confidence
    /// is the largest of both and of their distance.
    /// Reverts with UnknownFeed, InvalidConfidence, InvalidPart.
    /// @custom:caller owner
    /// @param second    Another listed feed, no vault's; a second source of its own does not count. 0 = none.
    /// @param tolerance A share of this feed's price, 1e18, inclusive; a multiple of 0.05 %, at most 12.75 %.
    function setSecondSource(uint16 feed, uint16 second, uint64 tolerance) external;

    /// Checks decimals and limits of a Chainlink feed again, after its proxy was pointed at another aggregator. Until then every
    /// price makes the same check and costs more; where it fails, the feed is not fresh.
    /// Reverts with UnknownFeed, NoRounds, FeedFailed, TooManyFeedDecimals, FeedDecimalsFrozen, BoundsNotInside.
    /// @custom:caller anyone
    function recheckFeed(uint16 feed) external;

    /// Brings prices to the Pyth contract of a feed, pays its fee (also 0) from the ether of the call, and returns the rest to the
    /// caller. Pyth keeps what is newer than what it has.
    /// Reverts with TooManyItems, UnknownFeed, NotPulled, FeeTooSmall, RefundFailed, BadAnswer, and with Pyth's errors.
    /// @custom:caller anyone
    /// @param updateData As Pyth takes it, at most 32 items; also prices of other ids.
    function pullPrices(uint16 feed, bytes[] calldata updateData) external payable;

    /// What a feed rests on beside its terms; zeros when it is not listed.
    /// @custom:caller anyone
    function feedSource(uint16 feed) external view returns (FeedSource memory);

    /// The terms of a feed; zeros when it is not listed.
    /// @custom:caller anyone
    function feed(uint16 feed) external view returns (address aggregator, uint8 decimals, uint32 maxAge, uint256 minPrice, uint256 maxPrice, uint64 confidence);

    /// Names the Chainlink L2 uptime feed of the chain's sequencer: answer 0 = up, 1 = down, since startedAt. The sequencer works
    /// when it is up and startedAt is more than `grace` seconds ago: a grace of exactly that length is not over. It counts as
    /// down when the feed fails, or has a startedAt that is 0 or later than now.
    /// While it does not work nothing is opened, nothing is withdrawn from an account with legs, or with a debt beside collateral
    /// that moves with an underlying, no auction starts and no bid is taken; deposits, cures, reductions and withdrawals of an
    /// account without legs and debt go on. A
    /// price, or a push of an expiry that is not settled, observed before startedAt is not fresh then. Where the feed gives no
    /// startedAt, the ages of prices alone count.
    /// Warning: between a restart and the uptime feed's transaction that tells it, only the ages of prices bound how old they are.
    /// Reverts with GraceOutOfRange, UptimeFeedFailed, InsufficientGas.
    /// @custom:caller owner
    /// @param feed  0: no sequencer is watched, and it always works.
    /// @param grace Seconds, 1..86400; not looked at where feed is 0.
    function setSequencer(address feed, uint32 grace) external;

    /// The uptime feed of the sequencer and the grace, seconds; 0 and 0 where none is watched. `works`: it is up, for longer than
    /// the grace; true where none is watched. `resumedAt`: when the last grace ended or will end, unix seconds; 0 while it is
    /// down, and where none is watched.
    /// @custom:caller anyone
    function sequencer() external view returns (address feed, uint32 grace, bool works, uint64 resumedAt);

    /// Prices of up to 32 feeds. Total: never reverts for a listed feed, whatever its aggregator does.
    /// Reverts with TooManyItems, UnknownFeed, InsufficientGas.
    /// @custom:caller anyone
    function prices(uint16[] calldata feeds) external view returns (Price[] memory);

    /// The price of a feed, 1e18 per unit, rounded down where the feed has more than 18 decimals. Strict: reverts with the
    /// reason when the price is not fresh.
    /// Reverts with UnknownFeed, FeedFailed, StalePrice, PriceFromFuture, InvalidPrice, PriceOutOfBounds, FeedChanged,
    /// MoveNotConfirmed, ConfidenceTooWide, PartNotFresh, SourcesApart,
    /// ObservedBeforeRestart; InsufficientGas.
    /// @custom:caller anyone
    function price(uint16 feed) external view returns (uint256 value);

    /// Sets the terms that pushes for an underlying must meet; they apply at once, also to stored data.
    /// Reverts with UnknownUnderlying, UnknownFeed, MaxAgeOutOfRange, MaxBasisOutOfRange.
    /// @custom:caller owner
    /// @param underlying Not 0.
    /// @param feed       Of spot, listed.
    /// @param maxAge     Seconds, 1..600; an observation of exactly this age is fresh.
    /// @param maxBasis   1e18: the most a ratio may differ from 1 before its settlement window, and in it, over the share of the
    ///                   window still to come, be above 1; above 0, at most 1.
    /// @param ratioMove  The most a ratio may change in a minute, millionths; 0 = without a bound. In the settlement window ratios
    ///                   are compared over the share of it still to come.
    /// @param rateMove   The most the rate of a discount, -ln D / tau, may change in an hour, millionths a year; 0 = without a
    ///                   bound beside 0 and 50 %.
    function setSurfaceTerms(uint16 underlying, uint16 feed, uint32 maxAge, uint64 maxBasis, uint16 ratioMove, uint16 rateMove) external;

    /// The terms of pushes for an underlying; zeros when not set.
    /// @custom:caller anyone
    function surfaceTerms(uint16 underlying) external view returns (uint16 feed, uint32 maxAge, uint64 maxBasis, uint16 ratioMove, uint16 rateMove);

    /// Sets the signers of pushes, and how many of them must sign.
    /// Reverts with InvalidThreshold, SignersNotAscending.
    /// @custom:caller owner
    /// @param signers   Ascending, 1 to 16.
    /// @param threshold 1 to their number.
    function setSigners(address[] calldata signers, uint8 threshold) external;

    /// The signers of pushes, and how many of them must sign; none and 0 before they are set.
    /// @custom:caller anyone
    function signers() external view returns (address[] memory signers, uint8 threshold);

    /// EIP-712 domain separator: name "Plimsoll Oracle", version "2", this chain's id, this contract.
    /// @custom:caller anyone
    function domainSeparator() external view returns (bytes32);

    /// Stores market data of expiries that enough signers have signed: EIP-712, with this domain, the struct
    ///   PushExpiries(ExpiryUpdate[] updates,uint64 observedAt)
    /// An update is skipped, without an event, if the stored data of its expiry is settled or was not observed before
    /// observedAt: a caller who submits a part of the push first cannot block the rest. Of the updates of one underlying that are
    /// not skipped all are stored or none, each checked against the data stored before it; of an underlying with none stored
    /// PushRefused says why, and the others are not affected.
    ///
    /// Before expiry: ratio > 0; fixedPart > 0 only if observed in the settlement window, the last 30 minutes before
    /// it. Before the window ratio is 1 +- maxBasis; spot is not looked at. In the window ratio is at most 1 + maxBasis times
    /// the share of the window still to come, and ratio x spot + fixedPart between spot / 8 and 8 spot if spot is fresh: the fixed
    /// part is a mean of past prices. Ratio and rate of the discount moved no further from the stored ones than ratioMove and
    /// rateMove allow in the time between the observations. The surface is without negative variance, without negative density at any strike that trades, and without
    /// calendar arbitrage against the expiries before and after it, as far as those are fresh: out to 8 deviations of the
    /// nearer expiry, and as far as its options are worth something.
    /// From expiry on: exactly one update, the settlement, where nobody settled by rounds: see `settle`. It has ratio 0, fixedPart
    /// the settlement price, is observed at or after expiry and pushed an hour after it at the earliest; within the bounds of
    /// the feed, and between spot / 8 and 8 spot. Where spot is not fresh, a day after it at the earliest. The settlement is final, so
    /// a misplaced decimal point could not be corrected.
    /// Between expiry and settlement nothing is fresh.
    ///
    /// Warning: a holder of signed pushes chooses when to submit them, within maxAge, and need not submit all: keep maxAge
    /// as short as pushes are frequent.
    ///
    /// Reverts with TooManyItems, ObservedInFuture, UpdatesNotAscending and the errors of signatures; with InsufficientGas;
    /// when nothing is stored, with the reason of the first underlying that is refused (UnknownUnderlying, or an error above
    /// from ObservedTooLongAgo on); where all updates are skipped with NotNewer or SettlementFinal of the first.
    /// @custom:caller anyone
    /// @param updates    Ascending by (underlying, expiryDay), at most 32.
    /// @param observedAt Unix seconds: later than the stored data of one update at least, not after now, at most maxAge ago.
    /// @param signatures Ascending by signer's address; 65 bytes r, s, v with v 27 or 28 and s in the lower half.
    function pushExpiries(ExpiryUpdate[] calldata updates, uint64 observedAt, bytes[] calldata signatures) external;

    /// Stores sizes of markets that enough signers have signed: EIP-712, with this domain, the struct
    ///   PushMarketSizes(MarketSize[] sizes)
    /// A size that is refused is skipped without an event; if all are, the call reverts with the first's reason:
    /// UnknownUnderlying, ObservedInFuture, ObservedTooLongAgo (an hour), MarketSizeTooEarly, MarketSizeTooFar. Reverts with
    /// TooManyItems (32) and the errors of the signatures.
    /// @custom:caller anyone
    /// @param signatures As in `pushExpiries`.
    /// @param sizes      At most 32.
    function pushMarketSizes(MarketSize[] calldata sizes, bytes[] calldata signatures) external;

    /// Samples the hours after the last that was sampled, one a round; at first the last hours that have begun. The price of an hour
    /// is that of the round of the underlying's feed in force when it began: the last observed by then, of the newest phase
    /// whose round 1 was observed by then. A price that was stale or out of bounds then is proven and not counted.
    /// Sets the multipliers of the underlying's requirement. k = sqrt(open interest / (10 % of four hours' volume)), rounded up
    /// to 2^-12; m = k, 1..2.5; c = k, 1..6; both 1 before two pushes of sizes. m' and c' fall to m and c at once, and rise by
    /// 1/24 of the distance for each hour with a price, rounded down. Without one, m and c do not fall and m' and c' stay.
    /// The last price also bounds what a feed's price can be while nothing is known of it: half as much again at most, for a day.
    /// Reverts with TooManyItems (24), NoHours, UnknownUnderlying, UnknownFeed, HourNotOver, NoRounds, FeedFailed, FeedChanged,
    /// RoundNotFound, RoundNotInForce, RoundOfOldPhase, InsufficientGas.
    /// @custom:caller anyone
    /// @param rounds One for each hour, ascending; 0 leaves out an hour that began more than a day ago.
    function sample(uint16 underlying, uint80[] calldata rounds) external;

    /// What is stored of an underlying's market, and its multipliers; zeros, and multipliers of 1, where nothing is.
    /// @custom:caller anyone
    function marketSize(uint16 underlying) external view returns (MarketData memory);

    /// Settles an expiry at the mean, rounded down, of seven prices of the feed of spot: of the rounds in force at 07:30, 07:35 ..
    /// 08:00 UTC of its day. Final. The round in force at a time is, of the newest phase whose round 1 was observed by then,
    /// the last that was; each must be within the bounds of the feed, and at most its greatest age old at its point.
    /// Reverts with SettlementTooEarly, UnknownUnderlying, SettlementFinal, WrongRoundCount, WindowInterrupted, UnknownFeed, NoRounds,
    /// FeedFailed, FeedChanged,
    /// RoundNotFound, RoundNotInForce, RoundOfOldPhase, RoundTooOld, InvalidPrice, PriceOutOfBounds, InsufficientGas.
    /// @custom:caller anyone
    /// @param rounds Seven numbers of rounds, in the order of the points; `plimsoll settle-expiry` finds them.
    function settle(uint16 underlying, uint16 expiryDay, uint80[] calldata rounds) external;

    /// Market data of an expiry, its forward at the last price of spot; zeros when it was never pushed.
    /// Reverts with InsufficientGas.
    /// @custom:caller anyone
    function expiry(uint16 underlying, uint16 expiryDay) external view returns (ExpiryData memory);

    /// Days of an underlying's pushed expiries, ascending: all in the future (at most 16), and as many past ones as there is
    /// room for.
    /// @custom:caller anyone
    function expiries(uint16 underlying) external view returns (uint16[] memory);

    /// All market data that a margin check needs, at once: words, in the order of the keys. Total: it does not revert for the
    /// state of a feed or a surface. A key is a kind shifted left by 32, plus a number.
    ///   4 << 32 | feed                          one word:    price value(128) ‖ confidence(64), both 1e18 ‖ jump(32), 30 binary
    ///                                           places: how far the last two rounds of a Chainlink feed are apart,
    ///                                           for a minute ‖ zero(30) ‖
    ///                                           unknown(1) ‖ fresh(1); unknown: nothing usable is known, and the value is
    ///                                           the most it can be: the last sample, if at most a day old, and
    ///                                           half of it, at most the feed's upper bound. So is a price that
    ///                                           no second round or source confirms
    ///   5 << 32 | underlying << 16 | expiryDay  three words: the expiry, zeros where it was never pushed
    ///   6 << 32 | underlying                    four words: its terms, zero where none are set; then three words: its
    ///                                           first listed expiry after now, if it is at most 172,800 seconds away,
    ///                                           else zeros
    ///   7 << 32                                 one word:    zero(128) ‖ resumedAt(64) ‖ zero(63) ‖ works(1): the sequencer,
    ///                                           as `sequencer` says; works is 1 where none is watched
    ///   8 << 32 | underlying << 16 | venue      one word:    the market of a perpetual at a venue; zeros today
    /// Terms are one word, multipliers as their excess over 1 in 2^-12:
    ///   zero(16) ‖ rateMove(16) ‖ ratioMove(16) ‖ sampledAt(32) ‖ costFollowing(16) ‖ cost(16) ‖ scanFollowing(16) ‖ scan(16)
    ///   ‖ maxBasis(64) ‖ maxAge(32) ‖ feed(16), as SurfaceTermsSet and MarketData say
    /// An expiry is three words:
    ///   zero(64) ‖ ratio(64) ‖ fixedPart(128), 1e18, as pushed
    ///   a(64) ‖ b(64) ‖ rho(64) ‖ m(64), signed, 56 binary places
    ///   sigma(64), 56 binary places ‖ discount(64), 62 binary places ‖ updatedAt(64) ‖ expiryDay(16) ‖ zero(47) ‖ fresh(1)
    ///
    /// Reverts with TooManyItems (72 keys), InvalidKey, UnknownFeed, InsufficientGas.
    /// @custom:caller anyone
    function snapshot(uint256[] calldata keys) external view returns (uint256[] memory words);
}
