//! Accounts with items that cannot be priced, or that are flat.

use super::*;

/// Every feed dies, and ether's comes back at a price.
async fn only_ether_lives(house: &House, price: &str) {
    house.warp(8_000).await.unwrap();
    house.set_price(ETH, price).await.unwrap();
}

/// I-AUC-1: below the line only at the worst its stale items could be worth, an account is sold once that was noted and an
/// hour has passed, and not later than an hour after that; the note can be taken back.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_1_a_dead_feed_shelters_for_an_hour() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give(&p.alice, "40,000").await;
    house.give(&p.bob, "400,000").await;
    house.give(&p.bidder, "400,000").await;
    let btc = perp(DESK, BTC);
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "50", "2,000")
        .await;
    house.fill(&p.alice, &p.bob, btc, "0.5", "40,000").await;
    let note = IAuction::noteStaleCall { account: alice };
    let noted = |receipt: &TransactionReceipt| House::events::<IAuction::StaleNoted>(receipt, at);
    let liquidatable = async || {
        ok(house
            .ask(at, &IAuction::isLiquidatableCall { account: alice })
            .await)
    };
    // Fresh and healthy: nothing to note, nothing to take back.
    assert!(noted(&ok(house.send(&p.stranger, at, &note).await)).is_empty());

    house.warp(8_000).await.unwrap();
    let mut price = 2_000;
    let doubtful = loop {
        house.set_price(ETH, &price.to_string()).await.unwrap();
        let a = ok(house.assess(alice).await);
        if a.worst < I256::ZERO {
            break a;
        }
        price -= 5;
    };
    assert!(
        doubtful.stale && doubtful.best >= I256::ZERO,
        "{doubtful:?}"
    );
    let e: IAuction::StaleWait = house.expect_revert(&p.stranger, at, &start(alice)).await;
    assert_eq!((e.account, e.notedAt), (alice, 0));
    assert_eq!((e.best, e.worst), (doubtful.best, doubtful.worst));
    let events = noted(&ok(house.send(&p.stranger, at, &note).await));
    assert_eq!(
        (events.len(), events[0].best, events[0].worst),
        (1, e.best, e.worst)
    );
    let at_note = events[0].notedAt;
    assert_eq!(at_note, house.client.now().await.unwrap());

    // Not yet. Noting again changes nothing.
    house.warp(3_000).await.unwrap();
    assert!(noted(&ok(house.send(&p.stranger, at, &note).await)).is_empty());
    let e: IAuction::StaleWait = house.expect_revert(&p.stranger, at, &start(alice)).await;
    assert_eq!(e.notedAt, at_note);
    assert!(!liquidatable().await);

    // Taken back when the feed is, and so is the account.
    let snapshot = house.snapshot().await.unwrap();
    house.refresh().await;
    let events = noted(&ok(house.send(&p.alice, at, &note).await));
    assert_eq!((events.len(), events[0].notedAt), (1, 0));
    assert_eq!(events[0].best, events[0].worst);
    let e: IAuction::NotLiquidatable = house.expect_revert(&p.stranger, at, &start(alice)).await;
    assert_eq!(e.account, alice);
    house.revert(snapshot).await.unwrap();

    // Too late: note it anew.
    let eth = price.to_string();
    let snapshot = house.snapshot().await.unwrap();
    house.warp(4_250).await.unwrap();
    house.set_price(ETH, &eth).await.unwrap();
    let _: IAuction::StaleWait = house.expect_revert(&p.stranger, at, &start(alice)).await;
    let events = noted(&ok(house.send(&p.stranger, at, &note).await));
    assert!(events[0].notedAt > at_note + 7_200);
    house.revert(snapshot).await.unwrap();

    // An hour after the note it starts, and is sold until it is safe at the worst; what is stale stays.
    house.warp(600).await.unwrap();
    house.set_price(ETH, &eth).await.unwrap();
    assert!(liquidatable().await);
    let snapshot = house.snapshot().await.unwrap();
    ok(house.send(&p.stranger, at, &start(alice)).await);
    let e: IAuction::AuctionOpen = house.expect_revert(&p.stranger, at, &note).await;
    assert_eq!(e.account, alice);
    let a = ok(house.assess(alice).await);
    let e: IAuction::NotRecovered = house.expect_revert(&p.stranger, at, &close(alice)).await;
    assert_eq!(e.equity, a.worst + I256::try_from(a.mm).unwrap());
    house.warp(300).await.unwrap();
    let long = ok(house.leg(alice, btc).await).unwrap();
    let mut bids = 0;
    while ok(house.account(alice).await).2 {
        assert!(state(&house, alice).await.maxFraction > U256::ZERO);
        ok(house
            .send(&p.bidder, at, &any_bid(&house, U256::from(ONE)).await)
            .await);
        bids += 1;
        assert!(bids < 12, "it does not end");
    }
    let left = ok(house.leg(alice, btc).await).unwrap();
    assert_eq!((left.size, left.quote), (long.size, long.quote));
    let a = ok(house.assess(alice).await);
    assert!(a.worst >= I256::ZERO && a.equity > I256::ZERO, "{a:?}");
    house.assert_balanced().await;

    // The same auction, and the feed is back: it ends at once, nothing is sold for the feed's age.
    house.revert(snapshot).await.unwrap();
    ok(house.send(&p.stranger, at, &start(alice)).await);
    house.refresh().await;
    let a = ok(house.assess(alice).await);
    if narrow(&a).0 >= target(&a).cast_signed() {
        ok(house.send(&p.stranger, at, &close(alice)).await);
    } else {
        assert!(state(&house, alice).await.maxFraction < U256::from(ONE / 2));
    }
}

/// I-AUC-11: the fund pays nothing while a stale item could be worth what the account lacks, and never for what it could be
/// worth.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_11_stale_items_pay_before_the_fund() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give(&p.alice, "25,000").await;
    house.give_token(&p.alice, house.wbtc, "0.05").await; // 2,000 at its last price
    house.give(&p.bob, "200,000").await;
    house.give(&p.bidder, "200,000").await;
    let fund = ids::fund_account(house.at.vault);
    let chest = house.usdc.amount("30,000").unwrap();
    ok(house.deposit(&p.carol, fund, house.usdc, chest).await);
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "50", "2,000")
        .await;
    only_ether_lives(&house, "1,490").await;
    ok(house.send(&p.stranger, at, &start(alice)).await);
    assert_eq!(state(&house, alice).await.equity, wad("-500"));
    // The coin alone, as margin sees it: nothing, or at least its last price.
    let mut coin = ok(house.account(alice).await).0;
    (coin.cash, coin.legs) = (0, vec![]);
    let call = IMargin::assessCall {
        portfolios: vec![coin],
    };
    let alone = ok(house.ask(house.at.margin, &call).await).remove(0);
    let reserve = alone.best + I256::try_from(alone.mm).unwrap();
    assert!(alone.equity == I256::ZERO && reserve >= wad("2,000") && reserve < wad("4,000"));
    let e: IAuction::NotInsolvent = house.expect_revert(&p.stranger, at, &mark(alice)).await;
    assert_eq!(e.equity, reserve - wad("500"));
    house.warp(900).await.unwrap();
    let receipt = ok(house
        .send(&p.bidder, at, &any_bid(&house, U256::from(ONE / 2)).await)
        .await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    // Half of it at its mark; the account pays what that lacks.
    assert_eq!(
        (taken[0].price, taken[0].fundPaid),
        (wad("-250"), U256::ZERO)
    );
    assert_eq!(taken[0].equityAfter, wad("-500"));

    house.set_price(ETH, "1,300").await.unwrap(); // −5,250, and the coin perhaps
    let receipt = ok(house.send(&p.stranger, at, &mark(alice)).await);
    let marked: Vec<IAuction::InsolvencyMarked> = House::events(&receipt, at);
    assert_eq!(marked[0].equity, reserve - wad("5,250"));
    house.warp(600).await.unwrap();
    let mm = state(&house, alice).await.mm;
    let receipt = ok(house
        .send(&p.bidder, at, &any_bid(&house, U256::from(ONE)).await)
        .await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let relief = u128::try_from(mm - taken[0].mmAfter).unwrap();
    let discount = part(relief, taken[0].lambda.to());
    assert!(discount > 0);
    let due = wad("5,250") - reserve + I256::try_from(discount).unwrap();
    assert_eq!(I256::try_from(taken[0].fundPaid).unwrap(), due);
    assert_eq!(taken[0].equityAfter, -reserve);
    assert_eq!(
        I256::try_from(ok(house.cash(alice).await)).unwrap(),
        -reserve
    );
    let (portfolio, _, in_auction) = ok(house.account(alice).await);
    assert!(!in_auction && portfolio.legs.is_empty() && portfolio.collateral.len() == 1);
    // What is left is worth nothing at best, and must wait for a price.
    let _: IAuction::StaleWait = house.expect_revert(&p.stranger, at, &start(alice)).await;
    house.assert_balanced().await;
}

/// I-AUC-16: without legs and debt an auction can be closed whatever feed is dead.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_16_a_flat_account_is_closed_without_prices() {
    let house = furnished().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give_token(&p.alice, house.wbtc, "0.01").await;
    house.set_price(ETH, "1,600").await.unwrap();
    ok(house.send(&p.stranger, at, &start(alice)).await);
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "50", "1,600")
        .await;
    house.warp(8_000).await.unwrap();
    assert!(ok(house.assess(alice).await).stale);
    ok(house.send(&p.stranger, at, &close(alice)).await);
    assert!(!ok(house.account(alice).await).2);
}
