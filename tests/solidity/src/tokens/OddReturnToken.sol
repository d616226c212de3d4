// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Token} from "./Token.sol";

/// Answers `transfer` and `transferFrom` with any number of bytes. Size 0 is a token that returns nothing (as USDT);
/// word 0 returns false; word 2 is neither; sizes 31, 33 and 4096 are not a bool.
contract OddReturnToken is Token {
    /// First word of the answer; further bytes are zero.
    uint256 public word;
    /// Length of the answer in bytes.
    uint256 public size;
    /// Whether the tokens move at all.
    bool public moves = true;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) Token(name_, symbol_, decimals_) {}

    function setReturn(uint256 word_, uint256 size_, bool moves_) external onlyOwner {
        (word, size, moves) = (word_, size_, moves_);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (moves) super.transfer(to, amount);
        _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (moves) super.transferFrom(from, to, amount);
        _answer();
    }

    function _answer() private view {
        bytes memory data = new bytes(size < 32 ? 32 : size);
        (uint256 word_, uint256 size_) = (word, size);
        assembly ("memory-safe") {
            mstore(add(data, 32), word_)
            return(add(data, 32), size_)
        }
    }
}
