//! Joins `abi/*.sol` into one `sol!`, which follows no imports.

use std::{env, fs, path::PathBuf};

/// Types first: the interfaces name them.
const FILES: [&str; 8] = [
    "Types.sol",
    "IOracle.sol",
    "IMargin.sol",
    "IParameters.sol",
    "ILens.sol",
    "IVault.sol",
    "IClearinghouse.sol",
    "IAuction.sol",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let abi = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../abi");
    let mut all = String::from("sol! {\n#![sol(rpc, all_derives)]\n");
    for name in FILES {
        let path = abi.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        for line in text.lines() {
            if !line.starts_with("import ") && !line.starts_with("pragma ") {
                all.push_str(line);
                all.push('\n');
            }
        }
    }
    all.push_str("}\n");
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("interfaces.rs"),
        all,
    )?;
    Ok(())
}
