// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// Receives any call, remembers it, calls back what the test asked for and answers what the test asked for.
/// In a static context it remembers nothing and calls nothing, but still answers.
contract Callback {
    event Called(address indexed caller, uint256 value, bytes data);
    event CalledBack(address indexed target, bool ok, bytes data);

    error NotSelf();

    struct Call {
        address caller;
        uint256 value;
        bytes data;
    }

    Call[] private _calls;
    address public target;
    bytes public payload;
    /// How many more times a received call makes this contract call back.
    uint256 public times;
    bool public lastOk;
    bytes public lastData;
    bytes public answer;
    bool public reverts;

    /// What to do when called.
    function arm(address target_, bytes calldata payload_, uint256 times_) external {
        (target, payload, times) = (target_, payload_, times_);
    }

    /// What to answer when called: raw bytes, returned or reverted with.
    function setAnswer(bytes calldata answer_, bool reverts_) external {
        (answer, reverts) = (answer_, reverts_);
    }

    /// Calls `target_` as this contract.
    function exec(address target_, bytes calldata data) external payable returns (bytes memory) {
        (bool ok, bytes memory result) = target_.call{value: msg.value}(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
        return result;
    }

    function callCount() external view returns (uint256) {
        return _calls.length;
    }

    function callAt(uint256 index) external view returns (Call memory) {
        return _calls[index];
    }

    /// Remembers a call and calls back. Only by this contract itself: a separate frame, so that it may fail when the
    /// outer call is static.
    function record(address caller, uint256 value, bytes calldata data) external {
        if (msg.sender != address(this)) revert NotSelf();
        _calls.push(Call(caller, value, data));
        emit Called(caller, value, data);
        if (times == 0) return;
        --times;
        (bool ok, bytes memory result) = target.call(payload);
        (lastOk, lastData) = (ok, result);
        emit CalledBack(target, ok, result);
    }

    fallback() external payable {
        // Fails in a static context; the answer does not depend on it.
        try this.record(msg.sender, msg.value, msg.data) {} catch {}
        bytes memory data = answer;
        bool reverts_ = reverts;
        assembly ("memory-safe") {
            if reverts_ { revert(add(data, 32), mload(data)) }
            return(add(data, 32), mload(data))
        }
    }

    receive() external payable {}
}
