//! What ArbOS keeps and answers beside programs: owners, messages to L1, the cache manager, and that
//! no method of a precompile is forgotten.

mod support;

use alloy::{
    primitives::{hex, keccak256},
    sol,
    sol_types::{SolCall, SolError, SolEvent},
};
use plimsoll_devnode::{
    BlockId, BlockOverrides, CACHE_MANAGER, CallRequest, ChainConfig, Outcome, Transaction,
    TransactionRequest,
};
use plimsoll_stylus::StylusParams;
use std::{collections::BTreeMap, sync::Arc};
use support::*;

sol! {
    interface ArbOwner {
        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
        event ChainOwnerAdded(address indexed owner);
        function addChainOwner(address newOwner) external;
        function removeChainOwner(address ownerToRemove) external;
        function setNetworkFeeAccount(address newNetworkFeeAccount) external;
        function setInkPrice(uint32 price) external;
        function setWasmPageLimit(uint16 limit) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setWasmActivationGas(uint64 gas) external;
        function setMaxStylusContractFragments(uint8 maxFragments) external;
    }
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
    }
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function activationGas() external view returns (uint64 gas);
        function inkPrice() external view returns (uint32 price);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
    }
    interface ArbWasmCache {
        function allCacheManagers() external view returns (address[] memory managers);
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }
    interface CacheManager {
        error AlreadyCached(bytes32 codehash);
        error NotChainOwner(address sender);
        event InsertBid(bytes32 indexed codehash, address program, uint192 bid, uint64 size);
        function cacheSize() external view returns (uint64);
        function queueSize() external view returns (uint64);
        function decay() external view returns (uint64);
        function isPaused() external view returns (bool);
        function initialize(uint64 initCacheSize, uint64 initDecay) external;
        function getMinBid(address program) external view returns (uint192 min);
        function placeBid(address program) external payable;
        function evictPrograms(uint256 count) external;
    }
    #[allow(clippy::too_many_arguments)] // of an event
    interface ArbSys {
        event L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data);
        event SendMerkleUpdate(uint256 indexed reserved, bytes32 indexed hash, uint256 indexed position);
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
        function withdrawEth(address destination) external payable returns (uint256);
        function sendTxToL1(address destination, bytes data) external payable returns (uint256);
        function sendMerkleTreeState() external view returns (uint256 size, bytes32 root, bytes32[] memory partials);
    }
    interface ArbAddressTable {
        function addressExists(address addr) external view returns (bool);
        function compress(address addr) external returns (bytes memory);
        function decompress(bytes buf, uint256 offset) external view returns (address, uint256);
        function lookup(address addr) external view returns (uint256);
        function lookupIndex(uint256 index) external view returns (address);
        function register(address addr) external returns (uint256);
        function size() external view returns (uint256);
    }
}

const ARB_SYS: Address = at(0x64);
const ARB_OWNER_PUBLIC: Address = at(0x6b);
const ARB_OWNER: Address = at(0x70);
const ARB_WASM: Address = at(0x71);
const ARB_WASM_CACHE: Address = at(0x72);

fn owner(world: &World) -> Address {
    world.chain.accounts()[0].address
}

fn send_from(
    world: &mut World,
    from: Address,
    to: Address,
    value: u64,
    data: Vec<u8>,
) -> Arc<Transaction> {
    let request = TransactionRequest {
        from: Some(from),
        value: Some(U256::from(value)),
        gas: Some(10_000_000),
        ..request(to, data)
    };
    world.chain.transact(request).unwrap()
}

fn act(world: &mut World, data: Vec<u8>) -> Arc<Transaction> {
    let owner = owner(world);
    let tx = send_from(world, owner, ARB_OWNER, 0, data);
    assert!(tx.receipt.status, "{:?}", tx.receipt.reason);
    tx
}

fn word(world: &World, to: Address, data: Vec<u8>) -> U256 {
    let call = world.call(to, data);
    assert!(call.outcome.is_success(), "{:?}", call.reason);
    U256::from_be_slice(&call.output[..32])
}

// Owners

#[test]
fn an_owner_acts_at_no_cost_and_is_told_of() {
    let mut world = World::new();
    let data = ArbOwner::setInkPriceCall { price: 20_000 }.abi_encode();
    let tx = act(&mut world, data.clone());
    assert_eq!(tx.receipt.gas_used, intrinsic(&data));
    let event = ArbOwner::OwnerActs::decode_log(&tx.receipt.logs[0].inner).unwrap();
    assert_eq!(event.method.0, ArbOwner::setInkPriceCall::SELECTOR);
    assert_eq!(
        (event.owner, event.data.data.as_ref()),
        (owner(&world), &data[..])
    );
    assert_eq!(
        word(&world, ARB_WASM, ArbWasm::inkPriceCall {}.abi_encode()),
        U256::from(20_000)
    );
    // a stranger pays with all gas, and learns why
    let tx = world.send_with(ARB_OWNER, data, 0, 50_000);
    assert_eq!(
        (tx.receipt.outcome.clone(), tx.receipt.gas_used),
        (Outcome::Reverted, 50_000)
    );
    let why = tx.receipt.reason.clone().unwrap();
    assert!(why.starts_with("unauthorized caller"), "{why}");
    // what cannot be is refused, and costs nothing either
    let data = ArbOwner::setInkPriceCall { price: 0 }.abi_encode();
    let from = owner(&world);
    let tx = send_from(&mut world, from, ARB_OWNER, 0, data.clone());
    assert_eq!(
        (tx.receipt.outcome.clone(), tx.receipt.gas_used),
        (Outcome::Reverted, intrinsic(&data))
    );
    assert_eq!(
        tx.receipt.reason.as_deref(),
        Some("ink price must be a positive uint24")
    );
}

#[test]
fn owners_come_and_go() {
    let mut world = World::new();
    let (first, me) = (owner(&world), world.me);
    let tx = act(
        &mut world,
        ArbOwner::addChainOwnerCall { newOwner: me }.abi_encode(),
    );
    let added = ArbOwner::ChainOwnerAdded::decode_log(&tx.receipt.logs[0].inner).unwrap();
    assert_eq!(added.owner, me);
    let all = |world: &World| {
        let call = ArbOwnerPublic::getAllChainOwnersCall {}.abi_encode();
        let output = world.call(ARB_OWNER_PUBLIC, call).output;
        ArbOwnerPublic::getAllChainOwnersCall::abi_decode_returns(&output).unwrap()
    };
    assert_eq!(all(&world), [first, me]);
    let remove = ArbOwner::removeChainOwnerCall {
        ownerToRemove: first,
    };
    let tx = send_from(&mut world, me, ARB_OWNER, 0, remove.abi_encode());
    assert!(tx.receipt.status);
    assert_eq!(all(&world), [me]);
    let tx = send_from(&mut world, me, ARB_OWNER, 0, remove.abi_encode());
    assert_eq!(
        tx.receipt.reason.as_deref(),
        Some("tried to remove non-owner")
    );
}

#[test]
fn what_an_owner_sets_holds_from_the_next_frame_on_unless_undone() {
    let mut world = World::new();
    let wasm = world.wasm;
    // the actors are owners: what they are told to call ArbOwner with, they may
    for new_owner in [world.evm, wasm] {
        act(
            &mut world,
            ArbOwner::addChainOwnerCall {
                newOwner: new_owner,
            }
            .abi_encode(),
        );
    }
    let set = |limit: u16| {
        let data = ArbOwner::setWasmPageLimitCall { limit }.abi_encode();
        op::bubble(op::CALL, ARB_OWNER, 0, &data)
    };
    let deep = op::attempt(op::CALL, wasm, 0, &op::echo(b"deep"));
    let ran = |trace: plimsoll_devnode::CallFrame| trace.calls[1].output.to_vec();
    // a limit of one page: the second frame has no room
    let limited = op::then((world.evm, &set(1)), (wasm, &deep));
    assert_eq!(ran(world.trace(world.evm, limited)), [0]);
    // the same, but the frame that sets it is undone
    let data = ArbOwner::setWasmPageLimitCall { limit: 1 }.abi_encode();
    let sets_and_reverts = world.contract(&format!(
        "0x{} 0 MSTORE 0x{} 32 MSTORE 0 0 36 0 0 0x70 GAS CALL POP 0 0 REVERT",
        hex::encode(&data[..32]),
        hex::encode([&data[32..], &[0; 28]].concat()),
    ));
    act(
        &mut world,
        ArbOwner::addChainOwnerCall {
            newOwner: sets_and_reverts,
        }
        .abi_encode(),
    );
    let undone = op::then((sets_and_reverts, b""), (wasm, &deep));
    assert_eq!(ran(world.trace(world.evm, undone)), b"\x01deep");
    // two pages are enough for two frames
    let enough = op::then((world.evm, &set(2)), (wasm, &deep));
    assert_eq!(ran(world.trace(world.evm, enough)), b"\x01deep");
}

#[test]
fn activation_gas_is_burned_at_the_start_of_an_activation() {
    let mut world = World::new();
    let asked = ArbWasm::activationGasCall {}.abi_encode();
    assert_eq!(word(&world, ARB_WASM, asked.clone()), U256::ZERO);
    let cost = |world: &mut World, n: u32| {
        let text = ACTOR_WAT.replace(
            "    unreachable))",
            &format!("    unreachable) (func (drop (i32.const {}))))", 100 + n),
        );
        let code = plimsoll_stylus::code::compress(&wasm(&text));
        let program = world
            .chain
            .deploy(world.me, plimsoll_devnode::init_code(&code))
            .unwrap();
        let data = ArbWasm::activateProgramCall { program }.abi_encode();
        let used = world.chain.activate(world.me, program).unwrap();
        used.receipt.gas_used - intrinsic(&data)
    };
    let before = cost(&mut world, 0);
    let gas = 123_456;
    act(
        &mut world,
        ArbOwner::setWasmActivationGasCall { gas }.abi_encode(),
    );
    assert_eq!(word(&world, ARB_WASM, asked.clone()), U256::from(gas));
    assert_eq!(cost(&mut world, 1) - before, gas);
    // before ArbOS 59 there is no such thing
    let old = World::arbos51();
    assert_eq!(old.call(ARB_WASM, asked).outcome, Outcome::Reverted);
}

#[test]
fn the_fee_account_and_the_least_start_can_be_set() {
    let mut world = World::new();
    let account = Address::repeat_byte(0x77);
    act(
        &mut world,
        ArbOwner::setNetworkFeeAccountCall {
            newNetworkFeeAccount: account,
        }
        .abi_encode(),
    );
    let asked = ArbOwnerPublic::getNetworkFeeAccountCall {}.abi_encode();
    let answer: B256 = word(&world, ARB_OWNER_PUBLIC, asked).into();
    assert_eq!(Address::from_word(answer), account);
    let before = world.chain.balance(account, BlockId::latest()).unwrap();
    let tx = world.send(world.evm, op::echo(b""));
    let after = world.chain.balance(account, BlockId::latest()).unwrap();
    assert_eq!(
        after - before,
        U256::from(tx.receipt.gas_used) * U256::from(100_000_000)
    );
    // in gas, rounded up to 128 and 32
    act(
        &mut world,
        ArbOwner::setWasmMinInitGasCall {
            gas: 129,
            cached: 33,
        }
        .abi_encode(),
    );
    let output = world
        .call(ARB_WASM, ArbWasm::minInitGasCall {}.abi_encode())
        .output;
    let least = ArbWasm::minInitGasCall::abi_decode_returns(&output).unwrap();
    assert_eq!((least.gas, least.cached), (256, 64));
}

#[test]
fn growing_counts_the_open_pages_of_all_frames() {
    let grows = r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
        (memory (export "memory") 1 10)
        (func (export "user_entrypoint") (param i32) (result i32)
            (drop (memory.grow (i32.const 1))) i32.const 0))"#;
    for (mut world, all_frames) in [(World::arbos51(), false), (World::new(), true)] {
        let grows = world.program(grows);
        act(
            &mut world,
            ArbOwner::setWasmPageLimitCall { limit: 2 }.abi_encode(),
        );
        assert!(world.send(grows, Bytes::new()).receipt.status, "two alone");
        let below = op::attempt(op::CALL, grows, 0, b"");
        let output = world.send(world.wasm, below).receipt.output.clone();
        assert_eq!(output[0] == 0, all_frames, "three with the caller's");
    }
}

// The cache manager

#[test]
fn c3_the_cache_manager_takes_bids_and_caches() {
    let mut world = World::new();
    let program = world.wasm;
    let codehash = keccak256(world.chain.code(program, BlockId::latest()).unwrap());
    let managers = world
        .call(
            ARB_WASM_CACHE,
            ArbWasmCache::allCacheManagersCall {}.abi_encode(),
        )
        .output;
    assert_eq!(
        ArbWasmCache::allCacheManagersCall::abi_decode_returns(&managers).unwrap(),
        [CACHE_MANAGER]
    );
    let ask = |world: &World, data: Vec<u8>| word(world, CACHE_MANAGER, data);
    let cached = |world: &World| {
        let asked = ArbWasmCache::codehashIsCachedCall { codehash }.abi_encode();
        word(world, ARB_WASM_CACHE, asked) == U256::ONE
    };
    assert_eq!(
        ask(&world, CacheManager::cacheSizeCall {}.abi_encode()),
        U256::from(512 << 20)
    );
    assert_eq!(
        ask(&world, CacheManager::decayCall {}.abi_encode()),
        U256::from(1_000_000_000)
    );
    assert_eq!(
        ask(&world, CacheManager::isPausedCall {}.abi_encode()),
        U256::ZERO
    );
    assert_eq!(
        ask(&world, CacheManager::getMinBidCall { program }.abi_encode()),
        U256::ZERO
    );
    assert!(!cached(&world));
    let echo = |world: &mut World| world.send(program, op::echo(b"")).receipt.gas_used;
    let dear = echo(&mut world);

    let bid = CacheManager::placeBidCall { program }.abi_encode();
    let me = world.me;
    let tx = send_from(&mut world, me, CACHE_MANAGER, 5, bid.clone());
    assert!(tx.receipt.status, "{:?}", tx.receipt.reason);
    let event = tx
        .receipt
        .logs
        .iter()
        .find_map(|log| CacheManager::InsertBid::decode_log(&log.inner).ok())
        .unwrap();
    assert_eq!((event.codehash, event.program), (codehash, program));
    assert!(cached(&world));
    let queue = ask(&world, CacheManager::queueSizeCall {}.abi_encode());
    assert_eq!(queue, U256::from(event.size));
    // a start is cheaper by what an uncached one pays more
    let mut gas = 100_000_000;
    let params = StylusParams::arbos(61);
    let record = plimsoll_stylus::activate(&wasm(ACTOR_WAT), &params, 128, &mut gas).unwrap();
    assert_eq!(dear - echo(&mut world), 8_832 + u64::from(record.init_cost));

    // twice is refused, by name
    let tx = send_from(&mut world, me, CACHE_MANAGER, 5, bid);
    assert!(CacheManager::AlreadyCached::abi_decode(&tx.receipt.output).is_ok());
    // only an owner of the chain throws out
    let evict = CacheManager::evictProgramsCall {
        count: U256::from(1),
    };
    let tx = send_from(&mut world, me, CACHE_MANAGER, 0, evict.abi_encode());
    assert!(CacheManager::NotChainOwner::abi_decode(&tx.receipt.output).is_ok());
    let first = owner(&world);
    let tx = send_from(&mut world, first, CACHE_MANAGER, 0, evict.abi_encode());
    assert!(tx.receipt.status);
    assert!(!cached(&world));
    assert_eq!(echo(&mut world), dear);
    // it is initialised
    let again = CacheManager::initializeCall {
        initCacheSize: 1,
        initDecay: 1,
    };
    assert!(
        !send_from(&mut world, me, CACHE_MANAGER, 0, again.abi_encode())
            .receipt
            .status
    );
}

// Messages to L1

#[test]
fn messages_to_l1_stand_in_the_tree_and_in_the_header() {
    let mut world = World::new();
    let (me, to) = (world.me, Address::repeat_byte(0x55));
    let wei = 1_000_000;
    let mut hashes = Vec::new();
    for i in 0..3u64 {
        let data = if i == 0 {
            ArbSys::withdrawEthCall { destination: to }.abi_encode()
        } else {
            ArbSys::sendTxToL1Call {
                destination: to,
                data: vec![i as u8; 40].into(),
            }
            .abi_encode()
        };
        let value = if i == 0 { wei } else { 0 };
        let tx = send_from(&mut world, me, ARB_SYS, value, data.clone());
        assert!(tx.receipt.status);
        assert_eq!(U256::from_be_slice(&tx.receipt.output), U256::from(i));
        let log = &tx.receipt.logs.last().unwrap().inner;
        let event = ArbSys::L2ToL1Tx::decode_log(log).unwrap();
        assert_eq!((event.caller, event.destination), (me, to));
        assert_eq!(event.position, U256::from(i));
        assert_eq!(event.callvalue, U256::from(value));
        assert_eq!(event.arbBlockNum, U256::from(tx.block_number));
        let block = world.chain.latest();
        assert_eq!(event.ethBlockNum, U256::from(block.l1_block_number));
        let message = [
            me.as_slice(),
            to.as_slice(),
            &event.arbBlockNum.to_be_bytes::<32>(),
            &event.ethBlockNum.to_be_bytes::<32>(),
            &event.timestamp.to_be_bytes::<32>(),
            &event.callvalue.to_be_bytes::<32>(),
            &event.data.data,
        ]
        .concat();
        assert_eq!(
            event.hash,
            U256::from_be_slice(keccak256(message).as_slice())
        );
        hashes.push(keccak256(event.hash.to_be_bytes::<32>()));
        assert_eq!(block.header.mix_hash[..8], (i + 1).to_be_bytes());
        if i == 0 {
            // open, argument, native token owners, the message's hash, the size read and written,
            // the leaf, the size again, the event, the answer
            let message_gas = 30 + 6 * (168u64.div_ceil(32));
            let event_gas = 375 * 5 + 8 * (7 * 32);
            let cost = 800 + 3 + 800 + message_gas + 20_800 + 20_000 + 800 + event_gas + 3;
            assert_eq!(tx.receipt.gas_used, intrinsic(&data) + cost);
        }
    }
    // the wei are off the chain
    assert_eq!(
        world.chain.balance(ARB_SYS, BlockId::latest()).unwrap(),
        U256::ZERO
    );
    let pair = |a: B256, b: B256| keccak256([a, b].concat());
    let root = pair(pair(hashes[0], hashes[1]), pair(hashes[2], B256::ZERO));
    assert_eq!(world.chain.latest().header.extra_data[..], root[..]);
    // nobody but address zero may ask
    let asked = ArbSys::sendMerkleTreeStateCall {}.abi_encode();
    assert_eq!(
        world.call(ARB_SYS, asked.clone()).reason.as_deref(),
        Some("method can only be called by address zero")
    );
    let mut call: CallRequest = request(ARB_SYS, asked).into();
    call.transaction.from = Some(Address::ZERO);
    let output = world.chain.call(&call).unwrap().output;
    let tree = ArbSys::sendMerkleTreeStateCall::abi_decode_returns(&output).unwrap();
    assert_eq!((tree.size, tree.root), (U256::from(3), root));
    assert_eq!(tree.partials, [hashes[2], pair(hashes[0], hashes[1])]);
}

// The number of a block

#[test]
fn s7_an_override_of_the_number_is_that_of_the_l2_block() {
    let world = World::new();
    let asked = |number: u64, to: Address, data: Bytes| {
        let call = CallRequest {
            block_overrides: Some(BlockOverrides {
                number: Some(U256::from(number)),
                ..Default::default()
            }),
            ..request(to, data).into()
        };
        world.chain.call(&call).unwrap()
    };
    let number = ArbSys::arbBlockNumberCall {}.abi_encode();
    let number = asked(0x1234, ARB_SYS, number.into()).output;
    assert_eq!(U256::from_be_slice(&number), U256::from(0x1234));
    // `block.number` is L1's, in EVM code and in programs
    let l1_number = U256::from(world.chain.latest().l1_block_number);
    for to in [world.evm, world.wasm] {
        let number = asked(0x1234, to, op::block_number()).output;
        assert_eq!(U256::from_be_slice(&number), l1_number);
    }
    // a block that is there has its hash, one that the override only claims has none
    let head = world.chain.block_number();
    let hash_of = |number: u64| {
        let call = ArbSys::arbBlockHashCall {
            arbBlockNum: U256::from(number),
        }
        .abi_encode();
        asked(200, ARB_SYS, call.into())
    };
    let parent = world.chain.block((head - 1).into()).unwrap().hash;
    assert_eq!(hash_of(head - 1).output[..], parent[..]);
    assert_eq!(hash_of(199).output[..], [0; 32]);
    assert_eq!(hash_of(200).outcome, Outcome::Reverted);
}

// Short names

#[test]
fn the_address_table_gives_short_names() {
    let mut world = World::new();
    let table = at(0x66);
    let (a, b) = (Address::repeat_byte(0xa1), Address::repeat_byte(0xb2));
    let register = |addr| ArbAddressTable::registerCall { addr }.abi_encode();
    let first = world.send(table, register(a));
    assert_eq!(U256::from_be_slice(&first.receipt.output), U256::ZERO);
    let cost = 800 + 3 + 800 + 800 + 3 * 20_000 + 3;
    assert_eq!(first.receipt.gas_used, intrinsic(&register(a)) + cost);
    let again = world.send(table, register(a));
    assert_eq!(
        again.receipt.gas_used,
        intrinsic(&register(a)) + 800 + 3 + 800 + 3
    );
    world.send(table, register(b));
    assert_eq!(
        word(&world, table, ArbAddressTable::sizeCall {}.abi_encode()),
        U256::from(2)
    );
    assert_eq!(
        word(
            &world,
            table,
            ArbAddressTable::lookupCall { addr: b }.abi_encode()
        ),
        U256::ONE
    );
    let short = |world: &World, addr| {
        let call = ArbAddressTable::compressCall { addr }.abi_encode();
        let output = world.call(table, call).output;
        ArbAddressTable::compressCall::abi_decode_returns(&output).unwrap()
    };
    let c = Address::repeat_byte(0xc3);
    for (address, len) in [(a, 1), (b, 1), (c, 21)] {
        let buf = short(&world, address);
        assert_eq!(buf.len(), len);
        let padded = [&[0xff][..], &buf].concat();
        let call = ArbAddressTable::decompressCall {
            buf: padded.into(),
            offset: U256::from(1),
        };
        let output = world.call(table, call.abi_encode()).output;
        let back = ArbAddressTable::decompressCall::abi_decode_returns(&output).unwrap();
        assert_eq!((back._0, back._1), (address, U256::from(len)));
    }
    for data in [
        ArbAddressTable::lookupCall { addr: c }.abi_encode(),
        ArbAddressTable::lookupIndexCall {
            index: U256::from(2),
        }
        .abi_encode(),
    ] {
        let call = world.call(table, data);
        assert_eq!(call.outcome, Outcome::Reverted);
        assert!(call.reason.unwrap().contains("does not exist"));
    }
}

// Nothing is forgotten

/// Every method of every precompile of ArbOS 61, as their interfaces declare them.
const INTERFACES: &str = include_str!("support/precompiles.txt");

/// What the user is told is missing.
const DOCUMENT: &str = include_str!("../../../docs/devnode.md");

fn documented() -> BTreeMap<String, Vec<String>> {
    let text = DOCUMENT
        .split("<!-- methods not modelled -->")
        .nth(1)
        .expect("the document marks its list of methods");
    let mut missing = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("- `")) {
        let (contract, methods) = line.split_once("`:").expect("a contract, then its methods");
        let methods = methods.split('`').skip(1).step_by(2).map(str::to_owned);
        missing.insert(contract.to_owned(), methods.collect::<Vec<_>>());
    }
    missing
}

#[test]
fn e4_every_method_of_a_precompile_is_answered_or_in_the_list() {
    let world = World::with(ChainConfig::default());
    let from = owner(&world);
    let mut missing = BTreeMap::<String, Vec<String>>::new();
    let mut count = 0;
    let mut contract = (String::new(), Address::ZERO);
    for line in INTERFACES.lines().filter(|line| !line.is_empty()) {
        if let Some((name, address)) = line.split_once(" at ") {
            contract = (name.to_owned(), address.parse().unwrap());
            continue;
        }
        count += 1;
        let mut data = keccak256(line)[..4].to_vec();
        // zeros are good arguments for all of them; a dynamic one is empty, at the end
        let words = line.matches(',').count() + 1;
        let dynamic = line.contains("bytes)") || line.contains("string") || line.contains("[]");
        let place = if dynamic { 32 * words as u64 } else { 0 };
        for i in 0..words {
            let starts = dynamic && dynamic_at(line, i);
            data.extend(U256::from(if starts { place } else { 0 }).to_be_bytes::<32>());
        }
        data.extend([0; 32]);
        let call = CallRequest {
            transaction: TransactionRequest {
                from: Some(from),
                gas: Some(3_000_000),
                ..request(contract.1, data)
            },
            ..CallRequest::default()
        };
        let answered = match world.chain.call(&call) {
            Ok(call) => {
                let reason = call.reason.filter(|why| !why.contains("has no method"));
                call.outcome.is_success() || !call.output.is_empty() || reason.is_some()
            }
            Err(error) => !error.to_string().contains("has no method"),
        };
        if !answered {
            let name = line.split_once('(').unwrap().0;
            missing
                .entry(contract.0.clone())
                .or_default()
                .push(name.to_owned());
        }
    }
    assert!(count > 150, "{count} methods");
    assert_eq!(missing, documented());
}

/// Whether the parameter at this place is bytes, a string or a list.
fn dynamic_at(signature: &str, place: usize) -> bool {
    let inside = signature.split_once('(').unwrap().1.trim_end_matches(')');
    let parameter = inside.split(',').nth(place).unwrap_or_default();
    parameter == "bytes" || parameter == "string" || parameter.ends_with("[]")
}

#[test]
fn every_precompile_has_code_and_is_warm() {
    let mut world = World::new();
    let addresses: Vec<Address> = INTERFACES
        .lines()
        .filter_map(|line| line.split_once(" at "))
        .map(|(_, address)| address.parse().unwrap())
        .filter(|address| *address != at(0xc8))
        .collect();
    for address in addresses {
        let code = world.chain.code(address, BlockId::latest()).unwrap();
        assert_eq!(hex::encode(code), "fe", "{address}");
        let looks = world.contract(&format!(
            "GAS 0x{} EXTCODEHASH POP GAS SWAP1 SUB 0 MSTORE 32 0 RETURN",
            hex::encode(address)
        ));
        let output = world.call(looks, Bytes::new()).output;
        // PUSH, EXTCODEHASH of a warm account, POP, GAS
        assert_eq!(
            U256::from_be_slice(&output),
            U256::from(3 + 100 + 2 + 2),
            "{address}"
        );
    }
}
