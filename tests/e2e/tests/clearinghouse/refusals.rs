//! Fills that are refused, with reasons.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn fills_are_refused_with_reasons() {
    let house = furnished().await;
    let p = &house.people;
    let (eth, desk) = (perp(DESK, ETH), house.desk());
    let one = || fill(&p.alice, &p.bob, eth, "1", "2,000");

    // Only venues; only active ones.
    let direct = IClearinghouse::clearCall {
        fills: vec![same(one())],
    };
    let e: IClearinghouse::NotAVenue = house
        .expect_revert(&p.alice, house.at.clearinghouse, &direct)
        .await;
    assert_eq!(e.caller, p.alice.address);
    let (address, fee_account, band, _) = venue(&house, DESK).await;
    let set = |active| IClearinghouse::setVenueCall {
        venue: DESK,
        contractAddress: address,
        feeAccount: fee_account,
        band,
        active,
    };
    ok(house
        .send(&p.deployer, house.at.clearinghouse, &set(false))
        .await);
    let e: IClearinghouse::NotAVenue = house
        .expect_revert(&p.stranger, desk, &report(vec![one()]))
        .await;
    assert_eq!(e.caller, desk);
    ok(house
        .send(&p.deployer, house.at.clearinghouse, &set(true))
        .await);

    let _: IClearinghouse::NoFills = house
        .expect_revert(&p.stranger, desk, &report(vec![]))
        .await;
    let e: IClearinghouse::TooManyItems = house
        .expect_revert(&p.stranger, desk, &report(vec![one(); 17]))
        .await;
    assert_eq!((e.given, e.limit), (U256::from(17), U256::from(16)));

    let e: IClearinghouse::WrongVenue = house
        .expect_revert(
            &p.stranger,
            desk,
            &report(vec![Fill {
                instrument: perp(BOOK, ETH),
                ..one()
            }]),
        )
        .await;
    assert_eq!((e.instrumentVenue, e.callerVenue), (BOOK, DESK));
    for bad in [0, eth | 1, eth | (1 << 54)] {
        let e: IClearinghouse::InvalidInstrument = house
            .expect_revert(
                &p.stranger,
                desk,
                &report(vec![Fill {
                    instrument: bad,
                    ..one()
                }]),
            )
            .await;
        assert_eq!(e.instrument, bad);
    }
    for kind in [
        eth | (1 << 94) | (20_000 << 78),
        eth | (2 << 94) | (20_000 << 78) | ((25 << 4 | 10) << 54),
    ] {
        // Never pushed: no forward, no mark.
        let e: IClearinghouse::MarkStale = house
            .expect_revert(
                &p.stranger,
                desk,
                &report(vec![Fill {
                    instrument: kind,
                    ..one()
                }]),
            )
            .await;
        assert_eq!(e.instrument, kind);
    }
    let e: IClearinghouse::UnknownUnderlying = house
        .expect_revert(
            &p.stranger,
            desk,
            &report(vec![Fill {
                instrument: perp(DESK, 9),
                ..one()
            }]),
        )
        .await;
    assert_eq!(e.underlying, 9);
    let e: IClearinghouse::SelfTrade = house
        .expect_revert(
            &p.stranger,
            desk,
            &report(vec![Fill {
                seller: p.alice.account(),
                ..one()
            }]),
        )
        .await;
    assert_eq!(e.account, p.alice.account());

    for zero in [
        Fill {
            size: U256::ZERO,
            ..one()
        },
        Fill {
            price: U256::ZERO,
            ..one()
        },
    ] {
        let _: IClearinghouse::ZeroAmount = house
            .expect_revert(&p.stranger, desk, &report(vec![zero]))
            .await;
    }
    let e: IClearinghouse::NotMultipleOfLot = house
        .expect_revert(
            &p.stranger,
            desk,
            &report(vec![Fill {
                size: uwad("1") + U256::from(1),
                ..one()
            }]),
        )
        .await;
    assert_eq!(
        (e.size, e.lot),
        (uwad("1") + U256::from(1), 100_000_000_000_000)
    );
    for huge in [
        Fill {
            size: U256::MAX,
            ..one()
        },
        Fill {
            price: U256::MAX,
            ..one()
        },
        Fill {
            buyerFee: U256::MAX,
            ..one()
        },
        Fill {
            sellerFee: U256::from(1) << 127,
            ..one()
        },
        Fill {
            size: U256::from(1) << 126,
            ..one()
        },
    ] {
        let e = house
            .send(&p.stranger, desk, &report(vec![huge]))
            .await
            .unwrap_err();
        let lot = e.as_error::<IClearinghouse::NotMultipleOfLot>().is_some();
        assert!(
            lot || e.as_error::<IClearinghouse::AmountTooLarge>().is_some(),
            "{e}"
        );
    }

    // The vault's refusals come through unchanged.
    let nobody = Fill {
        buyer: p.stranger.account(),
        ..one()
    };
    let e: IVault::VenueNotAdmitted = house
        .expect_revert(&p.stranger, desk, &report(vec![nobody]))
        .await;
    assert_eq!((e.account, e.venue), (p.stranger.account(), DESK));
    let fund = ids::fund_account(house.at.vault);
    let e: IVault::SystemAccount = house
        .expect_revert(
            &p.stranger,
            desk,
            &report(vec![Fill {
                seller: fund,
                ..one()
            }]),
        )
        .await;
    assert_eq!(e.account, fund);
    let e: IVault::InsufficientMargin = house
        .expect_revert(
            &p.stranger,
            desk,
            &report(vec![fill(&p.alice, &p.bob, eth, "5,000", "2,000")]),
        )
        .await;
    assert_eq!(
        (e.account, e.equity, e.equityBefore),
        (p.alice.account(), wad("100,000"), wad("100,000"))
    );
    assert_eq!(e.imBefore, U256::ZERO);
    // All or none: a good fill before a bad one.
    let e: IClearinghouse::SelfTrade = house
        .expect_revert(
            &p.stranger,
            desk,
            &report(vec![
                one(),
                Fill {
                    seller: p.alice.account(),
                    ..one()
                },
            ]),
        )
        .await;
    assert_eq!(e.account, p.alice.account());

    // Stale marks.
    house.warp(8_000).await.unwrap();
    let e: IClearinghouse::MarkStale = house
        .expect_revert(&p.stranger, desk, &report(vec![one()]))
        .await;
    assert_eq!(e.instrument, eth);
    house.assert_balanced().await;
}
