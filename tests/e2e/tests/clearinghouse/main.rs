//! The clearinghouse: venues, fills, bands. Every refusal with its numbers.

mod band;
mod fills;
mod options;
mod refusals;
mod venues;

use plimsoll_e2e::{reference::LyingVenue::Fill, *};

/// The same trade as the clearinghouse's own struct.
fn same(f: Fill) -> plimsoll_e2e::bindings::Fill {
    plimsoll_e2e::bindings::Fill {
        buyer: f.buyer,
        seller: f.seller,
        instrument: f.instrument,
        size: f.size,
        price: f.price,
        buyerFee: f.buyerFee,
        sellerFee: f.sellerFee,
    }
}

fn report(fills: Vec<Fill>) -> reference::LyingVenue::reportCall {
    reference::LyingVenue::reportCall { fills }
}

async fn furnished() -> House {
    let house = House::start().await;
    for actor in [&house.people.alice, &house.people.bob, &house.people.carol] {
        house.give(actor, "100,000").await;
    }
    house
}

async fn venue(house: &House, number: u16) -> (Address, B256, u64, bool) {
    let v = ok(house
        .ask(
            house.at.clearinghouse,
            &IClearinghouse::venueCall { venue: number },
        )
        .await);
    (v.contractAddress, v.feeAccount, v.band, v.active)
}

/// A fill of an option at a price 1e18.
fn option_fill(buyer: &Actor, seller: &Actor, instrument: u128, size: &str, price: U256) -> Fill {
    Fill {
        price,
        ..fill(buyer, seller, instrument, size, "1")
    }
}

/// The house's mark and the width of the desk's band around it, both 1e18.
async fn mark_and_width(house: &House, instrument: u128) -> (U256, U256) {
    let call = IClearinghouse::marksCall {
        instruments: vec![instrument],
    };
    let marks = ok(house.ask(house.at.clearinghouse, &call).await);
    assert!(marks.fresh[0]);
    let (_, _, band, _) = venue(house, DESK).await;
    let share = marks.values[0] * U256::from(band) / U256::from(WAD);
    (marks.values[0], share.max(marks.tolerances[0]))
}
