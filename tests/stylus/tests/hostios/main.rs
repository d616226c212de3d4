//! What each host function costs and does. A call of an import is 3800 ink of its own, and cuts
//! the block; figures are worked out by hand from the table of prices.

mod accounts;
mod calls;
mod computation;
mod frame;
mod storage;

#[path = "../common/mod.rs"]
mod common;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use common::*;
use plimsoll_stylus::{
    RunStatus, StylusParams,
    host::{ApiStatus, CallKind, CallOutcome, CreateOutcome},
};

/// Ink of the host function alone in `body`: what is beyond the opcodes, which cost `opcodes`, and
/// the headers of the entry's blocks, two for one call.
fn hostio(host: &mut TestHost, rest: &str, body: &str, opcodes: u64) -> u64 {
    let wat = program(rest, &format!("{body} i32.const 0"));
    ink_on(host, &wat) - opcodes - 3_800 - 2 * 2_450 - 2
}

/// The same on an empty host, for functions whose arguments are `args` constants and whose result
/// is dropped.
fn plain(name: &str, args: &[u32], drops: bool) -> u64 {
    on(&mut TestHost::default(), name, args, drops)
}

fn on(host: &mut TestHost, name: &str, args: &[u32], drops: bool) -> u64 {
    let mut body: String = args
        .iter()
        .map(|x| format!("i32.const {} ", *x as i32))
        .collect();
    body += &format!("call ${name}");
    if drops {
        body += " drop";
    }
    hostio(
        host,
        "",
        &body,
        args.len() as u64 + if drops { 9 } else { 0 },
    )
}

/// Runs `body` with memory laid out by `rest` and gives back the result it writes.
fn result(host: &mut TestHost, rest: &str, body: &str, ptr: u32, len: u32) -> Bytes {
    let wat = program(
        rest,
        &format!("{body} i32.const {ptr} i32.const {len} call $write_result i32.const 0"),
    );
    let outcome = run_on(host, &wat, &[], GAS);
    assert_eq!(outcome.status, RunStatus::Success, "{wat}");
    outcome.output
}

/// Status of `body`, and the ink it used.
fn ending(host: &mut TestHost, body: &str) -> (RunStatus, u64) {
    let outcome = run_on(host, &program("", &format!("{body} i32.const 0")), &[], GAS);
    (outcome.status.clone(), used(&outcome))
}

fn fails(host: &mut TestHost, body: &str) -> u64 {
    let (status, used) = ending(host, body);
    assert!(
        matches!(status, RunStatus::Failure(_)),
        "{body}: {status:?}"
    );
    used
}

/// Ink with which `body` just has `gas` left to ask for, having paid `before`.
fn with_spare(host: &mut TestHost, body: &str, before: u64, gas: u64) -> [RunStatus; 2] {
    // Ink comes in whole gas: pad the difference away by giving one gas more or less.
    let enough = (before + gas * 10_000).div_ceil(10_000);
    let wat = program("", &format!("{body} i32.const 0"));
    [enough - 1, enough].map(|gas| run_on(host, &wat, &[], gas).status)
}

/// Calls whose target is at 0, data at 32, value at 64; the length of what comes back goes to 96.
const CALL: &str = "i32.const 0 i32.const 32 i32.const 5 i32.const 64 i64.const 50000 i32.const 96 call $call_contract drop";

fn call_rest() -> String {
    data(0, &[0xaa; 20]) + &data(32, b"hello") + &data(64, word(3).as_slice())
}
