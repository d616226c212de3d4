//! Methods of the auction.

use super::*;

pub(crate) async fn attempt(method: &str, watch: &mut Watch<'_>) {
    let auction = watch.house.at.auction;
    match method {
        "initialize" => initialize(watch).await,
        "transferOwnership" => watch.transfer_ownership(auction).await,
        "acceptOwnership" => watch.accept_ownership(auction).await,
        "setParameters" => set_parameters(watch).await,
        "start" => start(watch).await,
        "noteStale" => note_stale(watch).await,
        "markInsolvent" => mark_insolvent(watch).await,
        "close" => close(watch).await,
        "bid" => bid(watch).await,
        _ => {}
    }
}

async fn initialize(watch: &mut Watch<'_>) {
    let (at, stranger) = (watch.house.at, &watch.house.people.stranger);
    let a = stranger.address;
    let call = IAuction::initializeCall {
        owner: a,
        vault: a,
        margin: a,
        oracle: a,
    };
    watch.attempt(stranger, at.auction, &call).await;
}

async fn set_parameters(watch: &mut Watch<'_>) {
    let (at, p) = (watch.house.at, &watch.house.people);
    let call = IAuction::setParametersCall {
        lambdaMax: 1,
        duration: 1,
        fundLambdaMax: 1,
        fundDuration: 1,
        buffer: 1,
        minFraction: 1,
    };
    watch.attempt(&p.alice, at.auction, &call).await;
}

async fn start(watch: &mut Watch<'_>) {
    of_each(watch, |account| IAuction::startCall { account }).await;
}

async fn note_stale(watch: &mut Watch<'_>) {
    of_each(watch, |account| IAuction::noteStaleCall { account }).await;
}

async fn mark_insolvent(watch: &mut Watch<'_>) {
    of_each(watch, |account| IAuction::markInsolventCall { account }).await;
}

async fn close(watch: &mut Watch<'_>) {
    of_each(watch, |account| IAuction::closeCall { account }).await;
}

/// A stranger's call for each account.
async fn of_each<C: SolCall>(watch: &mut Watch<'_>, call: impl Fn(B256) -> C) {
    let house = watch.house;
    for account in watch.stage.accounts_and_fund() {
        let call = call(account);
        watch
            .attempt(&house.people.stranger, house.at.auction, &call)
            .await;
    }
}

/// Bids for carol's account, of a hundredth to all of it, her own two accounts among the bidders.
async fn bid(watch: &mut Watch<'_>) {
    let house = watch.house;
    let p = &house.people;
    let account = p.carol.account();
    let (_, version, _) = ok(house.account(account).await);
    let bidders = [
        (&p.alice, p.alice.account()),
        (&p.bob, p.bob.account()),
        (&p.bidder, p.bidder.account()),
        (&p.carol, account),
        (&p.carol, watch.stage.dora),
    ];
    for (actor, bidder) in bidders {
        for percent in [1_u64, 10, 60, 100] {
            let b = Bid {
                account,
                bidder,
                fraction: U256::from(percent) * U256::from(WAD / 100),
                maxPrice: I256::MAX,
                version,
                deadline: u64::MAX,
            };
            watch
                .attempt(actor, house.at.auction, &IAuction::bidCall { b })
                .await;
        }
    }
}
