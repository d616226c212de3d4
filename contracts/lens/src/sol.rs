//! Errors; `abi/ILens.sol` documents them.
#![allow(missing_docs)]

plimsoll_common::errors! {
    InvalidInstrument { instrument: u128 }
    UnknownLeg { instrument: u128 }
    SizeOutOfRange { instrument: u128 }
}
