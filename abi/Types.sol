// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

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
//             Only the last option slot may have an empty low half.

/// A balance of one collateral asset.
/// @param asset  The asset's index in the vault's list.
/// @param amount In the token's own decimals.
struct AssetBalance {
    uint8 asset;
    uint128 amount;
}

/// Everything margin depends on, as the vault stores it.
/// @param cash       Signed balance in the settlement coin, 1e18.
/// @param collateral By ascending asset index, no duplicates, at most 16.
/// @param legs       Leg slots: first perpetuals and futures by ascending header, then options by
///                   ascending instrument; no duplicates, at most 64 slots.
struct Portfolio {
    int128 cash;
    AssetBalance[] collateral;
    uint256[] legs;
}

/// What margin says about a portfolio. healthy: equity >= im. Liquidatable: equity < mm.
/// @param equity Cash + collateral at conservative price, not haircut + marks of all legs. Rounded down.
/// @param im     Initial margin requirement. Rounded up. im >= mm always.
/// @param mm     Maintenance margin requirement. Rounded up.
/// @param stale  Some price it rests on is stale, missing or out of bounds; such items count zero as
///               collateral and their last price otherwise. Opening and withdrawing are refused.
struct Assessment {
    int256 equity;
    uint256 im;
    uint256 mm;
    bool stale;
}
