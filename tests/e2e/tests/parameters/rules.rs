//! Bounds of the rules.

use super::*;

#[test]
fn i_par_1_rules_are_refused_with_the_numbers() {
    let mut hub = Floor::new().hub;
    let default = set_rules(RuleTerms::DEFAULT.rates, 0);
    check_bounds(&mut hub, &default, &RuleRate::TABLE, |call| &mut call.rates);
    let call = set_rules([1_000_000, 1_000_001, 0, 50_000, 50_000], 0);
    let e: IParameters::InitialBelowMaintenance = refused(&mut hub, &call);
    assert_eq!(
        (e.rate, e.initial, e.maintenance),
        (0, widen(1_000_000), widen(1_000_001))
    );
    let e: IOracle::UnknownFeed = refused(&mut hub, &set_rules(RuleTerms::DEFAULT.rates, 77));
    assert_eq!(e.feed, 77);

    // At the other end of every bound; told by an event and by the view.
    let call = set_rules([2_000_000, 2_000_000, 600_000, 1_000_000, 1_000_000], 2);
    let done = hub.set(&call);
    let told = &events::<IParameters::RulesSet>(&done)[..];
    assert_eq!(told.len(), 1);
    let shown_now = hub.get(hub.parameters, &IParameters::rulesCall {});
    let given = shown(&call.rates);
    assert_eq!((told[0].coinFeed, &told[0].rates), (2, &given));
    assert_eq!((shown_now.coinFeed, shown_now.rates), (2, given));
    let stored = RuleTerms::decode(state(&hub)[0]);
    assert_eq!(
        (stored.rates, stored.coin_feed),
        ([2_000_000, 2_000_000, 600_000, 1_000_000, 1_000_000], 2)
    );
}
