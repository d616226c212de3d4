//! `plimsoll verify`: every check there is, as steps with names.

use clap::Args;
use eyre::{Result, bail};
use plimsoll::{
    registry,
    term::{Progress, Table},
    workspace,
};
use serde::Serialize;
use std::{
    collections::VecDeque,
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// What to check.
#[derive(Clone, Debug, Default, Args)]
pub struct VerifyArgs {
    /// Only this step; may be given several times. `--list` names them.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// All but this step; may be given several times.
    #[arg(long, value_name = "STEP")]
    skip: Vec<String>,
    /// Name the steps and stop.
    #[arg(long)]
    list: bool,
    /// Go on after a step has failed.
    #[arg(long)]
    keep_going: bool,
    /// One JSON object on stdout, progress on stderr.
    #[arg(long)]
    json: bool,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should.
    Passed,
    /// It found something.
    Failed,
    /// It could not be run here.
    Skipped,
    /// An earlier step failed.
    #[serde(rename = "not run")]
    NotRun,
}

/// A step that was run.
#[derive(Clone, Debug, Serialize)]
pub struct StepResult {
    /// Its name.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Seconds it took.
    pub seconds: f64,
    /// Tests it ran, where it ran tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<u64>,
    /// Why it was skipped or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a step does.
enum Action {
    /// Runs these, one after the other.
    Run(Vec<Command>),
    /// Cannot be done here, for this reason.
    Skip(String),
    /// Calls this.
    Call(fn(&Progress) -> Result<()>),
}

struct Step {
    name: &'static str,
    about: &'static str,
    action: fn() -> Action,
}

/// Everything, cheap things first.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        about: "rustfmt",
        action: format,
    },
    Step {
        name: "abi",
        about: "Solidity artefacts and ABI are what their sources build to",
        action: abi,
    },
    Step {
        name: "scripts",
        about: "the ethers v6 scripts' own tests",
        action: scripts,
    },
    Step {
        name: "audit",
        about: "no dependency has a known vulnerability",
        action: audit,
    },
    Step {
        name: "wasm",
        about: "the contracts build, are accepted and small enough; what is in fragments is named in a decision",
        action: || {
            Action::Call(|progress| plimsoll_build::check_named(&plimsoll_build::build(progress)?))
        },
    },
    Step {
        name: "same-bytes",
        about: "a clone in another place builds the same contracts",
        action: || Action::Call(plimsoll_build::same_bytes),
    },
    Step {
        name: "clippy-wasm",
        about: "clippy over the contracts, for wasm32; no operator on a wide integer",
        action: clippy_wasm,
    },
    Step {
        name: "clippy",
        about: "clippy over everything, natively",
        action: clippy,
    },
    Step {
        name: "test",
        about: "unit, property, devnode and end-to-end tests",
        action: test,
    },
    Step {
        name: "test-release",
        about: "the kernel's tests as it is built for the chain",
        action: test_release,
    },
    Step {
        name: "doc",
        about: "documentation builds without warnings",
        action: doc,
    },
];

/// Whether missing external tools are failures.
fn require_clients() -> bool {
    env::var_os("PLIMSOLL_REQUIRE_CLIENTS").is_some_and(|v| v == "1")
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace::root());
    command
}

fn is_there(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

fn format() -> Action {
    Action::Run(vec![cargo(&[
        "fmt", "--all", "--check", "--", "-l", "--color", "never",
    ])])
}

fn clippy() -> Action {
    Action::Run(vec![cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        // What a default build leaves out is checked here.
        "--features",
        "plimsoll-cli/https",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])])
}

fn clippy_wasm() -> Action {
    let mut command = cargo(&[
        "clippy",
        "--locked",
        "--lib",
        "--target",
        plimsoll_build::TARGET,
    ]);
    for name in ["kernel", "common"].into_iter().chain(registry::names()) {
        command.arg("-p").arg(format!("plimsoll-{name}"));
    }
    // I-RND-7: `clippy.toml` allows the operators of primitives, whose overflow is checked. Those of wide integers wrap.
    command.args([
        "--",
        "-D",
        "warnings",
        "-D",
        "clippy::arithmetic_side_effects",
    ]);
    Action::Run(vec![command])
}

fn test() -> Action {
    Action::Run(vec![cargo(&["test", "--workspace", "--locked"])])
}

fn test_release() -> Action {
    Action::Run(vec![cargo(&[
        "test",
        "--release",
        "--locked",
        "-p",
        "plimsoll-kernel",
    ])])
}

fn doc() -> Action {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Action::Run(vec![command])
}

fn abi() -> Action {
    let dir = workspace::root().join("tests/solidity");
    if !is_there("node") {
        return Action::Skip("no node: install Node.js 20 or newer".into());
    }
    if !dir.join("node_modules/solc").exists() {
        return Action::Skip("solc is not installed: run `npm ci` in tests/solidity".into());
    }
    let mut command = Command::new("node");
    command.args(["build.mjs", "--check"]).current_dir(dir);
    Action::Run(vec![command])
}

fn scripts() -> Action {
    let dir = workspace::root().join("scripts/ethers");
    if !is_there("node") {
        return Action::Skip("no node: install Node.js 20 or newer".into());
    }
    if !dir.join("node_modules/ethers").exists() {
        return Action::Skip("ethers is not installed: run `npm ci` in scripts/ethers".into());
    }
    let mut command = Command::new("node");
    command.arg("--test").current_dir(dir);
    Action::Run(vec![command])
}

fn audit() -> Action {
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

/// Runs the steps and says how they ended.
///
/// # Errors
///
/// A step is named that there is none of.
pub fn run(args: &VerifyArgs, progress: Progress) -> Result<ExitCode> {
    for name in args.only.iter().chain(&args.skip) {
        if !STEPS.iter().any(|s| s.name == name) {
            let names: Vec<_> = STEPS.iter().map(|s| s.name).collect();
            bail!(
                "there is no step {name:?}; the steps are: {}",
                names.join(", ")
            );
        }
    }
    if args.list {
        let mut table = Table::new(["step", ""]);
        let width = STEPS.iter().map(|s| s.about.len()).max().unwrap_or(0);
        for step in STEPS {
            table.row([step.name.to_owned(), format!("{:<width$}", step.about)]);
        }
        print!("{}", table.render(0));
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = STEPS.iter().filter(|s| {
        (args.only.is_empty() || args.only.iter().any(|n| n == s.name))
            && !args.skip.iter().any(|n| n == s.name)
    });
    let mut results: Vec<StepResult> = Vec::new();
    for step in chosen {
        let stopped = !args.keep_going && results.iter().any(|r| r.outcome == Outcome::Failed);
        results.push(if stopped {
            StepResult {
                name: step.name,
                outcome: Outcome::NotRun,
                seconds: 0.0,
                tests: None,
                note: None,
            }
        } else {
            run_step(step, progress)
        });
    }
    let of = |outcome: Outcome| results.iter().filter(|r| r.outcome == outcome).count();
    let (passed, failed) = (of(Outcome::Passed), of(Outcome::Failed));
    let skipped = of(Outcome::Skipped) + of(Outcome::NotRun);
    if args.json {
        let all = serde_json::json!({
            "steps": results,
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "seconds": progress.elapsed().as_secs_f64(),
        });
        println!("{all}");
    } else {
        let mut table = Table::new(["step", "outcome", "seconds", "tests"]);
        for r in &results {
            table.row([
                r.name.to_owned(),
                match r.outcome {
                    Outcome::Passed => "passed",
                    Outcome::Failed => "FAILED",
                    Outcome::Skipped => "skipped",
                    Outcome::NotRun => "not run",
                }
                .to_owned(),
                format!("{:.1}", r.seconds),
                r.tests.map(|t| t.to_string()).unwrap_or_default(),
            ]);
        }
        println!("\n{}", table.render(0));
        for r in results.iter().filter(|r| r.note.is_some()) {
            println!("{}: {}", r.name, r.note.as_deref().unwrap_or_default());
        }
        println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    }
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_step(step: &Step, progress: Progress) -> StepResult {
    progress.say(format!("== {}: {}", step.name, step.about));
    let started = Instant::now();
    let (outcome, tests, note) = match (step.action)() {
        Action::Skip(why) if require_clients() => {
            progress.say(format!("   FAILED: {why}"));
            (Outcome::Failed, None, Some(why))
        }
        Action::Skip(why) => {
            progress.say(format!("   SKIPPED: {why}"));
            (Outcome::Skipped, None, Some(why))
        }
        Action::Call(check) => match check(&progress) {
            Ok(()) => (Outcome::Passed, None, None),
            Err(e) => {
                progress.say(format!("   FAILED: {e:#}"));
                (Outcome::Failed, None, Some(format!("{e:#}")))
            }
        },
        Action::Run(commands) => {
            let mut tests = None;
            let mut note = None;
            for command in commands {
                match watch(step.name, command, progress) {
                    Ok(ran) => tests = ran.or(tests),
                    Err(e) => {
                        note = Some(e);
                        break;
                    }
                }
            }
            let outcome = if note.is_some() {
                Outcome::Failed
            } else {
                Outcome::Passed
            };
            (outcome, tests, note)
        }
    };
    let seconds = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    progress.say(format!(
        "   {} in {seconds:.1} s",
        match outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
            Outcome::Skipped | Outcome::NotRun => "skipped",
        }
    ));
    StepResult {
        name: step.name,
        outcome,
        seconds,
        tests,
        note,
    }
}

/// Runs a command, keeps all it says in a file, shows what matters as it comes, and the end of it
/// where it fails. Gives the number of tests that passed, if it was a test run.
fn watch(name: &str, mut command: Command, progress: Progress) -> Result<Option<u64>, String> {
    let dir = workspace::artefacts().join("verify");
    let path = dir.join(format!("{name}.log"));
    let log = fs::create_dir_all(&dir).and_then(|()| fs::File::create(&path));
    let mut log = log.map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    let mut child = command
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{:?} does not start: {e}", command.get_program()))?;
    let (send, lines) = mpsc::channel::<String>();
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child
            .stdout
            .take()
            .map(|p| Box::new(p) as Box<dyn Read + Send>),
        child
            .stderr
            .take()
            .map(|p| Box::new(p) as Box<dyn Read + Send>),
    ];
    for pipe in pipes.into_iter().flatten() {
        let send = send.clone();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
    }
    drop(send);

    let mut tail: VecDeque<String> = VecDeque::new();
    let mut tests: Option<u64> = None;
    let mut told = Instant::now();
    let mut crates = 0u32;
    loop {
        match lines.recv_timeout(Duration::from_secs(5)) {
            Ok(line) => {
                let _ = writeln!(log, "{line}");
                let word = line.trim_start();
                if let Some(count) = passed_tests(word) {
                    *tests.get_or_insert(0) += count;
                }
                if word.starts_with("Compiling") || word.starts_with("Checking") {
                    crates += 1;
                } else if word.starts_with("Running") || word.starts_with("Doc-tests") {
                    progress.say(format!("   {word}"));
                    told = Instant::now();
                } else if word.contains("... FAILED") || word.starts_with("error") {
                    progress.say(format!("   {word}"));
                }
                tail.push_back(line);
                if tail.len() > 120 {
                    tail.pop_front();
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        if told.elapsed() > Duration::from_secs(20) {
            told = Instant::now();
            let last = tail.back().map_or("", |l| l.trim());
            progress.say(format!(
                "   {crates} crates, {} tests; {last}",
                tests.unwrap_or(0)
            ));
        }
    }
    let status = child.wait().map_err(|e| format!("lost: {e}"))?;
    if status.success() {
        return Ok(tests);
    }
    for line in &tail {
        eprintln!("   | {line}");
    }
    Err(format!("see {}", path.display()))
}

/// The count in `test result: ok. 12 passed; 0 failed; ...`, or in node's `# pass 12`.
fn passed_tests(line: &str) -> Option<u64> {
    if let Some(count) = line
        .strip_prefix("# pass ")
        .or_else(|| line.strip_prefix("\u{2139} pass "))
    {
        return count.trim().parse().ok();
    }
    let rest = line.strip_prefix("test result: ")?;
    let words: Vec<&str> = rest.split([' ', ';']).collect();
    let at = words.iter().position(|&w| w == "passed")?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_results_are_counted() {
        let line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(passed_tests(line), Some(12));
        assert_eq!(passed_tests("test a::b ... ok"), None);
        assert_eq!(passed_tests("# pass 9"), Some(9));
    }

    #[test]
    fn unknown_steps_are_refused() {
        let args = VerifyArgs {
            only: vec!["tests".into()],
            ..VerifyArgs::default()
        };
        assert!(
            run(&args, Progress::silent())
                .unwrap_err()
                .to_string()
                .contains("the steps are")
        );
    }
}
