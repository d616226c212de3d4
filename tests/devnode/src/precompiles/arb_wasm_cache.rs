//! ArbWasmCache, 0x72: which programs start cheaply.

use super::{Answer, Call, Exit, Purity, READ, READ_PARAMS, WRITE, arb_wasm};
use crate::arbos;
use alloy::{
    primitives::{Address, B256, address},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x0000000000000000000000000000000000000072");

sol! {
    interface ArbWasmCache {
        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);

        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheCodehash(bytes32 codehash) external;
        function cacheProgram(address addr) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }
}

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbWasmCache::{ArbWasmCacheCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    if matches!(call, Calls::cacheCodehash(_)) && c.ctx.chain.params.arbos_version >= 31 {
        c.explain("cacheCodehash is gone since ArbOS 31: call cacheProgram".into());
        return Err(Exit::All);
    }
    let writes = matches!(
        call,
        Calls::cacheCodehash(_) | Calls::cacheProgram(_) | Calls::evictCodehash(_)
    );
    c.begin(if writes { Purity::Write } else { Purity::View }, input)?;
    Ok(match call {
        Calls::isCacheManager(call) => {
            c.burn(READ)?;
            let is = arbos::CACHE_MANAGERS.contains(c.ctx, call.manager);
            isCacheManagerCall::abi_encode_returns(&is)
        }
        Calls::allCacheManagers(_) => {
            let managers = arbos::CACHE_MANAGERS.all(c.ctx);
            c.burn(READ * (1 + managers.len() as u64))?;
            allCacheManagersCall::abi_encode_returns(&managers)
        }
        Calls::codehashIsCached(call) => {
            c.burn(READ)?;
            let cached = arbos::program(c.ctx, call.codehash).cached;
            codehashIsCachedCall::abi_encode_returns(&cached)
        }
        Calls::cacheCodehash(call) => set_cached(c, call.codehash, true)?,
        Calls::cacheProgram(call) => {
            let code_hash = c.code_hash(call.addr)?;
            set_cached(c, code_hash, true)?
        }
        Calls::evictCodehash(call) => set_cached(c, call.codehash, false)?,
    }
    .into())
}

fn set_cached(c: &mut Call<'_>, code_hash: B256, cached: bool) -> Result<Vec<u8>, Exit> {
    c.burn(READ)?;
    let caller = c.caller;
    if !arbos::CACHE_MANAGERS.contains(c.ctx, caller) {
        c.burn(READ)?;
        if !arbos::OWNERS.contains(c.ctx, caller) {
            c.explain(format!(
                "{caller} may not cache programs: it is neither a cache manager nor an owner of the chain"
            ));
            return Err(Exit::All);
        }
    }
    c.burn(READ_PARAMS)?;
    c.burn(READ)?;
    let mut program = arbos::program(c.ctx, code_hash);
    if cached {
        let now = c.ctx.chain.block.timestamp;
        arb_wasm::check_runnable(&program, &c.ctx.chain.params, now)?;
    }
    if program.cached == cached {
        return Ok(Vec::new());
    }
    let manager = c.caller;
    c.emit(&ArbWasmCache::UpdateProgramCache {
        manager,
        codehash: code_hash,
        cached,
    })?;
    c.burn(program.init_cost.into())?;
    c.burn(READ)?; // the module hash
    program.cached = cached;
    c.burn(WRITE)?;
    arbos::set_program(c.ctx, code_hash, &program);
    Ok(Vec::new())
}
