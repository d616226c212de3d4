//! Simulated blocks.

use super::*;

#[tokio::test]
async fn c_5_simulates_blocks_that_build_on_each_other() {
    let mut world = World::new();
    let (me, evm, wasm) = (world.me, world.evm, world.wasm);
    world.send(wasm, op::sstore(1, 5));
    let (head, state_root) = (
        world.chain.block_number(),
        world.chain.latest().header.state_root,
    );
    let time = world.chain.latest().header.timestamp;
    let served = Served::of(world.chain).await;
    let payload = json!({"blockStateCalls": [
        {"calls": [call(me, wasm, op::sstore(1, 6)), call(STRANGER, wasm, op::sload(1))]},
        {
            "blockOverrides": {"number": format!("{:#x}", head + 4), "time": format!("{:#x}", time + 500),
                               "feeRecipient": STRANGER, "baseFeePerGas": "0x7"},
            "stateOverrides": {STRANGER.to_string(): {"balance": "0x64"}},
            "calls": [
                call(me, evm, op::attempt(op::STATIC, wasm, 0, &op::sload(1))),
                {"from": STRANGER, "to": evm, "value": "0x65"},
            ],
        },
    ]});
    // The last call has more to send than there is: the simulation is refused, and says where.
    let (code, words) = served
        .refused("eth_simulateV1", json!([payload, "latest"]))
        .await;
    assert_eq!(code, -38014, "{words}");
    assert!(words.contains("blockStateCalls[1].calls[1]"), "{words}");

    let mut payload = payload;
    payload["blockStateCalls"][1]["calls"][1]["value"] = json!("0x64");
    payload["blockStateCalls"][1]["calls"][1]["data"] = json!(op::revert(b"no"));
    let mut traps = call(STRANGER, evm, op::trap());
    traps["gas"] = json!("0x186a0");
    let calls = payload["blockStateCalls"][1]["calls"].as_array_mut();
    calls.unwrap().push(traps);
    let blocks = served
        .ask("eth_simulateV1", json!([payload, "latest"]))
        .await;
    // Two blocks fill the gap.
    let blocks = blocks.as_array().unwrap();
    let numbers: Vec<_> = blocks.iter().map(|b| number(&b["number"]) - head).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let times: Vec<_> = blocks
        .iter()
        .map(|b| number(&b["timestamp"]) - time)
        .collect();
    assert_eq!(times, [12, 24, 36, 500]);
    for pair in blocks.windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["parentHash"]);
    }
    let calls = |at: usize| blocks[at]["calls"].as_array().unwrap().clone();
    assert_eq!(
        calls(0)[1]["returnData"],
        json!(op::word(6)),
        "the second call sees the first"
    );
    assert!(calls(1).is_empty());
    let seen = format!("0x01{}", alloy::primitives::hex::encode(op::word(6)));
    assert_eq!(
        calls(3)[0]["returnData"],
        json!(seen),
        "a later block sees an earlier one"
    );
    assert_eq!(calls(3)[1]["status"], "0x0");
    assert_eq!(calls(3)[1]["error"]["code"], 3);
    assert_eq!(calls(3)[1]["error"]["data"], "0x6e6f");
    assert_eq!(
        calls(3)[2]["error"],
        json!({"code": -32015, "message": "invalid opcode"})
    );
    assert_eq!(calls(3)[2]["gasUsed"], "0x186a0");
    assert_eq!(blocks[3]["baseFeePerGas"], "0x7");
    assert_eq!(blocks[3]["miner"], json!(format!("{STRANGER:#x}")));
    assert_eq!(
        blocks[0]["baseFeePerGas"], "0x0",
        "where fees are not checked, gas is free"
    );
    let used: u64 = calls(3).iter().map(|call| number(&call["gasUsed"])).sum();
    assert_eq!(number(&blocks[3]["gasUsed"]), used);
    assert!(blocks[0]["transactions"][0].is_string());

    // Nothing came of it here.
    assert_eq!(served.height(), head);
    let root = served
        .node
        .chain
        .with(|chain| chain.latest().header.state_root);
    assert_eq!(root, state_root);
}

#[tokio::test]
async fn c_5_simulation_traces_transfers_and_shows_transactions() {
    let mut world = World::new();
    let (me, evm, wasm) = (world.me, world.evm, world.wasm);
    world.chain.set_balance(evm, U256::from(1_000));
    let served = Served::of(world.chain).await;
    let inner = op::attempt(op::CALL, STRANGER, 5, &[]);
    let undone = op::bubble(op::CALL, wasm, 7, &op::revert(&[]));
    let payload = json!({
        "traceTransfers": true,
        "returnFullTransactions": true,
        "blockStateCalls": [{"calls": [
            {"from": me, "to": evm, "value": "0x2", "data": inner},
            {"from": me, "to": evm, "value": "0x3", "data": undone},
            call(me, wasm, op::log(9, b"hi")),
        ]}],
    });
    let blocks = served.ask("eth_simulateV1", json!([payload])).await;
    let logs = |at: usize| blocks[0]["calls"][at]["logs"].as_array().unwrap().clone();
    let transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    let moved: Vec<_> = logs(0)
        .iter()
        .map(|log| {
            assert_eq!(log["address"], "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
            assert_eq!(log["topics"][0], transfer);
            (
                log["topics"][1].clone(),
                log["topics"][2].clone(),
                log["data"].clone(),
            )
        })
        .collect();
    let (from, to, too) = (me.into_word(), evm.into_word(), STRANGER.into_word());
    assert_eq!(
        moved,
        [
            (json!(from), json!(to), json!(op::word(2))),
            (json!(to), json!(too), json!(op::word(5))),
        ]
    );
    assert_eq!(blocks[0]["calls"][1]["status"], "0x0");
    assert!(logs(1).is_empty(), "a failed call moved nothing");
    assert_eq!(logs(2)[0]["data"], "0x6869");
    assert_eq!(logs(2)[0]["logIndex"], "0x2");
    assert_eq!(logs(2)[0]["blockHash"], blocks[0]["hash"]);
    let tx = &blocks[0]["transactions"][0];
    assert_eq!(
        (&tx["from"], &tx["value"]),
        (&json!(format!("{me:#x}")), &json!("0x2"))
    );
    assert_eq!(tx["hash"], logs(0)[0]["transactionHash"]);
}

#[tokio::test]
async fn c_5_simulation_refuses_with_geths_codes() {
    let served = Served::new().await;
    let refused = async |payload: Value| served.refused("eth_simulateV1", json!([payload])).await;
    let one = |call: Value| json!({"validation": true, "blockStateCalls": [{"calls": [call]}]});
    let fee = "0xbebc200";
    let funded = json!({"from": me(), "to": STRANGER, "maxFeePerGas": fee, "gas": "0x5208"});
    let with = |key: &str, value: Value| {
        let mut call = funded.clone();
        call[key] = value;
        one(call)
    };
    let block = |overrides: Value| json!({"blockStateCalls": [{"blockOverrides": overrides}]});
    let head = served
        .node
        .chain
        .with(|chain| chain.latest().header.timestamp);
    for (payload, code, words) in [
        (json!({"blockStateCalls": []}), -32602, "empty input"),
        (block(json!({"number": "0x0"})), -38020, "0 <= 0"),
        (block(json!({"number": "0x101"})), -38026, "over 256 blocks"),
        (
            block(json!({"number": "0xffffffffffffffffffffffff"})),
            -38026,
            "over 256 blocks",
        ),
        (
            block(json!({"time": format!("{head:#x}")})),
            -38021,
            "in order",
        ),
        (
            json!({"blockStateCalls": vec![json!({}); 257]}),
            -38026,
            "257 blocks",
        ),
        (with("nonce", json!("0x5")), -38011, "nonce too high"),
        (
            with("gas", json!("0x5207")),
            -38013,
            "intrinsic gas too low",
        ),
        (
            with("value", json!("0xffffffffffffffffffff")),
            -38014,
            "insufficient funds",
        ),
        (
            with("maxFeePerGas", json!("0x1")),
            -32602,
            "max fee per gas less than block base fee",
        ),
        (
            with("maxPriorityFeePerGas", json!("0xffffffffff")),
            -32602,
            "higher than max fee",
        ),
        (with("chainId", json!("0x1")), -32602, "invalid chain id"),
        (
            one(
                json!({"from": me(), "maxFeePerGas": fee, "gas": "0x1312d00",
                    "data": Bytes::from(vec![0; 49_153])}),
            ),
            -38025,
            "max initcode size",
        ),
        (
            json!({"blockStateCalls": [{"blockOverrides": {"gasLimit": "0x5000"},
                                     "calls": [{"gas": "0x5208"}]}]}),
            -38015,
            "block gas limit",
        ),
    ] {
        let (have, said) = refused(payload.clone()).await;
        assert_eq!(have, code, "{payload}: {said}");
        assert!(said.contains(words), "{said}");
    }
    // A used nonce, without and with validation.
    let raw = json!([{"from": me(), "to": STRANGER}]);
    served.ask("eth_sendTransaction", raw).await;
    let old = with("nonce", json!("0x0"));
    assert_eq!(refused(old.clone()).await.0, -38010);
    let mut lenient = old;
    lenient["validation"] = json!(false);
    let blocks = served.ask("eth_simulateV1", json!([lenient])).await;
    assert_eq!(blocks[0]["calls"][0]["status"], "0x1");
    // Where it is valid, fees are taken.
    let blocks = served.ask("eth_simulateV1", json!([one(funded)])).await;
    assert_eq!(blocks[0]["baseFeePerGas"], "0x5f5e100");
}
