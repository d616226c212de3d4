//! The ABI that is published is the ABI that is deployed: selectors, mutability, events, errors.
//!
//! Three views of each contract are compared. `abi/*.json` is what integrators use (and
//! `tests/solidity/build.mjs --check` holds it to `abi/*.sol`); the Rust source says what was meant;
//! the compiled module says what stands on chain.
//!
//! | test | finds |
//! | --- | --- |
//! | `source_and_abi_agree` | a function, event or error that only one of source and JSON has, or has differently |
//! | `the_comparison_sees_every_change` | a hole in that comparison |
//! | `module_answers_exactly_the_abi` | a selector the module accepts and the JSON lacks, or the reverse |
//! | `refusals_are_typed` | an empty or undocumented revert: unknown selector, short calldata, value, arguments of zeros |

mod module;
mod source;
mod surface;

use alloy::{
    consensus::constants::ETH_TO_WEI, providers::Provider, rpc::types::TransactionRequest,
};
use module::Constants;
use plimsoll_e2e::*;
use source::Source;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};
use surface::{Surface, selector};

/// Contract and interface.
const CONTRACTS: [(&str, &str); 7] = [
    ("oracle", "IOracle"),
    ("margin", "IMargin"),
    ("parameters", "IParameters"),
    ("vault", "IVault"),
    ("clearinghouse", "IClearinghouse"),
    ("auction", "IAuction"),
    ("lens", "ILens"),
];

fn modules() -> BTreeMap<&'static str, Constants> {
    plimsoll_build::build_cached(&Progress::silent())
        .expect("the contracts build")
        .into_iter()
        .map(|program| (program.name, Constants::of(&program.wasm)))
        .collect()
}

/// What a contract shows: its own declarations, and those shared ones that its module can emit.
fn shown(contract: &str, shared: &Source, module: &Constants) -> Surface {
    let mut surface = Source::read(contract, Some(shared)).surface;
    let common = &shared.surface;
    surface.errors.extend(
        common
            .errors
            .iter()
            .filter(|(_, id)| module.can_write(**id))
            .map(|(l, id)| (l.clone(), *id)),
    );
    surface.events.extend(
        common
            .events
            .iter()
            .filter(|(_, id)| module.can_write_word(**id))
            .map(|(l, id)| (l.clone(), *id)),
    );
    surface
}

/// I-ABI: functions, events and errors of the source equal the JSON, both ways, and none is dead.
#[test]
fn source_and_abi_agree() {
    let (shared, modules) = (Source::read("common", None), modules());
    let mut wrong = String::new();
    for (contract, interface) in CONTRACTS {
        let module = &modules[contract];
        let rust = shown(contract, &shared, module);
        let differences = rust.differences(&Surface::promised(interface));
        if !differences.is_empty() {
            let _ = write!(wrong, "{contract}:\n{differences}");
        }
        for (line, id) in &rust.errors {
            if !module.can_write(*id) {
                let _ = writeln!(wrong, "{contract}: never raised: {line}");
            }
        }
        for (line, id) in &rust.events {
            if !module.can_write_word(*id) {
                let _ = writeln!(wrong, "{contract}: never emitted: {line}");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// One name means one thing: an error or event has the same parameters wherever it appears.
#[test]
fn one_name_has_one_signature() {
    let mut by_name: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (_, interface) in CONTRACTS {
        let surface = Surface::promised(interface);
        for line in surface.errors.keys().chain(surface.events.keys()) {
            let (head, _) = line.split_once('(').expect("a declaration");
            let (word, name) = head.split_once(' ').expect("a declaration");
            by_name
                .entry((word.into(), name.into()))
                .or_default()
                .insert(line.clone());
        }
    }
    let double: Vec<_> = by_name.values().filter(|lines| lines.len() > 1).collect();
    assert!(double.is_empty(), "{double:#?}");
}

/// The comparison is not blind: whatever is taken away, added or altered on one side, it is seen.
#[test]
fn the_comparison_sees_every_change() {
    for (_, interface) in CONTRACTS {
        let abi = Surface::promised(interface);
        assert_eq!(abi.differences(&abi), "");
        assert!(!abi.functions.is_empty() && !abi.errors.is_empty());
        // Not all say something by events: parameters speak for margin, the views only answer.
        let silent = matches!(interface, "IMargin" | "ILens");
        assert_eq!(abi.events.is_empty(), silent, "{interface}");
        let lines: Vec<String> = abi.lines().into_iter().map(str::to_owned).collect();
        for line in &lines {
            let mut less = abi.clone();
            less.functions.remove(line);
            less.errors.remove(line);
            less.events.remove(line);
            assert_eq!(
                less.differences(&abi),
                format!("only in the ABI:  {line}\n")
            );
            assert_eq!(
                abi.differences(&less),
                format!("only in the Rust: {line}\n")
            );
        }
    }
    // Each property of a declaration is part of its line.
    let one = |edit: &dyn Fn(&mut Surface)| {
        let mut surface = Surface::default();
        edit(&mut surface);
        surface
    };
    let (a, b) = ("uint256".to_owned(), "int256".to_owned());
    let variants = [
        one(&|s| s.function("f", std::slice::from_ref(&a), "view", &[])),
        one(&|s| s.function("f", std::slice::from_ref(&b), "view", &[])),
        one(&|s| s.function("f", std::slice::from_ref(&a), "nonpayable", &[])),
        one(&|s| {
            s.function(
                "f",
                std::slice::from_ref(&a),
                "view",
                std::slice::from_ref(&a),
            )
        }),
        one(&|s| s.function("g", std::slice::from_ref(&a), "view", &[])),
        one(&|s| s.error("f", &[(a.clone(), "x".into())])),
        one(&|s| s.error("f", &[(a.clone(), "y".into())])),
        one(&|s| s.error("f", &[(b.clone(), "x".into())])),
        one(&|s| s.event("f", &[(a.clone(), false, "x".into())])),
        one(&|s| s.event("f", &[(a.clone(), true, "x".into())])),
        one(&|s| s.event("f", &[(a.clone(), false, "y".into())])),
    ];
    for (i, left) in variants.iter().enumerate() {
        for (j, right) in variants.iter().enumerate() {
            assert_eq!(
                left.differences(right).is_empty(),
                i == j,
                "{left:?} {right:?}"
            );
        }
    }
}

/// A raw call, nothing more: its answer, or its revert data.
async fn raw(
    house: &House,
    from: Address,
    to: Address,
    data: Vec<u8>,
    value: u64,
) -> Result<Bytes, Bytes> {
    let request = TransactionRequest::default()
        .from(from)
        .to(to)
        .value(U256::from(value))
        .input(data.into());
    house.client.provider().call(request).await.map_err(|e| {
        let answer = e
            .as_error_resp()
            .unwrap_or_else(|| panic!("the node failed: {e}"));
        assert!(
            answer.message.contains("revert"),
            "not a revert: {}",
            answer.message
        );
        answer.as_revert_data().unwrap_or_default()
    })
}

fn address_of(house: &House, contract: &str) -> Address {
    match contract {
        "oracle" => house.at.oracle,
        "margin" => house.at.margin,
        "parameters" => house.at.parameters,
        "lens" => house.at.lens,
        "vault" => house.at.vault,
        "clearinghouse" => house.at.clearinghouse,
        "auction" => house.at.auction,
        other => panic!("no contract {other}"),
    }
}

/// `UnknownSelector(bytes4)` with this selector.
fn unknown(id: [u8; 4]) -> Bytes {
    let mut data = selector("UnknownSelector(bytes4)").to_vec();
    data.extend_from_slice(&id);
    data.resize(36, 0);
    data.into()
}

/// I-ABI: the deployed module accepts the JSON's selectors and, of all constants its code could
/// compare with and of many others, no more.
#[tokio::test(flavor = "multi_thread")]
async fn module_answers_exactly_the_abi() {
    let house = House::start().await;
    let modules = modules();
    let mut others: BTreeSet<[u8; 4]> = [[0; 4], [0xff; 4], [0, 0, 0, 1]].into();
    for signature in [
        "stylus_constructor()",
        "constructor()",
        "renounceOwnership()",
        "upgradeTo(address)",
        "upgradeToAndCall(address,bytes)",
        "multicall(bytes[])",
        "supportsInterface(bytes4)",
    ] {
        others.insert(selector(signature));
    }
    let mut state = B256::repeat_byte(7);
    for _ in 0..64 {
        state = alloy::primitives::keccak256(state);
        others.insert([state[0], state[1], state[2], state[3]]);
    }
    // The selectors of one contract are strangers to the next, where it does not share them.
    for (_, interface) in CONTRACTS {
        others.extend(Surface::promised(interface).functions.values());
    }

    for (contract, interface) in CONTRACTS {
        let promised: BTreeSet<[u8; 4]> = Surface::promised(interface)
            .functions
            .values()
            .copied()
            .collect();
        let possible = modules[contract].selectors();
        let unseen: Vec<_> = promised.difference(&possible).collect();
        assert!(
            unseen.is_empty(),
            "{contract}: not among the constants of its code: {unseen:02x?}"
        );

        let at = address_of(&house, contract);
        let mut accepted = BTreeSet::new();
        for id in possible.union(&others) {
            let answer = raw(&house, house.people.stranger.address, at, id.to_vec(), 0).await;
            if answer != Err(unknown(*id)) {
                accepted.insert(*id);
            }
        }
        let surplus: Vec<_> = accepted.difference(&promised).collect();
        let lacking: Vec<_> = promised.difference(&accepted).collect();
        assert!(
            surplus.is_empty() && lacking.is_empty(),
            "{contract}: accepts {surplus:02x?} beyond the ABI, not {lacking:02x?} of it"
        );
    }
}

/// I-LIV-7: nothing is refused without a documented reason.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_typed() {
    let house = House::start().await;
    let stranger = house.people.stranger.address;
    let funds = house.client.balance(stranger).await.expect("a balance");
    assert!(
        funds >= U256::from(ETH_TO_WEI),
        "the stranger can send value"
    );
    let errors: BTreeMap<[u8; 4], String> = CONTRACTS
        .iter()
        .flat_map(|(_, interface)| Surface::promised(interface).errors)
        .map(|(line, id)| (id, line))
        .collect();
    let documented = |data: &Bytes| {
        data.first_chunk::<4>()
            .is_some_and(|id| errors.contains_key(id))
    };
    let short = |signature: &str| Err(Bytes::copy_from_slice(&selector(signature)));

    for (contract, interface) in CONTRACTS {
        let at = address_of(&house, contract);
        for length in 0..4 {
            let data = vec![0xab; length];
            let mut padded = [0; 4];
            padded[..length].copy_from_slice(&data);
            assert_eq!(
                raw(&house, stranger, at, data, 0).await,
                Err(unknown(padded)),
                "{contract}"
            );
        }
        for (line, id) in Surface::promised(interface).functions {
            let with = |tail: usize, byte: u8| [id.as_slice(), &vec![byte; tail]].concat();
            assert_eq!(
                raw(&house, stranger, at, with(0, 0), 1).await,
                short("NotPayable()"),
                "{contract}: value sent to {line}"
            );
            if !line
                .split_once(')')
                .is_some_and(|(head, _)| head.ends_with('('))
            {
                // Arguments that end too early.
                for tail in [0, 1, 31] {
                    assert_eq!(
                        raw(&house, stranger, at, with(tail, 0), 0).await,
                        short("BadCalldata()"),
                        "{contract}: {tail} bytes of arguments for {line}"
                    );
                }
            }
            // Zeros decode as anything that is not dynamic; ones as hardly anything.
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let answer = raw(&house, stranger, at, with(32 * 24, byte), 0).await;
                if let Err(data) = answer {
                    assert!(
                        documented(&data),
                        "{contract}: {line} with {byte:#04x}s: refused with {data}"
                    );
                }
            }
        }
    }
}
