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
//! # Rules
//!
//! Those of ArbOS 61, which has Arbitrum One today, or of 51, the chain before it
//! ([`ChainConfig::arbos_version`]; 60 has the rules of 61 here). [`Chain::upgrade_arbos`] raises a
//! running chain. Osaka's opcodes and Ethereum precompiles, no calldata floor, refunds up to a fifth,
//! 32 M gas for the computation of a transaction, tips not charged. A program pays for its start, its
//! pages, its host functions and its return data as in Nitro; activation costs what the module costs
//! there, and the data fee. The precompiles of ArbOS charge as theirs do; NodeInterface answers in
//! calls. A contract that sells places in the program cache is there from genesis
//! ([`CACHE_MANAGER`]).
//!
//! What is not modelled: `docs/devnode.md` has the whole list.

mod arbos;
pub mod chain;
pub mod config;
pub mod error;
mod evm;
pub mod fork;
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
pub use chain::{CACHE_MANAGER, CREATE2_DEPLOYER, Chain, init_code};
pub use config::{ChainConfig, Clock, DevAccount, LATEST_ARBOS, SUPPORTED_ARBOS};
pub use error::{ChainError, Result};
pub use evm::MAX_TX_GAS;
pub use fork::{Fork, HttpSource};
pub use types::{
    Block, CallFrame, CallKind, CallRequest, CallResult, ChainEvent, HostCall, Outcome, Receipt,
    Transaction,
};
