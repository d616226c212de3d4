//! What the house says of an account.

use plimsoll_e2e::*;

async fn view(house: &House, account: B256) -> AccountView {
    ok(house
        .ask(house.at.lens, &ILens::accountCall { account })
        .await)
}

fn signed(requirement: U256) -> I256 {
    I256::try_from(requirement).expect("fits")
}

/// C-9: the house says on chain where its lens is. Its owner names it, nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn c_9_the_clearinghouse_names_the_lens() {
    let house = House::start().await;
    let (p, at) = (&house.people, house.at);
    let named = async || {
        ok(house
            .ask(at.clearinghouse, &IClearinghouse::lensCall {})
            .await)
    };
    assert_eq!(named().await, at.lens, "the deployment names it");
    let siblings = ok(house.ask(at.lens, &ILens::siblingsCall {}).await);
    assert_eq!(
        (siblings.vault, siblings.clearinghouse, siblings.auction),
        (at.vault, at.clearinghouse, at.auction)
    );
    assert_eq!((siblings.margin, siblings.oracle), (at.margin, at.oracle));

    let lens = p.stranger.address;
    let call = IClearinghouse::setLensCall { lens };
    for actor in [&p.alice, &p.stranger] {
        let e: IClearinghouse::NotOwner = house.expect_revert(actor, at.clearinghouse, &call).await;
        assert_eq!(e.caller, actor.address);
    }
    let receipt = ok(house.send(&p.deployer, at.clearinghouse, &call).await);
    let events: Vec<IClearinghouse::LensSet> = House::events(&receipt, at.clearinghouse);
    assert_eq!((events.len(), events[0].lens), (1, lens));
    assert_eq!(named().await, lens);

    let venues = ok(house
        .ask(at.clearinghouse, &IClearinghouse::venuesCall {})
        .await);
    assert_eq!(venues, [BOOK, POOL, DESK]);
    // Changing a venue's terms does not list it again.
    let call = IClearinghouse::setVenueCall {
        venue: POOL,
        contractAddress: house.pool,
        feeAccount: ids::account_id(house.pool, 1),
        band: WAD as u64 / 20,
        active: false,
    };
    ok(house.send(&p.deployer, at.clearinghouse, &call).await);
    let again = ok(house
        .ask(at.clearinghouse, &IClearinghouse::venuesCall {})
        .await);
    assert_eq!(again, venues);
}

/// An account nobody ever used has zeros, and says so; every number of it is there.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_holds_nothing_is_healthy_and_empty() {
    let house = House::start().await;
    let account = house.people.stranger.subaccount(7);
    let seen = view(&house, account).await;
    assert_eq!(
        (seen.account, seen.owner),
        (account, house.people.stranger.address)
    );
    assert!(seen.healthy && !seen.liquidatable && !seen.inAuction);
    assert!(seen.legs.is_empty() && seen.collateral.is_empty() && seen.venues.is_empty());
    assert!(seen.assessment.equity.is_zero() && seen.assessment.im.is_zero());
    assert_eq!(seen.auction.startedAt, 0);
}

/// Both venues are in the account's margin, each with its part; what they save each other is named; excesses keep their
/// sign below the line.
#[tokio::test(flavor = "multi_thread")]
async fn parts_add_up_and_excesses_are_signed() {
    let house = House::start().await;
    let p = &house.people;
    for actor in [&p.alice, &p.bob] {
        house.give(actor, "100,000").await;
    }
    let account = p.alice.account();
    let eth = U256::from(20) * U256::from(WAD);
    ok(house
        .trade_book(&p.alice, &p.bob, ETH, eth, uwad("2,000"))
        .await);
    let alone = view(&house, account).await;
    assert_eq!(alone.mmOffset, I256::ZERO, "one venue saves nothing");
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "20", "2,000")
        .await;
    let seen = view(&house, account).await;
    let [book, pool, desk] = &seen.venues[..] else {
        panic!("three are admitted: {:?}", seen.venues)
    };
    assert_eq!((book.venue, pool.venue, desk.venue), (BOOK, POOL, DESK));
    assert_eq!((book.legs, pool.legs, desk.legs), (1, 0, 1));
    assert!(book.admitted && pool.admitted && desk.admitted);
    assert_eq!(book.mm, alone.assessment.mm);
    assert_eq!(
        signed(book.mm) + signed(desk.mm) + seen.mmOffset,
        signed(seen.assessment.mm)
    );
    assert_eq!(
        signed(book.im) + signed(desk.im) + seen.imOffset,
        signed(seen.assessment.im)
    );
    assert!(
        seen.mmOffset < -signed(book.mm),
        "a hedge: {}",
        seen.mmOffset
    );
    // Closing either side raises what is required, and by exactly what the other side needs alone.
    assert_eq!(
        book.mmReleased,
        signed(seen.assessment.mm) - signed(desk.mm)
    );
    assert!(book.mmReleased.is_negative() && book.imReleased.is_negative());

    // A venue dismissed keeps its legs, and they are shown.
    ok(house.admit(&p.alice, account, BOOK, false).await);
    ok(house.admit(&p.alice, account, POOL, false).await);
    let seen = view(&house, account).await;
    let admitted: Vec<_> = seen.venues.iter().map(|v| (v.venue, v.admitted)).collect();
    assert_eq!(admitted, [(BOOK, false), (DESK, true)]);

    // One side closed, and a fall: equity and both excesses below zero, as they are.
    ok(house.admit(&p.alice, account, BOOK, true).await);
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "20", "2,000")
        .await;
    let usdc = house.usdc.amount("89,000").expect("an amount");
    ok(house.withdraw(&p.alice, account, house.usdc, usdc).await);
    ok(house.set_price(ETH, "1,300").await);
    let seen = view(&house, account).await;
    let Assessment { equity, im, mm, .. } = seen.assessment;
    assert!(equity.is_negative());
    assert_eq!(
        (seen.imExcess, seen.mmExcess),
        (equity - signed(im), equity - signed(mm))
    );
    assert!(!seen.healthy && seen.liquidatable);
    let far = ILens::distancesCall {
        portfolio: seen.portfolio,
    };
    let far = ok(house.ask(house.at.lens, &far).await);
    for distance in [far.spotUp, far.spotDown, far.volUp, far.volDown] {
        assert_eq!((distance.found, distance.by), (true, I256::ZERO), "already");
    }
}

/// What a position would add is what it adds: negative where it hedges, and the account afterwards is the one foretold.
#[tokio::test(flavor = "multi_thread")]
async fn i_mar_16_what_a_position_adds_is_foretold() {
    let house = House::start().await;
    let p = &house.people;
    let day = house.day(30).await;
    ok(house
        .push(vec![house.flat(ETH, day, "2,000", "0.8").await])
        .await);
    house.give(&p.alice, "60,000").await;
    house.give(&p.bob, "900,000").await;
    let account = p.alice.account();
    let call = option(DESK, ETH, true, day, "2,200");
    for (instrument, units, hedges) in [
        (perp(DESK, ETH), 10_i64, false),
        // Covered: the scan falls by 298, and of the basis charge of 205 the root keeps 105.
        (call, -8, true),
        (perp(BOOK, ETH), -6, true),
        (perp(DESK, ETH), -2, false),
    ] {
        let before = ok(house.assess(account).await);
        let ask = ILens::requirementAddedCall {
            account,
            instrument,
            size: units * 10_000,
        };
        // The fill's block is a second later, and options decay.
        let told = ok(house.ask(house.at.lens, &ask).await);
        assert_eq!(told.im, signed(told.after_.im) - signed(before.im));
        assert_eq!(told.mm, signed(told.after_.mm) - signed(before.mm));
        assert_eq!(
            told.im.is_negative(),
            hedges,
            "{instrument:#x}: {}",
            told.im
        );
        let near = |a: I256, b: I256| assert!((a - b).abs() < signed(uwad("0.05")), "{a} {b}");
        near(told.after_.equity, before.equity);
        let size = units.unsigned_abs().to_string();
        let (buyer, seller) = if units > 0 {
            (&p.alice, &p.bob)
        } else {
            (&p.bob, &p.alice)
        };
        if ids::venue_of(instrument) == BOOK {
            let eth = uwad(&size);
            ok(house
                .trade_book(buyer, seller, ETH, eth, uwad("2,000"))
                .await);
        } else {
            house.fill_at_mark(buyer, seller, instrument, &size).await;
        }
        let after = ok(house.assess(account).await);
        near(signed(told.after_.im), signed(after.im));
        near(signed(told.after_.mm), signed(after.mm));
    }
    let unknown = ILens::requirementAddedCall {
        account,
        instrument: perp(DESK, 77),
        size: 1,
    };
    let e: ILens::UnknownUnderlying = house
        .expect_revert(&p.stranger, house.at.lens, &unknown)
        .await;
    assert_eq!(e.underlying, 77);
}

/// Where nothing usable is known there is no price, not the bound that counts instead, and nothing moves with it; and what
/// it is worth is what margin counts.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_no_price() {
    let house = House::start().await;
    let p = &house.people;
    for actor in [&p.alice, &p.bob] {
        house.give(actor, "100,000").await;
    }
    house.give_token(&p.alice, house.weth, "3").await;
    for (buyer, seller, venue) in [(&p.alice, &p.bob, DESK), (&p.bob, &p.alice, BOOK)] {
        let size = U256::from(5) * U256::from(WAD);
        if venue == DESK {
            house
                .fill(buyer, seller, perp(DESK, ETH), "5", "2,000")
                .await;
        } else {
            ok(house
                .trade_book(buyer, seller, ETH, size, uwad("2,000"))
                .await);
        }
    }
    let before = view(&house, p.alice.account()).await;
    assert!(before.legs.iter().all(|leg| leg.known && leg.fresh));
    assert_eq!(before.legs[0].mark, uwad("2,000"));
    assert_eq!(before.collateral[0].price, uwad("2,000"));

    // An answer of zero is none.
    let answer = aliases::I192::ZERO;
    let push = reference::Feed::pushCall { answer };
    ok(house.send(&p.deployer, house.eth_feed, &push).await);
    let seen = view(&house, p.alice.account()).await;
    assert!(seen.assessment.stale && !seen.healthy);
    let mut equity = I256::try_from(seen.portfolio.cash).expect("fits");
    for leg in &seen.legs {
        assert!(!leg.known && !leg.fresh);
        assert_eq!(leg.mark, U256::ZERO);
        equity += leg.value;
    }
    let [weth] = &seen.collateral[..] else {
        panic!("one asset")
    };
    assert!(!weth.known && !weth.fresh);
    assert_eq!((weth.price, weth.value), (U256::ZERO, I256::ZERO));
    assert_eq!(equity, seen.assessment.equity, "the least each could be");
    let marks = IClearinghouse::marksCall {
        instruments: vec![perp(DESK, ETH)],
    };
    let marks = ok(house.ask(house.at.clearinghouse, &marks).await);
    assert_eq!((marks.values[0], marks.fresh[0]), (U256::ZERO, false));
    let greeks = ILens::greeksCall {
        portfolio: seen.portfolio,
    };
    for greeks in ok(house.ask(house.at.lens, &greeks).await) {
        assert_eq!((greeks.underlying, greeks.delta), (ETH, 0));
    }
}
