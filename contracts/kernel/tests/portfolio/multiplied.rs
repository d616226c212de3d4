//! Multipliers: what they raise, how far, and that no multiplier liquidates who met the initial requirement without them.
use super::*;

/// The market with other multipliers.
fn with_multipliers(m: &MarketCase, change: impl Fn(&mut Multipliers)) -> MarketCase {
    let mut m = m.clone();
    m.underlyings
        .iter_mut()
        .for_each(|u| change(&mut u.mood.multipliers));
    m
}

fn assessed(m: &MarketCase, p: &PortfolioCase) -> Assessment {
    m.with(m.rules(), |market| p.assess(market))
}

fn calm(m: &MarketCase) -> MarketCase {
    let mut m = with_multipliers(m, |all| *all = Multipliers::ONE);
    m.underlyings.iter_mut().for_each(|u| u.mood.jump = 0);
    m
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// The wall: whatever the multipliers, the maintenance requirement is at most the initial one without any.
    #[test]
    fn i_mar_18_no_multiplier_passes_the_wall(seed: u64, scan: u16, cost: u16) {
        let (m, x, _) = case(seed);
        let wall = assessed(&calm(&m), &x);
        let all = Multipliers { scan, scan_following: scan, cost, cost_following: cost };
        let most = Multipliers { scan: u16::MAX, scan_following: u16::MAX, cost: u16::MAX, cost_following: u16::MAX };
        for m in [m.clone(), with_multipliers(&m, |own| *own = all), with_multipliers(&m, |own| *own = most)] {
            let a = assessed(&m, &x);
            // a unit a charge and underlying, and what a norm is rounded by
            let unit = 100 + (wall.im >> 55);
            prop_assert!(a.mm <= wall.im + unit, "{} above {}", a.mm, wall.im);
            prop_assert!(a.mm >= wall.mm && a.im >= wall.im && a.bid_im >= wall.im);
            prop_assert_eq!(a.equity, wall.equity);
        }
    }

    /// Neither requirement falls where a multiplier rises. What follows counts nothing in the initial requirement, and a
    /// bidder is judged by what follows alone.
    #[test]
    fn i_mar_19_each_multiplier_raises_its_own_requirements(seed: u64, by in 1u16..2_000) {
        let (m, x, _) = case(seed);
        let before = assessed(&m, &x);
        let more = |excess: &mut u16| *excess = excess.saturating_add(by);
        let leads = assessed(&with_multipliers(&m, |all| { more(&mut all.scan); more(&mut all.cost); }), &x);
        prop_assert!(leads.im >= before.im && leads.mm >= before.mm && leads.bid_im >= before.bid_im);
        let follows = assessed(&with_multipliers(&m, |all| { more(&mut all.scan_following); more(&mut all.cost_following); }), &x);
        prop_assert_eq!(follows.im, before.im);
        prop_assert!(follows.mm >= before.mm && follows.bid_im >= before.bid_im);
        let quiet = with_multipliers(&m, |all| (all.scan_following, all.cost_following) = (0, 0));
        let unmoved = with_multipliers(&m, |all| *all = Multipliers::ONE);
        let (quiet, unmoved) = (assessed(&quiet, &x), assessed(&unmoved, &x));
        prop_assert_eq!((quiet.mm, quiet.bid_im), (unmoved.mm, unmoved.im));
        prop_assert_eq!(unmoved.bid_im, unmoved.im);
    }

    /// Once all has arrived and is below the wall, a bidder meets the initial requirement.
    #[test]
    fn i_mar_19_a_bidder_meets_the_initial_requirement_once_all_has_arrived(seed: u64) {
        let (m, x, _) = case(seed);
        let arrived = with_multipliers(&m, |all| {
            all.scan = all.scan.min(Multipliers::PARTS);
            (all.scan_following, all.cost_following) = (all.scan, all.cost);
        });
        let rules = Rules { factors: (2 * ONE, ONE), ..m.rules() };
        let a = arrived.with(rules, |market| x.assess(market));
        prop_assert_eq!(a.bid_im, a.im);
    }
}

/// One long coin at 2,000: scan 360, closing cost 20 and 10.
#[test]
fn i_mar_18_the_numbers_of_one_position() {
    const PART: u16 = Multipliers::PARTS;
    let u = eth(7, 80);
    let mut p = book(1_000, &[]);
    let instrument = Instrument {
        venue: 1,
        underlying: 1,
        kind: Kind::Perpetual,
        expiry_day: 0,
        strike: None,
    };
    p.linear = vec![(instrument, 1, 2_000 * WAD as i128)];
    let at = |[scan, scan_following, cost, cost_following]: [u16; 4]| {
        let mut m = market_of(vec![u.clone()]);
        m.underlyings[0].mood.multipliers = Multipliers {
            scan,
            scan_following,
            cost,
            cost_following,
        };
        let a = assessed(&m, &p);
        [a.im, a.bid_im, a.mm].map(coins)
    };
    for (excesses, expected) in [
        ([0; 4], [470.0, 470.0, 370.0]),
        // m = 1.5, m' = 1.125
        ([PART / 2, PART / 8, 0, 0], [695.0, 526.25, 415.0]),
        // at the wall and one 4096th beyond it
        ([PART / 2, PART / 4, 0, 0], [695.0, 582.5, 460.0]),
        ([PART / 2, PART / 4 + 1, 0, 0], [695.0, 582.5, 460.0]),
        // c = 3, c' = 2: closing costs 60, 40 and 20; then c' = 2.5, and 20 is the most
        ([0, 0, 2 * PART, PART], [510.0, 490.0, 380.0]),
        ([0, 0, 2 * PART, PART / 2 * 3], [510.0, 500.0, 380.0]),
        // all at their most
        ([u16::MAX; 4], [1_245.0, 682.5, 470.0]),
    ] {
        for (got, expected) in at(excesses).into_iter().zip(expected) {
            assert!(
                (got - expected).abs() < 1e-6,
                "{excesses:?}: {got} is not {expected}"
            );
        }
    }
}
