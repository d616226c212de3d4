//! Liquidation: how much may be sold, and for how much.
//!
//! A bid takes a share φ of everything an account holds. What stays behind is margined first; then
//!
//! ```text
//! relief   = min(φ·MM, MM − MM(rest)), what the sale takes off the requirement
//! discount = λ·relief
//! price    = E − E(rest) − min(discount, E)                     while E > 0: the account pays, the fund does not
//! fund     = (E(rest) − E) + λ₂·relief, at most what it holds   once E ≤ 0: the fund pays, the account does not
//! ```
//!
//! E − E(rest) is what the slice is worth, rounding of lots included, by the very numbers the gate compares: after
//! payment the account has exactly E − min(discount, E), so with λ < 1 every sale that relieves raises E − MM, and
//! bids of one moment pay the same λ per unit of relief however they are cut. At E = 0 both prices agree.
//!
//! Shares, λ and the buffer are 1e18; equity, requirements and prices 1e-18 cash. `None` means a number left its
//! range; nothing panics.
use crate::num::{WAD, mul_div_ceil, mul_div_floor, signed_mul_div_floor, signed_mul_div_trunc};

/// One, as a share.
pub const ONE: u128 = WAD as u128;

/// λ after `elapsed` seconds: linear from 0 to `maximum` in `duration` seconds, then level. Rounded down.
#[must_use]
pub fn ramp(maximum: u64, elapsed: u64, duration: u32) -> u64 {
    let duration = u64::from(duration);
    if elapsed >= duration {
        return maximum;
    }
    // elapsed < duration, so the quotient is below `maximum`; duration > 0.
    mul_div_floor(
        u128::from(maximum),
        u128::from(elapsed),
        u128::from(duration),
    )
    .and_then(|lambda| u64::try_from(lambda).ok())
    .unwrap_or(maximum)
}

/// (1 + buffer)·mm, the equity at which an auction ends. Rounded up.
#[must_use]
pub fn target(mm: u128, buffer: u64) -> Option<u128> {
    mul_div_ceil(mm, ONE.checked_add(u128::from(buffer))?, ONE)
}

/// Largest share a bid may take: what reaches the buffer, ((1 + b)·MM − E) / ((1 + b − λ)·MM), rounded up, at most 1;
/// 0 when the account is there already. λ must be below 1.
///
/// From E − λ·φ·MM ≥ (1 + b)·(1 − φ)·MM. Where the equity cannot pay the whole discount, and with nothing required,
/// the formula gives 1 by itself.
#[must_use]
pub fn max_fraction(equity: i128, mm: u128, lambda: u64, buffer: u64) -> Option<u128> {
    let target = target(mm, buffer)?;
    let missing = match u128::try_from(equity) {
        Ok(equity) => target.saturating_sub(equity),
        Err(_) => return Some(ONE), // insolvent: no share short of all restores it
    };
    if missing == 0 {
        return Some(0);
    }
    // Relieving all of MM: the target falls by `target`, the equity by λ·MM. Rounded down, so that φ is rounded up.
    let gained = target.checked_sub(mul_div_ceil(mm, u128::from(lambda), ONE)?)?;
    if missing >= gained {
        return Some(ONE);
    }
    mul_div_ceil(missing, ONE, gained).map(|fraction| fraction.min(ONE))
}

/// Lots of a leg that a share takes: rounded away from zero, so that even one lot can be sold and the buffer is
/// reached. The discount does not grow by this: it is paid for the share asked for.
#[must_use]
pub fn slice_size(size: i64, fraction: u128) -> i64 {
    let lots = mul_div_ceil(u128::from(size.unsigned_abs()), fraction.min(ONE), ONE)
        .and_then(|lots| i64::try_from(lots).ok())
        .unwrap_or(i64::MAX);
    // `lots` ≤ |size|; i64::MIN itself is reached only whole.
    match size.unsigned_abs() == i64::MIN.unsigned_abs() && fraction >= ONE {
        true => size,
        false if size < 0 => -lots,
        false => lots,
    }
}

/// The quote that moves with `lots` of a leg of `size` lots: its share, towards zero; all of it with the whole leg.
/// The price contains it exactly, so its rounding costs nobody anything.
#[must_use]
pub fn slice_quote(quote: i128, lots: i64, size: i64) -> Option<i128> {
    if lots == size {
        return Some(quote);
    }
    // Same sign, |lots| ≤ |size|.
    signed_mul_div_trunc(
        quote,
        i128::from(lots.unsigned_abs()),
        u128::from(size.unsigned_abs()),
    )
}

/// The cash that moves, at par: its share, towards zero. The price contains it exactly.
#[must_use]
pub fn slice_cash(cash: i128, fraction: u128) -> Option<i128> {
    let fraction = i128::try_from(fraction.min(ONE)).ok()?;
    signed_mul_div_trunc(cash, fraction, ONE)
}

/// The collateral that moves: its share, rounded down.
#[must_use]
pub fn slice_collateral(amount: u128, fraction: u128) -> Option<u128> {
    mul_div_floor(amount, fraction.min(ONE), ONE)
}

/// What a sale of a share takes off the requirement: φ·MM rounded down, but no more than it really takes off.
#[must_use]
pub fn relief(mm: u128, mm_rest: u128, fraction: u128) -> Option<u128> {
    let share = mul_div_floor(mm, fraction.min(ONE), ONE)?;
    Some(share.min(mm.saturating_sub(mm_rest)))
}

/// Who pays what for a slice. The account receives `price + fund`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What the bidder pays; negative when it is paid. The account receives it unless the fund is the payer.
    pub price: i128,
    /// What the insurance fund pays, to the bidder.
    pub fund: u128,
}

/// The price of a slice.
///
/// * `equity`, `equity_rest`: of the account, and of what stays before the price is paid.
/// * `relief`: of [`relief`].
/// * `lambda`, `fund_lambda`: now, of the account's and of the fund's ramp.
/// * `fund`: what the fund holds.
///
/// The discount is rounded down.
#[must_use]
pub fn payment(
    equity: i128,
    equity_rest: i128,
    relief: u128,
    lambda: u64,
    fund_lambda: u64,
    fund: u128,
) -> Option<Payment> {
    let discount = |lambda: u64| {
        let amount = mul_div_floor(relief, u128::from(lambda), ONE)?;
        i128::try_from(amount).ok()
    };
    let worth = equity.checked_sub(equity_rest)?;
    if equity > 0 {
        let price = worth.checked_sub(discount(lambda)?.min(equity))?;
        return Some(Payment { price, fund: 0 });
    }
    let price = worth.checked_sub(discount(fund_lambda)?)?;
    if price >= 0 {
        return Some(Payment { price, fund: 0 });
    }
    let fund = price.unsigned_abs().min(fund);
    Some(Payment {
        price: 0_i128.checked_sub_unsigned(fund)?,
        fund,
    })
}

/// The most a bidder pays for a share that was clamped from `asked` to `taken`: its limit scaled down, rounded
/// down. A share that was not cut leaves the limit as it is.
#[must_use]
pub fn scaled_limit(limit: i128, taken: u128, asked: u128) -> Option<i128> {
    if taken >= asked {
        return Some(limit);
    }
    signed_mul_div_floor(limit, i128::try_from(taken).ok()?, asked)
}

#[cfg(test)]
mod tests {
    use super::*;
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

    /// A perfectly divisible account after a bid: its equity and requirement.
    fn after(equity: i128, mm: u128, fraction: u128, lambda: u64) -> (i128, u128) {
        let rest = signed_mul_div_floor(equity, (ONE - fraction).cast_signed(), ONE).unwrap();
        let mm_rest = mul_div_ceil(mm, ONE - fraction, ONE).unwrap();
        let relief = relief(mm, mm_rest, fraction).unwrap();
        let paid = payment(equity, rest, relief, lambda, lambda, u128::MAX >> 1).unwrap();
        (rest + paid.price + paid.fund.cast_signed(), mm_rest)
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
            let price = |lambda| payment(equity, rest, relief, lambda, lambda, u128::MAX >> 1).unwrap().price;
            prop_assert!(price(high) <= price(low));
            prop_assert!(price(0) - price(high) <= relief.cast_signed());
        }

        /// Where equity passes zero the price does not jump: the fund's ramp starts from zero.
        #[test]
        fn i_auc_2_the_price_is_continuous_where_equity_ends(
            relief in 0_u128..10_u128.pow(27), rest in -CASH..CASH, lambda in lambda(),
        ) {
            let solvent = payment(1, rest, relief, lambda, 0, u128::MAX >> 1).unwrap();
            let insolvent = payment(0, rest, relief, lambda, 0, u128::MAX >> 1).unwrap();
            prop_assert!((solvent.price - insolvent.price).unsigned_abs() <= 1);
            prop_assert_eq!(solvent.fund, 0);
        }

        /// E − MM rises strictly with every bid that relieves anything, solvent or not, whatever the fund holds.
        #[test]
        fn i_auc_4_excess_rises(
            (equity, mm) in account(), worth_percent in -100_i128..101, mm_rest_percent in 0_u128..101,
            fraction in fraction(), lambda in lambda(), fund_lambda in lambda(), fund in 0_u128..10_u128.pow(27),
        ) {
            let mm_rest = mm / 100 * mm_rest_percent;
            // An insolvent account's slice is worth no more than nothing, as a share of everything is.
            let worth = equity.abs() / 100 * worth_percent;
            let worth = if equity <= 0 { worth.min(0) } else { worth };
            let relief = relief(mm, mm_rest, fraction).unwrap();
            prop_assume!(relief > 0);
            let paid = payment(equity, equity - worth, relief, lambda, fund_lambda, fund).unwrap();
            prop_assert!(paid.fund <= fund);
            prop_assert!(paid.fund == 0 || (equity <= 0 && paid.price == -paid.fund.cast_signed()));
            let equity_after = equity - worth + paid.price + paid.fund.cast_signed();
            prop_assert!(equity_after - mm_rest.cast_signed() > equity - mm.cast_signed());
            // The account pays its whole equity at most, and an insolvent one nothing.
            prop_assert!(equity_after >= equity.min(0));
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
            let whole = mul_div_floor(mm - m, u128::from(lambda), ONE).unwrap().cast_signed().min(equity);
            prop_assert!(gained <= whole, "{gained} > {whole}");
        }

        /// The largest share reaches the buffer, and a share a millionth smaller does not.
        #[test]
        fn i_auc_5_the_largest_share_reaches_the_buffer(
            (equity, mm) in account(), lambda in lambda(), buffer in buffer(),
        ) {
            let largest = max_fraction(equity, mm, lambda, buffer).unwrap();
            prop_assert!(largest <= ONE);
            let reached = |fraction: u128, slack: i128| {
                let (e, m) = after(equity, mm, fraction, lambda);
                e + slack >= target(m, buffer).unwrap().cast_signed()
            };
            if equity >= target(mm, buffer).unwrap().cast_signed() {
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
        }
    }

    #[test]
    fn i_auc_5_known_shares() {
        let share = |equity: i128, mm: u128| max_fraction(equity * CASH, mm * ONE, 0, 0).unwrap();
        assert_eq!(share(100, 100), 0); // at the requirement
        assert_eq!(share(75, 100), ONE / 4);
        assert_eq!(share(0, 100), ONE);
        assert_eq!(share(-5, 100), ONE);
        assert_eq!(share(-5, 0), ONE);
        assert_eq!(share(0, 0), 0);
        // (1.15·100 − 80) / ((1.15 − 0.35)·100) = 0.4375
        let defaults = max_fraction(80 * CASH, 100 * ONE, WAD / 100 * 35, WAD / 100 * 15).unwrap();
        assert_eq!(defaults, ONE / 10_000 * 4375);
    }

    #[test]
    fn i_auc_11_the_fund_pays_only_for_the_insolvent_and_only_what_it_has() {
        let mm = 100 * ONE;
        let half = ONE / 2;
        let relief = relief(mm, mm / 2, half).unwrap();
        let fifth = WAD / 5;
        // Solvent: the slice is worth 5, the discount is 0.2·50 = 10; equity 10 pays it all.
        let paid = payment(10 * CASH, 5 * CASH, relief, fifth, fifth, u128::MAX).unwrap();
        assert_eq!(
            paid,
            Payment {
                price: -5 * CASH,
                fund: 0
            }
        );
        // Less equity than discount: at most the equity.
        let paid = payment(4 * CASH, 2 * CASH, relief, fifth, fifth, u128::MAX).unwrap();
        assert_eq!(
            paid,
            Payment {
                price: -2 * CASH,
                fund: 0
            }
        );
        // Insolvent by 20, the slice by 10: the fund pays 10 + 10.
        let paid = payment(-20 * CASH, -10 * CASH, relief, fifth, fifth, u128::MAX).unwrap();
        assert_eq!(
            paid,
            Payment {
                price: -20 * CASH,
                fund: 20 * ONE
            }
        );
        let paid = payment(-20 * CASH, -10 * CASH, relief, fifth, fifth, 3 * ONE).unwrap();
        assert_eq!(
            paid,
            Payment {
                price: -3 * CASH,
                fund: 3 * ONE
            }
        );
    }

    #[test]
    fn i_rnd_6_extremes_end_in_none_or_a_clamp() {
        let edges: Vec<i128> = std::vec![i128::MIN, i128::MIN + 1, -1, 0, 1, i128::MAX];
        for e in &edges {
            for rest in &edges {
                for relief in [0, 1, u128::MAX] {
                    let _ = payment(*e, *rest, relief, WAD, WAD, u128::MAX);
                }
            }
            for mm in [0, 1, u128::MAX] {
                let _ = max_fraction(*e, mm, WAD - 1, WAD);
                let _ = max_fraction(*e, mm, u64::MAX, u64::MAX);
            }
        }
        assert_eq!(slice_size(i64::MIN, ONE), i64::MIN);
        assert_eq!(slice_size(i64::MIN, ONE - 1), i64::MIN + 9); // one part in 1e18 of 9.2e18 lots stays
        assert_eq!(slice_quote(5, 1, 0), None);
    }
}
