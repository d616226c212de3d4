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

mod forms;
mod random_programs;

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/literal.rs"]
mod literal;
#[path = "../common/random.rs"]
mod random;
#[path = "../common/second.rs"]
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
