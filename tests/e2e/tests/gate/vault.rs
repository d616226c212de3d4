//! Methods of the vault.

use super::*;

pub(crate) async fn attempt(method: &str, watch: &mut Watch<'_>) {
    let vault = watch.house.at.vault;
    match method {
        "initialize" => initialize(watch).await,
        "transferOwnership" => watch.transfer_ownership(vault).await,
        "acceptOwnership" => watch.accept_ownership(vault).await,
        "listAsset" => list_asset(watch).await,
        "setCap" => set_cap(watch).await,
        "deposit" => deposit(watch).await,
        "withdraw" => withdraw(watch).await,
        "admitVenue" => admit_venue(watch).await,
        "setOperator" => set_operator(watch).await,
        "applyEntries" => apply_entries(watch).await,
        "setInAuction" => set_in_auction(watch).await,
        _ => {}
    }
}

async fn initialize(watch: &mut Watch<'_>) {
    let (vault, stranger) = (watch.house.at.vault, &watch.house.people.stranger);
    let a = stranger.address;
    let call = IVault::initializeCall {
        owner: a,
        margin: a,
        clearinghouse: a,
        auction: a,
    };
    watch.attempt(stranger, vault, &call).await;
}

async fn list_asset(watch: &mut Watch<'_>) {
    let house = watch.house;
    let call = IVault::listAssetCall {
        token: house.eth_feed,
        cap: 1,
    };
    watch
        .attempt(&house.people.alice, house.at.vault, &call)
        .await;
}

/// A cap below what is held stops deposits and nothing else.
async fn set_cap(watch: &mut Watch<'_>) {
    let house = watch.house;
    let call = IVault::setCapCall { asset: 0, cap: 0 };
    watch
        .attempt(&house.people.deployer, house.at.vault, &call)
        .await;
}

async fn deposit(watch: &mut Watch<'_>) {
    let house = watch.house;
    for actor in watch.stage.everyone() {
        for account in watch.stage.accounts_and_fund() {
            for (token, amount) in [(house.usdc, 5_000_000), (house.wbtc, 1)] {
                let call = IVault::depositCall {
                    account,
                    token: token.address,
                    amount: U256::from(amount),
                };
                watch.attempt(actor, house.at.vault, &call).await;
            }
        }
    }
}

/// A unit, the most that may leave, a unit more, and far more.
async fn withdraw(watch: &mut Watch<'_>) {
    let house = watch.house;
    for account in watch.stage.accounts() {
        for token in house.tokens() {
            let most = ok(house.max_withdraw(account, token).await);
            let one = U256::from(1);
            for amount in [one, most, most + one, most * U256::from(2), U256::MAX] {
                for actor in watch.stage.everyone() {
                    let call = IVault::withdrawCall {
                        account,
                        token: token.address,
                        amount,
                        to: actor.address,
                    };
                    watch.attempt(actor, house.at.vault, &call).await;
                }
            }
        }
    }
}

async fn admit_venue(watch: &mut Watch<'_>) {
    let [account, ..] = watch.stage.accounts();
    for actor in watch.stage.everyone() {
        for admitted in [true, false] {
            let call = IVault::admitVenueCall {
                account,
                venue: DESK,
                admitted,
            };
            watch.attempt(actor, watch.house.at.vault, &call).await;
        }
    }
}

async fn set_operator(watch: &mut Watch<'_>) {
    let [account, ..] = watch.stage.accounts();
    for actor in watch.stage.everyone() {
        let call = IVault::setOperatorCall {
            account,
            operator: watch.house.people.stranger.address,
            approved: true,
        };
        watch.attempt(actor, watch.house.at.vault, &call).await;
    }
}

/// As the clearinghouse and as the auction would call it: a thousand coins of alice's for bob.
async fn apply_entries(watch: &mut Watch<'_>) {
    let [alice, bob, _] = watch.stage.accounts();
    let thousand = 1_000 * WAD as i128;
    let entries = [(alice, -thousand), (bob, thousand)].map(|(account, cash)| Entry {
        account,
        cash,
        instrument: 0,
        size: 0,
        quote: 0,
    });
    for (venue, liquidated) in [(DESK, B256::ZERO), (0, alice)] {
        let call = IVault::applyEntriesCall {
            venue,
            liquidated,
            entries: entries.to_vec(),
            assets: vec![],
        };
        as_everyone_and_owner(watch, &call).await;
    }
}

async fn set_in_auction(watch: &mut Watch<'_>) {
    let [account, ..] = watch.stage.accounts();
    let call = IVault::setInAuctionCall {
        account,
        inAuction: true,
    };
    as_everyone_and_owner(watch, &call).await;
}

async fn as_everyone_and_owner(watch: &mut Watch<'_>, call: &impl SolCall) {
    let house = watch.house;
    let owner = [&house.people.deployer];
    for actor in watch.stage.everyone().into_iter().chain(owner) {
        watch.attempt(actor, house.at.vault, call).await;
    }
}
