// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// An account owner, keeper, bidder or venue that is a contract: it calls anything, several things in one
/// transaction if asked. Open to everybody: a tool of the tests, to hold nothing of worth.
contract Forwarder {
    struct Step {
        address target;
        bytes data;
        /// Go on when this step fails.
        bool mayFail;
    }

    struct Outcome {
        bool ok;
        bytes data;
    }

    /// Calls `target` and passes its answer or its revert data on.
    function exec(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool ok, bytes memory answer) = target.call{value: msg.value}(data);
        if (!ok) _bubble(answer);
        return answer;
    }

    /// Calls `target` with no more than `gasLimit` gas and never reverts.
    function tryExec(address target, bytes calldata data, uint256 gasLimit)
        external
        payable
        returns (bool ok, bytes memory answer)
    {
        (ok, answer) = target.call{value: msg.value, gas: gasLimit}(data);
    }

    /// Several calls in one transaction: flash loans of state, price pushes around a trade.
    function batch(Step[] calldata steps) external payable returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](steps.length);
        for (uint256 i = 0; i < steps.length; ++i) {
            (bool ok, bytes memory answer) = steps[i].target.call(steps[i].data);
            if (!ok && !steps[i].mayFail) _bubble(answer);
            outcomes[i] = Outcome(ok, answer);
        }
    }

    /// Calls with the code of `target` in this contract's place.
    function delegate(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool ok, bytes memory answer) = target.delegatecall(data);
        if (!ok) _bubble(answer);
        return answer;
    }

    function _bubble(bytes memory data) private pure {
        assembly ("memory-safe") {
            revert(add(data, 32), mload(data))
        }
    }

    receive() external payable {}
}
