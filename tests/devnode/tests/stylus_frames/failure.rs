//! What fails, and what it undoes.

use super::*;

#[test]
fn failure_at_each_layer_stays_there() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let kinds: [(&str, Bytes, bool); 3] = [
        ("out of gas", op::spin(), true),
        ("trap", op::trap(), false),
        ("revert", op::revert(b"why"), false),
    ];
    for (outer, inner) in [(evm, wasm), (wasm, evm), (wasm, wasm)] {
        for (name, data, takes_gas) in &kinds {
            let tx = world.send(
                outer,
                op::then(
                    (inner, &op::attempt(op::CALL, inner, 0, data)),
                    (inner, &op::sstore(11, 1)),
                ),
            );
            assert_eq!(tx.receipt.outcome, Outcome::Success, "{name}");
            assert_eq!(world.slot(inner, 11), 1, "{name}");
            let reset = world.send(inner, op::sstore(11, 0));
            assert!(reset.receipt.status);
            let used = tx.receipt.gas_used;
            let all = *takes_gas || (*name == "trap" && inner == evm);
            if all {
                assert!(
                    used > 9_000_000,
                    "{name}: the callee's 63/64 are gone: {used}"
                );
            } else {
                assert!(used < 400_000, "{name}: the rest came back: {used}");
            }
        }
    }
    // at the top
    let tx = world.send(wasm, op::spin());
    assert_eq!(tx.receipt.outcome, Outcome::Halted("out of gas".into()));
    assert_eq!(tx.receipt.gas_used, 10_000_000);
    let tx = world.send(wasm, op::trap());
    assert_eq!(tx.receipt.outcome, Outcome::Reverted);
    assert!(tx.receipt.output.is_empty());
    assert!(tx.receipt.gas_used < 100_000, "a trap keeps the gas");
    let tx = world.send(evm, op::trap());
    assert_eq!(tx.receipt.outcome, Outcome::Halted("invalid opcode".into()));
    assert_eq!(tx.receipt.gas_used, 10_000_000);
    let tx = world.send(wasm, op::revert(b"because"));
    assert_eq!(tx.receipt.outcome, Outcome::Reverted);
    assert_eq!(tx.receipt.output.as_ref(), b"because");
}

#[test]
fn out_of_stack_takes_everything() {
    let mut world = World::new();
    let deep = world.program(
        r#"(module (memory (export "memory") 0 0)
            (func $again (param i64) (result i64) (i64.add (call $again (local.get 0)) (local.get 0)))
            (func (export "user_entrypoint") (param i32) (result i32) (drop (call $again (i64.const 1))) i32.const 0))"#,
    );
    let tx = world.send(deep, Bytes::new());
    assert_eq!(
        tx.receipt.outcome,
        Outcome::Halted("max call depth exceeded".into())
    );
    assert_eq!(tx.receipt.gas_used, 10_000_000);
    let evm = world.evm;
    let tx = world.send(evm, op::attempt(op::CALL, deep, 0, b""));
    assert_eq!(tx.receipt.outcome, Outcome::Success);
    assert_eq!(tx.receipt.output.as_ref(), [0]);
    assert!(tx.receipt.gas_used > 9_800_000);
}

#[test]
fn logs_are_in_order_and_undone_with_their_frames() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let inner = op::then((evm, &op::log(2, b"b")), (wasm, &op::log(3, b"c")));
    let tx = world.send(wasm, op::then((wasm, &op::log(1, b"a")), (evm, &inner)));
    let seen: Vec<_> = tx
        .receipt
        .logs
        .iter()
        .map(|l| {
            (
                l.inner.address,
                l.inner.data.topics()[0],
                l.inner.data.data.to_vec(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (wasm, op::word(1), b"a".to_vec()),
            (evm, op::word(2), b"b".to_vec()),
            (wasm, op::word(3), b"c".to_vec())
        ]
    );
    for (i, log) in tx.receipt.logs.iter().enumerate() {
        assert_eq!(log.log_index, Some(i as u64));
        assert_eq!(log.transaction_hash, Some(tx.hash));
    }
    // a frame that logs and fails leaves nothing, but the trace shows it
    let failing = world.contract("0 0 LOG0 0 0 REVERT");
    let tx = world.send(wasm, op::then((failing, b""), (wasm, &op::log(4, b""))));
    assert_eq!(tx.receipt.logs.len(), 1);
    let trace = world.chain.trace_transaction(tx.hash).unwrap();
    assert_eq!(trace.calls[0].logs.len(), 1);
    assert_eq!(trace.calls[0].error.as_deref(), Some("execution reverted"));
    assert_eq!(trace.calls[1].logs.len(), 1);
}

/// Writes 1 into slots 1 and 2 of its storage (the second one transient), logs, and ends with the
/// status its calldata says; with 2 it traps.
const WRITES_AND_ENDS_WAT: &str = r#"
(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $sstore (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "transient_store_bytes32" (func $tstore (param i32 i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $read_args (i32.const 0))
    (i32.store8 (i32.const 63) (i32.const 1))
    (i32.store8 (i32.const 95) (i32.const 2))
    (call $sstore (i32.const 32) (i32.const 32))
    (call $flush (i32.const 0))
    (call $tstore (i32.const 64) (i32.const 32))
    (call $log (i32.const 0) (i32.const 0) (i32.const 0))
    (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 2)) (then unreachable))
    (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 3)) (then (loop $again (br $again))))
    (i32.load8_u (i32.const 0))))
"#;

#[test]
fn a_program_that_fails_undoes_what_it_did() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let program = world.program(WRITES_AND_ENDS_WAT);
    for end in 0..4u8 {
        for outer in [None, Some(evm), Some(wasm)] {
            let start = world.chain.snapshot();
            let tx = match outer {
                None => world.send(program, vec![end]),
                Some(outer) => world.send(outer, op::attempt(op::CALL, program, 0, &[end])),
            };
            assert_eq!(tx.receipt.status, end == 0 || outer.is_some());
            assert_eq!(world.slot(program, 1), u64::from(end == 0), "end {end}");
            assert_eq!(tx.receipt.logs.len(), usize::from(end == 0), "end {end}");
            world.chain.revert(start);
        }
    }
}

#[test]
fn a_call_that_cannot_be_paid_takes_what_is_left() {
    let world = World::new();
    let other = Address::repeat_byte(0x62);
    let (wasm, me) = (world.wasm, world.me);
    let data = op::attempt(op::CALL, other, 0, b"");
    let mut seen = [0u32; 3];
    let need = world
        .chain
        .estimate_gas(&request(wasm, data.clone()).into())
        .unwrap();
    for gas in (need - 4_000..need + 200).step_by(50) {
        let request = TransactionRequest {
            from: Some(me),
            gas: Some(gas),
            ..request(wasm, data.clone())
        };
        let trace = world
            .chain
            .trace_call(&request.into())
            .unwrap()
            .trace
            .unwrap();
        let call = trace.host_calls.iter().find(|h| h.name == "call_contract");
        match (call, trace.calls.len()) {
            // the base cost of 2,600 could not be paid: no frame, and not a gas left
            (Some(call), 0) => {
                assert!(call.end_ink < 10_000);
                assert_eq!(call.outs.last(), Some(&2));
                seen[1] += 1;
            }
            (Some(_), _) => seen[2] += 1,
            (None, _) => {
                assert_eq!(trace.calls.len(), usize::from(trace.error.is_none()));
                seen[0] += 1;
            }
        }
    }
    assert!(seen.iter().all(|n| *n > 0), "{seen:?}");
}
