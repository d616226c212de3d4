//! ArbGasInfo, 0x6c: prices.

use super::{Answer, Call, Exit, Purity, READ, WRITE, balance};
use crate::{
    arbos,
    evm::{L1_PRICER_FUNDS_POOL, MAX_TX_GAS},
};
use alloy::{
    primitives::{Address, I256, U256, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x000000000000000000000000000000000000006c");

/// Bytes of calldata a plain transaction is taken to have, for L1.
const PLAIN_TX_UNITS: u64 = 140;
/// Gas the chain is meant to do each second.
const SPEED_LIMIT: u64 = 7_000_000;

sol! {
    struct WeightedResource {
        uint8 resource;
        uint64 weight;
    }

    struct MultiGasConstraint {
        WeightedResource[] resources;
        uint32 adjustmentWindowSecs;
        uint64 targetPerSec;
        uint64 backlog;
    }

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
        function getL1RewardRate() external view returns (uint64);
        function getL1RewardRecipient() external view returns (address);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getPricingInertia() external view returns (uint64);
        function getGasBacklogTolerance() external view returns (uint64);
        function getL1PricingSurplus() external view returns (int256);
        function getPerBatchGasCharge() external view returns (int64);
        function getAmortizedCostCapBips() external view returns (uint64);
        function getL1FeesAvailable() external view returns (uint256);
        function getL1PricingEquilibrationUnits() external view returns (uint256);
        function getLastL1PricingUpdateTime() external view returns (uint64);
        function getL1PricingFundsDueForRewards() external view returns (uint256);
        function getL1PricingUnitsSinceUpdate() external view returns (uint64);
        function getLastL1PricingSurplus() external view returns (int256);
        function getMaxBlockGasLimit() external view returns (uint64);
        function getGasPricingConstraints() external view returns (uint64[3][] memory constraints);
        function getMultiGasPricingConstraints() external view returns (MultiGasConstraint[] memory constraints);
    }
}

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbGasInfo::{ArbGasInfoCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    if matches!(call, Calls::getMultiGasPricingConstraints(_)) {
        c.since(60)?;
    }
    c.begin(Purity::View, input)?;
    c.burn(match call {
        Calls::getCurrentTxL1GasFees(_) => 0,
        Calls::getPricesInWei(_) | Calls::getPricesInWeiWithAggregator(_) => 2 * READ,
        Calls::getGasAccountingParams(_) | Calls::getL1PricingSurplus(_) => 3 * READ,
        _ => READ,
    })?;
    let owner = arbos::OWNERS.all(c.ctx).first().copied();
    let collected = balance(c.ctx, L1_PRICER_FUNDS_POOL);
    let ext = &c.ctx.chain;
    let config = &ext.config;
    let price = U256::from(ext.block.base_fee);
    let floor = price.min(U256::from(config.base_fee));
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
                _3: floor,
                _4: price - floor,
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
        Calls::getL1RewardRate(_) => getL1RewardRateCall::abi_encode_returns(&10),
        Calls::getL1RewardRecipient(_) => {
            getL1RewardRecipientCall::abi_encode_returns(&owner.unwrap_or_default())
        }
        Calls::getL1PricingSurplus(_) => {
            // nothing is due to anybody
            getL1PricingSurplusCall::abi_encode_returns(&I256::from_raw(collected))
        }
        Calls::getPerBatchGasCharge(_) => getPerBatchGasChargeCall::abi_encode_returns(&210_000),
        Calls::getAmortizedCostCapBips(_) => getAmortizedCostCapBipsCall::abi_encode_returns(&0),
        Calls::getL1FeesAvailable(_) => getL1FeesAvailableCall::abi_encode_returns(&collected),
        Calls::getL1PricingEquilibrationUnits(_) => {
            getL1PricingEquilibrationUnitsCall::abi_encode_returns(&U256::from(160_000_000))
        }
        Calls::getLastL1PricingUpdateTime(_) => {
            getLastL1PricingUpdateTimeCall::abi_encode_returns(&0)
        }
        Calls::getL1PricingFundsDueForRewards(_) => {
            getL1PricingFundsDueForRewardsCall::abi_encode_returns(&U256::ZERO)
        }
        Calls::getL1PricingUnitsSinceUpdate(_) => {
            getL1PricingUnitsSinceUpdateCall::abi_encode_returns(&0)
        }
        Calls::getLastL1PricingSurplus(_) => {
            getLastL1PricingSurplusCall::abi_encode_returns(&I256::ZERO)
        }
        Calls::getMaxBlockGasLimit(_) => getMaxBlockGasLimitCall::abi_encode_returns(&MAX_TX_GAS),
        Calls::getGasPricingConstraints(_) => {
            getGasPricingConstraintsCall::abi_encode_returns(&Vec::new())
        }
        Calls::getMultiGasPricingConstraints(_) => {
            getMultiGasPricingConstraintsCall::abi_encode_returns(&Vec::new())
        }
    }
    .into())
}
