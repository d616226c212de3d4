//! How feeds are listed and replaced.

use super::*;

#[test]
fn a_feed_is_listed_as_told() {
    let mut hub = Hub::new();
    let (oracle, owner) = (hub.oracle, hub.owner);
    let feed = hub.feed(18, int(5));
    let nothing = hub.get(oracle, &IOracle::feedCall { feed: 9 });
    assert_eq!(
        (nothing.aggregator, nothing.maxAge, nothing.maxPrice),
        (Address::ZERO, 0, U256::ZERO)
    );
    for (min, max, age) in [
        (BOUNDS.0, BOUNDS.1, 1),
        (1, 1_000_000_000_000_000 * ONE, 172_800),
        (262_143, 262_143 * 10_u128.pow(27), 86_400),
        (99_999 * ONE / 100_000, 123_450 * ONE, 3_600),
    ] {
        let done = hub.must(owner, oracle, &set_feed(9, feed, age, min, max));
        let [event] = &events::<IOracle::FeedSet>(&done)[..] else {
            panic!()
        };
        let f = hub.get(oracle, &IOracle::feedCall { feed: 9 });
        let told = (feed, 18, age, U256::from(min), U256::from(max));
        assert_eq!(
            (f.aggregator, f.decimals, f.maxAge, f.minPrice, f.maxPrice),
            told
        );
        assert_eq!(event.feed, 9);
        assert_eq!(
            (
                event.aggregator,
                event.decimals,
                event.maxAge,
                event.minPrice,
                event.maxPrice
            ),
            told
        );
    }
}

#[test]
fn i_par_1_listing_is_refused_with_the_numbers() {
    let (mut hub, feed) = listed();
    let oracle = hub.oracle;
    let (min, max) = BOUNDS;
    let limit = U256::from(1_000_000_000_000_000 * ONE);
    let before = hub.get(oracle, &IOracle::feedCall { feed: 1 });

    let e: IOracle::InvalidFeed = hub.must_not(oracle, &set_feed(0, feed, 60, min, max));
    assert_eq!((e.feed, e.aggregator), (0, feed));
    let e: IOracle::InvalidFeed = hub.must_not(oracle, &set_feed(1, Address::ZERO, 60, min, max));
    assert_eq!((e.feed, e.aggregator), (1, Address::ZERO));
    for age in [0, 172_801, u32::MAX] {
        let e: IOracle::MaxAgeOutOfRange = hub.must_not(oracle, &set_feed(1, feed, age, min, max));
        assert_eq!((e.maxAge, e.limit), (age, 172_800));
    }
    for (min, max) in [
        (0, ONE),
        (ONE, ONE),
        (2 * ONE, ONE),
        (ONE, 1_000_000_000_000_000 * ONE + 1),
    ] {
        let e: IOracle::InvalidBounds = hub.must_not(oracle, &set_feed(1, feed, 60, min, max));
        assert_eq!(
            (e.minPrice, e.maxPrice, e.limit),
            (U256::from(min), U256::from(max), limit)
        );
    }
    let huge = IOracle::setFeedCall {
        maxPrice: U256::MAX,
        ..set_feed(1, feed, 60, min, max)
    };
    let e: IOracle::InvalidBounds = hub.must_not(oracle, &huge);
    assert_eq!(e.maxPrice, U256::MAX);
    for price in [1_000_001 * ONE, 262_145] {
        let call = set_feed(1, feed, 60, 1, price);
        if price == 262_145 {
            let call = set_feed(1, feed, 60, 1, 2_621_441);
            let e: IOracle::TooManyDigits = hub.must_not(oracle, &call);
            assert_eq!(e.price, U256::from(2_621_441));
        } else {
            let e: IOracle::TooManyDigits = hub.must_not(oracle, &call);
            assert_eq!(e.price, U256::from(price));
        }
    }
    let e: IOracle::TooManyDigits =
        hub.must_not(oracle, &set_feed(1, feed, 60, 1_000_001, 2_000_000));
    assert_eq!(e.price, U256::from(1_000_001));

    // No code, no answer, the wrong length, too many decimals.
    let nobody = Address::repeat_byte(0x77);
    let e: IOracle::FeedFailed = hub.must_not(oracle, &set_feed(2, nobody, 60, min, max));
    assert_eq!((e.feed, e.aggregator), (2, nobody));
    let odd = hub.feed(8, int(1));
    for answer in [vec![], vec![0; 31], vec![0; 33], vec![0; 64]] {
        let owner = hub.owner;
        hub.must(
            owner,
            odd,
            &HostileFeed::setDecimalsCall {
                data: answer.into(),
            },
        );
        let e: IOracle::FeedFailed = hub.must_not(oracle, &set_feed(2, odd, 60, min, max));
        assert_eq!((e.feed, e.aggregator), (2, odd));
    }
    for decimals in [U256::from(37), U256::from(256), U256::MAX] {
        let owner = hub.owner;
        let data = decimals.to_be_bytes::<32>().to_vec().into();
        hub.must(owner, odd, &HostileFeed::setDecimalsCall { data });
        let e: IOracle::TooManyFeedDecimals = hub.must_not(oracle, &set_feed(2, odd, 60, min, max));
        assert_eq!((e.feed, e.decimals, e.limit), (2, decimals, U256::from(36)));
    }
    let after = hub.get(oracle, &IOracle::feedCall { feed: 1 });
    assert_eq!(
        format!("{before:?}"),
        format!("{after:?}"),
        "nothing changed"
    );
    let _: IOracle::UnknownFeed = hub.refused(oracle, &IOracle::priceCall { feed: 2 });
}

#[test]
fn i_ora_8_a_replacement_says_the_same_or_the_old_one_is_dead() {
    let (mut hub, feed) = listed();
    let (oracle, owner) = (hub.oracle, hub.owner);
    let (min, max) = BOUNDS;
    let set = |aggregator| set_feed(1, aggregator, MAX_AGE, min, max);

    let other_scale = hub.feed(18, int(2_000 * ONE as i128));
    let e: IOracle::FeedDecimalsFrozen = hub.must_not(oracle, &set(other_scale));
    assert_eq!((e.feed, e.decimals, e.given), (1, 8, 18));

    // 2 % of 2,000 is 40.
    for (answer, fits) in [
        (2_040_0000_0000, true),
        (1_960_0000_0000, true),
        (2_040_0000_0001, false),
        (1_959_9999_9999, false),
    ] {
        let new = hub.feed(8, int(answer));
        let snapshot = hub.chain.snapshot();
        if fits {
            hub.must(owner, oracle, &set(new));
            assert_eq!(
                one(&hub).value,
                U256::from(answer as u128 * 10_u128.pow(10))
            );
        } else {
            let e: IOracle::PriceWouldJump = hub.must_not(oracle, &set(new));
            let expected = U256::from(answer as u128 * 10_u128.pow(10));
            assert_eq!((e.feed, e.newPrice), (1, expected));
            assert_eq!(
                (e.price, e.limit),
                (U256::from(2_000 * ONE), U256::from(40 * ONE))
            );
            assert_eq!(
                hub.get(oracle, &IOracle::feedCall { feed: 1 }).aggregator,
                feed
            );
        }
        assert!(hub.chain.revert(snapshot));
    }
    // One that is not fresh cannot replace one that is.
    let dead = hub.feed(8, int(0));
    let _: IOracle::InvalidPrice = hub.must_not(oracle, &set(dead));
    // Bounds and age of the same aggregator are free, and a dead one can be replaced by any.
    hub.must(
        owner,
        oracle,
        &set_feed(1, feed, 10, 3_000 * ONE, 4_000 * ONE),
    );
    hub.must(owner, oracle, &set(dead));
    assert_eq!(
        hub.get(oracle, &IOracle::feedCall { feed: 1 }).aggregator,
        dead
    );
}
