//! The kernel's numerics as a Stylus program.
//!
//! [`run`] applies one function, or portfolio margin, to many pseudo-random inputs and folds the answers into 64 bits. The
//! same code is the body of a program for the Stylus engine: `tests/wasm.rs` runs both and compares
//! (I-PRC-9), and reads the ink of each function off the difference of two runs.
//!
//! Input of the program: function, count, second count (4 bytes each), seed (8 bytes), little-endian.
//! Output: the fold, 8 bytes.
#![cfg_attr(target_arch = "wasm32", no_std)]

use core::hint::black_box;
use plimsoll_kernel::{
    black76::{self, Factor, Moneyness, Price},
    elementary,
    fixed::{ONE_Q40, Round, div_q40, from_wad, mul_shift_ceil, mul_shift_floor, to_wad},
    normal,
    portfolio::Scratch,
    svi::Svi,
};

mod portfolio;
pub use portfolio::{Drawn, assess_random};

#[cfg(target_arch = "wasm32")]
mod program;

/// What [`run`] can apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Function {
    /// Nothing: what the loop around the others costs.
    Nothing,
    /// `normal::cdf`
    Cdf,
    /// `normal::pdf`
    Pdf,
    /// `elementary::exp_neg`
    ExpNeg,
    /// `elementary::exp`
    Exp,
    /// `elementary::ln`
    Ln,
    /// `elementary::ln_u128`
    LnWide,
    /// `elementary::sqrt_u128`
    Sqrt,
    /// `black76::call`
    Call,
    /// `black76::greeks`
    Greeks,
    /// `Price::new` of a strike and `Moneyness::new`
    Moneyness,
    /// `Svi::stdev`
    SviStdev,
    /// `Svi::check`
    SviCheck,
    /// `mul_shift_floor`
    Product,
    /// `div_q40`
    Quotient,
    /// `from_wad`
    FromWad,
    /// `to_wad`
    ToWad,
    /// A scan: `count` legs by `second` scenarios (at most 128 by 64), each cell a `black76::call` with
    /// its own standard deviation, times a size, added to the scenario's sum.
    Scan,
    /// Every function of the numerics on inputs from their whole domain.
    Everything,
    /// Portfolio margin of `count` random portfolios, from the seed on: all of the answer and what is behind it, marks,
    /// sensitivities.
    Portfolios,
    /// A sum that overflows: it must trap (I-RND-7).
    Overflow,
}

impl Function {
    /// All of them, by number.
    pub const ALL: [Self; 21] = [
        Self::Nothing,
        Self::Cdf,
        Self::Pdf,
        Self::ExpNeg,
        Self::Exp,
        Self::Ln,
        Self::LnWide,
        Self::Sqrt,
        Self::Call,
        Self::Greeks,
        Self::Moneyness,
        Self::SviStdev,
        Self::SviCheck,
        Self::Product,
        Self::Quotient,
        Self::FromWad,
        Self::ToWad,
        Self::Scan,
        Self::Everything,
        Self::Portfolios,
        Self::Overflow,
    ];
}

/// A pseudo-random sequence (SplitMix64).
struct Sequence(u64);

impl Sequence {
    #[inline(always)]
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number of a random length.
    fn any(&mut self) -> i64 {
        let bits = self.next() & 63;
        (self.next() >> bits) as i64
    }

    /// A price, 18 decimals, evenly over the exponents of 1e-6 to 1e12.
    fn price(&mut self) -> u128 {
        let bits = self.next() % 61;
        let wide = (u128::from(self.next()) << 64) | u128::from(self.next());
        (wide >> (88 - bits)) | 1
    }
}

/// An order-sensitive digest of answers (FNV-1a over words).
struct Fold(u64);

impl Fold {
    #[inline(always)]
    fn push(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01B3);
    }

    fn signed(&mut self, word: i64) {
        self.push(word as u64);
    }

    fn wide(&mut self, word: i128) {
        self.push(word as u64);
        self.push((word >> 64) as u64);
    }
}

/// Applies `function` to `count` inputs of the sequence from `seed` and returns the fold of the answers. `scratch` is
/// what portfolio margin works in.
#[must_use]
pub fn run(function: Function, count: u32, second: u32, seed: u64, scratch: &mut Scratch) -> u64 {
    let mut inputs = Sequence(seed);
    let mut fold = Fold(0xCBF2_9CE4_8422_2325);
    let mut each = |apply: &dyn Fn(u64) -> i64| {
        for _ in 0..count {
            fold.signed(apply(inputs.next()));
        }
    };
    match function {
        Function::Nothing => each(&|v| v as i64),
        // arguments within ±8, [0, 32) and [0, 8): the middle of each domain
        Function::Cdf => each(&|v| normal::cdf((v >> 20) as i64 - 8 * ONE_Q40)),
        Function::Pdf => each(&|v| normal::pdf((v >> 20) as i64 - 8 * ONE_Q40)),
        Function::ExpNeg => each(&|v| elementary::exp_neg((v >> 19) as i64)),
        Function::Exp => each(&|v| elementary::exp((v >> 21) as i64)),
        Function::Ln => each(&|v| elementary::ln((v >> 1) as i64 | 1)),
        Function::LnWide => each(&|v| elementary::ln_u128(u128::from(v) << 20 | 1)),
        Function::Sqrt => each(&|v| elementary::sqrt_u128(u128::from(v) << 30) as i64),
        Function::Call => each(&|v| {
            let option = from_register(v);
            option.call((v >> 23) as i64)
        }),
        Function::Greeks => each(&|v| {
            let greeks = black76::greeks(from_register(v), (v >> 23) as i64);
            greeks.delta ^ greeks.vega ^ greeks.gamma_cash
        }),
        Function::Moneyness => {
            let forward = Price::new(2_000_000_000_000_000_000_000);
            each(&|v| {
                let option = Moneyness::new(forward, Price::new(u128::from(v) * 1_000));
                option.x ^ option.strike ^ option.forward
            });
        }
        Function::SviStdev => each(&|v| SLICE.stdev((v >> 23) as i64 - ONE_Q40)),
        Function::SviCheck => each(&|v| {
            let slice = Svi {
                a: SLICE.a + (v >> 40) as i64,
                ..SLICE
            };
            i64::from(slice.check().is_ok())
        }),
        Function::Product => each(&|v| mul_shift_floor::<40>((v >> 10) as i64, (v >> 21) as i64)),
        Function::Quotient => each(&|v| div_q40((v >> 10) as i64, (v >> 21) as i64, Round::Ceil)),
        Function::FromWad => each(&|v| from_wad::<40>(i128::from(v) << 10, Round::Floor)),
        Function::ToWad => each(&|v| to_wad::<40>(v as i64, Round::Ceil) as i64),
        Function::Scan => scan(count as usize, second as usize, &mut inputs, &mut fold),
        Function::Everything => {
            for _ in 0..count {
                everything(&mut inputs, &mut fold);
            }
        }
        Function::Portfolios => {
            for number in 0..u64::from(count) {
                let (answer, drawn) = assess_random(seed.wrapping_add(number), scratch);
                portfolio::fold(&answer, &drawn, scratch, &mut fold);
            }
        }
        Function::Overflow => fold.push(black_box(u64::MAX) + black_box(1)),
    }
    fold.0
}

/// A slice of a surface, about 40 % of volatility at 30 days.
const SLICE: Svi = Svi {
    a: 1 << 50,
    b: 1 << 53,
    rho: -(1 << 54),
    m: 1 << 50,
    sigma: 1 << 53,
};

/// An option from one random word: strike up to two forwards, |x| up to 2.
fn from_register(v: u64) -> Moneyness {
    let strike = (v >> 9) as i64 & ((1 << 54) - 1);
    Moneyness {
        forward: 1 << 53,
        strike,
        x: (v >> 22) as i64 - 2 * ONE_Q40,
        exponent: 0,
    }
}

/// An option leg and a scenario as the margin scan sees them.
#[derive(Clone, Copy)]
struct Leg {
    strike: i64,
    x: i64,
    stdev: i64,
    size: i64,
}

#[derive(Clone, Copy)]
struct Scenario {
    forward: i64,
    ln: i64,
    volatility: i64,
}

fn scan(legs: usize, scenarios: usize, inputs: &mut Sequence, fold: &mut Fold) {
    let mut leg = || Leg {
        strike: ((1_000 + inputs.next() % 4_000) << 42) as i64,
        x: (inputs.next() >> 24) as i64 - ONE_Q40 / 2,
        stdev: (inputs.next() >> 24) as i64,
        size: (inputs.next() % 100) as i64 - 50,
    };
    let book: [Leg; 128] = core::array::from_fn(|_| leg());
    let mut scenario = || {
        let factor = ONE_Q40 / 2 + (inputs.next() >> 24) as i64;
        Scenario {
            forward: factor << 13,
            ln: factor - ONE_Q40,
            volatility: ONE_Q40 / 2 + (inputs.next() >> 24) as i64,
        }
    };
    let set: [Scenario; 64] = core::array::from_fn(|_| scenario());
    let mut sums = [0i64; 64];
    for leg in book.iter().take(legs) {
        for (sum, scenario) in sums.iter_mut().zip(&set).take(scenarios) {
            let stdev = black76::scale_stdev(leg.stdev, scenario.volatility);
            let x = leg.x.wrapping_sub(scenario.ln);
            let value = black76::call(scenario.forward, leg.strike, x, stdev);
            *sum = sum.wrapping_add((value >> 20).wrapping_mul(leg.size));
        }
    }
    for sum in sums {
        fold.signed(sum);
    }
}

fn everything(inputs: &mut Sequence, fold: &mut Fold) {
    let option = Moneyness::new(Price::new(inputs.price()), Price::new(inputs.price()));
    fold.signed(option.forward);
    fold.signed(option.strike);
    fold.signed(option.x);
    fold.signed(option.exponent.into());
    let s = (inputs.next() >> (20 + inputs.next() % 40)) as i64;
    // as it is, mostly far from the money, and drawn towards it
    let near = Moneyness {
        x: option.x >> (inputs.next() & 7),
        ..option
    };
    for option in [option, near] {
        let values = black76::discounted(option, s, (inputs.next() >> 2) as i64);
        let greeks = black76::greeks(option, s);
        let (discount, rate) = ((inputs.next() >> 2) as i64, (inputs.next() >> 28) as i64);
        let years = (inputs.next() >> 22) as i64;
        for word in [
            values.call,
            values.put,
            greeks.delta,
            greeks.gamma_cash,
            greeks.vega,
        ] {
            fold.signed(word);
        }
        fold.signed(black76::theta(
            greeks.vega,
            values.call,
            s,
            discount,
            rate,
            years,
        ));
        fold.wide(option.to_wad(values.call, Round::Ceil));
    }
    if let Ok(found) = black76::implied_stdev(near, near.forward >> 1) {
        fold.signed(found);
    }
    let moved = option.shocked(Factor::new((inputs.next() >> 21) as i64));
    fold.signed(moved.forward);
    fold.signed(moved.x);

    let v = inputs.any();
    let other = inputs.next() as i64;
    for word in [
        normal::cdf(v),
        normal::pdf(v),
        elementary::exp(v),
        elementary::exp_neg(v),
        elementary::ln(v),
        elementary::sqrt(v),
        mul_shift_floor::<40>(v, other),
        mul_shift_ceil::<62>(v, other),
        div_q40(v, other, Round::Floor),
        from_wad::<40>(i128::from(other) << 20, Round::Ceil),
    ] {
        fold.signed(word);
    }
    fold.wide(to_wad::<56>(v, Round::Floor));
    let wide = u128::from(v.unsigned_abs()) << (inputs.next() & 63);
    fold.push(elementary::sqrt_u128(wide));
    fold.signed(elementary::ln_u128(wide));

    let svi = Svi {
        a: (inputs.next() >> 9) as i64,
        b: (inputs.next() >> 8) as i64,
        rho: (inputs.next() >> 7) as i64 - (1 << 56),
        m: (inputs.next() >> 7) as i64 - (1 << 56),
        sigma: (inputs.next() >> 8) as i64,
    };
    fold.signed(svi.variance(option.x));
    fold.signed(svi.stdev(option.x));
}
