//! Making blocks.
use super::{Chain, HASHES, L1_BLOCK_TIME, Pending, vm_error};
use crate::{
    arbos::{self, ARBOS_STATE},
    error::{ChainError, Result},
    evm::{self, Executed, Job, SEQUENCER, Surroundings},
    precompiles,
    state::State,
    state_root,
    stylus::RecentPrograms,
    txs,
    types::{Block, ChainEvent, Receipt, Transaction},
};
use alloy::{
    consensus::{
        EMPTY_OMMER_ROOT_HASH, Header, Transaction as _, TxEnvelope,
        proofs::{calculate_receipt_root, calculate_transaction_root},
    },
    eips::eip2718::Encodable2718,
    primitives::{Address, B64, B256, Bloom, U256},
    rpc::types::Log,
};
use std::sync::Arc;

impl Chain {
    pub(super) fn job(
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

    pub(super) fn poster_gas(&self, bytes: u64, base_fee: u64) -> u64 {
        let cost = u128::from(self.config.l1_price_per_byte) * u128::from(bytes);
        u64::try_from(cost.checked_div(base_fee.into()).unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// Makes a block of these transactions. Those that cannot be executed are dropped, or wait on
    /// if their nonce is ahead; with `strict`, the first of them is an error instead.
    pub(super) fn make_block(
        &mut self,
        timestamp: u64,
        txs: Vec<Pending>,
        strict: bool,
    ) -> Result<()> {
        let unread = self.unread();
        let block = self.next_surroundings(timestamp);
        let mut before = self.inner.state.clone();
        let mut root = self.inner.state_root;
        upgrade_if_due(&mut before, &mut root, timestamp);
        let mut state = before.clone();
        let (done, waiting) = {
            let (chain, block) = (&*self, &block);
            let (state, root) = (&mut state, &mut root);
            evm::on_big_stack(move || chain.execute_all(txs, block, state, root, strict))
                .map_err(ChainError::Internal)??
        };

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
        let mut header = self.header(&block, &state, envelopes, receipts, bloom, cumulative);
        header.state_root = root;
        self.read_since(unread)?;
        self.inner.state_root = root;
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
            before,
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
    pub(super) fn execute_all(
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

    pub(super) fn header(
        &self,
        block: &Surroundings,
        state: &State,
        transactions: Vec<TxEnvelope>,
        receipts: Vec<alloy::consensus::ReceiptEnvelope>,
        logs_bloom: Bloom,
        gas_used: u64,
    ) -> Header {
        let state = &mut state.clone();
        let sends = arbos::sends::tree(state);
        let l1_number = block.l1_number.saturating_to();
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
            extra_data: sends.root.into(),
            mix_hash: mix_hash(sends.size, l1_number, arbos::version(state)),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(block.base_fee),
            ..Default::default()
        }
    }

    pub(super) fn next_surroundings(&self, timestamp: u64) -> Surroundings {
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
            height: latest.header.number + 1,
        }
    }

    pub(super) fn surroundings_of(&self, block: &Block) -> Surroundings {
        Surroundings {
            number: block.header.number,
            l1_number: U256::from(block.l1_block_number),
            timestamp: block.header.timestamp,
            base_fee: block.header.base_fee_per_gas.unwrap_or_default(),
            coinbase: block.header.beneficiary,
            gas_limit: block.header.gas_limit,
            prevrandao: U256::ONE.into(),
            hashes: self.hashes_before(block.header.number),
            height: block.header.number,
        }
    }

    pub(super) fn hashes_before(&self, number: u64) -> Arc<Vec<B256>> {
        let place = |number: u64| number.saturating_sub(self.first_number()) as usize;
        let end = place(number).min(self.inner.blocks.len());
        let start = end.saturating_sub(HASHES);
        Arc::new(
            self.inner.blocks[start..end]
                .iter()
                .map(|block| block.hash)
                .collect(),
        )
    }
}

/// Raises ArbOS where an owner has scheduled it for now.
pub(super) fn upgrade_if_due(state: &mut State, root: &mut B256, timestamp: u64) {
    let (to, due) = arbos::scheduled_upgrade(state);
    if to != 0 && timestamp >= due {
        upgrade(state, root, to);
    }
}

/// Raises ArbOS, with what comes to be at that version.
pub(super) fn upgrade(state: &mut State, root: &mut B256, to: u64) {
    arbos::upgrade(state, to);
    precompiles::install(state);
    state_root::mix(root, "arbos", ARBOS_STATE, &to.to_be_bytes());
}

/// What Nitro keeps in the mix hash: count of sends, L1 block number, ArbOS version.
pub(super) fn mix_hash(sends: u64, l1_block_number: u64, arbos_version: u64) -> B256 {
    let mut hash = B256::ZERO;
    hash[..8].copy_from_slice(&sends.to_be_bytes());
    hash[8..16].copy_from_slice(&l1_block_number.to_be_bytes());
    hash[16..24].copy_from_slice(&arbos_version.to_be_bytes());
    hash
}

pub(super) fn block_size(header: &Header, transactions: &[Arc<Transaction>]) -> u64 {
    use alloy::rlp::Encodable;
    let transactions: usize = transactions
        .iter()
        .map(|tx| tx.envelope.network_len())
        .sum();
    (header.length() + transactions + 2) as u64
}
