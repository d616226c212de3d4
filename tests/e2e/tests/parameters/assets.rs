//! Bounds of an asset's terms.

use super::*;

#[test]
fn i_par_1_assets_are_refused_with_the_numbers() {
    let mut hub = Floor::new().hub;
    for (good, table) in [
        (set_asset(WETH, 1, ETH, 18, (0, 0)), AssetRate::LINKED_TABLE),
        (set_asset(LOOSE, 2, 0, 24, (0, 0)), AssetRate::TABLE),
    ] {
        check_bounds(&mut hub, &good, &table, |call| &mut call.rates);
    }
    let ok = (100_000, 50_000);
    for asset in [16, 255] {
        let e: IParameters::UnknownAsset = refused(&mut hub, &set_asset(asset, 1, ETH, 18, ok));
        assert_eq!(e.asset, asset);
    }
    let e: IParameters::FeedRequired = refused(&mut hub, &set_asset(WETH, 0, ETH, 18, ok));
    assert_eq!(e.underlying, ETH);
    let e: IParameters::UnknownUnderlying = refused(&mut hub, &set_asset(WETH, 1, 9, 18, ok));
    assert_eq!(e.underlying, 9);
    let e: IOracle::UnknownFeed = refused(&mut hub, &set_asset(WETH, 77, ETH, 18, ok));
    assert_eq!(e.feed, 77);
    let e: IParameters::TooManyAssetDecimals = refused(&mut hub, &set_asset(9, 1, ETH, 25, ok));
    assert_eq!((e.decimals, e.limit), (25, 24));
    for given in [17, 19, 0, 24] {
        let e: IParameters::AssetDecimalsFrozen =
            refused(&mut hub, &set_asset(WETH, 1, ETH, given, ok));
        assert_eq!((e.asset, e.decimals, e.given), (WETH, 18, given));
    }
    let call = set_asset(WETH, 1, ETH, 18, (50_000, 50_001));
    let e: IParameters::InitialBelowMaintenance = refused(&mut hub, &call);
    assert_eq!(
        (e.rate, e.initial, e.maintenance),
        (0, widen(50_000), widen(50_001))
    );

    let call = set_asset(15, 2, BTC, 24, (200_000, 200_000));
    let done = hub.set(&call);
    let told = &events::<IParameters::AssetSet>(&done)[..];
    assert_eq!(told.len(), 1);
    let told = &told[0];
    assert_eq!(
        (told.asset, told.feed, told.underlying, told.decimals),
        (15, 2, BTC, 24)
    );
    let given = shown(&call.rates);
    assert_eq!(told.rates, given);
    let now = hub.get(hub.parameters, &IParameters::assetCall { asset: 15 });
    assert_eq!((now.feed, now.underlying, now.decimals), (2, BTC, 24));
    assert_eq!(now.rates, given);
    let none = hub.get(hub.parameters, &IParameters::assetCall { asset: 14 });
    assert_eq!((none.feed, none.underlying, none.decimals), (0, 0, 0));
    assert_eq!(none.rates, [0; AssetRate::COUNT]);
}
