//! `plimsoll bench-gas`: what the house costs.
//!
//! Every figure is the gas used by a whole transaction on the in-process node, intrinsic gas and
//! calldata included, with all storage cold at its start.
//!
//! * **cold**: no program is in the chain's program cache, every hop pays its full start-up.
//! * **cached**: all five are cached through `ArbWasmCache`.
//! * **storage floor**: what the storage of the five contracts costs in that transaction whatever
//!   the code does: 2,100 for each distinct slot touched, and for each slot whose value changed
//!   20,000 (from zero) or 2,900 more. Read from the trace. The slots of tokens, feeds and venues,
//!   which are other people's contracts, are not in it.

use crate::{
    bindings::{Bid, IArbWasmCache, IAuction, IVault, reference::LyingVenue},
    deploy::ARB_WASM_CACHE,
    house::{DESK, ETH, House, Options},
    ids,
    term::{Progress, Table, grouped},
    wasm::{self, Program},
};
use alloy::{
    consensus::TxEnvelope,
    eips::{BlockId, BlockNumberOrTag, Encodable2718},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, U256},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest},
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, ensure, eyre};
use plimsoll_devnode::CallFrame;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// Gas of one operation.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct GasRow {
    /// No program cached.
    pub cold: u64,
    /// All five programs cached.
    pub cached: u64,
    /// What storage costs in it whatever the code does.
    pub storage_floor: u64,
}

/// Size and start-up of one contract.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ContractRow {
    /// Bytes of the module.
    pub wasm: usize,
    /// Bytes on chain.
    pub compressed: usize,
    /// Pages it starts with.
    pub pages: u16,
    /// Gas before its first instruction, not cached.
    pub start_cold: u64,
    /// The same, cached.
    pub start_cached: u64,
}

/// How fast the node is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NodeRow {
    /// ERC-20 transfers a second, over HTTP, one after the other.
    pub transfers_per_second: f64,
    /// Trades through all five programs a second.
    pub trades_per_second: f64,
    /// Seconds from nothing to a house with people in it, contracts built.
    pub house_seconds: f64,
}

/// Everything measured.
#[derive(Clone, Debug, Serialize)]
pub struct Bench {
    /// By operation.
    pub gas: BTreeMap<&'static str, GasRow>,
    /// By contract.
    pub contracts: BTreeMap<&'static str, ContractRow>,
    /// The node.
    pub node: NodeRow,
}

/// The operations, in the order they are run and shown.
pub const OPERATIONS: [&str; 5] = [
    "deposit",
    "trade_perp_both_sides",
    "withdraw",
    "auction_start",
    "auction_bid",
];

/// Measures and prints.
///
/// # Errors
///
/// The contracts do not build, or an operation is refused.
pub async fn run(json: bool, progress: Progress) -> Result<()> {
    let programs = wasm::build(&progress)?;
    let bench = measure(&programs, progress).await?;
    if json {
        println!("{}", serde_json::to_string(&bench)?);
        return Ok(());
    }
    let mut gas = Table::new(["gas", "cold", "cached", "storage floor"]);
    for name in OPERATIONS {
        let row = bench.gas.get(name).copied().unwrap_or_default();
        gas.row([
            name.to_owned(),
            grouped(row.cold),
            grouped(row.cached),
            grouped(row.storage_floor),
        ]);
    }
    println!("\n{}", gas.render(0));
    println!("{}", contracts_table(&programs).render(0));
    println!(
        "node: {:.0} transfers/s, {:.0} trades/s over HTTP one by one; a house in {:.2} s",
        bench.node.transfers_per_second, bench.node.trades_per_second, bench.node.house_seconds
    );
    Ok(())
}

/// Size and start-up of the contracts.
pub fn contracts(programs: &[Program]) -> BTreeMap<&'static str, ContractRow> {
    programs
        .iter()
        .map(|p| {
            let (start_cold, start_cached) = p.start_gas();
            let row = ContractRow {
                wasm: p.wasm.len(),
                compressed: p.code.len(),
                pages: p.activation.footprint,
                start_cold,
                start_cached,
            };
            (p.name, row)
        })
        .collect()
}

/// The same for people.
pub fn contracts_table(programs: &[Program]) -> Table {
    let rows = contracts(programs);
    let mut table = Table::new([
        "contract",
        "wasm",
        "on chain",
        "pages",
        "start cold",
        "start cached",
    ]);
    for p in programs {
        if let Some(row) = rows.get(p.name) {
            table.row([
                p.name.to_owned(),
                grouped(row.wasm as u64),
                grouped(row.compressed as u64),
                row.pages.to_string(),
                grouped(row.start_cold),
                grouped(row.start_cached),
            ]);
        }
    }
    table
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
        ..Options::default()
    };
    let quiet = Progress::silent();
    let house = House::start_with(programs, options, quiet).await?;
    let house_seconds = started.elapsed().as_secs_f64();
    progress.say(format!("a house stands ({house_seconds:.2} s)"));

    prepare(&house).await.wrap_err("preparing")?;
    let before = house.snapshot().await?;
    let cold = operations(&house)
        .await
        .wrap_err("measuring with uncached programs")?;
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
    let cached = operations(&house)
        .await
        .wrap_err("measuring with cached programs")?;
    let mut gas = BTreeMap::new();
    for name in OPERATIONS {
        let missing = || eyre!("{name} was not measured");
        let (cold, storage_floor) = *cold.get(name).ok_or_else(missing)?;
        let (cached, _) = *cached.get(name).ok_or_else(missing)?;
        ensure!(cached < cold, "{name} is not cheaper with cached programs");
        gas.insert(
            name,
            GasRow {
                cold,
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
        contracts: contracts(programs),
        node,
    })
}

fn tidy(value: f64, per: f64) -> f64 {
    (value * per).round() / per
}

fn done<T>(result: Result<T, crate::client::CallError>) -> Result<T> {
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
    Ok(())
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

/// Runs every operation once: gas used and storage floor.
async fn operations(h: &House) -> Result<BTreeMap<&'static str, (u64, u64)>> {
    let p = &h.people;
    let mut out = BTreeMap::new();
    let mut note = |name: &'static str, receipt: TransactionReceipt| -> Result<()> {
        let floor = storage_floor(h, &receipt).wrap_err_with(|| format!("trace of {name}"))?;
        out.insert(name, (receipt.gas_used, floor));
        Ok(())
    };
    let coin = h.usdc;
    let (alice, carol) = (p.alice.account(), p.carol.account());
    note(
        "deposit",
        done(
            h.deposit(&p.alice, alice, coin, coin.amount("1,000")?)
                .await,
        )?,
    )?;
    note(
        "trade_perp_both_sides",
        trade(h, alice, p.bob.account(), "1", "2000").await?,
    )?;
    note(
        "withdraw",
        done(
            h.withdraw(&p.alice, alice, coin, coin.amount("1,000")?)
                .await,
        )?,
    )?;

    h.set_price(ETH, "1600").await.map_err(|e| eyre!("{e}"))?;
    let start = IAuction::startCall { account: carol };
    note(
        "auction_start",
        done(h.send(&p.bidder, h.at.auction, &start).await)?,
    )?;
    h.warp(300).await?;
    let (_, version, _) = done(h.account(carol).await)?;
    let bid = IAuction::bidCall {
        b: Bid {
            account: carol,
            bidder: p.bidder.account(),
            fraction: ids::parse_wad("0.25")?,
            maxPrice: alloy::primitives::I256::try_from(1_000_000 * ids::WAD)?,
            version,
            deadline: u64::MAX,
        },
    };
    note(
        "auction_bid",
        done(h.send(&p.bidder, h.at.auction, &bid).await)?,
    )?;
    Ok(out)
}

/// What the house's own storage costs in a transaction, whatever the code does.
fn storage_floor(h: &House, receipt: &TransactionReceipt) -> Result<u64> {
    let hash = receipt.transaction_hash;
    let frame = h
        .node
        .chain
        .with(move |c| c.trace_transaction(hash))
        .map_err(|e| eyre!("{e}"))?;
    let ours: BTreeSet<Address> = wasm::CONTRACTS
        .iter()
        .filter_map(|name| h.at.get(name))
        .collect();
    let mut touched = BTreeSet::new();
    let mut written = BTreeMap::new();
    walk(&frame, &ours, &mut touched, &mut written);

    let parent = receipt.block_number.unwrap_or_default().saturating_sub(1);
    let parent = BlockId::Number(BlockNumberOrTag::Number(parent));
    let mut gas = 2_100 * touched.len() as u64;
    for ((address, key), value) in written {
        let slot = U256::from_be_bytes(key.0);
        let was = h
            .node
            .chain
            .with(move |c| c.storage(address, slot, parent))
            .map_err(|e| eyre!("{e}"))?;
        gas += match (was.is_zero(), was == value) {
            (_, true) => 0,
            (true, false) => 20_000,
            (false, false) => 2_900,
        };
    }
    Ok(gas)
}

/// Slots that frames of our programs touched, and the last value each was given.
fn walk(
    frame: &CallFrame,
    ours: &BTreeSet<Address>,
    touched: &mut BTreeSet<(Address, B256)>,
    written: &mut BTreeMap<(Address, B256), B256>,
) {
    if let Some(address) = frame.to.filter(|to| frame.stylus && ours.contains(to)) {
        for call in &frame.host_calls {
            let word = |at: usize| call.args.get(at..at + 32).map(B256::from_slice);
            match (call.name, word(0), word(32)) {
                ("storage_load_bytes32", Some(key), _) => {
                    touched.insert((address, key));
                }
                ("storage_cache_bytes32", Some(key), Some(value)) => {
                    touched.insert((address, key));
                    written.insert((address, key), value);
                }
                _ => {}
            }
        }
    }
    for inner in &frame.calls {
        if inner.error.is_none() {
            walk(inner, ours, touched, written);
        }
    }
}

/// Transactions a second: signed beforehand, sent one by one over HTTP, each in a block on return.
async fn speed(h: &House) -> Result<(f64, f64)> {
    let p = &h.people;
    let transfer = crate::bindings::IERC20::transferCall {
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
    actor: &crate::house::Actor,
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
