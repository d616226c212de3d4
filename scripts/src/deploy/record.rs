//! What stands where on a chain.
use alloy::primitives::{Address, B256};
use eyre::{Result, WrapErr, ensure, eyre};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};

/// A contract that stands on a chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

/// The contracts of the house.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Contracts {
    /// Market data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oracle: Option<Deployed>,
    /// The margin calculator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<Deployed>,
    /// The parameters of margin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Deployed>,
    /// The ledger and custodian.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<Deployed>,
    /// What venues speak to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clearinghouse: Option<Deployed>,
    /// Liquidation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auction: Option<Deployed>,
    /// Views.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lens: Option<Deployed>,
    /// More of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explainer: Option<Deployed>,
}

impl Contracts {
    pub(super) fn slot(&mut self, name: &str) -> Option<&mut Option<Deployed>> {
        match name {
            "oracle" => Some(&mut self.oracle),
            "margin" => Some(&mut self.margin),
            "parameters" => Some(&mut self.parameters),
            "vault" => Some(&mut self.vault),
            "clearinghouse" => Some(&mut self.clearinghouse),
            "auction" => Some(&mut self.auction),
            "lens" => Some(&mut self.lens),
            "explainer" => Some(&mut self.explainer),
            _ => None,
        }
    }
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
    /// The contracts of the house.
    pub contracts: Contracts,
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

    /// The addresses, once all are there.
    ///
    /// # Errors
    ///
    /// One is missing.
    pub fn addresses(&self) -> Result<Addresses> {
        let one = |d: &Option<Deployed>, name: &str| {
            d.as_ref()
                .map(|d| d.address)
                .ok_or_else(|| eyre!("{name} is not deployed"))
        };
        Ok(Addresses {
            oracle: one(&self.contracts.oracle, "oracle")?,
            margin: one(&self.contracts.margin, "margin")?,
            parameters: one(&self.contracts.parameters, "parameters")?,
            vault: one(&self.contracts.vault, "vault")?,
            clearinghouse: one(&self.contracts.clearinghouse, "clearinghouse")?,
            auction: one(&self.contracts.auction, "auction")?,
            lens: one(&self.contracts.lens, "lens")?,
            explainer: one(&self.contracts.explainer, "explainer")?,
        })
    }
}

/// Where the contracts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Market data.
    pub oracle: Address,
    /// The margin calculator.
    pub margin: Address,
    /// The parameters of margin.
    pub parameters: Address,
    /// The ledger and custodian.
    pub vault: Address,
    /// What venues speak to.
    pub clearinghouse: Address,
    /// Liquidation.
    pub auction: Address,
    /// Views.
    pub lens: Address,
    /// More of them.
    pub explainer: Address,
}

impl Addresses {
    /// The contract that emits or knows `name`.
    pub fn get(&self, name: &str) -> Option<Address> {
        match name {
            "oracle" => Some(self.oracle),
            "margin" => Some(self.margin),
            "parameters" => Some(self.parameters),
            "vault" => Some(self.vault),
            "clearinghouse" => Some(self.clearinghouse),
            "auction" => Some(self.auction),
            "lens" => Some(self.lens),
            "explainer" => Some(self.explainer),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_a_round_trip() {
        let dir = std::env::temp_dir().join(format!("plimsoll-record-{}", std::process::id()));
        let path = dir.join("7.json");
        let mut record = Record::open(&path, 7).unwrap();
        record.contracts.vault = Some(Deployed {
            address: Address::repeat_byte(1),
            code_hash: B256::ZERO,
            tx: B256::ZERO,
            block: 3,
        });
        record.save(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"codeHash\"") && text.contains("\"chainId\": 7"));
        assert_eq!(
            Record::open(&path, 7)
                .unwrap()
                .contracts
                .vault
                .unwrap()
                .block,
            3
        );
        assert!(
            Record::open(&path, 8).is_err(),
            "another chain's record is refused"
        );
        fs::remove_dir_all(&dir).unwrap();
    }
}
