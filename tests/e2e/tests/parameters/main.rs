//! Parameters' compiled program: bounds, who sets them, and what may not change once somebody relies on it.

#[path = "../hub/mod.rs"]
mod hub;

mod assets;
mod feeds;
mod rates;
mod rights;
mod rules;
mod underlyings;

use hub::{furnished::*, *};
use plimsoll_kernel::portfolio::{
    Charge,
    charges::{self, AssetRate, RuleRate, UnderlyingRate},
    snapshot,
    terms::{RuleTerms, UnderlyingTerms as Terms},
};
use std::fmt::Debug;

/// Every stored word of margin, and what parameters say of them.
fn state(hub: &Hub) -> Vec<U256> {
    let of = |kind: u64, numbers: std::ops::Range<u64>| numbers.map(move |n| U256::from(kind | n));
    let keys = of(snapshot::RULES, 0..1)
        .chain(of(snapshot::UNDERLYING, 0..12))
        .chain(of(snapshot::ASSET, 0..18))
        .collect();
    hub.get(hub.margin, &IMargin::termsCall { keys })
}

/// The owner is refused, and nothing changes.
fn refused<E: SolError + Debug>(hub: &mut Hub, call: &impl SolCall) -> E {
    let before = state(hub);
    let e = hub.must_not(hub.parameters, call);
    assert_eq!(state(hub), before);
    e
}

/// Values by id, as views and events show them.
fn shown(rates: &[Rate]) -> Vec<u64> {
    rates.iter().map(|rate| rate.value).collect()
}

/// Below its least, above its most and finer than a millionth is refused with the numbers; both bounds are not
/// refused for that rate.
fn check_bounds<C: SolCall + Clone>(
    hub: &mut Hub,
    good: &C,
    table: &[charges::Rate],
    rates: impl Fn(&mut C) -> &mut Vec<Rate>,
) {
    for (place, row) in table.iter().enumerate() {
        let (least, most) = (widen(row.minimum), widen(row.maximum));
        let with = |value| {
            let mut call = good.clone();
            rates(&mut call)[place].value = value;
            call
        };
        let outside = [least.checked_sub(MILLIONTH), Some(most + MILLIONTH)];
        for given in outside.into_iter().flatten() {
            let e: IParameters::RateOutOfRange = refused(hub, &with(given));
            assert_eq!(
                (usize::from(e.rate), e.given, e.minimum, e.maximum),
                (place, given, least, most)
            );
        }
        for given in [least + 1, most - 1, u64::MAX] {
            let e: IParameters::RateTooFine = refused(hub, &with(given));
            assert_eq!((usize::from(e.rate), e.given), (place, given));
        }
        for given in [least, most] {
            let snapshot = hub.chain.snapshot();
            let (owner, parameters) = (hub.owner, hub.parameters);
            if let Err(data) = hub.send(owner, parameters, &with(given)) {
                let other = IParameters::RateOutOfRange::abi_decode_validate(&data);
                assert!(other.is_err(), "rate {place} at its bound: {other:?}");
            }
            assert!(hub.chain.revert(snapshot));
        }
    }
}
