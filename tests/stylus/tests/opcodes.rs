//! What opcodes cost, and where basic blocks are cut. Every figure is worked out by hand from the
//! table of prices.

mod common;

use common::{GAS, TestHost, ink, program, run, run_at, run_on, used, with_memory};
use plimsoll_stylus::{RunStatus, StylusParams};

/// Ink of `body` beyond an entry point that only returns 0: header 2450, const 1, end 1.
fn extra(body: &str) -> u64 {
    extra_with("", body)
}

fn extra_with(rest: &str, body: &str) -> u64 {
    ink(&program(rest, &format!("{body} i32.const 0"))) - 2_452
}

#[test]
fn an_entry_point_that_returns_zero() {
    assert_eq!(ink(&program("", "i32.const 0")), 2_452);
}

#[test]
fn opcodes_without_a_block_of_their_own() {
    for (body, cost) in [
        ("nop", 1),
        ("i32.const 7 drop", 1 + 9),
        ("i64.const 7 drop", 1 + 9),
        ("local.get 0 drop", 75 + 9),
        ("local.get 0 local.set 0", 75 + 210),
        ("local.get 0 local.tee 0 drop", 75 + 75 + 9),
        ("global.get $g drop", 225 + 9),
        ("i32.const 1 global.set $g", 1 + 575),
        (
            "i32.const 1 i32.const 2 i32.const 3 select drop",
            3 + 1_250 + 9,
        ),
        ("memory.size drop", 3_000 + 9),
        (
            "i32.const 0 i32.const 0 i32.const 100 memory.copy",
            3 + 950 + 100 * 100,
        ),
        (
            "i32.const 0 i32.const 0 i32.const 100 memory.fill",
            3 + 950 + 100 * 100,
        ),
        ("i32.const 0 i32.const 0 i32.const 0 memory.fill", 3 + 950),
    ] {
        assert_eq!(
            extra_with("(global $g (mut i32) (i32.const 0))", body),
            cost,
            "{body}"
        );
    }
}

#[test]
fn loads_and_stores() {
    for op in ["load", "load8_s", "load8_u", "load16_s", "load16_u"] {
        assert_eq!(
            extra(&format!("i32.const 0 i32.{op} drop")),
            1 + 670 + 9,
            "i32.{op}"
        );
        assert_eq!(
            extra(&format!("i32.const 0 i64.{op} drop")),
            1 + 680 + 9,
            "i64.{op}"
        );
    }
    for op in ["load32_s", "load32_u"] {
        assert_eq!(
            extra(&format!("i32.const 0 i64.{op} drop")),
            1 + 680 + 9,
            "i64.{op}"
        );
    }
    for op in ["store", "store8", "store16"] {
        assert_eq!(
            extra(&format!("i32.const 0 i32.const 1 i32.{op}")),
            2 + 825,
            "i32.{op}"
        );
        assert_eq!(
            extra(&format!("i32.const 0 i64.const 1 i64.{op}")),
            2 + 950,
            "i64.{op}"
        );
    }
    assert_eq!(extra("i32.const 0 i64.const 1 i64.store32"), 2 + 950);
}

#[test]
fn comparisons() {
    for op in [
        "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u",
    ] {
        for (ty, cost) in [("i32", 170), ("i64", 225)] {
            let body = format!("{ty}.const 1 {ty}.const 2 {ty}.{op} drop");
            assert_eq!(extra(&body), 2 + cost + 9, "{body}");
        }
    }
    assert_eq!(extra("i32.const 1 i32.eqz drop"), 1 + 170 + 9);
    assert_eq!(extra("i64.const 1 i64.eqz drop"), 1 + 225 + 9);
}

#[test]
fn arithmetic() {
    for op in [
        "add", "sub", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr",
    ] {
        for (ty, cost) in [("i32", 70), ("i64", 100)] {
            let body = format!("{ty}.const 1 {ty}.const 2 {ty}.{op} drop");
            assert_eq!(extra(&body), 2 + cost + 9, "{body}");
        }
    }
    for op in ["div_s", "div_u", "rem_s", "rem_u"] {
        for (ty, cost) in [("i32", 1_120), ("i64", 1_270)] {
            let body = format!("{ty}.const 1 {ty}.const 2 {ty}.{op} drop");
            assert_eq!(extra(&body), 2 + cost + 9, "{body}");
        }
    }
    assert_eq!(extra("i32.const 1 i32.const 2 i32.mul drop"), 2 + 160 + 9);
    assert_eq!(extra("i64.const 1 i64.const 2 i64.mul drop"), 2 + 160 + 9);
    for op in ["i32.clz", "i32.ctz", "i64.clz", "i64.ctz"] {
        let ty = &op[..3];
        assert_eq!(
            extra(&format!("{ty}.const 1 {op} drop")),
            1 + 210 + 9,
            "{op}"
        );
    }
    assert_eq!(extra("i32.const 1 i32.popcnt drop"), 1 + 2_650 + 9);
    assert_eq!(extra("i64.const 1 i64.popcnt drop"), 1 + 6_000 + 9);
}

#[test]
fn conversions() {
    for op in [
        "i64.extend_i32_s",
        "i64.extend_i32_u",
        "i32.extend8_s",
        "i32.extend16_s",
    ] {
        assert_eq!(
            extra(&format!("i32.const 1 {op} drop")),
            1 + 100 + 9,
            "{op}"
        );
    }
    for op in [
        "i32.wrap_i64",
        "i64.extend8_s",
        "i64.extend16_s",
        "i64.extend32_s",
    ] {
        assert_eq!(
            extra(&format!("i64.const 1 {op} drop")),
            1 + 100 + 9,
            "{op}"
        );
    }
}

#[test]
fn a_block_goes_on_until_its_end() {
    // `block` ends nothing, its `end` does: one more header. block 1, end 1
    assert_eq!(extra("(block)"), 1 + 1 + 2_450);
    assert_eq!(extra("(block (block))"), 4 + 2 * 2_450);
    assert_eq!(
        extra("(block (result i32) i32.const 1) drop"),
        1 + 1 + 1 + 2_450 + 9
    );
}

#[test]
fn a_loop_cuts_at_both_ends() {
    // ... loop | end | rest: the block before takes in `loop`, the body takes in its `end`
    assert_eq!(extra("(loop)"), 1 + (2_450 + 1) + 2_450);
    assert_eq!(extra("(loop nop)"), 1 + (2_450 + 2) + 2_450);
}

#[test]
fn an_if_cuts_at_if_else_and_end() {
    // if 765 | then-branch: const? none, else 1 | end 1 | rest
    let with_else = |cond: u32, body: &str| {
        extra(&format!(
            "i32.const {cond} (if (then {body}) (else nop nop))"
        ))
    };
    // taken: const 1 + if 765 (first header is the entry's) | nop 1 + else 1 | rest
    // the else-branch's block (nop nop end) is jumped over, the rest has a header
    assert_eq!(with_else(1, "nop"), 1 + 765 + (2_450 + 1 + 1) + 2_450);
    // not taken: const 1 + if 765 | nop 1 nop 1 end 1 | rest
    assert_eq!(with_else(0, "nop"), 1 + 765 + (2_450 + 3) + 2_450);
    // without else
    assert_eq!(
        extra("i32.const 1 (if (then nop))"),
        1 + 765 + (2_450 + 1 + 1) + 2_450
    );
    assert_eq!(extra("i32.const 0 (if (then nop))"), 1 + 765 + 2_450);
}

#[test]
fn branches_cut_whether_taken_or_not() {
    // block 1, br 765 | (nop end: dead) | rest
    assert_eq!(extra("(block br 0 nop)"), 1 + 765 + 2_450);
    // taken: block 1 const 1 br_if 765 | rest
    assert_eq!(
        extra("(block i32.const 1 br_if 0 nop)"),
        1 + 1 + 765 + 2_450
    );
    // not taken: ... | nop 1 end 1 | rest
    assert_eq!(
        extra("(block i32.const 0 br_if 0 nop)"),
        1 + 1 + 765 + (2_450 + 2) + 2_450
    );
}

#[test]
fn a_branch_table_pays_for_its_targets_but_the_default() {
    // block 1 const 1 br_table 2400 + 325 * 2 | rest
    assert_eq!(
        extra("(block i32.const 0 br_table 0 0 0)"),
        1 + 1 + 2_400 + 650 + 2_450
    );
    assert_eq!(
        extra("(block i32.const 9 br_table 0)"),
        1 + 1 + 2_400 + 2_450
    );
}

#[test]
fn a_return_leaves_the_rest_unpaid() {
    // const 1 return 1, header 2450; the nops and the end are dead
    assert_eq!(
        ink(&program("", "i32.const 0 return nop nop")),
        2_450 + 1 + 1
    );
}

#[test]
fn dead_code_after_unreachable_is_paid_for() {
    let dead = run(&program("", "unreachable nop nop nop"));
    assert!(matches!(dead.status, RunStatus::Failure(_)));
    // unreachable 1, nops 3, end 1
    assert_eq!(used(&dead), 2_450 + 5);
}

#[test]
fn calls() {
    // call 3800 | callee: end 1 | rest
    assert_eq!(
        extra_with("(func $f)", "call $f"),
        3_800 + (2_450 + 1) + 2_450
    );
    // a call of an import cuts too
    assert_eq!(
        extra("call $return_data_size drop"),
        3_800 + 8_400 + 2_450 + 9
    );
}

#[test]
fn indirect_calls_pay_for_their_parameters() {
    let rest = r#"
        (type $t0 (func)) (type $t3 (func (param i32 i64 i32)))
        (table 2 2 funcref) (elem (i32.const 0) $f0 $f3)
        (func $f0 (type $t0)) (func $f3 (type $t3))"#;
    assert_eq!(
        extra_with(rest, "i32.const 0 call_indirect (type $t0)"),
        1 + 13_610 + (2_450 + 1) + 2_450
    );
    assert_eq!(
        extra_with(
            rest,
            "i32.const 1 i64.const 2 i32.const 3 i32.const 1 call_indirect (type $t3)"
        ),
        4 + 13_610 + 3 * 650 + (2_450 + 1) + 2_450
    );
}

#[test]
fn every_turn_of_a_loop_pays() {
    // before: const 1 local.set 210 loop 1; a turn: get 75 const 1 sub 70 tee 75 br_if 765;
    // end 1 as a block; rest with a header
    let body =
        "i32.const 10 local.set 0 (loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0)";
    let turn = 2_450 + 75 + 1 + 70 + 75 + 765;
    // the loop's `end`, then const 0 end: one block, since only `end` ends it
    assert_eq!(extra(body), 1 + 210 + 1 + 10 * turn + (2_450 + 1) + 2_450);
}

#[test]
fn a_block_is_paid_for_before_it_runs() {
    // traps at the division, in the middle of a block: the whole block is paid for
    let wat = program("", "i32.const 1 i32.const 0 i32.div_s i32.popcnt");
    let outcome = run(&wat);
    assert!(matches!(outcome.status, RunStatus::Failure(_)));
    assert_eq!(used(&outcome), 2_450 + 2 + 1_120 + 2_650 + 1);
    assert!(outcome.output.is_empty());
}

#[test]
fn floats_that_move_bits_are_accepted_and_cannot_be_paid() {
    for body in [
        "f32.const 1 drop",
        "f64.const 1 drop",
        "i32.const 0 f32.load drop",
        "i32.const 0 f64.const 0 f64.store",
        "i32.const 0 f32.reinterpret_i32 drop",
    ] {
        let wat = program("", &format!("{body} i32.const 0"));
        assert_eq!(run(&wat).status, RunStatus::OutOfInk, "{body}");
    }
    // not reached, not paid
    let wat = program("", "i32.const 0 (if (then f32.const 1 drop)) i32.const 0");
    assert_eq!(ink(&wat), 2_450 + 1 + 765 + 2_450 + 2);
}

#[test]
fn the_last_ink_is_worth_as_much_as_any() {
    let wat = program("", "i32.const 0");
    // 2452 ink: one gas has 10000
    let host = &mut TestHost::default();
    let outcome = run_on(host, &wat, &[], 1);
    assert_eq!(
        (outcome.status, outcome.ink_left),
        (RunStatus::Success, 10_000 - 2_452)
    );
    assert_eq!(outcome.gas_left, 0, "part of a gas is lost");
    let outcome = run_on(host, &wat, &[], 0);
    assert_eq!((outcome.status, outcome.ink_left), (RunStatus::OutOfInk, 0));
}

#[test]
fn out_of_ink_takes_all() {
    let wat = program("", "(loop br 0) i32.const 0");
    let outcome = run(&wat);
    assert_eq!(outcome.status, RunStatus::OutOfInk);
    assert_eq!((outcome.ink_left, outcome.gas_left), (0, 0));
    assert_eq!(used(&outcome), GAS * 10_000);
}

#[test]
fn bulk_operations_pay_for_all_bytes_before_they_trap() {
    // 131072 bytes of memory; one byte more than there is
    let wat = program(
        "",
        "i32.const 0 i32.const 0 i32.const 131073 memory.fill i32.const 0",
    );
    let outcome = run(&wat);
    assert!(
        matches!(outcome.status, RunStatus::Failure(_)),
        "{:?}",
        outcome.status
    );
    assert_eq!(used(&outcome), 2_450 + 3 + 950 + 1 + 1 + 100 * 131_073);
    // 4 GiB less one byte cost 429,496,729,500 ink, more than there is
    let wat = program(
        "",
        "i32.const 0 i32.const 0 i32.const -1 memory.copy i32.const 0",
    );
    assert_eq!(run(&wat).status, RunStatus::OutOfInk);
}

#[test]
fn multi_value_blocks_cost_as_others() {
    let body = "i32.const 1 (block (param i32) (result i32 i32) i32.const 2) drop drop";
    let wat = program("", &format!("{body} i32.const 0"));
    // below Stylus version 3 only
    let outcome = run_at(
        &StylusParams::arbos(51),
        &mut TestHost::default(),
        &wat,
        &[],
        GAS,
    );
    assert_eq!(outcome.status, RunStatus::Success);
    assert_eq!(used(&outcome), 2_452 + 1 + 1 + 1 + 1 + 2_450 + 9 + 9);
}

#[test]
fn inserted_code_is_free() {
    // a module that must pay for pages: the call to do so costs nothing by itself
    let wat = with_memory("0", "", "i32.const 0 memory.grow drop i32.const 0");
    // const 1 grow 8050 drop 9 const 1 end 1; no page: 8400
    assert_eq!(ink(&wat), 2_450 + 1 + 8_050 + 9 + 1 + 1 + 8_400);
}
