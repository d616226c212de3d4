//! The oracle's compiled program: scale, age, bounds, feeds that do their worst; and pushed surfaces.

#![allow(clippy::inconsistent_digit_grouping)] // prices are grouped at their eight decimals

#[path = "../hub/mod.rs"]
mod hub;

mod feeds;
mod hostile;
mod listing;
mod prices;
mod rights;
mod samples;
mod sequencer;
mod surfaces;

use alloy::sol_types::SolConstructor;
use hub::*;
use plimsoll_devnode::types::{Outcome, Transaction};
use plimsoll_e2e::hostile::RoundFeed;
use std::sync::Arc;

/// What a feed must fit to be listed here.
const BOUNDS: (u128, u128) = (10 * ONE, 100_000 * ONE);
const MAX_AGE: u32 = 3_600;

/// An oracle with feed 1: 8 decimals, 2,000, observed now.
fn listed() -> (Hub, Address) {
    let mut hub = Hub::new();
    let feed = hub.feed(8, int(2_000_0000_0000));
    hub.list(1, feed, MAX_AGE, BOUNDS);
    let now = U256::from(hub.now());
    hub.answer(feed, int(2_000_0000_0000), now);
    (hub, feed)
}

fn one(hub: &Hub) -> Price {
    let prices = hub.prices(&[1]);
    assert_eq!(prices.len(), 1);
    prices[0].clone()
}

fn strict(hub: &Hub) -> Result<U256, Bytes> {
    hub.ask(hub.oracle, &IOracle::priceCall { feed: 1 })
}

/// The strict price must be refused with `E`, the total one must be this value and not fresh.
fn fault<E: SolError + std::fmt::Debug>(hub: &Hub, value: u128) -> E {
    let price = one(hub);
    assert_eq!((price.value, price.fresh), (U256::from(value), false));
    hub.refused(hub.oracle, &IOracle::priceCall { feed: 1 })
}
