//! Across underlyings: the requirement of a portfolio from the scans of its underlyings.
//!
//! For each regime, factor node m and volatility rule v: the sum of what the underlyings lose when each moves by its
//! beta times m, plus the Euclidean norm of what each can lose more by a move of its own. Every part is a maximum, a
//! sum or a norm of functions linear in the portfolio, so the whole is sublinear.

use super::{
    market::{Market, Rules},
    money::{Cash, scale_ceil},
    scan::Scan,
    scenario::{GRID, OUTER, Rule, Set},
};
use crate::{
    elementary::sqrt_u128,
    fixed::{ONE_Q40, Q40},
};

/// What moves together, and how far alone.
#[derive(Clone, Copy)]
struct Regime {
    /// Move of each underlying per move of the factor; `None` for its own beta.
    beta: Option<Q40>,
    /// Own move, as a share of the grid.
    reach: Q40,
}

/// The portfolio's scan requirement, rounded up: `docs/method.md` §4. `use_of` tells which underlyings count.
#[must_use]
pub fn requirement(
    market: &Market<'_>,
    scans: &[Scan],
    use_of: impl Fn(usize) -> bool + Copy,
) -> Cash {
    let held = || {
        scans
            .iter()
            .enumerate()
            .filter(move |(i, s)| s.used && use_of(*i))
    };
    if held().count() <= 1 {
        return held().map(|(_, s)| s.worst).fold(0, Cash::max);
    }
    let Rules {
        offset,
        calm_reach,
        together_reach,
        ..
    } = market.rules;
    let alone: Cash = held().map(|(_, s)| s.worst).sum();
    let mut most = scale_ceil(alone, ONE_Q40 - offset).max(norm(held().map(|(_, s)| s.worst)));
    let longest = held().map(|(_, s)| s.count).max().unwrap_or(0);
    for node in GRID..longest {
        let together: Cash = held()
            .filter(|(_, s)| node < s.count)
            .map(|(_, s)| s.loss(node))
            .sum();
        most = most.max(together);
    }
    let regimes = [
        Regime {
            beta: None,
            reach: calm_reach,
        },
        Regime {
            beta: Some(ONE_Q40),
            reach: together_reach,
        },
        Regime {
            beta: Some(0),
            reach: ONE_Q40,
        },
    ];
    for regime in regimes {
        for rule in [Rule::None, Rule::Up, Rule::Down] {
            let nodes = if regime.beta == Some(0) {
                0..=0
            } else {
                -OUTER..=OUTER
            };
            for node in nodes {
                most = most.max(joint(market, held(), regime, rule, node));
            }
        }
    }
    most
}

/// Σ loss(β·node) + ‖own moves‖.
fn joint<'a>(
    market: &Market<'_>,
    held: impl Iterator<Item = (usize, &'a Scan)>,
    regime: Regime,
    rule: Rule,
    node: i32,
) -> Cash {
    let (mut sum, mut own) = (0, [0; super::MAX_UNDERLYINGS]);
    for ((index, scan), own) in held.zip(own.iter_mut()) {
        let beta = regime
            .beta
            .or_else(|| market.underlyings.get(index).map(|u| u.rates.beta))
            .unwrap_or(ONE_Q40);
        let place = beta * i64::from(node);
        let base = loss_at(scan, rule, place);
        sum += base;
        *own = (-OUTER..=OUTER)
            .map(|e| loss_at(scan, rule, place + regime.reach * i64::from(e)) - base)
            .fold(0, Cash::max);
    }
    sum + norm(own.into_iter())
}

/// Loss at `place` nodes from no move (Q40), linear between nodes, rounded up, constant beyond the grid.
fn loss_at(scan: &Scan, rule: Rule, place: Q40) -> Cash {
    let low = (place >> 40) as i32;
    let part = place & (ONE_Q40 - 1);
    let near = scan.loss(Set::grid(rule, low));
    if part == 0 {
        return near;
    }
    let far = scan.loss(Set::grid(rule, low + 1));
    near + scale_ceil(far - near, part)
}

/// √Σ x², rounded up, for x ≥ 0 below 2^122.
fn norm(parts: impl Iterator<Item = Cash> + Clone) -> Cash {
    let largest = parts.clone().fold(0, Cash::max);
    // keep 60 bits of the largest, so that eight squares fit
    let shift = (128 - largest.leading_zeros()).saturating_sub(60);
    let squares: u128 = parts
        .map(|x| {
            let x = ((x.max(0) as u128) >> shift) + u128::from(x > 0 && shift > 0);
            x * x
        })
        .sum();
    let root = u128::from(sqrt_u128(squares));
    let up = root + u128::from(root * root < squares);
    (up << shift) as Cash
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn the_norm_is_rounded_up_and_close(parts in vec(0i128..1 << 116, 1..8)) {
            let got = norm(parts.clone().into_iter()) as f64;
            let exact = parts.iter().map(|x| (*x as f64).powi(2)).sum::<f64>().sqrt();
            prop_assert!(got >= exact * (1.0 - 1e-14) && got <= exact * (1.0 + 1e-14) + 3.0);
            let single = norm([parts[0]].into_iter());
            prop_assert!(single >= parts[0] && single <= parts[0] + 1 + (parts[0] >> 58));
        }
    }
}
