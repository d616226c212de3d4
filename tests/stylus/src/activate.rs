//! Activation: whether a module is accepted, and what it will cost.

use core::fmt;

use wasmparser_nitro::{DataKind, ElementItems, ElementKind, ExternalKind, Operator, ValType};

use crate::{
    instrument::{self, ADDED_GLOBALS, FuncInfo},
    params::{Activation, StylusParams},
    parse::{self, Binary, ENTRY_POINT, FuncType, MEMORY, Reason},
};

/// Most pages a module may start with, whatever the chain allows.
const HEAP_BOUND: u64 = 128;
/// Bytes of a page.
const PAGE_SIZE: u64 = 65_536;
/// Gas per microsecond of checking.
const GAS_PER_MICROSECOND: u64 = 28;

/// Why a module was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivationError {
    /// The gas did not suffice.
    OutOfGas,
    /// The module is refused, for this reason.
    Rejected(String),
}

impl fmt::Display for ActivationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfGas => f.write_str("out of gas"),
            Self::Rejected(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for ActivationError {}

/// Checks a module as Nitro does before it becomes a program, and charges for it.
///
/// # Arguments
///
/// * `wasm` - the module, decompressed.
/// * `page_limit` - pages it may start with: the chain's limit less what is open.
/// * `gas` - what there is; what is left. The caller burns all of it where activation fails.
///
/// # Errors
///
/// * [`ActivationError::Rejected`] - the module is refused.
/// * [`ActivationError::OutOfGas`] - `gas` did not suffice.
pub fn activate(
    wasm: &[u8],
    params: &StylusParams,
    page_limit: u16,
    gas: &mut u64,
) -> Result<Activation, ActivationError> {
    let before = *gas;
    let bin = parse_user(wasm, params)?;
    let infos = instrument(&bin)?;
    let mut activation = data(&bin, params.version)?;
    limits(&bin, &infos, page_limit, params.arbos_version)?;
    pay(&bin, &infos, params.arbos_version, gas)?;
    link(&bin, &infos)?;
    activation.gas_used = before - *gas;
    Ok(activation)
}

/// Accepts a module that was activated before for the Stylus version of `params`, whatever the chain
/// has come to forbid since; returns it with its checks written in.
pub(crate) fn prepare(wasm: &[u8], params: &StylusParams) -> Result<Vec<u8>, ActivationError> {
    let bin = parse_user(wasm, params)?;
    let infos = instrument(&bin)?;
    data(&bin, params.version)?;
    limits(&bin, &infos, u16::MAX, 0)?;
    link(&bin, &infos)?;
    Ok(instrument::write(&bin, &infos, params.masks_fill())?)
}

impl From<Reason> for ActivationError {
    fn from(reason: Reason) -> Self {
        Self::Rejected(reason)
    }
}

fn parse_user<'a>(wasm: &'a [u8], params: &StylusParams) -> Result<Binary<'a>, Reason> {
    parse::parse(wasm, params).map_err(|reason| format!("failed to parse wasm: {reason}"))
}

/// What the five passes ask of the module, and of each function.
fn instrument(bin: &Binary<'_>) -> Result<Vec<FuncInfo>, Reason> {
    let failed = |reason: Reason| format!("failed to parse wasm: {reason}");
    if bin.start {
        return Err(failed("start functions not allowed".into()));
    }
    heap_bound(bin).map_err(failed)?;
    let pays = instrument::pays(bin);
    bin.codes
        .iter()
        .enumerate()
        .map(|(i, code)| instrument::analyse(bin, code, i, pays).map_err(failed))
        .collect()
}

/// One memory, exported, not too large, and paid for where it can grow.
fn heap_bound(bin: &Binary<'_>) -> Result<(), Reason> {
    let memory = match bin.memories.as_slice() {
        [] => return Err("missing memory export with name memory".into()),
        [memory] => memory,
        _ => return Err("only one memory is allowed".into()),
    };
    if bin.exports.get(MEMORY) != Some(&(0, ExternalKind::Memory)) {
        return Err("missing memory with export name memory".into());
    }
    if memory.initial > HEAP_BOUND {
        return Err(format!(
            "memory size {} exceeds bound {HEAP_BOUND}",
            memory.initial
        ));
    }
    if instrument::pays(bin) {
        let pay = bin
            .pay_function()
            .ok_or("missing import pay_for_memory_grow")?;
        let ty = bin.function_type(pay).ok_or("missing func")?;
        if *ty != FuncType::new(&[ValType::I32], &[]) {
            return Err(format!("wrong type for pay_for_memory_grow: {}", show(ty)));
        }
    }
    Ok(())
}

/// The costs, from the module as it came; only the globals are counted with those added.
fn data(bin: &Binary<'_>, version: u16) -> Result<Activation, Reason> {
    let failed = |reason: &str| format!("failed to parse wasm: {reason}");
    let footprint = bin.memories.first().map_or(0, |memory| memory.initial);

    let Some((user_main, ExternalKind::Func)) = bin.exports.get(ENTRY_POINT) else {
        return Err(failed("missing export with name user_entrypoint"));
    };
    let ty = bin
        .function_type(*user_main)
        .ok_or_else(|| failed("missing func"))?;
    if *ty != FuncType::new(&[ValType::I32], &[ValType::I32]) {
        return Err(failed(&format!(
            "wrong type for user_entrypoint: {}",
            show(ty)
        )));
    }

    let funcs = bin.codes.len() as u64;
    let globals = u64::from(bin.globals + ADDED_GLOBALS);
    let wasm_len = bin.wasm.len() as u64;
    let data_len = ranges(bin.datas.iter().map(|x| x.0.range.len()))
        + ranges(bin.elements.iter().map(|x| x.0.range.len()));
    let type_len: u64 = bin
        .functions
        .iter()
        .filter_map(|index| bin.types.get(*index as usize))
        .map(|ty| (ty.params.len() + ty.results.len()) as u64)
        .sum();

    let asm_estimate =
        512_000 + funcs * 996_829 / 1_000 + type_len * 11_416 / 1_000 + wasm_len * 62_628 / 10_000;
    let cached = funcs * 13_420 / 100_000
        + type_len * 89 / 100_000
        + wasm_len * 122 / 100_000
        + globals * 1_628 / 1_000
        + data_len * 75_244 / 100_000
        + footprint * 5;
    let init = if version == 1 { cached } else { 0 }
        + funcs * 8_252 / 1_000
        + type_len * 1_059 / 1_000
        + wasm_len * 1_286 / 10_000;

    Ok(Activation {
        version,
        init_cost: init.try_into().map_err(|_| failed("init cost too high"))?,
        cached_init_cost: cached
            .try_into()
            .map_err(|_| failed("cached cost too high"))?,
        asm_estimate: asm_estimate
            .try_into()
            .map_err(|_| failed("asm estimate too large"))?,
        footprint: footprint as u16,
        ink_left: bin.globals,
        ink_status: bin.globals + 1,
        depth_left: bin.globals + 3,
        user_main: *user_main,
        gas_used: 0,
    })
}

fn ranges(lens: impl Iterator<Item = usize>) -> u64 {
    lens.map(|len| len as u64).sum()
}

/// Bounds on everything there can be too much of.
fn limits(
    bin: &Binary<'_>,
    infos: &[FuncInfo],
    page_limit: u16,
    arbos_version: u64,
) -> Result<(), Reason> {
    let pages = bin.memories.first().map_or(0, |memory| memory.initial);
    if pages > page_limit.into() {
        return Err(format!(
            "failed to parse wasm: memory exceeds limit: {pages} > {page_limit}"
        ));
    }
    let at_most = |limit: u64, count: u64, name: &str| {
        (count <= limit)
            .then_some(())
            .ok_or_else(|| format!("failed to parse wasm: too many wasm {name}: {count} > {limit}"))
    };
    at_most(128, bin.datas.len() as u64, "datas")?;
    at_most(128, bin.elements.len() as u64, "elements")?;
    at_most(4_096, bin.codes.len() as u64, "functions")?;
    at_most(32_768, u64::from(bin.globals + ADDED_GLOBALS), "globals")?;
    for (code, info) in bin.codes.iter().zip(infos) {
        at_most(348, code.locals.into(), "locals")?;
        at_most(65_536, info.opcodes, "opcodes in func body")?;
    }
    if arbos_version >= 32 {
        at_most(513, bin.imports.len() as u64, "imports")?;
    }
    let table_entries = bin
        .tables
        .iter()
        .fold(0u64, |sum, x| sum.saturating_add(x.initial.into()));
    at_most(4_096, table_entries, "table entries")?;
    at_most(
        4_096,
        ranges(bin.elements.iter().map(|x| x.0.range.len())),
        "element entries",
    )?;
    let name_len = bin.module_name.len();
    if name_len > 512 {
        return Err(format!(
            "failed to parse wasm: wasm module name too long: {name_len} > 512"
        ));
    }
    Ok(())
}

/// Charges for the checking: each part rounded down to a microsecond.
fn pay(
    bin: &Binary<'_>,
    infos: &[FuncInfo],
    arbos_version: u64,
    gas: &mut u64,
) -> Result<(), ActivationError> {
    let mut pay = |microseconds: u64| {
        let amount = microseconds * GAS_PER_MICROSECOND;
        if *gas < amount {
            *gas = 0;
            return Err(ActivationError::OutOfGas);
        }
        *gas -= amount;
        Ok(())
    };
    if arbos_version >= 32 {
        pay(bin.wasm.len() as u64 * 31_733 / 100_000)?;
    }
    pay(bin.functions.len() as u64 * 17_263 / 100_000)?;
    pay(ranges(bin.datas.iter().map(|x| x.0.data.len())) * 17_376 / 100_000)?;
    pay(ranges(bin.elements.iter().map(|x| x.0.range.len())) * 17_376 / 100_000)?;
    pay(bin.memories.first().map_or(0, |memory| memory.initial) * 2_217)?;
    pay(infos.iter().map(|info| info.opcodes).sum::<u64>() * 535 / 1_000)
}

/// Resolves imports, and checks what is laid out before the program starts.
fn link(bin: &Binary<'_>, infos: &[FuncInfo]) -> Result<(), Reason> {
    link_parts(bin, infos).map_err(|reason| format!("failed to build user module: {reason}"))
}

fn link_parts(bin: &Binary<'_>, infos: &[FuncInfo]) -> Result<(), Reason> {
    for import in &bin.imports {
        let (module, name) = (import.module, import.name);
        let expected = parse::hostio_type(module, name)
            .ok_or_else(|| format!("No such import {name} in {module} for {}", bin.module_name))?;
        let have = bin
            .types
            .get(import.type_index as usize)
            .cloned()
            .unwrap_or_default();
        if have != expected {
            return Err(format!(
                "Import {name} for {} has different function signature than export. expected {} in {module} but have {}",
                bin.module_name,
                show(&expected),
                show(&have),
            ));
        }
    }
    if let Some(reason) = infos.iter().find_map(|info| info.unproven.clone()) {
        return Err(reason);
    }

    let memory_size = bin.memories.first().map_or(0, |memory| memory.initial) * PAGE_SIZE;
    for data in &bin.datas {
        let DataKind::Active {
            memory_index,
            offset_expr,
        } = &data.0.kind
        else {
            continue;
        };
        if *memory_index != 0 {
            return Err("Attempted to write to nonexistant memory".into());
        }
        let (offset, len) = (constant_offset(offset_expr)?, data.0.data.len() as u64);
        if offset.checked_add(len).is_none_or(|end| end > memory_size) {
            return Err(format!(
                "Out-of-bounds data memory init with offset {offset} and size {len}"
            ));
        }
    }
    if let Some(table) = bin
        .tables
        .iter()
        .find(|x| x.element_type != wasmparser_nitro::RefType::FUNCREF)
    {
        return Err(format!("unsupported table type {}", table.element_type));
    }
    for element in &bin.elements {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = &element.0.kind
        else {
            continue;
        };
        let offset = constant_offset(offset_expr)?;
        let table = table_index.unwrap_or_default();
        let size = bin
            .tables
            .get(table as usize)
            .map(|x| u64::from(x.initial))
            .ok_or_else(|| format!("Element segment for non-exsistent table {table}"))?;
        let ElementItems::Functions(items) = &element.0.items else {
            return Err("Non-constant element initializers are not supported".into());
        };
        let len = u64::from(items.count());
        if offset.saturating_add(len) > size {
            return Err(format!(
                "Out of bounds element segment at offset {offset} and length {len} for table of length {size}"
            ));
        }
    }
    if bin.imports.is_empty() && bin.codes.is_empty() {
        return Err("Module has no code".into());
    }
    Ok(())
}

/// A segment's offset: a plain constant, sign-extended as the prover does it.
fn constant_offset(expr: &wasmparser_nitro::ConstExpr<'_>) -> Result<u64, Reason> {
    let mut init = expr.get_operators_reader();
    match (init.read(), init.read(), init.eof()) {
        (Ok(Operator::I32Const { value }), Ok(Operator::End), true) => Ok(value as i64 as u64),
        other => Err(format!(
            "Non-constant element segment offset expression {other:?}"
        )),
    }
}

/// A signature in words.
fn show(ty: &FuncType) -> String {
    let list = |types: &[ValType]| {
        types
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match ty.results.as_slice() {
        [] => format!("λ({})", list(&ty.params)),
        [one] => format!("λ({}) -> {one}", list(&ty.params)),
        many => format!("λ({}) -> ({})", list(&ty.params), list(many)),
    }
}
