mod common;

use common::{Random, market, portfolio};
use plimsoll_kernel::portfolio::{Portfolio, Scratch, aggregate, assess, market::Rules};

#[test]
fn measure() {
    let bytes = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/portfolio.bin"
    ))
    .unwrap();
    let mut rows = Vec::new();
    for (seed, row) in bytes.chunks_exact(40).enumerate() {
        let row: Vec<f64> = row
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
            .collect();
        let mut r = Random(seed as u64);
        let m = market(&mut r);
        let p = portfolio(&mut r, &m);
        let mut gross = 0.0;
        for (i, size, _) in &p.linear {
            let u = m.underlyings.iter().find(|u| u.id == i.underlying).unwrap();
            gross += (*size as f64).abs() * u.lot as f64 / 1e18 * u.spot as f64 / 1e18;
        }
        for (i, size) in &p.options {
            let u = m.underlyings.iter().find(|u| u.id == i.underlying).unwrap();
            let e = u.expiries.iter().find(|e| e.day == i.expiry_day).unwrap();
            let k = i.strike.unwrap().to_wad() as f64;
            gross += (*size as f64).abs() * u.lot as f64 / 1e18
                * k.max((e.variable + e.fixed) as f64)
                / 1e18;
        }
        m.with(Rules::DEFAULT, |market| {
            let slots = p.slots();
            let mut scratch = Box::new(Scratch::NEW);
            let a = assess(
                market,
                &Portfolio {
                    cash: p.cash,
                    collateral: &p.collateral,
                    slots: &slots,
                },
                &mut scratch,
            );
            let r = aggregate::requirement(market, scratch.scans(), u8::MAX);
            let worst = scratch.scans().iter().map(|s| s.worst).max().unwrap();
            let got = [a.equity, a.im, a.mm, r, worst].map(|v| v as f64 / 1e18);
            let d: Vec<f64> = got
                .iter()
                .zip(&row)
                .map(|(g, w)| (g - w) / (gross + 1.0))
                .collect();
            rows.push((
                d.iter().fold(0.0f64, |m, d| m.max(d.abs())),
                seed,
                d,
                gross,
                got,
                p.legs(),
            ));
        });
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    for r in rows.iter().take(25) {
        println!("{r:?}");
    }
    for q in [0.5, 0.9, 0.99, 0.999] {
        println!(
            "{q}: {:e}",
            rows[((1.0 - q) * rows.len() as f64) as usize].0
        );
    }
}
