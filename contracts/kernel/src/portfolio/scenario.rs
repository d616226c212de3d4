//! The scenarios: constant sets, chosen by number. A stored set would cost a slot a row.
//!
//! Every set lists the identity, then the same grid in the same order: volatility as it is at the inner moves,
//! volatility down at the inner moves, volatility up at all nine. Sets 2, 3 and 4 add far moves, damped by a weight and
//! with volatility up, and two rotations of the skew.

extern crate alloc;

use crate::{
    black76::Factor,
    fixed::{ONE_Q40, Q40},
};
use alloc::vec::Vec;

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

impl Rule {
    /// A rotation of the skew: the change counts as a loss whichever way it goes.
    #[must_use]
    pub const fn is_skew(self) -> bool {
        matches!(self, Self::SkewLinear | Self::SkewAbsolute)
    }
}

/// How many rules there are.
pub const RULES: usize = 5;
/// Most scenarios of a set, pockets included.
pub const MAX_SCENARIOS: usize = 48;
/// Grid nodes on either side of no move; the outermost ones only with volatility up.
pub const OUTER: i32 = 4;
/// Scenarios of the common grid, the identity included: what follows are far moves and skew.
pub const GRID: usize = 23;

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

impl Scenario {
    /// An undamped scenario.
    #[must_use]
    pub const fn new(factor: Factor, rule: Rule) -> Self {
        Self {
            shock: factor.value.wrapping_sub(ONE_Q40),
            factor,
            rule,
            weight: ONE_Q40,
        }
    }
}

/// A constant set.
#[derive(Debug)]
pub struct Set {
    /// The nine grid moves, ascending.
    moves: [Factor; 9],
    /// Far moves with their weights, volatility up.
    far: &'static [(Factor, Q40)],
    /// Whether the skew is rotated.
    skewed: bool,
    /// Volatility up by this share at 30 days.
    pub up: Q40,
    /// Volatility down by this share at 30 days.
    pub down: Q40,
}

const fn to(shock: Q40, ln: Q40) -> Factor {
    Factor {
        value: ONE_Q40.wrapping_add(shock),
        ln,
    }
}

impl Set {
    /// The set of this number: 1, 2, 3 or 4.
    ///
    /// 1: Derive's first table, 23 scenarios to ±20 %. 2: its second, 33 scenarios to ±18 % with far moves and
    /// skew: the default for majors. 3: set 2 with grid moves 1.75 times as wide, for thin coins. 4: to ±50 %, for the
    /// thinnest.
    #[must_use]
    pub fn of(number: u8) -> Option<&'static Self> {
        match number {
            1 => Some(&NARROW),
            2 => Some(&MAJOR),
            3 => Some(&WIDE),
            4 => Some(&WIDEST),
            _ => None,
        }
    }

    /// Set 4, what an unknown number counts as where something must be answered.
    #[must_use]
    pub fn widest() -> &'static Self {
        &WIDEST
    }

    /// Gives every scenario in order to `push`: the factor of spot, the rule, the weight.
    pub fn each(&self, push: &mut dyn FnMut(&Factor, Rule, Q40)) {
        push(&Factor::IDENTITY, Rule::None, ONE_Q40);
        for rule in [Rule::None, Rule::Down, Rule::Up] {
            for (place, factor) in self.moves.iter().enumerate() {
                let inner = (1..8).contains(&place);
                // no move with volatility as it is was the identity
                if rule == Rule::Up || (inner && (rule == Rule::Down || place != 4)) {
                    push(factor, rule, ONE_Q40);
                }
            }
        }
        for (factor, weight) in self.far {
            push(factor, Rule::Up, *weight);
        }
        if self.skewed {
            push(&Factor::IDENTITY, Rule::SkewLinear, ONE_Q40);
            push(&Factor::IDENTITY, Rule::SkewAbsolute, ONE_Q40);
        }
    }

    /// The scenarios in order.
    #[must_use]
    pub fn scenarios(&self) -> Vec<Scenario> {
        let mut scenarios = Vec::new();
        self.each(&mut |factor, rule, weight| {
            scenarios.push(Scenario {
                weight,
                ..Scenario::new(*factor, rule)
            });
        });
        scenarios
    }

    /// The outermost move under `rule`, the same on both sides.
    #[must_use]
    pub fn reach(&self, rule: Rule) -> Q40 {
        let [.., inner, outer] = self.moves;
        let factor = if rule == Rule::Up { outer } else { inner };
        factor.value.wrapping_sub(ONE_Q40)
    }

    /// Index of the scenario at grid node `node` (clamped to the rule's reach) under `rule`.
    #[must_use]
    pub fn grid(rule: Rule, node: i32) -> usize {
        let (centre, reach) = match rule {
            Rule::Up => (18, OUTER),
            Rule::Down => (10, OUTER - 1),
            _ => (3, OUTER - 1),
        };
        let node = node.clamp(-reach, reach);
        // with volatility as it is, no move is the identity, which is listed first
        let place = match (rule, node) {
            (Rule::Up | Rule::Down, _) => centre + node,
            (_, 0) => 0,
            (_, below) if below < 0 => centre + 1 + node,
            _ => centre + node,
        };
        // a centre is at least its reach
        place.cast_unsigned() as usize
    }
}

const SIXTY: Q40 = 659_706_976_666; // 0.6
const THIRTY: Q40 = 329_853_488_333; // 0.3

static NARROW: Set = Set {
    #[rustfmt::skip]
    moves: [
        to(-219902325555, -245348929333), // -20.0 %
        to(-164926744166, -178691452716), // -15.0 %
        to(-109951162778, -115845112075), // -10.0 %
        to(-54975581389, -56397573606), // -5.0 %
        to(0, 0), // 0.0 %
        to(54975581389, 53645352826), // 5.0 %
        to(109951162778, 104794650941), // 10.0 %
        to(164926744166, 153669880762), // 15.0 %
        to(219902325555, 200464671689), // 20.0 %
    ],
    far: &[],
    skewed: false,
    up: SIXTY,
    down: THIRTY,
};

static MAJOR: Set = Set {
    #[rustfmt::skip]
    moves: [
        to(-197912093000, -218199114670), // -18.0 %
        to(-148434069750, -159457522697), // -13.5 %
        to(-98956046500, -103695688702), // -9.0 %
        to(-49478023250, -50625845771), // -4.5 %
        to(0, 0), // 0.0 %
        to(49478023250, 48397077334), // 4.5 %
        to(98956046500, 94753379072), // 9.0 %
        to(148434069750, 139234072158), // 13.5 %
        to(197912093000, 181985049671), // 18.0 %
    ],
    #[rustfmt::skip]
    far: &[
        (to(-725677674332, -1186163766835), 230897441833), // -66.0 %, weight .21
        (to(-362838837166, -440329741137), 461794883666), // -33.0 %, weight .42
        (to(549755813888, 445813601022), 304784623220), // 50.0 %, weight .2772
        (to(1099511627776, 762123384786), 152392311610), // 100.0 %, weight .1386
        (to(2199023255552, 1207936985808), 76196155805), // 200.0 %, weight .0693
        (to(3298534883328, 1524246769572), 50797437203), // 300.0 %, weight .0462
        (to(4398046511104, 1769595698905), 38098077902), // 400.0 %, weight .03465
        (to(5497558138880, 1970060370594), 30478462322), // 500.0 %, weight .02772
    ],
    skewed: true,
    up: ONE_Q40 / 2,
    down: THIRTY,
};

static WIDE: Set = Set {
    #[rustfmt::skip]
    moves: [
        to(-346346162749, -415985315782), // -31.5 %
        to(-259759622062, -296334621819), // -23.625 %
        to(-173173081375, -188436080410), // -15.75 %
        to(-86586540687, -90186160863), // -7.875 %
        to(0, 0), // 0.0 %
        to(86586540687, 83346239695), // 7.875 %
        to(173173081375, 160817327130), // 15.75 %
        to(259759622062, 233187289097), // 23.625 %
        to(346346162749, 301086597971), // 31.5 %
    ],
    #[rustfmt::skip]
    far: &[
        (to(-879609302221, -1769595698906), 384829069722), // -80.0 %, weight .35
        (to(-549755813888, -762123384786), 659706976666), // -50.0 %, weight .6
        (to(824633720832, 615304065922), 439804651110), // 75.0 %, weight .4
        (to(1649267441664, 1007472314119), 219902325555), // 150.0 %, weight .2
        (to(3298534883328, 1524246769572), 109951162778), // 300.0 %, weight .1
        (to(5497558138880, 1970060370594), 65970697667), // 500.0 %, weight .06
        (to(7696581394432, 2286370154357), 47278999994), // 700.0 %, weight .043
        (to(9895604649984, 2531719083691), 37383395344), // 900.0 %, weight .034
    ],
    skewed: true,
    up: SIXTY,
    down: THIRTY,
};

static WIDEST: Set = Set {
    #[rustfmt::skip]
    moves: [
        to(-549755813888, -762123384786), // -50.0 %
        to(-412316860416, -516774455453), // -37.5 %
        to(-274877906944, -316309783763), // -25.0 %
        to(-137438953472, -146819318864), // -12.5 %
        to(0, 0), // 0.0 %
        to(137438953472, 129503817259), // 12.5 %
        to(274877906944, 245348929333), // 25.0 %
        to(412316860416, 350143580273), // 37.5 %
        to(549755813888, 445813601022), // 50.0 %
    ],
    #[rustfmt::skip]
    far: &[
        (to(-1044536046387, -3293842468472), 516770465055), // -95.0 %, weight .47
        (to(-824633720832, -1524246769572), 659706976666), // -75.0 %, weight .6
        (to(1099511627776, 762123384786), 494780232499), // 100.0 %, weight .45
        (to(1649267441664, 1007472314119), 329853488333), // 150.0 %, weight .3
        (to(2199023255552, 1207936985808), 247390116250), // 200.0 %, weight .225
        (to(3298534883328, 1524246769572), 164926744166), // 300.0 %, weight .15
        (to(5497558138880, 1970060370594), 98956046500), // 500.0 %, weight .09
        (to(9895604649984, 2531719083691), 54975581389), // 900.0 %, weight .05
    ],
    skewed: true,
    up: ONE_Q40 / 4 * 3,
    down: THIRTY,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_the_same_grid_and_true_logarithms() {
        for (number, count) in [(1, 23), (2, 33), (3, 33), (4, 33)] {
            let set = Set::of(number).unwrap();
            let scenarios = set.scenarios();
            assert_eq!(scenarios.len(), count);
            assert!(count <= MAX_SCENARIOS);
            assert_eq!(scenarios[0], Scenario::new(Factor::IDENTITY, Rule::None));
            for s in &scenarios {
                assert!(
                    (Factor::new(s.factor.value).ln - s.factor.ln).abs() <= 1,
                    "{s:?}"
                );
                assert!(s.weight > 0 && s.weight <= ONE_Q40);
            }
            let step = scenarios[Set::grid(Rule::Up, 1)].shock;
            for (rule, reach) in [(Rule::None, 3), (Rule::Up, 4), (Rule::Down, 3)] {
                for node in -6..=6 {
                    let s = scenarios[Set::grid(rule, node)];
                    assert_eq!(s.rule, rule, "set {number} {rule:?} {node}");
                    assert!((s.shock - step * i64::from(node.clamp(-reach, reach))).abs() <= 4);
                    assert_eq!(s.weight, ONE_Q40);
                }
            }
            // a far move is damped so far that what is linear loses no more than at the outermost node
            for s in &scenarios[GRID..] {
                let damped = s.rule == Rule::Up && s.weight < ONE_Q40;
                assert!(damped || s.rule as u8 > 2, "set {number}: {s:?}");
                let lost = (i128::from(s.shock.abs()) * i128::from(s.weight)) >> 40;
                assert!(lost < i128::from(set.reach(Rule::Up)));
            }
        }
        assert!(Set::of(0).is_none() && Set::of(5).is_none());
        assert_eq!(Set::widest().reach(Rule::Up), ONE_Q40 / 2);
    }
}
