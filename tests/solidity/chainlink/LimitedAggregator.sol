// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.6.6;

import "@chainlink/contracts/src/v0.6/FluxAggregator.sol";
import "@chainlink/contracts/src/v0.6/EACAggregatorProxy.sol";

/// Chainlink's aggregator of the package, with the limits told as its off-chain reporting aggregators tell them.
contract LimitedAggregator is FluxAggregator {
    int192 public minAnswer;
    int192 public maxAnswer;

    constructor(int192 minAnswer_, int192 maxAnswer_, uint8 decimals_)
        public
        FluxAggregator(address(0), 0, 0, address(0), minAnswer_, maxAnswer_, decimals_, "A / B")
    {
        minAnswer = minAnswer_;
        maxAnswer = maxAnswer_;
    }
}
