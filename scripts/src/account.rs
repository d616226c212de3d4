//! `plimsoll account`: one account, readable.

use crate::{
    bindings::{IAuction, IClearinghouse, IERC20, IExplainer, ILens, IVault},
    client::Client,
    deploy::Record,
    ids,
    term::{Table, fixed, ufixed},
};
use alloy::primitives::{Address, B256, I256, U256};
use eyre::{Result, WrapErr, bail, eyre};
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

/// A leg, readable.
#[derive(Clone, Debug, Serialize)]
pub struct LegRow {
    /// In words.
    pub name: String,
    /// Its instrument, hex.
    pub instrument: String,
    /// Venue of the instrument.
    pub venue: u16,
    /// Underlying of the instrument.
    pub underlying: u16,
    /// Units of the underlying.
    pub size: String,
    /// The house's mark.
    pub mark: String,
    /// What the leg is worth: size · mark − Q.
    pub value: String,
    /// The mark is fresh.
    pub fresh: bool,
}

/// Sensitivities to one underlying.
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

/// Relative moves at which the account becomes liquidatable; none where it does not as far as is looked.
#[derive(Clone, Debug, Serialize)]
pub struct Distances {
    /// All spots up.
    pub spot_up: Option<String>,
    /// All spots down.
    pub spot_down: Option<String>,
    /// All volatilities up.
    pub vol_up: Option<String>,
    /// All volatilities down.
    pub vol_down: Option<String>,
}

/// An account, readable.
#[derive(Clone, Debug, Serialize)]
pub struct AccountView {
    /// Its id.
    pub account: B256,
    /// Its owner.
    pub owner: Address,
    /// Changes of legs and collateral so far.
    pub version: u32,
    /// Cash.
    pub cash: String,
    /// Collateral by symbol.
    pub collateral: Vec<(String, String)>,
    /// Legs.
    pub legs: Vec<LegRow>,
    /// Equity.
    pub equity: String,
    /// Initial margin.
    pub im: String,
    /// Maintenance margin.
    pub mm: String,
    /// Some price is stale.
    pub stale: bool,
    /// `healthy`, `below initial margin`, `liquidatable`, `in auction` or `holds nothing`.
    pub state: &'static str,
    /// Sensitivities.
    pub greeks: Vec<GreeksRow>,
    /// How far the market may move.
    pub distances: Distances,
    /// Price of the open auction and the share it is for.
    pub auction: Option<(String, String)>,
}

/// Asks the chain about an account, at one block.
///
/// # Errors
///
/// The record lacks contracts, or the node fails.
pub async fn read(client: &Client, record: &Record, account: B256) -> Result<AccountView> {
    let client = &client.pinned().await?;
    let at = record.addresses()?;
    let said = |e: crate::client::CallError| eyre!("{e}");
    let a = client
        .call(at.vault, &IVault::accountCall { account })
        .await
        .map_err(said)?;
    let assessed = client
        .call(at.vault, &IVault::assessAccountCall { account })
        .await
        .map_err(said)?;
    let mut collateral = Vec::new();
    for balance in &a.portfolio.collateral {
        let listed = client
            .call(
                at.vault,
                &IVault::assetCall {
                    asset: balance.asset,
                },
            )
            .await
            .map_err(said)?;
        let symbol = client
            .call(listed.token, &IERC20::symbolCall {})
            .await
            .map_err(said)?;
        collateral.push((symbol, in_units(balance.amount, listed.decimals)));
    }
    let legs = ids::legs(&a.portfolio.legs);
    let mut rows = Vec::new();
    for chunk in legs.chunks(16) {
        let instruments = chunk.iter().map(|l| l.instrument).collect();
        let marks = client
            .call(at.clearinghouse, &IClearinghouse::marksCall { instruments })
            .await
            .map_err(said)?;
        for (i, leg) in chunk.iter().enumerate() {
            let missing = || eyre!("the clearinghouse gave too few marks");
            let mark = I256::try_from(*marks.values.get(i).ok_or_else(missing)?)?;
            let lot = I256::try_from(*marks.lots.get(i).ok_or_else(missing)?)?;
            let size = I256::try_from(leg.size)? * lot;
            let wad = I256::try_from(ids::WAD)?;
            rows.push(LegRow {
                name: ids::name(leg.instrument),
                instrument: format!("{:#034x}", leg.instrument),
                venue: ids::venue_of(leg.instrument),
                underlying: ids::underlying_of(leg.instrument),
                size: fixed(size, 5),
                mark: fixed(mark, 2),
                value: fixed(size * mark / wad - I256::try_from(leg.quote)?, 2),
                fresh: *marks.fresh.get(i).ok_or_else(missing)?,
            });
        }
    }
    let auction = if a.inAuction {
        let s = client
            .call(at.auction, &IAuction::stateCall { account })
            .await
            .map_err(said)?;
        Some((fixed(s.price, 2), ufixed(s.maxFraction, 4)))
    } else {
        None
    };
    let greeks = client
        .call(
            at.lens,
            &ILens::greeksCall {
                portfolio: a.portfolio.clone(),
            },
        )
        .await
        .map_err(said)?;
    let mut sensitivities = Vec::new();
    for g in greeks {
        sensitivities.push(GreeksRow {
            underlying: g.underlying,
            delta: fixed(I256::try_from(g.delta)?, 5),
            gamma: fixed(I256::try_from(g.gamma)?, 8),
            vega: fixed(I256::try_from(g.vega)?, 2),
            theta: fixed(I256::try_from(g.theta)?, 2),
        });
    }
    let far = client
        .call(
            at.explainer,
            &IExplainer::distancesCall {
                portfolio: a.portfolio.clone(),
            },
        )
        .await
        .map_err(said)?;
    let share = |move_: U256| (move_ != U256::MAX).then(|| ufixed(move_, 4));
    let distances = Distances {
        spot_up: share(far.spotUp),
        spot_down: share(far.spotDown),
        vol_up: share(far.volUp),
        vol_down: share(far.volDown),
    };
    let empty =
        a.portfolio.cash == 0 && a.portfolio.legs.is_empty() && a.portfolio.collateral.is_empty();
    let state = if empty {
        "holds nothing"
    } else if a.inAuction {
        "in auction"
    } else if assessed.equity < I256::try_from(assessed.mm)? {
        "liquidatable"
    } else if assessed.equity < I256::try_from(assessed.im)? {
        "below initial margin"
    } else {
        "healthy"
    };
    Ok(AccountView {
        account,
        owner: ids::account_owner(account),
        version: a.version,
        cash: fixed(I256::try_from(a.portfolio.cash)?, 6),
        collateral,
        legs: rows,
        equity: fixed(assessed.equity, 2),
        im: ufixed(assessed.im, 2),
        mm: ufixed(assessed.mm, 2),
        stale: assessed.stale,
        state,
        greeks: sensitivities,
        distances,
        auction,
    })
}

fn in_units(amount: u128, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{amount:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

impl AccountView {
    /// The text a person reads.
    pub fn render(&self) -> String {
        let mut out = format!(
            "account {}\nowner   {}\nstate   {}{}\n\n",
            self.account,
            self.owner,
            self.state,
            if self.stale {
                " (some price is stale)"
            } else {
                ""
            }
        );
        let mut money = Table::new(["", "cash"]);
        money.row(["equity", &self.equity]);
        money.row(["initial margin", &self.im]);
        money.row(["maintenance margin", &self.mm]);
        money.row(["cash", &self.cash]);
        out += &money.render(0);
        if !self.collateral.is_empty() {
            let mut table = Table::new(["collateral", "amount"]);
            for (symbol, amount) in &self.collateral {
                table.row([symbol, amount]);
            }
            out += &format!("\n{}", table.render(0));
        }
        if !self.legs.is_empty() {
            let mut table = Table::new(["leg", "size", "mark", "value", ""]);
            for leg in &self.legs {
                table.row([
                    leg.name.clone(),
                    leg.size.clone(),
                    leg.mark.clone(),
                    leg.value.clone(),
                    if leg.fresh {
                        String::new()
                    } else {
                        "stale".into()
                    },
                ]);
            }
            out += &format!("\n{}", table.render(0));
        }
        if !self.greeks.is_empty() {
            let mut table = Table::new(["underlying", "delta", "gamma", "vega", "theta"]);
            for g in &self.greeks {
                table.row([
                    g.underlying.to_string(),
                    g.delta.clone(),
                    g.gamma.clone(),
                    g.vega.clone(),
                    g.theta.clone(),
                ]);
            }
            out += &format!("\n{}", table.render(0));
            let d = &self.distances;
            let mut table = Table::new(["liquidatable when", "by"]);
            for (what, share, end) in [
                ("all spots rise", &d.spot_up, "300 %"),
                ("all spots fall", &d.spot_down, "95 %"),
                ("all volatilities rise", &d.vol_up, "300 %"),
                ("all volatilities fall", &d.vol_down, "90 %"),
            ] {
                let share = share.as_ref().and_then(|s| s.parse::<f64>().ok());
                let by = share.map_or_else(
                    || format!("not within {end}"),
                    |share| format!("{:.2} %", share * 100.0),
                );
                table.row([what.to_owned(), by]);
            }
            out += &format!("\n{}", table.render(0));
        }
        if let Some((price, share)) = &self.auction {
            out += &format!("\nauction: {share} of the account for {price}\n");
        }
        out
    }
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
    let number: U256 = U256::from_be_bytes(account.0) & ((U256::from(1) << 96) - U256::from(1));
    Some(if number.is_zero() {
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

    #[test]
    fn amounts_keep_their_digits() {
        assert_eq!(in_units(1, 8), "0.00000001");
        assert_eq!(in_units(150_000_000, 8), "1.5");
        assert_eq!(in_units(7, 0), "7");
    }
}
