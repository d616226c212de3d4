//! One transaction or call, executed: revm for EVM frames, the engine for Stylus frames, the two
//! entering each other at any depth.

use crate::{
    arbos,
    config::ChainConfig,
    precompiles::Precompiles,
    state::State,
    stylus::{ModuleCache, RecentPrograms},
    trace::Tracer,
    types::{CallFrame, Outcome},
};
use alloy::primitives::{Address, B256, Bytes, Log, U256, keccak256};
use core::{any::Any, convert::Infallible};
use plimsoll_stylus::StylusParams;
use revm::{
    Context, Database, Journal,
    bytecode::Bytecode,
    context::{
        BlockEnv, CfgEnv, FrameStack, TxEnv,
        result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction},
    },
    context_interface::{
        ContextTr, JournalTr, block::BlobExcessGasAndPrice, context::ContextError,
        journaled_state::account::JournaledAccountTr,
    },
    handler::{
        EthFrame, EvmTr, FrameData, FrameInitOrResult, FrameResult, Handler, ItemOrResult,
        evm::FrameInitResult, handle_reservoir_remaining_gas, instructions::EthInstructions,
        post_execution, validation,
    },
    interpreter::{
        CallScheme, FrameInput, GasTracker, InitialAndFloorGas, InstructionResult,
        InterpreterAction, interpreter::EthInterpreter, interpreter_action::FrameInit,
    },
    primitives::{HashMap, hardfork::SpecId},
    state::{AccountInfo, EvmState},
};
use std::sync::Arc;

/// Gas that the computation of one transaction may take, its intrinsic gas included.
pub const MAX_TX_GAS: u64 = 32_000_000;
/// Largest code of an account, in bytes.
pub(crate) const MAX_CODE_SIZE: usize = 24_576;
/// Where the fees for the way to L1 are collected.
pub(crate) const L1_PRICER_FUNDS_POOL: Address =
    alloy::primitives::address!("0xa4b00000000000000000000000000000000000f6");
/// Coinbase of blocks made by the sequencer.
pub(crate) const SEQUENCER: Address =
    alloy::primitives::address!("0xa4b000000000000000000073657175656e636572");
/// Stack of the thread that executes. EVM frames take none of it, and no more than 128 programs can
/// be open at once: each has a page, and the 129th cannot be paid for.
const STACK_BYTES: usize = 512 << 20;

pub(crate) type Ctx = Context<BlockEnv, TxEnv, CfgEnv, StateDb, Journal<StateDb>, Ext>;
pub(crate) type VmError = EVMError<Infallible, InvalidTransaction>;

/// The state as revm reads it.
#[derive(Clone, Debug)]
pub(crate) struct StateDb {
    pub(crate) state: State,
}

impl Database for StateDb {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.state.info(&address))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.state.bytecode(&hash))
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.state.storage(&address, &slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(l1_block_hash(number))
    }
}

/// The hash that stands for an L1 block: there is no L1.
pub(crate) fn l1_block_hash(number: u64) -> B256 {
    let mut seed = [0u8; 16];
    seed[..8].copy_from_slice(b"l1 block");
    seed[8..].copy_from_slice(&number.to_be_bytes());
    keccak256(seed)
}

/// What surrounds a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) number: u64,
    pub(crate) l1_number: U256,
    pub(crate) timestamp: u64,
    pub(crate) base_fee: u64,
    pub(crate) coinbase: Address,
    pub(crate) gas_limit: u64,
    pub(crate) prevrandao: B256,
    /// Its place in the chain: the number, unless a call overrides that.
    pub(crate) height: u64,
    /// Hashes of the blocks before that place, oldest first, the last being its parent's.
    pub(crate) hashes: Arc<Vec<B256>>,
}

/// One execution.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) config: Arc<ChainConfig>,
    pub(crate) modules: Arc<ModuleCache>,
    pub(crate) state: State,
    pub(crate) block: Surroundings,
    pub(crate) tx: TxEnv,
    /// What `tx_gas_price` answers in a program: the price with the tip that is not charged.
    pub(crate) program_gas_price: u128,
    /// A call: not limited to [`MAX_TX_GAS`].
    pub(crate) is_call: bool,
    /// Gas that pays for the way to L1.
    pub(crate) poster_gas: u64,
    pub(crate) recent: RecentPrograms,
    pub(crate) trace: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Executed {
    pub(crate) outcome: Outcome,
    /// Why it reverted without data.
    pub(crate) reason: Option<String>,
    pub(crate) gas_used: u64,
    pub(crate) gas_refunded: u64,
    pub(crate) output: Bytes,
    pub(crate) logs: Vec<Log>,
    pub(crate) created: Option<Address>,
    pub(crate) changes: EvmState,
    pub(crate) recent: RecentPrograms,
    pub(crate) trace: Option<CallFrame>,
    /// The logs, with one for each movement of ether; only with a trace.
    pub(crate) logs_and_transfers: Vec<Log>,
}

/// What the chain keeps beside revm's context.
#[derive(Debug)]
pub(crate) struct Ext {
    pub(crate) config: Arc<ChainConfig>,
    pub(crate) params: StylusParams,
    pub(crate) modules: Arc<ModuleCache>,
    pub(crate) block: Surroundings,
    pub(crate) program_gas_price: u128,
    pub(crate) is_call: bool,
    pub(crate) poster_gas: u64,
    pub(crate) held_gas: u64,
    /// Something set the Stylus parameters in this transaction, so that `params` may be old.
    pub(crate) params_set: bool,
    /// Pages open, and the most that were.
    pub(crate) pages: (u16, u16),
    /// Open frames by acting address, without delegate calls.
    pub(crate) spans: HashMap<Address, u32>,
    /// Who called each of the open frames.
    pub(crate) callers: Vec<Address>,
    pub(crate) recent: RecentPrograms,
    pub(crate) tracer: Option<Tracer>,
    /// Why the frame that ended last failed, where the result does not tell.
    pub(crate) reason: Option<String>,
    /// Something of ours broke inside a host function.
    pub(crate) fault: Option<String>,
    pub(crate) outcome: Option<InstructionResult>,
    pub(crate) created: Option<Address>,
}

/// Runs on a thread with a stack that deep recursion cannot exhaust. A panic inside is an error.
pub(crate) fn on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("evm".into())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|e| format!("no thread to execute on: {e}"))?;
        thread.join().map_err(|panic| panic_text(&panic))
    })
}

/// What a panic said.
pub(crate) fn panic_text(panic: &Box<dyn Any + Send>) -> String {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("execution panicked")
        .to_owned()
}

/// Executes one job. Call it inside [`on_big_stack`].
pub(crate) fn execute(job: Job) -> Result<Executed, VmError> {
    let mut state = job.state;
    let params = arbos::params(&mut state);
    let spec = SpecId::OSAKA; // ArbOS 50 and later
    let mut cfg = CfgEnv::new_with_spec(spec);
    cfg.chain_id = job.config.chain_id;
    cfg.tx_chain_id_check = false;
    cfg.disable_nonce_check = true;
    cfg.disable_eip3607 = true;
    cfg.tx_gas_limit_cap = Some(u64::MAX);

    let db = StateDb { state };
    let plain = Context::<BlockEnv, TxEnv, CfgEnv, StateDb, Journal<StateDb>, ()>::new(db, spec);
    let mut ctx: Ctx = plain.with_cfg(cfg).with_chain(Ext {
        params,
        modules: job.modules,
        config: job.config,
        block: job.block,
        program_gas_price: job.program_gas_price,
        is_call: job.is_call,
        poster_gas: job.poster_gas,
        held_gas: 0,
        params_set: false,
        pages: (0, 0),
        spans: HashMap::default(),
        callers: Vec::new(),
        recent: job.recent,
        tracer: job.trace.then(Tracer::default),
        reason: None,
        fault: None,
        outcome: None,
        created: None,
    });
    let block = &ctx.chain.block;
    ctx.block = BlockEnv {
        number: block.l1_number,
        beneficiary: block.coinbase,
        timestamp: U256::from(block.timestamp),
        gas_limit: block.gas_limit,
        // geth shows no base fee to calls that offer no gas price
        basefee: if job.is_call && job.tx.gas_price == 0 {
            0
        } else {
            block.base_fee
        },
        difficulty: U256::ONE,
        prevrandao: Some(block.prevrandao),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
            excess_blob_gas: 0,
            blob_gasprice: 0,
        }),
        slot_num: 0,
    };
    ctx.tx = job.tx;

    let mut vm = Vm {
        instructions: EthInstructions::new_mainnet_with_spec(spec),
        precompiles: Precompiles::new(),
        frames: FrameStack::new_prealloc(8),
        spare_frames: Vec::new(),
        ctx,
    };
    let result = ArbHandler.run(&mut vm)?;
    if let Some(fault) = vm.ctx.chain.fault.take() {
        return Err(EVMError::Custom(fault));
    }
    let changes = vm.ctx.journaled_state.finalize();
    let ext = vm.ctx.chain;
    let outcome = match &result {
        ExecutionResult::Success { .. } => Outcome::Success,
        ExecutionResult::Revert { .. } => Outcome::Reverted,
        ExecutionResult::Halt { .. } => {
            Outcome::Halted(ext.reason.clone().unwrap_or_else(|| {
                failure(ext.outcome.unwrap_or(InstructionResult::OutOfGas)).into()
            }))
        }
    };
    let output = result.output().cloned().unwrap_or_default();
    let silent = outcome == Outcome::Reverted && output.is_empty();
    let (trace, logs_and_transfers) = ext.tracer.map(Tracer::finish).unwrap_or_default();
    Ok(Executed {
        reason: ext.reason.filter(|_| silent),
        gas_used: result.tx_gas_used(),
        gas_refunded: ext.outcome.map_or(0, |_| result.gas().inner_refunded()),
        output,
        created: ext.created.filter(|_| outcome.is_success()),
        outcome,
        logs: result.into_logs(),
        changes,
        recent: ext.recent,
        trace,
        logs_and_transfers,
    })
}

/// What geth says when a frame ends so.
pub(crate) const fn failure(result: InstructionResult) -> &'static str {
    use InstructionResult as R;
    match result {
        R::Revert => "execution reverted",
        R::CallTooDeep => "max call depth exceeded",
        R::OutOfFunds => "insufficient balance for transfer",
        R::OpcodeNotFound | R::InvalidFEOpcode | R::NotActivated => "invalid opcode",
        R::InvalidJump => "invalid jump destination",
        R::StackUnderflow => "stack underflow",
        R::StackOverflow => "stack limit reached 1024 (1023)",
        R::CallNotAllowedInsideStatic | R::StateChangeDuringStaticCall => "write protection",
        R::OutOfOffset => "return data out of bounds",
        R::CreateCollision => "contract address collision",
        R::NonceOverflow => "nonce uint64 overflow",
        R::CreateContractSizeLimit => "max code size exceeded",
        R::CreateInitCodeSizeLimit => "max initcode size exceeded",
        R::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        R::PrecompileError => "precompile failed",
        _ => "out of gas",
    }
}

/// revm with our frames.
pub(crate) struct Vm {
    pub(crate) ctx: Ctx,
    instructions: EthInstructions<EthInterpreter, Ctx>,
    precompiles: Precompiles,
    frames: FrameStack<EthFrame<EthInterpreter>>,
    spare_frames: Vec<FrameStack<EthFrame<EthInterpreter>>>,
}

impl Vm {
    /// Opens a frame from within a program's and runs it to its end.
    pub(crate) fn nested(
        &mut self,
        init: FrameInit,
    ) -> Result<FrameResult, ContextError<Infallible>> {
        let fresh = self.spare_frames.pop().unwrap_or_default();
        let outer = core::mem::replace(&mut self.frames, fresh);
        let result = self.run_frames(init);
        let mut used = core::mem::replace(&mut self.frames, outer);
        used.clear();
        self.spare_frames.push(used);
        result
    }

    fn run_frames(&mut self, init: FrameInit) -> Result<FrameResult, ContextError<Infallible>> {
        if let ItemOrResult::Result(result) = self.frame_init(init)? {
            return Ok(result);
        }
        loop {
            let result = match self.frame_run()? {
                ItemOrResult::Item(init) => match self.frame_init(init)? {
                    ItemOrResult::Item(_) => continue,
                    ItemOrResult::Result(result) => result,
                },
                ItemOrResult::Result(result) => result,
            };
            if let Some(result) = self.frame_return_result(result)? {
                return Ok(result);
            }
        }
    }

    /// Counts a frame in. Delegate calls act for their caller and do not count for re-entry.
    pub(crate) fn open_span(&mut self, acting: Address, caller: Address, counts: bool) {
        let ext = &mut self.ctx.chain;
        ext.callers.push(caller);
        if counts {
            *ext.spans.entry(acting).or_default() += 1;
        }
    }

    /// Counts it out.
    pub(crate) fn close_span(&mut self, acting: Address, counts: bool) {
        let ext = &mut self.ctx.chain;
        ext.callers.pop();
        if counts && let Some(open) = ext.spans.get_mut(&acting) {
            *open = open.saturating_sub(1);
        }
    }

    pub(crate) fn sync_logs(&mut self) {
        if let Some(tracer) = &mut self.ctx.chain.tracer {
            tracer.sync_logs(self.ctx.journaled_state.logs());
        }
    }

    fn trace_exit(&mut self, result: &FrameResult) {
        let ext = &mut self.ctx.chain;
        if let Some(tracer) = &mut ext.tracer {
            tracer.exit(
                result,
                ext.reason.as_deref(),
                self.ctx.journaled_state.logs().len(),
            );
        }
    }
}

const fn counts(scheme: CallScheme) -> bool {
    !matches!(scheme, CallScheme::DelegateCall | CallScheme::CallCode)
}

impl EvmTr for Vm {
    type Context = Ctx;
    type Instructions = EthInstructions<EthInterpreter, Ctx>;
    type Precompiles = Precompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(
        &self,
    ) -> (
        &Ctx,
        &Self::Instructions,
        &Precompiles,
        &FrameStack<EthFrame<EthInterpreter>>,
    ) {
        (
            &self.ctx,
            &self.instructions,
            &self.precompiles,
            &self.frames,
        )
    }

    fn all_mut(
        &mut self,
    ) -> (
        &mut Ctx,
        &mut Self::Instructions,
        &mut Precompiles,
        &mut FrameStack<EthFrame<EthInterpreter>>,
    ) {
        (
            &mut self.ctx,
            &mut self.instructions,
            &mut self.precompiles,
            &mut self.frames,
        )
    }

    fn frame_init(
        &mut self,
        init: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextError<Infallible>> {
        self.ctx.chain.reason = None;
        if self.ctx.chain.params_set {
            self.ctx.chain.params = arbos::params(&mut self.ctx);
        }
        if self.ctx.chain.tracer.is_some() {
            self.sync_logs();
            let ctx = &mut self.ctx;
            if let Some(tracer) = &mut ctx.chain.tracer {
                tracer.enter(&init.frame_input, &ctx.local);
            }
        }
        let span = match &init.frame_input {
            FrameInput::Call(call) => {
                let code = call.known_bytecode.1.original_byte_slice();
                if crate::stylus::is_program(code, &self.ctx.chain.params)
                    && !self.precompiles.contains(&call.bytecode_address)
                {
                    let result = self.run_program(init)?;
                    self.trace_exit(&result);
                    return Ok(ItemOrResult::Result(result));
                }
                Some((call.target_address, call.caller, counts(call.scheme)))
            }
            _ => None,
        };
        let creator = match &init.frame_input {
            FrameInput::Create(create) => create.caller(),
            _ => Address::ZERO,
        };
        let first = self.frames.index().is_none();
        let slot = if first {
            self.frames.start_init()
        } else {
            self.frames.get_next()
        };
        let opened = EthFrame::init_with_context(slot, &mut self.ctx, &mut self.precompiles, init)?;
        match opened {
            ItemOrResult::Item(token) => {
                // SAFETY: the token comes from the slot of this stack.
                if first {
                    unsafe { self.frames.end_init(token) };
                } else {
                    unsafe { self.frames.push(token) };
                }
                let (acting, caller, counted) = match (span, &self.frames.get().data) {
                    (Some(span), _) => span,
                    (None, FrameData::Create(frame)) => (frame.created_address, creator, true),
                    (None, FrameData::Call(_)) => (Address::ZERO, Address::ZERO, false),
                };
                self.open_span(acting, caller, counted);
                Ok(ItemOrResult::Item(self.frames.get()))
            }
            ItemOrResult::Result(result) => {
                self.sync_logs();
                self.trace_exit(&result);
                Ok(ItemOrResult::Result(result))
            }
        }
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextError<Infallible>> {
        let frame = self.frames.get();
        let action = frame.interpreter.run_plain(
            revm::handler::instructions::InstructionProvider::instruction_table(&self.instructions),
            revm::handler::instructions::InstructionProvider::gas_table(&self.instructions),
            &mut self.ctx,
        );
        if let InterpreterAction::Return(result) = &action {
            self.ctx.chain.reason = (result.result == InstructionResult::OpcodeNotFound)
                .then(|| crate::stylus::explain_fragment(frame, &self.ctx.chain.params))
                .flatten();
            // EIP-3541 keeps its rule, but programs and their pieces may be created
            self.ctx.cfg.disable_eip3541 =
                crate::stylus::may_be_created(&result.output, &self.ctx.chain.params);
            let destroyed = result.result == InstructionResult::SelfDestruct;
            if let Some(tracer) = &mut self.ctx.chain.tracer {
                tracer.sync_logs(self.ctx.journaled_state.logs());
                if destroyed {
                    tracer.self_destruct(&self.ctx.journaled_state.inner.journal);
                }
            }
        }
        let frame = self.frames.get();
        let next =
            frame.process_next_action::<_, ContextError<Infallible>>(&mut self.ctx, action)?;
        if let ItemOrResult::Result(result) = &next {
            frame.set_finished(true);
            let (acting, counted) = match &frame.input {
                FrameInput::Call(call) => (call.target_address, counts(call.scheme)),
                _ => match &frame.data {
                    FrameData::Create(created) => (created.created_address, true),
                    FrameData::Call(_) => (Address::ZERO, false),
                },
            };
            self.close_span(acting, counted);
            self.trace_exit(result);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextError<Infallible>> {
        if self.frames.get().is_finished() {
            self.frames.pop();
        }
        if self.frames.index().is_none() {
            return Ok(Some(result));
        }
        self.frames
            .get()
            .return_result::<_, ContextError<Infallible>>(&mut self.ctx, result)?;
        Ok(None)
    }
}

/// The life of a transaction, where Arbitrum's differs from Ethereum's.
struct ArbHandler;

impl Handler for ArbHandler {
    type Evm = Vm;
    type Error = VmError;
    type HaltReason = HaltReason;

    fn validate_env(&self, _: &mut Vm) -> Result<(), VmError> {
        Ok(()) // the chain did it, with its own words
    }

    fn validate_initial_tx_gas(&self, vm: &mut Vm) -> Result<InitialAndFloorGas, VmError> {
        let ctx = &vm.ctx;
        let gas = validation::validate_initial_tx_gas_with_gas_params(
            &ctx.tx,
            ctx.cfg.spec,
            &ctx.cfg.gas_params,
            true,
            false,
            u64::MAX,
            None,
        )?;
        let intrinsic = gas.initial_total_gas();
        let needed = intrinsic.checked_add(ctx.chain.poster_gas);
        if needed.is_none_or(|needed| needed > ctx.tx.gas_limit) {
            return Err(InvalidTransaction::CallGasCostMoreThanGasLimit {
                initial_gas: needed.unwrap_or(u64::MAX),
                gas_limit: ctx.tx.gas_limit,
            }
            .into());
        }
        Ok(gas)
    }

    fn tx_gas(&self, vm: &mut Vm, gas: &InitialAndFloorGas) -> GasTracker {
        let ctx = &mut vm.ctx;
        let (limit, intrinsic) = (ctx.tx.gas_limit, gas.initial_total_gas());
        let mut remaining = limit - intrinsic - ctx.chain.poster_gas;
        ctx.chain.held_gas = 0;
        if !ctx.chain.is_call {
            let most = MAX_TX_GAS.saturating_sub(intrinsic);
            ctx.chain.held_gas = remaining.saturating_sub(most);
            remaining = remaining.min(most);
        }
        GasTracker::new(limit, remaining, 0)
    }

    fn last_frame_result(
        &mut self,
        vm: &mut Vm,
        result: &mut FrameResult,
        gas: &mut GasTracker,
    ) -> Result<(), VmError> {
        let outcome = result.instruction_result();
        vm.ctx.chain.outcome = Some(outcome);
        if let FrameResult::Create(create) = result {
            vm.ctx.chain.created = create.address;
        }
        gas.spend_all();
        handle_reservoir_remaining_gas(outcome, gas, result.gas_mut().tracker_mut());
        gas.erase_cost(vm.ctx.chain.held_gas);
        *result.gas_mut().tracker_mut() = *gas;
        Ok(())
    }

    fn refund(&self, vm: &mut Vm, result: &mut FrameResult, eip7702: i64) -> Result<(), VmError> {
        let gas = result.gas_mut();
        gas.record_refund(eip7702);
        // what went to L1 is not refundable
        let spent = gas
            .total_gas_spent()
            .saturating_sub(vm.ctx.chain.poster_gas);
        let most = i64::try_from(spent / 5).unwrap_or(i64::MAX);
        gas.set_refund(gas.refunded().clamp(0, most));
        Ok(())
    }

    fn reward_beneficiary(&self, vm: &mut Vm, result: &mut FrameResult) -> Result<(), VmError> {
        let ctx = &mut vm.ctx;
        let price = U256::from(ctx.tx.gas_price);
        if price.is_zero() {
            return Ok(());
        }
        let total = price * U256::from(result.gas().used());
        let poster = price * U256::from(ctx.chain.poster_gas);
        let network = arbos::network_fee_account(ctx);
        for (account, fee) in [
            (network, total.saturating_sub(poster)),
            (L1_PRICER_FUNDS_POOL, poster),
        ] {
            if !fee.is_zero() {
                ctx.journal_mut()
                    .load_account_mut(account)?
                    .incr_balance(fee);
            }
        }
        Ok(())
    }

    fn execution_result(
        &mut self,
        vm: &mut Vm,
        result: FrameResult,
        gas: revm::context::result::ResultGas,
    ) -> Result<ExecutionResult<HaltReason>, VmError> {
        revm::context_interface::context::take_error::<VmError, _>(vm.ctx.error())?;
        let result = post_execution::output(&mut vm.ctx, result, gas);
        vm.ctx.journal_mut().commit_tx();
        Ok(result)
    }
}
