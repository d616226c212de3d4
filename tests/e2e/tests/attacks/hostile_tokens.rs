//! Tokens that refuse receivers, answer with bombs, or are everywhere.

use super::*;

/// nobody's blacklisting and no pause stops a liquidation; it stops its own transfers only.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_23_blacklists_do_not_stop_auctions() {
    let house = House::start().await;
    let p = &house.people;
    let address = create_token(&house, &RestrictedToken::BYTECODE).await;
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
    house.start_auction(alice).await;
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
    let address = create_token(&house, &BombToken::BYTECODE).await;
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
    let address = create_token(&house, &OddReturnToken::BYTECODE).await;
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
