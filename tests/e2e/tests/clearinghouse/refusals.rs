//! Fills that are refused, with reasons.

use super::*;

/// The desk reports fills that must be refused, each row with its error.
async fn desk_is_refused<const N: usize>(house: &House, table: [(&str, Vec<Fill>, Vec<u8>); N]) {
    let stranger = &house.people.stranger;
    let rows = table.map(|(what, fills, error)| (what, stranger, report(fills), error));
    house.expect_refusals(house.desk(), rows).await;
}

/// One ETH from bob to alice at its price.
fn one(house: &House) -> Fill {
    fill(
        &house.people.alice,
        &house.people.bob,
        perp(DESK, ETH),
        "1",
        "2,000",
    )
}

/// Only venues may report, and only active ones; some fills, and not too many.
#[tokio::test(flavor = "multi_thread")]
async fn fills_are_refused_with_reasons() {
    let house = furnished().await;
    let p = &house.people;
    let (ch, desk) = (house.at.clearinghouse, house.desk());
    let not_a_venue = |caller| IClearinghouse::NotAVenue { caller }.abi_encode();
    let direct = IClearinghouse::clearCall {
        fills: vec![same(one(&house))],
    };
    let table = [("alice", &p.alice, direct, not_a_venue(p.alice.address))];
    house.expect_refusals(ch, table).await;
    let (address, fee_account, band, _) = venue(&house, DESK).await;
    let set = |active| IClearinghouse::setVenueCall {
        venue: DESK,
        contractAddress: address,
        feeAccount: fee_account,
        band,
        active,
    };
    ok(house.send(&p.deployer, ch, &set(false)).await);
    let table = [("a stopped venue", vec![one(&house)], not_a_venue(desk))];
    desk_is_refused(&house, table).await;
    ok(house.send(&p.deployer, ch, &set(true)).await);
    let too_many = IClearinghouse::TooManyItems {
        given: U256::from(17),
        limit: U256::from(16),
    };
    let table = [
        ("no fill", vec![], IClearinghouse::NoFills {}.abi_encode()),
        ("17 fills", vec![one(&house); 17], too_many.abi_encode()),
    ];
    desk_is_refused(&house, table).await;
    house.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fills_of_wrong_instruments_are_refused() {
    let house = furnished().await;
    let eth = perp(DESK, ETH);
    let of = |instrument| {
        vec![Fill {
            instrument,
            ..one(&house)
        }]
    };
    let wrong_venue = IClearinghouse::WrongVenue {
        instrumentVenue: BOOK,
        callerVenue: DESK,
    };
    let unknown = IClearinghouse::UnknownUnderlying { underlying: 9 };
    let table = [
        (
            "another venue's",
            of(perp(BOOK, ETH)),
            wrong_venue.abi_encode(),
        ),
        (
            "an unknown underlying",
            of(perp(DESK, 9)),
            unknown.abi_encode(),
        ),
    ];
    desk_is_refused(&house, table).await;
    let table = [0, eth | 1, eth | (1 << 54)].map(|instrument| {
        let error = IClearinghouse::InvalidInstrument { instrument };
        ("no instrument", of(instrument), error.abi_encode())
    });
    desk_is_refused(&house, table).await;
    let future = eth | (1 << 94) | (20_000 << 78);
    let option = eth | (2 << 94) | (20_000 << 78) | ((25 << 4 | 10) << 54);
    let table = [future, option].map(|instrument| {
        let error = IClearinghouse::MarkStale { instrument };
        (
            "never pushed: no forward, no mark",
            of(instrument),
            error.abi_encode(),
        )
    });
    desk_is_refused(&house, table).await;
    house.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fills_of_wrong_amounts_are_refused() {
    let house = furnished().await;
    let p = &house.people;
    let one = || one(&house);
    let odd = uwad("1") + U256::from(1);
    let no_lot = IClearinghouse::NotMultipleOfLot {
        size: odd,
        lot: 100_000_000_000_000,
    };
    let size = |size| vec![Fill { size, ..one() }];
    let price = |price| vec![Fill { price, ..one() }];
    let zero = IClearinghouse::ZeroAmount {}.abi_encode();
    let table = [
        ("no size", size(U256::ZERO), zero.clone()),
        ("no price", price(U256::ZERO), zero),
        ("a part of a lot", size(odd), no_lot.abi_encode()),
    ];
    desk_is_refused(&house, table).await;
    let buyer_fee = Fill {
        buyerFee: U256::MAX,
        ..one()
    };
    let seller_fee = Fill {
        sellerFee: U256::from(1) << 127,
        ..one()
    };
    for huge in [
        size(U256::MAX),
        price(U256::MAX),
        vec![buyer_fee],
        vec![seller_fee],
        size(U256::from(1) << 126),
    ] {
        let outcome = house.send(&p.stranger, house.desk(), &report(huge)).await;
        let e = outcome.unwrap_err();
        let lot = e.as_error::<IClearinghouse::NotMultipleOfLot>().is_some();
        assert!(
            lot || e.as_error::<IClearinghouse::AmountTooLarge>().is_some(),
            "{e}"
        );
    }
    house.assert_balanced().await;
}

/// The vault's refusals come through unchanged; all fills or none.
#[tokio::test(flavor = "multi_thread")]
async fn fills_of_wrong_accounts_are_refused() {
    let house = furnished().await;
    let p = &house.people;
    let one = || one(&house);
    let (alice, stranger) = (p.alice.account(), p.stranger.account());
    let fund = ids::fund_account(house.at.vault);
    let sold_by = |seller| Fill { seller, ..one() };
    let bought_by = |buyer| Fill { buyer, ..one() };
    let self_trade = IClearinghouse::SelfTrade { account: alice }.abi_encode();
    let not_admitted = IVault::VenueNotAdmitted {
        account: stranger,
        venue: DESK,
    };
    let system = IVault::SystemAccount { account: fund };
    let table = [
        ("with herself", vec![sold_by(alice)], self_trade.clone()),
        ("after a good one", vec![one(), sold_by(alice)], self_trade),
        (
            "not admitted",
            vec![bought_by(stranger)],
            not_admitted.abi_encode(),
        ),
        ("the fund", vec![sold_by(fund)], system.abi_encode()),
    ];
    desk_is_refused(&house, table).await;
    let large = report(vec![fill(
        &p.alice,
        &p.bob,
        perp(DESK, ETH),
        "5,000",
        "2,000",
    )]);
    let e: IVault::InsufficientMargin =
        house.expect_revert(&p.stranger, house.desk(), &large).await;
    assert_eq!(
        (e.account, e.equity, e.equityBefore),
        (alice, wad("100,000"), wad("100,000"))
    );
    assert_eq!(e.imBefore, U256::ZERO);
    house.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fills_at_stale_marks_are_refused() {
    let house = furnished().await;
    house.warp(8_000).await.unwrap();
    let error = IClearinghouse::MarkStale {
        instrument: perp(DESK, ETH),
    };
    let table = [("stale", vec![one(&house)], error.abi_encode())];
    desk_is_refused(&house, table).await;
    house.assert_balanced().await;
}
