//! What each host function costs and does. A call of an import is 3800 ink of its own, and cuts
//! the block; figures are worked out by hand from the table of prices.

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

#[test]
fn constants_that_are_given_back() {
    let mut host = TestHost::default();
    host.context.chain_id = 42_161;
    host.context.block_number = 7;
    host.context.timestamp = 8;
    host.context.block_gas_limit = 9;
    for (name, value) in [
        ("chainid", 42_161),
        ("block_number", 7),
        ("block_timestamp", 8),
        ("block_gas_limit", 9),
    ] {
        assert_eq!(on(&mut host, name, &[], true), 8_400, "{name}");
        let out = result(
            &mut host,
            "",
            &format!("i32.const 0 call ${name} i64.store"),
            0,
            8,
        );
        assert_eq!(out[..], u64::to_le_bytes(value)[..], "{name}");
    }
    for name in [
        "evm_gas_left",
        "evm_ink_left",
        "msg_reentrant",
        "tx_ink_price",
    ] {
        assert_eq!(plain(name, &[], true), 8_400, "{name}");
    }
}

#[test]
fn constants_that_are_written() {
    let mut host = TestHost::default();
    let context = &mut host.context;
    context.basefee = U256::from(1);
    context.coinbase = Address::repeat_byte(2);
    context.contract = Address::repeat_byte(3);
    context.caller = Address::repeat_byte(4);
    context.value = U256::from(5);
    context.gas_price = U256::from(6);
    context.origin = Address::repeat_byte(7);
    let address = |x| Address::repeat_byte(x).to_vec();
    for (name, value) in [
        ("block_basefee", word(1).to_vec()),
        ("block_coinbase", address(2)),
        ("contract_address", address(3)),
        ("msg_sender", address(4)),
        ("msg_value", word(5).to_vec()),
        ("tx_gas_price", word(6).to_vec()),
        ("tx_origin", address(7)),
    ] {
        assert_eq!(on(&mut host, name, &[64], false), 13_440, "{name}");
        let len = value.len() as u32;
        let out = result(
            &mut host,
            "",
            &format!("i32.const 64 call ${name}"),
            64,
            len,
        );
        assert_eq!(out[..], value[..], "{name}");
        // a bad pointer has paid
        let body = format!("i32.const 131072 call ${name}");
        assert_eq!(
            fails(&mut host, &body),
            2_450 + 1 + 3_800 + 13_440,
            "{name}"
        );
        // the last place there is
        let body = format!("i32.const {} call ${name}", 131_072 - len);
        assert_eq!(ending(&mut host, &body).0, RunStatus::Success, "{name}");
        let body = format!("i32.const {} call ${name}", 131_072 - len + 1);
        fails(&mut host, &body);
    }
}

#[test]
fn reentrancy_is_told() {
    let mut host = TestHost::default();
    let body = "i32.const 0 call $msg_reentrant i32.store";
    assert_eq!(result(&mut host, "", body, 0, 4)[..], [0, 0, 0, 0]);
    host.context.reentrant = true;
    assert_eq!(result(&mut host, "", body, 0, 4)[..], [1, 0, 0, 0]);
}

#[test]
fn ink_and_gas_left_are_after_their_own_price() {
    let left = |name: &str| {
        let body = format!("i32.const 0 call ${name} i64.store");
        let out = result(&mut TestHost::default(), "", &body, 0, 8);
        u64::from_le_bytes(out[..].try_into().unwrap())
    };
    let ink = GAS * 10_000 - (2_450 + 1 + 3_800) - 8_400;
    assert_eq!(left("evm_ink_left"), ink);
    assert_eq!(left("evm_gas_left"), ink / 10_000);
    let out = result(
        &mut TestHost::default(),
        "",
        "i32.const 0 call $tx_ink_price i32.store",
        0,
        4,
    );
    assert_eq!(out[..], 10_000u32.to_le_bytes()[..]);
}

#[test]
fn arguments_cost_their_length() {
    for (len, cost) in [(0, 5_040), (32, 5_040), (33, 5_070), (100, 5_040 + 30 * 68)] {
        let wat = program("", "i32.const 0 call $read_args i32.const 0");
        let input = vec![7; len];
        let outcome = run_on(&mut TestHost::default(), &wat, &input, GAS);
        assert_eq!(
            used(&outcome),
            2_450 + 1 + 3_800 + 8_400 + cost + 2_450 + 2,
            "{len}"
        );
    }
    let wat = program(
        "",
        "i32.const 8 call $read_args i32.const 8 local.get $len call $write_result i32.const 0",
    );
    let outcome = run_on(&mut TestHost::default(), &wat, b"plimsoll", GAS);
    assert_eq!(outcome.output[..], b"plimsoll"[..]);
}

#[test]
fn results_are_read_twice() {
    for (len, cost) in [
        (0, 16_381),
        (32, 16_381),
        (33, 16_436),
        (1_000, 16_381 + 55 * 968),
    ] {
        assert_eq!(
            plain("write_result", &[0, len], false),
            8_400 + 2 * cost,
            "{len}"
        );
    }
    // paid before the pointer is looked at
    assert_eq!(
        fails(
            &mut TestHost::default(),
            "i32.const 131072 i32.const 1 call $write_result"
        ),
        2_450 + 2 + 3_800 + 8_400 + 2 * 16_381
    );
    // nothing at the very end is something to point at, beyond it is not
    let at_end = "i32.const 131072 i32.const 0 call $write_result";
    assert_eq!(
        ending(&mut TestHost::default(), at_end).0,
        RunStatus::Success
    );
    fails(
        &mut TestHost::default(),
        "i32.const 131073 i32.const 0 call $write_result",
    );
    // the last one counts
    let body =
        "i32.const 0 i32.const 4 call $write_result i32.const 0 i32.const 1 call $write_result";
    let outcome = run(&program("", &format!("{body} i32.const 0")));
    assert_eq!(outcome.output.len(), 1);
}

#[test]
fn a_status_that_is_not_zero_reverts_with_the_result() {
    let wat = program(
        "(data (i32.const 0) \"no\")",
        "i32.const 0 i32.const 2 call $write_result i32.const 3",
    );
    let outcome = run(&wat);
    assert_eq!(outcome.status, RunStatus::Revert);
    assert_eq!(outcome.output[..], b"no"[..]);
    assert!(outcome.gas_left > 0);
}

#[test]
fn an_early_exit_is_free_and_keeps_the_result() {
    let rest = "(data (i32.const 0) \"bye\")
        (func $deep i32.const 0 i32.const 3 call $write_result i32.const 0 call $exit_early)";
    let outcome = run(&program(rest, "call $deep unreachable"));
    assert_eq!(outcome.status, RunStatus::Success);
    assert_eq!(outcome.output[..], b"bye"[..]);
    // call | const 2 call | const call
    assert_eq!(
        used(&outcome),
        (2_450 + 3_800) + (2_450 + 2 + 3_800) + 8_400 + 2 * 16_381 + (2_450 + 1 + 3_800)
    );
    let outcome = run(&program("", "i32.const 5 call $exit_early unreachable"));
    assert_eq!(outcome.status, RunStatus::Revert);
    assert!(outcome.output.is_empty());
}

const KEY: u32 = 0;
const VALUE: u32 = 32;

#[test]
fn a_slot_is_bought_once() {
    let mut host = TestHost::default();
    host.storage.insert(B256::ZERO, word(9));
    // cold: 2100 + 5; warm, in a later frame: 100 + 5
    assert_eq!(
        on(&mut host, "storage_load_bytes32", &[KEY, VALUE], false),
        18_480 + 21_050_000
    );
    assert_eq!(
        on(&mut host, "storage_load_bytes32", &[KEY, VALUE], false),
        18_480 + 1_050_000
    );
    let load = format!("i32.const {KEY} i32.const {VALUE} call $storage_load_bytes32 ");
    assert_eq!(result(&mut host, "", &load, VALUE, 32)[..], word(9)[..]);
    // twice in one frame: the second is only ink
    let two = program("", &(load.repeat(2) + "i32.const 0"));
    let one = program("", &(load + "i32.const 0"));
    let second = ink_on(&mut host, &two) - ink_on(&mut host, &one);
    assert_eq!(second, 2_450 + 2 + 3_800 + 18_480);
    assert_eq!(host.loads.len(), 5);
}

/// Gas of the `n`th access of a frame that goes to `access`, all to one slot known already.
fn tier(access: &str, n: usize) -> u64 {
    let mut host = TestHost::default();
    let know = format!("i32.const {KEY} i32.const {VALUE} call ${access} ");
    let cost = |host: &mut TestHost, times: usize| {
        ink_on(host, &program("", &(know.repeat(times) + "i32.const 0")))
    };
    // the first run makes the slot warm
    cost(&mut host, 1);
    let step = cost(&mut host, n) - cost(&mut host, n - 1);
    let free = 2_450 + 2 + 3_800 + 18_480;
    (step - free) / 10_000
}

#[test]
fn reads_come_in_tiers() {
    for (n, gas) in [(2, 0), (32, 0), (33, 2), (128, 2), (129, 10), (200, 10)] {
        assert_eq!(tier("storage_load_bytes32", n), gas, "{n}");
    }
}

#[test]
fn writes_come_in_tiers() {
    for (n, gas) in [(2, 0), (8, 0), (9, 7), (64, 7), (65, 10), (100, 10)] {
        assert_eq!(tier("storage_cache_bytes32", n), gas, "{n}");
    }
}

#[test]
fn a_write_is_free_but_for_ink_until_it_is_flushed() {
    let mut host = TestHost {
        store_cost: 20_000,
        ..TestHost::default()
    };
    assert_eq!(
        on(&mut host, "storage_cache_bytes32", &[KEY, VALUE], false),
        18_480
    );
    assert!(
        host.stores.is_empty() && host.storage.is_empty(),
        "the end of a frame writes nothing"
    );

    let rest = data(VALUE, word(5).as_slice());
    let body = format!(
        "i32.const {KEY} i32.const {VALUE} call $storage_cache_bytes32
         i32.const 0 call $storage_flush_cache"
    );
    let ink = hostio(&mut host, &rest, &body, 3);
    // one call more than `hostio` reckons with
    assert_eq!(ink, 18_480 + (2_450 + 3_800) + 68_073 + 200_000_000);
    assert_eq!(host.storage[&B256::ZERO], word(5));
    // the host hears of one gas more than there is
    let before = GAS * 10_000 - (2_450 + 2 + 3_800 + 18_480) - (2_450 + 1 + 3_800) - 68_073;
    assert_eq!(
        host.stores[0],
        (vec![(B256::ZERO, word(5))], before / 10_000 + 1)
    );
}

#[test]
fn a_flush_sends_what_differs_from_what_is_known() {
    let load = format!("i32.const {KEY} i32.const 64 call $storage_load_bytes32 ");
    let write = format!("i32.const {KEY} i32.const {VALUE} call $storage_cache_bytes32 ");
    let flush = "i32.const 0 call $storage_flush_cache ";
    let rest = data(VALUE, word(5).as_slice());
    let stores = |host: &mut TestHost, body: &str| {
        host.stores.clear();
        ink_on(host, &program(&rest, &format!("{body} i32.const 0")));
        host.stores.iter().map(|x| x.0.len()).collect::<Vec<_>>()
    };
    let mut host = TestHost::default();
    host.storage.insert(B256::ZERO, word(5));
    // known to be 5 already
    assert_eq!(stores(&mut host, &format!("{load}{write}{flush}")), []);
    // never read: sent, though equal
    assert_eq!(stores(&mut host, &format!("{write}{flush}")), [1]);
    // flushed once, known from then on
    assert_eq!(
        stores(&mut host, &format!("{write}{flush}{flush}{write}{flush}")),
        [1]
    );
    // nothing written
    assert_eq!(stores(&mut host, &format!("{load}{flush}")), []);
    // cleared: no longer known
    let clear = "i32.const 1 call $storage_flush_cache ";
    assert_eq!(
        stores(&mut host, &format!("{write}{clear}{write}{flush}")),
        [1, 1]
    );
    // written, then read: no need to ask
    host.loads.clear();
    assert_eq!(stores(&mut host, &format!("{write}{load}{flush}")), [1]);
    assert!(host.loads.is_empty());
    // read again after a clear: asks again
    stores(&mut host, &format!("{load}{clear}{load}"));
    assert_eq!(host.loads.len(), 2);
}

#[test]
fn a_flush_without_dirty_slots_costs_no_gas_and_asks_nothing() {
    let mut host = TestHost::default();
    host.context.is_static = true;
    assert_eq!(on(&mut host, "storage_flush_cache", &[0], false), 68_073);
    assert!(host.stores.is_empty());
}

#[test]
fn a_flush_that_is_refused_ends_the_frame() {
    let body = format!(
        "i32.const {KEY} i32.const {VALUE} call $storage_cache_bytes32
         i32.const 0 call $storage_flush_cache"
    );
    let mut host = TestHost::default();
    host.context.is_static = true;
    let ink = (2_450 + 2 + 3_800 + 18_480) + (2_450 + 1 + 3_800) + 68_073;
    assert_eq!(
        fails(&mut host, &body),
        ink,
        "write protection costs nothing"
    );
    // all of it and one more
    host.context.is_static = false;
    host.store_status = Some(ApiStatus::OutOfGas);
    assert_eq!(ending(&mut host, &body).0, RunStatus::OutOfInk);
}

/// Ink with which `body` just has `gas` left to ask for, having paid `before`.
fn with_spare(host: &mut TestHost, body: &str, before: u64, gas: u64) -> [RunStatus; 2] {
    // Ink comes in whole gas: pad the difference away by giving one gas more or less.
    let enough = (before + gas * 10_000).div_ceil(10_000);
    let wat = program("", &format!("{body} i32.const 0"));
    [enough - 1, enough].map(|gas| run_on(host, &wat, &[], gas).status)
}

#[test]
fn storage_asks_for_spare_gas() {
    let load = format!("i32.const {KEY} i32.const {VALUE} call $storage_load_bytes32");
    let before = 2_450 + 2 + 3_800 + 18_480;
    let mut host = TestHost::default();
    host.warm.push(B256::ZERO);
    // 2115, though the slot costs 105
    let [less, enough] = with_spare(&mut host, &load, before, 2_115);
    assert_eq!((less, enough), (RunStatus::OutOfInk, RunStatus::Success));

    let write = format!("i32.const {KEY} i32.const {VALUE} call $storage_cache_bytes32");
    let [less, enough] = with_spare(&mut host, &write, before, 2_310);
    assert_eq!((less, enough), (RunStatus::OutOfInk, RunStatus::Success));

    let before = 2_450 + 1 + 3_800 + 68_073;
    let [less, enough] = with_spare(
        &mut host,
        "i32.const 0 call $storage_flush_cache",
        before,
        2_300,
    );
    assert_eq!((less, enough), (RunStatus::OutOfInk, RunStatus::Success));
}

#[test]
fn spare_gas_may_be_there_to_the_last_ink() {
    // two ink a gas: 74324 ink are paid, 2300 gas are 4600 ink
    let params = StylusParams {
        ink_price: 2,
        ..StylusParams::default()
    };
    let module = compile(&program(
        "",
        "i32.const 0 call $storage_flush_cache i32.const 0",
    ));
    let exact = (2_450 + 1 + 3_800 + 68_073 + 4_600) / 2;
    let outcome = module.run(&mut TestHost::default(), &params, &[], exact);
    assert_eq!(
        (outcome.status, outcome.ink_left),
        (RunStatus::Success, 4_600 - 2_452)
    );
    assert_eq!(outcome.gas_left, (4_600 - 2_452) / 2);
    let outcome = module.run(&mut TestHost::default(), &params, &[], exact - 1);
    assert_eq!(outcome.status, RunStatus::OutOfInk);
}

#[test]
fn the_price_of_ink_is_the_chains() {
    let params = StylusParams {
        ink_price: 500,
        ..StylusParams::default()
    };
    let module = compile(&program(
        "",
        "i32.const 0 call $tx_ink_price i32.store
         i32.const 32 i32.const 64 call $storage_load_bytes32
         i32.const 0 i32.const 4 call $write_result i32.const 0",
    ));
    let outcome = module.run(&mut TestHost::default(), &params, &[], GAS);
    assert_eq!(outcome.output[..], 500u32.to_le_bytes()[..]);
    // a cold slot, and 59673 ink of going there: 119 gas of 500 ink
    let ink = (2_450 + 1 + 3_800 + 8_400)
        + (2_450 + 825 + 2 + 3_800 + 18_480 + (2_100 + 119) * 500)
        + (2_450 + 2 + 3_800 + 8_400 + 2 * 16_381)
        + 2_452;
    assert_eq!(GAS * 500 - outcome.ink_left, ink);
}

#[test]
fn what_a_bad_pointer_to_storage_costs() {
    let mut host = TestHost::default();
    let base = 2_450 + 2 + 3_800 + 18_480;
    // the key: only the base
    let bad_key = "i32.const 131072 i32.const 0 call $storage_load_bytes32";
    assert_eq!(fails(&mut host, bad_key), base);
    assert!(host.loads.is_empty());
    // the destination: the slot too
    let bad_dest = "i32.const 0 i32.const 131072 call $storage_load_bytes32";
    assert_eq!(fails(&mut host, bad_dest), base + 21_050_000);
    let bad_value = "i32.const 0 i32.const 131041 call $storage_cache_bytes32";
    assert_eq!(fails(&mut host, bad_value), base);
}

#[test]
fn transient_storage() {
    let mut host = TestHost::default();
    let rest = data(VALUE, word(5).as_slice());
    let store = format!("i32.const {KEY} i32.const {VALUE} call $transient_store_bytes32");
    assert_eq!(hostio(&mut host, &rest, &store, 2), 78_153 + 1_000_000);
    let load = format!("i32.const {KEY} i32.const 64 call $transient_load_bytes32");
    assert_eq!(hostio(&mut host, "", &load, 2), 78_153 + 1_000_000);
    assert_eq!(result(&mut host, "", &load, 64, 32)[..], word(5)[..]);
    // everything is paid before a pointer is looked at
    let bad = "i32.const 131072 i32.const 0 call $transient_load_bytes32";
    assert_eq!(
        fails(&mut host, bad),
        2_450 + 2 + 3_800 + 78_153 + 1_000_000
    );
    host.context.is_static = true;
    fails(&mut host, &store);
    assert_eq!(ending(&mut host, &load).0, RunStatus::Success);
}

/// Calls whose target is at 0, data at 32, value at 64; the length of what comes back goes to 96.
const CALL: &str = "i32.const 0 i32.const 32 i32.const 5 i32.const 64 i64.const 50000 i32.const 96 call $call_contract drop";

fn call_rest() -> String {
    data(0, &[0xaa; 20]) + &data(32, b"hello") + &data(64, word(3).as_slice())
}

#[test]
fn a_call_pays_its_data_and_what_it_used() {
    let call_outcome = CallOutcome {
        status: 0,
        gas_cost: 1_234,
        output: Bytes::from_static(b"answer"),
    };
    let mut host = TestHost {
        call_outcome,
        ..TestHost::default()
    };
    let ink = hostio(&mut host, &call_rest(), CALL, 6 + 9);
    assert_eq!(ink, 83_193 + 2 * 16_381 + 12_340_000);
    let call = &host.calls[0];
    assert_eq!(
        (call.kind, call.to),
        (CallKind::Call, Address::repeat_byte(0xaa))
    );
    assert_eq!(
        (&call.input[..], call.value),
        (&b"hello"[..], U256::from(3))
    );
    assert_eq!(call.gas_requested, 50_000);
    let left = GAS * 10_000 - (2_450 + 6 + 3_800) - 83_193 - 2 * 16_381;
    assert_eq!(call.gas_left, left / 10_000);
    // the length, little endian
    assert_eq!(
        result(&mut host, &call_rest(), CALL, 96, 4)[..],
        [6, 0, 0, 0]
    );
}

#[test]
fn a_call_asks_for_no_more_than_there_is() {
    let mut host = TestHost::default();
    let all = CALL.replace("50000", "-1");
    hostio(&mut host, &call_rest(), &all, 0);
    assert_eq!(host.calls[0].gas_requested, host.calls[0].gas_left);
}

#[test]
fn delegate_and_static_calls() {
    for (name, kind) in [
        ("delegate_call_contract", CallKind::Delegate),
        ("static_call_contract", CallKind::Static),
    ] {
        let mut host = TestHost::default();
        host.call_outcome.gas_cost = 100;
        let body = format!(
            "i32.const 0 i32.const 32 i32.const 33 i64.const 9 i32.const 96 call ${name} drop"
        );
        let ink = hostio(&mut host, &call_rest(), &body, 5 + 9);
        assert_eq!(ink, 83_193 + 2 * 16_436 + 1_000_000, "{name}");
        assert_eq!(
            (host.calls[0].kind, host.calls[0].value),
            (kind, U256::ZERO)
        );
        assert_eq!(host.calls[0].gas_requested, 9);
    }
}

#[test]
fn the_status_of_a_call_is_given_back() {
    let mut host = TestHost::default();
    host.call_outcome.status = 2;
    let body = format!("i32.const 128 {} i32.store", CALL.trim_end_matches("drop"));
    assert_eq!(
        result(&mut host, &call_rest(), &body, 128, 4)[..],
        [2, 0, 0, 0]
    );
}

#[test]
fn a_bad_return_length_pointer_calls_first() {
    let mut host = TestHost::default();
    host.call_outcome.gas_cost = 777;
    let body = CALL.replace("i32.const 96", "i32.const 131069");
    let ink = fails(&mut host, &body);
    assert_eq!(host.calls.len(), 1);
    assert_eq!(ink, 2_450 + 6 + 3_800 + 83_193 + 2 * 16_381 + 7_770_000);
    // a bad target, data or value does not
    for (good, bad) in [
        ("i32.const 0 i32.const 32", "i32.const 131060 i32.const 32"),
        ("i32.const 32 i32.const 5", "i32.const 131070 i32.const 5"),
        ("i32.const 64", "i32.const 131050"),
    ] {
        assert_eq!(
            fails(&mut host, &CALL.replace(good, bad)),
            2_450 + 6 + 3_800 + 83_193 + 2 * 16_381
        );
    }
    assert_eq!(host.calls.len(), 1);
}

#[test]
fn a_call_that_takes_more_than_there_is_runs_out() {
    let mut host = TestHost::default();
    host.call_outcome.gas_cost = GAS;
    assert_eq!(ending(&mut host, CALL).0, RunStatus::OutOfInk);
}

#[test]
fn creations() {
    let created = CreateOutcome {
        address: Address::repeat_byte(0xcc),
        gas_cost: 32_000,
        output: Bytes::new(),
        failed_frame: false,
    };
    let rest =
        data(0, &[0x60, 0x00]) + &data(32, word(1).as_slice()) + &data(64, word(2).as_slice());
    let create1 = "i32.const 0 i32.const 2 i32.const 32 i32.const 128 i32.const 160 call $create1";
    let create2 = "i32.const 0 i32.const 2 i32.const 32 i32.const 64 i32.const 128 i32.const 160 call $create2";
    let mut host = TestHost {
        create_outcome: Some(created.clone()),
        ..TestHost::default()
    };
    assert_eq!(
        hostio(&mut host, &rest, create1, 5),
        83_193 + 2 * 16_381 + 320_000_000
    );
    assert_eq!(
        hostio(&mut host, &rest, create2, 6),
        88_233 + 2 * 16_381 + 320_000_000
    );
    let [one, two] = &host.creates[..] else {
        panic!()
    };
    assert_eq!(
        (&one.code[..], one.value, one.salt),
        (&[0x60, 0][..], U256::from(1), None)
    );
    assert_eq!(two.salt, Some(word(2)));
    let left = GAS * 10_000 - (2_450 + 5 + 3_800) - 83_193 - 2 * 16_381;
    assert_eq!(one.gas_left, left / 10_000);
    assert_eq!(result(&mut host, &rest, create1, 128, 20)[..], [0xcc; 20]);

    // a revert's data can be read, its length is written
    host.create_outcome = Some(CreateOutcome {
        address: Address::ZERO,
        output: Bytes::from_static(b"why"),
        ..created
    });
    assert_eq!(result(&mut host, &rest, create1, 160, 4)[..], [3, 0, 0, 0]);

    // refused: nothing is charged for it
    host.create_outcome = Some(CreateOutcome {
        failed_frame: true,
        ..created
    });
    assert_eq!(
        fails(&mut host, create1),
        2_450 + 5 + 3_800 + 83_193 + 2 * 16_381
    );
}

#[test]
fn return_data_is_paid_by_what_can_be_written() {
    let mut host = TestHost::default();
    host.call_outcome.output = Bytes::from(vec![7; 100]);
    // CALL alone and with a read
    let read = |host: &mut TestHost, offset: u32, size: u32| {
        let body = format!(
            "{CALL} i32.const 256 i32.const {offset} i32.const {} call $read_return_data drop",
            size as i32
        );
        let with = ink_on(host, &program(&call_rest(), &format!("{body} i32.const 0")));
        let without = ink_on(host, &program(&call_rest(), &format!("{CALL} i32.const 0")));
        with - without - (2_450 + 3 + 3_800 + 9)
    };
    assert_eq!(read(&mut host, 0, 32), 68_073 + 5_040);
    assert_eq!(read(&mut host, 0, 100), 68_073 + 5_040 + 30 * 68);
    assert_eq!(read(&mut host, 50, 100), 68_073 + 5_040 + 30 * 18);
    assert_eq!(read(&mut host, 100, 100), 68_073 + 5_040);
    assert_eq!(read(&mut host, 0, u32::MAX), 68_073 + 5_040 + 30 * 68);
    // how much was written
    let body = format!(
        "{CALL} i32.const 128 i32.const 256 i32.const 90 i32.const 50 call $read_return_data i32.store"
    );
    assert_eq!(
        result(&mut host, &call_rest(), &body, 128, 4)[..],
        [10, 0, 0, 0]
    );
    assert_eq!(
        result(&mut host, &call_rest(), &body, 256, 11)[..],
        [7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0]
    );
}

#[test]
fn without_a_call_there_is_no_return_data() {
    let body = "i32.const 131073 i32.const 0 i32.const 8 call $read_return_data drop";
    let mut host = TestHost::default();
    // even at a bad pointer: nothing is written
    assert_eq!(hostio(&mut host, "", body, 3 + 9), 68_073 + 5_040);
    assert_eq!(plain("return_data_size", &[], true), 8_400);
    let body = "i32.const 0 call $return_data_size i32.store";
    assert_eq!(result(&mut host, "", body, 0, 4)[..], [0; 4]);
    host.call_outcome.output = Bytes::from(vec![7; 100]);
    let body = format!("{CALL} {body}");
    assert_eq!(
        result(&mut host, &call_rest(), &body, 0, 4)[..],
        [100, 0, 0, 0]
    );
}

#[test]
fn logs() {
    let mut host = TestHost::default();
    // one topic and 10 bytes: read 42, gas 2*375 + 80
    assert_eq!(
        on(&mut host, "emit_log", &[0, 42, 1], false),
        68_073 + 16_381 + 55 * 10 + 8_300_000
    );
    assert_eq!(
        on(&mut host, "emit_log", &[0, 0, 0], false),
        68_073 + 16_381 + 3_750_000
    );
    assert_eq!(
        on(&mut host, "emit_log", &[0, 128, 4], false),
        68_073 + 16_381 + 55 * 96 + 18_750_000
    );
    assert_eq!(host.logs[0].0.len(), 1);
    assert_eq!(host.logs[0].1.len(), 10);
    assert_eq!((host.logs[2].0.len(), host.logs[2].1.len()), (4, 0));

    // too many topics, or too little for them: the base only
    let base = 2_450 + 3 + 3_800 + 68_073;
    for args in [
        "i32.const 0 i32.const 160 i32.const 5",
        "i32.const 0 i32.const 31 i32.const 1",
    ] {
        assert_eq!(fails(&mut host, &format!("{args} call $emit_log")), base);
    }
    // a bad pointer pays everything
    let bad = "i32.const 131072 i32.const 42 i32.const 1 call $emit_log";
    assert_eq!(fails(&mut host, bad), base + 16_381 + 550 + 8_300_000);
    host.context.is_static = true;
    fails(
        &mut host,
        "i32.const 0 i32.const 42 i32.const 1 call $emit_log",
    );
}

#[test]
fn balances_and_code_hashes() {
    let mut host = TestHost {
        account_gas: 2_600,
        ..TestHost::default()
    };
    host.balances.insert(Address::ZERO, U256::from(77));
    for name in ["account_balance", "account_codehash"] {
        assert_eq!(
            on(&mut host, name, &[0, 64], false),
            78_153 + 26_000_000,
            "{name}"
        );
        let base = 2_450 + 2 + 3_800 + 78_153;
        // a bad address pays the base, a bad destination the account
        let body = format!("i32.const 131053 i32.const 0 call ${name}");
        assert_eq!(fails(&mut host, &body), base, "{name}");
        let body = format!("i32.const 0 i32.const 131041 call ${name}");
        assert_eq!(fails(&mut host, &body), base + 26_000_000, "{name}");
        // 2600 must be there even where the account is warm
        host.account_gas = 100;
        let body = format!("i32.const 0 i32.const 0 call ${name}");
        let spare = with_spare(&mut host, &body, base, 2_600);
        assert_eq!(spare, [RunStatus::OutOfInk, RunStatus::Success], "{name}");
        host.account_gas = 2_600;
    }
    let body = "i32.const 0 i32.const 64 call $account_balance";
    assert_eq!(result(&mut host, "", body, 64, 32)[..], word(77)[..]);
    let body = "i32.const 0 i32.const 64 call $account_codehash";
    assert_eq!(result(&mut host, "", body, 64, 32)[..], [0xcd; 32]);
}

#[test]
fn code_is_paid_for_whole() {
    let mut host = TestHost {
        account_gas: 2_600,
        ..TestHost::default()
    };
    host.codes.insert(Address::ZERO, Bytes::from(vec![1; 100]));
    let written = 5_040 + 30 * 68;
    // 700 more than the account; ten bytes are asked for, a hundred are paid
    assert_eq!(
        on(&mut host, "account_code", &[0, 0, 10, 64], true),
        68_073 + 33_000_000 + written
    );
    assert_eq!(
        on(&mut host, "account_code_size", &[0], true),
        68_073 + 33_000_000
    );
    let before = GAS * 10_000 - (2_450 + 4 + 3_800) - 68_073;
    assert_eq!(host.code_asks[0], (Address::ZERO, before / 10_000));
    // beyond the end nothing is written, but the place must exist
    let body = "i32.const 128 i32.const 0 i32.const 95 i32.const 10 i32.const 64 call $account_code i32.store";
    assert_eq!(result(&mut host, "", body, 128, 4)[..], [5, 0, 0, 0]);
    let bad = "i32.const 0 i32.const 200 i32.const 10 i32.const 131073 call $account_code drop";
    assert_eq!(
        fails(&mut host, bad),
        2_450 + 4 + 3_800 + 68_073 + 33_000_000 + written
    );
}

#[test]
fn the_last_code_is_remembered_unless_empty() {
    let mut host = TestHost {
        account_gas: 2_600,
        ..TestHost::default()
    };
    host.codes
        .insert(Address::repeat_byte(0xaa), Bytes::from(vec![1; 100]));
    let rest = data(0, &[0xaa; 20]);
    let asks = |host: &mut TestHost, addresses: &[u32]| {
        host.code_asks.clear();
        let body: String = addresses
            .iter()
            .map(|at| format!("i32.const {at} call $account_code_size drop "))
            .collect();
        ink_on(host, &program(&rest, &(body + "i32.const 0")));
        host.code_asks.len()
    };
    assert_eq!(asks(&mut host, &[0, 0, 0]), 1);
    assert_eq!(asks(&mut host, &[64, 64]), 2, "no code, not remembered");
    assert_eq!(
        asks(&mut host, &[0, 64, 0]),
        2,
        "an empty account does not displace it"
    );
    // size and code share it
    host.code_asks.clear();
    let body = "i32.const 0 call $account_code_size drop
        i32.const 0 i32.const 0 i32.const 1 i32.const 64 call $account_code drop i32.const 0";
    ink_on(&mut host, &program(&rest, body));
    assert_eq!(host.code_asks.len(), 1);
}

#[test]
fn arithmetic_on_words() {
    let max = U256::MAX;
    let n = |x: u64| U256::from(x);
    // pow: 3000 + 17500 * (33 - leading zero bytes)
    for (name, numbers, expected, ink) in [
        ("math_div", vec![n(7), n(2)], n(3), 43_520),
        ("math_div", vec![n(7), n(0)], n(0), 43_520),
        ("math_mod", vec![n(7), n(4)], n(3), 43_520),
        ("math_mod", vec![n(7), n(0)], n(0), 43_520),
        (
            "math_pow",
            vec![n(3), n(5)],
            n(243),
            23_520 + 3_000 + 17_500 * 2,
        ),
        ("math_pow", vec![n(0), n(0)], n(1), 23_520 + 3_000 + 17_500),
        (
            "math_pow",
            vec![n(2), n(256)],
            n(0),
            23_520 + 3_000 + 17_500 * 3,
        ),
        (
            "math_pow",
            vec![max, max],
            max,
            23_520 + 3_000 + 17_500 * 33,
        ),
        ("math_add_mod", vec![max, max, n(10)], n(0), 49_560),
        ("math_add_mod", vec![max, n(1), n(0)], n(0), 49_560),
        ("math_mul_mod", vec![max, max, n(12)], n(9), 52_660),
        ("math_mul_mod", vec![n(2), n(3), n(0)], n(0), 52_660),
    ] {
        let rest: String = numbers
            .iter()
            .enumerate()
            .map(|(i, x)| data(32 * i as u32, &x.to_be_bytes::<32>()))
            .collect();
        let args: String = (0..numbers.len())
            .map(|i| format!("i32.const {} ", 32 * i))
            .collect();
        let body = format!("{args} call ${name}");
        let mut host = TestHost::default();
        assert_eq!(
            hostio(&mut host, &rest, &body, numbers.len() as u64),
            ink,
            "{name} {numbers:?}"
        );
        let out = result(&mut host, &rest, &body, 0, 32);
        assert_eq!(U256::from_be_slice(&out), expected, "{name} {numbers:?}");
    }
    // (2^256 - 1)^2 mod 12: 2^256 = 4 mod 12, 3^2 = 9; (2^256-1)*2 mod 10 = 5 + 5 = 0
    let bad = "i32.const 131041 i32.const 0 call $math_div";
    assert_eq!(
        fails(&mut TestHost::default(), bad),
        2_450 + 2 + 3_800 + 43_520
    );
    let bad = "i32.const 0 i32.const 131041 call $math_pow";
    assert_eq!(
        fails(&mut TestHost::default(), bad),
        2_450 + 2 + 3_800 + 23_520
    );
}

#[test]
fn hashes() {
    for (len, cost) in [
        (0, 121_800),
        (64, 121_800),
        (65, 142_800),
        (96, 142_800),
        (1_000, 121_800 + 30 * 21_000),
    ] {
        assert_eq!(
            plain("native_keccak256", &[0, len, 64], false),
            cost,
            "{len}"
        );
    }
    let rest = data(0, b"plimsoll");
    let body = "i32.const 0 i32.const 8 i32.const 64 call $native_keccak256";
    let out = result(&mut TestHost::default(), &rest, body, 64, 32);
    assert_eq!(out[..], keccak256(b"plimsoll")[..]);
    let bad = "i32.const 0 i32.const 8 i32.const 131041 call $native_keccak256";
    assert_eq!(
        fails(&mut TestHost::default(), bad),
        2_450 + 3 + 3_800 + 121_800
    );
}

#[test]
fn a_tracer_hears_of_everything() {
    let mut host = TestHost {
        tracing: true,
        ..TestHost::default()
    };
    host.storage.insert(B256::ZERO, word(9));
    let body = "i32.const 0 call $read_args
        i32.const 32 i32.const 64 call $storage_load_bytes32
        i32.const 64 i32.const 32 call $write_result
        i32.const 0";
    let outcome = run_on(&mut host, &program("", body), b"abc", GAS);
    let all = GAS * 10_000;
    let names: Vec<&str> = host.traces.iter().map(|x| x.0.as_str()).collect();
    assert_eq!(
        names,
        [
            "user_entrypoint",
            "read_args",
            "storage_load_bytes32",
            "write_result",
            "user_returned"
        ]
    );
    let [entry, args, load, write, end] = &host.traces[..] else {
        panic!()
    };
    assert_eq!(
        (&entry.1[..], entry.3, entry.4),
        (&[0, 0, 0, 3][..], all, all)
    );
    assert_eq!((&args.1[..], &args.2[..]), (&[][..], &b"abc"[..]));
    assert_eq!((args.3, args.4), (all - 6_251, all - 6_251 - 13_440));
    assert_eq!((&load.1[..], &load.2[..]), (&word(0)[..], &word(9)[..]));
    assert_eq!((&write.1[..], &write.2[..]), (&word(9)[..], &[][..]));
    assert_eq!((&end.2[..], end.3), (&[0; 4][..], all));
    assert_eq!(outcome.output[..], word(9)[..]);
    // listening changes nothing
    host.tracing = false;
    host.warm.clear();
    assert_eq!(run_on(&mut host, &program("", body), b"abc", GAS), outcome);
}

#[test]
fn a_tracer_hears_of_calls() {
    let mut host = TestHost {
        tracing: true,
        ..TestHost::default()
    };
    host.call_outcome.output = Bytes::from_static(b"12345");
    ink_on(
        &mut host,
        &program(&call_rest(), &format!("{CALL} i32.const 0")),
    );
    let call = &host.traces[1];
    assert_eq!(call.0, "call_contract");
    let args = [
        &[0xaa; 20][..],
        &50_000u64.to_be_bytes(),
        &word(3)[..],
        b"hello",
    ]
    .concat();
    assert_eq!(
        (&call.1[..], &call.2[..]),
        (&args[..], &[0, 0, 0, 5, 0][..])
    );
}
