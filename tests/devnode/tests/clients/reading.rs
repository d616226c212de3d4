//! Overrides, fees, traces.

use super::*;

#[tokio::test]
async fn overrides_state_and_surroundings() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::from(9)).await.unwrap();
    let code = provider.get_code_at(*probe.address()).await.unwrap();

    let elsewhere = Probe::new(STRANGER, &provider);
    let slot = (B256::ZERO, B256::from(U256::from(77)));
    let overrides = StateOverride::from_iter([(
        STRANGER,
        AccountOverride::default()
            .with_code(code)
            .with_state_diff([slot]),
    )]);
    assert_eq!(
        elsewhere
            .value()
            .state(overrides.clone())
            .call()
            .await
            .unwrap(),
        U256::from(77)
    );
    assert!(provider.get_code_at(STRANGER).await.unwrap().is_empty());

    let late = BlockOverrides {
        time: Some(4_000_000_000),
        ..Default::default()
    };
    let tx = probe.time().into_transaction_request();
    let answer = provider.call(tx).with_block_overrides(late).await.unwrap();
    assert_eq!(U256::from_be_slice(&answer), U256::from(4_000_000_000_u64));

    // The slots a call touches, overrides included.
    let list = raw(
        &provider,
        "eth_createAccessList",
        json!([{"to": STRANGER, "data": "0x3fa4f245"}, "latest", overrides]),
    )
    .await
    .unwrap();
    assert_eq!(list["accessList"][0]["address"], json!(STRANGER));
    assert_eq!(list["accessList"][0]["storageKeys"], json!([B256::ZERO]));
    assert!(list["gasUsed"].is_string() && list.get("error").is_none());
    let unlucky = probe.store(U256::from(13)).into_transaction_request();
    let unlucky = provider.create_access_list(&unlucky).await.unwrap();
    assert_eq!(unlucky.error.as_deref(), Some("execution reverted"));

    // Value that the sender does not have, unless overridden.
    let rich = TransactionRequest::default()
        .with_from(STRANGER)
        .with_to(key(0).address())
        .with_value(ETHER);
    let (_, words) = refusal(provider.call(rich.clone()).await);
    assert!(words.contains("insufficient funds"), "{words}");
    let funded =
        StateOverride::from_iter([(STRANGER, AccountOverride::default().with_balance(U256::MAX))]);
    provider
        .call(rich.clone())
        .overrides(funded.clone())
        .await
        .unwrap();
    let gas = provider.estimate_gas(rich).overrides(funded).await.unwrap();
    assert_eq!(gas, 21_000);
}

#[tokio::test]
async fn estimates_fees() {
    let node = node().await;
    let provider = client(&node, 0);
    raw(&provider, "anvil_mine", json!([10])).await.unwrap();
    let fees = provider.estimate_eip1559_fees().await.unwrap();
    assert!(fees.max_fee_per_gas >= 100_000_000);
    assert_eq!(provider.get_gas_price().await.unwrap(), 100_000_000);
    let history = provider
        .get_fee_history(5, BlockNumberOrTag::Latest, &[10.0, 90.0])
        .await
        .unwrap();
    assert_eq!(history.base_fee_per_gas.len(), 6);
    assert_eq!(history.oldest_block, 6);
    assert_eq!(history.reward.unwrap(), vec![vec![0, 0]; 5]);
    let backwards = json!(["0x5", "latest", [90, 10]]);
    assert_eq!(
        refusal(raw(&provider, "eth_feeHistory", backwards).await).0,
        -32602
    );
}

#[tokio::test]
async fn traces() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::ZERO).await.unwrap();
    let inner = probe.store(U256::from(4)).calldata().clone();
    let receipt = mined(probe.forward(*probe.address(), inner.clone())).await;
    let options = json!({"tracer": "callTracer", "tracerConfig": {"withLog": true}});
    let params = json!([receipt.transaction_hash, options]);
    let trace = raw(&provider, "debug_traceTransaction", params)
        .await
        .unwrap();
    assert_eq!(trace["type"], "CALL");
    assert_eq!(trace["gasUsed"], json!(format!("{:#x}", receipt.gas_used)));
    assert_eq!(trace["calls"][0]["input"], json!(inner));
    assert_eq!(trace["calls"][0]["logs"].as_array().unwrap().len(), 1);
    let typed: alloy::rpc::types::trace::geth::CallFrame = serde_json::from_value(trace).unwrap();
    assert_eq!(typed.calls.len(), 1);

    let failing = probe.store(U256::from(13)).calldata().clone();
    let call = TransactionRequest::default()
        .with_to(*probe.address())
        .with_input(failing);
    let params = json!([call, "latest", {"tracer": "callTracer"}]);
    let trace = raw(&provider, "debug_traceCall", params).await.unwrap();
    assert_eq!(trace["error"], "execution reverted");
    assert_eq!(trace["revertReason"], "unlucky");

    let steps = raw(
        &provider,
        "debug_traceTransaction",
        json!([receipt.transaction_hash]),
    )
    .await
    .unwrap();
    assert_eq!(steps["structLogs"].as_array().unwrap().len(), 2);
    assert_eq!(steps["failed"], false);
    let unknown = json!([B256::ZERO, {"tracer": "callTracer"}]);
    assert_eq!(
        refusal(raw(&provider, "debug_traceTransaction", unknown).await).0,
        -32000
    );
}
