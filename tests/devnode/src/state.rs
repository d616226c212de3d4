//! The world's state, kept so that every past state stays readable at little cost.
//!
//! On a fork, what is not here is read from the [`Origin`] below: accounts that were never written,
//! and the slots of accounts that are not [`Account::whole`].

use crate::fork::Origin;
use alloy::{
    primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256},
    rlp::encode_fixed_size,
};
use alloy_trie::{HashBuilder, Nibbles, proof::ProofRetainer};
use imbl::{HashMap, OrdMap, ordmap::DiffItem};
use revm::{bytecode::Bytecode, state::AccountInfo};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// An account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    pub(crate) balance: U256,
    pub(crate) nonce: u64,
    pub(crate) code_hash: B256,
    /// Its slots; in a whole account none is zero.
    pub(crate) storage: OrdMap<U256, U256>,
    /// Slots that are not in `storage` are zero. Otherwise the origin knows them.
    pub(crate) whole: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            balance: U256::ZERO,
            nonce: 0,
            code_hash: KECCAK256_EMPTY,
            storage: OrdMap::new(),
            whole: true,
        }
    }
}

impl Account {
    /// As if it had never been: no balance, no nonce, no code, no storage.
    fn is_gone(&self) -> bool {
        self.is_empty() && self.whole && self.storage.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.balance.is_zero() && self.nonce == 0 && self.code_hash == KECCAK256_EMPTY
    }

    /// Sets a slot.
    pub(crate) fn set_slot(&mut self, slot: U256, value: U256) {
        if value.is_zero() && self.whole {
            self.storage.remove(&slot);
        } else {
            self.storage.insert(slot, value);
        }
    }

    /// Sets all slots to zero.
    pub(crate) fn clear_storage(&mut self) {
        self.storage = OrdMap::new();
        self.whole = true;
    }
}

/// All accounts. Cloning is cheap: clones share what they have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// On a fork, an account that is gone stays here, to hide the origin's.
    accounts: OrdMap<Address, Account>,
    codes: HashMap<B256, Bytecode>,
    origin: Option<Arc<Origin>>,
}

/// Code as revm wants it: delegations recognised, everything else taken as it is, Stylus programs
/// included.
pub(crate) fn bytecode(code: Bytes) -> Bytecode {
    if code.len() == 23
        && code.starts_with(&[0xef, 0x01, 0x00])
        && let Ok(delegation) = Bytecode::new_eip7702_raw(code.clone())
    {
        return delegation;
    }
    Bytecode::new_legacy(code)
}

impl State {
    /// The state of another chain, nothing changed yet.
    pub(crate) fn fork(origin: Arc<Origin>) -> Self {
        Self {
            origin: Some(origin),
            ..Self::default()
        }
    }

    /// What is below, on a fork.
    pub(crate) const fn origin(&self) -> Option<&Arc<Origin>> {
        self.origin.as_ref()
    }

    /// Reads that failed so far, on a fork.
    pub(crate) fn failures(&self) -> u64 {
        self.origin.as_ref().map_or(0, |origin| origin.failures())
    }

    /// An account, if there is one.
    pub(crate) fn account(&self, address: &Address) -> Option<Account> {
        match (self.accounts.get(address), &self.origin) {
            (Some(account), _) => Some(account.clone()).filter(|account| !account.is_gone()),
            (None, Some(origin)) => {
                Some(origin.account(address)).filter(|account| !account.is_empty())
            }
            (None, None) => None,
        }
    }

    pub(crate) fn balance(&self, address: &Address) -> U256 {
        self.account(address).map(|a| a.balance).unwrap_or_default()
    }

    pub(crate) fn nonce(&self, address: &Address) -> u64 {
        self.account(address).map(|a| a.nonce).unwrap_or_default()
    }

    pub(crate) fn bytecode(&self, hash: &B256) -> Bytecode {
        self.codes
            .get(hash)
            .cloned()
            .or_else(|| self.origin.as_ref()?.bytecode(hash))
            .unwrap_or_default()
    }

    pub(crate) fn code(&self, address: &Address) -> Bytes {
        self.account(address)
            .map(|a| self.bytecode(&a.code_hash).original_bytes())
            .unwrap_or_default()
    }

    pub(crate) fn storage(&self, address: &Address, slot: &U256) -> U256 {
        let account = self.accounts.get(address);
        if let Some(value) = account.and_then(|a| a.storage.get(slot)) {
            return *value;
        }
        match &self.origin {
            Some(origin) if account.is_none_or(|a| !a.whole) => origin.storage(address, slot),
            _ => U256::ZERO,
        }
    }

    /// Root of the tree of an account's storage, and for each of `slots` the nodes that prove its
    /// value, root first; none if slots are not known here.
    pub(crate) fn storage_tree(
        &self,
        address: &Address,
        slots: &[B256],
    ) -> Option<(B256, Vec<Vec<Bytes>>)> {
        let account = self.account(address).unwrap_or_default();
        if !account.whole {
            return None;
        }
        let path = |slot: &B256| Nibbles::unpack(keccak256(slot));
        let wanted: Vec<Nibbles> = slots.iter().map(path).collect();
        let kept = account.storage.iter();
        let mut leaves: Vec<_> = kept
            .map(|(slot, value)| (path(&B256::from(*slot)), *value))
            .collect();
        leaves.sort_unstable_by_key(|(path, _)| *path);
        let mut tree =
            HashBuilder::default().with_proof_retainer(ProofRetainer::new(wanted.clone()));
        for (path, value) in leaves {
            tree.add_leaf(path, &encode_fixed_size(&value));
        }
        let root = tree.root();
        let nodes = tree.take_proof_nodes();
        let proof = |path| {
            nodes
                .matching_nodes_sorted(path)
                .into_iter()
                .map(|(_, node)| node)
        };
        Some((
            root,
            wanted.iter().map(|path| proof(path).collect()).collect(),
        ))
    }

    pub(crate) fn info(&self, address: &Address) -> Option<AccountInfo> {
        self.account(address).map(|a| AccountInfo {
            balance: a.balance,
            nonce: a.nonce,
            code_hash: a.code_hash,
            code: Some(self.bytecode(&a.code_hash)),
            ..Default::default()
        })
    }

    /// Changes an account, made if there is none, removed if it ends up empty without storage. On a
    /// fork whose origin does not answer nothing changes, which [`Self::failures`] tells.
    pub(crate) fn update(&mut self, address: Address, change: impl FnOnce(&mut Account)) {
        let failures = self.failures();
        let mut account = self.account(&address).unwrap_or_default();
        if self.failures() != failures {
            return;
        }
        change(&mut account);
        if account.is_gone() && self.origin.is_none() {
            self.accounts.remove(&address);
        } else {
            self.accounts.insert(address, account);
        }
    }

    pub(crate) fn remove(&mut self, address: Address) {
        self.update(address, |account| *account = Account::default());
    }

    pub(crate) fn set_balance(&mut self, address: Address, balance: U256) {
        self.update(address, |a| a.balance = balance);
    }

    pub(crate) fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.update(address, |a| a.nonce = nonce);
    }

    pub(crate) fn set_code(&mut self, address: Address, code: Bytes) {
        let hash = if code.is_empty() {
            KECCAK256_EMPTY
        } else {
            keccak256(&code)
        };
        if !code.is_empty() {
            self.codes.insert(hash, bytecode(code));
        }
        self.update(address, |a| a.code_hash = hash);
    }

    pub(crate) fn insert_code(&mut self, hash: B256, code: Bytecode) {
        if !code.is_empty() && !self.codes.contains_key(&hash) {
            self.codes.insert(hash, code);
        }
    }

    pub(crate) fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        self.update(address, |a| a.set_slot(slot, value));
    }

    pub(crate) fn clear_storage(&mut self, address: Address) {
        self.update(address, Account::clear_storage);
    }
}

/// From one state to another: accounts as they are afterwards, `None` where they are gone.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Changes(BTreeMap<Address, Option<ChangedAccount>>);

/// An account that changed.
#[derive(Debug, Serialize, Deserialize)]
struct ChangedAccount {
    balance: U256,
    nonce: u64,
    code_hash: B256,
    whole: bool,
    /// The slots that changed, `None` where they are no longer kept.
    storage: BTreeMap<U256, Option<U256>>,
}

impl Changes {
    /// Hashes of all code in it.
    pub(crate) fn code_hashes(&self) -> impl Iterator<Item = &B256> {
        self.0.values().flatten().map(|account| &account.code_hash)
    }
}

/// What is different between two maps, by key.
fn differences<'a, K: Ord + Clone, V: PartialEq + Clone>(
    from: &'a OrdMap<K, V>,
    to: &'a OrdMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>)> {
    from.diff(to).map(|item| match item {
        DiffItem::Add(key, value) => (key, Some(value)),
        DiffItem::Update {
            new: (key, value), ..
        } => (key, Some(value)),
        DiffItem::Remove(key, _) => (key, None),
    })
}

/// Writing down what changed.
impl State {
    /// What leads from an earlier state to this one.
    pub(crate) fn changes_since(&self, earlier: &Self) -> Changes {
        let nothing = Account::default();
        let changed = |(address, after): (&Address, Option<&Account>)| {
            let before = earlier.accounts.get(address).unwrap_or(&nothing);
            let after = after.map(|after| ChangedAccount {
                balance: after.balance,
                nonce: after.nonce,
                code_hash: after.code_hash,
                whole: after.whole,
                storage: differences(&before.storage, &after.storage)
                    .map(|(slot, value)| (*slot, value.copied()))
                    .collect(),
            });
            (*address, after)
        };
        let all = differences(&earlier.accounts, &self.accounts);
        Changes(all.map(changed).collect())
    }

    /// Goes there.
    pub(crate) fn apply(&mut self, changes: Changes) {
        for (address, changed) in changes.0 {
            let Some(changed) = changed else {
                self.accounts.remove(&address);
                continue;
            };
            let mut account = self.accounts.get(&address).cloned().unwrap_or_default();
            account.balance = changed.balance;
            account.nonce = changed.nonce;
            account.code_hash = changed.code_hash;
            account.whole = changed.whole;
            for (slot, value) in changed.storage {
                match value {
                    Some(value) => account.storage.insert(slot, value),
                    None => account.storage.remove(&slot),
                };
            }
            self.accounts.insert(address, account);
        }
    }

    /// All code it knows of, in no order; on a fork, also what was read.
    pub(crate) fn codes(&self) -> Vec<Bytes> {
        let read = self.origin.iter().flat_map(|origin| origin.codes());
        self.codes
            .values()
            .map(Bytecode::original_bytes)
            .chain(read)
            .collect()
    }

    /// Knows this code from here on.
    pub(crate) fn add_code(&mut self, code: Bytes) {
        self.insert_code(keccak256(&code), bytecode(code));
    }
}
