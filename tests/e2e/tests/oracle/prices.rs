//! What a feed that answers is taken to say.

use super::*;

/// I-ORA-3: a feed's confidence is a constant of its own, told with every price, whatever state it is in.
#[test]
fn i_ora_3_confidence_is_told_with_the_price() {
    const STEP: u64 = 500_000_000_000_000;
    let (mut hub, feed) = listed();
    let (oracle, owner) = (hub.oracle, hub.owner);
    let with = |confidence| IOracle::setFeedCall {
        confidence,
        ..set_feed(1, feed, MAX_AGE, BOUNDS.0, BOUNDS.1)
    };
    for confidence in [1, STEP - 1, STEP + 1, 256 * STEP, u64::MAX] {
        let e: IOracle::InvalidConfidence = hub.must_not(oracle, &with(confidence));
        assert_eq!(
            (e.confidence, e.step, e.limit),
            (confidence, STEP, 255 * STEP)
        );
    }
    for confidence in [0, STEP, 10 * STEP, 255 * STEP] {
        let done = hub.must(owner, oracle, &with(confidence));
        assert_eq!(events::<IOracle::FeedSet>(&done)[0].confidence, confidence);
        let listed = hub.get(oracle, &IOracle::feedCall { feed: 1 });
        assert_eq!(
            (listed.confidence, listed.maxPrice),
            (confidence, U256::from(BOUNDS.1))
        );
        let price = one(&hub);
        assert_eq!((price.confidence, price.fresh), (confidence, true));
    }
    hub.must(owner, feed, &HostileFeed::setRevertsCall { reverts_: true });
    let price = one(&hub);
    assert_eq!((price.confidence, price.fresh), (255 * STEP, false));
}

/// A-07, I-ORA-3: one scale, whatever the feed's.
#[test]
fn i_ora_3_decimals_round_trip() {
    let mut hub = Hub::new();
    for (number, decimals) in [0, 6, 8, 18, 24, 36].into_iter().enumerate() {
        let number = u16::try_from(number + 1).unwrap();
        let unit = U256::from(10).pow(U256::from(decimals));
        let answer = I256::from_raw(U256::from(2_345) * unit);
        let feed = hub.feed(decimals, answer);
        hub.list(number, feed, MAX_AGE, BOUNDS);
        let price = hub.get(hub.oracle, &IOracle::priceCall { feed: number });
        assert_eq!(price, U256::from(2_345 * ONE), "{decimals} decimals");
        assert_eq!(
            hub.get(hub.oracle, &IOracle::feedCall { feed: number })
                .decimals,
            decimals
        );
        // One step up, in the feed's own scale, rounded down to ours.
        let updated_at = U256::from(hub.now());
        hub.answer(feed, answer + I256::ONE, updated_at);
        let step = 10_u128
            .checked_pow(18_u32.saturating_sub(decimals.into()))
            .unwrap();
        let expected = if decimals <= 18 {
            2_345 * ONE + step
        } else {
            2_345 * ONE
        };
        let price = &hub.prices(&[number])[0];
        assert_eq!((price.value, price.fresh), (U256::from(expected), true));
        assert_eq!(U256::from(price.updatedAt), updated_at);
    }
}

#[test]
fn i_ora_1_age_ends_exactly_at_the_threshold() {
    let (mut hub, feed) = listed();
    let good = int(2_000_0000_0000);
    // `answer` makes a block: what it writes is judged at the time of that block.
    let age = |hub: &mut Hub, age: i128| {
        let next = i128::from(hub.chain.next_block_timestamp());
        hub.answer(feed, good, U256::try_from(next - age).unwrap());
        assert_eq!(i128::from(hub.now()), next);
    };
    for fresh_age in [0, 1, 3_599, 3_600] {
        age(&mut hub, fresh_age);
        let price = one(&hub);
        assert_eq!((price.value, price.fresh), (U256::from(2_000 * ONE), true));
        assert_eq!(
            u64::try_from(fresh_age).unwrap(),
            hub.now() - price.updatedAt
        );
        assert_eq!(strict(&hub).unwrap(), U256::from(2_000 * ONE));
    }
    for stale_age in [3_601, 1_000_000] {
        age(&mut hub, stale_age);
        // An answer that is only old keeps its value.
        let e: IOracle::StalePrice = fault(&hub, 2_000 * ONE);
        assert_eq!((e.feed, e.nowSeconds, e.maxAge), (1, hub.now(), MAX_AGE));
        assert_eq!(i128::from(e.nowSeconds - e.updatedAt), stale_age);
    }
    for from_future in [-1, -1_000_000] {
        age(&mut hub, from_future);
        let e: IOracle::PriceFromFuture = fault(&hub, 0);
        assert_eq!((e.feed, e.nowSeconds), (1, hub.now()));
        assert_eq!(
            e.updatedAt,
            U256::try_from(i128::from(hub.now()) - from_future).unwrap()
        );
    }
    for time in [U256::from(1) << 64, U256::MAX] {
        hub.answer(feed, good, time);
        let e: IOracle::PriceFromFuture = fault(&hub, 0);
        assert_eq!(e.updatedAt, time);
        assert_eq!(one(&hub).updatedAt, u64::MAX);
    }
    hub.answer(feed, good, U256::ZERO);
    let e: IOracle::StalePrice = fault(&hub, 0);
    assert_eq!(
        (e.updatedAt, e.nowSeconds, e.maxAge),
        (0, hub.now(), MAX_AGE)
    );
}

#[test]
fn i_ora_3_no_price_outside_its_bounds() {
    let (mut hub, feed) = listed();
    let now = |hub: &Hub| U256::from(hub.now());
    for answer in [I256::ZERO, I256::MINUS_ONE, I256::MIN, int(i128::MIN)] {
        let time = now(&hub);
        hub.answer(feed, answer, time);
        let e: IOracle::InvalidPrice = fault(&hub, 0);
        assert_eq!((e.feed, e.answer), (1, answer));
    }
    let (min, max) = (U256::from(BOUNDS.0), U256::from(BOUNDS.1));
    let unit = U256::from(10_u128.pow(10));
    for (answer, price) in [
        (I256::MAX, U256::from(u128::MAX)),
        (int(i128::MAX), U256::from(u128::MAX)),
        (int(100_000_0000_0001), max + unit),
        (int(9_9999_9999), min - unit),
        (int(1), unit),
    ] {
        let time = now(&hub);
        hub.answer(feed, answer, time);
        let e: IOracle::PriceOutOfBounds = fault(&hub, 0);
        assert_eq!(
            (e.feed, e.price, e.minPrice, e.maxPrice),
            (1, price, min, max)
        );
    }
    for (answer, price) in [(int(100_000_0000_0000), max), (int(10_0000_0000), min)] {
        let time = now(&hub);
        hub.answer(feed, answer, time);
        assert_eq!(strict(&hub).unwrap(), price);
        assert!(one(&hub).fresh);
    }
}

/// What a price costs, for the record: `cargo test --test oracle -- --nocapture gas`.
#[test]
fn gas_of_prices() {
    let (mut hub, _) = listed();
    for number in 2..=8 {
        let feed = hub.feed(8, int(2_000_0000_0000));
        hub.list(number, feed, MAX_AGE, BOUNDS);
    }
    let gas = |n: u16| {
        hub.gas(
            hub.oracle,
            &IOracle::pricesCall {
                feeds: (1..=n).collect(),
            },
        )
    };
    println!(
        "prices, uncached program, cold: 1 feed {}, 2 {}, 8 {}",
        gas(1),
        gas(2),
        gas(8)
    );
    let per_feed = (gas(8) - gas(2)) / 6;
    // A cold word of ours, a cold account, and the test feed's own eleven cold words.
    assert!(per_feed < 35_000, "{per_feed} gas a feed");
}
