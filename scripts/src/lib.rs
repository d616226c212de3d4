//! The `plimsoll` command, as a library: everything it does can be called from tests.
//!
//! * [`wasm`] builds the contracts and makes them fit for deployment;
//! * [`deploy`] puts them on a chain and configures them;
//! * [`bindings`] speak to them, [`client`] carries the words;
//! * [`house`] is a whole house on an in-process node, for demos, measurements and tests;
//! * [`demo`], [`mod@bench`], [`verify`] and [`account`] are the commands;
//! * [`readme`] holds documents to what the commands print.

pub mod account;
pub mod balance_sheet;
pub mod bench;
pub mod bindings;
pub mod client;
pub mod config;
pub mod demo;
pub mod deploy;
pub mod fork;
pub mod house;
pub mod ids;
pub mod push;
pub mod readme;
pub mod term;
pub mod verify;
pub mod wasm;
pub mod workspace;
