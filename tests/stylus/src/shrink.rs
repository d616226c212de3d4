//! Making a module fit for deployment.

use crate::activate::ActivationError;

/// Re-encodes a compiler's module for deployment.
///
/// # Errors
///
/// * [`ActivationError::Rejected`] - it is not a module.
pub fn shrink(wasm: &[u8]) -> Result<Vec<u8>, ActivationError> {
    let _ = wasm;
    todo!()
}
