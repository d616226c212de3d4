//! Stylus programs as Nitro accepts, charges and runs them.
//!
//! A chain that carries Stylus programs calls on this crate at four points:
//!
//! 1. [`code`] tells programs from other code and unpacks them;
//! 2. [`activate`] decides whether a module is accepted, and what it will cost;
//! 3. [`call_cost`] is what a call pays before the program runs;
//! 4. [`Module::compile`] makes a module ready, [`Module::run`] runs it against a [`Host`].
//!
//! Without the feature `engine`, which is a default, only what clients of a chain need is here: the
//! forms of code and records ([`code`], [`params`], [`data_pricer`]).
//!
//! There is no global state and no randomness: the same module, host and gas give the same ink.
//!
//! ```
//! # #[cfg(feature = "engine")] {
//! use plimsoll_stylus::{StylusParams, activate};
//!
//! let wasm = wat::parse_str(
//!     r#"(module (memory (export "memory") 0 0)
//!         (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
//! )?;
//! let mut gas = 10_000_000;
//! let activation = activate(&wasm, &StylusParams::default(), 128, &mut gas)?;
//! assert_eq!(activation.footprint, 0);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod code;
pub mod data_pricer;
pub mod memory;
pub mod params;

#[cfg(feature = "engine")]
mod activate;
#[cfg(feature = "engine")]
mod engine;
#[cfg(feature = "engine")]
pub mod host;
#[cfg(feature = "engine")]
mod hostio;
#[cfg(feature = "engine")]
mod instrument;
#[cfg(feature = "engine")]
mod opcode;
#[cfg(feature = "engine")]
mod parse;
#[cfg(feature = "engine")]
mod pricing;
#[cfg(feature = "engine")]
mod shrink;
#[cfg(feature = "engine")]
mod storage_cache;

#[cfg(feature = "engine")]
pub use activate::{ActivationError, activate};
pub use data_pricer::DataPricer;
#[cfg(feature = "engine")]
pub use engine::{Module, RunOutcome, RunStatus};
#[cfg(feature = "engine")]
pub use host::Host;
pub use memory::MemoryModel;
pub use params::{
    Activation, LATEST_ARBOS, Program, SUPPORTED_ARBOS, StylusParams, call_cost, evm_memory_cost,
};
#[cfg(feature = "engine")]
pub use shrink::shrink;
