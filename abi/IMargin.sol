// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {Portfolio, Assessment, VenueMarks} from "./Types.sol";

/// Portfolio margin calculator: a pure function of (portfolio, market).
///
/// Every underlying is scanned over shocks of spot and volatility; perpetuals of all venues, futures, options and linked
/// collateral on it are one position. `docs/method.md` states the method exactly. Merging portfolios never raises a
/// requirement nor lowers equity. Parameters are set through IParameters; greeks, explanations and what-ifs are in ILens.
interface IMargin {
    /// The caller is not the owner, IParameters, nor, in `initialize`, the deployer.
    error NotOwner(address caller, address owner);
    /// `initialize` has run.
    error AlreadyInitialized();
    /// `initialize` has not run, and nothing else can be done before it.
    error NotInitialized();
    /// Too many portfolios (limit 16), leg slots (64) or collateral items (16); or underlyings, expiries and feeds of one
    /// portfolio together (64), more than an account can hold.
    error TooManyItems(uint256 given, uint256 limit);
    /// The oracle answered with something that does not decode.
    error BadAnswer(address callee);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether, the oracle's pullPrices excepted.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);

    /// Makes `parameters` the owner for good and names the oracle; once.
    /// @custom:caller deployer
    function initialize(address parameters, address oracle) external;
    /// The owner, IParameters; before `initialize`, the deployer.
    /// @custom:caller anyone
    function owner() external view returns (address);
    /// The oracle hub.
    /// @custom:caller anyone
    function oracle() external view returns (address);

    /// Stores the words of a key, which IParameters has checked.
    /// @custom:caller owner (IParameters)
    /// @param key   As in `terms`.
    /// @param words As many as `terms` answers for it.
    function setTerms(uint256 key, uint256[] calldata words) external;

    /// The stored words of parameters, for a client that computes margin itself; zeros where nothing is listed, no word for a
    /// number that is no key. A key is a kind shifted left by 32, plus a number.
    ///   1 << 32              rules, one word
    ///   2 << 32 | underlying as many words as its rates need: two today
    ///   3 << 32 | asset      one word
    /// @custom:caller anyone
    function terms(uint256[] calldata keys) external view returns (uint256[] memory words);

    /// Assesses up to 16 portfolios on one market snapshot.
    ///
    /// Total: it reverts neither for the state of a feed nor for the items of a portfolio. Collateral without a fresh price, or
    /// without terms here, counts 0; a leg without a fresh price counts at its last one, and without any price against its
    /// owner; both set `stale`. No answer depends on the others in the call.
    /// Legs may come in any order; two of one instrument are margined side by side, netted in risk, not in charges.
    /// Reverts with TooManyItems.
    /// @custom:caller anyone
    function assess(Portfolio[] calldata portfolios) external view returns (Assessment[] memory);

    /// The marks of a portfolio's legs by venue, by ascending venue, on one market snapshot; no row for a venue without legs.
    ///
    /// Each leg is rounded down as in `assess`, so that together they are its `marks`, to the unit, unless that left its range.
    /// A leg without a fresh price counts as in `assess`. Cash and collateral do not matter. Total, as `assess`.
    /// Reverts with TooManyItems for more than 64 leg slots.
    /// @custom:caller anyone
    function marksByVenue(Portfolio calldata portfolio) external view returns (VenueMarks[] memory);
}
