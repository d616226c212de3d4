//! Transactions between the forms they have: requests, signed envelopes, what revm takes.

use crate::error::{ChainError, Result};
use alloy::{
    consensus::{
        Receipt as ConsensusReceipt, ReceiptEnvelope, ReceiptWithBloom, Transaction as _,
        TxEnvelope, TxType, TypedTransaction, transaction::SignerRecoverable,
    },
    eips::eip2718::{Decodable2718, Encodable2718},
    primitives::{Address, Bloom, Log, Signature, TxKind, U256},
    rpc::types::TransactionRequest,
};
use revm::{context::TxEnv, context_interface::either::Either};

/// Largest init code of a creation.
pub(crate) const MAX_INIT_CODE: usize = 49_152;

/// Reads an encoded signed transaction.
pub(crate) fn decode(mut raw: &[u8]) -> Result<TxEnvelope> {
    let envelope =
        TxEnvelope::decode_2718(&mut raw).map_err(|e| ChainError::Decode(e.to_string()))?;
    if !raw.is_empty() {
        return Err(ChainError::Decode("bytes after the transaction".into()));
    }
    Ok(envelope)
}

/// Who signed it.
pub(crate) fn signer(envelope: &TxEnvelope) -> Result<Address> {
    envelope
        .recover_signer()
        .map_err(|_| ChainError::BadSignature)
}

/// An envelope around an unsigned transaction: the stand-in signature is the sender's address, so
/// that different senders' transactions have different hashes.
pub(crate) fn impersonated(tx: TypedTransaction, sender: Address) -> TxEnvelope {
    let r = U256::from_be_slice(sender.as_slice());
    tx.into_envelope(Signature::new(r.max(U256::ONE), U256::ONE, false))
}

/// What revm executes. Fees are the base fee: tips are not charged.
pub(crate) fn env(envelope: &TxEnvelope, sender: Address, base_fee: u64) -> TxEnv {
    TxEnv {
        tx_type: envelope.tx_type() as u8,
        caller: sender,
        gas_limit: envelope.gas_limit(),
        gas_price: base_fee.into(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: None,
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: envelope
            .authorization_list()
            .unwrap_or_default()
            .iter()
            .cloned()
            .map(Either::Left)
            .collect(),
    }
}

/// What revm executes for a call.
pub(crate) fn call_env(
    request: &TransactionRequest,
    gas_limit: u64,
    gas_price: u128,
    nonce: u64,
    chain_id: u64,
) -> Result<TxEnv> {
    let authorizations = request.authorization_list.clone().unwrap_or_default();
    let kind = request.to.unwrap_or(TxKind::Create);
    let data = input(request)?;
    if kind.is_create() && data.len() > MAX_INIT_CODE {
        return Err(ChainError::InitCodeTooLarge { size: data.len() });
    }
    let tx_type = if !authorizations.is_empty() {
        TxType::Eip7702
    } else if request.access_list.is_some() {
        TxType::Eip2930
    } else {
        TxType::Legacy
    };
    Ok(TxEnv {
        tx_type: tx_type as u8,
        caller: request.from.unwrap_or_default(),
        gas_limit,
        gas_price,
        kind,
        value: request.value.unwrap_or_default(),
        data,
        nonce,
        chain_id: Some(chain_id),
        access_list: request.access_list.clone().unwrap_or_default(),
        gas_priority_fee: None,
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: authorizations.into_iter().map(Either::Left).collect(),
    })
}

/// The request's input; `data` and `input` must not contradict each other.
pub(crate) fn input(request: &TransactionRequest) -> Result<alloy::primitives::Bytes> {
    request
        .input
        .unique_input()
        .map(|input| input.cloned().unwrap_or_default())
        .map_err(|e| ChainError::InvalidRequest(e.to_string()))
}

/// Builds the transaction a complete request describes.
pub(crate) fn build(request: TransactionRequest) -> Result<TypedTransaction> {
    let tx = request.build_typed_tx().map_err(|request| {
        let missing = match request.missing_keys() {
            Err((_, keys)) => keys.join(", "),
            Ok(_) => "consistent fields".into(),
        };
        ChainError::InvalidRequest(format!("transaction lacks {missing}"))
    })?;
    if matches!(tx, TypedTransaction::Eip4844(_)) {
        return Err(ChainError::UnsupportedTransaction(
            "blob transactions".into(),
        ));
    }
    Ok(tx)
}

/// Length of the encoding.
pub(crate) fn encoded_len(envelope: &TxEnvelope) -> u64 {
    envelope.encode_2718_len() as u64
}

/// The receipt as consensus encodes it, for the receipts' root.
pub(crate) fn consensus_receipt(
    tx_type: TxType,
    status: bool,
    cumulative_gas_used: u64,
    logs: Vec<Log>,
    logs_bloom: Bloom,
) -> ReceiptEnvelope {
    let receipt = ConsensusReceipt {
        status: status.into(),
        cumulative_gas_used,
        logs,
    };
    let receipt = ReceiptWithBloom {
        receipt,
        logs_bloom,
    };
    match tx_type {
        TxType::Legacy => ReceiptEnvelope::Legacy(receipt),
        TxType::Eip2930 => ReceiptEnvelope::Eip2930(receipt),
        TxType::Eip1559 => ReceiptEnvelope::Eip1559(receipt),
        TxType::Eip4844 => ReceiptEnvelope::Eip4844(receipt),
        TxType::Eip7702 => ReceiptEnvelope::Eip7702(receipt),
    }
}
