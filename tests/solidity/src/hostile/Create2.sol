// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// Puts code at an address that was known, and used, before it had any.
contract Create2 {
    error CreateFailed();

    function deploy(bytes32 salt, bytes calldata initCode) external returns (address made) {
        bytes memory code = initCode;
        assembly ("memory-safe") {
            made := create2(0, add(code, 32), mload(code), salt)
        }
        if (made == address(0)) revert CreateFailed();
    }

    function addressOf(bytes32 salt, bytes32 initCodeHash) external view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, initCodeHash)))));
    }
}
