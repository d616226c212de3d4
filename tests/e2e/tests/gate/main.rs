//! The gate over every method of every contract.
//!
//! | module | what is in it |
//! | --- | --- |
//! | `stage` | the accounts that calls could hurt |
//! | `watch` | tries calls, and sees that no account is hurt |
//! | the others | one function a method: the calls of it that are tried |

mod auction;
mod clearinghouse;
mod lens;
mod margin;
mod oracle;
mod parameters;
mod stage;
mod vault;
mod watch;

use plimsoll_e2e::*;
use stage::Stage;
use watch::Watch;

/// Every state-changing method of the house's contracts, from the published ABI.
fn methods() -> Vec<(&'static str, String)> {
    let abi = plimsoll::workspace::root().join("abi");
    plimsoll::registry::CONTRACTS
        .iter()
        .flat_map(|contract| {
            let name = contract.interface;
            let text = std::fs::read_to_string(abi.join(format!("{name}.json")))
                .expect("the ABI is there");
            let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let items = json
                .as_array()
                .or_else(|| json["abi"].as_array())
                .expect("an ABI")
                .clone();
            items
                .into_iter()
                .filter(|item| item["type"] == "function" && item["stateMutability"] != "view")
                .map(move |item| (name, item["name"].as_str().expect("a name").to_owned()))
        })
        .collect()
}

/// I-GATE-1: at fixed prices no method makes a healthy account unhealthy, whoever calls it; nor one in auction worse, also
/// where it ends flat (L-10). Of what a sale may do to the account sold, see the tests of the auction.
///
/// A method that the ABI gains fails this test until its contract's module tries it.
#[tokio::test(flavor = "multi_thread")]
async fn i_gate_1_no_method_makes_a_healthy_account_unhealthy() {
    let stage = Stage::build().await;
    let mut watch = Watch::new(&stage).await;
    for (contract, method) in methods() {
        println!("{contract}.{method}");
        let before = watch.tried;
        match contract {
            "IOracle" => oracle::attempt(&method, &mut watch).await,
            "IMargin" => margin::attempt(&method, &mut watch).await,
            "IParameters" => parameters::attempt(&method, &mut watch).await,
            "IVault" => vault::attempt(&method, &mut watch).await,
            "IClearinghouse" => clearinghouse::attempt(&method, &mut watch).await,
            "IAuction" => auction::attempt(&method, &mut watch).await,
            "ILens" => lens::attempt(&method, &mut watch).await,
            _ => {}
        }
        assert!(
            watch.tried > before,
            "{contract}.{method} is new: try it in its contract's module of tests/e2e/tests/gate, in every way that \
             could hurt a healthy account"
        );
    }
    println!("{} calls tried, {} went through", watch.tried, watch.passed);
    assert!(
        watch.passed >= 60 && watch.tried - watch.passed >= 60,
        "the test lost its grip"
    );
}
