//! Across underlyings: the requirement of a portfolio from the scans of its underlyings.
//!
//! For each regime, factor node m and volatility rule v: the sum of what the underlyings lose when each moves by its
//! beta times m, plus the Euclidean norm of what each can lose more by a move of its own. Every part is a maximum, a
//! sum or a norm of functions linear in the portfolio, so the whole is sublinear.

use super::{
    market::{MAX_UNDERLYINGS, Market},
    money::{Cash, add, minus, plus, scale_ceil},
    scan::Scan,
    scenario::{GRID, MAX_SCENARIOS, OUTER, Rule, Set},
};
use crate::{
    elementary::sqrt_u128,
    fixed::{ONE_Q40, Q40},
    num::low_u64,
};

/// A scan that counts, with the beta of its underlying.
#[derive(Clone, Copy)]
struct Held<'a> {
    scan: &'a Scan,
    beta: Q40,
}

/// The portfolio's scan requirement, rounded up: `docs/method.md` §4.
#[inline(never)]
#[must_use]
pub fn requirement(market: &Market<'_>, scans: &[Scan]) -> Cash {
    let mut list = [Held {
        scan: &Scan::ZERO,
        beta: 0,
    }; MAX_UNDERLYINGS];
    let mut count = 0;
    for (scan, underlying) in scans.iter().zip(market.underlyings) {
        if scan.used
            && let Some(held) = list.get_mut(count)
        {
            *held = Held {
                scan,
                beta: underlying.rates.beta,
            };
            count += 1;
        }
    }
    match list.get(..count) {
        None | Some([]) => 0,
        Some([only]) => only.scan.worst,
        Some(held) => jointly(market, held),
    }
}

fn jointly(market: &Market<'_>, held: &[Held<'_>]) -> Cash {
    let rules = &market.rules;
    let mut alone = [0; MAX_UNDERLYINGS];
    alone
        .iter_mut()
        .zip(held)
        .for_each(|(worst, h)| *worst = h.scan.worst);
    let sum = alone.iter().fold(0, |sum, worst| plus(sum, *worst));
    let mut most = scale_ceil(sum, ONE_Q40 - rules.max_offset)
        .max(norm(alone.get(..held.len()).unwrap_or(&alone)));
    // Beyond the common grid, node i is a different market move for each underlying; so gains are not netted:
    // Σ max(loss, 0).
    for node in GRID..MAX_SCENARIOS {
        let losses = held
            .iter()
            .filter(|h| node < h.scan.count)
            .map(|h| h.scan.loss(node).max(0));
        most = most.max(losses.fold(0, plus));
    }
    let calm = regime(held, None, rules.calm_reach, OUTER);
    let together = regime(held, Some(ONE_Q40), rules.together_reach, OUTER);
    let decoupled = regime(held, Some(0), ONE_Q40, 0);
    most.max(calm).max(together).max(decoupled)
}

/// The most one regime loses: `beta` is the move of each underlying per move of the factor, `None` for its own;
/// `reach` how far each may move alone, as a share of the grid; `outer` how far the factor goes.
#[inline(never)]
fn regime(held: &[Held<'_>], beta: Option<Q40>, reach: Q40, outer: i32) -> Cash {
    let mut most = 0;
    for rule in [Rule::None, Rule::Up, Rule::Down] {
        for node in -outer..=outer {
            most = most.max(joint(held, beta, reach, rule, node));
        }
    }
    most
}

/// Σ loss(β·node) + ‖own moves‖.
#[inline(never)]
fn joint(held: &[Held<'_>], beta: Option<Q40>, reach: Q40, rule: Rule, node: i32) -> Cash {
    let (mut sum, mut own) = (0, [0; MAX_UNDERLYINGS]);
    for (h, own) in held.iter().zip(&mut own) {
        let place = beta.unwrap_or(h.beta) * i64::from(node);
        let base = loss_at(h.scan, rule, place);
        add(&mut sum, base);
        *own = (-OUTER..=OUTER)
            .map(|e| minus(loss_at(h.scan, rule, place + reach * i64::from(e)), base))
            .fold(0, Cash::max);
    }
    plus(sum, norm(own.get(..held.len()).unwrap_or(&own)))
}

/// Loss at `place` nodes from no move (Q40), linear between nodes, rounded up, constant beyond the grid.
#[inline(never)]
fn loss_at(scan: &Scan, rule: Rule, place: Q40) -> Cash {
    let low = (place >> 40) as i32;
    let part = place & (ONE_Q40 - 1);
    let near = scan.loss(Set::grid(rule, low));
    if part == 0 {
        return near;
    }
    let far = scan.loss(Set::grid(rule, low + 1));
    plus(near, scale_ceil(minus(far, near), part))
}

/// √Σ x², rounded up, for x ≥ 0 below 2^122.
#[inline(never)]
pub(super) fn norm(parts: &[Cash]) -> Cash {
    let largest = parts.iter().copied().fold(0, Cash::max);
    // of eight squares below 2^121 the sum is below 2^124
    let shift = excess_bits(largest);
    let squares: u128 = parts
        .iter()
        .map(|&x| square(cut(x, shift)))
        .fold(0, u128::wrapping_add);
    root(squares, shift)
}

/// √(x² + x·y + y²) of x, y ≥ 0 below 2^122: what a requirement and a basis ask for together, `docs/method.md` §5. Rounded
/// up, and then at most x + y; it never falls where x or y rises.
#[inline(never)]
#[must_use]
pub fn together(x: Cash, y: Cash) -> Cash {
    let shift = excess_bits(x.max(y));
    let (a, b) = (cut(x, shift), cut(y, shift));
    // x² + x·y + y² = (x + y)² − x·y, below 2^123
    let product = u128::from(a).wrapping_mul(u128::from(b));
    let squares = square(a.wrapping_add(b)).wrapping_sub(product);
    root(squares, shift).min(plus(x, y))
}

/// How many bits of `largest` are beyond 60.
const fn excess_bits(largest: Cash) -> u32 {
    (128 - largest.leading_zeros()).saturating_sub(60)
}

/// `x` without its lowest `shift` bits, rounded up where there are any; 0 where it is negative. At most 2^60.
#[inline(never)]
fn cut(x: Cash, shift: u32) -> u64 {
    low_u64(x.max(0).cast_unsigned() >> shift) + u64::from(x > 0 && shift > 0)
}

/// ⌈√`squares`⌉ · 2^`shift`.
#[inline(never)]
fn root(squares: u128, shift: u32) -> Cash {
    let root = sqrt_u128(squares);
    let up = root + u64::from(square(root) < squares);
    (u128::from(up) << shift).cast_signed()
}

#[inline(never)]
fn square(x: u64) -> u128 {
    u128::from(x).wrapping_mul(u128::from(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::U256;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_norm_is_rounded_up_and_close(parts: [u128; MAX_UNDERLYINGS], cut in 12u32..128) {
            let parts = parts.map(|x| (x >> cut) as Cash);
            let got = norm(&parts) as f64;
            let exact = parts.iter().map(|x| (*x as f64).powi(2)).sum::<f64>().sqrt();
            prop_assert!(got >= exact * (1.0 - 1e-14) && got <= exact * (1.0 + 1e-14) + 3.0);
            let mut single = [0; MAX_UNDERLYINGS];
            single[3] = parts[0];
            prop_assert!(norm(&single) >= parts[0] && norm(&single) <= parts[0] + 1 + (parts[0] >> 58));
        }

        #[test]
        fn i_rnd_1_what_two_ask_for_together_is_rounded_up_and_close(x: u128, y: u128, cut in 8u32..128, other in 8u32..128) {
            let (x, y) = ((x >> cut) as Cash, (y >> other) as Cash);
            let got = together(x, y);
            prop_assert!(got >= x.max(y) && got <= x + y);
            let wide = |v: Cash| U256::from(v.unsigned_abs());
            let exact = wide(x) * wide(x) + wide(x) * wide(y) + wide(y) * wide(y);
            prop_assert!(wide(got) * wide(got) >= exact);
            let low = got - 3 - (got >> 57);
            prop_assert!(low <= 0 || wide(low) * wide(low) < exact);
            prop_assert_eq!(got, together(y, x));
            prop_assert_eq!((together(x, 0), together(0, y)), (x, y));
        }

        #[test]
        fn i_mar_6_what_two_ask_for_together_never_falls(x: u128, y: u128, by: u128, cut in 8u32..128, other in 8u32..128, third in 8u32..128) {
            let (x, y, by) = ((x >> cut) as Cash, (y >> other) as Cash, (by >> third) as Cash);
            prop_assert!(together(x + by, y) >= together(x, y));
            prop_assert!(together(x, y + by) >= together(x, y));
        }
    }
}
