//! Blocks and time.

use super::*;

#[tokio::test]
async fn snapshots_and_time() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::from(1)).await.unwrap();
    let height = provider.get_block_number().await.unwrap();
    let snapshot = raw(&provider, "evm_snapshot", json!([])).await.unwrap();
    mined(probe.store(U256::from(2))).await;
    raw(&provider, "anvil_mine", json!(["0x5"])).await.unwrap();
    assert_eq!(provider.get_block_number().await.unwrap(), height + 6);
    assert_eq!(
        raw(&provider, "evm_revert", json!([snapshot]))
            .await
            .unwrap(),
        json!(true)
    );
    assert_eq!(
        raw(&provider, "evm_revert", json!([snapshot]))
            .await
            .unwrap(),
        json!(false)
    );
    assert_eq!(provider.get_block_number().await.unwrap(), height);
    assert_eq!(probe.value().call().await.unwrap(), U256::from(1));

    // A minute apart, and all at once.
    let from = provider
        .get_block(BlockId::latest())
        .await
        .unwrap()
        .unwrap();
    raw(&provider, "hardhat_mine", json!(["0x3", "0x3c"]))
        .await
        .unwrap();
    raw(&provider, "anvil_mine", json!([3, 0])).await.unwrap();
    let to = provider
        .get_block(BlockId::latest())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(to.header.number, from.header.number + 6);
    let passed = to.header.timestamp - from.header.timestamp;
    assert!((121..=182).contains(&passed), "{passed}");

    let now = probe.time().call().await.unwrap();
    raw(&provider, "evm_increaseTime", json!([3600]))
        .await
        .unwrap();
    raw(&provider, "evm_mine", json!([])).await.unwrap();
    let later = probe.time().call().await.unwrap();
    assert!(later >= now + U256::from(3600), "{now} {later}");
    let at = u64::try_from(later).unwrap() + 1000;
    raw(&provider, "evm_setNextBlockTimestamp", json!([at]))
        .await
        .unwrap();
    raw(&provider, "evm_mine", json!([])).await.unwrap();
    let block = provider
        .get_block(BlockId::latest())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.header.timestamp, at);
    let (code, words) = refusal(raw(&provider, "evm_setNextBlockTimestamp", json!([at - 5])).await);
    assert_eq!(code, -32000, "{words}");
}

#[tokio::test]
async fn waits_for_blocks_without_automine() {
    let node = node().await;
    let provider = client(&node, 0);
    raw(&provider, "evm_setAutomine", json!([false]))
        .await
        .unwrap();
    let tx = TransactionRequest::default()
        .with_to(STRANGER)
        .with_value(U256::from(1));
    let first = *provider
        .send_transaction(tx.clone())
        .await
        .unwrap()
        .tx_hash();
    let transfer = tx.clone();
    let second = *provider.send_transaction(tx).await.unwrap().tx_hash();
    assert!(
        provider
            .get_transaction_receipt(first)
            .await
            .unwrap()
            .is_none()
    );
    let waiting = provider
        .get_transaction_by_hash(second)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(waiting.block_hash, None);
    let me = key(0).address();
    assert_eq!(provider.get_transaction_count(me).await.unwrap(), 0);
    assert_eq!(
        provider.get_transaction_count(me).pending().await.unwrap(),
        2
    );
    let status = raw(&provider, "txpool_status", json!([])).await.unwrap();
    assert_eq!(status["pending"], "0x2");
    raw(&provider, "evm_mine", json!([])).await.unwrap();
    let block = provider
        .get_block(BlockId::latest())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.transactions.as_hashes().unwrap(), [first, second]);

    let _ = provider.send_transaction(transfer).await.unwrap();
    raw(&provider, "anvil_dropAllTransactions", json!([]))
        .await
        .unwrap();
    let status = raw(&provider, "txpool_status", json!([])).await.unwrap();
    assert_eq!(status["pending"], "0x0");
}

#[tokio::test]
async fn makes_blocks_by_itself_when_told() {
    let node = node().await;
    let provider = client(&node, 0);
    raw(&provider, "evm_setIntervalMining", json!([1]))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    raw(&provider, "evm_setIntervalMining", json!([0]))
        .await
        .unwrap();
    let height = provider.get_block_number().await.unwrap();
    assert!((1..=3).contains(&height), "{height}");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(provider.get_block_number().await.unwrap(), height);
}

#[tokio::test]
async fn shows_blocks_and_receipts_as_arbitrum_does() {
    let node = node().await;
    let provider = client(&node, 0);
    let tx = TransactionRequest::default()
        .with_to(STRANGER)
        .with_value(U256::from(1));
    let receipt = provider
        .send_transaction(tx)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    let hash = receipt.transaction_hash;

    let shown = raw(&provider, "eth_getTransactionReceipt", json!([hash]))
        .await
        .unwrap();
    assert_eq!(shown["gasUsedForL1"], "0x0");
    assert!(shown["l1BlockNumber"].is_string());
    assert_eq!(shown["gasUsed"], "0x5208");
    let block = raw(&provider, "eth_getBlockByNumber", json!(["latest", true]))
        .await
        .unwrap();
    for key in [
        "l1BlockNumber",
        "sendRoot",
        "sendCount",
        "mixHash",
        "size",
        "baseFeePerGas",
    ] {
        assert!(block[key].is_string(), "{key}: {block}");
    }
    assert_eq!(block["l1BlockNumber"], shown["l1BlockNumber"]);
    assert_eq!(block["transactions"][0]["hash"], json!(hash));
    assert_eq!(block["transactions"][0]["from"], shown["from"]);
    let same = raw(
        &provider,
        "eth_getBlockByHash",
        json!([block["hash"], true]),
    )
    .await
    .unwrap();
    assert_eq!(same, block);
    let receipts = raw(&provider, "eth_getBlockReceipts", json!(["latest"]))
        .await
        .unwrap();
    assert_eq!(receipts, json!([shown]));
    let at = json!([block["number"], "0x0"]);
    let by_index = raw(&provider, "eth_getTransactionByBlockNumberAndIndex", at)
        .await
        .unwrap();
    assert_eq!(by_index, block["transactions"][0]);
    let count = json!([block["hash"]]);
    let count = raw(&provider, "eth_getBlockTransactionCountByHash", count)
        .await
        .unwrap();
    assert_eq!(count, "0x1");

    // Every tag, and both forms of EIP-1898.
    for tag in ["latest", "pending", "safe", "finalized", "earliest", "0x1"] {
        let block = raw(&provider, "eth_getBlockByNumber", json!([tag, false]))
            .await
            .unwrap();
        assert!(block["hash"].is_string(), "{tag}");
        let balance = json!([STRANGER, tag]);
        assert!(
            raw(&provider, "eth_getBalance", balance)
                .await
                .unwrap()
                .is_string(),
            "{tag}"
        );
    }
    for id in [
        json!({"blockHash": block["hash"]}),
        json!({"blockNumber": "0x1"}),
    ] {
        let balance = raw(&provider, "eth_getBalance", json!([STRANGER, id]))
            .await
            .unwrap();
        assert_eq!(balance, "0x1");
    }
    let unknown = raw(&provider, "eth_getBlockByNumber", json!(["0xffff", false]))
        .await
        .unwrap();
    assert_eq!(unknown, Value::Null);

    // Typed, by alloy.
    let typed = provider
        .get_block(BlockNumberOrTag::Latest.into())
        .full()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(json!(typed.header.hash), block["hash"]);
    assert_eq!(typed.header.hash_slow(), typed.header.hash);
}
