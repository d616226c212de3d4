//! Our method in floating point, from the kernel's tables, and the kernel itself on the same account.

use plimsoll_kernel::{
    codec::{Instrument, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    fixed::{ONE_Q40, Round, from_wad},
    portfolio::{
        Portfolio, Scratch, assess,
        charges::{AssetRate, AssetRates, Rate, RuleRate, UnderlyingRate},
        market::{self, Asset, Market, Multipliers, Perpetual, Rates, Rules, Underlying},
        scenario::{self, Set},
    },
    svi::Svi,
};
use plimsoll_risk::peers::{
    Account, Basis, Depeg, Expiry, Haircuts, Joined, Method, Requirement, Rule, Scenario, Skew,
    Volatility,
};

/// The default set.
const SET: u8 = 2;
const WAD: f64 = 1e18;
/// A lot is 1e-12 units, so that sizes are as good as exact.
const LOT: u64 = 1_000_000;
const LOTS: f64 = 1e12;

fn rate(table: &[Rate], name: &str) -> f64 {
    let row = table.iter().find(|rate| rate.name == name);
    f64::from(row.unwrap_or_else(|| panic!("no rate {name}")).default) / 1e6
}

/// Ours, as the kernel's tables and `docs/method.md` have it.
pub(crate) fn method() -> Method {
    let of = |name: &str| rate(&UnderlyingRate::TABLE, name);
    let pair = |name: &str| (of(&format!("{name}_im")), of(&format!("{name}_mm")));
    let rule = |name: &str| rate(&RuleRate::TABLE, name);
    let haircuts = |table: &[Rate]| (rate(table, "im_haircut"), rate(table, "mm_haircut"));
    let set = Set::of(SET).unwrap();
    let q40 = |x: i64| x as f64 / ONE_Q40 as f64;
    let scenarios = set.scenarios().into_iter().map(|s| {
        let rule = match s.rule {
            scenario::Rule::None => Rule::None,
            scenario::Rule::Up => Rule::Up,
            scenario::Rule::Down => Rule::Down,
            scenario::Rule::SkewLinear => Rule::SkewLinear,
            scenario::Rule::SkewAbsolute => Rule::SkewAbsolute,
        };
        Scenario(q40(s.shock), rule, q40(s.weight))
    });
    Method {
        by_slice: true,
        scenarios: scenarios.collect(),
        volatility: Volatility {
            up: q40(set.up),
            down: q40(set.down),
            floor: of("vol_floor"),
            least_days: 1.0,
            powers: (0.3, 0.13),
        },
        skew: Skew {
            linear: (0.25, -0.1),
            absolute: (0.25, -0.1),
            least: 0.01,
            width: 2.4,
            level: (1.0, 0.0),
        },
        discount: None,
        basis: Some(Basis {
            by: of("basis_move"),
            add: of("basis_at_expiry"),
            per_year: of("basis_per_year"),
            most: 32.0,
        }),
        joined: Joined::Root,
        factors: (rule("im_factor"), rule("mm_factor")),
        inside: false,
        linear: pair("linear_cost"),
        offset: (0.0, 0.0),
        short: pair("short_option"),
        option: pair("option_cost"),
        haircuts: Haircuts::Rates(
            haircuts(&AssetRate::LINKED_TABLE),
            haircuts(&AssetRate::TABLE),
        ),
        confidence: None,
        depeg: Some(Depeg::Charge(0.99, pair("depeg"))),
        rate: pair("rate"),
    }
}

/// The account with a slice for each expiry that a slice can be, σ at most 16: where it has none, a flat one at the volatility of the option nearest to the
/// forward.
pub(crate) fn with_slices(account: &Account) -> Account {
    let mut with = account.clone();
    for (place, expiry) in with.expiries.iter_mut().enumerate() {
        let own = account.options.iter().filter(|o| o.expiry == place);
        let away = |strike: f64| (strike / expiry.forward).ln().abs();
        let nearest = own.min_by(|a, b| away(a.strike).total_cmp(&away(b.strike)));
        if expiry.slice.is_none() {
            let volatility = nearest.map_or(0.0, |o| o.volatility);
            let variance = volatility * volatility * expiry.seconds / plimsoll_risk::peers::YEAR;
            expiry.slice = Some([variance, 0.0, 0.0, 0.0, 1.0]);
        }
        if let Some([.., width]) = &mut expiry.slice {
            *width = width.min(16.0);
        }
    }
    with
}

/// At 1e18; whole numbers exactly.
fn wad(x: f64) -> i128 {
    x.trunc() as i128 * 1_000_000_000_000_000_000 + (x.fract() * WAD).round() as i128
}

fn price(x: f64) -> u128 {
    wad(x).try_into().unwrap()
}

fn expiry(now: u64, e: &Expiry) -> market::Expiry {
    let day = (now + e.seconds as u64 - 28_800) / 86_400;
    let [a, b, rho, m, sigma] = e.slice.unwrap().map(wad);
    market::Expiry {
        day: day.try_into().unwrap(),
        variable: price(e.forward),
        fixed: 0,
        discount: from_wad::<62>(wad(e.discount), Round::Floor),
        surface: Svi::from_wad(a, b, rho, m, sigma),
        fresh: true,
    }
}

/// What the kernel says of the account.
pub(crate) fn kernel(now: u64, account: &Account) -> Requirement {
    let expiries: Vec<_> = account.expiries.iter().map(|e| expiry(now, e)).collect();
    for (given, made) in account.expiries.iter().zip(&expiries) {
        assert_eq!(
            made.seconds(now) as f64,
            given.seconds,
            "an expiry is at 08:00 UTC"
        );
    }
    let instrument = |kind, place: Option<usize>, strike: Option<f64>| {
        Instrument {
            venue: 1,
            underlying: 1,
            kind,
            expiry_day: place.map_or(0, |place| expiries[place].day),
            strike: strike.map(|strike| Strike::from_wad(price(strike)).unwrap()),
        }
        .encode()
        .unwrap()
    };
    let lots = |size: f64| (size * LOTS).round() as i64;
    let mut slots = Vec::new();
    let (size, mark) = account.perpetual;
    if size != 0.0 {
        // cash has its profit already: it stands at the mark
        let quote = wad(lots(size) as f64 / LOTS * mark);
        let instrument = instrument(Kind::Perpetual, None, None);
        let leg = PerpLeg {
            instrument,
            size: lots(size),
            quote,
        };
        slots.push(leg.encode());
    }
    let mut options: Vec<_> = account
        .options
        .iter()
        .map(|o| {
            let kind = if o.call { Kind::Call } else { Kind::Put };
            OptionLeg {
                instrument: instrument(kind, Some(o.expiry), Some(o.strike)),
                size: lots(o.size),
            }
        })
        .collect();
    options.sort_by_key(|leg| leg.instrument);
    for pair in options.chunks(2) {
        let slot = LegSlot::Options(pair[0], pair.get(1).copied()).encode();
        slots.push(slot.unwrap());
    }
    let mut sorted = expiries.clone();
    sorted.sort_by_key(|e| e.day);
    let underlying = Underlying {
        id: 1,
        lot: LOT,
        spot: price(account.spot),
        known: true,
        confidence: 0,
        jump: 0,
        fresh: true,
        max_basis: ONE_Q40,
        multipliers: Multipliers::ONE,
        rates: Rates::new(SET, &UnderlyingRate::DEFAULT),
        expiries: &sorted,
        near: sorted.first().copied(),
        perpetuals: &[Perpetual {
            venue: 1,
            mark: price(mark),
            index: 0,
        }],
    };
    let defaults =
        |table: &[Rate; AssetRate::COUNT]| AssetRates::new(&table.map(|rate| rate.default));
    let assets: Vec<_> = (0..)
        .zip(&account.collateral)
        .map(|(index, c)| Asset {
            index,
            price: price(c.value),
            decimals: 18,
            underlying: u16::from(c.linked),
            haircut: defaults(if c.linked {
                &AssetRate::LINKED_TABLE
            } else {
                &AssetRate::TABLE
            })
            .haircut,
            known: true,
            fresh: true,
        })
        .collect();
    let collateral: Vec<_> = assets.iter().map(|a| (a.index, WAD as u128)).collect();
    let market = Market {
        now,
        coin: (account.coin.min(1.0) * WAD).round() as u64,
        open: true,
        underlyings: &[underlying],
        assets: &assets,
        rules: Rules::DEFAULT,
    };
    let portfolio = Portfolio {
        cash: wad(account.cash),
        collateral: &collateral,
        slots: &slots,
    };
    let a = assess(&market, &portfolio, &mut Box::new(Scratch::NEW));
    assert!(!a.stale && !a.out_of_range, "{a:?}");
    let coins = |amount: i128| amount as f64 / WAD;
    Requirement {
        equity: coins(a.equity),
        im: coins(a.im),
        mm: coins(a.mm),
    }
}
