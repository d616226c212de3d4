//! The house stands, and a trade at each venue goes through all five contracts.

use plimsoll_e2e::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_house_stands_and_both_venues_trade() {
    let house = House::start().await;
    let p = &house.people;
    assert_eq!(house.record.addresses().unwrap(), house.at);
    for (name, contract) in [("book", house.book), ("pool", house.pool)] {
        assert_eq!(house.record.venues[name].address, contract);
    }

    house.give(&p.alice, "100,000").await;
    house.give(&p.maker, "100,000").await;
    ok(house
        .trade_book(&p.alice, &p.maker, ETH, uwad("10"), uwad("2,000"))
        .await);
    ok(house.trade_pool(&p.alice, ETH, false, uwad("4")).await);

    let long = ok(house.leg(p.alice.account(), perp(BOOK, ETH)).await).unwrap();
    let short = ok(house.leg(p.alice.account(), perp(POOL, ETH)).await).unwrap();
    assert_eq!(
        (long.size, short.size),
        (100_000, -40_000),
        "lots of 0.0001"
    );
    let a = ok(house.assess(p.alice.account()).await);
    assert!(!a.stale && a.equity > a.im.try_into().unwrap() && a.im >= a.mm && !a.mm.is_zero());

    // I-ACC-14: close, then leave with everything.
    ok(house.trade_pool(&p.alice, ETH, true, uwad("4")).await);
    ok(house
        .trade_book(&p.maker, &p.alice, ETH, uwad("10"), uwad("2,000"))
        .await);
    let account = p.alice.account();
    let most = house.max_withdraw(account, house.usdc).await.unwrap();
    ok(house.withdraw(&p.alice, account, house.usdc, most).await);
    assert!(ok(house.account(account).await).0.legs.is_empty());
    house.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deploying_again_changes_nothing() {
    let dir = std::env::temp_dir().join(format!("plimsoll-again-{}", std::process::id()));
    let path = dir.join("house.json");
    let house = House::start_with(Options {
        record: Some(path.clone()),
        ..Options::default()
    })
    .await;
    let before = std::fs::read_to_string(&path).unwrap();
    let nonce = |house: &House| {
        let address = house.people.deployer.address;
        house
            .node
            .chain
            .with(move |c| c.nonce(address, Default::default()).unwrap())
    };
    let used = nonce(&house);

    let programs = plimsoll_build::build_cached(&Progress::silent()).unwrap();
    let signer = house.people.deployer.signer.clone();
    let mut again = plimsoll::deploy::Deployer::new(
        &house.client,
        &signer,
        Some(path.clone()),
        Progress::silent(),
    )
    .unwrap();
    assert_eq!(again.contracts(&programs, false).await.unwrap(), house.at);
    assert_eq!(nonce(&house), used, "no transaction was sent");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    std::fs::remove_dir_all(dir).unwrap();
}

/// I-AUTH-7: initialisers run once, and nobody but the deployer could have run them.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_initialises_what_another_deployed() {
    let house = House::start().await;
    let p = &house.people;
    let call = IOracle::initializeCall {
        owner: p.stranger.address,
    };
    let e = house
        .send(&p.deployer, house.at.oracle, &call)
        .await
        .unwrap_err();
    assert!(e.as_error::<IOracle::AlreadyInitialized>().is_some(), "{e}");

    // A new contract of the same code, on the fragments that stand already: the deployer stands in slot 0.
    let programs = plimsoll_build::build_cached(&Progress::silent()).unwrap();
    let oracle = programs.iter().find(|p| p.name == "oracle").unwrap();
    let fragments = house.record.fragments.get("oracle");
    let at: Vec<_> = fragments.into_iter().flatten().map(|f| f.address).collect();
    let code = plimsoll::deploy::init_code(&oracle.code(&at)).unwrap();
    let (fresh, _) = house.client.create(&p.deployer.signer, code).await.unwrap();
    let e = house.send(&p.stranger, fresh, &call).await.unwrap_err();
    let e = e
        .as_error::<IOracle::NotOwner>()
        .unwrap_or_else(|| panic!("{e}"));
    assert_eq!(
        (e.caller, e.owner),
        (p.stranger.address, p.deployer.address)
    );
    ok(house.send(&p.deployer, fresh, &call).await);
}
