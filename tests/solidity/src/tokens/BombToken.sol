// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Token} from "./Token.sol";
import {Bomb} from "../hostile/Bomb.sol";

/// Blows up in chosen functions: endless answers, endless revert data, or all gas burnt.
contract BombToken is Token, Bomb {
    uint8 public constant ON_TRANSFER = 1;
    uint8 public constant ON_TRANSFER_FROM = 2;
    uint8 public constant ON_BALANCE_OF = 4;
    uint8 public constant ON_DECIMALS = 8;

    /// Functions that blow up: a sum of the constants above.
    uint8 public hooks;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) Token(name_, symbol_, decimals_) {}

    function arm(uint8 hooks_, Mode mode_, uint256 size_) external onlyOwner {
        hooks = hooks_;
        _setBomb(mode_, size_);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (hooks & ON_TRANSFER != 0) _explode();
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (hooks & ON_TRANSFER_FROM != 0) _explode();
        return super.transferFrom(from, to, amount);
    }

    function balanceOf(address who) public view override returns (uint256) {
        if (hooks & ON_BALANCE_OF != 0) _explode();
        return super.balanceOf(who);
    }

    function decimals() public view override returns (uint8) {
        if (hooks & ON_DECIMALS != 0) _explode();
        return super.decimals();
    }
}
