// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {Rate, RateInfo} from "./Types.sol";

/// Parameters of margin: checked as a set when they are set, stored in IMargin.
///
/// Rates are 1e18 and multiples of 1e-6. Each has an id: its position among the rates of rules, underlyings or assets, which
/// `rateTable` lists and `Rates.sol` names. Ids are only ever appended. A call changes the rates it gives; what is not given
/// keeps its value, and takes its default in a first listing and for an asset that the vault does not list. Events and
/// views show all rates by id. All rates of a call are checked as one set. IM >= MM for every portfolio follows from what is checked here.
interface IParameters {
    /// `rates` 1e18, all of them by id.
    event RulesSet(uint16 coinFeed, uint64[] rates);
    /// Listed, or changed. `rates` 1e18, all of them by id.
    event UnderlyingSet(uint16 indexed underlying, uint16 feed, uint64 lot, uint8 scenarioSet, uint64[] rates);
    /// `rates` 1e18, all of them by id.
    event AssetSet(uint8 indexed asset, uint16 feed, uint16 underlying, uint8 decimals, uint64[] rates);
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
    /// Not set, or 0.
    error UnknownUnderlying(uint16 underlying);
    /// The vault has no index as high.
    error UnknownAsset(uint8 asset);
    /// Feed 0 where the price of an underlying is needed.
    error FeedRequired(uint16 underlying);
    /// Feed 0 for an asset that is not the settlement coin, asset 0: it would be worth one coin for ever.
    error AssetFeedRequired(uint8 asset);
    /// The listed feed is fresh and the one to take its place differs from it by more than 2 % of its price, or is not
    /// fresh itself (newPrice 0). Prices 1e18; that of feed 0, the settlement coin's own, is 1e18.
    error FeedsDisagree(uint16 oldFeed, uint16 newFeed, uint128 oldPrice, uint128 newPrice);
    /// What an asset that the vault lists moves with neither changes nor goes away: it hedges somebody's legs.
    error LinkFrozen(uint8 asset, uint16 underlying, uint16 given);
    /// The lot must not be 0.
    error ZeroLot(uint16 underlying);
    /// The lot of a listed underlying cannot change; 1e18 units per lot.
    error LotFrozen(uint16 underlying, uint64 lot, uint64 given);
    /// There are sets 1, 2 and 3.
    error UnknownScenarioSet(uint8 scenarioSet);
    /// There are `count` rates of this kind, from 0.
    error UnknownRate(uint8 rate, uint8 count);
    /// A call gives each rate once.
    error RateGivenTwice(uint8 rate);
    /// `rate` is the id of a rate that would be `given`.
    error RateOutOfRange(uint8 rate, uint64 given, uint64 minimum, uint64 maximum);
    /// Not a multiple of 1e-6.
    error RateTooFine(uint8 rate, uint64 given);
    /// The initial rate with the id `rate` would be below its maintenance rate, which is the next one.
    error InitialBelowMaintenance(uint8 rate, uint64 initial, uint64 maintenance);
    /// One price move of `maxMove` could take an account that holds one leg from equity >= mm to negative equity: its
    /// requirement covers `covered`. legType: 0 perpetual or future, 1 short option, 2 long option.
    error EnvelopeExceeded(uint8 legType, uint64 maxMove, uint64 covered);
    /// At most `limit` decimals.
    error TooManyAssetDecimals(uint8 decimals, uint8 limit);
    /// Decimals of an asset that the vault lists cannot change.
    error AssetDecimalsFrozen(uint8 asset, uint8 decimals, uint8 given);
    /// Margin, oracle or vault answered with something that does not decode.
    error BadAnswer(address callee);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether, the oracle's pullPrices excepted.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);

    /// Hands the contract to `owner`, names its siblings and sets the default rules; once. `margin` must belong to this contract already.
    /// @custom:caller deployer
    function initialize(address owner, address margin, address oracle, address vault) external;
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
    /// The margin calculator, which stores the parameters.
    /// @custom:caller anyone
    function margin() external view returns (address);
    /// The oracle hub.
    /// @custom:caller anyone
    function oracle() external view returns (address);
    /// The vault: decimals and links of the assets it lists are frozen.
    /// @custom:caller anyone
    function vault() external view returns (address);

    /// Changes the rules for all portfolios.
    /// Reverts with UnknownRate, RateGivenTwice, RateTooFine, RateOutOfRange, InitialBelowMaintenance, the oracle's
    /// UnknownFeed.
    /// @custom:caller owner
    /// @param coinFeed Oracle feed of the settlement coin in dollars; 0: it counts as one dollar.
    /// @param rates    Those that change.
    function setRules(uint16 coinFeed, Rate[] calldata rates) external;

    /// Lists an underlying or changes its terms.
    /// While the listed feed is fresh, another one must be fresh too and agree with it within 2 %; when it is dead, any
    /// may take its place.
    /// Reverts with UnknownUnderlying (0), FeedRequired, UnknownRate, RateGivenTwice, RateTooFine, ZeroLot,
    /// UnknownScenarioSet, RateOutOfRange, InitialBelowMaintenance, EnvelopeExceeded, LotFrozen, the oracle's UnknownFeed,
    /// FeedsDisagree.
    /// @custom:caller owner
    /// @param underlying  Number, not 0.
    /// @param feed        Oracle feed of the spot price; listed there.
    /// @param lot         1e18 units of the underlying per lot; frozen once set. > 0.
    /// @param scenarioSet Which constant set of scenarios: 1 narrow (to 20 %), 2 majors (18 %, far moves, skew), 3 thin coins
    ///                    (31.5 %, far moves, skew), 4 the thinnest (50 %, far moves, skew).
    /// @param rates       Those that change.
    function setUnderlying(uint16 underlying, uint16 feed, uint64 lot, uint8 scenarioSet, Rate[] calldata rates) external;

    /// Sets the terms of a collateral asset, before the vault lists it and later.
    /// While the vault does not list the index no account holds the asset, so all its terms begin anew: rates that are not
    /// given are the defaults, whatever was set before. Once it does, decimals and link are frozen, and the feed is replaced
    /// as that of an underlying is.
    /// Reverts with UnknownAsset (16 or more), FeedRequired, UnknownUnderlying, AssetFeedRequired, UnknownRate,
    /// RateGivenTwice, RateTooFine, TooManyAssetDecimals, RateOutOfRange, InitialBelowMaintenance, AssetDecimalsFrozen,
    /// LinkFrozen, the oracle's UnknownFeed, FeedsDisagree, the vault's Locked.
    /// @custom:caller owner
    /// @param asset      Index in the vault's list, below 16.
    /// @param feed       Oracle feed of its price; 0 = the settlement coin itself (price 1): asset 0 and no other.
    /// @param underlying What it moves with, so that it offsets short legs; 0 = nothing. Of an asset that the vault lists
    ///                   frozen once it is not 0.
    /// @param decimals   The token's decimals, 0..24. Of an asset that the vault lists frozen.
    /// @param rates      Those that change. With an underlying the haircuts have a lower maximum, because the scan takes its
    ///                   share too: scope 3 of `rateTable`.
    function setAsset(uint8 asset, uint16 feed, uint16 underlying, uint8 decimals, Rate[] calldata rates) external;

    /// Feed of the settlement coin, all rates by id.
    /// @custom:caller anyone
    function rules() external view returns (uint16 coinFeed, uint64[] memory rates);
    /// All terms of an underlying, rates by id. Zeros when not set.
    /// @custom:caller anyone
    function underlying(uint16 underlying) external view returns (uint16 feed, uint64 lot, uint8 scenarioSet, uint64[] memory rates);
    /// All terms of an asset, rates by id. Zeros when not set.
    /// @custom:caller anyone
    function asset(uint8 asset) external view returns (uint16 feed, uint16 underlying, uint8 decimals, uint64[] memory rates);

    /// Every rate there is, and the names of the charges that ILens.explain answers, in its order; for user interfaces.
    /// @custom:caller anyone
    function rateTable() external view returns (RateInfo[] memory rates, bytes32[] memory charges);

    /// The shocks of spot (1e18, signed), volatility rules (0 as it is, 1 up, 2 down, 3 skew linear, 4 skew absolute) and
    /// weights (1e18) of a constant set, the identity first.
    /// Reverts with UnknownScenarioSet.
    /// @custom:caller anyone
    function scenarios(uint8 scenarioSet) external view returns (int256[] memory shocks, uint8[] memory volRules, uint256[] memory weights);
}
