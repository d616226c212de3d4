//! Clients that are programs of their own, run against a devnode: ethers, viem, cast, cargo-stylus.
//!
//! A tool that is not there makes its test say so and pass, unless `PLIMSOLL_REQUIRE_CLIENTS=1`.
//!
//! * ethers, viem and cast: `npm ci --ignore-scripts` in `tests/devnode/clients` (cast for Linux on
//!   x86-64; elsewhere one on the PATH is taken).
//! * cargo-stylus: `cargo install cargo-stylus --version 0.10.10 --locked --root target/tools`, or
//!   one on the PATH.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use plimsoll_devnode::{
    BlockId, CACHE_MANAGER, CallRequest, ChainConfig, Outcome, TransactionRequest,
    config::dev_accounts,
    rpc::{Node, NodeConfig},
};
use serde_json::Value;

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Says loudly that a test did not run; fails where clients are required.
fn skip(what: &str, how: &str) {
    let message = format!("SKIPPED: {what} is missing. {how}");
    assert!(
        env::var("PLIMSOLL_REQUIRE_CLIENTS").as_deref() != Ok("1"),
        "{message}"
    );
    // Past the test harness, which hides the output of tests that pass.
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "\n*** {message}\n");
}

fn runs(program: &Path, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

const NPM: &str = "Run `npm ci --ignore-scripts` in tests/devnode/clients (Node 18 or later).";
const STYLUS: &str =
    "Run `cargo install cargo-stylus --version 0.10.10 --locked --root target/tools`.";

async fn node() -> Node {
    Node::start(NodeConfig::default()).await.unwrap()
}

/// Runs a program to its end without blocking the node's runtime.
async fn run(mut command: Command) -> Output {
    command.stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().expect("the program starts"))
        .await
        .unwrap()
}

fn text(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs a command that must succeed; answers what it printed.
async fn good(command: Command) -> String {
    let shown = format!("{command:?}");
    let output = run(command).await;
    assert!(output.status.success(), "{shown}\n{}", text(&output));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

async fn script(name: &str, package: &str) {
    let node_js = Path::new("node");
    if !runs(node_js, "--version") {
        return skip("node", "Install Node 18 or later.");
    }
    if !clients().join("node_modules").join(package).exists() {
        return skip(package, NPM);
    }
    let node = node().await;
    let mut command = Command::new(node_js);
    command
        .current_dir(clients())
        .arg(name)
        .args([&node.url, &node.ws_url]);
    let printed = good(command).await;
    assert!(printed.ends_with("all ok"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ethers() {
    script("ethers.mjs", "ethers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn viem() {
    script("viem.mjs", "viem").await;
}

fn cast() -> Option<PathBuf> {
    let packaged = clients().join("node_modules/@foundry-rs/cast-linux-amd64/bin/cast");
    [packaged, "cast".into()]
        .into_iter()
        .find(|path| runs(path, "--version"))
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_walks_the_node() {
    let Some(program) = cast() else {
        return skip("cast", NPM);
    };
    let node = node().await;
    let cast = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .env("ETH_RPC_URL", &node.url)
            .env("NO_COLOR", "1");
        command
    };
    let key = dev_accounts(1)[0].key.to_string();
    let me = dev_accounts(1)[0].address.to_string();

    assert_eq!(good(cast(&["chain-id"])).await, "412346");
    assert_eq!(good(cast(&["block-number"])).await, "0");
    assert_eq!(
        good(cast(&["balance", "--ether", &me])).await,
        "10000.000000000000000000"
    );
    assert!(
        good(cast(&["client"]))
            .await
            .starts_with("plimsoll-devnode/")
    );

    // Deploy and use the probe.
    let probe: Value =
        serde_json::from_str(&std::fs::read_to_string(clients().join("Probe.json")).unwrap())
            .unwrap();
    let code = format!(
        "{}{}",
        probe["bytecode"].as_str().unwrap(),
        "0".repeat(63) + "7"
    );
    let deploy = ["send", "--json", "--private-key", &key, "--create", &code];
    let receipt: Value = serde_json::from_str(&good(cast(&deploy)).await).unwrap();
    let at = receipt["contractAddress"].as_str().unwrap();
    assert_eq!(good(cast(&["call", at, "value()(uint256)"])).await, "7");
    let store = [
        "send",
        "--json",
        "--private-key",
        &key,
        at,
        "store(uint256)",
        "42",
    ];
    let receipt: Value = serde_json::from_str(&good(cast(&store)).await).unwrap();
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(good(cast(&["call", at, "value()(uint256)"])).await, "42");
    assert_eq!(
        good(cast(&["storage", at, "0"])).await,
        format!("0x{:064x}", 42)
    );
    let code: Bytes = good(cast(&["code", at])).await.parse().unwrap();
    assert_eq!(
        good(cast(&["codehash", at])).await,
        keccak256(&code).to_string()
    );
    let account: Value =
        serde_json::from_str(&good(cast(&["rpc", "eth_getAccount", at, "latest"])).await).unwrap();
    assert_eq!(
        good(cast(&["storage-root", at])).await,
        account["storageRoot"].as_str().unwrap()
    );
    let hash = receipt["transactionHash"].as_str().unwrap();
    assert!(good(cast(&["tx", hash])).await.contains("blockHash"));
    assert!(good(cast(&["receipt", hash])).await.contains("gasUsed"));
    assert!(
        good(cast(&["block", "latest"]))
            .await
            .contains("l1BlockNumber")
    );
    let logs = good(cast(&[
        "logs",
        "--from-block",
        "0",
        "Stored(address indexed,uint256)",
    ]))
    .await;
    assert!(logs.contains(hash), "{logs}");
    assert!(!good(cast(&["gas-price"])).await.is_empty());
    let gas = good(cast(&["estimate", at, "store(uint256)", "1"])).await;
    assert!(gas.parse::<u64>().unwrap() > 21_000, "{gas}");
    let touched = good(cast(&["access-list", at, "store(uint256)", "1"])).await;
    let here = at.to_lowercase();
    assert!(touched.to_lowercase().contains(&here), "{touched}");

    // A revert, with its reason.
    let output = run(cast(&["call", at, "store(uint256)", "13"])).await;
    assert!(!output.status.success());
    assert!(
        text(&output).contains("execution reverted: unlucky"),
        "{}",
        text(&output)
    );

    // The levers.
    good(cast(&["rpc", "anvil_setBalance", at, "0x10"])).await;
    assert_eq!(good(cast(&["balance", at])).await, "16");
    good(cast(&["rpc", "anvil_mine", "0x5"])).await;
    assert_eq!(good(cast(&["block-number"])).await, "7");
    let unlocked = ["send", "--unlocked", "--from", &me, at, "--value", "1"];
    good(cast(&unlocked)).await;
    assert_eq!(good(cast(&["balance", at])).await, "17");
}

fn cargo_stylus() -> Option<PathBuf> {
    let installed = workspace().join("target/tools/bin/cargo-stylus");
    [installed, "cargo-stylus".into()].into_iter().find(|path| {
        Command::new(path)
            .args(["stylus", "--version"])
            .output()
            .is_ok_and(|o| o.status.success() && text(&o).contains("0.10.10"))
    })
}

/// The address in cargo-stylus's line "deployed code at address: 0x...".
fn deployed(printed: &str) -> Address {
    let plain: String = strip_colours(printed);
    let after = plain.split("deployed code at address:").nth(1);
    let word = after.and_then(|rest| rest.split_whitespace().next());
    let word = word.unwrap_or_else(|| panic!("no address in:\n{plain}"));
    word.parse().unwrap_or_else(|e| panic!("{e}: {word}"))
}

fn strip_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '\u{1b}' {
            characters.by_ref().find(|c| c.is_ascii_alphabetic());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Check, deploy, use, trace and cache a program with cargo-stylus on one ArbOS version.
async fn stylus(arbos_version: u64) {
    let Some(program) = cargo_stylus() else {
        return skip("cargo-stylus 0.10.10", STYLUS);
    };
    let chain = ChainConfig {
        arbos_version,
        ..ChainConfig::default()
    };
    let node = Node::start(NodeConfig {
        chain,
        ..NodeConfig::default()
    })
    .await
    .unwrap();
    let stylus = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command
            .current_dir(clients().join("stylus-fixture"))
            .arg("stylus")
            .args(arguments)
            .args(["--endpoint", &node.url])
            .env(
                "CARGO_TARGET_DIR",
                workspace().join("target/stylus-fixture"),
            )
            // What the test runner sets would reach the inner cargo.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        command
    };
    let me = &dev_accounts(1)[0];
    let key = me.key.to_string();

    let output = run(stylus(&["check"])).await;
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        strip_colours(&text(&output)).contains("wasm data fee"),
        "{}",
        text(&output)
    );
    assert_eq!(
        node.chain.with(|c| c.block_number()),
        0,
        "checking sends nothing"
    );

    let output = run(stylus(&["deploy", "--no-verify", "--private-key", &key])).await;
    assert!(output.status.success(), "{}", text(&output));
    let at = deployed(&text(&output));

    // Use it: 5 + 37.
    let word = |n: u64| Bytes::from(U256::from(n).to_be_bytes::<32>());
    let from = me.address;
    let hash = node.chain.with(move |chain| {
        let code = chain.code(at, BlockId::latest()).unwrap();
        assert!(code.starts_with(&[0xef, 0xf0, 0x00, 0x00]));
        let mut last = B256::ZERO;
        for n in [5, 37] {
            let tx = TransactionRequest::default()
                .from(from)
                .to(at)
                .input(word(n).into());
            let done = chain.transact(tx).unwrap();
            assert!(done.receipt.status, "{:?}", done.receipt.outcome);
            last = done.hash;
        }
        let read = CallRequest::from(TransactionRequest::default().from(from).to(at));
        let sum = chain.call(&read).unwrap();
        assert_eq!(sum.outcome, Outcome::Success);
        assert_eq!(sum.output, word(42));
        last
    });

    // Deploying the same again finds it activated.
    let output = run(stylus(&["deploy", "--no-verify", "--private-key", &key])).await;
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("already activated"),
        "{}",
        text(&output)
    );

    // C-3: a bid really caches. The manager says what it would take, and that it did.
    let program = at.to_string();
    let cached = |node: &Node| {
        let selector = alloy::primitives::keccak256("codehashIsCached(bytes32)");
        node.chain.with(move |chain| {
            let code = chain.code(at, BlockId::latest()).unwrap();
            let codehash = alloy::primitives::keccak256(code);
            let asked = TransactionRequest::default()
                .to(Address::with_last_byte(0x72))
                .input(Bytes::from([&selector[..4], &codehash[..]].concat()).into());
            let call = chain.call(&CallRequest::from(asked)).unwrap();
            U256::from_be_slice(&call.output) == U256::ONE
        })
    };
    assert!(!cached(&node));
    let suggested = strip_colours(&good(stylus(&["cache", "suggest-bid", &program])).await);
    assert!(suggested.contains("Minimum bid"), "{suggested}");
    good(stylus(&[
        "cache",
        "bid",
        &program,
        "7",
        "--private-key",
        &key,
    ]))
    .await;
    assert!(cached(&node));
    let manager = format!("{CACHE_MANAGER:?}");
    let status = strip_colours(&good(stylus(&["cache", "status", "--address", &program])).await);
    assert!(
        status.contains(&manager) && status.contains("is cached"),
        "{manager} in {status}"
    );

    // What its calls of host functions were, by both tracers.
    let hash = hash.to_string();
    for arguments in [
        &["trace", "--tx", &hash][..],
        &["trace", "--tx", &hash, "-u"],
    ] {
        let printed = good(stylus(arguments)).await;
        for name in [
            "read_args",
            "storage_load_bytes32",
            "storage_flush_cache",
            "write_result",
        ] {
            assert!(printed.contains(name), "{name} in {printed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_stylus_on_arbos_51() {
    stylus(51).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_stylus_on_arbos_61() {
    stylus(61).await;
}
