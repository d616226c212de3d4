//! The order book.

use super::*;

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
