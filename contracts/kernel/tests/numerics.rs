//! Fixed point, elementary functions, the normal distribution, Black-76, SVI: against the golden
//! tables of `model/numerics.py`, and the properties by their ids.
#![allow(clippy::missing_panics_doc)]

use plimsoll_kernel::{
    black76::{
        self, Factor, ImpliedError, MAX_FACTOR, MAX_LOG_MONEYNESS, MAX_STDEV, MAX_UNITS, Moneyness,
        Price, call, discounted, greeks, implied_stdev, scale_stdev, theta,
    },
    elementary::{exp, exp_neg, exp_neg_q56, ln, ln_u128, sqrt, sqrt_q56, sqrt_u128},
    fixed::{
        ONE_Q40, ONE_Q56, ONE_Q62, Q40, Round, clamp_i64, div_i128, div_q40, from_wad,
        mul_shift_ceil, mul_shift_floor, to_wad, wide_mul,
    },
    normal::{cdf, pdf},
    svi::{MAX_VARIANCE, Svi, SviError},
};
use proptest::prelude::*;

const WAD: u128 = 1_000_000_000_000_000_000;
/// Stated bound of a price's error, over the larger of forward and strike.
const PRICE_ERROR: f64 = 1e-12;

/// Records of `N` words.
fn records<const N: usize>(bytes: &[u8]) -> Vec<[i64; N]> {
    let words: Vec<i64> = bytes
        .chunks_exact(8)
        .map(|b| i64::from_le_bytes(b.try_into().unwrap()))
        .collect();
    words
        .chunks_exact(N)
        .map(|r| r.try_into().unwrap())
        .collect()
}

fn u128_of(low: i64, high: i64) -> u128 {
    (high as u64 as u128) << 64 | low as u64 as u128
}

/// Largest |computed - true| over a table of one argument.
fn worst(bytes: &[u8], f: impl Fn(i64) -> i64, unit: f64) -> f64 {
    let table = records::<2>(bytes);
    assert!(table.len() >= 1_500, "the table is there");
    table
        .iter()
        .map(|&[x, y]| f(x).abs_diff(y) as f64 * unit)
        .fold(0.0, f64::max)
}

const Q62_UNIT: f64 = 1.0 / (1u64 << 62) as f64;

#[test]
fn i_prc_7_cdf_agrees_with_mpmath() {
    let error = worst(include_bytes!("../model/golden/cdf.bin"), cdf, Q62_UNIT);
    assert!(error < 3e-13, "{error:e}");
}

#[test]
fn i_prc_7_pdf_agrees_with_mpmath() {
    let error = worst(include_bytes!("../model/golden/pdf.bin"), pdf, Q62_UNIT);
    assert!(error < 3e-17, "{error:e}");
}

#[test]
fn i_prc_7_exp_agrees_with_mpmath() {
    let error = worst(
        include_bytes!("../model/golden/exp_neg.bin"),
        exp_neg,
        Q62_UNIT,
    );
    assert!(error < 1e-17, "{error:e}");
}

#[test]
fn i_prc_7_ln_agrees_with_mpmath() {
    // the table is in Q56: compare after removing 2^-16 of the argument's format
    let at_q56 = |x: i64| ln_u128(x as u128).wrapping_sub(ln_u128(1 << 40));
    let bytes = include_bytes!("../model/golden/ln.bin");
    let unit = 1.0 / (1u64 << 56) as f64;
    let error = worst(bytes, at_q56, unit);
    assert!(error < 1e-16, "{error:e}");
    let error = worst(bytes, |x| ln(x) << 16, unit);
    assert!(error < 1.0 / ONE_Q40 as f64, "{error:e}");
}

#[test]
fn i_prc_1_prices_agree_with_mpmath() {
    let table = records::<7>(include_bytes!("../model/golden/black76.bin"));
    assert!(table.len() >= 2_400, "the table is there");
    let mut worst = 0f64;
    for r in table {
        let (f, k) = (u128_of(r[0], r[1]), u128_of(r[2], r[3]));
        let option = Moneyness::new(Price::new(f), Price::new(k));
        // units of max(F, K) / 2^61 -> fractions of it
        let scale = 2f64.powi(option.exponent) / f.max(k).max(1) as f64;
        for (ours, golden) in [(option.call(r[4]), r[5]), (option.put(r[4]), r[6])] {
            // both numbers carry more digits than a float: compare their difference in integers
            // where the unit allows it, in floats otherwise
            let golden = golden as f64 / (1u64 << 61) as f64;
            let error = (ours as f64 * scale - golden).abs();
            worst = worst.max(error);
        }
    }
    assert!(worst < PRICE_ERROR, "{worst:e}");
}

/// Against QuantLib (`docs/model/black.py`): values and greeks, discounted. Largest differences, of max(F, K): call, put,
/// delta (of 1), s · gamma, vega, and theta · τ.
fn against_quantlib(bytes: &[u8]) -> [f64; 6] {
    let (rows, rest) = bytes.as_chunks::<104>();
    assert!(rest.is_empty());
    let mut worst = [0_f64; 6];
    for row in rows {
        let (words, _) = row.as_chunks::<8>();
        let i: [i64; 7] = core::array::from_fn(|n| i64::from_le_bytes(words[n]));
        let theirs: [f64; 6] = core::array::from_fn(|n| f64::from_le_bytes(words[7 + n]));
        let (f, k) = (u128_of(i[0], i[1]), u128_of(i[2], i[3]));
        let [.., s, years, d] = i;
        let option = Moneyness::new(Price::new(f), Price::new(k));
        let one = |v: i64, scale: i64| v as f64 / scale as f64;
        let (tau, deviation) = (one(years, ONE_Q40), one(s, ONE_Q40));
        let rate = (-one(d, ONE_Q62).ln() / tau * ONE_Q40 as f64) as Q40;
        let values = discounted(option, s, d);
        let g = greeks(option, s);
        let theta = theta(g.vega, option.call(s), s, d, rate, years);
        let unit = 2_f64.powi(option.exponent) / 1e18;
        let most = f.max(k) as f64 / 1e18;
        let cash = |v: i64| v as f64 * unit / most;
        let errors = [
            cash(values.call) - theirs[0] / most,
            cash(values.put) - theirs[1] / most,
            one(g.delta, ONE_Q62) - theirs[2],
            (cash(g.gamma_cash) - theirs[3] / most) * deviation,
            cash(g.vega) - theirs[4] / most,
            (cash(theta) - theirs[5] / most) * tau,
        ];
        for (worst, error) in worst.iter_mut().zip(errors) {
            *worst = worst.max(error.abs());
        }
    }
    println!(
        "{} options against QuantLib, call, put, delta, s gamma, vega, theta: {worst:?}",
        rows.len()
    );
    worst
}

fn within_quantlib(bytes: &[u8]) {
    let bounds = [PRICE_ERROR, PRICE_ERROR, 5e-10, 5e-10, 5e-10, 5e-10];
    for (got, bound) in against_quantlib(bytes).iter().zip(bounds) {
        assert!(*got < bound, "{got:e} {bound:e}");
    }
}

#[test]
fn i_prc_1_and_6_agree_with_quantlib() {
    within_quantlib(include_bytes!("data/quantlib.bin"));
}

/// `docs/model/black.py --points N` writes the table.
#[test]
#[ignore = "needs a table made locally"]
fn i_prc_1_and_6_agree_with_quantlib_at_length() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/quantlib.bin");
    within_quantlib(&std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}")));
}

// ------------------------------------------------------------------ strategies

fn wad_price() -> impl Strategy<Value = u128> {
    // 1e-6 .. 1e12, evenly over the exponents, and the ends
    prop_oneof![
        8 => (40u32..100, any::<u128>()).prop_map(|(bits, v)| {
            ((v | 1 << 127) >> (127 - bits)).clamp(1_000_000_000_000, WAD * 1_000_000_000_000)
        }),
        1 => Just(1_000_000_000_000u128),
        1 => Just(WAD * 1_000_000_000_000),
    ]
}

fn stdev() -> impl Strategy<Value = Q40> {
    prop_oneof![
        4 => 0..=8 * ONE_Q40,
        4 => (0u32..44, any::<i64>()).prop_map(|(bits, v)| v & ((1i64 << bits) - 1)),
        1 => Just(0),
        1 => Just(8 * ONE_Q40),
    ]
}

/// A strike some standard deviations away from a forward.
fn market() -> impl Strategy<Value = (u128, u128, Q40)> {
    (wad_price(), -6.0..6.0f64, ONE_Q40 / 100..2 * ONE_Q40).prop_map(|(f, d, s)| {
        let k = f as f64 * (d * s as f64 / ONE_Q40 as f64).exp();
        (
            f,
            (k as u128).clamp(1_000_000_000_000, WAD * 1_000_000_000_000),
            s,
        )
    })
}

fn any_option() -> impl Strategy<Value = (u128, u128, Q40)> {
    prop_oneof![market(), (wad_price(), wad_price(), stdev())]
}

fn option_of(f: u128, k: u128) -> Moneyness {
    Moneyness::new(Price::new(f), Price::new(k))
}

/// The stated error of a price in units, rounded up.
fn error_of(option: Moneyness) -> i64 {
    (option.forward.max(option.strike) as f64 * PRICE_ERROR) as i64 + 4
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn i_prc_2_parity_is_exact((f, k, s) in any_option(), d in 0..=ONE_Q62) {
        let option = option_of(f, k);
        prop_assert_eq!(option.call(s) - option.put(s), option.forward - option.strike);
        let both = discounted(option, s, d);
        let forward = mul_shift_floor::<62>(option.forward - option.strike, d);
        prop_assert_eq!(both.call - both.put, forward);
    }

    #[test]
    fn i_prc_3_values_are_bounded((f, k, s) in any_option(), d in 0..=ONE_Q62) {
        let option = option_of(f, k);
        let (c, p) = (option.call(s), option.put(s));
        prop_assert!((option.forward - option.strike).max(0) <= c && c <= option.forward);
        prop_assert!((option.strike - option.forward).max(0) <= p && p <= option.strike);
        let both = discounted(option, s, d);
        prop_assert!(both.call >= mul_shift_floor::<62>(option.forward - option.strike, d).max(0));
        prop_assert!(both.call <= mul_shift_floor::<62>(option.forward, d));
        prop_assert!(0 <= both.put && both.put <= mul_shift_ceil::<62>(option.strike, d));
    }

    #[test]
    fn i_prc_4_monotone_in_stdev((f, k, s) in any_option(), t in stdev()) {
        let option = option_of(f, k);
        let slack = 2 * error_of(option);
        prop_assert!(option.call(s.min(t)) <= option.call(s.max(t)) + slack);
        prop_assert!(option.put(s.min(t)) <= option.put(s.max(t)) + slack);
    }

    #[test]
    fn i_prc_4_monotone_in_forward_and_strike(
        (f, k, s) in market(), step in 1u128..1 << 40,
    ) {
        // one unit for all three: take it from the widest
        let up = f + f / step;
        let slack = 4 * error_of(option_of(up, k));
        let (low, high) = (option_of(f, k), option_of(up, k));
        let unit = |o: Moneyness, v| o.to_wad(v, Round::Floor);
        let slack_wad = unit(high, slack) + 1;
        prop_assert!(unit(low, low.call(s)) <= unit(high, high.call(s)) + slack_wad);
        let other = option_of(f, k + k / step);
        prop_assert!(unit(other, other.call(s)) <= unit(low, low.call(s)) + slack_wad);
        prop_assert!(unit(low, low.put(s)) <= unit(other, other.put(s)) + slack_wad);
    }

    #[test]
    fn i_prc_4_convex_in_strike(x in -3.0..3.0f64, s in ONE_Q40 / 100..2 * ONE_Q40, h in 1e-6..0.2f64) {
        let f = 2_000 * WAD;
        let k = (f as f64 * (x * s as f64 / ONE_Q40 as f64).exp()) as u128;
        let h = (k as f64 * h) as u128;
        let [low, middle, high] = [k - h, k, k + h].map(|k| {
            let o = option_of(f, k);
            (o.to_wad(o.call(s), Round::Floor), error_of(o))
        });
        let slack = option_of(f, k + h).to_wad(4 * high.1.max(middle.1).max(low.1), Round::Ceil) + 4;
        prop_assert!(low.0 - 2 * middle.0 + high.0 >= -slack);
    }

    #[test]
    fn i_prc_5_homogeneous((f, k, s) in any_option(), shift in 0u32..20, factor in 1u128..1_000_000) {
        let option = option_of(f, k);
        // powers of two: the same integers, another exponent, except for the logarithm's last place
        let twice = option_of(f << shift, k << shift);
        prop_assert_eq!((twice.forward, twice.strike), (option.forward, option.strike));
        let slack = 2 * error_of(option);
        prop_assert!(twice.call(s).abs_diff(option.call(s)) <= slack as u64);
        let other = option_of(f * factor, k * factor);
        let ours = option.call(s) as f64 / option.forward.max(option.strike) as f64;
        let theirs = other.call(s) as f64 / other.forward.max(other.strike) as f64;
        prop_assert!((ours - theirs).abs() <= 2.5 * PRICE_ERROR);
    }

    #[test]
    fn i_prc_5_total_on_its_domain(
        f in 0..=MAX_UNITS, k in 0..=MAX_UNITS, x in -(1i64 << 62)..=1 << 62, s: i64, wads: (u128, u128),
    ) {
        let c = call(f, k, x, s);
        prop_assert!((f - k).max(0) <= c && c <= f);
        let option = Moneyness { forward: f, strike: k, x, exponent: 0 };
        let g = greeks(option, s);
        prop_assert!((0..=ONE_Q62).contains(&g.delta) && g.gamma_cash >= 0 && g.vega >= 0);
        let whole = option_of(wads.0, wads.1);
        prop_assert!(whole.forward >= 0 && whole.forward <= MAX_UNITS);
        prop_assert!(whole.strike >= 0 && whole.strike <= MAX_UNITS);
        prop_assert!(whole.x.abs() <= MAX_LOG_MONEYNESS);
        let _ = (whole.to_wad(c, Round::Ceil), implied_stdev(whole, c));
        let _ = theta(g.vega, c, s, x, x, s);
        let moved = whole.shocked(Factor::new(s));
        prop_assert!(moved.forward >= 0 && moved.forward <= MAX_UNITS);
    }

    #[test]
    fn i_prc_6_greeks_are_bounded_and_agree_with_differences((f, k, s) in market()) {
        let option = option_of(f, k);
        let g = greeks(option, s);
        prop_assert!((0..=ONE_Q62).contains(&g.delta) && g.gamma_cash >= 0 && g.vega >= 0);
        // fourth-order differences of our own price, forward moved by multiples of h s
        let sr = s as f64 / ONE_Q40 as f64;
        let price = |units: f64, s: f64| {
            let at = option.shocked(Factor::new((ONE_Q40 as f64 * (1.0 + units)) as i64));
            at.call((s * ONE_Q40 as f64) as i64) as f64
        };
        let scale = option.forward.max(option.strike) as f64;
        let h = (0.03 * sr * (1u64 << 40) as f64).round() / (1u64 << 40) as f64;
        let [a, b, z, c, d] = [-2.0, -1.0, 0.0, 1.0, 2.0].map(|n| price(n * h, sr));
        let slope = (a - 8.0 * b + 8.0 * c - d) / (12.0 * h);
        let delta = g.delta as f64 * Q62_UNIT * option.forward as f64;
        prop_assert!((slope - delta).abs() < 2e-6 * scale, "delta {slope} {delta}");
        let bend = (-a + 16.0 * b - 30.0 * z + 16.0 * c - d) / (12.0 * h * h);
        let gamma = g.gamma_cash as f64;
        prop_assert!((bend - gamma).abs() * sr < 2e-5 * scale, "gamma {bend} {gamma}");
        let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(|n| price(0.0, sr * (1.0 + n * 0.01)));
        let slope = (a - 8.0 * b + 8.0 * c - d) / (12.0 * 0.01 * sr);
        prop_assert!((slope - g.vega as f64).abs() < 2e-6 * scale, "vega {slope} {}", g.vega);
    }

    #[test]
    fn i_prc_6_theta_agrees_with_differences(
        x in -2.0..2.0f64, vol in 0.2..1.5f64, years in 0.05..2.0f64, rate in 0.0..0.3f64,
    ) {
        let s_at = |t: f64| (vol * t.sqrt() * ONE_Q40 as f64) as i64;
        let (f, s) = (2_000 * WAD, s_at(years));
        let k = (f as f64 * (x * vol * years.sqrt()).exp()) as u128;
        let option = option_of(f, k);
        let value = |t: f64| option.call(s_at(t)) as f64 * (-rate * t).exp();
        let h = years * 0.01;
        // ∂C/∂t = -∂C/∂τ
        let slope = -(value(years - 2.0 * h) - 8.0 * value(years - h) + 8.0 * value(years + h)
            - value(years + 2.0 * h)) / (12.0 * h);
        let q40 = |v: f64| (v * ONE_Q40 as f64) as i64;
        let discount = exp_neg(q40(rate * years));
        let vega = greeks(option, s).vega;
        let ours = theta(vega, option.call(s), s, discount, q40(rate), q40(years)) as f64;
        let scale = option.forward.max(option.strike) as f64;
        prop_assert!((ours - slope).abs() < 1e-6 * scale, "{ours} {slope}");
    }

    #[test]
    fn i_prc_7_cdf_is_monotone_and_symmetric(x in -8 * ONE_Q40..8 * ONE_Q40, far in 1i64..1 << 42) {
        let here = cdf(x);
        prop_assert!((0..=ONE_Q62).contains(&here));
        prop_assert!(here <= cdf(x + 1));
        prop_assert!(here <= cdf(x.saturating_add(far)));
        prop_assert_eq!(here + cdf(-x), ONE_Q62);
        prop_assert_eq!(pdf(x), pdf(-x));
        if x >= 0 { prop_assert!(pdf(x + 1) <= pdf(x)); }
    }

    #[test]
    fn i_prc_7_exp_is_monotone_and_inverts_ln(x in -40 * ONE_Q40..15 * ONE_Q40, v in 1i64..) {
        prop_assert!(exp(x) <= exp(x + 1));
        prop_assert!(exp_neg(x) >= exp_neg(x + 1));
        prop_assert!(ln(v) <= ln(v.saturating_add(1)));
        // exp(ln v) = v within the last place of ln and of exp
        let back = exp(ln(v)) as f64;
        prop_assert!((back - v as f64).abs() <= v as f64 / ONE_Q40 as f64 + 2.0 || back == i64::MAX as f64);
        if x > -10 * ONE_Q40 {
            let e = exp(x) as f64;
            prop_assert!((ln(exp(x)) - x).abs() as f64 <= ONE_Q40 as f64 / e + 2.0);
        }
    }

    #[test]
    fn i_prc_7_sqrt_is_exact(v: u128, bits in 0u32..128, root: u64, x in 0..i64::MAX) {
        for v in [v >> bits, u128::from(root) * u128::from(root)] {
            for v in [v, v.saturating_sub(1), v.saturating_add(1)] {
                let r = u128::from(sqrt_u128(v));
                prop_assert!(r * r <= v);
                prop_assert!((r + 1).checked_mul(r + 1).is_none_or(|next| next > v));
            }
        }
        let r = sqrt(x) as i128;
        prop_assert!(r * r <= (x as i128) << 40 && (r + 1) * (r + 1) > (x as i128) << 40);
        let r = sqrt_q56(x) as i128;
        prop_assert!(r * r <= (x as i128) << 24 && (r + 1) * (r + 1) > (x as i128) << 24);
    }

    #[test]
    fn i_prc_8_implied_stdev_reprices((f, k, s) in any_option()) {
        let option = option_of(f, k);
        let price = option.call(s);
        match implied_stdev(option, price) {
            Ok(found) => {
                let miss = option.call(found).abs_diff(price);
                prop_assert!(miss <= (option.forward.max(option.strike) >> 38) as u64 + 4);
            }
            Err(error) => prop_assert!(price == option.forward, "{error:?}"),
        }
        prop_assert_eq!(
            implied_stdev(option, (option.forward - option.strike).max(0) - 1),
            Err(ImpliedError::BelowIntrinsic)
        );
        prop_assert_eq!(implied_stdev(option, option.forward), Err(ImpliedError::AboveForward));
    }

    #[test]
    fn i_rnd_4_products_agree_with_i128(a: i64, b: i64, c: u64, d: u64) {
        let exact = a as i128 * b as i128;
        prop_assert_eq!(mul_shift_floor::<40>(a, b), clamp_i64(exact >> 40));
        prop_assert_eq!(mul_shift_floor::<62>(a, b), clamp_i64(exact >> 62));
        prop_assert_eq!(mul_shift_floor::<1>(a, b), clamp_i64(exact >> 1));
        prop_assert_eq!(mul_shift_ceil::<40>(a, b), clamp_i64(-(-exact >> 40)));
        prop_assert_eq!(mul_shift_ceil::<62>(a, b), clamp_i64(-(-exact >> 62)));
        let (hi, lo) = wide_mul(c, d);
        prop_assert_eq!(u128::from(hi) << 64 | u128::from(lo), u128::from(c) * u128::from(d));
    }

    #[test]
    fn i_rnd_4_scale_stdev_is_floored_by_at_most_one(s in 0..=MAX_STDEV, factor in 0..=MAX_FACTOR) {
        let exact = (s as i128 * factor as i128) >> 40;
        let ours = i128::from(scale_stdev(s, factor));
        prop_assert!(ours <= exact && exact - ours <= 1);
    }

    #[test]
    fn i_rnd_1_edge_conversions_round_as_named(v: i64, wad in -(1i128 << 100)..1 << 100) {
        let (down, up) = (to_wad::<40>(v, Round::Floor), to_wad::<40>(v, Round::Ceil));
        prop_assert!(down <= up && up - down <= 1);
        prop_assert!((down << 22) <= v as i128 * 3_814_697_265_625 && (up << 22) >= v as i128 * 3_814_697_265_625);
        let (low, high) = (from_wad::<40>(wad, Round::Floor), from_wad::<40>(wad, Round::Ceil));
        prop_assert!(low <= high && (high - low <= 1));
        if low > i64::MIN && high < i64::MAX {
            prop_assert!(low as i128 * 3_814_697_265_625 <= wad << 22);
            prop_assert!(high as i128 * 3_814_697_265_625 >= wad << 22);
        }
    }

    #[test]
    fn i_rnd_3_a_round_trip_gains_nothing(wads in prop::collection::vec(-10i128..=10, 1..200)) {
        // credits floored on the way in and out: the user never ends above what he brought
        let (mut brought, mut holds) = (0i128, 0i128);
        for wad in wads {
            brought += wad;
            holds += to_wad::<56>(from_wad::<56>(wad, Round::CREDIT), Round::CREDIT);
            prop_assert!(holds <= brought);
        }
    }

    #[test]
    fn i_rnd_6_quotients_are_total(a: i128, b: i128, x: i64, y: i64) {
        let (down, up) = (div_i128(a, b, Round::Floor), div_i128(a, b, Round::Ceil));
        prop_assert!(down <= up && (b == 0 || up.saturating_sub(down) <= 1));
        let (down, up) = (div_q40(x, y, Round::Floor), div_q40(x, y, Round::Ceil));
        prop_assert!(down <= up);
    }

    #[test]
    fn svi_variance_agrees_with_floats(
        a in 0.0..0.5f64, b in 0.0..0.5f64, rho in -0.9..0.9f64, m in -0.5..0.5f64,
        sigma in 0.01..1.0f64, k in -3.0..3.0f64,
    ) {
        let q = |v: f64| (v * ONE_Q56 as f64) as i64;
        let svi = Svi { a: q(a), b: q(b), rho: q(rho), m: q(m), sigma: q(sigma) };
        let kq = (k * ONE_Q40 as f64) as i64;
        let d = kq as f64 / ONE_Q40 as f64 - m;
        let w = a + b * (rho * d + (d * d + sigma * sigma).sqrt());
        let ours = svi.variance(kq) as f64 / ONE_Q56 as f64;
        prop_assert!((ours - w).abs() < 1e-14, "{ours} {w}");
        prop_assert!((svi.stdev(kq) as f64 / ONE_Q40 as f64 - w.sqrt()).abs() < 1e-11);
    }

    #[test]
    fn i_prc_5_svi_is_total(a: i64, b: i64, rho: i64, m: i64, sigma: i64, k: i64, other: (i64, i64, i64, i64, i64)) {
        let svi = Svi { a, b, rho, m, sigma };
        prop_assert!((0..=MAX_VARIANCE).contains(&svi.variance(k)));
        let _ = svi.check();
        let later = Svi { a: other.0, b: other.1, rho: other.2, m: other.3, sigma: other.4 };
        let _ = svi.check_calendar(&later);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20_000,
        max_global_rejects: 100_000,
        ..ProptestConfig::default()
    })]

    /// I-PRC-4 on a surface: between any strikes that trade, an accepted slice prices a butterfly at 1e-6 of the larger of
    /// forward and strike below nothing at most.
    #[test]
    fn i_prc_4_accepted_slices_are_convex_in_strike(
        least in -6.0..1.0f64, b in -4.0..0.3f64, rho in -0.999..0.999f64, m in -3.0..3.0f64, sigma in -5.0..1.0f64,
        (k, h, near) in (-6.9..6.9f64, -4.0..0.0f64, any::<bool>()),
    ) {
        let [least, b, sigma, h] = [least, b, sigma, h].map(|v| 10_f64.powf(v));
        let a = least - b * sigma * (1.0 - rho * rho).sqrt();
        let [a, b_wad, rho, m_wad, sigma_wad] = [a, b, rho, m, sigma].map(|v| (v * 1e18) as i128);
        let slice = Svi::from_wad(a, b_wad, rho, m_wad, sigma_wad);
        prop_assume!(slice.check().is_ok());
        // half of them around the vertex
        let k = if near { (m + k * 3.0 * sigma).clamp(-6.9, 6.9) } else { k };
        let forward = 1 << 40;
        let call = |strike: f64| {
            let strike = strike * forward as f64;
            let option = option_of(forward, strike as u128);
            option.to_wad(option.call(slice.stdev(option.x)), Round::Floor) as f64
        };
        let (low, middle, high) = ((k - h).exp(), k.exp(), (k + h).exp());
        let part = (high - middle) / (high - low);
        let gap = call(middle) - part * call(low) - (1.0 - part) * call(high);
        let scale = forward as f64 * middle.max(1.0);
        prop_assert!(gap <= 1e-6 * scale + 4.0, "{} of {slice:?} at {k} ± {h}", gap / scale);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        max_global_rejects: 500_000,
        ..ProptestConfig::default()
    })]

    /// I-PRC-4 between two: of accepted slices the later call is worth no less than the earlier by more than a millionth of
    /// the larger of forward and strike, at any strike that trades.
    #[test]
    fn i_prc_4_accepted_calendars_cost_nothing(
        least in -6.0..0.0f64, b in -4.0..0.0f64, rho in -0.9..0.9f64, m in -0.5..0.5f64, sigma in -4.0..0.5f64,
        up in 1.0..1.5f64, steeper in 0.9..1.2f64, tilt in -0.05..0.05f64, aside in -0.02..0.02f64, wider in 0.7..1.5f64,
        (k, near) in (-6.9..6.9f64, any::<bool>()),
    ) {
        let [least, b, sigma] = [least, b, sigma].map(|v| 10_f64.powf(v));
        let slice = |least: f64, b: f64, rho: f64, m: f64, sigma: f64| {
            let a = least - b * sigma * (1.0 - rho * rho).sqrt();
            let [a, b, rho, m, sigma] = [a, b, rho, m, sigma].map(|v| (v * 1e18) as i128);
            Svi::from_wad(a, b, rho, m, sigma)
        };
        let early = slice(least, b, rho, m, sigma);
        let late = slice(least * up, b * steeper, rho + tilt, m + aside * sigma.min(1.0), sigma * wider);
        prop_assume!(early.check_calendar(&late).is_ok() && early.check().is_ok() && late.check().is_ok());
        let k = if near { (m + k * 3.0 * sigma).clamp(-6.9, 6.9) } else { k };
        let forward = 1 << 40;
        let option = option_of(forward, (k.exp() * forward as f64) as u128);
        let call = |slice: &Svi| {
            option.to_wad(option.call(slice.stdev(option.x)), Round::Floor) as f64
        };
        let gap = call(&early) - call(&late);
        let scale = forward as f64 * k.exp().max(1.0);
        prop_assert!(gap <= 1e-6 * scale + 4.0, "{} of {early:?}, {late:?} at {k}", gap / scale);
    }
}

#[test]
fn i_prc_5_limits() {
    let f = 2_000 * WAD;
    for k in [
        0,
        1,
        1_000 * WAD,
        f - 1,
        f,
        f + 1,
        3_000 * WAD,
        WAD * 1_000_000_000_000,
    ] {
        let option = option_of(f, k);
        // no variance left: intrinsic, exactly
        assert_eq!(option.call(0), (option.forward - option.strike).max(0));
        // far more than any market has: the forward, to 2^-40
        assert!(option.forward - option.call(MAX_STDEV) <= option.forward.max(option.strike) >> 40);
        assert_eq!(option.call(i64::MAX), option.call(MAX_STDEV));
    }
    for s in [0, 1, ONE_Q40, MAX_STDEV] {
        let free = option_of(f, 0);
        assert_eq!((free.call(s), free.put(s)), (free.forward, 0));
        let dead = option_of(0, f);
        assert_eq!((dead.call(s), dead.put(s)), (0, dead.strike));
        assert_eq!(option_of(0, 0).call(s), 0);
    }
    // one unit of time value at the money is 0.3989 s f
    let option = option_of(f, f);
    assert_eq!(option.x, 0);
    assert!(
        (option.call(1 << 20) as f64 / option.forward as f64 * (1 << 20) as f64 - 0.39894).abs()
            < 1e-4
    );
    // the sensitivities at s = 0
    assert_eq!(greeks(option_of(f, f / 2), 0).delta, ONE_Q62);
    assert_eq!(greeks(option_of(f, f * 2), 0).delta, 0);
    assert_eq!(theta(1 << 50, 1 << 50, ONE_Q40, ONE_Q62, 0, 0), 0);
}

#[test]
fn i_prc_5_a_cheap_coin_keeps_its_digits() {
    // 1e-5 dollars, at the money, s = 0.1: 0.0398776 of the forward, to twelve digits of the forward
    let f = WAD / 100_000;
    let option = option_of(f, f);
    let value = option.call(ONE_Q40 / 10) as f64 / option.forward as f64;
    assert!((value - 0.039_877_611_676_744_9).abs() < 1e-12, "{value}");
    // and at the edge: 3.98776e-7 dollars with 18 decimals, floored and ceiled
    let (down, up) = (
        option.to_wad(option.call(ONE_Q40 / 10), Round::Floor),
        option.to_wad(option.call(ONE_Q40 / 10), Round::Ceil),
    );
    assert!(
        down.abs_diff(398_776_116_767) <= 10 && up - down == 1,
        "{down} {up}"
    );
}

#[test]
fn i_prc_7_the_joints_of_the_normal_table_are_monotone() {
    for joint in -30i64..=30 {
        for near in -300..300 {
            let x = (joint << 38) + near;
            assert!(cdf(x) <= cdf(x + 1), "{x}");
        }
    }
    assert_eq!(cdf(0), ONE_Q62 / 2);
    assert_eq!(
        (cdf(15 * ONE_Q40 / 2), cdf(-15 * ONE_Q40 / 2)),
        (ONE_Q62, 0)
    );
    assert_eq!((cdf(i64::MAX), cdf(i64::MIN)), (ONE_Q62, 0));
}

#[test]
fn i_prc_7_exact_points_and_ends() {
    assert_eq!(
        (exp(0), exp_neg(0), exp_neg_q56(0), ln(ONE_Q40), ln_u128(1)),
        (ONE_Q40, ONE_Q62, ONE_Q62, 0, 0)
    );
    assert_eq!((exp(i64::MAX), exp(i64::MIN)), (i64::MAX, 0));
    assert_eq!((exp_neg(i64::MAX), exp_neg(i64::MIN)), (0, ONE_Q62));
    assert_eq!((ln(0), ln(-1), ln_u128(0)), (i64::MIN, i64::MIN, i64::MIN));
    assert!(ln_u128(u128::MAX) > 88 * ONE_Q56);
    assert_eq!(
        (sqrt(0), sqrt(-1), sqrt(4 * ONE_Q40), sqrt_u128(u128::MAX)),
        (0, 0, 2 * ONE_Q40, u64::MAX)
    );
    assert_eq!((pdf(i64::MIN), pdf(i64::MAX)), (0, 0));
    for k in 0..62 {
        // octaves of exp: no step up across one
        let x = (k as i128 * 49_946_518_145_322_874) as i64;
        for near in -40..40 {
            assert!(exp_neg_q56(x + near) >= exp_neg_q56(x + near + 1));
        }
    }
}

#[test]
fn i_rnd_6_ends_of_the_integers() {
    assert_eq!(div_i128(i128::MIN, -1, Round::Floor), i128::MAX);
    assert_eq!(div_i128(-7, 2, Round::Floor), -4);
    assert_eq!(div_i128(-7, 2, Round::Ceil), -3);
    assert_eq!(div_i128(7, -2, Round::Floor), -4);
    assert_eq!(
        (
            div_i128(5, 0, Round::Ceil),
            div_i128(-5, 0, Round::Ceil),
            div_i128(0, 0, Round::Ceil)
        ),
        (i128::MAX, i128::MIN, 0)
    );
    assert_eq!(mul_shift_floor::<40>(i64::MIN, i64::MIN), i64::MAX);
    assert_eq!(mul_shift_ceil::<1>(i64::MIN, i64::MAX), i64::MIN);
    assert_eq!(from_wad::<40>(i128::MAX, Round::Floor), i64::MAX);
    assert_eq!(from_wad::<62>(i128::MIN, Round::Ceil), i64::MIN);
    assert_eq!(
        from_wad::<40>(1_000_000_000_000_000_000, Round::Ceil),
        ONE_Q40
    );
    assert_eq!(
        to_wad::<62>(i64::MIN, Round::Floor),
        -2_000_000_000_000_000_000
    );
    assert_eq!(Round::CREDIT, Round::Floor);
    assert_eq!(Round::CHARGE, Round::Ceil);
}

#[test]
fn svi_accepts_a_market_and_refuses_arbitrage() {
    const fn wad(milli: i128) -> i128 {
        milli * 1_000_000_000_000_000
    }
    // a 30-day slice of a liquid coin
    let good = Svi::from_wad(wad(10), wad(80), wad(-150), wad(5), wad(150));
    assert_eq!(good.check(), Ok(()));
    let later = Svi {
        a: good.a * 2,
        ..good
    };
    assert_eq!(good.check_calendar(&later), Ok(()));
    assert!(matches!(
        later.check_calendar(&good),
        Err(SviError::Calendar { .. })
    ));
    // a flatter wing crosses somewhere: where trade is, or beyond every strike
    let flatter = |times| Svi {
        b: good.b / 2,
        a: good.a * times,
        ..good
    };
    assert!(matches!(
        good.check_calendar(&flatter(4)),
        Err(SviError::Calendar { .. })
    ));
    assert_eq!(good.check_calendar(&flatter(200)), Ok(()));

    let check = |svi: Svi| svi.check();
    assert!(matches!(
        check(Svi { b: -1, ..good }),
        Err(SviError::NegativeSlope { .. })
    ));
    assert!(matches!(
        check(Svi {
            rho: ONE_Q56,
            ..good
        }),
        Err(SviError::Correlation { .. })
    ));
    assert!(matches!(
        check(Svi {
            rho: -ONE_Q56,
            ..good
        }),
        Err(SviError::Correlation { .. })
    ));
    assert!(matches!(
        check(Svi { sigma: 0, ..good }),
        Err(SviError::Width { .. })
    ));
    assert!(matches!(
        check(Svi { sigma: -1, ..good }),
        Err(SviError::Width { .. })
    ));
    assert!(matches!(
        check(Svi {
            b: 2 * ONE_Q56,
            ..good
        }),
        Err(SviError::WingSlope { .. })
    ));
    assert!(matches!(
        check(Svi { a: -good.b, ..good }),
        Err(SviError::NegativeVariance { .. })
    ));
    assert!(matches!(
        check(Svi {
            a: i64::MIN,
            ..good
        }),
        Err(SviError::OutOfRange)
    ));
    assert!(matches!(
        check(Svi {
            m: i64::MIN,
            ..good
        }),
        Err(SviError::OutOfRange)
    ));
    // Gatheral and Jacquier's example 3.1, after Axel Vogt: g < 0 around k = 0.8
    let vogt = Svi::from_wad(
        -41_000_000_000_000_000,
        133_100_000_000_000_000,
        306_000_000_000_000_000,
        358_600_000_000_000_000,
        415_300_000_000_000_000,
    );
    assert!(
        matches!(vogt.check(), Err(SviError::Butterfly { .. })),
        "{:?}",
        vogt.check()
    );
    // negative between the strikes of a coarser grid: some σ beside a narrow vertex, and beyond k = 2
    for [a, b, rho, m, sigma] in [
        [2_325, 46_650, -875_825, -32_833, 4_118],
        [-178_453, 1_062_386, 785_437, 1_646_521, 271_554],
        [1_406_593, 1_182_342, -676_832, -1_943_332, 23_485],
        [449_580, 972_781, 969_079, 2_057_050, 134_300],
    ] {
        let [a, b, rho, m, sigma] = [a, b, rho, m, sigma].map(|v| v * 1_000_000_000_000);
        let slice = Svi::from_wad(a, b, rho, m, sigma);
        let refused = matches!(slice.check(), Err(SviError::Butterfly { .. }));
        assert!(refused, "{slice:?}");
    }
    // the later slice is below the earlier at k = 4.3 only
    let [early, late] = [
        [572_969, 305_728, -403_829, 267_809, 193_437],
        [555_024, 340_249, -447_003, 471_497, 735_418],
    ]
    .map(|s| s.map(|v| v * 1_000_000_000_000))
    .map(|[a, b, rho, m, sigma]| Svi::from_wad(a, b, rho, m, sigma));
    assert!(matches!(
        early.check_calendar(&late),
        Err(SviError::Calendar { .. })
    ));
    // a flat slice is the Black model
    let flat = Svi::from_wad(wad(40), 0, 0, 0, wad(100));
    assert_eq!(flat.check(), Ok(()));
    assert_eq!(flat.stdev(ONE_Q40), sqrt(ONE_Q40 / 25));
}

/// M-5: slices whose density is negative between 32 σ from the vertex and the next eighth of log-moneyness, and three
/// real ones that cross where nothing is worth anything.
#[test]
fn m_5_a_density_is_negative_nowhere_and_a_calendar_ends_with_its_deviations() {
    let wad = |v: f64| (v * 1e18) as i128;
    let slice = |a, b, rho, m, sigma| Svi::from_wad(wad(a), wad(b), wad(rho), wad(m), wad(sigma));
    let gap = slice(
        -3.6628776311041147e-6,
        0.053944844154175976,
        -0.2786594553826022,
        -0.01934561529307854,
        1.089e-4,
    );
    // What it costs: the butterfly of the calls at 1,644, 1,804 and 1,964 with a forward of 2,000 is worth -8.58.
    let call = |strike: u128| {
        let option = option_of(2_000 * WAD, strike * WAD);
        option.to_wad(option.call(gap.stdev(option.x)), Round::Floor) as f64 / 1e18
    };
    let butterfly = call(1_644) - 2.0 * call(1_804) + call(1_964);
    assert!((butterfly + 8.58).abs() < 0.01, "{butterfly}");
    for slice in [gap, slice(0.0, 0.025089, -0.91856, -0.009975, 2.7e-5)] {
        let refused = slice.check();
        assert!(
            matches!(refused, Err(SviError::Butterfly { g, .. }) if g < 0),
            "{slice:?}: {refused:?}"
        );
    }
    // Three hours, 1.1 and 7 days at 60 %: the first two cross at half a unit of log-moneyness, 45 deviations out.
    let hours = |hours: f64| 0.36 * hours / 8_760.0;
    let [near, next, last] = [
        (hours(3.0), 0.005_8, 0.01),
        (hours(26.4), 0.003_85, 0.03),
        (hours(168.0), 0.03, 0.1),
    ]
    .map(|(w, b, sigma)| slice(w - b * sigma, b, 0.0, 0.0, sigma));
    let half = ONE_Q40 / 2;
    let out = half / near.stdev(0);
    assert!((44..=46).contains(&out), "{out} deviations");
    assert!(near.variance(half - half / 8) < next.variance(half - half / 8));
    assert!(near.variance(half + half / 8) > next.variance(half + half / 8));
    for (early, late) in [(near, next), (next, last), (near, last)] {
        assert_eq!(early.check(), Ok(()));
        assert_eq!(late.check(), Ok(()));
        assert_eq!(early.check_calendar(&late), Ok(()), "{early:?} {late:?}");
    }
    // Within eight deviations it counts: a later slice that falls below the earlier at 6.5 of them, and at 11.5.
    let w = hours(3.0);
    let flat = slice(w, 0.0, 0.0, 0.0, 0.01);
    let falls = |deviations: f64| {
        let s = w.sqrt();
        slice(
            w * 0.999,
            w * 0.001 / s,
            -0.999,
            (deviations + 0.5) * s,
            1e-4,
        )
    };
    assert!(matches!(
        flat.check_calendar(&falls(6.5)),
        Err(SviError::Calendar { .. })
    ));
    assert_eq!(flat.check_calendar(&falls(11.5)), Ok(()));
    // And wherever a steep wing is still worth something, however little variance there is in the middle.
    let wing = slice(1e-8, 0.2, 0.0, 0.0, 1e-6);
    let blunt = slice(1e-4, 0.1, 0.0, 0.0, 1e-3);
    assert!(matches!(
        wing.check_calendar(&blunt),
        Err(SviError::Calendar { .. })
    ));
}

#[test]
fn black76_in_a_scenario_matches_the_option_built_anew() {
    let forward = Price::new(2_000 * WAD);
    for (strike, percent) in [(1_500u128, 80i64), (2_000, 120), (2_600, 600), (4, 34)] {
        let option = Moneyness::new(forward, Price::new(strike * WAD));
        let moved = option.shocked(Factor::new(ONE_Q40 * percent / 100));
        let anew = option_of(2_000 * WAD * percent as u128 / 100, strike * WAD);
        let s = ONE_Q40 / 4;
        let (ours, theirs) = (
            moved.to_wad(moved.call(s), Round::Floor),
            anew.to_wad(anew.call(s), Round::Floor),
        );
        assert!(
            ours.abs_diff(theirs) < 2_000 * WAD * 6 / 500_000_000_000,
            "{strike} {percent} {ours} {theirs}"
        );
    }
    let _ = black76::Factor::IDENTITY;
}
