//! The round before: how far a round may be from it, and how far it is.

use super::*;

const UNIT: i128 = 1_0000_0000;

/// a feed in doubt is one whose last two rounds are far apart; the snapshot says so for a minute. On the first edition
/// the field was 0 whatever the rounds.
#[test]
fn r_10_a_jump_is_in_the_snapshot_for_a_minute() {
    let (mut hub, feed) = listed();
    for (id, last, before, age, jump) in [
        (7, 1_900, Some(2_000), 0, 53_687_092_i64),
        (7, 2_100, Some(2_000), 59, 53_687_092),
        (7, 2_100, Some(2_000), 60, 0),
        (7, 2_000, Some(2_000), 0, 0),
        (7, 90_000, Some(1_000), 0, u32::MAX.into()),
        // There is no round before the first of a phase; one that is missing says nothing.
        (1, 1_900, Some(2_000), 0, 0),
        ((3 << 64) + 1, 1_900, Some(2_000), 0, 0),
        ((3 << 64) + 2, 1_900, Some(2_000), 0, 53_687_092),
        (7, 1_900, None, 0, 0),
        (7, 1_900, Some(0), 0, 0),
        (7, 1_900, Some(-1), 0, 0),
    ] {
        hub.rounds(feed, id, last * UNIT, before.map(|b| b * UNIT), age);
        let quote = hub.quote(1);
        assert!(quote.fresh && quote.known, "{last} after {before:?}");
        assert_eq!(
            quote.jump,
            jump << 10,
            "{last} after {before:?}, {age} s ago"
        );
        assert_eq!(quote.value, last as u128 * ONE);
        // A jump is no confidence, and `prices` does not ask for it.
        assert_eq!((one(&hub).confidence, one(&hub).fresh), (0, true));
    }
}

/// I-ORA-5: at exactly the largest move a round is fresh; further away it waits five minutes: `prices` keeps its value, margin is told
/// that it is unknown.
#[test]
fn i_ora_5_a_round_too_far_waits() {
    let (mut hub, feed) = listed();
    hub.owner_must(&largest(5 * PERCENT));
    for (last, age, fresh) in [
        (2_100 * UNIT, 0, true),
        (1_900 * UNIT, 0, true),
        (2_100 * UNIT + 1, 0, false),
        (1_900 * UNIT - 1, 299, false),
        (1_900 * UNIT - 1, 300, true),
        (2_100 * UNIT + 1, 300, true),
        (11 * UNIT, 0, false),
    ] {
        hub.rounds(feed, 7, last, Some(2_000 * UNIT), age);
        let value = last as u128 * 10_u128.pow(10);
        if fresh {
            assert_eq!(strict(&hub).unwrap(), U256::from(value), "{last}, {age} s");
            assert!(one(&hub).fresh && hub.quote(1).fresh);
        } else {
            let e: IOracle::MoveNotConfirmed = fault(&hub, value);
            assert_eq!(
                (e.price, e.before),
                (U256::from(value), U256::from(2_000 * ONE))
            );
            assert_eq!((e.feed, e.largestMove), (1, 5 * PERCENT));
            assert_eq!(e.updatedAt, hub.now() - age);
            let quote = hub.quote(1);
            assert_eq!(
                (quote.known, quote.fresh, quote.value),
                (false, false, BOUNDS.1)
            );
        }
    }
    // What cannot be read confirms nothing; a first round needs nobody.
    for (id, before, fresh) in [
        (7, None, false),
        (7, Some(0), false),
        (7, Some(-1), false),
        ((2 << 64) + 1, None, true),
        (1, None, true),
        (0, None, true),
    ] {
        hub.rounds(feed, id, 2_000 * UNIT, before, 0);
        assert_eq!(one(&hub).fresh, fresh, "{id}, {before:?}");
    }
    hub.rounds(feed, 7, 2_000 * UNIT, None, 300);
    assert!(one(&hub).fresh);
    // The right answer under another id is no round before.
    hub.rounds(feed, 7, 2_000 * UNIT, Some(2_000 * UNIT), 0);
    assert!(one(&hub).fresh);
    hub.teach(
        feed,
        GET_ROUND,
        &[int(5), int(2_000 * UNIT), int(1), int(1), int(5)],
    );
    assert!(!one(&hub).fresh);
}

/// a wick of one bad round is used by nobody; the round after it needs a second one, or five minutes.
#[test]
fn a_65_one_bad_round_stops_nobody_out() {
    let (mut hub, feed) = listed();
    hub.owner_must(&largest(5 * PERCENT));
    let mut before = 2_000;
    for (id, last, fresh) in [
        (2, 2_010, true),
        (3, 1_200, false), // the wick
        (4, 2_005, false), // further from the wick than it may
        (5, 2_006, true),
        (6, 1_500, false), // a real fall
        (7, 1_480, true),  // confirmed
    ] {
        hub.rounds(feed, id, last * UNIT, Some(before * UNIT), 0);
        assert_eq!(hub.quote(1).fresh, fresh, "{last}");
        before = last;
    }
}

#[test]
fn i_par_1_a_largest_move_is_refused_with_the_numbers() {
    let (mut hub, _) = listed();
    let oracle = hub.oracle;
    const MOVE: u64 = 10 * STEP;
    for largest_move in [1, MOVE - 1, MOVE + 1, 256 * MOVE, u64::MAX] {
        let e: IOracle::InvalidMove = hub.must_not(oracle, &largest(largest_move));
        assert_eq!(
            (e.largestMove, e.step, e.limit),
            (largest_move, MOVE, 255 * MOVE)
        );
    }
    let unlisted = IOracle::setLargestMoveCall {
        feed: 9,
        largestMove: 0,
    };
    let _: IOracle::UnknownFeed = hub.must_not(oracle, &unlisted);
    let source = |hub: &Hub| hub.get(oracle, &IOracle::feedSourceCall { feed: 1 });
    assert_eq!(source(&hub).largestMove, 0);
    for largest_move in [255 * MOVE, MOVE, 0, 10 * MOVE] {
        let done = hub.owner_must(&largest(largest_move));
        let told = &events::<IOracle::LargestMoveSet>(&done)[0];
        assert_eq!((told.feed, told.largestMove), (1, largest_move));
        assert_eq!(source(&hub).largestMove, largest_move);
    }
    // A replacement keeps it.
    let new = hub.feed(8, int(2_000 * UNIT));
    hub.list(1, new, 60, BOUNDS);
    assert_eq!(source(&hub).largestMove, 10 * MOVE);
}
