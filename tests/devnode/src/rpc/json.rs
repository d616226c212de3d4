//! How blocks, transactions and receipts are written.

use alloy::{
    consensus::{Transaction as _, TxEnvelope},
    eips::Typed2718,
    primitives::{Address, B64, B256, U64, U256, hex},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::error::{Result, RpcError};
use crate::{Block, Transaction};

/// A number as JSON-RPC writes it.
pub(crate) fn quantity(n: impl TryInto<U256>) -> Value {
    match n.try_into() {
        Ok(n) => Value::String(format!("{n:#x}")),
        Err(_) => Value::Null,
    }
}

/// Bytes as JSON-RPC writes them.
pub(crate) fn data(bytes: impl AsRef<[u8]>) -> Value {
    Value::String(hex::encode_prefixed(bytes))
}

/// Anything that serialises.
pub(crate) fn value(of: &impl Serialize) -> Result<Value> {
    serde_json::to_value(of).map_err(|e| RpcError::Internal(e.to_string()))
}

fn object(of: &impl Serialize) -> Result<Map<String, Value>> {
    match value(of)? {
        Value::Object(map) => Ok(map),
        other => Err(RpcError::Internal(format!("not an object: {other}"))),
    }
}

/// A header, with what Nitro adds.
pub(crate) fn header(block: &Block) -> Result<Map<String, Value>> {
    let mut map = object(&block.header)?;
    let send_count = B64::from_slice(&block.header.mix_hash[..8]);
    let send_root = match <[u8; 32]>::try_from(&block.header.extra_data[..]) {
        Ok(root) => B256::from(root),
        Err(_) => B256::ZERO,
    };
    map.insert("hash".into(), json!(block.hash));
    map.insert("size".into(), quantity(block.size));
    map.insert("totalDifficulty".into(), quantity(block.header.number + 1));
    map.insert("l1BlockNumber".into(), quantity(block.l1_block_number));
    map.insert("sendCount".into(), json!(U64::from_be_bytes(send_count.0)));
    map.insert("sendRoot".into(), json!(send_root));
    Ok(map)
}

/// A block, its transactions in full or by hash.
pub(crate) fn block(block: &Block, full: bool) -> Result<Value> {
    let mut map = header(block)?;
    map.insert("uncles".into(), json!([]));
    let transactions = block
        .transactions
        .iter()
        .map(|tx| {
            if full {
                transaction(tx)
            } else {
                Ok(json!(tx.hash))
            }
        })
        .collect::<Result<Vec<_>>>()?;
    map.insert("transactions".into(), Value::Array(transactions));
    Ok(Value::Object(map))
}

/// A transaction in a block.
pub(crate) fn transaction(tx: &Transaction) -> Result<Value> {
    let mut map = envelope(&tx.envelope, tx.sender)?;
    map.insert("hash".into(), json!(tx.hash));
    map.insert("blockHash".into(), json!(tx.block_hash));
    map.insert("blockNumber".into(), quantity(tx.block_number));
    map.insert("blockTimestamp".into(), quantity(tx.block_timestamp));
    map.insert("transactionIndex".into(), quantity(tx.index));
    if !tx.envelope.is_legacy() && !tx.envelope.is_eip2930() {
        map.insert("gasPrice".into(), quantity(tx.receipt.effective_gas_price));
    }
    Ok(Value::Object(map))
}

/// A transaction that waits for a block.
pub(crate) fn pending_transaction(tx: &TxEnvelope, sender: Address) -> Result<Value> {
    let mut map = envelope(tx, sender)?;
    for absent in ["blockHash", "blockNumber", "transactionIndex"] {
        map.insert(absent.into(), Value::Null);
    }
    if !map.contains_key("gasPrice") {
        map.insert("gasPrice".into(), quantity(tx.max_fee_per_gas()));
    }
    Ok(Value::Object(map))
}

fn envelope(tx: &TxEnvelope, sender: Address) -> Result<Map<String, Value>> {
    let mut map = object(tx)?;
    map.insert("from".into(), json!(sender));
    map.insert("type".into(), quantity(tx.ty()));
    map.entry("to").or_insert(Value::Null);
    Ok(map)
}

/// A receipt, with what Nitro adds.
pub(crate) fn receipt(tx: &Transaction, l1_block_number: u64) -> Result<Value> {
    let receipt = &tx.receipt;
    Ok(json!({
        "transactionHash": tx.hash,
        "transactionIndex": quantity(tx.index),
        "blockHash": tx.block_hash,
        "blockNumber": quantity(tx.block_number),
        "from": tx.sender,
        "to": tx.envelope.to(),
        "type": quantity(tx.envelope.ty()),
        "status": quantity(u8::from(receipt.status)),
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(receipt.cumulative_gas_used),
        "effectiveGasPrice": quantity(receipt.effective_gas_price),
        "contractAddress": receipt.contract_address,
        "logs": value(&receipt.logs)?,
        "logsBloom": receipt.logs_bloom,
        "gasUsedForL1": quantity(receipt.gas_used_for_l1),
        "l1BlockNumber": quantity(l1_block_number),
        "timeboosted": false,
    }))
}
