//! Attacks by who calls, how, and when: contracts in between, swallowed failures, too little gas, expired programs.

use super::*;
use alloy::primitives::address;
use plimsoll_e2e::bindings::IArbWasm;

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// A forwarder with coins, which the vault may take.
async fn forwarder(house: &House, coins: &str) -> Address {
    let deployer = &house.people.deployer;
    let code = Forwarder::BYTECODE.clone();
    let created = house.client.create(&deployer.signer, code).await;
    let address = created.expect("created").0;
    let amount = house.usdc.amount(coins).unwrap();
    ok(house.mint(house.usdc, address, amount).await);
    let approve = IERC20::approveCall {
        spender: house.at.vault,
        amount: U256::MAX,
    };
    ok(house
        .send(deployer, address, &exec(house.usdc.address, &approve))
        .await);
    address
}

fn exec(target: Address, call: &impl SolCall) -> Forwarder::execCall {
    Forwarder::execCall {
        target,
        data: call.abi_encode().into(),
    }
}

fn step(target: Address, call: &impl SolCall, may_fail: bool) -> Forwarder::Step {
    Forwarder::Step {
        target,
        data: call.abi_encode().into(),
        mayFail: may_fail,
    }
}

fn deposit(house: &House, account: B256, coins: &str) -> IVault::depositCall {
    IVault::depositCall {
        account,
        token: house.usdc.address,
        amount: house.usdc.amount(coins).unwrap(),
    }
}

fn withdraw(house: &House, account: B256, coins: &str, to: Address) -> IVault::withdrawCall {
    IVault::withdrawCall {
        account,
        token: house.usdc.address,
        amount: house.usdc.amount(coins).unwrap(),
        to,
    }
}

/// whoever stands between is the caller, whoever sent the transaction; and the vault's code run in
/// another contract's place finds nothing there.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_70_who_stands_between_is_the_caller() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, vault) = (p.alice.account(), house.at.vault);
    house.give(&p.alice, "1,000").await;
    let between = forwarder(&house, "100").await;
    let call = exec(vault, &withdraw(&house, alice, "1", p.alice.address));
    let e: IVault::NotAuthorized = house.expect_revert(&p.alice, between, &call).await;
    assert_eq!((e.account, e.caller), (alice, between));
    let admit = IVault::admitVenueCall {
        account: alice,
        venue: 9,
        admitted: true,
    };
    let call = exec(vault, &admit);
    let _: IVault::NotAuthorized = house.expect_revert(&p.alice, between, &call).await;
    let fills = exec(
        house.at.clearinghouse,
        &IClearinghouse::clearCall { fills: vec![] },
    );
    let e: IClearinghouse::NotAVenue = house.expect_revert(&p.alice, between, &fills).await;
    assert_eq!(e.caller, between);

    let inside = |call: Bytes| Forwarder::delegateCall {
        target: vault,
        data: call,
    };
    let call = inside(deposit(&house, alice, "1").abi_encode().into());
    let _: IVault::UnknownToken = house.expect_revert(&p.alice, between, &call).await;
    let cap = IVault::setCapCall { asset: 0, cap: 0 };
    let call = inside(cap.abi_encode().into());
    let _: IVault::NotOwner = house.expect_revert(&p.deployer, between, &call).await;
    house.assert_balanced().await;
}

/// a refusal that its caller swallows leaves nothing behind, not even the lock; what follows in the same
/// transaction goes on.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_36_a_swallowed_refusal_leaves_nothing() {
    let house = House::start().await;
    let p = &house.people;
    let vault = house.at.vault;
    let between = forwarder(&house, "1,000").await;
    let own = ids::account_id(between, 0);
    let call = Forwarder::batchCall {
        steps: vec![
            step(vault, &deposit(&house, own, "100"), false),
            step(vault, &withdraw(&house, own, "101", between), true),
            step(vault, &deposit(&house, own, "5,000"), true),
            step(vault, &withdraw(&house, own, "40", between), false),
            step(vault, &IVault::cashOfCall { account: own }, false),
            step(vault, &deposit(&house, own, "1"), false),
        ],
    };
    let outcomes = house.exec(&p.stranger, between, &call).await;
    let went: Vec<bool> = outcomes.iter().map(|outcome| outcome.ok).collect();
    assert_eq!(went, [true, false, false, true, true, true]);
    IVault::InsufficientCash::abi_decode(&outcomes[1].data).expect("not enough");
    IVault::TokenRefused::abi_decode(&outcomes[2].data).expect("not so many coins");
    assert_eq!(U256::from_be_slice(&outcomes[4].data), uwad("60"));
    assert_eq!(ok(house.cash(own).await), 61 * WAD.cast_signed());
    house.assert_balanced().await;
}

/// with any gas a withdrawal that asks margin and oracle goes through whole or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_76_any_gas_all_or_nothing() {
    let house = House::start().await;
    let p = &house.people;
    let vault = house.at.vault;
    let between = forwarder(&house, "10,000").await;
    let own = ids::account_id(between, 0);
    house.give(&p.bob, "100,000").await;
    let admit = IVault::admitVenueCall {
        account: own,
        venue: DESK,
        admitted: true,
    };
    for call in [
        exec(vault, &deposit(&house, own, "10,000")),
        exec(vault, &admit),
    ] {
        ok(house.send(&p.stranger, between, &call).await);
    }
    let report = House::report(own, p.bob.account(), perp(DESK, ETH), "5", "2,000");
    ok(house.send(&p.stranger, house.desk(), &report).await);
    let (mut went, mut refused) = (0_u32, 0_u32);
    for gas in (20_000..800_000).step_by(26_000) {
        let call = Forwarder::tryExecCall {
            target: vault,
            data: withdraw(&house, own, "1", between).abi_encode().into(),
            gasLimit: U256::from(gas),
        };
        let before = ok(house.cash(own).await);
        let receipt = ok(house.send(&p.stranger, between, &call).await);
        let paid: Vec<IVault::Withdrawn> = House::events(&receipt, vault);
        let cash = ok(house.cash(own).await);
        if paid.is_empty() {
            assert_eq!(cash, before, "at {gas} gas");
            refused += 1;
        } else {
            assert_eq!(cash, before - WAD.cast_signed(), "at {gas} gas");
            went += 1;
        }
        let holds = IERC20::balanceOfCall { owner: between };
        let holds = ok(house.ask(house.usdc.address, &holds).await);
        assert_eq!(holds, U256::from(went) * U256::from(1_000_000));
    }
    println!("{went} went through, {refused} did not");
    assert!(went > 5 && refused > 5);
    house.assert_balanced().await;
}

/// after a year without care the programs answer nothing; anybody may activate them again, one by one, and finds
/// every account as it was. The vault alone is enough for who has no position.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_78_a_year_without_care_loses_nothing() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, bob) = (p.alice.account(), p.bob.account());
    for actor in [&p.alice, &p.bob, &p.carol] {
        house.give(actor, "50,000").await;
    }
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "10", "2,000")
        .await;
    let (vault, carol) = (house.at.vault, p.carol.account());
    let before = (
        ok(house.account(alice).await),
        ok(house.account(bob).await),
        ok(house.account(carol).await),
    );
    house.warp(366 * 86_400).await.unwrap();
    let leave = withdraw(&house, carol, "50,000", p.carol.address);
    assert!(house.send(&p.carol, vault, &leave).await.is_err());
    assert!(house.account(carol).await.is_err());

    let activate = async |program: Address| {
        let call = IArbWasm::activateProgramCall { program };
        let ether = U256::from(WAD);
        let sent = house
            .client
            .send_value(&p.stranger.signer, ARB_WASM, &call, ether);
        ok(sent.await);
    };
    activate(vault).await;
    ok(house.send(&p.carol, vault, &leave).await);
    assert_eq!(ok(house.cash(carol).await), 0);
    for program in [
        house.at.oracle,
        house.at.margin,
        house.at.parameters,
        house.at.clearinghouse,
        house.at.auction,
    ] {
        activate(program).await;
    }
    assert_eq!(ok(house.account(alice).await), before.0);
    assert_eq!(ok(house.account(bob).await), before.1);
    // Stale prices after a year, and fresh ones again.
    assert!(ok(house.assess(alice).await).stale);
    house.refresh().await;
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "10", "2,000")
        .await;
    assert!(ok(house.account(alice).await).0.legs.is_empty());
    house.assert_balanced().await;
}
