//! Methods of the oracle. Those of its owner set parameters, which the gate does not judge: no other caller gets through.

use super::*;
use plimsoll::bindings::{FeedTerms, VaultTerms};

pub(crate) async fn attempt(method: &str, watch: &mut Watch<'_>) {
    let oracle = watch.house.at.oracle;
    match method {
        "initialize" => initialize(watch).await,
        "transferOwnership" => watch.transfer_ownership(oracle).await,
        "acceptOwnership" => watch.accept_ownership(oracle).await,
        "setFeed" => set_feed(watch).await,
        "setPythFeed" | "setVaultFeed" | "setLargestMove" | "setSecondSource" => {
            set_sources(watch).await;
        }
        "recheckFeed" => recheck_feed(watch).await,
        "pullPrices" => pull_prices(watch).await,
        "setSequencer" => set_sequencer(watch).await,
        "setSurfaceTerms" => set_surface_terms(watch).await,
        "setSigners" => set_signers(watch).await,
        "pushExpiries" => push_expiries(watch).await,
        "settle" => settle(watch).await,
        "pushMarketSizes" => push_market_sizes(watch).await,
        "sample" => sample(watch).await,
        _ => {}
    }
}

async fn initialize(watch: &mut Watch<'_>) {
    let stranger = &watch.house.people.stranger;
    let call = IOracle::initializeCall {
        owner: stranger.address,
    };
    watch.attempt(stranger, watch.house.at.oracle, &call).await;
}

async fn set_feed(watch: &mut Watch<'_>) {
    let house = watch.house;
    let call = IOracle::setFeedCall {
        feed: ETH,
        aggregator: house.btc_feed,
        maxAge: 60,
        minPrice: U256::from(1),
        maxPrice: uwad("1"),
        confidence: 0,
    };
    watch
        .attempt(&house.people.alice, house.at.oracle, &call)
        .await;
}

/// What else the owner says of feeds.
async fn set_sources(watch: &mut Watch<'_>) {
    let house = watch.house;
    let (alice, oracle) = (&house.people.alice, house.at.oracle);
    let terms = FeedTerms {
        maxAge: 60,
        minPrice: U256::from(1),
        maxPrice: uwad("1"),
        confidence: 0,
    };
    let call = IOracle::setPythFeedCall {
        feed: ETH,
        pyth: house.btc_feed,
        id: B256::ZERO,
        terms: terms.clone(),
    };
    watch.attempt(alice, oracle, &call).await;
    let call = IOracle::setVaultFeedCall {
        feed: ETH,
        vault: house.btc_feed,
        parts: VaultTerms {
            assetFeed: BTC,
            marketFeed: 0,
            rate: 1,
            growth: 0,
        },
        terms,
    };
    watch.attempt(alice, oracle, &call).await;
    let call = IOracle::setLargestMoveCall {
        feed: ETH,
        largestMove: 5_000_000_000_000_000,
    };
    watch.attempt(alice, oracle, &call).await;
    let call = IOracle::setSecondSourceCall {
        feed: ETH,
        second: BTC,
        tolerance: 0,
    };
    watch.attempt(alice, oracle, &call).await;
}

/// Decimals and limits are what they were: nothing changes.
async fn recheck_feed(watch: &mut Watch<'_>) {
    let house = watch.house;
    for feed in [ETH, BTC, 77] {
        let call = IOracle::recheckFeedCall { feed };
        watch
            .attempt(&house.people.alice, house.at.oracle, &call)
            .await;
    }
}

/// No feed of the house waits to be told.
async fn pull_prices(watch: &mut Watch<'_>) {
    let house = watch.house;
    for feed in [ETH, 77] {
        let call = IOracle::pullPricesCall {
            feed,
            updateData: vec![],
        };
        watch
            .attempt(&house.people.alice, house.at.oracle, &call)
            .await;
    }
}

async fn set_sequencer(watch: &mut Watch<'_>) {
    let house = watch.house;
    let call = IOracle::setSequencerCall {
        feed: Address::ZERO,
        grace: 0,
    };
    watch
        .attempt(&house.people.alice, house.at.oracle, &call)
        .await;
}

async fn set_surface_terms(watch: &mut Watch<'_>) {
    let house = watch.house;
    let call = IOracle::setSurfaceTermsCall {
        underlying: ETH,
        feed: ETH,
        maxAge: 60,
        maxBasis: WAD as u64,
        ratioMove: 0,
        rateMove: 0,
    };
    watch
        .attempt(&house.people.alice, house.at.oracle, &call)
        .await;
}

async fn set_signers(watch: &mut Watch<'_>) {
    let house = watch.house;
    let call = IOracle::setSignersCall {
        signers: vec![house.people.alice.address],
        threshold: 1,
    };
    watch
        .attempt(&house.people.alice, house.at.oracle, &call)
        .await;
}

/// What signers say of the market is a price. The same again, by anybody; and what no signer said.
async fn push_expiries(watch: &mut Watch<'_>) {
    let house = watch.house;
    let p = &house.people;
    let updates = vec![watch.stage.surface("1,750").await];
    let observed = house.client.now().await.unwrap();
    let domain = plimsoll::push::domain(house.client.chain_id(), house.at.oracle);
    let hash = plimsoll::push::signing_hash(&domain, &updates, observed);
    for signer in [&p.deployer, &p.alice] {
        let keys = std::slice::from_ref(&signer.signer);
        let call = IOracle::pushExpiriesCall {
            updates: updates.clone(),
            observedAt: observed,
            signatures: plimsoll::push::sign(hash, keys).unwrap(),
        };
        watch.attempt(&p.alice, house.at.oracle, &call).await;
    }
}

/// Nothing has expired; and rounds of no feed.
async fn settle(watch: &mut Watch<'_>) {
    let house = watch.house;
    for (underlying, day) in [(ETH, watch.stage.day), (ETH, 19_000), (9, 19_000)] {
        let call = IOracle::settleCall {
            underlying,
            expiryDay: day,
            rounds: vec![Default::default(); 7],
        };
        watch
            .attempt(&house.people.alice, house.at.oracle, &call)
            .await;
    }
}

/// What signers say of sizes counts with the next sample only. By signers and by nobody.
async fn push_market_sizes(watch: &mut Watch<'_>) {
    let house = watch.house;
    let p = &house.people;
    let sizes = vec![MarketSize {
        underlying: ETH,
        openInterest: 10_u128.pow(24),
        volume: 10_u128.pow(18),
        observedAt: house.client.now().await.unwrap(),
    }];
    let domain = plimsoll::push::domain(house.client.chain_id(), house.at.oracle);
    let hash = plimsoll::push::sizes_signing_hash(&domain, &sizes);
    for signer in [&p.deployer, &p.alice] {
        let keys = std::slice::from_ref(&signer.signer);
        let call = IOracle::pushMarketSizesCall {
            sizes: sizes.clone(),
            signatures: plimsoll::push::sign(hash, keys).unwrap(),
        };
        watch.attempt(&p.alice, house.at.oracle, &call).await;
    }
}

/// Multipliers of markets that are not crowded stay at 1: nobody's requirement moves.
async fn sample(watch: &mut Watch<'_>) {
    let house = watch.house;
    let latest: aliases::U80 = house
        .ask(house.eth_feed, &IAggregatorV3::latestRoundDataCall {})
        .await
        .unwrap()
        .roundId;
    for rounds in [vec![latest], vec![latest; 2], Vec::new()] {
        let call = IOracle::sampleCall {
            underlying: ETH,
            rounds,
        };
        watch
            .attempt(&house.people.alice, house.at.oracle, &call)
            .await;
    }
}
