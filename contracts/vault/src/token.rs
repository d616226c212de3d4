//! Calls to tokens, which are untrusted code.
//!
//! At most [`MAX_REASON`] bytes of an answer or of revert data are copied. An answer must have exactly the length of its
//! type; a transfer without an answer succeeded only if the address has code. The callers of this module measure how much
//! moved.
use crate::sol::{BadToken, NoCode};
use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use plimsoll_common::{
    Revert,
    abi::{self, Bytes, Fields, MAX_REASON, Reader, Words},
};
use stylus_sdk::{call::RawCall, host::VM, prelude::*};

const DECIMALS: [u8; 4] = abi::selector("decimals", <()>::NAMES);
const BALANCE_OF: [u8; 4] = abi::selector("balanceOf", <(Address,)>::NAMES);
const ALLOWANCE: [u8; 4] = abi::selector("allowance", <(Address, Address)>::NAMES);
const TRANSFER: [u8; 4] = abi::selector("transfer", <(Address, U256)>::NAMES);
const TRANSFER_FROM: [u8; 4] = abi::selector("transferFrom", <(Address, Address, U256)>::NAMES);

/// The token's decimals, as the token answers.
///
/// # Errors
/// [`NoCode`]; [`BadToken`] when it does not answer with one word.
pub(crate) fn decimals(vm: &VM, token: Address) -> Result<U256, Revert> {
    if vm.code_size(token) == 0 {
        return Err(NoCode { token }.into());
    }
    ask(vm, token, &DECIMALS)
}

/// The balance of `owner`, as the token answers.
///
/// # Errors
/// [`BadToken`] when it does not answer with one word.
pub(crate) fn balance_of(vm: &VM, token: Address, owner: Address) -> Result<U256, Revert> {
    ask(vm, token, &(owner,).encode(&BALANCE_OF))
}

/// The allowance of `spender` over the tokens of `owner`, as the token answers.
///
/// # Errors
/// [`BadToken`] when it does not answer with one word.
pub(crate) fn allowance(
    vm: &VM,
    token: Address,
    owner: Address,
    spender: Address,
) -> Result<U256, Revert> {
    ask(vm, token, &(owner, spender).encode(&ALLOWANCE))
}

/// Transfers. The error is the token's revert data, or its answer if that is neither `true` nor nothing, cut after
/// [`MAX_REASON`] bytes.
pub(crate) fn transfer(vm: &VM, token: Address, to: Address, amount: U256) -> Result<(), Vec<u8>> {
    act(vm, token, &(to, amount).encode(&TRANSFER))
}

/// Transfers with the allowance of `from`; errors as [`transfer()`].
pub(crate) fn transfer_from(
    vm: &VM,
    token: Address,
    from: Address,
    to: Address,
    amount: U256,
) -> Result<(), Vec<u8>> {
    act(vm, token, &(from, to, amount).encode(&TRANSFER_FROM))
}

/// Asks a view of one word.
fn ask(vm: &VM, token: Address, call: &[u8]) -> Result<U256, Revert> {
    vm.flush_cache(false);
    // SAFETY: no storage reference is held, the cache is flushed, a static callee cannot change our storage.
    let answer = unsafe {
        RawCall::new_static(vm)
            .limit_return_data(0, MAX_REASON)
            .call(token, call)
    };
    match answer {
        Ok(word) if vm.return_data_size() == 32 => Ok(Reader::new(Words::new(&word)).word()),
        Ok(said) | Err(said) => {
            let reason = Bytes(said);
            Err(BadToken { token, reason }.into())
        }
    }
}

/// Whether a token gave no reason: no data, or the word `false`.
pub(crate) fn is_silent(reason: &[u8]) -> bool {
    matches!(reason.len(), 0 | 32) && reason.iter().all(|byte| *byte == 0)
}

/// Calls a transfer.
fn act(vm: &VM, token: Address, call: &[u8]) -> Result<(), Vec<u8>> {
    vm.flush_cache(true);
    // SAFETY: no storage reference is held, and the cache is flushed and cleared.
    let answer: Result<Vec<u8>, Vec<u8>> = unsafe {
        RawCall::new_with_value(vm, U256::ZERO)
            .limit_return_data(0, MAX_REASON)
            .call(token, call)
    };
    match (answer, vm.return_data_size()) {
        (Ok(_), 0) if vm.code_size(token) != 0 => Ok(()),
        (Ok(word), 32) if Reader::new(Words::new(&word)).unsigned() == 1 => Ok(()),
        (Ok(said) | Err(said), _) => Err(said),
    }
}
