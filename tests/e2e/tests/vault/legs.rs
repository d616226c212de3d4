//! How many legs an account has, and how they are found.

use super::*;

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
