//! C-5: what wallets, explorers, debuggers and test runners ask of a node beyond the basics.

mod dump;
mod reading;
mod signing;
mod simulation;
mod traces;

#[path = "../support/mod.rs"]
mod support;

use alloy::{
    consensus::{TxEnvelope, transaction::SignerRecoverable},
    eips::eip2718::Decodable2718,
    primitives::{Address, B256, Bytes, Signature, U256, address, b256, keccak256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rlp::Encodable,
    rpc::types::EIP1186AccountProofResponse,
    sol,
    sol_types::{SolStruct, eip712_domain},
    transports::{RpcError, TransportError},
};
use alloy_trie::{Nibbles, proof::verify_proof};
use plimsoll_devnode::{
    BlockId, Chain, ChainConfig, TransactionRequest,
    config::dev_accounts,
    rpc::{Node, NodeConfig},
};
use serde_json::{Value, json};
use support::{World, op};

const STRANGER: Address = address!("0x00000000000000000000000000000000deadbeef");

/// A node, and a connection to it.
struct Served {
    node: Node,
    rpc: DynProvider,
}

impl Served {
    async fn of(chain: Chain) -> Self {
        let node = Node::serve(chain, NodeConfig::default()).await.unwrap();
        let rpc = ProviderBuilder::new()
            .connect_http(node.url.parse().unwrap())
            .erased();
        Self { node, rpc }
    }

    async fn new() -> Self {
        Self::of(Chain::new(ChainConfig::default())).await
    }

    async fn try_ask(&self, method: &'static str, params: Value) -> Result<Value, TransportError> {
        self.rpc.raw_request(method.into(), params).await
    }

    async fn ask(&self, method: &'static str, params: Value) -> Value {
        let shown = params.to_string();
        self.try_ask(method, params)
            .await
            .unwrap_or_else(|e| panic!("{method}({shown}): {e}"))
    }

    /// Code and words of a refusal.
    async fn refused(&self, method: &'static str, params: Value) -> (i64, String) {
        match self.try_ask(method, params).await {
            Err(RpcError::ErrorResp(payload)) => (payload.code, payload.message.into_owned()),
            other => panic!("expected a refusal of {method}, got {other:?}"),
        }
    }

    fn height(&self) -> u64 {
        self.node.chain.with(|chain| chain.block_number())
    }
}

fn me() -> Address {
    dev_accounts(1)[0].address
}

fn number(value: &Value) -> u64 {
    let digits = value.as_str().unwrap().strip_prefix("0x").unwrap();
    u64::from_str_radix(digits, 16).unwrap()
}

/// A call of an actor as JSON.
fn call(from: Address, to: Address, data: Bytes) -> Value {
    json!({"from": from, "to": to, "data": data})
}

sol! {
    struct Leg { uint128 instrument; int64 size; bytes32[2] roots; }
    struct Order { address trader; Leg[] legs; bytes note; string name; bool[] flags; }
}
