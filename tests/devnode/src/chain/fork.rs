//! Starting at a block of another chain.
use super::{CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE, Chain, blocks::upgrade};
use crate::{
    arbos,
    config::{self, ChainConfig, SUPPORTED_ARBOS},
    error::{ChainError, Result},
    fork::{Fork, Origin, Remote, quantity},
    state::State,
    types::Block,
};
use alloy::{
    consensus::Header,
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{Filter, FilterBlockOption, Log},
};
use serde_json::{Value, json};
use std::{cmp::Ordering, sync::Arc};

impl Chain {
    /// A chain that goes on from a block of another one. Its state is fetched when it is first read;
    /// nothing is ever sent to the other chain. The development accounts have their balance here,
    /// and no code.
    ///
    /// Of `config`, what the other chain decides is ignored: chain id, ArbOS version, base fee, block
    /// gas limit, times, L1 block number, owners, network fee account. ArbOS' own state is the other
    /// chain's too: activated programs, what owners set.
    ///
    /// Reads block the calling thread for as long as the source takes.
    ///
    /// # Errors
    ///
    /// * [`ChainError::Source`] - the source does not answer, is not an Arbitrum node, has no such
    ///   block, or is of an ArbOS version that is not modelled.
    pub fn fork(mut config: ChainConfig, fork: Fork) -> Result<Self> {
        let remote = Remote::new(fork.source);
        let number = match fork.block {
            Some(number) => number,
            None => number_of(
                &remote,
                "eth_blockNumber",
                &remote.ask("eth_blockNumber", json!([]))?,
            )?,
        };
        let block = json!([format!("{number:#x}"), false]);
        let answers =
            remote.ask_all(&[("eth_chainId", json!([])), ("eth_getBlockByNumber", block)])?;
        let [chain_id, block] = &answers[..] else {
            return Err(ChainError::Internal("an answer is missing".into()));
        };
        let chain_id = number_of(&remote, "eth_chainId", chain_id)?;
        let (header, hash) = header_of(&remote, number, block)?;

        let version = header.mix_hash[16..24]
            .iter()
            .fold(0, |n, byte| n << 8 | u64::from(*byte));
        config.arbos_version = fork.arbos_version.unwrap_or(version);
        if !SUPPORTED_ARBOS.contains(&config.arbos_version) {
            return Err(ChainError::Source(format!(
                "{} has ArbOS {version} at block {number}, and {} was to be taken; modelled are \
                 {SUPPORTED_ARBOS:?}: name the one whose rules to take (--arbos)",
                remote.name(),
                config.arbos_version
            )));
        }
        config.chain_id = fork.chain_id.unwrap_or(chain_id);
        config.base_fee = header.base_fee_per_gas.unwrap_or_default();
        config.block_gas_limit = header.gas_limit;
        config.genesis_timestamp = header.timestamp;
        config.l1_block_number =
            number_of(&remote, "l1BlockNumber of a block", &block["l1BlockNumber"])?;

        let origin = Arc::new(Origin::new(remote, number));

        let accounts = config::dev_accounts(config.accounts);
        let mut wanted: Vec<Address> = accounts.iter().map(|account| account.address).collect();
        wanted.push(CREATE2_DEPLOYER);
        origin.fetch(&wanted)?;
        let mut state = State::fork(origin.clone());
        for account in &accounts {
            state.set_balance(account.address, config.balance);
            // Their keys are public: on live chains others made them delegate to contracts.
            state.set_code(account.address, Bytes::new());
        }
        if state.code(&CREATE2_DEPLOYER).is_empty() {
            state.set_nonce(CREATE2_DEPLOYER, 1);
            state.set_code(CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE);
        }
        match config.arbos_version.cmp(&version) {
            Ordering::Equal => {}
            Ordering::Greater => upgrade(&mut state, &mut B256::default(), config.arbos_version),
            Ordering::Less => arbos::set_version(&mut state, config.arbos_version),
        }
        let size = quantity(&block["size"]).unwrap_or_default().saturating_to();
        let first = Block {
            hash,
            l1_block_number: config.l1_block_number,
            size,
            header,
            transactions: Vec::new(),
            before: state.clone(),
            state,
        };
        if origin.failures() != 0 {
            return Err(origin.last_failure());
        }
        Ok(Self::starting_at(first, config, accounts))
    }

    /// Where it forked: the source's name and the block's number. None if it is no fork.
    pub fn forked_at(&self) -> Option<(&str, u64)> {
        let origin = self.origin()?;
        Some((origin.remote().name(), origin.number()))
    }

    pub(crate) const fn origin(&self) -> Option<&Arc<Origin>> {
        self.inner.state.origin()
    }

    /// Does some reading. If the fork's source failed to answer meanwhile, what was read is not true.
    pub(crate) fn sound<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let unread = self.unread();
        let done = work();
        self.read_since(unread)?;
        done
    }

    /// Reads that the fork's source did not answer so far.
    pub(crate) fn unread(&self) -> u64 {
        self.inner.state.failures()
    }

    /// An error if there were more of them since.
    pub(crate) fn read_since(&self, unread: u64) -> Result<()> {
        match self.origin() {
            Some(origin) if origin.failures() != unread => Err(origin.last_failure()),
            _ => Ok(()),
        }
    }

    /// What the source says to a request.
    ///
    /// # Errors
    ///
    /// The source refuses, or does not answer; or this is no fork.
    pub(crate) fn ask_remote(&self, method: &str, params: Value) -> Result<Value> {
        let no_fork = || ChainError::Internal("this is no fork".into());
        self.origin()
            .ok_or_else(no_fork)?
            .remote()
            .ask(method, params)
    }

    /// A block or transaction of the other chain, up to the block forked at: the other chain goes
    /// on, which is not to be seen here.
    ///
    /// # Errors
    ///
    /// The source refuses, or does not answer.
    pub(crate) fn ask_source(&self, method: &str, params: Value) -> Result<Option<Value>> {
        let Some(origin) = self.origin() else {
            return Ok(None);
        };
        let answer = origin.remote().ask(method, params)?;
        let number = ["number", "blockNumber"]
            .iter()
            .find_map(|key| quantity(answer.get(key)?));
        let before = number.is_some_and(|number| number <= U256::from(origin.number()));
        Ok(before.then_some(answer))
    }

    /// Number of a block of the other chain, up to the one forked at.
    pub(crate) fn number_before_fork(&self, hash: B256) -> Result<Option<u64>> {
        let block = self.ask_source("eth_getBlockByHash", json!([hash, false]))?;
        Ok(block
            .and_then(|block| quantity(&block["number"]))
            .map(|number| number.saturating_to()))
    }

    /// Logs in blocks up to the one forked at.
    pub(super) fn logs_before_fork(&self, filter: &Filter, from: u64, to: u64) -> Result<Vec<Log>> {
        let Some(origin) = self.origin() else {
            return Ok(Vec::new());
        };
        if from > origin.number() || from > to {
            return Ok(Vec::new());
        }
        let mut filter = filter.clone();
        filter.block_option = FilterBlockOption::Range {
            from_block: Some(from.into()),
            to_block: Some(to.min(origin.number()).into()),
        };
        let filter =
            serde_json::to_value(&filter).map_err(|e| ChainError::Internal(e.to_string()))?;
        let answer = origin.remote().ask("eth_getLogs", json!([filter]))?;
        serde_json::from_value(answer.clone())
            .map_err(|e| origin.remote().odd("eth_getLogs", &answer, &e.to_string()))
    }
}

fn number_of(remote: &Remote, what: &str, answer: &Value) -> Result<u64> {
    quantity(answer)
        .and_then(|number| u64::try_from(number).ok())
        .ok_or_else(|| remote.odd(what, answer, "not a number of 64 bits"))
}

/// The header of the block asked for, and its hash.
fn header_of(remote: &Remote, number: u64, block: &Value) -> Result<(Header, B256)> {
    if block.is_null() {
        return Err(ChainError::Source(format!(
            "{} has no block {number}",
            remote.name()
        )));
    }
    let odd = |problem: &str| remote.odd("eth_getBlockByNumber", block, problem);
    let header: Header = serde_json::from_value(block.clone()).map_err(|e| odd(&e.to_string()))?;
    let hash: B256 =
        serde_json::from_value(block["hash"].clone()).map_err(|e| odd(&e.to_string()))?;
    if header.number != number {
        return Err(odd(&format!("block {} instead of {number}", header.number)));
    }
    if header.hash_slow() != hash {
        return Err(odd(&format!("its fields hash to {}", header.hash_slow())));
    }
    Ok((header, hash))
}
