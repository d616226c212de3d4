//! The command as people use it: what it prints, where, and how it ends.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

/// The key of the first development account, which everybody knows.
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

fn plimsoll(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .args(arguments)
        .env_remove("PLIMSOLL_PRIVATE_KEY")
        .env_remove("PLIMSOLL_RPC_URL");
    command
}

fn run(arguments: &[&str]) -> Output {
    plimsoll(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A node in a process of its own; stopped when dropped.
struct Node {
    child: Child,
    url: String,
}

impl Node {
    fn start(arguments: &[&str]) -> Self {
        let mut child = plimsoll(&["devnode", "--port", "0", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let url = said["url"].as_str().unwrap().to_owned();
        Self { child, url }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_command_helps() {
    for name in [
        "demo",
        "verify",
        "bench-gas",
        "devnode",
        "build",
        "deploy",
        "account",
    ] {
        let output = run(&[name, "--help"]);
        assert!(output.status.success(), "{name}");
        assert!(output.stdout.len() > 100, "{name} says too little");
    }
    assert!(!run(&[]).status.success());
    assert!(!run(&["dance"]).status.success());
}

#[test]
fn refusals_say_what_to_do_and_print_nothing_else() {
    let nobody = "http://127.0.0.1:1";
    let account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    for (arguments, says) in [
        (
            vec!["account", account, "--rpc-url", nobody],
            "is a node running there?",
        ),
        (
            vec!["account", "alice", "--rpc-url", nobody],
            "is not an account",
        ),
        (
            vec!["account", account, "--rpc-url", "not a url"],
            "is not a URL",
        ),
        (vec!["deploy", "--rpc-url", nobody], "PLIMSOLL_PRIVATE_KEY"),
        (vec!["deploy", "--config", "/nowhere.toml"], "/nowhere.toml"),
        (vec!["verify", "--only", "nothing"], "the steps are"),
        (vec!["devnode", "--arbos", "45"], "51 and 60"),
        (vec!["devnode", "--accounts", "11"], "11"),
        (vec!["demo", "--port", "9000"], "--serve"),
    ] {
        let output = run(&arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?} printed to stdout");
        assert!(
            stderr(&output).contains(says),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_key_is_never_repeated() {
    let secret = "0xdeadbeef00000000000000000000000000000000000000000000000000000000zz";
    let output = plimsoll(&["deploy"])
        .env("PLIMSOLL_PRIVATE_KEY", secret)
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(!stderr(&output).contains("deadbeef"), "{}", stderr(&output));
}

#[test]
fn a_port_in_use_is_an_error() {
    let node = Node::start(&[]);
    let port = node.url.rsplit(':').next().unwrap();
    for arguments in [
        vec!["devnode", "--port", port],
        vec!["demo", "--serve", "--port", port],
    ] {
        let output = run(&arguments);
        let said = stderr(&output);
        assert!(!output.status.success());
        let words = format!("cannot listen on 127.0.0.1:{port}");
        assert!(said.contains(&words), "{arguments:?}: {said}");
        // the demo finds out before it builds, and before it takes away the record of another
        assert!(!said.contains("building"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_house_is_deployed_twice_and_looked_at() {
    let node = Node::start(&["--chain-id", "31338"]);
    let record = std::env::temp_dir().join(format!("plimsoll-cli-{}.json", std::process::id()));
    let path = record.to_str().unwrap().to_owned();
    let deploy = || -> Value {
        let output = plimsoll(&[
            "deploy",
            "--json",
            "--rpc-url",
            &node.url,
            "--record",
            &path,
        ])
        .env("PLIMSOLL_PRIVATE_KEY", KEY)
        .output()
        .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let first = deploy();
    assert_eq!(first["chainId"], 31_338);
    for name in plimsoll::wasm::CONTRACTS {
        for key in ["address", "codeHash", "tx", "block"] {
            assert!(!first["contracts"][name][key].is_null(), "{name}.{key}");
        }
    }
    assert_eq!(deploy(), first, "the second run finds everything done");

    // The record of another chain is refused.
    let other = Node::start(&["--chain-id", "31339"]);
    let output = plimsoll(&["deploy", "--rpc-url", &other.url, "--record", &path])
        .env("PLIMSOLL_PRIVATE_KEY", KEY)
        .output()
        .unwrap();
    assert!(stderr(&output).contains("31338"), "{}", stderr(&output));

    let vault = first["contracts"]["vault"]["address"].as_str().unwrap();
    let look = |id: &str| {
        run(&[
            "account",
            id,
            "--json",
            "--rpc-url",
            &node.url,
            "--record",
            &path,
        ])
    };
    let output = look(vault);
    assert!(output.status.success(), "{}", stderr(&output));
    let fund: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (fund["state"].as_str(), fund["equity"].as_str()),
        (Some("holds nothing"), Some("0"))
    );
    std::fs::remove_file(PathBuf::from(path)).unwrap();
}
