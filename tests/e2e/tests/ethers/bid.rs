//! The bidder when time passes, blocks do not come, or somebody else is faster.

use super::{relay::Relay, *};
use alloy::providers::Provider;

/// Seconds between what a bid was planned on and the block it is in.
const LATE: [u64; 6] = [1, 2, 3, 5, 8, 13];

impl Scripts {
    /// Mines the waiting transactions `seconds` after the latest block.
    async fn mine_late(&self, seconds: u64) {
        self.house.warp(seconds).await.expect("the node obeys");
    }

    /// Gas limit of a transaction that a script sent.
    async fn gas_limit(&self, line: &Value) -> u64 {
        let hash: B256 = line["tx"].as_str().expect("text").parse().expect("a hash");
        let provider = self.house.client.provider();
        let tx = provider.get_transaction_by_hash(hash).await;
        let tx = tx.expect("the node answers").expect("it is there");
        alloy::consensus::Transaction::gas_limit(&tx)
    }
}

/// S-1, S-3: a default bid that is mined seconds after it was planned takes all that the auction gives then,
/// and does not run out of gas. Before: 0.000322 of the account stayed in auction, 6 of 20 bids failed.
#[tokio::test(flavor = "multi_thread")]
async fn s1_s3_a_bid_that_is_mined_late_ends_the_auction() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let (house, target) = (&scripts.house, scripts.target());
    scripts.trade().await;
    scripts.sink().await;
    scripts.start_auction().await;
    scripts.automine(false).await;
    for late in LATE {
        let before = house.snapshot().await.expect("the node obeys");
        let child = scripts.bid_that_waits(&[&target]).await;
        scripts.mine_late(late).await;
        let run = ended(child).await.done();
        let (plan, bid) = (run.one("plan"), run.one("bid"));
        assert!(number(&bid["fraction"]) >= number(&plan["share"]));
        let most = number(&plan["limit"]) * number(&bid["fraction"]) / number(&plan["share"]);
        assert!(number(&bid["price"]) <= most, "the limit is of the share");
        assert!(
            !scripts.is_in_auction().await,
            "{late} s late, {} of the account is left over",
            scripts.state().await.maxFraction
        );
        let sent = run.one("transaction");
        let (limit, used) = (
            scripts.gas_limit(sent).await,
            number(&sent["gasUsed"]).as_u64(),
        );
        assert!(limit >= used * 6 / 5, "{limit} for {used}");
        assert!(limit <= used * 3 / 2, "{limit} for {used}");
        house.revert(before).await.expect("the node obeys");
    }
}

/// S-1: where what is left is less than the smallest share, nothing is for sale and the auction may be closed: the
/// script says so, and sends nothing. Before: `InvalidFraction` for every later bid.
#[tokio::test(flavor = "multi_thread")]
async fn s1_a_rest_below_the_smallest_share_may_be_closed() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let (house, target) = (&scripts.house, scripts.target());
    let auction = house.at.auction;
    scripts.trade().await;
    scripts.sink().await;
    scripts.start_auction().await;
    // Ether rises until less than the smallest share has to be sold.
    let cents = async |price: u64| {
        let text = format!("{}.{:02}", price / 100, price % 100);
        ok(house.set_price(ETH, &text).await);
        scripts.state().await.maxFraction
    };
    let (mut low, mut high) = (130_000_u64, 200_000_u64);
    while low + 1 < high {
        let middle = low.midpoint(high);
        if cents(middle).await.is_zero() {
            high = middle;
        } else {
            low = middle;
        }
    }
    assert!(cents(high).await.is_zero());

    let bidder = &house.people.bidder;
    let run = scripts.run("bid.mjs", &[&target], Some(bidder)).await;
    let text = run.failed(1)["failure"].as_str().expect("text");
    assert!(text.contains("anyone may close the auction"), "{text}");
    let call = IAuction::closeCall {
        account: house.people.alice.account(),
    };
    ok(house.send(&house.people.stranger, auction, &call).await);
    assert!(!scripts.is_in_auction().await);
}

/// S-2: `--start` and a good bid in one run, every time: no answer of the node is kept, nonces least of all.
#[tokio::test(flavor = "multi_thread")]
async fn s2_start_and_bid_succeed_every_time() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let (house, target) = (&scripts.house, scripts.target());
    scripts.trade().await;
    scripts.sink().await;
    for round in 1..=8 {
        let before = house.snapshot().await.expect("the node obeys");
        let arguments = [target.as_str(), "--start", "--fraction", "0.1"];
        let run = scripts
            .run("bid.mjs", &arguments, Some(&house.people.bidder))
            .await;
        assert_eq!(run.status, 0, "round {round} of 8: {:?}", run.lines);
        assert_eq!(run.of_kind("transaction").len(), 2);
        assert_eq!(number(&run.one("bid")["fraction"]), wad("0.1"));
        house.revert(before).await.expect("the node obeys");
    }
}

/// S-4: without blocks the script ends when its time is up and says so; another run does not queue behind
/// what waits, unless it is asked to take its place.
#[tokio::test(flavor = "multi_thread")]
async fn s4_without_blocks_it_ends_and_the_next_run_does_not_queue() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let (house, target) = (&scripts.house, scripts.target());
    let bidder = Some(&house.people.bidder);
    scripts.trade().await;
    scripts.sink().await;
    scripts.start_auction().await;
    scripts.automine(false).await;

    let bid = [target.as_str(), "--fraction", "0.1", "--deadline", "2"];
    let run = scripts.run("bid.mjs", &bid, bidder).await;
    let stuck = run.failed(3).clone();
    let text = stuck["failure"].as_str().expect("text");
    assert!(text.contains("in no block after 2 s"), "{text}");
    assert!(text.contains("the chain stands still"), "{text}");
    assert!(text.contains("may still go through"), "{text}");
    assert_eq!(scripts.waiting().await, 1);

    let run = scripts.run("bid.mjs", &bid, bidder).await;
    let refused = run.failed(1);
    assert_eq!(refused["waiting"], 1);
    assert_eq!(refused["nonce"], stuck["nonce"]);
    assert_eq!(scripts.waiting().await, 1, "nothing was sent");

    scripts.automine(true).await;
    let again = [&bid[..], &["--replace"]].concat();
    let run = scripts.run("bid.mjs", &again, bidder).await.done();
    assert_eq!(number(&run.one("bid")["fraction"]), wad("0.1"));
    let of_old: Value = scripts
        .rpc("eth_getTransactionReceipt", [&stuck["tx"]])
        .await;
    assert!(of_old.is_null(), "the one it replaced never went through");
}

/// S-4: the wait ends when the chain has passed the deadline, whatever the clock on the wall says, and the
/// reason is told: the node has lost the transaction; or it came too late and was refused.
#[tokio::test(flavor = "multi_thread")]
async fn s4_the_wait_ends_with_the_deadline_and_the_reason_is_told() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let target = scripts.target();
    scripts.trade().await;
    scripts.sink().await;
    scripts.start_auction().await;
    scripts.automine(false).await;
    let bid = [target.as_str(), "--fraction", "0.1", "--deadline", "3600"];

    let child = scripts.bid_that_waits(&bid).await;
    let _: Value = scripts.rpc("anvil_dropAllTransactions", ()).await;
    scripts.mine_late(3_700).await;
    let run = ended(child).await;
    let text = run.failed(3)["failure"].as_str().expect("text");
    assert!(text.contains("the node does not know it"), "{text}");
    assert!(text.contains("it can only fail now"), "{text}");

    // In a block, but after its deadline: the contract's reason, and what it cost.
    let bid = [target.as_str(), "--fraction", "0.1", "--deadline", "5"];
    let child = scripts.bid_that_waits(&bid).await;
    scripts.mine_late(10).await;
    let run = ended(child).await;
    let failure = run.failed(1);
    assert_eq!(failure["error"], "Expired", "{failure}");
    assert!(failure["gasUsed"].is_string() && failure["tx"].is_string());
}

/// S-6: everything a plan rests on is of one block. Somebody else bids between two requests of the script: its bid
/// names the version it priced, and is refused; before, it priced one version and named the next.
#[tokio::test(flavor = "multi_thread")]
async fn s6_a_plan_is_of_one_block() {
    let Some(mut scripts) = Scripts::start().await else {
        return;
    };
    let mut relay = Relay::open(&scripts.url).await;
    scripts.url.clone_from(&relay.url);
    let (house, target) = (&scripts.house, scripts.target());
    let p = &house.people;
    scripts.trade().await;
    scripts.sink().await;
    scripts.start_auction().await;
    let version = ok(house.account(p.alice.account()).await).1;
    let question = ILens::accountCall {
        account: p.alice.account(),
    };
    let question = alloy::hex::encode(question.abi_encode());

    let arguments = [target.as_str(), "--fraction", "0.1"];
    let mut command = scripts.command("bid.mjs", &arguments, Some(&p.bidder));
    let child = command.spawn().expect("node runs");
    let rival = IAuction::bidCall {
        b: Bid {
            account: p.alice.account(),
            bidder: p.bob.account(),
            fraction: uwad("0.02"),
            maxPrice: wad("1,000,000"),
            version,
            deadline: u64::MAX,
        },
    };
    let meddle = async {
        let mut fast = false;
        while let Some(held) = relay.next().await {
            // The script has asked for the account and does not know it yet.
            if !fast && held.request.contains(&question) {
                ok(house.send(&p.bob, house.at.auction, &rival).await);
                fast = true;
            }
            held.release().await;
        }
    };
    let run = tokio::select! {
        run = ended(child) => run,
        () = meddle => panic!("the relay stays open"),
    };
    assert_ne!(ok(house.account(p.alice.account()).await).1, version);
    let plan = run.one("plan");
    assert_eq!(plan["bid"]["version"], version, "of the state it priced");
    let failure = run.failed(1);
    assert_eq!(failure["error"], "VersionChanged");
    assert!(ok(house.leg(p.bidder.account(), perp(DESK, ETH)).await).is_none());
}

/// A command line that makes no sense is told from a refusal, with and without `--json`; `--help` is no failure.
#[tokio::test(flavor = "multi_thread")]
async fn exit_statuses_are_as_documented() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let (target, bidder) = (scripts.target(), Some(&scripts.house.people.bidder));
    for script in ["bid.mjs", "watch.mjs"] {
        for wrong in [&["--nonsense"][..], &["not-an-account"]] {
            scripts.run(script, wrong, bidder).await.failed(2);
        }
        let mut help = scripts.command(script, &["--help"], None);
        let help = help.output().await.expect("node runs");
        assert_eq!(help.status.code(), Some(0));
        let text = String::from_utf8_lossy(&help.stdout);
        assert!(text.contains("Exit status: 0 done"), "{text}");
    }
    for wrong in [
        &[][..],
        &[&target, "--fraction", "1.5"],
        &[&target, "--deadline", "0"],
        &[&target, "--tolerance=-1"],
    ] {
        scripts.run("bid.mjs", wrong, bidder).await.failed(2);
    }
    scripts
        .run("watch.mjs", &["--interval", "0"], None)
        .await
        .failed(2);
    let refused = scripts.run("bid.mjs", &[&target], bidder).await;
    assert!(
        refused.failed(1)["failure"]
            .as_str()
            .expect("text")
            .contains("not in auction")
    );
}
