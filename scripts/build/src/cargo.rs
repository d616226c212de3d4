//! The one cargo invocation that compiles the contracts, and what it is kept apart from.

use eyre::{Result, WrapErr, bail, eyre};
use plimsoll::{registry, term::Progress, workspace};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Where Stylus programs are compiled to.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A clone of the repository, and where cargo builds it.
pub(crate) struct Place {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Place {
    /// The one this program was built from.
    pub(crate) fn here() -> Self {
        Self {
            root: workspace::root(),
            target: workspace::target(),
        }
    }

    /// The module of a contract as rustc wrote it.
    pub(crate) fn raw(&self, name: &str) -> Result<Vec<u8>> {
        let file = format!("{TARGET}/release/plimsoll_{name}.wasm");
        let path = self.target.join(file);
        fs::read(&path).wrap_err_with(|| format!("cargo left no {}", path.display()))
    }
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn output_of(command: &mut Command) -> Option<String> {
    let out = command.stderr(Stdio::null()).output().ok()?;
    out.status
        .success()
        .then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Installs the WASM target through rustup where it is missing.
pub(crate) fn ensure_target(progress: &Progress) -> Result<()> {
    let root = workspace::root();
    let libdir = output_of(
        Command::new("rustc")
            .args(["--print", "target-libdir", "--target", TARGET])
            .current_dir(&root),
    );
    let Some(libdir) = libdir else {
        bail!("no rustc found: install Rust with rustup (https://rustup.rs), then run this again");
    };
    let there = |dir: &str| {
        fs::read_dir(dir).is_ok_and(|mut d| {
            d.any(|e| e.is_ok_and(|e| e.file_name().to_string_lossy().starts_with("libcore-")))
        })
    };
    if there(&libdir) {
        return Ok(());
    }
    progress.say(format!(
        "the {TARGET} target is missing: rustup target add {TARGET}"
    ));
    let done = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(&root)
        .stdout(Stdio::null())
        .status();
    match done {
        Ok(status) if status.success() && there(&libdir) => Ok(()),
        Ok(_) => bail!(
            "rustup could not add the WASM target. With a network, run\n\n    rustup target add \
             {TARGET}\n\nin {} and start this again",
            root.display()
        ),
        Err(_) => bail!(
            "this Rust has no {TARGET} target and there is no rustup to add it: install Rust with \
             rustup (https://rustup.rs), or your distribution's package of the {TARGET} standard \
             library for exactly this compiler"
        ),
    }
}

/// Flags that keep this machine's paths out of the modules.
fn remap_flags(place: &Place) -> Result<Vec<String>> {
    let mut from_to = vec![
        (place.target.clone(), "plimsoll/target".to_owned()),
        (place.root.clone(), "plimsoll".to_owned()),
    ];
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    if let Some(home) = cargo_home {
        let sources = home.join("registry/src");
        from_to.push((sources.clone(), "registry".to_owned()));
        // One level down is a folder whose name depends on how the registry was reached.
        if let Ok(dirs) = fs::read_dir(&sources) {
            let mut dirs: Vec<_> = dirs.flatten().map(|d| d.path()).collect();
            dirs.sort();
            from_to.extend(dirs.into_iter().map(|dir| (dir, "registry".to_owned())));
        }
    }
    let rustc = |arguments: &[&str]| {
        output_of(
            Command::new("rustc")
                .args(arguments)
                .current_dir(&place.root),
        )
        .ok_or_else(|| eyre!("rustc does not say where it lives and what it is"))
    };
    // Where the compiler's own sources are installed (rustup's component rust-src) it names them by
    // where they lie, else by the name it was built under.
    let sysroot = PathBuf::from(rustc(&["--print", "sysroot"])?);
    let version = rustc(&["-vV"])?;
    let commit = version
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "))
        .ok_or_else(|| eyre!("rustc -vV names no commit"))?;
    let sources = sysroot.join("lib/rustlib/src/rust");
    from_to.push((sources, format!("/rustc/{commit}")));
    Ok(from_to
        .into_iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect())
}

/// Whether a variable may change what a build makes: settings that replace or add to those of
/// `.cargo/config.toml` and `Cargo.toml`. So do what `cargo run` sets for the native build, which would
/// make every crate look changed.
fn sways_builds(variable: &str) -> bool {
    const NAMES: [&str; 4] = [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
    ];
    const BEGINNINGS: [&str; 4] = [
        "CARGO_PROFILE_",
        "CARGO_TARGET_WASM32_",
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
    ];
    NAMES.contains(&variable) || BEGINNINGS.iter().any(|start| variable.starts_with(start))
}

/// The one cargo invocation.
pub(crate) fn compile(place: &Place, progress: &Progress) -> Result<()> {
    let flags = remap_flags(place)?;
    // A config value given on the command line is joined to the file's.
    let config = format!(
        "target.{TARGET}.rustflags={}",
        serde_json::to_string(&flags).wrap_err("flags do not encode")?
    );
    let mut command = cargo();
    command
        .current_dir(&place.root)
        .args([
            "build",
            "--release",
            "--locked",
            "--lib",
            "--target",
            TARGET,
        ])
        .args(["--config", &config]);
    for contract in registry::CONTRACTS {
        command.arg("-p").arg(contract.package());
    }
    for (variable, _) in env::vars_os() {
        if sways_builds(&variable.to_string_lossy()) {
            command.env_remove(&variable);
        }
    }
    command.env("CARGO_TARGET_DIR", &place.target);
    command.env("CARGO_INCREMENTAL", "0");
    // `shrink` turns what panics into traps by the functions' names, and drops the names.
    command.env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
    progress.say("building the contracts to WASM");
    let started = Instant::now();
    if progress.is_terminal() {
        // cargo draws its own bar.
        let status = command.status().wrap_err("cargo does not start")?;
        if !status.success() {
            bail!("the contracts do not compile: see above");
        }
    } else {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .wrap_err("cargo does not start")?;
        let mut failed = String::new();
        let (mut crates, mut told) = (0u32, Instant::now());
        if let Some(stderr) = child.stderr.take() {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let word = line.trim_start();
                if let Some(what) = word.strip_prefix("Compiling ") {
                    crates += 1;
                    let ours = what.starts_with("plimsoll");
                    if ours || told.elapsed() > Duration::from_secs(5) {
                        told = Instant::now();
                        let name = what.split(' ').next().unwrap_or(what);
                        progress.say(format!("  crate {crates}: {name}"));
                    }
                } else if word.starts_with("Blocking") {
                    progress.say("  waiting for another cargo on the same target directory");
                } else if !word.starts_with("Finished") && !word.starts_with("Locking") {
                    failed.push_str(&line);
                    failed.push('\n');
                }
            }
        }
        let status = child.wait().wrap_err("cargo was lost")?;
        if !status.success() {
            bail!("the contracts do not compile:\n\n{failed}");
        }
    }
    progress.say(format!(
        "contracts compiled in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the component rust-src, rustc names the standard library's files by where they lie: they
    /// must become what they are without it, or the same source builds to other bytes.
    #[test]
    fn the_compilers_sources_are_named_as_without_them() {
        let here = Place::here();
        let flags = remap_flags(&here).unwrap();
        let sources = flags.last().unwrap();
        let (_, name) = sources.split_once("/lib/rustlib/src/rust=").unwrap();
        let commit = name.strip_prefix("/rustc/").unwrap();
        assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()));
        let root = format!("--remap-path-prefix={}=plimsoll", here.root.display());
        assert!(flags.contains(&root), "{flags:?}");
    }

    #[test]
    fn what_sways_builds_is_taken_away_and_nothing_else() {
        for variable in [
            "RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "CARGO_MANIFEST_DIR",
        ] {
            assert!(sways_builds(variable), "{variable}");
        }
        for variable in ["CARGO_HOME", "CARGO_BUILD_JOBS", "RUSTUP_TOOLCHAIN", "PATH"] {
            assert!(!sways_builds(variable), "{variable}");
        }
    }
}
