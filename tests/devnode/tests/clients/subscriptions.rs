//! Subscriptions and filters.

use super::*;

#[tokio::test]
async fn subscribes_over_websocket() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::ZERO).await.unwrap();

    let live = ProviderBuilder::new()
        .wallet(EthereumWallet::from(key(1)))
        .connect_ws(WsConnect::new(&node.ws_url))
        .await
        .unwrap();
    let mut heads = live.subscribe_blocks().await.unwrap();
    let mut logs = live
        .subscribe_logs(&Filter::new().address(*probe.address()))
        .await
        .unwrap();
    let mut pending = live.subscribe_pending_transactions().await.unwrap();

    let receipt = mined(probe.store(U256::from(5))).await;
    let head = timeout(SECOND, heads.recv()).await.unwrap().unwrap();
    assert_eq!(Some(head.hash), receipt.block_hash);
    let log = timeout(SECOND, logs.recv()).await.unwrap().unwrap();
    assert_eq!(log.transaction_hash, Some(receipt.transaction_hash));
    let hash = timeout(SECOND, pending.recv()).await.unwrap().unwrap();
    assert_eq!(hash, receipt.transaction_hash);

    // A transaction sent and awaited over the socket.
    let through_socket = Probe::new(*probe.address(), &live);
    let receipt = timeout(SECOND * 10, async {
        mined(through_socket.store(U256::from(6))).await
    });
    assert!(receipt.await.unwrap().status());

    // After unsubscribing nothing more comes.
    live.unsubscribe(*heads.local_id()).await.unwrap();
    while timeout(Duration::from_millis(200), heads.recv())
        .await
        .is_ok_and(|r| r.is_ok())
    {}
    node.chain.with(|chain| chain.mine(1, None).unwrap());
    assert!(!matches!(
        timeout(Duration::from_millis(200), heads.recv()).await,
        Ok(Ok(_))
    ));
}

#[tokio::test]
async fn undone_logs_are_told() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::ZERO).await.unwrap();
    let live = ProviderBuilder::new()
        .connect_ws(WsConnect::new(&node.ws_url))
        .await
        .unwrap();
    let mut logs = live
        .subscribe_logs(&Filter::new().address(*probe.address()))
        .await
        .unwrap();
    let snapshot = raw(&provider, "evm_snapshot", json!([])).await.unwrap();
    mined(probe.store(U256::from(5))).await;
    assert!(!timeout(SECOND, logs.recv()).await.unwrap().unwrap().removed);
    assert_eq!(
        raw(&provider, "evm_revert", json!([snapshot]))
            .await
            .unwrap(),
        json!(true)
    );
    assert!(timeout(SECOND, logs.recv()).await.unwrap().unwrap().removed);
}

#[tokio::test]
async fn filters_are_polled() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::ZERO).await.unwrap();
    let query = json!([{"address": probe.address()}]);
    let logs = raw(&provider, "eth_newFilter", query).await.unwrap();
    let blocks = raw(&provider, "eth_newBlockFilter", json!([]))
        .await
        .unwrap();
    let pending = raw(&provider, "eth_newPendingTransactionFilter", json!([]))
        .await
        .unwrap();
    let receipt = mined(probe.storeMany(U256::from(3))).await;
    let changes = async |id: &Value| {
        let changes = raw(&provider, "eth_getFilterChanges", json!([id]))
            .await
            .unwrap();
        changes.as_array().unwrap().clone()
    };
    assert_eq!(changes(&logs).await.len(), 3);
    assert!(changes(&logs).await.is_empty());
    assert_eq!(changes(&blocks).await, [json!(receipt.block_hash)]);
    assert_eq!(changes(&pending).await, [json!(receipt.transaction_hash)]);
    // from a block that is yet to come: nothing so far; backwards by its own numbers: wrong
    let ahead = raw(&provider, "eth_getLogs", json!([{"fromBlock": "0x99"}]));
    assert_eq!(ahead.await.unwrap(), json!([]));
    let backwards = json!([{"fromBlock": "0x99", "toBlock": "0x1"}]);
    let (code, _) = refusal(raw(&provider, "eth_getLogs", backwards).await);
    assert_eq!(code, -32602);
    let all = raw(&provider, "eth_getFilterLogs", json!([logs]))
        .await
        .unwrap();
    assert_eq!(all.as_array().unwrap().len(), 3);
    assert_eq!(
        raw(&provider, "eth_uninstallFilter", json!([logs]))
            .await
            .unwrap(),
        json!(true)
    );
    assert_eq!(
        raw(&provider, "eth_uninstallFilter", json!([logs]))
            .await
            .unwrap(),
        json!(false)
    );
    let (code, words) = refusal(raw(&provider, "eth_getFilterChanges", json!([logs])).await);
    assert_eq!((code, &*words), (-32000, "filter not found"));
}
