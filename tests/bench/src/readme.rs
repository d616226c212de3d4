//! Figures in documents: blocks between `<!-- NAME -->` and `<!-- /NAME -->`, written by the command
//! that measures what is in them, and compared with it by `cargo verify`.
//!
//! Only what is the same on every machine stands in a block: gas, sizes, books, names; no seconds.

use eyre::{Result, WrapErr, bail, eyre};
use plimsoll::workspace;
use std::{env, fmt::Write, fs, ops::Range};

/// What to do with blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Refuse a block that is not what was measured.
    Check,
    /// Write what was measured.
    Write,
}

impl Mode {
    /// What a test does: it checks, and writes where `PLIMSOLL_WRITE=1`.
    pub fn of_test() -> Self {
        if env::var_os("PLIMSOLL_WRITE").is_some_and(|value| value == "1") {
            Self::Write
        } else {
            Self::Check
        }
    }
}

/// A block: its file, from the root of the repository, and its name there.
pub type Place<'a> = (&'a str, &'a str);

/// Checks or writes blocks. Writes none if one is missing.
///
/// # Errors
///
/// A document or its block is missing; in [`Mode::Check`], a block differs: each line that does is
/// shown.
pub fn settle(mode: Mode, blocks: &[(Place<'_>, String)]) -> Result<()> {
    let mut differences = String::new();
    for ((file, name), body) in blocks {
        let path = workspace::root().join(file);
        let text = read(file)?;
        let range = find(&text, name).wrap_err_with(|| (*file).to_owned())?;
        if text[range.clone()] == *body {
            continue;
        }
        match mode {
            Mode::Write => {
                let fresh = [&text[..range.start], body, &text[range.end..]].concat();
                fs::write(&path, fresh)
                    .wrap_err_with(|| format!("cannot write {}", path.display()))?;
            }
            Mode::Check => {
                let _ = writeln!(differences, "{file}, block {name}:");
                differences += &difference(&text[range], body);
            }
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    bail!(
        "documents (-) are not what was measured (+); PLIMSOLL_WRITE=1 of this test, or --write of this command, writes them:\n{differences}"
    );
}

/// The body of a block.
///
/// # Errors
///
/// The document or the block is missing.
pub fn shown((file, name): Place<'_>) -> Result<String> {
    let text = read(file)?;
    let range = find(&text, name).wrap_err_with(|| file.to_owned())?;
    Ok(text[range].to_owned())
}

fn read(file: &str) -> Result<String> {
    let path = workspace::root().join(file);
    fs::read_to_string(&path).wrap_err_with(|| format!("cannot read {}", path.display()))
}

/// Where the body of a block is: whole lines, without those of the marks.
fn find(text: &str, name: &str) -> Result<Range<usize>> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let missing = |mark: &str| eyre!("there is no line {:?}", mark.trim_end());
    let start = text.find(&open).ok_or_else(|| missing(&open))? + open.len();
    let len = text[start..].find(&close).ok_or_else(|| missing(&close))?;
    Ok(start..start + len)
}

/// Lines that only one of two texts has, in order.
fn difference(old: &str, new: &str) -> String {
    let mut out = String::new();
    for (mark, lines, other) in [('-', old, new), ('+', new, old)] {
        for line in lines
            .lines()
            .filter(|line| !other.lines().any(|l| l == *line))
        {
            let _ = writeln!(out, "{mark} {line}");
        }
    }
    if out.is_empty() {
        out.push_str("the same lines in another order\n");
    }
    out
}

/// What a document shows of a long output, taken anew from it: parts with lines of `...` between
/// them. A part goes from the line that begins as its first line did to the one that begins as its
/// last did, which are told by their first `ANCHOR` characters.
///
/// # Errors
///
/// No line begins as one of them did, or one of them is blank.
pub fn excerpt(shown: &str, output: &str) -> Result<String> {
    let output: Vec<&str> = output.lines().map(str::trim_end).collect();
    let mut at = 0;
    let mut parts = Vec::new();
    for part in shown.split("...\n") {
        let lines: Vec<&str> = part.lines().collect();
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            bail!("a part between two lines of ... is empty");
        };
        if first.trim().is_empty() || last.trim().is_empty() {
            bail!("a part between two lines of ... begins or ends with a blank line");
        }
        let seek = |line: &str, from: usize| -> Result<usize> {
            let anchor = anchor(line);
            let rest = output.iter().skip(from);
            let found = rest.clone().position(|l| l.starts_with(anchor));
            found
                .map(|found| from + found)
                .ok_or_else(|| eyre!("no line begins with {anchor:?}"))
        };
        let start = seek(first, at)?;
        let mut end = start;
        // A part may end with the second or third of lines that begin alike.
        let alike = lines.iter().filter(|l| anchor(l) == anchor(last)).count();
        for nth in 0..alike {
            end = seek(last, if nth == 0 { start } else { end + 1 })?;
        }
        at = end + 1;
        parts.push(output.get(start..at).unwrap_or_default().join("\n") + "\n");
    }
    Ok(parts.join("...\n"))
}

/// Characters that tell a line of an output from others: a time of day, the first words.
const ANCHOR: usize = 14;

fn anchor(line: &str) -> &str {
    line.char_indices()
        .nth(ANCHOR)
        .map_or(line, |(end, _)| &line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_whole() {
        let text = "a\n<!-- gas -->\n1\n2\n<!-- /gas -->\nb\n";
        assert_eq!(&text[find(text, "gas").unwrap()], "1\n2\n");
        let error = find(text, "demo").unwrap_err().to_string();
        assert!(error.contains("<!-- demo -->"), "{error}");
    }

    #[test]
    fn differences_name_both_sides() {
        assert_eq!(difference("a 1\nb 2\n", "a 1\nb 3\n"), "- b 2\n+ b 3\n");
        assert!(difference("a\nb\n", "b\na\n").contains("another order"));
    }

    #[test]
    fn an_excerpt_follows_the_output() {
        let output = "intro\n19 May 01:00  x 5\n19 May 02:00  y 6\n  Ada            7\n19 May 03:00  z 8\nend\n";
        let shown = "intro\n...\n19 May 02:00  y 1\n  Ada            1\n...\nend\n";
        let fresh = "intro\n...\n19 May 02:00  y 6\n  Ada            7\n...\nend\n";
        assert_eq!(excerpt(shown, output).unwrap(), fresh);
        assert_eq!(excerpt(fresh, output).unwrap(), fresh);
        let gone = excerpt("19 May 09:00  y 1\n", output).unwrap_err();
        assert!(gone.to_string().contains("19 May 09:00"), "{gone}");
        assert!(excerpt("intro\n\n...\nend\n", output).is_err());
    }
}
