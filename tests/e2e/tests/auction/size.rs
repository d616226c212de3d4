//! How large a share is sold, and at what the auction ends.

use super::*;

/// I-AUC-2, I-AUC-5: the price falls with time, the largest share reaches the buffer and ends the auction.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_5_the_largest_share_ends_the_auction_at_the_buffer() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(alice).await;
    let (mut last_lambda, mut last_share) = (U256::ZERO, U256::ZERO);
    let mut unit_price = I256::MAX;
    for _ in 0..4 {
        let s = state(&house, alice).await;
        let (equity, mm) = (
            i128::try_from(s.equity).unwrap(),
            u128::try_from(s.mm).unwrap(),
        );
        let im = u128::try_from(ok(house.assess(alice).await).im).unwrap();
        let share = auction::max_fraction(equity, mm, im, s.lambda.to(), BUFFER, LEAST).unwrap();
        assert_eq!(s.maxFraction, U256::from(share));
        assert!(s.lambda >= last_lambda && s.maxFraction >= last_share);
        let per_share = s.price * I256::try_from(ONE).unwrap() / I256::try_from(share).unwrap();
        assert!(per_share <= unit_price, "the price rose");
        (last_lambda, last_share, unit_price) = (s.lambda, s.maxFraction, per_share);
        house.warp(200).await.unwrap();
    }
    // Asking for everything takes what is needed.
    let call = house.bid(U256::from(ONE)).await;
    let receipt = ok(house.send(&p.bidder, at, &call).await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let closed: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
    assert_eq!((taken.len(), closed.len()), (1, 1));
    assert!(!closed[0].cured && taken[0].fraction < U256::from(ONE));
    let after = ok(house.assess(alice).await);
    let (equity, _) = narrow(&after);
    let target = target(&after).cast_signed();
    assert!(equity >= target);
    // Not more than a lot's requirement beyond it: 0.0001 ETH at 1,700.
    assert!(
        equity - target < 170_000_000_000_000_000,
        "{}",
        equity - target
    );
    assert!(!ok(house.account(alice).await).2);
    let e: IAuction::NoAuction = house
        .expect_revert(&p.bidder, at, &house.bid(U256::from(ONE)).await)
        .await;
    assert_eq!(e.account, alice);
    house.assert_balanced().await;
}

/// I-AUC-5: the auction ends at the initial requirement where that is nearer than the buffer.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_5_it_ends_at_the_initial_requirement_where_that_is_nearer() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.set_price(ETH, "1,600").await.unwrap();
    // A second round at the price: the jump is over.
    house.refresh().await;
    house.start_auction(alice).await;
    let parameters = ok(house.ask(at, &IAuction::parametersCall {}).await);
    let call = IAuction::setParametersCall {
        lambdaMax: parameters.lambdaMax,
        duration: parameters.duration,
        fundLambdaMax: parameters.fundLambdaMax,
        fundDuration: parameters.fundDuration,
        buffer: WAD as u64, // twice the maintenance requirement
        minFraction: parameters.minFraction,
    };
    ok(house.send(&p.deployer, at, &call).await);
    let a = ok(house.assess(alice).await);
    assert!(a.im < a.mm * U256::from(2));
    let im = i128::try_from(a.im).unwrap();
    let unit = 1_000_000_000_000;
    let missing = im - narrow(&a).0;
    // All but a hundredth of it, which is the smallest bid.
    let units = U256::try_from((missing - im / 100) / unit).unwrap(); // rounded down
    ok(house.deposit(&p.bob, alice, house.usdc, units).await);
    let e: IAuction::NotRecovered = house.expect_revert(&p.stranger, at, &close(alice)).await;
    assert_eq!(e.needed, a.im);
    let short = im - i128::try_from(e.equity).unwrap() - im / 100;
    assert!((0..unit).contains(&short));
    // A bid takes that much and ends it.
    let snapshot = house.snapshot().await.unwrap();
    let receipt = ok(house
        .send(&p.bidder, at, &house.bid(U256::from(ONE / 2)).await)
        .await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let closed: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
    let near = U256::from(LEAST)..U256::from(LEAST / 4 * 5);
    assert!(near.contains(&taken[0].fraction) && closed.len() == 1);
    house.revert(snapshot).await.unwrap();
    // H-2: with less than the smallest bid missing nobody needs to buy anything.
    let units = U256::try_from(im / 200 / unit).unwrap();
    ok(house.deposit(&p.alice, alice, house.usdc, units).await);
    let receipt = ok(house.send(&p.stranger, at, &close(alice)).await);
    let closed: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
    assert!(closed[0].cured);
    let e: IAuction::NotLiquidatable = house.expect_revert(&p.stranger, at, &start(alice)).await;
    assert_eq!(e.account, alice);
}

/// H-2: 50 WETH, short 30 ETH, 78,000 lost. A sale of what reaches the buffer ends a cent or two short of it, because
/// lots are whole; the next bid for everything took everything: the owner lost 2,842 instead of 591.
#[tokio::test(flavor = "multi_thread")]
async fn h_2_a_rest_of_a_sale_never_becomes_everything() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let eth = perp(DESK, ETH);
    house.give_token(&p.alice, house.weth, "50").await;
    house.give(&p.bob, "400,000").await;
    house.give(&p.bidder, "400,000").await;
    let side = |buyer: &Actor, seller: &Actor, size, price| Fill {
        buyer: buyer.account(),
        seller: seller.account(),
        instrument: eth,
        size: uwad(size),
        price: uwad(price),
        buyerFee: U256::ZERO,
        sellerFee: U256::ZERO,
    };
    let call = reference::LyingVenue::reportCall {
        fills: vec![
            side(&p.alice, &p.bob, "195", "2,200"),
            side(&p.bob, &p.alice, "195", "1,800"),
            side(&p.bob, &p.alice, "30", "2,000"),
        ],
    };
    ok(house.send(&p.stranger, house.desk(), &call).await);
    house.set_price(ETH, "1,299.37").await.unwrap();
    let before = ok(house.assess(alice).await);
    assert_eq!(before.equity / wad("1"), I256::unchecked_from(7_987));
    assert_eq!(before.mm / uwad("1"), U256::from(8_121));
    house.start_auction(alice).await;
    house.warp(900).await.unwrap();
    let receipt = ok(house
        .send(&p.bidder, at, &house.bid(U256::from(ONE)).await)
        .await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let percent = taken[0].fraction / U256::from(ONE / 1_000);
    assert_eq!(percent, U256::from(208));
    let after = ok(house.assess(alice).await);
    let (equity, mm) = narrow(&after);
    let short = target(&after).cast_signed() - equity;
    // Less than what a lot of ether, 0.0001, needs.
    assert!((1..30_000_000_000_000_000).contains(&short), "{short}");
    assert!(equity >= mm.cast_signed());
    // So the auction has ended, and nobody can be sold the rest.
    let closed: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
    assert_eq!(closed.len(), 1, "the largest share is below the smallest");
    let call = house.bid(U256::from(ONE)).await;
    let e: IAuction::NoAuction = house.expect_revert(&p.bidder, at, &call).await;
    assert_eq!(e.account, alice);
    let lost = before.equity - ok(house.assess(alice).await).equity;
    assert_eq!(lost / wad("1"), I256::unchecked_from(591));
    house.assert_balanced().await;
}
