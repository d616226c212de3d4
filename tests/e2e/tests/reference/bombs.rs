//! Answers too large to copy.

use super::*;

/// what blows up, blows up as told.
#[tokio::test(flavor = "multi_thread")]
async fn bombs_go_off() {
    let b = Bench::new().await;
    let call = BombToken::constructorCall {
        name_: "B".into(),
        symbol_: "B".into(),
        decimals_: 6,
    };
    let bomb = b.create(&BombToken::BYTECODE, call).await;
    let balance = IERC20::balanceOfCall { owner: b.other };
    let arm = |mode_, size| BombToken::armCall {
        hooks_: 4,
        mode_,
        size_: U256::from(size),
    };
    b.send(bomb, &arm(1, 100_000)).await;
    assert_eq!(b.raw(bomb, &balance).await.expect("returns").len(), 100_000);
    b.send(bomb, &arm(2, 100_000)).await;
    assert_eq!(
        b.raw(bomb, &balance).await.expect_err("reverts").len(),
        100_000
    );
    assert!(
        b.raw(bomb, &IERC20::decimalsCall {}).await.is_ok(),
        "only where it is armed"
    );

    let forwarder = b
        .client
        .create(&b.me, Forwarder::BYTECODE.clone())
        .await
        .expect("created")
        .0;
    for mode in [3, 4] {
        b.send(bomb, &arm(mode, 0)).await;
        let call = Forwarder::tryExecCall {
            target: bomb,
            data: balance.abi_encode().into(),
            gasLimit: U256::from(300_000),
        };
        let receipt = ok(b.client.send(&b.me, forwarder, &call).await);
        assert!(receipt.gas_used > 300_000, "all it was given is gone");
    }

    // A contract at an address that was known before it had code.
    let maker = b
        .client
        .create(&b.me, Create2::BYTECODE.clone())
        .await
        .expect("created")
        .0;
    let salt = B256::repeat_byte(5);
    let hash = alloy::primitives::keccak256(&Forwarder::BYTECODE);
    let at = b
        .ask(
            maker,
            &Create2::addressOfCall {
                salt,
                initCodeHash: hash,
            },
        )
        .await;
    assert!(b.client.code(at).await.expect("asked").is_empty());
    b.send(
        maker,
        &Create2::deployCall {
            salt,
            initCode: Forwarder::BYTECODE.clone(),
        },
    )
    .await;
    assert!(!b.client.code(at).await.expect("asked").is_empty());
}
