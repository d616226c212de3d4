//! Who may withdraw, how much, and when.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn withdrawals_are_refused_with_reasons() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, vault) = (p.alice.account(), house.at.vault);
    house.give(&p.alice, "1,000").await;
    house.give_token(&p.alice, house.weth, "2").await;
    let one = U256::from(COIN);

    for thief in [&p.bob, &p.deployer, &p.stranger] {
        let e: IVault::NotAuthorized = house
            .expect_revert(
                thief,
                vault,
                &withdraw(alice, house.usdc, one, thief.address),
            )
            .await;
        assert_eq!((e.account, e.caller), (alice, thief.address));
    }
    for to in [Address::ZERO, vault] {
        let e: IVault::InvalidReceiver = house
            .expect_revert(&p.alice, vault, &withdraw(alice, house.usdc, one, to))
            .await;
        assert_eq!(e.to, to);
    }
    let _: IVault::ZeroAmount = house
        .expect_revert(
            &p.alice,
            vault,
            &withdraw(alice, house.usdc, U256::ZERO, p.alice.address),
        )
        .await;
    let call = IVault::withdrawCall {
        account: alice,
        token: alice_token(&house),
        amount: one,
        to: p.alice.address,
    };
    let _: IVault::UnknownToken = house.expect_revert(&p.alice, vault, &call).await;
    let e: IVault::InsufficientCash = house
        .expect_revert(
            &p.alice,
            vault,
            &withdraw(
                alice,
                house.usdc,
                house.usdc.amount("1,000.000001").unwrap(),
                p.alice.address,
            ),
        )
        .await;
    assert_eq!((e.have, e.want), (wad("1,000"), uwad("1,000.000001")));
    let e: IVault::InsufficientBalance = house
        .expect_revert(
            &p.alice,
            vault,
            &withdraw(alice, house.weth, U256::from(2 * WAD + 1), p.alice.address),
        )
        .await;
    assert_eq!(
        (e.account, e.asset, e.have, e.want),
        (alice, 2, U256::from(2 * WAD), U256::from(2 * WAD + 1))
    );
    for amount in [U256::from(1) << 128, U256::MAX] {
        let e: IVault::AmountTooLarge = house
            .expect_revert(
                &p.alice,
                vault,
                &withdraw(alice, house.usdc, amount, p.alice.address),
            )
            .await;
        assert_eq!(e.amount, amount);
    }
    let e: IVault::AmountTooLarge = house
        .expect_revert(
            &p.alice,
            vault,
            &withdraw(alice, house.usdc, U256::from(u128::MAX), p.alice.address),
        )
        .await;
    assert_eq!(e.amount, U256::from(u128::MAX));

    // I-AUTH-3: an operator pays out to the owner only, grants nothing, and is gone when dismissed.
    let set = |approved| IVault::setOperatorCall {
        account: alice,
        operator: p.carol.address,
        approved,
    };
    let _: IVault::NotAuthorized = house.expect_revert(&p.carol, vault, &set(true)).await;
    ok(house.send(&p.alice, vault, &set(true)).await);
    let _: IVault::NotAuthorized = house
        .expect_revert(
            &p.carol,
            vault,
            &withdraw(alice, house.usdc, one, p.carol.address),
        )
        .await;
    ok(house
        .send(
            &p.carol,
            vault,
            &withdraw(alice, house.usdc, one, p.alice.address),
        )
        .await);
    let admit = IVault::admitVenueCall {
        account: alice,
        venue: 77,
        admitted: true,
    };
    let _: IVault::NotAuthorized = house.expect_revert(&p.carol, vault, &admit).await;
    let other = IVault::setOperatorCall {
        account: alice,
        operator: p.bob.address,
        approved: true,
    };
    let _: IVault::NotAuthorized = house.expect_revert(&p.carol, vault, &other).await;
    ok(house.send(&p.alice, vault, &set(false)).await);
    let _: IVault::NotAuthorized = house
        .expect_revert(
            &p.carol,
            vault,
            &withdraw(alice, house.usdc, one, p.alice.address),
        )
        .await;
    // An operator of one account is nobody for its neighbour.
    ok(house.send(&p.alice, vault, &set(true)).await);
    let neighbour = p.alice.subaccount(1);
    ok(house.deposit(&p.alice, neighbour, house.usdc, one).await);
    let _: IVault::NotAuthorized = house
        .expect_revert(
            &p.carol,
            vault,
            &withdraw(neighbour, house.usdc, one, p.alice.address),
        )
        .await;
    house.assert_balanced().await;
}

fn alice_token(house: &House) -> Address {
    house.people.alice.address
}

/// I-MAR-15 and I-GATE-2: the most that may leave may leave, and not one unit more.
#[tokio::test(flavor = "multi_thread")]
async fn i_mar_15_max_withdraw_is_tight() {
    let house = House::start().await;
    let p = &house.people;
    let alice = p.alice.account();
    house.give(&p.alice, "20,000").await;
    house.give_token(&p.alice, house.weth, "3").await;
    house.give_token(&p.alice, house.wbtc, "0.5").await;
    house.give(&p.bob, "100,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "60", "2,000")
        .await;
    house.set_price(ETH, "1,870.37").await.unwrap();
    for token in [house.usdc, house.weth, house.wbtc] {
        let most = ok(house.max_withdraw(alice, token).await);
        let snapshot = house.snapshot().await.unwrap();
        let one_more = most + U256::from(1);
        if most > U256::ZERO {
            ok(house.withdraw(&p.alice, alice, token, most).await);
            let a = ok(house.assess(alice).await);
            assert!(a.equity >= I256::try_from(a.im).unwrap());
            house.revert(snapshot).await.unwrap();
        }
        let outcome = house.withdraw(&p.alice, alice, token, one_more).await;
        let e = outcome.expect_err("one unit more");
        if let Some(e) = e.as_error::<IVault::InsufficientMargin>() {
            assert_eq!(e.account, alice);
            assert!(e.equity < I256::try_from(e.im).unwrap() && e.im >= e.mm);
            let now = ok(house.assess(alice).await);
            assert_eq!((e.equityBefore, e.imBefore), (now.equity, now.im));
        } else {
            assert!(e.as_error::<IVault::InsufficientBalance>().is_some(), "{e}");
        }
    }
    house.assert_balanced().await;
}

/// I-ACC-14: a flat account leaves whatever the feeds say; one with legs needs fresh prices.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_14_the_flat_leave_when_prices_are_stale() {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.alice, "1,000").await;
    house.give_token(&p.alice, house.weth, "2").await;
    house.give(&p.bob, "50,000").await;
    house.give(&p.carol, "50,000").await;
    house
        .fill(&p.bob, &p.carol, perp(DESK, ETH), "1", "2,000")
        .await;
    house.warp(8_000).await.unwrap();
    assert!(ok(house.assess(p.alice.account()).await).stale);
    assert_eq!(
        ok(house.max_withdraw(p.alice.account(), house.weth).await),
        U256::from(2 * WAD)
    );
    ok(house
        .withdraw(&p.alice, p.alice.account(), house.weth, U256::from(2 * WAD))
        .await);
    ok(house
        .withdraw(
            &p.alice,
            p.alice.account(),
            house.usdc,
            house.usdc.amount("1,000").unwrap(),
        )
        .await);
    let call = withdraw(p.bob.account(), house.usdc, U256::from(1), p.bob.address);
    let e: IVault::PricesStale = house.expect_revert(&p.bob, house.at.vault, &call).await;
    assert_eq!(e.account, p.bob.account());
    assert_eq!(
        ok(house.max_withdraw(p.bob.account(), house.usdc).await),
        U256::ZERO
    );
    house.refresh().await;
    ok(house
        .withdraw(&p.bob, p.bob.account(), house.usdc, U256::from(1))
        .await);
    house.assert_balanced().await;
}
