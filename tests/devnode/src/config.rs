//! How a chain starts.

use alloy::{
    primitives::{Address, B256, U256, address, b256},
    signers::local::PrivateKeySigner,
};

pub use plimsoll_stylus::{LATEST_ARBOS, SUPPORTED_ARBOS};

/// Where collected fees go unless configured otherwise.
pub const DEFAULT_NETWORK_FEE_ACCOUNT: Address =
    address!("0xfee0000000000000000000000000000000000000");

/// The private keys of "test test test test test test test test test test test junk", m/44'/60'/0'/0/i.
const DEV_KEYS: [B256; 10] = [
    b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    b256!("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    b256!("0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    b256!("0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    b256!("0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    b256!("0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    b256!("0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    b256!("0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    b256!("0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
];

/// Where block times come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Every block is this many seconds after its parent: deterministic.
    Step(u64),
    /// The system's clock, never going back.
    System,
}

/// How a chain starts.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// Chain id.
    pub chain_id: u64,
    /// ArbOS version that the chain starts with, one of [`SUPPORTED_ARBOS`]. 60 and 61 have the same
    /// rules here.
    pub arbos_version: u64,
    /// Funded accounts whose keys the chain holds, at most ten.
    pub accounts: usize,
    /// What each of them has, in wei.
    pub balance: U256,
    /// Time of block 0, unix seconds.
    pub genesis_timestamp: u64,
    /// Where later block times come from.
    pub clock: Clock,
    /// A block for each transaction, at once.
    pub automine: bool,
    /// Base fee, in wei. It stays until set.
    pub base_fee: u64,
    /// L1 base fee estimate, in wei, as `ArbGasInfo` reports it.
    pub l1_base_fee: u64,
    /// What a byte of a signed transaction costs for its way to L1, in wei; 0 switches it off.
    pub l1_price_per_byte: u64,
    /// L1 block number at genesis. It grows by one every 12 seconds of chain time.
    pub l1_block_number: u64,
    /// Block gas limit in the headers.
    pub block_gas_limit: u64,
    /// Where fees and activation fees go, until an owner says otherwise.
    pub network_fee_account: Address,
    /// Owners of the chain, who may call ArbOwner. Empty: the first dev account.
    pub owners: Vec<Address>,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            arbos_version: LATEST_ARBOS,
            accounts: DEV_KEYS.len(),
            balance: U256::from(10_000) * U256::from(10).pow(U256::from(18)),
            genesis_timestamp: 1_767_225_600, // 2026-01-01
            clock: Clock::Step(1),
            automine: true,
            base_fee: 100_000_000,
            l1_base_fee: 1_000_000_000,
            l1_price_per_byte: 0,
            l1_block_number: 24_000_000,
            block_gas_limit: 1 << 50,
            network_fee_account: DEFAULT_NETWORK_FEE_ACCOUNT,
            owners: Vec::new(),
        }
    }
}

/// An account whose key the chain holds.
#[derive(Clone, Debug)]
pub struct DevAccount {
    /// Its address.
    pub address: Address,
    /// Its private key.
    pub key: B256,
    /// A signer over that key.
    pub signer: PrivateKeySigner,
}

/// The first `count` accounts of the well-known test mnemonic.
pub fn dev_accounts(count: usize) -> Vec<DevAccount> {
    DEV_KEYS
        .iter()
        .take(count)
        .filter_map(|key| {
            let signer = PrivateKeySigner::from_bytes(key).ok()?;
            Some(DevAccount {
                address: signer.address(),
                key: *key,
                signer,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_the_mnemonics() {
        let accounts = dev_accounts(10);
        assert_eq!(accounts.len(), 10);
        assert_eq!(
            accounts[0].address,
            address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
        );
        assert_eq!(
            accounts[1].address,
            address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
        );
        assert_eq!(
            accounts[9].address,
            address!("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720")
        );
    }
}
