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
    let at = |underlying, day, forward: u128| ExpiryUpdate {
        underlying,
        forward: forward * ONE,
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
            .map(|e| (e.underlying, e.expiryDay, e.forward, e.observedAt))
            .collect();
        assert_eq!(
            stored,
            [
                (ETH, day + 1, 2_003 * ONE, time),
                (2, day, 2_004 * ONE, time)
            ]
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
    let e: IOracle::UnknownUnderlying = desk.push_refused(&[a.clone(), other.clone()]);
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
    assert_eq!(desk.expiry(day).forward, 2_010 * ONE, "kept, if not listed");
}

#[test]
fn i_ora_3_no_forward_outside_its_bounds() {
    let mut desk = Desk::new();
    let day = desk.day;
    let forward = |forward: u128| ExpiryUpdate {
        forward,
        ..update(day, day)
    };
    // 25 % of 2,000.
    let fits = [1_500 * ONE, 2_500 * ONE].map(forward);
    let far = [1_500 * ONE - 1, 2_500 * ONE + 1, 1, 1 << 106].map(forward);
    let out = [0, (1 << 106) + 1, u128::MAX].map(forward);
    for update in far {
        let e: IOracle::ForwardTooFar = desk.push_refused(std::slice::from_ref(&update));
        assert_eq!(
            (e.underlying, e.expiryDay, e.forward, e.spot, e.limit),
            (ETH, day, update.forward, SPOT, 500 * ONE)
        );
    }
    for update in out {
        let e: IOracle::ForwardOutOfRange = desk.push_refused(std::slice::from_ref(&update));
        assert_eq!(
            (e.underlying, e.expiryDay, e.forward, e.fixedPart, e.limit),
            (ETH, day, update.forward, 0, 1 << 106)
        );
    }
    for update in fits {
        desk.pushed(&[update]);
    }
    // Without spot nothing can be compared.
    let (owner, feed, time) = (desk.hub.owner, desk.feed, desk.next());
    desk.hub.answer(feed, int(0), U256::from(time));
    let update = desk.update(day);
    let e: IOracle::InvalidPrice = desk.push_refused(std::slice::from_ref(&update));
    assert_eq!(e.feed, 7);
    desk.hub
        .must(owner, feed, &HostileFeed::setRevertsCall { reverts_: true });
    let e: IOracle::FeedFailed = desk.push_refused(&[update]);
    assert_eq!((e.feed, e.aggregator), (7, feed));
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
    for discount in [1, ONE as u64] {
        let update = ExpiryUpdate {
            discount,
            ..desk.update(day)
        };
        desk.pushed(&[update]);
        assert_eq!(desk.expiry(day).discount, discount);
    }
}
