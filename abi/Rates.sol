// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

// Made by `PLIMSOLL_WRITE=1 cargo test -p plimsoll-bench --test rates` from the kernel's table. Do not edit.

/// Ids of the rates that `IParameters.setRules` takes.
library RuleRates {
    /// Factor of the scan.
    uint8 internal constant IM_FACTOR = 0;
    /// Factor of the scan.
    uint8 internal constant MM_FACTOR = 1;
    /// Largest share of the sum of stand-alone scans that offsets across underlyings may remove.
    uint8 internal constant MAX_OFFSET = 2;
    /// How far one underlying may move on its own, as a share of the grid, in the calm regime.
    uint8 internal constant CALM_REACH = 3;
    /// How far one underlying may move on its own, as a share of the grid, when all move together.
    uint8 internal constant TOGETHER_REACH = 4;
}

/// Ids of the rates that `IParameters.setUnderlying` takes.
library UnderlyingRates {
    /// Move per move of the common factor in the calm regime.
    uint8 internal constant BETA = 0;
    /// Floor of volatility per √year on up-shocks.
    uint8 internal constant VOL_FLOOR = 1;
    /// Move of the variable forward for the calendar basis.
    uint8 internal constant BASIS_MOVE = 2;
    /// Share of the calendar basis that counts at expiry.
    uint8 internal constant BASIS_AT_EXPIRY = 3;
    /// Share of it that counts besides for each year to expiry.
    uint8 internal constant BASIS_PER_YEAR = 4;
    /// Largest accepted price move, which the maintenance requirement of each leg alone covers.
    uint8 internal constant MAX_MOVE = 5;
    /// Share of spot per unit of short option.
    uint8 internal constant SHORT_OPTION_IM = 6;
    /// Share of spot per unit of short option.
    uint8 internal constant SHORT_OPTION_MM = 7;
    /// Share of spot per unit of perpetual or future: what closing it costs.
    uint8 internal constant LINEAR_COST_IM = 8;
    /// Share of spot per unit of perpetual or future: what closing it costs.
    uint8 internal constant LINEAR_COST_MM = 9;
    /// Share of spot per unit of option: what closing it costs.
    uint8 internal constant OPTION_COST_IM = 10;
    /// Share of spot per unit of option: what closing it costs.
    uint8 internal constant OPTION_COST_MM = 11;
    /// Charge on net short options, perpetuals and futures per unit by which the coin stands below 0.99.
    uint8 internal constant DEPEG_IM = 12;
    /// Charge on net short options, perpetuals and futures per unit by which the coin stands below 0.99.
    uint8 internal constant DEPEG_MM = 13;
    /// Share of an expiry's options' value that a change of its discount may take, for each year to expiry.
    uint8 internal constant RATE_IM = 14;
    /// Share of an expiry's options' value that a change of its discount may take, for each year to expiry.
    uint8 internal constant RATE_MM = 15;
}

/// Ids of the rates that `IParameters.setAsset` takes.
library AssetRates {
    /// Share of its value that is required.
    uint8 internal constant IM_HAIRCUT = 0;
    /// Share of its value that is required.
    uint8 internal constant MM_HAIRCUT = 1;
}

/// Places of the charges that `ILens.explain` answers: numbers 2i and 2i + 1 are initial and maintenance.
library Charges {
    /// Charged on S·(|Σ perpetuals q + linked collateral units| + Σ_e (|Σ futures q| + |Σ calls q| + |Σ puts q|)).
    uint8 internal constant CONFIDENCE = 0;
    /// Charged on value of each fresh collateral asset.
    uint8 internal constant HAIRCUT = 1;
    /// Charged on per expiry: max(0, −ΔM(−δ), −ΔM(+δ)), ΔM(±δ) = change of the expiry's options and futures when A moves by ±δ, volatility kept.
    uint8 internal constant BASIS = 2;
    /// Charged on Σ (expiry, strike) (−Σ q of calls and puts)⁺ · S.
    uint8 internal constant SHORT_OPTION = 3;
    /// Charged on Σ perpetuals, futures |q| · S.
    uint8 internal constant LINEAR_COST = 4;
    /// Charged on Σ options |q| · S.
    uint8 internal constant OPTION_COST = 5;
    /// Charged on (0.99 − p)⁺ · (Σ (expiry, strike) (−Σ q)⁺·S + Σ perpetuals, futures |q|·S).
    uint8 internal constant DEPEG = 6;
    /// Charged on per expiry: |value of its options|.
    uint8 internal constant RATE = 7;
}
