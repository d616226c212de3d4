//! Calls and transactions over any RPC URL, with typed answers and explained failures.

use crate::bindings;
use alloy::{
    consensus::TxEnvelope,
    eips::Encodable2718,
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256},
    providers::{Provider, RootProvider},
    rpc::types::{TransactionReceipt, TransactionRequest, state::StateOverride},
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolError},
    transports::{RpcError, TransportErrorKind},
};
use eyre::{Result, WrapErr, eyre};
use std::{
    borrow::Cow,
    fmt,
    time::{Duration, Instant},
};

/// How long a transaction may take to be in a block.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(180);

/// Why a call or a transaction did not go through.
#[derive(Debug)]
pub enum CallError {
    /// The contract refused.
    Reverted {
        /// The function, such as `deposit(bytes32,address,uint256)`.
        call: Cow<'static, str>,
        /// Whom it was sent to.
        to: Address,
        /// Revert data.
        data: Bytes,
    },
    /// The node or the way to it failed.
    Other(eyre::Report),
}

impl CallError {
    /// The revert data, if the contract refused.
    pub const fn revert_data(&self) -> Option<&Bytes> {
        match self {
            Self::Reverted { data, .. } => Some(data),
            Self::Other(_) => None,
        }
    }

    /// The error `E` with its numbers, if that is what the contract said.
    pub fn as_error<E: SolError>(&self) -> Option<E> {
        self.revert_data().and_then(|data| E::abi_decode(data).ok())
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reverted { call, to, data } => {
                write!(f, "{call} at {to}: {}", bindings::explain(data))
            }
            Self::Other(e) => write!(f, "{e:#}"),
        }
    }
}

impl std::error::Error for CallError {}

impl From<eyre::Report> for CallError {
    fn from(e: eyre::Report) -> Self {
        Self::Other(e)
    }
}

/// Which gas limit transactions get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GasLimit {
    /// What the node estimates and a quarter more.
    Estimate,
    /// Always this: no estimate, for development chains.
    Fixed(u64),
}

/// A connection to a chain.
#[derive(Clone, Debug)]
pub struct Client {
    provider: RootProvider,
    url: String,
    chain_id: u64,
    gas: GasLimit,
}

impl Client {
    /// Connects over HTTP.
    ///
    /// # Errors
    ///
    /// The URL is none, or nobody answers there.
    pub async fn connect(url: &str) -> Result<Self> {
        let parsed = url
            .parse()
            .wrap_err_with(|| format!("{url:?} is not a URL"))?;
        let provider = RootProvider::new_http(parsed);
        let chain_id = provider
            .get_chain_id()
            .await
            .wrap_err_with(|| format!("no answer from {url}: is a node running there?"))?;
        Ok(Self {
            provider,
            url: url.to_owned(),
            chain_id,
            gas: GasLimit::Estimate,
        })
    }

    /// The same connection with another gas limit for transactions.
    #[must_use]
    pub const fn with_gas_limit(mut self, gas: GasLimit) -> Self {
        self.gas = gas;
        self
    }

    /// Chain id.
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Where it is connected to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// alloy's provider, for everything that has no shorthand here.
    pub const fn provider(&self) -> &RootProvider {
        &self.provider
    }

    /// A raw JSON-RPC request.
    ///
    /// # Errors
    ///
    /// The node refuses it.
    pub async fn rpc<P, R>(&self, method: &'static str, params: P) -> Result<R>
    where
        P: alloy::rpc::json_rpc::RpcSend,
        R: alloy::rpc::json_rpc::RpcRecv,
    {
        self.provider
            .raw_request(Cow::Borrowed(method), params)
            .await
            .wrap_err_with(|| format!("{method} failed"))
    }

    /// Calls without a transaction, as `from`.
    ///
    /// # Errors
    ///
    /// The contract refuses, there is none, or the node fails.
    pub async fn call_as<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, CallError> {
        self.call_with(from, to, call, U256::ZERO, None).await
    }

    /// Calls without a transaction.
    ///
    /// # Errors
    ///
    /// As [`Self::call_as`].
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, CallError> {
        self.call_as(Address::ZERO, to, call).await
    }

    /// Calls without a transaction, with value and state overrides.
    ///
    /// # Errors
    ///
    /// As [`Self::call_as`].
    pub async fn call_with<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
        value: U256,
        overrides: Option<StateOverride>,
    ) -> Result<C::Return, CallError> {
        let request = TransactionRequest::default()
            .from(from)
            .to(to)
            .value(value)
            .input(call.abi_encode().into());
        let mut pending = self.provider.call(request);
        if let Some(overrides) = overrides {
            pending = pending.overrides(overrides);
        }
        let data = pending.await.map_err(|e| refused::<C>(to, e))?;
        if data.is_empty() && self.code(to).await?.is_empty() {
            return Err(eyre!("there is no contract at {to} for {}", C::SIGNATURE).into());
        }
        C::abi_decode_returns(&data).map_err(|e| {
            eyre!(
                "{} at {to} answered {data}, which does not decode: {e}",
                C::SIGNATURE
            )
            .into()
        })
    }

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
        let request = TransactionRequest::default()
            .to(to)
            .value(value)
            .input(call.abi_encode().into());
        let (receipt, sent) = self
            .transact(signer, request)
            .await?
            .map_err(|e| refused::<C>(to, e))?;
        if receipt.status() {
            return Ok(receipt);
        }
        if let Some(data) = self.output_of(receipt.transaction_hash).await {
            return Err(CallError::Reverted {
                call: Cow::Borrowed(C::SIGNATURE),
                to,
                data,
            });
        }
        // No traces here: ask the state before its block.
        let mut asked = self.provider.call(sent);
        if let Some(number) = receipt.block_number {
            asked = asked.block(number.saturating_sub(1).into());
        }
        match asked.await {
            Err(e) => Err(refused::<C>(to, e)),
            Ok(_) => Err(eyre!(
                "{} at {to} failed in transaction {} ({} gas used) though it goes through when \
                 called: the state changed, or the gas limit was too low",
                C::SIGNATURE,
                receipt.transaction_hash,
                receipt.gas_used
            )
            .into()),
        }
    }

    /// What a transaction returned or reverted with, where the node traces.
    async fn output_of(&self, hash: B256) -> Option<Bytes> {
        let options = serde_json::json!({
            "tracer": "callTracer",
            "tracerConfig": { "onlyTopCall": true },
        });
        let frame: serde_json::Value = self
            .provider
            .raw_request(Cow::Borrowed("debug_traceTransaction"), (hash, options))
            .await
            .ok()?;
        // Out of gas is no revert.
        let reverted = frame.get("error")?.as_str()?.contains("revert");
        let output = frame.get("output").and_then(|o| o.as_str()).unwrap_or("0x");
        reverted.then(|| output.parse().ok()).flatten()
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
        let request = TransactionRequest::default().with_deploy_code(init_code);
        let (receipt, _) = self
            .transact(signer, request)
            .await?
            .wrap_err("creation refused")?;
        let address = receipt
            .contract_address
            .filter(|_| receipt.status())
            .ok_or_else(|| {
                eyre!(
                    "creation failed in transaction {}",
                    receipt.transaction_hash
                )
            })?;
        Ok((address, receipt))
    }

    /// Code of an account.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn code(&self, address: Address) -> Result<Bytes> {
        self.provider
            .get_code_at(address)
            .await
            .wrap_err("eth_getCode failed")
    }

    /// Balance of an account, in wei.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn balance(&self, address: Address) -> Result<U256> {
        self.provider
            .get_balance(address)
            .await
            .wrap_err("eth_getBalance failed")
    }

    /// Time of the latest block, unix seconds.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn now(&self) -> Result<u64> {
        let block = self
            .provider
            .get_block_by_number(alloy::eips::BlockNumberOrTag::Latest)
            .await?
            .ok_or_else(|| eyre!("the node has no latest block"))?;
        Ok(block.header.timestamp)
    }

    /// Fills, signs, sends, waits. The inner error is the node's refusal to estimate.
    async fn transact(
        &self,
        signer: &PrivateKeySigner,
        request: TransactionRequest,
    ) -> Result<Result<(TransactionReceipt, TransactionRequest), RpcError<TransportErrorKind>>>
    {
        let from = signer.address();
        let mut request = request.from(from);
        let limit = match self.gas {
            GasLimit::Fixed(limit) => limit,
            GasLimit::Estimate => match self.provider.estimate_gas(request.clone()).await {
                Ok(gas) => gas + gas / 4,
                Err(e) => return Ok(Err(e)),
            },
        };
        let price = self
            .provider
            .get_gas_price()
            .await
            .wrap_err("eth_gasPrice failed")?;
        let nonce = self
            .provider
            .get_transaction_count(from)
            .pending()
            .await
            .wrap_err("eth_getTransactionCount failed")?;
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
        let pending = match self
            .provider
            .send_raw_transaction(&envelope.encoded_2718())
            .await
        {
            Ok(pending) => *pending.tx_hash(),
            Err(e) => {
                return Err(eyre!("the node refused the transaction of {from}: {e}"));
            }
        };
        Ok(Ok((self.receipt(pending).await?, request)))
    }

    async fn receipt(&self, hash: B256) -> Result<TransactionReceipt> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            let found = self
                .provider
                .get_transaction_receipt(hash)
                .await
                .wrap_err("eth_getTransactionReceipt failed")?;
            if let Some(receipt) = found {
                return Ok(receipt);
            }
            if start.elapsed() > RECEIPT_TIMEOUT {
                return Err(eyre!(
                    "transaction {hash} is not in a block after {} s: look it up and run again, \
                     what is done is not done twice",
                    RECEIPT_TIMEOUT.as_secs()
                ));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
}

/// A revert with its data, or whatever else went wrong.
fn refused<C: SolCall>(to: Address, error: RpcError<TransportErrorKind>) -> CallError {
    if let Some(payload) = error.as_error_resp() {
        if let Some(data) = payload.as_revert_data() {
            return CallError::Reverted {
                call: Cow::Borrowed(C::SIGNATURE),
                to,
                data,
            };
        }
        if payload.message.contains("revert") {
            return CallError::Reverted {
                call: Cow::Borrowed(C::SIGNATURE),
                to,
                data: Bytes::new(),
            };
        }
        return CallError::Other(eyre!("{} at {to}: {}", C::SIGNATURE, payload.message));
    }
    CallError::Other(eyre!("{} at {to}: {error}", C::SIGNATURE))
}
