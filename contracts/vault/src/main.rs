//! Prints the contract's interface in Solidity, for `cargo stylus export-abi`.
use plimsoll_common::abi::Contract;
use plimsoll_vault::Vault;

fn main() {
    print!("{}", Vault::interface());
}
