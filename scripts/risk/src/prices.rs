//! Hourly prices of one coin, from a CSV file.
//!
//! Two forms are read, told apart by the number of columns:
//!
//! * `time, price`;
//! * `open time, open, high, low, close, volume`, with further columns or not: what exchanges export. The price of an hour
//!   is its `open`, because that is the price at the time the row names.
//!
//! A first line whose second field is no number is a heading. Rows ascend by time, and each time is a whole hour. An hour
//! may be missing; it stays missing.

use crate::time::{self, HOUR};
use eyre::{Result, WrapErr, bail, ensure, eyre};
use serde::Serialize;
use std::{fs, path::Path};

/// Columns of `time, price`, and least columns of the other form.
const PLAIN: usize = 2;
const CANDLES: usize = 6;

/// Hourly prices of one coin.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// Name of the coin: that of its file.
    pub coin: String,
    /// Hour of the first price.
    first: u64,
    /// By hour; both ends have one.
    prices: Vec<Option<f64>>,
}

/// Hours in a row without a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The first of them.
    pub from: String,
    /// How many.
    pub hours: u64,
}

impl Prices {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line of it, which is named.
    pub fn read(path: &Path) -> Result<Self> {
        let file = || path.display().to_string();
        let text = fs::read_to_string(path).wrap_err_with(|| format!("cannot read {}", file()))?;
        let coin = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::parse(&coin, &text).wrap_err_with(file)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// A line cannot be read, or there is no price.
    pub fn parse(coin: &str, text: &str) -> Result<Self> {
        let text = text.trim_start_matches('\u{feff}');
        let mut rows: Vec<(u64, f64)> = Vec::new();
        let mut columns = None;
        for (number, line) in (1_usize..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let first = columns.is_none();
            let count = *columns.get_or_insert(fields.len());
            let row = row(&fields, count, first)
                .and_then(|row| match (row, rows.last()) {
                    (Some((hour, _)), Some((before, _))) if hour <= *before => {
                        Err(eyre!("its time is not after that of the row before"))
                    }
                    _ => Ok(row),
                })
                .wrap_err_with(|| format!("line {number}"))?;
            rows.extend(row);
        }
        Self::new(coin, &rows)
    }

    /// From (hour, price), ascending by hour.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn new(coin: &str, rows: &[(u64, f64)]) -> Result<Self> {
        let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else {
            bail!("there is no price in it");
        };
        let mut prices = vec![None; usize::try_from(last - first)? + 1];
        for (hour, price) in rows {
            prices[usize::try_from(hour - first)?] = Some(*price);
        }
        Ok(Self {
            coin: coin.to_owned(),
            first: *first,
            prices,
        })
    }

    /// Hour of the first price.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Hour of the last price.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.first + self.prices.len() as u64 - 1
    }

    /// The price at an hour, where there is one.
    #[must_use]
    pub fn at(&self, hour: u64) -> Option<f64> {
        let place = usize::try_from(hour.checked_sub(self.first)?).ok()?;
        *self.prices.get(place)?
    }

    /// The relative move of the price in the `hours` after an hour, where both ends have a price.
    #[must_use]
    pub fn change(&self, hour: u64, hours: u64) -> Option<f64> {
        Some(self.at(hour + hours)? / self.at(hour)? - 1.0)
    }

    /// The same prices from an hour on. Its first price may come later.
    #[must_use]
    pub fn since(&self, hour: u64) -> Self {
        let skip = hour.saturating_sub(self.first);
        let mut prices = self.prices.iter().skip(usize::try_from(skip).unwrap_or(0));
        let missing = prices.clone().take_while(|p| p.is_none()).count();
        Self {
            coin: self.coin.clone(),
            first: self.first + skip + missing as u64,
            prices: prices.by_ref().skip(missing).copied().collect(),
        }
    }

    /// The hours without a price, run by run.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut hour = self.first;
        for run in self.prices.chunk_by(|a, b| a.is_some() == b.is_some()) {
            if run[0].is_none() {
                gaps.push(Gap {
                    from: time::written_hour(hour),
                    hours: run.len() as u64,
                });
            }
            hour += run.len() as u64;
        }
        gaps
    }
}

/// The hour and the price of a row of `count` columns; `None` of a heading.
fn row(fields: &[&str], count: usize, first: bool) -> Result<Option<(u64, f64)>> {
    ensure!(
        count == PLAIN || count >= CANDLES,
        "{count} columns: neither time, price nor open time, open, high, low, close, volume"
    );
    let &[when, value, ..] = fields else {
        bail!("1 column where the first line has {count}");
    };
    ensure!(
        fields.len() == count,
        "{} columns where the first line has {count}",
        fields.len()
    );
    let price = value.parse::<f64>();
    if first && price.is_err() {
        ensure!(
            count == PLAIN || value.eq_ignore_ascii_case("open"),
            "column 2 is called {value:?}, not open"
        );
        return Ok(None);
    }
    let price = price.ok().filter(|p| p.is_normal() && *p > 0.0);
    let price = price.ok_or_else(|| eyre!("{value:?} is not a positive price"))?;
    let second = time::parse(when).ok_or_else(|| {
        eyre!("{when:?} is not a UTC time such as 2021-04-04T20:00:00Z, or seconds since 1970")
    })?;
    ensure!(
        second.is_multiple_of(HOUR),
        "{when:?} is not on the hour: prices must be hourly"
    );
    Ok(Some((second / HOUR, price)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANDLE: &str = "time_utc,open,high,low,close,volume\n2021-04-04T20:00:00Z,10,12,9,11,5\n2021-04-04T21:00:00Z,11,12,9,10,5\n";

    #[test]
    fn both_forms_with_and_without_a_heading() {
        let candles = Prices::parse("X", CANDLE).unwrap();
        let bare = CANDLE.split_once('\n').unwrap().1;
        let plain = "\u{feff}time,price\r\n1617566400,10\r\n1617570000,11\r\n";
        assert_eq!(candles, Prices::parse("X", bare).unwrap());
        assert_eq!(candles, Prices::parse("X", plain).unwrap());
        let hour = 1_617_566_400 / HOUR;
        assert_eq!((candles.first(), candles.last()), (hour, hour + 1));
        assert_eq!(
            (candles.at(hour), candles.at(hour + 1)),
            (Some(10.0), Some(11.0))
        );
        assert_eq!((candles.at(hour - 1), candles.at(hour + 2)), (None, None));
        assert!((candles.change(hour, 1).unwrap() - 0.1).abs() < 1e-12);
    }

    #[test]
    fn a_gap_is_named_and_stays() {
        let day = 400_000;
        let rows = [(day, 1.0), (day + 1, 1.0), (day + 5, 1.0), (day + 7, 1.0)];
        let prices = Prices::new("X", &rows).unwrap();
        let gap = |hour, hours| Gap {
            from: time::written_hour(hour),
            hours,
        };
        assert_eq!(prices.gaps(), [gap(day + 2, 3), gap(day + 6, 1)]);
        assert_eq!(prices.at(day + 3), None);
        let rest = prices.since(day + 3);
        assert_eq!((rest.first(), rest.last()), (day + 5, day + 7));
        assert_eq!(rest.gaps(), [gap(day + 6, 1)]);
    }

    #[test]
    fn what_is_no_price_is_refused_by_its_line() {
        let row = "2021-04-04T20:00:00Z,10\n";
        for (text, why) in [
            ("", "no price"),
            ("time,price\n", "no price"),
            ("2021-04-04T20:00:00Z\n", "line 1: 1 columns"),
            ("a,b,c\n", "line 1: 3 columns"),
            (
                "time,close,high,low,open,volume\n",
                "line 1: column 2 is called \"close\"",
            ),
            (
                &format!("{row}2021-04-04T21:00:00Z\n"),
                "line 2: 1 column where the first line has 2",
            ),
            (
                &format!("{row}\n2021-04-04T21:00:00Z,1,2\n"),
                "line 3: 3 columns where the first line has 2",
            ),
            (
                &format!("{row}2021-04-04T21:00:00Z,-1\n"),
                "line 2: \"-1\" is not a positive price",
            ),
            (
                &format!("{row}2021-04-04T21:00:00Z,0\n"),
                "line 2: \"0\" is not a positive price",
            ),
            (
                &format!("{row}2021-04-04T21:00:00Z,NaN\n"),
                "line 2: \"NaN\" is not a positive price",
            ),
            (
                &format!("{row}2021-04-04T21:00:00Z,inf\n"),
                "line 2: \"inf\" is not a positive price",
            ),
            (
                &format!("{row}2021-04-04T21:00:00Z,ten\n"),
                "line 2: \"ten\" is not a positive price",
            ),
            (
                &format!("{row}2021-04-31T21:00:00Z,1\n"),
                "line 2: \"2021-04-31T21:00:00Z\" is not a UTC time",
            ),
            (
                &format!("{row}2021-04-04T21:30:00Z,1\n"),
                "line 2: \"2021-04-04T21:30:00Z\" is not on the hour",
            ),
            (&format!("{row}{row}"), "line 2: its time is not after"),
            (
                &format!("{row}2021-04-04T19:00:00Z,1\n"),
                "line 2: its time is not after",
            ),
        ] {
            let error = Prices::parse("X", text).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(why), "{text:?} gives {error:?}, not {why:?}");
        }
        let error = Prices::read(Path::new("/nowhere/x.csv"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("cannot read /nowhere/x.csv"), "{error}");
    }
}
