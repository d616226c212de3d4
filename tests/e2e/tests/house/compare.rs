//! A house beside what this source builds.

use plimsoll::deploy::compare::compare;
use plimsoll_e2e::*;

/// What differs between a house on a chain and a record of it: `contract: what`.
async fn differences(
    house: &House,
    record: &plimsoll::deploy::Record,
    owner: Option<Address>,
) -> Vec<String> {
    let programs = plimsoll_build::build_cached(&Progress::silent()).unwrap();
    let compared = compare(&house.client, record, &programs, owner)
        .await
        .unwrap();
    assert_eq!(compared.ok, compared.differences.is_empty());
    compared
        .differences
        .into_iter()
        .map(|d| format!("{}: {}", d.contract, d.what))
        .collect()
}

/// Each thing that can be wrong with a house on a chain is named.
#[tokio::test(flavor = "multi_thread")]
async fn what_differs_from_the_build_is_named() {
    let house = House::start().await;
    let p = &house.people;
    let owner = Some(p.deployer.address);
    let none: [&str; 0] = [];
    assert_eq!(differences(&house, &house.record, owner).await, none);
    assert_eq!(differences(&house, &house.record, None).await, none);

    // Another owner than the one wanted: all five that have one.
    let strangers = differences(&house, &house.record, Some(p.stranger.address)).await;
    let owned = plimsoll::registry::CONTRACTS
        .iter()
        .filter(|c| c.is_owned());
    let wanted: Vec<_> = owned.map(|c| format!("{}: owner", c.name)).collect();
    assert_eq!(strangers, wanted);

    // An offer that nobody accepted.
    let forked = House::start().await;
    let offer = IVault::transferOwnershipCall {
        newOwner: p.alice.address,
    };
    ok(forked.send(&p.deployer, forked.at.vault, &offer).await);
    assert_eq!(
        differences(&forked, &house.record, owner).await,
        ["vault: ownership"]
    );

    // A contract of the same code that nobody initialised, in the place of the auction.
    let programs = plimsoll_build::build_cached(&Progress::silent()).unwrap();
    let auction = programs.iter().find(|p| p.name == "auction").unwrap();
    let init = plimsoll::deploy::init_code(&auction.code(&[])).unwrap();
    let (fresh, _) = forked
        .client
        .create(&p.deployer.signer, init)
        .await
        .unwrap();
    let mut record = house.record.clone();
    record.contracts.get_mut("auction").unwrap().address = fresh;
    let said = differences(&forked, &record, owner).await;
    assert_eq!(
        said,
        [
            "auction: initialised",
            "vault: auction",
            "auction: vault",
            "auction: margin",
            "auction: oracle",
            "lens: auction",
            "vault: ownership"
        ]
    );
}

/// Another contract's code, none, and one that is only recorded.
#[tokio::test(flavor = "multi_thread")]
async fn code_that_differs_from_the_record_is_named() {
    let house = House::start().await;
    let p = &house.people;
    let owner = Some(p.deployer.address);
    let mut record = house.record.clone();
    record.contracts.get_mut("oracle").unwrap().address = house.at.auction;
    let said = differences(&house, &record, owner).await;
    assert!(said.contains(&"oracle: code".into()), "{said:?}");
    assert!(
        said.contains(&"oracle: recorded code hash".into()),
        "{said:?}"
    );
    assert!(said.contains(&"margin: oracle".into()), "{said:?}");
    let mut record = house.record.clone();
    let lens = record.contracts.get_mut("lens").unwrap();
    lens.address = p.alice.address;
    let lens = lens.clone();
    record.contracts.insert("telescope".into(), lens);
    record.contracts.remove("auction");
    let said = differences(&house, &record, owner).await;
    let some = ["telescope: source", "auction: record", "lens: code"];
    assert_eq!(
        said, some,
        "without the auction there are no pointers to ask for"
    );
}
