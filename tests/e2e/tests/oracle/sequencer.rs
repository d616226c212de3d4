//! The chain's sequencer, watched through an uptime feed.

use super::*;
use plimsoll_kernel::portfolio::snapshot::{self as keys, Quote, Sequencer};

const GRACE: u32 = 3_600;
const UP: I256 = I256::ZERO;
const DOWN: I256 = I256::ONE;

/// An oracle with feed 1, and an uptime feed that is not named yet; it says up since long ago.
struct Watched {
    hub: Hub,
    /// Feed 1's.
    price: Address,
    uptime: Address,
}

impl Watched {
    fn new() -> Self {
        let (mut hub, price) = listed();
        let uptime = round_feed(&mut hub, 0);
        let mut watched = Self { hub, price, uptime };
        let long_ago = watched.hub.now() - 1_000_000;
        watched.says(UP, U256::from(long_ago));
        watched
    }

    fn named() -> Self {
        let mut watched = Self::new();
        let (owner, oracle, feed) = (watched.hub.owner, watched.hub.oracle, watched.uptime);
        watched.hub.must(owner, oracle, &name(feed, GRACE));
        watched
    }

    /// The uptime feed says this from the next block on.
    fn says(&mut self, answer: I256, started: U256) {
        let call = RoundFeed::pushCall {
            roundId: U256::from(1_u128 << 64 | 1).to::<plimsoll_e2e::aliases::U80>(),
            answer,
            startedAt: started,
            updatedAt: started,
        };
        let (owner, uptime) = (self.hub.owner, self.uptime);
        self.hub.must(owner, uptime, &call);
    }

    fn state(&self) -> (bool, u64) {
        let state = self.hub.get(self.hub.oracle, &IOracle::sequencerCall {});
        let words = self.hub.get(
            self.hub.oracle,
            &IOracle::snapshotCall {
                keys: vec![U256::from(keys::SEQUENCER), U256::from(keys::FEED | 1)],
            },
        );
        let told = Sequencer::decode(words[0]);
        assert_eq!(
            (told.works, told.resumed_at),
            (state.works, state.resumedAt)
        );
        let quote = Quote::decode(words[1]);
        let price = one(&self.hub);
        assert_eq!(quote.fresh, price.fresh);
        assert_eq!(strict(&self.hub).is_ok(), price.fresh);
        (state.works, state.resumedAt)
    }
}

fn round_feed(hub: &mut Hub, decimals: u8) -> Address {
    use alloy::sol_types::SolConstructor;
    let mut code = RoundFeed::BYTECODE.to_vec();
    code.extend(
        RoundFeed::constructorCall {
            decimals_: decimals,
        }
        .abi_encode(),
    );
    let owner = hub.owner;
    hub.chain.deploy(owner, code).expect("the feed deploys")
}

fn name(feed: Address, grace: u32) -> IOracle::setSequencerCall {
    IOracle::setSequencerCall { feed, grace }
}

/// A-10, I-ORA-2: what nobody watches works.
#[test]
fn i_ora_2_nothing_is_watched_at_first() {
    let watched = Watched::new();
    assert_eq!(watched.state(), (true, 0));
    let state = watched
        .hub
        .get(watched.hub.oracle, &IOracle::sequencerCall {});
    assert_eq!((state.feed, state.grace), (Address::ZERO, 0));
}

/// A-10, I-ORA-2: works iff up and longer than the grace; equality is still in it.
#[test]
fn i_ora_2_works_when_up_for_longer_than_the_grace() {
    let mut watched = Watched::named();
    for (answer, age, works, resumes) in [
        (UP, 0, false, true),
        (UP, 3_599, false, true),
        (UP, 3_600, false, true),
        (UP, 3_601, true, true),
        (UP, 900_000, true, true),
        (UP, -1, false, false),
        (DOWN, 0, false, false),
        (DOWN, 3_601, false, false),
        (DOWN, 900_000, false, false),
        (int(2), 900_000, false, false),
        (I256::MINUS_ONE, 900_000, false, false),
    ] {
        let next = i128::from(watched.hub.chain.next_block_timestamp());
        let started = u64::try_from(next - age).unwrap();
        watched.says(answer, U256::from(started));
        assert_eq!(i128::from(watched.hub.now()), next);
        let resumed = if resumes { started + 3_600 } else { 0 };
        assert_eq!(watched.state(), (works, resumed), "{answer} {age}");
    }
    for started in [U256::ZERO, U256::MAX, U256::from(1) << 64] {
        for answer in [UP, DOWN] {
            watched.says(answer, started);
            assert_eq!(watched.state(), (false, 0), "{started}");
        }
    }
}

/// A-10, I-ORA-2: a feed that fails in any way is a sequencer that is down; prices are then judged by their age alone, and
/// margin is still answered.
#[test]
fn i_ora_2_a_dead_uptime_feed_is_a_sequencer_that_is_down() {
    let (mut hub, price) = listed();
    let long_ago = U256::from(hub.now() - 1_000_000);
    let uptime = hub.feed(0, UP);
    let (owner, oracle) = (hub.owner, hub.oracle);
    hub.answer(uptime, UP, long_ago);
    hub.must(owner, oracle, &name(uptime, GRACE));
    let mut watched = Watched { hub, price, uptime };
    assert_eq!(
        watched.state(),
        (true, u64::try_from(long_ago).unwrap() + 3_600)
    );
    let words = |n: usize| Bytes::from(vec![0; 32 * n]);
    let broken = |data| HostileFeed::setRoundCall { data };
    for data in [words(4), words(6), words(0), vec![0xff; 160].into()] {
        watched.hub.must(owner, uptime, &broken(data));
        assert_eq!(watched.state(), (false, 0));
        assert!(one(&watched.hub).fresh);
    }
    watched.hub.answer(uptime, UP, long_ago);
    assert!(watched.state().0);
    let reverts = HostileFeed::setRevertsCall { reverts_: true };
    watched.hub.must(owner, uptime, &reverts);
    assert_eq!(watched.state(), (false, 0));
    let reverts = HostileFeed::setRevertsCall { reverts_: false };
    watched.hub.must(owner, uptime, &reverts);
    let bomb = HostileFeed::setBombCall {
        mode_: 1,
        size_: U256::from(1 << 20),
    };
    watched.hub.must(owner, uptime, &bomb);
    assert_eq!(watched.state(), (false, 0));
    // With too little gas nobody knows: that is no answer.
    let call = IOracle::pricesCall { feeds: vec![1] };
    let bomb = HostileFeed::setBombCall {
        mode_: 3,
        size_: U256::ZERO,
    };
    watched.hub.must(owner, uptime, &bomb);
    let starved = (10..30_u64).filter(|n| {
        let asked = watched.hub.ask_with_gas(oracle, &call, Some(n * 10_000));
        asked.is_err_and(|data| IOracle::InsufficientGas::abi_decode_validate(&data).is_ok())
    });
    assert!(starved.count() > 0);
}

/// A-10, I-ORA-2: in the grace a price is fresh if it was observed at the restart or later; so is a pushed expiry.
#[test]
fn i_ora_2_prices_from_before_a_restart_are_not_fresh() {
    const GRACE: u32 = 600;
    let mut watched = Watched::new();
    let (owner, oracle, feed) = (watched.hub.owner, watched.hub.oracle, watched.uptime);
    watched.hub.must(owner, oracle, &name(feed, GRACE));
    let good = int(2_000_0000_0000);
    let before = watched.hub.now();
    watched.hub.answer(watched.price, good, U256::from(before));
    assert!(one(&watched.hub).fresh);
    let restart = watched.hub.chain.next_block_timestamp() + 60;
    watched.hub.chain.set_next_block_timestamp(restart).unwrap();
    watched.says(UP, U256::from(restart));
    assert_eq!(watched.state(), (false, restart + 600));
    let price = one(&watched.hub);
    assert_eq!(
        (price.value, price.updatedAt, price.fresh),
        (U256::from(2_000 * ONE), before, false)
    );
    let e: IOracle::ObservedBeforeRestart = fault(&watched.hub, 2_000 * ONE);
    assert_eq!(
        (e.feed, e.updatedAt, e.restartedAt),
        (1, U256::from(before), restart)
    );
    for (observed, fresh) in [(restart - 1, false), (restart, true)] {
        watched
            .hub
            .answer(watched.price, good, U256::from(observed));
        watched.state();
        assert_eq!(one(&watched.hub).fresh, fresh);
    }
    // The grace is over: a price's age alone counts again.
    let end = restart + 600;
    for (time, fresh) in [(end, false), (end + 1, true)] {
        watched.hub.chain.set_next_block_timestamp(time).unwrap();
        let old = U256::from(restart - 1);
        watched.hub.answer(watched.price, good, old);
        assert_eq!(watched.hub.now(), time);
        assert_eq!((watched.state().0, one(&watched.hub).fresh), (fresh, fresh));
    }
}

/// in the first block after an outage the uptime feed may still say what it said before. A transaction that runs
/// before the feed's own finds a sequencer that works; what it can use is a price no older than the feed's age, nothing older.
#[test]
fn a_10_before_the_uptime_feed_tells_only_age_bounds_prices() {
    let mut watched = Watched::named();
    let good = int(2_000_0000_0000);
    let observed = watched.hub.chain.next_block_timestamp();
    watched
        .hub
        .chain
        .set_next_block_timestamp(observed)
        .unwrap();
    watched
        .hub
        .answer(watched.price, good, U256::from(observed));
    for (outage, fresh) in [(3_600, true), (3_601, false)] {
        let first = observed + outage;
        watched.hub.chain.set_next_block_timestamp(first).unwrap();
        watched.hub.chain.mine(1, None).unwrap();
        assert_eq!(watched.hub.now(), first);
        assert!(watched.state().0);
        assert_eq!(one(&watched.hub).fresh, fresh, "{outage}");
    }
    // The feed's own transaction: when the outage began, then when it ended.
    watched.says(DOWN, U256::from(observed + 10));
    assert_eq!(watched.state(), (false, 0));
    let now = watched.hub.now();
    watched.says(UP, U256::from(now));
    assert_eq!(watched.state(), (false, now + 3_600));
}

/// Only the owner names a feed, and only one that answers like an uptime feed.
#[test]
fn i_ora_2_what_is_no_uptime_feed_is_refused() {
    let mut watched = Watched::new();
    let (oracle, owner, stranger) = (watched.hub.oracle, watched.hub.owner, watched.hub.stranger);
    let (uptime, price) = (watched.uptime, watched.price);
    let e: IOracle::NotOwner = decode_error(
        &watched
            .hub
            .send(stranger, oracle, &name(uptime, GRACE))
            .unwrap_err(),
    );
    assert_eq!(e.caller, stranger);
    for grace in [0, 86_401, u32::MAX] {
        let e: IOracle::GraceOutOfRange = watched.hub.must_not(oracle, &name(uptime, grace));
        assert_eq!((e.grace, e.limit), (grace, 86_400));
    }
    for feed in [price, stranger, oracle] {
        let e: IOracle::UptimeFeedFailed = watched.hub.must_not(oracle, &name(feed, GRACE));
        assert_eq!(e.feed, feed);
    }
    watched.says(int(2), U256::from(1));
    let e: IOracle::UptimeFeedFailed = watched.hub.must_not(oracle, &name(uptime, GRACE));
    assert_eq!((e.feed, e.reason.len()), (uptime, 32));
    assert_eq!(watched.state(), (true, 0));
    // At the thresholds, also of a sequencer that is down now; and none again.
    watched.says(DOWN, U256::from(1));
    for grace in [1, 86_400] {
        let done = watched.hub.must(owner, oracle, &name(uptime, grace));
        let set = &events::<IOracle::SequencerSet>(&done)[0];
        assert_eq!((set.feed, set.grace), (uptime, grace));
        assert_eq!(watched.state(), (false, 0));
    }
    let done = watched
        .hub
        .must(owner, oracle, &name(Address::ZERO, u32::MAX));
    let set = &events::<IOracle::SequencerSet>(&done)[0];
    assert_eq!((set.feed, set.grace), (Address::ZERO, 0));
    assert_eq!(watched.state(), (true, 0));
}
