//! What a deposit credits, and who may not make it.

use super::*;

/// I-ACC-10, I-ACC-9: what arrived is credited, exactly; depositing and leaving gains nothing.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_9_deposit_and_withdraw_are_exact() {
    let house = House::start().await;
    let p = &house.people;
    let account = p.alice.account();
    let amount = U256::from(1_234_567_891);
    let credited = house
        .exec(
            &p.alice,
            house.at.vault,
            &deposit(account, house.usdc, amount),
        )
        .await;
    assert_eq!(credited, amount * U256::from(WAD / COIN));
    assert_eq!(
        ok(house.cash(account).await),
        1_234_567_891 * 1_000_000_000_000
    );
    let amount = U256::from(7_u64);
    let credited = house
        .exec(
            &p.alice,
            house.at.vault,
            &deposit(account, house.weth, amount),
        )
        .await;
    assert_eq!(credited, amount);
    let (portfolio, version, in_auction) = ok(house.account(account).await);
    assert_eq!(
        (
            portfolio.collateral.len(),
            portfolio.collateral[0].asset,
            portfolio.collateral[0].amount
        ),
        (1, 2, 7)
    );
    assert_eq!(
        (version, in_auction),
        (0, false),
        "a depositor does not change the version"
    );
    let receipt = ok(house.withdraw(&p.alice, account, house.weth, amount).await);
    let events: Vec<IVault::AssetMoved> = House::events(&receipt, house.at.vault);
    assert_eq!(
        (events.len(), events[0].asset, events[0].balance),
        (1, 2, 0)
    );
    let receipt = ok(house
        .withdraw(&p.alice, account, house.usdc, U256::from(1_234_567_891))
        .await);
    let events: Vec<IVault::CashChanged> = House::events(&receipt, house.at.vault);
    assert_eq!((events.len(), events[0].cash), (1, 0));
    let events: Vec<IVault::Withdrawn> = House::events(&receipt, house.at.vault);
    assert_eq!(
        (events[0].to, events[0].amount),
        (p.alice.address, U256::from(1_234_567_891))
    );
    assert_eq!(ok(house.account(account).await).0.collateral.len(), 0);
    house.assert_balanced().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_are_refused_with_reasons() {
    let house = House::start().await;
    let p = &house.people;
    let alice = p.alice.account();
    let limit = U256::from(u128::MAX);
    let too_large = IVault::AmountTooLarge {
        amount: limit + U256::from(1),
        limit,
    };
    // More than she has: the token refuses.
    let more = house.usdc.amount("10,000,001").unwrap();
    let reason = reference::Token::InsufficientBalance {
        from: p.alice.address,
        have: house.usdc.amount("10,000,000").unwrap(),
        want: more,
    };
    let refused = IVault::TokenRefused {
        token: house.usdc.address,
        reason: reason.abi_encode().into(),
    };
    let usdc = |amount| deposit(alice, house.usdc, amount);
    let unknown = IVault::depositCall {
        token: p.bob.address,
        ..usdc(U256::from(1))
    };
    let token = p.bob.address;
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
        (
            "2^128",
            &p.alice,
            usdc(too_large.amount),
            too_large.abi_encode(),
        ),
        (
            "more than she has",
            &p.alice,
            usdc(more),
            refused.abi_encode(),
        ),
    ];
    house.expect_refusals(house.at.vault, table).await;
    house.assert_balanced().await;
}

/// A stranger adds no new asset, and no dust. What is not below the minimum is welcome.
#[tokio::test(flavor = "multi_thread")]
async fn deposits_of_strangers_are_refused_with_reasons() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, vault) = (p.alice.account(), house.at.vault);
    let weth = |amount| deposit(alice, house.weth, U256::from(amount));
    let not_asked_for = IVault::NotAskedFor {
        account: alice,
        asset: 2,
    };
    let usdc = deposit(alice, house.usdc, U256::from(COIN - 1));
    let dust = IVault::AmountTooSmall {
        amount: uwad("0.999999"),
        minimum: uwad("1"),
    };
    let table = [
        ("a new asset", &p.bob, weth(WAD), not_asked_for.abi_encode()),
        ("dust", &p.bob, usdc, dust.abi_encode()),
    ];
    house.expect_refusals(vault, table).await;
    ok(house
        .deposit(&p.bob, alice, house.usdc, U256::from(COIN))
        .await);
    house
        .give_token(&p.alice, house.weth, "0.000000000000000001")
        .await;
    let least = WAD / 1_000;
    let dust = IVault::AmountTooSmall {
        amount: U256::from(least - 1),
        minimum: U256::from(least),
    };
    let table = [("dust of ether", &p.bob, weth(least - 1), dust.abi_encode())];
    house.expect_refusals(vault, table).await;
    ok(house.send(&p.bob, vault, &weth(least)).await);

    // The house's own accounts: anybody may strengthen the fund with coin, nobody anything else.
    let fund = ids::fund_account(vault);
    ok(house
        .deposit(&p.bob, fund, house.usdc, U256::from(5 * COIN))
        .await);
    assert_eq!(ok(house.cash(fund).await), 5 * WAD as i128);
    let clearing = ids::clearing_account(vault, perp(DESK, ETH));
    let table = [(fund, house.weth), (clearing, house.usdc)].map(|(account, token)| {
        let call = deposit(account, token, U256::from(WAD));
        let error = IVault::SystemAccount { account }.abi_encode();
        ("an account of the house", &p.bob, call, error)
    });
    house.expect_refusals(vault, table).await;
    house.assert_balanced().await;
}

/// The cap: exactly full is fine, one unit more is not.
#[tokio::test(flavor = "multi_thread")]
async fn deposits_end_at_the_cap() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, vault) = (p.alice.account(), house.at.vault);
    let asset = ok(house.ask(vault, &IVault::assetCall { asset: 0 }).await);
    let cap = asset.held + 10 * COIN;
    let call = IVault::setCapCall { asset: 0, cap };
    let e: IVault::NotOwner = house.expect_revert(&p.alice, vault, &call).await;
    assert_eq!((e.caller, e.owner), (p.alice.address, p.deployer.address));
    ok(house.send(&p.deployer, vault, &call).await);
    let usdc = |amount| deposit(alice, house.usdc, U256::from(amount));
    let e: IVault::CapExceeded = house
        .expect_revert(&p.alice, vault, &usdc(10 * COIN + 1))
        .await;
    assert_eq!((e.total, e.cap), (U256::from(cap + 1), U256::from(cap)));
    ok(house.send(&p.alice, vault, &usdc(10 * COIN)).await);
    house.assert_balanced().await;
}
