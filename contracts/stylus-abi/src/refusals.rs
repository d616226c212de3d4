//! What the entry point answers instead of a method.
use stylus_sdk::alloy_primitives::FixedBytes;

crate::errors! {
    /// The calldata of a known method does not decode.
    BadCalldata {}
    /// No method takes ether.
    NotPayable {}
    /// No method has this selector; also for calldata shorter than four bytes, padded with zeros.
    UnknownSelector { selector: FixedBytes<4> }
}
