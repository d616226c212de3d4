//! Programs that create, value, and what is destroyed.

use super::*;

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
