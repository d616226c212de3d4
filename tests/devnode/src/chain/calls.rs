//! Calls that change nothing, estimates, traces and access lists.
use super::{CALL_GAS, Chain, ENVELOPE_BYTES, MAX_LIST_ROUNDS, blocks::upgrade_if_due, vm_error};
use crate::{
    arbos::{self, ARBOS_STATE},
    error::{ChainError, Result},
    evm::{self, Executed, Job, L1_PRICER_FUNDS_POOL, MAX_TX_GAS, SEQUENCER, Surroundings},
    precompiles::{Precompiles, node_interface},
    state::State,
    state_root,
    stylus::RecentPrograms,
    txs,
    types::{CallFrame, CallRequest, CallResult, Outcome},
};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes, TxKind, U256, hex},
    rpc::types::{AccessList, AccessListItem, BlockOverrides, state::StateOverride},
    sol_types::{SolCall, SolInterface},
};
use revm::context::result::{EVMError, InvalidTransaction};
use std::collections::{BTreeMap, BTreeSet};

impl Chain {
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
        self.sound(|| self.search_gas(request))
    }

    fn search_gas(&self, request: &CallRequest) -> Result<u64> {
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
        let (_, done) = self.replay(hash)?;
        done.trace
            .ok_or_else(|| ChainError::Internal("no trace".into()))
    }

    /// The state before a transaction, and what came of it, executed again where it stood.
    pub(crate) fn replay(&self, hash: B256) -> Result<(State, Executed)> {
        let wanted = self
            .transaction(hash)
            .ok_or(ChainError::UnknownTransaction(hash))?;
        let block = self
            .block(wanted.block_number.into())
            .ok_or_else(|| ChainError::Internal("transaction without its block".into()))?;
        let surroundings = self.surroundings_of(block);
        let mut state = block.before.clone();
        let mut recent = RecentPrograms::default();
        let replay = || {
            for tx in &block.transactions {
                let mut job = self.job(&tx.envelope, tx.sender, &state, &surroundings, recent);
                job.trace = tx.hash == hash;
                let done = evm::execute(job).map_err(vm_error)?;
                if tx.hash == hash {
                    return Ok((state, done));
                }
                recent = done.recent;
                state_root::apply(&mut state, done.changes, &mut B256::default());
            }
            Err(ChainError::UnknownTransaction(hash))
        };
        self.sound(|| evm::on_big_stack(replay).map_err(ChainError::Internal)?)
    }

    /// A call made ready, and the gas L1 takes of it.
    pub(super) fn prepare_call(
        &self,
        request: &CallRequest,
        block: BlockId,
        gas: u64,
    ) -> Result<(Job, u64)> {
        let tx = &request.transaction;
        let mut state = self.state_at(block)?.clone();
        let mut surroundings = match self.block(block) {
            Some(block) => self.surroundings_of(block),
            None => {
                let next = self.next_surroundings(self.next_block_timestamp());
                upgrade_if_due(&mut state, &mut B256::default(), next.timestamp);
                next
            }
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

    pub(super) fn simulate(&self, request: &CallRequest, trace: bool) -> Result<CallResult> {
        if let Some(answer) = self.node_interface(request)? {
            return Ok(answer);
        }
        self.execute_call(request, trace).map(CallResult::from)
    }

    pub(super) fn execute_call(&self, request: &CallRequest, trace: bool) -> Result<Executed> {
        self.sound(|| Ok(self.execute_call_on(request, trace)?.1))
    }

    /// The state before the call, overrides applied, and what came of the call.
    pub(crate) fn execute_call_on(
        &self,
        request: &CallRequest,
        trace: bool,
    ) -> Result<(State, Executed)> {
        let block = request.block.unwrap_or(BlockId::latest());
        let gas = request.transaction.gas.unwrap_or(CALL_GAS);
        let (mut job, _) = self.prepare_call(request, block, gas)?;
        job.trace = trace;
        let before = job.state.clone();
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
            .map(|done| (before, done))
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
            arbos::network_fee_account(&mut self.inner.state.clone()),
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
    pub(super) fn node_interface(&self, request: &CallRequest) -> Result<Option<CallResult>> {
        use node_interface::NodeInterface::{NodeInterfaceCalls as Calls, *};
        if request.transaction.to != Some(TxKind::Call(node_interface::ADDRESS)) {
            return Ok(None);
        }
        let input = txs::input(&request.transaction)?;
        let Ok(call) = Calls::abi_decode(&input) else {
            let selector = input.get(..4).unwrap_or(&input);
            return Err(ChainError::InvalidRequest(format!(
                "NodeInterface has no method {} here: see what is not modelled in docs/devnode.md",
                hex::encode_prefixed(selector)
            )));
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
            Calls::l2BlockRangeForL1(call) => {
                let blocks = &self.inner.blocks;
                let number = call.blockNum;
                let first = blocks.partition_point(|block| block.l1_block_number < number);
                let end = blocks.partition_point(|block| block.l1_block_number <= number);
                if first == end {
                    return Err(ChainError::UnknownBlock(format!("of L1 block {number}")));
                }
                l2BlockRangeForL1Call::abi_encode_returns(&l2BlockRangeForL1Return {
                    firstBlock: self.first_number() + first as u64,
                    lastBlock: self.first_number() + end as u64 - 1,
                })
            }
            // no batch goes to L1
            Calls::getL1Confirmations(_) => getL1ConfirmationsCall::abi_encode_returns(&0),
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

pub(super) fn override_state(state: &mut State, overrides: &StateOverride) -> Result<()> {
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
        block.number = number.saturating_to();
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
