//! The contract that sells places in the program cache, as Offchain Labs wrote and built it: there
//! from genesis, registered with ArbWasmCache, ready to take bids.

use crate::{arbos, state::State};
use alloy::primitives::{Address, U256, address, hex};

/// Where it is: the place Arbitrum's own development chains have it.
pub const CACHE_MANAGER: Address = address!("0x0f1f89aaf1c6fdb7ff9d361e4388f5f3997f12a8");

/// Code and licence: `vendor/nitro-contracts`.
const CODE: &str = include_str!("../../vendor/nitro-contracts/CacheManager.hex");

/// Bytes of machine code that fit into the cache.
const CACHE_SIZE: u64 = 512 << 20;
/// Wei that a bid loses every second, against bids that come later.
const DECAY: u64 = 1_000_000_000;

/// Slot in which it notes that it was initialised.
const INITIALIZED: U256 = U256::ZERO;
/// Slot of `cacheSize`, `queueSize`, `decay` and `isPaused`, the first of them lowest.
const SIZES: U256 = U256::from_limbs([3, 0, 0, 0]);

/// Puts it where it is, initialised as its proxy would have it done.
pub(super) fn install(state: &mut State) {
    // SAFETY: a test reads the file.
    let code = hex::decode(CODE.replace('\n', "")).unwrap_or_default();
    state.set_nonce(CACHE_MANAGER, 1);
    state.set_code(CACHE_MANAGER, code.into());
    state.set_storage(CACHE_MANAGER, INITIALIZED, U256::ONE);
    let sizes = U256::from_limbs([CACHE_SIZE, 0, DECAY, 0]);
    state.set_storage(CACHE_MANAGER, SIZES, sizes);
    arbos::CACHE_MANAGERS.insert(state, CACHE_MANAGER);
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{b256, keccak256};

    #[test]
    fn its_code_is_the_one_of_the_package() {
        let code = hex::decode(CODE.replace('\n', "")).unwrap();
        assert_eq!(code.len(), 8_303);
        assert_eq!(
            keccak256(&code),
            b256!("0x027cfd0ee2ac9c3e10a245fee40fb29a60d1c0b8e169548d83e936944a293a9d")
        );
    }
}
