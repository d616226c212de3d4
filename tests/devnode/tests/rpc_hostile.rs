//! Input that no honest client sends. The node answers every line, and the chain is what it was.

use std::{collections::BTreeSet, time::Duration};

use alloy::primitives::{B256, U256};
use plimsoll_devnode::{
    BlockId, TransactionRequest,
    rpc::{Node, NodeConfig},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Sends bytes as the body of a POST; answers the status and the body.
async fn post(node: &Node, body: &[u8]) -> (u16, String) {
    let head = format!(
        "POST / HTTP/1.1\r\nhost: devnode\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    talk(node, &[head.as_bytes(), body].concat()).await
}

async fn talk(node: &Node, bytes: &[u8]) -> (u16, String) {
    let address = node.url.strip_prefix("http://").unwrap();
    let answer = timeout(Duration::from_secs(60), async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The node may answer and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    })
    .await
    .expect("the node answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
    let body = answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned())
        .unwrap_or_default();
    (status, body)
}

async fn answer(node: &Node, request: &Value) -> Value {
    let (_, body) = post(node, request.to_string().as_bytes()).await;
    serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {request} gave {body:?}"))
}

/// Everything a request could have moved.
fn state(node: &Node) -> (u64, B256, B256, u64, u64, bool, usize, Vec<U256>) {
    node.chain.with(|chain| {
        let latest = chain.latest().clone();
        let balances = chain
            .accounts()
            .iter()
            .map(|a| chain.balance(a.address, BlockId::latest()).unwrap())
            .collect();
        (
            latest.header.number,
            latest.hash,
            latest.header.state_root,
            chain.next_block_timestamp(),
            chain.base_fee(),
            chain.automine(),
            chain.pending_transactions().count(),
            balances,
        )
    })
}

async fn started() -> Node {
    let node = Node::start(NodeConfig::default()).await.unwrap();
    node.chain.with(|chain| {
        let from = chain.accounts()[0].address;
        let to = chain.accounts()[1].address;
        let tx = TransactionRequest::default()
            .from(from)
            .to(to)
            .value(U256::from(1));
        chain.transact(tx).unwrap();
    });
    node
}

#[tokio::test]
async fn broken_json_is_refused() {
    let node = started().await;
    let before = state(&node);
    let deep = "[".repeat(100_000);
    let deep_params = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{}{}}}"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#,
        "x".repeat(1 << 20)
    );
    let bodies: Vec<(&[u8], Option<i64>)> = vec![
        (b"", None),
        (b"{", Some(-32700)),
        (b"nonsense", Some(-32700)),
        (b"\xff\xfe\x00", Some(-32700)),
        (b"null", None),
        (b"1", None),
        (b"\"eth_chainId\"", None),
        (b"[]", None),
        (b"[1,2,3]", None),
        (b"{}", None),
        (br#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#, None),
        (br#"{"jsonrpc":"2.0","id":1}"#, Some(-32600)),
        (br#"{"jsonrpc":"2.0","id":1,"method":7}"#, Some(-32600)),
        (br#"{"jsonrpc":"2.0","id":1,"method":""}"#, Some(-32601)),
        (
            br#"{"jsonrpc":"2.0","id":{"a":1},"method":"eth_chainId"}"#,
            None,
        ),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":{"a":1}}"#,
            Some(-32602),
        ),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":"0x"}"#,
            None,
        ),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[1e999]}"#,
            None,
        ),
        (deep.as_bytes(), None),
        (deep_params.as_bytes(), Some(-32602)),
        (long.as_bytes(), Some(-32601)),
    ];
    for (body, code) in bodies {
        let (status, text) = post(&node, body).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_ne!(status, 0, "{shown} was not answered");
        if let Some(code) = code {
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["error"]["code"], code, "{shown}: {text}");
        }
    }
    assert_eq!(state(&node), before);
}

#[tokio::test]
async fn broken_http_is_refused() {
    let node = started().await;
    let before = state(&node);
    for bytes in [
        &b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"[..],
        b"OPTIONS / HTTP/1.1\r\nhost: x\r\norigin: http://page\r\nconnection: close\r\n\r\n",
        b"PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\nconnection: close\r\n\r\n{}",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade, close\r\n\r\n",
    ] {
        // Some are answered, some closed, and one waits for a body that never comes.
        let _ = timeout(Duration::from_secs(1), talk(&node, bytes)).await;
    }
    let alive = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []});
    assert_eq!(answer(&node, &alive).await["result"], "0x1");
    let page = b"OPTIONS / HTTP/1.1\r\nhost: x\r\norigin: http://page\r\nconnection: close\r\n\r\n";
    assert_eq!(talk(&node, page).await.0, 204);
    let browser = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(talk(&node, browser).await.0, 200);
    assert_eq!(state(&node), before);
}

/// One WebSocket frame from the client.
fn frame(opcode: u8, masked: bool, text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
    let mask = if masked { 0x80 } else { 0 };
    match text.len() {
        short @ 0..126 => bytes.push(mask | short as u8),
        long => {
            bytes.push(mask | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    if masked {
        // A mask of zeros leaves the text as it is.
        bytes.extend([0; 4]);
    }
    bytes.extend(text);
    bytes
}

#[tokio::test]
async fn broken_websockets_are_refused() {
    let node = started().await;
    let before = state(&node);
    let hello = b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n";
    let address = node.url.strip_prefix("http://").unwrap();
    let unknown = br#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["nonsense"]}"#;
    let filter =
        br#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["logs",{"address":7}]}"#;
    let cases: [(Vec<u8>, &str); 8] = [
        (frame(1, true, b"{nonsense"), "-32700"),
        (frame(1, true, unknown), "-32602"),
        (frame(1, true, filter), "-32602"),
        (frame(1, true, "[".repeat(100_000).as_bytes()), ""),
        (frame(1, true, b"\xff\xfe"), ""),
        (frame(1, false, b"{}"), ""),
        (frame(11, true, b"{}"), ""),
        (vec![0xff; 64], ""),
    ];
    for (bytes, want) in cases {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(hello).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut heard = Vec::new();
        let read = async {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                heard.extend(&buffer[..n]);
                if !want.is_empty() && String::from_utf8_lossy(&heard).contains(want) {
                    break;
                }
            }
        };
        let _ = timeout(Duration::from_secs(1), read).await;
        let heard = String::from_utf8_lossy(&heard);
        assert!(
            heard.contains("101 Switching") && heard.contains(want),
            "{want}: {heard}"
        );
    }
    assert_eq!(state(&node), before);
}

#[tokio::test]
async fn huge_bodies_and_batches_are_refused() {
    let node = started().await;
    let before = state(&node);
    let one = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []});
    let many = |n: usize| Value::Array(vec![one.clone(); n]);
    let answers = answer(&node, &many(500)).await;
    assert_eq!(answers.as_array().unwrap().len(), 500);
    let refused = answer(&node, &many(50_000)).await;
    assert_eq!(refused["error"]["code"], -32010, "{refused}");
    let (status, _) = post(&node, &vec![b' '; 40 << 20]).await;
    assert!(matches!(status, 413 | 0), "{status}");
    assert_eq!(state(&node), before);
}

/// Methods that move the chain when their parameters are good, or when they need none.
const MOVERS: [&str; 20] = [
    "anvil_setBlockTimestampInterval",
    "evm_setIntervalMining",
    "anvil_setIntervalMining",
    "evm_mine",
    "anvil_mine",
    "hardhat_mine",
    "evm_revert",
    "anvil_revert",
    "hardhat_revert",
    "evm_increaseTime",
    "anvil_increaseTime",
    "hardhat_increaseTime",
    "evm_setTime",
    "anvil_setTime",
    "hardhat_setTime",
    "evm_setNextBlockTimestamp",
    "anvil_setNextBlockTimestamp",
    "hardhat_setNextBlockTimestamp",
    "anvil_setNextBlockBaseFeePerGas",
    "hardhat_setNextBlockBaseFeePerGas",
];

fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("0x"),
        json!("0xzz"),
        json!("latest"),
        json!("\u{0}\u{1F980}"),
        json!(format!("0x{}", "ff".repeat(32))),
        json!(format!("0x{}", "ff".repeat(33))),
        json!(format!("0x{}", "f".repeat(100_001))),
        json!(format!("0x{}", "00".repeat(20))),
        json!([]),
        json!({}),
        json!([[[[[]]]]]),
        json!({"from": 1, "to": "me", "data": "0xz"}),
        json!({"to": format!("0x{}", "71".repeat(20)), "gas": "0xffffffffffffffff",
            "value": format!("0x{}", "f".repeat(64)), "gasPrice": "0xffffffffffffffffffffffffffff"}),
        json!({"data": format!("0x{}", "fe".repeat(200_000)), "gas": "0x1"}),
        json!({"fromBlock": "0xffffffffffffffff", "toBlock": "0x0", "topics": [[], null, [null]]}),
        json!({"blockHash": "0x12", "fromBlock": "0x1"}),
        json!({"tracer": "x".repeat(10_000)}),
    ]
}

#[tokio::test]
async fn methods_that_are_not_there_are_named_in_batches_too() {
    let node = started().await;
    let call = |id: u64, method: &str| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": ["newHeads"]});
    let names = [
        "eth_nonsense",
        "eth_subscribe",
        "eth_unsubscribe",
        "eth_chainId",
    ];
    let mut batch: Vec<_> = (0..).zip(names).map(|(id, name)| call(id, name)).collect();
    let mut alone = Vec::new();
    for request in &batch {
        alone.push(answer(&node, request).await);
    }
    batch.push(json!({"jsonrpc": "2.0", "method": "eth_chainId"}));
    let together = answer(&node, &Value::Array(batch)).await;
    assert_eq!(together, Value::Array(alone), "alone or in a batch");

    let no_socket = "notifications not supported: open a WebSocket on the same port";
    let no_method = "the method eth_nonsense does not exist/is not available; docs/devnode.md lists \
                     what is not modelled";
    for (at, words) in [(0, no_method), (1, no_socket), (2, no_socket)] {
        let error = &together[at]["error"];
        assert_eq!(
            (&error["code"], &error["message"]),
            (&json!(-32601), &json!(words))
        );
    }
    assert_eq!(together[3]["result"], "0x64aba");
    let long = answer(&node, &call(1, &"x".repeat(10_000))).await;
    assert!(long.to_string().len() < 300, "{long}");
}

#[tokio::test]
async fn wrong_parameters_of_every_method_are_answered() {
    let node = started().await;
    let methods = Node::methods();
    assert!(methods.len() > 90, "{}", methods.len());
    assert_eq!(
        methods.iter().collect::<BTreeSet<_>>().len(),
        methods.len(),
        "each once"
    );
    let before = state(&node);
    let odd = odd_values();
    let mut faults = Vec::new();
    for method in methods {
        if method.starts_with("eth_subscribe") || method.starts_with("eth_unsubscribe") {
            continue;
        }
        // Two parameters, each odd; the movers only get what no number can be read from.
        let odd: Vec<_> = odd
            .iter()
            .filter(|v| {
                !MOVERS.contains(&method)
                    || !(v.is_null()
                        || v.is_number()
                        || v.is_object()
                        || v.as_str()
                            .is_some_and(|s| s.starts_with("0x") && s != "0xzz"))
            })
            .collect();
        let mut batch = Vec::new();
        for (i, first) in odd.iter().enumerate() {
            let second = odd[(i * 7 + 3) % odd.len()];
            for params in [
                json!([first]),
                json!([first, second]),
                json!([first, second, first]),
            ] {
                batch.push(json!({"jsonrpc": "2.0", "id": i, "method": method, "params": params}));
            }
        }
        let answers = answer(&node, &Value::Array(batch.clone())).await;
        let answers = answers
            .as_array()
            .unwrap_or_else(|| panic!("{method}: {answers}"));
        assert_eq!(answers.len(), batch.len(), "{method}");
        for (request, answer) in batch.iter().zip(answers) {
            if answer["error"]["code"] == -32603 {
                faults.push(format!("{:.200}: {}", request.to_string(), answer["error"]));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
    // What was set on the zero address and on others is state of its own; the chain stands.
    let after = state(&node);
    assert_eq!((after.0, after.1, after.2), (before.0, before.1, before.2));
    assert_eq!(after.7, before.7);

    // And it still works.
    let sent = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []});
    assert_eq!(answer(&node, &sent).await["result"], "0x1");
}

#[tokio::test]
async fn random_transactions_do_no_harm() {
    let node = started().await;
    let before = state(&node);
    // Mutations of a good transaction, from a fixed seed.
    let good = node.chain.with(|chain| {
        use alloy::eips::Encodable2718;
        chain.latest().transactions[0].envelope.encoded_2718()
    });
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut batch = Vec::new();
    for i in 0..600 {
        let mut bytes = good.clone();
        for _ in 0..=next() % 3 {
            let at = (next() % bytes.len() as u64) as usize;
            match next() % 3 {
                0 => bytes[at] ^= 1 << (next() % 8),
                1 => bytes.truncate(at),
                _ => bytes.insert(at, next() as u8),
            }
            if bytes.is_empty() {
                bytes.push(0xf8);
            }
        }
        let params = json!([alloy::primitives::hex::encode_prefixed(&bytes)]);
        let method = "eth_sendRawTransaction";
        batch.push(json!({"jsonrpc": "2.0", "id": i, "method": method, "params": params}));
    }
    let answers = answer(&node, &Value::Array(batch)).await;
    for answer in answers.as_array().unwrap() {
        assert!(answer["error"]["code"] == -32000, "{answer}");
    }
    assert_eq!(state(&node), before);
}

#[tokio::test]
async fn the_deepest_calls_are_traced() {
    let node = started().await;
    let before = state(&node);
    // Calls itself until the depth or the gas ends.
    let at = "0x00000000000000000000000000000000000000cc";
    let overrides = json!({at: {"code": "0x5f5f5f5f5f305af100"}});
    let call = json!({"to": at, "gas": "0xffffffffffff"});
    for tracer in ["callTracer", "stylusTracer", "4byteTracer", ""] {
        let options = json!({"tracer": tracer, "stateOverrides": overrides});
        let params = json!([call, "latest", options]);
        let request =
            json!({"jsonrpc": "2.0", "id": 1, "method": "debug_traceCall", "params": params});
        let (status, body) = post(&node, request.to_string().as_bytes()).await;
        assert_eq!(status, 200);
        assert!(body.contains("\"result\""), "{tracer}: {:.300}", body);
        if tracer == "callTracer" {
            let depth = body.matches("\"gasUsed\"").count();
            assert!(depth > 300, "{depth}");
        }
    }
    assert_eq!(state(&node), before);
}

#[tokio::test]
async fn nothing_keeps_the_node_busy_for_long() {
    let node = started().await;
    let at = "0x00000000000000000000000000000000000000cc";
    // Loops for ever, with all the gas there is.
    let overrides = json!({at: {"code": "0x5b5f56"}});
    let call = json!({"to": at, "gas": "0xffffffffffffffff"});
    let start = std::time::Instant::now();
    let request = |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let spin = answer(
        &node,
        &request("eth_call", json!([call, "latest", overrides])),
    )
    .await;
    assert_eq!(spin["error"]["message"], "out of gas", "{spin}");
    let estimate = json!([call, "latest", overrides]);
    let estimate = answer(&node, &request("eth_estimateGas", estimate)).await;
    assert_eq!(estimate["error"]["code"], -32000, "{estimate}");
    let many = answer(&node, &request("anvil_mine", json!([100_000]))).await;
    assert_eq!(many["result"], Value::Null, "{many}");
    let too_many = answer(&node, &request("anvil_mine", json!([100_001]))).await;
    assert_eq!(too_many["error"]["code"], -32602, "{too_many}");
    let logs = json!([{"fromBlock": "0x0"}]);
    let logs = answer(&node, &request("eth_getLogs", logs)).await;
    assert_eq!(logs["result"], json!([]), "{logs}");
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let node = started().await;
    let before = state(&node);
    let handle = node.chain.clone();
    let outcome = tokio::task::spawn_blocking(move || handle.with(|_| panic!("on purpose"))).await;
    assert!(outcome.is_err());
    assert_eq!(state(&node), before);
}
