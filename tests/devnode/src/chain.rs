//! The chain: blocks, state, transactions, and the levers a test pulls.

use crate::{
    config::{ChainConfig, DevAccount},
    error::Result,
    types::{Block, CallFrame, CallRequest, CallResult, ChainEvent, Transaction},
};
use alloy::{
    consensus::TxEnvelope,
    eips::BlockId,
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{Filter, Log, TransactionRequest},
};
use std::sync::Arc;
use tokio::sync::broadcast;

/// A chain. `Send`; wrap it in a mutex to share it.
#[derive(Debug)]
pub struct Chain {
    config: ChainConfig,
    accounts: Vec<DevAccount>,
}

/// Reading.
impl Chain {
    /// Starts a chain at block 0.
    pub fn new(config: ChainConfig) -> Self {
        todo!()
    }
    /// How it was started.
    pub const fn config(&self) -> &ChainConfig {
        &self.config
    }
    /// The accounts whose keys it holds.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }
    /// Number of the latest block.
    pub fn block_number(&self) -> u64 {
        todo!()
    }
    /// The latest block.
    pub fn latest(&self) -> &Arc<Block> {
        todo!()
    }
    /// The block, if there is one. `pending` answers none: see [`Self::pending_block`].
    pub fn block(&self, id: BlockId) -> Option<&Arc<Block>> {
        todo!()
    }
    /// The block that mining now would make.
    pub fn pending_block(&self) -> Block {
        todo!()
    }
    /// A transaction in a block, with its receipt.
    pub fn transaction(&self, hash: B256) -> Option<&Arc<Transaction>> {
        todo!()
    }
    /// Transactions waiting for a block, with their senders, in order.
    pub fn pending_transactions(&self) -> impl Iterator<Item = (&TxEnvelope, Address)> {
        core::iter::empty()
    }
    /// Logs in the blocks of the filter, oldest first.
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>> {
        todo!()
    }
    /// Balance after a block.
    pub fn balance(&self, address: Address, block: BlockId) -> Result<U256> {
        todo!()
    }
    /// Nonce after a block; `pending` counts waiting transactions.
    pub fn nonce(&self, address: Address, block: BlockId) -> Result<u64> {
        todo!()
    }
    /// Code after a block.
    pub fn code(&self, address: Address, block: BlockId) -> Result<Bytes> {
        todo!()
    }
    /// A storage slot after a block.
    pub fn storage(&self, address: Address, slot: U256, block: BlockId) -> Result<B256> {
        todo!()
    }
    /// The base fee of the next block.
    pub fn base_fee(&self) -> u64 {
        todo!()
    }
    /// A receiver of all that happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        todo!()
    }
}

/// Executing.
impl Chain {
    /// Takes an encoded signed transaction (EIP-2718). With automine it is in a block on return.
    pub fn send_raw(&mut self, raw: &[u8]) -> Result<B256> {
        todo!()
    }
    /// Takes a signed transaction.
    pub fn send(&mut self, envelope: TxEnvelope) -> Result<B256> {
        todo!()
    }
    /// Fills what the request leaves open (nonce, gas, fees), signs it with a dev account's key or
    /// stands in for an impersonated sender, and takes it.
    pub fn send_request(&mut self, request: TransactionRequest) -> Result<B256> {
        todo!()
    }
    /// Like [`Self::send_request`] from anybody, and mines until it is in a block.
    pub fn transact(&mut self, request: TransactionRequest) -> Result<Arc<Transaction>> {
        todo!()
    }
    /// Fills what the request leaves open, without sending it.
    pub fn fill(&self, request: TransactionRequest) -> Result<TransactionRequest> {
        todo!()
    }
    /// Executes without leaving a trace. A revert is an outcome, not an error.
    pub fn call(&self, request: &CallRequest) -> Result<CallResult> {
        todo!()
    }
    /// Like [`Self::call`], with the tree of calls.
    pub fn trace_call(&self, request: &CallRequest) -> Result<CallResult> {
        todo!()
    }
    /// The smallest gas limit that works. A revert is an error with its data.
    pub fn estimate_gas(&self, request: &CallRequest) -> Result<u64> {
        todo!()
    }
    /// The tree of calls of a transaction, executed again where it stood.
    pub fn trace_transaction(&self, hash: B256) -> Result<CallFrame> {
        todo!()
    }
}

/// Levers.
impl Chain {
    /// Makes `blocks` blocks, the first with all waiting transactions, `interval` seconds apart
    /// where given.
    pub fn mine(&mut self, blocks: u64, interval: Option<u64>) -> Result<()> {
        todo!()
    }
    /// Whether each transaction gets a block at once.
    pub fn automine(&self) -> bool {
        todo!()
    }
    /// Switches that. Off, transactions wait for [`Self::mine`].
    pub fn set_automine(&mut self, on: bool) {
        todo!()
    }
    /// Drops a waiting transaction.
    pub fn drop_pending(&mut self, hash: B256) -> bool {
        todo!()
    }
    /// Remembers everything; the answer goes to [`Self::revert`].
    pub fn snapshot(&mut self) -> u64 {
        todo!()
    }
    /// Goes back, once; later snapshots are gone. False if there is no such snapshot.
    pub fn revert(&mut self, id: u64) -> bool {
        todo!()
    }
    /// Sets a balance, in the state after the latest block.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        todo!()
    }
    /// Sets a nonce.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        todo!()
    }
    /// Sets code. Stylus code is not activated by that.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        todo!()
    }
    /// Sets a storage slot.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: B256) {
        todo!()
    }
    /// Lets requests come from this address without its key.
    pub fn impersonate(&mut self, address: Address) {
        todo!()
    }
    /// Ends that.
    pub fn stop_impersonating(&mut self, address: Address) {
        todo!()
    }
    /// Lets requests come from any address.
    pub fn set_auto_impersonate(&mut self, on: bool) {
        todo!()
    }
    /// Whether requests may come from this address without a key.
    pub fn is_impersonated(&self, address: Address) -> bool {
        todo!()
    }
    /// Moves the clock: the next block is this many seconds later than it would have been. Answers
    /// the sum of all such moves.
    pub fn increase_time(&mut self, seconds: u64) -> u64 {
        todo!()
    }
    /// Sets the time of the next block, later ones follow from it.
    pub fn set_next_block_timestamp(&mut self, timestamp: u64) -> Result<()> {
        todo!()
    }
    /// Sets the clock: blocks made from now on are not before this time.
    pub fn set_time(&mut self, timestamp: u64) -> Result<()> {
        todo!()
    }
    /// Time of the next block.
    pub fn next_block_timestamp(&self) -> u64 {
        todo!()
    }
    /// Sets the base fee of the next blocks.
    pub fn set_base_fee(&mut self, wei: u64) {
        todo!()
    }
    /// Sets the L1 block number of the next block; later ones follow from it.
    pub fn set_l1_block_number(&mut self, number: u64) {
        todo!()
    }
    /// Makes an address a manager of the program cache (ArbWasmCache), or no longer.
    pub fn set_cache_manager(&mut self, address: Address, is_manager: bool) {
        todo!()
    }
}
