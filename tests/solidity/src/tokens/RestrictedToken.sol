// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Token} from "./Token.sol";

/// A token with a blacklist and a pause, as the large stablecoins have.
contract RestrictedToken is Token {
    error Blocked(address who);
    error Paused();

    mapping(address => bool) public blocked;
    bool public paused;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) Token(name_, symbol_, decimals_) {}

    function setBlocked(address who, bool blocked_) external onlyOwner {
        blocked[who] = blocked_;
    }

    function setPaused(bool paused_) external onlyOwner {
        paused = paused_;
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (paused) revert Paused();
        if (blocked[from]) revert Blocked(from);
        if (blocked[to]) revert Blocked(to);
        super._move(from, to, amount);
    }
}
