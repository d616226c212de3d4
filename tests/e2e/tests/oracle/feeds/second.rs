//! Two sources that must agree.

use super::*;

fn second(second: u16, tolerance: u64) -> IOracle::setSecondSourceCall {
    IOracle::setSecondSourceCall {
        feed: 1,
        second,
        tolerance,
    }
}

/// I-ORA-4, A-12: one corrupt source of two makes no price.
#[test]
fn i_ora_4_two_sources_that_part_are_not_fresh() {
    let (mut hub, _) = listed();
    let other = hub.feed(8, int(2_000_0000_0000));
    hub.list(2, other, MAX_AGE, BOUNDS);
    let call = IOracle::setFeedCall {
        confidence: 2 * STEP,
        ..set_feed(2, other, MAX_AGE, BOUNDS.0, BOUNDS.1)
    };
    hub.owner_must(&call);
    let done = hub.owner_must(&second(2, PERCENT));
    let told = &events::<IOracle::SecondSourceSet>(&done)[0];
    assert_eq!((told.feed, told.second, told.tolerance), (1, 2, PERCENT));
    // Answer of the second, the confidence of the first, fresh.
    for (answer, confidence, fresh) in [
        (2_000_0000_0000, 2 * STEP, true),
        (2_001_0000_0000, 2 * STEP, true), // nearer than the second's own confidence
        (2_020_0000_0000, PERCENT, true),
        (1_980_0000_0000, PERCENT, true),
        (2_020_0000_0001, PERCENT + 5_000_000, false),
        (1_979_9999_9999, PERCENT + 5_000_000, false),
        (
            99_000_0000_0000,
            48_500_000_000_000_000_000_u128 as u64,
            false,
        ),
    ] {
        let now = U256::from(hub.now());
        hub.answer(other, int(answer), now);
        let price = one(&hub);
        assert_eq!(price.value, U256::from(2_000 * ONE), "the first source's");
        assert_eq!(price.fresh, fresh, "{answer}");
        if answer < 90_000_0000_0000 {
            assert_eq!(price.confidence, confidence, "{answer}");
        }
        assert_eq!(hub.quote(1).fresh, fresh);
        if !fresh {
            let e: IOracle::SourcesApart = fault(&hub, 2_000 * ONE);
            let said = U256::from(answer as u128 * 10_u128.pow(10));
            assert_eq!((e.feed, e.otherPrice, e.tolerance), (1, said, PERCENT));
        }
    }
    // A second source that is not fresh.
    let now = U256::from(hub.now());
    hub.answer(other, int(0), now);
    let e: IOracle::PartNotFresh = fault(&hub, 2_000 * ONE);
    assert_eq!((e.feed, e.part), (1, 2));
    hub.owner_must(&second(0, 0));
    assert!(one(&hub).fresh);
}

/// Each of two may be the other's second: none asks further than that.
#[test]
fn i_liv_3_second_sources_do_not_ask_each_other_for_ever() {
    let (mut hub, _) = listed();
    let other = hub.feed(8, int(2_000_0000_0000));
    hub.list(2, other, MAX_AGE, BOUNDS);
    let oracle = hub.oracle;
    hub.owner_must(&second(2, 0));
    hub.owner_must(&IOracle::setSecondSourceCall {
        feed: 2,
        second: 1,
        tolerance: 0,
    });
    assert!(hub.prices(&[1, 2]).iter().all(|price| price.fresh));
    for part in [1, 9] {
        let e: IOracle::InvalidPart = hub.must_not(oracle, &second(part, 0));
        assert_eq!((e.feed, e.part), (1, part));
    }
    let e: IOracle::InvalidConfidence = hub.must_not(oracle, &second(2, 1));
    assert_eq!((e.confidence, e.step), (1, STEP));
    let unlisted = IOracle::setSecondSourceCall {
        feed: 9,
        second: 1,
        tolerance: 0,
    };
    let _: IOracle::UnknownFeed = hub.must_not(oracle, &unlisted);
    let source = hub.get(oracle, &IOracle::feedSourceCall { feed: 1 });
    assert_eq!((source.second, source.tolerance), (2, 0), "nothing changed");
}
