// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

// The words and encodings all Plimsoll interfaces share.
//
// Scales, unless a comment says otherwise: prices, sizes, cash, margin and ratios are fixed point with
// 18 decimals (1e18 = 1); token amounts are in the token's own decimals; times are unix seconds.
//
// account     bytes32 = owner address (20 bytes) ‖ subaccount number (12 bytes). Needs no registration.
// instrument  uint128 = venue(16) ‖ underlying(16) ‖ kind(2) ‖ expiry day(16) ‖ strike(24) ‖ zero(54).
//             kind: 0 perpetual, 1 future, 2 call, 3 put. One economic instrument has exactly one id.
// leg slot    uint256, as stored. Perpetual or future:
//             venue(16) ‖ underlying(16) ‖ kind(2) ‖ expiry day(16) ‖ zero(14) ‖ size(int64, lots) ‖ quote(int128, 1e-18 cash)
//             Options: two halves of 128 bits, the high half first; each half is instrument | size(int54, lots).
//             At most one option slot of an account has an empty low half.

/// A balance of one collateral asset.
/// @param asset  The asset's index in the vault's list.
/// @param amount In the token's own decimals.
struct AssetBalance {
    uint8 asset;
    uint128 amount;
}

/// The holdings of an account, as the vault stores them: the input of margin.
/// @param cash       Signed balance in the settlement coin, 1e18.
/// @param collateral By ascending asset index, no duplicates, at most 16.
/// @param legs       Leg slots in any order; no duplicates, at most 64 slots.
struct Portfolio {
    int128 cash;
    AssetBalance[] collateral;
    uint256[] legs;
}

/// What the legs of a portfolio at one venue are worth.
/// @param venue Its number.
/// @param marks Of all its legs there, 1e18 cash. Each leg is rounded down.
struct VenueMarks {
    uint16 venue;
    int256 marks;
}

/// Margin's assessment of a portfolio. Healthy: equity >= im. Liquidatable: equity < mm.
/// @param equity Cash + collateral at conservative price, not haircut + marks of all legs. Rounded down.
/// @param im     Initial margin requirement. Rounded up. im >= mm always.
/// @param mm     Maintenance margin requirement. Rounded up.
/// @param stale  A price that the portfolio rests on is stale, missing or out of bounds; such items count zero as
///               collateral and their last price otherwise. Opening and withdrawing are refused.
/// @param best   No less than equity - mm with each stale item at the best that it can be worth; equity - mm when nothing is
///               stale. See docs/method.md, section 6. best >= equity - mm >= worst always.
/// @param worst  No more than equity - mm with each stale item at the worst that it can be worth.
/// @param outOfRange A number left its range (2^110) and was clamped against the owner, a slot holds no leg, or there
///               are more than 8 underlyings or 24 expiries. No account can open such a portfolio.
/// @param staleLegs   Bits 2i and 2i + 1: the first and the second leg of slot i of the portfolio rest on a stale price.
/// @param staleAssets Bit i: collateral asset i has no usable price.
/// @param marks  The part of equity that is legs. Rounded down.
/// @param bidIm  The initial requirement that a bidder must meet: im with the multipliers of mm. Rounded up.
///               mm <= bidIm <= im.
/// @param bestEquity Equity with each stale item at the best that it can be worth; equity when nothing is stale.
struct Assessment {
    int256 equity;
    uint256 im;
    uint256 mm;
    bool stale;
    int256 best;
    int256 worst;
    bool outOfRange;
    uint128 staleLegs;
    uint16 staleAssets;
    int256 marks;
    uint256 bidIm;
    int256 bestEquity;
}

/// A rate of margin and what it shall be.
/// @param id    Its id: IParameters.rateTable lists them, `Rates.sol` names them.
/// @param value 1e18, a multiple of 1e-6.
struct Rate {
    uint8 id;
    uint64 value;
}

/// What is known about a rate of margin; `docs/method.md` says what each does.
/// @param scope        What it belongs to: 0 the rules, 1 an underlying, 2 an asset, 3 an asset that moves with an underlying.
/// @param id           Its id there.
/// @param name         ASCII, zeros at the end.
/// @param minimum      Lowest allowed, 1e18.
/// @param maximum      Highest allowed, 1e18.
/// @param defaultValue Where nothing was set, 1e18.
/// @param isInitial    It is an initial rate; the next id is its maintenance rate, never above it.
struct RateInfo {
    uint8 scope;
    uint8 id;
    bytes32 name;
    uint64 minimum;
    uint64 maximum;
    uint64 defaultValue;
    bool isInitial;
}

/// The state of an auction. Amounts 1e18.
/// @param startedAt   Since when lambda rises, unix seconds; 0 when no auction is open. The start, later by the time that, at
///                    the last bid or mark, did not count because the chain's sequencer did not work.
/// @param lambda      Most discount per unit of relief, 1e18.
/// @param maxFraction Share that a bid for everything takes now; 0 when no sale is needed, or no item can be priced.
/// @param price       Price of that share; negative = the bidder is paid.
/// @param equity      The account's equity.
/// @param mm          Its maintenance requirement.
/// @param insolventSince When the fund's ramp began; 0 while the account may be solvent, or if it was not marked within the
///                    last 15 minutes.
struct AuctionState {
    uint64 startedAt;
    uint256 lambda;
    uint256 maxFraction;
    int256 price;
    int256 equity;
    uint256 mm;
    uint64 insolventSince;
}

/// A leg with its fields apart, or a change of one.
/// @param instrument Its id.
/// @param size       Lots, signed.
/// @param quote      1e-18 cash, signed: the price paid for the size. 0 for an option.
struct Leg {
    uint128 instrument;
    int64 size;
    int128 quote;
}

/// Sensitivities to one underlying: perpetuals, futures, options and linked collateral together.
/// @param underlying Its number.
/// @param delta Change of value per coin of spot: units, 1e18.
/// @param gamma Change of delta per coin of spot, 1e18.
/// @param vega  Change of value per 1.00 of volatility (100 points), 1e18 cash.
/// @param theta Change of value per day, 1e18 cash.
struct Greeks {
    uint16 underlying;
    int128 delta;
    int128 gamma;
    int128 vega;
    int128 theta;
}

/// One leg in one scenario.
/// @param instrument Its id.
/// @param mark   Its value as the market is, 1e18 cash, rounded down; minus its quote where no usable price is known.
/// @param change By how much that changes in the scenario, times the scenario's weight: negative where the leg loses.
struct Contribution {
    uint128 instrument;
    int128 mark;
    int128 change;
}

/// The smallest relative move at which an account becomes liquidatable.
/// @param found False when no move inside the searched range does that.
/// @param by    1e18, signed: prices (or volatilities) times 1 + by. Never of the other sign than the direction asked for.
///              0 when the account is liquidatable already. Where none was found, the end of the searched range.
struct Distance {
    bool found;
    int256 by;
}

/// A balance of collateral, priced.
/// @param asset    Its index in the vault's list.
/// @param token    Its contract.
/// @param decimals Of the token.
/// @param amount   In the token's own decimals.
/// @param known    False when no usable price is known: `price` is 0 then, and is none.
/// @param fresh    False when the price is stale or unknown: the asset counts as nothing.
/// @param price    1e18 cash per whole token, conservative.
/// @param value    Its part of equity, 1e18 cash.
/// @param im       Its requirement alone, 1e18 cash: its haircut and, where it is linked, its scan.
/// @param mm       The same in the maintenance requirement.
struct CollateralView {
    uint8 asset;
    address token;
    uint8 decimals;
    uint128 amount;
    bool known;
    bool fresh;
    uint256 price;
    int256 value;
    uint256 im;
    uint256 mm;
}

/// A leg, marked.
/// @param instrument Its id.
/// @param size  Lots, signed.
/// @param units 1e18 units of the underlying, signed.
/// @param quote 1e-18 cash, signed: the price paid for the size. 0 for an option.
/// @param known False when no usable price is known: `mark` is 0 then, and is none.
/// @param fresh False when it rests on a stale price.
/// @param mark  The house's own value of a unit, 1e18 cash, rounded down.
/// @param value Its part of equity, 1e18 cash, rounded down: units * mark - quote, and the least it could be where no
///              price is known.
/// @param im    Its requirement alone, 1e18 cash.
/// @param mm    The same in the maintenance requirement.
struct LegView {
    uint128 instrument;
    int64 size;
    int128 units;
    int128 quote;
    bool known;
    bool fresh;
    uint256 mark;
    int256 value;
    uint256 im;
    uint256 mm;
}

/// A venue as an account sees it; amounts 1e18 cash.
/// @param venue    Its number.
/// @param admitted It may trade for the account.
/// @param legs     How many legs the account has there.
/// @param value    Their part of equity.
/// @param im       Their requirement alone, without the rest of the account.
/// @param mm       The same in the maintenance requirement.
/// @param imReleased Fall of the account's requirement when they are closed at their marks; negative: it rises, because
///                   they hedge legs elsewhere or collateral.
/// @param mmReleased The same of the maintenance requirement.
struct VenueView {
    uint16 venue;
    bool admitted;
    uint16 legs;
    int256 value;
    uint256 im;
    uint256 mm;
    int256 imReleased;
    int256 mmReleased;
}

/// All of an account, from one snapshot. Amounts 1e18 cash.
///
/// assessment.equity = portfolio.cash + all collateral values + all leg values, to the unit; assessment.im = collateralIm +
/// all venues' im + imOffset, and likewise mm. Only where assessment.outOfRange a clamped number may break that.
/// @param account      Its id.
/// @param owner        Its owner.
/// @param time         Unix seconds: of the block the answer is of.
/// @param version      Changes of legs and collateral so far (IVault.account).
/// @param inAuction    An auction of the account is open.
/// @param healthy      equity >= im at fresh prices.
/// @param liquidatable Whether IAuction.start would succeed now; false while an auction is open.
/// @param portfolio    As the vault stores it, cash included: the argument of other methods of ILens.
/// @param assessment   As margin says it.
/// @param imExcess     equity - im, signed.
/// @param mmExcess     equity - mm, signed.
/// @param collateral   By ascending asset.
/// @param legs         In the order of the slots, two options of a slot after one another.
/// @param venues       Admitted, or with legs, by ascending number.
/// @param collateralIm Requirement of all collateral alone.
/// @param collateralMm The same in the maintenance requirement.
/// @param imOffset     Relief between venues and collateral: 0 or negative, but for rounding.
/// @param mmOffset     The same in the maintenance requirement.
/// @param auction      The state of its auction; with startedAt 0, of one without discount (IAuction.state).
struct AccountView {
    bytes32 account;
    address owner;
    uint64 time;
    uint32 version;
    bool inAuction;
    bool healthy;
    bool liquidatable;
    Portfolio portfolio;
    Assessment assessment;
    int256 imExcess;
    int256 mmExcess;
    CollateralView[] collateral;
    LegView[] legs;
    VenueView[] venues;
    uint256 collateralIm;
    uint256 collateralMm;
    int256 imOffset;
    int256 mmOffset;
    AuctionState auction;
}
