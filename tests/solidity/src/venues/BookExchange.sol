// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.28;

import {Fill, IClearinghouse} from "../../../../abi/IClearinghouse.sol";
import {IVault} from "../../../../abi/IVault.sol";
import {Ids} from "../../../../abi/Ids.sol";

/// A perpetual exchange with an order book on chain: price first, then time.
///
/// It holds no money and keeps no positions: both are in the house. An order is a promise of an account; when two
/// meet, the exchange reports the match to the clearing house, which moves the legs and the fees or refuses.
///
/// What happens when the house refuses a match: when the refusal names the resting account, or when the match's
/// price lies outside the house's band, the resting order is cancelled and matching goes on, so that nobody can block
/// the book with orders he cannot honour. Every other refusal is passed on to the taker.
///
/// Prices are 1e18 cash per unit, sizes 1e18 units of the underlying, fees 1e18 shares of size * price.
contract BookExchange {
    event MarketListed(uint128 indexed instrument, uint128 tick, uint64 lot, uint128 minSize);
    event OrderPlaced(
        uint64 indexed id, bytes32 indexed account, uint128 indexed instrument, bool isBuy, uint256 price, uint256 size
    );
    event OrderMatched(
        uint64 indexed id, bytes32 indexed taker, uint128 indexed instrument, uint256 size, uint256 remaining
    );
    event OrderCancelled(uint64 indexed id, bytes32 indexed account, uint128 indexed instrument, Cause cause);

    error NotOwner(address caller, address owner);
    error NotAccountOwner(bytes32 account, address caller);
    error NotAdmitted(bytes32 account, uint16 venue);
    error FeeTooHigh(uint256 fee, uint256 limit);
    error NotOurPerpetual(uint128 instrument, uint16 venue);
    error MarketExists(uint128 instrument);
    error UnknownMarket(uint128 instrument);
    error UnknownUnderlying(uint128 instrument);
    error InvalidTick();
    error InvalidPrice(uint256 price, uint256 tick);
    error InvalidSize(uint256 size, uint256 lot, uint256 minimum);
    error WouldCross(uint64 id, uint256 price);
    error UnknownOrder(uint64 id);
    error Reentered();

    /// What becomes of the part of an order that finds no match at once.
    enum Rest {
        /// It rests in the book.
        Keep,
        /// It is dropped.
        Drop,
        /// As Keep, but the order is refused when any of it would match at once.
        PostOnly
    }

    /// Why a resting order left the book unmatched.
    enum Cause {
        /// Its owner cancelled it.
        Owner,
        /// It would have traded with its own account.
        SelfTrade,
        /// The clearing house refused it.
        Refused
    }

    struct Market {
        uint128 tick;
        uint64 lot;
        uint64 bestBid;
        uint128 minSize;
        uint64 bestAsk;
    }

    /// A resting order; `prev` is the next better one, `next` the next worse one of its side, 0 = none.
    struct Order {
        bytes32 account;
        uint128 instrument;
        uint128 price;
        uint120 remaining;
        bool isBuy;
        uint64 prev;
        uint64 next;
    }

    /// A resting order as the views show it.
    struct Resting {
        uint64 id;
        bytes32 account;
        uint256 price;
        uint256 remaining;
    }

    /// An incoming order while it is matched.
    struct Taker {
        bytes32 account;
        uint128 instrument;
        bool isBuy;
        uint256 price;
        uint256 size;
    }

    /// Matches of one incoming order, and as many refused orders cancelled on the way: the clearing house takes 16.
    uint256 public constant MAX_FILLS = 16;
    /// Highest fee: 1 %.
    uint256 public constant MAX_FEE = 0.01e18;

    IClearinghouse public immutable clearinghouse;
    IVault public immutable vault;
    /// This venue's number in the house.
    uint16 public immutable venue;
    /// Who lists markets: the deployer.
    address public immutable owner;
    /// Charged to the resting side, 1e18 share of size * price.
    uint256 public immutable makerFee;
    /// Charged to the incoming side, 1e18 share of size * price.
    uint256 public immutable takerFee;

    mapping(uint128 instrument => Market) public markets;
    mapping(uint64 id => Order) public orders;
    uint64 public lastOrder;
    bool transient private _entered;

    modifier nonReentrant() {
        if (_entered) revert Reentered();
        _entered = true;
        _;
        _entered = false;
    }

    constructor(address clearinghouse_, uint16 venue_, uint256 makerFee_, uint256 takerFee_) {
        if (makerFee_ > MAX_FEE) revert FeeTooHigh(makerFee_, MAX_FEE);
        if (takerFee_ > MAX_FEE) revert FeeTooHigh(takerFee_, MAX_FEE);
        owner = msg.sender;
        clearinghouse = IClearinghouse(clearinghouse_);
        vault = IVault(clearinghouse.vault());
        venue = venue_;
        makerFee = makerFee_;
        takerFee = takerFee_;
    }

    /// Opens a book. Owner only; the house must know the underlying, whose lot is read from it.
    /// @param tick    Prices are multiples of it, 1e18.
    /// @param minSize Smallest order, 1e18; matching may leave less of one.
    function list(uint128 instrument, uint128 tick, uint128 minSize) external {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        if (Ids.venueOf(instrument) != venue || !Ids.isPerpetual(instrument)) {
            revert NotOurPerpetual(instrument, venue);
        }
        Market storage market = markets[instrument];
        if (market.lot != 0) revert MarketExists(instrument);
        if (tick == 0) revert InvalidTick();

        uint128[] memory asked = new uint128[](1);
        asked[0] = instrument;
        (, uint64[] memory lots,,) = clearinghouse.marks(asked);
        if (lots[0] == 0) revert UnknownUnderlying(instrument);

        (market.tick, market.lot, market.minSize) = (tick, lots[0], minSize);
        emit MarketListed(instrument, tick, lots[0], minSize);
    }

    /// Matches an order of the caller's account with the book, then lets the rest of it stand or fall.
    /// @param price  Limit: a buyer pays at most, a seller gets at least this, before fees.
    /// @param rest   What becomes of the unmatched part. It is dropped in any case while it could still match: after
    ///               `MAX_FILLS` matches, or as many refused orders met on the way.
    /// @param hint   A resting order of the same side, not worse than this one, to look for its place from; 0 or a
    ///               wrong one: from the best.
    /// @return id     Of the resting part, 0 if nothing rests.
    /// @return filled Size matched.
    function place(
        bytes32 account,
        uint128 instrument,
        bool isBuy,
        uint256 price,
        uint256 size,
        Rest rest,
        uint64 hint
    ) external nonReentrant returns (uint64 id, uint256 filled) {
        if (Ids.ownerOf(account) != msg.sender) revert NotAccountOwner(account, msg.sender);
        if (!vault.isVenueAdmitted(account, venue)) revert NotAdmitted(account, venue);
        Market storage market = markets[instrument];
        _checkOrder(market, instrument, price, size);

        Taker memory taker = Taker(account, instrument, isBuy, price, size);
        if (rest == Rest.PostOnly) {
            uint64 opposite = _best(market, !isBuy);
            if (_meets(taker, opposite)) revert WouldCross(opposite, orders[opposite].price);
        } else {
            filled = _match(market, taker);
        }
        uint256 left = size - filled;
        if (left > 0 && rest != Rest.Drop && !_meets(taker, _best(market, !isBuy))) {
            id = _insert(market, taker, left, hint);
        }
    }

    /// Takes a resting order of the caller's account out of the book.
    function cancel(uint64 id) external nonReentrant {
        Order storage order = orders[id];
        bytes32 account = order.account;
        if (account == 0) revert UnknownOrder(id);
        if (Ids.ownerOf(account) != msg.sender) revert NotAccountOwner(account, msg.sender);
        _cancel(id, Cause.Owner);
    }

    /// The best prices, 0 where a side is empty.
    function best(uint128 instrument) external view returns (uint256 bid, uint256 ask) {
        Market storage market = markets[instrument];
        return (orders[market.bestBid].price, orders[market.bestAsk].price);
    }

    /// The first `max` orders of a side, best first.
    function book(uint128 instrument, bool isBuy, uint256 max) external view returns (Resting[] memory side) {
        side = new Resting[](max);
        uint256 count = 0;
        uint64 id = _best(markets[instrument], isBuy);
        for (; id != 0 && count < max; ++count) {
            Order storage order = orders[id];
            side[count] = Resting(id, order.account, order.price, order.remaining);
            id = order.next;
        }
        assembly ("memory-safe") {
            mstore(side, count)
        }
    }

    function _checkOrder(Market storage market, uint128 instrument, uint256 price, uint256 size) private view {
        uint256 lot = market.lot;
        if (lot == 0) revert UnknownMarket(instrument);
        if (price == 0 || price % market.tick != 0 || price > type(uint128).max) {
            revert InvalidPrice(price, market.tick);
        }
        if (size == 0 || size < market.minSize || size % lot != 0 || size > type(uint120).max) {
            revert InvalidSize(size, lot, market.minSize);
        }
    }

    /// Plans matches, has them cleared, and only then changes the book. Returns the size matched.
    function _match(Market storage market, Taker memory taker) private returns (uint256) {
        for (uint256 refused = 0; refused < MAX_FILLS; ++refused) {
            (uint64[] memory ids, Fill[] memory fills) = _plan(market, taker);
            if (ids.length == 0) return 0;
            try clearinghouse.clear(fills) {
                return _settle(taker, ids, fills);
            } catch (bytes memory reason) {
                uint64 id = _refusedOrder(taker.isBuy, ids, fills, reason);
                if (id == 0) _bubble(reason);
                _cancel(id, Cause.Refused);
            }
        }
        return 0;
    }

    /// The matches an incoming order would make now, best price first, then oldest. Resting orders of the same account
    /// on the way are cancelled.
    function _plan(Market storage market, Taker memory taker)
        private
        returns (uint64[] memory ids, Fill[] memory fills)
    {
        ids = new uint64[](MAX_FILLS);
        fills = new Fill[](MAX_FILLS);
        uint256 count = 0;
        uint256 left = taker.size;
        uint64 id = _best(market, !taker.isBuy);
        while (left > 0 && count < MAX_FILLS && _meets(taker, id)) {
            Order storage order = orders[id];
            uint64 next = order.next;
            if (order.account == taker.account) {
                _cancel(id, Cause.SelfTrade);
            } else {
                uint256 size = order.remaining < left ? order.remaining : left;
                left -= size;
                ids[count] = id;
                fills[count++] = _fill(taker, order, size);
            }
            id = next;
        }
        assembly ("memory-safe") {
            mstore(ids, count)
            mstore(fills, count)
        }
    }

    /// The resting order sets the price.
    function _fill(Taker memory taker, Order storage order, uint256 size) private view returns (Fill memory fill) {
        fill.instrument = taker.instrument;
        fill.size = size;
        fill.price = order.price;
        (uint256 maker_, uint256 taker_) =
            (_fee(size, order.price, makerFee), _fee(size, order.price, takerFee));
        if (taker.isBuy) {
            (fill.buyer, fill.seller, fill.buyerFee, fill.sellerFee) = (taker.account, order.account, taker_, maker_);
        } else {
            (fill.buyer, fill.seller, fill.buyerFee, fill.sellerFee) = (order.account, taker.account, maker_, taker_);
        }
    }

    /// size * price * share, rounded up.
    function _fee(uint256 size, uint256 price, uint256 share) private pure returns (uint256) {
        return _mulUp(_mulUp(size, price), share);
    }

    function _mulUp(uint256 a, uint256 b) private pure returns (uint256) {
        return (a * b + 1e18 - 1) / 1e18;
    }

    /// Writes cleared matches into the book. Returns the size matched.
    function _settle(Taker memory taker, uint64[] memory ids, Fill[] memory fills) private returns (uint256 filled) {
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 size = fills[i].size;
            Order storage order = orders[ids[i]];
            uint120 remaining = order.remaining - uint120(size);
            emit OrderMatched(ids[i], taker.account, taker.instrument, size, remaining);
            if (remaining == 0) _remove(ids[i]);
            else order.remaining = remaining;
            filled += size;
        }
    }

    /// The planned order that a refusal is about, 0 if it is about none. The house's errors about an account have it
    /// as first argument.
    function _refusedOrder(bool takerBuys, uint64[] memory ids, Fill[] memory fills, bytes memory reason)
        private
        pure
        returns (uint64)
    {
        if (reason.length < 36) return 0;
        bytes32 first;
        assembly ("memory-safe") {
            first := mload(add(reason, 36))
        }
        bool band = bytes4(reason) == IClearinghouse.PriceOutsideBand.selector && reason.length == 132;
        for (uint256 i = 0; i < ids.length; ++i) {
            bytes32 maker = takerBuys ? fills[i].seller : fills[i].buyer;
            if (band ? _outsideBand(fills[i], reason) : maker == first) return ids[i];
        }
        return 0;
    }

    /// Whether the price either side of a match pays, its fee included, is outside the band a refusal states.
    function _outsideBand(Fill memory fill, bytes memory reason) private pure returns (bool) {
        uint256 mark;
        uint256 band;
        assembly ("memory-safe") {
            mark := mload(add(reason, 100))
            band := mload(add(reason, 132))
        }
        uint256 high = fill.price + (fill.buyerFee * 1e18 + fill.size - 1) / fill.size;
        uint256 fee = (fill.sellerFee * 1e18 + fill.size - 1) / fill.size;
        return high > mark + band || mark + fee > fill.price + band;
    }

    /// Whether an incoming order would trade with the resting order `id` (0 = none).
    function _meets(Taker memory taker, uint64 id) private view returns (bool) {
        if (id == 0) return false;
        uint256 price = orders[id].price;
        return taker.isBuy ? price <= taker.price : price >= taker.price;
    }

    function _best(Market storage market, bool isBuy) private view returns (uint64) {
        return isBuy ? market.bestBid : market.bestAsk;
    }

    function _setBest(Market storage market, bool isBuy, uint64 id) private {
        if (isBuy) market.bestBid = id;
        else market.bestAsk = id;
    }

    /// Puts an order behind all that are not worse than it.
    function _insert(Market storage market, Taker memory taker, uint256 size, uint64 hint) private returns (uint64 id) {
        (uint64 prev, uint64 next) = (0, _best(market, taker.isBuy));
        Order storage near = orders[hint];
        if (
            near.account != 0 && near.instrument == taker.instrument && near.isBuy == taker.isBuy
                && !_ahead(taker, near.price)
        ) {
            (prev, next) = (hint, near.next);
        }
        while (next != 0 && !_ahead(taker, orders[next].price)) {
            (prev, next) = (next, orders[next].next);
        }

        id = ++lastOrder;
        orders[id] = Order(
            taker.account, taker.instrument, uint128(taker.price), uint120(size), taker.isBuy, prev, next
        );
        if (prev == 0) _setBest(market, taker.isBuy, id);
        else orders[prev].next = id;
        if (next != 0) orders[next].prev = id;
        emit OrderPlaced(id, taker.account, taker.instrument, taker.isBuy, taker.price, size);
    }

    /// Whether a new order goes before a resting one of its side at `price`: only when its own is better.
    function _ahead(Taker memory taker, uint256 price) private pure returns (bool) {
        return taker.isBuy ? taker.price > price : taker.price < price;
    }

    function _cancel(uint64 id, Cause cause) private {
        Order storage order = orders[id];
        emit OrderCancelled(id, order.account, order.instrument, cause);
        _remove(id);
    }

    function _remove(uint64 id) private {
        Order memory order = orders[id];
        if (order.prev == 0) _setBest(markets[order.instrument], order.isBuy, order.next);
        else orders[order.prev].next = order.next;
        if (order.next != 0) orders[order.next].prev = order.prev;
        delete orders[id];
    }

    function _bubble(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }
}
