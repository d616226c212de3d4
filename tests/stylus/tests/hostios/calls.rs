//! Calls and creations.

use super::*;

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
