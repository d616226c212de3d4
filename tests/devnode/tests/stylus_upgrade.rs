//! An upgrade of ArbOS under a running chain: what becomes of the programs on it.

mod support;

use alloy::{
    primitives::keccak256,
    providers::{Provider, ProviderBuilder},
    sol,
    sol_types::{SolCall, SolError, SolEvent},
};
use plimsoll_devnode::{
    BlockId, CACHE_MANAGER, CallRequest, ChainConfig, ChainError, Outcome,
    config::DEFAULT_NETWORK_FEE_ACCOUNT,
    rpc::{Node, NodeConfig},
};
use plimsoll_stylus::{StylusParams, activate};
use support::*;

sol! {
    interface ArbWasm {
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramUpToDate();
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function programTimeLeft(address program) external view returns (uint64 _secs);
    }
    interface ArbWasmCache {
        function cacheProgram(address addr) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }
    interface ArbOwner {
        function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
        function setWasmPageLimit(uint16 limit) external;
    }
    interface ArbOwnerPublic {
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
    }
    interface ArbSys {
        function arbOSVersion() external view returns (uint256);
    }
}

const ARB_SYS: Address = at(0x64);
const ARB_OWNER_PUBLIC: Address = at(0x6b);
const ARB_OWNER: Address = at(0x70);
const ARB_WASM: Address = at(0x71);
const ARB_WASM_CACHE: Address = at(0x72);

fn word(world: &World, to: Address, data: Vec<u8>) -> U256 {
    U256::from_be_slice(&world.call(to, data).output)
}

fn code_hash(world: &World, program: Address) -> B256 {
    keccak256(world.chain.code(program, BlockId::latest()).unwrap())
}

/// What ArbWasm refuses with.
fn needs_upgrade(output: &[u8]) -> (u16, u16) {
    let error = ArbWasm::ProgramNeedsUpgrade::abi_decode(output).unwrap();
    (error.version, error.stylusVersion)
}

fn versions(world: &World) -> (u64, U256, U256) {
    (
        world.chain.arbos_version(),
        word(world, ARB_SYS, ArbSys::arbOSVersionCall {}.abi_encode()),
        word(world, ARB_WASM, ArbWasm::stylusVersionCall {}.abi_encode()),
    )
}

#[test]
fn every_program_waits_until_somebody_activates_it_again() {
    let mut world = World::arbos51();
    let program = world.wasm;
    assert!(world.send(program, op::sstore(1, 7)).receipt.status);
    assert_eq!(versions(&world), (51, U256::from(106), U256::from(2)));
    let hash = code_hash(&world, program);
    let month = 32 * 86_400;
    world.chain.increase_time(month);
    world.chain.upgrade_arbos(61).unwrap();
    // at once, and in the header of the next block
    assert_eq!(versions(&world), (61, U256::from(116), U256::from(3)));
    world.chain.mine(1, None).unwrap();
    assert_eq!(world.chain.latest().header.mix_hash[23], 61);

    // a call: all gas is gone, and the node says why
    let why = format!(
        "error ProgramNeedsUpgrade(2, 3): {program} was activated for Stylus version 2 and the chain is at 3; \
         activate it again with ArbWasm.activateProgram({program})"
    );
    let tx = world.send_with(program, op::sload(1), 0, 200_000);
    assert_eq!(tx.receipt.outcome, Outcome::Halted(why.clone()));
    assert_eq!(tx.receipt.gas_used, 200_000);
    let asked: CallRequest = request(program, op::sload(1)).into();
    assert_eq!(
        world.chain.call(&asked).unwrap().outcome,
        Outcome::Halted(why.clone())
    );
    match world.chain.estimate_gas(&asked) {
        Err(ChainError::Halted(words)) => assert_eq!(words, why),
        other => panic!("{other:?}"),
    }
    // a contract that calls it meets a failure, and goes on
    let from_evm = world.send(world.evm, op::attempt(op::CALL, program, 0, &op::sload(1)));
    assert_eq!(from_evm.receipt.output.as_ref(), [0]);
    // neither keeping it alive nor caching it, nor a question about it
    let value = U256::from(ETHER);
    for (to, data, value) in [
        (
            ARB_WASM,
            ArbWasm::codehashKeepaliveCall { codehash: hash }.abi_encode(),
            value,
        ),
        (
            ARB_WASM,
            ArbWasm::codehashVersionCall { codehash: hash }.abi_encode(),
            U256::ZERO,
        ),
        (
            ARB_WASM,
            ArbWasm::programTimeLeftCall { program }.abi_encode(),
            U256::ZERO,
        ),
        (
            ARB_WASM_CACHE,
            ArbWasmCache::cacheProgramCall { addr: program }.abi_encode(),
            U256::ZERO,
        ),
    ] {
        let mut request = request(to, data);
        request.from = Some(world.chain.accounts()[0].address); // an owner of the chain
        request.value = Some(value);
        let tx = world.chain.transact(request).unwrap();
        assert_eq!(tx.receipt.outcome, Outcome::Reverted);
        assert_eq!(needs_upgrade(&tx.receipt.output), (2, 3));
    }

    // a stranger activates it: the fee is paid again, and what it kept is there
    let stranger = world.chain.accounts()[7].address;
    let fees = |world: &World| {
        let account = DEFAULT_NETWORK_FEE_ACCOUNT;
        world.chain.balance(account, BlockId::latest()).unwrap()
    };
    let before = fees(&world);
    let tx = world.chain.activate(stranger, program).unwrap();
    let event = ArbWasm::ProgramActivated::decode_log(&tx.receipt.logs[0].inner).unwrap();
    assert_eq!((event.codehash, event.version), (hash, 3));
    let params = StylusParams::arbos(61);
    let mut gas = 100_000_000;
    let record = activate(&wasm(ACTOR_WAT), &params, 128, &mut gas).unwrap();
    // no other demand for a month: the least price, and a little for the program itself
    let least = U256::from(82_928_201u64) * U256::from(record.asm_estimate);
    assert!(event.dataFee >= least && event.dataFee < least * U256::from(11) / U256::from(10));
    let burnt = U256::from(tx.receipt.gas_used) * U256::from(100_000_000);
    assert_eq!(fees(&world) - before, event.dataFee + burnt);
    assert_eq!(world.send(program, op::sload(1)).receipt.output[31], 7);
    assert_eq!(
        word(
            &world,
            ARB_WASM,
            ArbWasm::codehashVersionCall { codehash: hash }.abi_encode()
        ),
        U256::from(3)
    );
    // once is enough
    match world.chain.activate(stranger, program) {
        Err(ChainError::Reverted(data)) => {
            assert!(ArbWasm::ProgramUpToDate::abi_decode(&data).is_ok());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_activation_heals_every_address_with_the_code() {
    let mut world = World::arbos51();
    let twin = world.program(ACTOR_WAT);
    assert_ne!(twin, world.wasm);
    world.chain.upgrade_arbos(61).unwrap();
    assert!(!world.send(twin, op::echo(b"")).receipt.status);
    world.chain.activate(world.me, world.wasm).unwrap();
    assert!(world.send(twin, op::echo(b"")).receipt.status);
}

#[test]
fn what_is_cached_stays_cached() {
    let mut world = World::arbos51();
    let program = world.wasm;
    world.chain.set_cache_manager(world.me, true);
    let cache = ArbWasmCache::cacheProgramCall { addr: program }.abi_encode();
    assert!(world.send(ARB_WASM_CACHE, cache).receipt.status);
    let hash = code_hash(&world, program);
    let cached = ArbWasmCache::codehashIsCachedCall { codehash: hash }.abi_encode();
    world.chain.upgrade_arbos(61).unwrap();
    assert_eq!(word(&world, ARB_WASM_CACHE, cached.clone()), U256::ONE);
    let tx = world.chain.activate(world.me, program).unwrap();
    assert!(tx.receipt.status);
    assert_eq!(word(&world, ARB_WASM_CACHE, cached), U256::ONE);
    // and starts at the price of a cached one, in the first call of a block
    let trace = world.trace(world.evm, op::then((program, b"\0"), (program, b"\0")));
    assert_eq!(trace.calls[0].gas_used, trace.calls[1].gas_used);
}

#[test]
fn what_stylus_3_refuses_ran_under_2_and_cannot_be_activated_again() {
    let two_results = r#"(module (memory (export "memory") 1 1)
        (func $two (result i32 i32) i32.const 0 i32.const 0)
        (func (export "user_entrypoint") (param i32) (result i32) call $two drop))"#;
    let mut world = World::arbos51();
    let program = world.program(two_results);
    assert!(world.send(program, Bytes::new()).receipt.status);
    let ran = world.send(program, Bytes::new()).hash;
    world.chain.upgrade_arbos(61).unwrap();
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let tx = world.send_with(ARB_WASM, data, ETHER, 20_000_000);
    assert_eq!(tx.receipt.outcome, Outcome::Reverted);
    assert_eq!(tx.receipt.gas_used, 20_000_000, "all of it");
    let why = tx.receipt.reason.clone().unwrap();
    assert!(why.starts_with("program activation failed"), "{why}");
    // the past stays what it was
    assert!(world.chain.trace_transaction(ran).unwrap().error.is_none());
    assert!(
        world
            .chain
            .deploy_program(world.me, &wasm(two_results))
            .is_err()
    );
}

#[test]
fn snapshots_go_back_over_an_upgrade() {
    let mut world = World::arbos51();
    let snapshot = world.chain.snapshot();
    let root = world.chain.pending_block().header.state_root;
    world.chain.upgrade_arbos(61).unwrap();
    assert_ne!(world.chain.pending_block().header.state_root, root);
    assert!(!world.send(world.wasm, op::echo(b"")).receipt.status);
    assert!(world.chain.revert(snapshot));
    assert_eq!(world.chain.arbos_version(), 51);
    assert!(world.send(world.wasm, op::echo(b"")).receipt.status);
}

#[test]
fn only_later_versions_that_are_modelled() {
    let mut world = World::arbos51();
    let refused = |world: &mut World, version| {
        let error = world.chain.upgrade_arbos(version).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        refused(&mut world, 59),
        "invalid request: ArbOS 51 cannot be upgraded to 59: later versions that are modelled are [60, 61]"
    );
    assert!(refused(&mut world, 51).contains("[60, 61]"));
    world.chain.upgrade_arbos(60).unwrap();
    world.chain.activate(world.me, world.wasm).unwrap();
    // from 60 to 61 programs stay as they are
    world.chain.upgrade_arbos(61).unwrap();
    assert!(world.send(world.wasm, op::echo(b"")).receipt.status);
    assert!(refused(&mut world, 51).contains("modelled are []"));
}

#[test]
fn an_owner_schedules_it_and_it_comes_with_the_first_block_after() {
    let mut world = World::arbos51();
    let owner = world.chain.accounts()[0].address;
    let due = world.chain.latest().header.timestamp + 100;
    let mut request = request(
        ARB_OWNER,
        ArbOwner::scheduleArbOSUpgradeCall {
            newVersion: 61,
            timestamp: due,
        }
        .abi_encode(),
    );
    request.from = Some(owner);
    assert!(world.chain.transact(request).unwrap().receipt.status);
    let beyond = ArbOwner::scheduleArbOSUpgradeCall {
        newVersion: 62,
        timestamp: due,
    };
    let mut request = support::request(ARB_OWNER, beyond.abi_encode());
    request.from = Some(owner);
    let tx = world.chain.transact(request).unwrap();
    assert_eq!(
        tx.receipt.reason.as_deref(),
        Some("ArbOS 62 is not modelled: [51, 60, 61] are")
    );
    let scheduled = |world: &World| {
        let call = ArbOwnerPublic::getScheduledUpgradeCall {}.abi_encode();
        let output = world.call(ARB_OWNER_PUBLIC, call).output;
        let answer = ArbOwnerPublic::getScheduledUpgradeCall::abi_decode_returns(&output).unwrap();
        (answer.arbosVersion, answer.scheduledForTimestamp)
    };
    assert_eq!(scheduled(&world), (61, due));
    world.chain.set_next_block_timestamp(due - 1).unwrap();
    assert!(world.send(world.wasm, op::sstore(1, 1)).receipt.status);
    assert_eq!(world.chain.arbos_version(), 51);
    world.chain.set_next_block_timestamp(due).unwrap();
    // pending is under it already
    assert_eq!(world.chain.pending_block().header.mix_hash[23], 61);
    let pending = CallRequest {
        block: Some(BlockId::pending()),
        ..support::request(world.wasm, op::sload(1)).into()
    };
    let call = world.chain.call(&pending).unwrap();
    assert!(matches!(call.outcome, Outcome::Halted(why) if why.contains("NeedsUpgrade")));
    let late = world.send_with(world.wasm, op::sload(1), 0, 100_000);
    assert!(!late.receipt.status);
    assert_eq!(world.chain.arbos_version(), 61);
    assert_eq!(scheduled(&world), (0, 0));
    // traced where it stood: the upgrade is before it
    let trace = world.chain.trace_transaction(late.hash).unwrap();
    assert!(trace.error.unwrap().contains("NeedsUpgrade"));
}

#[test]
fn what_an_owner_has_set_and_what_was_built_is_there_after_it() {
    let mut world = World::arbos51();
    let owner = world.chain.accounts()[0].address;
    let mut request = request(
        ARB_OWNER,
        ArbOwner::setWasmPageLimitCall { limit: 2 }.abi_encode(),
    );
    request.from = Some(owner);
    assert!(world.chain.transact(request).unwrap().receipt.status);
    let filtered = at(0x74);
    assert!(
        world
            .chain
            .code(filtered, BlockId::latest())
            .unwrap()
            .is_empty()
    );
    // nested three deep: three pages, which is beyond the limit only where there is one for all frames
    let deep = |world: &mut World| {
        let inner = op::attempt(op::CALL, world.wasm, 0, &op::echo(b"deep"));
        let data = op::attempt(op::CALL, world.wasm, 0, &inner);
        world.send(world.wasm, data).receipt.output.to_vec()
    };
    assert_eq!(deep(&mut world), b"\x01\x01deep");
    world.chain.upgrade_arbos(61).unwrap();
    world.chain.activate(world.me, world.wasm).unwrap();
    assert_eq!(deep(&mut world), b"\x01\x00", "the third has no room");
    assert_eq!(
        world
            .chain
            .code(filtered, BlockId::latest())
            .unwrap()
            .as_ref(),
        [0xfe]
    );
    assert!(
        !world
            .chain
            .code(CACHE_MANAGER, BlockId::latest())
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_raised_by_request_and_names_the_cause() {
    let node = Node::start(NodeConfig {
        chain: ChainConfig {
            arbos_version: 51,
            ..ChainConfig::default()
        },
        ..NodeConfig::default()
    })
    .await
    .unwrap();
    assert!(node.banner().contains("docs/devnode.md"));
    let program = node.chain.with(|chain| {
        let from = chain.accounts()[0].address;
        chain.deploy_program(from, &wasm(ACTOR_WAT)).unwrap()
    });
    let provider = ProviderBuilder::new().connect_http(node.url.parse().unwrap());
    let ask = request(program, op::echo(b"here"));
    assert_eq!(provider.call(ask.clone()).await.unwrap().as_ref(), b"here");
    let raise = |version: Option<u64>| {
        let provider = provider.clone();
        async move {
            let params = version.map(|v| vec![v]).unwrap_or_default();
            let answer: Result<u64, _> = provider
                .raw_request("plimsoll_upgradeArbos".into(), params)
                .await;
            answer
        }
    };
    let refused = raise(Some(52)).await.unwrap_err().to_string();
    assert!(refused.contains("[60, 61]"), "{refused}");
    assert_eq!(raise(None).await.unwrap(), 61, "the latest");
    let error = provider.call(ask.clone()).await.unwrap_err().to_string();
    for words in [
        "ProgramNeedsUpgrade(2, 3)",
        "activate it again",
        &program.to_string(),
    ] {
        assert!(error.contains(words), "{words} in {error}");
    }
    let error = provider.estimate_gas(ask.clone()).await.unwrap_err();
    assert!(
        error.to_string().contains("ProgramNeedsUpgrade(2, 3)"),
        "{error}"
    );
    let info: serde_json::Value = provider
        .raw_request("anvil_nodeInfo".into(), ())
        .await
        .unwrap();
    assert_eq!(info["hardFork"], "ArbOS 61");
    node.chain.with(move |chain| {
        let stranger = chain.accounts()[9].address;
        drop(chain.activate(stranger, program).unwrap());
    });
    assert_eq!(provider.call(ask).await.unwrap().as_ref(), b"here");
    node.stop().await;
}
