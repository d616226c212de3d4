//! I-MAR-11: neither the order of what is held, nor what is not held, counts.
use super::*;

/// I-MAR-11: the answer does not know in which order legs came: here, which venue numbers sort first.
#[test]
fn i_mar_11_order_of_venues_does_not_matter() {
    for seed in 0..200 {
        let (m, x, _) = case(seed);
        if m.underlyings.iter().any(|u| !u.perpetuals.is_empty()) {
            continue;
        }
        let mut y = x.clone();
        y.linear.iter_mut().for_each(|l| l.0.venue = 9 - l.0.venue);
        y.options.iter_mut().for_each(|l| l.0.venue = 9 - l.0.venue);
        m.with(m.rules(), |market| {
            assert_eq!(x.assess(market), y.assess(market), "seed {seed}")
        });
    }
}

/// I-MAR-11: slots in any order, options paired in any way, collateral in any order.
#[test]
fn i_mar_11_order_of_legs_does_not_matter() {
    let mut scratch = Box::new(Scratch::NEW);
    let mut differing = 0;
    for seed in 0..200 {
        let (m, x, _) = case(seed);
        let mut r = Random(!seed);
        let (mut y, mut options) = (x.clone(), x.options.clone());
        // slots() sorts what it gets: pairs are made here
        y.options.clear();
        let mut slots = y.slots();
        for i in (1..options.len()).rev() {
            options.swap(i, r.below(i as u64 + 1) as usize);
        }
        let mut legs: Vec<_> = options
            .iter()
            .map(|&(i, size)| OptionLeg {
                instrument: i.encode().unwrap(),
                size,
            })
            .collect();
        // the one order that a slot has is that of its own two legs
        legs.chunks_mut(2)
            .for_each(|c| c.sort_by_key(|o| o.instrument));
        slots.extend(legs.chunks(2).map(|c| {
            let second = c.get(1).copied();
            LegSlot::Options(c[0], second).encode().unwrap()
        }));
        for i in (1..slots.len()).rev() {
            slots.swap(i, r.below(i as u64 + 1) as usize);
        }
        y.collateral.reverse();
        differing += usize::from(slots != x.slots());
        m.with(m.rules(), |market| {
            let shuffled = Portfolio {
                cash: y.cash,
                collateral: &y.collateral,
                slots: &slots,
            };
            let got = assess(market, &shuffled, &mut scratch);
            assert_eq!(x.assess(market), got, "seed {seed}");
        });
    }
    assert!(differing > 150, "{differing}");
}

/// What a portfolio needs does not depend on which expiries that it does not hold the market is told of: an account
/// assessed alone and beside others gets one answer. Only the nearest listed one counts, and it is told always.
#[test]
fn i_mar_11_expiries_nobody_holds_may_be_left_out() {
    let mut near = 0;
    for seed in 0..1_000 {
        let (m, mut x, _) = case(seed);
        // nothing on the first expiry of each
        let first = |i: &Instrument| {
            let u = &m.underlyings[usize::from(i.underlying) - 1];
            u.expiries.first().is_some_and(|e| e.day == i.expiry_day)
        };
        x.options.retain(|(i, _)| !first(i));
        x.linear.retain(|(i, _, _)| !first(i));
        let all = m.with(m.rules(), |market| detail(&x, market));
        let shorter = |u: &mut Underlying<'_>| u.expiries = u.expiries.get(1..).unwrap_or(&[]);
        let few = m.with_changed(m.rules(), shorter, |market| detail(&x, market));
        assert_eq!((all.a, all.add_ons), (few.a, few.add_ons), "seed {seed}");
        near += usize::from(all.scans.iter().any(|s| s.count == 41));
    }
    assert!(near > 100, "{near}");
}
