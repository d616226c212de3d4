//! Values: numbers, addresses, bytes, lists.
#[cfg(not(target_arch = "wasm32"))]
use crate::Type;
use crate::{Encoder, Name, Reader};
use alloc::vec::Vec;
use stylus_sdk::alloy_primitives::{Address, B256, FixedBytes, I256, U256};

/// The ABI's signed number.
#[inline(never)]
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "digits of a wide number: what is cut off is the next digit"
)]
pub const fn int(value: i128) -> I256 {
    let bits = value.cast_unsigned();
    let extension = if value < 0 { u64::MAX } else { 0 };
    I256::from_raw(U256::from_limbs([
        bits as u64,
        (bits >> 64) as u64,
        extension,
        extension,
    ]))
}

/// A value of the ABI.
pub trait Abi: Sized {
    /// Its type's name in signatures.
    const NAME: Name;
    /// Behind an offset.
    const DYNAMIC: bool = false;
    /// Words it takes among other values; an offset takes one.
    const WORDS: usize = 1;

    /// The type, for people and tools. Not in the module.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    fn declared() -> Type {
        Type::Value(Self::NAME.text())
    }

    /// Reads it where it stands.
    fn read(reader: &mut Reader<'_>) -> Self;

    /// Writes it: in place, or, when it is dynamic, in a frame of its own at the end.
    fn write(&self, out: &mut Encoder);
}

macro_rules! small_numbers {
    ($($type:ty, $name:literal;)*) => {$(
        impl Abi for $type {
            const NAME: Name = Name::new($name);
            #[allow(clippy::cast_possible_truncation, reason = "at most the largest")]
            fn read(reader: &mut Reader<'_>) -> Self {
                reader.at_most(Self::MAX.into()) as Self
            }
            fn write(&self, out: &mut Encoder) {
                out.unsigned((*self).into());
            }
        }
    )*};
}

small_numbers! {
    u8, "uint8";
    u16, "uint16";
    u32, "uint32";
    u64, "uint64";
}

impl Abi for u128 {
    const NAME: Name = Name::new("uint128");
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.unsigned()
    }
    fn write(&self, out: &mut Encoder) {
        out.unsigned(*self);
    }
}

impl Abi for i128 {
    const NAME: Name = Name::new("int128");
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.signed()
    }
    fn write(&self, out: &mut Encoder) {
        out.signed(*self);
    }
}

impl Abi for i64 {
    const NAME: Name = Name::new("int64");
    fn read(reader: &mut Reader<'_>) -> Self {
        let number = Self::try_from(reader.signed()).ok();
        reader.check(number)
    }
    fn write(&self, out: &mut Encoder) {
        out.signed((*self).into());
    }
}

impl Abi for U256 {
    const NAME: Name = Name::new("uint256");
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.word()
    }
    fn write(&self, out: &mut Encoder) {
        out.word(self);
    }
}

impl Abi for I256 {
    const NAME: Name = Name::new("int256");
    fn read(reader: &mut Reader<'_>) -> Self {
        Self::from_raw(reader.word())
    }
    fn write(&self, out: &mut Encoder) {
        out.word(&self.into_raw());
    }
}

impl Abi for B256 {
    const NAME: Name = Name::new("bytes32");
    fn read(reader: &mut Reader<'_>) -> Self {
        Self(reader.bytes())
    }
    fn write(&self, out: &mut Encoder) {
        out.raw(&self.0);
    }
}

impl Abi for FixedBytes<4> {
    const NAME: Name = Name::new("bytes4");
    fn read(reader: &mut Reader<'_>) -> Self {
        let mut word = reader.bytes();
        word.rotate_left(4);
        if word.iter().take(28).any(|byte| *byte != 0) {
            reader.left = 0;
        }
        Self(word.last_chunk().copied().unwrap_or_default())
    }
    fn write(&self, out: &mut Encoder) {
        let mut word = [0; 32];
        if let Some(place) = word.first_chunk_mut() {
            *place = self.0;
        }
        out.raw(&word);
    }
}

impl Abi for Address {
    const NAME: Name = Name::new("address");
    fn read(reader: &mut Reader<'_>) -> Self {
        Self::from_word(B256::from(reader.padded(12)))
    }
    fn write(&self, out: &mut Encoder) {
        out.raw(&self.into_word().0);
    }
}

impl Abi for bool {
    const NAME: Name = Name::new("bool");
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.at_most(1) == 1
    }
    fn write(&self, out: &mut Encoder) {
        out.unsigned((*self).into());
    }
}

/// `bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Abi for Bytes {
    const NAME: Name = Name::new("bytes");
    const DYNAMIC: bool = true;

    #[inline(never)]
    fn read(reader: &mut Reader<'_>) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a `usize` has at least 32 bits"
        )]
        let length = reader.at_most(u32::MAX.into()) as usize;
        let words = length.div_ceil(32);
        let length = reader.check((words < reader.left).then_some(length));
        let mut bytes = Vec::with_capacity(length.saturating_add(31));
        while bytes.len() < length {
            bytes.extend_from_slice(&reader.bytes());
        }
        bytes.truncate(length);
        Self(bytes)
    }

    #[inline(never)]
    fn write(&self, out: &mut Encoder) {
        let outer = out.open(1);
        out.unsigned(self.0.len() as u128);
        out.open(self.0.len().div_ceil(32));
        for chunk in self.0.chunks(32) {
            let mut word = [0; 32];
            word.iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from);
            out.raw(&word);
        }
        out.close(outer);
    }
}

impl<T: Abi> Abi for Vec<T> {
    const NAME: Name = T::NAME.then(b"[]");
    const DYNAMIC: bool = true;

    #[cfg(not(target_arch = "wasm32"))]
    fn declared() -> Type {
        Type::List(alloc::boxed::Box::new(T::declared()))
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let (length, mut items) = reader.items(T::WORDS);
        let mut list = Self::with_capacity(length);
        for _ in 0..length {
            list.push(items.field());
        }
        reader.left = items.left;
        list
    }

    fn write(&self, out: &mut Encoder) {
        let outer = out.open(1);
        out.unsigned(self.len() as u128);
        out.open(self.len().saturating_mul(T::WORDS));
        for item in self {
            out.field(item);
        }
        out.close(outer);
    }
}
