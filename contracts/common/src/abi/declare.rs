//! What declares structs, errors and events.

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

/// Declares errors: structs that turn into [`Revert`](crate::Revert) by `?` and `.into()`.
#[macro_export]
macro_rules! errors {
    ($($(#[$attribute:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, missing_copy_implementations)]
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

/// Declares events: indexed fields, single words, in brackets, the others in braces.
#[macro_export]
macro_rules! events {
    ($($(#[$attribute:meta])* $name:ident
        [$($topic:ident: $topic_type:ty),* $(,)?]
        { $($field:ident: $type:ty),* $(,)? }
    )*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, missing_copy_implementations)]
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
                if false $(|| <$type as $crate::abi::Abi>::DYNAMIC)* {
                    out.begin();
                }
                $(out.field(&self.$field);)*
                vm.emit_log(&out.finish(), topics);
            }
        }
    )*};
}
