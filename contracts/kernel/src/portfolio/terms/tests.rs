//! Storage, defaults, bounds and the envelope.
use super::*;
use crate::portfolio::Charge;
use proptest::prelude::*;

fn underlying() -> UnderlyingTerms {
    UnderlyingTerms {
        feed: 1,
        lot: 1_000,
        scenario_set: 2,
        rates: UnderlyingRate::DEFAULT,
    }
}

proptest! {
    #[test]
    fn terms_survive_storage(
        rates in prop::array::uniform::<_, { UnderlyingRate::COUNT }>(0..=MAX_RATE), feed: u16, lot in 1_u64.., scenario_set: u8, decimals: u8,
    ) {
        let terms = UnderlyingTerms { feed, lot, scenario_set, rates };
        prop_assert_eq!(UnderlyingTerms::decode(&terms.encode()), Some(terms));
        let rules = RuleTerms { rates: *rates.first_chunk().unwrap(), coin_feed: feed };
        prop_assert_eq!(RuleTerms::decode(rules.encode()), rules);
        let asset = AssetTerms { feed, underlying: scenario_set.into(), decimals, rates: *rates.first_chunk().unwrap() };
        prop_assert_eq!(AssetTerms::decode(asset.encode()), Some(asset));
    }
}

#[test]
fn nothing_stored_is_nothing_listed() {
    assert_eq!(
        UnderlyingTerms::decode(&[U256::ZERO; UnderlyingTerms::WORDS]),
        None
    );
    assert_eq!(AssetTerms::decode(U256::ZERO), None);
}

#[test]
fn defaults_pass_and_are_those_of_the_method() {
    assert_eq!(RuleTerms::DEFAULT.check(), Ok(()));
    assert_eq!(RuleTerms::DEFAULT.rules(), Rules::DEFAULT);
    for scenario_set in 1..=4 {
        let terms = UnderlyingTerms {
            scenario_set,
            ..underlying()
        };
        assert_eq!(terms.check(), Ok(()));
        let rates = Rates {
            set: scenario_set,
            ..Rates::DEFAULT
        };
        assert_eq!(terms.rates(), rates);
    }
}

#[test]
fn reach_is_the_outermost_node() {
    let reach = |set, rule| reach(Set::of(set).unwrap(), rule);
    assert_eq!(
        (reach(1, Rule::None), reach(1, Rule::Up)),
        (150_000, 200_000)
    );
    assert_eq!(
        (reach(2, Rule::None), reach(2, Rule::Up)),
        (135_000, 180_000)
    );
    assert_eq!(
        (reach(3, Rule::None), reach(3, Rule::Up)),
        (236_250, 315_000)
    );
    assert_eq!(
        (reach(4, Rule::None), reach(4, Rule::Up)),
        (375_000, 500_000)
    );
}

/// At its bounds accepted, one millionth beyond refused, with the id and the bounds.
#[test]
fn every_rate_has_bounds() {
    fn hold(table: &[Rate], check: impl Fn(usize, u32) -> Result<(), TermsRefusal>) {
        for (place, row) in table.iter().enumerate() {
            let refused = Err(TermsRefusal::OutOfRange {
                rate: place as u8,
                minimum: row.minimum,
                maximum: row.maximum,
            });
            assert_eq!(check(place, row.maximum + 1), refused);
            assert_ne!(check(place, row.maximum), refused);
            assert_ne!(check(place, row.minimum), refused);
            if let Some(below) = row.minimum.checked_sub(1) {
                assert_eq!(check(place, below), refused);
            }
        }
    }
    hold(&UnderlyingRate::TABLE, |place, value| {
        let mut terms = underlying();
        terms.rates[place] = value;
        terms.check()
    });
    hold(&RuleRate::TABLE, |place, value| {
        let mut terms = RuleTerms::DEFAULT;
        terms.rates[place] = value;
        terms.check()
    });
    for underlying in [0, 1] {
        let terms = AssetTerms {
            underlying,
            ..AssetTerms::default()
        };
        hold(terms.table(), |place, value| {
            let mut terms = terms;
            terms.rates[place] = value;
            terms.check()
        });
    }
}

/// What the table promises of each row.
#[test]
fn the_table_is_sound() {
    for table in [
        &RuleRate::TABLE[..],
        &UnderlyingRate::TABLE,
        &AssetRate::TABLE,
        &AssetRate::LINKED_TABLE,
    ] {
        for (place, row) in table.iter().enumerate() {
            assert!((1..32).contains(&row.name.len()), "{}", row.name);
            assert!(
                row.minimum <= row.default && row.default <= row.maximum,
                "{}",
                row.name
            );
            assert!(row.maximum <= MAX_RATE, "{}", row.name);
            assert_eq!(
                table.iter().filter(|other| other.name == row.name).count(),
                1
            );
            if row.initial {
                let next = &table[place + 1];
                assert_eq!((next.symbol, next.initial), (row.symbol, false));
                assert!(row.default >= next.default, "{}", row.name);
            }
        }
    }
    assert!(
        Charge::TABLE
            .iter()
            .all(|charge| (1..32).contains(&charge.name.len()))
    );
    assert_eq!(Charge::TABLE[Charge::Depeg as usize].name, "depeg");
}

/// I-MAR-6: no set of parameters makes IM < MM.
#[test]
fn i_mar_6_no_initial_rate_below_its_maintenance_rate() {
    let table = UnderlyingRate::TABLE.iter().enumerate();
    for place in table.filter(|(_, row)| row.initial).map(|(place, _)| place) {
        let mut terms = underlying();
        terms.rates[place] = terms.rates[place + 1];
        assert_eq!(terms.check(), Ok(()));
        terms.rates[place + 1] += 1;
        let rate = place as u8;
        assert_eq!(
            terms.check(),
            Err(TermsRefusal::InitialBelowMaintenance { rate })
        );
    }
    let mut rules = RuleTerms::DEFAULT;
    rules.rates[1] = rules.rates[0] + 1;
    assert_eq!(
        rules.check(),
        Err(TermsRefusal::InitialBelowMaintenance { rate: 0 })
    );
    let mut asset = AssetTerms {
        rates: AssetRate::DEFAULT,
        ..AssetTerms::default()
    };
    asset.rates[AssetRate::im_haircut as usize] = 50_000;
    asset.rates[AssetRate::mm_haircut as usize] = 50_000;
    assert_eq!(asset.check(), Ok(()));
    asset.rates[AssetRate::mm_haircut as usize] += 1;
    assert_eq!(
        asset.check(),
        Err(TermsRefusal::InitialBelowMaintenance { rate: 0 })
    );
}

#[test]
fn the_envelope_says_by_how_much_it_fails() {
    let with = |most, costs: [u32; 3]| {
        let mut terms = underlying();
        terms.rates[UnderlyingRate::max_move as usize] = most;
        let [short, linear, option] = costs;
        for (rate, cost) in [
            (UnderlyingRate::short_option_im, short),
            (UnderlyingRate::linear_cost_im, linear),
            (UnderlyingRate::option_cost_im, option),
        ] {
            terms.rates[rate as usize] = cost;
            terms.rates[rate as usize + 1] = cost;
        }
        terms.check()
    };
    assert_eq!(with(135_500, [5_000, 5_000, 1_000]), Ok(()));
    let refused = |leg, covered| Err(TermsRefusal::Envelope { leg, covered });
    let long = refused(LegType::LongOption, 135_500);
    assert_eq!(with(135_501, [5_000, 5_000, 1_000]), long);
    assert_eq!(
        with(180_001, [0, 0, 100_000]),
        refused(LegType::Linear, 180_000)
    );
    assert_eq!(with(180_000, [0, 0, 100_000]), Ok(()));
    assert_eq!(
        with(180_551, [100, 100_000, 1_000]),
        refused(LegType::ShortOption, 180_550)
    );
}
