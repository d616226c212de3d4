//! `devnode`: a chain of one's own.

use crate::fork;
use alloy::primitives::U256;
use clap::Args;
use eyre::{Result, WrapErr, eyre};
use plimsoll_devnode::{
    Chain, ChainConfig, Clock, Fork, SUPPORTED_ARBOS,
    rpc::{Node, NodeConfig},
};
use plimsoll_house::known_errors;
use std::{net::IpAddr, path::PathBuf};

#[derive(Debug, Args)]
pub(crate) struct DevnodeArgs {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port; 0 takes any that is free.
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Go on from a block of another Arbitrum chain: the URL of one of its nodes. What is not changed
    /// here is read there when it is needed, Stylus programs included; nothing is sent there.
    #[arg(long, value_name = "URL")]
    fork: Option<String>,
    /// The block to go on from; the latest if not given. An old one needs an archive node.
    #[arg(long, value_name = "N", requires = "fork")]
    fork_block: Option<u64>,
    /// Go on from this file if it is there, and write it at the end (anvil_dumpState's form, unpacked).
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Chain id [default: 412346, or that of the chain forked].
    #[arg(long)]
    chain_id: Option<u64>,
    /// ArbOS version: 61 is Arbitrum One, 60 has the same rules here, 51 is the chain before them
    /// [default: 61, or that of the chain forked].
    #[arg(long, value_parser = arbos)]
    arbos: Option<u64>,
    /// Funded accounts, at most ten.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=10))]
    accounts: u8,
    /// Ether each of them has.
    #[arg(long, default_value_t = 10_000)]
    balance: u64,
    /// Wei a unit of gas costs.
    #[arg(long, default_value_t = 100_000_000)]
    base_fee: u64,
    /// Wei a byte of a transaction costs for its way to L1.
    #[arg(long, default_value_t = 0)]
    l1_price_per_byte: u64,
    /// Seconds from block to block instead of the system's clock.
    #[arg(long)]
    block_time: Option<u64>,
    /// Wait for evm_mine instead of making a block for each transaction.
    #[arg(long)]
    no_mining: bool,
    /// Print one JSON object with URL, chain id and keys when it is up, and nothing else.
    #[arg(long)]
    json: bool,
}

/// The versions whose rules the engine knows.
fn arbos(text: &str) -> Result<u64, String> {
    let version = text.parse().ok();
    version
        .filter(|version| SUPPORTED_ARBOS.contains(version))
        .ok_or_else(|| format!("the versions that are modelled are {SUPPORTED_ARBOS:?}"))
}

pub(crate) async fn run(args: DevnodeArgs) -> Result<()> {
    let errors = known_errors()?;
    let ether = U256::from(10).pow(U256::from(18));
    let default = ChainConfig::default();
    let config = ChainConfig {
        chain_id: args.chain_id.unwrap_or(default.chain_id),
        arbos_version: args.arbos.unwrap_or(default.arbos_version),
        accounts: args.accounts.into(),
        balance: U256::from(args.balance) * ether,
        clock: args.block_time.map_or(Clock::System, Clock::Step),
        automine: !args.no_mining,
        base_fee: args.base_fee,
        l1_price_per_byte: args.l1_price_per_byte,
        ..default
    };
    let from = args.fork.map(|url| -> Result<Fork> {
        Ok(Fork {
            source: fork::source(&url)?,
            block: args.fork_block,
            chain_id: args.chain_id,
            arbos_version: args.arbos,
        })
    });
    let from = from.transpose()?;
    let state = match &args.state {
        Some(path) if path.exists() => {
            Some(std::fs::read(path).wrap_err_with(|| format!("reading {}", path.display()))?)
        }
        _ => None,
    };
    // Reading of the chain forked blocks.
    let chain = tokio::task::spawn_blocking(move || -> Result<Chain> {
        let mut chain = match from {
            Some(from) => Chain::fork(config, from)?,
            None => Chain::new(config),
        };
        if let Some(state) = state {
            chain.load(&state)?;
        }
        Ok(chain)
    });
    let chain = chain.await??;
    let node_config = NodeConfig {
        host: args.host,
        port: args.port,
        errors,
        ..NodeConfig::default()
    };
    let node = Node::serve(chain, node_config).await.map_err(|e| {
        eyre!("{e:#}: is another node running there? --port takes another port, 0 any that is free")
    })?;
    if args.json {
        let (url, ws) = (node.url.clone(), node.ws_url.clone());
        let up = node.chain.with(move |c| {
            let accounts = c.accounts().iter();
            let accounts: Vec<_> = accounts
                .map(|a| serde_json::json!({ "address": a.address, "key": a.key }))
                .collect();
            serde_json::json!({
                "url": url,
                "ws": ws,
                "chainId": c.config().chain_id,
                "arbos": c.arbos_version(),
                "accounts": accounts,
            })
        });
        println!("{up}");
    } else {
        println!("{}", node.banner());
        println!("Ctrl-C stops it.");
    }
    tokio::select! {
        () = node.stopped() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    if let Some(path) = &args.state {
        let dump = node.chain.with(|chain| chain.dump())?;
        std::fs::write(path, dump).wrap_err_with(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
