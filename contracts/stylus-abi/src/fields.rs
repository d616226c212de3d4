//! Several values in a row: arguments, answers, the inside of a struct.
#[cfg(not(target_arch = "wasm32"))]
use crate::Type;
use crate::{Abi, Encoder, Name, Reader, Words};
use alloc::vec::Vec;

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

    /// The types themselves, in order.
    #[cfg(not(target_arch = "wasm32"))]
    fn types() -> Vec<Type>;

    /// Decodes arguments without their selector, or an answer.
    fn decode(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(Words::new(data));
        let fields = Self::read_fields(&mut reader);
        reader.finish(fields)
    }

    /// Encodes; `prefix` is the selector for a call, empty for an answer.
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
            #[cfg(not(target_arch = "wasm32"))]
            fn types() -> Vec<Type> {
                alloc::vec![$($type::declared()),*]
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

    /// The types of its values.
    #[cfg(not(target_arch = "wasm32"))]
    fn types() -> Vec<Type>;
}

impl<T: Abi> Answer for T {
    fn encode_answer(&self) -> Vec<u8> {
        let mut out = Encoder::new(&[], T::WORDS);
        out.field(self);
        out.finish()
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn types() -> Vec<Type> {
        alloc::vec![T::declared()]
    }
}

macro_rules! answers {
    ($(($($type:ident),*))*) => {$(
        impl<$($type: Abi),*> Answer for ($($type,)*) {
            fn encode_answer(&self) -> Vec<u8> {
                self.encode(&[])
            }
            #[cfg(not(target_arch = "wasm32"))]
            fn types() -> Vec<Type> {
                <Self as Fields>::types()
            }
        }
    )*};
}

answers! { () (A, B) (A, B, D) (A, B, D, E) (A, B, D, E, F) (A, B, D, E, F, G) }
