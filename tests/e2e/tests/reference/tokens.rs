//! Tokens that answer as they are told.

use super::*;

fn transfer(b: &Bench, units: u64) -> IERC20::transferCall {
    IERC20::transferCall {
        to: b.other,
        amount: U256::from(units),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_answer_what_they_are_told_to() {
    let b = Bench::new().await;
    let odd = b
        .create(
            &OddReturnToken::BYTECODE,
            OddReturnToken::constructorCall {
                name_: "Odd".into(),
                symbol_: "ODD".into(),
                decimals_: 6,
            },
        )
        .await;
    b.mint(odd).await;
    let transfer = IERC20::transferCall {
        to: b.other,
        amount: U256::from(1),
    };
    for (word, size) in [
        (0, 0),
        (1, 32),
        (0, 32),
        (2, 32),
        (1, 31),
        (1, 33),
        (1, 4096),
    ] {
        let set = OddReturnToken::setReturnCall {
            word_: U256::from(word),
            size_: U256::from(size),
            moves_: true,
        };
        b.send(odd, &set).await;
        let answer = b.raw(odd, &transfer).await.expect("it returns");
        assert_eq!(answer.len(), size);
        let mut expected = U256::from(word).to_be_bytes_vec();
        expected.resize(size, 0);
        assert_eq!(answer, expected);
    }
    b.send(
        odd,
        &OddReturnToken::setReturnCall {
            word_: U256::ZERO,
            size_: U256::ZERO,
            moves_: false,
        },
    )
    .await;
    let before = b.balance(odd, b.other).await;
    b.client
        .send(&b.me, odd, &transfer)
        .await
        .expect("it says nothing and does nothing");
    assert_eq!(b.balance(odd, b.other).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_say_any_decimals() {
    let b = Bench::new().await;
    let answer_ = U256::from(77).to_be_bytes_vec().into();
    let junk = b
        .create(
            &JunkDecimalsToken::BYTECODE,
            JunkDecimalsToken::constructorCall {
                name_: "Junk".into(),
                symbol_: "JUNK".into(),
                answer_,
            },
        )
        .await;
    let decimals = IERC20::decimalsCall {};
    assert_eq!(
        b.raw(junk, &decimals).await.expect("returns"),
        U256::from(77).to_be_bytes_vec()
    );
    for (answer, reverts) in [
        (vec![], false),
        (vec![6; 31], false),
        (vec![0xff; 32], false),
        (vec![1, 2], true),
    ] {
        b.send(
            junk,
            &JunkDecimalsToken::setAnswerCall {
                answer_: answer.clone().into(),
                reverts_: reverts,
            },
        )
        .await;
        let got = b.raw(junk, &decimals).await;
        assert_eq!(
            got,
            if reverts {
                Err(answer.into())
            } else {
                Ok(answer.into())
            }
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_take_fees() {
    let b = Bench::new().await;
    let call = FeeToken::constructorCall {
        name_: "Fee".into(),
        symbol_: "FEE".into(),
        decimals_: 18,
        feeBps_: U256::from(100),
    };
    let fee = b.create(&FeeToken::BYTECODE, call).await;
    b.mint(fee).await;
    b.send(fee, &transfer(&b, 1_000)).await;
    assert_eq!(b.balance(fee, b.other).await, U256::from(990));
    assert_eq!(
        b.balance(fee, b.me.address()).await,
        U256::from(N - 990),
        "the fee went to its owner"
    );
    b.send(
        fee,
        &FeeToken::setFeeCall {
            feeBps_: U256::from(10_000),
        },
    )
    .await;
    b.send(fee, &transfer(&b, 1_000)).await;
    assert_eq!(b.balance(fee, b.other).await, U256::from(990));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_rebase() {
    let b = Bench::new().await;
    let call = RebasingToken::constructorCall {
        name_: "Re".into(),
        symbol_: "RE".into(),
        decimals_: 18,
    };
    let re = b.create(&RebasingToken::BYTECODE, call).await;
    b.mint(re).await;
    b.send(
        re,
        &RebasingToken::setFactorCall {
            factor_: uwad("0.5"),
        },
    )
    .await;
    assert_eq!(b.balance(re, b.me.address()).await, U256::from(N / 2));
    b.send(re, &transfer(&b, 100)).await;
    assert_eq!(b.balance(re, b.other).await, U256::from(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_refuse() {
    let b = Bench::new().await;
    let call = RestrictedToken::constructorCall {
        name_: "R".into(),
        symbol_: "R".into(),
        decimals_: 6,
    };
    let strict = b.create(&RestrictedToken::BYTECODE, call).await;
    b.mint(strict).await;
    b.send(
        strict,
        &RestrictedToken::setBlockedCall {
            who: b.other,
            blocked_: true,
        },
    )
    .await;
    let refused = b.raw(strict, &transfer(&b, 1)).await.expect_err("blocked");
    assert_eq!(
        RestrictedToken::Blocked::abi_decode(&refused)
            .expect("typed")
            .who,
        b.other
    );
    b.send(
        strict,
        &RestrictedToken::setBlockedCall {
            who: b.other,
            blocked_: false,
        },
    )
    .await;
    b.send(strict, &RestrictedToken::setPausedCall { paused_: true })
        .await;
    let refused = b.raw(strict, &transfer(&b, 1)).await.expect_err("paused");
    assert!(RestrictedToken::Paused::abi_decode(&refused).is_ok());
}
