// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {AssetBalance, Portfolio, Assessment, Leg, Greeks, Contribution} from "./Types.sol";

/// What the house sees in a portfolio, for traders, venues and keepers. Views only: no contract of the house depends on it.
interface ILens {
    error NotOwner(address caller, address owner);
    /// Not the one canonical id of an instrument, or a quote for an option.
    error InvalidInstrument(uint128 instrument);
    /// A change of size 0 of a leg that is not held.
    error UnknownLeg(uint128 instrument);
    /// The size, the quote or the cash would leave its range.
    error SizeOutOfRange(uint128 instrument);
    /// Leg slots (64), changes (128), collateral items (16).
    error TooManyItems(uint256 given, uint256 limit);
    /// A contract of the house answered with something that does not decode.
    error BadAnswer(address callee);
    error BadCalldata();
    error NotPayable();
    error UnknownSelector(bytes4 selector);

    /// Deployer only, once; nobody owns it afterwards.
    function initialize(address vault, address margin, address oracle) external;
    function vault() external view returns (address);
    function margin() external view returns (address);
    function oracle() external view returns (address);

    /// Sensitivities of a portfolio to each underlying it holds, by ascending number, at the last prices: closed forms of
    /// Black-76, volatility of each strike kept.
    /// Reverts with TooManyItems.
    function greeks(Portfolio calldata portfolio) external view returns (Greeks[] memory);

    /// What each leg on an underlying is worth and loses or gains in one scenario, in slot order. IExplainer.explain says
    /// which scenario is the worst.
    /// Reverts with TooManyItems.
    function contributions(Portfolio calldata portfolio, uint16 underlying, uint8 scenario) external view returns (Contribution[] memory);

    /// Assesses a portfolio given as legs, for a protocol that clears nothing here. Sizes are in lots (IClearinghouse.marks
    /// says how much a lot is); legs of one instrument net.
    /// Reverts with InvalidInstrument, UnknownLeg, SizeOutOfRange, TooManyItems.
    function assessLegs(int128 cash, AssetBalance[] calldata collateral, Leg[] calldata legs) external view returns (Assessment memory);

    /// What margin says of a portfolio, and what it would say after `cash` and `changes` are added to it. A leg that closes
    /// leaves minus its quote in cash. What a set of legs takes off the requirement, its relief, is before.mm - after_.mm
    /// with their opposites as changes.
    /// Reverts with InvalidInstrument, UnknownLeg, SizeOutOfRange, TooManyItems.
    function whatIf(Portfolio calldata portfolio, int128 cash, Leg[] calldata changes) external view returns (Assessment memory before, Assessment memory after_);

    /// Most of an asset (its index; 0 the settlement coin) that the vault would pay out of an account now, in the token's
    /// own decimals: one unit more is refused. Reverts with the vault's UnknownAsset.
    function maxWithdraw(bytes32 account, uint8 asset) external view returns (uint256);
}
