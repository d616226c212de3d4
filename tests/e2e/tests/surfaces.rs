//! The oracle's compiled program: forwards and surfaces, who may push them, what is refused, what margin is given.

#![allow(dead_code, unused_imports)]
#![allow(clippy::inconsistent_digit_grouping)] // prices are grouped at their eight decimals

mod hub;
use alloy::{
    primitives::B256,
    signers::{SignerSync, local::PrivateKeySigner},
};
use hub::*;
use plimsoll::{
    bindings::{ExpiryData, ExpiryUpdate},
    push,
};
use plimsoll_kernel::{
    fixed::ONE_Q62,
    surface::{NEAR, Record, SETTLEMENT_WINDOW, expiry_seconds},
    svi::Svi,
};

const ETH: u16 = 1;
const MAX_AGE: u32 = 600;
const SPOT: u128 = 2_000 * ONE;

/// An oracle with spot at 2,000, three signers of whom two must sign, and terms for underlying 1: 600 s, 25 %.
struct Desk {
    hub: Hub,
    keys: Vec<PrivateKeySigner>,
    feed: Address,
    /// The first day whose expiry is ten days away or more.
    day: u16,
}

impl Desk {
    fn new() -> Self {
        let mut hub = Hub::new();
        let mut keys: Vec<_> = (1..=3_u8)
            .map(|n| PrivateKeySigner::from_bytes(&B256::repeat_byte(n)).unwrap())
            .collect();
        keys.sort_by_key(PrivateKeySigner::address);
        let feed = hub.feed(8, int(2_000_0000_0000));
        hub.list(7, feed, 172_800, WIDE);
        let day = u16::try_from(hub.now() / 86_400 + 11).unwrap();
        let mut desk = Self {
            hub,
            keys,
            feed,
            day,
        };
        desk.must(&IOracle::setSignersCall {
            signers: desk.keys.iter().map(PrivateKeySigner::address).collect(),
            threshold: 2,
        });
        desk.must(&terms(ETH, MAX_AGE, ONE as u64 / 4));
        desk
    }

    fn must(&mut self, call: &impl SolCall) {
        let (owner, oracle) = (self.hub.owner, self.hub.oracle);
        self.hub.must(owner, oracle, call);
    }

    fn refused<E: SolError + std::fmt::Debug>(&mut self, call: &impl SolCall) -> E {
        self.hub.must_not(self.hub.oracle, call)
    }

    /// The next block is at this time, and the feed still says 2,000.
    fn at(&mut self, time: u64) {
        self.hub
            .answer(self.feed, int(2_000_0000_0000), U256::from(time - 1));
        self.hub.chain.set_next_block_timestamp(time).unwrap();
    }

    fn next(&self) -> u64 {
        self.hub.chain.next_block_timestamp()
    }

    /// A push the first two signers sign.
    fn push(&self, updates: &[ExpiryUpdate], observed_at: u64) -> IOracle::pushExpiriesCall {
        self.push_by(updates, observed_at, &self.keys[..2])
    }

    fn push_by(
        &self,
        updates: &[ExpiryUpdate],
        observed_at: u64,
        keys: &[PrivateKeySigner],
    ) -> IOracle::pushExpiriesCall {
        let hash = self.hash(updates, observed_at);
        IOracle::pushExpiriesCall {
            updates: updates.to_vec(),
            observedAt: observed_at,
            signatures: push::sign(hash, keys).unwrap(),
        }
    }

    fn hash(&self, updates: &[ExpiryUpdate], observed_at: u64) -> B256 {
        let domain = push::domain(self.hub.chain.config().chain_id, self.hub.oracle);
        push::signing_hash(&domain, updates, observed_at)
    }

    /// Pushed by a stranger, observed in the second of its block.
    fn pushed(&mut self, updates: &[ExpiryUpdate]) {
        let call = self.push(updates, self.next());
        let (stranger, oracle) = (self.hub.stranger, self.hub.oracle);
        self.hub.must(stranger, oracle, &call);
    }

    fn push_refused<E: SolError + std::fmt::Debug>(&mut self, updates: &[ExpiryUpdate]) -> E {
        let call = self.push(updates, self.next());
        self.refused(&call)
    }

    fn expiry(&self, day: u16) -> ExpiryData {
        let call = IOracle::expiryCall {
            underlying: ETH,
            expiryDay: day,
        };
        self.hub.get(self.hub.oracle, &call)
    }

    fn snapshot(&self, days: &[u16]) -> IOracle::snapshotReturn {
        self.hub.get(self.hub.oracle, &snapshot(&[7], days, &[ETH]))
    }
}

fn snapshot(feeds: &[u16], days: &[u16], underlyings: &[u16]) -> IOracle::snapshotCall {
    IOracle::snapshotCall {
        feeds: feeds.to_vec(),
        expiries: days.iter().map(|day| key(ETH, *day)).collect(),
        underlyings: underlyings.to_vec(),
    }
}

fn key(underlying: u16, day: u16) -> u32 {
    u32::from(underlying) << 16 | u32::from(day)
}

fn terms(underlying: u16, max_age: u32, max_basis: u64) -> IOracle::setSurfaceTermsCall {
    IOracle::setSurfaceTermsCall {
        underlying,
        feed: 7,
        maxAge: max_age,
        maxBasis: max_basis,
    }
}

/// 60 % volatility or so, a little more total variance each day, forward 2,010.
fn update(day: u16) -> ExpiryUpdate {
    let unit = i128::try_from(ONE).unwrap();
    ExpiryUpdate {
        underlying: ETH,
        expiryDay: day,
        forward: 2_010 * ONE,
        fixedPart: 0,
        discount: 990_000_000_000_000_000,
        a: unit / 1_000 * (i128::from(day) % 1_000),
        b: unit / 10,
        rho: -unit / 3,
        m: unit / 50,
        sigma: unit / 5,
    }
}

fn settlement(day: u16, price: u128) -> ExpiryUpdate {
    ExpiryUpdate {
        forward: 0,
        fixedPart: price,
        ..update(day)
    }
}

fn words(words: &[U256]) -> Record {
    Record::decode(&words.try_into().unwrap())
}

#[test]
fn a_push_is_what_margin_gets() {
    let mut desk = Desk::new();
    let day = desk.day;
    let time = desk.next();
    desk.pushed(&[update(day), update(day + 1)]);
    let answer = desk.snapshot(&[day + 1, day + 2, day]);
    assert_eq!(
        (answer.prices.len(), answer.words.len(), answer.near.len()),
        (1, 9, 3)
    );
    assert_eq!(answer.prices[0].value, U256::from(SPOT));
    for (place, day) in [(0, day + 1), (6, day)] {
        let record = words(&answer.words[place..place + 3]);
        let u = update(day);
        assert_eq!((record.expiry.day, record.updated_at), (day, time));
        assert_eq!(
            (record.expiry.variable, record.expiry.fixed),
            (u.forward, 0)
        );
        assert_eq!(
            record.expiry.surface,
            Svi::from_wad(u.a, u.b, u.rho, u.m, u.sigma)
        );
        assert!(record.expiry.fresh && record.expiry.discount < ONE_Q62);
    }
    assert_eq!(answer.words[3..6], [U256::ZERO; 3]);
    assert_eq!(answer.near, [U256::ZERO; 3]);
}
