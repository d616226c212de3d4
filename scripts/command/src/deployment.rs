//! `deploy`, `status`, `renew` and `verify-deployment`.

use crate::house::{HouseArgs, record_path, signer_of};
use clap::Args;
use eyre::Result;
use plimsoll::{
    client::Client,
    config::HouseConfig,
    deploy::{Deployer, compare, upkeep},
    registry,
    term::{Progress, grouped},
};
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// The node.
    #[arg(
        long,
        env = "PLIMSOLL_RPC_URL",
        default_value = "http://127.0.0.1:8545"
    )]
    rpc_url: String,
    /// Key of the deployer, hex. Give it in the environment rather than on the command line.
    #[arg(long, env = "PLIMSOLL_PRIVATE_KEY", hide_env_values = true)]
    private_key: Option<String>,
    /// File that says what the house is made of (TOML or JSON). Without it only the contracts are
    /// deployed.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where the record is kept; deployments/<chainId>.json by default. It is what a second run goes
    /// on from.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Ask for the programs to be cached (the deployer must be a cache manager).
    #[arg(long)]
    cache: bool,
    /// List also feeds that look like no price: of 0 decimals, an uptime feed, an answer out of its bounds.
    #[arg(long)]
    odd_feeds: bool,
    /// The record on stdout, progress on stderr.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    house: HouseArgs,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RenewArgs {
    #[command(flatten)]
    house: HouseArgs,
    /// Renew also what runs, if it ends within so many days.
    #[arg(long, value_name = "DAYS", default_value_t = upkeep::RENEW_WITHIN)]
    within: u64,
    /// Send the transactions. Without it only what they would cost is shown.
    #[arg(long, visible_alias = "send")]
    yes: bool,
    /// Key of who pays, anybody's, hex; needed with --yes. Give it in the environment rather than on the command line.
    #[arg(long, env = "PLIMSOLL_PRIVATE_KEY", hide_env_values = true)]
    private_key: Option<String>,
    /// One JSON object on stdout, progress on stderr. Amounts in wei.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    house: HouseArgs,
    /// Who should own the contracts; left out: one owner, whoever it is.
    #[arg(long)]
    owner: Option<alloy::primitives::Address>,
    /// One JSON object on stdout, progress on stderr.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn deploy(args: DeployArgs, progress: Progress) -> Result<()> {
    let house = args.config.as_deref().map(HouseConfig::read).transpose()?;
    let signer = signer_of(args.private_key, "deployer")?;
    let client = Client::connect(&args.rpc_url).await?;
    let programs = plimsoll_build::build(&progress)?;
    let path = record_path(args.record, client.chain_id());
    let mut deployer = Deployer::new(&client, &signer, Some(path.clone()), progress)?
        .with_odd_feeds(args.odd_feeds);
    let cache = args.cache || house.as_ref().is_some_and(|h| h.cache);
    let at = deployer.contracts(&programs, cache).await?;
    if let Some(house) = &house {
        deployer.configure(house).await?;
    }
    progress.say(format!(
        "done: {} gas, recorded in {}",
        grouped(deployer.gas_used()),
        path.display()
    ));
    if args.json {
        println!("{}", serde_json::to_string_pretty(deployer.record())?);
    } else {
        for name in registry::names() {
            if let Some(address) = at.get(name) {
                println!("{name:<14} {address}");
            }
        }
    }
    Ok(())
}

/// Exit code 1 where a program does not run.
pub(crate) async fn status(args: StatusArgs) -> Result<ExitCode> {
    let (client, record) = args.house.open().await?;
    let status = upkeep::status(&client, &record).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        print!("{}", status.render());
    }
    Ok(exit_code(status.ok))
}

pub(crate) async fn renew(args: RenewArgs, progress: Progress) -> Result<()> {
    let signer = args
        .yes
        .then(|| signer_of(args.private_key, "payer"))
        .transpose()?;
    let (client, record) = args.house.open().await?;
    let renewals = match &signer {
        Some(signer) => upkeep::renew(&client, signer, &record, args.within, &progress).await?,
        None => upkeep::plan(&client, &record, args.within).await?,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&renewals)?);
    } else {
        print!("{}", renewals.render());
    }
    Ok(())
}

/// Exit code 1 where something differs.
pub(crate) async fn verify_deployment(args: CompareArgs, progress: Progress) -> Result<ExitCode> {
    let (client, record) = args.house.open().await?;
    let programs = plimsoll_build::build(&progress)?;
    let comparison = compare::compare(&client, &record, &programs, args.owner).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&comparison)?);
    } else {
        print!("{}", comparison.render());
    }
    Ok(exit_code(comparison.ok))
}

const fn exit_code(ok: bool) -> ExitCode {
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
