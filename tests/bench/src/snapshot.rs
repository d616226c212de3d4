//! `tests/bench/gas.json`: the figures as they were when somebody last wrote them.
//!
//! The tables of documents are written of the same figures. Only what is the same on every machine is
//! here: no seconds and no rates of the node.

use crate::{Bench, readme::Mode};
use eyre::{Result, WrapErr, bail};
use plimsoll::{term::grouped, workspace};
use serde_json::{Map, Value, json};
use std::{fmt::Write, fs};

/// Where the figures are, from the root of the repository.
pub const FILE: &str = "tests/bench/gas.json";

/// Checks or writes the figures.
///
/// # Errors
///
/// The file cannot be read or written; in [`Mode::Check`], a figure differs: each one that does is shown.
pub fn settle(mode: Mode, bench: &Bench) -> Result<()> {
    let path = workspace::root().join(FILE);
    let fresh = figures(bench);
    match mode {
        Mode::Write => {
            let text = serde_json::to_string_pretty(&fresh)? + "\n";
            fs::write(&path, text).wrap_err_with(|| format!("cannot write {FILE}"))
        }
        Mode::Check => {
            let text = fs::read_to_string(&path).wrap_err_with(|| format!("cannot read {FILE}"))?;
            let old =
                serde_json::from_str(&text).wrap_err_with(|| format!("{FILE} is not JSON"))?;
            let differences = differences(&old, &fresh);
            if differences.is_empty() {
                return Ok(());
            }
            bail!("{FILE} is not what was measured:\n{differences}")
        }
    }
}

fn figures(bench: &Bench) -> Value {
    let mut contracts = json!(bench.contracts);
    // A hash says that something changed, not what: the other figures do.
    for contract in contracts
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
    {
        if let Some(figures) = contract.as_object_mut() {
            figures.remove("code_hash");
        }
    }
    json!({ "gas": bench.gas, "split": bench.split, "contracts": contracts })
}

/// A line for each figure that only one side has or that differs.
fn differences(old: &Value, new: &Value) -> String {
    let (old, new) = (flat(old), flat(new));
    let mut out = String::new();
    for (name, was) in &old {
        let _ = match new.iter().find(|(other, _)| other == name) {
            None => writeln!(out, "{name}: not measured any more"),
            Some((_, is)) if is == was => Ok(()),
            Some((_, is)) => {
                let percent = 100.0 * (*is as f64 - *was as f64) / (*was as f64).max(1.0);
                let (was, is) = (grouped(*was), grouped(*is));
                writeln!(out, "{name}: {was} before, {is} now ({percent:+.1} %)")
            }
        };
    }
    for (name, is) in new
        .iter()
        .filter(|(name, _)| !old.iter().any(|(other, _)| other == name))
    {
        let _ = writeln!(out, "{name}: {} now, not written yet", grouped(*is));
    }
    out
}

/// The figures with their paths.
fn flat(value: &Value) -> Vec<(String, u64)> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, inner)| {
                flat(inner).into_iter().map(move |(path, figure)| {
                    let dot = if path.is_empty() { "" } else { "." };
                    (format!("{name}{dot}{path}"), figure)
                })
            })
            .collect(),
        _ => value
            .as_u64()
            .map(|figure| (String::new(), figure))
            .into_iter()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_that_differs_is_named() {
        let old =
            json!({ "gas": { "bid": { "cold": 1_000, "cached": 500 }, "gone": { "cold": 1 } } });
        let new =
            json!({ "gas": { "bid": { "cold": 990, "cached": 500 }, "new": { "cold": 2_000 } } });
        assert_eq!(
            differences(&old, &new),
            "gas.bid.cold: 1,000 before, 990 now (-1.0 %)\n\
             gas.gone.cold: not measured any more\n\
             gas.new.cold: 2,000 now, not written yet\n"
        );
        assert_eq!(differences(&old, &old), "");
    }
}
