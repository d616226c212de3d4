// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {AccountView, AssetBalance, Assessment, Contribution, Distance, Greeks, Leg, Portfolio} from "./Types.sol";

/// Views of accounts and of any portfolio, for traders, venues, keepers, and protocols that clear nothing here. They are
/// for `eth_call`: no contract of the house depends on them. IClearinghouse.lens names the contract.
///
/// All numbers of one answer are of one snapshot. A question without an answer is refused with a reason, an item that rests on
/// a stale or unknown price is flagged, and differences have their sign: no answer is a zero that stands for something else.
interface ILens {
    /// The caller of `initialize` is not the deployer, or `initialize` has run.
    error NotOwner(address caller, address owner);
    /// Not the one canonical id of an instrument, or a quote for an option; or a slot that holds no leg.
    error InvalidInstrument(uint128 instrument);
    /// A change of size 0 of a leg that is not held.
    error UnknownLeg(uint128 instrument);
    /// The size, the quote or the cash would leave its range.
    error SizeOutOfRange(uint128 instrument);
    /// Margin has no terms for the underlying.
    error UnknownUnderlying(uint16 underlying);
    /// The mark of this instrument, or the settlement coin's price, is stale: no position can be opened at it.
    error MarkStale(uint128 instrument);
    /// Too many leg slots (limit 64), changes (128) or collateral items (16); or the account has no slot left.
    error TooManyItems(uint256 given, uint256 limit);
    /// A contract of the house answered with something that does not decode.
    error BadAnswer(address callee);
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether, the oracle's pullPrices excepted.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);

    /// Names the siblings; once. The contract has no owner afterwards.
    /// @custom:caller deployer
    function initialize(address vault, address clearinghouse, address auction, address margin, address oracle) external;
    /// The contracts of the house that the lens asks.
    /// @custom:caller anyone
    function siblings() external view returns (address vault, address clearinghouse, address auction, address margin, address oracle);

    /// All of an account at once: its holdings with prices, values and requirements, by venue too, and the state of its
    /// auction. An account that holds nothing has zeros: every id is an account, none needs to be registered.
    /// Reverts with the vault's Locked, the auction's ValueOutOfRange.
    /// @custom:caller anyone
    function account(bytes32 account) external view returns (AccountView memory);

    /// Requirements of a position by itself, 1e18 cash, rounded up. `size` in lots, signed (IClearinghouse.marks says how much
    /// a lot is).
    /// Reverts with InvalidInstrument, UnknownUnderlying, UnknownLeg (size 0), MarkStale, SizeOutOfRange.
    /// @custom:caller anyone
    function requirementOf(uint128 instrument, int64 size) external view returns (uint256 im, uint256 mm);

    /// The amounts that a position adds to the requirements of an account that opens it at the mark without fees: 1e18 cash, negative
    /// where it hedges legs of the account.
    /// Reverts as requirementOf; with TooManyItems where the account has no slot left.
    /// @custom:caller anyone
    /// @return im     Change of the initial requirement.
    /// @return mm     Change of the maintenance requirement.
    /// @return after_ The account afterwards: the vault would let it open the position when equity, less fees and the amount
    ///                by which the price is worse than the mark, is >= im, or where it only made the account safer.
    function requirementAdded(bytes32 account, uint128 instrument, int64 size) external view returns (int256 im, int256 mm, Assessment memory after_);

    /// Most of an asset (its index; 0 the settlement coin) that the vault would pay out of an account now, in the token's
    /// own decimals: one unit more is refused. Reverts with the vault's UnknownAsset.
    /// @custom:caller anyone
    function maxWithdraw(bytes32 account, uint8 asset) external view returns (uint256);

    /// Assesses a portfolio given as legs, for a protocol that clears nothing here. Sizes are in lots (IClearinghouse.marks
    /// says how much a lot is); legs of one instrument net.
    /// Reverts with InvalidInstrument, UnknownLeg, SizeOutOfRange, TooManyItems.
    /// @custom:caller anyone
    function assessLegs(int128 cash, AssetBalance[] calldata collateral, Leg[] calldata legs) external view returns (Assessment memory);

    /// The assessment of a portfolio as it is, and after `cash` and `changes` are added to it. A leg that closes leaves minus
    /// its quote in cash. The relief of a set of legs is before.mm - after_.mm with their opposites as changes.
    /// Reverts with InvalidInstrument, UnknownLeg, SizeOutOfRange, TooManyItems.
    /// @custom:caller anyone
    function whatIf(Portfolio calldata portfolio, int128 cash, Leg[] calldata changes) external view returns (Assessment memory before, Assessment memory after_);

    /// Losses of a portfolio on one underlying by scenario, and all its charges.
    /// Reverts with TooManyItems, InvalidInstrument, UnknownUnderlying (of a leg).
    /// @custom:caller anyone
    /// @return losses  In each scenario of the underlying's set (IParameters.scenarios), then at the moves added for gamma
    ///                 pockets: weighted, rounded up, 1e18 cash, negative where it gains; empty where the portfolio holds
    ///                 nothing on it. The largest is the scan of this underlying.
    /// @return charges Beside the scans, of the whole portfolio: of each charge the initial and the maintenance part, 1e18 cash,
    ///                 in the order in which IParameters.rateTable names them.
    function explain(Portfolio calldata portfolio, uint16 underlying) external view returns (int128[] memory losses, int128[] memory charges);

    /// Value of each leg on an underlying, and its gain or loss in one scenario, in slot order; `explain` says which
    /// scenario is the worst. Empty where the portfolio has no leg on it, or there is no such scenario.
    /// Reverts as explain.
    /// @custom:caller anyone
    function contributions(Portfolio calldata portfolio, uint16 underlying, uint8 scenario) external view returns (Contribution[] memory);

    /// Sensitivities of a portfolio to each underlying it holds, by ascending number, at the last prices: closed forms of
    /// Black-76, volatility of each strike kept. Legs without a known price, and collateral without a fresh one, have no
    /// sensitivities, as in the requirement.
    /// Reverts as explain.
    /// @custom:caller anyone
    function greeks(Portfolio calldata portfolio) external view returns (Greeks[] memory);

    /// Smallest relative moves at which equity falls below the maintenance requirement. Each direction is tried in 48 equal
    /// steps, and the first that crosses is halved 14 times: up to 250 assessments in one call, some ten million gas for 64
    /// options.
    /// Reverts as explain.
    /// @custom:caller anyone
    /// @return spotUp   All spots, forwards and linked collateral up, looked at to +3e18: 0 or positive.
    /// @return spotDown Down, to -0.95e18: 0 or negative.
    /// @return volUp    All volatilities up, to +3e18: 0 or positive.
    /// @return volDown  Down, to -0.9e18: 0 or negative.
    function distances(Portfolio calldata portfolio) external view returns (Distance memory spotUp, Distance memory spotDown, Distance memory volUp, Distance memory volDown);
}
