//! A small host, and programs in text.
#![allow(dead_code, unreachable_pub)]

use std::collections::HashMap;

use alloy_primitives::{Address, B256, Bytes, U256};
use plimsoll_stylus::{
    Host, Module, RunOutcome, RunStatus, StylusParams,
    host::{
        ApiStatus, CallOutcome, CallRequest, CreateOutcome, CreateRequest, FrameContext,
        HostioTrace,
    },
};

/// A host whose answers a test sets, and which remembers what it was asked.
#[derive(Default)]
pub struct TestHost {
    pub context: FrameContext,
    pub storage: HashMap<B256, B256>,
    pub warm: Vec<B256>,
    pub loads: Vec<B256>,
    pub stores: Vec<(Vec<(B256, B256)>, u64)>,
    pub store_cost: u64,
    pub store_status: Option<ApiStatus>,
    pub transient: HashMap<B256, B256>,
    pub calls: Vec<CallRequest>,
    pub call_outcome: CallOutcome,
    pub creates: Vec<CreateRequest>,
    pub create_outcome: Option<CreateOutcome>,
    pub logs: Vec<(Vec<B256>, Bytes)>,
    pub balances: HashMap<Address, U256>,
    pub account_gas: u64,
    pub codes: HashMap<Address, Bytes>,
    pub code_asks: Vec<(Address, u64)>,
    pub open: u16,
    pub ever: u16,
    pub tracing: bool,
    #[allow(clippy::type_complexity)]
    pub traces: Vec<(String, Vec<u8>, Vec<u8>, u64, u64)>,
    /// Runs on every call, instead of `call_outcome`.
    #[allow(clippy::type_complexity)]
    pub on_call: Option<Box<dyn FnMut(&CallRequest) -> CallOutcome>>,
}

impl Host for TestHost {
    fn context(&self) -> &FrameContext {
        &self.context
    }

    fn storage_load(&mut self, key: B256) -> (B256, u64) {
        self.loads.push(key);
        let cost = if self.warm.contains(&key) { 100 } else { 2_100 };
        self.warm.push(key);
        (self.storage.get(&key).copied().unwrap_or_default(), cost)
    }

    fn storage_store(&mut self, slots: &[(B256, B256)], gas_left: u64) -> (u64, ApiStatus) {
        self.stores.push((slots.to_vec(), gas_left));
        if self.context.is_static {
            return (0, ApiStatus::WriteProtection);
        }
        if let Some(status) = self.store_status {
            return (gas_left, status);
        }
        self.storage.extend(slots.iter().copied());
        (self.store_cost * slots.len() as u64, ApiStatus::Success)
    }

    fn transient_load(&mut self, key: B256) -> B256 {
        self.transient.get(&key).copied().unwrap_or_default()
    }

    fn transient_store(&mut self, key: B256, value: B256) -> ApiStatus {
        if self.context.is_static {
            return ApiStatus::WriteProtection;
        }
        self.transient.insert(key, value);
        ApiStatus::Success
    }

    fn call(&mut self, request: CallRequest) -> CallOutcome {
        self.calls.push(request.clone());
        match &mut self.on_call {
            Some(on_call) => on_call(&request),
            None => self.call_outcome.clone(),
        }
    }

    fn create(&mut self, request: CreateRequest) -> CreateOutcome {
        self.creates.push(request);
        self.create_outcome.clone().expect("no creation expected")
    }

    fn log(&mut self, topics: Vec<B256>, data: Bytes) -> ApiStatus {
        if self.context.is_static {
            return ApiStatus::WriteProtection;
        }
        self.logs.push((topics, data));
        ApiStatus::Success
    }

    fn balance(&mut self, address: Address) -> (U256, u64) {
        (
            self.balances.get(&address).copied().unwrap_or_default(),
            self.account_gas,
        )
    }

    fn code(&mut self, address: Address, gas_left: u64) -> (Bytes, u64) {
        self.code_asks.push((address, gas_left));
        (
            self.codes.get(&address).cloned().unwrap_or_default(),
            self.account_gas + 700,
        )
    }

    fn code_hash(&mut self, _address: Address) -> (B256, u64) {
        (B256::repeat_byte(0xcd), self.account_gas)
    }

    fn pages(&self) -> (u16, u16) {
        (self.open, self.ever)
    }

    fn add_pages(&mut self, new: u16) {
        self.open = self.open.saturating_add(new);
        self.ever = self.ever.max(self.open);
    }

    fn tracing(&self) -> bool {
        self.tracing
    }

    fn trace(&mut self, t: HostioTrace<'_>) {
        self.traces.push((
            t.name.into(),
            t.args.to_vec(),
            t.outs.to_vec(),
            t.start_ink,
            t.end_ink,
        ));
    }
}

/// Gas of the runs below: enough for everything, and small enough to read.
pub const GAS: u64 = 10_000_000;

/// A program whose entry point is `body`, with `rest` beside it.
///
/// Every host function is imported under its own name; memory is two pages that cannot grow.
pub fn program(rest: &str, body: &str) -> String {
    with_memory("2 2", rest, body)
}

/// The same with a memory of one's own.
pub fn with_memory(memory: &str, rest: &str, body: &str) -> String {
    format!(
        r#"(module
        {IMPORTS}
        (memory (export "memory") {memory})
        {rest}
        (func (export "user_entrypoint") (param $len i32) (result i32)
            {body}
        ))"#
    )
}

const IMPORTS: &str = r#"
(import "vm_hooks" "read_args" (func $read_args (param i32)))
(import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
(import "vm_hooks" "exit_early" (func $exit_early (param i32)))
(import "vm_hooks" "storage_load_bytes32" (func $storage_load_bytes32 (param i32 i32)))
(import "vm_hooks" "storage_cache_bytes32" (func $storage_cache_bytes32 (param i32 i32)))
(import "vm_hooks" "storage_flush_cache" (func $storage_flush_cache (param i32)))
(import "vm_hooks" "transient_load_bytes32" (func $transient_load_bytes32 (param i32 i32)))
(import "vm_hooks" "transient_store_bytes32" (func $transient_store_bytes32 (param i32 i32)))
(import "vm_hooks" "call_contract" (func $call_contract (param i32 i32 i32 i32 i64 i32) (result i32)))
(import "vm_hooks" "delegate_call_contract" (func $delegate_call_contract (param i32 i32 i32 i64 i32) (result i32)))
(import "vm_hooks" "static_call_contract" (func $static_call_contract (param i32 i32 i32 i64 i32) (result i32)))
(import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
(import "vm_hooks" "create2" (func $create2 (param i32 i32 i32 i32 i32 i32)))
(import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
(import "vm_hooks" "return_data_size" (func $return_data_size (result i32)))
(import "vm_hooks" "emit_log" (func $emit_log (param i32 i32 i32)))
(import "vm_hooks" "account_balance" (func $account_balance (param i32 i32)))
(import "vm_hooks" "account_code" (func $account_code (param i32 i32 i32 i32) (result i32)))
(import "vm_hooks" "account_code_size" (func $account_code_size (param i32) (result i32)))
(import "vm_hooks" "account_codehash" (func $account_codehash (param i32 i32)))
(import "vm_hooks" "evm_gas_left" (func $evm_gas_left (result i64)))
(import "vm_hooks" "evm_ink_left" (func $evm_ink_left (result i64)))
(import "vm_hooks" "block_basefee" (func $block_basefee (param i32)))
(import "vm_hooks" "chainid" (func $chainid (result i64)))
(import "vm_hooks" "block_coinbase" (func $block_coinbase (param i32)))
(import "vm_hooks" "block_gas_limit" (func $block_gas_limit (result i64)))
(import "vm_hooks" "block_number" (func $block_number (result i64)))
(import "vm_hooks" "block_timestamp" (func $block_timestamp (result i64)))
(import "vm_hooks" "contract_address" (func $contract_address (param i32)))
(import "vm_hooks" "math_div" (func $math_div (param i32 i32)))
(import "vm_hooks" "math_mod" (func $math_mod (param i32 i32)))
(import "vm_hooks" "math_pow" (func $math_pow (param i32 i32)))
(import "vm_hooks" "math_add_mod" (func $math_add_mod (param i32 i32 i32)))
(import "vm_hooks" "math_mul_mod" (func $math_mul_mod (param i32 i32 i32)))
(import "vm_hooks" "msg_reentrant" (func $msg_reentrant (result i32)))
(import "vm_hooks" "msg_sender" (func $msg_sender (param i32)))
(import "vm_hooks" "msg_value" (func $msg_value (param i32)))
(import "vm_hooks" "native_keccak256" (func $native_keccak256 (param i32 i32 i32)))
(import "vm_hooks" "tx_gas_price" (func $tx_gas_price (param i32)))
(import "vm_hooks" "tx_ink_price" (func $tx_ink_price (result i32)))
(import "vm_hooks" "tx_origin" (func $tx_origin (param i32)))
(import "vm_hooks" "pay_for_memory_grow" (func $pay_for_memory_grow (param i32)))
"#;

/// Runs a program in text on a host, on a chain with these parameters.
pub fn run_at(
    params: &StylusParams,
    host: &mut TestHost,
    wat: &str,
    input: &[u8],
    gas: u64,
) -> RunOutcome {
    let wasm = wat::parse_str(wat).expect("test programs are well formed");
    Module::compile(&wasm, params)
        .expect("test programs are acceptable")
        .run(host, params, input, gas)
}

/// Makes a program in text ready.
pub fn compile(wat: &str) -> Module {
    let wasm = wat::parse_str(wat).expect("test programs are well formed");
    Module::compile(&wasm, &StylusParams::default()).expect("test programs are acceptable")
}

/// Runs a program in text on a host.
pub fn run_on(host: &mut TestHost, wat: &str, input: &[u8], gas: u64) -> RunOutcome {
    run_at(&StylusParams::default(), host, wat, input, gas)
}

/// Runs a program in text on an empty host.
pub fn run(wat: &str) -> RunOutcome {
    run_on(&mut TestHost::default(), wat, &[], GAS)
}

/// Ink an outcome used of [`GAS`].
pub fn used(outcome: &RunOutcome) -> u64 {
    GAS * 10_000 - outcome.ink_left
}

/// Ink of a program that must succeed.
pub fn ink(wat: &str) -> u64 {
    ink_on(&mut TestHost::default(), wat)
}

/// The same on a host.
pub fn ink_on(host: &mut TestHost, wat: &str) -> u64 {
    let outcome = run_on(host, wat, &[], GAS);
    assert_eq!(outcome.status, RunStatus::Success, "{wat}");
    used(&outcome)
}

/// A 32-byte word that ends in `x`.
pub fn word(x: u64) -> B256 {
    U256::from(x).into()
}

/// Text of a data segment that lays `bytes` out at `at`.
pub fn data(at: u32, bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|b| format!("\\{b:02x}")).collect();
    format!("(data (i32.const {at}) \"{text}\")")
}
