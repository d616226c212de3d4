//! A house on a chain that is forked over JSON-RPC: an account is sold there, and only there.

use plimsoll_devnode::{Chain, ChainConfig, Fork, HttpSource};
use plimsoll_e2e::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c_5_an_account_is_liquidated_on_the_fork_alone() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let alice = p.alice.account();
    let before = ok(house.assess(alice).await);
    let there = house.digest().await;

    let source = HttpSource::new(&house.node.url).unwrap();
    let fork = tokio::task::spawn_blocking(|| {
        Chain::fork(ChainConfig::default(), Fork::latest(source)).unwrap()
    });
    let fork = house.on(fork.await.unwrap()).await.unwrap();
    let a = ok(fork.assess(alice).await);
    assert_eq!(
        (a.equity, a.im, a.mm),
        (before.equity, before.im, before.mm)
    );
    fork.balance_sheet().await.unwrap();

    // The price falls there; she is sold to the bidder.
    fork.set_price(ETH, "1,600").await.unwrap();
    let at = fork.at.auction;
    ok(fork
        .send(&p.stranger, at, &IAuction::startCall { account: alice })
        .await);
    fork.warp(1_200).await.unwrap();
    fork.set_price(ETH, "1,600").await.unwrap();
    let (_, version, open) = ok(fork.account(alice).await);
    assert!(open);
    let bid = IAuction::bidCall {
        b: Bid {
            account: alice,
            bidder: p.bidder.account(),
            fraction: uwad("0.5"),
            maxPrice: I256::MAX,
            version,
            deadline: u64::MAX,
        },
    };
    ok(fork.send(&p.bidder, at, &bid).await);
    let bought = ok(fork.leg(p.bidder.account(), perp(DESK, ETH)).await).unwrap();
    assert!(bought.size > 0, "the bidder has a part of her position");

    // Here nothing happened, and nobody can be sold.
    assert_eq!(house.digest().await, there);
    assert!(ok(house.leg(p.bidder.account(), perp(DESK, ETH)).await).is_none());
    assert!(!ok(house.account(alice).await).2);
    house.assert_balanced().await;
}
