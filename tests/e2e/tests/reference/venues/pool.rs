//! The pool.

use super::*;

/// I-ACC-2, I-ACC-3: the pool is an account like any other; its quote is what is dealt; it leans
/// against its position, and splitting a trade gains nothing.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_3_the_pool_trades_through_the_house() {
    let house = House::start().await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    house.give(alice, "200,000").await;
    house.give(bob, "200,000").await;
    let instrument = perp(POOL, ETH);
    let pool = ok(house.ask(house.pool, &PoolExchange::poolCall {}).await);
    let pool_cash = cash(&house, pool).await;
    let quote = async |is_buy: bool, size: &str| {
        let call = PoolExchange::quoteCall {
            instrument,
            isBuy: is_buy,
            size: uwad(size),
        };
        ok(house.ask(house.pool, &call).await)
    };

    // 2,000, 0.1 % spread; the lean of 10 units in 1,000 at 1 % is 0.005 % over the trade's mean.
    assert_eq!(quote(true, "10").await, uwad("2,002.1"));
    assert_eq!(quote(false, "10").await, uwad("1,997.9"));
    let whole = quote(true, "10").await;
    let receipt = ok(house.trade_pool(alice, ETH, true, uwad("4")).await);
    let first = House::events::<PoolExchange::Traded>(&receipt, house.pool)[0].price;
    let receipt = ok(house.trade_pool(alice, ETH, true, uwad("6")).await);
    let second = House::events::<PoolExchange::Traded>(&receipt, house.pool)[0].price;
    assert!(first < second, "it leans");
    let split = (first * U256::from(4) + second * U256::from(6)) / U256::from(10);
    assert_eq!(split, whole, "in two parts it costs the same");

    assert_eq!(units(&house, alice.account(), instrument).await, wad("10"));
    assert_eq!(units(&house, pool, instrument).await, wad("-10"));
    let inventory = ok(house
        .ask(house.pool, &PoolExchange::inventoryCall { instrument })
        .await);
    assert_eq!(inventory, wad("-10"));
    // 5 bp of 20,021, to the account the clearing house was told.
    let fees = ids::account_id(house.pool, 1);
    assert_eq!(cash(&house, fees).await, wad("10.0105"));
    assert_eq!(
        cash(&house, alice.account()).await,
        wad("200,000") - wad("10.0105")
    );
    assert_eq!(cash(&house, pool).await, pool_cash, "the pool pays no fee");

    // Now short, the pool pays the seller more than it did.
    assert!(quote(false, "10").await > uwad("1,997.9"));
    let back = quote(false, "10").await;
    ok(house.trade_pool(alice, ETH, false, uwad("10")).await);
    assert!(
        ok(house.leg(alice.account(), instrument).await).is_none(),
        "closed"
    );
    let paid =
        wad("10.0105") + (I256::from_raw(whole) - I256::from_raw(back)) * wad("10") / wad("1");
    let fee = back * uwad("10") / U256::from(WAD) * uwad("0.0005") / U256::from(WAD);
    assert_eq!(
        cash(&house, alice.account()).await,
        wad("200,000") - paid - I256::from_raw(fee)
    );
    assert!(
        cash(&house, pool).await > pool_cash,
        "the spread is the pool's"
    );
    house.assert_balanced().await;
}

/// Limits: price, deadline, inventory, another owner's account, an old feed.
#[tokio::test(flavor = "multi_thread")]
async fn the_pool_refuses_with_reasons() {
    let house = House::start().await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    house.give(alice, "200,000").await;
    house.give(bob, "200,000").await;
    let instrument = perp(POOL, ETH);
    let trade = PoolExchange::tradeCall {
        account: bob.account(),
        instrument,
        isBuy: true,
        size: uwad("1"),
        limit: uwad("2,002"),
        deadline: U256::from(u64::MAX),
    };
    let e: PoolExchange::PriceBeyondLimit = house.expect_revert(bob, house.pool, &trade).await;
    assert!(e.price > e.limit);
    let late = PoolExchange::tradeCall {
        limit: U256::MAX,
        deadline: U256::from(1),
        ..trade.clone()
    };
    let _: PoolExchange::Expired = house.expect_revert(bob, house.pool, &late).await;
    let big = PoolExchange::tradeCall {
        limit: U256::MAX,
        size: uwad("1,000.0001"),
        ..trade.clone()
    };
    let _: PoolExchange::InventoryFull = house.expect_revert(bob, house.pool, &big).await;
    let foreign = PoolExchange::tradeCall {
        limit: U256::MAX,
        ..trade.clone()
    };
    let _: PoolExchange::NotAccountOwner = house.expect_revert(alice, house.pool, &foreign).await;
    house.warp(7_201).await.expect("time passes");
    let _: PoolExchange::StaleFeed = house.expect_revert(bob, house.pool, &foreign).await;
    ok(house
        .send(
            &house.people.deployer,
            house.eth_feed,
            &Feed::pushCall {
                answer: aliases::I192::ZERO,
            },
        )
        .await);
    let _: PoolExchange::StaleFeed = house.expect_revert(bob, house.pool, &foreign).await;
    house.assert_balanced().await;
}

/// The pool's money is its owner's, as far as its margin allows, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn the_pool_is_funded_and_defunded_by_its_owner() {
    let house = House::start().await;
    let p = &house.people;
    let pool = ok(house.ask(house.pool, &PoolExchange::poolCall {}).await);
    house.give(&p.alice, "1,000,000").await;
    ok(house.trade_pool(&p.alice, ETH, true, uwad("100")).await);

    let amount = house.usdc.amount("1,000").expect("an amount");
    let defund = PoolExchange::defundCall {
        amount,
        to: p.carol.address,
    };
    let _: PoolExchange::NotOwner = house.expect_revert(&p.alice, house.pool, &defund).await;
    let fund = PoolExchange::fundCall { amount };
    let _: PoolExchange::NotOwner = house.expect_revert(&p.alice, house.pool, &fund).await;

    let held = |who| IERC20::balanceOfCall { owner: who };
    let before = ok(house.ask(house.usdc.address, &held(p.carol.address)).await);
    ok(house.send(&p.deployer, house.pool, &defund).await);
    assert_eq!(
        ok(house.ask(house.usdc.address, &held(p.carol.address)).await),
        before + amount
    );

    // Everything it has would leave its position without margin: I-GATE-2.
    let all =
        U256::try_from(ok(house.cash(pool).await)).expect("positive") / U256::from(WAD / 1_000_000);
    let all = PoolExchange::defundCall {
        amount: all,
        to: p.carol.address,
    };
    let e: IVault::InsufficientMargin = house.expect_revert(&p.deployer, house.pool, &all).await;
    assert_eq!(e.account, pool);
    house.assert_balanced().await;
}

/// Two venues, one account: opposite positions at both offset each other in margin.
#[tokio::test(flavor = "multi_thread")]
async fn positions_at_two_venues_offset_each_other() {
    let house = House::start().await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    house.give(alice, "50,000").await;
    house.give(bob, "50,000").await;
    ok(house
        .trade_book(alice, bob, ETH, uwad("10"), uwad("2,000"))
        .await);
    let one = ok(house.assess(alice.account()).await);
    assert!(one.im > U256::ZERO);
    ok(house.trade_pool(alice, ETH, false, uwad("10")).await);
    let both = ok(house.assess(alice.account()).await);
    // No move of the price hurts her; what is left is what closing both would cost.
    let query = IParameters::underlyingCall { underlying: ETH };
    let rate = ok(house.ask(house.at.parameters, &query).await).rates
        [UnderlyingRate::linear_cost_im as usize];
    let closing = uwad("40,000") * U256::from(rate) / U256::from(WAD);
    assert!(
        both.im <= closing && closing < one.im / U256::from(10),
        "{} after, {} before",
        both.im,
        one.im
    );
    let (portfolio, _, _) = ok(house.account(alice.account()).await);
    assert_eq!(portfolio.legs.len(), 2, "both legs are there");

    // The price moves a tenth and her equity does not.
    let before = both.equity;
    ok(house.set_price(ETH, "2,200").await);
    assert_eq!(ok(house.assess(alice.account()).await).equity, before);
    house.assert_balanced().await;
}

/// Whoever may trade at one venue may not by that trade at the other.
#[tokio::test(flavor = "multi_thread")]
async fn i_auth_2_admission_is_per_venue() {
    let house = House::start().await;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    house.give(alice, "50,000").await;
    house.give(bob, "50,000").await;
    ok(house.admit(alice, alice.account(), POOL, false).await);
    ok(house
        .trade_book(alice, bob, ETH, uwad("1"), uwad("2,000"))
        .await);
    let trade = PoolExchange::tradeCall {
        account: alice.account(),
        instrument: perp(POOL, ETH),
        isBuy: true,
        size: uwad("1"),
        limit: U256::MAX,
        deadline: U256::from(u64::MAX),
    };
    let e: IVault::VenueNotAdmitted = house.expect_revert(alice, house.pool, &trade).await;
    assert_eq!((e.account, e.venue), (alice.account(), POOL));
    house.assert_balanced().await;
}
