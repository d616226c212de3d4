//! `plimsoll demo`: 19 May 2021 in a house of one's own.
//!
//! The contracts are the compiled ones, on an in-process node whose clock shows the hours of the
//! day. Three traders share one pool of collateral at two venues; a bot watches and bids. Everything
//! shown is asked of the chain.

use crate::{
    bindings::{Assessment, Bid, IAuction, IERC20},
    client::CallError,
    house::{Actor, BTC, ETH, House, Options},
    ids,
    sheet::BalanceSheet,
    term::{Progress, fixed, ufixed},
    wasm,
};
use alloy::{
    primitives::{B256, I256, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolEvent,
};
use eyre::{Result, WrapErr, ensure, eyre};
use plimsoll_devnode::{ChainConfig, Clock};
use serde::Serialize;
use std::net::{Ipv4Addr, TcpListener};

/// The day, with where it is from.
const PRICES: &str = include_str!("../data/2021-05-19.csv");
/// 18 May 2021, 20:00 UTC: the first row.
const FIRST_HOUR: u64 = 1_621_368_000;
/// Time for the house to be built before the first hour.
const BUILDING: u64 = 1_800;

/// What to do besides playing the day.
#[derive(Clone, Debug, Default)]
pub struct DemoOptions {
    /// Stop talking to people: the result is printed as data.
    pub json: bool,
    /// Leave the node running on this port.
    pub serve: Option<u16>,
}

/// One hour of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hour {
    time: String,
    eth: [String; 4],
    btc: [String; 4],
}

/// An account after an hour.
#[derive(Clone, Debug, Serialize)]
pub struct AccountRow {
    /// Who.
    pub name: &'static str,
    /// Equity, cash.
    pub equity: String,
    /// Initial margin.
    pub im: String,
    /// Maintenance margin.
    pub mm: String,
    /// Equity over maintenance margin; none where nothing is required.
    pub health: Option<String>,
    /// `healthy`, `below initial margin`, `liquidatable`, `in auction` or `flat`.
    pub state: &'static str,
}

/// All accounts after an hour.
#[derive(Clone, Debug, Serialize)]
pub struct HourRow {
    /// End of the hour, UTC.
    pub time: String,
    /// ETH, settlement coin.
    pub eth: String,
    /// BTC, settlement coin.
    pub btc: String,
    /// The three traders.
    pub accounts: Vec<AccountRow>,
}

/// A bid that was taken.
#[derive(Clone, Debug, Serialize)]
pub struct BidRow {
    /// When, UTC.
    pub time: String,
    /// Whose account.
    pub account: &'static str,
    /// Share of the account taken.
    pub fraction: String,
    /// Price paid for it; negative: the bidder was paid.
    pub price: String,
    /// Discount per unit of relief.
    pub lambda: String,
    /// What the insurance fund paid.
    pub fund_paid: String,
    /// The account's equity afterwards.
    pub equity_after: String,
    /// Its maintenance requirement afterwards.
    pub mm_after: String,
}

/// An auction from its start to its end.
#[derive(Clone, Debug, Serialize)]
pub struct AuctionRow {
    /// Whose account.
    pub account: &'static str,
    /// When it started, UTC.
    pub started: String,
    /// When it ended, UTC.
    pub closed: Option<String>,
    /// Ended by the owner's own deposit.
    pub cured: Option<bool>,
    /// Bids taken.
    pub bids: usize,
}

/// Everything the demo shows, as data.
#[derive(Clone, Debug, Serialize)]
pub struct DemoResult {
    /// Where the prices are from.
    pub source: String,
    /// Accounts after each hour.
    pub hours: Vec<HourRow>,
    /// Auctions.
    pub auctions: Vec<AuctionRow>,
    /// Bids, in order.
    pub bids: Vec<BidRow>,
    /// Who survived, who cured, who was liquidated: the story holds.
    pub story: Story,
    /// The books at the end.
    pub balance_sheet: BalanceSheet,
    /// Seconds it took, building included.
    pub seconds: f64,
}

/// How it ended for the three.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Story {
    /// Ada's account was never in auction and is healthy.
    pub hedged_survived: bool,
    /// Ben's auction was ended by his deposit.
    pub cured_by_owner: bool,
    /// Cid's account was sold by bids.
    pub liquidated_by_bidder: bool,
}

/// Plays the day, reports, and serves if asked to.
///
/// # Errors
///
/// As [`play`].
pub async fn run(options: &DemoOptions, progress: Progress) -> Result<DemoResult> {
    let (result, house) = play(options, progress).await?;
    report(&result, options)?;
    if options.serve.is_some() {
        serve(house, options).await?;
    }
    Ok(result)
}

/// Plays the day.
///
/// # Errors
///
/// The contracts do not build, the house cannot be furnished, or a transaction that must go through
/// is refused. Books that do not balance are no error here: see `balance_sheet.ok`.
pub async fn play(options: &DemoOptions, progress: Progress) -> Result<(DemoResult, House)> {
    if let Some(port) = options.serve {
        // before minutes of building, and before the record of the house that may be running there
        // is taken away
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .wrap_err_with(|| format!("cannot listen on 127.0.0.1:{port}"))?;
    }
    let hours = hours()?;
    let programs = wasm::build(&progress)?;
    let first = hours.first().ok_or_else(|| eyre!("no hours"))?;
    let mut config = Options {
        chain: ChainConfig {
            genesis_timestamp: FIRST_HOUR - BUILDING,
            clock: Clock::Step(1),
            ..ChainConfig::default()
        },
        eth: first.eth[0].clone(),
        btc: first.btc[0].clone(),
        ..Options::default()
    };
    if let Some(port) = options.serve {
        config.port = port;
        let name = format!("{}.json", config.chain.chain_id);
        config.record = Some(crate::workspace::deployments().join(name));
        // The chain is new, so what an earlier one left is not this house's.
        if let Some(old) = &config.record {
            let _ = std::fs::remove_file(old);
        }
    }
    let house = House::start_with(&programs, config, progress).await?;
    ensure!(
        house.client.now().await? < FIRST_HOUR,
        "building the house took too long"
    );
    progress.say(format!(
        "the house stands: {} gas, block {}",
        crate::term::grouped(house.deploy_gas),
        house.node.chain.with(|c| c.block_number())
    ));

    let mut day = Day::new(&house, options.json, progress);
    day.open_positions().await.wrap_err("opening positions")?;
    for (index, hour) in hours.iter().enumerate() {
        day.play(index, hour)
            .await
            .wrap_err_with(|| format!("the hour of {}", hour.time))?;
    }
    day.end(hours.last()).await.wrap_err("ending the day")?;
    let story = day.story().await?;
    let Day {
        rows,
        auctions,
        bids,
        ..
    } = day;
    let balance_sheet = house.balance_sheet().await.wrap_err("reading the books")?;
    let source = PRICES
        .lines()
        .take_while(|l| l.starts_with('#'))
        .map(|l| l.trim_start_matches(['#', ' ']))
        .collect::<Vec<_>>()
        .join(" ");
    let result = DemoResult {
        source,
        hours: rows,
        auctions,
        bids,
        story,
        balance_sheet,
        seconds: progress.elapsed().as_secs_f64(),
    };
    Ok((result, house))
}

fn report(result: &DemoResult, options: &DemoOptions) -> Result<()> {
    if options.json {
        println!("{}", serde_json::to_string(result)?);
        return Ok(());
    }
    println!("\n{}", result.balance_sheet.render());
    let yes = |b: bool| if b { "yes" } else { "NO" };
    println!(
        "  Ada, hedged across two venues, was never in auction:  {}",
        yes(result.story.hedged_survived)
    );
    println!(
        "  Ben's auction was ended by his own deposit:           {}",
        yes(result.story.cured_by_owner)
    );
    println!(
        "  Cid's account was sold to a bidder:                   {}",
        yes(result.story.liquidated_by_bidder)
    );
    println!("\n  {:.1} s in all.", result.seconds);
    Ok(())
}

/// Keeps the node running and says how to reach it.
async fn serve(house: House, options: &DemoOptions) -> Result<()> {
    let say = |line: String| {
        if options.json {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
    };
    say(house.node.banner());
    say("The house".to_owned());
    for (name, address) in [
        ("oracle", house.at.oracle),
        ("margin", house.at.margin),
        ("parameters", house.at.parameters),
        ("vault", house.at.vault),
        ("clearinghouse", house.at.clearinghouse),
        ("auction", house.at.auction),
        ("lens", house.at.lens),
        ("explainer", house.at.explainer),
        ("book exchange", house.book),
        ("pool exchange", house.pool),
        ("USDC", house.usdc.address),
        ("WBTC", house.wbtc.address),
        ("WETH", house.weth.address),
        ("ETH / USD", house.eth_feed),
        ("BTC / USD", house.btc_feed),
    ] {
        say(format!("  {name:<14} {address}"));
    }
    let record = crate::workspace::deployments().join(format!("{}.json", house.client.chain_id()));
    say(format!("  all of it in   {}", record.display()));
    say(format!(
        "\nConnect a wallet: add a network with RPC URL {} and chain id {}, import a key from above \
         (account 0 is the deployer, 1 to 3 are Ada, Ben and Cid, 4 makes markets, 5 bids).\n\
         From a script: `new ethers.JsonRpcProvider(\"{}\")`, ABIs in abi/*.json.\n\
         From here:     cargo run -p plimsoll -- account {} --rpc-url {}\n\n\
         Ctrl-C stops it.",
        house.node.url,
        house.client.chain_id(),
        house.node.url,
        house.people.alice.address,
        house.node.url,
    ));
    tokio::select! {
        () = house.node.stopped() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

/// The rows of the data file.
fn hours() -> Result<Vec<Hour>> {
    PRICES
        .lines()
        .filter(|l| !l.starts_with('#') && !l.starts_with("time_utc"))
        .map(|line| {
            let f: Vec<&str> = line.split(',').collect();
            let [time, eo, eh, el, ec, bo, bh, bl, bc] = f[..] else {
                return Err(eyre!("{line:?} has {} fields", f.len()));
            };
            let four = |o: &str, h: &str, l: &str, c: &str| {
                // Which extreme came first is not recorded: falling hours are played high, low;
                // rising ones low, high.
                let falling = ids::parse_decimal(c, 8)? < ids::parse_decimal(o, 8)?;
                let (a, b) = if falling { (h, l) } else { (l, h) };
                Ok::<_, eyre::Report>([o, a, b, c].map(str::to_owned))
            };
            Ok(Hour {
                time: time.to_owned(),
                eth: four(eo, eh, el, ec)?,
                btc: four(bo, bh, bl, bc)?,
            })
        })
        .collect()
}

/// `1621368000` as `18 May 20:00`.
fn clock(time: u64) -> String {
    let since = time.saturating_sub(FIRST_HOUR - 20 * 3_600);
    let (day, seconds) = (18 + since / 86_400, since % 86_400);
    format!(
        "{day} May {:02}:{:02}",
        seconds / 3_600,
        seconds % 3_600 / 60
    )
}

/// `1621368000` as `2021-05-18T20:00:00Z`, for data.
fn iso(time: u64) -> String {
    let since = time.saturating_sub(FIRST_HOUR - 20 * 3_600);
    let (day, s) = (18 + since / 86_400, since % 86_400);
    format!(
        "2021-05-{day}T{:02}:{:02}:{:02}Z",
        s / 3_600,
        s % 3_600 / 60,
        s % 60
    )
}

/// The day while it is played.
struct Day<'a> {
    house: &'a House,
    json: bool,
    progress: Progress,
    rows: Vec<HourRow>,
    auctions: Vec<AuctionRow>,
    bids: Vec<BidRow>,
}

impl<'a> Day<'a> {
    const fn new(house: &'a House, json: bool, progress: Progress) -> Self {
        Self {
            house,
            json,
            progress,
            rows: Vec::new(),
            auctions: Vec::new(),
            bids: Vec::new(),
        }
    }

    fn say(&self, line: &str) {
        if self.json {
            self.progress.say(line);
        } else {
            println!("{line}");
        }
    }

    /// The three: Ada hedges, Ben can pay when asked, Cid cannot.
    fn traders(&self) -> [(&'static str, &'a Actor); 3] {
        let p = &self.house.people;
        [("Ada", &p.alice), ("Ben", &p.bob), ("Cid", &p.carol)]
    }

    fn name_of(&self, account: B256) -> &'static str {
        self.traders()
            .iter()
            .find(|(_, actor)| actor.account() == account)
            .map_or("somebody", |(name, _)| name)
    }

    async fn open_positions(&mut self) -> Result<()> {
        let h = self.house;
        let p = &h.people;
        let deposit = async |actor: &Actor, token: crate::house::TokenInfo, amount: &str| {
            let amount = token.amount(amount)?;
            h.deposit(actor, actor.account(), token, amount)
                .await
                .map_err(|e| eyre!("{e}"))
        };
        let fund = ids::fund_account(h.at.vault);
        let seed = h.usdc.amount("250,000")?;
        h.mint(h.usdc, p.deployer.address, seed)
            .await
            .map_err(|e| eyre!("{e}"))?;
        let approve = IERC20::approveCall {
            spender: h.at.vault,
            amount: U256::MAX,
        };
        self.sent(h.send(&p.deployer, h.usdc.address, &approve).await)?;
        self.sent(h.deposit(&p.deployer, fund, h.usdc, seed).await)?;
        deposit(&p.maker, h.usdc, "3,000,000").await?;
        deposit(&p.bidder, h.usdc, "2,000,000").await?;
        deposit(&p.alice, h.usdc, "40,000").await?;
        deposit(&p.alice, h.weth, "40").await?;
        deposit(&p.bob, h.usdc, "70,000").await?;
        deposit(&p.carol, h.usdc, "50,000").await?;
        deposit(&p.carol, h.wbtc, "0.5").await?;

        let now = PRICES_AT_OPEN;
        let book = async |buyer: &Actor, seller: &Actor, what, size: &str, price: &str| {
            h.trade_book(
                buyer,
                seller,
                what,
                ids::parse_wad(size)?,
                ids::parse_wad(price)?,
            )
            .await
            .map_err(|e| eyre!("{e}"))
        };
        let pool = async |actor: &Actor, what, buy, size: &str| {
            h.trade_pool(actor, what, buy, ids::parse_wad(size)?)
                .await
                .map_err(|e| eyre!("{e}"))
        };
        // Ada: long 60 on the book and 40 as collateral against 100 short at the pool.
        book(&p.alice, &p.maker, ETH, "60", now.0).await?;
        pool(&p.alice, ETH, false, "100").await?;
        // Ben: long at both venues.
        book(&p.bob, &p.maker, ETH, "40", now.0).await?;
        pool(&p.bob, BTC, true, "1").await?;
        // Cid: as much as the house lets him.
        book(&p.carol, &p.maker, ETH, "60", now.0).await?;
        pool(&p.carol, BTC, true, "1.5").await?;
        if !self.json {
            println!(
                "\nThe insurance fund holds 250,000 USDC, the pool exchange's pool 5,000,000.\n\
                 Ada is long 60 ETH at the book, holds 40 WETH and is short 100 ETH at the pool.\n\
                 Ben is long 40 ETH at the book and 1 BTC at the pool, with 70,000 USDC.\n\
                 Cid is long 60 ETH at the book and 1.5 BTC at the pool, with 50,000 USDC and 0.5 \
                 WBTC.\n"
            );
        }
        Ok(())
    }

    /// Four prices an hour, and between them the bot.
    async fn play(&mut self, index: usize, hour: &Hour) -> Result<()> {
        let start = FIRST_HOUR + 3_600 * index as u64;
        for (step, minute) in [0u64, 20, 40, 59].into_iter().enumerate() {
            let time = start + minute * 60;
            if time > self.house.client.now().await? {
                self.house.next_block_at(time).await?;
            }
            self.price(ETH, &hour.eth[step]).await?;
            self.price(BTC, &hour.btc[step]).await?;
            let until = time + if minute == 59 { 50 } else { 18 * 60 };
            self.watch(until).await?;
        }
        self.hour(start + 3_600, &hour.eth[3], &hour.btc[3]).await
    }

    async fn price(&self, underlying: u16, price: &str) -> Result<()> {
        self.house
            .set_price(underlying, price)
            .await
            .map_err(|e| eyre!("{e}"))
    }

    /// The bot: starts auctions, bids its price, and (for Ben) the owner: pays when called.
    async fn watch(&mut self, until: u64) -> Result<()> {
        let h = self.house;
        for (_, actor) in self.traders() {
            let account = actor.account();
            let a = self.assess(account).await?;
            let open = self.state(account).await?.startedAt != 0;
            if !open && a.equity < I256::try_from(a.mm)? {
                let call = IAuction::startCall { account };
                let receipt = self.sent(h.send(&h.people.bidder, h.at.auction, &call).await)?;
                self.note(&receipt).await?;
            }
        }
        // Within the pause between two prices the auction's own clock runs.
        loop {
            let mut open = Vec::new();
            for (name, actor) in self.traders() {
                if self.state(actor.account()).await?.startedAt != 0 {
                    open.push((name, actor));
                }
            }
            let now = h.client.now().await?;
            if open.is_empty() || now + 120 > until {
                return Ok(());
            }
            h.warp_to(now + 60).await?;
            for (name, actor) in open {
                if name == "Ben" {
                    self.cure(actor).await?;
                }
                self.bid(actor.account()).await?;
            }
        }
    }

    /// Ben pays in what he has at hand, three minutes after the call, and closes the auction.
    async fn cure(&mut self, actor: &Actor) -> Result<()> {
        let h = self.house;
        let account = actor.account();
        let state = self.state(account).await?;
        let now = h.client.now().await?;
        if now < state.startedAt + 180 {
            return Ok(());
        }
        let amount = h.usdc.amount("60,000")?;
        self.sent(h.deposit(actor, account, h.usdc, amount).await)?;
        self.say(&format!("  {}  Ben deposits 60,000 USDC", clock(now)));
        match h
            .send(actor, h.at.auction, &IAuction::closeCall { account })
            .await
        {
            Ok(receipt) => self.note(&receipt).await,
            Err(e) if e.as_error::<IAuction::NotRecovered>().is_some() => {
                self.say(&format!("  {}  not enough: {e}", clock(now)));
                Ok(())
            }
            Err(e) => Err(eyre!("{e}")),
        }
    }

    /// The bidder wants a discount of at least a tenth of the requirement it takes over. It takes a
    /// third at most of a large account at a time, and small ones whole. Where prices have brought
    /// an account back by themselves, it closes the auction.
    async fn bid(&mut self, account: B256) -> Result<()> {
        let h = self.house;
        let state = self.state(account).await?;
        if state.startedAt == 0 {
            return Ok(());
        }
        let wanted = ids::parse_wad("0.1")?;
        let now = h.client.now().await?;
        self.say(&format!(
            "  {}  {}: price of {} % is {} (discount {} of relief)",
            clock(now),
            self.name_of(account),
            ufixed(state.maxFraction * U256::from(100), 1),
            fixed(state.price, 2),
            ufixed(state.lambda, 3),
        ));
        if state.maxFraction.is_zero() {
            let close = IAuction::closeCall { account };
            let receipt = self.sent(h.send(&h.people.bidder, h.at.auction, &close).await)?;
            return self.note(&receipt).await;
        }
        if state.lambda < wanted {
            return Ok(());
        }
        let small = state.mm < ids::parse_wad("10000")?;
        let most = if small { "1" } else { "0.34" };
        let fraction = state.maxFraction.min(ids::parse_wad(most)?);
        let (_, version, _) = h.account(account).await.map_err(|e| eyre!("{e}"))?;
        // What it would pay for the whole share now, scaled to the share it asks for.
        let share = I256::try_from(fraction)?;
        let whole = I256::try_from(state.maxFraction)?;
        let limit = state.price / whole * share + state.price % whole * share / whole;
        let slack = I256::try_from(ids::parse_wad("1")?)?;
        let call = IAuction::bidCall {
            b: Bid {
                account,
                bidder: h.people.bidder.account(),
                fraction,
                maxPrice: limit + slack,
                version,
                deadline: now + 600,
            },
        };
        let receipt = self.sent(h.send(&h.people.bidder, h.at.auction, &call).await)?;
        self.note(&receipt).await
    }

    /// Writes down what the auction's events say.
    async fn note(&mut self, receipt: &TransactionReceipt) -> Result<()> {
        let now = self.house.client.now().await?;
        for log in receipt.logs() {
            if let Ok(e) = IAuction::AuctionStarted::decode_log(&log.inner) {
                let name = self.name_of(e.account);
                self.say(&format!(
                    "  {}  auction of {name}'s account: equity {}, IM {}, MM {}",
                    clock(now),
                    fixed(e.equity, 2),
                    ufixed(e.im, 2),
                    ufixed(e.mm, 2)
                ));
                self.auctions.push(AuctionRow {
                    account: name,
                    started: iso(now),
                    closed: None,
                    cured: None,
                    bids: 0,
                });
            } else if let Ok(e) = IAuction::BidTaken::decode_log(&log.inner) {
                let name = self.name_of(e.account);
                self.say(&format!(
                    "  {}  bid: {} % of {name}'s account for {}, discount {} of relief; equity \
                     {}, MM {} left",
                    clock(now),
                    ufixed(e.fraction * U256::from(100), 1),
                    fixed(e.price, 2),
                    ufixed(e.lambda, 3),
                    fixed(e.equityAfter, 2),
                    ufixed(e.mmAfter, 2)
                ));
                if let Some(open) = self.auctions.iter_mut().rev().find(|a| a.account == name) {
                    open.bids += 1;
                }
                self.bids.push(BidRow {
                    time: iso(now),
                    account: name,
                    fraction: plain(I256::try_from(e.fraction)?),
                    price: plain(e.price),
                    lambda: plain(I256::try_from(e.lambda)?),
                    fund_paid: plain(I256::try_from(e.fundPaid)?),
                    equity_after: plain(e.equityAfter),
                    mm_after: plain(I256::try_from(e.mmAfter)?),
                });
            } else if let Ok(e) = IAuction::AuctionClosed::decode_log(&log.inner) {
                let name = self.name_of(e.account);
                self.say(&format!(
                    "  {}  auction of {name}'s account ends: {}; equity {}, MM {}",
                    clock(now),
                    if e.cured {
                        "its owner restored it"
                    } else {
                        "bids restored it"
                    },
                    fixed(e.equity, 2),
                    ufixed(e.mm, 2)
                ));
                if let Some(open) = self.auctions.iter_mut().rev().find(|a| a.account == name) {
                    open.closed = Some(iso(now));
                    open.cured = Some(e.cured);
                }
            }
        }
        Ok(())
    }

    /// The table at the end of an hour.
    async fn hour(&mut self, end: u64, eth: &str, btc: &str) -> Result<()> {
        let mut accounts = Vec::new();
        for (name, actor) in self.traders() {
            let a = self.assess(actor.account()).await?;
            let open = self.state(actor.account()).await?.startedAt != 0;
            let mm = I256::try_from(a.mm)?;
            let state = if open {
                "in auction"
            } else if a.equity < mm {
                "liquidatable"
            } else if a.equity < I256::try_from(a.im)? {
                "below initial margin"
            } else if a.mm.is_zero() {
                "flat"
            } else {
                "healthy"
            };
            let wad = I256::try_from(ids::WAD)?;
            let health = (!mm.is_zero()).then(|| fixed(a.equity * wad / mm, 2));
            accounts.push(AccountRow {
                name,
                equity: plain(a.equity),
                im: plain(I256::try_from(a.im)?),
                mm: plain(mm),
                health,
                state,
            });
        }
        let short = |text: &str| {
            ids::parse_decimal(text, 18)
                .ok()
                .and_then(|x| I256::try_from(x).ok())
                .map_or_else(|| text.to_owned(), |x| fixed(x, 2))
        };
        let line = |cells: [&str; 6]| {
            let [name, equity, im, mm, ratio, state] = cells;
            let line = format!("{name:<42}{equity:>12}{im:>12}{mm:>12}{ratio:>11}  {state}");
            line.trim_end().to_owned()
        };
        let head = format!(
            "{}  ETH {:>8}  BTC {:>9}",
            clock(end),
            short(eth),
            short(btc)
        );
        let mut text = line([&head, "equity", "IM", "MM", "equity/MM", ""]);
        for a in &accounts {
            let name = format!("  {}", a.name);
            let ratio = a.health.as_deref().unwrap_or("-");
            text += "\n";
            text += &line([
                &name,
                &short(&a.equity),
                &short(&a.im),
                &short(&a.mm),
                ratio,
                a.state,
            ]);
        }
        self.say(&text);
        self.rows.push(HourRow {
            time: clock(end),
            eth: eth.into(),
            btc: btc.into(),
            accounts,
        });
        Ok(())
    }

    /// Auctions still open get another hour or three at the last prices.
    async fn end(&mut self, last: Option<&Hour>) -> Result<()> {
        let Some(last) = last else { return Ok(()) };
        for _ in 0..3 {
            self.price(ETH, &last.eth[3]).await?;
            self.price(BTC, &last.btc[3]).await?;
            let now = self.house.client.now().await?;
            self.watch(now + 3_600).await?;
        }
        self.leave(&last.eth[3]).await
    }

    /// Ada closes at both venues and takes her ether home: what is owed to her is there.
    async fn leave(&mut self, eth: &str) -> Result<()> {
        let h = self.house;
        let p = &h.people;
        let account = p.alice.account();
        let (size, price) = (ids::parse_wad("60")?, ids::parse_wad(eth)?);
        self.sent(h.trade_book(&p.maker, &p.alice, ETH, size, price).await)?;
        self.sent(
            h.trade_pool(&p.alice, ETH, true, ids::parse_wad("100")?)
                .await,
        )?;
        let cash = h.cash(account).await.map_err(|e| eyre!("{e}"))?;
        self.sent(
            h.withdraw(&p.alice, account, h.weth, h.weth.amount("40")?)
                .await,
        )?;
        let now = h.client.now().await?;
        self.say(&format!(
            "  {}  Ada closes at both venues, has {} in cash and withdraws her 40 WETH",
            clock(now),
            fixed(I256::try_from(cash)?, 2)
        ));
        Ok(())
    }

    async fn story(&self) -> Result<Story> {
        let of = |name: &'static str| self.auctions.iter().filter(move |a| a.account == name);
        let ada = self.assess(self.house.people.alice.account()).await?;
        Ok(Story {
            hedged_survived: of("Ada").next().is_none() && ada.equity >= I256::try_from(ada.im)?,
            cured_by_owner: of("Ben").any(|a| a.cured == Some(true) && a.bids == 0)
                && of("Ben").all(|a| a.bids == 0),
            liquidated_by_bidder: of("Cid").any(|a| a.bids > 0 && a.cured == Some(false)),
        })
    }

    async fn assess(&self, account: B256) -> Result<Assessment> {
        self.house.assess(account).await.map_err(|e| eyre!("{e}"))
    }

    async fn state(&self, account: B256) -> Result<crate::bindings::AuctionState> {
        let call = IAuction::stateCall { account };
        self.house
            .ask(self.house.at.auction, &call)
            .await
            .map_err(|e| eyre!("{e}"))
    }

    fn sent(&self, sent: Result<TransactionReceipt, CallError>) -> Result<TransactionReceipt> {
        sent.map_err(|e| eyre!("{e}"))
    }
}

/// ETH and BTC when positions are opened: the first row's opening prices, to the tick.
const PRICES_AT_OPEN: (&str, &str) = ("3402.69", "43262.7");

/// Exact, without separators, for data.
fn plain(value: I256) -> String {
    fixed(value, 18).replace(',', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_whole() {
        let hours = hours().unwrap();
        assert_eq!(hours.len(), 28);
        assert_eq!(hours[0].time, "2021-05-18T20:00:00Z");
        assert_eq!(hours[27].time, "2021-05-19T23:00:00Z");
        assert_eq!(hours[0].eth[0], PRICES_AT_OPEN.0);
        assert_eq!(hours[0].btc[0], PRICES_AT_OPEN.1);
        assert_eq!(clock(FIRST_HOUR), "18 May 20:00");
        assert_eq!(iso(FIRST_HOUR + 4 * 3_600 + 61), "2021-05-19T00:01:01Z");
        assert_eq!(clock(FIRST_HOUR + 27 * 3_600 + 1_200), "19 May 23:20");
        // The hour that fell from 2,721 to 1,960 ends lower than it began: high before low.
        assert_eq!(hours[16].eth, ["2721.08", "2773.52", "1960", "2365.18"]);
        assert_eq!(hours[17].eth, ["2365.18", "1888", "2599", "2493.69"]);
    }
}
