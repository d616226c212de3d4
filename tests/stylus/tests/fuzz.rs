//! Nothing that anyone deploys may stop the chain: no bytes make the engine panic, and what it
//! accepts it can run.

mod common;

use common::*;
use plimsoll_stylus::{
    Module, RunStatus, StylusParams, activate,
    code::{self, Root},
    shrink,
};
use proptest::prelude::*;

/// Modules to start from.
fn seeds() -> Vec<Vec<u8>> {
    let busy = "(type $t (func (param i32) (result i32)))
        (table 3 funcref) (elem (i32.const 0) $twice $fact)
        (global $g (mut i64) (i64.const 3))
        (data (i32.const 16) \"seed\")
        (func $twice (type $t) local.get 0 i32.const 1 i32.shl)
        (func $fact (type $t)
            local.get 0 i32.eqz
            (if (result i32) (then i32.const 1)
                (else local.get 0 local.get 0 i32.const 1 i32.sub call $fact i32.mul)))
        (func $switch (param i32) (result i32)
            (block (block (block local.get 0 br_table 0 1 2) i32.const 10 return)
                i32.const 20 return)
            i32.const 30)";
    let body = "
        i32.const 0 call $read_args
        i32.const 0 local.get $len i32.const 10 i32.and i32.const 1 call_indirect (type $t) i32.store
        i32.const 32 i32.const 64 call $storage_load_bytes32
        i32.const 32 i32.const 64 call $storage_cache_bytes32
        i32.const 0 call $storage_flush_cache
        i32.const 96 i32.const 16 i32.const 8 memory.copy
        i32.const 128 i32.const 7 i32.const 20 memory.fill
        i32.const 1 memory.grow drop
        (loop local.get $len i32.const 1 i32.sub local.tee $len i32.const 0 i32.gt_s br_if 0)
        i32.const 2 call $switch drop
        i32.const 0 i32.const 40 i32.const 1 call $emit_log
        i32.const 0 i32.const 4 call $write_result
        i32.const 0";
    [
        program("", "i32.const 0"),
        program(busy, body),
        with_memory("1", busy, body),
        with_memory("0 4", "(func $f (result i32 i64) i32.const 1 i64.const 2)", "call $f drop"),
        "(module (memory (export \"memory\") 1 1) (func (export \"user_entrypoint\") (param i32) (result i32) local.get 0))".into(),
    ]
    .iter()
    .map(|wat| wat::parse_str(wat).unwrap())
    .collect()
}

/// Does to a module everything a chain does.
fn exercise(wasm: &[u8]) {
    for arbos in [31, 51, 61] {
        let params = StylusParams::arbos(arbos);
        let accepted = activate(wasm, &params, 128, &mut (1 << 40)).is_ok();
        let module = Module::compile(wasm, &params);
        assert!(
            !accepted || module.is_ok(),
            "accepted, but cannot be run: {module:?}"
        );
        let Ok(module) = module else { continue };
        let run = |module: &Module| {
            let mut host = TestHost {
                account_gas: 100,
                ..TestHost::default()
            };
            let outcome = module.run(&mut host, &params, b"0123456789", 5_000);
            assert!(outcome.gas_left <= 5_000);
            assert_eq!(outcome.gas_left, outcome.ink_left / 10_000);
            if matches!(outcome.status, RunStatus::OutOfInk | RunStatus::OutOfStack) {
                assert_eq!(outcome.ink_left, 0);
            }
            outcome
        };
        let outcome = run(&module);
        assert_eq!(outcome, run(&module), "the same twice");
        if accepted && let Ok(small) = shrink(wasm) {
            let small = Module::compile(&small, &params).expect("as acceptable as before");
            assert_eq!(outcome, run(&small), "shrinking changes nothing");
        }
    }
    if let Ok(small) = shrink(wasm) {
        assert!(small.len() <= wasm.len() + 64);
        assert_eq!(shrink(&small).as_deref(), Ok(&small[..]));
        let _ = activate(&small, &StylusParams::default(), 128, &mut (1 << 40));
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Copy(prop::sample::Index, prop::sample::Index, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(i, x)| Mutation::Set(i, x)),
        (at(), 0u8..8).prop_map(|(i, bit)| Mutation::Flip(i, bit)),
        (at(), any::<u8>()).prop_map(|(i, x)| Mutation::Insert(i, x)),
        at().prop_map(Mutation::Remove),
        (at(), at(), 1u8..16).prop_map(|(i, j, n)| Mutation::Copy(i, j, n)),
    ]
}

fn mutate(wasm: &mut Vec<u8>, mutation: &Mutation) {
    if wasm.is_empty() {
        return;
    }
    match mutation {
        Mutation::Set(i, x) => {
            let i = i.index(wasm.len());
            wasm[i] = *x;
        }
        Mutation::Flip(i, bit) => {
            let i = i.index(wasm.len());
            wasm[i] ^= 1 << bit;
        }
        Mutation::Insert(i, x) => wasm.insert(i.index(wasm.len()), *x),
        Mutation::Remove(i) => {
            wasm.remove(i.index(wasm.len()));
        }
        Mutation::Copy(i, j, n) => {
            let (i, j) = (i.index(wasm.len()), j.index(wasm.len()));
            for k in 0..usize::from(*n) {
                if let Some(x) = wasm.get(i + k).copied()
                    && let Some(y) = wasm.get_mut(j + k)
                {
                    *y = x;
                }
            }
        }
    }
}

/// Opcodes that are well formed wherever they stand, as bytes.
fn opcode() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(vec![0x00u8, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b])
            .prop_map(|x| vec![x]),
        (0x45u8..=0xc4).prop_map(|x| vec![x]),
        (0u8..4).prop_map(|x| vec![0x20, x]),
        (0u8..4).prop_map(|x| vec![0x21, x]),
        (0u8..4).prop_map(|x| vec![0x22, x]),
        (0u8..3).prop_map(|x| vec![0x0c, x]),
        (0u8..3).prop_map(|x| vec![0x0d, x]),
        (0u8..3).prop_map(|x| vec![0x10, x]),
        any::<u8>().prop_map(|x| vec![0x41, x & 0x7f]),
        any::<u8>().prop_map(|x| vec![0x42, x & 0x7f]),
        prop::sample::select(vec![0x40u8, 0x7f, 0x7e, 0x00])
            .prop_flat_map(|ty| (0x02u8..=0x04).prop_map(move |op| vec![op, ty])),
        (
            0x28u8..=0x3e,
            prop::sample::select(vec![
                &[0u8, 0][..],
                &[2, 7],
                &[0x80, 0, 0x81, 0],
                &[0x40, 0, 0]
            ])
        )
            .prop_map(|(op, memarg)| [&[op], memarg].concat()),
        Just(vec![0x3f, 0]),
        Just(vec![0x40, 0]),
        Just(vec![0xfc, 10, 0, 0]),
        Just(vec![0xfc, 11, 0]),
    ]
}

/// A module whose function 1, called by the entry point, has this body.
fn around(body: &[Vec<u8>]) -> Vec<u8> {
    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        module.section(&wasm_encoder::RawSection { id, data: content });
        module.finish()[8..].to_vec()
    }
    let mut code = wasm_encoder::CodeSection::new();
    // entry: i32.const 3 call 1 end; locals of function 1: two i32, one i64
    code.raw(&[0, 0x41, 3, 0x10, 1, 0x0b]);
    code.raw(&[&[2, 2, 0x7f, 1, 0x7e][..], &body.concat(), &[0x0b]].concat());
    let mut module = wasm_encoder::Module::new();
    module.section(&wasm_encoder::RawSection {
        id: 1,
        data: &[1, 0x60, 1, 0x7f, 1, 0x7f],
    });
    module.section(&wasm_encoder::RawSection {
        id: 3,
        data: &[2, 0, 0],
    });
    let mut wasm = module.finish();
    wasm.extend(section(5, &[1, 1, 1, 1]));
    wasm.extend(section(
        7,
        b"\x02\x06memory\x02\x00\x0fuser_entrypoint\x00\x00",
    ));
    let mut module = wasm_encoder::Module::new();
    module.section(&code);
    wasm.extend(&module.finish()[8..]);
    wasm
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&bytes);
        exercise(&[b"\0asm\x01\0\0\0", &bytes[..]].concat());
    }

    #[test]
    fn any_code(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let params = StylusParams::arbos(60);
        for prefix in [&[][..], &[0xef, 0xf0, 0, 0], &[0xef, 0xf0, 1], &[0xef, 0xf0, 2, 0, 0, 0]] {
            let code = [prefix, &bytes].concat();
            let _ = code::decompress(&code, &params);
            if let Ok(root) = Root::parse(&code) {
                prop_assert_eq!(root.to_code(), code.clone());
                if root.check(&params).is_ok() {
                    let _ = root.assemble([&code[..], &bytes]);
                }
            }
        }
    }

    #[test]
    fn any_bytes_pack(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let params = StylusParams::default();
        let code = code::compress(&bytes);
        prop_assert_eq!(code::decompress(&code, &params).unwrap(), bytes);
    }

    #[test]
    fn modules_gone_wrong(
        seed in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let seeds = seeds();
        let mut wasm = seed.get(&seeds).clone();
        for mutation in &mutations {
            mutate(&mut wasm, mutation);
        }
        exercise(&wasm);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bodies_of_all_kinds(body in prop::collection::vec(opcode(), 0..24)) {
        exercise(&around(&body));
    }
}
