//! How venues are set.

use super::*;

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
