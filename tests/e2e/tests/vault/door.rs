//! `applyEntries`, the one way by which balances and legs change.

use super::*;

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
