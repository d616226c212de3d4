//! The chain: blocks, state, transactions, and the levers a test pulls.

use crate::{
    arbos::{self, ARBOS_STATE},
    config::{self, ChainConfig, Clock, DevAccount},
    error::{ChainError, Result},
    evm::{self, Executed, Job, L1_PRICER_FUNDS_POOL, MAX_TX_GAS, SEQUENCER, Surroundings},
    precompiles::{ARB_ADDRESSES, Precompiles, arb_wasm, node_interface},
    state::State,
    state_root,
    stylus::{ModuleCache, RecentPrograms},
    txs,
    types::{Block, CallFrame, CallRequest, CallResult, ChainEvent, Outcome, Receipt, Transaction},
};
use alloy::{
    consensus::{
        EMPTY_OMMER_ROOT_HASH, Header, Transaction as _, TxEnvelope,
        constants::EMPTY_ROOT_HASH,
        proofs::{calculate_receipt_root, calculate_transaction_root},
    },
    eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718},
    primitives::{Address, B64, B256, Bloom, Bytes, TxKind, U256, address, bytes, keccak256},
    rpc::types::{
        AccessList, AccessListItem, BlockOverrides, Filter, FilterBlockOption, Log,
        TransactionRequest, state::StateOverride,
    },
    signers::SignerSync,
    sol_types::{SolCall, SolInterface},
};
use revm::context::result::{EVMError, InvalidTransaction};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
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

#[derive(Clone, Copy, Debug, Default)]
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
        for precompile in ARB_ADDRESSES {
            state.set_code(precompile, bytes!("fe"));
        }
        state.set_nonce(ARBOS_STATE, 1);
        for owner in config.owners.clone() {
            arbos::set_cache_manager(&mut state, owner, true);
        }
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
            mix_hash: mix_hash(config.l1_block_number, config.arbos_version),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(config.base_fee),
            ..Default::default()
        };
        let genesis = Arc::new(Block {
            hash: header.hash_slow(),
            l1_block_number: config.l1_block_number,
            size: block_size(&header, &[]),
            header,
            transactions: Vec::new(),
            before: state.clone(),
            state: state.clone(),
        });
        Self {
            inner: Inner {
                by_hash: imbl::HashMap::unit(genesis.hash, 0),
                blocks: vec![genesis],
                transactions: imbl::HashMap::new(),
                state,
                state_root,
                pending: Vec::new(),
                base_fee: config.base_fee,
                time: Time::default(),
                l1_blocks: (config.l1_block_number, config.genesis_timestamp),
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
        self.inner.blocks.len() as u64 - 1
    }

    /// The latest block.
    pub fn latest(&self) -> &Arc<Block> {
        &self.inner.blocks[self.inner.blocks.len() - 1]
    }

    /// The block, if there is one. `pending` answers none: see [`Self::pending_block`].
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
        self.inner.blocks.get(usize::try_from(number).ok()?)
    }

    /// The block that mining now would make, without its transactions.
    pub fn pending_block(&self) -> Block {
        let block = self.next_surroundings(self.next_block_timestamp());
        let header = self.header(&block, Vec::new(), Vec::new(), Bloom::ZERO, 0);
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
                let block = self
                    .block(hash.into())
                    .ok_or_else(|| ChainError::UnknownBlock(hash.to_string()))?;
                (block.header.number, block.header.number)
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
        let mut logs = Vec::new();
        for number in from..=to {
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
        Ok(self.state_at(block)?.balance(&address))
    }

    /// Nonce after a block; `pending` counts waiting transactions.
    pub fn nonce(&self, address: Address, block: BlockId) -> Result<u64> {
        let mut nonce = self.state_at(block)?.nonce(&address);
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
        Ok(self.state_at(block)?.code(&address))
    }

    /// A storage slot after a block.
    pub fn storage(&self, address: Address, slot: U256, block: BlockId) -> Result<B256> {
        Ok(self.state_at(block)?.storage(&address, &slot).into())
    }

    /// The base fee of the next block.
    pub const fn base_fee(&self) -> u64 {
        self.inner.base_fee
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
}

/// Executing.
impl Chain {
    /// Takes an encoded signed transaction (EIP-2718). With automine it is in a block on return.
    pub fn send_raw(&mut self, raw: &[u8]) -> Result<B256> {
        self.send(txs::decode(raw)?)
    }

    /// Takes a signed transaction.
    pub fn send(&mut self, envelope: TxEnvelope) -> Result<B256> {
        let sender = txs::signer(&envelope)?;
        self.take(envelope, sender, false)
    }

    /// Fills what the request leaves open (nonce, gas, fees), signs it with a dev account's key or
    /// stands in for an impersonated sender, and takes it.
    pub fn send_request(&mut self, request: TransactionRequest) -> Result<B256> {
        let from = self.sender_of(&request);
        if !self.is_impersonated(from) && self.signer_of(from).is_none() {
            return Err(ChainError::UnknownAccount(from));
        }
        let request = self.fill(request)?;
        self.sign_and_take(request, from)
    }

    /// Like [`Self::send_request`] from anybody, and mines until it is in a block. Gas that is left
    /// open is [`MAX_TX_GAS`], so that failing transactions get their receipt.
    pub fn transact(&mut self, mut request: TransactionRequest) -> Result<Arc<Transaction>> {
        let from = self.sender_of(&request);
        request.gas.get_or_insert(MAX_TX_GAS);
        let request = self.fill(request)?;
        let hash = self.sign_and_take(request, from)?;
        if !self.automine {
            self.mine(1, None)?;
        }
        self.transaction(hash)
            .cloned()
            .ok_or(ChainError::UnknownTransaction(hash))
    }

    /// Fills what the request leaves open, without sending it.
    pub fn fill(&self, mut request: TransactionRequest) -> Result<TransactionRequest> {
        let from = self.sender_of(&request);
        request.from = Some(from);
        if let Some(id) = request.chain_id
            && id != self.config.chain_id
        {
            return Err(ChainError::WrongChain {
                have: Some(id),
                want: self.config.chain_id,
            });
        }
        if request.sidecar.is_some() || request.blob_versioned_hashes.is_some() {
            return Err(ChainError::UnsupportedTransaction(
                "blob transactions".into(),
            ));
        }
        if let Some(kind) = request
            .transaction_type
            .filter(|kind| !matches!(kind, 0..=2 | 4))
        {
            return Err(ChainError::UnsupportedTransaction(format!("type {kind}")));
        }
        request.chain_id = Some(self.config.chain_id);
        let input = txs::input(&request)?;
        request.input = input.into();
        request.to.get_or_insert(TxKind::Create);
        request.value.get_or_insert(U256::ZERO);
        if request.nonce.is_none() {
            request.nonce = Some(self.nonce(from, BlockId::pending())?);
        }
        let legacy = request.gas_price.is_some() || matches!(request.transaction_type, Some(0 | 1));
        if legacy {
            request.gas_price.get_or_insert(self.inner.base_fee.into());
        } else {
            let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
            let cap = 2 * u128::from(self.inner.base_fee) + tip;
            request.max_fee_per_gas.get_or_insert(cap);
        }
        if request.gas.is_none() {
            request.gas = Some(self.estimate_gas(&request.clone().into())?);
        }
        Ok(request)
    }

    /// Executes without leaving a trace. A revert is an outcome, not an error.
    pub fn call(&self, request: &CallRequest) -> Result<CallResult> {
        self.simulate(request, false)
    }

    /// Like [`Self::call`], with the tree of calls.
    pub fn trace_call(&self, request: &CallRequest) -> Result<CallResult> {
        self.simulate(request, true)
    }

    /// The smallest gas limit that works. A revert is an error with its data.
    pub fn estimate_gas(&self, request: &CallRequest) -> Result<u64> {
        let block = request.block.unwrap_or(BlockId::pending());
        let prepared = self.prepare_call(request, block, MAX_TX_GAS)?;
        let (mut job, poster_gas) = prepared;
        // what L1 may take until the transaction is sent: a tenth more
        let poster_gas = poster_gas.saturating_add(poster_gas / 10);
        job.poster_gas = poster_gas;
        let mut high = request
            .transaction
            .gas
            .unwrap_or_else(|| MAX_TX_GAS.saturating_add(poster_gas))
            .min(MAX_TX_GAS.saturating_add(poster_gas));
        if job.tx.gas_price > 0 {
            let balance = job
                .state
                .balance(&job.tx.caller)
                .saturating_sub(job.tx.value);
            let affordable = balance / U256::from(job.tx.gas_price);
            high = high.min(affordable.saturating_to());
        }
        let value = job.tx.value;
        let balance = job.state.balance(&job.tx.caller);
        if value > balance {
            return Err(ChainError::InsufficientFunds {
                address: job.tx.caller,
                have: balance,
                want: value,
            });
        }
        evm::on_big_stack(move || {
            let run = |gas: u64| {
                let mut job = job.clone();
                job.tx.gas_limit = gas;
                match evm::execute(job) {
                    Ok(done) => Ok(Some(done)),
                    Err(EVMError::Transaction(
                        InvalidTransaction::CallGasCostMoreThanGasLimit { .. },
                    )) => Ok(None),
                    Err(e) => Err(vm_error(e)),
                }
            };
            let Some(first) = run(high)? else {
                return Err(ChainError::GasRequiredExceedsAllowance(high));
            };
            match first.outcome {
                Outcome::Success => {}
                Outcome::Reverted => {
                    return Err(ChainError::reverted(first.output, first.reason));
                }
                Outcome::Halted(why) if why == "out of gas" => {
                    return Err(ChainError::GasRequiredExceedsAllowance(high));
                }
                Outcome::Halted(why) => return Err(ChainError::Halted(why)),
            }
            let works =
                |gas: u64| run(gas).map(|done| done.is_some_and(|done| done.outcome.is_success()));
            // what it used is a lower bound; what it used before refunds, and the 64th that each
            // call keeps back, is nearly always close
            let mut low = first.gas_used.saturating_sub(1);
            let spent = first.gas_used + first.gas_refunded;
            for guess in [spent, (spent + 2_300) * 64 / 63] {
                if guess > low && guess < high {
                    if works(guess)? {
                        high = guess;
                        break;
                    }
                    low = guess;
                }
            }
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if works(middle)? {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            Ok(high)
        })
        .map_err(ChainError::Internal)?
    }

    /// The tree of calls of a transaction, executed again where it stood.
    pub fn trace_transaction(&self, hash: B256) -> Result<CallFrame> {
        let wanted = self
            .transaction(hash)
            .ok_or(ChainError::UnknownTransaction(hash))?;
        let block = self
            .block(wanted.block_number.into())
            .ok_or_else(|| ChainError::Internal("transaction without its block".into()))?;
        let surroundings = self.surroundings_of(block);
        let mut state = block.before.clone();
        let mut recent = RecentPrograms::default();
        evm::on_big_stack(|| {
            for tx in &block.transactions {
                let mut job = self.job(&tx.envelope, tx.sender, &state, &surroundings, recent);
                job.trace = tx.hash == hash;
                let done = evm::execute(job).map_err(vm_error)?;
                if tx.hash == hash {
                    return done
                        .trace
                        .ok_or_else(|| ChainError::Internal("no trace".into()));
                }
                recent = done.recent;
                state_root::apply(&mut state, done.changes, &mut B256::default());
            }
            Err(ChainError::UnknownTransaction(hash))
        })
        .map_err(ChainError::Internal)?
    }

    fn sender_of(&self, request: &TransactionRequest) -> Address {
        let first = self.accounts.first().map(|account| account.address);
        request.from.or(first).unwrap_or_default()
    }

    fn signer_of(&self, address: Address) -> Option<&DevAccount> {
        self.accounts
            .iter()
            .find(|account| account.address == address)
    }

    fn sign_and_take(&mut self, request: TransactionRequest, from: Address) -> Result<B256> {
        use alloy::consensus::SignableTransaction;
        let tx = txs::build(request)?;
        let (envelope, stand_in) = match self.signer_of(from) {
            Some(account) => {
                let signature = account
                    .signer
                    .sign_hash_sync(&tx.signature_hash())
                    .map_err(|e| ChainError::Internal(e.to_string()))?;
                (tx.into_envelope(signature), false)
            }
            None => (txs::impersonated(tx, from), true),
        };
        self.take(envelope, from, stand_in)
    }

    /// Takes a transaction into a block, or into the queue.
    fn take(&mut self, envelope: TxEnvelope, sender: Address, impersonated: bool) -> Result<B256> {
        let hash = *envelope.tx_hash();
        let known =
            self.transaction(hash).is_some() || self.inner.pending.iter().any(|tx| tx.hash == hash);
        if known {
            return Err(ChainError::AlreadyKnown(hash));
        }
        let tx = Pending {
            envelope,
            hash,
            sender,
            impersonated,
        };
        self.check(&tx, &self.inner.state, !self.automine)?;
        if self.automine {
            let timestamp = self.next_block_timestamp();
            self.make_block(timestamp, vec![tx], true)?;
        } else {
            // the same nonce again replaces the one that waits
            let same = |other: &Pending| {
                other.sender == sender && other.envelope.nonce() == tx.envelope.nonce()
            };
            match self.inner.pending.iter().position(same) {
                Some(place) => self.inner.pending[place] = tx,
                None => self.inner.pending.push(tx),
            }
            let _ = self.events.send(ChainEvent::Pending(hash));
        }
        Ok(hash)
    }

    /// Whether a transaction may be executed on this state; `waits` lets nonces be ahead.
    fn check(&self, tx: &Pending, state: &State, waits: bool) -> Result<()> {
        let (envelope, address) = (&tx.envelope, tx.sender);
        if envelope.is_eip4844() {
            return Err(ChainError::UnsupportedTransaction(
                "blob transactions".into(),
            ));
        }
        let want = self.config.chain_id;
        if let Some(have) = envelope.chain_id().filter(|have| *have != want) {
            return Err(ChainError::WrongChain {
                have: Some(have),
                want,
            });
        }
        let base_fee = self.inner.base_fee;
        let max_fee = envelope.max_fee_per_gas();
        if envelope
            .max_priority_fee_per_gas()
            .is_some_and(|tip| tip > max_fee)
        {
            return Err(ChainError::TipAboveFeeCap);
        }
        if max_fee < base_fee.into() {
            return Err(ChainError::FeeCapTooLow {
                address,
                max_fee,
                base_fee,
            });
        }
        if envelope.is_create() && envelope.input().len() > txs::MAX_INIT_CODE {
            return Err(ChainError::InitCodeTooLarge {
                size: envelope.input().len(),
            });
        }
        if envelope.is_eip7702() && envelope.authorization_list().is_none_or(<[_]>::is_empty) {
            return Err(ChainError::InvalidRequest(
                "empty authorization list".into(),
            ));
        }
        let (nonce, on_chain) = (envelope.nonce(), state.nonce(&address));
        if nonce < on_chain || nonce == u64::MAX {
            return Err(ChainError::NonceTooLow {
                address,
                tx: nonce,
                state: on_chain,
            });
        }
        if nonce > on_chain && !waits {
            return Err(ChainError::NonceTooHigh {
                address,
                tx: nonce,
                state: on_chain,
            });
        }
        if !tx.impersonated {
            let code = state.code(&address);
            if !code.is_empty() && !code.starts_with(&[0xef, 0x01, 0x00]) {
                return Err(ChainError::SenderHasCode(address));
            }
        }
        let have = state.balance(&address);
        let gas = U256::from(max_fee) * U256::from(envelope.gas_limit());
        let needed = gas.checked_add(envelope.value()).unwrap_or(U256::MAX);
        if needed > have {
            return Err(ChainError::InsufficientFunds {
                address,
                have,
                want: needed,
            });
        }
        Ok(())
    }

    fn job(
        &self,
        envelope: &TxEnvelope,
        sender: Address,
        state: &State,
        block: &Surroundings,
        recent: RecentPrograms,
    ) -> Job {
        Job {
            config: self.config.clone(),
            modules: self.modules.clone(),
            state: state.clone(),
            tx: txs::env(envelope, sender, block.base_fee),
            program_gas_price: envelope.effective_gas_price(Some(block.base_fee)),
            is_call: false,
            poster_gas: self.poster_gas(txs::encoded_len(envelope), block.base_fee),
            recent,
            trace: false,
            block: block.clone(),
        }
    }

    fn poster_gas(&self, bytes: u64, base_fee: u64) -> u64 {
        let cost = u128::from(self.config.l1_price_per_byte) * u128::from(bytes);
        u64::try_from(cost.checked_div(base_fee.into()).unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// Makes a block of these transactions. Those that cannot be executed are dropped, or wait on
    /// if their nonce is ahead; with `strict`, the first of them is an error instead.
    fn make_block(&mut self, timestamp: u64, txs: Vec<Pending>, strict: bool) -> Result<()> {
        let block = self.next_surroundings(timestamp);
        let mut state = self.inner.state.clone();
        let mut root = self.inner.state_root;
        let executed = {
            let (chain, block) = (&*self, &block);
            let (state, root) = (&mut state, &mut root);
            evm::on_big_stack(move || chain.execute_all(txs, block, state, root, strict))
                .map_err(ChainError::Internal)??
        };
        let (done, waiting) = executed;

        let mut cumulative = 0;
        let mut envelopes = Vec::with_capacity(done.len());
        let mut receipts = Vec::with_capacity(done.len());
        let mut finished = Vec::with_capacity(done.len());
        let mut bloom = Bloom::ZERO;
        for (tx, job_poster_gas, result) in done {
            cumulative += result.gas_used;
            let mut logs_bloom = Bloom::ZERO;
            result
                .logs
                .iter()
                .for_each(|log| logs_bloom.accrue_log(log));
            bloom.accrue_bloom(&logs_bloom);
            receipts.push(txs::consensus_receipt(
                tx.envelope.tx_type(),
                result.outcome.is_success(),
                cumulative,
                result.logs.clone(),
                logs_bloom,
            ));
            envelopes.push(tx.envelope.clone());
            finished.push((tx, job_poster_gas, cumulative, logs_bloom, result));
        }
        self.inner.state_root = root;
        let header = self.header(&block, envelopes, receipts, bloom, cumulative);
        let hash = header.hash_slow();
        let mut log_index = 0;
        let transactions: Vec<Arc<Transaction>> = finished
            .into_iter()
            .enumerate()
            .map(
                |(index, (tx, poster_gas, cumulative_gas_used, logs_bloom, result))| {
                    let index = index as u64;
                    let logs = result
                        .logs
                        .into_iter()
                        .map(|inner| {
                            let log = Log {
                                inner,
                                block_hash: Some(hash),
                                block_number: Some(block.number),
                                block_timestamp: Some(timestamp),
                                transaction_hash: Some(tx.hash),
                                transaction_index: Some(index),
                                log_index: Some(log_index),
                                removed: false,
                            };
                            log_index += 1;
                            log
                        })
                        .collect();
                    let contract_address = tx.envelope.is_create().then(|| {
                        result
                            .created
                            .unwrap_or_else(|| tx.sender.create(tx.envelope.nonce()))
                    });
                    Arc::new(Transaction {
                        hash: tx.hash,
                        envelope: tx.envelope,
                        sender: tx.sender,
                        impersonated: tx.impersonated,
                        block_number: block.number,
                        block_hash: hash,
                        block_timestamp: timestamp,
                        index,
                        receipt: Receipt {
                            status: result.outcome.is_success(),
                            gas_used: result.gas_used,
                            gas_used_for_l1: poster_gas,
                            cumulative_gas_used,
                            effective_gas_price: block.base_fee.into(),
                            contract_address,
                            logs,
                            logs_bloom,
                            output: result.output,
                            outcome: result.outcome,
                            reason: result.reason,
                        },
                    })
                },
            )
            .collect();
        let made = Arc::new(Block {
            hash,
            l1_block_number: block.l1_number.saturating_to(),
            size: block_size(&header, &transactions),
            header,
            transactions,
            before: self.inner.state.clone(),
            state: state.clone(),
        });
        self.inner.state = state;
        self.inner.by_hash.insert(hash, block.number);
        for tx in &made.transactions {
            self.inner.transactions.insert(tx.hash, tx.clone());
        }
        self.inner.blocks.push(made.clone());
        self.inner.pending.extend(waiting);
        self.inner.time.jump = 0;
        self.inner.time.next = None;
        let _ = self.events.send(ChainEvent::Block(made));
        Ok(())
    }

    #[allow(clippy::type_complexity)]
    fn execute_all(
        &self,
        txs: Vec<Pending>,
        block: &Surroundings,
        state: &mut State,
        root: &mut B256,
        strict: bool,
    ) -> Result<(Vec<(Pending, u64, Executed)>, Vec<Pending>)> {
        let mut recent = RecentPrograms::default();
        let mut done = Vec::new();
        let mut left = txs;
        // nonces in the wrong order sort themselves out in further rounds
        loop {
            let mut later = Vec::new();
            let before = done.len();
            for tx in left {
                match self.check(&tx, state, false) {
                    Ok(()) => {}
                    Err(e) if strict => return Err(e),
                    Err(ChainError::NonceTooHigh { .. }) => {
                        later.push(tx);
                        continue;
                    }
                    Err(_) => continue,
                }
                let job = self.job(&tx.envelope, tx.sender, state, block, recent.clone());
                let poster_gas = job.poster_gas;
                match evm::execute(job) {
                    Ok(mut result) => {
                        recent = core::mem::take(&mut result.recent);
                        let changes = core::mem::take(&mut result.changes);
                        state_root::apply(state, changes, root);
                        done.push((tx, poster_gas, result));
                    }
                    Err(e) if strict => return Err(vm_error(e)),
                    Err(_) => {}
                }
            }
            if later.is_empty() || done.len() == before {
                return Ok((done, later));
            }
            left = later;
        }
    }

    fn header(
        &self,
        block: &Surroundings,
        transactions: Vec<TxEnvelope>,
        receipts: Vec<alloy::consensus::ReceiptEnvelope>,
        logs_bloom: Bloom,
        gas_used: u64,
    ) -> Header {
        Header {
            parent_hash: self.latest().hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: block.coinbase,
            state_root: self.inner.state_root,
            transactions_root: calculate_transaction_root(&transactions),
            receipts_root: calculate_receipt_root(&receipts),
            logs_bloom,
            difficulty: U256::ONE,
            number: block.number,
            gas_limit: block.gas_limit,
            gas_used,
            timestamp: block.timestamp,
            extra_data: B256::ZERO.into(),
            mix_hash: mix_hash(block.l1_number.saturating_to(), self.config.arbos_version),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(block.base_fee),
            ..Default::default()
        }
    }

    fn next_surroundings(&self, timestamp: u64) -> Surroundings {
        let latest = self.latest();
        let (l1_number, at) = self.inner.l1_blocks;
        let l1_number = l1_number
            .saturating_add(timestamp.saturating_sub(at) / L1_BLOCK_TIME)
            .max(latest.l1_block_number.min(l1_number));
        Surroundings {
            number: latest.header.number + 1,
            l1_number: U256::from(l1_number),
            timestamp,
            base_fee: self.inner.base_fee,
            coinbase: SEQUENCER,
            gas_limit: self.config.block_gas_limit,
            prevrandao: U256::ONE.into(),
            hashes: self.hashes_before(latest.header.number + 1),
        }
    }

    fn surroundings_of(&self, block: &Block) -> Surroundings {
        Surroundings {
            number: block.header.number,
            l1_number: U256::from(block.l1_block_number),
            timestamp: block.header.timestamp,
            base_fee: block.header.base_fee_per_gas.unwrap_or_default(),
            coinbase: block.header.beneficiary,
            gas_limit: block.header.gas_limit,
            prevrandao: U256::ONE.into(),
            hashes: self.hashes_before(block.header.number),
        }
    }

    fn hashes_before(&self, number: u64) -> Arc<Vec<B256>> {
        let end = (number as usize).min(self.inner.blocks.len());
        let start = end.saturating_sub(HASHES);
        Arc::new(
            self.inner.blocks[start..end]
                .iter()
                .map(|block| block.hash)
                .collect(),
        )
    }

    /// A call made ready, and the gas L1 takes of it.
    fn prepare_call(&self, request: &CallRequest, block: BlockId, gas: u64) -> Result<(Job, u64)> {
        let tx = &request.transaction;
        let mut state = self.state_at(block)?.clone();
        let mut surroundings = match self.block(block) {
            Some(block) => self.surroundings_of(block),
            None => self.next_surroundings(self.next_block_timestamp()),
        };
        if let Some(overrides) = &request.state_overrides {
            override_state(&mut state, overrides)?;
        }
        if let Some(overrides) = &request.block_overrides {
            override_block(&mut surroundings, overrides);
        }
        if let Some(have) = tx.chain_id.filter(|id| *id != self.config.chain_id) {
            return Err(ChainError::WrongChain {
                have: Some(have),
                want: self.config.chain_id,
            });
        }
        let offered = tx.max_fee_per_gas.or(tx.gas_price).unwrap_or(0);
        let tip = tx.max_priority_fee_per_gas.unwrap_or(0);
        if tx.max_fee_per_gas.is_some() && tip > offered {
            return Err(ChainError::TipAboveFeeCap);
        }
        let base_fee = surroundings.base_fee;
        if offered != 0 && offered < base_fee.into() {
            let address = tx.from.unwrap_or_default();
            return Err(ChainError::FeeCapTooLow {
                address,
                max_fee: offered,
                base_fee,
            });
        }
        let price = if offered == 0 { 0 } else { base_fee.into() };
        let program_gas_price = match (offered, tx.max_fee_per_gas) {
            (0, _) => 0,
            (_, Some(cap)) => cap.min(tip.saturating_add(base_fee.into())),
            (price, None) => price,
        };
        let nonce = state.nonce(&tx.from.unwrap_or_default());
        let env = txs::call_env(tx, gas, price, nonce, self.config.chain_id)?;
        let poster_gas = self.poster_gas(ENVELOPE_BYTES + env.data.len() as u64, base_fee);
        let job = Job {
            config: self.config.clone(),
            modules: self.modules.clone(),
            state,
            block: surroundings,
            tx: env,
            program_gas_price,
            is_call: true,
            poster_gas: 0,
            recent: RecentPrograms::default(),
            trace: false,
        };
        Ok((job, poster_gas))
    }

    fn simulate(&self, request: &CallRequest, trace: bool) -> Result<CallResult> {
        if let Some(answer) = self.node_interface(request)? {
            return Ok(answer);
        }
        self.execute_call(request, trace).map(CallResult::from)
    }

    fn execute_call(&self, request: &CallRequest, trace: bool) -> Result<Executed> {
        let block = request.block.unwrap_or(BlockId::latest());
        let gas = request.transaction.gas.unwrap_or(CALL_GAS);
        let (mut job, _) = self.prepare_call(request, block, gas)?;
        job.trace = trace;
        let caller = job.tx.caller;
        evm::on_big_stack(move || evm::execute(job))
            .map_err(ChainError::Internal)?
            .map_err(|e| match e {
                EVMError::Transaction(InvalidTransaction::LackOfFundForMaxFee { fee, balance }) => {
                    ChainError::InsufficientFunds {
                        address: caller,
                        have: *balance,
                        want: *fee,
                    }
                }
                e => vm_error(e),
            })
    }

    /// The accounts and slots a call touches beyond those that are warm anyway, the request's own
    /// list included, and what came of the call with that list.
    ///
    /// # Errors
    ///
    /// As [`Self::call`]. A call that fails is an outcome, and its list what it touched until then.
    pub fn access_list(&self, request: &CallRequest) -> Result<(AccessList, CallResult)> {
        let mut request = request.clone();
        let tx = &request.transaction;
        let mut warm: Vec<Address> = vec![
            tx.from.unwrap_or_default(),
            self.config.network_fee_account,
            L1_PRICER_FUNDS_POOL,
            SEQUENCER,
        ];
        warm.extend(tx.to.and_then(|to| to.to().copied()));
        let precompiles = Precompiles::new();
        let is_warm = |address: &Address| warm.contains(address) || precompiles.contains(address);
        let mut listed = BTreeMap::<Address, BTreeSet<B256>>::new();
        for item in tx.access_list.iter().flat_map(|list| &list.0) {
            let keys = listed.entry(item.address).or_default();
            keys.extend(&item.storage_keys);
        }
        let mut rounds = MAX_LIST_ROUNDS;
        loop {
            let item = |(address, keys): (&Address, &BTreeSet<B256>)| AccessListItem {
                address: *address,
                storage_keys: keys.iter().copied().collect(),
            };
            let list = AccessList(listed.iter().map(item).collect());
            request.transaction.access_list = Some(list.clone());
            let done = self.execute_call(&request, false)?;
            // what is touched may depend on the gas left, which the list changes
            let mut settled = true;
            for (address, account) in &done.changes {
                let unneeded = account.storage.is_empty() && is_warm(address);
                if unneeded || account.is_created() || *address == ARBOS_STATE {
                    continue;
                }
                settled &= listed.contains_key(address);
                let keys = listed.entry(*address).or_default();
                for key in account.storage.keys() {
                    settled &= !keys.insert(B256::from(*key));
                }
            }
            rounds -= 1;
            if settled || rounds == 0 {
                return Ok((list, done.into()));
            }
        }
    }

    /// Answers calls of NodeInterface, which the node and not the chain does.
    fn node_interface(&self, request: &CallRequest) -> Result<Option<CallResult>> {
        use node_interface::NodeInterface::{NodeInterfaceCalls as Calls, *};
        if request.transaction.to != Some(TxKind::Call(node_interface::ADDRESS)) {
            return Ok(None);
        }
        let input = txs::input(&request.transaction)?;
        let Ok(call) = Calls::abi_decode(&input) else {
            return Ok(None);
        };
        let base_fee = self.inner.base_fee;
        let l1_base_fee = U256::from(self.config.l1_base_fee);
        let l1_gas = |data: &Bytes| {
            let gas = self.poster_gas(ENVELOPE_BYTES + data.len() as u64, base_fee);
            gas.saturating_add(gas / 10)
        };
        let output = match call {
            Calls::gasEstimateComponents(call) => {
                let mut inner = request.clone();
                let to = if call.contractCreation {
                    TxKind::Create
                } else {
                    call.to.into()
                };
                inner.transaction.to = Some(to);
                inner.transaction.input = call.data.clone().into();
                gasEstimateComponentsCall::abi_encode_returns(&gasEstimateComponentsReturn {
                    gasEstimate: self.estimate_gas(&inner)?,
                    gasEstimateForL1: l1_gas(&call.data),
                    baseFee: U256::from(base_fee),
                    l1BaseFeeEstimate: l1_base_fee,
                })
            }
            Calls::gasEstimateL1Component(call) => {
                gasEstimateL1ComponentCall::abi_encode_returns(&gasEstimateL1ComponentReturn {
                    gasEstimateForL1: l1_gas(&call.data),
                    baseFee: U256::from(base_fee),
                    l1BaseFeeEstimate: l1_base_fee,
                })
            }
            Calls::nitroGenesisBlock(_) => nitroGenesisBlockCall::abi_encode_returns(&U256::ZERO),
            Calls::blockL1Num(call) => {
                let block = self
                    .block(call.l2BlockNum.into())
                    .ok_or_else(|| ChainError::UnknownBlock(call.l2BlockNum.to_string()))?;
                blockL1NumCall::abi_encode_returns(&block.l1_block_number)
            }
        };
        Ok(Some(CallResult {
            outcome: Outcome::Success,
            reason: None,
            gas_used: 0,
            gas_refunded: 0,
            gas_used_for_l1: 0,
            output: output.into(),
            logs: Vec::new(),
            contract_address: None,
            trace: None,
        }))
    }
}

/// Levers.
impl Chain {
    /// Makes `blocks` blocks, the first with all waiting transactions, `interval` seconds apart
    /// where given.
    pub fn mine(&mut self, blocks: u64, interval: Option<u64>) -> Result<()> {
        for i in 0..blocks {
            let timestamp = match interval {
                Some(interval) if i > 0 => self.latest().header.timestamp.saturating_add(interval),
                _ => self.next_block_timestamp(),
            };
            let waiting = core::mem::take(&mut self.inner.pending);
            let kept = waiting.clone();
            if let Err(e) = self.make_block(timestamp, waiting, false) {
                self.inner.pending = kept;
                return Err(e);
            }
        }
        Ok(())
    }

    /// Whether each transaction gets a block at once.
    pub const fn automine(&self) -> bool {
        self.automine
    }

    /// Switches that. Off, transactions wait for [`Self::mine`].
    pub const fn set_automine(&mut self, on: bool) {
        self.automine = on;
    }

    /// Drops a waiting transaction.
    pub fn drop_pending(&mut self, hash: B256) -> bool {
        let before = self.inner.pending.len();
        self.inner.pending.retain(|tx| tx.hash != hash);
        self.inner.pending.len() != before
    }

    /// Remembers everything; the answer goes to [`Self::revert`].
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push((id, self.inner.clone()));
        id
    }

    /// Goes back, once; later snapshots are gone. False if there is no such snapshot.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(place) = self.snapshots.iter().position(|(other, _)| *other == id) else {
            return false;
        };
        let Some((_, inner)) = self.snapshots.drain(place..).next() else {
            return false;
        };
        let common = inner
            .blocks
            .iter()
            .zip(&self.inner.blocks)
            .take_while(|(a, b)| a.hash == b.hash)
            .count();
        let gone: Vec<_> = self.inner.blocks.drain(common..).rev().collect();
        self.inner = inner;
        if !gone.is_empty() {
            let _ = self.events.send(ChainEvent::Reverted(gone));
        }
        true
    }

    /// Sets a balance, in the state after the latest block.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.inner.state.set_balance(address, balance);
        self.mix("balance", address, &balance.to_be_bytes::<32>());
    }

    /// Sets a nonce.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.inner.state.set_nonce(address, nonce);
        self.mix("nonce", address, &nonce.to_be_bytes());
    }

    /// Sets code. Stylus code is not activated by that.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        self.mix("code", address, &code);
        self.inner.state.set_code(address, code);
    }

    /// Sets a storage slot.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: B256) {
        self.inner.state.set_storage(address, slot, value.into());
        self.mix(
            "storage",
            address,
            &[slot.to_be_bytes::<32>(), value.0].concat(),
        );
    }

    fn mix(&mut self, what: &str, address: Address, value: &[u8]) {
        state_root::mix(&mut self.inner.state_root, what, address, value);
    }

    /// Lets requests come from this address without its key.
    pub fn impersonate(&mut self, address: Address) {
        self.impersonated.insert(address);
    }

    /// Ends that.
    pub fn stop_impersonating(&mut self, address: Address) {
        self.impersonated.remove(&address);
    }

    /// Lets requests come from any address.
    pub const fn set_auto_impersonate(&mut self, on: bool) {
        self.auto_impersonate = on;
    }

    /// Whether requests may come from this address without a key.
    pub fn is_impersonated(&self, address: Address) -> bool {
        self.auto_impersonate || self.impersonated.contains(&address)
    }

    /// Moves the clock: the next block is this many seconds later than it would have been. Answers
    /// the sum of all such moves.
    pub fn increase_time(&mut self, seconds: u64) -> u64 {
        let stepping = self.step().is_some();
        let time = &mut self.inner.time;
        time.moved = time.moved.saturating_add(seconds);
        if stepping {
            time.jump = time.jump.saturating_add(seconds);
        }
        if self.config.clock == Clock::System {
            time.offset += i128::from(seconds);
        }
        time.moved
    }

    /// Sets the time of the next block, later ones follow from it.
    pub fn set_next_block_timestamp(&mut self, timestamp: u64) -> Result<()> {
        let earliest = self.latest().header.timestamp;
        if timestamp < earliest {
            return Err(ChainError::TimestampTooLow {
                have: timestamp,
                earliest,
            });
        }
        let time = &mut self.inner.time;
        time.jump = 0;
        time.next = Some(timestamp);
        if self.config.clock == Clock::System {
            time.offset = i128::from(timestamp) - i128::from(now());
        }
        Ok(())
    }

    /// Sets the clock: blocks made from now on are not before this time.
    pub fn set_time(&mut self, timestamp: u64) -> Result<()> {
        self.set_next_block_timestamp(timestamp)?;
        if self.config.clock == Clock::System {
            self.inner.time.next = None;
        }
        Ok(())
    }

    /// Time of the next block.
    pub fn next_block_timestamp(&self) -> u64 {
        let time = &self.inner.time;
        let parent = self.latest().header.timestamp;
        if let Some(next) = time.next {
            return next.saturating_add(time.jump);
        }
        match self.step() {
            Some(step) => parent.saturating_add(step).saturating_add(time.jump),
            None => {
                let moved = (i128::from(now()) + time.offset).clamp(0, u64::MAX.into());
                parent.max(moved as u64)
            }
        }
    }

    /// Makes blocks so many seconds apart, whatever the clock; `None` lets the clock decide again.
    /// Answers what it was.
    pub const fn set_block_interval(&mut self, seconds: Option<u64>) -> Option<u64> {
        core::mem::replace(&mut self.inner.time.interval, seconds)
    }

    /// Seconds from block to block, where they do not follow the system's clock.
    fn step(&self) -> Option<u64> {
        match (self.inner.time.interval, self.config.clock) {
            (Some(seconds), _) | (None, Clock::Step(seconds)) => Some(seconds),
            (None, Clock::System) => None,
        }
    }

    /// Sets the base fee of the next blocks.
    pub const fn set_base_fee(&mut self, wei: u64) {
        self.inner.base_fee = wei;
    }

    /// Sets the L1 block number of the next block; later ones follow from it.
    pub fn set_l1_block_number(&mut self, number: u64) {
        self.inner.l1_blocks = (number, self.next_block_timestamp());
    }

    /// Makes an address a manager of the program cache (ArbWasmCache), or no longer.
    pub fn set_cache_manager(&mut self, address: Address, is_manager: bool) {
        arbos::set_cache_manager(&mut self.inner.state, address, is_manager);
        self.mix("cache manager", address, &[is_manager.into()]);
    }
}

/// Shortcuts for tests.
impl Chain {
    /// Creates a contract; its address.
    ///
    /// # Errors
    ///
    /// * [`ChainError::Reverted`], [`ChainError::Halted`] - the init code failed.
    pub fn deploy(&mut self, from: Address, init_code: impl Into<Bytes>) -> Result<Address> {
        let request = TransactionRequest {
            from: Some(from),
            to: Some(TxKind::Create),
            input: init_code.into().into(),
            ..Default::default()
        };
        let receipt = succeeded(self.transact(request)?)?;
        let created = receipt.receipt.contract_address;
        created.ok_or_else(|| ChainError::Internal("created nothing".into()))
    }

    /// Compresses a WASM module, deploys it and activates it, where no equal module is active; its
    /// address.
    pub fn deploy_program(&mut self, from: Address, wasm: &[u8]) -> Result<Address> {
        let code = plimsoll_stylus::code::compress(wasm);
        let program = self.deploy(from, init_code(&code))?;
        match self.activate(from, program) {
            Err(ChainError::Reverted(data)) if arb_wasm::is_up_to_date(&data) => {}
            activated => drop(activated?),
        }
        Ok(program)
    }

    /// Activates a program with ample value; what is too much comes back.
    pub fn activate(&mut self, from: Address, program: Address) -> Result<Arc<Transaction>> {
        let request = TransactionRequest {
            from: Some(from),
            to: Some(arb_wasm::ADDRESS.into()),
            value: Some(U256::from(10).pow(U256::from(18))),
            input: arb_wasm::activate_calldata(program).into(),
            ..Default::default()
        };
        succeeded(self.transact(request)?)
    }
}

/// Init code that creates a contract with this code.
pub fn init_code(code: &[u8]) -> Bytes {
    // PUSH4 len, DUP1, PUSH1 14, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    let [a, b, c, d] = (code.len() as u32).to_be_bytes();
    let prelude = [
        0x63, a, b, c, d, 0x80, 0x60, 14, 0x5f, 0x39, 0x5f, 0xf3, 0x00, 0x00,
    ];
    [&prelude[..], code].concat().into()
}

fn succeeded(tx: Arc<Transaction>) -> Result<Arc<Transaction>> {
    match &tx.receipt.outcome {
        Outcome::Success => Ok(tx),
        Outcome::Reverted => Err(ChainError::reverted(
            tx.receipt.output.clone(),
            tx.receipt.reason.clone(),
        )),
        Outcome::Halted(why) => Err(ChainError::Halted(why.clone())),
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

fn override_state(state: &mut State, overrides: &StateOverride) -> Result<()> {
    for (address, account) in overrides {
        if account.move_precompile_to.is_some() {
            return Err(ChainError::InvalidRequest(
                "precompiles cannot be moved".into(),
            ));
        }
        if account.state.is_some() && account.state_diff.is_some() {
            return Err(ChainError::InvalidRequest(format!(
                "account {address} has both state and stateDiff"
            )));
        }
        if let Some(balance) = account.balance {
            state.set_balance(*address, balance);
        }
        if let Some(nonce) = account.nonce {
            state.set_nonce(*address, nonce);
        }
        if let Some(code) = &account.code {
            state.set_code(*address, code.clone());
        }
        if account.state.is_some() {
            state.clear_storage(*address);
        }
        for (slot, value) in account.state.iter().chain(&account.state_diff).flatten() {
            state.set_storage(*address, (*slot).into(), (*value).into());
        }
    }
    Ok(())
}

fn override_block(block: &mut Surroundings, overrides: &BlockOverrides) {
    if let Some(number) = overrides.number {
        block.l1_number = number;
    }
    if let Some(time) = overrides.time {
        block.timestamp = time;
    }
    if let Some(limit) = overrides.gas_limit {
        block.gas_limit = limit;
    }
    if let Some(coinbase) = overrides.coinbase {
        block.coinbase = coinbase;
    }
    if let Some(random) = overrides.random {
        block.prevrandao = random;
    }
    if let Some(fee) = overrides.base_fee {
        block.base_fee = fee.saturating_to();
    }
}

/// What Nitro keeps in the mix hash: count of sends, L1 block number, ArbOS version.
fn mix_hash(l1_block_number: u64, arbos_version: u64) -> B256 {
    let mut hash = B256::ZERO;
    hash[8..16].copy_from_slice(&l1_block_number.to_be_bytes());
    hash[16..24].copy_from_slice(&arbos_version.to_be_bytes());
    hash
}

fn block_size(header: &Header, transactions: &[Arc<Transaction>]) -> u64 {
    use alloy::rlp::Encodable;
    let transactions: usize = transactions
        .iter()
        .map(|tx| tx.envelope.network_len())
        .sum();
    (header.length() + transactions + 2) as u64
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
