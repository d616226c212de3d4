//! The oracle's compiled program: scale, age, bounds, and feeds that do their worst.
#![allow(clippy::inconsistent_digit_grouping)] // prices are grouped at their eight decimals

mod hub;
use hub::*;
use plimsoll_devnode::types::Outcome;

/// What a feed must fit to be listed here.
const BOUNDS: (u128, u128) = (10 * ONE, 100_000 * ONE);
const MAX_AGE: u32 = 3_600;

/// An oracle with feed 1: 8 decimals, 2,000, observed now.
fn listed() -> (Hub, Address) {
    let mut hub = Hub::new();
    let feed = hub.feed(8, int(2_000_0000_0000));
    hub.list(1, feed, MAX_AGE, BOUNDS);
    let now = U256::from(hub.now());
    hub.answer(feed, int(2_000_0000_0000), now);
    (hub, feed)
}

fn one(hub: &Hub) -> Price {
    let prices = hub.prices(&[1]);
    assert_eq!(prices.len(), 1);
    prices[0].clone()
}

fn strict(hub: &Hub) -> Result<U256, Bytes> {
    hub.ask(hub.oracle, &IOracle::priceCall { feed: 1 })
}

/// The strict price must be refused with `E`, the total one must be this value and not fresh.
fn fault<E: SolError + std::fmt::Debug>(hub: &Hub, value: u128) -> E {
    let price = one(hub);
    assert_eq!((price.value, price.fresh), (U256::from(value), false));
    hub.refused(hub.oracle, &IOracle::priceCall { feed: 1 })
}

// ---- who -------------------------------------------------------------------------------------

#[test]
fn i_auth_7_initialised_once_by_the_deployer() {
    let mut hub = Hub::new();
    let (oracle, owner) = (hub.oracle, hub.owner);
    assert_eq!(hub.get(oracle, &IOracle::ownerCall {}), owner);
    let again = IOracle::initializeCall {
        owner: hub.stranger,
    };
    let _: IOracle::AlreadyInitialized = hub.must_not(oracle, &again);
    let data = hub.send(hub.stranger, oracle, &again).unwrap_err();
    let _: IOracle::AlreadyInitialized = decode_error(&data);
}

/// L-8: whoever deploys can do nothing before `initialize` that is still there after it: no offer of ownership, no signer,
/// no feed, no venue.
#[test]
fn l_8_nothing_of_before_initialize_survives_it() {
    let mut hub = Hub::new();
    let (owner, x) = (hub.owner, hub.stranger);
    let deployer = hub.chain.accounts()[0].address;
    let [oracle, parameters] =
        ["oracle", "parameters"].map(|name| hub::create(&mut hub.chain, deployer, name));
    let [vault, clearinghouse, auction] = ["vault", "clearinghouse", "auction"]
        .map(|name| hub::deploy(&mut hub.chain, deployer, name));
    let setters = [
        (oracle, set_feed(2, x, 60, BOUNDS.0, BOUNDS.1).abi_encode()),
        (oracle, hub.signers(1).abi_encode()),
        (
            oracle,
            IOracle::setSurfaceTermsCall {
                underlying: 1,
                feed: 1,
                maxAge: 60,
                maxBasis: 1,
            }
            .abi_encode(),
        ),
        (
            parameters,
            IParameters::setRulesCall {
                imFactor: ONE as u64,
                mmFactor: ONE as u64,
                maxOffset: 0,
                calmReach: 0,
                togetherReach: 0,
                coinFeed: 0,
            }
            .abi_encode(),
        ),
        (vault, IVault::setCapCall { asset: 0, cap: 1 }.abi_encode()),
        (
            vault,
            IVault::listAssetCall { token: x, cap: 1 }.abi_encode(),
        ),
        (
            clearinghouse,
            IClearinghouse::setVenueCall {
                venue: 1,
                contractAddress: x,
                feeAccount: B256::repeat_byte(1),
                band: ONE as u64 / 100,
                active: true,
            }
            .abi_encode(),
        ),
        (
            auction,
            IAuction::setParametersCall {
                lambdaMax: ONE as u64 / 2,
                duration: 600,
                fundLambdaMax: ONE as u64 / 2,
                fundDuration: 600,
                buffer: ONE as u64 / 10,
                minFraction: ONE as u64 / 100,
            }
            .abi_encode(),
        ),
    ];
    for (to, call) in setters {
        let data = hub.transact(deployer, to, call.into()).unwrap_err();
        let _: IVault::NotInitialized = decode_error(&data);
    }
    let initialise = [
        (oracle, IOracle::initializeCall { owner }.abi_encode()),
        (
            parameters,
            IParameters::initializeCall {
                owner,
                margin: x,
                oracle,
                vault: x,
            }
            .abi_encode(),
        ),
        (
            vault,
            IVault::initializeCall {
                owner,
                margin: x,
                clearinghouse: x,
                auction: x,
            }
            .abi_encode(),
        ),
        (
            clearinghouse,
            IClearinghouse::initializeCall {
                owner,
                vault: x,
                margin: x,
                oracle,
            }
            .abi_encode(),
        ),
        (
            auction,
            IAuction::initializeCall {
                owner,
                vault: x,
                margin: x,
            }
            .abi_encode(),
        ),
    ];
    let offer = IOracle::transferOwnershipCall { newOwner: x };
    let accept = IOracle::acceptOwnershipCall {};
    for (to, call) in initialise {
        let offered = hub.send(deployer, to, &offer);
        hub.transact(deployer, to, call.into()).unwrap();
        let e: IOracle::NotOwner = decode_error(&hub.send(x, to, &accept).unwrap_err());
        assert_eq!((e.caller, e.owner), (x, Address::ZERO));
        assert_eq!(hub.get(to, &IOracle::ownerCall {}), owner);
        let pending = hub.get(to, &IOracle::pendingOwnerCall {});
        assert_eq!(pending, Address::ZERO);
        let _: IOracle::NotInitialized = decode_error(&offered.unwrap_err());
        // The new owner's offer is one.
        hub.must(owner, to, &offer);
        hub.must(x, to, &accept);
        assert_eq!(hub.get(to, &IOracle::ownerCall {}), x);
    }
}

#[test]
fn i_auth_6_owner_only_and_handed_over_in_two_steps() {
    let (mut hub, feed) = listed();
    let (oracle, owner, stranger) = (hub.oracle, hub.owner, hub.stranger);
    let calls = set_feed(2, feed, 60, BOUNDS.0, BOUNDS.1);
    let e: IOracle::NotOwner = decode_error(&hub.send(stranger, oracle, &calls).unwrap_err());
    assert_eq!((e.caller, e.owner), (stranger, owner));
    let offer = IOracle::transferOwnershipCall { newOwner: stranger };
    let e: IOracle::NotOwner = decode_error(&hub.send(stranger, oracle, &offer).unwrap_err());
    assert_eq!((e.caller, e.owner), (stranger, owner));
    let done = hub.must(owner, oracle, &offer);
    let [started] = &events::<IOracle::OwnershipTransferStarted>(&done)[..] else {
        panic!()
    };
    assert_eq!((started.previousOwner, started.newOwner), (owner, stranger));
    assert_eq!(hub.get(oracle, &IOracle::ownerCall {}), owner);
    assert_eq!(hub.get(oracle, &IOracle::pendingOwnerCall {}), stranger);
    let done = hub.must(stranger, oracle, &IOracle::acceptOwnershipCall {});
    let [moved] = &events::<IOracle::OwnershipTransferred>(&done)[..] else {
        panic!()
    };
    assert_eq!((moved.previousOwner, moved.newOwner), (owner, stranger));
    assert_eq!(hub.get(oracle, &IOracle::ownerCall {}), stranger);
    assert_eq!(
        hub.get(oracle, &IOracle::pendingOwnerCall {}),
        Address::ZERO
    );
    let e: IOracle::NotOwner = hub.must_not(oracle, &calls);
    assert_eq!((e.caller, e.owner), (owner, stranger));
}

// ---- listing ---------------------------------------------------------------------------------

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

// ---- answers ---------------------------------------------------------------------------------

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

// ---- strangers -------------------------------------------------------------------------------

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

// ---- the edge --------------------------------------------------------------------------------

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
