// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {Portfolio, Assessment} from "./Types.sol";

/// Portfolio margin calculator: a pure function of (portfolio, market). Anyone may ask.
///
/// Every underlying is scanned over shocks of spot and volatility; perpetuals of all venues, futures, options and linked
/// collateral on it are one position. `docs/method.md` states the method exactly. Merging portfolios never raises a
/// requirement nor lowers equity. Parameters are set through IParameters; greeks, explanations and what-ifs are in ILens.
interface IMargin {
    error NotOwner(address caller, address owner);
    error AlreadyInitialized();
    /// `initialize` has not run, and nothing else can be done before it.
    error NotInitialized();
    /// Portfolios (16), leg slots (64), collateral items (16); underlyings, expiries and feeds of one portfolio together (64),
    /// which no account can hold.
    error TooManyItems(uint256 given, uint256 limit);
    /// The oracle answered with something that does not decode.
    error BadAnswer(address callee);
    error BadCalldata();
    error NotPayable();
    error UnknownSelector(bytes4 selector);

    /// Deployer only, once: `parameters` becomes the owner for good.
    function initialize(address parameters, address oracle) external;
    /// IParameters.
    function owner() external view returns (address);
    function oracle() external view returns (address);

    /// Stores what IParameters has checked. IParameters only.
    /// @param key   As in `terms`.
    /// @param words As many as `terms` answers for it.
    function setTerms(uint256 key, uint256[] calldata words) external;

    /// The stored words of parameters, for who computes the same elsewhere; zeros where nothing is listed, none for what
    /// is no key. A key is a kind shifted left by 32, plus a number.
    ///   1 << 32              rules, one word
    ///   2 << 32 | underlying two words
    ///   3 << 32 | asset      one word
    function terms(uint256[] calldata keys) external view returns (uint256[] memory words);

    /// Assesses up to 16 portfolios on one market snapshot.
    ///
    /// Total: nothing reverts for a feed's state or for what a portfolio holds. Collateral without a fresh price, or
    /// without terms here, counts nothing; a leg without a fresh price counts at its last one, and against its owner when
    /// there is none; both set `stale`. No answer depends on the others in the call.
    /// Legs may come in any order; two of one instrument are margined side by side, netted in risk, not in charges.
    /// Reverts with TooManyItems.
    function assess(Portfolio[] calldata portfolios) external view returns (Assessment[] memory);
}
