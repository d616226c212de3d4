//! Errors; `abi/ILens.sol` documents them.
#![allow(missing_docs)]
use alloy_primitives::U256;

plimsoll_common::errors! {
    InvalidInstrument { instrument: u128 }
    UnknownLeg { instrument: u128 }
    SizeOutOfRange { instrument: u128 }
    TooManyItems { given: U256, limit: U256 }
}
