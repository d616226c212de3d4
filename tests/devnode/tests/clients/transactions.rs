//! Deploy, call, refuse.

use super::*;

#[tokio::test]
async fn deploys_calls_and_reads_logs() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::from(7)).await.unwrap();
    assert_eq!(probe.value().call().await.unwrap(), U256::from(7));
    assert_eq!(probe.owner().call().await.unwrap(), key(0).address());

    let receipt = mined(probe.store(U256::from(42))).await;
    assert!(receipt.status());
    assert_eq!(
        receipt.decoded_log::<Probe::Stored>().unwrap().value,
        U256::from(42)
    );
    assert_eq!(probe.value().call().await.unwrap(), U256::from(42));

    // At the block before, the value was another.
    let before = BlockId::number(receipt.block_number.unwrap() - 1);
    assert_eq!(
        probe.value().block(before).call().await.unwrap(),
        U256::from(7)
    );

    let logs = probe
        .Stored_filter()
        .topic1(key(0).address())
        .from_block(0)
        .query()
        .await
        .unwrap();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].1.transaction_hash, Some(receipt.transaction_hash));
    let none = Filter::new().address(STRANGER).from_block(0);
    assert!(provider.get_logs(&none).await.unwrap().is_empty());
}

#[tokio::test]
async fn reverts_come_decoded() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::ZERO).await.unwrap();

    let (code, message, data) =
        contract_refusal(probe.store(ETHER * U256::from(1001)).call().await);
    assert_eq!(code, 3);
    assert_eq!(
        message,
        "execution reverted: TooLarge(value=1001e18, limit=1000e18)"
    );
    let error = Probe::TooLarge::abi_decode(&data).unwrap();
    assert_eq!(error.limit, ETHER * U256::from(1000));

    let (code, message, _) = contract_refusal(probe.store(U256::from(13)).call().await);
    assert_eq!((code, &*message), (3, "execution reverted: unlucky"));
    let (_, message, _) = contract_refusal(probe.divide(U256::from(1), U256::ZERO).call().await);
    assert_eq!(
        message,
        "execution reverted: panic: division or modulo by zero (0x12)"
    );
    let (code, message, _) = contract_refusal(probe.spin().gas(100_000).call().await);
    assert_eq!((code, &*message), (-32000, "out of gas"));

    // Estimating fails with the same words, and a transaction sent anyway is included and failed.
    let (code, message) = match probe.store(U256::from(13)).estimate_gas().await {
        Err(alloy::contract::Error::TransportError(RpcError::ErrorResp(p))) => {
            (p.code, p.message.into_owned())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!((code, &*message), (3, "execution reverted: unlucky"));
    let sent = probe
        .store(U256::from(13))
        .gas(100_000)
        .send()
        .await
        .unwrap();
    assert!(!sent.get_receipt().await.unwrap().status());
}

#[tokio::test]
async fn refuses_in_geths_words() {
    let node = node().await;
    let provider = client(&node, 0);
    let me = key(0).address();
    let transfer = || {
        TransactionRequest::default()
            .with_to(STRANGER)
            .with_value(U256::from(1))
    };
    provider
        .send_transaction(transfer())
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();

    let signed = async |mut tx: TransactionRequest| {
        tx.gas.get_or_insert(21_000);
        tx.max_fee_per_gas.get_or_insert(1_000_000_000);
        let tx = tx.with_chain_id(412_346).with_max_priority_fee_per_gas(0);
        let envelope = tx.build(&EthereumWallet::from(key(0))).await.unwrap();
        provider
            .send_raw_transaction(&envelope.encoded_2718())
            .await
            .map(|sent| *sent.tx_hash())
    };

    let (code, words) = refusal(signed(transfer().with_nonce(0)).await);
    assert_eq!(code, -32000);
    assert!(words.starts_with("nonce too low"), "{words}");
    let (_, words) = refusal(signed(transfer().with_nonce(9)).await);
    assert!(words.starts_with("nonce too high"), "{words}");
    let rich = transfer()
        .with_nonce(1)
        .with_value(ETHER * U256::from(1_000_000));
    let (_, words) = refusal(signed(rich).await);
    assert!(
        words.starts_with("insufficient funds for gas * price + value"),
        "{words}"
    );
    assert!(
        words.contains("have 99") && words.contains("want 1000000"),
        "{words}"
    );
    let (_, words) = refusal(signed(transfer().with_nonce(1).with_gas_limit(20_999)).await);
    assert!(words.starts_with("intrinsic gas too low"), "{words}");
    let (_, words) = refusal(signed(transfer().with_nonce(1).with_max_fee_per_gas(1)).await);
    assert!(
        words.starts_with("max fee per gas less than block base fee"),
        "{words}"
    );
    let stranger = TransactionRequest::default()
        .with_from(STRANGER)
        .with_to(me);
    let (_, words) = refusal(raw(&provider, "eth_sendTransaction", json!([stranger])).await);
    assert!(words.starts_with("unknown account"), "{words}");

    let both =
        json!([{"from": me, "to": me, "gasPrice": "0x77359400", "maxFeePerGas": "0x77359400"}]);
    for method in ["eth_sendTransaction", "eth_call", "eth_estimateGas"] {
        let (code, words) = refusal(raw(&provider, method, both.clone()).await);
        assert_eq!(code, -32602, "{method}");
        assert!(words.contains("both gasPrice and"), "{words}");
    }
    let blob = json!([{"from": me, "to": me, "type": "0x3"}]);
    let (_, words) = refusal(raw(&provider, "eth_sendTransaction", blob).await);
    assert!(words.contains("type 3"), "{words}");

    // ArbWasm's own words, and a reason where it has none
    let activates =
        |data: &str| json!([{"to": "0x0000000000000000000000000000000000000071", "data": data}]);
    let nobody = format!("0x58c780c2{:0>64x}", 0xdead);
    let (code, words) = refusal(raw(&provider, "eth_call", activates(&nobody)).await);
    assert_eq!((code, &*words), (3, "execution reverted: ProgramNotWasm()"));
    let mut call = activates(&nobody).as_array().unwrap().clone();
    let fragment = json!({format!("{:#042x}", 0xdead): {"code": "0xeff0000255"}});
    call.extend([json!("latest"), fragment]);
    let (code, words) = refusal(raw(&provider, "eth_estimateGas", json!(call)).await);
    assert_eq!(
        (code, &*words),
        (3, "execution reverted: unsupported dictionary type: 2")
    );

    let (code, words) = refusal(raw(&provider, "eth_nonsense", json!([])).await);
    assert_eq!(code, -32601, "{words}");
    let (code, words) = refusal(raw(&provider, "eth_getBalance", json!([])).await);
    assert_eq!(
        (code, &*words),
        (
            -32602,
            "eth_getBalance: missing value for required argument 0 (address): \
             expected an address (0x and 40 hex digits)"
        )
    );
    let (code, words) = refusal(raw(&provider, "eth_getBalance", json!(["0x12"])).await);
    assert_eq!(code, -32602);
    assert!(
        words.starts_with("eth_getBalance: invalid argument 0 (address): expected an address"),
        "{words}"
    );
    let (_, words) = refusal(raw(&provider, "eth_getBalance", json!([me, "0x1000"])).await);
    assert!(words.starts_with("header not found"), "{words}");
}

#[tokio::test]
async fn impersonates() {
    let node = node().await;
    let provider = client(&node, 0);
    let bare = ProviderBuilder::new()
        .connect_http(node.url.parse().unwrap())
        .erased();
    let probe = Probe::deploy(&provider, U256::ZERO).await.unwrap();
    raw(
        &provider,
        "anvil_setBalance",
        json!([STRANGER, "0xde0b6b3a7640000"]),
    )
    .await
    .unwrap();
    assert_eq!(provider.get_balance(STRANGER).await.unwrap(), ETHER);
    raw(&provider, "anvil_impersonateAccount", json!([STRANGER]))
        .await
        .unwrap();
    let accounts = provider.get_accounts().await.unwrap();
    assert_eq!((accounts.len(), accounts[10]), (11, STRANGER));
    let as_stranger = Probe::new(*probe.address(), &bare);
    let receipt = as_stranger
        .store(U256::from(3))
        .from(STRANGER)
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert_eq!(receipt.from, STRANGER);
    assert_eq!(receipt.decoded_log::<Probe::Stored>().unwrap().by, STRANGER);
    let tx = provider
        .get_transaction_by_hash(receipt.transaction_hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(tx.inner.signer(), STRANGER);
    raw(
        &provider,
        "anvil_stopImpersonatingAccount",
        json!([STRANGER]),
    )
    .await
    .unwrap();
    assert!(
        as_stranger
            .store(U256::from(3))
            .from(STRANGER)
            .send()
            .await
            .is_err()
    );
}
