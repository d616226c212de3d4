//! Contract.
#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
extern crate alloc;
use stylus_sdk::{alloy_primitives::U256, prelude::*, storage::StorageU256};

#[storage]
#[entrypoint]
/// Contract.
pub struct Contract {
    x: StorageU256,
}

#[public]
impl Contract {
    /// Reads.
    pub fn x(&self) -> U256 {
        self.x.get()
    }
}
