//! The costliest account there can be.

use super::{options::trade, *};

/// Lists a feed of its own, not yet pushed.
async fn list_feed(house: &House, number: u16) -> Address {
    let arguments = reference::Feed::constructorCall {
        description_: "feed".into(),
        decimals_: 8,
    };
    let feed = house.create(&reference::Feed::BYTECODE, arguments).await;
    push_feed(house, feed, 2_000).await;
    let call = IOracle::setFeedCall {
        feed: number,
        aggregator: feed,
        maxAge: 7_200,
        minPrice: uwad("1"),
        maxPrice: uwad("100,000"),
        confidence: 0,
    };
    ok(house
        .send(&house.people.deployer, house.at.oracle, &call)
        .await);
    feed
}

async fn push_feed(house: &House, feed: Address, price: i128) {
    let answer = aliases::I192::try_from(price * 100_000_000).unwrap();
    let push = reference::Feed::pushCall { answer };
    ok(house.send(&house.people.deployer, feed, &push).await);
}

/// Eight underlyings, each with its own feed and surface; gives the feeds.
async fn list_underlyings(house: &House) -> Vec<Address> {
    let (owner, at) = (&house.people.deployer, house.at);
    let query = IParameters::underlyingCall { underlying: ETH };
    let terms = ok(house.ask(at.parameters, &query).await);
    let mut feeds = Vec::new();
    for underlying in UNDERLYINGS {
        feeds.push(list_feed(house, underlying).await);
        let list = IParameters::setUnderlyingCall {
            feed: underlying,
            ..listing(underlying, &terms)
        };
        ok(house.send(owner, at.parameters, &list).await);
        let allow = IOracle::setSurfaceTermsCall {
            underlying,
            feed: underlying,
            maxAge: 600,
            maxBasis: WAD as u64 / 2,
            ratioMove: 0,
            rateMove: 0,
        };
        ok(house.send(owner, at.oracle, &allow).await);
    }
    feeds
}

const UNDERLYINGS: [u16; 8] = [11, 12, 13, 14, 15, 16, 17, 18];

/// A token with its own feed, of which alice deposits a hundredth.
async fn list_token(house: &House, asset: u8) {
    let (owner, at, alice) = (&house.people.deployer, house.at, &house.people.alice);
    let feed = 30 + u16::from(asset);
    list_feed(house, feed).await;
    let arguments = reference::Token::constructorCall {
        name_: "token".into(),
        symbol_: "TOK".into(),
        decimals_: 18,
    };
    let address = house.create(&reference::Token::BYTECODE, arguments).await;
    let terms = IParameters::setAssetCall {
        asset,
        feed,
        underlying: 0,
        decimals: 18,
        rates: rates(&[WAD as u64 / 2, WAD as u64 / 4]),
    };
    ok(house.send(owner, at.parameters, &terms).await);
    let list = IVault::listAssetCall {
        token: address,
        cap: u128::MAX,
    };
    ok(house.send(owner, at.vault, &list).await);
    let token = TokenInfo {
        address,
        asset,
        decimals: 18,
    };
    ok(house.mint(token, alice.address, U256::from(WAD)).await);
    let approve = IERC20::approveCall {
        spender: at.vault,
        amount: U256::MAX,
    };
    ok(house.send(alice, address, &approve).await);
    house.give_token(alice, token, "0.01").await;
}

/// A surface for each underlying and day.
async fn push_all(house: &House, days: [u16; 3], price: &str) {
    let mut updates = Vec::new();
    for underlying in UNDERLYINGS {
        for day in days {
            updates.push(house.flat(underlying, day, price, "0.6").await);
        }
    }
    ok(house.push(updates).await);
}

/// Alice writes 128 options over all underlyings and days.
async fn write_options(house: &House, days: [u16; 3]) {
    let p = &house.people;
    let instrument = |i: usize| {
        let (underlying, day) = (UNDERLYINGS[i % 8], days[i / 8 % 3]);
        let strike = (1_800 + 100 * (i / 24) as u128) * WAD;
        let call = (i / 24).is_multiple_of(2);
        ids::option(DESK, underlying, call, day, strike).expect("an option")
    };
    for part in (0..128).collect::<Vec<_>>().chunks(16) {
        let mut fills = Vec::new();
        for i in part {
            let mark = ok(house.mark(instrument(*i)).await);
            fills.push(trade(&p.bob, &p.alice, instrument(*i), "0.5", mark));
        }
        let call = reference::LyingVenue::reportCall { fills };
        ok(house.send(&p.stranger, house.desk(), &call).await);
    }
}

/// I-LIV-1: the costliest account there can be (128 options of 24 expiries on 8 underlyings, 15 tokens, a feed
/// for each) is started, and sold, within half of what a transaction may use.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_85_the_costliest_account_can_be_sold() {
    let house = House::start().await;
    let p = &house.people;
    let alice = p.alice.account();
    house.give(&p.alice, "200,000").await;
    house.give(&p.bob, "1,000,000").await;
    house.give(&p.bidder, "1,000,000").await;
    let feeds = list_underlyings(&house).await;
    for asset in 3..16 {
        list_token(&house, asset).await;
    }
    house.give_token(&p.alice, house.weth, "0.01").await;
    house.give_token(&p.alice, house.wbtc, "0.001").await;
    let day = house.day(20).await;
    let days = [day, day + 20, day + 40];
    push_all(&house, days, "2,000").await;
    write_options(&house, days).await;
    let (portfolio, ..) = ok(house.account(alice).await);
    assert_eq!((portfolio.legs.len(), portfolio.collateral.len()), (64, 15));
    let most = ok(house.max_withdraw(alice, house.usdc).await);
    ok(house.withdraw(&p.alice, alice, house.usdc, most).await);
    for feed in feeds {
        push_feed(&house, feed, 1_300).await;
    }
    push_all(&house, days, "1,300").await;
    let receipt = house.start_auction(alice).await;
    println!("start of the costliest account: {} gas", receipt.gas_used);
    assert!(receipt.gas_used < 16_000_000);
    for fraction in [WAD / 10, WAD] {
        let call = house.bid(U256::from(fraction)).await;
        let receipt = ok(house.send(&p.bidder, house.at.auction, &call).await);
        println!("bid for {fraction} of it: {} gas", receipt.gas_used);
        assert!(receipt.gas_used < 16_000_000);
    }
    house.assert_balanced().await;
}
