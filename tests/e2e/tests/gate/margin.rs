//! Methods of margin.

use super::*;

pub(crate) async fn attempt(method: &str, watch: &mut Watch<'_>) {
    match method {
        "initialize" => initialize(watch).await,
        "setTerms" => set_terms(watch).await,
        _ => {}
    }
}

async fn initialize(watch: &mut Watch<'_>) {
    let (at, stranger) = (watch.house.at, &watch.house.people.stranger);
    let call = IMargin::initializeCall {
        parameters: stranger.address,
        oracle: at.oracle,
    };
    watch.attempt(stranger, at.margin, &call).await;
}

async fn set_terms(watch: &mut Watch<'_>) {
    let call = IMargin::setTermsCall {
        key: U256::from(1_u64 << 32),
        words: vec![U256::ZERO],
    };
    for actor in watch.stage.everyone() {
        watch.attempt(actor, watch.house.at.margin, &call).await;
    }
}
