//! Sizes of markets, hourly samples by proven rounds, and the multipliers that follow.

use super::*;
use plimsoll::{
    bindings::{MarketData, MarketSize},
    push,
};
use plimsoll_devnode::types::Transaction;
use plimsoll_e2e::aliases::U80;
use plimsoll_kernel::portfolio::snapshot::{self as keys, Quote};
use std::sync::Arc;

const HOUR: u64 = 3_600;
const PHASE: u128 = 3 << 64;

/// An oracle with feed 1, whose rounds are told one by one, terms for underlying 1, and signers. It is half an hour past hour
/// `hour`; round 1 of phase 3 was an hour and a quarter ago.
struct Hours {
    hub: Hub,
    feed: Address,
    hour: u64,
}

fn id(round: u128) -> U80 {
    U256::from(PHASE | round).to()
}

impl Hours {
    fn new() -> Self {
        use alloy::sol_types::SolConstructor;
        let mut hub = Hub::new();
        let mut code = RoundFeed::BYTECODE.to_vec();
        code.extend(RoundFeed::constructorCall { decimals_: 8 }.abi_encode());
        let owner = hub.owner;
        let feed = hub.chain.deploy(owner, code).expect("the feed deploys");
        hub.list(1, feed, 2 * HOUR as u32, BOUNDS);
        let hour = hub.now() / HOUR + 2;
        hub.chain
            .set_next_block_timestamp(hour * HOUR + HOUR / 2)
            .unwrap();
        let mut hours = Self { hub, feed, hour };
        hours.round(id(1), 2_000, hour * HOUR - HOUR - HOUR / 4);
        let oracle = hours.hub.oracle;
        let signers = hours.hub.signers(THRESHOLD);
        hours.hub.must(owner, oracle, &signers);
        let terms = IOracle::setSurfaceTermsCall {
            ratioMove: 0,
            rateMove: 0,
            underlying: 1,
            feed: 1,
            maxAge: 600,
            maxBasis: 1,
        };
        hours.hub.must(owner, oracle, &terms);
        hours
    }

    /// A round, which becomes the latest.
    fn round(&mut self, round: U80, price: i128, time: u64) {
        let call = RoundFeed::pushCall {
            roundId: round,
            answer: int(price * 1_0000_0000),
            startedAt: U256::from(time),
            updatedAt: U256::from(time),
        };
        let (owner, feed) = (self.hub.owner, self.feed);
        self.hub.must(owner, feed, &call);
    }

    /// The next block is so many seconds after the beginning of hour `hour`.
    fn at(&mut self, hour: u64, second: u64) {
        let time = hour * HOUR + second;
        self.hub.chain.set_next_block_timestamp(time).unwrap();
    }

    fn call(&self, rounds: &[U80]) -> IOracle::sampleCall {
        IOracle::sampleCall {
            underlying: 1,
            rounds: rounds.to_vec(),
        }
    }

    fn sampled(&mut self, rounds: &[U80]) -> IOracle::MultipliersSampled {
        let call = self.call(rounds);
        let (stranger, oracle) = (self.hub.stranger, self.hub.oracle);
        let done = self.hub.must(stranger, oracle, &call);
        events::<IOracle::MultipliersSampled>(&done)[0].clone()
    }

    /// Refused with `E`, and nothing stored has changed.
    fn refused<E: SolError + std::fmt::Debug>(&mut self, rounds: &[U80]) -> E {
        let before = self.data();
        let call = self.call(rounds);
        let error = self.hub.must_not(self.hub.oracle, &call);
        assert_eq!(self.data(), before);
        error
    }

    fn data(&self) -> MarketData {
        let call = IOracle::marketSizeCall { underlying: 1 };
        self.hub.get(self.hub.oracle, &call)
    }

    fn sizes(&self, sizes: &[MarketSize]) -> IOracle::pushMarketSizesCall {
        let domain = push::domain(self.hub.chain.config().chain_id, self.hub.oracle);
        let hash = push::sizes_signing_hash(&domain, sizes);
        let signatures = push::sign(hash, &self.hub.keys[..usize::from(THRESHOLD)]);
        IOracle::pushMarketSizesCall {
            sizes: sizes.to_vec(),
            signatures: signatures.expect("keys sign"),
        }
    }

    fn pushed(&mut self, sizes: &[MarketSize]) -> Result<Arc<Transaction>, Bytes> {
        let call = self.sizes(sizes);
        let (stranger, oracle) = (self.hub.stranger, self.hub.oracle);
        self.hub.send(stranger, oracle, &call)
    }

    fn size(&self, underlying: u16, open: u128, volume: u128) -> MarketSize {
        MarketSize {
            underlying,
            openInterest: open,
            volume,
            observedAt: self.hub.chain.next_block_timestamp(),
        }
    }
}

/// I-ORA-2, S-1: nothing is stored at first, and all multipliers are 1.
#[test]
fn r_3_nothing_is_crowded_at_first() {
    let hours = Hours::new();
    let data = hours.data();
    assert_eq!(
        (data.hour, data.price, data.sampledAt, data.openInterest),
        (0, 0, 0, 0)
    );
    let one = ONE as u64;
    assert_eq!(
        [data.scan, data.scanFollowing, data.cost, data.costFollowing],
        [one; 4]
    );
}

/// a sample is proven by its round: refused are rounds that do not exist, of another phase, not in force, too many, none.
#[test]
fn r_3_only_the_round_in_force_is_a_sample() {
    let mut hours = Hours::new();
    let k = hours.hour;
    let (begins, half) = (k * HOUR, k * HOUR + HOUR / 2);
    // Round 2 in the very second of the hour, round 3 after it.
    hours.round(id(2), 2_100, begins);
    hours.round(id(3), 2_200, begins + 1);
    for (round, other, observed) in [(id(1), id(2), begins), (id(3), id(3), begins + 1)] {
        let e: IOracle::RoundNotInForce = hours.refused(&[round]);
        assert_eq!((e.feed, e.roundId, e.pointInTime), (1, round, begins));
        assert_eq!((e.otherId, e.observedAt), (other, U256::from(observed)));
    }
    let foreign = [
        id(0),
        id(4),
        U256::from(2).to(),
        U256::from(2_u128 << 64 | 2).to(),
        U256::from(4_u128 << 64 | 1).to(),
        U80::ZERO,
        U80::MAX,
    ];
    for round in foreign {
        let e: IOracle::RoundNotFound = hours.refused(&[round]);
        assert_eq!(e.roundId, round);
    }
    let e: IOracle::TooManyItems = hours.refused(&vec![id(2); 25]);
    assert_eq!((e.given, e.limit), (U256::from(25), U256::from(24)));
    let e: IOracle::NoHours = hours.refused(&[]);
    assert_eq!(e.underlying, 1);
    let call = IOracle::sampleCall {
        underlying: 2,
        rounds: vec![id(2)],
    };
    let e: IOracle::UnknownUnderlying = hours.hub.must_not(hours.hub.oracle, &call);
    assert_eq!(e.underlying, 2);
    // Out of order: the hour before has the round before.
    let e: IOracle::RoundNotInForce = hours.refused(&[id(2), id(1)]);
    assert_eq!(e.pointInTime, begins - HOUR);
    assert!(hours.hub.now() >= half);
    let done = hours.sampled(&[id(1), id(2)]);
    assert_eq!((done.hour, done.proven), (k, 2));
    let data = hours.data();
    assert_eq!((data.hour, data.priceHour, data.price), (k, k, 2_100 * ONE));
    // Twice, and an hour that has not begun, and one that begins this second.
    let e: IOracle::HourNotOver = hours.refused(&[id(3)]);
    assert_eq!(e.hour, k + 1);
    hours.at(k + 1, 0);
    let e: IOracle::HourNotOver = hours.refused(&[id(3)]);
    assert_eq!(e.hour, k + 1);
    let done = hours.sampled(&[id(3)]);
    assert_eq!((done.hour, done.proven), (k + 1, 1));
}

/// the newest phase counts whose round 1 was observed by then; the rounds of an old phase end with it.
#[test]
fn r_3_a_newer_phase_replaces_an_older_one() {
    let mut hours = Hours::new();
    let begins = hours.hour * HOUR;
    let next = |round: u128| -> U80 { U256::from((PHASE + (1 << 64)) | round).to() };
    hours.round(id(2), 2_100, begins - 20);
    hours.round(next(1), 2_150, begins - 10);
    let e: IOracle::RoundNotInForce = hours.refused(&[id(2)]);
    assert_eq!(
        (e.otherId, e.observedAt),
        (next(1), U256::from(begins - 10))
    );
    // Its round 1 was after the hour: the old phase's last round is in force, as feeds revert or answer zeros.
    hours.round(next(1), 2_150, begins + 10);
    for zeros in [false, true] {
        let call = RoundFeed::setAnswersZerosCall { zeros };
        let (owner, feed) = (hours.hub.owner, hours.feed);
        hours.hub.must(owner, feed, &call);
        hours.hub.get(hours.hub.oracle, &hours.call(&[id(2)]));
    }
    // A hole: a later round exists in the phase, so the successor must be told.
    hours.round(next(4), 2_160, begins + 40);
    hours.round(next(1), 2_150, begins - 10);
    let call = RoundFeed::setLatestCall { roundId: next(4) };
    let (owner, feed) = (hours.hub.owner, hours.feed);
    hours.hub.must(owner, feed, &call);
    let e: IOracle::RoundNotFound = hours.refused(&[next(1)]);
    assert_eq!(e.roundId, next(2));
    // Too many phases later.
    let far: U80 = U256::from((PHASE + (5 << 64)) | 1).to();
    hours.round(far, 2_200, begins + 50);
    let e: IOracle::RoundOfOldPhase = hours.refused(&[id(2)]);
    assert_eq!((e.newest, e.limit), (8, 4));
}

/// an hour is left out only a day after it began; it counts for nothing, like one whose price was stale.
#[test]
fn r_3_a_missing_hour_lowers_nothing() {
    let mut hours = Hours::new();
    let k = hours.hour;
    assert_eq!(hours.sampled(&[id(1)]).proven, 1);
    // Round 1 is an hour and a quarter old at hour k, and stale three hours later.
    hours.at(k + 3, 100);
    let done = hours.sampled(&[id(1); 3]);
    assert_eq!((done.hour, done.proven), (k + 3, 0));
    assert_eq!(hours.data().priceHour, k);
    hours.at(k + 28, HOUR);
    let e: IOracle::RoundNotFound = hours.refused(&[U80::ZERO, U80::ZERO]);
    assert_eq!(e.roundId, U80::ZERO);
    assert_eq!(hours.data().hour, k + 3);
    hours.at(k + 28, HOUR + 10);
    let done = hours.sampled(&[U80::ZERO]);
    assert_eq!((done.hour, done.proven), (k + 4, 0));
}

/// FTT's numbers. m and c at once, m' and c' slowly up and at once down, within 2.5 and 6.
#[test]
fn r_3_multipliers_follow_what_signers_push() {
    let mut hours = Hours::new();
    let k = hours.hour;
    let unit = ONE as u64;
    hours.sampled(&[id(1)]);
    let volume = 610_000 * ONE;
    // 4 times 10 % of four hours: k = 2. One push does not count yet.
    for (at, scan) in [(1, unit), (8, 2 * unit)] {
        hours.at(k + at, 60);
        let size = hours.size(1, 976_000 * ONE, volume);
        hours.pushed(&[size]).unwrap();
        hours.at(k + at, 120);
        let time = (k + at) * HOUR - 60;
        hours.round(id(2 + u128::from(at)), 2_000, time);
        let call = hours.data().hour;
        let count = usize::try_from(k + at - call).unwrap();
        // Stale hours in between count for nothing: leave only the last proven.
        if count > 1 {
            let rounds: Vec<U80> = (1..=count)
                .map(|n| {
                    if n == count {
                        id(2 + u128::from(at))
                    } else {
                        id(3)
                    }
                })
                .collect();
            hours.at(k + at, 180);
            // Rounds 4 to 9 do not exist: round 10 follows round 3 at once.
            for n in 4..10_u128 {
                let call = RoundFeed::setRoundCall {
                    roundId: id(n),
                    answer: int(2_000_0000_0000),
                    startedAt: U256::from(time),
                    updatedAt: U256::from(time),
                };
                let (owner, feed) = (hours.hub.owner, hours.feed);
                hours.hub.must(owner, feed, &call);
            }
            let done = hours.sampled(&rounds);
            assert_eq!((done.scan, done.cost), (scan, scan));
            // Hours before the size was observed were not of that size.
            assert_eq!((done.scanFollowing, done.costFollowing), (unit, unit));
            assert!(done.proven >= 1);
        } else {
            let done = hours.sampled(&[id(2 + u128::from(at))]);
            assert_eq!((done.scan, done.scanFollowing), (scan, unit));
        }
    }
    // The first hour after it raises m' and c' by a 24th of the distance.
    hours.at(k + 9, 60);
    hours.round(id(11), 2_000, (k + 9) * HOUR - 60);
    let done = hours.sampled(&[id(11)]);
    let following = unit + 4_096 / 24 * (unit / 4_096);
    assert_eq!(
        (done.scanFollowing, done.costFollowing),
        (following, following)
    );
    let data = hours.data();
    assert_eq!(
        (data.openInterest, data.previousOpenInterest, data.volume),
        (976_000 * ONE, 976_000 * ONE, volume)
    );
    // The terms word that margin is told carries them, and setting the terms keeps them.
    let before = hours.data();
    let terms = IOracle::setSurfaceTermsCall {
        ratioMove: 0,
        rateMove: 0,
        underlying: 1,
        feed: 1,
        maxAge: 60,
        maxBasis: 2,
    };
    let (owner, oracle) = (hours.hub.owner, hours.hub.oracle);
    hours.hub.must(owner, oracle, &terms);
    assert_eq!(hours.data(), before);
}

/// what is refused of sizes, each with its numbers; one does not stop the others.
#[test]
fn r_3_sizes_are_refused_one_by_one() {
    let mut hours = Hours::new();
    let refused = |hours: &mut Hours, size: MarketSize| {
        let before = hours.data();
        let error = hours.pushed(&[size]).unwrap_err();
        assert_eq!(hours.data(), before);
        error
    };
    let zero = hours.size(1, ONE, 0);
    let e: IOracle::MarketSizeTooFar = decode_error(&refused(&mut hours, zero));
    assert_eq!((e.number, e.value, e.least, e.most), (1, 0, 1, 1 << 106));
    let wide = hours.size(1, (1 << 106) + 1, ONE);
    let e: IOracle::MarketSizeTooFar = decode_error(&refused(&mut hours, wide));
    assert_eq!((e.number, e.least, e.most), (0, 0, 1 << 106));
    let unknown = hours.size(9, ONE, ONE);
    let e: IOracle::UnknownUnderlying = decode_error(&refused(&mut hours, unknown));
    assert_eq!(e.underlying, 9);
    let mut future = hours.size(1, ONE, ONE);
    future.observedAt += 1;
    let e: IOracle::ObservedInFuture = decode_error(&refused(&mut hours, future));
    assert_eq!(e.observedAt, e.nowSeconds + 1);
    let mut late = hours.size(1, ONE, ONE);
    late.observedAt -= 3_601;
    let e: IOracle::ObservedTooLongAgo = decode_error(&refused(&mut hours, late));
    assert_eq!((e.maxAge, e.nowSeconds - e.observedAt), (3_600, 3_601));
    // Unsigned.
    let good = hours.size(1, 1_000 * ONE, 100 * ONE);
    let mut call = hours.sizes(std::slice::from_ref(&good));
    call.signatures.pop();
    let e: IOracle::TooFewSignatures = hours.hub.must_not(hours.hub.oracle, &call);
    assert_eq!((e.given, e.threshold), (U256::from(1), THRESHOLD));
    // With one that is refused.
    let (unknown, good) = (
        hours.size(9, ONE, ONE),
        hours.size(1, 1_000 * ONE, 100 * ONE),
    );
    let done = hours.pushed(&[unknown, good.clone()]).unwrap();
    let events: Vec<IOracle::MarketSizePushed> = events(&done);
    assert_eq!((events.len(), events[0].openInterest), (1, 1_000 * ONE));
    // Again, or a second too early; then a day later more than twice, less than half.
    let pushed_at = hours.data().observedAt;
    assert_eq!(pushed_at, good.observedAt);
    let e: IOracle::MarketSizeTooEarly = decode_error(&refused(&mut hours, good));
    assert_eq!(e.earliest, pushed_at + 21_600);
    let day = pushed_at + 86_400;
    for (open, volume, number) in [
        (2_001, 100, 0),
        (499, 100, 0),
        (1_000, 201, 1),
        (1_000, 49, 1),
    ] {
        hours.hub.chain.set_next_block_timestamp(day).unwrap();
        let size = hours.size(1, open * ONE, volume * ONE);
        let e: IOracle::MarketSizeTooFar = decode_error(&refused(&mut hours, size));
        assert_eq!(e.number, number);
        assert!(e.value < e.least || e.value > e.most);
    }
    let size = hours.size(1, 1_999 * ONE, 51 * ONE);
    hours.pushed(&[size]).unwrap();
    assert_eq!(hours.data().previousOpenInterest, 1_000 * ONE);
}

/// H-4: of a price that nobody knows at most the last sample and half of it is believed, not the feed's bound.
#[test]
fn h_4_an_unknown_price_is_bounded_by_its_last_sample() {
    let mut hours = Hours::new();
    let most = |hours: &Hours| {
        let call = IOracle::snapshotCall {
            keys: vec![U256::from(keys::FEED | 1)],
        };
        Quote::decode(hours.hub.get(hours.hub.oracle, &call)[0])
    };
    let dead = |hours: &mut Hours| {
        let now = hours.hub.now();
        hours.round(id(9), 0, now);
    };
    dead(&mut hours);
    let quote = most(&hours);
    assert_eq!((quote.known, quote.value), (false, BOUNDS.1));
    let call = RoundFeed::setLatestCall { roundId: id(1) };
    let (owner, feed) = (hours.hub.owner, hours.feed);
    hours.hub.must(owner, feed, &call);
    hours.sampled(&[id(1)]);
    dead(&mut hours);
    let quote = most(&hours);
    assert_eq!((quote.known, quote.value), (false, 3_000 * ONE));
}
