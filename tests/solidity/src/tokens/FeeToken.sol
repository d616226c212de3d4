// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Token} from "./Token.sol";

/// Keeps a share of every transfer: the receiver gets less than was asked.
contract FeeToken is Token {
    error FeeTooHigh(uint256 feeBps);

    /// Share kept by the owner, in 1e-4; 100 = 1 %, 10000 = everything.
    uint256 public feeBps;

    constructor(string memory name_, string memory symbol_, uint8 decimals_, uint256 feeBps_)
        Token(name_, symbol_, decimals_)
    {
        _setFee(feeBps_);
    }

    function setFee(uint256 feeBps_) external onlyOwner {
        _setFee(feeBps_);
    }

    function _setFee(uint256 feeBps_) private {
        if (feeBps_ > 10_000) revert FeeTooHigh(feeBps_);
        feeBps = feeBps_;
    }

    function _move(address from, address to, uint256 amount) internal override {
        uint256 fee = amount * feeBps / 10_000;
        super._move(from, owner, fee);
        super._move(from, to, amount - fee);
    }
}
