//! Errors that mean the same in every contract: one name, one selector.
#![allow(missing_docs)] // the macro's own tuples and helpers
use alloy_sol_types::sol;

sol! {
    /// The calldata of a known method does not decode.
    error BadCalldata();
    /// No method of the house takes ether.
    error NotPayable();
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    error UnknownSelector(bytes4 selector);
    /// The caller is not the owner, nor, where ownership is being accepted, the pending owner.
    error NotOwner(address caller, address owner);
    /// `initialize` has run.
    error AlreadyInitialized();
    /// A sibling answered with something that does not decode.
    error BadAnswer(address callee);
    /// The door is open: some call is changing the ledger right now.
    error Locked();
}
