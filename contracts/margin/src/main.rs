//! Prints the contract's interface in Solidity, for `cargo stylus export-abi`.
use plimsoll_common::abi::Contract;
use plimsoll_margin::Margin;

fn main() {
    print!("{}", Margin::interface());
}
