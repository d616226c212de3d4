//! Running programs.

use std::sync::Arc;

use alloy_primitives::Bytes;
use wasmi::{
    Config, Engine, Global, Instance, Linker, Store, StoreLimits, StoreLimitsBuilder, TrapCode, Val,
};

use crate::{
    activate::{self, ActivationError},
    host::{Host, HostioTrace},
    hostio::{self, Escape, Frame, Handles},
    instrument::{FILTERED, INK_LEFT, INK_STATUS, STACK_LEFT},
    memory::MAX_PAGES,
    params::StylusParams,
    parse::{ENTRY_POINT, MEMORY},
};

/// Calls within one instance the interpreter takes: more than the checked stack ever allows.
const MAX_CALLS: usize = 1 << 20;
/// Bytes of the interpreter's stack, likewise. They are taken as they are needed.
const MAX_STACK_BYTES: usize = 1 << 28;
/// Bytes of memory a program may hold. More than [`MAX_PAGES`] cannot be paid, but `memory.grow` pays
/// for its argument modulo 65,536: a memory of no pages would get four gigabytes for nothing.
const MAX_MEMORY_BYTES: usize = MAX_PAGES as usize * 65_536;

/// A module made ready to run. Cheap to clone; keep one by code hash.
#[derive(Clone)]
pub struct Module {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    module: wasmi::Module,
    linker: Linker<Frame>,
}

impl core::fmt::Debug for Module {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Module").finish_non_exhaustive()
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// The entry point returned 0.
    Success,
    /// The entry point returned something else: a revert with the output.
    Revert,
    /// A trap, a bad pointer or a refused host function: a revert without data, the gas kept.
    Failure(String),
    /// The ink ran out: out of gas, nothing left.
    OutOfInk,
    /// The checked stack ran out: a depth error, nothing left.
    OutOfStack,
    /// `memory.fill` with a value above 255 below Stylus version 3: the node drops the whole
    /// transaction, which never happens on chain.
    Filtered,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOutcome {
    /// How it ended.
    pub status: RunStatus,
    /// Return or revert data; empty unless the entry point ended.
    pub output: Bytes,
    /// Ink left.
    pub ink_left: u64,
    /// Gas left, rounded down.
    pub gas_left: u64,
}

impl Module {
    /// Makes a module ready to run: metered, checked and translated.
    ///
    /// A module that was activated once stays acceptable, so that what a later ArbOS forbids is
    /// let through; only [`StylusParams::version`] counts, which is the version the program was
    /// activated for.
    ///
    /// # Errors
    ///
    /// * [`ActivationError::Rejected`] - the module could never have been activated.
    pub fn compile(wasm: &[u8], params: &StylusParams) -> Result<Self, ActivationError> {
        let metered = activate::prepare(wasm, params)?;
        Self::translate(&metered)
            .map_err(|error| ActivationError::Rejected(format!("failed to translate: {error}")))
    }

    fn translate(metered: &[u8]) -> Result<Self, wasmi::Error> {
        let mut config = Config::default();
        config
            .set_max_recursion_depth(MAX_CALLS)
            .set_max_stack_height(MAX_STACK_BYTES)
            .ignore_custom_sections(true);
        let engine = Engine::new(&config);
        let module = wasmi::Module::new(&engine, metered)?;
        let linker = hostio::linker(&engine)?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                module,
                linker,
            }),
        })
    }

    /// Runs the entry point with `input` and `gas`.
    ///
    /// The caller has charged [`call_cost`](crate::call_cost) and opened the footprint's pages on
    /// `host`. Afterwards it restores the number of pages open, applies
    /// [`evm_memory_cost`](crate::evm_memory_cost), and reverts the frame's state unless the
    /// status is [`RunStatus::Success`].
    pub fn run(
        &self,
        host: &mut dyn Host,
        params: &StylusParams,
        input: &[u8],
        gas: u64,
    ) -> RunOutcome {
        let ink = params.gas_to_ink(gas);
        // SAFETY: the store, which owns the frame, is dropped before `host` may be used again.
        let frame = unsafe { Frame::new(host, params, Bytes::copy_from_slice(input)) };
        let mut store = Store::new(&self.inner.engine, frame);
        store.limiter(|frame| &mut frame.limits);
        let program = match self.instantiate(&mut store) {
            Ok(program) => program,
            Err(error) => {
                let status = RunStatus::Failure(format!("init failed: {error}"));
                return RunOutcome::new(status, Bytes::new(), ink, params);
            }
        };
        program.run(&mut store, params, input.len() as u32, ink)
    }

    fn instantiate(&self, store: &mut Store<Frame>) -> Result<Program, wasmi::Error> {
        let instance = self
            .inner
            .linker
            .instantiate_and_start(&mut *store, &self.inner.module)?;
        let global = |name: &str| {
            instance
                .get_global(&*store, name)
                .ok_or_else(|| wasmi::Error::new("missing global"))
        };
        let (ink, status, stack) = (global(INK_LEFT)?, global(INK_STATUS)?, global(STACK_LEFT)?);
        let memory = instance
            .get_memory(&*store, MEMORY)
            .ok_or_else(|| wasmi::Error::new("missing memory"))?;
        let handles = Handles {
            memory,
            ink,
            status,
        };
        store.data_mut().handles = Some(handles);
        Ok(Program {
            instance,
            handles,
            stack,
        })
    }
}

/// What a program's store may hold.
pub(crate) fn limits() -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(MAX_MEMORY_BYTES)
        .build()
}

impl RunOutcome {
    fn new(status: RunStatus, output: Bytes, ink: u64, params: &StylusParams) -> Self {
        let ink_left = match status {
            RunStatus::OutOfInk | RunStatus::OutOfStack | RunStatus::Filtered => 0,
            _ => ink,
        };
        Self {
            status,
            output,
            ink_left,
            gas_left: params.ink_to_gas(ink_left),
        }
    }
}

/// A module with memory and globals of its own.
struct Program {
    instance: Instance,
    handles: Handles,
    stack: Global,
}

impl Program {
    fn run(
        &self,
        store: &mut Store<Frame>,
        params: &StylusParams,
        input_len: u32,
        ink: u64,
    ) -> RunOutcome {
        trace(store, ENTRY_POINT, &input_len.to_be_bytes(), &[], ink);
        let result = self.enter(store, params, input_len, ink);

        let ink_left = match self.handles.ink.get(&*store) {
            Val::I64(ink) => ink as u64,
            _ => 0,
        };
        let is =
            |global: Global, value: i32| matches!(global.get(&*store), Val::I32(x) if x == value);
        let ended = match result {
            Ok(status) => Ok(status),
            Err(_) if is(self.stack, 0) => Err(RunStatus::OutOfStack),
            Err(_) if is(self.handles.status, FILTERED) => Err(RunStatus::Filtered),
            Err(_) if !is(self.handles.status, 0) => Err(RunStatus::OutOfInk),
            Err(error) => match error.downcast_ref::<Escape>() {
                Some(Escape::Exit(status)) => Ok(*status),
                Some(Escape::OutOfInk) => Err(RunStatus::OutOfInk),
                Some(escape) => Err(RunStatus::Failure(escape.to_string())),
                None if error.as_trap_code() == Some(TrapCode::StackOverflow) => {
                    Err(RunStatus::OutOfStack)
                }
                None => Err(RunStatus::Failure(format!("hard user error: {error}"))),
            },
        };
        match ended {
            Ok(status) => {
                trace(store, "user_returned", &[], &status.to_be_bytes(), ink);
                let output = core::mem::take(&mut store.data_mut().outs).into();
                let status = if status == 0 {
                    RunStatus::Success
                } else {
                    RunStatus::Revert
                };
                RunOutcome::new(status, output, ink_left, params)
            }
            Err(status) => RunOutcome::new(status, Bytes::new(), ink_left, params),
        }
    }

    fn enter(
        &self,
        store: &mut Store<Frame>,
        params: &StylusParams,
        input_len: u32,
        ink: u64,
    ) -> Result<u32, wasmi::Error> {
        self.handles
            .ink
            .set(&mut *store, Val::I64(ink as i64))
            .map_err(wasmi::Error::from)?;
        self.stack
            .set(&mut *store, Val::I32(params.max_stack_depth as i32))
            .map_err(wasmi::Error::from)?;
        let main = self
            .instance
            .get_typed_func::<u32, u32>(&*store, ENTRY_POINT)?;
        main.call(store, input_len)
    }
}

/// Tells the host where the run begins and ends; Nitro gives the ink at the start both times.
fn trace(store: &mut Store<Frame>, name: &'static str, args: &[u8], outs: &[u8], ink: u64) {
    let host = store.data_mut().host();
    if host.tracing() {
        host.trace(HostioTrace {
            name,
            args,
            outs,
            start_ink: ink,
            end_ink: ink,
        });
    }
}
