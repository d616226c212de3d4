//! Whether the same sources make the same modules wherever a clone lies.

use crate::{
    build,
    cargo::{Place, compile},
};
use eyre::{Result, WrapErr, bail, eyre};
use plimsoll::{term::Progress, workspace};
use std::{env, fs, path::Path};

/// Builds the contracts a second time from a copy of the sources in another place, whose path is much
/// longer, and checks that the modules are the same, byte for byte.
///
/// # Errors
///
/// The copy cannot be made, does not build, or gives other modules.
pub fn same_bytes(progress: &Progress) -> Result<()> {
    let here = build(progress)?;
    // Outside the repository, so that cargo finds the copy's settings only.
    let folder = env::temp_dir().join(format!("plimsoll-{}", std::process::id()));
    let root =
        folder.join("a-second-clone-in-a-folder-whose-name-is-longer-than-most-people-would-like");
    let there = Place {
        target: root.join("target"),
        root,
    };
    let differ = copy_sources(&workspace::root(), &there.root)
        .wrap_err_with(|| format!("copying the sources to {}", there.root.display()))
        .and_then(|()| compile(&there, progress))
        .and_then(|()| {
            let mut differ = Vec::new();
            for program in &here {
                let name = program.name;
                let wasm = plimsoll_stylus::shrink(&there.raw(name)?)
                    .map_err(|e| eyre!("{name}: rustc's module cannot be re-encoded: {e}"))?;
                if wasm != program.wasm {
                    let (here, there) = (program.wasm.len(), wasm.len());
                    differ.push(format!("{name} ({here} bytes here, {there} there)"));
                }
            }
            Ok(differ)
        });
    let _ = fs::remove_dir_all(&folder);
    let differ = differ?;
    if differ.is_empty() {
        return Ok(());
    }
    bail!(
        "the same sources make other modules in another place: {}",
        differ.join(", ")
    )
}

/// Copies what cargo needs of a workspace.
fn copy_sources(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            let elsewhere = ["target", ".git", "node_modules", "deployments", "docs"];
            if !elsewhere.iter().any(|dir| name == *dir) {
                copy_sources(&entry.path(), &to.join(name))?;
            }
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
