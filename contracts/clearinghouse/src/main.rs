//! Prints the contract's interface in Solidity, for `cargo stylus export-abi`.
use plimsoll_clearinghouse::Clearinghouse;
use plimsoll_common::abi::Contract;

fn main() {
    print!("{}", Clearinghouse::interface());
}
