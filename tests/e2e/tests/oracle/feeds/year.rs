//! I-ORA-9: guards that honest prices do not meet.

use plimsoll_kernel::price::{Before, LargestMove, MOVE_DELAY, step};

/// Rounds as far apart as whole hours, much further than a feed with a deviation threshold has them, in two years of prices.
#[test]
fn i_ora_9_the_largest_move_stops_no_honest_price_for_long() {
    let data = plimsoll::workspace::root().join("../shared/data/binance-1h");
    for (coin, percent, most) in [
        ("BTC", 10, 0),
        ("ETH", 10, 1),
        ("SOL", 20, 0),
        ("LINK", 20, 1),
    ] {
        let Ok(text) = std::fs::read_to_string(data.join(format!("{coin}USDT.csv"))) else {
            println!("SKIPPED: no prices of {coin} under {}", data.display());
            continue;
        };
        let closes: Vec<u128> = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').nth(4)?.parse::<f64>().ok())
            .map(|close| (close * 1e9) as u128 * 1_000_000_000)
            .collect();
        assert!(closes.len() > 8_760, "a year");
        let largest = LargestMove::from_wad(percent * 10_000_000_000_000_000).unwrap();
        let stopped = closes
            .windows(2)
            .filter(|pair| !step(largest, pair[1], Before::Price(pair[0]), 0).confirmed)
            .count();
        println!(
            "{coin}: {stopped} of {} hours waited {MOVE_DELAY} s at {percent} %",
            closes.len()
        );
        assert!(stopped <= most, "{coin}: {stopped}");
    }
}
