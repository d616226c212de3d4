//! The engine against a second one that is slow and literal: it inserts, pass by pass, the very
//! opcodes Nitro's passes insert, measures frames on what came out, and lets the module meter
//! itself. Random modules must end alike under both, with the same ink to the last unit.

mod common;

use common::{GAS, TestHost};
use plimsoll_stylus::{Module, RunStatus, StylusParams, activate};
use proptest::prelude::*;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection,
    GlobalType, Instruction as I, RawSection, ValType,
    reencode::{Reencode, RoundtripReencoder},
};
use wasmi::{Caller, Config, Engine, Extern, Linker, Store, Val};
use wasmparser::{FuncType, Parser, Payload, TypeRef};

/// What random modules import and export. `msg_reentrant` stands for all that only cost ink.
const SHAPE: &str = r#"(module
    (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
    (import "vm_hooks" "msg_reentrant" (func (result i32)))
    (import "vm_hooks" "evm_ink_left" (func (result i64)))
    (memory (export "memory") 1 20)
    (func (export "user_entrypoint") (param i32) (result i32) unreachable))"#;

fn random_module(bytes: &[u8], bulk: bool) -> Option<Vec<u8>> {
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
        compact_imports_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        extended_const_enabled: false,
        memory64_enabled: false,
        saturating_float_to_int_enabled: false,
        ..wasm_smith::Config::default()
    };
    let mut u = arbitrary::Unstructured::new(bytes);
    Some(wasm_smith::Module::new(config, &mut u).ok()?.to_bytes())
}

/// An opcode's name.
fn name(op: &I<'_>) -> String {
    let text = format!("{op:?}");
    text.split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .into()
}

fn price(op: &I<'_>, types: &[FuncType]) -> u64 {
    match op {
        I::BrTable(targets, _) => return 2_400 + 325 * targets.len() as u64,
        I::CallIndirect { type_index, .. } => {
            return 13_610 + 650 * types[*type_index as usize].params().len() as u64;
        }
        _ => {}
    }
    let name = name(op);
    let Some(int) = name
        .strip_prefix("I32")
        .or_else(|| name.strip_prefix("I64"))
    else {
        return match name.as_str() {
            "Unreachable" | "Return" | "Nop" | "Block" | "Loop" | "Else" | "End" => 1,
            "Drop" => 9,
            "Br" | "BrIf" | "If" => 765,
            "Select" => 1_250,
            "Call" => 3_800,
            "LocalGet" | "LocalTee" => 75,
            "LocalSet" => 210,
            "GlobalGet" => 225,
            "GlobalSet" => 575,
            "MemorySize" => 3_000,
            "MemoryGrow" => 8_050,
            "MemoryCopy" | "MemoryFill" => 950,
            _ => u64::MAX,
        };
    };
    let pick = |narrow: u64, wide: u64| {
        if name.starts_with("I32") {
            narrow
        } else {
            wide
        }
    };
    match int {
        "Const" => 1,
        "Eqz" | "Eq" | "Ne" | "LtS" | "LtU" | "GtS" | "GtU" | "LeS" | "LeU" | "GeS" | "GeU" => {
            pick(170, 225)
        }
        "Clz" | "Ctz" => 210,
        "Popcnt" => pick(2_650, 6_000),
        "Mul" => 160,
        "DivS" | "DivU" | "RemS" | "RemU" => pick(1_120, 1_270),
        "Add" | "Sub" | "And" | "Or" | "Xor" | "Shl" | "ShrS" | "ShrU" | "Rotl" | "Rotr" => {
            pick(70, 100)
        }
        x if x.starts_with("Extend") || x == "WrapI64" => 100,
        x if x.starts_with("Load") => pick(670, 680),
        x if x.starts_with("Store") => pick(825, 950),
        other => panic!("no price for {other}"),
    }
}

fn ends_block(op: &I<'_>) -> bool {
    matches!(
        name(op).as_str(),
        "End"
            | "Else"
            | "Return"
            | "Loop"
            | "Br"
            | "BrTable"
            | "BrIf"
            | "If"
            | "Call"
            | "CallIndirect"
    )
}

/// Locals in groups, and opcodes.
type Code<'a> = (Vec<(u32, ValType)>, Vec<I<'a>>);

/// A module taken apart as far as the passes need it.
struct Parts<'a> {
    types: Vec<FuncType>,
    /// Type of every function, imported ones first.
    functions: Vec<u32>,
    imports: u32,
    globals: u32,
    bodies: Vec<Code<'a>>,
    sections: Vec<(u8, std::ops::Range<usize>)>,
}

fn take_apart(wasm: &[u8]) -> Parts<'_> {
    let mut parts = Parts {
        types: vec![],
        functions: vec![],
        imports: 0,
        globals: 0,
        bodies: vec![],
        sections: vec![],
    };
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.unwrap();
        if let Some((id, range)) = payload.as_section() {
            parts
                .sections
                .push((id, range.start as usize..range.end as usize));
        }
        match payload {
            Payload::TypeSection(types) => {
                parts
                    .types
                    .extend(types.into_iter_err_on_gc_types().map(Result::unwrap));
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let TypeRef::Func(ty) = import.unwrap().ty else {
                        panic!("only functions")
                    };
                    parts.functions.push(ty);
                    parts.imports += 1;
                }
            }
            Payload::FunctionSection(functions) => {
                parts
                    .functions
                    .extend(functions.into_iter().map(Result::unwrap));
            }
            Payload::GlobalSection(globals) => parts.globals = globals.count(),
            Payload::CodeSectionEntry(body) => {
                let mut reencoder = RoundtripReencoder;
                let locals = body
                    .get_locals_reader()
                    .unwrap()
                    .into_iter()
                    .map(|x| {
                        x.map(|(n, ty)| (n, reencoder.val_type(ty).unwrap()))
                            .unwrap()
                    })
                    .collect();
                let ops = body
                    .get_operators_reader()
                    .unwrap()
                    .into_iter()
                    .map(|op| reencoder.instruction(op.unwrap()).unwrap())
                    .collect();
                parts.bodies.push((locals, ops));
            }
            _ => {}
        }
    }
    parts
}

fn meter<'a>(ops: Vec<I<'a>>, types: &[FuncType], ink: u32, status: u32) -> Vec<I<'a>> {
    let (mut out, mut block) = (vec![], vec![]);
    let mut sum = 0u64;
    for op in ops {
        sum = sum.saturating_add(price(&op, types));
        let end = ends_block(&op);
        block.push(op);
        if end {
            let cost = sum.saturating_add(2_450) as i64;
            out.extend([
                I::GlobalGet(ink),
                I::I64Const(cost),
                I::I64LtU,
                I::If(BlockType::Empty),
                I::I32Const(1),
                I::GlobalSet(status),
                I::Unreachable,
                I::End,
                I::GlobalGet(ink),
                I::I64Const(cost),
                I::I64Sub,
                I::GlobalSet(ink),
            ]);
            out.append(&mut block);
            sum = 0;
        }
    }
    out
}

fn dynamic(ops: Vec<I<'_>>, ink: u32, status: u32, scratch: u32) -> Vec<I<'_>> {
    let mut out = vec![];
    for op in ops {
        if matches!(op, I::MemoryFill(_) | I::MemoryCopy { .. }) {
            out.extend([
                I::GlobalSet(scratch),
                I::GlobalGet(ink),
                I::GlobalGet(ink),
                I::GlobalGet(scratch),
                I::I64ExtendI32U,
                I::I64Const(100),
                I::I64Mul,
                I::I64Sub,
                I::GlobalSet(ink),
                I::GlobalGet(ink),
                I::I64LtU,
                I::If(BlockType::Empty),
                I::I32Const(1),
                I::GlobalSet(status),
                I::Unreachable,
                I::End,
                I::GlobalGet(scratch),
            ]);
        }
        out.push(op);
    }
    out
}

/// Tallest stack of code as it stands.
fn tallest(ops: &[I<'_>], parts: &Parts<'_>) -> u32 {
    let (mut stack, mut worst) = (0u32, 0u32);
    let mut scopes = vec![0];
    for op in ops {
        let mut pops = 0;
        let mut change = |push: u32, pop: u32| {
            stack += push;
            worst = worst.max(stack);
            stack = stack.saturating_sub(pop);
        };
        let signature = |index: u32| {
            let ty = &parts.types[index as usize];
            (ty.results().len() as u32, ty.params().len() as u32)
        };
        match op {
            I::Block(ty) | I::Loop(ty) | I::If(ty) => {
                if matches!(op, I::If(_)) {
                    change(0, 1);
                }
                match ty {
                    BlockType::Empty => {}
                    BlockType::Result(_) => change(1, 0),
                    BlockType::FunctionType(index) => {
                        let (push, pop) = signature(*index);
                        change(push, pop);
                    }
                }
                scopes.push(stack);
            }
            I::Else => stack = *scopes.last().unwrap(),
            I::End => stack = scopes.pop().unwrap(),
            I::Call(f) => {
                let (push, pop) = signature(parts.functions[*f as usize]);
                change(push, pop);
            }
            I::CallIndirect { type_index, .. } => {
                let (push, pop) = signature(*type_index);
                change(push, pop);
                change(0, 1);
            }
            _ => {
                let name = name(op);
                let int = name
                    .strip_prefix("I32")
                    .or_else(|| name.strip_prefix("I64"));
                match (name.as_str(), int) {
                    (_, Some("Const")) | ("LocalGet" | "GlobalGet" | "MemorySize", _) => {
                        change(1, 0);
                    }
                    ("MemoryFill" | "MemoryCopy", _) => pops = 3,
                    ("Select", _) => pops = 2,
                    ("Drop" | "BrIf" | "BrTable" | "LocalSet" | "GlobalSet", _) => pops = 1,
                    (_, Some(x)) if x.starts_with("Store") => pops = 2,
                    (_, Some("Eqz" | "Clz" | "Ctz" | "Popcnt" | "WrapI64")) => {}
                    (_, Some(x)) if x.starts_with("Load") || x.starts_with("Extend") => {}
                    (_, Some(_)) => pops = 1,
                    ("Nop" | "Unreachable" | "Br" | "Return" | "LocalTee" | "MemoryGrow", _) => {}
                    (other, _) => panic!("no height for {other}"),
                }
            }
        }
        stack = stack.saturating_sub(pops);
    }
    worst
}

fn depth<'a>(mut ops: Vec<I<'a>>, frame: i32, space: u32) -> Vec<I<'a>> {
    let mut out = vec![
        I::GlobalGet(space),
        I::I32Const(frame),
        I::I32LeU,
        I::If(BlockType::Empty),
        I::I32Const(0),
        I::GlobalSet(space),
        I::Unreachable,
        I::End,
        I::GlobalGet(space),
        I::I32Const(frame),
        I::I32Sub,
        I::GlobalSet(space),
    ];
    let last = ops.pop().unwrap();
    ops.extend([I::Return, last]);
    for op in ops {
        if matches!(op, I::Return) {
            out.extend([
                I::GlobalGet(space),
                I::I32Const(frame),
                I::I32Add,
                I::GlobalSet(space),
            ]);
        }
        out.push(op);
    }
    out
}

fn heap(ops: Vec<I<'_>>, scratch: u32) -> Vec<I<'_>> {
    let mut out = vec![];
    for op in ops {
        if matches!(op, I::MemoryGrow(_)) {
            out.extend([
                I::GlobalSet(scratch),
                I::GlobalGet(scratch),
                I::GlobalGet(scratch),
                I::Call(0),
            ]);
        }
        out.push(op);
    }
    out
}

/// The module as Nitro's passes leave it, and how many opcodes it has.
fn instrument(wasm: &[u8]) -> (Vec<u8>, u64) {
    let parts = take_apart(wasm);
    let [ink, status, scratch, space] = [0, 1, 2, 3].map(|i| parts.globals + i);
    let mut codes = CodeSection::new();
    let mut opcodes = 0;
    for (locals, ops) in &parts.bodies {
        let ops = dynamic(
            meter(ops.clone(), &parts.types, ink, status),
            ink,
            status,
            scratch,
        );
        let declared: u32 = locals.iter().map(|x| x.0).sum();
        let frame = tallest(&ops, &parts) + declared + 4;
        let ops = heap(depth(ops, frame as i32, space), scratch);
        opcodes += ops.len() as u64;
        let mut function = Function::new(locals.clone());
        for op in &ops {
            function.instruction(op);
        }
        codes.function(&function);
    }

    let mut module = wasm_encoder::Module::new();
    let mut globals_done = false;
    for (id, range) in &parts.sections {
        // globals come before exports, whether there were any or not
        if *id == 7 && !globals_done {
            module.section(&added_globals(wasm, None));
            globals_done = true;
        }
        match id {
            6 => {
                module.section(&added_globals(wasm, Some(range.clone())));
                globals_done = true;
            }
            7 => {
                let mut exports = ExportSection::new();
                for payload in Parser::new(0).parse_all(wasm) {
                    if let Ok(Payload::ExportSection(section)) = payload {
                        RoundtripReencoder
                            .parse_export_section(&mut exports, section)
                            .unwrap();
                    }
                }
                for (name, index) in [("ink", ink), ("status", status), ("space", space)] {
                    exports.export(name, ExportKind::Global, index);
                }
                module.section(&exports);
            }
            10 => {
                module.section(&codes);
            }
            0 => {}
            _ => {
                module.section(&RawSection {
                    id: *id,
                    data: &wasm[range.clone()],
                });
            }
        }
    }
    (module.finish(), opcodes)
}

fn added_globals(wasm: &[u8], own: Option<std::ops::Range<usize>>) -> GlobalSection {
    let mut globals = GlobalSection::new();
    if own.is_some() {
        for payload in Parser::new(0).parse_all(wasm) {
            if let Ok(Payload::GlobalSection(section)) = payload {
                RoundtripReencoder
                    .parse_global_section(&mut globals, section)
                    .unwrap();
            }
        }
    }
    let ty = |val_type| GlobalType {
        val_type,
        mutable: true,
        shared: false,
    };
    globals.global(ty(ValType::I64), &ConstExpr::i64_const(0));
    for _ in 0..3 {
        globals.global(ty(ValType::I32), &ConstExpr::i32_const(0));
    }
    globals
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    With(u32),
    Trap,
    OutOfInk,
    OutOfStack,
}

fn global<T>(caller: &Caller<'_, T>, name: &str) -> wasmi::Global {
    caller
        .get_export(name)
        .and_then(Extern::into_global)
        .unwrap()
}

/// Takes ink from within a host function.
fn take<T>(caller: &mut Caller<'_, T>, price: u64) -> Result<u64, wasmi::Error> {
    let ink = global(caller, "ink");
    let Val::I64(left) = ink.get(&*caller) else {
        panic!()
    };
    match (left as u64).checked_sub(price) {
        Some(left) => {
            ink.set(&mut *caller, Val::I64(left as i64)).unwrap();
            Ok(left)
        }
        None => {
            global(caller, "status")
                .set(&mut *caller, Val::I32(1))
                .unwrap();
            Err(wasmi::Error::new("out of ink"))
        }
    }
}

/// Runs an instrumented module: how it ended, and the ink left.
fn run_literally(instrumented: &[u8], gas: u64, space: u32) -> (Ended, u64) {
    let mut config = Config::default();
    config
        .set_max_recursion_depth(1 << 20)
        .set_max_stack_height(1 << 28);
    let engine = Engine::new(&config);
    let module = wasmi::Module::new(&engine, instrumented).unwrap();
    // pages: open, most ever
    let mut linker = Linker::<(u16, u16)>::new(&engine);
    let model = StylusParams::default().memory_model();
    linker
        .func_wrap(
            "vm_hooks",
            "pay_for_memory_grow",
            move |mut caller: Caller<'_, (u16, u16)>, pages: u32| {
                let pages = pages as u16;
                if pages == 0 {
                    return take(&mut caller, 8_400).map(drop);
                }
                let (open, ever) = *caller.data();
                let now = open.saturating_add(pages);
                *caller.data_mut() = (now, ever.max(now));
                let gas = model.gas_cost(pages, open, ever);
                take(&mut caller, gas.saturating_mul(10_000)).map(drop)
            },
        )
        .unwrap()
        .func_wrap(
            "vm_hooks",
            "msg_reentrant",
            |mut caller: Caller<'_, (u16, u16)>| take(&mut caller, 8_400).map(|_| 0u32),
        )
        .unwrap()
        .func_wrap(
            "vm_hooks",
            "evm_ink_left",
            |mut caller: Caller<'_, (u16, u16)>| take(&mut caller, 8_400),
        )
        .unwrap();
    let mut store = Store::new(&engine, (1, 1));
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let get = |name: &str| instance.get_global(&store, name).unwrap();
    let (ink, status, stack) = (get("ink"), get("status"), get("space"));
    ink.set(&mut store, Val::I64((gas * 10_000) as i64))
        .unwrap();
    stack.set(&mut store, Val::I32(space as i32)).unwrap();
    let main = instance
        .get_typed_func::<u32, u32>(&store, "user_entrypoint")
        .unwrap();
    let result = main.call(&mut store, 3);
    let number = |global: wasmi::Global| match global.get(&store) {
        Val::I32(x) => u64::from(x as u32),
        Val::I64(x) => x as u64,
        _ => panic!(),
    };
    match result {
        Ok(status) => (Ended::With(status), number(ink)),
        Err(_) if number(stack) == 0 => (Ended::OutOfStack, 0),
        Err(_) if number(status) != 0 => (Ended::OutOfInk, 0),
        Err(_) => (Ended::Trap, number(ink)),
    }
}

/// Whether the module was acceptable and both engines agreed on it.
fn compare(wasm: &[u8], gas: u64, space: u32) -> Option<Ended> {
    let params = StylusParams {
        max_stack_depth: space,
        ..StylusParams::default()
    };
    let mut left = 1 << 40;
    let activation = activate(wasm, &params, 128, &mut left).ok()?;
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
                    .map(|r| r.end - r.start)
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

    let expected = run_literally(&instrumented, gas, space);
    let mut host = TestHost {
        open: 1,
        ever: 1,
        ..TestHost::default()
    };
    let outcome = Module::compile(wasm, &params)
        .unwrap()
        .run(&mut host, &params, b"abc", gas);
    let ended = match &outcome.status {
        RunStatus::Success => Ended::With(0),
        RunStatus::Revert => match expected.0 {
            Ended::With(x) if x != 0 => Ended::With(x),
            _ => Ended::With(1),
        },
        RunStatus::Failure(_) => Ended::Trap,
        RunStatus::OutOfInk => Ended::OutOfInk,
        RunStatus::OutOfStack => Ended::OutOfStack,
    };
    assert_eq!((&ended, outcome.ink_left), (&expected.0, expected.1));
    Some(ended)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_agree(
        seed in prop::collection::vec(any::<u8>(), 500..4_000),
        bulk in any::<bool>(),
        gas in 1u64..3_000,
        space in prop_oneof![Just(22_000u32), 6u32..200],
    ) {
        if let Some(wasm) = random_module(&seed, bulk) {
            compare(&wasm, gas, space);
        }
    }
}

#[test]
fn random_modules_end_in_every_way() {
    // a check of the check: the modules above are not all refused, and not all alike
    let mut ways = std::collections::BTreeMap::new();
    let mut state = 1u64;
    for round in 0..400u64 {
        let seed: Vec<u8> = (0..2_000)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        let Some(wasm) = random_module(&seed, round % 2 == 0) else {
            continue;
        };
        let space = if round % 5 == 0 { 12 } else { 22_000 };
        let way = match compare(&wasm, if round % 3 == 0 { 2 } else { GAS / 1_000 }, space) {
            None => "refused",
            Some(Ended::With(_)) => "ended",
            Some(Ended::Trap) => "trap",
            Some(Ended::OutOfInk) => "ink",
            Some(Ended::OutOfStack) => "stack",
        };
        *ways.entry(way).or_insert(0) += 1;
    }
    println!("{ways:?}");
    for way in ["ended", "trap", "ink", "stack"] {
        assert!(ways.get(way).is_some_and(|n| *n > 5), "{way}: {ways:?}");
    }
    assert!(ways.get("refused").is_none_or(|n| *n < 100), "{ways:?}");
}
