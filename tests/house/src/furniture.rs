//! What the reference house is made of: its configuration, and the contracts that are not the house's own.
use super::{BOOK, BTC, DESK, ETH, FEED_DECIMALS, Options, POOL, TokenInfo};
use alloy::{
    primitives::{Address, Bytes, U256, aliases::I192},
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolConstructor},
};
use eyre::{Result, WrapErr, eyre};
use plimsoll::{
    bindings::reference::{BookExchange, Feed, LyingVenue, PoolExchange, Token},
    client::Client,
    config::{
        FeedConfig, HouseConfig, RatesConfig, SurfaceConfig, TokenConfig, UnderlyingConfig,
        VenueConfig,
    },
    ids,
};

/// The reference house: three tokens, two feeds, two underlyings. Venues are added later.
pub(super) fn furniture(
    options: &Options,
    [usdc, wbtc, weth]: [TokenInfo; 3],
    [eth, btc]: [Address; 2],
) -> HouseConfig {
    let feed = |number, name: &str, aggregator, min: &str, max: &str| FeedConfig {
        number,
        name: name.into(),
        aggregator,
        max_age: options.max_age,
        min_price: min.into(),
        max_price: max.into(),
        confidence: "0".into(),
        largest_move: "0".into(),
        second: None,
        pyth: None,
        vault: None,
    };
    let underlying = |number, name: &str, lot: &str| UnderlyingConfig {
        number,
        name: name.into(),
        feed: number,
        lot: lot.into(),
        scenario_set: 2,
        surface: Some(SurfaceConfig {
            max_age: options.max_age.min(600),
            max_basis: "0.5".into(),
            ratio_move: "0".into(),
            rate_move: "0".into(),
        }),
        rates: RatesConfig::default(),
    };
    let token =
        |symbol: &str, t: TokenInfo, cap: &str, link: u16, im: &str, mm: &str| TokenConfig {
            symbol: symbol.into(),
            address: t.address,
            decimals: t.decimals,
            cap: cap.into(),
            feed: link,
            underlying: link,
            rates: [("im_haircut", im), ("mm_haircut", mm)].into(),
        };
    HouseConfig {
        owner: None,
        cache: options.cache,
        feeds: vec![
            feed(ETH, "ETH / USD", eth, "10", "100,000"),
            feed(BTC, "BTC / USD", btc, "100", "1,000,000"),
        ],
        underlyings: vec![
            underlying(ETH, "ETH", "0.0001"),
            underlying(BTC, "BTC", "0.00001"),
        ],
        tokens: vec![
            token("USDC", usdc, "1,000,000,000", 0, "0", "0"),
            token("WBTC", wbtc, "10,000", BTC, "0.1", "0.05"),
            token("WETH", weth, "100,000", ETH, "0.1", "0.05"),
        ],
        sequencer: None,
        rules: None,
        signers: None,
        venues: Vec::new(),
        auction: None,
    }
}

pub(super) fn venues(book: Address, pool: Address, desk: Option<Address>) -> Vec<VenueConfig> {
    let venue = |number, name: &str, address, fees| VenueConfig {
        number,
        name: name.into(),
        address,
        fee_account: ids::account_id(address, fees),
        band: "0.1".into(),
    };
    let mut all = vec![venue(BOOK, "book", book, 0), venue(POOL, "pool", pool, 1)];
    all.extend(desk.map(|desk| venue(DESK, "desk", desk, 0)));
    all
}

/// Creates the reference contracts.
pub(super) struct Creator<'a> {
    pub(super) client: &'a Client,
    pub(super) signer: &'a PrivateKeySigner,
}

impl Creator<'_> {
    async fn create(&self, code: &Bytes, arguments: impl SolConstructor) -> Result<Address> {
        let mut init = code.to_vec();
        init.extend(arguments.abi_encode());
        Ok(self.client.create(self.signer, init.into()).await?.0)
    }

    pub(super) async fn token(
        &self,
        name: &str,
        symbol: &str,
        decimals: u8,
        asset: u8,
    ) -> Result<TokenInfo> {
        let arguments = Token::constructorCall {
            name_: name.into(),
            symbol_: symbol.into(),
            decimals_: decimals,
        };
        let address = self
            .create(&Token::BYTECODE, arguments)
            .await
            .wrap_err_with(|| symbol.to_owned())?;
        Ok(TokenInfo {
            address,
            asset,
            decimals,
        })
    }

    pub(super) async fn feed(&self, description: &str, price: &str) -> Result<Address> {
        let arguments = Feed::constructorCall {
            description_: description.into(),
            decimals_: FEED_DECIMALS as u8,
        };
        let address = self
            .create(&Feed::BYTECODE, arguments)
            .await
            .wrap_err_with(|| description.to_owned())?;
        let answer = I192::try_from(ids::parse_decimal(price, FEED_DECIMALS)?)
            .map_err(|e| eyre!("{price}: {e}"))?;
        self.send(address, &Feed::pushCall { answer }).await?;
        Ok(address)
    }

    pub(super) async fn book(&self, clearinghouse: Address) -> Result<Address> {
        let arguments = BookExchange::constructorCall {
            clearinghouse_: clearinghouse,
            venue_: BOOK,
            makerFee_: U256::ZERO,
            takerFee_: ids::parse_wad("0.0005")?,
        };
        self.create(&BookExchange::BYTECODE, arguments)
            .await
            .wrap_err("order book exchange")
    }

    pub(super) async fn pool(&self, clearinghouse: Address) -> Result<Address> {
        let arguments = PoolExchange::constructorCall {
            clearinghouse_: clearinghouse,
            venue_: POOL,
            takerFee_: ids::parse_wad("0.0005")?,
        };
        self.create(&PoolExchange::BYTECODE, arguments)
            .await
            .wrap_err("pool exchange")
    }

    pub(super) async fn desk(&self, clearinghouse: Address) -> Result<Address> {
        let arguments = LyingVenue::constructorCall {
            clearinghouse_: clearinghouse,
        };
        self.create(&LyingVenue::BYTECODE, arguments)
            .await
            .wrap_err("desk")
    }

    pub(super) async fn markets(
        &self,
        book: Address,
        pool: Address,
        eth: Address,
        btc: Address,
        max_age: u32,
    ) -> Result<()> {
        for (underlying, feed) in [(ETH, eth), (BTC, btc)] {
            let list = BookExchange::listCall {
                instrument: ids::perpetual(BOOK, underlying),
                tick: ids::WAD / 100,
                minSize: ids::WAD / 1_000,
            };
            self.send(book, &list).await?;
            let market = PoolExchange::setMarketCall {
                instrument: ids::perpetual(POOL, underlying),
                feed,
                maxAge: max_age,
                spread: 1_000_000_000_000_000,
                skew: 10_000_000_000_000_000,
                maxInventory: 1_000 * ids::WAD,
            };
            self.send(pool, &market).await?;
        }
        Ok(())
    }

    async fn send<C: SolCall>(&self, to: Address, call: &C) -> Result<()> {
        self.client
            .send(self.signer, to, call)
            .await
            .map_err(|e| eyre!("{e}"))?;
        Ok(())
    }
}
