//! Events and errors; `abi/IMargin.sol` documents them.
#![allow(missing_docs)]
use alloy_primitives::U256;

plimsoll_common::errors! {
    TooManyItems { given: U256, limit: U256 }
}
