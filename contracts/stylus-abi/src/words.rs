//! Calldata as words: bounded by the data and total. Offsets must be multiples of 32, as every encoder writes them.
use stylus_sdk::alloy_primitives::U256;

/// A run of 32-byte words: the arguments of a call, an answer, or the inside of an array or struct.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'a>(&'a [[u8; 32]]);

impl<'a> Words<'a> {
    /// Of data after the selector. Bytes after the last whole word are not looked at.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self(data.as_chunks().0)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The word at `index`.
    #[must_use]
    pub fn bytes(&self, index: usize) -> Option<[u8; 32]> {
        self.0.get(index).copied()
    }

    /// The words from `index` on.
    #[must_use]
    pub fn after(&self, index: usize) -> Option<Self> {
        self.0.get(index..).map(Self)
    }

    /// What the offset at `index` points to, relative to the first of these words.
    #[must_use]
    pub fn follow(&self, index: usize) -> Option<Self> {
        // The last digit is the number, turned; the others are only compared with zero, which needs no turning.
        let [d0, d1, d2, last] = U256::from_le_bytes(self.bytes(index)?).into_limbs();
        if d0 | d1 | d2 != 0 {
            return None;
        }
        let offset = usize::try_from(last.swap_bytes()).ok()?;
        if !offset.is_multiple_of(32) {
            return None;
        }
        self.0.get(offset / 32..).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolValue;

    #[test]
    fn follows_offsets_inside_the_data_only() {
        let data = (
            U256::from(64),
            U256::from(33),
            U256::MAX,
            U256::from(160),
            U256::ONE << 255,
        )
            .abi_encode();
        let words = Words::new(&data);
        assert_eq!(words.len(), 5);
        assert_eq!(words.follow(0).map(|w| w.bytes(0)), Some(words.bytes(2)));
        assert!(words.follow(1).is_none()); // not a multiple of 32
        assert!(words.follow(2).is_none());
        assert!(words.follow(3).is_some_and(|w| w.is_empty())); // just past the end
        assert!(words.follow(4).is_none());
        assert!(words.bytes(5).is_none() && words.after(6).is_none());
    }
}
