//! What others require of the same portfolio: Derive's two portfolio managers and Deribit's portfolio margin, by the formulas
//! and numbers they publish, in floating point.
//!
//! All three scan scenarios of spot and volatility, and add contingencies. So there is one machine, [`require`], and a
//! [`Method`] that says how it is set. Amounts are settlement coins, prices coins per unit. One underlying; the fixed part of
//! a forward is not modelled.
//!
//! `tests/derive` holds it to test portfolios of Derive with expected results, and walks from their method to ours, one
//! change at a time.

use libm::erfc;

/// Seconds in a year of 365 days.
pub const YEAR: f64 = 31_536_000.0;
const DAY: f64 = 86_400.0;

/// An account, and the market around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Cash, and profit of perpetuals not settled yet.
    pub cash: f64,
    /// Spot of the underlying.
    pub spot: f64,
    /// Price of the settlement coin in dollars.
    pub coin: f64,
    /// How sure the oracle is of spot, 0 to 1.
    pub confidence: f64,
    /// How sure it is of the perpetual's price; counts where one is held.
    pub perpetual_confidence: f64,
    /// Perpetuals held, signed, and their mark price.
    pub perpetual: (f64, f64),
    /// Futures: place of the expiry, size. Their value is 0: they stand at the forward.
    pub futures: Vec<(usize, f64)>,
    /// Collateral assets.
    pub collateral: Vec<Collateral>,
    /// Options.
    pub options: Vec<Contract>,
    /// Expiries.
    pub expiries: Vec<Expiry>,
}

/// A collateral asset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collateral {
    /// What it is worth, in settlement coins.
    pub value: f64,
    /// Whether it moves with the underlying.
    pub linked: bool,
    /// Shares of its value that the peer requires: initial, maintenance.
    pub haircut: (f64, f64),
    /// How sure the oracle is of its price.
    pub confidence: f64,
}

/// An option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contract {
    /// Place of its expiry.
    pub expiry: usize,
    /// Its strike.
    pub strike: f64,
    /// A call, or a put.
    pub call: bool,
    /// Volatility a year.
    pub volatility: f64,
    /// Size, signed.
    pub size: f64,
}

/// An expiry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expiry {
    /// Seconds to it.
    pub seconds: f64,
    /// Forward.
    pub forward: f64,
    /// Discount factor.
    pub discount: f64,
    /// Interest a year, as far as a peer's static discount asks for it.
    pub rate: f64,
    /// a, b, ρ, m, σ of its slice of total variance; without one, each option has its volatility.
    pub slice: Option<[f64; 5]>,
    /// How sure the oracle is of forward, rate and volatility.
    pub confidence: f64,
}

/// What a scenario does to volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    None,
    /// Up.
    Up,
    /// Down.
    Down,
    /// The skew is rotated; either direction counts as a loss.
    SkewLinear,
    /// Both wings; either direction counts as a loss.
    SkewAbsolute,
}

impl Rule {
    const fn is_skew(self) -> bool {
        matches!(self, Self::SkewLinear | Self::SkewAbsolute)
    }
}

/// A scenario: relative move of spot, rule, share of the loss that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scenario(pub f64, pub Rule, pub f64);

/// How options are repriced when volatility moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Volatility {
    /// Up by this share at 30 days.
    pub up: f64,
    /// Down by this share at 30 days.
    pub down: f64,
    /// Least volatility after a move up.
    pub floor: f64,
    /// Nearest tenor of the rule, in days.
    pub least_days: f64,
    /// Power up to 30 days, and beyond.
    pub powers: (f64, f64),
}

/// How the skew is rotated: volatility times 1 + clamp(k·c/k*, ±c), c = cap + slope·√τ,
/// k* = max(least, width·√τ·(level + level slope·√τ)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skew {
    /// Cap and slope of the linear rotation.
    pub linear: (f64, f64),
    /// Cap and slope of the absolute one.
    pub absolute: (f64, f64),
    /// Least k*.
    pub least: f64,
    /// Width.
    pub width: f64,
    /// Level and its slope.
    pub level: (f64, f64),
}

/// A discount on what an expiry is worth in a scenario: value⁺ · base·e^(−τ(rate·multiple + add)), and value⁻ over the same
/// of the second, at most 1 over the discount factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Static {
    /// Base, multiple, add of what is worth something.
    pub long: (f64, f64, f64),
    /// The same of what is owed; `None`: as it is. Its base is above 1.
    pub short: Option<(f64, f64, f64)>,
}

/// How the charges of the basis and the scan become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The larger counts, and is multiplied by the factor.
    Larger,
    /// √(x² + x·y + y²), x the scan times its factor, y the charges.
    Root,
}

/// The basis charge: the forward of each expiry alone moves up and down by the share, volatility kept; (add + per year·τ) of
/// the larger loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basis {
    /// Move.
    pub by: f64,
    /// Rate at expiry.
    pub add: f64,
    /// Rate a year.
    pub per_year: f64,
    /// Largest rate.
    pub most: f64,
}

/// What a depeg of the coin costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Depeg {
    /// (threshold − price)⁺ · this is added to the initial factor.
    Factor(f64, f64),
    /// (threshold − price)⁺ · (initial, maintenance) of short options, perpetuals and futures.
    Charge(f64, (f64, f64)),
}

/// Haircuts of collateral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Haircuts {
    /// What each asset says.
    Own,
    /// (initial, maintenance) of linked and of other assets.
    Rates((f64, f64), (f64, f64)),
}

/// How a portfolio is margined. Pairs are (initial, maintenance).
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// Options are valued by the slice of their expiry, not each by its own volatility. Total variance is at most 127.
    pub by_slice: bool,
    /// Scenarios.
    pub scenarios: Vec<Scenario>,
    /// Volatility rules.
    pub volatility: Volatility,
    /// Skew rules.
    pub skew: Skew,
    /// Discount on values in scenarios.
    pub discount: Option<Static>,
    /// Basis.
    pub basis: Option<Basis>,
    /// How it is added.
    pub joined: Joined,
    /// Factors.
    pub factors: (f64, f64),
    /// Contingencies are multiplied by the factor, too.
    pub inside: bool,
    /// Share of spot of each perpetual and future.
    pub linear: (f64, f64),
    /// Share of spot of each offset pair of perpetuals and futures, min(longs, shorts).
    pub offset: (f64, f64),
    /// Share of spot of net short options by strike and expiry.
    pub short: (f64, f64),
    /// Share of spot of each option.
    pub option: (f64, f64),
    /// Haircuts.
    pub haircuts: Haircuts,
    /// Below this confidence, (1 − confidence) times this of the notional, to open.
    pub confidence: Option<(f64, f64)>,
    /// Depeg.
    pub depeg: Option<Depeg>,
    /// A year, of the value of each expiry's options, at most all of it.
    pub rate: (f64, f64),
}

/// What an account is worth, and what is required of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Requirement {
    /// Equity.
    pub equity: f64,
    /// To open.
    pub im: f64,
    /// To keep.
    pub mm: f64,
}

fn cdf(x: f64) -> f64 {
    0.5 * erfc(-x / std::f64::consts::SQRT_2)
}

/// Black's value of an option on a forward, not discounted, at a total deviation.
fn black(call: bool, forward: f64, strike: f64, deviation: f64) -> f64 {
    let value = if deviation > 0.0 {
        let d1 = (forward / strike).ln() / deviation + deviation / 2.0;
        forward * cdf(d1) - strike * cdf(d1 - deviation)
    } else {
        (forward - strike).max(0.0)
    };
    if call {
        value
    } else {
        value - forward + strike
    }
}

impl Expiry {
    fn years(&self) -> f64 {
        self.seconds / YEAR
    }
}

impl Method {
    /// Total deviation of an option before any rule.
    fn deviation(&self, expiry: &Expiry, option: &Contract) -> f64 {
        match expiry.slice.filter(|_| self.by_slice) {
            Some([a, b, rho, m, sigma]) => {
                let k = (option.strike / expiry.forward).ln() - m;
                let variance = a + b * (rho * k + k.hypot(sigma));
                variance.clamp(0.0, 127.0).sqrt()
            }
            None => option.volatility * expiry.years().sqrt(),
        }
    }

    fn under(&self, expiry: &Expiry, option: &Contract, rule: Rule) -> f64 {
        let s = self.deviation(expiry, option);
        let root = expiry.years().sqrt();
        let v = &self.volatility;
        let days = expiry.seconds / DAY;
        let power = if days <= 30.0 { v.powers.0 } else { v.powers.1 };
        let weight = (30.0 / days.max(v.least_days)).powf(power);
        let skew = |(cap, slope): (f64, f64), k: f64| {
            let cap = (cap + slope * root).max(0.0);
            let level = self.skew.level.0 + self.skew.level.1 * root;
            let width = self.skew.least.max(self.skew.width * root * level);
            s * (1.0 + (k * cap / width).clamp(-cap, cap))
        };
        let k = || (option.strike / expiry.forward).ln();
        match rule {
            Rule::None => s,
            Rule::Up => (s * (1.0 + v.up * weight)).max(v.floor * root),
            Rule::Down => s * (1.0 - v.down * weight).max(0.0),
            Rule::SkewLinear => skew(self.skew.linear, k()),
            Rule::SkewAbsolute => skew(self.skew.absolute, k().abs()),
        }
    }

    /// What the options of an expiry are worth when its forward moves by a share.
    fn value(&self, account: &Account, place: usize, by: f64, rule: Rule) -> f64 {
        let expiry = &account.expiries[place];
        let own = account.options.iter().filter(|o| o.expiry == place);
        own.map(|o| {
            let forward = expiry.forward * (1.0 + by);
            let s = self.under(expiry, o, rule);
            o.size * expiry.discount * black(o.call, forward, o.strike, s)
        })
        .sum()
    }

    fn discounted(&self, expiry: &Expiry, value: f64) -> f64 {
        let Some(Static { long, short }) = self.discount else {
            return value;
        };
        let rate = expiry.rate.max(0.0);
        let decay = |(base, multiple, add): (f64, f64, f64), sign: f64| {
            base * (sign * expiry.years() * (rate * multiple + add)).exp()
        };
        if value > 0.0 {
            value * decay(long, -1.0)
        } else {
            short.map_or(value, |short| {
                value * decay(short, 1.0).min(1.0 / expiry.discount)
            })
        }
    }

    /// Change of the account's value in a scenario, before its weight.
    fn change(&self, account: &Account, now: &[f64], Scenario(by, rule, _): Scenario) -> f64 {
        let options: f64 = (0..account.expiries.len())
            .map(|place| {
                let moved = if rule.is_skew() { 0.0 } else { by };
                let value = self.value(account, place, moved, rule);
                let change = self.discounted(&account.expiries[place], value) - now[place];
                if rule.is_skew() {
                    -change.abs()
                } else {
                    change
                }
            })
            .sum();
        let (size, mark) = account.perpetual;
        let futures = account.futures.iter();
        let futures: f64 = futures
            .map(|(place, size)| size * account.expiries[*place].forward)
            .sum();
        let linked = account.collateral.iter().filter(|c| c.linked);
        let linked: f64 = linked.map(|c| c.value).sum();
        options + (size * mark + futures + linked) * by
    }

    /// Charges of the basis, over all expiries.
    fn basis(&self, account: &Account, now: &[f64]) -> f64 {
        let Some(basis) = self.basis else { return 0.0 };
        (0..account.expiries.len())
            .map(|place| {
                let expiry = &account.expiries[place];
                let futures: f64 = account
                    .futures
                    .iter()
                    .filter(|(at, _)| *at == place)
                    .map(|(_, size)| size * expiry.forward)
                    .sum();
                let loss = |by: f64| {
                    now[place] - self.value(account, place, by, Rule::None) - futures * by
                };
                let worst = loss(basis.by).max(loss(-basis.by)).max(0.0);
                worst * (basis.add + basis.per_year * expiry.years()).min(basis.most)
            })
            .sum()
    }

    /// Doubts of the oracle, to open.
    fn doubt(&self, account: &Account) -> f64 {
        let Some((threshold, margin)) = self.confidence else {
            return 0.0;
        };
        let doubt = |confidence: f64, notional: f64| {
            if confidence < threshold {
                (1.0 - confidence) * margin * notional
            } else {
                0.0
            }
        };
        let mut both = account.confidence;
        if account.perpetual.0 != 0.0 {
            both = both.min(account.perpetual_confidence);
        }
        let perpetual = doubt(both, account.perpetual.0.abs() * account.spot);
        let options = account.options.iter();
        let options: f64 = options
            .map(|o| {
                let confidence = account.expiries[o.expiry].confidence.min(both);
                doubt(confidence, o.size.abs() * account.spot)
            })
            .sum();
        let assets = account.collateral.iter();
        let assets: f64 = assets
            .map(|c| doubt(c.confidence.min(account.confidence), c.value))
            .sum();
        perpetual + options + assets
    }

    /// Net short options: by expiry and strike, calls and puts together.
    fn shorts(account: &Account) -> f64 {
        let mut nets: Vec<(usize, f64, f64)> = Vec::new();
        for o in &account.options {
            match nets
                .iter_mut()
                .find(|(place, strike, _)| (*place, *strike) == (o.expiry, o.strike))
            {
                Some((_, _, net)) => *net += o.size,
                None => nets.push((o.expiry, o.strike, o.size)),
            }
        }
        nets.iter().map(|(_, _, net)| (-net).max(0.0)).sum()
    }
}

/// What the method requires of the account.
#[must_use]
pub fn require(method: &Method, account: &Account) -> Requirement {
    let now: Vec<f64> = (0..account.expiries.len())
        .map(|place| method.value(account, place, 0.0, Rule::None))
        .collect();
    let collateral: f64 = account.collateral.iter().map(|c| c.value).sum();
    let scan = method
        .scenarios
        .iter()
        .map(|s| -s.2 * method.change(account, &now, *s))
        .fold(0.0, f64::max);
    let basis = method.basis(account, &now);
    let linear = account.perpetual.0.abs() + account.futures.iter().map(|f| f.1.abs()).sum::<f64>();
    let (longs, shorts) = std::iter::once(account.perpetual.0)
        .chain(account.futures.iter().map(|f| f.1))
        .fold((0.0, 0.0), |(longs, shorts), size| {
            (longs + f64::max(size, 0.0), shorts + f64::max(-size, 0.0))
        });
    let short = Method::shorts(account);
    let options: f64 = account.options.iter().map(|o| o.size.abs()).sum();
    let depeg_factor = match method.depeg {
        Some(Depeg::Factor(threshold, times)) => (threshold - account.coin).max(0.0) * times,
        _ => 0.0,
    };
    let one = |initial: bool| {
        let of = |(im, mm): (f64, f64)| if initial { im } else { mm };
        let factor = of(method.factors) + if initial { depeg_factor } else { 0.0 };
        let haircuts: f64 = account
            .collateral
            .iter()
            .map(|c| {
                c.value
                    * of(match (method.haircuts, c.linked) {
                        (Haircuts::Own, _) => c.haircut,
                        (Haircuts::Rates(linked, _), true) => linked,
                        (Haircuts::Rates(_, other), false) => other,
                    })
            })
            .sum();
        let rates: f64 = now
            .iter()
            .zip(&account.expiries)
            .map(|(value, e)| value.abs() * (of(method.rate) * e.years()).min(1.0))
            .sum();
        let depeg = match method.depeg {
            Some(Depeg::Charge(threshold, rates)) => {
                (threshold - account.coin).max(0.0) * of(rates) * (short + linear) * account.spot
            }
            _ => 0.0,
        };
        let contingencies = (linear * of(method.linear)
            + longs.min(shorts) * of(method.offset)
            + short * of(method.short)
            + options * of(method.option))
            * account.spot
            + haircuts;
        let scanned = match method.joined {
            Joined::Larger => scan.max(basis) * factor,
            Joined::Root => {
                let x = scan * factor;
                (x * x + x * basis + basis * basis).sqrt()
            }
        };
        let contingencies = if method.inside {
            contingencies * factor
        } else {
            contingencies
        };
        let doubt = if initial { method.doubt(account) } else { 0.0 };
        scanned + contingencies + depeg + rates + doubt
    };
    Requirement {
        equity: account.cash + collateral + now.iter().sum::<f64>(),
        im: one(true),
        mm: one(false),
    }
}

/// The grid of so many moves of a step, both ways: no move and the inner ones with volatility down, as it is and up, the
/// outermost one as it says.
fn grid(step: f64, inner: i32, outer: &[(i32, Rule)]) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for node in -inner..=inner {
        for rule in [Rule::None, Rule::Down, Rule::Up] {
            scenarios.push(Scenario(f64::from(node) * step, rule, 1.0));
        }
    }
    for (node, rule) in outer {
        for sign in [-1.0, 1.0] {
            scenarios.push(Scenario(sign * f64::from(*node) * step, *rule, 1.0));
        }
    }
    scenarios
}

/// Far moves of Derive, damped, with volatility up.
const FAR: [(f64, f64); 8] = [
    (-0.66, 0.21),
    (-0.33, 0.42),
    (0.5, 0.2772),
    (1.0, 0.1386),
    (2.0, 0.0693),
    (3.0, 0.0462),
    (4.0, 0.03465),
    (5.0, 0.02772),
];

/// Derive's PMRM_2, the manager it uses now: 33 scenarios to ±18 %, and the numbers of its deployment.
///
/// What is worth something is discounted from .95, what is owed from 1.05. Its script names them the other way round.
#[must_use]
pub fn derive() -> Method {
    let mut scenarios = grid(0.045, 3, &[(4, Rule::Up)]);
    scenarios.extend(FAR.map(|(by, weight)| Scenario(by, Rule::Up, weight)));
    scenarios.extend([Rule::SkewLinear, Rule::SkewAbsolute].map(|rule| Scenario(0.0, rule, 1.0)));
    Method {
        by_slice: false,
        scenarios,
        volatility: Volatility {
            up: 0.5,
            down: 0.3,
            floor: 0.4,
            least_days: 1.0,
            powers: (0.3, 0.13),
        },
        skew: Skew {
            linear: (0.25, -0.1),
            absolute: (0.25, -0.1),
            least: 0.01,
            width: 4.0,
            level: (0.6, 0.0),
        },
        discount: Some(Static {
            long: (0.95, 0.0, 0.16),
            short: Some((1.05, 0.0, 0.16)),
        }),
        basis: Some(Basis {
            by: 0.045,
            add: 0.5,
            per_year: 2.0,
            most: f64::INFINITY,
        }),
        joined: Joined::Larger,
        factors: (1.0, 0.8),
        inside: false,
        linear: (0.04, 0.03),
        offset: (0.0, 0.0),
        short: (0.005, 0.003),
        option: (0.0, 0.0),
        haircuts: Haircuts::Own,
        confidence: Some((0.55, 1.0)),
        depeg: Some(Depeg::Factor(0.99, 4.0)),
        rate: (0.0, 0.0),
    }
}

/// Deribit's portfolio margin of BTC and ETH: nine moves to ±16 % with volatility down, as it is and up; 1 % of each net short
/// option, and of each pair of futures that offset. It is what keeps a position; a multiple of it opens one.
#[must_use]
pub fn deribit() -> Method {
    Method {
        scenarios: grid(0.04, 4, &[]),
        volatility: Volatility {
            up: 0.5,
            down: 0.25,
            floor: 0.5,
            ..derive().volatility
        },
        discount: None,
        basis: None,
        factors: (1.0, 1.0),
        linear: (0.0, 0.0),
        offset: (0.01, 0.01),
        short: (0.01, 0.01),
        haircuts: Haircuts::Rates((0.0, 0.0), (0.0, 0.0)),
        confidence: None,
        depeg: None,
        ..derive()
    }
}
