//! Hours since 1970-01-01 UTC, and how they are written.

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
    let (date, clock) = text.split_once(['T', ' '])?;
    let [year, month, day] = numbers(date, '-')?[..] else {
        return None;
    };
    let (hour, minute, second) = match numbers(clock, ':')?[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let days = days_before(year, month, day)?;
    let on_the_clock = hour < 24 && minute < 60 && second < 60;
    on_the_clock.then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

fn numbers(text: &str, between: char) -> Option<Vec<u64>> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && part.len() <= 4;
    text.split(between)
        .map(|part| digits(part).then(|| part.parse().ok())?)
        .collect()
}

/// Days from 1970-01-01 to a date; `None` where there is no such date.
fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
    let years = year.checked_sub(1_970)?;
    let lengths = month_lengths(year);
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    if day == 0 || day > *lengths.get(month)? {
        return None;
    }
    let leap_days = leap_days_until(year) - leap_days_until(1_970);
    Some(years * 365 + leap_days + lengths[..month].iter().sum::<u64>() + day - 1)
}

/// Leap days before the first of January of a year.
const fn leap_days_until(year: u64) -> u64 {
    let before = year - 1;
    before / 4 - before / 100 + before / 400
}

const fn month_lengths(year: u64) -> [u64; 12] {
    let leap = leap_days_until(year + 1) - leap_days_until(year);
    [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// An hour as `2021-04-04 20:00`.
#[must_use]
pub fn written_hour(hour: u64) -> String {
    let (mut days, mut year, mut month) = (hour / DAY, 1_970, 1);
    loop {
        let length = month_lengths(year)[month - 1];
        if days < length {
            break;
        }
        days -= length;
        (year, month) = if month == 12 {
            (year + 1, 1)
        } else {
            (year, month + 1)
        };
    }
    let (day, hour) = (days + 1, hour % DAY);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:00")
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
