//! A chain for development and tests that behaves as Arbitrum does.
//!
//! EVM code runs on revm, Stylus programs run on [`plimsoll_stylus`] with Nitro's prices, and the
//! ArbOS precompiles that clients touch answer at their addresses. A [`Chain`] is a plain value:
//! nothing runs in the background, and the same calls give the same blocks, hashes and gas.
//!
//! ```
//! use plimsoll_devnode::{BlockId, Chain, ChainConfig, TransactionRequest};
//! use alloy::primitives::{Address, U256};
//!
//! let mut chain = Chain::new(ChainConfig::default());
//! let from = chain.accounts()[0].address;
//! let to = Address::repeat_byte(0x11);
//! let done = chain
//!     .transact(TransactionRequest::default().from(from).to(to).value(U256::from(1)))
//!     .unwrap();
//! assert!(done.receipt.status);
//! assert_eq!(done.receipt.gas_used, 21_000);
//! assert_eq!(chain.balance(to, BlockId::latest()).unwrap(), U256::from(1));
//! ```
//!
//! # Gas
//!
//! Rules are those of ArbOS 51 (60 where [`ChainConfig::arbos_version`] says so): Osaka's opcodes and
//! Ethereum precompiles, no calldata floor, refunds up to a fifth, 32 M gas for the computation of a
//! transaction, tips not charged. A program pays for its start, its pages, its host functions and its
//! return data as in Nitro; activation costs what the module costs there, and the data fee. The
//! precompiles ArbSys, ArbInfo, ArbOwnerPublic, ArbGasInfo, ArbWasm and ArbWasmCache charge as
//! theirs do; NodeInterface answers in calls.
//!
//! # What it does not model
//!
//! * The state root is a hash chain over the changes of each block, not a Merkle root: there are no
//!   account proofs. Module hashes and the layout of ArbOS' own storage are ours.
//! * The L1 data fee is a price per byte of the signed transaction, zero unless
//!   [`ChainConfig::l1_price_per_byte`] is set; Nitro compresses first. Calls are not charged for it,
//!   estimates are, a tenth more.
//! * The base fee stays where it is put; there is no congestion, no gas limit for a block as a whole,
//!   and no price by resource (ArbOS 60).
//! * There are no retryable tickets, no messages from or to L1, no batches, and no internal
//!   transaction at the start of a block. L1 block numbers follow the clock; `BLOCKHASH` gives made-up
//!   hashes.
//! * ArbOwner, ArbRetryableTx, ArbAddressTable, ArbAggregator, ArbStatistics and the others are there
//!   but have no methods. [`Chain::set_cache_manager`] and [`ChainConfig`] stand for what an owner sets.
//! * Programs compressed with the Stylus dictionary (`01`) do not unpack; those of cargo-stylus do not
//!   use it.

mod arbos;
pub mod chain;
pub mod config;
pub mod error;
mod evm;
mod precompiles;
pub mod rpc;
mod state;
mod state_root;
mod stylus;
mod trace;
mod txs;
pub mod types;

pub use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    rpc::types::{
        BlockOverrides, Filter, Log, TransactionRequest,
        state::{AccountOverride, StateOverride},
    },
};
pub use chain::{CREATE2_DEPLOYER, Chain, init_code};
pub use config::{ChainConfig, Clock, DevAccount};
pub use error::{ChainError, Result};
pub use evm::MAX_TX_GAS;
pub use types::{
    Block, CallFrame, CallKind, CallRequest, CallResult, ChainEvent, HostCall, Outcome, Receipt,
    Transaction,
};
