//! From Rust to what stands on chain: builds the contracts, makes the modules fit, checks them.
//!
//! All are built in one cargo invocation with the flags of `.cargo/config.toml` and with all
//! paths of this machine replaced, so that two machines get the same bytes. The modules are then
//! re-encoded ([`plimsoll_stylus::shrink`]), put through the same acceptance check the chain makes
//! and compressed.

use crate::{term::Progress, workspace};
use alloy::primitives::{B256, Bytes, keccak256};
use eyre::{Result, WrapErr, bail, eyre};
use plimsoll_stylus::{Activation, StylusParams};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

/// The contracts, in the order they are deployed.
pub const CONTRACTS: [&str; 8] = [
    "oracle",
    "margin",
    "parameters",
    "vault",
    "clearinghouse",
    "auction",
    "lens",
    "explainer",
];

/// Where Stylus programs are compiled to.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Most a contract's code may take, prefix included. Below the chain's 24,576 on purpose.
pub const MAX_CODE: usize = 24_000;

/// ArbOS versions whose rules a module must pass.
const ARBOS: [u64; 2] = [51, 60];

/// A contract ready for deployment.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name, one of [`CONTRACTS`].
    pub name: &'static str,
    /// The module, re-encoded.
    pub wasm: Bytes,
    /// What stands on chain: `0xEFF00000` and the module compressed.
    pub code: Bytes,
    /// What the chain will write down when it is activated.
    pub activation: Activation,
}

impl Program {
    /// keccak256 of [`Self::code`].
    pub fn code_hash(&self) -> B256 {
        keccak256(&self.code)
    }

    /// Gas the first call of a transaction pays before the first instruction: (not cached, cached).
    pub fn start_gas(&self) -> (u64, u64) {
        let params = StylusParams::default();
        let cost = |cached| {
            let program = plimsoll_stylus::Program::new(&self.activation, 0, cached);
            plimsoll_stylus::call_cost(&params, &program, false, 0, 0)
        };
        (cost(false), cost(true))
    }
}

/// Builds all contracts. Up-to-date builds take a second.
///
/// # Errors
///
/// No toolchain or no WASM target, the contracts do not compile, or a module would be refused by
/// the chain.
pub fn build(progress: &Progress) -> Result<Vec<Program>> {
    ensure_target(progress)?;
    let started = SystemTime::now();
    compile(progress)?;
    CONTRACTS
        .iter()
        .map(|name| finish(name, started, progress))
        .collect()
}

/// Like [`build`] but takes what lies in `target/plimsoll` where it is newer than every source: for
/// tests, of which many may start at once.
///
/// # Errors
///
/// As [`build`].
pub fn build_cached(progress: &Progress) -> Result<Vec<Program>> {
    let sources = newest(&workspace::root().join("contracts"))?;
    let made: Option<Vec<Program>> = CONTRACTS.iter().map(|name| load(name, sources)).collect();
    if let Some(programs) = made {
        return Ok(programs);
    }
    let _lock = lock()?;
    build(progress)
}

/// The module of a contract as rustc wrote it.
fn raw_path(name: &str) -> PathBuf {
    workspace::target()
        .join(TARGET)
        .join("release")
        .join(format!("plimsoll_{name}.wasm"))
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
fn ensure_target(progress: &Progress) -> Result<()> {
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
fn remap_flags() -> Result<Vec<String>> {
    let root = workspace::root();
    let mut from_to = vec![(root.clone(), "plimsoll")];
    let cargo_home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    if let Some(home) = cargo_home {
        let sources = home.join("registry/src");
        from_to.push((sources.clone(), "registry"));
        // One level down is a folder whose name depends on how the registry was reached.
        if let Ok(dirs) = fs::read_dir(&sources) {
            let mut dirs: Vec<_> = dirs.flatten().map(|d| d.path()).collect();
            dirs.sort();
            from_to.extend(dirs.into_iter().map(|dir| (dir, "registry")));
        }
    }
    let sysroot = output_of(
        Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(&root),
    )
    .ok_or_else(|| eyre!("rustc does not say where it lives"))?;
    from_to.push((PathBuf::from(sysroot).join("lib/rustlib/src/rust"), "rust"));
    Ok(from_to
        .into_iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect())
}

/// The one cargo invocation.
fn compile(progress: &Progress) -> Result<()> {
    let root = workspace::root();
    let flags = remap_flags()?;
    // A config value given on the command line is joined to the file's; the variables that would
    // replace both are taken away, so that the module does not depend on who builds it.
    let config = format!(
        "target.{TARGET}.rustflags={}",
        serde_json::to_string(&flags).wrap_err("flags do not encode")?
    );
    let mut command = cargo();
    command
        .current_dir(&root)
        .args([
            "build",
            "--release",
            "--locked",
            "--lib",
            "--target",
            TARGET,
        ])
        .args(["--config", &config]);
    for name in CONTRACTS {
        command.arg("-p").arg(format!("plimsoll-{name}"));
    }
    for variable in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
    ] {
        command.env_remove(variable);
    }
    // Set by `cargo run` for the native build; they would make every crate look changed.
    for (variable, _) in env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&variable);
        }
    }
    command.env("CARGO_TARGET_DIR", workspace::target());
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

/// Re-encodes, checks, compresses and stores one module; does nothing twice.
fn finish(name: &'static str, started: SystemTime, progress: &Progress) -> Result<Program> {
    let path = raw_path(name);
    let raw = fs::read(&path).wrap_err_with(|| format!("cargo left no {}", path.display()))?;
    let stamp = keccak256(&raw).to_string();
    let dir = workspace::artefacts();
    let file = |ending: &str| dir.join(format!("{name}.{ending}"));
    if fs::read_to_string(file("stamp")).is_ok_and(|s| s == stamp)
        && let (Ok(wasm), Ok(code)) = (fs::read(file("wasm")), fs::read(file("code")))
    {
        date(&file("stamp"), started);
        return checked(name, wasm, code);
    }
    let wasm = plimsoll_stylus::shrink(&raw)
        .map_err(|e| eyre!("{name}: rustc's module cannot be re-encoded: {e}"))?;
    let code = plimsoll_stylus::code::compress(&wasm);
    let program = checked(name, wasm, code)?;
    fs::create_dir_all(&dir).wrap_err_with(|| format!("cannot make {}", dir.display()))?;
    for (ending, bytes) in [
        ("wasm", &program.wasm[..]),
        ("code", &program.code[..]),
        ("stamp", stamp.as_bytes()),
    ] {
        let path = file(ending);
        let fresh = dir.join(format!("{name}.{ending}.{}", std::process::id()));
        fs::write(&fresh, bytes).wrap_err_with(|| format!("cannot write {}", fresh.display()))?;
        fs::rename(&fresh, &path).wrap_err_with(|| format!("cannot write {}", path.display()))?;
    }
    date(&file("stamp"), started);
    progress.say(format!(
        "  {name}: {} bytes of WASM, {} on chain",
        program.wasm.len(),
        program.code.len()
    ));
    Ok(program)
}

/// Dates a stamp to when its build began, so that a source changed meanwhile is newer.
fn date(stamp: &Path, started: SystemTime) {
    // Where this fails the stamp is as old as it was, and the next test builds again.
    if let Ok(file) = fs::File::options().write(true).open(stamp) {
        let _ = file.set_modified(started);
    }
}

/// What the chain would say to it, and our own limit.
fn checked(name: &'static str, wasm: Vec<u8>, code: Vec<u8>) -> Result<Program> {
    if code.len() > MAX_CODE {
        bail!(
            "{name}: {} bytes on chain, at most {MAX_CODE} are allowed",
            code.len()
        );
    }
    let mut accepted = None;
    for arbos in ARBOS {
        let params = StylusParams::arbos(arbos);
        let mut gas = u64::MAX / 2;
        let activation = plimsoll_stylus::activate(&wasm, &params, 128, &mut gas)
            .map_err(|e| eyre!("{name}: ArbOS {arbos} would refuse to activate it: {e}"))?;
        accepted.get_or_insert(activation);
    }
    let activation = accepted.ok_or_else(|| eyre!("no ArbOS version to check against"))?;
    Ok(Program {
        name,
        wasm: wasm.into(),
        code: code.into(),
        activation,
    })
}

/// What an earlier build left, if it is newer than the sources.
fn load(name: &'static str, sources: SystemTime) -> Option<Program> {
    let dir = workspace::artefacts();
    let stamp = fs::metadata(dir.join(format!("{name}.stamp")))
        .ok()?
        .modified()
        .ok()?;
    if stamp <= sources {
        return None;
    }
    let wasm = fs::read(dir.join(format!("{name}.wasm"))).ok()?;
    let code = fs::read(dir.join(format!("{name}.code"))).ok()?;
    checked(name, wasm, code).ok()
}

/// When the newest file that contracts are made of was changed.
fn newest(contracts: &Path) -> Result<SystemTime> {
    fn walk(dir: &Path, newest: &mut SystemTime) -> std::io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            // A folder's own date changes when a file in it is added or removed.
            *newest = (*newest).max(entry.metadata()?.modified()?);
            if entry.file_type()?.is_dir() {
                walk(&entry.path(), newest)?;
            }
        }
        Ok(())
    }
    let root = workspace::root();
    let mut newest = SystemTime::UNIX_EPOCH;
    walk(contracts, &mut newest).wrap_err("cannot read contracts/")?;
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "rust-toolchain.toml",
    ] {
        if let Ok(when) = fs::metadata(root.join(file)).and_then(|m| m.modified()) {
            newest = newest.max(when);
        }
    }
    Ok(newest)
}

/// Held while tests build, so that one of them does.
fn lock() -> Result<fs::File> {
    let dir = workspace::artefacts();
    fs::create_dir_all(&dir).wrap_err_with(|| format!("cannot make {}", dir.display()))?;
    let file = fs::File::create(dir.join("lock")).wrap_err("cannot make a lock file")?;
    file.lock().wrap_err("cannot lock")?;
    Ok(file)
}
