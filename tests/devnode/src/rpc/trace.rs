//! `debug_`: what happened inside a call.

use std::collections::BTreeMap;

use alloy::{
    consensus::Transaction as _,
    primitives::{Address, B256, Bytes, U256, hex},
    rpc::types::{BlockOverrides, state::StateOverride},
};
use revm::{
    bytecode::Bytecode,
    state::{AccountInfo, EvmState},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    error::{Result, RpcError},
    eth::{call_transaction, check_overrides, find_block},
    json::{data, quantity},
    params::{Args, Param, params},
    registry::ErrorRegistry,
    worker::Backend,
};
use crate::{CallFrame, CallKind, CallRequest, ChainError, state::State};

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
    diff_mode: bool,
    disable_code: bool,
    disable_storage: bool,
    include_empty: bool,
}

params! {
    Options => "tracing options (an object with tracer, tracerConfig, stateOverrides, blockOverrides)",
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
    /// What was touched as it was before, or as it was before and after.
    Prestate(TracerConfig),
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
            Some("prestateTracer") => Tracer::Prestate(self.tracer_config.unwrap_or_default()),
            Some("4byteTracer") => Tracer::FourByte,
            Some("noopTracer") => Tracer::Noop,
            Some(other) => {
                let other: String = other.chars().take(64).collect();
                return Err(RpcError::Unsupported(format!(
                    "tracer {other:?} is not supported: there are callTracer, prestateTracer, \
                     stylusTracer, 4byteTracer, noopTracer and the default, which shows one step a frame"
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
    let total = Gas {
        limit: tx.envelope.gas_limit(),
        used: tx.receipt.gas_used,
    };
    show_transaction(node, tracer, hash, total, errors)
}

fn show_transaction(
    node: &Backend,
    tracer: Tracer,
    hash: B256,
    total: Gas,
    errors: &ErrorRegistry,
) -> Result<Value> {
    let (before, done) = node.chain.replay(hash)?;
    match (tracer, done.trace) {
        (Tracer::Prestate(config), _) => Ok(prestate(&before, &done.changes, config)),
        (_, Some(frame)) => show(tracer, frame, total, errors),
        (_, None) => Err(RpcError::Internal("the trace is missing".into())),
    }
}

/// `debug_traceBlockByNumber` and `debug_traceBlockByHash`.
pub(crate) fn block(node: &mut Backend, mut args: Args, errors: &ErrorRegistry) -> Result<Value> {
    let id: alloy::eips::BlockId = args.need("block")?;
    let options: Options = args.optional("options")?.unwrap_or_default();
    let tracer = options.tracer()?;
    let transactions = find_block(node, id, |b| {
        Ok(b.transactions
            .iter()
            .map(|tx| {
                let total = Gas {
                    limit: tx.envelope.gas_limit(),
                    used: tx.receipt.gas_used,
                };
                (tx.hash, total)
            })
            .collect::<Vec<_>>())
    })?;
    let transactions = transactions.ok_or_else(|| ChainError::UnknownBlock(format!("{id:?}")))?;
    transactions
        .into_iter()
        .map(|(hash, total)| {
            let result = show_transaction(node, tracer, hash, total, errors)?;
            Ok(json!({"txHash": hash, "result": result}))
        })
        .collect()
}

/// `debug_traceCall`.
pub(crate) fn call(node: &mut Backend, mut args: Args, errors: &ErrorRegistry) -> Result<Value> {
    let transaction = call_transaction(&mut args)?;
    let block = args.optional("block")?;
    let options: Options = args.optional("options")?.unwrap_or_default();
    let tracer = options.tracer()?;
    check_overrides(options.state_overrides.as_ref())?;
    let limit = transaction.gas;
    let request = CallRequest {
        transaction,
        block,
        state_overrides: options.state_overrides,
        block_overrides: options.block_overrides,
    };
    if let Tracer::Prestate(config) = tracer {
        let (before, done) = node.chain.execute_call_on(&request, false)?;
        return Ok(prestate(&before, &done.changes, config));
    }
    let result = node.chain.trace_call(&request)?;
    let frame = result
        .trace
        .ok_or_else(|| RpcError::Internal("the trace is missing".into()))?;
    let intrinsic = result.gas_used.saturating_sub(frame.gas_used);
    let limit = limit.unwrap_or(frame.gas.saturating_add(intrinsic));
    show(
        tracer,
        frame,
        Gas {
            limit,
            used: result.gas_used,
        },
        errors,
    )
}

/// Gas of the whole transaction, intrinsic gas included: what geth shows for the top frame.
#[derive(Clone, Copy, Debug)]
struct Gas {
    limit: u64,
    used: u64,
}

fn show(tracer: Tracer, mut frame: CallFrame, total: Gas, errors: &ErrorRegistry) -> Result<Value> {
    (frame.gas, frame.gas_used) = (total.limit, total.used);
    let frame = &frame;
    Ok(match tracer {
        Tracer::Struct => {
            let mut steps = Vec::new();
            entries(frame, 1, &mut steps);
            json!({
                "gas": total.used,
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
        // Shown from the changes, not from the frames.
        Tracer::Prestate(_) | Tracer::Noop => json!({}),
    })
}

/// The accounts that were touched as geth shows them: before, or with `diffMode` those that changed,
/// before and after.
fn prestate(before: &State, changes: &EvmState, config: TracerConfig) -> Value {
    let (mut pre, mut post) = (BTreeMap::new(), BTreeMap::new());
    for (address, account) in changes {
        let was = before.info(address).unwrap_or_default();
        let code_of = |info: &AccountInfo| {
            let code = info.code.as_ref().map(Bytecode::original_bytes);
            code.filter(|code| !code.is_empty() && !config.disable_code)
        };
        let is = &account.info;
        let gone = account.is_selfdestructed();
        let slots = account.storage.iter().filter(|_| !config.disable_storage);
        let (mut old_slots, mut new_slots) = (BTreeMap::new(), BTreeMap::new());
        for (slot, value) in slots {
            let old = before.storage(address, slot);
            let new = value.present_value;
            let key = B256::from(*slot);
            if !config.diff_mode || (old != new && !old.is_zero()) {
                old_slots.insert(key, B256::from(old));
            }
            if old != new && !new.is_zero() {
                new_slots.insert(key, B256::from(new));
            }
        }
        let changed = account.storage.values().any(|slot| slot.is_changed())
            || (was.balance, was.nonce, was.code_hash) != (is.balance, is.nonce, is.code_hash);
        if config.diff_mode && !changed && !gone {
            continue;
        }
        let existed = !was.is_empty() || !old_slots.is_empty();
        if existed || (config.include_empty && !config.diff_mode) {
            pre.insert(
                *address,
                shown(Some(was.balance), was.nonce, code_of(&was), &old_slots),
            );
        }
        // What is gone has no after.
        if !gone {
            let balance = (was.balance != is.balance).then_some(is.balance);
            let nonce = if was.nonce == is.nonce { 0 } else { is.nonce };
            let code = code_of(is).filter(|_| was.code_hash != is.code_hash);
            post.insert(*address, shown(balance, nonce, code, &new_slots));
        }
    }
    if config.diff_mode {
        json!({"pre": pre, "post": post})
    } else {
        json!(pre)
    }
}

/// An account, without what it does not have.
fn shown(
    balance: Option<U256>,
    nonce: u64,
    code: Option<Bytes>,
    storage: &BTreeMap<B256, B256>,
) -> Value {
    let mut map = Map::new();
    if let Some(balance) = balance {
        map.insert("balance".into(), quantity(balance));
    }
    if nonce != 0 {
        map.insert("nonce".into(), json!(nonce));
    }
    if let Some(code) = code {
        map.insert("code".into(), data(code));
    }
    if !storage.is_empty() {
        map.insert("storage".into(), json!(storage));
    }
    Value::Object(map)
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
        let opened = host_call.call.and_then(|at| frame.calls.get(at));
        match opened {
            Some(opened) if matches!(opened.kind, CallKind::Create | CallKind::Create2) => {
                shown.push(opened_by_evm(opened));
            }
            _ if host_call.name.ends_with("call_contract") || opened.is_some() => {
                // A call that was refused opened no frame; its target is the first argument.
                let named = host_call.args.get(..20).map(Address::from_slice);
                entry["address"] = json!(opened.and_then(|f| f.to).or(named).unwrap_or_default());
                entry["steps"] = Value::Array(opened.map(host_calls).unwrap_or_default());
            }
            _ => {}
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
        "address": frame.to.unwrap_or_default(),
        "steps": host_calls(frame),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostCall;

    fn frame(kind: CallKind, stylus: bool) -> CallFrame {
        CallFrame {
            kind,
            from: Address::repeat_byte(1),
            to: Some(Address::repeat_byte(2)),
            value: U256::ZERO,
            gas: 100,
            gas_used: 10,
            input: Bytes::from_static(&[1, 2, 3, 4, 5]),
            output: Bytes::new(),
            error: None,
            stylus,
            host_calls: Vec::new(),
            logs: Vec::new(),
            calls: Vec::new(),
        }
    }

    fn host_call(name: &'static str, call: Option<usize>) -> HostCall {
        let args = Bytes::from(vec![7; 28]);
        HostCall {
            name,
            args,
            outs: Bytes::new(),
            start_ink: 9,
            end_ink: 8,
            call,
        }
    }

    fn trace(frame: &CallFrame, options: Value) -> Result<Value> {
        let options: Options = serde_json::from_value(options).unwrap();
        let total = Gas {
            limit: 100,
            used: 42,
        };
        show(
            options.tracer()?,
            frame.clone(),
            total,
            &ErrorRegistry::new(),
        )
    }

    #[test]
    fn programs_show_their_host_calls() {
        let mut top = frame(CallKind::Call, true);
        top.host_calls = vec![
            host_call("read_args", None),
            host_call("call_contract", Some(0)),
            host_call("static_call_contract", None),
            host_call("create1", Some(1)),
        ];
        let mut inner = frame(CallKind::Call, true);
        inner.host_calls = vec![host_call("msg_sender", None)];
        let mut failed = frame(CallKind::Create, false);
        failed.to = None;
        top.calls = vec![inner, failed];

        let steps = trace(&top, json!({"tracer": "stylusTracer"})).unwrap();
        let names: Vec<_> = steps
            .as_array()
            .unwrap()
            .iter()
            .map(|s| &s["name"])
            .collect();
        assert_eq!(
            names,
            [
                "read_args",
                "call_contract",
                "static_call_contract",
                "evm_create1",
                "create1"
            ]
        );
        assert_eq!(steps[1]["steps"][0]["name"], "msg_sender");
        assert_eq!(steps[1]["address"], json!(Address::repeat_byte(2)));
        assert_eq!(steps[2]["address"], json!(Address::repeat_byte(7)));
        assert_eq!(steps[3]["address"], json!(Address::ZERO));
        assert_eq!(steps[0]["startInk"], 9);
    }

    #[test]
    fn evm_frames_stand_between() {
        let mut top = frame(CallKind::Call, false);
        let mut inner = frame(CallKind::DelegateCall, true);
        inner.host_calls = vec![host_call("read_args", None)];
        top.calls = vec![inner];
        let steps = trace(&top, json!({"tracer": "{\"hostio\": function(info) {}}"})).unwrap();
        assert_eq!(steps[0]["name"], "evm_delegate_call_contract");
        assert_eq!(steps[0]["steps"][0]["name"], "read_args");
    }

    #[test]
    fn call_tracer_nests_and_names_reverts() {
        let mut top = frame(CallKind::Call, false);
        let mut inner = frame(CallKind::StaticCall, true);
        inner.error = Some("execution reverted".into());
        inner.output = Bytes::from_static(&[1, 2, 3, 4]);
        top.calls = vec![inner];
        let shown = trace(&top, json!({"tracer": "callTracer"})).unwrap();
        assert_eq!(shown["calls"][0]["type"], "STATICCALL");
        assert_eq!(shown["calls"][0]["revertReason"], "custom error 0x01020304");
        assert!(shown["calls"][0].get("value").is_none());
        let top_only = json!({"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}});
        assert!(trace(&top, top_only).unwrap().get("calls").is_none());
    }

    #[test]
    fn other_tracers() {
        let mut top = frame(CallKind::Call, false);
        top.calls = vec![frame(CallKind::Call, true)];
        assert_eq!(
            trace(&top, json!({})).unwrap()["structLogs"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        let four = trace(&top, json!({"tracer": "4byteTracer"})).unwrap();
        assert_eq!(four["0x01020304-1"], 2);
        assert!(trace(&top, json!({"tracer": "muxTracer"})).is_err());
    }
}
