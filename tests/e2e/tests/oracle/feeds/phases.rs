//! Limits, decimals and phases of Chainlink feeds.

use super::*;
use plimsoll_e2e::hostile::{EACAggregatorProxy, LimitedAggregator};

const UNIT: i128 = 1_0000_0000;
const AGGREGATOR: [u8; 4] = [0x24, 0x5a, 0x7b, 0xfc];
const MIN_ANSWER: [u8; 4] = [0x22, 0xad, 0xbc, 0x78];
const MAX_ANSWER: [u8; 4] = [0x70, 0xda, 0x2f, 0x67];

/// I-ORA-3, A-06: an aggregator that cuts answers off at its limits would say a wrong price; the bounds keep it out.
#[test]
fn i_ora_3_bounds_lie_strictly_inside_the_limits() {
    let (mut hub, feed) = listed();
    let oracle = hub.oracle;
    let (min, max) = BOUNDS; // 10 and 100,000
    let call = set_feed(1, feed, MAX_AGE, min, max);
    for behind in [false, true] {
        let target = if behind {
            let aggregator = hub.feed(8, int(1));
            hub.teach(
                feed,
                AGGREGATOR,
                &[I256::from_raw(aggregator.into_word().into())],
            );
            aggregator
        } else {
            feed
        };
        for (least, greatest, fits) in [
            (10 * UNIT - 1, 100_000 * UNIT + 1, true),
            (10 * UNIT, 100_000 * UNIT + 1, false),
            (10 * UNIT - 1, 100_000 * UNIT, false),
            (-5, i128::MAX, true),
        ] {
            hub.teach(target, MIN_ANSWER, &[int(least)]);
            hub.teach(target, MAX_ANSWER, &[int(greatest)]);
            if fits {
                hub.owner_must(&call);
                if least > 0 {
                    // Cut off: not fresh.
                    for cut in [least, greatest] {
                        let now = U256::from(hub.now());
                        hub.answer(feed, int(cut), now);
                        let _: IOracle::PriceOutOfBounds = fault(&hub, 0);
                    }
                    let now = U256::from(hub.now());
                    hub.answer(feed, int(2_000 * UNIT), now);
                }
            } else {
                let e: IOracle::BoundsNotInside = hub.must_not(oracle, &call);
                assert_eq!((e.minAnswer, e.maxAnswer), (int(least), int(greatest)));
                assert_eq!((e.minPrice, e.maxPrice), (U256::from(min), U256::from(max)));
            }
        }
        hub.teach(target, MIN_ANSWER, &[]);
        hub.owner_must(&call); // limits that are not told bind nothing
    }
}

/// I-ORA-3, A-07: another aggregator behind the proxy is checked before it counts.
#[test]
fn a_07_another_phase_is_checked_before_it_counts() {
    let (mut hub, feed) = listed();
    let (oracle, owner, stranger) = (hub.oracle, hub.owner, hub.stranger);
    let recheck = IOracle::recheckFeedCall { feed: 1 };
    let phase = |hub: &Hub| hub.get(oracle, &IOracle::feedSourceCall { feed: 1 }).phase;
    hub.rounds(feed, (4 << 64) + 9, 2_000 * UNIT, None, 120);
    assert_eq!(phase(&hub), 0);
    assert!(one(&hub).fresh, "the same decimals");
    let dearer = hub.gas(oracle, &IOracle::pricesCall { feeds: vec![1] });
    let done = hub.must(stranger, oracle, &recheck);
    assert_eq!(events::<IOracle::FeedChecked>(&done)[0].phase, 4);
    assert_eq!(phase(&hub), 4);
    let cheap = hub.gas(oracle, &IOracle::pricesCall { feeds: vec![1] });
    assert!(cheap + 5_000 < dearer, "{cheap} and {dearer}");

    // Phase 5 has other decimals: no price, and nobody can make it one.
    hub.rounds(feed, (5 << 64) + 9, 2_000 * UNIT, None, 120);
    let decimals = |n: u8| HostileFeed::setDecimalsCall {
        data: U256::from(n).to_be_bytes::<32>().to_vec().into(),
    };
    hub.must(owner, feed, &decimals(18));
    let e: IOracle::FeedChanged = fault(&hub, 0);
    assert_eq!((e.feed, e.aggregator), (1, feed));
    assert!(!hub.quote(1).known);
    let e: IOracle::FeedDecimalsFrozen = hub.must_not(oracle, &recheck);
    assert_eq!((e.decimals, e.given), (8, 18));
    assert_eq!(phase(&hub), 4);
    hub.must(owner, feed, &decimals(8));
    assert!(one(&hub).fresh);
    // Or limits that cut inside the bounds.
    hub.teach(feed, MIN_ANSWER, &[int(10 * UNIT)]);
    hub.teach(feed, MAX_ANSWER, &[int(i128::MAX)]);
    let _: IOracle::FeedChanged = fault(&hub, 0);
    let _: IOracle::BoundsNotInside = hub.must_not(oracle, &recheck);
    hub.teach(feed, MIN_ANSWER, &[int(10 * UNIT - 1)]);
    hub.must(stranger, oracle, &recheck);
    assert_eq!(phase(&hub), 5);
    // A phase that was checked is not asked again, whatever the contract says now.
    hub.must(owner, feed, &decimals(18));
    assert!(one(&hub).fresh);
    // A dead feed is refused with its reason.
    hub.must(owner, feed, &decimals(8));
    hub.must(owner, feed, &HostileFeed::setRevertsCall { reverts_: true });
    let _: IOracle::FeedFailed = hub.must_not(oracle, &recheck);
    let unlisted = IOracle::recheckFeedCall { feed: 9 };
    let _: IOracle::UnknownFeed = hub.must_not(oracle, &unlisted);
}

/// Chainlink's proxy and aggregator as the package has them: rounds, a change of phase, decimals.
#[test]
fn i_ora_3_chainlinks_own_contracts() {
    let mut hub = Hub::new();
    let (oracle, owner) = (hub.oracle, hub.owner);
    let aggregator = |hub: &mut Hub, decimals: u8| {
        let arguments = LimitedAggregator::constructorCall {
            minAnswer_: "1".parse().unwrap(),
            maxAnswer_: "95780971304118053647396689196894323976171195136475135"
                .parse()
                .unwrap(),
            decimals_: decimals,
        };
        let at = hub.create(&LimitedAggregator::BYTECODE, &arguments);
        let oracles = LimitedAggregator::changeOraclesCall {
            _removed: vec![],
            _added: vec![owner],
            _addedAdmins: vec![owner],
            _minSubmissions: 1,
            _maxSubmissions: 1,
            _restartDelay: 0,
        };
        hub.must(owner, at, &oracles);
        at
    };
    let submit = |hub: &mut Hub, at: Address, round: u64, answer: i128| {
        let call = LimitedAggregator::submitCall {
            _roundId: U256::from(round),
            _submission: int(answer),
        };
        hub.must(owner, at, &call);
    };
    let first = aggregator(&mut hub, 8);
    submit(&mut hub, first, 1, 2_000 * UNIT);
    let arguments = EACAggregatorProxy::constructorCall {
        _aggregator: first,
        _accessController: Address::ZERO,
    };
    let proxy = hub.create(&EACAggregatorProxy::BYTECODE, &arguments);
    hub.list(1, proxy, MAX_AGE, BOUNDS);
    hub.owner_must(&largest(5 * PERCENT));
    let source = hub.get(oracle, &IOracle::feedSourceCall { feed: 1 });
    assert_eq!((source.source, source.phase), (0, 1));
    // The first round, and the second.
    assert_eq!((hub.quote(1).fresh, hub.quote(1).jump), (true, 0));
    submit(&mut hub, first, 2, 2_020 * UNIT);
    assert_eq!(hub.quote(1).value, 2_020 * ONE);
    assert_eq!(hub.quote(1).jump, 10_737_419 << 10); // 1 %
    submit(&mut hub, first, 3, 1_500 * UNIT);
    let e: IOracle::MoveNotConfirmed = fault(&hub, 1_500 * ONE);
    assert_eq!(e.before, U256::from(2_020 * ONE));
    submit(&mut hub, first, 4, 1_490 * UNIT);
    assert!(hub.quote(1).fresh);
    let switch = |hub: &mut Hub, to: Address| {
        hub.must(
            owner,
            proxy,
            &EACAggregatorProxy::proposeAggregatorCall { _aggregator: to },
        );
        hub.must(
            owner,
            proxy,
            &EACAggregatorProxy::confirmAggregatorCall { _aggregator: to },
        );
    };
    // The same price with ten more decimals would be 10^10 times too much.
    let wrong = aggregator(&mut hub, 18);
    submit(&mut hub, wrong, 1, 14_900 * UNIT);
    switch(&mut hub, wrong);
    let _: IOracle::FeedChanged = fault(&hub, 0);
    let second = aggregator(&mut hub, 8);
    submit(&mut hub, second, 1, 1_495 * UNIT);
    switch(&mut hub, second);
    assert_eq!((hub.quote(1).fresh, hub.quote(1).jump), (true, 0));
    hub.owner_must(&IOracle::recheckFeedCall { feed: 1 });
    assert_eq!(
        hub.get(oracle, &IOracle::feedSourceCall { feed: 1 }).phase,
        3
    );
    let gas = hub.gas(oracle, &IOracle::pricesCall { feeds: vec![1] });
    println!("prices, one feed of Chainlink's own contracts: {gas} gas");
}
