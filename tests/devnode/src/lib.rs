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
//! # What it does not model
//!
//! The state root is a hash chain over the changes of each block, not a Merkle root, so there are no
//! account proofs. The L1 data fee is a price per byte of the signed transaction that is zero unless
//! configured. There are no retryable tickets, no L1 messages and no batches. The base fee stays
//! where it is put.

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
