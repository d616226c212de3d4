//! Ethereum's precompiles, and those of ArbOS.

pub(crate) mod arb_address_table;
pub(crate) mod arb_gas_info;
pub(crate) mod arb_info;
pub(crate) mod arb_owner;
pub(crate) mod arb_owner_public;
pub(crate) mod arb_retryable_tx;
pub(crate) mod arb_sys;
pub(crate) mod arb_wasm;
pub(crate) mod arb_wasm_cache;
pub(crate) mod node_interface;
pub(crate) mod others;

use crate::{
    arbos::{self, sure},
    evm::Ctx,
    state::State,
    stylus::peek_code_hash,
};
use alloy::{
    primitives::{Address, B256, Bytes, Log, U256, bytes},
    sol_types::{SolError, SolEvent},
};
use revm::{
    context_interface::{ContextTr, JournalTr, journaled_state::account::JournaledAccountTr},
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, CallScheme, Gas, InstructionResult, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

/// ArbOS' precompiles: their addresses, and the version from which they have their code, `fe`.
pub(crate) const ARB_PRECOMPILES: [(Address, u64); 18] = [
    (arb_sys::ADDRESS, 0),
    (arb_info::ADDRESS, 0),
    (arb_address_table::ADDRESS, 0),
    (others::ARB_BLS, 0),
    (others::ARB_FUNCTION_TABLE, 0),
    (others::ARBOS_TEST, 0),
    (arb_owner_public::ADDRESS, 0),
    (arb_gas_info::ADDRESS, 0),
    (others::ARB_AGGREGATOR, 0),
    (arb_retryable_tx::ADDRESS, 0),
    (others::ARB_STATISTICS, 0),
    (arb_owner::ADDRESS, 0),
    (arb_wasm::ADDRESS, 30),
    (arb_wasm_cache::ADDRESS, 30),
    (others::ARB_NATIVE_TOKEN_MANAGER, 41),
    (others::ARB_FILTERED_TRANSACTIONS_MANAGER, 60),
    (others::ARB_DEBUG, 0),
    (others::ARBOS_ACTS, 0),
];

/// Gives the precompiles that there are at the state's version their code.
pub(crate) fn install(state: &mut State) {
    let version = arbos::version(state);
    for (address, since) in ARB_PRECOMPILES {
        if since <= version {
            state.set_code(address, bytes!("fe"));
        }
    }
}

/// Gas of reading a slot of ArbOS' state, whatever is warm.
pub(crate) const READ: u64 = 800;
/// Gas of writing one.
pub(crate) const WRITE: u64 = 20_000;
/// Gas of reading the Stylus parameters.
pub(crate) const READ_PARAMS: u64 = 100;
/// Gas of asking for an account's code hash.
pub(crate) const CODE_HASH: u64 = 2_600;
/// Gas of a word of arguments or results.
const COPY_WORD: u64 = 3;

/// All precompiles.
pub(crate) struct Precompiles {
    ethereum: EthPrecompiles,
    addresses: AddressSet,
}

impl Precompiles {
    pub(crate) fn new() -> Self {
        let ethereum = EthPrecompiles::new(SpecId::OSAKA);
        let mut addresses = ethereum.warm_addresses().clone();
        addresses.extend(ARB_PRECOMPILES.map(|(address, _)| address));
        Self {
            ethereum,
            addresses,
        }
    }

    pub(crate) fn contains(&self, address: &Address) -> bool {
        self.addresses.contains(address)
    }
}

impl PrecompileProvider<Ctx> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(
        &mut self,
        ctx: &mut Ctx,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let address = inputs.bytecode_address;
        if !ARB_PRECOMPILES.iter().any(|(arb, _)| *arb == address) {
            return self.ethereum.run(ctx, inputs);
        }
        let input = inputs.input.bytes_local(&ctx.local);
        let mut call = Call {
            address,
            acting: inputs.target_address,
            caller: inputs.caller,
            value: inputs.value.get(),
            read_only: inputs.is_static,
            delegated: matches!(
                inputs.scheme,
                CallScheme::DelegateCall | CallScheme::CallCode
            ),
            gas_left: inputs.gas_limit,
            ctx,
        };
        let answer = match address {
            arb_sys::ADDRESS => arb_sys::call(&mut call, &input),
            arb_info::ADDRESS => arb_info::call(&mut call, &input),
            arb_address_table::ADDRESS => arb_address_table::call(&mut call, &input),
            arb_owner_public::ADDRESS => arb_owner_public::call(&mut call, &input),
            arb_gas_info::ADDRESS => arb_gas_info::call(&mut call, &input),
            arb_retryable_tx::ADDRESS => arb_retryable_tx::call(&mut call, &input),
            arb_owner::ADDRESS => arb_owner::call(&mut call, &input),
            arb_wasm::ADDRESS => arb_wasm::call(&mut call, &input),
            arb_wasm_cache::ADDRESS => arb_wasm_cache::call(&mut call, &input),
            others::ARB_FUNCTION_TABLE => others::function_table(&mut call, &input),
            others::ARBOS_TEST => others::arbos_test(&mut call, &input),
            others::ARB_AGGREGATOR => others::aggregator(&mut call, &input),
            others::ARB_STATISTICS => others::statistics(&mut call, &input),
            others::ARB_FILTERED_TRANSACTIONS_MANAGER => {
                others::filtered_transactions(&mut call, &input)
            }
            others::ARB_NATIVE_TOKEN_MANAGER => others::native_token(&mut call),
            others::ARBOS_ACTS => others::acts(&mut call, &input),
            others::ARB_DEBUG => others::debug(&mut call),
            // no such method, or nobody who may call it
            _ => Err(Exit::All),
        };
        let answer = answer.and_then(|output| call.pay_result(output));
        let mut gas = Gas::new(inputs.gas_limit);
        // ArbOS' precompiles never halt: they revert, with or without gas left
        let (result, output) = match answer {
            Ok(output) => (InstructionResult::Return, output),
            Err(Exit::Data(data)) => match call.pay_result(data) {
                Ok(data) => (InstructionResult::Revert, data),
                Err(_) => (InstructionResult::Revert, Bytes::new()),
            },
            Err(Exit::Plain) => (InstructionResult::Revert, Bytes::new()),
            Err(Exit::All) => {
                call.gas_left = 0;
                (InstructionResult::Revert, Bytes::new())
            }
        };
        gas.set_remaining(call.gas_left);
        Ok(Some(InterpreterResult::new(result, output, gas)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.addresses
    }
}

/// How a precompile gives up.
#[derive(Debug)]
pub(crate) enum Exit {
    /// A revert without data that keeps the gas left.
    Plain,
    /// A revert with data.
    Data(Bytes),
    /// A revert without data that takes all gas.
    All,
}

impl<E: SolErrorData> From<E> for Exit {
    fn from(error: E) -> Self {
        Self::Data(error.data())
    }
}

/// Errors of the precompiles' interfaces.
pub(crate) trait SolErrorData {
    fn data(&self) -> Bytes;
}

/// Makes a `sol!` error usable with `?`.
macro_rules! errors {
    ($($error:ty),+ $(,)?) => {$(
        impl crate::precompiles::SolErrorData for $error {
            fn data(&self) -> alloy::primitives::Bytes {
                crate::precompiles::encode_error(self)
            }
        }
    )+};
}
pub(crate) use errors;

pub(crate) fn encode_error(error: &impl SolError) -> Bytes {
    error.abi_encode().into()
}

/// What a precompile answers.
pub(crate) type Answer = Result<Bytes, Exit>;

/// What a method may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purity {
    Pure,
    View,
    Write,
    Payable,
}

/// One call of a precompile.
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a mut Ctx,
    address: Address,
    acting: Address,
    pub(crate) caller: Address,
    pub(crate) value: U256,
    read_only: bool,
    delegated: bool,
    gas_left: u64,
}

impl Call<'_> {
    /// Lets a method of this purity begin, and charges for its arguments.
    pub(crate) fn begin(&mut self, purity: Purity, input: &[u8]) -> Result<(), Exit> {
        let foreign = self.delegated || self.acting != self.address;
        if (purity >= Purity::View && foreign)
            || (purity >= Purity::Write && self.read_only)
            || (purity < Purity::Payable && !self.value.is_zero())
        {
            return Err(Exit::All);
        }
        self.burn(COPY_WORD * words(input.len().saturating_sub(4)))?;
        if purity != Purity::Pure {
            self.burn(READ)?; // opens ArbOS' state
        }
        Ok(())
    }

    /// Lets a method be from this version on: before, it does not exist.
    pub(crate) fn since(&self, version: u64) -> Result<(), Exit> {
        if self.ctx.chain.params.arbos_version < version {
            return Err(Exit::All);
        }
        Ok(())
    }

    /// Says why the call gives up, where the chain does not.
    pub(crate) fn explain(&mut self, why: String) {
        self.ctx.chain.reason = Some(why);
    }

    /// Takes gas.
    pub(crate) fn burn(&mut self, gas: u64) -> Result<(), Exit> {
        match self.gas_left.checked_sub(gas) {
            Some(left) => {
                self.gas_left = left;
                Ok(())
            }
            None => Err(Exit::All),
        }
    }

    /// Lets something else take gas.
    pub(crate) const fn gas_mut(&mut self) -> &mut u64 {
        &mut self.gas_left
    }

    fn pay_result(&mut self, output: Bytes) -> Answer {
        self.burn(COPY_WORD * words(output.len()))?;
        Ok(output)
    }

    /// Code hash of an account, which costs.
    pub(crate) fn code_hash(&mut self, address: Address) -> Result<B256, Exit> {
        self.burn(CODE_HASH)?;
        Ok(peek_code_hash(self.ctx, address))
    }

    /// Leaves a log, which costs what it does in the EVM.
    pub(crate) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Exit> {
        let data = event.encode_log_data();
        self.burn(375 * (1 + data.topics().len() as u64) + 8 * data.data.len() as u64)?;
        self.ctx.journal_mut().log(Log {
            address: self.address,
            data,
        });
        Ok(())
    }

    /// Takes what came with the call off the chain.
    pub(crate) fn burn_value(&mut self) -> Result<(), Exit> {
        if self.value.is_zero() {
            return Ok(());
        }
        let (journal, address) = (self.ctx.journal_mut(), self.address);
        let mut account = sure(journal.load_account_mut(address));
        if account.decr_balance(self.value) {
            Ok(())
        } else {
            Err(Exit::Plain)
        }
    }

    /// Moves wei out of the precompile's account.
    pub(crate) fn pay(&mut self, to: Address, wei: U256) -> Result<(), Exit> {
        match sure(self.ctx.journal_mut().transfer(self.address, to, wei)) {
            None => Ok(()),
            Some(_) => Err(Exit::Plain),
        }
    }
}

/// Balance of an account, without making it warm.
pub(crate) fn balance(ctx: &Ctx, address: Address) -> U256 {
    let journal = &ctx.journaled_state;
    match journal.inner.state.get(&address) {
        Some(account) => account.info.balance,
        None => journal.database.state.balance(&address),
    }
}

pub(crate) const fn words(bytes: usize) -> u64 {
    bytes.div_ceil(32) as u64
}
