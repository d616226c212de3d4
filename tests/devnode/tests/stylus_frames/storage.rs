//! Storage caches, transient storage, refunds.

use super::*;

/// Loads slot 0, calls the account in slot 1, loads slot 0 again; writes the last value plus one
/// into slot 0, flushes, and returns both loaded values.
const CACHES_WAT: &str = r#"
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $sload (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $sstore (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $read_args (i32.const 1024))
    ;; slot number 0 at 0, slot number 1 at 32
    (i32.store8 (i32.const 63) (i32.const 1))
    (if (i32.eq (local.get $len) (i32.const 1)) (then
      ;; re-entered: write 50 into slot 0 and be done
      (i32.store8 (i32.const 95) (i32.const 50))
      (call $sstore (i32.const 0) (i32.const 64))
      (call $flush (i32.const 0))
      (return (i32.const 0))))
    (call $sload (i32.const 0) (i32.const 128))
    (call $sload (i32.const 32) (i32.const 96))
    (drop (call $call (i32.const 108) (i32.const 1024) (i32.const 1) (i32.const 512) (i64.const -1) (i32.const 600)))
    ;; the argument says whether to drop the cache first
    (if (i32.load8_u (i32.const 1025)) (then (call $flush (i32.const 1))))
    (call $sload (i32.const 0) (i32.const 160))
    (i64.store (i32.const 192) (i64.load (i32.const 160)))
    (i32.store8 (i32.const 223) (i32.add (i32.load8_u (i32.const 191)) (i32.const 1)))
    (call $sstore (i32.const 0) (i32.const 192))
    (call $flush (i32.const 0))
    (call $write_result (i32.const 128) (i32.const 64))
    i32.const 0))
"#;

#[test]
fn frames_do_not_share_storage_caches() {
    let mut world = World::new();
    let program = world.program(CACHES_WAT);
    world
        .chain
        .set_storage(program, U256::from(1), program.into_word());
    world.chain.set_storage(program, U256::ZERO, op::word(7));
    // the re-entrant write of 50 is neither seen nor kept
    let tx = world.send(program, Bytes::from(vec![0, 0]));
    assert!(tx.receipt.status);
    assert_eq!((tx.receipt.output[31], tx.receipt.output[63]), (7, 7));
    assert_eq!(world.slot(program, 0), 8);
    // with the cache dropped it is seen
    let tx = world.send(program, Bytes::from(vec![0, 1]));
    assert_eq!((tx.receipt.output[31], tx.receipt.output[63]), (8, 50));
    assert_eq!(world.slot(program, 0), 51);
}

#[test]
fn transient_storage_lives_for_a_transaction() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    for (outer, inner) in [(evm, wasm), (wasm, evm), (wasm, wasm)] {
        // set by one frame, read by the next of the same account
        let both = op::bubble(
            op::CALL,
            outer,
            0,
            &op::then(
                (inner, &op::tstore(1, 5)),
                (inner, &op::bubble(op::CALL, inner, 0, &op::tload(1))),
            ),
        );
        let trace = world.trace(outer, both.clone());
        let second = &trace.calls[0].calls[1].calls[0];
        assert_eq!(second.output[31], 5);
        world.send(outer, both);
        assert_eq!(
            world.send(inner, op::tload(1)).receipt.output[31],
            0,
            "gone afterwards"
        );
    }
    // undone with the frame
    let undone = op::then(
        (
            wasm,
            &op::attempt(
                op::CALL,
                evm,
                0,
                &op::bubble(op::CALL, wasm, 0, &op::tstore(2, 2)),
            ),
        ),
        (wasm, &op::tload(2)),
    );
    assert_eq!(world.trace(evm, undone).calls[1].output[31], 2);
    let undone = op::then(
        (
            evm,
            &op::then((wasm, &op::tstore(2, 2)), (wasm, &op::sload(0))),
        ),
        (wasm, &op::tload(2)),
    );
    assert_eq!(world.trace(evm, undone).calls[1].output[31], 2);
    // delegate calls act on the caller's
    let delegated = op::then(
        (evm, &op::bubble(op::DELEGATE, wasm, 0, &op::tstore(3, 3))),
        (evm, &op::tload(3)),
    );
    assert_eq!(world.trace(wasm, delegated).calls[1].output[31], 3);
}

#[test]
fn refunds_come_through_programs() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let mut used = |data: Bytes| world.send(wasm, data).receipt.gas_used;
    used(op::bubble(op::CALL, evm, 0, &op::sstore(1, 1)));
    let update = used(op::bubble(op::CALL, evm, 0, &op::sstore(1, 2)));
    let clear = used(op::bubble(op::CALL, evm, 0, &op::sstore(1, 0)));
    assert_eq!(update - clear, 4_800 + 12);
}
