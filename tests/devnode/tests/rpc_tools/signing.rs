//! Signing and sending.

use super::*;

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
