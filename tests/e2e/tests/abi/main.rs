//! The ABI that is published is the ABI that is deployed: selectors, mutability, events, errors.
//!
//! Three views of each contract are compared. `abi/*.json` is what integrators use (and
//! `tests/solidity/build.mjs --check` holds it to `abi/*.sol`); the Rust source says what was meant, and
//! prints it as Solidity; the compiled module says what stands on chain. That source and JSON agree is also
//! a unit test of each contract, which needs no module and takes seconds.
//!
//! | test | finds |
//! | --- | --- |
//! | `source_and_abi_agree` | a function, event or error that only one of source and JSON has, or has differently; one that the module cannot raise, or raises unsaid |
//! | `the_comparison_sees_every_change` | a hole in that comparison |
//! | `module_answers_exactly_the_abi` | a selector the module accepts and the JSON lacks, or the reverse |
//! | `every_declaration_is_of_some_interface` | an error or event that is declared in the source and compared with nothing |
//! | `refusals_are_typed` | an empty or undocumented revert: unknown selector, short calldata, value, arguments of zeros |

mod module;
mod solidity;

use alloy::{
    consensus::constants::ETH_TO_WEI, primitives::keccak256, providers::Provider,
    rpc::types::TransactionRequest,
};
use module::Constants;
use plimsoll_e2e::*;
use proc_macro2::TokenTree;
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use stylus_abi::{Contract as _, Interface, Item, Kind, Parameter, Type};

/// Contract, interface, and what its source declares.
type Declared = (&'static str, &'static str, fn() -> Interface);

/// A type has no name that a registry could hold, so here they are once more.
const CONTRACTS: &[Declared] = &[
    ("oracle", "IOracle", plimsoll_oracle::Oracle::interface),
    ("margin", "IMargin", plimsoll_margin::Margin::interface),
    (
        "parameters",
        "IParameters",
        plimsoll_parameters::Parameters::interface,
    ),
    ("vault", "IVault", plimsoll_vault::Vault::interface),
    (
        "clearinghouse",
        "IClearinghouse",
        plimsoll_clearinghouse::Clearinghouse::interface,
    ),
    ("auction", "IAuction", plimsoll_auction::Auction::interface),
    ("lens", "ILens", plimsoll_lens::Lens::interface),
];

/// The list above is all contracts.
#[test]
fn every_contract_is_compared() {
    let registered: Vec<_> = plimsoll::registry::CONTRACTS
        .iter()
        .map(|contract| (contract.name, contract.interface))
        .collect();
    let compared: Vec<_> = CONTRACTS
        .iter()
        .map(|(contract, interface, _)| (*contract, *interface))
        .collect();
    assert_eq!(
        compared, registered,
        "CONTRACTS of this file beside contracts/registry.json"
    );
}

/// The names of all `errors!` and `events!` of a crate in `contracts/`.
fn written(package: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![package.join("src")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !path.ends_with("tests.rs")
        {
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            for item in file.items {
                let syn::Item::Macro(item) = item else {
                    continue;
                };
                let name = item
                    .mac
                    .path
                    .segments
                    .last()
                    .map(|segment| segment.ident.to_string());
                if name.is_some_and(|name| ["errors", "events"].contains(&name.as_str())) {
                    let tokens = item.mac.tokens.into_iter();
                    names.extend(tokens.filter_map(|token| match token {
                        TokenTree::Ident(name) => Some(name.to_string()),
                        _ => None,
                    }));
                }
            }
        }
    }
    names
}

/// An error or event that a crate declares stands in the interface of that contract, or, of a crate that is none, in some
/// interface: what is left out of `declares` would be compared with nothing.
#[test]
fn every_declaration_is_of_some_interface() {
    let folders = fs::read_dir(plimsoll::workspace::root().join("contracts")).unwrap();
    let mut seen = 0;
    for folder in folders
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
    {
        let crate_name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let own = CONTRACTS
            .iter()
            .any(|(contract, ..)| *contract == crate_name);
        let interfaces = CONTRACTS
            .iter()
            .filter(|(contract, ..)| !own || *contract == crate_name);
        let said: BTreeSet<String> = interfaces
            .flat_map(|(_, _, interface)| interface().items)
            .map(|item| item.name)
            .collect();
        let written = written(&folder);
        seen += written.len();
        let unsaid: Vec<_> = written.difference(&said).collect();
        assert!(
            unsaid.is_empty(),
            "{crate_name} declares {unsaid:?}, which no `declares = [..]` has"
        );
    }
    assert!(seen > 100, "{seen} declarations found");
}

fn modules() -> BTreeMap<&'static str, Constants> {
    plimsoll_build::build_cached(&Progress::silent())
        .expect("the contracts build")
        .into_iter()
        .map(|program| (program.name, Constants::of(&program.wasm)))
        .collect()
}

/// What `abi/<interface>.json` promises.
fn promised(interface: &str) -> Interface {
    let path = plimsoll::workspace::root()
        .join("abi")
        .join(format!("{interface}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Interface::from_json(&text)
}

/// `keccak256(signature)[..4]`.
fn selector(signature: &str) -> [u8; 4] {
    let hash = keccak256(signature);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The selectors of its functions.
fn selectors(interface: &Interface) -> BTreeSet<[u8; 4]> {
    interface.functions().map(Item::selector).collect()
}

/// I-ABI: functions, events and errors of the source equal the JSON, both ways, none is dead and none hidden.
#[test]
fn source_and_abi_agree() {
    let modules = modules();
    let all: BTreeMap<String, Item> = CONTRACTS
        .iter()
        .flat_map(|(_, interface, _)| promised(interface).items)
        .filter(|item| !item.is_function())
        .map(|item| (item.to_string(), item))
        .collect();
    let mut wrong = String::new();
    for (contract, interface, declared) in CONTRACTS.iter().copied() {
        let (printed, promised) = (solidity::read(&declared().to_string()), promised(interface));
        assert_eq!(printed.name, interface);
        let differences = printed.differences(&promised);
        if !differences.is_empty() {
            let _ = write!(wrong, "{contract}:\n{differences}");
        }
        for item in all.values() {
            let module = &modules[contract];
            let can = match item.kind {
                Kind::Error => module.can_write(item.selector()),
                _ => module.can_write_word(item.topic().into()),
            };
            match (promised.items.contains(item), can) {
                (true, false) => {
                    let _ = writeln!(wrong, "{contract}: never raised: {item}");
                }
                (false, true) => {
                    let _ = writeln!(wrong, "{contract}: raised, but not declared: {item}");
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// One name means one thing: an error or event has the same parameters wherever it appears.
#[test]
fn one_name_has_one_signature() {
    let mut by_name: BTreeMap<(bool, String), BTreeSet<String>> = BTreeMap::new();
    for (_, interface, _) in CONTRACTS.iter().copied() {
        for item in promised(interface).items {
            if !item.is_function() {
                let key = (item.kind == Kind::Event, item.name.clone());
                by_name.entry(key).or_default().insert(item.to_string());
            }
        }
    }
    let double: Vec<_> = by_name.values().filter(|lines| lines.len() > 1).collect();
    assert!(double.is_empty(), "{double:#?}");
}

/// The comparison is not blind: whatever is taken away, added or altered on one side, it is seen.
#[test]
fn the_comparison_sees_every_change() {
    for (_, interface, _) in CONTRACTS.iter().copied() {
        let abi = promised(interface);
        assert_eq!(abi.differences(&abi), "");
        assert!(abi.functions().next().is_some() && abi.errors().next().is_some());
        // Not all say something by events: parameters speak for margin, the views only answer.
        let silent = matches!(interface, "IMargin" | "ILens");
        assert_eq!(abi.events().next().is_none(), silent, "{interface}");
        for (index, item) in abi.items.iter().enumerate() {
            let mut less = abi.clone();
            less.items.remove(index);
            // With it goes a struct that it alone needs.
            let items = |text: String| -> Vec<String> {
                let lines = text.lines().filter(|line| !line.contains(" struct "));
                lines.map(str::to_owned).collect()
            };
            assert_eq!(
                items(less.differences(&abi)),
                [format!("only in the ABI:  {item}")]
            );
            assert_eq!(
                items(abi.differences(&less)),
                [format!("only in the Rust: {item}")]
            );
        }
    }
    // Each property of a declaration is part of its line.
    let field = |ty: &str, name: &str| Parameter {
        name: name.into(),
        ty: Type::Value(ty.into()),
        indexed: false,
    };
    let of = |field: &Parameter| {
        let fields = vec![Parameter {
            name: "y".into(),
            ..field.clone()
        }];
        Parameter {
            ty: Type::Struct("S".into(), fields),
            ..field.clone()
        }
    };
    let (a, b, y) = (
        field("uint256", "x"),
        field("int256", "x"),
        field("uint256", "y"),
    );
    let list = Parameter {
        ty: Type::List(Box::new(a.ty.clone())),
        ..a.clone()
    };
    let function = |name: &str, kind, inputs: &[&Parameter], outputs: &[&Parameter]| Item {
        kind,
        name: name.into(),
        inputs: inputs.iter().copied().cloned().collect(),
        outputs: outputs.iter().copied().cloned().collect(),
    };
    let variants = [
        function("f", Kind::View, &[&a], &[]),
        function("f", Kind::View, &[&b], &[]),
        function("f", Kind::View, &[&y], &[]),
        function("f", Kind::View, &[&list], &[]),
        function("f", Kind::View, &[&of(&a)], &[]),
        function("f", Kind::View, &[&of(&b)], &[]),
        function("f", Kind::Write, &[&a], &[]),
        function("f", Kind::View, &[&a], &[&a]),
        function("f", Kind::View, &[&a], &[&y]),
        function("g", Kind::View, &[&a], &[]),
        Item::error("f", vec![a.clone()]),
        Item::error("f", vec![y.clone()]),
        Item::error("f", vec![b]),
        Item::event("f", vec![], vec![a.clone()]),
        Item::event("f", vec![a], vec![]),
        Item::event("f", vec![], vec![y]),
    ]
    .map(|item| Interface {
        items: vec![item],
        ..Interface::default()
    });
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

/// cargo-stylus, as `.ci/run` installs it or from the path.
fn cargo_stylus() -> Option<PathBuf> {
    let installed = plimsoll::workspace::root().join("target/tools/bin/cargo-stylus");
    [installed, "cargo-stylus".into()]
        .into_iter()
        .find(|program| {
            let version = Command::new(program).args(["stylus", "--version"]).output();
            version.is_ok_and(|output| output.status.success())
        })
}

/// `cargo stylus export-abi` prints what the other tests compare.
#[test]
fn cargo_stylus_exports_the_abi() {
    let Some(program) = cargo_stylus() else {
        let required = env::var("PLIMSOLL_REQUIRE_CLIENTS").as_deref() == Ok("1");
        assert!(!required, "cargo-stylus 0.10.10 is missing");
        return eprintln!("SKIPPED: cargo-stylus 0.10.10 is missing");
    };
    let output = Command::new(program)
        .args(["stylus", "export-abi"])
        .current_dir(plimsoll::workspace::root().join("contracts/vault"))
        .output()
        .expect("cargo-stylus starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{said}");
    assert_eq!(
        text,
        plimsoll_vault::Vault::interface().to_string(),
        "{said}"
    );
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
    for (_, interface, _) in CONTRACTS.iter().copied() {
        others.extend(selectors(&promised(interface)));
    }

    for (contract, interface, _) in CONTRACTS.iter().copied() {
        let promised = selectors(&promised(interface));
        let possible = modules[contract].selectors();
        let unseen: Vec<_> = promised.difference(&possible).collect();
        assert!(
            unseen.is_empty(),
            "{contract}: not among the constants of its code: {unseen:02x?}"
        );

        let at = house.at.get(contract).expect("an address");
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
    let errors: BTreeSet<[u8; 4]> = CONTRACTS
        .iter()
        .flat_map(|(_, interface, _)| promised(interface).items)
        .filter(|item| item.kind == Kind::Error)
        .map(|item| item.selector())
        .collect();
    let documented = |data: &Bytes| {
        data.first_chunk::<4>()
            .is_some_and(|id| errors.contains(id))
    };
    let short = |signature: &str| Err(Bytes::copy_from_slice(&selector(signature)));

    for (contract, interface, _) in CONTRACTS.iter().copied() {
        let at = house.at.get(contract).expect("an address");
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
        for function in promised(interface).functions() {
            let (line, id) = (function.signature(), function.selector());
            let with = |tail: usize, byte: u8| [id.as_slice(), &vec![byte; tail]].concat();
            let refusal = if function.kind == Kind::Payable {
                "BadCalldata()"
            } else {
                "NotPayable()"
            };
            assert_eq!(
                raw(&house, stranger, at, with(0, 0), 1).await,
                short(refusal),
                "{contract}: value sent to {line}"
            );
            if !function.inputs.is_empty() {
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
