//! ArbOwner, 0x70: what an owner of the chain may set. Costs an owner no gas, and tells of every
//! act in an event.

use super::{Answer, Call, Exit, Purity, READ};
use crate::{arbos, config::SUPPORTED_ARBOS};
use alloy::{
    primitives::{Address, FixedBytes, address, hex},
    sol,
    sol_types::{SolCall, SolInterface},
};

pub(crate) const ADDRESS: Address = address!("0x0000000000000000000000000000000000000070");

sol! {
    interface ArbOwner {
        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
        event ChainOwnerAdded(address indexed owner);
        event ChainOwnerRemoved(address indexed owner);

        function addChainOwner(address newOwner) external;
        function removeChainOwner(address ownerToRemove) external;
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function setNetworkFeeAccount(address newNetworkFeeAccount) external;
        function getInfraFeeAccount() external view returns (address);
        function isNativeTokenOwner(address addr) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[] memory);
        function isTransactionFilterer(address filterer) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[] memory);
        function getFilteredFundsRecipient() external view returns (address);
        function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
        function setInkPrice(uint32 price) external;
        function setWasmMaxStackDepth(uint32 depth) external;
        function setWasmFreePages(uint16 pages) external;
        function setWasmPageGas(uint16 gas) external;
        function setWasmPageLimit(uint16 limit) external;
        function setWasmMaxSize(uint32 size) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setWasmInitCostScalar(uint64 percent) external;
        function setWasmExpiryDays(uint16 _days) external;
        function setWasmKeepaliveDays(uint16 _days) external;
        function setWasmBlockCacheSize(uint16 count) external;
        function setMaxStylusContractFragments(uint8 maxFragments) external;
        function setWasmActivationGas(uint64 gas) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;
    }
}

/// Ink that a unit of gas buys at most: three bytes are kept.
const MAX_INK_PRICE: u32 = 0xff_ffff;

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    c.burn(2 * READ)?; // opens ArbOS' state, looks who owns the chain
    let caller = c.caller;
    if !arbos::OWNERS.contains(c.ctx, caller) {
        c.explain(format!(
            "unauthorized caller to access-controlled method: {caller} is no owner of the chain"
        ));
        return Err(Exit::All);
    }
    let supplied = c.gas_left + 2 * READ;
    let answer = act(c, input).and_then(|output| {
        if let Some(method) = input.first_chunk::<4>().filter(|_| !c.read_only) {
            c.gas_left = u64::MAX;
            c.emit(&ArbOwner::OwnerActs {
                method: FixedBytes(*method),
                owner: caller,
                data: input.to_vec().into(),
            })?;
        }
        Ok(output)
    });
    c.gas_left = supplied;
    answer.map_err(|exit| match exit {
        Exit::All => Exit::Plain,
        exit => exit,
    })
}

fn act(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbOwner::{ArbOwnerCalls as Calls, *};
    let Ok(call) = Calls::abi_decode(input) else {
        let selector = hex::encode_prefixed(input.get(..4).unwrap_or(input));
        c.explain(format!(
            "ArbOwner has no method {selector} here, or these are not its arguments: see what is not modelled in docs/devnode.md"
        ));
        return Err(Exit::Plain);
    };
    let since_60 = matches!(
        call,
        Calls::setMaxStylusContractFragments(_)
            | Calls::setWasmActivationGas(_)
            | Calls::isTransactionFilterer(_)
            | Calls::getAllTransactionFilterers(_)
            | Calls::getFilteredFundsRecipient(_)
    );
    if since_60 {
        c.since(60)?;
    }
    let reads = matches!(
        call,
        Calls::isChainOwner(_)
            | Calls::getAllChainOwners(_)
            | Calls::getNetworkFeeAccount(_)
            | Calls::getInfraFeeAccount(_)
            | Calls::isNativeTokenOwner(_)
            | Calls::getAllNativeTokenOwners(_)
            | Calls::isTransactionFilterer(_)
            | Calls::getAllTransactionFilterers(_)
            | Calls::getFilteredFundsRecipient(_)
    );
    c.gas_left = u64::MAX;
    c.begin(if reads { Purity::View } else { Purity::Write }, input)?;
    let ctx = &mut *c.ctx;
    let mut params = arbos::params(ctx);
    let mut output = Vec::new();
    match call {
        Calls::isChainOwner(call) => {
            let is = arbos::OWNERS.contains(ctx, call.addr);
            output = isChainOwnerCall::abi_encode_returns(&is);
        }
        Calls::getAllChainOwners(_) => {
            output = getAllChainOwnersCall::abi_encode_returns(&arbos::OWNERS.all(ctx));
        }
        Calls::getNetworkFeeAccount(_) => {
            let account = arbos::network_fee_account(ctx);
            output = getNetworkFeeAccountCall::abi_encode_returns(&account);
        }
        Calls::getInfraFeeAccount(_) => {
            let account = arbos::infra_fee_account(ctx);
            output = getInfraFeeAccountCall::abi_encode_returns(&account);
        }
        // nobody mints, nobody filters
        Calls::isNativeTokenOwner(_) => {
            output = isNativeTokenOwnerCall::abi_encode_returns(&false);
        }
        Calls::isTransactionFilterer(_) => {
            output = isTransactionFiltererCall::abi_encode_returns(&false);
        }
        Calls::getAllNativeTokenOwners(_) => {
            output = getAllNativeTokenOwnersCall::abi_encode_returns(&Vec::new());
        }
        Calls::getAllTransactionFilterers(_) => {
            output = getAllTransactionFilterersCall::abi_encode_returns(&Vec::new());
        }
        Calls::getFilteredFundsRecipient(_) => {
            output = getFilteredFundsRecipientCall::abi_encode_returns(&Address::ZERO);
        }
        Calls::addChainOwner(call) => {
            let owner = call.newOwner;
            let is = arbos::OWNERS.contains(ctx, owner);
            arbos::OWNERS.insert(ctx, owner);
            if !is && params.arbos_version >= 60 {
                c.emit(&ChainOwnerAdded { owner })?;
            }
        }
        Calls::removeChainOwner(call) => {
            let owner = call.ownerToRemove;
            if !arbos::OWNERS.contains(ctx, owner) {
                c.explain("tried to remove non-owner".into());
                return Err(Exit::Plain);
            }
            arbos::OWNERS.remove(ctx, owner);
            if params.arbos_version >= 60 {
                c.emit(&ChainOwnerRemoved { owner })?;
            }
        }
        Calls::setNetworkFeeAccount(call) => {
            arbos::set_network_fee_account(ctx, call.newNetworkFeeAccount);
        }
        Calls::scheduleArbOSUpgrade(call) => {
            if !SUPPORTED_ARBOS.contains(&call.newVersion) {
                c.explain(format!(
                    "ArbOS {} is not modelled: {SUPPORTED_ARBOS:?} are",
                    call.newVersion
                ));
                return Err(Exit::Plain);
            }
            arbos::schedule_upgrade(ctx, call.newVersion, call.timestamp);
        }
        Calls::addWasmCacheManager(call) => arbos::CACHE_MANAGERS.insert(ctx, call.manager),
        Calls::removeWasmCacheManager(call) => {
            if !arbos::CACHE_MANAGERS.contains(ctx, call.manager) {
                c.explain("tried to remove non-manager".into());
                return Err(Exit::Plain);
            }
            arbos::CACHE_MANAGERS.remove(ctx, call.manager);
        }
        Calls::setWasmActivationGas(call) => arbos::set_activation_gas(ctx, call.gas),
        Calls::setInkPrice(call) => {
            if call.price == 0 || call.price > MAX_INK_PRICE {
                c.explain("ink price must be a positive uint24".into());
                return Err(Exit::Plain);
            }
            params.ink_price = call.price;
        }
        Calls::setWasmMaxStackDepth(call) => params.max_stack_depth = call.depth,
        Calls::setWasmFreePages(call) => params.free_pages = call.pages,
        Calls::setWasmPageGas(call) => params.page_gas = call.gas,
        Calls::setWasmPageLimit(call) => params.page_limit = call.limit,
        Calls::setWasmMaxSize(call) => params.max_wasm_size = call.size,
        Calls::setWasmMinInitGas(call) => {
            params.set_min_init_gas(call.gas.into(), call.cached.into());
        }
        Calls::setWasmInitCostScalar(call) => params.set_init_cost_scalar(call.percent),
        Calls::setWasmExpiryDays(call) => params.expiry_days = call._days,
        Calls::setWasmKeepaliveDays(call) => params.keepalive_days = call._days,
        Calls::setWasmBlockCacheSize(call) => params.block_cache_size = call.count,
        Calls::setMaxStylusContractFragments(call) => {
            params.max_fragment_count = call.maxFragments;
        }
    }
    if !reads {
        arbos::set_params(c.ctx, &params);
        // frames that open from now on are under it, unless this one is undone
        c.ctx.chain.params_set = true;
    }
    Ok(output.into())
}
