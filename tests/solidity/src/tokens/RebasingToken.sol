// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Token} from "./Token.sol";

/// All balances shown are multiplied by a factor the owner changes at will, as a rebasing or lying token does.
contract RebasingToken is Token {
    /// 1e18 = unchanged.
    uint256 public factor = 1e18;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) Token(name_, symbol_, decimals_) {}

    function setFactor(uint256 factor_) external onlyOwner {
        factor = factor_;
    }

    function balanceOf(address who) public view override returns (uint256) {
        return _balances[who] * factor / 1e18;
    }

    /// `amount` is in shown units; shares round up, against the sender.
    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, factor == 0 ? amount : (amount * 1e18 + factor - 1) / factor);
    }
}
