//! Attacks with dated instruments: many expiries in one account, two options in a slot, and what they cost.

use super::*;
use plimsoll_e2e::reference::LyingVenue::Fill;
use plimsoll_kernel::codec::{Instrument, Kind};

/// Two more underlyings on ether's feed, the second above every other number.
const LOW: u16 = 7;
const HIGH: u16 = 9;

/// Lists them with ether's terms.
async fn list_more(house: &House, numbers: &[u16]) {
    let owner = &house.people.deployer;
    let call = IParameters::underlyingCall { underlying: ETH };
    let terms = ok(house.ask(house.at.parameters, &call).await);
    for underlying in numbers.iter().copied() {
        let list = listing(underlying, &terms);
        ok(house.send(owner, house.at.parameters, &list).await);
        let allow = IOracle::setSurfaceTermsCall {
            underlying,
            feed: ETH,
            maxAge: 600,
            maxBasis: WAD as u64 / 2,
            ratioMove: 0,
            rateMove: 0,
        };
        ok(house.send(owner, house.at.oracle, &allow).await);
    }
}

fn future(underlying: u16, expiry_day: u16) -> u128 {
    let instrument = Instrument {
        venue: DESK,
        underlying,
        kind: Kind::Future,
        expiry_day,
        strike: None,
    };
    instrument.encode().expect("a future").0
}

pub(crate) fn trade(
    buyer: &Actor,
    seller: &Actor,
    instrument: u128,
    size: &str,
    price: U256,
) -> Fill {
    Fill {
        buyer: buyer.account(),
        seller: seller.account(),
        instrument,
        size: uwad(size),
        price,
        buyerFee: U256::ZERO,
        sellerFee: U256::ZERO,
    }
}

/// Pushes flat surfaces of an underlying for these days.
async fn push_days(house: &House, underlying: u16, days: &[u16], forward: &str) {
    let mut updates = Vec::new();
    for day in days {
        updates.push(house.flat(underlying, *day, forward, "0.6").await);
    }
    ok(house.push(updates).await);
}

/// I-LIV-3, A-42: an account that is below its initial requirement cannot crowd a leg out of its own market with dust on
/// more expiries than a market holds.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_42_dust_crowds_out_no_leg() {
    let house = House::start().await;
    let p = &house.people;
    let alice = p.alice.account();
    list_more(&house, &[LOW, HIGH]).await;
    for (actor, coins) in [
        (&p.alice, "40,000"),
        (&p.bob, "900,000"),
        (&p.carol, "900,000"),
    ] {
        house.give(actor, coins).await;
    }
    let day = house.day(10).await;
    let near: Vec<u16> = (0..16).map(|n| day + 7 * n).collect();
    push_days(&house, ETH, &near, "2,000").await;
    push_days(&house, LOW, &near[..8], "2,000").await;
    push_days(&house, HIGH, &near[8..9], "2,030").await;
    let short = future(HIGH, near[8]);
    house.fill_at_mark(&p.bob, &p.alice, short, "60").await;
    let most = ok(house.max_withdraw(alice, house.usdc).await);
    ok(house.withdraw(&p.alice, alice, house.usdc, most).await);
    push_days(&house, HIGH, &near[8..9], "2,034").await;
    let before = ok(house.assess(alice).await);
    assert!(before.equity < before.im.to() && before.best >= I256::ZERO);
    let mut dust: Vec<_> = near.iter().map(|day| (ETH, *day)).collect();
    dust.extend(near[..8].iter().map(|day| (LOW, *day)));
    let batch = async |part: &[(u16, u16)], seller: &Actor| {
        let mark = ok(house.mark(short).await);
        let mut fills: Vec<_> = part
            .iter()
            .map(|(underlying, day)| {
                let far = option(DESK, *underlying, true, *day, "40,000");
                trade(&p.alice, seller, far, "0.0001", U256::from(1))
            })
            .collect();
        fills.push(trade(&p.alice, &p.bob, short, "0.1", mark));
        reference::LyingVenue::reportCall { fills }
    };
    // 23 others and the future: as many as a market holds, and each call makes the requirement fall.
    for (part, seller) in dust[..23].chunks(12).zip([&p.bob, &p.carol]) {
        let call = batch(part, seller).await;
        ok(house.send(&p.stranger, house.desk(), &call).await);
    }
    let full = ok(house.assess(alice).await);
    assert!(!full.stale && full.im < before.im);
    let call = batch(&dust[23..], &p.carol).await;
    let e: IVault::InsufficientMargin = house.expect_revert(&p.stranger, house.desk(), &call).await;
    assert!(e.account == alice && e.im > before.im);
    // What rises against her is still seen, and sold.
    house.set_price(ETH, "2,300").await.unwrap();
    push_days(&house, HIGH, &near[8..9], "2,330").await;
    house.give(&p.bidder, "100,000").await;
    let start = IAuction::startCall { account: alice };
    ok(house.send(&p.stranger, house.at.auction, &start).await);
    let call = IAuction::bidCall {
        b: Bid {
            account: alice,
            bidder: p.bidder.account(),
            fraction: U256::from(WAD / 10),
            maxPrice: I256::MAX,
            version: ok(house.account(alice).await).1,
            deadline: u64::MAX,
        },
    };
    ok(house.send(&p.bidder, house.at.auction, &call).await);
    house.assert_balanced().await;
}

/// an option with a price is sold, though the other one of its slot is dust on a dead surface.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_44_half_a_slot_shelters_nobody() {
    let house = House::start().await;
    let p = &house.people;
    let (alice, at) = (p.alice.account(), house.at.auction);
    house.give(&p.alice, "60,000").await;
    house.give(&p.bob, "400,000").await;
    house.give(&p.bidder, "400,000").await;
    let day = house.day(30).await;
    push_days(&house, ETH, &[day], "2,000").await;
    push_days(&house, BTC, &[day], "40,000").await;
    let short = option(DESK, ETH, true, day, "2,200");
    let dust = option(DESK, BTC, true, day, "80,000");
    house.fill_at_mark(&p.bob, &p.alice, short, "60").await;
    house.fill(&p.alice, &p.bob, dust, "0.0001", "1").await;
    assert_eq!(ok(house.account(alice).await).0.legs.len(), 1);
    house.warp(8_000).await.unwrap();
    let rise = async || {
        house.set_price(ETH, "3,000").await.unwrap();
        push_days(&house, ETH, &[day], "3,000").await;
    };
    rise().await;
    let a = ok(house.assess(alice).await);
    assert!(a.stale && a.best < I256::ZERO && a.equity > I256::ZERO);
    assert_eq!(a.staleLegs, 0b10, "the second half of the first slot");
    let start = IAuction::startCall { account: alice };
    ok(house.send(&p.stranger, at, &start).await);
    house.warp(600).await.unwrap();
    rise().await;
    let call = IAuction::bidCall {
        b: Bid {
            account: alice,
            bidder: p.bidder.account(),
            fraction: U256::from(WAD),
            maxPrice: I256::MAX,
            version: ok(house.account(alice).await).1,
            deadline: u64::MAX,
        },
    };
    ok(house.send(&p.bidder, at, &call).await);
    assert!(ok(house.leg(alice, short).await).is_none_or(|leg| leg.size > -600_000));
    assert!(ok(house.leg(p.bidder.account(), short).await).is_some());
    assert_eq!(
        ok(house.leg(alice, dust).await).map(|leg| leg.size),
        Some(10)
    );
    assert!(ok(house.leg(p.bidder.account(), dust).await).is_none());
    house.assert_balanced().await;
}
