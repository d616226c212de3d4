//! The oracle's compiled program: forwards and surfaces, who may push them, what is refused, what margin is given.

#![allow(clippy::inconsistent_digit_grouping)] // prices are grouped at their eight decimals

mod hub;
use hub::*;
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
            feeds.len() + 3 * (expiries.len() + underlyings.len())
        );
        let (prices, rest) = answer.split_at(feeds.len());
        let (words, near) = rest.split_at(3 * expiries.len());
        let [prices, words, near] = [prices, words, near].map(<[U256]>::to_vec);
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
            forward: 0,
            fixedPart: price,
            ..self.update(self.day)
        }
    }
}

/// Some 60 % volatility, more total variance each day after the first, forward 2,010.
fn update(first: u16, day: u16) -> ExpiryUpdate {
    ExpiryUpdate {
        underlying: ETH,
        expiryDay: day,
        forward: 2_010 * ONE,
        fixedPart: 0,
        discount: 990_000_000_000_000_001,
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

// ---- what is told ----------------------------------------------------------------------------

#[test]
fn a_push_is_what_margin_gets() {
    let mut desk = Desk::new();
    let day = desk.day;
    let time = desk.next();
    let done = desk.pushed(&[desk.update(day), desk.update(day + 1)]);
    let pushed: Vec<_> = events::<IOracle::ExpiryPushed>(&done)
        .into_iter()
        .map(|e| {
            (
                e.underlying,
                e.expiryDay,
                e.forward,
                e.fixedPart,
                e.observedAt,
            )
        })
        .collect();
    assert_eq!(
        pushed,
        [day, day + 1].map(|day| (ETH, day, 2_010 * ONE, 0, time))
    );
    let answer = desk.snapshot(&[day + 1, day + 2, day]);
    assert_eq!(answer.prices[0], Quote::encode(SPOT, 0, true));
    for (place, day) in [(0, day + 1), (6, day)] {
        let record = words(&answer.words[place..place + 3]);
        let u = desk.update(day);
        assert_eq!((record.expiry.day, record.updated_at), (day, time));
        assert_eq!(
            (record.expiry.variable, record.expiry.fixed),
            (u.forward, 0)
        );
        assert_eq!(record.expiry.surface, svi(&u));
        assert!(record.expiry.fresh && record.expiry.discount < ONE_Q62);
        // What is shown is what was pushed: the surface to 14e-18, the rest exactly.
        let shown = desk.expiry(day);
        assert_eq!(
            (
                shown.forward,
                shown.fixedPart,
                shown.discount,
                shown.updatedAt
            ),
            (u.forward, 0, u.discount, time)
        );
        assert!(shown.fresh && !shown.settled);
        for (shown, pushed) in [
            (shown.a, u.a),
            (shown.b, u.b),
            (shown.rho, u.rho),
            (shown.m, u.m),
            (shown.sigma, u.sigma),
        ] {
            assert!((0..14).contains(&(pushed - shown)), "{pushed} {shown}");
        }
    }
    assert_eq!(answer.words[3..6], [U256::ZERO; 3]);
    assert_eq!(answer.near, [U256::ZERO; 3]);
    assert_eq!(desk.days(), [day, day + 1]);
    assert_eq!(desk.expiry(day + 2), ExpiryData::default());
}

/// I-ORA-1: exactly the greatest age is fresh, a second more is not; and terms hold at once.
#[test]
fn i_ora_1_an_expiry_ages_to_the_second() {
    let mut desk = Desk::new();
    let day = desk.day;
    let time = desk.next();
    desk.pushed(&[desk.update(day)]);
    let fresh = |desk: &Desk| {
        let fresh = words(&desk.snapshot(&[day]).words).expiry.fresh;
        assert_eq!(desk.expiry(day).fresh, fresh);
        fresh
    };
    assert!(fresh(&desk));
    desk.at(time + u64::from(MAX_AGE));
    assert!(fresh(&desk));
    desk.at(time + u64::from(MAX_AGE) + 1);
    assert!(!fresh(&desk));
    // What was said is still there.
    assert_eq!(
        words(&desk.snapshot(&[day]).words).expiry.surface,
        svi(&desk.update(day))
    );
    desk.must(&terms(ETH, 7, MAX_AGE + 50, ONE as u64 / 4));
    assert!(fresh(&desk));
    desk.must(&terms(ETH, 7, 1, ONE as u64 / 4));
    assert!(!fresh(&desk));
}

/// The expiry whose volatility shapes an underlying's scenarios: the first after now, two days away at most.
#[test]
fn near_is_the_first_to_come_within_two_days() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    desk.pushed(&[desk.update(day), desk.update(day + 1), desk.update(day + 5)]);
    let near = |desk: &Desk| {
        let near = desk.snapshot(&[]).near;
        (near != [U256::ZERO; 3]).then(|| words(&near).expiry)
    };
    let mut at = |time| {
        desk.at(time);
        near(&desk)
    };
    assert_eq!(at(expiry - POCKET_HORIZON - 1), None);
    let first = at(expiry - POCKET_HORIZON).unwrap();
    assert_eq!((first.day, first.fresh), (day, false), "stale, and told so");
    assert_eq!(at(expiry - 1).unwrap().day, day);
    assert_eq!(at(expiry).unwrap().day, day + 1);
    assert_eq!(at(expiry + 86_400), None);
    desk.at(expiry + 86_401);
    let update = desk.update(day + 2);
    desk.pushed(&[update]);
    let near = near(&desk).unwrap();
    assert_eq!((near.day, near.fresh), (day + 2, true));
    // Another underlying has none.
    let answer = desk.ask(&[], &[], &[ETH + 1, ETH]);
    assert_eq!(answer.near[..3], [U256::ZERO; 3]);
    assert_eq!(words(&answer.near[3..]).expiry.day, day + 2);
}

/// I-LIV-7: whatever feeds and surfaces are like, margin has an answer.
#[test]
fn i_liv_7_a_snapshot_is_total() {
    let mut desk = Desk::new();
    let (day, oracle, owner) = (desk.day, desk.hub.oracle, desk.hub.owner);
    desk.pushed(&[desk.update(day)]);
    let dead = desk.hub.feed(8, int(1));
    desk.hub.list(8, dead, 60, WIDE);
    for (mode, size) in [(1, 1_000_000), (2, 160), (3, 0), (4, 0)] {
        let bomb = HostileFeed::setBombCall {
            mode_: mode,
            size_: U256::from(size),
        };
        desk.hub.must(owner, dead, &bomb);
        let keys = [0, key(ETH, day), key(9, day), u32::MAX];
        let answer = desk.ask(&[8, 7, 8], &keys, &[0, 9, ETH]);
        let fresh: Vec<_> = answer.prices.iter().map(|p| p.bit(0)).collect();
        assert_eq!(fresh, [false, true, false]);
        assert!(words(&answer.words[3..6]).expiry.fresh);
    }
    desk.ask(&[], &[], &[]);
    let e: IOracle::UnknownFeed = desk.hub.refused(oracle, &snapshot(&[9], &[], &[]));
    assert_eq!(e.feed, 9);
}

#[test]
fn i_liv_3_a_snapshot_is_bounded() {
    let desk = Desk::new();
    let (hub, oracle) = (&desk.hub, desk.hub.oracle);
    desk.ask(&[7; 16], &[1; 24], &[1; 24]);
    let full = [U256::from(keys::NEAR); 65];
    let call = |keys: &[U256]| IOracle::snapshotCall {
        keys: keys.to_vec(),
    };
    hub.get(oracle, &call(&full[..64]));
    let e: IOracle::TooManyItems = hub.refused(oracle, &call(&full));
    assert_eq!((e.given, e.limit), (U256::from(65), U256::from(64)));
    // Keys of no kind, of margin's kinds, and with bits above.
    for key in [
        U256::ZERO,
        U256::from(keys::RULES),
        U256::from(7_u64 << 32),
        U256::from(keys::NEAR) | U256::ONE << 64,
        U256::from(keys::FEED | 0x1_0007),
        U256::MAX,
    ] {
        let e: IOracle::InvalidKey = hub.refused(oracle, &call(&[key]));
        assert_eq!(e.key, key);
    }
}

// ---- who may tell ----------------------------------------------------------------------------

#[test]
fn i_auth_6_terms_and_signers_are_the_owners() {
    let mut desk = Desk::new();
    let (oracle, owner, stranger) = (desk.hub.oracle, desk.hub.owner, desk.hub.stranger);
    let (a, b) = (terms(2, 7, 60, 1), desk.signers(1));
    let e: IOracle::NotOwner = decode_error(&desk.hub.send(stranger, oracle, &a).unwrap_err());
    assert_eq!((e.caller, e.owner), (stranger, owner));
    let e: IOracle::NotOwner = decode_error(&desk.hub.send(stranger, oracle, &b).unwrap_err());
    assert_eq!((e.caller, e.owner), (stranger, owner));

    let done = desk
        .hub
        .must(owner, oracle, &terms(2, 7, 172_800, ONE as u64));
    let [set] = &events::<IOracle::SurfaceTermsSet>(&done)[..] else {
        panic!()
    };
    let told = (set.underlying, set.feed, set.maxAge, set.maxBasis);
    assert_eq!(told, (2, 7, 172_800, ONE as u64));
    let now = desk
        .hub
        .get(oracle, &IOracle::surfaceTermsCall { underlying: 2 });
    assert_eq!(
        (now.feed, now.maxAge, now.maxBasis),
        (7, 172_800, ONE as u64)
    );
    let none = desk
        .hub
        .get(oracle, &IOracle::surfaceTermsCall { underlying: 3 });
    assert_eq!((none.feed, none.maxAge, none.maxBasis), (0, 0, 0));
    let done = desk.hub.must(owner, oracle, &b);
    let [set] = &events::<IOracle::SignersSet>(&done)[..] else {
        panic!()
    };
    assert_eq!((set.count, set.threshold), (3, 1));
    let now = desk.hub.get(oracle, &IOracle::signersCall {});
    assert_eq!((now.signers, now.threshold), (b.signers, 1));
}

#[test]
fn i_par_1_terms_and_signers_are_refused_with_the_numbers() {
    let mut desk = Desk::new();
    let e: IOracle::UnknownUnderlying = desk.refused(&terms(0, 7, 60, 1));
    assert_eq!(e.underlying, 0);
    let e: IOracle::UnknownFeed = desk.refused(&terms(2, 8, 60, 1));
    assert_eq!(e.feed, 8);
    for age in [0, 172_801, u32::MAX] {
        let e: IOracle::MaxAgeOutOfRange = desk.refused(&terms(2, 7, age, 1));
        assert_eq!((e.maxAge, e.limit), (age, 172_800));
    }
    for basis in [0, ONE as u64 + 1, u64::MAX] {
        let e: IOracle::MaxBasisOutOfRange = desk.refused(&terms(2, 7, 60, basis));
        assert_eq!((e.maxBasis, e.limit), (basis, ONE as u64));
    }
    let many = |n: u8| (1..=n).map(Address::with_last_byte).collect::<Vec<_>>();
    let set = |signers: Vec<Address>, threshold| IOracle::setSignersCall { signers, threshold };
    for (count, threshold) in [(0, 0), (0, 1), (3, 0), (3, 4), (17, 1), (255, 255)] {
        let e: IOracle::InvalidThreshold = desk.refused(&set(many(count), threshold));
        assert_eq!(
            (e.count, e.threshold, e.limit),
            (U256::from(count), threshold, U256::from(16))
        );
    }
    let [one, two] = [1, 2].map(Address::with_last_byte);
    for (signers, index) in [
        (vec![Address::ZERO], 0),
        (vec![one, one], 1),
        (vec![one, two, one], 2),
    ] {
        let e: IOracle::SignersNotAscending = desk.refused(&set(signers.clone(), 1));
        assert_eq!((e.index, e.signer), (U256::from(index), signers[index]));
    }
    let before = desk.hub.get(desk.hub.oracle, &IOracle::signersCall {});
    assert_eq!(before.signers, desk.signers(2).signers, "nothing changed");
    desk.must(&set(many(16), 16));
}

/// I-AUTH-4: nothing but the signatures of enough signers, each once, over this push, for this chain and contract.
#[test]
fn i_auth_4_a_quorum_is_enough_signers_over_this_push() {
    let mut desk = Desk::new();
    let updates = [desk.update(desk.day)];
    desk.at(desk.next() + 100);
    let time = desk.next() - 50;
    let good = desk.push(&updates, time);
    let hash = desk.hash(&updates, time);
    let all = push::sign(hash, &desk.hub.keys).unwrap();
    let with = |signatures: &[&Bytes]| IOracle::pushExpiriesCall {
        signatures: signatures.iter().map(|s| (*s).clone()).collect(),
        ..good.clone()
    };
    let addresses: Vec<_> = desk
        .hub
        .keys
        .iter()
        .map(PrivateKeySigner::address)
        .collect();

    for signatures in [&[][..], &[&all[0]], &[&all[2]]] {
        let e: IOracle::TooFewSignatures = desk.refused(&with(signatures));
        assert_eq!((e.given, e.threshold), (U256::from(signatures.len()), 2));
    }
    for (signatures, index, signer) in [
        ([&all[1], &all[0]], 1, addresses[0]),
        ([&all[1], &all[1]], 1, addresses[1]),
    ] {
        let e: IOracle::SignersNotAscending = desk.refused(&with(&signatures));
        assert_eq!((e.index, e.signer), (U256::from(index), signer));
    }
    let e: IOracle::TooManyItems = desk.refused(&with(&[&all[0]; 17]));
    assert_eq!((e.given, e.limit), (U256::from(17), U256::from(16)));
    let foreign = PrivateKeySigner::from_bytes(&B256::repeat_byte(9)).unwrap();
    let theirs = push::sign(hash, std::slice::from_ref(&foreign)).unwrap();
    let e: IOracle::UnknownSigner = desk.refused(&with(&[&all[0], &theirs[0]]));
    assert_eq!(e.signer, foreign.address());
    // A third that is wrong spoils two that are right.
    let e: IOracle::UnknownSigner = desk.refused(&with(&[&all[0], &all[1], &theirs[0]]));
    assert_eq!(e.signer, foreign.address());

    // Another chain, another contract, other data: the same signatures are strangers'.
    let (chain, oracle) = (desk.hub.chain.config().chain_id, desk.hub.oracle);
    let other = |domain, updates: &[ExpiryUpdate], time| {
        push::sign(
            push::signing_hash(&domain, updates, time),
            &desk.hub.keys[..2],
        )
        .unwrap()
    };
    let mut moved = updates.clone();
    moved[0].forward += 1;
    for signatures in [
        other(push::domain(chain + 1, oracle), &updates, time),
        other(push::domain(chain, desk.hub.margin), &updates, time),
        other(push::domain(chain, oracle), &moved, time),
        other(push::domain(chain, oracle), &updates, time - 1),
        other(push::domain(chain, oracle), &[], time),
    ] {
        let call = with(&signatures.iter().collect::<Vec<_>>());
        let e: IOracle::UnknownSigner =
            decode_error(&desk.hub.send(desk.hub.stranger, oracle, &call).unwrap_err());
        assert!(!addresses.contains(&e.signer));
    }
    let separator = desk.hub.get(oracle, &IOracle::domainSeparatorCall {});
    assert_eq!(separator, push::domain(chain, oracle).separator());

    // I-SIG: not the other form of a signature, not another encoding of it.
    let mut high = all[0].to_vec();
    let s = ORDER - U256::from_be_slice(&high[32..64]);
    high[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    high[64] = 27 + 28 - high[64];
    let edited = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = all[0].to_vec();
        edit(&mut bytes);
        Bytes::from(bytes)
    };
    for bad in [
        Bytes::from(high),
        edited(&|b| b[64] -= 27),
        edited(&|b| b[64] = 29),
        edited(&|b| b.push(0)),
        edited(&|b| b.truncate(64)),
        edited(&|b| b.clear()),
        edited(&|b| b[..64].fill(0)),
        edited(&|b| b[..32].fill(0xff)),
    ] {
        let e: IOracle::InvalidSignature = desk.refused(&with(&[&bad, &all[1]]));
        assert_eq!(e.index, U256::ZERO, "{bad}");
        let e: IOracle::InvalidSignature = desk.refused(&with(&[&all[0], &bad]));
        assert_eq!(e.index, U256::from(1), "{bad}");
    }

    // Any two, or all three, from anybody.
    for signatures in [
        vec![&all[0], &all[1]],
        vec![&all[0], &all[2]],
        vec![&all[1], &all[2]],
        all.iter().collect(),
    ] {
        let before = desk.hub.chain.snapshot();
        desk.must(&with(&signatures));
        assert_eq!(desk.days(), [desk.day]);
        assert!(desk.hub.chain.revert(before));
    }
    // Whoever is taken off the list does not count any more.
    desk.must(&IOracle::setSignersCall {
        signers: vec![addresses[0], addresses[2]],
        threshold: 1,
    });
    let e: IOracle::UnknownSigner = desk.refused(&good);
    assert_eq!(e.signer, addresses[1]);
    desk.must(&with(&[&all[2]]));
}

/// I-AUTH-4: the domain is of the chain the contract is on, whichever that is.
#[test]
fn i_auth_4_the_domain_is_the_chains() {
    let chain_id = 42_161;
    let hub = Hub::on(ChainConfig {
        chain_id,
        ..ChainConfig::default()
    });
    let separator = hub.get(hub.oracle, &IOracle::domainSeparatorCall {});
    assert_eq!(separator, push::domain(chain_id, hub.oracle).separator());
}

/// Before signers are set, no signature at all is not a quorum of none.
#[test]
fn i_auth_4_no_signers_is_no_quorum() {
    let mut hub = Hub::new();
    let oracle = hub.oracle;
    let signers = hub.get(oracle, &IOracle::signersCall {});
    assert_eq!((signers.signers.len(), signers.threshold), (0, 0));
    let time = hub.now();
    let call = IOracle::pushExpiriesCall {
        updates: vec![],
        observedAt: time,
        signatures: vec![],
    };
    let e: IOracle::TooFewSignatures = hub.must_not(oracle, &call);
    assert_eq!((e.given, e.threshold), (U256::ZERO, 0));
}

/// A-04, I-ORA-1: observations go forward in time, are not from the future and not too old.
#[test]
fn i_ora_1_observations_only_become_newer() {
    let mut desk = Desk::new();
    let day = desk.day;
    let start = desk.next() + 10_000;
    desk.at(start);
    let e: IOracle::ObservedInFuture = {
        let call = desk.push(&[desk.update(day)], start + 1);
        desk.refused(&call)
    };
    assert_eq!((e.observedAt, e.nowSeconds), (start + 1, start));

    desk.at(start + 10);
    let old = start + 10 - u64::from(MAX_AGE) - 1;
    let call = desk.push(&[desk.update(day)], old);
    let e: IOracle::ObservedTooLongAgo = desk.refused(&call);
    assert_eq!(
        (e.underlying, e.observedAt, e.nowSeconds, e.maxAge),
        (ETH, old, start + 10, MAX_AGE)
    );
    desk.at(start + 20);
    let first = start + 20 - u64::from(MAX_AGE);
    let older = desk.push(&[desk.update(day)], first);
    desk.must(&older);
    assert!(desk.expiry(day).fresh);

    // The same again, and one observed before it that another expiry would still take.
    desk.at(start + 20);
    let e: IOracle::NotNewer = desk.refused(&older);
    assert_eq!(
        (e.underlying, e.expiryDay, e.observedAt, e.updatedAt),
        (ETH, day, first, first)
    );
    desk.at(start + 20);
    let newer = desk.push(&[desk.update(day)], first + 5);
    desk.must(&newer);
    desk.at(start + 20);
    let older = desk.push(&[desk.update(day)], first + 4);
    let e: IOracle::NotNewer = desk.refused(&older);
    assert_eq!((e.observedAt, e.updatedAt), (first + 4, first + 5));
}

/// I-ORA-10: part of a push, sent first by somebody who holds it signed on its own, does not block the rest.
#[test]
fn i_ora_10_a_push_cannot_be_blocked_by_a_part_of_it() {
    let mut desk = Desk::new();
    let (oracle, stranger, day) = (desk.hub.oracle, desk.hub.stranger, desk.day);
    desk.must(&terms(2, 7, MAX_AGE, ONE as u64 / 4));
    let time = desk.next() + 100;
    let at = |underlying, day, forward: u128| ExpiryUpdate {
        underlying,
        forward: forward * ONE,
        ..update(desk.day, day)
    };
    let first = at(ETH, day, 2_001);
    let all = [
        at(ETH, day, 2_002),
        at(ETH, day + 1, 2_003),
        at(2, day, 2_004),
    ];
    // Of a later second, of the same.
    for ahead in [7, 0] {
        let before = desk.hub.chain.snapshot();
        desk.at(time + 7);
        let part = desk.push(std::slice::from_ref(&first), time + ahead);
        desk.hub.must(stranger, oracle, &part);
        let call = desk.push(&all, time);
        let done = desk.hub.must(stranger, oracle, &call);
        let stored: Vec<_> = events::<IOracle::ExpiryPushed>(&done)
            .into_iter()
            .map(|e| (e.underlying, e.expiryDay, e.forward, e.observedAt))
            .collect();
        assert_eq!(
            stored,
            [
                (ETH, day + 1, 2_003 * ONE, time),
                (2, day, 2_004 * ONE, time)
            ]
        );
        let kept = desk.expiry(day);
        assert_eq!((kept.forward, kept.updatedAt), (2_001 * ONE, time + ahead));
        assert_eq!(desk.expiry(day + 1).forward, 2_003 * ONE);
        assert_eq!(desk.days(), [day, day + 1]);
        // Nothing of it is left to be stored: the first says why.
        let e: IOracle::NotNewer = desk.refused(&call);
        assert_eq!(
            (e.underlying, e.expiryDay, e.observedAt, e.updatedAt),
            (ETH, day, time, time + ahead)
        );
        assert!(desk.hub.chain.revert(before));
    }
}

/// I-ORA-10: what is skipped does not stand in for what stays: the rest is checked against what is stored.
#[test]
fn i_ora_10_what_is_skipped_is_no_neighbour() {
    let mut desk = Desk::new();
    let (first, day, time) = (desk.day, desk.day, desk.next() + 100);
    let level = |day, a: i128| ExpiryUpdate {
        a,
        ..update(first, day)
    };
    let [low, middle, high] = [UNIT / 50, UNIT / 20, UNIT / 10];
    desk.at(time + 1);
    let stays = desk.push(&[level(day + 1, middle)], time + 1);
    desk.must(&stays);
    // Good among themselves, not with the newer one in between.
    for (near, far, refused) in [(high, high, (day, day + 1)), (low, low, (day + 1, day + 2))] {
        let call = desk.push(
            &[
                level(day, near),
                level(day + 1, near),
                level(day + 2, far + 1_000),
            ],
            time,
        );
        let e: IOracle::Calendar = desk.refused(&call);
        assert_eq!((e.nearDay, e.farDay), refused);
        assert_eq!(desk.days(), [day + 1], "nothing of it");
    }
    let call = desk.push(
        &[level(day, low), level(day + 1, low), level(day + 2, high)],
        time,
    );
    desk.must(&call);
    assert_eq!(desk.days(), [day, day + 1, day + 2]);
    assert_eq!(desk.expiry(day + 1).updatedAt, time + 1);
}

// ---- what is refused -------------------------------------------------------------------------

#[test]
fn updates_are_in_order_and_bounded() {
    let mut desk = Desk::new();
    let day = desk.day;
    let (a, b) = (desk.update(day), desk.update(day + 1));
    for updates in [[b.clone(), a.clone()], [a.clone(), a.clone()]] {
        let e: IOracle::UpdatesNotAscending = desk.push_refused(&updates);
        assert_eq!((e.underlying, e.expiryDay), (ETH, day));
    }
    let other = ExpiryUpdate { underlying: 2, ..a };
    let e: IOracle::UpdatesNotAscending = desk.push_refused(&[other.clone(), b.clone()]);
    assert_eq!((e.underlying, e.expiryDay), (ETH, day + 1));
    let e: IOracle::UnknownUnderlying = desk.push_refused(&[a.clone(), other.clone()]);
    assert_eq!(e.underlying, 2);
    let e: IOracle::TooManyItems = desk.push_refused(&vec![a.clone(); 33]);
    assert_eq!((e.given, e.limit), (U256::from(33), U256::from(32)));
    assert!(desk.days().is_empty());
    desk.must(&terms(2, 7, MAX_AGE, ONE as u64 / 4));
    desk.pushed(&[a, b, other]);
    assert_eq!(desk.days(), [day, day + 1]);
}

/// Sixteen expiries to come; a past one makes room.
#[test]
fn i_liv_3_an_underlying_has_sixteen_expiries() {
    let mut desk = Desk::new();
    let day = desk.day;
    let all: Vec<_> = (0..16).map(|i| desk.update(day + 2 * i)).collect();
    desk.pushed(&all);
    assert_eq!(desk.days().len(), 16);
    let next = desk.update(day + 3);
    let e: IOracle::TooManyExpiries = desk.push_refused(std::slice::from_ref(&next));
    assert_eq!(
        (e.underlying, e.expiryDay, e.limit),
        (ETH, day + 3, U256::from(16))
    );
    desk.at(expiry_seconds(day) - 1);
    let _: IOracle::TooManyExpiries = desk.push_refused(std::slice::from_ref(&next));
    desk.at(expiry_seconds(day));
    desk.pushed(&[next]);
    let mut days: Vec<_> = (1..16).map(|i| day + 2 * i).collect();
    days.insert(1, day + 3);
    assert_eq!(desk.days(), days);
    assert_eq!(desk.expiry(day).forward, 2_010 * ONE, "kept, if not listed");
}

#[test]
fn i_ora_3_no_forward_outside_its_bounds() {
    let mut desk = Desk::new();
    let day = desk.day;
    let forward = |forward: u128| ExpiryUpdate {
        forward,
        ..update(day, day)
    };
    // 25 % of 2,000.
    let fits = [1_500 * ONE, 2_500 * ONE].map(forward);
    let far = [1_500 * ONE - 1, 2_500 * ONE + 1, 1, 1 << 106].map(forward);
    let out = [0, (1 << 106) + 1, u128::MAX].map(forward);
    for update in far {
        let e: IOracle::ForwardTooFar = desk.push_refused(std::slice::from_ref(&update));
        assert_eq!(
            (e.underlying, e.expiryDay, e.forward, e.spot, e.limit),
            (ETH, day, update.forward, SPOT, 500 * ONE)
        );
    }
    for update in out {
        let e: IOracle::ForwardOutOfRange = desk.push_refused(std::slice::from_ref(&update));
        assert_eq!(
            (e.underlying, e.expiryDay, e.forward, e.fixedPart, e.limit),
            (ETH, day, update.forward, 0, 1 << 106)
        );
    }
    for update in fits {
        desk.pushed(&[update]);
    }
    // Without spot nothing can be compared.
    let (owner, feed, time) = (desk.hub.owner, desk.feed, desk.next());
    desk.hub.answer(feed, int(0), U256::from(time));
    let update = desk.update(day);
    let e: IOracle::InvalidPrice = desk.push_refused(std::slice::from_ref(&update));
    assert_eq!(e.feed, 7);
    desk.hub
        .must(owner, feed, &HostileFeed::setRevertsCall { reverts_: true });
    let e: IOracle::FeedFailed = desk.push_refused(&[update]);
    assert_eq!((e.feed, e.aggregator), (7, feed));
}

#[test]
fn discounts_are_above_zero_and_at_most_one() {
    let mut desk = Desk::new();
    let day = desk.day;
    for discount in [0, ONE as u64 + 1, u64::MAX] {
        let update = ExpiryUpdate {
            discount,
            ..desk.update(day)
        };
        let e: IOracle::DiscountOutOfRange = desk.push_refused(&[update]);
        assert_eq!(
            (e.underlying, e.expiryDay, e.discount),
            (ETH, day, discount)
        );
    }
    for discount in [1, ONE as u64] {
        let update = ExpiryUpdate {
            discount,
            ..desk.update(day)
        };
        desk.pushed(&[update]);
        assert_eq!(desk.expiry(day).discount, discount);
    }
}

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
    desk.pushed(&[level(day + 1, high)]);
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

// ---- settlement ------------------------------------------------------------------------------

/// The settlement window fixes the forward by and by, and not before it has begun.
#[test]
fn i_ora_6_a_part_is_fixed_in_the_window_only() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    let start = expiry - SETTLEMENT_WINDOW;
    let parts = |forward, fixed| ExpiryUpdate {
        forward,
        fixedPart: fixed,
        ..update(day, day)
    };
    let (half, all, third) = (
        parts(1_000 * ONE, 1_000 * ONE),
        parts(0, 2_000 * ONE),
        parts(1_500 * ONE, 1),
    );
    desk.at(start + 5);
    let call = desk.push(std::slice::from_ref(&third), start - 1);
    let e: IOracle::ForwardNotLive = desk.refused(&call);
    assert_eq!(
        (e.underlying, e.expiryDay, e.forward, e.fixedPart),
        (ETH, day, 1_500 * ONE, 1)
    );
    assert_eq!((e.observedAt, e.windowStart), (start - 1, start));
    desk.at(start + 5);
    let call = desk.push(std::slice::from_ref(&third), start);
    desk.must(&call);
    desk.at(start + 900);
    desk.pushed(std::slice::from_ref(&half));
    let shown = desk.expiry(day);
    assert_eq!((shown.forward, shown.fixedPart), (1_000 * ONE, 1_000 * ONE));
    assert!(!shown.settled);
    desk.at(expiry - 1);
    let e: IOracle::ForwardNotLive = desk.push_refused(&[all]);
    assert_eq!((e.forward, e.fixedPart), (0, 2_000 * ONE));
}

/// In the window the variable part is held to today's spot; what is fixed already is of past prices, and held, with the
/// rest, to an eighth and eight times spot only.
#[test]
fn i_ora_9_a_window_mean_may_be_far_from_spot() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    let start = expiry - SETTLEMENT_WINDOW;
    desk.must(&terms(ETH, 7, MAX_AGE, ONE as u64 / 20));
    let parts = |forward, fixed| ExpiryUpdate {
        forward,
        fixedPart: fixed,
        ..update(day, day)
    };
    // The second before, all of it is today's.
    desk.at(start);
    let early = parts(1_900 * ONE - 1, 0);
    let call = desk.push(std::slice::from_ref(&early), start - 1);
    let e: IOracle::ForwardTooFar = desk.refused(&call);
    assert_eq!(
        (e.forward, e.spot, e.limit),
        (1_900 * ONE - 1, SPOT, 100 * ONE)
    );
    // The same, observed in the window: less and less of it is variable.
    desk.at(start);
    desk.pushed(&[early]);
    // Spot fell by a tenth when nine tenths were fixed at 2,100.
    let late = expiry - SETTLEMENT_WINDOW / 10;
    desk.at_spot(late, 1_890);
    desk.pushed(&[parts(189 * ONE, 1_890 * ONE)]);
    for (time, forward, fixed) in [(1, 1_984 * ONE + ONE / 2, 0), (2, 1, 15_120 * ONE - 1)] {
        desk.at_spot(late + time, 1_890);
        desk.pushed(&[parts(forward, fixed)]);
    }
    desk.at_spot(late + 3, 1_890);
    let above = 1_984 * ONE + ONE / 2 + 1;
    let e: IOracle::ForwardTooFar = desk.push_refused(&[parts(above, 7)]);
    assert_eq!(
        (e.forward, e.spot, e.limit),
        (above, 1_890 * ONE, 94 * ONE + ONE / 2)
    );
    for (forward, fixed) in [(1, 15_120 * ONE), (1, 236 * ONE + ONE / 4 - 2), (5, 0)] {
        desk.at_spot(late + 4, 1_890);
        let e: IOracle::SettlementOutOfRange = desk.push_refused(&[parts(forward, fixed)]);
        assert_eq!(
            (e.underlying, e.expiryDay, e.price, e.lowest, e.highest),
            (ETH, day, forward + fixed, 236 * ONE + ONE / 4, 15_120 * ONE)
        );
    }
    desk.at_spot(expiry, 1_890);
    let mean = desk.settlement(2_079 * ONE);
    desk.pushed(&[mean]);
    assert!(desk.expiry(day).settled);
}

/// I-ORA-10: an expiry that is settled does not stand in the way of the others of a push.
#[test]
fn i_ora_10_a_settled_expiry_is_skipped() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    desk.at(expiry);
    let settlement = desk.settlement(1_990 * ONE);
    desk.pushed(std::slice::from_ref(&settlement));
    for first in [desk.update(day), desk.settlement(1_991 * ONE)] {
        let before = desk.hub.chain.snapshot();
        desk.at(expiry + 1);
        let next = desk.update(day + 1);
        let done = desk.pushed(&[first.clone(), next.clone()]);
        let pushed = events::<IOracle::ExpiryPushed>(&done);
        assert_eq!(pushed.len(), 1);
        assert_eq!(pushed[0].expiryDay, day + 1);
        assert_eq!(events::<IOracle::Settled>(&done).len(), 0);
        assert_eq!(desk.expiry(day).fixedPart, 1_990 * ONE);
        // With nothing else to store it is refused, and says why.
        let call = desk.push(&[first, next], expiry + 1);
        let e: IOracle::SettlementFinal = desk.refused(&call);
        assert_eq!((e.expiryDay, e.price), (day, 1_990 * ONE));
        assert!(desk.hub.chain.revert(before));
    }
}

/// A-08, I-ORA-6: one settlement price, after expiry, from an observation after expiry; nothing replaces it.
#[test]
fn i_ora_6_settlement_is_final() {
    let mut desk = Desk::new();
    let (day, expiry) = (desk.day, expiry_seconds(desk.day));
    desk.at(expiry - 100);
    desk.pushed(&[desk.update(day), desk.update(day + 1)]);
    let settlement = desk.settlement(1_990 * ONE);

    desk.at(expiry);
    assert!(desk.expiry(day).fresh, "not yet too old");
    for (update, observed_at) in [
        (desk.update(day), expiry),
        (desk.update(day), expiry - 1),
        (settlement.clone(), expiry - 1),
        (
            ExpiryUpdate {
                forward: 1,
                ..settlement.clone()
            },
            expiry,
        ),
    ] {
        desk.at(expiry);
        let call = desk.push(std::slice::from_ref(&update), observed_at);
        let e: IOracle::SettlementOnly = desk.refused(&call);
        assert_eq!((e.underlying, e.expiryDay, e.expiry), (ETH, day, expiry));
        assert_eq!(
            (e.forward, e.fixedPart, e.observedAt),
            (update.forward, update.fixedPart, observed_at)
        );
    }
    desk.at(expiry);
    for price in [16_000 * ONE + 1, 250 * ONE - 1] {
        desk.at(expiry);
        let far = desk.settlement(price);
        let e: IOracle::SettlementOutOfRange = desk.push_refused(&[far]);
        assert_eq!((e.underlying, e.expiryDay, e.price), (ETH, day, price));
        assert_eq!((e.lowest, e.highest), (250 * ONE, 16_000 * ONE));
    }
    for price in [16_000 * ONE, 250 * ONE] {
        let before = desk.hub.chain.snapshot();
        desk.at(expiry);
        let far = desk.settlement(price);
        desk.pushed(&[far]);
        assert!(desk.hub.chain.revert(before));
    }
    // Unsettled it goes stale.
    let late = expiry + 501;
    desk.at(late);
    assert!(!desk.expiry(day).fresh);
    let done = desk.pushed(std::slice::from_ref(&settlement));
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
        (ETH, day, 1_990 * ONE, late)
    );
    assert_eq!(events::<IOracle::ExpiryPushed>(&done).len(), 0);
    desk.at(late + 1);
    for update in [
        settlement.clone(),
        desk.settlement(1_991 * ONE),
        desk.update(day),
    ] {
        let e: IOracle::SettlementFinal = desk.push_refused(&[update]);
        assert_eq!(
            (e.underlying, e.expiryDay, e.price),
            (ETH, day, 1_990 * ONE)
        );
    }
    // For ever, whatever the terms.
    desk.at(late + 300 * 86_400);
    desk.must(&terms(ETH, 7, 1, 1));
    let record = words(&desk.snapshot(&[day]).words);
    assert_eq!(
        (
            record.expiry.variable,
            record.expiry.fixed,
            record.expiry.discount
        ),
        (0, 1_990 * ONE, ONE_Q62)
    );
    assert!(record.expiry.fresh && desk.expiry(day).settled && desk.expiry(day).fresh);
    let _: IOracle::SettlementFinal = desk.push_refused(&[settlement]);
}

/// A dead spot feed keeps no expiry from settling, and too little gas does not make it look dead.
#[test]
fn i_liv_9_settlement_needs_no_spot_and_no_gas_limit_hides_it() {
    let mut desk = Desk::new();
    let (oracle, stranger, feed) = (desk.hub.oracle, desk.hub.stranger, desk.feed);
    let expiry = expiry_seconds(desk.day);
    desk.at(expiry);
    let far = desk.settlement(16_001 * ONE);
    let call = desk.push(std::slice::from_ref(&far), expiry);
    let mut refusals = 0;
    desk.hub.chain.mine(1, None).unwrap();
    for gas in (40_000..600_000).step_by(1_999) {
        let result = desk.hub.raw(oracle, call.abi_encode().into(), 0, Some(gas));
        assert!(!matches!(result.outcome, Outcome::Success), "at {gas} gas");
        refusals +=
            usize::from(IOracle::SettlementOutOfRange::abi_decode_validate(&result.output).is_ok());
    }
    assert!(refusals > 50, "{refusals}");
    let owner = desk.hub.owner;
    desk.hub
        .must(owner, feed, &HostileFeed::setRevertsCall { reverts_: true });
    desk.hub.must(stranger, oracle, &call);
    assert_eq!(desk.expiry(desk.day).fixedPart, 16_001 * ONE);
}

// ---- what it costs ---------------------------------------------------------------------------

/// For the record: `cargo test --test surfaces -- --nocapture gas`.
#[test]
fn gas_of_snapshots_and_pushes() {
    let mut desk = Desk::new();
    let day = desk.day;
    let updates: Vec<_> = (0..12).map(|i| desk.update(day + i)).collect();
    for n in [1, 12] {
        let done = desk.pushed(&updates[..n]);
        println!("a push of {n}: {} gas", done.receipt.gas_used);
    }
    // The narrowest vertex has the most strikes to look at.
    let narrow: Vec<_> = updates
        .iter()
        .map(|update| ExpiryUpdate {
            b: UNIT / 1_000_000_000,
            sigma: UNIT / 1_000_000,
            ..update.clone()
        })
        .collect();
    let done = desk.pushed(&narrow);
    println!("a push of 12 narrow: {} gas", done.receipt.gas_used);
    desk.at(expiry_seconds(day) - POCKET_HORIZON);
    desk.pushed(&updates);
    let gas = |feeds: usize, expiries: u16, underlyings: usize| {
        let keys: Vec<_> = (0..expiries).map(|i| key(ETH, day + i)).collect();
        let call = snapshot(&vec![7; feeds], &keys, &vec![ETH; underlyings]);
        desk.hub.gas(desk.hub.oracle, &call)
    };
    let [nothing, feed, one, twelve] =
        [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 12, 0)].map(|(a, b, c)| gas(a, b, c));
    let (near, margin) = (gas(0, 0, 1), gas(1, 1, 1));
    println!(
        "snapshot, uncached program, cold: nothing {nothing}, a feed {feed}, an expiry {one}, twelve {twelve}, near {near}, a feed with an expiry that is near {margin}"
    );
    let per_expiry = (twelve - one) / 11;
    // Three cold words, and little else.
    assert!(per_expiry < 8_500, "{per_expiry} gas an expiry");
}
