//! What the chain keeps and hands out.

use crate::state::State;
use alloy::{
    consensus::{Header, TxEnvelope},
    eips::BlockId,
    primitives::{Address, B256, Bloom, Bytes, U256},
    rpc::types::{BlockOverrides, Log, TransactionRequest, state::StateOverride},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A block, and the state after it.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its hash.
    pub hash: B256,
    /// Its header, with Arbitrum's use of the fields: difficulty 1, the send count, the L1 block
    /// number and the ArbOS version in the mix hash.
    pub header: Header,
    /// The L1 block number that `block.number` answers in it.
    pub l1_block_number: u64,
    /// Length of its encoding, in bytes.
    pub size: u64,
    /// Its transactions, in order.
    pub transactions: Vec<Arc<Transaction>>,
    /// The state before it, with the levers pulled since its parent.
    pub(crate) before: State,
    /// The state after it.
    pub(crate) state: State,
}

impl Block {
    /// All its logs, in order.
    pub fn logs(&self) -> impl Iterator<Item = &Log> {
        self.transactions
            .iter()
            .flat_map(|tx| tx.receipt.logs.iter())
    }
}

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Its hash.
    pub hash: B256,
    /// The signed transaction. An impersonated one carries a stand-in signature made of the sender.
    pub envelope: TxEnvelope,
    /// Who sent it.
    pub sender: Address,
    /// Sent without a signature.
    pub impersonated: bool,
    /// Number of its block.
    pub block_number: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Time of its block.
    pub block_timestamp: u64,
    /// Place in its block.
    pub index: u64,
    /// What came of it.
    pub receipt: Receipt,
}

/// What came of a transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// It succeeded.
    pub status: bool,
    /// Gas used, refunds taken off, L1 gas included.
    pub gas_used: u64,
    /// The part of it that pays for the way to L1.
    pub gas_used_for_l1: u64,
    /// Gas used by this and all earlier transactions of the block.
    pub cumulative_gas_used: u64,
    /// What a unit of gas cost: the base fee.
    pub effective_gas_price: u128,
    /// The contract created, if it was to create one.
    pub contract_address: Option<Address>,
    /// Its logs, with their places.
    pub logs: Vec<Log>,
    /// Their bloom.
    pub logs_bloom: Bloom,
    /// Return or revert data. Not part of a receipt on chain.
    pub output: Bytes,
    /// Why it failed. Not part of a receipt on chain.
    pub outcome: Outcome,
    /// Why it reverted without data, where the node knows. Not part of a receipt on chain.
    pub reason: Option<String>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It returned.
    Success,
    /// It reverted; the output says why.
    Reverted,
    /// It failed and took its gas, for this reason ("out of gas").
    Halted(String),
}

impl Outcome {
    /// It returned.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Success)
    }
}

/// A call that leaves no trace on the chain.
#[derive(Clone, Debug, Default)]
pub struct CallRequest {
    /// Whom, with what. Missing gas means plenty; missing gas prices mean none.
    pub transaction: TransactionRequest,
    /// On the state after this block, in its surroundings; `pending` means the next block's. None
    /// is the latest for calls, the pending one for gas estimates.
    pub block: Option<BlockId>,
    /// Changes of the state before the call.
    pub state_overrides: Option<StateOverride>,
    /// Changes of the surroundings. `number` is the number of the L2 block, which
    /// `ArbSys.arbBlockNumber()` answers; `block.number`, which is L1's, stays.
    pub block_overrides: Option<BlockOverrides>,
}

impl From<TransactionRequest> for CallRequest {
    fn from(transaction: TransactionRequest) -> Self {
        Self {
            transaction,
            ..Default::default()
        }
    }
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct CallResult {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it reverted without data, where the node knows.
    pub reason: Option<String>,
    /// Gas used, intrinsic gas included, refunds taken off.
    pub gas_used: u64,
    /// Refund taken off.
    pub gas_refunded: u64,
    /// The part that pays for the way to L1.
    pub gas_used_for_l1: u64,
    /// Return or revert data; the deployed code of a creation.
    pub output: Bytes,
    /// Logs it would have left.
    pub logs: Vec<alloy::primitives::Log>,
    /// The contract created, if it was to create one.
    pub contract_address: Option<Address>,
    /// The tree of calls, when asked for.
    pub trace: Option<CallFrame>,
}

/// What a subscriber is told.
#[derive(Clone, Debug)]
pub enum ChainEvent {
    /// A new block, with its transactions and logs.
    Block(Arc<Block>),
    /// The chain went back: these blocks, newest first, are no more.
    Reverted(Vec<Arc<Block>>),
    /// A transaction waits for a block.
    Pending(B256),
}

/// Kind of a frame in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// CALL
    Call,
    /// CALLCODE
    CallCode,
    /// DELEGATECALL
    DelegateCall,
    /// STATICCALL
    StaticCall,
    /// CREATE
    Create,
    /// CREATE2
    Create2,
    /// SELFDESTRUCT
    SelfDestruct,
}

impl CallKind {
    /// The opcode's name, as geth's call tracer spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::CallCode => "CALLCODE",
            Self::DelegateCall => "DELEGATECALL",
            Self::StaticCall => "STATICCALL",
            Self::Create => "CREATE",
            Self::Create2 => "CREATE2",
            Self::SelfDestruct => "SELFDESTRUCT",
        }
    }
}

/// One frame of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct CallFrame {
    /// How it was entered.
    pub kind: CallKind,
    /// Who called.
    pub from: Address,
    /// Whose code ran: the contract created for a creation, none where it failed early.
    pub to: Option<Address>,
    /// Wei that came with it.
    pub value: U256,
    /// Gas it was given.
    pub gas: u64,
    /// Gas it used.
    pub gas_used: u64,
    /// Calldata or init code.
    pub input: Bytes,
    /// Return data, deployed code or revert data.
    pub output: Bytes,
    /// Why it failed, in geth's words ("execution reverted", "out of gas").
    pub error: Option<String>,
    /// A Stylus program ran in it.
    pub stylus: bool,
    /// The program's calls of host functions, in order.
    pub host_calls: Vec<HostCall>,
    /// Logs left by the frame itself, also where they were undone later.
    pub logs: Vec<alloy::primitives::Log>,
    /// Frames it opened, in order.
    pub calls: Vec<Self>,
}

/// One call of a host function by a Stylus program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// Name of the function in `vm_hooks`.
    pub name: &'static str,
    /// What went in.
    pub args: Bytes,
    /// What came out.
    pub outs: Bytes,
    /// Ink before it.
    pub start_ink: u64,
    /// Ink after it.
    pub end_ink: u64,
    /// For calls and creations, the place of the frame it opened in [`CallFrame::calls`].
    pub call: Option<usize>,
}
