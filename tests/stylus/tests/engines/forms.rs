//! Every opcode in every form.

use super::*;

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
