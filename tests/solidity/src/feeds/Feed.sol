// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAggregatorV3} from "./IAggregatorV3.sol";

/// A Chainlink-style price feed that its keeper writes. It records what it is given, also a negative answer or a
/// time in the future: judging answers is the consumer's work, and the tests need feeds that misbehave.
contract Feed is IAggregatorV3 {
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);
    event KeeperSet(address indexed keeper);

    error NotKeeper(address caller, address keeper);
    error NoDataPresent(uint80 roundId);

    struct Round {
        int192 answer;
        uint64 updatedAt;
    }

    uint256 public constant version = 1;
    uint8 public immutable decimals;
    string public description;
    address public keeper;
    uint80 public latestRound;
    mapping(uint80 => Round) private _rounds;

    modifier onlyKeeper() {
        if (msg.sender != keeper) revert NotKeeper(msg.sender, keeper);
        _;
    }

    constructor(string memory description_, uint8 decimals_) {
        description = description_;
        decimals = decimals_;
        keeper = msg.sender;
        emit KeeperSet(msg.sender);
    }

    /// Hands the feed to another keeper.
    function setKeeper(address keeper_) external onlyKeeper {
        keeper = keeper_;
        emit KeeperSet(keeper_);
    }

    /// A new round with the present time.
    /// @param answer In the feed's decimals.
    function push(int192 answer) external onlyKeeper {
        _push(answer, uint64(block.timestamp));
    }

    /// A new round with any time.
    /// @param updatedAt Unix seconds.
    function pushAt(int192 answer, uint64 updatedAt) external onlyKeeper {
        _push(answer, updatedAt);
    }

    function getRoundData(uint80 roundId) public view returns (uint80, int256, uint256, uint256, uint80) {
        if (roundId == 0 || roundId > latestRound) revert NoDataPresent(roundId);
        Round memory r = _rounds[roundId];
        return (roundId, r.answer, r.updatedAt, r.updatedAt, roundId);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(latestRound);
    }

    function _push(int192 answer, uint64 updatedAt) private {
        uint80 id = ++latestRound;
        _rounds[id] = Round(answer, updatedAt);
        emit AnswerUpdated(answer, id, updatedAt);
    }
}
