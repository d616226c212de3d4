//! Programs that do what their calldata says, once as WASM and once as EVM code.
#![allow(dead_code, unreachable_pub, missing_docs)]

use plimsoll_devnode::{
    BlockId, CallRequest, CallResult, Chain, ChainConfig, Transaction, TransactionRequest,
};
use std::sync::Arc;

pub use alloy::primitives::{Address, B256, Bytes, U256};

pub const ETHER: u64 = 1_000_000_000_000_000_000;

/// What an actor is told to do: the first byte of its calldata.
pub mod op {
    use super::*;
    use alloy::primitives::hex;

    pub const CALL: u8 = 0;
    pub const DELEGATE: u8 = 1;
    pub const STATIC: u8 = 2;

    fn cat(parts: &[&[u8]]) -> Bytes {
        parts.concat().into()
    }
    /// Return the rest.
    pub fn echo(data: &[u8]) -> Bytes {
        cat(&[&[0], data])
    }
    /// Revert with the rest.
    pub fn revert(data: &[u8]) -> Bytes {
        cat(&[&[1], data])
    }
    pub fn sstore(key: u64, value: u64) -> Bytes {
        cat(&[&[2], word(key).as_slice(), word(value).as_slice()])
    }
    pub fn sload(key: u64) -> Bytes {
        cat(&[&[3], word(key).as_slice()])
    }
    /// Call; return a byte (1: it went well) and the return data.
    pub fn attempt(kind: u8, to: Address, value: u64, data: &[u8]) -> Bytes {
        cat(&[&[4, kind], to.as_slice(), word(value).as_slice(), data])
    }
    pub fn log(topic: u64, data: &[u8]) -> Bytes {
        cat(&[&[5], word(topic).as_slice(), data])
    }
    pub fn tstore(key: u64, value: u64) -> Bytes {
        cat(&[&[6], word(key).as_slice(), word(value).as_slice()])
    }
    pub fn tload(key: u64) -> Bytes {
        cat(&[&[7], word(key).as_slice()])
    }
    /// Trap, or execute an invalid opcode.
    pub fn trap() -> Bytes {
        cat(&[&[8]])
    }
    /// Never end.
    pub fn spin() -> Bytes {
        cat(&[&[9]])
    }
    pub fn create(value: u64, code: &[u8]) -> Bytes {
        cat(&[&[10], word(value).as_slice(), code])
    }
    pub fn create2(salt: u64, value: u64, code: &[u8]) -> Bytes {
        cat(&[&[11], word(salt).as_slice(), word(value).as_slice(), code])
    }
    /// A byte: whether the frame is re-entrant (programs only).
    pub fn reentrant() -> Bytes {
        cat(&[&[12]])
    }
    /// `block.number`, a word.
    pub fn block_number() -> Bytes {
        cat(&[&[13]])
    }
    /// Caller, value, own address, origin: four words.
    pub fn context() -> Bytes {
        cat(&[&[14]])
    }
    /// Call; return or revert with what came back.
    pub fn bubble(kind: u8, to: Address, value: u64, data: &[u8]) -> Bytes {
        cat(&[&[15, kind], to.as_slice(), word(value).as_slice(), data])
    }
    /// Call twice and return nothing.
    pub fn then(first: (Address, &[u8]), second: (Address, &[u8])) -> Bytes {
        let len = (first.1.len() as u16).to_be_bytes();
        cat(&[
            &[16],
            first.0.as_slice(),
            second.0.as_slice(),
            &len,
            first.1,
            second.1,
        ])
    }

    pub fn word(value: u64) -> B256 {
        U256::from(value).into()
    }
    pub fn hex(bytes: &[u8]) -> String {
        hex::encode(bytes)
    }
}

/// The actor as WASM text.
pub const ACTOR_WAT: &str = r#"
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $sload (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $sstore (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "transient_load_bytes32" (func $tload (param i32 i32)))
  (import "vm_hooks" "transient_store_bytes32" (func $tstore (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
  (import "vm_hooks" "create2" (func $create2 (param i32 i32 i32 i32 i32 i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
  (import "vm_hooks" "block_number" (func $block_number (result i64)))
  (import "vm_hooks" "msg_sender" (func $msg_sender (param i32)))
  (import "vm_hooks" "msg_value" (func $msg_value (param i32)))
  (import "vm_hooks" "contract_address" (func $contract_address (param i32)))
  (import "vm_hooks" "tx_origin" (func $tx_origin (param i32)))
  (memory (export "memory") 1 1)
  (func $do_call (param $len i32) (result i32)
    (local $status i32)
    (if (i32.eq (i32.load8_u (i32.const 1)) (i32.const 0))
      (then (local.set $status (call $call (i32.const 2) (i32.const 54) (i32.sub (local.get $len) (i32.const 54)) (i32.const 22) (i64.const -1) (i32.const 0xa000)))))
    (if (i32.eq (i32.load8_u (i32.const 1)) (i32.const 1))
      (then (local.set $status (call $delegate (i32.const 2) (i32.const 54) (i32.sub (local.get $len) (i32.const 54)) (i64.const -1) (i32.const 0xa000)))))
    (if (i32.eq (i32.load8_u (i32.const 1)) (i32.const 2))
      (then (local.set $status (call $static (i32.const 2) (i32.const 54) (i32.sub (local.get $len) (i32.const 54)) (i64.const -1) (i32.const 0xa000)))))
    (drop (call $return_data (i32.const 0xa101) (i32.const 0) (i32.load (i32.const 0xa000))))
    local.get $status)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (local $op i32)
    (call $read_args (i32.const 0))
    (local.set $op (i32.load8_u (i32.const 0)))
    (if (i32.eq (local.get $op) (i32.const 0)) (then
      (call $write_result (i32.const 1) (i32.sub (local.get $len) (i32.const 1)))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 1)) (then
      (call $write_result (i32.const 1) (i32.sub (local.get $len) (i32.const 1)))
      (return (i32.const 1))))
    (if (i32.eq (local.get $op) (i32.const 2)) (then
      (call $sstore (i32.const 1) (i32.const 33))
      (call $flush (i32.const 0))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 3)) (then
      (call $sload (i32.const 1) (i32.const 0xa000))
      (call $write_result (i32.const 0xa000) (i32.const 32))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 4)) (then
      (i32.store8 (i32.const 0xa100) (i32.eqz (call $do_call (local.get $len))))
      (call $write_result (i32.const 0xa100) (i32.add (i32.load (i32.const 0xa000)) (i32.const 1)))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 5)) (then
      (call $log (i32.const 1) (i32.sub (local.get $len) (i32.const 1)) (i32.const 1))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 6)) (then
      (call $tstore (i32.const 1) (i32.const 33))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 7)) (then
      (call $tload (i32.const 1) (i32.const 0xa000))
      (call $write_result (i32.const 0xa000) (i32.const 32))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 8)) (then unreachable))
    (if (i32.eq (local.get $op) (i32.const 9)) (then (loop $again (br $again))))
    (if (i32.eq (local.get $op) (i32.const 10)) (then
      (call $create1 (i32.const 33) (i32.sub (local.get $len) (i32.const 33)) (i32.const 1) (i32.const 0xa10c) (i32.const 0xa000))
      (drop (call $return_data (i32.const 0xa120) (i32.const 0) (i32.load (i32.const 0xa000))))
      (call $write_result (i32.const 0xa100) (i32.add (i32.load (i32.const 0xa000)) (i32.const 32)))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 11)) (then
      (call $create2 (i32.const 65) (i32.sub (local.get $len) (i32.const 65)) (i32.const 33) (i32.const 1) (i32.const 0xa10c) (i32.const 0xa000))
      (drop (call $return_data (i32.const 0xa120) (i32.const 0) (i32.load (i32.const 0xa000))))
      (call $write_result (i32.const 0xa100) (i32.add (i32.load (i32.const 0xa000)) (i32.const 32)))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 12)) (then
      (i32.store8 (i32.const 0xa000) (call $reentrant))
      (call $write_result (i32.const 0xa000) (i32.const 1))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 13)) (then
      ;; little endian to big endian, byte by byte
      (i64.store (i32.const 0xa100) (call $block_number))
      (local.set $op (i32.const 0))
      (loop $next
        (i32.store8 (i32.sub (i32.const 0xa01f) (local.get $op)) (i32.load8_u (i32.add (i32.const 0xa100) (local.get $op))))
        (local.set $op (i32.add (local.get $op) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $op) (i32.const 8))))
      (call $write_result (i32.const 0xa000) (i32.const 32))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 14)) (then
      (call $msg_sender (i32.const 0xa00c))
      (call $msg_value (i32.const 0xa020))
      (call $contract_address (i32.const 0xa04c))
      (call $tx_origin (i32.const 0xa06c))
      (call $write_result (i32.const 0xa000) (i32.const 128))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 15)) (then
      (local.set $op (call $do_call (local.get $len)))
      (call $write_result (i32.const 0xa101) (i32.load (i32.const 0xa000)))
      (return (local.get $op))))
    (if (i32.eq (local.get $op) (i32.const 16)) (then
      (local.set $op (i32.add (i32.mul (i32.load8_u (i32.const 41)) (i32.const 256)) (i32.load8_u (i32.const 42))))
      (drop (call $call (i32.const 1) (i32.const 43) (local.get $op) (i32.const 0xb000) (i64.const -1) (i32.const 0xa000)))
      (drop (call $call (i32.const 21) (i32.add (i32.const 43) (local.get $op))
        (i32.sub (i32.sub (local.get $len) (i32.const 43)) (local.get $op)) (i32.const 0xb000) (i64.const -1) (i32.const 0xa000)))
      (return (i32.const 0))))
    unreachable))
"#;

/// The actor as EVM code.
pub fn actor_evm() -> Vec<u8> {
    let copy_rest = |from: &str| format!("{from} CALLDATASIZE SUB DUP1 {from} 0 CALLDATACOPY");
    let do_call = format!(
        "{} \
         1 CALLDATALOAD 248 SHR \
         DUP1 1 EQ @isdelegate JUMPI \
         DUP1 2 EQ @isstatic JUMPI \
         POP 0 0 DUP3 0 22 CALLDATALOAD 2 CALLDATALOAD 96 SHR GAS CALL @called JUMP \
         :isdelegate POP 0 0 DUP3 0 2 CALLDATALOAD 96 SHR GAS DELEGATECALL @called JUMP \
         :isstatic POP 0 0 DUP3 0 2 CALLDATALOAD 96 SHR GAS STATICCALL \
         :called",
        copy_rest("54")
    );
    let ops = [
        "echo", "revert", "sstore", "sload", "attempt", "log", "tstore", "tload", "trap", "spin",
        "create", "create2", "trap", "number", "context", "bubble", "then",
    ];
    let dispatch: String = ops
        .iter()
        .enumerate()
        .map(|(i, name)| format!("DUP1 {i} EQ @{name} JUMPI "))
        .collect();
    let program = format!(
        "0 CALLDATALOAD 248 SHR {dispatch} :trap INVALID \
         :echo {rest} 0 RETURN \
         :revert {rest} 0 REVERT \
         :sstore 33 CALLDATALOAD 1 CALLDATALOAD SSTORE STOP \
         :sload 1 CALLDATALOAD SLOAD 0 MSTORE 32 0 RETURN \
         :tstore 33 CALLDATALOAD 1 CALLDATALOAD TSTORE STOP \
         :tload 1 CALLDATALOAD TLOAD 0 MSTORE 32 0 RETURN \
         :log {after_topic} 1 CALLDATALOAD SWAP1 0 LOG1 STOP \
         :spin @spin JUMP \
         :number NUMBER 0 MSTORE 32 0 RETURN \
         :context CALLER 0 MSTORE CALLVALUE 32 MSTORE ADDRESS 64 MSTORE ORIGIN 96 MSTORE 128 0 RETURN \
         :create {after_topic} 0 1 CALLDATALOAD CREATE @created JUMP \
         :create2 {after_two} 1 CALLDATALOAD SWAP1 0 33 CALLDATALOAD CREATE2 @created JUMP \
         :created 0 MSTORE RETURNDATASIZE 0 32 RETURNDATACOPY RETURNDATASIZE 32 ADD 0 RETURN \
         :then 41 CALLDATALOAD 240 SHR \
           DUP1 43 0 CALLDATACOPY 0 0 DUP3 0 0 1 CALLDATALOAD 96 SHR GAS CALL POP \
           43 ADD DUP1 CALLDATASIZE SUB SWAP1 DUP2 SWAP1 0 CALLDATACOPY \
           0 0 DUP3 0 0 21 CALLDATALOAD 96 SHR GAS CALL STOP \
         :bubble @inner JUMP \
         :attempt @inner JUMP \
         :inner {do_call} \
           0 CALLDATALOAD 248 SHR 15 EQ @through JUMPI \
           0 MSTORE8 RETURNDATASIZE 0 1 RETURNDATACOPY RETURNDATASIZE 1 ADD 0 RETURN \
         :through RETURNDATASIZE 0 0 RETURNDATACOPY @fine JUMPI RETURNDATASIZE 0 REVERT \
         :fine RETURNDATASIZE 0 RETURN",
        rest = copy_rest("1"),
        after_topic = copy_rest("33"),
        after_two = copy_rest("65"),
    );
    asm(&program)
}

/// Assembles: opcode names, numbers (pushed as short as they are), `0x..` (pushed as they are),
/// `:label` (a JUMPDEST) and `@label` (pushed).
pub fn asm(text: &str) -> Vec<u8> {
    use plimsoll_devnode_opcodes::opcode;
    let mut code = Vec::new();
    let mut labels = std::collections::HashMap::new();
    let mut uses = Vec::new();
    for token in text.split_whitespace() {
        if let Some(label) = token.strip_prefix(':') {
            labels.insert(label, code.len());
            code.push(0x5b);
        } else if let Some(label) = token.strip_prefix('@') {
            uses.push((label, code.len() + 1));
            code.extend([0x61, 0, 0]);
        } else if let Some(digits) = token.strip_prefix("0x") {
            let bytes = alloy::primitives::hex::decode(digits).unwrap();
            code.push(0x5f + bytes.len() as u8);
            code.extend(bytes);
        } else if let Ok(number) = token.parse::<u64>() {
            let bytes = number.to_be_bytes();
            let short = &bytes[bytes.iter().take_while(|b| **b == 0).count()..];
            code.push(0x5f + short.len() as u8);
            code.extend(short);
        } else {
            code.push(opcode(token));
        }
    }
    for (label, at) in uses {
        let place = u16::try_from(labels[label]).unwrap();
        code[at..at + 2].copy_from_slice(&place.to_be_bytes());
    }
    code
}

mod plimsoll_devnode_opcodes {
    /// The opcodes the tests use.
    pub fn opcode(name: &str) -> u8 {
        let table = [
            ("STOP", 0x00),
            ("ADD", 0x01),
            ("MUL", 0x02),
            ("SUB", 0x03),
            ("LT", 0x10),
            ("GT", 0x11),
            ("EQ", 0x14),
            ("ISZERO", 0x15),
            ("AND", 0x16),
            ("OR", 0x17),
            ("SHL", 0x1b),
            ("SHR", 0x1c),
            ("KECCAK256", 0x20),
            ("ADDRESS", 0x30),
            ("BALANCE", 0x31),
            ("ORIGIN", 0x32),
            ("CALLER", 0x33),
            ("CALLVALUE", 0x34),
            ("CALLDATALOAD", 0x35),
            ("CALLDATASIZE", 0x36),
            ("CALLDATACOPY", 0x37),
            ("CODESIZE", 0x38),
            ("CODECOPY", 0x39),
            ("GASPRICE", 0x3a),
            ("EXTCODESIZE", 0x3b),
            ("EXTCODEHASH", 0x3f),
            ("RETURNDATASIZE", 0x3d),
            ("RETURNDATACOPY", 0x3e),
            ("BLOCKHASH", 0x40),
            ("COINBASE", 0x41),
            ("TIMESTAMP", 0x42),
            ("NUMBER", 0x43),
            ("PREVRANDAO", 0x44),
            ("GASLIMIT", 0x45),
            ("CHAINID", 0x46),
            ("SELFBALANCE", 0x47),
            ("BASEFEE", 0x48),
            ("POP", 0x50),
            ("MLOAD", 0x51),
            ("MSTORE", 0x52),
            ("MSTORE8", 0x53),
            ("SLOAD", 0x54),
            ("SSTORE", 0x55),
            ("JUMP", 0x56),
            ("JUMPI", 0x57),
            ("PC", 0x58),
            ("GAS", 0x5a),
            ("TLOAD", 0x5c),
            ("TSTORE", 0x5d),
            ("DUP1", 0x80),
            ("DUP2", 0x81),
            ("DUP3", 0x82),
            ("DUP4", 0x83),
            ("SWAP1", 0x90),
            ("SWAP2", 0x91),
            ("LOG0", 0xa0),
            ("LOG1", 0xa1),
            ("CREATE", 0xf0),
            ("CALL", 0xf1),
            ("CALLCODE", 0xf2),
            ("RETURN", 0xf3),
            ("DELEGATECALL", 0xf4),
            ("CREATE2", 0xf5),
            ("STATICCALL", 0xfa),
            ("REVERT", 0xfd),
            ("INVALID", 0xfe),
            ("SELFDESTRUCT", 0xff),
            ("CLZ", 0x1e),
        ];
        table
            .iter()
            .find(|(n, _)| *n == name)
            .unwrap_or_else(|| panic!("no opcode {name}"))
            .1
    }
}

/// A chain, with an actor of each kind.
pub struct World {
    pub chain: Chain,
    pub me: Address,
    pub evm: Address,
    pub wasm: Address,
}

impl World {
    pub fn new() -> Self {
        Self::with(ChainConfig::default())
    }

    pub fn arbos51() -> Self {
        Self::with(ChainConfig {
            arbos_version: 51,
            ..ChainConfig::default()
        })
    }

    pub fn with(config: ChainConfig) -> Self {
        let mut chain = Chain::new(config);
        let me = chain.accounts()[1].address;
        let evm = chain
            .deploy(me, plimsoll_devnode::init_code(&actor_evm()))
            .unwrap();
        let wasm = chain.deploy_program(me, &wasm(ACTOR_WAT)).unwrap();
        Self {
            chain,
            me,
            evm,
            wasm,
        }
    }

    /// Sends a transaction with 10 M gas.
    pub fn send(&mut self, to: Address, data: impl Into<Bytes>) -> Arc<Transaction> {
        self.send_with(to, data, 0, 10_000_000)
    }

    pub fn send_with(
        &mut self,
        to: Address,
        data: impl Into<Bytes>,
        value: u64,
        gas: u64,
    ) -> Arc<Transaction> {
        let request = TransactionRequest {
            from: Some(self.me),
            value: Some(U256::from(value)),
            gas: Some(gas),
            ..request(to, data)
        };
        self.chain.transact(request).unwrap()
    }

    pub fn call(&self, to: Address, data: impl Into<Bytes>) -> CallResult {
        let mut request = request(to, data);
        request.from = Some(self.me);
        self.chain.call(&request.into()).unwrap()
    }

    pub fn trace(&self, to: Address, data: impl Into<Bytes>) -> plimsoll_devnode::CallFrame {
        let mut request = request(to, data);
        request.from = Some(self.me);
        self.chain
            .trace_call(&CallRequest::from(request))
            .unwrap()
            .trace
            .unwrap()
    }

    pub fn slot(&self, of: Address, key: u64) -> u64 {
        let word = self
            .chain
            .storage(of, U256::from(key), BlockId::latest())
            .unwrap();
        U256::from_be_bytes(word.0).to()
    }

    /// Deploys and activates a program given as text.
    pub fn program(&mut self, wat: &str) -> Address {
        self.chain.deploy_program(self.me, &wasm(wat)).unwrap()
    }

    pub fn contract(&mut self, text: &str) -> Address {
        self.chain
            .deploy(self.me, plimsoll_devnode::init_code(&asm(text)))
            .unwrap()
    }
}

/// The address of a precompile.
pub const fn at(low: u8) -> Address {
    Address::with_last_byte(low)
}

pub fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
}

pub fn request(to: Address, data: impl Into<Bytes>) -> TransactionRequest {
    TransactionRequest {
        to: Some(to.into()),
        input: data.into().into(),
        ..Default::default()
    }
}

/// Intrinsic gas of a call with this data.
pub fn intrinsic(data: &[u8]) -> u64 {
    21_000
        + data
            .iter()
            .map(|b| if *b == 0 { 4 } else { 16 })
            .sum::<u64>()
}
