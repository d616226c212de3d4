//! Activation's figures, start-up costs, the data fee and what is kept of a program.

mod common;

use plimsoll_stylus::{
    Activation, ActivationError, DataPricer, Program, StylusParams, activate, call_cost,
    evm_memory_cost,
};

const GAS: u64 = 1 << 40;

fn activated(wat: &str, arbos: u64) -> (usize, Activation) {
    let wasm = wat::parse_str(wat).unwrap();
    let mut gas = GAS;
    let activation = activate(&wasm, &StylusParams::arbos(arbos), 128, &mut gas).unwrap();
    assert_eq!(GAS - gas, activation.gas_used);
    (wasm.len(), activation)
}

const SMALL: &str = r#"(module (memory (export "memory") 0 0)
    (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;

#[test]
fn the_smallest_program() {
    let (len, small) = activated(SMALL, 51);
    // header 8; type 2+6; function 2+2; memory 2+4; export 2+29; code 2+6
    assert_eq!(len, 8 + 8 + 4 + 6 + (2 + 1 + 9 + 18) + 8);
    assert_eq!(len, 64);
    // 512000 + 996.829 + 2 * 11.416 + 64 * 6.2628 (400.8)
    assert_eq!(small.asm_estimate, 512_000 + 996 + 22 + 400);
    // 0.1 + 0 + 0.07 + 4 globals * 1.628 (6.5) + 0 + 0
    assert_eq!(small.cached_init_cost, 6);
    // 8.252 + 2.1 + 64 * 0.1286 (8.2)
    assert_eq!(small.init_cost, 8 + 2 + 8);
    assert_eq!((small.footprint, small.version), (0, 2));
    assert_eq!(
        (small.ink_left, small.ink_status, small.depth_left),
        (0, 1, 3)
    );
    assert_eq!(small.user_main, 0);
    // us: 64 * 0.31733 = 20.3; code: 2 opcodes, a meter 12, a stack check 12, and 5 to leave: 31 * 0.535 = 16.5
    assert_eq!(small.gas_used, (20 + 16) * 28);
}

#[test]
fn version_one_counts_the_cached_cost_twice() {
    let (_, one) = activated(SMALL, 30);
    assert_eq!(
        (one.version, one.cached_init_cost, one.init_cost),
        (1, 6, 18 + 6)
    );
    // and the bytes are not charged before ArbOS 32
    assert_eq!(one.gas_used, 16 * 28);
    let (_, two) = activated(SMALL, 31);
    assert_eq!((two.version, two.gas_used), (2, 16 * 28));
    let (_, two) = activated(SMALL, 32);
    assert_eq!(two.gas_used, 36 * 28);
}

#[test]
fn everything_that_counts() {
    let pad = "x".repeat(1_000);
    let wat = format!(
        r#"(module
        (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
        (memory (export "memory") 3)
        (global i32 (i32.const 0)) (global i64 (i64.const 0))
        (table 4 funcref) (elem (i32.const 0) $a $a $a)
        (data (i32.const 0) "{pad}") (data (i32.const 2000) "{pad}")
        (func $a (param i32 i64) (result i32) (local i32) i32.const 1)
        (func $b (param i32))
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0 memory.grow))"#
    );
    let (len, x) = activated(&wat, 51);
    let len = len as u64;
    // three functions of its own; 3 + 1 + 2 parameters and results
    assert_eq!(
        u64::from(x.asm_estimate),
        512_000 + 3 * 996_829 / 1_000 + 6 * 11_416 / 1_000 + len * 62_628 / 10_000
    );
    // a data segment: flags 1, offset 3 or 4, length 2, bytes; the element: flags 1, offset 3, count 1, 3
    let data_len = (1 + 3 + 2 + 1_000) + (1 + 4 + 2 + 1_000);
    let elem_len = 1 + 3 + 1 + 3;
    assert_eq!(
        u64::from(x.cached_init_cost),
        // functions and their types do not make one each
        len * 122 / 100_000 + 6 * 1_628 / 1_000 + (data_len + elem_len) * 75_244 / 100_000 + 3 * 5
    );
    assert_eq!(
        u64::from(x.init_cost),
        3 * 8_252 / 1_000 + 6 * 1_059 / 1_000 + len * 1_286 / 10_000
    );
    assert_eq!(
        (x.footprint, x.ink_left, x.depth_left, x.user_main),
        (3, 2, 5, 3)
    );
    // opcodes: each function has its meter 12, stack check 12, leave 5; bodies 2, 1 and 3 + 4 to pay
    let opcodes = 3 * 29 + 2 + 1 + 7;
    let us = [
        len * 31_733 / 100_000,
        3 * 17_263 / 100_000,
        2_000 * 17_376 / 100_000,
        elem_len * 17_376 / 100_000,
        3 * 2_217,
        opcodes * 535 / 1_000,
    ];
    assert_eq!(x.gas_used, us.iter().sum::<u64>() * 28);
}

#[test]
fn gas_that_does_not_suffice_is_gone() {
    let wasm = wat::parse_str(SMALL).unwrap();
    let params = StylusParams::default();
    let mut gas = 36 * 28;
    activate(&wasm, &params, 128, &mut gas).unwrap();
    assert_eq!(gas, 0);
    let mut gas = 36 * 28 - 1;
    assert_eq!(
        activate(&wasm, &params, 128, &mut gas),
        Err(ActivationError::OutOfGas)
    );
    assert_eq!(gas, 0);
    // a module that is refused anyway is refused first, unless linking is what refuses it
    let bad_import = SMALL.replace("(memory", r#"(import "env" "x" (func)) (memory"#);
    let wasm = wat::parse_str(&bad_import).unwrap();
    let mut gas = 1;
    assert_eq!(
        activate(&wasm, &params, 128, &mut gas),
        Err(ActivationError::OutOfGas)
    );
    let mut gas = GAS;
    let error = activate(&wasm, &params, 128, &mut gas).unwrap_err();
    assert!(error.to_string().contains("No such import"), "{error}");
    assert!(gas < GAS, "it was charged before");
}

#[test]
fn start_up() {
    let params = StylusParams::arbos(51);
    let program = Program {
        version: 2,
        init_cost: 1_000,
        cached_cost: 300,
        footprint: 1,
        ..Program::default()
    };
    // 69 * 128 + 1000, 11 * 32 + 300
    assert_eq!(program.init_gas(&params), 8_832 + 1_000);
    assert_eq!(program.cached_gas(&params), 352 + 300);
    assert_eq!(call_cost(&params, &program, false, 0, 0), 9_832 + 652);
    let cached = Program {
        cached: true,
        ..program
    };
    assert_eq!(call_cost(&params, &cached, false, 0, 0), 652);
    // seen in this block: from ArbOS 60 on
    assert_eq!(call_cost(&params, &program, true, 0, 0), 9_832 + 652);
    assert_eq!(
        call_cost(&StylusParams::default(), &program, true, 0, 0),
        652
    );
    // pages: a third one costs 1000
    assert_eq!(call_cost(&params, &cached, false, 2, 2), 652 + 1_000);
    assert_eq!(call_cost(&params, &cached, false, 1, 1), 652);
    let large = Program {
        footprint: 128,
        ..cached
    };
    assert_eq!(call_cost(&params, &large, false, 0, 0), 652 + 31_999_998);
    assert_eq!(call_cost(&params, &large, false, 1, 1), u64::MAX);
    // version 1 pays one or the other
    let v1 = StylusParams::arbos(30);
    let program = Program {
        version: 1,
        ..program
    };
    assert_eq!(call_cost(&v1, &program, false, 0, 0), 72 * 128 + 1_000);
    assert_eq!(
        call_cost(
            &v1,
            &Program {
                cached: true,
                ..program
            },
            false,
            0,
            0
        ),
        652
    );
    // scalars are rounded up
    let odd = StylusParams {
        init_cost_scalar: 49,
        cached_cost_scalar: 1,
        ..params
    };
    let program = Program {
        init_cost: 101,
        cached_cost: 1,
        ..program
    };
    assert_eq!(program.init_gas(&odd), 8_832 + 99);
    assert_eq!(program.cached_gas(&odd), 352 + 1);
}

#[test]
fn parameters_in_a_word() {
    let params = StylusParams {
        arbos_version: 61,
        version: 0x0102,
        ink_price: 0x03_04_05,
        max_stack_depth: 0x06_07_08_09,
        free_pages: 0x0a0b,
        page_gas: 0x0c0d,
        page_limit: 0x0e0f,
        min_init_gas: 0x10,
        min_cached_init_gas: 0x11,
        init_cost_scalar: 0x12,
        cached_cost_scalar: 0x13,
        expiry_days: 0x1415,
        keepalive_days: 0x1617,
        block_cache_size: 0x1819,
        max_wasm_size: 0x1a_1b_1c_1d,
        max_fragment_count: 0x1e,
    };
    let word = params.to_word();
    let counted: Vec<u8> = (1..=0x1e).chain([0, 0]).collect();
    assert_eq!(word[..], counted);
    assert_eq!(StylusParams::from_word(word, 61), params);
}

#[test]
fn an_upgrade_leaves_what_an_owner_has_set() {
    let mut params = StylusParams::arbos(51);
    params.page_limit = 64;
    params.ink_price = 20_000;
    let upgraded = params.upgraded(61);
    assert_eq!((upgraded.page_limit, upgraded.ink_price), (64, 20_000));
    assert_eq!((upgraded.version, upgraded.max_fragment_count), (3, 4));
    assert_eq!(
        StylusParams::arbos(51).upgraded(61),
        StylusParams::arbos(61)
    );
    // 60 and 61 differ in nothing but their number
    assert_eq!(
        StylusParams::arbos(60).to_word(),
        StylusParams::arbos(61).to_word()
    );
}

#[test]
fn open_pages_of_all_frames_have_a_limit() {
    let program = |footprint| Program {
        version: 3,
        footprint,
        ..Program::default()
    };
    let mut params = StylusParams::arbos(61);
    params.page_limit = 10;
    let cost = |params: &StylusParams, open| call_cost(params, &program(4), false, open, open);
    assert!(cost(&params, 6) < 100_000, "10 open pages are not too many");
    assert_eq!(cost(&params, 7), u64::MAX);
    // growing goes by the same model
    let grow = |params: &StylusParams, new| params.memory_model().gas_cost(new, 7, 7);
    assert_eq!((grow(&params, 3), grow(&params, 4)), (3_001, u64::MAX));
    // without a limit, and before it was one
    params.page_limit = 0;
    assert!(cost(&params, 7) < 100_000);
    let mut old = StylusParams::arbos(51);
    old.page_limit = 10;
    assert!(cost(&old, 7) < 100_000);
}

#[test]
fn parameters_by_version() {
    for (arbos, version, depth, min_init) in [
        (30, 1, 262_144, 72),
        (31, 2, 262_144, 69),
        (40, 2, 262_144, 69),
        (50, 2, 22_000, 69),
        (51, 2, 22_000, 69),
        (59, 3, 22_000, 69),
        (60, 3, 22_000, 69),
        (61, 3, 22_000, 69),
    ] {
        let params = StylusParams::arbos(arbos);
        assert_eq!(
            (params.version, params.max_stack_depth, params.min_init_gas),
            (version, depth, min_init),
            "{arbos}"
        );
    }
    assert_eq!(StylusParams::default(), StylusParams::arbos(61));
    for (arbos, fragments, wasm) in [(51, 0, 131_072), (60, 4, 262_144), (61, 4, 262_144)] {
        let params = StylusParams::arbos(arbos);
        assert_eq!(
            (params.max_fragment_count, params.max_wasm_size),
            (fragments, wasm),
            "{arbos}"
        );
    }
}

#[test]
fn return_data_costs_what_the_evm_would_ask() {
    // 3 * words + words^2 / 512
    for (len, cost) in [
        (0, 0),
        (1, 3),
        (32, 3),
        (33, 6),
        (1_024, 96 + 2),
        (65_536, 14_336),
    ] {
        assert_eq!(evm_memory_cost(len), cost, "{len}");
    }
}

#[test]
fn the_programs_record() {
    let (_, activation) = activated(SMALL, 51);
    let now = 1_421_388_000 + 3_600 * 100_000 + 7;
    let program = Program::new(&activation, now, true);
    assert_eq!(program.activated_at, 100_000);
    // 513418 bytes: 501.4 KiB
    assert_eq!(
        (program.asm_estimate_kb, program.asm_size()),
        (502, 502 * 1_024)
    );
    assert_eq!(program.age_seconds(now), 7);
    let word = program.to_word();
    assert_eq!(Program::from_word(word), program);
    assert_eq!(
        word[..16],
        [
            0, 2, 0, 18, 0, 6, 0, 0, 0x01, 0x86, 0xa0, 0, 0x01, 0xf6, 1, 0
        ]
    );
    let params = StylusParams::default();
    let year = 365 * 86_400;
    assert!(!program.expired(&params, now - 7 + year));
    assert!(program.expired(&params, now - 7 + year + 1));
}

#[test]
fn the_data_fee() {
    let (_, activation) = activated(SMALL, 51);
    assert_eq!(activation.asm_estimate, 513_418);
    let pricer = DataPricer::default();
    // demand 513418 of 21360419: 240 bips. 10000 + 240 + 240^2 / 20000 (2.88)
    // the series, rounded down at each step, makes 10242; 82928201 * 10242 / 10000 = 84935063
    assert_eq!(pricer.quote(513_418, 1_700_000_000), 84_935_063 * 513_418);
    // demand saturates rather than overflow; so does the fee
    let mut pricer = DataPricer {
        demand: u32::MAX,
        ..pricer
    };
    pricer.last_update_time = 1_700_000_000;
    assert_eq!(pricer.update(u32::MAX, 1_700_000_000), u64::MAX);
}
