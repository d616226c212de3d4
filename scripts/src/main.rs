//! The `plimsoll` command.

use alloy::signers::local::PrivateKeySigner;
use clap::{Args, Parser, Subcommand};
use eyre::{Result, WrapErr, bail, eyre};
use plimsoll::{
    account, bench, bindings,
    client::Client,
    config::HouseConfig,
    demo::{self, DemoOptions},
    deploy::{Deployer, Record, compare, upkeep},
    fork, house,
    push::{self, ExpiriesFile},
    term::Progress,
    verify, wasm, workspace,
};
use plimsoll_devnode::{
    Chain, ChainConfig, Clock, Fork, SUPPORTED_ARBOS,
    rpc::{Node, NodeConfig},
};
use std::{net::IpAddr, path::PathBuf, process::ExitCode};

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
    Verify(verify::VerifyArgs),
    /// Measure the gas of deposits, trades, withdrawals and auctions, and the contracts' sizes.
    BenchGas(bench::BenchArgs),
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
}

/// Where the house is.
#[derive(Debug, Args)]
struct HouseArgs {
    /// The node.
    #[arg(
        long,
        env = "PLIMSOLL_RPC_URL",
        default_value = "http://127.0.0.1:8545"
    )]
    rpc_url: String,
    /// Record of the deployment; deployments/<chainId>.json by default.
    #[arg(long)]
    record: Option<PathBuf>,
}

impl HouseArgs {
    /// Connects, and reads the record of the house on that chain.
    async fn open(self) -> Result<(Client, Record)> {
        let client = Client::connect(&self.rpc_url).await?;
        let record = record_of(&client, self.record)?;
        Ok((client, record))
    }
}

#[derive(Debug, Args)]
struct StatusArgs {
    #[command(flatten)]
    house: HouseArgs,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RenewArgs {
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
struct CompareArgs {
    #[command(flatten)]
    house: HouseArgs,
    /// Who should own the contracts; left out: one owner, whoever it is.
    #[arg(long)]
    owner: Option<alloy::primitives::Address>,
    /// One JSON object on stdout, progress on stderr.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct SignArgs {
    /// JSON or TOML, as scripts/data/expiries.example.json: observed_at (unix seconds) and expiries by underlying and day
    /// (days since 1970-01-01). Amounts are decimal numbers in quotes: forward, a, b, rho, m, sigma, and, where they are
    /// not 0 and 1, fixed_part (what a settlement window has fixed, or the settlement price) and discount.
    file: PathBuf,
    #[command(flatten)]
    house: HouseArgs,
    /// Key of who signs, or sends, hex. Give it in the environment rather than on the command line.
    #[arg(long, env = "PLIMSOLL_PRIVATE_KEY", hide_env_values = true)]
    private_key: Option<String>,
    /// Sign or push although the chain would refuse it now: the time it was observed at is after the chain's, or too
    /// long ago.
    #[arg(long)]
    any_time: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct PushArgs {
    #[command(flatten)]
    sign: SignArgs,
    /// A signature, 65 bytes of hex, in any order; once for each signer.
    #[arg(long = "signature")]
    signatures: Vec<alloy::primitives::Bytes>,
    /// The sender is a signer too: add its signature.
    #[arg(long)]
    sign_too: bool,
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
struct DevnodeArgs {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port; 0 takes any that is free.
    #[arg(long, default_value_t = 8545)]
    port: u16,
    /// Go on from a block of another Arbitrum chain: the URL of one of its nodes. What is not changed
    /// here is read there when it is needed, Stylus programs included; nothing is sent there.
    #[arg(long, value_name = "URL")]
    fork: Option<String>,
    /// The block to go on from; the latest if not given. An old one needs an archive node.
    #[arg(long, value_name = "N", requires = "fork")]
    fork_block: Option<u64>,
    /// Go on from this file if it is there, and write it at the end (anvil_dumpState's form, unpacked).
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Chain id [default: 412346, or that of the chain forked].
    #[arg(long)]
    chain_id: Option<u64>,
    /// ArbOS version: 61 is Arbitrum One, 60 has the same rules here, 51 is the chain before them
    /// [default: 61, or that of the chain forked].
    #[arg(long, value_parser = arbos)]
    arbos: Option<u64>,
    /// Funded accounts, at most ten.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=10))]
    accounts: u8,
    /// Ether each of them has.
    #[arg(long, default_value_t = 10_000)]
    balance: u64,
    /// Wei a unit of gas costs.
    #[arg(long, default_value_t = 100_000_000)]
    base_fee: u64,
    /// Wei a byte of a transaction costs for its way to L1.
    #[arg(long, default_value_t = 0)]
    l1_price_per_byte: u64,
    /// Seconds from block to block instead of the system's clock.
    #[arg(long)]
    block_time: Option<u64>,
    /// Wait for evm_mine instead of making a block for each transaction.
    #[arg(long)]
    no_mining: bool,
    /// Print one JSON object with URL, chain id and keys when it is up, and nothing else.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct DeployArgs {
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
struct AccountArgs {
    /// 32 bytes in hex, an address (its subaccount 0), or address:subaccount.
    account: String,
    #[command(flatten)]
    house: HouseArgs,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// The versions whose rules the engine knows.
fn arbos(text: &str) -> Result<u64, String> {
    let version = text.parse().ok();
    version
        .filter(|version| SUPPORTED_ARBOS.contains(version))
        .ok_or_else(|| format!("the versions that are modelled are {SUPPORTED_ARBOS:?}"))
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
        Command::Verify(args) => return verify::run(&args, progress),
        Command::BenchGas(args) => bench::run(args, progress).await?,
        Command::Devnode(args) => devnode(args).await?,
        Command::Build(args) => build(&args, &progress)?,
        Command::Deploy(args) => deploy(args, progress).await?,
        Command::Status(args) => return status(args).await,
        Command::Renew(args) => renew(args, progress).await?,
        Command::VerifyDeployment(args) => return verify_deployment(args, progress).await,
        Command::Account(args) => show(args).await?,
        Command::SignExpiries(args) => sign_expiries(args).await?,
        Command::PushExpiries(args) => push_expiries(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn build(args: &BuildArgs, progress: &Progress) -> Result<()> {
    let programs = wasm::build(progress)?;
    if args.json {
        println!(
            "{}",
            serde_json::json!({ "contracts": bench::contracts(&programs) })
        );
    } else {
        print!("{}", bench::contracts_table(&programs).render(0));
    }
    Ok(())
}

async fn devnode(args: DevnodeArgs) -> Result<()> {
    let errors = house::known_errors()?;
    let ether = alloy::primitives::U256::from(10).pow(alloy::primitives::U256::from(18));
    let default = ChainConfig::default();
    let config = ChainConfig {
        chain_id: args.chain_id.unwrap_or(default.chain_id),
        arbos_version: args.arbos.unwrap_or(default.arbos_version),
        accounts: args.accounts.into(),
        balance: alloy::primitives::U256::from(args.balance) * ether,
        clock: args.block_time.map_or(Clock::System, Clock::Step),
        automine: !args.no_mining,
        base_fee: args.base_fee,
        l1_price_per_byte: args.l1_price_per_byte,
        ..default
    };
    let from = args.fork.map(|url| -> Result<Fork> {
        Ok(Fork {
            source: fork::source(&url)?,
            block: args.fork_block,
            chain_id: args.chain_id,
            arbos_version: args.arbos,
        })
    });
    let from = from.transpose()?;
    let state = match &args.state {
        Some(path) if path.exists() => {
            Some(std::fs::read(path).wrap_err_with(|| format!("reading {}", path.display()))?)
        }
        _ => None,
    };
    // Reading of the chain forked blocks.
    let chain = tokio::task::spawn_blocking(move || -> Result<Chain> {
        let mut chain = match from {
            Some(from) => Chain::fork(config, from)?,
            None => Chain::new(config),
        };
        if let Some(state) = state {
            chain.load(&state)?;
        }
        Ok(chain)
    });
    let chain = chain.await??;
    let node_config = NodeConfig {
        host: args.host,
        port: args.port,
        errors,
        ..NodeConfig::default()
    };
    let node = Node::serve(chain, node_config).await.map_err(|e| {
        eyre!("{e:#}: is another node running there? --port takes another port, 0 any that is free")
    })?;
    if args.json {
        let (url, ws) = (node.url.clone(), node.ws_url.clone());
        let up = node.chain.with(move |c| {
            let accounts = c.accounts().iter();
            let accounts: Vec<_> = accounts
                .map(|a| serde_json::json!({ "address": a.address, "key": a.key }))
                .collect();
            serde_json::json!({
                "url": url,
                "ws": ws,
                "chainId": c.config().chain_id,
                "arbos": c.arbos_version(),
                "accounts": accounts,
            })
        });
        println!("{up}");
    } else {
        println!("{}", node.banner());
        println!("Ctrl-C stops it.");
    }
    tokio::select! {
        () = node.stopped() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    if let Some(path) = &args.state {
        let dump = node.chain.with(|chain| chain.dump())?;
        std::fs::write(path, dump).wrap_err_with(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn record_path(given: Option<PathBuf>, chain_id: u64) -> PathBuf {
    given.unwrap_or_else(|| workspace::deployments().join(format!("{chain_id}.json")))
}

/// The key of who signs.
fn signer_of(key: Option<String>, who: &str) -> Result<PrivateKeySigner> {
    let key = key.filter(|key| !key.trim().is_empty()).ok_or_else(|| {
        eyre!("no key: set PLIMSOLL_PRIVATE_KEY to the {who}'s private key (hex)")
    })?;
    // Not the parser's own words: they may quote the key.
    key.trim()
        .parse()
        .map_err(|_| eyre!("the private key is not 32 bytes of hex"))
}

/// The record of the house on the chain that is spoken to.
fn record_of(client: &Client, given: Option<PathBuf>) -> Result<Record> {
    let path = record_path(given, client.chain_id());
    if !path.exists() {
        bail!(
            "there is no record {} of a house on chain {}: name one with --record, or deploy with \
             `plimsoll deploy`",
            path.display(),
            client.chain_id()
        );
    }
    Record::open(&path, client.chain_id())
}

/// A push made ready: the oracle, what is pushed, the hash that is signed.
struct Ready {
    client: Client,
    signer: PrivateKeySigner,
    oracle: alloy::primitives::Address,
    file: ExpiriesFile,
    updates: Vec<bindings::ExpiryUpdate>,
    hash: alloy::primitives::B256,
}

async fn ready(args: SignArgs, who: &str) -> Result<Ready> {
    let file = ExpiriesFile::read(&args.file)?;
    let updates = file.updates()?;
    let signer = signer_of(args.private_key, who)?;
    let (client, record) = args.house.open().await?;
    let oracle = record.addresses()?.oracle;
    if !args.any_time {
        push::check_time(&client, oracle, &file).await?;
    }
    let domain = push::domain(client.chain_id(), oracle);
    let hash = push::signing_hash(&domain, &updates, file.observed_at);
    Ok(Ready {
        client,
        signer,
        oracle,
        file,
        updates,
        hash,
    })
}

async fn sign_expiries(args: SignArgs) -> Result<()> {
    let json = args.json;
    let ready = ready(args, "signer").await?;
    let signatures = push::sign(ready.hash, std::slice::from_ref(&ready.signer))?;
    for signature in signatures {
        if json {
            let (signer, hash) = (ready.signer.address(), ready.hash);
            let object =
                serde_json::json!({ "signer": signer, "hash": hash, "signature": signature });
            println!("{object}");
        } else {
            println!("{signature}");
        }
    }
    Ok(())
}

async fn push_expiries(args: PushArgs) -> Result<()> {
    let json = args.sign.json;
    let ready = ready(args.sign, "sender").await?;
    let mut signatures = args.signatures;
    if args.sign_too {
        signatures.extend(push::sign(ready.hash, std::slice::from_ref(&ready.signer))?);
    }
    let call = bindings::IOracle::pushExpiriesCall {
        observedAt: ready.file.observed_at,
        signatures: push::in_order(ready.hash, &signatures)?,
        updates: ready.updates,
    };
    let count = call.updates.len();
    let receipt = ready
        .client
        .send(&ready.signer, ready.oracle, &call)
        .await
        .map_err(|e| eyre!("{e}"))?;
    if json {
        let (hash, gas) = (receipt.transaction_hash, receipt.gas_used);
        let object = serde_json::json!({ "transaction": hash, "gas": gas, "expiries": count });
        println!("{object}");
    } else {
        let what = if count == 1 { "expiry" } else { "expiries" };
        println!(
            "{count} {what} pushed in {} ({} gas)",
            receipt.transaction_hash,
            plimsoll::term::grouped(receipt.gas_used)
        );
    }
    Ok(())
}

async fn deploy(args: DeployArgs, progress: Progress) -> Result<()> {
    let house = args.config.as_deref().map(HouseConfig::read).transpose()?;
    let signer = signer_of(args.private_key, "deployer")?;
    let client = Client::connect(&args.rpc_url).await?;
    let programs = wasm::build(&progress)?;
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
        plimsoll::term::grouped(deployer.gas_used()),
        path.display()
    ));
    if args.json {
        println!("{}", serde_json::to_string_pretty(deployer.record())?);
    } else {
        for name in wasm::CONTRACTS {
            if let Some(address) = at.get(name) {
                println!("{name:<14} {address}");
            }
        }
    }
    Ok(())
}

/// Exit code 1 where a program does not run.
async fn status(args: StatusArgs) -> Result<ExitCode> {
    let (client, record) = args.house.open().await?;
    let status = upkeep::status(&client, &record).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        print!("{}", status.render());
    }
    Ok(exit_code(status.ok))
}

async fn renew(args: RenewArgs, progress: Progress) -> Result<()> {
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
async fn verify_deployment(args: CompareArgs, progress: Progress) -> Result<ExitCode> {
    let (client, record) = args.house.open().await?;
    let programs = wasm::build(&progress)?;
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
