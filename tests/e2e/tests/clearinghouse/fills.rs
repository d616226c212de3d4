//! Fills become legs.

use super::*;

/// A fill moves size, quote and fees, and makes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_3_a_fill_becomes_two_legs() {
    let house = furnished().await;
    let p = &house.people;
    let eth = perp(DESK, ETH);
    let trade = Fill {
        buyerFee: uwad("3"),
        sellerFee: uwad("0.5"),
        ..fill(&p.alice, &p.bob, eth, "2.0001", "1,999.99")
    };
    let call = report(vec![trade]);
    let receipt = ok(house.send(&p.stranger, house.desk(), &call).await);
    let quote = 4_000_179_999_000_000_000_000; // 2.0001 · 1,999.99
    let (long, short) = (
        ok(house.leg(p.alice.account(), eth).await).unwrap(),
        ok(house.leg(p.bob.account(), eth).await).unwrap(),
    );
    assert_eq!((long.size, long.quote), (20_001, quote));
    assert_eq!((short.size, short.quote), (-20_001, -quote));
    assert_eq!(
        ok(house.cash(p.alice.account()).await),
        99_997 * WAD as i128
    );
    assert_eq!(
        ok(house.cash(p.bob.account()).await),
        999_995 * WAD as i128 / 10
    );
    let (_, fee_account, _, _) = venue(&house, DESK).await;
    assert_eq!(ok(house.cash(fee_account).await), 35 * WAD as i128 / 10);
    let events: Vec<IClearinghouse::Cleared> = House::events(&receipt, house.at.clearinghouse);
    assert_eq!(
        (events.len(), events[0].venue, events[0].size),
        (1, DESK, uwad("2.0001"))
    );
    let events: Vec<IVault::LegChanged> = House::events(&receipt, house.at.vault);
    assert_eq!(
        (events.len(), events[0].size, events[1].size),
        (2, 20_001, -20_001)
    );
    house.assert_balanced().await;
}

/// Sixteen fills between thirty-two accounts pass in one call; one refused account refuses all.
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_fills_of_thirty_two_accounts() {
    let house = House::start().await;
    let p = &house.people;
    let mut fills = Vec::new();
    for n in 0..16_u128 {
        for actor in [&p.alice, &p.bob] {
            let account = actor.subaccount(n);
            ok(house
                .deposit(
                    actor,
                    account,
                    house.usdc,
                    house.usdc.amount("10,000").unwrap(),
                )
                .await);
            ok(house.admit(actor, account, DESK, true).await);
        }
        fills.push(Fill {
            buyer: p.alice.subaccount(n),
            seller: p.bob.subaccount(n),
            buyerFee: uwad("1"),
            ..fill(
                &p.alice,
                &p.bob,
                perp(DESK, if n % 2 == 0 { ETH } else { BTC }),
                "0.1",
                if n % 2 == 0 { "2,000" } else { "40,000" },
            )
        });
    }
    let receipt = ok(house
        .send(&p.stranger, house.desk(), &report(fills.clone()))
        .await);
    println!("sixteen fills: {} gas", receipt.gas_used);
    assert!(receipt.gas_used < 16_000_000, "I-LIV-1");
    ok(house.admit(&p.bob, p.bob.subaccount(15), DESK, false).await);
    let e: IVault::VenueNotAdmitted = house
        .expect_revert(&p.stranger, house.desk(), &report(fills))
        .await;
    assert_eq!(e.account, p.bob.subaccount(15));
    house.assert_balanced().await;
}
