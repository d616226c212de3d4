//! Blocks of calls that change nothing: `eth_simulateV1`, with geth's rules and codes.
use super::{
    Chain, L1_BLOCK_TIME, Pending, block_size, calls::override_state, unknown_block, vm_error,
};
use crate::{
    error::{ChainError, Result},
    evm::{self, Surroundings},
    state::State,
    state_root,
    stylus::RecentPrograms,
    txs,
    types::{Block, Outcome, Receipt, Transaction},
};
use alloy::{
    consensus::Transaction as _,
    eips::BlockId,
    primitives::{B256, Bloom, Bytes, Signature, TxKind, U256},
    rpc::types::{
        Log, TransactionRequest,
        simulate::{SimBlock, SimulatePayload},
    },
};
use core::fmt;
use revm::context::result::{EVMError, InvalidTransaction};
use std::sync::Arc;

/// Blocks of one simulation, those between its own included.
const MAX_BLOCKS: u64 = 256;
/// Calls of one simulation.
const MAX_CALLS: usize = 10_000;
/// Gas all calls of a simulation have together: what they leave open is capped by it.
const MAX_GAS: u64 = 500_000_000;
/// Seconds from block to block, unless overridden.
const BLOCK_TIME: u64 = 12;

/// A block that was simulated.
#[derive(Clone, Debug)]
pub struct SimulatedBlock {
    /// As it would be. Its state is not the chain's.
    pub block: Block,
    /// What came of each call, in order.
    pub calls: Vec<SimulatedCall>,
}

/// What came of a simulated call.
#[derive(Clone, Debug)]
pub struct SimulatedCall {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it reverted without data, where the node knows.
    pub reason: Option<String>,
    /// Return or revert data.
    pub output: Bytes,
    /// Gas used, refunds taken off.
    pub gas_used: u64,
    /// Gas used before refunds.
    pub max_used_gas: u64,
    /// Its logs, with movements of ether where asked for.
    pub logs: Vec<Log>,
}

/// Why a simulation was refused.
#[derive(Clone, Debug)]
pub enum SimulationError {
    /// No blocks.
    Empty,
    /// Too many blocks or calls.
    TooLarge(String),
    /// A block's number is not above its parent's.
    BlockNumber(String),
    /// A block's time is not after its parent's.
    BlockTime(String),
    /// The calls of a block want more gas than the block has.
    GasLimit(String),
    /// A call that cannot be executed: place of its block, place in its block, why.
    Call(usize, usize, ChainError),
    /// Anything else.
    Chain(ChainError),
}

impl SimulationError {
    /// The JSON-RPC code geth gives it.
    pub const fn code(&self) -> i32 {
        match self {
            Self::Empty => -32602,
            Self::TooLarge(_) => -38026,
            Self::BlockNumber(_) => -38020,
            Self::BlockTime(_) => -38021,
            Self::GasLimit(_) => -38015,
            Self::Call(_, _, why) => match why {
                ChainError::NonceTooLow { .. } => -38010,
                ChainError::NonceTooHigh { .. } => -38011,
                ChainError::IntrinsicGas { .. } => -38013,
                ChainError::InsufficientFunds { .. } => -38014,
                ChainError::InitCodeTooLarge { .. } => -38025,
                ChainError::Internal(_) => -32603,
                ChainError::Source(_) => -32000,
                // Fees that contradict themselves or the block, another chain's id, blobs.
                _ => -32602,
            },
            Self::Chain(_) => -32000,
        }
    }
}

impl fmt::Display for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "empty input: blockStateCalls must hold a block"),
            Self::TooLarge(what) => write!(f, "too many blocks or calls: {what}"),
            Self::BlockNumber(what) => write!(f, "block numbers must be in order: {what}"),
            Self::BlockTime(what) => write!(f, "block timestamps must be in order: {what}"),
            Self::GasLimit(what) => write!(f, "block gas limit reached: {what}"),
            Self::Call(block, call, why) => {
                write!(f, "{why} (blockStateCalls[{block}].calls[{call}])")
            }
            Self::Chain(why) => write!(f, "{why}"),
        }
    }
}

impl core::error::Error for SimulationError {}

impl From<ChainError> for SimulationError {
    fn from(why: ChainError) -> Self {
        Self::Chain(why)
    }
}

/// A block to simulate.
struct Plan<'a> {
    /// Its place in the request; of the blocks that fill a gap, the place of the next.
    place: usize,
    given: Option<&'a SimBlock>,
    number: u64,
    time: u64,
}

/// What goes from block to block.
struct Run<'a> {
    payload: &'a SimulatePayload,
    state: State,
    root: B256,
    gas_left: u64,
}

impl Chain {
    /// Executes blocks of calls on top of a block, without leaving a trace. What a call changes, the
    /// next ones see. A block's `number` is the one `ArbSys.arbBlockNumber` answers; blocks are 12 s
    /// apart unless they say otherwise, and gaps between numbers are filled with empty blocks.
    ///
    /// Without `validation` gas is free, nonces are not checked and any sender may send; with it, a
    /// call that the chain would not take refuses the whole simulation. Signatures are never asked for.
    ///
    /// # Errors
    ///
    /// See [`SimulationError`]. A call that fails when it is executed is an outcome.
    pub fn simulate_blocks(
        &self,
        payload: &SimulatePayload,
        base: BlockId,
    ) -> core::result::Result<Vec<SimulatedBlock>, SimulationError> {
        let parent = match base {
            id if id.is_pending() => self.latest(),
            id => self.block(id).ok_or_else(|| unknown_block(id))?,
        };
        let plans = plan(payload, parent)?;
        let run = Run {
            payload,
            state: self.state_at(base)?.clone(),
            root: parent.header.state_root,
            gas_left: MAX_GAS,
        };
        let unread = self.unread();
        let done = evm::on_big_stack(|| self.run_blocks(run, plans, parent))
            .map_err(ChainError::Internal)?;
        self.read_since(unread)?;
        done
    }

    fn run_blocks(
        &self,
        mut run: Run<'_>,
        plans: Vec<Plan<'_>>,
        base: &Block,
    ) -> core::result::Result<Vec<SimulatedBlock>, SimulationError> {
        let base_fee = if base.header.number == self.block_number() {
            self.inner.base_fee
        } else {
            base.header.base_fee_per_gas.unwrap_or_default()
        };
        let mut around = self.surroundings_of(base);
        let mut hashes = around.hashes.to_vec();
        let mut parent = base.hash;
        let mut blocks = Vec::with_capacity(plans.len());
        for plan in plans {
            hashes.push(parent);
            let overrides = plan.given.and_then(|block| block.block_overrides.as_ref());
            let since = plan.time.saturating_sub(base.header.timestamp);
            around = Surroundings {
                number: plan.number,
                l1_number: U256::from(base.l1_block_number.saturating_add(since / L1_BLOCK_TIME)),
                timestamp: plan.time,
                // geth: where fees are not checked, gas is free unless the block names a base fee
                base_fee: match overrides.and_then(|o| o.base_fee) {
                    Some(fee) => fee.saturating_to(),
                    None if run.payload.validation => base_fee,
                    None => 0,
                },
                coinbase: overrides
                    .and_then(|o| o.coinbase)
                    .unwrap_or(around.coinbase),
                gas_limit: overrides
                    .and_then(|o| o.gas_limit)
                    .unwrap_or(around.gas_limit),
                prevrandao: overrides
                    .and_then(|o| o.random)
                    .unwrap_or(around.prevrandao),
                hashes: Arc::new(hashes.clone()),
                height: plan.number,
            };
            let done = self.run_block(&mut run, &plan, &around, parent)?;
            parent = done.block.hash;
            blocks.push(done);
        }
        Ok(blocks)
    }

    fn run_block(
        &self,
        run: &mut Run<'_>,
        plan: &Plan<'_>,
        around: &Surroundings,
        parent: B256,
    ) -> core::result::Result<SimulatedBlock, SimulationError> {
        if let Some(overrides) = plan.given.and_then(|block| block.state_overrides.as_ref()) {
            override_state(&mut run.state, overrides)?;
        }
        let before = run.state.clone();
        let mut recent = RecentPrograms::default();
        let mut gas_used = 0_u64;
        let mut bloom = Bloom::ZERO;
        let (mut taken, mut receipts, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        let given = plan.given.map(|block| &block.calls[..]).unwrap_or_default();
        for (place, call) in given.iter().enumerate() {
            let refused = |why| SimulationError::Call(plan.place, place, why);
            let left = around.gas_limit.saturating_sub(gas_used);
            if call.gas.is_some_and(|gas| gas > left) {
                return Err(SimulationError::GasLimit(format!(
                    "{gas_used} used and {} wanted of {} (blockStateCalls[{}].calls[{place}])",
                    call.gas.unwrap_or_default(),
                    around.gas_limit,
                    plan.place
                )));
            }
            let gas = call.gas.unwrap_or(left).min(run.gas_left);
            let tx = self.simulated(call, gas, &run.state).map_err(refused)?;
            if run.payload.validation {
                self.check_at(&tx, &run.state, around.base_fee, false)
                    .map_err(refused)?;
            }
            let mut job = self.job(&tx.envelope, tx.sender, &run.state, around, recent);
            job.is_call = !run.payload.validation;
            job.trace = run.payload.trace_transfers;
            if !run.payload.validation {
                // Gas costs what the call offers for it, which is nothing unless it says so.
                let offered = tx.envelope.max_fee_per_gas();
                job.tx.gas_price = job.tx.gas_price.min(offered);
                job.poster_gas = 0;
            }
            let mut done = evm::execute(job).map_err(|e| refused(refusal(e, &tx)))?;
            recent = core::mem::take(&mut done.recent);
            state_root::apply(
                &mut run.state,
                core::mem::take(&mut done.changes),
                &mut run.root,
            );
            gas_used = gas_used.saturating_add(done.gas_used);
            run.gas_left = run.gas_left.saturating_sub(done.gas_used);
            let mut logs_bloom = Bloom::ZERO;
            done.logs.iter().for_each(|log| logs_bloom.accrue_log(log));
            bloom.accrue_bloom(&logs_bloom);
            receipts.push(txs::consensus_receipt(
                tx.envelope.tx_type(),
                done.outcome.is_success(),
                gas_used,
                done.logs.clone(),
                logs_bloom,
            ));
            taken.push((tx, done, gas_used, logs_bloom));
        }

        let envelopes = taken.iter().map(|(tx, ..)| tx.envelope.clone()).collect();
        let mut header = self.header(around, &run.state, envelopes, receipts, bloom, gas_used);
        header.parent_hash = parent;
        header.state_root = run.root;
        let hash = header.hash_slow();
        let mut transactions = Vec::with_capacity(taken.len());
        let mut log_index = 0;
        for (index, (tx, done, cumulative_gas_used, logs_bloom)) in (0..).zip(taken) {
            let shown = if run.payload.trace_transfers {
                done.logs_and_transfers
            } else {
                done.logs
            };
            let logs: Vec<Log> = shown
                .into_iter()
                .zip(log_index..)
                .map(|(inner, log_index)| Log {
                    inner,
                    block_hash: Some(hash),
                    block_number: Some(around.number),
                    block_timestamp: Some(around.timestamp),
                    transaction_hash: Some(tx.hash),
                    transaction_index: Some(index),
                    log_index: Some(log_index),
                    removed: false,
                })
                .collect();
            log_index += logs.len() as u64;
            calls.push(SimulatedCall {
                outcome: done.outcome.clone(),
                reason: done.reason.clone(),
                output: done.output.clone(),
                gas_used: done.gas_used,
                max_used_gas: done.gas_used.saturating_add(done.gas_refunded),
                logs: logs.clone(),
            });
            transactions.push(Arc::new(Transaction {
                hash: tx.hash,
                sender: tx.sender,
                impersonated: true,
                block_number: around.number,
                block_hash: hash,
                block_timestamp: around.timestamp,
                index,
                receipt: Receipt {
                    status: done.outcome.is_success(),
                    gas_used: done.gas_used,
                    gas_used_for_l1: 0,
                    cumulative_gas_used,
                    effective_gas_price: around.base_fee.into(),
                    contract_address: done.created,
                    logs,
                    logs_bloom,
                    output: done.output,
                    outcome: done.outcome,
                    reason: done.reason,
                },
                envelope: tx.envelope,
            }));
        }
        Ok(SimulatedBlock {
            block: Block {
                hash,
                l1_block_number: around.l1_number.saturating_to(),
                size: block_size(&header, &transactions),
                header,
                transactions,
                before,
                state: run.state.clone(),
            },
            calls,
        })
    }

    /// A call as a transaction without a signature, what it leaves open filled.
    fn simulated(&self, call: &TransactionRequest, gas: u64, state: &State) -> Result<Pending> {
        let sender = call.from.unwrap_or_default();
        let mut request = call.clone();
        if let Some(have) = request.chain_id.filter(|id| *id != self.config.chain_id) {
            return Err(ChainError::WrongChain {
                have: Some(have),
                want: self.config.chain_id,
            });
        }
        let input = txs::input(&request)?;
        if request.to.is_none_or(|to| to.is_create()) && input.len() > txs::MAX_INIT_CODE {
            return Err(ChainError::InitCodeTooLarge { size: input.len() });
        }
        request.chain_id = Some(self.config.chain_id);
        request.input = input.into();
        request.to.get_or_insert(TxKind::Create);
        request.value.get_or_insert(U256::ZERO);
        request.nonce.get_or_insert(state.nonce(&sender));
        request.gas = Some(gas);
        if request.gas_price.is_none() {
            request.max_fee_per_gas.get_or_insert(0);
            request.max_priority_fee_per_gas.get_or_insert(0);
        }
        let nothing = Signature::new(U256::ZERO, U256::ZERO, false);
        let envelope = txs::build(request)?.into_envelope(nothing);
        Ok(Pending {
            hash: *envelope.tx_hash(),
            envelope,
            sender,
            impersonated: true,
        })
    }
}

fn refusal(error: evm::VmError, tx: &Pending) -> ChainError {
    match error {
        EVMError::Transaction(InvalidTransaction::LackOfFundForMaxFee { fee, balance }) => {
            ChainError::InsufficientFunds {
                address: tx.sender,
                have: *balance,
                want: *fee,
            }
        }
        other => vm_error(other),
    }
}

/// The blocks with their numbers and times, gaps filled.
fn plan<'a>(
    payload: &'a SimulatePayload,
    base: &Block,
) -> core::result::Result<Vec<Plan<'a>>, SimulationError> {
    let blocks = &payload.block_state_calls;
    if blocks.is_empty() {
        return Err(SimulationError::Empty);
    }
    let calls: usize = blocks.iter().map(|block| block.calls.len()).sum();
    if blocks.len() as u64 > MAX_BLOCKS || calls > MAX_CALLS {
        return Err(SimulationError::TooLarge(format!(
            "{} blocks with {calls} calls, at most {MAX_BLOCKS} with {MAX_CALLS}",
            blocks.len()
        )));
    }
    let (mut number, mut time) = (base.header.number, base.header.timestamp);
    let mut plans = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let overrides = block.block_overrides.as_ref();
        let wanted = match overrides.and_then(|o| o.number) {
            Some(wanted) => wanted,
            None => U256::from(number) + U256::from(1),
        };
        let last = base.header.number.saturating_add(MAX_BLOCKS);
        if wanted <= U256::from(number) {
            return Err(SimulationError::BlockNumber(format!(
                "{wanted} <= {number} (blockStateCalls[{place}])"
            )));
        }
        let Some(wanted) = u64::try_from(wanted).ok().filter(|wanted| *wanted <= last) else {
            return Err(SimulationError::TooLarge(format!(
                "block {wanted} is over {MAX_BLOCKS} blocks after {} (blockStateCalls[{place}])",
                base.header.number
            )));
        };
        for number in number + 1..wanted {
            time = time.saturating_add(BLOCK_TIME);
            plans.push(Plan {
                place,
                given: None,
                number,
                time,
            });
        }
        let at = match overrides.and_then(|o| o.time) {
            Some(at) if at <= time => {
                return Err(SimulationError::BlockTime(format!(
                    "{at} <= {time} (blockStateCalls[{place}])"
                )));
            }
            Some(at) => at,
            None => time.saturating_add(BLOCK_TIME),
        };
        (number, time) = (wanted, at);
        plans.push(Plan {
            place,
            given: Some(block),
            number,
            time,
        });
    }
    Ok(plans)
}
