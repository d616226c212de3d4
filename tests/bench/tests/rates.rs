//! What is written from the kernel's table of rates and charges: two tables of `docs/method.md` and `abi/Rates.sol`.
//! `PLIMSOLL_WRITE=1` writes them.

use plimsoll::workspace;
use plimsoll_bench::readme::{self, Mode};
use plimsoll_kernel::portfolio::charges::{AssetRate, Charge, Rate, RuleRate, UnderlyingRate};
use std::{fmt::Write, fs};

const PAGE: &str = "docs/method.md";
const LIBRARY: &str = "abi/Rates.sol";

/// The sections of the table as the page calls them.
const SECTIONS: [(&str, &[Rate]); 4] = [
    ("rules", &RuleRate::TABLE),
    ("underlying", &UnderlyingRate::TABLE),
    ("asset", &AssetRate::TABLE),
    ("linked asset", &AssetRate::LINKED_TABLE),
];

/// Millionths as the shortest decimal number.
fn decimal(millionths: u32) -> String {
    let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn rates() -> String {
    let mut out = "| of | id | rate | symbol | default | bounds | what it is |\n".to_owned();
    out += "|---|---|---|---|---|---|---|\n";
    for (section, table) in SECTIONS {
        for (id, rate) in table.iter().enumerate() {
            let [default, least, most] = [rate.default, rate.minimum, rate.maximum].map(decimal);
            let order = match table.get(id + 1) {
                Some(next) if rate.initial => format!(", ≥ `{}`", next.name),
                _ => String::new(),
            };
            let _ = writeln!(
                out,
                "| {section} | {id} | `{}` | {} | {default} | {least} … {most}{order} | {} |",
                rate.name,
                cell(rate.symbol),
                cell(rate.doc.trim_end_matches('.')),
            );
        }
    }
    out
}

fn charges() -> String {
    let mut out = "| charge | base | IM / MM rate |\n|---|---|---|\n".to_owned();
    let all: Vec<&Rate> = SECTIONS.iter().flat_map(|(_, table)| *table).collect();
    let default = |name: String| {
        let rate = all.iter().find(|rate| rate.name == name);
        decimal(
            rate.unwrap_or_else(|| panic!("there is no rate {name}"))
                .default,
        )
    };
    for charge in Charge::TABLE {
        let rate = match charge.formula {
            "" => [
                default(format!("{}_im", charge.name)),
                default(format!("{}_mm", charge.name)),
            ]
            .join(" / "),
            formula => formula.to_owned(),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            charge.name.replace('_', " "),
            cell(charge.base),
            cell(&rate)
        );
    }
    out
}

/// Solidity constants.
fn library() -> String {
    let mut out =
        "// SPDX-License-Identifier: MIT OR Apache-2.0\npragma solidity ^0.8.4;\n\n".to_owned();
    out += "// Made by `PLIMSOLL_WRITE=1 cargo test -p plimsoll-bench --test rates` from the kernel's table. Do not edit.\n";
    let mut section = |name: &str, doc: &str, items: Vec<(String, String)>| {
        let _ = write!(out, "\n/// {doc}\nlibrary {name} {{\n");
        for (id, (item, doc)) in items.iter().enumerate() {
            let _ = writeln!(out, "    /// {doc}");
            let _ = writeln!(
                out,
                "    uint8 internal constant {} = {id};",
                item.to_uppercase()
            );
        }
        out += "}\n";
    };
    for (name, doc, table) in [
        (
            "RuleRates",
            "Ids of the rates that `IParameters.setRules` takes.",
            &RuleRate::TABLE[..],
        ),
        (
            "UnderlyingRates",
            "Ids of the rates that `IParameters.setUnderlying` takes.",
            &UnderlyingRate::TABLE,
        ),
        (
            "AssetRates",
            "Ids of the rates that `IParameters.setAsset` takes.",
            &AssetRate::TABLE,
        ),
    ] {
        let doc_of = |rate: &Rate| rate.doc.to_owned();
        let items = table
            .iter()
            .map(|rate| (rate.name.to_owned(), doc_of(rate)));
        section(name, doc, items.collect());
    }
    let places = Charge::TABLE.iter().map(|charge| {
        let doc = format!("Charged on {}.", charge.base);
        (charge.name.to_owned(), doc)
    });
    section(
        "Charges",
        "Places of the charges that `ILens.explain` answers: numbers 2i and 2i + 1 are initial and maintenance.",
        places.collect(),
    );
    out
}

#[test]
fn the_page_shows_the_table() {
    let blocks = [((PAGE, "rates"), rates()), ((PAGE, "charges"), charges())];
    readme::settle(Mode::of_test(), &blocks).unwrap();
}

#[test]
fn the_library_names_the_table() {
    let path = workspace::root().join(LIBRARY);
    let text = library();
    if Mode::of_test() == Mode::Write {
        fs::write(&path, &text).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == text,
        "{LIBRARY} is not the kernel's table"
    );
}
