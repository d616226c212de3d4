//! Random portfolios in random markets, without allocation: what [`crate::run`] assesses.

use crate::{Fold, Sequence};
use plimsoll_kernel::{
    codec::{Instrument, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    fixed::ONE_Q62,
    num::U256,
    portfolio::{
        Assessment, MAX_EXPIRIES, MAX_UNDERLYINGS, Portfolio, Scratch, assess,
        charges::{AssetRate, AssetRates, Rate, RuleRate, UnderlyingRate},
        explain::greeks,
        mark::mark,
        market::{Asset, Expiry, Market, Perpetual, Rates, Rules, Underlying},
    },
    svi::Svi,
};

const WAD: u128 = 1_000_000_000_000_000_000;
const SLOTS: usize = 64;
const ASSETS: usize = 4;

impl Sequence {
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn signed(&mut self, bits: u32) -> i128 {
        let wide = (u128::from(self.next()) << 64 | u128::from(self.next())) as i128;
        wide >> (127 - bits)
    }

    /// Millionths: each at an end of its bounds, at its default or anywhere between, then pairs put in order.
    fn rates<const N: usize>(&mut self, table: &[Rate; N]) -> [u32; N] {
        let mut rates = [0; N];
        for (drawn, rate) in rates.iter_mut().zip(table) {
            *drawn = match self.below(6) {
                0 => rate.minimum,
                1 => rate.maximum,
                2 | 3 => rate.default,
                _ => rate.minimum + self.below(u64::from(rate.maximum - rate.minimum) + 1) as u32,
            };
        }
        for (place, rate) in table.iter().enumerate() {
            if rate.initial && rates[place] < rates[place + 1] {
                rates.swap(place, place + 1);
            }
        }
        rates
    }

    /// One in `n`.
    fn rarely(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// What was drawn, so that a run can show it was not all of one kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drawn {
    /// Perpetuals and futures.
    pub linear: u32,
    /// Options.
    pub options: u32,
    /// Underlyings of the market.
    pub underlyings: u32,
    /// Collateral assets held.
    pub collateral: u32,
    /// A digest of the mark of each leg, and of the sensitivities to each underlying.
    pub explained: u64,
}

/// The portfolio of `seed`, assessed. One in eight is absurd: prices, sizes and surfaces without measure.
pub fn assess_random(seed: u64, scratch: &mut Scratch) -> (Assessment, Drawn) {
    let mut r = Sequence(seed.wrapping_mul(0x2545_F491_4F6C_DD1D));
    let absurd = r.rarely(8);
    let now = 1_700_000_000 + r.below(2_592_000);
    let mut drawn = Drawn::default();

    let count = [1, 1, 2, 3, 4, 6, 8, 8][r.below(8) as usize];
    drawn.underlyings = count as u32;
    let expiry = |r: &mut Sequence, spot: u128, day: u16| {
        let forward = spot / 1_000 * u128::from(980 + r.below(60));
        let settling = if r.rarely(8) { r.below(100) } else { 0 };
        let fixed = forward / 100 * u128::from(settling);
        let mut expiry = Expiry {
            day,
            variable: forward.saturating_sub(fixed),
            fixed,
            discount: ONE_Q62 - (r.next() >> 6) as i64,
            // about 20 % to 200 % of volatility
            surface: Svi {
                a: (r.next() >> (10 + r.below(6))) as i64,
                b: (r.next() >> (9 + r.below(6))) as i64,
                rho: (r.next() >> 8) as i64 - (1 << 56),
                m: (r.next() >> 10) as i64 - (1 << 53),
                sigma: (r.next() >> 10) as i64 | 1 << 50,
            },
            fresh: !r.rarely(16),
        };
        if absurd {
            expiry.variable = r.signed(127).unsigned_abs() >> r.below(127);
            expiry.discount = r.next() as i64;
            expiry.surface.a = r.next() as i64;
            expiry.surface.sigma = r.next() as i64;
        }
        expiry
    };
    let mut spots = [0; MAX_UNDERLYINGS];
    let mut expiries = [expiry(&mut r, WAD, 0); MAX_EXPIRIES];
    // three expiries each, of which as many are listed
    let mut listed = [0; MAX_UNDERLYINGS];
    for place in 0..MAX_UNDERLYINGS {
        let base = [
            WAD / 100_000,
            WAD / 100,
            WAD,
            25 * WAD,
            1_800 * WAD,
            30_000 * WAD,
        ];
        spots[place] = base[r.below(6) as usize] / 1_000 * u128::from(500 + r.below(1_000));
        if absurd {
            spots[place] = r.signed(127).unsigned_abs() >> r.below(127);
        }
        listed[place] = r.below(4) as usize;
        let mut day = now / 86_400 + r.below(3);
        for e in &mut expiries[place * 3..place * 3 + 3] {
            *e = expiry(&mut r, spots[place], day as u16);
            day += 1 + r.below(60);
        }
    }
    let mut perpetuals = [Perpetual {
        venue: 1,
        mark: 0,
        index: 0,
    }; MAX_UNDERLYINGS];
    for (p, spot) in perpetuals.iter_mut().zip(spots) {
        p.mark = spot / 10_000 * u128::from(9_950 + r.below(100));
        p.index = r.signed(64);
    }
    let underlyings: [Underlying<'_>; MAX_UNDERLYINGS] = core::array::from_fn(|place| {
        let spot = spots[place];
        let lot = match spot {
            s if s >= 1_000 * WAD => WAD / 1_000,
            s if s >= WAD => WAD / 10,
            _ => WAD,
        };
        Underlying {
            id: place as u16 + 1,
            lot: if absurd { r.next() } else { lot as u64 },
            spot,
            known: true,
            confidence: if r.rarely(5) {
                (r.next() >> 32) as i64
            } else {
                0
            },
            fresh: !r.rarely(16),
            jump: 0,
            max_basis: 1 << 40,
            multipliers: plimsoll_kernel::portfolio::market::Multipliers::ONE,
            rates: Rates::new(1 + r.below(3) as u8, &r.rates(&UnderlyingRate::TABLE)),
            expiries: &expiries[place * 3..place * 3 + listed[place]],
            // listed, whether or not the market is given it
            near: expiries[place * 3..place * 3 + 3]
                .iter()
                .find(|e| e.seconds(now) > 0)
                .copied(),
            perpetuals: &perpetuals[place..place + r.below(2) as usize],
        }
    });
    let assets: [Asset; ASSETS] = core::array::from_fn(|index| {
        let underlying = r.below(count + 1) as u16;
        let spot = match underlying {
            0 => WAD,
            linked => spots[usize::from(linked) - 1],
        };
        let table = match underlying {
            0 => &AssetRate::TABLE,
            _ => &AssetRate::LINKED_TABLE,
        };
        Asset {
            index: index as u8,
            price: spot / 1_000 * u128::from(990 + r.below(20)),
            decimals: [0, 6, 8, 18][r.below(4) as usize],
            underlying,
            haircut: AssetRates::new(&r.rates(table)).haircut,
            known: true,
            fresh: !r.rarely(8),
        }
    });

    let mut collateral = [(0, 0); ASSETS];
    let mut balances = 0;
    for asset in &assets {
        if r.below(2) == 0 {
            let unit = 10_u128.pow(asset.decimals.into());
            let amount = u128::from(r.below(100_000)) * unit / (asset.price / WAD + 1);
            collateral[balances] = (asset.index, amount);
            balances += 1;
        }
    }
    drawn.collateral = balances as u32;

    let mut slots = [U256::ZERO; SLOTS];
    let most = [2, 2, 4, 4, 8, 8, 16, 64][r.below(8) as usize];
    let used = 1 + r.below(most) as usize;
    for slot in &mut slots[..used] {
        // a leg as its instrument, its size, and whether it is an option
        let leg = |r: &mut Sequence, linear: bool| {
            let place = r.below(count) as usize;
            let (spot, lot) = (spots[place], underlyings[place].lot);
            let lots = if absurd {
                r.next() >> (14 + r.below(50)) | 1
            } else {
                let coins = u128::from(10 + r.below(100_000));
                (coins * WAD / (spot * u128::from(lot) / WAD + 1) + 1).min(1 << 50) as u64
            };
            let size = if r.below(2) == 0 {
                lots as i64
            } else {
                -(lots as i64)
            };
            let on = match listed[place] {
                0 => None,
                n => Some(&expiries[place * 3 + r.below(n as u64) as usize]),
            };
            // one in sixteen names an expiry that the market does not know
            let day = on.map_or(0, |e| e.day + u16::from(r.rarely(16)));
            let forward = on.map_or(spot, |e| e.variable.saturating_add(e.fixed));
            let strike = (forward / 100).saturating_mul(u128::from(40 + r.below(160)));
            let strike = Strike::from_wad(four_digits(strike)).filter(|_| !linear && day > 0);
            let kind = match (strike, r.below(2)) {
                (Some(_), 0) => Kind::Call,
                (Some(_), _) => Kind::Put,
                (None, 0) if day > 0 => Kind::Future,
                _ => Kind::Perpetual,
            };
            let instrument = Instrument {
                venue: 1 + r.below(3) as u16,
                underlying: place as u16 + 1,
                kind,
                expiry_day: if kind == Kind::Perpetual { 0 } else { day },
                strike,
            };
            Some((instrument.encode()?, size, strike.is_some()))
        };
        let linear = r.rarely(4);
        *slot = match leg(&mut r, linear) {
            None => U256::from_limbs([r.next(), r.next(), r.next(), r.next()]),
            Some((instrument, size, false)) => {
                let quote = r.signed(if absurd { 126 } else { 76 });
                PerpLeg {
                    instrument,
                    size,
                    quote,
                }
                .encode()
            }
            Some((instrument, size, true)) => {
                let first = OptionLeg { instrument, size };
                let pair = match leg(&mut r, false) {
                    Some((instrument, size, true)) if instrument != first.instrument => {
                        let second = OptionLeg { instrument, size };
                        if first.instrument < second.instrument {
                            LegSlot::Options(first, Some(second))
                        } else {
                            LegSlot::Options(second, Some(first))
                        }
                    }
                    _ => LegSlot::Options(first, None),
                };
                pair.encode().unwrap_or(U256::ZERO)
            }
        };
    }
    for slot in &slots[..used] {
        match LegSlot::decode(*slot) {
            Some(LegSlot::Linear(_)) => drawn.linear += 1,
            Some(LegSlot::Options(_, second)) => drawn.options += 1 + u32::from(second.is_some()),
            None => (),
        }
    }

    let market = Market {
        now,
        coin: if r.rarely(4) {
            (WAD - (r.next() >> 8) as u128) as u64
        } else {
            WAD as u64
        },
        open: true,
        underlyings: &underlyings[..count as usize],
        assets: &assets,
        rules: Rules::new(&r.rates(&RuleRate::TABLE)),
    };
    let portfolio = Portfolio {
        cash: if absurd { r.signed(126) } else { r.signed(80) },
        collateral: &collateral[..balances],
        slots: &slots[..used],
    };
    let mut digest = Fold(0);
    for slot in portfolio.slots {
        let (one, two) = match LegSlot::decode(*slot) {
            Some(LegSlot::Linear(leg)) => (leg.instrument, None),
            Some(LegSlot::Options(leg, second)) => (leg.instrument, second.map(|l| l.instrument)),
            None => continue,
        };
        for instrument in core::iter::once(one).chain(two) {
            let mark = mark(&market, instrument);
            digest.wide(mark.value as i128);
            digest.wide(mark.tolerance as i128);
            digest.push(mark.fresh.into());
        }
    }
    for place in 0..market.underlyings.len() {
        let g = greeks(&market, &portfolio, place);
        for v in [g.delta, g.gamma, g.vega, g.theta] {
            digest.wide(v);
        }
    }
    drawn.explained = digest.0;
    (assess(&market, &portfolio, scratch), drawn)
}

/// The price cut to four significant digits and to multiples of 1e-8.
fn four_digits(price: u128) -> u128 {
    let mut step = 10_000_000_000;
    while price / step >= 10_000 {
        step *= 10;
    }
    price / step * step
}

/// Every field of an assessment and everything behind it.
pub(crate) fn fold(a: &Assessment, drawn: &Drawn, scratch: &Scratch, fold: &mut Fold) {
    fold.push(drawn.explained);
    for v in [a.equity, a.im, a.mm, a.best, a.worst] {
        fold.wide(v);
    }
    fold.push(u64::from(a.stale) | u64::from(a.out_of_range) << 1);
    fold.wide(a.stale_legs.cast_signed());
    fold.push(a.stale_assets.into());
    for a in scratch.add_ons().all() {
        fold.wide(a.im);
        fold.wide(a.mm);
    }
    for scan in scratch.scans() {
        fold.push(scan.count as u64 | (scan.worst_node as u64) << 32);
        fold.wide(scan.worst);
        for (change, loss) in scan.changes.iter().zip(&scan.losses) {
            fold.wide(*change);
            fold.wide(*loss);
        }
    }
}
