//! What portfolios that are none are told.

use super::*;

/// The published scenario sets are the kernel's: identity first, as many as the method says.
#[test]
fn scenarios_are_those_of_the_method() {
    let hub = Hub::new();
    let wad = |percent: i128| int(percent * UNIT / 1_000);
    for (set, count, reach) in [(1, 23, 200), (2, 33, 180), (3, 33, 315), (4, 33, 500)] {
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
    let call = IParameters::scenariosCall { scenarioSet: 5 };
    let e: IParameters::UnknownScenarioSet = hub.refused(hub.parameters, &call);
    assert_eq!(e.scenarioSet, 5);
}

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
    let call = |portfolio| IMargin::marksByVenueCall { portfolio };
    let marks = hub.get(hub.margin, &call(portfolio(0, &held, &legs[..64])));
    assert_eq!(marks.len(), 64);
    assert_eq!(hub.get(hub.margin, &call(portfolio(0, &[], &[]))), []);
    let e: IMargin::TooManyItems = hub.refused(hub.margin, &call(portfolio(0, &[], &legs)));
    assert_eq!((e.given, e.limit), (U256::from(65), U256::from(64)));
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
    let mut most = options(&both[..34]);
    most.push(future(1, ETH, floor.day + 100, 1, 0));
    // Beside expiries and underlyings two feeds and the sequencer are asked for: of `most` 34 + 1, 34 and 3.
    for legs in [&linear, &dated, &most] {
        let a = hub.assess_one(&with(legs));
        assert!(a.stale && a.im >= a.mm);
    }
    most.extend(options(&[option(1, ETH, true, floor.day + 101, ONE, -1)]));
    for (legs, given) in [(most, 73), (options(&both), 259)] {
        let portfolios = vec![with(&legs)];
        let e: IMargin::TooManyItems = hub.refused(hub.margin, &IMargin::assessCall { portfolios });
        assert_eq!((e.given, e.limit), (U256::from(given), U256::from(72)));
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
