//! What a transaction's trace says: where its gas went, and what its storage costs in any case.

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, B256, U256},
    rpc::types::TransactionReceipt,
};
use eyre::{Result, eyre};
use plimsoll::{program::Program, registry};
use plimsoll_devnode::CallFrame;
use plimsoll_house::House;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Where the gas of one assessment goes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Split {
    /// All of it.
    pub total: u64,
    /// Of the transaction: intrinsic, and calldata.
    pub transaction: u64,
    /// Start-up of vault, margin and oracle.
    pub start_up: u64,
    /// Loads of vault and margin from storage.
    pub storage: u64,
    /// Loads of the oracle: feeds, expiries, terms, the sequencer's feed.
    pub hub: u64,
    /// Calls of feeds.
    pub feeds: u64,
    /// Margin's own instructions: decoding, the market, the mathematics, encoding.
    pub margin: u64,
    /// The vault's and the oracle's own instructions.
    pub others: u64,
    /// What is left: calls, memory, copying between programs.
    pub rest: u64,
    /// Pages of 64 KiB that margin ends with.
    pub margin_pages: u64,
}

/// Where the gas of an assessment went, from its trace.
pub(crate) fn split_of(
    h: &House,
    programs: &[Program],
    receipt: &TransactionReceipt,
) -> Result<Split> {
    let hash = receipt.transaction_hash;
    let frame = h
        .node
        .chain
        .with(move |c| c.trace_transaction(hash))
        .map_err(|e| eyre!("{e}"))?;
    let mut split = Split {
        total: receipt.gas_used,
        transaction: receipt.gas_used - frame.gas_used,
        ..Split::default()
    };
    add_frame(h, programs, &frame, &mut split);
    let known = split.transaction
        + split.start_up
        + split.storage
        + split.hub
        + split.feeds
        + split.margin
        + split.others;
    split.rest = split.total.saturating_sub(known);
    Ok(split)
}

fn add_frame(h: &House, programs: &[Program], frame: &CallFrame, split: &mut Split) {
    const INK: u64 = 10_000;
    let program = programs
        .iter()
        .find(|p| h.at.get(p.name).is_some() && h.at.get(p.name) == frame.to);
    let Some(program) = program else {
        split.feeds += frame.gas_used;
        return;
    };
    split.start_up += program.start_gas().cold;
    let ink = |calls: &[plimsoll_devnode::HostCall]| -> u64 {
        calls
            .windows(2)
            .map(|pair| pair[0].end_ink.saturating_sub(pair[1].start_ink))
            .sum()
    };
    let own = ink(&frame.host_calls) / INK;
    if program.name == "margin" {
        split.margin += own;
        let grown = frame
            .host_calls
            .iter()
            .filter(|call| call.name == "pay_for_memory_grow");
        split.margin_pages = u64::from(program.activation.footprint)
            + grown
                .map(|call| {
                    let pages = call.args.iter();
                    pages.fold(0, |sum, byte| sum << 8 | u64::from(*byte))
                })
                .sum::<u64>();
    } else {
        split.others += own;
    }
    let loads = frame
        .host_calls
        .iter()
        .filter(|call| call.name == "storage_load_bytes32");
    let loads = loads
        .map(|call| call.start_ink.saturating_sub(call.end_ink))
        .sum::<u64>()
        / INK;
    match program.name {
        "oracle" => split.hub += loads,
        _ => split.storage += loads,
    }
    for inner in &frame.calls {
        add_frame(h, programs, inner, split);
    }
}

/// What the house's own storage costs in a transaction, whatever the code does.
pub(crate) fn storage_floor(h: &House, receipt: &TransactionReceipt) -> Result<u64> {
    let hash = receipt.transaction_hash;
    let frame = h
        .node
        .chain
        .with(move |c| c.trace_transaction(hash))
        .map_err(|e| eyre!("{e}"))?;
    let ours: BTreeSet<Address> = registry::names()
        .filter_map(|name| h.at.get(name))
        .collect();
    let mut touched = BTreeSet::new();
    let mut written = BTreeMap::new();
    walk(&frame, &ours, &mut touched, &mut written);

    let parent = receipt.block_number.unwrap_or_default().saturating_sub(1);
    let parent = BlockId::Number(BlockNumberOrTag::Number(parent));
    let mut gas = 2_100 * touched.len() as u64;
    for ((address, key), value) in written {
        let slot = U256::from_be_bytes(key.0);
        let was = h
            .node
            .chain
            .with(move |c| c.storage(address, slot, parent))
            .map_err(|e| eyre!("{e}"))?;
        gas += match (was.is_zero(), was == value) {
            (_, true) => 0,
            (true, false) => 20_000,
            (false, false) => 2_900,
        };
    }
    Ok(gas)
}

/// Slots that frames of our programs touched, and the last value each was given.
fn walk(
    frame: &CallFrame,
    ours: &BTreeSet<Address>,
    touched: &mut BTreeSet<(Address, B256)>,
    written: &mut BTreeMap<(Address, B256), B256>,
) {
    if let Some(address) = frame.to.filter(|to| frame.stylus && ours.contains(to)) {
        for call in &frame.host_calls {
            let word = |at: usize| call.args.get(at..at + 32).map(B256::from_slice);
            match (call.name, word(0), word(32)) {
                ("storage_load_bytes32", Some(key), _) => {
                    touched.insert((address, key));
                }
                ("storage_cache_bytes32", Some(key), Some(value)) => {
                    touched.insert((address, key));
                    written.insert((address, key), value);
                }
                _ => {}
            }
        }
    }
    for inner in &frame.calls {
        if inner.error.is_none() {
            walk(inner, ours, touched, written);
        }
    }
}
