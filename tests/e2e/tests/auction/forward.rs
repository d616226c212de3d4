//! A forward is its ratio times the spot of the call: between two pushes nothing lags, and no hedged account is sold for it.

use super::*;
use plimsoll_kernel::codec::{Instrument, Kind};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Hedge {
    Future,
    /// A call bought and a put sold at 2,000.
    Options,
}

fn future(day: u16) -> u128 {
    let instrument = Instrument {
        venue: DESK,
        underlying: ETH,
        kind: Kind::Future,
        expiry_day: day,
        strike: None,
    };
    instrument.encode().expect("an instrument").0
}

/// Alice is short 100 ether of the perpetual and long 100 ether of an expiry 30 days away, with this equity; with `None` as much
/// as her initial requirement.
async fn hedged(hedge: Hedge, coins: Option<&str>) -> House {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.alice, "200,000").await;
    house.give(&p.bob, "400,000").await;
    house.give(&p.bidder, "400,000").await;
    house.endow_fund("30,000").await;
    let days = days(&house).await;
    push_expiries(&house, &days).await;
    let eth = perp(DESK, ETH);
    house.fill(&p.bob, &p.alice, eth, "100", "2,000").await;
    if hedge == Hedge::Future {
        let future = future(days[0]);
        house.fill(&p.alice, &p.bob, future, "100", "2,000").await;
    } else {
        let [call, put] = [true, false].map(|call| option(call, days[0], 2_000));
        trade_options(&house, &p.alice, &p.bob, &[(call, "100")]).await;
        trade_options(&house, &p.bob, &p.alice, &[(put, "100")]).await;
    }
    let a = ok(house.assess(p.alice.account()).await);
    let rest = coins.map_or_else(|| I256::try_from(a.im).unwrap(), wad);
    let excess = (a.equity - rest) / I256::try_from(1_000_000_000_000_i64).unwrap();
    let excess = U256::try_from(excess).unwrap();
    ok(house
        .withdraw(&p.alice, p.alice.account(), house.usdc, excess)
        .await);
    house
}

/// H-1: spot moves by 7 % and no push follows. What the account loses on one side it gains on the other: it is not for sale, and
/// nobody, its owner included, is paid by the fund.
#[tokio::test(flavor = "multi_thread")]
async fn h_1_a_move_between_two_pushes_sells_no_hedged_account() {
    for hedge in [Hedge::Future, Hedge::Options] {
        let house = hedged(hedge, Some("13,000")).await;
        let p = &house.people;
        let (alice, at) = (p.alice.account(), house.at.auction);
        let fund = ids::fund_account(house.at.vault);
        let before = narrow(&ok(house.assess(alice).await)).0;
        assert!((before - 13_000 * WAD as i128).abs() < WAD as i128);
        for price in ["2,140", "2,200", "1,860", "1,800"] {
            let snapshot = house.snapshot().await.unwrap();
            house.set_price(ETH, price).await.unwrap();
            let a = ok(house.assess(alice).await);
            let (equity, _) = narrow(&a);
            let off = (equity - before).abs();
            let least = if hedge == Hedge::Future { 1 } else { 500 };
            assert!(off < least * WAD as i128, "{hedge:?} at {price}: {equity}");
            let e: IAuction::NotLiquidatable =
                house.expect_revert(&p.bidder, at, &start(alice)).await;
            assert_eq!(
                (e.account, e.equity),
                (alice, a.equity),
                "{hedge:?} {price}"
            );
            assert_eq!(ok(house.cash(fund).await), 30_000 * WAD as i128);
            house.revert(snapshot).await.unwrap();
        }
    }
}

/// H-1: with an equity of the initial requirement alone 1.1 % was enough.
#[tokio::test(flavor = "multi_thread")]
async fn h_1_an_account_at_its_initial_requirement_stays_above_maintenance() {
    let house = hedged(Hedge::Future, None).await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let before = ok(house.assess(alice).await);
    let excess = before.equity - I256::try_from(before.im).unwrap();
    assert!(excess >= I256::ZERO && excess < wad("0.01"));
    for price in ["2,022", "1,978"] {
        let snapshot = house.snapshot().await.unwrap();
        house.set_price(ETH, price).await.unwrap();
        let e: IAuction::NotLiquidatable = house.expect_revert(&p.bidder, at, &start(alice)).await;
        assert!((e.equity - before.equity).abs() < wad("1"), "{}", e.equity);
        house.revert(snapshot).await.unwrap();
    }
}

/// H-1: spot stands still, and a push moves the ratio. It moves no further than the terms allow in the time since the last.
#[tokio::test(flavor = "multi_thread")]
async fn h_1_a_push_moves_a_forward_by_what_its_terms_allow() {
    let house = hedged(Hedge::Future, Some("13,000")).await;
    let p = &house.people;
    let alice = p.alice.account();
    let [day, _] = days(&house).await;
    let terms = IOracle::setSurfaceTermsCall {
        underlying: ETH,
        feed: ETH,
        maxAge: 600,
        maxBasis: WAD as u64 / 2,
        ratioMove: 2_000,
        rateMove: 20_000,
    };
    ok(house.send(&p.deployer, house.at.oracle, &terms).await);
    let before = narrow(&ok(house.assess(alice).await)).0;
    house.warp(60).await.unwrap();
    let far = house.flat(ETH, day, "1,860", "0.8").await;
    let refused = house.push(vec![far]).await.unwrap_err();
    assert!(refused.to_string().contains("RatioMoved"), "{refused}");
    assert_eq!(narrow(&ok(house.assess(alice).await)).0, before);
}
