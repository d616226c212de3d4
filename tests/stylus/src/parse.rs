//! Reading a module as Nitro's prover reads it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};

use wasmparser_nitro::{
    Data, Element, ExternalKind, FunctionBody, MemoryType, Name, NameSectionReader, Operator,
    Parser, Payload, TableType, TypeRef, ValType, Validator, WasmFeatures,
};

use crate::params::StylusParams;

/// A reason, in words.
pub(crate) type Reason = String;

/// The module hostios are imported from.
pub(crate) const HOOKS: &str = "vm_hooks";
/// The export that is called.
pub(crate) const ENTRY_POINT: &str = "user_entrypoint";
/// The export that is the program's memory.
pub(crate) const MEMORY: &str = "memory";

/// Parameters and results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FuncType {
    pub(crate) params: Vec<ValType>,
    pub(crate) results: Vec<ValType>,
}

impl FuncType {
    pub(crate) fn new(params: &[ValType], results: &[ValType]) -> Self {
        Self {
            params: params.to_vec(),
            results: results.to_vec(),
        }
    }
}

/// An imported function.
#[derive(Clone, Debug)]
pub(crate) struct Import<'a> {
    pub(crate) type_index: u32,
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
}

/// A module's function, still as bytes.
#[derive(Clone, Debug)]
pub(crate) struct Code<'a> {
    /// Locals declared, parameters apart.
    pub(crate) locals: u32,
    /// Groups of locals, and the bytes that declare them.
    pub(crate) local_groups: u32,
    pub(crate) locals_range: Range<usize>,
    pub(crate) body: FunctionBody<'a>,
}

/// What kind of thing an export is.
pub(crate) type Export = (u32, ExternalKind);

/// A module taken apart.
#[derive(Debug, Default)]
pub(crate) struct Binary<'a> {
    pub(crate) wasm: &'a [u8],
    pub(crate) types: Vec<FuncType>,
    pub(crate) imports: Vec<Import<'a>>,
    /// Type index of each function of its own.
    pub(crate) functions: Vec<u32>,
    pub(crate) tables: Vec<TableType>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: u32,
    pub(crate) exports: BTreeMap<&'a str, Export>,
    pub(crate) start: bool,
    pub(crate) elements: Vec<ElementInfo<'a>>,
    pub(crate) codes: Vec<Code<'a>>,
    pub(crate) datas: Vec<DataInfo<'a>>,
    pub(crate) module_name: String,
    /// Sections that are taken over as they are, by id.
    pub(crate) raw: BTreeMap<u8, Range<usize>>,
}

/// An element segment, without `Debug` in the parser.
pub(crate) struct ElementInfo<'a>(pub(crate) Element<'a>);

impl core::fmt::Debug for ElementInfo<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Element").field(&self.0.range).finish()
    }
}

/// A data segment.
#[derive(Debug)]
pub(crate) struct DataInfo<'a>(pub(crate) Data<'a>);

/// Stylus version from which modules are read as Nitro 3.10 reads them, and not as 3.9: a memory access
/// whose alignment says that a memory index follows is refused, and dead code that is not well typed.
const NITRO_3_10: u16 = 3;

/// Refuses what the parser of Nitro 3.10 refuses, under the features it validates with.
fn validate_as_nitro_3_10(wasm: &[u8]) -> Result<(), Reason> {
    let features = wasmparser::WasmFeatures::MVP
        | wasmparser::WasmFeatures::MUTABLE_GLOBAL
        | wasmparser::WasmFeatures::SATURATING_FLOAT_TO_INT
        | wasmparser::WasmFeatures::SIGN_EXTENSION
        | wasmparser::WasmFeatures::BULK_MEMORY;
    wasmparser::Validator::new_with_features(features)
        .validate_all(wasm)
        .map(drop)
        .map_err(text)
}

/// The features the prover validates with.
const fn features(multi_value: bool) -> WasmFeatures {
    WasmFeatures {
        mutable_global: true,
        saturating_float_to_int: true,
        sign_extension: true,
        reference_types: false,
        multi_value,
        bulk_memory: true,
        simd: false,
        relaxed_simd: false,
        threads: false,
        tail_call: false,
        floats: true,
        multi_memory: false,
        exceptions: false,
        memory64: false,
        extended_const: false,
        component_model: false,
        function_references: false,
        memory_control: false,
        gc: false,
        component_model_values: false,
        component_model_nested_names: false,
    }
}

fn text(error: impl core::fmt::Display) -> Reason {
    error.to_string()
}

/// Validates a module and takes it apart.
///
/// The parser of Nitro 3.9 takes every module apart; where that of 3.10 is the chain's, both must
/// accept it.
pub(crate) fn parse<'a>(wasm: &'a [u8], params: &StylusParams) -> Result<Binary<'a>, Reason> {
    let invalid = |error: Reason| format!("failed to validate user: {error}");
    Validator::new_with_features(features(params.multi_value()))
        .validate_all(wasm)
        .map_err(|error| invalid(text(error)))?;
    if params.version >= NITRO_3_10 {
        validate_as_nitro_3_10(wasm).map_err(invalid)?;
    }

    let mut bin = Binary {
        wasm,
        ..Binary::default()
    };
    let sections = Parser::new(0)
        .parse_all(wasm)
        .collect::<Result<Vec<_>, _>>()
        .map_err(text)?;
    for section in sections {
        bin.section(section)?;
    }
    bin.check_names()?;
    if bin.module_name.is_empty() {
        bin.module_name = "user".into();
    }
    Ok(bin)
}

impl<'a> Binary<'a> {
    fn section(&mut self, section: Payload<'a>) -> Result<(), Reason> {
        match section {
            Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
            Payload::TypeSection(types) => {
                self.raw.insert(1, types.range());
                for ty in types.into_iter_err_on_gc_types() {
                    let ty = ty.map_err(text)?;
                    self.types.push(FuncType::new(ty.params(), ty.results()));
                }
            }
            Payload::ImportSection(imports) => {
                self.raw.insert(2, imports.range());
                for import in imports {
                    let import = import.map_err(text)?;
                    let TypeRef::Func(type_index) = import.ty else {
                        return Err(format!("unsupported import kind {import:?}"));
                    };
                    let (module, name) = (import.module, import.name);
                    self.imports.push(Import {
                        type_index,
                        module,
                        name,
                    });
                }
            }
            Payload::FunctionSection(functions) => {
                self.raw.insert(3, functions.range());
                for function in functions {
                    self.functions.push(function.map_err(text)?);
                }
            }
            Payload::TableSection(tables) => {
                self.raw.insert(4, tables.range());
                for table in tables {
                    self.tables.push(table.map_err(text)?.ty);
                }
            }
            Payload::MemorySection(memories) => {
                self.raw.insert(5, memories.range());
                for memory in memories {
                    self.memories.push(memory.map_err(text)?);
                }
            }
            Payload::GlobalSection(globals) => {
                self.raw.insert(6, globals.range());
                for global in globals {
                    let mut init = global.map_err(text)?.init_expr.get_operators_reader();
                    let first = init.read().map_err(text)?;
                    if !matches!(init.read().map_err(text)?, Operator::End) || !init.eof() {
                        return Err("Non-constant global initializer".into());
                    }
                    if !matches!(
                        first,
                        Operator::I32Const { .. }
                            | Operator::I64Const { .. }
                            | Operator::F32Const { .. }
                            | Operator::F64Const { .. }
                    ) {
                        return Err("Opcode is not a constant".into());
                    }
                    self.globals += 1;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(text)?;
                    self.exports
                        .insert(export.name, (export.index, export.kind));
                }
            }
            Payload::StartSection { .. } => self.start = true,
            Payload::ElementSection(elements) => {
                self.raw.insert(9, elements.range());
                for element in elements {
                    self.elements.push(ElementInfo(element.map_err(text)?));
                }
            }
            Payload::CodeSectionEntry(body) => self.codes.push(Code::read(body)?),
            Payload::DataSection(datas) => {
                self.raw.insert(11, datas.range());
                for data in datas {
                    self.datas.push(DataInfo(data.map_err(text)?));
                }
            }
            Payload::CustomSection(custom) if custom.name() == "name" => {
                self.name_section(custom.data())?;
            }
            Payload::CustomSection(_) => {}
            Payload::UnknownSection { id, .. } => {
                return Err(format!("unsupported unknown section type {id}"));
            }
            Payload::DataCountSection { count, range } => {
                return Err(format!(
                    "unsupported section type DataCountSection {{ count: {count}, range: {range:?} }}"
                ));
            }
            other => return Err(format!("unsupported section type {other:?}")),
        }
        Ok(())
    }

    /// The name section decides nothing but must be well formed.
    fn name_section(&mut self, data: &'a [u8]) -> Result<(), Reason> {
        for name in NameSectionReader::new(data, 0) {
            match name.map_err(text)? {
                Name::Module { name, .. } => self.module_name = name.into(),
                Name::Function(names) => {
                    for naming in names {
                        naming.map_err(text)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Names that would make imports and exports ambiguous.
    fn check_names(&self) -> Result<(), Reason> {
        let mut seen = HashMap::new();
        for Import {
            type_index,
            module,
            name,
        } in &self.imports
        {
            if seen
                .insert((module, name), type_index)
                .is_some_and(|prior| prior != type_index)
            {
                return Err(format!("inconsistent imports for {module} {name:?}"));
            }
        }
        let exported: HashSet<&str> = self
            .exports
            .keys()
            .filter_map(|name| name.rsplit("__").next())
            .collect();
        if let Some(import) = self
            .imports
            .iter()
            .find(|import| exported.contains(import.name))
        {
            return Err(format!(
                "binary exports an import with the same name {}",
                import.name
            ));
        }
        if let Some(name) = exported
            .iter()
            .filter(|name| name.starts_with("stylus"))
            .min()
        {
            return Err(format!("binary exports reserved symbol {name}"));
        }
        if let Some(import) = self.imports.iter().find(|x| x.name.starts_with("stylus")) {
            return Err(format!("binary imports reserved symbol {}", import.name));
        }
        Ok(())
    }

    /// Type of a function, imported ones first.
    pub(crate) fn function_type(&self, index: u32) -> Option<&FuncType> {
        let index = index as usize;
        let type_index = match self.imports.get(index) {
            Some(import) => import.type_index,
            None => *self.functions.get(index - self.imports.len())?,
        };
        self.types.get(type_index as usize)
    }

    /// Index of the function that pays for pages, where the module imports it.
    pub(crate) fn pay_function(&self) -> Option<u32> {
        let is_pay = |x: &Import<'_>| x.module == HOOKS && x.name == "pay_for_memory_grow";
        self.imports
            .iter()
            .position(is_pay)
            .map(|index| index as u32)
    }
}

impl<'a> Code<'a> {
    fn read(body: FunctionBody<'a>) -> Result<Self, Reason> {
        let mut reader = body.get_locals_reader().map_err(text)?;
        let local_groups = reader.get_count();
        let start = reader.original_position();
        let mut locals = 0u32;
        for _ in 0..local_groups {
            let (count, _) = reader.read().map_err(text)?;
            locals = locals.saturating_add(count);
        }
        let locals_range = start..reader.original_position();
        Ok(Self {
            locals,
            local_groups,
            locals_range,
            body,
        })
    }
}

/// The whole importable set: name, parameters, result. `i` is i32, `I` is i64.
#[rustfmt::skip]
pub(crate) const HOSTIOS: [(&str, &str, &str); 42] = [
    ("read_args", "i", ""),
    ("write_result", "ii", ""),
    ("exit_early", "i", ""),
    ("storage_load_bytes32", "ii", ""),
    ("storage_cache_bytes32", "ii", ""),
    ("storage_flush_cache", "i", ""),
    ("transient_load_bytes32", "ii", ""),
    ("transient_store_bytes32", "ii", ""),
    ("call_contract", "iiiiIi", "i"),
    ("delegate_call_contract", "iiiIi", "i"),
    ("static_call_contract", "iiiIi", "i"),
    ("create1", "iiiii", ""),
    ("create2", "iiiiii", ""),
    ("read_return_data", "iii", "i"),
    ("return_data_size", "", "i"),
    ("emit_log", "iii", ""),
    ("account_balance", "ii", ""),
    ("account_code", "iiii", "i"),
    ("account_code_size", "i", "i"),
    ("account_codehash", "ii", ""),
    ("evm_gas_left", "", "I"),
    ("evm_ink_left", "", "I"),
    ("block_basefee", "i", ""),
    ("chainid", "", "I"),
    ("block_coinbase", "i", ""),
    ("block_gas_limit", "", "I"),
    ("block_number", "", "I"),
    ("block_timestamp", "", "I"),
    ("contract_address", "i", ""),
    ("math_div", "ii", ""),
    ("math_mod", "ii", ""),
    ("math_pow", "ii", ""),
    ("math_add_mod", "iii", ""),
    ("math_mul_mod", "iii", ""),
    ("msg_reentrant", "", "i"),
    ("msg_sender", "i", ""),
    ("msg_value", "i", ""),
    ("native_keccak256", "iii", ""),
    ("tx_gas_price", "i", ""),
    ("tx_ink_price", "", "i"),
    ("tx_origin", "i", ""),
    ("pay_for_memory_grow", "i", ""),
];

/// Type of a host function.
pub(crate) fn hostio_type(module: &str, name: &str) -> Option<FuncType> {
    let types = |letters: &str| -> Vec<ValType> {
        letters
            .chars()
            .map(|x| if x == 'i' { ValType::I32 } else { ValType::I64 })
            .collect()
    };
    (module == HOOKS)
        .then(|| HOSTIOS.iter().find(|x| x.0 == name))
        .flatten()
        .map(|x| FuncType {
            params: types(x.1),
            results: types(x.2),
        })
}
