//! Calldata that is none.

use super::*;

/// Splitmix64: numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A-73, I-LIV-7: any calldata is answered with a typed error, and ether is refused.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_73_calldata_fuzz() {
    let house = House::start().await;
    let p = &house.people;
    let mut dice = Dice(7);
    let mut next = || dice.next();
    let contracts = [
        ("IOracle", house.at.oracle),
        ("IMargin", house.at.margin),
        ("IVault", house.at.vault),
        ("IClearinghouse", house.at.clearinghouse),
        ("IAuction", house.at.auction),
    ];
    let (mut answered, mut refused) = (0, 0);
    for (name, to) in contracts {
        for (signature, data) in methods(name) {
            let selector = data[..4].to_vec();
            let mut variants: Vec<Vec<u8>> = (0..11).map(|words| vec![0; words * 32]).collect();
            variants.extend((1..5).map(|n| vec![0xff; n * 64 - 1]));
            for _ in 0..12 {
                let words = next() as usize % 12;
                let mut body = Vec::new();
                for _ in 0..words {
                    let mut word = [0_u8; 32];
                    match next() % 5 {
                        0 => word[31] = next() as u8,
                        1 => word[24..].copy_from_slice(&(next() % 512 / 32 * 32).to_be_bytes()),
                        2 => word.fill(0xff),
                        3 => word[12..20].copy_from_slice(&next().to_be_bytes()),
                        _ => word.iter_mut().for_each(|b| *b = next() as u8),
                    }
                    body.extend(word);
                }
                body.truncate(body.len().saturating_sub(next() as usize % 3));
                variants.push(body);
            }
            for body in variants {
                let request = TransactionRequest::default()
                    .from(p.alice.address)
                    .to(to)
                    .gas_limit(20_000_000)
                    .input(Bytes::from([selector.clone(), body.clone()].concat()).into());
                match house.client.provider().call(request).await {
                    Ok(_) => answered += 1,
                    Err(e) => {
                        let data = e
                            .as_error_resp()
                            .and_then(|e| e.as_revert_data())
                            .unwrap_or_default();
                        assert!(
                            data.len() >= 4,
                            "{signature} with {}: an empty revert, {e}",
                            Bytes::from(body)
                        );
                        refused += 1;
                    }
                }
            }
        }
        // Shorter than a selector, unknown, and with ether.
        for (data, value) in [
            (vec![], 0),
            (vec![1, 2, 3], 0),
            (vec![0xde, 0xad, 0xbe, 0xef], 0),
            (vec![], 1),
            (vec![0x8d, 0xa5, 0xcb, 0x5b], 1),
        ] {
            let request = TransactionRequest::default()
                .from(p.alice.address)
                .to(to)
                .value(U256::from(value))
                .input(Bytes::from(data.clone()).into());
            let e = house
                .client
                .provider()
                .call(request)
                .await
                .expect_err("refused");
            let reason = e
                .as_error_resp()
                .and_then(|e| e.as_revert_data())
                .unwrap_or_default();
            if value == 1 {
                assert!(IVault::NotPayable::abi_decode(&reason).is_ok(), "{reason}");
            } else {
                let mut selector = [0; 4];
                selector[..data.len()].copy_from_slice(&data);
                assert_eq!(
                    IVault::UnknownSelector::abi_decode(&reason)
                        .expect("UnknownSelector")
                        .selector,
                    selector
                );
            }
        }
    }
    println!("{answered} answered, {refused} refused");
    assert!(answered > 100 && refused > 1_000);
}
