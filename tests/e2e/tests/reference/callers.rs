//! Contracts that call back.

use super::*;

/// what calls back, calls back, and keeps what it was told.
#[tokio::test(flavor = "multi_thread")]
async fn callers_call_back_and_remember() {
    let b = Bench::new().await;
    let call = ReentrantToken::constructorCall {
        name_: "Hook".into(),
        symbol_: "HOOK".into(),
        decimals_: 18,
    };
    let hook = b.create(&ReentrantToken::BYTECODE, call).await;
    b.send(
        hook,
        &Token::mintCall {
            to: b.me.address(),
            amount: amount(),
        },
    )
    .await;
    let recorder = b
        .client
        .create(&b.me, Callback::BYTECODE.clone())
        .await
        .expect("created")
        .0;
    b.send(
        recorder,
        &Callback::setAnswerCall {
            answer_: vec![0xcc; 5].into(),
            reverts_: false,
        },
    )
    .await;

    let arm = |hooks_, must, payload: &[u8]| ReentrantToken::armCall {
        hooks_,
        before_: true,
        mustSucceed_: must,
        target_: recorder,
        payload_: payload.to_vec().into(),
    };
    let transfer = IERC20::transferCall {
        to: b.other,
        amount: U256::from(1),
    };
    b.send(hook, &arm(1, false, b"ping!")).await;
    b.send(hook, &transfer).await;
    let seen = b
        .ask(recorder, &Callback::callAtCall { index: U256::ZERO })
        .await;
    assert_eq!(
        (seen.caller, seen.data.as_ref()),
        (hook, b"ping!".as_slice())
    );
    assert!(b.ask(hook, &ReentrantToken::lastOkCall {}).await);
    assert_eq!(
        b.ask(hook, &ReentrantToken::lastDataCall {}).await,
        vec![0xcc; 5]
    );
    assert_eq!(
        b.ask(hook, &ReentrantToken::callsCall {}).await,
        U256::from(1)
    );

    // A refusal is remembered; where it must not be, the transfer fails with it.
    b.send(
        recorder,
        &Callback::setAnswerCall {
            answer_: vec![0xdd; 4].into(),
            reverts_: true,
        },
    )
    .await;
    b.send(hook, &transfer).await;
    assert!(!b.ask(hook, &ReentrantToken::lastOkCall {}).await);
    b.send(hook, &arm(1, true, b"ping!")).await;
    let failed = b.raw(hook, &transfer).await.expect_err("it must succeed");
    assert_eq!(
        ReentrantToken::InnerFailed::abi_decode(&failed)
            .expect("typed")
            .data,
        vec![0xdd; 4]
    );

    // In `balanceOf`, asked statically, the outcome shows in whether it answers.
    b.send(hook, &arm(4, false, b"view")).await;
    assert_eq!(
        b.balance(hook, b.other).await,
        U256::from(2),
        "the inner call was refused, as expected"
    );
    b.send(hook, &arm(4, true, b"view")).await;
    let failed = b
        .raw(hook, &IERC20::balanceOfCall { owner: b.other })
        .await
        .expect_err("refused");
    assert!(
        !ReentrantToken::ProbeFailed::abi_decode(&failed)
            .expect("typed")
            .ok
    );

    // The recorder calls back into whoever is named, as often as it was told.
    b.send(
        recorder,
        &Callback::setAnswerCall {
            answer_: vec![].into(),
            reverts_: false,
        },
    )
    .await;
    let count = b.ask(recorder, &Callback::callCountCall {}).await;
    let inner = Callback::execCall {
        target_: hook,
        data: IERC20::decimalsCall {}.abi_encode().into(),
    };
    let echo = Callback::armCall {
        target_: recorder,
        payload_: inner.abi_encode().into(),
        times_: U256::from(1),
    };
    b.send(recorder, &echo).await;
    let forwarder = b
        .client
        .create(&b.me, Forwarder::BYTECODE.clone())
        .await
        .expect("created")
        .0;
    let poke = |data: &[u8]| Forwarder::Step {
        target: recorder,
        data: data.to_vec().into(),
        mayFail: false,
    };
    b.send(
        forwarder,
        &Forwarder::batchCall {
            steps: vec![poke(b"onee"), poke(b"twoo")],
        },
    )
    .await;
    assert_eq!(
        b.ask(recorder, &Callback::callCountCall {}).await,
        count + U256::from(2)
    );
    assert!(
        b.ask(recorder, &Callback::lastOkCall {}).await,
        "it called itself, once"
    );
    assert!(b.ask(recorder, &Callback::timesCall {}).await.is_zero());

    // The forwarder passes answers and refusals on.
    let data = IERC20::decimalsCall {}.abi_encode().into();
    let answer = b
        .ask(forwarder, &Forwarder::execCall { target: hook, data })
        .await;
    assert_eq!(U256::abi_decode(&answer).expect("a word"), U256::from(18));
    let mint = Token::mintCall {
        to: b.other,
        amount: U256::from(1),
    }
    .abi_encode()
    .into();
    let refused = b
        .raw(
            forwarder,
            &Forwarder::execCall {
                target: hook,
                data: mint,
            },
        )
        .await
        .expect_err("not owner");
    assert_eq!(
        Token::NotOwner::abi_decode(&refused).expect("typed").caller,
        forwarder
    );
}
