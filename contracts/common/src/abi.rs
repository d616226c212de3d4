//! The ABI, in the little code a contract can afford.
//!
//! The generated codecs of the usual crates inline every conversion at every use: our vault came to 44 KB compressed
//! with them, where the chain takes 24. Here a value knows how to read and write itself, in terms of a few functions
//! that are never inlined, and selectors are computed from the Rust types, so that they cannot disagree with what is
//! decoded.
//!
//! * [`Abi`]: a value. Numbers must fit their type, a `bool` is 0 or 1, offsets are multiples of 32.
//! * [`Fields`]: several values in a row: arguments, answers, the inside of a struct.
//! * [`Method`]: any method of a contract, for [`entrypoint!`](crate::entrypoint).
//! * [`abi_struct!`](crate::abi_struct), [`errors!`](macro@crate::errors), [`events!`](crate::events) declare them.
//!
//! Reading is total: what does not decode is `None`. Each word pays for one value at most: offsets may point anywhere, but
//! what they point to is not read, nor memory taken for it, more often than the data is long.
use crate::{errors::BadCalldata, revert::Revert, words::Words};
use alloc::vec::Vec;
use plimsoll_kernel::num::{Int256, U256, to_u128};
use stylus_sdk::{
    alloy_primitives::{Address, B256, FixedBytes, I256},
    keccak_const::Keccak256,
};

// ---- names and selectors, all at compile time ---------------------------------------------------------------

/// A type's name in signatures.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Name {
    const MAX: usize = 192;

    /// The name as written.
    #[must_use]
    pub const fn new(text: &str) -> Self {
        Self {
            bytes: [0; Self::MAX],
            len: 0,
        }
        .then(text.as_bytes())
    }

    /// Followed by more.
    #[must_use]
    pub const fn then(mut self, mut text: &[u8]) -> Self {
        while let Some((first, rest)) = text.split_first() {
            self.bytes[self.len] = *first; // SAFETY: only ever evaluated at compile time.
            self.len += 1;
            text = rest;
        }
        self
    }

    /// The names of a list of types, separated by commas, in parentheses.
    #[must_use]
    pub const fn list(mut names: &[Self]) -> Self {
        let mut all = Self::new("(");
        let mut first = true;
        while let Some((name, rest)) = names.split_first() {
            if !first {
                all = all.then(b",");
            }
            all = all.then(name.as_bytes());
            first = false;
            names = rest;
        }
        all.then(b")")
    }

    /// As bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.bytes.split_at(self.len).0
    }
}

/// `snake_case` as `camelCase`.
const fn camel(mut snake: &[u8]) -> Name {
    let mut name = Name::new("");
    let mut upper = false;
    while let Some((first, rest)) = snake.split_first() {
        if *first == b'_' {
            upper = true;
        } else {
            let letter = if upper {
                first.to_ascii_uppercase()
            } else {
                *first
            };
            name = name.then(&[letter]);
            upper = false;
        }
        snake = rest;
    }
    name
}

/// Hash of a signature: `name` followed by the list of types.
#[must_use]
pub const fn signature_hash(name: &str, types: Name) -> [u8; 32] {
    Keccak256::new()
        .update(name.as_bytes())
        .update(types.as_bytes())
        .finalize()
}

/// Selector of a signature.
#[must_use]
pub const fn selector(name: &str, types: Name) -> [u8; 4] {
    first_four(signature_hash(name, types))
}

/// Selector of a method by its Rust name.
#[must_use]
pub const fn selector_of<C, M, F: Method<C, M>>(name: &str, _: &F) -> u32 {
    let name = camel(name.as_bytes());
    let hash = Keccak256::new()
        .update(name.as_bytes())
        .update(F::ARGUMENTS.as_bytes())
        .finalize();
    u32::from_be_bytes(first_four(hash))
}

const fn first_four(hash: [u8; 32]) -> [u8; 4] {
    [hash[0], hash[1], hash[2], hash[3]]
}

// ---- reading ------------------------------------------------------------------------------------------------

/// Values being read one after the other.
///
/// It remembers failure instead of reporting it at every value: what cannot be read comes out as zero or empty, and
/// [`Self::finish`] tells. So decoding is a straight line of calls.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    frame: Words<'a>,
    at: usize,
    /// One more than the words that may still be read, by this reader or those inside; 0 once something failed.
    left: usize,
}

impl<'a> Reader<'a> {
    /// From the first of these words; offsets are relative to it.
    #[must_use]
    pub const fn new(frame: Words<'a>) -> Self {
        Self {
            frame,
            at: 0,
            left: frame.len().saturating_add(1),
        }
    }

    /// The value, unless something could not be read.
    pub fn finish<T>(&self, value: T) -> Option<T> {
        if self.failed() { None } else { Some(value) }
    }

    const fn failed(&self) -> bool {
        self.left == 0
    }

    /// The part, or zero and failure.
    fn check<T: Default>(&mut self, part: Option<T>) -> T {
        match part {
            Some(part) => part,
            None => {
                self.left = 0;
                T::default()
            }
        }
    }

    /// The next word as bytes.
    #[inline(never)]
    pub fn bytes(&mut self) -> [u8; 32] {
        self.left = self.left.saturating_sub(1);
        let word = self.frame.bytes(self.at).filter(|_| !self.failed());
        self.at = self.at.saturating_add(1);
        self.check(word)
    }

    /// The next word.
    #[inline(never)]
    pub fn word(&mut self) -> U256 {
        U256::from_be_bytes(self.bytes())
    }

    /// The next word as an unsigned number of at most 128 bits.
    #[inline(never)]
    pub fn unsigned(&mut self) -> u128 {
        let number = to_u128(self.word());
        self.check(number)
    }

    /// The next word as a signed number of at most 128 bits.
    #[inline(never)]
    pub fn signed(&mut self) -> i128 {
        let number = Int256::from_raw(self.word()).to_i128();
        self.check(number)
    }

    /// The next word as an unsigned number of at most `limit`.
    #[inline(never)]
    pub fn at_most(&mut self, limit: u64) -> u64 {
        let number = u64::try_from(self.unsigned())
            .ok()
            .filter(|number| *number <= limit);
        self.check(number)
    }

    /// The next word, of which the first `zeros` bytes must be zero.
    #[inline(never)]
    fn padded(&mut self, zeros: usize) -> [u8; 32] {
        let word = self.bytes();
        if word.iter().take(zeros).any(|byte| *byte != 0) {
            self.left = 0;
        }
        word
    }

    /// What the next word points to.
    #[inline(never)]
    fn follow(&mut self) -> Self {
        let frame = self.frame.follow(self.at);
        self.at = self.at.saturating_add(1);
        Self {
            frame: self.check(frame),
            at: 0,
            left: self.left,
        }
    }

    /// Length of the array that starts here, and a reader of its items, `words` each at least.
    #[inline(never)]
    fn items(&mut self, words: usize) -> (usize, Self) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a `usize` has at least 32 bits"
        )]
        let length = self.at_most(u32::MAX.into()) as usize;
        let rest = self.frame.after(self.at);
        let frame = self.check(rest);
        let fits = length
            .checked_mul(words)
            .is_some_and(|needed| needed < self.left);
        let length = self.check(fits.then_some(length));
        (
            length,
            Self {
                frame,
                at: 0,
                left: self.left,
            },
        )
    }

    /// The next value.
    pub fn field<T: Abi>(&mut self) -> T {
        if T::DYNAMIC {
            let mut inner = self.follow();
            let value = T::read(&mut inner);
            self.left = inner.left;
            return value;
        }
        T::read(self)
    }
}

// ---- writing ------------------------------------------------------------------------------------------------

/// Values being written one after the other. Heads first, then what they point to.
#[derive(Clone, Debug)]
pub struct Encoder {
    out: Vec<u8>,
    frame: usize,
    head: usize,
}

impl Encoder {
    /// After these bytes, with room for the heads of `words` words.
    #[inline(never)]
    #[must_use]
    pub fn new(prefix: &[u8], words: usize) -> Self {
        let room = words.saturating_mul(32).saturating_add(prefix.len());
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(prefix);
        out.resize(room, 0);
        Self {
            out,
            frame: prefix.len(),
            head: prefix.len(),
        }
    }

    /// Writes a word.
    #[inline(never)]
    pub fn word(&mut self, word: &U256) {
        self.raw(&word.to_be_bytes::<32>());
    }

    /// Writes an unsigned number.
    #[inline(never)]
    pub fn unsigned(&mut self, number: u128) {
        self.number(0, number);
    }

    /// Writes a signed number.
    #[inline(never)]
    pub fn signed(&mut self, number: i128) {
        let extension = if number < 0 { u8::MAX } else { 0 };
        self.number(extension, number.cast_unsigned());
    }

    fn number(&mut self, extension: u8, number: u128) {
        let mut word = [extension; 32];
        if let Some(low) = word.last_chunk_mut::<16>() {
            *low = number.to_be_bytes();
        }
        self.raw(&word);
    }

    /// Writes 32 bytes.
    #[inline(never)]
    pub fn raw(&mut self, word: &[u8; 32]) {
        let end = self.head.saturating_add(32);
        // Heads are reserved when a frame is opened, so the place is there.
        if let Some(place) = self.out.get_mut(self.head..end) {
            place.copy_from_slice(word);
        }
        self.head = end;
    }

    /// Reserves the heads of a new frame at the end; returns what [`Self::close`] needs.
    #[inline(never)]
    pub fn open(&mut self, words: usize) -> (usize, usize) {
        let outer = (self.frame, self.head);
        let start = self.out.len();
        self.out
            .resize(start.saturating_add(words.saturating_mul(32)), 0);
        (self.frame, self.head) = (start, start);
        outer
    }

    /// Returns to the frame around.
    pub fn close(&mut self, outer: (usize, usize)) {
        (self.frame, self.head) = outer;
    }

    /// Writes a value, or the offset of it and the value at the end.
    pub fn field<T: Abi>(&mut self, value: &T) {
        if T::DYNAMIC {
            let offset = self.out.len().saturating_sub(self.frame);
            self.unsigned(offset as u128);
        }
        value.write(self);
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}

// ---- values -------------------------------------------------------------------------------------------------

/// A value of the ABI.
pub trait Abi: Sized {
    /// Its type's name in signatures.
    const NAME: Name;
    /// Behind an offset.
    const DYNAMIC: bool = false;
    /// Words it takes among other values; an offset takes one.
    const WORDS: usize = 1;

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

/// Several values in a row.
pub trait Fields: Sized {
    /// The names of their types, in parentheses.
    const NAMES: Name;
    /// Words of their heads.
    const HEADS: usize;
    /// Some of them are dynamic.
    const DYNAMIC: bool;

    /// Reads them one after the other.
    fn read_fields(reader: &mut Reader<'_>) -> Self;

    /// Writes them into the open frame.
    fn write_fields(&self, out: &mut Encoder);

    /// Arguments or an answer.
    fn decode(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(Words::new(data));
        let fields = Self::read_fields(&mut reader);
        reader.finish(fields)
    }

    /// Arguments or an answer, after a selector if it is the former.
    fn encode(&self, prefix: &[u8]) -> Vec<u8> {
        let mut out = Encoder::new(prefix, Self::HEADS);
        self.write_fields(&mut out);
        out.finish()
    }
}

macro_rules! fields {
    ($($type:ident $index:tt),*) => {
        impl<$($type: Abi),*> Fields for ($($type,)*) {
            const NAMES: Name = Name::list(&[$($type::NAME),*]);
            const HEADS: usize = 0 $(+ $type::WORDS)*;
            const DYNAMIC: bool = false $(|| $type::DYNAMIC)*;
            #[allow(unused_variables, clippy::unused_unit)] // of no fields
            fn read_fields(reader: &mut Reader<'_>) -> Self {
                ($(reader.field::<$type>(),)*)
            }
            #[allow(unused_variables)]
            fn write_fields(&self, out: &mut Encoder) {
                $(out.field(&self.$index);)*
            }
        }
    };
}

fields!();
fields!(A 0);
fields!(A 0, B 1);
fields!(A 0, B 1, D 2);
fields!(A 0, B 1, D 2, E 3);
fields!(A 0, B 1, D 2, E 3, F 4);
fields!(A 0, B 1, D 2, E 3, F 4, G 5);

/// What a method can return: one value, or several as a tuple.
pub trait Answer {
    /// The encoded answer.
    fn encode_answer(&self) -> Vec<u8>;
}

impl<T: Abi> Answer for T {
    fn encode_answer(&self) -> Vec<u8> {
        let mut out = Encoder::new(&[], T::WORDS);
        out.field(self);
        out.finish()
    }
}

macro_rules! answers {
    ($(($($type:ident),*))*) => {$(
        impl<$($type: Abi),*> Answer for ($($type,)*) {
            fn encode_answer(&self) -> Vec<u8> {
                self.encode(&[])
            }
        }
    )*};
}

answers! { () (A, B) (A, B, D) (A, B, D, E) (A, B, D, E, F) (A, B, D, E, F, G) }

// ---- methods ------------------------------------------------------------------------------------------------

/// A method of contract `C`: `fn(&C, arguments..)` or `fn(&mut C, arguments..)`, returning an [`Answer`] or
/// `Result<Answer, Revert>`. `M` tells the shapes apart and is always inferred.
pub trait Method<C, M> {
    /// The names of the arguments' types, in parentheses.
    const ARGUMENTS: Name;

    /// Reads the arguments, calls, writes the answer.
    ///
    /// # Errors
    /// The method's; [`BadCalldata`].
    fn call(
        self,
        contract: &mut C,
        arguments: Reader<'_>,
        answer: &mut Vec<u8>,
    ) -> Result<(), Revert>;
}

/// Marks methods that answer without `Result`.
#[derive(Debug)]
pub struct Plain;
/// Marks methods that answer with `Result`.
#[derive(Debug)]
pub struct Fallible;

macro_rules! methods {
    ($($type:ident $name:ident),*) => {
        methods!(@one (&Contract), Plain, Returned, |answer| Ok(answer); $($type $name),*);
        methods!(@one (&mut Contract), Plain, Returned, |answer| Ok(answer); $($type $name),*);
        methods!(@one (&Contract), Fallible, Result<Returned, Revert>, |answer| answer; $($type $name),*);
        methods!(@one (&mut Contract), Fallible, Result<Returned, Revert>, |answer| answer; $($type $name),*);
    };
    (@one ($($receiver:tt)*), $mark:ident, $result:ty, |$answer:ident| $checked:expr;
        $($type:ident $name:ident),*) => {
        impl<Contract, Function, Returned, $($type),*>
            Method<Contract, ($mark, fn($($receiver)*), Returned, ($($type,)*))> for Function
        where
            Function: Fn($($receiver)*, $($type),*) -> $result,
            Returned: Answer,
            $($type: Abi,)*
        {
            const ARGUMENTS: Name = <($($type,)*) as Fields>::NAMES;

            #[allow(unused_mut)]
            fn call(
                self,
                contract: &mut Contract,
                mut arguments: Reader<'_>,
                answer: &mut Vec<u8>,
            ) -> Result<(), Revert> {
                $(let $name = arguments.field::<$type>();)*
                if arguments.failed() {
                    return Err(BadCalldata {}.into());
                }
                let $answer = self(contract, $($name),*);
                let returned: Result<Returned, Revert> = $checked;
                *answer = returned?.encode_answer();
                Ok(())
            }
        }
    };
}

methods!();
methods!(A a);
methods!(A a, B b);
methods!(A a, B b, D d);
methods!(A a, B b, D d, E e);
methods!(A a, B b, D d, E e, F f);
methods!(A a, B b, D d, E e, F f, G g);

// ---- declarations -------------------------------------------------------------------------------------------

/// Declares structs of the ABI.
#[macro_export]
macro_rules! abi_struct {
    ($($(#[$attribute:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_attribute:meta])* $field:ident: $type:ty),* $(,)?
    })*) => {$(
        $(#[$attribute])*
        $visibility struct $name {
            $($(#[$field_attribute])* pub $field: $type,)*
        }

        impl $crate::abi::Fields for $name {
            const NAMES: $crate::abi::Name =
                $crate::abi::Name::list(&[$(<$type as $crate::abi::Abi>::NAME),*]);
            const HEADS: usize = 0 $(+ <$type as $crate::abi::Abi>::WORDS)*;
            const DYNAMIC: bool = false $(|| <$type as $crate::abi::Abi>::DYNAMIC)*;
            fn read_fields(reader: &mut $crate::abi::Reader<'_>) -> Self {
                Self { $($field: reader.field()),* }
            }
            fn write_fields(&self, out: &mut $crate::abi::Encoder) {
                $(out.field(&self.$field);)*
            }
        }

        impl $crate::abi::Abi for $name {
            const NAME: $crate::abi::Name = <Self as $crate::abi::Fields>::NAMES;
            const DYNAMIC: bool = <Self as $crate::abi::Fields>::DYNAMIC;
            const WORDS: usize =
                if <Self as $crate::abi::Abi>::DYNAMIC { 1 } else { <Self as $crate::abi::Fields>::HEADS };
            fn read(reader: &mut $crate::abi::Reader<'_>) -> Self {
                <Self as $crate::abi::Fields>::read_fields(reader)
            }
            fn write(&self, out: &mut $crate::abi::Encoder) {
                use $crate::abi::{Abi, Fields};
                if <Self as Abi>::DYNAMIC {
                    let outer = out.open(<Self as Fields>::HEADS);
                    self.write_fields(out);
                    out.close(outer);
                } else {
                    self.write_fields(out);
                }
            }
        }
    )*};
}

/// Declares errors: structs that turn into [`Revert`] by `?` and `.into()`. Fields are single words.
#[macro_export]
macro_rules! errors {
    ($($(#[$attribute:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub struct $name { $(pub $field: $type),* }

        impl $name {
            /// First four bytes of the revert data.
            pub const SELECTOR: [u8; 4] = $crate::abi::selector(
                stringify!($name),
                $crate::abi::Name::list(&[$(<$type as $crate::abi::Abi>::NAME),*]),
            );
        }

        impl From<$name> for $crate::Revert {
            #[cold]
            #[inline(never)]
            fn from(error: $name) -> Self {
                let words = 0 $(+ <$type as $crate::abi::Abi>::WORDS)*;
                #[allow(unused_mut)]
                let mut out = $crate::abi::Encoder::new(&$name::SELECTOR, words);
                $(out.field(&error.$field);)*
                let $name { $($field: _),* } = error;
                Self::new(out.finish())
            }
        }
    )*};
}

/// Declares events: indexed fields in brackets, the others in braces. Fields are single words.
#[macro_export]
macro_rules! events {
    ($($(#[$attribute:meta])* $name:ident
        [$($topic:ident: $topic_type:ty),* $(,)?]
        { $($field:ident: $type:ty),* $(,)? }
    )*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub struct $name { $(pub $topic: $topic_type,)* $(pub $field: $type,)* }

        impl $name {
            /// First topic.
            pub const SIGNATURE_HASH: [u8; 32] = $crate::abi::signature_hash(
                stringify!($name),
                $crate::abi::Name::list(&[
                    $(<$topic_type as $crate::abi::Abi>::NAME,)*
                    $(<$type as $crate::abi::Abi>::NAME),*
                ]),
            );

            /// Emits it.
            #[allow(dead_code)]
            #[inline(never)]
            pub fn emit(self, vm: &::stylus_sdk::host::VM) {
                use ::stylus_sdk::stylus_core::RawLogAccess;
                let topics = 1 $(+ <$topic_type as $crate::abi::Abi>::WORDS)*;
                let words = topics $(+ <$type as $crate::abi::Abi>::WORDS)*;
                let mut out = $crate::abi::Encoder::new(&[], words);
                out.raw(&Self::SIGNATURE_HASH);
                $(out.field(&self.$topic);)*
                $(out.field(&self.$field);)*
                vm.emit_log(&out.finish(), topics);
            }
        }
    )*};
}

#[cfg(test)]
#[allow(unreachable_pub)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};

    mod reference {
        alloy_sol_types::sol! {
            struct Item { int128 cash; bool on; uint256[] legs; }
            struct Flat { uint8 a; int64 b; }
            function probeThis(uint16 a, Item[] items, Flat[] flats, address who, Flat one, bytes32 raw) external;
            function nothing() external;
            error Refused(address who, int256 much, uint128 many);
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
    crate::errors! { Refused { who: Address, much: I256, many: u128 } }
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
}
