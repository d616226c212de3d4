//! Contracts in fragments.

use super::*;

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
