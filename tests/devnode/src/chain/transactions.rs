//! Taking transactions: filling, signing, checking, the pool.
use super::{Chain, Pending};
use crate::{
    config::DevAccount,
    error::{ChainError, Result},
    evm::MAX_TX_GAS,
    state::State,
    txs,
    types::{ChainEvent, Transaction},
};
use alloy::{
    consensus::{SignableTransaction, Transaction as _, TxEnvelope, TypedTransaction},
    eips::BlockId,
    primitives::{Address, B256, TxKind, U256},
    rpc::types::TransactionRequest,
    signers::SignerSync,
};
use std::sync::Arc;

impl Chain {
    /// Takes an encoded signed transaction (EIP-2718). With automine it is in a block on return.
    pub fn send_raw(&mut self, raw: &[u8]) -> Result<B256> {
        self.send(txs::decode(raw)?)
    }

    /// Takes a signed transaction.
    pub fn send(&mut self, envelope: TxEnvelope) -> Result<B256> {
        let sender = txs::signer(&envelope)?;
        self.take(envelope, sender, false)
    }

    /// Fills what the request leaves open (nonce, gas, fees), signs it with a dev account's key or
    /// stands in for an impersonated sender, and takes it.
    pub fn send_request(&mut self, request: TransactionRequest) -> Result<B256> {
        let from = self.sender_of(&request);
        if !self.is_impersonated(from) && self.signer_of(from).is_none() {
            return Err(ChainError::UnknownAccount(from));
        }
        let request = self.fill(request)?;
        self.sign_and_take(request, from)
    }

    /// Like [`Self::send_request`] from anybody, and mines until it is in a block. Gas that is left
    /// open is [`MAX_TX_GAS`], so that failing transactions get their receipt.
    pub fn transact(&mut self, mut request: TransactionRequest) -> Result<Arc<Transaction>> {
        let from = self.sender_of(&request);
        request.gas.get_or_insert(MAX_TX_GAS);
        let request = self.fill(request)?;
        let hash = self.sign_and_take(request, from)?;
        if !self.automine {
            self.mine(1, None)?;
        }
        self.transaction(hash)
            .cloned()
            .ok_or(ChainError::UnknownTransaction(hash))
    }

    /// Fills what the request leaves open, without sending it.
    pub fn fill(&self, mut request: TransactionRequest) -> Result<TransactionRequest> {
        let from = self.sender_of(&request);
        request.from = Some(from);
        if let Some(id) = request.chain_id
            && id != self.config.chain_id
        {
            return Err(ChainError::WrongChain {
                have: Some(id),
                want: self.config.chain_id,
            });
        }
        if request.sidecar.is_some() || request.blob_versioned_hashes.is_some() {
            return Err(ChainError::UnsupportedTransaction(
                "blob transactions".into(),
            ));
        }
        if let Some(kind) = request
            .transaction_type
            .filter(|kind| !matches!(kind, 0..=2 | 4))
        {
            return Err(ChainError::UnsupportedTransaction(format!("type {kind}")));
        }
        request.chain_id = Some(self.config.chain_id);
        let input = txs::input(&request)?;
        request.input = input.into();
        request.to.get_or_insert(TxKind::Create);
        request.value.get_or_insert(U256::ZERO);
        if request.nonce.is_none() {
            request.nonce = Some(self.nonce(from, BlockId::pending())?);
        }
        let legacy = request.gas_price.is_some() || matches!(request.transaction_type, Some(0 | 1));
        if legacy {
            request.gas_price.get_or_insert(self.inner.base_fee.into());
        } else {
            let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
            let cap = 2 * u128::from(self.inner.base_fee) + tip;
            request.max_fee_per_gas.get_or_insert(cap);
        }
        if request.gas.is_none() {
            request.gas = Some(self.estimate_gas(&request.clone().into())?);
        }
        Ok(request)
    }

    pub(super) fn sender_of(&self, request: &TransactionRequest) -> Address {
        let first = self.accounts.first().map(|account| account.address);
        request.from.or(first).unwrap_or_default()
    }

    pub(super) fn signer_of(&self, address: Address) -> Option<&DevAccount> {
        self.accounts
            .iter()
            .find(|account| account.address == address)
    }

    /// Fills what the request leaves open and signs it with a dev account's key, without sending it.
    pub fn sign_request(&self, request: TransactionRequest) -> Result<TxEnvelope> {
        let from = self.sender_of(&request);
        let account = self
            .signer_of(from)
            .ok_or(ChainError::UnknownAccount(from))?;
        sign(account, txs::build(self.fill(request)?)?)
    }

    pub(super) fn sign_and_take(
        &mut self,
        request: TransactionRequest,
        from: Address,
    ) -> Result<B256> {
        let tx = txs::build(request)?;
        let (envelope, stand_in) = match self.signer_of(from) {
            Some(account) => (sign(account, tx)?, false),
            None => (txs::impersonated(tx, from), true),
        };
        self.take(envelope, from, stand_in)
    }

    /// Takes a transaction into a block, or into the queue.
    pub(super) fn take(
        &mut self,
        envelope: TxEnvelope,
        sender: Address,
        impersonated: bool,
    ) -> Result<B256> {
        let hash = *envelope.tx_hash();
        let known =
            self.transaction(hash).is_some() || self.inner.pending.iter().any(|tx| tx.hash == hash);
        if known {
            return Err(ChainError::AlreadyKnown(hash));
        }
        let tx = Pending {
            envelope,
            hash,
            sender,
            impersonated,
        };
        self.check(&tx, &self.inner.state, !self.automine)?;
        if self.automine {
            let timestamp = self.next_block_timestamp();
            self.make_block(timestamp, vec![tx], true)?;
        } else {
            // the same nonce again replaces the one that waits
            let same = |other: &Pending| {
                other.sender == sender && other.envelope.nonce() == tx.envelope.nonce()
            };
            match self.inner.pending.iter().position(same) {
                Some(place) => self.inner.pending[place] = tx,
                None => self.inner.pending.push(tx),
            }
            let _ = self.events.send(ChainEvent::Pending(hash));
        }
        Ok(hash)
    }

    /// Whether a transaction may be executed on this state; `waits` lets nonces be ahead.
    pub(super) fn check(&self, tx: &Pending, state: &State, waits: bool) -> Result<()> {
        self.check_at(tx, state, self.inner.base_fee, waits)
    }

    /// The same, at a base fee that need not be the chain's.
    pub(super) fn check_at(
        &self,
        tx: &Pending,
        state: &State,
        base_fee: u64,
        waits: bool,
    ) -> Result<()> {
        let (envelope, address) = (&tx.envelope, tx.sender);
        if envelope.is_eip4844() {
            return Err(ChainError::UnsupportedTransaction(
                "blob transactions".into(),
            ));
        }
        let want = self.config.chain_id;
        if let Some(have) = envelope.chain_id().filter(|have| *have != want) {
            return Err(ChainError::WrongChain {
                have: Some(have),
                want,
            });
        }
        let max_fee = envelope.max_fee_per_gas();
        if envelope
            .max_priority_fee_per_gas()
            .is_some_and(|tip| tip > max_fee)
        {
            return Err(ChainError::TipAboveFeeCap);
        }
        if max_fee < base_fee.into() {
            return Err(ChainError::FeeCapTooLow {
                address,
                max_fee,
                base_fee,
            });
        }
        if envelope.is_create() && envelope.input().len() > txs::MAX_INIT_CODE {
            return Err(ChainError::InitCodeTooLarge {
                size: envelope.input().len(),
            });
        }
        if envelope.is_eip7702() && envelope.authorization_list().is_none_or(<[_]>::is_empty) {
            return Err(ChainError::InvalidRequest(
                "empty authorization list".into(),
            ));
        }
        let (nonce, on_chain) = (envelope.nonce(), state.nonce(&address));
        if nonce < on_chain || nonce == u64::MAX {
            return Err(ChainError::NonceTooLow {
                address,
                tx: nonce,
                state: on_chain,
            });
        }
        if nonce > on_chain && !waits {
            return Err(ChainError::NonceTooHigh {
                address,
                tx: nonce,
                state: on_chain,
            });
        }
        if !tx.impersonated {
            let code = state.code(&address);
            if !code.is_empty() && !code.starts_with(&[0xef, 0x01, 0x00]) {
                return Err(ChainError::SenderHasCode(address));
            }
        }
        let have = state.balance(&address);
        let gas = U256::from(max_fee) * U256::from(envelope.gas_limit());
        let needed = gas.checked_add(envelope.value()).unwrap_or(U256::MAX);
        if needed > have {
            return Err(ChainError::InsufficientFunds {
                address,
                have,
                want: needed,
            });
        }
        Ok(())
    }
}

fn sign(account: &DevAccount, tx: TypedTransaction) -> Result<TxEnvelope> {
    let signature = account
        .signer
        .sign_hash_sync(&tx.signature_hash())
        .map_err(|e| ChainError::Internal(e.to_string()))?;
    Ok(tx.into_envelope(signature))
}
