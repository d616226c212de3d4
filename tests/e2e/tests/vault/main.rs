//! The vault: deposits, withdrawals, rights, listing, the door. Every refusal with its numbers.

mod assets;
mod deposit;
mod door;
mod legs;
mod model;
mod rights;
mod withdraw;

use plimsoll_e2e::*;

const COIN: u128 = 1_000_000; // one USDC

fn deposit(account: B256, token: TokenInfo, amount: U256) -> IVault::depositCall {
    IVault::depositCall {
        account,
        token: token.address,
        amount,
    }
}

fn withdraw(account: B256, token: TokenInfo, amount: U256, to: Address) -> IVault::withdrawCall {
    IVault::withdrawCall {
        account,
        token: token.address,
        amount,
        to,
    }
}

fn entry(account: B256, cash: i128) -> Entry {
    Entry {
        account,
        cash,
        instrument: 0,
        size: 0,
        quote: 0,
    }
}
