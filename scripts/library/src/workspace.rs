//! Where things lie.

use std::path::{Path, PathBuf};

/// The root of the repository this binary was built from.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || root().join("target"),
        |dir| {
            let dir = PathBuf::from(dir);
            if dir.is_absolute() {
                dir
            } else {
                root().join(dir)
            }
        },
    )
}

/// What the WASM pipeline leaves behind.
pub fn artefacts() -> PathBuf {
    target().join("plimsoll")
}

/// Records of deployments.
pub fn deployments() -> PathBuf {
    root().join("deployments")
}
