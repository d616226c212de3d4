//! Contracts that call back.

use super::*;

/// A token that calls from inside its methods, and a recorder that it calls.
struct Callers {
    b: Bench,
    hook: Address,
    recorder: Address,
}

impl Callers {
    async fn new() -> Self {
        let b = Bench::new().await;
        let call = ReentrantToken::constructorCall {
            name_: "Hook".into(),
            symbol_: "HOOK".into(),
            decimals_: 18,
        };
        let hook = b.create(&ReentrantToken::BYTECODE, call).await;
        b.mint(hook).await;
        let recorder = b.plain(&Callback::BYTECODE).await;
        Self { b, hook, recorder }
    }

    /// What the recorder answers from now on.
    async fn answers(&self, answer: &[u8], reverts_: bool) {
        let call = Callback::setAnswerCall {
            answer_: answer.to_vec().into(),
            reverts_,
        };
        self.b.send(self.recorder, &call).await;
    }

    /// What the token calls the recorder with from now on, and from where.
    async fn arm(&self, hooks_: u8, must: bool, payload: &[u8]) {
        let call = ReentrantToken::armCall {
            hooks_,
            before_: true,
            mustSucceed_: must,
            target_: self.recorder,
            payload_: payload.to_vec().into(),
        };
        self.b.send(self.hook, &call).await;
    }

    fn transfer(&self) -> IERC20::transferCall {
        IERC20::transferCall {
            to: self.b.other,
            amount: U256::from(1),
        }
    }
}

/// what calls back, calls back, and keeps what it was told. A refusal is remembered; where it must not
/// be, the transfer fails with it.
#[tokio::test(flavor = "multi_thread")]
async fn callers_call_back_and_remember() {
    let c = Callers::new().await;
    let (b, hook) = (&c.b, c.hook);
    c.answers(&[0xcc; 5], false).await;
    c.arm(1, false, b"ping!").await;
    b.send(hook, &c.transfer()).await;
    let first = Callback::callAtCall { index: U256::ZERO };
    let seen = b.ask(c.recorder, &first).await;
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

    c.answers(&[0xdd; 4], true).await;
    b.send(hook, &c.transfer()).await;
    assert!(!b.ask(hook, &ReentrantToken::lastOkCall {}).await);
    c.arm(1, true, b"ping!").await;
    let failed = b.raw(hook, &c.transfer()).await;
    let failed = failed.expect_err("it must succeed");
    assert_eq!(
        ReentrantToken::InnerFailed::abi_decode(&failed)
            .expect("typed")
            .data,
        vec![0xdd; 4]
    );
}

/// In `balanceOf`, asked statically, the outcome shows in whether it answers.
#[tokio::test(flavor = "multi_thread")]
async fn callers_call_back_statically() {
    let c = Callers::new().await;
    let (b, hook) = (&c.b, c.hook);
    c.answers(&[0xdd; 4], true).await;
    b.send(hook, &c.transfer()).await;
    b.send(hook, &c.transfer()).await;
    c.arm(4, false, b"view").await;
    assert_eq!(
        b.balance(hook, b.other).await,
        U256::from(2),
        "the inner call was refused, as expected"
    );
    c.arm(4, true, b"view").await;
    let failed = b
        .raw(hook, &IERC20::balanceOfCall { owner: b.other })
        .await
        .expect_err("refused");
    assert!(
        !ReentrantToken::ProbeFailed::abi_decode(&failed)
            .expect("typed")
            .ok
    );
}

/// The recorder calls back into the contract that is named, as often as it was told.
#[tokio::test(flavor = "multi_thread")]
async fn the_recorder_calls_itself() {
    let c = Callers::new().await;
    let (b, recorder) = (&c.b, c.recorder);
    c.answers(&[], false).await;
    let count = b.ask(recorder, &Callback::callCountCall {}).await;
    let inner = Callback::execCall {
        target_: c.hook,
        data: IERC20::decimalsCall {}.abi_encode().into(),
    };
    let echo = Callback::armCall {
        target_: recorder,
        payload_: inner.abi_encode().into(),
        times_: U256::from(1),
    };
    b.send(recorder, &echo).await;
    let forwarder = b.plain(&Forwarder::BYTECODE).await;
    let poke = |data: &[u8]| Forwarder::Step {
        target: recorder,
        data: data.to_vec().into(),
        mayFail: false,
    };
    let call = Forwarder::batchCall {
        steps: vec![poke(b"onee"), poke(b"twoo")],
    };
    b.send(forwarder, &call).await;
    assert_eq!(
        b.ask(recorder, &Callback::callCountCall {}).await,
        count + U256::from(2)
    );
    assert!(
        b.ask(recorder, &Callback::lastOkCall {}).await,
        "it called itself, once"
    );
    assert!(b.ask(recorder, &Callback::timesCall {}).await.is_zero());
}

/// The forwarder passes answers and refusals on.
#[tokio::test(flavor = "multi_thread")]
async fn the_forwarder_passes_on() {
    let c = Callers::new().await;
    let (b, target) = (&c.b, c.hook);
    let forwarder = b.plain(&Forwarder::BYTECODE).await;
    let data = IERC20::decimalsCall {}.abi_encode().into();
    let answer = b
        .ask(forwarder, &Forwarder::execCall { target, data })
        .await;
    assert_eq!(U256::abi_decode(&answer).expect("a word"), U256::from(18));
    let mint = Token::mintCall {
        to: b.other,
        amount: U256::from(1),
    };
    let data = mint.abi_encode().into();
    let refused = b
        .raw(forwarder, &Forwarder::execCall { target, data })
        .await;
    let refused = refused.expect_err("not owner");
    assert_eq!(
        Token::NotOwner::abi_decode(&refused).expect("typed").caller,
        forwarder
    );
}
