//! The levers: `evm_`, `anvil_`, `hardhat_`, and our own `plimsoll_`.

use crate::config::LATEST_ARBOS;
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes},
};
use serde_json::{Value, json};

use super::{
    error::{Result, RpcError},
    eth::CLIENT,
    json::quantity,
    params::{Args, Num, Param, Word, params},
    worker::Backend,
};

/// Blocks one request mines at most.
const MAX_BLOCKS: u64 = 100_000;

fn block_count(n: Num) -> Result<u64> {
    let n = n.as_u64("blocks")?;
    if n > MAX_BLOCKS {
        return Err(RpcError::params(format!(
            "at most {MAX_BLOCKS} blocks at once, not {n}"
        )));
    }
    Ok(n)
}

// Time and blocks

pub(crate) fn snapshot(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(quantity(node.chain.snapshot()))
}

pub(crate) fn revert(node: &mut Backend, mut args: Args) -> Result<Value> {
    let id = args.need::<Num>("snapshot")?;
    Ok(json!(
        u64::try_from(id.0).is_ok_and(|id| node.chain.revert(id))
    ))
}

pub(crate) fn increase_time(node: &mut Backend, mut args: Args) -> Result<Value> {
    let seconds = args.need::<Num>("seconds")?.as_u64("seconds")?;
    if node
        .chain
        .next_block_timestamp()
        .checked_add(seconds)
        .is_none_or(|t| t > 1 << 62)
    {
        return Err(RpcError::params(format!(
            "time ends before {seconds} seconds from now"
        )));
    }
    Ok(json!(node.chain.increase_time(seconds)))
}

pub(crate) fn set_next_timestamp(node: &mut Backend, mut args: Args) -> Result<Value> {
    let timestamp = args.need::<Num>("timestamp")?.as_u64("timestamp")?;
    check_time(timestamp)?;
    node.chain.set_next_block_timestamp(timestamp)?;
    Ok(Value::Null)
}

pub(crate) fn set_time(node: &mut Backend, mut args: Args) -> Result<Value> {
    let mut timestamp = args.need::<Num>("timestamp")?.as_u64("timestamp")?;
    // Ganache counted milliseconds, and scripts still send them.
    if timestamp > 100_000_000_000 {
        timestamp /= 1_000;
    }
    check_time(timestamp)?;
    let before = node.chain.next_block_timestamp();
    node.chain.set_time(timestamp)?;
    Ok(json!(timestamp.saturating_sub(before)))
}

/// Blocks so many seconds apart, whatever the clock says.
pub(crate) fn set_block_interval(node: &mut Backend, mut args: Args) -> Result<Value> {
    let seconds = args.need::<Num>("seconds")?.as_u64("seconds")?;
    check_time(seconds)?;
    node.chain.set_block_interval(Some(seconds));
    Ok(Value::Null)
}

/// Whether there was an interval to remove.
pub(crate) fn remove_block_interval(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(json!(node.chain.set_block_interval(None).is_some()))
}

fn check_time(timestamp: u64) -> Result<()> {
    if timestamp > 1 << 62 {
        return Err(RpcError::params(format!("time ends before {timestamp}")));
    }
    Ok(())
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum MineOptions {
    At(Num),
    With {
        timestamp: Option<Num>,
        blocks: Option<Num>,
    },
}

params! {
    MineOptions => "a time, or {timestamp, blocks}",
}

/// `evm_mine`: nothing, a timestamp, or `{timestamp, blocks}`.
pub(crate) fn evm_mine(node: &mut Backend, mut args: Args) -> Result<Value> {
    let (timestamp, blocks) = match args.optional("options")? {
        None => (None, None),
        Some(MineOptions::At(n)) => (Some(n), None),
        Some(MineOptions::With { timestamp, blocks }) => (timestamp, blocks),
    };
    let blocks = blocks.map_or(Ok(1), block_count)?;
    if let Some(timestamp) = timestamp {
        let timestamp = timestamp.as_u64("timestamp")?;
        check_time(timestamp)?;
        node.chain.set_next_block_timestamp(timestamp)?;
    }
    node.chain.mine(blocks, None)?;
    Ok(json!("0x0"))
}

pub(crate) fn mine(node: &mut Backend, mut args: Args) -> Result<Value> {
    let blocks = args.optional("blocks")?.map_or(Ok(1), block_count)?;
    let interval = match args.optional::<Num>("interval")? {
        Some(n) => Some(n.as_u64("interval")?),
        None => None,
    };
    let span = interval.unwrap_or(1).checked_mul(blocks);
    if span.is_none_or(|span| span > 1 << 62) {
        return Err(RpcError::params("time ends before these blocks do"));
    }
    node.chain.mine(blocks, interval)?;
    Ok(Value::Null)
}

pub(crate) fn automine(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(json!(node.chain.automine()))
}

pub(crate) fn set_automine(node: &mut Backend, mut args: Args) -> Result<Value> {
    let on = args.need("enabled")?;
    node.chain.set_automine(on);
    Ok(Value::Null)
}

/// In seconds, as anvil has it; 0 ends it.
pub(crate) fn set_interval(node: &mut Backend, mut args: Args) -> Result<Value> {
    let seconds = args.need::<Num>("seconds")?.as_u64("seconds")?;
    node.interval.send_replace(seconds.min(u64::from(u32::MAX)));
    Ok(json!(true))
}

pub(crate) fn drop_transaction(node: &mut Backend, mut args: Args) -> Result<Value> {
    let hash: B256 = args.need("hash")?;
    Ok(if node.chain.drop_pending(hash) {
        json!(hash)
    } else {
        Value::Null
    })
}

/// Drops every waiting transaction, or those of one sender.
pub(crate) fn drop_transactions(node: &mut Backend, mut args: Args) -> Result<Value> {
    let of: Option<Address> = args.optional("address")?;
    let waiting = node.chain.pending_transactions();
    let waiting = waiting.filter(|(_, sender)| of.is_none_or(|of| of == *sender));
    let hashes: Vec<B256> = waiting.map(|(tx, _)| *tx.tx_hash()).collect();
    for hash in hashes {
        node.chain.drop_pending(hash);
    }
    Ok(Value::Null)
}

// State

/// The whole chain, for `anvil_loadState`.
pub(crate) fn dump_state(node: &mut Backend, _: Args) -> Result<Value> {
    Ok(json!(node.chain.dump()?))
}

pub(crate) fn load_state(node: &mut Backend, mut args: Args) -> Result<Value> {
    let dump: Bytes = args.need("state")?;
    node.chain.load(&dump)?;
    Ok(json!(true))
}

pub(crate) fn set_balance(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    let balance: Num = args.need("balance")?;
    node.chain.set_balance(address, balance.0);
    Ok(Value::Null)
}

pub(crate) fn add_balance(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    let more: Num = args.need("balance")?;
    let before = node.chain.balance(address, BlockId::latest())?;
    node.chain
        .set_balance(address, before.saturating_add(more.0));
    Ok(Value::Null)
}

pub(crate) fn set_nonce(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    let nonce = args.need::<Num>("nonce")?.as_u64("nonce")?;
    if nonce == u64::MAX {
        return Err(RpcError::params("nonce is at its end"));
    }
    node.chain.set_nonce(address, nonce);
    Ok(Value::Null)
}

pub(crate) fn set_code(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    let code: Bytes = args.need("code")?;
    node.chain.set_code(address, code);
    Ok(Value::Null)
}

pub(crate) fn set_storage(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address = args.need("address")?;
    let slot: Word = args.need("slot")?;
    let value: Word = args.need("value")?;
    node.chain.set_storage(address, slot.0.into(), value.0);
    Ok(json!(true))
}

// Who may send

pub(crate) fn impersonate(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address: Address = args.need("address")?;
    node.chain.impersonate(address);
    node.impersonated.insert(address);
    Ok(Value::Null)
}

pub(crate) fn stop_impersonating(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address: Address = args.need("address")?;
    node.chain.stop_impersonating(address);
    Ok(Value::Null)
}

pub(crate) fn auto_impersonate(node: &mut Backend, mut args: Args) -> Result<Value> {
    let on = args.need("enabled")?;
    node.chain.set_auto_impersonate(on);
    Ok(Value::Null)
}

// Fees, L1, the program cache

pub(crate) fn set_base_fee(node: &mut Backend, mut args: Args) -> Result<Value> {
    let wei = args.need::<Num>("baseFee")?.as_u64("baseFee")?;
    node.chain.set_base_fee(wei);
    Ok(Value::Null)
}

pub(crate) fn set_l1_block_number(node: &mut Backend, mut args: Args) -> Result<Value> {
    let number = args.need::<Num>("number")?.as_u64("number")?;
    node.chain.set_l1_block_number(number);
    Ok(Value::Null)
}

pub(crate) fn set_cache_manager(node: &mut Backend, mut args: Args) -> Result<Value> {
    let address: Address = args.need("address")?;
    let is_manager = args.optional("isManager")?.unwrap_or(true);
    node.chain.set_cache_manager(address, is_manager);
    Ok(Value::Null)
}

/// Raises ArbOS in place, to the latest version modelled unless another is named.
pub(crate) fn upgrade_arbos(node: &mut Backend, mut args: Args) -> Result<Value> {
    let version = match args.optional::<Num>("version")? {
        Some(version) => version.as_u64("version")?,
        None => LATEST_ARBOS,
    };
    node.chain.upgrade_arbos(version)?;
    Ok(json!(version))
}

// About the node

pub(crate) fn node_info(node: &mut Backend, _: Args) -> Result<Value> {
    let latest = node.chain.latest();
    Ok(json!({
        "currentBlockNumber": quantity(latest.header.number),
        "currentBlockTimestamp": latest.header.timestamp,
        "currentBlockHash": latest.hash,
        "hardFork": format!("ArbOS {}", node.chain.arbos_version()),
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": quantity(node.chain.base_fee()),
            "chainId": node.chain.config().chain_id,
            "gasLimit": quantity(latest.header.gas_limit),
            "gasPrice": quantity(node.chain.base_fee()),
        },
        "forkConfig": {
            "forkUrl": node.chain.forked_at().map(|(source, _)| source),
            "forkBlockNumber": node.chain.forked_at().map(|(_, number)| number),
            "forkRetryBackoff": null,
        },
    }))
}

pub(crate) fn metadata(node: &mut Backend, _: Args) -> Result<Value> {
    let latest = node.chain.latest();
    Ok(json!({
        "clientVersion": CLIENT,
        "chainId": node.chain.config().chain_id,
        "instanceId": B256::ZERO,
        "latestBlockNumber": latest.header.number,
        "latestBlockHash": latest.hash,
        "forkedNetwork": node.chain.forked_at().map(|(_, number)| json!({
            "chainId": node.chain.config().chain_id,
            "forkBlockNumber": number,
        })),
        "snapshots": {},
    }))
}

pub(crate) fn unsupported_reset(_: &mut Backend, _: Args) -> Result<Value> {
    Err(RpcError::Unsupported(
        "reset is not supported: take a snapshot at the start and revert to it".into(),
    ))
}

/// A lever that changes nothing here.
pub(crate) fn nothing(_: &mut Backend, _: Args) -> Result<Value> {
    Ok(Value::Null)
}

/// What a `hardhat_` method answers where its `anvil_` twin answers nothing.
pub(crate) fn hardhat(answer: Value) -> Value {
    if answer.is_null() {
        json!(true)
    } else {
        answer
    }
}
