//! Rates by id, and the table of them that is published.

use super::*;
use plimsoll_e2e::Dice;

/// I-PAR-1: rates come by id, each once; what is not given stays, and begins at its default.
#[test]
fn i_par_1_rates_that_are_not_given_stay() {
    let mut hub = Floor::new().hub;
    let with = |underlying, given: &[(UnderlyingRate, u32)]| {
        let rate = |(id, value): &(UnderlyingRate, u32)| Rate {
            id: *id as u8,
            value: widen(*value),
        };
        UnderlyingTerms {
            rates: given.iter().map(rate).collect(),
            ..set_underlying(underlying, default_terms(1))
        }
    };
    let shown = |hub: &Hub, underlying| {
        let query = IParameters::underlyingCall { underlying };
        hub.get(hub.parameters, &query).rates
    };
    let beta = UnderlyingRate::beta as usize;
    hub.set(&with(5, &[]));
    assert_eq!(shown(&hub, 5), UnderlyingRate::DEFAULT.map(widen));
    hub.set(&with(5, &[(UnderlyingRate::depeg_im, 3_000_000)]));
    hub.set(&with(5, &[(UnderlyingRate::beta, 900_000)]));
    let mut expected = UnderlyingRate::DEFAULT;
    expected[UnderlyingRate::depeg_im as usize] = 3_000_000;
    expected[beta] = 900_000;
    assert_eq!(shown(&hub, 5), expected.map(widen));

    // A set is judged whole, what stands included.
    let call = with(5, &[(UnderlyingRate::depeg_mm, 3_000_001)]);
    let e: IParameters::InitialBelowMaintenance = refused(&mut hub, &call);
    assert_eq!(
        (e.initial, e.maintenance),
        (widen(3_000_000), widen(3_000_001))
    );

    let mut call = with(5, &[(UnderlyingRate::beta, 1), (UnderlyingRate::beta, 1)]);
    let e: IParameters::RateGivenTwice = refused(&mut hub, &call);
    assert_eq!(usize::from(e.rate), beta);
    let count = UnderlyingRate::COUNT as u8;
    for id in [count, 255] {
        call.rates = vec![Rate { id, value: 0 }];
        let e: IParameters::UnknownRate = refused(&mut hub, &call);
        assert_eq!((e.rate, e.count), (id, count));
    }
}

/// The published table is the kernel's, in its order.
#[test]
fn the_rate_table_is_the_kernels() {
    let hub = Hub::new();
    let table = hub.get(hub.parameters, &IParameters::rateTableCall {});
    let text = |word: B256| {
        let name = word.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8(name.to_vec()).unwrap()
    };
    let sections: [&[charges::Rate]; 4] = [
        &RuleRate::TABLE,
        &UnderlyingRate::TABLE,
        &AssetRate::TABLE,
        &AssetRate::LINKED_TABLE,
    ];
    let rows = sections.iter().zip(0..).flat_map(|(section, scope)| {
        let rows = section.iter().zip(0..);
        rows.map(move |(row, id)| (scope, id, row))
    });
    let rows: Vec<(u8, u8, &charges::Rate)> = rows.collect();
    assert_eq!(table.rates.len(), rows.len());
    for (told, (scope, id, row)) in table.rates.iter().zip(rows) {
        assert_eq!(
            (told.scope, told.id, text(told.name)),
            (scope, id, row.name.into())
        );
        let numbers = [row.minimum, row.maximum, row.default].map(widen);
        assert_eq!([told.minimum, told.maximum, told.defaultValue], numbers);
        assert_eq!(told.isInitial, row.initial);
    }
    let names: Vec<String> = table.charges.iter().copied().map(text).collect();
    let charges: Vec<&str> = Charge::TABLE.iter().map(|charge| charge.name).collect();
    assert_eq!(names, charges);
}

/// Rates that stay are judged with what changes: of a listed asset when it is linked, of the rules.
#[test]
fn i_par_1_what_stays_is_judged_again() {
    let mut hub = Floor::new().hub;
    let with = |underlying, rates| IParameters::setAssetCall {
        rates,
        ..set_asset(LOOSE, 2, underlying, 24, (0, 0))
    };
    let half = vec![Rate {
        id: AssetRate::im_haircut as u8,
        value: widen(500_000),
    }];
    hub.set(&with(0, half));
    let query = IParameters::assetCall { asset: LOOSE };
    let before = hub.get(hub.parameters, &query).rates;
    assert_eq!(before[0], widen(500_000));
    hub.set(&with(0, vec![]));
    assert_eq!(hub.get(hub.parameters, &query).rates, before);
    let e: IParameters::RateOutOfRange = refused(&mut hub, &with(BTC, vec![]));
    let most = widen(AssetRate::LINKED_MAXIMUM);
    assert_eq!((e.rate, e.given, e.maximum), (0, widen(500_000), most));

    let rules = |id: RuleRate, millionths| IParameters::setRulesCall {
        coinFeed: 0,
        rates: vec![Rate {
            id: id as u8,
            value: widen(millionths),
        }],
    };
    hub.set(&rules(RuleRate::max_offset, 300_000));
    let mut expected = RuleRate::DEFAULT;
    expected[RuleRate::max_offset as usize] = 300_000;
    let now = hub.get(hub.parameters, &IParameters::rulesCall {}).rates;
    assert_eq!(now, expected.map(widen));
    let e: IParameters::InitialBelowMaintenance =
        refused(&mut hub, &rules(RuleRate::mm_factor, 1_250_001));
    assert_eq!(
        (e.initial, e.maintenance),
        (widen(1_250_000), widen(1_250_001))
    );
}

/// I-PAR-1: any list of rates, against a plain reading of the interface: the first fault of the list is the answer and
/// nothing changes, or exactly what is given has changed.
#[test]
fn i_par_1_any_list_of_rates() {
    let mut hub = Floor::new().hub;
    let mut dice = Dice(11);
    let mut stored = RuleRate::DEFAULT.map(widen);
    let (mut taken, mut refusals) = (0, [0; 5]);
    for _ in 0..400 {
        let given: Vec<Rate> = (0..dice.below(4)).map(|_| any_rate(&mut dice)).collect();
        let call = IParameters::setRulesCall {
            coinFeed: 0,
            rates: given.clone(),
        };
        let query = IParameters::rulesCall {};
        match expected(stored, &given) {
            Ok(rates) => {
                hub.set(&call);
                (stored, taken) = (rates, taken + 1);
            }
            Err(fault) => {
                let (owner, parameters) = (hub.owner, hub.parameters);
                let data = hub.send(owner, parameters, &call).unwrap_err();
                assert_eq!(data[..4], SELECTORS[fault], "{given:?} onto {stored:?}");
                refusals[fault] += 1;
            }
        }
        assert_eq!(hub.get(hub.parameters, &query).rates, stored);
    }
    assert!(
        taken > 20 && refusals.iter().all(|times| *times > 5),
        "{taken}, {refusals:?}"
    );
}

/// The faults of a list of rates.
const SELECTORS: [[u8; 4]; 5] = [
    IParameters::UnknownRate::SELECTOR,
    IParameters::RateGivenTwice::SELECTOR,
    IParameters::RateTooFine::SELECTOR,
    IParameters::RateOutOfRange::SELECTOR,
    IParameters::InitialBelowMaintenance::SELECTOR,
];

/// Mostly a rate of the rules at a bound, its default or between.
fn any_rate(dice: &mut Dice) -> Rate {
    let unknown = u64::from(dice.once_in(8));
    let id = dice.below(RuleRate::COUNT as u64 + unknown) as u8;
    let row = RuleRate::TABLE
        .get(usize::from(id))
        .unwrap_or(&RuleRate::TABLE[0]);
    let between = row.minimum + dice.below(u64::from(row.maximum - row.minimum) + 1) as u32;
    let value = match dice.below(8) {
        0 => widen(row.maximum) + MILLIONTH,
        1 => widen(between) + 1,
        2 | 3 => widen(row.minimum),
        4 => widen(row.maximum),
        _ => widen(between),
    };
    Rate { id, value }
}

/// What the interface says of a list.
fn expected(
    stored: [u64; RuleRate::COUNT],
    given: &[Rate],
) -> Result<[u64; RuleRate::COUNT], usize> {
    let mut rates = stored;
    for (place, Rate { id, value }) in given.iter().enumerate() {
        let Some(rate) = rates.get_mut(usize::from(*id)) else {
            return Err(0);
        };
        if given[..place].iter().any(|before| before.id == *id) {
            return Err(1);
        }
        if value % MILLIONTH != 0 {
            return Err(2);
        }
        *rate = *value;
    }
    let rows = rates.iter().zip(RuleRate::TABLE);
    if rows
        .into_iter()
        .any(|(rate, row)| *rate < widen(row.minimum) || *rate > widen(row.maximum))
    {
        return Err(3);
    }
    if rates[0] < rates[1] {
        Err(4)
    } else {
        Ok(rates)
    }
}
