//! On the prices that lie beside the repository where it is worked on; skipped where they do not.

use plimsoll_risk::{
    backtest::{Options, run},
    prices::Prices,
    rule,
};
use std::{
    io::{self, Write},
    path::Path,
};

fn prices(coin: &str) -> Option<Prices> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/binance-1h");
    let file = data.join(coin).with_extension("csv");
    if file.is_file() {
        return Some(Prices::read(&file).unwrap());
    }
    // Past the test harness, which hides the output of tests that pass.
    let _ = writeln!(
        io::stderr(),
        "\n*** SKIPPED: {} is not there\n",
        file.display()
    );
    None
}

/// Quantiles that a few lines of Python give for the same files.
#[test]
fn r_4_coins_have_their_quantiles_and_their_sets() {
    for (coin, quantile, set, refused) in [
        ("BTCUSDT", 0.122_452_876, 2, None),
        ("ETHUSDT", 0.147_759_907, 2, None),
        ("SOLUSDT", 0.280_367_232, 3, None),
        ("LINKUSDT", 0.186_178_442, 3, None),
        (
            "FTTUSDT",
            0.324_283_560,
            4,
            Some("the rule asks for 730. Give a file that begins"),
        ),
        ("LUNAUSDT", 0.469_948_018, 4, Some("437 hours in a row")),
    ] {
        let Some(prices) = prices(coin) else { return };
        let got = rule::assign(&prices);
        assert!((got.quantile.unwrap() - quantile).abs() < 1e-9, "{got:?}");
        assert_eq!(got.set, Some(set), "{got:?}");
        assert_eq!(got.refused.is_some(), refused.is_some(), "{got:?}");
        if let (Some(said), Some(why)) = (&got.refused, refused) {
            assert!(said.contains(why), "{said}");
        }
    }
}

/// What is linear can be counted without the kernel: 18 % of spot and half a percent, 22.5 % and one.
#[test]
fn a_perpetual_is_counted_like_the_moves() {
    let Some(prices) = prices("ETHUSDT") else {
        return;
    };
    let options = Options {
        every: 5,
        factor: 1.0,
    };
    let got = run(std::slice::from_ref(&prices), &options, &|_, _| ()).unwrap();
    let coin = &got.coins[0];
    let set = coin.sets.iter().find(|under| under.set == 2).unwrap();
    for (shape, sign) in [("long perpetual", -1.0), ("short perpetual", 1.0)] {
        let under = set.shapes.iter().find(|s| s.shape == shape).unwrap();
        let tally = &under.tallies[2];
        let losses = |least: f64| {
            // the first 30 days have no volatility yet; from then on this file's gaps take no start by their window
            let hours = prices.first() + 720..=prices.last();
            let starts = hours.filter(|hour| hour % options.every == 0);
            let with_all =
                starts.filter(|h| [1, 4].iter().all(|n| prices.change(*h, *n).is_some()));
            let moves = with_all.filter_map(|hour| prices.change(hour, 24));
            moves.filter(|change| sign * change > least).count()
        };
        assert_eq!(tally.starts, coin.starts);
        assert_eq!(
            (tally.above_mm, tally.above_im),
            (losses(0.185), losses(0.235)),
            "{shape}"
        );
        assert!(tally.above_mm > 0 && tally.episodes <= tally.above_mm);
    }
}
