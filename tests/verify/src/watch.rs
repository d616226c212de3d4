//! Runs a command and shows what matters of what it says.

use plimsoll::{term::Progress, workspace};
use std::{
    collections::VecDeque,
    fs,
    io::{BufRead, BufReader, Read, Write},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// Runs a command, keeps all it says in a file, shows what matters as it comes, and the end of it
/// where it fails. Gives the number of tests that passed, if it was a test run.
pub(crate) fn watch(
    name: &str,
    mut command: Command,
    progress: Progress,
) -> Result<Option<u64>, String> {
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
}
