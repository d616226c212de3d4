//! Gains from auctions.

use super::*;

/// A-38, I-AUC-7, I-AUC-9: an owner who buys from himself has no more than before.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_38_self_liquidation_gains_nothing() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    let other = p.alice.subaccount(1);
    ok(house
        .deposit(
            &p.alice,
            other,
            house.usdc,
            house.usdc.amount("100,000").unwrap(),
        )
        .await);
    let fund = ids::fund_account(house.at.vault);
    house.endow_fund("50,000").await;
    let worth = async || {
        let (a, b) = (
            ok(house.assess(p.alice.account()).await),
            ok(house.assess(other).await),
        );
        a.equity + b.equity
    };
    house.warp(900).await.unwrap();
    for price in ["1,600", "1,550", "1,510"] {
        for fraction in [ONE / 50, ONE / 3, ONE] {
            let snapshot = house.snapshot().await.unwrap();
            house.set_price(ETH, price).await.unwrap();
            let before = worth().await;
            ok(house
                .send(
                    &p.alice,
                    house.at.auction,
                    &house.bid_of(other, U256::from(fraction)).await,
                )
                .await);
            assert!(worth().await <= before, "{price} {fraction}");
            assert_eq!(
                ok(house.cash(fund).await),
                50_000 * WAD as i128,
                "the fund pays nothing while equity is left"
            );
            house.revert(snapshot).await.unwrap();
        }
    }
}

/// A-38, I-AUC-4, I-AUC-11: with little equity left and λ at its cap, no bid takes a larger share of the equity than of
/// the account, however an owner cuts his own, so that he cannot make himself insolvent and have the fund pay.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_38_a_thin_account_is_not_emptied_by_a_part() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    let (alice, other) = (p.alice.account(), p.alice.subaccount(1));
    let coins = house.usdc.amount("100,000").unwrap();
    ok(house.deposit(&p.alice, other, house.usdc, coins).await);
    let fund = ids::fund_account(house.at.vault);
    house.endow_fund("50,000").await;
    house.warp(900).await.unwrap();
    house.set_price(ETH, "1,520").await.unwrap();
    let before = ok(house.assess(alice).await);
    let equity = i128::try_from(before.equity).unwrap();
    let mm = u128::try_from(before.mm).unwrap();
    assert!(
        equity > 0 && mm / 100 * 35 > 4 * equity.cast_unsigned(),
        "thin"
    );
    let total = async || {
        let (a, b) = (ok(house.assess(alice).await), ok(house.assess(other).await));
        a.equity + b.equity
    };
    let whole = total().await;
    for cuts in [
        &[29, 71][..],
        &[50, 50],
        &[10, 10, 10, 10, 10, 10],
        &[1, 98, 1, 50],
        &[100],
    ] {
        let snapshot = house.snapshot().await.unwrap();
        let (mut sold, mut left) = (0, ONE);
        for percent in cuts {
            let share = ONE / 100 * percent;
            let call = house.bid_of(other, U256::from(share)).await;
            ok(house.send(&p.alice, house.at.auction, &call).await);
            (sold, left) = (sold + share, left / 100 * (100 - percent));
            let now = i128::try_from(ok(house.assess(alice).await).equity).unwrap();
            let kept = |share: u128| {
                plimsoll_kernel::num::mul_div_floor(equity.cast_unsigned(), share, ONE)
                    .unwrap()
                    .cast_signed()
            };
            assert!(now >= kept(ONE.saturating_sub(sold)), "{cuts:?}: {now}");
            // The rate is saturated: what is kept is the share that was not sold, to a unit a bid.
            assert!((now - kept(left)).unsigned_abs() <= 8, "{cuts:?}: {now}");
            assert!(now > 0 || *percent == 100);
            assert_eq!(ok(house.cash(fund).await), 50_000 * WAD as i128);
            assert!(total().await <= whole);
        }
        house.assert_balanced().await;
        house.revert(snapshot).await.unwrap();
    }
}

/// A-39, I-AUC-4: many bids in one transaction bring no more discount than one for the same total.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_39_many_bids_are_no_better_than_one() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    let contract = house
        .create(
            &Bidder::BYTECODE,
            Bidder::constructorCall {
                vault_: house.at.vault,
                auction_: house.at.auction,
            },
        )
        .await;
    let mint = reference::Token::mintCall {
        to: p.deployer.address,
        amount: house.usdc.amount("300,000").unwrap(),
    };
    ok(house.send(&p.deployer, house.usdc.address, &mint).await);
    let approve = IERC20::approveCall {
        spender: contract,
        amount: U256::MAX,
    };
    ok(house.send(&p.deployer, house.usdc.address, &approve).await);
    let fund = Bidder::fundCall {
        token: house.usdc.address,
        amount: house.usdc.amount("300,000").unwrap(),
    };
    ok(house.send(&p.deployer, contract, &fund).await);
    let account = ok(house.ask(contract, &Bidder::accountCall {}).await);
    let alice = p.alice.account();
    house.warp(600).await.unwrap();
    let time = house.client.now().await.unwrap() + 10;
    let outcome = async |fraction: u128, count: u64| {
        let snapshot = house.snapshot().await.unwrap();
        house.next_block_at(time).await.unwrap();
        let before = ok(house.assess(account).await).equity;
        let many = Bidder::bidManyCall {
            target: alice,
            fraction: U256::from(fraction),
            maxPrice: I256::MAX,
            count: U256::from(count),
        };
        ok(house.send(&p.deployer, contract, &many).await);
        let gain = ok(house.assess(account).await).equity - before;
        let mm = ok(house.assess(alice).await).mm;
        house.revert(snapshot).await.unwrap();
        (gain, mm)
    };
    for (fraction, count) in [(ONE / 100, 10), (ONE / 20, 5), (ONE / 10, 3)] {
        let (many, mm) = outcome(fraction, count).await;
        // One bid that leaves no more requirement than the many.
        let before = ok(house.assess(alice).await).mm;
        let share = ((before - mm) * U256::from(ONE) / before).to::<u128>();
        let (one, mm_one) = outcome(share + 2_000_000_000_000, 1).await;
        assert!(mm_one <= mm);
        assert!(many <= one, "{count} bids gain {many}, one gains {one}");
    }
}

/// A-42, I-AUTH-2: nobody is given legs or assets he did not ask for.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_42_nobody_is_given_dust() {
    let house = House::start().await;
    let p = &house.people;
    house.give(&p.bob, "10,000").await;
    let victim = p.stranger.account();
    let gift = House::report(victim, p.bob.account(), perp(DESK, ETH), "0.0001", "2,000");
    let e: IVault::VenueNotAdmitted = house.expect_revert(&p.stranger, house.desk(), &gift).await;
    assert_eq!((e.account, e.venue), (victim, DESK));
    for token in [house.weth, house.wbtc] {
        let call = IVault::depositCall {
            account: victim,
            token: token.address,
            amount: U256::from(1),
        };
        let e: IVault::NotAskedFor = house.expect_revert(&p.bob, house.at.vault, &call).await;
        assert_eq!((e.account, e.asset), (victim, token.asset));
    }
}

/// A-43, I-AUC-10: a deposit does not spoil a bid on its way; a change of legs does, and the bidder is safe.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_43_front_running_a_bid() {
    let house = House::with_an_auction().await;
    let p = &house.people;
    house.warp(300).await.unwrap();
    let call = house.bid_of(p.bidder.account(), U256::from(ONE / 10)).await;
    ok(house
        .deposit(&p.bob, p.alice.account(), house.usdc, U256::from(1_000_000))
        .await);
    let snapshot = house.snapshot().await.unwrap();
    ok(house.send(&p.bidder, house.at.auction, &call).await);
    house.revert(snapshot).await.unwrap();
    house
        .fill(&p.bob, &p.alice, perp(DESK, ETH), "0.0001", "1,600")
        .await;
    let e: IAuction::VersionChanged = house
        .expect_revert(&p.bidder, house.at.auction, &call)
        .await;
    assert_eq!(e.version, e.expected + 1);
}

/// Numbers beyond the range are clamped against the owner; what a bid takes off a clamped requirement is no risk, and
/// nobody is paid for it.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_38_a_clamped_requirement_earns_no_discount() {
    let house = House::start().await;
    let p = &house.people;
    let alice = p.alice.account();
    house.give(&p.alice, "480").await;
    house.give(&p.bob, "20,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "1", "2,000")
        .await;
    let all = house.weth.amount("2,000,000,000,000,000").unwrap();
    let cap = IVault::setCapCall {
        asset: 2,
        cap: u128::MAX,
    };
    ok(house.send(&p.deployer, house.at.vault, &cap).await);
    ok(house.mint(house.weth, p.alice.address, all).await);
    ok(house.deposit(&p.alice, alice, house.weth, all).await);
    house.set_price(ETH, "1,000").await.unwrap();
    let a = ok(house.assess(alice).await);
    assert!(a.outOfRange && a.equity < a.mm.to());
    let start = IAuction::startCall { account: alice };
    ok(house.send(&p.stranger, house.at.auction, &start).await);
    house.warp(3_600).await.unwrap();
    house.set_price(ETH, "1,000").await.unwrap();
    let state = ok(house
        .ask(house.at.auction, &IAuction::stateCall { account: alice })
        .await);
    assert_eq!(state.lambda, U256::ZERO);
}
