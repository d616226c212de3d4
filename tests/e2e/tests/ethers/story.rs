//! An account sinks, is watched, is bid for.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_sinks_is_watched_and_bid_for() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let house = &scripts.house;
    let bidder = &house.people.bidder;
    scripts.trade().await;

    the_list_is_complete(&scripts).await;

    // A watcher sees her sink.
    let mut watcher = scripts.command("watch.mjs", &["--interval", "0.2"], None);
    let mut watcher = watcher.spawn().expect("node runs");
    let mut seen = BufReader::new(watcher.stdout.take().expect("a pipe")).lines();
    wait_for(&mut seen, "first list", |l| l["kind"] == "account").await;
    let target = scripts.target();
    let healthy = scripts
        .run("bid.mjs", &[&target, "--start"], Some(bidder))
        .await;
    assert_eq!(healthy.failed(1)["error"], "NotLiquidatable");

    scripts.sink().await;
    wait_for(&mut seen, "liquidatable account", |l| {
        l["account"] == target.as_str() && l["state"] == "liquidatable"
    })
    .await;

    // Not in auction, and nothing is started unasked.
    let unasked = scripts.run("bid.mjs", &[&target], Some(bidder)).await;
    let text = unasked.failed(1)["failure"].as_str().expect("text");
    assert!(text.contains("not in auction"), "{text}");
    let me = bidder.address.to_string();
    let dry = [&target, "--start", "--dry-run", "--from", &me];
    scripts.run("bid.mjs", &dry, None).await.done();
    assert!(!scripts.is_in_auction().await, "a dry run starts nothing");

    // A limit no seller would meet: refused, with the contract's numbers.
    let hopeless = [
        &target,
        "--start",
        "--fraction",
        "0.1",
        "--max-price=-1000000",
    ];
    let run = scripts.run("bid.mjs", &hopeless, Some(bidder)).await;
    let failure = run.failed(1);
    assert_eq!(failure["error"], "PriceAboveLimit");
    assert_eq!(number(&failure["args"]["maxPrice"]), wad("-1,000,000"));
    wait_for(&mut seen, "start of the auction", |l| {
        l["event"] == "AuctionStarted"
    })
    .await;

    a_bid_gets_what_a_dry_run_says(&scripts, &target, &me).await;
    let event = wait_for(&mut seen, "bid", |l| l["event"] == "BidTaken").await;
    assert_eq!(
        event["args"]["bidder"],
        bidder.account().to_string().as_str()
    );

    stop(watcher).await;
    house.assert_balanced().await;
}

/// Three people, no system account, the numbers of the chain.
async fn the_list_is_complete(scripts: &Scripts) {
    let house = &scripts.house;
    let (alice, bob, bidder) = (&house.people.alice, &house.people.bob, &house.people.bidder);
    let run = scripts.run("watch.mjs", &["--once"], None).await.done();
    let lines = &run.lines;
    let accounts = run.of_kind("account");
    assert_eq!(accounts.len(), lines.len());
    let row = |lines: &[Value], who: &Actor| {
        let account = who.account().to_string();
        lines
            .iter()
            .find(|l| l["account"] == account.as_str())
            .unwrap_or_else(|| panic!("no {}", who.name))
            .clone()
    };
    for who in [alice, bob, bidder] {
        let (row, chain) = (row(lines, who), ok(house.assess(who.account()).await));
        assert_eq!(row["state"], "healthy");
        assert_eq!(number(&row["equity"]), chain.equity);
        assert_eq!(number(&row["im"]), I256::from_raw(chain.im));
        assert_eq!(number(&row["mm"]), I256::from_raw(chain.mm));
    }
    let vault = house.at.vault.to_string().to_lowercase();
    assert!(
        accounts
            .iter()
            .all(|a| !a["account"].as_str().expect("text").starts_with(&vault))
    );
    assert_eq!(
        lines[0]["account"],
        alice.account().to_string().as_str(),
        "the nearest to its line first"
    );
}

/// A dry run says what the bid then gets, up to the seconds between.
async fn a_bid_gets_what_a_dry_run_says(scripts: &Scripts, target: &str, me: &str) {
    let house = &scripts.house;
    let (alice, bidder) = (&house.people.alice, &house.people.bidder);
    let tenth = [target, "--fraction", "0.1"];
    let dry = [&tenth[..], &["--dry-run", "--from", me]].concat();
    let dry = scripts.run("bid.mjs", &dry, None).await.done();
    let expected = dry.one("dry-run");
    let limit = number(&dry.one("plan")["limit"]);
    assert!(number(&expected["price"]) <= limit, "the plan is near");
    assert!(
        ok(house.leg(bidder.account(), perp(DESK, ETH)).await).is_none(),
        "a dry run buys nothing"
    );

    let before = ok(house.assess(alice.account()).await);
    let run = scripts.run("bid.mjs", &tenth, Some(bidder)).await.done();
    let bid = run.one("bid");
    assert_eq!(bid["fraction"], expected["fraction"]);
    assert!(
        number(&bid["price"]) <= number(&expected["price"]),
        "the price falls with time"
    );
    assert!(number(&bid["price"]) <= number(&run.one("plan")["bid"]["maxPrice"]));
    let after = ok(house.assess(alice.account()).await);
    assert_eq!(number(&bid["equityAfter"]), after.equity);
    assert!(after.mm < before.mm);
    let leg =
        ok(house.leg(bidder.account(), perp(DESK, ETH)).await).expect("the bidder has a slice");
    assert!(leg.size > 0);
}
