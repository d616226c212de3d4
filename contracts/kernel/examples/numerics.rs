//! The numeric functions behind a pipe, for the sweep in `model/numerics.py`.
//!
//! `numerics NAME` reads records of little-endian 64-bit words from standard input and writes one
//! record of results for each, in order.

use plimsoll_kernel::{
    black76::{self, Moneyness, Price},
    elementary, normal,
    svi::Svi,
};
use std::io::{Read, Write};

fn u128_of(low: i64, high: i64) -> u128 {
    (high as u64 as u128) << 64 | low as u64 as u128
}

/// Words a record takes, and what is done with it.
type Function = (usize, fn(&[i64], &mut Vec<i64>));

fn function(name: &str) -> Option<Function> {
    Some(match name {
        "exp" => (1, |r, out| out.push(elementary::exp(r[0]))),
        "exp_neg" => (1, |r, out| out.push(elementary::exp_neg(r[0]))),
        "exp_neg_q56" => (1, |r, out| out.push(elementary::exp_neg_q56(r[0]))),
        "ln" => (1, |r, out| out.push(elementary::ln(r[0]))),
        "ln_u128" => (2, |r, out| {
            out.push(elementary::ln_u128(u128_of(r[0], r[1])))
        }),
        "sqrt_u128" => (2, |r, out| {
            out.push(elementary::sqrt_u128(u128_of(r[0], r[1])) as i64)
        }),
        "cdf" => (1, |r, out| out.push(normal::cdf(r[0]))),
        "pdf" => (1, |r, out| out.push(normal::pdf(r[0]))),
        // forward, strike (18 decimals, two words each), s -> exponent of the unit, call, put
        "black76" => (5, |r, out| {
            let option = option(r);
            out.extend([option.exponent as i64, option.call(r[4]), option.put(r[4])]);
        }),
        // forward, strike, s -> exponent of the unit, call, delta, gamma_cash, vega
        "greeks" => (5, |r, out| {
            let option = option(r);
            let g = black76::greeks(option, r[4]);
            out.extend([
                option.exponent as i64,
                option.call(r[4]),
                g.delta,
                g.gamma_cash,
                g.vega,
            ]);
        }),
        // a, b, rho, m, sigma in Q56, k in Q40 -> total variance in Q56
        "svi" => (6, |r, out| {
            let svi = Svi {
                a: r[0],
                b: r[1],
                rho: r[2],
                m: r[3],
                sigma: r[4],
            };
            out.push(svi.variance(r[5]));
        }),
        _ => return None,
    })
}

fn option(r: &[i64]) -> Moneyness {
    Moneyness::new(
        Price::new(u128_of(r[0], r[1])),
        Price::new(u128_of(r[2], r[3])),
    )
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((words, apply)) = function(&name) else {
        eprintln!("no function named {name:?}");
        std::process::exit(2);
    };
    let mut input = Vec::new();
    std::io::stdin()
        .read_to_end(&mut input)
        .expect("reading standard input");
    let numbers: Vec<i64> = input
        .chunks_exact(8)
        .map(|b| i64::from_le_bytes(b.try_into().expect("eight bytes")))
        .collect();
    let mut out = Vec::new();
    for record in numbers.chunks_exact(words) {
        apply(record, &mut out);
    }
    let bytes: Vec<u8> = out.iter().flat_map(|v| v.to_le_bytes()).collect();
    std::io::stdout()
        .write_all(&bytes)
        .expect("writing standard output");
}
