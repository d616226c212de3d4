//! The state at the block forked at.

use super::{Remote, quantity};
use crate::{
    error::{ChainError, Result},
    state::{self, Account},
};
use alloy::primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, hex, keccak256};
use revm::{bytecode::Bytecode, primitives::HashMap};
use serde_json::{Value, json};
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// The state of another chain after one of its blocks, fetched when it is first read, and kept.
///
/// A read cannot fail where it happens, in the middle of an execution. One that gets no answer reads
/// nothing, is not kept, and counts as a failure: whoever executed looks at [`Self::failures`]
/// afterwards, and throws away what came of it.
#[derive(Debug)]
pub(crate) struct Origin {
    remote: Remote,
    number: u64,
    known: Mutex<Known>,
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Known {
    accounts: HashMap<Address, Account>,
    storage: HashMap<(Address, U256), U256>,
    codes: HashMap<B256, Bytecode>,
    hashes: HashMap<u64, B256>,
    /// The last failure.
    last: Option<ChainError>,
}

impl Origin {
    pub(crate) fn new(remote: Remote, number: u64) -> Self {
        Self {
            remote,
            number,
            known: Mutex::default(),
            failures: AtomicU64::new(0),
        }
    }

    /// The node it comes from.
    pub(crate) const fn remote(&self) -> &Remote {
        &self.remote
    }

    /// The block forked at.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Reads that got no answer, ever.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Why the last of them did not.
    pub(crate) fn last_failure(&self) -> ChainError {
        let unknown = || ChainError::Source("a read failed".into());
        self.known().last.clone().unwrap_or_else(unknown)
    }

    /// The block as a parameter.
    pub(crate) fn at(&self) -> Value {
        json!(format!("{:#x}", self.number))
    }

    pub(crate) fn account(&self, address: &Address) -> Account {
        if let Some(account) = self.known().accounts.get(address) {
            return account.clone();
        }
        self.noted(self.fetch(&[*address]));
        self.known()
            .accounts
            .get(address)
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn bytecode(&self, hash: &B256) -> Option<Bytecode> {
        self.known().codes.get(hash).cloned()
    }

    /// All code that was read.
    pub(crate) fn codes(&self) -> Vec<Bytes> {
        let known = self.known();
        known.codes.values().map(Bytecode::original_bytes).collect()
    }

    pub(crate) fn storage(&self, address: &Address, slot: &U256) -> U256 {
        let key = (*address, *slot);
        if let Some(value) = self.known().storage.get(&key) {
            return *value;
        }
        let slot = format!("{slot:#066x}");
        let fetched = self
            .remote
            .ask("eth_getStorageAt", json!([address, slot, self.at()]))
            .and_then(|answer| {
                let word = answer.as_str().and_then(|text| hex::decode(text).ok());
                word.filter(|word| word.len() <= 32)
                    .map(|word| U256::from_be_slice(&word))
                    .ok_or_else(|| {
                        self.remote
                            .odd("eth_getStorageAt", &answer, "not a word of 32 bytes")
                    })
            });
        let value = self.noted(fetched);
        if let Some(value) = value {
            self.known().storage.insert(key, value);
        }
        value.unwrap_or_default()
    }

    /// Hash of a block up to the one forked at.
    pub(crate) fn block_hash(&self, number: u64) -> Option<B256> {
        if number > self.number {
            return None;
        }
        if let Some(hash) = self.known().hashes.get(&number) {
            return Some(*hash);
        }
        let params = json!([format!("{number:#x}"), false]);
        let fetched = self
            .remote
            .ask("eth_getBlockByNumber", params)
            .and_then(|block| {
                serde_json::from_value::<B256>(block["hash"].clone()).map_err(|_| {
                    self.remote
                        .odd("eth_getBlockByNumber", &block, "a block without a hash")
                })
            });
        let hash = self.noted(fetched)?;
        self.known().hashes.insert(number, hash);
        Some(hash)
    }

    /// Fetches these accounts, in as few requests as it takes.
    pub(crate) fn fetch(&self, addresses: &[Address]) -> Result<()> {
        let asked = ["eth_getBalance", "eth_getTransactionCount", "eth_getCode"];
        let questions: Vec<_> = addresses
            .iter()
            .flat_map(|address| asked.map(|method| (method, json!([address, self.at()]))))
            .collect();
        let answers = self.remote.ask_all(&questions)?;
        for (address, answers) in addresses.iter().zip(answers.chunks(asked.len())) {
            let [balance, nonce, code] = answers else {
                return Err(ChainError::Internal("an answer is missing".into()));
            };
            let odd = |i: usize, problem| self.remote.odd(asked[i], &answers[i], problem);
            let balance = quantity(balance).ok_or_else(|| odd(0, "not a number"))?;
            let nonce = quantity(nonce)
                .and_then(|nonce| u64::try_from(nonce).ok())
                .ok_or_else(|| odd(1, "not a number of 64 bits"))?;
            let code: Bytes =
                serde_json::from_value(code.clone()).map_err(|_| odd(2, "not bytes"))?;
            let mut known = self.known();
            let code_hash = if code.is_empty() {
                KECCAK256_EMPTY
            } else {
                let hash = keccak256(&code);
                known.codes.insert(hash, state::bytecode(code));
                hash
            };
            let account = Account {
                balance,
                nonce,
                code_hash,
                storage: Default::default(),
                whole: false,
            };
            known.accounts.insert(*address, account);
        }
        Ok(())
    }

    fn noted<T>(&self, fetched: Result<T>) -> Option<T> {
        match fetched {
            Ok(value) => Some(value),
            Err(why) => {
                self.known().last = Some(why);
                self.failures.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
