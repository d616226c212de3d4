//! Legs in the open, and what-ifs.

use super::*;

/// I-MAR-16: legs in the open are told what the same legs in slots are; legs of one instrument net, one that closes
/// leaves minus its quote in cash.
#[test]
fn i_mar_16_legs_are_assessed_as_slots_are() {
    let floor = floor();
    let (hub, day) = (&floor.hub, floor.day);
    let linear = [
        perpetual(1, ETH, 3 * LOTS, 6_000 * UNIT),
        perpetual(1, BTC, -LOTS / 10, -4_100 * UNIT),
        future(2, ETH, day, -LOTS, -2_000 * UNIT),
    ];
    let written: Vec<_> = [(true, 2_000), (true, 2_200), (false, 1_800)]
        .map(|(call, strike)| option(3, ETH, call, day, strike * ONE, -2 * LOTS))
        .to_vec();
    let held = [(WETH, ONE), (LOOSE, 5)];
    let slots = [linear.to_vec(), options(&written)].concat();
    let stored = hub.assess_one(&portfolio(5_000 * UNIT, &held, &slots));
    assert!(!stored.stale && !stored.mm.is_zero());
    let mut legs: Vec<_> = linear.map(leg).to_vec();
    legs.extend(written.iter().copied().map(leg_of));
    let told = hub.get(hub.lens, &assess_legs(5_000 * UNIT, &held, &legs));
    assert_eq!(told, stored);

    // In halves, out of order, with a detour through a position that closes at a loss of 70.
    let mut halves = Vec::new();
    for leg in legs.iter().rev() {
        let half = Leg {
            size: leg.size / 2,
            quote: leg.quote / 2,
            ..*leg
        };
        let rest = Leg {
            size: leg.size - half.size,
            quote: leg.quote - half.quote,
            ..*leg
        };
        halves.splice(0..0, [half]);
        halves.push(rest);
    }
    halves.push(leg(perpetual(7, ETH, 5, 100 * UNIT)));
    halves.push(leg(perpetual(7, ETH, -5, -30 * UNIT)));
    let told = hub.get(hub.lens, &assess_legs(5_070 * UNIT, &held, &halves));
    assert_eq!(told, stored);
}

#[test]
fn i_mar_16_a_what_if_is_what_margin_would_say() {
    let floor = floor();
    let (hub, day) = (&floor.hub, floor.day);
    let call = option(1, ETH, true, day, 2_000 * ONE, -5 * LOTS);
    let before = portfolio(
        9_000 * UNIT,
        &[(WETH, ONE)],
        &[
            vec![perpetual(1, ETH, 3 * LOTS, 6_000 * UNIT)],
            options(&[call]),
        ]
        .concat(),
    );
    let put = option(1, ETH, false, day, 2_000 * ONE, -5 * LOTS);
    let changes = vec![
        leg(perpetual(1, ETH, -3 * LOTS, -6_100 * UNIT)),
        leg_of(put),
        Leg {
            size: 2 * LOTS,
            ..leg_of(call)
        },
    ];
    let left = OptionLeg {
        size: -3 * LOTS,
        ..call
    };
    let after = portfolio(
        9_100 * UNIT - 250 * UNIT,
        &[(WETH, ONE)],
        &options(&[left, put]),
    );
    let told = hub.get(
        hub.lens,
        &ILens::whatIfCall {
            portfolio: before.clone(),
            cash: -250 * UNIT,
            changes,
        },
    );
    assert_eq!(told.before, hub.assess_one(&before));
    assert_eq!(told.after_, hub.assess_one(&after));
    assert_ne!(told.before, told.after_);
}

fn good() -> Leg {
    leg(perpetual(1, ETH, LOTS, 0))
}

fn ask(legs: &[Leg]) -> ILens::assessLegsCall {
    assess_legs(0, &[], legs)
}

fn what_if(portfolio: &Portfolio, cash: i128) -> ILens::whatIfCall {
    ILens::whatIfCall {
        portfolio: portfolio.clone(),
        cash,
        changes: vec![],
    }
}

#[test]
fn changes_are_refused_with_reasons() {
    let floor = floor();
    let (hub, day) = (&floor.hub, floor.day);
    let written = || leg_of(option(1, ETH, true, day, 2_000 * ONE, 1));
    for bad in [
        Leg {
            instrument: 0,
            ..good()
        },
        Leg {
            instrument: good().instrument | 1,
            ..good()
        },
        Leg {
            instrument: good().instrument | 1 << 78,
            ..good()
        },
        Leg {
            quote: 1,
            ..written()
        }, // an option has no quote
    ] {
        let e: ILens::InvalidInstrument = hub.refused(hub.lens, &ask(&[good(), bad.clone()]));
        assert_eq!(e.instrument, bad.instrument);
    }
    let e: ILens::UnknownLeg = hub.refused(hub.lens, &ask(&[Leg { size: 0, ..good() }]));
    assert_eq!(e.instrument, good().instrument);
    hub.get(
        hub.lens,
        &ask(&[
            good(),
            Leg {
                size: 0,
                quote: 5,
                ..good()
            },
        ]),
    );
    let large = |size, quote| Leg {
        size,
        quote,
        ..good()
    };
    for legs in [
        vec![large(i64::MAX, 0), large(1, 0)],
        vec![large(1, i128::MAX), large(1, 1)],
        vec![Leg {
            size: 1 << 53,
            ..written()
        }],
        vec![
            good(),
            large(-LOTS, -i128::MAX),
            large(1, 1),
            large(-1, -i128::MAX),
        ],
    ] {
        let e: ILens::SizeOutOfRange = hub.refused(hub.lens, &ask(&legs));
        assert_eq!(e.instrument, legs[0].instrument);
    }
    let e: ILens::SizeOutOfRange =
        hub.refused(hub.lens, &what_if(&portfolio(i128::MAX, &[], &[]), 1));
    assert_eq!(e.instrument, 0);
}

#[test]
fn too_many_legs_or_assets_are_refused() {
    let floor = floor();
    let hub = &floor.hub;
    let many = |given: usize, limit: usize, call: &dyn Fn() -> Result<(), Bytes>| {
        let e: ILens::TooManyItems = decode_error(&call().unwrap_err());
        assert_eq!((e.given, e.limit), (U256::from(given), U256::from(limit)));
    };
    let perpetuals: Vec<_> = (1..=65).map(|n| perpetual(n, ETH, 1, 0)).collect();
    let legs: Vec<_> = perpetuals.iter().copied().map(leg).collect();
    hub.get(hub.lens, &ask(&legs[..64]));
    many(65, 64, &|| hub.ask(hub.lens, &ask(&legs)).map(drop));
    many(129, 128, &|| {
        hub.ask(hub.lens, &ask(&vec![good(); 129])).map(drop)
    });
    hub.get(hub.lens, &ask(&vec![good(); 128]));
    let held: Vec<_> = (0..17).map(|asset| (asset, 1)).collect();
    many(17, 16, &|| {
        hub.ask(hub.lens, &assess_legs(0, &held, &[])).map(drop)
    });
    for crowded in [portfolio(0, &held, &[]), portfolio(0, &[], &perpetuals)] {
        let (given, limit) = if crowded.legs.is_empty() {
            (17, 16)
        } else {
            (65, 64)
        };
        let greeks = ILens::greeksCall {
            portfolio: crowded.clone(),
        };
        many(given, limit, &|| {
            hub.ask(hub.lens, &what_if(&crowded, 0)).map(drop)
        });
        many(given, limit, &|| hub.ask(hub.lens, &greeks).map(drop));
    }
}

/// I-MAR-16: what a position requires is what margin says of it alone; what cannot be said is refused, with a reason and not
/// with a zero.
#[test]
fn i_mar_16_a_position_requires_what_margin_says() {
    let mut floor = floor();
    let day = floor.day;
    let of = |instrument: u128, size| ILens::requirementOfCall { instrument, size };
    let call = option(1, ETH, true, day, 2_000 * ONE, -5 * LOTS);
    for (leg, slots) in [
        (
            leg(perpetual(1, ETH, 3 * LOTS, 0)),
            vec![perpetual(1, ETH, 3 * LOTS, 0)],
        ),
        (
            leg(future(2, ETH, day, -LOTS, 0)),
            vec![future(2, ETH, day, -LOTS, 0)],
        ),
        (leg_of(call), options(&[call])),
    ] {
        let hub = &floor.hub;
        let told = hub.get(hub.lens, &of(leg.instrument, leg.size));
        let alone = hub.assess_one(&portfolio(0, &[], &slots));
        assert_eq!((told.im, told.mm), (alone.im, alone.mm));
        assert!(told.im > told.mm && told.mm > U256::ZERO);
    }

    let hub = &floor.hub;
    let known = leg(perpetual(1, ETH, LOTS, 0)).instrument;
    let e: ILens::UnknownUnderlying = hub.refused(
        hub.lens,
        &of(leg(perpetual(1, 77, LOTS, 0)).instrument, LOTS),
    );
    assert_eq!(e.underlying, 77);
    let e: ILens::InvalidInstrument = hub.refused(hub.lens, &of(known | 1, LOTS));
    assert_eq!(e.instrument, known | 1);
    let e: ILens::UnknownLeg = hub.refused(hub.lens, &of(known, 0));
    assert_eq!(e.instrument, known);
    let e: ILens::SizeOutOfRange = hub.refused(hub.lens, &of(known, i64::MAX));
    assert_eq!(e.instrument, known);
    let never = leg_of(option(1, ETH, true, day + 1, 2_000 * ONE, LOTS)).instrument;
    let e: ILens::MarkStale = hub.refused(hub.lens, &of(never, LOTS));
    assert_eq!(e.instrument, never);
    // A push too old, a price too old.
    let late = hub.now() + u64::from(PUSH_AGE) + 1;
    floor.at(late, 2_000 * UNIT, 40_000 * UNIT);
    let e: ILens::MarkStale = floor
        .hub
        .refused(floor.hub.lens, &of(call.instrument.0, LOTS));
    assert_eq!(e.instrument, call.instrument.0);
    floor.hub.get(floor.hub.lens, &of(known, LOTS));
    floor
        .hub
        .answer(floor.eth, int(2_000 * UNIT), U256::from(late - 172_801));
    let e: ILens::MarkStale = floor.hub.refused(floor.hub.lens, &of(known, LOTS));
    assert_eq!(e.instrument, known);
}

/// A leg that no market holds is no zero among the greeks: the answer is refused.
#[test]
fn what_has_no_terms_is_refused_and_not_left_out() {
    let floor = floor();
    let hub = &floor.hub;
    let strange = || {
        portfolio(
            0,
            &[],
            &[perpetual(1, ETH, LOTS, 0), perpetual(1, 77, LOTS, 0)],
        )
    };
    let garbage = || portfolio(0, &[], &[U256::from(1)]);
    macro_rules! refuses {
        ($($name:ident { $($field:ident: $value:expr),* }),*) => {$(
            let ask = |portfolio| ILens::$name { portfolio, $($field: $value),* };
            let e: ILens::UnknownUnderlying = hub.refused(hub.lens, &ask(strange()));
            assert_eq!(e.underlying, 77);
            let e: ILens::InvalidInstrument = hub.refused(hub.lens, &ask(garbage()));
            assert_eq!(e.instrument, 0);
        )*};
    }
    refuses!(
        greeksCall {},
        distancesCall {},
        explainCall { underlying: ETH },
        contributionsCall {
            underlying: ETH,
            scenario: 0
        }
    );
}
