//! The lens on the chain says what the kernel says of the same words, bit for bit.

use plimsoll::bindings::ExpiryUpdate;
use plimsoll_e2e::*;
use plimsoll_kernel::{
    num::U256 as Word,
    portfolio::{
        Portfolio as View, Scratch, assess,
        explain::{self, Direction},
        snapshot::{Dependencies, SnapshotRequest},
    },
};

const DAYS: [u16; 2] = [20, 50];

fn update(underlying: u16, expiry_day: u16, forward: u128, number: i128) -> ExpiryUpdate {
    let part = |n: i128| n * 1_000_000_000_000_000;
    ExpiryUpdate {
        underlying,
        expiryDay: expiry_day,
        forward: forward * WAD,
        fixedPart: 0,
        discount: 995_000_000_000_000_000,
        a: part(20 * (number + 1)),
        b: part(60),
        rho: part(-250),
        m: part(10),
        sigma: part(150),
    }
}

/// Perpetuals, options of two underlyings and expiries, and collateral: what the house says of it, asked twice.
#[tokio::test(flavor = "multi_thread")]
async fn i_mar_16_views_equal_the_kernel_and_what_is_executed() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, bob) = (p.alice.account(), p.bob.account());
    let today = (house.node.chain.with(|c| c.latest().header.timestamp) / 86_400) as u16;
    for actor in [&p.alice, &p.bob] {
        house.give(actor, "40,000").await;
    }
    house.give_token(&p.alice, house.weth, "5").await;
    let mut updates = Vec::new();
    for (underlying, forward) in [(ETH, 2_010), (BTC, 40_200)] {
        for (number, days) in DAYS.into_iter().enumerate() {
            updates.push(update(underlying, today + days, forward, number as i128));
        }
    }
    ok(house.push(updates).await);
    house
        .fill(&p.alice, &p.bob, perp(DESK, ETH), "12", "2,000")
        .await;
    for (i, (underlying, strike)) in [(ETH, 1_900), (ETH, 2_300), (BTC, 38_000), (BTC, 44_000)]
        .into_iter()
        .enumerate()
    {
        for (j, days) in DAYS.into_iter().enumerate() {
            let call = (i + j) % 2 == 0;
            let instrument =
                ids::option(DESK, underlying, call, today + days, strike * WAD).expect("canonical");
            let price = ok(house.mark(instrument).await);
            let (buyer, seller) = if i % 2 == 0 {
                (alice, bob)
            } else {
                (bob, alice)
            };
            let fill = Fill {
                buyer,
                seller,
                instrument,
                size: uwad("1.5"),
                price,
                buyerFee: U256::ZERO,
                sellerFee: U256::ZERO,
            };
            let call = reference::LyingVenue::reportCall {
                fills: vec![reference::LyingVenue::Fill {
                    buyer: fill.buyer,
                    seller: fill.seller,
                    instrument: fill.instrument,
                    size: fill.size,
                    price: fill.price,
                    buyerFee: fill.buyerFee,
                    sellerFee: fill.sellerFee,
                }],
            };
            ok(house.send(&p.stranger, house.desk(), &call).await);
        }
    }

    let mut found = 0;
    for account in [alice, bob] {
        let (portfolio, _, _) = ok(house.account(account).await);
        let collateral: Vec<_> = portfolio
            .collateral
            .iter()
            .map(|b| (b.asset, b.amount))
            .collect();
        let view = View {
            cash: portfolio.cash,
            collateral: &collateral,
            slots: &portfolio.legs,
        };
        // The same words as the contracts read.
        let terms = async |keys: Vec<Word>| {
            ok(house
                .ask(house.at.margin, &IMargin::termsCall { keys })
                .await)
        };
        let mut needs = Dependencies::default();
        needs.add(&view);
        needs.link(&terms(needs.asset_keys()).await);
        let words = terms(needs.keys()).await;
        let board = SnapshotRequest::new(needs, &words);
        let words = ok(house
            .ask(
                house.at.oracle,
                &IOracle::snapshotCall { keys: board.keys() },
            )
            .await);
        let now = house.node.chain.with(|c| c.latest().header.timestamp);

        let on_chain = ok(house.assess(account).await);
        let greeks = ok(house
            .ask(
                house.at.lens,
                &ILens::greeksCall {
                    portfolio: portfolio.clone(),
                },
            )
            .await);
        let far = ok(house
            .ask(
                house.at.lens,
                &ILens::distancesCall {
                    portfolio: portfolio.clone(),
                },
            )
            .await);
        let mut scratch = Box::new(Scratch::NEW);
        let (native, held, distances) = board.with_market(now, &words, |market| {
            let native = assess(market, &view, &mut scratch);
            let mut held = Vec::new();
            for (place, underlying) in market.underlyings.iter().enumerate() {
                let scan = scratch.scans()[place];
                held.push((
                    underlying.id,
                    scan.losses[..scan.count].to_vec(),
                    scan.worst_node,
                    explain::greeks(market, &view, place),
                    explain::contributions(market, &view, place, scan.worst_node),
                ));
            }
            let mut other = Box::new(Scratch::NEW);
            let distances = Direction::ALL
                .map(|direction| explain::distance(market, &view, direction, &mut other));
            (native, held, distances)
        });
        assert_eq!(on_chain.equity, I256::try_from(native.equity).unwrap());
        assert_eq!(on_chain.im, U256::from(native.im.unsigned_abs()));
        assert_eq!(on_chain.mm, U256::from(native.mm.unsigned_abs()));
        assert!(native.mm > 0 && !native.stale && held.len() == 2);
        let told = [far.spotUp, far.spotDown, far.volUp, far.volDown];
        for ((told, found), direction) in told.into_iter().zip(distances).zip(Direction::ALL) {
            let share = i128::from(found.unwrap_or(direction.horizon()));
            let size = I256::try_from((share * WAD.cast_signed()) >> 40).expect("fits");
            let by = if direction.falls() { -size } else { size };
            assert_eq!(
                (told.found, told.by),
                (found.is_some(), by),
                "{direction:?}"
            );
        }
        found += distances.iter().flatten().count();
        let charges: Vec<_> = scratch
            .add_ons()
            .all()
            .iter()
            .flat_map(|charge| [charge.im, charge.mm])
            .collect();
        for ((underlying, losses, worst, own, parts), said) in held.into_iter().zip(greeks) {
            assert_eq!(
                (
                    said.underlying,
                    said.delta,
                    said.gamma,
                    said.vega,
                    said.theta
                ),
                (underlying, own.delta, own.gamma, own.vega, own.theta)
            );
            let why = ok(house
                .ask(
                    house.at.lens,
                    &ILens::explainCall {
                        portfolio: portfolio.clone(),
                        underlying,
                    },
                )
                .await);
            assert_eq!((why.losses, &why.charges), (losses, &charges));
            let call = ILens::contributionsCall {
                portfolio: portfolio.clone(),
                underlying,
                scenario: u8::try_from(worst).unwrap(),
            };
            let said = ok(house.ask(house.at.lens, &call).await);
            let said: Vec<_> = said
                .iter()
                .map(|c| (c.instrument, c.mark, c.change))
                .collect();
            let parts: Vec<_> = parts
                .iter()
                .map(|c| (c.instrument.0, c.mark, c.change))
                .collect();
            assert_eq!(said, parts);
        }
        // Nothing held there, nothing lost there.
        let call = ILens::explainCall {
            portfolio: portfolio.clone(),
            underlying: 77,
        };
        assert!(ok(house.ask(house.at.lens, &call).await).losses.is_empty());
    }

    assert!(found > 0, "some move must reach the line");

    // Nobody owns a view: its deployer's right is used up, and nobody else ever had it.
    for actor in [&p.deployer, &p.stranger] {
        let call = ILens::initializeCall {
            vault: house.at.vault,
            clearinghouse: house.at.clearinghouse,
            auction: house.at.auction,
            margin: house.at.margin,
            oracle: house.at.oracle,
        };
        let e: ILens::NotOwner = house.expect_revert(actor, house.at.lens, &call).await;
        assert!(e.owner.is_zero());
    }
}
