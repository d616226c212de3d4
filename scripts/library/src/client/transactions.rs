//! Transactions: filled, signed, sent, waited for, and explained where they fail.

use super::{Answer, CallError, Client, request};
use alloy::{
    consensus::TxEnvelope,
    eips::Encodable2718,
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

/// How long a transaction may take to be in a block.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(180);

/// Which gas limit transactions get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GasLimit {
    /// What the node estimates and a quarter more.
    Estimate,
    /// Always this: no estimate, for development chains.
    Fixed(u64),
}

/// A transaction that is signed and not sent yet.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Its hash.
    pub hash: B256,
    /// Who signed it.
    pub from: Address,
    /// Its nonce.
    pub nonce: u64,
    raw: Bytes,
    request: TransactionRequest,
}

impl Signed {
    /// Where the contract will stand, if it creates one.
    pub fn creates(&self) -> Address {
        self.from.create(self.nonce)
    }
}

/// How a failed transaction ended.
enum Outcome {
    /// The contract refused, with this data.
    Reverted(Bytes),
    /// It did not come to that: out of gas, or a program that does not run.
    Failed(String),
}

impl Client {
    /// Sends a transaction and waits for its receipt.
    ///
    /// # Errors
    ///
    /// The contract refuses (found out before anything is sent, where gas is estimated), or the
    /// node fails.
    pub async fn send<C: SolCall>(
        &self,
        signer: &PrivateKeySigner,
        to: Address,
        call: &C,
    ) -> Result<TransactionReceipt, CallError> {
        self.send_value(signer, to, call, U256::ZERO).await
    }

    /// Like [`Self::send`], with value in wei.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn send_value<C: SolCall>(
        &self,
        signer: &PrivateKeySigner,
        to: Address,
        call: &C,
        value: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let request = request(to, call, value);
        let signed = self
            .prepare(signer, request)
            .await?
            .map_err(|e| self.refused(C::SIGNATURE, to, &e))?;
        let receipt = self.deliver(&signed).await?;
        if receipt.status() {
            return Ok(receipt);
        }
        let (call, hash) = (C::SIGNATURE, receipt.transaction_hash);
        let silent = match self.outcome_of(hash).await {
            Some(Outcome::Reverted(data)) if !data.is_empty() => {
                let call = Cow::Borrowed(call);
                return Err(CallError::Reverted { call, to, data });
            }
            Some(Outcome::Failed(why)) => {
                return Err(eyre!("{call} at {to}: {why} (transaction {hash})").into());
            }
            Some(Outcome::Reverted(_)) => true,
            None => false,
        };
        // Without traces, or without data, the state before its block may say more.
        let mut asked = self.provider.call(signed.request);
        if let Some(number) = receipt.block_number {
            asked = asked.block(number.saturating_sub(1).into());
        }
        match self.answer(asked).await {
            Err(e) => Err(self.refused(call, to, &e)),
            Ok(_) if silent => {
                let (call, data) = (Cow::Borrowed(call), Bytes::new());
                Err(CallError::Reverted { call, to, data })
            }
            Ok(_) => Err(eyre!(
                "{call} at {to} failed in transaction {hash} ({} gas used) though it goes through when called: the \
                 state changed, or the gas limit was too low",
                receipt.gas_used
            )
            .into()),
        }
    }

    /// How a failed transaction ended, where the node traces.
    async fn outcome_of(&self, hash: B256) -> Option<Outcome> {
        let options = serde_json::json!({
            "tracer": "callTracer",
            "tracerConfig": { "onlyTopCall": true },
        });
        let asked = self
            .provider
            .raw_request(Cow::Borrowed("debug_traceTransaction"), (hash, options));
        let frame: serde_json::Value = self.answer(asked).await.ok()?;
        let error = frame.get("error")?.as_str()?;
        if !error.contains("revert") {
            return Some(Outcome::Failed(error.to_owned()));
        }
        let output = frame.get("output").and_then(|o| o.as_str()).unwrap_or("0x");
        output.parse().ok().map(Outcome::Reverted)
    }

    /// Creates a contract.
    ///
    /// # Errors
    ///
    /// The creation fails, or the node does.
    pub async fn create(
        &self,
        signer: &PrivateKeySigner,
        init_code: Bytes,
    ) -> Result<(Address, TransactionReceipt)> {
        let signed = self.prepare_creation(signer, init_code).await?;
        let receipt = self.deliver(&signed).await?;
        ensure!(
            receipt.status(),
            "the creation failed in transaction {}",
            signed.hash
        );
        Ok((signed.creates(), receipt))
    }

    /// Signs the creation of a contract: where it will stand is known before it is sent.
    ///
    /// # Errors
    ///
    /// The chain would refuse it, or the node fails.
    pub async fn prepare_creation(
        &self,
        signer: &PrivateKeySigner,
        init_code: Bytes,
    ) -> Result<Signed> {
        let request = TransactionRequest::default().with_deploy_code(init_code);
        self.prepare(signer, request)
            .await?
            .map_err(|e| eyre!("the creation is refused: {}", self.words(&e)))
    }

    /// Refuses while a transaction of this account waits: another would queue behind it, perhaps for ever.
    ///
    /// # Errors
    ///
    /// One waits, or the node fails.
    pub async fn nothing_waits(&self, address: Address) -> Result<()> {
        let asked = self.provider.get_transaction_count(address);
        let mined = self
            .answer(asked)
            .await
            .map_err(|e| self.failed("eth_getTransactionCount", &e))?;
        let next = self.next_nonce(address).await?;
        ensure!(
            next <= mined,
            "{} transaction(s) of {address} are not in a block yet, from nonce {mined} on: what is sent now would wait \
             behind them. Let them go through, or replace them with the same nonces at a higher price",
            next - mined
        );
        Ok(())
    }

    async fn next_nonce(&self, address: Address) -> Result<u64> {
        let asked = self.provider.get_transaction_count(address).pending();
        self.answer(asked)
            .await
            .map_err(|e| self.failed("eth_getTransactionCount", &e))
    }

    /// Fills and signs. The inner error is the node's refusal to estimate.
    async fn prepare(
        &self,
        signer: &PrivateKeySigner,
        request: TransactionRequest,
    ) -> Result<Answer<Signed>> {
        let from = signer.address();
        let mut request = request.from(from);
        let limit = match self.gas {
            GasLimit::Fixed(limit) => limit,
            GasLimit::Estimate => {
                match self
                    .answer(self.provider.estimate_gas(request.clone()))
                    .await
                {
                    Ok(gas) => gas.saturating_add(gas / 4),
                    Err(e) => return Ok(Err(e)),
                }
            }
        };
        let price = self.gas_price().await?;
        let nonce = self.next_nonce(from).await?;
        request = request
            .with_chain_id(self.chain_id)
            .with_nonce(nonce)
            .with_gas_limit(limit)
            .with_max_fee_per_gas(price.saturating_mul(2))
            .with_max_priority_fee_per_gas(0);
        let envelope: TxEnvelope = request
            .clone()
            .build(&EthereumWallet::from(signer.clone()))
            .await
            .wrap_err("could not sign")?;
        Ok(Ok(Signed {
            hash: *envelope.tx_hash(),
            from,
            nonce,
            raw: envelope.encoded_2718().into(),
            request,
        }))
    }

    /// Sends a signed transaction and waits for its receipt.
    ///
    /// # Errors
    ///
    /// The node refuses it, or it is not in a block after a while.
    pub async fn deliver(&self, signed: &Signed) -> Result<TransactionReceipt> {
        let sent = self.provider.send_raw_transaction(&signed.raw);
        if let Err(e) = self.answer(sent).await {
            bail!(
                "the node refused the transaction of {}: {}",
                signed.from,
                self.words(&e)
            );
        }
        self.receipt(signed.hash).await
    }

    /// The receipt of a transaction that was sent earlier: waits for it while the node knows it; none if it does not.
    ///
    /// # Errors
    ///
    /// The node fails, or the transaction is not in a block after a while.
    pub async fn receipt_of(&self, hash: B256) -> Result<Option<TransactionReceipt>> {
        let known = self
            .answer(self.provider.get_transaction_by_hash(hash))
            .await
            .map_err(|e| self.failed("eth_getTransactionByHash", &e))?;
        match known {
            Some(_) => self.receipt(hash).await.map(Some),
            None => Ok(None),
        }
    }

    async fn receipt(&self, hash: B256) -> Result<TransactionReceipt> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            let found = self
                .answer(self.provider.get_transaction_receipt(hash))
                .await
                .map_err(|e| self.failed("eth_getTransactionReceipt", &e))?;
            if let Some(receipt) = found {
                return Ok(receipt);
            }
            if start.elapsed() > RECEIPT_TIMEOUT {
                bail!(
                    "transaction {hash} is not in a block after {} s: look it up and run again, \
                     what is done is not done twice",
                    RECEIPT_TIMEOUT.as_secs()
                );
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
}
