//! Mappings of words, in the little code a contract can afford. Solidity's layout; each access is one call.
//!
//! The fields of a `#[storage]` struct can be these where the SDK's nested generic accessors would inline a hash and
//! four byte swaps at every use. The contract decides the content of a word.
use core::fmt;
use plimsoll_kernel::num::{U256, low_u8, low_u32, low_u64};
use stylus_sdk::{
    alloy_primitives::{Address, B256},
    crypto,
    host::VM,
    prelude::*,
    storage::{StorageGuard, StorageGuardMut},
};

/// A storage slot's number, big-endian, as the chain takes it.
type Slot = [u8; 32];

/// Reads a word.
#[inline(never)]
fn load(slot: &Slot) -> U256 {
    U256::from_be_bytes(host::load(slot))
}

/// Writes a word; it is written out at the next flush.
#[inline(never)]
fn store(slot: &Slot, word: &U256) {
    host::store(slot, &word.to_be_bytes());
}

/// The slot of a field. Layouts of `#[storage]` structs are short.
fn root(slot: u32) -> Slot {
    let mut bytes = [0; 32];
    if let Some(low) = bytes.last_chunk_mut() {
        *low = slot.to_be_bytes();
    }
    bytes
}

/// The slot of `key` in a mapping at `slot`: keccak256(key ‖ slot).
#[inline(never)]
fn place(slot: &Slot, key: &B256) -> Slot {
    let mut data = [0; 64];
    let (left, right) = data.split_at_mut(32);
    left.copy_from_slice(&key.0);
    right.copy_from_slice(slot);
    crypto::keccak(data).0
}

/// The slot `index` after this one.
#[inline(never)]
fn after(slot: &Slot, index: u32) -> Slot {
    let mut sum = *slot;
    let mut carry = index;
    for byte in sum.iter_mut().rev() {
        if carry == 0 {
            break;
        }
        carry = carry.wrapping_add(u32::from(*byte)); // SAFETY: below 2^32: an index is far smaller.
        *byte = low_u8(carry.into());
        carry >>= 8;
    }
    sum
}

#[cfg(target_arch = "wasm32")]
mod host {
    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        fn storage_load_bytes32(key: *const u8, dest: *mut u8);
        fn storage_cache_bytes32(key: *const u8, value: *const u8);
    }

    pub(super) fn load(slot: &[u8; 32]) -> [u8; 32] {
        let mut word = [0; 32];
        // SAFETY: both pointers are to 32 bytes that live across the call; the host writes 32 bytes.
        unsafe { storage_load_bytes32(slot.as_ptr(), word.as_mut_ptr()) };
        word
    }

    pub(super) fn store(slot: &[u8; 32], word: &[u8; 32]) {
        // SAFETY: both pointers are to 32 bytes that live across the call; the host only reads. Nothing of ours
        // keeps a copy of a stored word that could go stale.
        unsafe { storage_cache_bytes32(slot.as_ptr(), word.as_ptr()) };
    }
}

/// Natively there is no host: contracts run on the devnode.
#[cfg(not(target_arch = "wasm32"))]
mod host {
    pub(super) fn load(_: &[u8; 32]) -> [u8; 32] {
        [0; 32]
    }

    pub(super) fn store(_: &[u8; 32], _: &[u8; 32]) {}
}

/// A key of a mapping, as the 32 bytes Solidity hashes.
pub trait Key {
    /// The 32 bytes.
    fn key(self) -> B256;
}

impl Key for B256 {
    fn key(self) -> B256 {
        self
    }
}

impl Key for Address {
    fn key(self) -> B256 {
        self.into_word()
    }
}

impl Key for u16 {
    fn key(self) -> B256 {
        u32::from(self).key()
    }
}

impl Key for u32 {
    fn key(self) -> B256 {
        B256::new(root(self))
    }
}

/// `mapping(K => uint256)`, or, through [`Self::list`], `mapping(K => uint256[n])`, or, through [`Self::of`],
/// `mapping(K => mapping(L => uint256))`.
pub struct WordMap {
    slot: u32,
}

impl WordMap {
    /// The word of `key`.
    pub fn get(&self, key: impl Key) -> U256 {
        load(&self.place(key.key()))
    }

    /// Sets the word of `key`.
    pub fn set(&mut self, key: impl Key, word: U256) {
        store(&self.place(key.key()), &word);
    }

    /// The fixed-size array of `key`: hashed once.
    #[must_use]
    pub fn list(&self, key: impl Key) -> WordList {
        WordList {
            slot: self.place(key.key()),
        }
    }

    /// The one word of `inner` in the mapping of `key`.
    #[must_use]
    pub fn of(&self, key: impl Key, inner: impl Key) -> WordList {
        WordList {
            slot: place(&self.place(key.key()), &inner.key()),
        }
    }

    #[inline(never)]
    fn place(&self, key: B256) -> Slot {
        place(&root(self.slot), &key)
    }
}

impl fmt::Debug for WordMap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("WordMap")
    }
}

impl StorageType for WordMap {
    type Wraps<'a> = StorageGuard<'a, Self>;
    type WrapsMut<'a> = StorageGuardMut<'a, Self>;

    unsafe fn new(slot: U256, _: u8, _: VM) -> Self {
        Self {
            slot: low_u32(slot.as_limbs()[0]),
        }
    }

    fn load<'s>(self) -> Self::Wraps<'s> {
        StorageGuard::new(self)
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s> {
        StorageGuardMut::new(self)
    }
}

/// One word.
pub struct Word {
    slot: u32,
    vm: VM,
}

impl Word {
    /// The word.
    #[must_use]
    pub fn get(&self) -> U256 {
        load(&root(self.slot))
    }

    /// Sets the word.
    pub fn set(&mut self, word: U256) {
        store(&root(self.slot), &word);
    }

    /// The address in the low 20 bytes.
    #[must_use]
    pub fn address(&self) -> Address {
        untagged(self.get()).0
    }

    /// Sets the word to an address.
    pub fn set_address(&mut self, address: Address) {
        self.set(tagged(address, 0));
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Word")
    }
}

impl HostAccess for Word {
    type Host = VM;
    fn vm(&self) -> &VM {
        &self.vm
    }
}

impl StorageType for Word {
    type Wraps<'a> = StorageGuard<'a, Self>;
    type WrapsMut<'a> = StorageGuardMut<'a, Self>;

    unsafe fn new(slot: U256, _: u8, host: VM) -> Self {
        Self {
            slot: low_u32(slot.as_limbs()[0]),
            vm: host,
        }
    }

    fn load<'s>(self) -> Self::Wraps<'s> {
        StorageGuard::new(self)
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s> {
        StorageGuardMut::new(self)
    }
}

/// Consecutive words.
pub struct WordList {
    slot: Slot,
}

impl WordList {
    /// The word at `index`. The caller bounds the index.
    #[must_use]
    pub fn get(&self, index: usize) -> U256 {
        load(&after(&self.slot, low_u32(index as u64)))
    }

    /// Sets the word at `index`. The caller bounds the index.
    pub fn set(&mut self, index: usize, word: U256) {
        store(&after(&self.slot, low_u32(index as u64)), &word);
    }
}

impl fmt::Debug for WordList {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("WordList")
    }
}

/// Two numbers of 128 bits in a word, the first in the high half.
#[must_use]
pub fn pair(high: u128, low: u128) -> U256 {
    U256::from_limbs([
        low_u64(low),
        low_u64(low >> 64),
        low_u64(high),
        low_u64(high >> 64),
    ])
}

/// The numbers of [`pair`].
#[must_use]
pub fn halves(word: U256) -> (u128, u128) {
    let [a, b, c, d] = *word.as_limbs();
    (
        (u128::from(d) << 64) | u128::from(c),
        (u128::from(b) << 64) | u128::from(a),
    )
}

/// An address in the low 20 bytes of a word, and the 96 bits above it.
#[must_use]
#[inline(never)]
pub fn tagged(address: Address, tag: u128) -> U256 {
    let [a, b, c, _] = *U256::from_be_bytes(address.into_word().0).as_limbs();
    U256::from_limbs([a, b, c | (low_u64(tag) << 32), low_u64(tag >> 32)])
}

/// The address and the tag of [`tagged`].
#[must_use]
#[inline(never)]
pub fn untagged(word: U256) -> (Address, u128) {
    let [_, _, c, d] = *word.as_limbs();
    (
        Address::from_word(B256::from(word)),
        (u128::from(d) << 32) | u128::from(c >> 32),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_each_other() {
        let number = |slot: Slot| U256::from_be_bytes(slot);
        assert_eq!(number(after(&root(7), 0)), U256::from(7));
        assert_eq!(number(after(&root(255), 300)), U256::from(555));
        assert_eq!(number(after(&[0xff; 32], 2)), U256::ONE);
        let hash = place(&root(3), &B256::repeat_byte(9));
        assert_eq!(
            number(after(&hash, 63)),
            number(hash).wrapping_add(U256::from(63))
        );
    }

    #[test]
    fn packed_words_unpack() {
        let (high, low) = (u128::MAX - 5, 77);
        assert_eq!(halves(pair(high, low)), (high, low));
        let address = Address::repeat_byte(0xc3);
        let tag = (1 << 96) - 3;
        assert_eq!(untagged(tagged(address, tag)), (address, tag));
        assert_eq!(
            tagged(address, 0),
            U256::from_be_bytes(address.into_word().0)
        );
        assert_eq!(300_u16.key(), B256::from(U256::from(300)));
    }
}
