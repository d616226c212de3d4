//! What opcodes cost, and where basic blocks are cut. Every figure is worked out by hand from the
//! table of prices.

mod common;

use common::{ink, program};

/// Ink of `body` beyond an entry point that only returns 0.
fn extra(body: &str) -> i64 {
    extra_with("", body)
}

fn extra_with(rest: &str, body: &str) -> i64 {
    ink(&program(rest, &format!("{body} i32.const 0"))) as i64 - 2_452
}

#[test]
fn an_entry_point_that_returns_zero() {
    // header 2450, const 1, end 1
    assert_eq!(ink(&program("", "i32.const 0")), 2_452);
}

#[test]
fn straight_opcodes() {
    for (body, cost) in [
        ("nop", 1),
        ("i32.const 7 drop", 10),
        ("i64.const 7 drop", 10),
        ("local.get 0 drop", 84),
    ] {
        assert_eq!(extra(body), cost, "{body}");
    }
}
