//! Settlement by the rounds of a feed, by anyone; and by signers, where nobody did.

use super::*;
use alloy::{primitives::aliases::U80, sol_types::SolConstructor};
use plimsoll_e2e::hostile::RoundFeed;

/// Phase 3.
const PHASE: u128 = 3 << 64;
const FEED: u16 = 8;

/// A desk whose ether has a feed with rounds of phase 3, ten seconds before every five minutes: of these 3 to 9 are in force at the
/// seven points, at 2,003 to 2,009, and the ninth is the latest.
struct Rounds {
    desk: Desk,
    feed: Address,
    expiry: u64,
}

impl Rounds {
    fn new() -> Self {
        let mut desk = Desk::new();
        let mut code = RoundFeed::BYTECODE.to_vec();
        code.extend(RoundFeed::constructorCall { decimals_: 8 }.abi_encode());
        let owner = desk.hub.owner;
        let feed = desk.hub.chain.deploy(owner, code).unwrap();
        desk.hub.list(FEED, feed, 900, (100 * ONE, 10_000 * ONE));
        desk.must(&terms(ETH, FEED, MAX_AGE, ONE as u64 / 4));
        let expiry = expiry_seconds(desk.day);
        let mut rounds = Self { desk, feed, expiry };
        for number in 1..=9 {
            let time = expiry - SETTLEMENT_WINDOW - 610 + 300 * (number - 1);
            rounds.set(PHASE | u128::from(number), 2_000 + number as i128, time);
        }
        rounds.latest(PHASE | 9);
        rounds
    }

    fn set(&mut self, id: u128, answer: i128, time: u64) {
        let call = RoundFeed::setRoundCall {
            roundId: U80::from(id),
            answer: int(answer * 1_0000_0000),
            startedAt: U256::from(time),
            updatedAt: U256::from(time),
        };
        let (owner, feed) = (self.desk.hub.owner, self.feed);
        self.desk.hub.must(owner, feed, &call);
    }

    fn latest(&mut self, id: u128) {
        let call = RoundFeed::setLatestCall {
            roundId: U80::from(id),
        };
        let (owner, feed) = (self.desk.hub.owner, self.feed);
        self.desk.hub.must(owner, feed, &call);
    }

    fn at(&mut self, time: u64) {
        self.desk.hub.chain.set_next_block_timestamp(time).unwrap();
    }

    fn call(&self, rounds: &[u128]) -> IOracle::settleCall {
        IOracle::settleCall {
            underlying: ETH,
            expiryDay: self.desk.day,
            rounds: rounds.iter().map(|id| U80::from(*id)).collect(),
        }
    }

    fn refused<E: SolError + Debug>(&mut self, rounds: &[u128]) -> E {
        let call = self.call(rounds);
        let e = self.desk.refused(&call);
        assert_eq!(self.desk.expiry(self.desk.day), ExpiryData::default());
        e
    }

    /// Numbers of phase 3.
    fn of(numbers: [u128; 7]) -> [u128; 7] {
        numbers.map(|number| PHASE | number)
    }
}

const GOOD: [u128; 7] = [3, 4, 5, 6, 7, 8, 9];

/// H-5: from the second after expiry on anyone settles, at the mean of the seven rounds, and nothing replaces it.
#[test]
fn h_5_anyone_settles_by_the_rounds_of_the_feed() {
    let mut rounds = Rounds::new();
    let (day, expiry) = (rounds.desk.day, rounds.expiry);
    let good = Rounds::of(GOOD);
    rounds.at(expiry);
    let e: IOracle::SettlementTooEarly = rounds.refused(&good);
    assert_eq!(
        (e.underlying, e.expiryDay, e.nowSeconds, e.earliest),
        (ETH, day, expiry, expiry + 1)
    );
    rounds.at(expiry + 1);
    let call = rounds.call(&good);
    let (stranger, oracle) = (rounds.desk.hub.stranger, rounds.desk.hub.oracle);
    let done = rounds.desk.hub.must(stranger, oracle, &call);
    println!("settled by seven rounds: {} gas", done.receipt.gas_used);
    let [settled] = &events::<IOracle::Settled>(&done)[..] else {
        panic!()
    };
    assert_eq!(
        (
            settled.underlying,
            settled.expiryDay,
            settled.price,
            settled.observedAt
        ),
        (ETH, day, 2_006 * ONE, expiry)
    );
    let shown = rounds.desk.expiry(day);
    assert_eq!(
        (shown.ratio, shown.forward, shown.fixedPart),
        (0, 0, 2_006 * ONE)
    );
    assert!(shown.settled && shown.fresh);
    let e: IOracle::SettlementFinal = rounds.desk.refused(&call);
    assert_eq!(e.price, 2_006 * ONE);
    rounds.at(expiry + 90_000);
    let push = rounds.desk.settlement(2_000 * ONE);
    let e: IOracle::SettlementFinal = rounds.desk.push_refused(&[push]);
    assert_eq!(e.price, 2_006 * ONE);
}

/// H-5: rounds that are not those in force are refused, and nothing is stored.
#[test]
fn h_5_only_the_rounds_in_force_settle() {
    let mut rounds = Rounds::new();
    let (day, expiry) = (rounds.desk.day, rounds.expiry);
    let start = expiry - SETTLEMENT_WINDOW;
    rounds.at(expiry + 1);
    rounds.desk.hub.chain.mine(1, None).unwrap();
    let good = Rounds::of(GOOD);
    let mut none = rounds.call(&good);
    none.underlying = 5;
    let e: IOracle::UnknownUnderlying = rounds.desk.refused(&none);
    assert_eq!(e.underlying, 5);
    for count in [0, 6, 8] {
        let e: IOracle::WrongRoundCount = rounds.refused(&vec![PHASE | 9; count]);
        assert_eq!((e.given, e.wanted), (U256::from(count), U256::from(7)));
    }
    // One before, one after, out of order: where each stands.
    for (numbers, round, point, other) in [
        ([2, 4, 5, 6, 7, 8, 9], 2, 0, 3),
        ([3, 4, 5, 6, 7, 8, 8], 8, 6, 9),
        ([4, 4, 5, 6, 7, 8, 9], 4, 0, 4),
        ([3, 4, 6, 5, 7, 8, 9], 5, 3, 6),
        ([9, 8, 7, 6, 5, 4, 3], 3, 6, 4),
    ] {
        let e: IOracle::RoundNotInForce = rounds.refused(&Rounds::of(numbers));
        assert_eq!(
            (e.feed, e.roundId, e.pointInTime, e.otherId),
            (
                FEED,
                U80::from(PHASE | round),
                start + 300 * point,
                U80::from(PHASE | other)
            ),
            "{numbers:?}"
        );
    }
    // No such round, in this phase and another.
    for id in [PHASE | 10, PHASE, 2 << 64 | 9, 9] {
        let mut given = good;
        given[6] = id;
        let e: IOracle::RoundNotFound = rounds.refused(&given);
        assert_eq!((e.feed, e.roundId), (FEED, U80::from(id)));
    }
    // Too old at its point, and outside the bounds of the feed.
    let snapshot = rounds.desk.hub.chain.snapshot();
    rounds
        .desk
        .hub
        .list(FEED, rounds.feed, 9, (100 * ONE, 10_000 * ONE));
    let e: IOracle::RoundTooOld = rounds.refused(&good);
    assert_eq!(
        (e.feed, e.roundId, e.pointInTime, e.observedAt, e.maxAge),
        (
            FEED,
            U80::from(PHASE | 9),
            expiry,
            U256::from(expiry - 10),
            9
        )
    );
    assert!(rounds.desk.hub.chain.revert(snapshot));
    rounds.set(PHASE | 5, 99, start + 590);
    let e: IOracle::PriceOutOfBounds = rounds.refused(&good);
    assert_eq!((e.feed, e.price), (FEED, U256::from(99 * ONE)));
    rounds.set(PHASE | 5, -1, start + 590);
    let e: IOracle::InvalidPrice = rounds.refused(&good);
    assert_eq!(e.answer, int(-1_0000_0000));
    rounds.set(PHASE | 5, 2_005, start + 590);
    let call = rounds.call(&good);
    rounds.desk.must(&call);
    assert_eq!(rounds.desk.expiry(day).fixedPart, 2_006 * ONE);
}

/// H-5: a newer phase takes over from its first round on; rounds of the old one that come later do not count.
#[test]
fn h_5_a_new_phase_is_in_force_from_its_first_round_on() {
    const NEXT: u128 = 4 << 64;
    let mut rounds = Rounds::new();
    let (day, expiry) = (rounds.desk.day, rounds.expiry);
    let start = expiry - SETTLEMENT_WINDOW;
    // Between the third and the fourth point; one round for the rest of the window.
    rounds.set(NEXT | 1, 2_100, start + 700);
    rounds.latest(NEXT | 1);
    rounds.at(expiry + 1);
    rounds.desk.hub.chain.mine(1, None).unwrap();
    let e: IOracle::RoundNotInForce = rounds.refused(&Rounds::of(GOOD));
    assert_eq!(
        (e.roundId, e.otherId),
        (U80::from(PHASE | 9), U80::from(NEXT | 1))
    );
    let right = [
        PHASE | 3,
        PHASE | 4,
        PHASE | 5,
        NEXT | 1,
        NEXT | 1,
        NEXT | 1,
        NEXT | 1,
    ];
    let e: IOracle::RoundTooOld = rounds.refused(&right);
    assert_eq!((e.pointInTime, e.maxAge), (expiry, 900));
    rounds.set(NEXT | 2, 2_107, start + 1_500);
    rounds.latest(NEXT | 2);
    let early = [1, 1, 1, 1, 1, 2, 2].map(|number| NEXT | number);
    let e: IOracle::RoundNotInForce = rounds.refused(&early);
    assert_eq!(
        (e.pointInTime, e.otherId),
        (start + 600, U80::from(NEXT | 1))
    );
    let right = [
        PHASE | 3,
        PHASE | 4,
        PHASE | 5,
        NEXT | 1,
        NEXT | 1,
        NEXT | 2,
        NEXT | 2,
    ];
    let call = rounds.call(&right);
    rounds.desk.must(&call);
    // (2,003 + 2,004 + 2,005 + 2 · 2,100 + 2 · 2,107) / 7, rounded down.
    assert_eq!(rounds.desk.expiry(day).fixedPart, 14_426 * ONE / 7);
}

/// H-5: signers wait an hour, without a fresh spot a day, and no price outside the bounds of the feed settles.
#[test]
fn h_5_signers_settle_late_and_within_the_bounds_of_the_feed() {
    let mut rounds = Rounds::new();
    let (day, expiry) = (rounds.desk.day, rounds.expiry);
    let fresh = |rounds: &mut Rounds, time: u64| {
        rounds.set(PHASE | 20, 2_000, time);
        rounds.latest(PHASE | 20);
        rounds.at(time);
    };
    let price = |rounds: &Rounds, coins: u128| [rounds.desk.settlement(coins * ONE)];
    let snapshot = rounds.desk.hub.chain.snapshot();
    rounds.at(expiry + 3_590);
    fresh(&mut rounds, expiry + 3_599);
    let update = price(&rounds, 2_000);
    let e: IOracle::SettlementTooEarly = rounds.desk.push_refused(&update);
    assert_eq!((e.nowSeconds, e.earliest), (expiry + 3_599, expiry + 3_600));
    rounds.at(expiry + 3_600);
    rounds.desk.pushed(&update);
    assert!(rounds.desk.expiry(day).settled);
    assert!(rounds.desk.hub.chain.revert(snapshot));

    // The feed is dead.
    for time in [3_600, 86_399] {
        rounds.at(expiry + time);
        let e: IOracle::SettlementTooEarly = rounds.desk.push_refused(&update);
        assert_eq!((e.nowSeconds, e.earliest), (expiry + time, expiry + 86_400));
    }
    for coins in [1_000_000_000_000, 10_001, 99] {
        rounds.at(expiry + 86_400);
        let update = price(&rounds, coins);
        let e: IOracle::PriceOutOfBounds = rounds.desk.push_refused(&update);
        assert_eq!(
            (e.feed, e.price, e.minPrice, e.maxPrice),
            (
                FEED,
                U256::from(coins * ONE),
                U256::from(100 * ONE),
                U256::from(10_000 * ONE)
            )
        );
    }
    for coins in [10_000, 100] {
        let snapshot = rounds.desk.hub.chain.snapshot();
        rounds.at(expiry + 86_400);
        let update = price(&rounds, coins);
        rounds.desk.pushed(&update);
        assert!(rounds.desk.expiry(day).settled);
        assert!(rounds.desk.hub.chain.revert(snapshot));
    }
}

/// H-5, I-ORA-2: rounds that the sequencer held up settle nothing: it must be up, and have been since the window began.
#[test]
fn h_5_an_interrupted_window_is_the_signers() {
    let mut rounds = Rounds::new();
    let (day, expiry) = (rounds.desk.day, rounds.expiry);
    let start = expiry - SETTLEMENT_WINDOW;
    let (owner, oracle) = (rounds.desk.hub.owner, rounds.desk.hub.oracle);
    let mut code = RoundFeed::BYTECODE.to_vec();
    code.extend(RoundFeed::constructorCall { decimals_: 0 }.abi_encode());
    let uptime = rounds.desk.hub.chain.deploy(owner, code).unwrap();
    let says = |rounds: &mut Rounds, down: bool, since: u64| {
        let call = RoundFeed::pushCall {
            roundId: U80::from(1),
            answer: if down { I256::ONE } else { I256::ZERO },
            startedAt: U256::from(since),
            updatedAt: U256::from(since),
        };
        rounds.desk.hub.must(owner, uptime, &call);
    };
    says(&mut rounds, false, start);
    let call = IOracle::setSequencerCall {
        feed: uptime,
        grace: 3_600,
    };
    rounds.desk.hub.must(owner, oracle, &call);
    rounds.at(expiry + 1);
    let good = Rounds::of(GOOD);
    for (down, since) in [
        (true, expiry),
        (false, start + 1),
        (false, expiry),
        (false, 0),
    ] {
        says(&mut rounds, down, since);
        let e: IOracle::WindowInterrupted = rounds.refused(&good);
        assert_eq!((e.underlying, e.expiryDay), (ETH, day));
    }
    says(&mut rounds, false, start);
    let call = rounds.call(&good);
    let stranger = rounds.desk.hub.stranger;
    rounds.desk.hub.must(stranger, oracle, &call);
    assert!(rounds.desk.expiry(day).settled);
}
