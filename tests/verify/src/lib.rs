//! `plimsoll verify`: every check there is, as steps with names.

mod audit;
mod steps;
mod watch;

use clap::Args;
use eyre::{Result, bail};
use plimsoll::term::{Progress, Table};
use serde::Serialize;
use std::{process::ExitCode, time::Instant};
use steps::{Action, STEPS, Step, require_clients};
use watch::watch;

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

#[cfg(test)]
mod tests {
    use super::*;

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
