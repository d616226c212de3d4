//! C-5: what wallets, explorers, debuggers and test runners ask of a node beyond the basics.

mod support;

use alloy::{
    consensus::{TxEnvelope, transaction::SignerRecoverable},
    eips::eip2718::Decodable2718,
    primitives::{Address, B256, Bytes, Signature, U256, address, b256, keccak256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rlp::Encodable,
    rpc::types::EIP1186AccountProofResponse,
    sol,
    sol_types::{SolStruct, eip712_domain},
    transports::{RpcError, TransportError},
};
use alloy_trie::{Nibbles, proof::verify_proof};
use plimsoll_devnode::{
    BlockId, Chain, ChainConfig, TransactionRequest,
    config::dev_accounts,
    rpc::{Node, NodeConfig},
};
use serde_json::{Value, json};
use support::{World, op};

const STRANGER: Address = address!("0x00000000000000000000000000000000deadbeef");

/// A node, and a connection to it.
struct Served {
    node: Node,
    rpc: DynProvider,
}

impl Served {
    async fn of(chain: Chain) -> Self {
        let node = Node::serve(chain, NodeConfig::default()).await.unwrap();
        let rpc = ProviderBuilder::new()
            .connect_http(node.url.parse().unwrap())
            .erased();
        Self { node, rpc }
    }

    async fn new() -> Self {
        Self::of(Chain::new(ChainConfig::default())).await
    }

    async fn try_ask(&self, method: &'static str, params: Value) -> Result<Value, TransportError> {
        self.rpc.raw_request(method.into(), params).await
    }

    async fn ask(&self, method: &'static str, params: Value) -> Value {
        let shown = params.to_string();
        self.try_ask(method, params)
            .await
            .unwrap_or_else(|e| panic!("{method}({shown}): {e}"))
    }

    /// Code and words of a refusal.
    async fn refused(&self, method: &'static str, params: Value) -> (i64, String) {
        match self.try_ask(method, params).await {
            Err(RpcError::ErrorResp(payload)) => (payload.code, payload.message.into_owned()),
            other => panic!("expected a refusal of {method}, got {other:?}"),
        }
    }

    fn height(&self) -> u64 {
        self.node.chain.with(|chain| chain.block_number())
    }
}

fn me() -> Address {
    dev_accounts(1)[0].address
}

fn number(value: &Value) -> u64 {
    let digits = value.as_str().unwrap().strip_prefix("0x").unwrap();
    u64::from_str_radix(digits, 16).unwrap()
}

/// A call of an actor as JSON.
fn call(from: Address, to: Address, data: Bytes) -> Value {
    json!({"from": from, "to": to, "data": data})
}

// Signing

/// The example of EIP-712 itself, whose digest it states.
#[tokio::test]
async fn c_5_signs_typed_data_of_the_standard() {
    let served = Served::new().await;
    let typed = json!({
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
            "Mail": [
                {"name": "from", "type": "Person"},
                {"name": "to", "type": "Person"},
                {"name": "contents", "type": "string"},
            ],
        },
        "primaryType": "Mail",
        "domain": {
            "name": "Ether Mail", "version": "1", "chainId": 1,
            "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
        },
        "message": {
            "from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
            "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
            "contents": "Hello, Bob!",
        },
    });
    let digest = b256!("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
    // As an object, and as its text: wallets send both.
    for data in [typed.clone(), json!(typed.to_string())] {
        for method in ["eth_signTypedData_v4", "eth_signTypedData"] {
            let signature = served.ask(method, json!([me(), data])).await;
            let signature: Signature = signature.as_str().unwrap().parse().unwrap();
            assert_eq!(
                signature.recover_address_from_prehash(&digest).unwrap(),
                me()
            );
        }
    }
    let (_, words) = served
        .refused("eth_signTypedData_v4", json!([STRANGER, typed]))
        .await;
    assert!(words.starts_with("unknown account"), "{words}");
}

sol! {
    struct Leg { uint128 instrument; int64 size; bytes32[2] roots; }
    struct Order { address trader; Leg[] legs; bytes note; string name; bool[] flags; }
}

/// Structs in arrays, fixed arrays, dynamic bytes: against another implementation of the standard.
#[tokio::test]
async fn c_5_signs_typed_data_of_any_shape() {
    let served = Served::new().await;
    let leg = |n: u64| Leg {
        instrument: n.into(),
        size: -5,
        roots: [B256::repeat_byte(n as u8), B256::ZERO],
    };
    let order = Order {
        trader: STRANGER,
        legs: vec![leg(1), leg(2), leg(3)],
        note: Bytes::from_static(&[1, 2, 3]),
        name: "ü".into(),
        flags: vec![true, false],
    };
    let domain = eip712_domain! { name: "Plimsoll", version: "1", chain_id: 412_346, };
    let digest = order.eip712_signing_hash(&domain);
    let legs = [1, 2, 3].map(|n| {
        let roots = [B256::repeat_byte(n), B256::ZERO];
        json!({"instrument": n, "size": "-5", "roots": roots})
    });
    let field = |name: &str, kind: &str| json!({"name": name, "type": kind});
    let typed = json!({
        "types": {
            "EIP712Domain": [field("name", "string"), field("version", "string"),
                             field("chainId", "uint256")],
            "Leg": [field("instrument", "uint128"), field("size", "int64"),
                    field("roots", "bytes32[2]")],
            "Order": [field("trader", "address"), field("legs", "Leg[]"), field("note", "bytes"),
                      field("name", "string"), field("flags", "bool[]")],
        },
        "primaryType": "Order",
        "domain": {"name": "Plimsoll", "version": "1", "chainId": 412_346},
        "message": {
            "trader": STRANGER,
            "legs": legs,
            "note": "0x010203",
            "name": "ü",
            "flags": [true, false],
        },
    });
    let signature = served
        .ask("eth_signTypedData_v4", json!([me(), typed]))
        .await;
    let signature: Signature = signature.as_str().unwrap().parse().unwrap();
    assert_eq!(
        signature.recover_address_from_prehash(&digest).unwrap(),
        me()
    );

    for (broken, why) in [
        (json!({}), "expected typed data"),
        (json!("{"), "expected typed data"),
        (
            json!({"types": {}, "primaryType": "Order", "domain": {}, "message": {}}),
            "typedData",
        ),
    ] {
        let (code, words) = served
            .refused("eth_signTypedData_v4", json!([me(), broken]))
            .await;
        assert_eq!(code, -32602, "{words}");
        assert!(
            words.starts_with("eth_signTypedData_v4: invalid argument 1"),
            "{words}"
        );
        assert!(words.contains(why), "{words}");
    }
}

#[tokio::test]
async fn c_5_signs_transactions() {
    let served = Served::new().await;
    let request = json!([{"from": me(), "to": STRANGER, "value": "0x5"}]);
    let raw = served.ask("eth_signTransaction", request).await;
    assert_eq!(served.height(), 0, "it is not sent");
    let bytes: Bytes = serde_json::from_value(raw.clone()).unwrap();
    let signed = TxEnvelope::decode_2718(&mut &bytes[..]).unwrap();
    assert_eq!(signed.recover_signer().unwrap(), me());
    served.ask("eth_sendRawTransaction", json!([raw])).await;
    let balance = served
        .ask("eth_getBalance", json!([STRANGER, "latest"]))
        .await;
    assert_eq!(balance, "0x5");
    let (_, words) = served
        .refused("eth_signTransaction", json!([{"from": STRANGER}]))
        .await;
    assert!(words.starts_with("unknown account"), "{words}");
}

/// EIP-7966: the receipt, or why there is none.
#[tokio::test]
async fn c_5_sends_and_waits_for_the_receipt() {
    let served = Served::new().await;
    let raw_with = async |nonce: u64| {
        let request = json!([{"from": me(), "to": STRANGER, "nonce": format!("{nonce:#x}")}]);
        served.ask("eth_signTransaction", request).await
    };
    let receipt = served
        .ask("eth_sendRawTransactionSync", json!([raw_with(0).await]))
        .await;
    assert_eq!(
        (&receipt["status"], &receipt["blockNumber"]),
        (&json!("0x1"), &json!("0x1"))
    );

    // A nonce ahead is told with the one that is expected.
    let ahead = raw_with(7).await;
    match served
        .try_ask("eth_sendRawTransactionSync", json!([ahead]))
        .await
    {
        Err(RpcError::ErrorResp(e)) => {
            assert_eq!(e.code, 6);
            assert_eq!(e.data.unwrap().get(), "\"0x1\"");
        }
        other => panic!("{other:?}"),
    }

    // In no block in time: code 4 and the hash. Then it is mined, and another one finds its receipt.
    served.node.chain.with(|chain| chain.set_automine(false));
    let raw = raw_with(1).await;
    let hash = keccak256(serde_json::from_value::<Bytes>(raw.clone()).unwrap());
    match served
        .try_ask("eth_sendRawTransactionSync", json!([raw, 50]))
        .await
    {
        Err(RpcError::ErrorResp(e)) => {
            assert_eq!(e.code, 4, "{e}");
            assert_eq!(e.data.unwrap().get(), json!(hash).to_string());
        }
        other => panic!("{other:?}"),
    }
    let raw = raw_with(2).await;
    let mined = async {
        while served
            .node
            .chain
            .with(|chain| chain.pending_transactions().count())
            < 2
        {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        served.node.chain.with(|chain| chain.mine(1, None).unwrap());
    };
    let (receipt, ()) = tokio::join!(
        served.ask("eth_sendRawTransactionSync", json!([raw])),
        mined
    );
    assert_eq!(receipt["transactionIndex"], "0x1");
}

// Reading

#[tokio::test]
async fn c_5_blocks_by_integers() {
    let served = Served::new().await;
    served.ask("anvil_mine", json!([3])).await;
    served
        .ask("anvil_setBalance", json!([STRANGER, "0x9"]))
        .await;
    served.ask("evm_mine", json!([])).await;
    for (method, mut params) in [
        ("eth_getBlockByNumber", json!([2, false])),
        ("eth_getBlockTransactionCountByNumber", json!([2])),
        ("eth_getBlockReceipts", json!([2])),
        ("eth_getBalance", json!([STRANGER, 2])),
        ("eth_getCode", json!([STRANGER, 2])),
        ("eth_getStorageAt", json!([STRANGER, 0, 2])),
        ("eth_getTransactionCount", json!([STRANGER, 2])),
        ("eth_call", json!([{"to": STRANGER}, 2])),
        ("eth_feeHistory", json!([1, 2, []])),
        ("eth_getLogs", json!([{"fromBlock": 2, "toBlock": 3}])),
        (
            "debug_traceCall",
            json!([{"to": STRANGER}, 2, {"tracer": "callTracer"}]),
        ),
    ] {
        let by_integer = served.ask(method, params.clone()).await;
        let text = params
            .to_string()
            .replace(":2", ":\"0x2\"")
            .replace(":3", ":\"0x3\"");
        params = serde_json::from_str(&text.replace(",2", ",\"0x2\"").replace("[2", "[\"0x2\""))
            .unwrap();
        assert_eq!(by_integer, served.ask(method, params).await, "{method}");
    }
    assert_eq!(
        served.ask("eth_getBalance", json!([STRANGER, 3])).await,
        "0x0"
    );
    assert_eq!(
        served
            .ask("eth_getBalance", json!([STRANGER, {"blockNumber": 4}]))
            .await,
        "0x9"
    );
}

/// The storage root of one slot, made by hand: a leaf of the hash of the slot and of the value.
fn root_of_one(slot: U256, value: u64) -> B256 {
    let mut path = vec![0x20];
    path.extend(keccak256(slot.to_be_bytes::<32>()));
    let mut inner = Vec::new();
    U256::from(value).encode(&mut inner);
    let mut leaf = Vec::new();
    Bytes::from(path).encode(&mut leaf);
    Bytes::from(inner).encode(&mut leaf);
    let mut node = Vec::new();
    alloy::rlp::Header {
        list: true,
        payload_length: leaf.len(),
    }
    .encode(&mut node);
    node.extend(leaf);
    keccak256(node)
}

#[tokio::test]
async fn c_5_accounts_with_their_storage_root() {
    let mut world = World::new();
    let (evm, wasm) = (world.evm, world.wasm);
    world.send(evm, op::sstore(3, 1_000));
    let code = world.chain.code(wasm, BlockId::latest()).unwrap();
    let served = Served::of(world.chain).await;
    let account = served.ask("eth_getAccount", json!([evm, "latest"])).await;
    assert_eq!(
        account["storageRoot"],
        json!(root_of_one(U256::from(3), 1_000))
    );
    assert_eq!(account["nonce"], "0x1");
    let before = served.ask("eth_getAccount", json!([evm, 1])).await;
    let empty = b256!("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    assert_eq!(before["storageRoot"], json!(empty));
    let program = served.ask("eth_getAccount", json!([wasm, "latest"])).await;
    assert_eq!(program["codeHash"], json!(keccak256(&code)));
    // Proofs of a slot that is there and of one that is not, against the storage's root.
    let proof = served
        .ask("eth_getProof", json!([evm, [3, "0x4"], "latest"]))
        .await;
    assert_eq!(proof["storageHash"], account["storageRoot"]);
    assert_eq!(proof["codeHash"], account["codeHash"]);
    let proof: EIP1186AccountProofResponse = serde_json::from_value(proof).unwrap();
    for (slot, expected) in [(3_u64, Some(1_000_u64)), (4, None)] {
        let one = &proof.storage_proof[usize::from(expected.is_none())];
        assert_eq!(one.value, U256::from(expected.unwrap_or_default()));
        let path = Nibbles::unpack(keccak256(B256::from(U256::from(slot))));
        let value = expected.map(|value| alloy::rlp::encode(U256::from(value)));
        verify_proof(proof.storage_hash, path, value, &one.proof).unwrap();
    }
    let info = served
        .ask("eth_getAccountInfo", json!([wasm, "latest"]))
        .await;
    assert_eq!(info["code"], json!(code));
}

#[tokio::test]
async fn errors_say_method_parameter_and_what_was_expected() {
    let served = Served::new().await;
    for (method, params, words) in [
        (
            "eth_getBalance",
            json!(["0x12", "latest"]),
            "eth_getBalance: invalid argument 0 (address): expected an address (0x and 40 hex \
             digits), found \"0x12\"",
        ),
        (
            "eth_getStorageAt",
            json!([STRANGER, "slot"]),
            "eth_getStorageAt: invalid argument 1 (slot): expected a word of 32 bytes",
        ),
        (
            "eth_getBlockByNumber",
            json!(["newest"]),
            "eth_getBlockByNumber: invalid argument 0 (blockNumber): expected a block (a number",
        ),
        (
            "eth_call",
            json!(["0x"]),
            "eth_call: invalid argument 0 (transaction): expected a transaction (an object with",
        ),
        (
            "eth_sendRawTransactionSync",
            json!([7]),
            "eth_sendRawTransactionSync: invalid argument 0 (transaction): expected bytes",
        ),
        (
            "anvil_setBalance",
            json!([STRANGER]),
            "anvil_setBalance: missing value for required argument 1 (balance): expected a number",
        ),
    ] {
        let (code, said) = served.refused(method, params).await;
        assert_eq!(code, -32602, "{said}");
        assert!(said.starts_with(words), "{said}");
    }
    for method in ["trace_block", "ots_getApiLevel", "eth_nonsense"] {
        let (code, said) = served.refused(method, json!([])).await;
        assert_eq!(code, -32601);
        assert!(
            said.contains(method) && said.contains("docs/devnode.md"),
            "{said}"
        );
    }
}

// Traces

#[tokio::test]
async fn c_5_prestate_of_a_transaction() {
    let mut world = World::new();
    let (me, evm, wasm) = (world.me, world.evm, world.wasm);
    world.send(wasm, op::sstore(1, 5));
    // The EVM actor calls the program, which overwrites a slot and clears nothing else.
    let sent = world.send_with(
        evm,
        op::attempt(op::CALL, wasm, 3, &op::sstore(1, 6)),
        3,
        10_000_000,
    );
    assert!(sent.receipt.status);
    let before = BlockId::number(sent.block_number - 1);
    let balance = world.chain.balance(me, before).unwrap();
    let nonce = world.chain.nonce(me, before).unwrap();
    let code = world.chain.code(wasm, before).unwrap();
    let after = world.chain.balance(me, BlockId::latest()).unwrap();
    let served = Served::of(world.chain).await;
    let trace = async |config: Value| {
        let options = json!({"tracer": "prestateTracer", "tracerConfig": config});
        served
            .ask("debug_traceTransaction", json!([sent.hash, options]))
            .await
    };
    let key = |address: Address| format!("{address:#x}");
    let slot = |n: u64| format!("{:#066x}", n);

    let pre = trace(json!({})).await;
    assert_eq!(pre[key(me)]["balance"], json!(format!("{balance:#x}")));
    assert_eq!(pre[key(me)]["nonce"], json!(nonce));
    assert_eq!(pre[key(wasm)]["code"], json!(code));
    assert_eq!(pre[key(wasm)]["storage"][slot(1)], slot(5));
    assert!(pre[key(evm)]["code"].is_string() && pre[key(evm)].get("storage").is_none());
    let bare = trace(json!({"disableCode": true, "disableStorage": true})).await;
    assert!(bare[key(wasm)].get("code").is_none() && bare[key(wasm)].get("storage").is_none());
    assert_eq!(bare[key(wasm)]["nonce"], 1);

    let diff = trace(json!({"diffMode": true})).await;
    let (pre, post) = (&diff["pre"], &diff["post"]);
    assert_eq!(pre[key(wasm)]["storage"][slot(1)], slot(5));
    assert_eq!(post[key(wasm)]["storage"][slot(1)], slot(6));
    assert_eq!(post[key(wasm)]["balance"], "0x3");
    assert!(post[key(wasm)].get("code").is_none() && post[key(wasm)].get("nonce").is_none());
    assert_eq!(post[key(me)]["balance"], json!(format!("{after:#x}")));
    assert_eq!(post[key(me)]["nonce"], json!(nonce + 1));
    assert!(
        pre.get(key(evm)).is_none() && post.get(key(evm)).is_none(),
        "it did not change"
    );
    let typed: alloy::rpc::types::trace::geth::PreStateFrame =
        serde_json::from_value(diff).unwrap();
    assert!(typed.is_diff());
}

#[tokio::test]
async fn c_5_prestate_of_creations_and_calls() {
    let mut world = World::new();
    let (me, evm) = (world.me, world.evm);
    // A creation that stores; and one that is undone.
    let init = support::asm("7 1 SSTORE 0 0 RETURN");
    let created = world.chain.deploy(me, init).unwrap();
    let hash = world.chain.latest().transactions[0].hash;
    let served = Served::of(world.chain).await;
    let key = |address: Address| format!("{address:#x}");
    let options = json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}});
    let diff = served
        .ask("debug_traceTransaction", json!([hash, options]))
        .await;
    assert!(
        diff["pre"].get(key(created)).is_none(),
        "it was not there: {diff}"
    );
    assert_eq!(diff["post"][key(created)]["nonce"], 1);
    assert_eq!(
        diff["post"][key(created)]["storage"][format!("{:#066x}", 1)],
        format!("{:#066x}", 7)
    );

    // A call on overrides: the slot as it was made up, and nothing changed where it reverts.
    let overrides =
        json!({evm.to_string(): {"stateDiff": {format!("{:#066x}", 9): format!("{:#066x}", 8)}}});
    let with = |diff: bool| {
        json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": diff},
               "stateOverrides": overrides})
    };
    let reads = call(me, evm, op::sload(9));
    let pre = served
        .ask("debug_traceCall", json!([reads, "latest", with(false)]))
        .await;
    assert_eq!(
        pre[key(evm)]["storage"][format!("{:#066x}", 9)],
        format!("{:#066x}", 8)
    );
    let reverts = call(me, evm, op::revert(&[1]));
    let diff = served
        .ask("debug_traceCall", json!([reverts, "latest", with(true)]))
        .await;
    assert!(diff["post"].get(key(evm)).is_none(), "{diff}");
}

// Simulation

#[tokio::test]
async fn c_5_simulates_blocks_that_build_on_each_other() {
    let mut world = World::new();
    let (me, evm, wasm) = (world.me, world.evm, world.wasm);
    world.send(wasm, op::sstore(1, 5));
    let (head, state_root) = (
        world.chain.block_number(),
        world.chain.latest().header.state_root,
    );
    let time = world.chain.latest().header.timestamp;
    let served = Served::of(world.chain).await;
    let payload = json!({"blockStateCalls": [
        {"calls": [call(me, wasm, op::sstore(1, 6)), call(STRANGER, wasm, op::sload(1))]},
        {
            "blockOverrides": {"number": format!("{:#x}", head + 4), "time": format!("{:#x}", time + 500),
                               "feeRecipient": STRANGER, "baseFeePerGas": "0x7"},
            "stateOverrides": {STRANGER.to_string(): {"balance": "0x64"}},
            "calls": [
                call(me, evm, op::attempt(op::STATIC, wasm, 0, &op::sload(1))),
                {"from": STRANGER, "to": evm, "value": "0x65"},
            ],
        },
    ]});
    // The last call has more to send than there is: the simulation is refused, and says where.
    let (code, words) = served
        .refused("eth_simulateV1", json!([payload, "latest"]))
        .await;
    assert_eq!(code, -38014, "{words}");
    assert!(words.contains("blockStateCalls[1].calls[1]"), "{words}");

    let mut payload = payload;
    payload["blockStateCalls"][1]["calls"][1]["value"] = json!("0x64");
    payload["blockStateCalls"][1]["calls"][1]["data"] = json!(op::revert(b"no"));
    let mut traps = call(STRANGER, evm, op::trap());
    traps["gas"] = json!("0x186a0");
    let calls = payload["blockStateCalls"][1]["calls"].as_array_mut();
    calls.unwrap().push(traps);
    let blocks = served
        .ask("eth_simulateV1", json!([payload, "latest"]))
        .await;
    // Two blocks fill the gap.
    let blocks = blocks.as_array().unwrap();
    let numbers: Vec<_> = blocks.iter().map(|b| number(&b["number"]) - head).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let times: Vec<_> = blocks
        .iter()
        .map(|b| number(&b["timestamp"]) - time)
        .collect();
    assert_eq!(times, [12, 24, 36, 500]);
    for pair in blocks.windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["parentHash"]);
    }
    let calls = |at: usize| blocks[at]["calls"].as_array().unwrap().clone();
    assert_eq!(
        calls(0)[1]["returnData"],
        json!(op::word(6)),
        "the second call sees the first"
    );
    assert!(calls(1).is_empty());
    let seen = format!("0x01{}", alloy::primitives::hex::encode(op::word(6)));
    assert_eq!(
        calls(3)[0]["returnData"],
        json!(seen),
        "a later block sees an earlier one"
    );
    assert_eq!(calls(3)[1]["status"], "0x0");
    assert_eq!(calls(3)[1]["error"]["code"], 3);
    assert_eq!(calls(3)[1]["error"]["data"], "0x6e6f");
    assert_eq!(
        calls(3)[2]["error"],
        json!({"code": -32015, "message": "invalid opcode"})
    );
    assert_eq!(calls(3)[2]["gasUsed"], "0x186a0");
    assert_eq!(blocks[3]["baseFeePerGas"], "0x7");
    assert_eq!(blocks[3]["miner"], json!(format!("{STRANGER:#x}")));
    assert_eq!(
        blocks[0]["baseFeePerGas"], "0x0",
        "where fees are not checked, gas is free"
    );
    let used: u64 = calls(3).iter().map(|call| number(&call["gasUsed"])).sum();
    assert_eq!(number(&blocks[3]["gasUsed"]), used);
    assert!(blocks[0]["transactions"][0].is_string());

    // Nothing came of it here.
    assert_eq!(served.height(), head);
    let root = served
        .node
        .chain
        .with(|chain| chain.latest().header.state_root);
    assert_eq!(root, state_root);
}

#[tokio::test]
async fn c_5_simulation_traces_transfers_and_shows_transactions() {
    let mut world = World::new();
    let (me, evm, wasm) = (world.me, world.evm, world.wasm);
    world.chain.set_balance(evm, U256::from(1_000));
    let served = Served::of(world.chain).await;
    let inner = op::attempt(op::CALL, STRANGER, 5, &[]);
    let undone = op::bubble(op::CALL, wasm, 7, &op::revert(&[]));
    let payload = json!({
        "traceTransfers": true,
        "returnFullTransactions": true,
        "blockStateCalls": [{"calls": [
            {"from": me, "to": evm, "value": "0x2", "data": inner},
            {"from": me, "to": evm, "value": "0x3", "data": undone},
            call(me, wasm, op::log(9, b"hi")),
        ]}],
    });
    let blocks = served.ask("eth_simulateV1", json!([payload])).await;
    let logs = |at: usize| blocks[0]["calls"][at]["logs"].as_array().unwrap().clone();
    let transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    let moved: Vec<_> = logs(0)
        .iter()
        .map(|log| {
            assert_eq!(log["address"], "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
            assert_eq!(log["topics"][0], transfer);
            (
                log["topics"][1].clone(),
                log["topics"][2].clone(),
                log["data"].clone(),
            )
        })
        .collect();
    let (from, to, too) = (me.into_word(), evm.into_word(), STRANGER.into_word());
    assert_eq!(
        moved,
        [
            (json!(from), json!(to), json!(op::word(2))),
            (json!(to), json!(too), json!(op::word(5))),
        ]
    );
    assert_eq!(blocks[0]["calls"][1]["status"], "0x0");
    assert!(logs(1).is_empty(), "a failed call moved nothing");
    assert_eq!(logs(2)[0]["data"], "0x6869");
    assert_eq!(logs(2)[0]["logIndex"], "0x2");
    assert_eq!(logs(2)[0]["blockHash"], blocks[0]["hash"]);
    let tx = &blocks[0]["transactions"][0];
    assert_eq!(
        (&tx["from"], &tx["value"]),
        (&json!(format!("{me:#x}")), &json!("0x2"))
    );
    assert_eq!(tx["hash"], logs(0)[0]["transactionHash"]);
}

#[tokio::test]
async fn c_5_simulation_refuses_with_geths_codes() {
    let served = Served::new().await;
    let refused = async |payload: Value| served.refused("eth_simulateV1", json!([payload])).await;
    let one = |call: Value| json!({"validation": true, "blockStateCalls": [{"calls": [call]}]});
    let fee = "0xbebc200";
    let funded = json!({"from": me(), "to": STRANGER, "maxFeePerGas": fee, "gas": "0x5208"});
    let with = |key: &str, value: Value| {
        let mut call = funded.clone();
        call[key] = value;
        one(call)
    };
    let block = |overrides: Value| json!({"blockStateCalls": [{"blockOverrides": overrides}]});
    let head = served
        .node
        .chain
        .with(|chain| chain.latest().header.timestamp);
    for (payload, code, words) in [
        (json!({"blockStateCalls": []}), -32602, "empty input"),
        (block(json!({"number": "0x0"})), -38020, "0 <= 0"),
        (block(json!({"number": "0x101"})), -38026, "over 256 blocks"),
        (
            block(json!({"number": "0xffffffffffffffffffffffff"})),
            -38026,
            "over 256 blocks",
        ),
        (
            block(json!({"time": format!("{head:#x}")})),
            -38021,
            "in order",
        ),
        (
            json!({"blockStateCalls": vec![json!({}); 257]}),
            -38026,
            "257 blocks",
        ),
        (with("nonce", json!("0x5")), -38011, "nonce too high"),
        (
            with("gas", json!("0x5207")),
            -38013,
            "intrinsic gas too low",
        ),
        (
            with("value", json!("0xffffffffffffffffffff")),
            -38014,
            "insufficient funds",
        ),
        (
            with("maxFeePerGas", json!("0x1")),
            -32602,
            "max fee per gas less than block base fee",
        ),
        (
            with("maxPriorityFeePerGas", json!("0xffffffffff")),
            -32602,
            "higher than max fee",
        ),
        (with("chainId", json!("0x1")), -32602, "invalid chain id"),
        (
            one(
                json!({"from": me(), "maxFeePerGas": fee, "gas": "0x1312d00",
                    "data": Bytes::from(vec![0; 49_153])}),
            ),
            -38025,
            "max initcode size",
        ),
        (
            json!({"blockStateCalls": [{"blockOverrides": {"gasLimit": "0x5000"},
                                     "calls": [{"gas": "0x5208"}]}]}),
            -38015,
            "block gas limit",
        ),
    ] {
        let (have, said) = refused(payload.clone()).await;
        assert_eq!(have, code, "{payload}: {said}");
        assert!(said.contains(words), "{said}");
    }
    // A used nonce, without and with validation.
    let raw = json!([{"from": me(), "to": STRANGER}]);
    served.ask("eth_sendTransaction", raw).await;
    let old = with("nonce", json!("0x0"));
    assert_eq!(refused(old.clone()).await.0, -38010);
    let mut lenient = old;
    lenient["validation"] = json!(false);
    let blocks = served.ask("eth_simulateV1", json!([lenient])).await;
    assert_eq!(blocks[0]["calls"][0]["status"], "0x1");
    // Where it is valid, fees are taken.
    let blocks = served.ask("eth_simulateV1", json!([one(funded)])).await;
    assert_eq!(blocks[0]["baseFeePerGas"], "0x5f5e100");
}

// Dump and load

#[tokio::test]
async fn c_5_dump_and_load_is_a_round_trip() {
    let mut world = World::new();
    let (me, evm, wasm) = (world.me, world.evm, world.wasm);
    for n in 0..4 {
        world.send(wasm, op::sstore(1, n + 1));
        world.send(evm, op::attempt(op::CALL, wasm, 0, &op::log(n, b"x")));
    }
    world.send(wasm, op::sstore(1, 0));
    world.send(wasm, op::sstore(2, 9));
    world.chain.increase_time(1_000);
    world.chain.set_balance(STRANGER, U256::from(77));
    world.chain.set_automine(false);
    let waiting = TransactionRequest::default()
        .from(me)
        .to(STRANGER)
        .value(U256::from(1));
    world.chain.send_request(waiting).unwrap();
    let old = Served::of(world.chain.clone()).await;
    let dump = old.ask("anvil_dumpState", json!([])).await;

    let fresh = Served::new().await;
    fresh.ask("anvil_mine", json!([3])).await;
    assert_eq!(fresh.ask("anvil_loadState", json!([dump])).await, true);
    fresh.node.chain.with(|chain| chain.set_automine(false));
    let head = old.height();
    let mut questions = vec![
        ("eth_blockNumber", json!([])),
        ("eth_getBlockByNumber", json!(["pending", true])),
        ("txpool_content", json!([])),
        ("eth_getLogs", json!([{"fromBlock": 0}])),
        ("eth_getBalance", json!([STRANGER, "latest"])),
        ("eth_getTransactionCount", json!([me, "pending"])),
        ("eth_call", json!([call(me, wasm, op::sload(2)), "latest"])),
        (
            "eth_estimateGas",
            json!([call(me, evm, op::attempt(op::CALL, wasm, 0, &op::sload(2)))]),
        ),
        // ArbWasm: version and time left of the program
        (
            "eth_call",
            json!([{"to": "0x0000000000000000000000000000000000000071",
            "data": Bytes::from([&keccak256("programTimeLeft(address)")[..4], wasm.into_word().as_slice()].concat())}, "latest"]),
        ),
    ];
    for block in 0..=head {
        questions.push(("eth_getBlockByNumber", json!([block, true])));
        questions.push(("eth_getBlockReceipts", json!([block])));
        questions.push(("eth_getStorageAt", json!([wasm, 1, block])));
        questions.push(("eth_getBalance", json!([me, block])));
        questions.push((
            "debug_traceBlockByNumber",
            json!([block, {"tracer": "callTracer"}]),
        ));
    }
    for (method, params) in questions {
        assert_eq!(
            fresh.ask(method, params.clone()).await,
            old.ask(method, params.clone()).await,
            "{method} {params}"
        );
    }
    // And they go on alike.
    for served in [&fresh, &old] {
        served.ask("evm_mine", json!([])).await;
        served
            .ask(
                "eth_sendTransaction",
                json!([call(me, wasm, op::sstore(1, 3))]),
            )
            .await;
        served.ask("evm_mine", json!([])).await;
    }
    let head = |served: &Served| served.node.chain.with(|chain| chain.latest().hash);
    assert_eq!(head(&fresh), head(&old));
    assert_eq!(
        fresh.ask("anvil_dumpState", json!([])).await,
        old.ask("anvil_dumpState", json!([])).await
    );

    // What is no dump, or another chain's, changes nothing.
    let before = head(&fresh);
    let other = Served::of(Chain::new(ChainConfig {
        chain_id: 5,
        ..ChainConfig::default()
    }))
    .await;
    let foreign = other.ask("anvil_dumpState", json!([])).await;
    for (state, words) in [
        (json!("0x"), "does not unpack"),
        (json!("0x1f8b0800000000000000"), "does not unpack"),
        (foreign, "is of chain 5, this is chain 412346"),
    ] {
        let (code, said) = fresh.refused("anvil_loadState", json!([state])).await;
        assert_eq!(code, -32602);
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(head(&fresh), before);
}
