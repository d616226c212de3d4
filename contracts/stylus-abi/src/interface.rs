//! What a contract shows to the outside, as data: for people, tools and tests. Native only, so that nothing of it is in a
//! module.
//!
//! [`Contract::interface`](crate::Contract::interface) makes it from the Rust declarations. `Display` prints it as Solidity,
//! which is what `cargo stylus export-abi` asks for. With the feature `json` it is also read from what `solc` writes, and
//! [`Interface::differences`] compares the two.
use crate::{
    Abi, Fields, Method,
    names::{camel, first_four},
};
use alloc::{
    borrow::ToOwned,
    boxed::Box,
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::{self, Display, Formatter, Write as _};
use stylus_sdk::keccak_const::Keccak256;

/// Adds the events and errors it stands for to an interface.
pub trait Declare {
    /// Adds them.
    fn declare(interface: &mut Interface);
}

/// A contract's interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name in Solidity.
    pub name: String,
    /// As in SPDX; empty for none.
    pub license: String,
    /// Functions, events and errors.
    pub items: Vec<Item>,
}

/// A function, an event or an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which of the three.
    pub kind: Kind,
    /// Its name in Solidity.
    pub name: String,
    /// Arguments, or the fields of an event or an error.
    pub inputs: Vec<Parameter>,
    /// Answers of a function.
    pub outputs: Vec<Parameter>,
}

/// What an [`Item`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Writes nothing.
    View,
    /// A function that may write.
    Write,
    /// A function that may write and takes ether.
    Payable,
    /// An event.
    Event,
    /// An error.
    Error,
}

/// An argument, an answer or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in Solidity; empty for none.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// A topic of an event.
    pub indexed: bool,
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// One that has no parts: `uint8`, `bytes`.
    Value(String),
    /// A list of any length.
    List(Box<Self>),
    /// A struct: its name and its fields.
    Struct(String, Vec<Parameter>),
}

impl Type {
    /// A struct by its Rust name and the Rust names of its fields.
    #[must_use]
    pub fn structure<T: Fields>(name: &str, fields: &[&str]) -> Self {
        Self::Struct(name.to_owned(), parameters(name, fields, T::types()))
    }

    /// As in signatures: a struct is its fields in parentheses.
    #[must_use]
    pub fn canonical(&self) -> String {
        match self {
            Self::Value(name) => name.clone(),
            Self::List(item) => format!("{}[]", item.canonical()),
            Self::Struct(_, fields) => canonical(fields),
        }
    }

    /// Solidity keeps it in a place that must be named.
    fn is_reference(&self) -> bool {
        !matches!(self, Self::Value(name) if name != "bytes")
    }

    /// Adds the structs it is made of, those it needs first.
    fn structs<'a>(&'a self, into: &mut Vec<&'a Self>) {
        match self {
            Self::Value(_) => {}
            Self::List(item) => item.structs(into),
            Self::Struct(_, fields) => {
                fields.iter().for_each(|field| field.ty.structs(into));
                if !into.contains(&self) {
                    into.push(self);
                }
            }
        }
    }

    /// A struct as Solidity declares it.
    fn declaration(&self) -> String {
        let Self::Struct(name, fields) = self else {
            return String::new();
        };
        let mut text = format!("struct {name} {{");
        for field in fields {
            let _ = write!(text, " {} {};", field.ty, field.name);
        }
        text.push_str(" }");
        text
    }
}

/// As Solidity writes it: a struct is its name.
impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(name) | Self::Struct(name, _) => f.write_str(name),
            Self::List(item) => write!(f, "{item}[]"),
        }
    }
}

impl Parameter {
    /// Of a Rust name and type.
    #[must_use]
    pub fn of<T: Abi>(name: &str) -> Self {
        Self {
            name: camel(name.as_bytes()).text(),
            ty: T::declared(),
            indexed: false,
        }
    }

    /// As Solidity writes it; `place` is where a function keeps it.
    fn solidity(&self, place: &str) -> String {
        let mut text = self.ty.to_string();
        if !place.is_empty() && self.ty.is_reference() {
            let _ = write!(text, " {place}");
        }
        if self.indexed {
            text.push_str(" indexed");
        }
        if !self.name.is_empty() {
            let _ = write!(text, " {}", self.name);
        }
        text
    }
}

impl Item {
    /// A method, by its Rust name, with the Rust names of its arguments and answers. Answers may have none.
    ///
    /// # Panics
    /// When there are not as many names as arguments or answers.
    #[must_use]
    pub fn method<C, M, F: Method<C, M>>(
        name: &str,
        _: &F,
        arguments: &[&str],
        answers: &[&str],
    ) -> Self {
        let (inputs, outputs) = F::types();
        let unnamed = alloc::vec![""; outputs.len()];
        let answers = if answers.is_empty() {
            &unnamed
        } else {
            answers
        };
        Self {
            kind: if F::VIEW { Kind::View } else { Kind::Write },
            inputs: parameters(name, arguments, inputs),
            outputs: parameters(name, answers, outputs),
            name: camel(name.as_bytes()).text(),
        }
    }

    /// A call to another contract, by the name its method has in Solidity. It knows no names of arguments.
    #[must_use]
    pub fn call<A: Fields, R: Fields>(name: &str) -> Self {
        let unnamed = |types: Vec<Type>| {
            let names = alloc::vec![""; types.len()];
            parameters(name, &names, types)
        };
        Self {
            kind: Kind::Write,
            name: name.to_owned(),
            inputs: unnamed(A::types()),
            outputs: unnamed(R::types()),
        }
    }

    /// An error.
    #[must_use]
    pub fn error(name: &str, fields: Vec<Parameter>) -> Self {
        Self {
            kind: Kind::Error,
            name: name.to_owned(),
            inputs: fields,
            outputs: Vec::new(),
        }
    }

    /// An event; its topics come first.
    #[must_use]
    pub fn event(name: &str, mut topics: Vec<Parameter>, fields: Vec<Parameter>) -> Self {
        topics.iter_mut().for_each(|topic| topic.indexed = true);
        topics.extend(fields);
        Self {
            kind: Kind::Event,
            name: name.to_owned(),
            inputs: topics,
            outputs: Vec::new(),
        }
    }

    /// What is hashed into the selector or the first topic.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{}{}", self.name, canonical(&self.inputs))
    }

    /// First topic of an event.
    #[must_use]
    pub fn topic(&self) -> [u8; 32] {
        Keccak256::new()
            .update(self.signature().as_bytes())
            .finalize()
    }

    /// Selector of a function or an error.
    #[must_use]
    pub fn selector(&self) -> [u8; 4] {
        first_four(self.topic())
    }

    /// It is a function.
    #[must_use]
    pub const fn is_function(&self) -> bool {
        matches!(self.kind, Kind::View | Kind::Write | Kind::Payable)
    }
}

/// As Solidity declares it.
impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let list = |parameters: &[Parameter], place| {
            let all: Vec<_> = parameters.iter().map(|p| p.solidity(place)).collect();
            all.join(", ")
        };
        let (word, ending) = match self.kind {
            Kind::View => ("function", " external view"),
            Kind::Write => ("function", " external"),
            Kind::Payable => ("function", " external payable"),
            Kind::Event => ("event", ""),
            Kind::Error => ("error", ""),
        };
        let place = if self.is_function() { "calldata" } else { "" };
        let inputs = list(&self.inputs, place);
        write!(f, "{word} {}({inputs}){ending}", self.name)?;
        if !self.outputs.is_empty() {
            write!(f, " returns ({})", list(&self.outputs, "memory"))?;
        }
        f.write_str(";")
    }
}

impl Interface {
    /// An empty one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Says that a method, by its Rust name, takes ether.
    pub fn pay(&mut self, method: &str) {
        let name = camel(method.as_bytes()).text();
        let items = self.items.iter_mut();
        items
            .filter(|item| item.is_function() && item.name == name)
            .for_each(|item| item.kind = Kind::Payable);
    }

    /// Adds what `D` stands for, once.
    pub fn declare<D: Declare>(&mut self) {
        D::declare(self);
    }

    /// The functions, events and errors of one kind or of several.
    pub fn functions(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.is_function())
    }

    /// The events.
    pub fn events(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.kind == Kind::Event)
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.kind == Kind::Error)
    }

    /// The structs, each after those it needs.
    fn structs(&self) -> Vec<&Type> {
        let mut structs = Vec::new();
        let parameters = self
            .items
            .iter()
            .flat_map(|i| i.inputs.iter().chain(&i.outputs));
        parameters.for_each(|p| p.ty.structs(&mut structs));
        structs
    }

    /// Every declaration as a line of Solidity. Two interfaces agree when the sets are equal.
    #[must_use]
    pub fn lines(&self) -> BTreeSet<String> {
        let structs = self.structs().into_iter().map(Type::declaration);
        structs
            .chain(self.items.iter().map(ToString::to_string))
            .collect()
    }

    /// What `self` (the Rust) and `published` (the ABI) do not share, a line each; empty when they agree.
    #[must_use]
    pub fn differences(&self, published: &Self) -> String {
        let (rust, abi) = (self.lines(), published.lines());
        let mut text = String::new();
        for line in rust.difference(&abi) {
            let _ = writeln!(text, "only in the Rust: {line}");
        }
        for line in abi.difference(&rust) {
            let _ = writeln!(text, "only in the ABI:  {line}");
        }
        text
    }

    /// Which of these calls it does not answer, a line each: there is no function of that name, arguments and answers.
    #[must_use]
    pub fn unserved(&self, calls: &Self) -> String {
        let shape = |item: &Item| (item.signature(), canonical(&item.outputs));
        let mut text = String::new();
        for call in &calls.items {
            let (signature, answer) = shape(call);
            if self
                .functions()
                .all(|f| shape(f) != (signature.clone(), answer.clone()))
            {
                let _ = writeln!(text, "{} has no {signature} returning {answer}", self.name);
                for near in self.functions().filter(|f| f.name == call.name) {
                    let (signature, answer) = shape(near);
                    let _ = writeln!(text, "  it has {signature} returning {answer}");
                }
            }
        }
        text
    }
}

/// As a Solidity file.
impl Display for Interface {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.license.is_empty() {
            writeln!(f, "// SPDX-License-Identifier: {}", self.license)?;
        }
        writeln!(f, "pragma solidity ^0.8.23;\n")?;
        for structure in self.structs() {
            writeln!(f, "{}\n", structure.declaration())?;
        }
        writeln!(f, "interface {} {{", self.name)?;
        for item in &self.items {
            writeln!(f, "    {item}")?;
        }
        writeln!(f, "}}")
    }
}

/// Their types in parentheses.
fn canonical(parameters: &[Parameter]) -> String {
    let types: Vec<_> = parameters.iter().map(|p| p.ty.canonical()).collect();
    format!("({})", types.join(","))
}

/// Names and types, paired.
fn parameters(what: &str, names: &[&str], types: Vec<Type>) -> Vec<Parameter> {
    assert_eq!(
        names.len(),
        types.len(),
        "{what}: the names are {names:?}, the types {types:?}"
    );
    let pairs = names.iter().zip(types);
    pairs
        .map(|(name, ty)| Parameter {
            name: camel(name.as_bytes()).text(),
            ty,
            indexed: false,
        })
        .collect()
}

#[cfg(feature = "json")]
mod json {
    use super::{Interface, Item, Kind, Parameter, Type};
    use alloc::{borrow::ToOwned, boxed::Box, string::ToString, vec::Vec};
    use serde_json::Value;

    impl Interface {
        /// From the JSON that `solc` writes. Interfaces have functions, events and errors only; what a contract of this crate
        /// cannot have is refused.
        ///
        /// # Panics
        /// When the text is no such JSON.
        #[must_use]
        pub fn from_json(text: &str) -> Self {
            let json: Value = serde_json::from_str(text).expect("an ABI is JSON");
            Self {
                items: list(&json).iter().map(item).collect(),
                ..Self::default()
            }
        }
    }

    fn list(json: &Value) -> &[Value] {
        json.as_array().map_or(&[], Vec::as_slice)
    }

    fn text<'a>(json: &'a Value, key: &str) -> &'a str {
        json[key].as_str().unwrap_or_default()
    }

    fn item(json: &Value) -> Item {
        let kind = match (text(json, "type"), text(json, "stateMutability")) {
            ("function", "view") => Kind::View,
            ("function", "nonpayable") => Kind::Write,
            ("function", "payable") => Kind::Payable,
            ("event", _) if json["anonymous"] == false => Kind::Event,
            ("error", _) => Kind::Error,
            _ => panic!("not something a contract of this crate has: {json}"),
        };
        let parameters = |key: &str| list(&json[key]).iter().map(parameter).collect();
        Item {
            kind,
            name: text(json, "name").to_owned(),
            inputs: parameters("inputs"),
            outputs: parameters("outputs"),
        }
    }

    fn parameter(json: &Value) -> Parameter {
        Parameter {
            name: text(json, "name").to_owned(),
            ty: ty(text(json, "type"), json),
            indexed: json["indexed"] == true,
        }
    }

    fn ty(name: &str, json: &Value) -> Type {
        if let Some(item) = name.strip_suffix("[]") {
            return Type::List(Box::new(ty(item, json)));
        }
        if name != "tuple" {
            return Type::Value(name.to_string());
        }
        let full = text(json, "internalType").trim_end_matches("[]");
        let name = full.rsplit([' ', '.']).next().unwrap_or_default();
        let fields = list(&json["components"]).iter().map(parameter).collect();
        Type::Struct(name.to_owned(), fields)
    }
}
