//! Deploying a house: what is refused before anything is sent, what a corrected file makes good, what an interruption
//! leaves, contracts in fragments.

use plimsoll::{
    bindings::reference::{Feed, Token},
    config::HouseConfig,
    deploy::{Deployer, Record, compare::compare},
    wasm::{self, Program},
};
use plimsoll_devnode::{
    ChainConfig,
    rpc::{Node, NodeConfig},
};
use plimsoll_e2e::*;
use plimsoll_stylus::code;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// A file of this test's own, removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let (process, n) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(format!("plimsoll-{process}-{n}-{name}")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The file of the reference house, with what is added to its feeds and tokens, read as a deployer's is.
fn file(house: &House, feeds: &str, tokens: &str) -> eyre::Result<HouseConfig> {
    let [usdc, wbtc, weth] = house.tokens().map(|token| token.address);
    let token = |symbol: &str, address: Address, decimals: u8, feed: u16| {
        let haircut = if feed == 0 { "0" } else { "0.1" };
        format!(
            "[[tokens]]\nsymbol = \"{symbol}\"\naddress = \"{address}\"\ndecimals = {decimals}\ncap = \"100,000\"\n\
             feed = {feed}\nunderlying = {feed}\nim_haircut = \"{haircut}\"\nmm_haircut = \"{haircut}\"\n"
        )
    };
    let feed = |number: u16, name: &str, aggregator: Address| {
        format!(
            "[[feeds]]\nnumber = {number}\nname = \"{name}\"\naggregator = \"{aggregator}\"\nmax_age = 7200\n\
             min_price = \"10\"\nmax_price = \"1,000,000\"\n\
             [[underlyings]]\nnumber = {number}\nname = \"{name}\"\nfeed = {number}\nlot = \"{}\"\n",
            if number == ETH { "0.0001" } else { "0.00001" }
        )
    };
    let text = [
        feed(ETH, "ETH", house.eth_feed),
        feed(BTC, "BTC", house.btc_feed),
        token("USDC", usdc, 6, 0),
        token("WBTC", wbtc, 8, BTC),
        token("WETH", weth, 18, ETH),
        feeds.to_owned(),
        tokens.to_owned(),
    ]
    .concat();
    let scratch = Scratch::new("house.toml");
    std::fs::write(&scratch.0, text)?;
    HouseConfig::read(&scratch.0)
}

/// Goes on with a house as a second run does.
async fn configure(house: &House, file: &HouseConfig, odd_feeds: bool) -> eyre::Result<Record> {
    let scratch = Scratch::new("record.json");
    house.record.save(&scratch.0)?;
    let signer = &house.people.deployer.signer;
    let path = Some(scratch.0.clone());
    let mut deployer =
        Deployer::new(&house.client, signer, path, Progress::silent())?.with_odd_feeds(odd_feeds);
    deployer.configure(file).await?;
    Record::open(&scratch.0, house.client.chain_id())
}

fn nonce(house: &House) -> u64 {
    let deployer = house.people.deployer.address;
    house
        .node
        .chain
        .with(move |chain| chain.nonce(deployer, Default::default()).unwrap())
}

async fn token(house: &House, symbol: &str, decimals: u8) -> Address {
    use alloy::sol_types::SolConstructor;
    let arguments = Token::constructorCall {
        name_: symbol.into(),
        symbol_: symbol.into(),
        decimals_: decimals,
    };
    let init = [&Token::BYTECODE[..], &arguments.abi_encode()].concat();
    let signer = &house.people.deployer.signer;
    house.client.create(signer, init.into()).await.unwrap().0
}

async fn feed(house: &House, description: &str, decimals: u8, answer: i64) -> Address {
    use alloy::sol_types::SolConstructor;
    let arguments = Feed::constructorCall {
        description_: description.into(),
        decimals_: decimals,
    };
    let init = [&Feed::BYTECODE[..], &arguments.abi_encode()].concat();
    let deployer = &house.people.deployer;
    let (at, _) = house
        .client
        .create(&deployer.signer, init.into())
        .await
        .unwrap();
    let push = Feed::pushCall {
        answer: aliases::I192::try_from(answer).unwrap(),
    };
    ok(house.send(deployer, at, &push).await);
    at
}

fn listing(symbol: &str, address: Address, decimals: u8, feed: u16, link: u16) -> String {
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
        imHaircut: WAD as u64 / 10,
        mmHaircut: WAD as u64 / 20,
    };
    // What the first of the two transactions does.
    ok(house
        .send(&p.deployer, house.at.parameters, &terms(6, ETH, ETH))
        .await);
    let late = token(&house, "LATE", 18).await;
    let file = file(&house, "", &listing("LATE", late, 18, BTC, BTC)).unwrap();
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

/// C-1, C-6: of a file that the chain would refuse somewhere, nothing is sent.
#[tokio::test(flavor = "multi_thread")]
async fn c_1_nothing_is_sent_of_a_file_that_would_be_refused() {
    let house = House::start().await;
    let late = token(&house, "LATE", 18).await;
    let uptime = feed(&house, "L2 Sequencer Uptime Status Feed", 0, 0).await;
    let cheap = feed(&house, "CHEAP / USD", 8, 5).await;
    let priced = |name: &str, aggregator: Address| {
        format!(
            "[[feeds]]\nnumber = 3\nname = \"{name}\"\naggregator = \"{aggregator}\"\nmax_age = 7200\n\
             min_price = \"1\"\nmax_price = \"1,000,000\"\n"
        )
    };
    let cases = [
        (
            String::new(),
            listing("COIN", house.usdc.address, 6, ETH, 0),
            "there twice",
        ),
        (
            String::new(),
            listing("LATE", late, 6, ETH, 0),
            "says it has 18 decimals",
        ),
        (
            String::new(),
            listing("LAST", late, 18, ETH, 0),
            "calls itself \"LATE\"",
        ),
        (
            String::new(),
            listing("LATE", house.people.alice.address, 18, ETH, 0),
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
    // Another lot and another order of tokens.
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

/// The programs of the house, the lens cut into three fragments.
fn in_fragments() -> Vec<Program> {
    let mut programs = wasm::build_cached(&Progress::silent()).unwrap();
    let lens = programs.iter_mut().find(|p| p.name == "lens").unwrap();
    let size = lens.compressed().div_ceil(3) + 16;
    let pieces = code::fragments(&lens.wasm, size);
    lens.fragments = pieces.into_iter().map(Into::into).collect();
    assert_eq!(lens.fragments.len(), 3);
    programs
}

async fn node() -> Node {
    let chain = ChainConfig {
        arbos_version: 61,
        ..ChainConfig::default()
    };
    Node::start(NodeConfig {
        chain,
        ..NodeConfig::default()
    })
    .await
    .unwrap()
}

/// A program of three fragments is deployed, activated, recorded, found again and compared like any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_fragments_is_deployed_like_any_other() {
    let programs = in_fragments();
    let node = node().await;
    let client = Client::connect(&node.url).await.unwrap();
    let signer = node.chain.with(|chain| chain.accounts()[0].signer.clone());
    let path = Scratch::new("fragments.json");
    let deploy = async || {
        let path = Some(path.0.clone());
        let mut deployer = Deployer::new(&client, &signer, path, Progress::silent()).unwrap();
        let at = deployer.contracts(&programs, false).await.unwrap();
        (at, deployer.gas_used())
    };
    let (at, gas) = deploy().await;
    assert!(gas > 50_000_000);
    let record = Record::open(&path.0, client.chain_id()).unwrap();
    let fragments = &record.fragments["lens"];
    assert_eq!((fragments.len(), record.fragments.len()), (3, 1));
    assert_eq!(record.underway, None);
    let lens = programs.iter().find(|p| p.name == "lens").unwrap();
    for (fragment, code) in fragments.iter().zip(&lens.fragments) {
        assert_eq!(client.code(fragment.address).await.unwrap(), *code);
        // Nobody owns a fragment: nothing is stored.
        assert!(
            client
                .storage(fragment.address, U256::ZERO)
                .await
                .unwrap()
                .is_zero()
        );
    }
    let siblings = client.call(at.lens, &ILens::siblingsCall {}).await;
    assert_eq!(ok(siblings).vault, at.vault, "the lens runs");
    let compared = compare(&client, &record, &programs, Some(signer.address())).await;
    let compared = compared.unwrap();
    assert!(compared.ok, "{}", compared.render());
    assert_eq!(
        deploy().await,
        (at, 0),
        "the second run finds everything done"
    );

    // Other builds: in other pieces, and in another order.
    let built = wasm::build_cached(&Progress::silent()).unwrap();
    let count = built.iter().find(|p| p.name == "lens").unwrap();
    let count = format!("{} fragments", count.fragments.len());
    let compared = compare(&client, &record, &built, None).await.unwrap();
    let [d] = &compared.differences[..] else {
        panic!("{}", compared.render())
    };
    assert_eq!((&*d.contract, &*d.what), ("lens", "code"));
    assert_eq!((&*d.wanted, &*d.found), (&*count, "3 fragments"));
    let mut other = programs.clone();
    let lens = other.iter_mut().find(|p| p.name == "lens").unwrap();
    lens.fragments.swap(0, 1);
    let compared = compare(&client, &record, &other, None).await.unwrap();
    let what: Vec<_> = compared.differences.iter().map(|d| &*d.what).collect();
    assert_eq!(what, ["fragment 1", "fragment 2"], "{}", compared.render());
}

/// Runs a deployment and breaks it off while its `cut`-th transaction is on its way: it is in a block in the end, but
/// nobody saw its receipt. Says whether there were as many.
async fn interrupted(
    node: &Node,
    client: &Client,
    programs: &[Program],
    path: &Scratch,
    cut: usize,
) -> bool {
    let signer = node.chain.with(|chain| chain.accounts()[0].signer.clone());
    let automine = async |on: bool| {
        let _: serde_json::Value = client.rpc("evm_setAutomine", [on]).await.unwrap();
    };
    automine(false).await;
    let mine = || node.chain.with(|chain| chain.mine(1, None).unwrap());
    let path = Some(path.0.clone());
    let mut deployer = Deployer::new(client, &signer, path, Progress::silent()).unwrap();
    let mut work = Box::pin(deployer.contracts(programs, false));
    let mut sent = 0;
    let there_were = loop {
        tokio::select! {
            done = &mut work => {
                done.unwrap();
                break false;
            }
            () = tokio::time::sleep(Duration::from_millis(1)) => {}
        }
        let waits = node
            .chain
            .with(|chain| chain.pending_transactions().count());
        if waits > 0 {
            sent += 1;
            if sent == cut {
                break true;
            }
            mine();
        }
    };
    drop(work);
    mine();
    automine(true).await;
    there_were
}

/// Whatever transaction a deployment is broken off at, the next run finds what was sent: in the end the chain has seen
/// exactly the transactions of a run that was not interrupted. `PLIMSOLL_CUTS=all` tries every one.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_deployment_pays_for_nothing_twice() {
    let programs = in_fragments();
    let (mut cut, mut tried) = (1, 0);
    // Three fragments; each contract is created, activated, initialised; the lens is named.
    const ALL: usize = 3 + 3 * wasm::CONTRACTS.len() + 1;
    let step = if std::env::var("PLIMSOLL_CUTS").is_ok_and(|v| v == "all") {
        1
    } else {
        5
    };
    loop {
        let node = node().await;
        let client = Client::connect(&node.url).await.unwrap();
        let client = client.with_gas_limit(GasLimit::Fixed(30_000_000));
        let path = Scratch::new("cut.json");
        let there_were = interrupted(&node, &client, &programs, &path, cut).await;
        let signer = node.chain.with(|chain| chain.accounts()[0].signer.clone());
        let mut deployer =
            Deployer::new(&client, &signer, Some(path.0.clone()), Progress::silent()).unwrap();
        deployer.contracts(&programs, false).await.unwrap();
        let record = Record::open(&path.0, client.chain_id()).unwrap();
        assert_eq!(record.underway, None);
        let compared = compare(&client, &record, &programs, Some(signer.address())).await;
        let compared = compared.unwrap();
        assert!(compared.ok, "cut at {cut}: {}", compared.render());
        for deployed in record.contracts.values().chain(&record.fragments["lens"]) {
            let receipt = client.receipt_of(deployed.tx).await.unwrap().unwrap();
            assert_eq!(receipt.contract_address, Some(deployed.address));
            assert_eq!(receipt.block_number, Some(deployed.block));
        }
        let sent = node
            .chain
            .with(move |chain| chain.nonce(signer.address(), Default::default()).unwrap());
        assert_eq!(sent, ALL as u64, "cut at {cut}");
        if !there_were {
            break;
        }
        (cut, tried) = (cut + step, tried + 1);
    }
    assert!(tried * step >= ALL - step, "{tried} cuts");
}

/// A creation that was written down and never reached the chain is sent again.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_sent_is_sent() {
    let programs = wasm::build_cached(&Progress::silent()).unwrap();
    let node = node().await;
    let client = Client::connect(&node.url).await.unwrap();
    let signer = node.chain.with(|chain| chain.accounts()[0].signer.clone());
    let path = Scratch::new("lost.json");
    let lost = Record {
        chain_id: client.chain_id(),
        underway: Some(plimsoll::deploy::Underway {
            name: "oracle".into(),
            address: signer.address().create(0),
            tx: B256::repeat_byte(7),
        }),
        ..Record::default()
    };
    lost.save(&path.0).unwrap();
    let mut deployer =
        Deployer::new(&client, &signer, Some(path.0.clone()), Progress::silent()).unwrap();
    let at = deployer.contracts(&programs, false).await.unwrap();
    assert_eq!(at.oracle, signer.address().create(0));
    assert_ne!(
        deployer.record().contracts["oracle"].tx,
        B256::repeat_byte(7)
    );
}
