#![allow(unreachable_pub)]
use crate::*;
use alloc::{vec, vec::Vec};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use stylus_sdk::alloy_primitives::{Address, B256, FixedBytes, I256, U256};

mod reference {
    alloy_sol_types::sol! {
        struct Item { int128 cash; bool on; uint256[] legs; }
        struct Flat { uint8 a; int64 b; }
        function probeThis(uint16 a, Item[] items, Flat[] flats, address who, Flat one, bytes32 raw) external;
        function nothing() external;
        error Refused(address who, int256 much, uint128 many);
        error Said(address who, bytes words, uint8 code);
        function sign(bytes one, bytes[] many) external;
        event Happened(bytes32 indexed what, uint16 indexed which, int128 much, bool yes);
    }
}

crate::abi_struct! {
    /// Dynamic.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Item { cash: i128, on: bool, legs: Vec<U256> }
    /// Static.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Flat { a: u8, b: i64 }
}
crate::errors! {
    Refused { who: Address, much: I256, many: u128 }
    Said { who: Address, words: Bytes, code: u8 }
}
crate::events! { Happened [what: B256, which: u16] { much: i128, yes: bool } }

type Arguments = (u16, Vec<Item>, Vec<Flat>, Address, Flat, B256);

struct Probe(u8);
impl Probe {
    fn nothing(&self) -> u8 {
        self.0
    }
    fn take(&self, _: Vec<Vec<U256>>) -> u8 {
        self.0
    }
    fn probe_this(
        &mut self,
        a: u16,
        items: Vec<Item>,
        _: Vec<Flat>,
        who: Address,
        _: Flat,
        _: B256,
    ) -> Result<(u16, Address), Revert> {
        self.0 = items.len() as u8;
        Ok((a, who))
    }
}

fn values() -> (Arguments, reference::probeThisCall) {
    let item = |cash, on, legs: &[u64]| Item {
        cash,
        on,
        legs: legs.iter().copied().map(U256::from).collect(),
    };
    let flat = |a, b| Flat { a, b };
    let ours = (
        7,
        vec![item(-5, true, &[1, 2, 3]), item(i128::MAX, false, &[])],
        vec![flat(1, -1), flat(255, i64::MIN)],
        Address::repeat_byte(0xab),
        flat(9, 9),
        B256::repeat_byte(0xcd),
    );
    let theirs = reference::probeThisCall {
        a: ours.0,
        items: ours
            .1
            .iter()
            .map(|i| reference::Item {
                cash: i.cash,
                on: i.on,
                legs: i.legs.clone(),
            })
            .collect(),
        flats: ours
            .2
            .iter()
            .map(|f| reference::Flat { a: f.a, b: f.b })
            .collect(),
        who: ours.3,
        one: reference::Flat {
            a: ours.4.a,
            b: ours.4.b,
        },
        raw: ours.5,
    };
    (ours, theirs)
}

#[test]
fn writes_and_reads_what_alloy_does() {
    let (ours, theirs) = values();
    let data = ours.encode(&reference::probeThisCall::SELECTOR);
    assert_eq!(data, theirs.abi_encode());
    assert_eq!(Arguments::decode(&data[4..]), Some(ours));
    for end in 4..data.len() {
        assert_eq!(Arguments::decode(&data[4..end]), None, "{end}");
    }
}

#[test]
fn bytes_are_alloys() {
    for length in [0, 1, 31, 32, 33, 65, 96] {
        let bytes = |fill: u8| vec![fill; length];
        let theirs = reference::signCall {
            one: bytes(1).into(),
            many: vec![bytes(2).into(), vec![].into(), bytes(3).into()],
        };
        let many = vec![Bytes(bytes(2)), Bytes(vec![]), Bytes(bytes(3))];
        let ours = (Bytes(bytes(1)), many);
        let data = ours.encode(&reference::signCall::SELECTOR);
        assert_eq!(data, theirs.abi_encode(), "{length}");
        assert_eq!(<(Bytes, Vec<Bytes>)>::decode(&data[4..]), Some(ours));
        for end in 4..data.len() {
            let cut = <(Bytes, Vec<Bytes>)>::decode(&data[4..end]);
            assert_eq!(cut, None, "{length} {end}");
        }
    }
    assert_eq!(
        signature_hash("sign", <(Bytes, Vec<Bytes>)>::NAMES)[..4],
        reference::signCall::SELECTOR
    );
    let huge = (U256::from(32), U256::from(u32::MAX)).abi_encode();
    assert_eq!(<(Bytes,)>::decode(&huge), None);
}

#[test]
fn methods_have_alloys_selectors() {
    assert_eq!(
        selector_of("probe_this", &Probe::probe_this),
        u32::from_be_bytes(reference::probeThisCall::SELECTOR)
    );
    assert_eq!(
        selector_of("nothing", &Probe::nothing),
        u32::from_be_bytes(reference::nothingCall::SELECTOR)
    );
    let (ours, theirs) = values();
    let mut probe = Probe(0);
    let mut answer = Vec::new();
    let data = theirs.abi_encode();
    let arguments = |data| Reader::new(Words::new(data));
    Probe::probe_this
        .call(&mut probe, arguments(&data[4..]), &mut answer)
        .unwrap();
    assert_eq!(answer, (ours.0, ours.3).abi_encode());
    Probe::nothing
        .call(&mut probe, arguments(&[]), &mut answer)
        .unwrap();
    assert_eq!(answer, U256::from(2).abi_encode());
    let refused = Probe::probe_this.call(&mut probe, arguments(&[]), &mut answer);
    assert_eq!(refused, Err(BadCalldata {}.into()));
}

#[test]
fn errors_and_events_are_alloys() {
    let error = Refused {
        who: Address::repeat_byte(3),
        much: I256::MINUS_ONE,
        many: 4,
    };
    let theirs = reference::Refused {
        who: error.who,
        much: error.much,
        many: 4,
    };
    assert_eq!(Revert::from(error).data(), theirs.abi_encode());
    for length in [0, 4, 32, 100] {
        let (who, words, code) = (Address::repeat_byte(3), vec![7; length], 9);
        let theirs = reference::Said {
            who,
            words: words.clone().into(),
            code,
        };
        let words = Bytes(words);
        let ours = Said { who, words, code };
        assert_eq!(Revert::from(ours).data(), theirs.abi_encode(), "{length}");
    }
    assert_eq!(
        Happened::SIGNATURE_HASH,
        reference::Happened::SIGNATURE_HASH.0
    );
}

#[test]
fn i_rnd_5_numbers_must_fit() {
    let word = |number: U256| number.to_be_bytes::<32>();
    assert_eq!(<(u8,)>::decode(&word(U256::from(256))), None);
    assert_eq!(<(u128,)>::decode(&word(U256::ONE << 128)), None);
    assert_eq!(<(i64,)>::decode(&word(U256::from(u64::MAX))), None);
    assert_eq!(<(i64,)>::decode(&word(U256::MAX)), Some((-1,)));
    assert_eq!(<(bool,)>::decode(&word(U256::from(2))), None);
    assert_eq!(<(Address,)>::decode(&word(U256::ONE << 160)), None);
    let selector =
        |low: u8| <(FixedBytes<4>,)>::decode(&word((U256::from(5) << 224) | U256::from(low)));
    assert_eq!((selector(1), selector(0).is_some()), (None, true));
    // An array that says it is longer than the data.
    let huge = (U256::from(32), U256::from(u64::MAX)).abi_encode();
    assert_eq!(<(Vec<U256>,)>::decode(&huge), None);
}

/// Offsets that all lead to the same place would have it read, and allocated, once for each of them.
#[test]
fn a_word_is_read_once() {
    let place = |at: usize| U256::from(at * 32).to_be_bytes::<32>();
    let number = |number: usize| U256::from(number).to_be_bytes::<32>();
    // `count` lists, all of them the one of `length` words that ends the data.
    let lists = |count: usize, length: usize| {
        let mut words = vec![place(1), number(count)];
        words.extend((0..count).map(|_| place(count)));
        words.push(number(length));
        words.extend((0..length).map(number));
        words.concat()
    };
    type Lists = (Vec<Vec<U256>>,);
    assert_eq!(Lists::decode(&lists(1, 500)).unwrap().0[0].len(), 500);
    assert!(Lists::decode(&lists(2, 500)).is_none());
    let data = lists(500, 500);
    let mut reader = Reader::new(Words::new(&data));
    let read: Vec<Vec<U256>> = reader.field();
    let held: usize = read.iter().map(Vec::capacity).sum();
    assert_eq!(reader.finish(()), None);
    assert!(held <= data.len() / 32, "{held}");
    // The same of bytes, and of a call.
    assert!(<(Vec<Bytes>,)>::decode(&lists(40, 960)).is_none());
    let mut probe = Probe(0);
    let refused = Probe::take.call(&mut probe, Reader::new(Words::new(&data)), &mut Vec::new());
    assert_eq!(refused, Err(BadCalldata {}.into()));
}
