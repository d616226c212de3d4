//! The vault: deposits, withdrawals, rights, listing, the door. Every refusal with its numbers.

use plimsoll_e2e::*;

const COIN: u128 = 1_000_000; // one USDC

fn deposit(account: B256, token: TokenInfo, amount: U256) -> IVault::depositCall {
    IVault::depositCall {
        account,
        token: token.address,
        amount,
    }
}

fn withdraw(account: B256, token: TokenInfo, amount: U256, to: Address) -> IVault::withdrawCall {
    IVault::withdrawCall {
        account,
        token: token.address,
        amount,
        to,
    }
}

fn entry(account: B256, cash: i128) -> Entry {
    Entry {
        account,
        cash,
        instrument: 0,
        size: 0,
        quote: 0,
    }
}

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

/// Venues are bits: neighbours do not touch each other.
#[tokio::test(flavor = "multi_thread")]
async fn venues_are_admitted_one_by_one() {
    let house = House::start().await;
    let p = &house.people;
    let account = p.alice.subaccount(9);
    let vault = house.at.vault;
    let admitted = async |venue| {
        ok(house
            .ask(vault, &IVault::isVenueAdmittedCall { account, venue })
            .await)
    };
    for venue in [1, 63, 64, 255, 256, 257, 511, 65_535] {
        ok(house.admit(&p.alice, account, venue, true).await);
        for other in [
            0, 1, 2, 62, 63, 64, 65, 254, 255, 256, 257, 258, 511, 65_534, 65_535,
        ] {
            assert_eq!(admitted(other).await, other == venue, "{venue} {other}");
        }
        ok(house.admit(&p.alice, account, venue, false).await);
        assert!(!admitted(venue).await);
    }
    let call = IVault::admitVenueCall {
        account,
        venue: 0,
        admitted: true,
    };
    let e: IVault::InvalidVenue = house.expect_revert(&p.alice, vault, &call).await;
    assert_eq!(e.venue, 0);
    let call = IVault::admitVenueCall {
        account,
        venue: 5,
        admitted: true,
    };
    let e: IVault::NotAuthorized = house.expect_revert(&p.bob, vault, &call).await;
    assert_eq!((e.account, e.caller), (account, p.bob.address));
}

/// The door itself, asked as its siblings: who may, what must balance, what must exist.
#[tokio::test(flavor = "multi_thread")]
async fn the_door_refuses_with_reasons() {
    let house = House::start().await;
    let p = &house.people;
    let (vault, ch, auction) = (house.at.vault, house.at.clearinghouse, house.at.auction);
    let (alice, bob) = (p.alice.account(), p.bob.account());
    house.give(&p.alice, "50,000").await;
    house.give(&p.bob, "50,000").await;
    house.give_token(&p.alice, house.weth, "1").await;
    let door = |venue, liquidated, entries: Vec<Entry>, assets: Vec<AssetEntry>| {
        IVault::applyEntriesCall {
            venue,
            liquidated,
            entries,
            assets,
        }
    };
    let none = B256::ZERO;
    let as_ch = async |venue, entries: Vec<Entry>| {
        house
            .client
            .call_as(ch, vault, &door(venue, none, entries, vec![]))
            .await
    };
    let as_auction = async |entries: Vec<Entry>, assets: Vec<AssetEntry>| {
        house
            .client
            .call_as(auction, vault, &door(0, none, entries, assets))
            .await
    };

    // I-AUTH-1, I-AUTH-6: siblings only, each for its own purpose.
    for (caller, call) in [
        (p.alice.address, door(DESK, none, vec![], vec![])),
        (p.deployer.address, door(0, none, vec![], vec![])),
        (house.desk(), door(DESK, none, vec![], vec![])),
        (ch, door(0, none, vec![], vec![])),
        (ch, door(DESK, alice, vec![], vec![])),
        (auction, door(DESK, none, vec![], vec![])),
    ] {
        let e = house
            .client
            .call_as(caller, vault, &call)
            .await
            .unwrap_err();
        assert_eq!(
            e.as_error::<IVault::NotSibling>()
                .expect("NotSibling")
                .caller,
            caller
        );
    }
    let flag = IVault::setInAuctionCall {
        account: alice,
        inAuction: true,
    };
    for caller in [&p.alice, &p.deployer] {
        let e: IVault::NotSibling = house.expect_revert(caller, vault, &flag).await;
        assert_eq!(e.caller, caller.address);
    }

    // I-ACC-2, I-ACC-3: what does not sum to zero.
    let leg = |account, size, quote| Entry {
        account,
        cash: 0,
        instrument: perp(DESK, ETH),
        size,
        quote,
    };
    let unbalanced = async |entries| {
        let e = as_ch(DESK, entries).await.unwrap_err();
        let e = e
            .as_error::<IVault::Unbalanced>()
            .unwrap_or_else(|| panic!("{e}"));
        (e.instrument, e.cash, e.size, e.quote)
    };
    let i = |n: i64| I256::try_from(n).unwrap();
    assert_eq!(
        unbalanced(vec![entry(alice, -5), entry(bob, 6)]).await,
        (0, i(1), i(0), i(0))
    );
    assert_eq!(
        unbalanced(vec![leg(alice, 3, 7), leg(bob, -2, -7)]).await,
        (perp(DESK, ETH), i(0), i(1), i(0))
    );
    assert_eq!(
        unbalanced(vec![leg(alice, 3, 7), leg(bob, -3, -6)]).await,
        (perp(DESK, ETH), i(0), i(0), i(1))
    );
    let other = |account, size, quote| Entry {
        instrument: perp(DESK, BTC),
        ..leg(account, size, quote)
    };
    assert_eq!(
        unbalanced(vec![leg(alice, 3, 7), other(bob, -3, -7)]).await,
        (perp(DESK, ETH), i(0), i(3), i(7))
    );
    let e = as_ch(
        DESK,
        vec![
            entry(alice, i128::MAX),
            entry(bob, 1),
            entry(bob, i128::MIN),
        ],
    )
    .await
    .unwrap_err();
    assert_eq!(
        e.as_error::<IVault::ValueOutOfRange>()
            .expect("range")
            .account,
        bob
    );

    // What does not exist.
    let refused = async |entries| as_ch(DESK, entries).await.unwrap_err();
    let e = refused(vec![
        Entry {
            size: 1,
            ..entry(alice, 0)
        },
        Entry {
            size: -1,
            ..entry(bob, 0)
        },
    ])
    .await;
    assert_eq!(
        e.as_error::<IVault::InvalidInstrument>()
            .unwrap()
            .instrument,
        0
    );
    let bad = perp(DESK, ETH) | 1;
    let e = refused(vec![
        Entry {
            instrument: bad,
            ..leg(alice, 1, 0)
        },
        Entry {
            instrument: bad,
            ..leg(bob, -1, 0)
        },
    ])
    .await;
    assert_eq!(
        e.as_error::<IVault::InvalidInstrument>()
            .unwrap()
            .instrument,
        bad
    );
    // An option is paid for at once: it has no quote.
    let call = perp(DESK, ETH) | (2 << 94) | (20_000 << 78) | ((25 << 4 | 10) << 54);
    let e = refused(vec![
        Entry {
            instrument: call,
            ..leg(alice, 1, 1)
        },
        Entry {
            instrument: call,
            ..leg(bob, -1, -1)
        },
    ])
    .await;
    let e = e.as_error::<IVault::InvalidInstrument>().unwrap();
    assert_eq!(e.instrument, call);
    let e = refused(vec![leg(alice, 0, 1), leg(bob, 0, -1)]).await;
    let e = e.as_error::<IVault::NoSuchLeg>().unwrap();
    assert_eq!((e.account, e.instrument), (alice, perp(DESK, ETH)));

    // The house's own accounts: the fund has cash and not below zero, nobody names the others.
    let (fund, clearing) = (
        ids::fund_account(vault),
        ids::clearing_account(vault, perp(DESK, ETH)),
    );
    for entries in [
        vec![leg(fund, 1, 0), leg(bob, -1, 0)],
        vec![entry(clearing, 1), entry(bob, -1)],
    ] {
        let account = entries[0].account;
        let e = refused(entries).await;
        assert_eq!(
            e.as_error::<IVault::SystemAccount>().unwrap().account,
            account
        );
    }
    let e = as_auction(vec![entry(fund, -1), entry(bob, 1)], vec![])
        .await
        .unwrap_err();
    let e = e.as_error::<IVault::InsufficientCash>().unwrap();
    assert_eq!(
        (e.account, e.have, e.want),
        (fund, I256::ZERO, U256::from(1))
    );

    // Collateral.
    let move_asset = |asset: u8, amount: i128| {
        vec![
            AssetEntry {
                account: alice,
                asset,
                amount: -amount,
            },
            AssetEntry {
                account: bob,
                asset,
                amount,
            },
        ]
    };
    for asset in [0, 3, 255] {
        let e = as_auction(vec![], move_asset(asset, 1)).await.unwrap_err();
        assert_eq!(e.as_error::<IVault::UnknownAsset>().unwrap().asset, asset);
    }
    let e = as_auction(vec![], move_asset(2, WAD as i128 + 1))
        .await
        .unwrap_err();
    let e = e.as_error::<IVault::InsufficientBalance>().unwrap();
    assert_eq!(
        (e.account, e.asset, e.have, e.want),
        (alice, 2, U256::from(WAD), U256::from(WAD + 1))
    );
    let odd = vec![
        AssetEntry {
            account: bob,
            asset: 2,
            amount: 4,
        },
        AssetEntry {
            account: alice,
            asset: 2,
            amount: -3,
        },
    ];
    let e = as_auction(vec![], odd).await.unwrap_err();
    let e = e.as_error::<IVault::UnbalancedAsset>().unwrap();
    assert_eq!((e.asset, e.amount), (2, i(1)));
    assert!(as_auction(vec![], move_asset(2, WAD as i128)).await.is_ok());

    // Admission: whoever deals; a receiver of cash does not deal.
    let e = as_ch(77, vec![leg(alice, 1, 0), leg(bob, -1, 0)])
        .await
        .unwrap_err();
    let e = e.as_error::<IVault::VenueNotAdmitted>().unwrap();
    assert_eq!((e.account, e.venue), (alice, 77));
    let e = as_ch(77, vec![entry(alice, -1), entry(bob, 1)])
        .await
        .unwrap_err();
    assert_eq!(
        e.as_error::<IVault::VenueNotAdmitted>().unwrap().account,
        alice
    );
    assert!(
        as_ch(DESK, vec![entry(alice, -1), entry(p.stranger.account(), 1)])
            .await
            .is_ok()
    );

    // I-LIV-3: bounds of one call.
    let many = vec![entry(alice, 0); 265];
    let e = as_ch(DESK, many).await.unwrap_err();
    let e = e.as_error::<IVault::TooManyItems>().unwrap();
    assert_eq!((e.given, e.limit), (U256::from(265), U256::from(264)));
    let e = as_auction(vec![], (0..17).flat_map(|_| move_asset(2, 0)).collect())
        .await
        .unwrap_err();
    let e = e.as_error::<IVault::TooManyItems>().unwrap();
    assert_eq!((e.given, e.limit), (U256::from(34), U256::from(32)));
    let crowd = (0..81).map(|n| entry(p.alice.subaccount(n), 0)).collect();
    let e = as_ch(DESK, crowd).await.unwrap_err();
    assert_eq!(
        e.as_error::<IVault::TooManyItems>().unwrap().limit,
        U256::from(80)
    );
}

/// I-LIV-3, I-LIV-4: 64 leg slots, and not one more; closing one makes room.
#[tokio::test(flavor = "multi_thread")]
async fn i_liv_3_sixty_four_legs_and_no_more() {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.alice, "1,000,000").await;
    house.give(&p.bob, "1,000,000").await;
    let (alice, bob) = (p.alice.account(), p.bob.account());
    // Instruments of venues that do not exist trade nowhere, but the door takes them from the clearinghouse.
    let fills = |range: std::ops::Range<u16>, sign: i64| {
        range
            .flat_map(|n| {
                let leg = |account, size| Entry {
                    account,
                    cash: 0,
                    instrument: perp(100 + n, ETH),
                    size,
                    quote: 0,
                };
                [leg(alice, sign), leg(bob, -sign)]
            })
            .collect::<Vec<_>>()
    };
    let entries = fills(0..64, 1);
    let call = |entries| IVault::applyEntriesCall {
        venue: DESK,
        liquidated: B256::ZERO,
        entries,
        assets: vec![],
    };
    let answer = house
        .client
        .call_as(
            house.at.clearinghouse,
            house.at.vault,
            &call(entries.clone()),
        )
        .await;
    assert_eq!(ok(answer).accounts, vec![alice, bob]);
    let one_more = [entries.clone(), fills(64..65, 1)].concat();
    let e = house
        .client
        .call_as(house.at.clearinghouse, house.at.vault, &call(one_more))
        .await
        .unwrap_err();
    let e = e
        .as_error::<IVault::TooManyLegs>()
        .unwrap_or_else(|| panic!("{e}"));
    assert_eq!(
        (e.account, e.slots, e.limit),
        (alice, U256::from(65), U256::from(64))
    );
    let swap = [entries, fills(0..1, -1), fills(64..65, 1)].concat();
    ok(house
        .client
        .call_as(house.at.clearinghouse, house.at.vault, &call(swap))
        .await);
}

/// I-ACC-4: an instrument has one leg, found again whatever came before it and whatever has left since.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_4_legs_are_found_in_any_order() {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.alice, "100,000").await;
    house.give(&p.bob, "100,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, BTC), "0.1", "40,000")
        .await;
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "1", "2,000")
        .await;
    ok(house
        .trade_book(&p.alice, &p.bob, ETH, uwad("2"), uwad("2,000"))
        .await);
    ok(house
        .trade_book(&p.alice, &p.bob, BTC, uwad("0.2"), uwad("40,000"))
        .await);
    let held = async || {
        let (portfolio, ..) = ok(house.account(p.alice.account()).await);
        let legs: std::collections::BTreeMap<_, _> = ids::legs(&portfolio.legs)
            .into_iter()
            .map(|leg| (leg.instrument, leg.size))
            .collect();
        assert_eq!(legs.len(), portfolio.legs.len(), "one slot each");
        legs
    };
    let all = [
        (perp(BOOK, ETH), 20_000),
        (perp(BOOK, BTC), 20_000),
        (perp(DESK, ETH), -10_000),
        (perp(DESK, BTC), 10_000),
    ];
    assert_eq!(held().await, all.into());
    let version = ok(house.account(p.alice.account()).await).1;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "1", "2,010")
        .await;
    let (portfolio, after, _) = ok(house.account(p.alice.account()).await);
    assert_eq!((portfolio.legs.len(), after), (3, version + 1));
    assert_eq!(held().await, [all[0], all[1], all[3]].into());
    assert_eq!(
        ok(house.leg(p.alice.account(), perp(DESK, ETH)).await).map(|l| l.size),
        None
    );
    // I-ACC-3: closing realised Q: sold at 2,000, bought at 2,010.
    let loss = 10 * WAD as i128;
    assert_eq!(
        ok(house.cash(p.alice.account()).await),
        100_000 * WAD as i128 - loss - fees(&house).await
    );
    house.assert_balanced().await;
}

/// What alice has paid the book in fees: her two trades there as taker.
async fn fees(house: &House) -> i128 {
    let rate = ok(house
        .ask(house.book, &reference::BookExchange::takerFeeCall {})
        .await);
    let notional = uwad("4,000") + uwad("8,000");
    i128::try_from(notional * U256::from(rate) / U256::from(WAD)).unwrap()
}

/// What may be listed.
#[tokio::test(flavor = "multi_thread")]
async fn listing_is_refused_with_reasons() {
    let house = House::start().await;
    let p = &house.people;
    let vault = house.at.vault;
    let list = |token| IVault::listAssetCall {
        token,
        cap: u128::MAX,
    };
    let e: IVault::NotOwner = house
        .expect_revert(&p.alice, vault, &list(house.weth.address))
        .await;
    assert_eq!((e.caller, e.owner), (p.alice.address, p.deployer.address));
    let e: IVault::TokenListed = house
        .expect_revert(&p.deployer, vault, &list(house.weth.address))
        .await;
    assert_eq!((e.token, e.asset), (house.weth.address, 2));
    for token in [Address::ZERO, p.alice.address] {
        let e: IVault::NoCode = house.expect_revert(&p.deployer, vault, &list(token)).await;
        assert_eq!(e.token, token);
    }
    // A contract that is no token.
    let e: IVault::BadToken = house
        .expect_revert(&p.deployer, vault, &list(house.at.margin))
        .await;
    assert_eq!(e.token, house.at.margin);
    let why = IMargin::UnknownSelector::abi_decode(&e.reason).unwrap();
    assert_eq!(why.selector, [0x31, 0x3c, 0xe5, 0x67]);
    // Margin must know the next asset, with the decimals the token says.
    let feed_decimals = house.eth_feed; // answers decimals() with 8
    let e: IVault::UnknownAsset = house
        .expect_revert(&p.deployer, vault, &list(feed_decimals))
        .await;
    assert_eq!(e.asset, 3);
    let asset = IParameters::setAssetCall {
        asset: 3,
        feed: 1,
        underlying: 0,
        decimals: 9,
        imHaircut: WAD as u64 / 5,
        mmHaircut: WAD as u64 / 10,
    };
    ok(house.send(&p.deployer, house.at.parameters, &asset).await);
    let e: IVault::DecimalsDiffer = house
        .expect_revert(&p.deployer, vault, &list(feed_decimals))
        .await;
    assert_eq!((e.decimals, e.marginDecimals), (8, 9));
    let call = IVault::setCapCall { asset: 3, cap: 1 };
    let e: IVault::UnknownAsset = house.expect_revert(&p.deployer, vault, &call).await;
    assert_eq!(e.asset, 3);
    let e = house
        .ask(vault, &IVault::assetCall { asset: 3 })
        .await
        .unwrap_err();
    assert_eq!(e.as_error::<IVault::UnknownAsset>().unwrap().asset, 3);
    assert_eq!(ok(house.ask(vault, &IVault::assetCountCall {}).await), 3);
}

/// I-AUTH-6: ownership in two steps; the old owner stays until the new one accepts.
#[tokio::test(flavor = "multi_thread")]
async fn ownership_moves_in_two_steps() {
    let house = House::start().await;
    let p = &house.people;
    for contract in [
        house.at.oracle,
        house.at.parameters,
        house.at.vault,
        house.at.clearinghouse,
        house.at.auction,
    ] {
        let offer = IVault::transferOwnershipCall {
            newOwner: p.alice.address,
        };
        let e: IVault::NotOwner = house.expect_revert(&p.bob, contract, &offer).await;
        assert_eq!((e.caller, e.owner), (p.bob.address, p.deployer.address));
        ok(house.send(&p.deployer, contract, &offer).await);
        assert_eq!(
            ok(house.ask(contract, &IVault::ownerCall {}).await),
            p.deployer.address
        );
        assert_eq!(
            ok(house.ask(contract, &IVault::pendingOwnerCall {}).await),
            p.alice.address
        );
        let accept = IVault::acceptOwnershipCall {};
        let e: IVault::NotOwner = house.expect_revert(&p.bob, contract, &accept).await;
        assert_eq!((e.caller, e.owner), (p.bob.address, p.alice.address));
        ok(house.send(&p.alice, contract, &accept).await);
        assert_eq!(
            ok(house.ask(contract, &IVault::ownerCall {}).await),
            p.alice.address
        );
        assert_eq!(
            ok(house.ask(contract, &IVault::pendingOwnerCall {}).await),
            Address::ZERO
        );
        let e: IVault::NotOwner = house.expect_revert(&p.deployer, contract, &offer).await;
        assert_eq!((e.caller, e.owner), (p.deployer.address, p.alice.address));
        let again = IOracle::initializeCall {
            owner: p.alice.address,
        };
        if contract == house.at.oracle {
            let _: IOracle::AlreadyInitialized =
                house.expect_revert(&p.alice, contract, &again).await;
        }
    }
    // Margin is its parameters' for good; nobody has the lens.
    let owner = ok(house.ask(house.at.margin, &IMargin::ownerCall {}).await);
    assert_eq!(owner, house.at.parameters);
    for contract in [house.at.margin, house.at.lens] {
        let offer = IVault::transferOwnershipCall {
            newOwner: p.alice.address,
        };
        for actor in [&p.deployer, &p.alice] {
            let e: IMargin::UnknownSelector = house.expect_revert(actor, contract, &offer).await;
            assert_eq!(e.selector, IVault::transferOwnershipCall::SELECTOR);
        }
    }
    let again = IMargin::initializeCall {
        parameters: p.alice.address,
        oracle: p.alice.address,
    };
    let _: IMargin::AlreadyInitialized =
        house.expect_revert(&p.alice, house.at.margin, &again).await;
    let again = ILens::initializeCall {
        vault: p.alice.address,
        clearinghouse: p.alice.address,
        auction: p.alice.address,
        margin: p.alice.address,
        oracle: p.alice.address,
    };
    let e: ILens::NotOwner = house
        .expect_revert(&p.deployer, house.at.lens, &again)
        .await;
    assert_eq!((e.caller, e.owner), (p.deployer.address, Address::ZERO));
    let again = IParameters::initializeCall {
        owner: p.alice.address,
        margin: p.alice.address,
        oracle: p.alice.address,
        vault: p.alice.address,
    };
    let _: IParameters::AlreadyInitialized = house
        .expect_revert(&p.alice, house.at.parameters, &again)
        .await;
    let again = IVault::initializeCall {
        owner: p.alice.address,
        margin: p.alice.address,
        clearinghouse: p.alice.address,
        auction: p.alice.address,
    };
    let _: IVault::AlreadyInitialized = house.expect_revert(&p.alice, house.at.vault, &again).await;
    let again = IAuction::initializeCall {
        owner: p.alice.address,
        vault: p.alice.address,
        margin: p.alice.address,
    };
    let _: IAuction::AlreadyInitialized = house
        .expect_revert(&p.alice, house.at.auction, &again)
        .await;
    let again = IClearinghouse::initializeCall {
        owner: p.alice.address,
        vault: p.alice.address,
        margin: p.alice.address,
        oracle: p.alice.address,
    };
    let _: IClearinghouse::AlreadyInitialized = house
        .expect_revert(&p.alice, house.at.clearinghouse, &again)
        .await;
}
