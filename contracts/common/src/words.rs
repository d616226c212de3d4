//! The ABI read and written by hand, for the few methods whose arguments or answers are arrays on the hot path:
//! there the generated code costs several times the work it does, in gas and in bytes.
//!
//! Reading is bounded by the data and total: what does not decode is `None`, which the entry point answers with
//! `BadCalldata`. Offsets must be multiples of 32, as every encoder writes them; a number must fit its type.
use alloc::vec::Vec;
use plimsoll_kernel::num::{Int256, to_u128};
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

    /// Each word as a number.
    pub fn numbers(self) -> impl ExactSizeIterator<Item = U256> + 'a {
        self.0.iter().map(|word| U256::from_be_bytes(*word))
    }

    /// The word at `index` as a number.
    #[must_use]
    pub fn number(&self, index: usize) -> Option<U256> {
        self.0.get(index).map(|word| U256::from_be_bytes(*word))
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

    /// The word at `index` as an unsigned number of a narrower type; `None` also when it does not fit.
    #[must_use]
    pub fn narrow<T: TryFrom<u128>>(&self, index: usize) -> Option<T> {
        to_u128(self.number(index)?).and_then(|number| T::try_from(number).ok())
    }

    /// The word at `index` as an `int128`.
    #[must_use]
    pub fn int128(&self, index: usize) -> Option<i128> {
        Int256::from_raw(self.number(index)?).to_i128()
    }

    /// The word at `index` as a `bool`.
    #[must_use]
    pub fn boolean(&self, index: usize) -> Option<bool> {
        match self.narrow::<u8>(index)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// What the offset at `index` points to, relative to the first of these words.
    #[must_use]
    pub fn follow(&self, index: usize) -> Option<Self> {
        let offset: usize = self.narrow::<u32>(index)?.try_into().ok()?;
        if !offset.is_multiple_of(32) {
            return None;
        }
        self.0.get(offset / 32..).map(Self)
    }

    /// Length of the array whose offset is at `index`, and everything after the length.
    fn array_at(&self, index: usize) -> Option<(usize, Self)> {
        let (head, content) = self.follow(index)?.0.split_first()?;
        let length = Self(core::slice::from_ref(head)).narrow::<u32>(0)?;
        Some((length.try_into().ok()?, Self(content)))
    }

    /// The array of static items, `element` words each, whose offset is at `index`; exactly its words.
    #[must_use]
    pub fn array(&self, index: usize, element: usize) -> Option<Self> {
        let (length, content) = self.array_at(index)?;
        content.0.get(..length.checked_mul(element)?).map(Self)
    }

    /// Length of the array of dynamic items whose offset is at `index`, and the words their offsets start at: item
    /// `i` is at `follow(i)`.
    #[must_use]
    pub fn dynamic_array(&self, index: usize) -> Option<(usize, Self)> {
        let (length, content) = self.array_at(index)?;
        (length <= content.len()).then_some((length, content))
    }

    /// The items of an array of `N` words each.
    pub fn items<const N: usize>(self) -> impl ExactSizeIterator<Item = Self> + 'a {
        self.0
            .as_chunks::<N>()
            .0
            .iter()
            .map(|item| Self(item.as_slice()))
    }
}

/// An answer, or calldata, being written.
#[derive(Clone, Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// With room for this many words.
    #[must_use]
    pub fn with_words(words: usize) -> Self {
        Self(Vec::with_capacity(words.saturating_mul(32)))
    }

    /// Calldata of a method, with room for this many words.
    #[must_use]
    pub fn call(selector: [u8; 4], words: usize) -> Self {
        let mut bytes = Vec::with_capacity(words.saturating_mul(32).saturating_add(4));
        bytes.extend_from_slice(&selector);
        Self(bytes)
    }

    /// Appends a word.
    #[inline(never)]
    pub fn push(&mut self, number: U256) {
        self.0.extend_from_slice(&number.to_be_bytes::<32>());
    }

    /// Appends a number as a word.
    pub fn push_u64(&mut self, number: u64) {
        self.0.extend_from_slice(&[0; 24]);
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    /// Appends an offset or a length.
    pub fn push_usize(&mut self, number: usize) {
        self.push_u64(number as u64);
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloy_sol_types::{SolCall, SolValue};

    alloy_sol_types::sol! {
        struct Item { int128 cash; uint256[] legs; }
        function probe(uint16 a, Item[] items) external;
    }

    #[test]
    fn reads_what_alloy_writes() {
        let items = vec![
            Item {
                cash: -5,
                legs: vec![U256::MAX, U256::from(2)],
            },
            Item {
                cash: i128::MAX,
                legs: vec![],
            },
        ];
        let data = probeCall {
            a: 7,
            items: items.clone(),
        }
        .abi_encode();
        let words = Words::new(&data[4..]);
        assert_eq!(words.narrow::<u16>(0), Some(7));
        let (length, list) = words.dynamic_array(1).unwrap();
        assert_eq!(length, 2);
        for (index, item) in items.iter().enumerate() {
            let read = list.follow(index).unwrap();
            assert_eq!(read.int128(0), Some(item.cash));
            let legs: Vec<_> = read.array(1, 1).unwrap().numbers().collect();
            assert_eq!(legs, item.legs);
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let data = (U256::from(300), U256::from(64), U256::MAX, U256::from(33)).abi_encode();
        let words = Words::new(&data);
        assert_eq!(words.narrow::<u8>(0), None);
        assert_eq!(words.narrow::<u16>(0), Some(300));
        assert_eq!(words.int128(2), Some(-1));
        assert_eq!(words.boolean(0), None);
        assert!(words.array(1, 1).is_none()); // a length of 2^256 − 1
        assert!(words.follow(3).is_none()); // not a multiple of 32
        assert!(words.follow(2).is_none());
        assert!(words.number(4).is_none());
        let data = (U256::from(32), U256::from(3), U256::from(1), U256::from(2)).abi_encode();
        let words = Words::new(&data);
        assert!(words.array(0, 1).is_none()); // three items announced, two there
        assert!(words.dynamic_array(0).is_none());
        let far = U256::from(1).wrapping_shl(255).abi_encode();
        assert!(Words::new(&far).follow(0).is_none());
    }

    #[test]
    fn writes_what_alloy_writes() {
        let mut writer = Writer::with_words(4);
        writer.push_usize(32);
        writer.push_usize(2);
        writer.push(U256::MAX);
        writer.push_u64(9);
        let expected = vec![U256::MAX, U256::from(9)].abi_encode();
        assert_eq!(writer.finish(), expected);
        assert_eq!(Writer::call([1, 2, 3, 4], 0).finish(), [1, 2, 3, 4]);
    }
}
