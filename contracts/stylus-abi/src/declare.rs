//! What declares structs, errors and events. Natively each declaration also describes itself, for [`Interface`](crate::Interface).

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

        impl $crate::Fields for $name {
            const NAMES: $crate::Name =
                $crate::Name::list(&[$(<$type as $crate::Abi>::NAME),*]);
            const HEADS: usize = 0 $(+ <$type as $crate::Abi>::WORDS)*;
            const DYNAMIC: bool = false $(|| <$type as $crate::Abi>::DYNAMIC)*;
            fn read_fields(reader: &mut $crate::Reader<'_>) -> Self {
                Self { $($field: reader.field()),* }
            }
            fn write_fields(&self, out: &mut $crate::Encoder) {
                $(out.field(&self.$field);)*
            }
            #[cfg(not(target_arch = "wasm32"))]
            fn types() -> $crate::private::Vec<$crate::Type> {
                $crate::private::vec![$(<$type as $crate::Abi>::declared()),*]
            }
        }

        impl $crate::Abi for $name {
            const NAME: $crate::Name = <Self as $crate::Fields>::NAMES;
            const DYNAMIC: bool = <Self as $crate::Fields>::DYNAMIC;
            const WORDS: usize =
                if <Self as $crate::Abi>::DYNAMIC { 1 } else { <Self as $crate::Fields>::HEADS };
            #[cfg(not(target_arch = "wasm32"))]
            fn declared() -> $crate::Type {
                $crate::Type::structure::<Self>(stringify!($name), &[$(stringify!($field)),*])
            }
            fn read(reader: &mut $crate::Reader<'_>) -> Self {
                <Self as $crate::Fields>::read_fields(reader)
            }
            fn write(&self, out: &mut $crate::Encoder) {
                use $crate::{Abi, Fields};
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

/// Declares errors: structs that turn into [`Revert`](crate::Revert) by `?` and `.into()`. Once in a module: natively the
/// type `Errors` stands for all of them.
#[macro_export]
macro_rules! errors {
    ($($(#[$attribute:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {
        /// The errors of this module.
        #[cfg(not(target_arch = "wasm32"))]
        #[allow(dead_code)]
        #[derive(Debug)]
        pub enum Errors {}

        #[cfg(not(target_arch = "wasm32"))]
        impl $crate::Declare for Errors {
            fn declare(interface: &mut $crate::Interface) {
                $(interface.declare::<$name>();)*
            }
        }
    $(
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, missing_copy_implementations)]
        pub struct $name { $(pub $field: $type),* }

        impl $name {
            /// First four bytes of the revert data.
            pub const SELECTOR: [u8; 4] = $crate::selector(
                stringify!($name),
                $crate::Name::list(&[$(<$type as $crate::Abi>::NAME),*]),
            );
        }

        impl From<$name> for $crate::Revert {
            #[cold]
            #[inline(never)]
            fn from(error: $name) -> Self {
                let words = 0 $(+ <$type as $crate::Abi>::WORDS)*;
                #[allow(unused_mut)]
                let mut out = $crate::Encoder::new(&$name::SELECTOR, words);
                $(out.field(&error.$field);)*
                let $name { $($field: _),* } = error;
                Self::new(out.finish())
            }
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl $crate::Declare for $name {
            fn declare(interface: &mut $crate::Interface) {
                let fields = [$($crate::Parameter::of::<$type>(stringify!($field))),*];
                interface.items.push($crate::Item::error(stringify!($name), fields.into()));
            }
        }
    )*};
}

/// Declares events: indexed fields, single words, in brackets, the others in braces. Once in a module: natively the type
/// `Events` stands for all of them.
#[macro_export]
macro_rules! events {
    ($($(#[$attribute:meta])* $name:ident
        [$($topic:ident: $topic_type:ty),* $(,)?]
        { $($field:ident: $type:ty),* $(,)? }
    )*) => {
        /// The events of this module.
        #[cfg(not(target_arch = "wasm32"))]
        #[allow(dead_code)]
        #[derive(Debug)]
        pub enum Events {}

        #[cfg(not(target_arch = "wasm32"))]
        impl $crate::Declare for Events {
            fn declare(interface: &mut $crate::Interface) {
                $(interface.declare::<$name>();)*
            }
        }
    $(
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, missing_copy_implementations)]
        pub struct $name { $(pub $topic: $topic_type,)* $(pub $field: $type,)* }

        impl $name {
            /// First topic.
            pub const SIGNATURE_HASH: [u8; 32] = $crate::signature_hash(
                stringify!($name),
                $crate::Name::list(&[
                    $(<$topic_type as $crate::Abi>::NAME,)*
                    $(<$type as $crate::Abi>::NAME),*
                ]),
            );

            /// Emits it.
            #[allow(dead_code)]
            #[inline(never)]
            pub fn emit(self, vm: &$crate::private::VM) {
                use $crate::private::RawLogAccess;
                const {
                    $(assert!(
                        !<$topic_type as $crate::Abi>::DYNAMIC && <$topic_type as $crate::Abi>::WORDS == 1,
                        "an indexed field is one word",
                    );)*
                }
                let topics = 1 $(+ <$topic_type as $crate::Abi>::WORDS)*;
                let words = topics $(+ <$type as $crate::Abi>::WORDS)*;
                let mut out = $crate::Encoder::new(&[], words);
                out.raw(&Self::SIGNATURE_HASH);
                $(out.field(&self.$topic);)*
                if false $(|| <$type as $crate::Abi>::DYNAMIC)* {
                    out.begin();
                }
                $(out.field(&self.$field);)*
                vm.emit_log(&out.finish(), topics);
            }
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl $crate::Declare for $name {
            fn declare(interface: &mut $crate::Interface) {
                let topics = [$($crate::Parameter::of::<$topic_type>(stringify!($topic))),*];
                let fields = [$($crate::Parameter::of::<$type>(stringify!($field))),*];
                interface.items.push($crate::Item::event(stringify!($name), topics.into(), fields.into()));
            }
        }
    )*};
}
