//! Errors that mean the same in every contract: one name, one selector.
use crate::revert::Revert;
use stylus_sdk::alloy_primitives::{Address, FixedBytes, U256};

crate::errors! {
    /// The calldata of a known method does not decode.
    BadCalldata {}
    /// No method of the house takes ether.
    NotPayable {}
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    UnknownSelector { selector: FixedBytes<4> }
    /// The caller is not the owner, nor, where ownership is being accepted, the pending owner.
    NotOwner { caller: Address, owner: Address }
    /// `initialize` has run.
    AlreadyInitialized {}
    /// `initialize` has not run, and nothing else can be done before it.
    NotInitialized {}
    /// A sibling answered with something that does not decode.
    BadAnswer { callee: Address }
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
