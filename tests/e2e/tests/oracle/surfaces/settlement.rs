//! The window before an expiry, and settlement.

use super::*;

/// The settlement window fixes the forward by and by, and not before it has begun.
#[test]
fn i_ora_6_a_part_is_fixed_in_the_window_only() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    let start = expiry - SETTLEMENT_WINDOW;
    let parts = |ratio, fixed| ExpiryUpdate {
        ratio,
        fixedPart: fixed,
        ..update(day, day)
    };
    let (half, all, third) = (
        parts(UNIT as u64 / 2, 1_000 * ONE),
        parts(0, 2_000 * ONE),
        parts(UNIT as u64 / 4 * 3, 1),
    );
    desk.at(start + 5);
    let call = desk.push(std::slice::from_ref(&third), start - 1);
    let e: IOracle::ForwardNotLive = desk.refused(&call);
    assert_eq!(
        (e.underlying, e.expiryDay, e.ratio, e.fixedPart),
        (ETH, day, third.ratio, 1)
    );
    assert_eq!((e.observedAt, e.windowStart), (start - 1, start));
    desk.at(start + 5);
    let call = desk.push(std::slice::from_ref(&third), start);
    desk.must(&call);
    desk.at(start + 900);
    desk.pushed(std::slice::from_ref(&half));
    let shown = desk.expiry(day);
    assert_eq!((shown.forward, shown.fixedPart), (1_000 * ONE, 1_000 * ONE));
    assert!(!shown.settled);
    // Between two pushes time fixes what moved, at the spot of the call; what it has not fixed yet follows spot.
    desk.at_spot(start + 1_200, 2_100);
    desk.hub.chain.mine(1, None).unwrap();
    let shown = desk.expiry(day);
    assert_eq!((shown.forward, shown.fixedPart), (700 * ONE, 1_350 * ONE));
    assert!(shown.fresh);
    desk.at(expiry - 1);
    let e: IOracle::ForwardNotLive = desk.push_refused(&[all]);
    assert_eq!((e.ratio, e.fixedPart), (0, 2_000 * ONE));
    // Expired: nothing moves, and nothing is fresh.
    desk.at(expiry);
    desk.hub.chain.mine(1, None).unwrap();
    let shown = desk.expiry(day);
    assert_eq!((shown.forward, shown.fixedPart), (0, 2_000 * ONE));
    assert!(!shown.fresh && !shown.settled);
}

/// In the window the ratio is held to the share still to come; what is fixed already is of past prices, and held, with the
/// rest, to an eighth and eight times spot only.
#[test]
fn i_ora_9_a_window_mean_may_be_far_from_spot() {
    const PERCENT: u64 = ONE as u64 / 100;
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    let start = expiry - SETTLEMENT_WINDOW;
    desk.must(&terms(ETH, 7, MAX_AGE, 5 * PERCENT));
    let parts = |ratio, fixed| ExpiryUpdate {
        ratio,
        fixedPart: fixed,
        ..update(day, day)
    };
    // The second before, all of it is today's.
    desk.at(start);
    let early = parts(95 * PERCENT - 1, 0);
    let call = desk.push(std::slice::from_ref(&early), start - 1);
    let e: IOracle::RatioOutOfRange = desk.refused(&call);
    assert_eq!(
        (e.ratio, e.lowest, e.highest),
        (95 * PERCENT - 1, 95 * PERCENT, 105 * PERCENT)
    );
    // The same, observed in the window: less and less of it is variable.
    desk.at(start);
    desk.pushed(&[early]);
    // Spot fell by a tenth when nine tenths were fixed at 2,100.
    let late = expiry - SETTLEMENT_WINDOW / 10;
    desk.at_spot(late, 1_890);
    desk.pushed(&[parts(10 * PERCENT, 1_890 * ONE)]);
    // The last tenth, less a second: 179 of 1,800.
    let most = 105 * PERCENT / 1_800 * 179 + 105 * PERCENT % 1_800 * 179 / 1_800;
    for (time, ratio, fixed) in [(1, most, 1_000 * ONE), (2, 1, 15_120 * ONE - 1_890)] {
        desk.at_spot(late + time, 1_890);
        desk.pushed(&[parts(ratio, fixed)]);
    }
    let late = late + 3;
    desk.at_spot(late, 1_890);
    let most = 105 * PERCENT / 1_800 * 177 + 105 * PERCENT % 1_800 * 177 / 1_800;
    let e: IOracle::RatioOutOfRange = desk.push_refused(&[parts(most + 1, 7)]);
    assert_eq!((e.ratio, e.lowest, e.highest), (most + 1, 0, most));
    for (ratio, fixed, price) in [
        (1, 15_120 * ONE, 15_120 * ONE + 1_890),
        (1, 236 * ONE + ONE / 4 - 1_891, 236 * ONE + ONE / 4 - 1),
        (5, 0, 9_450),
    ] {
        desk.at_spot(late + 1, 1_890);
        let e: IOracle::SettlementOutOfRange = desk.push_refused(&[parts(ratio, fixed)]);
        assert_eq!(
            (e.underlying, e.expiryDay, e.price, e.lowest, e.highest),
            (ETH, day, price, 236 * ONE + ONE / 4, 15_120 * ONE)
        );
    }
    desk.at_spot(expiry + 3_600, 1_890);
    let mean = desk.settlement(2_079 * ONE);
    desk.pushed(&[mean]);
    assert!(desk.expiry(day).settled);
}

/// I-ORA-10: an expiry that is settled does not stand in the way of the others of a push.
#[test]
fn i_ora_10_a_settled_expiry_is_skipped() {
    let mut desk = Desk::new();
    let (day, late) = (desk.day, expiry_seconds(desk.day) + 3_600);
    desk.at(late);
    let settlement = desk.settlement(1_990 * ONE);
    desk.pushed(std::slice::from_ref(&settlement));
    for first in [desk.update(day), desk.settlement(1_991 * ONE)] {
        let before = desk.hub.chain.snapshot();
        desk.at(late + 1);
        let next = desk.update(day + 1);
        let done = desk.pushed(&[first.clone(), next.clone()]);
        let pushed = events::<IOracle::ExpiryPushed>(&done);
        assert_eq!(pushed.len(), 1);
        assert_eq!(pushed[0].expiryDay, day + 1);
        assert_eq!(events::<IOracle::Settled>(&done).len(), 0);
        assert_eq!(desk.expiry(day).fixedPart, 1_990 * ONE);
        // With nothing else to store it is refused, and says why.
        let call = desk.push(&[first, next], late + 1);
        let e: IOracle::SettlementFinal = desk.refused(&call);
        assert_eq!((e.expiryDay, e.price), (day, 1_990 * ONE));
        assert!(desk.hub.chain.revert(before));
    }
}

/// A-08, I-ORA-6: after expiry nothing but a settlement price is taken, from an observation after expiry.
#[test]
fn i_ora_6_settlement_is_final() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    desk.at(expiry - SETTLEMENT_WINDOW - 1);
    desk.pushed(&[desk.update(day), desk.update(day + 1)]);
    let settlement = desk.settlement(1_990 * ONE);

    desk.at(expiry);
    assert!(!desk.expiry(day).fresh, "expired, and not settled");
    for (update, observed_at) in [
        (desk.update(day), expiry),
        (desk.update(day), expiry - 1),
        (settlement.clone(), expiry - 1),
        (
            ExpiryUpdate {
                ratio: 1,
                ..settlement
            },
            expiry,
        ),
    ] {
        desk.at(expiry);
        let call = desk.push(std::slice::from_ref(&update), observed_at);
        let e: IOracle::SettlementOnly = desk.refused(&call);
        assert_eq!((e.underlying, e.expiryDay, e.expiry), (ETH, day, expiry));
        assert_eq!(
            (e.ratio, e.fixedPart, e.observedAt),
            (update.ratio, update.fixedPart, observed_at)
        );
    }
}

/// I-ORA-6: a settlement price is an eighth of spot at the least, and eight times spot at the most.
#[test]
fn i_ora_6_a_settlement_has_bounds() {
    let mut desk = Desk::new();
    let (day, late) = (desk.day, expiry_seconds(desk.day) + 3_600);
    desk.at(late);
    for price in [16_000 * ONE + 1, 250 * ONE - 1] {
        desk.at(late);
        let far = desk.settlement(price);
        let e: IOracle::SettlementOutOfRange = desk.push_refused(&[far]);
        assert_eq!((e.underlying, e.expiryDay, e.price), (ETH, day, price));
        assert_eq!((e.lowest, e.highest), (250 * ONE, 16_000 * ONE));
    }
    for price in [16_000 * ONE, 250 * ONE] {
        let before = desk.hub.chain.snapshot();
        desk.at(late);
        let far = desk.settlement(price);
        desk.pushed(&[far]);
        assert!(desk.hub.chain.revert(before));
    }
}

/// A-08, I-ORA-6: unsettled, an expiry goes stale; settled, it is so for ever, whatever the terms.
#[test]
fn i_ora_6_nothing_replaces_a_settlement() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    desk.at(expiry - SETTLEMENT_WINDOW - 1);
    desk.pushed(&[desk.update(day), desk.update(day + 1)]);
    let settlement = desk.settlement(1_990 * ONE);
    let late = expiry + 3_600;
    desk.at(late);
    assert!(!desk.expiry(day).fresh);
    let done = desk.pushed(std::slice::from_ref(&settlement));
    let [settled] = &events::<IOracle::Settled>(&done)[..] else {
        panic!()
    };
    assert_eq!(
        (
            settled.underlying,
            settled.expiryDay,
            settled.price,
            settled.observedAt
        ),
        (ETH, day, 1_990 * ONE, late)
    );
    assert_eq!(events::<IOracle::ExpiryPushed>(&done).len(), 0);
    desk.at(late + 1);
    for update in [
        settlement.clone(),
        desk.settlement(1_991 * ONE),
        desk.update(day),
    ] {
        let e: IOracle::SettlementFinal = desk.push_refused(&[update]);
        assert_eq!(
            (e.underlying, e.expiryDay, e.price),
            (ETH, day, 1_990 * ONE)
        );
    }
    desk.at(late + 300 * 86_400);
    desk.must(&terms(ETH, 7, 1, 1));
    let record = words(&desk.snapshot(&[day]).words);
    assert_eq!(
        (record.ratio, record.fixed, record.discount),
        (0, 1_990 * ONE, ONE_Q62)
    );
    assert!(record.fresh && desk.expiry(day).settled && desk.expiry(day).fresh);
    let _: IOracle::SettlementFinal = desk.push_refused(&[settlement]);
}

/// A dead spot feed keeps no expiry from settling, and too little gas does not make it look dead.
#[test]
fn i_liv_9_settlement_needs_no_spot_and_no_gas_limit_hides_it() {
    let mut desk = Desk::new();
    let (oracle, stranger, feed) = (desk.hub.oracle, desk.hub.stranger, desk.feed);
    let late = expiry_seconds(desk.day) + 3_600;
    desk.at(late);
    let far = desk.settlement(16_001 * ONE);
    let call = desk.push(std::slice::from_ref(&far), late);
    let mut refusals = 0;
    desk.hub.chain.mine(1, None).unwrap();
    for gas in (40_000..600_000).step_by(1_999) {
        let result = desk.hub.raw(oracle, call.abi_encode().into(), 0, Some(gas));
        assert!(!matches!(result.outcome, Outcome::Success), "at {gas} gas");
        refusals +=
            usize::from(IOracle::SettlementOutOfRange::abi_decode_validate(&result.output).is_ok());
    }
    assert!(refusals > 50, "{refusals}");
    let owner = desk.hub.owner;
    desk.hub
        .must(owner, feed, &HostileFeed::setRevertsCall { reverts_: true });
    // Nobody settled for a day.
    let late = late + 82_800;
    desk.hub.chain.set_next_block_timestamp(late).unwrap();
    let call = desk.push(std::slice::from_ref(&far), late);
    desk.hub.must(stranger, oracle, &call);
    assert_eq!(desk.expiry(desk.day).fixedPart, 16_001 * ONE);
}
