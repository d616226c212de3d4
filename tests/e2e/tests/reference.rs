//! The hostile tokens, feeds and callers do what attack tests rely on. Needs a node, no house.

use alloy::{
    providers::Provider,
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
    sol_types::{SolConstructor, SolValue},
};
use plimsoll_devnode::{
    config::dev_accounts,
    rpc::{Node, NodeConfig},
};
use plimsoll_e2e::{reference::*, *};

#[allow(missing_docs, unreachable_pub, clippy::all, clippy::use_self)]
mod hostile {
    alloy::sol!(OddReturnToken, "../solidity/artifacts/OddReturnToken.json");
    alloy::sol!(FeeToken, "../solidity/artifacts/FeeToken.json");
    alloy::sol!(RebasingToken, "../solidity/artifacts/RebasingToken.json");
    alloy::sol!(
        RestrictedToken,
        "../solidity/artifacts/RestrictedToken.json"
    );
    alloy::sol!(ReentrantToken, "../solidity/artifacts/ReentrantToken.json");
    alloy::sol!(BombToken, "../solidity/artifacts/BombToken.json");
    alloy::sol!(
        JunkDecimalsToken,
        "../solidity/artifacts/JunkDecimalsToken.json"
    );
    alloy::sol!(HostileFeed, "../solidity/artifacts/HostileFeed.json");
    alloy::sol!(Callback, "../solidity/artifacts/Callback.json");
    alloy::sol!(Forwarder, "../solidity/artifacts/Forwarder.json");
    alloy::sol!(Create2, "../solidity/artifacts/Create2.json");
}
use hostile::*;

struct Bench {
    _node: Node,
    client: Client,
    me: PrivateKeySigner,
    other: Address,
}

impl Bench {
    async fn new() -> Self {
        let config = NodeConfig::default();
        let accounts = dev_accounts(config.chain.accounts);
        let node = Node::start(config).await.expect("a node");
        let client = Client::connect(&node.url).await.expect("it answers");
        let client = client.with_gas_limit(GasLimit::Fixed(20_000_000));
        let (me, other) = (accounts[0].signer.clone(), accounts[1].address);
        Self {
            _node: node,
            client,
            me,
            other,
        }
    }

    async fn create(&self, code: &Bytes, arguments: impl SolConstructor) -> Address {
        let init = [code.as_ref(), &arguments.abi_encode()].concat();
        self.client
            .create(&self.me, init.into())
            .await
            .expect("created")
            .0
    }

    async fn send(&self, to: Address, call: &impl SolCall) {
        ok(self.client.send(&self.me, to, call).await);
    }

    async fn ask<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        ok(self.client.call_as(self.me.address(), to, call).await)
    }

    /// Return data of a call, or its revert data.
    async fn raw(&self, to: Address, call: &impl SolCall) -> Result<Bytes, Bytes> {
        let request = TransactionRequest::default()
            .from(self.me.address())
            .to(to)
            .gas_limit(5_000_000)
            .input(call.abi_encode().into());
        self.client.provider().call(request).await.map_err(|e| {
            e.as_error_resp()
                .expect("the node answers")
                .as_revert_data()
                .unwrap_or_default()
        })
    }

    async fn balance(&self, token: Address, owner: Address) -> U256 {
        self.ask(token, &IERC20::balanceOfCall { owner }).await
    }
}

const N: u64 = 1_000_000;

fn amount() -> U256 {
    U256::from(N)
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_answer_what_they_are_told_to() {
    let b = Bench::new().await;
    let names = || ("Odd".to_owned(), "ODD".to_owned());
    let (name_, symbol_) = names();
    let odd = b
        .create(
            &OddReturnToken::BYTECODE,
            OddReturnToken::constructorCall {
                name_,
                symbol_,
                decimals_: 6,
            },
        )
        .await;
    b.send(
        odd,
        &Token::mintCall {
            to: b.me.address(),
            amount: amount(),
        },
    )
    .await;
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

    let (name_, symbol_) = names();
    let answer_ = U256::from(77).to_be_bytes_vec().into();
    let junk = b
        .create(
            &JunkDecimalsToken::BYTECODE,
            JunkDecimalsToken::constructorCall {
                name_,
                symbol_,
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
async fn tokens_keep_shares_rebase_and_refuse() {
    let b = Bench::new().await;
    let transfer = |n: u64| IERC20::transferCall {
        to: b.other,
        amount: U256::from(n),
    };

    let call = FeeToken::constructorCall {
        name_: "Fee".into(),
        symbol_: "FEE".into(),
        decimals_: 18,
        feeBps_: U256::from(100),
    };
    let fee = b.create(&FeeToken::BYTECODE, call).await;
    b.send(
        fee,
        &Token::mintCall {
            to: b.me.address(),
            amount: amount(),
        },
    )
    .await;
    b.send(fee, &transfer(1_000)).await;
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
    b.send(fee, &transfer(1_000)).await;
    assert_eq!(b.balance(fee, b.other).await, U256::from(990));

    let call = RebasingToken::constructorCall {
        name_: "Re".into(),
        symbol_: "RE".into(),
        decimals_: 18,
    };
    let re = b.create(&RebasingToken::BYTECODE, call).await;
    b.send(
        re,
        &Token::mintCall {
            to: b.me.address(),
            amount: amount(),
        },
    )
    .await;
    b.send(
        re,
        &RebasingToken::setFactorCall {
            factor_: uwad("0.5"),
        },
    )
    .await;
    assert_eq!(b.balance(re, b.me.address()).await, U256::from(N / 2));
    b.send(re, &transfer(100)).await;
    assert_eq!(b.balance(re, b.other).await, U256::from(100));

    let call = RestrictedToken::constructorCall {
        name_: "R".into(),
        symbol_: "R".into(),
        decimals_: 6,
    };
    let strict = b.create(&RestrictedToken::BYTECODE, call).await;
    b.send(
        strict,
        &Token::mintCall {
            to: b.me.address(),
            amount: amount(),
        },
    )
    .await;
    b.send(
        strict,
        &RestrictedToken::setBlockedCall {
            who: b.other,
            blocked_: true,
        },
    )
    .await;
    let refused = b.raw(strict, &transfer(1)).await.expect_err("blocked");
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
    let refused = b.raw(strict, &transfer(1)).await.expect_err("paused");
    assert!(RestrictedToken::Paused::abi_decode(&refused).is_ok());
}

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

#[tokio::test(flavor = "multi_thread")]
async fn feeds_keep_rounds_and_hostile_ones_answer_anything() {
    let b = Bench::new().await;
    let call = Feed::constructorCall {
        description_: "ETH / USD".into(),
        decimals_: 8,
    };
    let feed = b.create(&Feed::BYTECODE, call).await;
    let latest = IAggregatorV3::latestRoundDataCall {};
    let none = b.raw(feed, &latest).await.expect_err("no round yet");
    assert!(Feed::NoDataPresent::abi_decode(&none).is_ok());
    let price = |n: i64| aliases::I192::try_from(n).expect("fits");
    b.send(feed, &Feed::pushCall { answer: price(7) }).await;
    b.send(
        feed,
        &Feed::pushAtCall {
            answer: price(-9),
            updatedAt: u64::MAX,
        },
    )
    .await;
    let round = b.ask(feed, &latest).await;
    assert_eq!(round.answer, I256::try_from(-9).expect("fits"));
    assert_eq!(round.updatedAt, U256::from(u64::MAX));
    let first = b
        .ask(
            feed,
            &Feed::getRoundDataCall {
                roundId: aliases::U80::from(1),
            },
        )
        .await;
    assert_eq!(first._1, I256::try_from(7).expect("fits"));
    b.send(feed, &Feed::setKeeperCall { keeper_: b.other })
        .await;
    let refused = b
        .raw(feed, &Feed::pushCall { answer: price(1) })
        .await
        .expect_err("not the keeper");
    assert!(Feed::NotKeeper::abi_decode(&refused).is_ok());

    let call = HostileFeed::constructorCall {
        decimals_: 8,
        answer: I256::try_from(5).expect("fits"),
        updatedAt: U256::from(1),
    };
    let hostile = b.create(&HostileFeed::BYTECODE, call).await;
    assert_eq!(
        b.ask(hostile, &latest).await.answer,
        I256::try_from(5).expect("fits")
    );
    let junk = HostileFeed::setRoundWordsCall {
        id: U256::MAX,
        answer: I256::MIN,
        startedAt: U256::ZERO,
        updatedAt: U256::MAX,
        answeredInRound: U256::MAX,
    };
    b.send(hostile, &junk).await;
    assert_eq!(
        b.raw(hostile, &latest).await.expect("returns")[..32],
        [0xff; 32],
        "dirty upper bits"
    );
    b.send(
        hostile,
        &HostileFeed::setRoundCall {
            data: vec![1; 159].into(),
        },
    )
    .await;
    assert_eq!(b.raw(hostile, &latest).await.expect("returns").len(), 159);
    b.send(hostile, &HostileFeed::setRevertsCall { reverts_: true })
        .await;
    assert_eq!(
        b.raw(hostile, &latest).await.expect_err("reverts").len(),
        159
    );
    b.send(
        hostile,
        &HostileFeed::setBombCall {
            mode_: 1,
            size_: U256::from(1_000_000),
        },
    )
    .await;
    assert_eq!(
        b.raw(hostile, &latest).await.expect("returns").len(),
        1_000_000
    );
}
