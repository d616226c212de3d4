//! The chain as a server: JSON-RPC over HTTP and WebSocket on one port.
//!
//! ```no_run
//! use plimsoll_devnode::rpc::{Node, NodeConfig};
//!
//! # async fn example() -> eyre::Result<()> {
//! let node = Node::start(NodeConfig::default()).await?;
//! println!("{}", node.banner());
//! let height = node.chain.with(|chain| chain.block_number());
//! assert_eq!(height, 0);
//! node.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Methods
//!
//! [`Node::methods`] lists them: what ethers, viem, alloy, cast, wallets and cargo-stylus call in
//! `eth_`, `net_`, `web3_`, `txpool_` and `debug_`; subscriptions over WebSocket; the levers of
//! anvil and Hardhat under both names; and three of our own, `plimsoll_setL1BlockNumber(number)`,
//! `plimsoll_setCacheManager(address, isManager)` and `plimsoll_upgradeArbos(version)`.
//!
//! Blocks, receipts and logs carry what Nitro adds (`l1BlockNumber`, `sendRoot`, `sendCount`,
//! `gasUsedForL1`). `debug_traceTransaction` and `debug_traceCall` know `callTracer`,
//! `prestateTracer` (with `diffMode`, `disableCode`, `disableStorage`, `includeEmpty`), `stylusTracer`
//! (also as the script cargo-stylus sends), `4byteTracer` and `noopTracer`; the default tracer shows
//! one step for each frame instead of one for each opcode.
//!
//! A block is a number (`"0x10"`, `"16"` or `16`), a tag, a hash or an object. `anvil_dumpState`
//! answers the whole chain (blocks, past states, programs and their activations, the clock), and
//! `anvil_loadState` goes on from there; the format is this node's own.
//!
//! On a fork ([`Chain::fork`]) requests about blocks up to the one forked at go to the source.
//!
//! # Errors
//!
//! | code | when |
//! |---|---|
//! | 3 | a revert; `data` is the revert data, the message `execution reverted: <reason>`, where the reason is decoded from `Error(string)`, `Panic(uint256)` or the [`ErrorRegistry`]; without data, why a module was refused or what a program failed of |
//! | -32000 | a call or transaction refused or failed, in geth's words |
//! | -32004 | known elsewhere, not modelled here |
//! | -32602 | wrong parameters: which method, which parameter, what was expected and found |
//! | -38010 ... -38026 | `eth_simulateV1`: geth's codes for blocks and calls that cannot be |
//! | 4, 6 | `eth_sendRawTransactionSync`: in no block in time (data: the hash), a nonce ahead (data: the expected one) |
//! | -32700, -32600, -32601 | no JSON, no request, no such method |
//! | -32603 | a fault of the node; the chain is as before |

// RPC needs, of `Chain`:
// - `Chain` is `Send`; it runs on one thread.
// - A panic inside a call leaves the chain as it was: execute on a copy, commit last. The server
//   turns the panic into an error answer and goes on with the same chain.
// - Events are sent inside the call that causes them. A transaction that never waits needs no
//   `Pending`: its block announces it.

mod dev;
mod error;
mod eth;
mod filters;
mod forward;
mod json;
mod params;
mod registry;
mod server;
mod subscriptions;
mod sync;
mod trace;
mod worker;

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use eyre::WrapErr;
use jsonrpsee::server::ServerHandle;
use tokio::{sync::watch, task::AbortHandle};

pub use registry::ErrorRegistry;
pub use worker::ChainHandle;

use crate::{Chain, ChainConfig, DevAccount};

/// How a node starts.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 takes any that is free.
    pub port: u16,
    /// The chain, when the node makes it.
    pub chain: ChainConfig,
    /// The errors it can name.
    pub errors: ErrorRegistry,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            chain: ChainConfig::default(),
            errors: ErrorRegistry::new(),
        }
    }
}

/// A running node. It stops when dropped.
#[derive(Debug)]
pub struct Node {
    /// Where it takes HTTP.
    pub url: String,
    /// Where it takes WebSockets: the same port.
    pub ws_url: String,
    /// The chain inside.
    pub chain: ChainHandle,
    server: ServerHandle,
    miner: AbortHandle,
}

impl Node {
    /// Starts a chain and serves it. Needs a running Tokio runtime.
    ///
    /// # Errors
    /// If the port cannot be had.
    pub async fn start(config: NodeConfig) -> eyre::Result<Self> {
        let chain = Chain::new(config.chain.clone());
        Self::serve(chain, config).await
    }

    /// Serves a chain that is there already; `config.chain` is ignored.
    ///
    /// # Errors
    /// If the port cannot be had.
    pub async fn serve(chain: Chain, config: NodeConfig) -> eyre::Result<Self> {
        let (interval, told) = watch::channel(0);
        let chain = ChainHandle::spawn(chain, interval)?;
        let mut errors = config.errors;
        errors.add_precompiles();
        let rpc = server::Rpc {
            chain: chain.clone(),
            errors: Arc::new(errors),
        };
        let module = server::module(rpc)?;
        let address = SocketAddr::new(config.host, config.port);
        let (bound, server) = server::serve(address, module)
            .await
            .wrap_err_with(|| format!("cannot listen on {address}"))?;
        let miner = tokio::spawn(mine_by_itself(chain.clone(), told)).abort_handle();
        Ok(Self {
            url: format!("http://{bound}"),
            ws_url: format!("ws://{bound}"),
            chain,
            server,
            miner,
        })
    }

    /// The methods it answers, by name.
    pub fn methods() -> Vec<&'static str> {
        server::methods()
    }

    /// What to print when it is up: where it is, the accounts with their keys, the chain, and what
    /// it does not model.
    pub fn banner(&self) -> String {
        let (config, accounts, head, forked, arbos) = self.chain.with(|chain| {
            let forked = chain.forked_at();
            (
                chain.config().clone(),
                chain.accounts().to_vec(),
                chain.block_number(),
                forked.map(|(source, number)| format!("block {number} of {source}")),
                chain.arbos_version(),
            )
        });
        banner(
            &self.url,
            &self.ws_url,
            &config,
            &accounts,
            head,
            forked,
            arbos,
        )
    }

    /// Waits until it has stopped, for example because another task called
    /// [`stop`](Self::stop)'s handle. Serves for ever otherwise.
    pub async fn stopped(&self) {
        self.server.clone().stopped().await;
    }

    /// Stops it and waits until open requests are answered.
    pub async fn stop(self) {
        let _ = self.server.stop();
        self.server.clone().stopped().await;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.server.stop();
        self.miner.abort();
    }
}

/// Makes a block every so often, when told to.
async fn mine_by_itself(chain: ChainHandle, mut interval: watch::Receiver<u64>) {
    loop {
        let seconds = *interval.borrow_and_update();
        let changed = async {
            if seconds == 0 {
                return interval.changed().await.is_ok();
            }
            match tokio::time::timeout(Duration::from_secs(seconds), interval.changed()).await {
                Ok(changed) => changed.is_ok(),
                Err(_) => chain
                    .request(|node| Ok(node.chain.mine(1, None)?))
                    .await
                    .is_ok(),
            }
        };
        if !changed.await {
            return;
        }
    }
}

fn banner(
    url: &str,
    ws_url: &str,
    config: &ChainConfig,
    accounts: &[DevAccount],
    head: u64,
    forked: Option<String>,
    arbos_version: u64,
) -> String {
    let mut text = String::new();
    let ether =
        config.balance / alloy::primitives::U256::from(10).pow(alloy::primitives::U256::from(18));
    let _ = writeln!(text, "Plimsoll devnode {}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "  HTTP        {url}");
    let _ = writeln!(text, "  WebSocket   {ws_url}");
    let _ = writeln!(text, "  Chain id    {}", config.chain_id);
    let _ = writeln!(text, "  ArbOS       {arbos_version}");
    let _ = writeln!(text, "  Block       {head}");
    if let Some(forked) = forked {
        let _ = writeln!(text, "  Fork of     {forked}");
    }
    let _ = writeln!(
        text,
        "\nAccounts, {ether} ETH each. The keys are public: never use them elsewhere."
    );
    for (i, account) in accounts.iter().enumerate() {
        let _ = writeln!(text, "  ({i}) {}  {}", account.address, account.key);
    }
    text.push_str(NOT_MODELLED);
    text
}

/// Where a user reads what this node leaves out.
const NOT_MODELLED: &str = "
Not modelled: the whole list is in docs/devnode.md. Among it: account proofs, a moving base fee,
L1 and what comes from there. ArbOS 61 has the rules of 60 here.
";
