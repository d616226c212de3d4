//! Makes code of `contracts/registry.json` and of `abi/*.sol`:
//!
//! * `interfaces.rs`: types and interfaces in one `sol!`, which follows no imports;
//! * `registry.rs`: the macro `contracts!`, which hands the registry to another macro.
//!
//! A registry that contradicts itself or the repository ends the build with the reason.

use serde_json::{Map, Value};
use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

type Result<T> = std::result::Result<T, String>;

/// The keys a contract has; those after the first seven may be left out.
const KEYS: [&str; 10] = [
    "name",
    "about",
    "interface",
    "owner",
    "proxied",
    "initialize",
    "most",
    "getters",
    "siblings",
    "optional",
];

/// What a contract has that a deployer hands over.
const OWNED: [&str; 4] = [
    "owner",
    "pendingOwner",
    "transferOwnership",
    "acceptOwnership",
];

/// One contract of the registry.
struct Contract {
    name: String,
    about: String,
    interface: String,
    owner: String,
    proxied: bool,
    optional: bool,
    initialize: Vec<String>,
    getters: Vec<String>,
    siblings: Vec<String>,
    module: u64,
    code: u64,
}

fn main() {
    if let Err(why) = run() {
        println!("cargo::error={why}");
    }
}

fn run() -> Result<()> {
    let here = env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?;
    let root = Path::new(&here).join("../..");
    let registry = read_registry(&root.join("contracts/registry.json"))?;
    for contract in &registry {
        check(contract, &registry, &root)
            .map_err(|why| format!("contracts/registry.json: {}: {why}", contract.name))?;
    }
    write("registry.rs", &registry_macro(&registry))?;
    write("interfaces.rs", &interfaces(&registry, &root)?)
}

fn read(path: &Path) -> Result<String> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

fn write(name: &str, text: &str) -> Result<()> {
    let dir = env::var("OUT_DIR").map_err(|e| e.to_string())?;
    fs::write(PathBuf::from(dir).join(name), text).map_err(|e| format!("cannot write {name}: {e}"))
}

fn read_registry(path: &Path) -> Result<Vec<Contract>> {
    let all: Value =
        serde_json::from_str(&read(path)?).map_err(|e| format!("{}: {e}", path.display()))?;
    let contracts = all["contracts"].as_array();
    let contracts = contracts.ok_or("contracts/registry.json has no list `contracts`")?;
    contracts.iter().map(contract).collect()
}

fn contract(value: &Value) -> Result<Contract> {
    let name = value["name"].as_str();
    let name = name.ok_or("contracts/registry.json: a contract has no `name`")?;
    let of = |why: String| format!("contracts/registry.json: {name}: {why}");
    let keys = value.as_object().into_iter().flat_map(Map::keys);
    if let Some(key) = keys.into_iter().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(of(format!("`{key}` is none of the keys {KEYS:?}")));
    }
    let missing = |key: &str, what: &str| of(format!("`{key}` is missing or not {what}"));
    let text = |key: &str| {
        let found = value[key].as_str().map(str::to_owned);
        found.ok_or_else(|| missing(key, "a text"))
    };
    let number = |key: &str| {
        let found = value["most"][key].as_u64();
        found.ok_or_else(|| missing(&format!("most.{key}"), "a number of bytes"))
    };
    let names = |key: &str| -> Option<Vec<String>> {
        let list = value[key].as_array()?.iter();
        list.map(|name| name.as_str().map(str::to_owned)).collect()
    };
    let list = |key: &str| match &value[key] {
        Value::Null => Ok(Vec::new()),
        _ => names(key).ok_or_else(|| missing(key, "a list of names")),
    };
    if value["proxied"] == true {
        return Err(format!(
            "contracts/registry.json: {name}: `proxied` is true, and deployment knows no proxies yet"
        ));
    }
    Ok(Contract {
        name: name.to_owned(),
        about: text("about")?,
        interface: text("interface")?,
        owner: text("owner")?,
        proxied: value["proxied"]
            .as_bool()
            .ok_or_else(|| missing("proxied", "true or false"))?,
        optional: value["optional"].as_bool().unwrap_or(false),
        initialize: names("initialize").ok_or_else(|| missing("initialize", "a list of names"))?,
        getters: list("getters")?,
        siblings: list("siblings")?,
        module: number("module")?,
        code: number("code")?,
    })
}

/// What a contract of the registry needs elsewhere in the repository.
fn check(contract: &Contract, all: &[Contract], root: &Path) -> Result<()> {
    let Contract {
        name, interface, ..
    } = contract;
    if all.iter().filter(|other| other.name == *name).count() > 1 {
        return Err("the name is there twice".into());
    }
    let manifest = format!("contracts/{name}/Cargo.toml");
    let package = format!("name = \"plimsoll-{name}\"");
    if !read(&root.join(&manifest))
        .is_ok_and(|text| text.lines().any(|line| line.trim() == package))
    {
        return Err(format!(
            "there is no package plimsoll-{name} in {manifest}: add the crate"
        ));
    }
    let member = format!("\"contracts/{name}\"");
    if !read(&root.join("Cargo.toml"))?.contains(&member) {
        return Err(format!(
            "the workspace has no member {member}: add it to `members` in Cargo.toml"
        ));
    }
    let source = format!("abi/{interface}.sol");
    if !root.join(&source).is_file() {
        return Err(format!("there is no {source}: add the interface"));
    }
    if contract.owner == "deployer" {
        let text = read(&root.join(&source))?;
        let lacks = OWNED
            .iter()
            .find(|name| !text.contains(&format!("function {name}(")));
        if let Some(method) = lacks {
            return Err(format!(
                "`owner` is \"deployer\", who hands the contract over, but {source} has no `{method}`: \
                 the field `Ownable` of plimsoll-common gives {OWNED:?}"
            ));
        }
    }
    let known = |name: &String| all.iter().any(|other| other.name == *name);
    if !["deployer", "none"].contains(&contract.owner.as_str()) && !known(&contract.owner) {
        let owner = &contract.owner;
        return Err(format!(
            "`owner` is \"deployer\", \"none\" or a contract, not {owner:?}"
        ));
    }
    if contract.initialize.iter().any(|name| name == "owner") != (contract.owner == "deployer") {
        return Err(
            "`initialize` takes an owner where `owner` is \"deployer\", and only there".into(),
        );
    }
    let named = contract.initialize.iter().filter(|name| *name != "owner");
    let named = named.chain(&contract.siblings);
    let named = named.chain(&contract.getters);
    match named.into_iter().find(|name| !known(name)) {
        Some(name) => Err(format!("it names {name:?}, which is no contract")),
        None => Ok(()),
    }
}

fn registry_macro(registry: &[Contract]) -> String {
    let mut text = String::from(
        "/// Hands the contracts of the registry to another macro.\n\
         macro_rules! contracts { ($then:ident) => { $then! {\n",
    );
    for c in registry {
        let named = c.getters.iter().map(|name| (name.as_str(), name));
        // A contract that another one owns names it as its owner.
        let owner = registry.iter().any(|other| other.name == c.owner);
        let named = owner
            .then_some(("owner", &c.owner))
            .into_iter()
            .chain(named);
        let getters: Vec<_> = named
            .map(|(getter, to)| format!("{getter} {getter}Call {to}"))
            .collect();
        let _ = writeln!(
            text,
            "{} {{ {:?}, {} {}Errors, owner {:?}, proxied {}, optional {}, most {} {}, initialize [{}], getters [{}], \
             siblings [{}] }}",
            c.name,
            c.about,
            c.interface,
            c.interface,
            c.owner,
            c.proxied,
            c.optional,
            c.module,
            c.code,
            c.initialize.join(", "),
            getters.join(", "),
            if c.siblings.is_empty() {
                String::new()
            } else {
                format!("siblingsCall: {}", c.siblings.join(", "))
            },
        );
    }
    text + "} } }\n"
}

/// Types first: the interfaces name them.
fn interfaces(registry: &[Contract], root: &Path) -> Result<String> {
    let files = registry.iter().map(|c| c.interface.as_str());
    let mut all = String::from("sol! {\n#![sol(rpc, all_derives)]\n");
    for file in std::iter::once("Types").chain(files) {
        let text = read(&root.join(format!("abi/{file}.sol")))?;
        for line in text.lines() {
            if !line.starts_with("import ") && !line.starts_with("pragma ") {
                all.push_str(line);
                all.push('\n');
            }
        }
    }
    Ok(all + "}\n")
}
