//! Whatever it is given it answers.
use super::*;

/// Markets and portfolios that nobody should ever see. Rates are in their bounds, everything else is not.
mod absurd {
    use super::*;

    pub(super) fn price(r: &mut Random) -> u128 {
        let odd = u128::from(r.next());
        r.pick(&[
            0,
            1,
            2,
            WAD,
            1 << 64,
            MAX_PRICE,
            MAX_PRICE + 1,
            1 << 110,
            u128::MAX >> 1,
            u128::MAX,
            odd,
            odd << 50,
        ])
    }

    fn signed(r: &mut Random) -> i128 {
        let odd = i128::from(r.next().cast_signed());
        r.pick(&[
            0,
            1,
            -1,
            LIMIT,
            -LIMIT,
            i128::MAX,
            i128::MIN,
            odd,
            odd << 60,
        ])
    }

    fn surface(r: &mut Random) -> Svi {
        let odd = r.next().cast_signed();
        match r.below(4) {
            0 => Svi {
                a: 0,
                b: 0,
                rho: 0,
                m: 0,
                sigma: 0,
            },
            1 => Svi {
                a: 1,
                b: 0,
                rho: 0,
                m: 0,
                sigma: 1 << 36,
            }, // next to no volatility
            2 => Svi {
                a: 127 << 56,
                b: 1 << 56,
                rho: (1 << 56) - 1,
                m: 16 << 56,
                sigma: 16 << 56,
            },
            _ => Svi {
                a: odd >> 3,
                b: (odd >> 9).abs(),
                rho: odd >> 8,
                m: odd >> 4,
                sigma: (odd >> 5).abs(),
            },
        }
    }

    pub(super) struct Case {
        pub(super) now: u64,
        pub(super) coin: u64,
        pub(super) expiries: Vec<Vec<Expiry>>,
        pub(super) perpetuals: Vec<Vec<Perpetual>>,
        pub(super) underlyings: Vec<(u16, u64, u128, bool, u8, Q40)>,
        pub(super) assets: Vec<Asset>,
        pub(super) cash: i128,
        pub(super) collateral: Vec<(u8, u128)>,
        pub(super) slots: Vec<U256>,
    }

    pub(super) fn case(seed: u64) -> Case {
        let mut r = Random(seed);
        let now = r.pick(&[0, 1, 1_700_000_000, 1_700_000_000, 1_700_000_000, u64::MAX]);
        let days = [0, 1, 19_676, 19_677, 19_700, 20_000, u16::MAX];
        let count = r.below(11);
        let bool = |r: &mut Random| r.below(2) == 0;
        let (mut expiries, mut perpetuals, mut underlyings) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            let mut list: Vec<Expiry> = (0..r.below(6))
                .map(|_| Expiry {
                    day: r.pick(&days),
                    variable: price(&mut r),
                    fixed: price(&mut r),
                    discount: r.pick(&[0, 1, ONE_Q62, ONE_Q62 / 2]),
                    surface: surface(&mut r),
                    fresh: bool(&mut r),
                })
                .collect();
            if bool(&mut r) {
                list.sort_by_key(|e| e.day);
            }
            expiries.push(list);
            perpetuals.push(
                (0..r.below(3))
                    .map(|_| Perpetual {
                        venue: r.below(4) as u16,
                        mark: price(&mut r),
                        index: signed(&mut r),
                    })
                    .collect(),
            );
            let lot = r.pick(&[0, 1, 1 << 40, WAD as u64, u64::MAX]);
            underlyings.push((
                r.below(6) as u16,
                lot,
                price(&mut r),
                bool(&mut r),
                r.below(6) as u8,
                r.pick(&[0, ONE, 4 * ONE]),
            ));
        }
        let assets = (0..r.below(5))
            .map(|_| Asset {
                index: r.below(4) as u8,
                price: price(&mut r),
                decimals: r.pick(&[0, 6, 18, 24, 36, 37, 255]),
                underlying: r.below(6) as u16,
                haircut: (ONE - 1, r.pick(&[0, ONE / 2])),
                known: bool(&mut r),
                fresh: bool(&mut r),
            })
            .collect();
        let collateral = (0..r.below(6))
            .map(|_| (r.below(5) as u8, price(&mut r)))
            .collect();
        let slots = (0..r.below(90))
            .map(|_| {
                let instrument = |r: &mut Random, kind: u64| {
                    let strike =
                        Strike::from_bits((r.below(1 << 20) as u32) << 4 | r.below(16) as u32);
                    let option = kind > 1;
                    Instrument {
                        venue: 1 + r.below(3) as u16,
                        underlying: 1 + r.below(6) as u16,
                        kind: Kind::from_bits(kind as u8),
                        expiry_day: if kind == 0 { 0 } else { r.pick(&days[1..]) },
                        strike: option.then(|| strike.unwrap_or(Strike::from_wad(WAD).unwrap())),
                    }
                    .encode()
                    .unwrap_or(InstrumentId::perpetual(1, 1))
                };
                let size = r.pick(&[1, -1, i64::MAX, i64::MIN, 1 << 53, -(1 << 52)]);
                match r.below(4) {
                    0 => U256::from_limbs([r.next(), r.next(), r.next(), r.next()]),
                    1 => {
                        let kind = r.below(2);
                        PerpLeg {
                            instrument: instrument(&mut r, kind),
                            size,
                            quote: signed(&mut r),
                        }
                        .encode()
                    }
                    _ => {
                        let size = size >> 11;
                        let kinds = [2 + r.below(2), 2 + r.below(2)];
                        let [a, b] = kinds.map(|k| OptionLeg {
                            instrument: instrument(&mut r, k),
                            size: size.max(1 - (1 << 52)),
                        });
                        LegSlot::Options(a, Some(b)).encode().unwrap_or(U256::ZERO)
                    }
                }
            })
            .collect();
        Case {
            now,
            coin: r.pick(&[0, 1, WAD as u64, u64::MAX]),
            expiries,
            perpetuals,
            underlyings,
            assets,
            cash: signed(&mut r),
            collateral,
            slots,
        }
    }
}

/// Whatever it is given it answers, against the owner, and says so.
#[test]
fn i_mar_17_assessing_is_total() {
    let mut scratch = Box::new(Scratch::NEW);
    let mut clamped = 0;
    for seed in 0..4_000 {
        let c = absurd::case(seed);
        let underlyings: Vec<_> = c
            .underlyings
            .iter()
            .zip(c.expiries.iter().zip(&c.perpetuals))
            .map(
                |(&(id, lot, spot, fresh, set, beta), (expiries, perpetuals))| Underlying {
                    id,
                    lot,
                    spot,
                    known: seed % 4 != 0,
                    confidence: ONE / 3,
                    fresh: fresh && seed % 4 != 0,
                    jump: 0,
                    max_basis: 1 << 40,
                    multipliers: plimsoll_kernel::portfolio::market::Multipliers::ONE,
                    rates: Rates {
                        set,
                        beta,
                        ..Rates::DEFAULT
                    },
                    expiries,
                    near: expiries.iter().find(|e| e.seconds(c.now) > 0).copied(),
                    perpetuals,
                },
            )
            .collect();
        let market = Market {
            now: c.now,
            coin: c.coin,
            open: seed % 3 != 0,
            underlyings: &underlyings,
            assets: &c.assets,
            rules: Rules::DEFAULT,
        };
        let p = Portfolio {
            cash: c.cash,
            collateral: &c.collateral,
            slots: &c.slots,
        };
        let a = assess(&market, &p, &mut scratch);
        assert!(
            a.im >= a.mm && a.mm >= 0,
            "seed {seed}: {a:?} {:?}",
            scratch.add_ons()
        );
        assert!(
            a.best >= a.equity - a.mm && a.equity - a.mm >= a.worst,
            "seed {seed}: {a:?}"
        );
        if a.out_of_range {
            clamped += 1;
            assert!(a.mm >= LIMIT, "seed {seed}");
        }
        assert_eq!(a, assess(&market, &p, &mut scratch), "seed {seed}");
        if seed % 16 == 0 {
            for place in 0..underlyings.len() {
                let _ = greeks(&market, &p, place);
                let _ = contributions(&market, &p, place, 17);
            }
        }
        if seed % 256 == 0 {
            let _ = distance(&market, &p, Direction::Down, &mut scratch);
            let _ = distance(&market, &p, Direction::VolatilityUp, &mut scratch);
        }
    }
    assert!(clamped > 1_000, "{clamped}");
}

/// More legs than are ever admitted are not silently left out.
#[test]
fn too_many_legs_are_out_of_range() {
    let (m, mut p) = (market_of(vec![eth(30, 80)]), PortfolioCase::EMPTY);
    p.options = (0..MAX_LEGS as u128)
        .map(|i| call(1_000 + i, 1, 30))
        .collect();
    let a = m.with(Rules::DEFAULT, |market| p.assess(market));
    assert!(!a.out_of_range);
    p.options.push(call(5_000, 1, 30));
    let a = m.with(Rules::DEFAULT, |market| p.assess(market));
    assert!(a.out_of_range && a.mm >= LIMIT);
}

/// I-LIV-3: what a market has no room for is out of range, not merely stale: below the line dust on one expiry too many
/// would push a short future out of the scan, and its requirement with it.
#[test]
fn i_liv_3_crowded_out_is_out_of_range() {
    let far = |id, days: u16| {
        let mut u = eth(days, 80);
        u.id = id;
        u
    };
    let near = |expiries: usize| {
        let mut u = eth(30, 80);
        let first = u.expiries[0].clone();
        let days = TODAY + 30..;
        u.expiries = days
            .take(expiries)
            .map(|day| ExpiryCase {
                day,
                ..first.clone()
            })
            .collect();
        u
    };
    let future = |underlying, days: u16| {
        let instrument = Instrument {
            venue: 1,
            underlying,
            kind: Kind::Future,
            expiry_day: TODAY + days,
            strike: None,
        };
        (instrument, -1, 0)
    };
    let mut p = PortfolioCase::EMPTY;
    p.linear.push(future(2, 60));
    let alone = market_of(vec![far(2, 60)]).with(Rules::DEFAULT, |m| p.assess(m));
    for (expiries, crowded) in [(MAX_EXPIRIES - 1, false), (MAX_EXPIRIES, true)] {
        let a = market_of(vec![near(expiries), far(2, 60)]).with(Rules::DEFAULT, |m| p.assess(m));
        assert_eq!(
            (a.out_of_range, a.mm >= LIMIT, a == alone),
            (crowded, crowded, !crowded)
        );
    }
    for (count, crowded) in [(MAX_UNDERLYINGS, false), (MAX_UNDERLYINGS + 1, true)] {
        let last = count as u16;
        let underlyings = (1..=last).map(|id| far(id, 60)).collect();
        p.linear = vec![future(last, 60)];
        let a = market_of(underlyings).with(Rules::DEFAULT, |m| p.assess(m));
        assert_eq!((a.out_of_range, a.mm >= LIMIT), (crowded, crowded));
    }
}
