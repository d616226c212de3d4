//! SVI total variance: w(k) = a + b (ρ (k − m) + √((k − m)² + σ²)).
//!
//! One surface slice per expiry: k is the log-moneyness ln(strike / forward), w the total variance of
//! the forward up to expiry, so the total standard deviation of an option is √w(k). The formulas are
//! those of Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces" (2014).
//!
//! A slice is checked once, when it is accepted: [`Svi::check`] refuses what would allow arbitrage
//! inside a slice, [`Svi::check_calendar`] between two. Afterwards [`Svi::variance`] is total.

use core::iter::once;

use crate::{
    elementary::{sqrt_q56, sqrt_u128},
    fixed::{
        ONE_Q40, ONE_Q56, Q40, Q56, Round, clamp_i64, div_i128, from_wad, mul_shift_ceil,
        mul_shift_floor, wide_mul,
    },
};

/// Bound of |a| and of the variance itself, 127 in Q56.
pub const MAX_VARIANCE: Q56 = 127 * ONE_Q56;
/// Bound of |m| and σ, 16 in Q56.
pub const MAX_SHIFT: Q56 = 16 * ONE_Q56;
/// Smallest σ, 2^-20 (about 1e-6): keeps the curvature at the vertex within the arithmetic.
pub const MIN_SIGMA: Q56 = ONE_Q56 >> 20;

/// The five parameters of a slice, all in Q56.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Svi {
    /// Level.
    pub a: Q56,
    /// Slope scale, at least 0.
    pub b: Q56,
    /// Skew, |ρ| < 1.
    pub rho: Q56,
    /// Position of the vertex, in log-moneyness.
    pub m: Q56,
    /// Width of the vertex, above 0.
    pub sigma: Q56,
}

/// Why a slice is refused. Numbers are Q40.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SviError {
    /// |a| or the largest variance on the checked strikes exceeds [`MAX_VARIANCE`], or |m| exceeds
    /// [`MAX_SHIFT`].
    OutOfRange,
    /// b is negative.
    NegativeSlope {
        /// b.
        b: Q40,
    },
    /// |ρ| is 1 or more.
    Correlation {
        /// ρ.
        rho: Q40,
    },
    /// σ is outside [`MIN_SIGMA`] ..= [`MAX_SHIFT`].
    Width {
        /// σ.
        sigma: Q40,
    },
    /// The least variance, a + b σ √(1 − ρ²), is negative.
    NegativeVariance {
        /// The least variance.
        least: Q40,
    },
    /// A wing is steeper than 2, so that moments of the price are infinite (Lee).
    WingSlope {
        /// b (1 + |ρ|).
        slope: Q40,
    },
    /// The density implied at `k` is negative: a butterfly there costs less than nothing.
    Butterfly {
        /// Log-moneyness.
        k: Q40,
        /// Durrleman's g at `k`.
        g: Q40,
    },
    /// The later slice has less total variance at `k`: a calendar spread costs less than nothing.
    Calendar {
        /// Log-moneyness.
        k: Q40,
        /// Variance of the earlier slice.
        near: Q40,
        /// Variance of the later slice.
        far: Q40,
    },
    /// A wing of the later slice is flatter than that of the earlier one, so the two cross somewhere.
    CalendarWing {
        /// Slope of the earlier slice, the steeper violated side.
        near: Q40,
        /// Slope of the later slice on that side.
        far: Q40,
    },
}

/// Strikes at which slices are checked, in eighths of log-moneyness on both sides of the forward: closely over [-2, 2],
/// then on to the farthest strike that trades, a factor of 1,024.
const FAR: [i64; 22] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 24, 32, 40, 48, 56,
];
/// And around the vertex, in σ/4 on both sides: where a narrow vertex lies between two of the others, the density is
/// least some σ away from it.
const NEAR: [i64; 15] = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 128];
/// Strikes around the vertex stay within ±8: none beyond trades.
const LAST: Q40 = 8 * ONE_Q40;

impl Svi {
    /// From five numbers with 18 decimal places, to nearest below (the error, 2^-56, is smaller than
    /// their last place), unchecked: call [`Self::check`].
    #[must_use]
    pub const fn from_wad(a: i128, b: i128, rho: i128, m: i128, sigma: i128) -> Self {
        #[inline(never)]
        const fn q(v: i128) -> Q56 {
            from_wad::<56>(v, Round::Floor)
        }
        Self {
            a: q(a),
            b: q(b),
            rho: q(rho),
            m: q(m),
            sigma: q(sigma),
        }
    }

    /// Total variance at log-moneyness `k`, within [0, [`MAX_VARIANCE`]]. Total.
    ///
    /// For parameters within the bounds of [`Self::check`] the absolute error is below 6 units of 2^-56
    /// (8.4e-17) for |k| up to 45, before the bounds apply. |k| is capped at 64.
    #[must_use]
    pub fn variance(&self, k: Q40) -> Q56 {
        let (distance, root) = self.wing(k);
        let tilt = mul_shift_floor::<56>(self.rho, distance);
        // both terms below 2^63 in Q56, and root >= |distance| > |tilt|
        let slope = mul_shift_floor::<56>(self.b, tilt.saturating_add(root));
        self.a.saturating_add(slope).clamp(0, MAX_VARIANCE)
    }

    /// Total standard deviation at log-moneyness `k`: √w(k), floored.
    #[inline(never)]
    #[must_use]
    pub fn stdev(&self, k: Q40) -> Q40 {
        sqrt_q56(self.variance(k))
    }

    /// k − m and √((k − m)² + σ²), with |k| capped at 64.
    fn wing(&self, k: Q40) -> (Q56, Q56) {
        let k = k.clamp(-64 * ONE_Q40, 64 * ONE_Q40) << 16;
        let distance = k.saturating_sub(self.m);
        // squares of at most 2^126 each: the sum is below 2^128
        let square =
            square(distance.unsigned_abs()).wrapping_add(square(self.sigma.unsigned_abs()));
        (
            distance,
            sqrt_u128(square).min(i64::MAX as u64).cast_signed(),
        )
    }

    /// Whether the slice can be accepted: parameters in range, no negative variance, wings no steeper
    /// than 2, no negative density at the checked strikes.
    ///
    /// # Errors
    ///
    /// The first of [`SviError`]'s cases that applies, in the order of that list.
    pub fn check(&self) -> Result<(), SviError> {
        if self.a.unsigned_abs() > MAX_VARIANCE as u64 || self.m.unsigned_abs() > MAX_SHIFT as u64 {
            return Err(SviError::OutOfRange);
        }
        if self.b < 0 {
            return Err(SviError::NegativeSlope { b: self.b >> 16 });
        }
        if self.rho.unsigned_abs() >= ONE_Q56 as u64 {
            return Err(SviError::Correlation {
                rho: self.rho >> 16,
            });
        }
        if self.sigma < MIN_SIGMA || self.sigma > MAX_SHIFT {
            return Err(SviError::Width {
                sigma: self.sigma >> 16,
            });
        }
        // slope rounded up, variance down: against the slice
        let slope = self
            .b
            .saturating_add(mul_shift_ceil::<56>(self.b, self.rho.saturating_abs()));
        if slope > 2 * ONE_Q56 {
            return Err(SviError::WingSlope { slope: slope >> 16 });
        }
        let least = self.least();
        if least < 0 {
            return Err(SviError::NegativeVariance { least: least >> 16 });
        }
        for k in self.strikes() {
            let g = self.density(k);
            if g < 0 {
                return Err(SviError::Butterfly { k, g });
            }
            if self.variance(k) >= MAX_VARIANCE {
                return Err(SviError::OutOfRange);
            }
        }
        Ok(())
    }

    /// a + b σ √(1 − ρ²), floored.
    fn least(&self) -> Q56 {
        let one = (ONE_Q56 as u128) << 56;
        let root = sqrt_u128(one.saturating_sub(square(self.rho.unsigned_abs()))).cast_signed();
        let depth = mul_shift_floor::<56>(mul_shift_floor::<56>(self.b, self.sigma), root);
        self.a.saturating_add(depth)
    }

    /// The strikes at which this slice is checked.
    fn strikes(&self) -> impl Iterator<Item = Q40> {
        let (middle, quarter) = (self.m >> 16, self.sigma >> 18);
        let far = FAR.iter().map(|n| n * (ONE_Q40 / 8));
        // at most 32 σ of at most 16 from a vertex within ±16
        let near = NEAR.iter().map(move |n| n * quarter);
        let near = once(0).chain(near.flat_map(|d| [-d, d]));
        once(0)
            .chain(far.flat_map(|k| [-k, k]))
            .chain(near.map(move |d| middle.saturating_add(d).clamp(-LAST, LAST)))
    }

    /// Durrleman's g(k), proportional to the density of the forward's logarithm:
    ///
    /// ```text
    /// g = (1 − k w′ / 2w)² − (w′/2)² (1/w + 1/4) + w″/2
    /// w′ = b (ρ + (k − m)/R)   w″ = b σ² / R³   R = √((k − m)² + σ²)
    /// ```
    ///
    /// Saturating at the bounds of `i64`. Where w = 0 only w′ = 0 is free of arbitrage.
    fn density(&self, k: Q40) -> Q40 {
        let down = |a: i128, b: i128| div_i128(a, b, Round::Floor);
        let (distance, root) = self.wing(k);
        let (w, root) = (self.variance(k) as i128, (root as i128).max(1));
        let b = self.b as i128;
        let sine = down((distance as i128) << 56, root);
        let first = (b * (self.rho as i128 + sine)) >> 56;
        if w == 0 {
            return if first == 0 { ONE_Q40 } else { i64::MIN };
        }
        let cosine = ((self.sigma as i128) << 56) / root;
        let second = down(((b * ((cosine * cosine) >> 56)) >> 56) << 56, root);
        // Q40 from here. |k w'| <= 64 * 4 in Q96; the quotient is kept below 2^60 so its square fits
        let lean = ONE_Q40 as i128 - down(k as i128 * first, 2 * w);
        let lean = lean.clamp(-(1 << 60), 1 << 60);
        let square = (lean * lean) >> 40;
        let half = first / 2;
        let half_square = (half * half) >> 56;
        let drag = down(half_square << 40, w) + (half_square >> 18);
        clamp_i64(square - drag + (second >> 17))
    }

    /// Whether `later` has at least this slice's total variance everywhere it is checked: at both
    /// slices' strikes and in the limit of both wings.
    ///
    /// # Errors
    ///
    /// [`SviError::Calendar`] or [`SviError::CalendarWing`].
    pub fn check_calendar(&self, later: &Self) -> Result<(), SviError> {
        for k in self.strikes().chain(later.strikes()) {
            let (near, far) = (self.variance(k), later.variance(k));
            if near > far {
                return Err(SviError::Calendar {
                    k,
                    near: near >> 16,
                    far: far >> 16,
                });
            }
        }
        for sign in [-1, 1] {
            let slope = |svi: &Self| {
                mul_shift_floor::<56>(svi.b, ONE_Q56.saturating_add(svi.rho.saturating_mul(sign)))
            };
            let (near, far) = (slope(self), slope(later));
            if near > far {
                return Err(SviError::CalendarWing {
                    near: near >> 16,
                    far: far >> 16,
                });
            }
        }
        Ok(())
    }
}

/// `v * v` by one wide product.
const fn square(v: u64) -> u128 {
    let (hi, lo) = wide_mul(v, v);
    (hi as u128) << 64 | lo as u128
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn durrlemans_g_agrees_with_floats(
            a in 0.001..0.5f64, b in 0.0..0.5f64, rho in -0.9..0.9f64, m in -0.5..0.5f64,
            sigma in 0.01..1.0f64, k in -2.0..2.0f64,
        ) {
            let q = |v: f64| (v * ONE_Q56 as f64) as i64;
            let svi = Svi { a: q(a), b: q(b), rho: q(rho), m: q(m), sigma: q(sigma) };
            let kq = (k * ONE_Q40 as f64) as i64;
            let d = k - m;
            let root = (d * d + sigma * sigma).sqrt();
            let w = a + b * (rho * d + root);
            let first = b * (rho + d / root);
            let second = b * sigma * sigma / (root * root * root);
            let g = (1.0 - k * first / (2.0 * w)).powi(2) - first * first / 4.0 * (1.0 / w + 0.25)
                + second / 2.0;
            let ours = svi.density(kq) as f64 / ONE_Q40 as f64;
            prop_assert!((ours - g).abs() < 1e-8 * (1.0 + g.abs()), "{ours} {g}");
        }
    }
}
