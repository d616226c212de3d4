//! A file with every source of prices and every bound: what it lists, that a second run has nothing to do, and what a
//! changed file changes.

use super::{
    files::{configure, create, feed, nonce, token},
    *,
};
use plimsoll::bindings::IAggregatorV3;
use plimsoll_e2e::hostile::{MockPyth, ShareVault};

const ID: B256 = B256::repeat_byte(0x71);

/// A Pyth contract that takes no fee and has the price 2,000 of [`ID`], as of the last answer of the feed of ether.
async fn pyth(house: &House) -> Address {
    let deployer = &house.people.deployer;
    let arguments = MockPyth::constructorCall {
        _validTimePeriod: U256::from(60),
        _singleUpdateFeeInWei: U256::ZERO,
    };
    let pyth = create(house, &MockPyth::BYTECODE, &arguments).await;
    let latest = IAggregatorV3::latestRoundDataCall {};
    let observed = ok(house.ask(house.eth_feed, &latest).await).updatedAt;
    let update = MockPyth::createPriceFeedUpdateDataCall {
        id: ID,
        price: 200_000_000_000,
        conf: 0,
        expo: -8,
        emaPrice: 200_000_000_000,
        emaConf: 0,
        publishTime: observed.to(),
        prevPublishTime: 0,
    };
    let update = ok(house.ask(pyth, &update).await);
    let bring = MockPyth::updatePriceFeedsCall {
        updateData: vec![update],
    };
    ok(house.send(deployer, pyth, &bring).await);
    pyth
}

/// An ERC-4626 vault of 1,000 assets in 1,000 shares.
async fn vault(house: &House) -> Address {
    let deployer = &house.people.deployer;
    let asset = token(house, "ASSET", 6).await;
    let vault = create(
        house,
        &ShareVault::BYTECODE,
        &ShareVault::constructorCall { asset_: asset },
    )
    .await;
    let amount = U256::from(1_000_000_000);
    let (to, spender) = (deployer.address, vault);
    let mint = Token::mintCall { to, amount };
    ok(house.send(deployer, asset, &mint).await);
    let approve = Token::approveCall { spender, amount };
    ok(house.send(deployer, asset, &approve).await);
    let deposit = ShareVault::depositCall {
        assets: amount,
        receiver: to,
    };
    ok(house.send(deployer, vault, &deposit).await);
    vault
}

fn listed(number: u16, aggregator: Address, rest: &str) -> String {
    format!(
        "[[feeds]]\nnumber = {number}\nname = \"F{number}\"\naggregator = \"{aggregator}\"\nmax_age = 7200\n\
         min_price = \"1\"\nmax_price = \"100,000\"\n{rest}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_every_source_and_bound_is_furnished_once() {
    let house = House::start().await;
    let chainlink = feed(&house, "ETH / USD", 8, 200_000_000_000).await;
    let uptime = feed(&house, "L2 Sequencer Uptime Status Feed", 0, 0).await;
    let (pyth, vault) = (pyth(&house).await, vault(&house).await);
    let rest = |third: &str, uptime: Address, rate_move: &str| {
        let vault_terms =
            "vault = { asset_feed = 1, market_feed = 3, rate = \"1.05\", growth = \"0.1\" }";
        let last = format!(
            "[[underlyings]]\nnumber = 3\nname = \"THIRD\"\nfeed = 3\nlot = \"0.001\"\n\
             surface = {{ max_age = 120, max_basis = \"0.2\", ratio_move = \"0.003\", rate_move = \"{rate_move}\" }}\n\
             [sequencer]\nfeed = \"{uptime}\"\ngrace = 600\n"
        );
        [
            third.to_owned(),
            listed(4, pyth, &format!("pyth = \"{ID}\"\nconfidence = \"0.001\"")),
            listed(5, vault, vault_terms),
            last,
        ]
        .concat()
    };
    let bounds = "largest_move = \"0.1\"\nsecond = { feed = 4, tolerance = \"0.01\" }";
    let all = rest(&listed(3, chainlink, bounds), uptime, "0.02");
    let all = file(&house, &all, "").unwrap();
    let record = configure(&house, &all, false).await.unwrap();
    assert_eq!(record.feeds["F4"].address, pyth);

    let source = async |feed| {
        let query = IOracle::feedSourceCall { feed };
        ok(house.ask(house.at.oracle, &query).await)
    };
    let percent = WAD as u64 / 100;
    let third = source(3).await;
    let said = (
        third.source,
        third.largestMove,
        third.second,
        third.tolerance,
    );
    assert_eq!(said, (0, 10 * percent, 4, percent));
    let fourth = source(4).await;
    assert_eq!((fourth.source, fourth.priceId), (1, ID));
    let fifth = source(5).await;
    let said = (fifth.source, fifth.assetFeed, fifth.marketFeed);
    assert_eq!(said, (2, 1, 3));
    assert_eq!(
        (fifth.rate, fifth.growth),
        (WAD, 10 * percent),
        "the lower rate"
    );
    let terms = async || {
        let query = IOracle::surfaceTermsCall { underlying: 3 };
        let terms = ok(house.ask(house.at.oracle, &query).await);
        (terms.maxAge, terms.ratioMove, terms.rateMove)
    };
    assert_eq!(terms().await, (120, 3_000, 20_000), "millionths");
    let sequencer = async || {
        let now = ok(house.ask(house.at.oracle, &IOracle::sequencerCall {}).await);
        (now.feed, now.grace)
    };
    assert_eq!(sequencer().await, (uptime, 600));

    let before = (nonce(&house), house.digest().await);
    configure(&house, &all, false).await.unwrap();
    let after = (nonce(&house), house.digest().await);
    assert_eq!(after, before, "the second run has nothing to do");

    // Pyth in the place of the Chainlink feed, whose largest move the number keeps; no second source; nothing is watched;
    // rates without a bound.
    let third = listed(3, pyth, &format!("pyth = \"{ID}\""));
    let other = file(&house, &rest(&third, Address::ZERO, "0"), "").unwrap();
    configure(&house, &other, false).await.unwrap();
    assert_eq!(nonce(&house), before.0 + 4);
    let third = source(3).await;
    assert_eq!((third.source, third.second, third.tolerance), (1, 0, 0));
    assert_eq!(terms().await, (120, 3_000, 0));
    assert_eq!(sequencer().await, (Address::ZERO, 0));
    configure(&house, &other, false).await.unwrap();
    assert_eq!(nonce(&house), before.0 + 4);

    // And back: the bounds of the file hold again.
    configure(&house, &all, false).await.unwrap();
    assert_eq!(nonce(&house), before.0 + 8);
    assert_eq!(source(3).await.largestMove, 10 * percent);
    assert_eq!(source(3).await.second, 4);
}
