//! Random markets and portfolios from a 64-bit seed, the same in the independent model (`docs/model`).
//!
//! Numbers come from splitmix64; `below(n)` is the next number modulo n. Everything is drawn in the order written
//! here, as integers at the scale of the ABI (1e18 unless said; rates in millionths), so that both sides see the same
//! case.

#![allow(dead_code, missing_docs, unreachable_pub)]

use plimsoll_kernel::{
    codec::{Instrument, Kind, LegSlot, OptionLeg, PerpLeg, Strike},
    fixed::{ONE_Q40, Q40, Round, from_wad},
    num::U256,
    portfolio::{
        Assessment, Portfolio, Scratch, assess,
        charges::{AssetRate, AssetRates, ONE as MILLION, Rate, RuleRate, UnderlyingRate},
        market::{Asset, Expiry, Market, Multipliers, Perpetual, Rates, Rules, Underlying},
    },
    svi::Svi,
};

pub const WAD: u128 = 1_000_000_000_000_000_000;

/// splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

#[derive(Clone)]
pub struct ExpiryCase {
    pub day: u16,
    pub variable: u128,
    pub fixed: u128,
    pub discount: u128,
    /// a, b, ρ, m, σ
    pub svi: [i128; 5],
    pub fresh: bool,
}

#[derive(Clone)]
pub struct UnderlyingCase {
    pub id: u16,
    pub lot: u64,
    pub spot: u128,
    pub confidence: u128,
    pub set: u8,
    /// Millionths.
    pub rates: [u32; UnderlyingRate::COUNT],
    pub expiries: Vec<ExpiryCase>,
    /// venue, mark, index
    pub perpetuals: Vec<(u16, u128, i128)>,
    pub fresh: bool,
    pub mood: Mood,
}

/// What the oracle says of an underlying beside prices.
#[derive(Clone, Copy)]
pub struct Mood {
    /// 1e18
    pub max_basis: u128,
    /// 1e18
    pub jump: u128,
    pub multipliers: Multipliers,
}

impl Mood {
    pub const NONE: Self = Self {
        max_basis: WAD,
        jump: 0,
        multipliers: Multipliers::ONE,
    };
}

#[derive(Clone)]
pub struct AssetCase {
    pub price: u128,
    pub decimals: u8,
    pub underlying: u16,
    /// Millionths.
    pub rates: [u32; AssetRate::COUNT],
    pub fresh: bool,
}

#[derive(Clone)]
pub struct MarketCase {
    pub now: u64,
    pub coin: u64,
    pub underlyings: Vec<UnderlyingCase>,
    pub assets: Vec<AssetCase>,
    /// Millionths.
    pub rules: [u32; RuleRate::COUNT],
}

#[derive(Clone)]
pub struct PortfolioCase {
    pub cash: i128,
    pub collateral: Vec<(u8, u128)>,
    pub linear: Vec<(Instrument, i64, i128)>,
    pub options: Vec<(Instrument, i64)>,
}

/// The case of a seed: everything in it is random.
pub fn case(seed: u64) -> (MarketCase, PortfolioCase) {
    let mut r = Random(seed);
    let mut m = market(&mut r);
    let p = portfolio(&mut r, &m);
    m.draw_rates(seed);
    m.draw_mood(seed);
    (m, p)
}

/// Rates: each at an end of its bounds, at its default or anywhere between, then pairs put in order.
pub fn rates<const N: usize>(r: &mut Random, table: &[Rate; N]) -> [u32; N] {
    let mut rates = table.map(|rate| match r.below(6) {
        0 => rate.minimum,
        1 => rate.maximum,
        2 | 3 => rate.default,
        _ => rate.minimum + r.below(u64::from(rate.maximum - rate.minimum) + 1) as u32,
    });
    for (place, rate) in table.iter().enumerate() {
        if rate.initial && rates[place] < rates[place + 1] {
            rates.swap(place, place + 1);
        }
    }
    rates
}

/// A market with the default rates, but for beta and haircuts.
pub fn market(r: &mut Random) -> MarketCase {
    let now = 1_700_000_000 + r.below(2_592_000);
    let coin = if r.below(6) == 0 {
        WAD as u64 - r.below(40_000_000_000_000_000)
    } else {
        WAD as u64
    };
    let count = r.pick(&[1_u16, 1, 2, 2, 3, 4, 6, 8]);
    let mut pairs = 0;
    let mut underlyings = Vec::new();
    for id in 1..=count {
        let base = r.pick(&[
            10_000_000_000_000,
            WAD / 100,
            WAD,
            25 * WAD,
            1_800 * WAD,
            30_000 * WAD,
        ]);
        let spot = base * u128::from(500 + r.below(1000)) / 1000;
        let lot = if spot >= 1000 * WAD {
            1_000_000_000_000_000
        } else if spot >= WAD {
            100_000_000_000_000_000
        } else {
            WAD as u64
        };
        let confidence = if r.below(5) == 0 {
            u128::from(r.below(10_000_000_000_000_000))
        } else {
            0
        };
        let set = 1 + r.below(3) as u8;
        let mut rates = UnderlyingRate::DEFAULT;
        rates[UnderlyingRate::beta as usize] = MILLION / 2 + r.below(11) as u32 * MILLION / 10;
        let mut day = now / 86_400 + r.below(3);
        let mut expiries = Vec::new();
        for _ in 0..r.below(4).min(24 - pairs) {
            let forward = spot * u128::from(9_800 + r.below(600)) / 10_000;
            let fixed = if r.below(8) == 0 {
                forward * u128::from(r.below(100)) / 100
            } else {
                0
            };
            let discount = WAD - u128::from(r.below(50_000_000_000_000_000));
            let seconds = (day * 86_400 + 28_800).saturating_sub(now);
            let vol = 30 + r.below(120);
            let w = u128::from(vol * vol) * 100_000_000_000_000 * u128::from(seconds) / 31_536_000;
            let sigma = WAD / 10 + u128::from(r.below(40)) * WAD / 100;
            let b = (w * 4 / 10 * WAD / sigma).min(WAD);
            let rho = -i128::from(r.below(80)) * (WAD / 100) as i128;
            let m = (i128::from(r.below(20)) - 10) * (WAD / 100) as i128;
            expiries.push(ExpiryCase {
                day: day as u16,
                variable: forward - fixed,
                fixed,
                discount,
                svi: [(w * 6 / 10) as i128, b as i128, rho, m, sigma as i128],
                fresh: true,
            });
            day += 1 + r.below(60);
            pairs += 1;
        }
        let mut perpetuals = Vec::new();
        if r.below(3) == 0 {
            let mark = spot * u128::from(9_950 + r.below(100)) / 10_000;
            let index = (i128::from(r.below(2001)) - 1000) * spot as i128 / 100_000;
            perpetuals.push((1, mark, index));
        }
        underlyings.push(UnderlyingCase {
            id,
            lot,
            spot,
            confidence,
            set,
            rates,
            expiries,
            perpetuals,
            fresh: true,
            mood: Mood::NONE,
        });
    }
    let mut assets = Vec::new();
    for _ in 0..r.below(4) {
        let underlying = r.below(u64::from(count) + 1) as u16;
        let price = match underlyings.iter().find(|u| u.id == underlying) {
            Some(u) => u.spot * u128::from(990 + r.below(20)) / 1000,
            None => WAD * u128::from(900 + r.below(200)) / 1000,
        };
        let decimals = r.pick(&[6_u8, 8, 18]);
        let mm = r.below(200) as u32 * MILLION / 1000;
        let im = mm + r.below(100) as u32 * MILLION / 1000;
        assets.push(AssetCase {
            price,
            decimals,
            underlying,
            rates: [im, mm],
            fresh: true,
        });
    }
    MarketCase {
        now,
        coin,
        underlyings,
        assets,
        rules: RuleRate::DEFAULT,
    }
}

/// Feeds fail: some prices are stale, some forwards gone.
pub fn fail(market: &mut MarketCase, seed: u64) {
    let mut r = Random(seed ^ 0x53_5441_4C45);
    for u in &mut market.underlyings {
        u.fresh = r.below(4) != 0;
        u.expiries.retain_mut(|e| {
            let fate = r.below(8);
            e.fresh = fate != 1;
            fate != 0
        });
    }
    for a in &mut market.assets {
        a.fresh = r.below(4) != 0;
    }
}

/// The price cut to four significant digits and to multiples of 1e-8; 0 when nothing is left.
pub fn strike_of(price: u128) -> u128 {
    let mut step = 10_000_000_000;
    while price / step >= 10_000 {
        step *= 10;
    }
    price / step * step
}

pub fn portfolio(r: &mut Random, market: &MarketCase) -> PortfolioCase {
    let legs = 1 + r.below(r_max(r.0));
    let mut p = PortfolioCase {
        cash: 0,
        collateral: Vec::new(),
        linear: Vec::new(),
        options: Vec::new(),
    };
    p.cash = (i128::from(r.below(2_000_001)) - 1_000_000) * (WAD / 10) as i128;
    for (index, asset) in market.assets.iter().enumerate() {
        if r.below(2) == 0 {
            let units = u128::from(r.below(100_000)) * 10_u128.pow(u32::from(asset.decimals));
            p.collateral.push((
                index as u8,
                units / (asset.price / 1_000_000_000_000) * 1_000_000 / 1000,
            ));
        }
    }
    for _ in 0..legs {
        let u = &market.underlyings[r.below(market.underlyings.len() as u64) as usize];
        let venue = 1 + r.below(3) as u16;
        // about 10 to 100,000 coins of notional
        let coins = u128::from(10 + r.below(100_000));
        let lots = (coins * WAD / (u.spot * u128::from(u.lot) / WAD) + 1).min(1 << 52) as i64;
        let size = if r.below(2) == 0 { lots } else { -lots };
        let kind = r.below(8);
        if kind == 0 || u.expiries.is_empty() {
            let instrument = Instrument {
                venue,
                underlying: u.id,
                kind: Kind::Perpetual,
                expiry_day: 0,
                strike: None,
            };
            let quote = signed(size, u.lot, u.spot) * (95 + i128::from(r.below(10))) / 100;
            push_linear(&mut p, instrument, size, quote);
            continue;
        }
        let e = &u.expiries[r.below(u.expiries.len() as u64) as usize];
        if kind == 1 {
            let instrument = Instrument {
                venue,
                underlying: u.id,
                kind: Kind::Future,
                expiry_day: e.day,
                strike: None,
            };
            let quote = signed(size, u.lot, u.spot) * (95 + i128::from(r.below(10))) / 100;
            push_linear(&mut p, instrument, size, quote);
            continue;
        }
        let strike = strike_of((e.variable + e.fixed) * u128::from(40 + r.below(160)) / 100);
        let kind = if r.below(2) == 0 {
            Kind::Call
        } else {
            Kind::Put
        };
        if let Some(strike) = Strike::from_wad(strike) {
            let instrument = Instrument {
                venue,
                underlying: u.id,
                kind,
                expiry_day: e.day,
                strike: Some(strike),
            };
            if !p.options.iter().any(|(i, _)| *i == instrument) {
                p.options.push((instrument, size));
            }
        }
    }
    p
}

/// Most legs of a case: mostly few, sometimes 128.
fn r_max(state: u64) -> u64 {
    [4, 16, 64, 128][(state & 3) as usize]
}

fn signed(size: i64, lot: u64, price: u128) -> i128 {
    // size·lot·price / 1e36 in coins, here 1e18 scale, cut towards zero
    i128::from(size) * (u128::from(lot) * (price / 1_000_000_000_000) / 1_000_000) as i128
}

fn push_linear(p: &mut PortfolioCase, instrument: Instrument, size: i64, quote: i128) {
    if p.linear.len() < 20 && !p.linear.iter().any(|(i, _, _)| *i == instrument) {
        p.linear.push((instrument, size, quote));
    }
}

// ---- into the kernel's terms

fn q(v: u128) -> Q40 {
    from_wad::<40>(v as i128, Round::Floor)
}

pub struct Built {
    pub expiries: Vec<Vec<Expiry>>,
    pub perpetuals: Vec<Vec<Perpetual>>,
    pub assets: Vec<Asset>,
}

impl MarketCase {
    /// Draws every rate of the table anew.
    pub fn draw_rates(&mut self, seed: u64) {
        let mut r = Random(seed ^ 0x52_4154_4553);
        self.rules = rates(&mut r, &RuleRate::TABLE);
        for u in &mut self.underlyings {
            u.rates = rates(&mut r, &UnderlyingRate::TABLE);
        }
        for a in &mut self.assets {
            let linked = a.underlying != 0;
            a.rates = rates(
                &mut r,
                if linked {
                    &AssetRate::LINKED_TABLE
                } else {
                    &AssetRate::TABLE
                },
            );
        }
    }

    /// Draws what the oracle says of each underlying beside prices; a quarter of them have the widest set.
    pub fn draw_mood(&mut self, seed: u64) {
        let mut r = Random(seed ^ 0x4D4F_4F44);
        for u in &mut self.underlyings {
            if r.below(4) == 0 {
                u.set = 4;
            }
            let max_basis = u128::from(r.below(200_001)) * 1_000_000_000_000;
            let jump = match r.below(8) {
                0 => r.below(5_000_000_000_000_000_000),
                1 | 2 => r.below(100_000_000_000_000_000),
                _ => 0,
            };
            let mut excess = || match r.below(4) {
                0 => 0,
                1 => r.below(65_536) as u16,
                2 => r.below(6_145) as u16,
                _ => r.below(20_481) as u16,
            };
            let multipliers = Multipliers {
                scan: excess(),
                scan_following: excess(),
                cost: excess(),
                cost_following: excess(),
            };
            u.mood = Mood {
                max_basis,
                jump: jump.into(),
                multipliers,
            };
        }
    }

    /// Its rules.
    pub const fn rules(&self) -> Rules {
        Rules::new(&self.rules)
    }

    pub fn build(&self) -> Built {
        let expiries = self
            .underlyings
            .iter()
            .map(|u| {
                u.expiries
                    .iter()
                    .map(|e| Expiry {
                        day: e.day,
                        variable: e.variable,
                        fixed: e.fixed,
                        discount: from_wad::<62>(e.discount as i128, Round::Floor),
                        surface: Svi::from_wad(e.svi[0], e.svi[1], e.svi[2], e.svi[3], e.svi[4]),
                        fresh: e.fresh,
                    })
                    .collect()
            })
            .collect();
        let perpetuals = self
            .underlyings
            .iter()
            .map(|u| {
                u.perpetuals
                    .iter()
                    .map(|&(venue, mark, index)| Perpetual { venue, mark, index })
                    .collect()
            })
            .collect();
        let assets = self
            .assets
            .iter()
            .enumerate()
            .map(|(i, a)| Asset {
                index: i as u8,
                price: a.price,
                decimals: a.decimals,
                underlying: a.underlying,
                haircut: AssetRates::new(&a.rates).haircut,
                known: true,
                fresh: a.fresh,
            })
            .collect();
        Built {
            expiries,
            perpetuals,
            assets,
        }
    }

    pub fn with<T>(&self, rules: Rules, f: impl FnOnce(&Market<'_>) -> T) -> T {
        self.with_changed(rules, |_| {}, f)
    }

    /// With every underlying changed on the way.
    pub fn with_changed<T>(
        &self,
        rules: Rules,
        change: impl Fn(&mut Underlying<'_>),
        f: impl FnOnce(&Market<'_>) -> T,
    ) -> T {
        let built = self.build();
        let mut underlyings: Vec<_> = self
            .underlyings
            .iter()
            .zip(built.expiries.iter().zip(&built.perpetuals))
            .map(|(u, (expiries, perpetuals))| Underlying {
                id: u.id,
                lot: u.lot,
                spot: u.spot,
                known: true,
                confidence: q(u.confidence),
                fresh: u.fresh,
                jump: q(u.mood.jump),
                max_basis: q(u.mood.max_basis),
                multipliers: u.mood.multipliers,
                rates: Rates::new(u.set, &u.rates),
                expiries,
                near: expiries.iter().find(|e| e.seconds(self.now) > 0).copied(),
                perpetuals,
            })
            .collect();
        underlyings.iter_mut().for_each(change);
        f(&Market {
            now: self.now,
            coin: self.coin,
            open: true,
            underlyings: &underlyings,
            assets: &built.assets,
            rules,
        })
    }
}

impl PortfolioCase {
    pub const EMPTY: Self = Self {
        cash: 0,
        collateral: Vec::new(),
        linear: Vec::new(),
        options: Vec::new(),
    };

    pub fn slots(&self) -> Vec<U256> {
        let mut linear: Vec<_> = self
            .linear
            .iter()
            .map(|&(i, size, quote)| PerpLeg {
                instrument: i.encode().unwrap(),
                size,
                quote,
            })
            .collect();
        linear.sort_by_key(|l| l.instrument);
        let mut options: Vec<_> = self
            .options
            .iter()
            .map(|&(i, size)| OptionLeg {
                instrument: i.encode().unwrap(),
                size,
            })
            .collect();
        options.sort_by_key(|o| o.instrument);
        linear
            .into_iter()
            .map(|l| l.encode())
            .chain(
                options
                    .chunks(2)
                    .map(|c| LegSlot::Options(c[0], c.get(1).copied()).encode().unwrap()),
            )
            .collect()
    }

    pub fn assess(&self, market: &Market<'_>) -> Assessment {
        self.assess_in_detail(market).0
    }

    /// The assessment, and what is behind it.
    pub fn assess_in_detail(&self, market: &Market<'_>) -> (Assessment, Box<Scratch>) {
        let slots = self.slots();
        let mut scratch = Box::new(Scratch::NEW);
        let portfolio = Portfolio {
            cash: self.cash,
            collateral: &self.collateral,
            slots: &slots,
        };
        (assess(market, &portfolio, &mut scratch), scratch)
    }

    /// What errors are measured by: Σ |units| · the larger of forward (or spot) and strike, and collateral, in coins.
    pub fn gross(&self, market: &MarketCase) -> f64 {
        let wad = |v: u128| v as f64 / 1e18;
        let leg = |i: &Instrument, size: i64| {
            let u = market
                .underlyings
                .iter()
                .find(|u| u.id == i.underlying)
                .unwrap();
            let forward = u.expiries.iter().find(|e| e.day == i.expiry_day);
            let price = forward
                .map_or(u.spot, |e| e.variable + e.fixed)
                .max(i.strike.map_or(0, Strike::to_wad));
            (size as f64).abs() * wad(u128::from(u.lot)) * wad(price)
        };
        let collateral = self.collateral.iter().map(|&(index, amount)| {
            let asset = &market.assets[usize::from(index)];
            amount as f64 / 10_f64.powi(i32::from(asset.decimals)) * wad(asset.price)
        });
        let linear = self.linear.iter().map(|(i, size, _)| leg(i, *size));
        let options = self.options.iter().map(|(i, size)| leg(i, *size));
        linear.chain(options).chain(collateral).sum()
    }

    pub fn legs(&self) -> usize {
        self.linear.len() + self.options.len()
    }

    /// The two together, legs of one instrument added.
    pub fn plus(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.cash += other.cash;
        for &(asset, amount) in &other.collateral {
            match sum.collateral.iter_mut().find(|(a, _)| *a == asset) {
                Some((_, held)) => *held += amount,
                None => sum.collateral.push((asset, amount)),
            }
        }
        sum.collateral.sort();
        for &(i, size, quote) in &other.linear {
            match sum.linear.iter_mut().find(|(j, _, _)| *j == i) {
                Some((_, s, q)) => (*s, *q) = (*s + size, *q + quote),
                None => sum.linear.push((i, size, quote)),
            }
        }
        for &(i, size) in &other.options {
            match sum.options.iter_mut().find(|(j, _)| *j == i) {
                Some((_, s)) => *s += size,
                None => sum.options.push((i, size)),
            }
        }
        // what a closed leg has cost becomes cash
        sum.cash -= sum
            .linear
            .iter()
            .filter(|l| l.1 == 0)
            .map(|l| l.2)
            .sum::<i128>();
        sum.linear.retain(|l| l.1 != 0);
        sum.options.retain(|&(_, s)| s != 0);
        sum
    }

    pub fn times(&self, k: i64) -> Self {
        let mut p = self.clone();
        p.cash *= i128::from(k);
        p.collateral
            .iter_mut()
            .for_each(|c| c.1 *= k.unsigned_abs() as u128);
        p.linear
            .iter_mut()
            .for_each(|l| (l.1, l.2) = (l.1 * k, l.2 * i128::from(k)));
        p.options.iter_mut().for_each(|o| o.1 *= k);
        p
    }
}

pub const ONE: Q40 = ONE_Q40;
