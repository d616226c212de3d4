//! Arithmetic, hashes, and tracers.

use super::*;

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
