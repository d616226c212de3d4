//! Why the chain refused.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::{Panic, Revert, SolError},
};
use core::fmt;

/// A result of the chain.
pub type Result<T> = core::result::Result<T, ChainError>;

/// Why the chain refused a request. The wording is geth's where geth has one, because clients match
/// on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainError {
    /// The bytes are no transaction.
    Decode(String),
    /// The signature does not recover.
    BadSignature,
    /// A transaction type that Arbitrum does not take.
    UnsupportedTransaction(String),
    /// The request lacks or contradicts something.
    InvalidRequest(String),
    /// Signed for another chain.
    WrongChain {
        /// The chain id signed for, absent in old legacy transactions.
        have: Option<u64>,
        /// Ours.
        want: u64,
    },
    /// The transaction is there already.
    AlreadyKnown(B256),
    /// Nonce used up.
    NonceTooLow {
        /// Sender.
        address: Address,
        /// Nonce of the transaction.
        tx: u64,
        /// Nonce of the account.
        state: u64,
    },
    /// Nonce ahead of the account's.
    NonceTooHigh {
        /// Sender.
        address: Address,
        /// Nonce of the transaction.
        tx: u64,
        /// Nonce of the account.
        state: u64,
    },
    /// Gas and value exceed the balance.
    InsufficientFunds {
        /// Sender.
        address: Address,
        /// Its balance.
        have: U256,
        /// What it needs.
        want: U256,
    },
    /// The fee cap is under the base fee.
    FeeCapTooLow {
        /// Sender.
        address: Address,
        /// Cap offered.
        max_fee: u128,
        /// Base fee.
        base_fee: u64,
    },
    /// The tip is over the fee cap.
    TipAboveFeeCap,
    /// The gas limit does not cover the intrinsic gas.
    IntrinsicGas {
        /// Gas limit.
        have: u64,
        /// Intrinsic gas, with what L1 takes.
        want: u64,
    },
    /// Init code over the limit.
    InitCodeTooLarge {
        /// Its size.
        size: usize,
    },
    /// The sender has code.
    SenderHasCode(Address),
    /// Nobody unlocked this account.
    UnknownAccount(Address),
    /// No such block.
    UnknownBlock(String),
    /// No such transaction.
    UnknownTransaction(B256),
    /// A log query over too much or with a range that runs backwards.
    InvalidFilter(String),
    /// The call or transaction reverted.
    Reverted(Bytes),
    /// It reverted without data, for this reason, which the node knows and the chain does not tell:
    /// a module that was refused, a program that trapped.
    Refused(String),
    /// The call or transaction failed otherwise, such as "out of gas".
    Halted(String),
    /// No gas limit up to this one suffices.
    GasRequiredExceedsAllowance(u64),
    /// A block time not after its parent's.
    TimestampTooLow {
        /// Time asked for.
        have: u64,
        /// Earliest time possible.
        earliest: u64,
    },
    /// The node a fork reads from did not give what was needed, in words that begin with its name.
    Source(String),
    /// Something inside went wrong.
    Internal(String),
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(why) => write!(f, "transaction could not be decoded: {why}"),
            Self::BadSignature => write!(f, "invalid transaction v, r, s values"),
            Self::UnsupportedTransaction(what) => {
                write!(f, "transaction type not supported: {what}")
            }
            Self::InvalidRequest(why) => write!(f, "invalid request: {why}"),
            Self::WrongChain {
                have: Some(have),
                want,
            } => {
                write!(f, "invalid chain id for signer: have {have} want {want}")
            }
            Self::WrongChain { have: None, want } => {
                write!(
                    f,
                    "only replay-protected (EIP-155) transactions allowed, chain id {want}"
                )
            }
            Self::AlreadyKnown(_) => write!(f, "already known"),
            Self::NonceTooLow { address, tx, state } => {
                write!(
                    f,
                    "nonce too low: address {address}, tx: {tx} state: {state}"
                )
            }
            Self::NonceTooHigh { address, tx, state } => {
                write!(
                    f,
                    "nonce too high: address {address}, tx: {tx} state: {state}"
                )
            }
            Self::InsufficientFunds {
                address,
                have,
                want,
            } => write!(
                f,
                "insufficient funds for gas * price + value: address {address} have {have} want {want}"
            ),
            Self::FeeCapTooLow {
                address,
                max_fee,
                base_fee,
            } => write!(
                f,
                "max fee per gas less than block base fee: address {address}, maxFeePerGas: {max_fee}, baseFee: {base_fee}"
            ),
            Self::TipAboveFeeCap => {
                write!(f, "max priority fee per gas higher than max fee per gas")
            }
            Self::IntrinsicGas { have, want } => {
                write!(f, "intrinsic gas too low: have {have}, want {want}")
            }
            Self::InitCodeTooLarge { size } => {
                write!(
                    f,
                    "max initcode size exceeded: code size {size} limit 49152"
                )
            }
            Self::SenderHasCode(address) => {
                write!(f, "sender not an eoa: address {address}")
            }
            Self::UnknownAccount(address) => write!(f, "unknown account {address}"),
            Self::UnknownBlock(which) => write!(f, "header not found: {which}"),
            Self::UnknownTransaction(hash) => write!(f, "transaction {hash} not found"),
            Self::InvalidFilter(why) => write!(f, "invalid filter: {why}"),
            Self::Reverted(data) => match revert_reason(data) {
                Some(reason) => write!(f, "execution reverted: {reason}"),
                None => write!(f, "execution reverted"),
            },
            Self::Refused(why) => write!(f, "execution reverted: {why}"),
            Self::Halted(why) => write!(f, "{why}"),
            Self::GasRequiredExceedsAllowance(cap) => {
                write!(f, "gas required exceeds allowance ({cap})")
            }
            Self::TimestampTooLow { have, earliest } => {
                write!(
                    f,
                    "timestamp {have} is before the earliest possible, {earliest}"
                )
            }
            Self::Source(why) => write!(f, "the fork's source {why}"),
            Self::Internal(why) => write!(f, "internal error: {why}"),
        }
    }
}

impl core::error::Error for ChainError {}

impl ChainError {
    /// A revert with its data, or the reason why there is none.
    pub(crate) fn reverted(output: Bytes, reason: Option<String>) -> Self {
        reason.map_or(Self::Reverted(output), Self::Refused)
    }
}

/// The text inside `Error(string)`, or the meaning of `Panic(uint256)`.
pub fn revert_reason(data: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(data) {
        return Some(revert.reason);
    }
    Panic::abi_decode(data).ok().map(|panic| panic.to_string())
}
