//! The methods by name, and the server around them.

use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use http::{HeaderValue, Method, StatusCode, header};
use jsonrpsee::{
    RpcModule,
    server::{
        BatchRequestConfig, BatchResponseBuilder, HttpBody, HttpRequest, HttpResponse, IdProvider,
        MethodResponse, Server, ServerConfig, ServerHandle,
        middleware::rpc::{
            Batch, BatchEntry, Notification, Request, RpcServiceBuilder, RpcServiceT,
        },
    },
    types::{ErrorCode, ErrorObject, SubscriptionId},
};
use serde_json::{Value, value::to_raw_value};
use tower::{Layer, Service};

use super::{
    dev,
    error::{Result, RpcError},
    eth, forward,
    params::Args,
    registry::ErrorRegistry,
    subscriptions, sync, trace,
    worker::{Backend, ChainHandle},
};

/// Largest request, in bytes.
const MAX_REQUEST: u32 = 32 << 20;
/// Largest answer, in bytes.
const MAX_RESPONSE: u32 = 256 << 20;
/// Requests in a batch at most.
const MAX_BATCH: u32 = 1_000;
/// Connections at once.
const MAX_CONNECTIONS: u32 = 1_000;

type Handler = fn(&mut Backend, Args) -> Result<Value>;
type Tracer = fn(&mut Backend, Args, &ErrorRegistry) -> Result<Value>;

/// The methods that answer from the chain.
const METHODS: &[(&str, Handler)] = &[
    ("web3_clientVersion", eth::client_version),
    ("web3_sha3", eth::sha3),
    ("net_version", eth::net_version),
    ("net_listening", eth::yes),
    ("net_peerCount", eth::zero),
    ("rpc_modules", eth::modules),
    ("eth_chainId", eth::chain_id),
    ("eth_syncing", eth::no),
    ("eth_mining", eth::no),
    ("eth_hashrate", eth::zero),
    ("eth_coinbase", eth::coinbase),
    ("eth_accounts", eth::accounts),
    ("eth_requestAccounts", eth::accounts),
    ("eth_blockNumber", eth::block_number),
    ("eth_gasPrice", eth::gas_price),
    ("eth_maxPriorityFeePerGas", eth::zero),
    ("eth_blobBaseFee", eth::zero),
    ("eth_feeHistory", eth::fee_history),
    ("eth_getBalance", eth::balance),
    ("eth_getTransactionCount", eth::nonce),
    ("eth_getCode", eth::code),
    ("eth_getStorageAt", eth::storage),
    ("eth_getAccount", eth::account),
    ("eth_getAccountInfo", eth::account_info),
    ("eth_getProof", eth::proof),
    ("eth_call", eth::call),
    ("eth_estimateGas", eth::estimate_gas),
    ("eth_createAccessList", eth::access_list),
    ("eth_sendRawTransaction", eth::send_raw),
    ("eth_sendTransaction", eth::send),
    ("eth_fillTransaction", eth::fill),
    ("eth_signTransaction", eth::sign_transaction),
    ("eth_sign", eth::sign),
    ("personal_sign", eth::personal_sign),
    ("eth_signTypedData", eth::sign_typed_data),
    ("eth_signTypedData_v4", eth::sign_typed_data),
    ("eth_getTransactionByHash", eth::transaction),
    ("eth_getRawTransactionByHash", eth::raw_transaction),
    ("debug_getRawTransaction", eth::raw_transaction),
    (
        "eth_getTransactionByBlockNumberAndIndex",
        eth::transaction_by_number,
    ),
    (
        "eth_getTransactionByBlockHashAndIndex",
        eth::transaction_by_hash,
    ),
    ("eth_getTransactionReceipt", eth::receipt),
    ("eth_getBlockReceipts", eth::block_receipts),
    ("eth_getBlockByNumber", eth::block_by_number),
    ("eth_getBlockByHash", eth::block_by_hash),
    ("eth_getBlockTransactionCountByNumber", eth::count_by_number),
    ("eth_getBlockTransactionCountByHash", eth::count_by_hash),
    ("eth_getUncleCountByBlockNumber", eth::uncles_by_number),
    ("eth_getUncleCountByBlockHash", eth::uncles_by_hash),
    ("eth_getLogs", eth::logs),
    ("eth_newFilter", eth::new_filter),
    ("eth_newBlockFilter", eth::new_block_filter),
    ("eth_newPendingTransactionFilter", eth::new_pending_filter),
    ("eth_getFilterChanges", eth::filter_changes),
    ("eth_getFilterLogs", eth::filter_logs),
    ("eth_uninstallFilter", eth::uninstall_filter),
    ("txpool_status", eth::pool_status),
    ("txpool_content", eth::pool_content),
    ("evm_snapshot", dev::snapshot),
    ("evm_revert", dev::revert),
    ("evm_increaseTime", dev::increase_time),
    ("evm_setTime", dev::set_time),
    ("evm_setNextBlockTimestamp", dev::set_next_timestamp),
    ("evm_mine", dev::evm_mine),
    ("anvil_setBlockTimestampInterval", dev::set_block_interval),
    (
        "anvil_removeBlockTimestampInterval",
        dev::remove_block_interval,
    ),
    ("anvil_dumpState", dev::dump_state),
    ("anvil_loadState", dev::load_state),
    ("evm_addAccountBalance", dev::add_balance),
    ("evm_setAccountBalance", dev::set_balance),
    ("plimsoll_setL1BlockNumber", dev::set_l1_block_number),
    ("plimsoll_setCacheManager", dev::set_cache_manager),
    ("plimsoll_upgradeArbos", dev::upgrade_arbos),
];

/// The levers that have a name in anvil and one in Hardhat. Where anvil answers null, Hardhat
/// answers true, and their clients insist.
const LEVERS: &[(&str, &str, Handler)] = &[
    ("anvil_mine", "hardhat_mine", dev::mine),
    ("anvil_snapshot", "hardhat_snapshot", dev::snapshot),
    ("anvil_revert", "hardhat_revert", dev::revert),
    (
        "anvil_increaseTime",
        "hardhat_increaseTime",
        dev::increase_time,
    ),
    ("anvil_setTime", "hardhat_setTime", dev::set_time),
    (
        "anvil_setNextBlockTimestamp",
        "hardhat_setNextBlockTimestamp",
        dev::set_next_timestamp,
    ),
    ("anvil_getAutomine", "hardhat_getAutomine", dev::automine),
    (
        "anvil_dropTransaction",
        "hardhat_dropTransaction",
        dev::drop_transaction,
    ),
    ("anvil_setBalance", "hardhat_setBalance", dev::set_balance),
    ("anvil_addBalance", "hardhat_addBalance", dev::add_balance),
    ("anvil_setNonce", "hardhat_setNonce", dev::set_nonce),
    ("anvil_setCode", "hardhat_setCode", dev::set_code),
    (
        "anvil_setStorageAt",
        "hardhat_setStorageAt",
        dev::set_storage,
    ),
    (
        "anvil_impersonateAccount",
        "hardhat_impersonateAccount",
        dev::impersonate,
    ),
    (
        "anvil_stopImpersonatingAccount",
        "hardhat_stopImpersonatingAccount",
        dev::stop_impersonating,
    ),
    (
        "anvil_autoImpersonateAccount",
        "hardhat_autoImpersonateAccount",
        dev::auto_impersonate,
    ),
    (
        "anvil_setNextBlockBaseFeePerGas",
        "hardhat_setNextBlockBaseFeePerGas",
        dev::set_base_fee,
    ),
    (
        "anvil_setLoggingEnabled",
        "hardhat_setLoggingEnabled",
        dev::nothing,
    ),
    ("anvil_setAutomine", "evm_setAutomine", dev::set_automine),
    (
        "anvil_setIntervalMining",
        "evm_setIntervalMining",
        dev::set_interval,
    ),
    (
        "anvil_dropAllTransactions",
        "hardhat_dropAllTransactions",
        dev::drop_transactions,
    ),
    (
        "anvil_removePoolTransactions",
        "hardhat_removePoolTransactions",
        dev::drop_transactions,
    ),
    ("anvil_nodeInfo", "hardhat_nodeInfo", dev::node_info),
    ("anvil_metadata", "hardhat_metadata", dev::metadata),
    ("anvil_reset", "hardhat_reset", dev::unsupported_reset),
];

/// The methods that show what happened inside, with reverts in words.
const TRACERS: &[(&str, Tracer)] = &[
    ("eth_simulateV1", eth::simulate),
    ("debug_traceTransaction", trace::transaction),
    ("debug_traceCall", trace::call),
    ("debug_traceBlockByNumber", trace::block),
    ("debug_traceBlockByHash", trace::block),
];

/// What a request needs beyond the chain.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    pub(crate) chain: ChainHandle,
    pub(crate) errors: Arc<ErrorRegistry>,
}

fn method<F>(module: &mut RpcModule<Rpc>, name: &'static str, work: F) -> eyre::Result<()>
where
    F: Fn(&mut Backend, Args, &ErrorRegistry) -> Result<Value> + Copy + Send + Sync + 'static,
{
    module.register_async_method(name, move |params, rpc, _| async move {
        let errors = rpc.errors.clone();
        let answer = match Args::parse(&params) {
            Ok(args) => {
                // Written out there, where the stack is deep enough for any trace.
                let work = move |node: &mut Backend| {
                    let asked = node.chain.forked_at().map(|_| args.rest().to_vec());
                    let mut answer = work(node, args, &errors);
                    if let Some(asked) = asked.filter(|_| forward::is_missing(&answer))
                        && let Some(before) = forward::ask_source(node, name, &asked)?
                    {
                        answer = Ok(before);
                    }
                    let value = answer?;
                    to_raw_value(&value).map_err(|e| RpcError::Internal(e.to_string()))
                };
                rpc.chain.request(work).await
            }
            Err(e) => Err(e),
        };
        answer.map_err(|e| e.of(name).into_object(&rpc.errors))
    })?;
    Ok(())
}

/// Every method's name.
pub(crate) fn methods() -> Vec<&'static str> {
    let mut names: Vec<_> = METHODS.iter().map(|m| m.0).collect();
    names.extend(LEVERS.iter().flat_map(|m| [m.0, m.1]));
    names.extend(TRACERS.iter().map(|m| m.0));
    names.extend([sync::NAME, "eth_subscribe", "eth_unsubscribe"]);
    names.sort_unstable();
    names
}

/// All methods over a chain.
pub(crate) fn module(rpc: Rpc) -> eyre::Result<RpcModule<Rpc>> {
    let mut module = RpcModule::new(rpc);
    for &(name, handler) in METHODS {
        method(&mut module, name, move |node, args, _| handler(node, args))?;
    }
    for &(anvil, hardhat, handler) in LEVERS {
        method(&mut module, anvil, move |node, args, _| handler(node, args))?;
        method(&mut module, hardhat, move |node, args, _| {
            handler(node, args).map(dev::hardhat)
        })?;
    }
    for &(name, tracer) in TRACERS {
        method(&mut module, name, tracer)?;
    }
    module.register_async_method(sync::NAME, |params, rpc, _| async move {
        let answer = sync::send_raw(params, &rpc).await;
        answer.map_err(|e| e.of(sync::NAME).into_object(&rpc.errors))
    })?;
    subscriptions::register(&mut module)?;
    Ok(module)
}

/// Starts serving; answers the address bound.
pub(crate) async fn serve(
    address: SocketAddr,
    module: RpcModule<Rpc>,
) -> eyre::Result<(SocketAddr, ServerHandle)> {
    let config = ServerConfig::builder()
        .max_request_body_size(MAX_REQUEST)
        .max_response_body_size(MAX_RESPONSE)
        .max_connections(MAX_CONNECTIONS)
        .max_subscriptions_per_connection(1_024)
        .set_batch_request_config(BatchRequestConfig::Limit(MAX_BATCH))
        .set_id_provider(Ids::default())
        .build();
    let server = Server::builder()
        .set_config(config)
        .set_rpc_middleware(RpcServiceBuilder::new().layer_fn(Plain))
        .set_http_middleware(tower::ServiceBuilder::new().layer(BrowserLayer))
        .build(address)
        .await?;
    let bound = server.local_addr()?;
    Ok((bound, server.start(module)))
}

/// Subscription ids as geth writes them, counting from one.
#[derive(Debug, Default)]
struct Ids(AtomicU64);

impl IdProvider for Ids {
    fn next_id(&self) -> SubscriptionId<'static> {
        format!("{:#x}", self.0.fetch_add(1, Ordering::Relaxed) + 1).into()
    }
}

/// Says in geth's words which method there is not, and over HTTP that subscriptions need a WebSocket.
#[derive(Clone, Debug)]
struct Plain<S>(S);

/// Characters of a method's name that are said back at most.
const MAX_NAME: usize = 64;

impl<S> RpcServiceT for Plain<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Clone + Send + Sync + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = S::NotificationResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let service = self.0.clone();
        async move {
            let name: String = request.method_name().chars().take(MAX_NAME).collect();
            let id = request.id().into_owned();
            let answer = service.call(request).await;
            let subscribes = matches!(name.as_str(), "eth_subscribe" | "eth_unsubscribe");
            let words = match answer.as_error_code().map(ErrorCode::from) {
                Some(ErrorCode::MethodNotFound) => {
                    format!(
                        "the method {name} does not exist/is not available; docs/devnode.md lists \
                         what is not modelled"
                    )
                }
                Some(ErrorCode::InternalError) if subscribes => {
                    "notifications not supported: open a WebSocket on the same port".into()
                }
                _ => return answer,
            };
            let code = ErrorCode::MethodNotFound.code();
            MethodResponse::error(id, ErrorObject::owned(code, words, None::<()>))
        }
    }

    // The inner service would answer the calls of a batch by itself.
    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = Self::BatchResponse> + Send + 'a {
        let service = self.clone();
        async move {
            let mut answers = BatchResponseBuilder::new_with_limit(MAX_RESPONSE as usize);
            let mut notified = false;
            for entry in batch {
                let answer = match entry {
                    Ok(BatchEntry::Call(request)) => service.call(request).await,
                    Ok(BatchEntry::Notification(notification)) => {
                        notified = true;
                        service.notification(notification).await;
                        continue;
                    }
                    Err(error) => {
                        let (error, id) = error.into_parts();
                        MethodResponse::error(id, error)
                    }
                };
                if let Err(too_large) = answers.append(answer) {
                    return too_large;
                }
            }
            if answers.is_empty() && notified {
                MethodResponse::notification()
            } else {
                MethodResponse::from_batch(answers.finish())
            }
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = Self::NotificationResponse> + Send + 'a {
        self.0.notification(notification)
    }
}

/// Lets web pages in (CORS), and answers a browser that opens the URL.
#[derive(Clone, Copy, Debug)]
struct BrowserLayer;

impl<S> Layer<S> for BrowserLayer {
    type Service = Browser<S>;

    fn layer(&self, inner: S) -> Browser<S> {
        Browser { inner }
    }
}

#[derive(Clone, Debug)]
struct Browser<S> {
    inner: S,
}

impl<S> Service<HttpRequest> for Browser<S>
where
    S: Service<HttpRequest, Response = HttpResponse>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = S::Error;
    type Future =
        Pin<Box<dyn Future<Output = core::result::Result<HttpResponse, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<core::result::Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let short = match *request.method() {
            Method::OPTIONS => Some((StatusCode::NO_CONTENT, "")),
            Method::GET if !request.headers().contains_key(header::UPGRADE) => Some((
                StatusCode::OK,
                "A Plimsoll devnode. POST JSON-RPC here, or open a WebSocket.\n",
            )),
            _ => None,
        };
        if let Some((status, text)) = short {
            let mut response = HttpResponse::new(HttpBody::from(text));
            *response.status_mut() = status;
            open_to_pages(&mut response);
            return Box::pin(async { Ok(response) });
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            open_to_pages(&mut response);
            Ok(response)
        })
    }
}

fn open_to_pages(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, any);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, OPTIONS"),
    );
}
