//! Feeds that do their worst, and calls that do.

use super::*;

/// Everything that a feed can do instead of answering costs its own price and nothing else.
#[test]
fn i_ven_2_hostile_feeds_cost_their_own_price_only() {
    use HostileFeed::setBombCall as Bomb;
    let (mut hub, _) = listed();
    let bad = hub.feed(8, int(2_000_0000_0000));
    hub.list(2, bad, MAX_AGE, BOUNDS);
    let owner = hub.owner;
    let honest = U256::from(2_000 * ONE);
    let check = |hub: &Hub, what: &str| {
        let prices = hub.prices(&[1, 2, 1]);
        for index in [0, 2] {
            assert_eq!(
                (prices[index].value, prices[index].fresh),
                (honest, true),
                "{what}"
            );
        }
        let bad_price = (prices[1].value, prices[1].updatedAt, prices[1].fresh);
        assert_eq!(bad_price, (U256::ZERO, 0, false), "{what}");
        let e: IOracle::FeedFailed = hub.refused(hub.oracle, &IOracle::priceCall { feed: 2 });
        assert_eq!((e.feed, e.aggregator), (2, bad), "{what}");
        let gas = hub.gas(hub.oracle, &IOracle::pricesCall { feeds: vec![2] });
        assert!(gas < 250_000, "{what} costs {gas}");
    };
    // Off 0, Return 1, Revert 2, Burn 3, Invalid 4.
    for (mode, size) in [
        (1, 0),
        (1, 32),
        (1, 159),
        (1, 161),
        (1, 192),
        (1, 50_000),
        (1, 1_000_000),
        (2, 0),
        (2, 160),
        (2, 1_000_000),
        (3, 0),
        (4, 0),
    ] {
        hub.must(
            owner,
            bad,
            &Bomb {
                mode_: mode,
                size_: U256::from(size),
            },
        );
        check(&hub, &format!("mode {mode}, {size} bytes"));
    }
    hub.must(
        owner,
        bad,
        &Bomb {
            mode_: 0,
            size_: U256::ZERO,
        },
    );
    hub.must(owner, bad, &HostileFeed::setRevertsCall { reverts_: true });
    check(&hub, "reverts with a good answer");
    hub.must(owner, bad, &HostileFeed::setRevertsCall { reverts_: false });
    // 160 zero bytes are well-formed and say nothing.
    hub.must(
        owner,
        bad,
        &Bomb {
            mode_: 1,
            size_: U256::from(160),
        },
    );
    let price = &hub.prices(&[2])[0];
    assert_eq!((price.value, price.fresh), (U256::ZERO, false));
    let _: IOracle::StalePrice = hub.refused(hub.oracle, &IOracle::priceCall { feed: 2 });
    // A feed that has been destroyed or never was.
    hub.chain.set_code(bad, Bytes::new());
    check(&hub, "no code");
}

/// I-LIV-9: too little gas is the caller's fault and reverts; it never makes a living feed look dead.
#[test]
fn i_liv_9_no_gas_limit_makes_a_feed_look_dead() {
    let (mut hub, feed) = listed();
    let call = IOracle::pricesCall {
        feeds: vec![1, 1, 1],
    };
    let (mut answered, mut typed) = (0, 0);
    for gas in (25_000..420_000).step_by(977) {
        match hub.ask_with_gas(hub.oracle, &call, Some(gas)) {
            Ok(prices) => {
                assert!(prices.iter().all(|p| p.fresh), "at {gas} gas");
                answered += 1;
            }
            Err(data) if data.is_empty() => {} // out of gas itself
            Err(data) => {
                let e: IOracle::InsufficientGas = decode_error(&data);
                assert!(e.have < e.needed);
                typed += 1;
            }
        }
    }
    assert!(answered > 100, "{answered} answers, {typed} typed refusals");
    // A burning feed is dead only when it had all it may use.
    let owner = hub.owner;
    hub.must(
        owner,
        feed,
        &HostileFeed::setBombCall {
            mode_: 3,
            size_: U256::ZERO,
        },
    );
    let call = IOracle::pricesCall { feeds: vec![1] };
    let (mut dead, mut typed) = (0, 0);
    for gas in (100_000..300_000).step_by(1_999) {
        match hub.ask_with_gas(hub.oracle, &call, Some(gas)) {
            Ok(prices) => {
                assert!(!prices[0].fresh && gas > 170_000);
                dead += 1;
            }
            Err(data) if data.is_empty() => {}
            Err(data) => {
                let e: IOracle::InsufficientGas = decode_error(&data);
                assert!(e.have < e.needed && e.needed > U256::from(150_000));
                typed += 1;
            }
        }
    }
    assert!(dead > 10 && typed > 10, "{dead} dead, {typed} typed");
}

#[test]
fn i_liv_3_batches_are_bounded() {
    let (hub, _) = listed();
    let ask = |feeds: Vec<u16>| IOracle::pricesCall { feeds };
    assert_eq!(hub.get(hub.oracle, &ask(vec![])).len(), 0);
    assert_eq!(hub.get(hub.oracle, &ask(vec![1; 32])).len(), 32);
    let e: IOracle::TooManyItems = hub.refused(hub.oracle, &ask(vec![1; 33]));
    assert_eq!((e.given, e.limit), (U256::from(33), U256::from(32)));
    let e: IOracle::UnknownFeed = hub.refused(hub.oracle, &ask(vec![1, 7]));
    assert_eq!(e.feed, 7);
    let e: IOracle::UnknownFeed = hub.refused(hub.oracle, &IOracle::priceCall { feed: 0 });
    assert_eq!(e.feed, 0);
}

#[test]
fn i_liv_7_no_calldata_reverts_with_nothing() {
    let (hub, _) = listed();
    let revert = |data: Vec<u8>, value| {
        let result = hub.raw(hub.oracle, data.into(), value, None);
        assert!(!matches!(result.outcome, Outcome::Success));
        result.output
    };
    let selector = IOracle::pricesCall::SELECTOR.to_vec();
    let words = |words: &[U256]| {
        let bytes = words.iter().flat_map(|w| w.to_be_bytes::<32>());
        selector.iter().copied().chain(bytes).collect::<Vec<u8>>()
    };
    let n = U256::from::<u64>;
    for data in [
        selector.clone(),
        words(&[n(32)]),
        words(&[n(64)]),
        words(&[U256::MAX, n(0)]),
        words(&[n(32), U256::MAX]),
        words(&[n(32), n(2), n(1)]),
        words(&[n(32), n(1), n(65_536)]),
        words(&[n(32), n(1), U256::MAX]),
    ] {
        let _: IOracle::BadCalldata = decode_error(&revert(data, 0));
    }
    let _: IOracle::NotPayable = decode_error(&revert(words(&[n(32), n(0)]), 1));
    let e: IOracle::UnknownSelector = decode_error(&revert(vec![1, 2, 3, 4, 5], 0));
    assert_eq!(e.selector, [1, 2, 3, 4]);
    let e: IOracle::UnknownSelector = decode_error(&revert(vec![1], 0));
    assert_eq!(e.selector, [1, 0, 0, 0]);
    let _: IOracle::UnknownSelector = decode_error(&revert(vec![], 0));
}
