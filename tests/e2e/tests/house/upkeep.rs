//! Programs that expire or are left behind by their chain: seen by `status`, mended by `renew` at anybody's expense.

use alloy::primitives::keccak256;
use plimsoll::deploy::upkeep::{self, HouseStatus, Renewals, State};
use plimsoll_devnode::ChainConfig;
use plimsoll_e2e::*;

const DAY: u64 = 86_400;

async fn house(arbos_version: u64) -> House {
    House::start_with(Options {
        chain: ChainConfig {
            arbos_version,
            ..ChainConfig::default()
        },
        ..Options::default()
    })
    .await
}

async fn status(house: &House) -> HouseStatus {
    upkeep::status(&house.client, &house.record).await.unwrap()
}

async fn plan(house: &House) -> Renewals {
    upkeep::plan(&house.client, &house.record, upkeep::RENEW_WITHIN)
        .await
        .unwrap()
}

/// A stranger renews; what he paid is what was said.
async fn renew(house: &House) -> Renewals {
    let stranger = &house.people.stranger;
    let before = house.client.balance(stranger.address).await.unwrap();
    let (within, silent) = (upkeep::RENEW_WITHIN, Progress::silent());
    let done = upkeep::renew(
        &house.client,
        &stranger.signer,
        &house.record,
        within,
        &silent,
    )
    .await
    .unwrap();
    let paid = before - house.client.balance(stranger.address).await.unwrap();
    assert!(done.done);
    assert_eq!(done.total, paid, "the rest comes back");
    done
}

/// Every kind of call fails, and says why.
async fn nothing_answers(house: &House, fault: impl Fn(plimsoll::client::ProgramFault) -> bool) {
    let p = &house.people;
    let account = p.alice.account();
    let mut all = vec![
        house.assess(account).await.map(drop),
        house.mark(perp(BOOK, ETH)).await.map(drop),
        house
            .ask(house.at.auction, &IAuction::stateCall { account })
            .await
            .map(drop),
        house
            .ask(house.at.oracle, &IOracle::priceCall { feed: ETH })
            .await
            .map(drop),
        house
            .ask(house.at.parameters, &IParameters::rulesCall {})
            .await
            .map(drop),
        house
            .deposit(&p.alice, account, house.usdc, U256::from(1))
            .await
            .map(drop),
        house
            .withdraw(&p.alice, account, house.usdc, U256::from(1))
            .await
            .map(drop),
        house
            .send(
                &p.bidder,
                house.at.auction,
                &IAuction::startCall { account },
            )
            .await
            .map(drop),
    ];
    // And where gas is estimated, before anything is sent.
    let careful = house.client.clone().with_gas_limit(GasLimit::Estimate);
    let close = IAuction::closeCall { account };
    let sent = careful.send(&p.bidder.signer, house.at.auction, &close);
    all.push(sent.await.map(drop));
    for (i, outcome) in all.into_iter().enumerate() {
        let e = outcome.expect_err("a program that does not run answered");
        let named = e.program_fault();
        assert!(named.is_some_and(&fault), "call {i}: {e}");
        assert!(e.to_string().contains("plimsoll renew"), "call {i}: {e}");
    }
}

/// A year passes: prolonged in time, and activated again when it was not.
#[tokio::test(flavor = "multi_thread")]
async fn anybody_renews_a_house_before_it_expires_and_after() {
    let house = house(61).await;
    let p = &house.people;
    house.give(&p.alice, "1,000").await;
    let fresh = status(&house).await;
    let names: Vec<_> = fresh.programs.iter().map(|p| p.name.as_str()).collect();
    let mut wanted = plimsoll::registry::names().collect::<Vec<_>>();
    wanted.sort_unstable();
    assert_eq!(names, wanted);
    assert!(fresh.ok);
    for program in &fresh.programs {
        let said = (program.state, program.version, program.days_left);
        // An activation counts from the beginning of its hour.
        assert_eq!(said, (State::Active, Some(fresh.stylus_version), Some(364)));
        assert!(program.start_cold > program.start_cached && !program.cached);
        let advice = program.advice.as_deref().unwrap();
        assert!(advice.contains("cargo stylus cache bid"), "{advice}");
    }
    assert!(plan(&house).await.renewals.is_empty());
    assert!(renew(&house).await.renewals.is_empty());

    house.warp(310 * DAY).await.unwrap();
    let late = status(&house).await;
    assert!(late.ok, "they still run");
    assert!(late.programs.iter().all(|p| p.days_left == Some(54)));
    assert!(late.render().contains("ends soon"), "{}", late.render());
    let planned = plan(&house).await;
    assert_eq!(planned.renewals.len(), wanted.len());
    let block = house.client.pinned().await.unwrap().block();
    for renewal in &planned.renewals {
        assert_eq!(
            (renewal.state, renewal.action),
            (State::Active, "keep alive")
        );
        assert!(!renewal.data_fee.is_zero() && renewal.gas.unwrap() > 21_000);
    }
    assert!(
        planned.render().contains("Nothing was sent"),
        "{}",
        planned.render()
    );
    assert_eq!(
        house.client.pinned().await.unwrap().block(),
        block,
        "only asked"
    );
    let done = renew(&house).await;
    assert!(done.renewals.iter().all(|r| r.transaction.is_some()));
    assert!(
        status(&house)
            .await
            .programs
            .iter()
            .all(|p| p.days_left == Some(364))
    );
    assert!(
        renew(&house).await.renewals.is_empty(),
        "nothing is paid twice"
    );

    house.warp(366 * DAY).await.unwrap();
    let gone = status(&house).await;
    assert!(!gone.ok && gone.programs.iter().all(|p| p.state == State::Expired));
    assert!(gone.render().contains("EXPIRED"), "{}", gone.render());
    let expired =
        |fault| matches!(fault, plimsoll::client::ProgramFault::Expired { age } if age > 365 * DAY);
    nothing_answers(&house, expired).await;
    let done = renew(&house).await;
    assert!(
        done.renewals
            .iter()
            .all(|r| r.action == "activate" && r.state == State::Expired)
    );
    assert!(status(&house).await.ok);
    house.refresh().await;
    house.give(&p.alice, "1").await;
    house.assert_balanced().await;
}

async fn auction_of(house: &plimsoll_house::House, account: B256) -> AuctionState {
    ok(house
        .ask(house.at.auction, &IAuction::stateCall { account })
        .await)
}

/// The next Stylus version, which no ArbOS has yet. A house needs fragments, and every ArbOS that knows them has Stylus
/// version 3: so the chain's own state is written, as an upgrade writes it. `devnode`'s own tests upgrade from 51.
const NEXT_STYLUS: u16 = 4;

/// Raises the Stylus version: the first two bytes of the word of Stylus's parameters in the state of ArbOS.
async fn raise_stylus_version(house: &House) {
    let state = address!("0xa4b05fffffffffffffffffffffffffffffffffff");
    let room = keccak256([&keccak256([8])[..], &[0]].concat());
    let mut slot = keccak256([&room[..], &[0; 31]].concat());
    slot[31] = 0;
    let client = &house.client;
    let mut word = B256::from(client.storage(state, slot.into()).await.unwrap());
    assert_eq!(word[..2], (NEXT_STYLUS - 1).to_be_bytes());
    word[..2].copy_from_slice(&NEXT_STYLUS.to_be_bytes());
    let write = serde_json::json!([state, slot, word]);
    let _: serde_json::Value = client.rpc("anvil_setStorageAt", write).await.unwrap();
}

/// A house, and an auction of alice's account.
async fn auction_before_an_upgrade() -> House {
    let chain = ChainConfig {
        clock: plimsoll_devnode::Clock::Step(1),
        ..ChainConfig::default()
    };
    let house = House::start_with(Options {
        chain,
        ..Options::default()
    })
    .await;
    let p = &house.people;
    house.give(&p.alice, "25,000").await;
    house.give(&p.maker, "1,000,000").await;
    house.give(&p.bidder, "1,000,000").await;
    house
        .fill(&p.alice, &p.maker, perp(DESK, ETH), "50", "2,000")
        .await;
    house.set_price(ETH, "1,780").await.unwrap();
    let start = IAuction::startCall {
        account: p.alice.account(),
    };
    ok(house.send(&p.bidder, house.at.auction, &start).await);
    house.warp(60).await.unwrap();
    house
}

/// Programs are left behind; a stranger activates them.
async fn activation_mends(house: &House, account: B256) {
    let p = &house.people;
    let left_behind = status(house).await;
    assert!(!left_behind.ok && left_behind.stylus_version == NEXT_STYLUS);
    for program in &left_behind.programs {
        let said = (program.state, program.version, program.days_left);
        assert_eq!(said, (State::NeedsUpgrade, Some(NEXT_STYLUS - 1), None));
    }
    // One alone does not help: what it calls does not run, and a chain says no more than that it reverted.
    let vault = upkeep::Action::Activate {
        program: house.at.vault,
    };
    let signer = &p.stranger.signer;
    upkeep::perform(&house.client, signer, &vault)
        .await
        .unwrap();
    let count = IVault::assetCountCall {};
    assert_eq!(ok(house.ask(house.at.vault, &count).await), 3);
    let e = house.assess(account).await.unwrap_err().to_string();
    assert!(e.contains("plimsoll status"), "{e}");
    let some = status(house).await;
    let running = some.programs.iter().filter(|p| p.state.runs());
    let running: Vec<_> = running.map(|p| p.name.as_str()).collect();
    assert_eq!(running, ["vault"]);

    let done = renew(house).await;
    // All but the vault.
    assert_eq!(done.renewals.len(), plimsoll::registry::CONTRACTS.len() - 1);
    assert!(done.renewals.iter().all(|r| r.action == "activate"));
    let now = status(house).await;
    assert!(now.ok && now.programs.iter().all(|p| p.version == Some(NEXT_STYLUS)));
}

/// The chain raises its Stylus version in the middle of an auction. Every call fails and says why, a stranger pays for
/// all of it, and the auction goes on: at the discount that it would have had at that second without the upgrade.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_in_the_middle_of_an_auction_loses_nothing() {
    let house = auction_before_an_upgrade().await;
    let p = &house.people;
    let account = p.alice.account();
    let begun = auction_of(&house, account).await;
    assert!(!begun.lambda.is_zero() && !begun.maxFraction.is_zero());
    let before = house.digest().await;
    // The same house on a chain that is not upgraded.
    let twin = house.fork().await.unwrap();

    raise_stylus_version(&house).await;
    let upgrade = plimsoll::client::ProgramFault::NeedsUpgrade {
        version: NEXT_STYLUS - 1,
        stylus: NEXT_STYLUS,
    };
    nothing_answers(&house, |fault| fault == upgrade).await;
    activation_mends(&house, account).await;
    assert_eq!(house.digest().await, before, "nothing moved");

    // The clock ran on: at the same second both chains ask the same price.
    let second = begun.startedAt + 300;
    house.warp_to(second).await.unwrap();
    twin.warp_to(second).await.unwrap();
    let (here, there) = (
        auction_of(&house, account).await,
        auction_of(&twin, account).await,
    );
    assert_eq!(here.startedAt, begun.startedAt);
    assert_eq!(here, there);
    assert!(here.lambda > begun.lambda && here.price < begun.price);

    let version = ok(house.account(account).await).1;
    let bid = IAuction::bidCall {
        b: Bid {
            account,
            bidder: p.bidder.account(),
            fraction: here.maxFraction,
            maxPrice: here.price,
            version,
            deadline: second + 600,
        },
    };
    ok(house.send(&p.bidder, house.at.auction, &bid).await);
    let leg = ok(house.leg(account, perp(DESK, ETH)).await).map_or(0, |leg| leg.size);
    assert!(
        leg < 500_000,
        "a part was sold: {leg} lots of 0.0001 are left"
    );
    house.assert_balanced().await;
}
