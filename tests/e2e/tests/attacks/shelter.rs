//! Shelter from auctions.

use super::*;

/// what a cure put in cannot be taken out again: the buffer lies above the line, and leaving needs more still.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_45_cure_and_relapse() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    let alice = p.alice.account();
    house.give(&p.alice, "12,020").await; // 1.15 · 14,800 − 5,000
    ok(house
        .send(
            &p.alice,
            house.at.auction,
            &IAuction::closeCall { account: alice },
        )
        .await);
    assert_eq!(ok(house.max_withdraw(alice, house.usdc).await), U256::ZERO);
    let call = IVault::withdrawCall {
        account: alice,
        token: house.usdc.address,
        amount: U256::from(1),
        to: p.alice.address,
    };
    let e: IVault::InsufficientMargin = house.expect_revert(&p.alice, house.at.vault, &call).await;
    assert!(e.equity >= I256::try_from(e.mm).unwrap() && e.equity < I256::try_from(e.im).unwrap());
    let e: IAuction::NotLiquidatable = house
        .expect_revert(
            &p.alice,
            house.at.auction,
            &IAuction::startCall { account: alice },
        )
        .await;
    assert_eq!(e.account, alice);
}

/// a coin of a token, or a lot of a leg, whose feed died shelters nobody: what has a price is sold, the rest stays.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_44_dust_on_a_dead_feed_shelters_nobody() {
    for dust in ["token", "leg"] {
        let house = House::start().await;
        let p = &house.people;
        let (alice, at) = (p.alice.account(), house.at.auction);
        house.give(&p.alice, "25,010").await;
        house.give(&p.bob, "200,000").await;
        house.give(&p.bidder, "200,000").await;
        let (eth, btc) = (perp(DESK, ETH), perp(DESK, BTC));
        house.fill(&p.alice, &p.bob, eth, "50", "2,000").await;
        if dust == "token" {
            house.give_token(&p.alice, house.wbtc, "0.00000001").await;
        } else {
            house.fill(&p.alice, &p.bob, btc, "0.0001", "40,000").await;
        }
        house.warp(8_000).await.unwrap();
        house.set_price(ETH, "1,600").await.unwrap();
        let a = ok(house.assess(alice).await);
        assert!(a.stale && a.best < I256::ZERO);
        let start = IAuction::startCall { account: alice };
        ok(house.send(&p.stranger, at, &start).await);
        house.warp(600).await.unwrap();
        let call = house.bid_of(p.bidder.account(), U256::from(ONE / 10)).await;
        ok(house.send(&p.bidder, at, &call).await);
        assert_eq!(ok(house.leg(alice, eth).await).unwrap().size, 450_000);
        // With little left, everything that has a price goes in one bid, and that is the end of the auction.
        house.set_price(ETH, "1,510").await.unwrap();
        let before = ok(house.assess(alice).await);
        assert!(before.equity > I256::ZERO);
        let call = house.bid_of(p.bidder.account(), U256::from(ONE)).await;
        let receipt = ok(house.send(&p.bidder, at, &call).await);
        let closed: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
        assert_eq!(closed.len(), 1);
        let (left, _, in_auction) = ok(house.account(alice).await);
        assert!(!in_auction);
        assert_eq!(
            (left.collateral.len(), left.legs.len()),
            if dust == "token" { (1, 0) } else { (0, 1) }
        );
        assert!(ok(house.leg(p.bidder.account(), btc).await).is_none());
        assert!(ok(house.assess(alice).await).equity >= I256::ZERO);
        house.assert_balanced().await;
    }
}

/// A-45, I-GATE-3: a stranger who fills the deposit cap of the settlement coin does not keep an owner from curing.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_45_a_full_cap_does_not_stop_a_cure() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    let (alice, vault) = (p.alice.account(), house.at.vault);
    let held = ok(house.ask(vault, &IVault::assetCall { asset: 0 }).await).held;
    let cap = IVault::setCapCall {
        asset: 0,
        cap: held + 1_000_000,
    };
    ok(house.send(&p.deployer, vault, &cap).await);
    house.give(&p.bob, "1").await; // fills it
    let deposit = |account, coins: &str| IVault::depositCall {
        account,
        token: house.usdc.address,
        amount: house.usdc.amount(coins).unwrap(),
    };
    // Nobody else gets in: not a stranger, not alice elsewhere.
    let e: IVault::CapExceeded = house
        .expect_revert(&p.bob, vault, &deposit(alice, "1"))
        .await;
    assert_eq!(
        (e.total, e.cap),
        (U256::from(held + 2_000_000), U256::from(held + 1_000_000))
    );
    let other = p.alice.subaccount(1);
    let _: IVault::CapExceeded = house
        .expect_revert(&p.alice, vault, &deposit(other, "1"))
        .await;
    // Her operator and she do, and it counts.
    let operator = IVault::setOperatorCall {
        account: alice,
        operator: p.bob.address,
        approved: true,
    };
    ok(house.send(&p.alice, vault, &operator).await);
    ok(house.send(&p.bob, vault, &deposit(alice, "1")).await);
    ok(house.send(&p.alice, vault, &deposit(alice, "20,000")).await);
    let now = ok(house.ask(vault, &IVault::assetCall { asset: 0 }).await).held;
    assert_eq!(now, held + 20_002_000_000);
    let close = IAuction::closeCall { account: alice };
    ok(house.send(&p.stranger, house.at.auction, &close).await);
    let _: IVault::CapExceeded = house
        .expect_revert(&p.alice, vault, &deposit(alice, "1"))
        .await;
    house.assert_balanced().await;
}

/// A-47, I-AUC-14: a coin left with an insolvent account hides nothing.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_47_a_gift_does_not_hide_bad_debt() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    house.endow_fund("50,000").await;
    house.set_price(ETH, "1,400").await.unwrap();
    ok(house
        .deposit(&p.bob, p.alice.account(), house.usdc, U256::from(1_000_000))
        .await);
    ok(house
        .send(
            &p.stranger,
            house.at.auction,
            &IAuction::markInsolventCall {
                account: p.alice.account(),
            },
        )
        .await);
    let call = house.bid_of(p.bidder.account(), U256::from(ONE)).await;
    let receipt = ok(house.send(&p.bidder, house.at.auction, &call).await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, house.at.auction);
    assert!(taken[0].fundPaid >= uwad("4,999"));
    assert_eq!(
        (taken[0].equityAfter, taken[0].mmAfter),
        (I256::ZERO, U256::ZERO)
    );
    assert_eq!(ok(house.cash(p.alice.account()).await), 0);
    house.assert_balanced().await;
}

/// A coin whose feed is stale stops opening and withdrawing, not the sale of who is below the line.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_45_a_coin_in_doubt_does_not_stop_an_auction() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    // The coin's price in dollars: a feed that never answers again.
    let coin = house
        .create(
            &reference::Feed::BYTECODE,
            reference::Feed::constructorCall {
                description_: "coin".into(),
                decimals_: 8,
            },
        )
        .await;
    let answer = reference::Feed::pushCall {
        answer: aliases::I192::try_from(100_000_000).unwrap(),
    };
    ok(house.send(&p.deployer, coin, &answer).await);
    let list = IOracle::setFeedCall {
        feed: 9,
        aggregator: coin,
        maxAge: 60,
        minPrice: uwad("0.5"),
        maxPrice: uwad("1.5"),
        confidence: 0,
    };
    ok(house.send(&p.deployer, house.at.oracle, &list).await);
    let call = IParameters::setRulesCall {
        coinFeed: 9,
        rates: vec![],
    };
    ok(house.send(&p.deployer, house.at.parameters, &call).await);
    house.give(&p.carol, "10,000").await;
    house.warp(300).await.unwrap();
    house.set_price(ETH, "1,600").await.unwrap();
    let a = ok(house.assess(p.alice.account()).await);
    assert!(a.stale && a.staleLegs == 0 && a.staleAssets == 0);
    // Nobody trades, the bidder buys.
    let refused = House::report(
        p.bob.account(),
        p.carol.account(),
        perp(DESK, ETH),
        "1",
        "1,600",
    );
    let _: IVault::PricesStale = house
        .expect_revert(&p.stranger, house.desk(), &refused)
        .await;
    let call = house.bid_of(p.bidder.account(), U256::from(WAD / 2)).await;
    let receipt = ok(house.send(&p.bidder, house.at.auction, &call).await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, house.at.auction);
    assert_eq!(taken.len(), 1);
    house.assert_balanced().await;
}
