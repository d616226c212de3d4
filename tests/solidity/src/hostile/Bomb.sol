// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// Ways of failing that hurt a careless caller.
abstract contract Bomb {
    enum Mode {
        /// Does nothing.
        Off,
        /// Returns `size` zero bytes.
        Return,
        /// Reverts with `size` zero bytes.
        Revert,
        /// Loops until no gas is left.
        Burn,
        /// The invalid opcode: takes all gas at once.
        Invalid
    }

    Mode public mode;
    /// Length of the answer in bytes.
    uint256 public size;

    function _setBomb(Mode mode_, uint256 size_) internal {
        (mode, size) = (mode_, size_);
    }

    /// Does not come back unless the mode is `Off`.
    function _explode() internal view {
        (Mode mode_, uint256 size_) = (mode, size);
        if (mode_ == Mode.Off) return;
        assembly ("memory-safe") {
            switch mode_
            // Memory from zero on is overwritten only as data that leaves with the call.
            case 1 {
                calldatacopy(0, calldatasize(), size_)
                return(0, size_)
            }
            case 2 {
                calldatacopy(0, calldatasize(), size_)
                revert(0, size_)
            }
            case 3 { for {} 1 {} { pop(keccak256(0, 64)) } }
            default { invalid() }
        }
    }
}

/// A contract that blows up whatever it is asked: as feed, token, margin module or receiver.
contract BombContract is Bomb {
    constructor(Mode mode_, uint256 size_) {
        _setBomb(mode_, size_);
    }

    function setBomb(Mode mode_, uint256 size_) external {
        _setBomb(mode_, size_);
    }

    fallback() external payable {
        _explode();
    }

    receive() external payable {
        _explode();
    }
}
