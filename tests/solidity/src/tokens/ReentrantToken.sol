// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Token} from "./Token.sol";

/// Calls any target with any data from inside its own functions.
///
/// In `transfer` and `transferFrom` the outcome of the inner call is kept for the test to read. `balanceOf` is asked
/// with a static call and can keep nothing: there, the probe turns the outcome of the inner (static) call into a
/// revert of `balanceOf`, which the test sees as failure of the outer call.
contract ReentrantToken is Token {
    event Reentered(uint8 indexed hook, bool ok, bytes data);

    /// The inner static call succeeded although the test expected a refusal, or the reverse.
    error ProbeFailed(bool ok, bytes data);
    error InnerFailed(bytes data);

    uint8 public constant ON_TRANSFER = 1;
    uint8 public constant ON_TRANSFER_FROM = 2;
    uint8 public constant ON_BALANCE_OF = 4;

    /// Functions that call out: a sum of the constants above.
    uint8 public hooks;
    /// True: the inner call happens before the balances move; false: after.
    bool public before;
    /// True: a failing inner call makes the token revert; for `balanceOf`, a failing one is expected when false.
    bool public mustSucceed;
    address public target;
    bytes public payload;
    /// How many inner calls `transfer` and `transferFrom` have made, and how the last one ended.
    uint256 public calls;
    bool public lastOk;
    bytes public lastData;
    bool private _inside;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) Token(name_, symbol_, decimals_) {}

    function arm(uint8 hooks_, bool before_, bool mustSucceed_, address target_, bytes calldata payload_)
        external
        onlyOwner
    {
        (hooks, before, mustSucceed, target, payload) = (hooks_, before_, mustSucceed_, target_, payload_);
        (calls, lastOk, lastData) = (0, false, "");
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (before) _callOut(ON_TRANSFER);
        super.transfer(to, amount);
        if (!before) _callOut(ON_TRANSFER);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (before) _callOut(ON_TRANSFER_FROM);
        super.transferFrom(from, to, amount);
        if (!before) _callOut(ON_TRANSFER_FROM);
        return true;
    }

    function balanceOf(address who) public view override returns (uint256) {
        if (hooks & ON_BALANCE_OF != 0 && !_inside) {
            (bool ok, bytes memory data) = target.staticcall(payload);
            if (ok != mustSucceed) revert ProbeFailed(ok, data);
        }
        return super.balanceOf(who);
    }

    function _callOut(uint8 hook) private {
        if (hooks & hook == 0 || _inside) return;
        _inside = true;
        (bool ok, bytes memory data) = target.call(payload);
        _inside = false;
        ++calls;
        (lastOk, lastData) = (ok, data);
        emit Reentered(hook, ok, data);
        if (mustSucceed && !ok) revert InnerFailed(data);
    }
}
