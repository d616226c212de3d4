//! Errors that mean the same in every contract: one name, one selector.
use crate::Revert;
pub use stylus_abi::BadAnswer;
use stylus_sdk::alloy_primitives::{Address, U256};

crate::errors! {
    /// The caller is not the owner, nor, where ownership is being accepted, the pending owner.
    NotOwner { caller: Address, owner: Address }
    /// `initialize` has run.
    AlreadyInitialized {}
    /// `initialize` has not run, and nothing else can be done before it.
    NotInitialized {}
    /// The ledger is being changed by an outer call; retry after it.
    Locked {}
    /// `given` items, more than the `limit` of one call.
    TooManyItems { given: U256, limit: U256 }
}

/// Refuses more items than the limit of one call.
///
/// # Errors
/// [`TooManyItems`].
pub fn at_most(given: usize, limit: usize) -> Result<(), Revert> {
    if given > limit {
        return Err(TooManyItems {
            given: U256::from(given),
            limit: U256::from(limit),
        }
        .into());
    }
    Ok(())
}
