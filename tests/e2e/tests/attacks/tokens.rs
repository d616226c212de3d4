//! Tokens that take fees, rebase or answer oddly.

use super::*;

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
    let address = house.create(&FeeToken::BYTECODE, arguments).await;
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
    let address = create_token(&house, &RebasingToken::BYTECODE).await;
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
    let address = create_token(&house, &OddReturnToken::BYTECODE).await;
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
    let address = create_token(&house, &RestrictedToken::BYTECODE).await;
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
}

/// C-4: where a token says no and nothing else, the vault looks for itself.
#[tokio::test(flavor = "multi_thread")]
async fn c_4_what_a_token_does_not_say_is_told() {
    let house = House::start().await;
    let p = &house.people;
    let (account, vault) = (p.alice.account(), house.at.vault);
    let address = create_token(&house, &OddReturnToken::BYTECODE).await;
    admit_token(&house, address).await;
    let no = OddReturnToken::setReturnCall {
        word_: U256::ZERO,
        size_: U256::from(32),
        moves_: false,
    };
    ok(house.send(&p.deployer, address, &no).await);
    let deposit = |amount| IVault::depositCall {
        account,
        token: address,
        amount,
    };
    let approve = |amount| IERC20::approveCall {
        spender: vault,
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
