//! ArbOwnerPublic, 0x6b: who owns the chain, and what they set.

use super::{Answer, Call, Exit, Purity, READ, READ_PARAMS};
use alloy::{
    primitives::{Address, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x000000000000000000000000000000000000006b");

sol! {
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function isNativeTokenOwner(address addr) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool);
        function getParentGasFloorPerToken() external view returns (uint64);
        function getMaxStylusContractFragments() external view returns (uint8);
    }
}

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbOwnerPublic::{ArbOwnerPublicCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    if matches!(call, Calls::getMaxStylusContractFragments(_))
        && c.ctx.chain.config.arbos_version < 60
    {
        return Err(Exit::All);
    }
    c.begin(Purity::View, input)?;
    c.burn(match call {
        Calls::getAllChainOwners(_) => READ * (1 + c.ctx.chain.config.owners.len() as u64),
        Calls::getScheduledUpgrade(_) => 2 * READ,
        Calls::getMaxStylusContractFragments(_) => READ_PARAMS,
        _ => READ,
    })?;
    let config = &c.ctx.chain.config;
    Ok(match call {
        Calls::isChainOwner(call) => {
            isChainOwnerCall::abi_encode_returns(&config.owners.contains(&call.addr))
        }
        Calls::getAllChainOwners(_) => getAllChainOwnersCall::abi_encode_returns(&config.owners),
        Calls::isNativeTokenOwner(_) => isNativeTokenOwnerCall::abi_encode_returns(&false),
        Calls::getAllNativeTokenOwners(_) => {
            getAllNativeTokenOwnersCall::abi_encode_returns(&Vec::new())
        }
        Calls::getNetworkFeeAccount(_) => {
            getNetworkFeeAccountCall::abi_encode_returns(&config.network_fee_account)
        }
        Calls::getInfraFeeAccount(_) => getInfraFeeAccountCall::abi_encode_returns(&Address::ZERO),
        Calls::getBrotliCompressionLevel(_) => {
            getBrotliCompressionLevelCall::abi_encode_returns(&1)
        }
        Calls::getScheduledUpgrade(_) => {
            getScheduledUpgradeCall::abi_encode_returns(&getScheduledUpgradeReturn {
                arbosVersion: 0,
                scheduledForTimestamp: 0,
            })
        }
        Calls::isCalldataPriceIncreaseEnabled(_) => {
            isCalldataPriceIncreaseEnabledCall::abi_encode_returns(&false)
        }
        Calls::getParentGasFloorPerToken(_) => {
            getParentGasFloorPerTokenCall::abi_encode_returns(&0)
        }
        Calls::getMaxStylusContractFragments(_) => {
            let fragments = c.ctx.chain.params.max_fragment_count;
            getMaxStylusContractFragmentsCall::abi_encode_returns(&fragments)
        }
    }
    .into())
}
