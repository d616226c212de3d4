//! A frame's view of its storage.

use std::collections::BTreeMap;

use alloy_primitives::B256;

/// Slots seen or written in one frame. Nothing is written to the chain before a flush, and nothing
/// at all without one.
#[derive(Debug, Default)]
pub(crate) struct StorageCache {
    slots: BTreeMap<B256, Slot>,
    reads: u64,
    writes: u64,
}

#[derive(Debug)]
struct Slot {
    value: B256,
    /// What the chain holds, where it was read or flushed.
    known: Option<B256>,
}

impl StorageCache {
    /// Most gas one access to the cache costs.
    pub(crate) const REQUIRED_ACCESS_GAS: u64 = 10;

    /// Gas of one more read.
    pub(crate) fn read_gas(&mut self) -> u64 {
        self.reads += 1;
        match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => 10,
        }
    }

    /// Gas of one more write.
    pub(crate) fn write_gas(&mut self) -> u64 {
        self.writes += 1;
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => 10,
        }
    }

    /// A slot's value, where the frame has seen or written it.
    pub(crate) fn get(&self, key: &B256) -> Option<B256> {
        self.slots.get(key).map(|slot| slot.value)
    }

    /// Takes note of what the chain holds.
    pub(crate) fn know(&mut self, key: B256, value: B256) {
        self.slots.insert(
            key,
            Slot {
                value,
                known: Some(value),
            },
        );
    }

    /// Writes a slot, in the cache.
    pub(crate) fn write(&mut self, key: B256, value: B256) {
        self.slots
            .entry(key)
            .or_insert(Slot { value, known: None })
            .value = value;
    }

    /// The slots to write to the chain, by key: those not known to hold their value already.
    /// They count as known from here on; `clear` forgets everything.
    pub(crate) fn flush(&mut self, clear: bool) -> Vec<(B256, B256)> {
        let mut dirty = Vec::new();
        for (key, slot) in &mut self.slots {
            if slot.known != Some(slot.value) {
                dirty.push((*key, slot.value));
                slot.known = Some(slot.value);
            }
        }
        if clear {
            self.slots.clear();
        }
        dirty
    }
}
