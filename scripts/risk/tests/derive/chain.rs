//! From Derive's method to ours, one change at a time.

use super::{Case, ours};
use plimsoll_risk::peers::{Method, Requirement, Scenario, require};

/// The last difference: what floating point and the kernel's fixed point round differently.
pub(crate) const ROUNDING: &str = "rounding";

/// What one change does to the requirement; a fall of equity counts as a rise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference {
    pub(crate) name: &'static str,
    pub(crate) im: f64,
    pub(crate) mm: f64,
}

type Change = fn(&mut Method, &Method);

/// In this order; each takes one thing from ours.
const CHANGES: [(&str, Change); 18] = [
    ("volatility of a slice", |m, o| m.by_slice = o.by_slice),
    ("volatility rules", |m, o| m.volatility = o.volatility),
    ("skew shape", |m, o| m.skew = o.skew),
    ("grid", |m, o| take(m, o, |s| !far(s) && !skew(s))),
    ("far moves", |m, o| take(m, o, far)),
    ("skew scenarios", |m, o| take(m, o, skew)),
    ("static discount", |m, o| m.discount = o.discount),
    ("basis rates", |m, o| m.basis = o.basis),
    ("contingencies outside the factor", |m, o| {
        m.inside = o.inside
    }),
    ("factors", |m, o| m.factors = o.factors),
    ("basis joined by a root", |m, o| m.joined = o.joined),
    ("linear closing cost", |m, o| m.linear = o.linear),
    ("short options", |m, o| m.short = o.short),
    ("option closing cost", |m, o| m.option = o.option),
    ("haircuts", |m, o| m.haircuts = o.haircuts),
    ("confidence", |m, o| m.confidence = o.confidence),
    ("depeg", |m, o| m.depeg = o.depeg),
    ("rate risk", |m, o| m.rate = o.rate),
];

fn skew(s: &Scenario) -> bool {
    use plimsoll_risk::peers::Rule::{SkewAbsolute, SkewLinear};
    matches!(s.1, SkewLinear | SkewAbsolute)
}

fn far(s: &Scenario) -> bool {
    s.0.abs() > 0.3 && !skew(s)
}

/// Replaces the scenarios of a kind.
fn take(method: &mut Method, ours: &Method, kind: fn(&Scenario) -> bool) {
    method.scenarios.retain(|s| !kind(s));
    method
        .scenarios
        .extend(ours.scenarios.iter().filter(|s| kind(s)));
}

/// Every difference between Derive's requirement of the case and the kernel's, in order.
pub(crate) fn walk(case: &Case) -> Vec<Difference> {
    let ours = ours::method();
    let account = ours::with_slices(&case.account);
    let mut method = case.method.clone();
    let mut before = require(&method, &account);
    let mut differences = Vec::new();
    let mut push = |name, before: Requirement, after: Requirement| {
        let fell = before.equity - after.equity;
        differences.push(Difference {
            name,
            im: after.im - before.im + fell,
            mm: after.mm - before.mm + fell,
        });
    };
    for (name, change) in CHANGES {
        change(&mut method, &ours);
        let after = require(&method, &account);
        push(name, before, after);
        before = after;
    }
    assert_eq!(
        method_without_order(&method),
        method_without_order(&ours),
        "a change is missing"
    );
    push(ROUNDING, before, ours::kernel(case.now, &account));
    differences
}

fn method_without_order(method: &Method) -> Method {
    let mut method = method.clone();
    method.scenarios.sort_by(|a, b| {
        let key = |s: &Scenario| (s.1 as u8, s.0);
        key(a).partial_cmp(&key(b)).expect("scenarios are numbers")
    });
    method
}
