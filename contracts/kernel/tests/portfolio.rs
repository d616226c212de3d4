//! Portfolio margin: what truly holds (I-MAR-1..11), on random markets and portfolios of all kinds.

mod common;

use common::{MarketCase, PortfolioCase, Random, market, portfolio};
use plimsoll_kernel::portfolio::{Assessment, market::Rules};
use proptest::prelude::*;

/// Rounding allowance: one unit a leg and node side, and the kernel's relative cut of quantities (2^-59) on sums.
fn slack(cases: &[&Assessment]) -> i128 {
    2_000
        + cases
            .iter()
            .map(|a| (a.mm.abs() + a.im.abs() + a.equity.abs()) >> 40)
            .sum::<i128>()
}

fn case(seed: u64) -> (MarketCase, PortfolioCase, PortfolioCase) {
    let mut r = Random(seed);
    let m = market(&mut r);
    let (x, y) = (portfolio(&mut r, &m), portfolio(&mut r, &m));
    (m, x, y)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn i_mar_2_merging_accounts_never_costs(seed: u64) {
        let (m, x, y) = case(seed);
        let sum = x.plus(&y);
        prop_assume!(sum.legs() <= 128 && sum.slots().len() <= 64);
        m.with(Rules::DEFAULT, |market| {
            let (a, b, c) = (x.assess(market), y.assess(market), sum.assess(market));
            let s = slack(&[&a, &b, &c]);
            prop_assert!(c.im <= a.im + b.im + s, "im {} > {} + {}", c.im, a.im, b.im);
            prop_assert!(c.mm <= a.mm + b.mm + s, "mm {} > {} + {}", c.mm, a.mm, b.mm);
            prop_assert!((c.equity - a.equity - b.equity).abs() <= s);
            Ok(())
        })?;
    }

    #[test]
    fn i_mar_1_scaling_everything_scales_the_answer(seed: u64, k in 2i64..9) {
        let (m, x, _) = case(seed);
        m.with(Rules::DEFAULT, |market| {
            let (a, b) = (x.assess(market), x.times(k).assess(market));
            let s = slack(&[&b]) * i128::from(k);
            prop_assert!((b.im - a.im * i128::from(k)).abs() <= s);
            prop_assert!((b.mm - a.mm * i128::from(k)).abs() <= s);
            prop_assert!((b.equity - a.equity * i128::from(k)).abs() <= s);
            Ok(())
        })?;
    }

    #[test]
    fn i_mar_6_initial_is_never_below_maintenance(seed: u64) {
        let (m, x, _) = case(seed);
        m.with(Rules::DEFAULT, |market| {
            let a = x.assess(market);
            prop_assert!(a.im >= a.mm && a.mm >= 0);
            prop_assert!(!a.stale && !a.out_of_range);
            prop_assert_eq!((a.best, a.worst), (a.equity - a.mm, a.equity - a.mm));
            Ok(())
        })?;
    }

    #[test]
    fn i_mar_4_cash_translates(seed: u64, extra in -1i128 << 90..1 << 90) {
        let (m, x, _) = case(seed);
        let mut richer = x.clone();
        richer.cash += extra;
        m.with(Rules::DEFAULT, |market| {
            let (a, b) = (x.assess(market), richer.assess(market));
            prop_assert_eq!((b.equity - a.equity, b.im, b.mm), (extra, a.im, a.mm));
            Ok(())
        })?;
    }

    #[test]
    fn i_mar_7_a_book_and_its_opposite_need_nothing(seed: u64) {
        let (m, mut x, _) = case(seed);
        x.collateral.clear();
        let nothing = x.plus(&x.times(-1));
        prop_assert_eq!(nothing.legs(), 0);
        m.with(Rules::DEFAULT, |market| {
            let a = nothing.assess(market);
            prop_assert_eq!((a.equity, a.im, a.mm), (0, 0, 0));
            Ok(())
        })?;
    }

    #[test]
    fn long_options_never_need_more_than_they_are_worth_before_add_ons(seed: u64) {
        let (m, mut x, _) = case(seed);
        x.collateral.clear();
        x.linear.clear();
        x.cash = 0;
        x.options.iter_mut().for_each(|o| o.1 = o.1.abs());
        m.with(Rules { im_factor: common::ONE, ..Rules::DEFAULT }, |market| {
            // with factor one the scan alone is bounded by the premium: losing all of it is the worst
            let a = x.assess(market);
            prop_assert!(a.equity >= -200);
            Ok(())
        })?;
    }
}

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
        m.with(Rules::DEFAULT, |market| {
            assert_eq!(x.assess(market), y.assess(market), "seed {seed}")
        });
    }
}
