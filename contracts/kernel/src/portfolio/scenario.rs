//! The scenarios: constant sets, chosen by number. A stored set would cost a slot a row.
//!
//! Every set begins with the identity and then lists the same grid in the same order: volatility as it is at
//! the inner shocks, volatility down at the inner shocks, volatility up at the inner and the two outer ones.
//! Sets 2 and 3 add far moves, damped by a weight, and two rotations of the skew.

use crate::{
    black76::Factor,
    fixed::{ONE_Q40, Q40},
};

/// What a scenario does to volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As it is.
    None = 0,
    /// Up, by a share that grows as expiry nears, and never below a floor.
    Up = 1,
    /// Down, by a share that grows as expiry nears.
    Down = 2,
    /// Rotated about the forward; the change counts as a loss whichever way it goes, per expiry.
    SkewLinear = 3,
    /// Both wings up or down; counts like [`Rule::SkewLinear`].
    SkewAbsolute = 4,
}

/// How many rules there are.
pub const RULES: usize = 5;

/// One scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Relative move of spot: -0.15 for a fall by 15 %.
    pub shock: Q40,
    /// 1 + shock, with its logarithm.
    pub factor: Factor,
    /// What happens to volatility.
    pub rule: Rule,
    /// Share of the loss that counts, in (0, 1].
    pub weight: Q40,
}

const fn row(shock: Q40, ln: Q40, rule: Rule, weight: Q40) -> Scenario {
    Scenario { shock, factor: Factor { value: ONE_Q40.wrapping_add(shock), ln }, rule, weight }
}

/// Most scenarios of a set.
pub const MAX_SCENARIOS: usize = 64;
/// Nodes of the outer grid on either side of no move.
pub const OUTER: i32 = 4;

/// A constant set.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// The scenarios, the identity first, then the grid, then the rest.
    pub scenarios: &'static [Scenario],
    /// Volatility up by this share at 30 days.
    pub up: Q40,
    /// Volatility down by this share at 30 days.
    pub down: Q40,
}

impl Set {
    /// Set 3, what an unknown number counts as where something must be answered.
    pub const WIDEST: Self = Self { scenarios: &ROWS_WIDE, up: SIXTY, down: THIRTY };

    /// The set of this number: 1, 2 or 3.
    ///
    /// 1: Derive's first table, 23 scenarios to ±20 %. 2: its second, 33 scenarios to ±18 % with far moves and
    /// skew: the default for majors. 3: set 2 with shocks 1.75 times as wide, for thin coins.
    #[must_use]
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self { scenarios: &ROWS_23, up: SIXTY, down: THIRTY }),
            2 => Some(Self { scenarios: &ROWS_33, up: FIFTY, down: THIRTY }),
            3 => Some(Self::WIDEST),
            _ => None,
        }
    }

    /// Where the grid of a rule stands: (index of the node of no move, nodes on either side). With volatility as
    /// it is, no move is the identity, see [`Set::grid`].
    #[must_use]
    pub const fn reach(rule: Rule) -> i32 {
        match rule {
            Rule::Up => OUTER,
            _ => OUTER - 1,
        }
    }

    /// Index of the scenario at grid node `node` (clamped to the rule's reach) under `rule`.
    #[must_use]
    pub const fn grid(rule: Rule, node: i32) -> usize {
        let reach = Self::reach(rule);
        let node = if node > reach {
            reach
        } else if node < -reach {
            -reach
        } else {
            node
        };
        // the identity is listed first, so nodes above it stand one place lower
        match rule {
            Rule::Up => (18 + node) as usize,
            Rule::Down => (10 + node) as usize,
            _ if node < 0 => (4 + node) as usize,
            _ if node == 0 => 0,
            _ => (3 + node) as usize,
        }
    }
}

/// Scenarios of the common grid, the identity included: what follows are far moves and skew.
pub const GRID: usize = 23;

const SIXTY: Q40 = 659_706_976_666; // 0.6
const FIFTY: Q40 = ONE_Q40 / 2;
const THIRTY: Q40 = 329_853_488_333; // 0.3

#[rustfmt::skip]
const ROWS_23: [Scenario; 23] = [
    row(0, 0, Rule::None, ONE_Q40), // 0.0 %
    row(-164926744166, -178691452716, Rule::None, ONE_Q40), // -15.0 %
    row(-109951162778, -115845112075, Rule::None, ONE_Q40), // -10.0 %
    row(-54975581389, -56397573606, Rule::None, ONE_Q40), // -5.0 %
    row(54975581389, 53645352826, Rule::None, ONE_Q40), // 5.0 %
    row(109951162778, 104794650941, Rule::None, ONE_Q40), // 10.0 %
    row(164926744166, 153669880762, Rule::None, ONE_Q40), // 15.0 %
    row(-164926744166, -178691452716, Rule::Down, ONE_Q40), // -15.0 %
    row(-109951162778, -115845112075, Rule::Down, ONE_Q40), // -10.0 %
    row(-54975581389, -56397573606, Rule::Down, ONE_Q40), // -5.0 %
    row(0, 0, Rule::Down, ONE_Q40), // 0.0 %
    row(54975581389, 53645352826, Rule::Down, ONE_Q40), // 5.0 %
    row(109951162778, 104794650941, Rule::Down, ONE_Q40), // 10.0 %
    row(164926744166, 153669880762, Rule::Down, ONE_Q40), // 15.0 %
    row(-219902325555, -245348929333, Rule::Up, ONE_Q40), // -20.0 %
    row(-164926744166, -178691452716, Rule::Up, ONE_Q40), // -15.0 %
    row(-109951162778, -115845112075, Rule::Up, ONE_Q40), // -10.0 %
    row(-54975581389, -56397573606, Rule::Up, ONE_Q40), // -5.0 %
    row(0, 0, Rule::Up, ONE_Q40), // 0.0 %
    row(54975581389, 53645352826, Rule::Up, ONE_Q40), // 5.0 %
    row(109951162778, 104794650941, Rule::Up, ONE_Q40), // 10.0 %
    row(164926744166, 153669880762, Rule::Up, ONE_Q40), // 15.0 %
    row(219902325555, 200464671689, Rule::Up, ONE_Q40), // 20.0 %
];

#[rustfmt::skip]
const ROWS_33: [Scenario; 33] = [
    row(0, 0, Rule::None, ONE_Q40), // 0.0 %
    row(-148434069750, -159457522697, Rule::None, ONE_Q40), // -13.5 %
    row(-98956046500, -103695688702, Rule::None, ONE_Q40), // -9.0 %
    row(-49478023250, -50625845771, Rule::None, ONE_Q40), // -4.5 %
    row(49478023250, 48397077334, Rule::None, ONE_Q40), // 4.5 %
    row(98956046500, 94753379072, Rule::None, ONE_Q40), // 9.0 %
    row(148434069750, 139234072158, Rule::None, ONE_Q40), // 13.5 %
    row(-148434069750, -159457522697, Rule::Down, ONE_Q40), // -13.5 %
    row(-98956046500, -103695688702, Rule::Down, ONE_Q40), // -9.0 %
    row(-49478023250, -50625845771, Rule::Down, ONE_Q40), // -4.5 %
    row(0, 0, Rule::Down, ONE_Q40), // 0.0 %
    row(49478023250, 48397077334, Rule::Down, ONE_Q40), // 4.5 %
    row(98956046500, 94753379072, Rule::Down, ONE_Q40), // 9.0 %
    row(148434069750, 139234072158, Rule::Down, ONE_Q40), // 13.5 %
    row(-197912093000, -218199114670, Rule::Up, ONE_Q40), // -18.0 %
    row(-148434069750, -159457522697, Rule::Up, ONE_Q40), // -13.5 %
    row(-98956046500, -103695688702, Rule::Up, ONE_Q40), // -9.0 %
    row(-49478023250, -50625845771, Rule::Up, ONE_Q40), // -4.5 %
    row(0, 0, Rule::Up, ONE_Q40), // 0.0 %
    row(49478023250, 48397077334, Rule::Up, ONE_Q40), // 4.5 %
    row(98956046500, 94753379072, Rule::Up, ONE_Q40), // 9.0 %
    row(148434069750, 139234072158, Rule::Up, ONE_Q40), // 13.5 %
    row(197912093000, 181985049671, Rule::Up, ONE_Q40), // 18.0 %
    row(-725677674332, -1186163766835, Rule::None, 230897441833), // -66.0 %, weight .21
    row(-362838837166, -440329741137, Rule::None, 461794883666), // -33.0 %, weight .42
    row(549755813888, 445813601022, Rule::None, 304784623220), // 50.0 %, weight .2772
    row(1099511627776, 762123384786, Rule::None, 152392311610), // 100.0 %, weight .1386
    row(2199023255552, 1207936985808, Rule::None, 76196155805), // 200.0 %, weight .0693
    row(3298534883328, 1524246769572, Rule::None, 50797437203), // 300.0 %, weight .0462
    row(4398046511104, 1769595698905, Rule::None, 38098077902), // 400.0 %, weight .03465
    row(5497558138880, 1970060370594, Rule::None, 30478462322), // 500.0 %, weight .02772
    row(0, 0, Rule::SkewLinear, ONE_Q40), // 0.0 %
    row(0, 0, Rule::SkewAbsolute, ONE_Q40), // 0.0 %
];

#[rustfmt::skip]
const ROWS_WIDE: [Scenario; 33] = [
    row(0, 0, Rule::None, ONE_Q40), // 0.0 %
    row(-259759622062, -296334621819, Rule::None, ONE_Q40), // -23.625 %
    row(-173173081375, -188436080410, Rule::None, ONE_Q40), // -15.75 %
    row(-86586540687, -90186160863, Rule::None, ONE_Q40), // -7.875 %
    row(86586540687, 83346239695, Rule::None, ONE_Q40), // 7.875 %
    row(173173081375, 160817327130, Rule::None, ONE_Q40), // 15.75 %
    row(259759622062, 233187289097, Rule::None, ONE_Q40), // 23.625 %
    row(-259759622062, -296334621819, Rule::Down, ONE_Q40), // -23.625 %
    row(-173173081375, -188436080410, Rule::Down, ONE_Q40), // -15.75 %
    row(-86586540687, -90186160863, Rule::Down, ONE_Q40), // -7.875 %
    row(0, 0, Rule::Down, ONE_Q40), // 0.0 %
    row(86586540687, 83346239695, Rule::Down, ONE_Q40), // 7.875 %
    row(173173081375, 160817327130, Rule::Down, ONE_Q40), // 15.75 %
    row(259759622062, 233187289097, Rule::Down, ONE_Q40), // 23.625 %
    row(-346346162749, -415985315782, Rule::Up, ONE_Q40), // -31.5 %
    row(-259759622062, -296334621819, Rule::Up, ONE_Q40), // -23.625 %
    row(-173173081375, -188436080410, Rule::Up, ONE_Q40), // -15.75 %
    row(-86586540687, -90186160863, Rule::Up, ONE_Q40), // -7.875 %
    row(0, 0, Rule::Up, ONE_Q40), // 0.0 %
    row(86586540687, 83346239695, Rule::Up, ONE_Q40), // 7.875 %
    row(173173081375, 160817327130, Rule::Up, ONE_Q40), // 15.75 %
    row(259759622062, 233187289097, Rule::Up, ONE_Q40), // 23.625 %
    row(346346162749, 301086597971, Rule::Up, ONE_Q40), // 31.5 %
    row(-879609302221, -1769595698906, Rule::None, 384829069722), // -80.0 %, weight .35
    row(-549755813888, -762123384786, Rule::None, 659706976666), // -50.0 %, weight .6
    row(824633720832, 615304065922, Rule::None, 439804651110), // 75.0 %, weight .4
    row(1649267441664, 1007472314119, Rule::None, 219902325555), // 150.0 %, weight .2
    row(3298534883328, 1524246769572, Rule::None, 109951162778), // 300.0 %, weight .1
    row(5497558138880, 1970060370594, Rule::None, 65970697667), // 500.0 %, weight .06
    row(7696581394432, 2286370154357, Rule::None, 47278999994), // 700.0 %, weight .043
    row(9895604649984, 2531719083691, Rule::None, 37383395344), // 900.0 %, weight .034
    row(0, 0, Rule::SkewLinear, ONE_Q40), // 0.0 %
    row(0, 0, Rule::SkewAbsolute, ONE_Q40), // 0.0 %
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_the_same_grid_and_true_logarithms() {
        for number in 1..=3 {
            let set = Set::of(number).unwrap();
            assert!(set.scenarios.len() <= MAX_SCENARIOS);
            let identity = set.scenarios[0];
            assert_eq!((identity.shock, identity.rule), (0, Rule::None));
            for s in set.scenarios {
                assert!((Factor::new(s.factor.value).ln - s.factor.ln).abs() <= 1, "{s:?}");
                assert!(s.weight > 0 && s.weight <= ONE_Q40);
            }
            let step = set.scenarios[Set::grid(Rule::Up, 1)].shock;
            for rule in [Rule::None, Rule::Up, Rule::Down] {
                for node in -Set::reach(rule)..=Set::reach(rule) {
                    let s = set.scenarios[Set::grid(rule, node)];
                    assert_eq!(s.rule, rule, "set {number} {rule:?} {node}");
                    assert!((s.shock - step * i64::from(node)).abs() <= 4);
                    assert_eq!(s.weight, ONE_Q40);
                }
            }
            assert!(set.scenarios[GRID..].iter().all(|s| s.weight < ONE_Q40 || s.rule as u8 > 2));
        }
        assert!(Set::of(0).is_none() && Set::of(4).is_none());
    }
}
