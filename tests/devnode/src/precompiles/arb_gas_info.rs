//! ArbGasInfo, 0x6c: prices.

use super::{Answer, Call, Exit, Purity, READ, WRITE};
use crate::evm::MAX_TX_GAS;
use alloy::{
    primitives::{Address, U256, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x000000000000000000000000000000000000006c");

/// Bytes of calldata a plain transaction is taken to have, for L1.
const PLAIN_TX_UNITS: u64 = 140;
/// Gas the chain is meant to do each second.
const SPEED_LIMIT: u64 = 7_000_000;

sol! {
    interface ArbGasInfo {
        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256, uint256, uint256);
        function getPricesInArbGas() external view returns (uint256, uint256, uint256);
        function getGasAccountingParams() external view returns (uint256, uint256, uint256);
        function getMaxTxGasLimit() external view returns (uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1BaseFeeEstimateInertia() external view returns (uint64);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getPricingInertia() external view returns (uint64);
        function getGasBacklogTolerance() external view returns (uint64);
    }
}

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbGasInfo::{ArbGasInfoCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    c.begin(Purity::View, input)?;
    c.burn(match call {
        Calls::getCurrentTxL1GasFees(_) => 0,
        Calls::getPricesInWei(_) | Calls::getPricesInWeiWithAggregator(_) => 2 * READ,
        Calls::getGasAccountingParams(_) => 3 * READ,
        _ => READ,
    })?;
    let ext = &c.ctx.chain;
    let config = &ext.config;
    let price = U256::from(ext.block.base_fee);
    let l1_base_fee = U256::from(config.l1_base_fee);
    let l1_byte = l1_base_fee * U256::from(16);
    let l1_tx = l1_byte * U256::from(PLAIN_TX_UNITS);
    let in_gas = |wei: U256| wei.checked_div(price).unwrap_or_default();
    let storage = U256::from(WRITE);
    Ok(match call {
        Calls::getPricesInWei(_) | Calls::getPricesInWeiWithAggregator(_) => {
            getPricesInWeiCall::abi_encode_returns(&getPricesInWeiReturn {
                _0: l1_tx,
                _1: l1_byte,
                _2: price * storage,
                _3: price,
                _4: U256::ZERO,
                _5: price,
            })
        }
        Calls::getPricesInArbGas(_) | Calls::getPricesInArbGasWithAggregator(_) => {
            getPricesInArbGasCall::abi_encode_returns(&getPricesInArbGasReturn {
                _0: in_gas(l1_tx),
                _1: in_gas(l1_byte),
                _2: storage,
            })
        }
        Calls::getGasAccountingParams(_) => {
            getGasAccountingParamsCall::abi_encode_returns(&getGasAccountingParamsReturn {
                _0: U256::from(SPEED_LIMIT),
                _1: U256::from(MAX_TX_GAS),
                _2: U256::from(MAX_TX_GAS),
            })
        }
        Calls::getMaxTxGasLimit(_) => {
            getMaxTxGasLimitCall::abi_encode_returns(&U256::from(MAX_TX_GAS))
        }
        Calls::getMinimumGasPrice(_) => {
            getMinimumGasPriceCall::abi_encode_returns(&U256::from(config.base_fee))
        }
        Calls::getL1BaseFeeEstimate(_) | Calls::getL1GasPriceEstimate(_) => {
            getL1BaseFeeEstimateCall::abi_encode_returns(&l1_base_fee)
        }
        Calls::getL1BaseFeeEstimateInertia(_) => {
            getL1BaseFeeEstimateInertiaCall::abi_encode_returns(&10)
        }
        Calls::getCurrentTxL1GasFees(_) => {
            let fee = price * U256::from(ext.poster_gas);
            getCurrentTxL1GasFeesCall::abi_encode_returns(&fee)
        }
        Calls::getGasBacklog(_) => getGasBacklogCall::abi_encode_returns(&0),
        Calls::getPricingInertia(_) => getPricingInertiaCall::abi_encode_returns(&102),
        Calls::getGasBacklogTolerance(_) => getGasBacklogToleranceCall::abi_encode_returns(&10),
    }
    .into())
}
