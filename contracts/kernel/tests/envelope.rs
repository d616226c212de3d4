//! The envelope that parameters are accepted for: one price move takes no single leg from equity ≥ mm below zero.

use plimsoll_kernel::{
    codec::{Instrument, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    fixed::{ONE_Q40, ONE_Q62},
    portfolio::{
        Assessment, Portfolio, Scratch, assess,
        charges::UnderlyingRate,
        market::{Expiry, Market, Rules, Underlying},
        scenario::{Rule, Set},
        terms::UnderlyingTerms,
    },
    svi::Svi,
};
use proptest::prelude::*;

const NOW: u64 = 1_700_000_000;
const LOT: u64 = 1_000_000_000_000_000;

struct Case {
    terms: UnderlyingTerms,
    spot: u128,
    forward: u128,
    /// The part of it that does not move.
    fixed: u128,
    days: u16,
    sigma: i128,
}

impl Case {
    fn day(&self) -> u16 {
        (NOW / 86_400) as u16 + self.days
    }

    /// The assessment after spot and forward moved by `x`.
    fn assess(&self, slot: LegSlot, cash: i128, x: f64) -> Assessment {
        let moved = |price: u128| (price as f64 * (1.0 + x)) as u128;
        let expiry = Expiry {
            day: self.day(),
            variable: moved(self.forward - self.fixed),
            fixed: self.fixed,
            discount: ONE_Q62,
            surface: Svi::from_wad(self.sigma, 0, 0, 0, 1_000_000_000_000_000_000),
            fresh: true,
        };
        let expiries = [expiry];
        let underlyings = [Underlying {
            id: 1,
            lot: LOT,
            spot: moved(self.spot),
            known: true,
            confidence: 0,
            fresh: true,
            jump: 0,
            max_basis: 1 << 40,
            multipliers: plimsoll_kernel::portfolio::market::Multipliers::ONE,
            rates: self.terms.rates(),
            expiries: &expiries,
            near: (self.days <= 2).then_some(expiry),
            perpetuals: &[],
        }];
        let market = Market {
            now: NOW,
            coin: 1_000_000_000_000_000_000,
            open: true,
            underlyings: &underlyings,
            assets: &[],
            rules: Rules::DEFAULT,
        };
        let slots = [slot.encode().unwrap()];
        let portfolio = Portfolio {
            cash,
            collateral: &[],
            slots: &slots,
        };
        assess(&market, &portfolio, &mut Box::new(Scratch::NEW))
    }
}

fn terms(set: u8, rates: [u32; UnderlyingRate::COUNT]) -> UnderlyingTerms {
    UnderlyingTerms {
        feed: 1,
        lot: LOT,
        scenario_set: set,
        rates,
    }
}

/// One leg of 7 units, and how it is called.
fn leg(case: &Case, kind: Kind, short: bool, strike: u128) -> LegSlot {
    let size = if short { -7_000 } else { 7_000 };
    let expiry_day = if kind == Kind::Perpetual {
        0
    } else {
        case.day()
    };
    let strike = Strike::from_wad(strike * 20 * 10_u128.pow(18));
    let instrument = Instrument {
        venue: 1,
        underlying: 1,
        kind,
        expiry_day,
        strike: strike.filter(|_| kind.is_option()),
    }
    .encode()
    .unwrap();
    if kind.is_option() {
        LegSlot::Options(OptionLeg { instrument, size }, None)
    } else {
        LegSlot::Linear(PerpLeg {
            instrument,
            size,
            quote: 0,
        })
    }
}

fn shock(set: u8, rule: Rule) -> f64 {
    Set::of(set).unwrap().reach(rule) as f64 / ONE_Q40 as f64
}

/// The largest price move, in millionths, that these terms are accepted with; `None` when no move helps.
fn largest_move(mut terms: UnderlyingTerms) -> Option<u32> {
    const MOVE: usize = UnderlyingRate::max_move as usize;
    let bounds = UnderlyingRate::TABLE[MOVE];
    let (mut accepted, mut refused) = (bounds.minimum, bounds.maximum + 1);
    terms.rates[MOVE] = accepted;
    terms.check().ok()?;
    while refused - accepted > 1 {
        terms.rates[MOVE] = accepted.midpoint(refused);
        match terms.check() {
            Ok(()) => accepted = terms.rates[MOVE],
            Err(_) => refused = terms.rates[MOVE],
        }
    }
    Some(accepted)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// I-MAR-12: whatever the moneyness, tenor, volatility and basis.
    #[test]
    fn i_mar_12_one_accepted_move_leaves_no_leg_insolvent(
        set in 1_u8..5, kind in 0_u8..4, short: bool, basis in 0.0..2.0_f64, strike in 1_u128..400,
        days in 1_u16..700, variance in 1_i128..3_000, part in 0.0..=1.0_f64, up: bool,
    ) {
        let spot = 2_000 * 10_u128.pow(18);
        let forward = (spot as f64 * basis) as u128;
        let terms = terms(set, UnderlyingRate::DEFAULT);
        let case = Case { terms, spot, forward, fixed: 0, days, sigma: variance * 1_000_000_000_000_000 };
        let kind = Kind::from_bits(kind);
        let slot = leg(&case, kind, short, strike);
        let half = |rate: UnderlyingRate| f64::from(rate.of(&UnderlyingRate::DEFAULT)) / 2e6;
        let short_mm = half(UnderlyingRate::short_option_mm);
        let linear_mm = half(UnderlyingRate::linear_cost_mm);
        let option_mm = half(UnderlyingRate::option_cost_mm);
        let covered = match (kind.is_option(), short) {
            (false, _) => shock(set, Rule::Up) + linear_mm,
            (true, true) => shock(set, Rule::Up) + short_mm + option_mm,
            (true, false) => shock(set, Rule::None) + option_mm,
        };
        let before = case.assess(slot, 0, 0.0);
        let cash = before.mm - before.equity;
        prop_assert_eq!(case.assess(slot, cash, 0.0).equity, before.mm);
        let x = covered * part * if up { 1.0 } else { -1.0 };
        let after = case.assess(slot, cash, x);
        // what the move itself is rounded by
        prop_assert!(after.equity >= -1_000_000_000, "{}", after.equity as f64 / 1e18);
    }

    /// I-MAR-12, I-PAR-1: the search for terms that are accepted and a leg that the move they are accepted with makes
    /// insolvent.
    #[test]
    fn i_mar_12_no_accepted_terms_leave_a_leg_insolvent(
        set in 1_u8..5, rates in prop::array::uniform::<_, { UnderlyingRate::COUNT }>(0.0..=1.0_f64),
        ends in prop::array::uniform::<_, { UnderlyingRate::COUNT }>(0_u8..4),
        kind in 0_u8..4, short: bool, basis in 0.0..2.0_f64, fixed in 0.0..0.9_f64, live: bool, strike in 1_u128..400,
        days in 1_u16..700, variance in 1_i128..3_000, part in 0.0..=1.0_f64, whole: bool, up: bool,
    ) {
        // each rate at an end of its bounds, at its default, or anywhere
        let mut given = UnderlyingRate::DEFAULT;
        for (place, rate) in UnderlyingRate::TABLE.iter().enumerate() {
            let (least, most) = (rate.minimum, rate.maximum);
            given[place] = match ends[place] {
                0 => least,
                1 => most,
                2 => given[place],
                _ => least + (f64::from(most - least) * rates[place]) as u32,
            };
        }
        for (place, rate) in UnderlyingRate::TABLE.iter().enumerate() {
            if rate.initial && given[place] < given[place + 1] {
                given.swap(place, place + 1);
            }
        }
        let terms = terms(set, given);
        let most = largest_move(terms).unwrap();
        let spot = 2_000 * 10_u128.pow(18);
        let forward = (spot as f64 * basis) as u128;
        let fixed = if live { 0 } else { (forward as f64 * fixed) as u128 };
        let case = Case { terms, spot, forward, fixed, days, sigma: variance * 1_000_000_000_000_000 };
        let slot = leg(&case, Kind::from_bits(kind), short, strike);
        let before = case.assess(slot, 0, 0.0);
        let cash = before.mm - before.equity;
        let x = f64::from(most) / 1e6 * if whole { 1.0 } else { part } * if up { 1.0 } else { -1.0 };
        let after = case.assess(slot, cash, x);
        // 3e-12 of the larger of forward and strike: two values of an option
        prop_assert!(after.equity >= -200_000_000_000, "{}", after.equity as f64 / 1e18);
    }
}
