//! NodeInterface, 0xc8: not on the chain, answered by the node in calls.

use alloy::{
    primitives::{Address, address},
    sol,
};

pub(crate) const ADDRESS: Address = address!("0x00000000000000000000000000000000000000c8");

sol! {
    interface NodeInterface {
        function gasEstimateComponents(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function nitroGenesisBlock() external pure returns (uint256 number);
        function blockL1Num(uint64 l2BlockNum) external view returns (uint64 l1BlockNum);
        function l2BlockRangeForL1(uint64 blockNum) external view returns (uint64 firstBlock, uint64 lastBlock);
        function getL1Confirmations(bytes32 blockHash) external view returns (uint64 confirmations);
    }
}
