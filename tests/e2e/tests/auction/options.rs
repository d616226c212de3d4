//! Options are sold like the rest.

use super::*;

/// Alice's account below its line: long ether and a call, short a put of a later day.
struct Book {
    house: House,
    days: Vec<u16>,
    call: u128,
    put: u128,
}

impl Book {
    async fn new() -> Self {
        let house = House::start().await;
        let p = &house.people;
        house.give(&p.alice, "25,000").await;
        house.give(&p.bob, "400,000").await;
        house.give(&p.bidder, "400,000").await;
        let days = days(&house).await;
        push_expiries(&house, &days).await;
        let call = option(true, days[0], 2_200);
        let put = option(false, days[1], 1_800);
        let eth = perp(DESK, ETH);
        house.fill(&p.alice, &p.bob, eth, "30", "2,000").await;
        trade_options(&house, &p.bob, &p.alice, &[(put, "20.0001")]).await;
        trade_options(&house, &p.alice, &p.bob, &[(call, "3.0003")]).await;
        house.set_price(ETH, "1,700").await.unwrap();
        push_expiries(&house, &days).await;
        Self {
            days: days.to_vec(),
            house,
            call,
            put,
        }
    }
}

/// I-AUC-4, I-AUC-5: options are sold like the rest, by whole lots away from zero, for their worth less the discount.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_5_options_are_sold_like_the_rest() {
    let Book {
        house,
        days: _,
        call,
        put,
    } = Book::new().await;
    let p = &house.people;
    let (alice, bidder, at) = (p.alice.account(), p.bidder.account(), house.at.auction);
    let eth = perp(DESK, ETH);
    let before = ok(house.assess(alice).await);
    assert!(!before.stale && before.best < I256::ZERO, "{before:?}");
    house.start_auction(alice).await;
    house.warp(300).await.unwrap();
    let (equity, mm) = narrow(&ok(house.assess(alice).await));
    let theirs = ok(house.assess(bidder).await).equity;
    let bid = house.bid(U256::from(ONE / 10)).await;
    // In the second in which the account was looked at: options need less with every second.
    let now = house.client.now().await.unwrap();
    house.next_block_at(now).await.unwrap();
    let receipt = ok(house.send(&p.bidder, at, &bid).await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, at);
    let share = u128::try_from(taken[0].fraction).unwrap();
    for (instrument, lots) in [(eth, 300_000), (put, -200_001), (call, 30_003)] {
        let size = async |account| {
            let leg = ok(house.leg(account, instrument).await);
            leg.map_or(0, |leg| leg.size)
        };
        let moved = auction::slice_size(lots, share);
        assert_eq!(
            (size(bidder).await, size(alice).await),
            (moved, lots - moved)
        );
    }
    let (equity_after, mm_after) = narrow(&ok(house.assess(alice).await));
    let relief = auction::relief(mm, mm_after, share).unwrap();
    let discount =
        part(relief, taken[0].lambda.to()).min(part(equity.max(0).cast_unsigned(), share));
    assert!(discount > 0);
    assert_eq!(equity - equity_after, discount.cast_signed());
    // Values of options round by parts in 1e18 of themselves.
    let gained = i128::try_from(ok(house.assess(bidder).await).equity - theirs).unwrap();
    assert!(
        (gained - discount.cast_signed()).abs() < 100_000,
        "{discount} {gained}"
    );
    house.assert_balanced().await;
}

/// A day's surface dies: what rests on it stays, the rest goes, of its slot too.
#[tokio::test(flavor = "multi_thread")]
async fn i_auc_11_options_that_cannot_be_priced_stay() {
    let Book {
        house,
        days,
        call,
        put,
    } = Book::new().await;
    let p = &house.people;
    let (alice, bidder, at) = (p.alice.account(), p.bidder.account(), house.at.auction);
    let eth = perp(DESK, ETH);
    house.start_auction(alice).await;
    house.warp(300).await.unwrap();
    let bid = house.bid(U256::from(ONE / 10)).await;
    ok(house.send(&p.bidder, at, &bid).await);
    house.warp(8_000).await.unwrap();
    house.set_price(ETH, "1,700").await.unwrap();
    push_expiries(&house, &days[..1]).await;
    let a = ok(house.assess(alice).await);
    assert!(a.stale && a.staleLegs.count_ones() == 1 && a.staleAssets == 0);
    let slots = ok(house.account(alice).await).0.legs;
    house.set_price(ETH, "1,500").await.unwrap();
    let mut bid = house.bid(U256::from(ONE)).await;
    let before = ok(house.assess(alice).await);
    // Not to the first bidder, who holds some of it now and cannot be seen to be healthy.
    let e: IVault::PricesStale = house.expect_revert(&p.bidder, at, &bid).await;
    assert_eq!(e.account, bidder);
    house.give(&p.carol, "400,000").await;
    bid.b.bidder = p.carol.account();
    ok(house.send(&p.carol, at, &bid).await);
    let left = ids::legs(&ok(house.account(alice).await).0.legs);
    let place = before.staleLegs.trailing_zeros() as usize;
    let stuck = &ids::legs(&[slots[place / 2]])[place % 2];
    assert_eq!(stuck.instrument, put);
    assert!(left.contains(stuck), "{left:?}");
    assert!(
        left.iter()
            .all(|leg| leg.instrument != call || leg.size < 30_003)
    );
    assert!(ok(house.leg(alice, eth).await).is_none_or(|leg| leg.size < 200_000));
    house.assert_balanced().await;
}

/// I-GATE-1: below its initial requirement an account may close at exactly the mark, though every value is rounded by
/// itself; and a loop of such trades costs its equity no more than the rounding each.
#[tokio::test(flavor = "multi_thread")]
async fn i_gate_1_a_close_at_exactly_the_mark_is_not_refused() {
    let house = House::start().await;
    let p = &house.people;
    let alice = p.alice.account();
    house.give(&p.alice, "60,000").await;
    house.give(&p.bob, "1,000,000").await;
    let days = days(&house).await;
    push_expiries(&house, &days).await;
    let eth = perp(DESK, ETH);
    let (long, short) = (option(true, days[0], 2_300), option(false, days[1], 1_700));
    house.fill(&p.alice, &p.bob, eth, "40", "2,000").await;
    trade_options(&house, &p.alice, &p.bob, &[(long, "150")]).await;
    trade_options(&house, &p.bob, &p.alice, &[(short, "70")]).await;
    let max = ok(house.max_withdraw(alice, house.usdc).await);
    ok(house.withdraw(&p.alice, alice, house.usdc, max).await);
    house.set_price(ETH, "1,950.65432109").await.unwrap();
    push_expiries(&house, &days).await;
    let first = ok(house.assess(alice).await);
    assert!(
        first.equity < I256::try_from(first.im).unwrap(),
        "{first:?}"
    );
    let rounding = I256::try_from(plimsoll_kernel::gate::EQUITY_ROUNDING).unwrap();
    let (mut rounded, mut trades) = (0, 0);
    let mut before = first.clone();
    for n in 1..=20_u64 {
        let size = format!("0.{:04}", 137 * n);

        trade_options(&house, &p.alice, &p.bob, &[(short, &size)]).await;
        let after = ok(house.assess(alice).await);
        assert!(after.im < before.im);
        let fell = before.equity - after.equity;
        assert!(fell <= rounding, "{fell}");
        rounded += u64::from(fell > I256::ZERO);
        (before, trades) = (after, trades + 1);
    }
    assert!(rounded > 0, "no trade was rounded: choose other numbers");
    assert!(first.equity - before.equity <= rounding * I256::try_from(trades).unwrap());
    // A price worse by a millionth is no rounding.
    let mark = house.mark(short).await.unwrap();
    let worse = reference::LyingVenue::inventCall {
        buyer: alice,
        seller: p.bob.account(),
        instrument: short,
        size: uwad("1"),
        price: mark + U256::from(WAD / 1_000_000),
    };
    let e: IVault::InsufficientMargin =
        house.expect_revert(&p.stranger, house.desk(), &worse).await;
    assert!(e.im < e.imBefore && e.equity < e.equityBefore);
    house.assert_balanced().await;
}
