//! The world's state, kept so that every past state stays readable at little cost.

use alloy::primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use imbl::{HashMap, OrdMap};
use revm::{bytecode::Bytecode, state::AccountInfo};

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) balance: U256,
    pub(crate) nonce: u64,
    pub(crate) code_hash: B256,
    pub(crate) storage: OrdMap<U256, U256>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            balance: U256::ZERO,
            nonce: 0,
            code_hash: KECCAK256_EMPTY,
            storage: OrdMap::new(),
        }
    }
}

impl Account {
    fn is_empty(&self) -> bool {
        self.balance.is_zero() && self.nonce == 0 && self.code_hash == KECCAK256_EMPTY
    }
}

/// All accounts. Cloning is cheap: clones share what they have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    accounts: OrdMap<Address, Account>,
    codes: HashMap<B256, Bytecode>,
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
    pub(crate) fn account(&self, address: &Address) -> Option<&Account> {
        self.accounts.get(address)
    }

    pub(crate) fn balance(&self, address: &Address) -> U256 {
        self.account(address).map(|a| a.balance).unwrap_or_default()
    }

    pub(crate) fn nonce(&self, address: &Address) -> u64 {
        self.account(address).map(|a| a.nonce).unwrap_or_default()
    }

    pub(crate) fn bytecode(&self, hash: &B256) -> Bytecode {
        self.codes.get(hash).cloned().unwrap_or_default()
    }

    pub(crate) fn code(&self, address: &Address) -> Bytes {
        self.account(address)
            .map(|a| self.bytecode(&a.code_hash).original_bytes())
            .unwrap_or_default()
    }

    pub(crate) fn storage(&self, address: &Address, slot: &U256) -> U256 {
        self.account(address)
            .and_then(|a| a.storage.get(slot).copied())
            .unwrap_or_default()
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

    /// Changes an account, made if there is none, removed if it ends up empty without storage.
    pub(crate) fn update(&mut self, address: Address, change: impl FnOnce(&mut Account)) {
        let mut account = self.accounts.get(&address).cloned().unwrap_or_default();
        change(&mut account);
        if account.is_empty() && account.storage.is_empty() {
            self.accounts.remove(&address);
        } else {
            self.accounts.insert(address, account);
        }
    }

    pub(crate) fn remove(&mut self, address: &Address) {
        self.accounts.remove(address);
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
        self.update(address, |a| {
            if value.is_zero() {
                a.storage.remove(&slot);
            } else {
                a.storage.insert(slot, value);
            }
        });
    }

    pub(crate) fn clear_storage(&mut self, address: Address) {
        self.update(address, |a| a.storage = OrdMap::new());
    }
}
