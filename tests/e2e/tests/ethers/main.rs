//! The ethers scripts against a house, and the ABI package as its users install it.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `story` | an account sinks, is watched, is bid for |
//! | `bid` | what `bid.mjs` does when time passes, blocks do not come, or somebody else is faster |
//! | `vectors` | all numbers of twenty accounts, as every client shows them |
//! | `watch` | what `watch.mjs` does when the chain is reorganised |
//! | `relay` | a way to the node on which something may happen between two requests |
//!
//! Needs Node 20 or newer, `npm ci` in `scripts/ethers` and in `tests/solidity`. Without them the tests
//! say so and are skipped, unless `PLIMSOLL_REQUIRE_CLIENTS=1` asks for them to fail.

mod bid;
mod relay;
mod story;
mod vectors;
mod watch;

use plimsoll_e2e::*;
use serde_json::Value;
use std::{
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{sleep, timeout},
};

/// How long a script may take to say something.
const PATIENCE: Duration = Duration::from_secs(60);

fn scripts() -> PathBuf {
    plimsoll::workspace::root().join("scripts/ethers")
}

/// What is missing to run npm's `package` from `dir`, if anything.
fn missing(dir: &str, package: &str) -> Option<String> {
    let node = std::process::Command::new("node").arg("--version").output();
    if !node.is_ok_and(|out| out.status.success()) {
        return Some("node is not there".into());
    }
    let installed = plimsoll::workspace::root()
        .join(dir)
        .join("node_modules")
        .join(package)
        .exists();
    (!installed).then(|| format!("{package} is not installed: run `npm ci` in {dir}"))
}

/// Says what is missing and whether to go on.
fn can_run(dir: &str, package: &str) -> bool {
    let Some(what) = missing(dir, package) else {
        return true;
    };
    let required = std::env::var("PLIMSOLL_REQUIRE_CLIENTS").is_ok_and(|v| v == "1");
    assert!(!required, "PLIMSOLL_REQUIRE_CLIENTS=1, but {what}");
    eprintln!("SKIPPED: {what}");
    false
}

/// A house, its record in a file, and the scripts that read it.
struct Scripts {
    house: House,
    record: PathBuf,
    /// Where the scripts find the node; the house's own URL if nothing stands between.
    url: String,
}

/// What a script said and how it ended.
struct Run {
    status: i32,
    lines: Vec<Value>,
}

impl Run {
    fn of(out: &Output) -> Self {
        let errors = String::from_utf8_lossy(&out.stderr);
        assert!(errors.is_empty(), "it complains: {errors}");
        Self {
            status: out.status.code().expect("it ends by itself"),
            lines: String::from_utf8_lossy(&out.stdout)
                .lines()
                .map(parse)
                .collect(),
        }
    }

    /// It ended well.
    fn done(self) -> Self {
        assert_eq!(self.status, 0, "{:?}", self.lines);
        self
    }

    /// It failed with this status: the line that says why.
    fn failed(&self, status: i32) -> &Value {
        assert_eq!(self.status, status, "{:?}", self.lines);
        let line = self.lines.last().expect("a line");
        assert_eq!(line["kind"], "failure", "{line}");
        line
    }

    fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.lines.iter().filter(|l| l["kind"] == kind).collect()
    }

    /// The one line of a kind.
    fn one(&self, kind: &str) -> &Value {
        let [line] = self.of_kind(kind)[..] else {
            panic!("one {kind} in {:?}", self.lines);
        };
        line
    }
}

impl Scripts {
    /// A house in which nobody has deposited; `None`, and a word why, where scripts cannot run.
    async fn start() -> Option<Self> {
        if !can_run("scripts/ethers", "ethers") {
            return None;
        }
        let house = House::start().await;
        let port = house.client.url().rsplit_once(':').expect("a port").1;
        let port = port.trim_end_matches('/');
        let name = format!("plimsoll-ethers-{}-{port}.json", std::process::id());
        let record = std::env::temp_dir().join(name);
        let text = serde_json::to_string(&house.record).expect("a record");
        std::fs::write(&record, text).expect("a file");
        let url = house.client.url().to_owned();
        Some(Self { house, record, url })
    }

    fn command(&self, script: &str, arguments: &[&str], signer: Option<&Actor>) -> Command {
        let mut command = Command::new("node");
        command
            .arg(scripts().join(script))
            .args(["--json", "--rpc", &self.url, "--record"])
            .arg(&self.record)
            .args(arguments)
            .env_remove("PLIMSOLL_KEY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(actor) = signer {
            command.env("PLIMSOLL_KEY", actor.signer.to_bytes().to_string());
        }
        command
    }

    /// Runs a script to its end.
    async fn run(&self, script: &str, arguments: &[&str], signer: Option<&Actor>) -> Run {
        let mut command = self.command(script, arguments, signer);
        let out = timeout(PATIENCE, command.output())
            .await
            .unwrap_or_else(|_| panic!("{script} {arguments:?} does not end"));
        Run::of(&out.expect("node runs"))
    }

    /// Starts a bid of `bidder` and waits until its transaction waits for a block.
    async fn bid_that_waits(&self, arguments: &[&str]) -> Child {
        let bidder = &self.house.people.bidder;
        let mut command = self.command("bid.mjs", arguments, Some(bidder));
        let mut child = command.spawn().expect("node runs");
        let wait = async {
            while self.waiting().await == 0 {
                if let Some(status) = child.try_wait().expect("a child") {
                    return Some(status);
                }
                sleep(Duration::from_millis(20)).await;
            }
            None
        };
        let early = timeout(PATIENCE, wait).await.expect("it sends in time");
        if early.is_some() {
            let run = ended(child).await;
            panic!("it ended without sending: {:?}", run.lines);
        }
        child
    }

    /// Transactions that wait for a block.
    async fn waiting(&self) -> u64 {
        let status: Value = self.rpc("txpool_status", ()).await;
        let pending = status["pending"].as_str().expect("a quantity");
        u64::from_str_radix(pending.trim_start_matches("0x"), 16).expect("hex")
    }

    async fn automine(&self, on: bool) {
        let _: Value = self.rpc("evm_setAutomine", [on]).await;
    }

    async fn rpc<R: alloy::rpc::json_rpc::RpcRecv>(
        &self,
        method: &'static str,
        params: impl alloy::rpc::json_rpc::RpcSend,
    ) -> R {
        let answer = self.house.client.rpc(method, params).await;
        answer.unwrap_or_else(|e| panic!("{method}: {e:#}"))
    }

    /// Alice is long 10 ETH with 6,000 in cash, bob and the bidder have a million.
    async fn trade(&self) {
        let p = &self.house.people;
        self.house.give(&p.alice, "6,000").await;
        self.house.give(&p.bob, "1,000,000").await;
        self.house.give(&p.bidder, "1,000,000").await;
        let perp = perp(DESK, ETH);
        self.house.fill(&p.alice, &p.bob, perp, "10", "2,000").await;
    }

    /// Ether falls until alice is below her line.
    async fn sink(&self) {
        let account = self.house.people.alice.account();
        let question = IAuction::isLiquidatableCall { account };
        let mut price = 2_000;
        while !ok(self.house.ask(self.house.at.auction, &question).await) {
            price -= 20;
            assert!(price > 1_300, "a long of 10 with 6,000 must go under");
            ok(self.house.set_price(ETH, &price.to_string()).await);
        }
    }

    /// Her auction begins.
    async fn start_auction(&self) {
        let account = self.house.people.alice.account();
        let call = IAuction::startCall { account };
        let (auction, stranger) = (self.house.at.auction, &self.house.people.stranger);
        ok(self.house.send(stranger, auction, &call).await);
    }

    async fn state(&self) -> AuctionState {
        let account = self.house.people.alice.account();
        let question = IAuction::stateCall { account };
        ok(self.house.ask(self.house.at.auction, &question).await)
    }

    async fn is_in_auction(&self) -> bool {
        ok(self.house.account(self.house.people.alice.account()).await).2
    }

    /// Alice's account, as an argument.
    fn target(&self) -> String {
        self.house.people.alice.account().to_string()
    }
}

impl Drop for Scripts {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.record);
    }
}

/// A script that was started, at its end.
async fn ended(child: Child) -> Run {
    let out = timeout(PATIENCE, child.wait_with_output())
        .await
        .expect("it ends");
    Run::of(&out.expect("node runs"))
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}"))
}

fn number(value: &Value) -> I256 {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a decimal string: {value}"))
        .parse()
        .expect("a number")
}

/// Reads a running script's output until a line satisfies `wanted`.
async fn wait_for(
    lines: &mut Lines<BufReader<ChildStdout>>,
    what: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    let found = async {
        loop {
            let line = lines
                .next_line()
                .await
                .expect("a pipe")
                .unwrap_or_else(|| panic!("no {what} before it ended"));
            let line = parse(&line);
            if wanted(&line) {
                return line;
            }
        }
    };
    timeout(PATIENCE, found)
        .await
        .unwrap_or_else(|_| panic!("no {what} in time"))
}

async fn stop(mut child: Child) {
    let id = child.id().expect("it runs").to_string();
    let killed = Command::new("kill")
        .args(["-TERM", &id])
        .status()
        .await
        .expect("kill runs");
    assert!(killed.success());
    let status = timeout(PATIENCE, child.wait())
        .await
        .expect("it stops")
        .expect("a status");
    assert!(status.success(), "asked to stop, it ends well: {status}");
}

/// Runs the tests that a folder has for Node's own runner.
fn node_tests_pass(dir: &str, package: &str) {
    if !can_run(dir, package) {
        return;
    }
    let run = std::process::Command::new("node")
        .arg("--test")
        .current_dir(plimsoll::workspace::root().join(dir))
        .output()
        .expect("node runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stdout)
    );
}

/// The tests of the scripts that need no node.
#[test]
fn the_scripts_own_tests_pass() {
    node_tests_pass("scripts/ethers", "ethers");
}

/// C-9: the ABI package, packed and installed as its users do it.
#[test]
fn the_abi_package_is_what_its_users_need() {
    node_tests_pass("tests/solidity", "typescript");
}
