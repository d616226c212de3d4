//! Contracts in fragments.

use super::*;
use std::collections::BTreeMap;

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
    assert_eq!(fragments.len(), 3);
    let cut = programs.iter().filter(|p| !p.is_whole());
    let cut: BTreeMap<_, _> = cut.map(|p| (p.name, p.fragments.len())).collect();
    let pieces = record.fragments.iter();
    let recorded: BTreeMap<_, _> = pieces.map(|(name, f)| (&**name, f.len())).collect();
    assert_eq!(recorded, cut, "all that are in fragments, and no other");
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
    let built = plimsoll_build::build_cached(&Progress::silent()).unwrap();
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

/// A chain before ArbOS 60 knows no fragments, and a house cannot do without some contracts that are in fragments: said
/// before anything is sent. On the same chain, upgraded, the same deployer goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_knows_no_fragments_is_refused_before_anything_is_sent() {
    let programs = plimsoll_build::build_cached(&Progress::silent()).unwrap();
    let node = node_of(51).await;
    let client = Client::connect(&node.url).await.unwrap();
    let signer = node.chain.with(|chain| chain.accounts()[0].signer.clone());
    let path = Scratch::new("old-chain.json");
    let run = async || {
        let path = Some(path.0.clone());
        let mut deployer = Deployer::new(&client, &signer, path, Progress::silent()).unwrap();
        deployer.contracts(&programs, false).await
    };
    let nonce = || {
        let address = signer.address();
        node.chain
            .with(move |chain| chain.nonce(address, Default::default()).unwrap())
    };
    let refused = format!("{:#}", run().await.unwrap_err());
    for says in ["oracle (2 fragments)", "margin (2 fragments)", "ArbOS 60"] {
        assert!(refused.contains(says), "{refused}");
    }
    assert!(!refused.contains("lens"), "it is optional: {refused}");
    assert_eq!((nonce(), path.0.exists()), (0, false), "nothing was sent");

    let _: serde_json::Value = client.rpc("plimsoll_upgradeArbos", [60]).await.unwrap();
    let at = run().await.unwrap();
    assert!(!at.lens.is_zero());
    let record = Record::open(&path.0, client.chain_id()).unwrap();
    let compared = compare(&client, &record, &programs, Some(signer.address())).await;
    let compared = compared.unwrap();
    assert!(compared.ok, "{}", compared.render());
}
