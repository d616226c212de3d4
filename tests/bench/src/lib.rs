//! `plimsoll bench-gas`: what the house costs.
//!
//! Every figure is the gas used by a whole transaction on the in-process node, with the rules of
//! today's chain, intrinsic gas and calldata included, with all storage cold at its start.
//!
//! * **cold**: the first transaction of its block, no program in the chain's program cache: every hop
//!   pays its full start-up.
//! * **warm in block**: no program in that cache, but all called by earlier transactions of the block.
//! * **cached**: all are cached through `ArbWasmCache`.
//! * **storage floor**: what the storage of the house's contracts costs in that transaction whatever
//!   the code does: 2,100 for each distinct slot touched, and for each slot whose value changed
//!   20,000 (from zero) or 2,900 more. Read from the trace. The slots of tokens, feeds and venues,
//!   which are other people's contracts, are not in it.
//!
//! `assess_64x23_1expiry` is `vault.assessAccount` as a transaction, of an account with 64 options of one expiry under the
//! scenario set of 23; `assess_64x23_real_feed` is the same with Chainlink's own proxy and aggregator as the feed of its underlying,
//! in place of the reference feed. `assess_compute_64x33` is no transaction: it is what margin's own instructions cost in the same
//! call under a set of 33, decoding and encoding included and host functions left out; `black76_value` is how much that
//! grows with a scenario, per option.

pub mod readme;
pub mod snapshot;
mod tables;
mod trace;

pub use trace::Split;

use alloy::{
    consensus::TxEnvelope,
    eips::Encodable2718,
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, Bytes, I256, U256},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
    sol_types::{SolCall, SolConstructor},
};
use chainlink::{EACAggregatorProxy, FluxAggregator};
use clap::Args;
use eyre::{Result, WrapErr, ensure, eyre};
use plimsoll::{
    bindings::{
        Bid, ExpiryUpdate, IAggregatorV3, IArbWasmCache, IAuction, IClearinghouse, IOracle,
        IParameters, IVault, Rate,
        reference::LyingVenue::{self, Fill},
    },
    client::CallError,
    deploy::ARB_WASM_CACHE,
    ids,
    program::{self, Program},
    settle::{settlement, settlement_points},
    term::Progress,
};
use plimsoll_build::Size;
use plimsoll_devnode::ChainConfig;
use plimsoll_house::{DESK, ETH, House, Options};
use readme::Mode;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use trace::{split_of, storage_floor};

/// Chainlink's own contracts.
#[allow(
    missing_docs,
    missing_debug_implementations,
    clippy::all,
    clippy::pedantic
)]
mod chainlink {
    alloy::sol!(FluxAggregator, "../solidity/artifacts/FluxAggregator.json");
    alloy::sol!(
        EACAggregatorProxy,
        "../solidity/artifacts/EACAggregatorProxy.json"
    );
}

/// What to measure for.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct BenchArgs {
    /// One JSON object on stdout, progress on stderr.
    #[arg(long)]
    json: bool,
    /// Compare tests/bench/gas.json and the tables of README.md and docs/method.md with what is measured; differences
    /// are an error.
    #[arg(long, conflicts_with = "write")]
    check: bool,
    /// Write that file and those tables.
    #[arg(long)]
    write: bool,
}

/// Gas of one operation.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct GasRow {
    /// No program cached or called before.
    pub cold: u64,
    /// All programs called earlier in the block.
    pub warm_in_block: u64,
    /// All programs cached.
    pub cached: u64,
    /// What storage costs in it whatever the code does.
    pub storage_floor: u64,
}

/// How fast the node is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NodeRow {
    /// ERC-20 transfers a second, over HTTP, one after the other.
    pub transfers_per_second: f64,
    /// Trades through the whole house a second.
    pub trades_per_second: f64,
    /// Seconds from nothing to a house with people in it, contracts built.
    pub house_seconds: f64,
}

/// Everything measured.
#[derive(Clone, Debug, Serialize)]
pub struct Bench {
    /// By operation.
    pub gas: BTreeMap<&'static str, GasRow>,
    /// Where the gas of an assessment goes, programs uncached.
    pub split: BTreeMap<&'static str, Split>,
    /// By contract.
    pub contracts: BTreeMap<&'static str, Size>,
    /// The node.
    pub node: NodeRow,
}

/// The operations, in the order they are run and shown.
pub const OPERATIONS: [&str; 14] = [
    "deposit",
    "trade_perp_both_sides",
    "withdraw",
    "auction_start",
    "auction_bid",
    "settle_rounds",
    "sample",
    "trade_16_new_options_both_sides",
    "assess_16x23_1expiry",
    "assess_64x23_1expiry",
    "assess_127x23_4expiries",
    "assess_64x23_real_feed",
    "assess_compute_64x33",
    "black76_value",
];

/// Measures and prints.
///
/// # Errors
///
/// The contracts do not build, an operation is refused, or a document says something else.
pub async fn run(args: BenchArgs, progress: Progress) -> Result<()> {
    let programs = plimsoll_build::build(&progress)?;
    let bench = measure(&programs, progress).await?;
    let gas = tables::gas_table(&bench.gas);
    let split = tables::split_table(&bench);
    let contracts = plimsoll_build::table(&programs);
    if args.json {
        println!("{}", serde_json::to_string(&bench)?);
    } else {
        println!("\n{}", gas.render(0));
        println!("{}", split.render(0));
        println!("{}", contracts.render(0));
        println!(
            "node: {:.0} transfers/s, {:.0} trades/s over HTTP one by one; a house in {:.2} s",
            bench.node.transfers_per_second, bench.node.trades_per_second, bench.node.house_seconds
        );
    }
    let mode = match (args.check, args.write) {
        (true, _) => Mode::Check,
        (_, true) => Mode::Write,
        _ => return Ok(()),
    };
    const WRITTEN_BY: &str = "`cargo bench-gas --write` writes them";
    snapshot::settle(mode, &bench).wrap_err(WRITTEN_BY)?;
    let blocks = [
        (("README.md", "gas"), gas.markdown()),
        (("README.md", "contracts"), contracts.markdown()),
        (("docs/method.md", "split"), split.markdown()),
    ];
    readme::settle(mode, &blocks).wrap_err(WRITTEN_BY)
}

/// Measures everything.
///
/// # Errors
///
/// An operation is refused.
pub async fn measure(programs: &[Program], progress: Progress) -> Result<Bench> {
    let started = Instant::now();
    let options = Options {
        desk: true,
        chain: ChainConfig {
            arbos_version: program::today().arbos_version,
            ..ChainConfig::default()
        },
        ..Options::default()
    };
    let quiet = Progress::silent();
    let house = House::start_with(programs, options, quiet).await?;
    let house_seconds = started.elapsed().as_secs_f64();
    progress.say(format!("a house stands ({house_seconds:.2} s)"));

    prepare(&house).await.wrap_err("preparing")?;
    let before = house.snapshot().await?;
    let (cold, split) = operations(&house, programs, Block::Own)
        .await
        .wrap_err("measuring with uncached programs")?;
    house.revert(before).await?;
    let before = house.snapshot().await?;
    let (warm, _) = operations(&house, programs, Block::Shared)
        .await
        .wrap_err("measuring with programs called earlier in the block")?;
    house.revert(before).await?;
    for program in programs {
        let at = house
            .at
            .get(program.name)
            .ok_or_else(|| eyre!("{} stands nowhere", program.name))?;
        let call = IArbWasmCache::cacheProgramCall { program: at };
        done(
            house
                .send(&house.people.deployer, ARB_WASM_CACHE, &call)
                .await,
        )?;
    }
    let (cached, _) = operations(&house, programs, Block::Own)
        .await
        .wrap_err("measuring with cached programs")?;
    let mut gas = BTreeMap::new();
    for name in OPERATIONS {
        let of = |measured: &BTreeMap<&'static str, (u64, u64)>| {
            let found = measured.get(name).copied();
            found.ok_or_else(|| eyre!("{name} was not measured"))
        };
        let ((cold, storage_floor), (warm_in_block, _), (cached, _)) =
            (of(&cold)?, of(&warm)?, of(&cached)?);
        // What only counts instructions does not care.
        let instructions = storage_floor == 0 && cold == warm_in_block && cold == cached;
        // A start costs the same in both; ink is rounded to gas at every call and host function.
        let rounding = 16;
        ensure!(
            instructions || (cached <= warm_in_block + rounding && warm_in_block < cold),
            "{name}: {cold} gas cold, {warm_in_block} with programs called before, {cached} cached: \
             each should be cheaper than the one before"
        );
        gas.insert(
            name,
            GasRow {
                cold,
                warm_in_block,
                cached,
                storage_floor,
            },
        );
    }
    progress.say("gas measured; now the node's speed");
    let (transfers_per_second, trades_per_second) = speed(&house).await.wrap_err("speed")?;
    let node = NodeRow {
        transfers_per_second: tidy(transfers_per_second, 10.0),
        trades_per_second: tidy(trades_per_second, 10.0),
        house_seconds: tidy(house_seconds, 100.0),
    };
    Ok(Bench {
        gas,
        split,
        contracts: plimsoll_build::sizes(programs),
        node,
    })
}

fn tidy(value: f64, per: f64) -> f64 {
    (value * per).round() / per
}

fn done<T>(result: Result<T, CallError>) -> Result<T> {
    result.map_err(|e| eyre!("{e}"))
}

/// Accounts with cash and a leg each, so that what is measured is an ordinary day, not the first.
async fn prepare(h: &House) -> Result<()> {
    let p = &h.people;
    for (actor, amount) in [
        (&p.alice, "100,000"),
        (&p.bob, "100,000"),
        (&p.carol, "5,000"),
        (&p.bidder, "500,000"),
    ] {
        done(
            h.deposit(actor, actor.account(), h.usdc, h.usdc.amount(amount)?)
                .await,
        )?;
    }
    trade(h, p.alice.account(), p.bob.account(), "10", "2000").await?;
    trade(h, p.bidder.account(), p.bob.account(), "1", "2000").await?;
    trade(h, p.carol.account(), p.bob.account(), "8", "2000").await?;
    options(h).await.wrap_err("options")
}

/// The underlying with the set of 23 scenarios; ether has the set of 33.
const NARROW: u16 = 9;
/// Days from now to each expiry.
const DAYS: [u16; 4] = [30, 60, 90, 180];

/// Portfolios of options: subaccount, underlying, options, expiries.
const BOOKS: [(u128, u16, usize, usize); 4] = [
    (16, NARROW, 16, 1),
    (64, NARROW, 64, 1),
    (127, NARROW, 127, 4),
    (33, ETH, 64, 1),
];

/// Lists the underlying, pushes surfaces and fills the books.
async fn options(h: &House) -> Result<()> {
    let p = &h.people;
    let query = IParameters::underlyingCall { underlying: ETH };
    let terms = done(h.ask(h.at.parameters, &query).await)?;
    let rates = (0..).zip(terms.rates);
    let list = IParameters::setUnderlyingCall {
        underlying: NARROW,
        feed: terms.feed,
        lot: terms.lot,
        scenarioSet: 1,
        rates: rates.map(|(id, value)| Rate { id, value }).collect(),
    };
    done(h.send(&p.deployer, h.at.parameters, &list).await)?;
    let allow = IOracle::setSurfaceTermsCall {
        underlying: NARROW,
        feed: ETH,
        maxAge: 600,
        maxBasis: 500_000_000_000_000_000,
        ratioMove: 2_000,
        rateMove: 20_000,
    };
    done(h.send(&p.deployer, h.at.oracle, &allow).await)?;
    let today = today(h)?;
    let mut updates = Vec::new();
    for underlying in [ETH, NARROW] {
        for (number, days) in DAYS.into_iter().enumerate() {
            updates.push(update(underlying, today + days, number as i128));
        }
    }
    done(h.push(updates).await)?;
    for (number, underlying, count, expiries) in BOOKS {
        let (long, short) = book(h, number).await?;
        let fills = fills(h, [long, short], underlying, 0..count, expiries).await?;
        for chunk in fills.chunks(16) {
            report_all(h, chunk.to_vec()).await?;
        }
    }
    book(h, NEW).await?;
    Ok(())
}

/// Subaccounts that hold nothing yet.
const NEW: u128 = 1;

fn today(h: &House) -> Result<u16> {
    let now = h.node.chain.with(|c| c.latest().header.timestamp);
    u16::try_from(now / 86_400).wrap_err("the chain's time")
}

/// 60 % volatility with a smile; later expiries have more total variance.
fn update(underlying: u16, expiry_day: u16, number: i128) -> ExpiryUpdate {
    let part = |n: i128| n * 1_000_000_000_000_000;
    ExpiryUpdate {
        underlying,
        expiryDay: expiry_day,
        ratio: 1_000_000_000_000_000_000,
        fixedPart: 0,
        discount: 990_000_000_000_000_000,
        a: part(15 * (number + 1)),
        b: part(50),
        rho: part(-300),
        m: 0,
        sigma: part(200),
    }
}

/// Two subaccounts with money that trade at the desk: of alice, who buys, and of bob.
async fn book(h: &House, number: u128) -> Result<(B256, B256)> {
    let p = &h.people;
    let mut accounts = [B256::ZERO; 2];
    for (account, actor) in accounts.iter_mut().zip([&p.alice, &p.bob]) {
        *account = ids::account_id(actor.address, number);
        let amount = h.usdc.amount("500,000")?;
        done(h.deposit(actor, *account, h.usdc, amount).await)?;
        done(h.admit(actor, *account, DESK, true).await)?;
    }
    let [long, short] = accounts;
    Ok((long, short))
}

/// Half an ether of each option, at its mark.
async fn fills(
    h: &House,
    [buyer, seller]: [B256; 2],
    underlying: u16,
    range: std::ops::Range<usize>,
    expiries: usize,
) -> Result<Vec<Fill>> {
    let today = today(h)?;
    let mut fills = Vec::new();
    for i in range {
        let days = DAYS
            .get(i % expiries)
            .ok_or_else(|| eyre!("there are four expiries"))?;
        let strike = (1_000 + 30 * (i / expiries) as u128) * ids::WAD;
        let instrument = ids::option(DESK, underlying, i % 2 == 0, today + days, strike);
        fills.push(Fill {
            buyer,
            seller,
            instrument: instrument.ok_or_else(|| eyre!("no strike {strike}"))?,
            size: U256::from(ids::WAD / 2),
            price: U256::ZERO,
            buyerFee: U256::ZERO,
            sellerFee: U256::ZERO,
        });
    }
    for fill in &mut fills {
        fill.price = done(h.mark(fill.instrument).await)?;
    }
    Ok(fills)
}

async fn report_all(h: &House, fills: Vec<Fill>) -> Result<TransactionReceipt> {
    let desk = h.desk.ok_or_else(|| eyre!("this house has no desk"))?;
    let call = LyingVenue::reportCall { fills };
    done(h.send(&h.people.stranger, desk, &call).await)
}

async fn trade(
    h: &House,
    buyer: B256,
    seller: B256,
    size: &str,
    price: &str,
) -> Result<TransactionReceipt> {
    let desk = h.desk.ok_or_else(|| eyre!("this house has no desk"))?;
    let call = report(buyer, seller, size, price)?;
    done(h.send(&h.people.stranger, desk, &call).await)
}

fn report(buyer: B256, seller: B256, size: &str, price: &str) -> Result<LyingVenue::inventCall> {
    Ok(LyingVenue::inventCall {
        buyer,
        seller,
        instrument: ids::perpetual(DESK, ETH),
        size: ids::parse_wad(size)?,
        price: ids::parse_wad(price)?,
    })
}

/// What comes before a transaction in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// Nothing.
    Own,
    /// Transactions that call every program an operation calls: [`visits`].
    Shared,
}

/// Questions, asked in transactions, that between them call every program an operation calls.
fn visits(h: &House) -> [(Address, Vec<u8>); 3] {
    let account = h.people.alice.account();
    let instruments = vec![ids::perpetual(DESK, ETH)];
    [
        // And margin, and the oracle.
        (
            h.at.vault,
            IVault::assessAccountCall { account }.abi_encode(),
        ),
        (
            h.at.clearinghouse,
            IClearinghouse::marksCall { instruments }.abi_encode(),
        ),
        (h.at.auction, IAuction::stateCall { account }.abi_encode()),
    ]
}

/// Sends one transaction, `operation`, where `block` says.
async fn within<F>(h: &House, block: Block, operation: F) -> Result<TransactionReceipt>
where
    F: Future<Output = Result<TransactionReceipt, CallError>>,
{
    if block == Block::Own {
        return done(operation.await);
    }
    let (visitor, visits) = (h.people.deployer.address, visits(h));
    let before = visits.len();
    h.node.chain.with(move |c| {
        c.set_automine(false);
        for (to, input) in visits {
            let request = TransactionRequest::default()
                .with_from(visitor)
                .with_to(to)
                .with_input(input)
                .with_gas_limit(5_000_000);
            c.send_request(request).map_err(|e| eyre!("{e}"))?;
        }
        Ok::<_, eyre::Report>(())
    })?;
    // It waits for its receipt, which comes with the block that is made once it waits.
    let mut operation = std::pin::pin!(operation);
    let receipt = loop {
        tokio::select! {
            receipt = &mut operation => break receipt,
            () = tokio::time::sleep(Duration::from_millis(1)) => {}
        }
        h.node.chain.with(move |c| {
            if c.pending_transactions().count() > before {
                c.mine(1, None).map_err(|e| eyre!("{e}"))?;
            }
            Ok::<_, eyre::Report>(())
        })?;
    };
    h.node.chain.with(|c| c.set_automine(true));
    let receipt = done(receipt)?;
    ensure!(
        receipt.transaction_index == Some(before as u64),
        "the visits are not in its block"
    );
    Ok(receipt)
}

/// Runs every operation once: gas used and storage floor; and the split of assessments.
#[allow(clippy::type_complexity)]
async fn operations(
    h: &House,
    programs: &[Program],
    block: Block,
) -> Result<(
    BTreeMap<&'static str, (u64, u64)>,
    BTreeMap<&'static str, Split>,
)> {
    let p = &h.people;
    let mut out = BTreeMap::new();
    let mut note = |name: &'static str, receipt: TransactionReceipt| -> Result<()> {
        let floor = storage_floor(h, &receipt).wrap_err_with(|| format!("trace of {name}"))?;
        out.insert(name, (receipt.gas_used, floor));
        Ok(())
    };
    let coin = h.usdc;
    let (alice, carol) = (p.alice.account(), p.carol.account());
    let deposit = h.deposit(&p.alice, alice, coin, coin.amount("1,000")?);
    note("deposit", within(h, block, deposit).await?)?;
    let desk = h.desk.ok_or_else(|| eyre!("this house has no desk"))?;
    let fill = report(alice, p.bob.account(), "1", "2000")?;
    let trade = h.send(&p.stranger, desk, &fill);
    note("trade_perp_both_sides", within(h, block, trade).await?)?;
    let withdraw = h.withdraw(&p.alice, alice, coin, coin.amount("1,000")?);
    note("withdraw", within(h, block, withdraw).await?)?;

    // Options first: their prices need a spot near the forward.
    let new = [&p.alice, &p.bob].map(|actor| ids::account_id(actor.address, NEW));
    let call = LyingVenue::reportCall {
        fills: fills(h, new, NARROW, 0..16, 1).await?,
    };
    let trade = within(h, block, h.send(&p.stranger, desk, &call)).await?;
    note("trade_16_new_options_both_sides", trade)?;
    let mut split = BTreeMap::new();
    let mut computed = Vec::new();
    let names = [
        "assess_16x23_1expiry",
        "assess_64x23_1expiry",
        "assess_127x23_4expiries",
    ];
    for (place, (number, ..)) in BOOKS.into_iter().enumerate() {
        let account = ids::account_id(p.alice.address, number);
        let call = IVault::assessAccountCall { account };
        let receipt = within(h, block, h.send(&p.stranger, h.at.vault, &call)).await?;
        let parts = split_of(h, programs, &receipt)?;
        computed.push(parts.margin);
        if let Some(name) = names.get(place).copied() {
            split.insert(name, parts);
            note(name, receipt)?;
        }
    }
    let [_, narrow, _, wide] = computed[..] else {
        return Err(eyre!("four books were to be assessed"));
    };
    let account = ids::account_id(p.alice.address, 64);
    let before = h.snapshot().await?;
    real_feed(h)
        .await
        .wrap_err("Chainlink's own contracts as a feed")?;
    let call = IVault::assessAccountCall { account };
    let assess = h.send(&p.stranger, h.at.vault, &call);
    note("assess_64x23_real_feed", within(h, block, assess).await?)?;
    h.revert(before).await?;
    h.set_price(ETH, "1600").await.map_err(|e| eyre!("{e}"))?;
    let start = IAuction::startCall { account: carol };
    let start = h.send(&p.bidder, h.at.auction, &start);
    note("auction_start", within(h, block, start).await?)?;
    h.warp(300).await?;
    let (_, version, _) = done(h.account(carol).await)?;
    let bid = IAuction::bidCall {
        b: Bid {
            account: carol,
            bidder: p.bidder.account(),
            fraction: ids::parse_wad("0.25")?,
            maxPrice: I256::try_from(1_000_000 * ids::WAD)?,
            version,
            deadline: u64::MAX,
        },
    };
    let bid = h.send(&p.bidder, h.at.auction, &bid);
    note("auction_bid", within(h, block, bid).await?)?;
    note("settle_rounds", settle(h, block).await?)?;
    note("sample", sample(h, block).await?)?;
    out.insert("assess_compute_64x33", (wide, 0));
    // 64 options at the ten scenarios that only the wide set has.
    out.insert(
        "black76_value",
        (wide.saturating_sub(narrow).div_ceil(640), 0),
    );
    Ok((out, split))
}

/// Chainlink's proxy and aggregator as the feed of ether, with its second round two minutes old.
async fn real_feed(h: &House) -> Result<()> {
    let deployer = &h.people.deployer;
    let create = async |code: &Bytes, arguments: Vec<u8>| {
        let code = [&code[..], &arguments].concat();
        let created = h.client.create(&deployer.signer, code.into()).await?;
        Ok::<_, eyre::Report>(created.0)
    };
    let arguments = FluxAggregator::constructorCall {
        _link: Address::ZERO,
        _paymentAmount: 0,
        _timeout: 0,
        _validator: Address::ZERO,
        _minSubmissionValue: I256::ONE,
        _maxSubmissionValue: I256::MAX,
        _decimals: 8,
        _description: "ETH / USD".into(),
    };
    let aggregator = create(&FluxAggregator::BYTECODE, arguments.abi_encode()).await?;
    let oracles = FluxAggregator::changeOraclesCall {
        _removed: vec![],
        _added: vec![deployer.address],
        _addedAdmins: vec![deployer.address],
        _minSubmissions: 1,
        _maxSubmissions: 1,
        _restartDelay: 0,
    };
    done(h.send(deployer, aggregator, &oracles).await)?;
    for round in 1..=2_u8 {
        let submit = FluxAggregator::submitCall {
            _roundId: U256::from(round),
            _submission: I256::try_from(200_000_000_000_i64)?,
        };
        done(h.send(deployer, aggregator, &submit).await)?;
    }
    let arguments = EACAggregatorProxy::constructorCall {
        _aggregator: aggregator,
        _accessController: Address::ZERO,
    };
    let proxy = create(&EACAggregatorProxy::BYTECODE, arguments.abi_encode()).await?;
    let now = done(h.ask(h.at.oracle, &IOracle::feedCall { feed: ETH }).await)?;
    let list = IOracle::setFeedCall {
        feed: ETH,
        aggregator: proxy,
        maxAge: now.maxAge,
        minPrice: now.minPrice,
        maxPrice: now.maxPrice,
        confidence: now.confidence,
    };
    done(h.send(deployer, h.at.oracle, &list).await)?;
    h.warp(120).await?;
    Ok(())
}

/// Settles tomorrow's expiry of ether by seven rounds, each a second before its point.
async fn settle(h: &House, block: Block) -> Result<TransactionReceipt> {
    let day = today(h)? + 1;
    for time in settlement_points(day) {
        h.next_block_at(time - 1).await?;
        done(h.set_price(ETH, "1600").await)?;
    }
    // The last point is expiry.
    h.warp(2).await?;
    let call = settlement(&h.client, h.at.oracle, ETH, day).await?;
    let settle = h.send(&h.people.stranger, h.at.oracle, &call);
    within(h, block, settle).await
}

/// Samples the price of ether of one hour, not the first that was ever sampled.
async fn sample(h: &House, block: Block) -> Result<TransactionReceipt> {
    let mut hour = h.client.now().await? / 3_600;
    loop {
        hour += 1;
        h.next_block_at(hour * 3_600 - 1).await?;
        done(h.set_price(ETH, "1600").await)?;
        h.warp(2).await?;
        let latest = IAggregatorV3::latestRoundDataCall {};
        let call = IOracle::sampleCall {
            underlying: ETH,
            rounds: vec![done(h.ask(h.eth_feed, &latest).await)?.roundId],
        };
        let sampled = IOracle::marketSizeCall { underlying: ETH };
        if done(h.ask(h.at.oracle, &sampled).await)?.hour != 0 {
            let sample = h.send(&h.people.stranger, h.at.oracle, &call);
            return within(h, block, sample).await;
        }
        done(h.send(&h.people.stranger, h.at.oracle, &call).await)?;
    }
}

/// Transactions a second: signed beforehand, sent one by one over HTTP, each in a block on return.
async fn speed(h: &House) -> Result<(f64, f64)> {
    let p = &h.people;
    let transfer = plimsoll::bindings::IERC20::transferCall {
        to: p.bob.address,
        amount: U256::from(1),
    };
    let transfers = timed(h, &p.alice, h.usdc.address, &transfer, 300).await?;
    let desk = h.desk.ok_or_else(|| eyre!("this house has no desk"))?;
    let call = report(p.alice.account(), p.bob.account(), "0.001", "1600")?;
    let trades = timed(h, &p.stranger, desk, &call, 200).await?;
    // What was timed must have been the real thing.
    let leg = done(h.leg(p.alice.account(), ids::perpetual(DESK, ETH)).await)?;
    ensure!(
        leg.is_some_and(|l| l.size > 110_000),
        "the timed trades did not happen"
    );
    done(h.ask(h.at.vault, &IVault::assetCountCall {}).await)?;
    Ok((transfers, trades))
}

async fn timed(
    h: &House,
    actor: &plimsoll_house::Actor,
    to: Address,
    call: &impl SolCall,
    count: u64,
) -> Result<f64> {
    let provider = h.client.provider();
    let first = provider.get_transaction_count(actor.address).await?;
    let price = provider.get_gas_price().await?;
    let wallet = EthereumWallet::from(actor.signer.clone());
    let mut signed = Vec::new();
    for nonce in first..first + count {
        let request = TransactionRequest::default()
            .with_from(actor.address)
            .with_to(to)
            .with_input(call.abi_encode())
            .with_chain_id(h.client.chain_id())
            .with_nonce(nonce)
            .with_gas_limit(5_000_000)
            .with_max_fee_per_gas(price * 2)
            .with_max_priority_fee_per_gas(0);
        let envelope: TxEnvelope = request.build(&wallet).await?;
        signed.push(envelope.encoded_2718());
    }
    let started = Instant::now();
    let mut last = B256::ZERO;
    for raw in &signed {
        last = *provider.send_raw_transaction(raw).await?.tx_hash();
    }
    let seconds = started.elapsed().as_secs_f64();
    let receipt = provider.get_transaction_receipt(last).await?;
    ensure!(
        receipt.is_some_and(|r| r.status()),
        "the last timed transaction failed"
    );
    Ok(count as f64 / seconds)
}
