//! A whole house on an in-process node: contracts, tokens, feeds, two venues and people with money.
//!
//! Nothing here is a mock: the programs are the compiled contracts, deployed by [`plimsoll::deploy`],
//! and everything is asked for over JSON-RPC as on a live chain.

mod actions;
mod furniture;
mod people;
mod views;

pub use people::{Actor, People};

use alloy::primitives::{Address, U256};
use eyre::{Result, WrapErr, eyre};
use furniture::{Creator, furniture, venues};
use people::people;
use plimsoll::{
    bindings::{IERC20, reference::PoolExchange},
    client::{Client, GasLimit},
    config::{HouseConfig, SignersConfig},
    deploy::{Addresses, Deployer, Record},
    ids,
    program::Program,
    term::Progress,
    workspace,
};
use plimsoll_devnode::{
    Chain, ChainConfig,
    config::dev_accounts,
    rpc::{ErrorRegistry, Node, NodeConfig},
};
use std::path::PathBuf;

/// Number of the underlying, and of the feed, of ether.
pub const ETH: u16 = 1;
/// Number of the underlying, and of the feed, of bitcoin.
pub const BTC: u16 = 2;
/// Number of the order book exchange.
pub const BOOK: u16 = 1;
/// Number of the pool exchange.
pub const POOL: u16 = 2;
/// Number of the venue that reports whatever it is told; only where [`Options::desk`] is set.
pub const DESK: u16 = 3;
/// Decimals of the reference feeds' answers.
pub const FEED_DECIMALS: usize = 8;
/// Gas limit of transactions on the in-process node.
const GAS: u64 = 30_000_000;

/// How a house is furnished.
#[derive(Clone, Debug)]
pub struct Options {
    /// The chain under it.
    pub chain: ChainConfig,
    /// Port of the node; 0 takes any that is free.
    pub port: u16,
    /// Admit a venue that reports whatever it is told, for tests.
    pub desk: bool,
    /// Keep the programs in the chain's cache.
    pub cache: bool,
    /// First price of ether, settlement coin.
    pub eth: String,
    /// First price of bitcoin.
    pub btc: String,
    /// Where the record goes; nowhere if none.
    pub record: Option<PathBuf>,
    /// How old a feed's answer may be, seconds.
    pub max_age: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            chain: ChainConfig::default(),
            port: 0,
            desk: false,
            cache: false,
            eth: "2000".into(),
            btc: "40000".into(),
            record: None,
            max_age: 7_200,
        }
    }
}

/// A token the vault takes.
#[derive(Clone, Copy, Debug)]
pub struct TokenInfo {
    /// Its contract.
    pub address: Address,
    /// Its index in the vault's list.
    pub asset: u8,
    /// Its decimals.
    pub decimals: u8,
}

impl TokenInfo {
    /// An amount such as `"1,000.5"` in the token's own decimals.
    ///
    /// # Errors
    ///
    /// Not a number, negative, or finer than the token.
    pub fn amount(&self, text: &str) -> Result<U256> {
        let value = ids::parse_decimal(text, self.decimals.into())?;
        u128::try_from(value)
            .map(U256::from)
            .map_err(|_| eyre!("{text} is negative"))
    }
}

/// A house.
#[derive(Debug)]
pub struct House {
    /// The node, in this process.
    pub node: Node,
    /// A connection to it.
    pub client: Client,
    /// The contracts of the house.
    pub at: Addresses,
    /// What was deployed.
    pub record: Record,
    /// Settlement coin, 6 decimals.
    pub usdc: TokenInfo,
    /// Collateral linked to bitcoin, 8 decimals.
    pub wbtc: TokenInfo,
    /// Collateral linked to ether, 18 decimals.
    pub weth: TokenInfo,
    /// Feed of ether.
    pub eth_feed: Address,
    /// Feed of bitcoin.
    pub btc_feed: Address,
    /// The order book exchange.
    pub book: Address,
    /// The pool exchange.
    pub pool: Address,
    /// The venue that reports whatever it is told, if admitted.
    pub desk: Option<Address>,
    /// The people.
    pub people: People,
    /// Gas the deployment took.
    pub deploy_gas: u64,
}

impl House {
    /// Starts a node and furnishes a house on it.
    ///
    /// # Errors
    ///
    /// The contracts do not build, or a step of the deployment fails.
    pub async fn start(options: Options, progress: Progress) -> Result<Self> {
        let programs = plimsoll_build::build_cached(&progress)?;
        Self::start_with(&programs, options, progress).await
    }

    /// Like [`Self::start`] with programs that are built already.
    ///
    /// # Errors
    ///
    /// A step of the deployment fails.
    pub async fn start_with(
        programs: &[Program],
        options: Options,
        progress: Progress,
    ) -> Result<Self> {
        let accounts = dev_accounts(options.chain.accounts);
        let node = Node::start(NodeConfig {
            port: options.port,
            chain: options.chain.clone(),
            errors: known_errors()?,
            ..NodeConfig::default()
        })
        .await
        .wrap_err("starting the node")?;
        let client = Client::connect(&node.url)
            .await?
            .with_gas_limit(GasLimit::Fixed(GAS));
        let people = people(&accounts)?;
        let signer = people.deployer.signer.clone();

        progress.say(format!("node at {}", node.url));
        let mut deployer = Deployer::new(&client, &signer, options.record.clone(), progress)?;
        let at = deployer.contracts(programs, options.cache).await?;

        progress.say("tokens, feeds and venues");
        let create = Creator {
            client: &client,
            signer: &signer,
        };
        let usdc = create.token("USD Coin", "USDC", 6, 0).await?;
        let wbtc = create.token("Wrapped Bitcoin", "WBTC", 8, 1).await?;
        let weth = create.token("Wrapped Ether", "WETH", 18, 2).await?;
        let eth_feed = create.feed("ETH / USD", &options.eth).await?;
        let btc_feed = create.feed("BTC / USD", &options.btc).await?;
        let furniture = HouseConfig {
            // The reference house has one signer of forwards and surfaces: its deployer.
            signers: Some(SignersConfig {
                addresses: vec![signer.address()],
                threshold: 1,
            }),
            ..furniture(&options, [usdc, wbtc, weth], [eth_feed, btc_feed])
        };
        deployer.configure(&furniture).await?;

        // Venues ask the house about underlyings when they list markets, so they come last.
        let book = create.book(at.clearinghouse).await?;
        let pool = create.pool(at.clearinghouse).await?;
        let desk = if options.desk {
            Some(create.desk(at.clearinghouse).await?)
        } else {
            None
        };
        let venues = venues(book, pool, desk);
        deployer
            .configure(&HouseConfig {
                venues,
                ..HouseConfig::default()
            })
            .await?;
        create
            .markets(book, pool, eth_feed, btc_feed, options.max_age)
            .await?;

        let record = deployer.record().clone();
        let deploy_gas = deployer.gas_used();
        let house = Self {
            node,
            client,
            at,
            record,
            usdc,
            wbtc,
            weth,
            eth_feed,
            btc_feed,
            book,
            pool,
            desk,
            people,
            deploy_gas,
        };
        house.fund_people().await.wrap_err("funding people")?;
        Ok(house)
    }

    /// This house as it stands, on a chain of its own with a node of its own. What happens there
    /// does not happen here. Quick: nothing is deployed.
    ///
    /// # Errors
    ///
    /// The node does not start.
    pub async fn fork(&self) -> Result<Self> {
        self.on(self.node.chain.with(|chain| chain.clone())).await
    }

    /// The same house on another chain, at the same addresses, by the same people.
    ///
    /// # Errors
    ///
    /// The node does not start.
    pub async fn on(&self, chain: Chain) -> Result<Self> {
        let config = NodeConfig {
            errors: known_errors()?,
            ..NodeConfig::default()
        };
        let node = Node::serve(chain, config)
            .await
            .wrap_err("starting the node")?;
        let client = Client::connect(&node.url)
            .await?
            .with_gas_limit(GasLimit::Fixed(GAS));
        Ok(Self {
            node,
            client,
            record: self.record.clone(),
            people: self.people.clone(),
            at: self.at,
            usdc: self.usdc,
            wbtc: self.wbtc,
            weth: self.weth,
            eth_feed: self.eth_feed,
            btc_feed: self.btc_feed,
            book: self.book,
            pool: self.pool,
            desk: self.desk,
            deploy_gas: self.deploy_gas,
        })
    }

    /// All tokens, by asset index.
    pub const fn tokens(&self) -> [TokenInfo; 3] {
        [self.usdc, self.wbtc, self.weth]
    }

    /// Gives everybody tokens, approvals and venues, and funds the pool.
    async fn fund_people(&self) -> Result<()> {
        let p = &self.people;
        for actor in [&p.alice, &p.bob, &p.carol, &p.maker, &p.bidder] {
            for (token, amount) in [
                (self.usdc, "10,000,000"),
                (self.wbtc, "100"),
                (self.weth, "1,000"),
            ] {
                self.mint(token, actor.address, token.amount(amount)?)
                    .await?;
                let call = IERC20::approveCall {
                    spender: self.at.vault,
                    amount: U256::MAX,
                };
                self.send(actor, token.address, &call).await?;
            }
            for venue in [Some(BOOK), Some(POOL), self.desk.map(|_| DESK)]
                .into_iter()
                .flatten()
            {
                self.admit(actor, actor.account(), venue, true).await?;
            }
        }
        let amount = self.usdc.amount("5,000,000")?;
        self.mint(self.usdc, p.deployer.address, amount).await?;
        let approve = IERC20::approveCall {
            spender: self.pool,
            amount: U256::MAX,
        };
        self.send(&p.deployer, self.usdc.address, &approve).await?;
        self.send(&p.deployer, self.pool, &PoolExchange::fundCall { amount })
            .await?;
        Ok(())
    }

    // ---- what people do -------------------------------------------------------------------------
}

/// The errors of the house and of the reference venues, tokens and feeds, so that a node names them.
///
/// # Errors
///
/// A folder of ABIs cannot be read.
pub fn known_errors() -> Result<ErrorRegistry> {
    let mut errors = ErrorRegistry::new();
    for folder in ["abi", "tests/solidity/artifacts"] {
        errors
            .add_dir(&workspace::root().join(folder))
            .wrap_err_with(|| format!("reading {folder}/"))?;
    }
    Ok(errors)
}
