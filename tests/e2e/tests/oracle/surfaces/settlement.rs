//! The window before an expiry, and settlement.

use super::*;

/// The settlement window fixes the forward by and by, and not before it has begun.
#[test]
fn i_ora_6_a_part_is_fixed_in_the_window_only() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    let start = expiry - SETTLEMENT_WINDOW;
    let parts = |forward, fixed| ExpiryUpdate {
        forward,
        fixedPart: fixed,
        ..update(day, day)
    };
    let (half, all, third) = (
        parts(1_000 * ONE, 1_000 * ONE),
        parts(0, 2_000 * ONE),
        parts(1_500 * ONE, 1),
    );
    desk.at(start + 5);
    let call = desk.push(std::slice::from_ref(&third), start - 1);
    let e: IOracle::ForwardNotLive = desk.refused(&call);
    assert_eq!(
        (e.underlying, e.expiryDay, e.forward, e.fixedPart),
        (ETH, day, 1_500 * ONE, 1)
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
    desk.at(expiry - 1);
    let e: IOracle::ForwardNotLive = desk.push_refused(&[all]);
    assert_eq!((e.forward, e.fixedPart), (0, 2_000 * ONE));
}

/// In the window the variable part is held to today's spot; what is fixed already is of past prices, and held, with the
/// rest, to an eighth and eight times spot only.
#[test]
fn i_ora_9_a_window_mean_may_be_far_from_spot() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    let start = expiry - SETTLEMENT_WINDOW;
    desk.must(&terms(ETH, 7, MAX_AGE, ONE as u64 / 20));
    let parts = |forward, fixed| ExpiryUpdate {
        forward,
        fixedPart: fixed,
        ..update(day, day)
    };
    // The second before, all of it is today's.
    desk.at(start);
    let early = parts(1_900 * ONE - 1, 0);
    let call = desk.push(std::slice::from_ref(&early), start - 1);
    let e: IOracle::ForwardTooFar = desk.refused(&call);
    assert_eq!(
        (e.forward, e.spot, e.limit),
        (1_900 * ONE - 1, SPOT, 100 * ONE)
    );
    // The same, observed in the window: less and less of it is variable.
    desk.at(start);
    desk.pushed(&[early]);
    // Spot fell by a tenth when nine tenths were fixed at 2,100.
    let late = expiry - SETTLEMENT_WINDOW / 10;
    desk.at_spot(late, 1_890);
    desk.pushed(&[parts(189 * ONE, 1_890 * ONE)]);
    for (time, forward, fixed) in [(1, 1_984 * ONE + ONE / 2, 0), (2, 1, 15_120 * ONE - 1)] {
        desk.at_spot(late + time, 1_890);
        desk.pushed(&[parts(forward, fixed)]);
    }
    desk.at_spot(late + 3, 1_890);
    let above = 1_984 * ONE + ONE / 2 + 1;
    let e: IOracle::ForwardTooFar = desk.push_refused(&[parts(above, 7)]);
    assert_eq!(
        (e.forward, e.spot, e.limit),
        (above, 1_890 * ONE, 94 * ONE + ONE / 2)
    );
    for (forward, fixed) in [(1, 15_120 * ONE), (1, 236 * ONE + ONE / 4 - 2), (5, 0)] {
        desk.at_spot(late + 4, 1_890);
        let e: IOracle::SettlementOutOfRange = desk.push_refused(&[parts(forward, fixed)]);
        assert_eq!(
            (e.underlying, e.expiryDay, e.price, e.lowest, e.highest),
            (ETH, day, forward + fixed, 236 * ONE + ONE / 4, 15_120 * ONE)
        );
    }
    desk.at_spot(expiry, 1_890);
    let mean = desk.settlement(2_079 * ONE);
    desk.pushed(&[mean]);
    assert!(desk.expiry(day).settled);
}

/// I-ORA-10: an expiry that is settled does not stand in the way of the others of a push.
#[test]
fn i_ora_10_a_settled_expiry_is_skipped() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    desk.at(expiry);
    let settlement = desk.settlement(1_990 * ONE);
    desk.pushed(std::slice::from_ref(&settlement));
    for first in [desk.update(day), desk.settlement(1_991 * ONE)] {
        let before = desk.hub.chain.snapshot();
        desk.at(expiry + 1);
        let next = desk.update(day + 1);
        let done = desk.pushed(&[first.clone(), next.clone()]);
        let pushed = events::<IOracle::ExpiryPushed>(&done);
        assert_eq!(pushed.len(), 1);
        assert_eq!(pushed[0].expiryDay, day + 1);
        assert_eq!(events::<IOracle::Settled>(&done).len(), 0);
        assert_eq!(desk.expiry(day).fixedPart, 1_990 * ONE);
        // With nothing else to store it is refused, and says why.
        let call = desk.push(&[first, next], expiry + 1);
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
    desk.at(expiry - 100);
    desk.pushed(&[desk.update(day), desk.update(day + 1)]);
    let settlement = desk.settlement(1_990 * ONE);

    desk.at(expiry);
    assert!(desk.expiry(day).fresh, "not yet too old");
    for (update, observed_at) in [
        (desk.update(day), expiry),
        (desk.update(day), expiry - 1),
        (settlement.clone(), expiry - 1),
        (
            ExpiryUpdate {
                forward: 1,
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
            (e.forward, e.fixedPart, e.observedAt),
            (update.forward, update.fixedPart, observed_at)
        );
    }
}

/// I-ORA-6: a settlement price is an eighth of spot at the least, and eight times spot at the most.
#[test]
fn i_ora_6_a_settlement_has_bounds() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    desk.at(expiry);
    for price in [16_000 * ONE + 1, 250 * ONE - 1] {
        desk.at(expiry);
        let far = desk.settlement(price);
        let e: IOracle::SettlementOutOfRange = desk.push_refused(&[far]);
        assert_eq!((e.underlying, e.expiryDay, e.price), (ETH, day, price));
        assert_eq!((e.lowest, e.highest), (250 * ONE, 16_000 * ONE));
    }
    for price in [16_000 * ONE, 250 * ONE] {
        let before = desk.hub.chain.snapshot();
        desk.at(expiry);
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
    desk.at(expiry - 100);
    desk.pushed(&[desk.update(day), desk.update(day + 1)]);
    let settlement = desk.settlement(1_990 * ONE);
    let late = expiry + 501;
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
        (
            record.expiry.variable,
            record.expiry.fixed,
            record.expiry.discount
        ),
        (0, 1_990 * ONE, ONE_Q62)
    );
    assert!(record.expiry.fresh && desk.expiry(day).settled && desk.expiry(day).fresh);
    let _: IOracle::SettlementFinal = desk.push_refused(&[settlement]);
}

/// A dead spot feed keeps no expiry from settling, and too little gas does not make it look dead.
#[test]
fn i_liv_9_settlement_needs_no_spot_and_no_gas_limit_hides_it() {
    let mut desk = Desk::new();
    let (oracle, stranger, feed) = (desk.hub.oracle, desk.hub.stranger, desk.feed);
    let expiry = expiry_seconds(desk.day);
    desk.at(expiry);
    let far = desk.settlement(16_001 * ONE);
    let call = desk.push(std::slice::from_ref(&far), expiry);
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
    desk.hub.must(stranger, oracle, &call);
    assert_eq!(desk.expiry(desk.day).fixedPart, 16_001 * ONE);
}
