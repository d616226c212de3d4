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
    let (alice, vault) = (p.alice.account(), house.at.vault);

    let call = deposit(alice, house.usdc, U256::ZERO);
    let _: IVault::ZeroAmount = house.expect_revert(&p.alice, vault, &call).await;

    let call = IVault::depositCall {
        account: alice,
        token: p.bob.address,
        amount: U256::from(1),
    };
    let e: IVault::UnknownToken = house.expect_revert(&p.alice, vault, &call).await;
    assert_eq!(e.token, p.bob.address);

    let amount = U256::from(1) << 128;
    let e: IVault::AmountTooLarge = house
        .expect_revert(&p.alice, vault, &deposit(alice, house.usdc, amount))
        .await;
    assert_eq!((e.amount, e.limit), (amount, amount - U256::from(1)));

    // More than she has: the token refuses, nothing moved.
    let amount = house.usdc.amount("10,000,001").unwrap();
    let e: IVault::TokenRefused = house
        .expect_revert(&p.alice, vault, &deposit(alice, house.usdc, amount))
        .await;
    let why = reference::Token::InsufficientBalance::abi_decode(&e.reason).unwrap();
    assert_eq!(
        (e.token, why.from, why.want),
        (house.usdc.address, p.alice.address, amount)
    );

    // A stranger: no new asset, and no dust. What is above the minimum is welcome.
    let e: IVault::NotAskedFor = house
        .expect_revert(&p.bob, vault, &deposit(alice, house.weth, U256::from(WAD)))
        .await;
    assert_eq!((e.account, e.asset), (alice, 2));
    let e: IVault::AmountTooSmall = house
        .expect_revert(
            &p.bob,
            vault,
            &deposit(alice, house.usdc, U256::from(COIN - 1)),
        )
        .await;
    assert_eq!((e.amount, e.minimum), (uwad("0.999999"), uwad("1")));
    ok(house
        .deposit(&p.bob, alice, house.usdc, U256::from(COIN))
        .await);
    house
        .give_token(&p.alice, house.weth, "0.000000000000000001")
        .await;
    let least = U256::from(WAD / 1_000);
    let e: IVault::AmountTooSmall = house
        .expect_revert(
            &p.bob,
            vault,
            &deposit(alice, house.weth, least - U256::from(1)),
        )
        .await;
    assert_eq!((e.amount, e.minimum), (least - U256::from(1), least));
    ok(house.deposit(&p.bob, alice, house.weth, least).await);

    // The house's own accounts: anybody may strengthen the fund with coin, nobody anything else.
    let fund = ids::fund_account(vault);
    ok(house
        .deposit(&p.bob, fund, house.usdc, U256::from(5 * COIN))
        .await);
    assert_eq!(ok(house.cash(fund).await), 5 * WAD as i128);
    let clearing = ids::clearing_account(vault, perp(DESK, ETH));
    for (account, token) in [(fund, house.weth), (clearing, house.usdc)] {
        let e: IVault::SystemAccount = house
            .expect_revert(&p.bob, vault, &deposit(account, token, U256::from(WAD)))
            .await;
        assert_eq!(e.account, account);
    }

    // The cap: exactly full is fine, one unit more is not.
    let asset = ok(house.ask(vault, &IVault::assetCall { asset: 0 }).await);
    let cap = asset.held + 10 * COIN;
    let call = IVault::setCapCall { asset: 0, cap };
    let e: IVault::NotOwner = house.expect_revert(&p.alice, vault, &call).await;
    assert_eq!((e.caller, e.owner), (p.alice.address, p.deployer.address));
    ok(house.send(&p.deployer, vault, &call).await);
    let e: IVault::CapExceeded = house
        .expect_revert(
            &p.alice,
            vault,
            &deposit(alice, house.usdc, U256::from(10 * COIN + 1)),
        )
        .await;
    assert_eq!((e.total, e.cap), (U256::from(cap + 1), U256::from(cap)));
    ok(house
        .deposit(&p.alice, alice, house.usdc, U256::from(10 * COIN))
        .await);
    house.assert_balanced().await;
}
