//! ArbInfo, 0x65: accounts.

use super::{Answer, Call, Purity, balance};
use alloy::{
    primitives::{Address, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x0000000000000000000000000000000000000065");

sol! {
    interface ArbInfo {
        function getBalance(address account) external view returns (uint256);
        function getCode(address account) external view returns (bytes);
    }
}

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbInfo::{ArbInfoCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| super::Exit::All)?;
    c.begin(Purity::View, input)?;
    Ok(match call {
        Calls::getBalance(call) => {
            c.burn(700)?;
            getBalanceCall::abi_encode_returns(&balance(c.ctx, call.account))
        }
        Calls::getCode(call) => {
            c.burn(2_100)?;
            let code = crate::stylus::peek_code(c.ctx, call.account);
            c.burn(3 * code.len().div_ceil(32) as u64)?;
            getCodeCall::abi_encode_returns(&code)
        }
    }
    .into())
}
