//! Sensitivities, and what can be withdrawn.

use super::*;

/// Both within a thousandth of the larger, or of a cent.
fn close(told: i128, found: I256, what: &str) {
    let told = int(told);
    let slack = told.abs().max(found.abs()) / coins(1_000) * coins(1) + int(UNIT / 100);
    assert!(
        (told - found).abs() <= slack,
        "{what}: {told} told, {found} found"
    );
}

/// Greeks are what margin's own equity does when the market moves.
#[test]
fn greeks_are_finite_differences_of_equity() {
    const YEAR: i128 = 31_536_000;
    let mut floor = floor();
    let day = floor.day;
    let legs = [
        vec![
            perpetual(1, ETH, 2 * LOTS, 0),
            future(1, ETH, day, -LOTS, 0),
            perpetual(1, BTC, LOTS / 100, 0),
        ],
        options(&[
            option(1, ETH, true, day, 2_100 * ONE, -7 * LOTS),
            option(1, ETH, true, day, 1_900 * ONE, 3 * LOTS),
            option(1, ETH, false, day, 1_700 * ONE, -4 * LOTS),
        ]),
    ]
    .concat();
    let held = portfolio(0, &[(WETH, ONE / 2), (WBTC, 10_000_000)], &legs);
    let start = floor.hub.now() + 100;
    let seconds = i128::from(plimsoll_kernel::portfolio::market::expiry_seconds(day) - start);
    let variance = UNIT / 20;
    let mut moment = start;
    let mut equity = |floor: &mut Floor, spot: u128, variance: i128| {
        floor.at(moment, spot.cast_signed(), 40_000 * UNIT);
        // One to one with spot: the forward follows it.
        floor.hub.pushed(&[flat(day, 2_000 * ONE, variance)]);
        moment += 1;
        floor.hub.assess_one(&held).equity
    };
    let (spot, step) = (2_000 * ONE, 2 * ONE);
    let up = equity(&mut floor, spot + step, variance);
    let down = equity(&mut floor, spot - step, variance);
    let later = equity(&mut floor, spot, variance - variance * 3_600 / seconds);
    // A tenth of a point of volatility more: (σ + 0.001)² τ = w + 0.002 √(w τ) + 10⁻⁶ τ.
    let root = U256::from((variance * seconds / YEAR).cast_unsigned() * ONE).root(2);
    let root: u128 = root.to();
    let more = root.cast_signed() / 500 + UNIT * seconds / YEAR / 1_000_000;
    let riskier = equity(&mut floor, spot, variance + more);
    let here = equity(&mut floor, spot, variance);
    let told = floor.hub.get(
        floor.hub.lens,
        &ILens::greeksCall {
            portfolio: held.clone(),
        },
    );
    let [eth, btc] = &told[..] else {
        panic!("two underlyings: {told:?}")
    };
    assert_eq!((eth.underlying, btc.underlying), (ETH, BTC));
    close(eth.delta, (up - down) / int(4), "delta");
    close(
        eth.gamma * 1_000,
        (up + down - here - here) / int(4) * int(1_000),
        "a thousand gammas",
    );
    close(eth.vega, (riskier - here) * int(1_000), "vega");
    close(eth.theta, (later - here) * int(24), "theta");
    assert!(
        eth.gamma < 0 && eth.vega < 0 && eth.theta > 0,
        "short options: {eth:?}"
    );
    // A hundredth of a bitcoin and a tenth.
    assert_eq!(
        *btc,
        Greeks {
            underlying: BTC,
            delta: UNIT / 100 + UNIT / 10,
            gamma: 0,
            vega: 0,
            theta: 0,
        }
    );
    let none = floor.hub.get(
        floor.hub.lens,
        &ILens::greeksCall {
            portfolio: portfolio(5, &[], &[]),
        },
    );
    assert_eq!(none, []);
}

/// I-MAR-15, I-MAR-16: what margin says of a portfolio is what the vault says of the account that holds it; a refused
/// withdrawal names what the what-if names; the most that may leave may leave, and not one unit more.
#[tokio::test(flavor = "multi_thread")]
async fn i_mar_15_with_options_too() {
    use plimsoll_e2e::{DESK, ETH as ETHER, option, perp};
    let house = House::start().await;
    let p = &house.people;
    let day = house.day(30).await;
    let push = async |forward: &str| {
        ok(house
            .push(vec![house.flat(ETHER, day, forward, "0.8").await])
            .await);
    };
    push("2,000").await;
    house.give(&p.alice, "10,000").await;
    house.give_token(&p.alice, house.weth, "2").await;
    house.give(&p.bob, "100,000").await;
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETHER), "10", "2,000")
        .await;
    let call = option(DESK, ETHER, true, day, "2,200");
    let put = option(DESK, ETHER, false, day, "1,900");
    house.fill_at_mark(&p.bob, &p.alice, call, "8").await;
    house.fill_at_mark(&p.bob, &p.alice, put, "3").await;

    let account = p.alice.account();
    for price in ["2,000", "2,111", "1,950.5"] {
        ok(house.set_price(ETHER, price).await);
        push(price).await;
        let (held, ..) = ok(house.account(account).await);
        assert_eq!(book::all(&held.legs).count(), 3);
        assert_eq!(held.legs.len(), 2, "two options share a slot");
        let what_if = async |cash| {
            let call = ILens::whatIfCall {
                portfolio: held.clone(),
                cash,
                changes: vec![],
            };
            ok(house.ask(house.at.lens, &call).await)
        };
        let told = what_if(-9_000 * UNIT).await;
        assert_eq!(told.before, ok(house.assess(account).await));
        let withdraw = |amount| IVault::withdrawCall {
            account,
            token: house.usdc.address,
            amount,
            to: p.alice.address,
        };
        let amount = house.usdc.amount("9,000").expect("an amount");
        let e: IVault::InsufficientMargin = house
            .expect_revert(&p.alice, house.at.vault, &withdraw(amount))
            .await;
        assert_eq!(e.equity, told.after_.equity);
        // Asked a second or more before, when requirements were a little less.
        let late = e.im - told.after_.im;
        assert!(late < U256::from(ONE / 100), "{late}");
        assert!(e.equity < I256::from_raw(e.im));

        let most = ok(house.max_withdraw(account, house.usdc).await);
        assert!(most > U256::ZERO);
        let ask = async |amount| {
            house
                .client
                .call_as(p.alice.address, house.at.vault, &withdraw(amount))
                .await
        };
        ok(ask(most).await);
        let e = ask(most + U256::ONE).await.expect_err("one unit more");
        assert!(e.as_error::<IVault::InsufficientMargin>().is_some(), "{e}");
    }
    house.assert_balanced().await;
}
