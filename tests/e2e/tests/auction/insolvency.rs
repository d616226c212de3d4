//! When equity is gone: the fund pays, and only what it has.

use super::*;

/// I-AUC-11, I-AUC-14: equity gone, the fund pays the hole and the discount, no more than it has, and the rest is flat.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_11_the_fund_pays_for_the_insolvent_and_only_what_it_has() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let fund = ids::fund_account(house.at.vault);
    house.endow_fund("30,000").await;
    let e: IAuction::NoAuction = house.expect_revert(&p.stranger, at, &mark(alice)).await;
    assert_eq!(e.account, alice);
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(alice).await;
    let e: IAuction::NotInsolvent = house.expect_revert(&p.stranger, at, &mark(alice)).await;
    assert_eq!(e.equity, wad("5,000"));
    house.set_price(ETH, "1,400").await.unwrap(); // equity −5,000
    let receipt = ok(house.send(&p.stranger, at, &mark(alice)).await);
    let marked: Vec<IAuction::InsolvencyMarked> = House::events(&receipt, at);
    assert_eq!((marked.len(), marked[0].equity), (1, wad("-5,000")));
    let since = state(&house, alice).await.insolventSince;
    // Marking again changes nothing.
    house.warp(10).await.unwrap();
    ok(house.send(&p.stranger, at, &mark(alice)).await);
    assert_eq!(state(&house, alice).await.insolventSince, since);

    house.warp(890).await.unwrap();
    let call = house.bid(U256::from(ONE / 4)).await;
    let (equity, mm) = narrow(&ok(house.assess(alice).await));
    let receipt = ok(house.send(&p.bidder, at, &call).await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let (equity_after, mm_after) = narrow(&ok(house.assess(alice).await));
    let elapsed = house.client.now().await.unwrap() - since;
    let lambda = auction::ramp(500_000_000_000_000_000, elapsed, 3_600);
    assert_eq!(taken[0].lambda, U256::from(lambda));
    let relief = auction::relief(mm, mm_after, ONE / 4).unwrap();
    let due = (equity_after - equity).cast_unsigned() + part(relief, lambda.into());
    assert_eq!(taken[0].fundPaid, U256::from(due));
    assert_eq!(taken[0].price, -I256::try_from(due).unwrap());
    assert_eq!(
        ok(house.cash(fund).await),
        30_000 * WAD as i128 - due.cast_signed()
    );
    assert_eq!(equity_after, -3_750 * WAD as i128);

    // The fund runs dry: it pays what is left, and a bidder who asks for more gets nothing.
    house.set_price(ETH, "700").await.unwrap();
    let left = ok(house.cash(fund).await);
    let mut call = house.bid(U256::from(ONE)).await;
    call.b.maxPrice = I256::try_from(-left - 1).unwrap();
    let e: IAuction::PriceAboveLimit = house.expect_revert(&p.bidder, at, &call).await;
    assert_eq!(e.price, I256::try_from(-left).unwrap());
    call.b.maxPrice = I256::try_from(-left).unwrap();
    let receipt = ok(house.send(&p.bidder, at, &call).await);
    let closed: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
    assert_eq!(
        (closed.len(), closed[0].equity, closed[0].mm),
        (1, I256::ZERO, U256::ZERO)
    );
    assert_eq!(ok(house.cash(fund).await), 0);
    let (portfolio, _, in_auction) = ok(house.account(alice).await);
    assert!(!in_auction && portfolio.legs.is_empty() && portfolio.cash == 0);
    house.assert_balanced().await;
}

/// I-AUC-2: where equity passes zero the price does not jump, and going back stops the fund's clock.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_2_no_jump_where_equity_ends() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.endow_fund("30,000").await;
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(alice).await;
    house.warp(900).await.unwrap();
    house.set_price(ETH, "1,500.02").await.unwrap(); // equity 1
    let rich = state(&house, alice).await;
    assert_eq!((rich.equity, rich.maxFraction), (wad("1"), U256::from(ONE)));
    house.set_price(ETH, "1,499.98").await.unwrap(); // equity −1
    let poor = state(&house, alice).await;
    assert_eq!(
        (poor.equity, poor.maxFraction),
        (wad("-1"), U256::from(ONE))
    );
    // Everything for its worth less the whole equity; then everything for nothing less the hole.
    assert_eq!(rich.price, I256::ZERO);
    assert_eq!(poor.price, wad("-1"));
    assert_eq!(poor.lambda, U256::ZERO, "the fund's ramp begins from zero");
    ok(house.send(&p.stranger, at, &mark(alice)).await);
    house.set_price(ETH, "1,510").await.unwrap();
    let call = house.bid(U256::from(ONE / 50)).await;
    ok(house.send(&p.bidder, at, &call).await);
    // Once more down: the fund's ramp begins anew.
    house.warp(600).await.unwrap();
    house.set_price(ETH, "1,490").await.unwrap();
    let again = state(&house, alice).await;
    assert!(again.equity < I256::ZERO);
    assert_eq!((again.insolventSince, again.lambda), (0, U256::ZERO));
    house.assert_balanced().await;
}

/// I-AUC-3: a recovery stops the fund's clock when somebody marks it; and when nobody does, a clock nobody confirmed
/// for 15 minutes counts no more.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_3_the_fund_clock_runs_only_while_somebody_looks() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.endow_fund("30,000").await;
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(alice).await;
    house.set_price(ETH, "1,400").await.unwrap();
    let marked = async |receipt: TransactionReceipt| {
        House::events::<IAuction::InsolvencyMarked>(&receipt, at).len()
    };
    assert_eq!(
        marked(ok(house.send(&p.stranger, at, &mark(alice)).await)).await,
        1
    );
    let since = state(&house, alice).await.insolventSince;

    // Equity is back and somebody says so: the clock is cleared. A second time there is nothing to clear.
    house.warp(600).await.unwrap();
    house.set_price(ETH, "1,600").await.unwrap();
    assert_eq!(state(&house, alice).await.insolventSince, 0);
    let snapshot = house.snapshot().await.unwrap();
    assert_eq!(
        marked(ok(house.send(&p.stranger, at, &mark(alice)).await)).await,
        0
    );
    let _: IAuction::NotInsolvent = house.expect_revert(&p.stranger, at, &mark(alice)).await;
    house.set_price(ETH, "1,400").await.unwrap();
    let relapsed = state(&house, alice).await;
    assert_eq!((relapsed.insolventSince, relapsed.lambda), (0, U256::ZERO));
    assert_eq!(
        marked(ok(house.send(&p.stranger, at, &mark(alice)).await)).await,
        1
    );
    assert!(state(&house, alice).await.insolventSince > since + 600);
    house.revert(snapshot).await.unwrap();

    // Nobody says so: at a relapse within the quarter of an hour the clock goes on, after it it does not.
    house.set_price(ETH, "1,400").await.unwrap();
    let soon = state(&house, alice).await;
    assert!(soon.insolventSince == since && soon.lambda > U256::ZERO);
    house.warp(400).await.unwrap();
    let late = state(&house, alice).await;
    assert_eq!((late.insolventSince, late.lambda), (0, U256::ZERO));
    let receipt = ok(house
        .send(&p.bidder, at, &house.bid(U256::from(ONE / 10)).await)
        .await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    assert_eq!(taken[0].lambda, U256::ZERO);
    assert!(taken[0].fundPaid > U256::ZERO);
    assert_eq!(marked(receipt).await, 1);
    // Seen every ten minutes it reaches its cap.
    let since = state(&house, alice).await.insolventSince;
    for _ in 0..6 {
        house.warp(600).await.unwrap();
        house.refresh().await;
        assert_eq!(
            marked(ok(house.send(&p.stranger, at, &mark(alice)).await)).await,
            0
        );
        assert_eq!(state(&house, alice).await.insolventSince, since);
    }
    assert_eq!(state(&house, alice).await.lambda, U256::from(WAD / 2));
    house.assert_balanced().await;
}
