//! Stylus programs as Nitro accepts, charges and runs them.
//!
//! A chain that carries Stylus programs calls on this crate at four points:
//!
//! 1. [`code`] tells programs from other code and unpacks them;
//! 2. [`activate`] decides whether a module is accepted, and what it will cost;
//! 3. [`call_cost`] is what a call pays before the program runs;
//! 4. [`Module::compile`] makes a module ready, [`Module::run`] runs it against a [`Host`].
//!
//! There is no global state and no randomness: the same module, host and gas give the same ink.
//!
//! ```
//! use plimsoll_stylus::{StylusParams, activate};
//!
//! let wasm = wat::parse_str(
//!     r#"(module (memory (export "memory") 0 0)
//!         (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
//! )?;
//! let mut gas = 10_000_000;
//! let activation = activate(&wasm, &StylusParams::default(), 128, &mut gas)?;
//! assert_eq!(activation.footprint, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod code;
pub mod data_pricer;
pub mod host;
pub mod memory;
pub mod params;

mod activate;
mod engine;
mod hostio;
mod instrument;
mod opcode;
mod parse;
mod pricing;
mod shrink;
mod storage_cache;

pub use activate::{Activation, ActivationError, activate};
pub use data_pricer::DataPricer;
pub use engine::{Module, RunOutcome, RunStatus};
pub use host::Host;
pub use memory::MemoryModel;
pub use params::{
    LATEST_ARBOS, Program, SUPPORTED_ARBOS, StylusParams, call_cost, evm_memory_cost,
};
pub use shrink::shrink;
