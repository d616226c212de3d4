//! The catalogue of attacks, one test each, against the compiled contracts.

use alloy::{providers::Provider, rpc::types::TransactionRequest, sol_types::SolConstructor};
use plimsoll_e2e::*;
use plimsoll_kernel::auction::ONE;

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
    alloy::sol!(Bidder, "../solidity/artifacts/Bidder.json");
    alloy::sol!(Create2, "../solidity/artifacts/Create2.json");
}
use hostile::*;

fn names() -> (String, String) {
    ("Hostile".into(), "HST".into())
}

async fn create(house: &House, code: &Bytes, arguments: impl SolConstructor) -> Address {
    let init = [code.as_ref(), &arguments.abi_encode()].concat();
    house
        .client
        .create(&house.people.deployer.signer, init.into())
        .await
        .expect("created")
        .0
}

/// Lists a hostile token as asset 3, priced as ether, and gives alice and bob a million units of 18 decimals.
async fn admit_token(house: &House, token: Address) -> TokenInfo {
    let p = &house.people;
    let terms = IParameters::setAssetCall {
        asset: 3,
        feed: ETH,
        underlying: 0,
        decimals: 18,
        imHaircut: WAD as u64 / 2,
        mmHaircut: WAD as u64 / 4,
    };
    ok(house.send(&p.deployer, house.at.parameters, &terms).await);
    let list = IVault::listAssetCall {
        token,
        cap: u128::MAX,
    };
    assert_eq!(house.exec(&p.deployer, house.at.vault, &list).await, 3);
    for actor in [&p.alice, &p.bob, &p.bidder] {
        let mint = reference::Token::mintCall {
            to: actor.address,
            amount: U256::from(1_000_000 * WAD),
        };
        ok(house.send(&p.deployer, token, &mint).await);
        let approve = IERC20::approveCall {
            spender: house.at.vault,
            amount: U256::MAX,
        };
        ok(house.send(actor, token, &approve).await);
    }
    TokenInfo {
        address: token,
        asset: 3,
        decimals: 18,
    }
}

async fn holds(house: &House, owner: Address, token: Address) -> U256 {
    ok(house.ask(token, &IERC20::balanceOfCall { owner }).await)
}

async fn balance(house: &House, actor: &Actor) -> u128 {
    let call = IVault::balanceOfCall {
        account: actor.account(),
        asset: 3,
    };
    ok(house.ask(house.at.vault, &call).await)
}

async fn held(house: &House) -> u128 {
    ok(house
        .ask(house.at.vault, &IVault::assetCall { asset: 3 })
        .await)
    .held
}

fn amount(units: u128) -> U256 {
    U256::from(units * WAD)
}

/// All methods of a contract with arguments of zeros.
fn methods(name: &str) -> Vec<(String, Bytes)> {
    let path = plimsoll::workspace::root()
        .join("abi")
        .join(format!("{name}.json"));
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let items = json
        .as_array()
        .or_else(|| json["abi"].as_array())
        .unwrap()
        .clone();
    let abi: alloy::json_abi::JsonAbi = serde_json::from_value(items.into()).unwrap();
    abi.functions()
        .map(|f| {
            (
                f.signature(),
                [f.selector().as_slice(), &[0; 320]].concat().into(),
            )
        })
        .collect()
}

/// I-REE-1: whatever a token calls from inside a transfer, the vault is locked, for every one
/// of its methods and so for every sibling that needs it; the outer call is not disturbed.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_17_reentry_finds_the_door_locked() {
    let house = House::start().await;
    let p = &house.people;
    let (name_, symbol_) = names();
    let arguments = ReentrantToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    let address = create(&house, &ReentrantToken::BYTECODE, arguments).await;
    let token = admit_token(&house, address).await;
    let alice = p.alice.account();
    house.give(&p.alice, "30,000").await;
    house.give(&p.bob, "30,000").await;
    house.give(&p.carol, "25,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "10", "2,000")
        .await;
    house
        .fill(&p.carol, &p.bob, perp(DESK, ETH), "50", "2,000")
        .await;
    house.set_price(ETH, "1,600").await.unwrap();
    ok(house
        .send(
            &p.stranger,
            house.at.auction,
            &IAuction::startCall {
                account: p.carol.account(),
            },
        )
        .await);
    ok(house.deposit(&p.alice, alice, token, amount(10)).await);

    let locked = Bytes::from(IVault::Locked {}.abi_encode());
    let mut inner: Vec<(String, Address, Bytes)> = methods("IVault")
        .into_iter()
        .map(|(name, data)| (name, house.at.vault, data))
        .collect();
    assert!(inner.len() >= 22, "{}", inner.len());
    inner.push(("nothing".into(), house.at.vault, Bytes::from_static(&[1])));
    let (_, version, _) = ok(house.account(p.carol.account()).await);
    let b = Bid {
        account: p.carol.account(),
        bidder: B256::from_slice(&[address.as_slice(), &[0; 12]].concat()),
        fraction: U256::from(ONE),
        maxPrice: I256::MAX,
        version,
        deadline: u64::MAX,
    };
    let report = House::report(alice, p.bob.account(), perp(DESK, ETH), "1", "1,600");
    for (name, to, data) in [
        (
            "auction.start",
            house.at.auction,
            IAuction::startCall { account: alice }.abi_encode(),
        ),
        (
            "auction.close",
            house.at.auction,
            IAuction::closeCall {
                account: p.carol.account(),
            }
            .abi_encode(),
        ),
        (
            "auction.state",
            house.at.auction,
            IAuction::stateCall { account: alice }.abi_encode(),
        ),
        (
            "auction.bid",
            house.at.auction,
            IAuction::bidCall { b }.abi_encode(),
        ),
        ("desk.invent", house.desk(), report.abi_encode()),
    ] {
        inner.push((name.into(), to, data.into()));
    }

    let deposit = IVault::depositCall {
        account: alice,
        token: address,
        amount: amount(1),
    };
    let withdraw = IVault::withdrawCall {
        account: alice,
        token: address,
        amount: amount(1),
        to: p.alice.address,
    };
    for (name, target_, payload_) in inner {
        for (hooks_, before_) in [(1, true), (1, false), (2, true), (2, false)] {
            let arm = ReentrantToken::armCall {
                hooks_,
                before_,
                mustSucceed_: false,
                target_,
                payload_: payload_.clone(),
            };
            ok(house.send(&p.deployer, address, &arm).await);
            let now = balance(&house, &p.alice).await;
            if hooks_ == 1 {
                ok(house.send(&p.alice, house.at.vault, &withdraw).await);
                assert_eq!(balance(&house, &p.alice).await, now - WAD);
            } else {
                ok(house.send(&p.alice, house.at.vault, &deposit).await);
                assert_eq!(balance(&house, &p.alice).await, now + WAD);
            }
            assert_eq!(
                ok(house.ask(address, &ReentrantToken::callsCall {}).await),
                U256::from(1),
                "{name}"
            );
            assert!(
                !ok(house.ask(address, &ReentrantToken::lastOkCall {}).await),
                "{name} got in"
            );
            assert_eq!(
                ok(house.ask(address, &ReentrantToken::lastDataCall {}).await),
                locked,
                "{name}"
            );
        }
        // From balanceOf, statically: the token fails the outer call if it gets an answer.
        let arm = ReentrantToken::armCall {
            hooks_: 4,
            before_: true,
            mustSucceed_: false,
            target_,
            payload_,
        };
        ok(house.send(&p.deployer, address, &arm).await);
        ok(house.send(&p.alice, house.at.vault, &deposit).await);
        ok(house.send(&p.alice, house.at.vault, &withdraw).await);
    }
    let off = ReentrantToken::armCall {
        hooks_: 0,
        before_: false,
        mustSucceed_: false,
        target_: Address::ZERO,
        payload_: Bytes::new(),
    };
    ok(house.send(&p.deployer, address, &off).await);
    assert_eq!(
        holds(&house, house.at.vault, address).await,
        U256::from(held(&house).await)
    );
    house.assert_balanced().await;
}

/// what arrives is credited; nothing arriving is a refusal.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_18_fees_on_transfer_are_the_depositors() {
    let house = House::start().await;
    let p = &house.people;
    let (name_, symbol_) = names();
    let arguments = FeeToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
        feeBps_: U256::from(100),
    };
    let address = create(&house, &FeeToken::BYTECODE, arguments).await;
    admit_token(&house, address).await;
    let deposit = IVault::depositCall {
        account: p.alice.account(),
        token: address,
        amount: amount(100),
    };
    let credited = house.exec(&p.alice, house.at.vault, &deposit).await;
    assert_eq!(credited, amount(99));
    assert_eq!(
        (balance(&house, &p.alice).await, held(&house).await),
        (99 * WAD, 99 * WAD)
    );
    // C-8: what is paid leaves the vault; less arrives.
    let had = holds(&house, p.alice.address, address).await;
    let withdraw = IVault::withdrawCall {
        account: p.alice.account(),
        token: address,
        amount: amount(99),
        to: p.alice.address,
    };
    let paid = house.exec(&p.alice, house.at.vault, &withdraw).await;
    assert_eq!(paid, amount(99));
    let arrived = holds(&house, p.alice.address, address).await - had;
    assert_eq!(arrived, amount(99) * U256::from(99) / U256::from(100));
    assert_eq!(holds(&house, house.at.vault, address).await, U256::ZERO);
    assert_eq!(
        (balance(&house, &p.alice).await, held(&house).await),
        (0, 0)
    );
    ok(house
        .send(
            &p.deployer,
            address,
            &FeeToken::setFeeCall {
                feeBps_: U256::from(10_000),
            },
        )
        .await);
    let e: IVault::TransferFailed = house
        .expect_revert(&p.alice, house.at.vault, &deposit)
        .await;
    assert_eq!(
        (e.token, e.asked, e.moved),
        (address, amount(100), U256::ZERO)
    );
    house.assert_balanced().await;
}

/// a rebase up is nobody's, a rebase down hurts this token's holders only.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_19_rebasing_is_nobodys_gain() {
    let house = House::start().await;
    let p = &house.people;
    let (name_, symbol_) = names();
    let arguments = RebasingToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    let address = create(&house, &RebasingToken::BYTECODE, arguments).await;
    let token = admit_token(&house, address).await;
    house.give(&p.bob, "1,000").await;
    ok(house
        .deposit(&p.alice, p.alice.account(), token, amount(100))
        .await);
    let factor = |percent: u64| RebasingToken::setFactorCall {
        factor_: U256::from(percent) * U256::from(WAD / 100),
    };
    ok(house.send(&p.deployer, address, &factor(150)).await);
    assert_eq!(balance(&house, &p.alice).await, 100 * WAD);
    ok(house
        .deposit(&p.bob, p.bob.account(), token, amount(30))
        .await);
    assert_eq!(balance(&house, &p.bob).await, 30 * WAD, "not the surplus");
    let e: IVault::InsufficientBalance = house
        .expect_revert(
            &p.bob,
            house.at.vault,
            &IVault::withdrawCall {
                account: p.bob.account(),
                token: address,
                amount: amount(31),
                to: p.bob.address,
            },
        )
        .await;
    assert_eq!(e.have, amount(30));
    ok(house.send(&p.deployer, address, &factor(50)).await);
    let call = IVault::withdrawCall {
        account: p.alice.account(),
        token: address,
        amount: amount(100),
        to: p.alice.address,
    };
    let e: IVault::TokenRefused = house.expect_revert(&p.alice, house.at.vault, &call).await;
    let why = RebasingToken::InsufficientBalance::abi_decode(&e.reason).unwrap();
    assert_eq!((e.token, why.from), (address, house.at.vault));
    // Others leave with theirs.
    ok(house
        .withdraw(
            &p.bob,
            p.bob.account(),
            house.usdc,
            house.usdc.amount("1,000").unwrap(),
        )
        .await);
}

/// A-20, I-ACC-16: true, or nothing from a contract; any other answer is a refusal, both ways.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_20_odd_answers() {
    let house = House::start().await;
    let p = &house.people;
    let (name_, symbol_) = names();
    let arguments = OddReturnToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    let address = create(&house, &OddReturnToken::BYTECODE, arguments).await;
    let set = |word: u64, size: u64, moves_| OddReturnToken::setReturnCall {
        word_: U256::from(word),
        size_: U256::from(size),
        moves_,
    };
    let token = admit_token(&house, address).await;
    ok(house.send(&p.deployer, address, &set(1, 32, true)).await);
    ok(house
        .deposit(&p.alice, p.alice.account(), token, amount(100))
        .await);
    let deposit = IVault::depositCall {
        account: p.alice.account(),
        token: address,
        amount: amount(1),
    };
    let withdraw = IVault::withdrawCall {
        account: p.alice.account(),
        token: address,
        amount: amount(1),
        to: p.alice.address,
    };
    for (word, size) in [(1, 32), (0, 0)] {
        ok(house
            .send(&p.deployer, address, &set(word, size, true))
            .await);
        ok(house.send(&p.alice, house.at.vault, &deposit).await);
        ok(house.send(&p.alice, house.at.vault, &withdraw).await);
    }
    for (word, size) in [
        (0, 32),
        (2, 32),
        (1, 1),
        (1, 31),
        (1, 33),
        (1, 64),
        (1, 4_096),
    ] {
        ok(house
            .send(&p.deployer, address, &set(word, size, true))
            .await);
        // C-4: what it answered, not what it moved.
        let mut said = U256::from(word).to_be_bytes_vec();
        said.resize(size as usize, 0);
        said.truncate(256);
        for call in [deposit.abi_encode(), withdraw.abi_encode()] {
            let e = refusal(&house, call).await;
            let e = IVault::TokenRefused::abi_decode(&e).unwrap();
            assert_eq!(
                (e.token, &e.reason[..]),
                (address, &said[..]),
                "{word} {size}"
            );
        }
    }
    // It says yes and moves nothing.
    for (word, size) in [(1, 32), (0, 0)] {
        ok(house
            .send(&p.deployer, address, &set(word, size, false))
            .await);
        let e: IVault::TransferFailed = house
            .expect_revert(&p.alice, house.at.vault, &deposit)
            .await;
        assert_eq!(e.moved, U256::ZERO);
        let e: IVault::TransferFailed = house
            .expect_revert(&p.alice, house.at.vault, &withdraw)
            .await;
        assert_eq!(e.moved, U256::ZERO);
    }
    house.assert_balanced().await;
}

/// What alice's call to the vault is refused with.
async fn refusal(house: &House, call: Vec<u8>) -> Bytes {
    let request = TransactionRequest::default()
        .from(house.people.alice.address)
        .to(house.at.vault)
        .input(Bytes::from(call).into());
    let outcome = house.client.provider().call(request).await;
    let error = outcome.expect_err("refused");
    error.as_error_resp().unwrap().as_revert_data().unwrap()
}

/// C-4: no allowance, no balance, a blacklist and a pause are told apart: in the token's own words where it has some, by
/// name where it has none.
#[tokio::test(flavor = "multi_thread")]
async fn c_4_why_a_token_refused_is_told() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, vault) = (p.alice.account(), house.at.vault);
    let (name_, symbol_) = names();
    let arguments = RestrictedToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    let address = create(&house, &RestrictedToken::BYTECODE, arguments).await;
    let token = admit_token(&house, address).await;
    let deposit = |units| IVault::depositCall {
        account: alice,
        token: address,
        amount: amount(units),
    };
    ok(house.deposit(&p.alice, alice, token, amount(10)).await);
    let withdraw = IVault::withdrawCall {
        account: alice,
        token: address,
        amount: amount(1),
        to: p.alice.address,
    };
    let have = holds(&house, p.alice.address, address).await;
    let e: IVault::TokenRefused = house
        .expect_revert(&p.alice, vault, &deposit(1_000_000_000))
        .await;
    let why = RestrictedToken::InsufficientBalance::abi_decode(&e.reason).unwrap();
    assert_eq!((why.from, why.have), (p.alice.address, have));
    let approve = |amount| IERC20::approveCall {
        spender: vault,
        amount,
    };
    ok(house.send(&p.alice, address, &approve(amount(2))).await);
    let e: IVault::TokenRefused = house.expect_revert(&p.alice, vault, &deposit(3)).await;
    let why = RestrictedToken::InsufficientAllowance::abi_decode(&e.reason).unwrap();
    assert_eq!((why.have, why.want), (amount(2), amount(3)));
    let block = RestrictedToken::setBlockedCall {
        who: p.alice.address,
        blocked_: true,
    };
    ok(house.send(&p.deployer, address, &block).await);
    let reasons = async || {
        let e: IVault::TokenRefused = house.expect_revert(&p.alice, vault, &deposit(1)).await;
        let f: IVault::TokenRefused = house.expect_revert(&p.alice, vault, &withdraw).await;
        assert_eq!(e.token, address);
        assert_eq!(e.reason, f.reason);
        e.reason
    };
    let why = RestrictedToken::Blocked::abi_decode(&reasons().await).unwrap();
    assert_eq!(why.who, p.alice.address);
    let pause = RestrictedToken::setPausedCall { paused_: true };
    ok(house.send(&p.deployer, address, &pause).await);
    RestrictedToken::Paused::abi_decode(&reasons().await).unwrap();

    // One that says no and nothing else: the vault looks for itself.
    let house = House::start().await;
    let p = &house.people;
    let vault = house.at.vault;
    let (name_, symbol_) = names();
    let arguments = OddReturnToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    let address = create(&house, &OddReturnToken::BYTECODE, arguments).await;
    admit_token(&house, address).await;
    let no = OddReturnToken::setReturnCall {
        word_: U256::ZERO,
        size_: U256::from(32),
        moves_: false,
    };
    ok(house.send(&p.deployer, address, &no).await);
    let deposit = |amount| IVault::depositCall {
        account: alice,
        token: address,
        amount,
    };
    let have = holds(&house, p.alice.address, address).await;
    for (allowed, asked) in [(amount(2), amount(3)), (U256::MAX, have + amount(1))] {
        ok(house.send(&p.alice, address, &approve(allowed)).await);
        let e: IVault::InsufficientTokens =
            house.expect_revert(&p.alice, vault, &deposit(asked)).await;
        assert_eq!((e.token, e.owner), (address, p.alice.address));
        assert_eq!((e.balance, e.allowance, e.want), (have, allowed, asked));
    }
    let e: IVault::TokenRefused = house
        .expect_revert(&p.alice, vault, &deposit(amount(1)))
        .await;
    assert_eq!(e.reason[..], [0; 32], "it said no, and nothing is lacking");
    house.assert_balanced().await;
}

/// no code, code to come, and every way of answering `decimals` wrongly; frozen once listed.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_22_junk_decimals_are_not_listed() {
    let house = House::start().await;
    let p = &house.people;
    let terms = IParameters::setAssetCall {
        asset: 3,
        feed: ETH,
        underlying: 0,
        decimals: 18,
        imHaircut: WAD as u64 / 2,
        mmHaircut: WAD as u64 / 4,
    };
    ok(house.send(&p.deployer, house.at.parameters, &terms).await);
    let (name_, symbol_) = names();
    let word = |n: U256| Bytes::from(n.to_be_bytes_vec());
    let arguments = JunkDecimalsToken::constructorCall {
        name_,
        symbol_,
        answer_: word(U256::from(77)),
    };
    let init = [
        JunkDecimalsToken::BYTECODE.as_ref(),
        &arguments.abi_encode(),
    ]
    .concat();

    // An address that will have code one day.
    let factory = create(&house, &Create2::BYTECODE, NoArguments).await;
    let hash = alloy::primitives::keccak256(&init);
    let address = ok(house
        .ask(
            factory,
            &Create2::addressOfCall {
                salt: B256::ZERO,
                initCodeHash: hash,
            },
        )
        .await);
    let list = |token| IVault::listAssetCall {
        token,
        cap: u128::MAX,
    };
    let e: IVault::NoCode = house
        .expect_revert(&p.deployer, house.at.vault, &list(address))
        .await;
    assert_eq!(e.token, address);

    let token = house
        .client
        .create(&p.deployer.signer, init.into())
        .await
        .unwrap()
        .0;
    let set = |answer_, reverts_| JunkDecimalsToken::setAnswerCall { answer_, reverts_ };
    for (answer, says) in [
        (U256::from(77), 77_u64),
        (U256::from(25), 25),
        (U256::from(256 + 18), 274),
    ] {
        ok(house
            .send(&p.deployer, token, &set(word(answer), false))
            .await);
        let e: IVault::TooManyDecimals = house
            .expect_revert(&p.deployer, house.at.vault, &list(token))
            .await;
        assert_eq!(
            (e.token, e.decimals, e.limit),
            (token, U256::from(says), U256::from(24))
        );
    }
    ok(house
        .send(&p.deployer, token, &set(word(U256::MAX), false))
        .await);
    let e: IVault::TooManyDecimals = house
        .expect_revert(&p.deployer, house.at.vault, &list(token))
        .await;
    assert_eq!(e.decimals, U256::MAX);
    let eighteen = word(U256::from(18));
    for (answer, reverts) in [
        (eighteen.clone(), true),
        (Bytes::new(), false),
        (eighteen.slice(..31), false),
        ([eighteen.as_ref(), &[0]].concat().into(), false),
    ] {
        ok(house.send(&p.deployer, token, &set(answer, reverts)).await);
        let e: IVault::BadToken = house
            .expect_revert(&p.deployer, house.at.vault, &list(token))
            .await;
        assert_eq!(e.token, token);
    }
    ok(house.send(&p.deployer, token, &set(eighteen, false)).await);
    ok(house.send(&p.deployer, house.at.vault, &list(token)).await);
    ok(house
        .send(&p.deployer, token, &set(word(U256::from(6)), false))
        .await);
    assert_eq!(
        ok(house
            .ask(house.at.vault, &IVault::assetCall { asset: 3 })
            .await)
        .decimals,
        18
    );
}

struct NoArguments;
impl SolConstructor for NoArguments {
    type Parameters<'a> = ();
    type Token<'a> = ();
    fn new(_: ()) -> Self {
        Self
    }
    fn tokenize(&self) -> Self::Token<'_> {}
}

/// nobody's blacklisting and no pause stops a liquidation; it stops its own transfers only.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_23_blacklists_do_not_stop_auctions() {
    let house = House::start().await;
    let p = &house.people;
    let (name_, symbol_) = names();
    let arguments = RestrictedToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    let address = create(&house, &RestrictedToken::BYTECODE, arguments).await;
    let token = admit_token(&house, address).await;
    house.give(&p.alice, "25,000").await;
    house.give(&p.bob, "200,000").await;
    house.give(&p.bidder, "200,000").await;
    ok(house
        .deposit(&p.alice, p.alice.account(), token, amount(1))
        .await);
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "50", "2,000")
        .await;
    house.set_price(ETH, "1,550").await.unwrap();
    for who in [
        p.alice.address,
        p.bidder.address,
        house.at.vault,
        house.at.auction,
    ] {
        ok(house
            .send(
                &p.deployer,
                address,
                &RestrictedToken::setBlockedCall {
                    who,
                    blocked_: true,
                },
            )
            .await);
    }
    ok(house
        .send(
            &p.deployer,
            address,
            &RestrictedToken::setPausedCall { paused_: true },
        )
        .await);
    let alice = p.alice.account();
    ok(house
        .send(
            &p.stranger,
            house.at.auction,
            &IAuction::startCall { account: alice },
        )
        .await);
    house.warp(500).await.unwrap();
    let (_, version, _) = ok(house.account(alice).await);
    let b = Bid {
        account: alice,
        bidder: p.bidder.account(),
        fraction: U256::from(ONE / 2),
        maxPrice: I256::MAX,
        version,
        deadline: u64::MAX,
    };
    ok(house
        .send(&p.bidder, house.at.auction, &IAuction::bidCall { b })
        .await);
    assert_eq!(balance(&house, &p.bidder).await, WAD / 2);
    // The token itself: nobody gets it now, and that is all.
    let call = IVault::withdrawCall {
        account: p.bidder.account(),
        token: address,
        amount: U256::from(1),
        to: p.bidder.address,
    };
    let e: IVault::TokenRefused = house.expect_revert(&p.bidder, house.at.vault, &call).await;
    RestrictedToken::Paused::abi_decode(&e.reason).unwrap();
    ok(house
        .withdraw(
            &p.bidder,
            p.bidder.account(),
            house.usdc,
            house.usdc.amount("1,000").unwrap(),
        )
        .await);
    house.assert_balanced().await;
}

/// endless answers and endless reasons are not copied; whoever uses such a token pays for it, nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_25_bombs_are_not_copied() {
    let house = House::start().await;
    let p = &house.people;
    let (name_, symbol_) = names();
    let arguments = BombToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    let address = create(&house, &BombToken::BYTECODE, arguments).await;
    let token = admit_token(&house, address).await;
    ok(house
        .deposit(&p.alice, p.alice.account(), token, amount(10))
        .await);
    house.give(&p.bob, "1,000").await;
    let deposit = IVault::depositCall {
        account: p.alice.account(),
        token: address,
        amount: amount(1),
    };
    let withdraw = IVault::withdrawCall {
        account: p.alice.account(),
        token: address,
        amount: amount(1),
        to: p.alice.address,
    };
    // 1 = return, 2 = revert; the megabyte costs the token its memory, not the vault.
    for mode_ in [1, 2] {
        for hooks_ in [1, 2, 4] {
            let arm = BombToken::armCall {
                hooks_,
                mode_,
                size_: U256::from(1_000_000),
            };
            ok(house.send(&p.deployer, address, &arm).await);
            for call in [deposit.abi_encode(), withdraw.abi_encode()] {
                let touches = match hooks_ {
                    1 => call[..4] == IVault::withdrawCall::SELECTOR,
                    2 => call[..4] == IVault::depositCall::SELECTOR,
                    _ => true,
                };
                let request = TransactionRequest::default()
                    .from(p.alice.address)
                    .to(house.at.vault)
                    .gas_limit(30_000_000)
                    .input(Bytes::from(call).into());
                let outcome = house.client.provider().call(request).await;
                if !touches {
                    outcome.expect("not touched");
                    continue;
                }
                let data = outcome
                    .expect_err("refused")
                    .as_error_resp()
                    .unwrap()
                    .as_revert_data()
                    .unwrap();
                let said = IVault::TokenRefused::abi_decode(&data).map(|e| e.reason);
                let said = said.or_else(|_| IVault::BadToken::abi_decode(&data).map(|e| e.reason));
                let said = said.unwrap_or_else(|_| panic!("mode {mode_} hooks {hooks_}: {data}"));
                assert!(said.len() <= 256, "mode {mode_} hooks {hooks_}: {data}");
            }
        }
    }
    // Burning everything fails the caller; others go on.
    for mode_ in [3, 4] {
        let arm = BombToken::armCall {
            hooks_: 7,
            mode_,
            size_: U256::ZERO,
        };
        ok(house.send(&p.deployer, address, &arm).await);
        assert!(
            house
                .send(&p.alice, house.at.vault, &withdraw)
                .await
                .is_err()
        );
        ok(house
            .withdraw(&p.bob, p.bob.account(), house.usdc, U256::from(1))
            .await);
    }
}

/// totals end in a refusal.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_27_totals_do_not_wrap() {
    let house = House::start().await;
    let p = &house.people;
    let (name_, symbol_) = names();
    let arguments = OddReturnToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    let address = create(&house, &OddReturnToken::BYTECODE, arguments).await;
    let token = admit_token(&house, address).await;
    let set = OddReturnToken::setReturnCall {
        word_: U256::from(1),
        size_: U256::from(32),
        moves_: true,
    };
    ok(house.send(&p.deployer, address, &set).await);
    let mint = reference::Token::mintCall {
        to: p.alice.address,
        amount: U256::from(1) << 200,
    };
    ok(house.send(&p.deployer, address, &mint).await);
    let all = U256::from(u128::MAX);
    ok(house.deposit(&p.alice, p.alice.account(), token, all).await);
    let deposit = IVault::depositCall {
        account: p.alice.account(),
        token: address,
        amount: U256::from(1),
    };
    let e: IVault::ValueOutOfRange = house
        .expect_revert(&p.alice, house.at.vault, &deposit)
        .await;
    assert_eq!(e.account, p.alice.account());
    // Assessment stays total, and she can leave in parts an i128 holds.
    ok(house.assess(p.alice.account()).await);
    let half = U256::from(i128::MAX as u128);
    ok(house
        .withdraw(&p.alice, p.alice.account(), token, half)
        .await);
    ok(house
        .withdraw(&p.alice, p.alice.account(), token, half)
        .await);
    ok(house
        .withdraw(&p.alice, p.alice.account(), token, U256::from(1))
        .await);
    assert_eq!(held(&house).await, 0);
}

/// tokens sent straight to the vault are nobody's and change nobody.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_29_donations_change_nothing() {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.alice, "1,000").await;
    let before = ok(house.assess(p.alice.account()).await);
    let transfer = IERC20::transferCall {
        to: house.at.vault,
        amount: house.usdc.amount("777").unwrap(),
    };
    ok(house.send(&p.bob, house.usdc.address, &transfer).await);
    assert_eq!(ok(house.assess(p.alice.account()).await), before);
    let held = ok(house
        .ask(house.at.vault, &IVault::assetCall { asset: 0 })
        .await)
    .held;
    let deposit = IVault::depositCall {
        account: p.bob.account(),
        token: house.usdc.address,
        amount: U256::from(5),
    };
    assert_eq!(
        house.exec(&p.bob, house.at.vault, &deposit).await,
        U256::from(5 * WAD / 1_000_000)
    );
    assert_eq!(
        ok(house
            .ask(house.at.vault, &IVault::assetCall { asset: 0 })
            .await)
        .held,
        held + 5
    );
    ok(house
        .withdraw(&p.bob, p.bob.account(), house.usdc, U256::from(5))
        .await);
    house.assert_balanced().await;
}

/// Alice long 50 ETH with 25,000 coins; the bidder and bob rich; the price at 1,600 and the auction open.
async fn in_auction() -> House {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.alice, "25,000").await;
    house.give(&p.bob, "200,000").await;
    house.give(&p.bidder, "200,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "50", "2,000")
        .await;
    house.set_price(ETH, "1,600").await.unwrap();
    ok(house
        .send(
            &p.stranger,
            house.at.auction,
            &IAuction::startCall {
                account: p.alice.account(),
            },
        )
        .await);
    house
}

async fn bid(house: &House, bidder: B256, fraction: u128) -> IAuction::bidCall {
    let account = house.people.alice.account();
    let (_, version, _) = ok(house.account(account).await);
    IAuction::bidCall {
        b: Bid {
            account,
            bidder,
            fraction: U256::from(fraction),
            maxPrice: I256::MAX,
            version,
            deadline: u64::MAX,
        },
    }
}

/// A-38, I-AUC-7, I-AUC-9: an owner who buys from himself has no more than before.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_38_self_liquidation_gains_nothing() {
    let house = in_auction().await;
    let p = &house.people;
    let other = p.alice.subaccount(1);
    ok(house
        .deposit(
            &p.alice,
            other,
            house.usdc,
            house.usdc.amount("100,000").unwrap(),
        )
        .await);
    let fund = ids::fund_account(house.at.vault);
    ok(house
        .deposit(
            &p.carol,
            fund,
            house.usdc,
            house.usdc.amount("50,000").unwrap(),
        )
        .await);
    let worth = async || {
        let (a, b) = (
            ok(house.assess(p.alice.account()).await),
            ok(house.assess(other).await),
        );
        a.equity + b.equity
    };
    house.warp(900).await.unwrap();
    for price in ["1,600", "1,550", "1,510"] {
        for fraction in [ONE / 50, ONE / 3, ONE] {
            let snapshot = house.snapshot().await.unwrap();
            house.set_price(ETH, price).await.unwrap();
            let before = worth().await;
            ok(house
                .send(
                    &p.alice,
                    house.at.auction,
                    &bid(&house, other, fraction).await,
                )
                .await);
            assert!(worth().await <= before, "{price} {fraction}");
            assert_eq!(
                ok(house.cash(fund).await),
                50_000 * WAD as i128,
                "the fund pays nothing while equity is left"
            );
            house.revert(snapshot).await.unwrap();
        }
    }
}

/// A-38, I-AUC-4, I-AUC-11: with little equity left and λ at its cap, no bid takes a larger share of the equity than of
/// the account, however an owner cuts his own, so that he cannot make himself insolvent and have the fund pay.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_38_a_thin_account_is_not_emptied_by_a_part() {
    let house = in_auction().await;
    let p = &house.people;
    let (alice, other) = (p.alice.account(), p.alice.subaccount(1));
    let coins = house.usdc.amount("100,000").unwrap();
    ok(house.deposit(&p.alice, other, house.usdc, coins).await);
    let fund = ids::fund_account(house.at.vault);
    let chest = house.usdc.amount("50,000").unwrap();
    ok(house.deposit(&p.carol, fund, house.usdc, chest).await);
    house.warp(900).await.unwrap();
    house.set_price(ETH, "1,520").await.unwrap();
    let before = ok(house.assess(alice).await);
    let equity = i128::try_from(before.equity).unwrap();
    let mm = u128::try_from(before.mm).unwrap();
    assert!(
        equity > 0 && mm / 100 * 35 > 4 * equity.cast_unsigned(),
        "thin"
    );
    let total = async || {
        let (a, b) = (ok(house.assess(alice).await), ok(house.assess(other).await));
        a.equity + b.equity
    };
    let whole = total().await;
    for cuts in [
        &[29, 71][..],
        &[50, 50],
        &[10, 10, 10, 10, 10, 10],
        &[1, 98, 1, 50],
        &[100],
    ] {
        let snapshot = house.snapshot().await.unwrap();
        let (mut sold, mut left) = (0, ONE);
        for percent in cuts {
            let share = ONE / 100 * percent;
            let call = bid(&house, other, share).await;
            ok(house.send(&p.alice, house.at.auction, &call).await);
            (sold, left) = (sold + share, left / 100 * (100 - percent));
            let now = i128::try_from(ok(house.assess(alice).await).equity).unwrap();
            let kept = |share: u128| {
                plimsoll_kernel::num::mul_div_floor(equity.cast_unsigned(), share, ONE)
                    .unwrap()
                    .cast_signed()
            };
            assert!(now >= kept(ONE.saturating_sub(sold)), "{cuts:?}: {now}");
            // The rate is saturated: what is kept is the share that was not sold, to a unit a bid.
            assert!((now - kept(left)).unsigned_abs() <= 8, "{cuts:?}: {now}");
            assert!(now > 0 || *percent == 100);
            assert_eq!(ok(house.cash(fund).await), 50_000 * WAD as i128);
            assert!(total().await <= whole);
        }
        house.assert_balanced().await;
        house.revert(snapshot).await.unwrap();
    }
}

/// A-39, I-AUC-4: many bids in one transaction bring no more discount than one for the same total.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_39_many_bids_are_no_better_than_one() {
    let house = in_auction().await;
    let p = &house.people;
    let contract = create(
        &house,
        &Bidder::BYTECODE,
        Bidder::constructorCall {
            vault_: house.at.vault,
            auction_: house.at.auction,
        },
    )
    .await;
    let mint = reference::Token::mintCall {
        to: p.deployer.address,
        amount: house.usdc.amount("300,000").unwrap(),
    };
    ok(house.send(&p.deployer, house.usdc.address, &mint).await);
    let approve = IERC20::approveCall {
        spender: contract,
        amount: U256::MAX,
    };
    ok(house.send(&p.deployer, house.usdc.address, &approve).await);
    let fund = Bidder::fundCall {
        token: house.usdc.address,
        amount: house.usdc.amount("300,000").unwrap(),
    };
    ok(house.send(&p.deployer, contract, &fund).await);
    let account = ok(house.ask(contract, &Bidder::accountCall {}).await);
    let alice = p.alice.account();
    house.warp(600).await.unwrap();
    let time = house.client.now().await.unwrap() + 10;
    let outcome = async |fraction: u128, count: u64| {
        let snapshot = house.snapshot().await.unwrap();
        house.next_block_at(time).await.unwrap();
        let before = ok(house.assess(account).await).equity;
        let many = Bidder::bidManyCall {
            target: alice,
            fraction: U256::from(fraction),
            maxPrice: I256::MAX,
            count: U256::from(count),
        };
        ok(house.send(&p.deployer, contract, &many).await);
        let gain = ok(house.assess(account).await).equity - before;
        let mm = ok(house.assess(alice).await).mm;
        house.revert(snapshot).await.unwrap();
        (gain, mm)
    };
    for (fraction, count) in [(ONE / 100, 10), (ONE / 20, 5), (ONE / 10, 3)] {
        let (many, mm) = outcome(fraction, count).await;
        // One bid that leaves no more requirement than the many.
        let before = ok(house.assess(alice).await).mm;
        let share = ((before - mm) * U256::from(ONE) / before).to::<u128>();
        let (one, mm_one) = outcome(share + 2_000_000_000_000, 1).await;
        assert!(mm_one <= mm);
        assert!(many <= one, "{count} bids gain {many}, one gains {one}");
    }
}

/// A-42, I-AUTH-2: nobody is given legs or assets he did not ask for.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_42_nobody_is_given_dust() {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.bob, "10,000").await;
    let victim = p.stranger.account();
    let gift = House::report(victim, p.bob.account(), perp(DESK, ETH), "0.0001", "2,000");
    let e: IVault::VenueNotAdmitted = house.expect_revert(&p.stranger, house.desk(), &gift).await;
    assert_eq!((e.account, e.venue), (victim, DESK));
    for token in [house.weth, house.wbtc] {
        let call = IVault::depositCall {
            account: victim,
            token: token.address,
            amount: U256::from(1),
        };
        let e: IVault::NotAskedFor = house.expect_revert(&p.bob, house.at.vault, &call).await;
        assert_eq!((e.account, e.asset), (victim, token.asset));
    }
}

/// A-43, I-AUC-10: a deposit does not spoil a bid on its way; a change of legs does, and the bidder is safe.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_43_front_running_a_bid() {
    let house = in_auction().await;
    let p = &house.people;
    house.warp(300).await.unwrap();
    let call = bid(&house, p.bidder.account(), ONE / 10).await;
    ok(house
        .deposit(&p.bob, p.alice.account(), house.usdc, U256::from(1_000_000))
        .await);
    let snapshot = house.snapshot().await.unwrap();
    ok(house.send(&p.bidder, house.at.auction, &call).await);
    house.revert(snapshot).await.unwrap();
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "0.0001", "1,600")
        .await;
    let e: IAuction::VersionChanged = house
        .expect_revert(&p.bidder, house.at.auction, &call)
        .await;
    assert_eq!(e.version, e.expected + 1);
}

/// what a cure put in cannot be taken out again: the buffer lies above the line, and leaving needs more still.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_45_cure_and_relapse() {
    let house = in_auction().await;
    let p = &house.people;
    let alice = p.alice.account();
    house.give(&p.alice, "12,020").await; // 1.15 · 14,800 − 5,000
    ok(house
        .send(
            &p.alice,
            house.at.auction,
            &IAuction::closeCall { account: alice },
        )
        .await);
    assert_eq!(ok(house.max_withdraw(alice, house.usdc).await), U256::ZERO);
    let call = IVault::withdrawCall {
        account: alice,
        token: house.usdc.address,
        amount: U256::from(1),
        to: p.alice.address,
    };
    let e: IVault::InsufficientMargin = house.expect_revert(&p.alice, house.at.vault, &call).await;
    assert!(e.equity >= I256::try_from(e.mm).unwrap() && e.equity < I256::try_from(e.im).unwrap());
    let e: IAuction::NotLiquidatable = house
        .expect_revert(
            &p.alice,
            house.at.auction,
            &IAuction::startCall { account: alice },
        )
        .await;
    assert_eq!(e.account, alice);
}

/// a coin of a token, or a lot of a leg, whose feed died shelters nobody: what has a price is sold, the rest stays.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_44_dust_on_a_dead_feed_shelters_nobody() {
    for dust in ["token", "leg"] {
        let house = House::start().await;
        let p = &house.people;
        let (alice, at) = (p.alice.account(), house.at.auction);
        house.give(&p.alice, "25,010").await;
        house.give(&p.bob, "200,000").await;
        house.give(&p.bidder, "200,000").await;
        let (eth, btc) = (perp(DESK, ETH), perp(DESK, BTC));
        house.fill(&p.alice, &p.bob, eth, "50", "2,000").await;
        if dust == "token" {
            house.give_token(&p.alice, house.wbtc, "0.00000001").await;
        } else {
            house.fill(&p.alice, &p.bob, btc, "0.0001", "40,000").await;
        }
        house.warp(8_000).await.unwrap();
        house.set_price(ETH, "1,600").await.unwrap();
        let a = ok(house.assess(alice).await);
        assert!(a.stale && a.best < I256::ZERO);
        let start = IAuction::startCall { account: alice };
        ok(house.send(&p.stranger, at, &start).await);
        house.warp(600).await.unwrap();
        let call = bid(&house, p.bidder.account(), ONE / 10).await;
        ok(house.send(&p.bidder, at, &call).await);
        assert_eq!(ok(house.leg(alice, eth).await).unwrap().size, 450_000);
        // With little left, everything that has a price goes in one bid, and that is the end of the auction.
        house.set_price(ETH, "1,510").await.unwrap();
        let before = ok(house.assess(alice).await);
        assert!(before.equity > I256::ZERO);
        let call = bid(&house, p.bidder.account(), ONE).await;
        let receipt = ok(house.send(&p.bidder, at, &call).await);
        let closed: Vec<IAuction::AuctionClosed> = House::events(&receipt, at);
        assert_eq!(closed.len(), 1);
        let (left, _, in_auction) = ok(house.account(alice).await);
        assert!(!in_auction);
        assert_eq!(
            (left.collateral.len(), left.legs.len()),
            if dust == "token" { (1, 0) } else { (0, 1) }
        );
        assert!(ok(house.leg(p.bidder.account(), btc).await).is_none());
        assert!(ok(house.assess(alice).await).equity >= I256::ZERO);
        house.assert_balanced().await;
    }
}

/// A-45, I-GATE-3: a stranger who fills the deposit cap of the settlement coin does not keep an owner from curing.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_45_a_full_cap_does_not_stop_a_cure() {
    let house = in_auction().await;
    let p = &house.people;
    let (alice, vault) = (p.alice.account(), house.at.vault);
    let held = ok(house.ask(vault, &IVault::assetCall { asset: 0 }).await).held;
    let cap = IVault::setCapCall {
        asset: 0,
        cap: held + 1_000_000,
    };
    ok(house.send(&p.deployer, vault, &cap).await);
    house.give(&p.bob, "1").await; // fills it
    let deposit = |account, coins: &str| IVault::depositCall {
        account,
        token: house.usdc.address,
        amount: house.usdc.amount(coins).unwrap(),
    };
    // Nobody else gets in: not a stranger, not alice elsewhere.
    let e: IVault::CapExceeded = house
        .expect_revert(&p.bob, vault, &deposit(alice, "1"))
        .await;
    assert_eq!(
        (e.total, e.cap),
        (U256::from(held + 2_000_000), U256::from(held + 1_000_000))
    );
    let other = p.alice.subaccount(1);
    let _: IVault::CapExceeded = house
        .expect_revert(&p.alice, vault, &deposit(other, "1"))
        .await;
    // Her operator and she do, and it counts.
    let operator = IVault::setOperatorCall {
        account: alice,
        operator: p.bob.address,
        approved: true,
    };
    ok(house.send(&p.alice, vault, &operator).await);
    ok(house.send(&p.bob, vault, &deposit(alice, "1")).await);
    ok(house.send(&p.alice, vault, &deposit(alice, "20,000")).await);
    let now = ok(house.ask(vault, &IVault::assetCall { asset: 0 }).await).held;
    assert_eq!(now, held + 20_002_000_000);
    let close = IAuction::closeCall { account: alice };
    ok(house.send(&p.stranger, house.at.auction, &close).await);
    let _: IVault::CapExceeded = house
        .expect_revert(&p.alice, vault, &deposit(alice, "1"))
        .await;
    house.assert_balanced().await;
}

/// A-47, I-AUC-14: a coin left with an insolvent account hides nothing.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_47_a_gift_does_not_hide_bad_debt() {
    let house = in_auction().await;
    let p = &house.people;
    let fund = ids::fund_account(house.at.vault);
    ok(house
        .deposit(
            &p.carol,
            fund,
            house.usdc,
            house.usdc.amount("50,000").unwrap(),
        )
        .await);
    house.set_price(ETH, "1,400").await.unwrap();
    ok(house
        .deposit(&p.bob, p.alice.account(), house.usdc, U256::from(1_000_000))
        .await);
    ok(house
        .send(
            &p.stranger,
            house.at.auction,
            &IAuction::markInsolventCall {
                account: p.alice.account(),
            },
        )
        .await);
    let call = bid(&house, p.bidder.account(), ONE).await;
    let receipt = ok(house.send(&p.bidder, house.at.auction, &call).await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, house.at.auction);
    assert!(taken[0].fundPaid >= uwad("4,999"));
    assert_eq!(
        (taken[0].equityAfter, taken[0].mmAfter),
        (I256::ZERO, U256::ZERO)
    );
    assert_eq!(ok(house.cash(p.alice.account()).await), 0);
    house.assert_balanced().await;
}

/// A coin whose feed is stale stops opening and withdrawing, not the sale of who is below the line.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_45_a_coin_in_doubt_does_not_stop_an_auction() {
    let house = in_auction().await;
    let p = &house.people;
    // The coin's price in dollars: a feed that never answers again.
    let coin = create(
        &house,
        &reference::Feed::BYTECODE,
        reference::Feed::constructorCall {
            description_: "coin".into(),
            decimals_: 8,
        },
    )
    .await;
    let answer = reference::Feed::pushCall {
        answer: aliases::I192::try_from(100_000_000).unwrap(),
    };
    ok(house.send(&p.deployer, coin, &answer).await);
    let list = IOracle::setFeedCall {
        feed: 9,
        aggregator: coin,
        maxAge: 60,
        minPrice: uwad("0.5"),
        maxPrice: uwad("1.5"),
        confidence: 0,
    };
    ok(house.send(&p.deployer, house.at.oracle, &list).await);
    let rules = ok(house
        .ask(house.at.parameters, &IParameters::rulesCall {})
        .await);
    let call = IParameters::setRulesCall {
        imFactor: rules.imFactor,
        mmFactor: rules.mmFactor,
        maxOffset: rules.maxOffset,
        calmReach: rules.calmReach,
        togetherReach: rules.togetherReach,
        coinFeed: 9,
    };
    ok(house.send(&p.deployer, house.at.parameters, &call).await);
    house.give(&p.carol, "10,000").await;
    house.warp(300).await.unwrap();
    house.set_price(ETH, "1,600").await.unwrap();
    let a = ok(house.assess(p.alice.account()).await);
    assert!(a.stale && a.staleLegs == 0 && a.staleAssets == 0);
    // Nobody trades, the bidder buys.
    let refused = House::report(
        p.bob.account(),
        p.carol.account(),
        perp(DESK, ETH),
        "1",
        "1,600",
    );
    let _: IVault::PricesStale = house
        .expect_revert(&p.stranger, house.desk(), &refused)
        .await;
    let call = bid(&house, p.bidder.account(), WAD / 2).await;
    let receipt = ok(house.send(&p.bidder, house.at.auction, &call).await);
    let taken: Vec<IAuction::BidTaken> = House::events(&receipt, house.at.auction);
    assert_eq!(taken.len(), 1);
    house.assert_balanced().await;
}

/// Numbers beyond the range are clamped against the owner; what a bid takes off a clamped requirement is no risk, and
/// nobody is paid for it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_38_a_clamped_requirement_earns_no_discount() {
    let house = House::start().await;
    let p = &house.people;
    let alice = p.alice.account();
    house.give(&p.alice, "480").await;
    house.give(&p.bob, "20,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "1", "2,000")
        .await;
    let all = house.weth.amount("2,000,000,000,000,000").unwrap();
    let cap = IVault::setCapCall {
        asset: 2,
        cap: u128::MAX,
    };
    ok(house.send(&p.deployer, house.at.vault, &cap).await);
    ok(house.mint(house.weth, p.alice.address, all).await);
    ok(house.deposit(&p.alice, alice, house.weth, all).await);
    house.set_price(ETH, "1,000").await.unwrap();
    let a = ok(house.assess(alice).await);
    assert!(a.outOfRange && a.equity < a.mm.to());
    let start = IAuction::startCall { account: alice };
    ok(house.send(&p.stranger, house.at.auction, &start).await);
    house.warp(3_600).await.unwrap();
    house.set_price(ETH, "1,000").await.unwrap();
    let state = ok(house
        .ask(house.at.auction, &IAuction::stateCall { account: alice })
        .await);
    assert_eq!(state.lambda, U256::ZERO);
}

/// Splitmix64: numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A-73, I-LIV-7: any calldata is answered with a typed error, and ether is refused.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_73_calldata_fuzz() {
    let house = House::start().await;
    let p = &house.people;
    let mut dice = Dice(7);
    let mut next = || dice.next();
    let contracts = [
        ("IOracle", house.at.oracle),
        ("IMargin", house.at.margin),
        ("IVault", house.at.vault),
        ("IClearinghouse", house.at.clearinghouse),
        ("IAuction", house.at.auction),
    ];
    let (mut answered, mut refused) = (0, 0);
    for (name, to) in contracts {
        for (signature, data) in methods(name) {
            let selector = data[..4].to_vec();
            let mut variants: Vec<Vec<u8>> = (0..11).map(|words| vec![0; words * 32]).collect();
            variants.extend((1..5).map(|n| vec![0xff; n * 64 - 1]));
            for _ in 0..12 {
                let words = next() as usize % 12;
                let mut body = Vec::new();
                for _ in 0..words {
                    let mut word = [0_u8; 32];
                    match next() % 5 {
                        0 => word[31] = next() as u8,
                        1 => word[24..].copy_from_slice(&(next() % 512 / 32 * 32).to_be_bytes()),
                        2 => word.fill(0xff),
                        3 => word[12..20].copy_from_slice(&next().to_be_bytes()),
                        _ => word.iter_mut().for_each(|b| *b = next() as u8),
                    }
                    body.extend(word);
                }
                body.truncate(body.len().saturating_sub(next() as usize % 3));
                variants.push(body);
            }
            for body in variants {
                let request = TransactionRequest::default()
                    .from(p.alice.address)
                    .to(to)
                    .gas_limit(20_000_000)
                    .input(Bytes::from([selector.clone(), body.clone()].concat()).into());
                match house.client.provider().call(request).await {
                    Ok(_) => answered += 1,
                    Err(e) => {
                        let data = e
                            .as_error_resp()
                            .and_then(|e| e.as_revert_data())
                            .unwrap_or_default();
                        assert!(
                            data.len() >= 4,
                            "{signature} with {}: an empty revert, {e}",
                            Bytes::from(body)
                        );
                        refused += 1;
                    }
                }
            }
        }
        // Shorter than a selector, unknown, and with ether.
        for (data, value) in [
            (vec![], 0),
            (vec![1, 2, 3], 0),
            (vec![0xde, 0xad, 0xbe, 0xef], 0),
            (vec![], 1),
            (vec![0x8d, 0xa5, 0xcb, 0x5b], 1),
        ] {
            let request = TransactionRequest::default()
                .from(p.alice.address)
                .to(to)
                .value(U256::from(value))
                .input(Bytes::from(data.clone()).into());
            let e = house
                .client
                .provider()
                .call(request)
                .await
                .expect_err("refused");
            let reason = e
                .as_error_resp()
                .and_then(|e| e.as_revert_data())
                .unwrap_or_default();
            if value == 1 {
                assert!(IVault::NotPayable::abi_decode(&reason).is_ok(), "{reason}");
            } else {
                let mut selector = [0; 4];
                selector[..data.len()].copy_from_slice(&data);
                assert_eq!(
                    IVault::UnknownSelector::abi_decode(&reason)
                        .expect("UnknownSelector")
                        .selector,
                    selector
                );
            }
        }
    }
    println!("{answered} answered, {refused} refused");
    assert!(answered > 100 && refused > 1_000);
}
