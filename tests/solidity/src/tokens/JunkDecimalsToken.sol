// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Token} from "./Token.sol";

/// Answers `decimals()` with any bytes, or reverts with them; the owner may change its mind at any time.
contract JunkDecimalsToken is Token {
    bytes public answer;
    bool public reverts;

    constructor(string memory name_, string memory symbol_, bytes memory answer_) Token(name_, symbol_, 0) {
        answer = answer_;
    }

    /// @param answer_  Raw return data, e.g. 32 bytes of 77, 31 bytes, nothing.
    /// @param reverts_ Revert with it instead of returning it.
    function setAnswer(bytes calldata answer_, bool reverts_) external onlyOwner {
        (answer, reverts) = (answer_, reverts_);
    }

    function decimals() public view override returns (uint8) {
        bytes memory data = answer;
        bool reverts_ = reverts;
        assembly ("memory-safe") {
            if reverts_ { revert(add(data, 32), mload(data)) }
            return(add(data, 32), mload(data))
        }
    }
}
