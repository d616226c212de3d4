//! Deploying contracts and activating programs.
use super::Chain;
use crate::{
    error::{ChainError, Result},
    evm::MAX_CODE_SIZE,
    precompiles::arb_wasm,
    types::{Outcome, Transaction},
};
use alloy::{
    primitives::{Address, Bytes, TxKind, U256},
    rpc::types::TransactionRequest,
};
use plimsoll_stylus::code;
use std::sync::Arc;

impl Chain {
    /// Creates a contract; its address.
    ///
    /// # Errors
    ///
    /// * [`ChainError::Reverted`], [`ChainError::Halted`] - the init code failed.
    pub fn deploy(&mut self, from: Address, init_code: impl Into<Bytes>) -> Result<Address> {
        let request = TransactionRequest {
            from: Some(from),
            to: Some(TxKind::Create),
            input: init_code.into().into(),
            ..Default::default()
        };
        let receipt = succeeded(self.transact(request)?)?;
        let created = receipt.receipt.contract_address;
        created.ok_or_else(|| ChainError::Internal("created nothing".into()))
    }

    /// Compresses a WASM module, deploys it and activates it, where no equal module is active; its
    /// address. What does not fit into one account is cut into fragments, which are deployed first
    /// (ArbOS 60 and later).
    ///
    /// # Errors
    ///
    /// * [`ChainError::Refused`], [`ChainError::Reverted`], [`ChainError::Halted`] - the module was
    ///   not activated, or has more fragments than the chain takes.
    pub fn deploy_program(&mut self, from: Address, wasm: &[u8]) -> Result<Address> {
        let mut code = code::compress(wasm);
        if code.len() > MAX_CODE_SIZE {
            let fragments = code::split(&code, MAX_CODE_SIZE)
                .iter()
                .map(|fragment| self.deploy(from, init_code(fragment)))
                .collect::<Result<_>>()?;
            let root = code::Root {
                dictionary: 0,
                wasm_len: wasm.len() as u32,
                fragments,
            };
            code = root.to_code();
        }
        let program = self.deploy(from, init_code(&code))?;
        match self.activate(from, program) {
            Err(ChainError::Reverted(data)) if arb_wasm::is_up_to_date(&data) => {}
            activated => drop(activated?),
        }
        Ok(program)
    }

    /// Activates a program with ample value; what is too much comes back.
    pub fn activate(&mut self, from: Address, program: Address) -> Result<Arc<Transaction>> {
        let request = TransactionRequest {
            from: Some(from),
            to: Some(arb_wasm::ADDRESS.into()),
            value: Some(U256::from(10).pow(U256::from(18))),
            input: arb_wasm::activate_calldata(program).into(),
            ..Default::default()
        };
        succeeded(self.transact(request)?)
    }
}

/// Init code that creates a contract with this code.
pub fn init_code(code: &[u8]) -> Bytes {
    // PUSH4 len, DUP1, PUSH1 14, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    let [a, b, c, d] = (code.len() as u32).to_be_bytes();
    let prelude = [
        0x63, a, b, c, d, 0x80, 0x60, 14, 0x5f, 0x39, 0x5f, 0xf3, 0x00, 0x00,
    ];
    [&prelude[..], code].concat().into()
}

fn succeeded(tx: Arc<Transaction>) -> Result<Arc<Transaction>> {
    match &tx.receipt.outcome {
        Outcome::Success => Ok(tx),
        Outcome::Reverted => Err(ChainError::reverted(
            tx.receipt.output.clone(),
            tx.receipt.reason.clone(),
        )),
        Outcome::Halted(why) => Err(ChainError::Halted(why.clone())),
    }
}
