//! The codec of the house: all of [`stylus_abi`], under the name the contracts use.
pub use stylus_abi::*;

/// Most bytes of a stranger's own words that an error carries: an ABI-encoded text of 180 letters.
pub const MAX_REASON: usize = 256;
