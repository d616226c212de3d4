//! The day while it is played: prices, the bot, the owner who cures, the table at the end of an hour.
use super::{
    prices::{FIRST_HOUR, Hour, PRICES_AT_OPEN, clock, iso},
    result::{AccountRow, AuctionRow, BidRow, HourRow, Story},
};
use alloy::{
    primitives::{B256, I256, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolEvent,
};
use eyre::{Result, eyre};
use plimsoll::{
    bindings::{Assessment, AuctionState, Bid, IAuction, IERC20, IVault},
    client::CallError,
    ids,
    term::{Progress, fixed, ufixed},
};
use plimsoll_house::{Actor, BTC, ETH, House, TokenInfo};

/// The day while it is played.
pub(super) struct Day<'a> {
    house: &'a House,
    json: bool,
    progress: Progress,
    /// The time the last table stands for.
    shown_until: Option<u64>,
    pub(super) rows: Vec<HourRow>,
    pub(super) auctions: Vec<AuctionRow>,
    pub(super) bids: Vec<BidRow>,
}

impl<'a> Day<'a> {
    pub(super) const fn new(house: &'a House, json: bool, progress: Progress) -> Self {
        Self {
            house,
            json,
            progress,
            shown_until: None,
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

    pub(super) async fn open_positions(&mut self) -> Result<()> {
        let h = self.house;
        let p = &h.people;
        let deposit = async |actor: &Actor, token: TokenInfo, amount: &str| {
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
    pub(super) async fn play(&mut self, index: usize, hour: &Hour) -> Result<()> {
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
        // Price and version of one state: what is bid on is what was priced.
        let pinned = h.client.pinned().await?;
        let call = IAuction::stateCall { account };
        let state = pinned
            .call(h.at.auction, &call)
            .await
            .map_err(|e| eyre!("{e}"))?;
        if state.startedAt == 0 {
            return Ok(());
        }
        let wanted = ids::parse_wad("0.1")?;
        let now = pinned.now().await?;
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
        let call = IVault::accountCall { account };
        let version = pinned
            .call(h.at.vault, &call)
            .await
            .map_err(|e| eyre!("{e}"))?
            .version;
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
            accounts.push(self.account_row(name, actor.account()).await?);
        }
        self.say(&hour_table(end, eth, btc, &accounts));
        self.shown_until = Some(end);
        self.rows.push(HourRow {
            time: clock(end),
            eth: eth.into(),
            btc: btc.into(),
            accounts,
        });
        Ok(())
    }

    async fn account_row(&self, name: &'static str, account: B256) -> Result<AccountRow> {
        let a = self.assess(account).await?;
        let open = self.state(account).await?.startedAt != 0;
        let (im, mm) = (I256::try_from(a.im)?, I256::try_from(a.mm)?);
        let state = if open {
            "in auction"
        } else if a.equity < mm {
            "liquidatable"
        } else if a.equity < im {
            "below initial margin"
        } else if a.mm.is_zero() {
            "flat"
        } else {
            "healthy"
        };
        let wad = I256::try_from(ids::WAD)?;
        Ok(AccountRow {
            name,
            equity: plain(a.equity),
            im: plain(im),
            mm: plain(mm),
            health: (!mm.is_zero()).then(|| fixed(a.equity * wad / mm, 2)),
            state,
        })
    }

    /// Auctions still open get another hour or three at the last prices.
    pub(super) async fn end(&mut self, last: Option<&Hour>) -> Result<()> {
        let Some(last) = last else { return Ok(()) };
        // The last hour's table is of its end: what comes after it is later.
        if let Some(shown) = self.shown_until
            && shown > self.house.client.now().await?
        {
            self.house.next_block_at(shown).await?;
        }
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

    pub(super) async fn story(&self) -> Result<Story> {
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

    async fn state(&self, account: B256) -> Result<AuctionState> {
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

/// A line an account, under the time and the prices.
fn hour_table(end: u64, eth: &str, btc: &str, accounts: &[AccountRow]) -> String {
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
    let mut lines = vec![line([&head, "equity", "IM", "MM", "equity/MM", ""])];
    lines.extend(accounts.iter().map(|a| {
        line([
            &format!("  {}", a.name),
            &short(&a.equity),
            &short(&a.im),
            &short(&a.mm),
            a.health.as_deref().unwrap_or("-"),
            a.state,
        ])
    }));
    lines.join("\n")
}

/// Exact, without separators, for data.
fn plain(value: I256) -> String {
    fixed(value, 18).replace(',', "")
}
