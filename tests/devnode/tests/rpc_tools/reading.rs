//! Blocks, accounts, errors.

use super::*;

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
