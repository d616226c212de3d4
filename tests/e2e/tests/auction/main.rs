//! Liquidation: start, price, bid, cure, close. The kernel's formulas are the yardstick.

mod bid;
mod cure;
mod forward;
mod insolvency;
mod limits;
mod options;
mod parameters;
mod sequencer;
mod size;
mod stale;
mod start;

use plimsoll_e2e::{reference::LyingVenue::Fill, *};
use plimsoll_kernel::{
    auction::{self, ONE},
    num::mul_div_floor,
    portfolio::charges::UnderlyingRate,
};

const BUFFER: u64 = 150_000_000_000_000_000;
/// The smallest bid.
const LEAST: u64 = 10_000_000_000_000_000;

fn start(account: B256) -> IAuction::startCall {
    IAuction::startCall { account }
}

fn close(account: B256) -> IAuction::closeCall {
    IAuction::closeCall { account }
}

async fn state(house: &House, account: B256) -> AuctionState {
    ok(house
        .ask(house.at.auction, &IAuction::stateCall { account })
        .await)
}

/// A share of an amount, rounded down.
fn part(amount: u128, share: u128) -> u128 {
    mul_div_floor(amount, share, ONE).unwrap()
}

/// The equity at which an auction ends.
fn target(a: &Assessment) -> u128 {
    let (im, mm) = (u128::try_from(a.im).unwrap(), u128::try_from(a.mm).unwrap());
    auction::target(mm, im, BUFFER)
}

fn mark(account: B256) -> IAuction::markInsolventCall {
    IAuction::markInsolventCall { account }
}

fn narrow(a: &Assessment) -> (i128, u128) {
    (
        i128::try_from(a.equity).unwrap(),
        u128::try_from(a.mm).unwrap(),
    )
}

/// An option on ether at the desk.
fn option(call: bool, day: u16, strike: u128) -> u128 {
    ids::option(DESK, ETH, call, day, strike * ONE).expect("an option")
}

/// Two expiries of ether, some 30 and 60 days away.
async fn days(house: &House) -> [u16; 2] {
    let today = u16::try_from(house.client.now().await.unwrap() / 86_400).unwrap();
    [today + 30, today + 60]
}

/// Pushes forwards at spot, wherever it is, and a surface of some 60 % for these days.
async fn push_expiries(house: &House, days: &[u16]) {
    let unit = WAD as i128;
    let updates = days
        .iter()
        .zip(1..)
        .map(|(day, n)| ExpiryUpdate {
            underlying: ETH,
            expiryDay: *day,
            ratio: WAD as u64,
            fixedPart: 0,
            discount: WAD as u64,
            a: unit / 100 * n,
            b: unit / 10,
            rho: -unit / 3,
            m: 0,
            sigma: unit / 5,
        })
        .collect();
    ok(house.push(updates).await);
}

/// A trade of options at their marks.
async fn trade_options(house: &House, buyer: &Actor, seller: &Actor, legs: &[(u128, &str)]) {
    for part in legs.chunks(16) {
        let mut fills = Vec::new();
        for (instrument, size) in part {
            fills.push(Fill {
                buyer: buyer.account(),
                seller: seller.account(),
                instrument: *instrument,
                size: uwad(size),
                price: house.mark(*instrument).await.unwrap(),
                buyerFee: U256::ZERO,
                sellerFee: U256::ZERO,
            });
        }
        let call = reference::LyingVenue::reportCall { fills };
        ok(house
            .send(&house.people.stranger, house.desk(), &call)
            .await);
    }
}
