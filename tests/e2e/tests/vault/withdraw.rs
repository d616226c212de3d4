//! Who may withdraw, how much, and when.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn withdrawals_are_refused_with_reasons() {
    let house = House::start().await;
    let p = &house.people;
    let (account, vault) = (p.alice.account(), house.at.vault);
    house.give(&p.alice, "1,000").await;
    house.give_token(&p.alice, house.weth, "2").await;
    let usdc = |amount| withdraw(account, house.usdc, amount, p.alice.address);
    let one = U256::from(COIN);

    let thieves = [&p.bob, &p.deployer, &p.stranger].map(|thief| {
        let caller = thief.address;
        let call = withdraw(account, house.usdc, one, caller);
        let error = IVault::NotAuthorized { account, caller };
        ("a thief", thief, call, error.abi_encode())
    });
    house.expect_refusals(vault, thieves).await;
    let receivers = [Address::ZERO, vault].map(|to| {
        let call = withdraw(account, house.usdc, one, to);
        let error = IVault::InvalidReceiver { to };
        ("a receiver", &p.alice, call, error.abi_encode())
    });
    house.expect_refusals(vault, receivers).await;

    for amount in [U256::from(1) << 128, U256::MAX, U256::from(u128::MAX)] {
        let e: IVault::AmountTooLarge = house.expect_revert(&p.alice, vault, &usdc(amount)).await;
        assert_eq!(e.amount, amount);
    }
    let token = p.alice.address;
    let unknown = IVault::withdrawCall { token, ..usdc(one) };
    let more = house.usdc.amount("1,000.000001").unwrap();
    let no_cash = IVault::InsufficientCash {
        account,
        have: wad("1,000"),
        want: uwad("1,000.000001"),
    };
    let ether = U256::from(2 * WAD);
    let no_ether = IVault::InsufficientBalance {
        account,
        asset: 2,
        have: ether,
        want: ether + U256::from(1),
    };
    let more_ether = withdraw(account, house.weth, no_ether.want, p.alice.address);
    let table = [
        (
            "nothing",
            &p.alice,
            usdc(U256::ZERO),
            IVault::ZeroAmount {}.abi_encode(),
        ),
        (
            "no token",
            &p.alice,
            unknown,
            IVault::UnknownToken { token }.abi_encode(),
        ),
        ("more cash", &p.alice, usdc(more), no_cash.abi_encode()),
        ("more ether", &p.alice, more_ether, no_ether.abi_encode()),
    ];
    house.expect_refusals(vault, table).await;
    house.assert_balanced().await;
}

/// I-AUTH-3: an operator pays out to the owner only, grants nothing, and is gone when dismissed.
#[tokio::test(flavor = "multi_thread")]
async fn i_auth_3_an_operator_pays_out_to_the_owner_only() {
    let house = House::start().await;
    let p = &house.people;
    let (account, vault) = (p.alice.account(), house.at.vault);
    house.give(&p.alice, "1,000").await;
    let one = U256::from(COIN);
    let set = |operator: &Actor, approved| IVault::setOperatorCall {
        account,
        operator: operator.address,
        approved,
    };
    let refused = |account| {
        let caller = p.carol.address;
        IVault::NotAuthorized { account, caller }.abi_encode()
    };
    let pay = |account, to: &Actor| withdraw(account, house.usdc, one, to.address);
    let appoints = |what, operator| (what, &p.carol, set(operator, true), refused(account));
    let pays = |what, account, to| (what, &p.carol, pay(account, to), refused(account));

    let table = [appoints("appoints herself", &p.carol)];
    house.expect_refusals(vault, table).await;
    ok(house.send(&p.alice, vault, &set(&p.carol, true)).await);
    let table = [pays("pays herself", account, &p.carol)];
    house.expect_refusals(vault, table).await;
    ok(house.send(&p.carol, vault, &pay(account, &p.alice)).await);
    let admit = IVault::admitVenueCall {
        account,
        venue: 77,
        admitted: true,
    };
    let table = [("admits a venue", &p.carol, admit, refused(account))];
    house.expect_refusals(vault, table).await;
    let table = [appoints("appoints bob", &p.bob)];
    house.expect_refusals(vault, table).await;
    ok(house.send(&p.alice, vault, &set(&p.carol, false)).await);
    let table = [pays("is dismissed", account, &p.alice)];
    house.expect_refusals(vault, table).await;
    // An operator of one account has no rights over its neighbour.
    ok(house.send(&p.alice, vault, &set(&p.carol, true)).await);
    let neighbour = p.alice.subaccount(1);
    ok(house.deposit(&p.alice, neighbour, house.usdc, one).await);
    let table = [pays("of a neighbour", neighbour, &p.alice)];
    house.expect_refusals(vault, table).await;
    house.assert_balanced().await;
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
