//! What a running program asks of the chain around it.
//!
//! The engine charges ink, moves bytes between the module's memory and here, and keeps the frame's
//! storage cache. Everything that touches the world's state goes through [`Host`], which the chain
//! implements and tests replace by a small one. All gas figures are EVM gas; the engine turns them
//! into ink at the price of the call.

use alloy_primitives::{Address, B256, Bytes, U256};

/// What is fixed for the whole of one call frame.
#[derive(Clone, Debug, Default)]
pub struct FrameContext {
    /// The account whose storage the frame acts on.
    pub contract: Address,
    /// Who called.
    pub caller: Address,
    /// Value that came with the call, in wei.
    pub value: U256,
    /// No state may change.
    pub is_static: bool,
    /// More than one non-delegate frame of `contract` is open.
    pub reentrant: bool,
    /// Who signed the transaction.
    pub origin: Address,
    /// Effective gas price, in wei.
    pub gas_price: U256,
    /// Block base fee, in wei.
    pub basefee: U256,
    /// Block coinbase.
    pub coinbase: Address,
    /// Chain id.
    pub chain_id: u64,
    /// The L1 block number, as `block.number` is on Arbitrum.
    pub block_number: u64,
    /// Unix seconds.
    pub timestamp: u64,
    /// Block gas limit.
    pub block_gas_limit: u64,
}

/// Status byte a call, create or flush hands back to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ApiStatus {
    /// Done.
    Success = 0,
    /// The state could not be changed or the callee failed.
    Failure = 1,
    /// The gas did not suffice.
    OutOfGas = 2,
    /// A static frame tried to write.
    WriteProtection = 3,
}

/// Which kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `call_contract`
    Call,
    /// `delegate_call_contract`
    Delegate,
    /// `static_call_contract`
    Static,
}

/// A call leaving the program.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// Which kind.
    pub kind: CallKind,
    /// Whom.
    pub to: Address,
    /// Calldata.
    pub input: Bytes,
    /// Wei to send; zero unless `Call`.
    pub value: U256,
    /// What the frame has left: the host takes the base cost and applies the 63/64 rule to it.
    pub gas_left: u64,
    /// What the program asked to pass on, at most `gas_left`.
    pub gas_requested: u64,
}

/// A contract creation leaving the program.
#[derive(Clone, Debug)]
pub struct CreateRequest {
    /// Init code.
    pub code: Bytes,
    /// Wei to endow.
    pub value: U256,
    /// `Some` for `create2`.
    pub salt: Option<B256>,
    /// What the frame has left.
    pub gas_left: u64,
}

/// What came of a call.
#[derive(Clone, Debug, Default)]
pub struct CallOutcome {
    /// 0, or the byte the program sees (2 for any callee error).
    pub status: u8,
    /// Gas the frame pays: base cost + passed on − returned; all of `gas_left` where the base cost
    /// cannot be paid, nothing for a call with value from a static frame.
    pub gas_cost: u64,
    /// Return data (of a revert too).
    pub output: Bytes,
}

/// What came of a creation.
#[derive(Clone, Debug)]
pub struct CreateOutcome {
    /// The new contract, zero where it failed.
    pub address: Address,
    /// Gas the frame pays.
    pub gas_cost: u64,
    /// Return data: only of a revert.
    pub output: Bytes,
    /// The frame ends as a revert and nothing is charged: a static frame, or `gas_left` below the
    /// base cost (32000, for `create2` plus 6 per word of init code).
    pub failed_frame: bool,
}

/// The chain as a running program sees it. One instance serves one call frame.
pub trait Host {
    /// The frame's constants.
    fn context(&self) -> &FrameContext;
    /// Reads a slot of `contract`; also the SLOAD cost, 2100 cold or 100 warm, WITHOUT the cache surcharge.
    fn storage_load(&mut self, key: B256) -> (B256, u64);
    /// Writes slots in order, SSTORE cost each, stopping when `gas_left` does not suffice.
    /// Returns the cost and the status: `OutOfGas` where a slot could not be paid (the cost is then
    /// `gas_left`) or where exactly nothing is left, `WriteProtection` in a static frame. The engine
    /// passes one gas more than the frame has, so that spending the last unit is no error. Never
    /// called without a slot.
    fn storage_store(&mut self, slots: &[(B256, B256)], gas_left: u64) -> (u64, ApiStatus);
    /// Reads transient storage.
    fn transient_load(&mut self, key: B256) -> B256;
    /// Writes transient storage; `WriteProtection` in a static frame.
    fn transient_store(&mut self, key: B256, value: B256) -> ApiStatus;
    /// Executes a call.
    fn call(&mut self, request: CallRequest) -> CallOutcome;
    /// Executes a creation.
    fn create(&mut self, request: CreateRequest) -> CreateOutcome;
    /// Appends a log; `WriteProtection` in a static frame. The engine has charged it.
    fn log(&mut self, topics: Vec<B256>, data: Bytes) -> ApiStatus;
    /// Balance, and the account touch cost (2600 cold, 100 warm).
    fn balance(&mut self, address: Address) -> (U256, u64);
    /// Code and the cost of touching the account WITH the 700 of code access.
    /// `gas_left` lets the host answer empty when the touch cannot be paid. The engine asks once
    /// for a run of calls about one address whose code is not empty.
    fn code(&mut self, address: Address, gas_left: u64) -> (Bytes, u64);
    /// Code hash and the account touch cost.
    fn code_hash(&mut self, address: Address) -> (B256, u64);
    /// Pages open now and the most ever open in this transaction.
    fn pages(&self) -> (u16, u16);
    /// Opens `new` pages more (saturating), raising the most ever open.
    fn add_pages(&mut self, new: u16);
    /// Whether [`Host::trace`] is wanted.
    fn tracing(&self) -> bool {
        false
    }
    /// Told of every host function that ended well, in the shape of Nitro's `stylusTracer`; the
    /// run itself is framed by `user_entrypoint` and `user_returned`. Figures are ink.
    fn trace(&mut self, hostio: HostioTrace<'_>) {
        let _ = hostio;
    }
}

/// One host function as a tracer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostioTrace<'a> {
    /// Its name, as imported.
    pub name: &'static str,
    /// What it was given, one after the other, big endian.
    pub args: &'a [u8],
    /// What it gave, one after the other, big endian.
    pub outs: &'a [u8],
    /// Ink before it.
    pub start_ink: u64,
    /// Ink after it.
    pub end_ink: u64,
}
