//! Derive's files, where they lie beside the repository.

use super::{Case, facts, say};
use plimsoll_risk::peers::{
    Account, Basis, Collateral, Contract, Depeg, Expiry, Method, Rule, Scenario, Skew, Static,
    Volatility, derive,
};
use serde_json::Value;
use std::{fs, path::Path};

/// The second all files of PMRM_2 are of.
const NOW: u64 = 1_739_934_748;

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        other => other
            .as_f64()
            .unwrap_or_else(|| panic!("{other} is no number")),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn directory() -> Option<std::path::PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/derive");
    if data.is_dir() {
        return Some(data);
    }
    say(&format!("\n*** SKIPPED: {} is not there\n", data.display()));
    None
}

/// Every portfolio of the files; `None` where they are not there.
pub(crate) fn all() -> Option<Vec<Case>> {
    let data = directory()?;
    let mut files: Vec<_> = fs::read_dir(data.join("pmrm2"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort_by_key(|path| ordinal(path));
    let read = |path: &Path| -> Value {
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    };
    let mut cases: Vec<_> = files
        .iter()
        .map(|path| {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            second(stem.trim_start_matches("test_"), &read(path))
        })
        .collect();
    cases.extend(first(&read(&data.join("pmrm1-cases.json"))));
    Some(cases)
}

/// test_7_… comes before test_11_….
fn ordinal(path: &Path) -> u32 {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    stem.split('_').nth(1).unwrap().parse().unwrap()
}

fn second(name: &str, file: &Value) -> Case {
    let (scenario, result) = (&file["Scenario"], &file["Result"]);
    let of = |key: &str| number(&scenario[key]);
    let coin = of("StablePrice");
    let mut account = Account {
        cash: of("Cash") + of("UnrealisedPerpPNL") + of("UnrealisedFunding"),
        spot: of("SpotPrice"),
        coin,
        confidence: of("SpotConfidence"),
        perpetual_confidence: of("PerpConfidence"),
        perpetual: (of("NumPerps"), of("PerpPrice")),
        ..Account::default()
    };
    for c in list(&scenario["Collaterals"]) {
        let mm = number(&c["MMHaircut"]);
        account.collateral.push(Collateral {
            value: number(&c["Amount"]) * number(&c["Price"]) / coin,
            linked: c["IsRiskCancelling"].as_bool().unwrap(),
            haircut: (mm + number(&c["IMHaircut"]), mm),
            confidence: number(&c["Confidence"]),
        });
    }
    let seconds: Vec<f64> = list(&scenario["OptionFeeds"])
        .iter()
        .map(|feed| number(&feed["FeedExpiry"]))
        .collect();
    let mut discounts = vec![1.0; seconds.len()];
    for o in list(&scenario["Options"]) {
        let own = number(&o["Expiry"]);
        let expiry = seconds.iter().position(|s| *s == own).unwrap();
        // a negative rate counts as 0
        discounts[expiry] = number(&o["MarkDiscount"]).min(1.0);
        let contract = Contract {
            expiry,
            strike: number(&o["Strike"]),
            call: number(&o["IsCall"]) == 1.0,
            volatility: number(&o["MarkVol"]),
            size: number(&o["Amount"]),
        };
        // the same option twice is one position
        let same = |p: &&mut Contract| {
            Contract { size: 0.0, ..**p }
                == Contract {
                    size: 0.0,
                    ..contract
                }
        };
        match account.options.iter_mut().find(same) {
            Some(held) => held.size += contract.size,
            None => account.options.push(contract),
        }
    }
    for (feed, discount) in list(&scenario["OptionFeeds"]).iter().zip(discounts) {
        let slice: Vec<f64> = list(&feed["SVIparam"]).iter().take(5).map(number).collect();
        let confidences = [
            "ForwardConfidence",
            "RateConfidence",
            "OptionVolConfidences",
        ];
        account.expiries.push(Expiry {
            seconds: number(&feed["FeedExpiry"]),
            forward: number(&feed["Forward"]),
            discount,
            rate: number(&feed["Rate"]),
            slice: Some(slice.try_into().unwrap()),
            confidence: confidences
                .map(|key| number(&feed[key]))
                .into_iter()
                .fold(1.0, f64::min),
        });
    }
    Case {
        name: name.to_owned(),
        now: NOW,
        account,
        method: method(&file["Parameters"]),
        expected: (number(&result["IM"]), number(&result["MM"])),
        rounding: 0.0,
    }
}

fn method(parameters: &Value) -> Method {
    let of = |group: &str, key: &str| number(&parameters[group][key]);
    let scenarios = list(&parameters["Scenarios"]).iter().map(|s| {
        let rule = match s["VolShockDirection"].as_str().unwrap() {
            "Up" => Rule::Up,
            "Down" => Rule::Down,
            "None" => Rule::None,
            "LINEAR" => Rule::SkewLinear,
            "ABS" => Rule::SkewAbsolute,
            other => panic!("no rule {other}"),
        };
        Scenario(
            number(&s["SpotShock"]) - 1.0,
            rule,
            number(&s["DampeningFactor"]),
        )
    });
    let skew = |key: &str| of("SkewShock", key);
    let vol = |key: &str| of("VolShock", key);
    let margin = |key: &str| of("Margin", key);
    let basis = |key: &str| of("BasisContingency", key);
    let other = |key: &str| of("OtherContingency", key);
    let pair = |what: &str| {
        let mm = other(&format!("MM_{what}_PERCENT"));
        (mm + other(&format!("IM_{what}_PERCENT")), mm)
    };
    let (up, down) = (basis("SCENARIO_SPOT_UP"), basis("SCENARIO_SPOT_DOWN"));
    assert!(
        (up + down - 2.0).abs() < 1e-12,
        "the basis moves as far down as up"
    );
    Method {
        scenarios: scenarios.collect(),
        volatility: Volatility {
            up: vol("VOLRANGEUP"),
            down: vol("VOLRANGEDOWN"),
            floor: vol("MIN_VOL_EVAL_SHOCKED"),
            least_days: vol("DTE_FLOOR"),
            powers: (vol("SHORTTERMPOWER"), vol("LONGTERMPOWER")),
        },
        skew: Skew {
            linear: (skew("LINEAR_SCALE_CAP"), skew("LINEAR_CBASE")),
            absolute: (skew("ABS_SCALE_CAP"), skew("ABS_CBASE")),
            least: skew("MIN_K_STAR"),
            width: skew("MIN_WIDTH_SCALE"),
            level: (skew("VOL_PARAM_STATIC"), skew("VOL_PARAM_SCALE")),
        },
        discount: Some(Static {
            long: (
                margin("BASE_STATIC_DISCOUNT"),
                margin("LONG_RATE_MULTSCALE"),
                margin("LONG_RATE_ADDSCALE"),
            ),
            short: Some((
                margin("BASE_STATIC_DISCOUNT_NEG"),
                margin("SHORT_RATE_MULTSCALE"),
                margin("SHORT_RATE_ADDSCALE"),
            )),
        }),
        basis: Some(Basis {
            by: up - 1.0,
            add: basis("BASIS_CONT_ADD_FACTOR"),
            per_year: basis("BASIS_CONT_MULT_FACTOR"),
            most: f64::INFINITY,
        }),
        factors: (margin("IM_LOSS_FACTOR"), margin("MM_LOSS_FACTOR")),
        linear: pair("PERP"),
        short: pair("OPTION"),
        confidence: Some((other("CONF_THRESHOLD"), other("CONF_MARGIN"))),
        depeg: Some(Depeg::Factor(
            other("PEG_LOSS_THRESHOLD"),
            other("PEG_LOSS_FACTOR"),
        )),
        ..derive()
    }
}

/// The portfolios of PMRM, in the market of its test contract.
fn first(file: &Value) -> Vec<Case> {
    // a position counts in 1e-8, an entry price too
    let units = |value: &Value| number(value) / 1e8;
    let mut cases = Vec::new();
    for (name, portfolio) in file.as_object().unwrap() {
        let result = &portfolio["results"];
        let expected = (number(&result["im"]), number(&result["mm"]));
        let mut case = facts::first(name, expected);
        let account = &mut case.account;
        account.cash = units(&portfolio["cash"]);
        for o in list(&portfolio["options"]) {
            let date = o["expiry"].as_str().unwrap();
            facts::option(
                account,
                date,
                number(&o["strike"]),
                o["type"] == "call",
                units(&o["amount"]),
            );
        }
        for p in list(&portfolio["perps"]) {
            let (size, entry) = (units(&p["amount"]), units(&p["entryPrice"]));
            account.cash += size * (account.perpetual.1 - entry);
            account.perpetual.0 = size;
        }
        for b in list(&portfolio["bases"]) {
            account
                .collateral
                .push(facts::base(account, units(&b["amount"])));
        }
        cases.push(case);
    }
    cases
}
