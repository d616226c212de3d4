//! What a contract shows to the outside, as a set of lines that can be compared.
//!
//! A line is a function with canonical types and mutability, an event with names and indexed flags,
//! or an error with names. Two surfaces agree when the sets are equal; [`Surface::differences`]
//! names what either has more.

use alloy::{
    json_abi::{EventParam, JsonAbi, Param, StateMutability},
    primitives::{B256, keccak256},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

/// A contract's surface. The keys are the lines; the values are what it is known by on chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Surface {
    /// Line → selector.
    pub(crate) functions: BTreeMap<String, [u8; 4]>,
    /// Line → selector.
    pub(crate) errors: BTreeMap<String, [u8; 4]>,
    /// Line → topic 0.
    pub(crate) events: BTreeMap<String, B256>,
}

impl Surface {
    /// Adds a function. Types are canonical: no names, structs as tuples.
    pub(crate) fn function(
        &mut self,
        name: &str,
        inputs: &[String],
        mutability: &str,
        outputs: &[String],
    ) {
        let signature = format!("{name}({})", inputs.join(","));
        let line = format!(
            "function {signature} {mutability} returns ({})",
            outputs.join(",")
        );
        self.functions.insert(line, selector(&signature));
    }

    /// Adds an error. Parameters are (type, name).
    pub(crate) fn error(&mut self, name: &str, parameters: &[(String, String)]) {
        let (line, signature) =
            declaration("error", name, parameters.iter().map(|(t, n)| (t, false, n)));
        self.errors.insert(line, selector(&signature));
    }

    /// Adds an event. Parameters are (type, indexed, name).
    pub(crate) fn event(&mut self, name: &str, parameters: &[(String, bool, String)]) {
        let (line, signature) =
            declaration("event", name, parameters.iter().map(|(t, i, n)| (t, *i, n)));
        self.events.insert(line, keccak256(signature));
    }

    /// The surface that `abi/<interface>.json` promises.
    pub(crate) fn promised(interface: &str) -> Self {
        let path = plimsoll::workspace::root()
            .join("abi")
            .join(format!("{interface}.json"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let abi: JsonAbi =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{interface}: {e}"));
        assert!(
            abi.constructor.is_none() && abi.fallback.is_none() && abi.receive.is_none(),
            "{interface}: an interface has functions, events and errors only"
        );
        let types = |list: &[Param]| -> Vec<String> {
            list.iter()
                .map(|p| p.selector_type().into_owned())
                .collect()
        };
        let mut surface = Self::default();
        for f in abi.functions() {
            let mutability = match f.state_mutability {
                StateMutability::Pure => "pure",
                StateMutability::View => "view",
                StateMutability::NonPayable => "nonpayable",
                StateMutability::Payable => "payable",
            };
            surface.function(&f.name, &types(&f.inputs), mutability, &types(&f.outputs));
        }
        for e in abi.errors() {
            let named = |p: &Param| (p.selector_type().into_owned(), p.name.clone());
            surface.error(&e.name, &e.inputs.iter().map(named).collect::<Vec<_>>());
        }
        for e in abi.events() {
            assert!(!e.anonymous, "{}: anonymous", e.name);
            let named =
                |p: &EventParam| (p.selector_type().into_owned(), p.indexed, p.name.clone());
            surface.event(&e.name, &e.inputs.iter().map(named).collect::<Vec<_>>());
        }
        surface
    }

    /// All lines.
    pub(crate) fn lines(&self) -> BTreeSet<&str> {
        let functions = self.functions.keys();
        let errors = self.errors.keys();
        functions
            .chain(errors)
            .chain(self.events.keys())
            .map(String::as_str)
            .collect()
    }

    /// What `self` (the Rust) and `promised` (the ABI) do not share; empty when they agree.
    pub(crate) fn differences(&self, promised: &Self) -> String {
        let (rust, abi) = (self.lines(), promised.lines());
        let mut text = String::new();
        for line in rust.difference(&abi) {
            let _ = writeln!(text, "only in the Rust: {line}");
        }
        for line in abi.difference(&rust) {
            let _ = writeln!(text, "only in the ABI:  {line}");
        }
        text
    }
}

/// `keccak256(signature)[..4]`.
pub(crate) fn selector(signature: &str) -> [u8; 4] {
    let hash = keccak256(signature);
    [hash[0], hash[1], hash[2], hash[3]]
}

fn declaration<'a>(
    word: &str,
    name: &str,
    parameters: impl Iterator<Item = (&'a String, bool, &'a String)>,
) -> (String, String) {
    let (mut shown, mut types) = (Vec::new(), Vec::new());
    for (ty, indexed, name) in parameters {
        shown.push(format!(
            "{ty}{} {name}",
            if indexed { " indexed" } else { "" }
        ));
        types.push(ty.as_str());
    }
    (
        format!("{word} {name}({})", shown.join(", ")),
        format!("{name}({})", types.join(",")),
    )
}
