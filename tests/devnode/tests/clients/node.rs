//! The node itself.

use super::*;

#[tokio::test]
async fn takes_many_clients_at_once() {
    let node = node().await;
    let mut tasks = Vec::new();
    for account in 0..8 {
        let provider = client(&node, account);
        tasks.push(tokio::spawn(async move {
            for _ in 0..10 {
                let tx = TransactionRequest::default()
                    .with_to(STRANGER)
                    .with_value(U256::from(1));
                provider
                    .send_transaction(tx)
                    .await
                    .unwrap()
                    .get_receipt()
                    .await
                    .unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(node.chain.with(|chain| chain.block_number()), 80);
    let provider = client(&node, 0);
    assert_eq!(
        provider.get_balance(STRANGER).await.unwrap(),
        U256::from(80)
    );
}

#[tokio::test]
async fn is_deterministic() {
    let run = async || {
        let node = node().await;
        let provider = client(&node, 0);
        let probe = Probe::deploy(&provider, U256::from(1)).await.unwrap();
        mined(probe.store(U256::from(2))).await;
        node.chain.with(|chain| chain.latest().hash)
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn stops_and_says_what_it_is() {
    let chain = ChainConfig {
        chain_id: 31_337,
        ..ChainConfig::default()
    };
    let node = Node::start(NodeConfig {
        chain,
        ..NodeConfig::default()
    })
    .await
    .unwrap();
    let banner = node.banner();
    for (what, count) in [
        ("0x", 20),
        (&*node.url, 1),
        (&*node.ws_url, 1),
        ("31337", 1),
    ] {
        assert!(banner.matches(what).count() >= count, "{what} in {banner}");
    }
    assert!(banner.contains("Not modelled"));
    assert!(banner.contains("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
    let provider = client(&node, 0);
    assert_eq!(provider.get_chain_id().await.unwrap(), 31_337);
    node.stop().await;
    assert!(provider.get_chain_id().await.is_err());
}

/// The known key, so that a change of the accounts is noticed here too.
#[test]
fn the_first_key_is_the_well_known_one() {
    let known = b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    assert_eq!(key(0), PrivateKeySigner::from_bytes(&known).unwrap());
}
