//! A house on a chain, for programs: keepers, liquidators, monitors, deployment.
//!
//! * [`registry`] is the list of contracts;
//! * [`bindings`] are their calls, events and errors, [`client`] sends them;
//! * [`deploy`] puts a house on a chain, configures it, compares it and keeps it running;
//!   [`config`] is the file that says what a house is made of, [`program`] what is deployed;
//! * [`account`] reads an account, [`balance_sheet`] adds up all books, [`push`] signs and pushes
//!   market data, [`settle`](mod@settle) finds the rounds that settle an expiry;
//! * [`ids`] and [`term`] are the forms of identifiers and of numbers, [`workspace`] says where files lie.
//!
//! It compiles no chain and no WASM engine: those are for what builds contracts and for tests.

include!(concat!(env!("OUT_DIR"), "/registry.rs"));

pub mod account;
pub mod balance_sheet;
pub mod bindings;
pub mod client;
pub mod config;
pub mod deploy;
pub mod ids;
pub mod program;
pub mod push;
pub mod registry;
pub mod settle;
pub mod term;
pub mod workspace;
