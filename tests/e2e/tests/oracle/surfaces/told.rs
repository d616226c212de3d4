//! What margin is given of a push.

use super::*;

#[test]
fn a_push_is_what_margin_gets() {
    let mut desk = Desk::new();
    let day = desk.day;
    let time = desk.next();
    let done = desk.pushed(&[desk.update(day), desk.update(day + 1)]);
    let pushed: Vec<_> = events::<IOracle::ExpiryPushed>(&done)
        .into_iter()
        .map(|e| {
            (
                e.underlying,
                e.expiryDay,
                e.ratio,
                e.fixedPart,
                e.observedAt,
            )
        })
        .collect();
    assert_eq!(pushed, [day, day + 1].map(|day| (ETH, day, RATIO, 0, time)));
    let answer = desk.snapshot(&[day + 1, day + 2, day]);
    assert_eq!(answer.prices[0], Quote::encode(SPOT, 0, true));
    for (place, day) in [(0, day + 1), (6, day)] {
        let record = words(&answer.words[place..place + 3]);
        let u = desk.update(day);
        assert_eq!((record.day, record.updated_at), (day, time));
        assert_eq!((record.ratio, record.fixed), (RATIO, 0));
        assert_eq!(record.surface, svi(&u));
        assert!(record.fresh && record.discount < ONE_Q62);
        // What is shown is what was pushed: the surface to 14e-18, the rest exactly.
        let shown = desk.expiry(day);
        assert_eq!(
            (
                shown.ratio,
                shown.forward,
                shown.fixedPart,
                shown.discount,
                shown.updatedAt
            ),
            (RATIO, 2_010 * ONE, 0, u.discount, time)
        );
        assert!(shown.fresh && !shown.settled);
        for (shown, pushed) in [
            (shown.a, u.a),
            (shown.b, u.b),
            (shown.rho, u.rho),
            (shown.m, u.m),
            (shown.sigma, u.sigma),
        ] {
            assert!((0..14).contains(&(pushed - shown)), "{pushed} {shown}");
        }
    }
    assert_eq!(answer.words[3..6], [U256::ZERO; 3]);
    assert_eq!(answer.near, [U256::ZERO; 3]);
    assert_eq!(desk.days(), [day, day + 1]);
    assert_eq!(desk.expiry(day + 2), ExpiryData::default());
}

/// I-ORA-1: exactly the greatest age is fresh, a second more is not; and terms hold at once.
#[test]
fn i_ora_1_an_expiry_ages_to_the_second() {
    let mut desk = Desk::new();
    let day = desk.day;
    let least = MAX_AGE - 50;
    desk.must(&terms(ETH, 7, least, ONE as u64 / 4));
    let time = desk.next();
    desk.pushed(&[desk.update(day)]);
    let fresh = |desk: &Desk| {
        let fresh = words(&desk.snapshot(&[day]).words).fresh;
        assert_eq!(desk.expiry(day).fresh, fresh);
        fresh
    };
    assert!(fresh(&desk));
    desk.at(time + u64::from(least));
    assert!(fresh(&desk));
    desk.at(time + u64::from(least) + 1);
    assert!(!fresh(&desk));
    // What was said is still there.
    assert_eq!(
        words(&desk.snapshot(&[day]).words).surface,
        svi(&desk.update(day))
    );
    desk.must(&terms(ETH, 7, MAX_AGE, ONE as u64 / 4));
    assert!(fresh(&desk));
    desk.must(&terms(ETH, 7, 1, ONE as u64 / 4));
    assert!(!fresh(&desk));
}

/// The expiry whose volatility shapes an underlying's scenarios: the first after now, two days away at most.
#[test]
fn near_is_the_first_to_come_within_two_days() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    desk.pushed(&[desk.update(day), desk.update(day + 1), desk.update(day + 5)]);
    let near = |desk: &Desk| {
        let near = desk.snapshot(&[]).near;
        (near != [U256::ZERO; 3]).then(|| words(&near))
    };
    let mut at = |time| {
        desk.at(time);
        near(&desk)
    };
    assert_eq!(at(expiry - POCKET_HORIZON - 1), None);
    let first = at(expiry - POCKET_HORIZON).unwrap();
    assert_eq!((first.day, first.fresh), (day, false), "stale, and told so");
    assert_eq!(at(expiry - 1).unwrap().day, day);
    assert_eq!(at(expiry).unwrap().day, day + 1);
    assert_eq!(at(expiry + 86_400), None);
    desk.at(expiry + 86_401);
    let update = desk.update(day + 2);
    desk.pushed(&[update]);
    let near = near(&desk).unwrap();
    assert_eq!((near.day, near.fresh), (day + 2, true));
    // Another underlying has none.
    let answer = desk.ask(&[], &[], &[ETH + 1, ETH]);
    assert_eq!(answer.near[..3], [U256::ZERO; 3]);
    assert_eq!(words(&answer.near[3..]).day, day + 2);
}

/// I-LIV-7: whatever feeds and surfaces are like, margin has an answer.
#[test]
fn i_liv_7_a_snapshot_is_total() {
    let mut desk = Desk::new();
    let (day, oracle, owner) = (desk.day, desk.hub.oracle, desk.hub.owner);
    desk.pushed(&[desk.update(day)]);
    let dead = desk.hub.feed(8, int(1));
    desk.hub.list(8, dead, 60, WIDE);
    for (mode, size) in [(1, 1_000_000), (2, 160), (3, 0), (4, 0)] {
        let bomb = HostileFeed::setBombCall {
            mode_: mode,
            size_: U256::from(size),
        };
        desk.hub.must(owner, dead, &bomb);
        let keys = [0, key(ETH, day), key(9, day), u32::MAX];
        let answer = desk.ask(&[8, 7, 8], &keys, &[0, 9, ETH]);
        let fresh: Vec<_> = answer.prices.iter().map(|p| p.bit(0)).collect();
        assert_eq!(fresh, [false, true, false]);
        assert!(words(&answer.words[3..6]).fresh);
    }
    desk.ask(&[], &[], &[]);
    let e: IOracle::UnknownFeed = desk.hub.refused(oracle, &snapshot(&[9], &[], &[]));
    assert_eq!(e.feed, 9);
}

#[test]
fn i_liv_3_a_snapshot_is_bounded() {
    let desk = Desk::new();
    let (hub, oracle) = (&desk.hub, desk.hub.oracle);
    desk.ask(&[7; 16], &[1; 24], &[1; 24]);
    let full = [U256::from(keys::NEAR); 73];
    let call = |keys: &[U256]| IOracle::snapshotCall {
        keys: keys.to_vec(),
    };
    hub.get(oracle, &call(&full[..72]));
    let e: IOracle::TooManyItems = hub.refused(oracle, &call(&full));
    assert_eq!((e.given, e.limit), (U256::from(73), U256::from(72)));
    // Keys of no kind, of margin's kinds, and with bits above.
    for key in [
        U256::ZERO,
        U256::from(keys::RULES),
        U256::from(9_u64 << 32),
        U256::from(keys::NEAR) | U256::ONE << 64,
        U256::from(keys::FEED | 0x1_0007),
        U256::MAX,
    ] {
        let e: IOracle::InvalidKey = hub.refused(oracle, &call(&[key]));
        assert_eq!(e.key, key);
    }
}

/// For the record: `cargo test --test oracle -- --nocapture gas`.
#[test]
fn gas_of_snapshots_and_pushes() {
    let mut desk = Desk::new();
    let day = desk.day;
    let updates: Vec<_> = (0..12).map(|i| desk.update(day + i)).collect();
    for n in [1, 12] {
        let done = desk.pushed(&updates[..n]);
        println!("a push of {n}: {} gas", done.receipt.gas_used);
    }
    // The narrowest vertex has the most strikes to look at.
    let narrow: Vec<_> = updates
        .iter()
        .map(|update| ExpiryUpdate {
            b: UNIT / 1_000_000_000,
            sigma: UNIT / 1_000_000,
            ..update.clone()
        })
        .collect();
    let done = desk.pushed(&narrow);
    println!("a push of 12 narrow: {} gas", done.receipt.gas_used);
    desk.at(expiry_seconds(day) - POCKET_HORIZON);
    desk.pushed(&updates);
    let gas = |feeds: usize, expiries: u16, underlyings: usize| {
        let keys: Vec<_> = (0..expiries).map(|i| key(ETH, day + i)).collect();
        let call = snapshot(&vec![7; feeds], &keys, &vec![ETH; underlyings]);
        desk.hub.gas(desk.hub.oracle, &call)
    };
    let [nothing, feed, one, twelve] =
        [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 12, 0)].map(|(a, b, c)| gas(a, b, c));
    let (near, margin) = (gas(0, 0, 1), gas(1, 1, 1));
    println!(
        "snapshot, uncached program, cold: nothing {nothing}, a feed {feed}, an expiry {one}, twelve {twelve}, near {near}, a feed with an expiry that is near {margin}"
    );
    let per_expiry = (twelve - one) / 11;
    // Three cold words, and little else.
    assert!(per_expiry < 8_500, "{per_expiry} gas an expiry");
}
