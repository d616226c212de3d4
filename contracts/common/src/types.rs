//! The structs of `abi/Types.sol` and `abi/IOracle.sol`, and the parts of the siblings' interfaces that other
//! contracts of the house call. `abi/*.sol` documents every field; the two must stay equal.
#![allow(missing_docs)] // `sol!` writes items of its own
use alloy_sol_types::sol;
use stylus_sdk::prelude::*;

sol! {
    /// A balance of one collateral asset, in the token's own decimals.
    #[derive(AbiType, Debug, PartialEq, Eq)]
    struct AssetBalance {
        uint8 asset;
        uint128 amount;
    }

    /// Everything margin depends on, as the vault stores it. Cash 1e18; collateral ascending; legs are slots.
    #[derive(AbiType, Debug, PartialEq, Eq)]
    struct Portfolio {
        int128 cash;
        AssetBalance[] collateral;
        uint256[] legs;
    }

    /// What margin says: equity rounded down, requirements up, 1e18; im >= mm.
    #[derive(AbiType, Debug, PartialEq, Eq, Copy)]
    struct Assessment {
        int256 equity;
        uint256 im;
        uint256 mm;
        bool stale;
    }

    /// A spot price: 1e18 settlement coin per whole unit.
    #[derive(AbiType, Debug, PartialEq, Eq, Copy)]
    struct Price {
        uint256 value;
        uint64 updatedAt;
        bool fresh;
    }

    /// A change of one account's cash and of one leg of it.
    #[derive(AbiType, Debug, PartialEq, Eq, Copy)]
    struct Entry {
        bytes32 account;
        int128 cash;
        uint128 instrument;
        int64 size;
        int128 quote;
    }

    /// A change of one account's collateral.
    #[derive(AbiType, Debug, PartialEq, Eq, Copy)]
    struct AssetEntry {
        bytes32 account;
        uint8 asset;
        int128 amount;
    }

    interface IOracle {
        function prices(uint16[] calldata feeds) external view returns (Price[] memory);
    }

    interface IMargin {
        function marks(uint128[] calldata instruments) external view
            returns (uint256[] memory values, uint64[] memory lots, bool[] memory fresh);
        function asset(uint8 asset) external view
            returns (uint16 feed, uint16 underlying, uint8 decimals, uint64 imHaircut, uint64 mmHaircut);
        function assess(Portfolio[] calldata portfolios) external view returns (Assessment[] memory);
    }

    interface IVault {
        function applyEntries(uint16 venue, bytes32 liquidated, Entry[] calldata entries, AssetEntry[] calldata assets)
            external returns (bytes32[] memory accounts, Assessment[] memory after_);
        function setInAuction(bytes32 account, bool inAuction) external;
        function account(bytes32 account) external view
            returns (Portfolio memory portfolio, uint32 version, bool inAuction);
        function isOperator(bytes32 account, address operator) external view returns (bool);
        function cashOf(bytes32 account) external view returns (int128);
    }
}
