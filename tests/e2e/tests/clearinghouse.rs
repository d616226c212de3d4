//! The clearinghouse: venues, fills, bands. Every refusal with its numbers.

use plimsoll_e2e::{reference::LyingVenue::Fill, *};

fn fill(buyer: &Actor, seller: &Actor, instrument: u128, size: &str, price: &str) -> Fill {
    Fill {
        buyer: buyer.account(),
        seller: seller.account(),
        instrument,
        size: uwad(size),
        price: uwad(price),
        buyerFee: U256::ZERO,
        sellerFee: U256::ZERO,
    }
}

/// The same trade as the clearinghouse's own struct.
fn same(f: Fill) -> plimsoll_e2e::bindings::Fill {
    plimsoll_e2e::bindings::Fill {
        buyer: f.buyer,
        seller: f.seller,
        instrument: f.instrument,
        size: f.size,
        price: f.price,
        buyerFee: f.buyerFee,
        sellerFee: f.sellerFee,
    }
}

fn report(fills: Vec<Fill>) -> reference::LyingVenue::reportCall {
    reference::LyingVenue::reportCall { fills }
}

async fn furnished() -> House {
    let house = House::start().await;
    for actor in [&house.people.alice, &house.people.bob, &house.people.carol] {
        house.give(actor, "100,000").await;
    }
    house
}

/// A fill moves size, quote and fees, and makes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_3_a_fill_becomes_two_legs() {
    let house = furnished().await;
    let p = &house.people;
    let eth = perp(DESK, ETH);
    let trade = Fill {
        buyerFee: uwad("3"),
        sellerFee: uwad("0.5"),
        ..fill(&p.alice, &p.bob, eth, "2.0001", "1,999.99")
    };
    let call = report(vec![trade]);
    let receipt = ok(house.send(&p.stranger, house.desk(), &call).await);
    let quote = 4_000_179_999_000_000_000_000; // 2.0001 · 1,999.99
    let (long, short) = (
        ok(house.leg(p.alice.account(), eth).await).unwrap(),
        ok(house.leg(p.bob.account(), eth).await).unwrap(),
    );
    assert_eq!((long.size, long.quote), (20_001, quote));
    assert_eq!((short.size, short.quote), (-20_001, -quote));
    assert_eq!(
        ok(house.cash(p.alice.account()).await),
        99_997 * WAD as i128
    );
    assert_eq!(
        ok(house.cash(p.bob.account()).await),
        999_995 * WAD as i128 / 10
    );
    let (_, fee_account, _, _) = venue(&house, DESK).await;
    assert_eq!(ok(house.cash(fee_account).await), 35 * WAD as i128 / 10);
    let events: Vec<IClearinghouse::Cleared> = House::events(&receipt, house.at.clearinghouse);
    assert_eq!(
        (events.len(), events[0].venue, events[0].size),
        (1, DESK, uwad("2.0001"))
    );
    let events: Vec<IVault::LegChanged> = House::events(&receipt, house.at.vault);
    assert_eq!(
        (events.len(), events[0].size, events[1].size),
        (2, 20_001, -20_001)
    );
    house.assert_balanced().await;
}

async fn venue(house: &House, number: u16) -> (Address, B256, u64, bool) {
    let v = ok(house
        .ask(
            house.at.clearinghouse,
            &IClearinghouse::venueCall { venue: number },
        )
        .await);
    (v.contractAddress, v.feeAccount, v.band, v.active)
}

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

/// The band includes its edge; a fee counts as price, on the side that pays it.
#[tokio::test(flavor = "multi_thread")]
async fn the_band_is_inclusive_and_contains_the_fee() {
    let house = furnished().await;
    let p = &house.people;
    let (eth, desk) = (perp(DESK, ETH), house.desk());
    let (_, _, band, _) = venue(&house, DESK).await;
    let mark = ok(house.mark(eth).await);
    let width = mark * U256::from(band) / U256::from(WAD);
    let at = |price: U256| Fill {
        price,
        ..fill(&p.alice, &p.bob, eth, "1", "1")
    };
    let tick = U256::from(1);
    for edge in [mark + width, mark - width] {
        let snapshot = house.snapshot().await.unwrap();
        ok(house.send(&p.stranger, desk, &report(vec![at(edge)])).await);
        house.revert(snapshot).await.unwrap();
    }
    let outside = [
        (at(mark + width + tick), mark + width + tick),
        (at(mark - width - tick), mark - width - tick),
        (
            Fill {
                buyerFee: tick,
                ..at(mark + width)
            },
            mark + width + tick,
        ),
        (
            Fill {
                sellerFee: tick,
                ..at(mark - width)
            },
            mark - width - tick,
        ),
        (
            Fill {
                buyerFee: width + tick,
                ..at(mark)
            },
            mark + width + tick,
        ),
    ];
    for (bad, price) in outside {
        let e: IClearinghouse::PriceOutsideBand = house
            .expect_revert(&p.stranger, desk, &report(vec![bad]))
            .await;
        assert_eq!(
            (e.instrument, e.price.into_raw(), e.mark, e.band),
            (eth, price, mark, width)
        );
    }
    ok(house
        .send(
            &p.stranger,
            desk,
            &report(vec![Fill {
                buyerFee: width,
                sellerFee: width,
                ..at(mark)
            }]),
        )
        .await);
    house.assert_balanced().await;
}

/// Sixteen fills between thirty-two accounts pass in one call; one refused account refuses all.
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_fills_of_thirty_two_accounts() {
    let house = House::start().await;
    let p = &house.people;
    let mut fills = Vec::new();
    for n in 0..16_u128 {
        for actor in [&p.alice, &p.bob] {
            let account = actor.subaccount(n);
            ok(house
                .deposit(
                    actor,
                    account,
                    house.usdc,
                    house.usdc.amount("10,000").unwrap(),
                )
                .await);
            ok(house.admit(actor, account, DESK, true).await);
        }
        fills.push(Fill {
            buyer: p.alice.subaccount(n),
            seller: p.bob.subaccount(n),
            buyerFee: uwad("1"),
            ..fill(
                &p.alice,
                &p.bob,
                perp(DESK, if n % 2 == 0 { ETH } else { BTC }),
                "0.1",
                if n % 2 == 0 { "2,000" } else { "40,000" },
            )
        });
    }
    let receipt = ok(house
        .send(&p.stranger, house.desk(), &report(fills.clone()))
        .await);
    println!("sixteen fills: {} gas", receipt.gas_used);
    assert!(receipt.gas_used < 16_000_000, "I-LIV-1");
    ok(house.admit(&p.bob, p.bob.subaccount(15), DESK, false).await);
    let e: IVault::VenueNotAdmitted = house
        .expect_revert(&p.stranger, house.desk(), &report(fills))
        .await;
    assert_eq!(e.account, p.bob.subaccount(15));
    house.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn venues_are_set_with_reasons() {
    let house = House::start().await;
    let p = &house.people;
    let ch = house.at.clearinghouse;
    let (address, fees) = (p.carol.address, p.carol.account());
    let set = |venue, contract_address, fee_account, band| IClearinghouse::setVenueCall {
        venue,
        contractAddress: contract_address,
        feeAccount: fee_account,
        band,
        active: true,
    };
    let band = WAD as u64 / 100;
    let e: IClearinghouse::NotOwner = house
        .expect_revert(&p.alice, ch, &set(9, address, fees, band))
        .await;
    assert_eq!((e.caller, e.owner), (p.alice.address, p.deployer.address));
    for call in [
        set(0, address, fees, band),
        set(9, Address::ZERO, fees, band),
        set(9, address, B256::ZERO, band),
    ] {
        let e: IClearinghouse::IncompleteVenue = house.expect_revert(&p.deployer, ch, &call).await;
        assert_eq!(
            (e.venue, e.contractAddress, e.feeAccount),
            (call.venue, call.contractAddress, call.feeAccount)
        );
    }
    let (low, high) = (WAD as u64 / 10_000, WAD as u64 / 5);
    for band in [0, low - 1, high + 1, u64::MAX] {
        let e: IClearinghouse::InvalidBand = house
            .expect_revert(&p.deployer, ch, &set(9, address, fees, band))
            .await;
        assert_eq!((e.band, e.minimum, e.maximum), (band, low, high));
    }
    for band in [low, high] {
        ok(house
            .send(&p.deployer, ch, &set(9, address, fees, band))
            .await);
        assert_eq!(venue(&house, 9).await, (address, fees, band, true));
    }
    assert_eq!(
        ok(house
            .ask(
                ch,
                &IClearinghouse::venueOfCall {
                    contractAddress: address
                }
            )
            .await),
        9
    );
    // A number keeps its address, an address its number.
    let e: IClearinghouse::VenueExists = house
        .expect_revert(&p.deployer, ch, &set(9, p.bob.address, fees, band))
        .await;
    assert_eq!((e.venue, e.contractAddress), (9, address));
    let e: IClearinghouse::VenueExists = house
        .expect_revert(&p.deployer, ch, &set(10, address, fees, band))
        .await;
    assert_eq!((e.venue, e.contractAddress), (9, address));
    assert_eq!(
        venue(&house, 10).await,
        (Address::ZERO, B256::ZERO, 0, false)
    );
}

// ---- options and futures ---------------------------------------------------------------------

/// A fill of an option at a price 1e18.
fn option_fill(buyer: &Actor, seller: &Actor, instrument: u128, size: &str, price: U256) -> Fill {
    Fill {
        price,
        ..fill(buyer, seller, instrument, size, "1")
    }
}

/// The house's mark and the width of the desk's band around it, both 1e18.
async fn mark_and_width(house: &House, instrument: u128) -> (U256, U256) {
    let call = IClearinghouse::marksCall {
        instruments: vec![instrument],
    };
    let marks = ok(house.ask(house.at.clearinghouse, &call).await);
    assert!(marks.fresh[0]);
    let (_, _, band, _) = venue(house, DESK).await;
    let share = marks.values[0] * U256::from(band) / U256::from(WAD);
    (marks.values[0], share.max(marks.tolerances[0]))
}

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

/// The band of an option is its share of the mark or the tolerance, whichever is wider, edges included.
#[tokio::test(flavor = "multi_thread")]
async fn the_band_of_an_option_has_a_tolerance() {
    let house = furnished().await;
    let p = &house.people;
    let desk = house.desk();
    let day = house.day(30).await;
    ok(house
        .push(vec![house.flat(ETH, day, "2,000", "0.8").await])
        .await);
    let mut wider = 0;
    for strike in ["1,000", "2,000", "8,000"] {
        let instrument = option(DESK, ETH, true, day, strike);
        let marks = IClearinghouse::marksCall {
            instruments: vec![instrument],
        };
        let tolerance = ok(house.ask(house.at.clearinghouse, &marks).await).tolerances[0];
        assert!(
            tolerance >= uwad("1"),
            "a 2,000th of the forward: {tolerance}"
        );
        let width = async || mark_and_width(&house, instrument).await;
        // Asked when the next block's second is the trade's.
        let (mark, band) = width().await;
        wider += usize::from(band == tolerance);
        let at = |price| report(vec![option_fill(&p.alice, &p.bob, instrument, "1", price)]);
        let edges = [mark + band, mark.saturating_sub(band).max(U256::from(1))];
        for edge in edges {
            let snapshot = house.snapshot().await.unwrap();
            ok(house.send(&p.stranger, desk, &at(edge)).await);
            house.revert(snapshot).await.unwrap();
        }
        for (price, inside) in [
            (edges[0] + U256::from(1), false),
            (edges[1] - U256::from(1), mark <= band),
        ] {
            if inside {
                continue;
            }
            let e: IClearinghouse::PriceOutsideBand =
                house.expect_revert(&p.stranger, desk, &at(price)).await;
            assert_eq!((e.instrument, e.price.into_raw()), (instrument, price));
            assert!(price.abs_diff(e.mark) > e.band);
        }
    }
    assert_eq!(wider, 1, "far out of the money alone");
    // A fee counts as price, spread over the size.
    let instrument = option(DESK, ETH, true, day, "2,000");
    let (mark, band) = mark_and_width(&house, instrument).await;
    let dear = Fill {
        buyerFee: band * U256::from(2) + U256::from(1),
        ..option_fill(&p.alice, &p.bob, instrument, "2", mark)
    };
    let e: IClearinghouse::PriceOutsideBand = house
        .expect_revert(&p.stranger, desk, &report(vec![dear]))
        .await;
    assert!(e.price.into_raw() > mark + e.band);
}

/// L-2: mark + fee − price counts, however cheap the option: where the fee exceeds the price, too. One lot of a call at
/// 8,000, worth next to nothing, and a fee of 99,999 took a seller from 100,000 to 1.
#[tokio::test(flavor = "multi_thread")]
async fn l_2_a_sellers_fee_is_bounded_by_the_band_however_cheap_the_option() {
    let house = furnished().await;
    let p = &house.people;
    let desk = house.desk();
    let day = house.day(30).await;
    ok(house
        .push(vec![house.flat(ETH, day, "2,000", "0.8").await])
        .await);
    let instrument = option(DESK, ETH, true, day, "8,000");
    let (mark, band) = mark_and_width(&house, instrument).await;
    assert!(band > mark, "the tolerance reaches below nothing");
    let seller = ok(house.cash(p.bob.account()).await);
    let with = |size, price, fee| Fill {
        sellerFee: fee,
        ..option_fill(&p.alice, &p.bob, instrument, size, price)
    };
    let tick = U256::from(1);
    let refused = async |bad: Fill| {
        let (mark, band) = mark_and_width(&house, instrument).await;
        let per_unit = bad.sellerFee * U256::from(WAD) / bad.size;
        let left = I256::try_from(bad.price).unwrap() - I256::try_from(per_unit).unwrap();
        let call = report(vec![bad]);
        let e: IClearinghouse::PriceOutsideBand =
            house.expect_revert(&p.stranger, desk, &call).await;
        assert_eq!((e.instrument, e.mark, e.band), (instrument, mark, band));
        assert_eq!(e.price, left);
    };
    refused(with("0.0001", mark, uwad("99,999"))).await;
    assert_eq!(ok(house.cash(p.bob.account()).await), seller);
    // To the last unit: what the seller is short of the mark is his fee less what he sold above it.
    for above in [U256::ZERO, tick, band] {
        let snapshot = house.snapshot().await.unwrap();
        let (mark, band) = mark_and_width(&house, instrument).await;
        let price = mark + above;
        refused(with("1", price, band + above + tick)).await;
        house.revert(snapshot).await.unwrap();
        let snapshot = house.snapshot().await.unwrap();
        let call = report(vec![with("1", price, band + above)]);
        ok(house.send(&p.stranger, desk, &call).await);
        let lost = seller - ok(house.cash(p.bob.account()).await);
        assert_eq!(lost, i128::try_from(band - mark).unwrap());
        house.revert(snapshot).await.unwrap();
    }
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
    let settled = ExpiryUpdate {
        forward: 0,
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
