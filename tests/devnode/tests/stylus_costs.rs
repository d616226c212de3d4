//! What Stylus programs cost on the chain, in numbers.

mod support;

use alloy::{
    primitives::uint,
    sol,
    sol_types::{SolCall, SolError, SolEvent},
};
use plimsoll_devnode::{BlockId, CACHE_MANAGER, Outcome, Transaction, TransactionRequest};
use plimsoll_stylus::{Program, StylusParams, activate, code};
use std::sync::Arc;
use support::*;

sol! {
    interface ArbWasm {
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 _secs);
        function stylusVersion() external view returns (uint16 version);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
    }
    interface ArbWasmCache {
        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheCodehash(bytes32 codehash) external;
        function cacheProgram(address addr) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }
}

const ARB_WASM: Address = Address::with_last_byte(0x71);
const ARB_WASM_CACHE: Address = Address::with_last_byte(0x72);
const FEES: Address = plimsoll_devnode::config::DEFAULT_NETWORK_FEE_ACCOUNT;

/// Does nothing, in no memory.
const NOTHING: &str = r#"(module (memory (export "memory") 0 0)
    (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;

fn nothing(pages: u16) -> String {
    NOTHING.replace("0 0)", &format!("{pages} {pages})"))
}

fn start(wat: &str) -> Program {
    let activation = activate(
        &wasm(wat),
        &StylusParams::arbos(51),
        128,
        &mut u64::MAX.clone(),
    )
    .unwrap();
    Program::new(&activation, 0, false)
}

fn paid(world: &mut World, to: Address, value: U256, data: Vec<u8>) -> Arc<Transaction> {
    let request = TransactionRequest {
        from: Some(world.me),
        value: Some(value),
        ..request(to, data)
    };
    world.chain.transact(request).unwrap()
}

#[test]
fn a_call_of_nothing_costs_its_start() {
    let mut world = World::new();
    let program = world.program(NOTHING);
    // by hand, for 83 bytes of module, 1 function of 2 types, 4 globals:
    //   init = 8252/1000 + 2*1059/1000 + 83*1286/10000 = 8 + 2 + 10 = 20
    //   cached = 13420/100000 + 178/100000 + 83*122/100000 + 4*1628/1000 = 6
    let record = start(NOTHING);
    let len = wasm(NOTHING).len() as u64;
    assert_eq!(u64::from(record.init_cost), 8 + 2 + len * 1286 / 10_000);
    assert_eq!(record.cached_cost, 6);
    let uncached = 21_000 + (352 + 6) + (8_832 + u64::from(record.init_cost));
    // the block of one constant and the end costs 2452 ink: one gas
    let tx = world.send(program, Bytes::new());
    assert_eq!(tx.receipt.gas_used, uncached + 1);
    // again: ArbOS 51 does not remember it
    assert_eq!(
        world.send(program, Bytes::new()).receipt.gas_used,
        uncached + 1
    );
    // cached by a manager
    let owner = world.chain.accounts()[0].address;
    let data = ArbWasmCache::cacheProgramCall { addr: program }.abi_encode();
    let request = TransactionRequest {
        from: Some(owner),
        ..request(ARB_WASM_CACHE, data)
    };
    let cache = world.chain.transact(request).unwrap();
    assert!(cache.receipt.status);
    assert_eq!(
        world.send(program, Bytes::new()).receipt.gas_used,
        21_000 + 358 + 1
    );
}

#[test]
fn programs_are_remembered_within_a_block() {
    let mut world = World::new();
    let program = world.program(NOTHING);
    let record = start(NOTHING);
    let uncached = 358 + 8_832 + u64::from(record.init_cost) + 1;
    let cached = 358 + 1;
    let evm = world.evm;
    // twice in one transaction: two calls of the same program from EVM code
    let used = |world: &World, data: Bytes| {
        let trace = world.trace(evm, data);
        let of = |i: usize| trace.calls[i].gas_used;
        (of(0), of(1))
    };
    let twice = op::then((program, b""), (program, b""));
    assert_eq!(used(&world, twice), (uncached, cached));
    // a new block starts anew
    assert_eq!(
        world.send(program, Bytes::new()).receipt.gas_used,
        21_000 + uncached
    );
    assert_eq!(
        world.send(program, Bytes::new()).receipt.gas_used,
        21_000 + uncached
    );
    // two transactions in one block
    world.chain.set_automine(false);
    let me = world.me;
    let mut sent = Vec::new();
    for _ in 0..2 {
        let request = TransactionRequest {
            from: Some(me),
            gas: Some(100_000),
            ..request(program, Bytes::new())
        };
        sent.push(world.chain.send_request(request).unwrap());
    }
    world.chain.mine(1, None).unwrap();
    let gas: Vec<u64> = sent
        .iter()
        .map(|hash| world.chain.transaction(*hash).unwrap().receipt.gas_used)
        .collect();
    assert_eq!(gas, [21_000 + uncached, 21_000 + cached]);
    // the trace of the second knows of the first
    let trace = world.chain.trace_transaction(sent[1]).unwrap();
    assert_eq!(trace.gas_used, cached);
    world.chain.set_automine(true);
    // 32 others push it out
    let others: Vec<Address> = (0..32u32)
        .map(|i| {
            world.program(&NOTHING.replace(
                "i32.const 0",
                &format!("i32.const {} drop i32.const 0", i + 1),
            ))
        })
        .collect();
    world.chain.set_automine(false);
    let mut sent = Vec::new();
    for to in core::iter::once(program)
        .chain(others.iter().copied())
        .chain([others[31], program])
    {
        let request = TransactionRequest {
            from: Some(me),
            gas: Some(100_000),
            ..request(to, Bytes::new())
        };
        sent.push(world.chain.send_request(request).unwrap());
    }
    world.chain.mine(1, None).unwrap();
    let gas = |i: usize| world.chain.transaction(sent[i]).unwrap().receipt.gas_used - 21_000;
    assert_eq!(gas(0), uncached);
    assert!(gas(33) < 1_000, "the last one is still there: {}", gas(33));
    assert_eq!(gas(34), uncached, "the first one is not");
    // ArbOS 51 does none of this
    let mut world = World::arbos51();
    let program = world.program(NOTHING);
    let evm = world.evm;
    let trace = world.trace(evm, op::then((program, b""), (program, b"")));
    assert_eq!(
        (trace.calls[0].gas_used, trace.calls[1].gas_used),
        (uncached, uncached)
    );
}

#[test]
fn pages() {
    // a program called before in the block starts as a cached one from ArbOS 60 on: not here
    let mut world = World::arbos51();
    let base = |pages: u16| {
        let record = start(&nothing(pages));
        let params = StylusParams::arbos(51);
        21_000 + record.init_gas(&params) + record.cached_gas(&params) + 1
    };
    // two are free, each further one costs 1,000, and e^..: 8 more are open in all, exp(8) - exp(0) = 2 - 1
    for (pages, memory) in [
        (0, 0),
        (1, 0),
        (2, 0),
        (3, 1_000),
        (8, 6_000 + 1),
        (16, 14_000 + 7),
        (64, 62_000 + 5_644),
    ] {
        let program = world.program(&nothing(pages));
        let tx = world.send(program, Bytes::new());
        assert_eq!(tx.receipt.gas_used, base(pages) + memory, "{pages} pages");
    }
    // pages of open frames add up; those of closed frames leave their mark only in the record
    let (two, evm) = (world.program(&nothing(2)), world.evm);
    let wasm = world.wasm; // has one page
    let trace = world.trace(
        evm,
        op::then((wasm, &op::bubble(op::CALL, two, 0, b"")), (two, b"")),
    );
    let inner = &trace.calls[0].calls[0];
    let alone = base(2) - 21_000;
    assert_eq!(inner.gas_used, alone + 1_000, "the third page");
    assert_eq!(trace.calls[1].gas_used, alone);
    // the exponential part is paid where the record of the transaction rises, the rest each time
    let large = world.program(&nothing(96));
    let again = op::then((two, b""), (large, b""));
    let trace = world.trace(evm, op::then((large, b""), (evm, &again)));
    let (first, second) = (trace.calls[0].gas_used, trace.calls[1].calls[1].gas_used);
    assert_eq!(first - second, 424_206 - 1);
    // growing pays the same, at run time
    let grows = world.program(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 0 10)
            (func (export "user_entrypoint") (param i32) (result i32) (drop (memory.grow (i32.const 5))) i32.const 0))"#,
    );
    let tx = world.send(grows, Bytes::new());
    let record = start(
        r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 0 10)
            (func (export "user_entrypoint") (param i32) (result i32) (drop (memory.grow (i32.const 5))) i32.const 0))"#,
    );
    let params = StylusParams::arbos(51);
    let start = 21_000 + record.init_gas(&params) + record.cached_gas(&params);
    // 2450 + const 1 + grow 8050 + drop 9 + const 1 + end 1: 10,512 ink
    assert_eq!(tx.receipt.gas_used, start + 3_000 + 2);
    // 129 open pages cannot be paid for
    let most = world.program(&nothing(128));
    assert!(
        world
            .send_with(most, Bytes::new(), 0, 33_000_000)
            .receipt
            .gas_used
            >= 32_000_000 - 100_000
    );
    let tx = world.send(wasm, op::attempt(op::CALL, most, 0, b""));
    assert_eq!(tx.receipt.output.as_ref(), [0]);
}

#[test]
fn return_data_costs_what_it_does_in_the_evm() {
    let mut world = World::new();
    let big = world.program(
        r#"(module (import "vm_hooks" "write_result" (func $w (param i32 i32))) (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) (call $w (i32.const 0) (i32.const 65536)) i32.const 0))"#,
    );
    let evm = world.evm;
    let owner = world.chain.accounts()[0].address;
    let data = ArbWasmCache::cacheProgramCall { addr: big }.abi_encode();
    world
        .chain
        .transact(TransactionRequest {
            from: Some(owner),
            ..request(ARB_WASM_CACHE, data)
        })
        .unwrap();
    let trace = world.trace(evm, op::attempt(op::CALL, big, 0, b""));
    // 2048 words: 3 each and their square over 512; the run itself would have cost less
    assert_eq!(trace.calls[0].gas_used, 3 * 2_048 + 2_048 * 2_048 / 512);
    // with less gas than that it is out of gas
    let mut request: TransactionRequest = request(big, Bytes::new());
    request.gas = Some(21_000 + 14_335);
    assert_eq!(
        world.chain.call(&request.clone().into()).unwrap().outcome,
        Outcome::Halted("out of gas".into())
    );
    request.gas = Some(21_000 + 14_336);
    assert_eq!(
        world.chain.call(&request.into()).unwrap().outcome,
        Outcome::Success
    );
}

#[test]
fn activation_in_numbers() {
    let mut world = World::new();
    let me = world.me;
    let wasm = wasm(NOTHING);
    let code = code::compress(&wasm);
    let program = world
        .chain
        .deploy(me, plimsoll_devnode::init_code(&code))
        .unwrap();
    assert_eq!(
        world
            .chain
            .code(program, BlockId::latest())
            .unwrap()
            .as_ref(),
        code
    );

    // not activated: all gas is gone
    let tx = world.send_with(program, Bytes::new(), 0, 100_000);
    assert_eq!(
        tx.receipt.outcome,
        Outcome::Halted(format!(
            "error ProgramNotActivated(): {program} was never activated; do it with ArbWasm.activateProgram({program})"
        ))
    );
    assert_eq!(tx.receipt.gas_used, 100_000);

    let activation = activate(
        &wasm,
        &StylusParams::arbos(61),
        128,
        &mut 10_000_000.clone(),
    )
    .unwrap();
    // 512000 + 1 function 996 + 2 types 22 + bytes
    let len = wasm.len() as u64;
    assert_eq!(
        u64::from(activation.asm_estimate),
        512_000 + 996 + 22 + len * 62_628 / 10_000
    );
    // no activation before it in this world but the actor's, whose demand wore off
    let before = world.chain.balance(me, BlockId::latest()).unwrap();
    let fees = world.chain.balance(FEES, BlockId::latest()).unwrap();
    world.chain.increase_time(3_600);
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let ether = U256::from(ETHER);
    let tx = paid(&mut world, ARB_WASM, ether, data.clone());
    assert!(tx.receipt.status);
    // exponent = 10000 * asm / 21360419 bips, wei per byte = 82928201 * e^x
    let asm = u64::from(activation.asm_estimate);
    let x = 10_000 * asm / 21_360_419;
    assert_eq!(x, 240);
    let fee = U256::from(82_928_201u64 * 10_242 / 10_000) * U256::from(asm);
    let answer = ArbWasm::activateProgramCall::abi_decode_returns(&tx.receipt.output).unwrap();
    assert_eq!((answer.version, answer.dataFee), (3, fee));
    let log = &tx.receipt.logs[0];
    let event = ArbWasm::ProgramActivated::decode_log(&log.inner).unwrap();
    assert_eq!(
        (event.address, event.program, event.dataFee, event.version),
        (ARB_WASM, program, fee, 3)
    );
    assert_eq!(event.codehash, keccak(&code));
    // the fee went to the network, the rest came back
    let gas_fee = U256::from(tx.receipt.gas_used) * U256::from(tx.receipt.effective_gas_price);
    assert_eq!(
        world.chain.balance(me, BlockId::latest()).unwrap(),
        before - fee - gas_fee
    );
    assert_eq!(
        world.chain.balance(FEES, BlockId::latest()).unwrap(),
        fees + fee + gas_fee
    );
    assert_eq!(
        world.chain.balance(ARB_WASM, BlockId::latest()).unwrap(),
        U256::ZERO
    );

    // gas: intrinsic; open ArbOS 800, argument 3; activation gas 800; start 1,659,168; params 100, program 800; engine;
    // module hash 20,000; pricer 44,000; program 20,000; fee account 800; event 2,149; result 6
    let chain = 800 + 3 + 800 + 1_659_168 + 100 + 800 + 20_000 + 44_000 + 20_000 + 800 + 2_149 + 6;
    // engine: 83 bytes 26 us, 1 function 0 us, no pages, instrumented opcodes 12..: each 28 gas
    assert!(
        activation.gas_used > 26 * 28 - 100 && activation.gas_used < 60 * 28,
        "{}",
        activation.gas_used
    );
    assert_eq!(
        tx.receipt.gas_used,
        intrinsic(&data) + chain + activation.gas_used
    );

    // what the chain says of it
    let ask = |world: &World, data: Vec<u8>| world.call(ARB_WASM, data).output;
    let record = Program::new(&activation, 0, false);
    let params = StylusParams::arbos(61);
    let init = ask(&world, ArbWasm::programInitGasCall { program }.abi_encode());
    let init = ArbWasm::programInitGasCall::abi_decode_returns(&init).unwrap();
    assert_eq!(
        (init.gas, init.gasWhenCached),
        (
            record.init_gas(&params) + record.cached_gas(&params),
            record.cached_gas(&params)
        )
    );
    let word = |out: Bytes| U256::from_be_slice(&out).to::<u64>();
    assert_eq!(
        word(ask(
            &world,
            ArbWasm::programVersionCall { program }.abi_encode()
        )),
        3
    );
    assert_eq!(
        word(ask(
            &world,
            ArbWasm::programMemoryFootprintCall { program }.abi_encode()
        )),
        0
    );
    let codehash = keccak(&code);
    assert_eq!(
        word(ask(
            &world,
            ArbWasm::codehashVersionCall { codehash }.abi_encode()
        )),
        3
    );
    let kb = asm.div_ceil(1024);
    assert_eq!(
        word(ask(
            &world,
            ArbWasm::codehashAsmSizeCall { codehash }.abi_encode()
        )),
        kb * 1024
    );
    let left = word(ask(
        &world,
        ArbWasm::programTimeLeftCall { program }.abi_encode(),
    ));
    let year = 365 * 86_400;
    assert!(
        left <= year && left > year - 3_601,
        "counted in whole hours: {left}"
    );
    assert_eq!(
        word(ask(&world, ArbWasm::stylusVersionCall {}.abi_encode())),
        3
    );
    assert_eq!(
        word(ask(&world, ArbWasm::inkPriceCall {}.abi_encode())),
        10_000
    );
    assert_eq!(
        word(ask(&world, ArbWasm::maxStackDepthCall {}.abi_encode())),
        22_000
    );
    let min = ask(&world, ArbWasm::minInitGasCall {}.abi_encode());
    let min = ArbWasm::minInitGasCall::abi_decode_returns(&min).unwrap();
    assert_eq!((min.gas, min.cached), (8_832, 352));
    // a view costs 800 to open, 100 for the parameters, 3 for the result
    let asked = ArbWasm::inkPriceCall {}.abi_encode();
    assert_eq!(
        world.call(ARB_WASM, asked.clone()).gas_used,
        intrinsic(&asked) + 903
    );
    let asked = ArbWasm::programVersionCall { program }.abi_encode();
    let expected = intrinsic(&asked) + 3 + 800 + 2_600 + 100 + 800 + 3;
    assert_eq!(world.call(ARB_WASM, asked).gas_used, expected);
}

fn keccak(data: &[u8]) -> B256 {
    alloy::primitives::keccak256(data)
}

#[test]
fn activation_refused() {
    let mut world = World::new();
    let me = world.me;
    let activate = |world: &mut World, program: Address, value: u64| {
        let data = ArbWasm::activateProgramCall { program }.abi_encode();
        paid(world, ARB_WASM, U256::from(value), data)
    };
    let error = |tx: &Transaction| tx.receipt.output.clone();
    // twice
    let wasm_actor = world.wasm;
    let tx = activate(&mut world, wasm_actor, ETHER);
    assert_eq!(tx.receipt.outcome, Outcome::Reverted);
    assert_eq!(error(&tx), ArbWasm::ProgramUpToDate {}.abi_encode());
    assert!(tx.receipt.gas_used < 1_700_000, "keeps the gas");
    // nobody
    let tx = activate(&mut world, Address::repeat_byte(0x44), ETHER);
    assert_eq!(error(&tx), ArbWasm::ProgramNotWasm {}.abi_encode());
    // EVM code
    let evm = world.evm;
    let tx = activate(&mut world, evm, ETHER);
    assert_eq!(error(&tx), ArbWasm::ProgramNotWasm {}.abi_encode());
    assert!(tx.receipt.gas_used < 1_700_000);
    // before ArbOS 60 that was no error of Solidity's
    let mut old = World::arbos51();
    let evm = old.evm;
    let tx = activate(&mut old, evm, ETHER);
    assert_eq!((tx.receipt.status, error(&tx)), (false, Bytes::new()));
    assert_eq!(
        tx.receipt.reason.as_deref(),
        Some("specified bytecode is not a Stylus program")
    );
    // a module that is not accepted takes all gas
    let bad = code::compress(&wasm("(module)"));
    let bad = world
        .chain
        .deploy(me, plimsoll_devnode::init_code(&bad))
        .unwrap();
    let tx = activate(&mut world, bad, ETHER);
    assert_eq!(
        (tx.receipt.status, error(&tx), tx.receipt.gas_used),
        (false, Bytes::new(), 32_000_000)
    );
    // not brotli: a plain revert
    let bad = world
        .chain
        .deploy(
            me,
            plimsoll_devnode::init_code(&[0xef, 0xf0, 0x00, 0x00, 1, 2, 3]),
        )
        .unwrap();
    let tx = activate(&mut world, bad, ETHER);
    assert!(!tx.receipt.status && tx.receipt.gas_used < 1_700_000);
    // without the fee
    let good = code::compress(&wasm(NOTHING));
    let good = world
        .chain
        .deploy(me, plimsoll_devnode::init_code(&good))
        .unwrap();
    let tx = activate(&mut world, good, 1);
    let why = ArbWasm::ProgramInsufficientValue::abi_decode(&error(&tx)).unwrap();
    assert_eq!(why.have, U256::from(1));
    assert!(
        why.want > uint!(40_000_000_000_000_U256) && why.want < uint!(60_000_000_000_000_U256),
        "{}",
        why.want
    );
    // undone as a whole: it is not active, and can be activated
    assert!(
        !world
            .send_with(good, Bytes::new(), 0, 100_000)
            .receipt
            .status
    );
    assert!(activate(&mut world, good, ETHER).receipt.status);
    assert!(
        world
            .send_with(good, Bytes::new(), 0, 100_000)
            .receipt
            .status
    );
    // through a contract: the rest goes back to it
    let evm_before = world.chain.balance(evm, BlockId::latest()).unwrap();
    let other = code::compress(&wasm(&nothing(1)));
    let other = world
        .chain
        .deploy(me, plimsoll_devnode::init_code(&other))
        .unwrap();
    let data = ArbWasm::activateProgramCall { program: other }.abi_encode();
    let tx = world.send_with(
        evm,
        op::bubble(op::CALL, ARB_WASM, ETHER / 2, &data),
        ETHER / 2,
        30_000_000,
    );
    assert!(tx.receipt.status);
    let answer = ArbWasm::activateProgramCall::abi_decode_returns(&tx.receipt.output).unwrap();
    let after = world.chain.balance(evm, BlockId::latest()).unwrap();
    assert_eq!(after - evm_before, U256::from(ETHER / 2) - answer.dataFee);
    // a delegate or static call of it does nothing
    for kind in [op::DELEGATE, op::STATIC] {
        let tx = world.send(evm, op::attempt(kind, ARB_WASM, 0, &data));
        assert_eq!(tx.receipt.output.as_ref(), [0]);
    }
}

#[test]
fn programs_expire_and_are_kept_alive() {
    let mut world = World::new();
    let program = world.program(NOTHING);
    let day = 86_400;
    let codehash = keccak(&world.chain.code(program, BlockId::latest()).unwrap());
    let keepalive = ArbWasm::codehashKeepaliveCall { codehash }.abi_encode();
    let snapshot = world.chain.snapshot();

    // too soon
    world.chain.increase_time(30 * day);
    let tx = paid(&mut world, ARB_WASM, U256::from(ETHER), keepalive.clone());
    let why = ArbWasm::ProgramKeepaliveTooSoon::abi_decode(&tx.receipt.output).unwrap();
    assert!(why.ageInSeconds >= 30 * day && why.ageInSeconds < 30 * day + 3_700);
    // in time: another year
    world.chain.increase_time(300 * day);
    let tx = paid(&mut world, ARB_WASM, U256::from(ETHER), keepalive.clone());
    assert!(tx.receipt.status);
    let event = ArbWasm::ProgramLifetimeExtended::decode_log(&tx.receipt.logs[0].inner).unwrap();
    assert_eq!(event.codehash, codehash);
    // renewal pays for whole KiB
    let kb = u64::from(start(NOTHING).asm_estimate_kb);
    assert_eq!(
        event.dataFee,
        U256::from(82_928_201u64 * 10_242 / 10_000) * U256::from(kb * 1024)
    );
    let expected = 800 + 3 + 100 + 800 + 44_000 + 20_000 + 800 + (375 * 3 + 8 * 32);
    assert_eq!(tx.receipt.gas_used, intrinsic(&keepalive) + expected);
    world.chain.increase_time(364 * day);
    assert!(world.send(program, Bytes::new()).receipt.status);

    // without it: over after 365 days
    assert!(world.chain.revert(snapshot));
    world.chain.increase_time(365 * day - 7_200);
    assert!(world.send(program, Bytes::new()).receipt.status);
    world.chain.increase_time(day);
    let tx = world.send_with(program, Bytes::new(), 0, 100_000);
    let Outcome::Halted(why) = &tx.receipt.outcome else {
        panic!()
    };
    assert!(why.starts_with("error ProgramExpired(31"), "{why}");
    let evm = world.evm;
    assert_eq!(
        world
            .send(evm, op::attempt(op::CALL, program, 0, b""))
            .receipt
            .output
            .as_ref(),
        [0]
    );
    let tx = paid(&mut world, ARB_WASM, U256::from(ETHER), keepalive);
    assert!(ArbWasm::ProgramExpired::abi_decode(&tx.receipt.output).is_ok());
    // it can be activated anew
    let me = world.me;
    world.chain.activate(me, program).unwrap();
    assert!(world.send(program, Bytes::new()).receipt.status);
}

#[test]
fn cache_managers() {
    let mut world = World::new();
    let program = world.program(NOTHING);
    let (owner, me) = (world.chain.accounts()[0].address, world.me);
    let codehash = keccak(&world.chain.code(program, BlockId::latest()).unwrap());
    let is = |world: &World, data: Vec<u8>| world.call(ARB_WASM_CACHE, data).output[31] == 1;
    let cached = ArbWasmCache::codehashIsCachedCall { codehash }.abi_encode();
    let cache = ArbWasmCache::cacheProgramCall { addr: program }.abi_encode();
    let evict = ArbWasmCache::evictCodehashCall { codehash }.abi_encode();
    for (manager, is_one) in [(CACHE_MANAGER, true), (owner, false), (me, false)] {
        let asked = ArbWasmCache::isCacheManagerCall { manager }.abi_encode();
        assert_eq!(is(&world, asked), is_one, "{manager}");
    }
    // a stranger loses all gas
    let tx = world.send_with(ARB_WASM_CACHE, cache.clone(), 0, 200_000);
    assert_eq!(
        (tx.receipt.outcome.clone(), tx.receipt.gas_used),
        (Outcome::Reverted, 200_000)
    );
    world.chain.set_cache_manager(me, true);
    let all = world
        .call(
            ARB_WASM_CACHE,
            ArbWasmCache::allCacheManagersCall {}.abi_encode(),
        )
        .output;
    let all = ArbWasmCache::allCacheManagersCall::abi_decode_returns(&all).unwrap();
    assert_eq!(all, [CACHE_MANAGER, me]);
    let tx = world.send(ARB_WASM_CACHE, cache.clone());
    assert!(tx.receipt.status);
    let event = ArbWasmCache::UpdateProgramCache::decode_log(&tx.receipt.logs[0].inner).unwrap();
    assert_eq!(
        (event.manager, event.codehash, event.cached),
        (me, codehash, true)
    );
    let init = u64::from(start(NOTHING).init_cost);
    // open, argument, code hash, manager, parameters, program, event, init cost, module hash, program
    let expected = 800 + 3 + 2_600 + 800 + 100 + 800 + (4 * 375 + 8 * 32) + init + 800 + 20_000;
    assert_eq!(tx.receipt.gas_used, intrinsic(&cache) + expected);
    assert!(is(&world, cached.clone()));
    // again: nothing to do
    let tx = world.send(ARB_WASM_CACHE, cache);
    assert_eq!((tx.receipt.status, tx.receipt.logs.len()), (true, 0));
    assert!(world.send(ARB_WASM_CACHE, evict).receipt.status);
    assert!(!is(&world, cached));
    // the old way is gone since ArbOS 31
    let old = ArbWasmCache::cacheCodehashCall { codehash }.abi_encode();
    assert!(!world.send(ARB_WASM_CACHE, old).receipt.status);
    world.chain.set_cache_manager(CACHE_MANAGER, false);
    world.chain.set_cache_manager(me, false);
    let all = world
        .call(
            ARB_WASM_CACHE,
            ArbWasmCache::allCacheManagersCall {}.abi_encode(),
        )
        .output;
    assert!(
        ArbWasmCache::allCacheManagersCall::abi_decode_returns(&all)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn storage_prices_and_refunds() {
    let mut world = World::new();
    let wasm = world.wasm;
    // create a slot, change it, change it back to nothing: against one another, as in the EVM
    let fresh = world.send(wasm, op::sstore(1, 1)).receipt.gas_used;
    let update = world.send(wasm, op::sstore(1, 2)).receipt.gas_used;
    let same = world.send(wasm, op::sstore(1, 2)).receipt.gas_used;
    let clear = world.send(wasm, op::sstore(1, 0)).receipt.gas_used;
    // 2100 + 20000; 2100 + 2900; a blind write of the same value is written all the same: 2100 + 100
    assert_eq!(fresh - update, 20_000 - 2_900);
    assert_eq!(update - same, 2_900 - 100);
    // 4,800 back for clearing, and twelve less calldata gas for the zero
    assert_eq!(update - clear, 4_800 + 12);
    // refunds of a frame that fails are lost
    world.send(wasm, op::sstore(2, 1));
    let evm = world.evm;
    let kept = world.send(evm, op::bubble(op::CALL, wasm, 0, &op::sstore(2, 0)));
    assert!(kept.receipt.status);
    world.send(wasm, op::sstore(2, 1));
    let failing = world
        .contract("CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 0 0 SLOAD GAS CALL 0 0 REVERT");
    world
        .chain
        .set_storage(failing, U256::ZERO, wasm.into_word());
    let lost = world.send(failing, op::sstore(2, 0));
    assert!(!lost.receipt.status);
    assert!(lost.receipt.gas_used > kept.receipt.gas_used);
    // the sentry: a flush wants 2,300 to begin with
    let trace = world.trace(wasm, op::sload(1));
    let load = trace
        .host_calls
        .iter()
        .find(|h| h.name == "storage_load_bytes32")
        .unwrap();
    assert_eq!(load.start_ink - load.end_ink, 18_480 + (2_100 + 5) * 10_000);
}

#[test]
fn looking_at_accounts() {
    let mut world = World::new();
    let looks = world.program(
        r#"(module
            (import "vm_hooks" "read_args" (func $read_args (param i32)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (import "vm_hooks" "account_balance" (func $balance (param i32 i32)))
            (import "vm_hooks" "account_codehash" (func $codehash (param i32 i32)))
            (import "vm_hooks" "account_code_size" (func $code_size (param i32) (result i32)))
            (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param $len i32) (result i32)
              (call $read_args (i32.const 0))
              (call $balance (i32.const 0) (i32.const 64))
              (call $codehash (i32.const 0) (i32.const 96))
              (i32.store (i32.const 128) (call $code_size (i32.const 0)))
              (call $balance (i32.const 20) (i32.const 256))
              (i32.store (i32.const 132) (call $code_size (i32.const 20)))
              (call $write_result (i32.const 64) (i32.const 72))
              i32.const 0))"#,
    );
    let evm = world.evm;
    world.chain.set_balance(evm, U256::from(9));
    let code = world.chain.code(evm, BlockId::latest()).unwrap();
    let stranger = Address::repeat_byte(0x12);
    let trace = world.trace(looks, [evm.as_slice(), stranger.as_slice()].concat());
    let cost = |i: usize| {
        let call = trace
            .host_calls
            .iter()
            .filter(|h| h.name.starts_with("account_"))
            .nth(i)
            .unwrap();
        call.start_ink - call.end_ink
    };
    let gas = 10_000;
    assert_eq!(cost(0), 78_153 + 2_600 * gas);
    assert_eq!(cost(1), 78_153 + 100 * gas);
    assert_eq!(cost(2), 68_073 + 800 * gas);
    assert_eq!(cost(3), 78_153 + 2_600 * gas);
    assert_eq!(cost(4), 68_073 + 800 * gas);
    assert_eq!(trace.output[31], 9);
    assert_eq!(trace.output[32..64], keccak(&code)[..]);
    assert_eq!(trace.output[64..68], (code.len() as u32).to_le_bytes());
    assert_eq!(trace.output[68..72], [0; 4]);
}
