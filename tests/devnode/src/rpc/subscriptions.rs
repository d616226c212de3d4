//! `eth_subscribe`.

use alloy::{primitives::B256, rpc::types::Filter};
use jsonrpsee::{
    PendingSubscriptionSink, RpcModule, SubscriptionSink,
    types::{ErrorObjectOwned, Params},
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use tokio::sync::broadcast::error::RecvError;

use super::{
    error::{Result, RpcError},
    filters::{Arrivals, matching},
    json,
    params::Args,
    server::Rpc,
    worker::ChainHandle,
};
use crate::{Chain, ChainEvent};

/// What a subscriber wants to hear of.
enum Topic {
    Heads,
    Logs(Box<Filter>),
    Pending { full: bool, arrivals: Arrivals },
}

impl Topic {
    fn parse(params: &Params<'_>) -> Result<Self> {
        let mut args = Args::parse(params)?;
        let kind: String = args.need("subscription name")?;
        Ok(match kind.as_str() {
            "newHeads" => Self::Heads,
            "logs" => Self::Logs(Box::new(args.optional("filter")?.unwrap_or_default())),
            "newPendingTransactions" => Self::Pending {
                full: args.optional("full")?.unwrap_or(false),
                arrivals: Arrivals::default(),
            },
            other => {
                return Err(RpcError::params(format!(
                    "no {other:?} subscription in eth namespace: there are newHeads, logs and \
                     newPendingTransactions"
                )));
            }
        })
    }

    /// The notifications of one event.
    async fn notices(&mut self, event: ChainEvent, chain: &ChainHandle) -> Result<Vec<Value>> {
        match (self, event) {
            (Self::Heads, ChainEvent::Block(block)) => {
                Ok(vec![Value::Object(json::header(&block)?)])
            }
            (Self::Heads, _) => Ok(Vec::new()),
            (Self::Logs(filter), event) => {
                matching(filter, &event).iter().map(json::value).collect()
            }
            (Self::Pending { full, arrivals }, event) => {
                let hashes = arrivals.of(&event);
                if !*full || hashes.is_empty() {
                    return hashes.iter().map(json::value).collect();
                }
                chain
                    .request(move |node| {
                        let shown = hashes
                            .iter()
                            .map(|hash| full_transaction(&node.chain, *hash));
                        shown.collect::<Result<Vec<_>>>().map(|v| v.concat())
                    })
                    .await
            }
        }
    }
}

fn full_transaction(chain: &Chain, hash: B256) -> Result<Vec<Value>> {
    if let Some(tx) = chain.transaction(hash) {
        return Ok(vec![json::pending_transaction(&tx.envelope, tx.sender)?]);
    }
    let mut waiting = chain.pending_transactions();
    match waiting.find(|(tx, _)| *tx.tx_hash() == hash) {
        Some((tx, sender)) => Ok(vec![json::pending_transaction(tx, sender)?]),
        None => Ok(Vec::new()),
    }
}

/// Registers `eth_subscribe` and `eth_unsubscribe`.
pub(crate) fn register(module: &mut RpcModule<Rpc>) -> eyre::Result<()> {
    module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        |params, pending, rpc, _| async move {
            serve(params, pending, &rpc).await;
        },
    )?;
    Ok(())
}

async fn serve(params: Params<'static>, pending: PendingSubscriptionSink, rpc: &Rpc) {
    let refuse = |e: RpcError| -> ErrorObjectOwned { e.into_object(&rpc.errors) };
    let mut topic = match Topic::parse(&params) {
        Ok(topic) => topic,
        Err(e) => return pending.reject(refuse(e)).await,
    };
    // Before the answer, so that nothing after it is missed.
    let mut events = match rpc.chain.request(|node| Ok(node.chain.subscribe())).await {
        Ok(events) => events,
        Err(e) => return pending.reject(refuse(e)).await,
    };
    let Ok(sink) = pending.accept().await else {
        return;
    };
    loop {
        let event = tokio::select! {
            () = sink.closed() => return,
            event = events.recv() => event,
        };
        let notices = match event {
            Ok(event) => topic.notices(event, &rpc.chain).await,
            // Too slow to hear everything: go on with what is new.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        for notice in notices.unwrap_or_default() {
            let Some(message) = raw(&notice) else {
                continue;
            };
            if send(&sink, message).await.is_err() {
                return;
            }
        }
    }
}

fn raw(notice: &Value) -> Option<Box<RawValue>> {
    to_raw_value(notice).ok()
}

async fn send(sink: &SubscriptionSink, message: Box<RawValue>) -> core::result::Result<(), ()> {
    sink.send(message).await.map_err(|_| ())
}
