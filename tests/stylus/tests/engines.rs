//! The value of every opcode in every form an optimising interpreter may give it, under two engines:
//! ours, as a chain runs it, and one made by others, which runs the literal metering. Status, output
//! and ink must be equal.
//!
//! A case is a function and its arguments. After it ran, its result, the memory it may touch and the
//! globals are compared, so that what it did beside its result counts too.
//!
//! By default a part of the forms is run, and a number of random functions; `PLIMSOLL_ENGINES=full`
//! runs all forms, `PLIMSOLL_FUNCTIONS` says how many random functions there are, `PLIMSOLL_SEED`
//! where the random ones start.

mod common;
#[path = "common/literal.rs"]
mod literal;
#[path = "common/random.rs"]
mod random;
#[path = "common/second.rs"]
mod second;

use common::TestHost;
use plimsoll_stylus::{Module, RunStatus, StylusParams};
use random::Random;
use second::{Ended, Run, Second, Start};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    Instruction as I, MemArg, MemorySection, MemoryType, RefType, TableSection, TableType,
    TypeSection, ValType,
};

/// Gas of a run: more than any needs.
const GAS: u64 = 1_000_000;
/// Cases run one after the other in one call.
const BATCH: usize = 64;
/// Functions in one module.
const FUNCTIONS: usize = 1_000;
/// Bytes at address 0 a case may touch, laid out anew from [`PATTERN_AT`] before each.
const SCRATCH: i32 = 64;
/// Where they come from.
const PATTERN_AT: i32 = 1_024;
/// Where the cases are read to, and their length: function, type, four arguments.
const INPUT_AT: i32 = 4_096;
const CASE: i32 = 32;
/// Where what came of them goes, and its length: result, scratch, two globals.
const OUTPUT_AT: i32 = 32_768;
const RESULT: i32 = 8 + SCRATCH + 12;

/// Parameters and locals of a case: i32 0 1 4 5, i64 2 3 6 7, counters of loops 8 9 10.
const PARAMS: [ValType; 4] = [ValType::I32, ValType::I32, ValType::I64, ValType::I64];
const LOCALS: [(u32, ValType); 3] = [(2, ValType::I32), (2, ValType::I64), (LOOPS, ValType::I32)];
/// Loops within loops.
const LOOPS: u32 = 3;
const FIRST_COUNTER: u32 = 8;
/// Functions before the cases: two imported, the entry point, one that gives back its argument for
/// each type.
const ENTRY: u32 = 2;
const SAME: [u32; 2] = [3, 4];
const FIRST_CASE: u32 = 5;

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Int {
    I32,
    I64,
}

impl Int {
    const fn val_type(self) -> ValType {
        match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
        }
    }

    /// Type of a case that results in this.
    const fn case_type(self) -> u32 {
        3 + self as u32
    }

    /// The local `n` of four: two parameters, two others.
    const fn local(self, n: u32) -> u32 {
        n % 2 + 4 * (n / 2) + 2 * self as u32
    }

    const fn global(self) -> u32 {
        self as u32
    }

    const fn other(self) -> Self {
        match self {
            Self::I32 => Self::I64,
            Self::I64 => Self::I32,
        }
    }

    const fn constant(self, value: i64) -> I<'static> {
        match self {
            Self::I32 => I::I32Const(value as i32),
            Self::I64 => I::I64Const(value),
        }
    }

    const fn block(self) -> BlockType {
        BlockType::Result(self.val_type())
    }

    /// The opcode by the name it shares between the types.
    fn op(self, op: Op) -> I<'static> {
        macro_rules! both {
            ($($name:ident => $narrow:ident $wide:ident,)*) => {
                match (op, self) {
                    $((Op::$name, Self::I32) => I::$narrow, (Op::$name, Self::I64) => I::$wide,)*
                }
            };
        }
        both! {
            Add => I32Add I64Add, Sub => I32Sub I64Sub, Mul => I32Mul I64Mul,
            DivS => I32DivS I64DivS, DivU => I32DivU I64DivU,
            RemS => I32RemS I64RemS, RemU => I32RemU I64RemU,
            And => I32And I64And, Or => I32Or I64Or, Xor => I32Xor I64Xor,
            Shl => I32Shl I64Shl, ShrS => I32ShrS I64ShrS, ShrU => I32ShrU I64ShrU,
            Rotl => I32Rotl I64Rotl, Rotr => I32Rotr I64Rotr,
            Eq => I32Eq I64Eq, Ne => I32Ne I64Ne,
            LtS => I32LtS I64LtS, LtU => I32LtU I64LtU, GtS => I32GtS I64GtS, GtU => I32GtU I64GtU,
            LeS => I32LeS I64LeS, LeU => I32LeU I64LeU, GeS => I32GeS I64GeS, GeU => I32GeU I64GeU,
            Eqz => I32Eqz I64Eqz, Clz => I32Clz I64Clz, Ctz => I32Ctz I64Ctz,
            Popcnt => I32Popcnt I64Popcnt,
            Extend8 => I32Extend8S I64Extend8S, Extend16 => I32Extend16S I64Extend16S,
        }
    }

    fn load(self, width: u64, signed: bool, offset: u64) -> I<'static> {
        let at = memarg(offset);
        match (self, width, signed) {
            (Self::I32, 0, false) => I::I32Load8U(at),
            (Self::I32, 0, true) => I::I32Load8S(at),
            (Self::I32, 1, false) => I::I32Load16U(at),
            (Self::I32, 1, true) => I::I32Load16S(at),
            (Self::I32, ..) => I::I32Load(at),
            (Self::I64, 0, false) => I::I64Load8U(at),
            (Self::I64, 0, true) => I::I64Load8S(at),
            (Self::I64, 1, false) => I::I64Load16U(at),
            (Self::I64, 1, true) => I::I64Load16S(at),
            (Self::I64, 2, false) => I::I64Load32U(at),
            (Self::I64, 2, true) => I::I64Load32S(at),
            (Self::I64, ..) => I::I64Load(at),
        }
    }

    fn store(self, width: u64, offset: u64) -> I<'static> {
        let at = memarg(offset);
        match (self, width) {
            (Self::I32, 0) => I::I32Store8(at),
            (Self::I32, 1) => I::I32Store16(at),
            (Self::I32, _) => I::I32Store(at),
            (Self::I64, 0) => I::I64Store8(at),
            (Self::I64, 1) => I::I64Store16(at),
            (Self::I64, 2) => I::I64Store32(at),
            (Self::I64, _) => I::I64Store(at),
        }
    }
}

const fn memarg(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 0,
        memory_index: 0,
    }
}

/// An opcode that both types have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Sub,
    Mul,
    DivS,
    DivU,
    RemS,
    RemU,
    And,
    Or,
    Xor,
    Shl,
    ShrS,
    ShrU,
    Rotl,
    Rotr,
    Eq,
    Ne,
    LtS,
    LtU,
    GtS,
    GtU,
    LeS,
    LeU,
    GeS,
    GeU,
    Eqz,
    Clz,
    Ctz,
    Popcnt,
    Extend8,
    Extend16,
}

const ARITHMETIC: [Op; 15] = [
    Op::Add,
    Op::Sub,
    Op::Mul,
    Op::DivS,
    Op::DivU,
    Op::RemS,
    Op::RemU,
    Op::And,
    Op::Or,
    Op::Xor,
    Op::Shl,
    Op::ShrS,
    Op::ShrU,
    Op::Rotl,
    Op::Rotr,
];
const COMPARISONS: [Op; 10] = [
    Op::Eq,
    Op::Ne,
    Op::LtS,
    Op::LtU,
    Op::GtS,
    Op::GtU,
    Op::LeS,
    Op::LeU,
    Op::GeS,
    Op::GeU,
];
const UNARY: [Op; 5] = [Op::Clz, Op::Ctz, Op::Popcnt, Op::Extend8, Op::Extend16];

/// Numbers at which something changes.
const EDGES: [i64; 22] = [
    0,
    1,
    -1,
    2,
    7,
    8,
    31,
    32,
    33,
    63,
    64,
    65,
    127,
    128,
    255,
    256,
    0x7fff,
    0x8000,
    0xffff,
    i32::MIN as i64,
    i32::MAX as i64,
    i64::MIN,
];

type Code = Vec<I<'static>>;

/// A function to run: what it results in, and its body without the last `end`.
#[derive(Clone, Debug)]
struct Case {
    ty: Int,
    code: Code,
}

/// Arguments of a case.
type Arguments = (i32, i32, i64, i64);

/// A module of `cases` behind an entry point that runs those it is told.
fn module(cases: &[Case]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32], []);
    types.ty().function([ValType::I32, ValType::I32], []);
    types.ty().function(PARAMS, [ValType::I32]);
    types.ty().function(PARAMS, [ValType::I64]);
    types.ty().function([ValType::I64], [ValType::I64]);

    let mut imports = ImportSection::new();
    imports.import("vm_hooks", "read_args", EntityType::Function(1));
    imports.import("vm_hooks", "write_result", EntityType::Function(2));

    let mut functions = FunctionSection::new();
    functions.function(0).function(0).function(5);
    let mut codes = CodeSection::new();
    codes.function(&function([(2, ValType::I32)], entry()));
    for _ in SAME {
        codes.function(&function([], vec![I::LocalGet(0)]));
    }
    for case in cases {
        functions.function(case.ty.case_type());
        codes.function(&function(LOCALS, case.code.clone()));
    }

    let count = cases.len() as u64;
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: count,
        maximum: Some(count),
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: Some(1),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    for ty in [Int::I32, Int::I64] {
        let global = GlobalType {
            val_type: ty.val_type(),
            mutable: true,
            shared: false,
        };
        globals.global(
            global,
            &match ty {
                Int::I32 => ConstExpr::i32_const(0),
                Int::I64 => ConstExpr::i64_const(0),
            },
        );
    }
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("user_entrypoint", ExportKind::Func, ENTRY);
    let mut elements = ElementSection::new();
    let indices: Vec<u32> = (FIRST_CASE..).take(cases.len()).collect();
    elements.active(
        None,
        &ConstExpr::i32_const(0),
        Elements::Functions(indices.into()),
    );
    let mut datas = DataSection::new();
    let pattern = (0..SCRATCH as u32).map(|i| (i * 37 + 11) as u8);
    datas.active(0, &ConstExpr::i32_const(PATTERN_AT), pattern);

    let mut module = wasm_encoder::Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&globals)
        .section(&exports)
        .section(&elements)
        .section(&codes)
        .section(&datas);
    module.finish()
}

fn function<const N: usize>(locals: [(u32, ValType); N], code: Code) -> Function {
    let mut function = Function::new(locals);
    for op in &code {
        function.instruction(op);
    }
    function.instruction(&I::End);
    function
}

/// Reads the cases, runs each on fresh scratch and globals, and gives back what came of them.
fn entry() -> Code {
    let (len, at, out) = (0, 1, 2);
    let copy = I::MemoryCopy {
        src_mem: 0,
        dst_mem: 0,
    };
    let argument = |load: I<'static>| [I::LocalGet(at), load];
    let arguments = [
        argument(I::I32Load(memarg(INPUT_AT as u64 + 8))),
        argument(I::I32Load(memarg(INPUT_AT as u64 + 12))),
        argument(I::I64Load(memarg(INPUT_AT as u64 + 16))),
        argument(I::I64Load(memarg(INPUT_AT as u64 + 24))),
        argument(I::I32Load(memarg(INPUT_AT as u64))),
    ]
    .concat();
    let call = |ty: Int| I::CallIndirect {
        type_index: ty.case_type(),
        table_index: 0,
    };
    let out_at = OUTPUT_AT as u64;
    [
        vec![I::I32Const(INPUT_AT), I::Call(0)],
        vec![I::Block(BlockType::Empty), I::Loop(BlockType::Empty)],
        vec![I::LocalGet(at), I::LocalGet(len), I::I32GeU, I::BrIf(1)],
        vec![
            I::I32Const(0),
            I::I32Const(PATTERN_AT),
            I::I32Const(SCRATCH),
            copy.clone(),
        ],
        vec![
            I::I32Const(-7),
            I::GlobalSet(0),
            I::I64Const(1 << 40),
            I::GlobalSet(1),
        ],
        vec![I::LocalGet(out)],
        vec![I::LocalGet(at), I::I32Load(memarg(INPUT_AT as u64 + 4))],
        vec![I::If(Int::I64.block())],
        arguments.clone(),
        vec![call(Int::I64), I::Else],
        arguments,
        vec![call(Int::I32), I::I64ExtendI32U, I::End],
        vec![I::I64Store(memarg(out_at))],
        vec![I::LocalGet(out), I::I32Const(OUTPUT_AT + 8), I::I32Add],
        vec![I::I32Const(0), I::I32Const(SCRATCH), copy],
        vec![
            I::LocalGet(out),
            I::GlobalGet(0),
            I::I32Store(memarg(out_at + 8 + SCRATCH as u64)),
        ],
        vec![
            I::LocalGet(out),
            I::GlobalGet(1),
            I::I64Store(memarg(out_at + 12 + SCRATCH as u64)),
        ],
        vec![
            I::LocalGet(at),
            I::I32Const(CASE),
            I::I32Add,
            I::LocalSet(at),
        ],
        vec![
            I::LocalGet(out),
            I::I32Const(RESULT),
            I::I32Add,
            I::LocalSet(out),
        ],
        vec![I::Br(0), I::End, I::End],
        vec![
            I::I32Const(OUTPUT_AT),
            I::LocalGet(out),
            I::Call(1),
            I::I32Const(0),
        ],
    ]
    .concat()
}

/// How our engine ends.
fn ours(module: &Module, params: &StylusParams, input: &[u8]) -> Run {
    let outcome = module.run(&mut TestHost::default(), params, input, GAS);
    Run {
        ended: match outcome.status {
            RunStatus::Success => Ended::With(0),
            RunStatus::Failure(_) => Ended::Trap,
            RunStatus::OutOfInk => Ended::OutOfInk,
            RunStatus::OutOfStack => Ended::OutOfStack,
            other => panic!("{other:?}"),
        },
        output: outcome.output.to_vec(),
        ink_left: outcome.ink_left,
    }
}

/// Cases under both engines.
struct Comparison {
    second: Second,
    /// Cases run.
    runs: u64,
    /// Those that trapped.
    traps: u64,
    /// What differed: the function, the arguments, ours, theirs.
    wrong: Vec<(Code, Arguments, Run, Run)>,
}

impl Comparison {
    fn start() -> Option<Self> {
        Some(Self {
            second: Second::start()?,
            runs: 0,
            traps: 0,
            wrong: vec![],
        })
    }

    /// Runs every case on every tuple of arguments.
    fn cases(&mut self, cases: &[Case], arguments: &[Arguments]) {
        for cases in cases.chunks(FUNCTIONS) {
            let wasm = module(cases);
            let params = StylusParams::default();
            let module = Module::compile(&wasm, &params).unwrap();
            let (literal, _) = literal::instrument(&wasm);
            let todo: Vec<(usize, Arguments)> = (0..cases.len())
                .flat_map(|case| arguments.iter().map(move |arguments| (case, *arguments)))
                .collect();
            let batches: Vec<_> = todo.chunks(BATCH).collect();
            let agreed = self.compare(&module, &params, &literal, cases, &batches);
            // where a batch trapped or differed, one by one
            let singles: Vec<_> = agreed
                .iter()
                .zip(&batches)
                .filter(|(agreed, _)| !**agreed)
                .flat_map(|(_, batch)| batch.chunks(1))
                .collect();
            self.compare(&module, &params, &literal, cases, &singles);
            self.runs += todo.len() as u64;
        }
    }

    /// Runs batches; which of them ended well and alike. Those of one case are judged.
    fn compare(
        &mut self,
        module: &Module,
        params: &StylusParams,
        literal: &[u8],
        cases: &[Case],
        batches: &[&[(usize, Arguments)]],
    ) -> Vec<bool> {
        let starts: Vec<Start> = batches
            .iter()
            .map(|batch| Start {
                input: batch.iter().flat_map(|x| encode(cases, *x)).collect(),
                ink: GAS * 10_000,
                space: params.max_stack_depth,
                wide: params.wide_page_counts(),
                replay: None,
            })
            .collect();
        let theirs = self.second.run(literal, &starts).unwrap();
        let mut agreed = vec![];
        for ((batch, start), theirs) in batches.iter().zip(&starts).zip(theirs) {
            let ours = ours(module, params, &start.input);
            agreed.push(ours == theirs && ours.ended == Ended::With(0));
            let [(case, arguments)] = batch else { continue };
            if ours != theirs {
                let code = cases[*case].code.clone();
                self.wrong.push((code, *arguments, ours, theirs));
            } else if ours.ended == Ended::Trap {
                self.traps += 1;
            }
        }
        agreed
    }

    #[track_caller]
    fn finish(self, what: &str, at_least: u64) {
        println!(
            "{what}: {} cases, {} of them traps, {} wrong",
            self.runs,
            self.traps,
            self.wrong.len()
        );
        for (code, arguments, ours, theirs) in self.wrong.iter().take(20) {
            println!("{code:?}\n  on {arguments:x?}\n  ours   {ours:?}\n  theirs {theirs:?}");
        }
        assert_eq!(self.wrong.len(), 0, "of {} cases", self.runs);
        assert!(self.runs >= at_least, "{} cases are too few", self.runs);
    }
}

/// A case as the entry point reads it.
fn encode(cases: &[Case], (case, (a, b, c, d)): (usize, Arguments)) -> Vec<u8> {
    [
        &(case as u32).to_le_bytes()[..],
        &(cases[case].ty as u32).to_le_bytes(),
        &a.to_le_bytes(),
        &b.to_le_bytes(),
        &c.to_le_bytes(),
        &d.to_le_bytes(),
    ]
    .concat()
}

/// Ways to come by a number of type `ty`; `side` tells the operands of an opcode apart.
fn operands(ty: Int, side: u32) -> Vec<Code> {
    let get = |n: u32| I::LocalGet(ty.local(n));
    let (own, foreign) = (get(side), get(1 - side));
    let spare = ty.local(2 + side);
    let compare = |op: Op| {
        let mut code = vec![own.clone(), foreign.clone(), ty.op(op)];
        if ty == Int::I64 {
            code.push(I::I64ExtendI32U);
        }
        code
    };
    let mut all: Vec<Code> = [0, 1, -1, 33, 0x8000, i64::MIN >> 63 << 31]
        .into_iter()
        .map(|value| vec![ty.constant(value)])
        .collect();
    all.extend([
        vec![own.clone()],
        vec![foreign.clone()],
        vec![
            own.clone(),
            ty.constant(5),
            ty.op(Op::Add),
            I::LocalSet(spare),
            I::LocalGet(spare),
        ],
        vec![
            own.clone(),
            ty.constant(3),
            ty.op(Op::Xor),
            I::LocalTee(spare),
        ],
        vec![own.clone(), ty.constant(7), ty.op(Op::Add)],
        vec![own.clone(), foreign.clone(), ty.op(Op::Mul)],
        vec![own.clone(), foreign.clone(), ty.op(Op::And)],
        compare(Op::LtS),
        compare(Op::Eq),
        match ty {
            Int::I32 => vec![own.clone(), I::I32Eqz],
            Int::I64 => vec![own.clone(), I::I64Eqz, I::I64ExtendI32U],
        },
        vec![I::I32Const(8 + 8 * side as i32), ty.load(3, false, 4)],
        vec![
            I::LocalGet(side),
            I::I32Const(15),
            I::I32And,
            ty.load(1, true, 1),
        ],
        vec![I::GlobalGet(ty.global())],
        vec![own.clone(), I::Call(SAME[ty as usize])],
        // a local that changes while its old value is on the stack
        vec![own.clone(), ty.constant(9), I::LocalSet(ty.local(side))],
        vec![own.clone(), foreign, I::LocalGet(side), I::Select],
        vec![
            I::Block(ty.block()),
            own.clone(),
            I::LocalGet(1 - side),
            I::BrIf(0),
            I::Drop,
            ty.constant(-3),
            I::End,
        ],
        match ty {
            Int::I32 => vec![I::LocalGet(Int::I64.local(side)), I::I32WrapI64],
            Int::I64 => vec![I::LocalGet(Int::I32.local(side)), I::I64ExtendI32S],
        },
    ]);
    all
}

/// Ways to use up the number of type `ty` on the stack; each ends with what it says.
fn consumers(ty: Int) -> Vec<(Int, Code)> {
    let zero = || ty.constant(0);
    let spare = ty.local(3);
    let mut all = vec![
        (ty, vec![]),
        (ty, vec![I::LocalSet(spare), I::LocalGet(spare)]),
        (
            ty,
            vec![I::LocalTee(spare), I::LocalGet(spare), ty.op(Op::Add)],
        ),
        (ty, vec![I::LocalTee(spare), ty.constant(3), ty.op(Op::Xor)]),
        (ty, vec![I::Call(SAME[ty as usize])]),
        (
            ty,
            vec![I::GlobalSet(ty.global()), I::GlobalGet(ty.global())],
        ),
        (
            ty,
            vec![I::LocalGet(ty.local(0)), I::LocalGet(1), I::Select],
        ),
        (
            ty,
            vec![
                ty.constant(44),
                I::LocalGet(0),
                I::I32Const(0),
                I::I32LtS,
                I::Select,
            ],
        ),
        (
            ty,
            vec![
                I::LocalSet(spare),
                I::I32Const(16),
                I::LocalGet(spare),
                ty.store(3, 8),
                ty.constant(1),
            ],
        ),
        (
            ty,
            vec![
                I::LocalSet(spare),
                I::LocalGet(0),
                I::I32Const(7),
                I::I32And,
                I::LocalGet(spare),
                ty.store(1, 3),
                ty.constant(1),
            ],
        ),
        (Int::I32, vec![ty.op(Op::Eqz)]),
        (
            ty,
            vec![
                I::LocalSet(ty.local(0)),
                I::LocalGet(ty.local(0)),
                I::LocalGet(ty.local(1)),
                ty.op(Op::Sub),
            ],
        ),
        match ty {
            Int::I32 => (Int::I64, vec![I::I64ExtendI32S]),
            Int::I64 => (Int::I32, vec![I::I32WrapI64]),
        },
    ];
    // what makes a condition of it
    let mut conditions = vec![
        vec![ty.op(Op::Eqz)],
        vec![ty.op(Op::Eqz), I::I32Eqz],
        vec![zero(), ty.op(Op::Eq)],
        vec![zero(), ty.op(Op::Ne)],
        vec![
            I::LocalSet(spare),
            zero(),
            I::LocalGet(spare),
            ty.op(Op::Eq),
        ],
        vec![
            I::LocalSet(spare),
            zero(),
            I::LocalGet(spare),
            ty.op(Op::Ne),
        ],
        vec![zero(), ty.op(Op::LtS)],
        vec![ty.constant(1), ty.op(Op::LtU)],
        vec![I::LocalGet(ty.local(0)), ty.op(Op::GeU)],
        vec![ty.constant(3), ty.op(Op::And), ty.op(Op::Eqz)],
    ];
    if ty == Int::I32 {
        conditions.push(vec![]);
    }
    for condition in conditions {
        for (result, code) in choices() {
            // what is chosen from lies below the number, which therefore waits in a local
            let [before, after] = code;
            let wait = [I::LocalSet(spare)].into_iter().chain(before);
            let then = [I::LocalGet(spare)].into_iter().chain(condition.clone());
            all.push((result, wait.chain(then).chain(after.clone()).collect()));
        }
        // and without waiting
        for (result, code) in branches() {
            all.push((result, [condition.clone(), code].concat()));
        }
    }
    all
}

/// Choices by the condition on the stack: what goes below it, and what takes it.
fn choices() -> Vec<(Int, [Code; 2])> {
    let mut all = vec![];
    for ty in [Int::I32, Int::I64] {
        let values = [
            vec![ty.constant(33)],
            vec![I::LocalGet(ty.local(0))],
            vec![I::LocalGet(ty.local(1)), ty.constant(1), ty.op(Op::Add)],
        ];
        for (i, yes) in values.iter().enumerate() {
            for (j, no) in values.iter().enumerate() {
                let no = if i == j {
                    vec![ty.constant(44)]
                } else {
                    no.clone()
                };
                all.push((ty, [[yes.clone(), no].concat(), vec![I::Select]]));
            }
        }
    }
    all.push((
        Int::I32,
        [
            vec![I::Block(Int::I32.block()), I::LocalGet(1)],
            vec![I::BrIf(0), I::Drop, I::I32Const(9), I::End],
        ],
    ));
    all
}

/// Branches by the condition on the stack.
fn branches() -> Vec<(Int, Code)> {
    let empty = BlockType::Empty;
    vec![
        (
            Int::I32,
            vec![
                I::If(Int::I32.block()),
                I::I32Const(7),
                I::Else,
                I::LocalGet(1),
                I::End,
            ],
        ),
        (
            Int::I64,
            vec![
                I::If(empty),
                I::I64Const(7),
                I::LocalSet(6),
                I::End,
                I::LocalGet(6),
            ],
        ),
        (
            Int::I32,
            vec![
                I::LocalSet(5),
                I::Block(empty),
                I::LocalGet(5),
                I::BrIf(0),
                I::I32Const(1),
                I::Return,
                I::End,
                I::I32Const(2),
            ],
        ),
        (
            Int::I32,
            vec![
                I::LocalSet(5),
                I::Block(empty),
                I::Block(empty),
                I::LocalGet(5),
                I::BrTable(vec![1, 0].into(), 0),
                I::End,
                I::I32Const(5),
                I::Return,
                I::End,
                I::I32Const(6),
            ],
        ),
    ]
}

/// Arguments for the forms: equal, small and at the edges, and a few at random.
fn arguments(random: &mut Random, more: usize) -> Vec<Arguments> {
    let mut all = vec![
        (0, 0, 0, 0),
        (5, 3, 5, 3),
        (i32::MIN, -1, i64::MIN, -1),
        (1, 0, 1 << 32, 0),
    ];
    for _ in 0..more {
        let number = |random: &mut Random| match random.below(3) {
            0 => random.next() as i64,
            _ => random.pick(&EDGES),
        };
        let (a, b) = (number(random) as i32, number(random) as i32);
        all.push((a, b, number(random), number(random)));
    }
    all
}

fn full() -> bool {
    std::env::var("PLIMSOLL_ENGINES").is_ok_and(|value| value == "full")
}

/// E-1. wasmi 2.0.0 lost the comparison and looked at whatever came last: 280 of 15,048 such cases.
#[test]
fn e1_select_on_a_number_that_is_or_is_not_zero() {
    let zero = I::I32Const(0);
    let numbers = [
        vec![I::LocalGet(0)],
        vec![I::LocalGet(0), I::I32Const(0), I::I32Or],
        vec![I::LocalGet(0), I::LocalTee(5)],
        vec![I::LocalGet(2), I::I32WrapI64],
    ];
    let conditions = |number: &Code| {
        [
            (true, [&number[..], &[I::I32Eqz]].concat()),
            (true, [&number[..], &[zero.clone(), I::I32Eq]].concat()),
            (
                true,
                [std::slice::from_ref(&zero), &number[..], &[I::I32Eq]].concat(),
            ),
            (false, [&number[..], &[zero.clone(), I::I32Ne]].concat()),
            (
                false,
                [std::slice::from_ref(&zero), &number[..], &[I::I32Ne]].concat(),
            ),
        ]
    };
    for ty in [Int::I32, Int::I64] {
        // local 1 holds 33 and local 3 too, 44 comes from a sum
        let get = I::LocalGet(ty.local(1));
        let yes = [
            vec![ty.constant(33)],
            vec![get.clone()],
            vec![get.clone(), ty.constant(0), ty.op(Op::Or)],
        ];
        let no = [
            vec![ty.constant(44)],
            vec![get, ty.constant(11), ty.op(Op::Add)],
        ];
        let mut cases = vec![];
        let mut if_zero = vec![];
        for number in &numbers {
            for (on_zero, condition) in conditions(number) {
                for yes in &yes {
                    for no in &no {
                        cases.push(Case {
                            ty,
                            code: [&yes[..], no, &condition, &[I::Select]].concat(),
                        });
                        if_zero.push(on_zero);
                    }
                }
            }
        }
        let module = Module::compile(&module(&cases), &StylusParams::default()).unwrap();
        let mut wrong = vec![];
        for (case, if_zero) in if_zero.iter().enumerate() {
            for number in [0, 5, -1, i32::MIN] {
                let arguments = (number, 33, number.into(), 33);
                let input = encode(&cases, (case, arguments));
                let run = ours(&module, &StylusParams::default(), &input);
                let value = i64::from_le_bytes(run.output[..8].try_into().unwrap());
                let right = if (number == 0) == *if_zero { 33 } else { 44 };
                if value != right {
                    wrong.push((cases[case].code.clone(), number, value, right));
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of {}: {:?}",
            wrong.len(),
            4 * cases.len(),
            wrong[0]
        );
    }
}

#[test]
fn every_opcode_in_every_form() {
    let Some(mut comparison) = Comparison::start() else {
        return;
    };
    let mut random = Random::new(random::seed());
    let arguments = arguments(&mut random, if full() { 8 } else { 2 });
    for ty in [Int::I32, Int::I64] {
        let mut cases = vec![];
        let binary = ARITHMETIC.map(|op| (op, ty)).into_iter();
        let comparisons = COMPARISONS.map(|op| (op, Int::I32)).into_iter();
        for (op, result) in binary.chain(comparisons) {
            for left in operands(ty, 0) {
                for right in operands(ty, 1) {
                    let consumers = consumers(result);
                    // in part: as it is, and two of the ways to use it
                    let some = if full() { consumers.len() } else { 2 };
                    for i in 0..=some {
                        let (ty_out, consumer) = match i {
                            0 => &consumers[0],
                            _ if full() => &consumers[i - 1],
                            _ => &consumers[random.below(consumers.len() as u64) as usize],
                        };
                        let code = [&left[..], &right, &[ty.op(op)], consumer].concat();
                        cases.push(Case { ty: *ty_out, code });
                    }
                }
            }
            comparison.cases(&cases, &arguments);
            cases.clear();
        }
        for operand in operands(ty, 0) {
            let mut unary: Vec<(Int, I<'_>)> = UNARY.map(|op| (ty, ty.op(op))).into();
            unary.push((Int::I32, ty.op(Op::Eqz)));
            match ty {
                Int::I32 => {
                    unary.extend([(Int::I64, I::I64ExtendI32S), (Int::I64, I::I64ExtendI32U)])
                }
                Int::I64 => unary.extend([(ty, I::I64Extend32S), (Int::I32, I::I32WrapI64)]),
            }
            for (result, op) in unary {
                for (ty, consumer) in consumers(result) {
                    let code = [&operand[..], std::slice::from_ref(&op), &consumer].concat();
                    cases.push(Case { ty, code });
                }
            }
        }
        comparison.cases(&cases, &arguments);
    }
    comparison.finish("opcodes", 60_000);
}

/// Loads and stores: every width, constant and computed addresses, offsets on and over the edge.
#[test]
fn every_access_to_memory() {
    let Some(mut comparison) = Comparison::start() else {
        return;
    };
    let addresses: Vec<Code> = [0, 1, 60, 65_528, 65_535, -1, -8]
        .map(|at| vec![I::I32Const(at)])
        .into_iter()
        .chain([
            vec![I::LocalGet(0)],
            vec![I::LocalGet(0), I::I32Const(31), I::I32And],
            vec![I::LocalGet(2), I::I32WrapI64, I::LocalTee(4)],
            vec![I::LocalGet(0), I::I32Const(3), I::I32Add],
        ])
        .collect();
    let mut cases = vec![];
    for ty in [Int::I32, Int::I64] {
        for address in &addresses {
            for offset in [0, 1, 7, 56, 65_535, 65_536, u64::from(u32::MAX)] {
                for width in 0..4 {
                    for signed in [false, true] {
                        let load = [&address[..], &[ty.load(width, signed, offset)]].concat();
                        let masked = [&load[..], &[ty.constant(0xff), ty.op(Op::And)]].concat();
                        cases.extend([load, masked].map(|code| Case { ty, code }));
                    }
                    for value in [
                        vec![ty.constant(-2)],
                        vec![ty.constant(0x1234_5678_9abc)],
                        vec![I::LocalGet(ty.local(1))],
                        vec![I::LocalGet(ty.local(1)), ty.constant(3), ty.op(Op::Shl)],
                        vec![
                            I::LocalGet(ty.other().local(1)),
                            match ty {
                                Int::I32 => I::I32WrapI64,
                                Int::I64 => I::I64ExtendI32U,
                            },
                        ],
                    ] {
                        let store = [ty.store(width, offset), ty.constant(1)];
                        let code = [&address[..], &value, &store].concat();
                        cases.push(Case { ty, code });
                    }
                }
            }
        }
    }
    comparison.cases(
        &cases,
        &[(0, -1, 0, -1), (5, 77, 9, i64::MIN), (65_530, 1, 65_533, 1)],
    );

    // copies and fills, most of them over themselves
    cases.clear();
    let copy = I::MemoryCopy {
        src_mem: 0,
        dst_mem: 0,
    };
    let form = |n: i32, at: u32| [vec![I::I32Const(n)], vec![I::LocalGet(at)]];
    for first in form(5, 0) {
        for middle in form(300, 1) {
            for last in [
                vec![I::I32Const(0)],
                vec![I::I32Const(9)],
                vec![I::LocalGet(2), I::I32WrapI64],
            ] {
                for op in [copy.clone(), I::MemoryFill(0)] {
                    let code = [&first[..], &middle, &last, &[op, I::I32Const(0)]].concat();
                    cases.push(Case { ty: Int::I32, code });
                }
            }
        }
    }
    let mut ranges = vec![
        (3, 6, 20, 0),
        (6, 3, 20, 0),
        (0, 0, 64, 0),
        (65_530, 1, 6, 0),
        (65_530, 1, 7, 0),
        (1, 65_531, 6, 0),
        (65_536, 65_536, 0, 0),
        (65_537, 1, 0, 0),
        (-1, -1, -1, 0),
    ];
    ranges.extend((0..16).map(|i| (i, 2 * i, 40 - i64::from(i), 0)));
    comparison.cases(&cases, &ranges);
    comparison.finish("memory", 10_000);
}

/// Writes random code that is well typed and ends.
struct Writer<'a> {
    random: &'a mut Random,
    code: Code,
    /// Opcodes it may still write, more or less.
    left: u32,
    /// Labels around: type of what a branch there takes with it, and whether it goes back.
    labels: Vec<(Option<Int>, bool)>,
}

impl Writer<'_> {
    fn write(random: &mut Random) -> Case {
        let ty = random.pick(&[Int::I32, Int::I64]);
        let left = 8 + random.below(40) as u32;
        let mut writer = Writer {
            random,
            code: vec![],
            left,
            labels: vec![],
        };
        while writer.left > 16 && writer.random.below(3) > 0 {
            writer.statement();
        }
        writer.value(ty);
        Case {
            ty,
            code: writer.code,
        }
    }

    fn push(&mut self, op: I<'static>) {
        self.left = self.left.saturating_sub(1);
        self.code.push(op);
    }

    fn local(&mut self, ty: Int) -> u32 {
        ty.local(self.random.below(4) as u32)
    }

    fn leaf(&mut self, ty: Int) {
        let op = match self.random.below(8) {
            0..=3 => I::LocalGet(self.local(ty)),
            4 => I::GlobalGet(ty.global()),
            5 => ty.constant(self.random.next() as i64),
            _ => ty.constant(self.random.pick(&EDGES)),
        };
        self.push(op);
    }

    /// A number of type `ty`.
    fn value(&mut self, ty: Int) {
        if self.left == 0 {
            return self.leaf(ty);
        }
        match self.random.below(20) {
            0..=1 => self.leaf(ty),
            2..=7 => {
                self.value(ty);
                self.value(ty);
                let op = self.random.pick(&ARITHMETIC);
                // few traps, or nothing else is seen
                let divides = matches!(op, Op::DivS | Op::DivU | Op::RemS | Op::RemU);
                if divides && self.random.below(4) > 0 {
                    self.push(ty.constant(1));
                    self.push(ty.op(Op::Or));
                }
                self.push(ty.op(op));
            }
            8..=9 if ty == Int::I32 => self.condition(),
            8 => {
                let op = self.random.pick(&UNARY);
                self.value(ty);
                self.push(ty.op(op));
            }
            9 => {
                self.value(Int::I32);
                let signed = self.random.below(2) == 0;
                self.push(if signed {
                    I::I64ExtendI32S
                } else {
                    I::I64ExtendI32U
                });
            }
            10..=12 => {
                self.value(ty);
                self.value(ty);
                self.condition();
                self.push(I::Select);
            }
            13 => {
                self.address();
                let (width, signed) = (self.random.below(4), self.random.below(2) == 0);
                let offset = self.random.below(24);
                self.push(ty.load(width, signed, offset));
            }
            14 => {
                self.value(ty);
                let local = self.local(ty);
                self.push(I::LocalTee(local));
            }
            15 => {
                self.value(ty);
                self.push(I::Call(SAME[ty as usize]));
            }
            16 => {
                self.condition();
                self.push(I::If(ty.block()));
                self.scoped(Some(ty), |w| w.value(ty));
                self.push(I::Else);
                self.scoped(Some(ty), |w| w.value(ty));
                self.push(I::End);
            }
            17 => {
                self.push(I::Block(ty.block()));
                self.scoped(Some(ty), |w| {
                    w.value(ty);
                    w.condition();
                    w.push(I::BrIf(0));
                    w.push(I::Drop);
                    w.statement();
                    w.value(ty);
                });
                self.push(I::End);
            }
            18 => match ty {
                Int::I32 => {
                    self.value(Int::I64);
                    self.push(I::I32WrapI64);
                }
                Int::I64 => {
                    self.value(ty);
                    self.push(I::I64Extend32S);
                }
            },
            _ => {
                self.statement();
                self.value(ty);
            }
        }
    }

    /// A number that is a condition.
    fn condition(&mut self) {
        let ty = self.random.pick(&[Int::I32, Int::I64]);
        match self.random.below(8) {
            0..=3 => {
                self.value(ty);
                self.value(ty);
                let op = self.random.pick(&COMPARISONS);
                self.push(ty.op(op));
            }
            4..=5 => {
                self.value(ty);
                self.push(ty.op(Op::Eqz));
            }
            6 => {
                let zero_first = self.random.below(2) == 0;
                if zero_first {
                    self.push(ty.constant(0));
                }
                self.value(ty);
                if !zero_first {
                    self.push(ty.constant(0));
                }
                let op = self.random.pick(&[Op::Eq, Op::Ne]);
                self.push(ty.op(op));
            }
            _ => self.value(Int::I32),
        }
    }

    /// An address within the scratch, at most 40.
    fn address(&mut self) {
        self.value(Int::I32);
        self.push(I::I32Const(31));
        self.push(I::I32And);
    }

    fn scoped(&mut self, label: Option<Int>, inner: impl FnOnce(&mut Self)) {
        self.labels.push((label, false));
        inner(self);
        self.labels.pop();
    }

    fn statement(&mut self) {
        let ty = self.random.pick(&[Int::I32, Int::I64]);
        match self.random.below(11) {
            0..=2 => {
                self.value(ty);
                let local = self.local(ty);
                self.push(I::LocalSet(local));
            }
            3 => {
                self.value(ty);
                self.push(I::GlobalSet(ty.global()));
            }
            4 => {
                self.address();
                self.value(ty);
                let (width, offset) = (self.random.below(4), self.random.below(24));
                self.push(ty.store(width, offset));
            }
            5 => {
                self.address();
                let copies = self.random.below(2) == 0;
                if copies {
                    self.address();
                } else {
                    self.value(Int::I32);
                }
                self.address();
                self.push(if copies {
                    I::MemoryCopy {
                        src_mem: 0,
                        dst_mem: 0,
                    }
                } else {
                    I::MemoryFill(0)
                });
            }
            6 => {
                self.condition();
                self.push(I::If(BlockType::Empty));
                self.scoped(None, Self::statement);
                if self.random.below(2) == 0 {
                    self.push(I::Else);
                    self.scoped(None, Self::statement);
                }
                self.push(I::End);
            }
            7 => {
                self.push(I::Block(BlockType::Empty));
                self.scoped(None, |w| {
                    w.condition();
                    w.push(I::BrIf(0));
                    w.statement();
                });
                self.push(I::End);
            }
            8 => {
                // a loop that counts down from at most 7
                let around = self.labels.iter().filter(|label| label.1).count() as u32;
                if around == LOOPS {
                    return;
                }
                let counter = FIRST_COUNTER + around;
                self.value(Int::I32);
                for op in [I::I32Const(7), I::I32And, I::LocalSet(counter)] {
                    self.push(op);
                }
                self.push(I::Loop(BlockType::Empty));
                self.labels.push((None, true));
                self.statement();
                self.labels.pop();
                self.code.extend([
                    I::LocalGet(counter),
                    I::I32Const(1),
                    I::I32Sub,
                    I::LocalTee(counter),
                    I::I32Const(0),
                    I::I32GtS,
                    I::BrIf(0),
                    I::End,
                ]);
            }
            9 => {
                let depth = 1 + self.random.below(3);
                for _ in 0..=depth {
                    self.push(I::Block(BlockType::Empty));
                    self.labels.push((None, false));
                }
                self.value(Int::I32);
                let targets: Vec<u32> = (0..depth)
                    .map(|_| self.random.below(depth + 1) as u32)
                    .collect();
                let default = self.random.below(depth + 1) as u32;
                self.push(I::BrTable(targets.into(), default));
                for _ in 0..=depth {
                    self.push(I::End);
                    self.labels.pop();
                    self.statement_if_room();
                }
            }
            _ => self.branch(),
        }
    }

    fn statement_if_room(&mut self) {
        if self.left > 0 {
            self.statement();
        }
    }

    /// A branch out of any block around that takes nothing with it, if the condition holds.
    fn branch(&mut self) {
        let targets: Vec<u32> = self
            .labels
            .iter()
            .rev()
            .enumerate()
            .filter(|(_, label)| **label == (None, false))
            .map(|(depth, _)| depth as u32)
            .collect();
        if targets.is_empty() {
            self.value(Int::I32);
            return self.push(I::Drop);
        }
        self.condition();
        let target = self.random.pick(&targets);
        self.push(I::BrIf(target));
    }
}

/// Random functions: 449 of 60,000 such expressions were wrong under wasmi 2.0.0.
#[test]
fn random_functions() {
    let Some(mut comparison) = Comparison::start() else {
        return;
    };
    let count = random::number("PLIMSOLL_FUNCTIONS", 20_000);
    let seed = random::seed();
    println!("{count} functions from seed {seed}");
    let mut random = Random::new(seed);
    // they are long, and a module has a bound
    const TOGETHER: u64 = 200;
    for done in (0..count).step_by(TOGETHER as usize) {
        let now = TOGETHER.min(count - done);
        let cases: Vec<Case> = (0..now).map(|_| Writer::write(&mut random)).collect();
        let arguments = arguments(&mut random, 2);
        comparison.cases(&cases, &arguments);
    }
    comparison.finish("functions", 6 * count);
}
