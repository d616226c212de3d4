// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Fill, IClearinghouse} from "../../../../abi/IClearinghouse.sol";
import {Portfolio} from "../../../../abi/Types.sol";
import {IVault} from "../../../../abi/IVault.sol";
import {Ids} from "../../../../abi/Ids.sol";
import {IAggregatorV3} from "../feeds/IAggregatorV3.sol";

/// The part of ERC-20 this exchange uses.
interface IERC20 {
    function approve(address spender, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// A perpetual exchange with one counterparty: its pool, which is an account of the house like any other, owned by
/// this contract. It quotes around a feed's price: a spread, and a skew that leans against the pool's position.
///
///   price = feed * (1 - skew * (q + q') / (2 * maxInventory) ± spread)
///
/// with q and q' the pool's position before and after the trade, + for a buyer and - for a seller, rounded in the
/// pool's favour. The mean of q and q' makes the cost of a trade the same in one piece or in many, up to rounding.
///
/// Prices are 1e18 cash per unit, sizes 1e18 units of the underlying, shares 1e18.
contract PoolExchange {
    event MarketSet(
        uint128 indexed instrument,
        address indexed feed,
        uint32 maxAge,
        uint64 spread,
        uint64 skew,
        uint128 maxInventory,
        uint64 lot
    );
    event Traded(bytes32 indexed account, uint128 indexed instrument, bool isBuy, uint256 size, uint256 price);
    event Funded(address indexed from, uint256 amount);
    event Defunded(address indexed to, uint256 amount);

    error NotOwner(address caller, address owner);
    error NotAccountOwner(bytes32 account, address caller);
    error FeeTooHigh(uint256 fee, uint256 limit);
    error NotOurPerpetual(uint128 instrument, uint16 venue);
    error InvalidMarket(uint128 instrument);
    error UnknownMarket(uint128 instrument);
    error UnknownUnderlying(uint128 instrument);
    error InvalidFeed(address feed, uint8 decimals);
    error InvalidSize(uint256 size, uint256 lot);
    error StaleFeed(address feed, int256 answer, uint256 updatedAt, uint256 maxAge);
    error InventoryFull(uint128 instrument, int256 inventory, uint256 limit);
    error PriceBeyondLimit(uint256 price, uint256 limit);
    error Expired(uint256 deadline, uint256 nowSeconds);
    error TransferFailed(address token);
    error Reentered();

    struct Market {
        IAggregatorV3 feed;
        uint32 maxAge;
        uint64 lot;
        uint64 spread;
        uint64 skew;
        uint128 maxInventory;
        uint64 scale;
    }

    /// Highest fee: 1 %.
    uint256 public constant MAX_FEE = 0.01e18;
    /// Spread and skew together, 20 %: the widest band the house allows.
    uint256 public constant MAX_LEAN = 0.2e18;

    IClearinghouse public immutable clearinghouse;
    IVault public immutable vault;
    /// This venue's number in the house.
    uint16 public immutable venue;
    /// Who lists markets and owns what is in the pool: the deployer.
    address public immutable owner;
    /// Charged to the trader, 1e18 share of size * price.
    uint256 public immutable takerFee;
    /// The pool's account.
    bytes32 public immutable pool;

    mapping(uint128 instrument => Market) public markets;
    bool transient private _entered;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        _;
    }

    modifier nonReentrant() {
        if (_entered) revert Reentered();
        _entered = true;
        _;
        _entered = false;
    }

    constructor(address clearinghouse_, uint16 venue_, uint256 takerFee_) {
        if (takerFee_ > MAX_FEE) revert FeeTooHigh(takerFee_, MAX_FEE);
        owner = msg.sender;
        clearinghouse = IClearinghouse(clearinghouse_);
        vault = IVault(clearinghouse.vault());
        venue = venue_;
        takerFee = takerFee_;
        pool = Ids.account(address(this), 0);
        vault.admitVenue(pool, venue_, true);
    }

    /// Opens a market or changes its terms. Owner only; the house must know the underlying.
    /// @param feed         Chainlink AggregatorV3, at most 18 decimals.
    /// @param maxAge       Seconds after which its answer is not quoted from.
    /// @param spread       1e18 share of the price to either side.
    /// @param skew         1e18 share the price leans by when the pool is full.
    /// @param maxInventory Largest position of the pool, either way, 1e18 units. > 0.
    function setMarket(
        uint128 instrument,
        IAggregatorV3 feed,
        uint32 maxAge,
        uint64 spread,
        uint64 skew,
        uint128 maxInventory
    ) external onlyOwner {
        if (Ids.venueOf(instrument) != venue || !Ids.isPerpetual(instrument)) {
            revert NotOurPerpetual(instrument, venue);
        }
        if (maxAge == 0 || maxInventory == 0 || uint256(spread) + skew > MAX_LEAN) revert InvalidMarket(instrument);
        uint8 decimals = feed.decimals();
        if (decimals > 18) revert InvalidFeed(address(feed), decimals);

        uint128[] memory asked = new uint128[](1);
        asked[0] = instrument;
        (, uint64[] memory lots,,) = clearinghouse.marks(asked);
        if (lots[0] == 0) revert UnknownUnderlying(instrument);

        markets[instrument] =
            Market(feed, maxAge, lots[0], spread, skew, maxInventory, uint64(10 ** (18 - decimals)));
        emit MarketSet(instrument, address(feed), maxAge, spread, skew, maxInventory, lots[0]);
    }

    /// Takes settlement coin from the owner and deposits it into the pool's account.
    /// @param amount In the token's own decimals.
    function fund(uint256 amount) external onlyOwner nonReentrant {
        (address token,,,) = vault.asset(0);
        if (!IERC20(token).transferFrom(msg.sender, address(this), amount)) revert TransferFailed(token);
        if (!IERC20(token).approve(address(vault), amount)) revert TransferFailed(token);
        vault.deposit(pool, token, amount);
        emit Funded(msg.sender, amount);
    }

    /// Takes settlement coin out of the pool, as far as its margin allows.
    /// @param amount In the token's own decimals.
    function defund(uint256 amount, address to) external onlyOwner nonReentrant {
        (address token,,,) = vault.asset(0);
        vault.withdraw(pool, token, amount, to);
        emit Defunded(to, amount);
    }

    /// Trades with the pool for an account of the caller.
    /// @param size  A multiple of the lot.
    /// @param limit A buyer pays at most, a seller gets at least this price, before the fee.
    /// @param deadline Unix seconds.
    /// @return price What it traded at.
    function trade(bytes32 account, uint128 instrument, bool isBuy, uint256 size, uint256 limit, uint256 deadline)
        external
        nonReentrant
        returns (uint256 price)
    {
        if (Ids.ownerOf(account) != msg.sender) revert NotAccountOwner(account, msg.sender);
        if (block.timestamp > deadline) revert Expired(deadline, block.timestamp);
        price = quote(instrument, isBuy, size);
        if (isBuy ? price > limit : price < limit) revert PriceBeyondLimit(price, limit);

        Fill[] memory fills = new Fill[](1);
        uint256 fee = _mulUp(_mulUp(size, price), takerFee);
        fills[0] = isBuy
            ? Fill(account, pool, instrument, size, price, fee, 0)
            : Fill(pool, account, instrument, size, price, 0, fee);
        clearinghouse.clear(fills);
        emit Traded(account, instrument, isBuy, size, price);
    }

    /// The price at which `trade` would deal now.
    function quote(uint128 instrument, bool isBuy, uint256 size) public view returns (uint256) {
        Market memory market = markets[instrument];
        if (market.lot == 0) revert UnknownMarket(instrument);
        if (size == 0 || size % market.lot != 0 || size > type(uint128).max) revert InvalidSize(size, market.lot);

        int256 limit = int256(uint256(market.maxInventory));
        int256 start = inventory(instrument);
        int256 end = isBuy ? start - int256(size) : start + int256(size);
        // A pool that is over its limit, after a change of terms or by taking over a position, may still come back.
        bool shrinks = _abs(end) < _abs(start) && (end >= 0) == (start >= 0);
        if (_abs(end) > uint256(limit) && !shrinks) revert InventoryFull(instrument, end, uint256(limit));

        // The lean is capped at the full skew, so that the factor stays positive whatever the position.
        int256 skew = int256(uint256(market.skew));
        int256 both = skew * (start + end);
        int256 lean = _clamp(isBuy ? _divFloor(both, 2 * limit) : -_divFloor(-both, 2 * limit), skew);
        int256 factor = 1e18 - lean + (isBuy ? int256(uint256(market.spread)) : -int256(uint256(market.spread)));
        uint256 feedPrice = _feedPrice(market);
        return isBuy ? _mulUp(feedPrice, uint256(factor)) : feedPrice * uint256(factor) / 1e18;
    }

    /// The pool's position as the house has it, 1e18 units, negative when short.
    function inventory(uint128 instrument) public view returns (int256) {
        (Portfolio memory portfolio,,) = vault.account(pool);
        return int256(Ids.sizeIn(portfolio.legs, instrument)) * int256(uint256(markets[instrument].lot));
    }

    function _feedPrice(Market memory market) private view returns (uint256) {
        (, int256 answer,, uint256 updatedAt,) = market.feed.latestRoundData();
        if (answer <= 0 || answer > type(int128).max || updatedAt > block.timestamp
            || block.timestamp - updatedAt > market.maxAge) {
            revert StaleFeed(address(market.feed), answer, updatedAt, market.maxAge);
        }
        return uint256(answer) * market.scale;
    }

    function _mulUp(uint256 a, uint256 b) private pure returns (uint256) {
        return (a * b + 1e18 - 1) / 1e18;
    }

    /// Division rounded towards minus infinity; `b` > 0.
    function _divFloor(int256 a, int256 b) private pure returns (int256) {
        int256 q = a / b;
        return a % b < 0 ? q - 1 : q;
    }

    function _clamp(int256 a, int256 limit) private pure returns (int256) {
        return a > limit ? limit : a < -limit ? -limit : a;
    }

    function _abs(int256 a) private pure returns (uint256) {
        return uint256(a < 0 ? -a : a);
    }
}
