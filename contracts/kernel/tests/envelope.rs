//! The envelope that parameters are accepted for: one price move takes no single leg from equity ≥ mm below zero.

use plimsoll_kernel::{
    codec::{Instrument, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    fixed::{ONE_Q40, ONE_Q62},
    portfolio::{
        Assessment, Portfolio, Scratch, assess,
        market::{Expiry, Market, Rules, Underlying},
        scenario::{Rule, Set},
        terms::{RateTerms, UnderlyingTerms},
    },
    svi::Svi,
};
use proptest::prelude::*;

const NOW: u64 = 1_700_000_000;
const LOT: u64 = 1_000_000_000_000_000;

struct Case {
    set: u8,
    spot: u128,
    forward: u128,
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
            variable: moved(self.forward),
            fixed: 0,
            discount: ONE_Q62,
            surface: Svi::from_wad(self.sigma, 0, 0, 0, 1_000_000_000_000_000_000),
            fresh: true,
        };
        let terms = UnderlyingTerms {
            feed: 1,
            lot: LOT,
            scenario_set: self.set,
            rates: RateTerms::DEFAULT,
        };
        let expiries = [expiry];
        let underlyings = [Underlying {
            id: 1,
            lot: LOT,
            spot: moved(self.spot),
            known: true,
            confidence: 0,
            fresh: true,
            rates: terms.rates(),
            expiries: &expiries,
            near: None,
            perpetuals: &[],
        }];
        let market = Market {
            now: NOW,
            coin: 1_000_000_000_000_000_000,
            coin_fresh: true,
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

fn shock(set: u8, rule: Rule) -> f64 {
    Set::of(set).unwrap().reach(rule) as f64 / ONE_Q40 as f64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// I-MAR-12: whatever the moneyness, tenor, volatility and basis.
    #[test]
    fn i_mar_12_one_accepted_move_leaves_no_leg_insolvent(
        set in 1_u8..4, kind in 0_u8..4, short: bool, basis in 0.0..2.0_f64, strike in 1_u128..400,
        days in 1_u16..700, variance in 1_i128..3_000, part in 0.0..=1.0_f64, up: bool,
    ) {
        let spot = 2_000 * 10_u128.pow(18);
        let forward = (spot as f64 * basis) as u128;
        let case = Case { set, spot, forward, days, sigma: variance * 1_000_000_000_000_000 };
        let kind = Kind::from_bits(kind);
        let size = if short { -7_000 } else { 7_000 };
        let instrument = Instrument {
            venue: 1,
            underlying: 1,
            kind,
            expiry_day: if kind == Kind::Perpetual { 0 } else { case.day() },
            strike: kind.is_option().then(|| Strike::from_wad(strike * 20 * 10_u128.pow(18)).unwrap()),
        }.encode().unwrap();
        let slot = if kind.is_option() {
            LegSlot::Options(OptionLeg { instrument, size }, None)
        } else {
            LegSlot::Linear(PerpLeg { instrument, size, quote: 0 })
        };
        let [_, _, _, _, _, _, _, short_mm, _, linear_mm, _, option_mm, _, _] = RateTerms::DEFAULT.0.map(|r| f64::from(r) / 2e6);
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
}
