// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Bomb} from "../hostile/Bomb.sol";

/// A feed that answers `decimals()`, `latestRoundData()` and whatever else it is told to with any bytes, reverts with any
/// bytes, or blows up. By what it is told it is also a proxy, a Pyth contract or a vault.
contract HostileFeed is Bomb {
    bytes public decimalsAnswer;
    bytes public roundAnswer;
    /// Revert with the answers instead of returning them.
    bool public reverts;
    /// Return data by selector, of methods that this contract does not have. None: it reverts.
    mapping(bytes4 => bytes) public answers;

    /// Answers like an honest feed at first.
    constructor(uint8 decimals_, int256 answer, uint256 updatedAt) {
        decimalsAnswer = abi.encode(decimals_);
        roundAnswer = abi.encode(uint80(1), answer, updatedAt, updatedAt, uint80(1));
    }

    /// @param data Raw return data of `latestRoundData()`: too short, too long, dirty upper bits...
    function setRound(bytes calldata data) external {
        roundAnswer = data;
    }

    /// All five words as given; ids wider than their type make dirty bits.
    function setRoundWords(uint256 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint256 answeredInRound)
        external
    {
        roundAnswer = abi.encode(id, answer, startedAt, updatedAt, answeredInRound);
    }

    /// @param data Raw return data of `decimals()`.
    function setDecimals(bytes calldata data) external {
        decimalsAnswer = data;
    }

    /// @param data Raw return data of the method with this selector, whatever its arguments.
    function setAnswer(bytes4 selector, bytes calldata data) external {
        answers[selector] = data;
    }

    fallback() external {
        bytes memory data = answers[msg.sig];
        if (data.length == 0) revert();
        _answer(data);
    }

    function setReverts(bool reverts_) external {
        reverts = reverts_;
    }

    function setBomb(Mode mode_, uint256 size_) external {
        _setBomb(mode_, size_);
    }

    function decimals() external view returns (uint8) {
        _answer(decimalsAnswer);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        _answer(roundAnswer);
    }

    function _answer(bytes memory data) private view {
        _explode();
        bool reverts_ = reverts;
        assembly ("memory-safe") {
            if reverts_ { revert(add(data, 32), mload(data)) }
            return(add(data, 32), mload(data))
        }
    }
}
