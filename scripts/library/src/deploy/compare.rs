//! `plimsoll verify-deployment`: a house on a chain beside what this source builds.

use super::{
    Addresses, Record,
    siblings::{Pointer, pointers},
    upkeep,
};
use crate::{
    bindings::IVault,
    client::Client,
    program::Program,
    registry::{self, CONTRACTS, Contract, Owner},
};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use eyre::{Result, eyre};
use plimsoll_stylus::code::Root;
use serde::Serialize;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which contract.
    pub contract: String,
    /// What of it: `code`, `fragment 2`, `owner`, a pointer's name ...
    pub what: String,
    /// What it should be.
    pub wanted: String,
    /// What it is.
    pub found: String,
}

/// One contract as it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// keccak256 of the code at its address.
    pub code_hash: B256,
    /// Where its fragments are; none where it is in one piece.
    pub fragments: Vec<Address>,
}

/// A house beside a build.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Chain id.
    pub chain_id: u64,
    /// Block it was read at.
    pub block: u64,
    /// There is no difference.
    pub ok: bool,
    /// Who owns the contracts, if it is one.
    pub owner: Option<Address>,
    /// The contracts that stand.
    pub contracts: Vec<Compared>,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// Compares a house with a build, at one block: code, pointers, owners, whether all is initialised and runs.
///
/// `owner`: who should own the contracts; if none is given they must have one owner, whoever it is.
///
/// # Errors
///
/// The node fails. Differences are no error.
pub async fn compare(
    client: &Client,
    record: &Record,
    programs: &[Program],
    owner: Option<Address>,
) -> Result<Comparison> {
    let client = &client.pinned().await?;
    let mut found = Findings::default();
    let mut contracts = Vec::new();
    for name in record.contracts.keys() {
        if !programs.iter().any(|program| program.name == name) {
            found.differs(name, "source", "a contract of this source", "only recorded");
        }
    }
    for program in programs {
        let name = program.name;
        let Some(deployed) = record.contracts.get(name) else {
            found.differs(name, "record", "an address", "not recorded");
            continue;
        };
        let (at, code) = (deployed.address, client.code(deployed.address).await?);
        if code.is_empty() {
            found.differs(
                name,
                "code",
                "a contract",
                format!("nothing stands at {at}"),
            );
            continue;
        }
        let fragments = compare_code(client, &mut found, program, &code).await?;
        let code_hash = keccak256(&code);
        if deployed.code_hash != code_hash {
            let wanted = deployed.code_hash.to_string();
            found.differs(name, "recorded code hash", wanted, code_hash.to_string());
        }
        let health = upkeep::health(client, at).await?;
        if !health.state.runs() {
            let state = format!("{:?}: `plimsoll renew` mends it", health.state);
            found.differs(name, "program", "runs", state);
        }
        if !is_initialised(client, name, at).await? {
            found.differs(name, "initialised", "yes", "no");
        }
        contracts.push(Compared {
            name: name.to_owned(),
            address: at,
            code_hash,
            fragments,
        });
    }
    let mut one_owner = None;
    if let Ok(at) = record.addresses() {
        for pointer in pointers(client, &at).await {
            let Pointer {
                contract,
                name,
                wanted,
                found: says,
            } = pointer;
            match says {
                Ok(says) if says == wanted => {}
                Ok(says) => found.differs(contract, name, wanted.to_string(), says.to_string()),
                Err(e) => found.differs(contract, name, wanted.to_string(), e.to_string()),
            }
        }
        one_owner = owners(client, &mut found, &at, owner).await;
    }
    let Findings(differences) = found;
    Ok(Comparison {
        chain_id: client.chain_id(),
        block: client.block().unwrap_or_default(),
        ok: differences.is_empty(),
        owner: one_owner,
        contracts,
        differences,
    })
}

#[derive(Default)]
struct Findings(Vec<Difference>);

impl Findings {
    fn differs(
        &mut self,
        contract: &str,
        what: &str,
        wanted: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.0.push(Difference {
            contract: contract.to_owned(),
            what: what.to_owned(),
            wanted: wanted.into(),
            found: found.into(),
        });
    }
}

/// Compares the code at a contract's address, and of its fragments, with the build; where the fragments are.
async fn compare_code(
    client: &Client,
    found: &mut Findings,
    program: &Program,
    code: &Bytes,
) -> Result<Vec<Address>> {
    let name = program.name;
    let root = Root::parse(code).ok();
    let at = root.map_or_else(Vec::new, |root| root.fragments);
    let pieces = |count: usize| match count {
        0 | 1 => "one piece".to_owned(),
        n => format!("{n} fragments"),
    };
    let wanted = if program.is_whole() {
        0
    } else {
        program.fragments.len()
    };
    if at.len() != wanted {
        found.differs(name, "code", pieces(wanted), pieces(at.len()));
        return Ok(at);
    }
    // Of a root this compares the length of the module and the dictionary.
    if *code != program.code(&at) {
        let built = keccak256(program.code(&at));
        found.differs(name, "code", built.to_string(), keccak256(code).to_string());
    }
    for (i, (address, hash)) in at.iter().zip(program.fragment_hashes()).enumerate() {
        let there = keccak256(client.code(*address).await?);
        if there != hash {
            let what = format!("fragment {}", i + 1);
            found.differs(name, &what, hash.to_string(), there.to_string());
        }
    }
    Ok(at)
}

/// Slot 0 of every contract: the deployer before `initialize`; afterwards the owner and a mark above the address, or
/// nothing where nobody owns it.
async fn is_initialised(client: &Client, name: &str, at: Address) -> Result<bool> {
    let slot = client.storage(at, U256::ZERO).await?;
    let owner = registry::find(name).map(|contract| contract.owner);
    Ok(if owner != Some(Owner::None) {
        !(slot >> 160_usize).is_zero()
    } else {
        slot.is_zero()
    })
}

/// Compares owners; gives the one that all have.
async fn owners(
    client: &Client,
    found: &mut Findings,
    at: &Addresses,
    wanted: Option<Address>,
) -> Option<Address> {
    let mut seen: Option<Address> = wanted;
    let mut same = true;
    for Contract { name, .. } in CONTRACTS.iter().filter(|c| c.is_owned()) {
        let Some(to) = at.get(name) else { continue };
        let says = |e| eyre!("{e}").to_string();
        let owner = client.call(to, &IVault::ownerCall {}).await;
        match owner.map_err(says) {
            Ok(owner) => {
                let wanted = *seen.get_or_insert(owner);
                if owner != wanted {
                    same = false;
                    found.differs(name, "owner", wanted.to_string(), owner.to_string());
                }
            }
            Err(e) => {
                same = false;
                found.differs(name, "owner", "an address", e);
            }
        }
        let pending = client.call(to, &IVault::pendingOwnerCall {}).await;
        if let Ok(pending) = pending
            && !pending.is_zero()
        {
            let offered = format!("offered to {pending}, who has not accepted");
            found.differs(name, "ownership", "settled", offered);
        }
    }
    seen.filter(|_| same)
}

impl Comparison {
    /// The text a person reads.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for d in &self.differences {
            text += &format!(
                "  {}, {}: should be {}, is {}\n",
                d.contract, d.what, d.wanted, d.found
            );
        }
        let verdict = match (self.differences.len(), self.owner) {
            (0, Some(owner)) => format!(
                "The {} contracts of chain {} are what this source builds; their owner is {owner}.\n",
                self.contracts.len(),
                self.chain_id
            ),
            (0, None) => "Nothing is recorded.\n".to_owned(),
            (1, _) => "1 difference.\n".to_owned(),
            (n, _) => format!("{n} differences.\n"),
        };
        text + &verdict
    }
}
