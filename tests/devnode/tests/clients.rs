//! A devnode and the alloy client over HTTP and WebSocket: what integrators will do, done.

use std::time::Duration;

use alloy::{
    eips::{BlockId, BlockNumberOrTag, Encodable2718},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256, address, b256, uint},
    providers::{DynProvider, Provider, ProviderBuilder, WsConnect},
    rpc::types::{
        BlockOverrides, Filter, TransactionRequest,
        state::{AccountOverride, StateOverride},
    },
    signers::local::PrivateKeySigner,
    sol,
    sol_types::SolError,
    transports::{RpcError, TransportError},
};
use plimsoll_devnode::{
    ChainConfig,
    config::dev_accounts,
    rpc::{ErrorRegistry, Node, NodeConfig},
};
use serde_json::{Value, json};
use tokio::time::timeout;

sol!(
    #[sol(rpc)]
    #[allow(missing_docs)]
    Probe,
    "clients/Probe.json"
);

const SECOND: Duration = Duration::from_secs(1);
const STRANGER: Address = address!("0x00000000000000000000000000000000deadbeef");
const ETHER: U256 = uint!(1_000_000_000_000_000_000_U256);

fn key(i: usize) -> PrivateKeySigner {
    dev_accounts(10)[i].signer.clone()
}

async fn node() -> Node {
    let mut errors = ErrorRegistry::new();
    errors
        .add_json(include_str!("../clients/Probe.json"))
        .unwrap();
    Node::start(NodeConfig {
        errors,
        ..NodeConfig::default()
    })
    .await
    .unwrap()
}

fn client(node: &Node, account: usize) -> DynProvider {
    ProviderBuilder::new()
        .wallet(EthereumWallet::from(key(account)))
        .connect_http(node.url.parse().unwrap())
        .erased()
}

async fn raw(
    provider: &DynProvider,
    method: &'static str,
    params: Value,
) -> Result<Value, TransportError> {
    provider.raw_request(method.into(), params).await
}

/// The node's refusal: its code and words.
fn refusal<T: std::fmt::Debug>(result: Result<T, TransportError>) -> (i64, String) {
    match result {
        Err(RpcError::ErrorResp(payload)) => (payload.code, payload.message.into_owned()),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn contract_refusal<T>(result: alloy::contract::Result<T>) -> (i64, String, Bytes) {
    match result {
        Err(alloy::contract::Error::TransportError(RpcError::ErrorResp(payload))) => {
            let data = payload.as_revert_data().unwrap_or_default();
            (payload.code, payload.message.into_owned(), data)
        }
        Err(other) => panic!("expected a refusal, got {other}"),
        Ok(_) => panic!("expected a refusal"),
    }
}

#[tokio::test]
async fn deploys_calls_and_reads_logs() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::from(7)).await.unwrap();
    assert_eq!(probe.value().call().await.unwrap(), U256::from(7));
    assert_eq!(probe.owner().call().await.unwrap(), key(0).address());

    let receipt = probe
        .store(U256::from(42))
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
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

    let receipt = probe
        .store(U256::from(5))
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    let head = timeout(SECOND, heads.recv()).await.unwrap().unwrap();
    assert_eq!(Some(head.hash), receipt.block_hash);
    let log = timeout(SECOND, logs.recv()).await.unwrap().unwrap();
    assert_eq!(log.transaction_hash, Some(receipt.transaction_hash));
    let hash = timeout(SECOND, pending.recv()).await.unwrap().unwrap();
    assert_eq!(hash, receipt.transaction_hash);

    // A transaction sent and awaited over the socket.
    let through_socket = Probe::new(*probe.address(), &live);
    let receipt = timeout(SECOND * 10, async {
        through_socket
            .store(U256::from(6))
            .send()
            .await
            .unwrap()
            .get_receipt()
            .await
            .unwrap()
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
    probe
        .store(U256::from(5))
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
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

#[tokio::test]
async fn snapshots_and_time() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::from(1)).await.unwrap();
    let height = provider.get_block_number().await.unwrap();
    let snapshot = raw(&provider, "evm_snapshot", json!([])).await.unwrap();
    probe
        .store(U256::from(2))
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
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
    let receipt = probe
        .storeMany(U256::from(3))
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
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

#[tokio::test]
async fn traces() {
    let node = node().await;
    let provider = client(&node, 0);
    let probe = Probe::deploy(&provider, U256::ZERO).await.unwrap();
    let inner = probe.store(U256::from(4)).calldata().clone();
    let receipt = probe
        .forward(*probe.address(), inner.clone())
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
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

#[tokio::test]
async fn takes_many_clients_at_once() {
    let node = node().await;
    let mut tasks = Vec::new();
    for account in 0..8 {
        let provider = client(&node, account);
        tasks.push(tokio::spawn(async move {
            for _ in 0..10 {
                let tx = TransactionRequest::default()
                    .with_to(STRANGER)
                    .with_value(U256::from(1));
                provider
                    .send_transaction(tx)
                    .await
                    .unwrap()
                    .get_receipt()
                    .await
                    .unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(node.chain.with(|chain| chain.block_number()), 80);
    let provider = client(&node, 0);
    assert_eq!(
        provider.get_balance(STRANGER).await.unwrap(),
        U256::from(80)
    );
}

#[tokio::test]
async fn is_deterministic() {
    let run = async || {
        let node = node().await;
        let provider = client(&node, 0);
        let probe = Probe::deploy(&provider, U256::from(1)).await.unwrap();
        probe
            .store(U256::from(2))
            .send()
            .await
            .unwrap()
            .get_receipt()
            .await
            .unwrap();
        node.chain.with(|chain| chain.latest().hash)
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn stops_and_says_what_it_is() {
    let chain = ChainConfig {
        chain_id: 31_337,
        ..ChainConfig::default()
    };
    let node = Node::start(NodeConfig {
        chain,
        ..NodeConfig::default()
    })
    .await
    .unwrap();
    let banner = node.banner();
    for (what, count) in [
        ("0x", 20),
        (&*node.url, 1),
        (&*node.ws_url, 1),
        ("31337", 1),
    ] {
        assert!(banner.matches(what).count() >= count, "{what} in {banner}");
    }
    assert!(banner.contains("Not modelled"));
    assert!(banner.contains("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
    let provider = client(&node, 0);
    assert_eq!(provider.get_chain_id().await.unwrap(), 31_337);
    node.stop().await;
    assert!(provider.get_chain_id().await.is_err());
}

/// The known key, so that a change of the accounts is noticed here too.
#[test]
fn the_first_key_is_the_well_known_one() {
    let known = b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    assert_eq!(key(0), PrivateKeySigner::from_bytes(&known).unwrap());
}
