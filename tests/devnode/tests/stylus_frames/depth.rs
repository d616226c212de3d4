//! How deep calls go.

use super::*;

#[test]
fn actors_agree() {
    // the same things done by the EVM actor and by the WASM actor leave the same traces
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let child = plimsoll_devnode::init_code(&asm("42 0 MSTORE 32 0 RETURN"));
    let refuses = asm("7 0 MSTORE 32 0 REVERT");
    let script = |me: Address, other: Address| -> Vec<Bytes> {
        vec![
            op::echo(b"some words"),
            op::revert(b"no"),
            op::sstore(1, 7),
            op::sstore(1, 8),
            op::sload(1),
            op::sstore(1, 0),
            op::sload(1),
            op::log(9, b"data of a log"),
            op::tstore(5, 6),
            op::tload(5),
            op::block_number(),
            op::create(0, &child),
            op::create(0, &refuses),
            op::create2(3, 0, &child),
            op::create2(3, 0, &child), // collides
            op::attempt(op::CALL, other, 0, &op::sstore(2, 3)),
            op::attempt(op::CALL, other, 0, &op::revert(b"reason")),
            op::attempt(op::DELEGATE, other, 0, &op::sstore(4, 5)),
            op::attempt(op::STATIC, other, 0, &op::sstore(6, 7)),
            op::attempt(op::STATIC, other, 0, &op::log(6, b"7")),
            op::attempt(op::STATIC, other, 0, &op::tstore(6, 7)),
            op::attempt(op::STATIC, other, 0, &op::create(0, &child)),
            op::attempt(op::STATIC, other, 0, &op::sload(2)),
            op::bubble(op::CALL, other, 0, &op::revert(b"deep")),
            op::bubble(op::CALL, other, 0, &op::echo(b"deep")),
            op::bubble(op::CALL, me, 0, &op::sload(4)),
            op::then((other, &op::sstore(8, 1)), (me, &op::sstore(8, 2))),
        ]
    };
    for (i, (a, b)) in script(evm, wasm)
        .into_iter()
        .zip(script(wasm, evm))
        .enumerate()
    {
        let ours = world.send(evm, a);
        let theirs = world.send(wasm, b);
        assert_eq!(ours.receipt.outcome, theirs.receipt.outcome, "step {i}");
        let creates = (11..=14).contains(&i);
        let (x, y) = (&ours.receipt.output, &theirs.receipt.output);
        if creates {
            let made = |out: &Bytes| {
                (
                    !Address::from_slice(&out[12..32]).is_zero(),
                    out[32..].to_vec(),
                )
            };
            assert_eq!(made(x), made(y), "step {i}");
        } else {
            assert_eq!(x, y, "step {i}");
        }
        let logs = |tx: &plimsoll_devnode::Transaction| -> Vec<_> {
            tx.receipt
                .logs
                .iter()
                .map(|l| l.inner.data.clone())
                .collect()
        };
        assert_eq!(logs(&ours), logs(&theirs), "step {i}");
        for key in (0..10).filter(|key| *key != 8) {
            // what one did to itself the other did to itself
            assert_eq!(
                world.slot(evm, key),
                world.slot(wasm, key),
                "step {i} slot {key}"
            );
        }
    }
    assert_eq!(world.slot(evm, 2), 3);
    assert_eq!(world.slot(evm, 4), 5);
    // the last step is not symmetric: the second run wrote 1 to the other and 2 to itself
    assert_eq!((world.slot(evm, 8), world.slot(wasm, 8)), (1, 2));
}

#[test]
fn nests_in_turns() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let mut data = op::sstore(1, 99);
    for depth in 0..40 {
        data = op::bubble(op::CALL, if depth % 2 == 0 { evm } else { wasm }, 0, &data);
    }
    let tx = world.send_with(evm, data, 0, 32_000_000);
    assert_eq!(tx.receipt.outcome, Outcome::Success);
    assert_eq!(world.slot(evm, 1), 99);
    let trace = world.chain.trace_transaction(tx.hash).unwrap();
    let mut frame = &trace;
    let mut depth = 1;
    while let Some(inner) = frame.calls.first() {
        assert_eq!(frame.stylus, depth % 2 == 0);
        assert!(inner.gas_used < frame.gas_used);
        frame = inner;
        depth += 1;
    }
    assert_eq!(depth, 41);
    assert_eq!(
        trace.gas_used + intrinsic(tx.envelope_input()),
        tx.receipt.gas_used
    );
}

trait Input {
    fn envelope_input(&self) -> &[u8];
}
impl Input for plimsoll_devnode::Transaction {
    fn envelope_input(&self) -> &[u8] {
        use alloy::consensus::Transaction;
        self.envelope.input()
    }
}

/// Calls the account in slot 0 with its calldata until it cannot any more; counts the frames in
/// slot 1 of each account by return data: returns what came back plus one.
const DESCEND_WAT: &str = r#"
(module
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $sload (param i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (import "vm_hooks" "read_return_data" (func $return_data (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $sload (i32.const 0) (i32.const 32))
    (drop (call $call (i32.const 44) (i32.const 0) (i32.const 0) (i32.const 96) (i64.const -1) (i32.const 200)))
    (drop (call $return_data (i32.const 128) (i32.const 0) (i32.const 32)))
    ;; the count fits in two bytes
    (i32.store8 (i32.const 159) (i32.add (i32.load8_u (i32.const 159)) (i32.const 1)))
    (if (i32.eqz (i32.load8_u (i32.const 159)))
      (then (i32.store8 (i32.const 158) (i32.add (i32.load8_u (i32.const 158)) (i32.const 1)))))
    (call $write_result (i32.const 128) (i32.const 32))
    i32.const 0))
"#;

const DESCEND_EVM: &str = "32 0 0 0 0 0 SLOAD GAS CALL POP 0 MLOAD 1 ADD 0 MSTORE 32 0 RETURN";

#[test]
fn as_deep_as_it_goes() {
    let mut world = World::new();
    let wasm = world.program(DESCEND_WAT);
    let evm = world.contract(DESCEND_EVM);
    let mut depth = |first: Address, links: &[(Address, Address)]| {
        for (at, next) in links {
            world.chain.set_storage(*at, U256::ZERO, next.into_word());
        }
        let mut request: TransactionRequest = request(first, Bytes::new());
        request.gas = Some(1 << 50);
        let result = world.chain.call(&request.into()).unwrap();
        assert_eq!(result.outcome, Outcome::Success);
        U256::from_be_slice(&result.output).to::<u64>()
    };
    assert_eq!(depth(evm, &[(evm, evm)]), 1_025);
    // a program has at least a page to keep an address in, and the 128th is the last to be paid for
    assert_eq!(depth(wasm, &[(wasm, wasm)]), 128);
    let turns = [(wasm, evm), (evm, wasm)];
    assert_eq!((depth(wasm, &turns), depth(evm, &turns)), (256, 257));
}

#[test]
fn frames_of_both_kinds_count_towards_the_depth() {
    // 1,000 EVM frames, then programs and EVM frames in turns
    let mut world = World::new();
    let wasm = world.program(DESCEND_WAT);
    let evm = world.contract(DESCEND_EVM);
    world.chain.set_storage(wasm, U256::ZERO, evm.into_word());
    world.chain.set_storage(evm, U256::ZERO, wasm.into_word());
    let count = world.contract(
        // calldata: how often still; then the account in slot 0
        "0 CALLDATALOAD DUP1 ISZERO @last JUMPI \
           1 SWAP1 SUB 0 MSTORE 32 0 32 0 0 ADDRESS GAS CALL POP 0 MLOAD 1 ADD 0 MSTORE 32 0 RETURN \
         :last 32 0 0 0 0 0 SLOAD GAS CALL POP 0 MLOAD 1 ADD 0 MSTORE 32 0 RETURN",
    );
    world.chain.set_storage(count, U256::ZERO, wasm.into_word());
    // once it is an EVM frame that is one too many, once a program's
    for first in [999, 998] {
        let mut request: TransactionRequest = request(count, op::word(first).to_vec());
        request.gas = Some(1 << 55);
        let result = world.chain.call(&request.into()).unwrap();
        assert_eq!(U256::from_be_slice(&result.output), U256::from(1_025));
    }
}
