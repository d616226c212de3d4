//! Puts a house on a chain: the same code for the in-process node and for a live Arbitrum chain.
//!
//! Every step asks the chain whether it is done already and checks that it is done afterwards, so a
//! deployment that was interrupted goes on where it stopped when started again.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `record` | what stands where: `deployments/<chainId>.json` |
//! | `siblings` | who of the contracts knows whom |
//! | `furnish` | feeds, underlyings, tokens, venues, parameters, as the house's file has them |

mod furnish;
mod record;
mod siblings;

pub use record::{Addresses, Contracts, Deployed, Named, Record, UnderlyingRecord, VenueRecord};

use crate::{
    bindings::{IArbWasm, IArbWasmCache},
    client::{CallError, Client},
    term::Progress,
    wasm::Program,
};
use alloy::{
    primitives::{Address, Bytes, U256, address, map::AddressMap},
    rpc::types::{
        TransactionReceipt,
        state::{AccountOverride, StateOverride},
    },
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use std::path::PathBuf;

/// `ArbWasm`.
pub const ARB_WASM: Address = address!("0x0000000000000000000000000000000000000071");
/// `ArbWasmCache`.
pub const ARB_WASM_CACHE: Address = address!("0x0000000000000000000000000000000000000072");

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
    let [high, low] = u16::try_from(code.len())
        .map_err(|_| eyre!("{} bytes of code do not fit on chain", code.len()))?
        .to_be_bytes();
    let mut out = vec![
        0x33, 0x5f, 0x55, // CALLER PUSH0 SSTORE
        0x61, high, low, 0x80, 0x60, 13, 0x5f, 0x39, // PUSH2 len DUP1 PUSH1 13 PUSH0 CODECOPY
        0x5f, 0xf3, // PUSH0 RETURN
    ];
    out.extend_from_slice(code);
    Ok(out.into())
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
        })
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

    /// Sends without value: see [`Self::send_value`].
    pub(super) async fn send<C: SolCall>(
        &mut self,
        to: Address,
        call: &C,
        what: &str,
    ) -> Result<TransactionReceipt> {
        self.send_value(to, call, U256::ZERO, what).await
    }

    /// Sends, counts the gas and says what for.
    async fn send_value<C: SolCall>(
        &mut self,
        to: Address,
        call: &C,
        value: U256,
        what: &str,
    ) -> Result<TransactionReceipt> {
        let receipt = self
            .client
            .send_value(self.signer, to, call, value)
            .await
            .map_err(|e| eyre!("{what}: {e}"))?;
        self.gas += receipt.gas_used;
        self.progress.say(format!(
            "  {what} ({} gas)",
            crate::term::grouped(receipt.gas_used)
        ));
        Ok(receipt)
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
        self.require_stylus().await?;
        for program in programs {
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

    async fn require_stylus(&self) -> Result<()> {
        match self.ask(ARB_WASM, &IArbWasm::stylusVersionCall {}).await {
            Ok(version) => {
                self.progress.say(format!(
                    "chain {}, Stylus version {version}, deployer {}",
                    self.client.chain_id(),
                    self.signer.address()
                ));
            }
            Err(e) => bail!(
                "chain {} at {} does not run Stylus programs (no ArbWasm answers): {e}",
                self.client.chain_id(),
                self.client.url()
            ),
        }
        let balance = self.client.balance(self.signer.address()).await?;
        ensure!(
            !balance.is_zero(),
            "{} has no ether on chain {}: send it some to pay for gas and activation",
            self.signer.address(),
            self.client.chain_id()
        );
        Ok(())
    }

    async fn create(&mut self, program: &Program) -> Result<()> {
        ensure!(
            program.is_whole(),
            "{} is in fragments, which are not deployed yet",
            program.name
        );
        let known = self
            .record
            .contracts
            .slot(program.name)
            .ok_or_else(|| eyre!("there is no contract {}", program.name))?
            .clone();
        let code = program.code(&[]);
        if let Some(known) = known {
            let there = self.client.code(known.address).await?;
            if there == code {
                self.progress
                    .say(format!("  {} stands at {}", program.name, known.address));
                return Ok(());
            }
            if !there.is_empty() {
                bail!(
                    "the record says {} is at {} but the code there is not what this source builds \
                     to: move the record away to deploy a second house, or check out the source \
                     the first was built from",
                    program.name,
                    known.address
                );
            }
            self.progress.say(format!(
                "  nothing stands at {} any more (was the chain reset?): deploying {} anew",
                known.address, program.name
            ));
        }
        let (address, receipt) = self.client.create(self.signer, init_code(&code)?).await?;
        let there = self.client.code(address).await?;
        ensure!(there == code, "the code at {address} is not what was sent");
        self.gas += receipt.gas_used;
        self.progress.say(format!(
            "  {} at {address} ({} gas)",
            program.name,
            crate::term::grouped(receipt.gas_used)
        ));
        let deployed = Deployed {
            address,
            code_hash: program.code_hash(),
            tx: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
        };
        if let Some(slot) = self.record.contracts.slot(program.name) {
            *slot = Some(deployed);
        }
        self.save()
    }

    fn address_of(&mut self, program: &Program) -> Result<Address> {
        self.record
            .contracts
            .slot(program.name)
            .and_then(|d| d.as_ref().map(|d| d.address))
            .ok_or_else(|| eyre!("{} is not deployed", program.name))
    }

    /// Activates a program unless its code is active already.
    async fn activate(&mut self, program: &Program) -> Result<()> {
        let address = self.address_of(program)?;
        let wanted = self.ask(ARB_WASM, &IArbWasm::stylusVersionCall {}).await?;
        let active = self
            .client
            .call(
                ARB_WASM,
                &IArbWasm::codehashVersionCall {
                    codehash: program.code_hash(),
                },
            )
            .await;
        match active {
            Ok(version) if version == wanted => return Ok(()),
            Ok(_) | Err(CallError::Reverted { .. }) => {}
            Err(e) => return Err(eyre!("{e}")),
        }
        let call = IArbWasm::activateProgramCall { program: address };
        let fee = self.activation_fee(&call).await?;
        self.send_value(ARB_WASM, &call, fee, &format!("{} activated", program.name))
            .await?;
        let version = self
            .ask(
                ARB_WASM,
                &IArbWasm::codehashVersionCall {
                    codehash: program.code_hash(),
                },
            )
            .await?;
        ensure!(
            version == wanted,
            "activated for Stylus version {version}, not {wanted}"
        );
        Ok(())
    }

    /// What activating costs now, with a margin.
    async fn activation_fee(&self, call: &IArbWasm::activateProgramCall) -> Result<U256> {
        // The fee depends on demand: a call with plenty of borrowed ether tells it, as cargo-stylus
        // does; a fifth more covers what others activate meanwhile, and the rest comes back.
        let plenty = U256::from(10).pow(U256::from(18));
        let rich = AccountOverride {
            balance: Some(plenty * U256::from(100)),
            ..Default::default()
        };
        let overrides: StateOverride = AddressMap::from_iter([(self.signer.address(), rich)]);
        let answer = self
            .client
            .call_with(
                self.signer.address(),
                ARB_WASM,
                call,
                plenty,
                Some(overrides),
            )
            .await
            .map_err(|e| eyre!("the chain would refuse it: {e}"))?;
        let fee = answer.dataFee + answer.dataFee / U256::from(5);
        let balance = self.client.balance(self.signer.address()).await?;
        ensure!(
            balance > fee,
            "activation costs {fee} wei, {} has {balance}: send it more",
            self.signer.address()
        );
        Ok(fee)
    }

    /// Asks for a place in the chain's cache, where the deployer may.
    async fn cache(&mut self, program: &Program) -> Result<()> {
        let codehash = program.code_hash();
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
        let program_address = self.address_of(program)?;
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
    }
}
