//! Calls and transactions over any RPC URL, with typed answers and explained failures.

use crate::bindings::{self, IArbWasm};
use alloy::{
    consensus::TxEnvelope,
    eips::{BlockId, BlockNumberOrTag, Encodable2718},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, U256},
    providers::{Provider, RootProvider},
    rpc::types::{Filter, Log, TransactionReceipt, TransactionRequest, state::StateOverride},
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolError},
    transports::{RpcError, TransportErrorKind},
};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use std::{
    borrow::Cow,
    error::Error,
    fmt,
    time::{Duration, Instant},
};

/// How long a transaction may take to be in a block.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(180);
/// How long a node may take for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// What a node said to a request.
type Answer<T> = Result<T, RpcError<TransportErrorKind>>;

/// Why ArbOS refuses a Stylus program before its first instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramFault {
    /// Nobody activated its code.
    NotActivated,
    /// It was activated for another version of Stylus.
    NeedsUpgrade {
        /// Version it was activated for.
        version: u16,
        /// Version of the chain.
        stylus: u16,
    },
    /// Its activation is too old.
    Expired {
        /// Seconds since it was activated.
        age: u64,
    },
}

impl ProgramFault {
    /// What a node's text names, such as `error ProgramNeedsUpgrade(2, 3)`: a call of a program that does not run
    /// fails without data.
    fn named_in(text: &str) -> Option<Self> {
        let numbers = |name: &str| -> Option<Vec<u64>> {
            let (_, rest) = text.split_once(name)?;
            let (inside, _) = rest.strip_prefix('(')?.split_once(')')?;
            let number = |part: &str| part.rsplit('=').next()?.trim().parse().ok();
            Some(inside.split(',').filter_map(number).collect())
        };
        if let Some(given) = numbers("ProgramNeedsUpgrade") {
            let [version, stylus] = given[..] else {
                return None;
            };
            return Some(Self::NeedsUpgrade {
                version: u16::try_from(version).ok()?,
                stylus: u16::try_from(stylus).ok()?,
            });
        }
        if let Some(given) = numbers("ProgramExpired") {
            return Some(Self::Expired {
                age: *given.first()?,
            });
        }
        text.contains("ProgramNotActivated(")
            .then_some(Self::NotActivated)
    }
}

impl fmt::Display for ProgramFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotActivated => write!(f, "ProgramNotActivated: nobody activated it"),
            Self::NeedsUpgrade { version, stylus } => write!(
                f,
                "ProgramNeedsUpgrade({version}, {stylus}): it was activated for Stylus version {version}, the chain \
                 runs {stylus}"
            ),
            Self::Expired { age } => write!(
                f,
                "ProgramExpired({age}): it was activated {} days ago",
                age / 86_400
            ),
        }
    }
}

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

    /// Why the program does not run, if that is the reason: `plimsoll renew` mends it.
    pub fn program_fault(&self) -> Option<ProgramFault> {
        if let Some(e) = self.as_error::<IArbWasm::ProgramNeedsUpgrade>() {
            return Some(ProgramFault::NeedsUpgrade {
                version: e.version,
                stylus: e.stylusVersion,
            });
        }
        if let Some(e) = self.as_error::<IArbWasm::ProgramExpired>() {
            return Some(ProgramFault::Expired {
                age: e.ageInSeconds,
            });
        }
        if self.as_error::<IArbWasm::ProgramNotActivated>().is_some() {
            return Some(ProgramFault::NotActivated);
        }
        match self {
            Self::Reverted { .. } => None,
            Self::Other(e) => ProgramFault::named_in(&format!("{e:#}")),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reverted { call, to, data } => {
                write!(f, "{call} at {to}: {}", bindings::explain(data))?;
                // A chain says no more where a program that runs calls one that does not.
                if data.is_empty() {
                    write!(f, " (`plimsoll status` says whether every program runs)")?;
                }
                Ok(())
            }
            Self::Other(e) => {
                write!(f, "{e:#}")?;
                match self.program_fault() {
                    Some(fault) => write!(f, " ({fault}; `plimsoll renew` activates it again)"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for CallError {}

impl From<eyre::Report> for CallError {
    fn from(e: eyre::Report) -> Self {
        Self::Other(e)
    }
}

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
    /// The block that everything is read at; the latest if none.
    pin: Option<u64>,
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

/// How a failed transaction ended.
enum Outcome {
    /// The contract refused, with this data.
    Reverted(Bytes),
    /// It did not come to that: out of gas, or a program that does not run.
    Failed(String),
}

/// So much of a text as an error should repeat.
fn first_line(text: &impl ToString) -> String {
    let text = text.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_run_is_named() {
        let named = |text: &str| CallError::from(eyre!("{text}")).program_fault();
        let upgrade = ProgramFault::NeedsUpgrade {
            version: 2,
            stylus: 3,
        };
        assert_eq!(
            named("x() at 0x1: error ProgramNeedsUpgrade(2, 3)"),
            Some(upgrade)
        );
        assert_eq!(
            named("ProgramNeedsUpgrade(version=2, stylusVersion=3)"),
            Some(upgrade)
        );
        assert_eq!(
            named("error ProgramExpired(31536001)"),
            Some(ProgramFault::Expired { age: 31_536_001 })
        );
        assert_eq!(
            named("error ProgramNotActivated()"),
            Some(ProgramFault::NotActivated)
        );
        assert_eq!(named("out of gas"), None);
        assert_eq!(named("ProgramNeedsUpgrade of what?"), None);
        let text =
            CallError::from(eyre!("x() at 0x1: error ProgramNeedsUpgrade(2, 3)")).to_string();
        assert!(text.contains("plimsoll renew"), "{text}");
    }
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
