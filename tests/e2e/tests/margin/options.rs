//! Options: parity, life and settlement, spreads, merged accounts.

use super::*;

/// I-PRC-2: a call less a put of one strike is worth the discounted forward less the strike.
#[test]
fn i_prc_2_put_call_parity_in_equity() {
    let mut floor = Floor::new();
    let (hub, day) = (&mut floor.hub, floor.day);
    let update = surface(ETH, day, 2_013 * ONE, UNIT / 20);
    hub.pushed(std::slice::from_ref(&update));
    for strike in [1_000, 1_900, 2_013, 2_500, 4_000] {
        let value = |call| {
            let leg = option(1, ETH, call, day, strike * ONE, LOTS);
            hub.assess_one(&portfolio(0, &[], &options(&[leg]))).equity
        };
        let parity =
            I256::try_from((2_013 - strike.cast_signed()) * i128::from(update.discount)).unwrap();
        let difference = value(true) - value(false) - parity;
        // 1.5e-12 of the larger of forward and strike for each option.
        let error = int(3 * UNIT / 1_000_000_000_000 * strike.max(2_013).cast_signed());
        assert!(difference.abs() < error, "{strike}: {difference}");

        // Call, short put and short future are one thing: no requirement but what closing them costs.
        let legs = [
            options(&[
                option(1, ETH, true, day, strike * ONE, LOTS),
                option(1, ETH, false, day, strike * ONE, -LOTS),
            ]),
            vec![future(1, ETH, day, -LOTS, 0)],
        ]
        .concat();
        let a = hub.assess_one(&portfolio(0, &[], &legs));
        let costs = (10_000 + 2 * 2_000 + 10_000) * 2_000 * (UNIT / 1_000_000); // linear, two options, one short
        let rest = i128::from(ONE as u64 - update.discount) * 2_100 / 1_000 * 250; // a discounted call against a future
        assert!(
            I256::from_raw(a.im) < int(costs + rest),
            "{strike}: {}",
            a.im
        );
    }
}

/// A number of coins, but for the error of an option's value.
fn near(value: I256, whole: i128) -> bool {
    (value - coins(whole)).abs() < int(20_000_000_000)
}

/// Up to its expiry an option lives, after it its price is old, and when it has settled it is worth what is in the money.
#[test]
fn i_ora_6_an_option_from_life_to_settlement() {
    let mut floor = Floor::new();
    let day = floor.day;
    let expiry = expiry_seconds(day);
    let legs = options(&[
        option(1, ETH, true, day, 1_900 * ONE, 2 * LOTS),
        option(1, ETH, false, day, 2_300 * ONE, -LOTS),
    ]);
    let held = portfolio(1_000 * UNIT, &[], &legs);
    // Never pushed: the long counts nothing, the short its strike.
    let a = floor.hub.assess_one(&held);
    assert_eq!((a.staleLegs, a.equity), (3, coins(1_000 - 2_300)));

    // A second before the window everything moves; inside it a part is fixed; at expiry nothing is fresh.
    floor.at(expiry - SETTLEMENT_WINDOW - 1, 2_000 * UNIT, 40_000 * UNIT);
    floor
        .hub
        .pushed(&[surface(ETH, day, 2_000 * ONE, UNIT / 100_000)]);
    let live = floor.hub.assess_one(&held);
    assert!(!live.stale && !live.outOfRange && live.im > live.mm);
    floor.at(expiry - 60, 2_000 * UNIT, 40_000 * UNIT);
    let mut fixing = surface(ETH, day, 66 * ONE, UNIT / 1_000_000);
    // Of 2,000 a thirtieth is still to come.
    fixing.fixedPart = 1_934 * ONE;
    fixing.discount = ONE as u64;
    floor.hub.pushed(&[fixing]);
    let late = floor.hub.assess_one(&held);
    assert!(!late.stale);
    // 2 · (2,000 − 1,900) − (2,300 − 2,000), a shade more for what volatility is left.
    assert!(
        late.equity >= coins(899) && late.equity < coins(901),
        "{}",
        late.equity
    );
    assert!(late.im < live.im, "what is fixed moves no more");
    floor.at(expiry, 2_000 * UNIT, 40_000 * UNIT);
    floor.hub.chain.mine(1, None).unwrap();
    let at_expiry = floor.hub.assess_one(&held);
    assert_eq!(at_expiry.staleLegs, 3, "expired, and not settled");
    assert!(near(at_expiry.equity, 900), "{}", at_expiry.equity);
    floor.at(
        expiry - 60 + u64::from(PUSH_AGE) + 1,
        2_000 * UNIT,
        40_000 * UNIT,
    );
    floor.hub.chain.mine(1, None).unwrap();
    let unsettled = floor.hub.assess_one(&held);
    assert_eq!(unsettled.staleLegs, 3);
    assert!(near(unsettled.equity, 900), "{}", unsettled.equity);

    // Settled at another price than spot's, for ever, whatever spot does.
    floor.at(expiry + 3_600, 2_500 * UNIT, 40_000 * UNIT);
    floor.hub.pushed(&[settlement(ETH, day, 2_010 * ONE)]);
    let settled = floor.hub.assess_one(&held);
    assert!(!settled.stale);
    let worth = 1_000 + 2 * 110 - 290;
    assert!(near(settled.equity, worth), "{}", settled.equity);
    // It is a sum of cash: nothing is required of it, and no feed can shake it.
    assert_eq!((settled.im, settled.mm), (U256::ZERO, U256::ZERO));
    floor
        .hub
        .chain
        .set_next_block_timestamp(expiry + 90 * 86_400)
        .unwrap();
    floor.hub.chain.mine(1, None).unwrap();
    let later = floor.hub.assess_one(&held);
    assert_eq!(later, settled);
}

/// I-MAR-6: a calendar spread costs its basis, and no portfolio of options has an initial requirement below its
/// maintenance.
#[test]
fn i_mar_6_spreads_cost_something_and_im_is_not_below_mm() {
    let mut floor = Floor::new();
    let (hub, day) = (&mut floor.hub, floor.day);
    hub.pushed(&[
        surface(ETH, day, 2_000 * ONE, UNIT / 20),
        surface(ETH, day + 60, 2_000 * ONE, UNIT / 7),
    ]);
    let ask = |legs: &[OptionLeg]| {
        let a = hub.assess_one(&portfolio(0, &[], &options(legs)));
        assert!(!a.stale && !a.outOfRange && a.im >= a.mm);
        a
    };
    let on = |call, day, strike: u128, lots| option(1, ETH, call, day, strike * ONE, lots * LOTS);
    let naked = ask(&[on(true, day, 2_000, -10)]);
    let calendar = ask(&[on(true, day, 2_000, -10), on(true, day + 60, 2_000, 10)]);
    let vertical = ask(&[on(true, day, 2_000, -10), on(true, day, 2_100, 10)]);
    let straddle = ask(&[on(true, day, 2_000, -10), on(false, day, 2_000, -10)]);
    assert!(calendar.mm < naked.mm && vertical.mm < naked.mm && vertical.mm < straddle.mm);
    assert!(calendar.equity > I256::ZERO && naked.equity < I256::ZERO);
    // The scan sees both expiries move as one; the basis between them is charged: without it the rest is less.
    let mut terms = default_terms(1);
    for rate in [
        UnderlyingRate::basis_at_expiry,
        UnderlyingRate::basis_per_year,
    ] {
        terms.rates[rate as usize].value = 0;
    }
    hub.set(&set_underlying(ETH, terms));
    let ask = |legs: &[OptionLeg]| hub.assess_one(&portfolio(0, &[], &options(legs)));
    let without = ask(&[on(true, day, 2_000, -10), on(true, day + 60, 2_000, 10)]);
    assert!(without.mm < calendar.mm && without.equity == calendar.equity);
}

/// I-MAR-2: merging never raises the sum of requirements nor lowers equity, on the compiled program.
#[test]
fn i_mar_2_merging_accounts_never_costs_more() {
    let mut world = World::new(99, Moment::Near);
    let mut tried = 0;
    for _ in 0..300 {
        let (mut a, mut b) = (world.portfolio(), world.portfolio());
        for p in [&mut a, &mut b] {
            p.legs.truncate(20);
            p.collateral.clear();
            p.cash = UNIT;
        }
        let mut both = a.clone();
        both.cash += b.cash;
        for leg in book::all(&b.legs) {
            match book::change(&mut both.legs, &leg) {
                Ok(Change::Closed { quote }) => both.cash -= quote,
                Ok(Change::Open(_)) => {}
                Err(_) => both.legs.push(U256::MAX), // too large to be held: not compared
            }
        }
        let mut needs = Dependencies::default();
        book::all(&both.legs).for_each(|leg| needs.instrument(leg.instrument));
        if !needs.fits() {
            continue;
        }
        let answers = world.hub.assess(&[a, b, both]);
        let [a, b, both] = &answers[..] else {
            panic!("three answers")
        };
        if answers.iter().any(|a| a.outOfRange) {
            continue;
        }
        tried += 1;
        // A sum rounds some hundred times by a unit, and options by parts in 1e18 of their value.
        let size = a.im + b.im + (a.equity.unsigned_abs() + b.equity.unsigned_abs());
        let slack = size / U256::from(1_000_000_000_000_u64) + U256::from(2_000);
        assert!(both.im <= a.im + b.im + slack && both.mm <= a.mm + b.mm + slack);
        assert!(both.equity + I256::from_raw(slack) >= a.equity + b.equity);
    }
    assert!(tried > 60, "{tried}");
}
