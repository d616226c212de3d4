//! The contracts of the house, as `contracts/registry.json` lists them.
//!
//! Whatever is done for each contract iterates over [`CONTRACTS`]; `contracts/README.md` explains the
//! keys. Inside this crate the macro `contracts!`, which the build script makes of the same file, gives
//! the names as identifiers.

/// Who owns a contract once it is initialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The deployer, who may hand it over.
    Deployer,
    /// Another contract of the house.
    Sibling(&'static str),
    /// No address.
    None,
}

impl Owner {
    const fn of(name: &'static str) -> Self {
        match name.as_bytes() {
            b"deployer" => Self::Deployer,
            b"none" => Self::None,
            _ => Self::Sibling(name),
        }
    }
}

/// A contract of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its name: of its folder in `contracts/`, in records and in [`crate::deploy::Addresses`].
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its interface in `abi/`.
    pub interface: &'static str,
    /// Who owns it.
    pub owner: Owner,
    /// Whether it stands behind a proxy.
    pub proxied: bool,
    /// Whether a house can do without it.
    pub optional: bool,
    /// The arguments of `initialize`: contracts, and `owner`.
    pub initialize: &'static [&'static str],
    /// Most bytes of its module, decompressed.
    pub most_module: usize,
    /// Most bytes of its code on chain, in all fragments.
    pub most_code: usize,
}

impl Contract {
    /// Its package.
    pub fn package(&self) -> String {
        format!("plimsoll-{}", self.name)
    }

    /// Whether its owner may hand it over.
    pub const fn is_owned(&self) -> bool {
        matches!(self.owner, Owner::Deployer)
    }
}

macro_rules! list {
    ($($name:ident {
        $about:literal, $interface:ident $errors:ident, owner $owner:literal, proxied $proxied:literal,
        optional $optional:literal, most $module:literal $code:literal, initialize [$($argument:ident),*],
        getters [$($getters:tt)*], siblings [$($siblings:tt)*]
    })*) => {
        /// The contracts, in the order they are deployed and initialised.
        pub const CONTRACTS: &[Contract] = &[$(Contract {
            name: stringify!($name),
            about: $about,
            interface: stringify!($interface),
            owner: Owner::of($owner),
            proxied: $proxied,
            optional: $optional,
            initialize: &[$(stringify!($argument)),*],
            most_module: $module,
            most_code: $code,
        }),*];
    };
}

contracts!(list);

/// The contract of that name.
pub fn find(name: &str) -> Option<&'static Contract> {
    CONTRACTS.iter().find(|contract| contract.name == name)
}

/// The names, in the same order.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    CONTRACTS.iter().map(|contract| contract.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;
    use std::{collections::BTreeSet, fs};

    /// A crate of `contracts/` that compiles to a module of its own is a contract.
    #[test]
    fn every_contract_is_registered() {
        let mut modules = BTreeSet::new();
        for entry in fs::read_dir(workspace::root().join("contracts")).unwrap() {
            let path = entry.unwrap().path();
            let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap_or_default();
            if manifest.contains("cdylib") {
                modules.insert(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
        let registered: BTreeSet<_> = names().map(str::to_owned).collect();
        assert_eq!(
            modules, registered,
            "crates of contracts/ beside registry.json"
        );
    }

    /// A contract's first page says what it assumes, under the same headings in the same order.
    #[test]
    fn every_contract_says_what_it_assumes() {
        for name in names() {
            let path = workspace::root().join(format!("contracts/{name}/src/lib.rs"));
            let text = fs::read_to_string(&path).unwrap();
            let headings = text.lines().filter_map(|line| line.strip_prefix("//! # "));
            assert_eq!(
                headings.collect::<Vec<_>>(),
                ["Tokens", "Liveness", "Roles", "Warnings"],
                "{}",
                path.display()
            );
        }
    }

    /// The page for readers and the workspace are written by hand.
    #[test]
    fn every_crate_of_contracts_is_on_the_page_and_in_the_workspace() {
        let root = workspace::root();
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        let (page, manifest) = (read("contracts/README.md"), read("Cargo.toml"));
        for entry in fs::read_dir(root.join("contracts")).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                assert!(
                    page.contains(&format!("| [`{name}`]({name}) |")),
                    "contracts/README.md has no row for `{name}`"
                );
                assert!(
                    manifest.contains(&format!("\"contracts/{name}\",")),
                    "Cargo.toml has no member contracts/{name}"
                );
            }
        }
    }

    /// An interface without a contract would be in no list that iterates over the registry.
    #[test]
    fn every_interface_has_a_contract() {
        let mut interfaces = BTreeSet::new();
        for entry in fs::read_dir(workspace::root().join("abi")).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            let interface = name.strip_suffix(".sol").unwrap_or_default();
            let mut letters = interface.chars().map(char::is_uppercase);
            if interface.starts_with('I') && letters.nth(1) == Some(true) {
                interfaces.insert(interface.to_owned());
            }
        }
        let registered: BTreeSet<_> = CONTRACTS.iter().map(|c| c.interface.to_owned()).collect();
        assert_eq!(interfaces, registered, "files of abi/ beside registry.json");
    }
}
