//! What is not known: prices that never were, coins in doubt, expiries between expiry and settlement and after it,
//! collateral that finds no room. Nobody gains by it, and nobody is sold for it.

use plimsoll_kernel::{
    codec::{Instrument, InstrumentId, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    fixed::{ONE_Q40, ONE_Q62},
    num::U256,
    portfolio::{
        Assessment, Portfolio, Scratch, assess,
        explain::{contributions, greeks},
        mark::mark,
        market::{Asset, Expiry, Market, Rates, Rules, Underlying},
        money::LIMIT,
    },
    svi::Svi,
};

const ONE: i128 = 1_000_000_000_000_000_000;
const DAY: u16 = 20_000;
const EXPIRY: u64 = DAY as u64 * 86_400 + 28_800;
const LOT: u64 = 1_000_000_000_000_000;

struct Doubt {
    now: u64,
    spot: i128,
    known: bool,
    fresh: bool,
    open: bool,
    expiry: Option<Expiry>,
    near: Option<Expiry>,
    asset: Option<Asset>,
    underlyings: u16,
}

impl Default for Doubt {
    fn default() -> Self {
        Self {
            now: EXPIRY - 30 * 86_400,
            spot: 2_000,
            known: true,
            fresh: true,
            open: true,
            expiry: None,
            near: None,
            asset: None,
            underlyings: 1,
        }
    }
}

impl Doubt {
    fn market<T>(&self, f: impl FnOnce(&Market<'_>) -> T) -> T {
        let expiries: Vec<_> = self.expiry.into_iter().collect();
        let underlyings: Vec<_> = (1..=self.underlyings)
            .map(|id| Underlying {
                id,
                lot: LOT,
                spot: (self.spot * ONE) as u128,
                known: self.known,
                confidence: 0,
                fresh: self.fresh,
                jump: 0,
                max_basis: 1 << 40,
                multipliers: plimsoll_kernel::portfolio::market::Multipliers::ONE,
                rates: Rates::DEFAULT,
                expiries: &expiries,
                near: self.near,
                perpetuals: &[],
            })
            .collect();
        let assets: Vec<_> = self.asset.into_iter().collect();
        f(&Market {
            now: self.now,
            coin: ONE as u64,
            open: self.open,
            underlyings: &underlyings,
            assets: &assets,
            rules: Rules::DEFAULT,
        })
    }

    fn assess(&self, cash: i128, slots: &[U256], weth: u128) -> Assessment {
        let collateral = [(2, weth * ONE as u128)];
        let portfolio = Portfolio {
            cash: cash * ONE,
            collateral: if weth == 0 { &[] } else { &collateral },
            slots,
        };
        self.market(|market| assess(market, &portfolio, &mut Box::new(Scratch::NEW)))
    }
}

fn weth(price: i128, fresh: bool, underlying: u16) -> Asset {
    Asset {
        index: 2,
        price: (price * ONE) as u128,
        decimals: 18,
        underlying,
        haircut: (ONE_Q40 / 10, ONE_Q40 / 20),
        known: true,
        fresh,
    }
}

fn expiry(variable: i128, fixed: i128, volatility: i128) -> Expiry {
    let years = 2 * ONE / 365;
    Expiry {
        day: DAY,
        variable: (variable * ONE) as u128,
        fixed: (fixed * ONE) as u128,
        discount: ONE_Q62,
        surface: Svi::from_wad(volatility * volatility * years / 10_000, 0, 0, 0, ONE),
        fresh: true,
    }
}

/// `units` of the perpetual on `underlying`, bought at 2,000.
fn perpetual(underlying: u16, units: i64) -> U256 {
    PerpLeg {
        instrument: InstrumentId::perpetual(1, underlying),
        size: units * 1_000,
        quote: i128::from(units) * 2_000 * ONE,
    }
    .encode()
}

fn option(kind: Kind, strike: i128) -> InstrumentId {
    let parts = Instrument {
        venue: 1,
        underlying: 1,
        kind,
        expiry_day: DAY,
        strike: Strike::from_wad((strike * ONE) as u128),
    };
    parts.encode().unwrap()
}

fn slot(kind: Kind, strike: i128, units: i64) -> U256 {
    let leg = OptionLeg {
        instrument: option(kind, strike),
        size: units * 1_000,
    };
    LegSlot::Options(leg, None).encode().unwrap()
}

/// Collateral whose feed answers nonsense counts at best what its feed is believed up to: it may be worth the debt, so
/// the fund owes nothing; and dust of it is dust.
#[test]
fn an_unknown_price_is_a_bound_for_collateral() {
    let doubt = Doubt {
        asset: Some(weth(100_000, false, 1)),
        ..Doubt::default()
    };
    let a = doubt.assess(-130_000, &[], 100);
    assert_eq!((a.equity, a.stale_assets), (-130_000 * ONE, 4));
    let most = (10_000_000 - 130_000) * ONE;
    assert!(
        a.best > 0 && a.best < most && a.best_equity == most,
        "{a:?}"
    );
    // a unit of dust shelters nobody: 100 bought at 2,000, spot 1,500
    let dust = [(2, 1)];
    let slots = [perpetual(1, 100)];
    let portfolio = Portfolio {
        cash: 30_000 * ONE,
        collateral: &dust,
        slots: &slots,
    };
    let low = Doubt {
        spot: 1_500,
        asset: Some(weth(100_000, false, 0)),
        ..Doubt::default()
    };
    let a = low.market(|market| assess(market, &portfolio, &mut Box::new(Scratch::NEW)));
    assert!(a.stale && a.best < 0, "{a:?}");
}

/// Neither a long nor a short is safe while nobody knows what it is worth, nor sold at once where the bound could save it.
#[test]
fn i_mar_17_legs_without_any_price_have_both_bounds() {
    let doubt = Doubt {
        spot: 100_000,
        known: false,
        fresh: false,
        ..Doubt::default()
    };
    for (slot, low, high) in [
        (perpetual(1, 10), -20_000, 1_000_000 - 20_000),
        (perpetual(1, -10), 20_000 - 1_000_000, 20_000),
        // a forward may be twice spot here
        (slot(Kind::Call, 2_000, 10), 0, 2_000_000),
        (slot(Kind::Call, 2_000, -10), -1_000_000, 0),
        (slot(Kind::Put, 2_000, -10), -20_000, 0),
    ] {
        let a = doubt.assess(0, &[slot], 0);
        assert!(a.stale && a.stale_legs == 1, "{a:?}");
        assert_eq!(a.equity, low * ONE, "{a:?}");
        assert_eq!(a.best_equity, high * ONE, "{a:?}");
        // what moves is charged at its end
        assert!(a.best <= a.best_equity && a.best >= high * ONE / 2, "{a:?}");
        assert!(a.worst <= a.equity, "{a:?}");
    }
    // Where not even the bound is known, the range.
    let nothing = Doubt { spot: 0, ..doubt };
    let a = nothing.assess(0, &[perpetual(1, -10)], 0);
    assert!(a.equity < -LIMIT / 2 && a.best >= 0, "{a:?}");
}

/// A bound counts, but is no price: the mark is 0 and not known, and nothing moves with it, as in the requirement. Before
/// there was nothing to tell the mark of 100,000 from a price, and greeks counted it.
#[test]
fn a_bound_is_no_mark_and_has_no_greeks() {
    let slots = [perpetual(1, 10)];
    let portfolio = Portfolio {
        cash: 0,
        collateral: &[(2, 3 * ONE as u128)],
        slots: &slots,
    };
    let doubt = Doubt {
        spot: 100_000,
        known: false,
        fresh: false,
        asset: Some(weth(100_000, false, 1)),
        ..Doubt::default()
    };
    doubt.market(|market| {
        let shown = mark(market, InstrumentId::perpetual(1, 1));
        assert_eq!((shown.value, shown.known, shown.fresh), (0, false, false));
        assert_eq!(greeks(market, &portfolio, 0).delta, 0);
        for part in contributions(market, &portfolio, 0, 1) {
            assert_eq!((part.mark, part.change), (-20_000 * ONE, 0));
        }
    });
    let known = Doubt {
        spot: 1_500,
        asset: Some(weth(1_500, true, 1)),
        ..Doubt::default()
    };
    known.market(|market| {
        let shown = mark(market, InstrumentId::perpetual(1, 1));
        let price = 1_500 * ONE as u128;
        assert_eq!((shown.value, shown.known, shown.fresh), (price, true, true));
        assert_eq!(greeks(market, &portfolio, 0).delta, 13 * ONE);
    });
}

/// A settled leg is cash: no charge, no scan, no staleness of a spot it does not rest on.
#[test]
fn a_settled_leg_is_a_sum_of_cash() {
    let slots = [slot(Kind::Put, 2_000, -100), slot(Kind::Call, 2_400, 7)];
    let settled = |fresh, spot| Doubt {
        now: EXPIRY,
        spot,
        fresh,
        expiry: Some(expiry(0, 2_500, 100)),
        ..Doubt::default()
    };
    for (fresh, spot) in [(true, 2_000), (false, 2_000), (true, 9_000)] {
        let a = settled(fresh, spot).assess(100, &slots, 0);
        assert!((a.equity - 800 * ONE).abs() < ONE / 1_000_000_000, "{a:?}");
        assert_eq!((a.im, a.mm, a.stale), (0, 0, false), "{a:?}");
    }
    let future = Instrument {
        venue: 1,
        underlying: 1,
        kind: Kind::Future,
        expiry_day: DAY,
        strike: None,
    };
    let leg = PerpLeg {
        instrument: future.encode().unwrap(),
        size: -3_000,
        quote: -6_000 * ONE,
    };
    let a = settled(false, 2_000).assess(0, &[leg.encode()], 0);
    assert_eq!((a.equity, a.im, a.mm, a.stale), (-1_500 * ONE, 0, 0, false));
    // A second before, and after it without a settlement, it is a position.
    for (now, e) in [
        (EXPIRY - 1, expiry(0, 2_500, 100)),
        (EXPIRY, expiry(1, 2_499, 100)),
    ] {
        let doubt = Doubt {
            now,
            expiry: Some(e),
            ..Doubt::default()
        };
        assert!(doubt.assess(100, &slots, 0).mm > 0);
    }
}

/// Futures that wait for the settlement of one day go by their sum: where one at a venue is what another owes at the next, no
/// end of what it may settle at is worth anything.
#[test]
fn h_5_futures_that_wait_for_one_settlement_cancel() {
    let future = |venue: u16, lots: i64| {
        let parts = Instrument {
            venue,
            underlying: 1,
            kind: Kind::Future,
            expiry_day: DAY,
            strike: None,
        };
        let leg = PerpLeg {
            instrument: parts.encode().unwrap(),
            size: lots,
            quote: i128::from(lots) * 2 * ONE,
        };
        leg.encode()
    };
    let waiting = Doubt {
        now: EXPIRY + 60,
        expiry: Some(Expiry {
            fresh: false,
            ..expiry(0, 2_000, 100)
        }),
        ..Doubt::default()
    };
    let hedged = waiting.assess(100, &[future(1, 50_000), future(2, -50_000)], 0);
    assert!(hedged.stale);
    assert_eq!((hedged.best, hedged.best_equity), (100 * ONE, 100 * ONE));
    let alone = waiting.assess(100, &[future(1, 50_000)], 0);
    assert_eq!(alone.best, (100 + 50 * 2_000) * ONE); // the basis of this market is all of spot
}

/// Between expiry and settlement nobody can push and everybody knows more than the last push: nothing trades.
#[test]
fn marks_are_fresh_before_expiry_and_after_settlement() {
    let fresh = |now, e: Expiry, spot_fresh| {
        let doubt = Doubt {
            now,
            fresh: spot_fresh,
            expiry: Some(e),
            ..Doubt::default()
        };
        doubt.market(|market| mark(market, option(Kind::Call, 2_000)))
    };
    let live = expiry(2_100, 0, 100);
    assert!(fresh(EXPIRY - 1, live, true).fresh);
    assert!(!fresh(EXPIRY - 1, live, false).fresh);
    assert!(!fresh(EXPIRY, live, true).fresh);
    let settled = fresh(EXPIRY, expiry(0, 2_100, 100), false);
    assert!(settled.fresh && settled.value.abs_diff(100 * ONE as u128) < 1_000_000_000);
}

/// Pockets look between the nodes of the grid; they do not widen it, whatever the volatility of a near expiry.
#[test]
fn a_near_expiry_does_not_raise_the_requirement_of_what_is_linear() {
    let without = Doubt::default().assess(10_000, &[perpetual(1, 10)], 0);
    for volatility in [10, 100, 150, 250, 1_000] {
        let near = Doubt {
            now: EXPIRY - 172_800,
            near: Some(expiry(2_000, 0, volatility)),
            ..Doubt::default()
        };
        assert_eq!(near.assess(10_000, &[perpetual(1, 10)], 0), without);
    }
}

/// Legs on eight underlyings leave no room for what collateral moves with: it counts, and its risk alone.
#[test]
fn collateral_without_room_is_scanned_alone() {
    let slots: Vec<_> = (1..=8).map(|id| perpetual(id, 1)).collect();
    let doubt = |asset| Doubt {
        underlyings: 8,
        asset,
        ..Doubt::default()
    };
    let alone = doubt(None).assess(5_000, &slots, 0);
    let with = doubt(Some(weth(2_000, true, 9))).assess(5_000, &slots, 10);
    assert!(!with.stale);
    assert_eq!(with.equity, alone.equity + 20_000 * ONE);
    // 5 % haircut and 50 % of 20,000
    let grown = (with.mm - alone.mm) as f64 / 1e18;
    assert!((grown - 11_000.0).abs() < 1e-6, "{grown}");
    let grown = (with.im - alone.im) as f64 / 1e18;
    assert!((grown - 14_500.0).abs() < 1e-6, "{grown}");
}

/// Merging costs where it takes the room: alone 18 % of the collateral are scanned, beside eight underlyings 50 %.
#[test]
fn i_mar_2_fails_for_collateral_without_room() {
    let slots: Vec<_> = (1..=8).map(|id| perpetual(id, 1)).collect();
    let doubt = |underlyings, linked| Doubt {
        underlyings,
        asset: Some(weth(2_000, true, linked)),
        ..Doubt::default()
    };
    let legs = doubt(8, 9).assess(0, &slots, 0);
    let coins = doubt(1, 1).assess(0, &[], 10);
    let both = doubt(8, 9).assess(0, &slots, 10);
    let more = (both.mm - legs.mm - coins.mm) as f64 / 1e18;
    assert!((more - 0.32 * 20_000.0).abs() < 1e-6, "{more}");
}

/// Expiries that ride a stale spot ride it together: a calendar spread of futures has nothing but add-ons, which are shares
/// of spot. The bounds hold wherever spot turns out to be; those of the last prices, −169 and −169, did not.
#[test]
fn h_3_bounds_hold_where_a_stale_spot_turns_out_to_be() {
    let future = |day, units: i64| {
        let instrument = Instrument {
            venue: 1,
            underlying: 1,
            kind: Kind::Future,
            expiry_day: day,
            strike: None,
        };
        let leg = PerpLeg {
            instrument: instrument.encode().unwrap(),
            size: units * 1_000,
            quote: i128::from(units) * 2_000 * ONE,
        };
        leg.encode()
    };
    let slots = [future(DAY, 10), future(DAY + 60, -10)];
    let assess = |spot: i128, fresh: bool, cash: i128| {
        let near = expiry(spot, 0, 80);
        let expiries = [
            near,
            Expiry {
                day: DAY + 60,
                ..near
            },
        ];
        let doubt = Doubt {
            spot,
            fresh,
            ..Doubt::default()
        };
        let portfolio = Portfolio {
            cash,
            collateral: &[],
            slots: &slots,
        };
        doubt.market(|market| {
            let underlyings = [Underlying {
                expiries: &expiries,
                ..market.underlyings[0]
            }];
            let market = Market {
                underlyings: &underlyings,
                ..*market
            };
            assess(&market, &portfolio, &mut Box::new(Scratch::NEW))
        })
    };
    let mm = assess(2_000, true, 0).mm;
    let stale = assess(2_000, false, mm * 9 / 10);
    // what rides one spot is net: nothing is gained by it
    assert!(
        (stale.best_equity - stale.equity).abs() < 1_000,
        "{stale:?}"
    );
    for spot in (1_640..=2_360).step_by(40) {
        let back = assess(spot, true, mm * 9 / 10);
        let excess = back.equity - back.mm;
        assert!(stale.best + 1_000 >= excess, "{spot}: {stale:?}");
        assert!(stale.worst - 1_000 <= excess, "{spot}: {stale:?}");
    }
    let lower = assess(1_640, true, mm * 9 / 10);
    assert!(lower.equity - lower.mm > 0 && stale.best > 0);
}

/// H-3: a long of 50 ETH with 25,000, and one lot, 0.0001, of a call at 8,000 on an expiry whose surface is stale, or that
/// nobody ever pushed. The lot shelters what it is: once the account is below the line without it, it is below the line at
/// best. Before, `best` was above 0 down to 1,620 and far below.
#[test]
fn h_3_a_lot_on_a_stale_expiry_shelters_nobody() {
    let long = PerpLeg {
        instrument: InstrumentId::perpetual(1, 1),
        size: 500_000,
        quote: 100_000 * ONE,
    };
    let leg = |size| OptionLeg {
        instrument: option(Kind::Call, 8_000),
        size,
    };
    let held = |spot: i128, stale: Option<Expiry>, lots: i64| {
        let call = LegSlot::Options(leg(lots), None).encode().unwrap();
        let slots = [long.encode(), call];
        let portfolio = Portfolio {
            cash: 25_000 * ONE,
            collateral: &[],
            slots: slots.get(..if lots == 0 { 1 } else { 2 }).unwrap(),
        };
        let doubt = Doubt {
            spot,
            expiry: stale,
            ..Doubt::default()
        };
        doubt.market(|market| {
            let underlyings = [Underlying {
                lot: LOT / 10,
                max_basis: ONE_Q40 / 5,
                ..market.underlyings[0]
            }];
            let market = Market {
                underlyings: &underlyings,
                ..*market
            };
            assess(&market, &portfolio, &mut Box::new(Scratch::NEW))
        })
    };
    let stale = Expiry {
        fresh: false,
        ..expiry(2_000, 0, 100)
    };
    for pushed in [Some(stale), None] {
        for spot in [
            2_000, 1_900, 1_850, 1_841, 1_840, 1_830, 1_620, 1_600, 1_500, 1_000,
        ] {
            let plain = held(spot, None, 0);
            let line = plain.equity - plain.mm;
            for lots in [1, -1, 1_000, -1_000] {
                let a = held(spot, pushed, lots);
                assert!(a.stale && !a.out_of_range);
                // a unit of the call is worth at most a forward, 1.2 · spot
                let worth = i128::from(lots.abs()) * ONE / 10_000 * spot * 12 / 10;
                assert!(a.best <= line + worth, "{spot} {lots}: {line} {a:?}");
                // and as a loss it may be that, and what that needs
                assert!(a.worst >= line - 4 * worth, "{spot} {lots}: {line} {a:?}");
                assert!(a.best >= line - worth / 100 && a.worst <= line + 1);
            }
            let lot = held(spot, pushed, 1);
            if line < -ONE {
                assert!(lot.best < 0, "{spot}: {lot:?}");
            }
        }
    }
    // 1,620: 6,000 of equity, 14,985 required
    let a = held(1_620, Some(stale), 1);
    assert_eq!(a.best / ONE, -8_985, "{a:?}");
}

/// H-3: 100 calls long at one venue and 100 short at another, the same call. Nothing is held, so nothing that a stale expiry may be
/// is worth anything: what remains is the requirement of closing both. Each at its own end, best was 23,162.
#[test]
fn h_3_the_same_option_at_two_venues_shelters_nobody() {
    let stale = Doubt {
        expiry: Some(Expiry {
            fresh: false,
            // 80 % a year, 30 days
            surface: Svi::from_wad(ONE * 64 / 100 * 30 / 365, 0, 0, 0, ONE),
            ..expiry(2_000, 0, 0)
        }),
        ..Doubt::default()
    };
    let call = |venue, kind, strike: i128, units: i64| {
        let parts = Instrument {
            venue,
            underlying: 1,
            kind,
            expiry_day: DAY,
            strike: Strike::from_wad((strike * ONE) as u128),
        };
        let leg = OptionLeg {
            instrument: parts.encode().unwrap(),
            size: units * 1_000,
        };
        LegSlot::Options(leg, None).encode().unwrap()
    };
    let assess = |slots: &[U256]| within(&stale, ONE_Q40 / 5, 0, slots);
    for kind in [Kind::Call, Kind::Put] {
        let both = [call(1, kind, 2_000, 100), call(2, kind, 2_000, -100)];
        let a = assess(&both);
        // one unit of rounding a leg
        assert!(a.stale && (-2..=0).contains(&a.best_equity), "{a:?}");
        assert!((a.mm - 400 * ONE).abs() < ONE / 1_000_000, "{a:?}");
        assert!((a.best + a.mm).abs() <= 2, "{a:?}");
        assert!(a.worst <= a.best);
        // the corner is that of the sum: 100 and −99 are worth what one is
        let rest = assess(&[both[0], call(2, kind, 2_000, -99)]);
        let one = assess(&[call(1, kind, 2_000, 1)]);
        assert!(
            (rest.best_equity - one.best_equity).abs() < ONE / 1_000_000,
            "{rest:?} {one:?}"
        );
        let rest = assess(&[both[0], call(2, kind, 2_000, -101)]);
        let one = assess(&[call(1, kind, 2_000, -1)]);
        assert!(
            (rest.best_equity - one.best_equity).abs() < ONE / 1_000_000,
            "{rest:?} {one:?}"
        );
    }
    // another strike or the other kind is another thing: each has its own end
    for other in [
        call(2, Kind::Call, 2_010, -100),
        call(2, Kind::Put, 2_000, -100),
    ] {
        let a = assess(&[call(1, Kind::Call, 2_000, 100), other]);
        assert!(a.best_equity > a.equity + 1_000 * ONE, "{a:?}");
    }
}

/// In a settlement window the forward is what is fixed and a share of spot: at T − 900 with 1,000 fixed, half is left, 700 at a
/// spot of 1,400. So the forward is 1,700, and with a basis of 5 % up to 1,735, where the box ended at 1,470.
#[test]
fn h_3_the_box_holds_the_forward_of_a_settlement_window() {
    let future = |units: i64| {
        let parts = Instrument {
            venue: 1,
            underlying: 1,
            kind: Kind::Future,
            expiry_day: DAY,
            strike: None,
        };
        let leg = PerpLeg {
            instrument: parts.encode().unwrap(),
            size: units * 1_000,
            quote: 0,
        };
        leg.encode()
    };
    let worth = |left: u64, variable: i128, fixed: i128, fresh: bool, units: i64| {
        let doubt = Doubt {
            now: EXPIRY - left,
            spot: 1_400,
            expiry: Some(Expiry {
                fresh,
                ..expiry(variable, fixed, 0)
            }),
            ..Doubt::default()
        };
        within(&doubt, ONE_Q40 / 20, 0, &[future(units)])
    };
    let near = |value: i128, price: i128| (value - price * ONE).abs() < ONE / 1_000_000;
    let a = worth(900, 700, 1_000, false, 1);
    assert!(a.stale && near(a.equity, 1_700), "{a:?}");
    assert!(near(a.best_equity, 1_735), "{a:?}");
    // the lowest is no more than what is fixed
    let a = worth(900, 700, 1_000, false, -1);
    assert!(near(a.best_equity, -1_000), "{a:?}");
    let a = worth(900, 700, 1_400, false, -1);
    assert!(near(a.best_equity, -1_330), "{a:?}");
    // all of it is left until the window begins, and none at its end
    for (left, highest) in [(1_801, 1_480), (1_800, 1_480), (0, 1_470)] {
        let a = worth(left, 1_400, 10, false, 1);
        assert!(near(a.best_equity, highest), "{left}: {a:?}");
    }
    // wherever the forward is, the box has it
    for left in (0..=1_800).step_by(60) {
        for fixed in (0..=3_000).step_by(250) {
            for basis in [95, 100, 105] {
                let variable = 1_400 * basis * i128::from(left) / 180_000;
                if variable + fixed == 0 || (fixed == 0 && left < 1_800) {
                    continue;
                }
                for units in [1, -1] {
                    let known = worth(left, variable, fixed, true, units);
                    let stale = worth(left, variable, fixed, false, units);
                    let excess = known.equity - known.mm;
                    assert!(stale.best_equity + 1_000 >= known.equity, "{stale:?}");
                    assert!(stale.best + 1_000 >= excess, "{left} {fixed}: {stale:?}");
                    assert!(stale.worst - 1_000 <= excess, "{left} {fixed}: {stale:?}");
                }
            }
        }
    }
}

/// The assessment with this `max_basis`.
fn within(doubt: &Doubt, max_basis: i64, cash: i128, slots: &[U256]) -> Assessment {
    let portfolio = Portfolio {
        cash: cash * ONE,
        collateral: &[],
        slots,
    };
    doubt.market(|market| {
        let underlyings = [Underlying {
            max_basis,
            ..market.underlyings[0]
        }];
        let market = Market {
            underlyings: &underlyings,
            ..*market
        };
        assess(&market, &portfolio, &mut Box::new(Scratch::NEW))
    })
}

/// Decision 17: 10 ETH long, fresh, and 10 calls at the money whose surface is stale. What the calls could take off the
/// requirement, MM(−T), is no part of what they are worth: they are long as well.
#[test]
fn h_3_own_ends_are_tighter_than_what_stale_items_could_hedge() {
    let fresh = expiry(2_000, 0, 100);
    let stale = Expiry {
        fresh: false,
        ..fresh
    };
    let assess = |expiry, cash: i128, slots: &[U256]| {
        let doubt = Doubt {
            expiry: Some(expiry),
            ..Doubt::default()
        };
        let portfolio = Portfolio {
            cash: cash * ONE,
            collateral: &[],
            slots,
        };
        doubt.market(|market| {
            let underlyings = [Underlying {
                max_basis: ONE_Q40 / 50,
                ..market.underlyings[0]
            }];
            let market = Market {
                underlyings: &underlyings,
                ..*market
            };
            assess(&market, &portfolio, &mut Box::new(Scratch::NEW))
        })
    };
    let (perp, call) = (perpetual(1, 10), slot(Kind::Call, 2_000, 10));
    let own = assess(stale, 4_000, &[perp, call]);
    let known = assess(fresh, 4_000, &[perp]);
    let dearest = assess(stale, 0, &[call]).best_equity;
    let opposite = assess(fresh, 0, &[slot(Kind::Call, 2_000, -10)]).mm;
    let design = known.equity + dearest + opposite - known.mm;
    let whole = |v: i128| (v as f64 / 1e18).round() as i64;
    assert_eq!((whole(own.best), whole(design)), (523, 4_857));
    // as a hedge the stale leg is worth its whole relief
    let hedge = assess(stale, 4_000, &[perpetual(1, -10), call]);
    let alone = assess(fresh, 4_000, &[perpetual(1, -10)]);
    let excess = alone.equity - alone.mm;
    assert_eq!((whole(hedge.best), whole(excess)), (4_357, 300));
}

/// A forward is an absolute price of its moment: until the next push it does not follow spot, and is fresh all the same.
/// What is hedged across the two is not meanwhile.
#[test]
fn spot_moves_before_the_forward_does() {
    let future = Instrument {
        venue: 1,
        underlying: 1,
        kind: Kind::Future,
        expiry_day: DAY,
        strike: None,
    };
    let leg = PerpLeg {
        instrument: future.encode().unwrap(),
        size: 10_000,
        quote: 20_000 * ONE,
    };
    let slots = [perpetual(1, -10), leg.encode()];
    let assess = |spot: i128, cash: i128| {
        let doubt = Doubt {
            spot,
            expiry: Some(expiry(2_000, 0, 80)),
            ..Doubt::default()
        };
        let portfolio = Portfolio {
            cash,
            collateral: &[],
            slots: &slots,
        };
        doubt.market(|market| assess(market, &portfolio, &mut Box::new(Scratch::NEW)))
    };
    let im = assess(2_000, 0).im;
    let after = assess(2_100, im);
    assert!(!after.stale && im / ONE == 997, "{im}");
    assert_eq!((after.equity as f64 / 1e18).round(), -2.0);
}

/// A coin in doubt stops opening and withdrawing, and sells nobody.
#[test]
fn a_coin_in_doubt_is_stale_and_nothing_else() {
    let sure = Doubt::default();
    let unsure = Doubt {
        open: false,
        ..Doubt::default()
    };
    let slots = [perpetual(1, -10)];
    let (a, b) = (
        sure.assess(10_000, &slots, 0),
        unsure.assess(10_000, &slots, 0),
    );
    assert!(!a.stale && b.stale);
    assert_eq!(Assessment { stale: true, ..a }, b);
    assert!(!unsure.assess(10_000, &[], 0).stale);
}
