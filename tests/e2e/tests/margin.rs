//! The margin calculator's compiled program and its parameters: what is refused, what portfolios that are none are told,
//! and that the chain computes what the kernel computes natively.

mod hub;
use alloy::sol_types::SolInterface as _;
use hub::{furnished::*, *};
use plimsoll_devnode::types::Outcome;
use plimsoll_e2e::Dice;
use plimsoll_kernel::{
    book::{self, Change},
    codec::{OptionLeg, Strike},
    portfolio::{
        self as kernel, MAX_EXPIRIES, MAX_UNDERLYINGS, Scratch,
        market::expiry_seconds,
        money::LIMIT,
        snapshot::{self, Dependencies, SnapshotRequest},
        terms::{AssetTerms, RateTerms, RuleTerms, UnderlyingTerms as Terms},
    },
    surface::SETTLEMENT_WINDOW,
};
use std::fmt::Debug;

/// One lot too little for the finest rate.
const FINE: u64 = 1_000_000_000_000;
const UNIT: i128 = ONE.cast_signed();

// ---- parameters ------------------------------------------------------------------------------

/// Every stored word of margin, and what parameters say of them.
fn state(hub: &Hub) -> Vec<U256> {
    let of = |kind: u64, numbers: std::ops::Range<u64>| numbers.map(move |n| U256::from(kind | n));
    let keys = of(snapshot::RULES, 0..1)
        .chain(of(snapshot::UNDERLYING, 0..12))
        .chain(of(snapshot::ASSET, 0..18))
        .collect();
    hub.get(hub.margin, &IMargin::termsCall { keys })
}

/// The owner is refused, and nothing changes.
fn refused<E: SolError + Debug>(hub: &mut Hub, call: &impl SolCall) -> E {
    let before = state(hub);
    let e = hub.must_not(hub.parameters, call);
    assert_eq!(state(hub), before);
    e
}

fn rules(rates: [u32; 5], coin_feed: u16) -> IParameters::setRulesCall {
    let [im, mm, offset, calm, together] = rates.map(widen);
    IParameters::setRulesCall {
        imFactor: im,
        mmFactor: mm,
        maxOffset: offset,
        calmReach: calm,
        togetherReach: together,
        coinFeed: coin_feed,
    }
}

fn rule_rates(call: &mut IParameters::setRulesCall) -> [&mut u64; 5] {
    [
        &mut call.imFactor,
        &mut call.mmFactor,
        &mut call.maxOffset,
        &mut call.calmReach,
        &mut call.togetherReach,
    ]
}

/// Below its least, above its most and finer than a millionth is refused with the numbers; both bounds are not
/// refused for that rate.
fn check_bounds<C: SolCall + Clone>(
    hub: &mut Hub,
    good: &C,
    bounds: &[(u32, u32)],
    rate: impl Fn(&mut C, usize) -> &mut u64,
) {
    for (place, (least, most)) in bounds.iter().enumerate() {
        let (least, most) = (widen(*least), widen(*most));
        let with = |value| {
            let mut call = good.clone();
            *rate(&mut call, place) = value;
            call
        };
        let outside = [least.checked_sub(FINE), Some(most + FINE)];
        for given in outside.into_iter().flatten() {
            let e: IParameters::RateOutOfRange = refused(hub, &with(given));
            assert_eq!(
                (usize::from(e.rate), e.given, e.minimum, e.maximum),
                (place, given, least, most)
            );
        }
        for given in [least + 1, most - 1, u64::MAX] {
            let e: IParameters::RateTooFine = refused(hub, &with(given));
            assert_eq!((usize::from(e.rate), e.given), (place, given));
        }
        for given in [least, most] {
            let snapshot = hub.chain.snapshot();
            let (owner, parameters) = (hub.owner, hub.parameters);
            if let Err(data) = hub.send(owner, parameters, &with(given)) {
                let other = IParameters::RateOutOfRange::abi_decode_validate(&data);
                assert!(other.is_err(), "rate {place} at its bound: {other:?}");
            }
            assert!(hub.chain.revert(snapshot));
        }
    }
}

/// I-AUTH-6: parameters are their owner's, and the words of margin are of parameters alone.
#[test]
fn i_auth_6_only_the_owner_sets_parameters() {
    let mut hub = Floor::new().hub;
    let before = state(&hub);
    let (owner, stranger, parameters, margin) =
        (hub.owner, hub.stranger, hub.parameters, hub.margin);
    let not_owner = |data: Bytes| {
        let e: IParameters::NotOwner = decode_error(&data);
        (e.caller, e.owner)
    };
    for data in [
        hub.send(stranger, parameters, &rules(RuleTerms::DEFAULT.rates, 0)),
        hub.send(stranger, parameters, &set_underlying(3, default_terms(1))),
        hub.send(stranger, parameters, &set_asset(4, 1, 1, 18, (0, 0))),
        hub.send(
            stranger,
            parameters,
            &IParameters::transferOwnershipCall { newOwner: stranger },
        ),
    ] {
        assert_eq!(not_owner(data.unwrap_err()), (stranger, owner));
    }
    for key in [
        snapshot::RULES,
        snapshot::UNDERLYING | 1,
        snapshot::ASSET | 1,
        0,
        u64::MAX,
    ] {
        let call = IMargin::setTermsCall {
            key: U256::from(key),
            words: vec![U256::MAX; 2],
        };
        for caller in [owner, stranger, hub.chain.accounts()[0].address] {
            let data = hub.send(caller, margin, &call).unwrap_err();
            assert_eq!(not_owner(data), (caller, parameters));
        }
    }
    assert_eq!(state(&hub), before);
    // Neither can be initialised again.
    let again = IMargin::initializeCall {
        parameters: stranger,
        oracle: stranger,
    };
    let data = hub.send(owner, margin, &again).unwrap_err();
    let _: IMargin::AlreadyInitialized = decode_error(&data);
}

/// I-AUTH-6: ownership of the parameters moves in two steps.
#[test]
fn i_auth_6_parameters_are_handed_over_in_two_steps() {
    let mut hub = Floor::new().hub;
    let (owner, heir, parameters) = (hub.owner, hub.stranger, hub.parameters);
    let offer = IParameters::transferOwnershipCall { newOwner: heir };
    let done = hub.must(owner, parameters, &offer);
    let started = &events::<IParameters::OwnershipTransferStarted>(&done)[0];
    assert_eq!((started.previousOwner, started.newOwner), (owner, heir));
    hub.set(&rules(RuleTerms::DEFAULT.rates, 0));
    hub.must(heir, parameters, &IParameters::acceptOwnershipCall {});
    let e: IParameters::NotOwner = hub.must_not(parameters, &offer);
    assert_eq!((e.caller, e.owner), (owner, heir));
    hub.must(heir, parameters, &rules(RuleTerms::DEFAULT.rates, 0));
}

#[test]
fn i_par_1_rules_are_refused_with_the_numbers() {
    let mut hub = Floor::new().hub;
    let default = rules(RuleTerms::DEFAULT.rates, 0);
    check_bounds(&mut hub, &default, &RuleTerms::BOUNDS, |call, place| {
        let [a, b, c, d, e] = rule_rates(call);
        [a, b, c, d, e].into_iter().nth(place).unwrap()
    });
    let call = rules([1_000_000, 1_000_001, 0, 50_000, 50_000], 0);
    let e: IParameters::InitialBelowMaintenance = refused(&mut hub, &call);
    assert_eq!(
        (e.rate, e.initial, e.maintenance),
        (0, widen(1_000_000), widen(1_000_001))
    );
    let e: IOracle::UnknownFeed = refused(&mut hub, &rules(RuleTerms::DEFAULT.rates, 77));
    assert_eq!(e.feed, 77);

    // At the other end of every bound; told by an event and by the view.
    let call = rules([2_000_000, 2_000_000, 600_000, 1_000_000, 1_000_000], 2);
    let done = hub.set(&call);
    let told = &events::<IParameters::RulesSet>(&done)[..];
    assert_eq!(told.len(), 1);
    let shown = hub.get(hub.parameters, &IParameters::rulesCall {});
    for (a, b, c) in [
        (call.imFactor, told[0].imFactor, shown.imFactor),
        (call.mmFactor, told[0].mmFactor, shown.mmFactor),
        (call.maxOffset, told[0].maxOffset, shown.maxOffset),
        (call.calmReach, told[0].calmReach, shown.calmReach),
        (
            call.togetherReach,
            told[0].togetherReach,
            shown.togetherReach,
        ),
        (2, told[0].coinFeed.into(), shown.coinFeed.into()),
    ] {
        assert_eq!((a, a), (b, c));
    }
    let stored = RuleTerms::decode(state(&hub)[0]);
    assert_eq!(
        (stored.rates, stored.coin_feed),
        ([2_000_000, 2_000_000, 600_000, 1_000_000, 1_000_000], 2)
    );
}

#[test]
fn i_par_1_underlyings_are_refused_with_the_numbers() {
    let mut hub = Floor::new().hub;
    let default = set_underlying(ETH, default_terms(1));
    check_bounds(&mut hub, &default, &RateTerms::BOUNDS, |call, place| {
        rates(&mut call.terms).into_iter().nth(place).unwrap()
    });
    let with = |edit: &dyn Fn(&mut UnderlyingTerms)| {
        let mut call = default.clone();
        edit(&mut call.terms);
        call
    };

    let e: IParameters::UnknownUnderlying = refused(&mut hub, &set_underlying(0, default_terms(1)));
    assert_eq!(e.underlying, 0);
    let e: IParameters::FeedRequired = refused(&mut hub, &with(&|t| t.feed = 0));
    assert_eq!(e.underlying, ETH);
    let e: IOracle::UnknownFeed = refused(&mut hub, &with(&|t| t.feed = 77));
    assert_eq!(e.feed, 77);
    let e: IParameters::ZeroLot = refused(&mut hub, &with(&|t| t.lot = 0));
    assert_eq!(e.underlying, ETH);
    for set in [0, 4, 255] {
        let e: IParameters::UnknownScenarioSet = refused(&mut hub, &with(&|t| t.scenarioSet = set));
        assert_eq!(e.scenarioSet, set);
    }
    for given in [LOT - 1, LOT + 1, 1, u64::MAX] {
        let e: IParameters::LotFrozen = refused(&mut hub, &with(&|t| t.lot = given));
        assert_eq!((e.underlying, e.lot, e.given), (ETH, LOT, given));
    }
    for place in [6, 8, 10, 12] {
        let call = with(&|t| {
            let all = rates(t);
            *all[place + 1] = *all[place] + FINE;
        });
        let mut terms = call.terms.clone();
        let all = rates(&mut terms);
        let e: IParameters::InitialBelowMaintenance = refused(&mut hub, &call);
        assert_eq!(
            (usize::from(e.rate), e.initial, e.maintenance),
            (place, *all[place], *all[place + 1])
        );
    }
    // Set 2 covers 13.5 % of a long option and 18 % of everything else, each with half its closing cost.
    let envelope = |most, [short, linear, option]: [u32; 3]| {
        with(&|t| {
            let all = rates(t);
            for (place, value) in [
                (5, most),
                (6, short),
                (7, short),
                (8, linear),
                (9, linear),
                (10, option),
                (11, option),
            ] {
                *all[place] = widen(value);
            }
        })
    };
    for (leg, most, costs, covered) in [
        (2, 135_501, [5_000, 5_000, 1_000], 135_500),
        (0, 180_001, [0, 0, 100_000], 180_000),
        (1, 180_551, [100, 100_000, 1_000], 180_550),
        (2, 500_000, [900_000, 900_000, 1_000], 135_500),
    ] {
        let e: IParameters::EnvelopeExceeded = refused(&mut hub, &envelope(most, costs));
        assert_eq!(
            (e.legType, e.maxMove, e.covered),
            (leg, widen(most), widen(covered))
        );
    }

    // What passes is told by an event, by the view and to margin.
    let call = envelope(135_500, [5_000, 6_000, 1_000]);
    let done = hub.set(&call);
    let told = &events::<IParameters::UnderlyingSet>(&done)[..];
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].underlying, &told[0].terms), (ETH, &call.terms));
    let query = IParameters::underlyingCall { underlying: ETH };
    assert_eq!(hub.get(hub.parameters, &query), call.terms);
    let words = hub.get(
        hub.margin,
        &IMargin::termsCall {
            keys: vec![U256::from(snapshot::UNDERLYING | 1)],
        },
    );
    let stored = Terms::decode([words[0], words[1]]).unwrap();
    let mut terms = call.terms.clone();
    let all = rates(&mut terms).map(|rate| *rate);
    assert_eq!(stored.rates.0.map(widen), all);
    assert_eq!((stored.feed, stored.lot, stored.scenario_set), (1, LOT, 2));
    let query = IParameters::underlyingCall { underlying: 9 };
    assert_eq!(
        hub.get(hub.parameters, &query),
        UnderlyingTerms {
            feed: 0,
            lot: 0,
            scenarioSet: 0,
            ..with(&|t| rates(t).into_iter().for_each(|rate| *rate = 0)).terms
        }
    );
}

#[test]
fn i_par_1_assets_are_refused_with_the_numbers() {
    let mut hub = Floor::new().hub;
    for (good, bounds) in [
        (
            set_asset(WETH, 1, ETH, 18, (0, 0)),
            AssetTerms::BOUNDS_LINKED,
        ),
        (set_asset(LOOSE, 2, 0, 24, (0, 0)), AssetTerms::BOUNDS),
    ] {
        check_bounds(&mut hub, &good, &bounds, |call, place| match place {
            0 => &mut call.imHaircut,
            _ => &mut call.mmHaircut,
        });
    }
    let ok = (100_000, 50_000);
    for asset in [16, 255] {
        let e: IParameters::UnknownAsset = refused(&mut hub, &set_asset(asset, 1, ETH, 18, ok));
        assert_eq!(e.asset, asset);
    }
    let e: IParameters::FeedRequired = refused(&mut hub, &set_asset(WETH, 0, ETH, 18, ok));
    assert_eq!(e.underlying, ETH);
    let e: IParameters::UnknownUnderlying = refused(&mut hub, &set_asset(WETH, 1, 9, 18, ok));
    assert_eq!(e.underlying, 9);
    let e: IOracle::UnknownFeed = refused(&mut hub, &set_asset(WETH, 77, ETH, 18, ok));
    assert_eq!(e.feed, 77);
    let e: IParameters::TooManyAssetDecimals = refused(&mut hub, &set_asset(9, 1, ETH, 25, ok));
    assert_eq!((e.decimals, e.limit), (25, 24));
    for given in [17, 19, 0, 24] {
        let e: IParameters::AssetDecimalsFrozen =
            refused(&mut hub, &set_asset(WETH, 1, ETH, given, ok));
        assert_eq!((e.asset, e.decimals, e.given), (WETH, 18, given));
    }
    let call = set_asset(WETH, 1, ETH, 18, (50_000, 50_001));
    let e: IParameters::InitialBelowMaintenance = refused(&mut hub, &call);
    assert_eq!(
        (e.rate, e.initial, e.maintenance),
        (0, widen(50_000), widen(50_001))
    );

    let call = set_asset(15, 2, BTC, 24, (200_000, 200_000));
    let done = hub.set(&call);
    let told = &events::<IParameters::AssetSet>(&done)[..];
    assert_eq!(told.len(), 1);
    let told = &told[0];
    assert_eq!(
        (told.asset, told.feed, told.underlying, told.decimals),
        (15, 2, BTC, 24)
    );
    assert_eq!(
        (told.imHaircut, told.mmHaircut),
        (call.imHaircut, call.mmHaircut)
    );
    let shown = hub.get(hub.parameters, &IParameters::assetCall { asset: 15 });
    assert_eq!(
        (
            shown.feed,
            shown.underlying,
            shown.decimals,
            shown.imHaircut,
            shown.mmHaircut
        ),
        (2, BTC, 24, call.imHaircut, call.mmHaircut)
    );
    let none = hub.get(hub.parameters, &IParameters::assetCall { asset: 14 });
    assert_eq!(
        (none.feed, none.underlying, none.decimals, none.imHaircut),
        (0, 0, 0, 0)
    );
}

/// The published scenario sets are the kernel's: identity first, as many as the method says.
#[test]
fn scenarios_are_those_of_the_method() {
    let hub = Hub::new();
    let wad = |percent: i128| int(percent * UNIT / 1_000);
    for (set, count, reach) in [(1, 23, 200), (2, 33, 180), (3, 33, 315)] {
        let s = hub.get(
            hub.parameters,
            &IParameters::scenariosCall { scenarioSet: set },
        );
        assert_eq!(
            (s.shocks.len(), s.volRules.len(), s.weights.len()),
            (count, count, count)
        );
        assert_eq!((s.shocks[0], s.volRules[0]), (I256::ZERO, 0));
        // The nearest fractions of 40 binary places.
        for (shock, reach) in [(s.shocks[14], -reach), (s.shocks[22], reach)] {
            assert!((shock - wad(reach)).abs() < int(1_000_000), "{shock}");
        }
        assert_eq!(s.volRules[13..23], [2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert!(s.weights[..23].iter().all(|w| *w == U256::from(ONE)));
        if count > 23 {
            assert_eq!(s.volRules[31..], [3, 4]);
        }
    }
    let call = IParameters::scenariosCall { scenarioSet: 4 };
    let e: IParameters::UnknownScenarioSet = hub.refused(hub.parameters, &call);
    assert_eq!(e.scenarioSet, 4);
}

// ---- what is no portfolio --------------------------------------------------------------------

#[test]
fn i_liv_3_portfolios_are_bounded() {
    let hub = Floor::new().hub;
    let leg = |n: u16| perpetual(1 + n, ETH, 1, 0);
    let legs: Vec<_> = (0..65).map(leg).collect();
    let held: Vec<_> = (0..17).map(|n| (n, 1)).collect();
    let call = |portfolios| IMargin::assessCall { portfolios };
    let full = portfolio(0, &held[..16], &legs[..64]);
    assert_eq!(hub.assess(&vec![full.clone(); 16]).len(), 16);
    assert_eq!(hub.assess(&[]), []);
    for (portfolios, given, limit) in [
        (vec![full.clone(), portfolio(0, &[], &legs)], 65, 64),
        (vec![full.clone(), portfolio(0, &held, &[])], 17, 16),
        (vec![full; 17], 17, 16),
    ] {
        let e: IMargin::TooManyItems = hub.refused(hub.margin, &call(portfolios));
        assert_eq!((e.given, e.limit), (U256::from(given), U256::from(limit)));
    }
}

/// What a slot of no account can hold is named, requires everything, and hurts no neighbour in the call.
#[test]
fn i_liv_7_a_slot_that_is_no_leg_is_out_of_range() {
    let floor = Floor::new();
    let good = perpetual(1, ETH, LOTS, 2_000 * UNIT);
    let neighbour = portfolio(500 * UNIT, &[], &[good]);
    let alone = floor.hub.assess_one(&neighbour);
    assert!(!alone.stale && !alone.outOfRange);
    let twice = option(1, ETH, true, floor.day, 2_000 * ONE, 1);
    let half = U256::from(twice.encode().unwrap());
    for slot in [
        U256::ZERO,
        U256::MAX,
        U256::from(5),
        perpetual(1, ETH, 0, 5),
        half,                        // the low half alone
        half << 128 | half,          // one option twice
        good | U256::from(1) << 192, // a bit between expiry and size
    ] {
        let bad = portfolio(1_000_000 * UNIT, &[], &[good, slot]);
        let answers = floor.hub.assess(&[bad, neighbour.clone()]);
        let a = &answers[0];
        assert!(a.outOfRange && a.stale, "{slot:#x}");
        assert_eq!((a.staleLegs, a.staleAssets), (0b100, 0), "{slot:#x}");
        assert!(a.im >= U256::from(LIMIT.cast_unsigned()) && a.im >= a.mm);
        assert_eq!(answers[1], alone);
    }
}

/// Exactly the slots and assets that rest on what is stale or missing are named.
#[test]
fn i_ora_2_what_is_stale_is_named() {
    let mut floor = Floor::new();
    let (hub, day) = (&mut floor.hub, floor.day);
    let stale = hub.now() - 172_801;
    hub.pushed(&[surface(ETH, day + 1, 2_000 * ONE, UNIT / 10)]);
    let time = hub.now() + u64::from(PUSH_AGE) + 1;
    hub.chain.set_next_block_timestamp(time).unwrap();
    hub.pushed(&[surface(ETH, day, 2_000 * ONE, UNIT / 20)]);
    hub.answer(floor.btc, coins(40_000), U256::from(stale));
    let on = |day, call, strike: u128| option(1, ETH, call, day, strike * ONE, 5);
    let slots = [
        vec![perpetual(1, ETH, 5, 0)],                                // 0
        vec![perpetual(1, BTC, 5, 0)],                                // 1 stale feed
        options(&[on(day, true, 2_000)]),                             // 2
        options(&[on(day + 1, true, 2_000)]),                         // 3 stale push
        options(&[on(day, false, 1_900), on(day + 1, false, 1_900)]), // 4 one of the two
        options(&[on(day, false, 1_800), on(day + 2, false, 1_800)]), // 5 one never pushed
        vec![future(1, ETH, day, -3, 0)],                             // 6
        vec![future(1, ETH, day + 2, -3, 0)],                         // 7 never pushed
        vec![perpetual(1, 9, 1, 0)],                                  // 8 not listed
        options(&[option(1, 9, true, day, ONE, -5)]),                 // 9 not listed
    ]
    .concat();
    let held = [(COIN, 5), (WETH, 5), (WBTC, 5), (LOOSE, 5), (9, 5)];
    let a = hub.assess_one(&portfolio(UNIT, &held, &slots));
    assert!(a.stale);
    let stale = [2, 6, 9, 11, 14, 16, 18].map(|place| 1_u128 << place);
    assert_eq!(a.staleLegs, stale.iter().sum());
    assert_eq!(a.staleAssets, 1 << WBTC | 1 << LOOSE | 1 << 9);
    assert!(a.worst < a.best);
    // Without what is stale nothing is.
    let fresh = [slots[0], slots[2], slots[6]];
    let a = hub.assess_one(&portfolio(UNIT, &held[..2], &fresh));
    assert!(!a.stale && !a.outOfRange);
    assert_eq!((a.staleLegs, a.staleAssets), (0, 0));
    assert_eq!((a.best, a.worst), (a.equity - I256::from_raw(a.mm), a.best));
    // The last slot has a bit too.
    let mut full: Vec<_> = (1..64).map(|n| perpetual(n, ETH, 1, 0)).collect();
    full.push(perpetual(1, BTC, 1, 0));
    assert_eq!(
        hub.assess_one(&portfolio(0, &[], &full)).staleLegs,
        1 << 126
    );
}

/// I-LIV-7: whatever the feeds do there is an answer, and one portfolio's dead prices are not another's.
#[test]
fn i_liv_7_margin_is_total_whatever_the_feeds_do() {
    let mut floor = Floor::new();
    let (hub, day) = (&mut floor.hub, floor.day);
    hub.pushed(&[surface(ETH, day, 2_000 * ONE, UNIT / 20)]);
    let held = [(COIN, 7), (WETH, 5 * ONE), (WBTC, 500_000_000), (LOOSE, 5)];
    let legs = [
        vec![
            perpetual(1, ETH, -LOTS, 0),
            perpetual(1, BTC, LOTS, 0),
            future(1, ETH, day, LOTS, 0),
        ],
        options(&[
            option(1, ETH, true, day, 2_000 * ONE, -LOTS),
            option(1, BTC, false, day, 40_000 * ONE, LOTS),
        ]),
    ]
    .concat();
    let exposed = portfolio(UNIT, &held, &legs);
    let flat = portfolio(5 * UNIT, &[(COIN, 1)], &[]);
    let unmoved = hub.assess_one(&flat);
    let owner = hub.owner;
    for (mode, size) in [(1, 1_000_000), (2, 160), (3, 0), (4, 0)] {
        for feed in [floor.eth, floor.btc] {
            let bomb = HostileFeed::setBombCall {
                mode_: mode,
                size_: U256::from(size),
            };
            hub.must(owner, feed, &bomb);
        }
        let answers = hub.assess(&[exposed.clone(), flat.clone()]);
        assert!(answers[0].stale, "mode {mode}");
        assert_eq!(answers[0].staleLegs, 0b1101_0101);
        assert_eq!(answers[0].staleAssets, 0b1110);
        assert!(answers[0].im >= answers[0].mm);
        assert_eq!(answers[1], unmoved);
        assert_eq!(answers[0], native(hub, &exposed));
    }
}

/// I-LIV-3: what no account can hold, because it rests on more than a market holds, is stale and so cannot be opened; and
/// where it names more than the oracle answers at once, it is refused.
#[test]
fn i_liv_3_more_underlyings_than_a_market_holds() {
    let floor = Floor::new();
    let hub = &floor.hub;
    let linear: Vec<_> = (1..=64).map(|n| perpetual(1, n, 1, 0)).collect();
    let dated: Vec<_> = (1..=64)
        .map(|n| future(1, ETH, floor.day + n, 1, 0))
        .collect();
    let both: Vec<_> = (0..128)
        .map(|n| option(1, 1 + n, true, floor.day + n, ONE, -1))
        .collect();
    let with = |legs: &[U256]| portfolio(UNIT, &[(WETH, 1), (WBTC, 1)], legs);
    // Feeds 2, underlyings 64 and more: of the oracle's 64.
    for legs in [&linear[..62], &dated[..60], &options(&both)[..15]] {
        let a = hub.assess_one(&with(legs));
        assert!(a.stale && a.im >= a.mm);
    }
    for legs in [linear, dated, options(&both)] {
        let portfolios = vec![with(&legs)];
        let e: IMargin::TooManyItems = hub.refused(hub.margin, &IMargin::assessCall { portfolios });
        assert!(e.given > e.limit && e.limit == U256::from(64));
    }
}

/// I-LIV-7: any calldata gets an answer or a typed error. Mutations of a good call, and rubbish.
#[test]
fn i_liv_7_no_calldata_reverts_with_nothing() {
    let floor = Floor::new();
    let hub = &floor.hub;
    let good = IMargin::assessCall {
        portfolios: vec![
            portfolio(
                1,
                &[(1, 5), (2, 6)],
                &[perpetual(1, ETH, 5, 6), perpetual(1, BTC, -5, 6)],
            ),
            portfolio(
                -1,
                &[],
                &options(&[option(3, ETH, true, floor.day, ONE, 5)]),
            ),
        ],
    }
    .abi_encode();
    let mut dice = Dice(7);
    let (mut answered, mut refused) = (0, 0);
    let mut tried = |data: Vec<u8>| {
        let result = hub.raw(hub.margin, data.clone().into(), 0, None);
        match result.outcome {
            Outcome::Success => answered += 1,
            _ => {
                let known = IMargin::IMarginErrors::abi_decode(&result.output);
                assert!(known.is_ok(), "{} for {}", result.output, Bytes::from(data));
                refused += 1;
            }
        }
    };
    for length in 4..good.len() {
        tried(good[..length].to_vec());
    }
    let words = (good.len() - 4) as u64 / 32;
    for _ in 0..1_000 {
        let mut data = good.clone();
        for _ in 0..=dice.below(3) {
            let value = match dice.below(6) {
                0 => U256::MAX,
                1 => U256::ZERO,
                2 => U256::from(dice.below(1_000)),
                3 => U256::from_limbs([dice.roll(), dice.roll(), dice.roll(), dice.roll()]),
                4 => U256::from(1) << dice.below(256),
                _ => U256::from(32 * dice.below(40)),
            };
            let place = 4 + 32 * dice.below(words) as usize;
            data[place..place + 32].copy_from_slice(&value.to_be_bytes::<32>());
        }
        tried(data);
    }
    assert!(
        answered > 50 && refused > 500,
        "{answered} answered, {refused} refused"
    );
    let paid = hub.raw(hub.margin, good.into(), 1, None);
    let _: IMargin::NotPayable = decode_error(&paid.output);
}

// ---- native and WASM -------------------------------------------------------------------------

/// The kernel's answer on this machine, from the same words margin rests on.
fn native(hub: &Hub, given: &Portfolio) -> Assessment {
    let collateral: Vec<_> = given
        .collateral
        .iter()
        .map(|c| (c.asset, c.amount))
        .collect();
    let portfolio = kernel::Portfolio {
        cash: given.cash,
        collateral: &collateral,
        slots: &given.legs,
    };
    let terms = |keys| hub.get(hub.margin, &IMargin::termsCall { keys });
    let mut needs = Dependencies::default();
    needs.add(&portfolio);
    needs.link(&terms(needs.asset_keys()));
    let keys = needs.keys();
    let board = SnapshotRequest::new(needs, &terms(keys));
    let words = hub.get(hub.oracle, &IOracle::snapshotCall { keys: board.keys() });
    assert_eq!(words.len(), board.answer_len());
    let a = board.with_market(hub.now(), &words, |market| {
        kernel::assess(market, &portfolio, &mut Scratch::NEW.clone())
    });
    Assessment {
        equity: int(a.equity),
        im: U256::from(a.im.cast_unsigned()),
        mm: U256::from(a.mm.cast_unsigned()),
        stale: a.stale,
        best: int(a.best),
        worst: int(a.worst),
        outOfRange: a.out_of_range,
        staleLegs: a.stale_legs,
        staleAssets: a.stale_assets,
    }
}

/// Feeds of the random worlds: one for each of nine underlyings, three more.
const FEEDS: u16 = 12;
const LISTED: u16 = 9;
/// Underlyings that have expiries.
const DATED: u16 = 4;

/// A market drawn at random: terms, surfaces, what is stale, what time it is.
struct World {
    hub: Hub,
    dice: Dice,
    /// Of feed i + 1, in the world's beginning.
    prices: Vec<u128>,
    /// Of asset i.
    decimals: Vec<u8>,
    /// Days some of which were pushed.
    days: Vec<u16>,
}

/// Which moment of the nearest expiry a world is in.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// More than two days before.
    Far,
    /// Within two days: pockets.
    Near,
    /// In the settlement window.
    Window,
    /// After it; settled for some underlyings.
    Past,
}

impl World {
    fn new(seed: u64, moment: Moment) -> Self {
        let mut hub = Hub::new();
        let feeds: Vec<Address> = (1..=FEEDS).map(|_| hub.feed(18, int(1))).collect();
        for (number, feed) in (1..).zip(&feeds) {
            hub.list(number, *feed, 172_800, WIDE);
        }
        let mut world = Self {
            hub,
            dice: Dice(seed),
            prices: Vec::new(),
            decimals: Vec::new(),
            days: Vec::new(),
        };
        for feed in &feeds {
            let price = (1 + u128::from(world.dice.below(99)))
                * 10_u128.pow(15 + world.dice.below(8) as u32);
            world.prices.push(price);
            let now = U256::from(world.hub.now());
            world.hub.answer(*feed, int(price.cast_signed()), now);
        }
        world.parameters();
        world.surfaces(moment, &feeds);
        for (feed, price) in feeds.iter().zip(world.prices.clone()) {
            world.last_answer(*feed, price);
        }
        world
    }

    /// A rate between its bounds, of millionths.
    fn rate(&mut self, (least, most): (u32, u32)) -> u32 {
        let range = u64::from(most - least) + 1;
        least + self.dice.below(range) as u32
    }

    fn parameters(&mut self) {
        let mut given = RuleTerms::DEFAULT;
        if !self.dice.once_in(3) {
            given.rates = RuleTerms::BOUNDS.map(|bounds| self.rate(bounds));
            let [im, mm, ..] = &mut given.rates;
            (*im, *mm) = ((*im).max(*mm), (*im).min(*mm));
        }
        let coin = if self.dice.once_in(2) { FEEDS } else { 0 };
        self.hub.set(&rules(given.rates, coin));
        for number in 1..=LISTED {
            let terms = loop {
                let mut terms = default_terms(number);
                terms.lot = 10_u64.pow(10 + self.dice.below(9) as u32);
                terms.scenarioSet = 1 + self.dice.below(3) as u8;
                if !self.dice.once_in(3) {
                    let drawn = RateTerms::BOUNDS.map(|bounds| widen(self.rate(bounds)));
                    let mut all = rates(&mut terms);
                    all.iter_mut().zip(drawn).for_each(|(to, from)| **to = from);
                    for pair in all[6..].chunks_mut(2) {
                        if let [initial, maintenance] = pair
                            && **initial < **maintenance
                        {
                            core::mem::swap(*initial, *maintenance);
                        }
                    }
                }
                let mut copy = terms.clone();
                let stored = Terms {
                    feed: number,
                    lot: terms.lot,
                    scenario_set: terms.scenarioSet,
                    rates: RateTerms(rates(&mut copy).map(|rate| (*rate / FINE) as u32)),
                };
                if stored.check().is_ok() {
                    break terms;
                }
            };
            self.hub.set(&set_underlying(number, terms));
        }
        for (index, feed, link) in [
            (0, 0, 0),
            (1, 1, 1),
            (2, 2, 2),
            (3, 10, 3),
            (4, 11, 0),
            (5, 8, 8),
            (6, 9, 9),
            (7, 5, 5),
        ] {
            let bounds = if link == 0 {
                AssetTerms::BOUNDS
            } else {
                AssetTerms::BOUNDS_LINKED
            };
            let [a, b] = bounds.map(|bounds| self.rate(bounds));
            let decimals = self.dice.below(25) as u8;
            self.decimals.push(decimals);
            let call = set_asset(index, feed, link, decimals, (a.max(b), a.min(b)));
            self.hub.set(&call);
        }
    }

    /// Pushes for underlyings 1 to 4: the first fresh, the second in part, the third stale, the fourth in part.
    fn surfaces(&mut self, moment: Moment, feeds: &[Address]) {
        let (owner, oracle) = (self.hub.owner, self.hub.oracle);
        let signers = self.hub.signers(THRESHOLD);
        self.hub.must(owner, oracle, &signers);
        for underlying in 1..=DATED {
            let call = IOracle::setSurfaceTermsCall {
                underlying,
                feed: underlying,
                maxAge: PUSH_AGE,
                maxBasis: ONE as u64,
            };
            self.hub.must(owner, oracle, &call);
        }
        let today = u16::try_from(self.hub.now() / 86_400).unwrap();
        self.days = [4, 5, 6, 12, 45].map(|n| today + n).to_vec();
        let first = expiry_seconds(today + 4);
        let time = match moment {
            Moment::Far => self.hub.now() + 1_000,
            Moment::Near => first - 100_000,
            Moment::Window => first - 600,
            Moment::Past => first + 100,
        };
        let all = self.days.clone();
        if !matches!(moment, Moment::Past) {
            self.push(
                time - 700,
                feeds,
                &[(1, &all), (2, &all), (3, &all), (4, &all)],
                0,
            );
        } else {
            self.push(
                first - 700,
                feeds,
                &[(1, &all), (2, &all), (3, &all), (4, &all)],
                0,
            );
        }
        let fixed = match moment {
            Moment::Window => 3,
            _ => 0,
        };
        let live = match moment {
            Moment::Past => &all[1..],
            _ => &all[..],
        };
        self.push(
            time,
            feeds,
            &[(1, live), (2, &live[..2]), (4, &live[1..])],
            fixed,
        );
        if matches!(moment, Moment::Past) {
            self.hub.chain.set_next_block_timestamp(time + 20).unwrap();
            let settled = [1, 4].map(|u| settlement(u, all[0], self.prices[usize::from(u) - 1]));
            self.hub.pushed(&settled);
        }
    }

    /// Pushes days of underlyings at a time; `fixed` tenths of the first day's forward are fixed already.
    fn push(&mut self, time: u64, feeds: &[Address], what: &[(u16, &[u16])], fixed: u128) {
        let mut updates = Vec::new();
        for (underlying, days) in what {
            let price = self.prices[usize::from(*underlying) - 1];
            let volatility = 1 + i128::from(*underlying);
            for day in *days {
                let basis = u128::from(self.dice.below(40));
                let forward = price / 1_000 * (980 + basis);
                let age = i128::from(*day - self.days[0]);
                let mut update = surface(
                    *underlying,
                    *day,
                    forward,
                    volatility * UNIT / 2_000 * (1 + age),
                );
                update.discount = ONE as u64 - self.dice.below(ONE as u64 / 20);
                if *day == self.days[0] && fixed > 0 {
                    update.fixedPart = forward / 10 * fixed;
                    update.forward -= update.fixedPart;
                }
                updates.push(update);
            }
        }
        for (feed, price) in feeds.iter().zip(self.prices.clone()) {
            self.hub.chain.set_next_block_timestamp(time).unwrap();
            self.hub
                .answer(*feed, int(price.cast_signed()), U256::from(time));
        }
        for updates in updates.chunks(16) {
            self.hub.chain.set_next_block_timestamp(time).unwrap();
            self.hub.pushed(updates);
        }
    }

    /// What a feed says in the end: mostly a price not far away, sometimes an old one, none, or one at the edge.
    fn last_answer(&mut self, feed: Address, price: u128) {
        let now = self.hub.now();
        let moved = price / 1_000 * u128::from(700 + self.dice.below(700));
        let (answer, time) = match self.dice.below(24) {
            0 | 4 => (moved, now - 172_801),
            1 => (0, now),
            2 => (1, now),
            3 => (WIDE.1, now),
            _ => (moved, now),
        };
        self.hub
            .answer(feed, int(answer.cast_signed()), U256::from(time));
    }

    fn sign(&mut self, size: i64) -> i64 {
        if self.dice.once_in(2) { -size } else { size }
    }

    /// Mostly worth some thousands, sometimes nothing or everything.
    fn lots(&mut self, underlying: u16, most: i64) -> i64 {
        let price = self
            .prices
            .get(usize::from(underlying) - 1)
            .copied()
            .unwrap_or(ONE);
        let lot = 10_u128.pow(14);
        let typical = (10_000 * ONE / price * (ONE / lot)).clamp(1, most as u128 / 2);
        let size = match self.dice.below(200) {
            0 => 1,
            1 => most,
            2 => 1 + (self.dice.roll() >> 1).min(most as u64 - 1) as i64,
            _ => 1 + self.dice.below(typical as u64) as i64,
        };
        self.sign(size)
    }

    fn quote(&mut self) -> i128 {
        match self.dice.below(100) {
            0 => i128::MIN,
            1 => i128::MAX,
            _ => (i128::from(self.dice.roll()) - (1 << 63)) << 10,
        }
    }

    fn strike(&mut self, underlying: u16) -> u128 {
        let price = self
            .prices
            .get(usize::from(underlying) - 1)
            .copied()
            .unwrap_or(ONE);
        let about = price / 1_000 * u128::from(500 + self.dice.below(1_000));
        let digits = about.ilog10().saturating_sub(3);
        let strike = about / 10_u128.pow(digits) * 10_u128.pow(digits);
        Strike::from_wad(strike).map_or(ONE, Strike::to_wad)
    }

    fn option(&mut self, underlying: u16) -> OptionLeg {
        let (day, strike) = (self.day(), self.strike(underlying));
        let (call, size) = (self.dice.once_in(2), self.lots(underlying, (1 << 53) - 1));
        option(
            1 + self.dice.below(3) as u16,
            underlying,
            call,
            day,
            strike,
            size,
        )
    }

    fn day(&mut self) -> u16 {
        match self.dice.below(40) {
            0 => self.days[0] + 20, // never pushed
            n => self.days[n as usize % self.days.len()],
        }
    }

    fn portfolio(&mut self) -> Portfolio {
        let count = 1 + self.dice.below(3);
        let mut choice = Vec::new();
        for _ in 0..count {
            let fresh = self.dice.once_in(2);
            choice.push(if fresh {
                1
            } else {
                1 + self.dice.below(u64::from(DATED)) as u16
            });
        }
        if self.dice.once_in(6) {
            let more = 1 + self.dice.below(9);
            choice.extend((0..more).map(|_| 1 + self.dice.below(10) as u16));
        }
        let legs = match self.dice.below(10) {
            0 => 0,
            1 => 60 + self.dice.below(60),
            _ => 1 + self.dice.below(10),
        };
        let (mut slots, mut written) = (Vec::new(), Vec::new());
        for _ in 0..legs {
            let underlying = choice[self.dice.below(choice.len() as u64) as usize];
            let venue = 1 + self.dice.below(3) as u16;
            match self.dice.below(8) {
                0 | 1 if slots.len() < 20 => {
                    let (size, quote) = (self.lots(underlying, i64::MAX), self.quote());
                    slots.push(perpetual(venue, underlying, size, quote));
                }
                2 if slots.len() < 20 => {
                    let (day, size, quote) =
                        (self.day(), self.lots(underlying, i64::MAX), self.quote());
                    slots.push(future(venue, underlying, day, size, quote));
                }
                _ => {
                    let option = self.option(underlying);
                    written.push(option);
                }
            }
        }
        slots.extend(options(&written));
        slots.truncate(64);
        if self.dice.once_in(50) {
            slots.push(U256::from(self.dice.roll()));
            slots.truncate(64);
        }
        let mut held = Vec::new();
        for asset in 0..9 {
            if self.dice.once_in(5) {
                let unit = 10_u128.pow(
                    self.decimals
                        .get(usize::from(asset))
                        .copied()
                        .unwrap_or(0)
                        .into(),
                );
                let amount = match self.dice.below(40) {
                    0 => u128::MAX,
                    1 => 1,
                    _ => {
                        u128::from(self.dice.below(1_000)) * unit / 10
                            + u128::from(self.dice.below(9))
                    }
                };
                held.push((asset, amount));
            }
        }
        let cash = match self.dice.below(50) {
            0 => i128::MAX,
            1 => i128::MIN,
            _ => (i128::from(self.dice.roll()) - (1 << 62)) << 12,
        };
        portfolio(cash, &held, &slots)
    }
}

/// What the drawn portfolios were like.
#[derive(Debug, Default)]
struct Seen {
    stale: usize,
    fresh: usize,
    clamped: usize,
    crowded: usize,
    options: usize,
}

/// I-PRC-9, I-MAR-11: hundreds of random portfolios, some extreme, in random markets at every moment of an expiry: the
/// chain's answer is the kernel's in every field, whether asked alone or with fifteen others that together need more
/// than a market holds. `PLIMSOLL_WORLDS=157` asks about more than 10,000 instead of 768.
#[test]
fn i_prc_9_native_and_wasm_agree_in_every_field() {
    let worlds = std::env::var("PLIMSOLL_WORLDS").map_or(12, |n| n.parse().expect("a number"));
    let mut seen = Seen::default();
    for seed in 0..worlds {
        let moment = [Moment::Far, Moment::Near, Moment::Window, Moment::Past][seed as usize % 4];
        let mut world = World::new(seed, moment);
        for _ in 0..4 {
            let batch: Vec<_> = (0..16).map(|_| world.portfolio()).collect();
            let together = world.hub.assess(&batch);
            assert_eq!(together.len(), batch.len());
            for (portfolio, answer) in batch.iter().zip(&together) {
                let computed = native(&world.hub, portfolio);
                assert_eq!(*answer, computed, "{seed} {moment:?} {portfolio:?}");
                let alone = world.hub.assess_one(portfolio);
                assert_eq!(alone, computed, "{seed} {moment:?} {portfolio:?}");
                // I-MAR-6.
                assert!(alone.im >= alone.mm);
                // A coin in doubt makes stale what rests on no stale price itself.
                assert!(alone.stale || (alone.staleLegs == 0 && alone.staleAssets == 0));
                if alone.stale {
                    seen.stale += 1;
                } else {
                    seen.fresh += 1;
                    let excess = alone.equity - I256::from_raw(alone.mm);
                    assert_eq!((alone.best, alone.worst), (excess, excess));
                }
                seen.clamped += usize::from(alone.outOfRange);
                let mut needs = Dependencies::default();
                for leg in book::all(&portfolio.legs) {
                    needs.instrument(leg.instrument);
                    seen.options += usize::from(leg.instrument.kind().is_option());
                }
                seen.crowded += usize::from(!needs.fits());
            }
        }
    }
    println!("{seen:?}");
    assert!(
        seen.stale > 200 && seen.fresh > 150 && seen.clamped > 30 && seen.crowded > 0,
        "{seen:?}"
    );
    assert!(seen.options > 2_000, "{seen:?}");
}

/// I-MAR-11: what others in the call hold changes nothing, though together they exceed what a market holds; and linked
/// collateral that finds no room is scanned alone, whoever else is asked about.
#[test]
fn i_mar_11_answers_do_not_depend_on_the_company() {
    let mut floor = Floor::new();
    let hub = &mut floor.hub;
    // Underlyings 3 to 12 at bitcoin's price, an asset linked to the last.
    for number in 3..=12 {
        hub.set(&set_underlying(number, default_terms(2)));
    }
    hub.set(&set_asset(5, 2, 12, 18, (100_000, 50_000)));
    let day = floor.day;
    let days: Vec<_> = (0..16).map(|n| day + n).collect();
    let updates: Vec<_> = days
        .iter()
        .flat_map(|day| {
            [surface(
                ETH,
                *day,
                2_000 * ONE,
                UNIT / 20 + i128::from(*day - days[0]) * UNIT / 1_000,
            )]
        })
        .collect();
    hub.pushed(&updates);
    let updates: Vec<_> = days
        .iter()
        .map(|day| {
            surface(
                BTC,
                *day,
                40_000 * ONE,
                UNIT / 20 + i128::from(*day - days[0]) * UNIT / 1_000,
            )
        })
        .collect();
    hub.pushed(&updates);
    let on = |numbers: &[u16]| -> Vec<U256> {
        numbers
            .iter()
            .map(|n| perpetual(1, *n, LOTS, UNIT))
            .collect()
    };
    let written = |underlying, strike: u128| {
        let legs: Vec<_> = days
            .iter()
            .map(|day| option(1, underlying, false, *day, strike * ONE, -LOTS))
            .collect();
        options(&legs)
    };
    let batch = [
        portfolio(UNIT, &[(WETH, ONE)], &on(&[1, 2, 3, 4])),
        portfolio(UNIT, &[(WBTC, 5)], &on(&[5, 6, 7, 8])),
        portfolio(UNIT, &[], &on(&[9, 10, 11, 12])),
        portfolio(UNIT, &[(5, ONE)], &on(&[12, 1])),
        portfolio(UNIT, &[], &written(ETH, 2_000)),
        portfolio(UNIT, &[], &written(BTC, 40_000)),
    ];
    let pairs = [days.len(); 2].iter().sum::<usize>();
    assert!(pairs > MAX_EXPIRIES);
    let alone: Vec<_> = batch.iter().map(|p| hub.assess_one(p)).collect();
    assert!(alone.iter().all(|a| !a.stale && !a.outOfRange), "{alone:?}");
    for subset in 1..1_u32 << batch.len() {
        let places: Vec<_> = (0..batch.len()).filter(|i| subset >> i & 1 == 1).collect();
        let chosen: Vec<_> = places.iter().map(|i| batch[*i].clone()).collect();
        let expected: Vec<_> = places.iter().map(|i| alone[*i].clone()).collect();
        assert_eq!(hub.assess(&chosen), expected, "{subset:b}");
    }

    // Eight underlyings of legs leave no room for what collateral moves with: it is scanned alone, by 31.5 %.
    let eight: Vec<u16> = (3..=10).collect();
    assert_eq!(eight.len(), MAX_UNDERLYINGS);
    let held = [(WETH, ONE), (5, ONE)];
    let bare = hub.assess_one(&portfolio(UNIT, &[], &on(&eight)));
    let crowded = portfolio(UNIT, &held, &on(&eight));
    let roomy = portfolio(UNIT, &held, &on(&eight[..7]));
    let a = hub.assess_one(&crowded);
    assert_eq!(a.equity, bare.equity + coins(42_000));
    for (more, share) in [(a.im - bare.im, 493_750), (a.mm - bare.mm, 365_000)] {
        let expected = U256::from(42_000 * ONE / 1_000_000 * share);
        assert!(
            more.abs_diff(expected) < U256::from(1_000_000_000_000_u64),
            "{more}"
        );
    }
    // With one underlying less WETH, the first, has room, and only the other is alone.
    let b = hub.assess_one(&roomy);
    let without = hub.assess_one(&portfolio(UNIT, &held[..1], &on(&eight[..7])));
    let expected = U256::from(40_000 * ONE / 1_000_000 * 365_000);
    let more = b.mm - without.mm;
    assert!(
        more.abs_diff(expected) < U256::from(1_000_000_000_000_u64),
        "{more}"
    );
    assert!(!a.stale && !b.stale);
    assert_eq!(
        hub.assess(&[batch[2].clone(), crowded, roomy, batch[0].clone()])[1..3],
        [a, b]
    );
}

// ---- options ---------------------------------------------------------------------------------

/// I-PRC-2: a call less a put of one strike is worth the discounted forward less the strike.
#[test]
fn i_prc_2_put_call_parity_in_equity() {
    let mut floor = Floor::new();
    let (hub, day) = (&mut floor.hub, floor.day);
    let update = surface(ETH, day, 2_013 * ONE, UNIT / 20);
    hub.pushed(std::slice::from_ref(&update));
    for strike in [1_000, 1_900, 2_013, 2_500, 4_000] {
        let value = |call| {
            let leg = option(1, ETH, call, day, strike * ONE, LOTS);
            hub.assess_one(&portfolio(0, &[], &options(&[leg]))).equity
        };
        let parity =
            I256::try_from((2_013 - strike.cast_signed()) * i128::from(update.discount)).unwrap();
        let difference = value(true) - value(false) - parity;
        // 1.5e-12 of the larger of forward and strike for each option.
        let error = int(3 * UNIT / 1_000_000_000_000 * strike.max(2_013).cast_signed());
        assert!(difference.abs() < error, "{strike}: {difference}");

        // Call, short put and short future are one thing: no requirement but what closing them costs.
        let legs = [
            options(&[
                option(1, ETH, true, day, strike * ONE, LOTS),
                option(1, ETH, false, day, strike * ONE, -LOTS),
            ]),
            vec![future(1, ETH, day, -LOTS, 0)],
        ]
        .concat();
        let a = hub.assess_one(&portfolio(0, &[], &legs));
        let costs = (10_000 + 2 * 2_000 + 10_000) * 2_000 * (UNIT / 1_000_000); // linear, two options, one short
        let rest = i128::from(ONE as u64 - update.discount) * 2_100 / 1_000 * 250; // a discounted call against a future
        assert!(
            I256::from_raw(a.im) < int(costs + rest),
            "{strike}: {}",
            a.im
        );
    }
}

/// A number of coins, but for the error of an option's value.
fn near(value: I256, whole: i128) -> bool {
    (value - coins(whole)).abs() < int(20_000_000_000)
}

/// Up to its expiry an option lives, after it its price is old, and when it has settled it is worth what is in the money.
#[test]
fn i_ora_6_an_option_from_life_to_settlement() {
    let mut floor = Floor::new();
    let day = floor.day;
    let expiry = expiry_seconds(day);
    let legs = options(&[
        option(1, ETH, true, day, 1_900 * ONE, 2 * LOTS),
        option(1, ETH, false, day, 2_300 * ONE, -LOTS),
    ]);
    let held = portfolio(1_000 * UNIT, &[], &legs);
    // Never pushed: the long counts nothing, the short its strike.
    let a = floor.hub.assess_one(&held);
    assert_eq!((a.staleLegs, a.equity), (3, coins(1_000 - 2_300)));

    // Half a second before the window everything moves; inside it a part is fixed; at expiry the last push ages.
    floor.at(expiry - SETTLEMENT_WINDOW - 1, 2_000 * UNIT, 40_000 * UNIT);
    floor
        .hub
        .pushed(&[surface(ETH, day, 2_000 * ONE, UNIT / 100_000)]);
    let live = floor.hub.assess_one(&held);
    assert!(!live.stale && !live.outOfRange && live.im > live.mm);
    floor.at(expiry - 60, 2_000 * UNIT, 40_000 * UNIT);
    let mut fixing = surface(ETH, day, 100 * ONE, UNIT / 1_000_000);
    fixing.fixedPart = 1_900 * ONE;
    fixing.discount = ONE as u64;
    floor.hub.pushed(&[fixing]);
    let late = floor.hub.assess_one(&held);
    assert!(!late.stale);
    // 2 · (2,000 − 1,900) − (2,300 − 2,000), a shade more for what volatility is left.
    assert!(
        late.equity >= coins(899) && late.equity < coins(901),
        "{}",
        late.equity
    );
    assert!(late.im < live.im, "what is fixed moves no more");
    floor.at(expiry, 2_000 * UNIT, 40_000 * UNIT);
    floor.hub.chain.mine(1, None).unwrap();
    let at_expiry = floor.hub.assess_one(&held);
    assert!(!at_expiry.stale, "as fresh as its last push");
    assert!(near(at_expiry.equity, 900), "{}", at_expiry.equity);
    floor.at(
        expiry - 60 + u64::from(PUSH_AGE) + 1,
        2_000 * UNIT,
        40_000 * UNIT,
    );
    floor.hub.chain.mine(1, None).unwrap();
    let unsettled = floor.hub.assess_one(&held);
    assert_eq!(unsettled.staleLegs, 3);
    assert!(near(unsettled.equity, 900), "{}", unsettled.equity);

    // Settled at another price than spot's, for ever, whatever spot does.
    floor.at(expiry + 3_600, 2_500 * UNIT, 40_000 * UNIT);
    floor.hub.pushed(&[settlement(ETH, day, 2_010 * ONE)]);
    let settled = floor.hub.assess_one(&held);
    assert!(!settled.stale);
    let worth = 1_000 + 2 * 110 - 290;
    assert!(near(settled.equity, worth), "{}", settled.equity);
    // It is a sum of cash: nothing is required of it, and no feed can shake it.
    assert_eq!((settled.im, settled.mm), (U256::ZERO, U256::ZERO));
    floor
        .hub
        .chain
        .set_next_block_timestamp(expiry + 90 * 86_400)
        .unwrap();
    floor.hub.chain.mine(1, None).unwrap();
    let later = floor.hub.assess_one(&held);
    assert_eq!(later, settled);
}

/// I-MAR-6: a calendar spread costs its basis, and no portfolio of options has an initial requirement below its
/// maintenance.
#[test]
fn i_mar_6_spreads_cost_something_and_im_is_not_below_mm() {
    let mut floor = Floor::new();
    let (hub, day) = (&mut floor.hub, floor.day);
    hub.pushed(&[
        surface(ETH, day, 2_000 * ONE, UNIT / 20),
        surface(ETH, day + 60, 2_000 * ONE, UNIT / 7),
    ]);
    let ask = |legs: &[OptionLeg]| {
        let a = hub.assess_one(&portfolio(0, &[], &options(legs)));
        assert!(!a.stale && !a.outOfRange && a.im >= a.mm);
        a
    };
    let on = |call, day, strike: u128, lots| option(1, ETH, call, day, strike * ONE, lots * LOTS);
    let naked = ask(&[on(true, day, 2_000, -10)]);
    let calendar = ask(&[on(true, day, 2_000, -10), on(true, day + 60, 2_000, 10)]);
    let vertical = ask(&[on(true, day, 2_000, -10), on(true, day, 2_100, 10)]);
    let straddle = ask(&[on(true, day, 2_000, -10), on(false, day, 2_000, -10)]);
    assert!(calendar.mm < naked.mm && vertical.mm < naked.mm && vertical.mm < straddle.mm);
    assert!(calendar.equity > I256::ZERO && naked.equity < I256::ZERO);
    // The scan sees both expiries move as one; the basis between them is charged: without it the rest is less.
    let terms = UnderlyingTerms {
        basisAtExpiry: 0,
        basisPerYear: 0,
        ..default_terms(1)
    };
    hub.set(&set_underlying(ETH, terms));
    let ask = |legs: &[OptionLeg]| hub.assess_one(&portfolio(0, &[], &options(legs)));
    let without = ask(&[on(true, day, 2_000, -10), on(true, day + 60, 2_000, 10)]);
    assert!(without.mm < calendar.mm && without.equity == calendar.equity);
}

/// I-MAR-2: merging never raises the sum of requirements nor lowers equity, on the compiled program.
#[test]
fn i_mar_2_merging_accounts_never_costs_more() {
    let mut world = World::new(99, Moment::Near);
    let mut tried = 0;
    for _ in 0..300 {
        let (mut a, mut b) = (world.portfolio(), world.portfolio());
        for p in [&mut a, &mut b] {
            p.legs.truncate(20);
            p.collateral.clear();
            p.cash = UNIT;
        }
        let mut both = a.clone();
        both.cash += b.cash;
        for leg in book::all(&b.legs) {
            match book::change(&mut both.legs, &leg) {
                Ok(Change::Closed { quote }) => both.cash -= quote,
                Ok(Change::Open(_)) => {}
                Err(_) => both.legs.push(U256::MAX), // too large to be held: not compared
            }
        }
        let mut needs = Dependencies::default();
        book::all(&both.legs).for_each(|leg| needs.instrument(leg.instrument));
        if !needs.fits() {
            continue;
        }
        let answers = world.hub.assess(&[a, b, both]);
        let [a, b, both] = &answers[..] else {
            panic!("three answers")
        };
        if answers.iter().any(|a| a.outOfRange) {
            continue;
        }
        tried += 1;
        // A sum rounds some hundred times by a unit, and options by parts in 1e18 of their value.
        let size = a.im + b.im + (a.equity.unsigned_abs() + b.equity.unsigned_abs());
        let slack = size / U256::from(1_000_000_000_000_u64) + U256::from(2_000);
        assert!(both.im <= a.im + b.im + slack && both.mm <= a.mm + b.mm + slack);
        assert!(both.equity + I256::from_raw(slack) >= a.equity + b.equity);
    }
    assert!(tried > 60, "{tried}");
}
