//! What a compiled module contains: the constants of its code and its data.

use alloy::primitives::B256;
use std::collections::BTreeSet;
use wasmparser::{DataKind, Operator, Parser, Payload};

/// Constants of a module.
#[derive(Debug, Default)]
pub(crate) struct Constants {
    words32: BTreeSet<u32>,
    words64: BTreeSet<u64>,
    data: Vec<u8>,
}

impl Constants {
    /// Reads a module.
    pub(crate) fn of(wasm: &[u8]) -> Self {
        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.expect("a valid module") {
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader().expect("a body") {
                        match operator.expect("an operator") {
                            Operator::I32Const { value } => {
                                found.words32.insert(value.cast_unsigned());
                            }
                            Operator::I64Const { value } => {
                                found.words64.insert(value.cast_unsigned());
                            }
                            _ => {}
                        }
                    }
                }
                Payload::DataSection(segments) => {
                    for segment in segments {
                        let segment = segment.expect("a segment");
                        if matches!(segment.kind, DataKind::Active { .. }) {
                            found.data.extend_from_slice(segment.data);
                            // Keeps matches from running over the gap between two segments.
                            found.data.push(0);
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Whether the code can write these four bytes to memory: as a constant of its own, as part of
    /// a larger one, or from the data.
    pub(crate) fn can_write(&self, bytes: [u8; 4]) -> bool {
        self.words32.contains(&u32::from_le_bytes(bytes))
            || self
                .words64
                .iter()
                .any(|w| w.to_le_bytes().windows(4).any(|w| w == bytes))
            || self.data.windows(4).any(|w| w == bytes)
    }

    /// The same for 32 bytes, which compilers write in pieces.
    pub(crate) fn can_write_word(&self, word: B256) -> bool {
        self.data.windows(32).any(|w| w == word.as_slice())
            || word
                .chunks_exact(4)
                .all(|c| self.can_write([c[0], c[1], c[2], c[3]]))
    }

    /// Every selector the code may compare calldata with. A compiler turns the router into
    /// comparisons with the selectors themselves or their neighbours.
    pub(crate) fn selectors(&self) -> BTreeSet<[u8; 4]> {
        let narrow = self.words64.iter().filter_map(|w| u32::try_from(*w).ok());
        self.words32
            .iter()
            .copied()
            .chain(narrow)
            .flat_map(|c| [c.wrapping_sub(1), c, c.wrapping_add(1)])
            .map(u32::to_be_bytes)
            .collect()
    }
}
