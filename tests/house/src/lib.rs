//! A whole house on an in-process node: contracts, tokens, feeds, two venues and people with money.
//!
//! Nothing here is a mock: the programs are the compiled contracts, deployed by [`plimsoll::deploy`],
//! and everything is asked for over JSON-RPC as on a live chain.

mod furniture;
mod people;

pub use people::{Actor, People};

use alloy::{
    primitives::{Address, B256, U256, aliases::I192},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, ensure, eyre};
use furniture::{Creator, furniture, venues};
use people::people;
use plimsoll::{
    bindings::{
        Assessment, ExpiryUpdate, IClearinghouse, IERC20, ILens, IOracle, IVault, Portfolio,
        reference::{BookExchange, Feed, PoolExchange, Token},
    },
    client::{CallError, Client, GasLimit},
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

    /// Sends any call as `actor`.
    ///
    /// # Errors
    ///
    /// [`CallError::Reverted`] with the data where the contract refuses.
    pub async fn send<C: SolCall>(
        &self,
        actor: &Actor,
        to: Address,
        call: &C,
    ) -> Result<TransactionReceipt, CallError> {
        self.client.send(&actor.signer, to, call).await
    }

    /// Asks any view.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, CallError> {
        self.client.call(to, call).await
    }

    /// Creates tokens.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn mint(&self, token: TokenInfo, to: Address, amount: U256) -> Result<(), CallError> {
        let call = Token::mintCall { to, amount };
        self.send(&self.people.deployer, token.address, &call)
            .await
            .map(drop)
    }

    /// Deposits, in the token's own decimals.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn deposit(
        &self,
        actor: &Actor,
        account: B256,
        token: TokenInfo,
        amount: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let call = IVault::depositCall {
            account,
            token: token.address,
            amount,
        };
        self.send(actor, self.at.vault, &call).await
    }

    /// Withdraws to the actor, in the token's own decimals.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn withdraw(
        &self,
        actor: &Actor,
        account: B256,
        token: TokenInfo,
        amount: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let call = IVault::withdrawCall {
            account,
            token: token.address,
            amount,
            to: actor.address,
        };
        self.send(actor, self.at.vault, &call).await
    }

    /// Lets a venue trade for an account, or stops it.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn admit(
        &self,
        actor: &Actor,
        account: B256,
        venue: u16,
        admitted: bool,
    ) -> Result<TransactionReceipt, CallError> {
        self.send(
            actor,
            self.at.vault,
            &IVault::admitVenueCall {
                account,
                venue,
                admitted,
            },
        )
        .await
    }

    /// Two accounts trade on the book: `seller` rests an order at `price`, `buyer` takes it.
    /// Size and price 1e18; the price a multiple of 0.01.
    ///
    /// # Errors
    ///
    /// As [`Self::send`]; the resting order is left where the second step fails.
    pub async fn trade_book(
        &self,
        buyer: &Actor,
        seller: &Actor,
        underlying: u16,
        size: U256,
        price: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let order = |account, is_buy, rest| BookExchange::placeCall {
            account,
            instrument: ids::perpetual(BOOK, underlying),
            isBuy: is_buy,
            price,
            size,
            rest,
            hint: 0,
        };
        self.send(seller, self.book, &order(seller.account(), false, 0))
            .await?;
        self.send(buyer, self.book, &order(buyer.account(), true, 1))
            .await
    }

    /// An account trades with the pool at whatever it quotes. Size 1e18.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub async fn trade_pool(
        &self,
        actor: &Actor,
        underlying: u16,
        is_buy: bool,
        size: U256,
    ) -> Result<TransactionReceipt, CallError> {
        let limit = if is_buy {
            U256::from(u128::MAX)
        } else {
            U256::ZERO
        };
        let call = PoolExchange::tradeCall {
            account: actor.account(),
            instrument: ids::perpetual(POOL, underlying),
            isBuy: is_buy,
            size,
            limit,
            deadline: U256::from(u64::MAX),
        };
        self.send(actor, self.pool, &call).await
    }

    /// Sets a feed's answer, now. `price` such as `"2,365.18"`.
    ///
    /// # Errors
    ///
    /// Not a number, or the node fails.
    pub async fn set_price(&self, underlying: u16, price: &str) -> Result<(), CallError> {
        let answer = ids::parse_decimal(price, FEED_DECIMALS)?;
        let answer = I192::try_from(answer).map_err(|e| eyre!("{price}: {e}"))?;
        let feed = if underlying == BTC {
            self.btc_feed
        } else {
            self.eth_feed
        };
        self.send(&self.people.deployer, feed, &Feed::pushCall { answer })
            .await
            .map(drop)
    }

    // ---- time -----------------------------------------------------------------------------------

    /// Makes the next block `seconds` later than the latest one, and makes it.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn warp(&self, seconds: u64) -> Result<()> {
        let now = self.client.now().await?;
        self.warp_to(now + seconds).await
    }

    /// Makes the next block at `time`, and makes it.
    ///
    /// # Errors
    ///
    /// `time` is not after the latest block, or the node fails.
    pub async fn warp_to(&self, time: u64) -> Result<()> {
        self.next_block_at(time).await?;
        self.client
            .rpc::<_, serde_json::Value>("evm_mine", ())
            .await
            .map(drop)
    }

    /// Sets the time of the block that the next transaction makes.
    ///
    /// # Errors
    ///
    /// As [`Self::warp_to`].
    pub async fn next_block_at(&self, time: u64) -> Result<()> {
        self.client
            .rpc::<_, serde_json::Value>("evm_setNextBlockTimestamp", [time])
            .await
            .map(drop)
    }

    /// Remembers everything; [`Self::revert`] goes back to it, once.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn snapshot(&self) -> Result<U256> {
        self.client.rpc("evm_snapshot", ()).await
    }

    /// Goes back.
    ///
    /// # Errors
    ///
    /// There is no such snapshot (any more), or the node fails.
    pub async fn revert(&self, snapshot: U256) -> Result<()> {
        let done: bool = self.client.rpc("evm_revert", [snapshot]).await?;
        ensure!(done, "there is no snapshot {snapshot}");
        Ok(())
    }

    // ---- what stands ----------------------------------------------------------------------------

    /// Margin's word on an account now.
    ///
    /// # Errors
    ///
    /// The vault refuses to answer, or the node fails.
    pub async fn assess(&self, account: B256) -> Result<Assessment, CallError> {
        self.ask(self.at.vault, &IVault::assessAccountCall { account })
            .await
    }

    /// An account as the vault has it: portfolio, version, in auction.
    ///
    /// # Errors
    ///
    /// As [`Self::assess`].
    pub async fn account(&self, account: B256) -> Result<(Portfolio, u32, bool), CallError> {
        let a = self
            .ask(self.at.vault, &IVault::accountCall { account })
            .await?;
        Ok((a.portfolio, a.version, a.inAuction))
    }

    /// Cash of an account, 1e18.
    ///
    /// # Errors
    ///
    /// As [`Self::assess`].
    pub async fn cash(&self, account: B256) -> Result<i128, CallError> {
        self.ask(self.at.vault, &IVault::cashOfCall { account })
            .await
    }

    /// The leg of an account in an instrument, if there is one.
    ///
    /// # Errors
    ///
    /// As [`Self::assess`].
    pub async fn leg(
        &self,
        account: B256,
        instrument: u128,
    ) -> Result<Option<ids::Leg>, CallError> {
        let (portfolio, _, _) = self.account(account).await?;
        Ok(ids::legs(&portfolio.legs)
            .into_iter()
            .find(|l| l.instrument == instrument))
    }

    /// Signs and pushes forwards and surfaces, observed now.
    ///
    /// # Errors
    ///
    /// The oracle refuses, or the node fails.
    pub async fn push(&self, updates: Vec<ExpiryUpdate>) -> Result<TransactionReceipt, CallError> {
        let deployer = &self.people.deployer;
        let observed_at = self
            .node
            .chain
            .with(|chain| chain.latest().header.timestamp);
        let domain = plimsoll::push::domain(self.client.chain_id(), self.at.oracle);
        let hash = plimsoll::push::signing_hash(&domain, &updates, observed_at);
        let call = IOracle::pushExpiriesCall {
            updates,
            observedAt: observed_at,
            signatures: plimsoll::push::sign(hash, std::slice::from_ref(&deployer.signer))?,
        };
        self.send(deployer, self.at.oracle, &call).await
    }

    /// Most of a token that the vault would pay out of an account now, in its own decimals.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn max_withdraw(&self, account: B256, token: TokenInfo) -> Result<U256, CallError> {
        let place = self
            .tokens()
            .iter()
            .position(|t| t.address == token.address)
            .and_then(|place| u8::try_from(place).ok())
            .ok_or_else(|| eyre!("not a token of the house"))?;
        let call = ILens::maxWithdrawCall {
            account,
            asset: place,
        };
        self.ask(self.at.lens, &call).await
    }

    /// The mark of an instrument, 1e18 per unit.
    ///
    /// # Errors
    ///
    /// Margin does not know the underlying, or the node fails.
    pub async fn mark(&self, instrument: u128) -> Result<U256, CallError> {
        let call = IClearinghouse::marksCall {
            instruments: vec![instrument],
        };
        let marks = self.ask(self.at.clearinghouse, &call).await?;
        marks
            .values
            .first()
            .copied()
            .ok_or_else(|| eyre!("no mark came back").into())
    }

    /// The books of the whole house, read from the chain.
    ///
    /// # Errors
    ///
    /// The node fails.
    pub async fn balance_sheet(&self) -> Result<plimsoll::balance_sheet::BalanceSheet> {
        plimsoll::balance_sheet::read(&self.client, self.at).await
    }
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
