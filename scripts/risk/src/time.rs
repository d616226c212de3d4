//! Hours since 1970-01-01 UTC, and how they are written.

use humantime::{format_rfc3339_seconds, parse_rfc3339_weak};
use std::time::{Duration, UNIX_EPOCH};

/// Seconds in an hour.
pub const HOUR: u64 = 3_600;
/// Hours in a day.
pub const DAY: u64 = 24;
/// Times before 2000-01-01 and from 2100-01-01 on are taken for something else, such as a number in another unit.
const SECONDS: std::ops::Range<u64> = 946_684_800..4_102_444_800;

/// The second of a time: `2021-04-04T20:00:00Z`, `2021-04-04 20:00`, or a whole number of seconds, milliseconds or
/// microseconds since 1970-01-01. All are UTC.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let seconds = match text.parse::<u64>() {
        Ok(number) if number < SECONDS.end => number,
        Ok(number) => {
            let unit = if number < SECONDS.end * 1_000 {
                1_000
            } else {
                1_000_000
            };
            number.is_multiple_of(unit).then_some(number / unit)?
        }
        Err(_) => written(text)?,
    };
    SECONDS.contains(&seconds).then_some(seconds)
}

/// `2021-04-04T20:00:00Z` and its shorter forms.
fn written(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let with_seconds = match text.len() {
        16 => &format!("{text}:00"),
        _ => text,
    };
    let time = parse_rfc3339_weak(with_seconds).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// An hour as `2021-04-04 20:00`.
#[must_use]
pub fn written_hour(hour: u64) -> String {
    let time = format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(hour * HOUR)).to_string();
    time.replace('T', " ").replace(":00Z", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_in_every_form() {
        let second = 1_617_566_400;
        for text in [
            "2021-04-04T20:00:00Z",
            "2021-04-04 20:00:00",
            "2021-04-04 20:00",
            "1617566400",
            "1617566400000",
            "1617566400000000",
        ] {
            assert_eq!(parse(text), Some(second), "{text}");
        }
        assert_eq!(written_hour(second / HOUR), "2021-04-04 20:00");
        assert_eq!(parse("2024-02-29 00:00"), Some(1_709_164_800));
        assert_eq!(written_hour(1_709_164_800 / HOUR), "2024-02-29 00:00");
        for text in [
            "",
            "time",
            "2021-04-04",
            "2023-02-29 00:00",
            "2021-13-01 00:00",
            "2021-00-01 00:00",
            "2021-04-31 00:00",
            "2021-04-00 00:00",
            "2021-04-04 24:00",
            "2021-04-04T20:00:00+02:00",
            "-5",
            "12",
            "99999999999999999999",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
