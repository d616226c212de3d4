//! The levers a test pulls: blocks, snapshots, accounts, time.
use super::{Chain, blocks, now};
use crate::{
    arbos,
    config::{Clock, SUPPORTED_ARBOS},
    error::{ChainError, Result},
    state_root,
};
use alloy::primitives::{Address, B256, Bytes, U256};

impl Chain {
    /// Makes `blocks` blocks, the first with all waiting transactions, `interval` seconds apart
    /// where given.
    pub fn mine(&mut self, blocks: u64, interval: Option<u64>) -> Result<()> {
        for i in 0..blocks {
            let timestamp = match interval {
                Some(interval) if i > 0 => self.latest().header.timestamp.saturating_add(interval),
                _ => self.next_block_timestamp(),
            };
            let waiting = core::mem::take(&mut self.inner.pending);
            let kept = waiting.clone();
            if let Err(e) = self.make_block(timestamp, waiting, false) {
                self.inner.pending = kept;
                return Err(e);
            }
        }
        Ok(())
    }

    /// Drops a waiting transaction.
    pub fn drop_pending(&mut self, hash: B256) -> bool {
        let before = self.inner.pending.len();
        self.inner.pending.retain(|tx| tx.hash != hash);
        self.inner.pending.len() != before
    }

    /// Remembers everything; the answer goes to [`Self::revert`].
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push((id, self.inner.clone()));
        id
    }

    /// Goes back, once; later snapshots are gone. False if there is no such snapshot.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(place) = self.snapshots.iter().position(|(other, _)| *other == id) else {
            return false;
        };
        let Some((_, inner)) = self.snapshots.drain(place..).next() else {
            return false;
        };
        self.replace(inner);
        true
    }

    /// Sets a balance, in the state after the latest block.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.inner.state.set_balance(address, balance);
        self.mix("balance", address, &balance.to_be_bytes::<32>());
    }

    /// Sets a nonce.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.inner.state.set_nonce(address, nonce);
        self.mix("nonce", address, &nonce.to_be_bytes());
    }

    /// Sets code. Stylus code is not activated by that.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        self.mix("code", address, &code);
        self.inner.state.set_code(address, code);
    }

    /// Sets a storage slot.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: B256) {
        self.inner.state.set_storage(address, slot, value.into());
        self.mix(
            "storage",
            address,
            &[slot.to_be_bytes::<32>(), value.0].concat(),
        );
    }

    pub(super) fn mix(&mut self, what: &str, address: Address, value: &[u8]) {
        state_root::mix(&mut self.inner.state_root, what, address, value);
    }

    /// Lets requests come from this address without its key.
    pub fn impersonate(&mut self, address: Address) {
        self.impersonated.insert(address);
    }

    /// Ends that.
    pub fn stop_impersonating(&mut self, address: Address) {
        self.impersonated.remove(&address);
    }

    /// Whether requests may come from this address without a key.
    pub fn is_impersonated(&self, address: Address) -> bool {
        self.auto_impersonate || self.impersonated.contains(&address)
    }

    /// Moves the clock: the next block is this many seconds later than it would have been. Answers
    /// the sum of all such moves.
    pub fn increase_time(&mut self, seconds: u64) -> u64 {
        let stepping = self.step().is_some();
        let time = &mut self.inner.time;
        time.moved = time.moved.saturating_add(seconds);
        if stepping {
            time.jump = time.jump.saturating_add(seconds);
        }
        if self.config.clock == Clock::System {
            time.offset += i128::from(seconds);
        }
        time.moved
    }

    /// Sets the time of the next block, later ones follow from it.
    pub fn set_next_block_timestamp(&mut self, timestamp: u64) -> Result<()> {
        let earliest = self.latest().header.timestamp;
        if timestamp < earliest {
            return Err(ChainError::TimestampTooLow {
                have: timestamp,
                earliest,
            });
        }
        let time = &mut self.inner.time;
        time.jump = 0;
        time.next = Some(timestamp);
        if self.config.clock == Clock::System {
            time.offset = i128::from(timestamp) - i128::from(now());
        }
        Ok(())
    }

    /// Sets the clock: blocks made from now on are not before this time.
    pub fn set_time(&mut self, timestamp: u64) -> Result<()> {
        self.set_next_block_timestamp(timestamp)?;
        if self.config.clock == Clock::System {
            self.inner.time.next = None;
        }
        Ok(())
    }

    /// Time of the next block.
    pub fn next_block_timestamp(&self) -> u64 {
        let time = &self.inner.time;
        let parent = self.latest().header.timestamp;
        if let Some(next) = time.next {
            return next.saturating_add(time.jump);
        }
        match self.step() {
            Some(step) => parent.saturating_add(step).saturating_add(time.jump),
            None => {
                let moved = (i128::from(now()) + time.offset).clamp(0, u64::MAX.into());
                parent.max(moved as u64)
            }
        }
    }

    /// Seconds from block to block, where they do not follow the system's clock.
    pub(super) fn step(&self) -> Option<u64> {
        match (self.inner.time.interval, self.config.clock) {
            (Some(seconds), _) | (None, Clock::Step(seconds)) => Some(seconds),
            (None, Clock::System) => None,
        }
    }

    /// Sets the L1 block number of the next block; later ones follow from it.
    pub fn set_l1_block_number(&mut self, number: u64) {
        self.inner.l1_blocks = (number, self.next_block_timestamp());
    }

    /// Raises ArbOS in place, as an upgrade of the chain does: the blocks from now on are under the
    /// rules of `version`. From 51 to 61 the version of Stylus goes from 2 to 3, so that a program
    /// answers nothing but `ProgramNeedsUpgrade` until somebody activates it again. What an owner
    /// has set stays.
    ///
    /// # Errors
    ///
    /// * [`ChainError::InvalidRequest`] - the version is not modelled, or not later than the one
    ///   that is.
    pub fn upgrade_arbos(&mut self, version: u64) -> Result<()> {
        let from = self.arbos_version();
        if !SUPPORTED_ARBOS.contains(&version) || version <= from {
            let later: Vec<_> = SUPPORTED_ARBOS.iter().filter(|v| **v > from).collect();
            return Err(ChainError::InvalidRequest(format!(
                "ArbOS {from} cannot be upgraded to {version}: later versions that are modelled are {later:?}"
            )));
        }
        let inner = &mut self.inner;
        blocks::upgrade(&mut inner.state, &mut inner.state_root, version);
        Ok(())
    }

    /// Makes an address a manager of the program cache (ArbWasmCache), or no longer.
    pub fn set_cache_manager(&mut self, address: Address, is_manager: bool) {
        let state = &mut self.inner.state;
        if is_manager {
            arbos::CACHE_MANAGERS.insert(state, address);
        } else {
            arbos::CACHE_MANAGERS.remove(state, address);
        }
        self.mix("cache manager", address, &[is_manager.into()]);
    }
}
