//! How far from the mark a price may be.

use super::*;

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
