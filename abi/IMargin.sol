// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Portfolio, Assessment} from "./Types.sol";

/// Portfolio margin calculator: a pure function of (portfolio, market). Anyone may ask.
///
/// Per underlying, perpetuals of all venues and collateral linked to it are one position with a delta; its scan is
/// max over the scenarios s of the underlying's set (the identity included) of -weight_s * shock_s * delta. IM = sum of
/// imFactor * scan + sum of imHaircut * collateral value; MM the same with mmFactor and mmHaircut. `docs/method.md`
/// states it exactly. Merging portfolios never raises a requirement nor lowers equity.
interface IMargin {
    event UnderlyingSet(uint16 indexed underlying, uint16 feed, uint64 lot, uint8 scenarioSet, uint64 imFactor, uint64 mmFactor);
    event AssetSet(uint8 indexed asset, uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error NotOwner(address caller, address owner);
    error AlreadyInitialized();
    /// Not set, or 0.
    error UnknownUnderlying(uint16 underlying);
    /// The vault has no index as high.
    error UnknownAsset(uint8 asset);
    /// Feed 0 where a price is needed.
    error FeedRequired(uint16 underlying);
    error ZeroLot(uint16 underlying);
    error LotFrozen(uint16 underlying, uint64 lot, uint64 given);
    error UnknownScenarioSet(uint8 scenarioSet);
    error FactorOutOfRange(uint64 factor, uint64 minimum, uint64 maximum);
    /// The initial factor or haircut is below the maintenance one.
    error InitialBelowMaintenance(uint64 initial, uint64 maintenance);
    error TooManyAssetDecimals(uint8 decimals, uint8 limit);
    error AssetDecimalsFrozen(uint8 asset, uint8 decimals, uint8 given);
    /// Must be below the limit.
    error HaircutTooLarge(uint64 haircut, uint64 limit);
    /// Not the one canonical id of an instrument.
    error InvalidInstrument(uint128 instrument);
    /// A future or an option: not margined yet.
    error UnsupportedKind(uint128 instrument);
    /// The slot of this index in this portfolio holds no leg.
    error InvalidLeg(uint256 portfolio, uint256 index, uint256 slot);
    /// Portfolios (16), leg slots (64), collateral items (16), underlyings with legs (8) or instruments (32).
    error TooManyItems(uint256 given, uint256 limit);
    /// A sum left 256 bits. Unreachable while the oracle bounds prices by 1e33.
    error PortfolioOutOfRange(uint256 portfolio);
    /// The oracle answered with something that does not decode.
    error BadAnswer(address callee);
    error BadCalldata();
    error NotPayable();
    error UnknownSelector(bytes4 selector);

    function initialize(address owner, address oracle) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;
    function oracle() external view returns (address);

    /// Lists an underlying or changes its terms. Owner only.
    /// Reverts with UnknownUnderlying (0), FeedRequired, the oracle's UnknownFeed, ZeroLot, LotFrozen,
    /// UnknownScenarioSet, FactorOutOfRange, InitialBelowMaintenance.
    /// @param underlying Number, not 0.
    /// @param feed       Oracle feed of the spot price; listed there.
    /// @param lot        1e18 units of the underlying per lot; frozen once set. > 0.
    /// @param scenarioSet Which constant set of spot shocks: 1 majors (scan 16 %), 2 thin coins (30 %).
    /// @param imFactor   1e18, mmFactor..10e18.
    /// @param mmFactor   1e18, 0.25e18..imFactor.
    function setUnderlying(uint16 underlying, uint16 feed, uint64 lot, uint8 scenarioSet, uint64 imFactor, uint64 mmFactor) external;

    /// Lists a collateral asset or changes its terms. Owner only.
    /// Reverts with UnknownAsset (16 or more), UnknownUnderlying, FeedRequired, the oracle's
    /// UnknownFeed, TooManyAssetDecimals, AssetDecimalsFrozen, HaircutTooLarge, InitialBelowMaintenance.
    /// @param asset      Index in the vault's list, below 16.
    /// @param feed       Oracle feed of its price; 0 = the settlement coin itself (price 1).
    /// @param underlying What it moves with, so that it offsets short perpetuals; 0 = nothing.
    /// @param decimals   The token's decimals, 0..24; frozen once set.
    /// @param imHaircut  1e18, < 1e18, >= mmHaircut.
    /// @param mmHaircut  1e18.
    function setAsset(uint8 asset, uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut) external;

    /// Zeros when not set.
    function underlying(uint16 underlying) external view returns (uint16 feed, uint64 lot, uint8 scenarioSet, uint64 imFactor, uint64 mmFactor);
    /// Zeros when not set.
    function asset(uint8 asset) external view returns (uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut);

    /// The shocks (1e18, signed) and weights (1e18) of a constant set, the identity first.
    /// Reverts with UnknownScenarioSet.
    function scenarios(uint8 scenarioSet) external view returns (int256[] memory shocks, uint256[] memory weights);

    /// Marks of perpetuals: the house's own value of one unit, 1e18. At most 32.
    /// Reverts with TooManyItems, InvalidInstrument, UnsupportedKind, UnknownUnderlying.
    /// @return values Mark per instrument, 1e18: the spot; 0 where nothing usable is known.
    /// @return lots   Lot of each instrument's underlying, 1e18 units.
    /// @return fresh  False where the price is stale.
    function marks(uint128[] calldata instruments) external view returns (uint256[] memory values, uint64[] memory lots, bool[] memory fresh);

    /// Assesses up to 16 portfolios on one market snapshot.
    ///
    /// Total for every portfolio the vault can hold: nothing reverts for a feed's state. Collateral without a fresh
    /// price, or without terms here, counts nothing; a perpetual without a fresh price counts at its last one, 0 when
    /// there is none; both set `stale`. Perpetuals that net to zero lots need no price.
    /// Items may come in any order and repeat, so a hypothetical leg can simply be appended: they net.
    /// Reverts, for what is no portfolio, with TooManyItems, InvalidLeg, UnsupportedKind.
    function assess(Portfolio[] calldata portfolios) external view returns (Assessment[] memory);
}
