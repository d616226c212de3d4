//! `eth_sendRawTransactionSync` (EIP-7966): sends, and waits for the receipt.

use std::time::Duration;

use alloy::primitives::Bytes;
use jsonrpsee::types::Params;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{
    error::{Result, RpcError},
    eth,
    json::quantity,
    params::{Args, Num},
    server::Rpc,
};
use crate::ChainError;

/// How long it waits unless told.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long it waits at most.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);
/// The transaction waits, but no block has it yet; the data is its hash.
const TIMED_OUT: i32 = 4;
/// Its nonce is ahead; the data is the nonce that is expected.
const NONCE_GAP: i32 = 6;

/// Its name.
pub(crate) const NAME: &str = "eth_sendRawTransactionSync";

/// Answers one request: a signed transaction, and how many milliseconds to wait.
pub(crate) async fn send_raw(params: Params<'static>, rpc: &Rpc) -> Result<Value> {
    let mut args = Args::parse(&params)?;
    let raw: Bytes = args.need("transaction")?;
    let wait = match args.optional::<Num>("timeout")? {
        Some(Num(milliseconds)) if !milliseconds.is_zero() => {
            Duration::from_millis(milliseconds.saturating_to()).min(MAX_TIMEOUT)
        }
        _ => DEFAULT_TIMEOUT,
    };
    let deadline = Instant::now() + wait;
    let sent = rpc.chain.request(move |node| {
        let events = node.chain.subscribe();
        match node.chain.send_raw(&raw) {
            Ok(hash) => Ok((hash, events)),
            Err(gap @ ChainError::NonceTooHigh { state, .. }) => Err(RpcError::Coded(
                NONCE_GAP,
                gap.to_string(),
                Some(quantity(state)),
            )),
            Err(why) => Err(why.into()),
        }
    });
    let (hash, mut events) = sent.await?;
    loop {
        let receipt = rpc
            .chain
            .request(move |node| eth::receipt_of(node, hash))
            .await?;
        if !receipt.is_null() {
            return Ok(receipt);
        }
        if timeout_at(deadline, events.recv()).await.is_err() {
            let words = format!(
                "the transaction was taken but is in no block after {} ms",
                wait.as_millis()
            );
            return Err(RpcError::Coded(TIMED_OUT, words, Some(json!(hash))));
        }
    }
}
