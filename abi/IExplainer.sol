// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {Portfolio} from "./Types.sol";

/// Why a portfolio needs what it needs. Views only, for `eth_call`: no contract of the house depends on it. Total: any
/// portfolio has an answer. Sensitivities and the part of each leg are in ILens.
interface IExplainer {
    error NotOwner(address caller, address owner);
    /// A contract of the house answered with something that does not decode.
    error BadAnswer(address callee);
    error BadCalldata();
    error NotPayable();
    error UnknownSelector(bytes4 selector);

    /// Deployer only, once; nobody owns it afterwards.
    function initialize(address margin, address oracle) external;
    function siblings() external view returns (address margin, address oracle);

    /// What a portfolio loses on one underlying, and what it is charged.
    /// @return losses  In each scenario of the underlying's set (IParameters.scenarios), then at the moves added for gamma
    ///                 pockets: weighted, rounded up, 1e18 cash, negative where it gains; empty where the portfolio holds
    ///                 nothing on it. The largest is the scan of this underlying.
    /// @return charges 14 numbers: beside the scans, of the whole portfolio, initial and maintenance in turn, 1e18 cash: collateral
    ///                 haircuts, calendar basis, short options, closing options, closing perpetuals and futures, coin below
    ///                 its peg, uncertainty of spot.
    function explain(Portfolio calldata portfolio, uint16 underlying) external view returns (int128[] memory losses, int128[] memory charges);

    /// Smallest relative moves, 1e18, at which equity falls below the maintenance requirement: 0 when it is below already,
    /// type(uint256).max when it stays above up to the end of what is looked at. Each direction is tried in 48 equal steps,
    /// and the first that crosses is halved 14 times: up to 250 assessments in one call, some ten million gas for 64 options.
    /// @return spotUp   All spots, forwards and linked collateral up, to +300 %.
    /// @return spotDown Down, to -95 %.
    /// @return volUp    All volatilities up, to +300 %.
    /// @return volDown  Down, to -90 %.
    function distances(Portfolio calldata portfolio) external view returns (uint256 spotUp, uint256 spotDown, uint256 volUp, uint256 volDown);
}
