//! Bounds of an underlying's terms.

use super::*;

/// Ether's default terms, edited.
fn with(edit: impl Fn(&mut UnderlyingTerms)) -> IParameters::setUnderlyingCall {
    let mut terms = default_terms(1);
    edit(&mut terms);
    set_underlying(ETH, terms)
}

/// Terms with this largest move, and the costs of short options, of linear legs and of options, initial and maintenance.
fn envelope(most: u32, [short, linear, option]: [u32; 3]) -> IParameters::setUnderlyingCall {
    with(|t| {
        for (place, value) in [
            (5, most),
            (6, short),
            (7, short),
            (8, linear),
            (9, linear),
            (10, option),
            (11, option),
        ] {
            t.rates[place].value = widen(value);
        }
    })
}

#[test]
fn i_par_1_underlyings_are_refused_with_the_numbers() {
    let mut hub = Floor::new().hub;
    let default = set_underlying(ETH, default_terms(1));
    check_bounds(&mut hub, &default, &UnderlyingRate::TABLE, |call| {
        &mut call.rates
    });
    let e: IParameters::UnknownUnderlying = refused(&mut hub, &set_underlying(0, default_terms(1)));
    assert_eq!(e.underlying, 0);
    let e: IParameters::FeedRequired = refused(&mut hub, &with(|t| t.feed = 0));
    assert_eq!(e.underlying, ETH);
    let e: IOracle::UnknownFeed = refused(&mut hub, &with(|t| t.feed = 77));
    assert_eq!(e.feed, 77);
    let e: IParameters::ZeroLot = refused(&mut hub, &with(|t| t.lot = 0));
    assert_eq!(e.underlying, ETH);
    for set in [0, 5, 255] {
        let e: IParameters::UnknownScenarioSet = refused(&mut hub, &with(|t| t.scenarioSet = set));
        assert_eq!(e.scenarioSet, set);
    }
    for given in [LOT - 1, LOT + 1, 1, u64::MAX] {
        let e: IParameters::LotFrozen = refused(&mut hub, &with(|t| t.lot = given));
        assert_eq!((e.underlying, e.lot, e.given), (ETH, LOT, given));
    }
}

#[test]
fn i_par_1_rates_of_an_underlying_fit_each_other() {
    let mut hub = Floor::new().hub;
    for place in [6, 8, 10, 12] {
        let call = with(|t| {
            t.rates[place + 1].value = t.rates[place].value + MILLIONTH;
        });
        let all = &call.rates;
        let e: IParameters::InitialBelowMaintenance = refused(&mut hub, &call);
        assert_eq!(
            (usize::from(e.rate), e.initial, e.maintenance),
            (place, all[place].value, all[place + 1].value)
        );
    }
    // Set 2 covers 13.5 % of a long option and 18 % of everything else, each with half its closing cost.
    for (leg, most, costs, covered) in [
        (2, 135_501, [5_000, 5_000, 1_000], 135_500),
        (0, 180_001, [0, 0, 100_000], 180_000),
        (1, 180_551, [100, 100_000, 1_000], 180_550),
        (2, 500_000, [900_000, 900_000, 1_000], 135_500),
    ] {
        let e: IParameters::EnvelopeExceeded = refused(&mut hub, &envelope(most, costs));
        assert_eq!(
            (e.legType, e.maxMove, e.covered),
            (leg, widen(most), widen(covered))
        );
    }
}

/// What passes is told by an event, by the view and to margin.
#[test]
fn terms_of_an_underlying_are_told() {
    let mut hub = Floor::new().hub;
    let call = envelope(135_500, [5_000, 6_000, 1_000]);
    let done = hub.set(&call);
    let told = &events::<IParameters::UnderlyingSet>(&done)[..];
    assert_eq!(told.len(), 1);
    let given = shown(&call.rates);
    let told = &told[0];
    let head = (told.underlying, told.feed, told.lot, told.scenarioSet);
    assert_eq!((head, &told.rates), ((ETH, 1, LOT, 2), &given));
    let query = IParameters::underlyingCall { underlying: ETH };
    let now = hub.get(hub.parameters, &query);
    assert_eq!((now.feed, now.lot, now.scenarioSet), (1, LOT, 2));
    assert_eq!(now.rates, given);
    let words = hub.get(
        hub.margin,
        &IMargin::termsCall {
            keys: vec![U256::from(snapshot::UNDERLYING | 1)],
        },
    );
    let stored = Terms::decode(words.first_chunk().unwrap()).unwrap();
    assert_eq!(stored.rates.map(widen).to_vec(), given);
    assert_eq!((stored.feed, stored.lot, stored.scenario_set), (1, LOT, 2));
    let query = IParameters::underlyingCall { underlying: 9 };
    let none = hub.get(hub.parameters, &query);
    assert_eq!((none.feed, none.lot, none.scenarioSet), (0, 0, 0));
    assert_eq!(none.rates, [0; UnderlyingRate::COUNT]);
}
