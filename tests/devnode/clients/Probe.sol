// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @notice What the client tests deploy. `Probe.json` beside it is this file compiled by solc
/// 0.8.30 with the optimiser on (200 runs) for cancun.
contract Probe {
    /// @notice A value was stored.
    event Stored(address indexed by, uint256 value);

    /// @notice The value is over the limit.
    error TooLarge(uint256 value, uint256 limit);

    uint256 public value;
    address public immutable owner;

    constructor(uint256 initial) payable {
        value = initial;
        owner = msg.sender;
    }

    receive() external payable {}

    function store(uint256 newValue) external {
        if (newValue > 1000e18) revert TooLarge(newValue, 1000e18);
        require(newValue != 13, "unlucky");
        value = newValue;
        emit Stored(msg.sender, newValue);
    }

    function storeMany(uint256 count) external {
        for (uint256 i = 1; i <= count; i++) {
            emit Stored(msg.sender, i);
        }
    }

    function divide(uint256 a, uint256 b) external pure returns (uint256) {
        return a / b;
    }

    function forward(address to, bytes calldata data) external payable returns (bytes memory) {
        (bool ok, bytes memory out) = to.call{value: msg.value}(data);
        if (!ok) {
            assembly {
                revert(add(out, 32), mload(out))
            }
        }
        return out;
    }

    function spin() external pure {
        while (true) {}
    }

    function time() external view returns (uint256) {
        return block.timestamp;
    }

    function sender() external view returns (address) {
        return msg.sender;
    }
}
