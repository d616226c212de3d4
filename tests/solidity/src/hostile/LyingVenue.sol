// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Fill, IClearinghouse} from "../../../../abi/IClearinghouse.sol";

/// A venue that reports whatever it is told, matched or not. What it can do to accounts that admitted it is what the
/// house must bound.
contract LyingVenue {
    IClearinghouse public immutable clearinghouse;

    constructor(address clearinghouse_) {
        clearinghouse = IClearinghouse(clearinghouse_);
    }

    /// Reports any fills.
    function report(Fill[] calldata fills) external {
        clearinghouse.clear(fills);
    }

    /// Invents one trade between two accounts.
    function invent(bytes32 buyer, bytes32 seller, uint128 instrument, uint256 size, uint256 price) external {
        Fill[] memory fills = new Fill[](1);
        fills[0] = Fill(buyer, seller, instrument, size, price, 0, 0);
        clearinghouse.clear(fills);
    }

    /// The same trade `count` times there and back: buys and sells in turn, to churn fees, versions or rounding.
    function churn(bytes32 a, bytes32 b, uint128 instrument, uint256 size, uint256 price, uint256 fee, uint256 count)
        external
    {
        Fill[] memory fills = new Fill[](count);
        for (uint256 i = 0; i < count; ++i) {
            (bytes32 buyer, bytes32 seller) = i % 2 == 0 ? (a, b) : (b, a);
            fills[i] = Fill(buyer, seller, instrument, size, price, fee, fee);
        }
        clearinghouse.clear(fills);
    }
}
