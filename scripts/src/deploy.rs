//! Puts a house on a chain: the same code for the in-process node and for a live Arbitrum chain.
//!
//! Every step asks the chain whether it is done already and checks that it is done afterwards, so a
//! deployment that was interrupted goes on where it stopped when started again.

use crate::{
    bindings::{
        IArbWasm, IArbWasmCache, IAuction, IClearinghouse, IERC20, IExplainer, ILens, IMargin,
        IOracle, IParameters, IVault,
    },
    client::{CallError, Client},
    config::{HouseConfig, wad64},
    ids,
    term::Progress,
    wasm::Program,
};
use alloy::{
    primitives::{Address, B256, Bytes, U256, address, map::AddressMap},
    rpc::types::{
        TransactionReceipt,
        state::{AccountOverride, StateOverride},
    },
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// `ArbWasm`.
pub const ARB_WASM: Address = address!("0x0000000000000000000000000000000000000071");
/// `ArbWasmCache`.
pub const ARB_WASM_CACHE: Address = address!("0x0000000000000000000000000000000000000072");

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
    fn slot(&mut self, name: &str) -> Option<&mut Option<Deployed>> {
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
    client: &'a Client,
    signer: &'a PrivateKeySigner,
    progress: Progress,
    record: Record,
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

    fn save(&self) -> Result<()> {
        self.path
            .as_ref()
            .map_or(Ok(()), |path| self.record.save(path))
    }

    /// Sends, counts the gas and says what for.
    async fn send<C: SolCall>(
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

    async fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
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
        let known = self
            .record
            .contracts
            .slot(program.name)
            .ok_or_else(|| eyre!("there is no contract {}", program.name))?
            .clone();
        if let Some(known) = known {
            let there = self.client.code(known.address).await?;
            if there == program.code {
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
        let (address, receipt) = self
            .client
            .create(self.signer, init_code(&program.code)?)
            .await?;
        let there = self.client.code(address).await?;
        ensure!(
            there == program.code,
            "the code at {address} is not what was sent"
        );
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

    /// Activates a program unless its code is active already.
    async fn activate(&mut self, program: &Program) -> Result<()> {
        let address = self
            .record
            .contracts
            .slot(program.name)
            .and_then(|d| d.as_ref().map(|d| d.address))
            .ok_or_else(|| eyre!("{} is not deployed", program.name))?;
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
                &call,
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
        self.send(ARB_WASM, &call, fee, &format!("{} activated", program.name))
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
        let program_address = self
            .record
            .contracts
            .slot(program.name)
            .and_then(|d| d.as_ref().map(|d| d.address))
            .ok_or_else(|| eyre!("{} is not deployed", program.name))?;
        let call = IArbWasmCache::cacheProgramCall {
            program: program_address,
        };
        let what = format!("{} cached", program.name);
        self.send(ARB_WASM_CACHE, &call, U256::ZERO, &what).await?;
        Ok(())
    }

    /// Initialises a contract unless that is done, and checks who owns it then.
    async fn init_one<C: SolCall>(&mut self, name: &str, to: Address, call: &C) -> Result<()> {
        let tried = self.client.call_as(self.signer.address(), to, call).await;
        match tried {
            Ok(_) => {
                self.send(to, call, U256::ZERO, &format!("{name} initialised"))
                    .await?;
            }
            Err(e) if e.as_error::<IVault::AlreadyInitialized>().is_some() => {}
            // A view belongs to nobody once it is initialised.
            Err(e)
                if e.as_error::<ILens::NotOwner>()
                    .is_some_and(|e| e.owner.is_zero()) => {}
            Err(e) => return Err(eyre!("{e}")),
        }
        Ok(())
    }

    async fn initialise(&mut self, at: Addresses) -> Result<()> {
        // The deployer owns the house while it is being furnished.
        let owner = self.signer.address();
        let Addresses {
            oracle,
            margin,
            parameters,
            vault,
            clearinghouse,
            auction,
            lens,
            explainer,
        } = at;
        self.init_one("oracle", oracle, &IOracle::initializeCall { owner })
            .await?;
        self.init_one(
            "margin",
            margin,
            &IMargin::initializeCall { parameters, oracle },
        )
        .await?;
        self.init_one(
            "parameters",
            parameters,
            &IParameters::initializeCall {
                owner,
                margin,
                oracle,
            },
        )
        .await?;
        self.init_one(
            "vault",
            vault,
            &IVault::initializeCall {
                owner,
                margin,
                clearinghouse,
                auction,
            },
        )
        .await?;
        self.init_one(
            "clearinghouse",
            clearinghouse,
            &IClearinghouse::initializeCall {
                owner,
                vault,
                margin,
                oracle,
            },
        )
        .await?;
        self.init_one(
            "auction",
            auction,
            &IAuction::initializeCall {
                owner,
                vault,
                margin,
            },
        )
        .await?;

        self.init_one(
            "lens",
            lens,
            &ILens::initializeCall {
                vault,
                margin,
                oracle,
            },
        )
        .await?;
        self.init_one(
            "explainer",
            explainer,
            &IExplainer::initializeCall { margin, oracle },
        )
        .await?;
        let seen = self.ask(explainer, &IExplainer::siblingsCall {}).await?;
        ensure!(
            (seen.margin, seen.oracle) == (margin, oracle),
            "the explainer names other siblings"
        );
        ensure!(
            self.ask(margin, &IMargin::ownerCall {}).await? == parameters,
            "margin belongs to other parameters"
        );
        for (name, o) in [
            ("margin", self.ask(margin, &IMargin::oracleCall {}).await?),
            (
                "parameters",
                self.ask(parameters, &IParameters::oracleCall {}).await?,
            ),
            (
                "clearinghouse",
                self.ask(clearinghouse, &IClearinghouse::oracleCall {})
                    .await?,
            ),
            ("lens", self.ask(lens, &ILens::oracleCall {}).await?),
        ] {
            ensure!(o == oracle, "{name} names another oracle");
        }
        ensure!(
            self.ask(parameters, &IParameters::marginCall {}).await? == margin,
            "parameters name another margin"
        );
        let siblings = self.ask(vault, &IVault::siblingsCall {}).await?;
        ensure!(
            (siblings.margin, siblings.clearinghouse, siblings.auction)
                == (margin, clearinghouse, auction),
            "the vault names other siblings"
        );
        for (name, v, m) in [
            (
                "clearinghouse",
                self.ask(clearinghouse, &IClearinghouse::vaultCall {})
                    .await?,
                self.ask(clearinghouse, &IClearinghouse::marginCall {})
                    .await?,
            ),
            (
                "auction",
                self.ask(auction, &IAuction::vaultCall {}).await?,
                self.ask(auction, &IAuction::marginCall {}).await?,
            ),
            (
                "lens",
                self.ask(lens, &ILens::vaultCall {}).await?,
                self.ask(lens, &ILens::marginCall {}).await?,
            ),
        ] {
            ensure!(
                (v, m) == (vault, margin),
                "{name} names another vault or margin"
            );
        }
        Ok(())
    }

    /// Lists feeds, underlyings, tokens and venues, and sets the auction's parameters.
    ///
    /// # Errors
    ///
    /// The house contradicts itself or what stands on chain, or a contract refuses.
    pub async fn configure(&mut self, house: &HouseConfig) -> Result<()> {
        house.check()?;
        let at = self.record.addresses()?;
        self.feeds(at, house).await.wrap_err("listing feeds")?;
        self.rules(at, house).await.wrap_err("setting the rules")?;
        self.underlyings(at, house)
            .await
            .wrap_err("listing underlyings")?;
        self.tokens(at, house).await.wrap_err("listing tokens")?;
        self.venues(at, house).await.wrap_err("admitting venues")?;
        self.auction(at, house)
            .await
            .wrap_err("setting the auction's parameters")?;
        self.hand_over(at, house).await.wrap_err("handing over")?;
        self.save()
    }

    async fn feeds(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for f in &house.feeds {
            let (min, max) = (ids::parse_wad(&f.min_price)?, ids::parse_wad(&f.max_price)?);
            let confidence = wad64(&f.confidence, &f.name)?;
            let same = |now: &IOracle::feedReturn| {
                now.aggregator == f.aggregator
                    && now.maxAge == f.max_age
                    && now.confidence == confidence
                    && (now.minPrice, now.maxPrice) == (min, max)
            };
            let query = IOracle::feedCall { feed: f.number };
            let now = self.client.call(at.oracle, &query).await.ok();
            if !now.as_ref().is_some_and(same) {
                let call = IOracle::setFeedCall {
                    feed: f.number,
                    aggregator: f.aggregator,
                    maxAge: f.max_age,
                    minPrice: min,
                    maxPrice: max,
                    confidence,
                };
                self.send(
                    at.oracle,
                    &call,
                    U256::ZERO,
                    &format!("feed {} listed", f.name),
                )
                .await?;
            }
            let now = self.ask(at.oracle, &query).await?;
            ensure!(same(&now), "feed {} is not what was set", f.name);
            if let Err(e) = self
                .ask(at.oracle, &IOracle::priceCall { feed: f.number })
                .await
            {
                self.progress
                    .say(format!("  note: feed {} gives no price now: {e}", f.name));
            }
            self.record.feeds.insert(
                f.name.clone(),
                Named {
                    number: f.number,
                    address: f.aggregator,
                    decimals: now.decimals,
                },
            );
        }
        Ok(())
    }

    async fn rules(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        if let Some(rules) = &house.rules {
            let call = rules.call()?;
            let now = self.ask(at.parameters, &IParameters::rulesCall {}).await?;
            let same = (now.imFactor, now.mmFactor, now.maxOffset)
                == (call.imFactor, call.mmFactor, call.maxOffset)
                && (now.calmReach, now.togetherReach, now.coinFeed)
                    == (call.calmReach, call.togetherReach, call.coinFeed);
            if !same {
                self.send(at.parameters, &call, U256::ZERO, "rules set")
                    .await?;
            }
        }
        if let Some(signers) = &house.signers {
            let now = self.ask(at.oracle, &IOracle::signersCall {}).await?;
            if (&now.signers, now.threshold) != (&signers.addresses, signers.threshold) {
                let call = IOracle::setSignersCall {
                    signers: signers.addresses.clone(),
                    threshold: signers.threshold,
                };
                self.send(at.oracle, &call, U256::ZERO, "signers set")
                    .await?;
            }
        }
        Ok(())
    }

    async fn underlyings(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for u in &house.underlyings {
            let terms = u.terms()?;
            let query = IParameters::underlyingCall {
                underlying: u.number,
            };
            let now = self.client.call(at.parameters, &query).await.ok();
            if now.as_ref() != Some(&terms) {
                let call = IParameters::setUnderlyingCall {
                    underlying: u.number,
                    terms: terms.clone(),
                };
                let what = format!("underlying {} listed", u.name);
                self.send(at.parameters, &call, U256::ZERO, &what).await?;
            }
            let now = self.ask(at.parameters, &query).await?;
            ensure!(now == terms, "underlying {} is not what was set", u.name);
            if let Some(surface) = &u.surface {
                let call = IOracle::setSurfaceTermsCall {
                    underlying: u.number,
                    feed: u.feed,
                    maxAge: surface.max_age,
                    maxBasis: wad64(&surface.max_basis, &u.name)?,
                };
                let query = IOracle::surfaceTermsCall {
                    underlying: u.number,
                };
                let now = self.ask(at.oracle, &query).await?;
                if (now.feed, now.maxAge, now.maxBasis) != (call.feed, call.maxAge, call.maxBasis) {
                    let what = format!("expiries of {} allowed", u.name);
                    self.send(at.oracle, &call, U256::ZERO, &what).await?;
                }
            }
            self.record.underlyings.insert(
                u.name.clone(),
                UnderlyingRecord {
                    number: u.number,
                    feed: u.feed,
                    lot: terms.lot,
                },
            );
        }
        Ok(())
    }

    async fn tokens(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for (index, t) in house.tokens.iter().enumerate() {
            let index = u8::try_from(index).map_err(|_| eyre!("too many tokens"))?;
            let says = self.ask(t.address, &IERC20::decimalsCall {}).await?;
            ensure!(
                says == t.decimals,
                "{} at {} says it has {says} decimals, the house's file says {}",
                t.symbol,
                t.address,
                t.decimals
            );
            let cap = t.cap_units()?;
            let asset = IParameters::setAssetCall {
                asset: index,
                feed: t.feed,
                underlying: t.underlying,
                decimals: t.decimals,
                imHaircut: wad64(&t.im_haircut, &t.symbol)?,
                mmHaircut: wad64(&t.mm_haircut, &t.symbol)?,
            };
            let query = IParameters::assetCall { asset: index };
            let same = |now: &IParameters::assetReturn| {
                (
                    now.feed,
                    now.underlying,
                    now.decimals,
                    now.imHaircut,
                    now.mmHaircut,
                ) == (
                    asset.feed,
                    asset.underlying,
                    asset.decimals,
                    asset.imHaircut,
                    asset.mmHaircut,
                )
            };
            // Parameters first: the vault may ask about an asset as soon as it is listed there.
            let now = self.client.call(at.parameters, &query).await.ok();
            if !now.as_ref().is_some_and(same) {
                let what = format!("{} priced", t.symbol);
                self.send(at.parameters, &asset, U256::ZERO, &what).await?;
            }
            ensure!(
                same(&self.ask(at.parameters, &query).await?),
                "asset {} is not what was set",
                t.symbol
            );
            let count = self.ask(at.vault, &IVault::assetCountCall {}).await?;
            if index < count {
                let now = self
                    .ask(at.vault, &IVault::assetCall { asset: index })
                    .await?;
                ensure!(
                    now.token == t.address,
                    "asset {index} of the vault is {}, the house's file says {}: the order of \
                     tokens cannot change",
                    now.token,
                    t.address
                );
                if now.cap != cap {
                    let call = IVault::setCapCall { asset: index, cap };
                    let what = format!("cap of {} set", t.symbol);
                    self.send(at.vault, &call, U256::ZERO, &what).await?;
                }
            } else {
                let call = IVault::listAssetCall {
                    token: t.address,
                    cap,
                };
                let what = format!("{} listed", t.symbol);
                self.send(at.vault, &call, U256::ZERO, &what).await?;
            }
            let now = self
                .ask(at.vault, &IVault::assetCall { asset: index })
                .await?;
            ensure!(
                (now.token, now.decimals, now.cap) == (t.address, t.decimals, cap),
                "asset {} of the vault is not what was set",
                t.symbol
            );
            self.record.tokens.insert(
                t.symbol.clone(),
                Named {
                    number: index.into(),
                    address: t.address,
                    decimals: t.decimals,
                },
            );
        }
        Ok(())
    }

    async fn venues(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        for v in &house.venues {
            let call = IClearinghouse::setVenueCall {
                venue: v.number,
                contractAddress: v.address,
                feeAccount: v.fee_account,
                band: wad64(&v.band, &v.name)?,
                active: true,
            };
            let query = IClearinghouse::venueCall { venue: v.number };
            let same = |now: &IClearinghouse::venueReturn| {
                (now.contractAddress, now.feeAccount, now.band, now.active)
                    == (call.contractAddress, call.feeAccount, call.band, true)
            };
            let now = self.client.call(at.clearinghouse, &query).await.ok();
            if !now.as_ref().is_some_and(same) {
                ensure!(
                    !self.client.code(v.address).await?.is_empty(),
                    "venue {}: there is no contract at {}",
                    v.name,
                    v.address
                );
                let what = format!("venue {} admitted", v.name);
                self.send(at.clearinghouse, &call, U256::ZERO, &what)
                    .await?;
            }
            ensure!(
                same(&self.ask(at.clearinghouse, &query).await?),
                "venue {} is not what was set",
                v.name
            );
            self.record.venues.insert(
                v.name.clone(),
                VenueRecord {
                    number: v.number,
                    address: v.address,
                },
            );
        }
        Ok(())
    }

    async fn auction(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        let Some(a) = &house.auction else {
            return Ok(());
        };
        let of = "auction";
        let call = IAuction::setParametersCall {
            lambdaMax: wad64(&a.lambda_max, of)?,
            duration: a.duration,
            fundLambdaMax: wad64(&a.fund_lambda_max, of)?,
            fundDuration: a.fund_duration,
            buffer: wad64(&a.buffer, of)?,
            minFraction: wad64(&a.min_fraction, of)?,
        };
        let now = self.ask(at.auction, &IAuction::parametersCall {}).await?;
        let same = (now.lambdaMax, now.duration, now.fundLambdaMax)
            == (call.lambdaMax, call.duration, call.fundLambdaMax)
            && (now.fundDuration, now.buffer, now.minFraction)
                == (call.fundDuration, call.buffer, call.minFraction);
        if !same {
            self.send(at.auction, &call, U256::ZERO, "auction parameters set")
                .await?;
        }
        Ok(())
    }

    /// Offers ownership to whom the house's file names.
    async fn hand_over(&mut self, at: Addresses, house: &HouseConfig) -> Result<()> {
        let Some(new_owner) = house.owner.filter(|&o| o != self.signer.address()) else {
            return Ok(());
        };
        // Margin belongs to parameters, the views to nobody.
        let owned = crate::wasm::CONTRACTS.into_iter();
        for name in owned.filter(|name| !["margin", "lens", "explainer"].contains(name)) {
            let Some(to) = at.get(name) else { continue };
            let owner = self.ask(to, &IVault::ownerCall {}).await?;
            let pending = self.ask(to, &IVault::pendingOwnerCall {}).await?;
            if owner == new_owner || pending == new_owner {
                continue;
            }
            let call = IVault::transferOwnershipCall {
                newOwner: new_owner,
            };
            let what = format!("{name} offered to {new_owner}");
            self.send(to, &call, U256::ZERO, &what).await?;
        }
        self.progress.say(format!(
            "  {new_owner} now calls acceptOwnership() on each contract"
        ));
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

    #[test]
    fn records_survive_a_round_trip() {
        let dir = std::env::temp_dir().join(format!("plimsoll-record-{}", std::process::id()));
        let path = dir.join("7.json");
        let mut record = Record::open(&path, 7).unwrap();
        record.contracts.vault = Some(Deployed {
            address: ARB_WASM,
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
