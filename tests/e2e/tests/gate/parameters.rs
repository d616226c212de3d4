//! Methods of parameters. Those of the owner are not the gate's subject: no other caller gets through.

use super::*;

pub(crate) async fn attempt(method: &str, watch: &mut Watch<'_>) {
    let parameters = watch.house.at.parameters;
    match method {
        "initialize" => initialize(watch).await,
        "transferOwnership" => watch.transfer_ownership(parameters).await,
        "acceptOwnership" => watch.accept_ownership(parameters).await,
        "setRules" => set_rules(watch).await,
        "setUnderlying" => set_underlying(watch).await,
        "setAsset" => set_asset(watch).await,
        _ => {}
    }
}

async fn initialize(watch: &mut Watch<'_>) {
    let (at, stranger) = (watch.house.at, &watch.house.people.stranger);
    let call = IParameters::initializeCall {
        owner: stranger.address,
        margin: at.margin,
        oracle: at.oracle,
        vault: at.vault,
    };
    watch.attempt(stranger, at.parameters, &call).await;
}

async fn set_rules(watch: &mut Watch<'_>) {
    let call = IParameters::setRulesCall {
        coinFeed: 0,
        rates: rates(&[2 * WAD as u64, 2 * WAD as u64, 0, WAD as u64, WAD as u64]),
    };
    as_alice(watch, &call).await;
}

async fn set_underlying(watch: &mut Watch<'_>) {
    let query = IParameters::underlyingCall { underlying: ETH };
    let terms = ok(watch.house.ask(watch.house.at.parameters, &query).await);
    let call = IParameters::setUnderlyingCall {
        scenarioSet: 3,
        ..listing(ETH, &terms)
    };
    as_alice(watch, &call).await;
}

async fn set_asset(watch: &mut Watch<'_>) {
    let call = IParameters::setAssetCall {
        asset: 2,
        feed: ETH,
        underlying: ETH,
        decimals: 18,
        rates: rates(&[WAD as u64 / 5, 0]),
    };
    as_alice(watch, &call).await;
}

async fn as_alice(watch: &mut Watch<'_>, call: &impl SolCall) {
    let house = watch.house;
    watch
        .attempt(&house.people.alice, house.at.parameters, call)
        .await;
}
