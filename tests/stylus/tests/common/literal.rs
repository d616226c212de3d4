//! Metering as Nitro writes it: pass by pass, opcode by opcode. What comes out meters itself under
//! any engine.
#![allow(dead_code, unreachable_pub)]

use std::ops::Range;

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection,
    GlobalType, Instruction as I, RawSection, ValType,
    reencode::{Reencode, RoundtripReencoder},
};
use wasmparser::{FuncType, Parser, Payload, TypeRef};

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
pub type Code<'a> = (Vec<(u32, ValType)>, Vec<I<'a>>);

/// A module taken apart as far as the passes need it.
pub struct Parts<'a> {
    types: Vec<FuncType>,
    /// Type of every function, imported ones first.
    functions: Vec<u32>,
    imports: u32,
    /// What pays for pages.
    pay: Option<u32>,
    /// Whether the memory can grow, so that pages are paid for.
    grows: bool,
    globals: u32,
    pub bodies: Vec<Code<'a>>,
    sections: Vec<(u8, Range<usize>)>,
}

pub fn take_apart(wasm: &[u8]) -> Parts<'_> {
    let mut parts = Parts {
        types: vec![],
        functions: vec![],
        imports: 0,
        pay: None,
        grows: false,
        globals: 0,
        bodies: vec![],
        sections: vec![],
    };
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.unwrap();
        parts.sections.extend(payload.as_section());
        match payload {
            Payload::TypeSection(types) => {
                parts
                    .types
                    .extend(types.into_iter_err_on_gc_types().map(Result::unwrap));
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.unwrap();
                    let TypeRef::Func(ty) = import.ty else {
                        panic!("only functions")
                    };
                    if import.name == "pay_for_memory_grow" {
                        parts.pay.get_or_insert(parts.imports);
                    }
                    parts.functions.push(ty);
                    parts.imports += 1;
                }
            }
            Payload::FunctionSection(functions) => {
                parts
                    .functions
                    .extend(functions.into_iter().map(Result::unwrap));
            }
            Payload::MemorySection(memories) => {
                let memory = memories.into_iter().next().unwrap().unwrap();
                parts.grows = memory.maximum != Some(memory.initial);
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

fn heap(ops: Vec<I<'_>>, pay: Option<u32>, scratch: u32) -> Vec<I<'_>> {
    let mut out = vec![];
    for op in ops {
        if let (I::MemoryGrow(_), Some(pay)) = (&op, pay) {
            out.extend([
                I::GlobalSet(scratch),
                I::GlobalGet(scratch),
                I::GlobalGet(scratch),
                I::Call(pay),
            ]);
        }
        out.push(op);
    }
    out
}

/// The module as Nitro's passes leave it, and how many opcodes it has. It exports its memory, its
/// entry point, and the globals `ink`, `status` and `space`.
pub fn instrument(wasm: &[u8]) -> (Vec<u8>, u64) {
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
        let pay = parts.pay.filter(|_| parts.grows);
        let ops = heap(depth(ops, frame as i32, space), pay, scratch);
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

fn added_globals(wasm: &[u8], own: Option<Range<usize>>) -> GlobalSection {
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
