//! Where the house is that a command is about, and who signs.

use alloy::signers::local::PrivateKeySigner;
use clap::Args;
use eyre::{Result, bail, eyre};
use plimsoll::{client::Client, deploy::Record, workspace};
use std::path::PathBuf;

/// Where the house is.
#[derive(Debug, Args)]
pub(crate) struct HouseArgs {
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
    pub(crate) async fn open(self) -> Result<(Client, Record)> {
        let client = Client::connect(&self.rpc_url).await?;
        let record = record_of(&client, self.record)?;
        Ok((client, record))
    }
}

pub(crate) fn record_path(given: Option<PathBuf>, chain_id: u64) -> PathBuf {
    given.unwrap_or_else(|| workspace::deployments().join(format!("{chain_id}.json")))
}

/// The key of who signs.
pub(crate) fn signer_of(key: Option<String>, who: &str) -> Result<PrivateKeySigner> {
    let key = key.filter(|key| !key.trim().is_empty()).ok_or_else(|| {
        eyre!("no key: set PLIMSOLL_PRIVATE_KEY to the {who}'s private key (hex)")
    })?;
    // Not the parser's own words: they may quote the key.
    key.trim()
        .parse()
        .map_err(|_| eyre!("the private key is not 32 bytes of hex"))
}

/// The record of the house on the chain that is spoken to.
pub(crate) fn record_of(client: &Client, given: Option<PathBuf>) -> Result<Record> {
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
