//! The accounts of `tests/vectors/accounts.json` are what the contracts, the Rust client, the published ABI and a Solidity
//! contract say.
//!
//! `PLIMSOLL_WRITE_VECTORS=1 cargo test -p plimsoll-e2e --test lens vectors` writes the file anew.

use plimsoll::account;
use plimsoll_e2e::{vectors::Vector, *};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The interface as the JSON has it, apart from the bindings made of the Solidity sources.
mod published {
    alloy::sol!(
        #[sol(all_derives)]
        ILens,
        "../../abi/ILens.json"
    );
}

alloy::sol!(
    #[sol(all_derives)]
    AccountReader,
    "../solidity/artifacts/AccountReader.json"
);

const UNITS: &str = "Twenty accounts of one house and what clients show of them, as `plimsoll account --json` says it, less \
                     the tokens' addresses. Amounts are decimal strings in 1e-18, `size` in lots, `amount` in the token's own \
                     decimals; null: there is none. Written by PLIMSOLL_WRITE_VECTORS=1 cargo test -p plimsoll-e2e --test \
                     lens vectors.";

/// What the Rust client says of every account.
async fn told(house: &House, vectors: &[Vector]) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for Vector { name, account } in vectors {
        let read = account::read(&house.client, &house.record, *account).await;
        let view = read.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert!(view.render().contains(view.state), "{name}");
        let view = serde_json::to_value(view).expect("JSON");
        all.push(((*name).to_owned(), vectors::without_addresses(view)));
    }
    all
}

/// The first place where two JSON values differ.
fn difference(path: &str, left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(l), Value::Object(r)) => {
            let keys: BTreeMap<_, _> = l.iter().chain(r).collect();
            keys.keys().find_map(|key| {
                let of = |map: &serde_json::Map<_, _>| map.get(*key).cloned().unwrap_or_default();
                difference(&format!("{path}.{key}"), &of(l), &of(r))
            })
        }
        (Value::Array(l), Value::Array(r)) if l.len() == r.len() => l
            .iter()
            .zip(r)
            .enumerate()
            .find_map(|(i, (l, r))| difference(&format!("{path}[{i}]"), l, r)),
        _ => (left != right).then(|| format!("{path}: {left} here, {right} in the file")),
    }
}

fn number(value: &Value) -> I256 {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("no number: {value}"));
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn rows<'a>(view: &'a Value, key: &str) -> &'a [Value] {
    view[key].as_array().expect("a list")
}

fn sum(rows: &[Value], key: &str) -> I256 {
    rows.iter().map(|row| number(&row[key])).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_clients_say_what_the_file_says() {
    let house = House::start().await;
    let reader = AccountReader::constructorCall {
        clearinghouse_: house.at.clearinghouse,
    };
    let code = [
        &AccountReader::BYTECODE[..],
        &alloy::sol_types::SolConstructor::abi_encode(&reader),
    ]
    .concat();
    let signer = &house.people.deployer.signer;
    let (reader, _) = house
        .client
        .create(signer, code.into())
        .await
        .expect("a reader");
    let vectors = vectors::furnish(&house).await;
    assert_eq!(vectors.len(), 20);
    let views = told(&house, &vectors).await;

    if std::env::var_os("PLIMSOLL_WRITE_VECTORS").is_some_and(|v| v == "1") {
        let accounts: Vec<_> = views
            .iter()
            .map(|(name, view)| json!({ "name": name, "view": view }))
            .collect();
        let file = json!({ "about": UNITS, "accounts": accounts });
        let text = serde_json::to_string_pretty(&file).expect("JSON") + "\n";
        std::fs::write(vectors::path(), text).expect("it is written");
    }
    let text = std::fs::read_to_string(vectors::path()).expect("the file is there");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let known = rows(&file, "accounts");
    assert_eq!(known.len(), views.len());
    for ((name, view), known) in views.iter().zip(known) {
        assert_eq!(known["name"], *name);
        if let Some(difference) = difference("", view, &known["view"]) {
            panic!("{name}: {difference}");
        }
    }

    for (Vector { name, account }, (_, view)) in vectors.iter().zip(&views) {
        adds_up(name, view);
        assert_eq!(
            view["healthy"],
            ["healthy", "holds nothing"].contains(&view["state"].as_str().expect("text")),
            "{name}"
        );
        the_abi_says_it_too(&house, *account, view).await;
        solidity_says_it_too(&house, reader, name, *account, view).await;
    }
}

/// What integrators of unified accounts complain of elsewhere cannot be: zeros instead of nothing, clamped negatives, one
/// venue's margin for all, signs turned.
fn adds_up(name: &str, view: &Value) {
    let (equity, im, mm) = (
        number(&view["equity"]),
        number(&view["im"]),
        number(&view["mm"]),
    );
    assert_eq!(number(&view["imExcess"]), equity - im, "{name}");
    assert_eq!(number(&view["mmExcess"]), equity - mm, "{name}");
    assert!(im >= mm && !mm.is_negative(), "{name}");
    let (legs, held) = (rows(view, "legs"), rows(view, "collateral"));
    let venues = rows(view, "venues");
    let parts = number(&view["cash"]) + sum(held, "value") + sum(legs, "value");
    assert_eq!(parts, equity, "{name}");
    assert_eq!(sum(venues, "value"), sum(legs, "value"), "{name}");
    for (whole, collateral, offset, key) in [
        (im, "collateralIm", "imOffset", "im"),
        (mm, "collateralMm", "mmOffset", "mm"),
    ] {
        let parts = number(&view[collateral]) + sum(venues, key) + number(&view[offset]);
        assert_eq!(parts, whole, "{name}");
        // a billionth of a coin is rounding
        let rounding = I256::try_from(1_000_000_000).expect("fits");
        assert!(number(&view[offset]) < rounding, "{name}");
    }
    let several = venues.iter().filter(|v| v["legs"] != 0).count();
    if several <= 1 && held.is_empty() {
        assert!(
            number(&view["mmOffset"]).is_zero(),
            "{name}: nothing to save"
        );
    }
    for leg in legs {
        let units = number(&leg["units"]);
        assert_eq!(units.is_negative(), number(&leg["size"]).is_negative());
        assert!(!leg["mark"].is_null() || leg["fresh"] == false, "{name}");
    }
    let liquidated = number(&view["mmExcess"]).is_negative();
    for (key, falls) in [
        ("spotUp", false),
        ("spotDown", true),
        ("volUp", false),
        ("volDown", true),
    ] {
        let by = &view["distances"][key];
        if liquidated {
            assert_eq!(by, "0", "{name}: liquidatable already");
        } else if !by.is_null() {
            assert!(
                !number(by).is_zero() && number(by).is_negative() == falls,
                "{name}"
            );
        }
    }
}

/// The published JSON decodes the same answer to the same numbers.
async fn the_abi_says_it_too(house: &House, account: B256, view: &Value) {
    let call = published::ILens::accountCall { account };
    let said = ok(house.ask(house.at.lens, &call).await);
    let whole = [
        (said.assessment.equity, "equity"),
        (I256::from_raw(said.assessment.im), "im"),
        (I256::from_raw(said.assessment.mm), "mm"),
        (said.imExcess, "imExcess"),
        (said.mmExcess, "mmExcess"),
        (said.assessment.best, "best"),
        (said.assessment.worst, "worst"),
        (I256::try_from(said.portfolio.cash).expect("fits"), "cash"),
        (said.imOffset, "imOffset"),
        (said.mmOffset, "mmOffset"),
        (I256::from_raw(said.collateralIm), "collateralIm"),
        (I256::from_raw(said.collateralMm), "collateralMm"),
    ];
    for (number_, key) in whole {
        assert_eq!(number_, number(&view[key]), "{key}");
    }
    assert_eq!(
        said.owner.to_checksum(None).to_lowercase(),
        view["owner"].as_str().expect("text").to_lowercase()
    );
    assert_eq!(said.assessment.stale, view["stale"]);
    assert_eq!(said.healthy, view["healthy"]);
    assert_eq!(said.liquidatable, view["liquidatable"]);
    assert_eq!(u64::from(said.version), view["version"]);
    assert_eq!(said.time, view["time"]);
    assert_eq!(said.auction.startedAt != 0, !view["auction"].is_null());
    let legs = rows(view, "legs");
    assert_eq!(said.legs.len(), legs.len());
    for (leg, row) in said.legs.iter().zip(legs) {
        assert_eq!(format!("{:#034x}", leg.instrument), row["instrument"]);
        assert_eq!(leg.value, number(&row["value"]));
        assert_eq!(I256::from_raw(leg.mm), number(&row["mm"]));
        assert_eq!(leg.known, !row["mark"].is_null());
        assert_eq!(leg.fresh, row["fresh"]);
    }
    // what margin says of the account when the vault asks
    let assessed = ok(house.assess(account).await);
    assert_eq!(assessed.equity, said.assessment.equity);
    assert_eq!(
        (assessed.im, assessed.mm, assessed.best, assessed.worst),
        (
            said.assessment.im,
            said.assessment.mm,
            said.assessment.best,
            said.assessment.worst
        )
    );
    assert_eq!(
        (
            assessed.staleLegs,
            assessed.staleAssets,
            assessed.outOfRange
        ),
        (
            said.assessment.staleLegs,
            said.assessment.staleAssets,
            said.assessment.outOfRange
        )
    );
}

/// A contract that knows only the clearinghouse finds the lens and adds up to the same.
async fn solidity_says_it_too(
    house: &House,
    reader: Address,
    name: &str,
    account: B256,
    view: &Value,
) {
    let sums = ok(house
        .ask(reader, &AccountReader::sumsCall { account })
        .await);
    assert_eq!(sums.equity, number(&view["equity"]), "{name}");
    assert_eq!(
        (sums.im, sums.mm),
        (number(&view["im"]), number(&view["mm"])),
        "{name}"
    );
    let items = || rows(view, "legs").iter().chain(rows(view, "collateral"));
    let stale = items().filter(|item| item["fresh"] == false).count();
    assert_eq!(sums.stale, U256::from(stale), "{name}");
    assert_eq!(stale != 0, view["stale"] == true, "{name}");
    let unknown = |item: &&Value| item["mark"].is_null() && item["price"].is_null();
    assert_eq!(
        sums.unknown,
        U256::from(items().filter(unknown).count()),
        "{name}"
    );
    let fall = house
        .ask(reader, &AccountReader::fallCall { account })
        .await;
    match &view["distances"]["spotDown"] {
        Value::Null => assert!(fall.is_err(), "{name}"),
        by => assert_eq!(ok(fall), number(by), "{name}"),
    }
}
