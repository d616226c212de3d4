//! Logs, and what is asked of accounts.

use super::*;

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
