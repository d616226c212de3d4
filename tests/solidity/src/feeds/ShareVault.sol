// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// OpenZeppelin's ERC-4626 vault, with a loss and a pause that anybody may cause. A gift is a plain transfer of the asset.
contract ShareVault is ERC4626 {
    bool public paused;

    constructor(IERC20 asset_) ERC4626(asset_) ERC20("Shares", "SHARE") {}

    function lose(uint256 assets) external {
        IERC20(asset()).transfer(address(0xdead), assets);
    }

    function pause(bool paused_) external {
        paused = paused_;
    }

    function totalAssets() public view override returns (uint256) {
        require(!paused, "paused");
        return super.totalAssets();
    }
}
