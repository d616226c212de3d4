//! The ledger against a small model of its own.

use super::*;
use plimsoll_e2e::reference::LyingVenue::Fill;
use std::collections::BTreeMap;

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
