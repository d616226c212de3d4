//! The two reference venues on the house: real matches clear, fees flow, and orders that cannot be
//! honoured block nobody.
//!
//! Names carry the ids of the invariants they check: I-ACC-1..3 (tokens cover claims, cash adds up,
//! sizes and quotes sum to zero) hold at the end of every test.

use alloy::sol_types::SolConstructor as _;
use plimsoll_e2e::*;
use reference::{BookExchange, Feed, PoolExchange};

/// A venue of the tests' own, beside the three every house has.
const EXTRA: u16 = 9;
const KEEP: u8 = 0;
const DROP: u8 = 1;
const POST_ONLY: u8 = 2;

/// An order book whose maker fee is 2 bp and whose taker fee is 5 bp.
struct Book<'a> {
    house: &'a House,
    at: Address,
    instrument: u128,
    fees: B256,
}

impl<'a> Book<'a> {
    async fn open(house: &'a House) -> Self {
        let p = &house.people;
        let code = BookExchange::constructorCall {
            clearinghouse_: house.at.clearinghouse,
            venue_: EXTRA,
            makerFee_: uwad("0.0002"),
            takerFee_: uwad("0.0005"),
        };
        let at = create(house, &BookExchange::BYTECODE, &code.abi_encode()).await;
        let fees = ids::account_id(at, 7);
        let admit = IClearinghouse::setVenueCall {
            venue: EXTRA,
            contractAddress: at,
            feeAccount: fees,
            band: 100_000_000_000_000_000,
            active: true,
        };
        ok(house
            .send(&p.deployer, house.at.clearinghouse, &admit)
            .await);
        let instrument = perp(EXTRA, ETH);
        let list = BookExchange::listCall {
            instrument,
            tick: WAD / 100,
            minSize: WAD / 1_000,
        };
        ok(house.send(&p.deployer, at, &list).await);
        for actor in [&p.alice, &p.bob, &p.carol, &p.maker] {
            house.give(actor, "100,000").await;
            ok(house.admit(actor, actor.account(), EXTRA, true).await);
        }
        Self {
            house,
            at,
            instrument,
            fees,
        }
    }

    fn order(
        &self,
        actor: &Actor,
        is_buy: bool,
        size: &str,
        price: &str,
        rest: u8,
    ) -> BookExchange::placeCall {
        BookExchange::placeCall {
            account: actor.account(),
            instrument: self.instrument,
            isBuy: is_buy,
            price: uwad(price),
            size: uwad(size),
            rest,
            hint: 0,
        }
    }

    /// Places an order; gives its id and the size matched.
    async fn place(
        &self,
        actor: &Actor,
        is_buy: bool,
        size: &str,
        price: &str,
        rest: u8,
    ) -> (u64, U256) {
        let order = self.order(actor, is_buy, size, price, rest);
        let placed = self.house.exec(actor, self.at, &order).await;
        (placed.id, placed.filled)
    }

    async fn buy(&self, actor: &Actor, size: &str, price: &str) -> (u64, U256) {
        self.place(actor, true, size, price, KEEP).await
    }

    async fn sell(&self, actor: &Actor, size: &str, price: &str) -> (u64, U256) {
        self.place(actor, false, size, price, KEEP).await
    }

    /// A side of the book: id, price, remaining.
    async fn side(&self, is_buy: bool) -> Vec<(u64, U256, U256)> {
        let call = BookExchange::bookCall {
            instrument: self.instrument,
            isBuy: is_buy,
            max: U256::from(100),
        };
        ok(self.house.ask(self.at, &call).await)
            .into_iter()
            .map(|o| (o.id, o.price, o.remaining))
            .collect()
    }

    /// Signed size of an account, 1e18 units.
    async fn position(&self, account: B256) -> I256 {
        units(self.house, account, self.instrument).await
    }
}

async fn create(house: &House, code: &Bytes, arguments: &[u8]) -> Address {
    let init = [code.as_ref(), arguments].concat();
    let made = house
        .client
        .create(&house.people.deployer.signer, init.into())
        .await;
    made.expect("creation goes through").0
}

async fn units(house: &House, account: B256, instrument: u128) -> I256 {
    let leg = ok(house.leg(account, instrument).await);
    let lots = leg.map_or(0, |leg| leg.size);
    // Every underlying of the reference house has a lot; ether's is 0.0001.
    I256::try_from(lots).expect("fits") * wad("0.0001")
}

async fn cash(house: &House, account: B256) -> I256 {
    I256::try_from(ok(house.cash(account).await)).expect("fits")
}

/// I-ACC-2, I-ACC-3: one match moves size and quote between two accounts and fees to the venue's
/// account, to the last unit.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_3_a_matched_trade_clears() {
    let house = House::start().await;
    let book = Book::open(&house).await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);

    let (id, filled) = book.sell(alice, "2.5", "2,010").await;
    assert!(id > 0 && filled.is_zero(), "nothing to match: it rests");
    assert!(
        ok(house.leg(alice.account(), book.instrument).await).is_none(),
        "a promise is no leg"
    );

    let order = book.order(bob, true, "2.5", "2,020", KEEP);
    let receipt = ok(house.send(bob, book.at, &order).await);
    let cleared = House::events::<IClearinghouse::Cleared>(&receipt, house.at.clearinghouse);
    assert_eq!(cleared.len(), 1);
    assert_eq!(
        (cleared[0].buyer, cleared[0].seller),
        (bob.account(), alice.account())
    );
    assert_eq!(
        (cleared[0].size, cleared[0].price),
        (uwad("2.5"), uwad("2,010")),
        "the resting order's price"
    );
    let matched = House::events::<BookExchange::OrderMatched>(&receipt, book.at);
    assert_eq!((matched[0].id, matched[0].remaining), (id, U256::ZERO));

    for (account, size, quote) in [
        (bob.account(), 25_000, 5_025),
        (alice.account(), -25_000, -5_025),
    ] {
        let leg = ok(house.leg(account, book.instrument).await).expect("a leg");
        assert_eq!(
            (leg.size, leg.quote),
            (size, quote * i128::try_from(WAD).expect("fits"))
        );
    }
    // 5,025 at 5 bp and 2 bp.
    assert_eq!(
        cash(&house, bob.account()).await,
        wad("100,000") - wad("2.5125")
    );
    assert_eq!(
        cash(&house, alice.account()).await,
        wad("100,000") - wad("1.005")
    );
    assert_eq!(cash(&house, book.fees).await, wad("3.5175"));
    // The mark is the oracle's, not the trade's: I-GATE-7.
    let bob_now = ok(house.assess(bob.account()).await);
    assert_eq!(bob_now.equity, wad("100,000") - wad("2.5125") - wad("25"));
    assert!(book.side(false).await.is_empty());
    house.assert_balanced().await;
}

/// Price first, then time; what is left keeps its place; the last part may be smaller than the
/// smallest order.
#[tokio::test(flavor = "multi_thread")]
async fn partial_fills_take_the_best_price_then_the_oldest() {
    let house = House::start().await;
    let book = Book::open(&house).await;
    let p = &house.people;

    let (dear, _) = book.sell(&p.alice, "1", "2,020").await;
    let (first, _) = book.sell(&p.carol, "1", "2,010").await;
    let (second, _) = book.sell(&p.maker, "1", "2,010").await;
    let (one, price) = (uwad("1"), uwad("2,010"));
    let all = [
        (first, price, one),
        (second, price, one),
        (dear, uwad("2,020"), one),
    ];
    assert_eq!(book.side(false).await, all);

    assert_eq!(book.buy(&p.bob, "0.4", "2,030").await, (0, uwad("0.4")));
    assert_eq!(
        book.side(false).await[0],
        (first, price, uwad("0.6")),
        "it keeps its place"
    );

    // Through two orders into a third, and the rest stands on the other side.
    let (id, filled) = book.buy(&p.bob, "2", "2,010").await;
    assert_eq!(filled, uwad("1.6"));
    assert_eq!(book.side(true).await, [(id, price, uwad("0.4"))]);
    assert_eq!(book.side(false).await, [(dear, uwad("2,020"), one)]);

    // A seller meets it at the bid's price, and what is dropped does not rest.
    assert_eq!(
        book.place(&p.carol, false, "3", "2,005", DROP).await,
        (0, uwad("0.4"))
    );
    assert!(book.side(true).await.is_empty());
    assert_eq!(book.side(false).await.len(), 1);

    let leaves = book.buy(&p.bob, "0.9995", "2,020").await;
    assert_eq!(leaves, (0, uwad("0.9995")));
    assert_eq!(
        book.side(false).await,
        [(dear, uwad("2,020"), uwad("0.0005"))]
    );

    let positions = [&p.alice, &p.bob, &p.carol, &p.maker].map(Actor::account);
    let mut sizes = Vec::new();
    for account in positions {
        sizes.push(book.position(account).await);
    }
    assert_eq!(
        sizes,
        [wad("-0.9995"), wad("3.3995"), wad("-1.4"), wad("-1")]
    );
    house.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_checked_and_cancelled_by_their_owner_only() {
    let house = House::start().await;
    let book = Book::open(&house).await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    let (id, _) = book.sell(alice, "1", "2,010").await;

    let cancel = BookExchange::cancelCall { id };
    let e: BookExchange::NotAccountOwner = house.expect_revert(bob, book.at, &cancel).await;
    assert_eq!((e.account, e.caller), (alice.account(), bob.address));
    ok(house.send(alice, book.at, &cancel).await);
    assert!(book.side(false).await.is_empty());
    let _: BookExchange::UnknownOrder = house.expect_revert(alice, book.at, &cancel).await;
    assert_eq!(
        book.place(bob, true, "1", "2,010", DROP).await,
        (0, U256::ZERO),
        "it is gone"
    );

    // Nobody places orders for another, for a venue he did not admit, or off the grid.
    let order = book.order(alice, true, "1", "2,000", KEEP);
    let _: BookExchange::NotAccountOwner = house.expect_revert(bob, book.at, &order).await;
    let e: BookExchange::InvalidPrice = house
        .expect_revert(bob, book.at, &book.order(bob, true, "1", "2,000.005", KEEP))
        .await;
    assert_eq!(e.tick, uwad("0.01"));
    for size in ["0.0009", "1.00001", "0"] {
        let order = book.order(bob, true, size, "2,000", KEEP);
        let _: BookExchange::InvalidSize = house.expect_revert(bob, book.at, &order).await;
    }
    ok(house.admit(bob, bob.account(), EXTRA, false).await);
    let order = book.order(bob, true, "1", "2,000", KEEP);
    let _: BookExchange::NotAdmitted = house.expect_revert(bob, book.at, &order).await;

    // A maker who will not take is refused; one who would trade with himself loses his old order.
    let (resting, _) = book.sell(alice, "1", "2,010").await;
    let e: BookExchange::WouldCross = house
        .expect_revert(
            &house.people.carol,
            book.at,
            &book.order(&house.people.carol, true, "1", "2,010", POST_ONLY),
        )
        .await;
    assert_eq!(e.id, resting);
    let (own, filled) = book.buy(alice, "1", "2,015").await;
    assert!(own > resting && filled.is_zero());
    assert!(book.side(false).await.is_empty());
    assert_eq!(book.side(true).await, [(own, uwad("2,015"), uwad("1"))]);
    house.assert_balanced().await;
}

/// An order that its account cannot honour, or whose price has left the band, is put aside; the
/// taker gets the next one.
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_cannot_be_honoured_block_nobody() {
    let house = House::start().await;
    let book = Book::open(&house).await;
    let p = &house.people;

    // Alice's order is far beyond her margin, carol's venue is revoked, the maker's is good.
    book.sell(&p.alice, "5,000", "2,000").await;
    book.sell(&p.carol, "1", "2,001").await;
    ok(house.admit(&p.carol, p.carol.account(), EXTRA, false).await);
    let (good, _) = book.sell(&p.maker, "1", "2,002").await;
    let order = book.order(&p.bob, true, "2", "2,005", DROP);
    let receipt = ok(house.send(&p.bob, book.at, &order).await);
    let matched = House::events::<BookExchange::OrderMatched>(&receipt, book.at);
    // Of alice's 5,000 only 2 were asked for, which her 100,000 bears.
    assert_eq!(matched.len(), 1);
    assert_eq!(matched[0].remaining, uwad("4,998"));

    let small = house.usdc.amount("99,000").expect("an amount");
    ok(house
        .withdraw(&p.alice, p.alice.account(), house.usdc, small)
        .await);
    let order = book.order(&p.bob, true, "12", "2,005", DROP);
    let receipt = ok(house.send(&p.bob, book.at, &order).await);
    let cancelled = House::events::<BookExchange::OrderCancelled>(&receipt, book.at);
    let who: Vec<_> = cancelled.iter().map(|e| (e.account, e.cause)).collect();
    assert_eq!(who, [(p.alice.account(), 2), (p.carol.account(), 2)]);
    let matched = House::events::<BookExchange::OrderMatched>(&receipt, book.at);
    assert_eq!(matched.iter().map(|e| e.id).collect::<Vec<_>>(), [good]);

    // A bid at twice the mark would stand before all others.
    book.buy(&p.maker, "1", "4,000").await;
    ok(house.admit(&p.carol, p.carol.account(), EXTRA, true).await);
    let (fair, _) = book.buy(&p.carol, "1", "1,995").await;
    let order = book.order(&p.bob, false, "1", "1,990", DROP);
    let receipt = ok(house.send(&p.bob, book.at, &order).await);
    let matched = House::events::<BookExchange::OrderMatched>(&receipt, book.at);
    assert_eq!(matched.iter().map(|e| e.id).collect::<Vec<_>>(), [fair]);

    // What is the taker's own fault is the taker's error.
    book.sell(&p.maker, "5,000", "2,000").await;
    let order = book.order(&p.bob, true, "4,000", "2,000", DROP);
    let e: IVault::InsufficientMargin = house.expect_revert(&p.bob, book.at, &order).await;
    assert_eq!(e.account, p.bob.account());
    house.assert_balanced().await;
}

/// I-ACC-3: two hundred random orders, and after each the book equals a model of it that is nothing
/// but sorted lists.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_3_the_book_equals_its_model() {
    let house = House::start().await;
    let book = Book::open(&house).await;
    let p = &house.people;
    let actors = [&p.alice, &p.bob, &p.carol, &p.maker];
    let mut rng = 1u64;
    let mut random = |n: u64| {
        // xorshift
        rng ^= rng << 13;
        rng ^= rng >> 7;
        rng ^= rng << 17;
        rng % n
    };
    #[derive(Clone)]
    struct Resting {
        id: u64,
        owner: usize,
        price: u64,
        left: u64,
    }
    let mut sides: [Vec<Resting>; 2] = [Vec::new(), Vec::new()];
    let mut positions = [0i64; 4];
    for step in 0..200 {
        let owner = usize::try_from(random(4)).expect("small");
        let is_buy = random(2) == 0;
        // Prices in dollars around the mark, sizes in thousandths.
        let (price, size) = (1_990 + random(20), 1 + random(300));
        if step % 7 == 6 {
            let side = &mut sides[usize::from(is_buy)];
            if !side.is_empty() {
                let at = usize::try_from(random(side.len() as u64)).expect("small");
                let gone = side.remove(at);
                let cancel = BookExchange::cancelCall { id: gone.id };
                ok(house.send(actors[gone.owner], book.at, &cancel).await);
            }
            continue;
        }
        let mut order = book.order(actors[owner], is_buy, "1", "1", KEEP);
        order.price = U256::from(price) * U256::from(WAD);
        order.size = U256::from(size) * U256::from(WAD / 1_000);
        order.hint = random(40);
        let placed = house.exec(actors[owner], book.at, &order).await;

        let better = |a: u64, b: u64| if is_buy { a > b } else { a < b };
        let other = &mut sides[usize::from(!is_buy)];
        let (mut left, mut matches) = (size, 0);
        let mut i = 0;
        while left > 0 && matches < 16 && i < other.len() && !better(other[i].price, price) {
            if other[i].owner == owner {
                other.remove(i);
                continue;
            }
            let part = left.min(other[i].left);
            left -= part;
            matches += 1;
            other[i].left -= part;
            let signed = i64::try_from(part).expect("small") * if is_buy { 1 } else { -1 };
            positions[owner] += signed;
            positions[other[i].owner] -= signed;
            i += 1;
        }
        other.retain(|o| o.left > 0);
        assert_eq!(
            placed.filled,
            U256::from(size - left) * U256::from(WAD / 1_000),
            "step {step}"
        );
        let side = &mut sides[usize::from(is_buy)];
        if placed.id != 0 {
            let at = side
                .iter()
                .position(|o| better(price, o.price))
                .unwrap_or(side.len());
            side.insert(
                at,
                Resting {
                    id: placed.id,
                    owner,
                    price,
                    left,
                },
            );
        } else {
            assert_eq!(left, 0, "step {step}");
        }
        if step % 10 == 0 || step > 190 {
            for (is_buy, side) in [(false, &sides[0]), (true, &sides[1])] {
                let model: Vec<_> = side
                    .iter()
                    .map(|o| {
                        let left = U256::from(o.left) * U256::from(WAD / 1_000);
                        (o.id, U256::from(o.price) * U256::from(WAD), left)
                    })
                    .collect();
                assert_eq!(book.side(is_buy).await, model, "step {step}");
            }
        }
    }
    assert!(positions.iter().any(|p| *p != 0), "something was traded");
    assert_eq!(positions.iter().sum::<i64>(), 0);
    for (actor, position) in actors.iter().zip(positions) {
        let expected = I256::try_from(position).expect("fits") * wad("0.001");
        assert_eq!(
            book.position(actor.account()).await,
            expected,
            "{}",
            actor.name
        );
    }
    house.assert_balanced().await;
}

/// I-ACC-2, I-ACC-3: the pool is an account like any other; its quote is what is dealt; it leans
/// against its position, and splitting a trade gains nothing.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_3_the_pool_trades_through_the_house() {
    let house = House::start().await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    house.give(alice, "200,000").await;
    house.give(bob, "200,000").await;
    let instrument = perp(POOL, ETH);
    let pool = ok(house.ask(house.pool, &PoolExchange::poolCall {}).await);
    let pool_cash = cash(&house, pool).await;
    let quote = async |is_buy: bool, size: &str| {
        let call = PoolExchange::quoteCall {
            instrument,
            isBuy: is_buy,
            size: uwad(size),
        };
        ok(house.ask(house.pool, &call).await)
    };

    // 2,000, 0.1 % spread; the lean of 10 units in 1,000 at 1 % is 0.005 % over the trade's mean.
    assert_eq!(quote(true, "10").await, uwad("2,002.1"));
    assert_eq!(quote(false, "10").await, uwad("1,997.9"));
    let whole = quote(true, "10").await;
    let receipt = ok(house.trade_pool(alice, ETH, true, uwad("4")).await);
    let first = House::events::<PoolExchange::Traded>(&receipt, house.pool)[0].price;
    let receipt = ok(house.trade_pool(alice, ETH, true, uwad("6")).await);
    let second = House::events::<PoolExchange::Traded>(&receipt, house.pool)[0].price;
    assert!(first < second, "it leans");
    let split = (first * U256::from(4) + second * U256::from(6)) / U256::from(10);
    assert_eq!(split, whole, "in two parts it costs the same");

    assert_eq!(units(&house, alice.account(), instrument).await, wad("10"));
    assert_eq!(units(&house, pool, instrument).await, wad("-10"));
    let inventory = ok(house
        .ask(house.pool, &PoolExchange::inventoryCall { instrument })
        .await);
    assert_eq!(inventory, wad("-10"));
    // 5 bp of 20,021, to the account the clearing house was told.
    let fees = ids::account_id(house.pool, 1);
    assert_eq!(cash(&house, fees).await, wad("10.0105"));
    assert_eq!(
        cash(&house, alice.account()).await,
        wad("200,000") - wad("10.0105")
    );
    assert_eq!(cash(&house, pool).await, pool_cash, "the pool pays no fee");

    // Now short, the pool pays the seller more than it did.
    assert!(quote(false, "10").await > uwad("1,997.9"));
    let back = quote(false, "10").await;
    ok(house.trade_pool(alice, ETH, false, uwad("10")).await);
    assert!(
        ok(house.leg(alice.account(), instrument).await).is_none(),
        "closed"
    );
    let paid =
        wad("10.0105") + (I256::from_raw(whole) - I256::from_raw(back)) * wad("10") / wad("1");
    let fee = back * uwad("10") / U256::from(WAD) * uwad("0.0005") / U256::from(WAD);
    assert_eq!(
        cash(&house, alice.account()).await,
        wad("200,000") - paid - I256::from_raw(fee)
    );
    assert!(
        cash(&house, pool).await > pool_cash,
        "the spread is the pool's"
    );

    // Limits: price, deadline, inventory, somebody else's account, an old feed.
    let trade = PoolExchange::tradeCall {
        account: bob.account(),
        instrument,
        isBuy: true,
        size: uwad("1"),
        limit: uwad("2,002"),
        deadline: U256::from(u64::MAX),
    };
    let e: PoolExchange::PriceBeyondLimit = house.expect_revert(bob, house.pool, &trade).await;
    assert!(e.price > e.limit);
    let late = PoolExchange::tradeCall {
        limit: U256::MAX,
        deadline: U256::from(1),
        ..trade.clone()
    };
    let _: PoolExchange::Expired = house.expect_revert(bob, house.pool, &late).await;
    let big = PoolExchange::tradeCall {
        limit: U256::MAX,
        size: uwad("1,000.0001"),
        ..trade.clone()
    };
    let _: PoolExchange::InventoryFull = house.expect_revert(bob, house.pool, &big).await;
    let foreign = PoolExchange::tradeCall {
        limit: U256::MAX,
        ..trade.clone()
    };
    let _: PoolExchange::NotAccountOwner = house.expect_revert(alice, house.pool, &foreign).await;
    house.warp(7_201).await.expect("time passes");
    let _: PoolExchange::StaleFeed = house.expect_revert(bob, house.pool, &foreign).await;
    ok(house
        .send(
            &house.people.deployer,
            house.eth_feed,
            &Feed::pushCall {
                answer: aliases::I192::ZERO,
            },
        )
        .await);
    let _: PoolExchange::StaleFeed = house.expect_revert(bob, house.pool, &foreign).await;
    house.assert_balanced().await;
}

/// The pool's money is its owner's, as far as its margin allows, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn the_pool_is_funded_and_defunded_by_its_owner() {
    let house = House::start().await;
    let p = &house.people;
    let pool = ok(house.ask(house.pool, &PoolExchange::poolCall {}).await);
    house.give(&p.alice, "1,000,000").await;
    ok(house.trade_pool(&p.alice, ETH, true, uwad("100")).await);

    let amount = house.usdc.amount("1,000").expect("an amount");
    let defund = PoolExchange::defundCall {
        amount,
        to: p.carol.address,
    };
    let _: PoolExchange::NotOwner = house.expect_revert(&p.alice, house.pool, &defund).await;
    let fund = PoolExchange::fundCall { amount };
    let _: PoolExchange::NotOwner = house.expect_revert(&p.alice, house.pool, &fund).await;

    let held = |who| IERC20::balanceOfCall { owner: who };
    let before = ok(house.ask(house.usdc.address, &held(p.carol.address)).await);
    ok(house.send(&p.deployer, house.pool, &defund).await);
    assert_eq!(
        ok(house.ask(house.usdc.address, &held(p.carol.address)).await),
        before + amount
    );

    // Everything it has would leave its position without margin: I-GATE-2.
    let all =
        U256::try_from(ok(house.cash(pool).await)).expect("positive") / U256::from(WAD / 1_000_000);
    let all = PoolExchange::defundCall {
        amount: all,
        to: p.carol.address,
    };
    let e: IVault::InsufficientMargin = house.expect_revert(&p.deployer, house.pool, &all).await;
    assert_eq!(e.account, pool);
    house.assert_balanced().await;
}

/// Two venues, one account: opposite positions at both offset each other in margin.
#[tokio::test(flavor = "multi_thread")]
async fn positions_at_two_venues_offset_each_other() {
    let house = House::start().await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    house.give(alice, "50,000").await;
    house.give(bob, "50,000").await;
    ok(house
        .trade_book(alice, bob, ETH, uwad("10"), uwad("2,000"))
        .await);
    let one = ok(house.assess(alice.account()).await);
    assert!(one.im > U256::ZERO);
    ok(house.trade_pool(alice, ETH, false, uwad("10")).await);
    let both = ok(house.assess(alice.account()).await);
    // No move of the price hurts her; what is left is what closing both would cost.
    let query = IParameters::underlyingCall { underlying: ETH };
    let rate = ok(house.ask(house.at.parameters, &query).await).linearCostIm;
    let closing = uwad("40,000") * U256::from(rate) / U256::from(WAD);
    assert!(
        both.im <= closing && closing < one.im / U256::from(10),
        "{} after, {} before",
        both.im,
        one.im
    );
    let (portfolio, _, _) = ok(house.account(alice.account()).await);
    assert_eq!(portfolio.legs.len(), 2, "both legs are there");

    // The price moves a tenth and her equity does not.
    let before = both.equity;
    ok(house.set_price(ETH, "2,200").await);
    assert_eq!(ok(house.assess(alice.account()).await).equity, before);
    house.assert_balanced().await;
}

/// Whoever may trade at one venue may not by that trade at the other.
#[tokio::test(flavor = "multi_thread")]
async fn i_auth_2_admission_is_per_venue() {
    let house = House::start().await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    house.give(alice, "50,000").await;
    house.give(bob, "50,000").await;
    ok(house.admit(alice, alice.account(), POOL, false).await);
    ok(house
        .trade_book(alice, bob, ETH, uwad("1"), uwad("2,000"))
        .await);
    let trade = PoolExchange::tradeCall {
        account: alice.account(),
        instrument: perp(POOL, ETH),
        isBuy: true,
        size: uwad("1"),
        limit: U256::MAX,
        deadline: U256::from(u64::MAX),
    };
    let e: IVault::VenueNotAdmitted = house.expect_revert(alice, house.pool, &trade).await;
    assert_eq!((e.account, e.venue), (alice.account(), POOL));
    house.assert_balanced().await;
}
