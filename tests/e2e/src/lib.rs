//! Shared by the end-to-end tests: a house on an in-process node, with people who act in it.
//!
//! ```no_run
//! use plimsoll_e2e::*;
//!
//! # async fn example() {
//! let house = House::start().await;
//! let (alice, bob) = (house.people.alice.clone(), house.people.bob.clone());
//!
//! // Everybody has USDC, WBTC and WETH, has approved the vault, and has admitted the venues BOOK,
//! // POOL and DESK for subaccount 0 (`alice.account()`). Nobody has deposited.
//! house.give(&alice, "100,000").await;
//! house.give(&bob, "100,000").await;
//!
//! // The desk reports whatever it is told: the quickest way to a position. The book and the pool
//! // are real venues: `trade_book`, `trade_pool`.
//! house.fill(&alice, &bob, perp(DESK, ETH), "10", "2,000").await;
//!
//! house.set_price(ETH, "1,900").await.unwrap();
//! assert!(house.assess(alice.account()).await.unwrap().equity < wad("100,000"));
//!
//! // A refusal is a type with numbers. `expect_revert` also asserts that nothing changed.
//! let call = IVault::withdrawCall {
//!     account: alice.account(),
//!     token: house.usdc.address,
//!     amount: house.usdc.amount("99,999").unwrap(),
//!     to: alice.address,
//! };
//! let e: IVault::InsufficientMargin = house.expect_revert(&alice, house.at.vault, &call).await;
//! assert!(e.equity < e.im.to());
//!
//! house.assert_balanced().await;
//! # }
//! ```
//!
//! # How it works
//!
//! [`House::start`] builds the WASM once (`target/plimsoll`, nothing to do while the sources are
//! unchanged), deploys with the code that deploys to a live chain, and talks to the node over
//! JSON-RPC only. Every test has its own chain (a fork of the first house of its binary), so tests
//! run side by side.
//!
//! Inside a test, [`plimsoll_house::House::snapshot`] and `revert` go back in time; `warp` moves
//! the clock (feeds go stale after two hours: [`House::refresh`] pushes the same answers again).
//!
//! # What to ask it
//!
//! Everything of [`plimsoll_house::House`] (deposit, withdraw, admit, trade, price, time, assess,
//! legs, marks, balance sheet), any call through `send` and `ask` with the types of
//! [`plimsoll::bindings`], and what is here: [`House::exec`] (send and typed result),
//! [`House::expect_revert`], [`House::expect_refusals`] for tables of them, [`House::events`], [`House::fill`],
//! [`House::digest`], and the scenes that several tests begin with, such as [`House::with_a_long`].

pub mod hostile;
mod refusals;
mod scene;
pub mod vectors;

use std::ops::Deref;
use tokio::sync::OnceCell;

pub use alloy::{
    primitives::{Address, B256, Bytes, I256, U256, address, aliases},
    rpc::types::TransactionReceipt,
    sol_types::{SolCall, SolError, SolEvent},
};
pub use plimsoll::{
    bindings::{self, *},
    client::{CallError, Client, GasLimit},
    deploy::Addresses,
    ids::{self, Leg, WAD},
    term::Progress,
};
pub use plimsoll_house::{Actor, BOOK, BTC, DESK, ETH, Options, POOL, TokenInfo};
pub use refusals::Refusal;
pub use scene::fill;

/// The perpetual on `underlying` of `venue`.
pub const fn perp(venue: u16, underlying: u16) -> u128 {
    ids::perpetual(venue, underlying)
}

/// The call or put on `underlying` of `venue`; the strike in coins.
///
/// # Panics
///
/// The strike has no canonical form.
pub fn option(venue: u16, underlying: u16, call: bool, day: u16, strike: &str) -> u128 {
    let strike = uwad(strike).to();
    ids::option(venue, underlying, call, day, strike).expect("a strike")
}

/// A forward over spot, 1e18, rounded up: at this spot it is the forward, or more by at most spot in 1e-18.
///
/// # Panics
///
/// It does not fit.
pub fn ratio(forward: u128, spot: u128) -> u64 {
    let ratio = plimsoll_kernel::num::mul_div_ceil(forward, WAD, spot);
    ratio.and_then(|r| r.try_into().ok()).expect("a ratio")
}

/// A decimal number scaled 1e18.
///
/// # Panics
///
/// It is none.
pub fn wad(text: &str) -> I256 {
    I256::try_from(ids::parse_decimal(text, 18).expect("a number")).expect("fits")
}

/// An unsigned decimal number scaled 1e18.
///
/// # Panics
///
/// It is none.
pub fn uwad(text: &str) -> U256 {
    ids::parse_wad(text).expect("a number")
}

/// A house for tests, with the desk admitted as a third venue. Panics where a command would explain.
#[derive(Debug)]
pub struct House {
    inner: plimsoll_house::House,
}

impl Deref for House {
    type Target = plimsoll_house::House;
    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl House {
    /// A house with ETH at 2,000 and BTC at 40,000. The first of a test binary is built, the others
    /// are forks of it.
    ///
    /// # Panics
    ///
    /// It cannot be furnished; the message says at which step.
    pub async fn start() -> Self {
        static FIRST: OnceCell<plimsoll_house::House> = OnceCell::const_new();
        let build = async || Self::start_with(Options::default()).await.inner;
        let inner = FIRST.get_or_init(build).await.fork().await;
        Self {
            inner: inner.expect("a fork's node starts"),
        }
    }

    /// A house with other options; the desk is admitted in any case.
    ///
    /// # Panics
    ///
    /// As [`Self::start`].
    pub async fn start_with(options: Options) -> Self {
        let progress = if std::env::var_os("PLIMSOLL_TEST_PROGRESS").is_some() {
            Progress::new()
        } else {
            Progress::silent()
        };
        let options = Options {
            desk: true,
            ..options
        };
        match plimsoll_house::House::start(options, progress).await {
            Ok(inner) => Self { inner },
            Err(e) => panic!("the house does not start: {e:?}"),
        }
    }

    /// Deposits settlement coin of `actor` into its own account.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub async fn give(&self, actor: &Actor, coin: &str) {
        self.give_token(actor, self.usdc, coin).await;
    }

    /// Deposits a token of `actor` into its own account.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub async fn give_token(&self, actor: &Actor, token: TokenInfo, amount: &str) {
        let amount = token.amount(amount).expect("an amount");
        ok(self.deposit(actor, actor.account(), token, amount).await);
    }

    /// Has the desk report a trade between two accounts. Size in units, price in cash.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub async fn fill(
        &self,
        buyer: &Actor,
        seller: &Actor,
        instrument: u128,
        size: &str,
        price: &str,
    ) -> TransactionReceipt {
        ok(self.try_fill(buyer, seller, instrument, size, price).await)
    }

    /// Like [`Self::fill`] at the house's own mark.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub async fn fill_at_mark(
        &self,
        buyer: &Actor,
        seller: &Actor,
        instrument: u128,
        size: &str,
    ) -> TransactionReceipt {
        let mut call = Self::report(buyer.account(), seller.account(), instrument, size, "1");
        call.price = ok(self.mark(instrument).await);
        ok(self.send(&self.people.stranger, self.desk(), &call).await)
    }

    /// Like [`Self::fill`], which may be refused.
    ///
    /// # Errors
    ///
    /// The clearinghouse or the vault refuses.
    pub async fn try_fill(
        &self,
        buyer: &Actor,
        seller: &Actor,
        instrument: u128,
        size: &str,
        price: &str,
    ) -> Result<TransactionReceipt, CallError> {
        self.send(
            &self.people.stranger,
            self.desk(),
            &Self::report(buyer.account(), seller.account(), instrument, size, price),
        )
        .await
    }

    /// The desk's call for one trade, for [`Self::expect_revert`] at [`Self::desk`].
    pub fn report(
        buyer: B256,
        seller: B256,
        instrument: u128,
        size: &str,
        price: &str,
    ) -> reference::LyingVenue::inventCall {
        reference::LyingVenue::inventCall {
            buyer,
            seller,
            instrument,
            size: uwad(size),
            price: uwad(price),
        }
    }

    /// The desk: anybody may have it report anything.
    ///
    /// # Panics
    ///
    /// Never: test houses have one.
    pub fn desk(&self) -> Address {
        self.inner.desk.expect("test houses have a desk")
    }

    /// Pushes every feed's last answer again, so that nothing is stale.
    ///
    /// # Panics
    ///
    /// The node fails.
    pub async fn refresh(&self) {
        for feed in [self.eth_feed, self.btc_feed] {
            let round = ok(self.ask(feed, &IAggregatorV3::latestRoundDataCall {}).await);
            let answer = aliases::I192::try_from(i128::try_from(round.answer).expect("a price"))
                .expect("fits");
            let push = reference::Feed::pushCall { answer };
            ok(self.send(&self.people.deployer, feed, &push).await);
        }
    }

    /// The first day whose expiry is at least so many days away.
    ///
    /// # Panics
    ///
    /// The node fails.
    pub async fn day(&self, days: u16) -> u16 {
        let now = self.client.now().await.expect("the node answers");
        u16::try_from((now + 86_399 - 28_800) / 86_400).expect("a day") + days
    }

    /// A surface of an underlying with terms of pushes: `volatility` a year for all strikes, forward in coins at
    /// the last price of spot, no discount.
    ///
    /// # Panics
    ///
    /// The node fails; not numbers.
    pub async fn flat(
        &self,
        underlying: u16,
        day: u16,
        forward: &str,
        volatility: &str,
    ) -> ExpiryUpdate {
        const YEAR: u128 = 31_536_000;
        let now = self.client.now().await.expect("the node answers");
        let seconds = (u64::from(day) * 86_400 + 28_800).saturating_sub(now);
        let volatility: u128 = uwad(volatility).to();
        let variance = volatility * (volatility / YEAR) / WAD * u128::from(seconds);
        let terms = IOracle::surfaceTermsCall { underlying };
        let feed = ok(self.ask(self.at.oracle, &terms).await).feed;
        let feeds = IOracle::pricesCall { feeds: vec![feed] };
        let spot = ok(self.ask(self.at.oracle, &feeds).await)[0].value.to();
        ExpiryUpdate {
            underlying,
            expiryDay: day,
            ratio: ratio(uwad(forward).to(), spot),
            fixedPart: 0,
            discount: WAD as u64,
            a: variance.cast_signed(),
            b: 0,
            rho: 0,
            m: 0,
            sigma: WAD.cast_signed(),
        }
    }

    /// Sends a call and gives its typed result (asked for just before).
    ///
    /// # Panics
    ///
    /// It is refused.
    pub async fn exec<C: SolCall>(&self, actor: &Actor, to: Address, call: &C) -> C::Return {
        let result = ok(self.client.call_as(actor.address, to, call).await);
        ok(self.send(actor, to, call).await);
        result
    }

    /// The events `E` that a contract emitted in a transaction.
    pub fn events<E: SolEvent>(receipt: &TransactionReceipt, from: Address) -> Vec<E> {
        receipt
            .logs()
            .iter()
            .filter(|log| log.address() == from)
            .filter_map(|log| E::decode_log(&log.inner).ok().map(|log| log.data))
            .collect()
    }

    /// All that accounts, tokens and auctions are, as text: equal texts, equal state.
    ///
    /// # Panics
    ///
    /// The node fails.
    pub async fn digest(&self) -> String {
        let p = &self.people;
        let mut text = String::new();
        for actor in p.all() {
            let account = ok(self.account(actor.account()).await);
            let auction = IAuction::stateCall {
                account: actor.account(),
            };
            let started = self
                .ask(self.at.auction, &auction)
                .await
                .map(|s| s.startedAt);
            text += &format!("{} {account:?} {:?}", actor.name, started.ok());
            for token in self.tokens() {
                let call = IERC20::balanceOfCall {
                    owner: actor.address,
                };
                text += &format!(" {}", ok(self.ask(token.address, &call).await));
            }
            text += "\n";
        }
        let sheet = self.balance_sheet().await.expect("the books can be read");
        text += &format!(
            "{:?} {} {} {:?}",
            sheet.assets, sheet.insurance_fund, sheet.clearing_accounts, sheet.instruments
        );
        text
    }

    /// Asserts I-ACC-1, I-ACC-2 and I-ACC-3 on the chain: tokens cover claims, cash adds up, every
    /// instrument sums to zero.
    ///
    /// # Panics
    ///
    /// The books do not balance.
    pub async fn assert_balanced(&self) {
        let sheet = self.balance_sheet().await.expect("the books can be read");
        assert!(sheet.ok, "{}", sheet.render());
    }
}

/// Splitmix64: numbers that look random and are the same every time.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// Any 64 bits.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, which is not 0.
    pub const fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    /// True once in `n` times.
    pub const fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Unwraps with the contract's own words.
///
/// # Panics
///
/// It is an error.
pub fn ok<T>(result: Result<T, CallError>) -> T {
    result.unwrap_or_else(|e| panic!("{e}"))
}

/// Rates by id, from the first on.
#[must_use]
pub fn rates(values: &[u64]) -> Vec<Rate> {
    let rate = |(id, value): (u8, &u64)| Rate { id, value: *value };
    (0..).zip(values).map(rate).collect()
}

/// The call that gives an underlying these terms.
#[must_use]
pub fn listing(
    underlying: u16,
    terms: &IParameters::underlyingReturn,
) -> IParameters::setUnderlyingCall {
    IParameters::setUnderlyingCall {
        underlying,
        feed: terms.feed,
        lot: terms.lot,
        scenarioSet: terms.scenarioSet,
        rates: rates(&terms.rates),
    }
}
