//! Forwards and surfaces: who may push them, what is refused, what margin is given.

mod arbitrage;
mod rights;
mod rounds;
mod settlement;
mod told;
mod updates;

use crate::hub::*;
use plimsoll::{bindings::ExpiryData, push};
use plimsoll_devnode::{ChainConfig, types::Outcome};
use plimsoll_kernel::{
    fixed::{ONE_Q62, Round, to_wad},
    portfolio::{
        market::expiry_seconds,
        scan::POCKET_HORIZON,
        snapshot::{self as keys, Quote},
    },
    surface::{Record, SETTLEMENT_WINDOW},
    svi::{Svi, SviError},
};
use std::fmt::Debug;

const ETH: u16 = 1;
const MAX_AGE: u32 = 600;
const SPOT: u128 = 2_000 * ONE;
/// 2,010 over spot.
const RATIO: u64 = 1_005_000_000_000_000_000;
/// 1e18, signed.
const UNIT: i128 = ONE as i128;
/// Order of secp256k1.
const ORDER: U256 = U256::from_limbs([
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
]);

/// An oracle with spot at 2,000, three signers of whom two must sign, and terms for underlying 1: 600 s, 25 %.
struct Desk {
    hub: Hub,
    feed: Address,
    /// A day whose expiry is ten days away.
    day: u16,
}

impl Desk {
    fn new() -> Self {
        let mut hub = Hub::new();
        let feed = hub.feed(8, int(2_000_0000_0000));
        hub.list(7, feed, 172_800, WIDE);
        let day = u16::try_from(hub.now() / 86_400 + 11).unwrap();
        let mut desk = Self { hub, feed, day };
        let signers = desk.signers(THRESHOLD);
        desk.must(&signers);
        desk.must(&terms(ETH, 7, MAX_AGE, ONE as u64 / 4));
        desk
    }

    fn signers(&self, threshold: u8) -> IOracle::setSignersCall {
        self.hub.signers(threshold)
    }

    fn must(&mut self, call: &impl SolCall) {
        let (owner, oracle) = (self.hub.owner, self.hub.oracle);
        self.hub.must(owner, oracle, call);
    }

    fn refused<E: SolError + Debug>(&mut self, call: &impl SolCall) -> E {
        self.hub.must_not(self.hub.oracle, call)
    }

    /// The next block is at this time, and spot is 2,000 in it.
    fn at(&mut self, time: u64) {
        self.at_spot(time, 2_000);
    }

    fn at_spot(&mut self, time: u64, spot: i128) {
        self.hub.chain.set_next_block_timestamp(time).unwrap();
        let answer = int(spot * 1_0000_0000);
        self.hub.answer(self.feed, answer, U256::from(time));
        self.hub.chain.set_next_block_timestamp(time).unwrap();
    }

    fn next(&self) -> u64 {
        self.hub.chain.next_block_timestamp()
    }

    fn hash(&self, updates: &[ExpiryUpdate], observed_at: u64) -> B256 {
        self.hub.hash(updates, observed_at)
    }

    /// A push the first two signers sign.
    fn push(&self, updates: &[ExpiryUpdate], observed_at: u64) -> IOracle::pushExpiriesCall {
        self.hub.push(updates, observed_at)
    }

    /// Pushed by a stranger, observed in the second of its block.
    fn pushed(
        &mut self,
        updates: &[ExpiryUpdate],
    ) -> std::sync::Arc<plimsoll_devnode::types::Transaction> {
        self.hub.pushed(updates)
    }

    fn push_refused<E: SolError + Debug>(&mut self, updates: &[ExpiryUpdate]) -> E {
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

    fn days(&self) -> Vec<u16> {
        let call = IOracle::expiriesCall { underlying: ETH };
        self.hub.get(self.hub.oracle, &call)
    }

    fn snapshot(&self, days: &[u16]) -> Answer {
        let keys: Vec<_> = days.iter().map(|day| key(ETH, *day)).collect();
        self.ask(&[7], &keys, &[ETH])
    }

    fn ask(&self, feeds: &[u16], expiries: &[u32], underlyings: &[u16]) -> Answer {
        let call = snapshot(feeds, expiries, underlyings);
        let answer = self.hub.get(self.hub.oracle, &call);
        assert_eq!(
            answer.len(),
            feeds.len() + 3 * expiries.len() + 4 * underlyings.len()
        );
        let (prices, rest) = answer.split_at(feeds.len());
        let (words, near) = rest.split_at(3 * expiries.len());
        // the terms before each record are the kernel's to test
        let near = near
            .chunks(4)
            .flat_map(|near| &near[1..])
            .copied()
            .collect();
        let [prices, words] = [prices, words].map(<[U256]>::to_vec);
        Answer {
            prices,
            words,
            near,
        }
    }

    fn update(&self, day: u16) -> ExpiryUpdate {
        update(self.day, day)
    }

    fn settlement(&self, price: u128) -> ExpiryUpdate {
        ExpiryUpdate {
            ratio: 0,
            fixedPart: price,
            ..self.update(self.day)
        }
    }
}

/// Some 60 % volatility, more total variance each day after the first, forward 2,010 at 2,000.
fn update(first: u16, day: u16) -> ExpiryUpdate {
    ExpiryUpdate {
        underlying: ETH,
        expiryDay: day,
        ratio: RATIO,
        fixedPart: 0,
        discount: 999_000_000_000_000_001,
        a: UNIT / 20 + UNIT / 1_000 * (i128::from(day) - i128::from(first)),
        b: UNIT / 10,
        rho: -UNIT / 3,
        m: UNIT / 50,
        sigma: UNIT / 5,
    }
}

/// A snapshot, taken apart.
struct Answer {
    prices: Vec<U256>,
    words: Vec<U256>,
    near: Vec<U256>,
}

fn snapshot(feeds: &[u16], expiries: &[u32], underlyings: &[u16]) -> IOracle::snapshotCall {
    let of = |kind: u64| move |number: &u16| U256::from(kind | u64::from(*number));
    let expiries = expiries
        .iter()
        .map(|key| U256::from(keys::EXPIRY | u64::from(*key)));
    IOracle::snapshotCall {
        keys: feeds
            .iter()
            .map(of(keys::FEED))
            .chain(expiries)
            .chain(underlyings.iter().map(of(keys::NEAR)))
            .collect(),
    }
}

fn key(underlying: u16, day: u16) -> u32 {
    u32::from(underlying) << 16 | u32::from(day)
}

fn terms(underlying: u16, feed: u16, max_age: u32, max_basis: u64) -> IOracle::setSurfaceTermsCall {
    IOracle::setSurfaceTermsCall {
        underlying,
        feed,
        maxAge: max_age,
        maxBasis: max_basis,
        ratioMove: 0,
        rateMove: 0,
    }
}

fn svi(u: &ExpiryUpdate) -> Svi {
    Svi::from_wad(u.a, u.b, u.rho, u.m, u.sigma)
}

fn words(words: &[U256]) -> Record {
    Record::decode(&words.try_into().unwrap())
}

fn wad(q40: i64) -> i128 {
    to_wad::<40>(q40, Round::Floor)
}
