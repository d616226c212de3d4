use super::*;
use crate::num::{mul_div_ceil, mul_div_floor, signed_mul_div_floor};
use proptest::{collection::vec, prelude::*};
use std::vec::Vec;

const CASH: i128 = 1_000_000_000_000_000_000;

/// Equity around the interesting places of a requirement: insolvent, tiny, below, at and above the target.
fn account() -> impl Strategy<Value = (i128, u128)> {
    (1_u128..10_u128.pow(27), -200_i128..200, -2_i128..3)
        .prop_map(|(mm, percent, units)| (mm.cast_signed() / 100 * percent + units, mm))
}

fn lambda() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..WAD / 2, Just(WAD / 2)]
}

fn buffer() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..WAD / 2]
}

fn fraction() -> impl Strategy<Value = u128> {
    prop_oneof![Just(1), Just(ONE), 1..=ONE]
}

/// A sale of an account with nothing stale.
fn sale(equity: i128, equity_rest: i128, relief: u128, fraction: u128) -> Sale {
    Sale {
        equity,
        best_equity: equity,
        unpriced: 0,
        equity_rest,
        relief,
        fraction,
    }
}

/// A perfectly divisible account after a bid: its equity and requirement.
fn after(equity: i128, mm: u128, fraction: u128, lambda: u64) -> (i128, u128) {
    let rest = signed_mul_div_floor(equity, (ONE - fraction).cast_signed(), ONE).unwrap();
    let mm_rest = rest_of(mm, fraction);
    let relief = relief(mm, mm_rest, fraction).unwrap();
    let paid = payment(
        &sale(equity, rest, relief, fraction),
        lambda,
        u128::MAX >> 1,
    )
    .unwrap();
    assert!(paid.fund == 0 || equity <= 0);
    (rest + paid.price + paid.fund.cast_signed(), mm_rest)
}

/// A requirement after a bid, rounded up.
fn rest_of(requirement: u128, fraction: u128) -> u128 {
    mul_div_ceil(requirement, ONE - fraction, ONE).unwrap()
}

proptest! {
    /// λ rises with time, from 0, to its maximum and no further.
    #[test]
    fn i_auc_2_the_ramp_is_monotone_and_bounded(
        maximum in 0..WAD, duration in 1_u32.., t in 0..u64::from(u32::MAX) * 2, dt in 0_u64..1_000_000,
    ) {
        prop_assert_eq!(ramp(maximum, 0, duration), 0);
        prop_assert_eq!(ramp(maximum, u64::from(duration), duration), maximum);
        prop_assert_eq!(ramp(maximum, u64::MAX, duration), maximum);
        let (now, later) = (ramp(maximum, t, duration), ramp(maximum, t + dt, duration));
        prop_assert!(now <= later && later <= maximum);
        prop_assert_eq!(ramp(maximum, t, 0), maximum);
    }

    /// The price of one slice falls as λ rises, and never by more than the relief.
    #[test]
    fn i_auc_2_the_price_falls_with_lambda(
        (equity, mm) in account(), rest_percent in -100_i128..200, fraction in fraction(), a in lambda(), b in lambda(),
    ) {
        let (low, high) = (a.min(b), a.max(b));
        let rest = equity / 100 * rest_percent;
        let relief = relief(mm, 0, fraction).unwrap();
        let sale = sale(equity, rest, relief, fraction);
        let price = |lambda| payment(&sale, lambda, u128::MAX >> 1).unwrap().price;
        prop_assert!(price(high) <= price(low));
        prop_assert!(price(0) - price(high) <= relief.cast_signed());
    }

    /// Where equity passes zero the price does not jump: the fund's ramp starts from zero.
    #[test]
    fn i_auc_2_the_price_is_continuous_where_equity_ends(
        relief in 0_u128..10_u128.pow(27), rest in -CASH..CASH, fraction in fraction(), lambda in lambda(),
    ) {
        let solvent = payment(&sale(1, rest, relief, fraction), lambda, u128::MAX >> 1).unwrap();
        let insolvent = payment(&sale(0, rest, relief, fraction), 0, u128::MAX >> 1).unwrap();
        prop_assert!((solvent.price - insolvent.price).unsigned_abs() <= 1);
        prop_assert_eq!(solvent.fund, 0);
    }

    /// E − MM rises strictly with every bid that relieves anything, solvent or not, whatever the fund holds and
    /// whatever stale items could be worth; the owner keeps his share of the equity; the fund pays for the insolvent
    /// only, and only what the account's stale items could not.
    #[test]
    fn i_auc_4_excess_rises(
        (equity, mm) in account(), worth_percent in -100_i128..101, mm_rest_percent in 0_u128..101,
        stale in prop_oneof![Just((0, 0)), (-10_i128.pow(27)..10_i128.pow(27), 0_i128..10_i128.pow(27))],
        fraction in fraction(), lambda in lambda(), fund in 0_u128..10_u128.pow(27),
    ) {
        let mm_rest = mm / 100 * mm_rest_percent;
        let worth = equity.abs() / 100 * worth_percent;
        let relief = relief(mm, mm_rest, fraction).unwrap();
        prop_assume!(relief > 0);
        let (stale_equity, gain) = stale;
        let stale_best = stale_equity + gain;
        let sale = Sale {
            best_equity: best_equity(equity, stale_equity, stale_best).unwrap(),
            unpriced: u128::try_from(stale_best).unwrap_or(0),
            ..sale(equity, equity - worth, relief, fraction)
        };
        let paid = payment(&sale, lambda, fund).unwrap();
        prop_assert!(paid.fund <= fund);
        prop_assert!(paid.fund == 0 || (sale.best_equity <= 0 && paid.price <= -paid.fund.cast_signed()));
        let equity_after = equity - worth + paid.price + paid.fund.cast_signed();
        prop_assert!(equity_after - mm_rest.cast_signed() > equity - mm.cast_signed());
        if sale.best_equity > 0 {
            let share = mul_div_floor(equity.max(0).cast_unsigned(), fraction, ONE).unwrap();
            prop_assert!(equity_after >= equity - share.cast_signed());
        } else if worth <= 0 && gain == 0 && stale_equity == 0 {
            prop_assert!(equity_after >= equity, "an insolvent account pays nothing");
        } else if paid.fund > 0 {
            // Whatever the stale items turn out to be worth, the fund has not paid for them.
            let own = -paid.price - paid.fund.cast_signed();
            prop_assert_eq!(own.cast_unsigned(), mul_div_floor(sale.unpriced, fraction, ONE).unwrap());
        }
    }

    /// However a sale is cut, at whatever λ, the owner keeps at least the share of his equity that was not asked
    /// for, equity is not gone before everything is sold, and so the fund pays nothing.
    #[test]
    fn i_auc_4_the_owner_keeps_his_share_however_it_is_cut(
        (equity, mm) in account(), bids in vec((1_u128..=ONE / 4, lambda()), 1..12),
    ) {
        prop_assume!(equity > 0);
        let (mut e, mut m, mut sold) = (equity, mm, 0);
        for (share, lambda) in bids {
            let (next, mm_next) = after(e, m, share, lambda); // asserts that the fund pays nothing
            prop_assert!(next > 0 && mm_next <= m);
            (e, m, sold) = (next, mm_next, sold + share);
            let kept = ONE.saturating_sub(sold);
            prop_assert!(e >= mul_div_floor(equity.cast_unsigned(), kept, ONE).unwrap().cast_signed());
        }
    }

    /// Where λ·MM exceeds the equity, the share of it that is paid is the share that is sold, and only everything
    /// reaches the buffer.
    #[test]
    fn i_auc_4_the_rate_saturates(mm in 10_u128.pow(18)..10_u128.pow(27), percent in 1_u128..50, share in 1..=ONE) {
        let equity = mm / 100 * percent;
        let lambda = WAD / 100 * percent as u64 + 1_000;
        let (e, _) = after(equity.cast_signed(), mm, share, lambda);
        let paid = equity - e.cast_unsigned();
        let exact = mul_div_floor(equity, share, ONE).unwrap();
        prop_assert!(exact.abs_diff(paid) <= 1, "{exact} {paid}");
        prop_assert_eq!(max_fraction(equity.cast_signed(), mm, u128::MAX, lambda, 0, 0), Some(ONE));
    }

    /// Many bids at one moment bring the bidder no more discount than one bid for the same total.
    #[test]
    fn i_auc_4_split_bids_gain_nothing(
        (equity, mm) in account(), lambda in lambda(), cuts in vec(1_u128..=ONE, 1..8),
    ) {
        prop_assume!(equity > 0);
        let (mut e, mut m, mut gained) = (equity, mm, 0);
        for cut in &cuts {
            let (e_next, m_next) = after(e, m, *cut, lambda);
            gained += e - e_next; // what the account lost is the discount: slices trade at their worth
            (e, m) = (e_next, m_next);
            if e <= 0 { break }
        }
        let whole = mul_div_floor(mm - m, u128::from(lambda), ONE).unwrap().cast_signed();
        prop_assert!(gained <= whole, "{gained} > {whole}");
    }

    /// The largest share reaches the target, be it the buffer or the initial requirement, and a share a millionth
    /// smaller does not.
    #[test]
    fn i_auc_5_the_largest_share_reaches_the_target(
        (equity, mm) in account(), im_percent in 100_u128..300, lambda in lambda(), buffer in buffer(),
    ) {
        let im = mm / 100 * im_percent + mm % 100;
        let largest = max_fraction(equity, mm, im, lambda, buffer, 0).unwrap();
        prop_assert!(largest <= ONE);
        let reached = |fraction: u128, slack: i128| {
            let (e, m) = after(equity, mm, fraction, lambda);
            e + slack >= target(m, rest_of(im, fraction), buffer).cast_signed()
        };
        if equity >= target(mm, im, buffer).cast_signed() {
            prop_assert_eq!(largest, 0);
        } else if largest < ONE {
            // One unit for each of: relief, discount, target, rest of equity, rest of requirement.
            prop_assert!(reached(largest, 5));
            if largest > 1_000_000 && mm > 10_u128.pow(20) {
                prop_assert!(!reached(largest - largest / 1_000_000 - 1, 0));
            }
        } else {
            prop_assert!(!reached(ONE - ONE / 1_000_000, 0) || equity <= 0 || mm < 10_u128.pow(8));
        }
    }

    /// The fund's ramp runs while the account is seen insolvent again and again, and no gap adds to it.
    #[test]
    fn i_auc_3_the_fund_ramp_counts_only_what_was_seen(
        gaps in vec(0_u64..2 * MAX_SIGHT_GAP, 1..20), first in 1_u64..1_000_000,
    ) {
        let (mut now, mut seen, mut since) = (first, 0, 0);
        let mut unbroken = first;
        for gap in gaps {
            since = fund_ramp_since(since, seen, now);
            prop_assert_eq!(since, unbroken);
            seen = now;
            now += gap;
            if gap > MAX_SIGHT_GAP { unbroken = now }
        }
    }

    /// Parts never exceed the whole, keep its sign, and a share of one takes everything.
    #[test]
    fn i_auc_5_parts_of_a_slice(
        size in any::<i64>().prop_filter("stored", |s| *s != 0), quote: i128, cash: i128, amount: u128, fraction in fraction(),
    ) {
        let lots = slice_size(size, fraction);
        prop_assert!(lots.unsigned_abs() >= 1 && lots.unsigned_abs() <= size.unsigned_abs());
        prop_assert_eq!(lots > 0, size > 0);
        let exact = mul_div_floor(u128::from(size.unsigned_abs()), fraction, ONE).unwrap();
        prop_assert!(u128::from(lots.unsigned_abs()) - exact <= 1);
        let moved = slice_quote(quote, lots, size).unwrap();
        prop_assert!(moved.unsigned_abs() <= quote.unsigned_abs());
        prop_assert!(moved == 0 || (moved > 0) == (quote > 0));
        let moved = slice_cash(cash, fraction).unwrap();
        prop_assert!(moved.unsigned_abs() <= cash.unsigned_abs());
        prop_assert!(slice_collateral(amount, fraction).unwrap() <= amount);
        prop_assert_eq!(slice_size(size, ONE), size);
        prop_assert_eq!(slice_quote(quote, size, size), Some(quote));
        prop_assert_eq!(slice_cash(cash, ONE), Some(cash));
        prop_assert_eq!(slice_collateral(amount, ONE), Some(amount));
    }

    /// A clamped bid never pays more per unit than its limit says.
    #[test]
    fn i_auc_10_limits_scale_against_the_seller(limit: i128, taken in 1..=ONE, asked in 1..=ONE) {
        let scaled = scaled_limit(limit, taken, asked).unwrap();
        prop_assert!(taken < asked || scaled == limit);
        prop_assert!(scaled.unsigned_abs() <= limit.unsigned_abs());
        // To be paid per unit at least what was asked for, and to pay at most.
        if let (Some(paid), Some(signed)) = (scaled.checked_mul(1_000), limit.checked_mul(1_000)) && taken < asked {
            prop_assert!(signed_mul_div_floor(signed, taken.cast_signed(), asked).unwrap() >= paid);
        }
    }
}

#[test]
fn i_auc_5_known_shares() {
    let share = |equity: i128, mm: u128| {
        max_fraction(equity * CASH, mm * ONE, mm * ONE * 2, 0, 0, 0).unwrap()
    };
    assert_eq!(share(100, 100), 0); // at the requirement
    assert_eq!(share(75, 100), ONE / 4);
    assert_eq!(share(0, 100), ONE);
    assert_eq!(share(-5, 100), ONE);
    assert_eq!(share(-5, 0), ONE);
    assert_eq!(share(0, 0), 0);
    let (lambda, buffer) = (WAD / 100 * 35, WAD / 100 * 15);
    let defaults =
        |im: u128| max_fraction(80 * CASH, 100 * ONE, im * ONE, lambda, buffer, 0).unwrap();
    // (1.15·100 − 80) / ((1.15 − 0.35)·100) = 0.4375
    assert_eq!(defaults(115), ONE / 10_000 * 4375);
    assert_eq!(defaults(1_000), ONE / 10_000 * 4375);
    // (105 − 80) / (105 − 35): the initial requirement is nearer than the buffer.
    assert_eq!(defaults(105), ONE * 25 / 70 + 1);
}

#[test]
fn i_auc_5_the_target_is_the_nearer_of_buffer_and_initial_requirement() {
    let buffer = WAD / 100 * 15;
    assert_eq!(target(100 * ONE, 200 * ONE, buffer), 115 * ONE);
    assert_eq!(target(100 * ONE, 115 * ONE, buffer), 115 * ONE);
    assert_eq!(target(100 * ONE, 115 * ONE - 1, buffer), 115 * ONE - 1);
    assert_eq!(target(100 * ONE, 100 * ONE, buffer), 100 * ONE);
    assert_eq!(target(1, 10, 1), 2); // rounded up
    assert_eq!(target(u128::MAX, u128::MAX, WAD), u128::MAX);
    // Equality at it ends the auction.
    for (equity, share) in [(105 * CASH, 0), (105 * CASH - 1, 1)] {
        assert_eq!(
            max_fraction(equity, 100 * ONE, 105 * ONE, 0, buffer, 0),
            Some(share)
        );
    }
}

/// H-2: what whole lots leave of a sale is nobody's share, and below the maintenance requirement every share is.
#[test]
fn h_2_less_than_the_smallest_bid_is_nothing_where_mm_is_met() {
    let (mm, least, buffer) = (100 * ONE, WAD / 100, WAD / 100 * 15);
    let share = |hundredths: i128, im: u128, least| {
        max_fraction(CASH / 100 * hundredths, mm, im, 0, buffer, least).unwrap()
    };
    let far = 200 * ONE;
    // The target is 115: 1.15 short of it is a hundredth.
    assert_eq!(share(11_385, far, least), ONE / 100);
    assert_eq!(share(11_386, far, least), 0);
    assert!(share(11_386, far, 0) > ONE / 200);
    assert_eq!(
        share(10_000, far, least),
        mul_div_ceil(15, ONE, 115).unwrap()
    );
    // The target is the initial requirement, 100.5.
    let near = 100 * ONE + ONE / 2;
    assert_eq!(share(10_000, near, least), 0);
    assert!((1..u128::from(least)).contains(&share(9_999, near, least)));
    assert_eq!(share(-1, near, least), ONE);
}

#[test]
fn i_auc_1_standing_and_the_wait() {
    assert_eq!(standing(0, 0), Standing::Safe);
    assert_eq!(standing(-1, -1), Standing::Below);
    assert_eq!(standing(-1, -9), Standing::Below);
    assert_eq!(standing(0, -1), Standing::Doubtful);
    assert_eq!(standing(9, 0), Standing::Safe);
}

/// M-2: a note is of one stretch of time in which somebody looked at least every 15 minutes and always saw the account below
/// the line at the worst.
#[test]
fn m_2_a_note_lives_by_sightings() {
    let (doubtful, at) = (Standing::Doubtful, 1_000_000);
    let first = Note::default().seen(doubtful, at);
    assert_eq!(
        first,
        Note {
            first: at,
            last: at
        }
    );
    // four sightings a quarter of an hour apart
    let mut note = first;
    for step in 1..=4 {
        let now = at + step * MAX_SIGHT_GAP;
        assert!(!note.waited(now - 1), "{step}");
        assert_eq!(note.waited(now), step == 4);
        note = note.seen(doubtful, now);
        assert_eq!(
            note,
            Note {
                first: at,
                last: now
            }
        );
    }
    assert!(note.waited(note.last + MAX_SIGHT_GAP));
    assert!(!note.waited(note.last + MAX_SIGHT_GAP + 1));
    // one that comes too late begins anew
    let late = note.last + MAX_SIGHT_GAP + 1;
    assert_eq!(
        note.seen(doubtful, late),
        Note {
            first: late,
            last: late
        }
    );
    assert_eq!(note.seen(Standing::Below, late - 1).first, at);
    assert_eq!(note.seen(Standing::Safe, late - 1), Note::default());
    // an hour without a sighting is no hour
    assert!(!first.waited(at + STALE_WAIT));
    let again = first.seen(doubtful, at + STALE_WAIT);
    assert_eq!(again.first, at + STALE_WAIT);
    assert!(!Note::default().waited(STALE_WAIT));
}

proptest! {
    /// M-2: whatever was seen when, a start needs sightings below the line without a gap over the last hour.
    #[test]
    fn m_2_a_start_needs_an_hour_of_sightings(
        sightings in vec((0_u64..1_800, 0_u8..8), 1..40), wait in 0_u64..1_800,
    ) {
        let (mut note, mut now, mut seen) = (Note::default(), 1_000_000, Vec::new());
        for (gap, fate) in sightings {
            now += gap;
            let standing = match fate { 0 => Standing::Safe, 1 => Standing::Below, _ => Standing::Doubtful };
            note = note.seen(standing, now);
            prop_assert_eq!(Note::decode(note.encode()), note);
            if standing == Standing::Safe { seen.clear() } else { seen.push(now) }
        }
        now += wait;
        seen.push(now);
        let run = seen.iter().rev().zip(seen.iter().rev().skip(1)).take_while(|(b, a)| *b - *a <= MAX_SIGHT_GAP);
        let since = run.last().map_or(now, |(_, a)| *a);
        let unbroken = seen.len() > 1 && now - since >= STALE_WAIT;
        prop_assert_eq!(note.waited(now), unbroken);
    }
}

#[test]
fn i_auc_11_the_fund_pays_only_for_the_insolvent_and_only_what_it_has() {
    let mm = 100 * ONE;
    let half = ONE / 2;
    let relief = relief(mm, mm / 2, half).unwrap();
    let pay = |equity: i128, rest: i128, fund: u128| {
        let sale = sale(equity * CASH, rest * CASH, relief, half);
        let paid = payment(&sale, WAD / 5, fund).unwrap();
        (paid.price / CASH, paid.fund / ONE)
    };
    // Solvent: the slice is worth 15, the discount is 0.2·50 = 10.
    assert_eq!(pay(30, 15, u128::MAX), (5, 0));
    // Half of the account costs its owner half of the equity at most: 5, then 2.
    assert_eq!(pay(10, 5, u128::MAX), (0, 0));
    assert_eq!(pay(4, 2, u128::MAX), (0, 0));
    // Insolvent by 20, the slice by 10: the fund pays 10 + 10, or what it has.
    assert_eq!(pay(-20, -10, u128::MAX), (-20, 20));
    assert_eq!(pay(-20, -10, 3 * ONE), (-3, 3));
}

/// Lacking 20 at best, or not lacking at all, with stale items that could be worth 8, or 30.
#[test]
fn i_auc_11_what_stale_items_could_be_worth_pays_before_the_fund() {
    let pay = |unpriced: i128| {
        let (equity, half) = (-20 * CASH, ONE / 2);
        let best_equity = best_equity(equity, 0, unpriced * CASH).unwrap();
        let sale = Sale {
            best_equity,
            unpriced: (unpriced * CASH).cast_unsigned(),
            ..sale(equity, -10 * CASH, 50 * ONE, half)
        };
        let paid = payment(&sale, WAD / 5, u128::MAX).unwrap();
        (paid.price / CASH, paid.fund / ONE)
    };
    assert_eq!(pay(0), (-20, 20));
    assert_eq!(pay(8), (-20, 16));
    assert_eq!(pay(20), (-20, 10));
    // Perhaps solvent: the slice goes at its worth, paid by the account; nobody pays a discount.
    assert_eq!(pay(21), (-10, 0));
    assert_eq!(pay(30), (-10, 0));
}

#[test]
fn i_rnd_6_extremes_end_in_none_or_a_clamp() {
    let edges: Vec<i128> = std::vec![i128::MIN, i128::MIN + 1, -1, 0, 1, i128::MAX];
    for e in &edges {
        for rest in &edges {
            let _ = best_equity(*e, *rest, *e);
            for relief in [0, 1, u128::MAX] {
                for best_equity in &edges {
                    let sale = Sale {
                        best_equity: *best_equity,
                        unpriced: u128::MAX,
                        ..sale(*e, *rest, relief, ONE)
                    };
                    let _ = payment(&sale, WAD, u128::MAX);
                }
            }
        }
        for mm in [0, 1, u128::MAX] {
            let _ = max_fraction(*e, mm, u128::MAX, WAD - 1, WAD, WAD);
            let _ = max_fraction(*e, mm, mm, u64::MAX, u64::MAX, u64::MAX);
        }
    }
    assert_eq!(slice_size(i64::MIN, ONE), i64::MIN);
    assert_eq!(slice_size(i64::MIN, ONE - 1), i64::MIN + 9); // one part in 1e18 of 9.2e18 lots stays
    assert_eq!(slice_quote(5, 1, 0), None);
}

proptest! {
    /// A-10, I-AUC-3: of the time between a reading and now only what lies after the halt counts, and nothing before the reading
    /// is lost. So λ stands while the sequencer does not work, and at its reading however the outage lies.
    #[test]
    fn i_auc_3_a_clock_stands_until_the_halt_is_over(
        since in 1_u64..1_000, run in 0_u64..1_000, halt in 0_u64..5_000, later in 0_u64..5_000,
    ) {
        let seen = since + run;
        let (halted, now) = (halt, seen.max(halt) + later);
        let moved = resumed(since, seen, halted);
        prop_assert_eq!(now - moved, run + now - seen.max(halted));
        // Read again at the end of the halt, or later, it says the same.
        let end = seen.max(halted);
        prop_assert_eq!(resumed(moved, end, halted), moved);
        prop_assert_eq!(resumed(moved, now, halted), moved);
        prop_assert_eq!(resumed(0, seen, halted), 0);
        // While it lasts, the halt reaches to now.
        prop_assert_eq!(now - resumed(since, seen, now), run);
    }
}
