// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IClearinghouse} from "../../../../abi/IClearinghouse.sol";
import {ILens} from "../../../../abi/ILens.sol";
import {AccountView, Distance} from "../../../../abi/Types.sol";

/// What a protocol elsewhere may do with an account of the house: it knows the clearinghouse and nothing else, finds the
/// lens there, and adds up what the lens says.
contract AccountReader {
    /// The sums of an account, to be compared with what is said of the whole.
    struct Sums {
        int256 equity;
        int256 im;
        int256 mm;
        uint256 stale;
        uint256 unknown;
    }

    IClearinghouse public immutable clearinghouse;

    constructor(address clearinghouse_) {
        clearinghouse = IClearinghouse(clearinghouse_);
    }

    /// All the lens says.
    function read(bytes32 account) public view returns (AccountView memory) {
        return ILens(clearinghouse.lens()).account(account);
    }

    /// Equity and requirements from their parts.
    function sums(bytes32 account) external view returns (Sums memory s) {
        AccountView memory a = read(account);
        s.equity = a.portfolio.cash;
        for (uint256 i = 0; i < a.collateral.length; ++i) {
            s.equity += a.collateral[i].value;
            if (!a.collateral[i].fresh) ++s.stale;
            if (!a.collateral[i].known) ++s.unknown;
        }
        for (uint256 i = 0; i < a.legs.length; ++i) {
            s.equity += a.legs[i].value;
            if (!a.legs[i].fresh) ++s.stale;
            if (!a.legs[i].known) ++s.unknown;
        }
        s.im = int256(a.collateralIm) + a.imOffset;
        s.mm = int256(a.collateralMm) + a.mmOffset;
        for (uint256 i = 0; i < a.venues.length; ++i) {
            s.im += int256(a.venues[i].im);
            s.mm += int256(a.venues[i].mm);
        }
    }

    /// How far spot may fall, 1e18 and not above 0; reverts where no fall liquidates the account.
    function fall(bytes32 account) external view returns (int256) {
        ILens lens = ILens(clearinghouse.lens());
        (, Distance memory down,,) = lens.distances(lens.account(account).portfolio);
        require(down.found, "no fall liquidates it");
        return down.by;
    }
}
