//! Calldata that is none.

use super::*;

/// Zeros and ones of several lengths, and twelve bodies of words that look like arguments.
fn bodies(dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = (0..11).map(|words| vec![0; words * 32]).collect();
    bodies.extend((1..5).map(|n| vec![0xff; n * 64 - 1]));
    bodies.extend((0..12).map(|_| {
        let words = dice.below(12);
        let mut body: Vec<u8> = (0..words).flat_map(|_| word(dice)).collect();
        body.truncate(body.len().saturating_sub(dice.below(3) as usize));
        body
    }));
    bodies
}

/// A byte, an offset, ones, eight bytes in the middle, or anything.
fn word(dice: &mut Dice) -> [u8; 32] {
    let mut word = [0_u8; 32];
    match dice.below(5) {
        0 => word[31] = dice.roll() as u8,
        1 => word[24..].copy_from_slice(&(dice.below(16) * 32).to_be_bytes()),
        2 => word.fill(0xff),
        3 => word[12..20].copy_from_slice(&dice.roll().to_be_bytes()),
        _ => word.iter_mut().for_each(|b| *b = dice.roll() as u8),
    }
    word
}

/// What alice's call is answered, or refused with.
async fn call(house: &House, to: Address, data: Vec<u8>, value: u64) -> Result<Bytes, Bytes> {
    let request = TransactionRequest::default()
        .from(house.people.alice.address)
        .to(to)
        .value(U256::from(value))
        .gas_limit(20_000_000)
        .input(Bytes::from(data).into());
    house.client.provider().call(request).await.map_err(|e| {
        let reason = e.as_error_resp().and_then(|e| e.as_revert_data());
        reason.unwrap_or_default()
    })
}

/// A-73, I-LIV-7: any calldata is answered with a typed error, and ether is refused.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_73_calldata_fuzz() {
    let house = House::start().await;
    let mut dice = Dice(7);
    let contracts = plimsoll::registry::CONTRACTS
        .iter()
        .map(|c| (c.interface, house.at.get(c.name).expect("an address")));
    let (mut answered, mut refused) = (0, 0);
    for (name, to) in contracts {
        for (signature, data) in methods(name) {
            for body in bodies(&mut dice) {
                let data = [&data[..4], &body].concat();
                match call(&house, to, data, 0).await {
                    Ok(_) => answered += 1,
                    Err(reason) => {
                        let body = Bytes::from(body);
                        assert!(
                            reason.len() >= 4,
                            "{signature} with {body}: an empty revert"
                        );
                        refused += 1;
                    }
                }
            }
        }
        assert_no_method(&house, to).await;
    }
    println!("{answered} answered, {refused} refused");
    assert!(answered > 100 && refused > 1_000);
}

/// Shorter than a selector, unknown, and with ether.
async fn assert_no_method(house: &House, to: Address) {
    for data in [vec![], vec![1, 2, 3], vec![0xde, 0xad, 0xbe, 0xef]] {
        let mut selector = [0; 4];
        selector[..data.len()].copy_from_slice(&data);
        let reason = call(house, to, data, 0).await.expect_err("refused");
        let e = IVault::UnknownSelector::abi_decode(&reason).expect("UnknownSelector");
        assert_eq!(e.selector, selector);
    }
    for data in [vec![], vec![0x8d, 0xa5, 0xcb, 0x5b]] {
        let reason = call(house, to, data, 1).await.expect_err("refused");
        assert!(IVault::NotPayable::abi_decode(&reason).is_ok(), "{reason}");
    }
}
