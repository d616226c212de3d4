//! The chain: blocks, state, transactions, and the levers a test pulls.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `blocks` | making blocks |
//! | `transactions` | taking transactions: filling, signing, checking, the pool |
//! | `calls` | calls that change nothing, estimates, traces and access lists |
//! | `levers` | the levers a test pulls: blocks, snapshots, accounts, time |
//! | `programs` | deploying contracts and activating programs |
//! | `cache_manager` | the contract that sells places in the program cache |
//! | `simulate` | blocks of calls that change nothing (`eth_simulateV1`) |
//! | `fork` | starting at a block of another chain |
//! | `dump` | writing a chain down, and going on from there |

mod blocks;
mod cache_manager;
mod calls;
mod dump;
mod fork;
mod levers;
mod programs;
mod simulate;
mod transactions;

use blocks::{block_size, mix_hash};
pub use cache_manager::CACHE_MANAGER;
pub use programs::init_code;
pub use simulate::{SimulatedBlock, SimulatedCall, SimulationError};

use crate::{
    arbos::{self, ARBOS_STATE},
    config::{self, ChainConfig, DevAccount},
    error::{ChainError, Result},
    evm::{self, Executed, SEQUENCER},
    precompiles,
    state::State,
    stylus::ModuleCache,
    types::{Block, CallResult, ChainEvent, Transaction},
};
use alloy::{
    consensus::{
        EMPTY_OMMER_ROOT_HASH, Header, Transaction as _, TxEnvelope, constants::EMPTY_ROOT_HASH,
    },
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, B64, B256, Bloom, Bytes, U256, address, bytes, keccak256},
    rpc::types::{Filter, FilterBlockOption, Log},
};
use revm::context::result::{EVMError, InvalidTransaction};
use std::{
    collections::HashSet,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::broadcast;

/// The deterministic deployment proxy: deploys its calldata after the first word with CREATE2, the
/// first word being the salt.
pub const CREATE2_DEPLOYER: Address = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");

const CREATE2_DEPLOYER_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// Gas a call has unless it says otherwise.
const CALL_GAS: u64 = 50_000_000;

/// Times a call is executed to find its access list, where that does not settle.
const MAX_LIST_ROUNDS: u32 = 16;

/// Seconds between L1 blocks.
const L1_BLOCK_TIME: u64 = 12;

/// Blocks whose hashes a transaction can see.
const HASHES: usize = 256;

/// Bytes of a signed transaction beside its input, for estimating its way to L1.
const ENVELOPE_BYTES: u64 = 110;

/// Events a slow subscriber may be behind.
const EVENTS: usize = 4096;

/// A chain. `Send`; wrap it in a mutex to share it.
#[derive(Debug)]
pub struct Chain {
    config: Arc<ChainConfig>,
    accounts: Vec<DevAccount>,
    modules: Arc<ModuleCache>,
    inner: Inner,
    snapshots: Vec<(u64, Inner)>,
    next_snapshot: u64,
    automine: bool,
    impersonated: HashSet<Address>,
    auto_impersonate: bool,
    events: broadcast::Sender<ChainEvent>,
}

impl Clone for Chain {
    /// A chain that goes its own way from here: what it shares with this one never changes. Events
    /// go to its own subscribers, of which it has none yet.
    fn clone(&self) -> Self {
        Self {
            config: self.config.clone(),
            accounts: self.accounts.clone(),
            modules: self.modules.clone(),
            inner: self.inner.clone(),
            snapshots: self.snapshots.clone(),
            next_snapshot: self.next_snapshot,
            automine: self.automine,
            impersonated: self.impersonated.clone(),
            auto_impersonate: self.auto_impersonate,
            events: broadcast::channel(EVENTS).0,
        }
    }
}

impl From<Executed> for CallResult {
    fn from(done: Executed) -> Self {
        Self {
            outcome: done.outcome,
            reason: done.reason,
            gas_used: done.gas_used,
            gas_refunded: done.gas_refunded,
            gas_used_for_l1: 0,
            output: done.output,
            logs: done.logs,
            contract_address: done.created,
            trace: done.trace,
        }
    }
}

/// What a snapshot remembers.
#[derive(Clone, Debug)]
struct Inner {
    blocks: Vec<Arc<Block>>,
    by_hash: imbl::HashMap<B256, u64>,
    transactions: imbl::HashMap<B256, Arc<Transaction>>,
    /// The state after the latest block and the levers pulled since.
    state: State,
    state_root: B256,
    pending: Vec<Pending>,
    base_fee: u64,
    time: Time,
    /// L1 block number `.0` at chain time `.1`.
    l1_blocks: (u64, u64),
}

#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Time {
    /// Seconds the clock was moved by, in all.
    moved: u64,
    /// Seconds to add to the next block alone, where blocks are a step apart.
    jump: u64,
    /// Seconds from block to block that were set, whatever the clock.
    interval: Option<u64>,
    /// What to add to the system's clock ([`Clock::System`]).
    offset: i128,
    /// The next block's time.
    next: Option<u64>,
}

#[derive(Clone, Debug)]
struct Pending {
    envelope: TxEnvelope,
    hash: B256,
    sender: Address,
    impersonated: bool,
}

/// Reading.
impl Chain {
    /// Starts a chain at block 0.
    pub fn new(mut config: ChainConfig) -> Self {
        let accounts = config::dev_accounts(config.accounts);
        if config.owners.is_empty() {
            config
                .owners
                .extend(accounts.first().map(|account| account.address));
        }
        let mut state = State::default();
        for account in &accounts {
            state.set_balance(account.address, config.balance);
        }
        state.set_nonce(ARBOS_STATE, 1);
        arbos::initialise(
            &mut state,
            &arbos::Genesis {
                version: config.arbos_version,
                owners: &config.owners,
                network_fee_account: config.network_fee_account,
            },
        );
        precompiles::install(&mut state);
        cache_manager::install(&mut state);
        state.set_nonce(CREATE2_DEPLOYER, 1);
        state.set_code(CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE);

        let state_root = keccak256(format!(
            "{} {} {:?} {} {:?}",
            config.chain_id,
            config.arbos_version,
            config.owners,
            config.balance,
            accounts.len()
        ));
        let header = Header {
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: SEQUENCER,
            state_root,
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            difficulty: U256::ONE,
            gas_limit: config.block_gas_limit,
            timestamp: config.genesis_timestamp,
            extra_data: B256::ZERO.into(),
            mix_hash: mix_hash(0, config.l1_block_number, config.arbos_version),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(config.base_fee),
            ..Default::default()
        };
        let genesis = Block {
            hash: header.hash_slow(),
            l1_block_number: config.l1_block_number,
            size: block_size(&header, &[]),
            header,
            transactions: Vec::new(),
            before: state.clone(),
            state,
        };
        Self::starting_at(genesis, config, accounts)
    }

    /// A chain whose first block is this one.
    fn starting_at(first: Block, config: ChainConfig, accounts: Vec<DevAccount>) -> Self {
        Self {
            inner: Inner {
                by_hash: imbl::HashMap::unit(first.hash, first.header.number),
                state: first.state.clone(),
                state_root: first.header.state_root,
                l1_blocks: (first.l1_block_number, first.header.timestamp),
                blocks: vec![Arc::new(first)],
                transactions: imbl::HashMap::new(),
                pending: Vec::new(),
                base_fee: config.base_fee,
                time: Time::default(),
            },
            automine: config.automine,
            config: Arc::new(config),
            accounts,
            modules: Arc::default(),
            snapshots: Vec::new(),
            next_snapshot: 1,
            impersonated: HashSet::new(),
            auto_impersonate: false,
            events: broadcast::Sender::new(EVENTS),
        }
    }

    /// How it was started.
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// The accounts whose keys it holds.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }

    /// Number of the latest block.
    pub fn block_number(&self) -> u64 {
        self.latest().header.number
    }

    /// The latest block.
    pub fn latest(&self) -> &Arc<Block> {
        &self.inner.blocks[self.inner.blocks.len() - 1]
    }

    /// Number of the oldest block it holds: 0, or the block it forked at.
    pub(crate) fn first_number(&self) -> u64 {
        self.inner
            .blocks
            .first()
            .map_or(0, |block| block.header.number)
    }

    /// The block, if there is one. `pending` answers none: see [`Self::pending_block`]. A fork holds
    /// the block it forked at, without its transactions, and those after it.
    pub fn block(&self, id: BlockId) -> Option<&Arc<Block>> {
        let number = match id {
            BlockId::Hash(hash) => *self.inner.by_hash.get(&hash.block_hash)?,
            BlockId::Number(tag) => match tag {
                BlockNumberOrTag::Latest | BlockNumberOrTag::Finalized | BlockNumberOrTag::Safe => {
                    self.block_number()
                }
                BlockNumberOrTag::Earliest => 0,
                BlockNumberOrTag::Pending => return None,
                BlockNumberOrTag::Number(number) => number,
            },
        };
        let place = number.checked_sub(self.first_number())?;
        self.inner.blocks.get(usize::try_from(place).ok()?)
    }

    /// The block that mining now would make, without its transactions.
    pub fn pending_block(&self) -> Block {
        let block = self.next_surroundings(self.next_block_timestamp());
        let (mut state, mut root) = (self.inner.state.clone(), self.inner.state_root);
        blocks::upgrade_if_due(&mut state, &mut root, block.timestamp);
        let header = self.header(&block, &state, Vec::new(), Vec::new(), Bloom::ZERO, 0);
        Block {
            hash: header.hash_slow(),
            l1_block_number: block.l1_number.saturating_to(),
            size: block_size(&header, &[]),
            header,
            transactions: Vec::new(),
            before: self.inner.state.clone(),
            state: self.inner.state.clone(),
        }
    }

    /// A transaction in a block, with its receipt.
    pub fn transaction(&self, hash: B256) -> Option<&Arc<Transaction>> {
        self.inner.transactions.get(&hash)
    }

    /// Transactions waiting for a block, with their senders, in order.
    pub fn pending_transactions(&self) -> impl Iterator<Item = (&TxEnvelope, Address)> {
        self.inner
            .pending
            .iter()
            .map(|tx| (&tx.envelope, tx.sender))
    }

    /// Logs in the blocks of the filter, oldest first.
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>> {
        let (from, to) = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let number = match self.block(hash.into()) {
                    Some(block) => block.header.number,
                    None => self
                        .number_before_fork(hash)?
                        .ok_or_else(|| ChainError::UnknownBlock(hash.to_string()))?,
                };
                (number, number)
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => {
                let latest = self.block_number();
                let number = |tag: Option<BlockNumberOrTag>| match tag.unwrap_or_default() {
                    BlockNumberOrTag::Number(number) => number,
                    BlockNumberOrTag::Earliest => 0,
                    BlockNumberOrTag::Pending => latest + 1,
                    _ => latest,
                };
                let (from, to) = (number(from_block), number(to_block));
                // a tag means the head, before which there is nothing yet
                if from > to && matches!(to_block, Some(BlockNumberOrTag::Number(_))) {
                    return Err(ChainError::InvalidFilter(format!(
                        "range from {from} to {to} runs backwards"
                    )));
                }
                (from, to.min(latest))
            }
        };
        let mut logs = self.logs_before_fork(filter, from, to)?;
        for number in from.max(self.first_number())..=to {
            let Some(block) = self.block(number.into()) else {
                break;
            };
            if filter.matches_bloom(block.header.logs_bloom) {
                logs.extend(
                    block
                        .logs()
                        .filter(|log| filter.matches(&log.inner))
                        .cloned(),
                );
            }
        }
        Ok(logs)
    }

    /// Balance after a block.
    pub fn balance(&self, address: Address, block: BlockId) -> Result<U256> {
        self.sound(|| Ok(self.state_at(block)?.balance(&address)))
    }

    /// Nonce after a block; `pending` counts waiting transactions.
    pub fn nonce(&self, address: Address, block: BlockId) -> Result<u64> {
        let mut nonce = self.sound(|| Ok(self.state_at(block)?.nonce(&address)))?;
        if block == BlockId::pending() {
            let waiting: HashSet<u64> = self
                .inner
                .pending
                .iter()
                .filter(|tx| tx.sender == address)
                .map(|tx| tx.envelope.nonce())
                .collect();
            while waiting.contains(&nonce) {
                nonce += 1;
            }
        }
        Ok(nonce)
    }

    /// Code after a block.
    pub fn code(&self, address: Address, block: BlockId) -> Result<Bytes> {
        self.sound(|| Ok(self.state_at(block)?.code(&address)))
    }

    /// A storage slot after a block.
    pub fn storage(&self, address: Address, slot: U256, block: BlockId) -> Result<B256> {
        self.sound(|| Ok(self.state_at(block)?.storage(&address, &slot).into()))
    }

    /// Version of ArbOS that the next block is under.
    pub fn arbos_version(&self) -> u64 {
        arbos::version(&mut self.inner.state.clone())
    }

    /// The base fee of the next block.
    pub const fn base_fee(&self) -> u64 {
        self.inner.base_fee
    }

    /// Root of the tree of an account's storage after a block, and for each of `slots` the nodes
    /// that prove its value (or that it has none), root first. None on a fork, where not all of the
    /// storage is known.
    pub fn storage_tree(
        &self,
        address: Address,
        slots: &[B256],
        block: BlockId,
    ) -> Result<Option<(B256, Vec<Vec<Bytes>>)>> {
        self.sound(|| Ok(self.state_at(block)?.storage_tree(&address, slots)))
    }

    /// A receiver of all that happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }

    fn state_at(&self, id: BlockId) -> Result<&State> {
        if id == BlockId::pending() {
            return Ok(&self.inner.state);
        }
        let block = self.block(id).ok_or_else(|| unknown_block(id))?;
        // levers pulled since the latest block show at once
        if block.header.number == self.block_number() {
            return Ok(&self.inner.state);
        }
        Ok(&block.state)
    }

    /// Whether each transaction gets a block at once.
    pub const fn automine(&self) -> bool {
        self.automine
    }

    /// Switches that. Off, transactions wait for [`Self::mine`].
    pub const fn set_automine(&mut self, on: bool) {
        self.automine = on;
    }

    /// Lets requests come from any address.
    pub const fn set_auto_impersonate(&mut self, on: bool) {
        self.auto_impersonate = on;
    }

    /// Makes blocks so many seconds apart, whatever the clock; `None` lets the clock decide again.
    /// Answers what it was.
    pub const fn set_block_interval(&mut self, seconds: Option<u64>) -> Option<u64> {
        core::mem::replace(&mut self.inner.time.interval, seconds)
    }

    /// Sets the base fee of the next blocks.
    pub const fn set_base_fee(&mut self, wei: u64) {
        self.inner.base_fee = wei;
    }
}

fn unknown_block(id: BlockId) -> ChainError {
    ChainError::UnknownBlock(match id {
        BlockId::Hash(hash) => hash.block_hash.to_string(),
        BlockId::Number(number) => number.to_string(),
    })
}

fn vm_error(error: evm::VmError) -> ChainError {
    match error {
        EVMError::Transaction(InvalidTransaction::CallGasCostMoreThanGasLimit {
            initial_gas,
            gas_limit,
        }) => ChainError::IntrinsicGas {
            have: gas_limit,
            want: initial_gas,
        },
        EVMError::Transaction(InvalidTransaction::LackOfFundForMaxFee { fee, balance }) => {
            ChainError::InsufficientFunds {
                address: Address::ZERO,
                have: *balance,
                want: *fee,
            }
        }
        EVMError::Transaction(e) => ChainError::InvalidRequest(e.to_string()),
        e => ChainError::Internal(e.to_string()),
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

const _: fn() = || {
    const fn is_send<T: Send>() {}
    is_send::<Chain>();
};
