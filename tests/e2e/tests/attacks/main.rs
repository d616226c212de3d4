//! The catalogue of attacks, one test each, against the compiled contracts.

mod auctions;
mod calldata;
mod callers;
mod catalogue;
mod costliest;
mod hostile_tokens;
mod listing;
mod options;
mod reentry;
mod shelter;
mod tokens;

use alloy::{providers::Provider, rpc::types::TransactionRequest, sol_types::SolConstructor};
use plimsoll_e2e::{hostile::*, *};
use plimsoll_kernel::auction::ONE;

fn names() -> (String, String) {
    ("Hostile".into(), "HST".into())
}

/// Creates a hostile token of 18 decimals whose constructor takes nothing else.
async fn create_token(house: &House, code: &Bytes) -> Address {
    let (name_, symbol_) = names();
    let arguments = OddReturnToken::constructorCall {
        name_,
        symbol_,
        decimals_: 18,
    };
    house.create(code, arguments).await
}

/// Lists a hostile token as asset 3, priced as ether, and gives alice and bob a million units of 18 decimals.
async fn admit_token(house: &House, token: Address) -> TokenInfo {
    let p = &house.people;
    let terms = IParameters::setAssetCall {
        asset: 3,
        feed: ETH,
        underlying: 0,
        decimals: 18,
        rates: rates(&[WAD as u64 / 2, WAD as u64 / 4]),
    };
    ok(house.send(&p.deployer, house.at.parameters, &terms).await);
    let list = IVault::listAssetCall {
        token,
        cap: u128::MAX,
    };
    assert_eq!(house.exec(&p.deployer, house.at.vault, &list).await, 3);
    for actor in [&p.alice, &p.bob, &p.bidder] {
        let mint = reference::Token::mintCall {
            to: actor.address,
            amount: U256::from(1_000_000 * WAD),
        };
        ok(house.send(&p.deployer, token, &mint).await);
        let approve = IERC20::approveCall {
            spender: house.at.vault,
            amount: U256::MAX,
        };
        ok(house.send(actor, token, &approve).await);
    }
    TokenInfo {
        address: token,
        asset: 3,
        decimals: 18,
    }
}

async fn holds(house: &House, owner: Address, token: Address) -> U256 {
    ok(house.ask(token, &IERC20::balanceOfCall { owner }).await)
}

async fn balance(house: &House, actor: &Actor) -> u128 {
    let call = IVault::balanceOfCall {
        account: actor.account(),
        asset: 3,
    };
    ok(house.ask(house.at.vault, &call).await)
}

async fn held(house: &House) -> u128 {
    ok(house
        .ask(house.at.vault, &IVault::assetCall { asset: 3 })
        .await)
    .held
}

fn amount(units: u128) -> U256 {
    U256::from(units * WAD)
}

/// All methods of a contract with arguments of zeros.
fn methods(name: &str) -> Vec<(String, Bytes)> {
    let path = plimsoll::workspace::root()
        .join("abi")
        .join(format!("{name}.json"));
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let items = json
        .as_array()
        .or_else(|| json["abi"].as_array())
        .unwrap()
        .clone();
    let abi: alloy::json_abi::JsonAbi = serde_json::from_value(items.into()).unwrap();
    abi.functions()
        .map(|f| {
            (
                f.signature(),
                [f.selector().as_slice(), &[0; 320]].concat().into(),
            )
        })
        .collect()
}
