//! The prices of the day, and its clock.
use eyre::{Result, eyre};
use humantime::format_rfc3339_seconds;
use plimsoll::ids;
use std::time::{Duration, UNIX_EPOCH};

/// The day, with where it is from.
pub(super) const PRICES: &str = include_str!("../../../data/2021-05-19.csv");
/// 18 May 2021, 20:00 UTC: the first row.
pub(super) const FIRST_HOUR: u64 = 1_621_368_000;

/// ETH and BTC when positions are opened: the first row's opening prices, to the tick.
pub(super) const PRICES_AT_OPEN: (&str, &str) = ("3402.69", "43262.7");

/// One hour of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hour {
    pub(super) time: String,
    pub(super) eth: [String; 4],
    pub(super) btc: [String; 4],
}

/// The rows of the data file.
pub(super) fn hours() -> Result<Vec<Hour>> {
    PRICES
        .lines()
        .filter(|l| !l.starts_with('#') && !l.starts_with("time_utc"))
        .map(|line| {
            let f: Vec<&str> = line.split(',').collect();
            let [time, eo, eh, el, ec, bo, bh, bl, bc] = f[..] else {
                return Err(eyre!("{line:?} has {} fields", f.len()));
            };
            let four = |o: &str, h: &str, l: &str, c: &str| {
                // Which extreme came first is not recorded: falling hours are played high, low;
                // rising ones low, high.
                let falling = ids::parse_decimal(c, 8)? < ids::parse_decimal(o, 8)?;
                let (a, b) = if falling { (h, l) } else { (l, h) };
                Ok::<_, eyre::Report>([o, a, b, c].map(str::to_owned))
            };
            Ok(Hour {
                time: time.to_owned(),
                eth: four(eo, eh, el, ec)?,
                btc: four(bo, bh, bl, bc)?,
            })
        })
        .collect()
}

/// `1621368000` as `18 May 20:00`.
pub(super) fn clock(time: u64) -> String {
    let since = time.saturating_sub(FIRST_HOUR - 20 * 3_600);
    let (day, seconds) = (18 + since / 86_400, since % 86_400);
    format!(
        "{day} May {:02}:{:02}",
        seconds / 3_600,
        seconds % 3_600 / 60
    )
}

/// `1621368000` as `2021-05-18T20:00:00Z`, for data.
pub(super) fn iso(time: u64) -> String {
    format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(time)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_whole() {
        let hours = hours().unwrap();
        assert_eq!(hours.len(), 28);
        assert_eq!(hours[0].time, "2021-05-18T20:00:00Z");
        assert_eq!(hours[27].time, "2021-05-19T23:00:00Z");
        assert_eq!(hours[0].eth[0], PRICES_AT_OPEN.0);
        assert_eq!(hours[0].btc[0], PRICES_AT_OPEN.1);
        assert_eq!(clock(FIRST_HOUR), "18 May 20:00");
        assert_eq!(iso(FIRST_HOUR + 4 * 3_600 + 61), "2021-05-19T00:01:01Z");
        assert_eq!(clock(FIRST_HOUR + 27 * 3_600 + 1_200), "19 May 23:20");
        // The hour that fell from 2,721 to 1,960 ends lower than it began: high before low.
        assert_eq!(hours[16].eth, ["2721.08", "2773.52", "1960", "2365.18"]);
        assert_eq!(hours[17].eth, ["2365.18", "1888", "2599", "2493.69"]);
    }
}
