//! Terms in one storage word each, so that an underlying or an asset costs one cold read.
use alloy_primitives::U256;
use plimsoll_kernel::margin::{AssetTerms, UnderlyingTerms};

/// An underlying. Limbs from the low end: mm factor · im factor · lot · scenario set 8 above feed 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct UnderlyingRecord {
    /// Number of its spot's feed.
    pub(crate) feed: u16,
    pub(crate) terms: UnderlyingTerms,
}

impl UnderlyingRecord {
    pub(crate) fn encode(&self) -> U256 {
        let UnderlyingTerms {
            lot,
            scenario_set,
            im_factor,
            mm_factor,
        } = self.terms;
        let head = (u64::from(scenario_set) << 16) | u64::from(self.feed);
        U256::from_limbs([mm_factor, im_factor, lot, head])
    }

    /// `None` for the empty word.
    pub(crate) fn decode(word: U256) -> Option<Self> {
        let [mm_factor, im_factor, lot, head] = *word.as_limbs();
        let [.., scenario_set, f1, f0] = head.to_be_bytes();
        let terms = UnderlyingTerms {
            lot,
            scenario_set,
            im_factor,
            mm_factor,
        };
        (lot != 0).then_some(Self {
            feed: u16::from_be_bytes([f1, f0]),
            terms,
        })
    }
}

/// An asset. Limbs from the low end: mm haircut · im haircut · 1 above decimals 8 above underlying 16 · feed 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct AssetRecord {
    /// Number of its price's feed; 0 = the settlement coin.
    pub(crate) feed: u16,
    pub(crate) terms: AssetTerms,
}

impl AssetRecord {
    const LISTED: u64 = 1 << 24;

    pub(crate) fn encode(&self) -> U256 {
        let AssetTerms {
            underlying,
            decimals,
            im_haircut,
            mm_haircut,
        } = self.terms;
        let middle = Self::LISTED | (u64::from(decimals) << 16) | u64::from(underlying);
        U256::from_limbs([mm_haircut, im_haircut, middle, u64::from(self.feed)])
    }

    /// `None` for the empty word.
    pub(crate) fn decode(word: U256) -> Option<Self> {
        let [mm_haircut, im_haircut, middle, feed] = *word.as_limbs();
        let [.., decimals, u1, u0] = middle.to_be_bytes();
        let [.., f1, f0] = feed.to_be_bytes();
        let underlying = u16::from_be_bytes([u1, u0]);
        let terms = AssetTerms {
            underlying,
            decimals,
            im_haircut,
            mm_haircut,
        };
        (middle & Self::LISTED != 0).then_some(Self {
            feed: u16::from_be_bytes([f1, f0]),
            terms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_one_word() {
        let terms = UnderlyingTerms {
            lot: 1,
            scenario_set: 0xab,
            im_factor: u64::MAX,
            mm_factor: 7,
        };
        let record = UnderlyingRecord {
            feed: 0xcdef,
            terms,
        };
        assert_eq!(UnderlyingRecord::decode(record.encode()), Some(record));
        let terms = AssetTerms {
            underlying: 0x1234,
            decimals: 24,
            im_haircut: 3,
            mm_haircut: 0,
        };
        let record = AssetRecord { feed: 0, terms };
        assert_eq!(AssetRecord::decode(record.encode()), Some(record));
        assert_eq!(UnderlyingRecord::decode(U256::ZERO), None);
        assert_eq!(AssetRecord::decode(U256::ZERO), None);
        assert_eq!(
            AssetRecord::decode(AssetRecord::default().encode()),
            Some(AssetRecord::default())
        );
    }
}
