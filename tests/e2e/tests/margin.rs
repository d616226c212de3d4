//! The margin calculator's compiled program: terms, portfolios, and bit for bit what the kernel computes natively.

mod hub;
use alloy::sol_types::SolInterface as _;
use hub::*;
use plimsoll::bindings::{Assessment, AssetBalance, Portfolio};
use plimsoll_devnode::types::Outcome;
use plimsoll_e2e::ids::perpetual;
use plimsoll_kernel::{
    codec::{InstrumentId, PerpLeg},
    margin::{
        self as kernel, Asset, AssetTerms, Collateral, Market, ScenarioSet, Underlying,
        UnderlyingTerms,
    },
    price::{self, MAX_PRICE},
};
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

const WAD: u64 = 1_000_000_000_000_000_000;
const LOT: u64 = WAD / 10_000;

fn leg(venue: u16, underlying: u16, size: i64, quote: i128) -> U256 {
    PerpLeg {
        instrument: InstrumentId::perpetual(venue, underlying),
        size,
        quote,
    }
    .encode()
}

fn portfolio(cash: i128, collateral: &[(u8, u128)], legs: &[U256]) -> Portfolio {
    let collateral = collateral.iter().map(|(asset, amount)| AssetBalance {
        asset: *asset,
        amount: *amount,
    });
    Portfolio {
        cash,
        collateral: collateral.collect(),
        legs: legs.to_vec(),
    }
}

fn assess(portfolios: Vec<Portfolio>) -> IMargin::assessCall {
    IMargin::assessCall { portfolios }
}

fn underlying(number: u16, feed: u16) -> IMargin::setUnderlyingCall {
    IMargin::setUnderlyingCall {
        underlying: number,
        feed,
        lot: LOT,
        scenarioSet: 1,
        imFactor: WAD,
        mmFactor: WAD / 4 * 3,
    }
}

fn asset(number: u8, feed: u16, underlying: u16, decimals: u8) -> IMargin::setAssetCall {
    IMargin::setAssetCall {
        asset: number,
        feed,
        underlying,
        decimals,
        imHaircut: WAD / 10,
        mmHaircut: WAD / 20,
    }
}

/// ETH (1) at 2,000 on feed 1, thin BTC (2) at 40,000 on feed 2; asset 0 the coin, 1 WETH linked to ETH, 2 WBTC.
fn furnished() -> (Hub, [Address; 2]) {
    let mut hub = Hub::new();
    let (owner, margin) = (hub.owner, hub.margin);
    let feeds = [
        hub.feed(8, int(200_000_000_000)),
        hub.feed(18, int(40_000 * ONE.cast_signed())),
    ];
    hub.list(1, feeds[0], 172_800, WIDE);
    hub.list(2, feeds[1], 172_800, WIDE);
    hub.must(owner, margin, &underlying(1, 1));
    let btc = IMargin::setUnderlyingCall {
        lot: LOT / 10,
        scenarioSet: 2,
        ..underlying(2, 2)
    };
    hub.must(owner, margin, &btc);
    let coin = IMargin::setAssetCall {
        imHaircut: 0,
        mmHaircut: 0,
        ..asset(0, 0, 0, 6)
    };
    hub.must(owner, margin, &coin);
    hub.must(owner, margin, &asset(1, 1, 1, 18));
    hub.must(owner, margin, &asset(2, 2, 0, 8));
    (hub, feeds)
}

fn one(hub: &Hub, portfolio: Portfolio) -> Assessment {
    let answers = hub.get(hub.margin, &assess(vec![portfolio]));
    assert_eq!(answers.len(), 1);
    answers[0].clone()
}

// ---- terms -----------------------------------------------------------------------------------

#[test]
fn i_auth_6_owner_only() {
    let (mut hub, _) = furnished();
    let (margin, owner, stranger) = (hub.margin, hub.owner, hub.stranger);
    for data in [
        hub.send(stranger, margin, &underlying(3, 1)).unwrap_err(),
        hub.send(stranger, margin, &asset(3, 1, 1, 18)).unwrap_err(),
        hub.send(
            stranger,
            margin,
            &IMargin::transferOwnershipCall { newOwner: stranger },
        )
        .unwrap_err(),
    ] {
        let e: IMargin::NotOwner = decode_error(&data);
        assert_eq!((e.caller, e.owner), (stranger, owner));
    }
    let again = IMargin::initializeCall {
        owner: stranger,
        oracle: stranger,
    };
    let _: IMargin::AlreadyInitialized =
        decode_error(&hub.send(stranger, margin, &again).unwrap_err());
    assert_eq!(hub.get(margin, &IMargin::oracleCall {}), hub.oracle);
    assert_eq!(hub.get(margin, &IMargin::ownerCall {}), owner);
}

#[test]
fn terms_are_as_told() {
    let (mut hub, _) = furnished();
    let (margin, owner) = (hub.margin, hub.owner);
    let call = IMargin::setUnderlyingCall {
        underlying: 9,
        feed: 2,
        lot: u64::MAX,
        scenarioSet: 2,
        imFactor: 10 * WAD,
        mmFactor: WAD / 4,
    };
    let done = hub.must(owner, margin, &call);
    let [event] = &events::<IMargin::UnderlyingSet>(&done)[..] else {
        panic!()
    };
    assert_eq!(
        (
            event.underlying,
            event.feed,
            event.lot,
            event.scenarioSet,
            event.imFactor,
            event.mmFactor
        ),
        (9, 2, u64::MAX, 2, 10 * WAD, WAD / 4)
    );
    let u = hub.get(margin, &IMargin::underlyingCall { underlying: 9 });
    assert_eq!(
        (u.feed, u.lot, u.scenarioSet, u.imFactor, u.mmFactor),
        (2, u64::MAX, 2, 10 * WAD, WAD / 4)
    );
    let call = IMargin::setAssetCall {
        asset: 15,
        feed: 1,
        underlying: 9,
        decimals: 24,
        imHaircut: WAD - 1,
        mmHaircut: 7,
    };
    let done = hub.must(owner, margin, &call);
    let [event] = &events::<IMargin::AssetSet>(&done)[..] else {
        panic!()
    };
    assert_eq!(
        (
            event.asset,
            event.feed,
            event.underlying,
            event.decimals,
            event.imHaircut,
            event.mmHaircut
        ),
        (15, 1, 9, 24, WAD - 1, 7)
    );
    let a = hub.get(margin, &IMargin::assetCall { asset: 15 });
    assert_eq!(
        (a.feed, a.underlying, a.decimals, a.imHaircut, a.mmHaircut),
        (1, 9, 24, WAD - 1, 7)
    );
    let nothing = hub.get(margin, &IMargin::underlyingCall { underlying: 77 });
    assert_eq!((nothing.feed, nothing.lot, nothing.imFactor), (0, 0, 0));
    let nothing = hub.get(margin, &IMargin::assetCall { asset: 200 });
    assert_eq!(
        (nothing.feed, nothing.underlying, nothing.imHaircut),
        (0, 0, 0)
    );
}

#[test]
fn i_par_1_terms_are_refused_with_the_numbers() {
    let (mut hub, _) = furnished();
    let margin = hub.margin;
    let look = |hub: &Hub| {
        let u = hub.get(margin, &IMargin::underlyingCall { underlying: 1 });
        let a = hub.get(margin, &IMargin::assetCall { asset: 1 });
        format!("{u:?} {a:?}")
    };
    let before = look(&hub);
    let good = underlying(1, 1);
    let with = |f: fn(&mut IMargin::setUnderlyingCall)| {
        let mut call = good.clone();
        f(&mut call);
        call
    };
    let e: IMargin::UnknownUnderlying = hub.must_not(margin, &with(|c| c.underlying = 0));
    assert_eq!(e.underlying, 0);
    let e: IMargin::FeedRequired = hub.must_not(margin, &with(|c| c.feed = 0));
    assert_eq!(e.underlying, 1);
    // The oracle's own error, passed on.
    let e: IOracle::UnknownFeed = hub.must_not(margin, &with(|c| c.feed = 99));
    assert_eq!(e.feed, 99);
    let e: IMargin::ZeroLot = hub.must_not(margin, &with(|c| c.lot = 0));
    assert_eq!(e.underlying, 1);
    let e: IMargin::LotFrozen = hub.must_not(margin, &with(|c| c.lot += 1));
    assert_eq!((e.underlying, e.lot, e.given), (1, LOT, LOT + 1));
    for set in [0, 3, 255] {
        let call = IMargin::setUnderlyingCall {
            scenarioSet: set,
            ..good.clone()
        };
        let e: IMargin::UnknownScenarioSet = hub.must_not(margin, &call);
        assert_eq!(e.scenarioSet, set);
    }
    for factor in [0, WAD / 4 - 1, 10 * WAD + 1, u64::MAX] {
        let im = IMargin::setUnderlyingCall {
            imFactor: factor,
            ..good.clone()
        };
        let mm = IMargin::setUnderlyingCall {
            mmFactor: factor,
            ..good.clone()
        };
        for call in [im, mm] {
            let e: IMargin::FactorOutOfRange = hub.must_not(margin, &call);
            assert_eq!(
                (e.factor, e.minimum, e.maximum),
                (factor, WAD / 4, 10 * WAD)
            );
        }
    }
    let e: IMargin::InitialBelowMaintenance = hub.must_not(margin, &with(|c| c.mmFactor = WAD + 1));
    assert_eq!((e.initial, e.maintenance), (WAD, WAD + 1));

    let good = asset(1, 1, 1, 18);
    let with = |f: fn(&mut IMargin::setAssetCall)| {
        let mut call = good.clone();
        f(&mut call);
        call
    };
    let e: IMargin::UnknownAsset = hub.must_not(margin, &with(|c| c.asset = 16));
    assert_eq!(e.asset, 16);
    let e: IMargin::UnknownUnderlying = hub.must_not(margin, &with(|c| c.underlying = 5));
    assert_eq!(e.underlying, 5);
    let e: IMargin::FeedRequired = hub.must_not(margin, &with(|c| c.feed = 0));
    assert_eq!(e.underlying, 1);
    let e: IOracle::UnknownFeed = hub.must_not(margin, &with(|c| c.feed = 99));
    assert_eq!(e.feed, 99);
    let e: IMargin::TooManyAssetDecimals = hub.must_not(margin, &with(|c| c.decimals = 25));
    assert_eq!((e.decimals, e.limit), (25, 24));
    let e: IMargin::AssetDecimalsFrozen = hub.must_not(margin, &with(|c| c.decimals = 6));
    assert_eq!((e.asset, e.decimals, e.given), (1, 18, 6));
    let e: IMargin::HaircutTooLarge = hub.must_not(margin, &with(|c| c.imHaircut = WAD));
    assert_eq!((e.haircut, e.limit), (WAD, WAD));
    let e: IMargin::InitialBelowMaintenance =
        hub.must_not(margin, &with(|c| c.mmHaircut = WAD / 10 + 1));
    assert_eq!((e.initial, e.maintenance), (WAD / 10, WAD / 10 + 1));
    assert_eq!(look(&hub), before, "nothing changed");
}

#[test]
fn scenarios_are_the_kernel_s() {
    let hub = Hub::new();
    for number in [1, 2] {
        let set = ScenarioSet::of(number).unwrap().scenarios;
        let told = hub.get(
            hub.margin,
            &IMargin::scenariosCall {
                scenarioSet: number,
            },
        );
        let shocks: Vec<_> = set.iter().map(|s| int(s.shock_wad())).collect();
        let weights: Vec<_> = set.iter().map(|s| U256::from(s.weight_wad())).collect();
        assert_eq!((told.shocks, told.weights), (shocks, weights));
    }
    let e: IMargin::UnknownScenarioSet =
        hub.refused(hub.margin, &IMargin::scenariosCall { scenarioSet: 0 });
    assert_eq!(e.scenarioSet, 0);
}

// ---- answers ---------------------------------------------------------------------------------

/// The worked example of `docs/method.md`, on the chain.
#[test]
fn worked_example_of_the_method() {
    let (hub, _) = furnished();
    let one_wad = ONE.cast_signed();
    let a = one(
        &hub,
        portfolio(
            5_000 * one_wad,
            &[(1, 3 * ONE)],
            &[
                leg(1, 1, -50_000, -10_500 * one_wad),
                leg(1, 2, 50_000, 19_500 * one_wad),
                leg(2, 1, 10_000, 2_100 * one_wad),
            ],
        ),
    );
    assert_eq!(a.equity, int(11_900 * one_wad));
    assert_eq!(
        (a.im, a.mm),
        (U256::from(6_920 * ONE), U256::from(5_040 * ONE))
    );
    assert!(!a.stale);
}

#[test]
fn i_mar_17_feeds_that_fail_never_revert_an_assessment() {
    let (mut hub, [eth, _]) = furnished();
    let owner = hub.owner;
    let one_wad = ONE.cast_signed();
    let held = || {
        portfolio(
            100 * one_wad,
            &[(1, ONE), (2, 10_u128.pow(8))],
            &[leg(1, 1, 10_000, 1_900 * one_wad)],
        )
    };
    let fresh = one(&hub, held());
    // 100 + 2,000 + 40,000 + 2,000 − 1,900
    assert_eq!((fresh.equity, fresh.stale), (int(42_200 * one_wad), false));
    // The scan is of 4,000: 16 %, and haircuts of 10 % of 42,000.
    assert_eq!(fresh.im, U256::from((640 + 4_200) * ONE));

    let without_eth = |a: &Assessment, last: i128| {
        assert_eq!(a.equity, int((100 + 40_000 - 1_900 + last) * one_wad));
        assert!(a.stale);
    };
    // Old: the collateral counts nothing, the perpetual its last price.
    let ancient = U256::from(hub.now() - 200_000);
    hub.answer(eth, int(200_000_000_000), ancient);
    let a = one(&hub, held());
    without_eth(&a, 2_000);
    assert_eq!(a.im, U256::from((320 + 4_000) * ONE));
    // Anything worse: no price at all.
    let now = U256::from(hub.now());
    for (answer, time) in [
        (int(0), now),
        (int(-5), now),
        (I256::MAX, now),
        (int(200_000_000_000), U256::MAX),
    ] {
        hub.answer(eth, answer, time);
        let a = one(&hub, held());
        without_eth(&a, 0);
        assert_eq!(a.im, U256::from(4_000 * ONE));
    }
    for (mode, size) in [(1, 1_000_000), (2, 1_000_000), (3, 0), (4, 0)] {
        hub.must(
            owner,
            eth,
            &HostileFeed::setBombCall {
                mode_: mode,
                size_: U256::from(size),
            },
        );
        without_eth(&one(&hub, held()), 0);
    }
    // What does not rest on the dead feed is not stale: other items, and legs that net to nothing.
    let others = portfolio(
        0,
        &[(0, 5), (2, 1)],
        &[leg(1, 2, 3, 0), leg(1, 1, 4, 1), leg(2, 1, -4, 1)],
    );
    assert!(!one(&hub, others).stale);
}

/// What vault or governance have not told margin has no price, and nothing reverts for it.
#[test]
fn what_margin_does_not_know_is_stale() {
    let (hub, _) = furnished();
    let a = one(&hub, portfolio(7, &[(9, 5), (200, 1)], &[leg(1, 9, 5, 3)]));
    assert_eq!(
        (a.equity, a.im, a.mm, a.stale),
        (int(4), U256::ZERO, U256::ZERO, true)
    );
}

#[test]
fn marks_are_spots_with_lots() {
    let (mut hub, [eth, _]) = furnished();
    let ask = |instruments: Vec<u128>| IMargin::marksCall { instruments };
    let (a, b) = (perpetual(1, 1), perpetual(7, 2));
    let told = hub.get(hub.margin, &ask(vec![a, b, a]));
    let (eth_mark, btc_mark) = (U256::from(2_000 * ONE), U256::from(40_000 * ONE));
    assert_eq!(told.values, vec![eth_mark, btc_mark, eth_mark]);
    assert_eq!(told.lots, vec![LOT, LOT / 10, LOT]);
    assert_eq!(told.fresh, vec![true; 3]);
    let old = U256::from(hub.now() - 200_000);
    hub.answer(eth, int(200_000_000_000), old);
    let told = hub.get(hub.margin, &ask(vec![a, b]));
    assert_eq!((told.values[0], told.fresh), (eth_mark, vec![false, true]));
    hub.answer(eth, int(0), old);
    assert_eq!(hub.get(hub.margin, &ask(vec![a])).values, vec![U256::ZERO]);

    assert_eq!(hub.get(hub.margin, &ask(vec![])).values.len(), 0);
    assert_eq!(hub.get(hub.margin, &ask(vec![b; 32])).values.len(), 32);
    let e: IMargin::TooManyItems = hub.refused(hub.margin, &ask(vec![b; 33]));
    assert_eq!((e.given, e.limit), (U256::from(33), U256::from(32)));
    let e: IMargin::UnknownUnderlying = hub.refused(hub.margin, &ask(vec![b, perpetual(1, 3)]));
    assert_eq!(e.underlying, 3);
    for odd in [
        0,
        perpetual(0, 1),
        perpetual(1, 1) | 1,
        perpetual(1, 1) | 1 << 94,
    ] {
        let e: IMargin::InvalidInstrument = hub.refused(hub.margin, &ask(vec![odd]));
        assert_eq!(e.instrument, odd);
    }
    let future = perpetual(1, 1) | 1 << 94 | 20_000 << 78;
    let e: IMargin::UnsupportedKind = hub.refused(hub.margin, &ask(vec![future]));
    assert_eq!(e.instrument, future);
}

#[test]
fn i_liv_3_what_is_no_portfolio_is_refused() {
    let (hub, _) = furnished();
    let refused = |portfolios: Vec<Portfolio>| -> (U256, U256) {
        let e: IMargin::TooManyItems = hub.refused(hub.margin, &assess(portfolios));
        (e.given, e.limit)
    };
    let n = U256::from::<u64>;
    let empty = || portfolio(0, &[], &[]);
    let legs = |count: u16, of: fn(u16) -> U256| {
        portfolio(0, &[], &(1..=count).map(of).collect::<Vec<_>>())
    };
    assert_eq!(hub.get(hub.margin, &assess(vec![])).len(), 0);
    assert_eq!(hub.get(hub.margin, &assess(vec![empty(); 16])).len(), 16);
    assert_eq!(refused(vec![empty(); 17]), (n(17), n(16)));
    one(&hub, legs(64, |v| leg(v, 1, 1, 0)));
    assert_eq!(
        refused(vec![empty(), legs(65, |v| leg(v, 1, 1, 0))]),
        (n(65), n(64))
    );
    one(&hub, portfolio(0, &[(0, 1); 16], &[]));
    assert_eq!(
        refused(vec![portfolio(0, &[(0, 1); 17], &[])]),
        (n(17), n(16))
    );
    one(&hub, legs(8, |u| leg(1, u, 1, 0)));
    assert_eq!(refused(vec![legs(9, |u| leg(1, u, 1, 0))]), (n(9), n(8)));

    let good = leg(1, 1, 1, 0);
    for slot in [
        U256::ZERO,
        U256::MAX,
        U256::from(5),
        leg(1, 1, 0, 5),
        leg(0, 1, 1, 0),
        leg(1, 0, 1, 0),
    ] {
        let e: IMargin::InvalidLeg = hub.refused(
            hub.margin,
            &assess(vec![empty(), portfolio(0, &[], &[good, slot])]),
        );
        assert_eq!((e.portfolio, e.index, e.slot), (n(1), n(1), slot));
    }
    let future = perpetual(1, 1) | 1 << 94 | 20_000 << 78;
    let slot = PerpLeg {
        instrument: InstrumentId(future),
        size: 1,
        quote: 0,
    }
    .encode();
    let e: IMargin::UnsupportedKind =
        hub.refused(hub.margin, &assess(vec![portfolio(0, &[], &[slot])]));
    assert_eq!(e.instrument, future);
}

/// I-LIV-7: any calldata gets an answer or a typed error. Mutations of a good call, and rubbish.
#[test]
fn i_liv_7_no_calldata_reverts_with_nothing() {
    let (hub, _) = furnished();
    let good = assess(vec![
        portfolio(1, &[(1, 5), (2, 6)], &[leg(1, 1, 5, 6), leg(1, 2, -5, 6)]),
        portfolio(-1, &[], &[leg(3, 1, 5, 6)]),
    ])
    .abi_encode();
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let (mut answered, mut refused) = (0, 0);
    let mut tried = |data: Vec<u8>| {
        let result = hub.raw(hub.margin, data.clone().into(), 0, None);
        match result.outcome {
            Outcome::Success => answered += 1,
            _ => {
                assert!(
                    result.output.len() >= 4,
                    "an empty revert for {}",
                    Bytes::from(data)
                );
                let known = IMargin::IMarginErrors::abi_decode(&result.output);
                assert!(known.is_ok(), "unknown: {}", result.output);
                refused += 1;
            }
        }
    };
    for length in 4..good.len() {
        tried(good[..length].to_vec());
    }
    let words = (good.len() - 4) / 32;
    let odd = prop_oneof![
        Just(U256::MAX),
        Just(U256::ZERO),
        (0..1_000_u64).prop_map(U256::from),
        any::<[u64; 4]>().prop_map(U256::from_limbs),
        (0..256_usize).prop_map(|n| U256::from(1) << n),
        (0..40_u64).prop_map(|n| U256::from(32 * n)),
    ];
    let mutation = vec((0..words, odd), 1..4);
    for _ in 0..1_500 {
        let mut data = good.clone();
        for (word, value) in mutation.new_tree(&mut runner).unwrap().current() {
            data[4 + 32 * word..][..32].copy_from_slice(&value.to_be_bytes::<32>());
        }
        tried(data);
    }
    let selectors = [
        IMargin::marksCall::SELECTOR,
        IMargin::scenariosCall::SELECTOR,
        IMargin::assessCall::SELECTOR,
        IMargin::underlyingCall::SELECTOR,
        IMargin::setAssetCall::SELECTOR,
        IMargin::initializeCall::SELECTOR,
    ];
    for selector in selectors {
        for tail in [
            vec![],
            vec![0; 31],
            vec![0xff; 32],
            vec![0xff; 300],
            vec![0; 300],
        ] {
            tried([&selector[..], &tail].concat());
        }
    }
    assert!(
        answered > 100 && refused > 500,
        "{answered} answered, {refused} refused"
    );
    let paid = hub.raw(hub.margin, good.into(), 1, None);
    let _: IMargin::NotPayable = decode_error(&paid.output);
}

// ---- native and WASM -------------------------------------------------------------------------

fn number(bits: u32) -> impl Strategy<Value = u128> {
    let max = u128::MAX >> (128 - bits);
    prop_oneof![
        0..8_u128,
        (0..bits).prop_flat_map(|b| 0..=(u128::MAX >> (127 - b))),
        (0..=(bits * 3 / 10), 0..3_u128).prop_map(|(e, d)| 10_u128.pow(e) - 1 + d),
        Just(max),
    ]
    .prop_map(move |x| x.min(max))
}

fn signed(bits: u32) -> impl Strategy<Value = i128> {
    (number(bits - 1), any::<bool>()).prop_map(|(x, negative)| {
        if negative {
            -x.cast_signed()
        } else {
            x.cast_signed()
        }
    })
}

fn any_portfolio() -> impl Strategy<Value = Portfolio> {
    let leg = (1..4_u16, 1..=4_u16, signed(64), signed(128))
        .prop_map(|(venue, underlying, size, quote)| {
            let size = i64::try_from(size).unwrap();
            leg(venue, underlying, if size == 0 { 1 } else { size }, quote)
        })
        .boxed();
    let legs = prop_oneof![4 => vec(leg.clone(), 0..6), 1 => vec(leg, 60..=64)];
    let collateral = vec((0..8_u8, number(128)), 0..9);
    (signed(128), collateral, legs).prop_map(
        |(cash, collateral, legs): (i128, Vec<(u8, u128)>, Vec<U256>)| {
            portfolio(cash, &collateral, &legs)
        },
    )
}

/// I-PRC-9: thousands of random portfolios, many extreme, in random markets: the chain's answer is the kernel's.
#[test]
fn i_prc_9_native_and_wasm_agree_bit_for_bit() {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let mut draw =
        |strategy: &BoxedStrategy<u128>| strategy.new_tree(&mut runner).unwrap().current();
    let any128 = number(128).boxed();
    let mut compared = 0;
    let mut hub = Hub::new();
    let (owner, margin) = (hub.owner, hub.margin);
    // Seven feeds of 18 decimals: a price is its answer.
    let feeds: Vec<Address> = (1..=7).map(|_| hub.feed(18, int(1))).collect();
    for (number, feed) in (1..).zip(&feeds) {
        hub.list(number, *feed, 172_800, WIDE);
    }
    // Lots and decimals are frozen, so each world has its own numbers: underlyings 1 to 4 and assets 0 to 6 of a
    // fresh snapshot.
    for world in 0..12 {
        let snapshot = hub.chain.snapshot();
        let mut prices = Vec::new();
        for feed in &feeds {
            let value = draw(&number(110).boxed()).clamp(1, MAX_PRICE);
            let fresh = draw(&any128) % 8 != 0;
            let time = if fresh {
                hub.now()
            } else {
                hub.now() - 200_000
            };
            hub.answer(*feed, int(value.cast_signed()), U256::from(time));
            prices.push(price::Price { value, fresh });
        }
        let mut underlyings = Vec::new();
        for number in 1..=3_u16 {
            let low = |x: u128, range: u64| u64::try_from(x % u128::from(range)).unwrap();
            let mm_factor = WAD / 4 + low(draw(&any128), WAD);
            let terms = UnderlyingTerms {
                lot: u64::try_from(draw(&self::number(64).boxed()))
                    .unwrap()
                    .max(1),
                scenario_set: 1 + u8::try_from(low(draw(&any128), 2)).unwrap(),
                im_factor: mm_factor + low(draw(&any128), 8 * WAD),
                mm_factor,
            };
            let call = IMargin::setUnderlyingCall {
                underlying: number,
                feed: number,
                lot: terms.lot,
                scenarioSet: terms.scenario_set,
                imFactor: terms.im_factor,
                mmFactor: terms.mm_factor,
            };
            hub.must(owner, margin, &call);
            underlyings.push(Underlying {
                number,
                terms,
                price: prices[usize::from(number) - 1],
            });
        }
        let mut assets = Vec::new();
        for number in 0..7_u8 {
            let low = |x: u128, range: u64| u64::try_from(x % u128::from(range)).unwrap();
            let mm_haircut = low(draw(&any128), WAD);
            let feed = u16::from(number);
            let terms = AssetTerms {
                underlying: if feed == 0 {
                    0
                } else {
                    u16::try_from(low(draw(&any128), 4)).unwrap()
                },
                decimals: u8::try_from(low(draw(&any128), 25)).unwrap(),
                im_haircut: mm_haircut + low(draw(&any128), WAD - mm_haircut),
                mm_haircut,
            };
            let call = IMargin::setAssetCall {
                asset: number,
                feed,
                underlying: terms.underlying,
                decimals: terms.decimals,
                imHaircut: terms.im_haircut,
                mmHaircut: terms.mm_haircut,
            };
            hub.must(owner, margin, &call);
            let price = if feed == 0 {
                price::Price::ONE
            } else {
                prices[usize::from(feed) - 1]
            };
            assets.push(Asset {
                number,
                terms,
                price,
            });
        }
        let market = Market {
            underlyings: &underlyings,
            assets: &assets,
        };
        for _ in 0..25 {
            let strategy = vec(any_portfolio(), 16).boxed();
            let batch = strategy
                .new_tree(&mut runner_for(world, compared))
                .unwrap()
                .current();
            let answers = hub.get(margin, &assess(batch.clone()));
            assert_eq!(answers.len(), batch.len());
            for (portfolio, answer) in batch.iter().zip(answers) {
                let collateral: Vec<_> = portfolio
                    .collateral
                    .iter()
                    .map(|c| Collateral {
                        asset: c.asset,
                        amount: c.amount,
                    })
                    .collect();
                let given = kernel::Portfolio {
                    cash: portfolio.cash,
                    collateral: &collateral,
                    legs: &portfolio.legs,
                };
                let native = kernel::assess(&given, &market).expect("total");
                let wasm = (answer.equity.into_raw(), answer.im, answer.mm, answer.stale);
                assert_eq!(
                    wasm,
                    (native.equity.to_raw(), native.im, native.mm, native.stale),
                    "{portfolio:?}"
                );
                compared += 1;
            }
        }
        assert!(hub.chain.revert(snapshot));
    }
    assert_eq!(compared, 12 * 25 * 16);
}

fn runner_for(world: usize, step: usize) -> TestRunner {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&(world as u64).to_le_bytes());
    seed[8..16].copy_from_slice(&(step as u64).to_le_bytes());
    let rng = proptest::test_runner::TestRng::from_seed(
        proptest::test_runner::RngAlgorithm::ChaCha,
        &seed,
    );
    TestRunner::new_with_rng(Config::default(), rng)
}

/// What an assessment costs, for the record: `cargo test --test margin -- --nocapture gas`.
#[test]
fn i_liv_1_gas_of_assessments() {
    let (hub, _) = furnished();
    let legs = |n: u16| (1..=n).map(|v| leg(v, 1 + v % 2, 5, 6)).collect::<Vec<_>>();
    let gas = |portfolios: Vec<Portfolio>| hub.gas(hub.margin, &assess(portfolios));
    let cash = gas(vec![portfolio(1, &[], &[])]);
    let one = gas(vec![portfolio(1, &[], &legs(1))]);
    let two = gas(vec![portfolio(1, &[(1, 1)], &legs(2))]);
    let full = gas(vec![portfolio(1, &[(0, 1), (1, 1), (2, 1)], &legs(64))]);
    let pair = gas(vec![portfolio(1, &[(1, 1)], &legs(2)); 2]);
    let batch = gas(vec![portfolio(1, &[(0, 1), (1, 1), (2, 1)], &legs(64)); 16]);
    println!("assess, uncached programs, cold storage, test feeds of 11 cold slots each:");
    println!("cash only {cash}, 1 leg {one}, 2 legs and WETH {two}, the same twice {pair}");
    println!("64 legs and 3 assets {full}, sixteen of them {batch}");
    assert!(full < 250_000 && batch < 1_500_000);
}

// ---- in the house ----------------------------------------------------------------------------

/// I-MAR-16: what margin says of a portfolio is what the vault says of the account that holds it, and what a refusal
/// says of the account as it would have been.
#[tokio::test(flavor = "multi_thread")]
async fn i_mar_16_preview_is_what_the_door_uses() {
    use plimsoll_e2e::{BOOK, ETH, House, IVault, POOL, ok, uwad};
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.alice, "10,000").await;
    house.give_token(&p.alice, house.weth, "2").await;
    house.give(&p.maker, "100,000").await;
    ok(house
        .trade_book(&p.alice, &p.maker, ETH, uwad("25"), uwad("2,000"))
        .await);
    ok(house.trade_pool(&p.alice, ETH, false, uwad("4")).await);

    let account = p.alice.account();
    for price in ["2,000", "2,111.23456789", "1,990.5"] {
        ok(house.set_price(ETH, price).await);
        let (held, ..) = ok(house.account(account).await);
        assert_eq!(held.legs.len(), 2, "at {BOOK} and {POOL}");
        let preview = async |portfolio: Portfolio| {
            let call = assess(vec![portfolio]);
            ok(house.ask(house.at.margin, &call).await)
        };
        let told = preview(held.clone()).await;
        let used = ok(house.assess(account).await);
        assert_eq!(format!("{:?}", told[0]), format!("{used:?}"));

        // A withdrawal that is refused: the numbers are those of the portfolio without the money.
        let amount = house.usdc.amount("9,000").expect("an amount");
        let call = IVault::withdrawCall {
            account,
            token: house.usdc.address,
            amount,
            to: p.alice.address,
        };
        let e: IVault::InsufficientMargin =
            house.expect_revert(&p.alice, house.at.vault, &call).await;
        let mut without = held.clone();
        without.cash -= 9_000 * ONE.cast_signed();
        let told = preview(without).await;
        assert_eq!(
            (e.equity, e.im, e.mm),
            (told[0].equity, told[0].im, told[0].mm)
        );
        assert!(e.equity < I256::from_raw(e.im));

        // And the most that leaves is exactly what keeps it healthy (I-MAR-15).
        let most = IVault::maxWithdrawCall {
            account,
            token: house.usdc.address,
        };
        let most = ok(house.ask(house.at.vault, &most).await);
        let more = IVault::withdrawCall {
            amount: most + U256::ONE,
            ..call
        };
        let outcome = house
            .client
            .call_as(p.alice.address, house.at.vault, &more)
            .await;
        let e = outcome.expect_err("one unit more");
        let e = e.as_error::<IVault::InsufficientMargin>();
        assert!(
            e.is_some() || most == amount_of_cash(held.cash),
            "it is the margin that binds"
        );
        let exact = IVault::withdrawCall {
            amount: most,
            ..more
        };
        ok(house
            .client
            .call_as(p.alice.address, house.at.vault, &exact)
            .await);
    }
}

/// Cash in units of a coin of 6 decimals, down.
fn amount_of_cash(cash: i128) -> U256 {
    U256::from(cash.max(0).cast_unsigned() / 1_000_000_000_000)
}
