//! A commitment to the state: each block's is made of its parent's and of what changed.

use crate::state::State;
use alloy::primitives::{Address, B256, KECCAK256_EMPTY, Keccak256, U256, keccak256};
use revm::state::EvmState;

/// Applies what an execution changed, and mixes it into the commitment.
pub(crate) fn apply(state: &mut State, changes: EvmState, root: &mut B256) {
    let mut changed: Vec<_> = changes
        .into_iter()
        .filter(|(_, a)| a.is_touched())
        .collect();
    changed.sort_unstable_by_key(|(address, _)| *address);
    let mut hash = Keccak256::new();
    hash.update(*root);
    let mut any = false;
    for (address, account) in changed {
        let gone = account.is_selfdestructed() || account.is_empty();
        if gone {
            if state.account(&address).is_some() {
                state.remove(address);
                hash.update(address);
                hash.update([0]);
                any = true;
            }
            continue;
        }
        let created = account.is_created();
        let mut slots: Vec<(U256, U256)> = account
            .changed_storage_slots()
            .map(|(slot, v)| (*slot, v.present_value))
            .collect();
        slots.sort_unstable();
        let info = account.info;
        let unchanged = !created
            && slots.is_empty()
            && state.account(&address).is_some_and(|before| {
                before.balance == info.balance
                    && before.nonce == info.nonce
                    && before.code_hash == info.code_hash
            });
        if unchanged {
            continue;
        }
        any = true;
        hash.update(address);
        hash.update([1, created.into()]);
        hash.update(info.balance.to_be_bytes::<32>());
        hash.update(info.nonce.to_be_bytes());
        hash.update(info.code_hash);
        if let Some(code) = info.code.filter(|_| info.code_hash != KECCAK256_EMPTY) {
            state.insert_code(info.code_hash, code);
        }
        state.update(address, |account| {
            account.balance = info.balance;
            account.nonce = info.nonce;
            account.code_hash = info.code_hash;
            if created {
                account.clear_storage();
            }
            for (slot, value) in &slots {
                account.set_slot(*slot, *value);
            }
        });
        for (slot, value) in slots {
            hash.update(slot.to_be_bytes::<32>());
            hash.update(value.to_be_bytes::<32>());
        }
    }
    if any {
        *root = hash.finalize();
    }
}

/// Mixes in a change from outside: what was set, of which account, to what.
pub(crate) fn mix(root: &mut B256, what: &str, address: Address, value: &[u8]) {
    *root = keccak256([root.as_slice(), what.as_bytes(), address.as_slice(), value].concat());
}
