//! The step `audit`: the advisories it compares `Cargo.lock` with.

use crate::steps::Action;
use plimsoll::workspace;
use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

pub(crate) fn audit() -> Action {
    let has = Command::new("cargo-audit")
        .args(["audit", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if !has {
        return Action::Skip("no cargo-audit: cargo install cargo-audit --locked".into());
    }
    let named = env::var_os("PLIMSOLL_ADVISORY_DB").map(PathBuf::from);
    let packed = named
        .clone()
        .unwrap_or_else(|| workspace::root().join("../shared/advisory-db.tar.gz"));
    let dir = workspace::artefacts().join("advisory-db");
    if !packed.exists() {
        return match named {
            Some(named) => Action::Skip(format!("no advisories at {}", named.display())),
            None => audit_fetched(dir),
        };
    }
    if packed.is_dir() {
        return Action::Run(vec![audit_with(packed)]);
    }
    let _ = fs::remove_dir_all(&dir);
    if let Err(e) = fs::create_dir_all(&dir) {
        return Action::Skip(format!("cannot make {}: {e}", dir.display()));
    }
    let mut unpack = Command::new("tar");
    unpack.arg("xzf").arg(&packed).arg("-C").arg(&dir);
    // The archive may have one folder around everything.
    let unpacked = unpack.status().is_ok_and(|s| s.success());
    if !unpacked {
        return Action::Skip(format!("cannot unpack {}", packed.display()));
    }
    let inner = fs::read_dir(&dir)
        .ok()
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .find(|p| p.join("crates").is_dir());
    Action::Run(vec![audit_with(inner.unwrap_or(dir))])
}

/// Audits with the advisories as they are today.
fn audit_fetched(dir: PathBuf) -> Action {
    const DATABASE: &str = "https://github.com/RustSec/advisory-db";
    let _ = fs::remove_dir_all(&dir);
    let fetched = Command::new("git")
        .args([
            "-c",
            "http.lowSpeedLimit=1000",
            "-c",
            "http.lowSpeedTime=20",
        ])
        .args(["clone", "--quiet", "--depth", "1", DATABASE])
        .arg(&dir)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if fetched {
        Action::Run(vec![audit_with(dir)])
    } else {
        Action::Skip(format!(
            "cannot fetch {DATABASE}: name a copy with PLIMSOLL_ADVISORY_DB"
        ))
    }
}

fn audit_with(db: PathBuf) -> Command {
    let mut command = Command::new("cargo-audit");
    command
        .args(["audit", "--no-fetch", "--stale", "--db"])
        .arg(db)
        .current_dir(workspace::root());
    command
}
