//! The surface of a contract as its Rust source declares it.
//!
//! Functions are the methods of `#[public] impl` blocks, with the types the SDK gives them; events,
//! errors and structs are the items of `sol!` blocks outside of interfaces. The source is read with
//! `syn` and `syn-solidity`, the parser `sol!` itself uses. What it does not understand, it refuses.

use super::surface::Surface;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use syn::visit::Visit;

/// All declarations of a crate.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Events and errors of `sol!` blocks, and the functions of `#[public]` blocks.
    pub(crate) surface: Surface,
    /// Struct → canonical tuple type.
    structs: BTreeMap<String, String>,
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
        files.iter().for_each(|file| blocks.visit_file(file));
        let mut source = Self {
            structs: shared.map(|s| s.structs.clone()).unwrap_or_default(),
            ..Self::default()
        };
        source.declare(&blocks.sol);
        for method in &blocks.methods {
            source.method(method);
        }
        source
    }

    fn declare(&mut self, files: &[syn_solidity::File]) {
        use syn_solidity::Item;
        let items = || files.iter().flat_map(|f| &f.items);
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
            if self.structs.len() == before {
                break;
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
        self.surface = surface;
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

/// Collects `sol!` blocks and the methods of `#[public]` blocks, skipping tests.
#[derive(Default)]
struct Blocks {
    sol: Vec<syn_solidity::File>,
    methods: Vec<syn::ImplItemFn>,
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
        if mac.path.segments.last().is_some_and(|s| s.ident == "sol") {
            let file = syn_solidity::parse2(mac.tokens.clone())
                .unwrap_or_else(|e| panic!("a sol! block does not parse: {e}"));
            self.sol.push(file);
        }
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        if block.attrs.iter().any(|a| a.path().is_ident("public")) {
            for item in &block.items {
                if let syn::ImplItem::Fn(f) = item {
                    self.methods.push(f.clone());
                }
            }
        }
        syn::visit::visit_item_impl(self, block);
    }
}
