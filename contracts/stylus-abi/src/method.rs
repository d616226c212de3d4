//! Methods: arguments in, answer out.
#[cfg(not(target_arch = "wasm32"))]
use crate::Type;
use crate::{Abi, Answer, BadCalldata, Fields, Name, Reader, Revert};
use alloc::vec::Vec;

/// A method of contract `C`: `fn(&C, arguments..)` or `fn(&mut C, arguments..)`, returning an [`Answer`] or
/// `Result<Answer, Revert>`. `M` tells the shapes apart and is always inferred.
pub trait Method<C, M> {
    /// The names of the arguments' types, in parentheses.
    const ARGUMENTS: Name;

    /// It takes `&C`: it only reads.
    const VIEW: bool;

    /// The types of its arguments and of its answers.
    #[cfg(not(target_arch = "wasm32"))]
    fn types() -> (Vec<Type>, Vec<Type>);

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
        methods!(@one true, (&Contract), Plain, Returned, |answer| Ok(answer); $($type $name),*);
        methods!(@one false, (&mut Contract), Plain, Returned, |answer| Ok(answer); $($type $name),*);
        methods!(@one true, (&Contract), Fallible, Result<Returned, Revert>, |answer| answer; $($type $name),*);
        methods!(@one false, (&mut Contract), Fallible, Result<Returned, Revert>, |answer| answer; $($type $name),*);
    };
    (@one $view:literal, ($($receiver:tt)*), $mark:ident, $result:ty, |$answer:ident| $checked:expr;
        $($type:ident $name:ident),*) => {
        impl<Contract, Function, Returned, $($type),*>
            Method<Contract, ($mark, fn($($receiver)*), Returned, ($($type,)*))> for Function
        where
            Function: Fn($($receiver)*, $($type),*) -> $result,
            Returned: Answer,
            $($type: Abi,)*
        {
            const ARGUMENTS: Name = <($($type,)*) as Fields>::NAMES;
            const VIEW: bool = $view;

            #[cfg(not(target_arch = "wasm32"))]
            fn types() -> (Vec<Type>, Vec<Type>) {
                (<($($type,)*) as Fields>::types(), Returned::types())
            }

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
