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
    let at = house.at;
    for contract in owned(&house) {
        hand_over(&house, contract).await;
    }
    // The owner of margin is parameters, for good; the lens has none.
    let owner = ok(house.ask(at.margin, &IMargin::ownerCall {}).await);
    assert_eq!(owner, at.parameters);
    let p = &house.people;
    for contract in [at.margin, at.lens] {
        let offer = IVault::transferOwnershipCall {
            newOwner: p.alice.address,
        };
        for actor in [&p.deployer, &p.alice] {
            let e: IMargin::UnknownSelector = house.expect_revert(actor, contract, &offer).await;
            assert_eq!(e.selector, IVault::transferOwnershipCall::SELECTOR);
        }
    }
}

/// The contracts whose owner may hand them over.
fn owned(house: &House) -> impl Iterator<Item = Address> {
    let contracts = plimsoll::registry::CONTRACTS.iter();
    contracts
        .filter(|contract| contract.is_owned())
        .map(|contract| house.at.get(contract.name).expect("an address"))
}

/// From the deployer to alice, with all that is refused on the way.
async fn hand_over(house: &House, contract: Address) {
    let p = &house.people;
    let [deployer, alice, bob] = [&p.deployer, &p.alice, &p.bob].map(|actor| actor.address);
    let owners = async || {
        let owner = ok(house.ask(contract, &IVault::ownerCall {}).await);
        let pending = ok(house.ask(contract, &IVault::pendingOwnerCall {}).await);
        (owner, pending)
    };
    let offer = IVault::transferOwnershipCall { newOwner: alice };
    let e: IVault::NotOwner = house.expect_revert(&p.bob, contract, &offer).await;
    assert_eq!((e.caller, e.owner), (bob, deployer));
    ok(house.send(&p.deployer, contract, &offer).await);
    assert_eq!(owners().await, (deployer, alice));
    let accept = IVault::acceptOwnershipCall {};
    let e: IVault::NotOwner = house.expect_revert(&p.bob, contract, &accept).await;
    assert_eq!((e.caller, e.owner), (bob, alice));
    ok(house.send(&p.alice, contract, &accept).await);
    assert_eq!(owners().await, (alice, Address::ZERO));
    let e: IVault::NotOwner = house.expect_revert(&p.deployer, contract, &offer).await;
    assert_eq!((e.caller, e.owner), (deployer, alice));
}

/// A contract is initialised once: not again by its owner.
#[tokio::test(flavor = "multi_thread")]
async fn no_contract_is_initialised_again() {
    let house = House::start().await;
    let (p, at) = (&house.people, house.at);
    for contract in owned(&house) {
        hand_over(&house, contract).await;
    }
    let a = p.alice.address;
    let call = IOracle::initializeCall { owner: a };
    let _: IOracle::AlreadyInitialized = house.expect_revert(&p.alice, at.oracle, &call).await;
    let call = IMargin::initializeCall {
        parameters: a,
        oracle: a,
    };
    let _: IMargin::AlreadyInitialized = house.expect_revert(&p.alice, at.margin, &call).await;
    let call = ILens::initializeCall {
        vault: a,
        clearinghouse: a,
        auction: a,
        margin: a,
        oracle: a,
    };
    let e: ILens::NotOwner = house.expect_revert(&p.deployer, at.lens, &call).await;
    assert_eq!((e.caller, e.owner), (p.deployer.address, Address::ZERO));
    let call = IParameters::initializeCall {
        owner: a,
        margin: a,
        oracle: a,
        vault: a,
    };
    let _: IParameters::AlreadyInitialized =
        house.expect_revert(&p.alice, at.parameters, &call).await;
    let call = IVault::initializeCall {
        owner: a,
        margin: a,
        clearinghouse: a,
        auction: a,
    };
    let _: IVault::AlreadyInitialized = house.expect_revert(&p.alice, at.vault, &call).await;
    let call = IAuction::initializeCall {
        owner: a,
        vault: a,
        margin: a,
        oracle: a,
    };
    let _: IAuction::AlreadyInitialized = house.expect_revert(&p.alice, at.auction, &call).await;
    let call = IClearinghouse::initializeCall {
        owner: a,
        vault: a,
        margin: a,
        oracle: a,
    };
    let _: IClearinghouse::AlreadyInitialized =
        house.expect_revert(&p.alice, at.clearinghouse, &call).await;
}
