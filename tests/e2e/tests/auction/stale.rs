//! Accounts with items that cannot be priced, or that are flat.

use super::*;

/// Every feed dies, and ether's comes back at a price.
async fn only_ether_lives(house: &House, price: &str) {
    house.warp(8_000).await.unwrap();
    house.set_price(ETH, price).await.unwrap();
}

/// Alice's account, long ether and bitcoin, which is below its line only at the worst that its stale bitcoin could be worth.
struct Doubt {
    house: House,
    /// Ether's price then, and the assessment.
    price: String,
    doubtful: Assessment,
}

const BITCOIN: u128 = perp(DESK, BTC);

impl Doubt {
    async fn new() -> Self {
        let house = long_two().await;
        house.warp(8_000).await.unwrap();
        let alice = house.people.alice.account();
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
        Self {
            house,
            price: price.to_string(),
            doubtful,
        }
    }

    /// Seen for an hour and some minutes, every 14 of them.
    async fn ripe() -> Self {
        let doubt = Self::new().await;
        assert_eq!(doubt.note().await.len(), 1);
        for _ in 0..5 {
            assert!(!doubt.is_liquidatable().await);
            doubt.house.warp(840).await.unwrap();
            doubt.house.set_price(ETH, &doubt.price).await.unwrap();
            assert_eq!(doubt.note().await.len(), 1);
        }
        doubt
    }

    async fn note(&self) -> Vec<IAuction::StaleNoted> {
        note(&self.house, &self.house.people.stranger).await
    }

    /// That it cannot be started yet.
    async fn wait(&self) -> IAuction::StaleWait {
        let (p, at) = (&self.house.people, self.house.at.auction);
        let call = start(p.alice.account());
        self.house.expect_revert(&p.stranger, at, &call).await
    }

    async fn is_liquidatable(&self) -> bool {
        let account = self.house.people.alice.account();
        let call = IAuction::isLiquidatableCall { account };
        ok(self.house.ask(self.house.at.auction, &call).await)
    }
}

/// Alice is long 50 ETH and half a bitcoin, with 40,000 coins.
async fn long_two() -> House {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.alice, "40,000").await;
    house.give(&p.bob, "400,000").await;
    house.give(&p.bidder, "400,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "50", "2,000")
        .await;
    house.fill(&p.alice, &p.bob, BITCOIN, "0.5", "40,000").await;
    house
}

/// Notes that alice's account is in doubt; gives what was noted.
async fn note(house: &House, actor: &Actor) -> Vec<IAuction::StaleNoted> {
    let account = house.people.alice.account();
    let call = IAuction::noteStaleCall { account };
    let receipt = ok(house.send(actor, house.at.auction, &call).await);
    House::events(&receipt, house.at.auction)
}

/// I-AUC-1: below the line only at the worst its stale items could be worth, an account is sold once it was seen so for an
/// hour.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_1_a_dead_feed_shelters_for_an_hour() {
    let doubt = Doubt::ripe().await;
    let house = &doubt.house;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    assert!(doubt.is_liquidatable().await);
    house.start_auction(alice).await;
    let call = IAuction::noteStaleCall { account: alice };
    let e: IAuction::AuctionOpen = house.expect_revert(&p.stranger, at, &call).await;
    assert_eq!(e.account, alice);
    let a = ok(house.assess(alice).await);
    let e: IAuction::NotRecovered = house.expect_revert(&p.stranger, at, &close(alice)).await;
    assert_eq!(e.equity, a.worst + I256::try_from(a.mm).unwrap());
    house.warp(300).await.unwrap();
    // It is sold until it is safe at the worst; what is stale stays.
    let long = ok(house.leg(alice, BITCOIN).await).unwrap();
    let mut bids = 0;
    while ok(house.account(alice).await).2 {
        assert!(state(house, alice).await.maxFraction > U256::ZERO);
        let bid = house.bid(U256::from(ONE)).await;
        ok(house.send(&p.bidder, at, &bid).await);
        bids += 1;
        assert!(bids < 12, "it does not end");
    }
    let left = ok(house.leg(alice, BITCOIN).await).unwrap();
    assert_eq!((left.size, left.quote), (long.size, long.quote));
    let a = ok(house.assess(alice).await);
    assert!(a.worst >= I256::ZERO && a.equity > I256::ZERO, "{a:?}");
    house.assert_balanced().await;
}

/// I-AUC-1: only what is in doubt is noted; another sighting keeps the note.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_1_a_sighting_keeps_a_note() {
    // Fresh and healthy: nothing to note, nothing to take back.
    let house = long_two().await;
    assert!(note(&house, &house.people.stranger).await.is_empty());

    let doubt = Doubt::new().await;
    let (house, doubtful) = (&doubt.house, &doubt.doubtful);
    let e = doubt.wait().await;
    let alice = house.people.alice.account();
    assert_eq!((e.account, e.notedAt, e.seenAt), (alice, 0, 0));
    assert_eq!((e.best, e.worst), (doubtful.best, doubtful.worst));
    let events = doubt.note().await;
    assert_eq!(
        (events.len(), events[0].best, events[0].worst),
        (1, e.best, e.worst)
    );
    let at_note = events[0].notedAt;
    assert_eq!(at_note, house.client.now().await.unwrap());

    house.warp(800).await.unwrap();
    assert_eq!(doubt.note().await[0].notedAt, at_note);
    let now = house.client.now().await.unwrap();
    let e = doubt.wait().await;
    assert_eq!((e.notedAt, e.seenAt), (at_note, now));
    assert!(!doubt.is_liquidatable().await);
}

/// I-AUC-1: the note is taken back when the feed is back, and so is the account.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_1_a_note_is_taken_back() {
    let doubt = Doubt::new().await;
    let house = &doubt.house;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    doubt.note().await;
    house.warp(3_000).await.unwrap();
    house.refresh().await;
    let events = note(house, &p.alice).await;
    assert_eq!((events.len(), events[0].notedAt), (1, 0));
    assert_eq!(events[0].best, events[0].worst);
    let e: IAuction::NotLiquidatable = house.expect_revert(&p.stranger, at, &start(alice)).await;
    assert_eq!(e.account, alice);
}

/// I-AUC-1, M-2: an hour in which nobody looked is none: the next sighting begins anew, and so it does 15 minutes after a
/// ripe note was seen last.
#[tokio::test(flavor = "multi_thread")]
async fn m_2_a_gap_begins_the_hour_anew() {
    let doubt = Doubt::new().await;
    let at_note = doubt.note().await[0].notedAt;
    doubt.house.warp(3_700).await.unwrap();
    doubt.house.set_price(ETH, &doubt.price).await.unwrap();
    doubt.wait().await;
    assert!(doubt.note().await[0].notedAt > at_note + 3_600);

    let doubt = Doubt::ripe().await;
    assert!(doubt.is_liquidatable().await);
    doubt.house.warp(901).await.unwrap();
    doubt.house.set_price(ETH, &doubt.price).await.unwrap();
    doubt.wait().await;
    assert!(!doubt.is_liquidatable().await);
}

/// M-2: a feed that flickers twice, an hour apart, starts no healthy account. With equity 55,000 and an IM of 35,325 it is
/// safe even at the worst; with 48,000 it is noted, and an hour in which its price was fresh and nobody looked does not count.
#[tokio::test(flavor = "multi_thread")]
async fn m_2_two_flickers_start_nobody() {
    for (cash, noted) in [("55,000", false), ("48,000", true)] {
        let house = House::start().await;
        let p = &house.people;
        let (alice, at) = (p.alice.account(), house.at.auction);
        house.give(&p.alice, cash).await;
        house.give(&p.bob, "400,000").await;
        house
            .fill(&p.alice, &p.bob, perp(DESK, ETH), "75", "2,000")
            .await;
        let healthy = ok(house.assess(alice).await);
        assert!(!healthy.stale && healthy.equity > I256::from_raw(healthy.im));
        house.warp(8_000).await.unwrap();
        assert!(ok(house.assess(alice).await).stale);
        assert_eq!(note(&house, &p.stranger).await.len(), usize::from(noted));
        house.set_price(ETH, "2,000").await.unwrap();
        assert!(!ok(house.assess(alice).await).stale);
        house.warp(3_600).await.unwrap();
        while !ok(house.assess(alice).await).stale {
            house.warp(300).await.unwrap();
        }
        if noted {
            let _: IAuction::StaleWait = house.expect_revert(&p.stranger, at, &start(alice)).await;
        } else {
            let _: IAuction::NotLiquidatable =
                house.expect_revert(&p.stranger, at, &start(alice)).await;
        }
    }
}

/// H-3: a lot of a call on an expiry whose surface died shelters nobody: with ether at 1,620 the account is started at once.
#[tokio::test(flavor = "multi_thread")]
async fn h_3_a_lot_on_a_stale_surface_starts_at_once() {
    let house = House::start().await;
    let p = &house.people;
    let alice = p.alice.account();
    house.give(&p.alice, "25,000").await;
    house.give(&p.bob, "400,000").await;
    let days = days(&house).await;
    push_expiries(&house, &days).await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "50", "2,000")
        .await;
    let lot = option(true, days[0], 8_000);
    trade_options(&house, &p.alice, &p.bob, &[(lot, "0.0001")]).await;
    house.warp(8_000).await.unwrap();
    house.set_price(ETH, "1,620").await.unwrap();
    let a = ok(house.assess(alice).await);
    assert!(a.stale && a.best < I256::ZERO, "{a:?}");
    // the lot is worth less than half a coin
    let line = a.equity - I256::from_raw(a.mm);
    assert!(
        a.best - line < wad("1") && line - a.worst < wad("1"),
        "{a:?}"
    );
    house.start_auction(alice).await;
}

/// I-AUC-1: when the feed is back, the auction ends at once, or nothing is sold for the feed's age.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_1_an_auction_ends_when_the_feed_is_back() {
    let doubt = Doubt::ripe().await;
    let house = &doubt.house;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.start_auction(alice).await;
    house.refresh().await;
    let a = ok(house.assess(alice).await);
    if narrow(&a).0 >= target(&a).cast_signed() {
        ok(house.send(&p.stranger, at, &close(alice)).await);
    } else {
        assert!(state(house, alice).await.maxFraction < U256::from(ONE / 2));
    }
}

/// I-AUC-11: the fund pays nothing while a stale item could be worth what the account lacks, and never for what it could be
/// worth.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_11_stale_items_pay_before_the_fund() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give_token(&p.alice, house.wbtc, "0.05").await; // 2,000 at its last price
    house.endow_fund("30,000").await;
    only_ether_lives(&house, "1,490").await;
    house.start_auction(alice).await;
    assert_eq!(state(&house, alice).await.equity, wad("-500"));
    // The coin alone, as margin sees it: nothing, or its last price.
    let mut coin = ok(house.account(alice).await).0;
    (coin.cash, coin.legs) = (0, vec![]);
    let call = IMargin::assessCall {
        portfolios: vec![coin],
    };
    let alone = ok(house.ask(house.at.margin, &call).await).remove(0);
    let reserve = alone.bestEquity;
    assert_eq!((alone.equity, reserve), (I256::ZERO, wad("2,000")));
    // it has its requirement there, as if it were fresh
    assert!(alone.best < reserve && alone.best > wad("1,500"));
    let e: IAuction::NotInsolvent = house.expect_revert(&p.stranger, at, &mark(alice)).await;
    assert_eq!(e.equity, reserve - wad("500"));
    house.warp(900).await.unwrap();
    let receipt = ok(house
        .send(&p.bidder, at, &house.bid(U256::from(ONE / 2)).await)
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
        .send(&p.bidder, at, &house.bid(U256::from(ONE)).await)
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
    // What is left is worth nothing at best, less what it requires: below the line, whatever its price.
    house.start_auction(alice).await;
    house.assert_balanced().await;
}

/// I-AUC-16: without legs and debt an auction can be closed whatever feed is dead.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_16_a_flat_account_is_closed_without_prices() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give_token(&p.alice, house.wbtc, "0.01").await;
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(alice).await;
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "50", "1,600")
        .await;
    house.warp(8_000).await.unwrap();
    assert!(ok(house.assess(alice).await).stale);
    ok(house.send(&p.stranger, at, &close(alice)).await);
    assert!(!ok(house.account(alice).await).2);
}

/// a round further than the largest move from the one before says only that the price is unknown: nobody is sold by it until it
/// is five minutes old or a second one confirms it.
#[tokio::test(flavor = "multi_thread")]
async fn a_65_an_unconfirmed_round_sells_nobody() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let call = IOracle::setLargestMoveCall {
        feed: ETH,
        largestMove: WAD as u64 / 20,
    };
    ok(house.send(&p.deployer, house.at.oracle, &call).await);
    house.give(&p.alice, "500").await;
    house.give(&p.bob, "50,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "1", "2,000")
        .await;
    for confirmed in [false, true] {
        let before = house.snapshot().await.unwrap();
        house.set_price(ETH, "1,200").await.unwrap();
        let e: IAuction::StaleWait = house.expect_revert(&p.stranger, at, &start(alice)).await;
        assert!(e.best >= I256::ZERO && e.worst < I256::ZERO);
        if confirmed {
            house.set_price(ETH, "1,201").await.unwrap();
        } else {
            house.warp(300).await.unwrap();
        }
        ok(house.send(&p.stranger, at, &start(alice)).await);
        house.revert(before).await.unwrap();
    }
}
