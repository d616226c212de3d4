//! What is refused before anything is sent, and what a corrected file makes good.

use super::*;

/// Goes on with a house as a second run does.
pub(super) async fn configure(
    house: &House,
    file: &HouseConfig,
    odd_feeds: bool,
) -> eyre::Result<Record> {
    let scratch = Scratch::new("record.json");
    house.record.save(&scratch.0)?;
    let signer = &house.people.deployer.signer;
    let path = Some(scratch.0.clone());
    let mut deployer =
        Deployer::new(&house.client, signer, path, Progress::silent())?.with_odd_feeds(odd_feeds);
    deployer.configure(file).await?;
    Record::open(&scratch.0, house.client.chain_id())
}

pub(super) fn nonce(house: &House) -> u64 {
    let deployer = house.people.deployer.address;
    house
        .node
        .chain
        .with(move |chain| chain.nonce(deployer, Default::default()).unwrap())
}

pub(super) async fn create(
    house: &House,
    code: &[u8],
    arguments: &impl alloy::sol_types::SolConstructor,
) -> Address {
    let init = [code, &arguments.abi_encode()].concat();
    let signer = &house.people.deployer.signer;
    house.client.create(signer, init.into()).await.unwrap().0
}

pub(super) async fn token(house: &House, symbol: &str, decimals: u8) -> Address {
    let arguments = Token::constructorCall {
        name_: symbol.into(),
        symbol_: symbol.into(),
        decimals_: decimals,
    };
    create(house, &Token::BYTECODE, &arguments).await
}

pub(super) async fn feed(house: &House, description: &str, decimals: u8, answer: i64) -> Address {
    let arguments = Feed::constructorCall {
        description_: description.into(),
        decimals_: decimals,
    };
    let at = create(house, &Feed::BYTECODE, &arguments).await;
    let deployer = &house.people.deployer;
    let push = Feed::pushCall {
        answer: aliases::I192::try_from(answer).unwrap(),
    };
    ok(house.send(deployer, at, &push).await);
    at
}

fn token_entry(symbol: &str, address: Address, decimals: u8, feed: u16, link: u16) -> String {
    format!(
        "[[tokens]]\nsymbol = \"{symbol}\"\naddress = \"{address}\"\ndecimals = {decimals}\ncap = \"1,000\"\n\
         feed = {feed}\nunderlying = {link}\nim_haircut = \"0.1\"\nmm_haircut = \"0.05\"\n"
    )
}

/// C-1: a listing was interrupted after its first transaction; a corrected file, with a token of other decimals,
/// another feed and another link, is listed at the same index. What the vault lists is frozen.
#[tokio::test(flavor = "multi_thread")]
async fn c_1_a_corrected_file_works() {
    let house = House::start().await;
    let p = &house.people;
    let terms = |decimals, feed, underlying| IParameters::setAssetCall {
        asset: 3,
        feed,
        underlying,
        decimals,
        rates: rates(&[WAD as u64 / 10, WAD as u64 / 20]),
    };
    // What the first of the two transactions does.
    ok(house
        .send(&p.deployer, house.at.parameters, &terms(6, ETH, ETH))
        .await);
    let late = token(&house, "LATE", 18).await;
    let file = file(&house, "", &token_entry("LATE", late, 18, BTC, BTC)).unwrap();
    let record = configure(&house, &file, false).await.unwrap();
    assert_eq!(
        (record.tokens["LATE"].number, record.tokens["LATE"].decimals),
        (3, 18)
    );
    let now = ok(house
        .ask(house.at.parameters, &IParameters::assetCall { asset: 3 })
        .await);
    assert_eq!((now.feed, now.underlying, now.decimals), (BTC, BTC, 18));

    let e: IParameters::AssetDecimalsFrozen = house
        .expect_revert(&p.deployer, house.at.parameters, &terms(6, BTC, BTC))
        .await;
    assert_eq!((e.asset, e.decimals, e.given), (3, 18, 6));
    let e: IParameters::LinkFrozen = house
        .expect_revert(&p.deployer, house.at.parameters, &terms(18, BTC, ETH))
        .await;
    assert_eq!((e.asset, e.underlying, e.given), (3, BTC, ETH));
    let e: IParameters::FeedsDisagree = house
        .expect_revert(&p.deployer, house.at.parameters, &terms(18, ETH, BTC))
        .await;
    assert_eq!((e.oldFeed, e.newFeed), (BTC, ETH));
    house.assert_balanced().await;
}

/// A feed of number 3, as a file lists it.
fn priced(name: &str, aggregator: Address) -> String {
    format!(
        "[[feeds]]\nnumber = 3\nname = \"{name}\"\naggregator = \"{aggregator}\"\nmax_age = 7200\n\
         min_price = \"1\"\nmax_price = \"1,000,000\"\n"
    )
}

/// C-1, C-6: of a file that the chain would refuse somewhere, nothing is sent.
#[tokio::test(flavor = "multi_thread")]
async fn c_1_nothing_is_sent_of_a_file_that_would_be_refused() {
    let house = House::start().await;
    let late = token(&house, "LATE", 18).await;
    let uptime = feed(&house, "L2 Sequencer Uptime Status Feed", 0, 0).await;
    let cheap = feed(&house, "CHEAP / USD", 8, 5).await;
    let cases = [
        (
            String::new(),
            token_entry("COIN", house.usdc.address, 6, ETH, 0),
            "there twice",
        ),
        (
            String::new(),
            token_entry("LATE", late, 6, ETH, 0),
            "says it has 18 decimals",
        ),
        (
            String::new(),
            token_entry("LAST", late, 18, ETH, 0),
            "calls itself \"LATE\"",
        ),
        (
            String::new(),
            token_entry("LATE", house.people.alice.address, 18, ETH, 0),
            "there is no contract",
        ),
        (
            priced("UPTIME", uptime),
            String::new(),
            "0 decimals and is no price",
        ),
        (
            priced("CHEAP", cheap),
            String::new(),
            "not between min_price 1",
        ),
        (
            priced("NONE", late),
            String::new(),
            "it gives no answer now",
        ),
        (
            priced("NOBODY", house.people.alice.address),
            String::new(),
            "FeedFailed",
        ),
    ];
    for (feeds, tokens, says) in cases {
        let before = (nonce(&house), house.digest().await);
        let refused = match file(&house, &feeds, &tokens) {
            Ok(file) => configure(&house, &file, false).await,
            Err(e) => Err(e),
        };
        let text = format!("{:#}", refused.unwrap_err());
        assert!(text.contains(says), "{text}");
        assert_eq!((nonce(&house), house.digest().await), before, "{text}");
    }
}

/// C-1, C-6: nor of a file with another lot, or another order of tokens.
#[tokio::test(flavor = "multi_thread")]
async fn c_1_nothing_is_sent_of_a_file_that_renumbers() {
    let house = House::start().await;
    let uptime = feed(&house, "L2 Sequencer Uptime Status Feed", 0, 0).await;
    let mut other = file(&house, "", "").unwrap();
    other.underlyings[0].lot = "0.001".into();
    let before = nonce(&house);
    let text = format!("{:#}", configure(&house, &other, false).await.unwrap_err());
    assert!(text.contains("take another number"), "{text}");
    let mut other = file(&house, "", "").unwrap();
    other.tokens.swap(1, 2);
    let text = format!("{:#}", configure(&house, &other, false).await.unwrap_err());
    assert!(text.contains("the order of tokens cannot change"), "{text}");
    assert_eq!(nonce(&house), before);

    // The uptime feed is listed when that is what is asked for, and nothing else is sent.
    let same = file(&house, "", "").unwrap();
    configure(&house, &same, false).await.unwrap();
    let before = nonce(&house);
    let more = file(&house, &priced("UPTIME", uptime), "").unwrap();
    let record = configure(&house, &more, true).await;
    assert_eq!(record.unwrap().feeds["UPTIME"].decimals, 0);
    assert_eq!(nonce(&house), before + 1);
}
