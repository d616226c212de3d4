//! Ethereum's precompiles, and those of ArbOS that clients touch.

pub(crate) mod arb_gas_info;
pub(crate) mod arb_info;
pub(crate) mod arb_owner_public;
pub(crate) mod arb_sys;
pub(crate) mod arb_wasm;
pub(crate) mod arb_wasm_cache;
pub(crate) mod node_interface;

use crate::{arbos::sure, evm::Ctx, stylus::peek_code_hash};
use alloy::{
    primitives::{Address, B256, Bytes, Log, U256, address},
    sol_types::{SolError, SolEvent},
};
use revm::{
    context_interface::{ContextTr, JournalTr},
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, CallScheme, Gas, InstructionResult, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

/// Addresses of ArbOS' precompiles. Each has the code `fe`.
pub(crate) const ARB_ADDRESSES: [Address; 16] = [
    arb_sys::ADDRESS,
    arb_info::ADDRESS,
    address!("0x0000000000000000000000000000000000000066"), // ArbAddressTable
    address!("0x0000000000000000000000000000000000000067"), // ArbBLS
    address!("0x0000000000000000000000000000000000000068"), // ArbFunctionTable
    address!("0x0000000000000000000000000000000000000069"), // ArbosTest
    arb_owner_public::ADDRESS,
    arb_gas_info::ADDRESS,
    address!("0x000000000000000000000000000000000000006d"), // ArbAggregator
    address!("0x000000000000000000000000000000000000006e"), // ArbRetryableTx
    address!("0x000000000000000000000000000000000000006f"), // ArbStatistics
    address!("0x0000000000000000000000000000000000000070"), // ArbOwner
    arb_wasm::ADDRESS,
    arb_wasm_cache::ADDRESS,
    address!("0x0000000000000000000000000000000000000073"), // ArbNativeTokenManager
    address!("0x00000000000000000000000000000000000a4b05"), // ArbosActs
];

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
        addresses.extend(ARB_ADDRESSES);
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
        if !ARB_ADDRESSES.contains(&inputs.bytecode_address) {
            return self.ethereum.run(ctx, inputs);
        }
        let input = inputs.input.bytes_local(&ctx.local);
        let mut call = Call {
            address: inputs.bytecode_address,
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
        let answer = match inputs.bytecode_address {
            arb_sys::ADDRESS => arb_sys::call(&mut call, &input),
            arb_info::ADDRESS => arb_info::call(&mut call, &input),
            arb_owner_public::ADDRESS => arb_owner_public::call(&mut call, &input),
            arb_gas_info::ADDRESS => arb_gas_info::call(&mut call, &input),
            arb_wasm::ADDRESS => arb_wasm::call(&mut call, &input),
            arb_wasm_cache::ADDRESS => arb_wasm_cache::call(&mut call, &input),
            _ => Err(Exit::All), // not modelled: as if it had no such method
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

    /// Moves wei out of the precompile's account.
    pub(crate) fn pay(&mut self, to: Address, wei: U256) -> Result<(), Exit> {
        match sure(self.ctx.journal_mut().transfer(self.address, to, wei)) {
            None => Ok(()),
            Some(_) => Err(Exit::Plain),
        }
    }
}

const fn words(bytes: usize) -> u64 {
    bytes.div_ceil(32) as u64
}
