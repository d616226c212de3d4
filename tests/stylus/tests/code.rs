//! How programs stand on chain, and what the deployment pass does to them.

mod common;

use alloy_primitives::Address;
use common::*;
use plimsoll_stylus::{
    Module, RunStatus, StylusParams, activate,
    code::{self, CodeError, CodeKind, Root},
    shrink,
};

const OLD: StylusParams = StylusParams::arbos(51);
const NEW: StylusParams = StylusParams::arbos(61);

fn module() -> Vec<u8> {
    wat::parse_str(program("", "i32.const 0")).unwrap()
}

#[test]
fn kinds_of_code() {
    for (code, old, new) in [
        (&[][..], CodeKind::Other, CodeKind::Other),
        (&[0x60, 0x00], CodeKind::Other, CodeKind::Other),
        (&[0xef, 0xf0], CodeKind::Other, CodeKind::Other),
        (&[0xef, 0x00, 0x01], CodeKind::Other, CodeKind::Other),
        // the prefix alone is none
        (&[0xef, 0xf0, 0x00], CodeKind::Other, CodeKind::Other),
        (&[0xef, 0xf0, 0x01], CodeKind::Other, CodeKind::Other),
        (&[0xef, 0xf0, 0x02], CodeKind::Other, CodeKind::Other),
        (
            &[0xef, 0xf0, 0x00, 0x00, 0x3b],
            CodeKind::Classic,
            CodeKind::Classic,
        ),
        (
            &[0xef, 0xf0, 0x01, 0x00],
            CodeKind::Other,
            CodeKind::Fragment,
        ),
        (&[0xef, 0xf0, 0x02, 0x00], CodeKind::Other, CodeKind::Root),
        (&[0xef, 0xf0, 0x03, 0x00], CodeKind::Other, CodeKind::Other),
    ] {
        assert_eq!(
            (code::kind(code, &OLD), code::kind(code, &NEW)),
            (old, new),
            "{code:?}"
        );
        assert_eq!(
            code::is_program(code, &NEW),
            matches!(new, CodeKind::Classic | CodeKind::Root)
        );
        assert_eq!(code::is_deployable(code, &NEW), new != CodeKind::Other);
    }
}

#[test]
fn a_program_there_and_back() {
    let wasm = module();
    let packed = code::compress(&wasm);
    assert_eq!(packed[..4], [0xef, 0xf0, 0x00, 0x00]);
    assert!(packed.len() < wasm.len());
    assert_eq!(code::decompress(&packed, &OLD).unwrap(), wasm);
    assert_eq!(code::compress(&wasm), packed, "always the same");
    // anything packs
    assert_eq!(code::decompress(&code::compress(b""), &OLD).unwrap(), b"");
}

#[test]
fn what_does_not_unpack() {
    let packed = code::compress(&module());
    let fails = |code: &[u8], why: CodeError| assert_eq!(code::decompress(code, &NEW), Err(why));
    fails(b"", CodeError::NotAProgram);
    fails(&packed[..3], CodeError::NotAProgram);
    fails(&packed[..4], CodeError::Brotli);
    fails(&packed[..packed.len() - 1], CodeError::Brotli);
    fails(&[0xef, 0xf0, 0, 0, 0xff, 0xff, 0xff], CodeError::Brotli);
    fails(
        &[&[0xef, 0xf0, 0, 1], &packed[4..]].concat(),
        CodeError::Dictionary(1),
    );
    fails(
        &[&[0xef, 0xf0, 0, 2], &packed[4..]].concat(),
        CodeError::Dictionary(2),
    );
    fails(&[0xef, 0xf0, 1, 0], CodeError::IsFragment);
    fails(&[0xef, 0xf0, 2, 0], CodeError::NotAProgram);
    // as large as it may be, and one byte more
    for (params, limit) in [(&OLD, 131_072), (&NEW, 262_144)] {
        let full = vec![7; limit];
        assert_eq!(
            code::decompress(&code::compress(&full), params).unwrap(),
            full
        );
        assert_eq!(
            code::decompress(&code::compress(&vec![7; limit + 1]), params),
            Err(CodeError::TooLarge {
                limit: limit as u32
            })
        );
    }
}

#[test]
fn fragments_there_and_back() {
    // bytes that do not compress, so that there are several
    let wasm: Vec<u8> = (0..40_000u64)
        .map(|i| alloy_primitives::keccak256(i.to_be_bytes())[0])
        .collect();
    let pieces = code::fragments(&wasm, 24_576);
    assert_eq!(pieces.len(), 2);
    assert!(
        pieces
            .iter()
            .all(|x| x.starts_with(&[0xef, 0xf0, 0x01]) && x.len() <= 24_576)
    );
    let root = Root {
        dictionary: 0,
        wasm_len: 40_000,
        fragments: vec![Address::repeat_byte(1), Address::repeat_byte(2)],
    };
    let code = root.to_code();
    assert_eq!(code[..8], [0xef, 0xf0, 0x02, 0x00, 0x00, 0x00, 0x9c, 0x40]);
    assert_eq!(code.len(), 8 + 40);
    assert_eq!(Root::parse(&code).unwrap(), root);
    root.check(&NEW).unwrap();
    let slices = || pieces.iter().map(Vec::as_slice);
    assert_eq!(root.assemble(slices()).unwrap(), wasm);
    // in the wrong order, or not the length promised
    assert!(root.assemble(slices().rev()).is_err());
    let short = Root {
        wasm_len: 39_999,
        ..root.clone()
    };
    assert_eq!(
        short.assemble(slices()),
        Err(CodeError::TooLarge { limit: 39_999 })
    );
    let long = Root {
        wasm_len: 40_001,
        ..root.clone()
    };
    assert_eq!(
        long.assemble(slices()),
        Err(CodeError::Length {
            have: 40_000,
            want: 40_001
        })
    );
    let no_fragment = |place| Err(CodeError::NotAFragment { place });
    assert_eq!(root.assemble([&code[..]]), no_fragment(0));
    assert_eq!(root.assemble([&pieces[0][..], b""]), no_fragment(1));
    assert_eq!(
        root.assemble([&pieces[0][..], &pieces[1][..3]]),
        no_fragment(1),
        "a prefix alone"
    );
}

#[test]
fn roots_that_are_refused() {
    let head = [0xef, 0xf0, 2, 0, 0, 0, 0, 1];
    for len in 3..8 {
        let short = Err(CodeError::RootTooShort { len });
        assert_eq!(Root::parse(&head[..len]), short);
    }
    for len in [1, 19, 21, 39] {
        let code = [&head[..], &vec![1; len]].concat();
        assert_eq!(Root::parse(&code), Err(CodeError::RootAddresses { len }));
    }
    let none = Root::parse(&head).unwrap();
    assert_eq!(none.check(&NEW), Err(CodeError::NoFragments));
    assert_eq!(
        Root::parse(&[0xef, 0xf0, 0, 0]),
        Err(CodeError::NotAProgram)
    );
    let root = |wasm_len, n| Root {
        dictionary: 0,
        wasm_len,
        fragments: vec![Address::ZERO; n],
    };
    assert_eq!(root(262_144, 4).check(&NEW), Ok(()));
    let (have, limit) = (262_145, 262_144);
    assert_eq!(
        root(have, 4).check(&NEW),
        Err(CodeError::RootTooLarge { have, limit })
    );
    assert_eq!(
        root(262_144, 5).check(&NEW),
        Err(CodeError::TooManyFragments { have: 5, limit: 4 })
    );
    // size, then count, then whether there is any
    assert!(matches!(
        root(have, 5).check(&NEW),
        Err(CodeError::RootTooLarge { .. })
    ));
}

#[test]
fn refusals_of_fragments_in_words() {
    let words = |error: CodeError| error.to_string();
    assert_eq!(
        words(CodeError::IsFragment),
        "fragmented stylus programs cannot be activated directly; activate the root program instead"
    );
    let (have, limit) = (262_145, 262_144);
    assert_eq!(
        words(CodeError::RootTooLarge { have, limit }),
        "invalid wasm: decompressedLength 262145 is greater then MaxWasmSize 262144"
    );
    assert!(
        words(CodeError::TooManyFragments { have: 5, limit: 4 })
            .starts_with("invalid wasm: fragment count exceeds limit of 4")
    );
    assert_eq!(
        words(CodeError::NoFragments),
        "invalid wasm: fragment count cannot be zero"
    );
    assert_eq!(
        words(CodeError::RootTooShort { len: 7 }),
        "stylus program root too short: need at least 8 bytes, got 7"
    );
    assert_eq!(
        words(CodeError::RootAddresses { len: 19 }),
        "stylus program root address data has invalid length: 19 (must be multiple of 20)"
    );
    assert!(
        words(CodeError::NotAFragment { place: 1 })
            .starts_with("specified bytecode is not a Stylus program fragment")
    );
}

#[test]
fn reading_a_fragment() {
    assert_eq!(code::fragment_read_gas(false, 24_576), 2_600 + 3 * 768);
    assert_eq!(code::fragment_read_gas(true, 33), 100 + 6);
}

/// What rustc leaves: an over-long table index, names, exports nobody needs, functions nobody
/// calls, and a count of data segments.
fn as_compiled() -> Vec<u8> {
    let wat = r#"(module
        (type $t (func (result i32)))
        (import "vm_hooks" "msg_value" (func $unused (param i32)))
        (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
        (import "vm_hooks" "write_result" (func $write (param i32 i32)))
        (memory (export "memory") 1)
        (table 2 funcref) (elem (i32.const 1) $seven)
        (global $heap (export "__heap_base") i32 (i32.const 1024))
        (func $dead (export "mark_used") (call $pay (i32.const 0)) (call $also_dead))
        (func $also_dead (call $unused (i32.const 0)))
        (func $seven (type $t) i32.const 7)
        (func $live (result i32) i32.const 1 call_indirect (type $t))
        (func (export "user_entrypoint") (param i32) (result i32)
            i32.const 0 call $live i32.store
            i32.const 0 i32.const 4 call $write i32.const 0)
        (data (i32.const 8) "data"))"#;
    let wasm = wat::parse_str(wat).unwrap();
    // call_indirect (type 0) (table 0): make the table index as long as a linker may need
    let at = wasm
        .windows(3)
        .position(|x| x == [0x11, 0, 0])
        .expect("the call is there");
    let mut long = wasm[..at + 2].to_vec();
    long.extend([0x80, 0x80, 0x80, 0x80, 0x00]);
    long.extend(&wasm[at + 3..]);
    // the body, and the section around it, are four bytes longer
    let body = at - 4;
    assert_eq!(wasm[body], 7, "length of the body");
    long[body] += 4;
    let section = (0..at)
        .rev()
        .find(|i| wasm[*i] == 10 && wasm[i + 2] == 5)
        .expect("code section");
    long[section + 1] += 4;
    // data count before the code, a name section at the end
    long.splice(section..section, [12, 1, 1]);
    long.extend(b"\x00\x0b\x04name\x00\x04\x03abc");
    long
}

#[test]
fn what_rustc_writes_is_refused_as_it_is_and_accepted_once_shrunk() {
    let wasm = as_compiled();
    let error = activate(&wasm, &OLD, 128, &mut (1 << 40))
        .unwrap_err()
        .to_string();
    assert!(error.contains("zero byte expected"), "{error}");

    let small = shrink(&wasm).unwrap();
    assert!(
        small.len() + 100 < wasm.len(),
        "{} of {}",
        small.len(),
        wasm.len()
    );
    for params in [OLD, NEW] {
        activate(&small, &params, 128, &mut (1 << 40)).unwrap();
    }
    // still does what it did
    let outcome =
        Module::compile(&small, &OLD)
            .unwrap()
            .run(&mut TestHost::default(), &OLD, &[], GAS);
    assert_eq!(outcome.status, RunStatus::Success);
    assert_eq!(outcome.output[..], [7, 0, 0, 0]);
    let text = wasmprinter(&small);
    assert_eq!(text.imports, ["pay_for_memory_grow", "write_result"]);
    assert_eq!(text.exports, ["memory", "user_entrypoint"]);
    assert_eq!(text.functions, 3);
    assert_eq!(text.customs, 0);
    assert_eq!(shrink(&small).unwrap(), small, "nothing more to gain");
}

struct Parts {
    imports: Vec<String>,
    exports: Vec<String>,
    functions: u32,
    customs: u32,
}

fn wasmprinter(wasm: &[u8]) -> Parts {
    use wasmparser::{Parser, Payload};
    let mut parts = Parts {
        imports: vec![],
        exports: vec![],
        functions: 0,
        customs: 0,
    };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                parts
                    .imports
                    .extend(section.into_imports().map(|x| x.unwrap().name.to_owned()));
            }
            Payload::ExportSection(section) => {
                parts
                    .exports
                    .extend(section.into_iter().map(|x| x.unwrap().name.to_owned()));
            }
            Payload::CodeSectionEntry(_) => parts.functions += 1,
            Payload::CustomSection(_) => parts.customs += 1,
            _ => {}
        }
    }
    parts
}

#[test]
fn shrinking_keeps_the_count_that_an_opcode_needs() {
    // it is refused later on, but still a module
    let wat = r#"(module (memory (export "memory") 1 1) (data $d "x")
        (func (export "user_entrypoint") (param i32) (result i32)
            i32.const 0 i32.const 0 i32.const 1 memory.init $d i32.const 0))"#;
    let small = shrink(&wat::parse_str(wat).unwrap()).unwrap();
    wasmparser::Validator::new().validate_all(&small).unwrap();
}

#[test]
fn shrinking_needs_a_module() {
    assert!(shrink(b"").is_err());
    assert!(shrink(b"\0asm").is_err());
    assert!(shrink(b"\0asm\x01\0\0\0\x0a").is_err());
}

#[test]
fn shrinking_turns_code_that_panics_into_a_trap() {
    let wat = |name: &str| {
        format!(
            r#"(module
                (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
                (import "vm_hooks" "chainid" (func $chainid (result i64)))
                (memory (export "memory") 0)
                (func {name} (result i32) (i32.wrap_i64 (call $chainid)))
                (func (export "user_entrypoint") (param i32) (result i32) (call {name})))"#
        )
    };
    let small = |name: &str| shrink(&wat::parse_str(wat(name)).unwrap()).unwrap();
    let (panics, works) = (
        small("$_RNvNtCsgXGp5Oqx2Ny_4core9panicking5panic"),
        small("$_RNvNtCsgXGp5Oqx2Ny_4core5panic"),
    );
    // what only the message needed is gone with it
    let text = |wasm: &[u8]| String::from_utf8_lossy(wasm).contains("chainid");
    assert!(!text(&panics) && text(&works));
    let status = |wasm: &[u8]| {
        let module = Module::compile(wasm, &StylusParams::arbos(51)).unwrap();
        module
            .run(
                &mut TestHost::default(),
                &StylusParams::arbos(51),
                &[],
                1_000_000,
            )
            .status
    };
    assert!(
        matches!(status(&panics), RunStatus::Failure(_)),
        "{:?}",
        status(&panics)
    );
    assert!(matches!(
        status(&works),
        RunStatus::Success | RunStatus::Revert
    ));
}
