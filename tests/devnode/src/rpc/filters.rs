//! Filters that clients create and poll.

use std::{
    collections::{BTreeMap, HashSet},
    time::{Duration, Instant},
};

use alloy::{
    primitives::{B256, U256},
    rpc::types::{Filter, FilterBlockOption, Log},
};

use super::error::{Result, RpcError};
use crate::ChainEvent;

/// A filter nobody polls for this long is gone.
const IDLE: Duration = Duration::from_secs(5 * 60);
/// Filters kept at once; the one idle longest makes room.
const MAX_FILTERS: usize = 4_096;
/// Changes kept for one filter between polls.
const MAX_CHANGES: usize = 100_000;

/// What a filter looks for.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Hashes of new blocks.
    Blocks,
    /// Hashes of transactions that arrive.
    Pending,
    /// Logs.
    Logs(Box<Filter>),
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    arrivals: Arrivals,
    hashes: Vec<B256>,
    logs: Vec<Log>,
    overflow: bool,
    polled: Instant,
}

/// What happened since the last poll.
#[derive(Debug)]
pub(crate) enum Changes {
    /// Of blocks or transactions.
    Hashes(Vec<B256>),
    /// Logs, those undone marked `removed`.
    Logs(Vec<Log>),
}

/// All filters.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    last: u64,
    entries: BTreeMap<u64, Entry>,
}

impl Filters {
    /// A new filter; answers its id.
    pub(crate) fn add(&mut self, kind: Kind) -> U256 {
        let now = Instant::now();
        self.entries
            .retain(|_, e| now.duration_since(e.polled) < IDLE);
        if self.entries.len() >= MAX_FILTERS
            && let Some(oldest) = self
                .entries
                .iter()
                .min_by_key(|(_, e)| e.polled)
                .map(|(id, _)| *id)
        {
            self.entries.remove(&oldest);
        }
        self.last += 1;
        self.entries.insert(
            self.last,
            Entry {
                kind,
                arrivals: Arrivals::default(),
                hashes: Vec::new(),
                logs: Vec::new(),
                overflow: false,
                polled: now,
            },
        );
        U256::from(self.last)
    }

    /// Forgets a filter. False if there is none.
    pub(crate) fn remove(&mut self, id: U256) -> bool {
        u64::try_from(id).is_ok_and(|id| self.entries.remove(&id).is_some())
    }

    /// What happened since the last poll.
    pub(crate) fn changes(&mut self, id: U256) -> Result<Changes> {
        let entry = self.entry(id)?;
        if std::mem::take(&mut entry.overflow) {
            entry.hashes.clear();
            entry.logs.clear();
            return Err(RpcError::Server(
                "too many changes since the last poll".into(),
            ));
        }
        Ok(match entry.kind {
            Kind::Logs(_) => Changes::Logs(std::mem::take(&mut entry.logs)),
            _ => Changes::Hashes(std::mem::take(&mut entry.hashes)),
        })
    }

    /// The query of a log filter.
    pub(crate) fn query(&mut self, id: U256) -> Result<Filter> {
        match &self.entry(id)?.kind {
            Kind::Logs(filter) => Ok((**filter).clone()),
            _ => Err(RpcError::Server("filter is not a log filter".into())),
        }
    }

    fn entry(&mut self, id: U256) -> Result<&mut Entry> {
        let entry = u64::try_from(id)
            .ok()
            .and_then(|id| self.entries.get_mut(&id));
        let entry = entry.ok_or_else(|| RpcError::Server("filter not found".into()))?;
        entry.polled = Instant::now();
        Ok(entry)
    }

    /// Hands an event to every filter.
    pub(crate) fn tell(&mut self, event: &ChainEvent) {
        for entry in self.entries.values_mut() {
            match (&entry.kind, event) {
                (Kind::Blocks, ChainEvent::Block(block)) => entry.hashes.push(block.hash),
                (Kind::Pending, _) => entry.hashes.extend(entry.arrivals.of(event)),
                (Kind::Logs(filter), _) => entry.logs.extend(matching(filter, event)),
                _ => {}
            }
            if entry.hashes.len() > MAX_CHANGES || entry.logs.len() > MAX_CHANGES {
                entry.hashes.clear();
                entry.logs.clear();
                entry.overflow = true;
            }
        }
    }

    /// Events were lost: every filter says so at its next poll.
    pub(crate) fn lost(&mut self) {
        for entry in self.entries.values_mut() {
            entry.overflow = true;
        }
    }
}

/// Tells each transaction once: when it starts to wait, or with its block when it never waited.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    waiting: HashSet<B256>,
}

impl Arrivals {
    /// The transactions that arrive with an event.
    pub(crate) fn of(&mut self, event: &ChainEvent) -> Vec<B256> {
        match event {
            ChainEvent::Pending(hash) => {
                self.waiting.insert(*hash);
                vec![*hash]
            }
            ChainEvent::Block(block) => {
                let hashes = block.transactions.iter().map(|tx| tx.hash);
                hashes.filter(|hash| !self.waiting.remove(hash)).collect()
            }
            ChainEvent::Reverted(_) => {
                self.waiting.clear();
                Vec::new()
            }
        }
    }
}

/// The logs of an event that a filter lets through.
pub(crate) fn matching(filter: &Filter, event: &ChainEvent) -> Vec<Log> {
    let fits = |log: &&Log| filter.matches(&log.inner) && in_blocks(filter, log);
    match event {
        ChainEvent::Block(block) => block.logs().filter(fits).cloned().collect(),
        ChainEvent::Reverted(blocks) => blocks
            .iter()
            .flat_map(|block| {
                let mut logs: Vec<_> = block.logs().filter(fits).cloned().collect();
                logs.reverse();
                logs.iter_mut().for_each(|log| log.removed = true);
                logs
            })
            .collect(),
        ChainEvent::Pending(_) => Vec::new(),
    }
}

fn in_blocks(filter: &Filter, log: &Log) -> bool {
    match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => log.block_hash == Some(hash),
        FilterBlockOption::Range { .. } => log
            .block_number
            .is_none_or(|number| filter.matches_block_range(number)),
    }
}
