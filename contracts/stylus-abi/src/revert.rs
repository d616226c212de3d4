//! The error type of every method: ABI-encoded revert data.
use alloc::{boxed::Box, vec::Vec};

/// Revert data: an encoded typed error of ours, or a callee's, passed on unchanged.
///
/// Every error declared with [`errors!`](macro@crate::errors) converts into it, so `?` and `.into()` work with all of them
/// and a contract needs no enum that lists its errors a second time. It is one pointer, so that a `Result<(), Revert>`
/// travels in a register.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::box_collection)] // see above: the point is the one pointer
pub struct Revert(Box<Vec<u8>>);

impl Revert {
    /// With this data.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn new(data: Vec<u8>) -> Self {
        Self(Box::new(data))
    }

    /// The data.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.0
    }
}

impl From<Revert> for Vec<u8> {
    fn from(revert: Revert) -> Self {
        *revert.0
    }
}
