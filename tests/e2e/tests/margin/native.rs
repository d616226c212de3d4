//! The chain computes what the kernel computes natively.

use super::*;

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
                assert!(alone.im >= alone.bidIm && alone.bidIm >= alone.mm);
                // I-MAR-20: to the unit, and by ascending venue.
                let call = IMargin::marksByVenueCall {
                    portfolio: portfolio.clone(),
                };
                let by_venue = world.hub.get(world.hub.margin, &call);
                assert!(by_venue.is_sorted_by(|a, b| a.venue < b.venue));
                let sum = by_venue.iter().fold(I256::ZERO, |sum, row| sum + row.marks);
                assert!(
                    alone.outOfRange || sum == alone.marks,
                    "{seed} {moment:?} {portfolio:?}"
                );
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

/// The floor with underlyings 3 to 12 at bitcoin's price, and an asset linked to the last.
fn crowded() -> Floor {
    let mut floor = Floor::new();
    let hub = &mut floor.hub;
    for number in 3..=12 {
        hub.set(&set_underlying(number, default_terms(2)));
    }
    hub.set(&set_asset(5, 2, 12, 18, (100_000, 50_000)));
    floor
}

/// A long leg of each underlying.
fn on(numbers: &[u16]) -> Vec<U256> {
    numbers
        .iter()
        .map(|n| perpetual(1, *n, LOTS, UNIT))
        .collect()
}

/// I-MAR-11: what others in the call hold changes nothing, though together they exceed what a market holds.
#[test]
fn i_mar_11_answers_do_not_depend_on_the_company() {
    let mut floor = crowded();
    let hub = &mut floor.hub;
    let day = floor.day;
    let days: Vec<_> = (0..16).map(|n| day + n).collect();
    for (underlying, forward) in [(ETH, 2_000 * ONE), (BTC, 40_000 * ONE)] {
        let updates: Vec<_> = (0..)
            .zip(&days)
            .map(|(n, day)| surface(underlying, *day, forward, UNIT / 20 + n * UNIT / 1_000))
            .collect();
        hub.pushed(&updates);
    }
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
}

/// I-MAR-11: eight underlyings of legs leave no room for what collateral moves with: it is scanned alone, by 50 %.
#[test]
fn i_mar_11_linked_collateral_without_room_is_scanned_alone() {
    let hub = crowded().hub;
    let eight: Vec<u16> = (3..=10).collect();
    assert_eq!(eight.len(), MAX_UNDERLYINGS);
    let held = [(WETH, ONE), (5, ONE)];
    let bare = hub.assess_one(&portfolio(UNIT, &[], &on(&eight)));
    let crowded = portfolio(UNIT, &held, &on(&eight));
    let roomy = portfolio(UNIT, &held, &on(&eight[..7]));
    let a = hub.assess_one(&crowded);
    assert_eq!(a.equity, bare.equity + coins(42_000));
    for (more, share) in [(a.im - bare.im, 725_000), (a.mm - bare.mm, 550_000)] {
        let expected = U256::from(42_000 * ONE / 1_000_000 * share);
        assert!(
            more.abs_diff(expected) < U256::from(1_000_000_000_000_u64),
            "{more}"
        );
    }
    // With one underlying less WETH, the first, has room, and only the other is alone.
    let b = hub.assess_one(&roomy);
    let without = hub.assess_one(&portfolio(UNIT, &held[..1], &on(&eight[..7])));
    let expected = U256::from(40_000 * ONE / 1_000_000 * 550_000);
    let more = b.mm - without.mm;
    assert!(
        more.abs_diff(expected) < U256::from(1_000_000_000_000_u64),
        "{more}"
    );
    assert!(!a.stale && !b.stale);
    let other = |first| portfolio(UNIT, &[], &on(&[first, first + 1, first + 2, first + 3]));
    assert_eq!(
        hub.assess(&[other(9), crowded, roomy, other(1)])[1..3],
        [a, b]
    );
}
