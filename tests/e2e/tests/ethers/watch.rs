//! The watcher on a chain that is reorganised.

use super::*;

/// S-5: blocks are followed by hash. Reverted and mined anew to the same height, an event is taken back and
/// the one in its place is told; a chain that only got shorter is noticed as well.
#[tokio::test(flavor = "multi_thread")]
async fn s5_a_reorganisation_to_the_same_height_is_noticed() {
    let Some(scripts) = Scripts::start().await else {
        return;
    };
    let house = &scripts.house;
    let (alice, bob) = (&house.people.alice, &house.people.bob);
    house.give(alice, "1,000").await;
    let before = house.snapshot().await.expect("the node obeys");

    let mut watcher = scripts
        .command("watch.mjs", &["--interval", "0.1"], None)
        .spawn()
        .expect("node runs");
    let mut seen = BufReader::new(watcher.stdout.take().expect("a pipe")).lines();
    wait_for(&mut seen, "first list", |l| l["kind"] == "account").await;

    let deposit = |line: &Value, kind: &str, who: &Actor| {
        line["kind"] == kind
            && line["event"] == "Deposited"
            && line["args"]["account"] == who.account().to_string().as_str()
    };
    house.give(alice, "111").await;
    let first = wait_for(&mut seen, "alice's deposit", |l| deposit(l, "event", alice)).await;

    // The same height, another block, another deposit.
    house.revert(before).await.expect("the node obeys");
    let before = house.snapshot().await.expect("the node obeys");
    house.give(bob, "222").await;
    let news = wait_for(&mut seen, "word of it", |l| l["kind"] == "reorganised").await;
    assert_eq!(
        news["after"].as_u64(),
        first["block"].as_u64().map(|b| b - 1)
    );
    let undone = wait_for(&mut seen, "her deposit undone", |l| {
        deposit(l, "undone", alice)
    })
    .await;
    assert_eq!(
        (&undone["tx"], &undone["blockHash"]),
        (&first["tx"], &first["blockHash"])
    );
    let second = wait_for(&mut seen, "bob's deposit", |l| deposit(l, "event", bob)).await;
    assert_eq!(second["block"], first["block"], "the same height");
    assert_ne!(second["blockHash"], first["blockHash"]);

    // Shorter, and nothing new.
    house.revert(before).await.expect("the node obeys");
    wait_for(&mut seen, "bob's deposit undone", |l| {
        deposit(l, "undone", bob)
    })
    .await;
    // What comes then is told once, as ever.
    house.give(alice, "333").await;
    let last = wait_for(&mut seen, "the next deposit", |l| l["event"] == "Deposited").await;
    assert!(deposit(&last, "event", alice), "{last}");
    stop(watcher).await;
}
