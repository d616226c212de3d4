//! Feeds, honest and hostile.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn feeds_keep_rounds() {
    let b = Bench::new().await;
    let call = Feed::constructorCall {
        description_: "ETH / USD".into(),
        decimals_: 8,
    };
    let feed = b.create(&Feed::BYTECODE, call).await;
    let latest = IAggregatorV3::latestRoundDataCall {};
    let none = b.raw(feed, &latest).await.expect_err("no round yet");
    assert!(Feed::NoDataPresent::abi_decode(&none).is_ok());
    let price = |n: i64| aliases::I192::try_from(n).expect("fits");
    b.send(feed, &Feed::pushCall { answer: price(7) }).await;
    b.send(
        feed,
        &Feed::pushAtCall {
            answer: price(-9),
            updatedAt: u64::MAX,
        },
    )
    .await;
    let round = b.ask(feed, &latest).await;
    assert_eq!(round.answer, I256::try_from(-9).expect("fits"));
    assert_eq!(round.updatedAt, U256::from(u64::MAX));
    let first = b
        .ask(
            feed,
            &Feed::getRoundDataCall {
                roundId: aliases::U80::from(1),
            },
        )
        .await;
    assert_eq!(first._1, I256::try_from(7).expect("fits"));
    b.send(feed, &Feed::setKeeperCall { keeper_: b.other })
        .await;
    let refused = b
        .raw(feed, &Feed::pushCall { answer: price(1) })
        .await
        .expect_err("not the keeper");
    assert!(Feed::NotKeeper::abi_decode(&refused).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_feeds_answer_anything() {
    let b = Bench::new().await;
    let latest = IAggregatorV3::latestRoundDataCall {};
    let call = HostileFeed::constructorCall {
        decimals_: 8,
        answer: I256::try_from(5).expect("fits"),
        updatedAt: U256::from(1),
    };
    let hostile = b.create(&HostileFeed::BYTECODE, call).await;
    assert_eq!(
        b.ask(hostile, &latest).await.answer,
        I256::try_from(5).expect("fits")
    );
    let junk = HostileFeed::setRoundWordsCall {
        id: U256::MAX,
        answer: I256::MIN,
        startedAt: U256::ZERO,
        updatedAt: U256::MAX,
        answeredInRound: U256::MAX,
    };
    b.send(hostile, &junk).await;
    assert_eq!(
        b.raw(hostile, &latest).await.expect("returns")[..32],
        [0xff; 32],
        "dirty upper bits"
    );
    b.send(
        hostile,
        &HostileFeed::setRoundCall {
            data: vec![1; 159].into(),
        },
    )
    .await;
    assert_eq!(b.raw(hostile, &latest).await.expect("returns").len(), 159);
    b.send(hostile, &HostileFeed::setRevertsCall { reverts_: true })
        .await;
    assert_eq!(
        b.raw(hostile, &latest).await.expect_err("reverts").len(),
        159
    );
    b.send(
        hostile,
        &HostileFeed::setBombCall {
            mode_: 1,
            size_: U256::from(1_000_000),
        },
    )
    .await;
    assert_eq!(
        b.raw(hostile, &latest).await.expect("returns").len(),
        1_000_000
    );
}
