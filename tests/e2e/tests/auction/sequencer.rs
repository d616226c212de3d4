//! The chain's sequencer is down, or has just restarted: what works, what is refused, and no clock runs.

use super::*;
use plimsoll_e2e::hostile::RoundFeed;

const GRACE: u32 = 3_600;
const LAMBDA_MAX: u64 = 350_000_000_000_000_000;
const FUND_LAMBDA_MAX: u64 = 500_000_000_000_000_000;

/// The uptime feed of a house, which says up since a day ago.
struct Uptime<'a> {
    house: &'a House,
    feed: Address,
}

impl<'a> Uptime<'a> {
    async fn named(house: &'a House) -> Self {
        let arguments = RoundFeed::constructorCall { decimals_: 0 };
        let feed = house.create(&RoundFeed::BYTECODE, arguments).await;
        let uptime = Self { house, feed };
        let now = house.client.now().await.unwrap();
        uptime.says(false, now - 86_400).await;
        let call = IOracle::setSequencerCall { feed, grace: GRACE };
        ok(house
            .send(&house.people.deployer, house.at.oracle, &call)
            .await);
        uptime
    }

    async fn says(&self, down: bool, since: u64) {
        let call = RoundFeed::pushCall {
            roundId: U256::from(1).to::<aliases::U80>(),
            answer: if down { I256::ONE } else { I256::ZERO },
            startedAt: U256::from(since),
            updatedAt: U256::from(since),
        };
        ok(self
            .house
            .send(&self.house.people.deployer, self.feed, &call)
            .await);
    }

    /// Down from now on, for this long, and up again: in the grace. When the grace ends.
    async fn outage(&self, seconds: u64) -> u64 {
        let now = self.house.client.now().await.unwrap();
        self.says(true, now).await;
        self.house.warp(seconds).await.unwrap();
        let now = self.house.client.now().await.unwrap();
        self.says(false, now).await;
        now + u64::from(GRACE)
    }
}

fn withdraw(house: &House, actor: &Actor) -> IVault::withdrawCall {
    IVault::withdrawCall {
        account: actor.account(),
        token: house.usdc.address,
        amount: U256::from(1_000_000),
        to: actor.address,
    }
}

/// Everything that may be tried of alice, who is long, by others and herself; `works`: the sequencer does.
async fn try_all(house: &House, works: bool) {
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at);
    // Since the restart the feed has told a price, the same as before.
    house.refresh().await;
    // Always: deposits of everybody, a reduction of both sides, a withdrawal of a flat account.
    house.give(&p.alice, "1").await;
    house.give(&p.bob, "1").await;
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "1", "2,000")
        .await;
    house.give(&p.carol, "2").await;
    ok(house
        .send(&p.carol, at.vault, &withdraw(house, &p.carol))
        .await);
    // Only while it works: opening, withdrawing against legs.
    let open = House::report(alice, p.bob.account(), perp(DESK, ETH), "0.1", "2,000");
    let take = withdraw(house, &p.alice);
    if works {
        ok(house.send(&p.stranger, house.desk(), &open).await);
        ok(house.send(&p.alice, at.vault, &take).await);
    } else {
        let e: IVault::PricesStale = house.expect_revert(&p.stranger, house.desk(), &open).await;
        assert!([alice, p.bob.account()].contains(&e.account));
        let e: IVault::PricesStale = house.expect_revert(&p.alice, at.vault, &take).await;
        assert_eq!(e.account, alice);
    }
}

/// A-10, I-ORA-2: while the sequencer is down and in the grace nothing is opened or withdrawn; cures, reductions and flat exits
/// work.
#[tokio::test(flavor = "multi_thread")]
async fn i_ora_2_what_works_while_the_sequencer_does_not() {
    let house = House::with_a_long().await;
    let uptime = Uptime::named(&house).await;
    try_all(&house, true).await;
    let now = house.client.now().await.unwrap();
    uptime.says(true, now).await;
    try_all(&house, false).await;
    house.warp(100).await.unwrap();
    let restart = house.client.now().await.unwrap();
    uptime.says(false, restart).await;
    try_all(&house, false).await;
    // The last second of the grace, and the first after it. Each try takes some blocks.
    let ends = restart + u64::from(GRACE);
    house.warp_to(ends - 60).await.unwrap();
    try_all(&house, false).await;
    house.warp_to(ends + 1).await.unwrap();
    try_all(&house, true).await;
    house.assert_balanced().await;
}

/// A-10, I-AUC-3: what an auction refuses, with when it goes on; a cure works, and closes.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_3_no_sale_while_the_sequencer_does_not_work() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let uptime = Uptime::named(&house).await;
    house.set_price(ETH, "1,600").await.unwrap();
    let refused = async |resumed_at: u64, open: bool| {
        house.refresh().await;
        let error = IAuction::SequencerDown {
            resumedAt: resumed_at,
        }
        .abi_encode();
        if open {
            let bid = house.bid(U256::from(ONE)).await;
            let row = ("a bid", &p.bidder, bid, error.clone());
            house.expect_refusals(at, [row]).await;
            let row = ("a mark", &p.stranger, mark(alice), error);
            house.expect_refusals(at, [row]).await;
        } else {
            let row = ("a start", &p.stranger, start(alice), error.clone());
            house.expect_refusals(at, [row]).await;
            let note = IAuction::noteStaleCall { account: alice };
            let row = ("a note", &p.stranger, note, error);
            house.expect_refusals(at, [row]).await;
            let asked = IAuction::isLiquidatableCall { account: alice };
            assert!(!ok(house.ask(at, &asked).await));
        }
    };
    let before = house.snapshot().await.unwrap();
    for open in [false, true] {
        if open {
            house.revert(before).await.unwrap();
            house.start_auction(alice).await;
        }
        let now = house.client.now().await.unwrap();
        uptime.says(true, now).await;
        refused(0, open).await;
        house.warp(50).await.unwrap();
        let restart = house.client.now().await.unwrap();
        uptime.says(false, restart).await;
        let ends = restart + u64::from(GRACE);
        refused(ends, open).await;
        house.warp_to(ends - 30).await.unwrap();
        refused(ends, open).await;
        if !open {
            house.warp_to(ends + 1).await.unwrap();
            house.refresh().await;
            house.start_auction(alice).await;
        }
    }
    // In the grace: the owner cures, and anybody closes.
    house.give(&p.alice, "20,000").await;
    ok(house.send(&p.stranger, at, &close(alice)).await);
    house.assert_balanced().await;
}

/// I-AUC-3: λ stands at its last sighting until the grace is over, and goes on from there.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_3_lambda_stands_while_the_sequencer_does_not_work() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let uptime = Uptime::named(&house).await;
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(alice).await;
    let started = state(&house, alice).await.startedAt;
    house.warp(200).await.unwrap();
    let bid = house.bid(U256::from(LEAST)).await;
    ok(house.send(&p.bidder, at, &bid).await);
    let ran = house.client.now().await.unwrap() - started;
    let lambda = |seconds: u64| U256::from(auction::ramp(LAMBDA_MAX, seconds, 900));
    assert_eq!(state(&house, alice).await.lambda, lambda(ran));
    // What passes between the last sighting and the outage does not count either: nobody knows when it began.
    house.warp(100).await.unwrap();
    let ends = uptime.outage(5_000).await;
    assert_eq!(state(&house, alice).await.lambda, lambda(ran));
    house.warp_to(ends).await.unwrap();
    assert_eq!(state(&house, alice).await.lambda, lambda(ran));
    for after in [1, 60] {
        house.warp_to(ends + after).await.unwrap();
        assert_eq!(state(&house, alice).await.lambda, lambda(ran + after));
    }
    // The next sighting keeps it.
    house.refresh().await;
    let bid = house.bid(U256::from(LEAST)).await;
    let receipt = ok(house.send(&p.bidder, at, &bid).await);
    let now = house.client.now().await.unwrap();
    let taken = House::events::<IAuction::BidTaken>(&receipt, at);
    assert_eq!(taken[0].lambda, lambda(ran + now - ends));
    house.warp(10).await.unwrap();
    let seen = state(&house, alice).await;
    assert_eq!(seen.lambda, lambda(ran + now - ends + 10));
    assert_eq!(seen.startedAt, now - (ran + now - ends));
}

/// A-10, I-AUC-3: the fund's ramp begins anew at the end of the grace: who recovered before the outage, and was not seen, is not paid
/// for at once.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_3_the_funds_ramp_begins_anew_after_an_outage() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.endow_fund("30,000").await;
    let uptime = Uptime::named(&house).await;
    house.set_price(ETH, "1,400").await.unwrap();
    house.start_auction(alice).await;
    house.warp(600).await.unwrap();
    ok(house.send(&p.stranger, at, &mark(alice)).await);
    assert!(state(&house, alice).await.lambda > U256::ZERO);
    let ends = uptime.outage(5_000).await;
    let lambda = |seconds: u64| U256::from(auction::ramp(FUND_LAMBDA_MAX, seconds, 3_600));
    house.refresh().await;
    assert_eq!(state(&house, alice).await.lambda, U256::ZERO);
    house.warp_to(ends + 100).await.unwrap();
    assert_eq!(state(&house, alice).await.lambda, lambda(100));
    house.refresh().await;
    ok(house.send(&p.stranger, at, &mark(alice)).await);
    let now = house.client.now().await.unwrap();
    assert_eq!(state(&house, alice).await.lambda, lambda(now - ends));
    // Nobody looks for more than a quarter of an hour: it begins anew, as ever.
    house.warp(901).await.unwrap();
    assert_eq!(state(&house, alice).await.lambda, U256::ZERO);
}

/// A-10, I-AUC-1: the hour of a note begins anew at the end of the grace.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_3_a_notes_hour_begins_anew_after_an_outage() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give(&p.alice, "40,000").await;
    house.give(&p.bob, "400,000").await;
    for (underlying, size, price) in [(ETH, "50", "2,000"), (BTC, "0.5", "40,000")] {
        house
            .fill(&p.alice, &p.bob, perp(DESK, underlying), size, price)
            .await;
    }
    let uptime = Uptime::named(&house).await;
    house.warp(8_000).await.unwrap();
    let mut price = 2_000;
    let price = loop {
        house.set_price(ETH, &price.to_string()).await.unwrap();
        let a = ok(house.assess(alice).await);
        if a.worst < I256::ZERO {
            assert!(a.best >= I256::ZERO);
            break price.to_string();
        }
        price -= 5;
    };
    let note = IAuction::noteStaleCall { account: alice };
    ok(house.send(&p.stranger, at, &note).await);
    for _ in 0..3 {
        house.warp(800).await.unwrap();
        house.set_price(ETH, &price).await.unwrap();
        ok(house.send(&p.stranger, at, &note).await);
    }
    let ends = uptime.outage(5_000).await;
    house.warp_to(ends + 1).await.unwrap();
    house.set_price(ETH, &price).await.unwrap();
    let e: IAuction::StaleWait = house.expect_revert(&p.stranger, at, &start(alice)).await;
    assert_eq!((e.notedAt, e.seenAt), (ends, ends));
    for after in [800, 1_600, 2_400, 3_200] {
        house.warp_to(ends + after).await.unwrap();
        house.set_price(ETH, &price).await.unwrap();
        ok(house.send(&p.stranger, at, &note).await);
    }
    house.warp_to(ends + 3_590).await.unwrap();
    house.set_price(ETH, &price).await.unwrap();
    let _: IAuction::StaleWait = house.expect_revert(&p.stranger, at, &start(alice)).await;
    house.warp_to(ends + 3_600).await.unwrap();
    house.start_auction(alice).await;
}
