//! ArbOwnerPublic, 0x6b: who owns the chain, and what they set.

use super::{Answer, Call, Exit, Purity, READ, READ_PARAMS};
use crate::arbos;
use alloy::{
    primitives::{Address, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x000000000000000000000000000000000000006b");

sol! {
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function rectifyChainOwner(address ownerToRectify) external;
        function getAllChainOwners() external view returns (address[] memory);
        function getNativeTokenManagementFrom() external view returns (uint64);
        function isNativeTokenOwner(address addr) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool);
        function getParentGasFloorPerToken() external view returns (uint64);
        function getMaxStylusContractFragments() external view returns (uint8);
        function getCollectTips() external view returns (bool);
        function getTransactionFilteringFrom() external view returns (uint64);
        function isTransactionFilterer(address filterer) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[] memory);
        function getFilteredFundsRecipient() external view returns (address);
    }
}

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbOwnerPublic::{ArbOwnerPublicCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    let since_60 = matches!(
        call,
        Calls::getMaxStylusContractFragments(_)
            | Calls::getCollectTips(_)
            | Calls::getTransactionFilteringFrom(_)
            | Calls::isTransactionFilterer(_)
            | Calls::getAllTransactionFilterers(_)
            | Calls::getFilteredFundsRecipient(_)
    );
    if since_60 {
        c.since(60)?;
    }
    if let Calls::rectifyChainOwner(call) = call {
        return rectify(c, call.ownerToRectify, input);
    }
    c.begin(Purity::View, input)?;
    let owners = arbos::OWNERS.len(c.ctx);
    c.burn(match call {
        Calls::getAllChainOwners(_) => READ * (1 + owners),
        Calls::getScheduledUpgrade(_) => 2 * READ,
        Calls::getMaxStylusContractFragments(_) => READ_PARAMS,
        _ => READ,
    })?;
    let ctx = &mut *c.ctx;
    Ok(match call {
        Calls::rectifyChainOwner(_) => Vec::new(),
        Calls::isChainOwner(call) => {
            isChainOwnerCall::abi_encode_returns(&arbos::OWNERS.contains(ctx, call.addr))
        }
        Calls::getAllChainOwners(_) => {
            getAllChainOwnersCall::abi_encode_returns(&arbos::OWNERS.all(ctx))
        }
        Calls::getNativeTokenManagementFrom(_) => {
            getNativeTokenManagementFromCall::abi_encode_returns(&0)
        }
        Calls::isNativeTokenOwner(_) => isNativeTokenOwnerCall::abi_encode_returns(&false),
        Calls::getAllNativeTokenOwners(_) => {
            getAllNativeTokenOwnersCall::abi_encode_returns(&Vec::new())
        }
        Calls::getNetworkFeeAccount(_) => {
            getNetworkFeeAccountCall::abi_encode_returns(&arbos::network_fee_account(ctx))
        }
        Calls::getInfraFeeAccount(_) => {
            getInfraFeeAccountCall::abi_encode_returns(&arbos::infra_fee_account(ctx))
        }
        Calls::getBrotliCompressionLevel(_) => {
            getBrotliCompressionLevelCall::abi_encode_returns(&1)
        }
        Calls::getScheduledUpgrade(_) => {
            let (version, timestamp) = arbos::scheduled_upgrade(ctx);
            getScheduledUpgradeCall::abi_encode_returns(&getScheduledUpgradeReturn {
                arbosVersion: version,
                scheduledForTimestamp: timestamp,
            })
        }
        Calls::isCalldataPriceIncreaseEnabled(_) => {
            isCalldataPriceIncreaseEnabledCall::abi_encode_returns(&false)
        }
        Calls::getParentGasFloorPerToken(_) => {
            getParentGasFloorPerTokenCall::abi_encode_returns(&0)
        }
        Calls::getMaxStylusContractFragments(_) => {
            let fragments = ctx.chain.params.max_fragment_count;
            getMaxStylusContractFragmentsCall::abi_encode_returns(&fragments)
        }
        Calls::getCollectTips(_) => getCollectTipsCall::abi_encode_returns(&false),
        Calls::getTransactionFilteringFrom(_) => {
            getTransactionFilteringFromCall::abi_encode_returns(&0)
        }
        Calls::isTransactionFilterer(_) => isTransactionFiltererCall::abi_encode_returns(&false),
        Calls::getAllTransactionFilterers(_) => {
            getAllTransactionFilterersCall::abi_encode_returns(&Vec::new())
        }
        Calls::getFilteredFundsRecipient(_) => {
            getFilteredFundsRecipientCall::abi_encode_returns(&Address::ZERO)
        }
    }
    .into())
}

/// Repairs the set of owners, where an old version of ArbOS broke it. Here none did.
fn rectify(c: &mut Call<'_>, owner: Address, input: &[u8]) -> Answer {
    c.begin(Purity::Write, input)?;
    c.burn(READ)?;
    let why = if arbos::OWNERS.contains(c.ctx, owner) {
        c.burn(2 * READ)?; // its place, and who is there
        "already correct"
    } else {
        "not an owner"
    };
    c.explain(format!("owner {owner} cannot be rectified: {why}"));
    Err(Exit::Plain)
}
