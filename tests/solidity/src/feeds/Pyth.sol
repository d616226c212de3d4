// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

// Pyth's own stand-in for its contract: the same interface, prices without signatures.
import {MockPyth} from "@pythnetwork/pyth-sdk-solidity/MockPyth.sol";
