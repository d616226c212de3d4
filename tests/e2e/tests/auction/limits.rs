//! The largest accounts are sold in one bid.

use super::*;

/// Eight venues, and eight underlyings with the six that it lists on the price of ether.
async fn eight_venues(house: &House) -> Vec<(u16, Address)> {
    let p = &house.people;
    let d = &p.deployer;
    let call = IParameters::underlyingCall { underlying: ETH };
    let terms = ok(house.ask(house.at.parameters, &call).await);
    for underlying in 11..17 {
        let call = listing(underlying, &terms);
        ok(house.send(d, house.at.parameters, &call).await);
    }
    let mut desks = Vec::new();
    for venue in 21..29 {
        let arguments = reference::LyingVenue::constructorCall {
            clearinghouse_: house.at.clearinghouse,
        };
        let desk = house
            .create(&reference::LyingVenue::BYTECODE, arguments)
            .await;
        let call = IClearinghouse::setVenueCall {
            venue,
            contractAddress: desk,
            feeAccount: d.account(),
            band: WAD as u64 / 10,
            active: true,
        };
        ok(house.send(d, house.at.clearinghouse, &call).await);
        for actor in [&p.alice, &p.bob] {
            ok(house.admit(actor, actor.account(), venue, true).await);
        }
        desks.push((venue, desk));
    }
    desks
}

/// Alice buys some of each underlying from bob.
async fn trade_all(house: &House, venue: u16, desk: Address) {
    let p = &house.people;
    let fills = [ETH, BTC].into_iter().chain(11..17).map(|underlying| {
        let (size, price) = if underlying == BTC {
            ("0.02", "40,000")
        } else {
            ("0.5", "2,000")
        };
        fill(&p.alice, &p.bob, perp(venue, underlying), size, price)
    });
    let call = reference::LyingVenue::reportCall {
        fills: fills.collect(),
    };
    ok(house.send(&p.stranger, desk, &call).await);
}

/// I-LIV-1: an account with 64 legs and 3 collaterals is started and sold whole well within a block's gas.
#[tokio::test(flavor = "multi_thread")]
async fn i_liv_1_sixty_four_legs_are_sold_in_one_bid() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    let desks = eight_venues(&house).await;
    house.give(&p.alice, "20,000").await;
    for (token, amount) in [(house.weth, "0.1"), (house.wbtc, "0.01")] {
        house.give_token(&p.alice, token, amount).await;
    }
    house.give(&p.bob, "1,000,000").await;
    house.give(&p.bidder, "1,000,000").await;
    for (venue, desk) in desks {
        trade_all(&house, venue, desk).await;
    }
    assert_eq!(ok(house.account(alice).await).0.legs.len(), 64);
    house.set_price(ETH, "1,500").await.unwrap();
    let receipt = house.start_auction(alice).await;
    println!("start, 64 legs: {} gas", receipt.gas_used);
    assert!(receipt.gas_used < 16_000_000);
    house.warp(900).await.unwrap();
    let call = house.bid(U256::from(ONE / 2)).await;
    let receipt = ok(house.send(&p.bidder, at, &call).await);
    println!("bid for half of 64 legs: {} gas", receipt.gas_used);
    assert!(receipt.gas_used < 16_000_000);
    house.set_price(ETH, "1,000").await.unwrap();
    let call = house.bid(U256::from(ONE)).await;
    let receipt = ok(house.send(&p.bidder, at, &call).await);
    println!("bid for all of 64 legs: {} gas", receipt.gas_used);
    assert!(receipt.gas_used < 16_000_000);
    assert!(ok(house.account(alice).await).0.legs.is_empty());
    house.assert_balanced().await;
}

/// I-LIV-1: an account with 128 options is started and sold whole to one bidder.
#[tokio::test(flavor = "multi_thread")]
async fn i_liv_1_a_hundred_and_twenty_eight_options_are_sold_in_one_bid() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give(&p.alice, "60,000").await;
    house.give(&p.bob, "1,000,000").await;
    house.give(&p.bidder, "1,000,000").await;
    let days = days(&house).await;
    push_expiries(&house, &days).await;
    let legs: Vec<(u128, &str)> = days
        .iter()
        .flat_map(|day| [(*day, true), (*day, false)])
        .flat_map(|(day, call)| (0..32).map(move |n| (option(call, day, 1_600 + 25 * n), "0.5")))
        .collect();
    assert_eq!(legs.len(), 128);
    trade_options(&house, &p.bob, &p.alice, &legs).await;
    assert_eq!(ok(house.account(alice).await).0.legs.len(), 64);
    let max = ok(house.max_withdraw(alice, house.usdc).await);
    ok(house.withdraw(&p.alice, alice, house.usdc, max).await);
    house.set_price(ETH, "1,600").await.unwrap();
    push_expiries(&house, &days).await;
    let receipt = house.start_auction(alice).await;
    println!("start, 128 options: {} gas", receipt.gas_used);
    assert!(receipt.gas_used < 16_000_000);
    house.warp(900).await.unwrap();
    house.set_price(ETH, "1,300").await.unwrap();
    push_expiries(&house, &days).await;
    let call = house.bid(U256::from(ONE)).await;
    let receipt = ok(house.send(&p.bidder, at, &call).await);
    println!("bid for all of 128 options: {} gas", receipt.gas_used);
    assert!(receipt.gas_used < 16_000_000);
    assert!(ok(house.account(alice).await).0.legs.is_empty());
    assert_eq!(ok(house.account(p.bidder.account()).await).0.legs.len(), 64);
    house.assert_balanced().await;
}
