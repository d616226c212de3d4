//! An interface as `solc` would read it from its Solidity text, with `syn-solidity`, the parser of alloy's `sol!`.
//!
//! This is what `cargo stylus export-abi` prints, so it is the text itself that is compared with the published JSON, and not
//! what it was printed from. What this does not understand, it refuses.

use std::collections::BTreeMap;
use stylus_abi::{Interface, Item, Kind, Parameter, Type};
use syn_solidity::{
    FunctionAttribute, Mutability, ParameterList, Type as SolType, VariableDeclaration,
};

/// Structs by name.
type Structs = BTreeMap<String, Type>;

/// Reads a file that holds structs and one interface. Structs come before their use.
pub(crate) fn read(text: &str) -> Interface {
    let file: syn_solidity::File = syn::parse_str(text).unwrap_or_else(|e| panic!("{e}:\n{text}"));
    let mut structs = Structs::new();
    let mut interface = None;
    for item in &file.items {
        match item {
            syn_solidity::Item::Pragma(_) => {}
            syn_solidity::Item::Struct(s) => {
                let name = s.name.to_string();
                let fields = s
                    .fields
                    .iter()
                    .map(|field| parameter(field, &structs))
                    .collect();
                structs.insert(name.clone(), Type::Struct(name, fields));
            }
            syn_solidity::Item::Contract(c) => {
                let read = Interface {
                    items: c.body.iter().map(|i| item_of(i, &structs)).collect(),
                    ..Interface::new(&c.name.to_string())
                };
                assert!(interface.replace(read).is_none(), "two interfaces");
            }
            other => panic!("not expected in an interface: {other:?}"),
        }
    }
    interface.expect("an interface")
}

fn item_of(item: &syn_solidity::Item, structs: &Structs) -> Item {
    let list = |list: &ParameterList| list.iter().map(|p| parameter(p, structs)).collect();
    match item {
        syn_solidity::Item::Function(f) => Item {
            kind: kind(f),
            name: f.name.as_ref().expect("a name").to_string(),
            inputs: list(&f.parameters),
            outputs: f
                .returns
                .as_ref()
                .map_or_else(Vec::new, |r| list(&r.returns)),
        },
        syn_solidity::Item::Error(e) => Item::error(&e.name.to_string(), list(&e.parameters)),
        syn_solidity::Item::Event(e) => {
            assert!(e.anonymous.is_none(), "{}: anonymous", e.name);
            let fields = e.parameters.iter().map(|p| Parameter {
                name: p.name.as_ref().map(ToString::to_string).unwrap_or_default(),
                ty: ty(&p.ty, structs),
                indexed: p.is_indexed(),
            });
            Item::event(&e.name.to_string(), Vec::new(), fields.collect())
        }
        other => panic!("not expected in an interface: {other:?}"),
    }
}

fn kind(f: &syn_solidity::ItemFunction) -> Kind {
    let mutability = f.attributes.iter().find_map(|a| match a {
        FunctionAttribute::Mutability(m) => Some(m),
        _ => None,
    });
    match mutability {
        None => Kind::Write,
        Some(Mutability::View(_)) => Kind::View,
        Some(Mutability::Payable(_)) => Kind::Payable,
        Some(other) => panic!("not expected of a method: {other}"),
    }
}

fn parameter(declared: &VariableDeclaration, structs: &Structs) -> Parameter {
    Parameter {
        name: declared
            .name
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        ty: ty(&declared.ty, structs),
        indexed: false,
    }
}

fn ty(declared: &SolType, structs: &Structs) -> Type {
    match declared {
        SolType::Custom(path) => {
            let name = path.last().to_string();
            let known = structs.get(&name);
            known
                .unwrap_or_else(|| panic!("{name} is declared nowhere before"))
                .clone()
        }
        SolType::Array(array) if array.size().is_none() => {
            Type::List(Box::new(ty(&array.ty, structs)))
        }
        other => Type::Value(other.to_string()),
    }
}
