//! Black-76: options on a forward.
//!
//! # Units
//!
//! Forward, strike and value of one option share a binary unit that [`Moneyness::new`] takes from the
//! forward: the forward has 50 significant bits in it, so values keep their digits for a coin worth
//! 1e-5 and for one worth 1e12 alike, and all options on one forward can be summed in one unit. Within
//! the unit everything is an `i64`. (Only for a strike above about a thousand forwards the strike
//! sets the unit: such options must be brought to the common one by [`Moneyness::exponent`].)
//!
//! A scenario scan moves the forward once per scenario, not once per option:
//!
//! ```
//! use plimsoll_kernel::{black76::{Factor, Moneyness, Price, call, scale_stdev}, fixed::ONE_Q40};
//!
//! let forward = Price::new(2_000 * 10u128.pow(18));
//! let legs = [1_800u128, 2_200].map(|k| Moneyness::new(forward, Price::new(k * 10u128.pow(18))));
//! let stdev = ONE_Q40 / 10; // of each leg, from the surface
//! // per scenario: the moved forward in units, the logarithm of the move, the factor on volatility
//! let scenarios = [ONE_Q40, ONE_Q40 * 8 / 10, ONE_Q40 * 12 / 10]
//!     .map(|v| (legs[0].shocked(Factor::new(v)).forward, Factor::new(v).ln, ONE_Q40));
//! let mut values = [0i64; 3];
//! for leg in legs {
//!     for (value, (moved, ln, vol)) in values.iter_mut().zip(scenarios) {
//!         *value += call(moved, leg.strike, leg.x - ln, scale_stdev(stdev, vol));
//!     }
//! }
//! assert!(values[1] < values[0] && values[0] < values[2]);
//! ```
//!
//! # The formula
//!
//! With x = ln(k/f), s = σ√τ, d1 = -x/s + s/2, d2 = d1 - s:
//!
//! ```text
//! call = f N(d1) - k N(d2)      put = call - (f - k)
//! ```
//!
//! kept inside [max(0, f - k), f]. This form is forgiving: since f φ(d1) = k φ(d2), a common error ε of
//! d1 and d2 moves the value by ε² s f φ(d1) / 2 only. So x/s needs 24 binary places and one 64-bit
//! division, while the difference d1 - d2 is s exactly.
//!
//! # Errors
//!
//! Absolute error of a call or put below 1e-12 · max(f, k), measured over forward and strike in
//! [1e-6, 1e12] and s in [0, 8] (`docs/numerics.md`; beyond 8 by the same argument). Put-call parity is exact. Every function is
//! total on its stated domain and none fails: s = 0, τ = 0, strike 0 and forward 0 give their limits.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "mantissas of at most 62 bits and exponents of two digits: the bound of each stands where it is made"
)]

use crate::{
    elementary::{ln, ln_u128, round_to_q40},
    fixed::{
        ONE_Q40, ONE_Q62, Q40, Q56, Q62, Round, add, mul_probability, mul_shift_floor, positive,
        shift_right, sub,
    },
    normal::{cdf, pdf},
};

/// Total standard deviations are capped here: a call is worth its forward to within 1e-15 then.
pub const MAX_STDEV: Q40 = 16 * ONE_Q40;
/// Log-moneyness is capped at ±64, beyond every ratio of prices in the domain (1e18 is 41.4).
pub const MAX_LOG_MONEYNESS: Q40 = 64 * ONE_Q40;
/// Forwards and strikes inside the kernel stay at or below this many units.
pub const MAX_UNITS: i64 = 1 << 60;
/// Significant bits of the forward in its unit, and most bits of a strike.
const FORWARD_BITS: i32 = 50;
const STRIKE_BITS: i32 = 60;
/// Largest factor [`scale_stdev`] takes.
pub const MAX_FACTOR: Q40 = 8 * ONE_Q40;

/// A positive price together with its logarithm, so that one logarithm serves every option on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The price, 18 decimal places.
    pub wad: u128,
    /// Its natural logarithm (of the integer `wad`); `i64::MIN` for a price of 0.
    pub ln: Q56,
}

impl Price {
    /// A price of `wad`, 18 decimal places.
    #[must_use]
    pub fn new(wad: u128) -> Self {
        Self {
            wad,
            ln: ln_u128(wad),
        }
    }
}

/// Forward and strike of one option in its own binary unit, with their log-ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moneyness {
    /// Forward in units, 0 ..= [`MAX_UNITS`].
    pub forward: i64,
    /// Strike in units, 0 ..= [`MAX_UNITS`].
    pub strike: i64,
    /// ln(strike / forward), within ±[`MAX_LOG_MONEYNESS`].
    pub x: Q40,
    /// One unit is 2^`exponent` of the last decimal place, 1e-18.
    pub exponent: i32,
}

impl Moneyness {
    /// Forward and strike in their common unit, each floored to it (2^-49 of the larger at most).
    ///
    /// The unit depends on the forward alone while strike < 2^10 forward. A price of 0 is allowed on
    /// either side: the log-ratio takes its bound.
    #[must_use]
    pub fn new(forward: Price, strike: Price) -> Self {
        let bits = |v: u128| 128u32.wrapping_sub(v.leading_zeros()) as i32;
        // a forward of 0 has 0 bits: then the strike decides, with 50 bits as well
        let strike_bits = if forward.wad == 0 {
            FORWARD_BITS
        } else {
            STRIKE_BITS
        };
        let exponent = bits(forward.wad)
            .wrapping_sub(FORWARD_BITS)
            .max(bits(strike.wad).wrapping_sub(strike_bits));
        let scale = |v: u128| {
            if exponent >= 0 {
                v.wrapping_shr(exponent as u32) as i64
            } else {
                v.wrapping_shl(exponent.unsigned_abs()) as i64
            }
        };
        let x = if strike.ln == forward.ln {
            0
        } else if forward.wad == 0 {
            MAX_LOG_MONEYNESS
        } else if strike.wad == 0 {
            -MAX_LOG_MONEYNESS
        } else {
            round_to_q40(sub(strike.ln, forward.ln)).clamp(-MAX_LOG_MONEYNESS, MAX_LOG_MONEYNESS)
        };
        Self {
            forward: scale(forward.wad),
            strike: scale(strike.wad),
            x,
            exponent,
        }
    }

    /// The same option after its forward has been multiplied by `factor.value`.
    ///
    /// The forward is floored to a unit and capped at [`MAX_UNITS`], at least 1024 times the original.
    #[inline(always)]
    #[must_use]
    pub fn shocked(self, factor: Factor) -> Self {
        let forward = mul_shift_floor::<40>(self.forward, factor.value).clamp(0, MAX_UNITS);
        Self {
            forward,
            x: self.x.saturating_sub(factor.ln),
            ..self
        }
    }

    /// The undiscounted call for a total standard deviation `s`, in units: see [`call`].
    #[inline(always)]
    #[must_use]
    pub fn call(self, s: Q40) -> i64 {
        call(self.forward, self.strike, self.x, s)
    }

    /// The undiscounted put for a total standard deviation `s`, in units: call - (forward - strike).
    #[inline(always)]
    #[must_use]
    pub fn put(self, s: Q40) -> i64 {
        sub(self.call(s), sub(self.forward, self.strike))
    }

    /// `v` units with 18 decimal places, rounded as named, saturating at the bounds of `i128`.
    #[must_use]
    pub fn to_wad(self, v: i64, round: Round) -> i128 {
        if self.exponent < 0 {
            return shift_right(v as i128, self.exponent.unsigned_abs(), round);
        }
        let shift = self.exponent as u32;
        let out = (v as i128).wrapping_shl(shift);
        if out.wrapping_shr(shift) == v as i128 {
            out
        } else if v < 0 {
            i128::MIN
        } else {
            i128::MAX
        }
    }
}

/// A factor by which a scenario multiplies a forward, with its logarithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The factor: 1 for no move, 0.8 for a fall by a fifth.
    pub value: Q40,
    /// ln(value).
    pub ln: Q40,
}

impl Factor {
    /// No move.
    pub const IDENTITY: Self = Self {
        value: ONE_Q40,
        ln: 0,
    };

    /// A factor with its logarithm. A value of 0 or less counts as one unit, 2^-40.
    #[must_use]
    pub fn new(value: Q40) -> Self {
        let value = value.max(1);
        Self {
            value,
            ln: ln(value),
        }
    }
}

/// The undiscounted Black-76 call: the inner loop of every scenario scan.
///
/// * `forward`, `strike` - in one common unit, each in 0 ..= [`MAX_UNITS`].
/// * `x` - ln(strike / forward), |x| at most 2^62; what the error bound asks of it is 2^-40.
/// * `s` - total standard deviation σ√τ; above [`MAX_STDEV`], or negative, counts as the cap.
///
/// Result in units, within [max(0, forward - strike), forward] exactly; absolute error below 1e-12
/// of the larger of forward and strike. At s = 0 it is max(0, forward - strike).
///
/// ```
/// use plimsoll_kernel::{black76::call, fixed::ONE_Q40};
/// // at the money with s = 0.2: 2 N(0.1) - 1 = 0.079655674554...
/// let value = call(1 << 50, 1 << 50, 0, ONE_Q40 / 5);
/// assert!((value - 89_684_316_559_819).abs() < 1_126); // 1e-12 of 2^50
/// ```
#[inline(always)]
#[must_use]
pub fn call(forward: i64, strike: i64, x: Q40, s: Q40) -> i64 {
    let s = cap_stdev(s);
    // Where |x| > 16 s both ends may answer the same: the value differs from max(0, forward - strike)
    // by less than 1e-15, which the last line supplies. So one unsigned comparison clamps both ends.
    let bound = s << 4;
    let (d1, d2) = d1_d2((add(x, bound) as u64).min((bound << 1) as u64), s);
    // at most `forward`, since mul_probability never rounds up and takes nothing below 0
    let raw = sub(
        mul_probability(forward, cdf(d1)),
        mul_probability(strike, cdf(d2)),
    );
    raw.max(positive(sub(forward, strike)))
}

/// `s * factor`, floored (at most one unit of 2^-40 too low): a volatility shock on a total standard
/// deviation.
///
/// Requires `s` in 0 ..= [`MAX_STDEV`] and `factor` in 0 ..= [`MAX_FACTOR`], which parameters are held
/// to when they are set; outside, the result is meaningless but [`call`] caps it.
#[inline(always)]
#[must_use]
pub fn scale_stdev(s: Q40, factor: Q40) -> Q40 {
    mul_probability(s << 16, factor << 19) >> 13
}

/// `s` in 0 ..= [`MAX_STDEV`]: read as unsigned, a negative number is above the cap too.
#[inline(always)]
fn cap_stdev(s: Q40) -> Q40 {
    (s as u64).min(MAX_STDEV as u64) as i64
}

/// d1 and d2 = d1 - s from `lifted` = x + 16 s in 0 ..= 32 s.
#[inline(always)]
fn d1_d2(lifted: u64, s: Q40) -> (Q40, Q40) {
    // x / s + 16 in [0, 32] as Q24, by a division whose divisor keeps 34 bits
    let lift = s.leading_zeros().wrapping_sub(6);
    let divisor = ((s as u64).wrapping_shl(lift) >> 24) | 1;
    let ratio = lifted.wrapping_shl(lift) / divisor;
    let middle = sub(16 << 40, (ratio as i64) << 16);
    let d2 = sub(middle, s >> 1);
    (add(d2, s), d2)
}

/// Call, put and discounting in one: both values of one option in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Values {
    /// The call, floored.
    pub call: i64,
    /// The put: call - floor(discount (forward - strike)), exactly.
    pub put: i64,
}

/// Both values times `discount` in 0 ..= 1 ([`ONE_Q62`] for undiscounted); other discounts are
/// clamped to that range.
///
/// The call lies in [max(0, ⌊D (f - k)⌋), ⌊D f⌋] and the put in [0, ⌈D k⌉]. Parity is exact against the
/// floored forward value.
#[must_use]
pub fn discounted(option: Moneyness, s: Q40, discount: Q62) -> Values {
    let discount = discount.clamp(0, ONE_Q62);
    let call = mul_shift_floor::<62>(option.call(s), discount);
    let forward = mul_shift_floor::<62>(sub(option.forward, option.strike), discount);
    Values {
        call,
        put: sub(call, forward),
    }
}

/// First- and second-order sensitivities of an undiscounted call, in units of the option where they
/// carry a value. Those of the put follow by parity: same gamma, vega and theta, delta minus 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeks {
    /// ∂C/∂f = N(d1), in [0, 1]. At s = 0 the step at the money counts as 1/2.
    pub delta: Q62,
    /// f² ∂²C/∂f² = f φ(d1) / s, in units, at least 0, saturating at `i64::MAX`: half of it times the
    /// square of a relative move of the forward is the second-order change of value.
    pub gamma_cash: i64,
    /// ∂C/∂s = f φ(d1), in units, at least 0; times √τ it is the derivative by volatility.
    pub vega: i64,
}

/// The sensitivities of the call to its forward and to `s`: see [`Greeks`]. Total like [`call`].
///
/// For s >= 0.001 delta is within 5e-10, vega and s · gamma_cash within 5e-10 of the larger of forward
/// and strike; the errors shrink like 1/s, since what is left is the rounding of x.
#[must_use]
pub fn greeks(option: Moneyness, s: Q40) -> Greeks {
    // one unit of 2^-40 keeps the two sides of the step at s = 0 apart
    let s = cap_stdev(s).max(1);
    // x / s to its last place, unlike in `call`: here an error of d1 counts in full
    let size = option.x.unsigned_abs().min(1 << 60) as i64;
    let ratio = divide_by_stdev(size, s).min(32 * ONE_Q40);
    let d1 = add(
        if option.x < 0 {
            ratio
        } else {
            ratio.wrapping_neg()
        },
        s >> 1,
    );
    let vega = mul_probability(option.forward, pdf(d1));
    let gamma_cash = divide_by_stdev(vega, s);
    Greeks {
        delta: cdf(d1),
        gamma_cash,
        vega,
    }
}

/// `floor(v 2^40 / s)` for v in 0 ..= 2^60 and s in 1 ..= [`MAX_STDEV`], saturating at `i64::MAX`.
#[inline]
fn divide_by_stdev(v: i64, s: Q40) -> i64 {
    // long division by short digits: a remainder below 2^45 leaves room for 19 bits at its end
    let Some(s) = core::num::NonZeroU64::new(s as u64) else {
        return i64::MAX;
    };
    let v = v as u64;
    let (mut quotient, mut rest) = (v / s, v % s);
    if quotient >= 1 << 23 {
        return i64::MAX;
    }
    for digit in [14, 13, 13] {
        rest = rest.wrapping_shl(digit);
        quotient = quotient.wrapping_shl(digit) | (rest / s);
        rest %= s;
    }
    quotient as i64
}

/// ∂C/∂t of a discounted option per year, in units: the change of value as time passes with forward,
/// volatility and rate held.
///
/// ```text
/// theta = -D f φ(d1) s / (2 τ) + r D V,   r = -ln(D) / τ
/// ```
///
/// * `vega` - f φ(d1) from [`greeks`], in units.
/// * `value` - the undiscounted call or put, in units.
/// * `s` - total standard deviation, 0 ..= [`MAX_STDEV`].
/// * `discount` - D in 0 ..= 1.
/// * `rate` - r per year.
/// * `years` - τ. At 0 or less the decay has ended: only the second term is left.
///
/// Floored, saturating at the bounds of `i64`.
#[must_use]
pub fn theta(vega: i64, value: i64, s: Q40, discount: Q62, rate: Q40, years: Q40) -> i64 {
    let discount = discount.clamp(0, ONE_Q62);
    let s = s.clamp(0, MAX_STDEV);
    let decay = if years <= 0 {
        0
    } else {
        // vega and s are at most 2^60 and 2^44: fits, and so does twice the time
        let product = (vega as i128).wrapping_mul(s as i128);
        crate::fixed::clamp_i64(crate::fixed::div_i128(
            product,
            years as i128 * 2,
            Round::Ceil,
        ))
    };
    let carry = mul_shift_floor::<40>(value, rate);
    mul_shift_floor::<62>(carry.saturating_sub(decay), discount)
}

/// Why no standard deviation explains a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImpliedError {
    /// The call is below max(0, forward - strike).
    BelowIntrinsic,
    /// The call is worth its forward or more: no finite volatility gives that.
    AboveForward,
    /// Re-pricing at the answer misses the price by `miss` units, more than the pricing error.
    NotFound {
        /// The distance, in units.
        miss: i64,
    },
}

/// The total standard deviation at which [`call`] is worth `price` units.
///
/// Bisection in 44 steps over [0, 16]; the answer is re-priced and refused when it misses by more than
/// 2^-38 of the larger of forward and strike.
pub fn implied_stdev(option: Moneyness, price: i64) -> Result<Q40, ImpliedError> {
    if price < positive(sub(option.forward, option.strike)) {
        return Err(ImpliedError::BelowIntrinsic);
    }
    if price >= option.forward {
        return Err(ImpliedError::AboveForward);
    }
    let (mut low, mut high) = (0, MAX_STDEV);
    for _ in 0..44 {
        let middle = low + ((high - low) >> 1);
        if option.call(middle) < price {
            low = middle;
        } else {
            high = middle;
        }
    }
    let miss = option.call(high).abs_diff(price);
    let tolerance = (option.forward.max(option.strike) >> 38) as u64 + 4;
    if miss > tolerance {
        return Err(ImpliedError::NotFound {
            miss: miss.min(i64::MAX as u64) as i64,
        });
    }
    Ok(high)
}
