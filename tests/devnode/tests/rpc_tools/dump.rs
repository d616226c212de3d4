//! Dump and load.

use super::*;

#[tokio::test]
async fn c_5_dump_and_load_is_a_round_trip() {
    let mut world = World::new();
    let (me, evm, wasm) = (world.me, world.evm, world.wasm);
    for n in 0..4 {
        world.send(wasm, op::sstore(1, n + 1));
        world.send(evm, op::attempt(op::CALL, wasm, 0, &op::log(n, b"x")));
    }
    world.send(wasm, op::sstore(1, 0));
    world.send(wasm, op::sstore(2, 9));
    world.chain.increase_time(1_000);
    world.chain.set_balance(STRANGER, U256::from(77));
    world.chain.set_automine(false);
    let waiting = TransactionRequest::default()
        .from(me)
        .to(STRANGER)
        .value(U256::from(1));
    world.chain.send_request(waiting).unwrap();
    let old = Served::of(world.chain.clone()).await;
    let dump = old.ask("anvil_dumpState", json!([])).await;

    let fresh = Served::new().await;
    fresh.ask("anvil_mine", json!([3])).await;
    assert_eq!(fresh.ask("anvil_loadState", json!([dump])).await, true);
    fresh.node.chain.with(|chain| chain.set_automine(false));
    let head = old.height();
    let mut questions = vec![
        ("eth_blockNumber", json!([])),
        ("eth_getBlockByNumber", json!(["pending", true])),
        ("txpool_content", json!([])),
        ("eth_getLogs", json!([{"fromBlock": 0}])),
        ("eth_getBalance", json!([STRANGER, "latest"])),
        ("eth_getTransactionCount", json!([me, "pending"])),
        ("eth_call", json!([call(me, wasm, op::sload(2)), "latest"])),
        (
            "eth_estimateGas",
            json!([call(me, evm, op::attempt(op::CALL, wasm, 0, &op::sload(2)))]),
        ),
        // ArbWasm: version and time left of the program
        (
            "eth_call",
            json!([{"to": "0x0000000000000000000000000000000000000071",
            "data": Bytes::from([&keccak256("programTimeLeft(address)")[..4], wasm.into_word().as_slice()].concat())}, "latest"]),
        ),
    ];
    for block in 0..=head {
        questions.push(("eth_getBlockByNumber", json!([block, true])));
        questions.push(("eth_getBlockReceipts", json!([block])));
        questions.push(("eth_getStorageAt", json!([wasm, 1, block])));
        questions.push(("eth_getBalance", json!([me, block])));
        questions.push((
            "debug_traceBlockByNumber",
            json!([block, {"tracer": "callTracer"}]),
        ));
    }
    for (method, params) in questions {
        assert_eq!(
            fresh.ask(method, params.clone()).await,
            old.ask(method, params.clone()).await,
            "{method} {params}"
        );
    }
    // And they go on alike.
    for served in [&fresh, &old] {
        served.ask("evm_mine", json!([])).await;
        served
            .ask(
                "eth_sendTransaction",
                json!([call(me, wasm, op::sstore(1, 3))]),
            )
            .await;
        served.ask("evm_mine", json!([])).await;
    }
    let head = |served: &Served| served.node.chain.with(|chain| chain.latest().hash);
    assert_eq!(head(&fresh), head(&old));
    assert_eq!(
        fresh.ask("anvil_dumpState", json!([])).await,
        old.ask("anvil_dumpState", json!([])).await
    );

    // What is no dump, or another chain's, changes nothing.
    let before = head(&fresh);
    let other = Served::of(Chain::new(ChainConfig {
        chain_id: 5,
        ..ChainConfig::default()
    }))
    .await;
    let foreign = other.ask("anvil_dumpState", json!([])).await;
    for (state, words) in [
        (json!("0x"), "does not unpack"),
        (json!("0x1f8b0800000000000000"), "does not unpack"),
        (foreign, "is of chain 5, this is chain 412346"),
    ] {
        let (code, said) = fresh.refused("anvil_loadState", json!([state])).await;
        assert_eq!(code, -32602);
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(head(&fresh), before);
}
