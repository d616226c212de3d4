//! Fills of options.

use super::*;
use plimsoll::settle::{settlement, settlement_points};

/// I-ACC-2, I-ACC-3: an option is paid for at once: cash for size, no quote; two share a slot; the opposite trade closes.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_3_a_call_and_a_put_open_and_close() {
    let house = furnished().await;
    let p = &house.people;
    let (alice, bob) = (p.alice.account(), p.bob.account());
    let day = house.day(30).await;
    ok(house
        .push(vec![house.flat(ETH, day, "2,010", "0.8").await])
        .await);
    let call = option(DESK, ETH, true, day, "2,100");
    let put = option(DESK, ETH, false, day, "1,950");
    let (call_mark, _) = mark_and_width(&house, call).await;
    let (put_mark, _) = mark_and_width(&house, put).await;
    let trade = report(vec![
        Fill {
            buyerFee: uwad("1"),
            ..option_fill(&p.alice, &p.bob, call, "2.5", call_mark)
        },
        option_fill(&p.alice, &p.bob, put, "0.0003", put_mark),
    ]);
    let receipt = ok(house.send(&p.stranger, house.desk(), &trade).await);
    println!("a call and a put: {} gas", receipt.gas_used);
    let premium = |size: &str, price: U256| -> i128 { (uwad(size) * price / U256::from(WAD)).to() };
    let paid = premium("2.5", call_mark) + premium("0.0003", put_mark);
    let start = 100_000 * WAD as i128;
    assert_eq!(ok(house.cash(alice).await), start - paid - WAD as i128);
    assert_eq!(ok(house.cash(bob).await), start + paid);
    for (account, sign) in [(alice, 1), (bob, -1)] {
        let (portfolio, ..) = ok(house.account(account).await);
        assert_eq!(portfolio.legs.len(), 1, "one slot");
        for (instrument, size) in [(call, 25_000 * sign), (put, 3 * sign)] {
            let leg = ok(house.leg(account, instrument).await).unwrap();
            assert_eq!((leg.size, leg.quote), (size, 0));
        }
        let a = ok(house.assess(account).await);
        assert!(!a.stale && a.im >= a.mm && !a.mm.is_zero());
    }
    house.assert_balanced().await;

    // Half of the call back at another price: cash, not quote. Then all of both.
    let (_, width) = mark_and_width(&house, call).await;
    let before = ok(house.cash(alice).await);
    let back = option_fill(&p.bob, &p.alice, call, "1.25", call_mark + width);
    ok(house
        .send(&p.stranger, house.desk(), &report(vec![back]))
        .await);
    let got = premium("1.25", call_mark + width);
    assert_eq!(ok(house.cash(alice).await), before + got);
    house.fill_at_mark(&p.bob, &p.alice, call, "1.25").await;
    house.fill_at_mark(&p.bob, &p.alice, put, "0.0003").await;
    for account in [alice, bob] {
        assert!(ok(house.account(account).await).0.legs.is_empty());
    }
    for instrument in [call, put] {
        let clearing = ids::clearing_account(house.at.vault, instrument);
        assert_eq!(ok(house.cash(clearing).await), 0);
    }
    house.assert_balanced().await;
}

/// Past its expiry an option does not trade until it has settled; then it trades at what it is worth, and so ends.
#[tokio::test(flavor = "multi_thread")]
async fn i_ora_6_an_expired_option_waits_for_its_settlement() {
    let house = furnished().await;
    let p = &house.people;
    let (alice, bob, desk) = (p.alice.account(), p.bob.account(), house.desk());
    let day = house.day(3).await;
    ok(house
        .push(vec![house.flat(ETH, day, "2,000", "0.8").await])
        .await);
    let call = option(DESK, ETH, true, day, "1,900");
    let put = option(DESK, ETH, false, day, "1,900");
    let future = perp(DESK, ETH) | 1 << 94 | u128::from(day) << 78;
    house.fill_at_mark(&p.alice, &p.bob, call, "3").await;
    house.fill_at_mark(&p.alice, &p.bob, put, "3").await;
    house.fill_at_mark(&p.alice, &p.bob, future, "1").await;
    let leg = ok(house.leg(alice, future).await).unwrap();
    assert_eq!((leg.size, leg.quote), (10_000, 2_000 * WAD as i128));

    house
        .warp_to(u64::from(day) * 86_400 + 28_800 + 60)
        .await
        .unwrap();
    house.refresh().await;
    for instrument in [call, put, future] {
        let back = option_fill(&p.bob, &p.alice, instrument, "1", uwad("100"));
        let e: IClearinghouse::MarkStale = house
            .expect_revert(&p.stranger, desk, &report(vec![back]))
            .await;
        assert_eq!(e.instrument, instrument);
    }
    assert!(ok(house.assess(alice).await).stale);
    // Nobody settled it by rounds for an hour.
    house.warp(3_540).await.unwrap();
    house.refresh().await;
    let settled = ExpiryUpdate {
        ratio: 0,
        fixedPart: uwad("2,050").to(),
        ..house.flat(ETH, day, "0", "0").await
    };
    ok(house.push(vec![settled]).await);
    // What is in the money, but for the error of any option's value: 1.5e-12 of the forward.
    let worth = ok(house.mark(call).await);
    assert!(worth.abs_diff(uwad("150")) < uwad("0.000000003"), "{worth}");
    assert_eq!(ok(house.mark(put).await), U256::ZERO);
    assert_eq!(ok(house.mark(future).await), uwad("2,050"));
    let cash = ok(house.cash(alice).await);
    house.fill_at_mark(&p.bob, &p.alice, call, "3").await;
    house.fill_at_mark(&p.bob, &p.alice, future, "1").await;
    let won = i128::try_from(worth * U256::from(3)).unwrap() + 50 * WAD as i128;
    assert_eq!(ok(house.cash(alice).await), cash + won);
    // What is worth nothing has no price of 0 and still can be given away.
    let free = report(vec![option_fill(&p.bob, &p.alice, put, "3", U256::ZERO)]);
    let _: IClearinghouse::ZeroAmount = house.expect_revert(&p.stranger, desk, &free).await;
    let gift = report(vec![option_fill(&p.bob, &p.alice, put, "3", U256::from(1))]);
    ok(house.send(&p.stranger, desk, &gift).await);
    for account in [alice, bob] {
        assert!(ok(house.account(account).await).0.legs.is_empty());
    }
    house.assert_balanced().await;
}

/// I-LIV-1: sixteen options a side in one call, and all of them again.
#[tokio::test(flavor = "multi_thread")]
async fn i_liv_1_sixteen_options_in_one_call() {
    let house = furnished().await;
    let p = &house.people;
    let day = house.day(30).await;
    let surfaces = [0, 7, 14, 21].map(|more| (ETH, day + more, "2,000"));
    let mut updates = Vec::new();
    for (underlying, day, forward) in surfaces {
        updates.push(house.flat(underlying, day, forward, "0.8").await);
    }
    ok(house.push(updates).await);
    let mut fills = Vec::new();
    for (n, strike) in ["1,800", "1,950", "2,050", "2,200"].iter().enumerate() {
        for (_, day, _) in surfaces {
            let instrument = option(DESK, ETH, n > 1, day, strike);
            let (mark, _) = mark_and_width(&house, instrument).await;
            fills.push(option_fill(&p.alice, &p.bob, instrument, "0.5", mark));
        }
    }
    assert_eq!(fills.len(), 16);
    for round in ["opened", "again"] {
        let receipt = ok(house
            .send(&p.stranger, house.desk(), &report(fills.clone()))
            .await);
        println!("sixteen options {round}: {} gas", receipt.gas_used);
        assert!(receipt.gas_used < 16_000_000, "I-LIV-1");
    }
    for actor in [&p.alice, &p.bob] {
        let (portfolio, ..) = ok(house.account(actor.account()).await);
        assert_eq!(portfolio.legs.len(), 8);
        assert_eq!(ids::legs(&portfolio.legs).len(), 16);
        assert!(!ok(house.assess(actor.account()).await).outOfRange);
    }
    house.assert_balanced().await;
}

/// H-5: nobody has to sign: the rounds of the feed are found over JSON-RPC, and a stranger settles by them.
#[tokio::test(flavor = "multi_thread")]
async fn h_5_a_stranger_settles_what_nobody_signed() {
    let house = furnished().await;
    let p = &house.people;
    let day = house.day(3).await;
    ok(house
        .push(vec![house.flat(ETH, day, "2,000", "0.8").await])
        .await);
    let future = perp(DESK, ETH) | 1 << 94 | u128::from(day) << 78;
    house.fill_at_mark(&p.alice, &p.bob, future, "1").await;
    let early = settlement(&house.client, house.at.oracle, ETH, day).await;
    assert!(
        early
            .unwrap_err()
            .to_string()
            .contains("second after its expiry")
    );
    let points = settlement_points(day);
    for (time, price) in points.into_iter().zip([
        "2,030", "2,040", "2,050", "2,060", "2,070", "2,080", "2,090",
    ]) {
        // One that another follows by the point does not count.
        house.next_block_at(time - 1).await.unwrap();
        ok(house.set_price(ETH, "1,990").await);
        house.next_block_at(time).await.unwrap();
        ok(house.set_price(ETH, price).await);
    }
    house.warp(1).await.unwrap();
    assert!(ok(house.assess(p.alice.account()).await).stale);
    let call = settlement(&house.client, house.at.oracle, ETH, day)
        .await
        .unwrap();
    ok(house.send(&p.stranger, house.at.oracle, &call).await);
    assert_eq!(ok(house.mark(future).await), uwad("2,060"));
    assert!(!ok(house.assess(p.alice.account()).await).stale);
    house.fill_at_mark(&p.bob, &p.alice, future, "1").await;
    house.assert_balanced().await;
}
