//! `debug_`: what happened inside a call.

use std::collections::BTreeMap;

use alloy::{
    primitives::{B256, hex},
    rpc::types::{BlockOverrides, state::StateOverride},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    error::{Result, RpcError},
    eth::{check_overrides, find_block, request},
    json::{data, quantity},
    params::Args,
    registry::ErrorRegistry,
    worker::Backend,
};
use crate::{CallFrame, CallKind, CallRequest, ChainError};

/// What the client wants to see.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Options {
    tracer: Option<String>,
    tracer_config: Option<TracerConfig>,
    state_overrides: Option<StateOverride>,
    block_overrides: Option<BlockOverrides>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TracerConfig {
    only_top_call: bool,
    with_log: bool,
}

/// How it is shown.
#[derive(Clone, Copy, Debug)]
enum Tracer {
    /// The default: steps. Reduced here to one step for each frame entered.
    Struct,
    /// The tree of calls.
    Call(TracerConfig),
    /// The host calls of Stylus programs, as Nitro's tracer shows them.
    Stylus,
    /// How often each selector was called with how many bytes.
    FourByte,
    /// Nothing.
    Noop,
}

impl Options {
    fn tracer(&self) -> Result<Tracer> {
        Ok(match self.tracer.as_deref() {
            None | Some("") => Tracer::Struct,
            Some("callTracer") => Tracer::Call(self.tracer_config.unwrap_or_default()),
            Some("stylusTracer") => Tracer::Stylus,
            // What cargo-stylus sends unless told to use the native tracer: a script with this hook.
            Some(script) if script.contains("\"hostio\"") => Tracer::Stylus,
            Some("4byteTracer") => Tracer::FourByte,
            Some("noopTracer") => Tracer::Noop,
            Some(other) => {
                let other: String = other.chars().take(64).collect();
                return Err(RpcError::Unsupported(format!(
                    "tracer {other:?} is not supported: there are callTracer, stylusTracer, \
                     4byteTracer, noopTracer and the default, which shows one step a frame"
                )));
            }
        })
    }
}

/// `debug_traceTransaction`.
pub(crate) fn transaction(
    node: &mut Backend,
    mut args: Args,
    errors: &ErrorRegistry,
) -> Result<Value> {
    let hash: B256 = args.need("hash")?;
    let options: Options = args.optional("options")?.unwrap_or_default();
    let tracer = options.tracer()?;
    let tx = node
        .chain
        .transaction(hash)
        .ok_or(ChainError::UnknownTransaction(hash))?;
    let gas_used = tx.receipt.gas_used;
    let frame = node.chain.trace_transaction(hash)?;
    show(tracer, &frame, gas_used, errors)
}

/// `debug_traceBlockByNumber` and `debug_traceBlockByHash`.
pub(crate) fn block(node: &mut Backend, mut args: Args, errors: &ErrorRegistry) -> Result<Value> {
    let id: alloy::eips::BlockId = args.need("block")?;
    let options: Options = args.optional("options")?.unwrap_or_default();
    let tracer = options.tracer()?;
    let transactions = find_block(node, id, |b| {
        Ok(b.transactions
            .iter()
            .map(|tx| (tx.hash, tx.receipt.gas_used))
            .collect::<Vec<_>>())
    })?;
    let transactions = transactions.ok_or_else(|| ChainError::UnknownBlock(format!("{id:?}")))?;
    transactions
        .into_iter()
        .map(|(hash, gas_used)| {
            let frame = node.chain.trace_transaction(hash)?;
            Ok(json!({"txHash": hash, "result": show(tracer, &frame, gas_used, errors)?}))
        })
        .collect()
}

/// `debug_traceCall`.
pub(crate) fn call(node: &mut Backend, mut args: Args, errors: &ErrorRegistry) -> Result<Value> {
    let transaction = request(&mut args)?;
    let block = args.optional("block")?;
    let options: Options = args.optional("options")?.unwrap_or_default();
    let tracer = options.tracer()?;
    check_overrides(options.state_overrides.as_ref())?;
    let result = node.chain.trace_call(&CallRequest {
        transaction,
        block,
        state_overrides: options.state_overrides,
        block_overrides: options.block_overrides,
    })?;
    let frame = result
        .trace
        .ok_or_else(|| RpcError::Internal("the trace is missing".into()))?;
    show(tracer, &frame, result.gas_used, errors)
}

fn show(tracer: Tracer, frame: &CallFrame, gas_used: u64, errors: &ErrorRegistry) -> Result<Value> {
    Ok(match tracer {
        Tracer::Struct => {
            let mut steps = Vec::new();
            entries(frame, 1, &mut steps);
            json!({
                "gas": gas_used,
                "failed": frame.error.is_some(),
                "returnValue": hex::encode_prefixed(&frame.output),
                "structLogs": steps,
            })
        }
        Tracer::Call(config) => call_frame(frame, config, errors),
        Tracer::Stylus => Value::Array(host_calls(frame)),
        Tracer::FourByte => {
            let mut counts = BTreeMap::new();
            selectors(frame, &mut counts);
            json!(counts)
        }
        Tracer::Noop => json!({}),
    })
}

fn entries(frame: &CallFrame, depth: usize, into: &mut Vec<Value>) {
    let mut step = json!({
        "pc": 0,
        "op": if frame.stylus { "STYLUS" } else { frame.kind.name() },
        "gas": frame.gas,
        "gasCost": frame.gas_used,
        "depth": depth,
        "stack": [],
    });
    if let Some(error) = &frame.error {
        step["error"] = json!(error);
    }
    into.push(step);
    frame
        .calls
        .iter()
        .for_each(|call| entries(call, depth + 1, into));
}

fn call_frame(frame: &CallFrame, config: TracerConfig, errors: &ErrorRegistry) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| {
        map.insert(key.into(), value);
    };
    put("type", json!(frame.kind.name()));
    put("from", json!(frame.from));
    if let Some(to) = frame.to {
        put("to", json!(to));
    }
    if frame.kind != CallKind::StaticCall {
        put("value", quantity(frame.value));
    }
    put("gas", quantity(frame.gas));
    put("gasUsed", quantity(frame.gas_used));
    put("input", data(&frame.input));
    if !frame.output.is_empty() {
        put("output", data(&frame.output));
    }
    if let Some(error) = &frame.error {
        put("error", json!(error));
        if let Some(reason) = errors.describe(&frame.output) {
            put("revertReason", json!(reason));
        }
    }
    // geth hides what a failed frame logged, because it was undone.
    if config.with_log && frame.error.is_none() && !frame.logs.is_empty() {
        let logs = frame.logs.iter().enumerate().map(|(index, log)| {
            json!({
                "address": log.address,
                "topics": log.topics(),
                "data": data(&log.data.data),
                "index": quantity(index as u64),
            })
        });
        put("logs", logs.collect());
    }
    if !config.only_top_call && !frame.calls.is_empty() {
        put(
            "calls",
            frame
                .calls
                .iter()
                .map(|call| call_frame(call, config, errors))
                .collect(),
        );
    }
    Value::Object(map)
}

fn selectors(frame: &CallFrame, counts: &mut BTreeMap<String, u64>) {
    if let Some((selector, rest)) = frame.input.split_first_chunk::<4>()
        && !matches!(frame.kind, CallKind::Create | CallKind::Create2)
    {
        let key = format!("{}-{}", hex::encode_prefixed(selector), rest.len());
        *counts.entry(key).or_default() += 1;
    }
    frame.calls.iter().for_each(|call| selectors(call, counts));
}

/// The host calls of a frame. Those that opened a frame hold its own inside; frames that EVM code
/// opened appear as `evm_...`.
fn host_calls(frame: &CallFrame) -> Vec<Value> {
    if !frame.stylus {
        return frame.calls.iter().map(opened_by_evm).collect();
    }
    let mut shown = Vec::new();
    for host_call in &frame.host_calls {
        let mut entry = json!({
            "name": host_call.name,
            "args": data(&host_call.args),
            "outs": data(&host_call.outs),
            "startInk": host_call.start_ink,
            "endInk": host_call.end_ink,
        });
        if let Some(opened) = host_call.call.and_then(|at| frame.calls.get(at)) {
            if matches!(opened.kind, CallKind::Create | CallKind::Create2) {
                shown.push(opened_by_evm(opened));
            } else {
                entry["address"] = json!(opened.to);
                entry["steps"] = Value::Array(host_calls(opened));
            }
        }
        shown.push(entry);
    }
    shown
}

fn opened_by_evm(frame: &CallFrame) -> Value {
    let name = match frame.kind {
        CallKind::Call | CallKind::CallCode => "evm_call_contract",
        CallKind::DelegateCall => "evm_delegate_call_contract",
        CallKind::StaticCall => "evm_static_call_contract",
        CallKind::Create => "evm_create1",
        CallKind::Create2 => "evm_create2",
        CallKind::SelfDestruct => "evm_self_destruct",
    };
    json!({
        "name": name,
        "args": "0x",
        "outs": "0x",
        "startInk": 0,
        "endInk": 0,
        "address": frame.to,
        "steps": host_calls(frame),
    })
}
