//! Bounds of the parameters.

use super::*;

/// I-PAR-1: bounds of every parameter, both ends.
#[tokio::test(flavor = "multi_thread")]
async fn i_par_1_parameters_have_bounds() {
    let house = House::start().await;
    let p = &house.people;
    let at = house.at.auction;
    let w = WAD as u64;
    let good: [u64; 6] = [350_000_000_000_000_000, 900, w / 2, 3_600, BUFFER, w / 100];
    let bounds: [(u64, u64); 6] = [
        (w / 1_000, w / 10 * 9),
        (60, 86_400),
        (w / 1_000, w / 10 * 9),
        (60, 604_800),
        (w / 100, w),
        // Half the buffer; a fifth at most.
        (w / 10_000, BUFFER / 2),
    ];
    let call = |v: [u64; 6]| IAuction::setParametersCall {
        lambdaMax: v[0],
        duration: v[1] as u32,
        fundLambdaMax: v[2],
        fundDuration: v[3] as u32,
        buffer: v[4],
        minFraction: v[5],
    };
    let e: IAuction::NotOwner = house.expect_revert(&p.alice, at, &call(good)).await;
    assert_eq!((e.caller, e.owner), (p.alice.address, p.deployer.address));
    let now = ok(house.ask(at, &IAuction::parametersCall {}).await);
    assert_eq!(
        (now.lambdaMax, now.duration, now.fundLambdaMax),
        (good[0], 900, good[2])
    );
    assert_eq!(
        (now.fundDuration, now.buffer, now.minFraction),
        (3_600, good[4], good[5])
    );
    for (index, (low, high)) in bounds.into_iter().enumerate() {
        for bad in [low - 1, high + 1] {
            let mut v = good;
            v[index] = bad;
            let e: IAuction::ParameterOutOfRange =
                house.expect_revert(&p.deployer, at, &call(v)).await;
            assert_eq!(
                (e.parameter, e.given, e.minimum, e.maximum),
                (index as u8, bad, low, high)
            );
        }
        for edge in [low, high] {
            let mut v = good;
            v[5] = w / 10_000;
            v[index] = edge;
            ok(house.send(&p.deployer, at, &call(v)).await);
        }
    }
    // A smallest bid above half the buffer would end auctions at MM.
    for (buffer, most) in [(w / 100, w / 200), (w / 5, w / 10), (w, w / 5)] {
        let of = |fraction| call([good[0], good[1], good[2], good[3], buffer, fraction]);
        ok(house.send(&p.deployer, at, &of(most)).await);
        let e: IAuction::ParameterOutOfRange =
            house.expect_revert(&p.deployer, at, &of(most + 1)).await;
        assert_eq!((e.parameter, e.given, e.maximum), (5, most + 1, most));
    }
    ok(house.send(&p.deployer, at, &call(good)).await);
}
