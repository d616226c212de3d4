//! The steps, and what each runs.

use crate::audit;
use eyre::Result;
use plimsoll::{
    registry::{self, Contract},
    term::Progress,
    workspace,
};
use std::{
    env, fs, io,
    process::{Command, Stdio},
};

/// What a step does.
pub(crate) enum Action {
    /// Runs these, one after the other.
    Run(Vec<Command>),
    /// Cannot be done here, for this reason.
    Skip(String),
    /// Calls this.
    Call(fn(&Progress) -> Result<()>),
}

pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) action: fn() -> Action,
}

/// Everything, cheap things first.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "format",
        about: "rustfmt",
        action: format,
    },
    Step {
        name: "typos",
        about: "spelling of everything that people read",
        action: typos,
    },
    Step {
        name: "abi",
        about: "Solidity artefacts and ABI are what their sources build to",
        action: abi,
    },
    Step {
        name: "scripts",
        about: "the ethers v6 scripts' own tests",
        action: scripts,
    },
    Step {
        name: "audit",
        about: "no dependency has a known vulnerability",
        action: audit::audit,
    },
    Step {
        name: "deny",
        about: "licences and sources of dependencies are those of deny.toml",
        action: deny,
    },
    Step {
        name: "wasm",
        about: "the contracts build, are accepted and small enough; what is in fragments is named in a decision",
        action: || {
            Action::Call(|progress| plimsoll_build::check_named(&plimsoll_build::build(progress)?))
        },
    },
    Step {
        name: "same-bytes",
        about: "a clone in another place builds the same contracts",
        action: || Action::Call(plimsoll_build::same_bytes),
    },
    Step {
        name: "clippy-wasm",
        about: "clippy over the contracts, for wasm32; no operator on a wide integer",
        action: clippy_wasm,
    },
    Step {
        name: "clippy",
        about: "clippy over everything, natively",
        action: clippy,
    },
    Step {
        name: "test",
        about: "unit, property, devnode and end-to-end tests",
        action: test,
    },
    Step {
        name: "test-release",
        about: "the kernel's tests as it is built for the chain",
        action: test_release,
    },
    Step {
        name: "doc",
        about: "documentation builds without warnings",
        action: doc,
    },
];

/// Whether missing external tools are failures.
pub(crate) fn require_clients() -> bool {
    env::var_os("PLIMSOLL_REQUIRE_CLIENTS").is_some_and(|v| v == "1")
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace::root());
    command
}

fn is_there(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

fn format() -> Action {
    Action::Run(vec![cargo(&[
        "fmt", "--all", "--check", "--", "-l", "--color", "never",
    ])])
}

fn clippy() -> Action {
    Action::Run(vec![cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        // What a default build leaves out is checked here.
        "--features",
        "plimsoll-cli/https",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])])
}

/// The packages of `contracts/`: the contracts, and what they are made of.
fn contract_packages() -> io::Result<Vec<String>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(workspace::root().join("contracts"))? {
        let manifest = fs::read_to_string(entry?.path().join("Cargo.toml")).unwrap_or_default();
        let mut lines = manifest.lines();
        let name = lines.find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        packages.extend(name.map(str::to_owned));
    }
    packages.sort();
    Ok(packages)
}

/// What a contract must not do, beside what the workspace warns of everywhere.
const CONTRACT_LINTS: [&str; 7] = [
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::indexing_slicing",
    "clippy::panic",
    "clippy::cast_possible_truncation",
    "clippy::cast_possible_wrap",
    "clippy::cast_sign_loss",
];

fn clippy_wasm() -> Action {
    let all = match contract_packages() {
        Ok(packages) => packages,
        Err(e) => return Action::Skip(format!("cannot read contracts/: {e}")),
    };
    let contracts: Vec<_> = registry::CONTRACTS.iter().map(Contract::package).collect();
    // I-RND-7: `clippy.toml` allows the operators of primitives, whose overflow is checked. Those of wide integers wrap.
    let wide = clippy_for_wasm(&all, &["warnings", "clippy::arithmetic_side_effects"]);
    Action::Run(vec![wide, clippy_for_wasm(&contracts, &CONTRACT_LINTS)])
}

fn clippy_for_wasm(packages: &[String], denied: &[&str]) -> Command {
    let mut command = cargo(&["clippy", "--locked", "--lib", "--no-deps", "--target"]);
    command.arg(plimsoll_build::TARGET);
    for package in packages {
        command.args(["-p", package]);
    }
    command.arg("--");
    for lint in denied {
        command.args(["-D", lint]);
    }
    command
}

fn test() -> Action {
    Action::Run(vec![cargo(&["test", "--workspace", "--locked"])])
}

fn test_release() -> Action {
    Action::Run(vec![cargo(&[
        "test",
        "--release",
        "--locked",
        "-p",
        "plimsoll-kernel",
    ])])
}

fn doc() -> Action {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Action::Run(vec![command])
}

fn abi() -> Action {
    let dir = workspace::root().join("tests/solidity");
    if !is_there("node") {
        return Action::Skip("no node: install Node.js 20 or newer".into());
    }
    if !dir.join("node_modules/solc").exists() {
        return Action::Skip("solc is not installed: run `npm ci` in tests/solidity".into());
    }
    let mut command = Command::new("node");
    command.args(["build.mjs", "--check"]).current_dir(dir);
    Action::Run(vec![command])
}

fn scripts() -> Action {
    let dir = workspace::root().join("scripts/ethers");
    if !is_there("node") {
        return Action::Skip("no node: install Node.js 20 or newer".into());
    }
    if !dir.join("node_modules/ethers").exists() {
        return Action::Skip("ethers is not installed: run `npm ci` in scripts/ethers".into());
    }
    let mut command = Command::new("node");
    command.arg("--test").current_dir(dir);
    Action::Run(vec![command])
}

fn typos() -> Action {
    if !is_there("typos") {
        return Action::Skip("no typos: cargo install typos-cli --locked".into());
    }
    let mut command = Command::new("typos");
    command
        .args(["--format", "brief"])
        .current_dir(workspace::root());
    Action::Run(vec![command])
}

fn deny() -> Action {
    if !is_there("cargo-deny") {
        return Action::Skip("no cargo-deny: cargo install cargo-deny --locked".into());
    }
    let mut command = Command::new("cargo-deny");
    command
        .args(["--locked", "check", "licenses", "bans", "sources"])
        .current_dir(workspace::root());
    Action::Run(vec![command])
}
