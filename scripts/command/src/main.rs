//! The `plimsoll` command.

mod deployment;
mod devnode;
mod expiries;
mod fork;
mod house;
mod risk;

use clap::{Args, Parser, Subcommand};
use deployment::{CompareArgs, DeployArgs, RenewArgs, StatusArgs};
use devnode::DevnodeArgs;
use expiries::{PushArgs, SettleArgs, SignArgs};
use eyre::{Result, bail};
use house::HouseArgs;
use plimsoll::{account, term::Progress};
use plimsoll_bench::BenchArgs;
use plimsoll_cli::demo::{self, DemoOptions};
use plimsoll_verify::VerifyArgs;
use risk::{BacktestArgs, CostsArgs, RiskSetArgs};
use std::process::ExitCode;

/// A cross-margin clearing house for derivative protocols on Arbitrum.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Replay 19 May 2021 on an in-process node: trades, a cure, a liquidation, the balance sheet.
    Demo(DemoArgs),
    /// Run every check: format, lints, tests, ABI, advisories.
    Verify(VerifyArgs),
    /// Measure the gas of deposits, trades, withdrawals and auctions, and the contracts' sizes.
    BenchGas(BenchArgs),
    /// Run a development chain that executes Stylus programs. docs/devnode.md says what it does not model.
    Devnode(DevnodeArgs),
    /// Build the contracts to WASM, check that the chain would accept them, show their sizes and what a start costs.
    ///
    /// The same source gives the same code hashes wherever it lies. Sizes are bytes: of the module, and of what stands on
    /// chain in so many accounts (fragments). Starts are gas before the first instruction: cold, called earlier in the
    /// block, and in the chain's cache.
    Build(BuildArgs),
    /// Deploy a house, or finish or extend one, on any Arbitrum chain.
    Deploy(DeployArgs),
    /// Show whether the programs of a house run, for how long, and what to do about each.
    Status(StatusArgs),
    /// Show what renewing the programs of a house costs, or do it: anybody may.
    Renew(RenewArgs),
    /// Compare a house on a chain with what this source builds: code, pointers, owners.
    VerifyDeployment(CompareArgs),
    /// Show an account: health, legs, collateral, sensitivities, distance to liquidation.
    Account(AccountArgs),
    /// Sign forwards and volatility surfaces for the oracle, as one of its signers.
    SignExpiries(SignArgs),
    /// Push forwards and volatility surfaces to the oracle with the signatures of its signers.
    PushExpiries(PushArgs),
    /// Settle an expiry by the rounds of the feed that were in force in its settlement window: anybody may.
    SettleExpiry(SettleArgs),
    /// Say which scenario set a coin gets, by its hourly prices.
    ///
    /// The rule: the first of sets 2, 3 and 4 whose outermost grid move is at least the 99.5 % quantile of |24-hour move|, hourly
    /// starts, both signs together, over the last two years of each FILE. Where set 4 is too narrow the coin is not listed. Set 1
    /// has no far moves: it is chosen by hand, for an underlying without options. The quantile is the smallest move that at least
    /// 99.5 % of the moves do not exceed; moves that begin or end in an hour without a price are excluded.
    ///
    /// A FILE of less than two years gives no set, nor does one with more than 24 hours in a row, or one hour in a hundred,
    /// without a price: the answer says what is missing, and the command fails. The sets are the kernel's.
    RiskSet(RiskSetArgs),
    /// Compare what portfolios lost in the past with what the margin method required of them.
    ///
    /// At each start, portfolios of one coin are opened, and the kernel computes IM and MM under each of its scenario sets. After
    /// each horizon they are valued again at the price that came: the volatility is kept, and time has passed. Shown are the
    /// shares of starts with a loss above MM and above IM, episodes (runs of consecutive starts with a loss above MM), the worst
    /// loss over MM, and whether the bars hold. A bar that fails is shown and is no error. docs/backtest.md says how to read it.
    #[command(after_long_help = risk::what_is_tested())]
    Backtest(BacktestArgs),
    /// Compare what portfolios require here, at Derive and at Deribit.
    ///
    /// One coin's worth of each portfolio, one volatility for all strikes and expiries, no interest and no basis; ours by the
    /// kernel in set 2, theirs by the formulas and numbers they publish. In % of spot. docs/costs.md says how to read it.
    Costs(CostsArgs),
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// One JSON object on stdout, progress on stderr.
    #[arg(long)]
    json: bool,
    /// Leave the node running afterwards and say how to connect.
    #[arg(long)]
    serve: bool,
    /// Port for --serve; 0 takes any that is free.
    #[arg(long, default_value_t = 8545, requires = "serve")]
    port: u16,
}

#[derive(Debug, Args)]
struct BuildArgs {
    /// One JSON object on stdout, progress on stderr.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct AccountArgs {
    /// 32 bytes in hex, an address (its subaccount 0), or address:subaccount.
    account: String,
    #[command(flatten)]
    house: HouseArgs,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("error: no runtime: {e}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    let progress = Progress::new();
    match cli.command {
        Command::Demo(args) => {
            let options = DemoOptions {
                json: args.json,
                serve: args.serve.then_some(args.port),
            };
            let result = demo::run(&options, progress).await?;
            if !result.balance_sheet.ok {
                bail!("the books do not balance");
            }
            let s = result.story;
            if !(s.hedged_survived && s.cured_by_owner && s.liquidated_by_bidder) {
                bail!("the day did not end as it should: {s:?}");
            }
        }
        Command::Verify(args) => return plimsoll_verify::run(&args, progress),
        Command::BenchGas(args) => plimsoll_bench::run(args, progress).await?,
        Command::Devnode(args) => devnode::run(args).await?,
        Command::Build(args) => build(&args, &progress)?,
        Command::Deploy(args) => deployment::deploy(args, progress).await?,
        Command::Status(args) => return deployment::status(args).await,
        Command::Renew(args) => deployment::renew(args, progress).await?,
        Command::VerifyDeployment(args) => {
            return deployment::verify_deployment(args, progress).await;
        }
        Command::Account(args) => show(args).await?,
        Command::SignExpiries(args) => expiries::sign(args).await?,
        Command::PushExpiries(args) => expiries::push(args).await?,
        Command::SettleExpiry(args) => expiries::settle(args).await?,
        Command::RiskSet(args) => risk::risk_set(&args)?,
        Command::Backtest(args) => risk::backtest(&args, progress)?,
        Command::Costs(args) => risk::costs(&args, progress)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn build(args: &BuildArgs, progress: &Progress) -> Result<()> {
    let programs = plimsoll_build::build(progress)?;
    if args.json {
        println!(
            "{}",
            serde_json::json!({ "contracts": plimsoll_build::sizes(&programs) })
        );
    } else {
        print!("{}", plimsoll_build::table(&programs).render(0));
    }
    Ok(())
}

async fn show(args: AccountArgs) -> Result<()> {
    let account = account::parse_id(&args.account)?;
    let (client, record) = args.house.open().await?;
    let view = account::read(&client, &record, account).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&view)?);
    } else {
        if let Some(what) = account::describe(record.addresses()?.vault, account) {
            println!("{what}");
        }
        print!("{}", view.render());
    }
    Ok(())
}
