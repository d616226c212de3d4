//! `plimsoll account`: one account, readable.

mod render;

use crate::{
    bindings::{self, IERC20, ILens, IVault},
    client::Client,
    deploy::Record,
    ids,
};
use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use eyre::{Result, WrapErr, bail, eyre};
use plimsoll_kernel::codec::{InstrumentId, Kind};
use serde::Serialize;

/// Reads `0x` and 64 digits, an address (subaccount 0), or `address:subaccount`.
///
/// # Errors
///
/// It is none of these.
pub fn parse_id(text: &str) -> Result<B256> {
    let (head, number) = text.split_once(':').unwrap_or((text, ""));
    if let Ok(owner) = head.parse::<Address>() {
        let number = if number.is_empty() {
            0
        } else {
            number
                .parse::<u128>()
                .wrap_err_with(|| format!("subaccount {number:?}"))?
        };
        if number >> 96 != 0 {
            bail!("subaccount {number} has more than 96 bits");
        }
        return Ok(ids::account_id(owner, number));
    }
    if number.is_empty()
        && let Ok(id) = head.parse()
    {
        return Ok(id);
    }
    bail!(
        "{text:?} is not an account: give 32 bytes in hex, an address (its subaccount 0), or \
         address:subaccount"
    )
}

/// A balance of collateral. Amounts are decimal strings: cash and prices in 1e-18, `amount` in the token's own decimals.
#[derive(Clone, Debug, Serialize)]
pub struct CollateralRow {
    /// Index in the vault's list.
    pub asset: u8,
    /// What the token calls itself.
    pub symbol: String,
    /// Its contract.
    pub token: Address,
    /// Its decimals.
    pub decimals: u8,
    /// How much, in the token's own decimals.
    pub amount: String,
    /// Of a whole token; none where none is known.
    pub price: Option<String>,
    /// The price may be relied on; else the asset counts as nothing.
    pub fresh: bool,
    /// What it adds to equity.
    pub value: String,
    /// What it requires alone.
    pub im: String,
    /// The same in the maintenance requirement.
    pub mm: String,
}

/// A leg. Amounts are decimal strings in 1e-18, `size` in lots.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LegRow {
    /// Its instrument, hex.
    pub instrument: String,
    /// In words.
    pub name: String,
    /// Venue of the instrument.
    pub venue: u16,
    /// Underlying of the instrument.
    pub underlying: u16,
    /// `perpetual`, `future`, `call` or `put`.
    pub kind: &'static str,
    /// Days since 1970-01-01; none for a perpetual.
    pub expiry_day: Option<u16>,
    /// Of an option.
    pub strike: Option<String>,
    /// Lots, signed.
    pub size: String,
    /// Units of the underlying, signed.
    pub units: String,
    /// What was paid for the size, signed.
    pub quote: String,
    /// The house's mark of a unit; none where none is known.
    pub mark: Option<String>,
    /// It rests on no stale price.
    pub fresh: bool,
    /// What it adds to equity.
    pub value: String,
    /// What it requires alone.
    pub im: String,
    /// The same in the maintenance requirement.
    pub mm: String,
}

/// A venue the account admitted or has legs at. Amounts are decimal strings in 1e-18.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VenueRow {
    /// Its number.
    pub venue: u16,
    /// It may trade for the account.
    pub admitted: bool,
    /// How many legs the account has there.
    pub legs: u16,
    /// What they add to equity.
    pub value: String,
    /// What they require alone.
    pub im: String,
    /// The same in the maintenance requirement.
    pub mm: String,
    /// What the account's requirement falls by when they are closed; negative: it rises.
    pub im_released: String,
    /// The same of the maintenance requirement.
    pub mm_released: String,
}

/// Sensitivities to one underlying, decimal strings in 1e-18.
#[derive(Clone, Debug, Serialize)]
pub struct GreeksRow {
    /// Its number.
    pub underlying: u16,
    /// Units.
    pub delta: String,
    /// Units per coin of spot.
    pub gamma: String,
    /// Cash per 1.00 of volatility.
    pub vega: String,
    /// Cash per day.
    pub theta: String,
}

/// Signed relative moves, decimal strings in 1e-18, at which the account becomes liquidatable: never above 0 for a fall,
/// never below for a rise; none where it does not as far as is looked.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Distances {
    /// All spots up, looked at to +300 %.
    pub spot_up: Option<String>,
    /// All spots down, to -95 %.
    pub spot_down: Option<String>,
    /// All volatilities up, to +300 %.
    pub vol_up: Option<String>,
    /// All volatilities down, to -90 %.
    pub vol_down: Option<String>,
}

/// An open auction. Amounts are decimal strings in 1e-18.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuctionRow {
    /// Unix seconds.
    pub started_at: u64,
    /// Most discount per unit of relief.
    pub lambda: String,
    /// Share that a bid for everything takes now.
    pub max_fraction: String,
    /// Price of that share; negative: the bidder is paid.
    pub price: String,
    /// When the fund's ramp began, unix seconds.
    pub insolvent_since: Option<u64>,
}

/// What the vault would pay out now.
#[derive(Clone, Debug, Serialize)]
pub struct WithdrawableRow {
    /// Index in the vault's list; 0 is the settlement coin.
    pub asset: u8,
    /// What the token calls itself.
    pub symbol: String,
    /// Its decimals.
    pub decimals: u8,
    /// How much, in the token's own decimals.
    pub amount: String,
}

/// An account. All amounts are decimal strings in 1e-18 unless said otherwise; differences are signed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// Its id.
    pub account: B256,
    /// Its owner.
    pub owner: Address,
    /// Its number among the owner's.
    pub subaccount: String,
    /// Of the block it was read at, unix seconds.
    pub time: u64,
    /// Changes of legs and collateral so far.
    pub version: u32,
    /// `holds nothing`, `in auction`, `insolvent`, `liquidatable`, `below initial margin`, `prices stale` or `healthy`.
    pub state: &'static str,
    /// Equity covers the initial margin, at fresh prices.
    pub healthy: bool,
    /// An auction could be started now.
    pub liquidatable: bool,
    /// Some price it rests on is stale.
    pub stale: bool,
    /// Some number was clamped.
    pub out_of_range: bool,
    /// Cash.
    pub cash: String,
    /// Equity.
    pub equity: String,
    /// Initial margin.
    pub im: String,
    /// Maintenance margin.
    pub mm: String,
    /// Equity less initial margin.
    pub im_excess: String,
    /// Equity less maintenance margin.
    pub mm_excess: String,
    /// That at the best the stale items could be worth.
    pub best: String,
    /// At the worst.
    pub worst: String,
    /// Collateral.
    pub collateral: Vec<CollateralRow>,
    /// Legs.
    pub legs: Vec<LegRow>,
    /// Venues.
    pub venues: Vec<VenueRow>,
    /// What all collateral requires alone: im = this + all venues' im + `im_offset`.
    pub collateral_im: String,
    /// The same in the maintenance requirement.
    pub collateral_mm: String,
    /// What venues and collateral save each other: 0 or negative, but for rounding.
    pub im_offset: String,
    /// The same in the maintenance requirement.
    pub mm_offset: String,
    /// The open auction.
    pub auction: Option<AuctionRow>,
    /// What may be withdrawn now: the coin, and every asset it holds.
    pub withdrawable: Vec<WithdrawableRow>,
    /// Sensitivities.
    pub greeks: Vec<GreeksRow>,
    /// How far the market may move.
    pub distances: Distances,
}

/// Asks the chain about an account: everything at one block, and what it is worth and requires in one call.
///
/// # Errors
///
/// The record lacks contracts, or the node fails.
pub async fn read(client: &Client, record: &Record, account: B256) -> Result<AccountView> {
    let at = record.addresses()?;
    let client = &client.pinned().await?;
    let seen = ask(client, at.lens, &ILens::accountCall { account }).await?;
    let portfolio = || seen.portfolio.clone();
    let greeks = ILens::greeksCall {
        portfolio: portfolio(),
    };
    let greeks = ask(client, at.lens, &greeks).await?;
    let far = ILens::distancesCall {
        portfolio: portfolio(),
    };
    let far = ask(client, at.lens, &far).await?;
    let held = seen.collateral.iter().map(|held| held.asset);
    let mut withdrawable = Vec::new();
    // A house that was only just deployed lists no coin yet.
    let listed = ask(client, at.vault, &IVault::assetCountCall {}).await?;
    let coin = (listed != 0).then_some(0);
    for asset in coin.into_iter().chain(held) {
        let listed = ask(client, at.vault, &IVault::assetCall { asset }).await?;
        let symbol = ask(client, listed.token, &IERC20::symbolCall {}).await?;
        let most = ILens::maxWithdrawCall { account, asset };
        withdrawable.push(WithdrawableRow {
            asset,
            symbol,
            decimals: listed.decimals,
            amount: ask(client, at.lens, &most).await?.to_string(),
        });
    }
    let symbols = withdrawable
        .iter()
        .skip(usize::from(coin.is_some()))
        .map(|row| row.symbol.clone());
    Ok(AccountView {
        account: seen.account,
        owner: seen.owner,
        subaccount: subaccount(account).to_string(),
        time: seen.time,
        version: seen.version,
        state: state(&seen),
        healthy: seen.healthy,
        liquidatable: seen.liquidatable,
        stale: seen.assessment.stale,
        out_of_range: seen.assessment.outOfRange,
        cash: seen.portfolio.cash.to_string(),
        equity: seen.assessment.equity.to_string(),
        im: seen.assessment.im.to_string(),
        mm: seen.assessment.mm.to_string(),
        im_excess: seen.imExcess.to_string(),
        mm_excess: seen.mmExcess.to_string(),
        best: seen.assessment.best.to_string(),
        worst: seen.assessment.worst.to_string(),
        collateral: seen
            .collateral
            .iter()
            .zip(symbols)
            .map(|(held, symbol)| collateral(held, symbol))
            .collect(),
        legs: seen.legs.iter().map(leg).collect(),
        venues: seen.venues.iter().map(venue).collect(),
        collateral_im: seen.collateralIm.to_string(),
        collateral_mm: seen.collateralMm.to_string(),
        im_offset: seen.imOffset.to_string(),
        mm_offset: seen.mmOffset.to_string(),
        auction: auction(&seen.auction),
        withdrawable,
        greeks: greeks.iter().map(sensitivities).collect(),
        distances: Distances {
            spot_up: distance(&far.spotUp),
            spot_down: distance(&far.spotDown),
            vol_up: distance(&far.volUp),
            vol_down: distance(&far.volDown),
        },
    })
}

async fn ask<C: SolCall>(client: &Client, to: Address, call: &C) -> Result<C::Return> {
    client.call(to, call).await.map_err(|e| eyre!("{e}"))
}

fn state(seen: &bindings::AccountView) -> &'static str {
    let held = &seen.portfolio;
    if held.cash == 0 && held.legs.is_empty() && held.collateral.is_empty() {
        "holds nothing"
    } else if seen.inAuction {
        "in auction"
    } else if seen.assessment.equity.is_negative() {
        "insolvent"
    } else if seen.mmExcess.is_negative() {
        "liquidatable"
    } else if seen.imExcess.is_negative() {
        "below initial margin"
    } else if seen.assessment.stale {
        "prices stale"
    } else {
        "healthy"
    }
}

fn collateral(held: &bindings::CollateralView, symbol: String) -> CollateralRow {
    CollateralRow {
        asset: held.asset,
        symbol,
        token: held.token,
        decimals: held.decimals,
        amount: held.amount.to_string(),
        price: held.known.then(|| held.price.to_string()),
        fresh: held.fresh,
        value: held.value.to_string(),
        im: held.im.to_string(),
        mm: held.mm.to_string(),
    }
}

fn leg(leg: &bindings::LegView) -> LegRow {
    let parts = InstrumentId(leg.instrument).decode();
    let kind = InstrumentId(leg.instrument).kind();
    let strike = parts.and_then(|parts| parts.strike);
    LegRow {
        instrument: format!("{:#034x}", leg.instrument),
        name: ids::name(leg.instrument),
        venue: ids::venue_of(leg.instrument),
        underlying: ids::underlying_of(leg.instrument),
        kind: match kind {
            Kind::Perpetual => "perpetual",
            Kind::Future => "future",
            Kind::Call => "call",
            Kind::Put => "put",
        },
        expiry_day: parts
            .filter(|_| kind != Kind::Perpetual)
            .map(|parts| parts.expiry_day),
        strike: strike.map(|strike| strike.to_wad().to_string()),
        size: leg.size.to_string(),
        units: leg.units.to_string(),
        quote: leg.quote.to_string(),
        mark: leg.known.then(|| leg.mark.to_string()),
        fresh: leg.fresh,
        value: leg.value.to_string(),
        im: leg.im.to_string(),
        mm: leg.mm.to_string(),
    }
}

fn venue(venue: &bindings::VenueView) -> VenueRow {
    VenueRow {
        venue: venue.venue,
        admitted: venue.admitted,
        legs: venue.legs,
        value: venue.value.to_string(),
        im: venue.im.to_string(),
        mm: venue.mm.to_string(),
        im_released: venue.imReleased.to_string(),
        mm_released: venue.mmReleased.to_string(),
    }
}

fn auction(open: &bindings::AuctionState) -> Option<AuctionRow> {
    (open.startedAt != 0).then(|| AuctionRow {
        started_at: open.startedAt,
        lambda: open.lambda.to_string(),
        max_fraction: open.maxFraction.to_string(),
        price: open.price.to_string(),
        insolvent_since: (open.insolventSince != 0).then_some(open.insolventSince),
    })
}

fn sensitivities(greeks: &bindings::Greeks) -> GreeksRow {
    GreeksRow {
        underlying: greeks.underlying,
        delta: greeks.delta.to_string(),
        gamma: greeks.gamma.to_string(),
        vega: greeks.vega.to_string(),
        theta: greeks.theta.to_string(),
    }
}

fn distance(distance: &bindings::Distance) -> Option<String> {
    distance.found.then(|| distance.by.to_string())
}

/// The number of an account among its owner's.
fn subaccount(account: B256) -> U256 {
    U256::from_be_bytes(account.0) & ((U256::from(1) << 96) - U256::from(1))
}

/// A number given as id may also be the hex of an instrument's clearing account.
///
/// # Errors
///
/// As [`parse_id`].
pub fn describe(vault: Address, account: B256) -> Option<&'static str> {
    if ids::account_owner(account) != vault {
        return None;
    }
    Some(if subaccount(account).is_zero() {
        "the insurance fund"
    } else {
        "a clearing account"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_three_forms() {
        let owner = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        let zero = parse_id(owner).unwrap();
        assert_eq!(parse_id(&format!("{owner}:0")).unwrap(), zero);
        assert_eq!(parse_id(&zero.to_string()).unwrap(), zero);
        assert_eq!(parse_id(&format!("{owner}:7")).unwrap()[31], 7);
        for bad in [
            "",
            "0x12",
            "alice",
            &format!("{owner}:x"),
            &format!("{owner}:{}", u128::MAX),
        ] {
            assert!(parse_id(bad).is_err(), "{bad}");
        }
    }
}
