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
        "status",
        "renew",
        "verify-deployment",
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
        (
            vec!["status", "--rpc-url", "localhost:8545"],
            "it must begin with http:// or https://",
        ),
        (
            vec!["renew", "--rpc-url", "ws://127.0.0.1:8545"],
            "it must begin with http:// or https://",
        ),
        (
            vec!["status", "--rpc-url", "http://127.0.0.1:port"],
            "it should look like http://127.0.0.1:8545",
        ),
        (
            vec!["verify-deployment", "--rpc-url", nobody],
            "no answer from http://127.0.0.1:1 (Connection refused",
        ),
        (
            vec!["renew", "--yes", "--rpc-url", nobody],
            "PLIMSOLL_PRIVATE_KEY",
        ),
        (vec!["deploy", "--rpc-url", nobody], "PLIMSOLL_PRIVATE_KEY"),
        (vec!["deploy", "--config", "/nowhere.toml"], "/nowhere.toml"),
        (vec!["verify", "--only", "nothing"], "the steps are"),
        (vec!["devnode", "--arbos", "45"], "[51, 60, 61]"),
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
        assert!(said.contains("--port"), "{arguments:?}: {said}");
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
    for name in plimsoll::registry::names() {
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

    // The house beside the build, its programs, what renewing would cost: the same of a second look.
    let ask = |command: &str| {
        let house = ["--json", "--rpc-url", &node.url, "--record", &path];
        let output = plimsoll(&[command]).args(house).output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, compared) = ask("verify-deployment");
    assert_eq!(code, Some(0), "{compared:#}");
    assert_eq!(compared["differences"], Value::Array(Vec::new()));
    let (code, status) = ask("status");
    assert_eq!((code, &status["ok"]), (Some(0), &Value::Bool(true)));
    assert_eq!(
        status["programs"].as_array().unwrap().len(),
        plimsoll::registry::CONTRACTS.len()
    );
    let (code, plan) = ask("renew");
    assert_eq!((code, &plan["done"]), (Some(0), &Value::Bool(false)));

    // A record that names another contract's address: the difference is named, the exit code is 1.
    let mut wrong = first.clone();
    wrong["contracts"]["lens"] = first["contracts"]["oracle"].clone();
    std::fs::write(&path, wrong.to_string()).unwrap();
    let (code, compared) = ask("verify-deployment");
    assert_eq!((code, &compared["ok"]), (Some(1), &Value::Bool(false)));
    let named = &compared["differences"][0];
    assert_eq!(
        (named["contract"].as_str(), named["what"].as_str()),
        (Some("lens"), Some("code")),
        "{compared:#}"
    );
    std::fs::remove_file(PathBuf::from(path)).unwrap();
}

/// A node that takes a connection and never answers, a web server, a proxy that wants a password: none of them holds a
/// command, each is told apart.
#[test]
fn what_is_no_node_is_told_in_words() {
    use std::{io::Write, net::TcpListener, thread};
    for (answer, says) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
            "is not a node",
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\nno key 42",
            "HTTP status 401: no key 42",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while request.read_line(&mut line).unwrap() > 2 {
                if let Some(n) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = n.trim().parse().unwrap();
                }
                line.clear();
            }
            std::io::Read::read_exact(&mut request, &mut vec![0; length]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let output = run(&["status", "--rpc-url", &url]);
        let said = stderr(&output);
        assert!(!output.status.success());
        assert!(said.contains(says), "{said}");
        assert!(!said.contains("error sending request"), "{said}");
    }
}

/// The demo served: S-8, its lines are in order of time; C-7, it says where its clock stands, and the node names the
/// errors of its venues.
#[test]
fn the_served_demo_says_what_a_newcomer_needs() {
    use plimsoll::{bindings::reference::PoolExchange, client::Client, ids};
    let child = plimsoll(&["demo", "--serve", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut node = Node {
        child,
        url: String::new(),
    };
    let stdout = node.child.stdout.take().unwrap();
    let mut lines = Vec::new();
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let last = line.contains("Ctrl-C");
        lines.push(line);
        if last {
            break;
        }
    }
    // `19 May 02:45`, wherever a line begins with a time.
    let time = |line: &String| -> Option<(u32, String)> {
        let (day, rest) = line.trim_start().split_once(" May ")?;
        Some((day.parse().ok()?, rest.get(..5)?.to_owned()))
    };
    let times: Vec<_> = lines.iter().filter_map(time).collect();
    assert!(times.len() > 28);
    assert!(
        times.is_sorted(),
        "S-8: {:?}",
        times.windows(2).find(|w| w[0] > w[1])
    );

    let text = lines.join("\n");
    assert!(
        text.contains("The clock of this chain stands at 2021-05-20T"),
        "{text}"
    );
    let after = |label: &str| {
        let line = lines.iter().find(|l| l.trim_start().starts_with(label));
        let words = line.unwrap_or_else(|| panic!("no {label} in {text}"));
        words.split_whitespace().last().unwrap().to_owned()
    };
    let pool: alloy::primitives::Address = after("pool exchange").parse().unwrap();
    let url = text
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .unwrap();
    node.url = url
        .trim_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let said = runtime.block_on(async {
        let client = Client::connect(&node.url).await.unwrap();
        let _: Value = client.rpc("evm_increaseTime", [7_201]).await.unwrap();
        let _: Value = client.rpc("evm_mine", ()).await.unwrap();
        // Subaccount 0 of the second development account is Ada's.
        let ada = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
            .parse()
            .unwrap();
        let call = PoolExchange::tradeCall {
            account: ids::account_id(ada, 0),
            instrument: ids::perpetual(2, 1),
            isBuy: true,
            size: alloy::primitives::U256::from(ids::WAD),
            limit: alloy::primitives::U256::MAX,
            deadline: alloy::primitives::U256::MAX,
        };
        let data = alloy::primitives::Bytes::from(alloy::sol_types::SolCall::abi_encode(&call));
        let call = serde_json::json!({ "from": ada, "to": pool, "data": data });
        let refused = client.rpc::<_, Value>("eth_call", (call, "latest")).await;
        refused.unwrap_err().to_string()
    });
    assert!(said.contains("StaleFeed("), "C-7: {said}");
    assert!(!said.contains("0x0ffb2838"), "{said}");
    // The record it left is of a chain that ends here.
    let _ = std::fs::remove_file(plimsoll::workspace::deployments().join("412346.json"));
}

/// `sign-expiries` compares the time it signs with the chain's.
#[test]
fn a_push_is_not_signed_for_another_time() {
    use plimsoll::term::Progress;
    use plimsoll_house::{House, Options};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = std::env::temp_dir().join(format!("plimsoll-push-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let record = folder.join("house.json");
    let house = runtime.block_on(async {
        let options = Options {
            record: Some(record.clone()),
            ..Options::default()
        };
        House::start(options, Progress::silent()).await.unwrap()
    });
    let now = runtime.block_on(house.client.now()).unwrap();
    let sign = |observed_at: u64, underlying: u16, more: &[&str]| {
        let file = folder.join("push.json");
        let text = format!(
            r#"{{"observed_at": {observed_at}, "expiries": [{{"underlying": {underlying}, "day": 30000,
                "ratio": "1", "a": "0.02", "b": "0", "rho": "0", "m": "0", "sigma": "1"}}]}}"#
        );
        std::fs::write(&file, text).unwrap();
        let output = plimsoll(&["sign-expiries", file.to_str().unwrap()])
            .args([
                "--rpc-url",
                &house.node.url,
                "--record",
                record.to_str().unwrap(),
            ])
            .args(more)
            .env("PLIMSOLL_PRIVATE_KEY", KEY)
            .output()
            .unwrap();
        (output.status.success(), stderr(&output))
    };
    assert_eq!(sign(now, 1, &[]), (true, String::new()));
    for (observed_at, underlying, says) in [
        (now * 1_000, 1, "is it in milliseconds?"),
        (now + 60, 1, "seconds after the chain's time"),
        (now - 700, 1, "at most 600 seconds old"),
        (now, 9, "allows no expiries of underlying 9"),
    ] {
        let (done, said) = sign(observed_at, underlying, &[]);
        assert!(!done && said.contains(says), "{observed_at}: {said}");
    }
    let (done, said) = sign(now - 7_300, 1, &["--any-time"]);
    assert!(done, "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}
