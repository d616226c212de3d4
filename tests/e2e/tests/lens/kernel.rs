//! The lens on the chain says what the kernel says of the same words, bit for bit.

use plimsoll::bindings::ExpiryUpdate;
use plimsoll_e2e::*;
use plimsoll_kernel::{
    num::U256 as Word,
    portfolio::{
        Portfolio as View, Scratch, assess,
        explain::{self, Direction},
        market::Market,
        snapshot::{Dependencies, SnapshotRequest},
    },
};

const DAYS: [u16; 2] = [20, 50];

fn update(underlying: u16, expiry_day: u16, forward: u128, number: i128) -> ExpiryUpdate {
    let part = |n: i128| n * 1_000_000_000_000_000;
    ExpiryUpdate {
        underlying,
        expiryDay: expiry_day,
        ratio: ratio(forward, if underlying == BTC { 40_000 } else { 2_000 }),
        fixedPart: 0,
        discount: 995_000_000_000_000_000,
        a: part(20 * (number + 1)),
        b: part(60),
        rho: part(-250),
        m: part(10),
        sigma: part(150),
    }
}

/// Alice and bob with perpetuals, options of two underlyings and expiries, and collateral.
async fn furnished() -> House {
    let house = House::start().await;
    let p = &house.people;
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
    let strikes = [(ETH, 1_900), (ETH, 2_300), (BTC, 38_000), (BTC, 44_000)];
    for (i, (underlying, strike)) in strikes.into_iter().enumerate() {
        for (j, days) in DAYS.into_iter().enumerate() {
            let call = (i + j) % 2 == 0;
            let instrument =
                ids::option(DESK, underlying, call, today + days, strike * WAD).expect("canonical");
            let (buyer, seller) = if i % 2 == 0 {
                (&p.alice, &p.bob)
            } else {
                (&p.bob, &p.alice)
            };
            house.fill_at_mark(buyer, seller, instrument, "1.5").await;
        }
    }
    house
}

/// What the kernel says natively of a portfolio.
struct Native {
    assessment: plimsoll_kernel::portfolio::Assessment,
    distances: [Option<i64>; 4],
    charges: Vec<i128>,
    underlyings: Vec<OfUnderlying>,
}

/// What it says of one underlying: losses at the nodes, the worst of them, sensitivities, contributions there.
struct OfUnderlying {
    id: u16,
    losses: Vec<i128>,
    worst: usize,
    greeks: explain::Greeks,
    parts: Vec<explain::Contribution>,
}

impl Native {
    /// From the same words as the contracts read.
    async fn of(house: &House, portfolio: &Portfolio) -> Self {
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
        let terms = async |keys: Vec<Word>| {
            let call = IMargin::termsCall { keys };
            ok(house.ask(house.at.margin, &call).await)
        };
        let mut needs = Dependencies::default();
        needs.add(&view);
        needs.link(&terms(needs.asset_keys()).await);
        let words = terms(needs.keys()).await;
        let request = SnapshotRequest::new(needs, &words);
        let call = IOracle::snapshotCall {
            keys: request.keys(),
        };
        let words = ok(house.ask(house.at.oracle, &call).await);
        let now = house.node.chain.with(|c| c.latest().header.timestamp);
        request.with_market(now, &words, |market| Self::at(market, &view))
    }

    fn at(market: &Market<'_>, view: &View<'_>) -> Self {
        let (mut scratch, mut other) = (Box::new(Scratch::NEW), Box::new(Scratch::NEW));
        let assessment = assess(market, view, &mut scratch);
        let underlyings = market
            .underlyings
            .iter()
            .zip(0..)
            .map(|(underlying, place)| {
                let scan = scratch.scans()[place];
                OfUnderlying {
                    id: underlying.id,
                    losses: scan.losses[..scan.count].to_vec(),
                    worst: scan.worst_node,
                    greeks: explain::greeks(market, view, place),
                    parts: explain::contributions(market, view, place, scan.worst_node),
                }
            });
        let charges = scratch.add_ons().all();
        Self {
            assessment,
            distances: Direction::ALL
                .map(|direction| explain::distance(market, view, direction, &mut other)),
            charges: charges
                .iter()
                .flat_map(|charge| [charge.im, charge.mm])
                .collect(),
            underlyings: underlyings.collect(),
        }
    }
}

/// What the house says of accounts is what the kernel says of the same words, asked twice.
#[tokio::test(flavor = "multi_thread")]
async fn i_mar_16_views_equal_the_kernel_and_what_is_executed() {
    let house = furnished().await;
    let p = &house.people;
    let mut found = 0;
    for account in [p.alice.account(), p.bob.account()] {
        let (portfolio, _, _) = ok(house.account(account).await);
        let native = Native::of(&house, &portfolio).await;
        let on_chain = ok(house.assess(account).await);
        let own = &native.assessment;
        assert_eq!(on_chain.equity, I256::try_from(own.equity).unwrap());
        assert_eq!(on_chain.im, U256::from(own.im.unsigned_abs()));
        assert_eq!(on_chain.mm, U256::from(own.mm.unsigned_abs()));
        assert!(own.mm > 0 && !own.stale && native.underlyings.len() == 2);
        assert_distances(&house, &portfolio, &native).await;
        found += native.distances.iter().flatten().count();
        assert_reasons(&house, &portfolio, &native).await;
    }
    assert!(found > 0, "some move must reach the line");
}

async fn assert_distances(house: &House, portfolio: &Portfolio, native: &Native) {
    let call = ILens::distancesCall {
        portfolio: portfolio.clone(),
    };
    let far = ok(house.ask(house.at.lens, &call).await);
    let said = [far.spotUp, far.spotDown, far.volUp, far.volDown];
    for ((said, found), direction) in said.into_iter().zip(native.distances).zip(Direction::ALL) {
        let share = i128::from(found.unwrap_or(direction.horizon()));
        let size = I256::try_from((share * WAD.cast_signed()) >> 40).expect("fits");
        let by = if direction.falls() { -size } else { size };
        assert_eq!(
            (said.found, said.by),
            (found.is_some(), by),
            "{direction:?}"
        );
    }
}

async fn assert_reasons(house: &House, portfolio: &Portfolio, native: &Native) {
    let lens = house.at.lens;
    let portfolio = || portfolio.clone();
    let call = ILens::greeksCall {
        portfolio: portfolio(),
    };
    let greeks = ok(house.ask(lens, &call).await);
    for (own, said) in native.underlyings.iter().zip(greeks) {
        let g = &own.greeks;
        assert_eq!(
            (
                said.underlying,
                said.delta,
                said.gamma,
                said.vega,
                said.theta
            ),
            (own.id, g.delta, g.gamma, g.vega, g.theta)
        );
        let call = ILens::explainCall {
            portfolio: portfolio(),
            underlying: own.id,
        };
        let why = ok(house.ask(lens, &call).await);
        assert_eq!((&why.losses, &why.charges), (&own.losses, &native.charges));
        let call = ILens::contributionsCall {
            portfolio: portfolio(),
            underlying: own.id,
            scenario: u8::try_from(own.worst).unwrap(),
        };
        let said = ok(house.ask(lens, &call).await);
        let said: Vec<_> = said
            .iter()
            .map(|c| (c.instrument, c.mark, c.change))
            .collect();
        let parts = own.parts.iter();
        let parts: Vec<_> = parts.map(|c| (c.instrument.0, c.mark, c.change)).collect();
        assert_eq!(said, parts);
    }
    // Nothing held there, nothing lost there.
    let call = ILens::explainCall {
        portfolio: portfolio(),
        underlying: 77,
    };
    assert!(ok(house.ask(lens, &call).await).losses.is_empty());
}

/// A view has no owner: its deployer's right is used up, and no other account had it.
#[tokio::test(flavor = "multi_thread")]
async fn the_lens_has_no_owner() {
    let house = House::start().await;
    let p = &house.people;
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
