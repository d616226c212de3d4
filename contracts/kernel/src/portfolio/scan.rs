//! One underlying: what a portfolio's legs on it lose in each scenario.

use super::{
    market::{Expiry, Underlying, YEAR, years_to},
    money::{Cash, Multiplier, scale_ceil, scale_floor},
    scenario::{MAX_SCENARIOS, RULES, Rule, Scenario},
};
use crate::{
    black76::{Factor, MAX_STDEV, Moneyness, Price},
    codec::{Kind, OptionLeg},
    elementary::{exp, ln, sqrt_u128},
    fixed::{ONE_Q40, Q40},
};

/// Nodes added for gamma pockets.
pub const POCKETS: usize = 8;
/// Most nodes of a scan: a set and the pockets.
pub const MAX_NODES: usize = MAX_SCENARIOS;
/// The nearest listed expiry of an underlying has its pockets searched once it is this near, in seconds: two days.
pub const POCKET_HORIZON: u64 = 172_800;
/// Where pockets are searched, in standard deviations to expiry, both sides.
const POCKET_STEPS: [Q40; POCKETS / 2] = [
    ONE_Q40 / 4 * 3,
    ONE_Q40 / 2 * 3,
    ONE_Q40 / 4 * 9,
    ONE_Q40 * 3,
];

/// Skew rotation: `min(max(k / k*, -1), 1) · c` with c = [`SKEW_CAP`] − [`SKEW_DECAY`]·√τ, not below 0.
const SKEW_CAP: Q40 = ONE_Q40 / 4;
const SKEW_DECAY: Q40 = ONE_Q40 / 10;
/// k* = max([`SKEW_MIN`], [`SKEW_WIDTH`]·√τ).
const SKEW_MIN: Q40 = ONE_Q40 / 100;
const SKEW_WIDTH: Q40 = ONE_Q40 * 24 / 10;

/// Seconds of the reference tenor of volatility shocks, 30 days, and of the nearest one, a day.
const TENOR: u64 = 2_592_000;
const NEAREST: u64 = 86_400;
/// Powers of the tenor rule, up to the reference tenor and beyond.
const SHORT_POWER: Q40 = ONE_Q40 * 3 / 10;
const LONG_POWER: Q40 = ONE_Q40 * 13 / 100;

/// How many nodes the calendar basis adds: the variable forward down and up.
pub const BASIS: usize = 2;

/// The nodes an underlying is scanned at: its set, then the pockets of its nearest listed expiry.
#[derive(Clone, Copy, Debug)]
pub struct Nodes {
    list: [Scenario; MAX_NODES],
    count: usize,
}

impl Nodes {
    /// The nodes of `underlying` at `now`. They depend on the market only, never on a portfolio.
    #[must_use]
    pub fn of(underlying: &Underlying<'_>, now: u64) -> Self {
        let identity = Scenario::new(Factor::IDENTITY, Rule::None);
        let mut nodes = Self {
            list: [identity; MAX_NODES],
            count: 0,
        };
        underlying
            .rates
            .set()
            .each(&mut |factor, rule, weight| nodes.push(factor, rule, weight));
        let horizon = 1..=POCKET_HORIZON;
        if let Some(expiry) = underlying
            .near
            .filter(|e| horizon.contains(&e.seconds(now)))
        {
            let s = expiry.surface.stdev(0);
            // Cap pocket moves at the grid's end, so that linear positions do not need more margin because some option
            // expires soon.
            let reach = underlying.rates.set().reach(Rule::Up);
            for step in POCKET_STEPS {
                let shock = times(s, step).min(reach);
                nodes.move_by(shock);
                nodes.move_by(-shock);
            }
        }
        nodes.move_by(-underlying.rates.basis_move);
        nodes.move_by(underlying.rates.basis_move);
        nodes
    }

    #[inline(never)]
    fn move_by(&mut self, shock: Q40) {
        self.push(&Factor::new(ONE_Q40 + shock), Rule::None, ONE_Q40);
    }

    #[inline(never)]
    fn push(&mut self, factor: &Factor, rule: Rule, weight: Q40) {
        if let Some(place) = self.list.get_mut(self.count) {
            *place = Scenario {
                weight,
                ..Scenario::new(*factor, rule)
            };
            self.count += 1;
        }
    }

    /// The nodes, the identity first.
    #[must_use]
    pub fn as_slice(&self) -> &[Scenario] {
        let (nodes, _) = self.with_basis();
        nodes
    }

    /// The nodes, and the two moves of the calendar basis.
    #[must_use]
    pub fn with_basis(&self) -> (&[Scenario], &[Scenario]) {
        let all = self.list.get(..self.count).unwrap_or(&[]);
        all.split_at_checked(self.count.saturating_sub(BASIS))
            .unwrap_or_default()
    }

    /// Both, one after the other.
    #[must_use]
    pub fn all(&self) -> &[Scenario] {
        self.list.get(..self.count).unwrap_or(&[])
    }
}

/// What does not depend on a leg: the clock and the volatility rules of an expiry.
#[derive(Clone, Copy, Debug)]
pub struct Tenor {
    /// Years to expiry.
    pub years: Q40,
    /// Its square root.
    pub root: Q40,
    up: Q40,
    down: Q40,
    floor: Q40,
    skew: Q40,
    skew_width: Q40,
}

impl Tenor {
    /// The tenor of `expiry` under the rules of `underlying`.
    #[must_use]
    pub fn new(underlying: &Underlying<'_>, expiry: &Expiry, now: u64) -> Self {
        let seconds = expiry.seconds(now);
        let years = years_to(expiry.day, now);
        // the root of the quotient itself: in its last minute the root of `years` would miss its fifth place
        let root = sqrt_u128((u128::from(seconds) << 80) / u128::from(YEAR)).cast_signed();
        let set = underlying.rates.set();
        let power = if seconds <= TENOR {
            SHORT_POWER
        } else {
            LONG_POWER
        };
        #[expect(clippy::cast_possible_truncation, reason = "at most 30 in Q40")]
        let ratio = ((u128::from(TENOR) << 40) / u128::from(seconds.max(NEAREST))) as i64;
        let weight = exp(times(power, ln(ratio)));
        Self {
            years,
            root,
            up: ONE_Q40 + times(set.up, weight),
            down: (ONE_Q40 - times(set.down, weight)).max(0),
            floor: times(underlying.rates.vol_floor, root),
            skew: (SKEW_CAP - times(SKEW_DECAY, root)).max(0),
            skew_width: times(SKEW_WIDTH, root).max(SKEW_MIN),
        }
    }

    /// Total standard deviations under each rule, for an option whose own is `s` at log-moneyness `x`.
    #[must_use]
    pub fn stdevs(&self, s: Q40, x: Q40) -> [Q40; RULES] {
        if self.years == 0 {
            return [0; RULES];
        }
        #[expect(clippy::cast_possible_truncation, reason = "clamped to 1 in Q40")]
        let place = (((x as i128) << 40) / self.skew_width as i128)
            .clamp(-(ONE_Q40 as i128), ONE_Q40 as i128) as i64;
        let linear = times(place, self.skew);
        [
            s,
            times(s, self.up).max(self.floor),
            times(s, self.down),
            times(s, ONE_Q40 + linear),
            times(s, ONE_Q40 + linear.abs()),
        ]
    }
}

/// 1 / √(2π), rounded up: an option's value changes by at most this share of its forward per deviation.
const DENSITY: Q40 = 438_641_676_002;

impl Tenor {
    /// The most a rotation of the skew changes an option whose deviation is at most `s`, a share of its forward.
    #[must_use]
    pub fn most_skewed(&self, s: Q40) -> Q40 {
        let s = s.clamp(0, MAX_STDEV);
        (times(times(s, self.skew), DENSITY) + 2).min(ONE_Q40)
    }
}

/// ⌊a·b⌋ of two numbers in Q40 whose product is below 2^63.
#[inline(never)]
fn times(a: Q40, b: Q40) -> Q40 {
    crate::fixed::mul_shift_floor::<40>(a, b)
}

/// An option leg as the scan sees it: everything a node needs but the node.
#[derive(Clone, Copy, Debug)]
pub struct OptionView {
    /// Forward, strike and their log-ratio in the leg's unit.
    pub moneyness: Moneyness,
    /// Total standard deviation by rule.
    pub stdevs: [Q40; RULES],
    /// From units to cash.
    pub multiplier: Multiplier,
    /// 1 for a put, 0 for a call.
    pub put: i64,
}

impl OptionView {
    /// `None` when the leg could be worth more than the limit.
    #[inline(never)]
    #[must_use]
    pub fn new(
        leg: &OptionLeg,
        lot: u64,
        expiry: &Expiry,
        forward: Price,
        tenor: &Tenor,
    ) -> Option<Self> {
        let instrument = leg.instrument.decode()?;
        let strike = Price::new(instrument.strike?.to_wad());
        let moneyness = Moneyness::new(forward, strike);
        let s = if tenor.years == 0 {
            0
        } else {
            expiry.surface.stdev(moneyness.x)
        };
        let multiplier = Multiplier::new(leg.size, lot, expiry.discount, moneyness.exponent)?;
        Some(Self {
            moneyness,
            stdevs: tenor.stdevs(s, moneyness.x),
            multiplier,
            put: i64::from(instrument.kind == Kind::Put),
        })
    }

    /// The same leg at another forward, with its deviation moved by `rule`, from where scenarios then start. `None` when it
    /// could be worth more than the limit.
    #[must_use]
    pub fn moved(
        &self,
        leg: &OptionLeg,
        lot: u64,
        expiry: &Expiry,
        (forward, rule): (Price, Rule),
        tenor: &Tenor,
    ) -> Option<Self> {
        let strike = Price::new(leg.instrument.decode()?.strike?.to_wad());
        let moneyness = Moneyness::new(forward, strike);
        let s = self.stdevs.get(rule as usize).copied().unwrap_or(0);
        Some(Self {
            moneyness,
            stdevs: tenor.stdevs(s.min(MAX_STDEV), moneyness.x),
            multiplier: Multiplier::new(leg.size, lot, expiry.discount, moneyness.exponent)?,
            put: self.put,
        })
    }

    /// Value in cash, floored, after the forward is multiplied by `factor` and volatility follows `rule`.
    #[inline(always)]
    #[must_use]
    pub fn value(&self, factor: Factor, rule: Rule) -> Cash {
        let option = self.moneyness.shocked(factor);
        let s = self.stdevs.get(rule as usize).copied().unwrap_or(0);
        let call = option.call(s);
        let parity = option
            .forward
            .wrapping_sub(option.strike)
            .wrapping_mul(self.put);
        self.multiplier.cash(call.wrapping_sub(parity))
    }
}

/// The factor of a forward with a fixed part when spot moves by `shock`: 1 + shock·A / (A + B).
#[must_use]
pub fn forward_factor(expiry: &Expiry, scenario: &Scenario) -> Factor {
    if expiry.fixed == 0 {
        return scenario.factor;
    }
    Factor::new(ONE_Q40 + times(scenario.shock, variable_share(expiry)))
}

/// A / (A + B), rounded down: the share of a forward that moves with spot.
#[must_use]
pub fn variable_share(expiry: &Expiry) -> Q40 {
    if expiry.fixed == 0 {
        return ONE_Q40;
    }
    let total = expiry.variable.saturating_add(expiry.fixed);
    // the part is at most the total: with 87 bits of it the quotient in Q40 fits
    let cut = (128 - total.leading_zeros()).saturating_sub(87);
    #[expect(clippy::cast_possible_truncation, reason = "at most 1 in Q40")]
    let share = ((expiry.variable >> cut) << 40)
        .checked_div(total >> cut)
        .unwrap_or(0) as i64;
    share
}

/// What one expiry contributes.
#[derive(Clone, Copy, Debug)]
pub struct ExpiryScan {
    /// Value of its options by node, those of the basis last.
    pub values: [Cash; MAX_NODES],
}

impl ExpiryScan {
    /// Nothing.
    pub const ZERO: Self = Self {
        values: [0; MAX_NODES],
    };

    /// Adds one option at every node.
    #[inline(never)]
    pub fn add(&mut self, option: &OptionView, factors: &[Factor], nodes: &[Scenario]) {
        for ((value, factor), node) in self.values.iter_mut().zip(factors).zip(nodes) {
            *value = value.wrapping_add(option.value(*factor, node.rule));
        }
    }

    /// Takes the rotations of the skew out.
    pub fn unskew(&mut self, nodes: &[Scenario]) {
        let base = self.at(0);
        for (value, node) in self.values.iter_mut().zip(nodes) {
            if node.rule.is_skew() {
                *value = base;
            }
        }
    }

    fn at(&self, node: usize) -> Cash {
        self.values.get(node).copied().unwrap_or(0)
    }

    /// Value as the market is, and after the moves of the basis, down and up; `nodes` without those.
    #[must_use]
    pub fn marks(&self, nodes: usize) -> (Cash, Cash, Cash) {
        (self.at(0), self.at(nodes), self.at(nodes + 1))
    }
}

/// What an underlying's legs lose at each node, and what they are worth.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// Change of value by node, before weights, floored; of skew nodes minus the sum of sizes per expiry.
    pub changes: [Cash; MAX_NODES],
    /// Loss by node: weighted, rounded up. Negative where the portfolio gains.
    pub losses: [Cash; MAX_NODES],
    /// Nodes in use.
    pub count: usize,
    /// Largest loss, at least 0.
    pub worst: Cash,
    /// The node of it.
    pub worst_node: usize,
    /// Whether the portfolio holds anything on this underlying.
    pub used: bool,
}

impl Scan {
    /// Nothing held.
    pub const ZERO: Self = Self {
        changes: [0; MAX_NODES],
        losses: [0; MAX_NODES],
        count: 0,
        worst: 0,
        worst_node: 0,
        used: false,
    };

    /// Adds an expiry's options; `values[0]` is the identity.
    pub fn add(&mut self, expiry: &ExpiryScan, nodes: &[Scenario]) {
        let base = expiry.values.first().copied().unwrap_or(0);
        for ((change, value), node) in self.changes.iter_mut().zip(expiry.values).zip(nodes) {
            let moved = value.wrapping_sub(base);
            *change = change.wrapping_add(if node.rule.is_skew() {
                moved.abs().wrapping_neg()
            } else {
                moved
            });
        }
    }

    /// Closes the scan: adds what is linear in spot, `notional` per unit of relative move, takes `skew` off where the skew
    /// is rotated, and finds the worst node.
    pub fn finish(&mut self, notional: Cash, skew: Cash, nodes: &[Scenario]) {
        self.count = nodes.len();
        self.used = true;
        for (index, node) in nodes.iter().enumerate() {
            let (Some(change), Some(loss)) =
                (self.changes.get_mut(index), self.losses.get_mut(index))
            else {
                return;
            };
            *change = change.wrapping_add(if node.rule.is_skew() {
                skew.wrapping_neg()
            } else {
                scale_floor(notional, node.shock)
            });
            *loss = scale_ceil(change.wrapping_neg(), node.weight);
            if *loss > self.worst {
                (self.worst, self.worst_node) = (*loss, index);
            }
        }
    }

    /// Loss at node `index`.
    #[must_use]
    pub fn loss(&self, index: usize) -> Cash {
        self.losses.get(index).copied().unwrap_or(0)
    }
}
