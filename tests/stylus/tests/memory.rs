//! Pages: what opening them costs, and what happens to them.

mod common;

use common::*;
use plimsoll_stylus::{MemoryModel, RunStatus, StylusParams};

/// Grows by `pages` and gives back what `memory.grow` said.
fn grow(pages: i64) -> String {
    format!(
        "i32.const 0 i32.const {pages} memory.grow i32.store i32.const 0 i32.const 4 call $write_result i32.const 0"
    )
}

/// Ink that `grow` costs beside the pages: block of 2 const, grow, store, 2 const, call, then const
/// and end; the result read twice.
const GROW_INK: u64 = 2_450 + 2 + 8_050 + 825 + 2 + 3_800 + (2_450 + 2) + 8_400 + 2 * 16_381;

fn grown(memory: &str, open: u16, ever: u16, pages: i64) -> (i32, u64, TestHost) {
    grown_at(&StylusParams::default(), memory, open, ever, pages)
}

fn grown_at(
    params: &StylusParams,
    memory: &str,
    open: u16,
    ever: u16,
    pages: i64,
) -> (i32, u64, TestHost) {
    let mut host = TestHost {
        open,
        ever,
        ..TestHost::default()
    };
    let wat = with_memory(memory, "", &grow(pages));
    let outcome = run_at(params, &mut host, &wat, &[], 100 * GAS);
    assert_eq!(outcome.status, RunStatus::Success, "{memory} {pages}");
    let said = i32::from_le_bytes(outcome.output[..].try_into().unwrap());
    (said, 100 * GAS * 10_000 - outcome.ink_left - GROW_INK, host)
}

#[test]
fn free_pages_cost_nothing() {
    let (said, ink, host) = grown("1", 1, 1, 1);
    assert_eq!((said, ink, host.open, host.ever), (1, 0, 2, 2));
}

#[test]
fn a_page_more_costs_its_gas() {
    // from 2 to 3: 1000 + exp(3) - exp(2) = 1000
    let (said, ink, host) = grown("1", 2, 2, 1);
    assert_eq!((said, ink, host.open, host.ever), (1, 10_000_000, 3, 3));
    // from 1 to 16: 14 paid pages, exp(16) - exp(1) = 8 - 1
    let (said, ink, _) = grown("1", 1, 1, 15);
    assert_eq!((said, ink), (1, 140_070_000));
    // opened once before in the transaction: only the linear part
    let (_, ink, host) = grown("1", 1, 16, 15);
    assert_eq!((ink, host.ever), (140_000_000, 16));
    // as far as there is: 128 pages, 126 paid, 31873999 - 1
    let (said, ink, _) = grown("0", 0, 0, 128);
    assert_eq!((said, ink), (0, 319_999_980_000));
}

#[test]
fn growing_by_nothing_costs_a_host_function() {
    let (said, ink, host) = grown("1", 1, 1, 0);
    assert_eq!((said, ink, host.open), (1, 8_400, 1));
}

#[test]
fn a_number_of_pages_above_sixteen_bits_takes_all_gas() {
    for pages in [65_536, 65_537, -1] {
        for memory in ["0", "1", "1 2"] {
            let mut host = TestHost::default();
            let wat = with_memory(memory, "", &grow(pages));
            let outcome = run_on(&mut host, &wat, &[], GAS);
            assert_eq!(outcome.status, RunStatus::OutOfInk, "{memory} {pages}");
            assert_eq!((outcome.ink_left, host.open), (0, 0));
        }
    }
    let wat = program("", "i32.const 65536 call $pay_for_memory_grow i32.const 0");
    assert_eq!(run(&wat).status, RunStatus::OutOfInk);
}

#[test]
fn the_number_of_pages_was_cut_to_sixteen_bits() {
    let arbos_51 = StylusParams::arbos(51);
    let grown = |memory: &str, open, ever, pages| grown_at(&arbos_51, memory, open, ever, pages);
    // 65536 pages count as none, and cannot be had
    let (said, ink, host) = grown("1", 1, 1, 65_536);
    assert_eq!((said, ink, host.open), (-1, 8_400, 1));
    // 65537 count as one
    let (said, ink, host) = grown("1", 2, 2, 65_537);
    assert_eq!((said, ink, host.open), (-1, 10_000_000, 3));
    // a memory of no pages has room for 65536, which nobody paid for
    let mut host = TestHost::default();
    let body = "i32.const 65536 memory.grow i32.const -1 i32.ne memory.size i32.or";
    let outcome = run_at(&arbos_51, &mut host, &with_memory("0", "", body), &[], GAS);
    assert_eq!((outcome.status, host.open), (RunStatus::Success, 0));
}

#[test]
fn growing_past_the_maximum_is_paid_in_vain() {
    let (said, ink, host) = grown("1 2", 2, 2, 2);
    assert_eq!((said, ink, host.open), (-1, 20_000_000, 4));
}

#[test]
fn a_memory_that_cannot_grow_pays_for_nothing() {
    let (said, ink, host) = grown("1 1", 5, 5, 3);
    assert_eq!((said, ink, host.open), (-1, 0, 5));
}

#[test]
fn more_than_128_pages_cannot_be_paid() {
    let mut host = TestHost::default();
    let wat = with_memory("0", "", &grow(129));
    assert_eq!(
        run_on(&mut host, &wat, &[], u64::MAX).status,
        RunStatus::OutOfInk
    );
    let mut host = TestHost {
        open: 100,
        ever: 100,
        ..TestHost::default()
    };
    let wat = with_memory("0", "", &grow(29));
    assert_eq!(
        run_on(&mut host, &wat, &[], GAS * 1_000).status,
        RunStatus::OutOfInk
    );
}

#[test]
fn pages_may_be_paid_without_growing() {
    let mut host = TestHost {
        open: 2,
        ever: 2,
        ..TestHost::default()
    };
    let wat = program("", "i32.const 1 call $pay_for_memory_grow i32.const 0");
    assert_eq!(
        ink_on(&mut host, &wat),
        2_450 + 1 + 3_800 + 10_000_000 + 2_450 + 2
    );
}

/// Fills a byte with `value` and gives back four.
fn fill(value: i64) -> String {
    program(
        "",
        &format!(
            "i32.const 1 i32.const {value} i32.const 2 memory.fill
             i32.const 0 i32.const 4 call $write_result i32.const 0"
        ),
    )
}

#[test]
fn a_fill_takes_the_low_byte() {
    for value in [0, 7, 255, 256, 0x1234, -1] {
        let outcome = run(&fill(value));
        assert_eq!(outcome.status, RunStatus::Success);
        let byte = value as u8;
        assert_eq!(outcome.output[..], [0, byte, byte, 0], "{value}");
    }
}

#[test]
fn a_fill_above_255_was_filtered_below_version_3() {
    let arbos_51 = StylusParams::arbos(51);
    let run = |value| run_at(&arbos_51, &mut TestHost::default(), &fill(value), &[], GAS);
    for value in [0, 7, 255] {
        // and costs the same
        assert_eq!(run(value), common::run(&fill(value)));
    }
    for value in [256, 0x1234, -1] {
        let outcome = run(value);
        assert_eq!(
            (outcome.status, outcome.ink_left),
            (RunStatus::Filtered, 0),
            "{value}"
        );
    }
}

#[test]
fn memory_starts_anew_each_time() {
    let wat = with_memory(
        "1",
        "",
        "i32.const 0 i32.const 0 i32.load i32.const 1 i32.add i32.store
         i32.const 0 i32.const 4 call $write_result i32.const 0",
    );
    let module = compile(&wat);
    let params = StylusParams::default();
    for _ in 0..3 {
        let outcome = module.run(&mut TestHost::default(), &params, &[], GAS);
        assert_eq!(outcome.output[..], [1, 0, 0, 0]);
    }
}

const MODEL: MemoryModel = MemoryModel {
    free_pages: 2,
    page_gas: 1_000,
    page_limit: u16::MAX,
};

#[test]
fn the_way_there_does_not_matter() {
    for step in 1..=128u16 {
        let (mut open, mut total) = (0, 0);
        while open < 128 {
            let new = step.min(128 - open);
            total += MODEL.gas_cost(new, open, open);
            open += new;
        }
        assert_eq!(total, 31_999_998, "{step}");
    }
}

#[test]
fn prices_saturate() {
    assert_eq!(MODEL.gas_cost(129, 0, 0), u64::MAX);
    assert_eq!(
        MODEL.gas_cost(u16::MAX, u16::MAX, 128),
        u64::MAX - 31_873_999
    );
    assert_eq!(MODEL.gas_cost(2, 0, 0), 0);
    assert_eq!(MODEL.gas_cost(0, 128, 128), 0);
    // what was open once is not dearer for it
    assert_eq!(MODEL.gas_cost(10, 0, 128), 8_000);
    let all_free = MemoryModel {
        free_pages: 128,
        page_gas: 1_000,
        page_limit: u16::MAX,
    };
    assert_eq!(
        (all_free.gas_cost(128, 0, 0), all_free.gas_cost(129, 0, 0)),
        (0, u64::MAX)
    );
}

#[test]
fn the_exponential_part_is_the_floor_of_a_power() {
    use alloy_primitives::ruint::Uint;
    type Wide = Uint<3_328, 52>;
    use plimsoll_stylus::memory::page_exponent;
    // floor(a^(p/128)) = x just where x^128 <= a^p < (x+1)^128
    let a = Wide::from(31_874_000u64);
    for p in 0..128u16 {
        let power = a.pow(Wide::from(p));
        let x = page_exponent(p);
        assert!(
            Wide::from(x).pow(Wide::from(128)) <= power,
            "{p}: {x} is too large"
        );
        assert!(
            Wide::from(x + 1).pow(Wide::from(128)) > power,
            "{p}: {x} is too small"
        );
    }
    // made in floating point: one less than it should be
    assert_eq!(page_exponent(128), 31_874_000 - 1);
    assert_eq!(
        (page_exponent(129), page_exponent(u16::MAX)),
        (u64::MAX, u64::MAX)
    );
}
