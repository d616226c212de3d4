//! Puts a house on a chain: the same code for the in-process node and for a live Arbitrum chain.
//!
//! Every step asks the chain whether it is done already and checks that it is done afterwards, so a
//! deployment that was interrupted goes on where it stopped when started again.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `record` | what stands where: `deployments/<chainId>.json` |
//! | `siblings` | who of the contracts knows whom |
//! | `foresee` | what a chain would refuse of a house's file, before anything is sent |
//! | `furnish` | feeds, underlyings, tokens, venues, parameters, as the house's file has them |
//! | `upkeep` | `plimsoll status` and `renew`: programs expire, and want to be activated again |
//! | `compare` | `plimsoll verify-deployment`: a house on a chain beside what this source builds |

pub mod compare;
mod foresee;
mod furnish;
mod record;
mod siblings;
pub mod upkeep;

pub use record::{Addresses, Deployed, Named, Record, UnderlyingRecord, Underway, VenueRecord};

use crate::{
    bindings::{IArbWasm, IArbWasmCache},
    client::Client,
    program::Program,
    registry,
    term::Progress,
};
use alloy::{
    primitives::{Address, Bytes, address, keccak256},
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use std::path::PathBuf;
use upkeep::{Action, Health};

/// `ArbWasm`.
pub const ARB_WASM: Address = address!("0x0000000000000000000000000000000000000071");
/// `ArbWasmCache`.
pub const ARB_WASM_CACHE: Address = address!("0x0000000000000000000000000000000000000072");

/// The Stylus version from which a program may stand in fragments.
const FRAGMENTS_SINCE: u16 = 3;

/// Init code of a program: stores the deployer in slot 0, so that nobody else may initialise the
/// contract, and returns the code.
///
/// ```text
/// CALLER PUSH0 SSTORE                      slot 0 := deployer
/// PUSH2 len DUP1 PUSH1 13 PUSH0 CODECOPY   memory[0..len] := what follows
/// PUSH0 RETURN
/// ```
///
/// # Errors
///
/// The code is longer than the 65,535 bytes a PUSH2 names.
pub fn init_code(code: &[u8]) -> Result<Bytes> {
    copying(&[0x33, 0x5f, 0x55], code)
}

/// Init code of a fragment, which nobody calls: as [`init_code`] without the deployer.
///
/// # Errors
///
/// As there.
pub fn fragment_init_code(code: &[u8]) -> Result<Bytes> {
    copying(&[], code)
}

/// What is done first, then what returns the code that follows.
fn copying(first: &[u8], code: &[u8]) -> Result<Bytes> {
    let [high, low] = u16::try_from(code.len())
        .map_err(|_| eyre!("{} bytes of code do not fit on chain", code.len()))?
        .to_be_bytes();
    let from = first.len() as u8 + 10;
    let copy = [
        0x61, high, low, 0x80, 0x60, from, 0x5f,
        0x39, // PUSH2 len DUP1 PUSH1 from PUSH0 CODECOPY
        0x5f, 0xf3, // PUSH0 RETURN
    ];
    Ok([first, &copy, code].concat().into())
}

/// A deployment under way.
#[derive(Debug)]
pub struct Deployer<'a> {
    pub(super) client: &'a Client,
    pub(super) signer: &'a PrivateKeySigner,
    pub(super) progress: Progress,
    pub(super) record: Record,
    path: Option<PathBuf>,
    gas: u64,
    pub(super) odd_feeds: bool,
}

impl<'a> Deployer<'a> {
    /// Goes on from the record at `path`, or begins one that is kept in memory only.
    ///
    /// # Errors
    ///
    /// The record cannot be read or is another chain's.
    pub fn new(
        client: &'a Client,
        signer: &'a PrivateKeySigner,
        path: Option<PathBuf>,
        progress: Progress,
    ) -> Result<Self> {
        let record = match &path {
            Some(path) => Record::open(path, client.chain_id())?,
            None => Record {
                chain_id: client.chain_id(),
                ..Record::default()
            },
        };
        Ok(Self {
            client,
            signer,
            progress,
            record,
            path,
            gas: 0,
            odd_feeds: false,
        })
    }

    /// Lists also feeds that look like no price feed: of 0 decimals, an uptime feed, an answer out of bounds.
    #[must_use]
    pub const fn with_odd_feeds(mut self, odd_feeds: bool) -> Self {
        self.odd_feeds = odd_feeds;
        self
    }

    /// What stands so far.
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Gas used so far.
    pub const fn gas_used(&self) -> u64 {
        self.gas
    }

    pub(super) fn save(&self) -> Result<()> {
        self.path
            .as_ref()
            .map_or(Ok(()), |path| self.record.save(path))
    }

    /// Sends, counts the gas and says what for.
    pub(super) async fn send<C: SolCall>(
        &mut self,
        to: Address,
        call: &C,
        what: &str,
    ) -> Result<()> {
        let receipt = self
            .client
            .send(self.signer, to, call)
            .await
            .map_err(|e| eyre!("{what}: {e}"))?;
        self.gas += receipt.gas_used;
        self.progress.say(format!(
            "  {what} ({} gas)",
            crate::term::grouped(receipt.gas_used)
        ));
        Ok(())
    }

    pub(super) async fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        self.client
            .call_as(self.signer.address(), to, call)
            .await
            .map_err(|e| eyre!("{e}"))
    }

    /// Deploys, activates and initialises the contracts.
    ///
    /// # Errors
    ///
    /// Whatever the chain refuses, with what to do about it.
    pub async fn contracts(&mut self, programs: &[Program], cache: bool) -> Result<Addresses> {
        let stylus_version = self.require_stylus().await?;
        if stylus_version < FRAGMENTS_SINCE {
            self.require_whole(programs)?;
        }
        for program in programs {
            if !program.is_whole() && stylus_version < FRAGMENTS_SINCE {
                self.progress.say(format!(
                    "  {} is in {} fragments, which this chain does not know before ArbOS 60: left out. Deploy again \
                     once it does",
                    program.name,
                    program.fragments.len()
                ));
                continue;
            }
            self.create(program)
                .await
                .wrap_err_with(|| format!("deploying {}", program.name))?;
            self.activate(program)
                .await
                .wrap_err_with(|| format!("activating {}", program.name))?;
            if cache {
                self.cache(program)
                    .await
                    .wrap_err_with(|| format!("caching {}", program.name))?;
            }
        }
        let at = self.record.addresses()?;
        self.initialise(at).await.wrap_err("initialising")?;
        Ok(at)
    }

    /// The chain's Stylus version.
    async fn require_stylus(&self) -> Result<u16> {
        let version = match self.ask(ARB_WASM, &IArbWasm::stylusVersionCall {}).await {
            Ok(version) => {
                self.progress.say(format!(
                    "chain {}, Stylus version {version}, deployer {}",
                    self.client.chain_id(),
                    self.signer.address()
                ));
                version
            }
            Err(e) => bail!(
                "chain {} at {} does not run Stylus programs (no ArbWasm answers): {e}",
                self.client.chain_id(),
                self.client.url()
            ),
        };
        let balance = self.client.balance(self.signer.address()).await?;
        ensure!(
            !balance.is_zero(),
            "{} has no ether on chain {}: send it some to pay for gas and activation",
            self.signer.address(),
            self.client.chain_id()
        );
        Ok(version)
    }

    /// Refuses a chain without fragments before anything is sent, if a contract that a house needs is in fragments.
    fn require_whole(&self, programs: &[Program]) -> Result<()> {
        let needed = |p: &&Program| {
            let optional = registry::find(p.name).is_some_and(|contract| contract.optional);
            !p.is_whole() && !optional
        };
        let cut: Vec<_> = programs
            .iter()
            .filter(needed)
            .map(|p| format!("{} ({} fragments)", p.name, p.fragments.len()))
            .collect();
        ensure!(
            cut.is_empty(),
            "chain {} is before ArbOS 60 and knows no fragments, which a house needs for {}: nothing was sent. Deploy \
             on a chain of ArbOS 60 or later, or again once this one is upgraded",
            self.client.chain_id(),
            cut.join(", ")
        );
        Ok(())
    }

    /// Deploys a program: its fragments, if it has several, and the contract itself.
    async fn create(&mut self, program: &Program) -> Result<()> {
        let pieces = if program.is_whole() {
            Vec::new()
        } else {
            self.fragments(program).await?
        };
        let code = program.code(&pieces);
        if let Some(known) = self.record.contracts.get(program.name) {
            let at = known.address;
            if self.stands(program.name, at, &code).await? {
                self.progress
                    .say(format!("  {} stands at {at}", program.name));
                return Ok(());
            }
        }
        let init = init_code(&code)?;
        let deployed = self.put(program.name, &code, init).await?;
        let name = program.name.to_owned();
        self.record.contracts.insert(name, deployed);
        self.record.underway = None;
        self.save()
    }

    /// Deploys the fragments of a program, as far as they do not stand; where they are.
    async fn fragments(&mut self, program: &Program) -> Result<Vec<Address>> {
        for (i, code) in program.fragments.iter().enumerate() {
            let name = format!("{} fragment {}", program.name, i + 1);
            let known = self.record.fragments.get(program.name);
            if let Some(known) = known.and_then(|known| known.get(i)) {
                let at = known.address;
                if self.stands(&name, at, code).await? {
                    self.progress.say(format!("  {name} stands at {at}"));
                    continue;
                }
            }
            let deployed = self.put(&name, code, fragment_init_code(code)?).await?;
            let known = self
                .record
                .fragments
                .entry(program.name.to_owned())
                .or_default();
            known.truncate(i);
            known.push(deployed);
            self.record.underway = None;
            self.save()?;
        }
        let known = self.record.fragments.entry(program.name.to_owned());
        let known = known.or_default();
        known.truncate(program.fragments.len());
        Ok(known.iter().map(|piece| piece.address).collect())
    }

    /// Whether this code stands where the record says; false where nothing stands any more.
    async fn stands(&self, name: &str, at: Address, code: &Bytes) -> Result<bool> {
        let there = self.client.code(at).await?;
        if there.is_empty() {
            self.progress.say(format!(
                "  nothing stands at {at} any more (was the chain reset?): deploying {name} anew"
            ));
            return Ok(false);
        }
        ensure!(
            there == *code,
            "the record says {name} is at {at} but the code there is not what this source builds to: \
             move the record away to deploy a second house, or check out the source the first was \
             built from"
        );
        Ok(true)
    }

    /// Creates code, or finds what an interrupted run created and did not write down.
    async fn put(&mut self, name: &str, code: &Bytes, init: Bytes) -> Result<Deployed> {
        if let Some(underway) = self.record.underway.take_if(|u| u.name == name) {
            let Underway { address, tx, .. } = underway;
            // Only the deployer's own nonce creates there.
            let receipt = self.client.receipt_of(tx).await?;
            if self.client.code(address).await? == *code {
                self.progress.say(format!(
                    "  {name} stands at {address}: an interrupted run sent it"
                ));
                return Ok(Deployed {
                    address,
                    code_hash: keccak256(code),
                    tx,
                    block: receipt.and_then(|r| r.block_number).unwrap_or_default(),
                });
            }
        }
        self.client.nothing_waits(self.signer.address()).await?;
        let signed = self.client.prepare_creation(self.signer, init).await?;
        let address = signed.creates();
        // Written down before it is sent: whatever happens from here on, the next run finds it.
        self.record.underway = Some(Underway {
            name: name.to_owned(),
            address,
            tx: signed.hash,
        });
        self.save()?;
        let receipt = self.client.deliver(&signed).await?;
        ensure!(
            receipt.status(),
            "the creation failed in transaction {}",
            signed.hash
        );
        ensure!(
            self.client.code(address).await? == *code,
            "the code at {address} is not what was sent"
        );
        self.gas += receipt.gas_used;
        self.progress.say(format!(
            "  {name} at {address} ({} gas)",
            crate::term::grouped(receipt.gas_used)
        ));
        Ok(Deployed {
            address,
            code_hash: keccak256(code),
            tx: signed.hash,
            block: receipt.block_number.unwrap_or_default(),
        })
    }

    /// Activates a program unless its code is active already.
    async fn activate(&mut self, program: &Program) -> Result<()> {
        let address = self.record.address_of(program.name)?;
        let Health { state, .. } = upkeep::health(self.client, address).await?;
        if state.runs() {
            return Ok(());
        }
        let renewed = upkeep::perform(
            self.client,
            self.signer,
            &Action::Activate { program: address },
        )
        .await?;
        self.gas += renewed.gas_used;
        self.progress.say(format!(
            "  {} activated ({} gas, {} ETH for its data)",
            program.name,
            crate::term::grouped(renewed.gas_used),
            crate::term::ufixed(renewed.fee, 6)
        ));
        Ok(())
    }

    /// Asks for a place in the chain's cache, where the deployer may.
    async fn cache(&mut self, program: &Program) -> Result<()> {
        let program_address = self.record.address_of(program.name)?;
        let codehash = self.record.contracts[program.name].code_hash;
        let cached = IArbWasmCache::codehashIsCachedCall { codehash };
        if self.ask(ARB_WASM_CACHE, &cached).await? {
            return Ok(());
        }
        let manager = IArbWasmCache::isCacheManagerCall {
            manager: self.signer.address(),
        };
        if !self.ask(ARB_WASM_CACHE, &manager).await? {
            self.progress.say(format!(
                "  {} is not a cache manager here: {} stays uncached (bid for a place with \
                 `cargo stylus cache bid`)",
                self.signer.address(),
                program.name
            ));
            return Ok(());
        }
        let call = IArbWasmCache::cacheProgramCall {
            program: program_address,
        };
        let what = format!("{} cached", program.name);
        self.send(ARB_WASM_CACHE, &call, &what).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn init_code_copies_what_follows_it() {
        let init = init_code(&[0xef, 0xf0, 0, 0, 1, 2]).unwrap();
        assert_eq!(init[7], 0x60);
        assert_eq!(usize::from(init[8]), 13);
        assert_eq!(&init[13..], &[0xef, 0xf0, 0, 0, 1, 2]);
        assert_eq!(u16::from_be_bytes([init[4], init[5]]), 6);
        assert!(init_code(&vec![0; 70_000]).is_err());
        let init = fragment_init_code(&[0xef, 0xf0, 1, 7]).unwrap();
        assert_eq!(init[4..6], [0x60, 10]);
        assert_eq!(&init[10..], &[0xef, 0xf0, 1, 7]);
    }
}
