//! Prints the contract's interface in Solidity, for `cargo stylus export-abi`.
use plimsoll_auction::Auction;
use plimsoll_common::abi::Contract;

fn main() {
    print!("{}", Auction::interface());
}
