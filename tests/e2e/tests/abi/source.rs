//! The surface of a contract as its Rust source declares it.
//!
//! Functions are the methods of `#[public] impl` blocks, or those an `entrypoint!` lists, with the
//! types the ABI gives to Rust's, and those a contract answers by hand: a `const X: u32` made of
//! `fCall::SELECTOR`, with `f` declared in a `sol!` block. Events, errors and structs are the items of `sol!` blocks outside of interfaces,
//! and of `events!`, `errors!` and `abi_struct!`. The source is read with `syn` and `syn-solidity`,
//! the parser `sol!` itself uses. What it does not understand, it refuses.

use super::surface::Surface;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use syn::{ext::IdentExt as _, visit::Visit};

/// All declarations of a crate.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Events and errors of `sol!` blocks, and the functions of `#[public]` blocks.
    pub(crate) surface: Surface,
    /// Struct → canonical tuple type.
    structs: BTreeMap<String, String>,
    /// (Interface or nothing, function name) → its line's parts: functions `sol!` blocks declare.
    declared: BTreeMap<(String, String), Declared>,
}

#[derive(Clone, Debug)]
struct Declared {
    inputs: Vec<String>,
    mutability: &'static str,
    outputs: Vec<String>,
}

impl Source {
    /// Reads `contracts/<name>/src`. Struct names of `shared` are known in it.
    pub(crate) fn read(name: &str, shared: Option<&Self>) -> Self {
        let dir = plimsoll::workspace::root()
            .join("contracts")
            .join(name)
            .join("src");
        let mut paths = Vec::new();
        rust_files(&dir, &mut paths);
        assert!(!paths.is_empty(), "{}: no sources", dir.display());
        let files: Vec<syn::File> = paths
            .iter()
            .map(|path| {
                let text = fs::read_to_string(path).expect("a readable source");
                syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
            })
            .collect();

        let mut blocks = Blocks::default();
        // Twice: an `entrypoint!` may follow what it names, or stand in another file.
        let mut names = Blocks::default();
        files.iter().for_each(|file| names.visit_file(file));
        blocks.contract_name = names.contract;
        files.iter().for_each(|file| blocks.visit_file(file));
        let mut source = Self {
            structs: shared.map(|s| s.structs.clone()).unwrap_or_default(),
            declared: shared.map(|s| s.declared.clone()).unwrap_or_default(),
            ..Self::default()
        };
        source.declare(&blocks);
        for method in &blocks.methods {
            source.method(method);
        }
        for name in &blocks.listed {
            let named: Vec<_> = blocks
                .inherent
                .iter()
                .filter(|f| f.sig.ident == *name)
                .collect();
            assert_eq!(named.len(), 1, "methods called {name} in the contract");
            source.method(named[0]);
        }
        for (interface, name) in &blocks.by_hand {
            let known = source.declared.get(&(interface.clone(), name.clone()));
            let f = known
                .unwrap_or_else(|| panic!("{interface}::{name} is declared nowhere"))
                .clone();
            source
                .surface
                .function(name, &f.inputs, f.mutability, &f.outputs);
        }
        source
    }

    fn declare(&mut self, blocks: &Blocks) {
        use syn_solidity::Item;
        let items = || blocks.sol.iter().flat_map(|f| &f.items);
        // Structs may name later ones: go round until nothing is new.
        loop {
            let before = self.structs.len();
            for item in items() {
                if let Item::Struct(s) = item {
                    let fields: Option<Vec<_>> =
                        s.fields.types().map(|t| self.sol_type(t)).collect();
                    if let Some(fields) = fields {
                        self.structs
                            .insert(s.name.to_string(), format!("({})", fields.join(",")));
                    }
                }
            }
            for Row { name, fields, .. } in &blocks.structs {
                let fields: Vec<_> = fields.iter().map(|f| self.rust_type(&f.1)).collect();
                self.structs
                    .insert(name.clone(), format!("({})", fields.join(",")));
            }
            if self.structs.len() == before {
                break;
            }
        }
        for item in items() {
            match item {
                Item::Function(f) => self.declare_function("", f),
                Item::Contract(c) => {
                    for item in &c.body {
                        if let Item::Function(f) = item {
                            self.declare_function(&c.name.to_string(), f);
                        }
                    }
                }
                _ => {}
            }
        }
        let known = |ty: &syn_solidity::Type| {
            self.sol_type(ty)
                .unwrap_or_else(|| panic!("unknown type {ty}"))
        };
        let mut surface = Surface::default();
        for item in items() {
            match item {
                Item::Error(e) => {
                    let named = |p: &syn_solidity::VariableDeclaration| {
                        (
                            known(&p.ty),
                            p.name.as_ref().map(ToString::to_string).unwrap_or_default(),
                        )
                    };
                    surface.error(
                        &e.name.to_string(),
                        &e.parameters.iter().map(named).collect::<Vec<_>>(),
                    );
                }
                Item::Event(e) => {
                    let named = |p: &syn_solidity::EventParameter| {
                        let name = p.name.as_ref().map(ToString::to_string).unwrap_or_default();
                        (known(&p.ty), p.is_indexed(), name)
                    };
                    surface.event(
                        &e.name.to_string(),
                        &e.parameters.iter().map(named).collect::<Vec<_>>(),
                    );
                }
                _ => {}
            }
        }
        let named = |f: &(String, syn::Type)| (self.rust_type(&f.1), camel(&f.0));
        for Row { name, fields, .. } in &blocks.errors {
            surface.error(name, &fields.iter().map(named).collect::<Vec<_>>());
        }
        for Row {
            name,
            topics,
            fields,
        } in &blocks.events
        {
            let flagged = |indexed| move |(ty, name)| (ty, indexed, name);
            let topics = topics.iter().map(named).map(flagged(true));
            let fields = fields.iter().map(named).map(flagged(false));
            surface.event(name, &topics.chain(fields).collect::<Vec<_>>());
        }
        self.surface = surface;
    }

    fn declare_function(&mut self, interface: &str, f: &syn_solidity::ItemFunction) {
        use syn_solidity::{FunctionAttribute, Mutability};
        let types = |list: &syn_solidity::ParameterList| -> Vec<String> {
            let known = |ty| {
                self.sol_type(ty)
                    .unwrap_or_else(|| panic!("unknown type {ty}"))
            };
            list.types().map(known).collect()
        };
        let mutability = f.attributes.iter().find_map(|a| match a {
            FunctionAttribute::Mutability(Mutability::Pure(_)) => Some("pure"),
            FunctionAttribute::Mutability(Mutability::View(_)) => Some("view"),
            FunctionAttribute::Mutability(Mutability::Payable(_)) => Some("payable"),
            _ => None,
        });
        let declared = Declared {
            inputs: types(&f.parameters),
            mutability: mutability.unwrap_or("nonpayable"),
            outputs: f
                .returns
                .as_ref()
                .map(|r| types(&r.returns))
                .unwrap_or_default(),
        };
        let name = f.name.as_ref().map(ToString::to_string).unwrap_or_default();
        self.declared.insert((interface.to_owned(), name), declared);
    }

    /// Canonical form of a Solidity type; none for a struct nobody declared.
    fn sol_type(&self, ty: &syn_solidity::Type) -> Option<String> {
        use syn_solidity::Type;
        Some(match ty {
            Type::Custom(path) => self.structs.get(&path.last().to_string())?.clone(),
            Type::Array(array) => {
                let size = array.size().map(|n| n.to_string()).unwrap_or_default();
                format!("{}[{size}]", self.sol_type(&array.ty)?)
            }
            Type::Uint(_, None) => "uint256".into(),
            Type::Int(_, None) => "int256".into(),
            other => other.to_string(),
        })
    }

    fn method(&mut self, f: &syn::ImplItemFn) {
        let has = |name: &str| f.attrs.iter().any(|a| a.path().is_ident(name));
        for special in ["constructor", "fallback", "receive"] {
            assert!(
                !has(special),
                "{}: #[{special}] is not part of this design",
                f.sig.ident
            );
        }
        let name = f
            .attrs
            .iter()
            .find(|a| a.path().is_ident("selector"))
            .map_or_else(|| camel(&f.sig.ident.to_string()), selector_name);

        let mut mutability = "pure";
        let mut inputs = Vec::new();
        for input in &f.sig.inputs {
            match input {
                syn::FnArg::Receiver(r) if r.mutability.is_some() => mutability = "nonpayable",
                syn::FnArg::Receiver(_) => mutability = "view",
                syn::FnArg::Typed(p) => inputs.push(self.rust_type(&p.ty)),
            }
        }
        if has("payable") {
            mutability = "payable";
        }
        let outputs = match &f.sig.output {
            syn::ReturnType::Default => Vec::new(),
            syn::ReturnType::Type(_, ty) => self.outputs(ty),
        };
        self.surface.function(&name, &inputs, mutability, &outputs);
    }

    /// `Result<T, _>` is `T`; a tuple is several values.
    fn outputs(&self, ty: &syn::Type) -> Vec<String> {
        match ty {
            syn::Type::Tuple(t) => t.elems.iter().map(|e| self.rust_type(e)).collect(),
            syn::Type::Path(p) => match last(p) {
                (name, args) if name == "Result" => self.outputs(args[0]),
                _ => vec![self.rust_type(ty)],
            },
            _ => vec![self.rust_type(ty)],
        }
    }

    /// The Solidity type the SDK gives a Rust type.
    fn rust_type(&self, ty: &syn::Type) -> String {
        let path = match ty {
            syn::Type::Path(path) => path,
            syn::Type::Array(a) => {
                let syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Int(n),
                    ..
                }) = &a.len
                else {
                    panic!("an array with a computed length");
                };
                return format!("{}[{}]", self.rust_type(&a.elem), n.base10_digits());
            }
            _ => panic!("a type this test does not know: {ty:?}"),
        };
        let (name, arguments) = last(path);
        if let Some(tuple) = self.structs.get(&name) {
            return tuple.clone();
        }
        let bits = |prefix: char| {
            name.strip_prefix(prefix)
                .and_then(|n| n.parse::<u16>().ok())
                .filter(|n| n % 8 == 0 && (8..=256).contains(n))
        };
        match name.as_str() {
            "bool" => "bool".into(),
            "Address" => "address".into(),
            "String" => "string".into(),
            "Bytes" => "bytes".into(),
            "FixedBytes" => format!("bytes{}", const_argument(path)),
            "Vec" => format!("{}[]", self.rust_type(arguments[0])),
            _ => {
                if let Some(n) = bits('u').or_else(|| bits('U')) {
                    format!("uint{n}")
                } else if let Some(n) = bits('i').or_else(|| bits('I')) {
                    format!("int{n}")
                } else if let Some(n) = bits('B') {
                    format!("bytes{}", n / 8)
                } else {
                    panic!("a type this test does not know: {name}")
                }
            }
        }
    }
}

/// Name of a path's last segment, and its type arguments.
fn last(path: &syn::TypePath) -> (String, Vec<&syn::Type>) {
    let segment = path.path.segments.last().expect("a path has a segment");
    let arguments = match &segment.arguments {
        syn::PathArguments::AngleBracketed(a) => a
            .args
            .iter()
            .filter_map(|a| {
                if let syn::GenericArgument::Type(t) = a {
                    Some(t)
                } else {
                    None
                }
            })
            .collect(),
        _ => Vec::new(),
    };
    (segment.ident.to_string(), arguments)
}

/// The number in `FixedBytes<4>`.
fn const_argument(path: &syn::TypePath) -> String {
    let segment = path.path.segments.last().expect("a path has a segment");
    if let syn::PathArguments::AngleBracketed(a) = &segment.arguments
        && let Some(syn::GenericArgument::Const(syn::Expr::Lit(lit))) = a.args.first()
        && let syn::Lit::Int(n) = &lit.lit
    {
        return n.base10_digits().to_owned();
    }
    panic!("a size this test does not know")
}

/// `#[selector(name = "...")]`.
fn selector_name(attribute: &syn::Attribute) -> String {
    let mut name = None;
    attribute
        .parse_nested_meta(|meta| {
            name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            Ok(())
        })
        .expect("#[selector(name = \"...\")]");
    name.expect("a name")
}

/// snake_case → camelCase, as the SDK names methods.
fn camel(name: &str) -> String {
    let mut out = String::new();
    for part in name.split('_').filter(|p| !p.is_empty()) {
        let mut chars = part.chars();
        match chars.next() {
            Some(first) if !out.is_empty() => out.extend(first.to_uppercase()),
            Some(first) => out.push(first),
            None => {}
        }
        out.push_str(chars.as_str());
    }
    out
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// One entry of `errors!`, `events!` or `abi_struct!`.
struct Row {
    name: String,
    topics: Vec<(String, syn::Type)>,
    fields: Vec<(String, syn::Type)>,
}

/// `Name { field: Type }`, with `[topic: Type]` before the braces or `struct` before the name.
struct Rows(Vec<Row>);

impl syn::parse::Parse for Rows {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        fn fields(input: syn::parse::ParseStream<'_>) -> syn::Result<Vec<(String, syn::Type)>> {
            let list = input.parse_terminated(syn::Field::parse_named, syn::Token![,])?;
            let named = |f: syn::Field| (f.ident.map(|i| i.to_string()).unwrap_or_default(), f.ty);
            Ok(list.into_iter().map(named).collect())
        }
        let mut rows = Vec::new();
        while !input.is_empty() {
            input.call(syn::Attribute::parse_outer)?;
            input.parse::<syn::Visibility>()?;
            input.parse::<Option<syn::Token![struct]>>()?;
            let name = input.parse::<syn::Ident>()?.to_string();
            let mut topics = Vec::new();
            if input.peek(syn::token::Bracket) {
                let content;
                syn::bracketed!(content in input);
                topics = fields(&content)?;
            }
            let content;
            syn::braced!(content in input);
            rows.push(Row {
                name,
                topics,
                fields: fields(&content)?,
            });
        }
        Ok(Self(rows))
    }
}

/// `Contract, key = value, methods = [name, ...]`.
struct EntryPoint {
    contract: syn::Ident,
    methods: Vec<syn::Ident>,
}

impl syn::parse::Parse for EntryPoint {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let contract = input.parse()?;
        let mut methods = Vec::new();
        while input.parse::<Option<syn::Token![,]>>()?.is_some() && !input.is_empty() {
            let key: syn::Ident = input.parse()?;
            input.parse::<syn::Token![=]>()?;
            if key == "methods" {
                let list;
                syn::bracketed!(list in input);
                let names = list.parse_terminated(syn::Ident::parse_any, syn::Token![,])?;
                methods.extend(names);
            } else {
                input.parse::<syn::Expr>()?;
            }
        }
        Ok(Self { contract, methods })
    }
}

/// Collects declarations, skipping tests.
#[derive(Default)]
struct Blocks {
    sol: Vec<syn_solidity::File>,
    structs: Vec<Row>,
    errors: Vec<Row>,
    events: Vec<Row>,
    /// Of `#[public]` blocks.
    methods: Vec<syn::ImplItemFn>,
    /// Of blocks of the type an `entrypoint!` names, and those methods it lists.
    inherent: Vec<syn::ImplItemFn>,
    contract: Option<syn::Ident>,
    contract_name: Option<syn::Ident>,
    listed: Vec<syn::Ident>,
    by_hand: Vec<(String, String)>,
}

impl<'ast> Visit<'ast> for Blocks {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = |a: &syn::Attribute| {
            a.path().is_ident("cfg") && a.parse_args::<syn::Ident>().is_ok_and(|i| i == "test")
        };
        if !module.attrs.iter().any(is_test) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let Some(name) = mac.path.segments.last().map(|s| s.ident.to_string()) else {
            return;
        };
        if name == "sol" {
            let file = syn_solidity::parse2(mac.tokens.clone())
                .unwrap_or_else(|e| panic!("a sol! block does not parse: {e}"));
            self.sol.push(file);
            return;
        }
        if name == "entrypoint" {
            let entry: EntryPoint = mac
                .parse_body()
                .unwrap_or_else(|e| panic!("entrypoint! does not parse: {e}"));
            assert!(
                self.contract.replace(entry.contract).is_none(),
                "two entry points"
            );
            self.listed = entry.methods;
            return;
        }
        let list = match name.as_str() {
            "abi_struct" => &mut self.structs,
            "errors" => &mut self.errors,
            "events" => &mut self.events,
            _ => return,
        };
        let rows: Rows = mac
            .parse_body()
            .unwrap_or_else(|e| panic!("{name}! does not parse: {e}"));
        list.extend(rows.0);
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        let is_public = block.attrs.iter().any(|a| a.path().is_ident("public"));
        let of = |name| matches!(&*block.self_ty, syn::Type::Path(p) if p.path.is_ident(name));
        let is_own = block.trait_.is_none() && self.contract_name.as_ref().is_some_and(of);
        for item in &block.items {
            if let syn::ImplItem::Fn(f) = item {
                if is_public {
                    self.methods.push(f.clone());
                } else if is_own {
                    self.inherent.push(f.clone());
                }
            }
        }
        syn::visit::visit_item_impl(self, block);
    }

    /// `const X: u32 = u32::from_be_bytes(I::fCall::SELECTOR)`.
    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        let is_u32 = matches!(&*item.ty, syn::Type::Path(p) if p.path.is_ident("u32"));
        let syn::Expr::Call(call) = &*item.expr else {
            return;
        };
        let Some(syn::Expr::Path(argument)) = call.args.first().filter(|_| is_u32) else {
            return;
        };
        let names: Vec<String> = argument
            .path
            .segments
            .iter()
            .map(|s| s.ident.to_string())
            .collect();
        if let [before @ .., call, last] = names.as_slice()
            && last == "SELECTOR"
            && let Some(function) = call.strip_suffix("Call")
        {
            let interface = before.last().filter(|i| i.starts_with('I')).cloned();
            self.by_hand
                .push((interface.unwrap_or_default(), function.to_owned()));
        }
    }
}
