//! What may be listed.

use super::*;

/// What may be listed.
#[tokio::test(flavor = "multi_thread")]
async fn listing_is_refused_with_reasons() {
    let house = House::start().await;
    let p = &house.people;
    let vault = house.at.vault;
    let list = |token| IVault::listAssetCall {
        token,
        cap: u128::MAX,
    };
    let e: IVault::NotOwner = house
        .expect_revert(&p.alice, vault, &list(house.weth.address))
        .await;
    assert_eq!((e.caller, e.owner), (p.alice.address, p.deployer.address));
    let e: IVault::TokenListed = house
        .expect_revert(&p.deployer, vault, &list(house.weth.address))
        .await;
    assert_eq!((e.token, e.asset), (house.weth.address, 2));
    for token in [Address::ZERO, p.alice.address] {
        let e: IVault::NoCode = house.expect_revert(&p.deployer, vault, &list(token)).await;
        assert_eq!(e.token, token);
    }
    // A contract that is no token.
    let e: IVault::BadToken = house
        .expect_revert(&p.deployer, vault, &list(house.at.margin))
        .await;
    assert_eq!(e.token, house.at.margin);
    let why = IMargin::UnknownSelector::abi_decode(&e.reason).unwrap();
    assert_eq!(why.selector, [0x31, 0x3c, 0xe5, 0x67]);
    // Margin must know the next asset, with the decimals the token says.
    let feed_decimals = house.eth_feed; // answers decimals() with 8
    let e: IVault::UnknownAsset = house
        .expect_revert(&p.deployer, vault, &list(feed_decimals))
        .await;
    assert_eq!(e.asset, 3);
    let asset = IParameters::setAssetCall {
        asset: 3,
        feed: 1,
        underlying: 0,
        decimals: 9,
        rates: rates(&[WAD as u64 / 5, WAD as u64 / 10]),
    };
    ok(house.send(&p.deployer, house.at.parameters, &asset).await);
    let e: IVault::DecimalsDiffer = house
        .expect_revert(&p.deployer, vault, &list(feed_decimals))
        .await;
    assert_eq!((e.decimals, e.marginDecimals), (8, 9));
    let call = IVault::setCapCall { asset: 3, cap: 1 };
    let e: IVault::UnknownAsset = house.expect_revert(&p.deployer, vault, &call).await;
    assert_eq!(e.asset, 3);
    let e = house
        .ask(vault, &IVault::assetCall { asset: 3 })
        .await
        .unwrap_err();
    assert_eq!(e.as_error::<IVault::UnknownAsset>().unwrap().asset, 3);
    assert_eq!(ok(house.ask(vault, &IVault::assetCountCall {}).await), 3);
}

/// Terms set for an index that the vault does not list yet were for another token: its haircuts are not taken over.
#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_leaves_no_haircuts_behind() {
    let house = House::start().await;
    let set = |rates| IParameters::setAssetCall {
        asset: 3,
        feed: 1,
        underlying: 0,
        decimals: 18,
        rates,
    };
    let deployer = &house.people.deployer;
    let query = IParameters::assetCall { asset: 3 };
    let free = vec![0, 0];
    ok(house
        .send(deployer, house.at.parameters, &set(rates(&free)))
        .await);
    assert_eq!(ok(house.ask(house.at.parameters, &query).await).rates, free);
    ok(house
        .send(deployer, house.at.parameters, &set(vec![]))
        .await);
    let defaults = vec![WAD as u64 / 10, WAD as u64 / 20];
    assert_eq!(
        ok(house.ask(house.at.parameters, &query).await).rates,
        defaults
    );
}
