//! When an auction may start.

use super::*;

/// I-AUC-1: below the line and only below it, to the smallest unit of the coin.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_1_starts_below_the_line_only() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let a = ok(house.assess(alice).await);
    let e: IAuction::NotLiquidatable = house.expect_revert(&p.stranger, at, &start(alice)).await;
    assert_eq!((e.account, e.equity, e.mm), (alice, a.equity, a.mm));
    let empty = p.stranger.account();
    let e: IAuction::NotLiquidatable = house.expect_revert(&p.stranger, at, &start(empty)).await;
    assert_eq!((e.equity, e.mm), (I256::ZERO, U256::ZERO));
    let fund = ids::fund_account(house.at.vault);
    let e: IAuction::SystemAccount = house.expect_revert(&p.stranger, at, &start(fund)).await;
    assert_eq!(e.account, fund);

    // Withdrawing to the line is refused; a price takes her below. Lift her to it again, to a unit of the coin.
    house.set_price(ETH, "1,600").await.unwrap();
    let (equity, mm) = narrow(&ok(house.assess(alice).await));
    let unit = 1_000_000_000_000;
    let missing = mm.cast_signed() - equity;
    assert!(missing > unit && missing % unit != 0);
    let liquidatable = async || {
        ok(house
            .ask(at, &IAuction::isLiquidatableCall { account: alice })
            .await)
    };
    assert!(liquidatable().await);
    let units = U256::try_from(missing / unit).unwrap(); // rounded down
    ok(house.deposit(&p.bob, alice, house.usdc, units).await);
    let snapshot = house.snapshot().await.unwrap();
    assert!(liquidatable().await);
    let receipt = house.start_auction(alice).await;
    let events: Vec<IAuction::AuctionStarted> = House::events(&receipt, at);
    assert_eq!(
        (events.len(), events[0].account, events[0].starter),
        (1, alice, p.stranger.address)
    );
    assert!(!liquidatable().await, "it is open");
    let e: IAuction::AuctionOpen = house.expect_revert(&p.bidder, at, &start(alice)).await;
    assert_eq!(e.account, alice);
    assert!(ok(house.account(alice).await).2);
    house.revert(snapshot).await.unwrap();
    ok(house
        .deposit(&p.alice, alice, house.usdc, U256::from(1))
        .await);
    assert!(!liquidatable().await);
    let e: IAuction::NotLiquidatable = house.expect_revert(&p.stranger, at, &start(alice)).await;
    let above = i128::try_from(e.equity).unwrap() - mm.cast_signed();
    assert!((0..unit).contains(&above), "{above}");
    house.assert_balanced().await;
}
