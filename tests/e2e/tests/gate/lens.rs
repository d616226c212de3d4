//! The lens's one method.

use super::*;

pub(crate) async fn attempt(method: &str, watch: &mut Watch<'_>) {
    if method == "initialize" {
        initialize(watch).await;
    }
}

async fn initialize(watch: &mut Watch<'_>) {
    let (at, p) = (watch.house.at, &watch.house.people);
    let call = ILens::initializeCall {
        vault: at.vault,
        clearinghouse: at.clearinghouse,
        auction: at.auction,
        margin: at.margin,
        oracle: at.oracle,
    };
    watch.attempt(&p.stranger, at.lens, &call).await;
    watch.attempt(&p.deployer, at.lens, &call).await;
}
