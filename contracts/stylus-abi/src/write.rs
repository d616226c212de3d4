//! Writing values.
use crate::Abi;
use alloc::vec::Vec;
use stylus_sdk::alloy_primitives::U256;

/// Values being written one after the other. Heads first, then what they point to.
#[derive(Clone, Debug)]
pub struct Encoder {
    out: Vec<u8>,
    frame: usize,
    head: usize,
}

impl Encoder {
    /// After these bytes, with room for the heads of `words` words.
    #[inline(never)]
    #[must_use]
    pub fn new(prefix: &[u8], words: usize) -> Self {
        let room = words.saturating_mul(32).saturating_add(prefix.len());
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(prefix);
        out.resize(room, 0);
        Self {
            out,
            frame: prefix.len(),
            head: prefix.len(),
        }
    }

    /// Writes a word.
    #[inline(never)]
    pub fn word(&mut self, word: &U256) {
        self.raw(&word.to_be_bytes::<32>());
    }

    /// Writes an unsigned number.
    #[inline(never)]
    pub fn unsigned(&mut self, number: u128) {
        self.number(0, number);
    }

    /// Writes a signed number.
    #[inline(never)]
    pub fn signed(&mut self, number: i128) {
        let extension = if number < 0 { u8::MAX } else { 0 };
        self.number(extension, number.cast_unsigned());
    }

    fn number(&mut self, extension: u8, number: u128) {
        let mut word = [extension; 32];
        if let Some(low) = word.last_chunk_mut::<16>() {
            *low = number.to_be_bytes();
        }
        self.raw(&word);
    }

    /// Writes 32 bytes.
    #[inline(never)]
    pub fn raw(&mut self, word: &[u8; 32]) {
        let end = self.head.saturating_add(32);
        // Heads are reserved when a frame is opened, so the place is there.
        if let Some(place) = self.out.get_mut(self.head..end) {
            place.copy_from_slice(word);
        }
        self.head = end;
    }

    /// Counts offsets from here on: what was written so far is not part of the data.
    pub const fn begin(&mut self) {
        self.frame = self.head;
    }

    /// Reserves the heads of a new frame at the end; returns what [`Self::close`] needs.
    #[inline(never)]
    pub fn open(&mut self, words: usize) -> (usize, usize) {
        let outer = (self.frame, self.head);
        let start = self.out.len();
        self.out
            .resize(start.saturating_add(words.saturating_mul(32)), 0);
        (self.frame, self.head) = (start, start);
        outer
    }

    /// Returns to the frame around.
    pub fn close(&mut self, outer: (usize, usize)) {
        (self.frame, self.head) = outer;
    }

    /// Writes a value, or the offset of it and the value at the end.
    pub fn field<T: Abi>(&mut self, value: &T) {
        if T::DYNAMIC {
            let offset = self.out.len().saturating_sub(self.frame);
            self.unsigned(offset as u128);
        }
        value.write(self);
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}
