//! What stands where on a chain.
use crate::registry;
use alloy::primitives::{Address, B256};
use eyre::{Result, WrapErr, ensure, eyre};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};

/// Code that stands on a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployed {
    /// Where.
    pub address: Address,
    /// keccak256 of its code.
    pub code_hash: B256,
    /// The transaction that created it.
    pub tx: B256,
    /// Its block.
    pub block: u64,
}

/// A creation that was sent and whose end nobody saw yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Underway {
    /// What it creates.
    pub name: String,
    /// Where that will stand.
    pub address: Address,
    /// The transaction.
    pub tx: B256,
}

/// A token or feed in a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    /// Its index or number.
    pub number: u16,
    /// Its contract.
    pub address: Address,
    /// Decimals of its amounts or answers.
    pub decimals: u8,
}

/// An underlying in a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnderlyingRecord {
    /// Its number.
    pub number: u16,
    /// Number of its feed.
    pub feed: u16,
    /// 1e18 units per lot.
    pub lot: u64,
}

/// A venue in a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VenueRecord {
    /// Its number.
    pub number: u16,
    /// Its contract.
    pub address: Address,
}

/// What stands where on a chain: `deployments/<chainId>.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// Chain id.
    pub chain_id: u64,
    /// The contracts of the house, by name.
    pub contracts: BTreeMap<String, Deployed>,
    /// The fragments of a contract whose code one account cannot hold, in order, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fragments: BTreeMap<String, Vec<Deployed>>,
    /// A creation that was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub underway: Option<Underway>,
    /// By symbol.
    pub tokens: BTreeMap<String, Named>,
    /// By name.
    pub feeds: BTreeMap<String, Named>,
    /// By name.
    pub underlyings: BTreeMap<String, UnderlyingRecord>,
    /// By name.
    pub venues: BTreeMap<String, VenueRecord>,
}

impl Record {
    /// Reads a record, or begins one.
    ///
    /// # Errors
    ///
    /// The file is there and is none, or is another chain's.
    pub fn open(path: &Path, chain_id: u64) -> Result<Self> {
        if !path.exists() {
            return Ok(Self {
                chain_id,
                ..Self::default()
            });
        }
        let text =
            fs::read_to_string(path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
        let record: Self = serde_json::from_str(&text)
            .wrap_err_with(|| format!("{} is not a deployment record", path.display()))?;
        ensure!(
            record.chain_id == chain_id,
            "{} is of chain {}, the node is chain {chain_id}: name another file with --record",
            path.display(),
            record.chain_id
        );
        Ok(record)
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    ///
    /// The folder cannot be written to.
    pub fn save(&self, path: &Path) -> Result<()> {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).wrap_err_with(|| format!("cannot make {}", dir.display()))?;
        }
        let fresh = path.with_extension("json.new");
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(&fresh, text).wrap_err_with(|| format!("cannot write {}", fresh.display()))?;
        fs::rename(&fresh, path).wrap_err_with(|| format!("cannot write {}", path.display()))
    }

    /// The address of a contract.
    ///
    /// # Errors
    ///
    /// It is not recorded.
    pub fn address_of(&self, name: &str) -> Result<Address> {
        let deployed = self.contracts.get(name);
        deployed
            .map(|d| d.address)
            .ok_or_else(|| eyre!("{name} is not deployed"))
    }

    /// The same, and zero where a contract the house can do without is not recorded.
    fn address_or_none(&self, name: &str) -> Result<Address> {
        match self.address_of(name) {
            Err(_) if registry::find(name).is_some_and(|contract| contract.optional) => {
                Ok(Address::ZERO)
            }
            found => found,
        }
    }
}

macro_rules! addresses {
    ($($name:ident { $about:literal, $($rest:tt)* })*) => {
        /// Where the contracts are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Addresses { $(#[doc = $about] pub $name: Address),* }

        impl Addresses {
            /// The address of a contract by its name.
            pub fn get(&self, name: &str) -> Option<Address> {
                match name {
                    $(stringify!($name) => Some(self.$name),)*
                    _ => None,
                }
            }
        }

        impl Record {
            /// The addresses, once all are there.
            ///
            /// # Errors
            ///
            /// One is missing.
            pub fn addresses(&self) -> Result<Addresses> {
                Ok(Addresses { $($name: self.address_or_none(stringify!($name))?),* })
            }
        }
    };
}

contracts!(addresses);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_a_round_trip() {
        let dir = std::env::temp_dir().join(format!("plimsoll-record-{}", std::process::id()));
        let path = dir.join("7.json");
        let mut record = Record::open(&path, 7).unwrap();
        let vault = Deployed {
            address: Address::repeat_byte(1),
            code_hash: B256::ZERO,
            tx: B256::ZERO,
            block: 3,
        };
        record.contracts.insert("vault".into(), vault.clone());
        record.save(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"codeHash\"") && text.contains("\"chainId\": 7"));
        assert!(!text.contains("underway") && !text.contains("fragments"));
        let again = Record::open(&path, 7).unwrap();
        assert_eq!(again.contracts["vault"], vault);
        assert_eq!(again.address_of("vault").unwrap(), vault.address);
        let missing = again.addresses().unwrap_err().to_string();
        assert_eq!(missing, "oracle is not deployed");
        assert!(
            Record::open(&path, 8).is_err(),
            "another chain's record is refused"
        );
        fs::remove_dir_all(&dir).unwrap();
    }
}
