//! EVM and Stylus frames calling each other.

mod support;

use plimsoll_devnode::{BlockId, Outcome, TransactionRequest};
use support::*;

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
fn a_call_that_cannot_pay_100_gas_leaves_the_account_cold() {
    // calls a stranger, and whatever came of it succeeds with the ink that is left below one gas
    const CALLS: &str = r#"
    (module
      (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
      (memory (export "memory") 1 1)
      (data (i32.const 0) "\77\77\77\77\77\77\77\77\77\77\77\77\77\77\77\77\77\77\77\77")
      (func (export "user_entrypoint") (param i32) (result i32)
        (drop (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const 0) (i32.const 64)))
        i32.const 0))"#;
    let mut world = World::new();
    let program = world.program(CALLS);
    let stranger = Address::repeat_byte(0x77);
    let probe = world.contract(&format!(
        "0 0 0 0 0 {program} 0 CALLDATALOAD CALL 0 MSTORE \
         GAS {stranger} BALANCE POP GAS SWAP1 SUB 32 MSTORE 64 0 RETURN"
    ));
    // whether the program succeeded with this gas, and what the stranger's balance cost afterwards
    let with = |gas: u64| {
        let output = world.call(probe, op::word(gas).to_vec()).output;
        let word = |at| U256::from_be_slice(&output[at..at + 32]).to::<u64>();
        (word(0) == 1, word(32) - 7)
    };
    let (mut fails, mut succeeds) = (0, 100_000);
    while fails + 1 < succeeds {
        let gas = (fails + succeeds) / 2;
        *(if with(gas).0 {
            &mut succeeds
        } else {
            &mut fails
        }) = gas;
    }
    assert_eq!(with(succeeds), (true, 2_600));
    assert_eq!(with(succeeds + 99), (true, 2_600));
    assert_eq!(with(succeeds + 100), (true, 100));
}

#[test]
fn an_access_list_is_all_that_is_touched() {
    let mut world = World::new();
    let (evm, wasm, me) = (world.evm, world.wasm, world.me);
    world.send(wasm, op::sstore(2, 9));
    let read = |kind, data: &[u8]| op::bubble(kind, wasm, 0, data);
    let list = |world: &World, to: Address, data: Bytes| {
        let mut request = request(to, data);
        request.from = Some(me);
        let (list, result) = world.chain.access_list(&request.clone().into()).unwrap();
        let keys = |i: usize| list.0[i].storage_keys.clone();
        let flat: Vec<_> = (0..list.0.len())
            .map(|i| (list.0[i].address, keys(i)))
            .collect();
        // with the list, everything was warm
        request.access_list = Some(list);
        let with = world.chain.call(&request.into()).unwrap();
        assert_eq!(
            (with.gas_used, with.outcome),
            (result.gas_used, result.outcome.clone())
        );
        (flat, result.outcome)
    };
    // another account's slot, read by a program that an EVM contract calls
    let (flat, _) = list(&world, evm, read(op::CALL, &op::sload(2)));
    assert_eq!(flat, [(wasm, vec![op::word(2)])]);
    // the callee itself is warm: only its slots are listed
    let (flat, _) = list(&world, wasm, op::sload(2));
    assert_eq!(flat, [(wasm, vec![op::word(2)])]);
    assert_eq!(list(&world, evm, op::echo(b"x")).0, []);
    // a delegate call touches its caller's slots; a frame that reverts touched what it touched
    let (flat, _) = list(&world, evm, read(op::DELEGATE, &op::sload(2)));
    let mut both = [(evm, vec![op::word(2)]), (wasm, vec![])];
    both.sort();
    assert_eq!(flat, both);
    let (flat, outcome) = list(&world, evm, read(op::STATIC, &op::sstore(5, 1)));
    assert_eq!(outcome, Outcome::Reverted);
    assert_eq!(flat, [(wasm, vec![])], "a refused flush touches no slot");
    // what was created needs no place
    let child = plimsoll_devnode::init_code(&asm("42 0 MSTORE 32 0 RETURN"));
    assert_eq!(list(&world, wasm, op::create(0, &child)).0, []);
    // one that never settles ends
    let restless = world.contract("GAS SLOAD STOP");
    let (flat, _) = {
        let (list, result) = world
            .chain
            .access_list(&request(restless, Bytes::new()).into())
            .unwrap();
        (list.0, result.outcome)
    };
    assert!(flat[0].storage_keys.len() >= 15);
}

#[test]
fn what_the_chain_does_not_tell_the_node_does() {
    let mut world = World::new();
    // a module that is refused, by the library and in a trace
    let refused = |world: &mut World, wat: &str| {
        let error = world
            .chain
            .deploy_program(world.me, &wasm(wat))
            .unwrap_err();
        let latest = world.chain.latest().transactions[0].clone();
        assert!(latest.receipt.output.is_empty());
        let frame = world.chain.trace_transaction(latest.hash).unwrap();
        assert_eq!(frame.error.as_deref(), Some(&*error.to_string()));
        error.to_string()
    };
    assert_eq!(
        refused(&mut world, r#"(module (memory (export "memory") 0 0))"#),
        "execution reverted: program activation failed: failed to parse wasm: missing export \
         with name user_entrypoint"
    );
    // code that does not unpack
    let odd = world.contract("STOP");
    world
        .chain
        .set_code(odd, Bytes::from_static(&[0xef, 0xf0, 0, 2, 0x55]));
    let error = world.chain.activate(world.me, odd).unwrap_err();
    assert_eq!(
        error.to_string(),
        "execution reverted: unsupported dictionary type: 2"
    );
    // a program that traps
    let trapped = world.call(world.wasm, op::trap());
    let why = trapped.reason.unwrap();
    assert!(
        why.starts_with("program failed: ") && why.contains("unreachable"),
        "{why}"
    );
    // a revert that says why itself, and one that has nothing to say
    assert_eq!(world.call(world.wasm, op::revert(b"why")).reason, None);
    assert_eq!(world.call(world.evm, op::revert(b"")).reason, None);

    // what went wrong inside is not why the frame around it failed
    world.chain.set_code(
        odd,
        plimsoll_stylus::code::compress(&wasm(CALLED_BY_NOBODY)).into(),
    );
    for inner in [odd, world.wasm] {
        let program = world.program(&SPINS_AFTER_A_CALL.replace("TO", &escaped(inner)));
        let spun = world.send_with(program, op::trap(), 0, 2_000_000);
        assert_eq!(spun.receipt.outcome, Outcome::Halted("out of gas".into()));
    }
}

const CALLED_BY_NOBODY: &str = r#"(module (memory (export "memory") 3 3)
    (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;

/// Calls an account with a byte 8, on which the actor traps, and never ends.
const SPINS_AFTER_A_CALL: &str = r#"
(module
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 0) "TO")
  (data (i32.const 20) "\08")
  (func (export "user_entrypoint") (param i32) (result i32)
    (drop (call $call (i32.const 0) (i32.const 20) (i32.const 1) (i32.const 32) (i64.const 1000000) (i32.const 64)))
    (loop $again (br $again))
    unreachable))"#;

/// An address as WASM text has it in strings.
fn escaped(address: Address) -> String {
    address.iter().map(|byte| format!("\\{byte:02x}")).collect()
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
fn proxies() {
    let mut world = World::new();
    let wasm = world.wasm;
    // EIP-1167
    let minimal = {
        let mut code = alloy::primitives::hex!("363d3d373d3d3d363d73").to_vec();
        code.extend_from_slice(wasm.as_slice());
        code.extend(alloy::primitives::hex!("5af43d82803e903d91602b57fd5bf3"));
        world
            .chain
            .deploy(world.me, plimsoll_devnode::init_code(&code))
            .unwrap()
    };
    // EIP-1967
    let slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a33c5d3f6ca2f18f79";
    let upgradeable = world.contract(
        "CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 \
         0x360894a13ba1a3210667c828492db98dca3e2076cc3735a33c5d3f6ca2f18f79 SLOAD GAS DELEGATECALL \
         RETURNDATASIZE 0 0 RETURNDATACOPY @fine JUMPI RETURNDATASIZE 0 REVERT \
         :fine RETURNDATASIZE 0 RETURN",
    );
    world
        .chain
        .set_storage(upgradeable, slot.parse().unwrap(), wasm.into_word());
    for proxy in [minimal, upgradeable] {
        assert!(world.send(proxy, op::sstore(1, 5)).receipt.status);
        assert_eq!(world.slot(proxy, 1), 5, "acts on the proxy");
        assert_eq!(world.slot(wasm, 1), 0);
        assert_eq!(world.send(proxy, op::sload(1)).receipt.output[31], 5);
        let tx = world.send(proxy, op::revert(b"through"));
        assert_eq!(
            (tx.receipt.status, tx.receipt.output.as_ref()),
            (false, &b"through"[..])
        );
        let out = world.call(proxy, op::context()).output;
        let word = |i: usize| Address::from_slice(&out[32 * i + 12..32 * i + 32]);
        assert_eq!((word(0), word(2), word(3)), (world.me, proxy, world.me));
        // a delegate call of one's own code does not make the frame re-entrant
        assert_eq!(world.call(proxy, op::reentrant()).output.as_ref(), [0]);
        let log = world.send(proxy, op::log(1, b"x"));
        assert_eq!(log.receipt.logs[0].inner.address, proxy);
    }
}

#[test]
fn reentrant_counts_open_frames_of_the_acting_account() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let flag = |world: &World, to, data: Bytes| {
        let out = world.call(to, data).output;
        *out.last().unwrap()
    };
    let ask = op::reentrant();
    assert_eq!(flag(&world, wasm, ask.clone()), 0);
    assert_eq!(flag(&world, evm, op::bubble(op::CALL, wasm, 0, &ask)), 0);
    // wasm -> wasm
    assert_eq!(flag(&world, wasm, op::bubble(op::CALL, wasm, 0, &ask)), 1);
    // wasm -> evm -> wasm
    let through = op::bubble(op::CALL, evm, 0, &op::bubble(op::CALL, wasm, 0, &ask));
    assert_eq!(flag(&world, wasm, through), 1);
    // wasm -> (delegate) wasm: one frame of the account, and one that acts for it
    assert_eq!(
        flag(&world, wasm, op::bubble(op::DELEGATE, wasm, 0, &ask)),
        0
    );
    // evm -> (delegate) wasm acts for evm: one frame of it is open
    assert_eq!(
        flag(&world, evm, op::bubble(op::DELEGATE, wasm, 0, &ask)),
        0
    );
    // evm -> evm -> (delegate) wasm: two EVM frames count
    let twice = op::bubble(op::CALL, evm, 0, &op::bubble(op::DELEGATE, wasm, 0, &ask));
    assert_eq!(flag(&world, evm, twice), 1);
    // static frames count, of both kinds
    let twice = op::bubble(op::STATIC, evm, 0, &op::bubble(op::DELEGATE, wasm, 0, &ask));
    assert_eq!(flag(&world, evm, twice), 1);
    assert_eq!(flag(&world, wasm, op::bubble(op::STATIC, wasm, 0, &ask)), 1);
    // after the frame is closed it is gone, failed or not
    let tx = world.send(
        evm,
        op::then(
            (wasm, &op::revert(b"")),
            (wasm, &op::bubble(op::CALL, wasm, 0, &op::revert(b""))),
        ),
    );
    assert!(tx.receipt.status);
    assert_eq!(flag(&world, wasm, ask), 0);
}

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
fn programs_create() {
    let mut world = World::new();
    let wasm = world.wasm;
    let code = asm("42 0 MSTORE 32 0 RETURN");
    let init = plimsoll_devnode::init_code(&code);
    let nonce = world.chain.nonce(wasm, BlockId::latest()).unwrap();
    let tx = world.send(wasm, op::create(0, &init));
    let made = Address::from_slice(&tx.receipt.output[12..32]);
    assert_eq!(made, wasm.create(nonce));
    assert_eq!(
        world.chain.code(made, BlockId::latest()).unwrap().as_ref(),
        code
    );
    let tx = world.send(wasm, op::create2(7, 0, &init));
    let made = Address::from_slice(&tx.receipt.output[12..32]);
    assert_eq!(made, wasm.create2_from_code(op::word(7), &init));
    // a program creates a program
    let program = plimsoll_stylus::code::compress(&support::wasm(ACTOR_WAT));
    let tx = world.send(wasm, op::create(0, &plimsoll_devnode::init_code(&program)));
    let made = Address::from_slice(&tx.receipt.output[12..32]);
    assert!(!made.is_zero());
    // the same code is activated already
    assert_eq!(
        world.send(made, op::echo(b"hi")).receipt.output.as_ref(),
        b"hi"
    );
    // with value
    let me = world.me;
    world.chain.set_balance(wasm, U256::from(100));
    let tx = world.send(wasm, op::create(60, &init));
    let made = Address::from_slice(&tx.receipt.output[12..32]);
    assert_eq!(
        world.chain.balance(made, BlockId::latest()).unwrap(),
        U256::from(60)
    );
    // with more than there is
    let tx = world.send(wasm, op::create(60, &init));
    assert_eq!(tx.receipt.output.as_ref(), [0; 32]);
    assert!(
        tx.receipt.gas_used < 200_000,
        "what was passed on came back"
    );
    // other code that starts with EF is refused
    let eof = plimsoll_devnode::init_code(&[0xef, 0x00, 0x01]);
    assert!(world.chain.deploy(me, eof.clone()).is_err());
    assert_eq!(
        world
            .send(wasm, op::create(0, &eof))
            .receipt
            .output
            .as_ref(),
        [0; 32]
    );
}

#[test]
fn value_moves() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    let stranger = Address::repeat_byte(0x77);
    let balance = |world: &World, a| world.chain.balance(a, BlockId::latest()).unwrap();
    let tx = world.send_with(wasm, op::echo(b""), 1_000, 1_000_000);
    assert!(tx.receipt.status);
    assert_eq!(balance(&world, wasm), U256::from(1_000));
    assert!(
        world
            .send(wasm, op::bubble(op::CALL, evm, 300, &op::echo(b"")))
            .receipt
            .status
    );
    assert!(
        world
            .send(evm, op::bubble(op::CALL, wasm, 100, &op::echo(b"")))
            .receipt
            .status
    );
    assert_eq!(
        (balance(&world, evm), balance(&world, wasm)),
        (U256::from(200), U256::from(800))
    );
    // a failed call gives it back
    let tx = world.send(wasm, op::attempt(op::CALL, evm, 300, &op::revert(b"x")));
    assert_eq!(tx.receipt.output.as_ref(), b"\0x");
    assert_eq!(balance(&world, wasm), U256::from(800));
    // more than there is: the call fails, the frame does not
    let tx = world.send(wasm, op::attempt(op::CALL, evm, 801, &op::echo(b"")));
    assert_eq!(
        (tx.receipt.status, tx.receipt.output.as_ref()),
        (true, &[0][..])
    );
    // to itself
    assert!(
        world
            .send(wasm, op::bubble(op::CALL, wasm, 800, &op::echo(b"")))
            .receipt
            .status
    );
    assert_eq!(balance(&world, wasm), U256::from(800));
    // from a static frame: nothing moves, nothing is charged
    let tx = world.send(
        evm,
        op::bubble(
            op::STATIC,
            wasm,
            0,
            &op::attempt(op::CALL, stranger, 1, b""),
        ),
    );
    assert_eq!(tx.receipt.output.as_ref(), [0]);
    assert_eq!(balance(&world, stranger), U256::ZERO);

    // 25,000 for a new account, 9,000 for the value; the stipend is no gift to a program
    let gas = |world: &World, data: Bytes| world.call(wasm, data).gas_used;
    let pay = |to, wei| op::attempt(op::CALL, to, wei, b"");
    let known = Address::repeat_byte(0x78);
    world.chain.set_balance(known, U256::from(1));
    let new = gas(&world, pay(stranger, 1));
    let old = gas(&world, pay(known, 1));
    let none = gas(&world, pay(known, 0));
    assert_eq!(new - old, 25_000);
    // the value's byte in the calldata costs 12 more
    assert_eq!(old - none, 9_000 + 12);
}

#[test]
fn sixty_three_sixty_fourths_and_the_stipend() {
    let mut world = World::new();
    let probe = world.contract("GAS 0 MSTORE 32 0 RETURN");
    let wasm = world.wasm;
    world.chain.set_balance(wasm, U256::from(100));
    for value in [0, 1] {
        let trace = world.trace(wasm, op::bubble(op::CALL, probe, value, b""));
        let call = trace
            .host_calls
            .iter()
            .find(|h| h.name == "call_contract")
            .unwrap();
        // `call_contract` takes 83,193 ink and twice read(0) before anything else
        let left = (call.start_ink - 83_193 - 2 * 16_381) / 10_000;
        let base = 2_600 + if value > 0 { 9_000 } else { 0 };
        let stipend = if value > 0 { 2_300 } else { 0 };
        let given = (left - base) * 63 / 64 + stipend;
        assert_eq!(trace.calls[0].gas, given, "value {value}");
        let seen: u64 = U256::from_be_slice(&trace.output).to();
        assert_eq!(seen, given - 2, "after GAS itself");
        let spent = (call.start_ink - call.end_ink).div_ceil(10_000);
        let used = trace.calls[0].gas_used;
        assert!(
            spent >= base + used && spent < base + used + 15,
            "{spent} {base} {used}"
        );
        assert_eq!(call.call, Some(0));
    }
    // what is asked for is passed on exactly where it is less
    let asks = world.program(
        r#"(module
            (import "vm_hooks" "read_args" (func $read_args (param i32)))
            (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param $len i32) (result i32)
              (call $read_args (i32.const 0))
              (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 100) (i64.const 12345) (i32.const 200))))"#,
    );
    let trace = world.trace(asks, probe.to_vec());
    assert_eq!(trace.calls[0].gas, 12_345);
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

#[test]
fn traces_name_host_functions() {
    let world = World::new();
    let trace = world.trace(world.wasm, op::sstore(1, 2));
    assert!(trace.stylus);
    let names: Vec<_> = trace.host_calls.iter().map(|h| h.name).collect();
    assert_eq!(
        names,
        [
            "user_entrypoint",
            "read_args",
            "storage_cache_bytes32",
            "storage_flush_cache",
            "user_returned"
        ]
    );
    for pair in trace.host_calls[1..4].windows(2) {
        assert!(pair[0].start_ink >= pair[1].end_ink);
    }
}

#[test]
fn self_destruct_in_the_transaction_that_created() {
    let mut world = World::new();
    let heir = Address::repeat_byte(0x99);
    let code = [vec![0x73], heir.to_vec(), vec![0xff]].concat();
    let wasm = world.wasm;
    world.chain.set_balance(wasm, U256::from(5));
    let tx = world.send(wasm, op::create(5, &code));
    assert!(tx.receipt.status);
    let made = Address::from_slice(&tx.receipt.output[12..32]);
    assert_eq!(
        world.chain.balance(heir, BlockId::latest()).unwrap(),
        U256::from(5)
    );
    assert_eq!(world.chain.nonce(made, BlockId::latest()).unwrap(), 0);
    let trace = world.chain.trace_transaction(tx.hash).unwrap();
    let inner = &trace.calls[0].calls[0];
    assert_eq!(
        (inner.kind.name(), inner.to, inner.value),
        ("SELFDESTRUCT", Some(heir), U256::from(5))
    );
}

#[test]
fn static_frames_stay_static() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    // evm -> (static) wasm -> (call) evm, which writes
    for kind in [op::CALL, op::DELEGATE] {
        for write in [
            op::sstore(1, 1),
            op::log(1, b""),
            op::tstore(1, 1),
            op::create(0, b""),
        ] {
            let inner = op::attempt(kind, evm, 0, &write);
            let tx = world.send(evm, op::bubble(op::STATIC, wasm, 0, &inner));
            assert_eq!(
                (tx.receipt.status, tx.receipt.output.as_ref()),
                (true, &[0][..])
            );
        }
        let read = op::bubble(
            op::STATIC,
            wasm,
            0,
            &op::attempt(kind, evm, 0, &op::sload(1)),
        );
        assert_eq!(world.send(evm, read).receipt.output.len(), 33);
    }
}

#[test]
fn delegate_calls_keep_who_and_how_much() {
    let mut world = World::new();
    let (evm, wasm, me) = (world.evm, world.wasm, world.me);
    for (outer, inner) in [(wasm, evm), (evm, wasm), (wasm, wasm)] {
        let tx = world.send_with(
            outer,
            op::bubble(op::DELEGATE, inner, 0, &op::context()),
            7,
            1_000_000,
        );
        let out = &tx.receipt.output;
        let word = |i: usize| U256::from_be_slice(&out[32 * i..32 * i + 32]);
        let address = |i: usize| Address::from_word(word(i).into());
        assert_eq!(
            (address(0), word(1), address(2), address(3)),
            (me, U256::from(7), outer, me)
        );
        let tx = world.send(outer, op::bubble(op::CALL, inner, 3, &op::context()));
        let out = &tx.receipt.output;
        let word = |i: usize| U256::from_be_slice(&out[32 * i..32 * i + 32]);
        let address = |i: usize| Address::from_word(word(i).into());
        assert_eq!(
            (address(0), word(1), address(2), address(3)),
            (outer, U256::from(3), inner, me)
        );
    }
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
fn the_second_call_of_an_account_is_warm() {
    let world = World::new();
    let other = Address::repeat_byte(0x61);
    let trace = world.trace(world.wasm, op::then((other, b""), (other, b"")));
    let cost: Vec<u64> = trace
        .host_calls
        .iter()
        .filter(|h| h.name == "call_contract")
        .map(|h| h.start_ink - h.end_ink)
        .collect();
    assert_eq!(cost[0] - cost[1], 2_500 * 10_000);
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
