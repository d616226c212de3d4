//! What is accepted and what is refused, feature by feature and bound by bound, at ArbOS 51, 60 and 61.

mod common;

use plimsoll_stylus::{
    Activation, ActivationError, Module, SUPPORTED_ARBOS, StylusParams, activate,
};

const GAS: u64 = 1 << 40;

fn accept(wasm: &[u8], arbos: u64) -> Result<Activation, ActivationError> {
    activate(wasm, &StylusParams::arbos(arbos), 128, &mut GAS.clone())
}

/// An acceptable module around `rest`.
fn around(rest: &str) -> String {
    format!(
        r#"(module {rest} (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
    )
}

fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap_or_else(|e| panic!("{e}: {wat}"))
}

#[track_caller]
fn accepted(wat: &str) {
    for arbos in SUPPORTED_ARBOS {
        let wasm = wasm(wat);
        accept(&wasm, arbos).unwrap_or_else(|e| panic!("ArbOS {arbos}: {e}\n{wat}"));
        Module::compile(&wasm, &StylusParams::arbos(arbos)).unwrap();
    }
}

#[track_caller]
fn refused(wat: &str, why: &str) {
    refused_bytes(&wasm(wat), why);
}

#[track_caller]
fn refused_bytes(wasm: &[u8], why: &str) {
    for arbos in SUPPORTED_ARBOS {
        match accept(wasm, arbos) {
            Err(ActivationError::Rejected(reason)) => {
                assert!(
                    reason.contains(why),
                    "ArbOS {arbos}: {reason:?} is not {why:?}"
                );
            }
            other => panic!("ArbOS {arbos}: {other:?}, not {why:?}"),
        }
        assert!(Module::compile(wasm, &StylusParams::arbos(arbos)).is_err());
    }
}

#[test]
fn what_every_program_needs() {
    accepted(&around(""));
    let entry = r#"(func (export "user_entrypoint") (param i32) (result i32) i32.const 0)"#;
    refused(&format!("(module {entry})"), "missing memory export");
    refused(
        &format!("(module (memory 1 1) {entry})"),
        "missing memory with export name memory",
    );
    refused(
        &format!(r#"(module (memory (export "mem") 1 1) {entry})"#),
        "missing memory with export name memory",
    );
    let memory = r#"(memory (export "memory") 1 1)"#;
    refused(
        &format!("(module {memory})"),
        "missing export with name user_entrypoint",
    );
    refused(
        &format!(r#"(module {memory} (global (export "user_entrypoint") i32 (i32.const 0)))"#),
        "missing export with name user_entrypoint",
    );
    for ty in [
        "",
        "(param i32)",
        "(result i32)",
        "(param i64) (result i32)",
        "(param i32 i32) (result i32)",
    ] {
        let body = if ty.contains("result") {
            "i32.const 0"
        } else {
            ""
        };
        refused(
            &format!(r#"(module {memory} (func (export "user_entrypoint") {ty} {body}))"#),
            "wrong type for user_entrypoint",
        );
    }
    // the entry point may be an import
    accepted(&format!(
        r#"(module (import "vm_hooks" "account_code_size" (func $f (param i32) (result i32)))
            {memory} (export "user_entrypoint" (func $f)))"#
    ));
    refused_bytes(b"", "unexpected end");
    refused_bytes(b"\0asm\x02\0\0\0", "version");
    refused_bytes(b"\0asm\x0d\0\x01\0", "component");
    refused(
        r#"(module (memory (export "memory") 1 1) (func $s) (start $s)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
        "start functions not allowed",
    );
}

#[test]
fn the_mvp_and_sign_extension() {
    accepted(&around(
        "(global $g (mut i64) (i64.const 5)) (global f64 (f64.const 1)) (table 3 funcref) (elem (i32.const 1) $f)
         (data (i32.const 0) \"x\")
         (func $f i32.const 0 i32.extend8_s i64.extend_i32_s i64.extend16_s global.set $g)",
    ));
}

#[test]
fn multi_value_only_below_stylus_version_3() {
    for rest in [
        "(func (result i32 i32) i32.const 1 i32.const 2)",
        "(func (param i32) (result i32) local.get 0 (block (param i32) (result i32)))",
        "(func (param i32) (result i32) local.get 0 (loop (param i32) (result i32)))",
        "(func (block (result i32 i32) i32.const 1 i32.const 2) drop drop)",
        "(type (func (result i32 i64)))",
    ] {
        let wasm = wasm(&around(rest));
        accept(&wasm, 51).unwrap_or_else(|e| panic!("{e}: {rest}"));
        for arbos in [59, 60, 61] {
            let params = StylusParams::arbos(arbos);
            let error = accept(&wasm, arbos).expect_err(rest).to_string();
            assert!(error.contains("multi-value"), "{error}");
            Module::compile(&wasm, &params).expect_err(rest);
            // a program activated for version 2 is translated as one, whatever the chain is now
            Module::compile(
                &wasm,
                &StylusParams {
                    version: 2,
                    ..params
                },
            )
            .unwrap();
        }
    }
}

#[test]
fn bulk_memory_is_copy_and_fill() {
    accepted(&around(
        "(func i32.const 0 i32.const 0 i32.const 0 memory.copy)",
    ));
    accepted(&around(
        "(func i32.const 0 i32.const 0 i32.const 0 memory.fill)",
    ));
    for (rest, why) in [
        // needs a data count, which is refused once everything is read
        (
            "(data $d \"x\") (func i32.const 0 i32.const 0 i32.const 0 memory.init $d)",
            "unsupported section type DataCount",
        ),
        (
            "(data $d \"x\") (func data.drop $d)",
            "unsupported section type DataCount",
        ),
        (
            "(table 1 funcref) (elem $e func) (func elem.drop $e)",
            "opcode not supported",
        ),
        (
            "(table 1 funcref) (elem $e func) (func i32.const 0 i32.const 0 i32.const 0 table.init $e)",
            "opcode not supported",
        ),
        (
            "(table 1 funcref) (func i32.const 0 i32.const 0 i32.const 0 table.copy)",
            "opcode not supported",
        ),
        (
            "(table 1 funcref) (func table.size 0 drop)",
            "reference types",
        ),
        (
            "(table 1 funcref) (func (result funcref) i32.const 0 table.get 0)",
            "reference types",
        ),
    ] {
        refused(&around(rest), why);
    }
    // segments that nothing can use do no harm
    accepted(&around("(elem func) (elem declare func)"));
    accepted(&around("(func $f) (elem func $f)"));
    let mut passive = wasm(&around(""));
    passive.extend([11, 4, 1, 1, 1, b'x']);
    accept(&passive, 51).unwrap();
    accept(&passive, 60).unwrap();
    Module::compile(&passive, &StylusParams::default()).unwrap();
}

#[test]
fn floats_may_be_moved_but_not_reckoned_with() {
    for body in [
        "f32.const 1 drop",
        "f64.const 1 drop",
        "i32.const 0 f32.load drop",
        "i32.const 0 f64.load drop",
        "i32.const 0 f32.const 1 f32.store",
        "i32.const 0 f64.const 1 f64.store",
        "f32.const 1 i32.reinterpret_f32 drop",
        "f64.const 1 i64.reinterpret_f64 drop",
        "i32.const 1 f32.reinterpret_i32 drop",
        "i64.const 1 f64.reinterpret_i64 drop",
    ] {
        accepted(&around(&format!("(func {body})")));
    }
    accepted(&around(
        "(func (param f32 f64) (result f32) (local f64) local.get 0)",
    ));
    let mut refused_bodies = Vec::new();
    for ty in ["f32", "f64"] {
        for op in ["abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"] {
            refused_bodies.push(format!("{ty}.const 1 {ty}.{op} drop"));
        }
        for op in [
            "add", "sub", "mul", "div", "min", "max", "copysign", "eq", "ne", "lt", "gt", "le",
            "ge",
        ] {
            refused_bodies.push(format!("{ty}.const 1 {ty}.const 2 {ty}.{op} drop"));
        }
        for int in ["i32", "i64"] {
            for sign in ["s", "u"] {
                refused_bodies.push(format!("{ty}.const 1 {int}.trunc_{ty}_{sign} drop"));
                refused_bodies.push(format!("{ty}.const 1 {int}.trunc_sat_{ty}_{sign} drop"));
                refused_bodies.push(format!("{int}.const 1 {ty}.convert_{int}_{sign} drop"));
            }
        }
    }
    refused_bodies.push("f64.const 1 f32.demote_f64 drop".into());
    refused_bodies.push("f32.const 1 f64.promote_f32 drop".into());
    for body in refused_bodies {
        refused(
            &around(&format!("(func {body})")),
            "No implementation for floating point operation",
        );
        // even where it is never reached
        refused(
            &around(&format!("(func unreachable {body})")),
            "No implementation for floating point operation",
        );
    }
}

#[test]
fn proposals_that_are_not_supported() {
    for (rest, why) in [
        ("(func (result funcref) ref.null func)", "reference types"),
        ("(func (param externref))", "reference types"),
        ("(table 1 externref)", "reference types"),
        ("(table 1 funcref) (table 1 funcref)", ""),
        (
            "(func i32.const 1 i32.const 1 i32.const 1 select (result i32) drop)",
            "reference types",
        ),
        (
            "(func (result i32) ref.null func ref.is_null)",
            "reference types",
        ),
        ("(global funcref (ref.null func))", "reference types"),
        ("(func v128.const i64x2 0 0 drop)", "SIMD"),
        ("(func (param v128))", "SIMD"),
        (
            "(func (param v128 v128 v128) (result v128) local.get 0 local.get 1 local.get 2 i32x4.relaxed_dot_i8x16_i7x16_add_s)",
            "",
        ),
        ("(func atomic.fence)", "threads"),
        ("(func i32.const 0 i32.atomic.load drop)", "threads"),
        ("(func $f return_call $f)", "tail calls"),
        ("(tag) (func throw 0)", "exceptions"),
        ("(tag)", "exceptions"),
        ("(func (try_table))", "exceptions"),
        ("(memory i64 1)", ""),
        ("(memory 1)", "multiple memories"),
        (
            "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
            "constant expression",
        ),
        ("(type (struct))", ""),
        ("(type (array i8))", ""),
        ("(func (param i31ref))", ""),
        (
            "(type $t (func)) (func (param (ref null $t)) local.get 0 call_ref $t)",
            "",
        ),
        (
            "(func (param i64 i64 i64 i64) local.get 0 local.get 1 local.get 2 local.get 3 i64.add128 drop drop)",
            "",
        ),
        ("(rec (type (func)) (type (func)))", ""),
        ("(func memory.size drop) (memory 1 (pagesize 1))", ""),
    ] {
        // a second memory has its place before the module's own
        refused(&around(rest), why);
    }
    refused(
        r#"(module (memory (export "memory") i64 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
        "memory64",
    );
    refused(
        r#"(module (memory (export "memory") 1 1 shared)
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
        "threads",
    );
}

#[test]
fn only_functions_may_be_imported() {
    for import in [
        "(memory 1 1)",
        "(global i32)",
        "(table 1 funcref)",
        "(global (mut i32))",
    ] {
        let wat = if import.contains("memory") {
            format!(
                r#"(module (import "vm_hooks" "x" {import}) (export "memory" (memory 0))
                (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
            )
        } else {
            around(&format!(r#"(import "vm_hooks" "x" {import})"#))
        };
        refused(&wat, "unsupported import kind");
    }
}

#[test]
fn only_host_functions_may_be_imported() {
    accepted(&around(
        r#"(import "vm_hooks" "msg_value" (func (param i32)))"#,
    ));
    for (module, name) in [
        ("vm_hooks", "msg_valu"),
        ("vm_hook", "msg_value"),
        ("env", "memcpy"),
        ("console", "log_txt"),
        ("debug", "null_host"),
        ("forward", "set_trap"),
        ("vm_hooks", ""),
    ] {
        refused(
            &around(&format!(r#"(import "{module}" "{name}" (func))"#)),
            "No such import",
        );
    }
    for ty in [
        "",
        "(param i64)",
        "(param i32 i32)",
        "(param i32) (result i32)",
    ] {
        refused(
            &around(&format!(r#"(import "vm_hooks" "msg_value" (func {ty}))"#)),
            "different function signature",
        );
    }
}

#[test]
fn all_42_host_functions_with_their_types() {
    // `common` imports them all under the types they have
    let imports = common::program("", "i32.const 0");
    assert_eq!(imports.matches("(import \"vm_hooks\"").count(), 42);
    accepted(&imports);
}

#[test]
fn names_that_would_be_ambiguous() {
    let import = r#"(import "vm_hooks" "msg_value" (func (param i32)))"#;
    // twice with one signature is fine
    accepted(&around(&format!("{import} {import}")));
    refused(
        &around(&format!(
            r#"(type (func)) {import} (import "vm_hooks" "msg_value" (func))"#
        )),
        "inconsistent imports",
    );
    // equal types under two indices count as two
    refused(
        &around(
            r#"(type $a (func (param i32))) (type $b (func (param i32)))
            (import "vm_hooks" "msg_value" (func (type $a)))
            (import "vm_hooks" "msg_value" (func (type $b)))"#,
        ),
        "inconsistent imports",
    );
    for name in ["msg_value", "x__msg_value", "__msg_value"] {
        refused(
            &around(&format!(r#"{import} (func (export "{name}"))"#)),
            "binary exports an import with the same name",
        );
    }
    accepted(&around(&format!(
        r#"{import} (func (export "msg_value__x"))"#
    )));
    // kinds do not matter
    refused(
        &around(&format!(
            r#"{import} (global (export "msg_value") i32 (i32.const 0))"#
        )),
        "binary exports an import with the same name",
    );
    for name in ["stylus_ink_left", "stylus", "x__stylusy"] {
        refused(
            &around(&format!(r#"(func (export "{name}"))"#)),
            "binary exports reserved symbol",
        );
    }
    accepted(&around(
        r#"(func (export "my_stylus")) (func (export "stylus__x"))"#,
    ));
    refused(
        &around(r#"(import "vm_hooks" "stylus_x" (func))"#),
        "binary imports reserved symbol",
    );
}

#[test]
fn memories_that_can_grow_must_pay() {
    let with = |memory: &str, import: &str| {
        format!(
            r#"(module {import} (memory (export "memory") {memory})
                (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
        )
    };
    let pay = r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))"#;
    for memory in ["0 0", "1 1", "128 128"] {
        accepted(&with(memory, ""));
    }
    for memory in ["0", "1", "0 1", "128", "0 65536"] {
        refused(&with(memory, ""), "missing import pay_for_memory_grow");
        accepted(&with(memory, pay));
    }
    refused(
        &with(
            "1",
            r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i64)))"#,
        ),
        "wrong type for pay_for_memory_grow",
    );
    refused(
        &with(
            "1",
            r#"(import "env" "pay_for_memory_grow" (func (param i32)))"#,
        ),
        "missing import pay_for_memory_grow",
    );
    refused(&with("129 129", ""), "memory size 129 exceeds bound 128");
    for memory in ["1 0", "2 1", "129 128"] {
        refused(&with(memory, pay), "maximum");
    }
    // what is open already is gone
    let three = wasm(&with("3 3", ""));
    let params = StylusParams::default();
    assert!(activate(&three, &params, 3, &mut GAS.clone()).is_ok());
    let error = activate(&three, &params, 2, &mut GAS.clone()).unwrap_err();
    assert!(
        error.to_string().contains("memory exceeds limit: 3 > 2"),
        "{error}"
    );
}

#[test]
fn segments_must_fit_and_have_plain_offsets() {
    accepted(&around(r#"(data (i32.const 65535) "x")"#));
    accepted(&around(r#"(data (i32.const 65536) "")"#));
    for data in [
        r#"(data (i32.const 65536) "x")"#,
        r#"(data (i32.const 65537) "")"#,
        r#"(data (i32.const -1) "x")"#,
    ] {
        refused(&around(data), "Out-of-bounds data memory init");
    }
    accepted(&around(
        "(table 2 funcref) (func $f) (elem (i32.const 1) $f)",
    ));
    accepted(&around("(table 2 funcref) (elem (i32.const 2) func)"));
    for elem in [
        "(elem (i32.const 2) $f)",
        "(elem (i32.const -1) $f)",
        "(elem (i32.const 1) $f $f)",
    ] {
        refused(
            &around(&format!("(table 2 funcref) (func $f) {elem}")),
            "Out of bounds element segment",
        );
    }
    refused(
        &around("(table 2 funcref) (func $f) (elem (i32.const 0) funcref (ref.func $f))"),
        "",
    );
    refused(
        &around(r#"(global $g i32 (i32.const 0)) (data (global.get $g) "x")"#),
        "",
    );
}

/// A section of a module, with its length.
fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![id];
    let mut len = content.len();
    loop {
        let byte = (len & 0x7f) as u8;
        len >>= 7;
        if len == 0 {
            out.push(byte);
            break;
        }
        out.push(byte | 0x80);
    }
    out.extend_from_slice(content);
    out
}

/// A module whose second function is `body`, byte by byte.
fn with_body(body: &[u8]) -> Vec<u8> {
    let mut code = vec![2, 4, 0, 0x41, 0, 0x0b, body.len() as u8 + 2, 0];
    code.extend_from_slice(body);
    code.push(0x0b);
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0]),
        section(3, &[2, 0, 1]),
        section(4, &[1, 0x70, 0, 1]),
        section(5, &[1, 1, 1, 1]),
        section(7, b"\x02\x06memory\x02\x00\x0fuser_entrypoint\x00\x00"),
        section(10, &code),
    ]
    .concat()
}

#[test]
fn over_long_indices_are_refused_where_a_zero_byte_belongs() {
    let ok = |body: &[u8]| {
        let wasm = with_body(body);
        for arbos in SUPPORTED_ARBOS {
            accept(&wasm, arbos).unwrap();
        }
        Module::compile(&wasm, &StylusParams::default()).unwrap();
    };
    // call_indirect type 1, table 0
    ok(&[0x41, 0, 0x11, 1, 0]);
    // as rustc writes it
    refused_bytes(
        &with_body(&[0x41, 0, 0x11, 1, 0x80, 0x80, 0x80, 0x80, 0]),
        "zero byte expected",
    );
    refused_bytes(
        &with_body(&[0x41, 0, 0x11, 1, 0x80, 0]),
        "zero byte expected",
    );
    // the type index may be as long as it likes
    ok(&[0x41, 0, 0x11, 0x81, 0x80, 0x80, 0x80, 0, 0]);
    // memory.size and memory.grow
    ok(&[0x3f, 0, 0x1a]);
    refused_bytes(&with_body(&[0x3f, 0x80, 0, 0x1a]), "zero byte expected");
    ok(&[0x41, 0, 0x40, 0, 0x1a]);
    refused_bytes(
        &with_body(&[0x41, 0, 0x40, 0x80, 0, 0x1a]),
        "zero byte expected",
    );
    // constants may be long
    ok(&[0x41, 0x80, 0x80, 0x80, 0x80, 0, 0x1a]);
    refused_bytes(
        &with_body(&[0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x1a]),
        "",
    );
    // an alignment larger than natural
    refused_bytes(&with_body(&[0x41, 0, 0x28, 3, 0, 0x1a]), "alignment");
    // reserved opcodes
    refused_bytes(&with_body(&[0x27]), "");
    refused_bytes(&with_body(&[0xfc, 0x7f]), "");
}

/// E-2. Bit 6 of an alignment says that a memory index follows. Nitro 3.9 reads one, and lets it be
/// 0; 3.10 knows of none.
#[test]
fn e2_an_alignment_with_bit_6_is_refused_by_nitro_3_10() {
    for opcode in 0x28..=0x3eu8 {
        let stores = opcode >= 0x36;
        let value = match (stores, opcode) {
            (true, 0x36 | 0x3a | 0x3b) => vec![0x41, 0],
            (true, 0x37 | 0x3c..=0x3e) => vec![0x42, 0],
            (true, 0x38) => vec![0x43, 0, 0, 0, 0],
            (true, _) => vec![0x44, 0, 0, 0, 0, 0, 0, 0, 0],
            _ => vec![],
        };
        let access = |memarg: &[u8]| {
            let drop: &[u8] = if stores { &[] } else { &[0x1a] };
            with_body(&[&[0x41, 0], &value[..], &[opcode], memarg, drop].concat())
        };
        for arbos in SUPPORTED_ARBOS {
            accept(&access(&[0, 0x40]), arbos).unwrap();
        }
        let flagged = access(&[0x40, 0, 0x40]);
        accept(&flagged, 51).unwrap();
        Module::compile(&flagged, &StylusParams::arbos(51)).unwrap();
        for arbos in [60, 61] {
            let error = accept(&flagged, arbos).unwrap_err().to_string();
            assert!(error.contains("alignment too large"), "{opcode:x}: {error}");
            Module::compile(&flagged, &StylusParams::arbos(arbos)).unwrap_err();
        }
        // another memory than the first is refused by both
        for arbos in SUPPORTED_ARBOS {
            accept(&access(&[0x40, 1, 0x40]), arbos).unwrap_err();
        }
    }
    // as it was found: i32.load align=2|64, memory 0, offset 64
    let found = with_body(&[0x41, 0, 0x28, 0x42, 0x00, 0x40, 0x1a]);
    assert!(accept(&found, 51).is_ok());
    assert!(accept(&found, 61).is_err());
}

#[test]
fn sections_must_be_known_and_well_formed() {
    let with = |section: &[u8]| [&wasm(&around(""))[..], section].concat();
    // custom sections are nobody's business
    accept(&with(&section(0, b"\x01xjunk")), 51).unwrap();
    accept(&with(&section(0, b"\x0cproject_hash0123456789")), 60).unwrap();
    // but the name section must be one
    accept(&with(&section(0, b"\x04name\x00\x04\x03abc")), 51).unwrap();
    refused_bytes(&with(&section(0, b"\x04name\x00\x04\x03ab")), "");
    refused_bytes(&with(&section(0, b"\x04name\x01\x03\x01\x00\x05")), "");
    refused_bytes(&with(&section(14, b"")), "");
    refused_bytes(&with(&section(1, b"\x00")), "out of order");
    // a data count without need
    let counted = {
        let module = with_body(&[]);
        let at = module.len() - section(10, &[2, 4, 0, 0x41, 0, 0x0b, 2, 0, 0x0b]).len();
        [&module[..at], &section(12, &[0]), &module[at..]].concat()
    };
    refused_bytes(&counted, "unsupported section type DataCount");
    let name = [&[4][..], b"name\x00\x83\x04\x81\x04", &[b'x'; 513]].concat();
    refused_bytes(&with(&section(0, &name)), "module name too long: 513 > 512");
    let name = [&[4][..], b"name\x00\x82\x04\x80\x04", &[b'x'; 512]].concat();
    accept(&with(&section(0, &name)), 51).unwrap();
}

#[test]
fn bounds() {
    let repeat = |what: &str, n: usize| what.repeat(n);
    // datas
    accepted(&around(&repeat(r#"(data (i32.const 0) "")"#, 128)));
    refused(
        &around(&repeat(r#"(data (i32.const 0) "")"#, 129)),
        "too many wasm datas: 129 > 128",
    );
    // elements
    let elem = "(elem (i32.const 0) func)";
    accepted(&around(&format!("(table 1 funcref){}", repeat(elem, 128))));
    refused(
        &around(&format!("(table 1 funcref){}", repeat(elem, 129))),
        "too many wasm elements: 129 > 128",
    );
    // functions: the entry is one
    accepted(&around(&repeat("(func)", 4_095)));
    refused(
        &around(&repeat("(func)", 4_096)),
        "too many wasm functions: 4097 > 4096",
    );
    // globals: four are added
    let global = "(global i32 (i32.const 0))";
    let many = wasm(&around(&repeat(global, 32_764)));
    accept(&many, 51).unwrap();
    refused(
        &around(&repeat(global, 32_765)),
        "too many wasm globals: 32769 > 32768",
    );
    // locals, parameters apart
    accepted(&around(&format!(
        "(func (param i32 i32) (local {}))",
        repeat("i32 ", 348)
    )));
    refused(
        &around(&format!("(func (local {}))", repeat("i32 ", 349))),
        "too many wasm locals: 349 > 348",
    );
    // imports
    let import = r#"(import "vm_hooks" "msg_value" (func (param i32)))"#;
    accepted(&around(&repeat(import, 513)));
    let wasm514 = wasm(&around(&repeat(import, 514)));
    for arbos in SUPPORTED_ARBOS {
        let error = accept(&wasm514, arbos).unwrap_err().to_string();
        assert!(
            error.contains("too many wasm imports: 514 > 513"),
            "{error}"
        );
    }
    accept(&wasm514, 31).unwrap();
    // tables
    accepted(&around("(table 4096 funcref)"));
    refused(
        &around("(table 4097 funcref)"),
        "too many wasm table entries: 4097 > 4096",
    );
    // exports that are dropped are not counted
    accepted(&around(
        &(0..1_100)
            .map(|i| format!(r#"(func (export "x{i}"))"#))
            .collect::<String>(),
    ));
}

#[test]
fn element_entries_are_counted_in_bytes() {
    // flags 1, offset 3 (i32.const 0 end), count 2, one byte an index: 4090 indices make 4096
    let elem = |n: usize| {
        around(&format!(
            "(table 4096 funcref) (func $f) (elem (i32.const 0) {})",
            "$f ".repeat(n)
        ))
    };
    accepted(&elem(4_090));
    refused(&elem(4_091), "too many wasm element entries: 4097 > 4096");
}

#[test]
fn opcodes_are_counted_with_those_inserted() {
    // 12 to check the stack, 12 for the one block, 4 and 1 to leave, and the end: 30 beside
    let nops = |n: usize| around(&format!("(func {})", "nop ".repeat(n)));
    accepted(&nops(65_506));
    refused(
        &nops(65_507),
        "too many wasm opcodes in func body: 65537 > 65536",
    );
    // each empty block is two opcodes and twelve for its meter
    let blocks = |n: usize| around(&format!("(func {})", "(block)".repeat(n)));
    // 30 + 14 * 4679 = 65536
    accepted(&blocks(4_679));
    refused(
        &blocks(4_680),
        "too many wasm opcodes in func body: 65550 > 65536",
    );
    // a fill is one opcode and 17: 30 + 4 * 21 = ... three constants, the fill and its 17
    let fills = |n: usize, nops: usize| {
        around(&format!(
            "(func {} {})",
            "i32.const 0 i32.const 0 i32.const 0 memory.fill ".repeat(n),
            "nop ".repeat(nops)
        ))
    };
    // 30 + 21 * 3000 = 63030, so 2506 nops more
    accepted(&fills(3_000, 2_506));
    refused(
        &fills(3_000, 2_507),
        "too many wasm opcodes in func body: 65537 > 65536",
    );
    // a growth is one opcode, and four where pages are paid for; its constant and drop are two
    let grows = |memory: &str, nops: usize| {
        format!(
            r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
                (memory (export "memory") {memory})
                (func (export "user_entrypoint") (param i32) (result i32) i32.const 0)
                (func {} {}))"#,
            "i32.const 0 memory.grow drop ".repeat(1_000),
            "nop ".repeat(nops)
        )
    };
    // 30 + 7 * 1000 + 58506 = 65536
    accepted(&grows("1", 58_506));
    refused(&grows("1", 58_507), "65537 > 65536");
    // 30 + 3 * 1000 + 62506
    accepted(&grows("1 1", 62_506));
    refused(&grows("1 1", 62_507), "65537 > 65536");
    // a return is one and four, and ends its block: 30 + (1 + 4 + 12) * n
    let returns = |n: usize, nops: usize| {
        around(&format!(
            "(func {} {})",
            "return ".repeat(n),
            "nop ".repeat(nops)
        ))
    };
    // 17 * 3000 = 51000
    accepted(&returns(3_000, 14_506));
    refused(&returns(3_000, 14_507), "65537 > 65536");
}

#[test]
fn frames_have_bounds() {
    let values = |n: usize| {
        around(&format!(
            "(func {} {})",
            "i32.const 0 ".repeat(n),
            "drop ".repeat(n)
        ))
    };
    accepted(&values(4_096));
    refused(
        &values(4_097),
        "too many values on the stack at once in func 0: 4097 > 4096",
    );
    // the frame is looked at before the number of locals is: 2 + 4 + 10234
    let locals = |n: usize| around(&format!("(func (local {}))", "i32 ".repeat(n)));
    refused(&locals(10_234), "too many wasm locals");
    refused(&locals(10_235), "frame too large: 10241 > 10240-word limit");
}

#[test]
fn never_a_panic_on_short_or_odd_bytes() {
    let whole = wasm(&common::program(
        "(table 2 funcref)",
        "i32.const 0 call $msg_value i32.const 0",
    ));
    for end in 0..whole.len() {
        let _ = accept(&whole[..end], 51);
    }
}
