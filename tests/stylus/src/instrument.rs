//! Metering: how much ink each basic block takes, how deep each frame is, and the module that
//! checks both as it runs.
//!
//! Nitro inserts its checks as opcodes in five passes. Counting and bounds here follow those passes
//! to the opcode; the module that is run holds shorter checks with the same effect.
//!
//! | pass | inserts |
//! |---|---|
//! | meter | [`METER_OPS`] before every basic block |
//! | dynamic meter | [`DYNAMIC_OPS`] before `memory.fill` and `memory.copy` |
//! | depth checker | [`ENTRY_OPS`] at the start, [`RECLAIM_OPS`] before every `return`, a `return` at the end |
//! | heap bound | [`GROW_OPS`] before every `memory.grow`, where pages are paid for |

use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Module,
    RawSection, ValType,
};
use wasmparser_nitro::{BlockType, Operator};

use crate::{
    opcode,
    parse::{Binary, Code, ENTRY_POINT, FuncType, MEMORY, Reason},
};

/// Opcodes that meter one basic block.
const METER_OPS: u64 = 12;
/// Opcodes that charge for the length of a bulk operation.
const DYNAMIC_OPS: u64 = 17;
/// Opcodes that check the stack at entry.
const ENTRY_OPS: u64 = 12;
/// Opcodes that give the stack back before a `return`.
const RECLAIM_OPS: u64 = 4;
/// Opcodes that pay for pages.
const GROW_OPS: u64 = 4;

/// Most words of a frame.
const MAX_FRAME_WORDS: u64 = 10 * 1024;
/// Most values on the stack at once.
const MAX_CONTENTION: u64 = 4_096;
/// Words a frame has beyond its values and locals.
const FRAME_OVERHEAD: u64 = 4;

/// Globals that are added, in their order after the module's own.
pub(crate) const INK_LEFT: &str = "stylus_ink_left";
pub(crate) const INK_STATUS: &str = "stylus_ink_status";
const SCRATCH: &str = "stylus_scratch_global";
pub(crate) const STACK_LEFT: &str = "stylus_stack_left";
/// What the status of the ink says where it ran out.
const OUT_OF_INK: i32 = 1;
/// What it says of a `memory.fill` that the node drops the transaction for.
pub(crate) const FILTERED: i32 = 2;
/// How many they are.
pub(crate) const ADDED_GLOBALS: u32 = 4;

/// What metering found out about one function.
#[derive(Clone, Debug, Default)]
pub(crate) struct FuncInfo {
    /// Words of its frame.
    pub(crate) frame: u32,
    /// Opcodes once instrumented.
    pub(crate) opcodes: u64,
    /// Opcodes the prover cannot prove: the first one's reason.
    pub(crate) unproven: Option<Reason>,
}

/// Follows the height of the value stack the way the depth checker does: over the metered code,
/// never below zero, dead code included.
struct Height<'a> {
    stack: u64,
    worst: u64,
    scopes: Vec<u64>,
    types: &'a [FuncType],
}

impl Height<'_> {
    fn push(&mut self, count: u64) {
        self.stack += count;
        self.worst = self.worst.max(self.stack);
    }

    fn pop(&mut self, count: u64) {
        self.stack = self.stack.saturating_sub(count);
    }

    /// Results go on before parameters come off.
    fn signature(&mut self, ty: &FuncType) {
        self.push(ty.results.len() as u64);
        self.pop(ty.params.len() as u64);
    }

    /// The results of a block have their place from the start.
    fn open(&mut self, ty: BlockType) -> Result<(), Reason> {
        match ty {
            BlockType::Empty => {}
            BlockType::Type(_) => self.push(1),
            BlockType::FuncType(index) => {
                let types = self.types;
                let ty = types
                    .get(index as usize)
                    .ok_or_else(|| format!("missing type for func {index}"))?;
                self.signature(ty);
            }
        }
        self.scopes.push(self.stack);
        Ok(())
    }

    /// The meter's own code at the start of a block.
    fn meter(&mut self) {
        self.worst = self.worst.max(self.stack + 2);
    }

    /// The dynamic meter's own code before a bulk operation.
    fn dynamic(&mut self) {
        self.pop(1);
        self.worst = self.worst.max(self.stack + 4);
        self.push(1);
    }

    #[rustfmt::skip]
    fn follow(&mut self, op: &Operator<'_>, bin: &Binary<'_>) -> Result<(), Reason> {
        use Operator as O;
        match op {
            O::Block { blockty } | O::Loop { blockty } => self.open(*blockty)?,
            O::If { blockty } => {
                self.pop(1);
                self.open(*blockty)?;
            }
            O::Else => {
                self.stack = *self.scopes.last().ok_or("malformed if-else scope")?;
            }
            O::End => {
                self.stack = self.scopes.pop().ok_or("malformed scoping detected at end of block")?;
            }
            O::Call { function_index } => {
                let ty = bin
                    .function_type(*function_index)
                    .ok_or_else(|| format!("missing type for func {function_index}"))?;
                self.signature(ty);
            }
            O::CallIndirect { type_index, .. } => {
                let types = self.types;
                let ty = types
                    .get(*type_index as usize)
                    .ok_or_else(|| format!("missing type for signature {type_index}"))?;
                self.signature(ty);
                self.pop(1);
            }
            O::MemoryFill { .. } | O::MemoryCopy { .. } => self.pop(3),

            O::LocalGet { .. } | O::GlobalGet { .. } | O::MemorySize { .. } | O::I32Const { .. }
            | O::I64Const { .. } | O::F32Const { .. } | O::F64Const { .. } => self.push(1),

            O::Nop | O::Unreachable | O::Br { .. } | O::Return | O::LocalTee { .. }
            | O::MemoryGrow { .. }
            | O::I32Eqz | O::I64Eqz | O::I32Clz | O::I32Ctz | O::I32Popcnt | O::I64Clz | O::I64Ctz
            | O::I64Popcnt
            | O::I32Load { .. } | O::I64Load { .. } | O::F32Load { .. } | O::F64Load { .. }
            | O::I32Load8S { .. } | O::I32Load8U { .. } | O::I32Load16S { .. } | O::I32Load16U { .. }
            | O::I64Load8S { .. } | O::I64Load8U { .. } | O::I64Load16S { .. } | O::I64Load16U { .. }
            | O::I64Load32S { .. } | O::I64Load32U { .. }
            | O::I32WrapI64 | O::I64ExtendI32S | O::I64ExtendI32U | O::I32Extend8S | O::I32Extend16S
            | O::I64Extend8S | O::I64Extend16S | O::I64Extend32S
            | O::F32Abs | O::F32Neg | O::F32Ceil | O::F32Floor | O::F32Trunc | O::F32Nearest
            | O::F32Sqrt | O::F64Abs | O::F64Neg | O::F64Ceil | O::F64Floor | O::F64Trunc
            | O::F64Nearest | O::F64Sqrt
            | O::I32TruncF32S | O::I32TruncF32U | O::I32TruncF64S | O::I32TruncF64U
            | O::I64TruncF32S | O::I64TruncF32U | O::I64TruncF64S | O::I64TruncF64U
            | O::F32ConvertI32S | O::F32ConvertI32U | O::F32ConvertI64S | O::F32ConvertI64U
            | O::F64ConvertI32S | O::F64ConvertI32U | O::F64ConvertI64S | O::F64ConvertI64U
            | O::F32DemoteF64 | O::F64PromoteF32
            | O::I32ReinterpretF32 | O::I64ReinterpretF64 | O::F32ReinterpretI32
            | O::F64ReinterpretI64
            | O::I32TruncSatF32S | O::I32TruncSatF32U | O::I32TruncSatF64S | O::I32TruncSatF64U
            | O::I64TruncSatF32S | O::I64TruncSatF32U | O::I64TruncSatF64S | O::I64TruncSatF64U => {}

            O::Drop | O::BrIf { .. } | O::BrTable { .. } | O::LocalSet { .. } | O::GlobalSet { .. }
            | O::I32Eq | O::I32Ne | O::I32LtS | O::I32LtU | O::I32GtS | O::I32GtU | O::I32LeS
            | O::I32LeU | O::I32GeS | O::I32GeU
            | O::I64Eq | O::I64Ne | O::I64LtS | O::I64LtU | O::I64GtS | O::I64GtU | O::I64LeS
            | O::I64LeU | O::I64GeS | O::I64GeU
            | O::F32Eq | O::F32Ne | O::F32Lt | O::F32Gt | O::F32Le | O::F32Ge
            | O::F64Eq | O::F64Ne | O::F64Lt | O::F64Gt | O::F64Le | O::F64Ge
            | O::I32Add | O::I32Sub | O::I32Mul | O::I32DivS | O::I32DivU | O::I32RemS | O::I32RemU
            | O::I64Add | O::I64Sub | O::I64Mul | O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU
            | O::I32And | O::I32Or | O::I32Xor | O::I32Shl | O::I32ShrS | O::I32ShrU | O::I32Rotl
            | O::I32Rotr
            | O::I64And | O::I64Or | O::I64Xor | O::I64Shl | O::I64ShrS | O::I64ShrU | O::I64Rotl
            | O::I64Rotr
            | O::F32Add | O::F32Sub | O::F32Mul | O::F32Div | O::F32Min | O::F32Max | O::F32Copysign
            | O::F64Add | O::F64Sub | O::F64Mul | O::F64Div | O::F64Min | O::F64Max
            | O::F64Copysign => self.pop(1),

            O::Select | O::I32Store { .. } | O::I64Store { .. } | O::F32Store { .. }
            | O::F64Store { .. } | O::I32Store8 { .. } | O::I32Store16 { .. } | O::I64Store8 { .. }
            | O::I64Store16 { .. } | O::I64Store32 { .. } => self.pop(2),

            unsupported => return Err(format!("extension not supported {unsupported:?}")),
        }
        Ok(())
    }
}

/// Whether the dynamic meter refuses the opcode.
const fn refused(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::MemoryInit { .. }
            | O::DataDrop { .. }
            | O::ElemDrop { .. }
            | O::TableInit { .. }
            | O::TableCopy { .. }
            | O::TableFill { .. }
            | O::TableGet { .. }
            | O::TableSet { .. }
            | O::TableGrow { .. }
            | O::TableSize { .. }
    )
}

/// Meters one function without writing it.
///
/// # Errors
///
/// The reason why it is refused.
pub(crate) fn analyse(
    bin: &Binary<'_>,
    code: &Code<'_>,
    index: usize,
    pays: bool,
) -> Result<FuncInfo, Reason> {
    let mut height = Height {
        stack: 0,
        worst: 0,
        scopes: vec![0],
        types: &bin.types,
    };
    let mut opcodes = ENTRY_OPS + RECLAIM_OPS + 1;
    let mut unproven = None;
    let mut at_start = true;
    let mut reader = code
        .body
        .get_operators_reader()
        .map_err(|e| e.to_string())?;
    let mut ops = Vec::new();
    while !reader.eof() {
        let op = reader.read().map_err(|e| e.to_string())?;
        // The dynamic meter passes over the whole function before the depth checker does.
        if refused(&op) {
            return Err("dynamic ink meter failure: opcode not supported".into());
        }
        ops.push(op);
    }
    for op in &ops {
        if core::mem::take(&mut at_start) {
            height.meter();
            opcodes += METER_OPS;
        }
        opcodes += 1;
        match op {
            Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } => {
                height.dynamic();
                opcodes += DYNAMIC_OPS;
            }
            Operator::MemoryGrow { .. } if pays => opcodes += GROW_OPS,
            Operator::Return => opcodes += RECLAIM_OPS,
            _ => {}
        }
        height
            .follow(op, bin)
            .map_err(|e| format!("depth checker failure: {e}"))?;
        if unproven.is_none() {
            unproven = opcode::unproven(op);
        }
        at_start = opcode::ends_block(op);
    }
    if height.worst > MAX_CONTENTION {
        return Err(format!(
            "depth checker failure: too many values on the stack at once in func {index}: {} > {MAX_CONTENTION}",
            height.worst
        ));
    }
    let frame = height.worst + u64::from(code.locals) + FRAME_OVERHEAD;
    if frame > MAX_FRAME_WORDS {
        return Err(format!(
            "depth checker failure: frame too large: {frame} > {MAX_FRAME_WORDS}-word limit"
        ));
    }
    Ok(FuncInfo {
        frame: frame as u32,
        opcodes,
        unproven,
    })
}

/// Bytes of opcodes, as they go into a function body.
struct Body(Vec<u8>);

impl Body {
    fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    fn indexed(&mut self, opcode: u8, index: u32) -> &mut Self {
        self.0.push(opcode);
        self.unsigned(index)
    }

    fn unsigned(&mut self, mut value: u32) -> &mut Self {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    fn signed(&mut self, mut value: i64) -> &mut Self {
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
                self.0.push(byte);
                return self;
            }
            self.0.push(byte | 0x80);
        }
    }

    fn local_get(&mut self, index: u32) -> &mut Self {
        self.indexed(0x20, index)
    }

    fn local_set(&mut self, index: u32) -> &mut Self {
        self.indexed(0x21, index)
    }

    fn local_tee(&mut self, index: u32) -> &mut Self {
        self.indexed(0x22, index)
    }

    fn global_get(&mut self, index: u32) -> &mut Self {
        self.indexed(0x23, index)
    }

    fn global_set(&mut self, index: u32) -> &mut Self {
        self.indexed(0x24, index)
    }

    fn i32_const(&mut self, value: i32) -> &mut Self {
        self.byte(0x41).signed(value.into())
    }

    fn i64_const(&mut self, value: i64) -> &mut Self {
        self.byte(0x42).signed(value)
    }

    /// Traps where the value on the stack is not zero, having set `global` to `value`.
    fn trap_if(&mut self, global: u32, value: i32) -> &mut Self {
        self.byte(0x04).byte(0x40); // if
        self.i32_const(value).global_set(global);
        self.byte(0x00).byte(0x0b) // unreachable, end
    }
}

/// Indices the checks refer to.
struct Indices {
    ink: u32,
    status: u32,
    stack: u32,
    pay: Option<u32>,
    /// Local of type i64 for the ink.
    ink_local: u32,
    /// Local of type i32 for a length or a number of pages.
    len_local: u32,
    /// Whether `memory.fill` takes any value.
    masks_fill: bool,
}

/// Writes one function with its checks: its locals and opcodes, without their length.
fn write_function(
    bin: &Binary<'_>,
    code: &Code<'_>,
    params: u32,
    info: &FuncInfo,
    pay: Option<u32>,
    masks_fill: bool,
) -> Result<Vec<u8>, Reason> {
    let first_local = params.saturating_add(code.locals);
    let at = Indices {
        ink: bin.globals,
        status: bin.globals + 1,
        stack: bin.globals + 3,
        pay,
        ink_local: first_local,
        len_local: first_local + 1,
        masks_fill,
    };
    let mut body = Body(Vec::with_capacity(code.body.range().len() * 3));
    body.unsigned(code.local_groups + 2);
    body.0
        .extend_from_slice(&bin.wasm[code.locals_range.clone()]);
    body.unsigned(1).byte(0x7e).unsigned(1).byte(0x7f);

    // space <= frame: out of stack; else space -= frame
    let frame = info.frame as i32;
    body.global_get(at.stack)
        .local_tee(at.len_local)
        .i32_const(frame)
        .byte(0x4d);
    body.trap_if(at.stack, 0);
    body.local_get(at.len_local)
        .i32_const(frame)
        .byte(0x6b)
        .global_set(at.stack);

    let mut reader = code
        .body
        .get_operators_reader()
        .map_err(|e| e.to_string())?;
    let mut ops = Vec::new();
    while !reader.eof() {
        let (op, offset) = reader.read_with_offset().map_err(|e| e.to_string())?;
        ops.push((op, offset..reader.original_position()));
    }
    let mut writer = Writer {
        body,
        at,
        frame,
        dead: None,
    };
    let mut rest = ops.as_slice();
    while let Some(end) = rest.iter().position(|(op, _)| opcode::ends_block(op)) {
        let (block, after) = rest.split_at(end + 1);
        writer.block(bin, block, after.is_empty());
        rest = after;
    }
    Ok(writer.body.0)
}

/// Writes opcodes and checks, leaving out what can never run.
///
/// Dead code counts in the price of its block all the same. It is left out because the prover's
/// parser lets pass some of it that is not well typed, and the interpreter's does not.
struct Writer {
    body: Body,
    at: Indices,
    frame: i32,
    /// Scopes opened since the code became dead, where it is.
    dead: Option<u32>,
}

impl Writer {
    /// Writes one basic block, its price first.
    fn block(
        &mut self,
        bin: &Binary<'_>,
        ops: &[(Operator<'_>, core::ops::Range<usize>)],
        is_last: bool,
    ) {
        if self.dead.is_none() {
            let cost = ops
                .iter()
                .fold(0u64, |sum, (op, _)| {
                    sum.saturating_add(opcode::price(op, &bin.types))
                })
                .saturating_add(opcode::HEADER_INK);
            self.charge(cost as i64);
        }
        for (i, (op, range)) in ops.iter().enumerate() {
            if self.dead.is_some() && !self.revives(op) {
                continue;
            }
            let (body, at) = (&mut self.body, &self.at);
            match op {
                Operator::MemoryFill { .. } => {
                    charge_length(body, at);
                    if !at.masks_fill {
                        filter_fill(body, at);
                    }
                }
                Operator::MemoryCopy { .. } => charge_length(body, at),
                Operator::MemoryGrow { .. } => {
                    if let Some(pay) = at.pay {
                        body.local_tee(at.len_local)
                            .local_get(at.len_local)
                            .indexed(0x10, pay);
                    }
                }
                Operator::Return => reclaim(body, at, self.frame),
                Operator::End if is_last && i + 1 == ops.len() => reclaim(body, at, self.frame),
                _ => {}
            }
            body.0.extend_from_slice(&bin.wasm[range.clone()]);
            if matches!(
                op,
                Operator::Unreachable
                    | Operator::Br { .. }
                    | Operator::BrTable { .. }
                    | Operator::Return
            ) {
                self.dead = Some(0);
            }
        }
    }

    /// ink < cost: out of ink; else ink -= cost
    fn charge(&mut self, cost: i64) {
        let (body, at) = (&mut self.body, &self.at);
        body.global_get(at.ink)
            .local_tee(at.ink_local)
            .i64_const(cost)
            .byte(0x54);
        body.trap_if(at.status, OUT_OF_INK);
        body.local_get(at.ink_local)
            .i64_const(cost)
            .byte(0x7d)
            .global_set(at.ink);
    }

    /// Follows dead code; whether `op` closes the scope that became dead, and so is to be written.
    fn revives(&mut self, op: &Operator<'_>) -> bool {
        let Some(depth) = &mut self.dead else {
            return true;
        };
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => *depth += 1,
            Operator::End | Operator::Else if *depth == 0 => {
                self.dead = None;
                return true;
            }
            Operator::End => *depth -= 1,
            _ => {}
        }
        false
    }
}

/// Charges for the length on the stack, leaving it there.
fn charge_length(body: &mut Body, at: &Indices) {
    body.local_tee(at.len_local);
    body.local_get(at.len_local).byte(0xad); // i64.extend_i32_u
    body.i64_const(opcode::BULK_INK_PER_BYTE)
        .byte(0x7e)
        .local_set(at.ink_local);
    body.global_get(at.ink).local_get(at.ink_local).byte(0x54); // ink < cost
    body.trap_if(at.status, OUT_OF_INK);
    body.global_get(at.ink)
        .local_get(at.ink_local)
        .byte(0x7d)
        .global_set(at.ink);
}

/// Ends the program where the value to fill with, below the length on the stack, is above 255. The
/// local for the ink holds the length meanwhile.
fn filter_fill(body: &mut Body, at: &Indices) {
    body.byte(0xad).local_set(at.ink_local); // i64.extend_i32_u
    body.local_tee(at.len_local)
        .local_get(at.len_local)
        .i32_const(255)
        .byte(0x4b); // i32.gt_u
    body.trap_if(at.status, FILTERED);
    body.local_get(at.ink_local).byte(0xa7); // i32.wrap_i64
}

/// Gives the frame back. A branch out of the function goes past it, as it does in Nitro: such a
/// frame is never given back.
fn reclaim(body: &mut Body, at: &Indices, frame: i32) {
    body.global_get(at.stack)
        .i32_const(frame)
        .byte(0x6a)
        .global_set(at.stack);
}

/// Writes the module with all its checks; exports are the entry point, the memory and the added
/// globals. Unless `masks_fill`, a `memory.fill` with a value above 255 ends the program.
pub(crate) fn write(
    bin: &Binary<'_>,
    infos: &[FuncInfo],
    masks_fill: bool,
) -> Result<Vec<u8>, Reason> {
    let mut module = Module::new();
    let raw = |module: &mut Module, id: u8| {
        if let Some(range) = bin.raw.get(&id) {
            module.section(&RawSection {
                id,
                data: &bin.wasm[range.clone()],
            });
        }
    };
    for id in 1..=5 {
        raw(&mut module, id);
    }

    let mut globals = GlobalSection::new();
    if let Some(range) = bin.raw.get(&6) {
        let section = wasmparser_nitro::GlobalSectionReader::new(&bin.wasm[range.clone()], 0)
            .map_err(|e| e.to_string())?;
        for global in section {
            let global = global.map_err(|e| e.to_string())?;
            let (ty, init) = constant(&global)?;
            globals.global(
                GlobalType {
                    val_type: ty,
                    mutable: global.ty.mutable,
                    shared: false,
                },
                &init,
            );
        }
    }
    let added = GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    };
    globals.global(
        GlobalType {
            val_type: ValType::I64,
            ..added
        },
        &ConstExpr::i64_const(0),
    );
    for _ in 1..ADDED_GLOBALS {
        globals.global(added, &ConstExpr::i32_const(0));
    }
    module.section(&globals);

    let mut exports = ExportSection::new();
    exports.export(MEMORY, ExportKind::Memory, 0);
    if let Some((index, _)) = bin.exports.get(ENTRY_POINT) {
        exports.export(ENTRY_POINT, ExportKind::Func, *index);
    }
    for (i, name) in [INK_LEFT, INK_STATUS, SCRATCH, STACK_LEFT]
        .into_iter()
        .enumerate()
    {
        exports.export(name, ExportKind::Global, bin.globals + i as u32);
    }
    module.section(&exports);
    raw(&mut module, 9);

    let pay = pays(bin).then(|| bin.pay_function()).flatten();
    let mut codes = CodeSection::new();
    for (i, (code, info)) in bin.codes.iter().zip(infos).enumerate() {
        let params = bin
            .function_type((bin.imports.len() + i) as u32)
            .map_or(0, |ty| ty.params.len() as u32);
        codes.raw(&write_function(bin, code, params, info, pay, masks_fill)?);
    }
    module.section(&codes);
    raw(&mut module, 11);
    Ok(module.finish())
}

/// A global's initial value.
fn constant(global: &wasmparser_nitro::Global<'_>) -> Result<(ValType, ConstExpr), Reason> {
    let mut init = global.init_expr.get_operators_reader();
    Ok(match init.read().map_err(|e| e.to_string())? {
        Operator::I32Const { value } => (ValType::I32, ConstExpr::i32_const(value)),
        Operator::I64Const { value } => (ValType::I64, ConstExpr::i64_const(value)),
        Operator::F32Const { value } => (
            ValType::F32,
            ConstExpr::f32_const(f32::from_bits(value.bits()).into()),
        ),
        Operator::F64Const { value } => (
            ValType::F64,
            ConstExpr::f64_const(f64::from_bits(value.bits()).into()),
        ),
        _ => return Err("Opcode is not a constant".into()),
    })
}

/// Whether the module pays for pages: not where its memory cannot grow.
pub(crate) fn pays(bin: &Binary<'_>) -> bool {
    bin.memories
        .first()
        .is_some_and(|memory| memory.maximum != Some(memory.initial))
}
