//! Programs in pieces, and how large a program may be (ArbOS 60 and later).

mod support;

use alloy::{primitives::keccak256, rpc::types::AccessListItem, sol, sol_types::SolCall};
use plimsoll_devnode::{BlockId, ChainConfig, ChainError, MAX_TX_GAS, init_code};
use plimsoll_stylus::{
    StylusParams, activate,
    code::{self, Root},
};
use support::*;

sol! {
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    }
}

/// Largest code of an account.
const MAX_CODE: usize = 24_576;

/// The actor with a custom section that makes it `len` bytes long: of bytes that do not compress, or
/// of zeros.
fn padded(len: usize, random: bool) -> Vec<u8> {
    let mut wasm = wasm(ACTOR_WAT);
    // id, length in five bytes, an empty name
    let body = len - wasm.len() - 6;
    let leb = |i: u32| ((body >> (7 * i)) as u8 & 0x7f) | if i < 4 { 0x80 } else { 0 };
    wasm.push(0);
    wasm.extend((0..5).map(leb));
    wasm.push(0);
    wasm.extend((1..body as u64).map(|i| {
        if random {
            keccak256(i.to_be_bytes())[0]
        } else {
            0
        }
    }));
    assert_eq!(wasm.len(), len);
    wasm
}

/// Deploys code as it is.
fn put(world: &mut World, code: &[u8]) -> Address {
    world.chain.deploy(world.me, init_code(code)).unwrap()
}

/// Deploys the fragments of a module and its root, and activates nothing.
fn in_pieces(world: &mut World, wasm: &[u8], size: usize) -> (Vec<Address>, Address) {
    let fragments: Vec<Address> = code::fragments(wasm, size)
        .iter()
        .map(|piece| put(world, piece))
        .collect();
    let root = Root {
        dictionary: 0,
        wasm_len: wasm.len() as u32,
        fragments: fragments.clone(),
    };
    let program = put(world, &root.to_code());
    (fragments, program)
}

/// Why an activation was refused.
fn refused(world: &mut World, program: Address) -> String {
    match world.chain.activate(world.me, program) {
        Err(ChainError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn four_fragments_make_a_program() {
    let mut world = World::new();
    // four full fragments and no byte more: a stream is a little longer than what it carries
    let wasm = padded(98_000, true);
    let pieces = code::fragments(&wasm, MAX_CODE);
    let lens: Vec<usize> = pieces.iter().map(Vec::len).collect();
    assert_eq!((lens.len(), lens[0], lens[2]), (4, MAX_CODE, MAX_CODE));
    let program = world.chain.deploy_program(world.me, &wasm).unwrap();
    let code = world.chain.code(program, BlockId::latest()).unwrap();
    assert_eq!(code[..8], [0xef, 0xf0, 0x02, 0, 0, 1, 0x7e, 0xd0]);
    assert_eq!(code.len(), 8 + 4 * 20);
    let echo = world.send(program, op::echo(b"whole"));
    assert_eq!(echo.receipt.output.as_ref(), b"whole");
    // what it keeps is its own, not a fragment's
    assert!(world.send(program, op::sstore(1, 2)).receipt.status);
    assert_eq!(world.slot(program, 1), 2);
    // the same module again is the same pieces at other addresses: another code hash, activated anew
    let again = world.chain.deploy_program(world.me, &wasm).unwrap();
    let other = world.chain.code(again, BlockId::latest()).unwrap();
    assert_ne!(other, code);
    assert!(world.send(again, op::echo(b"")).receipt.status);
}

#[test]
fn each_fragment_is_paid_for_when_it_is_read() {
    let mut world = World::new();
    let wasm = padded(60_000, true);
    let (fragments, program) = in_pieces(&mut world, &wasm, MAX_CODE);
    assert_eq!(fragments.len(), 3);
    let mut gas = 100_000_000;
    let engine = activate(&wasm, &StylusParams::arbos(61), 128, &mut gas)
        .unwrap()
        .gas_used;
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let chain = 800 + 3 + 800 + 1_659_168 + 100 + 800 + 20_000 + 44_000 + 20_000 + 800 + 2_149 + 6;
    let words: u64 = fragments
        .iter()
        .map(|at| {
            let code = world.chain.code(*at, BlockId::latest()).unwrap();
            3 * code.len().div_ceil(32) as u64
        })
        .sum();
    // one of them is warm through the access list, which costs 2,400; the others are read cold
    let before = world.chain.snapshot();
    let cold = world.chain.activate(world.me, program).unwrap();
    let expected = intrinsic(&data) + chain + engine + words + 3 * 2_600;
    assert_eq!(cold.receipt.gas_used, expected);
    assert!(world.chain.revert(before));
    let mut request = request(at(0x71), data);
    request.from = Some(world.me);
    request.value = Some(U256::from(ETHER));
    request.access_list = Some(
        vec![AccessListItem {
            address: fragments[1],
            storage_keys: Vec::new(),
        }]
        .into(),
    );
    let warm = world.chain.transact(request).unwrap();
    assert!(warm.receipt.status);
    assert_eq!(warm.receipt.gas_used, expected - 2_500 + 2_400);
    // calls do not read them: a start costs what the activation wrote down, and the second start of
    // a block what a cached one does
    let program_code = world.chain.code(program, BlockId::latest()).unwrap();
    assert!(program_code.len() < 100);
    let trace = world.trace(world.evm, op::then((program, b"\0"), (program, b"\0")));
    let (first, second) = (trace.calls[0].gas_used, trace.calls[1].gas_used);
    let params = StylusParams::arbos(61);
    let mut gas = 100_000_000;
    let record = activate(&wasm, &params, 128, &mut gas).unwrap();
    assert_eq!(first - second, 8_832 + u64::from(record.init_cost));
}

#[test]
fn a_fifth_fragment_is_too_many() {
    let mut world = World::new();
    let wasm = padded(99_500, true);
    assert_eq!(code::fragments(&wasm, MAX_CODE).len(), 5);
    let why = match world.chain.deploy_program(world.me, &wasm) {
        Err(ChainError::Refused(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        why,
        "invalid wasm: fragment count exceeds limit of 4 (the root names 5)"
    );
}

#[test]
fn modules_may_have_262_144_bytes_and_131_072_before() {
    for (arbos_version, limit) in [(51, 131_072), (61, 262_144)] {
        let mut world = World::with(ChainConfig {
            arbos_version,
            ..ChainConfig::default()
        });
        let fits = world
            .chain
            .deploy_program(world.me, &padded(limit, false))
            .unwrap();
        assert_eq!(
            world.send(fits, op::echo(b"large")).receipt.output.as_ref(),
            b"large"
        );
        match world
            .chain
            .deploy_program(world.me, &padded(limit + 1, false))
        {
            Err(ChainError::Refused(why)) => assert_eq!(
                why,
                format!("invalid wasm: more than {limit} bytes decompressed")
            ),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn roots_that_do_not_hold_are_refused_by_name() {
    let mut world = World::new();
    let wasm = padded(3_000, true);
    let (fragments, good) = in_pieces(&mut world, &wasm, 2_000);
    assert_eq!(fragments.len(), 2);
    let root = |wasm_len: usize, fragments: &[Address]| Root {
        dictionary: 0,
        wasm_len: wasm_len as u32,
        fragments: fragments.to_vec(),
    };
    let nobody = Address::repeat_byte(0x99);
    for (root, why) in [
        (
            root(262_145, &fragments),
            "invalid wasm: decompressedLength 262145 is greater then MaxWasmSize 262144",
        ),
        (
            root(3_000, &[]),
            "invalid wasm: fragment count cannot be zero",
        ),
        (
            root(3_001, &fragments),
            "invalid wasm: decompressed length 3000 does not match expected length 3001",
        ),
        (
            root(2_999, &fragments),
            "invalid wasm: more than 2999 bytes decompressed",
        ),
        (
            root(3_000, &[fragments[1], fragments[0]]),
            "brotli decompression failed",
        ),
        (root(3_000, &fragments[..1]), "brotli decompression failed"),
        (
            root(3_000, &[fragments[0], nobody]),
            "specified bytecode is not a Stylus program fragment (number 2 of the root)",
        ),
        (
            root(3_000, &[good, fragments[1]]),
            "specified bytecode is not a Stylus program fragment (number 1 of the root)",
        ),
        (
            Root {
                dictionary: 7,
                ..root(3_000, &fragments)
            },
            "unsupported dictionary type: 7",
        ),
    ] {
        let program = put(&mut world, &root.to_code());
        assert_eq!(refused(&mut world, program), why);
        // and it does not run
        let call = world.call(program, op::echo(b""));
        assert!(!call.outcome.is_success());
    }
    let short = put(&mut world, &[0xef, 0xf0, 2, 0, 0, 0, 0]);
    assert_eq!(
        refused(&mut world, short),
        "stylus program root too short: need at least 8 bytes, got 7"
    );
    assert!(world.chain.activate(world.me, good).is_ok());
}

#[test]
fn a_refused_root_keeps_the_gas_that_its_fragments_did_not_take() {
    let mut world = World::new();
    let wasm = padded(3_000, true);
    let (fragments, _) = in_pieces(&mut world, &wasm, 2_000);
    let nobody = Address::repeat_byte(0x99);
    let root = Root {
        dictionary: 0,
        wasm_len: 3_000,
        fragments: vec![nobody, fragments[1]],
    };
    let program = put(&mut world, &root.to_code());
    let data = ArbWasm::activateProgramCall { program }.abi_encode();
    let used = world.send(at(0x71), data.clone()).receipt.gas_used;
    // the first is found wanting once it is paid for; the second is not read any more
    let chain = 800 + 3 + 800 + 1_659_168 + 100 + 800;
    assert_eq!(used, intrinsic(&data) + chain + 2_600);
    assert!(used < MAX_TX_GAS);
}

#[test]
fn fragments_can_be_neither_activated_nor_called() {
    let mut world = World::new();
    let wasm = padded(3_000, true);
    let (fragments, program) = in_pieces(&mut world, &wasm, 2_000);
    assert_eq!(
        refused(&mut world, fragments[0]),
        "fragmented stylus programs cannot be activated directly; activate the root program instead"
    );
    world.chain.activate(world.me, program).unwrap();
    let call = world.send(fragments[0], Bytes::new());
    assert!(!call.receipt.status);
    assert_eq!(call.receipt.gas_used, 10_000_000, "all of it");
    let plimsoll_devnode::Outcome::Halted(why) = &call.receipt.outcome else {
        panic!("{:?}", call.receipt.outcome);
    };
    assert_eq!(
        why,
        &format!(
            "invalid opcode: {} is a fragment of a Stylus program; call the root that names it",
            fragments[0]
        )
    );
}

#[test]
fn before_arbos_60_there_are_no_fragments() {
    let mut world = World::arbos51();
    let me = world.me;
    let root = Root {
        dictionary: 0,
        wasm_len: 3_000,
        fragments: vec![me],
    };
    for code in [
        &code::fragments(&padded(3_000, true), 2_000)[0],
        &root.to_code(),
    ] {
        assert!(world.chain.deploy(me, init_code(code)).is_err());
    }
}
