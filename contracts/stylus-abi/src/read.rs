//! Reading values.
use crate::{Abi, Words};
use stylus_sdk::alloy_primitives::U256;

/// The number in 128 bits; `None` when it does not fit.
fn unsigned(word: U256) -> Option<u128> {
    let [l0, l1, l2, l3] = *word.as_limbs();
    if l2 | l3 != 0 {
        return None;
    }
    Some((u128::from(l1) << 64) | u128::from(l0))
}

/// The two's complement number in 128 bits; `None` when it does not fit.
fn signed(word: U256) -> Option<i128> {
    let [l0, l1, l2, l3] = *word.as_limbs();
    let low = ((u128::from(l1) << 64) | u128::from(l0)).cast_signed();
    let extension = if low < 0 { u64::MAX } else { 0 };
    (l2 == extension && l3 == extension).then_some(low)
}

/// Values being read one after the other.
///
/// It remembers failure instead of reporting it at every value: what cannot be read comes out as zero or empty, and
/// [`Self::finish`] tells. So decoding is a straight line of calls.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    frame: Words<'a>,
    at: usize,
    /// One more than the words that may still be read, by this reader or those inside; 0 once something failed.
    pub(crate) left: usize,
}

impl<'a> Reader<'a> {
    /// From the first of these words; offsets are relative to it.
    #[must_use]
    pub const fn new(frame: Words<'a>) -> Self {
        Self {
            frame,
            at: 0,
            left: frame.len().saturating_add(1),
        }
    }

    /// The value, unless something could not be read.
    pub fn finish<T>(&self, value: T) -> Option<T> {
        if self.failed() { None } else { Some(value) }
    }

    pub(crate) const fn failed(&self) -> bool {
        self.left == 0
    }

    /// Fails: what was read is no value of its type.
    pub const fn refuse(&mut self) {
        self.left = 0;
    }

    /// The part, or zero and failure.
    pub(crate) fn check<T: Default>(&mut self, part: Option<T>) -> T {
        match part {
            Some(part) => part,
            None => {
                self.left = 0;
                T::default()
            }
        }
    }

    /// The next word as bytes.
    #[inline(never)]
    pub fn bytes(&mut self) -> [u8; 32] {
        self.left = self.left.saturating_sub(1);
        let word = self.frame.bytes(self.at).filter(|_| !self.failed());
        self.at = self.at.saturating_add(1);
        self.check(word)
    }

    /// The next word.
    #[inline(never)]
    pub fn word(&mut self) -> U256 {
        U256::from_be_bytes(self.bytes())
    }

    /// The next word as an unsigned number of at most 128 bits.
    #[inline(never)]
    pub fn unsigned(&mut self) -> u128 {
        let number = unsigned(self.word());
        self.check(number)
    }

    /// The next word as a signed number of at most 128 bits.
    #[inline(never)]
    pub fn signed(&mut self) -> i128 {
        let number = signed(self.word());
        self.check(number)
    }

    /// The next word as an unsigned number of at most `limit`.
    #[inline(never)]
    pub fn at_most(&mut self, limit: u64) -> u64 {
        let number = u64::try_from(self.unsigned())
            .ok()
            .filter(|number| *number <= limit);
        self.check(number)
    }

    /// The next word, of which the first `zeros` bytes must be zero.
    #[inline(never)]
    pub(crate) fn padded(&mut self, zeros: usize) -> [u8; 32] {
        let word = self.bytes();
        if word.iter().take(zeros).any(|byte| *byte != 0) {
            self.left = 0;
        }
        word
    }

    /// What the next word points to.
    #[inline(never)]
    pub(crate) fn follow(&mut self) -> Self {
        let frame = self.frame.follow(self.at);
        self.at = self.at.saturating_add(1);
        Self {
            frame: self.check(frame),
            at: 0,
            left: self.left,
        }
    }

    /// Length of the array that starts here, and a reader of its items, `words` each at least.
    #[inline(never)]
    pub(crate) fn items(&mut self, words: usize) -> (usize, Self) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a `usize` has at least 32 bits"
        )]
        let length = self.at_most(u32::MAX.into()) as usize;
        let rest = self.frame.after(self.at);
        let frame = self.check(rest);
        let fits = length
            .checked_mul(words)
            .is_some_and(|needed| needed < self.left);
        let length = self.check(fits.then_some(length));
        (
            length,
            Self {
                frame,
                at: 0,
                left: self.left,
            },
        )
    }

    /// The next value.
    pub fn field<T: Abi>(&mut self) -> T {
        if T::DYNAMIC {
            let mut inner = self.follow();
            let value = T::read(&mut inner);
            self.left = inner.left;
            return value;
        }
        T::read(self)
    }
}
