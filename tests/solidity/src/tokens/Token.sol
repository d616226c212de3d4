// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// A plain ERC-20 whose owner mints. The honest token of the tests and the demo; the others derive from it.
contract Token {
    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    error NotOwner(address caller, address owner);
    error InsufficientBalance(address from, uint256 have, uint256 want);
    error InsufficientAllowance(address owner, address spender, uint256 have, uint256 want);
    error ZeroAddress();

    /// Who may mint: the deployer.
    address public immutable owner;
    string public name;
    string public symbol;
    uint8 internal immutable _decimals;
    uint256 public totalSupply;
    mapping(address => uint256) internal _balances;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        _;
    }

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        owner = msg.sender;
        name = name_;
        symbol = symbol_;
        _decimals = decimals_;
    }

    function decimals() public view virtual returns (uint8) {
        return _decimals;
    }

    function balanceOf(address who) public view virtual returns (uint256) {
        return _balances[who];
    }

    /// Creates `amount` for `to`. Owner only.
    function mint(address to, uint256 amount) external onlyOwner {
        if (to == address(0)) revert ZeroAddress();
        totalSupply += amount;
        _balances[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) public virtual returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) public virtual returns (bool) {
        _spend(from, amount);
        _move(from, to, amount);
        return true;
    }

    /// Uses up the caller's allowance from `from`; the largest allowance is infinite.
    function _spend(address from, uint256 amount) internal {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed == type(uint256).max) return;
        if (allowed < amount) revert InsufficientAllowance(from, msg.sender, allowed, amount);
        allowance[from][msg.sender] = allowed - amount;
    }

    /// Moves balances; variants override it.
    function _move(address from, address to, uint256 amount) internal virtual {
        if (to == address(0)) revert ZeroAddress();
        uint256 have = _balances[from];
        if (have < amount) revert InsufficientBalance(from, have, amount);
        unchecked {
            // have >= amount, and the sum of balances is totalSupply, which fits.
            _balances[from] = have - amount;
            _balances[to] += amount;
        }
        emit Transfer(from, to, amount);
    }
}
