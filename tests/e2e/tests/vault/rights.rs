//! Venues an account admits, and ownership of the contracts.

use super::*;

/// Venues are bits: neighbours do not touch each other.
#[tokio::test(flavor = "multi_thread")]
async fn venues_are_admitted_one_by_one() {
    let house = House::start().await;
    let p = &house.people;
    let account = p.alice.subaccount(9);
    let vault = house.at.vault;
    let admitted = async |venue| {
        ok(house
            .ask(vault, &IVault::isVenueAdmittedCall { account, venue })
            .await)
    };
    for venue in [1, 63, 64, 255, 256, 257, 511, 65_535] {
        ok(house.admit(&p.alice, account, venue, true).await);
        for other in [
            0, 1, 2, 62, 63, 64, 65, 254, 255, 256, 257, 258, 511, 65_534, 65_535,
        ] {
            assert_eq!(admitted(other).await, other == venue, "{venue} {other}");
        }
        ok(house.admit(&p.alice, account, venue, false).await);
        assert!(!admitted(venue).await);
    }
    let call = IVault::admitVenueCall {
        account,
        venue: 0,
        admitted: true,
    };
    let e: IVault::InvalidVenue = house.expect_revert(&p.alice, vault, &call).await;
    assert_eq!(e.venue, 0);
    let call = IVault::admitVenueCall {
        account,
        venue: 5,
        admitted: true,
    };
    let e: IVault::NotAuthorized = house.expect_revert(&p.bob, vault, &call).await;
    assert_eq!((e.account, e.caller), (account, p.bob.address));
}

/// I-AUTH-6: ownership in two steps; the old owner stays until the new one accepts.
#[tokio::test(flavor = "multi_thread")]
async fn ownership_moves_in_two_steps() {
    let house = House::start().await;
    let p = &house.people;
    for contract in [
        house.at.oracle,
        house.at.parameters,
        house.at.vault,
        house.at.clearinghouse,
        house.at.auction,
    ] {
        let offer = IVault::transferOwnershipCall {
            newOwner: p.alice.address,
        };
        let e: IVault::NotOwner = house.expect_revert(&p.bob, contract, &offer).await;
        assert_eq!((e.caller, e.owner), (p.bob.address, p.deployer.address));
        ok(house.send(&p.deployer, contract, &offer).await);
        assert_eq!(
            ok(house.ask(contract, &IVault::ownerCall {}).await),
            p.deployer.address
        );
        assert_eq!(
            ok(house.ask(contract, &IVault::pendingOwnerCall {}).await),
            p.alice.address
        );
        let accept = IVault::acceptOwnershipCall {};
        let e: IVault::NotOwner = house.expect_revert(&p.bob, contract, &accept).await;
        assert_eq!((e.caller, e.owner), (p.bob.address, p.alice.address));
        ok(house.send(&p.alice, contract, &accept).await);
        assert_eq!(
            ok(house.ask(contract, &IVault::ownerCall {}).await),
            p.alice.address
        );
        assert_eq!(
            ok(house.ask(contract, &IVault::pendingOwnerCall {}).await),
            Address::ZERO
        );
        let e: IVault::NotOwner = house.expect_revert(&p.deployer, contract, &offer).await;
        assert_eq!((e.caller, e.owner), (p.deployer.address, p.alice.address));
        let again = IOracle::initializeCall {
            owner: p.alice.address,
        };
        if contract == house.at.oracle {
            let _: IOracle::AlreadyInitialized =
                house.expect_revert(&p.alice, contract, &again).await;
        }
    }
    // Margin is its parameters' for good; nobody has the lens.
    let owner = ok(house.ask(house.at.margin, &IMargin::ownerCall {}).await);
    assert_eq!(owner, house.at.parameters);
    for contract in [house.at.margin, house.at.lens] {
        let offer = IVault::transferOwnershipCall {
            newOwner: p.alice.address,
        };
        for actor in [&p.deployer, &p.alice] {
            let e: IMargin::UnknownSelector = house.expect_revert(actor, contract, &offer).await;
            assert_eq!(e.selector, IVault::transferOwnershipCall::SELECTOR);
        }
    }
    let again = IMargin::initializeCall {
        parameters: p.alice.address,
        oracle: p.alice.address,
    };
    let _: IMargin::AlreadyInitialized =
        house.expect_revert(&p.alice, house.at.margin, &again).await;
    let again = ILens::initializeCall {
        vault: p.alice.address,
        clearinghouse: p.alice.address,
        auction: p.alice.address,
        margin: p.alice.address,
        oracle: p.alice.address,
    };
    let e: ILens::NotOwner = house
        .expect_revert(&p.deployer, house.at.lens, &again)
        .await;
    assert_eq!((e.caller, e.owner), (p.deployer.address, Address::ZERO));
    let again = IParameters::initializeCall {
        owner: p.alice.address,
        margin: p.alice.address,
        oracle: p.alice.address,
        vault: p.alice.address,
    };
    let _: IParameters::AlreadyInitialized = house
        .expect_revert(&p.alice, house.at.parameters, &again)
        .await;
    let again = IVault::initializeCall {
        owner: p.alice.address,
        margin: p.alice.address,
        clearinghouse: p.alice.address,
        auction: p.alice.address,
    };
    let _: IVault::AlreadyInitialized = house.expect_revert(&p.alice, house.at.vault, &again).await;
    let again = IAuction::initializeCall {
        owner: p.alice.address,
        vault: p.alice.address,
        margin: p.alice.address,
    };
    let _: IAuction::AlreadyInitialized = house
        .expect_revert(&p.alice, house.at.auction, &again)
        .await;
    let again = IClearinghouse::initializeCall {
        owner: p.alice.address,
        vault: p.alice.address,
        margin: p.alice.address,
        oracle: p.alice.address,
    };
    let _: IClearinghouse::AlreadyInitialized = house
        .expect_revert(&p.alice, house.at.clearinghouse, &again)
        .await;
}
