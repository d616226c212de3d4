//! ArbSys, 0x64: the chain about itself.

use super::{Answer, Call, Purity, errors};
use alloy::{
    primitives::{Address, B256, U256, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x0000000000000000000000000000000000000064");

sol! {
    interface ArbSys {
        error InvalidBlockNumber(uint256 requested, uint256 current);

        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        function wasMyCallersAddressAliased() external view returns (bool);
        function myCallersAddressWithoutAliasing() external view returns (address);
    }
}

errors!(ArbSys::InvalidBlockNumber);

/// What an L1 contract's address is shifted by on L2.
const ALIAS: Address = address!("0x1111000000000000000000000000000000001111");

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbSys::{ArbSysCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| super::Exit::All)?;
    let purity = match call {
        Calls::mapL1SenderContractAddressToL2Alias(_) => Purity::Pure,
        _ => Purity::View,
    };
    c.begin(purity, input)?;
    let block = &c.ctx.chain.block;
    Ok(match call {
        Calls::arbBlockNumber(_) => {
            arbBlockNumberCall::abi_encode_returns(&U256::from(block.number))
        }
        Calls::arbBlockHash(call) => {
            let back = U256::from(block.number).checked_sub(call.arbBlockNum);
            let hash = back
                .filter(|back| !back.is_zero() && *back <= U256::from(256))
                .and_then(|back| block.hashes.len().checked_sub(back.to::<usize>()))
                .and_then(|place| block.hashes.get(place).copied())
                .ok_or(InvalidBlockNumber {
                    requested: call.arbBlockNum,
                    current: U256::from(block.number),
                })?;
            arbBlockHashCall::abi_encode_returns(&hash)
        }
        Calls::arbChainID(_) => arbChainIDCall::abi_encode_returns(&U256::from(c.ctx.cfg.chain_id)),
        Calls::arbOSVersion(_) => {
            // Nitro counts on from the 55 versions before it
            let version = 55 + c.ctx.chain.config.arbos_version;
            arbOSVersionCall::abi_encode_returns(&U256::from(version))
        }
        Calls::getStorageGasAvailable(_) => {
            getStorageGasAvailableCall::abi_encode_returns(&U256::ZERO)
        }
        Calls::isTopLevelCall(_) => {
            isTopLevelCallCall::abi_encode_returns(&(c.ctx.chain.callers.len() <= 1))
        }
        Calls::mapL1SenderContractAddressToL2Alias(call) => {
            let sum =
                U256::from_be_slice(call.sender.as_slice()) + U256::from_be_slice(ALIAS.as_slice());
            let alias = Address::from_word(B256::from(sum));
            mapL1SenderContractAddressToL2AliasCall::abi_encode_returns(&alias)
        }
        Calls::wasMyCallersAddressAliased(_) => {
            wasMyCallersAddressAliasedCall::abi_encode_returns(&false)
        }
        Calls::myCallersAddressWithoutAliasing(_) => {
            let caller = c.ctx.chain.callers.last().copied().unwrap_or_default();
            myCallersAddressWithoutAliasingCall::abi_encode_returns(&caller)
        }
    }
    .into())
}
