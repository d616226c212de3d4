//! Deploying a house: what is refused before anything is sent, what a corrected file makes good, what an interruption
//! leaves, contracts in fragments.

mod files;
mod fragments;
mod interrupted;
mod sources;

use plimsoll::{
    bindings::reference::{Feed, Token},
    config::HouseConfig,
    deploy::{Deployer, Record, compare::compare},
    program::Program,
    registry,
};
use plimsoll_devnode::{
    ChainConfig,
    rpc::{Node, NodeConfig},
};
use plimsoll_e2e::*;
use plimsoll_stylus::code;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// A file of this test's own, removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let (process, n) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(format!("plimsoll-{process}-{n}-{name}")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The file of the reference house, with what is added to its feeds and tokens, read as a deployer's is.
fn file(house: &House, feeds: &str, tokens: &str) -> eyre::Result<HouseConfig> {
    let [usdc, wbtc, weth] = house.tokens().map(|token| token.address);
    let token = |symbol: &str, address: Address, decimals: u8, feed: u16| {
        let haircut = if feed == 0 { "0" } else { "0.1" };
        format!(
            "[[tokens]]\nsymbol = \"{symbol}\"\naddress = \"{address}\"\ndecimals = {decimals}\ncap = \"100,000\"\n\
             feed = {feed}\nunderlying = {feed}\nim_haircut = \"{haircut}\"\nmm_haircut = \"{haircut}\"\n"
        )
    };
    let feed = |number: u16, name: &str, aggregator: Address| {
        format!(
            "[[feeds]]\nnumber = {number}\nname = \"{name}\"\naggregator = \"{aggregator}\"\nmax_age = 7200\n\
             min_price = \"10\"\nmax_price = \"1,000,000\"\n\
             [[underlyings]]\nnumber = {number}\nname = \"{name}\"\nfeed = {number}\nlot = \"{}\"\n",
            if number == ETH { "0.0001" } else { "0.00001" }
        )
    };
    let text = [
        feed(ETH, "ETH", house.eth_feed),
        feed(BTC, "BTC", house.btc_feed),
        token("USDC", usdc, 6, 0),
        token("WBTC", wbtc, 8, BTC),
        token("WETH", weth, 18, ETH),
        feeds.to_owned(),
        tokens.to_owned(),
    ]
    .concat();
    let scratch = Scratch::new("house.toml");
    std::fs::write(&scratch.0, text)?;
    HouseConfig::read(&scratch.0)
}

/// The programs of the house, the lens cut into three fragments.
fn in_fragments() -> Vec<Program> {
    let mut programs = plimsoll_build::build_cached(&Progress::silent()).unwrap();
    let lens = programs.iter_mut().find(|p| p.name == "lens").unwrap();
    let size = lens.compressed().div_ceil(3) + 16;
    let pieces = code::fragments(&lens.wasm, size);
    lens.fragments = pieces.into_iter().map(Into::into).collect();
    assert_eq!(lens.fragments.len(), 3);
    programs
}

/// Transactions that create fragments.
fn fragments(programs: &[Program]) -> usize {
    let cut = programs.iter().filter(|p| !p.is_whole());
    cut.map(|p| p.fragments.len()).sum()
}

async fn node() -> Node {
    node_of(61).await
}

async fn node_of(arbos_version: u64) -> Node {
    let chain = ChainConfig {
        arbos_version,
        ..ChainConfig::default()
    };
    Node::start(NodeConfig {
        chain,
        ..NodeConfig::default()
    })
    .await
    .unwrap()
}
