//! Making a compiler's module fit for deployment.

mod data;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use wasm_encoder::{
    CodeSection, DataSection, ExportSection, Function, FunctionSection, ImportSection, Module,
    RawSection,
    reencode::{Error, Reencode, utils},
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, DataSectionReader, ElementItems, Export, ExternalKind,
    FunctionBody, FunctionSectionReader, Import, Imports, KnownCustom, Name, Operator, Parser,
    Payload, TypeRef, Validator,
};

use crate::{
    activate::ActivationError,
    parse::{ENTRY_POINT, HOOKS, MEMORY},
};

/// Id of the section that counts data segments.
const DATA_COUNT: u8 = 12;

/// Bytes of a page of memory.
const PAGE: u64 = 65_536;

/// Re-encodes a compiler's module for deployment, keeping what it does.
///
/// * Over-long encodings become short ones: rustc leaves room for the linker in the table index of
///   `call_indirect`, and Nitro refuses that.
/// * Custom sections go, among them names and debug information.
/// * Exports other than the entry point and the memory go: Nitro ignores them.
/// * The bodies of functions that panic or format text become a trap, if the module still has their names: a
///   panic ends in a trap anyway, and the message it would build first is read by nobody.
/// * Functions nothing leads to go, imported ones too.
/// * Of functions with the same type and the same body one stays.
/// * Long runs of zeros in the data go: memory is zero, and a start pays for every byte of data.
/// * The count of data segments goes unless an opcode needs it: Nitro refuses it.
///
/// The result is not checked; [`activate`](crate::activate()) does that.
///
/// # Errors
///
/// * [`ActivationError::Rejected`] - it is not a valid module.
pub fn shrink(wasm: &[u8]) -> Result<Vec<u8>, ActivationError> {
    let reject = |error: String| ActivationError::Rejected(format!("not a valid module: {error}"));
    Validator::new()
        .validate_all(wasm)
        .map_err(|e| reject(e.to_string()))?;
    let mut wasm = wasm.to_vec();
    // Functions that called two copies of a third become copies themselves once one copy is left.
    loop {
        let live = Live::of(&wasm).map_err(|e| reject(e.to_string()))?;
        let copies = live.copies();
        wasm = reencoded(&wasm, live).map_err(reject)?;
        if copies == 0 {
            return Ok(wasm);
        }
    }
}

fn reencoded(wasm: &[u8], live: Live) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    let needs_data_count = live.needs_data_count;
    let mut shrinker = Shrinker { live, memory: 0 };
    shrinker
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|e| e.to_string())?;
    let wasm = module.finish();
    if needs_data_count {
        return Ok(wasm);
    }
    without_section(&wasm, DATA_COUNT).map_err(|e| e.to_string())
}

/// Paths, as they are mangled, of the code that ends in a trap after building a message.
const TRAPS: [&str; 4] = [
    "4core9panicking",
    "4core3fmt",
    "3std9panicking",
    "5alloc3fmt",
];

/// The functions to be replaced by a trap, by the module's own names.
fn traps(wasm: &[u8]) -> Result<BTreeSet<u32>, wasmparser::BinaryReaderError> {
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let KnownCustom::Name(names) = section.as_known() else {
            continue;
        };
        for name in names {
            // Names are a convenience: a section that does not read names nothing.
            let Ok(Name::Function(functions)) = name else {
                continue;
            };
            let named = functions.into_iter().filter_map(Result::ok);
            found.extend(
                named
                    .filter(|function| TRAPS.iter().any(|path| function.name.contains(path)))
                    .map(|function| function.index),
            );
        }
    }
    Ok(found)
}

/// Which functions stay.
struct Live {
    imports: u32,
    /// Those of them whose body becomes a trap.
    traps: BTreeSet<u32>,
    /// New index of each function that something leads to, by its old one; that of a copy is the first one's.
    index: HashMap<u32, u32>,
    /// Those that stay.
    kept: BTreeSet<u32>,
    needs_data_count: bool,
}

impl Live {
    fn of(wasm: &[u8]) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut imports = 0;
        let mut types = Vec::new();
        let mut bodies = Vec::new();
        let mut roots = BTreeSet::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                            // Called by no opcode of the module, but by every growth of memory.
                            if import.module == HOOKS && import.name == "pay_for_memory_grow" {
                                roots.insert(imports);
                            }
                            imports += 1;
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        types.push(ty?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if keeps(&export) && export.kind == ExternalKind::Func {
                            roots.insert(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => {
                    roots.insert(func);
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        roots.extend(references(global?.init_expr.get_operators_reader())?);
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        match element?.items {
                            ElementItems::Functions(items) => {
                                for item in items {
                                    roots.insert(item?);
                                }
                            }
                            ElementItems::Expressions(_, items) => {
                                for item in items {
                                    roots.extend(references(item?.get_operators_reader())?);
                                }
                            }
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                _ => {}
            }
        }
        let traps = traps(wasm)?;
        let (live, needs_data_count) = reach(imports, &traps, &bodies, roots)?;
        let (index, kept) = places(imports, &types, &bodies, &live, &traps);
        Ok(Self {
            imports,
            traps,
            index,
            kept,
            needs_data_count,
        })
    }

    fn has(&self, function: u32) -> bool {
        self.kept.contains(&function)
    }

    fn copies(&self) -> usize {
        self.index.len() - self.kept.len()
    }
}

/// The functions something leads to, and whether one of them names a data segment.
fn reach(
    imports: u32,
    traps: &BTreeSet<u32>,
    bodies: &[FunctionBody<'_>],
    roots: BTreeSet<u32>,
) -> Result<(BTreeSet<u32>, bool), wasmparser::BinaryReaderError> {
    let mut live = roots.clone();
    let mut open: Vec<u32> = roots.into_iter().collect();
    let mut needs_data_count = false;
    while let Some(function) = open.pop() {
        if traps.contains(&function) {
            continue;
        }
        let body = function
            .checked_sub(imports)
            .and_then(|x| bodies.get(x as usize));
        let Some(body) = body else { continue };
        for op in body.get_operators_reader()? {
            let op = op?;
            needs_data_count |=
                matches!(op, Operator::MemoryInit { .. } | Operator::DataDrop { .. });
            if let Some(next) = reference(&op)
                && live.insert(next)
            {
                open.push(next);
            }
        }
    }
    Ok((live, needs_data_count))
}

/// New indices of these functions, and those of them that stay: of equal ones the first. A trap equals traps only.
fn places(
    imports: u32,
    types: &[u32],
    bodies: &[FunctionBody<'_>],
    live: &BTreeSet<u32>,
    traps: &BTreeSet<u32>,
) -> (HashMap<u32, u32>, BTreeSet<u32>) {
    let mut index = HashMap::new();
    let mut kept = BTreeSet::new();
    let mut firsts = HashMap::new();
    for function in live {
        let own = function.checked_sub(imports).map(|place| place as usize);
        let code = own.and_then(|own| {
            let body = bodies.get(own)?.as_bytes();
            Some((types.get(own)?, (!traps.contains(function)).then_some(body)))
        });
        let new = kept.len() as u32;
        let place = match code {
            Some(code) => *firsts.entry(code).or_insert(new),
            None => new,
        };
        if place == new {
            kept.insert(*function);
        }
        index.insert(*function, place);
    }
    (index, kept)
}

/// The function an opcode names.
const fn reference(op: &Operator<'_>) -> Option<u32> {
    match op {
        Operator::Call { function_index }
        | Operator::ReturnCall { function_index }
        | Operator::RefFunc { function_index } => Some(*function_index),
        _ => None,
    }
}

fn references(
    reader: wasmparser::OperatorsReader<'_>,
) -> Result<Vec<u32>, wasmparser::BinaryReaderError> {
    let mut found = Vec::new();
    for op in reader {
        found.extend(reference(&op?));
    }
    Ok(found)
}

/// Whether Nitro would keep the export.
fn keeps(export: &Export<'_>) -> bool {
    matches!(
        (export.name, export.kind),
        (ENTRY_POINT, ExternalKind::Func) | (MEMORY, ExternalKind::Memory)
    )
}

struct Shrinker {
    live: Live,
    /// Bytes of memory at the start.
    memory: u64,
}

type Reencoded<T = ()> = Result<T, Error<core::convert::Infallible>>;

impl Reencode for Shrinker {
    type Error = core::convert::Infallible;

    fn function_index(&mut self, func: u32) -> Reencoded<u32> {
        // Functions that go are named nowhere, so that the old index is never taken.
        Ok(self.live.index.get(&func).copied().unwrap_or(func))
    }

    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: CustomSectionReader<'_>,
    ) -> Reencoded {
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Reencoded {
        let mut function = 0;
        for import in section.into_imports() {
            let import: Import<'_> = import?;
            if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                function += 1;
                if !self.live.has(function - 1) {
                    continue;
                }
            }
            utils::parse_imports(self, imports, Imports::Single(0, import))?;
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Reencoded {
        for (function, ty) in (self.live.imports..).zip(section) {
            let ty = ty?;
            if self.live.has(function) {
                functions.function(self.type_index(ty)?);
            }
        }
        Ok(())
    }

    fn memory_type(
        &mut self,
        memory: wasmparser::MemoryType,
    ) -> Reencoded<wasm_encoder::MemoryType> {
        self.memory = memory.initial.saturating_mul(PAGE);
        Ok(utils::memory_type(self, memory))
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: DataSectionReader<'_>,
    ) -> Reencoded {
        // An opcode that names a segment wants it as it is.
        if !self.live.needs_data_count
            && let Some(packed) = data::packed(section.clone(), self.memory)?
        {
            *data = packed;
            return Ok(());
        }
        utils::parse_data_section(self, data, section)
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: Export<'_>) -> Reencoded {
        if keeps(&export) {
            utils::parse_export(self, exports, export)?;
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        codes: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Reencoded {
        for (function, body) in (self.live.imports..).zip(section) {
            let body = body?;
            if self.live.traps.contains(&function) && self.live.has(function) {
                let mut trap = Function::new([]);
                trap.instructions().unreachable().end();
                codes.function(&trap);
            } else if self.live.has(function) {
                self.parse_function_body(codes, body)?;
            }
        }
        Ok(())
    }
}

/// Copies a module but for one section.
fn without_section(wasm: &[u8], id: u8) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Some((section, range)) = payload?.as_section()
            && section != id
        {
            module.section(&RawSection {
                id: section,
                data: &wasm[range],
            });
        }
    }
    Ok(module.finish())
}
