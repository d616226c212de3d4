//! What an interruption leaves.

use super::*;

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
    // Fragments; each contract is created, activated, initialised; the lens is named.
    let all = fragments(&programs) + 3 * registry::CONTRACTS.len() + 1;
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
        let fragments = record.fragments.values().flatten();
        for deployed in record.contracts.values().chain(fragments) {
            let receipt = client.receipt_of(deployed.tx).await.unwrap().unwrap();
            assert_eq!(receipt.contract_address, Some(deployed.address));
            assert_eq!(receipt.block_number, Some(deployed.block));
        }
        let sent = node
            .chain
            .with(move |chain| chain.nonce(signer.address(), Default::default()).unwrap());
        assert_eq!(sent, all as u64, "cut at {cut}");
        if !there_were {
            break;
        }
        (cut, tried) = (cut + step, tried + 1);
    }
    assert!(tried * step >= all - step, "{tried} cuts");
}

/// A creation that was written down and never reached the chain is sent again: here the first of all, that of the
/// oracle's first fragment.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_sent_is_sent() {
    let programs = plimsoll_build::build_cached(&Progress::silent()).unwrap();
    let node = node().await;
    let client = Client::connect(&node.url).await.unwrap();
    let signer = node.chain.with(|chain| chain.accounts()[0].signer.clone());
    let path = Scratch::new("lost.json");
    let lost = Record {
        chain_id: client.chain_id(),
        underway: Some(plimsoll::deploy::Underway {
            name: "oracle fragment 1".into(),
            address: signer.address().create(0),
            tx: B256::repeat_byte(7),
        }),
        ..Record::default()
    };
    lost.save(&path.0).unwrap();
    let mut deployer =
        Deployer::new(&client, &signer, Some(path.0.clone()), Progress::silent()).unwrap();
    let at = deployer.contracts(&programs, false).await.unwrap();
    let first = &deployer.record().fragments["oracle"][0];
    assert_eq!(first.address, signer.address().create(0));
    assert_ne!(first.tx, B256::repeat_byte(7));
    assert_ne!(at.oracle, first.address);
}
