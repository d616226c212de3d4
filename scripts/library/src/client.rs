//! Calls and transactions over any RPC URL, with typed answers and explained failures.

mod error;
mod transactions;

pub use error::{CallError, ProgramFault};
pub use transactions::{GasLimit, Signed};

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, Bytes, U256},
    providers::{Provider, RootProvider},
    rpc::types::{Filter, Log, TransactionRequest, state::StateOverride},
    sol_types::SolCall,
    transports::{RpcError, TransportErrorKind},
};
use eyre::{Result, ensure, eyre};
use std::{borrow::Cow, error::Error, time::Duration};

/// How long a node may take for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// What a node said to a request.
type Answer<T> = Result<T, RpcError<TransportErrorKind>>;

/// Whether this build can speak to a node at `url`.
///
/// # Errors
///
/// The URL begins with `https:` and the feature of that name was left out.
pub fn speaks(url: &str) -> Result<()> {
    eyre::ensure!(
        cfg!(feature = "https") || !url.to_ascii_lowercase().starts_with("https:"),
        "this build does not speak https, as {url} does: run it with \
         `cargo run --features https -- ...`"
    );
    Ok(())
}

/// A connection to a chain.
#[derive(Clone, Debug)]
pub struct Client {
    provider: RootProvider,
    url: String,
    chain_id: u64,
    gas: GasLimit,
    /// The block that everything is read at; the latest if none.
    pin: Option<u64>,
}

impl Client {
    /// Connects over HTTP.
    ///
    /// # Errors
    ///
    /// The URL is none, or no node answers there.
    pub async fn connect(url: &str) -> Result<Self> {
        let http = ["http://", "https://"].iter().any(|scheme| {
            url.get(..scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        });
        ensure!(
            http,
            "{url:?} is not a URL of a node: it must begin with http:// or https://, as in http://127.0.0.1:8545"
        );
        let parsed = url.parse().map_err(|e| {
            eyre!("{url:?} is not a URL of a node ({e}): it should look like http://127.0.0.1:8545")
        })?;
        speaks(url)?;
        let mut client = Self {
            provider: RootProvider::new_http(parsed),
            url: url.to_owned(),
            chain_id: 0,
            gas: GasLimit::Estimate,
            pin: None,
        };
        client.chain_id = client
            .answer(client.provider.get_chain_id())
            .await
            .map_err(|e| eyre!("{}", client.words(&e)))?;
        Ok(client)
    }

    /// The same connection, reading everything at the block that is the latest now: two answers of it are about one
    /// state.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn pinned(&self) -> Result<Self> {
        let latest = self
            .answer(self.provider.get_block_number())
            .await
            .map_err(|e| self.failed("eth_blockNumber", &e))?;
        Ok(Self {
            pin: Some(latest),
            ..self.clone()
        })
    }

    /// The block that everything is read at, if it is pinned.
    pub const fn block(&self) -> Option<u64> {
        self.pin
    }

    fn block_id(&self) -> BlockId {
        self.pin.map_or_else(BlockId::latest, BlockId::from)
    }

    /// Waits for an answer, but not for ever.
    async fn answer<T>(&self, asked: impl IntoFuture<Output = Answer<T>>) -> Answer<T> {
        let late = |_| {
            let seconds = ANSWER_TIMEOUT.as_secs();
            let text = format!("nothing came within {seconds} s");
            Err(TransportErrorKind::custom_str(&text))
        };
        tokio::time::timeout(ANSWER_TIMEOUT, asked.into_future())
            .await
            .unwrap_or_else(late)
    }

    /// What went wrong between us and the node, or what the node said.
    fn words(&self, error: &RpcError<TransportErrorKind>) -> String {
        let url = &self.url;
        match error {
            RpcError::ErrorResp(payload) => payload.message.to_string(),
            RpcError::DeserError { .. } | RpcError::NullResp => {
                format!("what answers at {url} is not a node: {}", first_line(error))
            }
            RpcError::Transport(
                TransportErrorKind::HttpError(e)
                | TransportErrorKind::HttpErrorWithRetryAfter { error: e, .. },
            ) => format!(
                "{url} answers with HTTP status {}: {}",
                e.status,
                first_line(&e.body)
            ),
            _ => {
                // The innermost reason is the one that says something.
                let mut reason: &dyn Error = error;
                while let Some(inner) = reason.source() {
                    reason = inner;
                }
                format!("no answer from {url} ({reason}): is a node running there?")
            }
        }
    }

    fn failed(&self, method: &str, error: &RpcError<TransportErrorKind>) -> eyre::Report {
        eyre!("{method}: {}", self.words(error))
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
        self.answer(self.provider.raw_request(Cow::Borrowed(method), params))
            .await
            .map_err(|e| self.failed(method, &e))
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
        let request = request(to, call, value).from(from);
        let asked = self
            .provider
            .call(request)
            .block(self.block_id())
            .overrides_opt(overrides);
        let data = self
            .answer(asked)
            .await
            .map_err(|e| self.refused(C::SIGNATURE, to, &e))?;
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

    /// Code of an account.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn code(&self, address: Address) -> Result<Bytes> {
        let asked = self.provider.get_code_at(address).block_id(self.block_id());
        self.answer(asked)
            .await
            .map_err(|e| self.failed("eth_getCode", &e))
    }

    /// Balance of an account, in wei.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn balance(&self, address: Address) -> Result<U256> {
        let asked = self.provider.get_balance(address).block_id(self.block_id());
        self.answer(asked)
            .await
            .map_err(|e| self.failed("eth_getBalance", &e))
    }

    /// A word of an account's storage.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn storage(&self, address: Address, slot: U256) -> Result<U256> {
        let asked = self
            .provider
            .get_storage_at(address, slot)
            .block_id(self.block_id());
        self.answer(asked)
            .await
            .map_err(|e| self.failed("eth_getStorageAt", &e))
    }

    /// Logs of a filter, up to the block that is read at.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn logs(&self, filter: Filter) -> Result<Vec<Log>> {
        let last = self.pin.map_or(BlockNumberOrTag::Latest, Into::into);
        let filter = filter.to_block(last);
        self.answer(self.provider.get_logs(&filter))
            .await
            .map_err(|e| self.failed("eth_getLogs", &e))
    }

    /// Time of the block that is read at, unix seconds.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn now(&self) -> Result<u64> {
        let asked = self.provider.get_block(self.block_id());
        let block = self
            .answer(asked)
            .await
            .map_err(|e| self.failed("eth_getBlockByNumber", &e))?
            .ok_or_else(|| eyre!("the node has no such block"))?;
        Ok(block.header.timestamp)
    }

    /// What a unit of gas costs now, in wei.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn gas_price(&self) -> Result<u128> {
        self.answer(self.provider.get_gas_price())
            .await
            .map_err(|e| self.failed("eth_gasPrice", &e))
    }

    /// What a call would use as a transaction of `from`, with value and state overrides.
    ///
    /// # Errors
    ///
    /// The contract refuses, or the node fails.
    pub async fn estimate<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
        value: U256,
        overrides: Option<StateOverride>,
    ) -> Result<u64, CallError> {
        let request = request(to, call, value).from(from);
        let asked = self
            .provider
            .estimate_gas(request)
            .block(self.block_id())
            .overrides_opt(overrides);
        self.answer(asked)
            .await
            .map_err(|e| self.refused(C::SIGNATURE, to, &e))
    }

    /// A revert with its data, or whatever else went wrong.
    fn refused(
        &self,
        call: &'static str,
        to: Address,
        error: &RpcError<TransportErrorKind>,
    ) -> CallError {
        if let Some(payload) = error.as_error_resp() {
            let data = payload.as_revert_data().unwrap_or_default();
            // Without data the node may know more than that it reverted: what a program failed of.
            if !data.is_empty() || payload.message == "execution reverted" {
                return CallError::Reverted {
                    call: Cow::Borrowed(call),
                    to,
                    data,
                };
            }
        }
        CallError::Other(eyre!("{call} at {to}: {}", self.words(error)))
    }
}

/// A call as a transaction of nobody yet.
fn request<C: SolCall>(to: Address, call: &C, value: U256) -> TransactionRequest {
    TransactionRequest::default()
        .to(to)
        .value(value)
        .input(call.abi_encode().into())
}

/// So much of a text as an error should repeat.
fn first_line(text: &impl ToString) -> String {
    let text = text.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}

#[cfg(test)]
mod https {
    use super::*;

    #[tokio::test]
    async fn what_a_build_does_not_speak_is_said() {
        let error = Client::connect("https://127.0.0.1:1").await.unwrap_err();
        let says = error.to_string().contains("--features https");
        assert_eq!(says, !cfg!(feature = "https"), "{error}");
        speaks("http://127.0.0.1:1").unwrap();
    }
}
