//! The ethers scripts against a house: watch an account sink, bid for it, read the outcome.
//!
//! Needs Node 18 or newer and `npm ci` in `scripts/ethers`. Without them the test says so and is
//! skipped, unless `PLIMSOLL_REQUIRE_CLIENTS=1` asks for it to fail.

use plimsoll_e2e::*;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long a script may take to say something.
const PATIENCE: Duration = Duration::from_secs(60);

fn scripts() -> PathBuf {
    plimsoll::workspace::root().join("scripts/ethers")
}

/// What is missing to run the scripts, if anything.
fn missing() -> Option<String> {
    let node = std::process::Command::new("node").arg("--version").output();
    if !node.is_ok_and(|out| out.status.success()) {
        return Some("node is not there".into());
    }
    (!scripts().join("node_modules/ethers").exists())
        .then(|| "ethers is not installed: run `npm ci` in scripts/ethers".into())
}

/// Says what is missing and whether to go on.
fn can_run() -> bool {
    let Some(what) = missing() else { return true };
    let required = std::env::var("PLIMSOLL_REQUIRE_CLIENTS").is_ok_and(|v| v == "1");
    assert!(!required, "PLIMSOLL_REQUIRE_CLIENTS=1, but {what}");
    eprintln!("SKIPPED: {what}");
    false
}

struct Scripts<'a> {
    house: &'a House,
    record: &'a Path,
}

impl Scripts<'_> {
    fn command(&self, script: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("node");
        command
            .arg(scripts().join(script))
            .args(["--json", "--rpc", self.house.client.url(), "--record"])
            .arg(self.record)
            .args(arguments)
            .env_remove("PLIMSOLL_KEY")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a script to its end: success, and the objects it printed.
    async fn run(
        &self,
        script: &str,
        arguments: &[&str],
        signer: Option<&Actor>,
    ) -> (bool, Vec<Value>) {
        let mut command = self.command(script, arguments);
        if let Some(actor) = signer {
            command.env("PLIMSOLL_KEY", actor.signer.to_bytes().to_string());
        }
        let out = timeout(PATIENCE, command.output())
            .await
            .expect("it ends")
            .expect("node runs");
        let (text, errors) = (
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr),
        );
        assert!(errors.is_empty(), "{script} complains: {errors}");
        (out.status.success(), text.lines().map(parse).collect())
    }
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

fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

/// Reads a running script's output until a line satisfies `wanted`.
async fn wait_for(
    lines: &mut tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
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

/// The tests that need no node.
#[test]
fn the_scripts_own_tests_pass() {
    if !can_run() {
        return;
    }
    let run = std::process::Command::new("node")
        .arg("--test")
        .current_dir(scripts())
        .output()
        .expect("node runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stdout)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_and_bid_with_ethers() {
    if !can_run() {
        return;
    }
    let record = std::env::temp_dir().join(format!("plimsoll-ethers-{}.json", std::process::id()));
    let _ = std::fs::remove_file(&record);
    let house = House::start_with(Options {
        record: Some(record.clone()),
        ..Options::default()
    })
    .await;
    let (alice, bob, bidder) = (&house.people.alice, &house.people.bob, &house.people.bidder);
    let scripts = Scripts {
        house: &house,
        record: &record,
    };
    house.give(alice, "6,000").await;
    house.give(bob, "1,000,000").await;
    house.give(bidder, "1,000,000").await;
    house.fill(alice, bob, perp(DESK, ETH), "10", "2,000").await;

    // The list: three people, no system account, the numbers of the chain.
    let (done, lines) = scripts.run("watch.mjs", &["--once"], None).await;
    assert!(done);
    let accounts = of_kind(&lines, "account");
    assert_eq!(accounts.len(), lines.len());
    let row = |lines: &[Value], who: &Actor| {
        let account = who.account().to_string();
        lines
            .iter()
            .find(|l| l["account"] == account.as_str())
            .unwrap_or_else(|| panic!("no {}", who.name))
            .clone()
    };
    for who in [alice, bob, bidder] {
        let (row, chain) = (row(&lines, who), ok(house.assess(who.account()).await));
        assert_eq!(row["health"], "healthy");
        assert_eq!(number(&row["equity"]), chain.equity);
        assert_eq!(number(&row["im"]), I256::from_raw(chain.im));
        assert_eq!(number(&row["mm"]), I256::from_raw(chain.mm));
    }
    let vault = house.at.vault.to_string().to_lowercase();
    assert!(
        accounts
            .iter()
            .all(|a| !a["account"].as_str().expect("text").starts_with(&vault))
    );
    assert_eq!(
        lines[0]["account"],
        alice.account().to_string().as_str(),
        "the nearest to its line first"
    );

    // A watcher sees her sink.
    let mut watcher = scripts.command("watch.mjs", &["--interval", "0.2"]);
    let mut watcher = watcher.stdout(Stdio::piped()).spawn().expect("node runs");
    let mut seen = BufReader::new(watcher.stdout.take().expect("a pipe")).lines();
    wait_for(&mut seen, "first list", |l| l["kind"] == "account").await;
    let target = alice.account().to_string();
    let (done, lines) = scripts
        .run("bid.mjs", &[&target, "--start"], Some(bidder))
        .await;
    assert!(!done, "she is healthy");
    assert_eq!(lines.last().expect("a line")["error"], "NotLiquidatable");

    let mut price = 2_000;
    while !ok(house
        .ask(
            house.at.auction,
            &IAuction::isLiquidatableCall {
                account: alice.account(),
            },
        )
        .await)
    {
        price -= 20;
        assert!(price > 1_300, "a long of 10 with 6,000 must go under");
        house
            .set_price(ETH, &price.to_string())
            .await
            .expect("a price");
    }
    wait_for(&mut seen, "liquidatable account", |l| {
        l["account"] == target.as_str() && l["health"] == "liquidatable"
    })
    .await;

    // Not in auction, and nothing is started unasked.
    let (done, lines) = scripts.run("bid.mjs", &[&target], Some(bidder)).await;
    assert!(
        !done
            && lines[0]["failure"]
                .as_str()
                .expect("text")
                .contains("not in auction")
    );
    let me = bidder.address.to_string();
    let (done, _) = scripts
        .run(
            "bid.mjs",
            &[&target, "--start", "--dry-run", "--from", &me],
            None,
        )
        .await;
    assert!(done);
    let (_, _, in_auction) = ok(house.account(alice.account()).await);
    assert!(!in_auction, "a dry run starts nothing");

    // A limit no seller would meet: refused, with the contract's numbers.
    let hopeless = [
        &target,
        "--start",
        "--fraction",
        "0.1",
        "--max-price=-1000000",
    ];
    let (done, lines) = scripts.run("bid.mjs", &hopeless, Some(bidder)).await;
    assert!(!done);
    let failure = lines.last().expect("a line");
    assert_eq!(failure["error"], "PriceAboveLimit");
    assert_eq!(number(&failure["args"]["maxPrice"]), wad("-1,000,000"));
    wait_for(&mut seen, "start of the auction", |l| {
        l["event"] == "AuctionStarted"
    })
    .await;

    // A dry run says what the bid then gets, up to the seconds between.
    let tenth = [target.as_str(), "--fraction", "0.1"];
    let (done, lines) = scripts
        .run(
            "bid.mjs",
            &[&tenth[..], &["--dry-run", "--from", &me]].concat(),
            None,
        )
        .await;
    assert!(done, "{lines:?}");
    let expected = of_kind(&lines, "dry-run")[0].clone();
    assert!(
        ok(house.leg(bidder.account(), perp(DESK, ETH)).await).is_none(),
        "a dry run buys nothing"
    );

    let before = ok(house.assess(alice.account()).await);
    let (done, lines) = scripts.run("bid.mjs", &tenth, Some(bidder)).await;
    assert!(done, "{lines:?}");
    let bid = of_kind(&lines, "bid")[0];
    assert_eq!(bid["fraction"], expected["fraction"]);
    assert!(
        number(&bid["price"]) <= number(&expected["price"]),
        "the price falls with time"
    );
    let plan = of_kind(&lines, "plan")[0];
    assert!(number(&bid["price"]) <= number(&plan["bid"]["maxPrice"]));
    let after = ok(house.assess(alice.account()).await);
    assert_eq!(number(&bid["equityAfter"]), after.equity);
    assert!(after.mm < before.mm);
    let leg =
        ok(house.leg(bidder.account(), perp(DESK, ETH)).await).expect("the bidder has a slice");
    assert!(leg.size > 0);
    let event = wait_for(&mut seen, "bid", |l| l["event"] == "BidTaken").await;
    assert_eq!(
        event["args"]["bidder"],
        bidder.account().to_string().as_str()
    );

    stop(watcher).await;
    house.assert_balanced().await;
    let _ = std::fs::remove_file(&record);
}
