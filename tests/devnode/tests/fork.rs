//! A chain that goes on from a block of another one. The other one is another devnode, asked over
//! HTTP.

mod support;

use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use plimsoll_devnode::{
    BlockId, CallRequest, Chain, ChainConfig, ChainError, Filter, Fork, HttpSource, Outcome,
    TransactionRequest,
    fork::{Failure, Source},
    rpc::{Node, NodeConfig},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use support::{World, op, request};

const STRANGER: Address = address!("0x00000000000000000000000000000000deadbeef");

/// The chain to fork, served, with its actors.
struct Original {
    node: Node,
    me: Address,
    evm: Address,
    wasm: Address,
}

impl Original {
    async fn start() -> Self {
        let mut world = World::new();
        let (me, evm, wasm) = (world.me, world.evm, world.wasm);
        world.send(wasm, op::sstore(1, 5));
        world.send(evm, op::attempt(op::CALL, wasm, 0, &op::log(4, b"before")));
        let node = Node::serve(world.chain, NodeConfig::default())
            .await
            .unwrap();
        Self {
            node,
            me,
            evm,
            wasm,
        }
    }

    fn source(&self) -> HttpSource {
        HttpSource::new(&self.node.url)
            .unwrap()
            .with_timeout(Duration::from_secs(10))
    }

    /// A fork of it at its head.
    fn fork(&self) -> Chain {
        Chain::fork(ChainConfig::default(), Fork::latest(self.source())).unwrap()
    }

    fn head(&self) -> u64 {
        self.node.chain.with(|chain| chain.block_number())
    }

    /// Sends on the original chain.
    fn send(&self, to: Address, data: Bytes) {
        let from = self.me;
        self.node.chain.with(move |chain| {
            let tx = TransactionRequest {
                from: Some(from),
                ..request(to, data)
            };
            assert!(chain.transact(tx).unwrap().receipt.status);
        });
    }
}

fn call(chain: &Chain, from: Address, to: Address, data: Bytes) -> (Outcome, u64, Bytes) {
    let mut call = request(to, data);
    call.from = Some(from);
    let done = chain.call(&call.into()).unwrap();
    (done.outcome, done.gas_used, done.output)
}

fn send(chain: &mut Chain, from: Address, to: Address, data: Bytes) -> bool {
    let tx = TransactionRequest {
        from: Some(from),
        ..request(to, data)
    };
    chain.transact(tx).unwrap().receipt.status
}

fn slot(chain: &Chain, of: Address, key: u64) -> U256 {
    let word = chain
        .storage(of, U256::from(key), BlockId::latest())
        .unwrap();
    word.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_give_the_same_answers() {
    let original = Original::start().await;
    let fork = original.fork();
    assert_eq!(fork.block_number(), original.head());
    assert_eq!(fork.forked_at().unwrap().1, original.head());
    let there = original.node.chain.with(|chain| chain.clone());
    assert_eq!(fork.latest().hash, there.latest().hash);
    assert_eq!(fork.config().chain_id, there.config().chain_id);
    assert_eq!(fork.config().arbos_version, there.config().arbos_version);
    assert_eq!(fork.base_fee(), there.base_fee());
    assert_eq!(fork.next_block_timestamp(), there.next_block_timestamp());

    let (me, evm, wasm) = (original.me, original.evm, original.wasm);
    // A program's words, gas included: start, pages and storage cost what they do there.
    for (to, data) in [
        (wasm, op::sload(1)),
        (wasm, op::sload(2)),
        (evm, op::sload(1)),
        (evm, op::attempt(op::CALL, wasm, 0, &op::sload(1))),
        (wasm, op::attempt(op::DELEGATE, evm, 0, &op::context())),
        (wasm, op::block_number()),
        (wasm, op::revert(b"no")),
    ] {
        assert_eq!(
            call(&fork, me, to, data.clone()),
            call(&there, me, to, data.clone()),
            "{to} {data}"
        );
    }
    // What ArbOS knows of it: version, start costs, pages, time left; who owns the chain.
    let arb = Address::with_last_byte;
    for (to, view, argument) in [
        (arb(0x71), "programVersion(address)", Some(wasm)),
        (arb(0x71), "programInitGas(address)", Some(wasm)),
        (arb(0x71), "programMemoryFootprint(address)", Some(wasm)),
        (arb(0x71), "programTimeLeft(address)", Some(wasm)),
        (arb(0x71), "inkPrice()", None),
        (arb(0x72), "allCacheManagers()", None),
        (arb(0x64), "arbOSVersion()", None),
        (arb(0x64), "arbBlockNumber()", None),
    ] {
        let argument = argument.map(|address| address.into_word().to_vec());
        let data = [keccak256(view)[..4].to_vec(), argument.unwrap_or_default()].concat();
        let here = call(&fork, me, to, data.clone().into());
        assert_eq!(here.0, Outcome::Success, "{view}");
        assert_eq!(here, call(&there, me, to, data.into()), "{view}");
    }
    // The hash of a block from before the fork.
    let hash_of = |number: u64| {
        let word = B256::from(U256::from(number));
        [&keccak256("arbBlockHash(uint256)")[..4], word.as_slice()].concat()
    };
    let old = call(&fork, me, arb(0x64), hash_of(original.head() - 2).into());
    assert_eq!(old.0, Outcome::Success);
    assert_eq!(
        old,
        call(&there, me, arb(0x64), hash_of(original.head() - 2).into())
    );
    for address in [me, evm, wasm, STRANGER, arb(0x71)] {
        let at = BlockId::latest();
        assert_eq!(
            fork.code(address, at).unwrap(),
            there.code(address, at).unwrap()
        );
        assert_eq!(
            fork.nonce(address, at).unwrap(),
            there.nonce(address, at).unwrap()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_happens_on_the_fork_stays_there() {
    let original = Original::start().await;
    let mut fork = original.fork();
    let (me, evm, wasm) = (original.me, original.evm, original.wasm);
    let head = original.head();

    // On the fork: write through both machines, clear a slot of the other chain, pay, deploy.
    assert!(send(&mut fork, me, wasm, op::sstore(1, 0)));
    assert!(send(
        &mut fork,
        me,
        evm,
        op::attempt(op::CALL, wasm, 0, &op::sstore(2, 8))
    ));
    assert_eq!(
        (slot(&fork, wasm, 1), slot(&fork, wasm, 2)),
        (U256::ZERO, U256::from(8))
    );
    fork.set_balance(STRANGER, U256::from(3));
    let module = support::wasm(support::ACTOR_WAT);
    let another = fork.deploy_program(me, &module).unwrap();
    assert!(send(&mut fork, me, another, op::sstore(1, 1)));
    let fresh = fork.deploy_program(
        me,
        &support::wasm(
            r#"(module (import "vm_hooks" "write_result" (func $w (param i32 i32)))
            (memory (export "memory") 1 1) (data (i32.const 0) "fork")
            (func (export "user_entrypoint") (param i32) (result i32)
              (call $w (i32.const 0) (i32.const 4)) (i32.const 0)))"#,
        ),
    );
    let (outcome, _, output) = call(&fork, me, fresh.unwrap(), Bytes::new());
    assert_eq!((outcome, output), (Outcome::Success, Bytes::from("fork")));

    let there = original.node.chain.with(|chain| chain.clone());
    assert_eq!(there.block_number(), head);
    assert_eq!(slot(&there, wasm, 1), U256::from(5));
    assert!(there.code(another, BlockId::latest()).unwrap().is_empty());

    // What happens there from now on is not seen here.
    original.send(evm, op::sstore(7, 7));
    original.send(wasm, op::sstore(3, 3));
    assert_eq!(
        (slot(&fork, evm, 7), slot(&fork, wasm, 3)),
        (U256::ZERO, U256::ZERO)
    );

    // Back to the fork's start.
    let mut again = original_at(&original, head);
    assert_eq!(slot(&again, wasm, 1), U256::from(5));
    let snapshot = again.snapshot();
    assert!(send(&mut again, me, wasm, op::sstore(1, 6)));
    assert!(again.revert(snapshot));
    assert_eq!(slot(&again, wasm, 1), U256::from(5));
    // And at an earlier block.
    let early = original_at(&original, head - 1);
    assert_eq!(early.block_number(), head - 1);
    assert_eq!(
        call(&early, me, wasm, op::sload(1)).2,
        Bytes::from(op::word(5).0)
    );
    let earlier = original_at(&original, head - 2);
    assert_eq!(
        call(&earlier, me, wasm, op::sload(1)).2,
        Bytes::from(op::word(0).0)
    );
}

fn original_at(original: &Original, block: u64) -> Chain {
    let fork = Fork {
        block: Some(block),
        ..Fork::latest(original.source())
    };
    Chain::fork(ChainConfig::default(), fork).unwrap()
}

/// A contract that is destroyed on the fork does not show through from below.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_gone_is_gone() {
    let original = Original::start().await;
    let mut fork = original.fork();
    let (me, evm) = (original.me, original.evm);
    let there = original.node.chain.with(|chain| chain.clone());
    let balance = there.balance(STRANGER, BlockId::latest()).unwrap();
    assert_eq!(balance, U256::ZERO);
    // An account emptied here: its balance below must not come back.
    let poor = fork.accounts()[3].address;
    fork.set_balance(poor, U256::ZERO);
    assert_eq!(fork.balance(poor, BlockId::latest()).unwrap(), U256::ZERO);
    // Created and destroyed in one transaction: SELFDESTRUCT to the stranger.
    fork.set_balance(me, U256::from(10).pow(U256::from(19)));
    let init = support::asm("0xdeadbeef SELFDESTRUCT");
    let tx = TransactionRequest {
        from: Some(me),
        value: Some(U256::from(9)),
        input: Bytes::from(init).into(),
        ..Default::default()
    };
    assert!(fork.transact(tx).unwrap().receipt.status);
    assert_eq!(
        fork.balance(STRANGER, BlockId::latest()).unwrap(),
        U256::from(9)
    );
    // Storage set to zero by a lever hides the origin's.
    fork.set_storage(original.wasm, U256::from(1), B256::ZERO);
    assert_eq!(slot(&fork, original.wasm, 1), U256::ZERO);
    assert!(send(&mut fork, me, evm, op::sstore(1, 1)));
}

/// Over JSON-RPC: blocks, receipts and logs from before the fork come from the source, those after
/// it from the fork, and those after it at the source not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn history_is_the_other_chains() {
    let original = Original::start().await;
    let (me, evm, wasm) = (original.me, original.evm, original.wasm);
    let head = original.head();
    let forked = Node::serve(original.fork(), NodeConfig::default())
        .await
        .unwrap();
    original.send(evm, op::attempt(op::CALL, wasm, 0, &op::log(4, b"later")));
    let later = original
        .node
        .chain
        .with(|chain| chain.latest().transactions[0].hash);
    let later_block = original.node.chain.with(|chain| chain.latest().hash);
    forked.chain.with(move |chain| {
        let tx = TransactionRequest {
            from: Some(me),
            ..request(evm, op::attempt(op::CALL, wasm, 0, &op::log(4, b"here")))
        };
        chain.transact(tx).unwrap();
    });

    let there = Rpc::of(&original.node);
    let here = Rpc::of(&forked);
    let tx = there
        .ask("eth_getBlockByNumber", json!([head, false]))
        .await;
    let tx = tx["transactions"][0].clone();
    for (method, params) in [
        ("eth_getBlockByNumber", json!([head, true])),
        ("eth_getBlockByNumber", json!([head - 1, true])),
        ("eth_getBlockByNumber", json!(["earliest", true])),
        ("eth_getBlockReceipts", json!([head])),
        ("eth_getBlockTransactionCountByNumber", json!([head])),
        ("eth_getTransactionByHash", json!([tx])),
        ("eth_getTransactionReceipt", json!([tx])),
        ("eth_getRawTransactionByHash", json!([tx])),
        (
            "debug_traceTransaction",
            json!([tx, {"tracer": "callTracer"}]),
        ),
        ("eth_getStorageAt", json!([wasm, 1, head - 2])),
        (
            "eth_call",
            json!([{"to": wasm, "data": op::sload(1)}, head - 2]),
        ),
        ("eth_getLogs", json!([{"fromBlock": 0, "toBlock": head}])),
    ] {
        let answer = here.ask(method, params.clone()).await;
        assert!(!answer.is_null(), "{method}");
        assert_eq!(
            answer,
            there.ask(method, params.clone()).await,
            "{method} {params}"
        );
    }
    let fees = here.ask("eth_feeHistory", json!([2, head - 1, []])).await;
    assert_eq!(fees["oldestBlock"], format!("{:#x}", head - 2));
    // Logs of both: before, and here.
    let logs = here
        .ask("eth_getLogs", json!([{"fromBlock": 0, "address": wasm}]))
        .await;
    let data: Vec<_> = logs
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["data"].clone())
        .collect();
    let texts = [json!("0x6265666f7265"), json!("0x68657265")];
    assert_eq!(data, texts);
    let here_head = here
        .ask("eth_getBlockByNumber", json!([head + 1, true]))
        .await;
    assert_ne!(here_head["hash"], json!(later_block));
    for (method, params) in [
        ("eth_getTransactionByHash", json!([later])),
        ("eth_getTransactionReceipt", json!([later])),
        ("eth_getRawTransactionByHash", json!([later])),
        ("eth_getBlockByHash", json!([later_block, true])),
        ("eth_getBlockTransactionCountByHash", json!([later_block])),
        ("eth_getBlockByNumber", json!([head + 5, true])),
    ] {
        assert!(here.ask(method, params).await.is_null(), "{method}");
    }
    let info = here.ask("anvil_nodeInfo", json!([])).await;
    assert_eq!(info["forkConfig"]["forkBlockNumber"], head);
    assert!(
        forked
            .banner()
            .contains(&format!("block {head} of {}", original.node.url))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fork_can_be_dumped_and_loaded() {
    let original = Original::start().await;
    let head = original.head();
    let mut fork = original.fork();
    let (me, wasm) = (original.me, original.wasm);
    assert!(send(&mut fork, me, wasm, op::sstore(1, 0)));
    assert!(send(&mut fork, me, wasm, op::sstore(2, 2)));
    let dump = fork.dump().unwrap();
    let mut again = original_at(&original, head);
    again.load(&dump).unwrap();
    assert_eq!(again.latest().hash, fork.latest().hash);
    assert_eq!(
        call(&again, me, wasm, op::sload(2)),
        call(&fork, me, wasm, op::sload(2))
    );
    assert_eq!(slot(&again, wasm, 1), U256::ZERO);
    assert!(send(&mut again, me, wasm, op::sstore(2, 3)));
    let refused = original_at(&original, head - 1).load(&dump).unwrap_err();
    assert!(refused.to_string().contains("fork of block"), "{refused}");
    let refused = Chain::new(ChainConfig::default()).load(&dump).unwrap_err();
    assert!(refused.to_string().contains("this is no fork"), "{refused}");
}

/// A source that answers what it is made to.
#[derive(Debug)]
struct Liar {
    inner: HttpSource,
    method: &'static str,
    lie: Value,
    lying: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    seen: Mutex<Vec<String>>,
}

impl Source for Liar {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn post(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let asked: Value = serde_json::from_slice(body).unwrap();
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answer: Value = serde_json::from_slice(&self.inner.post(body)?).unwrap();
        if !self.lying.load(Ordering::Relaxed) {
            return Ok(answer.to_string().into());
        }
        let one = |asked: &Value, answer: &mut Value| {
            self.seen.lock().unwrap().push(asked["method"].to_string());
            if asked["method"] == self.method {
                *answer = self.lie.clone();
                if answer.is_object() {
                    answer["id"] = asked["id"].clone();
                }
            }
        };
        match (&asked, &mut answer) {
            (Value::Array(asked), Value::Array(answers)) => {
                for answer in answers {
                    let id = answer["id"].as_u64().unwrap() as usize;
                    one(&asked[id], answer);
                }
            }
            (asked, answer) => one(asked, answer),
        }
        Ok(answer.to_string().into())
    }
}

impl Original {
    fn liar(&self, method: &'static str, lie: Value, at_once: bool) -> (Liar, Arc<AtomicBool>) {
        let lying = Arc::new(AtomicBool::new(at_once));
        let liar = Liar {
            inner: self.source(),
            method,
            lie,
            lying: lying.clone(),
            asked: Arc::default(),
            seen: Mutex::default(),
        };
        (liar, lying)
    }
}

fn result(value: Value) -> Value {
    json!({"jsonrpc": "2.0", "result": value})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lies_are_told_apart_at_the_start() {
    let original = Original::start().await;
    let block = Rpc::of(&original.node)
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    let changed = |key: &str, value: Value| {
        let mut block = block.clone();
        block[key] = value;
        result(block)
    };
    for (method, lie, words) in [
        (
            "eth_blockNumber",
            result(json!("latest")),
            "not a number of 64 bits",
        ),
        ("eth_chainId", result(json!(7)), "not a number of 64 bits"),
        (
            "eth_chainId",
            json!({"jsonrpc": "2.0", "error": {"code": -32601, "message": "no"}}),
            "refuses eth_chainId: no (-32601)",
        ),
        (
            "eth_chainId",
            json!({"jsonrpc": "2.0"}),
            "neither a result nor an error",
        ),
        (
            "eth_chainId",
            json!({"jsonrpc": "2.0", "result": "0x1", "id": 99}),
            "fork",
        ),
        ("eth_getBlockByNumber", result(Value::Null), "has no block"),
        ("eth_getBlockByNumber", result(json!({})), "missing field"),
        (
            "eth_getBlockByNumber",
            changed("timestamp", json!("0x1")),
            "its fields hash to",
        ),
        (
            "eth_getBlockByNumber",
            changed("number", json!("0x1")),
            "instead of",
        ),
        (
            "eth_getBlockByNumber",
            changed("l1BlockNumber", Value::Null),
            "l1BlockNumber",
        ),
        ("eth_getBalance", result(json!("0x")), "not a number"),
        (
            "eth_getTransactionCount",
            result(json!("0x10000000000000000")),
            "64 bits",
        ),
        ("eth_getCode", result(json!("0xabc")), "not bytes"),
    ] {
        let (liar, _) = original.liar(method, lie.clone(), true);
        match Chain::fork(ChainConfig::default(), Fork::latest(liar)) {
            Err(ChainError::Source(why)) => {
                assert!(
                    why.contains("http://127.0.0.1") && why.contains(words),
                    "{method}: {why}"
                );
            }
            // An id is corrected by the liar itself: that lie is none.
            Ok(_) => assert_eq!(words, "fork", "{method} {lie}"),
            Err(other) => panic!("{other}"),
        }
    }
}

/// Later lies: the request that met one is refused with its cause, nothing changes, and what needs
/// no answer goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lies_later_change_nothing() {
    let original = Original::start().await;
    let (me, evm, wasm) = (original.me, original.evm, original.wasm);
    for (method, lie, words) in [
        ("eth_getStorageAt", result(json!("0x")), None),
        (
            "eth_getStorageAt",
            result(json!(12)),
            Some("not a word of 32 bytes"),
        ),
        (
            "eth_getStorageAt",
            result(json!(format!("0x{}", "0".repeat(66)))),
            Some("not a word"),
        ),
        ("eth_getCode", result(json!("code")), Some("not bytes")),
        (
            "eth_getCode",
            json!({"jsonrpc": "2.0", "error": {"code": -32000, "message": "missing trie node"}}),
            Some("missing trie node (-32000)"),
        ),
    ] {
        let (liar, lying) = original.liar(method, lie, false);
        let mut fork = Chain::fork(ChainConfig::default(), Fork::latest(liar)).unwrap();
        let before = (fork.latest().hash, fork.latest().header.state_root);
        lying.store(true, Ordering::Relaxed);
        let tx = TransactionRequest {
            from: Some(me),
            ..request(evm, op::attempt(op::CALL, wasm, 0, &op::sstore(1, 6)))
        };
        let done = fork.transact(tx);
        let Some(words) = words else {
            // An empty word is a zero: ganache writes it so. ArbOS then knows no such program.
            assert!(done.is_ok());
            continue;
        };
        let why = done.unwrap_err();
        assert!(matches!(why, ChainError::Source(_)), "{why}");
        assert!(why.to_string().contains(words), "{why}");
        let call_of = CallRequest::from(request(wasm, op::sload(1)));
        assert!(matches!(fork.call(&call_of), Err(ChainError::Source(_))));
        assert!(matches!(
            fork.estimate_gas(&call_of),
            Err(ChainError::Source(_))
        ));
        assert_eq!(
            (fork.latest().hash, fork.latest().header.state_root),
            before
        );
        // A transfer between accounts that are known needs nothing.
        let (from, to) = (fork.accounts()[0].address, fork.accounts()[1].address);
        lying.store(false, Ordering::Relaxed);
        assert!(send(&mut fork, from, to, Bytes::new()));
        assert!(send(&mut fork, me, wasm, op::sstore(1, 6)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_unreachable_source_is_named() {
    let nobody = HttpSource::new("http://127.0.0.1:9/v2/key").unwrap();
    let why = Chain::fork(ChainConfig::default(), Fork::latest(nobody))
        .unwrap_err()
        .to_string();
    assert!(
        why.starts_with("the fork's source http://127.0.0.1:9 does not answer:"),
        "{why}"
    );
    assert!(!why.contains("key"), "{why}");

    // It goes away while the fork runs: what is known answers, what is not is refused, over RPC too.
    let original = Original::start().await;
    let (me, wasm) = (original.me, original.wasm);
    let mut fork = original.fork();
    assert!(send(&mut fork, me, wasm, op::sstore(1, 6)));
    let forked = Node::serve(fork, NodeConfig::default()).await.unwrap();
    let head = forked.chain.with(|chain| chain.latest().hash);
    original.node.stop().await;
    let here = Rpc::of(&forked);
    let answer = here
        .ask(
            "eth_call",
            json!([{"from": me, "to": wasm, "data": op::sload(1)}]),
        )
        .await;
    assert_eq!(answer, json!(op::word(6)));
    for (method, params) in [
        ("eth_getBalance", json!([STRANGER, "latest"])),
        ("anvil_setBalance", json!([STRANGER, "0x1"])),
        (
            "eth_call",
            json!([{"from": me, "to": wasm, "data": op::sload(99)}]),
        ),
        ("eth_getBlockByNumber", json!(["earliest", false])),
        ("eth_getLogs", json!([{"fromBlock": 0}])),
        (
            "eth_sendTransaction",
            json!([{"from": me, "to": STRANGER, "gas": "0x5208"}]),
        ),
    ] {
        let (code, why) = here.refused(method, params).await;
        assert_eq!(code, -32000, "{method}: {why}");
        assert!(why.contains("does not answer"), "{method}: {why}");
    }
    assert_eq!(forked.chain.with(|chain| chain.latest().hash), head);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_cannot_be_forked() {
    let original = Original::start().await;
    let fork = Fork {
        block: Some(1_000),
        ..Fork::latest(original.source())
    };
    let why = Chain::fork(ChainConfig::default(), fork)
        .unwrap_err()
        .to_string();
    assert!(why.ends_with("has no block 1000"), "{why}");
    // Another chain id, where asked for.
    let fork = Fork {
        chain_id: Some(31_337),
        ..Fork::latest(original.source())
    };
    let fork = Chain::fork(ChainConfig::default(), fork).unwrap();
    assert_eq!(fork.config().chain_id, 31_337);
    let logs = fork
        .logs(&Filter::new().from_block(0).address(original.wasm))
        .unwrap();
    assert_eq!(logs.len(), 1);
}

/// JSON-RPC to a node.
struct Rpc(HttpSource);

impl Rpc {
    fn of(node: &Node) -> Self {
        Self(HttpSource::new(&node.url).unwrap())
    }

    async fn post(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = tokio::task::block_in_place(|| self.0.post(body.to_string().as_bytes()));
        serde_json::from_slice(&answer.unwrap()).unwrap()
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let mut answer = self.post(method, params).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    async fn refused(&self, method: &str, params: Value) -> (i64, String) {
        let answer = self.post(method, params).await;
        let error = &answer["error"];
        assert!(error.is_object(), "{method}: {answer}");
        (
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )
    }
}
