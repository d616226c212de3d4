//! The chain as such: transactions, blocks, state, time, snapshots.

mod precompiles;
mod reading;
mod time;
mod transactions;

#[path = "../support/mod.rs"]
mod support;

use alloy::{
    consensus::{
        SignableTransaction, Transaction as _, TxEip1559, TxEip7702, TxEnvelope, TxLegacy,
        transaction::SignerRecoverable,
    },
    eips::{eip2718::Encodable2718, eip7702::Authorization},
    primitives::TxKind,
    signers::SignerSync,
    sol,
    sol_types::SolCall,
};
use plimsoll_devnode::{
    AccountOverride, BlockId, BlockNumberOrTag, BlockOverrides, CREATE2_DEPLOYER, CallRequest,
    Chain, ChainConfig, ChainError, ChainEvent, Clock, Filter, MAX_TX_GAS, Outcome, StateOverride,
    TransactionRequest, config::DEFAULT_NETWORK_FEE_ACCOUNT,
};
use support::*;

fn chain() -> (Chain, Address, Address) {
    let chain = Chain::new(ChainConfig::default());
    let (a, b) = (chain.accounts()[0].address, chain.accounts()[1].address);
    (chain, a, b)
}

fn transfer(from: Address, to: Address, wei: u64) -> TransactionRequest {
    TransactionRequest {
        from: Some(from),
        to: Some(to.into()),
        value: Some(U256::from(wei)),
        ..Default::default()
    }
}

fn signed(chain: &Chain, account: usize, tx: TxEip1559) -> TxEnvelope {
    let signature = chain.accounts()[account]
        .signer
        .sign_hash_sync(&tx.signature_hash())
        .unwrap();
    tx.into_signed(signature).into()
}

fn plain(chain: &Chain, nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: chain.config().chain_id,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 200_000_000,
        max_priority_fee_per_gas: 50_000_000,
        to: TxKind::Call(Address::repeat_byte(1)),
        value: U256::from(5),
        ..Default::default()
    }
}
