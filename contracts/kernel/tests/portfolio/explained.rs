//! Why: contributions, parts, greeks, distances.
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn contributions_add_up_to_equity_and_to_the_loss_of_their_node(seed: u64) {
        let (m, x, _) = case(seed);
        let slots = x.slots();
        let p = Portfolio { cash: x.cash, collateral: &x.collateral, slots: &slots };
        m.with(m.rules(), |market| {
            let d = detail(&x, market);
            let value = |underlying: Option<u16>| -> f64 {
                let linked = |a: &AssetCase| underlying.is_none_or(|u| a.underlying == u);
                x.collateral.iter().filter(|c| linked(&m.assets[usize::from(c.0)])).map(|&(asset, amount)| {
                    let a = &m.assets[usize::from(asset)];
                    amount as f64 / 10_f64.powi(i32::from(a.decimals)) * coins(a.price as i128)
                }).sum()
            };
            let tolerance = 1e-10 * x.gross(&m) + 1e-9;
            let mut equity = coins(x.cash) + value(None);
            for (place, u) in market.underlyings.iter().enumerate() {
                equity += contributions(market, &p, place, 0).iter().map(|c| coins(c.mark)).sum::<f64>();
                let scan = &d.scans[place];
                let set = u.rates.set().scenarios();
                // the two turns of the skew count per expiry, not per leg
                for (node, s) in set.iter().enumerate().filter(|(_, s)| (s.rule as u8) < 3) {
                    let legs: f64 = contributions(market, &p, place, node).iter().map(|c| coins(c.change)).sum();
                    let shock = s.shock as f64 / ONE as f64 * s.weight as f64 / ONE as f64;
                    let change = legs + value(Some(u.id)) * shock;
                    prop_assert!(
                        (change + coins(scan.loss(node))).abs() <= tolerance,
                        "{place} {node}: {change} {}", coins(scan.loss(node))
                    );
                }
            }
            prop_assert!((equity - coins(d.a.equity)).abs() <= tolerance);
            Ok(())
        })?;
    }

    /// Values add up to equity, to the unit; requirements and what the parts save each other to the requirement; nothing
    /// saves less than nothing, and closing a venue's legs frees no more than they need alone.
    #[test]
    fn parts_add_up_by_venue(seed: u64) {
        let (m, x, _) = case(seed);
        let slots = x.slots();
        let p = Portfolio { cash: x.cash, collateral: &x.collateral, slots: &slots };
        m.with(m.rules(), |market| {
            let mut scratch = Box::new(Scratch::NEW);
            let whole = assess(market, &p, &mut scratch);
            let all = parts(market, &p, &whole, &mut scratch);
            let sum = |f: &dyn Fn(&VenuePart) -> i128| all.venues.iter().map(f).sum::<i128>();
            prop_assert_eq!(x.cash + all.collateral.value + sum(&|v| v.alone.value), whole.equity);
            prop_assert_eq!(all.collateral.im + sum(&|v| v.alone.im) + all.im_offset, whole.im);
            prop_assert_eq!(all.collateral.mm + sum(&|v| v.alone.mm) + all.mm_offset, whole.mm);
            prop_assert_eq!(sum(&|v| v.legs.into()), book::all(&slots).count() as i128);
            prop_assert!(all.venues.windows(2).all(|pair| pair[0].venue < pair[1].venue));
            let slack = slack(&[&whole]);
            prop_assert!(all.im_offset <= slack && all.mm_offset <= slack, "{} {}", all.im_offset, all.mm_offset);
            for VenuePart { alone, im_released, mm_released, .. } in &all.venues {
                prop_assert!(*im_released <= alone.im + slack && *mm_released <= alone.mm + slack);
            }
            let mut each = x.cash;
            for held in p.collateral {
                each += alone(market, core::slice::from_ref(held), &[], &mut scratch).value;
            }
            for leg in book::all(&slots) {
                let own = own_slot(&leg).unwrap();
                prop_assert_eq!(book::all(&[own]).collect::<Vec<_>>(), [leg]);
                each += alone(market, &[], &[own], &mut scratch).value;
            }
            prop_assert_eq!(each, whole.equity);
            Ok(())
        })?;
    }

    /// On flat surfaces of 60 %, where volatility stays when the forward moves.
    #[test]
    fn greeks_are_the_differences_of_equity(seed: u64) {
        let (mut m, mut x, _) = case(seed);
        let year = 31_536_000;
        for u in &mut m.underlyings {
            for e in &mut u.expiries {
                let left = (u64::from(e.day) * 86_400 + 28_800).saturating_sub(m.now);
                e.svi = [36 * i128::from(left) * 10_i128.pow(16) / year, 0, 0, 0, WAD as i128];
            }
        }
        // near expiries bend within the steps taken here
        let far = |i: &Instrument| u64::from(i.expiry_day) * 86_400 > m.now + 14 * 86_400;
        x.options.retain(|(i, _)| far(i));
        let slots = x.slots();
        let p = Portfolio { cash: x.cash, collateral: &x.collateral, slots: &slots };
        let equity = |m: &MarketCase| m.with(m.rules(), |market| coins(x.assess(market).equity));
        for place in 0..m.underlyings.len() {
            let g = m.with(m.rules(), |market| greeks(market, &p, place));
            let only = |spot: f64, vol: f64| {
                let all = moved(&m, spot, vol);
                let mut one = m.clone();
                one.underlyings[place] = all.underlyings[place].clone();
                for (to, from) in one.assets.iter_mut().zip(all.assets) {
                    if usize::from(from.underlying) == place + 1 {
                        *to = from;
                    }
                }
                equity(&one)
            };
            let (spot, gross) = (coins(m.underlyings[place].spot as i128), x.gross(&m) + 1.0);
            let h = 1e-4;
            let delta = (only(1.0 + h, 1.0) - only(1.0 - h, 1.0)) / (2.0 * h);
            prop_assert!((delta - coins(g.delta) * spot).abs() <= 2e-6 * gross, "delta {delta} {g:?}");
            let h = 1e-3;
            let gamma = (only(1.0 + h, 1.0) - 2.0 * equity(&m) + only(1.0 - h, 1.0)) / (h * h);
            prop_assert!((gamma - coins(g.gamma) * spot * spot).abs() <= 1e-3 * gross, "gamma {gamma} {} {gross}", coins(g.gamma) * spot * spot);
            let vega = (only(1.0, 1.0 + h) - only(1.0, 1.0 - h)) / (2.0 * h * 0.6);
            prop_assert!((vega - coins(g.vega)).abs() <= 2e-6 * gross, "vega {vega} {g:?}");
        }
        // a minute on, with the variance that is left
        let mut later = m.clone();
        later.now += 60;
        for e in later.underlyings.iter_mut().flat_map(|u| &mut u.expiries) {
            let left = (u64::from(e.day) * 86_400 + 28_800).saturating_sub(later.now);
            e.svi[0] = 36 * i128::from(left) * 10_i128.pow(16) / year;
        }
        let theta = (equity(&later) - equity(&m)) * 1_440.0;
        let stated: f64 = (0..m.underlyings.len())
            .map(|place| coins(m.with(m.rules(), |market| greeks(market, &p, place)).theta))
            .sum();
        prop_assert!((theta - stated).abs() <= 2e-5 * (x.gross(&m) + 1.0), "theta {theta} {stated}");
    }
}

/// At the distance stated the account is below its line, and just before it is not.
#[test]
fn distances_bracket_the_crossing() {
    let mut found = 0;
    for seed in 0..60 {
        let (m, mut x, _) = case(seed);
        if x.legs() > 24 {
            continue;
        }
        let gross = x.gross(&m);
        // a little above the line
        let a = m.with(m.rules(), |market| x.assess(market));
        x.cash += a.mm - a.equity + (gross * 0.1 * 1e18) as i128;
        let slots = x.slots();
        let p = Portfolio {
            cash: x.cash,
            collateral: &x.collateral,
            slots: &slots,
        };
        let mut scratch = Box::new(Scratch::NEW);
        for (direction, horizon) in [
            (Direction::Up, 3.0),
            (Direction::Down, 0.95),
            (Direction::VolatilityUp, 3.0),
            (Direction::VolatilityDown, 0.9),
        ] {
            let distance = m.with(m.rules(), |market| {
                distance(market, &p, direction, &mut scratch)
            });
            let excess = |share: f64| {
                let m = match direction {
                    Direction::Up => moved(&m, 1.0 + share, 1.0),
                    Direction::Down => moved(&m, 1.0 - share, 1.0),
                    Direction::VolatilityUp => moved(&m, 1.0, 1.0 + share),
                    Direction::VolatilityDown => moved(&m, 1.0, 1.0 - share),
                };
                let a = m.with(m.rules(), |market| x.assess(market));
                coins(a.equity - a.mm)
            };
            let slack = 1e-8 * gross + 1e-6;
            let Some(at) = distance else {
                assert!(
                    (1..=48).all(|i| excess(horizon * f64::from(i) / 48.0) > -slack),
                    "seed {seed} {direction:?}"
                );
                continue;
            };
            found += 1;
            let at = at as f64 / ONE as f64;
            let resolution = horizon / 48.0 / 16_384.0;
            assert!(at > 0.0 && at <= horizon);
            assert!(
                excess(at) < slack,
                "seed {seed} {direction:?} {at}: {}",
                excess(at)
            );
            assert!(
                excess(at - resolution * 1.01) > -slack,
                "seed {seed} {direction:?} {at}"
            );
        }
        x.cash -= (gross * 0.2 * 1e18) as i128 + 1;
        let p = Portfolio { cash: x.cash, ..p };
        let now = m.with(m.rules(), |market| {
            distance(market, &p, Direction::Up, &mut scratch)
        });
        assert_eq!(now, Some(0));
    }
    assert!(found > 40, "{found}");
}

/// The marks of the legs by venue are, to the unit, the marks of the assessment; each is that of its legs alone.
#[test]
fn i_mar_20_marks_by_venue_are_the_marks() {
    for seed in 0..400 {
        let (mut m, x, _) = case(seed);
        if seed % 3 == 0 {
            fail(&mut m, seed);
        }
        let slots = x.slots();
        m.with(m.rules(), |market| {
            let mut by_venue = [0; 4];
            let mut scratch = Box::new(Scratch::NEW);
            venues::marks(market, &slots, &mut scratch, &mut |venue, mark| {
                by_venue[usize::from(venue)] += mark;
            });
            assert_eq!(
                by_venue.iter().sum::<i128>(),
                x.assess(market).marks,
                "seed {seed}"
            );
            for (venue, marks) in (0..).zip(by_venue) {
                let mut own = PortfolioCase {
                    cash: 5,
                    ..x.clone()
                };
                own.collateral.clear();
                own.linear.retain(|leg| leg.0.venue == venue);
                own.options.retain(|leg| leg.0.venue == venue);
                assert_eq!(
                    own.assess(market).marks,
                    marks,
                    "seed {seed}, venue {venue}"
                );
            }
        });
    }
}
