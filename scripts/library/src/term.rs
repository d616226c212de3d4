//! What a person sees: progress on stderr, numbers and tables.

use alloy::primitives::{I256, U256};
use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write as _},
    time::{Duration, Instant},
};

/// Progress, always on stderr, so that stdout stays data.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    start: Instant,
    quiet: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Starts the clock that every line shows.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            quiet: false,
        }
    }

    /// Says nothing; for tests.
    pub fn silent() -> Self {
        Self {
            start: Instant::now(),
            quiet: true,
        }
    }

    /// One line.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.quiet {
            let elapsed = self.start.elapsed().as_secs_f64();
            let _ = writeln!(io::stderr(), "[{elapsed:6.1} s] {}", line.as_ref());
        }
    }

    /// Whether stderr is a terminal.
    pub fn is_terminal(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A signed number scaled 1e18 with `places` decimals and thousands separators, truncated towards
/// zero.
///
/// ```
/// # use alloy::primitives::I256;
/// let x = I256::try_from(-1_234_567_890_000_000_000_000i128).unwrap();
/// assert_eq!(plimsoll::term::fixed(x, 2), "-1,234.56");
/// ```
pub fn fixed(value: I256, places: usize) -> String {
    let digits = value.unsigned_abs().to_string();
    let padded = format!("{digits:0>19}");
    let (whole, fraction) = padded.split_at(padded.len() - 18);
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    if places > 0 {
        let _ = write!(out, ".{}", &fraction[..places.min(18)]);
    }
    if value.is_negative() && out.chars().any(|c| c.is_ascii_digit() && c != '0') {
        out.insert(0, '-');
    }
    out
}

/// Like [`fixed`] for an unsigned number.
pub fn ufixed(value: U256, places: usize) -> String {
    I256::try_from(value).map_or_else(|_| "very large".to_owned(), |v| fixed(v, places))
}

/// A number with thousands separators.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A table of text: the first column to the left, the others to the right.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self {
            rows: vec![head.into_iter().map(Into::into).collect()],
        }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The same in Markdown, names (the first column) as code.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for (r, row) in self.rows.iter().enumerate() {
            for (c, cell) in row.iter().enumerate() {
                let quote = if r > 0 && c == 0 { "`" } else { "" };
                let _ = write!(out, "| {quote}{cell}{quote} ");
            }
            out.push_str("|\n");
            if r == 0 {
                out.push_str("| --- ");
                out.push_str(&"| ---: ".repeat(row.len().saturating_sub(1)));
                out.push_str("|\n");
            }
        }
        out
    }

    /// The text, each line indented by `indent` spaces.
    pub fn render(&self, indent: usize) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|c| {
                self.rows
                    .iter()
                    .filter_map(|r| r.get(c))
                    .map(|s| s.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            for (c, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if c == 0 {
                    let _ = write!(line, "{cell:<width$}");
                } else {
                    let _ = write!(line, "  {cell:>width$}");
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let wad = |x: i128| I256::try_from(x).unwrap();
        assert_eq!(fixed(wad(0), 2), "0.00");
        assert_eq!(fixed(wad(1), 2), "0.00");
        assert_eq!(fixed(wad(-1), 2), "0.00");
        assert_eq!(fixed(wad(999_999_999_999_999_999), 2), "0.99");
        assert_eq!(fixed(wad(-1_000_000_000_000_000_000_000), 0), "-1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn a_table_in_markdown() {
        let mut table = Table::new(["gas", "cold"]);
        table.row(["deposit", "82,115"]);
        let text = "| gas | cold |\n| --- | ---: |\n| `deposit` | 82,115 |\n";
        assert_eq!(table.markdown(), text);
    }
}
