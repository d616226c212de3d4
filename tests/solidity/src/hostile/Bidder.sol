// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Bid, IAuction} from "../../../../abi/IAuction.sol";
import {IVault} from "../../../../abi/IVault.sol";
import {Ids} from "../../../../abi/Ids.sol";
import {Token} from "../tokens/Token.sol";

/// A bidder that is a contract, with its own account (subaccount 0). Only its owner moves its money.
contract Bidder {
    error NotOwner(address caller, address owner);

    address public immutable owner;
    IVault public immutable vault;
    IAuction public immutable auction;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        _;
    }

    constructor(address vault_, address auction_) {
        owner = msg.sender;
        vault = IVault(vault_);
        auction = IAuction(auction_);
    }

    /// The account this contract bids with.
    function account() public view returns (bytes32) {
        return Ids.account(address(this), 0);
    }

    /// Takes tokens from the caller and deposits them in its account.
    function fund(address token, uint256 amount) external onlyOwner {
        Token(token).transferFrom(msg.sender, address(this), amount);
        Token(token).approve(address(vault), amount);
        vault.deposit(account(), token, amount);
    }

    /// Lets a venue trade for its account, to close what it bought.
    function admit(uint16 venue) external onlyOwner {
        vault.admitVenue(account(), venue, true);
    }

    /// Starts an auction and takes a slice in the same transaction.
    function startAndBid(bytes32 target, uint256 fraction, int256 maxPrice)
        external
        onlyOwner
        returns (uint256 taken, int256 price)
    {
        auction.start(target);
        return _bid(target, fraction, maxPrice);
    }

    /// Takes a slice `count` times in one transaction, each for the version it finds.
    function bidMany(bytes32 target, uint256 fraction, int256 maxPrice, uint256 count) external onlyOwner {
        for (uint256 i = 0; i < count; ++i) {
            _bid(target, fraction, maxPrice);
        }
    }

    function withdraw(address token, uint256 amount) external onlyOwner {
        vault.withdraw(account(), token, amount, owner);
    }

    function _bid(bytes32 target, uint256 fraction, int256 maxPrice) private returns (uint256, int256) {
        (, uint32 version,) = vault.account(target);
        return auction.bid(Bid(target, account(), fraction, maxPrice, version, uint64(block.timestamp)));
    }
}
