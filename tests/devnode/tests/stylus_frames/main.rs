//! EVM and Stylus frames calling each other.

mod access;
mod creation;
mod depth;
mod failure;
mod proxies;
mod storage;

#[path = "../support/mod.rs"]
mod support;

use plimsoll_devnode::{BlockId, Outcome, TransactionRequest};
use support::*;
