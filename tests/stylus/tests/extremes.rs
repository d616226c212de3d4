//! What is accepted at its bounds must also be run: the interpreter has bounds of its own.

mod common;

use common::{GAS, TestHost};
use plimsoll_stylus::{Module, RunStatus, StylusParams, activate};

/// Accepts and runs `rest` with an entry point of `body`.
#[track_caller]
fn runs(rest: &str, body: &str) -> u64 {
    runs_at(&StylusParams::default(), rest, body)
}

#[track_caller]
fn runs_at(params: &StylusParams, rest: &str, body: &str) -> u64 {
    let wat = format!(
        r#"(module {rest} (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) {body} i32.const 0))"#
    );
    let wasm = wat::parse_str(&wat).unwrap();
    assert!(wasm.len() <= 131_072, "{} bytes", wasm.len());
    activate(&wasm, params, 128, &mut (1 << 40)).unwrap();
    let module = Module::compile(&wasm, params).unwrap();
    let outcome = module.run(&mut TestHost::default(), params, &[], GAS);
    assert_eq!(outcome.status, RunStatus::Success);
    GAS * 10_000 - outcome.ink_left
}

#[test]
fn branch_tables() {
    for n in [1_000, 32_768, 65_000] {
        let body = format!("(block i32.const {} br_table {} 0)", n - 1, "0 ".repeat(n));
        assert_eq!(
            runs("", &body),
            2 * 2_450 + 2 + 2_400 + 325 * n as u64 + 2,
            "{n}"
        );
    }
}

#[test]
fn nesting() {
    let nest = |open: &str, n: usize| format!("{} {}", open.repeat(n), ")".repeat(n));
    assert_eq!(
        runs("", &nest("(block ", 4_600)),
        4_600 * (2 + 2_450) + 2_452
    );
    assert_eq!(
        runs("", &nest("(loop ", 2_500)),
        2_500 * (2 + 2 * 2_450) + 2_452
    );
    // a branch out of all of them
    let deep = format!(
        "{} br {} {}",
        "(block ".repeat(4_600),
        4_599,
        ")".repeat(4_600)
    );
    assert_eq!(runs("", &deep), 4_600 + 765 + 2 * 2_450 + 2);
}

#[test]
fn parameters_and_results() {
    let list = "i64 ".repeat(1_000);
    let rest = format!(
        "(func $f (param {list}) (result {list}) {})",
        (0..1_000)
            .map(|i| format!("local.get {} ", 999 - i))
            .collect::<String>()
    );
    let body = format!(
        "{} call $f {}",
        "i64.const 1 ".repeat(1_000),
        "drop ".repeat(1_000)
    );
    assert_eq!(
        runs_at(&StylusParams::arbos(51), &rest, &body),
        (2_450 + 1_000 + 3_800) + (2_450 + 75_000 + 1) + (2_450 + 9_000 + 2)
    );
}

#[test]
fn values_and_locals() {
    let locals = format!("(local {})", "i64 ".repeat(348));
    let body = format!("{} {}", "i64.const 5 ".repeat(4_094), "drop ".repeat(4_094));
    let rest = format!("(func $f {locals} {body})");
    assert_eq!(
        runs(&rest, "call $f"),
        (2_450 + 3_800) + (2_450 + 40_940 + 1) + 2_452
    );
    // different ones, so that no two may share a place
    let body: String = (0..4_094)
        .map(|i| format!("i64.const {} ", i * 7_919))
        .collect();
    let rest = format!(
        "(func $f {locals} {body} {})",
        "i64.add ".repeat(4_093) + "drop"
    );
    runs(&rest, "call $f");
}

#[test]
fn functions_tables_and_globals() {
    let rest = format!(
        "(table 4096 funcref) {} {}",
        "(func)".repeat(4_000),
        "(global i32 (i32.const 0))".repeat(10_000)
    );
    assert_eq!(runs(&rest, "call 3999"), (2_450 + 3_800) + 2_451 + 2_452);
}

#[test]
fn a_long_function() {
    let n = 65_000;
    assert_eq!(
        runs(&format!("(func $f {})", "nop ".repeat(n)), "call $f"),
        6_250 + 2_451 + n as u64 + 2_452
    );
    // as many blocks as there may be
    let n = 4_600;
    assert_eq!(
        runs(&format!("(func $f {})", "(block)".repeat(n)), "call $f"),
        6_250 + n as u64 * 2_452 + 2_451 + 2_452
    );
}

#[test]
fn memory_arguments_in_every_encoding_that_is_accepted() {
    let module = |memarg: &[u8]| {
        let body = [&[0x41, 0, 0x28][..], memarg, &[0x1a, 0x41, 0, 0x0b]].concat();
        let mut code = wasm_encoder::CodeSection::new();
        code.raw(&[&[0][..], &body].concat());
        let mut exports = wasm_encoder::ExportSection::new();
        exports.export("memory", wasm_encoder::ExportKind::Memory, 0);
        exports.export("user_entrypoint", wasm_encoder::ExportKind::Func, 0);
        let mut module = wasm_encoder::Module::new();
        let raw = |id, data| wasm_encoder::RawSection { id, data };
        module
            .section(&raw(1, &[1, 0x60, 1, 0x7f, 1, 0x7f]))
            .section(&raw(3, &[1, 0]))
            .section(&raw(5, &[1, 1, 1, 1]))
            .section(&exports)
            .section(&code);
        module.finish()
    };
    let params = StylusParams::default();
    let mut accepted = 0;
    for memarg in [
        &[0, 0][..],
        &[2, 0],
        &[0x82, 0, 0],
        &[0x82, 0x80, 0x80, 0x80, 0, 0],
        &[0, 0x80, 0x80, 0],
        &[0, 0xff, 0xff, 3],
        // a memory index, behind its flag
        &[0x40, 0, 0],
        &[0x42, 0, 0],
        &[0x42, 0x80, 0, 0],
        &[0x42, 1, 0],
        &[0x43, 0, 0],
        &[3, 0],
        &[0x80, 1, 0],
    ] {
        let wasm = module(memarg);
        if activate(&wasm, &params, 128, &mut (1 << 40)).is_ok() {
            accepted += 1;
            let module = Module::compile(&wasm, &params).expect("what is accepted can be run");
            let outcome = module.run(&mut TestHost::default(), &params, &[], GAS);
            assert_eq!(
                GAS * 10_000 - outcome.ink_left,
                2_450 + 1 + 670 + 9 + 2,
                "{memarg:?}"
            );
        }
    }
    assert!(accepted >= 6);
}

#[test]
fn e2_dead_code_the_prover_of_nitro_3_9_lets_pass_although_it_is_ill_typed() {
    // unreachable, local.tee of an i32, local.set of an i64: newer validators object
    let mut code = wasm_encoder::CodeSection::new();
    code.raw(&[
        1, 1, 0x7e, 0x41, 0, 0x04, 0x40, 0x00, 0x22, 0, 0x21, 1, 0x0b, 0x41, 0, 0x0b,
    ]);
    let mut exports = wasm_encoder::ExportSection::new();
    exports.export("memory", wasm_encoder::ExportKind::Memory, 0);
    exports.export("user_entrypoint", wasm_encoder::ExportKind::Func, 0);
    let raw = |id, data| wasm_encoder::RawSection { id, data };
    let mut module = wasm_encoder::Module::new();
    module
        .section(&raw(1, &[1, 0x60, 1, 0x7f, 1, 0x7f]))
        .section(&raw(3, &[1, 0]))
        .section(&raw(5, &[1, 1, 1, 1]))
        .section(&exports)
        .section(&code);
    let wasm = module.finish();
    // among them Nitro 3.10's
    for arbos in [60, 61] {
        let error = activate(&wasm, &StylusParams::arbos(arbos), 128, &mut (1 << 40)).unwrap_err();
        assert!(error.to_string().contains("type mismatch"), "{error}");
    }
    let params = StylusParams::arbos(51);
    activate(&wasm, &params, 128, &mut (1 << 40)).unwrap();
    let module = Module::compile(&wasm, &params).unwrap();
    let outcome = module.run(&mut TestHost::default(), &params, &[], GAS);
    assert_eq!(outcome.status, RunStatus::Success);
    // const 1, if 765; what follows
    assert_eq!(GAS * 10_000 - outcome.ink_left, 2_450 + 766 + 2_452);
}
