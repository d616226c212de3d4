//! What goes and what stays.

use wasmparser::{DataKind, Parser, Payload, Validator};

use super::shrink;

/// Functions with a body, and data segments.
fn count(wasm: &[u8]) -> (usize, Vec<Vec<u8>>) {
    Validator::new().validate_all(wasm).unwrap();
    let (mut functions, mut data) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::CodeSectionEntry(_) => functions += 1,
            Payload::DataSection(section) => {
                data.extend(section.into_iter().map(|x| x.unwrap().data.to_vec()));
            }
            _ => {}
        }
    }
    (functions, data)
}

/// What memory holds at the start.
fn image(wasm: &[u8]) -> Vec<u8> {
    let mut memory = vec![0; 65_536];
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::DataSection(section) = payload.unwrap() else {
            continue;
        };
        for item in section {
            let item = item.unwrap();
            let DataKind::Active { offset_expr, .. } = &item.kind else {
                continue;
            };
            let mut ops = offset_expr.get_operators_reader();
            let wasmparser::Operator::I32Const { value } = ops.read().unwrap() else {
                panic!("a constant");
            };
            memory[value as usize..][..item.data.len()].copy_from_slice(item.data);
        }
    }
    memory
}

fn module(inside: &str) -> Vec<u8> {
    let wat = format!(
        r#"(module (memory (export "memory") 1 1) {inside}
            (func (export "user_entrypoint") (param i32) (result i32) call $a call $b i32.add))"#
    );
    wat::parse_str(wat).unwrap()
}

const TWO: &str = "(func $a (result i32) i32.const 7) (func $b (result i32) i32.const 8)";

#[test]
fn of_copies_one_stays() {
    // $c and $d are copies, which makes $a and $b copies too; $e answers something else, $f has another type
    let copies = module(
        "(func $a (result i32) call $c call $e i32.add)
         (func $b (result i32) call $d call $e i32.add)
         (func $c (result i32) i32.const 7) (func $d (result i32) i32.const 7)
         (func $e (result i32) i32.const 8 i64.const 0 call $f)
         (func $f (param i64) unreachable)
         (func (param i64) unreachable)",
    );
    let small = shrink(&copies).unwrap();
    assert_eq!(count(&small).0, 5, "entry, a, c, e, f");
    assert_eq!(shrink(&small).unwrap(), small);
    let (functions, _) = count(&shrink(&module(TWO)).unwrap());
    assert_eq!(functions, 3);
}

/// Two functions equal in the source are not, once one of them becomes a trap.
#[test]
fn a_trap_is_no_copy_of_what_it_was() {
    let body = "(param i32) (result i32) local.get 0 i32.const 7 i32.add";
    let wat = format!(
        r#"(module (memory (export "memory") 1 1)
            (func $_ZN4core3fmt3num3fooE {body}) (func $useful {body})
            (func $_ZN4core3fmt3num3barE {body})
            (func (export "user_entrypoint") (param i32) (result i32)
                local.get 0 call $_ZN4core3fmt3num3fooE call $useful call $_ZN4core3fmt3num3barE))"#
    );
    let small = shrink(&wat::parse_str(wat).unwrap()).unwrap();
    assert_eq!(count(&small).0, 3, "the entry, what is useful, one trap");
}

#[test]
fn zeros_go_and_memory_stays() {
    let zeros = "\\00".repeat(40);
    let data = format!(
        r#"(data (i32.const 16) "{zeros}ab\00\00c{zeros}d{zeros}") (data (i32.const 400) "{zeros}")"#
    );
    let wasm = module(&format!("{TWO}{data}"));
    let small = shrink(&wasm).unwrap();
    assert_eq!(count(&small).1, [&b"ab\0\0c"[..], b"d"]);
    assert_eq!(image(&small), image(&wasm));
    assert_eq!(shrink(&small).unwrap(), small);
}

/// A later segment may write zeros over an earlier one; one that does not fit traps.
#[test]
fn data_that_overlaps_or_does_not_fit_stays() {
    let zeros = "\\00".repeat(40);
    for data in [
        format!(r#"(data (i32.const 16) "abcdefgh") (data (i32.const 0) "{zeros}")"#),
        format!(r#"(data (i32.const 65500) "ab{zeros}")"#),
        format!(r#"(data (i32.const -1) "ab{zeros}")"#),
    ] {
        let wasm = module(&format!("{TWO}{data}"));
        let small = shrink(&wasm).unwrap();
        assert_eq!(count(&small).1, count(&wasm).1, "{data}");
    }
}
