//! The codec against alloy's: random values of many types, and data that is almost theirs.
//!
//! For every value the bytes are alloy's, and come back as the value. For every data:
//!
//! * what alloy takes when it is strict (one encoding of each value, more bytes after it allowed), we take;
//! * what we take, alloy takes when it validates, as the same value;
//! * what alloy takes when it validates and we refuse has one of three reasons, and whatever has one of them we refuse:
//!   an offset is no multiple of 32, words are read more often than the data is long, the zeros after `bytes` are cut off.
//!
//! The types are a matrix: each kind of value, in each kind of place. `PROPTEST_CASES` sets the cases per type, 64 by default.
#![allow(missing_docs)]

use alloy_sol_types::{
    SolType,
    abi::{AbiDecoderConfig, TokenSeq},
    sol_data,
};
use proptest::{collection::vec, prelude::*, sample::Index, test_runner::TestRunner};
use std::fmt::Debug;
use stylus_abi::{Abi, Bytes, Fields, Type, abi_struct, selector};
use stylus_sdk::alloy_primitives::{Address, B256, FixedBytes, I256, U256};

/// A value of ours that alloy has too.
trait Mirror: Abi + Clone + Debug + PartialEq + 'static {
    type Sol: SolType;
    fn theirs(&self) -> <Self::Sol as SolType>::RustType;
    fn random() -> BoxedStrategy<Self>;
}

macro_rules! leaves {
    ($($module:ident: $type:ty $(, .$inside:tt)?, $sol:ty, [$($edge:expr),*], $any:expr;)*) => {$(
        impl Mirror for $type {
            type Sol = $sol;
            fn theirs(&self) -> <Self::Sol as SolType>::RustType {
                self.clone()$(.$inside)?.into()
            }
            fn random() -> BoxedStrategy<Self> {
                prop_oneof![$(Just($edge),)* $any].boxed()
            }
        }

        mod $module {
            use super::*;

            structs! {
                Flat { value: $type, other: u16 }
                Item { list: Vec<$type>, flat: Flat, text: Bytes }
                Nest { items: Vec<Item>, flats: Vec<Flat>, last: $type }
            }

            #[test]
            fn alone_and_in_structs() {
                agrees_with_alloy::<$type, Flat, Item>();
            }

            #[test]
            fn in_lists() {
                agrees_with_alloy::<Vec<$type>, Vec<Flat>, Vec<Vec<$type>>>();
            }

            #[test]
            fn nested() {
                agrees_with_alloy::<Nest, $type, Vec<Nest>>();
            }
        }
    )*};
}

macro_rules! structs {
    ($($name:ident { $($field:ident: $type:ty),* })*) => {$(
        abi_struct! {
            #[derive(Clone, Debug, PartialEq)]
            pub(super) struct $name { $($field: $type),* }
        }

        impl Mirror for $name {
            type Sol = ($(<$type as Mirror>::Sol,)*);
            fn theirs(&self) -> <Self::Sol as SolType>::RustType {
                ($(self.$field.theirs(),)*)
            }
            fn random() -> BoxedStrategy<Self> {
                ($(<$type>::random(),)*).prop_map(|($($field,)*)| Self { $($field),* }).boxed()
            }
        }
    )*};
}

leaves! {
    uint8: u8, sol_data::Uint<8>, [0, u8::MAX], any::<u8>();
    uint16: u16, sol_data::Uint<16>, [0, u16::MAX], any::<u16>();
    uint32: u32, sol_data::Uint<32>, [0, u32::MAX], any::<u32>();
    uint64: u64, sol_data::Uint<64>, [0, u64::MAX], any::<u64>();
    uint128: u128, sol_data::Uint<128>, [0, u128::MAX], any::<u128>();
    int64: i64, sol_data::Int<64>, [-1, i64::MIN], any::<i64>();
    int128: i128, sol_data::Int<128>, [-1, i128::MIN], any::<i128>();
    uint256: U256, sol_data::Uint<256>, [U256::ZERO, U256::MAX], any::<[u64; 4]>().prop_map(U256::from_limbs);
    int256: I256, sol_data::Int<256>, [I256::MINUS_ONE, I256::MIN],
        any::<[u64; 4]>().prop_map(|limbs| I256::from_raw(U256::from_limbs(limbs)));
    boolean: bool, sol_data::Bool, [], any::<bool>();
    address: Address, sol_data::Address, [Address::ZERO], any::<[u8; 20]>().prop_map(Address::from);
    bytes4: FixedBytes<4>, sol_data::FixedBytes<4>, [FixedBytes::ZERO], any::<[u8; 4]>().prop_map(FixedBytes);
    bytes32: B256, sol_data::FixedBytes<32>, [B256::ZERO], any::<[u8; 32]>().prop_map(FixedBytes);
    bytes: Bytes, .0, sol_data::Bytes, [Bytes(vec![7; 32])], vec(any::<u8>(), 0..70).prop_map(Bytes);
}

impl<T: Mirror> Mirror for Vec<T> {
    type Sol = sol_data::Array<T::Sol>;
    fn theirs(&self) -> <Self::Sol as SolType>::RustType {
        self.iter().map(T::theirs).collect()
    }
    fn random() -> BoxedStrategy<Self> {
        vec(T::random(), 0..4).boxed()
    }
}

/// A change of encoded data.
#[derive(Clone, Debug)]
enum Change {
    Word(Index, [u8; 32]),
    Byte(Index, u8),
    Copy(Index, Index),
    Cut(Index),
    More(Vec<u8>),
}

impl Change {
    fn random() -> impl Strategy<Value = Self> {
        let number = prop_oneof![
            (0..24u64).prop_map(|n| U256::from(n * 32)),
            (0..300u64).prop_map(U256::from),
            Just(U256::from(u32::MAX) + U256::ONE),
            Just(U256::from(u64::MAX)),
            Just(U256::MAX),
        ];
        prop_oneof![
            4 => (any::<Index>(), number).prop_map(|(at, n)| Self::Word(at, n.to_be_bytes())),
            2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Self::Byte(at, byte)),
            2 => any::<(Index, Index)>().prop_map(|(from, to)| Self::Copy(from, to)),
            1 => any::<Index>().prop_map(Self::Cut),
            1 => vec(any::<u8>(), 1..70).prop_map(Self::More),
        ]
    }

    fn apply(&self, data: &mut Vec<u8>) {
        let (words, bytes) = (data.len() / 32, data.len());
        match self {
            Self::Word(at, word) if words > 0 => {
                let at = at.index(words) * 32;
                data[at..at + 32].copy_from_slice(word);
            }
            Self::Copy(from, to) if words > 0 => {
                let from = from.index(words) * 32;
                data.copy_within(from..from + 32, to.index(words) * 32);
            }
            Self::Byte(at, byte) if bytes > 0 => data[at.index(bytes)] = *byte,
            Self::Cut(at) if bytes > 0 => data.truncate(at.index(bytes)),
            Self::More(more) => data.extend(more),
            _ => {}
        }
    }
}

/// What a decoder meets that follows every offset.
#[derive(Debug, Default)]
struct Walk {
    words: usize,
    misaligned: bool,
    cut: bool,
}

impl Walk {
    fn is_refused(&self, data: &[u8]) -> bool {
        self.misaligned || self.cut || self.words > data.len() / 32
    }

    /// Walks over values of these types from byte `at` on, offsets relative to it; `None` when the data ends.
    fn fields(&mut self, types: &[Type], data: &[u8], frame: usize) -> Option<()> {
        self.inline(types, data, frame, &mut frame.clone())
    }

    fn inline(&mut self, types: &[Type], data: &[u8], frame: usize, at: &mut usize) -> Option<()> {
        for ty in types {
            if is_dynamic(ty) {
                let offset = number(data, *at)?;
                self.misaligned |= !offset.is_multiple_of(32);
                *at += 32;
                self.dynamic(ty, data, frame.checked_add(offset)?)?;
            } else if let Type::Struct(_, fields) = ty {
                let types: Vec<_> = fields.iter().map(|f| f.ty.clone()).collect();
                self.inline(&types, data, frame, at)?;
            } else {
                data.get(*at..*at + 32)?;
                self.words += 1;
                *at += 32;
            }
        }
        Some(())
    }

    fn dynamic(&mut self, ty: &Type, data: &[u8], at: usize) -> Option<()> {
        match ty {
            Type::Struct(_, fields) => {
                let types: Vec<_> = fields.iter().map(|f| f.ty.clone()).collect();
                self.fields(&types, data, at)
            }
            Type::List(item) => {
                let length = number(data, at)?;
                self.words += 1;
                self.fields(&vec![(**item).clone(); length], data, at + 32)
            }
            Type::Value(_) => {
                let words = number(data, at)?.div_ceil(32);
                self.words += 1 + words;
                // Whole words are read, and a misaligned place has been noted.
                self.cut |= at + 32 + words * 32 > data.len();
                Some(())
            }
        }
    }
}

fn is_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Value(name) => name == "bytes",
        Type::List(_) => true,
        Type::Struct(_, fields) => fields.iter().any(|field| is_dynamic(&field.ty)),
    }
}

fn number(data: &[u8], at: usize) -> Option<usize> {
    let word = data.get(at..at.checked_add(32)?)?;
    usize::try_from(U256::from_be_slice(word))
        .ok()
        .filter(|n| *n < 1 << 32)
}

/// Runs everything this file says over three values as arguments.
fn agrees_with_alloy<A: Mirror, B: Mirror, C: Mirror>()
where
    for<'a> <(A::Sol, B::Sol, C::Sol) as SolType>::Token<'a>: TokenSeq<'a>,
{
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: cases.unwrap_or(64),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let changes = vec(vec(Change::random(), 1..4), 16);
    let strategy = (A::random(), B::random(), C::random(), changes);
    runner
        .run(&strategy, |(a, b, c, changes)| {
            type Sol<A, B, C> = (<A as Mirror>::Sol, <B as Mirror>::Sol, <C as Mirror>::Sol);
            let theirs = Sol::<A, B, C>::abi_encode_params(&(a.theirs(), b.theirs(), c.theirs()));
            let ours = (a, b, c);
            let id = selector("f", <(A, B, C)>::NAMES);
            prop_assert_eq!(ours.encode(&id), [id.as_slice(), &theirs].concat());
            prop_assert_eq!(<(A, B, C)>::decode(&theirs), Some(ours));
            for changes in changes {
                let mut data = theirs.clone();
                changes.iter().for_each(|change| change.apply(&mut data));
                decodes_as_alloy::<A, B, C>(&data)?;
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

fn decodes_as_alloy<A: Mirror, B: Mirror, C: Mirror>(data: &[u8]) -> Result<(), TestCaseError>
where
    for<'a> <(A::Sol, B::Sol, C::Sol) as SolType>::Token<'a>: TokenSeq<'a>,
{
    let decode = |config| {
        let value = <(A::Sol, B::Sol, C::Sol)>::abi_decode_params_with_config(data, config).ok()?;
        Some(<(A::Sol, B::Sol, C::Sol)>::abi_encode_params(&value))
    };
    // Values are compared by their one encoding.
    let ours = <(A, B, C)>::decode(data).map(|value| value.encode(&[]));
    let config = AbiDecoderConfig::new();
    let strict = decode(config.strict(true).validate_allow_trailing_bytes(true));
    let valid = decode(config.validate(true));
    if strict.is_some() {
        prop_assert_eq!(&ours, &strict, "alloy takes it, strictly");
    }
    let Some(valid) = valid else {
        prop_assert_eq!(ours, None, "alloy refuses it");
        return Ok(());
    };
    let mut walk = Walk::default();
    let walked = walk.fields(&<(A, B, C)>::types(), data, 0);
    prop_assert_eq!(walked, Some(()), "alloy takes what the walk does not");
    match ours {
        Some(ours) => {
            prop_assert_eq!(ours, valid);
            prop_assert!(!walk.is_refused(data), "we take it: {:?}", walk);
        }
        None => prop_assert!(walk.is_refused(data), "we refuse it: {:?}", walk),
    }
    Ok(())
}

/// The three reasons, one by one, so that the fuzz cannot lose one unseen.
#[test]
fn what_we_refuse_and_alloy_takes() {
    let word = |n: usize| U256::from(n).to_be_bytes::<32>();
    let alloy = |data: &[u8]| <(sol_data::Bytes,)>::abi_decode_params_validate(data).is_ok();
    let ours = |data: &[u8]| <(Bytes,)>::decode(data).is_some();
    let plain = [word(32), word(1), word(0)].concat();
    assert!(alloy(&plain) && ours(&plain));
    // An offset that is no multiple of 32.
    let misaligned = [word(33).as_slice(), &[0], &word(1), &word(0)].concat();
    assert!(alloy(&misaligned) && !ours(&misaligned));
    // Zeros cut off.
    let cut = &plain[..65];
    assert!(alloy(cut) && !ours(cut));
    // Words read more often than the data is long.
    let twice = [
        word(32),
        word(2),
        word(64),
        word(64),
        word(2),
        word(0),
        word(0),
    ]
    .concat();
    assert!(
        <(sol_data::Array<sol_data::Array<sol_data::Uint<256>>>,)>::abi_decode_params_validate(
            &twice
        )
        .is_ok()
    );
    assert!(<(Vec<Vec<U256>>,)>::decode(&twice).is_some());
    let often = [
        word(32),
        word(3),
        word(96),
        word(96),
        word(96),
        word(2),
        word(0),
        word(0),
    ]
    .concat();
    assert!(
        <(sol_data::Array<sol_data::Array<sol_data::Uint<256>>>,)>::abi_decode_params_validate(
            &often
        )
        .is_ok()
    );
    assert!(<(Vec<Vec<U256>>,)>::decode(&often).is_none());
}
