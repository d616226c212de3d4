//! Input, results and the end of a frame.

use super::*;

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
