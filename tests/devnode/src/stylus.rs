//! Stylus frames: what a call of a program pays and does, and the chain as the program sees it.

use crate::{
    arbos::{self, sure},
    evm::{Ctx, Vm, panic_text},
    precompiles::arb_wasm,
};
use alloy::primitives::{Address, B256, Bytes, Keccak256, Log, LogData, U256, keccak256};
use core::convert::Infallible;
use plimsoll_stylus::{
    Host, Module, Program, RunStatus, StylusParams, call_cost,
    code::{self, CodeKind, Root},
    evm_memory_cost,
    host::{
        ApiStatus, CallKind, CallOutcome, CallRequest, CreateOutcome, CreateRequest, FrameContext,
        HostioTrace,
    },
};
use revm::{
    bytecode::Bytecode,
    context_interface::{
        ContextTr, CreateScheme, JournalTr, context::ContextError, host::Host as _,
    },
    handler::{EthFrame, FrameResult},
    interpreter::{
        CallInput, CallInputs, CallOutcome as EvmCallOutcome, CallScheme, CallValue, CreateInputs,
        FrameInput, Gas, InstructionResult, InterpreterResult, SharedMemory,
        interpreter::EthInterpreter, interpreter_action::FrameInit,
    },
    primitives::HashMap,
};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

/// Frames that may be open at once.
const CALL_DEPTH: usize = 1024;

/// Whether code runs as a program when it is called.
pub(crate) fn is_program(code: &[u8], params: &StylusParams) -> bool {
    code.first() == Some(&0xef) && code::is_program(code, params)
}

/// Whether code may be created although it starts with `EF`.
pub(crate) fn may_be_created(code: &[u8], params: &StylusParams) -> bool {
    code.first() == Some(&0xef) && code::is_deployable(code, params)
}

/// Why a frame met an invalid opcode, where its code is a fragment of a program.
pub(crate) fn explain_fragment(
    frame: &EthFrame<EthInterpreter>,
    params: &StylusParams,
) -> Option<String> {
    let code = frame.interpreter.bytecode.original_byte_slice();
    let FrameInput::Call(call) = &frame.input else {
        return None;
    };
    (code::kind(code, params) == CodeKind::Fragment).then(|| {
        format!(
            "invalid opcode: {} is a fragment of a Stylus program; call the root that names it",
            call.bytecode_address
        )
    })
}

/// Stylus version, and hash of the code with its fragments.
type ModuleKey = (u16, B256);

/// Programs translated. Shared by a chain and its snapshots.
#[derive(Debug, Default)]
pub(crate) struct ModuleCache {
    modules: Mutex<HashMap<ModuleKey, Module>>,
}

impl ModuleCache {
    fn get(&self, key: ModuleKey) -> Option<Module> {
        self.modules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned()
    }

    fn put(&self, key: ModuleKey, module: Module) {
        self.modules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, module);
    }
}

/// The programs called last in a block, newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecentPrograms(VecDeque<B256>);

impl RecentPrograms {
    /// Notes a call; whether the program was there.
    fn insert(&mut self, code_hash: B256, capacity: usize) -> bool {
        let place = self.0.iter().position(|hash| *hash == code_hash);
        if let Some(place) = place {
            self.0.remove(place);
        }
        self.0.push_front(code_hash);
        self.0.truncate(capacity.max(1));
        place.is_some()
    }
}

/// A program's state checked as Nitro does before each call.
pub(crate) fn active_program(
    ctx: &mut Ctx,
    code_hash: B256,
) -> Result<Program, arb_wasm::ArbWasmErrors> {
    let program = arbos::program(ctx, code_hash);
    let now = ctx.chain.block.timestamp;
    arb_wasm::check_active(&program, &ctx.chain.params, now)?;
    Ok(program)
}

/// The module behind a program's code: its fragments are read where it has some.
pub(crate) fn unpack(
    code: &[u8],
    params: &StylusParams,
    mut fragment: impl FnMut(Address) -> Bytes,
) -> Result<Vec<u8>, String> {
    match code::kind(code, params) {
        CodeKind::Root => {
            let root = Root::parse(code).map_err(|e| e.to_string())?;
            let pieces: Vec<Bytes> = root.fragments.iter().map(|a| fragment(*a)).collect();
            root.assemble(pieces.iter().map(|p| p.as_ref()))
                .map_err(|e| e.to_string())
        }
        _ => code::decompress(code, params).map_err(|e| e.to_string()),
    }
}

/// Code of an account, without making it warm.
pub(crate) fn peek_code(ctx: &Ctx, address: Address) -> Bytes {
    let loaded = ctx.journaled_state.inner.state.get(&address);
    match loaded.and_then(|account| account.info.code.as_ref()) {
        Some(code) => code.original_bytes(),
        None => ctx.journaled_state.database.state.code(&address),
    }
}

/// Code hash of an account, without making it warm; zero where there is no account.
pub(crate) fn peek_code_hash(ctx: &Ctx, address: Address) -> B256 {
    match ctx.journaled_state.inner.state.get(&address) {
        Some(account) => account.info.code_hash,
        None => {
            let state = &ctx.journaled_state.database.state;
            state.account(&address).map_or(B256::ZERO, |a| a.code_hash)
        }
    }
}

fn module(ctx: &Ctx, code_hash: B256, code: &[u8]) -> Result<Module, String> {
    let params = &ctx.chain.params;
    let mut key = code_hash;
    if let (CodeKind::Root, Ok(root)) = (code::kind(code, params), Root::parse(code)) {
        // what a root stands for is decided by its fragments, which other histories may have in
        // other shapes at the same addresses
        let mut hash = Keccak256::new();
        hash.update(code_hash);
        for fragment in root.fragments {
            hash.update(peek_code_hash(ctx, fragment));
        }
        key = hash.finalize();
    }
    // and every version of Stylus translates in its own way
    let key = (params.version, key);
    if let Some(module) = ctx.chain.modules.get(key) {
        return Ok(module);
    }
    let wasm = unpack(code, params, |address| peek_code(ctx, address))?;
    let module = Module::compile(&wasm, params).map_err(|e| e.to_string())?;
    ctx.chain.modules.put(key, module.clone());
    Ok(module)
}

/// How a frame ended, before revm's types.
struct Ended {
    result: InstructionResult,
    gas_left: u64,
    output: Bytes,
    refund: i64,
}

impl Ended {
    const fn out_of_gas() -> Self {
        Self::all_gone(InstructionResult::OutOfGas)
    }

    const fn all_gone(result: InstructionResult) -> Self {
        Self {
            result,
            gas_left: 0,
            output: Bytes::new(),
            refund: 0,
        }
    }
}

impl Vm {
    /// Runs a call whose code is a program, to its end.
    pub(crate) fn run_program(
        &mut self,
        init: FrameInit,
    ) -> Result<FrameResult, ContextError<Infallible>> {
        let FrameInit {
            depth,
            memory,
            frame_input,
        } = init;
        let FrameInput::Call(call) = frame_input else {
            return Err(ContextError::Custom("only calls run programs".into()));
        };
        let ended = self.enter_program(&call, depth, memory);
        let mut gas = Gas::new(call.gas_limit);
        gas.set_remaining(ended.gas_left);
        gas.record_refund(ended.refund);
        Ok(FrameResult::Call(EvmCallOutcome::new(
            InterpreterResult::new(ended.result, ended.output, gas),
            call.return_memory_offset,
        )))
    }

    fn enter_program(&mut self, call: &CallInputs, depth: usize, memory: SharedMemory) -> Ended {
        let refused = |result| Ended {
            result,
            gas_left: call.gas_limit,
            output: Bytes::new(),
            refund: 0,
        };
        if depth > CALL_DEPTH {
            return refused(InstructionResult::CallTooDeep);
        }
        let checkpoint = self.ctx.journal_mut().checkpoint();
        if let CallValue::Transfer(value) = call.value {
            let journal = self.ctx.journal_mut();
            if let Some(error) = journal.transfer_loaded(call.caller, call.target_address, value) {
                journal.checkpoint_revert(checkpoint);
                return refused(error.into());
            }
        }
        if let Some(tracer) = &mut self.ctx.chain.tracer {
            tracer.mark_stylus();
        }
        let counts = !matches!(call.scheme, CallScheme::DelegateCall | CallScheme::CallCode);
        self.open_span(call.target_address, call.caller, counts);
        let ended = self.charge_and_run(call, depth, memory);
        self.close_span(call.target_address, counts);
        self.sync_logs();
        if ended.result.is_ok() {
            self.ctx.journal_mut().checkpoint_commit();
        } else {
            self.ctx.journal_mut().checkpoint_revert(checkpoint);
        }
        ended
    }

    fn charge_and_run(&mut self, call: &CallInputs, depth: usize, memory: SharedMemory) -> Ended {
        let (code_hash, code) = &call.known_bytecode;
        let program = match active_program(&mut self.ctx, *code_hash) {
            Ok(program) => program,
            Err(error) => {
                self.ctx.chain.reason = Some(arb_wasm::explain(&error, call.bytecode_address));
                return Ended::all_gone(InstructionResult::PrecompileError);
            }
        };
        let ext = &mut self.ctx.chain;
        let params = ext.params.clone();
        let recent = params.block_cache()
            && ext
                .recent
                .insert(*code_hash, usize::from(params.block_cache_size));
        let (open, ever) = ext.pages;
        let start_cost = call_cost(&params, &program, recent, open, ever);
        let Some(gas) = call.gas_limit.checked_sub(start_cost) else {
            return Ended::out_of_gas();
        };
        let module = match module(&self.ctx, *code_hash, code.original_byte_slice()) {
            Ok(module) => module,
            Err(why) => {
                self.ctx.chain.reason = Some(format!("program does not load: {why}"));
                return Ended::all_gone(InstructionResult::PrecompileError);
            }
        };

        let input = call.input.bytes_local(&self.ctx.local);
        let frame = self.frame_context(call);
        let mut host = ChainHost {
            vm: self,
            frame,
            depth,
            memory,
            refund: 0,
        };
        host.add_pages(program.footprint);
        let run = module.run(&mut host, &params, &input, gas);
        let refund = host.refund;
        let ext = &mut self.ctx.chain;
        ext.pages.0 = open;

        // what a frame inside left is not about this one
        ext.reason = None;
        let (result, output) = match run.status {
            RunStatus::Success => (InstructionResult::Return, run.output),
            RunStatus::Revert => (InstructionResult::Revert, run.output),
            RunStatus::Failure(why) => {
                ext.reason = Some(format!("program failed: {why}"));
                (InstructionResult::Revert, Bytes::new())
            }
            RunStatus::OutOfInk => return Ended::out_of_gas(),
            RunStatus::OutOfStack => {
                ext.reason = Some("max call depth exceeded".into());
                return Ended::all_gone(InstructionResult::StackOverflow);
            }
            RunStatus::Filtered => {
                ext.fault = Some(
                    "memory.fill with a value above 255: below Stylus version 3 a node drops such a transaction"
                        .into(),
                );
                return Ended::out_of_gas();
            }
        };
        let mut gas_left = run.gas_left.min(gas);
        if !output.is_empty() && params.arbos_version >= 31 {
            // return data costs at least what it would in the EVM
            let Some(most) = call
                .gas_limit
                .checked_sub(evm_memory_cost(output.len() as u64))
            else {
                return Ended::out_of_gas();
            };
            gas_left = gas_left.min(most);
        }
        Ended {
            result,
            gas_left,
            output,
            refund,
        }
    }

    fn frame_context(&self, call: &CallInputs) -> FrameContext {
        let ctx = &self.ctx;
        let ext = &ctx.chain;
        FrameContext {
            contract: call.target_address,
            caller: call.caller,
            value: call.value.get(),
            is_static: call.is_static,
            reentrant: ext
                .spans
                .get(&call.target_address)
                .is_some_and(|open| *open > 1),
            origin: ctx.tx.caller,
            gas_price: U256::from(ext.program_gas_price),
            basefee: U256::from(ctx.block.basefee),
            coinbase: ctx.block.beneficiary,
            chain_id: ctx.cfg.chain_id,
            block_number: ctx.block.number.saturating_to(),
            timestamp: ext.block.timestamp,
            block_gas_limit: ctx.block.gas_limit,
        }
    }
}

/// The chain as one running program sees it.
struct ChainHost<'a> {
    vm: &'a mut Vm,
    frame: FrameContext,
    depth: usize,
    memory: SharedMemory,
    refund: i64,
}

impl ChainHost<'_> {
    /// Runs a frame on behalf of the program; its result and the gas it gives back.
    fn open(&mut self, frame_input: FrameInput) -> Option<(FrameResult, u64)> {
        let memory = self.memory.new_child_context();
        let init = FrameInit {
            depth: self.depth + 1,
            memory,
            frame_input,
        };
        let result = self.vm.nested(init);
        self.memory.free_child_context();
        let result = result.ok()?;
        let how = result.instruction_result();
        if how.is_ok() {
            self.refund = self.refund.saturating_add(result.gas().refunded());
        }
        let returned = if how.is_ok_or_revert() {
            result.gas().remaining()
        } else {
            0
        };
        Some((result, returned))
    }

    /// The interpreter of the engine cannot be unwound: a fault inside a host function ends the
    /// transaction as an error of the node, but not the process.
    fn guard<T>(&mut self, failed: T, work: impl FnOnce(&mut Self) -> T) -> T {
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(done) => done,
            Err(panic) => {
                self.vm.ctx.chain.fault = Some(panic_text(&panic));
                failed
            }
        }
    }

    /// Loads an account; what touching it costs.
    fn touch(&mut self, address: Address) -> u64 {
        let journal = self.vm.ctx.journal_mut();
        if sure(journal.load_account_with_code(address)).is_cold {
            2600
        } else {
            100
        }
    }
}

impl ChainHost<'_> {
    fn do_storage_load(&mut self, key: B256) -> (B256, u64) {
        let load = sure(
            self.vm
                .ctx
                .journal_mut()
                .sload(self.frame.contract, key.into()),
        );
        (load.data.into(), if load.is_cold { 2100 } else { 100 })
    }

    fn do_storage_store(&mut self, slots: &[(B256, B256)], gas_left: u64) -> (u64, ApiStatus) {
        if self.frame.is_static {
            return (0, ApiStatus::WriteProtection);
        }
        let mut left = gas_left;
        for (key, value) in slots {
            let ctx = &mut self.vm.ctx;
            let store = sure(ctx.journaled_state.sstore(
                self.frame.contract,
                (*key).into(),
                (*value).into(),
            ));
            let prices = ctx.gas_params();
            let cost = prices.sstore_static_gas()
                + prices.sstore_dynamic_gas(true, &store.data, store.is_cold);
            let refund = prices.sstore_refund(true, &store.data);
            match left.checked_sub(cost) {
                Some(rest) => left = rest,
                // the frame ends here, which undoes the write
                None => return (gas_left, ApiStatus::OutOfGas),
            }
            self.refund = self.refund.saturating_add(refund);
        }
        let status = if left == 0 {
            ApiStatus::OutOfGas
        } else {
            ApiStatus::Success
        };
        (gas_left - left, status)
    }

    fn do_call(&mut self, request: CallRequest) -> CallOutcome {
        let CallRequest {
            kind,
            to,
            input,
            value,
            gas_left,
            gas_requested,
        } = request;
        if self.frame.is_static && !value.is_zero() {
            return CallOutcome {
                status: 2,
                gas_cost: 0,
                output: Bytes::new(),
            };
        }
        if gas_left < 100 {
            return no_call(gas_left); // too little to make the account warm
        }
        let account = sure(self.vm.ctx.journal_mut().load_account_with_code(to));
        let mut base = if account.is_cold { 2600 } else { 100 };
        if !value.is_zero() {
            base += if account.is_empty() {
                25_000 + 9_000
            } else {
                9_000
            };
        }
        let mut known_bytecode = (
            account.info.code_hash,
            account.info.code.clone().unwrap_or_default(),
        );
        if base > gas_left {
            return no_call(gas_left);
        }
        if let Some(delegate) = known_bytecode.1.eip7702_address() {
            let code = peek_code(&self.vm.ctx, delegate);
            known_bytecode = (
                keccak256(&code),
                Bytecode::new_raw_checked(code).unwrap_or_default(),
            );
        }
        let all_but_64th = (u128::from(gas_left - base) * 63 / 64) as u64;
        let mut gas = all_but_64th.min(gas_requested);
        if !value.is_zero() {
            gas = gas.saturating_add(2300);
        }
        let delegate = kind == CallKind::Delegate;
        let opened = self.open(FrameInput::Call(Box::new(CallInputs {
            input: CallInput::Bytes(input),
            return_memory_offset: 0..0,
            gas_limit: gas,
            reservoir: 0,
            bytecode_address: to,
            known_bytecode,
            target_address: if delegate { self.frame.contract } else { to },
            caller: if delegate {
                self.frame.caller
            } else {
                self.frame.contract
            },
            value: if delegate {
                CallValue::Apparent(self.frame.value)
            } else {
                CallValue::Transfer(value)
            },
            scheme: match kind {
                CallKind::Call => CallScheme::Call,
                CallKind::Delegate => CallScheme::DelegateCall,
                CallKind::Static => CallScheme::StaticCall,
            },
            is_static: self.frame.is_static || kind == CallKind::Static,
            charged_new_account_state_gas: false,
        })));
        let Some((result, returned)) = opened else {
            return no_call(gas_left);
        };
        let how = result.instruction_result();
        let shown = how.is_ok() || how == InstructionResult::Revert;
        CallOutcome {
            status: if how.is_ok() { 0 } else { 2 },
            gas_cost: base.saturating_add(gas.saturating_sub(returned)),
            output: if shown {
                result.interpreter_result().output.clone()
            } else {
                Bytes::new()
            },
        }
    }

    fn do_create(&mut self, request: CreateRequest) -> CreateOutcome {
        let CreateRequest {
            code,
            value,
            salt,
            gas_left,
        } = request;
        let words = code.len().div_ceil(32) as u64;
        let base = 32_000 + if salt.is_some() { 6 * words } else { 0 };
        let left = match gas_left.checked_sub(base) {
            Some(left) if !self.frame.is_static => left,
            _ => {
                return CreateOutcome {
                    address: Address::ZERO,
                    gas_cost: 0,
                    output: Bytes::new(),
                    failed_frame: true,
                };
            }
        };
        let kept = left / 64;
        let scheme = salt.map_or(CreateScheme::Create, |salt| CreateScheme::Create2 {
            salt: salt.into(),
        });
        let inputs = CreateInputs::new(self.frame.contract, scheme, value, code, left - kept, 0);
        let opened = self.open(FrameInput::Create(Box::new(inputs)));
        let Some((FrameResult::Create(outcome), returned)) = opened else {
            return no_create(gas_left);
        };
        let how = outcome.result.result;
        CreateOutcome {
            address: outcome.address.filter(|_| how.is_ok()).unwrap_or_default(),
            gas_cost: gas_left.saturating_sub(returned + kept),
            output: if how == InstructionResult::Revert {
                outcome.result.output
            } else {
                Bytes::new()
            },
            failed_frame: false,
        }
    }

    fn do_log(&mut self, topics: Vec<B256>, data: Bytes) -> ApiStatus {
        if self.frame.is_static {
            return ApiStatus::WriteProtection;
        }
        let Some(data) = LogData::new(topics, data) else {
            return ApiStatus::Failure;
        };
        self.vm.ctx.journal_mut().log(Log {
            address: self.frame.contract,
            data,
        });
        ApiStatus::Success
    }

    fn do_balance(&mut self, address: Address) -> (U256, u64) {
        let cost = self.touch(address);
        (
            sure(self.vm.ctx.journal_mut().load_account(address))
                .info
                .balance,
            cost,
        )
    }

    fn do_code(&mut self, address: Address, gas_left: u64) -> (Bytes, u64) {
        let cost = 700 + self.touch(address);
        if gas_left < cost {
            return (Bytes::new(), cost);
        }
        (sure(self.vm.ctx.journal_mut().code(address)).data, cost)
    }

    fn do_code_hash(&mut self, address: Address) -> (B256, u64) {
        let cost = self.touch(address);
        (
            sure(self.vm.ctx.journal_mut().code_hash(address)).data,
            cost,
        )
    }
}

impl Host for ChainHost<'_> {
    fn context(&self) -> &FrameContext {
        &self.frame
    }

    fn storage_load(&mut self, key: B256) -> (B256, u64) {
        self.guard((B256::ZERO, 0), |host| host.do_storage_load(key))
    }

    fn storage_store(&mut self, slots: &[(B256, B256)], gas_left: u64) -> (u64, ApiStatus) {
        let failed = (gas_left, ApiStatus::OutOfGas);
        self.guard(failed, |host| host.do_storage_store(slots, gas_left))
    }

    fn transient_load(&mut self, key: B256) -> B256 {
        self.vm
            .ctx
            .journal_mut()
            .tload(self.frame.contract, key.into())
            .into()
    }

    fn transient_store(&mut self, key: B256, value: B256) -> ApiStatus {
        if self.frame.is_static {
            return ApiStatus::WriteProtection;
        }
        self.vm
            .ctx
            .journal_mut()
            .tstore(self.frame.contract, key.into(), value.into());
        ApiStatus::Success
    }

    fn call(&mut self, request: CallRequest) -> CallOutcome {
        let failed = no_call(request.gas_left);
        self.guard(failed, |host| host.do_call(request))
    }

    fn create(&mut self, request: CreateRequest) -> CreateOutcome {
        let failed = no_create(request.gas_left);
        self.guard(failed, |host| host.do_create(request))
    }

    fn log(&mut self, topics: Vec<B256>, data: Bytes) -> ApiStatus {
        self.guard(ApiStatus::Failure, |host| host.do_log(topics, data))
    }

    fn balance(&mut self, address: Address) -> (U256, u64) {
        self.guard((U256::ZERO, 0), |host| host.do_balance(address))
    }

    fn code(&mut self, address: Address, gas_left: u64) -> (Bytes, u64) {
        self.guard((Bytes::new(), 0), |host| host.do_code(address, gas_left))
    }

    fn code_hash(&mut self, address: Address) -> (B256, u64) {
        self.guard((B256::ZERO, 0), |host| host.do_code_hash(address))
    }

    fn pages(&self) -> (u16, u16) {
        self.vm.ctx.chain.pages
    }

    fn add_pages(&mut self, new: u16) {
        let (open, ever) = &mut self.vm.ctx.chain.pages;
        *open = open.saturating_add(new);
        *ever = (*ever).max(*open);
    }

    fn tracing(&self) -> bool {
        self.vm.ctx.chain.tracer.is_some()
    }

    fn trace(&mut self, hostio: HostioTrace<'_>) {
        if let Some(tracer) = &mut self.vm.ctx.chain.tracer {
            tracer.host_call(hostio);
        }
    }
}

/// A call that could not be made, and took everything.
const fn no_call(gas_left: u64) -> CallOutcome {
    CallOutcome {
        status: 2,
        gas_cost: gas_left,
        output: Bytes::new(),
    }
}

/// A creation that could not be made, and took everything.
const fn no_create(gas_left: u64) -> CreateOutcome {
    CreateOutcome {
        address: Address::ZERO,
        gas_cost: gas_left,
        output: Bytes::new(),
        failed_frame: false,
    }
}
