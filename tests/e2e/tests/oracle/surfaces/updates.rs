//! Updates that are refused or skipped.

use super::*;

/// A-04, I-ORA-1: observations go forward in time, are not from the future and not too old.
#[test]
fn i_ora_1_observations_only_become_newer() {
    let mut desk = Desk::new();
    let day = desk.day;
    let start = desk.next() + 10_000;
    desk.at(start);
    let e: IOracle::ObservedInFuture = {
        let call = desk.push(&[desk.update(day)], start + 1);
        desk.refused(&call)
    };
    assert_eq!((e.observedAt, e.nowSeconds), (start + 1, start));

    desk.at(start + 10);
    let old = start + 10 - u64::from(MAX_AGE) - 1;
    let call = desk.push(&[desk.update(day)], old);
    let e: IOracle::ObservedTooLongAgo = desk.refused(&call);
    assert_eq!(
        (e.underlying, e.observedAt, e.nowSeconds, e.maxAge),
        (ETH, old, start + 10, MAX_AGE)
    );
    desk.at(start + 20);
    let first = start + 20 - u64::from(MAX_AGE);
    let older = desk.push(&[desk.update(day)], first);
    desk.must(&older);
    assert!(desk.expiry(day).fresh);

    // The same again, and one observed before it that another expiry would still take.
    desk.at(start + 20);
    let e: IOracle::NotNewer = desk.refused(&older);
    assert_eq!(
        (e.underlying, e.expiryDay, e.observedAt, e.updatedAt),
        (ETH, day, first, first)
    );
    desk.at(start + 20);
    let newer = desk.push(&[desk.update(day)], first + 5);
    desk.must(&newer);
    desk.at(start + 20);
    let older = desk.push(&[desk.update(day)], first + 4);
    let e: IOracle::NotNewer = desk.refused(&older);
    assert_eq!((e.observedAt, e.updatedAt), (first + 4, first + 5));
}

/// I-ORA-10: part of a push, sent first by somebody who holds it signed on its own, does not block the rest.
#[test]
fn i_ora_10_a_push_cannot_be_blocked_by_a_part_of_it() {
    let mut desk = Desk::new();
    let (oracle, stranger, day) = (desk.hub.oracle, desk.hub.stranger, desk.day);
    desk.must(&terms(2, 7, MAX_AGE, ONE as u64 / 4));
    let time = desk.next() + 100;
    let of = |forward: u128| ratio(forward, 2_000);
    let at = |underlying, day, forward: u128| ExpiryUpdate {
        underlying,
        ratio: of(forward),
        ..update(desk.day, day)
    };
    let first = at(ETH, day, 2_001);
    let all = [
        at(ETH, day, 2_002),
        at(ETH, day + 1, 2_003),
        at(2, day, 2_004),
    ];
    // Of a later second, of the same.
    for ahead in [7, 0] {
        let before = desk.hub.chain.snapshot();
        desk.at(time + 7);
        let part = desk.push(std::slice::from_ref(&first), time + ahead);
        desk.hub.must(stranger, oracle, &part);
        let call = desk.push(&all, time);
        let done = desk.hub.must(stranger, oracle, &call);
        let stored: Vec<_> = events::<IOracle::ExpiryPushed>(&done)
            .into_iter()
            .map(|e| (e.underlying, e.expiryDay, e.ratio, e.observedAt))
            .collect();
        assert_eq!(
            stored,
            [(ETH, day + 1, of(2_003), time), (2, day, of(2_004), time)]
        );
        let kept = desk.expiry(day);
        assert_eq!((kept.forward, kept.updatedAt), (2_001 * ONE, time + ahead));
        assert_eq!(desk.expiry(day + 1).forward, 2_003 * ONE);
        assert_eq!(desk.days(), [day, day + 1]);
        // Nothing of it is left to be stored: the first says why.
        let e: IOracle::NotNewer = desk.refused(&call);
        assert_eq!(
            (e.underlying, e.expiryDay, e.observedAt, e.updatedAt),
            (ETH, day, time, time + ahead)
        );
        assert!(desk.hub.chain.revert(before));
    }
}

/// M-4, I-ORA-10: what is refused of one underlying is stored for none of its expiries, and does not stop the others.
#[test]
fn m_4_a_refusal_stays_with_its_underlying() {
    let mut desk = Desk::new();
    let (first, day) = (desk.day, desk.day);
    desk.must(&terms(2, 7, MAX_AGE, ONE as u64 / 4));
    let level = |underlying, day, a: i128| ExpiryUpdate {
        underlying,
        a,
        ..update(first, day)
    };
    let good = [level(ETH, day, UNIT / 20), level(ETH, day + 1, UNIT / 10)];
    let crossed = [level(ETH, day, UNIT / 10), level(ETH, day + 1, UNIT / 20)];
    let [second, unknown] = [2, 3].map(|underlying| level(underlying, day, UNIT / 20));
    let far = ExpiryUpdate { ratio: 1, ..second };
    let refusals = |done| {
        let events = events::<IOracle::PushRefused>(done);
        let refusals = events.into_iter().map(|e| (e.underlying, e.reason));
        refusals.collect::<Vec<_>>()
    };
    let all = [&crossed[..], &[second, unknown.clone()]].concat();
    let done = desk.pushed(&all);
    let stored = events::<IOracle::ExpiryPushed>(&done);
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].underlying, stored[0].expiryDay), (2, day));
    let [(ETH, calendar), (3, nobody)] = &refusals(&done)[..] else {
        panic!()
    };
    let e = IOracle::Calendar::abi_decode_validate(calendar).unwrap();
    assert_eq!((e.underlying, e.nearDay, e.farDay), (ETH, day, day + 1));
    let e = IOracle::UnknownUnderlying::abi_decode_validate(nobody).unwrap();
    assert_eq!(e.underlying, 3);
    assert!(desk.days().is_empty());
    assert_eq!(desk.expiry(day), ExpiryData::default());
    // The other way round, in the order of the underlyings.
    let done = desk.pushed(&[&good[..], std::slice::from_ref(&far)].concat());
    assert_eq!(events::<IOracle::ExpiryPushed>(&done).len(), 2);
    let [(2, range)] = &refusals(&done)[..] else {
        panic!()
    };
    IOracle::RatioOutOfRange::abi_decode_validate(range).unwrap();
    assert_eq!(desk.days(), [day, day + 1]);
    // Nothing at all: the first says why, whatever was skipped.
    let e: IOracle::RatioOutOfRange = {
        let time = desk.expiry(day).updatedAt;
        let call = desk.push(&[&good[..], &[far, unknown]].concat(), time);
        desk.refused(&call)
    };
    assert_eq!((e.underlying, e.ratio), (2, 1));
}

/// I-ORA-10: what is skipped does not stand in for what stays: the rest is checked against what is stored.
#[test]
fn i_ora_10_what_is_skipped_is_no_neighbour() {
    let mut desk = Desk::new();
    let (first, day, time) = (desk.day, desk.day, desk.next() + 100);
    let level = |day, a: i128| ExpiryUpdate {
        a,
        ..update(first, day)
    };
    let [low, middle, high] = [UNIT / 50, UNIT / 20, UNIT / 10];
    desk.at(time + 1);
    let stays = desk.push(&[level(day + 1, middle)], time + 1);
    desk.must(&stays);
    // Good among themselves, not with the newer one in between.
    for (near, far, refused) in [(high, high, (day, day + 1)), (low, low, (day + 1, day + 2))] {
        let call = desk.push(
            &[
                level(day, near),
                level(day + 1, near),
                level(day + 2, far + 1_000),
            ],
            time,
        );
        let e: IOracle::Calendar = desk.refused(&call);
        assert_eq!((e.nearDay, e.farDay), refused);
        assert_eq!(desk.days(), [day + 1], "nothing of it");
    }
    let call = desk.push(
        &[level(day, low), level(day + 1, low), level(day + 2, high)],
        time,
    );
    desk.must(&call);
    assert_eq!(desk.days(), [day, day + 1, day + 2]);
    assert_eq!(desk.expiry(day + 1).updatedAt, time + 1);
}

#[test]
fn updates_are_in_order_and_bounded() {
    let mut desk = Desk::new();
    let day = desk.day;
    let (a, b) = (desk.update(day), desk.update(day + 1));
    for updates in [[b.clone(), a.clone()], [a.clone(), a.clone()]] {
        let e: IOracle::UpdatesNotAscending = desk.push_refused(&updates);
        assert_eq!((e.underlying, e.expiryDay), (ETH, day));
    }
    let other = ExpiryUpdate { underlying: 2, ..a };
    let e: IOracle::UpdatesNotAscending = desk.push_refused(&[other.clone(), b.clone()]);
    assert_eq!((e.underlying, e.expiryDay), (ETH, day + 1));
    let e: IOracle::UnknownUnderlying = desk.push_refused(std::slice::from_ref(&other));
    assert_eq!(e.underlying, 2);
    let e: IOracle::TooManyItems = desk.push_refused(&vec![a.clone(); 33]);
    assert_eq!((e.given, e.limit), (U256::from(33), U256::from(32)));
    assert!(desk.days().is_empty());
    desk.must(&terms(2, 7, MAX_AGE, ONE as u64 / 4));
    desk.pushed(&[a, b, other]);
    assert_eq!(desk.days(), [day, day + 1]);
}

/// Sixteen expiries to come; a past one makes room.
#[test]
fn i_liv_3_an_underlying_has_sixteen_expiries() {
    let mut desk = Desk::new();
    let day = desk.day;
    let all: Vec<_> = (0..16).map(|i| desk.update(day + 2 * i)).collect();
    desk.pushed(&all);
    assert_eq!(desk.days().len(), 16);
    let next = desk.update(day + 3);
    let e: IOracle::TooManyExpiries = desk.push_refused(std::slice::from_ref(&next));
    assert_eq!(
        (e.underlying, e.expiryDay, e.limit),
        (ETH, day + 3, U256::from(16))
    );
    desk.at(expiry_seconds(day) - 1);
    let _: IOracle::TooManyExpiries = desk.push_refused(std::slice::from_ref(&next));
    desk.at(expiry_seconds(day));
    desk.pushed(&[next]);
    let mut days: Vec<_> = (1..16).map(|i| day + 2 * i).collect();
    days.insert(1, day + 3);
    assert_eq!(desk.days(), days);
    assert_eq!(desk.expiry(day).ratio, RATIO, "kept, if not listed");
}

/// M-4: no spot is asked for before the settlement window, so a dead feed stops no push.
#[test]
fn i_ora_3_no_ratio_outside_its_bounds() {
    let mut desk = Desk::new();
    let day = desk.day;
    let ratio = |ratio: u64| ExpiryUpdate {
        ratio,
        ..update(day, day)
    };
    // 25 % of spot.
    let (lowest, highest) = (ONE as u64 / 4 * 3, ONE as u64 / 4 * 5);
    let fits = [lowest, highest].map(ratio);
    let far = [lowest - 1, highest + 1, 1, u64::MAX].map(ratio);
    for update in far {
        let e: IOracle::RatioOutOfRange = desk.push_refused(std::slice::from_ref(&update));
        assert_eq!(
            (e.underlying, e.expiryDay, e.ratio, e.lowest, e.highest),
            (ETH, day, update.ratio, lowest, highest)
        );
    }
    for fixed in [0, (1 << 106) + 1, u128::MAX] {
        let update = ExpiryUpdate {
            fixedPart: fixed,
            ..ratio(u64::from(fixed != 0))
        };
        let e: IOracle::ForwardOutOfRange = desk.push_refused(std::slice::from_ref(&update));
        assert_eq!(
            (e.underlying, e.expiryDay, e.ratio, e.fixedPart, e.limit),
            (ETH, day, update.ratio, fixed, 1 << 106)
        );
    }
    for update in fits {
        desk.pushed(&[update]);
    }
    let (owner, feed) = (desk.hub.owner, desk.feed);
    desk.hub
        .must(owner, feed, &HostileFeed::setRevertsCall { reverts_: true });
    let update = desk.update(day);
    desk.pushed(std::slice::from_ref(&update));
    let shown = desk.expiry(day);
    assert_eq!(
        (shown.ratio, shown.forward),
        (RATIO, 0),
        "spot is not known"
    );
    assert!(shown.fresh);
}

/// R-2, H-1: how far a ratio and a discount's rate may move since what is stored, to the last unit.
#[test]
fn r_2_ratio_and_rate_move_with_time_only() {
    let mut desk = Desk::new();
    let (day, oracle) = (desk.day, desk.hub.oracle);
    desk.must(&IOracle::setSurfaceTermsCall {
        ratioMove: 2_000,
        rateMove: 20_000,
        ..terms(ETH, 7, MAX_AGE, ONE as u64 / 4)
    });
    let call = IOracle::surfaceTermsCall { underlying: ETH };
    let terms = desk.hub.get(oracle, &call);
    assert_eq!((terms.ratioMove, terms.rateMove), (2_000, 20_000));
    let start = desk.next();
    desk.at(start);
    desk.pushed(&[desk.update(day)]);
    // 0.2 % a minute: in 90 seconds 0.3 %.
    let most = ONE as u64 / 1_000 * 3;
    for (ratio, refused) in [
        (RATIO + most + 1, true),
        (RATIO - most - 1, true),
        (RATIO + most, false),
        (RATIO - most, false),
    ] {
        let before = desk.hub.chain.snapshot();
        desk.at(start + 90);
        let update = ExpiryUpdate {
            ratio,
            ..desk.update(day)
        };
        if refused {
            let e: IOracle::RatioMoved = desk.push_refused(&[update]);
            assert_eq!((e.underlying, e.expiryDay), (ETH, day));
            assert_eq!(
                (e.ratio, e.stored, e.limit),
                (ratio.into(), RATIO.into(), most.into())
            );
        } else {
            desk.pushed(&[update]);
        }
        assert!(desk.hub.chain.revert(before));
    }
    // The rate, 2 % a year an hour: in 90 seconds 0.05 %; -ln D is 0.001 over some ten days.
    for (discount, refused) in [
        (999_020_000_000_000_000, true),
        (999_010_000_000_000_000, false),
    ] {
        let before = desk.hub.chain.snapshot();
        desk.at(start + 90);
        let update = ExpiryUpdate {
            discount,
            ..desk.update(day)
        };
        if refused {
            let e: IOracle::RateMoved = desk.push_refused(&[update]);
            assert_eq!((e.underlying, e.expiryDay), (ETH, day));
            assert_eq!(e.limit, ONE / 2_000);
            assert!(e.rate.abs_diff(e.stored) > e.limit && e.rate < e.stored);
        } else {
            desk.pushed(&[update]);
        }
        assert!(desk.hub.chain.revert(before));
    }
}

#[test]
fn discounts_are_above_zero_and_at_most_one() {
    let mut desk = Desk::new();
    let day = desk.day;
    for discount in [0, ONE as u64 + 1, u64::MAX] {
        let update = ExpiryUpdate {
            discount,
            ..desk.update(day)
        };
        let e: IOracle::DiscountOutOfRange = desk.push_refused(&[update]);
        assert_eq!(
            (e.underlying, e.expiryDay, e.discount),
            (ETH, day, discount)
        );
    }
    // 50 % a year at the most.
    let update = ExpiryUpdate {
        discount: 1,
        ..desk.update(day)
    };
    let e: IOracle::DiscountRateOutOfRange = desk.push_refused(&[update]);
    assert_eq!((e.underlying, e.expiryDay, e.limit), (ETH, day, ONE / 2));
    assert!(e.rate > e.limit);
    for discount in [ONE as u64, 990_000_000_000_000_000] {
        let update = ExpiryUpdate {
            discount,
            ..desk.update(day)
        };
        desk.pushed(&[update]);
        assert_eq!(desk.expiry(day).discount, discount);
    }
}
