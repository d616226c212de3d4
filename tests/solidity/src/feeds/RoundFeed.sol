// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAggregatorV3} from "./IAggregatorV3.sol";

/// A Chainlink-style feed with any rounds of any phases, in any order, whose latest round anybody names. Also an uptime feed of
/// a sequencer: answer 0 = up, 1 = down, since startedAt.
contract RoundFeed is IAggregatorV3 {
    error NoDataPresent(uint80 roundId);

    struct Round {
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
    }

    uint256 public constant version = 1;
    string public constant description = "rounds";
    uint8 public immutable decimals;
    uint80 public latestRound;
    /// Answers for rounds that were never set: zeros, as newer aggregators, instead of a revert.
    bool public answersZeros;
    mapping(uint80 => Round) private _rounds;
    mapping(uint80 => bool) private _set;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    /// Sets a round.
    function setRound(uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt) public {
        _rounds[roundId] = Round(answer, startedAt, updatedAt);
        _set[roundId] = true;
    }

    /// Names the latest round.
    function setLatest(uint80 roundId) public {
        latestRound = roundId;
    }

    /// Sets a round and names it the latest.
    function push(uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt) external {
        setRound(roundId, answer, startedAt, updatedAt);
        setLatest(roundId);
    }

    /// Sets consecutive rounds, the first with this number, and names the last the latest.
    /// @param times Unix seconds, of both kinds.
    function pushMany(uint80 roundId, int256[] calldata answers, uint256[] calldata times) external {
        for (uint256 i = 0; i < answers.length; ++i) {
            setRound(roundId, answers[i], times[i], times[i]);
            setLatest(roundId++);
        }
    }

    function setAnswersZeros(bool zeros) external {
        answersZeros = zeros;
    }

    function getRoundData(uint80 roundId) public view returns (uint80, int256, uint256, uint256, uint80) {
        if (!_set[roundId] && !answersZeros) revert NoDataPresent(roundId);
        Round memory r = _rounds[roundId];
        return (roundId, r.answer, r.startedAt, r.updatedAt, roundId);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(latestRound);
    }
}
