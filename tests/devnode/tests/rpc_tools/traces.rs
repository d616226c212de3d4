//! Traces of the state before.

use super::*;

#[tokio::test]
async fn c_5_prestate_of_a_transaction() {
    let mut world = World::new();
    let (me, evm, wasm) = (world.me, world.evm, world.wasm);
    world.send(wasm, op::sstore(1, 5));
    // The EVM actor calls the program, which overwrites a slot and clears nothing else.
    let sent = world.send_with(
        evm,
        op::attempt(op::CALL, wasm, 3, &op::sstore(1, 6)),
        3,
        10_000_000,
    );
    assert!(sent.receipt.status);
    let before = BlockId::number(sent.block_number - 1);
    let balance = world.chain.balance(me, before).unwrap();
    let nonce = world.chain.nonce(me, before).unwrap();
    let code = world.chain.code(wasm, before).unwrap();
    let after = world.chain.balance(me, BlockId::latest()).unwrap();
    let served = Served::of(world.chain).await;
    let trace = async |config: Value| {
        let options = json!({"tracer": "prestateTracer", "tracerConfig": config});
        served
            .ask("debug_traceTransaction", json!([sent.hash, options]))
            .await
    };
    let key = |address: Address| format!("{address:#x}");
    let slot = |n: u64| format!("{:#066x}", n);

    let pre = trace(json!({})).await;
    assert_eq!(pre[key(me)]["balance"], json!(format!("{balance:#x}")));
    assert_eq!(pre[key(me)]["nonce"], json!(nonce));
    assert_eq!(pre[key(wasm)]["code"], json!(code));
    assert_eq!(pre[key(wasm)]["storage"][slot(1)], slot(5));
    assert!(pre[key(evm)]["code"].is_string() && pre[key(evm)].get("storage").is_none());
    let bare = trace(json!({"disableCode": true, "disableStorage": true})).await;
    assert!(bare[key(wasm)].get("code").is_none() && bare[key(wasm)].get("storage").is_none());
    assert_eq!(bare[key(wasm)]["nonce"], 1);

    let diff = trace(json!({"diffMode": true})).await;
    let (pre, post) = (&diff["pre"], &diff["post"]);
    assert_eq!(pre[key(wasm)]["storage"][slot(1)], slot(5));
    assert_eq!(post[key(wasm)]["storage"][slot(1)], slot(6));
    assert_eq!(post[key(wasm)]["balance"], "0x3");
    assert!(post[key(wasm)].get("code").is_none() && post[key(wasm)].get("nonce").is_none());
    assert_eq!(post[key(me)]["balance"], json!(format!("{after:#x}")));
    assert_eq!(post[key(me)]["nonce"], json!(nonce + 1));
    assert!(
        pre.get(key(evm)).is_none() && post.get(key(evm)).is_none(),
        "it did not change"
    );
    let typed: alloy::rpc::types::trace::geth::PreStateFrame =
        serde_json::from_value(diff).unwrap();
    assert!(typed.is_diff());
}

#[tokio::test]
async fn c_5_prestate_of_creations_and_calls() {
    let mut world = World::new();
    let (me, evm) = (world.me, world.evm);
    // A creation that stores; and one that is undone.
    let init = support::asm("7 1 SSTORE 0 0 RETURN");
    let created = world.chain.deploy(me, init).unwrap();
    let hash = world.chain.latest().transactions[0].hash;
    let served = Served::of(world.chain).await;
    let key = |address: Address| format!("{address:#x}");
    let options = json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}});
    let diff = served
        .ask("debug_traceTransaction", json!([hash, options]))
        .await;
    assert!(
        diff["pre"].get(key(created)).is_none(),
        "it was not there: {diff}"
    );
    assert_eq!(diff["post"][key(created)]["nonce"], 1);
    assert_eq!(
        diff["post"][key(created)]["storage"][format!("{:#066x}", 1)],
        format!("{:#066x}", 7)
    );

    // A call on overrides: the slot as it was made up, and nothing changed where it reverts.
    let overrides =
        json!({evm.to_string(): {"stateDiff": {format!("{:#066x}", 9): format!("{:#066x}", 8)}}});
    let with = |diff: bool| {
        json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": diff},
               "stateOverrides": overrides})
    };
    let reads = call(me, evm, op::sload(9));
    let pre = served
        .ask("debug_traceCall", json!([reads, "latest", with(false)]))
        .await;
    assert_eq!(
        pre[key(evm)]["storage"][format!("{:#066x}", 9)],
        format!("{:#066x}", 8)
    );
    let reverts = call(me, evm, op::revert(&[1]));
    let diff = served
        .ask("debug_traceCall", json!([reverts, "latest", with(true)]))
        .await;
    assert!(diff["post"].get(key(evm)).is_none(), "{diff}");
}
