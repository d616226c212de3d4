//! Writing a chain down, and going on from there.
use super::{Chain, Inner, Pending, Time};
use crate::{
    error::{ChainError, Result},
    state::{Changes, State},
    txs,
    types::{Block, ChainEvent, Receipt, Transaction},
};
use alloy::{
    consensus::Header,
    eips::eip2718::Encodable2718,
    primitives::{Address, B256, Bytes, KECCAK256_EMPTY, keccak256},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    io::{Read, Write},
    sync::Arc,
};

/// What a dump says it is.
const FORMAT: &str = "plimsoll-devnode dump 1";
/// Largest dump, unpacked, in bytes.
const MAX_DUMP: u64 = 1 << 30;

/// A whole chain. States are written as what changed since the state before.
#[derive(Debug, Serialize, Deserialize)]
struct Dump {
    format: String,
    chain_id: u64,
    /// The block it forked at.
    fork: Option<ForkPoint>,
    codes: Vec<Bytes>,
    blocks: Vec<DumpedBlock>,
    /// Since the latest block.
    state: Changes,
    state_root: B256,
    pending: Vec<DumpedTransaction>,
    base_fee: u64,
    time: Time,
    l1_blocks: (u64, u64),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ForkPoint {
    number: u64,
    hash: B256,
}

#[derive(Debug, Serialize, Deserialize)]
struct DumpedBlock {
    hash: B256,
    header: Header,
    l1_block_number: u64,
    size: u64,
    before: Changes,
    state: Changes,
    transactions: Vec<(DumpedTransaction, Receipt)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DumpedTransaction {
    raw: Bytes,
    sender: Address,
    impersonated: bool,
}

impl Chain {
    /// The whole chain in bytes: blocks, the state after each, programs and their activations,
    /// transactions that wait, the clock. Not in it: snapshots, who is impersonated, how the node
    /// was started.
    ///
    /// # Errors
    ///
    /// None that a caller could mend.
    pub fn dump(&self) -> Result<Bytes> {
        let internal = |e: &dyn core::fmt::Display| ChainError::Internal(e.to_string());
        let inner = &self.inner;
        let mut last = &self.nothing();
        let mut blocks = Vec::with_capacity(inner.blocks.len());
        for block in &inner.blocks {
            blocks.push(DumpedBlock {
                hash: block.hash,
                header: block.header.clone(),
                l1_block_number: block.l1_block_number,
                size: block.size,
                before: block.before.changes_since(last),
                state: block.state.changes_since(&block.before),
                transactions: block
                    .transactions
                    .iter()
                    .map(|tx| {
                        let written = DumpedTransaction {
                            raw: tx.envelope.encoded_2718().into(),
                            sender: tx.sender,
                            impersonated: tx.impersonated,
                        };
                        (written, tx.receipt.clone())
                    })
                    .collect(),
            });
            last = &block.state;
        }
        let mut codes = inner.state.codes();
        codes.sort_unstable();
        let dump = Dump {
            format: FORMAT.into(),
            chain_id: self.config.chain_id,
            fork: self.fork_point(),
            codes,
            blocks,
            state: inner.state.changes_since(last),
            state_root: inner.state_root,
            pending: inner
                .pending
                .iter()
                .map(|tx| DumpedTransaction {
                    raw: tx.envelope.encoded_2718().into(),
                    sender: tx.sender,
                    impersonated: tx.impersonated,
                })
                .collect(),
            base_fee: inner.base_fee,
            time: inner.time,
            l1_blocks: inner.l1_blocks,
        };
        let text = serde_json::to_vec(&dump).map_err(|e| internal(&e))?;
        let mut packed = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 5, 22);
        packed.write_all(&text).map_err(|e| internal(&e))?;
        Ok(packed.into_inner().into())
    }

    /// Goes on from a dump: blocks, state and clock are the dump's from here on.
    /// Snapshots are gone. Nothing changes where it is refused.
    ///
    /// # Errors
    ///
    /// [`ChainError::InvalidRequest`] - it is no dump, is damaged, or is of another chain: of another
    /// chain id, or of a fork of another block.
    pub fn load(&mut self, dump: &[u8]) -> Result<()> {
        let refused = |why: String| ChainError::InvalidRequest(format!("the dump {why}"));
        let mut text = Vec::new();
        brotli::Decompressor::new(dump, 1 << 16)
            .take(MAX_DUMP)
            .read_to_end(&mut text)
            .map_err(|_| refused("is not one of this node: it does not unpack".into()))?;
        let dump: Dump =
            serde_json::from_slice(&text).map_err(|e| refused(format!("is not readable: {e}")))?;
        if dump.format != FORMAT {
            return Err(refused(format!(
                "is a {:?}, this node reads a {FORMAT:?}",
                dump.format
            )));
        }
        if dump.chain_id != self.config.chain_id {
            return Err(refused(format!(
                "is of chain {}, this is chain {}",
                dump.chain_id, self.config.chain_id
            )));
        }
        let fork = self.fork_point();
        if dump.fork != fork {
            let shown = |fork: &Option<ForkPoint>| match fork {
                Some(ForkPoint { number, hash }) => format!("a fork of block {number} ({hash})"),
                None => "no fork".into(),
            };
            return Err(refused(format!(
                "is of {}, this is {}",
                shown(&dump.fork),
                shown(&fork)
            )));
        }
        let inner = self.inner_of(dump).map_err(refused)?;
        self.snapshots.clear();
        self.replace(inner);
        Ok(())
    }

    /// Takes another history; tells subscribers which blocks are no more.
    pub(super) fn replace(&mut self, inner: Inner) {
        let common = inner
            .blocks
            .iter()
            .zip(&self.inner.blocks)
            .take_while(|(a, b)| a.hash == b.hash)
            .count();
        let gone: Vec<_> = self.inner.blocks.drain(common..).rev().collect();
        self.inner = inner;
        if !gone.is_empty() {
            let _ = self.events.send(ChainEvent::Reverted(gone));
        }
    }

    /// The state that the first block's is written against.
    fn nothing(&self) -> State {
        self.origin()
            .cloned()
            .map_or_else(State::default, State::fork)
    }

    fn fork_point(&self) -> Option<ForkPoint> {
        let first = self.inner.blocks.first()?;
        self.origin().map(|_| ForkPoint {
            number: first.header.number,
            hash: first.hash,
        })
    }

    fn inner_of(&self, dump: Dump) -> core::result::Result<Inner, String> {
        let mut state = self.nothing();
        let mut hashes = HashSet::from([KECCAK256_EMPTY]);
        for code in dump.codes {
            hashes.insert(keccak256(&code));
            state.add_code(code);
        }
        let apply = |state: &mut State, changes: Changes| {
            if let Some(hash) = changes.code_hashes().find(|hash| !hashes.contains(*hash)) {
                return Err(format!("lacks the code of hash {hash}"));
            }
            state.apply(changes);
            Ok(())
        };
        let mut inner = Inner {
            blocks: Vec::with_capacity(dump.blocks.len()),
            by_hash: imbl::HashMap::new(),
            transactions: imbl::HashMap::new(),
            state: State::default(),
            state_root: dump.state_root,
            pending: Vec::new(),
            base_fee: dump.base_fee,
            time: dump.time,
            l1_blocks: dump.l1_blocks,
        };
        for block in dump.blocks {
            let number = block.header.number;
            if let Some(last) = inner
                .blocks
                .last()
                .map(|last: &Arc<Block>| last.header.number)
                && last.checked_add(1) != Some(number)
            {
                return Err(format!("has block {number} after block {last}"));
            }
            apply(&mut state, block.before)?;
            let before = state.clone();
            apply(&mut state, block.state)?;
            let mut transactions = Vec::with_capacity(block.transactions.len());
            for (index, (written, receipt)) in (0..).zip(block.transactions) {
                let Pending {
                    envelope,
                    hash,
                    sender,
                    impersonated,
                } = written.read()?;
                let tx = Arc::new(Transaction {
                    hash,
                    envelope,
                    sender,
                    impersonated,
                    block_number: number,
                    block_hash: block.hash,
                    block_timestamp: block.header.timestamp,
                    index,
                    receipt,
                });
                inner.transactions.insert(hash, tx.clone());
                transactions.push(tx);
            }
            inner.by_hash.insert(block.hash, number);
            inner.blocks.push(Arc::new(Block {
                hash: block.hash,
                header: block.header,
                l1_block_number: block.l1_block_number,
                size: block.size,
                transactions,
                before,
                state: state.clone(),
            }));
        }
        if inner.blocks.is_empty() {
            return Err("has no block".into());
        }
        apply(&mut state, dump.state)?;
        inner.state = state;
        for tx in dump.pending {
            inner.pending.push(tx.read()?);
        }
        Ok(inner)
    }
}

impl DumpedTransaction {
    fn read(self) -> core::result::Result<Pending, String> {
        let envelope = txs::decode(&self.raw).map_err(|e| format!("holds a transaction: {e}"))?;
        Ok(Pending {
            hash: *envelope.tx_hash(),
            envelope,
            sender: self.sender,
            impersonated: self.impersonated,
        })
    }
}
