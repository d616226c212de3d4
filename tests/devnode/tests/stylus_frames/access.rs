//! What is touched and told.

use super::*;

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
