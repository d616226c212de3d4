//! From Rust to what stands on chain: builds the contracts, makes the modules fit, checks them.
//!
//! All are built in one cargo invocation with the flags of `.cargo/config.toml`, with all paths of
//! this machine replaced and nothing of its environment let in, so that everybody gets the same bytes
//! wherever his clone lies: [`same_bytes`] holds that. The modules are then
//! re-encoded ([`plimsoll_stylus::shrink`]), put through the same acceptance check the chain makes,
//! compressed, and cut into fragments where one account cannot hold them.

mod cargo;
mod same_bytes;
mod sizes;

pub use cargo::TARGET;
pub use same_bytes::same_bytes;
pub use sizes::{Size, sizes, table};

use alloy::primitives::{Bytes, keccak256};
use cargo::{Place, compile, ensure_target};
use eyre::{Result, WrapErr, bail, eyre};
use plimsoll::{
    program::{ARBOS, MAX_CODE_SIZE, Program},
    registry::{CONTRACTS, Contract},
    term::Progress,
    workspace,
};
use plimsoll_stylus::{StylusParams, code};
use std::{fs, path::Path, time::SystemTime};

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
        .map(|contract| finish(contract, started, progress))
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
    let made: Option<Vec<Program>> = CONTRACTS
        .iter()
        .map(|contract| load(contract, sources))
        .collect();
    if let Some(programs) = made {
        return Ok(programs);
    }
    let _lock = lock()?;
    build(progress)
}

/// Re-encodes, checks, compresses and stores one module; does nothing twice.
fn finish(contract: &Contract, started: SystemTime, progress: &Progress) -> Result<Program> {
    let name = contract.name;
    let raw = Place::here().raw(name)?;
    let stamp = keccak256(&raw).to_string();
    let dir = workspace::artefacts();
    let file = |ending: &str| dir.join(format!("{name}.{ending}"));
    if fs::read_to_string(file("stamp")).is_ok_and(|s| s == stamp)
        && let (Ok(wasm), Ok(codes)) = (fs::read(file("wasm")), fs::read(file("code")))
    {
        date(&file("stamp"), started);
        return checked(contract, wasm, cut(&codes));
    }
    let wasm = plimsoll_stylus::shrink(&raw)
        .map_err(|e| eyre!("{name}: rustc's module cannot be re-encoded: {e}"))?;
    let program = checked(contract, wasm.clone(), pieces(&wasm))?;
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

/// What the chain would say to it, and what the registry says it may weigh.
fn checked(contract: &Contract, wasm: Vec<u8>, fragments: Vec<Bytes>) -> Result<Program> {
    let Contract {
        name,
        most_module,
        most_code,
        ..
    } = *contract;
    let code: usize = fragments.iter().map(|fragment| fragment.len()).sum();
    if wasm.len() > most_module || code > most_code {
        bail!(
            "{name}: {} bytes decompressed and {code} on chain in {} fragments, at most {most_module} and \
             {most_code} are allowed: make it smaller, split it, or raise `most` in contracts/registry.json and say in \
             a decision what that costs",
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
fn load(contract: &Contract, sources: SystemTime) -> Option<Program> {
    let name = contract.name;
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
    checked(contract, wasm, cut(&codes)).ok()
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
    use alloy::primitives::Address;
    use plimsoll::{program::today, registry};
    use plimsoll_stylus::code::Root;

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

    fn lens() -> &'static Contract {
        registry::find("lens").unwrap()
    }

    fn program(bytes: usize) -> Result<Program> {
        let wasm = noise(bytes);
        let pieces = pieces(&wasm);
        checked(lens(), wasm, pieces)
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
        let long = [&wasm[..], &vec![0; lens().most_module]].concat();
        let error = checked(lens(), long, pieces(&wasm))
            .unwrap_err()
            .to_string();
        let most = format!("at most {}", lens().most_module);
        assert!(error.contains(&most), "{error}");
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
