// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {UnderlyingTerms} from "./Types.sol";

/// Parameters of margin: checked as a set when they are set, stored in IMargin.
///
/// Rates are 1e18 and multiples of 1e-6. IM >= MM for every portfolio follows from what is checked here.
interface IParameters {
    /// Factors, offset and reaches 1e18.
    event RulesSet(uint64 imFactor, uint64 mmFactor, uint64 maxOffset, uint64 calmReach, uint64 togetherReach, uint16 coinFeed);
    /// Listed, or changed.
    event UnderlyingSet(uint16 indexed underlying, UnderlyingTerms terms);
    /// Haircuts 1e18.
    event AssetSet(uint8 indexed asset, uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut);
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
    /// `rate` is the position of the rate among those of the call, from 0 (in UnderlyingTerms: beta is 0, depegMm 13).
    error RateOutOfRange(uint8 rate, uint64 given, uint64 minimum, uint64 maximum);
    /// Not a multiple of 1e-6.
    error RateTooFine(uint8 rate, uint64 given);
    /// The initial factor, rate or haircut is below the maintenance one.
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
    /// No method of the house takes ether.
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
    /// Reverts with RateTooFine, RateOutOfRange, InitialBelowMaintenance, the oracle's UnknownFeed.
    /// @custom:caller owner
    /// @param imFactor      Of the scan, mmFactor..2e18.
    /// @param mmFactor      1e18..imFactor.
    /// @param maxOffset     Most that offsets across underlyings take off the sum of stand-alone scans, 0..0.6e18.
    /// @param calmReach     How far one underlying may move on its own in the calm regime, share of the grid, 0.05e18..1e18.
    /// @param togetherReach The same when all move together.
    /// @param coinFeed      Oracle feed of the settlement coin in dollars; 0: it counts as one dollar.
    function setRules(uint64 imFactor, uint64 mmFactor, uint64 maxOffset, uint64 calmReach, uint64 togetherReach, uint16 coinFeed) external;

    /// Lists an underlying or changes its terms.
    /// While the listed feed is fresh, another one must be fresh too and agree with it within 2 %; when it is dead, any
    /// may take its place.
    /// Reverts with UnknownUnderlying (0), FeedRequired, the oracle's UnknownFeed, ZeroLot, LotFrozen,
    /// UnknownScenarioSet, RateTooFine, RateOutOfRange, InitialBelowMaintenance, EnvelopeExceeded, FeedsDisagree.
    /// @custom:caller owner
    /// @param underlying Number, not 0.
    function setUnderlying(uint16 underlying, UnderlyingTerms calldata terms) external;

    /// Sets the terms of a collateral asset, before the vault lists it and later.
    /// While the vault does not list the index nobody holds the asset, so all its terms may change. Once it does, decimals
    /// and link are frozen, and the feed is replaced as that of an underlying is.
    /// Reverts with UnknownAsset (16 or more), FeedRequired, UnknownUnderlying, AssetFeedRequired, the oracle's
    /// UnknownFeed, TooManyAssetDecimals, AssetDecimalsFrozen, LinkFrozen, RateTooFine, RateOutOfRange,
    /// InitialBelowMaintenance, FeedsDisagree, the vault's Locked.
    /// @custom:caller owner
    /// @param asset      Index in the vault's list, below 16.
    /// @param feed       Oracle feed of its price; 0 = the settlement coin itself (price 1): asset 0 and no other.
    /// @param underlying What it moves with, so that it offsets short legs; 0 = nothing. Of an asset that the vault lists
    ///                   frozen once it is not 0.
    /// @param decimals   The token's decimals, 0..24. Of an asset that the vault lists frozen.
    /// @param imHaircut  mmHaircut..1e18 - 1e12; at most 0.2e18 for an asset that moves with an underlying, because the scan
    ///                   takes its share too.
    /// @param mmHaircut  0..imHaircut.
    function setAsset(uint8 asset, uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut) external;

    /// The rules for all portfolios.
    /// @custom:caller anyone
    function rules() external view returns (uint64 imFactor, uint64 mmFactor, uint64 maxOffset, uint64 calmReach, uint64 togetherReach, uint16 coinFeed);
    /// The terms of an underlying; zeros when not set.
    /// @custom:caller anyone
    function underlying(uint16 underlying) external view returns (UnderlyingTerms memory);
    /// The terms of a collateral asset; zeros when not set.
    /// @custom:caller anyone
    function asset(uint8 asset) external view returns (uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut);

    /// The shocks of spot (1e18, signed), volatility rules (0 as it is, 1 up, 2 down, 3 skew linear, 4 skew absolute) and
    /// weights (1e18) of a constant set, the identity first.
    /// Reverts with UnknownScenarioSet.
    /// @custom:caller anyone
    function scenarios(uint8 scenarioSet) external view returns (int256[] memory shocks, uint8[] memory volRules, uint256[] memory weights);
}
