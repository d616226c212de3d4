//! The record of a feed in one storage word, so that a price costs one cold read.
use crate::sources::Source;
use alloy_primitives::{Address, U256};
use plimsoll_kernel::price::{Bound, Confidence, Terms};

/// From the high bit down: confidence 8 · max 24 · min 24 · source 2 · decimals 6 · max age 32 · aggregator 160.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Not zero.
    pub(crate) aggregator: Address,
    /// The kind of contract at that address.
    pub(crate) source: Source,
    /// At most 36.
    pub(crate) decimals: u8,
    /// Seconds.
    pub(crate) max_age: u32,
    pub(crate) min: Bound,
    pub(crate) max: Bound,
    pub(crate) confidence: Confidence,
}

impl Record {
    /// The terms that the kernel judges a reading by.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            decimals: self.decimals,
            max_age: self.max_age,
            min_price: self.min.to_wad(),
            max_price: self.max.to_wad(),
        }
    }

    pub(crate) fn encode(&self) -> U256 {
        let [_, x2, x1, x0] = self.max.to_bits().to_be_bytes();
        let [_, n2, n1, n0] = self.min.to_bits().to_be_bytes();
        let [a3, a2, a1, a0] = self.max_age.to_be_bytes();
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
        Some(Self {
            aggregator: Address::from(aggregator),
            source: Source::from_number(kind >> 6)?,
            decimals: kind & 63,
            max_age: u32::from_be_bytes([a3, a2, a1, a0]),
            min: Bound::from_bits(u32::from_be_bytes([0, n2, n1, n0])),
            max: Bound::from_bits(u32::from_be_bytes([0, x2, x1, x0])),
            confidence: Confidence::from_bits(confidence),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_word() {
        let record = Record {
            aggregator: Address::from([0xab; 20]),
            source: Source::Chainlink,
            decimals: 8,
            max_age: 86_400,
            min: Bound::from_wad(100 * 10_u128.pow(18)).unwrap(),
            max: Bound::from_wad(99_999 * 10_u128.pow(18)).unwrap(),
            confidence: Confidence::from_bits(10),
        };
        assert_eq!(Record::decode(record.encode()), Some(record));
        assert_eq!(record.encode() >> 248, U256::from(10));
        assert_eq!(Record::decode(U256::ZERO), None);
        let unknown = record.encode() | U256::from(3) << 198;
        assert_eq!(Record::decode(unknown), None);
    }
}
