//! Calls from inside a token.

use super::*;

/// A token that calls from inside its methods, listed and held by alice; carol's account in auction.
struct Stage {
    house: House,
    token: Address,
}

impl Stage {
    async fn new() -> Self {
        let house = House::start().await;
        let p = &house.people;
        let address = create_token(&house, &ReentrantToken::BYTECODE).await;
        let token = admit_token(&house, address).await;
        house.give(&p.alice, "30,000").await;
        house.give(&p.bob, "30,000").await;
        house.give(&p.carol, "25,000").await;
        let eth = perp(DESK, ETH);
        house.fill(&p.alice, &p.bob, eth, "10", "2,000").await;
        house.fill(&p.carol, &p.bob, eth, "50", "2,000").await;
        house.set_price(ETH, "1,600").await.unwrap();
        house.start_auction(p.carol.account()).await;
        let alice = p.alice.account();
        ok(house.deposit(&p.alice, alice, token, amount(10)).await);
        let token = address;
        Self { house, token }
    }

    /// Every method of the vault, and those of siblings that need it: name, contract, calldata.
    async fn inner_calls(&self) -> Vec<(String, Address, Bytes)> {
        let house = &self.house;
        let (p, vault, auction) = (&house.people, house.at.vault, house.at.auction);
        let mut inner: Vec<(String, Address, Bytes)> = methods("IVault")
            .into_iter()
            .map(|(name, data)| (name, vault, data))
            .collect();
        assert!(inner.len() >= 22, "{}", inner.len());
        inner.push(("nothing".into(), vault, Bytes::from_static(&[1])));
        let (alice, carol) = (p.alice.account(), p.carol.account());
        let bid = IAuction::bidCall {
            b: Bid {
                account: carol,
                bidder: B256::from_slice(&[self.token.as_slice(), &[0; 12]].concat()),
                fraction: U256::from(ONE),
                maxPrice: I256::MAX,
                version: ok(house.account(carol).await).1,
                deadline: u64::MAX,
            },
        };
        let start = IAuction::startCall { account: alice };
        let close = IAuction::closeCall { account: carol };
        let state = IAuction::stateCall { account: alice };
        let report = House::report(alice, p.bob.account(), perp(DESK, ETH), "1", "1,600");
        for (name, to, data) in [
            ("auction.start", auction, start.abi_encode()),
            ("auction.close", auction, close.abi_encode()),
            ("auction.state", auction, state.abi_encode()),
            ("auction.bid", auction, bid.abi_encode()),
            ("desk.invent", house.desk(), report.abi_encode()),
        ] {
            inner.push((name.into(), to, data.into()));
        }
        inner
    }

    /// What the token calls from now on, in which of its methods, before or after it moves.
    async fn arm(&self, hooks_: u8, before_: bool, target_: Address, payload_: &Bytes) {
        let call = ReentrantToken::armCall {
            hooks_,
            before_,
            mustSucceed_: false,
            target_,
            payload_: payload_.clone(),
        };
        let deployer = &self.house.people.deployer;
        ok(self.house.send(deployer, self.token, &call).await);
    }

    async fn deposit(&self) {
        let alice = &self.house.people.alice;
        let call = IVault::depositCall {
            account: alice.account(),
            token: self.token,
            amount: amount(1),
        };
        ok(self.house.send(alice, self.house.at.vault, &call).await);
    }

    async fn withdraw(&self) {
        let alice = &self.house.people.alice;
        let call = IVault::withdrawCall {
            account: alice.account(),
            token: self.token,
            amount: amount(1),
            to: alice.address,
        };
        ok(self.house.send(alice, self.house.at.vault, &call).await);
    }

    /// The token called once, and was told that the vault is locked.
    async fn assert_locked_out(&self, name: &str) {
        let (house, token) = (&self.house, self.token);
        let locked = Bytes::from(IVault::Locked {}.abi_encode());
        let calls = ok(house.ask(token, &ReentrantToken::callsCall {}).await);
        assert_eq!(calls, U256::from(1), "{name}");
        let got_in = ok(house.ask(token, &ReentrantToken::lastOkCall {}).await);
        assert!(!got_in, "{name} got in");
        let said = ok(house.ask(token, &ReentrantToken::lastDataCall {}).await);
        assert_eq!(said, locked, "{name}");
    }
}

/// I-REE-1: whatever a token calls from inside a transfer, the vault is locked, for every one
/// of its methods and so for every sibling that needs it; the outer call is not disturbed.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_17_reentry_finds_the_door_locked() {
    let stage = Stage::new().await;
    let (house, token) = (&stage.house, stage.token);
    let alice = &house.people.alice;
    for (name, target, payload) in stage.inner_calls().await {
        for (hooks, before) in [(1, true), (1, false), (2, true), (2, false)] {
            stage.arm(hooks, before, target, &payload).await;
            let now = balance(house, alice).await;
            if hooks == 1 {
                stage.withdraw().await;
                assert_eq!(balance(house, alice).await, now - WAD);
            } else {
                stage.deposit().await;
                assert_eq!(balance(house, alice).await, now + WAD);
            }
            stage.assert_locked_out(&name).await;
        }
        // From balanceOf, statically: the token fails the outer call if it gets an answer.
        stage.arm(4, true, target, &payload).await;
        stage.deposit().await;
        stage.withdraw().await;
    }
    stage.arm(0, false, Address::ZERO, &Bytes::new()).await;
    assert_eq!(
        holds(house, house.at.vault, token).await,
        U256::from(held(house).await)
    );
    house.assert_balanced().await;
}
