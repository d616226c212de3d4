// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

/// Builds and reads the identifiers described in `Types.sol`. Pure bit work; nothing here checks that an account,
/// a venue or an underlying exists.
library Ids {
    /// Kind of an instrument: 0 perpetual, 1 future, 2 call, 3 put.
    uint8 internal constant PERPETUAL = 0;

    /// The account of `owner` with the number `subaccount`.
    function account(address owner, uint96 subaccount) internal pure returns (bytes32) {
        return bytes32((uint256(uint160(owner)) << 96) | subaccount);
    }

    /// The address that owns `account_`.
    function ownerOf(bytes32 account_) internal pure returns (address) {
        return address(bytes20(account_));
    }

    /// The perpetual on `underlying` at `venue`.
    function perpetual(uint16 venue, uint16 underlying) internal pure returns (uint128) {
        return (uint128(venue) << 112) | (uint128(underlying) << 96);
    }

    /// The venue an instrument belongs to.
    function venueOf(uint128 instrument) internal pure returns (uint16) {
        return uint16(instrument >> 112);
    }

    /// The underlying of an instrument.
    function underlyingOf(uint128 instrument) internal pure returns (uint16) {
        return uint16(instrument >> 96);
    }

    /// Kind of an instrument, 0..3.
    function kindOf(uint128 instrument) internal pure returns (uint8) {
        return uint8(instrument >> 94) & 3;
    }

    /// True for the one id a perpetual has: no expiry, no strike, no stray bit.
    function isPerpetual(uint128 instrument) internal pure returns (bool) {
        return uint96(instrument) == 0;
    }

    /// Signed size, in lots, of the perpetual `instrument` among leg slots as `IVault.account` returns them; 0 when
    /// there is none.
    function sizeIn(uint256[] memory legs, uint128 instrument) internal pure returns (int64) {
        for (uint256 i = 0; i < legs.length; ++i) {
            if (legs[i] >> 192 == instrument >> 64) return int64(uint64(legs[i] >> 128));
        }
        return 0;
    }
}
