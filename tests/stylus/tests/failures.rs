//! How programs end otherwise than well: traps, the checked stack, and calls within calls.

mod common;

use std::{cell::RefCell, rc::Rc};

use alloy_primitives::Bytes;
use common::*;
use plimsoll_stylus::{Module, RunStatus, StylusParams, host::CallOutcome};

fn status(rest: &str, body: &str) -> RunStatus {
    run(&program(rest, body)).status
}

#[test]
fn traps_revert_without_data_and_keep_the_gas() {
    let rest = "(type $t (func (param i32))) (table 2 2 funcref) (elem (i32.const 0) $f)
        (func $f) (data (i32.const 0) \"lost\")";
    for (body, why) in [
        ("unreachable", "unreachable"),
        ("i32.const 1 i32.const 0 i32.div_u", "zero"),
        ("i64.const 1 i64.const 0 i64.rem_s i32.wrap_i64", "zero"),
        ("i32.const 0x80000000 i32.const -1 i32.div_s", "overflow"),
        ("i32.const 131072 i32.load8_u", "out of bounds"),
        ("i32.const -1 i32.load8_u", "out of bounds"),
        ("i32.const 0 i32.load offset=4294967295", "out of bounds"),
        (
            "i32.const 131069 i32.const 1 i32.store i32.const 0",
            "out of bounds",
        ),
        (
            "i32.const 5 i32.const 0 call_indirect (type $t) i32.const 0",
            "type",
        ),
        (
            "i32.const 5 i32.const 1 call_indirect (type $t) i32.const 0",
            "",
        ),
        (
            "i32.const 5 i32.const 9 call_indirect (type $t) i32.const 0",
            "",
        ),
    ] {
        let wat = program(
            rest,
            &format!("i32.const 0 i32.const 4 call $write_result {body}"),
        );
        let outcome = run(&wat);
        let RunStatus::Failure(reason) = &outcome.status else {
            panic!("{body}: {:?}", outcome.status)
        };
        assert!(reason.contains(why), "{body}: {reason}");
        assert!(outcome.output.is_empty(), "{body}");
        assert!(outcome.gas_left > GAS - 100, "{body}");
    }
}

#[test]
fn remainders_that_divisions_would_overflow() {
    assert_eq!(
        status("", "i32.const 0x80000000 i32.const -1 i32.rem_s"),
        RunStatus::Success,
        "the remainder is zero"
    );
}

/// A function that calls itself `n` times more. Its frame: 2 values the meter needs, no locals,
/// and 4: 6 words. The entry's is the same.
const RECURSE: &str =
    "(func $f (param i32) local.get 0 (if (then local.get 0 i32.const 1 i32.sub call $f)))";

#[test]
fn the_stack_has_22000_words() {
    // frame k needs 22000 - 6 * (k - 1) > 6, so 3666 frames fit: the entry's and n + 1 more
    assert_eq!(
        status(RECURSE, "i32.const 3664 call $f i32.const 0"),
        RunStatus::Success
    );
    let outcome = run(&program(RECURSE, "i32.const 3665 call $f i32.const 0"));
    assert_eq!(outcome.status, RunStatus::OutOfStack);
    assert_eq!((outcome.ink_left, outcome.gas_left), (0, 0));
    assert!(outcome.output.is_empty());
}

#[test]
fn the_stack_had_262144_words_before_arbos_50() {
    // 262144 > 6 * k: 43690 frames
    let module = compile(&program(RECURSE, "local.get $len call $f i32.const 0"));
    let params = StylusParams::arbos(40);
    let host = &mut TestHost::default();
    assert_eq!(params.max_stack_depth, 262_144);
    let deep =
        |host: &mut TestHost, n: usize| module.run(host, &params, &vec![0; n], 10 * GAS).status;
    assert_eq!(deep(host, 43_688), RunStatus::Success);
    assert_eq!(deep(host, 43_689), RunStatus::OutOfStack);
}

#[test]
fn frames_are_given_back() {
    let body = "(loop i32.const 100 call $f
        local.get 0 i32.const 1 i32.add local.tee 0 i32.const 100 i32.lt_u br_if 0) i32.const 0";
    assert_eq!(status(RECURSE, body), RunStatus::Success);
    // by a `return` as well
    let rest = "(func $g i32.const 1 (if (then return)) unreachable)";
    let body = "(loop call $g
        local.get 0 i32.const 1 i32.add local.tee 0 i32.const 10000 i32.lt_u br_if 0) i32.const 0";
    assert_eq!(status(rest, body), RunStatus::Success);
}

#[test]
fn a_branch_out_of_a_function_never_gives_its_frame_back() {
    // 6 words lost each time: 22000 - 6 > 6 * k + ... the entry's frame and 3665 calls fit
    let rest = "(func $g br 0)";
    let times = |n: u32| {
        format!(
            "(loop call $g local.get 0 i32.const 1 i32.add local.tee 0 i32.const {n} i32.lt_u br_if 0)
             i32.const 0"
        )
    };
    assert_eq!(status(rest, &times(3_665)), RunStatus::Success);
    assert_eq!(status(rest, &times(3_666)), RunStatus::OutOfStack);
}

/// Words of the frame of `func`, found by how often it can be entered without leaving.
fn frame(func: &str) -> u32 {
    let body = "(loop call $g local.get 0 i32.const 1 i32.add local.tee 0 br_if 0) i32.const 0";
    let module = compile(&program(func, body));
    // the entry needs 6; the callee runs where the rest is more than its frame
    let fits = |words: u32| {
        let params = StylusParams {
            max_stack_depth: words,
            ..StylusParams::default()
        };
        let outcome = module.run(&mut TestHost::default(), &params, &[255; 1], 1_000);
        outcome.status != RunStatus::OutOfStack
    };
    (7..20_000)
        .find(|words| fits(*words))
        .expect("some stack is enough")
        - 7
}

#[test]
fn a_frame_is_its_tallest_stack_its_locals_and_four() {
    for (func, words) in [
        // the meter's own code: 2
        ("(func $g unreachable)", 6),
        ("(func $g (local i32 i64 i32) unreachable)", 9),
        // parameters are not counted where they arrive but where they are pushed
        (
            "(func $g unreachable) (func $h (param i32 i32 i32 i32) unreachable)",
            6,
        ),
        (
            "(func $g i32.const 1 i32.const 2 i32.const 3 unreachable)",
            7,
        ),
        // a block of one's own, entered with 3 values: the meter's 2 on top
        (
            "(func $g i32.const 1 i32.const 2 i32.const 3 (block unreachable) unreachable)",
            9,
        ),
        // a result has its place from the start: 1, then 2 for the next block's meter
        (
            "(func $g (block (result i32) (block unreachable) unreachable) unreachable)",
            7,
        ),
        // the charge of a bulk operation: 4 over the two values below the length
        (
            "(func $g unreachable i32.const 0 i32.const 0 i32.const 0 memory.fill)",
            10,
        ),
        // dead code counts, and pops of nothing do not go below zero
        (
            "(func $g unreachable drop drop i32.const 1 i32.const 2 i32.const 3 unreachable)",
            7,
        ),
        // results of a call go on before its parameters come off
        (
            "(func $h (param i32 i32 i32) (result i32) unreachable)
             (func $g unreachable i32.const 1 i32.const 2 i32.const 3 call $h drop)",
            8,
        ),
        // select takes two off
        (
            "(func $g unreachable i32.const 1 i32.const 1 i32.const 1 select i32.const 1 i32.const 1 i32.const 1 unreachable)",
            8,
        ),
        // both arms of an if start alike
        (
            "(func $g unreachable i32.const 1 (if (result i32)
                (then i32.const 1 i32.const 1 unreachable)
                (else i32.const 1 i32.const 1 unreachable)) drop)",
            7,
        ),
    ] {
        assert_eq!(frame(func), words, "{func}");
    }
}

#[test]
fn a_frame_needs_one_word_more_than_it_takes() {
    let module = compile(&program("", "i32.const 0"));
    let with = |words| {
        let params = StylusParams {
            max_stack_depth: words,
            ..StylusParams::default()
        };
        module
            .run(&mut TestHost::default(), &params, &[], GAS)
            .status
    };
    assert_eq!(
        (with(6), with(7)),
        (RunStatus::OutOfStack, RunStatus::Success)
    );
    assert_eq!(with(0), RunStatus::OutOfStack);
    assert_eq!(with(u32::MAX), RunStatus::Success, "words are unsigned");
}

#[test]
fn the_ink_of_a_frame_is_checked_after_its_stack() {
    // neither is enough: the stack is looked at first
    let module = compile(&program("", "i32.const 0"));
    let params = StylusParams {
        max_stack_depth: 6,
        ..StylusParams::default()
    };
    let outcome = module.run(&mut TestHost::default(), &params, &[], 0);
    assert_eq!(outcome.status, RunStatus::OutOfStack);
}

/// A program that calls, passing its input on, and returns what it got.
const FORWARD: &str = "i32.const 1024 call $read_args
    i32.const 0 i32.const 1024 local.get $len i32.const 64 i64.const -1 i32.const 96 call $call_contract
    drop
    i32.const 2048 i32.const 0 i32.const 1000 call $read_return_data drop
    i32.const 2048 i32.const 96 i32.load call $write_result i32.const 0";

/// Runs `module` within itself, `depth` deep, and says how deep.
fn nested(module: Module, depth: u32) -> impl FnMut() -> plimsoll_stylus::RunOutcome {
    move || {
        fn go(
            module: &Module,
            left: u32,
            reached: &Rc<RefCell<u32>>,
        ) -> plimsoll_stylus::RunOutcome {
            *reached.borrow_mut() += 1;
            let mut host = TestHost::default();
            if left > 0 {
                let (module, reached) = (module.clone(), reached.clone());
                host.on_call = Some(Box::new(move |request| {
                    let inner = go(&module, left - 1, &reached);
                    CallOutcome {
                        status: 0,
                        gas_cost: request.gas_requested.min(10),
                        output: inner.output,
                    }
                }));
            } else {
                host.call_outcome.output = Bytes::from_static(b"bottom");
            }
            module.run(&mut host, &StylusParams::default(), b"in", GAS)
        }
        let reached = Rc::default();
        let outcome = go(&module, depth, &reached);
        assert_eq!(*reached.borrow(), depth + 1);
        outcome
    }
}

#[test]
fn a_program_may_be_entered_while_it_runs() {
    let outcome = nested(compile(&program("", FORWARD)), 3)();
    assert_eq!(outcome.status, RunStatus::Success);
    assert_eq!(outcome.output[..], b"bottom"[..]);
}

#[test]
fn programs_nest_as_deep_as_the_evm_lets_them() {
    let module = compile(&program("", FORWARD));
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    let outcome = thread
        .spawn(|| nested(module, 1_024)().output)
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(outcome[..], b"bottom"[..]);
}

#[test]
fn frames_have_caches_of_their_own() {
    // load, call, load, return: the second load is answered from the frame's own cache
    let body = "i32.const 0 i32.const 128 call $storage_load_bytes32
        i32.const 0 i32.const 32 i32.const 0 i32.const 64 i64.const -1 i32.const 96 call $call_contract drop
        i32.const 0 i32.const 128 call $storage_load_bytes32
        i32.const 128 i32.const 32 call $write_result i32.const 0";
    let mut host = TestHost::default();
    host.storage.insert(word(0), word(1));
    let outcome = run_on(&mut host, &program("", body), &[], GAS);
    assert_eq!(outcome.output[..], word(1)[..]);
    assert_eq!(host.loads.len(), 1);
}

#[test]
fn modules_may_be_shared_between_threads() {
    let module = compile(&program("", "i32.const 0"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let outcome =
                    module.run(&mut TestHost::default(), &StylusParams::default(), &[], 1);
                assert_eq!(outcome.ink_left, 10_000 - 2_452);
            });
        }
    });
}
