// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Portfolio, Assessment} from "./Types.sol";

/// Portfolio margin calculator: a pure function of (portfolio, market). Anyone may ask.
///
/// Requirement of an underlying = max over spot scenarios s (identity included) of
/// -weight_s * delta * spot * shock_s, where delta nets perpetuals of all venues and collateral linked to
/// the underlying. IM = imFactor * sum of scans + IM haircuts; MM = mmFactor * sum of scans + MM haircuts.
interface IMargin {
    event UnderlyingSet(uint16 indexed underlying, uint16 feed, uint64 lot, uint8 scenarioSet, uint64 imFactor, uint64 mmFactor);
    event AssetSet(uint8 indexed asset, uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error NotOwner(address caller, address owner);
    error AlreadyInitialized();
    error UnknownUnderlying(uint16 underlying);
    error UnknownAsset(uint8 asset);
    error InvalidParameters(uint256 reason, uint256 given, uint256 limit);
    error LotFrozen(uint16 underlying, uint64 lot, uint64 given);
    error UnsupportedKind(uint128 instrument);
    error InvalidPortfolio(uint256 index, uint256 reason);
    error TooManyItems(uint256 given, uint256 limit);
    error ValueOutOfRange(uint256 index);
    error BadCalldata();

    function initialize(address owner, address oracle) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function transferOwnership(address newOwner) external;
    function acceptOwnership() external;
    function oracle() external view returns (address);

    /// @param underlying Number, not 0.
    /// @param feed       Oracle feed of the spot price.
    /// @param lot        1e18 units of the underlying per lot; frozen once set. > 0.
    /// @param scenarioSet Which constant set of spot shocks (0 = none listed; see `scenarios`).
    /// @param imFactor   1e18, >= mmFactor.
    /// @param mmFactor   1e18, > 0.
    function setUnderlying(uint16 underlying, uint16 feed, uint64 lot, uint8 scenarioSet, uint64 imFactor, uint64 mmFactor) external;

    /// @param asset      Index in the vault's list.
    /// @param feed       Oracle feed of its price; 0 = the settlement coin itself (price 1).
    /// @param underlying What it moves with, so that it offsets short perpetuals; 0 = nothing.
    /// @param decimals   The token's decimals, 0..24; frozen once set.
    /// @param imHaircut  1e18, < 1e18, >= mmHaircut.
    /// @param mmHaircut  1e18.
    function setAsset(uint8 asset, uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut) external;

    function underlying(uint16 underlying) external view returns (uint16 feed, uint64 lot, uint8 scenarioSet, uint64 imFactor, uint64 mmFactor);
    function asset(uint8 asset) external view returns (uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut);

    /// The shocks (1e18, signed) and weights (1e18) of a constant set.
    function scenarios(uint8 scenarioSet) external view returns (int256[] memory shocks, uint256[] memory weights);

    /// Marks of perpetuals: the house's own value of one unit, 1e18. At most 32.
    /// @return values Mark per instrument, 1e18.
    /// @return lots   Lot of each instrument's underlying, 1e18 units.
    /// @return fresh  False where the price is stale.
    function marks(uint128[] calldata instruments) external view returns (uint256[] memory values, uint64[] memory lots, bool[] memory fresh);

    /// Assesses up to 16 portfolios on one market snapshot. Total for every portfolio the vault can hold:
    /// stale items clamp conservatively and set `stale`; nothing reverts for a feed's state.
    function assess(Portfolio[] calldata portfolios) external view returns (Assessment[] memory);
}
