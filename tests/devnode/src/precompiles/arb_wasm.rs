//! ArbWasm, 0x71: activating Stylus programs, and what they cost.

use super::{Answer, Call, Exit, Purity, READ, READ_PARAMS, WRITE, errors};
use crate::{
    arbos::{self, sure},
    evm::MAX_CODE_SIZE,
    stylus::{self, active_program, peek_code, peek_code_hash},
};
pub(crate) use ArbWasm::ArbWasmErrors;
use alloy::{
    primitives::{Address, B256, Bytes, U256, address, keccak256},
    sol,
    sol_types::{SolCall, SolError, SolInterface},
};
use plimsoll_stylus::{
    Program, StylusParams, activate,
    code::{self, CodeError, CodeKind, Root},
    params::hours_since_start,
};
use revm::context_interface::{ContextTr, JournalTr};

pub(crate) const ADDRESS: Address = address!("0x0000000000000000000000000000000000000071");

/// Gas of an activation beside what the module costs.
const ACTIVATION: u64 = 1_659_168;

sol! {
    interface ArbWasm {
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);

        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 _secs);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function freePages() external view returns (uint16 pages);
        function pageGas() external view returns (uint16 gas);
        function pageRamp() external view returns (uint64 ramp);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64 percent);
        function expiryDays() external view returns (uint16 _days);
        function keepaliveDays() external view returns (uint16 _days);
        function blockCacheSize() external view returns (uint16 count);
        function activationGas() external view returns (uint64 gas);
    }
}

errors!(
    ArbWasm::ProgramNotWasm,
    ArbWasm::ProgramUpToDate,
    ArbWasm::ProgramKeepaliveTooSoon,
    ArbWasm::ProgramInsufficientValue,
);

impl From<ArbWasmErrors> for Exit {
    fn from(error: ArbWasmErrors) -> Self {
        Self::Data(error.abi_encode().into())
    }
}

/// An error in Nitro's words.
pub(crate) fn describe(error: &ArbWasmErrors) -> String {
    use ArbWasmErrors as E;
    match error {
        E::ProgramNotWasm(_) => "error ProgramNotWasm()".into(),
        E::ProgramNotActivated(_) => "error ProgramNotActivated()".into(),
        E::ProgramNeedsUpgrade(e) => {
            format!(
                "error ProgramNeedsUpgrade({}, {})",
                e.version, e.stylusVersion
            )
        }
        E::ProgramExpired(e) => format!("error ProgramExpired({})", e.ageInSeconds),
        E::ProgramUpToDate(_) => "error ProgramUpToDate()".into(),
        E::ProgramKeepaliveTooSoon(e) => {
            format!("error ProgramKeepaliveTooSoon({})", e.ageInSeconds)
        }
        E::ProgramInsufficientValue(e) => {
            format!("error ProgramInsufficientValue({}, {})", e.have, e.want)
        }
    }
}

/// Why a program does not run, in Nitro's words and then in those of somebody who wants it to.
pub(crate) fn explain(error: &ArbWasmErrors, program: Address) -> String {
    use ArbWasmErrors as E;
    let words = describe(error);
    let again = format!("activate it again with ArbWasm.activateProgram({program})");
    match error {
        E::ProgramNotActivated(_) => format!(
            "{words}: {program} was never activated; do it with ArbWasm.activateProgram({program})"
        ),
        E::ProgramNeedsUpgrade(e) => format!(
            "{words}: {program} was activated for Stylus version {} and the chain is at {}; {again}",
            e.version, e.stylusVersion
        ),
        E::ProgramExpired(_) => {
            format!("{words}: the activation of {program} has run out; {again}")
        }
        _ => words,
    }
}

/// Whether a program may run now.
pub(crate) fn check_active(
    program: &Program,
    params: &StylusParams,
    now: u64,
) -> Result<(), ArbWasmErrors> {
    if program.version == 0 {
        return Err(ArbWasmErrors::ProgramNotActivated(
            ArbWasm::ProgramNotActivated {},
        ));
    }
    check_runnable(program, params, now)
}

/// Whether a program is of this version and not expired.
pub(crate) fn check_runnable(
    program: &Program,
    params: &StylusParams,
    now: u64,
) -> Result<(), ArbWasmErrors> {
    if program.version != params.version {
        let (version, stylus_version) = (program.version, params.version);
        let error = ArbWasm::ProgramNeedsUpgrade {
            version,
            stylusVersion: stylus_version,
        };
        return Err(ArbWasmErrors::ProgramNeedsUpgrade(error));
    }
    if program.expired(params, now) {
        let error = ArbWasm::ProgramExpired {
            ageInSeconds: program.age_seconds(now),
        };
        return Err(ArbWasmErrors::ProgramExpired(error));
    }
    Ok(())
}

pub(crate) fn call(c: &mut Call<'_>, input: &[u8]) -> Answer {
    use ArbWasm::{ArbWasmCalls as Calls, *};
    let call = Calls::abi_decode(input).map_err(|_| Exit::All)?;
    let payable = matches!(
        call,
        Calls::activateProgram(_) | Calls::codehashKeepalive(_)
    );
    if matches!(call, Calls::activationGas(_)) {
        c.since(59)?;
    }
    c.begin(
        if payable {
            Purity::Payable
        } else {
            Purity::View
        },
        input,
    )?;
    let params = c.ctx.chain.params.clone();
    let now = c.ctx.chain.block.timestamp;
    if let Calls::activateProgram(call) = call {
        return activate_program(c, call.program, &params, now);
    }
    if let Calls::activationGas(_) = call {
        c.burn(READ)?;
        let gas = arbos::activation_gas(c.ctx);
        return Ok(activationGasCall::abi_encode_returns(&gas).into());
    }

    let by_address = match &call {
        Calls::programVersion(call) => Some(call.program),
        Calls::programInitGas(call) => Some(call.program),
        Calls::programMemoryFootprint(call) => Some(call.program),
        Calls::programTimeLeft(call) => Some(call.program),
        _ => None,
    };
    let code_hash = match by_address {
        Some(address) => c.code_hash(address)?,
        None => B256::ZERO,
    };
    c.burn(READ_PARAMS)?;
    let mut active = |code_hash| -> Result<Program, Exit> {
        c.burn(READ)?;
        Ok(active_program(c.ctx, code_hash)?)
    };
    Ok(match call {
        Calls::activateProgram(_) | Calls::activationGas(_) => Vec::new(),
        Calls::codehashKeepalive(call) => {
            let program = active(call.codehash)?;
            keep_alive(c, call.codehash, program, &params, now)?;
            Vec::new()
        }
        Calls::codehashVersion(call) => {
            codehashVersionCall::abi_encode_returns(&active(call.codehash)?.version)
        }
        Calls::codehashAsmSize(call) => {
            codehashAsmSizeCall::abi_encode_returns(&active(call.codehash)?.asm_size())
        }
        Calls::programVersion(_) => {
            programVersionCall::abi_encode_returns(&active(code_hash)?.version)
        }
        Calls::programInitGas(_) => {
            let program = active(code_hash)?;
            let cached = program.cached_gas(&params);
            let mut gas = program.init_gas(&params);
            if params.version > 1 {
                gas += cached;
            }
            programInitGasCall::abi_encode_returns(&programInitGasReturn {
                gas,
                gasWhenCached: cached,
            })
        }
        Calls::programMemoryFootprint(_) => {
            programMemoryFootprintCall::abi_encode_returns(&active(code_hash)?.footprint)
        }
        Calls::programTimeLeft(_) => {
            let program = active(code_hash)?;
            let lifetime = u64::from(params.expiry_days) * 86_400;
            let left = lifetime.saturating_sub(program.age_seconds(now));
            programTimeLeftCall::abi_encode_returns(&left)
        }
        Calls::stylusVersion(_) => stylusVersionCall::abi_encode_returns(&params.version),
        Calls::inkPrice(_) => inkPriceCall::abi_encode_returns(&params.ink_price),
        Calls::maxStackDepth(_) => maxStackDepthCall::abi_encode_returns(&params.max_stack_depth),
        Calls::freePages(_) => freePagesCall::abi_encode_returns(&params.free_pages),
        Calls::pageGas(_) => pageGasCall::abi_encode_returns(&params.page_gas),
        Calls::pageRamp(_) => pageRampCall::abi_encode_returns(&620_674_314),
        Calls::pageLimit(_) => pageLimitCall::abi_encode_returns(&params.page_limit),
        Calls::minInitGas(_) => minInitGasCall::abi_encode_returns(&minInitGasReturn {
            gas: u64::from(params.min_init_gas) * 128,
            cached: u64::from(params.min_cached_init_gas) * 32,
        }),
        Calls::initCostScalar(_) => {
            initCostScalarCall::abi_encode_returns(&(u64::from(params.init_cost_scalar) * 2))
        }
        Calls::expiryDays(_) => expiryDaysCall::abi_encode_returns(&params.expiry_days),
        Calls::keepaliveDays(_) => keepaliveDaysCall::abi_encode_returns(&params.keepalive_days),
        Calls::blockCacheSize(_) => {
            blockCacheSizeCall::abi_encode_returns(&params.block_cache_size)
        }
    }
    .into())
}

fn activate_program(c: &mut Call<'_>, address: Address, params: &StylusParams, now: u64) -> Answer {
    if params.arbos_version >= 59 {
        c.burn(READ)?;
        let gas = arbos::activation_gas(c.ctx);
        c.burn(gas)?;
    }
    c.burn(ACTIVATION)?;
    let account = c.ctx.journaled_state.inner.state.get(&address);
    if account.is_some_and(|a| a.is_selfdestructed()) {
        return Err(refused(c, &"self destructed"));
    }
    let code_hash = peek_code_hash(c.ctx, address);
    c.burn(READ_PARAMS)?;
    c.burn(READ)?;
    let before = arbos::program(c.ctx, code_hash);
    let expired = before.activated_at == 0 || before.expired(params, now);
    if before.version == params.version && !expired {
        return Err(ArbWasm::ProgramUpToDate {}.into());
    }

    let wasm = module_of(c, address, params)?;
    let page_limit = params.page_limit.saturating_sub(c.ctx.chain.pages.0);
    let activation = match activate(&wasm, params, page_limit, c.gas_mut()) {
        Ok(activation) => activation,
        // whatever is wrong with the module takes all gas
        Err(why) => {
            c.explain(format!("program activation failed: {why}"));
            return Err(Exit::All);
        }
    };
    if before.cached {
        c.burn(READ)?;
    }
    let module_hash = keccak256([code_hash.as_slice(), &params.version.to_be_bytes()].concat());
    c.burn(WRITE)?;
    let fee = data_fee(c, activation.asm_estimate, now)?;
    c.burn(WRITE)?;
    arbos::set_program(
        c.ctx,
        code_hash,
        &Program::new(&activation, now, before.cached),
    );
    pay_data_fee(c, fee)?;
    let version = activation.version;
    c.emit(&ArbWasm::ProgramActivated {
        codehash: code_hash,
        moduleHash: module_hash,
        program: address,
        dataFee: fee,
        version,
    })?;
    let answer = ArbWasm::activateProgramReturn {
        version,
        dataFee: fee,
    };
    Ok(ArbWasm::activateProgramCall::abi_encode_returns(&answer).into())
}

/// The module an account's code stands for; reading fragments costs.
fn module_of(c: &mut Call<'_>, address: Address, params: &StylusParams) -> Result<Vec<u8>, Exit> {
    let code = peek_code(c.ctx, address);
    if code.is_empty() {
        return Err(ArbWasm::ProgramNotWasm {}.into());
    }
    match code::kind(&code, params) {
        CodeKind::Classic => {}
        CodeKind::Root => {
            let root = Root::parse(&code).map_err(|why| refused(c, &why))?;
            root.check(params).map_err(|why| refused(c, &why))?;
            for (place, fragment) in root.fragments.into_iter().enumerate() {
                let code = read_fragment(c, fragment)?;
                if code::piece(&code).is_none() {
                    return Err(refused(c, &CodeError::NotAFragment { place }));
                }
            }
        }
        CodeKind::Other if params.arbos_version >= 60 => {
            return Err(ArbWasm::ProgramNotWasm {}.into());
        }
        CodeKind::Fragment => return Err(refused(c, &CodeError::IsFragment)),
        CodeKind::Other => return Err(refused(c, &CodeError::NotAProgram)),
    }
    let unpacked = stylus::unpack(&code, params, |fragment| peek_code(c.ctx, fragment));
    unpacked.map_err(|why| refused(c, &why))
}

/// A revert that keeps the gas and has no data, as Nitro's errors that are none of Solidity's.
fn refused(c: &mut Call<'_>, why: &impl ToString) -> Exit {
    c.explain(why.to_string());
    Exit::Plain
}

/// Reads a fragment: there must be gas for the largest, and what it has is paid for.
fn read_fragment(c: &mut Call<'_>, address: Address) -> Result<Bytes, Exit> {
    let load = sure(c.ctx.journal_mut().load_account_with_code(address));
    let warm = !load.is_cold;
    let code = load.info.code.as_ref();
    let code = code.map_or_else(Bytes::new, |code| code.original_bytes());
    if *c.gas_mut() < code::fragment_read_gas(warm, MAX_CODE_SIZE) {
        return Err(Exit::All);
    }
    c.burn(code::fragment_read_gas(warm, code.len()))?;
    Ok(code)
}

fn keep_alive(
    c: &mut Call<'_>,
    code_hash: B256,
    mut program: Program,
    params: &StylusParams,
    now: u64,
) -> Result<(), Exit> {
    let age = program.age_seconds(now);
    if age < u64::from(params.keepalive_days) * 86_400 {
        return Err(ArbWasm::ProgramKeepaliveTooSoon { ageInSeconds: age }.into());
    }
    let fee = data_fee(c, program.asm_size(), now)?;
    program.activated_at = hours_since_start(now);
    c.burn(WRITE)?;
    arbos::set_program(c.ctx, code_hash, &program);
    pay_data_fee(c, fee)?;
    c.emit(&ArbWasm::ProgramLifetimeExtended {
        codehash: code_hash,
        dataFee: fee,
    })
}

/// The fee for so much machine code, which raises the next one.
fn data_fee(c: &mut Call<'_>, bytes: u32, now: u64) -> Result<U256, Exit> {
    c.burn(5 * READ + 2 * WRITE)?;
    let mut pricer = arbos::data_pricer(c.ctx);
    let fee = pricer.update(bytes, now);
    arbos::set_data_pricer(c.ctx, &pricer);
    Ok(U256::from(fee))
}

/// Takes the fee from the value that came, and gives the rest back.
fn pay_data_fee(c: &mut Call<'_>, fee: U256) -> Result<(), Exit> {
    let Some(rest) = c.value.checked_sub(fee) else {
        return Err(ArbWasm::ProgramInsufficientValue {
            have: c.value,
            want: fee,
        }
        .into());
    };
    c.burn(READ)?; // the network fee account
    let (network, caller) = (arbos::network_fee_account(c.ctx), c.caller);
    c.pay(network, fee)?;
    c.pay(caller, rest)
}

/// Calldata that activates a program.
pub(crate) fn activate_calldata(program: Address) -> Bytes {
    ArbWasm::activateProgramCall { program }.abi_encode().into()
}

/// Whether an activation was refused because the program is active.
pub(crate) fn is_up_to_date(data: &[u8]) -> bool {
    ArbWasm::ProgramUpToDate::abi_decode(data).is_ok()
}
