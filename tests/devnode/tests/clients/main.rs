//! A devnode and the alloy client over HTTP and WebSocket: what integrators will do, done.

mod blocks;
mod node;
mod reading;
mod subscriptions;
mod transactions;

use std::time::Duration;

use alloy::{
    contract::{CallBuilder, CallDecoder},
    eips::{BlockId, BlockNumberOrTag, Encodable2718},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256, address, b256, uint},
    providers::{DynProvider, Provider, ProviderBuilder, WsConnect},
    rpc::types::{
        BlockOverrides, Filter, TransactionReceipt, TransactionRequest,
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
        .add_json(include_str!("../../clients/Probe.json"))
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

/// Sends a call and waits for its receipt.
async fn mined<P: Provider, D: CallDecoder>(call: CallBuilder<P, D>) -> TransactionReceipt {
    let sent = call.send().await.unwrap();
    sent.get_receipt().await.unwrap()
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
