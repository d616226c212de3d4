//! SVI total variance: w(k) = a + b (ρ (k − m) + √((k − m)² + σ²)).
//!
//! One surface slice per expiry: k is the log-moneyness ln(strike / forward), w the total variance of
//! the forward up to expiry, so the total standard deviation of an option is √w(k). The formulas are
//! those of Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces" (2014).
//!
//! A slice is checked once, when it is accepted: [`Svi::check`] refuses what would allow arbitrage
//! inside a slice, [`Svi::check_calendar`] between two. Afterwards [`Svi::variance`] is total.

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

impl Svi {
    /// None: where nothing is left to vary.
    pub const ZERO: Self = Self {
        a: 0,
        b: 0,
        rho: 0,
        m: 0,
        sigma: 0,
    };
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
}

/// The farthest strikes that trade, a factor of 1,024 from the forward, lie within ±7 of log-moneyness.
const LAST: Q40 = 7 * ONE_Q40;
/// Deviations of the whole surface, √w(0), out to which slices are checked around the forward and compared.
const DEVIATIONS: Q40 = 8;
/// An option this many of its own deviations, √w(k), out of the money is worth less than 1e-10 of the larger of forward and
/// strike: slices are compared no further where that is beyond [`DEVIATIONS`].
const WORTHLESS: u128 = 6;
/// Halvings of a gap between two nodes in search of the strike at which 1 − k w′/2w is nought.
const HALVINGS: u8 = 6;

/// Strikes or distances, no more of them than the narrowest vertex has.
struct Strikes {
    list: [Q40; 64],
    count: usize,
}

impl Strikes {
    const fn new() -> Self {
        Self {
            list: [0; 64],
            count: 0,
        }
    }

    fn push(&mut self, k: Q40) {
        if let Some(place) = self.list.get_mut(self.count) {
            *place = k;
            self.count += 1;
        }
    }

    fn as_slice(&self) -> &[Q40] {
        self.list.get(..self.count).unwrap_or_default()
    }
}

/// `first` · 1, 1½, 2, 3, 4, 6, 8, 12 … up to `last`. A first of 0 is the smallest number.
#[inline(never)]
fn grow(first: Q40, last: Q40) -> Strikes {
    let mut distances = Strikes::new();
    let mut octave = first.max(1);
    // Doubled only while at most `last`, far inside the range.
    while octave <= last {
        distances.push(octave);
        let between = octave + octave / 2;
        if between <= last {
            distances.push(between);
        }
        octave *= 2;
    }
    distances
}

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
    /// than 2, no negative density: at strikes that grow geometrically from the vertex and from the forward, and between
    /// them where it is least.
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
        // Convex, so largest at an end.
        if [-LAST, LAST]
            .map(|k| self.variance(k))
            .contains(&MAX_VARIANCE)
        {
            return Err(SviError::OutOfRange);
        }
        for k in self.around_forward().as_slice() {
            self.check_density(*k)?;
        }
        for sign in [-1, 1] {
            let mut last = None;
            for k in self.beyond_vertex(sign).as_slice() {
                let lean = self.check_density(*k)?;
                if let Some((from, other)) = last.replace((*k, lean))
                    && (lean < 0) != (other < 0)
                {
                    self.check_between((from, other), *k)?;
                }
            }
        }
        Ok(())
    }

    /// Refuses a negative density between `from`, where 1 − k w′/2w is `lean`, and `to`, where it has the other sign: it
    /// is least where that is nought.
    #[inline(never)]
    fn check_between(&self, (mut from, lean): (Q40, i64), mut to: Q40) -> Result<(), SviError> {
        for _ in 0..HALVINGS {
            let middle = from + (to - from) / 2; // both within ±LAST
            if (self.check_density(middle)? < 0) == (lean < 0) {
                from = middle;
            } else {
                to = middle;
            }
        }
        Ok(())
    }

    /// Refuses a negative density at `k`; 1 − k w′/2w there.
    fn check_density(&self, k: Q40) -> Result<i64, SviError> {
        let (lean, g) = self.density(k);
        if g < 0 {
            return Err(SviError::Butterfly { k, g });
        }
        Ok(lean)
    }

    /// a + b σ √(1 − ρ²), floored.
    fn least(&self) -> Q56 {
        let one = (ONE_Q56 as u128) << 56;
        let root = sqrt_u128(one.saturating_sub(square(self.rho.unsigned_abs()))).cast_signed();
        let depth = mul_shift_floor::<56>(mul_shift_floor::<56>(self.b, self.sigma), root);
        self.a.saturating_add(depth)
    }

    /// Strikes on one side of the vertex, outwards from it: σ/4 · 1, 1½, 2, 3, 4 … away, within ±[`LAST`], and the end
    /// there. What is narrow about a slice is so around its vertex; away from it everything changes with the logarithm
    /// of the distance.
    #[inline(never)]
    fn beyond_vertex(&self, sign: Q40) -> Strikes {
        let (vertex, quarter) = (self.m >> 16, self.sigma >> 18);
        let mut strikes = Strikes::new();
        // |m| is at most 16.
        let distances = grow(quarter, LAST + vertex.abs());
        for distance in core::iter::once(&0).chain(distances.as_slice()) {
            let k = vertex + sign * distance;
            if k.abs() <= LAST {
                strikes.push(k);
            }
        }
        strikes.push(sign * LAST);
        strikes
    }

    /// Strikes around the forward: 0, and ¼, ⅜, ½, ¾, 1 … 8 deviations √w(0) on both sides, within ±[`LAST`].
    #[inline(never)]
    fn around_forward(&self) -> Strikes {
        let deviation = self.stdev(0).min(LAST);
        let mut strikes = Strikes::new();
        strikes.push(0);
        for distance in grow(deviation / 4, (DEVIATIONS * deviation).min(LAST)).as_slice() {
            strikes.push(-distance);
            strikes.push(*distance);
        }
        strikes
    }

    /// Durrleman's g(k), proportional to the density of the forward's logarithm:
    ///
    /// ```text
    /// g = (1 − k w′ / 2w)² − (w′/2)² (1/w + 1/4) + w″/2
    /// w′ = b (ρ + (k − m)/R)   w″ = b σ² / R³   R = √((k − m)² + σ²)
    /// ```
    ///
    /// and the root of its first term, 1 − k w′/2w. Saturating at the bounds of `i64`. Where w = 0 only w′ = 0 is free of
    /// arbitrage.
    fn density(&self, k: Q40) -> (Q40, Q40) {
        let down = |a: i128, b: i128| div_i128(a, b, Round::Floor);
        let (distance, root) = self.wing(k);
        let (w, root) = (self.variance(k) as i128, (root as i128).max(1));
        let b = self.b as i128;
        let sine = down((distance as i128) << 56, root);
        let first = (b * (self.rho as i128 + sine)) >> 56;
        if w == 0 {
            return (ONE_Q40, if first == 0 { ONE_Q40 } else { i64::MIN });
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
        (clamp_i64(lean), clamp_i64(square - drag + (second >> 17)))
    }

    /// Whether `later` has at least this slice's total variance wherever an option of this one is worth something: out to
    /// eight deviations √w(0) on both sides of the forward, and as far as a strike is within six deviations of its own,
    /// √w(k). Checked at the strikes of both slices.
    ///
    /// # Errors
    ///
    /// [`SviError::Calendar`].
    pub fn check_calendar(&self, later: &Self) -> Result<(), SviError> {
        let out = self.stdev(0).min(LAST) * DEVIATIONS;
        let strikes = [
            self.around_forward(),
            self.beyond_vertex(-1),
            self.beyond_vertex(1),
            later.beyond_vertex(-1),
            later.beyond_vertex(1),
        ];
        for k in strikes.iter().flat_map(Strikes::as_slice) {
            let near = self.variance(*k);
            // k² ≤ 36·w(k), both below 2^94 at 80 places.
            let worth = square(k.unsigned_abs())
                <= (WORTHLESS * WORTHLESS * u128::from(near.cast_unsigned())) << 24;
            if !worth && k.abs() > out {
                continue;
            }
            let far = later.variance(*k);
            if near > far {
                return Err(SviError::Calendar {
                    k: *k,
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
            let ours = svi.density(kq).1 as f64 / ONE_Q40 as f64;
            prop_assert!((ours - g).abs() < 1e-8 * (1.0 + g.abs()), "{ours} {g}");
        }
    }
}
