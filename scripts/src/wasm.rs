//! From Rust to what stands on chain: builds the contracts, makes the modules fit, checks them.
//!
//! All are built in one cargo invocation with the flags of `.cargo/config.toml`, with all paths of
//! this machine replaced and nothing of its environment let in, so that everybody gets the same bytes
//! wherever his clone lies: [`same_bytes`] holds that. The modules are then
//! re-encoded ([`plimsoll_stylus::shrink`]), put through the same acceptance check the chain makes,
//! compressed, and cut into fragments where one account cannot hold them.

use crate::{term::Progress, workspace};
use alloy::primitives::{Address, B256, Bytes, keccak256};
use eyre::{Result, WrapErr, bail, eyre};
use plimsoll_stylus::{
    Activation, StylusParams,
    code::{self, Root},
};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

/// The contracts, in the order they are deployed.
pub const CONTRACTS: [&str; 7] = [
    "oracle",
    "margin",
    "parameters",
    "vault",
    "clearinghouse",
    "auction",
    "lens",
];

/// Where Stylus programs are compiled to.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Most an account's code may take on chain, prefix included.
pub const MAX_CODE_SIZE: usize = 24_576;

/// Our own limit, below the chain's 4: most fragments a contract may have. One that has more than one
/// must be named in `docs/decisions`, with what that costs: see [`check_named`].
pub const MAX_FRAGMENTS: usize = 2;

/// Our own limit, half of today's chain's: most bytes of a module, decompressed.
pub const MAX_WASM_SIZE: usize = 131_072;

/// ArbOS versions whose rules a module must pass; the last is what Arbitrum One runs today, and what
/// figures are of.
pub const ARBOS: [u64; 2] = [51, 61];

/// The rules of today's chain.
pub const fn today() -> StylusParams {
    let [.., today] = ARBOS;
    StylusParams::arbos(today)
}

/// A contract ready for deployment.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name, one of [`CONTRACTS`].
    pub name: &'static str,
    /// The module, re-encoded.
    pub wasm: Bytes,
    /// What accounts have to hold for the contract to stand, in order, each at most [`MAX_CODE_SIZE`]
    /// bytes. One: a whole program, the contract itself (`EFF00000` and the module compressed).
    /// Several: fragments (`EFF001` and a piece of the compressed module), each in an account of its
    /// own, which the contract's code names: [`Self::code`].
    pub fragments: Vec<Bytes>,
    /// What the chain will write down when it is activated.
    pub activation: Activation,
}

/// Gas a call pays before a program's first instruction, as the first call of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartGas {
    /// Neither cached nor called earlier in the block.
    pub cold: u64,
    /// Not cached, but called earlier in the block.
    pub warm_in_block: u64,
    /// In the chain's cache.
    pub cached: u64,
}

impl Program {
    /// Whether one account holds all of it.
    pub const fn is_whole(&self) -> bool {
        self.fragments.len() == 1
    }

    /// What has to stand at the contract's own address. Of a whole program that is its only piece,
    /// whatever `at` is. Else it is the root, which holds the addresses `at` of the accounts that hold
    /// [`Self::fragments`], in the same order.
    pub fn code(&self, at: &[Address]) -> Bytes {
        match self.fragments.as_slice() {
            [whole] => whole.clone(),
            _ => Root {
                dictionary: 0,
                wasm_len: self.wasm.len() as u32,
                fragments: at.to_vec(),
            }
            .to_code()
            .into(),
        }
    }

    /// What tells this build from another, wherever it is deployed. Of a whole program it is the
    /// contract's code hash on chain. The code of a root holds addresses, so that of a program in
    /// fragments it is keccak256 of the fragments' own code hashes, one after the other; on chain,
    /// each fragment is to be compared with [`Self::fragment_hashes`] and the root with [`Self::code`].
    pub fn code_hash(&self) -> B256 {
        match self.fragment_hashes().as_slice() {
            [whole] => *whole,
            hashes => keccak256(hashes.concat()),
        }
    }

    /// The code hash of each account of [`Self::fragments`].
    pub fn fragment_hashes(&self) -> Vec<B256> {
        self.fragments.iter().map(keccak256).collect()
    }

    /// Bytes on chain, prefixes included, a root's (8 and 20 for each fragment) not.
    pub fn compressed(&self) -> usize {
        self.fragments.iter().map(|f| f.len()).sum()
    }

    /// What starting it costs on today's chain.
    pub fn start_gas(&self) -> StartGas {
        let params = today();
        let cost = |recent, cached| {
            let program = plimsoll_stylus::Program::new(&self.activation, 0, cached);
            plimsoll_stylus::call_cost(&params, &program, recent, 0, 0)
        };
        StartGas {
            cold: cost(false, false),
            warm_in_block: cost(true, false),
            cached: cost(false, true),
        }
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
    compile(&Place::here(), progress)?;
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

/// A clone of the repository, and where cargo builds it.
struct Place {
    root: PathBuf,
    target: PathBuf,
}

impl Place {
    /// The one this program was built from.
    fn here() -> Self {
        Self {
            root: workspace::root(),
            target: workspace::target(),
        }
    }

    /// The module of a contract as rustc wrote it.
    fn raw(&self, name: &str) -> Result<Vec<u8>> {
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
fn compile(place: &Place, progress: &Progress) -> Result<()> {
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
    for name in CONTRACTS {
        command.arg("-p").arg(format!("plimsoll-{name}"));
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

/// Re-encodes, checks, compresses and stores one module; does nothing twice.
fn finish(name: &'static str, started: SystemTime, progress: &Progress) -> Result<Program> {
    let raw = Place::here().raw(name)?;
    let stamp = keccak256(&raw).to_string();
    let dir = workspace::artefacts();
    let file = |ending: &str| dir.join(format!("{name}.{ending}"));
    if fs::read_to_string(file("stamp")).is_ok_and(|s| s == stamp)
        && let (Ok(wasm), Ok(codes)) = (fs::read(file("wasm")), fs::read(file("code")))
    {
        date(&file("stamp"), started);
        return checked(name, wasm, cut(&codes));
    }
    let wasm = plimsoll_stylus::shrink(&raw)
        .map_err(|e| eyre!("{name}: rustc's module cannot be re-encoded: {e}"))?;
    let program = checked(name, wasm.clone(), pieces(&wasm))?;
    fs::create_dir_all(&dir).wrap_err_with(|| format!("cannot make {}", dir.display()))?;
    for (ending, bytes) in [
        ("wasm", &program.wasm[..]),
        ("code", &program.fragments.concat()),
        ("stamp", stamp.as_bytes()),
    ] {
        let path = file(ending);
        let fresh = dir.join(format!("{name}.{ending}.{}", std::process::id()));
        fs::write(&fresh, bytes).wrap_err_with(|| format!("cannot write {}", fresh.display()))?;
        fs::rename(&fresh, &path).wrap_err_with(|| format!("cannot write {}", path.display()))?;
    }
    date(&file("stamp"), started);
    progress.say(format!(
        "  {name}: {} bytes of WASM, {} on chain{}",
        program.wasm.len(),
        program.compressed(),
        if program.is_whole() {
            String::new()
        } else {
            format!(" in {} fragments", program.fragments.len())
        }
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

/// A module as accounts hold it: whole where one can.
fn pieces(wasm: &[u8]) -> Vec<Bytes> {
    let whole = code::compress(wasm);
    if whole.len() <= MAX_CODE_SIZE {
        return vec![whole.into()];
    }
    let fragments = code::fragments(wasm, MAX_CODE_SIZE);
    fragments.into_iter().map(Into::into).collect()
}

/// Pieces that were stored one after the other: all but the last are as long as may be.
fn cut(codes: &[u8]) -> Vec<Bytes> {
    codes
        .chunks(MAX_CODE_SIZE)
        .map(Bytes::copy_from_slice)
        .collect()
}

/// What the chain would say to it, and our own limits.
fn checked(name: &'static str, wasm: Vec<u8>, fragments: Vec<Bytes>) -> Result<Program> {
    if fragments.len() > MAX_FRAGMENTS || wasm.len() > MAX_WASM_SIZE {
        bail!(
            "{name}: {} bytes decompressed in {} fragments, at most {MAX_WASM_SIZE} in \
             {MAX_FRAGMENTS} are allowed: make it smaller, or split it",
            wasm.len(),
            fragments.len()
        );
    }
    let mut accepted = None;
    for arbos in ARBOS {
        let params = StylusParams::arbos(arbos);
        let mut gas = u64::MAX / 2;
        let activation = plimsoll_stylus::activate(&wasm, &params, params.page_limit, &mut gas)
            .map_err(|e| eyre!("{name}: ArbOS {arbos} would refuse to activate it: {e}"))?;
        accepted = Some(activation);
    }
    let activation = accepted.ok_or_else(|| eyre!("no ArbOS version to check against"))?;
    Ok(Program {
        name,
        wasm: wasm.into(),
        fragments,
        activation,
    })
}

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

/// Checks that a decision names each contract that is in fragments: a line of a file in
/// `docs/decisions` with the contract's name in backticks and the words `N fragments`.
///
/// # Errors
///
/// One is not named, or the folder cannot be read.
pub fn check_named(programs: &[Program]) -> Result<()> {
    let dir = workspace::root().join("docs/decisions");
    let mut decisions = String::new();
    for entry in fs::read_dir(&dir).wrap_err_with(|| format!("cannot read {}", dir.display()))? {
        decisions += &fs::read_to_string(entry?.path()).wrap_err("cannot read a decision")?;
    }
    for program in programs.iter().filter(|p| !p.is_whole()) {
        let (name, count) = (program.name, program.fragments.len());
        if !names_fragments(&decisions, name, count) {
            let start = program.start_gas();
            bail!(
                "{name} is in {count} fragments, and no decision says so: have a line of a file in \
                 docs/decisions say `{name}` and \"{count} fragments\", with what it costs: {} bytes \
                 decompressed, {} gas to start cold, {} cached",
                program.wasm.len(),
                start.cold,
                start.cached
            );
        }
    }
    Ok(())
}

fn names_fragments(decisions: &str, name: &str, count: usize) -> bool {
    let (name, count) = (format!("`{name}`"), format!("{count} fragments"));
    decisions
        .lines()
        .any(|line| line.contains(&name) && line.contains(&count))
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
    let codes = fs::read(dir.join(format!("{name}.code"))).ok()?;
    checked(name, wasm, cut(&codes)).ok()
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

    /// A module whose data does not compress: `bytes` of xorshift noise.
    fn noise(bytes: usize) -> Vec<u8> {
        use std::fmt::Write;
        let mut x = 1u64;
        let mut data = String::new();
        for _ in 0..bytes {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            let _ = write!(data, "\\{:02x}", x as u8);
        }
        let text = format!(
            r#"(module (memory (export "memory") 2 2) (data (i32.const 0) "{data}")
                (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
        );
        wat::parse_str(text).unwrap()
    }

    fn program(bytes: usize) -> Result<Program> {
        let wasm = noise(bytes);
        let pieces = pieces(&wasm);
        checked("lens", wasm, pieces)
    }

    #[test]
    fn what_fits_one_account_is_whole() {
        let p = program(20_000).unwrap();
        assert!(p.is_whole());
        assert_eq!(p.code(&[]), p.fragments[0]);
        assert_eq!(p.code_hash(), keccak256(&p.fragments[0]));
        assert_eq!(code::decompress(&p.code(&[]), &today()).unwrap(), p.wasm);
    }

    #[test]
    fn what_does_not_is_cut_and_put_together_again() {
        let p = program(40_000).unwrap();
        assert_eq!(p.fragments.len(), 2);
        assert_eq!(p.fragments[0].len(), MAX_CODE_SIZE);
        assert_eq!(cut(&p.fragments.concat()), p.fragments, "stored and read");
        let at = [Address::repeat_byte(1), Address::repeat_byte(2)];
        let root = Root::parse(&p.code(&at)).unwrap();
        assert_eq!(root.fragments, at);
        root.check(&today()).unwrap();
        let pieces = p.fragments.iter().map(|f| &f[..]);
        assert_eq!(root.assemble(pieces).unwrap(), p.wasm);
        // The same build has the same hash wherever its fragments stand.
        assert_ne!(p.code(&at), p.code(&[at[1], at[0]]));
        assert_eq!(p.code_hash(), keccak256(p.fragment_hashes().concat()));
    }

    #[test]
    fn our_limits_hold() {
        let refused = |bytes| program(bytes).unwrap_err().to_string();
        assert!(
            refused(60_000).contains("in 3 fragments"),
            "{}",
            refused(60_000)
        );
        let wasm = noise(1_000);
        let long = [&wasm[..], &vec![0; MAX_WASM_SIZE]].concat();
        let error = checked("lens", long, pieces(&wasm))
            .unwrap_err()
            .to_string();
        assert!(error.contains("at most 131072"), "{error}");
    }

    #[test]
    fn a_contract_in_fragments_is_named_in_a_decision() {
        let says = "- `lens`: 2 fragments, 70,000 bytes, 30,000 gas to start cold.";
        assert!(names_fragments(says, "lens", 2));
        assert!(!names_fragments(says, "vault", 2));
        assert!(!names_fragments(says, "lens", 3));
        assert!(!names_fragments("`lens`\n2 fragments", "lens", 2));
    }
}
