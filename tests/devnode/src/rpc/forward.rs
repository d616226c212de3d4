//! On a fork: what is about blocks up to the one forked at, the source is asked.

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::B256,
};
use serde_json::{Value, json};

use super::{error::Result, params::Param, worker::Backend};
use crate::ChainError;

/// Which parameter of a method says what it is about.
#[derive(Clone, Copy, Debug)]
enum About {
    /// A block.
    Block(usize),
    /// A transaction.
    Transaction(usize),
}

/// The methods that read what was before the fork.
const FORWARDED: &[(&str, About)] = &[
    ("eth_getBlockByNumber", About::Block(0)),
    ("eth_getBlockByHash", About::Block(0)),
    ("eth_getBlockReceipts", About::Block(0)),
    ("eth_getBlockTransactionCountByNumber", About::Block(0)),
    ("eth_getBlockTransactionCountByHash", About::Block(0)),
    ("eth_getTransactionByBlockNumberAndIndex", About::Block(0)),
    ("eth_getTransactionByBlockHashAndIndex", About::Block(0)),
    ("eth_getUncleCountByBlockNumber", About::Block(0)),
    ("eth_getUncleCountByBlockHash", About::Block(0)),
    ("eth_getTransactionByHash", About::Transaction(0)),
    ("eth_getTransactionReceipt", About::Transaction(0)),
    ("eth_getRawTransactionByHash", About::Transaction(0)),
    ("debug_getRawTransaction", About::Transaction(0)),
    ("eth_getBalance", About::Block(1)),
    ("eth_getTransactionCount", About::Block(1)),
    ("eth_getCode", About::Block(1)),
    ("eth_getStorageAt", About::Block(2)),
    ("eth_call", About::Block(1)),
    ("eth_estimateGas", About::Block(1)),
    ("eth_createAccessList", About::Block(1)),
    ("eth_feeHistory", About::Block(1)),
    ("eth_simulateV1", About::Block(1)),
    ("debug_traceCall", About::Block(1)),
    ("debug_traceBlockByNumber", About::Block(0)),
    ("debug_traceBlockByHash", About::Block(0)),
    ("debug_traceTransaction", About::Transaction(0)),
];

/// What the source says to a request that this chain has no answer to; `None` if it is not about
/// what was before the fork.
pub(crate) fn ask_source(node: &Backend, method: &str, params: &[Value]) -> Result<Option<Value>> {
    let Some((_, fork)) = node.chain.forked_at() else {
        return Ok(None);
    };
    let Some((_, about)) = FORWARDED.iter().find(|(name, _)| *name == method) else {
        return Ok(None);
    };
    let before = match about {
        About::Block(at) => {
            let block = params.get(*at).cloned().unwrap_or_default();
            match BlockId::read(block) {
                Ok(BlockId::Number(BlockNumberOrTag::Number(number))) => number <= fork,
                Ok(BlockId::Number(tag)) => tag == BlockNumberOrTag::Earliest,
                Ok(BlockId::Hash(hash)) => {
                    node.chain.number_before_fork(hash.block_hash)?.is_some()
                }
                Err(_) => false,
            }
        }
        About::Transaction(at) => {
            let hash = params
                .get(*at)
                .cloned()
                .and_then(|hash| B256::read(hash).ok());
            match hash {
                Some(hash) => {
                    let found = node
                        .chain
                        .ask_source("eth_getTransactionByHash", json!([hash]))?;
                    found.is_some()
                }
                None => false,
            }
        }
    };
    if !before {
        return Ok(None);
    }
    Ok(Some(node.chain.ask_remote(method, json!(params))?))
}

/// Whether an answer says that the chain does not have what was asked for.
pub(crate) fn is_missing(answer: &Result<Value>) -> bool {
    use super::error::RpcError;
    matches!(
        answer,
        Ok(Value::Null)
            | Err(RpcError::Chain(
                ChainError::UnknownBlock(_) | ChainError::UnknownTransaction(_)
            ))
    )
}
