//! Random functions.

use super::*;

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
