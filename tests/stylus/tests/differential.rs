//! Random modules under two engines. The second, made by others, runs what `literal.rs` writes: pass
//! by pass the very opcodes Nitro's passes insert, with frames measured on what came out, metering
//! itself. Modules must end alike under both, with the same output and the same ink to the last unit.
//!
//! `PLIMSOLL_MODULES` says how many modules there are, `PLIMSOLL_SEED` where they start.

mod common;
#[path = "common/literal.rs"]
mod literal;
#[path = "common/random.rs"]
mod random;
#[path = "common/second.rs"]
mod second;

use common::TestHost;
use literal::{instrument, take_apart};
use plimsoll_stylus::{Module, RunStatus, StylusParams, activate};
use random::Random;
use second::{Ended, Run, Second, Start};
use wasmparser::{Parser, Payload};

/// What random modules import and export. `msg_reentrant` stands for all that only cost ink.
const SHAPE: &str = r#"(module
    (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
    (import "vm_hooks" "msg_reentrant" (func (result i32)))
    (import "vm_hooks" "evm_ink_left" (func (result i64)))
    (memory (export "memory") 1 20)
    (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#;

fn random_module(bytes: &[u8], bulk: bool, multi_value: bool) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        module_shape: Some(wat::parse_str(SHAPE).unwrap()),
        allow_floats: false,
        allow_start_export: false,
        bulk_memory_enabled: bulk,
        max_tables: if bulk { 0 } else { 1 },
        max_data_segments: if bulk { 0 } else { 4 },
        max_element_segments: if bulk { 0 } else { 4 },
        min_funcs: 3,
        max_funcs: 12,
        max_instructions: 300,
        max_table_elements: 20,
        table_max_size_required: true,
        max_memories: 1,
        max_exports: 2,
        exceptions_enabled: false,
        gc_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        extended_const_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: multi_value,
        saturating_float_to_int_enabled: false,
        ..wasm_smith::Config::default()
    };
    let mut u = arbitrary::Unstructured::new(bytes);
    Some(wasm_smith::Module::new(config, &mut u).ok()?.to_bytes())
}

/// Whether the module was acceptable and both engines agreed on it.
fn compare(
    second: &mut Second,
    wasm: &[u8],
    params: &StylusParams,
    gas: u64,
) -> Option<&'static str> {
    let mut left = 1 << 40;
    let activation = activate(wasm, params, 128, &mut left).ok()?;
    let (instrumented, opcodes) = instrument(wasm);

    let parts = take_apart(wasm);
    let bytes = |id: u8| -> u64 {
        // data bytes and element ranges of the activation's price
        Parser::new(0)
            .parse_all(wasm)
            .map(|payload| match payload.unwrap() {
                Payload::DataSection(s) if id == 11 => {
                    s.into_iter().map(|x| x.unwrap().data.len() as u64).sum()
                }
                Payload::ElementSection(s) if id == 9 => s
                    .into_iter()
                    .map(|x| x.unwrap().range)
                    .map(|r| (r.end - r.start) as u64)
                    .sum(),
                _ => 0u64,
            })
            .sum()
    };
    let us = [
        wasm.len() as u64 * 31_733 / 100_000,
        parts.bodies.len() as u64 * 17_263 / 100_000,
        bytes(11) * 17_376 / 100_000,
        bytes(9) * 17_376 / 100_000,
        2_217,
        opcodes * 535 / 1_000,
    ];
    assert_eq!(
        activation.gas_used,
        us.iter().sum::<u64>() * 28,
        "opcodes: {opcodes}"
    );

    let mut host = TestHost {
        open: 1,
        ever: 1,
        ..TestHost::default()
    };
    let outcome = Module::compile(wasm, params)
        .unwrap()
        .run(&mut host, params, b"abc", gas);
    if outcome.status == RunStatus::Filtered {
        return Some("filtered");
    }
    let start = Start {
        input: b"abc".into(),
        ink: gas * 10_000,
        space: params.max_stack_depth,
        wide: params.wide_page_counts(),
        replay: None,
    };
    let expected = &second.run(&instrumented, &[start]).unwrap()[0];
    let (way, ended) = match (&outcome.status, expected.ended) {
        (RunStatus::Success, _) => ("ended", Ended::With(0)),
        (RunStatus::Revert, Ended::With(x)) if x != 0 => ("ended", Ended::With(x)),
        (RunStatus::Revert, _) => ("ended", Ended::With(1)),
        (RunStatus::Failure(_), _) => ("trap", Ended::Trap),
        (RunStatus::OutOfInk, _) => ("ink", Ended::OutOfInk),
        (RunStatus::OutOfStack, _) => ("stack", Ended::OutOfStack),
        (RunStatus::Filtered, _) => unreachable!(),
    };
    let run = Run {
        ended,
        output: outcome.output.to_vec(),
        ink_left: outcome.ink_left,
    };
    assert_eq!(&run, expected);
    Some(way)
}

#[test]
fn random_modules_end_alike_under_both_engines() {
    let Some(mut second) = Second::start() else {
        return;
    };
    let modules = random::number("PLIMSOLL_MODULES", 1_500);
    let seed = random::seed();
    println!("{modules} modules from seed {seed}");
    let mut ways = std::collections::BTreeMap::new();
    for round in 0..modules {
        let mut random = Random::new(seed + round);
        let bytes: Vec<u8> = (0..500 + random.below(3_500))
            .map(|_| random.next() as u8)
            .collect();
        let old = random.below(4) == 0;
        let Some(wasm) = random_module(&bytes, random.below(2) == 0, old) else {
            continue;
        };
        let params = StylusParams {
            max_stack_depth: if random.below(2) == 0 {
                22_000
            } else {
                6 + random.below(194) as u32
            },
            ..StylusParams::arbos(if old { 51 } else { 61 })
        };
        let gas = 1 + random.below(3_000);
        let compared = std::panic::AssertUnwindSafe(|| compare(&mut second, &wasm, &params, gas));
        let way = std::panic::catch_unwind(compared)
            .unwrap_or_else(|_| panic!("PLIMSOLL_SEED={} PLIMSOLL_MODULES=1", seed + round));
        *ways.entry(way.unwrap_or("refused")).or_insert(0u64) += 1;
    }
    println!("{ways:?}");
    if modules < 1_000 {
        return;
    }
    // a check of the check: the modules are not all refused, and not all alike
    for way in ["ended", "trap", "ink", "stack"] {
        assert!(
            ways.get(way).is_some_and(|n| *n > modules / 100),
            "{way}: {ways:?}"
        );
    }
    assert!(
        ways.get("refused").is_none_or(|n| *n < modules / 4),
        "{ways:?}"
    );
}
