//! Who may push, and who says so.

use super::*;

#[test]
fn i_auth_6_terms_and_signers_are_the_owners() {
    let mut desk = Desk::new();
    let (oracle, owner, stranger) = (desk.hub.oracle, desk.hub.owner, desk.hub.stranger);
    let (a, b) = (terms(2, 7, 60, 1), desk.signers(1));
    let e: IOracle::NotOwner = decode_error(&desk.hub.send(stranger, oracle, &a).unwrap_err());
    assert_eq!((e.caller, e.owner), (stranger, owner));
    let e: IOracle::NotOwner = decode_error(&desk.hub.send(stranger, oracle, &b).unwrap_err());
    assert_eq!((e.caller, e.owner), (stranger, owner));

    let done = desk.hub.must(owner, oracle, &terms(2, 7, 600, ONE as u64));
    let [set] = &events::<IOracle::SurfaceTermsSet>(&done)[..] else {
        panic!()
    };
    let told = (set.underlying, set.feed, set.maxAge, set.maxBasis);
    assert_eq!(told, (2, 7, 600, ONE as u64));
    let now = desk
        .hub
        .get(oracle, &IOracle::surfaceTermsCall { underlying: 2 });
    assert_eq!((now.feed, now.maxAge, now.maxBasis), (7, 600, ONE as u64));
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
    for age in [0, 601, 172_800, u32::MAX] {
        let e: IOracle::MaxAgeOutOfRange = desk.refused(&terms(2, 7, age, 1));
        assert_eq!((e.maxAge, e.limit), (age, 600));
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

/// A push of one update that is signed by all three, of whom two must sign.
struct Push {
    desk: Desk,
    updates: [ExpiryUpdate; 1],
    time: u64,
    good: IOracle::pushExpiriesCall,
    all: Vec<Bytes>,
    addresses: Vec<Address>,
}

impl Push {
    fn new() -> Self {
        let mut desk = Desk::new();
        let updates = [desk.update(desk.day)];
        desk.at(desk.next() + 100);
        let time = desk.next() - 50;
        let hash = desk.hash(&updates, time);
        Self {
            good: desk.push(&updates, time),
            all: push::sign(hash, &desk.hub.keys).unwrap(),
            addresses: desk
                .hub
                .keys
                .iter()
                .map(PrivateKeySigner::address)
                .collect(),
            desk,
            updates,
            time,
        }
    }

    /// The push with other signatures.
    fn with(&self, signatures: &[&Bytes]) -> IOracle::pushExpiriesCall {
        IOracle::pushExpiriesCall {
            signatures: signatures.iter().map(|s| (*s).clone()).collect(),
            ..self.good.clone()
        }
    }

    fn refused<E: SolError + Debug>(&mut self, signatures: &[&Bytes]) -> E {
        let call = self.with(signatures);
        self.desk.refused(&call)
    }
}

/// I-AUTH-4: nothing but the signatures of enough signers, each once, over this push, for this chain and contract.
#[test]
fn i_auth_4_a_quorum_is_enough_signers_over_this_push() {
    let mut push = Push::new();
    let (all, addresses) = (push.all.clone(), push.addresses.clone());
    // Any two, or all three, from anybody.
    for signatures in [
        vec![&all[0], &all[1]],
        vec![&all[0], &all[2]],
        vec![&all[1], &all[2]],
        all.iter().collect(),
    ] {
        let before = push.desk.hub.chain.snapshot();
        push.desk.must(&push.with(&signatures));
        assert_eq!(push.desk.days(), [push.desk.day]);
        assert!(push.desk.hub.chain.revert(before));
    }
    // A signer that is taken off the list does not count any more.
    push.desk.must(&IOracle::setSignersCall {
        signers: vec![addresses[0], addresses[2]],
        threshold: 1,
    });
    let e: IOracle::UnknownSigner = push.desk.refused(&push.good);
    assert_eq!(e.signer, addresses[1]);
    push.desk.must(&push.with(&[&all[2]]));
}

#[test]
fn i_auth_4_too_few_signers_or_too_many_are_no_quorum() {
    let mut push = Push::new();
    let (all, addresses) = (push.all.clone(), push.addresses.clone());
    for signatures in [&[][..], &[&all[0]], &[&all[2]]] {
        let e: IOracle::TooFewSignatures = push.refused(signatures);
        assert_eq!((e.given, e.threshold), (U256::from(signatures.len()), 2));
    }
    for (signatures, index, signer) in [
        ([&all[1], &all[0]], 1, addresses[0]),
        ([&all[1], &all[1]], 1, addresses[1]),
    ] {
        let e: IOracle::SignersNotAscending = push.refused(&signatures);
        assert_eq!((e.index, e.signer), (U256::from(index), signer));
    }
    let e: IOracle::TooManyItems = push.refused(&[&all[0]; 17]);
    assert_eq!((e.given, e.limit), (U256::from(17), U256::from(16)));
}

#[test]
fn i_auth_4_a_foreign_signature_is_refused() {
    let mut push = Push::new();
    let all = push.all.clone();
    let hash = push.desk.hash(&push.updates, push.time);
    let foreign = PrivateKeySigner::from_bytes(&B256::repeat_byte(9)).unwrap();
    let theirs = plimsoll::push::sign(hash, std::slice::from_ref(&foreign)).unwrap();
    let e: IOracle::UnknownSigner = push.refused(&[&all[0], &theirs[0]]);
    assert_eq!(e.signer, foreign.address());
    // A third that is wrong spoils two that are right.
    let e: IOracle::UnknownSigner = push.refused(&[&all[0], &all[1], &theirs[0]]);
    assert_eq!(e.signer, foreign.address());
}

/// Another chain, another contract, other data: the same signatures are strangers'.
#[test]
fn i_auth_4_a_signature_is_of_one_chain_contract_and_push() {
    let Push {
        mut desk,
        updates,
        time,
        good,
        addresses,
        ..
    } = Push::new();
    let (chain, oracle) = (desk.hub.chain.config().chain_id, desk.hub.oracle);
    let other = |domain, updates: &[ExpiryUpdate], time| {
        push::sign(
            push::signing_hash(&domain, updates, time),
            &desk.hub.keys[..2],
        )
        .unwrap()
    };
    let mut moved = updates.clone();
    moved[0].ratio += 1;
    for signatures in [
        other(push::domain(chain + 1, oracle), &updates, time),
        other(push::domain(chain, desk.hub.margin), &updates, time),
        other(push::domain(chain, oracle), &moved, time),
        other(push::domain(chain, oracle), &updates, time - 1),
        other(push::domain(chain, oracle), &[], time),
    ] {
        let call = IOracle::pushExpiriesCall {
            signatures,
            ..good.clone()
        };
        let e: IOracle::UnknownSigner =
            decode_error(&desk.hub.send(desk.hub.stranger, oracle, &call).unwrap_err());
        assert!(!addresses.contains(&e.signer));
    }
    let separator = desk.hub.get(oracle, &IOracle::domainSeparatorCall {});
    assert_eq!(separator, push::domain(chain, oracle).separator());
}

/// I-SIG: not the other form of a signature, not another encoding of it.
#[test]
fn i_auth_4_a_signature_has_one_form() {
    let mut push = Push::new();
    let all = push.all.clone();
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
        let e: IOracle::InvalidSignature = push.refused(&[&bad, &all[1]]);
        assert_eq!(e.index, U256::ZERO, "{bad}");
        let e: IOracle::InvalidSignature = push.refused(&[&all[0], &bad]);
        assert_eq!(e.index, U256::from(1), "{bad}");
    }
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
