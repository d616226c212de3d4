//! `sign-expiries`, `push-expiries` and `settle-expiry`.

use crate::house::{HouseArgs, signer_of};
use alloy::signers::local::PrivateKeySigner;
use clap::Args;
use eyre::{Result, eyre};
use plimsoll::{
    bindings,
    client::Client,
    push::{self, ExpiriesFile},
    settle::settlement,
    term::grouped,
};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// JSON or TOML, as scripts/data/expiries.example.json: observed_at (unix seconds) and expiries by underlying and day
    /// (days since 1970-01-01). Amounts are decimal numbers in quotes: ratio (of the forward
    /// to spot, both of observed_at), a, b, rho, m, sigma, and, where they are
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
pub(crate) struct PushArgs {
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
pub(crate) struct SettleArgs {
    /// Number of the underlying.
    underlying: u16,
    /// Days since 1970-01-01; it expired at 08:00 UTC.
    day: u16,
    #[command(flatten)]
    house: HouseArgs,
    /// Key of who sends, hex. Give it in the environment rather than on the command line.
    #[arg(long, env = "PLIMSOLL_PRIVATE_KEY", hide_env_values = true)]
    private_key: Option<String>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
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

pub(crate) async fn sign(args: SignArgs) -> Result<()> {
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

pub(crate) async fn push(args: PushArgs) -> Result<()> {
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
            grouped(receipt.gas_used)
        );
    }
    Ok(())
}

pub(crate) async fn settle(args: SettleArgs) -> Result<()> {
    let (underlying, day) = (args.underlying, args.day);
    let signer = signer_of(args.private_key, "sender")?;
    let (client, record) = args.house.open().await?;
    let oracle = record.addresses()?.oracle;
    let call = settlement(&client, oracle, underlying, day).await?;
    let receipt = client.send(&signer, oracle, &call).await;
    let receipt = receipt.map_err(|e| eyre!("{e}"))?;
    let query = bindings::IOracle::expiryCall {
        underlying,
        expiryDay: day,
    };
    let expiry = client.call(oracle, &query).await;
    let price = expiry.map_err(|e| eyre!("{e}"))?.fixedPart;
    if args.json {
        let (hash, gas) = (receipt.transaction_hash, receipt.gas_used);
        let price = price.to_string();
        let object = serde_json::json!({ "transaction": hash, "gas": gas, "price": price });
        println!("{object}");
    } else {
        println!(
            "underlying {underlying} day {day} settled at {} in {} ({} gas)",
            alloy::primitives::utils::format_ether(price),
            receipt.transaction_hash,
            grouped(receipt.gas_used)
        );
    }
    Ok(())
}
