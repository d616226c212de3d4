//! The lens: whole accounts, parts and reasons of portfolios, on the compiled contract.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `accounts` | what the house says of an account |
//! | `kernel` | the lens and the kernel say the same, bit for bit |
//! | `portfolios` | what it says of any portfolio |
//! | `vectors` | `tests/vectors/accounts.json`, and who agrees with it |

mod accounts;
#[path = "../hub/mod.rs"]
mod hub;
mod kernel;
mod portfolios;
mod vectors;
