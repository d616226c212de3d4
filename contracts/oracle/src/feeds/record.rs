//! The record of a feed in one storage word, so that a price costs one cold read; and the words behind it, which only some
//! feeds have.
use crate::sources::Source;
use alloy_primitives::{Address, U256};
use plimsoll_kernel::{
    num::{low_u8, low_u16},
    price::{Bound, Confidence, LargestMove, Terms},
};

/// Word of a feed's list: its record.
pub(super) const RECORD: usize = 0;
/// Word: what the source needs beside the record. Pyth: the price's id; ERC-4626: the line of its rate.
pub(crate) const DETAIL: usize = 1;
/// Word: what else the source needs. ERC-4626: the feeds it is made of.
pub(crate) const PARTS: usize = 2;
/// Word: the second source.
pub(super) const SECOND: usize = 3;

/// From the high bit down: confidence 8 · max 24 · min 24 · source 2 · decimals 6 · phase 5 · second 1 · largest move 8 ·
/// max age 18 · aggregator 160.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Not zero.
    pub(crate) aggregator: Address,
    /// The kind of contract at that address.
    pub(crate) source: Source,
    /// At most 36.
    pub(crate) decimals: u8,
    /// The phase of the round that decimals and bounds were last checked at, modulo 32.
    pub(crate) phase: u8,
    /// Another feed must agree.
    pub(crate) second: bool,
    pub(crate) largest_move: LargestMove,
    /// Seconds.
    pub(crate) max_age: u32,
    pub(crate) min: Bound,
    pub(crate) max: Bound,
    pub(crate) confidence: Confidence,
}

impl Record {
    /// Bits of a phase.
    pub(crate) const PHASES: u8 = 31;

    /// The terms that the kernel judges a reading of so many decimals by.
    pub(crate) fn terms(&self, decimals: u8) -> Terms {
        Terms {
            decimals,
            max_age: self.max_age,
            min_price: self.min.to_wad(),
            max_price: self.max.to_wad(),
        }
    }

    pub(crate) fn encode(&self) -> U256 {
        let [_, x2, x1, x0] = self.max.to_bits().to_be_bytes();
        let [_, n2, n1, n0] = self.min.to_bits().to_be_bytes();
        let aside = u32::from(self.phase & Self::PHASES) << 27
            | u32::from(self.second) << 26
            | u32::from(self.largest_move.to_bits()) << 18
            | self.max_age;
        let [a3, a2, a1, a0] = aside.to_be_bytes();
        let mut word = [0; 32];
        let c = self.confidence.to_bits();
        let d = (self.source as u8) << 6 | self.decimals;
        let head = [c, x2, x1, x0, n2, n1, n0, d, a3, a2, a1, a0];
        let bytes = head.iter().chain(self.aggregator.0.iter());
        word.iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        U256::from_be_bytes(word)
    }

    /// `None` for the empty word, and for a source that does not exist.
    pub(crate) fn decode(word: U256) -> Option<Self> {
        if word.is_zero() {
            return None;
        }
        let word = word.to_be_bytes::<32>();
        let [
            confidence,
            x2,
            x1,
            x0,
            n2,
            n1,
            n0,
            kind,
            a3,
            a2,
            a1,
            a0,
            aggregator @ ..,
        ] = word;
        let aside = u32::from_be_bytes([a3, a2, a1, a0]);
        Some(Self {
            aggregator: Address::from(aggregator),
            source: Source::from_number(kind >> 6)?,
            decimals: kind & 63,
            phase: a3 >> 3,
            second: aside & 1 << 26 != 0,
            largest_move: LargestMove::from_bits(low_u8((aside >> 18).into())),
            max_age: aside & 0x3_ffff,
            min: Bound::from_bits(u32::from_be_bytes([0, n2, n1, n0])),
            max: Bound::from_bits(u32::from_be_bytes([0, x2, x1, x0])),
            confidence: Confidence::from_bits(confidence),
        })
    }
}

/// The second source of a feed, in a word: another feed 16 · tolerance 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Second {
    pub(super) feed: u16,
    /// The most that the other feed's price may differ, a share of this feed's.
    pub(super) tolerance: Confidence,
}

impl Second {
    pub(super) fn encode(self) -> U256 {
        U256::from(u32::from(self.feed) << 8 | u32::from(self.tolerance.to_bits()))
    }

    pub(super) const fn decode(word: U256) -> Self {
        let [low, ..] = *word.as_limbs();
        let [tolerance, ..] = low.to_le_bytes();
        Self {
            feed: low_u16(low >> 8),
            tolerance: Confidence::from_bits(tolerance),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use plimsoll_kernel::price::MAX_AGE_LIMIT;

    const RECORD: fn() -> Record = || Record {
        aggregator: Address::from([0xab; 20]),
        source: Source::Chainlink,
        decimals: 8,
        phase: 0,
        second: false,
        largest_move: LargestMove::default(),
        max_age: 86_400,
        min: Bound::from_wad(100 * 10_u128.pow(18)).unwrap(),
        max: Bound::from_wad(99_999 * 10_u128.pow(18)).unwrap(),
        confidence: Confidence::from_bits(10),
    };

    #[test]
    fn a_record_is_one_word() {
        let record = RECORD();
        assert_eq!(Record::decode(record.encode()), Some(record));
        assert_eq!(record.encode() >> 248, U256::from(10));
        assert_eq!(Record::decode(U256::ZERO), None);
        let unknown = record.encode() | U256::from(3) << 198;
        assert_eq!(Record::decode(unknown), None);
    }

    /// No part of a record reaches into another.
    #[test]
    fn every_part_of_a_record_has_its_place() {
        for phase in 0..=31 {
            for second in [false, true] {
                for bits in [0, 1, 128, 255] {
                    for max_age in [1, 86_400, MAX_AGE_LIMIT] {
                        let record = Record {
                            phase,
                            second,
                            largest_move: LargestMove::from_bits(bits),
                            max_age,
                            ..RECORD()
                        };
                        assert_eq!(Record::decode(record.encode()), Some(record));
                    }
                }
            }
        }
        const {
            assert!(MAX_AGE_LIMIT < 1 << 18);
        }
        for (feed, bits) in [(1, 0), (u16::MAX, 255)] {
            let second = Second {
                feed,
                tolerance: Confidence::from_bits(bits),
            };
            assert_eq!(Second::decode(second.encode()), second);
        }
    }
}
