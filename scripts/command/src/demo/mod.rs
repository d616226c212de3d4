//! `plimsoll demo`: 19 May 2021 in a house of one's own.
//!
//! The contracts are the compiled ones, on an in-process node whose clock shows the hours of the
//! day. Three traders share one pool of collateral at two venues; a bot watches and bids. Everything
//! shown is asked of the chain.

mod day;
mod prices;
mod result;

pub use result::{AccountRow, AuctionRow, BidRow, DemoResult, HourRow, Story};

use day::Day;
use eyre::{Result, WrapErr, ensure, eyre};
use plimsoll::{
    registry,
    term::{Progress, grouped},
    workspace,
};
use plimsoll_devnode::{ChainConfig, Clock};
use plimsoll_house::{House, Options};
use prices::{FIRST_HOUR, PRICES, hours, iso};
use std::net::{Ipv4Addr, TcpListener};

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
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| {
            eyre!(
                "cannot listen on 127.0.0.1:{port} ({e}): is another node running there? --port takes another port, 0 \
                 any that is free"
            )
        })?;
    }
    let hours = hours()?;
    let programs = plimsoll_build::build(&progress)?;
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
        config.record = Some(workspace::deployments().join(name));
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
        grouped(house.deploy_gas),
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
    let contracts = registry::names().filter_map(|name| Some((name, house.at.get(name)?)));
    for (name, address) in contracts.chain([
        ("book exchange", house.book),
        ("pool exchange", house.pool),
        ("USDC", house.usdc.address),
        ("WBTC", house.wbtc.address),
        ("WETH", house.weth.address),
        ("ETH / USD", house.eth_feed),
        ("BTC / USD", house.btc_feed),
    ]) {
        say(format!("  {name:<14} {address}"));
    }
    let record = workspace::deployments().join(format!("{}.json", house.client.chain_id()));
    say(format!("  all of it in   {}", record.display()));
    say(format!(
        "\nThe clock of this chain stands at {} and moves a second with each block, never by itself: take deadlines \
         and times of observation from its latest block, not from your clock. evm_increaseTime moves it.",
        iso(house.client.now().await?)
    ));
    say(format!(
        "\nConnect a wallet: add a network with RPC URL {} and chain id {}, import a key from above \
         (account 0 is the deployer, 1 to 3 are Ada, Ben and Cid, 4 makes markets, 5 bids).\n\
         From a script: `new ethers.JsonRpcProvider(\"{}\")`, ABIs in abi/*.json.\n\
         From here:     cargo plimsoll account {} --rpc-url {}\n\n\
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
