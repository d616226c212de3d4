//! A second engine, made by others and of another kind: V8, the compiler inside Node.js. It runs
//! modules that meter themselves, as `literal.rs` writes them.
#![allow(dead_code, unreachable_pub)]

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use plimsoll_stylus::memory::{MAX_PAGES, page_exponent};
use serde_json::{Value, json};

/// Bytes of native stack, in KiB: less than a thread has, more than the checked stack allows.
const STACK: &str = "--stack-size=7000";

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    With(u32),
    Trap,
    OutOfInk,
    OutOfStack,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub ended: Ended,
    /// Empty unless the entry point ended.
    pub output: Vec<u8>,
    pub ink_left: u64,
}

/// What a run starts from.
#[derive(Clone, Debug)]
pub struct Start {
    pub input: Vec<u8>,
    pub ink: u64,
    /// Words of the checked stack.
    pub space: u32,
    /// Whether pages are counted in more than 16 bits.
    pub wide: bool,
    /// Host calls to answer as they were recorded, instead of on a chain of nothing with one page
    /// open.
    pub replay: Option<Vec<Recorded>>,
}

/// A host call as a tracer saw it.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub name: String,
    pub args: Vec<u8>,
    pub outs: Vec<u8>,
    pub start_ink: u64,
    pub end_ink: u64,
}

/// The engine, in a process of its own.
pub struct Second {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Second {
    /// Starts it. Where there is no Node.js this says so and gives nothing, unless
    /// `PLIMSOLL_REQUIRE_CLIENTS=1` asks for it to fail.
    pub fn start() -> Option<Self> {
        let script = Path::new(file!()).with_file_name("second.mjs");
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let child = Command::new("node")
            .arg(STACK)
            .arg(workspace.join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => {
                let message =
                    format!("SKIPPED: the second engine needs node (18 or later): {error}");
                let required =
                    std::env::var("PLIMSOLL_REQUIRE_CLIENTS").is_ok_and(|value| value == "1");
                assert!(!required, "{message}");
                // Past the test harness, which hides the output of tests that pass.
                let _ = writeln!(std::io::stderr(), "\n*** {message}\n");
                return None;
            }
        };
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Self {
            child,
            to,
            from: BufReader::new(from),
        })
    }

    /// Runs one module from each start, anew each time; a fault of the run itself, such as a host
    /// call that was not recorded, is an error.
    pub fn run(&mut self, instrumented: &[u8], starts: &[Start]) -> Result<Vec<Run>, String> {
        let exponents: Vec<u64> = (0..=MAX_PAGES).map(page_exponent).collect();
        let runs: Vec<Value> = starts.iter().map(Start::to_json).collect();
        let job = json!({ "wasm": hex(instrumented), "exponents": exponents, "runs": runs });
        writeln!(self.to, "{job}").map_err(|e| e.to_string())?;
        let mut line = String::new();
        self.from.read_line(&mut line).map_err(|e| e.to_string())?;
        let answer: Value = serde_json::from_str(&line)
            .map_err(|e| format!("the second engine is gone: {e}: {line:?}"))?;
        if let Some(fault) = answer["fault"].as_str() {
            return Err(fault.into());
        }
        let runs = answer["runs"].as_array().unwrap();
        assert_eq!(runs.len(), starts.len());
        runs.iter().map(Run::from_json).collect()
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Start {
    fn to_json(&self) -> Value {
        let mut run = json!({
            "input": hex(&self.input),
            "ink": self.ink.to_string(),
            "space": self.space,
            "wide": self.wide,
        });
        if let Some(replay) = &self.replay {
            run["replay"] = replay
                .iter()
                .map(|x| {
                    let (start, end) = (x.start_ink.to_string(), x.end_ink.to_string());
                    json!([x.name, hex(&x.args), hex(&x.outs), start, end])
                })
                .collect();
        }
        run
    }
}

impl Run {
    fn from_json(run: &Value) -> Result<Self, String> {
        if let Some(fault) = run["fault"].as_str() {
            return Err(fault.into());
        }
        let text = |key: &str| run[key].as_str().unwrap();
        Ok(Self {
            ended: match text("ended") {
                "with" => Ended::With(run["status"].as_u64().unwrap() as u32),
                "trap" => Ended::Trap,
                "ink" => Ended::OutOfInk,
                "stack" => Ended::OutOfStack,
                other => panic!("{other}"),
            },
            output: bytes(text("output")),
            ink_left: text("ink").parse().unwrap(),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
