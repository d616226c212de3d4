//! ArbSys, 0x64: the chain about itself.

use super::{Answer, Call, Exit, Purity, READ, WRITE, errors, words};
use crate::arbos;
use alloy::{
    primitives::{Address, B256, Bytes, U256, address, keccak256},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x0000000000000000000000000000000000000064");

sol! {
    #[allow(clippy::too_many_arguments)] // of an event
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
        function withdrawEth(address destination) external payable returns (uint256);
        function sendTxToL1(address destination, bytes data) external payable returns (uint256);
        function sendMerkleTreeState() external view returns (uint256 size, bytes32 root, bytes32[] memory partials);

        event L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data);
        event SendMerkleUpdate(uint256 indexed reserved, bytes32 indexed hash, uint256 indexed position);
    }
}

errors!(ArbSys::InvalidBlockNumber);

/// What an L1 contract's address is shifted by on L2.
const ALIAS: Address = address!("0x1111000000000000000000000000000000001111");

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbSys::{ArbSysCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    let purity = match call {
        Calls::mapL1SenderContractAddressToL2Alias(_) => Purity::Pure,
        Calls::withdrawEth(_) | Calls::sendTxToL1(_) => Purity::Payable,
        _ => Purity::View,
    };
    c.begin(purity, input)?;
    let block = &c.ctx.chain.block;
    Ok(match call {
        Calls::arbBlockNumber(_) => {
            arbBlockNumberCall::abi_encode_returns(&U256::from(block.number))
        }
        Calls::arbBlockHash(call) => {
            let current = U256::from(block.number);
            let requested = call.arbBlockNum;
            let back = current.checked_sub(requested);
            if back.is_none_or(|back| back.is_zero() || back > U256::from(256)) {
                return Err(InvalidBlockNumber { requested, current }.into());
            }
            // the number may be overridden: beyond the real one nothing has a hash
            let back = U256::from(block.height).checked_sub(requested);
            let origin = c.ctx.journaled_state.database.state.origin();
            let hash = back
                .filter(|back| !back.is_zero())
                .and_then(|back| block.hashes.len().checked_sub(back.saturating_to()))
                .and_then(|place| block.hashes.get(place).copied())
                .or_else(|| origin?.block_hash(requested.saturating_to()))
                .unwrap_or_default();
            arbBlockHashCall::abi_encode_returns(&hash)
        }
        Calls::arbChainID(_) => arbChainIDCall::abi_encode_returns(&U256::from(c.ctx.cfg.chain_id)),
        Calls::arbOSVersion(_) => {
            // Nitro counts on from the 55 versions before it
            let version = 55 + c.ctx.chain.params.arbos_version;
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
        Calls::withdrawEth(call) => {
            let leaf = send(c, call.destination, Bytes::new())?;
            withdrawEthCall::abi_encode_returns(&leaf)
        }
        Calls::sendTxToL1(call) => {
            let leaf = send(c, call.destination, call.data)?;
            sendTxToL1Call::abi_encode_returns(&leaf)
        }
        Calls::sendMerkleTreeState(_) => {
            if c.caller != Address::ZERO {
                c.explain("method can only be called by address zero".into());
                return Err(Exit::Plain);
            }
            let tree = arbos::sends::tree(c.ctx);
            c.burn(2 * READ * (1 + tree.partials.len() as u64) + HASH_PAIR * tree.hashed)?;
            sendMerkleTreeStateCall::abi_encode_returns(&sendMerkleTreeStateReturn {
                size: U256::from(tree.size),
                root: tree.root,
                partials: tree.partials,
            })
        }
    }
    .into())
}

/// Gas of hashing so many bytes.
const fn hash_gas(bytes: usize) -> u64 {
    30 + 6 * words(bytes)
}

/// Gas of hashing two nodes.
const HASH_PAIR: u64 = hash_gas(64);
/// Gas of clearing a slot of ArbOS' state.
const CLEAR: u64 = 5_000;

/// Sends a message to L1: nobody takes it there, but it stands in the tree, in the events and in
/// the headers as on a chain with an outbox. What came with it leaves the chain.
fn send(c: &mut Call<'_>, destination: Address, data: Bytes) -> Result<U256, Exit> {
    let block = &c.ctx.chain.block;
    let number = U256::from(block.number);
    let (l1_number, timestamp) = (block.l1_number, U256::from(block.timestamp));
    let (caller, value) = (c.caller, c.value);
    if !value.is_zero() {
        c.burn(READ)?; // whether somebody may mint the native token
    }
    let message = [
        caller.as_slice(),
        destination.as_slice(),
        &number.to_be_bytes::<32>(),
        &l1_number.to_be_bytes::<32>(),
        &timestamp.to_be_bytes::<32>(),
        &value.to_be_bytes::<32>(),
        &data,
    ]
    .concat();
    c.burn(hash_gas(message.len()))?;
    let hash = keccak256(&message);

    let nodes = arbos::sends::append(c.ctx, hash);
    let size = arbos::sends::size(c.ctx);
    let joined = nodes.len() as u64;
    // the number of messages, what the new leaf met on its way up, and where it came to rest
    let met = if joined == edge(size - 1) {
        joined
    } else {
        joined + 1
    };
    c.burn(READ + WRITE)?;
    c.burn(met * READ + joined * (HASH_PAIR + CLEAR) + WRITE)?;
    c.burn(READ)?;
    c.burn_value()?;
    for node in &nodes {
        c.emit(&ArbSys::SendMerkleUpdate {
            reserved: U256::ZERO,
            hash: node.hash,
            position: arbos::sends::position(node),
        })?;
    }
    let leaf = U256::from(size - 1);
    c.emit(&ArbSys::L2ToL1Tx {
        caller,
        destination,
        hash: hash.into(),
        position: leaf,
        arbBlockNum: number,
        ethBlockNum: l1_number,
        timestamp,
        callvalue: value,
        data,
    })?;
    Ok(leaf)
}

/// Levels of the edge of a tree of so many leaves.
const fn edge(size: u64) -> u64 {
    (u64::BITS - size.leading_zeros()) as u64
}
