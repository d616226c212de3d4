//! The gate over every method of every contract, and the ledger against a small model of its own.

use alloy::{eips::BlockId, providers::Provider, rpc::types::TransactionRequest};
use plimsoll_e2e::{reference::LyingVenue::Fill, *};
use std::collections::BTreeMap;

/// Every state-changing method of the house's contracts, from the published ABI.
fn methods() -> Vec<String> {
    let abi = plimsoll::workspace::root().join("abi");
    let contracts = [
        "IOracle",
        "IMargin",
        "IParameters",
        "IVault",
        "IClearinghouse",
        "IAuction",
        "ILens",
    ];
    contracts
        .iter()
        .flat_map(|name| {
            let text = std::fs::read_to_string(abi.join(format!("{name}.json")))
                .expect("the ABI is there");
            let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let items = json
                .as_array()
                .or_else(|| json["abi"].as_array())
                .expect("an ABI")
                .clone();
            items
                .into_iter()
                .filter(|item| {
                    item["type"] == "function" && item["stateMutability"] == "nonpayable"
                })
                .map(move |item| format!("{name}.{}", item["name"].as_str().expect("a name")))
        })
        .collect()
}

struct Watch<'a> {
    house: &'a House,
    healthy: BTreeMap<B256, bool>,
    /// Below its line and in auction, with linear legs only, so that no clock moves its numbers.
    sinking: (B256, Assessment),
    tried: usize,
    passed: usize,
}

impl<'a> Watch<'a> {
    async fn new(house: &'a House, sinking: B256) -> Self {
        let p = &house.people;
        let now = ok(house.assess(sinking).await);
        let mut healthy = BTreeMap::new();
        for actor in p.all() {
            for number in 0..2 {
                let account = actor.subaccount(number);
                healthy.insert(account, is_healthy(house, account).await);
            }
        }
        Self {
            house,
            healthy,
            sinking: (sinking, now),
            tried: 0,
            passed: 0,
        }
    }

    /// Tries a call, checks everybody, and undoes it.
    async fn attempt(&mut self, actor: &Actor, to: Address, call: &impl SolCall) {
        let snapshot = self.house.snapshot().await.unwrap();
        self.tried += 1;
        let outcome = self.house.send(actor, to, call).await;
        self.passed += usize::from(outcome.is_ok());
        if let Err(e) = &outcome {
            let data = e.revert_data().unwrap_or_else(|| panic!("{e}"));
            assert!(data.len() >= 4, "an empty revert: {e}");
        }
        for (account, was) in &self.healthy {
            if *was {
                assert!(
                    is_healthy(self.house, *account).await,
                    "{account} was healthy before {}",
                    actor.name
                );
            }
        }
        // Whoever is not healthy has become no worse, also where nothing is left of him.
        let (account, before) = &self.sinking;
        let after = ok(self.house.assess(*account).await);
        let name = &actor.name;
        assert!(
            after.im <= before.im && after.mm <= before.mm,
            "{name} added to the risk of {account}: {after:?}"
        );
        let rounding = I256::try_from(plimsoll_kernel::gate::EQUITY_ROUNDING).unwrap();
        assert!(
            after.equity >= before.equity - rounding,
            "{name} took from {account}: {after:?}"
        );
        self.house.assert_balanced().await;
        self.house.revert(snapshot).await.unwrap();
    }
}

/// In the latest block's own second: requirements of options change with time, which is nobody's doing.
async fn is_healthy(house: &House, account: B256) -> bool {
    let call = IVault::assessAccountCall { account };
    let request = TransactionRequest::default()
        .to(house.at.vault)
        .input(call.abi_encode().into());
    let answer = house.client.provider().call(request);
    let answer = answer.block(BlockId::latest()).await.expect("an answer");
    let a = IVault::assessAccountCall::abi_decode_returns(&answer).expect("an assessment");
    !a.stale && a.equity >= I256::try_from(a.im).unwrap()
}

/// I-GATE-1: at fixed prices no method makes a healthy account unhealthy, whoever calls it; nor one in auction worse, also
/// where it ends flat (L-10). Of what a sale may do to the account sold, see `auction.rs`.
///
/// A method that the ABI gains fails this test until it is tried here.
#[tokio::test(flavor = "multi_thread")]
async fn i_gate_1_no_method_makes_a_healthy_account_unhealthy() {
    let house = House::start().await;
    let p = &house.people;
    let at = house.at;
    let eth = perp(DESK, ETH);
    let day = house.day(30).await;
    let surface = async |forward| house.flat(ETH, day, forward, "0.8").await;
    ok(house.push(vec![surface("2,000").await]).await);
    let (calls, puts) = (
        option(DESK, ETH, true, day, "2,000"),
        option(DESK, ETH, false, day, "1,800"),
    );
    house.give(&p.alice, "50,000").await;
    house.give_token(&p.alice, house.weth, "1").await;
    house.give(&p.bob, "50,000").await;
    house.give(&p.carol, "26,000").await;
    house.give(&p.bidder, "50,000").await;
    house.fill(&p.alice, &p.bob, eth, "50", "2,000").await;
    house.fill(&p.carol, &p.bidder, eth, "50", "2,000").await;
    house.fill_at_mark(&p.bob, &p.alice, calls, "5").await;
    house.fill_at_mark(&p.bidder, &p.carol, puts, "5").await;
    // Another account of carol's, without options, ends there too.
    let dora = p.carol.subaccount(1);
    let coins = house.usdc.amount("24,000").unwrap();
    ok(house.deposit(&p.carol, dora, house.usdc, coins).await);
    ok(house.admit(&p.carol, dora, DESK, true).await);
    let call = House::report(dora, p.bidder.account(), eth, "50", "2,000");
    ok(house.send(&p.stranger, house.desk(), &call).await);
    // Carol's equity ends in an auction; alice is close to her line but above it.
    house.set_price(ETH, "1,750").await.unwrap();
    ok(house.push(vec![surface("1,750").await]).await);
    let most = ok(house.max_withdraw(p.alice.account(), house.usdc).await);
    let most = most - house.usdc.amount("500").unwrap();
    ok(house
        .withdraw(&p.alice, p.alice.account(), house.usdc, most)
        .await);
    for account in [p.carol.account(), dora] {
        let call = IAuction::startCall { account };
        ok(house.send(&p.stranger, at.auction, &call).await);
    }
    house.warp(600).await.unwrap();
    let mut watch = Watch::new(&house, dora).await;
    assert!(watch.healthy[&p.alice.account()] && !watch.healthy[&p.carol.account()]);
    assert!(!watch.healthy[&dora] && watch.sinking.1.equity > I256::ZERO);

    let everyone = [&p.alice, &p.bob, &p.carol, &p.bidder, &p.stranger];
    let (alice, bob, carol) = (p.alice.account(), p.bob.account(), p.carol.account());
    for method in methods() {
        println!("{method}");
        match method.as_str() {
            // Of the owner only: parameters are not the gate's subject. Nobody else gets through.
            "IOracle.initialize" => {
                watch
                    .attempt(
                        &p.stranger,
                        at.oracle,
                        &IOracle::initializeCall {
                            owner: p.stranger.address,
                        },
                    )
                    .await;
            }
            "IMargin.initialize" => {
                watch
                    .attempt(
                        &p.stranger,
                        at.margin,
                        &IMargin::initializeCall {
                            parameters: p.stranger.address,
                            oracle: at.oracle,
                        },
                    )
                    .await;
            }
            "IVault.initialize" => {
                let a = p.stranger.address;
                let call = IVault::initializeCall {
                    owner: a,
                    margin: a,
                    clearinghouse: a,
                    auction: a,
                };
                watch.attempt(&p.stranger, at.vault, &call).await;
            }
            "IClearinghouse.initialize" | "IAuction.initialize" => {
                let a = p.stranger.address;
                for to in [at.clearinghouse, at.auction] {
                    watch
                        .attempt(
                            &p.stranger,
                            to,
                            &IAuction::initializeCall {
                                owner: a,
                                vault: a,
                                margin: a,
                            },
                        )
                        .await;
                }
            }
            "IOracle.transferOwnership"
            | "IParameters.transferOwnership"
            | "IVault.transferOwnership"
            | "IClearinghouse.transferOwnership"
            | "IAuction.transferOwnership"
            | "IOracle.acceptOwnership"
            | "IParameters.acceptOwnership"
            | "IVault.acceptOwnership"
            | "IClearinghouse.acceptOwnership"
            | "IAuction.acceptOwnership" => {
                for to in [
                    at.oracle,
                    at.parameters,
                    at.vault,
                    at.clearinghouse,
                    at.auction,
                ] {
                    watch
                        .attempt(
                            &p.deployer,
                            to,
                            &IVault::transferOwnershipCall {
                                newOwner: p.alice.address,
                            },
                        )
                        .await;
                    watch
                        .attempt(&p.alice, to, &IVault::acceptOwnershipCall {})
                        .await;
                }
            }
            "IOracle.setFeed" => {
                let call = IOracle::setFeedCall {
                    feed: ETH,
                    aggregator: house.btc_feed,
                    maxAge: 60,
                    minPrice: U256::from(1),
                    maxPrice: uwad("1"),
                    confidence: 0,
                };
                watch.attempt(&p.alice, at.oracle, &call).await;
            }
            "IOracle.setSurfaceTerms" => {
                let call = IOracle::setSurfaceTermsCall {
                    underlying: ETH,
                    feed: ETH,
                    maxAge: 60,
                    maxBasis: WAD as u64,
                };
                watch.attempt(&p.alice, at.oracle, &call).await;
            }
            "IOracle.setSigners" => {
                let call = IOracle::setSignersCall {
                    signers: vec![p.alice.address],
                    threshold: 1,
                };
                watch.attempt(&p.alice, at.oracle, &call).await;
            }
            // What signers say of the market is a price. The same again, by anybody; and what no signer said.
            "IOracle.pushExpiries" => {
                let updates = vec![surface("1,750").await];
                let observed = house.client.now().await.unwrap();
                let domain = plimsoll::push::domain(house.client.chain_id(), at.oracle);
                let hash = plimsoll::push::signing_hash(&domain, &updates, observed);
                for signer in [&p.deployer, &p.alice] {
                    let keys = std::slice::from_ref(&signer.signer);
                    let call = IOracle::pushExpiriesCall {
                        updates: updates.clone(),
                        observedAt: observed,
                        signatures: plimsoll::push::sign(hash, keys).unwrap(),
                    };
                    watch.attempt(&p.alice, at.oracle, &call).await;
                }
            }
            "IMargin.setTerms" => {
                let call = IMargin::setTermsCall {
                    key: U256::from(1_u64 << 32),
                    words: vec![U256::ZERO],
                };
                for actor in everyone {
                    watch.attempt(actor, at.margin, &call).await;
                }
            }
            "IParameters.initialize" => {
                let call = IParameters::initializeCall {
                    owner: p.stranger.address,
                    margin: at.margin,
                    oracle: at.oracle,
                    vault: at.vault,
                };
                watch.attempt(&p.stranger, at.parameters, &call).await;
            }
            "IParameters.setRules" => {
                let call = IParameters::setRulesCall {
                    imFactor: WAD as u64 * 2,
                    mmFactor: WAD as u64 * 2,
                    maxOffset: 0,
                    calmReach: WAD as u64,
                    togetherReach: WAD as u64,
                    coinFeed: 0,
                };
                watch.attempt(&p.alice, at.parameters, &call).await;
            }
            "IParameters.setUnderlying" => {
                let query = IParameters::underlyingCall { underlying: ETH };
                let terms = ok(house.ask(at.parameters, &query).await);
                let call = IParameters::setUnderlyingCall {
                    underlying: ETH,
                    terms: UnderlyingTerms {
                        scenarioSet: 3,
                        ..terms
                    },
                };
                watch.attempt(&p.alice, at.parameters, &call).await;
            }
            "IParameters.setAsset" => {
                let call = IParameters::setAssetCall {
                    asset: 2,
                    feed: ETH,
                    underlying: ETH,
                    decimals: 18,
                    imHaircut: WAD as u64 / 5,
                    mmHaircut: 0,
                };
                watch.attempt(&p.alice, at.parameters, &call).await;
            }
            "ILens.initialize" => {
                let call = ILens::initializeCall {
                    vault: at.vault,
                    clearinghouse: at.clearinghouse,
                    auction: at.auction,
                    margin: at.margin,
                    oracle: at.oracle,
                };
                watch.attempt(&p.stranger, at.lens, &call).await;
                watch.attempt(&p.deployer, at.lens, &call).await;
            }
            "IClearinghouse.setLens" => {
                // Nothing depends on it, whatever it names.
                let call = IClearinghouse::setLensCall { lens: at.vault };
                watch.attempt(&p.alice, at.clearinghouse, &call).await;
                watch.attempt(&p.deployer, at.clearinghouse, &call).await;
            }
            "IVault.listAsset" => {
                watch
                    .attempt(
                        &p.alice,
                        at.vault,
                        &IVault::listAssetCall {
                            token: house.eth_feed,
                            cap: 1,
                        },
                    )
                    .await;
            }
            "IVault.setCap" => {
                // A cap below what is held stops deposits and nothing else.
                watch
                    .attempt(
                        &p.deployer,
                        at.vault,
                        &IVault::setCapCall { asset: 0, cap: 0 },
                    )
                    .await;
            }
            "IClearinghouse.setVenue" => {
                let call = IClearinghouse::setVenueCall {
                    venue: DESK,
                    contractAddress: house.desk(),
                    feeAccount: bob,
                    band: WAD as u64 / 5,
                    active: false,
                };
                watch.attempt(&p.deployer, at.clearinghouse, &call).await;
            }
            "IAuction.setParameters" => {
                let call = IAuction::setParametersCall {
                    lambdaMax: 1,
                    duration: 1,
                    fundLambdaMax: 1,
                    fundDuration: 1,
                    buffer: 1,
                    minFraction: 1,
                };
                watch.attempt(&p.alice, at.auction, &call).await;
            }
            // Anybody's.
            "IVault.deposit" => {
                for actor in everyone {
                    for account in [alice, bob, carol, ids::fund_account(at.vault)] {
                        let call = IVault::depositCall {
                            account,
                            token: house.usdc.address,
                            amount: U256::from(5_000_000),
                        };
                        watch.attempt(actor, at.vault, &call).await;
                        let call = IVault::depositCall {
                            account,
                            token: house.wbtc.address,
                            amount: U256::from(1),
                        };
                        watch.attempt(actor, at.vault, &call).await;
                    }
                }
            }
            "IVault.withdraw" => {
                for actor in everyone {
                    for account in [alice, bob, carol] {
                        for token in house.tokens() {
                            let most = ok(house.max_withdraw(account, token).await);
                            for amount in [
                                U256::from(1),
                                most,
                                most + U256::from(1),
                                most * U256::from(2),
                                U256::MAX,
                            ] {
                                let call = IVault::withdrawCall {
                                    account,
                                    token: token.address,
                                    amount,
                                    to: actor.address,
                                };
                                watch.attempt(actor, at.vault, &call).await;
                            }
                        }
                    }
                }
            }
            "IVault.admitVenue" => {
                for actor in everyone {
                    for admitted in [true, false] {
                        watch
                            .attempt(
                                actor,
                                at.vault,
                                &IVault::admitVenueCall {
                                    account: alice,
                                    venue: DESK,
                                    admitted,
                                },
                            )
                            .await;
                    }
                }
            }
            "IVault.setOperator" => {
                for actor in everyone {
                    let call = IVault::setOperatorCall {
                        account: alice,
                        operator: p.stranger.address,
                        approved: true,
                    };
                    watch.attempt(actor, at.vault, &call).await;
                }
            }
            "IVault.applyEntries" | "IVault.setInAuction" => {
                for actor in everyone.into_iter().chain([&p.deployer]) {
                    let entries = vec![
                        Entry {
                            account: alice,
                            cash: -1_000_000_000_000_000_000_000,
                            instrument: 0,
                            size: 0,
                            quote: 0,
                        },
                        Entry {
                            account: bob,
                            cash: 1_000_000_000_000_000_000_000,
                            instrument: 0,
                            size: 0,
                            quote: 0,
                        },
                    ];
                    for (venue, liquidated) in [(DESK, B256::ZERO), (0, alice)] {
                        let call = IVault::applyEntriesCall {
                            venue,
                            liquidated,
                            entries: entries.clone(),
                            assets: vec![],
                        };
                        watch.attempt(actor, at.vault, &call).await;
                    }
                    watch
                        .attempt(
                            actor,
                            at.vault,
                            &IVault::setInAuctionCall {
                                account: alice,
                                inAuction: true,
                            },
                        )
                        .await;
                }
            }
            "IClearinghouse.clear" => {
                // Through a venue that invents trades: every pair, both ways, small, large and through zero, at the mark
                // and at both ends of the band.
                for (buyer, seller) in [
                    (alice, bob),
                    (bob, alice),
                    (carol, bob),
                    (alice, carol),
                    (p.bidder.account(), alice),
                ] {
                    for size in ["0.0001", "1", "7.77", "50", "100", "300"] {
                        for price in ["1,575", "1,750", "1,925"] {
                            let call = House::report(buyer, seller, eth, size, price);
                            watch.attempt(&p.stranger, house.desk(), &call).await;
                        }
                    }
                }
                // Who is in auction: all of it, all but a lot, more; at the mark and away from it.
                for size in ["0.0001", "25", "49.9999", "50", "60"] {
                    for price in ["1,575", "1,749.99", "1,750", "1,925"] {
                        for (buyer, seller) in [(bob, dora), (dora, bob)] {
                            let call = House::report(buyer, seller, eth, size, price);
                            watch.attempt(&p.stranger, house.desk(), &call).await;
                        }
                    }
                }
                // Options too: opened, closed and turned round.
                for (buyer, seller) in [(alice, bob), (bob, alice), (carol, bob), (alice, carol)] {
                    for instrument in [calls, puts] {
                        let mark: u128 = ok(house.mark(instrument).await).to();
                        for size in ["0.0001", "5", "40"] {
                            for price in [mark - mark / 10, mark, mark + mark / 10] {
                                let call = reference::LyingVenue::inventCall {
                                    price: U256::from(price),
                                    ..House::report(buyer, seller, instrument, size, "1")
                                };
                                watch.attempt(&p.stranger, house.desk(), &call).await;
                            }
                        }
                    }
                }
                let call = IClearinghouse::clearCall { fills: vec![] };
                watch.attempt(&p.alice, at.clearinghouse, &call).await;
            }
            "IAuction.start"
            | "IAuction.noteStale"
            | "IAuction.markInsolvent"
            | "IAuction.close" => {
                for account in [alice, bob, carol, ids::fund_account(at.vault)] {
                    watch
                        .attempt(
                            &p.stranger,
                            at.auction,
                            &IAuction::noteStaleCall { account },
                        )
                        .await;
                    watch
                        .attempt(&p.stranger, at.auction, &IAuction::startCall { account })
                        .await;
                    watch
                        .attempt(
                            &p.stranger,
                            at.auction,
                            &IAuction::markInsolventCall { account },
                        )
                        .await;
                    watch
                        .attempt(&p.stranger, at.auction, &IAuction::closeCall { account })
                        .await;
                }
            }
            "IAuction.bid" => {
                let (_, version, _) = ok(house.account(carol).await);
                let own = |actor: &'_ Actor| actor.account();
                let bidders = [
                    (&p.alice, own(&p.alice)),
                    (&p.bob, own(&p.bob)),
                    (&p.bidder, own(&p.bidder)),
                    (&p.carol, own(&p.carol)),
                    (&p.carol, dora),
                ];
                for (actor, bidder) in bidders {
                    for percent in [1_u64, 10, 60, 100] {
                        let b = Bid {
                            account: carol,
                            bidder,
                            fraction: U256::from(percent) * U256::from(WAD / 100),
                            maxPrice: I256::MAX,
                            version,
                            deadline: u64::MAX,
                        };
                        watch
                            .attempt(actor, at.auction, &IAuction::bidCall { b })
                            .await;
                    }
                }
            }
            _ => panic!(
                "{method} is new: try it here, in every way that could hurt a healthy account"
            ),
        }
    }
    println!("{} calls tried, {} went through", watch.tried, watch.passed);
    assert!(
        watch.passed >= 60 && watch.tried - watch.passed >= 60,
        "the test lost its grip"
    );
}

/// The ledger in thirty lines: what deposits, withdrawals and fills must come to.
#[derive(Clone, Default)]
struct Model {
    cash: BTreeMap<B256, i128>,
    legs: BTreeMap<(B256, u128), (i64, i128)>,
    clearing: BTreeMap<u128, i128>,
    tokens: i128,
}

impl Model {
    fn side(&mut self, account: B256, instrument: u128, size: i64, quote: i128, fee: i128) {
        let leg = self.legs.entry((account, instrument)).or_default();
        leg.0 += size;
        leg.1 += quote;
        let left = leg.1;
        let cash = self.cash.entry(account).or_default();
        *cash -= fee;
        if leg.0 == 0 {
            *cash -= left;
            *self.clearing.entry(instrument).or_default() += left;
            self.legs.remove(&(account, instrument));
        }
    }
}

/// I-ACC-2, I-ACC-3, I-ACC-13: random deposits, withdrawals, trades and prices; the chain agrees with the model after
/// each, whether it was allowed or refused, and a refused call changed nothing.
#[tokio::test(flavor = "multi_thread")]
async fn i_acc_2_random_sequences_agree_with_a_model() {
    let (mut allowed, mut refused, mut closed) = (0, 0, 0);
    for seed in 1..=4_u64 {
        let mut dice = Dice(seed);
        let mut pick = move |n: u64| dice.below(n);
        let house = House::start().await;
        let p = &house.people;
        let actors = [&p.alice, &p.bob, &p.carol];
        let (fee_account, vault) = (
            ok(house
                .ask(
                    house.at.clearinghouse,
                    &IClearinghouse::venueCall { venue: DESK },
                )
                .await)
            .feeAccount,
            house.at.vault,
        );
        let mut prices = BTreeMap::from([(ETH, 2_000_u64), (BTC, 40_000)]);
        let before = house.balance_sheet().await.unwrap();
        let mut model = Model::default();
        for _ in 0..70 {
            let (a, b) = (actors[pick(3) as usize], actors[pick(3) as usize]);
            let mut next = model.clone();
            let outcome = match pick(10) {
                0..3 => {
                    let units = 1 + pick(20_000_000_000);
                    let to = if pick(5) == 0 {
                        b.account()
                    } else {
                        a.account()
                    };
                    *next.cash.entry(to).or_default() += i128::from(units) * 1_000_000_000_000;
                    next.tokens += i128::from(units);
                    house.deposit(a, to, house.usdc, U256::from(units)).await
                }
                3..5 => {
                    let have = model
                        .cash
                        .get(&a.account())
                        .copied()
                        .unwrap_or_default()
                        .max(1) as u64
                        / 1_000_000_000_000;
                    let units = 1 + pick(have.max(1) * 2);
                    *next.cash.entry(a.account()).or_default() -=
                        i128::from(units) * 1_000_000_000_000;
                    next.tokens -= i128::from(units);
                    house
                        .withdraw(a, a.account(), house.usdc, U256::from(units))
                        .await
                }
                5 => {
                    let underlying = if pick(2) == 0 { ETH } else { BTC };
                    let price = prices.get_mut(&underlying).unwrap();
                    *price = *price * (90 + pick(21)) / 100;
                    ok(house.set_price(underlying, &price.to_string()).await);
                    continue;
                }
                _ => {
                    let underlying = if pick(2) == 0 { ETH } else { BTC };
                    let instrument = perp(DESK, underlying);
                    let lot = ok(house
                        .ask(
                            house.at.parameters,
                            &IParameters::underlyingCall { underlying },
                        )
                        .await)
                    .lot;
                    let mine = model.legs.get(&(a.account(), instrument)).map(|leg| leg.0);
                    // Often exactly what closes a leg.
                    let lots = match mine {
                        Some(size) if pick(2) == 0 => -size,
                        _ => (1 + pick(30_000) as i64) * if pick(2) == 0 { 1 } else { -1 },
                    };
                    let (buyer, seller) = if lots > 0 { (a, b) } else { (b, a) };
                    let size = u128::from(lots.unsigned_abs()) * u128::from(lot);
                    let price = u128::from(prices[&underlying]) * WAD / 1_000
                        * u128::from(950 + pick(101))
                        + u128::from(pick(1_000_000));
                    let quote =
                        i128::try_from(U256::from(size) * U256::from(price) / U256::from(WAD))
                            .unwrap();
                    let (buyer_fee, seller_fee) =
                        (i128::from(pick(3)) * 77, i128::from(pick(3)) * 99);
                    next.side(buyer.account(), instrument, lots.abs(), quote, buyer_fee);
                    next.side(
                        seller.account(),
                        instrument,
                        -lots.abs(),
                        -quote,
                        seller_fee,
                    );
                    *next.cash.entry(fee_account).or_default() += buyer_fee + seller_fee;
                    let fill = Fill {
                        buyer: buyer.account(),
                        seller: seller.account(),
                        instrument,
                        size: U256::from(size),
                        price: U256::from(price),
                        buyerFee: U256::from(buyer_fee as u128),
                        sellerFee: U256::from(seller_fee as u128),
                    };
                    house
                        .send(
                            &p.stranger,
                            house.desk(),
                            &reference::LyingVenue::reportCall { fills: vec![fill] },
                        )
                        .await
                }
            };
            match outcome {
                Ok(_) => {
                    allowed += 1;
                    closed += usize::from(next.clearing != model.clearing);
                    model = next;
                }
                Err(e) => {
                    assert!(e.revert_data().is_some_and(|data| data.len() >= 4), "{e}");
                    refused += 1;
                }
            }
            for actor in actors {
                let account = actor.account();
                let (portfolio, _, _) = ok(house.account(account).await);
                assert_eq!(
                    portfolio.cash,
                    model.cash.get(&account).copied().unwrap_or_default(),
                    "seed {seed}"
                );
                let legs: BTreeMap<_, _> = ids::legs(&portfolio.legs)
                    .into_iter()
                    .map(|leg| ((account, leg.instrument), (leg.size, leg.quote)))
                    .collect();
                let expected: BTreeMap<_, _> = model
                    .legs
                    .iter()
                    .filter(|((a, _), _)| *a == account)
                    .map(|(k, v)| (*k, *v))
                    .collect();
                assert_eq!(legs, expected, "seed {seed}");
            }
            for (instrument, cash) in &model.clearing {
                assert_eq!(
                    ok(house.cash(ids::clearing_account(vault, *instrument)).await),
                    *cash,
                    "seed {seed}"
                );
            }
            assert_eq!(
                ok(house.cash(fee_account).await),
                model.cash.get(&fee_account).copied().unwrap_or_default()
            );
            house.assert_balanced().await;
        }
        let after = house.balance_sheet().await.unwrap();
        assert_ne!(format!("{before:?}"), format!("{after:?}"));
        let sizes: i64 = model.legs.values().map(|leg| leg.0).sum();
        let quotes: i128 = model.legs.values().map(|leg| leg.1).sum::<i128>()
            + model.clearing.values().sum::<i128>();
        let cash: i128 = model.cash.values().sum::<i128>() + model.clearing.values().sum::<i128>();
        assert_eq!(
            (sizes, quotes, cash),
            (0, 0, model.tokens * 1_000_000_000_000)
        );
    }
    println!("{allowed} allowed, {refused} refused, {closed} legs closed");
    assert!(
        allowed > 60 && refused > 20 && closed > 5,
        "the sequences lost their grip"
    );
}
