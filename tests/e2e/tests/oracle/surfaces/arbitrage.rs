//! Surfaces with arbitrage.

use super::*;

/// I-PRC-4: no slice with arbitrage is stored; the refusal is the kernel's, with its numbers.
#[test]
fn i_prc_4_a_slice_with_arbitrage_is_refused() {
    let mut desk = Desk::new();
    let day = desk.day;
    let with = |edit: &dyn Fn(&mut ExpiryUpdate)| {
        let mut update = desk.update(day);
        edit(&mut update);
        update
    };
    let cases = [
        with(&|u| u.a = 128 * UNIT),
        with(&|u| u.a = i128::MIN),
        with(&|u| u.m = -17 * UNIT),
        with(&|u| u.b = -1_000),
        with(&|u| u.b = i128::MIN),
        with(&|u| u.rho = UNIT),
        with(&|u| u.rho = -UNIT),
        with(&|u| u.rho = i128::MAX),
        with(&|u| u.sigma = 0),
        with(&|u| u.sigma = 17 * UNIT),
        with(&|u| u.sigma = -UNIT),
        with(&|u| u.a = -UNIT / 10),
        with(&|u| u.b = 2 * UNIT),
        with(&|u| u.b = i128::MAX),
        with(&|u| (u.a, u.sigma) = (0, UNIT / 1_000)),
    ];
    let mut kinds = std::collections::BTreeSet::new();
    for update in cases {
        let error = svi(&update).check().unwrap_err();
        kinds.insert(format!("{error:?}").split(' ').next().unwrap().to_owned());
        let updates = std::slice::from_ref(&update);
        match error {
            SviError::OutOfRange => {
                let e: IOracle::SurfaceOutOfRange = desk.push_refused(updates);
                assert_eq!((e.underlying, e.expiryDay), (ETH, day));
            }
            SviError::NegativeSlope { b } => {
                let e: IOracle::NegativeSlope = desk.push_refused(updates);
                assert_eq!((e.underlying, e.expiryDay, e.b), (ETH, day, wad(b)));
            }
            SviError::Correlation { rho } => {
                let e: IOracle::Correlation = desk.push_refused(updates);
                assert_eq!((e.underlying, e.expiryDay, e.rho), (ETH, day, wad(rho)));
            }
            SviError::Width { sigma } => {
                let e: IOracle::Width = desk.push_refused(updates);
                assert_eq!((e.underlying, e.expiryDay, e.sigma), (ETH, day, wad(sigma)));
            }
            SviError::NegativeVariance { least } => {
                let e: IOracle::NegativeVariance = desk.push_refused(updates);
                assert_eq!((e.underlying, e.expiryDay, e.least), (ETH, day, wad(least)));
            }
            SviError::WingSlope { slope } => {
                let e: IOracle::WingSlope = desk.push_refused(updates);
                assert_eq!((e.underlying, e.expiryDay, e.slope), (ETH, day, wad(slope)));
            }
            SviError::Butterfly { k, g } => {
                let e: IOracle::Butterfly = desk.push_refused(updates);
                assert_eq!(
                    (e.underlying, e.expiryDay, e.k, e.g),
                    (ETH, day, wad(k), wad(g))
                );
            }
            SviError::Calendar { .. } => unreachable!(),
        }
    }
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    assert!(desk.days().is_empty());
}

/// I-PRC-4: total variance does not fall from one live and fresh expiry to the next.
#[test]
fn i_prc_4_a_calendar_with_arbitrage_is_refused() {
    let mut desk = Desk::new();
    let (first, day) = (desk.day, desk.day);
    let level = |day, a: i128| ExpiryUpdate {
        a,
        ..update(first, day)
    };
    let [low, middle, high] = [UNIT / 50, UNIT / 20, UNIT / 10];
    let (near, far) = (level(day, middle), level(day + 2, middle + 1_000));
    let steep = ExpiryUpdate {
        b: UNIT / 5,
        ..level(day + 1, middle)
    };
    let (lower, higher) = (level(day + 1, low), level(day + 1, high));
    let falls =
        |near: &ExpiryUpdate, far: &ExpiryUpdate| svi(near).check_calendar(&svi(far)).unwrap_err();
    let start = desk.next();
    desk.pushed(&[near.clone(), far.clone()]);
    for (update, near, far) in [(&lower, &near, &lower), (&higher, &higher, &far)] {
        let SviError::Calendar { k, near: w, far: x } = falls(near, far) else {
            panic!()
        };
        let e: IOracle::Calendar = desk.push_refused(std::slice::from_ref(update));
        assert_eq!(
            (e.underlying, e.nearDay, e.farDay),
            (ETH, near.expiryDay, far.expiryDay)
        );
        assert_eq!((e.k, e.near, e.far), (wad(k), wad(w), wad(x)));
    }
    // A wing that falls away from the near expiry's counts as far as that one is worth something.
    let flat = ExpiryUpdate {
        a: UNIT,
        b: UNIT / 100,
        ..far.clone()
    };
    let SviError::Calendar { k, near: w, far: x } = falls(&steep, &flat) else {
        panic!()
    };
    // A whole curve at once is compared with itself, not with what it replaces.
    desk.pushed(&[level(day, high), level(day + 2, high + 1_000)]);
    desk.pushed(&[level(day, low), level(day + 2, low + 1_000)]);
    let _: IOracle::Calendar = desk.push_refused(&[level(day, high), level(day + 2, middle)]);
    let _: IOracle::Calendar = desk.push_refused(std::slice::from_ref(&level(day, high)));
    desk.pushed(&[level(day, low), flat]);
    let e: IOracle::Calendar = desk.push_refused(std::slice::from_ref(&steep));
    assert_eq!((e.underlying, e.nearDay, e.farDay), (ETH, day + 1, day + 2));
    assert_eq!((e.k, e.near, e.far), (wad(k), wad(w), wad(x)));
    // One in between that stays is compared with on both sides.
    desk.pushed(&[level(day + 1, middle)]);
    let e: IOracle::Calendar = desk.push_refused(&[level(day, high), level(day + 2, 41 * UNIT)]);
    assert_eq!((e.nearDay, e.farDay), (day, day + 1));
    // What is stale compares with nothing.
    assert!(desk.next() < start + 300);
    desk.at(start + 600 + u64::from(MAX_AGE));
    desk.pushed(&[level(day + 1, UNIT * 50)]);
    // Nor does what has expired.
    desk.at(expiry_seconds(day + 1) - 10);
    let last = ExpiryUpdate {
        ratio: RATIO / 200,
        fixedPart: 2_000 * ONE,
        ..level(day + 1, high)
    };
    desk.pushed(&[last]);
    desk.at(expiry_seconds(day + 1));
    desk.pushed(&[level(day + 2, middle)]);
}

/// M-5: two slices whose density is negative close to a narrow vertex are refused; three real ones that cross where the
/// nearer is worth nothing, 45 deviations out, are accepted.
#[test]
fn m_5_a_narrow_vertex_is_searched_and_a_calendar_ends_with_its_deviations() {
    let mut desk = Desk::new();
    let day = desk.day;
    let slice = |day, [a, b, rho, m, sigma]: [f64; 5]| {
        let [a, b, rho, m, sigma] = [a, b, rho, m, sigma].map(|v| (v * 1e18) as i128);
        ExpiryUpdate {
            a,
            b,
            rho,
            m,
            sigma,
            ..update(day, day)
        }
    };
    for parameters in [
        [
            -3.6628776311041147e-6,
            0.053944844154175976,
            -0.2786594553826022,
            -0.01934561529307854,
            1.089e-4,
        ],
        [0.0, 0.025089, -0.91856, -0.009975, 2.7e-5],
    ] {
        let e: IOracle::Butterfly = desk.push_refused(&[slice(day, parameters)]);
        assert!(
            (e.underlying, e.expiryDay) == (ETH, day) && e.g < 0,
            "{e:?}"
        );
    }
    // Three hours, 1.1 and 7 days, at 60 % in the middle.
    desk.at(expiry_seconds(day) - 3 * 3_600);
    let smile = |day, hours: f64, b, sigma| {
        let level = 0.36 * hours / 8_760.0 - b * sigma;
        slice(day, [level, b, 0.0, 0.0, sigma])
    };
    let curve = [
        smile(day, 3.0, 0.005_8, 0.01),
        smile(day + 1, 26.4, 0.003_85, 0.03),
        smile(day + 7, 168.0, 0.03, 0.1),
    ];
    desk.pushed(&curve);
    assert_eq!(desk.days(), [day, day + 1, day + 7]);
}
