//! The numerics in WASM: the same answers as natively, and within their ink.
//!
//! `cargo test -p plimsoll-numerics -- --nocapture` prints the table of `docs/numerics.md`;
//! `-- --ignored` compares 10^6 inputs of every function, and 10^5 portfolios.

use alloy_primitives::{Address, B256, Bytes, U256};
use plimsoll_kernel::portfolio::Scratch;
use plimsoll_numerics::{Drawn, Function, assess_random, run};
use plimsoll_stylus::{
    Host, Module, RunStatus, StylusParams,
    host::{ApiStatus, CallOutcome, CallRequest, CreateOutcome, CreateRequest, FrameContext},
    shrink,
};
use std::{path::Path, process::Command, sync::OnceLock};

/// A chain of which the program wants nothing.
#[derive(Default)]
struct NoChain(FrameContext);

impl Host for NoChain {
    fn context(&self) -> &FrameContext {
        &self.0
    }
    fn storage_load(&mut self, _: B256) -> (B256, u64) {
        unreachable!("no storage")
    }
    fn storage_store(&mut self, _: &[(B256, B256)], _: u64) -> (u64, ApiStatus) {
        unreachable!("no storage")
    }
    fn transient_load(&mut self, _: B256) -> B256 {
        unreachable!("no storage")
    }
    fn transient_store(&mut self, _: B256, _: B256) -> ApiStatus {
        unreachable!("no storage")
    }
    fn call(&mut self, _: CallRequest) -> CallOutcome {
        unreachable!("no calls")
    }
    fn create(&mut self, _: CreateRequest) -> CreateOutcome {
        unreachable!("no calls")
    }
    fn log(&mut self, _: Vec<B256>, _: Bytes) -> ApiStatus {
        unreachable!("no logs")
    }
    fn balance(&mut self, _: Address) -> (U256, u64) {
        unreachable!("no accounts")
    }
    fn code(&mut self, _: Address, _: u64) -> (Bytes, u64) {
        unreachable!("no accounts")
    }
    fn code_hash(&mut self, _: Address) -> (B256, u64) {
        unreachable!("no accounts")
    }
    fn pages(&self) -> (u16, u16) {
        (1, 1)
    }
    fn add_pages(&mut self, _: u16) {}
}

/// The program, built from this package as the contracts are.
fn module() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--locked", "--lib"])
            .args([
                "--package",
                "plimsoll-numerics",
                "--target",
                "wasm32-unknown-unknown",
            ])
            .arg("--target-dir")
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            // flags meant for this test would replace those of .cargo/config.toml
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the program builds");
        let wasm = target.join("wasm32-unknown-unknown/release/plimsoll_numerics.wasm");
        let wasm = std::fs::read(wasm).expect("the module is there");
        let wasm = shrink(&wasm).expect("the module is well formed");
        Module::compile(&wasm, &StylusParams::default()).expect("the module is acceptable")
    })
}

/// Runs the program: ink it used, and its fold.
fn in_wasm(function: Function, count: u32, second: u32, seed: u64) -> (u64, u64) {
    const GAS: u64 = 1 << 48;
    let params = StylusParams::default();
    let mut input = Vec::with_capacity(20);
    for word in [function as u32, count, second] {
        input.extend(word.to_le_bytes());
    }
    input.extend(seed.to_le_bytes());
    let outcome = module().run(&mut NoChain::default(), &params, &input, GAS);
    assert_eq!(outcome.status, RunStatus::Success, "{function:?}");
    let fold = u64::from_le_bytes(outcome.output[..].try_into().expect("eight bytes"));
    (params.gas_to_ink(GAS) - outcome.ink_left, fold)
}

fn native(function: Function, count: u32, second: u32, seed: u64) -> u64 {
    run(function, count, second, seed, &mut Box::new(Scratch::NEW))
}

fn agree(count: u32) {
    for function in Function::ALL {
        let (count, second) = match function {
            Function::Portfolios | Function::Overflow => continue,
            Function::Scan => (128, 64),
            // checks 76 strikes each
            Function::SviCheck => (count / 100, 0),
            _ => (count, 0),
        };
        for seed in [1, u64::MAX / 3] {
            let native = native(function, count, second, seed);
            let (_, wasm) = in_wasm(function, count, second, seed);
            assert_eq!(
                native, wasm,
                "{function:?}, {count} inputs from seed {seed}"
            );
        }
    }
}

#[test]
fn i_prc_9_native_and_wasm_agree() {
    agree(2_000);
}

#[test]
#[ignore = "minutes: 10^6 inputs of every function, twice"]
fn i_prc_9_native_and_wasm_agree_on_a_million_inputs() {
    agree(1_000_000);
}

/// Portfolio margin natively and in WASM: every field of the answer, each add-on and each scenario of each underlying,
/// marks and sensitivities.
fn portfolios_agree(count: u64) {
    const TOGETHER: u64 = 100;
    std::thread::scope(|scope| {
        let halves = [0, TOGETHER].map(|first| {
            scope.spawn(move || {
                for seed in (first..count).step_by(2 * TOGETHER as usize) {
                    let native = native(Function::Portfolios, TOGETHER as u32, 0, seed);
                    let (_, wasm) = in_wasm(Function::Portfolios, TOGETHER as u32, 0, seed);
                    assert_eq!(native, wasm, "one of {TOGETHER} portfolios from {seed}");
                }
            })
        });
        for half in halves {
            half.join().expect("equal answers");
        }
    });
}

/// Equal answers to nothing would prove nothing: what the portfolios are like, of one in ten.
#[test]
fn the_portfolios_are_of_all_kinds() {
    const COUNT: u32 = 1_000;
    let mut scratch = Box::new(Scratch::NEW);
    let (mut all, mut stale, mut clamped, mut several) = (Drawn::default(), 0, 0, 0);
    for seed in 0..COUNT {
        let (answer, drawn) = assess_random(u64::from(seed) * 10, &mut scratch);
        stale += u32::from(answer.stale);
        clamped += u32::from(answer.out_of_range);
        several += u32::from(scratch.scans().iter().filter(|s| s.used).count() > 1);
        all.linear += drawn.linear;
        all.options += drawn.options;
        all.collateral += drawn.collateral;
    }
    println!("{all:?}; {stale} stale, {clamped} out of range, {several} with several underlyings");
    assert!(all.options > 5 * COUNT && all.linear > COUNT && all.collateral > COUNT);
    assert!(several > COUNT / 2);
    assert!(stale > COUNT / 10 && stale < COUNT / 10 * 9);
    assert!(clamped > COUNT / 50 && clamped < COUNT / 4);
}

#[test]
fn i_prc_9_portfolio_margin_is_the_same_natively_and_in_wasm() {
    portfolios_agree(10_000);
}

#[test]
#[ignore = "minutes: 10^5 portfolios"]
fn i_prc_9_portfolio_margin_is_the_same_on_a_hundred_thousand_portfolios() {
    portfolios_agree(100_000);
}

/// Built as the contracts are, with the profile of the contracts: an overflow of primitives traps.
#[test]
fn i_rnd_7_canary_overflow_traps_in_wasm() {
    let params = StylusParams::default();
    let ask = |function: Function| {
        let mut input = vec![0; 20];
        input[..4].copy_from_slice(&(function as u32).to_le_bytes());
        let gas = 1 << 40;
        let outcome = module().run(&mut NoChain::default(), &params, &input, gas);
        outcome.status
    };
    assert_eq!(ask(Function::Nothing), RunStatus::Success);
    assert!(matches!(ask(Function::Overflow), RunStatus::Failure(_)));
}

#[test]
fn ink_stays_within_its_budget() {
    // the number of inputs cancels what is not the loop
    let per_input = |function| {
        let (few, many) = (
            in_wasm(function, 100, 0, 7).0,
            in_wasm(function, 300, 0, 7).0,
        );
        (many - few) / 200
    };
    let nothing = per_input(Function::Nothing);
    // budgets in ink, a tenth or so above what is measured
    let budgets = [
        (Function::Cdf, 20_000),
        (Function::Pdf, 56_000),
        (Function::ExpNeg, 53_000),
        (Function::Exp, 62_000),
        (Function::Ln, 73_000),
        (Function::LnWide, 79_000),
        (Function::Sqrt, 72_000),
        (Function::Call, 60_000),
        (Function::Greeks, 130_000),
        (Function::Moneyness, 215_000),
        (Function::SviStdev, 263_000),
        (Function::SviCheck, 175_000_000),
        (Function::Product, 7_000),
        (Function::Quotient, 290_000),
        (Function::FromWad, 240_000),
        (Function::ToWad, 23_000),
    ];
    for (function, budget) in budgets {
        let ink = per_input(function).saturating_sub(nothing);
        println!("{function:?}: {ink} ink, {:.2} gas", ink as f64 / 10_000.0);
        assert!(ink <= budget, "{function:?}: {ink} ink, budget {budget}");
    }
    for (legs, scenarios) in [(64, 23), (64, 33), (128, 23)] {
        let (none, all) = (
            in_wasm(Function::Scan, 0, scenarios, 7).0,
            in_wasm(Function::Scan, legs, scenarios, 7).0,
        );
        let ink = (all - none) / u64::from(legs * scenarios);
        println!(
            "one value in a scan of {legs} x {scenarios}: {ink} ink, {:.2} gas",
            ink as f64 / 10_000.0
        );
        assert!(ink <= 62_000, "a Black-76 value in a scan costs {ink} ink");
    }
}
