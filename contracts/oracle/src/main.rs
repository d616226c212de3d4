//! Prints the contract's interface in Solidity, for `cargo stylus export-abi`.
use plimsoll_common::abi::Contract;
use plimsoll_oracle::Oracle;

fn main() {
    print!("{}", Oracle::interface());
}
