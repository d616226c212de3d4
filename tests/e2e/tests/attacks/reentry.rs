//! Calls from inside a token.

use super::*;

/// I-REE-1: whatever a token calls from inside a transfer, the vault is locked, for every one
/// of its methods and so for every sibling that needs it; the outer call is not disturbed.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_17_reentry_finds_the_door_locked() {
    let house = House::start().await;
    let p = &house.people;
    let address = create_token(&house, &ReentrantToken::BYTECODE).await;
    let token = admit_token(&house, address).await;
    let alice = p.alice.account();
    house.give(&p.alice, "30,000").await;
    house.give(&p.bob, "30,000").await;
    house.give(&p.carol, "25,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "10", "2,000")
        .await;
    house
        .fill(&p.carol, &p.bob, perp(DESK, ETH), "50", "2,000")
        .await;
    house.set_price(ETH, "1,600").await.unwrap();
    house.start_auction(p.carol.account()).await;
    ok(house.deposit(&p.alice, alice, token, amount(10)).await);

    let locked = Bytes::from(IVault::Locked {}.abi_encode());
    let mut inner: Vec<(String, Address, Bytes)> = methods("IVault")
        .into_iter()
        .map(|(name, data)| (name, house.at.vault, data))
        .collect();
    assert!(inner.len() >= 22, "{}", inner.len());
    inner.push(("nothing".into(), house.at.vault, Bytes::from_static(&[1])));
    let (_, version, _) = ok(house.account(p.carol.account()).await);
    let b = Bid {
        account: p.carol.account(),
        bidder: B256::from_slice(&[address.as_slice(), &[0; 12]].concat()),
        fraction: U256::from(ONE),
        maxPrice: I256::MAX,
        version,
        deadline: u64::MAX,
    };
    let report = House::report(alice, p.bob.account(), perp(DESK, ETH), "1", "1,600");
    for (name, to, data) in [
        (
            "auction.start",
            house.at.auction,
            IAuction::startCall { account: alice }.abi_encode(),
        ),
        (
            "auction.close",
            house.at.auction,
            IAuction::closeCall {
                account: p.carol.account(),
            }
            .abi_encode(),
        ),
        (
            "auction.state",
            house.at.auction,
            IAuction::stateCall { account: alice }.abi_encode(),
        ),
        (
            "auction.bid",
            house.at.auction,
            IAuction::bidCall { b }.abi_encode(),
        ),
        ("desk.invent", house.desk(), report.abi_encode()),
    ] {
        inner.push((name.into(), to, data.into()));
    }

    let deposit = IVault::depositCall {
        account: alice,
        token: address,
        amount: amount(1),
    };
    let withdraw = IVault::withdrawCall {
        account: alice,
        token: address,
        amount: amount(1),
        to: p.alice.address,
    };
    for (name, target_, payload_) in inner {
        for (hooks_, before_) in [(1, true), (1, false), (2, true), (2, false)] {
            let arm = ReentrantToken::armCall {
                hooks_,
                before_,
                mustSucceed_: false,
                target_,
                payload_: payload_.clone(),
            };
            ok(house.send(&p.deployer, address, &arm).await);
            let now = balance(&house, &p.alice).await;
            if hooks_ == 1 {
                ok(house.send(&p.alice, house.at.vault, &withdraw).await);
                assert_eq!(balance(&house, &p.alice).await, now - WAD);
            } else {
                ok(house.send(&p.alice, house.at.vault, &deposit).await);
                assert_eq!(balance(&house, &p.alice).await, now + WAD);
            }
            assert_eq!(
                ok(house.ask(address, &ReentrantToken::callsCall {}).await),
                U256::from(1),
                "{name}"
            );
            assert!(
                !ok(house.ask(address, &ReentrantToken::lastOkCall {}).await),
                "{name} got in"
            );
            assert_eq!(
                ok(house.ask(address, &ReentrantToken::lastDataCall {}).await),
                locked,
                "{name}"
            );
        }
        // From balanceOf, statically: the token fails the outer call if it gets an answer.
        let arm = ReentrantToken::armCall {
            hooks_: 4,
            before_: true,
            mustSucceed_: false,
            target_,
            payload_,
        };
        ok(house.send(&p.deployer, address, &arm).await);
        ok(house.send(&p.alice, house.at.vault, &deposit).await);
        ok(house.send(&p.alice, house.at.vault, &withdraw).await);
    }
    let off = ReentrantToken::armCall {
        hooks_: 0,
        before_: false,
        mustSucceed_: false,
        target_: Address::ZERO,
        payload_: Bytes::new(),
    };
    ok(house.send(&p.deployer, address, &off).await);
    assert_eq!(
        holds(&house, house.at.vault, address).await,
        U256::from(held(&house).await)
    );
    house.assert_balanced().await;
}
