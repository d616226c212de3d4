//! `plimsoll risk-set`, `plimsoll backtest` and `plimsoll costs` as people use them.

use serde_json::Value;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A file of hourly prices of 37 days: constant, and from hour 800 of 900 on `to` times as high.
fn file(name: &str, to: f64) -> String {
    prices(name, 900, |hour| {
        Some(if hour < 800 { 2.0 } else { 2.0 * to })
    })
}

/// A file of two years and an hour: constant, but `to` times as high in every other run of 200 hours of the last 17,000.
fn years(name: &str, to: f64) -> String {
    prices(name, 17_521, |hour| {
        let high = hour > 521 && hour / 200 % 2 == 1;
        Some(if high { 2.0 * to } else { 2.0 })
    })
}

fn prices(name: &str, hours: u64, price: impl Fn(u64) -> Option<f64>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let row = |hour: u64| {
        let price = price(hour)?;
        let time = 1_600_000_000 / 3_600 * 3_600 + hour * 3_600;
        Some(format!("{time},{price}\n"))
    };
    let text: String = (0..hours).filter_map(row).collect();
    fs::write(&path, "time,price\n".to_owned() + &text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn sets_as_a_table_and_as_json() {
    let (calm, wild) = (years("CALM.csv", 1.15), years("WILD.csv", 1.8));
    let text = stdout(&run(&["risk-set", &calm, &wild]));
    for said in [
        "by hand",
        "Quantile 15.000 %: set 2; 3.000 % below the end of that set.",
        "not listed",
        "Quantile 80.000 %: wider than every set, so the coin is not listed; 30.000 % above the end of the next narrower one.",
    ] {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }
    let json = stdout(&run(&["risk-set", "--json", &calm, &wild]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["coins"][0]["set"], 2);
    assert_eq!(json["coins"][0]["refused"], Value::Null);
    assert_eq!(json["coins"][0]["down"], Value::Null);
    assert_eq!(json["coins"][1]["set"], Value::Null);
    assert_eq!(json["coins"][0]["starts"], 17_497);
    assert_eq!(json["sets"][0]["reach"], 0.18);
}

/// What is missing is said, on stdout beside the quantile of what there is, and as the error.
#[test]
fn r_4_prices_that_are_not_enough_give_no_set() {
    let short = file("SHORT.csv", 0.85);
    let gap = prices("GAP.csv", 17_521, |hour| {
        (!(9_000..9_030).contains(&hour)).then_some(2.0)
    });
    for (file, why) in [
        (
            &short,
            "SHORT: it has prices of 37 days and the rule asks for 730",
        ),
        (
            &gap,
            "30 hours in a row have no price, and the rule allows 24",
        ),
    ] {
        for json in [false, true] {
            let mut arguments = vec!["risk-set", file.as_str()];
            arguments.extend(json.then_some("--json"));
            let output = run(&arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains(why), "{said}");
            let text = String::from_utf8_lossy(&output.stdout);
            let shown = if json { "\"refused\"" } else { "no answer" };
            assert!(text.contains(shown), "{text}");
        }
    }
}

#[test]
fn costs_as_a_table_and_as_json() {
    let text = stdout(&run(&["costs"]));
    for said in [
        "IM, Derive",
        "short straddle 100 30 d",
        "MM above 2 × Deribit: ",
    ] {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }
    let json: Value = serde_json::from_str(&stdout(&run(&["costs", "--json"]))).unwrap();
    let perpetual = &json["portfolios"][0];
    assert_eq!(perpetual["portfolio"], "long perpetual");
    for (key, share) in [
        ("im", 0.235),
        ("mm", 0.185),
        ("derive_im", 0.22),
        ("deribit_mm", 0.16),
    ] {
        assert!(
            (perpetual[key].as_f64().unwrap() - share).abs() < 1e-9,
            "{key}"
        );
    }
}

#[test]
fn a_backtest_as_text_json_and_page() {
    let coin = file("ETHUSDT.csv", 0.2);
    let page = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page.html");
    let arguments = [
        "backtest",
        "--every",
        "5",
        "--html",
        page.to_str().unwrap(),
        &coin,
    ];
    let text = stdout(&run(&arguments));
    for said in [
        "1.2 times",
        "set 4",
        "mean of the shapes",
        "FAIL",
        "long perpetual",
    ] {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }
    assert!(fs::read_to_string(page).unwrap().contains("<svg"));
    let json = stdout(&run(&["backtest", "--json", "--every", "5", &coin]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["options"]["every"], 5);
    let shapes = json["coins"][0]["sets"][0]["shapes"].as_array().unwrap();
    assert_eq!(shapes.len(), 21);
    let bars = json["bars"].as_array().unwrap();
    // in the widest set no shape has a bar
    assert_eq!(bars.len(), 1);
    assert!(bars.iter().all(|bar| bar["passed"].is_boolean()));
}

#[test]
fn what_cannot_be_done_says_why() {
    let coin = file("X.csv", 1.0);
    let bad = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bad.csv");
    fs::write(
        &bad,
        "time,price\n2021-04-04T20:00:00Z,1\n2021-04-04T21:00:00Z,one\n",
    )
    .unwrap();
    let bad = bad.to_str().unwrap();
    for (arguments, why) in [
        (&["risk-set"][..], "FILE"),
        (&["risk-set", "/nowhere.csv"], "cannot read /nowhere.csv"),
        (
            &["risk-set", bad],
            "bad.csv: line 3: \"one\" is not a positive price",
        ),
        (
            &["backtest", bad],
            "bad.csv: line 3: \"one\" is not a positive price",
        ),
        (&["backtest", "--every", "0", &coin], "--every"),
        (
            &["backtest", "--vol-factor", "0", &coin],
            "a volatility factor must be above 0",
        ),
        (&["backtest", "--write", &coin], "cannot be used with"),
        (
            &["backtest", "--html", "/nowhere/page.html", &coin],
            "cannot write /nowhere/page.html",
        ),
    ] {
        let output = run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(
            said.contains(why),
            "{arguments:?} says {said:?}, not {why:?}"
        );
    }
}
