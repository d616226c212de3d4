//! The error type of every method: ABI-encoded revert data.
use alloc::vec::Vec;
use alloy_sol_types::SolError;

/// Revert data: an encoded typed error of ours, or a callee's, passed on unchanged.
///
/// Every error declared with `sol!` converts into it, so `?` and `.into()` work with all of them and a
/// contract needs no enum that lists its errors a second time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revert(pub Vec<u8>);

impl<E: SolError> From<E> for Revert {
    #[cold]
    fn from(error: E) -> Self {
        Self(error.abi_encode())
    }
}

impl From<Revert> for Vec<u8> {
    fn from(revert: Revert) -> Self {
        revert.0
    }
}
