//! The lock: one bit of transient storage, set while the vault's ledger is being changed.
//!
//! Transient storage belongs to the executing contract and one transaction, costs 100 gas a touch, and is
//! undone with everything else when a call reverts. Because every contract of the house changes the ledger
//! through the vault only, the vault's bit locks the whole system.

/// Transient slot of the lock: any fixed word does, because nothing else of the house uses transient storage.
#[cfg(target_arch = "wasm32")]
const SLOT: [u8; 32] = *b"plimsoll.lock\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Whether the lock is set.
#[must_use]
pub fn is_locked() -> bool {
    host::load() != 0
}

/// Sets the lock: until [`unlock`], every call to the vault reverts with [`Locked`](crate::errors::Locked).
pub fn lock() {
    host::store(1);
}

/// Releases the lock.
pub fn unlock() {
    host::store(0);
}

#[cfg(target_arch = "wasm32")]
mod host {
    use super::SLOT;

    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        fn transient_load_bytes32(key: *const u8, dest: *mut u8);
        fn transient_store_bytes32(key: *const u8, value: *const u8);
    }

    pub(super) fn load() -> u8 {
        let mut word = [0u8; 32];
        // SAFETY: both pointers are to 32 bytes that live across the call; the host writes 32 bytes.
        unsafe { transient_load_bytes32(SLOT.as_ptr(), word.as_mut_ptr()) };
        word[31]
    }

    pub(super) fn store(value: u8) {
        let mut word = [0u8; 32];
        word[31] = value;
        // SAFETY: both pointers are to 32 bytes that live across the call; the host only reads.
        unsafe { transient_store_bytes32(SLOT.as_ptr(), word.as_ptr()) };
    }
}

/// Natively there is no host; the bit lives in the process so that the crate links.
#[cfg(not(target_arch = "wasm32"))]
mod host {
    use core::sync::atomic::{AtomicU8, Ordering};

    static BIT: AtomicU8 = AtomicU8::new(0);

    pub(super) fn load() -> u8 {
        BIT.load(Ordering::Relaxed)
    }

    pub(super) fn store(value: u8) {
        BIT.store(value, Ordering::Relaxed);
    }
}
