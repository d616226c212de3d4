//! What an account in auction may do.

use super::*;

/// I-GATE-4, I-GATE-5: in auction one may deposit and reduce, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn i_gate_5_an_account_in_auction_may_cure_and_reduce_only() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let eth = perp(DESK, ETH);
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(alice).await;

    let call = IVault::withdrawCall {
        account: alice,
        token: house.usdc.address,
        amount: U256::from(1),
        to: p.alice.address,
    };
    let e: IVault::AccountInAuction = house.expect_revert(&p.alice, house.at.vault, &call).await;
    assert_eq!(e.account, alice);
    assert_eq!(ok(house.max_withdraw(alice, house.usdc).await), U256::ZERO);

    // More risk, or a worse price than the mark: refused with the numbers before and after.
    let before = ok(house.assess(alice).await);
    let more = House::report(alice, p.bob.account(), eth, "1", "1,600");
    let e: IVault::InsufficientMargin = house.expect_revert(&p.stranger, house.desk(), &more).await;
    assert_eq!(
        (e.account, e.equityBefore, e.imBefore),
        (alice, before.equity, before.im)
    );
    assert!(e.im > e.imBefore);
    let cheap = House::report(p.bob.account(), alice, eth, "1", "1,599.99");
    let e: IVault::InsufficientMargin =
        house.expect_revert(&p.stranger, house.desk(), &cheap).await;
    assert!(e.equity < e.equityBefore && e.im < e.imBefore);
    // Nor at a worse price even where what is left would be healthy: her equity is what the auction lives on.
    let much = House::report(p.bob.account(), alice, eth, "49", "1,599.99");
    let e: IVault::AccountInAuction = house.expect_revert(&p.stranger, house.desk(), &much).await;
    assert_eq!(e.account, alice);
    // At the mark she may reduce, and pays no fee for it.
    house.fill(&p.bob, &p.alice, eth, "10", "1,600").await;
    let after = ok(house.assess(alice).await);
    assert!(after.im < before.im && after.equity >= before.equity);

    // A sale through zero is not a reduction.
    let flip = House::report(p.bob.account(), alice, eth, "100", "1,600");
    let e: IVault::InsufficientMargin = house.expect_revert(&p.stranger, house.desk(), &flip).await;
    assert_eq!(e.account, alice);

    // Not there yet, nor with a hundredth missing, which is the smallest bid; then nearer than that, H-2. I-AUC-16: the flags
    // are gone.
    let (equity, _) = narrow(&after);
    let needed = target(&after);
    let e: IAuction::NotRecovered = house.expect_revert(&p.stranger, at, &close(alice)).await;
    assert_eq!(
        (e.account, e.equity, e.needed),
        (alice, after.equity, U256::from(needed))
    );
    let unit = 1_000_000_000_000;
    let missing = needed.cast_signed() - equity;
    let smallest = needed.cast_signed() / 100;
    assert!(missing > smallest);
    for (units, ends) in [
        ((missing - smallest) / unit, false),
        (smallest / 2 / unit, true),
    ] {
        let units = U256::try_from(units).unwrap();
        ok(house.deposit(&p.alice, alice, house.usdc, units).await);
        if !ends {
            let _: IAuction::NotRecovered =
                house.expect_revert(&p.stranger, at, &close(alice)).await;
        }
    }
    let receipt = ok(house.send(&p.stranger, at, &close(alice)).await);
    let events: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
    assert!(events.len() == 1 && events[0].cured);
    let s = state(&house, alice).await;
    assert_eq!((s.startedAt, s.insolventSince), (0, 0));
    assert!(!ok(house.account(alice).await).2);
    let e: IAuction::NoAuction = house.expect_revert(&p.stranger, at, &close(alice)).await;
    assert_eq!(e.account, alice);
    house.assert_balanced().await;
}

/// L-10: in auction a call is judged by all it did, also where it ends flat. Equity 5,000, 50 ETH, the mark 1,600: all
/// of it sold at 1,500 left the owner nothing.
#[tokio::test(flavor = "multi_thread")]
async fn l_10_in_auction_a_flat_end_is_judged_like_any_other() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let eth = perp(DESK, ETH);
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(alice).await;
    let before = ok(house.assess(alice).await);
    assert_eq!(before.equity, wad("5,000"));

    let sell = |size, price| House::report(p.bob.account(), alice, eth, size, price);
    for price in ["1,500", "1,599.99"] {
        let call = sell("50", price);
        let e: IVault::AccountInAuction =
            house.expect_revert(&p.stranger, house.desk(), &call).await;
        assert_eq!(e.account, alice, "at {price}");
    }
    let call = sell("49.9999", "1,500");
    let e: IVault::InsufficientMargin = house.expect_revert(&p.stranger, house.desk(), &call).await;
    assert_eq!((e.account, e.equityBefore), (alice, wad("5,000")));
    // A fee is a loss like any other.
    let fee = reference::LyingVenue::reportCall {
        fills: vec![Fill {
            buyer: p.bob.account(),
            seller: alice,
            instrument: eth,
            size: uwad("50"),
            price: uwad("1,600"),
            buyerFee: U256::ZERO,
            sellerFee: uwad("0.01"),
        }],
    };
    let e: IVault::AccountInAuction = house.expect_revert(&p.stranger, house.desk(), &fee).await;
    assert_eq!(e.account, alice);
    // Two fills of one call are one change: what one loses the other may bring back.
    let half = |price| Fill {
        buyer: p.bob.account(),
        seller: alice,
        instrument: eth,
        size: uwad("25"),
        price: uwad(price),
        buyerFee: U256::ZERO,
        sellerFee: U256::ZERO,
    };
    let both = |other| reference::LyingVenue::reportCall {
        fills: vec![half("1,500"), half(other)],
    };
    let e: IVault::AccountInAuction = house
        .expect_revert(&p.stranger, house.desk(), &both("1,699.99"))
        .await;
    assert_eq!(e.account, alice);
    let snapshot = house.snapshot().await.unwrap();
    ok(house.send(&p.stranger, house.desk(), &both("1,700")).await);
    house.revert(snapshot).await.unwrap();

    // At the mark, or better, she ends flat, the auction ends and she leaves with everything.
    for price in ["1,600", "1,650"] {
        let snapshot = house.snapshot().await.unwrap();
        house.fill(&p.bob, &p.alice, eth, "50", price).await;
        ok(house.send(&p.stranger, at, &close(alice)).await);
        let all = ok(house.max_withdraw(alice, house.usdc).await);
        assert!(all >= house.usdc.amount("5,000").unwrap());
        ok(house.withdraw(&p.alice, alice, house.usdc, all).await);
        assert_eq!(ok(house.assess(alice).await).equity, I256::ZERO);
        house.assert_balanced().await;
        house.revert(snapshot).await.unwrap();
    }
    // Who is not in auction leaves at the venue's price: bob at the end of the band, and with all that is his.
    house.fill(&p.bidder, &p.bob, eth, "1", "1,600").await;
    house.fill(&p.bob, &p.bidder, eth, "51", "1,750").await;
    assert!(ok(house.account(p.bob.account()).await).0.legs.is_empty());
    let all = ok(house.max_withdraw(p.bob.account(), house.usdc).await);
    ok(house
        .withdraw(&p.bob, p.bob.account(), house.usdc, all)
        .await);
    house.assert_balanced().await;
}

/// L-11: who bids for another takes over legs of venues its owner admitted, and of no other.
#[tokio::test(flavor = "multi_thread")]
async fn l_11_an_operator_loads_no_venue_its_owner_did_not_admit() {
    let house = House::with_a_long().await;
    let p = &house.people;
    let (alice, bidder, at) = (p.alice.account(), p.bidder.account(), house.at.auction);
    // Two venues, of which the bidder admits one.
    ok(house
        .trade_book(&p.bob, &p.alice, ETH, uwad("5"), uwad("2,000"))
        .await);
    let admit = |admitted| IVault::admitVenueCall {
        account: bidder,
        venue: DESK,
        admitted,
    };
    ok(house.send(&p.bidder, house.at.vault, &admit(false)).await);
    let operator = IVault::setOperatorCall {
        account: bidder,
        operator: p.stranger.address,
        approved: true,
    };
    ok(house.send(&p.bidder, house.at.vault, &operator).await);
    house.set_price(ETH, "1,550").await.unwrap();
    house.start_auction(alice).await;
    house.warp(450).await.unwrap();
    let call = house.bid(U256::from(ONE)).await;
    let e: IVault::VenueNotAdmitted = house.expect_revert(&p.stranger, at, &call).await;
    assert_eq!((e.account, e.venue), (bidder, DESK));
    // The owner's own bid is his leave; and where he admits the venue his operator may.
    ok(house.client.call_as(p.bidder.address, at, &call).await);
    ok(house.send(&p.bidder, house.at.vault, &admit(true)).await);
    ok(house.send(&p.stranger, at, &call).await);
    assert!(
        ok(house.leg(bidder, perp(DESK, ETH)).await).is_some()
            && ok(house.leg(bidder, perp(BOOK, ETH)).await).is_some()
    );
    house.assert_balanced().await;
}
